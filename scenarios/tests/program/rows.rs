//! Bad events as a new user would bring them: each is an exception with its place, value and reason, and the rest counts.

use crate::bench::{Bench, SALES};
use flate2::Compression;
use flate2::write::GzEncoder;
use std::io::Write;

const SETTLE: &str = "settle @book @sales.csv --out @out";

/// Settles an event file; its accepted events and the rows of `exceptions.csv` as `line code column value`.
#[track_caller]
fn exceptions(bench: &Bench, events: impl AsRef<[u8]>) -> (u64, Vec<String>) {
    bench.write("sales.csv", events);
    let summary = bench.settle(&format!("{SETTLE} --replace"));
    let mut reader = csv::Reader::from_path(bench.path("out/exceptions.csv")).unwrap();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        assert!(&row[0] == "sales.csv" && !row[9].is_empty(), "{row:?}");
        format!("{} {} {} {}", &row[1], &row[5], &row[7], &row[8])
    });
    let rows: Vec<String> = rows.collect();
    let counted =
        ["accepted", "duplicates", "conflicts", "held", "rejected"].map(|name| summary[name].as_u64().unwrap());
    assert_eq!(counted.iter().sum::<u64>(), summary["events"].as_u64().unwrap());
    (counted[0], rows)
}

/// An amount that is none: the two good rows around it count.
#[track_caller]
fn check_amount(value: &str, code: &str) {
    let written = if value.contains([',', '\n']) { format!("\"{value}\"") } else { value.to_owned() };
    let events =
        SALES.replacen("s-2,2024-03-02T12:00:00+09:00,116", &format!("s-2,2024-03-02T12:00:00+09:00,{written}"), 1);
    let (accepted, rows) = exceptions(&Bench::new(), events);
    assert_eq!((accepted, rows), (2, vec![format!("3 {code} price {value}")]), "{value}");
}

#[test]
fn amounts_that_are_none() {
    for value in ["1e400", "NaN", "inf", "٣", "５", "1,234.5", "1_000", "0x10", "−5", "--5", ".", " 5", "12원", "a\nb"]
    {
        check_amount(value, "value_invalid");
    }
    check_amount("", "field_missing");
    check_amount("0.5", "scale_exceeded");
    check_amount(&"1234567890".repeat(4), "amount_too_large");
    check_amount("1000000000000000000", "amount_too_large");
    check_amount("-1000000000000000000", "amount_too_large");
}

#[test]
fn amounts_that_are_the_same() {
    let bench = Bench::new();
    exceptions(&bench, SALES);
    let statements = bench.text("out/statements.json");
    for value in ["116.0", "+116", "0116", "116.000000000000"] {
        assert_eq!(exceptions(&bench, SALES.replace(",116,", &format!(",{value},"))), (3, vec![]), "{value}");
        assert_eq!(bench.text("out/statements.json"), statements, "{value}");
    }
}

#[test]
fn the_largest_amounts_are_exact() {
    let bench = Bench::new();
    let most = format!(",{},", "9".repeat(18));
    assert_eq!(exceptions(&bench, SALES.replace(",116,", &most)), (3, vec![]));
    // 3 % of 3 × (10^18 − 1), and of each alone.
    for amount in ["\"amount\": \"90000000000000000\"", "half_up(2999999999999999997 * 3/100, 0) = 90000000000000000"] {
        assert!(bench.text("out/statements.json").contains(amount), "{amount}");
    }
}

#[test]
fn currencies_that_the_book_does_not_have() {
    let bench = Bench::new();
    bench.change("book/sources/sales.toml", "asset = \"KRW\"", "asset = { column = \"currency\" }");
    let events = SALES.replace('\n', ",KRW\n").replacen("received,KRW", "received,currency", 1);
    let events = events.replacen("02T12:00:01+09:00,KRW", "02T12:00:01+09:00,KRV", 1);
    assert_eq!(exceptions(&bench, events), (2, vec!["3 currency_unknown currency KRV".into()]));
}

