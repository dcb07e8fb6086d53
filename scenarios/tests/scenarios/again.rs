//! What must not matter: how many threads work, in which order files are named, that they come a second time, and what
//! comes after a statement was issued.

use crate::written::{Written, settle, settle_as, settle_with};
use scenarios::Scenario;

/// One thread, three, and as many as the machine has write the same bytes.
#[track_caller]
pub(crate) fn check_threads(name: &str) {
    let one = settle_with(name, &["--threads", "1"]).files();
    for more in [settle_with(name, &["--threads", "3"]), settle(name)] {
        let more = more.files();
        assert_eq!(one.keys().collect::<Vec<_>>(), more.keys().collect::<Vec<_>>(), "{name}");
        let differing: Vec<&String> = one.keys().filter(|file| one[*file] != more[*file]).collect();
        assert!(differing.is_empty(), "{name}: {differing:?}");
    }
}

/// Files are taken in their own order, whatever the order on the command line.
#[track_caller]
pub(crate) fn check_order(name: &str) {
    let scenario = Scenario::named(name);
    let arguments = scenario.arguments().unwrap();
    let mut backwards: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let events = backwards.iter().filter(|word| word.contains("/events/")).count();
    backwards[1..=events].reverse();
    assert!(settle(name).files() == settle_as(scenario, &backwards).files(), "{name}");
}

/// A statement that stands as issued at one moment stands as it is at every later one.
#[track_caller]
pub(crate) fn check_issued(name: &str) {
    let last = settle_with(name, &["--as-of", "2090-01-01T00:00:00Z"]).statements();
    let mut cuts: Vec<&str> = last.iter().filter_map(|statement| statement["issued_at"].as_str()).collect();
    cuts.sort_unstable();
    cuts.dedup();
    for at in [0, cuts.len() / 2, cuts.len().saturating_sub(1)] {
        let Some(&cut_at) = cuts.get(at).filter(|cut| **cut < "2090") else { continue };
        let mut issued = settle_with(name, &["--as-of", cut_at]).statements();
        issued.retain(|statement| statement["status"] == "issued");
        assert!(!issued.is_empty(), "{name}: nothing is issued at {cut_at}");
        for statement in issued {
            assert!(last.contains(&statement), "{name} as of {cut_at}: {statement:#}");
        }
    }
}

/// The same files again change no entry, balance or statement; what counted is a duplicate, what was refused is
/// refused again.
#[track_caller]
pub(crate) fn check_twice(name: &str) {
    let once = settle(name);
    let scenario = Scenario::named(name);
    let arguments = scenario.arguments().unwrap();
    let mut twice: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let events: Vec<&str> = twice.iter().copied().filter(|word| word.contains("/events/")).collect();
    twice.splice(1..1, events);
    let twice = settle_as(Scenario::named(name), &twice);
    for file in ["entries.csv", "balances.csv", "statements.json"] {
        assert_eq!(once.text(file), twice.text(file), "{name}: {file}");
    }
    let count = |written: &Written, figure: &str| written.json("summary.json")[figure].as_u64().unwrap();
    for figure in ["events", "conflicts", "held", "rejected", "outside_records"] {
        assert_eq!(count(&twice, figure), 2 * count(&once, figure), "{name}: {figure}");
    }
    for figure in ["accepted", "entries", "statements"] {
        assert_eq!(count(&twice, figure), count(&once, figure), "{name}: {figure}");
    }
    let duplicates = 2 * count(&once, "duplicates") + count(&once, "accepted");
    assert_eq!(count(&twice, "duplicates"), duplicates, "{name}");
}
