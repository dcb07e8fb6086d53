//! The product: subcommands, threads, configuration. Only this crate knows the environment.
//!
//! [`run`] is the whole program as a function over its arguments and two outputs, so that tests and the demo run the
//! real thing. What a command cannot do is told in one place ([`failure`]) and becomes an exit code:
//! 0 done · 1 the book or the input was refused, nothing was written · 2 wrong usage · 3 the world failed · 70 a bug.

mod arguments;
mod check;
mod commands;
mod compare;
mod demo;
mod diff;
mod explain;
mod failure;
mod folder;
mod inputs;
mod lock;
mod memory;
mod new;
mod node;
mod pipeline;
mod reconciled;
mod sandbox;
mod settle;
mod shadow;
mod simulate;
mod tongue;

pub use commands::commands_of;
pub use failure::Failure;
pub use node::{Events, NodeFailure, Seat, Seats, Service, history_of, hosted_scale, rows_of};
pub use settle::{SettleOptions, Settled, settle};
pub use tongue::Tongue;

use arguments::{Arguments, Command};
use clap::Parser;
use serde_json::json;
use std::ffi::OsString;
use std::io::{BufRead, BufReader, Write};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// Exit code of a command line that cannot be understood.
const EXIT_USAGE: u8 = 2;

/// Exit code of a bug: an assertion stopped the program before it wrote.
const EXIT_BUG: u8 = 70;

/// Runs the program and gives its exit code. Questions are answered on the standard input.
pub fn run(arguments: impl IntoIterator<Item = OsString>, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    // Not locked: runs of several threads must not wait for each other.
    run_with(arguments, &mut BufReader::new(std::io::stdin()), out, err)
}

/// Runs the program with somebody who answers its questions.
pub fn run_with(
    arguments: impl IntoIterator<Item = OsString>,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> u8 {
    let words: Vec<OsString> = arguments.into_iter().collect();
    let arguments = match Arguments::try_parse_from(&words) {
        Ok(arguments) => arguments,
        Err(usage) => return told_usage(&usage, words.iter().any(|word| word == "--json"), out, err),
    };
    let tongue = Tongue::chosen(arguments.lang.as_deref(), |name| std::env::var(name).ok());
    let outcome = catch_unwind(AssertUnwindSafe(|| dispatch(&arguments, tongue, input, out, err)));
    let failure = match outcome {
        Ok(Ok(code)) => return code,
        Ok(Err(failure)) => failure,
        Err(_) => {
            let told = writeln!(
                err,
                "{}",
                tongue.of(
                    "a bug stopped the program before it wrote; please report what stands above",
                    "버그로 인해 쓰기 전에 프로그램이 중단되었습니다. 위 내용을 알려 주십시오"
                )
            );
            return if told.is_ok() { EXIT_BUG } else { 3 };
        }
    };
    let told = if arguments.json {
        writeln!(out, "{}", failure.json(tongue))
    } else {
        write!(err, "{}", failure.text(tongue))
    };
    if told.is_err() { 3 } else { failure.exit_code() }
}

/// Does what was asked for; the exit code of a command that came to its end.
fn dispatch(
    arguments: &Arguments,
    tongue: Tongue,
    input: &mut dyn BufRead,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8, Failure> {
    match &arguments.command {
        Command::Settle(options) => settle::command(options, arguments, tongue, out, err),
        Command::Check { book } => check::command(book, arguments.json, tongue, out),
        Command::Explain { folder, what, event: None } => explain::command(folder, what, arguments.json, tongue, out),
        Command::Explain { folder, what, event: Some(event) } => {
            let place = node::Place::new(folder, what);
            node::history::command(&place, event, arguments.json, tongue, out)
        }
        Command::Diff { before, after } => diff::command(before, after, arguments.json, tongue, out),
        Command::Compare(options) => compare::command(options, arguments.json, tongue, out),
        Command::Shadow(options) => return shadow::command(options, arguments.json, tongue, out),
        Command::New(options) => {
            let mut terminal = new::Terminal { input, prompts: err };
            new::command(options, arguments.json, tongue, &mut terminal, out)
        }
        Command::Simulate { seeds, from, threads } => {
            return simulate::command(*from, *seeds, *threads, arguments.json, tongue, out);
        }
        Command::Demo => demo::command(arguments.json, tongue, out, err),
        Command::Load { data, book, accept_clock } => {
            let options = node::load::Options { data, book, accept_clock: *accept_clock };
            node::load::command(&options, arguments.json, tongue, out, err)
        }
        Command::Ingest(options) => return node::ingest::command(options, arguments.json, tongue, out, err),
        Command::Close { place, as_of, accept_clock } => {
            let as_of = as_of.as_deref().map(|text| arguments::instant("--as-of", text)).transpose()?;
            let options = node::close::Options { place: node::Place::of(place), as_of, accept_clock: *accept_clock };
            node::close::command(&options, arguments.json, tongue, out, err)
        }
        Command::Verify { books, redecide } => {
            return node::verify::command(books, *redecide, arguments.json, tongue, out);
        }
        Command::Inspect { place, what } => {
            node::inspect::command(&node::Place::of(place), what.as_deref(), arguments.json, tongue, out)
        }
        Command::Rebuild { place } => node::rebuild::command(&node::Place::of(place), arguments.json, tongue, out),
        Command::Backup { data, target, books } => {
            node::backup::command(data, target, books, arguments.json, tongue, out)
        }
        Command::Restore { backup, target, books, at } => {
            node::restore::command(backup, target, books, at.as_deref(), arguments.json, tongue, out)
        }
    }
    .map(|()| 0)
}

/// Help and version go to the output, mistakes to the error output, or as JSON to the output where that is asked for.
fn told_usage(usage: &clap::Error, as_json: bool, out: &mut dyn Write, err: &mut dyn Write) -> u8 {
    let text = usage.render().to_string();
    let (told, code) = if !usage.use_stderr() {
        (write!(out, "{text}"), 0)
    } else if as_json {
        let messages: Vec<&str> = text.lines().filter(|line| !line.is_empty()).collect();
        let answer = json!({ "error": "usage", "exit_code": EXIT_USAGE, "messages": messages, "faults": [] });
        (writeln!(out, "{answer}"), EXIT_USAGE)
    } else {
        (write!(err, "{text}"), EXIT_USAGE)
    };
    if told.is_err() { 3 } else { code }
}
