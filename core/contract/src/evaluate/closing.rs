//! What is charged once all else of a period is: stepped fees, and the closing terms of SETTLEMENT §4, steps 7 to 9.
//!
//! They are those of the version in force on the last day of the period, and look at the charges of all its versions.
//! Each closing term works for each pair of debtor and creditor: the one that it names itself, also without any event, or
//! every pair that a field names and for which there is something to look at. For one pair, in this order of kinds, and
//! as listed within a kind: caps and floors; charges below zero are lifted; guarantees; carried charges are taken off;
//! guarantees are recouped; advances are paid and recouped; prepaid credit is drawn. A term sees the charges of the terms
//! that it names, and what closing terms before it made of any of them. Cost: lines, plus pairs × closing terms².

use super::chain::{Pair, units};
use super::conversion::Tally;
use super::groups::{Grouping, Groups};
use super::tiers::reached;
use super::{Evaluation, Place, Question, charge};
use crate::line::{CarriedAs, LineKey, LineOf, Part, Working};
use crate::terms::{Pooled, Role, Span, Step, Term, TermKind};
use calendar::Date;
use money::{Decimal, Overflow, Rate, Rounding};
use std::collections::{BTreeMap, BTreeSet};

/// A closing term and how its lines are named.
#[derive(Clone, Copy)]
struct Closing<'t> {
    of: LineOf,
    term: &'t Term,
    /// The terms that it looks at, by number.
    terms: &'t [u16],
}

/// The charges between two parties, as far as the closing terms have come.
struct Between<'t> {
    pair: Pair,
    /// By number of the term.
    charged: BTreeMap<u16, i128>,
    /// What closing terms made of them, in order.
    closed: Vec<(Closing<'t>, Made, i128)>,
    /// What guarantees of this very period paid above what was earned: recouped from the next period on.
    to_recoup: BTreeMap<u16, i128>,
}

impl Between<'_> {
    /// Whether a term may be between these two.
    fn is_of(&self, term: &Term) -> bool {
        let is = |role: Role, party| matches!(role, Role::Dimension(_)) || role == Role::Party(party);
        is(term.debtor, self.pair.0) && is(term.creditor, self.pair.1)
    }

    /// Whether a closing term that another names has a line between them.
    fn has_closed(&self, closing: &Closing<'_>) -> bool {
        named_pair(closing.term).is_none()
            && self.closed.iter().any(|(earlier, ..)| closing.terms.contains(&earlier.term.number))
    }
}

/// What a closing term made of charges.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Made {
    /// What a cap took off or a floor added, or a charge below zero lifted to zero.
    Bound,
    /// What was missing to a guarantee.
    Shortfall,
    /// What was carried in, recouped or drawn.
    TakenOff,
    /// An advance, which is no charge.
    Advance,
}

/// Charges by pair, then by number of the term.
type Charged = BTreeMap<Pair, BTreeMap<u16, i128>>;
/// Top-ups of the period by number of the prepaid term and by pair, in whole units.
type TopUps = BTreeMap<(u16, Pair), i128>;

