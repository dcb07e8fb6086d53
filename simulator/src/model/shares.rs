//! Line-scope terms: measures, deductions, what is carried below zero, tiers, divisions, steps and agents.
//!
//! Versions in order of days, within them terms as they are listed. First the base of every share, then how far tiers
//! filled, then the charges: a volume tier looks at the whole period.

use super::carried::{Left, Purse, What};
use super::charges::{Group, creditors_of, divided, group_of, party_of, units, words_of};
use super::fraction::Fraction;
use super::line::{Key, Lines, Of};
use super::truth::{Fact, Truth};
use crate::coverage::Coverage;
use calendar::Period;
use contract::{Agent, Base, Climb, Deduction, DeductionKind, Part, Scope, Span, Step, Term, TermKind, Tier};
use event::PartyId;
use money::{AssetId, Rate};
use std::collections::BTreeMap;

/// Where a term's charges stand before they become lines: asset, version, position of the term, words.
pub(super) type Place = (AssetId, usize, usize, Group);

/// What has been charged so far, by place, for terms on the rest.
pub(super) type Charged = BTreeMap<Place, i128>;

/// One term's sums by measure, for one group.
struct Tally {
    sums: BTreeMap<usize, Fraction>,
    dimensions: Vec<String>,
    debtor: PartyId,
    creditors: Vec<PartyId>,
    /// The party that an event's agent is.
    agent: Option<PartyId>,
}

/// The line-scope terms of one period.
pub(super) struct Shares<'t, 'a> {
    truth: &'t Truth<'a>,
    period: &'t Period,
    tallies: BTreeMap<Place, Tally>,
}

/// How far a share's tiers had filled before and after its base.
type Filled = BTreeMap<Place, (Fraction, Fraction)>;

impl<'t, 'a> Shares<'t, 'a> {
    pub(super) fn new(truth: &'t Truth<'a>, period: &'t Period) -> Self {
        let mut tallies = BTreeMap::new();
        for fact in truth.facts(period) {
            for (position, term) in truth.contract().versions[fact.version].terms.iter().enumerate() {
                if term.scope == Scope::Line && measures_of(term).contains(&fact.measure) {
                    let group = group_of(truth.contract(), fact.event, fact.rating, term);
                    let place = (fact.asset, fact.version, position, group);
                    let tally = tallies.entry(place).or_insert_with(|| Tally::of(truth, fact, term));
                    let sum = tally.sums.entry(fact.measure).or_insert(Fraction::ZERO);
                    *sum = sum.plus(fact.value);
                }
            }
        }
        Self { truth, period, tallies }
    }

    /// Adds the lines of the terms, and what they leave to the next period.
    pub(super) fn charge(&self, lines: &mut Lines, charged: &mut Charged, left: &mut Left, coverage: &mut Coverage) {
        let bases = self.bases(left, coverage);
        let filled = self.fill(&bases, left, coverage);
        for (place, tally) in &self.tallies {
            let term = self.term(place);
            let amounts = match &term.kind {
                TermKind::Share { tiers, climb, on, .. } => {
                    let exact = match (bases[place], on) {
                        (None, _) => Fraction::ZERO,
                        (Some(base), Base::Rest) => self.rest(place, base, tiers, charged),
                        (Some(base), Base::Gross) => self.climbed(place, base, tiers, *climb, filled[place]),
                    };
                    vec![exact.rounded(term.rounding, tally.creditors[0] != self.truth.book.operator)]
                }
                TermKind::Division { of, parts, residue } => {
                    let total = self.sum(place, *of);
                    divided(self.truth.book, term, total, parts, *residue, &tally.creditors)
                }
                TermKind::Agents { of, agents, .. } => {
                    self.charge_agents(place, self.sum(place, *of), agents, lines);
                    coverage.note("agents");
                    continue;
                }
                TermKind::Step { of, steps, asset } => {
                    self.charge_step(place, *of, steps, *asset, lines);
                    coverage.note("step");
                    continue;
                }
                _ => panic!("the term rounds with its events or has none"),
            };
            *charged.entry(place.clone()).or_default() += amounts.iter().sum::<i128>();
            for (piece, (creditor, amount)) in tally.creditors.iter().zip(amounts).enumerate() {
                *lines.entry((place.0, self.key(place, piece, *creditor))).or_default() += amount;
            }
        }
    }

