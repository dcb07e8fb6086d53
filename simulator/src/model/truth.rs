//! `F`, the slow way: the lines of one period of one contract by what is known at a moment, from all accepted events.
//!
//! Order: event-scope charges, line-scope terms in their listed order, fixed fees, VAT on lines, VAT on documents.
//! Every figure is an exact fraction of whole units until the one place that rounds it.

use super::days::{begins_at, entered, period_of, version_of};
use super::fraction::Fraction;
use super::line::{Key, Lines, Of};
use super::row::{Accepted, Event, Rating};
use calendar::{Date, Instant, Period};
use contract::{Base, Contract, Part, Role, Scope, Term, TermKind, Tier, Vat, VatScope};
use engine::Book;
use event::PartyId;
use money::{AssetId, Overflow, Rate};
use std::collections::BTreeMap;

/// The words by which a term's tallies are kept: of the dimensions that it lists and of those that name its parties.
type Group = Vec<(u8, String)>;

/// Where a term's charges stand before they become lines.
type Place = (AssetId, usize, usize, Group);

/// A contract at a moment.
pub(super) struct Truth<'a> {
    pub(super) book: &'a Book,
    pub(super) contract: usize,
    pub(super) accepted: &'a [Accepted],
    pub(super) known_at: Instant,
}

/// The charges of one event under one term.
pub(super) struct EventCharge {
    pub(super) version: usize,
    pub(super) term: usize,
    pub(super) group: Group,
    /// The charge's lines and the VAT's, where that is rounded with the event.
    pub(super) lines: Vec<(Key, i128)>,
    /// Sum of the charges, without VAT.
    pub(super) charged: i128,
}

/// A line-scope term's sums by day, for one group.
struct Tally {
    days: BTreeMap<Date, Fraction>,
    dimensions: Vec<String>,
    debtor: PartyId,
    creditors: Vec<PartyId>,
}

/// What has been charged so far, by place, for terms on the rest.
type Charged = BTreeMap<Place, i128>;

