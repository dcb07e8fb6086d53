//! `cargo xtask fuzz [--seconds N] [TARGET…]`: builds the fuzz targets and runs each for a while from its seeds.
//!
//! The targets are the files of `fuzz/fuzz_targets`, their seeds lie in `fuzz/seeds/<target>`; what a run finds worth
//! keeping goes to `fuzz/corpus`, what crashes to `fuzz/artifacts`. Coverage is the compiler's own on the stable
//! toolchain (`--sanitizer none`): the code has no `unsafe` that an address sanitizer could watch.

use std::fs;
use std::process::Command;

use crate::process::{Failure, cargo, root, run, shown, target_dir};

/// How long each target runs where nothing else is said.
const SECONDS: u32 = 20;

/// The longest input; all seeds are shorter but for whole books.
const BYTES_MAX: u32 = 8_192;

/// An input that takes longer counts as a crash: far more than any takes, since a machine may pause.
const INPUT_SECONDS_MAX: u32 = 300;

/// How much each target is run.
#[derive(Clone, Copy)]
enum Effort {
    /// For so long, from a new beginning each time: to find something.
    Seconds(u32),
    /// So many inputs from a fixed beginning: the same on every machine, to guard what was found.
    Runs(u32),
}

/// Runs the targets that the arguments name, or all.
pub(crate) fn run_named(arguments: &[&str]) -> Result<(), Failure> {
    let (seconds, named) = match arguments {
        ["--seconds", seconds, named @ ..] => {
            let seconds = seconds.parse().ok().filter(|seconds| *seconds > 0);
            (seconds.ok_or_else(|| Failure("--seconds wants a whole number".to_owned()))?, named)
        }
        named => (SECONDS, named),
    };
    let targets = targets()?;
    for name in named {
        if !targets.iter().any(|target| target == name) {
            return Err(Failure(format!("no fuzz target {name}; there are {}", targets.join(", "))));
        }
    }
    let is_asked_for = |target: &&String| named.is_empty() || named.contains(&target.as_str());
    let asked: Vec<&str> = targets.iter().filter(is_asked_for).map(String::as_str).collect();
    run_each(&asked, Effort::Seconds(seconds))
}

/// Runs all targets over their seeds and so many inputs more, always the same.
pub(crate) fn run_all(runs: u32) -> Result<(), Failure> {
    let targets = targets()?;
    run_each(&targets.iter().map(String::as_str).collect::<Vec<_>>(), Effort::Runs(runs))
}

fn run_each(targets: &[&str], effort: Effort) -> Result<(), Failure> {
    let mut build = cargo_fuzz("build");
    if let [target] = targets {
        build.arg(target);
    }
    run(build)?;
    targets.iter().try_for_each(|target| fuzz(target, effort))
}

/// The names of all targets, sorted.
fn targets() -> Result<Vec<String>, Failure> {
    let folder = root().join("fuzz/fuzz_targets");
    let unreadable = |error| Failure(format!("cannot read {}: {error}", folder.display()));
    let mut names = Vec::new();
    for entry in fs::read_dir(&folder).map_err(unreadable)? {
        let path = entry.map_err(unreadable)?.path();
        names.extend(path.file_stem().map(|stem| stem.to_string_lossy().into_owned()));
    }
    names.sort();
    Ok(names)
}

fn fuzz(target: &str, effort: Effort) -> Result<(), Failure> {
    let fuzz = root().join("fuzz");
    // What earlier runs found is no part of a run that is the same everywhere.
    let corpus = match effort {
        Effort::Seconds(_) => fuzz.join("corpus").join(target),
        Effort::Runs(_) => target_dir().join("fuzz-once").join(target),
    };
    if matches!(effort, Effort::Runs(_)) && corpus.exists() {
        fs::remove_dir_all(&corpus).map_err(|error| Failure(format!("cannot empty {}: {error}", corpus.display())))?;
    }
    fs::create_dir_all(&corpus).map_err(|error| Failure(format!("cannot create {}: {error}", corpus.display())))?;
    let mut command = cargo_fuzz("run");
    command.arg(target).arg(corpus).arg(fuzz.join("seeds").join(target)).arg("--");
    match effort {
        Effort::Seconds(seconds) => command.arg(format!("-max_total_time={seconds}")),
        Effort::Runs(runs) => command.arg(format!("-runs={runs}")).arg("-seed=1"),
    };
    command.arg(format!("-max_len={BYTES_MAX}"));
    command.arg(format!("-timeout={INPUT_SECONDS_MAX}")).arg("-print_final_stats=1");
    let words = fuzz.join("words").join(target).with_extension("dict");
    if words.is_file() {
        command.arg(format!("-dict={}", words.display()));
    }
    report(target, command)
}

/// Prints one line for a run that found nothing, and everything for one that crashed.
fn report(target: &str, mut command: Command) -> Result<(), Failure> {
    let output = command.output();
    let output = output.map_err(|error| Failure(format!("`{}` could not be started: {error}", shown(&command))))?;
    let told = String::from_utf8_lossy(&output.stderr);
    if !output.status.success() {
        eprintln!("{told}");
        return Err(Failure(format!("fuzz target {target} failed; the input is in fuzz/artifacts/{target}")));
    }
    let figure = |name: &str| {
        let line = told.lines().find_map(|line| line.strip_prefix(name));
        line.map_or("?", |rest| rest.trim_start_matches(':').trim())
    };
    let (runs, rate) = (figure("stat::number_of_executed_units"), figure("stat::average_exec_per_sec"));
    println!("{target}: {runs} runs, {rate} a second, no crash");
    Ok(())
}

/// A call of cargo-fuzz whose build lies beside ours, since it is instrumented.
fn cargo_fuzz(command: &str) -> Command {
    let mut call = cargo(&["fuzz", command, "--sanitizer", "none"]);
    call.env("CARGO_TARGET_DIR", target_dir().join("fuzz"));
    call
}

#[test]
fn every_target_has_seeds_and_a_binary() {
    let manifest = fs::read_to_string(root().join("fuzz/Cargo.toml")).expect("the manifest can be read");
    for target in targets().expect("the targets can be listed") {
        let seeds = fs::read_dir(root().join("fuzz/seeds").join(&target));
        assert!(seeds.is_ok_and(|mut seeds| seeds.next().is_some()), "{target} has no seeds");
        assert!(manifest.contains(&format!("name = \"{target}\"")), "{target} is not in fuzz/Cargo.toml");
    }
}
