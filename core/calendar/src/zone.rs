//! Time zones as data: a table of offsets, and what follows from it in both directions.
//!
//! A zone is a first offset and ascending transitions; between two of them lies a *span* of one offset. The span of an
//! instant is a binary search. The way back from the wall clock looks only at spans within [`OFFSET_S_MAX`] of the
//! time read as UTC, since no clock is further from UTC than that: in practice one span or two.

use crate::{Date, Instant, LocalTime, MICROS_PER_SECOND};

/// The number of a zone in its book's table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub struct ZoneId(pub u16);

/// A zone: how far its wall clock is from UTC, at every instant.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Zone {
    /// The name, as IANA writes it: `America/New_York`.
    pub name: Box<str>,
    /// The changes of offset, strictly ascending by instant. No offset is beyond [`OFFSET_S_MAX`].
    pub transitions: Vec<Transition>,
    /// Seconds east of UTC before the first transition.
    pub first_offset_s: i32,
}

/// A change of a zone's offset.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Transition {
    /// The first instant of the new offset.
    pub at: Instant,
    /// Seconds east of UTC from then on.
    pub offset_s: i32,
}

/// A stretch of time in which a zone's offset stays the same, half-open.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Span {
    /// Its first instant; [`Instant::BEGINNING`] for the zone's first span.
    pub from: Instant,
    /// The first instant after it; [`Instant::END`] for the zone's last span.
    pub until: Instant,
    /// Seconds east of UTC.
    pub offset_s: i32,
}

/// The instants at which a wall clock shows a time.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Resolved {
    /// It shows the time once.
    Once(Instant),
    /// It shows the time twice, since it was turned back. (Of more than two, the first two.)
    Twice {
        /// The earlier instant.
        first: Instant,
        /// The later instant.
        second: Instant,
    },
    /// It never shows the time, since it was turned forward over it.
    Never,
}

/// The most that a wall clock is from UTC, in seconds, either way (26 hours, the limit of the zone file format).
pub const OFFSET_S_MAX: i32 = 26 * 3_600;

impl Zone {
    /// The zone of these changes; `None` if they are not strictly ascending, lie outside the instants from
    /// [`Instant::BEGINNING`] to [`Instant::END`], or an offset is beyond [`OFFSET_S_MAX`].
    pub fn new(name: &str, first_offset_s: i32, transitions: Vec<Transition>) -> Option<Zone> {
        let is_bounded = |offset_s: i32| (-OFFSET_S_MAX..=OFFSET_S_MAX).contains(&offset_s);
        let mut previous = Instant::BEGINNING;
        for transition in &transitions {
            if transition.at <= previous || transition.at == Instant::END || !is_bounded(transition.offset_s) {
                return None;
            }
            previous = transition.at;
        }
        is_bounded(first_offset_s).then(|| Zone { name: name.into(), transitions, first_offset_s })
    }

    /// A zone whose clock is never changed. `offset_s` is within [`OFFSET_S_MAX`].
    pub fn fixed(name: &str, offset_s: i32) -> Zone {
        Zone::new(name, offset_s, Vec::new()).expect("a fixed offset is within 26 hours")
    }

    /// UTC.
    pub fn utc() -> Zone {
        Zone::fixed("UTC", 0)
    }

    /// Seconds east of UTC at an instant.
    pub fn offset_at(&self, at: Instant) -> i32 {
        self.span_at(at).offset_s
    }

    /// The span of one offset that an instant is in. A loop over many instants keeps it until one leaves it.
    pub fn span_at(&self, at: Instant) -> Span {
        self.span(self.index_at(at))
    }

    /// What the wall clock shows at an instant.
    pub fn local(&self, at: Instant) -> LocalTime {
        self.span_at(at).local(at)
    }

    /// The instants at which the wall clock shows `time`.
    pub fn resolve(&self, time: LocalTime) -> Resolved {
        let mut first = None;
        for index in self.index_at(earliest_at(time))..=self.index_at(latest_at(time)) {
            let span = self.span(index);
            let at = Instant(shifted(time.0, -span.offset_s));
            if !span.contains(at) {
                continue;
            }
            match first {
                None => first = Some(at),
                Some(first) => return Resolved::Twice { first, second: at },
            }
        }
        first.map_or(Resolved::Never, Resolved::Once)
    }

    /// The first instant at which the wall clock shows `time` or later: the instant of that time, the first of two,
    /// or the end of the gap in which it lies. It never falls as `time` rises.
    pub fn first_reaching(&self, time: LocalTime) -> Instant {
        let mut index = self.index_at(earliest_at(time));
        loop {
            let span = self.span(index);
            // The last time that this span's clock shows is one microsecond before its end.
            if index == self.transitions.len() || shifted(span.until.0, span.offset_s) > time.0 {
                return span.from.max(Instant(shifted(time.0, -span.offset_s)));
            }
            index += 1;
        }
    }

    /// The latest time that the wall clock has shown up to an instant, this one included: its time, unless it was
    /// turned back and has not caught up. It never falls as time goes on.
    pub fn reached(&self, at: Instant) -> LocalTime {
        let mut index = self.index_at(at);
        let mut latest = self.span(index).local(at);
        while index > 0 {
            index -= 1;
            let earlier = self.span(index);
            // Two offsets differ by twice the largest at most: what ended before that cannot have been ahead.
            if earlier.until.0 < shifted(at.0, -2 * OFFSET_S_MAX) {
                break;
            }
            latest = latest.max(earlier.local(Instant(earlier.until.0 - 1)));
        }
        latest
    }

    /// The first instant of a civil day: its midnight, the first of two, or the first instant after a gap over it.
    pub fn start_of_day(&self, date: Date) -> Instant {
        self.first_reaching(LocalTime::from_parts(date, 0))
    }

    /// The number of the span that an instant is in: how many transitions are not after it.
    fn index_at(&self, at: Instant) -> usize {
        self.transitions.partition_point(|transition| transition.at <= at)
    }

    /// A span by its number, 0 to the number of transitions.
    fn span(&self, index: usize) -> Span {
        let (from, offset_s) = match index.checked_sub(1) {
            None => (Instant::BEGINNING, self.first_offset_s),
            Some(before) => (self.transitions[before].at, self.transitions[before].offset_s),
        };
        let until = self.transitions.get(index).map_or(Instant::END, |transition| transition.at);
        Span { from, until, offset_s }
    }
}

impl Span {
    /// Whether an instant is in this span.
    #[inline]
    pub fn contains(&self, at: Instant) -> bool {
        self.from <= at && at < self.until
    }

    /// What the wall clock shows at an instant of this span. The absent instant has no local time: asking is a bug.
    #[inline]
    pub fn local(&self, at: Instant) -> LocalTime {
        assert!(!at.is_none(), "an absent instant has no local time");
        LocalTime(shifted(at.0, self.offset_s))
    }
}

/// The earliest instant at which any wall clock shows `time`.
fn earliest_at(time: LocalTime) -> Instant {
    Instant(shifted(time.0, -OFFSET_S_MAX))
}

/// The latest instant at which any wall clock shows `time`.
fn latest_at(time: LocalTime) -> Instant {
    Instant(shifted(time.0, OFFSET_S_MAX))
}

/// Microseconds moved by seconds; stays at the ends of the number range, far outside all times that can be entered.
fn shifted(micros: i64, seconds: i32) -> i64 {
    micros.saturating_add(i64::from(seconds) * MICROS_PER_SECOND)
}
