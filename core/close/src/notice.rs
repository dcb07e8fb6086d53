//! What a statement's reader should notice: prepaid credit that runs low, and charges beyond it. Notices hold nothing up.
//!
//! They are read off the statement: its lines and what it carries. Cost: prepaid terms × lines.

use crate::{Statement, StatementLine, Status};
use contract::{CarriedAs, Contract, LineKey, LineOf, Part, Term, TermKind, Working};
use event::PartyId;
use std::collections::BTreeSet;

/// One notice, in whole units of the statement's asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Notice {
    /// The credit that is left is below what the contract calls low.
    PrepaidLow {
        /// The term by position in the contract's term ids.
        term: u16,
        /// What is left.
        balance: i128,
        /// Below which it is low.
        low: i64,
    },
    /// The period's charges go further beyond the credit than the contract allows without a word.
    PrepaidBeyondLimit {
        /// The term by position in the contract's term ids.
        term: u16,
        /// What no credit paid.
        unpaid: i128,
        /// How much of that is allowed.
        limit: i64,
    },
}

/// Debtor and creditor.
type Pair = (PartyId, PartyId);

/// The notices of a statement, in the order of the contract's terms.
#[must_use]
pub fn notices(contract: &Contract, statement: &Statement) -> Vec<Notice> {
    let (Status::Issued { cut_at, .. } | Status::Provisional { cut_at, .. }) = statement.status;
    let Some(version) = contract.version_of(statement.period.last(), cut_at) else { return Vec::new() };
    let mut notices = Vec::new();
    for term in &contract.versions[usize::from(version)].terms {
        let TermKind::Prepaid { of, low, limit, .. } = &term.kind else { continue };
        for pair in pairs(contract, statement, term, of) {
            let balance = balance(statement, term, pair);
            if let Some(low) = low.filter(|&low| balance < i128::from(low)) {
                notices.push(Notice::PrepaidLow { term: term.number, balance, low });
            }
            let unpaid = unpaid(contract, statement, term, of, pair);
            if let Some(limit) = limit.filter(|&limit| unpaid > i128::from(limit)) {
                notices.push(Notice::PrepaidBeyondLimit { term: term.number, unpaid, limit });
            }
        }
    }
    notices
}

/// Between whom the statement has credit, or charges that credit pays.
fn pairs(contract: &Contract, statement: &Statement, term: &Term, of: &[u16]) -> BTreeSet<Pair> {
    let carried = statement.carried.iter().filter(|carried| carried.key.term == term.number);
    let mut pairs: BTreeSet<Pair> = carried.filter_map(|carried| carried.key.pair).collect();
    let lines = charges(statement).filter(|line| {
        number_of(contract, &line.key).is_some_and(|number| number == term.number || of.contains(&number))
    });
    pairs.extend(lines.map(|line| (line.key.debtor, line.key.creditor)));
    pairs
}

/// What is left of the credit.
fn balance(statement: &Statement, term: &Term, pair: Pair) -> i128 {
    let of_pair = statement.carried.iter().find(|carried| {
        carried.key.term == term.number && carried.key.what == CarriedAs::Prepaid && carried.key.pair == Some(pair)
    });
    // Credit is kept in whole units.
    of_pair.map_or(0, |carried| carried.left.mantissa)
}

/// What was charged and no credit paid.
fn unpaid(contract: &Contract, statement: &Statement, term: &Term, of: &[u16], pair: Pair) -> i128 {
    let between = |line: &&StatementLine| (line.key.debtor, line.key.creditor) == pair;
    let number = |line: &StatementLine| number_of(contract, &line.key);
    let drawn = charges(statement).filter(between).find(|line| number(line) == Some(term.number));
    if let Some(line) = drawn
        && let Some(Working::TakenOff { from, .. }) = &line.working
    {
        return from - line.amount.abs();
    }
    let of_terms = charges(statement).filter(between).filter(|line| number(line).is_some_and(|own| of.contains(&own)));
    of_terms.map(|line| line.side.signed(line.amount)).sum::<i128>().max(0)
}

/// The charges of the period itself.
fn charges(statement: &Statement) -> impl Iterator<Item = &StatementLine> {
    statement.lines.iter().filter(|line| line.key.part == Part::Charge && line.adjusts_on.is_none())
}

fn number_of(contract: &Contract, key: &LineKey) -> Option<u16> {
    let LineOf::Term { term, version } = key.of else { return None };
    Some(contract.versions[usize::from(version)].terms[usize::from(term)].number)
}
