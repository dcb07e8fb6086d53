//! Tiers (SETTLEMENT §4, step 6): graduated, bracket by bracket over a running sum, or by volume, one rate for all.
//!
//! An upper bound belongs to its own tier; below zero is the first tier. A graduated line is rounded once, over the sum of
//! its brackets, whatever their denominators. Cost: the number of tiers.

use crate::terms::Tier;
use money::{Decimal, Overflow, Rate, Rounding, power_of_ten, round_ratio};

/// What falls into each bracket on the way from one running sum to another; below zero belongs to the first bracket.
/// `scale` is the one at which the tiers' bounds stand.
pub(super) fn brackets(
    tiers: &[Tier],
    scale: u8,
    from: Decimal,
    to: Decimal,
) -> Result<Vec<(Decimal, Rate)>, Overflow> {
    let factor = power_of_ten(to.scale - scale).ok_or(Overflow)?;
    let (low, high, sign) =
        if from.mantissa <= to.mantissa { (from.mantissa, to.mantissa, 1) } else { (to.mantissa, from.mantissa, -1) };
    let mut parts = Vec::new();
    let mut lower = i128::MIN;
    for tier in tiers {
        let upper = match tier.up_to {
            Some(bound) => bound.checked_mul(factor).ok_or(Overflow)?,
            None => i128::MAX,
        };
        let (begin, end) = (low.max(lower), high.min(upper));
        if end > begin {
            let inside = end.checked_sub(begin).ok_or(Overflow)?;
            parts.push((Decimal { mantissa: sign * inside, scale: to.scale }, tier.rate));
        }
        lower = upper;
    }
    Ok(parts)
}

/// `round(Σ part × rate)` over one denominator: one rounding for all.
pub(super) fn sum_of_parts(parts: &[(Decimal, Rate)], digits: u8, rounding: Rounding) -> Result<i128, Overflow> {
    let mut denominator = 1_i128;
    for (_, rate) in parts {
        denominator = smallest_multiple(denominator, i128::from(rate.denominator()))?;
    }
    let mut numerator = 0_i128;
    let scale = parts.iter().map(|(amount, _)| amount.scale).fold(digits, u8::max);
    for (amount, rate) in parts {
        let own = i128::from(rate.denominator());
        let factor = if own == denominator { 1 } else { denominator / own };
        let weight = i128::from(rate.numerator()).checked_mul(factor).ok_or(Overflow)?;
        let units = amount.units_at(scale).map_err(|_| Overflow)?;
        super::add(&mut numerator, units.checked_mul(weight).ok_or(Overflow)?)?;
    }
    let power = power_of_ten(scale - digits).ok_or(Overflow)?;
    round_ratio(numerator, denominator.checked_mul(power).ok_or(Overflow)?, rounding)
}

fn smallest_multiple(left: i128, right: i128) -> Result<i128, Overflow> {
    // Tiers mostly have one denominator, and long division is slow.
    if left == 1 || left == right {
        return Ok(right);
    }
    let (mut divisor, mut rest) = (left, right);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (left / divisor).checked_mul(right).ok_or(Overflow)
}

/// The position of the tier or step that a sum reaches, by upper bounds that stand at `scale`.
pub(super) fn reached(
    bounds: impl ExactSizeIterator<Item = Option<i128>>,
    scale: u8,
    sum: Decimal,
) -> Result<usize, Overflow> {
    let last = bounds.len() - 1;
    let finer = sum.scale.max(scale);
    let sum = sum.units_at(finer).map_err(|_| Overflow)?;
    let factor = power_of_ten(finer - scale).ok_or(Overflow)?;
    for (position, bound) in bounds.enumerate() {
        let Some(bound) = bound else { return Ok(position) };
        if sum <= bound.checked_mul(factor).ok_or(Overflow)? {
            return Ok(position);
        }
    }
    Ok(last)
}

/// The sum of two numbers, at the larger of their scales.
pub(super) fn plus(left: Decimal, right: Decimal) -> Result<Decimal, Overflow> {
    let scale = left.scale.max(right.scale);
    let units = |number: Decimal| number.units_at(scale).map_err(|_| Overflow);
    Ok(Decimal { mantissa: units(left)?.checked_add(units(right)?).ok_or(Overflow)?, scale })
}
