//! Due rules: the Korean autumn holidays of 2023, every base and roll, what is not covered, and a slow model.

use crate::date;
use calendar::{
    CalendarId, Cycle, Date, DueBase, DueRule, HolidayCalendar, Period, Roll, Uncovered, UncoveredReason, due_on,
};
use proptest::prelude::*;

const WEEKEND: [bool; 7] = [false, false, false, false, false, true, true];
const KR: CalendarId = CalendarId(0);
const US: CalendarId = CalendarId(1);
const NEVER: CalendarId = CalendarId(2);

/// Korea in the second half of 2023 (Chuseok and what follows), the United States, and one that is never open.
fn book() -> Vec<HolidayCalendar> {
    let calendar = |name: &str, weekend, holidays: &[&str], covers| HolidayCalendar {
        name: name.into(),
        weekend,
        holidays: holidays.iter().map(|day| date(day)).collect(),
        covers,
    };
    let half_year = Some((date("2023-07-01"), date("2024-01-01")));
    let korean = [
        "2023-08-15",
        "2023-09-28",
        "2023-09-29",
        "2023-09-30",
        "2023-10-02",
        "2023-10-03",
        "2023-10-09",
        "2023-12-25",
    ];
    vec![
        calendar("kr", WEEKEND, &korean, half_year),
        calendar("us", WEEKEND, &["2023-09-04", "2023-10-09"], None),
        calendar("never", [true; 7], &[], None),
    ]
}

fn due(base: DueBase, roll: Roll, calendars: &[CalendarId], period: &str) -> Result<Date, Uncovered> {
    let rule = DueRule { base, roll, calendars: calendars.to_vec() };
    due_on(&rule, &Period::parse(period).expect("a period"), &book())
}

#[test]
fn due_dates() {
    let last_day = DueBase::DayOfMonth { day: 31, months_after: 0 };
    let next_tenth = DueBase::DayOfMonth { day: 10, months_after: 1 };
    check(last_day, Roll::Previous, &[KR], "2023-09", "2023-09-27");
    check(last_day, Roll::Previous, &[KR], "2023-08", "2023-08-31");
    check(last_day, Roll::Next, &[KR], "2023-09", "2023-10-04");
    check(last_day, Roll::None, &[KR], "2023-09", "2023-09-30");
    check(last_day, Roll::Previous, &[KR], "2023-08-01..2023-08-15", "2023-08-31");
    check(DueBase::DayOfMonth { day: 30, months_after: 1 }, Roll::None, &[], "2023-01", "2023-02-28");
    check(DueBase::DayOfMonth { day: 31, months_after: 14 }, Roll::None, &[], "2022-12", "2024-02-29");
    check(next_tenth, Roll::None, &[], "2023-12", "2024-01-10");
    check(DueBase::Days(2), Roll::None, &[], "2023-09-29", "2023-10-01");
    check(DueBase::Days(2), Roll::Next, &[KR], "2023-09-29", "2023-10-04");
    check(DueBase::Days(0), Roll::None, &[], "2023-09", "2023-09-30");
    check(DueBase::BusinessDays(2), Roll::None, &[KR], "2023-09-26", "2023-10-04");
    check(DueBase::BusinessDays(1), Roll::None, &[KR], "2023-09", "2023-10-04");
    check(DueBase::BusinessDays(1), Roll::None, &[US], "2023-09", "2023-10-02");
    check(DueBase::BusinessDays(2), Roll::None, &[], "2023-09", "2023-10-02");
    check(DueBase::BusinessDays(0), Roll::None, &[KR], "2023-09", "2023-09-30");
    check(DueBase::BusinessDays(0), Roll::Previous, &[KR], "2023-09", "2023-09-27");
    // Open in both: 4 September is closed in one, 28 to 30 September and 2, 3 October in the other.
    for both in [[KR, US], [US, KR]] {
        check(DueBase::BusinessDays(1), Roll::None, &both, "2023-09-03", "2023-09-05");
        check(DueBase::BusinessDays(2), Roll::None, &both, "2023-09-27", "2023-10-05");
    }

    fn check(base: DueBase, roll: Roll, calendars: &[CalendarId], period: &str, expected: &str) {
        assert_eq!(due(base, roll, calendars, period), Ok(date(expected)), "{base:?} {roll:?} {period}");
    }
}

