//! Cycles: golden periods, names, and that the periods of every cycle tile the days.

use crate::date;
use calendar::{Cycle, Date, Period, Weekday};
use proptest::prelude::*;

#[test]
fn the_period_of_a_day() {
    check(&Cycle::Day, "2019-01-31", "2019-01-31");
    check(&Cycle::Week { starts_on: Weekday::Monday }, "2019-01-31", "2019-01-28..2019-02-03");
    check(&Cycle::Week { starts_on: Weekday::Thursday }, "2019-01-31", "2019-01-31..2019-02-06");
    check(&Cycle::Week { starts_on: Weekday::Friday }, "2019-01-31", "2019-01-25..2019-01-31");
    let fortnight = Cycle::Weeks { n: 2, from: date("2019-01-07") };
    check(&fortnight, "2019-01-07", "2019-01-07..2019-01-20");
    check(&fortnight, "2019-01-21", "2019-01-21..2019-02-03");
    check(&fortnight, "2019-01-06", "2018-12-24..2019-01-06");
    check(&Cycle::HalfMonth, "2019-02-15", "2019-02-01..2019-02-15");
    check(&Cycle::HalfMonth, "2019-02-16", "2019-02-16..2019-02-28");
    check(&Cycle::HalfMonth, "2020-02-29", "2020-02-16..2020-02-29");
    check(&Cycle::Month, "2019-12-31", "2019-12");
    check(&Cycle::MonthFrom { day: 21 }, "2019-01-20", "2018-12-21..2019-01-20");
    check(&Cycle::MonthFrom { day: 21 }, "2019-01-21", "2019-01-21..2019-02-20");
    check(&Cycle::MonthFrom { day: 1 }, "2019-01-20", "2019-01");
    let thirds = Cycle::DaysOfMonth(vec![1, 11, 21]);
    check(&thirds, "2019-02-10", "2019-02-01..2019-02-10");
    check(&thirds, "2019-02-11", "2019-02-11..2019-02-20");
    check(&thirds, "2019-02-28", "2019-02-21..2019-02-28");
    let over_the_end = Cycle::DaysOfMonth(vec![5, 25]);
    check(&over_the_end, "2019-01-04", "2018-12-25..2019-01-04");
    check(&over_the_end, "2019-01-05", "2019-01-05..2019-01-24");
    check(&over_the_end, "2019-12-31", "2019-12-25..2020-01-04");
    check(&Cycle::Once, "0001-01-01", "once");
    check(&Cycle::Once, "9999-12-31", "once");

    fn check(cycle: &Cycle, day: &str, name: &str) {
        let period = cycle.period_of(date(day));
        assert_eq!(period.name(), name, "{cycle:?} {day}");
        assert_eq!(Period::parse(name), Some(period));
    }
}

#[test]
fn periods_follow_each_other() {
    let january = Cycle::Month.period_of(date("2019-01-31"));
    assert_eq!(Cycle::Month.next(&january).name(), "2019-02");
    assert_eq!(Cycle::Month.previous(&january).name(), "2018-12");
    assert_eq!((january.days(), january.last()), (31, date("2019-01-31")));
    assert!(january.contains(date("2019-01-01")) && !january.contains(date("2019-02-01")));
    assert!(january < Cycle::Month.next(&january));
    let last = Cycle::Month.period_of(Date::LAST);
    assert_eq!((last.end, last.name()), (Date::LAST.plus_days(1), "9999-12".to_owned()));
}

#[test]
fn texts_that_name_no_period() {
    for text in
        ["", "2019", "2019-13", "2019-02-29", "2019-01-31..2019-01-30", "2019-01..2019-02", "2019-01-01..", "x-01"]
    {
        assert_eq!(Period::parse(text), None, "{text:?}");
    }
}

#[test]
fn cycles_out_of_bounds() {
    check(Cycle::Weeks { n: 0, from: date("2019-01-07") }, false);
    check(Cycle::Weeks { n: 1, from: date("2019-01-07") }, true);
    check(Cycle::MonthFrom { day: 0 }, false);
    check(Cycle::MonthFrom { day: 28 }, true);
    check(Cycle::MonthFrom { day: 29 }, false);
    check(Cycle::DaysOfMonth(vec![]), false);
    check(Cycle::DaysOfMonth(vec![1, 11, 21]), true);
    check(Cycle::DaysOfMonth(vec![11, 1]), false);
    check(Cycle::DaysOfMonth(vec![1, 1]), false);
    check(Cycle::DaysOfMonth(vec![0, 1]), false);
    check(Cycle::DaysOfMonth(vec![1, 29]), false);

    fn check(cycle: Cycle, is_valid: bool) {
        assert_eq!(cycle.is_valid(), is_valid, "{cycle:?}");
    }
}

fn cycles() -> impl Strategy<Value = Cycle> {
    prop_oneof![
        Just(Cycle::Day),
        Just(Cycle::HalfMonth),
        Just(Cycle::Month),
        Just(Cycle::Once),
        (0..7usize).prop_map(|day| Cycle::Week { starts_on: Weekday::ALL[day] }),
        (1..=60u8, -20_000..40_000i32).prop_map(|(n, from)| Cycle::Weeks { n, from: Date(from) }),
        (1..=28u8).prop_map(|day| Cycle::MonthFrom { day }),
        proptest::collection::btree_set(1..=28u8, 1..=28)
            .prop_map(|days| Cycle::DaysOfMonth(days.into_iter().collect())),
    ]
}

/// Whether a period starts on a day: the definition of each cycle, word by word.
fn starts_on(cycle: &Cycle, day: Date) -> bool {
    match cycle {
        Cycle::Day => true,
        Cycle::Week { starts_on } => day.weekday() == *starts_on,
        Cycle::Weeks { n, from } => (day.0 - from.0) % (i32::from(*n) * 7) == 0,
        Cycle::HalfMonth => day.day() == 1 || day.day() == 16,
        Cycle::Month => day.day() == 1,
        Cycle::MonthFrom { day: start } => day.day() == *start,
        Cycle::DaysOfMonth(starts) => starts.contains(&day.day()),
        Cycle::Once => day == Date::FIRST || day == Date::LAST.plus_days(1),
    }
}

proptest! {
    #[test]
    fn periods_tile_the_days(cycle in cycles(), from in -30_000..60_000i32) {
        prop_assert!(cycle.is_valid());
        let mut period = cycle.period_of(Date(from));
        prop_assert!(period.contains(Date(from)));
        for day in from..from + 800 {
            let day = Date(day);
            if starts_on(&cycle, day) && day > Date(from) {
                let next = cycle.next(&period);
                prop_assert_eq!((period.end, next.first), (day, day));
                prop_assert_eq!(cycle.previous(&next), period);
                period = next;
            }
            prop_assert_eq!(cycle.period_of(day), period);
        }
        prop_assert!(starts_on(&cycle, period.first) && starts_on(&cycle, period.end));
    }

    #[test]
    fn names_are_parsed_and_sort(cycle in cycles(), day in -30_000..60_000i32) {
        let period = cycle.period_of(Date(day));
        prop_assert_eq!(Period::parse(&period.name()), Some(period));
        let next = cycle.next(&period);
        if cycle == Cycle::Once {
            prop_assert_eq!(next, period);
            return Ok(());
        }
        prop_assert!(period < next);
        prop_assert!(period.name() < next.name(), "{} {}", period, next);
    }
}
