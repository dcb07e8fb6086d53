//! Deductions from a measure (SETTLEMENT §4, step 4): in the listed order, each rounded to whole units as its term rounds.
//!
//! What is divided among the lines of a term by a key is divided once for all of them, before any line is made: each part
//! is rounded alike, and the line with the largest key takes the residue, so that the parts add up. A version divides
//! what its own days hold. Cost: deductions × lines.

use super::groups::Groups;
use super::{Evaluation, Place, add, charge};
use crate::line::{Base as LineBase, Deducted};
use crate::terms::{Base, Deduction, DeductionKind, Term};
use money::{Overflow, Rate, Rounding, round_ratio};

/// The parts of an allocated deduction, by group; empty for a deduction that is not allocated.
pub(super) type Parts = Vec<i128>;

impl Evaluation<'_> {
    /// For each deduction of a term, what is allocated to each of its groups.
    pub(super) fn allocated(
        &self,
        term: &Term,
        groups: &Groups,
        deductions: &[Deduction],
    ) -> Result<Vec<Parts>, Overflow> {
        let parts = |deduction: &Deduction| match deduction.kind {
            DeductionKind::Allocated { of, key } => self.parts(term, groups, of, key),
            _ => Ok(Parts::new()),
        };
        deductions.iter().map(parts).collect()
    }

    fn parts(&self, term: &Term, groups: &Groups, of: u16, key: u16) -> Result<Parts, Overflow> {
        let keys: Vec<i128> = (0..groups.len()).map(|group| groups.sum(group, usize::from(key)).max(0)).collect();
        let Some(residue) = self.taker(groups, &keys) else { return self.undivided(term, groups, of) };
        let (mut whole, mut key_sum) = (0, 0);
        for (group, &key) in keys.iter().enumerate() {
            add(&mut whole, groups.sum(group, usize::from(of)))?;
            add(&mut key_sum, key)?;
        }
        let rounding = self.rounding_in(term, groups, residue);
        let total = charge(self.decimal(of, whole), self.question.digits, Rate::ONE, rounding)?;
        let mut parts = vec![0; groups.len()];
        let mut rest = total;
        for (group, &key) in keys.iter().enumerate() {
            if group == residue || key == 0 {
                continue;
            }
            let product = total.checked_mul(key).ok_or(Overflow)?;
            parts[group] = round_ratio(product, key_sum, self.rounding_in(term, groups, group))?;
            rest = rest.checked_sub(parts[group]).ok_or(Overflow)?;
        }
        parts[residue] = rest;
        Ok(parts)
    }

    /// Where no key is above zero there is nothing to divide by: each line bears what it has itself.
    fn undivided(&self, term: &Term, groups: &Groups, of: u16) -> Result<Parts, Overflow> {
        let own = |group| {
            let sum = self.decimal(of, groups.sum(group, usize::from(of)));
            charge(sum, self.question.digits, Rate::ONE, self.rounding_in(term, groups, group))
        };
        (0..groups.len()).map(own).collect()
    }

    /// The group that takes the residue: of those with the largest key the first by the texts of its words, since their
    /// numbers tell the order of arrival.
    fn taker(&self, groups: &Groups, keys: &[i128]) -> Option<usize> {
        let largest = keys.iter().copied().max().filter(|&largest| largest > 0)?;
        let in_order = |left: usize, right: usize| {
            let pairs = groups.words(left).iter().zip(groups.words(right));
            let orders = pairs.map(|(&left, &right)| (self.question.in_order)(left, right));
            orders.fold(std::cmp::Ordering::Equal, std::cmp::Ordering::then)
        };
        (0..groups.len()).filter(|&group| keys[group] == largest).min_by(|&left, &right| in_order(left, right))
    }

    /// The rounding of a term for one of its groups, resolved by direction.
    fn rounding_in(&self, term: &Term, groups: &Groups, group: usize) -> Rounding {
        let creditor = self.party(term.creditor, groups, group);
        term.rounding.facing(creditor != self.question.operator)
    }

    /// Takes the deductions of a term off a base.
    pub(super) fn deduct(
        &self,
        place: Place<'_>,
        deductions: &[Deduction],
        allocated: &[Parts],
        base: &mut LineBase,
    ) -> Result<(), Overflow> {
        if deductions.is_empty() {
            return Ok(());
        }
        let (digits, rounding) = (self.question.digits, self.rounding_in(place.term, place.groups, place.group));
        for (deduction, parts) in deductions.iter().zip(allocated) {
            let amount = match deduction.kind {
                DeductionKind::Measure(measure) => charge(self.sum(place, measure), digits, Rate::ONE, rounding)?,
                DeductionKind::Rate { rate, on: Base::Gross } => charge(base.measure, digits, rate, rounding)?,
                DeductionKind::Rate { rate, on: Base::Rest } => charge(base.left(digits)?, digits, rate, rounding)?,
                DeductionKind::Allocated { .. } => parts[place.group],
            };
            base.deducted.push(Deducted { name: deduction.name.clone(), amount });
        }
        Ok(())
    }
}
