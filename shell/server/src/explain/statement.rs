//! Explains a statement (`contract/party/period/asset`) or one of its lines (`…#n`).
//!
//! Text in three depths: what is called what; four spaces, the arithmetic of a line; two spaces, a step of the order of
//! evaluation with, below it and six spaces deep, expressions that can be redone by hand.

use super::order::{chain, order, totals};
use super::replay::{Lock, decide};
use super::tallies::words;
use crate::failure::Failure;
use close::{Statement, StatementLine};
use contract::{Contract, LineKey, LineOf, Part};
use documents::Names;

pub(super) fn statement(lock: &Lock, what: &str) -> Result<Option<Vec<String>>, Failure> {
    if what.split('/').count() != 4 {
        return Ok(None);
    }
    let (id, number) = match what.rsplit_once('#') {
        Some((id, number)) => match number.parse::<usize>() {
            Ok(number) => (id, Some(number)),
            Err(_) => return Ok(None),
        },
        None => (what, None),
    };
    let mut engine = lock.engine();
    lock.replay(&mut engine, |engine, columns| {
        let rows = 0..columns.len();
        decide(engine, columns, rows);
        false
    })?;
    if let Some(as_of) = lock.instant("as_of") {
        engine.finish(as_of);
    }
    let word = |word| engine.state().dictionary.text(word);
    let names = Names { book: engine.book(), word: &word };
    let statements: Vec<Statement> = engine.state().statements.iter().cloned().chain(engine.provisional()).collect();
    let Some(found) = statements.iter().find(|statement| names.statement_id(statement) == id) else { return Ok(None) };
    let mut lines = Vec::new();
    for (position, line) in found.lines.iter().enumerate() {
        if number.is_none_or(|number| number == position + 1) {
            lines.push(format!("{id}#{} {}", position + 1, label(&names, found, line)));
            lines.push(format!("    {}", names.arithmetic(found, line)));
            if number.is_some() {
                lines.extend(order(&engine, &names, found, line));
            }
        }
    }
    if lines.is_empty() {
        return Ok(None);
    }
    let term = number.and_then(|number| number_of(&names, found, number));
    lines.extend(totals(&names, found));
    lines.extend(chain(&engine, &names, found, |carried| term.is_none_or(|term| carried == term)));
    Ok(Some(lines))
}

/// The term of a line, by its position in the contract's term ids.
fn number_of(names: &Names<'_>, statement: &Statement, number: usize) -> Option<u16> {
    let LineOf::Term { term, version } = statement.lines.get(number.checked_sub(1)?)?.key.of else { return None };
    let contract = &names.book.contracts[usize::from(statement.contract.0)];
    Some(contract.versions[usize::from(version)].terms[usize::from(term)].number)
}

/// What a statement line is called: its term, version, dimensions and parties.
fn label(names: &Names<'_>, statement: &Statement, line: &StatementLine) -> String {
    let contract = &names.book.contracts[usize::from(statement.contract.0)];
    let mut label = key_label(names, contract, &line.key);
    if let Some(on) = line.adjusts_on {
        label.push_str(&format!(" (restates the period from {on})"));
    }
    if line.at_end {
        label.push_str(" (provisional: booked at the issue)");
    }
    label
}

pub(super) fn key_label(names: &Names<'_>, contract: &Contract, key: &LineKey) -> String {
    let mut label = match key.of {
        LineOf::Term { term, version } => {
            let version = &contract.versions[usize::from(version)];
            format!("{} (version of {})", version.terms[usize::from(term)].id, version.valid_from)
        }
        LineOf::Document { rate, .. } => format!("VAT {rate} of the document"),
        LineOf::Adjustment { number } => format!("adjustment {}", number + 1),
    };
    label.push_str(&words(names, &key.dimensions));
    if key.part != Part::Charge && matches!(key.of, LineOf::Term { .. }) {
        label.push_str(" VAT");
    }
    format!("{label}: {} -> {}", names.party(key.debtor), names.party(key.creditor))
}
