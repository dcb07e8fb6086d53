//! `cargo xtask mutants`: builds the node with one fault each, and demands that the simulator finds it.
//!
//! Two faults are the disk's: it confirms a sync, or the sync of a folder, and does nothing, which is what a program without
//! that call would see. The others are lines of the product under `#[cfg(mutant = "…")]`, switched on by `RUSTFLAGS` alone, so
//! that no feature of a crate can bring one into a build. The build without any must pass, or nothing is proven.

use crate::process::{Failure, cargo, run, target_dir};
use std::process::{Command, Stdio};

/// Faults of the product, each as it stands in its `cfg`: old facts about identities are believed, the identities of the
/// generation before the young one are not looked for, and turns are acknowledged before they are durable.
const MUTANTS: &[&str] = &["sealed_to", "last_generation", "canary"];

/// Faults of the disk.
const DISKS: &[&str] = &["no-sync", "no-folder-sync"];

/// Seeds that each mutant is given.
const SEEDS: &str = "200";

/// Runs all of them.
pub(crate) fn run_all() -> Result<(), Failure> {
    run(simulate(None, "honest"))?;
    for disk in DISKS {
        must_fail(disk, simulate(None, disk))?;
    }
    for mutant in MUTANTS {
        must_fail(mutant, simulate(Some(mutant), "honest"))?;
    }
    println!("mutants: the simulator found all {}", MUTANTS.len() + DISKS.len());
    Ok(())
}

/// A run of the simulator over a mutant, whose build lies beside ours.
fn simulate(mutant: Option<&str>, disk: &str) -> Command {
    let run = ["run", "--release", "--package", "simulator", "--bin", "simulate", "--"];
    let mut command = cargo(&run);
    command.args(["--seeds", SEEDS, "--disk", disk]);
    if let Some(mutant) = mutant {
        command.env("RUSTFLAGS", format!("--cfg mutant=\"{mutant}\""));
        command.env("CARGO_TARGET_DIR", target_dir().join("mutants"));
    }
    command
}

/// A broken promise is exit code 1; anything else says that the mutant was not tried.
fn must_fail(name: &str, mut command: Command) -> Result<(), Failure> {
    let output = command.stderr(Stdio::inherit()).output();
    let output = output.map_err(|error| Failure(format!("mutant {name} could not be built: {error}")))?;
    let told = String::from_utf8_lossy(&output.stdout);
    let found = told.lines().next().unwrap_or_default();
    match output.status.code() {
        Some(1) if found.contains("broke a promise") => {
            println!("mutant {name}: found; {found}");
            Ok(())
        }
        Some(0) => Err(Failure(format!("mutant {name} was not found: {found}"))),
        code => Err(Failure(format!("mutant {name} was not tried: exit code {code:?}"))),
    }
}