impl Truth<'_> {
    fn contract(&self) -> &Contract {
        &self.book.contracts[self.contract]
    }

    /// The lines of a period.
    pub(super) fn lines(&self, period: &Period) -> Lines {
        let (mut lines, mut charged) = (Lines::new(), Charged::new());
        self.charge_events(period, &mut lines, &mut charged);
        self.charge_lines(period, &mut lines, &mut charged);
        self.charge_fixed(period, &mut lines);
        self.add_vat(&mut lines);
        lines
    }

    /// The accepted events that this contract rates, as known at the moment.
    fn members(&self) -> impl Iterator<Item = (&Accepted, &Rating)> {
        let known = self.accepted.iter().filter(|accepted| accepted.accepted_at <= self.known_at);
        known.flat_map(|accepted| {
            let ours = accepted.ratings.iter().filter(|rating| rating.contract == self.contract);
            ours.map(move |rating| (accepted, rating))
        })
    }

    fn charge_events(&self, period: &Period, lines: &mut Lines, charged: &mut Charged) {
        for (accepted, rating) in self.members() {
            for measure in 0..self.contract().measures.len() {
                let (enters_on, _) = entered(self.contract().measures[measure].treatment, rating);
                if period_of(self.contract(), enters_on) != *period {
                    continue;
                }
                let charges = charges_of(self.book, &accepted.event, rating, measure, accepted.accepted_at);
                for charge in charges.expect("an event is accepted only where its charges fit") {
                    let place = (accepted.event.asset, charge.version, charge.term, charge.group);
                    *charged.entry(place).or_default() += charge.charged;
                    for (key, amount) in charge.lines {
                        *lines.entry((accepted.event.asset, key)).or_default() += amount;
                    }
                }
            }
        }
    }

    /// The line-scope tallies of a period.
    fn tallies(&self, period: &Period) -> BTreeMap<Place, Tally> {
        let contract = self.contract();
        let mut tallies = BTreeMap::new();
        for (accepted, rating) in self.members() {
            for (number, measure) in contract.measures.iter().enumerate() {
                let (enters_on, rated_on) = entered(measure.treatment, rating);
                let Some(version) = version_of(contract, rated_on, self.known_at) else { continue };
                if period_of(contract, enters_on) != *period {
                    continue;
                }
                let event = &accepted.event;
                let value = measured(contract, event, rating, number).expect("an accepted event has its measures");
                let Some(value) = value else { continue };
                for (position, term) in contract.versions[version].terms.iter().enumerate() {
                    if term.scope != Scope::Line || term.measure().map(usize::from) != Some(number) {
                        continue;
                    }
                    let place = (event.asset, version, position, group_of(contract, event, rating, term));
                    let tally = tallies.entry(place).or_insert_with(|| self.empty_tally(event, rating, term));
                    let sum = tally.days.entry(enters_on).or_insert(Fraction::ZERO);
                    *sum = sum.plus(value);
                }
            }
        }
        tallies
    }

    fn empty_tally(&self, event: &Event, rating: &Rating, term: &Term) -> Tally {
        let party = |role: &Role| party_of(self.book, self.contract(), event, rating, *role);
        Tally {
            days: BTreeMap::new(),
            dimensions: words_of(self.contract(), event, rating, &term.dimensions),
            debtor: party(&term.debtor),
            creditors: creditors_of(term).iter().map(party).collect(),
        }
    }

    fn charge_lines(&self, period: &Period, lines: &mut Lines, charged: &mut Charged) {
        let tallies = self.tallies(period);
        // By position of the term, so that what stands before a term has been charged.
        let mut places: Vec<&Place> = tallies.keys().collect();
        places.sort_by_key(|place| place.2);
        for place in places {
            let (asset, version, position, _) = place;
            let term = &self.contract().versions[*version].terms[*position];
            let tally = &tallies[place];
            let amounts = match &term.kind {
                TermKind::Share { tiers, on, .. } => {
                    let exact = match on {
                        Base::Gross => self.graduated(&tallies, place),
                        Base::Rest => self.rest(place, tally, tiers, charged),
                    };
                    vec![exact.rounded(term.rounding, tally.creditors[0] != self.book.operator)]
                }
                TermKind::Division { parts, residue, .. } => {
                    let total = units(self.book, *asset, sum_of(tally));
                    divided(self.book, term, total, parts, *residue, &tally.creditors)
                }
                _ => panic!("the term rounds with its events or has none"),
            };
            *charged.entry(place.clone()).or_default() += amounts.iter().sum::<i128>();
            for (piece, (creditor, amount)) in tally.creditors.iter().zip(amounts).enumerate() {
                let of = Of::Term { version: *version, term: *position };
                let dimensions = tally.dimensions.clone();
                let (debtor, creditor) = (tally.debtor, *creditor);
                let key = Key { of, dimensions, piece, debtor, creditor, part: Part::Charge };
                *lines.entry((*asset, key)).or_default() += amount;
            }
        }
    }

    /// The exact charge of a share on its measure: what its version's days add on the way through the brackets, which
    /// all versions of the term fill together in order of day, then version.
    fn graduated(&self, tallies: &BTreeMap<Place, Tally>, place: &Place) -> Fraction {
        let own = &tallies[place];
        let id = &self.contract().versions[place.1].terms[place.2].id;
        let mut steps = Vec::new();
        for (other, tally) in tallies {
            let term = &self.contract().versions[other.1].terms[other.2];
            let same_parties = tally.debtor == own.debtor && tally.creditors == own.creditors;
            if other.0 == place.0 && term.id == *id && same_parties && tally.dimensions == own.dimensions {
                steps.extend(tally.days.iter().map(|(day, sum)| (*day, other, *sum)));
            }
        }
        steps.sort_by_key(|(day, other, _)| (*day, other.1));
        let (mut running, mut charge) = (Fraction::ZERO, Fraction::ZERO);
        for (_, other, sum) in steps {
            let after = running.plus(sum);
            if other == place {
                charge = charge.plus(self.filled(place, after).minus(self.filled(place, running)));
            }
            running = after;
        }
        units(self.book, place.0, charge)
    }

    /// What the brackets of a term charge on a sum; below zero at the first rate.
    fn filled(&self, place: &Place, sum: Fraction) -> Fraction {
        let term = &self.contract().versions[place.1].terms[place.2];
        let TermKind::Share { of, tiers, .. } = &term.kind else { panic!("only shares have tiers") };
        let scale = self.contract().measures[usize::from(*of)].scale;
        let (mut charge, mut from) = (Fraction::ZERO, Fraction::ZERO);
        for (position, tier) in tiers.iter().enumerate() {
            let bound = tier.up_to.map(|up_to| Fraction::scaled(up_to, scale));
            let until = match bound {
                Some(bound) if sum.is_above(bound) => bound,
                _ => sum,
            };
            if position > 0 && !until.is_above(from) {
                break;
            }
            charge = charge.plus(until.minus(from).times(Fraction::of_rate(tier.rate)));
            from = until;
        }
        charge
    }

    /// The exact charge of a share on what the terms before it have left.
    fn rest(&self, place: &Place, tally: &Tally, tiers: &[Tier], charged: &Charged) -> Fraction {
        let terms = &self.contract().versions[place.1].terms;
        let own = &terms[place.2];
        assert!(tiers.len() == 1, "a share of the rest is flat");
        let mut left = units(self.book, place.0, sum_of(tally));
        for (position, term) in terms[..place.2].iter().enumerate() {
            if term.measure() != own.measure() {
                continue;
            }
            assert!(grouped_by(term) == grouped_by(own), "terms of the rest are grouped alike");
            let earlier = (place.0, place.1, position, place.3.clone());
            left = left.minus(Fraction::whole(charged.get(&earlier).copied().unwrap_or(0)));
        }
        left.times(Fraction::of_rate(tiers[0].rate))
    }

    /// Fixed fees of a period that has begun or already has events, by the version of its first day.
    fn charge_fixed(&self, period: &Period, lines: &mut Lines) {
        let contract = self.contract();
        let has_events = || {
            self.members().any(|(_, rating)| {
                let mut days = contract.measures.iter().map(|measure| entered(measure.treatment, rating).0);
                days.any(|day| period_of(contract, day) == *period)
            })
        };
        if begins_at(self.book, contract, period) > self.known_at && !has_events() {
            return;
        }
        let Some(version) = version_of(contract, period.first, self.known_at) else { return };
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

    /// VAT that is rounded by line or by document.
    fn add_vat(&self, lines: &mut Lines) {
        let mut bases = Lines::new();
        let mut by_line = Lines::new();
        for ((asset, key), amount) in lines.iter() {
            let Of::Term { version, term } = key.of else { panic!("documents come last") };
            let Some(vat) = &self.contract().versions[version].terms[term].vat else { continue };
            match vat.scope {
                VatScope::Event => {}
                VatScope::Line => {
                    let tax = vat_on(self.book, vat, key, *amount);
                    by_line.insert((*asset, key.vat(vat)), tax);
                }
                VatScope::Document => {
                    *bases.entry((*asset, key.document(vat, self.book.operator))).or_default() += amount
                }
            }
        }
        lines.extend(by_line);
        for ((asset, key), base) in bases {
            let Of::Document { rate, rounding, .. } = key.of else { panic!("a base is a document's") };
            let exact = vat_exactly(rate, key.part == Part::VatIncluded, base);
            let tax = exact.rounded(rounding, key.creditor != self.book.operator);
            lines.insert((asset, key), tax);
        }
    }
}

