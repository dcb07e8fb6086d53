//! How far the clock may move between two turns without a person's word.
//!
//! A clock that is wrong by a year would cut a year of periods at once, and nothing issued is ever taken back. So a stamp
//! more than [`STEP_MAX_MICROS`] behind the latest one is refused, or [`START_STEP_MAX_MICROS`] for the first turn after a
//! start, since a node may well stand still over a weekend. A person may accept a later moment, which is logged.

use calendar::{Instant, MICROS_PER_SECOND};

/// An hour.
pub const STEP_MAX_MICROS: i64 = 3_600 * MICROS_PER_SECOND;

/// Seven days.
pub const START_STEP_MAX_MICROS: i64 = 7 * 86_400 * MICROS_PER_SECOND;

/// The clock has moved too far.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the clock has moved from {from} to {to}, more than {hours} hours; check it, then accept it with --accept-clock"
)]
pub struct ClockRefusal {
    /// The latest stamp.
    pub from: Instant,
    /// The stamp that was refused.
    pub to: Instant,
    /// How far it may move.
    pub hours: i64,
}

/// What is known of the clock.
#[derive(Clone, Copy, Debug)]
pub(crate) struct ClockRules {
    /// Whether a turn was decided since the start.
    pub(crate) moved: bool,
    /// Until when a person has accepted it.
    pub(crate) accepted_until: Instant,
}

impl ClockRules {
    pub(crate) const fn new(accepted_until: Instant) -> Self {
        Self { moved: false, accepted_until }
    }

    /// Refuses a stamp that is too far behind the latest one.
    pub(crate) fn check(self, latest: Instant, at: Instant) -> Result<(), ClockRefusal> {
        let step_max = if self.moved { STEP_MAX_MICROS } else { START_STEP_MAX_MICROS };
        // Before the first turn of all there is nothing to compare with.
        if latest.is_none() || at <= self.accepted_until || at.0.saturating_sub(latest.0) <= step_max {
            return Ok(());
        }
        Err(ClockRefusal { from: latest, to: at, hours: step_max / STEP_MAX_MICROS })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(moved: bool, accepted_s: i64, latest_s: i64, at_s: i64, passes: bool) {
        let rules = ClockRules { moved, accepted_until: Instant(accepted_s * MICROS_PER_SECOND) };
        let checked = rules.check(Instant(latest_s * MICROS_PER_SECOND), Instant(at_s * MICROS_PER_SECOND));
        assert_eq!(checked.is_ok(), passes, "{checked:?}");
    }

    #[test]
    fn a_jump_needs_a_persons_word() {
        let (hour, day) = (3_600, 86_400);
        check(true, 0, 10, 10 + hour, true);
        check(true, 0, 10, 11 + hour, false);
        check(true, 11 + hour, 10, 11 + hour, true);
        check(true, 10 + hour, 10, 11 + hour, false);
        check(false, 0, 10, 10 + 7 * day, true);
        check(false, 0, 10, 11 + 7 * day, false);
        check(true, 0, 10, 5, true);
    }

    #[test]
    fn the_first_stamp_of_all_is_taken_as_it_is() {
        let rules = ClockRules::new(Instant::NONE);
        assert_eq!(rules.check(Instant::NONE, Instant(i64::MAX / 2)), Ok(()));
    }
}
