//! Rates of exchange, looked up the slow way: the last day up to the events' own on which both rates were known.
//!
//! Closed day, day not yet published, day without a fixing: the last known rate holds in each case, never a later day's.
//! What people fix by command counts from its receipt on, but not before its day's publication.

use super::Log;
use super::fraction::{Fraction, ten_to};
use calendar::{Date, Instant};
use contract::{Contract, Conversion, DAYS_BACK_MAX, RatesId};
use money::{AssetId, Decimal, Rounding};
use std::collections::BTreeSet;

/// A rate that a person fixed.
#[derive(Clone, Debug)]
pub(super) struct Fixed {
    pub(super) rates: RatesId,
    pub(super) asset: AssetId,
    pub(super) on: Date,
    pub(super) rate: Decimal,
    pub(super) received_at: Instant,
}

/// How a contract converts amounts of an asset; none where they stay as they are.
pub(super) fn conversion_of(contract: &Contract, from: AssetId) -> Option<Conversion> {
    contract.conversion.filter(|conversion| conversion.to != from)
}

/// What one unit of an asset is in the asset of the conversion, and the day of the rates; none where no rate of both is
/// known.
pub(super) fn cross(
    log: Log<'_>,
    conversion: &Conversion,
    from: AssetId,
    on: Date,
    known_at: Instant,
) -> Option<(Fraction, Date)> {
    for day in days(log, conversion.rates, known_at).into_iter().rev() {
        if day > on || on.days_since(day) > DAYS_BACK_MAX {
            continue;
        }
        let rate = |asset| rate(log, conversion.rates, asset, day, known_at);
        let (Some(lower), Some(upper)) = (rate(from), rate(conversion.to)) else { continue };
        let cross = rounded(upper.over(lower), conversion.digits);
        let Some(margin) = conversion.margin else { return Some((cross, day)) };
        let part = cross.times(Fraction::of_rate(margin.rate));
        let with_margin = if margin.below { cross.minus(part) } else { cross.plus(part) };
        return Some((rounded(with_margin, conversion.digits), day));
    }
    None
}

/// The days for which there is any rate by a moment.
fn days(log: Log<'_>, number: RatesId, known_at: Instant) -> BTreeSet<Date> {
    let fixed = log.fixed.iter().filter(|fixed| fixed.rates == number && fixed.received_at <= known_at);
    log.book.rates[usize::from(number.0)].days().chain(fixed.map(|fixed| fixed.on)).collect()
}

/// Units of an asset for one unit of the base, for a day; of several the one that became known last.
fn rate(log: Log<'_>, number: RatesId, asset: AssetId, on: Date, known_at: Instant) -> Option<Fraction> {
    let rates = &log.book.rates[usize::from(number.0)];
    let published_at = rates.publication_of(on);
    if rates.base == Some(asset) {
        return (published_at <= known_at).then(|| Fraction::whole(1));
    }
    let published = rates.fixings().filter(|(of, day, _)| (*of, *day) == (asset, on));
    let published = published.map(|(_, _, fixing)| (fixing.known_from, fixing.rate));
    let fixed = log.fixed.iter().filter(|fixed| (fixed.rates, fixed.asset, fixed.on) == (number, asset, on));
    let fixed = fixed.map(|fixed| (fixed.received_at.max(published_at), fixed.rate));
    let mut last: Option<(Instant, Decimal)> = None;
    for (known_from, rate) in published.chain(fixed).filter(|(known_from, _)| *known_from <= known_at) {
        if last.is_none_or(|last| last.0 <= known_from) {
            last = Some((known_from, rate));
        }
    }
    last.map(|(_, rate)| Fraction::scaled(rate.mantissa, rate.scale))
}

fn rounded(value: Fraction, digits: u8) -> Fraction {
    let units = value.times(Fraction::whole(ten_to(digits))).rounded(Rounding::HalfUp, false);
    Fraction::scaled(units, digits)
}
