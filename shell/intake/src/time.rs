//! Times and dates as partners write them.
//!
//! A local pattern is compiled once to a list of items; reading a value is one pass without allocation. The way from
//! local time to an instant keeps the zone's current span, so that it is one subtraction for all but the hours around
//! a change of the clocks.

use crate::adapter::TimeFormat;
use calendar::{Date, Instant, LocalTime, MICROS_PER_HOUR, MICROS_PER_SECOND, OFFSET_S_MAX, Resolved, Span, Zone};
use money::parse_units;

/// A compiled [`TimeFormat`].
#[derive(Clone, Debug)]
pub(crate) enum TimeShape {
    Rfc3339,
    UnixSeconds,
    UnixMillis,
    Local(LocalPattern),
}

/// Why a text is no time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum TimeFault {
    /// It is not written as declared.
    Unreadable,
    /// The clock was put forward over it.
    Never,
    /// Outside the years that are taken.
    OutOfRange,
}

/// From 1970-01-01T00:00:00Z.
pub(crate) const EARLIEST_AT: Instant = Instant(0);
/// To before 2201-01-01T00:00:00Z.
pub(crate) const LATEST_AT: Instant = Instant(7_289_654_400 * MICROS_PER_SECOND);

/// A pattern of local times.
#[derive(Clone, Debug)]
pub(crate) struct LocalPattern {
    items: Vec<Item>,
    /// Whether it has a time of day; without one it means the start of the day, whenever that is.
    has_clock: bool,
    /// As written, for messages.
    pub(crate) text: Box<str>,
}

#[derive(Clone, Copy, Debug)]
enum Item {
    Year,
    /// Two digits; 69 to 99 are of the last century.
    ShortYear,
    Month,
    Day,
    Hour,
    Minute,
    Second,
    Fraction,
    Literal(u8),
}

impl TimeShape {
    pub(crate) fn new(format: &TimeFormat) -> Self {
        match format {
            TimeFormat::Rfc3339 => Self::Rfc3339,
            TimeFormat::UnixSeconds => Self::UnixSeconds,
            TimeFormat::UnixMillis => Self::UnixMillis,
            TimeFormat::Local(pattern) => Self::Local(LocalPattern::new(pattern)),
        }
    }

    /// What is expected, for messages.
    pub(crate) fn expected(&self) -> String {
        match self {
            Self::Rfc3339 => "expected a time such as 2019-01-31T02:30:00Z".to_owned(),
            Self::UnixSeconds => "expected whole seconds since 1970".to_owned(),
            Self::UnixMillis => "expected whole milliseconds since 1970".to_owned(),
            Self::Local(pattern) => format!("expected a time written as `{}`", pattern.text),
        }
    }
}

/// Leads from texts to instants in one zone.
#[derive(Clone, Debug)]
pub(crate) struct Times {
    zone: Zone,
    second_of_twice: bool,
    span: Span,
}

impl Times {
    pub(crate) fn new(zone: &Zone, second_of_twice: bool) -> Self {
        Self { zone: zone.clone(), second_of_twice, span: zone.span_at(EARLIEST_AT) }
    }

    /// The instant that a text names.
    #[inline]
    pub(crate) fn instant(&mut self, text: &str, shape: &TimeShape) -> Result<Instant, TimeFault> {
        let bytes = text.as_bytes();
        let at = match shape {
            TimeShape::Rfc3339 => Instant::parse_rfc3339(bytes).ok_or(TimeFault::Unreadable)?,
            TimeShape::UnixSeconds => Instant::from_unix_s(whole(bytes)?).ok_or(TimeFault::OutOfRange)?,
            TimeShape::UnixMillis => Instant::from_unix_ms(whole(bytes)?).ok_or(TimeFault::OutOfRange)?,
            TimeShape::Local(pattern) => {
                let time = pattern.read(bytes).ok_or(TimeFault::Unreadable)?;
                if pattern.has_clock { self.resolve(time)? } else { self.zone.start_of_day(time.date()) }
            }
        };
        if at < EARLIEST_AT || at >= LATEST_AT { Err(TimeFault::OutOfRange) } else { Ok(at) }
    }

    /// The civil date that a text names: its own where it is local, the zone's where it is an instant.
    #[inline]
    pub(crate) fn date(&mut self, text: &str, shape: &TimeShape) -> Result<Date, TimeFault> {
        if let TimeShape::Local(pattern) = shape {
            let date = pattern.read(text.as_bytes()).ok_or(TimeFault::Unreadable)?.date();
            return if (1970..=2200).contains(&date.year()) { Ok(date) } else { Err(TimeFault::OutOfRange) };
        }
        let at = self.instant(text, shape)?;
        if !self.span.contains(at) {
            self.span = self.zone.span_at(at);
        }
        Ok(self.span.local(at).date())
    }

