//! What one period leaves to the next: the chain of SETTLEMENT §4 and §6.
//!
//! The chain begins with what the period before left. Terms change what is theirs; what no term touches goes on
//! unchanged, also where its term is gone from the versions in force or nothing happened in the period. Two things end
//! with the span of their term: how far tiers have filled, and what a guarantee has seen earned. What a period leaves is
//! written with as few digits as say it exactly, but not fewer than the asset has, so that equal sums are equal.

use super::Question;
use crate::line::{Carried, CarriedAs, CarryKey};
use crate::terms::{Span, TermKind};
use event::{PartyId, Word};
use money::{Decimal, Overflow};
use std::collections::BTreeMap;

/// Debtor and creditor of a closing term.
pub(super) type Pair = (PartyId, PartyId);

/// What is carried, as far as the evaluation has come.
pub(super) struct Chain {
    /// By term number, for terms whose lines words keep apart.
    by_words: BTreeMap<(u16, CarriedAs), ByWords>,
    /// By term number, for closing terms; in whole units.
    by_pair: BTreeMap<(u16, CarriedAs), BTreeMap<Pair, Decimal>>,
}

/// By the words that keep the lines of a term apart, ascending. Lines come ascending too, so what is looked for is
/// nearly always the next; else it is found by halving.
#[derive(Default)]
struct ByWords {
    entries: Vec<(Box<[Word]>, Decimal)>,
    next: usize,
}

impl ByWords {
    fn at(&mut self, words: &[Word]) -> &mut Decimal {
        let found = match (self.entries.get(self.next), self.entries.last()) {
            (Some((own, _)), _) if **own == *words => Ok(self.next),
            (_, Some((last, _))) if **last < *words => Err(self.entries.len()),
            _ => self.entries.binary_search_by(|(own, _)| (**own).cmp(words)),
        };
        let place = found.unwrap_or_else(|place| {
            self.entries.insert(place, (words.into(), ZERO));
            place
        });
        self.next = place + 1;
        &mut self.entries[place].1
    }
}

/// Nothing.
const ZERO: Decimal = Decimal { mantissa: 0, scale: 0 };

impl Chain {
    /// What the period before left, without what ended with its span.
    pub(super) fn begin(question: &Question<'_>) -> Self {
        let mut own = Self { by_words: BTreeMap::new(), by_pair: BTreeMap::new() };
        let mut last: Option<(u16, CarriedAs, bool)> = None;
        for (key, &amount) in question.carried_in {
            let ended = match last {
                Some((term, what, ended)) if (term, what) == (key.term, key.what) => ended,
                _ => has_ended(question, key.term, key.what),
            };
            last = Some((key.term, key.what, ended));
            match key.pair {
                _ if ended => {}
                Some(pair) => *own.of_pair(key.term, key.what, pair) = amount,
                None => *own.of_words(key.term, key.what, &key.words) = amount,
            }
        }
        own
    }

    /// What is carried for a term and the words that keep its lines apart.
    pub(super) fn of_words(&mut self, term: u16, what: CarriedAs, words: &[Word]) -> &mut Decimal {
        self.by_words.entry((term, what)).or_default().at(words)
    }

    /// What is carried for a closing term between two parties, in whole units.
    pub(super) fn of_pair(&mut self, term: u16, what: CarriedAs, pair: Pair) -> &mut Decimal {
        self.by_pair.entry((term, what)).or_default().entry(pair).or_insert(ZERO)
    }

    /// Between whom anything is carried for a closing term.
    pub(super) fn pairs_of(&self, term: u16) -> impl Iterator<Item = Pair> + '_ {
        let carried = self.by_pair.iter().filter(move |((own, _), _)| *own == term);
        carried.flat_map(|(_, pairs)| pairs.iter().filter(|(_, amount)| amount.mantissa != 0).map(|(&pair, _)| pair))
    }

    /// Whether anything is carried for a closing term between two parties.
    pub(super) fn has_pair(&self, term: u16, pair: Pair) -> bool {
        let mut carried = self.by_pair.iter().filter(|((own, _), _)| *own == term);
        carried.any(|(_, pairs)| pairs.get(&pair).is_some_and(|amount| amount.mantissa != 0))
    }

    /// What the period leaves: nothing that is zero, and nothing that ends with it.
    pub(super) fn end(mut self, question: &Question<'_>) -> Carried {
        self.by_words.retain(|&(term, what), _| goes_on(question, term, what));
        self.by_pair.retain(|&(term, what), _| goes_on(question, term, what));
        let of_words = self.by_words.into_iter().flat_map(|((term, what), carried)| {
            let entries = carried.entries.into_iter();
            entries.map(move |(words, amount)| (CarryKey { term, what, words, pair: None }, amount))
        });
        let of_pairs = self.by_pair.into_iter().flat_map(|((term, what), carried)| {
            let key = move |pair| CarryKey { term, what, words: Box::new([]), pair: Some(pair) };
            carried.into_iter().map(move |(pair, amount)| (key(pair), amount))
        });
        let carried = of_words.chain(of_pairs).filter(|(_, amount)| amount.mantissa != 0);
        carried.map(|(key, amount)| (key, amount.shortened(question.digits))).collect()
    }
}

/// Whether what the period before left of a term has ended with its span.
fn has_ended(question: &Question<'_>, term: u16, what: CarriedAs) -> bool {
    let span = span_at_first(question, term, what);
    question.carried_from_on.zip(span).is_some_and(|(from, span)| !span.joins(from, question.period.first))
}

/// Whether the next period may take in what this one leaves of a term.
fn goes_on(question: &Question<'_>, term: u16, what: CarriedAs) -> bool {
    let Some(span) = span_at_last(question, term, what) else { return true };
    question.next_on.is_some_and(|next_on| span.joins(question.period.first, next_on))
}

/// Whole units of a carried amount of a closing term.
pub(super) fn units(amount: Decimal, digits: u8) -> Result<i128, Overflow> {
    amount.units_at(digits).map_err(|_| Overflow)
}

/// The span with which something of a term ends, as the version of the period's first day has it.
fn span_at_first(question: &Question<'_>, term: u16, what: CarriedAs) -> Option<Span> {
    let version = question.contract.version_of(question.period.first, question.known_at);
    version.and_then(|version| span_in(question, version, term, what)).or_else(|| span_at_last(question, term, what))
}

/// The span as the last version by the end of the period has it that has the term.
fn span_at_last(question: &Question<'_>, term: u16, what: CarriedAs) -> Option<Span> {
    if !matches!(what, CarriedAs::Filled | CarriedAs::Earned) {
        return None;
    }
    let has_begun = |&version: &usize| {
        let version = &question.contract.versions[version];
        version.valid_from < question.period.end && version.known_from <= question.known_at
    };
    let mut begun = question.contract.ranked_versions().rev().filter(has_begun);
    begun.find_map(|version| span_in(question, u16::try_from(version).ok()?, term, what))
}

fn span_in(question: &Question<'_>, version: u16, term: u16, what: CarriedAs) -> Option<Span> {
    let mut terms = question.contract.versions[usize::from(version)].terms.iter();
    match (&terms.find(|own| own.number == term)?.kind, what) {
        (TermKind::Share { climb, .. }, CarriedAs::Filled) => Some(climb.reset),
        (TermKind::Minimum { span, .. }, CarriedAs::Earned) => Some(*span),
        _ => None,
    }
}
