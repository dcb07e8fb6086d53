//! Lines of shares and agents (SETTLEMENT §4, steps 3 to 6).
//!
//! The base of a share is its measure, less deductions, with what was carried into it, less what earlier terms took where
//! it is on the rest. A version's share takes in what the version before it left, and fills the tiers on from there; so a
//! tier by volume is the one that the running sum reaches by the end of that version's days. What a measure was not added
//! to and nothing was taken from makes no line and leaves what is carried as it is.

use super::deductions::Parts;
use super::tiers::{brackets, plus, reached, sum_of_parts};
use super::{Evaluation, Governed, Keyed, Place, charge};
use crate::line::{Base as LineBase, CarriedAs, Working};
use crate::terms::{Agent, Climb, Deduction, Term, TermKind, Tier};
use money::{Decimal, Overflow, Rate, Rounding};

/// What a share says, beside who owes whom.
#[derive(Clone, Copy)]
pub(super) struct Share<'t> {
    pub(super) of: u16,
    pub(super) tiers: &'t [Tier],
    pub(super) climb: &'t Climb,
    pub(super) deductions: &'t [Deduction],
    pub(super) carries: bool,
}

/// The base of a share.
pub(super) struct Based {
    base: LineBase,
    /// What is left of it to charge on, or to carry.
    left: Decimal,
    /// Whether it is below zero and carried to whoever comes next.
    is_carried: bool,
}

impl Evaluation<'_> {
    /// Computes the bases of all shares by volume of a version, and fills their tiers.
    pub(super) fn fill_by_volume(&mut self, version: &Governed<'_>) -> Result<(), Overflow> {
        for (position, term) in version.terms.iter().enumerate() {
            let share = Share::of(term).filter(|share| share.climb.by_volume && share.tiers.len() > 1);
            let Some((share, place)) = share.zip(version.place(position)) else { continue };
            let allocated = self.allocated(term, place.groups, share.deductions)?;
            let mut bases = Vec::with_capacity(place.groups.len());
            for group in 0..place.groups.len() {
                let place = Place { group, ..place };
                let based = self.based(place, share, &allocated, Vec::new())?;
                let own = if based.is_carried { Decimal { mantissa: 0, scale: 0 } } else { based.left };
                self.fill(place, share, own)?;
                bases.push(Some(based));
            }
            self.by_volume.insert(place.of, bases);
        }
        Ok(())
    }

    /// The line of a share. `taken` are the charges of earlier terms that its base goes without.
    pub(super) fn share(
        &mut self,
        place: Place<'_>,
        share: Share<'_>,
        allocated: &[Parts],
        taken: Vec<i128>,
    ) -> Result<(), Overflow> {
        let Keyed { key, rounding } = self.line_key(place, 0, place.term.creditor);
        let known = self.by_volume.get_mut(&place.of).and_then(|bases| bases[place.group].take());
        let is_by_volume = known.is_some();
        let Based { base, left, is_carried } = match known {
            Some(based) => based,
            None => self.based(place, share, allocated, taken)?,
        };
        let (amount, working) = if is_carried {
            (0, Working::Carried { base })
        } else if let [tier] = share.tiers {
            let amount = charge(left, self.question.digits, tier.rate, rounding)?;
            (amount, Working::Flat { base, rate: tier.rate, rounding })
        } else if is_by_volume {
            self.volume(place, share, base, left, rounding)?
        } else {
            self.graduated(place, share, base, left, rounding)?
        };
        self.charge(key, amount, working, place.term)
    }

    /// The base of a share, with what was carried into it; one below zero is left to whoever comes next.
    fn based(
        &mut self,
        place: Place<'_>,
        share: Share<'_>,
        allocated: &[Parts],
        taken: Vec<i128>,
    ) -> Result<Based, Overflow> {
        let mut base = self.base(place, share.of)?;
        self.deduct(place, share.deductions, allocated, &mut base)?;
        base.taken = taken;
        if !share.carries || base.is_nothing() {
            let left = base.left(self.question.digits)?;
            return Ok(Based { base, left, is_carried: false });
        }
        let carried = self.chain.of_words(place.term.number, CarriedAs::Measure, place.words());
        base.carried_in = std::mem::replace(carried, Decimal { mantissa: 0, scale: 0 });
        let left = base.left(self.question.digits)?;
        let is_carried = left.mantissa < 0;
        if is_carried {
            *carried = left;
        }
        Ok(Based { base, left, is_carried })
    }

    /// Adds to how far the tiers have filled; gives the running sum before and after.
    fn fill(&mut self, place: Place<'_>, share: Share<'_>, own: Decimal) -> Result<(Decimal, Decimal), Overflow> {
        let more = share.climb.accumulator.map_or(own, |measure| self.sum(place, measure));
        let filled = self.chain.of_words(place.term.number, CarriedAs::Filled, place.words());
        let to = plus(*filled, more)?;
        let from = Decimal { mantissa: filled.units_at(to.scale).map_err(|_| Overflow)?, scale: to.scale };
        *filled = to;
        Ok((from, to))
    }

    fn graduated(
        &mut self,
        place: Place<'_>,
        share: Share<'_>,
        base: LineBase,
        left: Decimal,
        rounding: Rounding,
    ) -> Result<(i128, Working), Overflow> {
        let (from, to) = self.fill(place, share, left)?;
        let scale = self.question.contract.measures[usize::from(share.of)].scale;
        let parts = brackets(share.tiers, scale, from, to)?;
        let amount = sum_of_parts(&parts, self.question.digits, rounding)?;
        Ok((amount, Working::Graduated { base, from, to, parts, rounding }))
    }

    fn volume(
        &mut self,
        place: Place<'_>,
        share: Share<'_>,
        base: LineBase,
        left: Decimal,
        rounding: Rounding,
    ) -> Result<(i128, Working), Overflow> {
        let sum = *self.chain.of_words(place.term.number, CarriedAs::Filled, place.words());
        let filled_by = usize::from(share.climb.accumulator.unwrap_or(share.of));
        let scale = self.question.contract.measures[filled_by].scale;
        let tier = reached(share.tiers.iter().map(|tier| tier.up_to), scale, sum)?;
        let rate = share.tiers[tier].rate;
        let amount = charge(left, self.question.digits, rate, rounding)?;
        Ok((amount, Working::Volume { base, reached: sum, rate, rounding }))
    }

    /// The lines of a tree of agents: from the event's own agent upward, each earns what its rate adds to the one below.
    /// All levels round as the lowest, so that they add up to the rounded charge at the topmost rate.
    pub(super) fn agents(&mut self, place: Place<'_>, of: u16, by: u8, agents: &[Agent]) -> Result<(), Overflow> {
        let party = (self.question.party_of)(place.groups.word_at(place.group, by));
        let mut above = agents.iter().position(|agent| agent.party == party);
        let base = self.base(place, of)?;
        let rounding = place.term.rounding.facing(party != self.question.operator);
        let left = base.left(self.question.digits)?;
        let mut below = (Rate::ZERO, 0);
        for level in 0..agents.len() {
            let Some(agent) = above.map(|position| agents[position]) else { break };
            let whole = charge(left, self.question.digits, agent.rate, rounding)?;
            let amount = whole.checked_sub(below.1).ok_or(Overflow)?;
            let key = self.agent_key(place, by, level, agent);
            let working = Working::Agent { base: base.clone(), own: agent.rate, below: below.0, rounding };
            self.charge(key, amount, working, place.term)?;
            below = (agent.rate, whole);
            above = agent.above.map(usize::from);
        }
        Ok(())
    }
}

