//! What is charged at the end of a period: stepped fees, and the closing terms, which look at the charges of other terms:
//! steps 7 to 9 and what follows them.
//!
//! One step after the other, within a step as the version of the last day lists its terms; each line is added before the
//! next one is computed, so that every step sees what the ones before it did.

use super::carried::{Left, Purse, What, is_one_stretch};
use super::charges::{party_of, units, words_of};
use super::fraction::Fraction;
use super::line::{Key, Lines, Of};
use super::truth::{Fact, Pair, Pools, Truth};
use crate::coverage::Coverage;
use calendar::{Date, Period};
use contract::{Part, Role, Step, Term, TermKind};
use event::PartyId;
use money::{AssetId, Rounding};
use std::collections::{BTreeMap, BTreeSet};

/// The closing terms of one period.
pub(super) struct Ends<'t, 'a> {
    truth: &'t Truth<'a>,
    period: &'t Period,
    version: usize,
    pooled: &'t Pools<'t>,
}

/// A closing term between two parties.
struct Closing<'t> {
    position: usize,
    term: &'t Term,
    of: &'t [u16],
    asset: AssetId,
    pair: Pair,
}

/// The steps in their order.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Stage {
    Bound,
    Lift,
    Guarantee,
    Carry,
    Recoup,
    Advance,
    Draw,
}

impl<'t, 'a> Ends<'t, 'a> {
    /// By the version of the last day that the contract covers of the period; none where it covers none.
    pub(super) fn new(truth: &'t Truth<'a>, period: &'t Period, pooled: &'t Pools<'t>) -> Option<Self> {
        let contract = truth.contract();
        let lag_days = i32::from(contract.lag_days);
        let (first, end) = (period.first.plus_days(-lag_days), period.end.plus_days(-lag_days));
        let last = contract.ends_on.map_or(end, |ends_on| ends_on.min(end)).plus_days(-1);
        let version = if last < first { None } else { truth.version_of(last) };
        version.map(|version| Self { truth, period, version, pooled })
    }

    /// Adds the lines, and what they leave to the next period.
    pub(super) fn charge(&self, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        for (position, term) in self.terms().iter().enumerate() {
            if let TermKind::Step { of, steps, asset } = &term.kind {
                coverage.note("step");
                self.step((position, term), *of, steps, *asset, lines);
            }
        }
        for stage in
            [Stage::Bound, Stage::Lift, Stage::Guarantee, Stage::Carry, Stage::Recoup, Stage::Advance, Stage::Draw]
        {
            for closing in self.closings(lines, left) {
                self.take(stage, &closing, lines, left, coverage);
            }
        }
    }

    /// The amount of the step that a measure's sum over the whole period reaches; none for a sum of nothing.
    fn step(&self, (position, term): (usize, &Term), of: u16, steps: &[Step], asset: AssetId, lines: &mut Lines) {
        let contract = self.truth.contract();
        let of = usize::from(of);
        let mut sums: BTreeMap<Key, Fraction> = BTreeMap::new();
        for fact in self.truth.facts(self.period).iter().filter(|fact| (fact.measure, fact.asset) == (of, asset)) {
            let (debtor, creditor) = self.parties(term, fact);
            let dimensions = words_of(contract, fact.event, fact.rating, &term.dimensions);
            let of = Of::Term { version: self.version, term: position };
            let key = Key { of, dimensions, piece: 0, debtor, creditor, part: Part::Charge };
            let sum = sums.entry(key).or_insert(Fraction::ZERO);
            *sum = sum.plus(fact.value);
        }
        let scale = contract.measures[of].scale;
        for (key, sum) in sums.into_iter().filter(|(_, sum)| !sum.is_zero()) {
            let bound = |step: &Step| step.up_to.map(|up_to| Fraction::scaled(up_to, scale));
            let reached = steps.iter().find(|step| bound(step).is_none_or(|bound| !sum.is_above(bound)));
            let amount = i128::from(reached.expect("the last step has no bound").amount);
            *lines.entry((asset, key)).or_default() += amount;
        }
    }

