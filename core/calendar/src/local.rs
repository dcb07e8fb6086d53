//! What a wall clock shows: a civil date and a time of day, without a zone.
//!
//! It is a number of its own type so that nobody adds it to an instant by accident; only a zone translates.

use crate::digits;
use crate::{Date, MICROS_PER_DAY, MICROS_PER_SECOND};
use std::fmt;

/// A wall-clock time: microseconds from 1970-01-01T00:00 on the wall clock, no zone, every day of 24 hours.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LocalTime(pub i64);

impl LocalTime {
    /// So many microseconds after the date's midnight on the wall clock. More than a day, or a negative number, leads
    /// into another date.
    #[inline]
    pub const fn from_parts(date: Date, micros_of_day: i64) -> LocalTime {
        LocalTime((date.0 as i64 * MICROS_PER_DAY).saturating_add(micros_of_day))
    }

    /// The time of this date at hour, minute, second and microsecond; `None` if the hour is over 23, the minute or
    /// second over 59 (a leap second too: no zone table counts them) or the microsecond over 999,999.
    #[inline]
    pub const fn from_clock(date: Date, hour: u32, minute: u32, second: u32, micros: u32) -> Option<LocalTime> {
        if hour > 23 || minute > 59 || second > 59 || micros > 999_999 {
            return None;
        }
        let seconds = (hour * 3_600 + minute * 60 + second) as i64;
        Some(LocalTime::from_parts(date, seconds * MICROS_PER_SECOND + micros as i64))
    }

    /// The time that `YYYY-MM-DDTHH:MM:SS` names, with an optional fraction of 1 to 9 digits (cut to microseconds)
    /// and nothing after it. The letter may be `t` or a space instead. `None` for anything else.
    pub fn parse(text: &[u8]) -> Option<LocalTime> {
        let (time, rest) = LocalTime::parse_start(text)?;
        rest.is_empty().then_some(time)
    }

    /// The wall-clock time at the start of `text`, and what stands after it.
    #[inline]
    pub(crate) fn parse_start(text: &[u8]) -> Option<(LocalTime, &[u8])> {
        let (day_and_time, rest) = text.split_first_chunk::<19>()?;
        let day: &[u8; 10] = day_and_time.first_chunk()?;
        if !matches!(day_and_time[10], b'T' | b't' | b' ') || day_and_time[13] != b':' || day_and_time[16] != b':' {
            return None;
        }
        let hour = digits::fixed::<2>(day_and_time, 11)?;
        let minute = digits::fixed::<2>(day_and_time, 14)?;
        let second = digits::fixed::<2>(day_and_time, 17)?;
        let (micros, rest) = parse_fraction(rest)?;
        let time = LocalTime::from_clock(Date::parse_bytes(day)?, hour, minute, second, micros)?;
        Some((time, rest))
    }

    /// The civil date.
    #[inline]
    pub const fn date(self) -> Date {
        // Never cut: an i64 of microseconds is at most some 107 million days.
        Date(self.0.div_euclid(MICROS_PER_DAY) as i32)
    }

    /// Microseconds since the date's midnight, 0 to 86,399,999,999.
    #[inline]
    pub const fn micros_of_day(self) -> i64 {
        self.0.rem_euclid(MICROS_PER_DAY)
    }
}

/// The microseconds of an optional `.` with 1 to 9 digits (what is finer than a microsecond is cut off) and the rest.
#[inline]
fn parse_fraction(text: &[u8]) -> Option<(u32, &[u8])> {
    let Some((b'.', fraction)) = text.split_first() else {
        return Some((0, text));
    };
    let length = fraction.iter().take_while(|byte| byte.is_ascii_digit()).count();
    if length == 0 || length > 9 {
        return None;
    }
    let (fraction, rest) = fraction.split_at(length);
    let mut micros = 0;
    for place in 0..6 {
        let digit = fraction.get(place).map_or(0, |byte| u32::from(byte - b'0'));
        micros = micros * 10 + digit;
    }
    Some((micros, rest))
}

impl fmt::Display for LocalTime {
    /// `2019-01-31T02:30:00`, with six digits of microseconds where they are not zero.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.micros_of_day() / MICROS_PER_SECOND;
        let micros = self.micros_of_day() % MICROS_PER_SECOND;
        let (hour, minute, second) = (seconds / 3_600, seconds / 60 % 60, seconds % 60);
        write!(to, "{}T{hour:02}:{minute:02}:{second:02}", self.date())?;
        if micros != 0 {
            write!(to, ".{micros:06}")?;
        }
        Ok(())
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for LocalTime {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}
