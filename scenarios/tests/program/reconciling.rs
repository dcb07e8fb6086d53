//! Reconciliation of events, postings and outside records with each other, as somebody would declare it in a book.

use crate::bench::Bench;
use serde_json::Value;

const SETTLE: &str = "settle @book @sales.csv @theirs.csv --out @out --replace";

/// What the other side says: one sale as it is, one on another day, one under another number.
const THEIRS: &str = "number,day,price,share,received\n\
    s-1,2024-03-01,116,3,2024-03-01T13:00:00+09:00\n\
    s-2,2024-03-05,116,3,2024-03-05T13:00:00+09:00\n\
    s-4,2024-03-04,116,4,2024-03-06T13:00:00+09:00\n";

const ADAPTER: &str = r#"[adapter]
id = "theirs"
format = "csv"
files = ["theirs.csv"]
header = true
role = "outside"
zone = "Asia/Seoul"
received_at = { column = "received", format = "rfc3339" }
kind = "line"
asset = "KRW"
[adapter.fields]
number = { column = "number", type = "id" }
day = { column = "day", type = "date", format = "%Y-%m-%d" }
price = { column = "price", type = "amount" }
share = { column = "share", type = "amount" }
[[source]]
id = "theirs"
identity = { field = "number" }
"#;

const SALES: &str = r#"[reconciliation]
id = "sales"
window = { days = 1 }
[reconciliation.left]
sources = ["sales"]
date = "happened"
[reconciliation.right]
adapters = ["theirs"]
key = ["number"]
date = "day"
[[reconciliation.amount]]
name = "price"
left = "price"
right = "price"
"#;

/// The ledger's side: what each event made payable under one contract.
const LEDGER: &str = r#"[reconciliation]
id = "ledger"
[reconciliation.left]
accounts = ["*:accrued"]
where = "contract = 'by-event' and origin = 'event'"
key = ["source", "event"]
[reconciliation.right]
sources = ["sales"]
key = ["source", "id"]
[[reconciliation.amount]]
name = "share"
left = "0 - amount"
right = "3"
"#;

fn bench() -> Bench {
    let bench = Bench::new();
    bench.write("book/sources/theirs.toml", ADAPTER);
    bench.write("book/reconcile/a-sales.toml", SALES);
    bench.write("book/reconcile/b-ledger.toml", LEDGER);
    bench.write("theirs.csv", THEIRS);
    bench
}

/// Settles; the counts, and the breaks in the columns that are named.
#[track_caller]
fn settle(bench: &Bench, command: &str, columns: &[&str]) -> (Value, Vec<String>) {
    let summary = bench.settle(command);
    let mut reader = csv::Reader::from_path(bench.path("out/breaks.csv")).unwrap();
    let names = reader.headers().unwrap().clone();
    let place = |column: &&str| names.iter().position(|name| name == *column).unwrap();
    let places: Vec<usize> = columns.iter().map(place).collect();
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        places.iter().map(|&place| &row[place]).collect::<Vec<_>>().join(" ")
    });
    (summary["reconciliation"].clone(), rows.collect())
}

const SHOWN: [&str; 6] = ["reconciliation", "class", "key", "difference", "nearest", "detail"];

#[test]
fn events_and_postings_meet_outside_records() {
    let bench = bench();
    let (counts, breaks) = settle(&bench, SETTLE, &SHOWN);
    assert_eq!(
        breaks,
        ["sales timing s-2 0  3 days apart", "sales missing_right s-3 116 s-4 ", "sales missing_left s-4 -116 s-3 "]
    );
    assert_eq!((&counts["sales"]["matched"], &counts["sales"]["breaks"]), (&1.into(), &3.into()));
    assert_eq!((&counts["ledger"]["matched"], &counts["ledger"]["left_records"]), (&3.into(), &3.into()));
    let columns = ["left_at", "left_amount", "left_date", "right_at", "right_amount", "right_date", "nearest_at"];
    let (_, breaks) = settle(&bench, SETTLE, &columns);
    assert_eq!(breaks[0], "sales.csv:3 116 2024-03-02 theirs.csv:3 116 2024-03-05 ");
    assert_eq!(breaks[1], "sales.csv:4 116 2024-03-03    theirs.csv:4");
    let told = bench.run(SETTLE).out;
    assert!(told.contains("4 matched, 3 breaks: ") && told.contains("out/breaks.csv\n"), "{told}");
}

#[test]
fn what_keys_leave_is_found_by_amount() {
    let bench = bench();
    bench.change("book/reconcile/a-sales.toml", "id = \"sales\"", "id = \"sales\"\nmatch = \"key_then_amount\"");
    let (counts, breaks) = settle(&bench, SETTLE, &SHOWN);
    assert_eq!(breaks, ["sales timing s-2 0  3 days apart"]);
    assert_eq!(counts["sales"]["matched"], 2);
}