impl<'t> Share<'t> {
    /// What a share says; none where a term is another kind.
    pub(super) const fn of(term: &'t Term) -> Option<Self> {
        let TermKind::Share { of, tiers, climb, deductions, carries, .. } = &term.kind else { return None };
        Some(Self { of: *of, tiers: tiers.as_slice(), climb, deductions: deductions.as_slice(), carries: *carries })
    }
}

impl LineBase {
    /// Whether nothing was added to the measure and nothing taken off it.
    pub(super) fn is_nothing(&self) -> bool {
        self.measure.mantissa == 0
            && self.deducted.iter().all(|deducted| deducted.amount == 0)
            && self.taken.iter().all(|&taken| taken == 0)
    }

    /// What deductions, what was carried in, and earlier charges (whole units at `digits`) leave of the measure.
    pub(super) fn left(&self, digits: u8) -> Result<Decimal, Overflow> {
        let scale = self.measure.scale.max(digits).max(self.carried_in.scale);
        let units = |number: Decimal| number.units_at(scale).map_err(|_| Overflow);
        let mut left = units(self.measure)?.checked_add(units(self.carried_in)?).ok_or(Overflow)?;
        for taken in self.deducted.iter().map(|deducted| deducted.amount).chain(self.taken.iter().copied()) {
            left = left.checked_sub(units(Decimal { mantissa: taken, scale: digits })?).ok_or(Overflow)?;
        }
        Ok(Decimal { mantissa: left, scale })
    }
}
