//! Civil dates of the proleptic Gregorian calendar, as a count of days.
//!
//! A date is an `i32`, so that columns of dates stay small and comparisons are those of integers. Conversion to year,
//! month and day counts in eras of 400 years (146,097 days) that begin on 1 March, so that the leap day comes last:
//! constant time, no table, no loop.
//!
//! Bounds: dates that enter ([`Date::new`], [`Date::parse`]) are of the years 1 to 9999. What is computed from them
//! may step over these ends (the period of 9999-12 ends on 10000-01-01) and is exact there too.

use crate::Weekday;
use crate::digits;
use std::fmt;

/// A civil day: days since 1970-01-01, proleptic Gregorian.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Date(pub i32);

/// A date by its parts.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct Civil {
    /// The year, 1 to 9999 for dates that were entered.
    pub year: i32,
    /// The month, 1 to 12.
    pub month: u8,
    /// The day of the month, 1 to 31.
    pub day: u8,
}

impl Date {
    /// 0001-01-01, the first date that may be entered.
    pub const FIRST: Date = Date::of(1, 1, 1);
    /// 9999-12-31, the last date that may be entered.
    pub const LAST: Date = Date::of(9_999, 12, 31);

    /// The date of these parts; `None` if there is no such day or the year is not 1 to 9999.
    #[inline]
    pub const fn new(year: i32, month: u8, day: u8) -> Option<Date> {
        if year < 1 || year > 9_999 || month < 1 || month > 12 || day < 1 || day > days_in_month(year, month) {
            return None;
        }
        Some(Date::of(year as i64, month, day))
    }

    /// The date that an ISO text names: exactly `YYYY-MM-DD`; `None` for anything else.
    pub fn parse(text: &str) -> Option<Date> {
        let text: &[u8; 10] = text.as_bytes().try_into().ok()?;
        Date::parse_bytes(text)
    }

    /// [`Date::parse`] over bytes of the right length, for the parsers of times.
    #[inline]
    pub(crate) fn parse_bytes(text: &[u8; 10]) -> Option<Date> {
        if text[4] != b'-' || text[7] != b'-' {
            return None;
        }
        let year = digits::fixed::<4>(text, 0)?;
        let month = digits::fixed::<2>(text, 5)?;
        let day = digits::fixed::<2>(text, 8)?;
        Date::new(year as i32, month as u8, day as u8)
    }

    /// Year, month and day.
    #[inline]
    pub const fn civil(self) -> Civil {
        let shifted = self.0 as i64 + DAYS_FROM_YEAR_ZERO;
        let era = shifted.div_euclid(DAYS_PER_ERA);
        let day_of_era = shifted.rem_euclid(DAYS_PER_ERA);
        let year_of_era = (day_of_era - day_of_era / 1_460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
        let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
        let month_from_march = (5 * day_of_year + 2) / 153;
        let day = day_of_year - (153 * month_from_march + 2) / 5 + 1;
        let month = if month_from_march < 10 { month_from_march + 3 } else { month_from_march - 9 };
        let year = era * 400 + year_of_era + (month <= 2) as i64;
        Civil { year: year as i32, month: month as u8, day: day as u8 }
    }

    /// The year.
    pub const fn year(self) -> i32 {
        self.civil().year
    }

    /// The month, 1 to 12.
    pub const fn month(self) -> u8 {
        self.civil().month
    }

    /// The day of the month, 1 to 31.
    pub const fn day(self) -> u8 {
        self.civil().day
    }

    /// The day of the week.
    pub const fn weekday(self) -> Weekday {
        // 1970-01-01 was a Thursday, number 3.
        Weekday::ALL[(self.0 as i64 + 3).rem_euclid(7) as usize]
    }

    /// The date so many days later (earlier if negative). Panics beyond some 5.8 million years, which is a bug.
    #[inline]
    pub const fn plus_days(self, days: i32) -> Date {
        Date(self.0.checked_add(days).expect("a date is within five million years of 1970"))
    }

    /// Days from `earlier` to this date; negative if `earlier` is later.
    #[inline]
    pub const fn days_since(self, earlier: Date) -> i32 {
        self.0.checked_sub(earlier.0).expect("two dates are within five million years of each other")
    }

    /// The same day of the month so many months later (earlier if negative), or that month's last day if it is
    /// shorter: 31 January plus one month is 28 or 29 February. Panics beyond some 5.8 million years, which is a bug.
    pub const fn plus_months(self, months: i32) -> Date {
        let civil = self.civil();
        let count = civil.year as i64 * 12 + civil.month as i64 - 1 + months as i64;
        let year = count.div_euclid(12);
        let month = count.rem_euclid(12) as u8 + 1;
        let day_max = days_in_month(year as i32, month);
        Date::of(year, month, if civil.day < day_max { civil.day } else { day_max })
    }

    /// The day of this date's month, or the month's last day if it is shorter. `day` is 1 to 31; 0 counts as 1.
    pub const fn with_day_clamped(self, day: u8) -> Date {
        let civil = self.civil();
        let day_max = days_in_month(civil.year, civil.month);
        let day = if day < 1 { 1 } else { day };
        Date::of(civil.year as i64, civil.month, if day < day_max { day } else { day_max })
    }

    /// The first day of this date's month.
    pub const fn first_of_month(self) -> Date {
        Date(self.0 - self.civil().day as i32 + 1)
    }

    /// The last day of this date's month.
    pub const fn last_of_month(self) -> Date {
        self.with_day_clamped(31)
    }

    /// The date of parts that name a day (the month 1 to 12, the day within it), of any year.
    const fn of(year: i64, month: u8, day: u8) -> Date {
        let year_from_march = year - (month <= 2) as i64;
        let era = year_from_march.div_euclid(400);
        let year_of_era = year_from_march.rem_euclid(400);
        let month_from_march = (month as i64 + 9) % 12;
        let day_of_year = (153 * month_from_march + 2) / 5 + day as i64 - 1;
        let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
        let days = era * DAYS_PER_ERA + day_of_era - DAYS_FROM_YEAR_ZERO;
        assert!(days >= i32::MIN as i64 && days <= i32::MAX as i64, "a date is within five million years of 1970");
        Date(days as i32)
    }
}

/// Days from 0000-03-01, where eras begin, to 1970-01-01.
const DAYS_FROM_YEAR_ZERO: i64 = 719_468;

/// Days in 400 years.
const DAYS_PER_ERA: i64 = 146_097;

/// Whether the Gregorian year has a 29 February.
pub const fn is_leap_year(year: i32) -> bool {
    year % 4 == 0 && (year % 100 != 0 || year % 400 == 0)
}

/// Days of a month: 28 to 31; 0 if `month` is not 1 to 12.
pub const fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        1 | 3 | 5 | 7 | 8 | 10 | 12 => 31,
        4 | 6 | 9 | 11 => 30,
        2 if is_leap_year(year) => 29,
        2 => 28,
        _ => 0,
    }
}

impl fmt::Display for Date {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Civil { year, month, day } = self.civil();
        write!(to, "{year:04}-{month:02}-{day:02}")
    }
}

/// As [`Display`](fmt::Display): a count of days tells a reader nothing.
impl fmt::Debug for Date {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}
