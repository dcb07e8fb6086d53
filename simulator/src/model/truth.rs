//! `F`, the slow way: the lines of the periods of one contract by what is known at a moment, from all accepted events.
//!
//! Each period takes in what the one before left, so a period is never computed without all before it. Order: event-scope
//! charges, line-scope terms, fixed fees, closing terms, VAT on lines, VAT on documents.

use super::Log;
use super::carried::Left;
use super::charges::{EventCharge, charges_of, measured, vat_exactly, vat_on};
use super::closing::periods;
use super::days::{begins_at, entered, period_of, version_of};
use super::ends::Ends;
use super::fraction::Fraction;
use super::line::{Key, Lines, Of};
use super::rates::{conversion_of, cross};
use super::row::{Accepted, Event, Rating};
use super::shares::{Charged, Shares};
use crate::coverage::Coverage;
use calendar::{Date, Instant, Period};
use contract::{Contract, Part, Pooled, Role, Term, TermKind, VatScope};
use engine::Book;
use event::PartyId;
use money::AssetId;
use std::collections::{BTreeMap, BTreeSet};

/// A contract at a moment.
pub(super) struct Truth<'a> {
    pub(super) book: &'a Book,
    log: Log<'a>,
    number: usize,
    known_at: Instant,
    /// By first day of the period that they enter.
    facts: BTreeMap<Date, Facts<'a>>,
}

/// What entered a period.
#[derive(Default)]
pub(super) struct Facts<'a> {
    pub(super) sums: Vec<Fact<'a>>,
    /// Charges of events by themselves, by asset.
    charges: Vec<(AssetId, EventCharge)>,
}

/// What one event adds to one measure under a version.
pub(super) struct Fact<'a> {
    pub(super) event: &'a Event,
    pub(super) rating: &'a Rating,
    pub(super) measure: usize,
    pub(super) version: usize,
    /// That of the lines.
    pub(super) asset: AssetId,
    /// Major units; converted where the contract converts.
    pub(super) value: Fraction,
    /// How it was converted, where it was.
    rate: Option<&'static str>,
}

/// The lines of one period, and which of them are known at its end only.
pub(super) struct Told {
    pub(super) lines: Lines,
    pub(super) at_end: BTreeSet<(AssetId, Key)>,
}

/// The parties of a charge: debtor, creditor.
pub(super) type Pair = (PartyId, PartyId);

/// What a term of another contract charges in the period of the same days.
type Pooling<'p> = dyn Fn(Pooled, &Period, AssetId, Pair) -> i128 + 'p;

/// Charges of a term of another contract between two parties.
pub(super) type Pools<'p> = dyn Fn(Pooled, AssetId, Pair) -> i128 + 'p;

impl<'a> Truth<'a> {
    pub(super) fn new(log: Log<'a>, number: usize, known_at: Instant) -> Self {
        let mut truth = Self { book: log.book, log, number, known_at, facts: BTreeMap::new() };
        for accepted in log.accepted.iter().filter(|accepted| accepted.accepted_at <= known_at) {
            for rating in accepted.ratings.iter().filter(|rating| rating.contract == number) {
                truth.enter(accepted, rating);
            }
        }
        truth
    }

