//! `simulate --seeds N [--from S] [--threads T] [--disk honest|no-sync|no-folder-sync]`: plays whole nodes by seeds and
//! tells what happened, in how many of them, and which promises were broken. A seed and the commit give the same again.
//!
//! Exit codes: 0 every promise was kept, 1 one was broken, 2 wrong usage.

#![allow(clippy::print_stdout, reason = "what a program prints is its product")]

use simulator::disk::Honesty;
use simulator::node::tally::{Tally, simulate_beside};
use std::process::ExitCode;
use std::thread;
use std::time::Instant;

const USAGE: &str = "usage: simulate --seeds N [--from SEED] [--threads T] [--disk honest|no-sync|no-folder-sync]";
/// Broken seeds that are shown.
const SHOWN: usize = 10;

fn main() -> ExitCode {
    match Order::parse(std::env::args().skip(1)) {
        Ok(order) => simulate(&order),
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            ExitCode::from(2)
        }
    }
}

/// What the command line asks for.
struct Order {
    seeds: u64,
    from: u64,
    threads: usize,
    honesty: Honesty,
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, String> {
        let threads = thread::available_parallelism().map_or(1, usize::from);
        let mut order = Self { seeds: 0, from: 0, threads, honesty: Honesty::Honest };
        while let Some(option) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
            let number = || value.parse::<u64>().map_err(|_| format!("{option} wants a whole number"));
            match option.as_str() {
                "--seeds" => order.seeds = number()?,
                "--from" => order.from = number()?,
                "--threads" => order.threads = usize::try_from(number()?).map_err(|_| "too many threads".to_owned())?,
                "--disk" => order.honesty = honesty(&value)?,
                _ => return Err(format!("unknown option {option}")),
            }
        }
        if order.seeds == 0 || order.threads == 0 {
            return Err("--seeds is missing, or there are no threads".to_owned());
        }
        Ok(order)
    }
}

fn honesty(value: &str) -> Result<Honesty, String> {
    match value {
        "honest" => Ok(Honesty::Honest),
        "no-sync" => Ok(Honesty::NoSync),
        "no-folder-sync" => Ok(Honesty::NoFolderSync),
        _ => Err(format!("no such disk: {value}")),
    }
}

fn simulate(order: &Order) -> ExitCode {
    // What a node asserts is caught and told with its seed.
    std::panic::set_hook(Box::new(|_| ()));
    let started = Instant::now();
    let tally = simulate_beside(order.from..order.from + order.seeds, order.threads, order.honesty);
    let seconds = started.elapsed().as_secs_f64();
    print(&tally, seconds / order.seeds as f64 * 1_000.0 * order.threads as f64);
    if tally.broken.is_empty() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

fn print(tally: &Tally, milliseconds: f64) {
    let seeds = tally.seeds + tally.broken.len() as u64;
    println!("{seeds} seeds, {milliseconds:.1} ms each; {} broke a promise", tally.broken.len());
    for (name, (count, seeds)) in &tally.happened {
        let share = *seeds as f64 * 100.0 / tally.seeds.max(1) as f64;
        println!("{count:>10}  in {share:>5.1} % of seeds  {name}");
    }
    for (seed, violation) in tally.broken.iter().take(SHOWN) {
        println!("seed {seed}: {}: {}", violation.promise, violation.said);
    }
}
