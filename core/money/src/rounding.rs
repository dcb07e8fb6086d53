//! The six rounding modes (SETTLEMENT §5). Each acts on the magnitude, so that a mirrored document is the exact negative.

use crate::Overflow;

/// How an exact amount becomes whole units.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Rounding {
    /// To the nearest; a half goes away from zero.
    HalfUp,
    /// To the nearest; a half goes to the even neighbour.
    HalfEven,
    /// Toward zero.
    Down,
    /// Away from zero.
    Up,
    /// [`Rounding::Up`] where the statement's party is owed the charge, [`Rounding::Down`] where it owes it.
    TowardPayee,
    /// Down to a multiple of ten units, as Korean withholding tax is.
    FloorTen,
}

impl Rounding {
    /// Resolves [`Rounding::TowardPayee`] by the direction of the charge; the other modes stay themselves.
    #[must_use]
    pub const fn facing(self, party_is_owed: bool) -> Self {
        match (self, party_is_owed) {
            (Self::TowardPayee, true) => Self::Up,
            (Self::TowardPayee, false) => Self::Down,
            (other, _) => other,
        }
    }
}

/// Rounds `numerator / denominator` to whole units.
///
/// `TowardPayee` must have been resolved by [`Rounding::facing`]; unresolved it rounds up, as for a party that is owed.
///
/// # Errors
/// [`Overflow`] where the magnitude does not fit `i128`.
///
/// # Panics
/// When `denominator` is not positive: a rate's denominator is positive by construction.
#[inline]
pub fn round_ratio(numerator: i128, denominator: i128, rounding: Rounding) -> Result<i128, Overflow> {
    assert!(denominator > 0, "a ratio's denominator is positive");
    // Most amounts fit 64 bits, where division is several times cheaper than `__divti3`.
    if let (Ok(small), Ok(divisor)) = (u64::try_from(numerator.unsigned_abs()), u64::try_from(denominator)) {
        let (quotient, remainder) = (small / divisor, small % divisor);
        let up = rounds_up(u128::from(quotient), u128::from(remainder), u128::from(divisor), rounding);
        return signed(finish(u128::from(quotient) + u128::from(up), rounding), numerator < 0);
    }
    let (magnitude, divisor) = (numerator.unsigned_abs(), denominator.unsigned_abs());
    let (quotient, remainder) = (magnitude / divisor, magnitude % divisor);
    let up = rounds_up(quotient, remainder, divisor, rounding);
    signed(finish(quotient + u128::from(up), rounding), numerator < 0)
}

/// Whether the magnitude `quotient + remainder / divisor` goes to `quotient + 1`.
#[inline]
const fn rounds_up(quotient: u128, remainder: u128, divisor: u128, rounding: Rounding) -> bool {
    match rounding {
        Rounding::HalfUp => remainder >= divisor - remainder,
        Rounding::HalfEven => {
            let rest = divisor - remainder;
            remainder > rest || (remainder == rest && quotient % 2 == 1)
        }
        Rounding::Down | Rounding::FloorTen => false,
        Rounding::Up | Rounding::TowardPayee => remainder > 0,
    }
}

#[inline]
const fn finish(units: u128, rounding: Rounding) -> u128 {
    match rounding {
        Rounding::FloorTen => units - units % 10,
        _ => units,
    }
}

#[inline]
fn signed(magnitude: u128, negative: bool) -> Result<i128, Overflow> {
    let value = i128::try_from(magnitude).map_err(|_| Overflow)?;
    Ok(if negative { -value } else { value })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(numerator: i128, denominator: i128, expected: [i128; 6]) {
        use Rounding::{Down, FloorTen, HalfEven, HalfUp, TowardPayee, Up};
        for (mode, want) in [HalfUp, HalfEven, Down, Up, TowardPayee, FloorTen].into_iter().zip(expected) {
            assert_eq!(round_ratio(numerator, denominator, mode), Ok(want), "{numerator}/{denominator} {mode:?}");
            assert_eq!(
                round_ratio(-numerator, denominator, mode),
                Ok(-want),
                "mirrored {numerator}/{denominator} {mode:?}"
            );
        }
    }

    #[test]
    fn modes_act_on_the_magnitude() {
        check(0, 7, [0, 0, 0, 0, 0, 0]);
        check(10, 4, [3, 2, 2, 3, 3, 0]);
        check(14, 4, [4, 4, 3, 4, 4, 0]);
        check(9, 4, [2, 2, 2, 3, 3, 0]);
        check(1_234_567 * 3, 100, [37_037, 37_037, 37_037, 37_038, 37_038, 37_030]);
    }

    #[test]
    fn wide_operands_round_like_narrow_ones() {
        let wide = i128::from(u64::MAX) * 10 + 5;
        assert_eq!(round_ratio(wide, 10, Rounding::HalfUp), Ok(i128::from(u64::MAX) + 1));
        assert_eq!(round_ratio(wide, 10, Rounding::HalfEven), Ok(i128::from(u64::MAX) + 1));
        assert_eq!(round_ratio(wide, 10, Rounding::Down), Ok(i128::from(u64::MAX)));
        assert_eq!(round_ratio(i128::MIN, 1, Rounding::Down), Err(Overflow));
    }

    #[test]
    fn toward_the_payee_follows_the_direction_of_the_charge() {
        assert_eq!(Rounding::TowardPayee.facing(true), Rounding::Up);
        assert_eq!(Rounding::TowardPayee.facing(false), Rounding::Down);
        assert_eq!(Rounding::HalfEven.facing(false), Rounding::HalfEven);
    }
}
