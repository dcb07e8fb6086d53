//! A file of one line of 2 GiB: the program says so, goes on behind it, and never holds the line.

use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;
use std::process::{Child, Command, Stdio};

const BOOK: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../scenarios/golden-e1/book");
const LINE_BYTES: usize = 2 << 30;
const PEAK_KIB_MAX: u64 = 64 << 10;

const HEADER: &[u8] = b"id,happened,price,received\n";
const BEFORE: &[u8] = b"s-1,2024-03-01T12:00:00+09:00,100,2024-03-01T12:00:01+09:00\n";
const BEHIND: &[u8] = b"\ns-2,2024-03-02T12:00:00+09:00,100,2024-03-02T12:00:01+09:00\n";

/// The most memory that a process has held so far.
fn peak_kib(process: &Child) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// Settles what comes through a pipe, a line of `LINE_BYTES` of `filler` in the middle, and gives the peak before its end.
fn settle_long_line(out: &Path, filler: u8) -> u64 {
    let mut command = Command::new(env!("CARGO_BIN_EXE_jeongsan"));
    command.args(["settle", BOOK, "sales=/dev/stdin", "--threads", "2", "--json", "--out"]).arg(out);
    let mut process = command.stdin(Stdio::piped()).stdout(Stdio::null()).spawn().unwrap();
    let mut pipe = process.stdin.take().unwrap();
    pipe.write_all(HEADER).unwrap();
    pipe.write_all(BEFORE).unwrap();
    let block = vec![filler; 1 << 20];
    for _ in 0..LINE_BYTES / block.len() {
        pipe.write_all(&block).unwrap();
    }
    pipe.write_all(BEHIND).unwrap();
    let peak = peak_kib(&process);
    drop(pipe);
    assert!(process.wait().unwrap().success());
    peak
}

#[test]
fn a_line_of_2_gib_takes_no_memory() {
    let parent = tempfile::tempdir().unwrap();
    for (name, filler) in [("letters", b'x'), ("quotes", b'"')] {
        let out = parent.path().join(name);
        let peak = settle_long_line(&out, filler);
        assert!(peak <= PEAK_KIB_MAX, "{name}: {peak} KiB");
        let summary = std::fs::read_to_string(out.join("summary.json")).unwrap();
        let mut expected = String::new();
        for (figure, count) in [("events", 3), ("accepted", 2), ("rejected", 1)] {
            expected.clear();
            write!(expected, "\"{figure}\": {count},").unwrap();
            assert!(summary.contains(&expected), "{name}: {summary}");
        }
        let exceptions = std::fs::read_to_string(out.join("exceptions.csv")).unwrap();
        assert!(exceptions.contains("stdin,3,") && exceptions.contains(",line_too_long,rejected,"), "{exceptions}");
    }
}
