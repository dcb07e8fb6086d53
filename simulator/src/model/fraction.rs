//! Exact fractions and their rounding, written once more: whole numbers over a positive denominator, always reduced.

use money::{Rate, Rounding};
use std::cmp::Ordering;

/// `upper / lower`, reduced, `lower` positive.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Fraction {
    upper: i128,
    lower: i128,
}

impl Fraction {
    pub(super) const ZERO: Self = Self { upper: 0, lower: 1 };

    pub(super) fn new(upper: i128, lower: i128) -> Self {
        assert!(lower > 0, "a fraction's lower part is positive");
        let divisor = greatest_divisor(upper.unsigned_abs(), lower.unsigned_abs());
        let divisor = i128::try_from(divisor).expect("a divisor of an i128 fits");
        Self { upper: upper / divisor, lower: lower / divisor }
    }

    pub(super) fn whole(value: i128) -> Self {
        Self::new(value, 1)
    }

    /// An integer with so many digits behind the point.
    pub(super) fn scaled(value: i128, scale: u8) -> Self {
        Self::new(value, ten_to(scale))
    }

    pub(super) fn of_rate(rate: Rate) -> Self {
        Self::new(i128::from(rate.numerator()), i128::from(rate.denominator()))
    }

    pub(super) fn plus(self, other: Self) -> Self {
        let shared = greatest_divisor(self.lower.unsigned_abs(), other.lower.unsigned_abs());
        let shared = i128::try_from(shared).expect("a divisor of an i128 fits");
        let upper = fits(self.upper.checked_mul(other.lower / shared))
            .checked_add(fits(other.upper.checked_mul(self.lower / shared)));
        Self::new(fits(upper), fits((self.lower / shared).checked_mul(other.lower)))
    }

    pub(super) fn negated(self) -> Self {
        Self { upper: -self.upper, lower: self.lower }
    }

    pub(super) fn minus(self, other: Self) -> Self {
        self.plus(other.negated())
    }

    pub(super) fn times(self, other: Self) -> Self {
        // Reducing crosswise first keeps the product as small as it can be.
        let left = Self::new(self.upper, other.lower);
        let right = Self::new(other.upper, self.lower);
        Self::new(fits(left.upper.checked_mul(right.upper)), fits(left.lower.checked_mul(right.lower)))
    }

    /// What it is as a multiple of another that is above zero.
    pub(super) fn over(self, other: Self) -> Self {
        self.times(Self::new(other.lower, other.upper))
    }

    /// The greatest whole number not above it.
    pub(super) fn floor(self) -> i128 {
        self.upper.div_euclid(self.lower)
    }

    pub(super) fn is_zero(self) -> bool {
        self.upper == 0
    }

    pub(super) fn magnitude(self) -> Self {
        Self { upper: self.upper.abs(), lower: self.lower }
    }

    pub(super) fn sign(self) -> i128 {
        self.upper.signum()
    }

    pub(super) fn is_above(self, other: Self) -> bool {
        self.minus(other).sign() > 0
    }

    /// To whole units. The mode acts on the magnitude; toward the payee means up where the party is owed, else down.
    pub(super) fn rounded(self, mode: Rounding, party_is_owed: bool) -> i128 {
        let magnitude = self.upper.abs();
        let (below, left) = (magnitude / self.lower, magnitude % self.lower);
        let half = left.cmp(&(self.lower - left));
        let above = below + i128::from(left > 0);
        let rounded = match mode {
            Rounding::Down => below,
            Rounding::Up => above,
            Rounding::TowardPayee if party_is_owed => above,
            Rounding::TowardPayee => below,
            Rounding::FloorTen => below / 10 * 10,
            Rounding::HalfUp if half == Ordering::Less => below,
            Rounding::HalfUp => above,
            Rounding::HalfEven => match half {
                Ordering::Less => below,
                Ordering::Greater => above,
                Ordering::Equal => below + below % 2,
            },
        };
        rounded * self.upper.signum()
    }
}

/// `10^exponent`.
pub(super) fn ten_to(exponent: u8) -> i128 {
    fits(10_i128.checked_pow(u32::from(exponent)))
}

fn fits(value: Option<i128>) -> i128 {
    value.expect("random amounts stay far inside 128 bits")
}

fn greatest_divisor(left: u128, right: u128) -> u128 {
    let (mut left, mut right) = (left, right);
    while right != 0 {
        (left, right) = (right, left % right);
    }
    left.max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(upper: i128, lower: i128, expected: [i128; 7]) {
        use Rounding::{Down, FloorTen, HalfEven, HalfUp, TowardPayee, Up};
        let modes = [HalfUp, HalfEven, Down, Up, FloorTen];
        let rounded: Vec<i128> =
            modes.into_iter().map(|mode| Fraction::new(upper, lower).rounded(mode, true)).collect();
        assert_eq!(rounded, expected[..5], "{upper}/{lower}");
        let toward = [true, false].map(|owed| Fraction::new(upper, lower).rounded(TowardPayee, owed));
        assert_eq!(toward, expected[5..], "{upper}/{lower} toward the payee");
    }

    #[test]
    fn fractions_round_by_magnitude() {
        check(5, 2, [3, 2, 2, 3, 0, 3, 2]);
        check(-5, 2, [-3, -2, -2, -3, 0, -3, -2]);
        check(7, 2, [4, 4, 3, 4, 0, 4, 3]);
        check(40, 3, [13, 13, 13, 14, 10, 14, 13]);
        check(-199, 10, [-20, -20, -19, -20, -10, -20, -19]);
        check(0, 7, [0; 7]);
    }

    #[test]
    fn fractions_add_and_multiply_exactly() {
        let third = Fraction::new(1, 3);
        assert_eq!(third.plus(third).plus(third), Fraction::whole(1));
        assert_eq!(third.times(Fraction::new(3, 5)).minus(Fraction::new(1, 5)), Fraction::ZERO);
        assert!(third.is_above(Fraction::scaled(333, 3)) && !third.is_above(third));
        assert_eq!(third.over(Fraction::new(2, 3)), Fraction::new(1, 2));
        assert_eq!([7, -7].map(|upper| Fraction::new(upper, 2).floor()), [3, -4]);
    }
}
