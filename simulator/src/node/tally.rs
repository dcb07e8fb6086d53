//! What happened over many seeds: how often, and in how many of them.

use super::Violation;
use super::simulate;
use crate::coverage::Coverage;
use crate::disk::Honesty;
use std::collections::BTreeMap;
use std::ops::Range;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};

/// Counts over seeds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Seeds that kept every promise.
    pub seeds: u64,
    /// By name: how often, and in how many seeds at least once.
    pub happened: BTreeMap<&'static str, (u64, u64)>,
    /// Seeds that broke one, and which.
    pub broken: Vec<(u64, Violation)>,
}

impl Tally {
    /// Adds what happened in a seed.
    pub fn add(&mut self, coverage: &Coverage) {
        self.seeds += 1;
        for (name, count) in coverage.iter() {
            let (all, seeds) = self.happened.entry(name).or_default();
            *all += count;
            *seeds += 1;
        }
    }

    /// Adds what others counted.
    pub fn join(&mut self, other: Self) {
        self.seeds += other.seeds;
        for (name, (count, seeds)) in other.happened {
            let own = self.happened.entry(name).or_default();
            *own = (own.0 + count, own.1 + seeds);
        }
        self.broken.extend(other.broken);
        self.broken.sort_by_key(|(seed, _)| *seed);
    }
}

/// Seeds that a thread takes at once.
const SHARE: u64 = 20;

/// Plays seeds on several threads. What comes out does not depend on their number.
#[must_use]
pub fn simulate_beside(seeds: Range<u64>, threads: usize, honesty: Honesty) -> Tally {
    let next = AtomicU64::new(seeds.start);
    let work = || {
        let mut tally = Tally::default();
        loop {
            let from = next.fetch_add(SHARE, Ordering::Relaxed);
            if from >= seeds.end {
                return tally;
            }
            tally.join(simulate_all(from..seeds.end.min(from + SHARE), honesty));
        }
    };
    let mut tally = Tally::default();
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..threads).map(|_| scope.spawn(work)).collect();
        workers.into_iter().for_each(|worker| tally.join(worker.join().expect("panics are caught")));
    });
    tally
}

/// Plays one seed after the other; a panic is a promise that was broken, too.
#[must_use]
pub fn simulate_all(seeds: Range<u64>, honesty: Honesty) -> Tally {
    let mut tally = Tally::default();
    for seed in seeds {
        match catch_unwind(AssertUnwindSafe(|| simulate(seed, honesty))) {
            Ok(Ok(happened)) => tally.add(&happened),
            Ok(Err(violation)) => tally.broken.push((seed, violation)),
            Err(panic) => {
                let said = panic.downcast_ref::<String>().cloned();
                let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
                let violation = Violation { promise: "a bug", said: said.unwrap_or_default() };
                tally.broken.push((seed, violation));
            }
        }
    }
    tally
}