    pub(super) fn contract(&self) -> &'a Contract {
        &self.book.contracts[self.number]
    }

    pub(super) fn facts(&self, period: &Period) -> &[Fact<'a>] {
        self.facts.get(&period.first).map_or(&[], |facts| &facts.sums)
    }

    pub(super) fn version_of(&self, day: Date) -> Option<usize> {
        version_of(self.contract(), day, self.known_at)
    }

    /// Lets an event enter all measures.
    fn enter(&mut self, accepted: &'a Accepted, rating: &'a Rating) {
        let contract = self.contract();
        for (number, measure) in contract.measures.iter().enumerate() {
            let (enters_on, rated_on) = entered(measure.treatment, rating);
            let facts = self.facts.entry(period_of(contract, enters_on).first).or_default();
            let event = &accepted.event;
            let charges = charges_of(self.book, event, rating, number, accepted.accepted_at);
            let charges = charges.expect("an event is accepted only where its charges fit");
            facts.charges.extend(charges.into_iter().map(|charge| (event.asset, charge)));
            let Some(version) = version_of(contract, rated_on, self.known_at) else { continue };
            let value = measured(contract, event, rating, number).expect("an accepted event has its measures");
            let Some(value) = value else { continue };
            let mut fact = Fact { event, rating, measure: number, version, asset: event.asset, value, rate: None };
            if let Some(conversion) = conversion_of(contract, event.asset) {
                fact.asset = conversion.to;
                if measure.money {
                    let on = rating.fixing_on(measure.treatment);
                    let cross = cross(self.log, &conversion, event.asset, on, self.known_at);
                    let (cross, fixed_on) = cross.expect("an event is accepted only where a rate is known");
                    fact.value = value.times(cross);
                    fact.rate = Some(if fixed_on == on { "converted" } else { "converted by an earlier rate" });
                }
            }
            facts.sums.push(fact);
        }
    }

    /// What each of the first periods of the contract comes to, in order.
    pub(super) fn chain(&self, periods: &[Period], coverage: &mut Coverage) -> Vec<Told> {
        let others = self.others();
        let pooled = |pooled: Pooled, period: &Period, asset, pair| {
            let told = others.get(&usize::from(pooled.contract.0)).and_then(|told| told.get(&period.first));
            let contract = &self.book.contracts[usize::from(pooled.contract.0)];
            told.map_or(0, |told| told.charged(contract, pooled.term, asset, pair))
        };
        self.chain_with(periods, &pooled, coverage)
    }

    fn chain_with(&self, periods: &[Period], pooled: &Pooling<'_>, coverage: &mut Coverage) -> Vec<Told> {
        let mut left = Left::default();
        let tell = |period: &Period| {
            self.told(period, &mut left, &|of, asset, pair| pooled(of, period, asset, pair), coverage)
        };
        periods.iter().map(tell).collect()
    }

    /// The periods of the contracts that this one pools, by first day; of what those pool themselves nothing is pooled.
    fn others(&self) -> BTreeMap<usize, BTreeMap<Date, Told>> {
        let mut others = BTreeMap::new();
        for term in self.contract().versions.iter().flat_map(|version| &version.terms) {
            let TermKind::Minimum { pool, .. } = &term.kind else { continue };
            for number in pool.iter().map(|pooled| usize::from(pooled.contract.0)) {
                let periods = periods(self.log, number, self.known_at);
                let other = Truth::new(self.log, number, self.known_at);
                let told = other.chain_with(&periods, &|_, _, _, _| 0, &mut Coverage::default());
                others.insert(number, periods.iter().map(|period| period.first).zip(told).collect());
            }
        }
        others
    }

    fn told(&self, period: &Period, left: &mut Left, pooled: &Pools<'_>, coverage: &mut Coverage) -> Told {
        let mut told = Told { lines: Lines::new(), at_end: BTreeSet::new() };
        let has_begun = begins_at(self.book, self.contract(), period) <= self.known_at;
        if !has_begun && !self.facts.contains_key(&period.first) {
            return told;
        }
        self.facts(period).iter().filter_map(|fact| fact.rate).for_each(|how| coverage.note(how));
        let mut charged = Charged::new();
        self.charge_events(period, &mut told.lines, &mut charged);
        Shares::new(self, period).charge(&mut told.lines, &mut charged, left, coverage);
        self.charge_fixed(period, &mut told.lines);
        if let Some(ends) = Ends::new(self, period, pooled) {
            ends.charge(&mut told.lines, left, coverage);
        }
        for (asset, key) in told.lines.keys() {
            if self.term_of(key).is_some_and(is_known_at_end) {
                told.at_end.insert((*asset, key.clone()));
            }
        }
        self.add_vat(&mut told);
        told
    }

    fn charge_events(&self, period: &Period, lines: &mut Lines, charged: &mut Charged) {
        let Some(facts) = self.facts.get(&period.first) else { return };
        let mut bases: BTreeMap<(AssetId, Key), Fraction> = BTreeMap::new();
        for (asset, charge) in &facts.charges {
            let place = (*asset, charge.version, charge.term, charge.group.clone());
            *charged.entry(place).or_default() += charge.charged;
            for (key, amount) in &charge.lines {
                *lines.entry((*asset, key.clone())).or_default() += amount;
                let base = bases.entry((*asset, key.clone())).or_insert(Fraction::ZERO);
                *base = base.plus(charge.base);
            }
        }
        // Charges of nothing on nothing make no line.
        lines.retain(|line, amount| *amount != 0 || bases.get(line).is_none_or(|base| !base.is_zero()));
    }

    /// Fixed fees of a period, by the version of its first day.
    fn charge_fixed(&self, period: &Period, lines: &mut Lines) {
        let contract = self.contract();
        let Some(version) = self.version_of(period.first) else { return };
        for (position, term) in contract.versions[version].terms.iter().enumerate() {
            let TermKind::Fixed { amount, asset } = term.kind else { continue };
            let (Role::Party(debtor), Role::Party(creditor)) = (term.debtor, term.creditor) else {
                panic!("no event names the parties of a fixed fee");
            };
            let of = Of::Term { version, term: position };
            let key = Key { of, dimensions: Vec::new(), piece: 0, debtor, creditor, part: Part::Charge };
            *lines.entry((asset, key)).or_default() += i128::from(amount);
        }
    }

    fn term_of(&self, key: &Key) -> Option<&Term> {
        let Of::Term { version, term } = key.of else { return None };
        Some(&self.contract().versions[version].terms[term])
    }

    /// VAT that is rounded by line or by document. It is known when its charges are.
    fn add_vat(&self, told: &mut Told) {
        let mut bases = Lines::new();
        for ((asset, key), amount) in told.lines.clone() {
            let term = self.term_of(&key).expect("documents come last");
            let Some(vat) = term.vat.as_ref().filter(|_| key.part == Part::Charge) else { continue };
            let taxed = match vat.scope {
                VatScope::Event => continue,
                VatScope::Line => {
                    let taxed = (asset, key.vat(vat));
                    told.lines.insert(taxed.clone(), vat_on(self.book, vat, &key, amount));
                    taxed
                }
                VatScope::Document => {
                    let taxed = (asset, key.document(vat, self.book.operator));
                    *bases.entry(taxed.clone()).or_default() += amount;
                    taxed
                }
            };
            if told.at_end.contains(&(asset, key)) {
                told.at_end.insert(taxed);
            }
        }
        for ((asset, key), base) in bases {
            let Of::Document { rate, rounding, .. } = key.of else { panic!("a base is a document's") };
            let exact = vat_exactly(rate, key.part == Part::VatIncluded, base);
            let tax = exact.rounded(rounding, key.creditor != self.book.operator);
            told.lines.insert((asset, key), tax);
        }
    }
}

impl Told {
    /// What a term charged between two parties.
    fn charged(&self, contract: &Contract, term: u16, asset: AssetId, pair: Pair) -> i128 {
        let own = self.lines.iter().filter(|((of, key), _)| {
            let Of::Term { version, term: position } = key.of else { return false };
            let number = contract.versions[version].terms[position].number;
            (*of, key.part, key.debtor, key.creditor, number) == (asset, Part::Charge, pair.0, pair.1, term)
        });
        own.map(|(_, amount)| amount).sum()
    }
}

/// Whether what a term charges may still change with any event until the period is over, so that it is posted last.
fn is_known_at_end(term: &Term) -> bool {
    match &term.kind {
        TermKind::Share { climb, deductions, .. } => {
            let allocated =
                |deduction: &contract::Deduction| matches!(deduction.kind, contract::DeductionKind::Allocated { .. });
            climb.by_volume || deductions.iter().any(allocated)
        }
        TermKind::Step { .. }
        | TermKind::Bound { .. }
        | TermKind::Minimum { .. }
        | TermKind::Carry { .. }
        | TermKind::Advance { .. }
        | TermKind::Prepaid { .. } => true,
        _ => false,
    }
}