/// The event-scope charges of one event on one measure, by the terms that are known when it is accepted.
pub(super) fn charges_of(
    book: &Book,
    event: &Event,
    rating: &Rating,
    measure: usize,
    known_at: Instant,
) -> Result<Vec<EventCharge>, Overflow> {
    let contract = &book.contracts[rating.contract];
    let (_, rated_on) = entered(contract.measures[measure].treatment, rating);
    let Some(value) = measured(contract, event, rating, measure)? else { return Ok(Vec::new()) };
    let Some(version) = version_of(contract, rated_on, known_at) else { return Ok(Vec::new()) };
    let value = units(book, event.asset, value);
    let (mut charges, mut taken) = (Vec::new(), 0);
    for (position, term) in contract.versions[version].terms.iter().enumerate() {
        if term.scope != Scope::Event || term.measure().map(usize::from) != Some(measure) {
            continue;
        }
        let creditors: Vec<PartyId> =
            creditors_of(term).iter().map(|role| party_of(book, contract, event, rating, *role)).collect();
        let amounts = event_amounts(book, term, value, taken, &creditors);
        let mut lines = Vec::new();
        for (piece, (creditor, amount)) in creditors.iter().zip(&amounts).enumerate() {
            let of = Of::Term { version, term: position };
            let dimensions = words_of(contract, event, rating, &term.dimensions);
            let debtor = party_of(book, contract, event, rating, term.debtor);
            let key = Key { of, dimensions, piece, debtor, creditor: *creditor, part: Part::Charge };
            if let Some(vat) = term.vat.as_ref().filter(|vat| vat.scope == VatScope::Event) {
                lines.push((key.vat(vat), vat_on(book, vat, &key, *amount)));
            }
            lines.push((key, *amount));
        }
        let charged = amounts.iter().sum();
        taken += charged;
        let group = group_of(contract, event, rating, term);
        charges.push(EventCharge { version, term: position, group, lines, charged });
    }
    Ok(charges)
}

/// The charges of an event-scope term on a measure in whole units, of which earlier terms took `taken`.
fn event_amounts(book: &Book, term: &Term, value: Fraction, taken: i128, creditors: &[PartyId]) -> Vec<i128> {
    let owed = creditors[0] != book.operator;
    match &term.kind {
        TermKind::Share { tiers, on, .. } => {
            assert!(tiers.len() == 1, "a share with brackets rounds by line");
            let base = if *on == Base::Rest { value.minus(Fraction::whole(taken)) } else { value };
            vec![base.times(Fraction::of_rate(tiers[0].rate)).rounded(term.rounding, owed)]
        }
        TermKind::Fee { rate, fixed, min, max, .. } => {
            // What is agreed in whole units is added to what the rate gives in whole units.
            let rated = value.magnitude().times(Fraction::of_rate(*rate)).rounded(term.rounding, owed);
            let mut magnitude = rated + i128::from(*fixed);
            magnitude = min.map_or(magnitude, |min| magnitude.max(i128::from(min)));
            magnitude = max.map_or(magnitude, |max| magnitude.min(i128::from(max)));
            vec![if value.sign() < 0 { -magnitude } else { magnitude }]
        }
        TermKind::Division { parts, residue, .. } => divided(book, term, value, parts, *residue, creditors),
        _ => panic!("no event of its own"),
    }
}

