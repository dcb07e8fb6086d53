//! Zones in both directions: New York's clock changes, stranger ones, and a model that looks at every quarter of an
//! hour.

use crate::{date, instant, new_york, samoa, sao_paulo, zone};
use calendar::{Instant, LocalTime, MICROS_PER_SECOND, OFFSET_S_MAX, Resolved, Span, Transition, Zone};
use proptest::prelude::*;

/// A wall-clock time from text.
fn local(text: &str) -> LocalTime {
    LocalTime::parse(text.as_bytes()).unwrap_or_else(|| panic!("{text} is a time"))
}

#[test]
fn what_the_clock_shows() {
    check(&new_york(), "2019-01-01T05:00:00Z", "2019-01-01T00:00:00");
    check(&new_york(), "2019-03-10T06:59:59.999999Z", "2019-03-10T01:59:59.999999");
    check(&new_york(), "2019-03-10T07:00:00Z", "2019-03-10T03:00:00");
    check(&new_york(), "2019-11-03T05:59:59Z", "2019-11-03T01:59:59");
    check(&new_york(), "2019-11-03T06:00:00Z", "2019-11-03T01:00:00");
    check(&samoa(), "2011-12-30T09:59:59Z", "2011-12-29T23:59:59");
    check(&samoa(), "2011-12-30T10:00:00Z", "2011-12-31T00:00:00");
    check(&Zone::utc(), "2019-01-01T05:00:00Z", "2019-01-01T05:00:00");
    check(&Zone::fixed("Asia/Seoul", 32_400), "2019-01-01T15:00:00Z", "2019-01-02T00:00:00");

    fn check(zone: &Zone, at: &str, expected: &str) {
        assert_eq!(zone.local(instant(at)), local(expected), "{} {at}", zone.name);
    }
}

#[test]
fn when_the_clock_shows_it() {
    check(&new_york(), "2019-03-10T01:59:59", &["2019-03-10T06:59:59Z"]);
    check(&new_york(), "2019-03-10T02:00:00", &[]);
    check(&new_york(), "2019-03-10T02:30:00", &[]);
    check(&new_york(), "2019-03-10T03:00:00", &["2019-03-10T07:00:00Z"]);
    check(&new_york(), "2019-11-03T00:59:59", &["2019-11-03T04:59:59Z"]);
    check(&new_york(), "2019-11-03T01:00:00", &["2019-11-03T05:00:00Z", "2019-11-03T06:00:00Z"]);
    check(&new_york(), "2019-11-03T01:30:00", &["2019-11-03T05:30:00Z", "2019-11-03T06:30:00Z"]);
    check(&new_york(), "2019-11-03T02:00:00", &["2019-11-03T07:00:00Z"]);
    check(&samoa(), "2011-12-30T12:00:00", &[]);
    check(&sao_paulo(), "2018-11-04T00:00:00", &[]);
    check(&sao_paulo(), "2019-02-16T23:30:00", &["2019-02-17T01:30:00Z", "2019-02-17T02:30:00Z"]);
    check(&sao_paulo(), "2019-02-17T00:00:00", &["2019-02-17T03:00:00Z"]);

    fn check(zone: &Zone, time: &str, expected: &[&str]) {
        let expected = match *expected {
            [] => Resolved::Never,
            [at] => Resolved::Once(instant(at)),
            [first, second] => Resolved::Twice { first: instant(first), second: instant(second) },
            _ => panic!("two at most"),
        };
        assert_eq!(zone.resolve(local(time)), expected, "{} {time}", zone.name);
    }
}

#[test]
fn days_start_at_midnight_or_after_the_gap() {
    check(&new_york(), "2019-03-10", "2019-03-10T05:00:00Z");
    check(&new_york(), "2019-03-11", "2019-03-11T04:00:00Z");
    check(&sao_paulo(), "2018-11-04", "2018-11-04T03:00:00Z");
    check(&sao_paulo(), "2019-02-17", "2019-02-17T03:00:00Z");
    check(&samoa(), "2011-12-29", "2011-12-29T10:00:00Z");
    check(&samoa(), "2011-12-30", "2011-12-30T10:00:00Z");
    check(&samoa(), "2011-12-31", "2011-12-30T10:00:00Z");

    fn check(zone: &Zone, day: &str, expected: &str) {
        assert_eq!(zone.start_of_day(date(day)), instant(expected), "{} {day}", zone.name);
    }
}

#[test]
fn spans_of_one_offset() {
    let (spring, autumn) = (instant("2019-03-10T07:00:00Z"), instant("2019-11-03T06:00:00Z"));
    let winter = Span { from: Instant::BEGINNING, until: spring, offset_s: -18_000 };
    let summer = Span { from: spring, until: autumn, offset_s: -14_400 };
    let after = Span { from: autumn, until: Instant::END, offset_s: -18_000 };
    check("2019-03-10T06:59:59.999999Z", winter);
    check("2019-03-10T07:00:00Z", summer);
    check("2019-11-03T05:59:59.999999Z", summer);
    check("2019-11-03T06:00:00Z", after);

    fn check(at: &str, expected: Span) {
        assert_eq!(new_york().span_at(instant(at)), expected, "{at}");
        assert_eq!(new_york().offset_at(instant(at)), expected.offset_s, "{at}");
        assert!(expected.contains(instant(at)));
    }
}

