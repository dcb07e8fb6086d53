//! `breaks.csv` and the counts of `summary.json`.

use super::{ENTRY_FILE, Gathered, Gathering};
use crate::failure::Failure;
use crate::folder::Staging;
use ::reconcile::{Break, Class, Names, Part, Place, Reconciled, Records, Side, reconcile};
use book::reconcile::{Complete, ReconciledSide};
use calendar::Date;
use documents::{BreakPart, BreakRow, Csv, ReconciliationCounts, break_row, breaks_header, compared_amount};
use event::FileId;

/// Reconciles what was gathered and writes `breaks.csv`, where the book declares a reconciliation at all.
pub(crate) fn write(
    gathered: &Gathered,
    staging: &Staging,
    csv: Csv,
    file_name: &dyn Fn(FileId) -> String,
) -> Result<Vec<ReconciliationCounts>, Failure> {
    gathered.check_bounds()?;
    if gathered.list.is_empty() {
        return Ok(Vec::new());
    }
    let mut out = Vec::new();
    breaks_header(&mut out, csv);
    let mut counts = Vec::with_capacity(gathered.list.len());
    for one in &gathered.list {
        let names = Names { book: &gathered.book.id, rule: &one.of.id, assets: &gathered.book.assets };
        let (left, right) = (one.left.remaining(&gathered.replaced), one.right.remaining(&gathered.replaced));
        let reconciled = reconcile(&one.of.rule, &names, &left, &right);
        let shown = Shown { gathered, one, left: &left, right: &right, file_name };
        reconciled.breaks.iter().for_each(|found| shown.push(&mut out, found, csv));
        counts.push(counts_of(&shown, &reconciled));
    }
    staging.write("breaks.csv", &out)?;
    Ok(counts)
}

fn counts_of(shown: &Shown<'_>, reconciled: &Reconciled) -> ReconciliationCounts {
    let of_class = |class: Class| reconciled.breaks.iter().filter(|found| found.class == class).count() as u64;
    ReconciliationCounts {
        id: shown.one.of.id.to_string(),
        left_records: shown.left.len() as u64,
        right_records: shown.right.len() as u64,
        matched: reconciled.matched,
        within_tolerance: reconciled.within_tolerance,
        breaks: Class::ALL.iter().map(|&class| (class.name(), of_class(class))).collect(),
    }
}

/// What it takes to print the breaks of one reconciliation.
struct Shown<'a> {
    gathered: &'a Gathered,
    one: &'a Gathering,
    left: &'a Records,
    right: &'a Records,
    file_name: &'a dyn Fn(FileId) -> String,
}

impl<'a> Shown<'a> {
    fn push(&self, out: &mut Vec<u8>, found: &Break, csv: Csv) {
        let part = |part: Option<Part>| part.map(|part| self.part(part, found.amount));
        let first = found.left.or(found.right).expect("a break has a side");
        let row = BreakRow {
            id: &found.id.to_string(),
            reconciliation: &self.one.of.id,
            class: found.class.name(),
            amount: &self.one.of.rule.amounts[found.amount].name,
            key: self.records(first.side).key(first.record),
            left: part(found.left),
            right: part(found.right),
            difference: &self.amount(found.difference, first, found.amount),
            nearest: part(found.nearest),
            detail: &self.detail(found),
        };
        break_row(out, &row, csv);
    }

    fn records(&self, side: Side) -> &'a Records {
        if side == Side::Left { self.left } else { self.right }
    }

    fn part(&self, part: Part, amount: usize) -> BreakPart<'a> {
        let records = self.records(part.side);
        BreakPart {
            id: records.id(part.record),
            records: part.records,
            asset: &self.gathered.book.assets[usize::from(part.asset.0)].name,
            amount: self.amount(part.amount, part, amount),
            days: part.days.map_or_else(String::new, days),
            at: self.at(records.place(part.record)),
        }
    }

    /// An amount in the asset of a part; empty where it is not known.
    fn amount(&self, units: Option<i128>, part: Part, amount: usize) -> String {
        let digits = self.gathered.book.assets[usize::from(part.asset.0)].digits;
        units.map_or_else(String::new, |units| compared_amount(units, self.one.of.scales[amount], digits))
    }

    fn at(&self, place: Place) -> String {
        match place.file {
            ENTRY_FILE => format!("entry:{}", place.line),
            file => format!("{}:{}", (self.file_name)(FileId(file)), place.line),
        }
    }

    /// What the columns do not say.
    fn detail(&self, found: &Break) -> String {
        let is_extract = |side: &ReconciledSide| side.feeds.iter().all(|feed| feed.complete == Complete::Never);
        match (found.class, found.left, found.right) {
            (Class::Incomplete, Some(left), Some(right)) => match (left.is_complete, right.is_complete) {
                (false, false) => "neither side is complete".into(),
                (false, true) => "the left side is not complete".into(),
                _ => "the right side is not complete".into(),
            },
            (Class::MissingLeft, ..) if is_extract(&self.one.of.left) => "the left side is not complete".into(),
            (Class::MissingRight, ..) if is_extract(&self.one.of.right) => "the right side is not complete".into(),
            (Class::Timing, Some(Part { days: Some(left), .. }), Some(Part { days: Some(right), .. })) => {
                format!("{} days apart", left.1.days_since(right.0).max(right.1.days_since(left.0)))
            }
            (Class::Amount, ..) if found.difference.is_none() => "a sum passes the bound of exact arithmetic".into(),
            _ => String::new(),
        }
    }
}

/// A day, or the first and the last.
fn days((from, until): (Date, Date)) -> String {
    if from == until { from.to_string() } else { format!("{from}..{until}") }
}