/// The parts of an exact total: it is rounded, each part is rounded, and the residue is what the other parts leave.
fn divided(
    book: &Book,
    term: &Term,
    total: Fraction,
    parts: &[(Role, Rate)],
    residue: u16,
    creditors: &[PartyId],
) -> Vec<i128> {
    let owed = creditors[0] != book.operator;
    let total = total.rounded(term.rounding, owed);
    let part = |rate: &Rate| Fraction::whole(total).times(Fraction::of_rate(*rate)).rounded(term.rounding, owed);
    let mut amounts: Vec<i128> = parts.iter().map(|(_, rate)| part(rate)).collect();
    amounts[usize::from(residue)] = 0;
    amounts[usize::from(residue)] = total - amounts.iter().sum::<i128>();
    amounts
}

/// What an event adds to a measure in major units; nothing where the measure does not count it.
pub(super) fn measured(
    contract: &Contract,
    event: &Event,
    rating: &Rating,
    measure: usize,
) -> Result<Option<Fraction>, Overflow> {
    let measure = &contract.measures[measure];
    if !event.meets(measure.filters[rating.position].as_ref())? {
        return Ok(None);
    }
    let sum = &measure.sums[rating.position];
    let value = event.number(sum)?;
    if value.unsigned_abs() >= money::TALLY_BOUND.unsigned_abs() {
        return Err(Overflow);
    }
    Ok(Some(Fraction::scaled(value, sum.scale())))
}

fn sum_of(tally: &Tally) -> Fraction {
    tally.days.values().fold(Fraction::ZERO, |sum, day| sum.plus(*day))
}

/// Major units as whole units of the asset.
fn units(book: &Book, asset: AssetId, value: Fraction) -> Fraction {
    value.times(Fraction::whole(super::fraction::ten_to(book.assets[usize::from(asset.0)].digits)))
}

/// The VAT on a charge, rounded as its term says.
fn vat_on(book: &Book, vat: &Vat, key: &Key, base: i128) -> i128 {
    vat_exactly(vat.rate, vat.inclusive, base).rounded(vat.rounding, key.creditor != book.operator)
}

/// `base × rate`, or the part of the base that is VAT where it is inside.
fn vat_exactly(rate: Rate, inclusive: bool, base: i128) -> Fraction {
    let (upper, lower) = (i128::from(rate.numerator()), i128::from(rate.denominator()));
    let part = if inclusive { Fraction::new(upper, lower + upper) } else { Fraction::new(upper, lower) };
    Fraction::whole(base).times(part)
}

/// A division names its creditors itself.
fn creditors_of(term: &Term) -> Vec<Role> {
    match &term.kind {
        TermKind::Division { parts, .. } => parts.iter().map(|(role, _)| *role).collect(),
        _ => vec![term.creditor],
    }
}

/// The dimensions by which a term's tallies are kept, ascending.
fn grouped_by(term: &Term) -> Vec<u8> {
    let mut dimensions = term.dimensions.clone();
    for role in creditors_of(term).into_iter().chain([term.debtor]) {
        if let Role::Dimension(dimension) = role {
            dimensions.push(dimension);
        }
    }
    dimensions.sort_unstable();
    dimensions.dedup();
    dimensions
}

fn group_of(contract: &Contract, event: &Event, rating: &Rating, term: &Term) -> Group {
    let dimensions = grouped_by(term);
    let words = words_of(contract, event, rating, &dimensions);
    dimensions.into_iter().zip(words).collect()
}

fn words_of(contract: &Contract, event: &Event, rating: &Rating, dimensions: &[u8]) -> Vec<String> {
    let word = |dimension: &u8| contract.dimensions[usize::from(*dimension)].refs[rating.position];
    dimensions.iter().map(|dimension| event.text(word(dimension)).to_owned()).collect()
}

fn party_of(book: &Book, contract: &Contract, event: &Event, rating: &Rating, role: Role) -> PartyId {
    match role {
        Role::Party(party) => party,
        Role::Dimension(dimension) => {
            let word = contract.dimensions[usize::from(dimension)].refs[rating.position];
            book.party(event.text(word)).expect("an accepted event names parties of the book")
        }
    }
}
