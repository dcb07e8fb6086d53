//! The rules of the calendar: golden cases, and properties against slow and obvious models.

mod commercial_days;
mod cycles;
mod dates;
mod dues;
mod instants;
mod zones;

use calendar::{Date, Instant, Transition, Zone};

/// The date that an ISO text names.
fn date(text: &str) -> Date {
    Date::parse(text).unwrap_or_else(|| panic!("{text} is a date"))
}

/// The instant that an RFC 3339 text names.
fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text.as_bytes()).unwrap_or_else(|| panic!("{text} is an instant"))
}

/// A zone by its first offset in minutes and its changes: instant, offset in minutes from then on.
fn zone(name: &str, first_offset_min: i32, changes: &[(&str, i32)]) -> Zone {
    let transitions =
        changes.iter().map(|&(at, offset_min)| Transition { at: instant(at), offset_s: offset_min * 60 }).collect();
    Zone::new(name, first_offset_min * 60, transitions).expect("the changes ascend")
}

/// New York in 2019: daylight time from 10 March to 3 November.
fn new_york() -> Zone {
    zone("America/New_York", -300, &[("2019-03-10T07:00:00Z", -240), ("2019-11-03T06:00:00Z", -300)])
}

/// Samoa, which skipped 2011-12-30 when it went from the east to the west of the date line.
fn samoa() -> Zone {
    zone("Pacific/Apia", -600, &[("2011-12-30T10:00:00Z", 840)])
}

/// São Paulo in 2018 and 2019: turned forward over midnight, and back at midnight to 23:00 of the day before.
fn sao_paulo() -> Zone {
    zone("America/Sao_Paulo", -180, &[("2018-11-04T03:00:00Z", -120), ("2019-02-17T02:00:00Z", -180)])
}
