//! `cargo xtask ci`: all that continuous integration does, in one order, each step announced, stopping at the first failure.
//!
//! A test that cannot run on this machine (a tool is missing) says so on stderr and appends one line with its reason to
//! the file that `SKIPPED_TESTS` names. The lines are counted at the end: `skipped: N`. With `CI=true` a skip is a
//! failure.

use std::path::{Path, PathBuf};
use std::time::Instant;
use std::{env, fs, io};

use crate::process::{Failure, cargo, run, succeeds, target_dir};
use crate::{fuzz, setup};

/// Names the file to which a test that cannot run appends its reason.
const SKIPPED_TESTS: &str = "SKIPPED_TESTS";

/// How many inputs each fuzz target is given here, its seeds among them.
const FUZZ_RUNS: u32 = 2_000;

/// Runs all steps.
pub(crate) fn run_all() -> Result<(), Failure> {
    let started = Instant::now();
    let skips = skips_file()?;
    step("setup", || set_up(&skips))?;
    step("format", format)?;
    step("clippy", || run(cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"])))?;
    step("test", || test(&skips))?;
    step("simulate", simulate)?;
    step("deny", || deny(&skips))?;
    step("fuzz", || fuzz_briefly(&skips))?;
    let skipped = report_skips(&skips)?;
    if skipped > 0 && in_ci() {
        return Err(Failure(format!("{skipped} could not run, and CI=true asks for all")));
    }
    println!("ci: all steps passed in {} s", started.elapsed().as_secs());
    Ok(())
}

fn step(name: &str, work: impl FnOnce() -> Result<(), Failure>) -> Result<(), Failure> {
    println!("\n==> {name}");
    let started = Instant::now();
    work().map_err(|failure| Failure(format!("step {name}: {failure}")))?;
    println!("<== {name}: done in {} s", started.elapsed().as_secs());
    Ok(())
}

/// Seeds that are played whole, with crashes and faults of the disk.
const SEEDS: &str = "4000";

fn simulate() -> Result<(), Failure> {
    run(cargo(&["run", "--release", "--package", "simulator", "--bin", "simulate", "--", "--seeds", SEEDS]))
}

/// A missing tool stops continuous integration at once; elsewhere the tests that need it count as skipped.
fn set_up(skips: &Path) -> Result<(), Failure> {
    match setup::run_all() {
        Err(failure) if !in_ci() => append(skips, &format!("setup: {failure}")),
        outcome => outcome,
    }
}

/// The fuzz targets are a workspace of their own.
fn format() -> Result<(), Failure> {
    run(cargo(&["fmt", "--all", "--check"]))?;
    run(cargo(&["fmt", "--manifest-path", "fuzz/Cargo.toml", "--check"]))
}

/// Every seed and the same few inputs more: `cargo xtask fuzz` is for finding something new.
fn fuzz_briefly(skips: &Path) -> Result<(), Failure> {
    if !setup::can_fuzz() {
        eprintln!("\n!!! fuzz targets: NOT RUN, cargo-fuzz or a C++ compiler is missing\n");
        return append(skips, "fuzz: cargo-fuzz or a C++ compiler is missing");
    }
    fuzz::run_all(FUZZ_RUNS)
}

fn test(skips: &Path) -> Result<(), Failure> {
    let mut command = cargo(&["test", "--workspace"]);
    command.env(SKIPPED_TESTS, skips);
    run(command)
}

/// Licences, bans and origins need no network. Advisories need their database: without it that is said, not hidden.
fn deny(skips: &Path) -> Result<(), Failure> {
    if !setup::has_cargo_deny() {
        return append(skips, "deny: cargo-deny is missing");
    }
    run(cargo(&["deny", "check", "licenses", "bans", "sources"]))?;
    if !succeeds(cargo(&["deny", "fetch", "db"])) {
        eprintln!("\n!!! advisories: NOT CHECKED, the advisory database cannot be reached from this machine\n");
        return Ok(());
    }
    run(cargo(&["deny", "check", "--disable-fetch", "advisories"]))
}

fn in_ci() -> bool {
    env::var("CI").is_ok_and(|value| value == "true")
}

/// An empty file for the reasons, in the target folder.
fn skips_file() -> Result<PathBuf, Failure> {
    let target = target_dir();
    let file = target.join("skipped-tests.txt");
    let created = fs::create_dir_all(&target).and_then(|()| fs::write(&file, ""));
    created.map_err(|error| Failure(format!("cannot create {}: {error}", file.display())))?;
    Ok(file)
}

fn append(file: &Path, reason: &str) -> Result<(), Failure> {
    let appended = fs::OpenOptions::new().append(true).open(file).and_then(|mut open| {
        use io::Write as _;
        writeln!(open, "{}", reason.replace('\n', "; "))
    });
    appended.map_err(|error| Failure(format!("cannot append to {}: {error}", file.display())))
}

/// Prints every reason and the count.
fn report_skips(file: &Path) -> Result<usize, Failure> {
    let reasons =
        fs::read_to_string(file).map_err(|error| Failure(format!("cannot read {}: {error}", file.display())))?;
    for reason in reasons.lines() {
        eprintln!("!!! skipped: {reason}");
    }
    let count = reasons.lines().count();
    println!("\nskipped: {count}");
    Ok(count)
}
