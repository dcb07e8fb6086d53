//! What a statement says of the chain: what its period took in from the one before, and what it leaves to the next.
//!
//! Read off what `F` left at the last tick. How far tiers have filled, and what a guarantee has seen earned, end with the
//! span of their term; what ended so is taken in by nobody. Cost: what is carried in one asset.

use crate::book::Book;
use crate::decide::Engine;
use calendar::Date;
use close::CarriedTotal;
use contract::{Carried, CarriedAs, CarryKey, Contract, Role, Span, Term, TermKind};
use event::PartyId;
use money::{AssetId, Decimal};
use std::borrow::Cow;
use std::collections::BTreeSet;

const ZERO: Decimal = Decimal { mantissa: 0, scale: 0 };

impl Engine {
    /// What is carried into and out of a period in one asset, ascending by key.
    #[must_use]
    pub fn carried_of(&self, contract: u16, period: u32, asset: AssetId) -> Vec<CarriedTotal> {
        let definition = &self.book.contracts[usize::from(contract)];
        let own = &self.state.contracts[usize::from(contract)].periods[period as usize];
        let (none, first_on) = (Carried::new(), own.period.first);
        let (brought, from_on) = self.brought_to(contract, period, asset);
        let left = own.carried.get(&asset).unwrap_or(&none);
        let keys: BTreeSet<&CarryKey> = brought.keys().chain(left.keys()).collect();
        let total = |key: &CarryKey| {
            let taken_in = from_on.is_some_and(|from| goes_on(definition, key, from, first_on));
            let brought = brought.get(key).copied().filter(|_| taken_in);
            let left = left.get(key).copied().unwrap_or(ZERO);
            let from_on = brought.and(from_on);
            CarriedTotal { key: key.clone(), from_on, brought: brought.unwrap_or(ZERO), left }
        };
        let totals = keys.into_iter().map(total);
        totals.filter(|total| total.from_on.is_some() || total.left.mantissa != 0).collect()
    }

    /// What a period takes in: what the one before left, by its first day; the first period of this system takes in what
    /// the older one left.
    pub(crate) fn brought_to(&self, contract: u16, period: u32, asset: AssetId) -> (Cow<'_, Carried>, Option<Date>) {
        let state = &self.state.contracts[usize::from(contract)];
        let own = state.periods[period as usize].period;
        let before = state.period_before(period).map(|before| &state.periods[before as usize]);
        let is_first = |on: Date| own.end > on && before.is_none_or(|before| before.period.end <= on);
        if let Some(opening) = self.book.opening.as_ref().filter(|opening| is_first(opening.on)) {
            let from_on = self.book.contracts[usize::from(contract)].cycle.previous(&own).first;
            return (Cow::Owned(opening.carried_of(contract, asset)), Some(from_on));
        }
        let left = before.and_then(|before| before.carried.get(&asset));
        (left.map_or_else(Cow::default, Cow::Borrowed), before.map(|before| before.period.first))
    }

    /// Whether what is carried is between a party and another.
    #[must_use]
    pub fn carries_for(&self, contract: u16, key: &CarryKey, party: PartyId) -> bool {
        if let Some((debtor, creditor)) = key.pair {
            return debtor == party || creditor == party;
        }
        let Some(term) = term_of(&self.book.contracts[usize::from(contract)], key) else { return false };
        let positions = term.kept_apart_by();
        [term.debtor, term.creditor].into_iter().any(|role| is_party(&self.book, role, &positions, key, party))
    }
}

fn is_party(book: &Book, role: Role, positions: &[u8], key: &CarryKey, party: PartyId) -> bool {
    match role {
        Role::Party(own) => own == party,
        Role::Dimension(dimension) => {
            let word = positions.iter().position(|&own| own == dimension).and_then(|at| key.words.get(at));
            word.and_then(|&word| book.party_of_word(word)) == Some(party)
        }
    }
}

/// The term that something is carried for, as the last version has it that has it at all.
fn term_of<'a>(contract: &'a Contract, key: &CarryKey) -> Option<&'a Term> {
    let mut versions = contract.ranked_versions().rev().map(|version| &contract.versions[version]);
    versions.find_map(|version| version.terms.iter().find(|term| term.number == key.term))
}

/// Whether something that one period leaves is taken in by the period that begins on `first_on`.
fn goes_on(contract: &Contract, key: &CarryKey, from_on: Date, first_on: Date) -> bool {
    let span = match (term_of(contract, key).map(|term| &term.kind), key.what) {
        (Some(TermKind::Share { climb, .. }), CarriedAs::Filled) => climb.reset,
        (Some(TermKind::Minimum { span, .. }), CarriedAs::Earned) => *span,
        _ => Span::Ever,
    };
    span.joins(from_on, first_on)
}
