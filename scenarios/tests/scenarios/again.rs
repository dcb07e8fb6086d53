//! What must not matter: how many threads work, and that files come a second time.

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
