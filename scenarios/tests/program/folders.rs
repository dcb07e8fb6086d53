//! The output folder: whole or not at all, never somebody else's.

use crate::bench::Bench;

const SETTLE: &str = "settle @book @sales.csv --out @out";

#[test]
fn a_folder_with_something_in_it_is_left_alone() {
    let bench = Bench::new();
    bench.write("out/letter.txt", "dear");
    bench.check_refused(SETTLE, 2, "folder_exists", &["out: exists and is not empty", "--replace"]);
    let says = ["out: was not written by settle", "name another folder"];
    bench.check_refused(&format!("{SETTLE} --replace"), 2, "folder_foreign", &says);
    assert_eq!(bench.text("out/letter.txt"), "dear");
}

#[test]
fn a_file_is_left_alone() {
    let bench = Bench::new();
    bench.check_refused("settle @book @sales.csv --out @sales.csv", 2, "folder_exists", &["sales.csv: exists"]);
    bench.check_refused(
        "settle @book @sales.csv --out @sales.csv --replace",
        2,
        "folder_foreign",
        &["sales.csv: was not"],
    );
    bench.check_refused(
        "settle @book @sales.csv --out @sales.csv/out",
        3,
        "world_failed",
        &["a part of the path is a file"],
    );
}

#[test]
fn an_empty_folder_is_filled() {
    let bench = Bench::new();
    std::fs::create_dir(bench.path("out")).unwrap();
    assert_eq!(bench.settle(SETTLE)["accepted"], 3);
}

#[test]
fn only_a_whole_new_folder_replaces_an_old_one() {
    let bench = Bench::new();
    bench.settle(SETTLE);
    let old = bench.text("out/statements.json");
    bench.write("out/statements/stale.txt", "stale");
    bench.check_refused(SETTLE, 2, "folder_exists", &["--replace"]);
    bench.check_refused("settle @book @gone.csv --out @out --replace", 3, "world_failed", &["gone.csv"]);
    assert_eq!(bench.text("out/statements.json"), old);
    bench.change("sales.csv", ",116,", ",232,");
    bench.settle(&format!("{SETTLE} --replace"));
    assert_ne!(bench.text("out/statements.json"), old);
    assert!(!bench.path("out/statements/stale.txt").exists());
}

#[test]
fn people_are_told_where_to_look() {
    let bench = Bench::new();
    let good = bench.run(SETTLE).out;
    assert!(good.contains("3 events: 3 accepted") && !good.contains("exceptions.csv"), "{good}");
    bench.change("sales.csv", ",116,", ",x,");
    let bad = bench.run(&format!("{SETTLE} --replace")).out;
    assert!(bad.contains("3 rejected") && bad.contains("exceptions.csv says why"), "{bad}");
}
