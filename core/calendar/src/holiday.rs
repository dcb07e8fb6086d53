//! Holiday calendars as data: which days are open for business.
//!
//! A calendar states the dates that it knows. Outside them it answers with an error, never with a guess: a due date
//! that falls into a year whose holidays nobody has entered is a question for a person.

use crate::{Date, Weekday};
use std::{error, fmt};

/// The number of a holiday calendar in its book's table: its place in the slice given to [`due_on`](crate::due_on).
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct CalendarId(pub u16);

/// The closed days of a country or a market.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HolidayCalendar {
    /// The name, as rules call it: `kr`.
    pub name: Box<str>,
    /// Which weekdays are closed, Monday first.
    pub weekend: [bool; 7],
    /// The other closed days, sorted.
    pub holidays: Vec<Date>,
    /// The dates that the calendar knows, from the first to before the end. `None`: all dates (weekends alone).
    pub covers: Option<(Date, Date)>,
}

/// Why a question about business days has no answer.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Uncovered {
    /// The name of the calendar; of several that leave no day open together, their names joined with `+`.
    pub calendar: Box<str>,
    /// The date that was asked about; of a search that ended, its last date.
    pub on: Date,
    /// What is missing.
    pub reason: UncoveredReason,
}

/// What is missing for an answer about business days.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum UncoveredReason {
    /// The date is outside the dates that the calendar knows.
    OutsideCoverage,
    /// No day is open within [`SEARCH_DAYS_MAX`](crate::SEARCH_DAYS_MAX) days of a search.
    NeverOpen,
}

impl HolidayCalendar {
    /// Whether a date is open: no weekend, no holiday. An error if the calendar does not cover the date.
    /// A binary search.
    pub fn is_business_day(&self, on: Date) -> Result<bool, Uncovered> {
        let is_covered = self.covers.is_none_or(|(first, end)| first <= on && on < end);
        if !is_covered {
            return Err(Uncovered { calendar: self.name.clone(), on, reason: UncoveredReason::OutsideCoverage });
        }
        Ok(!self.is_weekend(on.weekday()) && self.holidays.binary_search(&on).is_err())
    }

    /// Whether a weekday is always closed.
    pub fn is_weekend(&self, day: Weekday) -> bool {
        self.weekend[usize::from(day.number())]
    }
}

impl fmt::Display for Uncovered {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.reason {
            UncoveredReason::OutsideCoverage => write!(to, "calendar {} does not cover {}", self.calendar, self.on),
            UncoveredReason::NeverOpen => {
                write!(to, "calendar {} has no open day in the year of days up to {}", self.calendar, self.on)
            }
        }
    }
}

impl error::Error for Uncovered {}
