//! `bench settle [--json] [--events N] [--runs N] [--only engine]`: how fast the engine and the whole program are on this
//! machine. `--only engine` leaves the program out, for comparing two builds of the engine in turn.
//!
//! One seeded workload, three measurements taken in turn, several times, medians shown: parsing alone (one thread),
//! deciding alone (one thread, batches ready in memory), and the program itself from file to all outputs but hledger,
//! as a process of its own with its peak memory. One after the other in every round, so that a machine whose speed
//! drifts moves all of them alike. The budget is what one event costs in each stage.

use calendar::Instant;
use documents::{Csv, EntriesCsv, Names};
use engine::{Decisions, Engine};
use event::{Columns, FileId};
use intake::adapter::Adapter;
use intake::{Chunk, FileFacts, Reader, Splitter};
use ledger::Origin;
use simulator::workload::{Workload, book_files};
use std::error::Error;
use std::fs::{self, File};
use std::io::{BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::{Arc, mpsc};
use std::time::{Duration, Instant as Moment};
use table::Keyed;

const SEED: u64 = 1;

type Failed = Box<dyn Error>;

struct Order {
    json: bool,
    events: u64,
    runs: usize,
    /// Whether the program itself is left out, and its figures with it.
    engine_only: bool,
}

fn main() -> ExitCode {
    let done = Order::parse(std::env::args().skip(1)).and_then(|order| bench(&order));
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("bench: {failed}");
            ExitCode::FAILURE
        }
    }
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failed> {
        if arguments.next().as_deref() != Some("settle") {
            return Err("usage: bench settle [--json] [--events N] [--runs N] [--only engine]".into());
        }
        let mut order = Self { json: false, events: 5_000_000, runs: 5, engine_only: false };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match option.as_str() {
                "--json" => order.json = true,
                "--events" => order.events = value()?.parse()?,
                "--runs" => order.runs = value()?.parse::<usize>()?.max(1),
                "--only" if value()? == "engine" => order.engine_only = true,
                _ => return Err(format!("unknown option {option}").into()),
            }
        }
        Ok(order)
    }
}

/// What one round measured; seconds of one thread, or of the whole process.
struct Round {
    parse: Duration,
    engine: Duration,
    identity: Duration,
    output: Duration,
    settle: Duration,
    peak_bytes: u64,
}

fn bench(order: &Order) -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("jeongsan-bench-{}", std::process::id()));
    fs::create_dir_all(&folder)?;
    let measured = measure(order, &folder);
    fs::remove_dir_all(&folder)?;
    show(order, &measured?)
}

fn measure(order: &Order, folder: &Path) -> Result<Vec<Round>, Failed> {
    write_workload(order, folder)?;
    let loaded = book::load_folder(&folder.join("book")).map_err(|faults| faults[0].to_string())?;
    let adapter = &loaded.adapters[0];
    let book = Arc::new(loaded.book.clone());
    let events = folder.join("events.jsonl");
    let kept = if order.engine_only { Some(read(adapter, &events)?) } else { None };
    let mut rounds = Vec::new();
    for round in 0..order.runs {
        let (settle, peak_bytes) = if order.engine_only { (Duration::ZERO, 0) } else { run_program(folder, round)? };
        let parse = if order.engine_only { Duration::ZERO } else { parse(adapter, &events, |_| {})? };
        // Kept from round to round only where no program is measured beside them.
        let batches = kept.clone().map_or_else(|| read(adapter, &events), Ok)?;
        let (engine, identity, output) = decide(&book, batches, order.events)?;
        rounds.push(Round { parse, engine, identity, output, settle, peak_bytes });
    }
    Ok(rounds)
}

fn write_workload(order: &Order, folder: &Path) -> Result<(), Failed> {
    for (path, text) in book_files() {
        let path = folder.join("book").join(path.trim_start_matches("book/"));
        fs::create_dir_all(path.parent().ok_or("a file lies in a folder")?)?;
        fs::write(path, text)?;
    }
    let mut workload = Workload::new(SEED, order.events);
    let mut out = BufWriter::with_capacity(1 << 20, File::create(folder.join("events.jsonl"))?);
    let mut lines = Vec::new();
    while workload.fill(&mut lines, 4_096) > 0 {
        out.write_all(&lines)?;
        lines.clear();
    }
    out.flush()?;
    Ok(())
}

/// Time of one thread to split and adapt the whole file, reading included; `look` sees every batch outside the clock.
fn parse(adapter: &Adapter, events: &Path, mut look: impl FnMut(&Columns)) -> Result<Duration, Failed> {
    let mut splitter = Splitter::new(File::open(events)?, adapter);
    let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let mut reader = Reader::new(adapter, 0);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let mut elapsed = Duration::ZERO;
    loop {
        let started = Moment::now();
        if !splitter.next_chunk(&mut chunk)? {
            return Ok(elapsed);
        }
        reader.adapt(&chunk, &facts, &mut columns);
        elapsed += started.elapsed();
        look(&columns);
    }
}

/// All batches of the file.
fn read(adapter: &Adapter, events: &Path) -> Result<Vec<Columns>, Failed> {
    let mut batches = Vec::new();
    parse(adapter, events, |columns| batches.push(columns.clone()))?;
    Ok(batches)
}