#[test]
fn due_dates_that_no_calendar_knows() {
    let outside = UncoveredReason::OutsideCoverage;
    check(DueBase::Days(1), Roll::Next, &[KR], "2023-12", ("kr", "2024-01-01", outside));
    check(DueBase::Days(0), Roll::Previous, &[KR], "2023-06", ("kr", "2023-06-30", outside));
    check(DueBase::BusinessDays(3), Roll::None, &[US, KR], "2023-12-28", ("kr", "2024-01-01", outside));
    check(DueBase::BusinessDays(3), Roll::None, &[KR, US], "2023-12-28", ("kr", "2024-01-01", outside));
    let never = UncoveredReason::NeverOpen;
    check(DueBase::Days(0), Roll::Next, &[NEVER], "2023-01-01", ("never", "2024-01-01", never));
    check(DueBase::Days(0), Roll::Previous, &[US, NEVER], "2024-01-01", ("us+never", "2023-01-01", never));
    check(DueBase::BusinessDays(1), Roll::None, &[NEVER], "2022-12-31", ("never", "2024-01-01", never));

    fn check(
        base: DueBase,
        roll: Roll,
        calendars: &[CalendarId],
        period: &str,
        (calendar, on, reason): (&str, &str, UncoveredReason),
    ) {
        let expected = Uncovered { calendar: calendar.into(), on: date(on), reason };
        assert_eq!(due(base, roll, calendars, period), Err(expected), "{base:?} {roll:?} {period}");
    }
}

#[test]
fn business_days_of_a_calendar() {
    let korea = &book()[0];
    check(korea, "2023-09-27", Some(true));
    check(korea, "2023-09-28", Some(false));
    check(korea, "2023-10-01", Some(false));
    check(korea, "2023-07-01", Some(false));
    check(korea, "2023-06-30", None);
    check(korea, "2023-12-29", Some(true));
    check(korea, "2024-01-01", None);

    fn check(calendar: &HolidayCalendar, on: &str, is_open: Option<bool>) {
        assert_eq!(calendar.is_business_day(date(on)).ok(), is_open, "{on}");
    }
}

#[test]
fn what_is_not_covered_says_so() {
    let uncovered = due(DueBase::Days(1), Roll::Next, &[KR], "2023-12").expect_err("2024 is not covered");
    assert_eq!(uncovered.to_string(), "calendar kr does not cover 2024-01-01");
    let closed = due(DueBase::Days(0), Roll::Next, &[NEVER], "2023-01-01").expect_err("it is never open");
    assert_eq!(closed.to_string(), "calendar never has no open day in the year of days up to 2024-01-01");
}

proptest! {
    #[test]
    fn due_dates_agree_with_counting(
        holidays in proptest::collection::btree_set(18_000..18_200i32, 0..80),
        weekend in any::<[bool; 6]>(),
        last in 18_000..18_150i32,
        count in 0..30u16,
        is_by_business in any::<bool>(),
        direction in -1..=1i32,
    ) {
        // Sundays stay open, so that there is always an open day.
        let weekend = [weekend[0], weekend[1], weekend[2], weekend[3], weekend[4], weekend[5], false];
        let closed = |day: i32| holidays.contains(&day) || weekend[usize::from(Date(day).weekday().number())];
        let calendar = HolidayCalendar {
            name: "random".into(),
            weekend,
            holidays: holidays.iter().map(|&day| Date(day)).collect(),
            covers: None,
        };

        let mut expected = last;
        let mut left = count;
        while left > 0 {
            expected += 1;
            if !(is_by_business && closed(expected)) {
                left -= 1;
            }
        }
        while direction != 0 && closed(expected) {
            expected += direction;
        }

        let rule = DueRule {
            base: if is_by_business { DueBase::BusinessDays(count) } else { DueBase::Days(count) },
            roll: [Roll::Previous, Roll::None, Roll::Next][(direction + 1) as usize],
            calendars: vec![CalendarId(0)],
        };
        let period = Cycle::Day.period_of(Date(last));
        prop_assert_eq!(due_on(&rule, &period, &[calendar]), Ok(Date(expected)));
    }
}
