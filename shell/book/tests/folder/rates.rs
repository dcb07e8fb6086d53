//! Rates of exchange with their tables: what they become.

use crate::trade::{RATES, TABLE, load, told};
use calendar::{Date, Instant};
use contract::{Conversion, Cross, CrossState, Rates, RatesId};
use money::{AssetId, Decimal};

const KRW: AssetId = AssetId(0);
const USD: AssetId = AssetId(1);

fn rates(added: &[(&str, &str)]) -> Rates {
    load(added).unwrap().book.rates.remove(0)
}

fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn cross(rates: &Rates, on: &str) -> Option<Cross> {
    let conversion = Conversion { rates: RatesId(0), to: KRW, digits: 4, margin: None };
    let known_at = Instant::parse_rfc3339(b"2024-05-01T00:00:00Z").unwrap();
    rates.cross(&conversion, USD, day(on), known_at).unwrap()
}

/// E13 of the golden examples: a Saturday takes Friday's fixing; on Monday the dollar is missing, and its day is open.
#[test]
fn fixings_are_exact_and_every_day_counts() {
    let rates = rates(&[]);
    assert_eq!((&*rates.id, &*rates.name, rates.base), ("ecb", "European Central Bank", None));
    assert_eq!((&*rates.zone.name, rates.published_s), ("Europe/Berlin", 16 * 3_600));
    assert_eq!(rates.days().collect::<Vec<_>>(), [day("2024-04-12"), day("2024-04-15")]);
    let friday =
        |state| Some(Cross { rate: Decimal { mantissa: 13_798_254, scale: 4 }, fixing_on: day("2024-04-12"), state });
    assert_eq!(cross(&rates, "2024-04-13"), friday(CrossState::Final));
    assert_eq!(cross(&rates, "2024-04-15"), friday(CrossState::Missing));
    assert_eq!(rates.publication_of(day("2024-04-12")), Instant::parse_rfc3339(b"2024-04-12T14:00:00Z").unwrap());
}

#[test]
fn a_calendar_says_which_days_are_open() {
    let with = RATES.to_owned() + "calendar = \"kr\"\n";
    assert_eq!(rates(&[("rates/ecb.toml", &with)]).calendar.map(|calendar| calendar.name), Some("kr".into()));
    assert_eq!(rates(&[]).calendar, None);
}

#[test]
fn a_table_may_come_from_elsewhere() {
    let check = |table: &str| {
        let found = rates(&[("rates/ecb.csv", table)]);
        assert_eq!(cross(&found, "2024-04-13"), cross(&rates(&[]), "2024-04-13"), "{table:?}");
    };
    let ascending = "Date,KRW,USD\n2024-04-12,1469.79,1.0652\n2024-04-15,1471.58,\n";
    check(ascending);
    check(&ascending.replace('\n', "\r\n"));
    check(&format!("\u{feff}{ascending}\n"));
    check(&ascending.replace("1469.79", "\"1469.79\""));
    // The base may be an asset of the book, and a table may quote what the book does not have.
    let base = RATES.replace("EUR", "USD");
    let in_dollars = "Date,KRW,XYZ\n2024-04-12,1379.8254,nonsense\n";
    let found = rates(&[("rates/ecb.toml", &base), ("rates/ecb.csv", in_dollars)]);
    assert_eq!(found.base, Some(USD));
    assert_eq!(cross(&found, "2024-04-12").map(|cross| cross.rate.mantissa), Some(13_798_254));
}

#[test]
fn tables_belong_to_the_book() {
    let plain = load(&[]).unwrap();
    assert!(plain.files.iter().any(|(path, _)| path == "rates/ecb.csv"));
    let other = load(&[("rates/ecb.csv", &TABLE.replace("1.0652", "1.0653"))]).unwrap();
    assert_ne!(plain.digest, other.digest);
    // Tables elsewhere, and other files beside rates, are no part of it.
    let with = load(&[("sources/ecb.csv", TABLE), ("rates/README.md", "# Where they come from")]).unwrap();
    assert_eq!((with.digest, with.files.len()), (plain.digest, plain.files.len()));
}

#[test]
fn rates_are_refused_at_their_place() {
    let check = |path: &str, from: &str, to: &str, expected: &[&str]| {
        let text = if path.ends_with(".csv") { TABLE } else { RATES };
        assert!(text.contains(from), "{from}");
        let (found, texts) = told(&[(path, &text.replacen(from, to, 1))]);
        assert_eq!(found, expected, "{from} => {to}\n{texts}");
    };
    for (from, to, expected) in RATES_ARE_FAULTY {
        check("rates/ecb.toml", from, to, &[expected]);
    }
    for (from, to, expected) in TABLES_ARE_FAULTY {
        check("rates/ecb.csv", from, to, &[expected]);
    }
    let (found, _) = told(&[("rates/other.toml", RATES)]);
    assert_eq!(found, ["rates/other.toml:1:1 id_twice"]);
    let (found, _) = told(&[("rates/table.toml", "[table]\n")]);
    assert_eq!(found, ["rates/table.toml:1:2 key_unknown"]);
}

pub(crate) const RATES_ARE_FAULTY: &[(&str, &str, &str)] = &[
    ("base = \"EUR\"", "base = \"EURO\"", "rates/ecb.toml:4:8 asset_unknown"),
    ("Europe/Berlin", "Europe/Berlinn", "rates/ecb.toml:5:8 zone_unknown"),
    ("16:00", "4pm", "rates/ecb.toml:6:13 clock_invalid"),
    ("file = \"ecb.csv\"", "file = \"exb.csv\"", "rates/ecb.toml:7:8 rates_file_missing"),
    ("file = \"ecb.csv\"", "file = \"ecb.toml\"", "rates/ecb.toml:7:8 rates_file_missing"),
    ("published", "calendar = \"us\"\npublished", "rates/ecb.toml:6:12 calendar_unknown"),
    ("published = \"16:00\"\n", "", "rates/ecb.toml:1:1 key_missing"),
];

pub(crate) const TABLES_ARE_FAULTY: &[(&str, &str, &str)] = &[
    ("Date,", "Day,", "rates/ecb.csv:1:1 table_header"),
    ("JPY", "USD", "rates/ecb.csv:1:10 id_twice"),
    ("2024-04-12", "12.04.2024", "rates/ecb.csv:3:1 date_invalid"),
    ("2024-04-12", "2024-04-15", "rates/ecb.csv:3:1 id_twice"),
    ("1.0652", "1,0652", "rates/ecb.csv:3:1 table_row_length"),
    ("1.0652", "\"1.0652", "rates/ecb.csv:3:34 table_row_invalid"),
    ("1.0652", "1e3", "rates/ecb.csv:3:12 number_invalid"),
    ("1.0652", "0", "rates/ecb.csv:3:12 rate_not_positive"),
    ("1.0652", "-1.0652", "rates/ecb.csv:3:12 rate_not_positive"),
    ("1469.79", "1.00000000001", "rates/ecb.csv:3:25 digits_too_many"),
    ("1469.79", "1000000000", "rates/ecb.csv:3:25 number_out_of_range"),
];
