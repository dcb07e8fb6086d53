//! Commercial days and cuts: days of 23 and 25 hours, cut-offs inside gaps and folds, and that days tile time.

use crate::zones::{strange_zones, walk};
use crate::{date, instant, new_york, samoa, sao_paulo};
use calendar::{
    Date, Grace, Instant, LocalTime, MICROS_PER_HOUR, Zone, commercial_day, commercial_span_at, cut_at,
    start_of_commercial_day,
};
use proptest::prelude::*;

#[test]
fn the_day_of_an_instant() {
    let new_york = new_york();
    check(&new_york, 0, "2019-02-01T04:59:59.999999Z", "2019-01-31");
    check(&new_york, 0, "2019-02-01T05:00:00Z", "2019-02-01");
    check(&new_york, 6 * 3_600, "2019-02-01T10:59:59Z", "2019-01-31");
    check(&new_york, 6 * 3_600, "2019-02-01T11:00:00Z", "2019-02-01");
    // The cut-off 02:30 does not exist on 10 March: the day starts after the gap.
    check(&new_york, 9_000, "2019-03-10T06:59:59Z", "2019-03-09");
    check(&new_york, 9_000, "2019-03-10T07:00:00Z", "2019-03-10");
    // The cut-off 01:30 comes twice on 3 November: the day starts at the first, and the second 01:00 stays in it.
    check(&new_york, 5_400, "2019-11-03T05:29:59Z", "2019-11-02");
    check(&new_york, 5_400, "2019-11-03T05:30:00Z", "2019-11-03");
    check(&new_york, 5_400, "2019-11-03T06:00:00Z", "2019-11-03");
    check(&new_york, 5_400, "2019-11-03T06:30:00Z", "2019-11-03");
    // São Paulo's clock went back from midnight to 23:00 before it showed midnight.
    check(&sao_paulo(), 0, "2019-02-17T02:30:00Z", "2019-02-16");
    check(&sao_paulo(), 0, "2019-02-17T03:00:00Z", "2019-02-17");
    check(&samoa(), 0, "2011-12-30T09:59:59Z", "2011-12-29");
    check(&samoa(), 0, "2011-12-30T10:00:00Z", "2011-12-31");

    fn check(zone: &Zone, cut_off_s: i32, at: &str, expected: &str) {
        assert_eq!(commercial_day(zone, cut_off_s, instant(at)), date(expected), "{} {cut_off_s} {at}", zone.name);
    }
}

#[test]
fn the_length_of_days() {
    check(&new_york(), 0, "2019-03-09", 24);
    check(&new_york(), 0, "2019-03-10", 23);
    check(&new_york(), 0, "2019-11-03", 25);
    check(&new_york(), 6 * 3_600, "2019-03-09", 23);
    check(&new_york(), 6 * 3_600, "2019-03-10", 24);
    check(&new_york(), 6 * 3_600, "2019-11-02", 25);
    check(&new_york(), 6 * 3_600, "2019-11-03", 24);
    check(&sao_paulo(), 0, "2018-11-04", 23);
    check(&sao_paulo(), 0, "2019-02-16", 25);
    check(&samoa(), 0, "2011-12-30", 0);

    fn check(zone: &Zone, cut_off_s: i32, day: &str, hours: i64) {
        let from = start_of_commercial_day(zone, cut_off_s, date(day));
        let until = start_of_commercial_day(zone, cut_off_s, date(day).plus_days(1));
        assert_eq!(until.0 - from.0, hours * MICROS_PER_HOUR, "{} {cut_off_s} {day}", zone.name);
    }
}

#[test]
fn cuts() {
    let new_york = new_york();
    check(&new_york, 0, "2019-02-01", Grace::None, "2019-02-01T05:00:00Z");
    check(&new_york, 0, "2019-02-01", Grace::Days(5), "2019-02-06T05:00:00Z");
    check(&new_york, 6 * 3_600, "2019-02-01", Grace::Hours(12), "2019-02-01T23:00:00Z");
    // Over the change of the clock: days keep the time of day, hours are elapsed.
    check(&new_york, 0, "2019-03-10", Grace::Days(1), "2019-03-11T04:00:00Z");
    check(&new_york, 0, "2019-03-10", Grace::Hours(24), "2019-03-11T05:00:00Z");
    check(&new_york, 0, "2019-11-03", Grace::Days(1), "2019-11-04T05:00:00Z");
    check(&new_york, 0, "2019-11-03", Grace::Hours(24), "2019-11-04T04:00:00Z");
    check(&Zone::fixed("Asia/Seoul", 32_400), 0, "2023-10-01", Grace::Days(0), "2023-09-30T15:00:00Z");

    fn check(zone: &Zone, cut_off_s: i32, end: &str, grace: Grace, expected: &str) {
        assert_eq!(cut_at(zone, cut_off_s, date(end), grace), instant(expected), "{end} {grace:?}");
    }
}

proptest! {
    #[test]
    fn each_instant_is_in_exactly_one_day(zone in strange_zones(), cut_off_s in -86_399..86_400i32) {
        for (at, _) in walk(&zone) {
            for at in [Instant(at.0 - 1), at, Instant(at.0 + 1)] {
                let span = commercial_span_at(&zone, cut_off_s, at);
                prop_assert!(span.contains(at), "{:?} {}", span, at);
                prop_assert_eq!(span.day, commercial_day(&zone, cut_off_s, at));
                prop_assert_eq!(span.from, start_of_commercial_day(&zone, cut_off_s, span.day));
            }
        }
    }

    #[test]
    fn days_start_in_their_order(zone in strange_zones(), cut_off_s in -86_399..86_400i32, day in -10..30i32) {
        let start = |day: i32| start_of_commercial_day(&zone, cut_off_s, Date(day));
        prop_assert!(start(day) <= start(day + 1));
    }

    /// Where the clock is never changed, the day is the plain local date less the cut-off.
    #[test]
    fn without_changes_the_day_is_what_the_clock_says(
        offset_min in -720..840i32,
        cut_off_s in 0..86_400i32,
        seed in any::<i32>(),
    ) {
        let at = Instant(i64::from(seed) * 1_000_003);
        let zone = Zone::fixed("fixed", offset_min * 60);
        let plain = LocalTime(zone.local(at).0 - i64::from(cut_off_s) * 1_000_000).date();
        prop_assert_eq!(commercial_day(&zone, cut_off_s, at), plain);
    }
}