    fn terms(&self) -> &'t [Term] {
        &self.truth.contract().versions[self.version].terms
    }

    /// All closing terms between all parties for which there is anything.
    fn closings(&self, lines: &Lines, left: &Left) -> Vec<Closing<'t>> {
        let mut closings = Vec::new();
        for (position, term) in self.terms().iter().enumerate() {
            let Some(of) = looked_at(term) else { continue };
            for (asset, pair) in self.between(term, of, lines, left) {
                closings.push(Closing { position, term, of, asset, pair });
            }
        }
        closings
    }

    /// Between whom and in which assets a term is computed: fixed parties always, others where there is a charge, a
    /// top-up, or something carried.
    fn between(&self, term: &Term, of: &[u16], lines: &Lines, left: &Left) -> BTreeSet<(AssetId, Pair)> {
        let mut found = BTreeSet::new();
        for ((asset, key), _) in lines.iter() {
            if of.contains(&self.term_of(key).number) {
                found.insert((*asset, (key.debtor, key.creditor)));
            }
        }
        for purse in left.purses(term.number).filter(|purse| purse.parties.len() == 2) {
            found.insert((purse.asset, (purse.parties[0], purse.parties[1])));
        }
        if let TermKind::Prepaid { top_up, .. } = term.kind {
            for fact in self.truth.facts(self.period).iter().filter(|fact| fact.measure == usize::from(top_up)) {
                found.insert((fact.asset, self.parties(term, fact)));
            }
        }
        let own = asset_of(term);
        if let (Some(asset), Role::Party(debtor), Role::Party(creditor)) = (own, term.debtor, term.creditor) {
            found.insert((asset, (debtor, creditor)));
        }
        let is_own = |role: Role, party: PartyId| match role {
            Role::Party(own) => own == party,
            Role::Dimension(_) => true,
        };
        found.retain(|(asset, pair)| {
            own.is_none_or(|own| own == *asset) && is_own(term.debtor, pair.0) && is_own(term.creditor, pair.1)
        });
        found
    }

    fn parties(&self, term: &Term, fact: &Fact<'_>) -> Pair {
        let party = |role| party_of(self.truth.book, self.truth.contract(), fact.event, fact.rating, role);
        (party(term.debtor), party(term.creditor))
    }

    fn term_of(&self, key: &Key) -> &'t Term {
        let Of::Term { version, term } = key.of else { panic!("documents come after closing terms") };
        &self.truth.contract().versions[version].terms[term]
    }

    fn take(&self, stage: Stage, closing: &Closing<'_>, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        match (stage, &closing.term.kind) {
            (Stage::Bound, TermKind::Bound { amount, upper, .. }) => {
                let beyond = i128::from(*amount) - self.charged(closing, lines);
                let moves = if *upper { beyond.min(0) } else { beyond.max(0) };
                coverage.note_if(if *upper { "capped" } else { "floored" }, moves != 0);
                self.add(closing, 0, moves, lines);
            }
            (Stage::Lift, TermKind::Carry { .. }) => {
                let below = (-self.charged(closing, lines)).max(0);
                coverage.note_if("carried charge out", below > 0);
                self.add(closing, 0, below, lines);
            }
            (Stage::Guarantee, TermKind::Minimum { .. }) => self.guarantee(closing, lines, left, coverage),
            (Stage::Carry, TermKind::Carry { .. }) => self.carry(closing, lines, left, coverage),
            (Stage::Recoup, TermKind::Minimum { recoupable: true, .. }) => self.recoup(closing, lines, left, coverage),
            (Stage::Advance, TermKind::Advance { .. }) => self.advance(closing, lines, left, coverage),
            (Stage::Draw, TermKind::Prepaid { .. }) => self.draw(closing, lines, left, coverage),
            _ => {}
        }
    }

    fn add(&self, closing: &Closing<'_>, piece: usize, amount: i128, lines: &mut Lines) {
        if amount == 0 {
            return;
        }
        let of = Of::Term { version: self.version, term: closing.position };
        let (debtor, creditor) = closing.pair;
        let key = Key { of, dimensions: Vec::new(), piece, debtor, creditor, part: Part::Charge };
        *lines.entry((closing.asset, key)).or_default() += amount;
    }

    fn purse(&self, closing: &Closing<'_>, what: What) -> Purse {
        let parties = vec![closing.pair.0, closing.pair.1];
        Purse { what, term: closing.term.number, asset: closing.asset, words: Vec::new(), parties }
    }

    /// What lines between the same parties come to that a condition names.
    fn sum(&self, closing: &Closing<'_>, lines: &Lines, counts: impl Fn(&Term, usize) -> bool) -> i128 {
        let own = lines.iter().filter(|((asset, key), _)| {
            let pair = (key.debtor, key.creditor);
            key.part == Part::Charge
                && (*asset, pair) == (closing.asset, closing.pair)
                && counts(self.term_of(key), key.piece)
        });
        own.map(|(_, amount)| amount).sum()
    }

    /// What the terms charged together, within caps and floors, and not below zero where that is carried.
    fn charged(&self, closing: &Closing<'_>, lines: &Lines) -> i128 {
        self.sum(closing, lines, |term, _| {
            let bounds =
                matches!(term.kind, TermKind::Bound { .. } | TermKind::Carry { .. }) && shares(term, closing.of);
            bounds || closing.of.contains(&term.number)
        })
    }

    /// What the steps before this one have left of the charges; an advance that is paid out is no charge.
    fn standing(&self, closing: &Closing<'_>, lines: &Lines) -> i128 {
        self.sum(closing, lines, |term, piece| {
            let paid = matches!(term.kind, TermKind::Advance { .. }) && piece == 0;
            closing.of.contains(&term.number) || (!paid && shares(term, closing.of))
        })
    }

    fn guarantee(&self, closing: &Closing<'_>, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        let TermKind::Minimum { amount, span, recoupable, pool, .. } = &closing.term.kind else { panic!("a minimum") };
        let mut earned = self.charged(closing, lines);
        for pooled in pool {
            earned += (self.pooled)(*pooled, closing.asset, closing.pair);
            coverage.note("pooled");
        }
        let purse = self.purse(closing, What::Earned);
        let before = left.within(&purse, *span, self.period.first);
        coverage.note_if("earned before", !before.is_zero());
        if !self.is_concerned(closing, lines) && before.is_zero() {
            return;
        }
        let earned = before.floor() + earned;
        left.put(purse.clone(), Fraction::whole(earned), self.period.first);
        if self.next_on().is_some_and(|next_on| is_one_stretch(*span, self.period.first, next_on)) {
            coverage.note("span goes on");
            return;
        }
        left.put(purse, Fraction::ZERO, self.period.first);
        let short = (i128::from(*amount) - earned).max(0);
        coverage.note_if("shortfall", short > 0);
        self.add(closing, 0, short, lines);
        if *recoupable {
            let purse = self.purse(closing, What::Unrecouped);
            // What is taken back in this period comes out of what was there before; `recoup` needs to know it.
            let paid = (i128::from(*amount) - earned.max(0)).max(0);
            left.put(Purse { what: What::Paid, ..purse }, Fraction::whole(paid), self.period.first);
        }
    }

    /// Whether a guarantee is for these parties: it names them, or there are charges of its terms between them.
    fn is_concerned(&self, closing: &Closing<'_>, lines: &Lines) -> bool {
        let named = [closing.term.debtor, closing.term.creditor].iter().all(|role| matches!(role, Role::Party(_)));
        let pair = (closing.asset, closing.pair);
        let charged = lines.keys().filter(|(asset, key)| (*asset, (key.debtor, key.creditor)) == pair);
        named || charged.into_iter().any(|(_, key)| closing.of.contains(&self.term_of(key).number))
    }

    fn carry(&self, closing: &Closing<'_>, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        let below = self.sum(closing, lines, |term, piece| term.number == closing.term.number && piece == 0);
        let purse = self.purse(closing, What::Charge);
        let brought = -left.of(&purse).floor();
        let taken = brought.min(self.standing(closing, lines).max(0));
        coverage.note_if("carried charge in", taken > 0);
        self.add(closing, 1, -taken, lines);
        left.put(purse, Fraction::whole(taken - brought - below), self.period.first);
    }

    fn recoup(&self, closing: &Closing<'_>, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        let (purse, paid) = (self.purse(closing, What::Unrecouped), self.purse(closing, What::Paid));
        let brought = left.of(&purse).floor();
        // Not off what a guarantee pays now.
        let paid_now = self.sum(closing, lines, |term, piece| {
            let is_named = closing.of.contains(&term.number);
            matches!(term.kind, TermKind::Minimum { .. }) && piece == 0 && !is_named && shares(term, closing.of)
        });
        let taken = brought.min((self.standing(closing, lines) - paid_now).max(0));
        coverage.note_if("guarantee recouped", taken > 0);
        self.add(closing, 1, -taken, lines);
        let more = left.of(&paid).floor();
        left.put(paid, Fraction::ZERO, self.period.first);
        left.put(purse, Fraction::whole(brought - taken + more), self.period.first);
    }

    fn advance(&self, closing: &Closing<'_>, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        let TermKind::Advance { amount, on, share, .. } = &closing.term.kind else { panic!("an advance") };
        let purse = self.purse(closing, What::Unrecouped);
        let mut open = left.of(&purse).floor();
        if self.period.contains(*on) {
            coverage.note("advance paid");
            self.add(closing, 0, i128::from(*amount), lines);
            open += i128::from(*amount);
        }
        let charges = Fraction::whole(self.standing(closing, lines).max(0));
        let taken = open.min(charges.times(Fraction::of_rate(*share)).floor());
        coverage.note_if("advance recouped", taken > 0);
        self.add(closing, 1, -taken, lines);
        left.put(purse, Fraction::whole(open - taken), self.period.first);
    }

    fn draw(&self, closing: &Closing<'_>, lines: &mut Lines, left: &mut Left, coverage: &mut Coverage) {
        let TermKind::Prepaid { top_up, .. } = closing.term.kind else { panic!("prepaid credit") };
        let facts = self.truth.facts(self.period).iter();
        let ours = facts.filter(|fact| {
            let own = fact.measure == usize::from(top_up) && fact.asset == closing.asset;
            own && self.parties(closing.term, fact) == closing.pair
        });
        let topped = ours.fold(Fraction::ZERO, |sum, fact| sum.plus(fact.value));
        let purse = self.purse(closing, What::Credit);
        let balance =
            left.of(&purse).floor() + units(self.truth.book, closing.asset, topped).rounded(Rounding::Down, false);
        let drawn = balance.max(0).min(self.standing(closing, lines).max(0));
        coverage.note_if("credit drawn", drawn > 0);
        self.add(closing, 0, -drawn, lines);
        left.put(purse, Fraction::whole(balance - drawn), self.period.first);
    }

    /// The first day of the next period; none where the contract covers no day of it.
    fn next_on(&self) -> Option<Date> {
        let contract = self.truth.contract();
        let next = contract.cycle.next(self.period).first;
        let ended = contract.ends_on.is_some_and(|end| next.plus_days(-i32::from(contract.lag_days)) >= end);
        (next > self.period.first && !ended).then_some(next)
    }
}

/// The terms that a closing term looks at, by number; none where it is none.
fn looked_at(term: &Term) -> Option<&[u16]> {
    match &term.kind {
        TermKind::Bound { of, .. }
        | TermKind::Minimum { of, .. }
        | TermKind::Carry { of }
        | TermKind::Advance { of, .. }
        | TermKind::Prepaid { of, .. } => Some(of),
        _ => None,
    }
}

/// Whether a closing term looks at any of these.
fn shares(term: &Term, of: &[u16]) -> bool {
    looked_at(term).is_some_and(|own| own.iter().any(|number| of.contains(number)))
}

/// The asset of a closing term's amount; one without an amount closes every asset.
fn asset_of(term: &Term) -> Option<AssetId> {
    match term.kind {
        TermKind::Bound { asset, .. } | TermKind::Minimum { asset, .. } | TermKind::Advance { asset, .. } => {
            Some(asset)
        }
        _ => None,
    }
}
