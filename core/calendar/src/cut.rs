//! Cuts: until when an event is in time for its period.

use crate::{Date, Instant, Zone, start_of_commercial_day};

/// How long after its end a period still takes events.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Grace {
    /// The cut is the period's end.
    None,
    /// So many elapsed hours after the period's end, whatever the clock does.
    Hours(u16),
    /// So many calendar days on the wall clock: the same time of day (the cut-off) that many dates later.
    Days(u16),
}

/// The cut of a period. `period_end` is the first commercial day after the period, the contract's lag already added;
/// the period's end is the start of that day. An event is in time if it was received at the cut or before.
pub fn cut_at(zone: &Zone, cut_off_s: i32, period_end: Date, grace: Grace) -> Instant {
    match grace {
        Grace::None => start_of_commercial_day(zone, cut_off_s, period_end),
        Grace::Hours(hours) => start_of_commercial_day(zone, cut_off_s, period_end).plus_hours(hours),
        Grace::Days(days) => start_of_commercial_day(zone, cut_off_s, period_end.plus_days(i32::from(days))),
    }
}
