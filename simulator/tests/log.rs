//! Stories of the log alone: nothing that was synced is lost, whatever the disk does, and a disk that lies is found out.

use simulator::coverage::Coverage;
use simulator::disk::Honesty;
use simulator::log::story;

const SEEDS: u64 = 800;

/// What must have happened over all stories.
const EXPECTED: &[&str] = &[
    "closed in peace",
    "crash",
    "create dropped",
    "create failed",
    "damage found at the start",
    "damage found by a reader",
    "damage of the last group",
    "damage without effect",
    "end clean",
    "end torn",
    "later write kept, earlier dropped",
    "log full",
    "log stopped",
    "process ended",
    "read failed",
    "rename dropped",
    "room scarce",
    "sync failed",
    "unsynced frames kept",
    "unsynced frames lost",
    "write dropped",
    "write failed",
    "write lost by a failed sync",
    "write torn",
];

#[test]
fn every_story_ends_well() {
    let mut coverage = Coverage::default();
    for seed in 0..SEEDS {
        match story(seed, Honesty::Honest) {
            Ok(happened) => coverage.add(&happened),
            Err(violation) => panic!("seed {seed}: {violation}"),
        }
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|name| coverage.of(name) == 0).collect();
    assert!(missing.is_empty(), "never happened: {missing:?}; {coverage:?}");
}

#[test]
fn a_log_that_never_syncs_is_found_out() {
    for honesty in [Honesty::NoSync, Honesty::NoFolderSync] {
        let found = (0..200).filter(|seed| story(*seed, honesty).is_err()).count();
        assert!(found > 10, "{honesty:?}: {found}");
    }
}
