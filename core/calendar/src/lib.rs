//! Civil dates, zones and holidays as data, business-day rules, cycles.
//!
//! Everything here is a pure function of its arguments: no clock, no zone database, no floats. The shell reads zones
//! and holidays and hands them in as [`Zone`] and [`HolidayCalendar`]; the same tables give the same dates for ever.
//!
//! Three kinds of time, never mixed: [`Instant`] (a point of the world), [`LocalTime`] (what a wall clock shows) and
//! [`Date`] (a civil day). Only a [`Zone`] leads from one to another. Days and periods are half-open spans that tile
//! time: each instant is in exactly one commercial day, each day in exactly one period of a [`Cycle`].

mod commercial;
mod cut;
mod cycle;
mod date;
mod digits;
mod due;
mod holiday;
mod instant;
mod local;
mod weekday;
mod zone;

pub use commercial::{Clock, DaySpan, commercial_day, commercial_span_at, start_of_commercial_day};
pub use cut::{Grace, cut_at};
pub use cycle::{Cycle, Period};
pub use date::{Civil, Date, days_in_month, is_leap_year};
pub use due::{DueBase, DueRule, Roll, SEARCH_DAYS_MAX, due_on};
pub use holiday::{CalendarId, HolidayCalendar, Uncovered, UncoveredReason};
pub use instant::Instant;
pub use local::LocalTime;
pub use weekday::Weekday;
pub use zone::{OFFSET_S_MAX, Resolved, Span, Transition, Zone, ZoneId};

/// Microseconds of a second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// Microseconds of an hour.
pub const MICROS_PER_HOUR: i64 = 3_600 * MICROS_PER_SECOND;

/// Microseconds of a civil day of 24 hours.
pub const MICROS_PER_DAY: i64 = 24 * MICROS_PER_HOUR;