/// A sale whose parties come from its row, by two fields under one contract and by a path under another: what stops it.
#[track_caller]
fn check_parties(price: u32, [seller, agent, path]: [&str; 3], expected: &[&str]) {
    let bench = Bench::new();
    let fields =
        ["seller", "agent", "path"].map(|name| format!("{name} = {{ column = \"{name}\", type = \"word\" }}\n"));
    bench.change("book/sources/sales.toml", "price = {", &format!("{}price = {{", fields.concat()));
    bench.change("book/parties.toml", "name = \"Provider\"", "name = \"Provider\"\nactive_to = \"2024-03-02\"");
    let by_field = "book/contracts/by-event.toml";
    bench.change(by_field, "date_basis", "when = \"price > 0\"\ndate_basis");
    bench.change(by_field, "\"operator\"\ncreditor = \"provider\"", "\"@seller\"\ncreditor = \"@agent\"");
    let by_path = "book/contracts/by-line.toml";
    bench.change(by_path, "kind = \"share\"", "kind = \"attribution\"\npath = \"path\"\nmodel = \"linear\"");
    bench.change(by_path, "rate = \"3%\"\n", "");
    bench.change(by_path, "creditor = \"provider\"\n", "");
    let received = "2024-03-02T12:00:00+09:00";
    let header = "id,happened,price,received,seller,agent,path";
    let (accepted, rows) =
        exceptions(&bench, format!("{header}\ns-1,{received},{price},{received},{seller},{agent},{path}\n"));
    assert_eq!(
        (accepted, rows),
        (u64::from(expected.is_empty()), expected.iter().map(|row| (*row).to_owned()).collect())
    );
}

#[test]
fn parties_that_stop_an_event_are_named() {
    let path = "operator > operator";
    check_parties(116, ["operator", "operator", path], &[]);
    check_parties(116, ["operator", "nobody", path], &["2 party_unknown agent nobody"]);
    check_parties(116, ["operator", "provider", path], &["2 party_inactive agent provider"]);
    check_parties(116, ["operator", "operator", "provider > nobody > someone"], &["2 party_unknown path nobody"]);
    check_parties(116, ["operator", "operator", "operator > provider"], &["2 party_inactive path provider"]);
    check_parties(116, ["operator", "operator", "provider >"], &["2 party_unknown path "]);
    let long = ["operator"; 1001].join(">");
    check_parties(116, ["operator", "operator", &long], &[&format!("2 party_unknown path {}", &long[..200])]);
    // A contract that does not rate the sale asks for none of its parties.
    check_parties(0, ["nobody", "provider", path], &[]);
    check_parties(0, ["nobody", "provider", "nobody else"], &["2 party_unknown path nobody else"]);
}

#[test]
fn columns_that_are_not_there() {
    let bench = Bench::new();
    let missing = |line: usize, column: &str| format!("{line} field_missing {column} ");
    let (accepted, rows) = exceptions(&bench, SALES.replacen("price", "prize", 1));
    assert_eq!((accepted, rows), (0, (2..5).map(|line| missing(line, "price")).collect()));
    assert!(bench.text("out/exceptions.csv").contains("the file has no such column"));
    let (accepted, rows) = exceptions(&bench, "a;b\n1;2\n");
    assert_eq!((accepted, rows.len()), (0, 1), "{rows:?}");
    let (accepted, rows) = exceptions(&bench, SALES.replacen("s-2,", "", 1));
    assert_eq!((accepted, rows.len()), (2, 1), "{rows:?}");
    assert!(rows[0].starts_with("3 row_malformed "), "{rows:?}");
}

#[test]
fn files_without_events() {
    for events in ["", "\n", "id,happened,price,received\n", "\u{feff}id,happened,price,received\r\n"] {
        let bench = Bench::new();
        assert_eq!(exceptions(&bench, events), (0, vec![]), "{events:?}");
        assert_eq!(bench.text("out/entries.csv").lines().count(), 1, "{events:?}");
    }
}

/// A header and many rows, so that a cut comes after several blocks.
fn many() -> String {
    let mut events = String::from("id,happened,price,received\n");
    for row in 0..5000 {
        let (hour, minute) = (row / 60 % 24, row % 60);
        events += &format!("n-{row},2024-03-01T{hour:02}:{minute:02}:00Z,{},2024-03-02T00:00:00Z\n", row * 7919 % 1000);
    }
    events
}