#[test]
fn the_ledger_may_differ() {
    let bench = bench();
    bench.change("book/reconcile/b-ledger.toml", "right = \"3\"", "right = \"if(price > 116, 4, 3)\"");
    bench.change("sales.csv", "s-2,2024-03-02T12:00:00+09:00,116", "s-2,2024-03-02T12:00:00+09:00,117");
    let columns = ["class", "key", "left_records", "left_at", "left_amount", "right_amount", "difference"];
    let (_, breaks) = settle(&bench, SETTLE, &columns);
    let of_ledger = |row: &&String| row.contains("entry:");
    assert_eq!(breaks.iter().filter(of_ledger).count(), 0, "{breaks:?}");
    bench.change("book/reconcile/b-ledger.toml", "if(price > 116, 4, 3)", "if(price > 116, 5, 3)");
    let (_, breaks) = settle(&bench, SETTLE, &columns);
    let breaks: Vec<&String> = breaks.iter().filter(of_ledger).collect();
    assert_eq!(breaks, ["amount sales|s-2 1 entry:2 4 5 -1"]);
}

#[test]
fn the_break_keeps_its_id() {
    let bench = bench();
    let (_, before) = settle(&bench, SETTLE, &["break", "class", "key"]);
    // The missing record comes, with another amount.
    bench.write("theirs.csv", format!("{THEIRS}s-3,2024-03-03,110,3,2024-03-07T13:00:00+09:00\n"));
    let (_, after) = settle(&bench, SETTLE, &["break", "class", "key"]);
    assert_eq!(before[1].replace("missing_right", "amount"), after[1]);
    assert!(after[1].ends_with(" amount s-3"), "{after:?}");
}

#[test]
fn what_came_later_is_not_there_yet() {
    let bench = bench();
    let command = format!("{SETTLE} --as-of 2024-03-05T14:00:00+09:00");
    let (counts, breaks) = settle(&bench, &command, &SHOWN);
    assert_eq!(counts["sales"]["right_records"], 2);
    assert_eq!(breaks, ["sales timing s-2 0  3 days apart", "sales missing_right s-3 116  "]);
}

#[test]
fn a_book_without_reconciliations_has_none() {
    let bench = Bench::new();
    let summary = bench.settle("settle @book @sales.csv --out @out");
    assert!(summary.get("reconciliation").is_none() && !bench.path("out/breaks.csv").exists());
}

#[test]
fn a_newer_report_takes_the_place_of_the_older() {
    let bench = bench();
    let source = "book/sources/sales.toml";
    bench.change(
        source,
        "[adapter.fields]\n",
        "[adapter.fields]\nreport = { column = \"report\", type = \"number\" }\n",
    );
    bench.change(source, "[[source]]\nid = \"sales\"\n", "[[source]]\nid = \"sales\"\nrevision = \"report\"\n");
    std::fs::remove_file(bench.path("book/reconcile/b-ledger.toml")).unwrap();
    // Only second reports are asked for: that the first one was replaced must not take the second one away.
    bench.change(
        "book/reconcile/a-sales.toml",
        "sources = [\"sales\"]",
        "sources = [\"sales\"]\nwhere = \"report > 0\"",
    );
    bench.write(
        "sales.csv",
        "id,happened,price,received,report\n\
         s-1,2024-03-01T12:00:00+09:00,100,2024-03-01T12:00:01+09:00,0\n\
         s-1,2024-03-01T12:00:00+09:00,110,2024-03-01T12:00:02+09:00,1\n\
         s-1,2024-03-01T12:00:00+09:00,116,2024-03-01T12:00:03+09:00,2\n",
    );
    let (counts, breaks) = settle(&bench, SETTLE, &SHOWN);
    assert_eq!((&counts["sales"]["left_records"], &counts["sales"]["matched"]), (&1.into(), &1.into()), "{breaks:?}");
}

#[test]
fn a_file_that_replaces_another_takes_its_rows_away() {
    let bench = bench();
    let source = "book/sources/sales.toml";
    bench.change(source, "[\"sales.csv\"]", "[\"sales-*.csv\"]");
    bench.change(source, "{ field = \"id\" }", "{ file = \"{yyyy}-{mm}\" }");
    std::fs::remove_file(bench.path("book/reconcile/b-ledger.toml")).unwrap();
    bench.change("book/reconcile/a-sales.toml", "window = { days = 1 }", "match = \"amount\"");
    let row = |number: u32, price: u32| {
        format!("s-{number},2024-03-0{number}T12:00:00+09:00,{price},2024-03-0{number}T12:00:01+09:00\n")
    };
    let head = "id,happened,price,received\n";
    bench.write("sales-2024-03.csv", format!("{head}{}{}{}", row(1, 10), row(2, 20), row(3, 30)));
    bench.write("sales-2024-03-again.csv", format!("{head}{}{}", row(1, 10), row(2, 40)));
    let line = |number: u32, price: u32| format!("t-{number},2024-03-01,{price},0,2024-03-04T13:00:00+09:00\n");
    bench.write("theirs.csv", format!("number,day,price,share,received\n{}{}", line(1, 10), line(2, 40)));
    bench.write(
        "commands.jsonl",
        r#"{"received_at": "2024-03-01T00:00:00+09:00", "by": "desk", "command": "replace", "file": "sales-2024-03-again.csv", "reason": "the first export was wrong"}"#,
    );
    let settled = "settle @book @sales-2024-03.csv @sales-2024-03-again.csv @theirs.csv @commands.jsonl --out @out";
    let (counts, breaks) = settle(&bench, settled, &SHOWN);
    assert_eq!((&counts["sales"]["left_records"], &counts["sales"]["matched"]), (&2.into(), &2.into()), "{breaks:?}");
}
