//! Civil dates: every date of 9,999 years against counting, texts, months.

use crate::date;
use calendar::{Civil, Date, Weekday, days_in_month, is_leap_year};
use proptest::prelude::*;

#[test]
fn every_date_agrees_with_counting_days() {
    // 0001-01-01 was a Monday.
    let (mut year, mut month, mut day) = (1, 1, 1);
    let mut weekday = 0;
    let mut count = Date::FIRST;
    while year <= 9_999 {
        assert_eq!(count.civil(), Civil { year, month, day });
        assert_eq!(Date::new(year, month, day), Some(count));
        assert_eq!(count.weekday(), Weekday::ALL[weekday]);
        count = count.plus_days(1);
        weekday = (weekday + 1) % 7;
        day += 1;
        if day > month_length(year, month) {
            (month, day) = (month + 1, 1);
        }
        if month > 12 {
            (year, month) = (year + 1, 1);
        }
    }
    assert_eq!(count, Date::LAST.plus_days(1));
}

/// The rule as an almanac says it.
fn month_length(year: i32, month: u8) -> u8 {
    match month {
        4 | 6 | 9 | 11 => 30,
        2 if year % 400 == 0 || (year % 4 == 0 && year % 100 != 0) => 29,
        2 => 28,
        _ => 31,
    }
}

#[test]
fn known_dates() {
    check("1970-01-01", 0, Weekday::Thursday);
    check("1900-02-28", -25_509, Weekday::Wednesday);
    check("1900-03-01", -25_508, Weekday::Thursday);
    check("2000-02-29", 11_016, Weekday::Tuesday);
    check("2019-01-31", 17_927, Weekday::Thursday);
    check("2023-09-27", 19_627, Weekday::Wednesday);
    check("2100-02-28", 47_540, Weekday::Sunday);
    check("2100-03-01", 47_541, Weekday::Monday);
    check("0001-01-01", -719_162, Weekday::Monday);
    check("9999-12-31", 2_932_896, Weekday::Friday);

    fn check(text: &str, days: i32, weekday: Weekday) {
        assert_eq!(Date::parse(text), Some(Date(days)));
        assert_eq!(Date(days).to_string(), text);
        assert_eq!(Date(days).weekday(), weekday, "{text}");
    }
}

#[test]
fn leap_years() {
    for (year, is_leap) in [(1900, false), (2000, true), (2019, false), (2020, true), (2100, false), (2400, true)] {
        assert_eq!(is_leap_year(year), is_leap, "{year}");
        assert_eq!(Date::new(year, 2, 29).is_some(), is_leap, "{year}");
        assert_eq!(days_in_month(year, 2), if is_leap { 29 } else { 28 }, "{year}");
    }
    assert_eq!((days_in_month(2019, 0), days_in_month(2019, 13)), (0, 0));
}

#[test]
fn texts_that_name_no_date() {
    for text in [
        "",
        "2019",
        "2019-1-31",
        "2019-01-32",
        "2019-02-29",
        "2019-00-10",
        "2019-13-10",
        "2019-01-00",
        "0000-01-01",
        "10000-01-01",
        "2019/01/31",
        "2019-01-31 ",
        " 2019-01-31",
        "2019-01-3x",
        "+019-01-31",
        "2019-01-３",
        "-001-01-01",
    ] {
        assert_eq!(Date::parse(text), None, "{text:?}");
    }
    assert_eq!(Date::new(0, 1, 1), None);
    assert_eq!(Date::new(10_000, 1, 1), None);
}

#[test]
fn months_are_added_and_clamped() {
    check("2019-01-31", 1, "2019-02-28");
    check("2020-01-31", 1, "2020-02-29");
    check("2020-02-29", 12, "2021-02-28");
    check("2019-03-31", -1, "2019-02-28");
    check("2019-01-15", -1, "2018-12-15");
    check("2019-12-31", 1, "2020-01-31");
    check("2019-05-31", 25, "2021-06-30");
    check("2019-05-31", 0, "2019-05-31");
    check("2000-01-31", -1_199, "1900-02-28");

    fn check(from: &str, months: i32, expected: &str) {
        assert_eq!(date(from).plus_months(months), date(expected), "{from} {months:+}");
    }
}

#[test]
fn ends_of_months() {
    assert_eq!(date("2020-02-10").first_of_month(), date("2020-02-01"));
    assert_eq!(date("2020-02-10").last_of_month(), date("2020-02-29"));
    assert_eq!(date("2019-02-10").with_day_clamped(30), date("2019-02-28"));
    assert_eq!(date("2019-02-10").with_day_clamped(15), date("2019-02-15"));
    assert_eq!(date("2019-03-01").days_since(date("2019-02-01")), 28);
    // Just past the last date that may be entered.
    assert_eq!(Date::LAST.plus_days(1).civil(), Civil { year: 10_000, month: 1, day: 1 });
    assert_eq!(Date::LAST.plus_months(2).civil(), Civil { year: 10_000, month: 2, day: 29 });
    assert_eq!(Date::FIRST.plus_days(-1).civil(), Civil { year: 0, month: 12, day: 31 });
}

#[test]
fn weekdays_by_name() {
    for day in Weekday::ALL {
        assert_eq!(Weekday::parse(day.name()), Some(day));
        assert_eq!(Weekday::ALL[usize::from(day.number())], day);
    }
    assert_eq!(Weekday::parse("Monday"), None);
    assert_eq!(Weekday::parse("mon"), None);
}

proptest! {
    #[test]
    fn adding_months_one_by_one_is_adding_them_at_once(days in -400_000..400_000i32, months in 0..60i32) {
        let from = Date(days);
        // The first of a month is never clamped: step over whole months, then take the day.
        let mut first = from.first_of_month();
        for _ in 0..months {
            first = first.last_of_month().plus_days(1);
        }
        let expected = first.plus_days(i32::from(from.day()) - 1).min(first.last_of_month());
        prop_assert_eq!(from.plus_months(months), expected);
        prop_assert_eq!(expected.first_of_month().plus_months(-months), from.first_of_month());
    }

    #[test]
    fn a_text_is_a_date_only_if_it_is_printed_so(text in "[0-9]{3,5}-[0-9]{1,2}-[0-9]{1,2}") {
        if let Some(date) = Date::parse(&text) {
            prop_assert_eq!(date.to_string(), text);
        }
    }
}
