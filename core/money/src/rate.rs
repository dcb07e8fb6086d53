//! Exact rates: a fraction of two bounded integers, read from `12%`, `0.125` or `3/100`.

use crate::decimal::{NumberFault, parse_decimal, power_of_ten};
use crate::{Overflow, Rounding, round_ratio};
use std::fmt;

/// An exact, non-negative or negative rate. The fraction is kept as written, so that it prints as it was agreed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Rate {
    numerator: i64,
    denominator: i64,
}

/// Why a text is not a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum RateFault {
    /// Not a number, or a number that [`parse_decimal`] refuses.
    Number(NumberFault),
    /// A fraction whose lower part is zero or negative.
    Denominator,
    /// Numerator or denominator beyond 10^10.
    TooLarge,
}

/// The largest numerator and denominator: keeps [`crate::TALLY_BOUND`] × rate inside `i128`.
const PART_MAX: i64 = 10_000_000_000;

impl Rate {
    /// Nothing.
    pub const ZERO: Self = Self { numerator: 0, denominator: 1 };
    /// The whole: 100 %.
    pub const ONE: Self = Self { numerator: 1, denominator: 1 };

    /// A rate of `numerator / denominator`.
    ///
    /// # Errors
    /// [`RateFault`] where the denominator is not positive or a part is beyond 10^10.
    pub const fn new(numerator: i64, denominator: i64) -> Result<Self, RateFault> {
        if denominator <= 0 {
            return Err(RateFault::Denominator);
        }
        if numerator.unsigned_abs() > PART_MAX.unsigned_abs() || denominator > PART_MAX {
            return Err(RateFault::TooLarge);
        }
        Ok(Self { numerator, denominator })
    }

    /// Reads `12%`, `12.5 %`, `0.125` or `3/100`.
    ///
    /// # Errors
    /// [`RateFault`] with the part that is wrong.
    pub fn parse(text: &str) -> Result<Self, RateFault> {
        let text = text.trim();
        if let Some((upper, lower)) = text.split_once('/') {
            return Self::new(whole(upper)?, whole(lower)?);
        }
        let (digits, hundredths) = text.strip_suffix('%').map_or((text, 0), |rest| (rest.trim_end(), 2));
        let value = parse_decimal(digits.as_bytes()).map_err(RateFault::Number)?;
        let numerator = i64::try_from(value.mantissa).map_err(|_| RateFault::TooLarge)?;
        let denominator = power_of_ten(value.scale + hundredths).ok_or(RateFault::TooLarge)?;
        Self::new(numerator, i64::try_from(denominator).map_err(|_| RateFault::TooLarge)?)
    }

    /// The upper part of the fraction as written.
    #[must_use]
    pub const fn numerator(self) -> i64 {
        self.numerator
    }

    /// The lower part of the fraction as written; positive.
    #[must_use]
    pub const fn denominator(self) -> i64 {
        self.denominator
    }

    /// Whether the rate is nothing.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.numerator == 0
    }

    /// `amount × rate`, rounded to whole units, where `amount` has `scale` more digits than the units.
    ///
    /// # Errors
    /// [`Overflow`] where the exact product does not fit.
    #[inline]
    pub fn apply(self, amount: i128, scale: u8, rounding: Rounding) -> Result<i128, Overflow> {
        let product = amount.checked_mul(i128::from(self.numerator)).ok_or(Overflow)?;
        let power = power_of_ten(scale).ok_or(Overflow)?;
        let divisor = power.checked_mul(i128::from(self.denominator)).ok_or(Overflow)?;
        round_ratio(product, divisor, rounding)
    }
}

fn whole(text: &str) -> Result<i64, RateFault> {
    let value = parse_decimal(text.trim().as_bytes()).map_err(RateFault::Number)?;
    if value.scale > 0 {
        return Err(RateFault::Number(NumberFault::Scale));
    }
    i64::try_from(value.mantissa).map_err(|_| RateFault::TooLarge)
}

/// Prints the fraction so that it can be typed into a calculator: `12/100`, or `5` where the lower part is 1.
impl fmt::Display for Rate {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.denominator == 1 {
            return write!(out, "{}", self.numerator);
        }
        write!(out, "{}/{}", self.numerator, self.denominator)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: Result<(i64, i64), RateFault>) {
        assert_eq!(Rate::parse(text).map(|rate| (rate.numerator, rate.denominator)), expected, "{text}");
    }

    #[test]
    fn rates_are_read_exactly() {
        check("12%", Ok((12, 100)));
        check("12.5 %", Ok((125, 1000)));
        check("0.125", Ok((125, 1000)));
        check("3/100", Ok((3, 100)));
        check("-1%", Ok((-1, 100)));
        check("1/0", Err(RateFault::Denominator));
        check("99999999999%", Err(RateFault::TooLarge));
        check("1e4", Err(RateFault::Number(NumberFault::Character)));
        check("", Err(RateFault::Number(NumberFault::Empty)));
    }

    #[test]
    fn a_rate_is_applied_with_one_rounding() {
        let rate = Rate::parse("3%").unwrap();
        assert_eq!(rate.apply(116, 0, Rounding::HalfUp), Ok(3));
        assert_eq!(rate.apply(348, 0, Rounding::HalfUp), Ok(10));
        assert_eq!(rate.apply(11_650, 2, Rounding::HalfUp), Ok(3));
        assert_eq!(Rate::ONE.apply(i128::MAX, 0, Rounding::Down), Ok(i128::MAX));
        assert_eq!(rate.apply(i128::MAX, 0, Rounding::Down), Err(Overflow));
    }
}