#[test]
fn tables_that_are_no_zone() {
    let at = |seconds: i64, offset_s: i32| Transition { at: Instant(seconds * MICROS_PER_SECOND), offset_s };
    assert!(Zone::new("x", 0, vec![at(0, 0), at(1, 3_600)]).is_some());
    assert!(Zone::new("x", 0, vec![at(1, 0), at(1, 3_600)]).is_none());
    assert!(Zone::new("x", 0, vec![at(2, 0), at(1, 3_600)]).is_none());
    assert!(Zone::new("x", OFFSET_S_MAX + 1, vec![]).is_none());
    assert!(Zone::new("x", 0, vec![at(0, -OFFSET_S_MAX - 1)]).is_none());
    assert!(Zone::new("x", 0, vec![Transition { at: Instant::NONE, offset_s: 0 }]).is_none());
    assert!(Zone::new("x", 0, vec![Transition { at: Instant::END, offset_s: 0 }]).is_none());
}

#[test]
#[should_panic(expected = "an absent instant has no local time")]
fn the_absent_instant_has_no_local_time() {
    new_york().local(Instant::NONE);
}

#[test]
fn the_ends_of_time_are_answered() {
    for zone in [new_york(), zone("east", 840, &[]), zone("west", -720, &[])] {
        for at in [Instant::BEGINNING, Instant::FIRST, Instant::LAST, Instant::END] {
            assert!(zone.reached(at) >= zone.local(at));
            zone.resolve(zone.local(at));
            zone.first_reaching(zone.local(at));
        }
    }
}

/// A quarter of an hour: every time of the model is a multiple of it.
const QUARTER_S: i64 = 900;

/// Zones that nobody has: up to six changes within some ten days, to any offset of up to 26 hours.
pub(crate) fn strange_zones() -> impl Strategy<Value = Zone> {
    let offset = || prop_oneof![-104..=104i32, -8..=8i32];
    (offset(), proptest::collection::vec((1..200i64, offset()), 0..6)).prop_map(|(first, changes)| {
        let mut at_s = 0;
        let mut transitions = Vec::new();
        for (wait, offset) in changes {
            at_s += wait * QUARTER_S;
            transitions.push(Transition { at: Instant(at_s * MICROS_PER_SECOND), offset_s: offset * 900 });
        }
        Zone::new("strange", first * 900, transitions).expect("the changes ascend")
    })
}

/// Every quarter of an hour around a strange zone's changes with what the clock shows, by walking over its table.
pub(crate) fn walk(zone: &Zone) -> Vec<(Instant, LocalTime)> {
    (-500..1_700)
        .map(|quarter| {
            let at = Instant(quarter * QUARTER_S * MICROS_PER_SECOND);
            let mut offset_s = zone.first_offset_s;
            for transition in &zone.transitions {
                if transition.at.0 <= at.0 {
                    offset_s = transition.offset_s;
                }
            }
            (at, LocalTime(at.0 + i64::from(offset_s) * MICROS_PER_SECOND))
        })
        .collect()
}

proptest! {
    #[test]
    fn both_directions_agree_with_a_walk(zone in strange_zones(), quarter in -150..1_350i64) {
        let walked = walk(&zone);
        for &(at, shown) in &walked {
            prop_assert_eq!(zone.local(at), shown);
        }
        let time = LocalTime(quarter * QUARTER_S * MICROS_PER_SECOND);
        let when: Vec<Instant> = walked.iter().filter(|(_, shown)| *shown == time).map(|(at, _)| *at).collect();
        let expected = match *when.as_slice() {
            [] => Resolved::Never,
            [at] => Resolved::Once(at),
            [first, second, ..] => Resolved::Twice { first, second },
        };
        prop_assert_eq!(zone.resolve(time), expected);
        let reaching = walked.iter().find(|(_, shown)| *shown >= time).map(|(at, _)| *at);
        prop_assert_eq!(Some(zone.first_reaching(time)), reaching);
    }

    #[test]
    fn a_clock_turned_back_keeps_what_it_has_reached(zone in strange_zones()) {
        let walked = walk(&zone);
        for pair in walked.windows(2) {
            let (at, next) = (pair[0].0, pair[1].0);
            prop_assert!(zone.reached(at) <= zone.reached(next));
            prop_assert!(zone.reached(at) >= zone.local(at));
            // It is the time that was reached, and no later one: whatever is later is reached only afterwards.
            prop_assert!(zone.first_reaching(zone.reached(at)) <= at);
            prop_assert!(zone.first_reaching(LocalTime(zone.reached(at).0 + 1)) > at);
        }
    }
}