impl Evaluation<'_> {
    /// Adds the lines of stepped fees and closing terms, over at most so many tallies.
    pub(super) fn close<'t>(
        &mut self,
        by_version: impl Iterator<Item = Vec<Tally<'t>>>,
        tallies_max: usize,
    ) -> Result<(), Overflow> {
        let contract = self.question.contract;
        let Some(version) = closing_version(self.question) else { return Ok(()) };
        let terms = &contract.versions[usize::from(version)].terms;
        if !terms.iter().any(|term| term.closes().is_some() || matches!(term.kind, TermKind::Step { .. })) {
            return Ok(());
        }
        let mut tallies: Vec<Tally<'_>> = Vec::with_capacity(tallies_max);
        by_version.for_each(|own| tallies.extend(own));
        let mut closings = Vec::new();
        for (position, term) in terms.iter().enumerate() {
            let of = LineOf::Term { term: u16::try_from(position).map_err(|_| Overflow)?, version };
            if let Some(terms) = term.closes() {
                closings.push(Closing { of, term, terms });
            } else if let TermKind::Step { of: measure, steps, asset } = &term.kind
                && *asset == self.question.asset
            {
                self.step(of, term, *measure, steps, &tallies)?;
            }
        }
        if closings.is_empty() {
            return Ok(());
        }
        self.close_pairs(&closings, &tallies)
    }

    /// The amount of the step that a measure reaches over the whole period; nothing where its sum is zero.
    fn step(
        &mut self,
        of: LineOf,
        term: &Term,
        measure: u16,
        steps: &[Step],
        tallies: &[Tally<'_>],
    ) -> Result<(), Overflow> {
        let grouping = Grouping { positions: term.kept_apart_by(), columns: vec![usize::from(measure)] };
        let groups = Groups::gather(grouping, tallies)?;
        let scale = self.question.contract.measures[usize::from(measure)].scale;
        for group in 0..groups.len() {
            let place = Place { of, term, groups: &groups, group, tallies };
            let sum = self.sum(place, measure);
            if sum.mantissa == 0 {
                continue;
            }
            let amount = i128::from(steps[reached(steps.iter().map(|step| step.up_to), scale, sum)?].amount);
            let key = self.line_key(place, 0, term.creditor).key;
            self.charge(key, amount, Working::Step { reached: sum, amount }, term)?;
        }
        Ok(())
    }

    fn close_pairs(&mut self, closings: &[Closing<'_>], tallies: &[Tally<'_>]) -> Result<(), Overflow> {
        let mut charged = self.charged()?;
        let top_ups = self.top_ups(closings, tallies)?;
        let mut pairs: BTreeSet<Pair> = charged.keys().copied().collect();
        for closing in closings {
            pairs.extend(named_pair(closing.term));
            pairs.extend(self.chain.pairs_of(closing.term.number));
        }
        pairs.extend(top_ups.keys().map(|&(_, pair)| pair));
        for pair in pairs {
            let charged = charged.remove(&pair).unwrap_or_default();
            let mut between = Between { pair, charged, closed: Vec::new(), to_recoup: BTreeMap::new() };
            let concerned: Vec<bool> =
                closings.iter().map(|closing| self.concerns(closing, &between, &top_ups)).collect();
            // What closing terms have made of charges is something to look at too.
            let looks = |position: usize, between: &Between<'_>| {
                concerned[position]
                    || (between.is_of(closings[position].term) && between.has_closed(&closings[position]))
            };
            for step in [Self::bound, Self::lift, Self::guarantee, Self::take_off, Self::recoup, Self::advance] {
                for (position, closing) in closings.iter().enumerate() {
                    if looks(position, &between) {
                        step(self, closing, &mut between)?;
                    }
                }
            }
            for (position, closing) in closings.iter().enumerate() {
                if looks(position, &between) {
                    self.draw(closing, &mut between, &top_ups)?;
                }
            }
        }
        Ok(())
    }

    /// Whether a closing term has anything to look at between two parties.
    fn concerns(&self, closing: &Closing<'_>, between: &Between<'_>, top_ups: &TopUps) -> bool {
        if let Some(named) = named_pair(closing.term) {
            return named == between.pair;
        }
        let number = closing.term.number;
        between.is_of(closing.term)
            && (closing.terms.iter().any(|term| between.charged.contains_key(term))
                || self.chain.has_pair(number, between.pair)
                || top_ups.contains_key(&(number, between.pair)))
    }

    /// What every term charges between every two parties.
    fn charged(&self) -> Result<Charged, Overflow> {
        let mut charged = Charged::new();
        let mut run: Option<(Pair, u16, i128)> = None;
        let lines = self.lines.iter().filter(|line| line.key.part == Part::Charge);
        for line in lines {
            let LineOf::Term { term, version } = line.key.of else { continue };
            let number = self.question.contract.versions[usize::from(version)].terms[usize::from(term)].number;
            let pair = (line.key.debtor, line.key.creditor);
            match &mut run {
                Some(run) if (run.0, run.1) == (pair, number) => super::add(&mut run.2, line.amount)?,
                _ => {
                    note(&mut charged, run)?;
                    run = Some((pair, number, line.amount));
                }
            }
        }
        note(&mut charged, run)?;
        Ok(charged)
    }

    /// What was topped up in the period, rounded down to whole units.
    fn top_ups(&self, closings: &[Closing<'_>], tallies: &[Tally<'_>]) -> Result<TopUps, Overflow> {
        let mut units = TopUps::new();
        for closing in closings {
            let TermKind::Prepaid { top_up, .. } = closing.term.kind else { continue };
            let term = closing.term;
            let grouping = Grouping { positions: term.kept_apart_by(), columns: vec![usize::from(top_up)] };
            let groups = Groups::gather(grouping, tallies)?;
            for group in 0..groups.len() {
                let sum = self.sum(Place { of: closing.of, term, groups: &groups, group, tallies }, top_up);
                let pair = (self.party(term.debtor, &groups, group), self.party(term.creditor, &groups, group));
                let amount = charge(sum, self.question.digits, Rate::ONE, Rounding::Down)?;
                if amount != 0 {
                    super::add(units.entry((term.number, pair)).or_default(), amount)?;
                }
            }
        }
        Ok(units)
    }

    /// Step 7: what a cap takes off, or a floor adds.
    fn bound<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>) -> Result<(), Overflow> {
        let TermKind::Bound { amount, asset, upper, .. } = closing.term.kind else { return Ok(()) };
        if asset != self.question.asset {
            return Ok(());
        }
        let (charged, bound) = (between.sum(closing, false)?, i128::from(amount));
        if if upper { charged <= bound } else { charged >= bound } {
            return Ok(());
        }
        let change = bound.checked_sub(charged).ok_or(Overflow)?;
        self.closing_line(closing, between, Made::Bound, change, Working::Bound { charged, bound })
    }

    /// Step 9, carried out: a charge below zero as it stood before the guarantees.
    fn lift<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>) -> Result<(), Overflow> {
        let TermKind::Carry { .. } = closing.term.kind else { return Ok(()) };
        let charged = between.sum(closing, false)?;
        if charged >= 0 {
            return Ok(());
        }
        let amount = charged.checked_neg().ok_or(Overflow)?;
        self.closing_line(closing, between, Made::Bound, amount, Working::Lifted { charged })
    }

    /// Step 8: what is missing to the guaranteed amount, in the last period of the guarantee's own span.
    fn guarantee<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>) -> Result<(), Overflow> {
        let TermKind::Minimum { amount, asset, span, recoupable, pool, .. } = &closing.term.kind else {
            return Ok(());
        };
        if *asset != self.question.asset {
            return Ok(());
        }
        let earlier = self.carried(closing, between, CarriedAs::Earned)?;
        let is_charged = closing.terms.iter().any(|term| between.charged.contains_key(term));
        if named_pair(closing.term).is_none() && !is_charged && earlier == 0 {
            return Ok(());
        }
        let earned = self.earned(closing, between, *span, pool)?;
        let mut sum = 0_i128;
        for &part in &earned {
            super::add(&mut sum, part)?;
        }
        let is_due = self.question.next_on.is_none_or(|next_on| !span.joins(self.question.period.first, next_on));
        let seen = if is_due { 0 } else { sum };
        self.carry(closing, between, CarriedAs::Earned, seen);
        let guaranteed = i128::from(*amount);
        let missing = guaranteed.checked_sub(sum).ok_or(Overflow)?;
        if !is_due || missing <= 0 {
            return Ok(());
        }
        if *recoupable {
            between.to_recoup.insert(closing.term.number, guaranteed.checked_sub(sum.max(0)).ok_or(Overflow)?);
        }
        self.closing_line(closing, between, Made::Shortfall, missing, Working::Shortfall { guaranteed, earned })
    }

    /// What counts as earned: this period's charges, earlier ones of the span, and what other contracts charge.
    fn earned(
        &mut self,
        closing: &Closing<'_>,
        between: &Between<'_>,
        span: Span,
        pool: &[Pooled],
    ) -> Result<Vec<i128>, Overflow> {
        let mut earned = vec![between.sum(closing, false)?];
        let earlier = self.carried(closing, between, CarriedAs::Earned)?;
        if span != Span::Period || earlier != 0 {
            earned.push(earlier);
        }
        earned.extend(pool.iter().map(|&pooled| (self.question.pooled)(pooled)));
        Ok(earned)
    }

    /// Step 9, carried in: earlier charges below zero are taken off what is charged by now.
    fn take_off<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>) -> Result<(), Overflow> {
        let TermKind::Carry { .. } = closing.term.kind else { return Ok(()) };
        let brought = self.carried(closing, between, CarriedAs::Charge)?.checked_neg().ok_or(Overflow)?;
        let lifted = between.lifted_by(closing);
        let taken = self.take(closing, between, brought, Rate::ONE, true)?;
        let left = brought.checked_sub(taken).and_then(|left| left.checked_add(lifted)).ok_or(Overflow)?;
        self.carry(closing, between, CarriedAs::Charge, left.checked_neg().ok_or(Overflow)?);
        Ok(())
    }

    /// After step 9: what a guarantee paid in earlier periods is taken off charges, but not off what it pays now.
    fn recoup<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>) -> Result<(), Overflow> {
        let TermKind::Minimum { asset, recoupable: true, .. } = closing.term.kind else { return Ok(()) };
        if asset != self.question.asset {
            return Ok(());
        }
        let brought = self.carried(closing, between, CarriedAs::Unrecouped)?;
        let taken = self.take(closing, between, brought, Rate::ONE, false)?;
        let added = between.to_recoup.get(&closing.term.number).copied().unwrap_or(0);
        let left = brought.checked_sub(taken).and_then(|left| left.checked_add(added)).ok_or(Overflow)?;
        self.carry(closing, between, CarriedAs::Unrecouped, left);
        Ok(())
    }

    /// After step 9: an advance is paid in the period of its day, and recouped from a part of the charges.
    fn advance<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>) -> Result<(), Overflow> {
        let TermKind::Advance { amount, asset, on, share, .. } = closing.term.kind else { return Ok(()) };
        if asset != self.question.asset {
            return Ok(());
        }
        let paid = self.pay_advance(closing, between, i128::from(amount), on)?;
        let brought = self.carried(closing, between, CarriedAs::Unrecouped)?.checked_add(paid).ok_or(Overflow)?;
        let taken = self.take(closing, between, brought, share, true)?;
        self.carry(closing, between, CarriedAs::Unrecouped, brought.checked_sub(taken).ok_or(Overflow)?);
        Ok(())
    }

    fn pay_advance<'t>(
        &mut self,
        closing: &Closing<'t>,
        between: &mut Between<'t>,
        amount: i128,
        on: Date,
    ) -> Result<i128, Overflow> {
        if amount == 0 || !self.question.period.contains(on) {
            return Ok(0);
        }
        self.closing_line(closing, between, Made::Advance, amount, Working::Advanced { on })?;
        Ok(amount)
    }

    /// After step 9: credit that was topped up pays what is charged.
    fn draw<'t>(&mut self, closing: &Closing<'t>, between: &mut Between<'t>, top_ups: &TopUps) -> Result<(), Overflow> {
        let TermKind::Prepaid { .. } = closing.term.kind else { return Ok(()) };
        let added = top_ups.get(&(closing.term.number, between.pair)).copied().unwrap_or(0);
        let brought = self.carried(closing, between, CarriedAs::Prepaid)?.checked_add(added).ok_or(Overflow)?;
        let charged = between.sum(closing, true)?.max(0);
        let drawn = brought.max(0).min(charged);
        self.carry(closing, between, CarriedAs::Prepaid, brought.checked_sub(drawn).ok_or(Overflow)?);
        if drawn == 0 {
            return Ok(());
        }
        let working = Working::TakenOff { brought, from: charged, share: Rate::ONE };
        self.closing_line(closing, between, Made::TakenOff, -drawn, working)
    }

    /// Takes off what was brought, at most a share (rounded down) of what is charged by now, with or without what
    /// guarantees added; gives how much it took.
    fn take<'t>(
        &mut self,
        closing: &Closing<'t>,
        between: &mut Between<'t>,
        brought: i128,
        share: Rate,
        with_guarantees: bool,
    ) -> Result<i128, Overflow> {
        if brought <= 0 {
            return Ok(0);
        }
        let from = between.sum(closing, with_guarantees)?.max(0);
        let taken = brought.min(share.apply(from, 0, Rounding::Down)?);
        if taken != 0 {
            self.closing_line(closing, between, Made::TakenOff, -taken, Working::TakenOff { brought, from, share })?;
        }
        Ok(taken)
    }

    fn closing_line<'t>(
        &mut self,
        closing: &Closing<'t>,
        between: &mut Between<'t>,
        made: Made,
        amount: i128,
        working: Working,
    ) -> Result<(), Overflow> {
        between.closed.push((*closing, made, amount));
        // The second piece is what a term takes off beside what it adds; drawing is all that prepaid credit does.
        let piece = u16::from(made == Made::TakenOff && !matches!(closing.term.kind, TermKind::Prepaid { .. }));
        let (debtor, creditor) = between.pair;
        let key = LineKey { of: closing.of, dimensions: Box::new([]), piece, debtor, creditor, part: Part::Charge };
        self.charge(key, amount, working, closing.term)
    }

    fn carried(&mut self, closing: &Closing<'_>, between: &Between<'_>, what: CarriedAs) -> Result<i128, Overflow> {
        units(*self.chain.of_pair(closing.term.number, what, between.pair), self.question.digits)
    }

    fn carry(&mut self, closing: &Closing<'_>, between: &Between<'_>, what: CarriedAs, amount: i128) {
        let carried = Decimal { mantissa: amount, scale: self.question.digits };
        *self.chain.of_pair(closing.term.number, what, between.pair) = carried;
    }
}

