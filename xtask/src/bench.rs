//! `cargo xtask bench …`: builds the benchmark in release and runs it. The measuring is the simulator's.

use crate::process::{Failure, cargo, run};

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
