//! Rates of exchange, looked up the slow way: the last day up to the events' own on which both rates were known.
//!
//! Closed day, day not yet published, day without a fixing: the last known rate holds in each case, never a later day's.

use super::fraction::{Fraction, ten_to};
use calendar::{Date, Instant};
use contract::{Contract, Conversion, DAYS_BACK_MAX, Rates};
use engine::Book;
use money::{AssetId, Decimal, Rounding};

/// How a contract converts amounts of an asset; none where they stay as they are.
pub(super) fn conversion_of(contract: &Contract, from: AssetId) -> Option<Conversion> {
    contract.conversion.filter(|conversion| conversion.to != from)
}

/// What one unit of an asset is in the asset of the conversion; none where no rate of both is known.
pub(super) fn cross(
    book: &Book,
    conversion: &Conversion,
    from: AssetId,
    on: Date,
    known_at: Instant,
) -> Option<Fraction> {
    let rates = &book.rates[usize::from(conversion.rates.0)];
    let days = rates.days().rev().filter(|day| *day <= on && on.days_since(*day) <= DAYS_BACK_MAX);
    for day in days {
        let (lower, upper) = (rate(rates, from, day, known_at), rate(rates, conversion.to, day, known_at));
        let (Some(lower), Some(upper)) = (lower, upper) else { continue };
        let cross = rounded(upper.over(lower), conversion.digits);
        let Some(margin) = conversion.margin else { return Some(cross) };
        let part = cross.times(Fraction::of_rate(margin.rate));
        let with_margin = if margin.below { cross.minus(part) } else { cross.plus(part) };
        return Some(rounded(with_margin, conversion.digits));
    }
    None
}

/// Units of an asset for one unit of the base, as published for a day; of several the one that became known last.
fn rate(rates: &Rates, asset: AssetId, on: Date, known_at: Instant) -> Option<Fraction> {
    if rates.base == Some(asset) {
        return (rates.publication_of(on) <= known_at).then(|| Fraction::whole(1));
    }
    let published =
        rates.fixings().filter(|(of, day, fixing)| (*of, *day) == (asset, on) && fixing.known_from <= known_at);
    let Decimal { mantissa, scale } = published.map(|(_, _, fixing)| fixing.rate).last()?;
    Some(Fraction::scaled(mantissa, scale))
}

fn rounded(value: Fraction, digits: u8) -> Fraction {
    let units = value.times(Fraction::whole(ten_to(digits))).rounded(Rounding::HalfUp, false);
    Fraction::scaled(units, digits)
}
