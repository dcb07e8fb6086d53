//! What names of files say.

use crate::book::{adapter, csv, new_york};
use calendar::Date;
use intake::adapter::Received;
use intake::files::{adapter_for, fits, received_at, slot, slot_end};

#[test]
fn globs() {
    let check =
        |pattern: &str, name: &str, expected: bool| assert_eq!(fits(pattern, name), expected, "{pattern} {name}");
    check("trips_*.csv", "trips_2019-01.csv", true);
    check("trips_*.csv", "trips_2019-01.csv.gz", true);
    check("trips_*.csv", "trips_2019-01.csv.zst", true);
    check("trips_*.csv", "my_trips_1.csv", false);
    check("trips_*.csv", "trips_1.csv.bak", false);
    check("정산?.txt", "정산1.txt", true);
    check("?", "", false);
    check("*", "", true);
    check("{yyyy}", "2019", false);
    // What did not fit once is not tried again.
    check(&"*a".repeat(40), &"a".repeat(200), true);
    check(&format!("{}b", "*a".repeat(40)), &"a".repeat(200), false);
    check(&"*".repeat(100_000), "a", true);
}

#[test]
fn the_first_fitting_adapter_reads_a_file() {
    let mut adapters = [adapter(csv()), adapter(csv())];
    adapters[0].files = vec!["a*.csv".into()];
    adapters[1].files = vec!["*.txt".into(), "*.csv".into()];
    (adapters[0].name, adapters[1].name) = ("one".into(), "two".into());
    let name_of = |name: &str| adapter_for(&adapters, name).map(|adapter| adapter.name.to_string());
    assert_eq!(name_of("ab.csv").as_deref(), Some("one"));
    assert_eq!(name_of("b.csv").as_deref(), Some("two"));
    assert_eq!(name_of("b.json"), None);
}

#[test]
fn a_name_may_tell_the_time_of_receipt() {
    let mut adapter = adapter(csv());
    adapter.zone = new_york();
    let mut check = |pattern: &str, name: &str, expected: &str| {
        adapter.received = Received::FileName { pattern: pattern.into() };
        assert_eq!(received_at(&adapter, name).to_string(), expected, "{pattern} {name}");
    };
    check("trips_{yyyy}-{mm}.csv", "trips_2019-01.csv", "2019-02-01T05:00:00Z");
    check("trips_{yyyy}-{mm}.csv", "trips_2019-12.csv.gz", "2020-01-01T05:00:00Z");
    check("*{yyyy}{mm}{dd}*", "x_20190630_2.csv", "2019-07-01T04:00:00Z");
    check("{yyyy}", "of 2018.csv", "2019-01-01T05:00:00Z");
    check("{yyyy}-{mm}", "2019-13.csv", "none");
    check("{yyyy}-{mm}", "undated.csv", "none");
}

#[test]
fn slots() {
    let check = |pattern: &str, name: &str, expected: Option<&str>| {
        assert_eq!(slot(pattern, name).as_deref(), expected, "{pattern} {name}");
    };
    check("{yyyy}-{mm}", "trips_2019-01.csv", Some("2019-01"));
    check("{yyyy}{mm}_*_{n}.csv", "201901_x_7.csv", Some("201901__".trim_end_matches('_')).map(|_| "201901___7"));
    check("CDNOW_master", "CDNOW_master.txt", Some("CDNOW_master"));
    check("{yyyy}-{mm}", "trips.csv", None);
    assert_eq!(slot_end("{yyyy}-{mm}", "trips_2019-01.csv"), Date::parse("2019-02-01"));
    assert_eq!(slot_end("CDNOW_master", "CDNOW_master.txt"), None);
}
