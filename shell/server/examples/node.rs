//! `node [--json] [--events N] [--runs N] [--raw all|none] [--rate EVENTS/S] [--batch ROWS] [--every N] [--keep DIR]`: how fast
//! a durable node takes events on this machine.
//! `node --history DIR [--json] [--events N] [--asked N]`: how fast it tells the history of one of them.
//!
//! Everything in one process: a generator makes JSON lines, workers adapt, prefetch, decide and encode them, one thread
//! writes and syncs frames. A rate is events divided by the time from the first line to the acknowledgement of the last;
//! what the generator itself takes is shown beside it and not taken off. With `--rate` batches come at their times
//! whether or not those before are done, and latencies are from the time at which the last event of a batch was due to the
//! acknowledgement. With `--every` the rate and the memory are shown after each so many events. With `--keep` the book is
//! made in that folder, once, and stays.
//!
//! With `--history` such a folder is looked into, of which `--events` says how many the workload has (as many as when it was
//! made). Random ids of events that count are asked for, half of them of events that name an original; once with the
//! system's file cache as it is, and once with the book's files dropped from it before each. A time is from the id to the
//! JSON that tells it; what the opening takes is shown beside it, and is paid once.

#![allow(clippy::print_stdout, reason = "what a measurement prints is its product")]

use calendar::Instant;
use engine::Command;
use event::{Columns, FileId};
use intake::adapter::Adapter;
use intake::{Chunk, FileFacts, Limits, Reader, Splitter};
use runtime::{History, Keeps, Raw, Refold, Scale, Told};
use server::{Events, Service, Tongue, history_of, rows_of};
use simulator::workload::{Workload, book_files};
use std::collections::VecDeque;
use std::error::Error;
use std::io::Read;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Moment};
use store::Folder;
use store::frame::book_number;
use store::turn::{AcceptedClock, TakenFile, Turn};

const SEED: u64 = 1;
const WORKERS: u16 = 3;

type Failed = Box<dyn Error + Send + Sync>;

struct Order {
    json: bool,
    events: u64,
    runs: usize,
    keeps: Keeps,
    /// Events a second, where they come at their times.
    rate: Option<f64>,
    batch: usize,
    every: u64,
    /// Where the book is made and stays.
    keep: Option<PathBuf>,
    /// Where a book stays of which histories are asked.
    history: Option<PathBuf>,
    asked: u64,
}

fn main() -> ExitCode {
    let measured = Order::parse(std::env::args().skip(1)).and_then(|order| match &order.history {
        Some(folder) => histories(&order, folder),
        None => bench(&order),
    });
    match measured {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("node: {failed}");
            ExitCode::FAILURE
        }
    }
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failed> {
        let mut order = Self {
            json: false,
            events: 5_000_000,
            runs: 3,
            keeps: Keeps::All,
            rate: None,
            batch: 4_096,
            every: u64::MAX,
            keep: None,
            history: None,
            asked: 1_000,
        };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match option.as_str() {
                "--json" => order.json = true,
                "--events" => order.events = value()?.parse()?,
                "--runs" => order.runs = value()?.parse::<usize>()?.max(1),
                "--rate" => order.rate = Some(value()?.parse()?),
                "--batch" => order.batch = value()?.parse()?,
                "--every" => order.every = value()?.parse()?,
                "--keep" => (order.keep, order.runs) = (Some(value()?.into()), 1),
                "--history" => order.history = Some(value()?.into()),
                "--asked" => order.asked = value()?.parse::<u64>()?.max(1),
                "--raw" if value()? == "none" => order.keeps = Keeps::Nothing,
                _ => return Err(format!("unknown option {option}").into()),
            }
        }
        Ok(order)
    }
}

