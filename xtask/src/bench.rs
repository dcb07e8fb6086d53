//! `cargo xtask bench …`: builds the benchmarks in release and runs them. What the engine costs measures the simulator;
//! what whole runs of the program cost beside another build of it is measured here.

use crate::process::{Failure, cargo, program, root, run, target_dir};
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Instant;

/// The last commit before contracts had closing terms, conversion and chains: what `settle_ratio_to_a` compares with.
const BEFORE: &str = "6f56810";

/// Events of a run of the program.
const EVENTS: &str = "5000000";

/// Pairs of runs of which the median ratio is told.
const PAIRS: usize = 7;

/// How the figures are shown.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Output {
    /// A table for a person.
    Text,
    /// One JSON object per figure: bench, figure, value, unit, runs.
    Json,
}

/// Measures `jeongsan settle`: engine, the whole way from file to outputs, and memory.
pub(crate) fn settle(output: Output) -> Result<(), Failure> {
    // The whole product is built first, because the benchmark starts the binary itself.
    run(cargo(&["build", "--release", "--bin", "jeongsan"]))?;
    let mut command = cargo(&["run", "--release", "--package", "simulator", "--bin", "bench", "--", "settle"]);
    if output == Output::Json {
        command.arg("--json");
    }
    run(command)
}

/// Measures contracts: `F`, ticks and cuts; a comparison of two books; and `settle` beside the program as it was before.
pub(crate) fn contracts(output: Output) -> Result<(), Failure> {
    run(cargo(&["build", "--release", "--bin", "jeongsan", "--bin", "contracts", "--bin", "generate"]))?;
    let mut command = program_of(&target_dir(), "contracts");
    if output == Output::Json {
        command.arg("--json");
    }
    run(command)?;
    let folder = std::env::temp_dir().join(format!("jeongsan-contracts-{}", std::process::id()));
    let measured = whole_runs(output, &folder);
    fs::remove_dir_all(&folder).map_err(|error| Failure(format!("{}: {error}", folder.display())))?;
    measured
}

/// Measures a durable node: events taken at full speed, latencies at four fifths of that, folding and starting,
/// and the time to the history of one event.
pub(crate) fn node(output: Output) -> Result<(), Failure> {
    run(cargo(&["build", "--release", "--package", "server", "--example", "node", "--example", "books"]))?;
    let rate = durable_rate(&node_with(&["--json", "--events", EVENTS, "--runs", "5"], output)?)?;
    let eased = format!("{:.0}", rate * 0.8);
    node_with(&["--json", "--events", EVENTS, "--runs", "3", "--rate", &eased, "--batch", "2048"], output)?;
    node_with(&["--json", "--events", EVENTS, "--runs", "3", "--raw", "none"], output)?;
    said_by("books", &["--json"], output)?;
    histories(output)
}

/// Measures how fast the history of one event is told, of a book that is made for it.
fn histories(output: Output) -> Result<(), Failure> {
    let folder = std::env::temp_dir().join(format!("jeongsan-history-{}", std::process::id()));
    let kept = folder.display().to_string();
    let mut measured = node_with(&["--events", EVENTS, "--keep", &kept], Output::Json).map(drop);
    if measured.is_ok() {
        measured = node_with(&["--json", "--events", EVENTS, "--history", &kept], output).map(drop);
    }
    let removed = fs::remove_dir_all(&folder).map_err(|error| Failure(format!("{}: {error}", folder.display())));
    measured.and(removed)
}

/// Runs the measurement and gives what it said.
fn node_with(arguments: &[&str], output: Output) -> Result<String, Failure> {
    said_by("node", arguments, output)
}

/// Runs an example that measures and gives what it said.
fn said_by(example: &str, arguments: &[&str], output: Output) -> Result<String, Failure> {
    let mut command = Command::new(target_dir().join("release/examples").join(example));
    command.current_dir(root()).args(arguments);
    let said = command.output().map_err(|error| Failure(format!("{example}: {error}")))?;
    let text = String::from_utf8_lossy(&said.stdout).into_owned();
    if !said.status.success() {
        return Err(Failure(format!("{example}: {}", String::from_utf8_lossy(&said.stderr))));
    }
    for line in text.lines().filter(|line| output == Output::Text || line.starts_with('{')) {
        println!("{line}");
    }
    Ok(text)
}

