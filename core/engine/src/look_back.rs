//! How far back an event may reach: its day may not lie in a period that ended longer ago than its contract looks.

use crate::book::Book;
use crate::decide::{Engine, Hit};
use calendar::{Date, Instant, Period};
use contract::Contract;
use event::Code;
use money::AssetId;

/// The first day of a contract that is not too old, while receipts fall on one day.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Floor {
    from: Instant,
    until: Instant,
    day: Date,
}

impl Floor {
    pub(crate) const NEVER: Self = Self { from: Instant(0), until: Instant(0), day: Date::FIRST };
}

/// The first day that an event received then may have under a contract.
#[inline]
pub(crate) fn floor_of(book: &Book, number: u16, received_at: Instant, floors: &mut [Floor]) -> Date {
    let floor = &mut floors[usize::from(number)];
    if received_at < floor.from || floor.until <= received_at {
        *floor = floor_at(book, &book.contracts[usize::from(number)], received_at);
    }
    floor.day
}

#[cold]
fn floor_at(book: &Book, contract: &Contract, received_at: Instant) -> Floor {
    if received_at.is_none() {
        return Floor { from: received_at, until: Instant::BEGINNING, day: Date::FIRST };
    }
    let zone = &book.zones[usize::from(contract.zone.0)];
    let span = calendar::commercial_span_at(zone, contract.cut_off_s, received_at);
    let months = i32::from(contract.look_back_months);
    let is_too_old = |period: &Period| period.end <= span.day && period.end.plus_months(months) < span.day;
    let mut period = contract.cycle.period_of(span.day.plus_months(-months));
    while is_too_old(&period) {
        period = contract.cycle.next(&period);
    }
    loop {
        let before = contract.cycle.previous(&period);
        if before.first >= period.first || is_too_old(&before) {
            break;
        }
        period = before;
    }
    let day = period.first.plus_days(-i32::from(contract.lag_days));
    Floor { from: span.from, until: span.until, day }
}

impl Engine {
    /// What is wrong with the days of its original that a reversal enters: too far back, or without any rate of exchange.
    pub(crate) fn fault_of_days(&mut self, asset: AssetId) -> Option<Code> {
        if self.reaches_too_far() {
            return Some(Code::TooOld);
        }
        let rulings = &self.plans.rulings;
        let lacks_rate = |hit: &Hit| {
            let conversion = self.book.contracts[usize::from(rulings[hit.ruling].contract)].conversion?;
            let rates = &self.state.rates[usize::from(conversion.rates.0)];
            // A cross that does not fit is found when the event is rated.
            let cross = rates.cross(&conversion, asset, hit.days.rate_on, self.state.stamp).ok()?;
            cross.is_none().then_some(Code::RateMissing)
        };
        self.scratch.hits.iter().find_map(lacks_rate)
    }

    /// Whether any tally that the row would enter is of a day that is too old.
    fn reaches_too_far(&mut self) -> bool {
        let received_at = self.state.stamp;
        let (rulings, floors) = (&self.plans.rulings, &mut self.floors);
        self.scratch
            .hits
            .iter()
            .any(|hit| hit.days.day < floor_of(&self.book, rulings[hit.ruling].contract, received_at, floors))
    }
}
