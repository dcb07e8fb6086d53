//! Due rules: on which date a period's statement is to be paid.
//!
//! A rule counts from T, the period's last day, and then rolls off closed days. A day is open if all named calendars
//! say so; each of them is asked about each day, so that the answer does not depend on their order. With no calendar
//! every day is open. A search for one open day looks at [`SEARCH_DAYS_MAX`] days at most.

use crate::{CalendarId, Date, HolidayCalendar, Period, Uncovered, UncoveredReason};

/// When the statement of a period is due.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct DueRule {
    /// The date before rolling.
    pub base: DueBase,
    /// What to do if that date is closed.
    pub roll: Roll,
    /// The calendars that must be open.
    pub calendars: Vec<CalendarId>,
}

/// How a due date is counted from T, the last day of the period.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DueBase {
    /// So many calendar days after T; 0 is T.
    Days(u16),
    /// So many open days after T; 0 is T itself, open or not.
    BusinessDays(u16),
    /// A day of a month.
    DayOfMonth {
        /// The day, 1 to 31; the month's last day where it is shorter, so 31 is always the last.
        day: u8,
        /// Months after the month of T.
        months_after: u8,
    },
}

/// What to do with a date that is closed.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Roll {
    /// Keep it.
    None,
    /// Take the last open day before it.
    Previous,
    /// Take the first open day after it.
    Next,
}

/// How many days a search for one open day looks at: a calendar without any in a year is a mistake.
pub const SEARCH_DAYS_MAX: u16 = 366;

/// The due date of a period. `calendars` is the book's table, indexed by [`CalendarId`]; an id outside it is a bug.
///
/// An error if a calendar does not cover a day that had to be asked about, or if a search finds no open day within
/// [`SEARCH_DAYS_MAX`] days. With `Roll::None` only `BusinessDays` asks calendars.
pub fn due_on(rule: &DueRule, period: &Period, calendars: &[HolidayCalendar]) -> Result<Date, Uncovered> {
    let closing = period.last();
    let opening = OpeningDays { named: &rule.calendars, calendars };
    let base = match rule.base {
        DueBase::Days(days) => closing.plus_days(i32::from(days)),
        DueBase::BusinessDays(days) => opening.after(closing, days)?,
        DueBase::DayOfMonth { day, months_after } => {
            closing.first_of_month().plus_months(i32::from(months_after)).with_day_clamped(day)
        }
    };
    match rule.roll {
        Roll::None => Ok(base),
        Roll::Previous => opening.nearest(base, -1),
        Roll::Next => opening.nearest(base, 1),
    }
}

/// The days that are open in all calendars that a rule names.
struct OpeningDays<'a> {
    named: &'a [CalendarId],
    calendars: &'a [HolidayCalendar],
}

impl OpeningDays<'_> {
    fn is_open(&self, on: Date) -> Result<bool, Uncovered> {
        let mut is_open = true;
        for &id in self.named {
            is_open &= self.calendar(id).is_business_day(on)?;
        }
        Ok(is_open)
    }

    /// The nearest open day from `from` on, this one included, in steps of one day forward or back.
    fn nearest(&self, from: Date, step: i32) -> Result<Date, Uncovered> {
        let mut on = from;
        for _ in 0..SEARCH_DAYS_MAX {
            if self.is_open(on)? {
                return Ok(on);
            }
            on = on.plus_days(step);
        }
        let names: Vec<&str> = self.named.iter().map(|&id| &*self.calendar(id).name).collect();
        Err(Uncovered { calendar: names.join("+").into(), on: on.plus_days(-step), reason: UncoveredReason::NeverOpen })
    }

    /// The open day that is `count` open days after `from`; `from` itself for 0.
    fn after(&self, from: Date, count: u16) -> Result<Date, Uncovered> {
        let mut on = from;
        for _ in 0..count {
            on = self.nearest(on.plus_days(1), 1)?;
        }
        Ok(on)
    }

    fn calendar(&self, id: CalendarId) -> &HolidayCalendar {
        self.calendars.get(usize::from(id.0)).expect("a due rule names calendars of its book")
    }
}
