//! Which faults are tried, in which order, and what came of them.

use crate::strace::{Ended, Fault, Point};
use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

/// At how many calls of one sort faults are tried where all are asked for.
const CALLS_OF_SWEEP_MAX: usize = 64;

/// One fault of one command.
#[derive(Clone, Debug)]
pub(crate) struct Trial {
    pub(crate) point: Point,
    pub(crate) nth: u32,
    pub(crate) fault: Fault,
}

fn is_sweep() -> bool {
    std::env::var("FAULTS").as_deref() == Ok("all")
}

/// Trials at the points of a command: evenly spread over the calls of each sort, kills where something changes, errors
/// everywhere.
pub(crate) fn chosen(points: &[Point], calls_max: usize) -> Vec<Trial> {
    let calls_max = if is_sweep() { CALLS_OF_SWEEP_MAX } else { calls_max };
    let mut random = std::env::var("FAULTS_SEED").map_or(1, |seed| seed.parse::<u64>().expect("a seed is a number"));
    let mut draw = |below: usize| {
        // The generator of Steele, Lea and Flood's SplittableRandom.
        random = random.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (random ^ (random >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        usize::try_from((mixed ^ (mixed >> 31)) % below as u64).expect("it is below a length")
    };
    let mut sorts: BTreeMap<_, Vec<(&Point, u32)>> = BTreeMap::new();
    for point in points {
        sorts.entry(point.sort()).or_default().extend((1..=point.count).map(|nth| (point, nth)));
    }
    let mut trials = Vec::new();
    for calls in sorts.into_values() {
        let parts = calls.len().min(calls_max);
        for part in 0..parts {
            let (from, until) = (calls.len() * part / parts, calls.len() * (part + 1) / parts);
            let (point, nth) = calls[from + draw(until - from)];
            let mut trial = |fault| trials.push(Trial { point: point.clone(), nth, fault });
            if point.changes() {
                trial(Fault::Kill);
            }
            let errors = point.errors();
            if is_sweep() {
                errors.iter().for_each(|&error| trial(Fault::Error(error)));
            } else {
                trial(Fault::Error(errors[draw(errors.len())]));
            }
        }
    }
    trials
}

/// Tries all, as many at a time as there are processors, and asserts that nothing was wrong. `attempt` gives how a trial
/// ended, and what was wrong then.
pub(crate) fn try_each(
    name: &str,
    trials: &[Trial],
    attempt: impl Fn(&Trial, &Path) -> (Ended, Result<(), String>) + Sync,
) {
    let (next, found) = (AtomicUsize::new(0), Mutex::new((BTreeMap::new(), Vec::new())));
    let threads = std::thread::available_parallelism().map_or(1, usize::from);
    std::thread::scope(|scope| {
        for _ in 0..threads {
            scope.spawn(|| {
                while let Some(trial) = trials.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let folder = tempfile::tempdir().unwrap();
                    let (ended, sound) = attempt(trial, &folder.path().canonicalize().unwrap());
                    let mut found = found.lock().unwrap();
                    let counts: &mut [u32; 3] = found.0.entry(trial.point.call.clone()).or_default();
                    counts[if !ended.reached { 2 } else { usize::from(trial.fault != Fault::Kill) }] += 1;
                    if let Err(wrong) = sound {
                        let Trial { point, nth, fault } = trial;
                        let place = format!("{name}: {fault:?} at {} {nth} on {}", point.call, point.path.display());
                        found.1.push(format!("{place}: {wrong}\n  {}", ended.err.trim()));
                    }
                }
            });
        }
    });
    let (counts, wrong) = found.into_inner().unwrap();
    let mut reached = 0;
    for (call, [kills, errors, not_reached]) in counts {
        println!("{name}: {call}: {kills} kills, {errors} errors, {not_reached} not reached");
        reached += kills + errors;
    }
    assert!(wrong.is_empty(), "{} of {} trials:\n{}", wrong.len(), trials.len(), wrong.join("\n"));
    assert!(reached as usize * 10 >= trials.len() * 8, "{reached} of {} faults happened", trials.len());
}