impl Between<'_> {
    /// What the terms that a closing term looks at charge by now: with what closing terms made of any of them, but
    /// without advances paid and, where so asked, without what guarantees added, unless it names those terms themselves.
    fn sum(&self, closing: &Closing<'_>, with_guarantees: bool) -> Result<i128, Overflow> {
        let mut sum = 0;
        for number in closing.terms {
            super::add(&mut sum, self.charged.get(number).copied().unwrap_or(0))?;
        }
        for (other, made, amount) in &self.closed {
            let counts = match made {
                Made::Advance => false,
                Made::Shortfall => with_guarantees,
                Made::Bound | Made::TakenOff => true,
            };
            let is_named = closing.terms.contains(&other.term.number);
            if is_named || counts && other.terms.iter().any(|term| closing.terms.contains(term)) {
                super::add(&mut sum, *amount)?;
            }
        }
        Ok(sum)
    }

    /// What a term that carries charges has lifted in this period.
    fn lifted_by(&self, closing: &Closing<'_>) -> i128 {
        let own = self.closed.iter().find(|(other, made, _)| other.of == closing.of && *made == Made::Bound);
        own.map_or(0, |&(_, _, amount)| amount)
    }
}

/// The parties of a closing term, where it names both itself.
const fn named_pair(term: &Term) -> Option<Pair> {
    match (term.debtor, term.creditor) {
        (Role::Party(debtor), Role::Party(creditor)) => Some((debtor, creditor)),
        _ => None,
    }
}

/// The version in force on the last commercial day of the period, or on the last of them that the contract covers.
fn closing_version(question: &Question<'_>) -> Option<u16> {
    let lag_days = i32::from(question.contract.lag_days);
    let (first, end) = (question.period.first.plus_days(-lag_days), question.period.end.plus_days(-lag_days));
    let last = question.contract.ends_on.map_or(end, |ends_on| ends_on.min(end)).plus_days(-1);
    if last < first {
        return None;
    }
    question.contract.version_of(last, question.known_at)
}

fn note(charged: &mut Charged, run: Option<(Pair, u16, i128)>) -> Result<(), Overflow> {
    let Some((pair, number, amount)) = run else { return Ok(()) };
    super::add(charged.entry(pair).or_default().entry(number).or_default(), amount)
}
