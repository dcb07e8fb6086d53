//! What runs cost: `cargo run --release -p store --example run_rate [RUNS]` (8 where nothing is said; 55 are 100 million
//! identities, 3.4 GB of disk in the folder for temporary files).
//!
//! Seals runs of 1.8 million random identities in steps, stores the filter, opens all, and asks for identities that are
//! in runs and for others, in batches of 4,096. A benchmark, not a test: the figures belong to the machine.

use canon::{Digest, identity_hash};
use engine::Claim;
use event::Identity;
use std::error::Error;
use std::io::{self, Write};
use std::sync::Arc;
use std::time::{Duration, Instant};
use store::Folder;
use store::runs::{Gathered, LayerSizes, LogMark, Progress, Runs};

const RUN: u64 = 1_800_000;
const BATCH: usize = 4_096;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn Error>> {
    let count = std::env::args().nth(1).map_or(Ok(8), |count| count.parse())?;
    let folder = tempfile::tempdir()?;
    let disk = Arc::new(Folder::open(folder.path())?);
    let mut out = io::stdout().lock();
    seal_all(&disk, count, &mut out)?;

    let runs = open(&disk, count, "without a stored filter", &mut out)?;
    let (mut storing, mut longest, started) = (runs.store_filter(), Duration::ZERO, Instant::now());
    loop {
        let step = Instant::now();
        let progress = storing.step(128)?;
        longest = longest.max(step.elapsed());
        if matches!(progress, Progress::Done(())) {
            break;
        }
    }
    writeln!(out, "store the filter: {:.2?}, longest step {longest:.2?}", started.elapsed())?;
    drop((runs, storing));
    let runs = open(&disk, count, "with the stored filter", &mut out)?;
    for line in std::fs::read_to_string("/proc/self/status").unwrap_or_default().lines() {
        if line.starts_with("RssAnon") {
            writeln!(out, "{line}")?;
        }
    }

    let total = count * RUN;
    ask(&runs, "absent", 100, |number| total + number, &mut out)?;
    ask(&runs, "present, any run", 2, |number| number.wrapping_mul(0x9E37_79B9_7F4A_7C15) % total, &mut out)?;
    ask(&runs, "present, newest run", 2, |number| total - 1 - number, &mut out)?;
    ask(&runs, "1 of 100 present", 50, |number| if number % 100 == 0 { number } else { total + number }, &mut out)
}

fn identity(number: u64) -> Identity {
    Identity(identity_hash(5, &number.to_le_bytes()))
}

fn mark(frame: u64) -> LogMark {
    LogMark { identities: (frame - 1) * RUN, chain: Digest([frame as u8; 32]) }
}

fn seal_all(disk: &Arc<Folder>, count: u64, out: &mut impl Write) -> Result<(), Box<dyn Error>> {
    let mut runs =
        Runs::open(Arc::clone(disk), LayerSizes::default(), 1, |frame| Ok::<_, io::Error>(Some(mark(frame))))?;
    let mut steps = Vec::new();
    let mut taken = Duration::ZERO;
    for run in 0..count {
        let claim = |number| Claim { identity: identity(number), fingerprint: number, origin: 0 };
        let mut gathered = Gathered::with_room(RUN as usize);
        (run * RUN..(run + 1) * RUN).map(claim).for_each(|claim| gathered.claim(run + 1, run + 1, claim));
        let mut sealing = runs.seal(run + 2, mark(run + 2), gathered);
        let sealed = loop {
            let started = Instant::now();
            let progress = sealing.step(16_384)?;
            steps.push(started.elapsed());
            taken += started.elapsed();
            if let Progress::Done(sealed) = progress {
                break sealed;
            }
        };
        runs = runs.with(sealed);
    }
    steps.sort_unstable();
    let [half, most, all] = [steps.len() / 2, steps.len() * 99 / 100, steps.len() - 1].map(|at| steps[at]);
    let each = taken.as_nanos() as u64 / (count * RUN);
    writeln!(out, "seal: {each} ns a claim with syncs; a step {half:.2?}, p99 {most:.2?}, longest {all:.2?}")?;
    Ok(())
}

fn open(disk: &Arc<Folder>, count: u64, how: &str, out: &mut impl Write) -> Result<Runs<Folder>, Box<dyn Error>> {
    let started = Instant::now();
    let runs =
        Runs::open(Arc::clone(disk), LayerSizes::default(), count + 1, |frame| Ok::<_, io::Error>(Some(mark(frame))))?;
    writeln!(out, "open {} identities in {count} runs {how}: {:.2?}", runs.identities(), started.elapsed())?;
    Ok(runs)
}

/// The median and the fastest of some rounds over so many batches, each of other identities.
fn ask(
    runs: &Runs<Folder>,
    what: &str,
    batches: u64,
    number: impl Fn(u64) -> u64,
    out: &mut impl Write,
) -> Result<(), Box<dyn Error>> {
    let mut found = Vec::with_capacity(BATCH);
    let mut rounds = Vec::new();
    let mut hits = 0;
    for round in 0..ROUNDS as u64 {
        let mut taken = Duration::ZERO;
        for batch in 0..batches {
            let first = (round * batches + batch) * BATCH as u64;
            let asked: Vec<Identity> = (first..first + BATCH as u64).map(|at| identity(number(at))).collect();
            found.clear();
            let started = Instant::now();
            runs.find_all(&asked, &mut found)?;
            taken += started.elapsed();
            hits += found.len();
        }
        rounds.push(taken);
    }
    rounds.sort_unstable();
    let [fastest, median] = [rounds[0], rounds[ROUNDS / 2]].map(|all| all.as_nanos() as u64 / (batches * BATCH as u64));
    writeln!(out, "{what}: {median} ns each, {fastest} in the fastest round; {hits} found")?;
    Ok(())
}
