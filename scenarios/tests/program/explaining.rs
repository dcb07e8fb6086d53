//! `explain` asked for what is not there, in folders that are not ours or are damaged, and for what waited.

use crate::bench::Bench;
use scenarios::{Scenario, run};

const SETTLE: &str = "settle @book @sales.csv --out @out";

#[test]
fn what_is_not_there() {
    let bench = Bench::new();
    bench.check_refused("explain @nothing s-1", 3, "world_failed", &["lock.json: reading failed", "check the path"]);
    bench.check_refused("explain @book s-1", 3, "world_failed", &["lock.json"]);
    bench.settle(SETTLE);
    let line = "by-line/provider/2024-03/KRW";
    let unknown = ["s-9", "other:s-1", &format!("{line}#2"), &format!("{line}#0"), &format!("{line}#x"), "sales.csv:2"];
    for what in unknown {
        let says = [&*format!("\"{what}\""), "see the ids in"];
        bench.check_refused(&format!("explain @out {what}"), 1, "not_found", &says);
    }
    for what in ["s-1", "sales:s-1", line, &format!("{line}#1")] {
        assert_eq!(bench.run(&format!("explain @out {what}")).exit_code, 0, "{what}");
    }
}

#[test]
fn damaged_folders() {
    let bench = Bench::new();
    bench.settle(SETTLE);
    let log = std::fs::read(bench.path("out/book.lock/events.log")).unwrap();
    let mut flipped = log.clone();
    flipped[60] ^= 4;
    for damaged in [&flipped[..], &log[..log.len() - 1], b"", b"not a log at all"] {
        bench.write("out/book.lock/events.log", damaged);
        bench.check_refused(
            "explain @out s-1",
            3,
            "file_damaged",
            &["events.log: damaged at byte", "run settle again"],
        );
    }
    bench.write("out/book.lock/events.log", &log);
    bench.write("out/book.lock/lock.json", "{");
    bench.check_refused("explain @out s-1", 3, "file_damaged", &["lock.json: damaged", "run settle again"]);
}

#[test]
fn refused_rows_are_shown_as_they_stand() {
    let bench = Bench::new();
    bench.change("sales.csv", "02T12:00:00+09:00,116", "02T12:00:00+09:00,\"1,16\"");
    bench.settle(SETTLE);
    for what in ["s-2", "sales.csv:3"] {
        let told = bench.run(&format!("explain @out {what}")).out;
        for line in ["line = 3", "code = value_invalid", "column = price", "value = 1,16"] {
            assert!(told.lines().any(|told| told == line), "{what}: no `{line}` in\n{told}");
        }
    }
}

/// A refund that came before its sale waits, and counts once the sale is there; its explanation says both.
#[test]
fn an_event_that_waited_is_explained_to_its_end() {
    let bench = Bench::new();
    let refund = "r-1,o-1,REFUND,bookshop,2026-01-06 12:00,-1005,2026-01-06 12:01\n";
    let sale = "o-1,,SALE,bookshop,2026-01-05 12:00,1005,2026-01-07 12:01\n";
    bench.write("orders-1.csv", format!("id,original_id,type,seller,paid,amount,received\n{refund}{sale}"));
    let book = Scenario::named("marketplace-demo").folder.join("book").display().to_string();
    let settled = bench.settle(&format!("settle {book} @orders-1.csv --out @out"));
    assert_eq!((&settled["accepted"], &settled["held"]), (&2.into(), &0.into()));
    assert!(bench.text("out/entries.csv").contains(",released,orders,r-1,"), "{}", bench.text("out/entries.csv"));
    assert_eq!(bench.text("out/exceptions.csv").lines().count(), 1);
    let answer = run(&["explain", &bench.path("out").display().to_string(), "r-1"]);
    assert!(answer.out.contains("held: it waits for its original"), "{}", answer.out);
    assert!(answer.out.contains("accepted"), "{}", answer.out);
    assert!(answer.out.contains("accepted when its original came"), "{}", answer.out);
    assert!(answer.out.contains("0 - 101 = -101"), "{}", answer.out);
}
