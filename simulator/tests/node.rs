//! A whole node by seeds: no promise is broken, and everything that may go wrong does in some of them.

use simulator::coverage::Coverage;
use simulator::disk::Honesty;
use simulator::node::simulate;

const SEEDS: u64 = 40;

#[test]
fn no_promise_is_broken() {
    let mut coverage = Coverage::default();
    for seed in 0..SEEDS {
        match simulate(seed, Honesty::Honest) {
            Ok(happened) => coverage.add(&happened),
            Err(violation) => panic!("seed {seed}: {violation:?}"),
        }
    }
    for name in ["crash", "end torn", "run sealed", "snapshot written", "snapshot taken", "outcome unknown"] {
        assert!(coverage.of(name) > 0, "never happened: {name}; {coverage:?}");
    }
}

#[test]
fn a_disk_that_lies_is_found_out() {
    for honesty in [Honesty::NoSync, Honesty::NoFolderSync] {
        let found = (0..20).filter(|seed| simulate(*seed, honesty).is_err()).count();
        assert!(found > 5, "{honesty:?}: {found}");
    }
}
