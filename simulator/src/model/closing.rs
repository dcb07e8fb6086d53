//! Periods, cuts and statements: for each cut of a contract everything is computed again from all accepted events.
//!
//! A period's own lines are the truth at its cut, or at the end while it is open. What moved since the cut before, in
//! any period that was closed by then, restates: it stands in the period that this cut freezes, or at the end in the
//! oldest open one.

use super::days::{begins_at, cut_at, period_of};
use super::ledger::Ledger;
use super::line::{Key, Lines};
use super::truth::{Told, Truth};
use super::{Log, Truths};
use crate::coverage::Coverage;
use calendar::{Date, Instant, Period};
use contract::{Part, Role, Term, TermKind};
use engine::Book;
use event::PartyId;
use money::AssetId;
use std::collections::BTreeMap;

/// A statement as the model sees it. Lines of nothing are left out, and so are statements without lines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModelStatement {
    /// Id of the contract.
    pub contract: String,
    /// Id of the party.
    pub party: String,
    /// First day of the period.
    pub period_on: Date,
    /// Code of the asset.
    pub asset: String,
    /// Whether its cut has passed.
    pub issued: bool,
    /// Sum of the lines, positive where the operator owes the party; VAT inside a charge counts nothing.
    pub total: i128,
    /// Amounts in the party's sight by text of their line, restatements among them.
    pub lines: BTreeMap<String, i128>,
}

/// What closing came to.
#[derive(Default)]
pub(super) struct Closed {
    pub(super) statements: Vec<ModelStatement>,
    pub(super) ledger: Ledger,
    pub(super) truths: Truths,
    pub(super) coverage: Coverage,
}

/// Lines of one period's statements: its own, and by first day of the period those that restate.
struct Stated {
    period: Period,
    issued: bool,
    lines: BTreeMap<Option<Date>, Lines>,
}

/// A statement that is being put together.
#[derive(Default)]
struct Sheet {
    lines: BTreeMap<String, i128>,
    total: i128,
    accrued: i128,
}

impl Closed {
    /// Closes all periods of a contract up to a moment.
    pub(super) fn close(&mut self, log: Log<'_>, contract: usize, as_of: Instant) {
        let book = log.book;
        let mut before: Vec<(Period, Lines)> = Vec::new();
        let mut open: Vec<Told> = Vec::new();
        let periods = periods(log, contract, as_of);
        for (position, period) in periods.iter().enumerate() {
            let cut = cut_at(book, &book.contracts[contract], period);
            let issued = cut <= as_of;
            let truth = Truth::new(log, contract, cut.min(as_of));
            let mut chain = truth.chain(&periods[..=position], &mut self.coverage);
            let own = chain.pop().expect("the chain ends with the period");
            let mut lines = BTreeMap::from([(None, own.lines.clone())]);
            if issued || open.is_empty() {
                for ((closed, posted), now) in before.iter_mut().zip(chain) {
                    lines.insert(Some(closed.first), difference(&now.lines, posted));
                    *posted = now.lines;
                }
            }
            if issued {
                before.push((*period, own.lines));
            } else {
                open.push(own);
            }
            self.state(book, contract, &Stated { period: *period, issued, lines });
        }
        let told = before.iter().map(|own| &own.1).chain(open.iter().map(|told| &told.lines));
        for (period, lines) in periods.iter().zip(told) {
            self.keep(book, contract, period, lines);
        }
        for ((asset, key), amount) in before.iter().flat_map(|(_, lines)| lines) {
            self.ledger.post(book, contract, *asset, key, *amount);
        }
        for told in &open {
            // What is known at the end only is posted when the statement is issued.
            for ((asset, key), amount) in told.lines.iter().filter(|(key, _)| !told.at_end.contains(key)) {
                self.ledger.post(book, contract, *asset, key, *amount);
            }
        }
    }

    /// Keeps what a period comes to in the end.
    fn keep(&mut self, book: &Book, contract: usize, period: &Period, lines: &Lines) {
        for ((asset, key), amount) in lines.iter().filter(|(_, amount)| **amount != 0) {
            for (party, owed) in sides(key, book.operator) {
                let party = &book.parties[party.0 as usize].id;
                let asset = &book.assets[usize::from(asset.0)].name;
                let line = key.stated(book, contract, owed, None);
                let key = [&book.contracts[contract].id, &*period.first.to_string(), party, asset, &*line];
                self.truths.insert(key.map(str::to_owned), if owed { *amount } else { -*amount });
            }
        }
    }