    fn term(&self, place: &Place) -> &'t Term {
        &self.truth.contract().versions[place.1].terms[place.2]
    }

    /// A measure's sum in whole units.
    fn sum(&self, place: &Place, measure: u16) -> Fraction {
        let sum = self.tallies[place].sums.get(&usize::from(measure)).copied();
        units(self.truth.book, place.0, sum.unwrap_or(Fraction::ZERO))
    }

    fn key(&self, place: &Place, piece: usize, creditor: PartyId) -> Key {
        let tally = &self.tallies[place];
        let of = Of::Term { version: place.1, term: place.2 };
        Key { of, dimensions: tally.dimensions.clone(), piece, debtor: tally.debtor, creditor, part: Part::Charge }
    }

    /// Under which name a place's amounts are carried: the same for all versions of its term.
    fn purse(&self, place: &Place, what: What) -> Purse {
        let tally = &self.tallies[place];
        let mut parties = vec![tally.debtor];
        parties.extend(&tally.creditors);
        Purse { what, term: self.term(place).number, asset: place.0, words: tally.dimensions.clone(), parties }
    }

    /// What each share's rate is applied to; nothing where it is below zero and carried to what comes after.
    fn bases(&self, left: &mut Left, coverage: &mut Coverage) -> BTreeMap<Place, Option<Fraction>> {
        let mut bases = BTreeMap::new();
        for place in self.tallies.keys() {
            let TermKind::Share { of, deductions, carries, .. } = &self.term(place).kind else { continue };
            let mut base = self.deducted(place, self.sum(place, *of), deductions, coverage);
            let mut carried = None;
            if *carries {
                let purse = self.purse(place, What::BelowZero);
                let brought = left.of(&purse);
                coverage.note_if("carried measure in", !brought.is_zero());
                base = base.plus(brought);
                let below = coverage.note_if("carried measure out", base.sign() < 0);
                left.put(purse, if below { base } else { Fraction::ZERO }, self.period.first);
                carried = below.then_some(base);
            }
            bases.insert(place.clone(), if carried.is_some() { None } else { Some(base) });
        }
        bases
    }

    /// A measure less its deductions, each rounded to whole units.
    fn deducted(&self, place: &Place, gross: Fraction, deductions: &[Deduction], coverage: &mut Coverage) -> Fraction {
        let mut base = gross;
        for deduction in deductions {
            let exact = match &deduction.kind {
                DeductionKind::Measure(measure) => {
                    coverage.note("deduction of a measure");
                    self.sum(place, *measure)
                }
                DeductionKind::Rate { rate, on } => {
                    coverage.note(if *on == Base::Gross { "deduction on gross" } else { "deduction on rest" });
                    let from = if *on == Base::Gross { gross } else { base };
                    from.times(Fraction::of_rate(*rate))
                }
                DeductionKind::Allocated { of, key } => {
                    coverage.note("deduction allocated");
                    self.allocated(place, usize::from(*of), usize::from(*key))
                }
            };
            base = base.minus(Fraction::whole(self.rounded(place, exact)));
        }
        base
    }

    /// As the place's term rounds.
    fn rounded(&self, place: &Place, exact: Fraction) -> i128 {
        let owed = self.tallies[place].creditors[0] != self.truth.book.operator;
        exact.rounded(self.term(place).rounding, owed)
    }

    /// A line's part of the whole contract's sum of a measure: by the keys above zero of the lines of its term; the line
    /// with the largest takes what the others leave.
    fn allocated(&self, place: &Place, of: usize, key: usize) -> Fraction {
        let facts = self.truth.facts(self.period).iter();
        let ours = facts.filter(|fact| (fact.measure, fact.asset, fact.version) == (of, place.0, place.1));
        let total = ours.fold(Fraction::ZERO, |sum, fact| sum.plus(fact.value));
        let total = Fraction::whole(self.rounded(place, units(self.truth.book, place.0, total)));
        let lines = self.tallies.iter().filter(|(other, _)| (other.0, other.1, other.2) == (place.0, place.1, place.2));
        let key_of =
            |tally: &Tally| tally.sums.get(&key).copied().filter(|sum| sum.sign() > 0).unwrap_or(Fraction::ZERO);
        let keys: Vec<(&Place, Fraction)> = lines.map(|(other, tally)| (other, key_of(tally))).collect();
        let whole = keys.iter().fold(Fraction::ZERO, |sum, own| sum.plus(own.1));
        if whole.is_zero() {
            return Fraction::ZERO;
        }
        let part = |own: Fraction| Fraction::whole(self.rounded(place, total.times(own).over(whole)));
        let mut largest = &keys[0];
        for own in &keys {
            if own.1.is_above(largest.1) {
                largest = own;
            }
        }
        if largest.0 != place {
            let own = keys.iter().find(|own| own.0 == place).expect("the place is a line of its term");
            return part(own.1);
        }
        let others = keys.iter().filter(|own| own.0 != place);
        others.fold(total, |rest, own| rest.minus(part(own.1)))
    }

    /// How far tiers fill: all versions of a term together, from where the stretch has brought them.
    fn fill(&self, bases: &BTreeMap<Place, Option<Fraction>>, left: &mut Left, coverage: &mut Coverage) -> Filled {
        let mut filled = Filled::new();
        let mut running: BTreeMap<Purse, Fraction> = BTreeMap::new();
        for (place, base) in bases {
            let TermKind::Share { climb, .. } = &self.term(place).kind else { panic!("only shares have bases") };
            let purse = self.purse(place, What::Filled);
            let brought = || left.within(&purse, climb.reset, self.period.first);
            let from = *running.entry(purse.clone()).or_insert_with(brought);
            let own = match climb.accumulator {
                Some(measure) => self.sum(place, measure),
                None => base.unwrap_or(Fraction::ZERO),
            };
            running.insert(purse, from.plus(own));
            filled.insert(place.clone(), (from, from.plus(own)));
        }
        for (place, (_, after)) in &mut filled {
            let TermKind::Share { climb, .. } = &self.term(place).kind else { panic!("only shares fill") };
            let purse = self.purse(place, What::Filled);
            let reached = running[&purse];
            if climb.by_volume {
                *after = reached;
            }
            if climb.reset != Span::Period {
                coverage.note_if("tiers filled before", !left.within(&purse, climb.reset, self.period.first).is_zero());
                left.put(purse, reached, self.period.first);
            }
        }
        filled
    }

    /// The exact charge on a base by tiers.
    fn climbed(
        &self,
        place: &Place,
        base: Fraction,
        tiers: &[Tier],
        climb: Climb,
        (from, to): (Fraction, Fraction),
    ) -> Fraction {
        if !climb.by_volume {
            return self.graduated(place, tiers, climb, to).minus(self.graduated(place, tiers, climb, from));
        }
        let reached = tiers.iter().find(|tier| self.bound(place, climb, tier).is_none_or(|bound| !to.is_above(bound)));
        base.times(Fraction::of_rate(reached.expect("the last tier has no bound").rate))
    }

    /// What brackets charge on a sum; below zero at the first rate.
    fn graduated(&self, place: &Place, tiers: &[Tier], climb: Climb, sum: Fraction) -> Fraction {
        let (mut charge, mut from) = (Fraction::ZERO, Fraction::ZERO);
        for (position, tier) in tiers.iter().enumerate() {
            let until = match self.bound(place, climb, tier) {
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

    /// The upper bound of a tier in whole units: of the measure that fills it.
    fn bound(&self, place: &Place, climb: Climb, tier: &Tier) -> Option<Fraction> {
        let of = climb.accumulator.or(self.term(place).measure()).expect("a share has a measure");
        let scale = self.truth.contract().measures[usize::from(of)].scale;
        tier.up_to.map(|up_to| units(self.truth.book, place.0, Fraction::scaled(up_to, scale)))
    }

    /// The exact charge of a share on what the terms before it have left.
    fn rest(&self, place: &Place, base: Fraction, tiers: &[Tier], charged: &Charged) -> Fraction {
        let terms = &self.truth.contract().versions[place.1].terms;
        assert!(tiers.len() == 1, "a share of the rest is flat");
        let mut left = base;
        for (position, term) in terms[..place.2].iter().enumerate() {
            if term.measure() != terms[place.2].measure() {
                continue;
            }
            let earlier = (place.0, place.1, position, place.3.clone());
            left = left.minus(Fraction::whole(charged.get(&earlier).copied().unwrap_or(0)));
        }
        left.times(Fraction::of_rate(tiers[0].rate))
    }

    /// From the event's own agent upward: each earns what its rate gives beyond the rate below.
    fn charge_agents(&self, place: &Place, base: Fraction, agents: &[Agent], lines: &mut Lines) {
        let own = agents.iter().find(|agent| Some(agent.party) == self.tallies[place].agent);
        let (mut level, mut below, mut next) = (0, Rate::ZERO, own);
        while let Some(agent) = next {
            let earned = |rate| self.rounded(place, base.times(Fraction::of_rate(rate)));
            let amount = earned(agent.rate) - earned(below);
            *lines.entry((place.0, self.key(place, level, agent.party))).or_default() += amount;
            level += 1;
            below = agent.rate;
            next = agent.above.map(|above| &agents[usize::from(above)]);
        }
    }

    /// The amount of the step that the period's sum reaches, over all versions of the term, by the last of them.
    fn charge_step(&self, place: &Place, of: u16, steps: &[Step], asset: AssetId, lines: &mut Lines) {
        let purse = self.purse(place, What::Filled);
        let same: Vec<&Place> = self.tallies.keys().filter(|other| self.purse(other, What::Filled) == purse).collect();
        if same.iter().any(|other| other.1 > place.1) || asset != place.0 {
            return;
        }
        let sum = same.iter().fold(Fraction::ZERO, |sum, other| sum.plus(self.sum(other, of)));
        let scale = self.truth.contract().measures[usize::from(of)].scale;
        let bound = |step: &Step| step.up_to.map(|up_to| units(self.truth.book, asset, Fraction::scaled(up_to, scale)));
        let reached = steps.iter().find(|step| bound(step).is_none_or(|bound| !sum.is_above(bound)));
        let amount = i128::from(reached.expect("the last step has no bound").amount);
        *lines.entry((asset, self.key(place, 0, self.tallies[place].creditors[0]))).or_default() += amount;
    }
}

impl Tally {
    fn of(truth: &Truth<'_>, fact: &Fact<'_>, term: &Term) -> Self {
        let (book, contract) = (truth.book, truth.contract());
        let party = |role: &_| party_of(book, contract, fact.event, fact.rating, *role);
        let agent = match &term.kind {
            TermKind::Agents { by, .. } => Some(party(&contract::Role::Dimension(*by))),
            _ => None,
        };
        Self {
            sums: BTreeMap::new(),
            dimensions: words_of(contract, fact.event, fact.rating, &term.dimensions),
            debtor: party(&term.debtor),
            creditors: creditors_of(term).iter().map(party).collect(),
            agent,
        }
    }
}

/// The measures that a line-scope term looks at line by line.
fn measures_of(term: &Term) -> Vec<usize> {
    let mut measures = Vec::new();
    match &term.kind {
        TermKind::Share { of, climb, deductions, .. } => {
            measures.push(*of);
            measures.extend(climb.accumulator);
            measures.extend(deductions.iter().filter_map(|deduction| match deduction.kind {
                DeductionKind::Measure(measure) => Some(measure),
                DeductionKind::Rate { .. } => None,
                DeductionKind::Allocated { key, .. } => Some(key),
            }));
        }
        TermKind::Fee { of, .. }
        | TermKind::Division { of, .. }
        | TermKind::Step { of, .. }
        | TermKind::Agents { of, .. } => measures.push(*of),
        TermKind::Fixed { .. }
        | TermKind::Bound { .. }
        | TermKind::Minimum { .. }
        | TermKind::Carry { .. }
        | TermKind::Advance { .. }
        | TermKind::Prepaid { .. } => {}
    }
    measures.into_iter().map(usize::from).collect()
}
