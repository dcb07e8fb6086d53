//! What becomes of one event: the reasons against it, and the contracts that rate it.

use super::Log;
use super::charges::{charges_of, measured};
use super::days::{day_of, fixed_on, version_of};
use super::ledger::Ledger;
use super::rates::{conversion_of, cross};
use super::row::{Accepted, Event, Rating};
use calendar::Instant;
use event::{Code, Identity, Original};
use money::{AMOUNT_BOUND, Overflow};
use std::collections::BTreeSet;

/// What becomes of an event.
pub(super) enum Verdict {
    Accepted(Vec<Rating>),
    /// Rejected, held, duplicate or conflict; [`Code::OriginalUnknown`] waits.
    Refused(Code),
}

/// The book and what was accepted before.
pub(super) struct Past<'a> {
    pub(super) log: Log<'a>,
    pub(super) now: Instant,
}

impl Past<'_> {
    pub(super) fn verdict(&self, event: &Event) -> Verdict {
        if let Some(earlier) = self.find(event.identity) {
            let same = earlier.event.fingerprint == event.fingerprint;
            return Verdict::Refused(if same { Code::Duplicate } else { Code::Conflict });
        }
        let Ok(ratings) = self.ratings(event) else { return Verdict::Refused(Code::AmountTooLarge) };
        if let Some(first) = self.broken_rules(event, &ratings).first() {
            return Verdict::Refused(*first);
        }
        if event.rule.original == Original::Required && self.find(event.original).is_none() {
            return Verdict::Refused(Code::OriginalUnknown);
        }
        if !self.fits(event, &ratings).unwrap_or(false) {
            return Verdict::Refused(Code::AmountTooLarge);
        }
        Verdict::Accepted(ratings)
    }

    fn find(&self, identity: Identity) -> Option<&Accepted> {
        self.log.accepted.iter().find(|accepted| accepted.event.identity == identity)
    }

    /// The contracts in force that rate the event.
    fn ratings(&self, event: &Event) -> Result<Vec<Rating>, Overflow> {
        let mut ratings = Vec::new();
        for (number, contract) in self.log.book.contracts.iter().enumerate() {
            let Some(position) = contract.sources.iter().position(|source| *source == event.source) else { continue };
            if !event.meets(contract.selects[position].as_ref())? {
                continue;
            }
            let own_on = day_of(self.log.book, contract, position, event);
            if version_of(contract, own_on, self.now).is_some() {
                let original = self.original_of(event, number);
                ratings.push(Rating {
                    contract: number,
                    position,
                    own_on,
                    original_on: original.map(|rating| rating.own_on),
                    fixed_on: fixed_on(self.log.book, contract, position, event, own_on),
                    original_fixed_on: original.map(|rating| rating.fixed_on),
                });
            }
        }
        Ok(ratings)
    }

    /// Where the event takes back an accepted original: how the contract rated that.
    fn original_of(&self, event: &Event, contract: usize) -> Option<&Rating> {
        if !event.rule.reverses || event.rule.original == Original::Never {
            return None;
        }
        let original = self.find(event.original)?;
        original.ratings.iter().find(|rating| rating.contract == contract)
    }

    fn broken_rules(&self, event: &Event, ratings: &[Rating]) -> BTreeSet<Code> {
        let mut codes = BTreeSet::new();
        if ratings.is_empty() {
            codes.insert(Code::ContractNone);
        }
        for rating in ratings {
            codes.extend(self.party_fault(event, rating));
            let contract = &self.log.book.contracts[rating.contract];
            let Some(conversion) = conversion_of(contract, event.asset) else { continue };
            let days = contract.measures.iter().map(|measure| rating.fixing_on(measure.treatment));
            let missing = |on| cross(self.log, &conversion, event.asset, on, self.now).is_none();
            if days.chain([rating.fixed_on]).any(missing) {
                codes.insert(Code::RateMissing);
            }
        }
        if self.is_beyond_limit(event) {
            codes.insert(Code::LimitExceeded);
        }
        if event.rule.original == Original::Required && event.original == Identity::NONE {
            codes.insert(Code::OriginalMissing);
        }
        codes
    }

    /// Whether a field that names a party names none of the book, or one that is not active on the commercial day.
    fn party_fault(&self, event: &Event, rating: &Rating) -> Vec<Code> {
        let contract = &self.log.book.contracts[rating.contract];
        let mut codes = Vec::new();
        for dimension in contract.dimensions.iter().filter(|dimension| dimension.party) {
            let id = event.text(dimension.refs[rating.position]);
            let Some(party) = self.log.book.parties.iter().find(|party| &*party.id == id) else {
                codes.push(Code::PartyUnknown);
                continue;
            };
            let early = party.active_from.is_some_and(|from| rating.own_on < from);
            let late = party.active_to.is_some_and(|to| rating.own_on >= to);
            if early || late {
                codes.push(Code::PartyInactive);
            }
        }
        codes
    }

    fn is_beyond_limit(&self, event: &Event) -> bool {
        let source = &self.log.book.sources[usize::from(event.source.0)];
        let Some(limit) = source.amount_max else { return false };
        let limit = super::fraction::Fraction::scaled(i128::from(limit), source.amount_scale);
        let fields = &self.log.book.schemas[usize::from(source.adapter.0)].numbers;
        fields.iter().zip(&event.numbers).filter(|(field, _)| field.money).any(|(field, column)| {
            let amount = super::fraction::Fraction::scaled(i128::from(column[0]), field.scale);
            amount.magnitude().is_above(limit)
        })
    }

    /// Whether all that the event moves by itself can be posted.
    fn fits(&self, event: &Event, ratings: &[Rating]) -> Result<bool, Overflow> {
        for rating in ratings {
            let contract = &self.log.book.contracts[rating.contract];
            let mut moved = Ledger::default();
            for measure in 0..contract.measures.len() {
                measured(contract, event, rating, measure)?;
                for charge in charges_of(self.log.book, event, rating, measure, self.now)? {
                    let too_large = |amount: &i128| amount.unsigned_abs() >= u128::from(AMOUNT_BOUND.unsigned_abs());
                    if charge.lines.iter().any(|(_, amount)| too_large(amount)) {
                        return Ok(false);
                    }
                    for (key, amount) in &charge.lines {
                        moved.post(self.log.book, rating.contract, event.asset, key, *amount);
                    }
                }
            }
            if moved.largest() >= u128::from(AMOUNT_BOUND.unsigned_abs()) {
                return Ok(false);
            }
        }
        Ok(true)
    }
}
