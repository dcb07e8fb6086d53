//! What the tests need beyond Rust itself, installed on a bare Debian machine.
//!
//! Each tool is looked for first, so a machine that has all of them needs no network. What cannot be installed is said
//! loudly, with the command to do it by hand; the tools after it are still tried.

use std::process::Command;

use crate::process::{Failure, cargo, program, run, shown, succeeds};

/// The release of cargo-deny that `deny.toml` is written for.
const CARGO_DENY: &str = "cargo-deny@0.20.2";

/// The release of cargo-fuzz that runs the targets in `fuzz/`.
const CARGO_FUZZ: &str = "cargo-fuzz@0.13.2";

/// A program that the tests call.
struct Tool {
    name: &'static str,
    is_there: fn() -> bool,
    /// What installs it, one after the other.
    steps: Vec<Command>,
}

/// Installs whatever is missing; fails with the list of what could not be installed.
pub(crate) fn run_all() -> Result<(), Failure> {
    let tools = [
        Tool { name: "clippy", is_there: has_clippy, steps: vec![program("rustup", &["component", "add", "clippy"])] },
        Tool {
            name: "rustfmt",
            is_there: has_rustfmt,
            steps: vec![program("rustup", &["component", "add", "rustfmt"])],
        },
        Tool {
            name: "hledger",
            is_there: has_hledger,
            steps: vec![apt_get(&["update"]), apt_get(&["install", "--yes", "hledger"])],
        },
        Tool {
            name: "strace",
            is_there: has_strace,
            steps: vec![apt_get(&["update"]), apt_get(&["install", "--yes", "strace"])],
        },
        Tool { name: "cargo-deny", is_there: has_cargo_deny, steps: vec![install_cargo(CARGO_DENY)] },
        Tool {
            name: "g++",
            is_there: has_cpp,
            steps: vec![apt_get(&["update"]), apt_get(&["install", "--yes", "g++"])],
        },
        Tool { name: "cargo-fuzz", is_there: has_cargo_fuzz, steps: vec![install_cargo(CARGO_FUZZ)] },
    ];
    let missing: Vec<String> = tools.into_iter().filter_map(|tool| install(tool).err()).collect();
    if missing.is_empty() { Ok(()) } else { Err(Failure(missing.join("\n"))) }
}

/// Whether cargo-deny can be started.
pub(crate) fn has_cargo_deny() -> bool {
    succeeds(cargo(&["deny", "--version"]))
}

/// Whether the fuzz targets can be built: the fuzzer itself is C++.
pub(crate) fn can_fuzz() -> bool {
    has_cargo_fuzz() && has_cpp()
}

fn has_cargo_fuzz() -> bool {
    succeeds(cargo(&["fuzz", "--version"]))
}

fn has_cpp() -> bool {
    succeeds(program("c++", &["--version"]))
}

fn has_clippy() -> bool {
    succeeds(cargo(&["clippy", "--version"]))
}

fn has_rustfmt() -> bool {
    succeeds(cargo(&["fmt", "--version"]))
}

fn has_hledger() -> bool {
    succeeds(program("hledger", &["--version"]))
}

fn has_strace() -> bool {
    succeeds(program("strace", &["--version"]))
}

/// Runs the steps unless the tool is there. A step that fails does not stop the next one: a package list that cannot be
/// refreshed may still be good enough to install from. Only whether the tool is there in the end counts.
fn install(tool: Tool) -> Result<(), String> {
    let Tool { name, is_there, steps } = tool;
    if is_there() {
        println!("{name}: installed");
        return Ok(());
    }
    let by_hand = steps.iter().map(shown).collect::<Vec<_>>().join(" && ");
    println!("{name}: missing; trying `{by_hand}`");
    for step in steps {
        if let Err(failure) = run(step) {
            eprintln!("{failure}");
        }
    }
    if is_there() {
        return Ok(());
    }
    let message = format!("{name} could not be installed; by hand: `{by_hand}`");
    eprintln!("\n!!! {message}\n");
    Err(message)
}

fn apt_get(arguments: &[&str]) -> Command {
    let is_root = Command::new("id").arg("-u").output().is_ok_and(|output| output.stdout.trim_ascii() == b"0");
    let mut command = if is_root { program("apt-get", arguments) } else { program("sudo", &["apt-get"]) };
    if !is_root {
        command.args(arguments);
    }
    command.env("DEBIAN_FRONTEND", "noninteractive");
    command
}

/// Built quickly and not for speed: these tools read a few hundred manifests or start other programs.
fn install_cargo(tool: &str) -> Command {
    let mut command = cargo(&["install", "--locked", tool]);
    command
        .env("CARGO_PROFILE_RELEASE_OPT_LEVEL", "1")
        .env("CARGO_PROFILE_RELEASE_LTO", "off")
        .env("CARGO_PROFILE_RELEASE_CODEGEN_UNITS", "16")
        .env("CARGO_PROFILE_RELEASE_DEBUG", "false");
    command
}
