//! Exact money: amounts, rates, rounding, and the division of a sum among parties.
//!
//! Everything here is a pure function over integers. A sum is an `i128` at a stated scale, a posting an `i64` in whole
//! units of its asset, a rate a fraction of two integers. Nothing is a float, nothing wraps, nothing loses a
//! remainder: an operation that does not fit says so with [`Overflow`] and the caller turns that into a rejection.

mod asset;
mod decimal;
mod division;
mod rate;
mod rounding;

pub use asset::{Asset, AssetId, AssetName, DIGITS_MAX};
pub use decimal::{Decimal, NumberFault, SCALE_MAX, parse_decimal, parse_units, power_of_ten};
pub use division::divide;
pub use rate::{Rate, RateFault};
pub use rounding::{Rounding, round_ratio};

/// The smallest magnitude that is *not* a legal posting or event amount: |amount| < 10^18 whole units.
///
/// Below it an `i64` holds the amount, and a sum over 10^9 such amounts stays far below what `i128` holds.
pub const AMOUNT_BOUND: i64 = 1_000_000_000_000_000_000;

/// The smallest magnitude that a tally may not reach: 10^27 at the tally's scale.
///
/// With rates of at most 10^10 over 10^10 every product that rating forms stays below 10^38 and so inside `i128`.
pub const TALLY_BOUND: i128 = 1_000_000_000_000_000_000_000_000_000;

/// The smallest magnitude that a tally may not reach where its contract converts: times a cross (below [`CROSS_BOUND`]) and
/// a rate it stays below 10^38 too.
pub const CONVERTED_TALLY_BOUND: i128 = 1_000_000_000_000_000_000;

/// The smallest cross rate, as an integer at its scale, that may not be converted by.
pub const CROSS_BOUND: i128 = 10_000_000_000;

/// An exact result that does not fit its type; always answered with a rejection, never with a wrapped number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Overflow;
