//! Which day, which period, which version: the dates of a contract, by the functions of the calendar.

use super::row::{Event, Rating};
use calendar::{Date, Instant, Period, commercial_day, start_of_commercial_day};
use contract::{Basis, Contract, Reversal, ReversalDate, Treatment};
use engine::Book;

/// The commercial day of an event under a contract.
pub(super) fn day_of(book: &Book, contract: &Contract, position: usize, event: &Event) -> Date {
    match contract.basis[position] {
        Basis::Date(slot) => event.dates[usize::from(slot)][0],
        Basis::Time(slot) => {
            let zone = &book.zones[usize::from(contract.zone.0)];
            commercial_day(zone, contract.cut_off_s, event.times[usize::from(slot)])
        }
    }
}

/// The day of an event in the zone of the rates by which a contract converts; a date stands as it is.
pub(super) fn fixed_on(book: &Book, contract: &Contract, position: usize, event: &Event, own_on: Date) -> Date {
    match (contract.conversion, contract.basis[position]) {
        (Some(conversion), Basis::Time(slot)) => {
            let zone = &book.rates[usize::from(conversion.rates.0)].zone;
            zone.local(event.times[usize::from(slot)]).date()
        }
        _ => own_on,
    }
}

/// The period in which a commercial day is settled.
pub(super) fn period_of(contract: &Contract, day: Date) -> Period {
    contract.cycle.period_of(day.plus_days(i32::from(contract.lag_days)))
}

/// When a period's membership freezes: after the last commercial day that is settled in it, plus grace. A contract that
/// ends has no such day after its last.
pub(super) fn cut_at(book: &Book, contract: &Contract, period: &Period) -> Instant {
    let zone = &book.zones[usize::from(contract.zone.0)];
    let lag_days = i32::from(contract.lag_days);
    let ends_on = contract.ends_on.map_or(period.end, |end| end.plus_days(lag_days));
    let end = period.end.min(ends_on.max(period.first.plus_days(1)));
    calendar::cut_at(zone, contract.cut_off_s, end.plus_days(-lag_days), contract.grace)
}

/// When a period begins: with the first commercial day that is settled in it.
pub(super) fn begins_at(book: &Book, contract: &Contract, period: &Period) -> Instant {
    let zone = &book.zones[usize::from(contract.zone.0)];
    start_of_commercial_day(zone, contract.cut_off_s, period.first.plus_days(-i32::from(contract.lag_days)))
}

/// The version that governs a day, by what is known at a moment: the latest to begin, of those the latest to be known.
pub(super) fn version_of(contract: &Contract, day: Date, known_at: Instant) -> Option<usize> {
    if contract.ends_on.is_some_and(|end| end <= day) {
        return None;
    }
    let mut best: Option<usize> = None;
    for (position, version) in contract.versions.iter().enumerate() {
        if version.valid_from > day || version.known_from > known_at {
            continue;
        }
        let rank = |position: usize| {
            let version = &contract.versions[position];
            (version.valid_from, version.known_from, position)
        };
        if best.is_none_or(|best| rank(best) < rank(position)) {
            best = Some(position);
        }
    }
    best
}

/// The day whose tally an event enters, and the day whose version rates it there.
pub(super) fn entered(treatment: Treatment, rating: &Rating) -> (Date, Date) {
    let Some(original_on) = rating.original_on else {
        return (rating.own_on, rating.own_on);
    };
    let enters_on = match treatment.date {
        ReversalDate::Own => rating.own_on,
        ReversalDate::Original => original_on,
    };
    let rated_on = match treatment.reversal {
        Reversal::Rerate => enters_on,
        Reversal::Mirror => original_on,
    };
    (enters_on, rated_on)
}