    /// Writes the statements of one period.
    fn state(&mut self, book: &Book, contract: usize, stated: &Stated) {
        let mut sheets: BTreeMap<(PartyId, AssetId), Sheet> = BTreeMap::new();
        for (adjusts_on, lines) in &stated.lines {
            for ((asset, key), amount) in lines.iter().filter(|(_, amount)| **amount != 0) {
                self.note_line(key, adjusts_on.is_some(), book.operator);
                for (party, owed) in sides(key, book.operator) {
                    let sheet = sheets.entry((party, *asset)).or_default();
                    sheet.add(key, owed, if owed { *amount } else { -*amount }, book.operator);
                    let text = key.stated(book, contract, owed, *adjusts_on);
                    *sheet.lines.entry(text).or_default() += if owed { *amount } else { -*amount };
                }
            }
        }
        for ((party, asset), sheet) in sheets {
            let party = book.parties[party.0 as usize].id.to_string();
            if stated.issued {
                self.ledger.issue(&party, asset, sheet.accrued);
            }
            self.coverage.note(if stated.issued { "statement issued" } else { "statement provisional" });
            self.coverage.note_if("demand issued", stated.issued && sheet.accrued < 0);
            self.statements.push(ModelStatement {
                contract: book.contracts[contract].id.to_string(),
                party,
                period_on: stated.period.first,
                asset: book.assets[usize::from(asset.0)].name.to_string(),
                issued: stated.issued,
                total: sheet.total,
                lines: sheet.lines,
            });
        }
    }

    fn note_line(&mut self, key: &Key, restates: bool, operator: PartyId) {
        let is_charge = key.part == Part::Charge;
        self.coverage.note_if("line restates", restates && is_charge);
        self.coverage.note_if("VAT restates", restates && !is_charge);
        self.coverage.note_if("line between parties", key.debtor != operator && key.creditor != operator);
        self.coverage.note_if("line with oneself", key.debtor == key.creditor && key.debtor != operator);
        self.coverage.note_if("line of the operator with itself", key.debtor == key.creditor && key.debtor == operator);
    }
}

impl Sheet {
    fn add(&mut self, key: &Key, owed: bool, seen: i128, operator: PartyId) {
        if key.part == Part::VatIncluded {
            return;
        }
        self.total += seen;
        // What a party owes another than the operator is money that it holds: it was never accrued.
        if owed || key.creditor == operator {
            self.accrued += seen;
        }
    }
}

/// The parties in whose statements a line stands, and whether each is owed it.
fn sides(key: &Key, operator: PartyId) -> Vec<(PartyId, bool)> {
    let both = [(key.creditor, true), (key.debtor, false)];
    both.into_iter().filter(|(party, _)| *party != operator).collect()
}

fn difference(now: &Lines, before: &Lines) -> Lines {
    let mut difference = now.clone();
    for (key, amount) in before {
        *difference.entry(key.clone()).or_default() -= amount;
    }
    difference
}

/// Whether a term may charge in a period without any event.
fn is_without_events(term: &Term) -> bool {
    let is_closing = matches!(
        term.kind,
        TermKind::Bound { .. }
            | TermKind::Minimum { .. }
            | TermKind::Carry { .. }
            | TermKind::Advance { .. }
            | TermKind::Prepaid { .. }
    );
    let is_fixed = |role| matches!(role, Role::Party(_));
    matches!(term.kind, TermKind::Fixed { .. }) || is_closing && is_fixed(term.debtor) && is_fixed(term.creditor)
}

/// All periods of a contract from the first with an event (or a term that needs none) to the last with an event, but at least to
/// the oldest that is open and to the last that has begun.
pub(super) fn periods(log: Log<'_>, number: usize, as_of: Instant) -> Vec<Period> {
    let contract = &log.book.contracts[number];
    let ratings = log.accepted.iter().flat_map(|accepted| &accepted.ratings).filter(|rating| rating.contract == number);
    let days: Vec<Date> = ratings.flat_map(|rating| [Some(rating.own_on), rating.original_on]).flatten().collect();
    let terms = contract.versions.iter().flat_map(|version| &version.terms);
    let has_fixed = terms.into_iter().any(is_without_events);
    let begins = contract.versions.iter().map(|version| version.valid_from).min();
    let firsts = days.iter().map(|day| period_of(contract, *day));
    let fixed_first = begins.filter(|_| has_fixed).map(|day| contract.cycle.period_of(day));
    let Some(mut period) = firsts.clone().chain(fixed_first).min() else { return Vec::new() };
    let last = firsts.max();
    let (mut periods, mut has_open) = (Vec::new(), false);
    loop {
        let begun = begins_at(log.book, contract, &period) <= as_of;
        if has_open && !begun && last.is_none_or(|last| last < period) {
            return periods;
        }
        has_open |= cut_at(log.book, contract, &period) > as_of;
        periods.push(period);
        let next = contract.cycle.next(&period);
        if next == period {
            return periods;
        }
        period = next;
    }
}