#[test]
fn compressed_files_are_read_and_cut_ones_told() {
    let plain = Bench::new();
    assert_eq!(exceptions(&plain, many()), (5000, vec![]));
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(many().as_bytes()).unwrap();
    let packed = encoder.finish().unwrap();
    let bench = Bench::new();
    assert_eq!(exceptions(&bench, &packed), (5000, vec![]));
    assert_eq!(bench.text("out/entries.csv"), plain.text("out/entries.csv"));
    for length in [3, 12, packed.len() / 2, packed.len() - 9, packed.len() - 1] {
        let (accepted, rows) = exceptions(&bench, &packed[..length]);
        assert_eq!(rows.len(), 1, "{length}: {rows:?}");
        assert!(rows[0].contains(" file_truncated "), "{length}: {rows:?}");
        // What came whole before the cut counts.
        assert!((accepted > 1000) == (length > 100) && accepted <= 5000, "{length}: {accepted}");
    }
    let mut flipped = packed.clone();
    let last = flipped.len() - 6;
    flipped[last] ^= 1;
    let (_, rows) = exceptions(&bench, &flipped);
    assert!(rows.iter().any(|row| row.contains("file_truncated")), "a wrong checksum is told: {rows:?}");
}

#[test]
fn text_in_another_encoding() {
    let mut events = SALES.as_bytes().to_vec();
    let at = SALES.find("s-2").unwrap();
    // "가" in CP949, in a book that says UTF-8.
    events.splice(at..at + 3, [0xb0, 0xa1]);
    let (accepted, rows) = exceptions(&Bench::new(), events);
    assert_eq!((accepted, rows.len()), (2, 1), "{rows:?}");
    assert!(rows[0].starts_with("3 encoding_invalid "), "{rows:?}");
}

#[test]
fn a_line_beyond_the_limit() {
    let long = "x".repeat((1 << 20) + 1);
    let (accepted, rows) = exceptions(&Bench::new(), SALES.replacen("s-2", &long, 1));
    assert_eq!((accepted, rows.len()), (2, 1));
    assert!(rows[0].starts_with("3 line_too_long "), "{}", &rows[0][..40]);
}

#[test]
fn json_values_that_are_no_amounts() {
    let bench = Bench::new();
    bench.change("book/sources/sales.toml", "format = \"csv\"", "format = \"jsonl\"");
    bench.change("book/sources/sales.toml", "header = true\n", "");
    let record = |price: &str| {
        let times = "\"happened\":\"2024-03-01T12:00:00+09:00\",\"received\":\"2024-03-01T12:00:01+09:00\"";
        format!("{{\"id\":\"j\",{times},\"price\":{price}}}\n")
    };
    for (price, code) in [
        ("1e400", "value_invalid"),
        ("1.16e2", "value_invalid"),
        ("NaN", "row_malformed"),
        ("0116", "row_malformed"),
        ("\"٣\"", "value_invalid"),
        ("\"1,234.5\"", "value_invalid"),
        ("1234567890123456789012345678901234567890", "amount_too_large"),
        ("true", "value_invalid"),
        ("null", "field_missing"),
        ("[1]", "value_invalid"),
        ("1, \"price\": 2", "row_malformed"),
        ("", "row_malformed"),
    ] {
        let good = record("116").replace("\"j\"", "\"good\"");
        let (accepted, rows) = exceptions(&bench, record(price) + &good);
        assert_eq!((accepted, rows.len()), (1, 1), "{price}: {rows:?}");
        assert!(rows[0].starts_with(&format!("1 {code} ")), "{price}: {rows:?}");
    }
    for text in ["nonsense\n", "[\"id\"]\n", "{\n", "}\n", "\"\n"] {
        let (accepted, rows) = exceptions(&bench, text.to_owned() + &record("116"));
        assert_eq!((accepted, rows.len()), (1, 1), "{text}: {rows:?}");
        assert!(rows[0].starts_with("1 row_malformed "), "{text}: {rows:?}");
    }
    assert_eq!(exceptions(&bench, record("116.0") + &record("\"116\"")).1.len(), 1, "the second is a duplicate");
}
