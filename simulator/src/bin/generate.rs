//! `generate --events N --seed S --out DIR`: writes the seeded workload as files, for runs outside the process.
//!
//! DIR gets `book/` (a book folder), `events.jsonl` and `expected.json` (what a settlement of them must give).
//! Shape: one buffer, filled and written in turn; memory stays constant. Exit codes: 0 done, 2 wrong usage,
//! 3 failure of the disk.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use simulator::workload::{Workload, book_files};

const USAGE: &str = "usage: generate --out DIR [--events N] [--seed S]";
/// Lines between two writes: about a megabyte.
const LINES_PER_WRITE: usize = 4_096;

fn main() -> ExitCode {
    let order = match Order::parse(std::env::args().skip(1)) {
        Ok(order) => order,
        Err(reason) => {
            eprintln!("{reason}\n{USAGE}");
            return ExitCode::from(2);
        }
    };
    match generate(&order) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("{}: {failure}", order.out.display());
            ExitCode::from(3)
        }
    }
}

/// What the command line asks for.
struct Order {
    events: u64,
    seed: u64,
    out: PathBuf,
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Order, String> {
        let (mut events, mut seed, mut out) = (5_000_000, 1, None);
        while let Some(option) = arguments.next() {
            let value = arguments.next().ok_or_else(|| format!("{option} needs a value"))?;
            match option.as_str() {
                "--events" => events = whole_number(&option, &value)?,
                "--seed" => seed = whole_number(&option, &value)?,
                "--out" => out = Some(PathBuf::from(value)),
                _ => return Err(format!("unknown option {option}")),
            }
        }
        if events > 1 << 31 {
            return Err("--events: at most 2147483648".to_owned());
        }
        Ok(Order { events, seed, out: out.ok_or("--out is missing")? })
    }
}

fn whole_number(option: &str, value: &str) -> Result<u64, String> {
    value.parse().map_err(|_| format!("{option}: {value} is not a whole number"))
}

fn generate(order: &Order) -> io::Result<()> {
    write_book(&order.out.join("book"))?;
    let started = Instant::now();
    let mut workload = Workload::new(order.seed, order.events);
    let mut file = fs::File::create(order.out.join("events.jsonl"))?;
    let mut buffer = Vec::new();
    let mut bytes = 0;
    let mut making_s = 0.0;
    loop {
        let begun = Instant::now();
        buffer.clear();
        let lines = workload.fill(&mut buffer, LINES_PER_WRITE);
        making_s += begun.elapsed().as_secs_f64();
        if lines == 0 {
            break;
        }
        bytes += buffer.len();
        file.write_all(&buffer)?;
    }
    fs::write(order.out.join("expected.json"), workload.truth().to_json())?;
    eprintln!(
        "{} events, {bytes} bytes, mean line {:.1}; {:.2} s, of which {making_s:.2} s generation",
        order.events,
        bytes as f64 / order.events.max(1) as f64,
        started.elapsed().as_secs_f64(),
    );
    Ok(())
}

fn write_book(folder: &Path) -> io::Result<()> {
    for (path, text) in book_files() {
        let path = folder.join(path);
        if let Some(parent) = path.parent() {
            fs::create_dir_all(parent)?;
        }
        fs::write(path, text)?;
    }
    Ok(())
}
