//! What the program refuses before it writes anything.

use crate::bench::Bench;

const SETTLE: &str = "settle @book @sales.csv --out @out";

/// Refused as it stands, without a change to book or events.
#[track_caller]
fn check(command: &str, exit_code: u8, code: &str, says: &[&str]) {
    Bench::new().check_refused(command, exit_code, code, says);
}

/// Refused because of a change to a file of the book: its place and what to do are told.
#[track_caller]
fn check_book(file: &str, from: &str, to: &str, says: &[&str]) {
    let bench = Bench::new();
    bench.change(&format!("book/{file}"), from, to);
    bench.check_refused(SETTLE, 1, "book_refused", says);
    bench.check_refused("check @book", 1, "book_refused", says);
}

#[test]
fn files_that_are_not_there() {
    check(
        "settle @book @nothere.csv --out @out",
        3,
        "world_failed",
        &["nothere.csv: reading failed", "check the path"],
    );
    check("settle @nobook @sales.csv --out @out", 3, "book_refused", &["nobook", "give the path of a folder"]);
    check("check @nobook", 3, "book_refused", &["nobook", "give the path of a folder"]);
    check("settle @book sales=@book --out @out", 3, "world_failed", &["book: reading failed", "name the files in it"]);
    check("settle @sales.csv @sales.csv --out @out", 3, "book_refused", &["sales.csv", "give the path of a folder"]);
}

#[test]
fn wrong_usage() {
    check("", 2, "usage", &["Usage: jeongsan"]);
    check("setle @book @sales.csv --out @out", 2, "usage", &["'setle'", "'settle'"]);
    check("settle @book @sales.csv", 2, "usage", &["--out <DIR>"]);
    check("settle @book --out @out", 2, "usage", &["<EVENTS>"]);
    check("settle @book @sales.csv --out @out --relpace", 2, "usage", &["'--relpace'", "'--replace'"]);
    check("settle @book @sales.csv --out @out --threads 0", 2, "usage", &["1..=64"]);
    let time = ["is no instant with an offset, e.g. 2026-01-31T09:00:00+09:00"];
    check(
        "settle @book @sales.csv --out @out --as-of yesterday",
        2,
        "argument_refused",
        &["--as-of \"yesterday\"", time[0]],
    );
    check(
        "settle @book @sales.csv --out @out --received-at 2024-03-04",
        2,
        "argument_refused",
        &["--received-at", time[0]],
    );
}

#[test]
fn adapters_that_do_not_fit() {
    let bench = Bench::new();
    bench.write("march.csv", crate::bench::SALES);
    let says = ["march.csv: no adapter takes a file of this name; say ADAPTER=", "adapters of the book: sales"];
    bench.check_refused("settle @book @march.csv --out @out", 2, "adapter_unknown", &says);
    let says = ["the book has no adapter \"sale\"", "name one of these: sales"];
    bench.check_refused("settle @book sale=@march.csv --out @out", 2, "adapter_unknown", &says);
    assert_eq!(bench.settle("settle @book sales=@march.csv --out @out")["accepted"], 3);
}

#[test]
fn nothing_says_when_a_file_was_received() {
    let bench = Bench::new();
    let line = "received_at = { column = \"received\", format = \"rfc3339\" }\n";
    bench.change("book/sources/sales.toml", line, "");
    bench.check_refused(
        SETTLE,
        2,
        "received_at_unknown",
        &["sales.csv: nothing says when it was received", "--received-at"],
    );
    assert_eq!(bench.settle(&format!("{SETTLE} --received-at 2024-03-04T00:00:00+09:00"))["accepted"], 3);
}

#[test]
fn broken_books() {
    check_book("book.toml", "[book]", "[book", &["book.toml:1:6: this is not TOML", "correct it"]);
    check_book(
        "book.toml",
        "\"KRW\"",
        "\"KRV\"",
        &["book.toml:5:11: there is no currency `KRV`", "ISO 4217", "digits = 0"],
    );
    check_book("book.toml", "Asia/Seoul", "Asia/Soul", &["book.toml:6:8:", "`Asia/Soul`"]);
    let contract = "contracts/by-line.toml";
    check_book(contract, "rate = \"3%\"", "rate = \"3%%\"", &["contracts/by-line.toml:21:8:", "`3%%`", "write it as"]);
    check_book(
        contract,
        "\"provider\"",
        "\"providr\"",
        &["contracts/by-line.toml:23:12:", "`providr`", "add it to parties.toml"],
    );
    check_book(
        contract,
        "sales = \"price\"",
        "sales = \"prize\"",
        &["contracts/by-line.toml:15:10:", "did you mean `price`"],
    );
    check_book(contract, "sales = \"price\"", "sales = \"price *\"", &["contracts/by-line.toml:15:"]);
    check_book(contract, "rounding = ", "ronding = ", &["contracts/by-line.toml:25:1:", "`ronding`"]);
    check_book(
        "sources/sales.toml",
        "format = \"csv\"",
        "format = \"xls\"",
        &["sources/sales.toml:3:10:", "`xls`", "csv"],
    );
}

#[test]
fn all_faults_of_a_book_are_told_at_once() {
    let bench = Bench::new();
    bench.change("book/contracts/by-line.toml", "rate = \"3%\"", "rate = \"x\"");
    bench.change("book/contracts/by-event.toml", "rate = \"3%\"", "rate = \"y\"");
    let says = ["contracts/by-event.toml:21:8", "contracts/by-line.toml:21:8", "refused with 2 faults"];
    bench.check_refused(SETTLE, 1, "book_refused", &says);
}