/// The median rate in what was said.
fn durable_rate(said: &str) -> Result<f64, Failure> {
    let line = said.lines().find(|line| line.contains(r#""durable_events_per_s""#));
    let value = line.and_then(|line| line.split(r#""value":"#).nth(1)).and_then(|rest| rest.split(',').next());
    let value = value.and_then(|digits| digits.parse().ok());
    value.ok_or_else(|| Failure("the measurement said no rate".to_owned()))
}

fn whole_runs(output: Output, folder: &Path) -> Result<(), Failure> {
    let mut generate = program_of(&target_dir(), "generate");
    generate.args(["--events", EVENTS, "--out"]).arg(folder).stdout(Stdio::null());
    run(generate)?;
    let other = with_another_measure(folder)?;
    let events: f64 = EVENTS.parse().expect("a number");
    let mut rates = Vec::new();
    for _ in 0..3 {
        let mut compare = program_of(&target_dir(), "jeongsan");
        compare.args(["compare", "--json"]).arg(folder.join("book")).arg(&other).arg(folder.join("events.jsonl"));
        rates.push(events / seconds(compare)?);
    }
    show(output, "whatif_events_per_s", median(&mut rates), "events/s", rates.len());
    let before = build_before()?;
    let mut ratios = Vec::new();
    for pair in 0..PAIRS {
        // In turn first and second, so that neither has the machine to itself.
        let (first, second) = if pair % 2 == 0 { (&before, &target_dir()) } else { (&target_dir(), &before) };
        let (one, two) = (settle_with(first, folder)?, settle_with(second, folder)?);
        ratios.push(if pair % 2 == 0 { one / two } else { two / one });
    }
    show(output, "settle_ratio_to_a", median(&mut ratios), "ratio", ratios.len());
    Ok(())
}

/// A copy of the book in which one measure of the game contracts is another.
fn with_another_measure(folder: &Path) -> Result<PathBuf, Failure> {
    let other = folder.join("other");
    run(program("cp", &["-r", &folder.join("book").to_string_lossy(), &other.to_string_lossy()]))?;
    let told = |path: &Path, error: std::io::Error| Failure(format!("{}: {error}", path.display()));
    let contracts = other.join("contracts");
    for entry in fs::read_dir(&contracts).map_err(|error| told(&contracts, error))? {
        let path = entry.map_err(|error| told(&contracts, error))?.path();
        let text = fs::read_to_string(&path).map_err(|error| told(&path, error))?;
        let changed =
            text.replace("if(kind = 'bet', amount, 0 - amount)", "if(kind = 'bet', amount, 0 - amount * 0.98)");
        fs::write(&path, changed).map_err(|error| told(&path, error))?;
    }
    Ok(other)
}

/// Builds the program as it was before, in a work tree and target folder of its own; gives the latter.
fn build_before() -> Result<PathBuf, Failure> {
    let (tree, target) = (target_dir().join("before/tree"), target_dir().join("before/target"));
    if !tree.exists() {
        run(program("git", &["worktree", "prune"]))?;
        run(program("git", &["worktree", "add", "--detach", &tree.to_string_lossy(), BEFORE]))?;
    }
    let mut build = Command::new(std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned()));
    build.args(["build", "--release", "--bin", "jeongsan"]).current_dir(&tree).env("CARGO_TARGET_DIR", &target);
    run(build)?;
    Ok(target)
}

fn settle_with(target: &Path, folder: &Path) -> Result<f64, Failure> {
    let mut settle = program_of(target, "jeongsan");
    settle.args(["settle", "--json", "--replace", "--out"]).arg(folder.join("out"));
    settle.arg(folder.join("book")).arg(folder.join("events.jsonl"));
    seconds(settle)
}

fn program_of(target: &Path, name: &str) -> Command {
    let mut command = Command::new(target.join("release").join(name));
    command.current_dir(root());
    command
}

fn seconds(mut command: Command) -> Result<f64, Failure> {
    command.stdout(Stdio::null());
    let started = Instant::now();
    run(command)?;
    Ok(started.elapsed().as_secs_f64())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn show(output: Output, figure: &str, value: f64, unit: &str, runs: usize) {
    match output {
        Output::Text => println!("{figure:24} {value:>16.3} {unit}"),
        Output::Json => {
            println!(r#"{{"bench":"contracts","figure":"{figure}","value":{value},"unit":"{unit}","runs":{runs}}}"#)
        }
    }
}
