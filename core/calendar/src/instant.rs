//! Instants: points of the world, as microseconds since the epoch.
//!
//! An absent instant is a value of the same size ([`Instant::NONE`]), so that columns of times need no second column.
//! Parsing reads digits at fixed places without allocation: it stands on the path of every event.

use crate::digits;
use crate::{Date, LocalTime, MICROS_PER_HOUR, MICROS_PER_SECOND};
use std::fmt;

/// A point in time: microseconds since 1970-01-01T00:00:00Z, without leap seconds.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Instant(pub i64);

/// No instant.
impl Default for Instant {
    fn default() -> Self {
        Self::NONE
    }
}

impl Instant {
    /// No instant: the mark of an absent value. It sorts before all others and takes part in no arithmetic.
    pub const NONE: Instant = Instant(i64::MIN);
    /// The open lower end of spans: before every instant that can be entered.
    pub const BEGINNING: Instant = Instant(i64::MIN + 1);
    /// The open upper end of spans: after every instant that can be entered.
    pub const END: Instant = Instant(i64::MAX);
    /// 0001-01-01T00:00:00Z, the first instant that may be entered.
    pub const FIRST: Instant = Instant(LocalTime::from_parts(Date::FIRST, 0).0);
    /// 9999-12-31T23:59:59.999999Z, the last instant that may be entered.
    pub const LAST: Instant = Instant(LocalTime::from_parts(Date(Date::LAST.0 + 1), 0).0 - 1);

    /// The instant that an RFC 3339 text names: `YYYY-MM-DDTHH:MM:SS`, an optional fraction of 1 to 9 digits (cut,
    /// not rounded, to microseconds) and the mandatory offset `Z` or `±HH:MM`. As the RFC allows, letters may be small
    /// and the `T` a space. `None` for anything else, for a leap second (`:60`), and for an instant outside the years
    /// 1 to 9999 of UTC.
    #[inline]
    pub fn parse_rfc3339(text: &[u8]) -> Option<Instant> {
        let (local, rest) = LocalTime::parse_start(text)?;
        let offset_s = match rest {
            [b'Z' | b'z'] => 0,
            _ => parse_offset(rest)?,
        };
        Instant(local.0 - i64::from(offset_s) * MICROS_PER_SECOND).in_bounds()
    }

    /// The instant so many seconds after the epoch; `None` outside the years 1 to 9999.
    pub fn from_unix_s(seconds: i64) -> Option<Instant> {
        Instant(seconds.checked_mul(MICROS_PER_SECOND)?).in_bounds()
    }

    /// The instant so many milliseconds after the epoch; `None` outside the years 1 to 9999.
    pub fn from_unix_ms(millis: i64) -> Option<Instant> {
        Instant(millis.checked_mul(1_000)?).in_bounds()
    }

    /// Whether this is the mark of an absent value.
    #[inline]
    pub const fn is_none(self) -> bool {
        self.0 == Instant::NONE.0
    }

    /// This instant, or `None` for the mark of an absent value.
    #[inline]
    pub const fn present(self) -> Option<Instant> {
        if self.is_none() { None } else { Some(self) }
    }

    /// The instant so many elapsed hours later, at most [`Instant::END`].
    pub const fn plus_hours(self, hours: u16) -> Instant {
        assert!(!self.is_none(), "an absent instant takes part in no arithmetic");
        Instant(self.0.saturating_add(hours as i64 * MICROS_PER_HOUR))
    }

    /// What a wall clock set to UTC shows.
    pub const fn utc(self) -> LocalTime {
        LocalTime(self.0)
    }

    /// This instant if it may be entered.
    #[inline]
    fn in_bounds(self) -> Option<Instant> {
        (Instant::FIRST..=Instant::LAST).contains(&self).then_some(self)
    }
}

/// The seconds east of UTC that exactly `±HH:MM` names, up to 23:59.
#[inline]
fn parse_offset(text: &[u8]) -> Option<i32> {
    let text: &[u8; 6] = text.try_into().ok()?;
    let hours = digits::fixed::<2>(text, 1)?;
    let minutes = digits::fixed::<2>(text, 4)?;
    if text[3] != b':' || hours > 23 || minutes > 59 {
        return None;
    }
    let seconds = (hours * 3_600 + minutes * 60) as i32;
    match text[0] {
        b'+' => Some(seconds),
        b'-' => Some(-seconds),
        _ => None,
    }
}

impl fmt::Display for Instant {
    /// RFC 3339 in UTC: `2019-01-31T02:30:00Z`, with six digits of microseconds where they are not zero; `none` for
    /// the absent instant.
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.present() {
            Some(at) => write!(to, "{}Z", at.utc()),
            None => to.write_str("none"),
        }
    }
}

/// As [`Display`](fmt::Display).
impl fmt::Debug for Instant {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, to)
    }
}
