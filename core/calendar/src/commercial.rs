//! Commercial days: to which day of business an instant belongs, in a zone and with a cut-off on the wall clock.
//!
//! Defined by starts: a day starts at the first instant at which the wall clock shows the cut-off of its date or later,
//! and lasts until the next one starts. So days are half-open spans that tile time, of 23, 24 or 25 hours as the clock
//! was turned. This is the local date of (local time − cut-off), with one exception: where a clock is turned back over
//! the cut-off itself, the repeated minutes stay in the day that has begun. A date that a zone skipped altogether is
//! an empty day.

use crate::{Date, Instant, LocalTime, MICROS_PER_SECOND, Zone, ZoneId};

/// By which clock days are told: a zone of the book and the time of day at which a commercial day starts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Clock {
    /// The zone.
    pub zone: ZoneId,
    /// The cut-off in seconds after midnight on the wall clock; usually 0 to 86,399. Negative: on the evening before.
    pub cut_off_s: i32,
}

/// A commercial day with its bounds, half-open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct DaySpan {
    /// The day.
    pub day: Date,
    /// Its first instant.
    pub from: Instant,
    /// The first instant of the next day.
    pub until: Instant,
}

/// The commercial day that an instant belongs to. `at` is not the absent instant.
pub fn commercial_day(zone: &Zone, cut_off_s: i32, at: Instant) -> Date {
    // By starts, day d has begun once the clock has reached the cut-off of d: what the clock shows now does not
    // matter, but the latest that it has shown.
    let reached = zone.reached(at);
    LocalTime(reached.0.saturating_sub(micros(cut_off_s))).date()
}

/// The first instant of a commercial day: when the wall clock shows the cut-off of that date; the first of two such
/// instants; the first instant after a gap that swallows it.
pub fn start_of_commercial_day(zone: &Zone, cut_off_s: i32, day: Date) -> Instant {
    zone.first_reaching(LocalTime::from_parts(day, micros(cut_off_s)))
}

/// The commercial day of an instant with its bounds. A loop over many instants keeps it until one leaves it.
pub fn commercial_span_at(zone: &Zone, cut_off_s: i32, at: Instant) -> DaySpan {
    let day = commercial_day(zone, cut_off_s, at);
    let from = start_of_commercial_day(zone, cut_off_s, day);
    let until = start_of_commercial_day(zone, cut_off_s, day.plus_days(1));
    DaySpan { day, from, until }
}

impl DaySpan {
    /// Whether an instant is in this day.
    #[inline]
    pub fn contains(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }
}

fn micros(seconds: i32) -> i64 {
    i64::from(seconds) * MICROS_PER_SECOND
}
