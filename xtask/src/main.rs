//! The house's own commands, run as `cargo xtask <command>`.
//!
//! They are a program of the workspace and not shell scripts, so that they run wherever the product builds. The house
//! rules themselves are tests (`tests/tidy`), so that `cargo test` alone finds what breaks them.

#![allow(clippy::print_stdout, reason = "what a command prints is its product")]

use std::process::ExitCode;

mod bench;
mod ci;
mod fuzz;
mod mutants;
mod process;
mod setup;

const USAGE: &str = "\
usage: cargo xtask <command>

  ci                      everything that continuous integration does; stops at the first failure
  setup                   install what the tests need: hledger, cargo-deny, cargo-fuzz, g++, clippy, rustfmt
  fuzz [--seconds N] [TARGET…]
                          run every fuzz target, or those named, for N seconds each (20)
  mutants                 build the node with one fault each; the simulator must find every one
  demo [ARGUMENT…]        build the release binary and run its demo
  bench settle [--json]   measure the speed of `jeongsan settle`
  bench node [--json]     measure the speed of a durable node
  bench contracts [--json]
                          measure `F`, ticks, cuts, what-if, and `settle` beside an earlier build
";

/// Exit code for wrong usage, the same as the product's.
const WRONG_USAGE: u8 = 2;

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let words: Vec<&str> = arguments.iter().map(String::as_str).collect();
    let outcome = match words.as_slice() {
        ["ci"] => ci::run_all(),
        ["setup"] => setup::run_all(),
        ["fuzz", rest @ ..] => fuzz::run_named(rest),
        ["mutants"] => mutants::run_all(),
        ["demo", rest @ ..] => demo(rest),
        ["bench", "settle"] => bench::settle(bench::Output::Text),
        ["bench", "settle", "--json"] => bench::settle(bench::Output::Json),
        ["bench", "node"] => bench::node(bench::Output::Text),
        ["bench", "node", "--json"] => bench::node(bench::Output::Json),
        ["bench", "contracts"] => bench::contracts(bench::Output::Text),
        ["bench", "contracts", "--json"] => bench::contracts(bench::Output::Json),
        _ => {
            eprint!("{USAGE}");
            return ExitCode::from(WRONG_USAGE);
        }
    };
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("xtask: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn demo(arguments: &[&str]) -> Result<(), process::Failure> {
    let mut command = process::cargo(&["run", "--release", "--bin", "jeongsan", "--", "demo"]);
    command.args(arguments);
    process::run(command)
}
