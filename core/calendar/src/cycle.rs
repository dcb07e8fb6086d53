//! Settlement cycles and their periods.
//!
//! Every cycle divides all dates into periods without gap or overlap, so the period of a day needs no list of periods:
//! it is computed in constant time (custom days: in the length of their list, at most 28).

use crate::{Date, Weekday};
use std::fmt;

/// How a contract divides its days into periods.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum Cycle {
    /// Every day is a period.
    Day,
    /// Seven days from a weekday on.
    Week {
        /// The first day of each period.
        starts_on: Weekday,
    },
    /// So many weeks, counted from a date in both directions.
    Weeks {
        /// Weeks of a period, at least 1.
        n: u8,
        /// The first day of one of the periods.
        from: Date,
    },
    /// From the 1st to the 15th, and from the 16th to the month's end.
    HalfMonth,
    /// Calendar months.
    Month,
    /// From a day of the month to the day before it in the next month.
    MonthFrom {
        /// The first day of each period, 1 to 28.
        day: u8,
    },
    /// Periods start on these days of each month; the last one of a month runs to the first start of the next.
    DaysOfMonth(
        /// At least one, strictly ascending, each 1 to 28.
        Vec<u8>,
    ),
    /// One period for ever: all dates that may be entered, [`Period::ALL`].
    Once,
}

/// A settlement period: a half-open span of commercial days. Ordered by its first day.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Period {
    /// The first day.
    pub first: Date,
    /// The first day after the period.
    pub end: Date,
}

impl Cycle {
    /// Whether the numbers of this cycle are within the bounds that its variant states. The other functions take only
    /// such cycles; a book is checked before.
    pub fn is_valid(&self) -> bool {
        match self {
            Cycle::Day | Cycle::Week { .. } | Cycle::HalfMonth | Cycle::Month | Cycle::Once => true,
            Cycle::Weeks { n, .. } => *n >= 1,
            Cycle::MonthFrom { day } => (1..=28).contains(day),
            Cycle::DaysOfMonth(days) => {
                !days.is_empty()
                    && days.iter().all(|day| (1..=28).contains(day))
                    && days.windows(2).all(|pair| pair[0] < pair[1])
            }
        }
    }

    /// The period that a day is in. The cycle is valid.
    pub fn period_of(&self, day: Date) -> Period {
        match self {
            Cycle::Day => Period { first: day, end: day.plus_days(1) },
            Cycle::Week { starts_on } => {
                let days_in = (day.weekday().number() + 7 - starts_on.number()) % 7;
                span_around(day, i32::from(days_in), 7)
            }
            Cycle::Weeks { n, from } => {
                assert!(*n >= 1, "a cycle of weeks has at least one");
                let length = i32::from(*n) * 7;
                span_around(day, day.days_since(*from).rem_euclid(length), length)
            }
            Cycle::HalfMonth => period_between(&[1, 16], day),
            Cycle::Month => period_between(&[1], day),
            Cycle::MonthFrom { day: start } => period_between(&[*start], day),
            Cycle::DaysOfMonth(starts) => period_between(starts, day),
            Cycle::Once => Period::ALL,
        }
    }

    /// The period after one of this cycle; of [`Cycle::Once`] the same one.
    pub fn next(&self, period: &Period) -> Period {
        self.period_of(period.end)
    }

    /// The period before one of this cycle; of [`Cycle::Once`] the same one.
    pub fn previous(&self, period: &Period) -> Period {
        self.period_of(period.first.plus_days(-1))
    }
}

/// The period of `length` days in which `day` has `days_in` days before it.
fn span_around(day: Date, days_in: i32, length: i32) -> Period {
    let first = day.plus_days(-days_in);
    Period { first, end: first.plus_days(length) }
}

/// The period of `day` where periods start on these days of each month (ascending, 1 to 28).
fn period_between(starts: &[u8], day: Date) -> Period {
    let (Some(&earliest), Some(&latest)) = (starts.first(), starts.last()) else {
        panic!("a cycle by days of the month names at least one");
    };
    let month = day.first_of_month();
    let on = |month: Date, start: u8| month.plus_days(i32::from(start) - 1);
    let begun = starts.iter().rev().find(|&&start| start <= day.day());
    let ahead = starts.iter().find(|&&start| start > day.day());
    Period {
        first: begun.map_or_else(|| on(month.plus_months(-1), latest), |&start| on(month, start)),
        end: ahead.map_or_else(|| on(month.plus_months(1), earliest), |&start| on(month, start)),
    }
}

impl Period {
    /// All dates that may be entered: the period of [`Cycle::Once`].
    pub const ALL: Period = Period { first: Date::FIRST, end: Date(Date::LAST.0 + 1) };

    /// The last day that is in the period.
    pub fn last(&self) -> Date {
        self.end.plus_days(-1)
    }

    /// Whether a day is in the period.
    pub fn contains(&self, day: Date) -> bool {
        self.first <= day && day < self.end
    }

    /// How many days the period has.
    pub fn days(&self) -> i32 {
        self.end.days_since(self.first)
    }

    /// The name in statements and paths: `2019-01` for a calendar month, `2019-01-31` for a day, `once` for
    /// [`Period::ALL`], else `2019-01-01..2019-01-15` with the last day included. It sorts as text by first day within
    /// a cycle.
    pub fn name(&self) -> String {
        if *self == Period::ALL {
            return "once".to_owned();
        }
        let last = self.last();
        if self.first == last {
            return self.first.to_string();
        }
        let civil = self.first.civil();
        if civil.day == 1 && last == self.first.last_of_month() {
            return format!("{:04}-{:02}", civil.year, civil.month);
        }
        format!("{}..{last}", self.first)
    }

    /// The period that a [`name`](Period::name) names; `None` for any other text, also where the last day is before
    /// the first.
    pub fn parse(name: &str) -> Option<Period> {
        if name == "once" {
            return Some(Period::ALL);
        }
        if let Some((first, last)) = name.split_once("..") {
            let (first, last) = (Date::parse(first)?, Date::parse(last)?);
            return (first <= last).then(|| Period { first, end: last.plus_days(1) });
        }
        if let Some(day) = Date::parse(name) {
            return Some(Period { first: day, end: day.plus_days(1) });
        }
        let first = Date::parse(&format!("{name}-01"))?;
        Some(Period { first, end: first.plus_months(1) })
    }
}

impl fmt::Display for Period {
    /// The [`name`](Period::name).
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        to.write_str(&self.name())
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for Period {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}
