//! Line-scope terms: measures, deductions, what is carried below zero, tiers, divisions and agents.
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
use contract::{Agent, Base, Climb, Deduction, DeductionKind, Part, Role, Scope, Span, Term, TermKind, Tier};
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
    /// The agent whose events they are, and the word that names it.
    agent: Option<(PartyId, String)>,
}

/// The line-scope terms of one period.
pub(super) struct Shares<'t, 'a> {
    truth: &'t Truth<'a>,
    period: &'t Period,
    tallies: BTreeMap<Place, Tally>,
}

/// What a share's rate is applied to.
struct Based {
    /// Nothing where it is below zero and carried to what comes after.
    amount: Option<Fraction>,
    /// Whether nothing was measured and nothing taken off: such a share makes no line.
    is_nothing: bool,
}

/// How far a share's tiers had filled before and after its base.
type Filled = BTreeMap<Place, (Fraction, Fraction)>;

impl<'t, 'a> Shares<'t, 'a> {
    pub(super) fn new(truth: &'t Truth<'a>, period: &'t Period) -> Self {
        let mut tallies = BTreeMap::new();
        for fact in truth.facts(period) {
            for (position, term) in truth.contract().versions[fact.version].terms.iter().enumerate() {
                let Some(measures) = measures_of(term).filter(|_| term.scope == Scope::Line) else { continue };
                let group = group_of(truth.contract(), fact.event, fact.rating, term);
                let place = (fact.asset, fact.version, position, group);
                // Also where its own measures are nothing: others may leave something.
                let tally = tallies.entry(place).or_insert_with(|| Tally::of(truth, fact, term));
                if measures.contains(&fact.measure) {
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
            let (amounts, is_nothing) = match &term.kind {
                TermKind::Share { tiers, climb, on, .. } => {
                    let taken = if *on == Base::Rest { self.taken(place, charged) } else { 0 };
                    let (base, filled) = (&bases[place], filled[place]);
                    let left = base.amount.map(|base| base.minus(Fraction::whole(taken)));
                    let exact = left.map_or(Fraction::ZERO, |left| self.climbed(place, left, tiers, *climb, filled));
                    let brackets = tiers.len() > 1 && !climb.by_volume && left.is_some();
                    let is_nothing = if brackets { filled.0 == filled.1 } else { base.is_nothing && taken == 0 };
                    (vec![self.rounded(place, exact)], is_nothing)
                }
                TermKind::Division { of, parts, residue } => {
                    let total = self.sum(place, *of);
                    let amounts = divided(self.truth.book, term, total, parts, *residue, &tally.creditors);
                    (amounts, total.is_zero())
                }
                TermKind::Agents { of, agents, .. } => {
                    self.charge_agents(place, self.sum(place, *of), agents, lines);
                    coverage.note("agents");
                    continue;
                }
                _ => panic!("the term rounds with its events or has none"),
            };
            *charged.entry(place.clone()).or_default() += amounts.iter().sum::<i128>();
            for (piece, (creditor, amount)) in tally.creditors.iter().zip(amounts).enumerate() {
                if amount == 0 && is_nothing {
                    continue;
                }
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

    /// What each share's rate is applied to.
    fn bases(&self, left: &mut Left, coverage: &mut Coverage) -> BTreeMap<Place, Based> {
        let mut bases = BTreeMap::new();
        for place in self.tallies.keys() {
            let TermKind::Share { of, deductions, carries, .. } = &self.term(place).kind else { continue };
            let gross = self.sum(place, *of);
            let deducted = self.deducted(place, gross, deductions, coverage);
            let is_nothing = gross.is_zero() && deducted.iter().all(|amount| *amount == 0);
            let mut base = deducted.into_iter().fold(gross, |base, amount| base.minus(Fraction::whole(amount)));
            let mut is_carried = false;
            if *carries {
                let purse = self.purse(place, What::BelowZero);
                let brought = left.of(&purse);
                coverage.note_if("carried measure in", !brought.is_zero());
                base = base.plus(brought);
                is_carried = coverage.note_if("carried measure out", base.sign() < 0);
                left.put(purse, if is_carried { base } else { Fraction::ZERO }, self.period.first);
            }
            let amount = if is_carried { None } else { Some(base) };
            bases.insert(place.clone(), Based { amount, is_nothing });
        }
        bases
    }

    /// What is taken off a measure, in order, each rounded to whole units.
    fn deducted(&self, place: &Place, gross: Fraction, deductions: &[Deduction], coverage: &mut Coverage) -> Vec<i128> {
        let (mut base, mut amounts) = (gross, Vec::new());
        for deduction in deductions {
            let amount = match &deduction.kind {
                DeductionKind::Measure(measure) => {
                    coverage.note("deduction of a measure");
                    self.rounded(place, self.sum(place, *measure))
                }
                DeductionKind::Rate { rate, on } => {
                    coverage.note(if *on == Base::Gross { "deduction on gross" } else { "deduction on rest" });
                    let from = if *on == Base::Gross { gross } else { base };
                    self.rounded(place, from.times(Fraction::of_rate(*rate)))
                }
                DeductionKind::Allocated { of, key } => {
                    coverage.note("deduction allocated");
                    self.allocated(place, *of, *key)
                }
            };
            base = base.minus(Fraction::whole(amount));
            amounts.push(amount);
        }
        amounts
    }

    /// As the place's term rounds.
    fn rounded(&self, place: &Place, exact: Fraction) -> i128 {
        let owed = self.tallies[place].creditors[0] != self.truth.book.operator;
        exact.rounded(self.term(place).rounding, owed)
    }

    /// A line's part of the whole contract's sum of a measure: by the keys above zero of the lines of its term, each part
    /// rounded as its line rounds; the line with the largest key (of equal ones the first by its words) takes what the
    /// others leave of the sum. Without such keys there is nothing to divide by, and each line bears its own.
    fn allocated(&self, place: &Place, of: u16, key: u16) -> i128 {
        let lines = self.tallies.keys().filter(|other| (other.0, other.1, other.2) == (place.0, place.1, place.2));
        let keyed: Vec<(&Place, Fraction)> =
            lines.map(|other| (other, self.sum(other, key))).filter(|own| own.1.sign() > 0).collect();
        let mut largest: Option<&(&Place, Fraction)> = None;
        for own in &keyed {
            if largest.is_none_or(|largest| own.1.is_above(largest.1)) {
                largest = Some(own);
            }
        }
        let Some((taker, _)) = largest else { return self.rounded(place, self.sum(place, of)) };
        let facts = self.truth.facts(self.period).iter();
        let ours = facts.filter(|fact| (fact.measure, fact.asset, fact.version) == (usize::from(of), place.0, place.1));
        let total = ours.fold(Fraction::ZERO, |sum, fact| sum.plus(fact.value));
        let total = self.rounded(taker, units(self.truth.book, place.0, total));
        let whole = keyed.iter().fold(Fraction::ZERO, |sum, own| sum.plus(own.1));
        let part = |own: &(&Place, Fraction)| self.rounded(own.0, Fraction::whole(total).times(own.1).over(whole));
        if *taker != place {
            return keyed.iter().find(|own| own.0 == place).map_or(0, part);
        }
        total - keyed.iter().filter(|own| own.0 != place).map(part).sum::<i128>()
    }

    /// How far tiers fill: all versions of a term together, from where the stretch has brought them.
    fn fill(&self, bases: &BTreeMap<Place, Based>, left: &mut Left, coverage: &mut Coverage) -> Filled {
        let mut filled = Filled::new();
        let mut running: BTreeMap<Purse, Fraction> = BTreeMap::new();
        for (place, base) in bases {
            let TermKind::Share { climb, .. } = &self.term(place).kind else { panic!("only shares have bases") };
            let purse = self.purse(place, What::Filled);
            let brought = || left.within(&purse, climb.reset, self.period.first);
            let from = *running.entry(purse.clone()).or_insert_with(brought);
            let own = match climb.accumulator {
                Some(measure) => self.sum(place, measure),
                None => base.amount.unwrap_or(Fraction::ZERO),
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
        if let [tier] = tiers {
            return base.times(Fraction::of_rate(tier.rate));
        }
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

    /// What the terms before this one took of the same measure.
    fn taken(&self, place: &Place, charged: &Charged) -> i128 {
        let terms = &self.truth.contract().versions[place.1].terms;
        let own = terms[place.2].measure();
        let earlier = terms[..place.2].iter().enumerate().filter(|(_, term)| term.measure() == own);
        let place_of = |position| (place.0, place.1, position, place.3.clone());
        earlier.map(|(position, _)| charged.get(&place_of(position)).copied().unwrap_or(0)).sum()
    }

    /// From the event's own agent upward: each earns what its rate gives beyond the rate below. All round as the lowest.
    fn charge_agents(&self, place: &Place, base: Fraction, agents: &[Agent], lines: &mut Lines) {
        let tally = &self.tallies[place];
        let (own, word) = tally.agent.as_ref().expect("a tally of agents has one");
        let rounding = self.term(place).rounding;
        let earned = |rate| base.times(Fraction::of_rate(rate)).rounded(rounding, *own != self.truth.book.operator);
        let mut next = agents.iter().find(|agent| agent.party == *own);
        let (mut level, mut below) = (0, Rate::ZERO);
        while let Some(agent) = next {
            let mut key = self.key(place, level, agent.party);
            if !is_listed(self.term(place)) {
                key.dimensions.push(word.clone());
            }
            *lines.entry((place.0, key)).or_default() += earned(agent.rate) - earned(below);
            level += 1;
            below = agent.rate;
            next = agent.above.map(|above| &agents[usize::from(above)]);
        }
    }
}

/// Whether the lines of a tree of agents are kept apart by the event's own agent already.
fn is_listed(term: &Term) -> bool {
    matches!(term.kind, TermKind::Agents { by, .. } if term.dimensions.contains(&by))
}

impl Tally {
    fn of(truth: &Truth<'_>, fact: &Fact<'_>, term: &Term) -> Self {
        let (book, contract) = (truth.book, truth.contract());
        let party = |role: &_| party_of(book, contract, fact.event, fact.rating, *role);
        let agent = match &term.kind {
            TermKind::Agents { by, .. } => {
                let word = words_of(contract, fact.event, fact.rating, &[*by]).remove(0);
                Some((party(&Role::Dimension(*by)), word))
            }
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

/// The measures that a term looks at line by line; none where it has no lines of its own before the period ends.
fn measures_of(term: &Term) -> Option<Vec<usize>> {
    let mut measures = vec![usize::from(term.measure()?)];
    match &term.kind {
        TermKind::Share { climb, deductions, .. } => {
            measures.extend(climb.accumulator.map(usize::from));
            for deduction in deductions {
                match deduction.kind {
                    DeductionKind::Measure(measure) => measures.push(usize::from(measure)),
                    DeductionKind::Rate { .. } => {}
                    DeductionKind::Allocated { of, key } => measures.extend([usize::from(of), usize::from(key)]),
                }
            }
        }
        TermKind::Division { .. } | TermKind::Agents { .. } => {}
        _ => return None,
    }
    Some(measures)
}