    #[inline]
    fn resolve(&mut self, time: LocalTime) -> Result<Instant, TimeFault> {
        // Inside a span, further from its ends than any clock is from UTC, twice, no other span shows the time.
        const MARGIN: i64 = 2 * (OFFSET_S_MAX as i64 / 3_600) * MICROS_PER_HOUR;
        let at = Instant(time.0 - i64::from(self.span.offset_s) * MICROS_PER_SECOND);
        if at.0 >= self.span.from.0.saturating_add(MARGIN) && at.0 < self.span.until.0.saturating_sub(MARGIN) {
            return Ok(at);
        }
        self.resolve_anew(time)
    }

    #[cold]
    fn resolve_anew(&mut self, time: LocalTime) -> Result<Instant, TimeFault> {
        let at = match self.zone.resolve(time) {
            Resolved::Once(at) => at,
            Resolved::Twice { first, second } => {
                if self.second_of_twice {
                    second
                } else {
                    first
                }
            }
            Resolved::Never => return Err(TimeFault::Never),
        };
        self.span = self.zone.span_at(at);
        Ok(at)
    }
}

/// A whole number of seconds or milliseconds.
fn whole(text: &[u8]) -> Result<i64, TimeFault> {
    parse_units(text, 0).map_err(|_| TimeFault::Unreadable)
}

impl LocalPattern {
    /// An item that is not known stands for itself.
    pub(crate) fn new(pattern: &str) -> Self {
        let (mut items, mut bytes) = (Vec::new(), pattern.bytes());
        while let Some(byte) = bytes.next() {
            if byte != b'%' {
                items.push(Item::Literal(byte));
                continue;
            }
            items.push(match bytes.next() {
                Some(b'Y') => Item::Year,
                Some(b'y') => Item::ShortYear,
                Some(b'm') => Item::Month,
                Some(b'd') => Item::Day,
                Some(b'H') => Item::Hour,
                Some(b'M') => Item::Minute,
                Some(b'S') => Item::Second,
                Some(b'f') => Item::Fraction,
                other => Item::Literal(other.unwrap_or(b'%')),
            });
        }
        let has_clock = items.iter().any(|item| matches!(item, Item::Hour));
        Self { items, has_clock, text: pattern.into() }
    }

    /// The local time that a text names, all of it.
    #[inline]
    pub(crate) fn read(&self, text: &[u8]) -> Option<LocalTime> {
        let (mut year, mut month, mut day) = (1970, 1, 1);
        let (mut hour, mut minute, mut second, mut micros) = (0, 0, 0, 0);
        let mut at = 0;
        for item in &self.items {
            match item {
                Item::Literal(byte) => {
                    if text.get(at) != Some(byte) {
                        return None;
                    }
                    at += 1;
                }
                Item::Year => year = digits(text, &mut at, 4, 4)?,
                Item::ShortYear => {
                    let short = digits(text, &mut at, 2, 2)?;
                    year = short + if short < 69 { 2000 } else { 1900 };
                }
                Item::Month => month = digits(text, &mut at, 1, 2)?,
                Item::Day => day = digits(text, &mut at, 1, 2)?,
                Item::Hour => hour = digits(text, &mut at, 1, 2)?,
                Item::Minute => minute = digits(text, &mut at, 1, 2)?,
                Item::Second => second = digits(text, &mut at, 1, 2)?,
                Item::Fraction => micros = fraction(text, &mut at)?,
            }
        }
        if at != text.len() {
            return None;
        }
        let date = Date::new(i32::try_from(year).ok()?, u8::try_from(month).ok()?, u8::try_from(day).ok()?)?;
        LocalTime::from_clock(date, hour, minute, second, micros)
    }
}

/// From `min` to `max` digits at `at`, which moves behind them.
#[inline]
fn digits(text: &[u8], at: &mut usize, min: usize, max: usize) -> Option<u32> {
    let (from, mut value) = (*at, 0);
    while *at - from < max {
        let digit = text.get(*at).map_or(u8::MAX, |byte| byte.wrapping_sub(b'0'));
        if digit > 9 {
            break;
        }
        value = value * 10 + u32::from(digit);
        *at += 1;
    }
    (*at - from >= min).then_some(value)
}

/// Microseconds from one to nine digits; what is finer is cut off.
fn fraction(text: &[u8], at: &mut usize) -> Option<u32> {
    let from = *at;
    let value = digits(text, at, 1, 9)?;
    let count = u32::try_from(*at - from).ok()?;
    Some(if count <= 6 { value * 10_u32.pow(6 - count) } else { value / 10_u32.pow(count - 6) })
}