/// Times of one thread to decide all batches, to look up and claim identities alone, and to print entries. All batches
/// are ready in memory before the first is decided, so that nothing but deciding is in the caches.
fn decide(
    book: &Arc<engine::Book>,
    batches: Vec<Columns>,
    expected: u64,
) -> Result<(Duration, Duration, Duration), Failed> {
    let identifying = identify(&batches, usize::try_from(expected)?);
    let mut engine = Engine::new(Arc::clone(book));
    engine.expect(expected);
    let names = Names { book, word: &|_| "" };
    let mut printer = EntriesCsv::new(names, Csv::Plain);
    let (mut deciding, mut printing) = (Duration::ZERO, Duration::ZERO);
    let mut text = Vec::new();
    for mut columns in batches {
        let (mut row, until) = (0, columns.len());
        loop {
            let started = Moment::now();
            let decisions = engine.decide(&mut columns, row..until);
            deciding += started.elapsed();
            columns.new_words.clear();
            row = decisions.rows.end;
            let started = Moment::now();
            text.clear();
            print(&mut printer, &mut text, &engine, &columns, &decisions);
            printing += started.elapsed();
            let started = Moment::now();
            engine.recycle(decisions);
            deciding += started.elapsed();
            if row >= until {
                break;
            }
        }
    }
    Ok((deciding, identifying, printing))
}

/// Time of one thread to look every identity up and to take those in that are new.
fn identify(batches: &[Columns], expected: usize) -> Duration {
    let mut seen: Keyed<()> = Keyed::default();
    seen.reserve(expected);
    let started = Moment::now();
    for columns in batches {
        for &event::Identity(identity) in &columns.identity {
            if seen.find(identity).is_none() {
                seen.insert(identity, ());
            }
        }
    }
    started.elapsed()
}

fn print(printer: &mut EntriesCsv<'_>, text: &mut Vec<u8>, engine: &Engine, columns: &Columns, decisions: &Decisions) {
    printer.write(text, &engine.state().chart, 1, &decisions.entries, |origin| match origin {
        Origin::Event { row } => ("source", columns.id.text(row as usize)),
        _ => ("", ""),
    });
}

/// Wall time and peak memory of the program itself, built beside this one.
fn run_program(folder: &Path, round: usize) -> Result<(Duration, u64), Failed> {
    let program: PathBuf = std::env::current_exe()?.with_file_name("jeongsan");
    let started = Moment::now();
    let mut child = Command::new(&program)
        .args(["settle", "--json", "--out"])
        .arg(folder.join(format!("out-{round}")))
        .arg(folder.join("book"))
        .arg(folder.join("events.jsonl"))
        .stdout(Stdio::null())
        .spawn()
        .map_err(|failed| {
            format!("{}: {failed}; build it with cargo build --release --bin jeongsan", program.display())
        })?;
    let status = format!("/proc/{}/status", child.id());
    let (ended, ending) = mpsc::channel();
    let waiter = std::thread::spawn(move || {
        let result = child.wait();
        let elapsed = started.elapsed();
        // Nobody listens only where the loop below has given up.
        let _ = ended.send(());
        (result, elapsed)
    });
    let mut peak_bytes = 0;
    while ending.recv_timeout(Duration::from_millis(10)).is_err() {
        peak_bytes = peak_of(&status).unwrap_or(0).max(peak_bytes);
    }
    let (result, elapsed) = waiter.join().map_err(|_| "the waiting thread stopped")?;
    if !result?.success() {
        return Err("the program failed".into());
    }
    Ok((elapsed, peak_bytes))
}

/// The high-water mark of a process's resident memory.
fn peak_of(status: &str) -> Option<u64> {
    let text = fs::read_to_string(status).ok()?;
    let line = text.lines().find(|line| line.starts_with("VmHWM:"))?;
    line.split_whitespace().nth(1)?.parse::<u64>().ok().map(|kib| kib * 1024)
}

fn show(order: &Order, rounds: &[Round]) -> Result<(), Failed> {
    let median = |value: &dyn Fn(&Round) -> f64| {
        let mut values: Vec<f64> = rounds.iter().map(value).collect();
        values.sort_by(f64::total_cmp);
        values[values.len() / 2]
    };
    let events = order.events as f64;
    let rate = |of: fn(&Round) -> Duration| median(&move |round| events / of(round).as_secs_f64());
    let cost = |of: fn(&Round) -> Duration| median(&move |round| of(round).as_secs_f64() * 1e6 / events);
    let fraction = median(&|round| round.parse.as_secs_f64() / round.settle.as_secs_f64());
    let figures = [
        ("engine_events_per_s", rate(|round| round.engine), "events/s"),
        ("settle_events_per_s", rate(|round| round.settle), "events/s"),
        ("settle_peak_rss_bytes", median(&|round| round.peak_bytes as f64), "bytes"),
        ("parse_events_per_s", rate(|round| round.parse), "events/s"),
        ("settle_over_parse", fraction, "ratio"),
        ("input_and_parse_us", cost(|round| round.parse), "us/event"),
        ("fold_us", cost(|round| round.engine.saturating_sub(round.identity)), "us/event"),
        ("identity_us", cost(|round| round.identity), "us/event"),
        ("output_us", cost(|round| round.output), "us/event"),
    ];
    let mut out = std::io::stdout().lock();
    let of_program = |figure: &str| figure.contains("settle") || figure.contains("parse");
    for (figure, value, unit) in figures.into_iter().filter(|figure| !order.engine_only || !of_program(figure.0)) {
        if order.json {
            let object = serde_json::json!({ "bench": "settle", "figure": figure, "value": value, "unit": unit, "runs": rounds.len() });
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{figure:24} {value:>16.3} {unit}")?;
        }
    }
    Ok(())
}
