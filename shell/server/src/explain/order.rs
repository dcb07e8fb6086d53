//! The order of evaluation (SETTLEMENT §4) as it went for one line or statement: which steps applied, and with which
//! figures. What a step did to a line through another line names that line.

use super::tallies::{days, words};
use close::{Statement, StatementLine};
use contract::{CarriedAs, Contract, LineKey, LineOf, Part, Term};
use documents::{Names, StepKind};
use engine::Engine;
use std::collections::BTreeMap;

/// Expressions by step.
type Rows = BTreeMap<(u8, StepKind), Vec<String>>;

/// The steps of a line, in their order.
pub(super) fn order(engine: &Engine, names: &Names<'_>, statement: &Statement, line: &StatementLine) -> Vec<String> {
    let mut rows = Rows::new();
    let mut push = |kind: StepKind, row: String| rows.entry((kind.number(), kind)).or_default().push(row);
    for day in days(engine, names, statement, line) {
        push(StepKind::Select, day);
    }
    for step in names.steps(statement, line) {
        push(step.kind, step.arithmetic);
    }
    for (position, other) in statement.lines.iter().enumerate() {
        if let Some((kind, remark)) = related(names, statement, line, other) {
            let arithmetic = names.arithmetic(statement, other);
            let mark = if arithmetic.contains('#') { ";" } else { " #" };
            push(kind, format!("{arithmetic}{mark} line {}, {remark}", position + 1));
        }
    }
    printed(rows)
}

/// The steps of a whole statement: total, payout, withholding.
pub(super) fn totals(names: &Names<'_>, statement: &Statement) -> Vec<String> {
    let mut rows = Rows::new();
    for step in names.closing_steps(statement) {
        rows.entry((step.kind.number(), step.kind)).or_default().push(step.arithmetic);
    }
    printed(rows)
}

fn printed(rows: Rows) -> Vec<String> {
    let mut lines = Vec::new();
    for ((number, kind), rows) in rows {
        lines.push(format!("  {number} {}", title(kind)));
        lines.extend(rows.into_iter().map(|row| format!("      {row}")));
    }
    lines
}

const fn title(kind: StepKind) -> &'static str {
    match kind {
        StepKind::Select => "select: the events of the period, by commercial day",
        StepKind::Convert => "convert: each day at its fixing",
        StepKind::Measure => "measure",
        StepKind::Deduct => "deductions, in the listed order",
        StepKind::CarryIn => "carried in",
        StepKind::Base => "base: what the rate is applied to",
        StepKind::Tiers => "tiers",
        StepKind::Bound => "cap, floor",
        StepKind::Guarantee => "minimum guarantee",
        StepKind::Carry => "charges carried, advances, prepaid credit",
        StepKind::Vat => "VAT",
        StepKind::Net => "net: the total of the statement",
        StepKind::Payout => "hold and minimum payout",
        StepKind::Withhold => "withholding",
    }
}

/// What another line of the statement is to a line: its VAT, a closing term over it, or a charge that it closes.
fn related(
    names: &Names<'_>,
    statement: &Statement,
    line: &StatementLine,
    other: &StatementLine,
) -> Option<(StepKind, String)> {
    let contract = &names.book.contracts[usize::from(statement.contract.0)];
    let is_pair = (line.key.debtor, line.key.creditor) == (other.key.debtor, other.key.creditor);
    if !is_pair || line.key == other.key || line.adjusts_on != other.adjusts_on || line.key.part != Part::Charge {
        return None;
    }
    let term = term_of(contract, &line.key)?;
    if other.key.part != Part::Charge {
        return is_vat_of(term, line, other).then(|| (StepKind::Vat, "VAT".to_owned()));
    }
    let of = term_of(contract, &other.key)?;
    if of.closes().is_some_and(|terms| terms.contains(&term.number)) {
        // What a guarantee recoups comes after what was carried.
        let recoups = StepKind::of_closing(&of.kind) == Some(StepKind::Guarantee) && other.key.piece > 0;
        let kind = if recoups { StepKind::Carry } else { StepKind::of_closing(&of.kind)? };
        return Some((kind, of.id.to_string()));
    }
    if term.closes().is_some_and(|terms| terms.contains(&of.number)) {
        return Some((StepKind::of_closing(&term.kind)?, format!("{}, which it looks at", of.id)));
    }
    None
}

/// Whether a line is the VAT of a term's charge, alone or with others.
fn is_vat_of(term: &Term, line: &StatementLine, other: &StatementLine) -> bool {
    let Some(vat) = term.vat else { return false };
    match other.key.of {
        LineOf::Document { rate, .. } => rate == vat.rate,
        of => of == line.key.of && other.key.dimensions == line.key.dimensions && other.key.piece == line.key.piece,
    }
}

fn term_of<'a>(contract: &'a Contract, key: &LineKey) -> Option<&'a Term> {
    let LineOf::Term { term, version } = key.of else { return None };
    Some(&contract.versions[usize::from(version)].terms[usize::from(term)])
}

/// What periods left to each other: of the terms that are wanted and of the statement's party, in order of days.
pub(super) fn chain(
    engine: &Engine,
    names: &Names<'_>,
    statement: &Statement,
    is_wanted: impl Fn(u16) -> bool,
) -> Vec<String> {
    let number = statement.contract.0;
    let contract = &engine.book().contracts[usize::from(number)];
    let state = &engine.state().contracts[usize::from(number)];
    let mut lines = Vec::new();
    for period in state.periods_by_day() {
        let name = state.periods[period as usize].period.name();
        for total in engine.carried_of(number, period, statement.asset) {
            if !is_wanted(total.key.term) || !engine.carries_for(number, &total.key, statement.party) {
                continue;
            }
            let id = &contract.term_ids[usize::from(total.key.term)];
            let of = format!("{id}{}, {}", words(names, &total.key.words), what(total.key.what));
            let sides = [(total.brought, "taken in by"), (total.left, "left by")];
            for (amount, says) in sides.into_iter().filter(|(amount, _)| amount.mantissa != 0) {
                lines.push(format!("      {amount} # {says} {name}: {of}"));
            }
        }
    }
    if !lines.is_empty() {
        lines.insert(0, "  chain: what periods leave to each other".to_owned());
    }
    lines
}

const fn what(what: CarriedAs) -> &'static str {
    match what {
        CarriedAs::Measure => "a measure below zero",
        CarriedAs::Filled => "how far tiers have filled",
        CarriedAs::Charge => "a charge below zero",
        CarriedAs::Earned => "what was earned in the span of a guarantee",
        CarriedAs::Unrecouped => "what is not recouped",
        CarriedAs::Prepaid => "prepaid credit",
    }
}