fn bench(order: &Order) -> Result<(), Failed> {
    let (mut rates, mut p50s, mut p99s) = (Vec::new(), Vec::new(), Vec::new());
    let (mut starts, mut folds) = (Vec::new(), Vec::new());
    for run in 0..order.runs {
        let passing = || std::env::temp_dir().join(format!("jeongsan-node-{}-{run}", std::process::id()));
        let folder = order.keep.clone().unwrap_or_else(passing);
        let measured = ingest(order, &folder);
        let bytes = (log_bytes(&folder.join("log")), log_bytes(&folder.join("runs")));
        let read = measured.and_then(|measured| Ok((measured, read_again(&folder)?)));
        if order.keep.is_none() {
            std::fs::remove_dir_all(&folder)?;
        }
        let (Measured { elapsed, generating, mut latencies }, Again { starting, folding }) = read?;
        let rate = order.events as f64 / elapsed.as_secs_f64();
        latencies.sort_unstable();
        let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
        println!(
            "{rate:.0} events/s; generating {:.2} µs, log {:.0} and runs {:.0} bytes an event; p50 {:.1} ms, p99 {:.1} ms",
            generating.as_secs_f64() * 1e6 / order.events as f64,
            bytes.0? as f64 / order.events as f64,
            bytes.1.unwrap_or(0) as f64 / order.events as f64,
            at(50),
            at(99)
        );
        rates.push(rate);
        starts.push(starting.as_secs_f64());
        folds.push(order.events as f64 / folding.as_secs_f64());
        p50s.push(at(50));
        p99s.push(at(99));
    }
    show(order, "durable_events_per_s", median(&mut rates), "events/s");
    if order.rate.is_some() {
        show(order, "ack_p50_ms", median(&mut p50s), "ms");
        show(order, "ack_p99_ms", median(&mut p99s), "ms");
    }
    show(order, "fold_events_per_s", median(&mut folds), "events/s");
    show(order, "start_seconds_warm", median(&mut starts), "s");
    show(order, "rss_anon_bytes", rss_anon_bytes()? as f64, "bytes");
    Ok(())
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn show(order: &Order, figure: &str, value: f64, unit: &str) {
    if order.json {
        println!(r#"{{"bench":"node","figure":"{figure}","value":{value:.1},"unit":"{unit}","runs":{}}}"#, order.runs);
    } else {
        println!("{figure:24} {value:>16.1} {unit}");
    }
}

/// The same with digits for what is small.
fn show_fine(order: &Order, figure: &str, value: f64, unit: &str) {
    if order.json {
        println!(r#"{{"bench":"node","figure":"{figure}","value":{value:.3},"unit":"{unit}","runs":{}}}"#, order.asked);
    } else {
        println!("{figure:24} {value:>16.3} {unit}");
    }
}

/// Memory of this process that stands in no file.
fn rss_anon_bytes() -> Result<u64, Failed> {
    let status = std::fs::read_to_string("/proc/self/status")?;
    let line = status.lines().find_map(|line| line.strip_prefix("RssAnon:")).ok_or("the system does not say")?;
    Ok(line.trim().trim_end_matches(" kB").parse::<u64>()? * 1_024)
}

/// What it takes to go on with a book that was closed in peace, and to fold it from its first frame.
struct Again {
    starting: Duration,
    folding: Duration,
}

fn read_again(folder: &Path) -> Result<Again, Failed> {
    let id = book::load_files(files()).map_err(|faults| faults[0].to_string())?.book.id;
    let started = Moment::now();
    let opened = runtime::open(Arc::new(Folder::open(folder)?), Scale::default(), &id)?;
    let starting = started.elapsed();
    drop(opened);
    let started = Moment::now();
    let mut refold = Refold::begin(Arc::new(Folder::look(folder)), book_number(&id), u64::MAX, &[])?;
    while refold.advance()?.is_some() {}
    Ok(Again { starting, folding: started.elapsed() })
}

/// Asks for histories of events that count, with the file cache as it is and without it.
fn histories(order: &Order, folder: &Path) -> Result<(), Failed> {
    let id = book::load_files(files()).map_err(|faults| faults[0].to_string())?.book.id;
    let disk = Arc::new(Folder::look(folder));
    let started = Moment::now();
    let mut history = History::open(&disk, Scale::default(), &id)?;
    let opening = started.elapsed();
    let workload = Workload::new(SEED, order.events);
    let mut warm = Vec::new();
    let mut cold = Vec::new();
    for (times, is_cold) in [(&mut warm, false), (&mut cold, true)] {
        for number in 0..order.asked {
            let what = known(&workload, order.events, number).ok_or("no event of the workload counts")?;
            if is_cold {
                drop_cache(folder)?;
            }
            let started = Moment::now();
            let told = history_of(&mut history, &what, Tongue::English)?.ok_or_else(|| format!("{what} is unknown"))?;
            let bytes = told.to_string().len();
            times.push(started.elapsed());
            assert!(bytes > 0, "a history has words");
        }
        times.sort_unstable();
    }
    let at = |times: &[Duration], percent: usize| times[(times.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    show_fine(order, "history_p50_ms_warm", at(&warm, 50), "ms");
    show_fine(order, "history_p99_ms_warm", at(&warm, 99), "ms");
    show_fine(order, "history_p50_ms_cold", at(&cold, 50), "ms");
    show_fine(order, "history_p99_ms_cold", at(&cold, 99), "ms");
    show_fine(order, "history_open_seconds", opening.as_secs_f64(), "s");
    Ok(())
}

/// A random event that counts, every other one with an original.
fn known(workload: &Workload, events: u64, number: u64) -> Option<String> {
    let random = |step: u64| (number * 1_000_003 + step).wrapping_mul(0x9e37_79b9_7f4a_7c15) as u128;
    let indexes = (0..10_000).map(|step| ((random(step) * u128::from(events)) >> 64) as u64);
    let mut found = indexes.filter_map(|index| workload.named(index));
    let (source, id, _) = found.find(|(_, _, has_original)| *has_original == (number % 2 == 1))?;
    Some(format!("{source}:{id}"))
}

/// Drops the files of a book from the system's cache; what was not written to the disk yet stays.
fn drop_cache(folder: &Path) -> Result<(), Failed> {
    for part in ["log", "runs", "snapshots"] {
        for entry in std::fs::read_dir(folder.join(part))? {
            let file = std::fs::File::open(entry?.path())?;
            rustix::fs::fadvise(&file, 0, None, rustix::fs::Advice::DontNeed)?;
        }
    }
    Ok(())
}

fn files() -> Vec<(String, Vec<u8>)> {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect()
}

/// What one run measured.
struct Measured {
    elapsed: Duration,
    generating: Duration,
    latencies: Vec<Duration>,
}

/// When turns were due, and how late their acknowledgements came.
struct Clockwork {
    started: Moment,
    /// Ticket, when its last event was due, events up to and with it.
    due: Mutex<VecDeque<(u64, Moment, u64)>>,
    latencies: Mutex<Vec<Duration>>,
    every: u64,
    told: AtomicU64,
}

impl Clockwork {
    fn acknowledge(&self, ticket: u64) {
        let mut due = self.due.lock().expect("nothing stops in here");
        if due.front().is_none_or(|front| front.0 != ticket) {
            return;
        }
        let (_, at, events) = due.pop_front().expect("it was looked at");
        drop(due);
        self.latencies.lock().expect("nothing stops in here").push(at.elapsed());
        let told = self.told.load(Ordering::Relaxed);
        if events >= told.saturating_add(self.every) {
            self.told.store(events, Ordering::Relaxed);
            let (seconds, bytes) = (self.started.elapsed().as_secs_f64(), rss_anon_bytes().unwrap_or(0));
            println!("{events} events after {seconds:.2} s, {bytes} bytes of memory");
        }
    }
}

fn log_bytes(folder: &Path) -> Result<u64, Failed> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// Takes the workload into a new book.
fn ingest(order: &Order, folder: &Path) -> Result<Measured, Failed> {
    let loaded = book::load_files(files()).map_err(|faults| faults[0].to_string())?;
    let adapter = loaded.adapters[0].clone();
    let disk = Arc::new(Folder::open(folder)?);
    let opened = runtime::create(disk, Scale::default(), loaded.clone())?;
    let clockwork = Arc::new(Clockwork {
        started: Moment::now(),
        due: Mutex::default(),
        latencies: Mutex::default(),
        every: order.every,
        told: AtomicU64::new(0),
    });
    let acknowledging = Arc::clone(&clockwork);
    let service = Service::start(opened, move |ticket| acknowledging.acknowledge(ticket.0))?;
    service.tell(Told::Define(Box::new(loaded), Instant(0)))?;
    let until = Instant(i64::MAX / 2);
    service.tell(Told::Clock(AcceptedClock { until, by: "bench".into(), reason: "generated receipts".into() }))?;
    let file =
        TakenFile { file: FileId(0), adapter: adapter.id, name: "events.jsonl".into(), slot: None, amendment: None };
    service.tell(Told::File(file))?;
    let started = Moment::now();
    let generator = Generator::new(order.events);
    let generating = Arc::clone(&generator.nanos);
    let limits = Limits { chunk_rows_max: order.batch, ..Limits::USUAL };
    let feed = Mutex::new((Splitter::with_limits(generator, &adapter, limits), 0_u64));
    let first_failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for lane in 0..WORKERS {
            let (feed, service, adapter, first_failure) = (&feed, &service, &adapter, &first_failure);
            let clockwork = &clockwork;
            scope.spawn(move || {
                if let Err(failed) = work(order, lane, feed, service, adapter, clockwork, started) {
                    first_failure.lock().expect("told in one step").get_or_insert(failed);
                }
            });
        }
    });
    if let Some(failed) = first_failure.into_inner()? {
        return Err(failed);
    }
    service.settle()?;
    let elapsed = started.elapsed();
    service.close()?;
    let latencies = std::mem::take(&mut *clockwork.latencies.lock().map_err(|_| "a thread stopped")?);
    Ok(Measured { elapsed, generating: Duration::from_nanos(generating.load(Ordering::Relaxed)), latencies })
}

fn work(
    order: &Order,
    lane: u16,
    feed: &Mutex<(Splitter<Generator>, u64)>,
    service: &Service<Folder>,
    adapter: &Adapter,
    clockwork: &Clockwork,
    started: Moment,
) -> Result<(), Failed> {
    let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let mut reader = Reader::new(adapter, lane);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let (mut rows, mut spent) = (Vec::new(), Vec::new());
    let due: Mutex<VecDeque<Command>> = Mutex::default();
    loop {
        let ticket = {
            let mut feed = feed.lock().map_err(|_| "another worker stopped")?;
            if !feed.0.next_chunk(&mut chunk)? {
                return Ok(());
            }
            feed.1 += chunk.records.len() as u64;
            let due =
                order.rate.map_or_else(Moment::now, |rate| started + Duration::from_secs_f64(feed.1 as f64 / rate));
            while let Some(early) = due.checked_duration_since(Moment::now()).filter(|early| !early.is_zero()) {
                std::thread::park_timeout(early);
            }
            let ticket = service.ticket();
            clockwork.due.lock().expect("nothing stops in here").push_back((ticket.0, due, feed.1));
            ticket
        };
        reader.adapt(&chunk, &facts, &mut columns);
        rows_of(&chunk, &columns, &mut rows);
        let raw = Raw { bytes: &chunk.bytes, rows: &rows, keeps: order.keeps };
        let events = Events { columns, raw, spent };
        let turn: Turn = service.decide(ticket, events, &due)?;
        (columns, spent) = (turn.columns, turn.parts);
    }
}

/// The workload as a stream of bytes.
struct Generator {
    workload: Workload,
    lines: Vec<u8>,
    read: usize,
    nanos: Arc<AtomicU64>,
}

impl Generator {
    fn new(events: u64) -> Self {
        Self { workload: Workload::new(SEED, events), lines: Vec::new(), read: 0, nanos: Arc::default() }
    }
}

impl Read for Generator {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.lines.len() {
            let started = Moment::now();
            self.lines.clear();
            self.read = 0;
            self.workload.fill(&mut self.lines, 4_096);
            let nanos = u64::try_from(started.elapsed().as_nanos()).unwrap_or(u64::MAX);
            self.nanos.fetch_add(nanos, Ordering::Relaxed);
        }
        let left = &self.lines[self.read..];
        let count = left.len().min(into.len());
        into[..count].copy_from_slice(&left[..count]);
        self.read += count;
        Ok(count)
    }
}
