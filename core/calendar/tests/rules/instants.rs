//! Instants and wall-clock times: texts, bounds, round trips.

use crate::{date, instant};
use calendar::{Instant, LocalTime, MICROS_PER_DAY, MICROS_PER_SECOND};
use proptest::prelude::*;

#[test]
fn texts_of_instants() {
    check("1970-01-01T00:00:00Z", "1970-01-01T00:00:00Z", 0);
    check("2019-01-31T02:30:00Z", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("2019-01-31t02:30:00z", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("2019-01-31 02:30:00+00:00", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("2019-01-31T02:30:00-00:00", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("2019-01-31T11:30:00+09:00", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("2019-01-30T21:00:00-05:30", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("2019-01-31T02:30:00.5Z", "2019-01-31T02:30:00.500000Z", 1_548_901_800_500_000);
    check("2019-01-31T02:30:00.000001Z", "2019-01-31T02:30:00.000001Z", 1_548_901_800_000_001);
    check("2019-01-31T02:30:00.000001999+00:00", "2019-01-31T02:30:00.000001Z", 1_548_901_800_000_001);
    check("2019-01-31T02:30:00.0000009Z", "2019-01-31T02:30:00Z", 1_548_901_800_000_000);
    check("1969-12-31T23:59:59.999999Z", "1969-12-31T23:59:59.999999Z", -1);
    check("0001-01-01T00:00:00Z", "0001-01-01T00:00:00Z", Instant::FIRST.0);
    check("9999-12-31T23:59:59.999999Z", "9999-12-31T23:59:59.999999Z", Instant::LAST.0);

    fn check(text: &str, printed: &str, micros: i64) {
        assert_eq!(Instant::parse_rfc3339(text.as_bytes()), Some(Instant(micros)), "{text}");
        assert_eq!(Instant(micros).to_string(), printed);
    }
}

#[test]
fn texts_that_name_no_instant() {
    for text in [
        "",
        "2019-01-31",
        "2019-01-31T02:30:00",
        "2019-01-31T02:30Z",
        "2019-01-31T02:30:00.Z",
        "2019-01-31T02:30:00,5Z",
        "2019-01-31T02:30:00.1234567890Z",
        "2019-01-31T24:00:00Z",
        "2019-01-31T23:60:00Z",
        "2016-12-31T23:59:60Z",
        "2019-02-29T00:00:00Z",
        "2019-01-31T02:30:00+0900",
        "2019-01-31T02:30:00+09",
        "2019-01-31T02:30:00+24:00",
        "2019-01-31T02:30:00+09:60",
        "2019-01-31T02:30:00 09:00",
        "2019-01-31T02:30:00Z ",
        "2019-01-31_02:30:00Z",
        "2019-01-31T02-30-00Z",
        "0001-01-01T00:00:00+00:01",
        "9999-12-31T23:59:59-00:01",
        "0000-12-31T23:59:59-00:01",
        "2019-01-31T0a:30:00Z",
        "2019-01-31T02:30:00+0x:00",
        "２019-01-31T02:30:00Z",
        "none",
    ] {
        assert_eq!(Instant::parse_rfc3339(text.as_bytes()), None, "{text:?}");
    }
}

#[test]
fn numbers_of_unix_time() {
    assert_eq!(Instant::from_unix_s(1_548_901_800), Some(instant("2019-01-31T02:30:00Z")));
    assert_eq!(Instant::from_unix_ms(-1), Some(instant("1969-12-31T23:59:59.999Z")));
    assert_eq!(Instant::from_unix_s(253_402_300_799), Some(instant("9999-12-31T23:59:59Z")));
    assert_eq!(Instant::from_unix_s(253_402_300_800), None);
    assert_eq!(Instant::from_unix_s(i64::MAX), None);
    assert_eq!(Instant::from_unix_ms(i64::MIN), None);
}

#[test]
fn the_absent_instant() {
    assert!(Instant::NONE.is_none());
    assert_eq!(Instant::NONE.present(), None);
    assert_eq!(Instant(0).present(), Some(Instant(0)));
    assert_eq!(Instant::NONE.to_string(), "none");
    assert!(Instant::NONE < Instant::BEGINNING && Instant::BEGINNING < Instant::FIRST && Instant::LAST < Instant::END);
}

#[test]
fn wall_clock_times() {
    let half_past_two = LocalTime::from_parts(date("2019-03-10"), 9_000 * MICROS_PER_SECOND);
    assert_eq!(LocalTime::from_clock(date("2019-03-10"), 2, 30, 0, 0), Some(half_past_two));
    assert_eq!(LocalTime::parse(b"2019-03-10 02:30:00"), Some(half_past_two));
    assert_eq!(half_past_two.to_string(), "2019-03-10T02:30:00");
    assert_eq!(half_past_two.date(), date("2019-03-10"));
    assert_eq!(half_past_two.micros_of_day(), 9_000 * MICROS_PER_SECOND);
    assert_eq!(LocalTime::from_parts(date("2019-03-11"), -MICROS_PER_SECOND).to_string(), "2019-03-10T23:59:59");
    for (hour, minute, second, micros) in [(24, 0, 0, 0), (0, 60, 0, 0), (0, 0, 60, 0), (0, 0, 0, 1_000_000)] {
        assert_eq!(LocalTime::from_clock(date("2019-03-10"), hour, minute, second, micros), None);
    }
    for text in ["2019-03-10 02:30:00Z", "2019-03-10 02:30", "2019-03-10", "2019-03-10 02:30:00.", ""] {
        assert_eq!(LocalTime::parse(text.as_bytes()), None, "{text:?}");
    }
}

proptest! {
    #[test]
    fn what_is_printed_is_parsed(micros in Instant::FIRST.0..=Instant::LAST.0) {
        let text = Instant(micros).to_string();
        prop_assert_eq!(Instant::parse_rfc3339(text.as_bytes()), Some(Instant(micros)));
    }

    #[test]
    fn an_offset_moves_by_itself(
        micros in -MICROS_PER_DAY * 100_000..MICROS_PER_DAY * 100_000,
        minutes in -1_439..=1_439i64,
    ) {
        let shown = LocalTime(micros + minutes * 60 * MICROS_PER_SECOND);
        let sign = if minutes < 0 { '-' } else { '+' };
        let text = format!("{shown}{sign}{:02}:{:02}", minutes.abs() / 60, minutes.abs() % 60);
        prop_assert_eq!(Instant::parse_rfc3339(text.as_bytes()), Some(Instant(micros)), "{}", text);
    }

    #[test]
    fn no_bytes_make_the_parsers_panic(text in proptest::collection::vec(any::<u8>(), 0..40)) {
        let at = Instant::parse_rfc3339(&text);
        prop_assert!(at.is_none_or(|at| !at.is_none()));
        LocalTime::parse(&text);
    }

    #[test]
    fn one_changed_byte_never_panics(place in 0..32usize, byte in any::<u8>()) {
        let mut text = *b"2019-01-31T02:30:00.123456+09:00";
        text[place] = byte;
        if let Some(at) = Instant::parse_rfc3339(&text) {
            prop_assert!(Instant::FIRST <= at && at <= Instant::LAST);
        }
    }
}
