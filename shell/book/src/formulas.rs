//! Compiles expressions against the fields of a source, and puts their faults at the place in the file where they stand.

use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nodes::place_within;
use crate::section::Field;
use crate::sources::{AdapterDraft, CheckText, FieldMeaning, FieldTable};
use crate::words::Domains;
use contract::expression::{Expression, Fault, FieldRef, Names, WordRef, parse_condition, parse_number};
use event::{Dictionary, Word};
use intake::adapter::Check;

/// An expression as it stands in a file.
#[derive(Clone, Debug)]
pub(crate) struct Formula {
    pub(crate) text: Box<str>,
    pub(crate) place: Place,
    pub(crate) path: String,
}

impl Formula {
    /// The expression that a field holds.
    pub(crate) fn of(field: &Field<'_>, findings: &mut Findings) -> Option<Self> {
        let text = field.filled_text(findings)?;
        Some(Self { text: text.into(), place: field.place(), path: field.path.clone() })
    }

    /// Notes a fault of this expression at its own line and column.
    pub(crate) fn fault(&self, fault: Fault, findings: &mut Findings) {
        let place = self.within(fault.line, fault.column, findings);
        findings.fault(place, &self.path, FaultKind::ExpressionInvalid { reason: fault.message.into() });
    }

    /// The place of a character of the expression.
    pub(crate) fn within(&self, line: u32, column: u32, findings: &Findings) -> Place {
        place_within(findings.written(self.place), self.place, line, column)
    }
}

/// What an expression must be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Wanted {
    Number,
    Condition,
}

/// Compiles a text for every source; the fields of all of them must fit.
pub(crate) fn compile(
    formula: &Formula,
    wanted: Wanted,
    adapters: &[&AdapterDraft],
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Option<Vec<Expression>> {
    let mut expressions = Vec::with_capacity(adapters.len());
    for adapter in adapters {
        match compile_one(&formula.text, wanted, &adapter.fields, dictionary) {
            Ok(expression) => expressions.push(expression),
            Err(fault) => {
                formula.fault(fault, findings);
                return None;
            }
        }
    }
    Some(expressions)
}

/// Compiles a text for one set of fields.
pub(crate) fn compile_one(
    text: &str,
    wanted: Wanted,
    fields: &FieldTable,
    dictionary: &mut Dictionary,
) -> Result<Expression, Fault> {
    let mut names = FieldNames { fields, dictionary };
    match wanted {
        Wanted::Number => parse_number(text, &mut names),
        Wanted::Condition => parse_condition(text, &mut names),
    }
}

/// The fields of an adapter as the expression language asks for them. Times are not among them: a day is a date.
struct FieldNames<'a> {
    fields: &'a FieldTable,
    dictionary: &'a mut Dictionary,
}

impl Names for FieldNames<'_> {
    fn field(&self, name: &str) -> Option<FieldRef> {
        match self.fields.meaning(name)? {
            FieldMeaning::Word { slot, .. } => Some(FieldRef::Word(WordRef::Slot(*slot))),
            FieldMeaning::Number { slot, scale, .. } => Some(FieldRef::Number { slot: *slot, scale: *scale }),
            FieldMeaning::Date { slot } => Some(FieldRef::Date { slot: *slot }),
            FieldMeaning::Time { .. } | FieldMeaning::Id => None,
        }
    }

    fn word(&mut self, literal: &str) -> Word {
        self.dictionary.intern(literal)
    }

    fn known(&self) -> Vec<String> {
        let fits = |meaning: &FieldMeaning| !matches!(meaning, FieldMeaning::Time { .. } | FieldMeaning::Id);
        self.fields.names_of(fits).into_iter().map(str::to_owned).collect()
    }
}

/// Compiles the equation of a check: both sides are numbers.
pub(crate) fn compile_check(
    check: &CheckText,
    adapter: &AdapterDraft,
    domains: &Domains<'_>,
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Option<Check> {
    let formula = Formula { text: check.equation.clone(), place: check.place, path: check.path.clone() };
    let Some(at) = sign_of_equation(&check.equation) else {
        findings.fault(check.place, &check.path, FaultKind::EquationInvalid { value: check.equation.clone() });
        return None;
    };
    let (left, right) = (&check.equation[..at], &check.equation[at + 1..]);
    let mut side = |text: &str, before: &str, findings: &mut Findings| {
        let compiled = compile_one(text.trim(), Wanted::Number, &adapter.fields, dictionary);
        if compiled.is_err() {
            // Blanks in the place of the other side keep every line and column.
            let blanks: String = before.chars().map(|letter| if letter == '\n' { '\n' } else { ' ' }).collect();
            let padded = compile_one(&(blanks + text), Wanted::Number, &adapter.fields, dictionary);
            padded.err().into_iter().for_each(|fault| formula.fault(fault, findings));
        }
        compiled.ok()
    };
    let left = side(left, "", findings);
    let right = side(right, &check.equation[..=at], findings);
    domains.check(&formula, findings);
    Some(Check {
        name: check.name.clone(),
        text: check.equation.clone(),
        left: left?,
        right: right?,
        kinds: check.kinds.clone(),
    })
}

/// Where the only `=` outside quotes and parentheses stands.
fn sign_of_equation(text: &str) -> Option<usize> {
    let (mut depth, mut quote, mut found) = (0_usize, None, None);
    let bytes = text.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match (quote, byte) {
            (Some(open), _) if open == byte => quote = None,
            (Some(_), _) => {}
            (None, b'\'' | b'"') => quote = Some(byte),
            (None, b'(') => depth += 1,
            (None, b')') => depth = depth.saturating_sub(1),
            (None, b'=') if depth == 0 => {
                let is_longer = at > 0 && b"<>!=".contains(&bytes[at - 1]) || bytes.get(at + 1) == Some(&b'=');
                if is_longer || found.is_some() {
                    return None;
                }
                found = Some(at);
            }
            _ => {}
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_equation_has_one_sign() {
        assert_eq!(sign_of_equation("a = b + c"), Some(2));
        assert_eq!(sign_of_equation("if(kind = 'a=b', a, b) = c"), Some(23));
        for text in ["a + b", "a = b = c", "a <= b", "a == b", "a >= b", "a != b", "'='", "(a = b)"] {
            assert_eq!(sign_of_equation(text), None, "{text}");
        }
    }
}
