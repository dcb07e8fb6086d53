//! `node [--json] [--events N] [--runs N] [--raw all|none]`: how fast a durable node takes events on this machine.
//!
//! Everything in one process: a generator makes JSON lines, workers adapt, prefetch, decide and encode them, one thread
//! writes and syncs frames. A rate is events divided by the time from the first line to the acknowledgement of the last.
//! The generator's own thread time is shown beside it and not taken off.

use calendar::Instant;
use engine::Command;
use event::{Columns, FileId};
use intake::adapter::Adapter;
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{Keeps, Raw, Scale, Told};
use server::{Events, Service};
use simulator::workload::{Workload, book_files};
use std::collections::VecDeque;
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Moment};
use store::Folder;
use store::turn::{AcceptedClock, TakenFile, Turn};

const SEED: u64 = 1;
const WORKERS: u16 = 3;

type Failed = Box<dyn Error + Send + Sync>;

struct Order {
    json: bool,
    events: u64,
    runs: usize,
    keeps: Keeps,
}

fn main() -> ExitCode {
    match Order::parse(std::env::args().skip(1)).and_then(|order| bench(&order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("node: {failed}");
            ExitCode::FAILURE
        }
    }
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failed> {
        let mut order = Self { json: false, events: 5_000_000, runs: 3, keeps: Keeps::All };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match option.as_str() {
                "--json" => order.json = true,
                "--events" => order.events = value()?.parse()?,
                "--runs" => order.runs = value()?.parse::<usize>()?.max(1),
                "--raw" if value()? == "none" => order.keeps = Keeps::Nothing,
                _ => return Err(format!("unknown option {option}").into()),
            }
        }
        Ok(order)
    }
}

fn bench(order: &Order) -> Result<(), Failed> {
    let mut rates = Vec::new();
    for run in 0..order.runs {
        let folder = std::env::temp_dir().join(format!("jeongsan-node-{}-{run}", std::process::id()));
        let measured = ingest(order, &folder);
        let bytes = log_bytes(&folder.join("log"));
        std::fs::remove_dir_all(&folder)?;
        let (elapsed, generating) = measured?;
        let rate = order.events as f64 / elapsed.as_secs_f64();
        println!(
            "{rate:.0} events/s, {:.2} µs/event of them generating, {:.0} bytes of log an event",
            generating.as_secs_f64() * 1e6 / order.events as f64,
            bytes? as f64 / order.events as f64
        );
        rates.push(rate);
    }
    rates.sort_by(f64::total_cmp);
    let (figure, value, runs) = ("durable_events_per_s", rates[rates.len() / 2], order.runs);
    if order.json {
        println!(r#"{{"bench":"node","figure":"{figure}","value":{value:.0},"unit":"events/s","runs":{runs}}}"#);
    } else {
        println!("{figure:24} {value:>16.0} events/s");
    }
    Ok(())
}

fn log_bytes(folder: &Path) -> Result<u64, Failed> {
    let mut bytes = 0;
    for entry in std::fs::read_dir(folder)? {
        bytes += entry?.metadata()?.len();
    }
    Ok(bytes)
}

/// Takes the workload into a new book; the time to the last acknowledgement, and the generator's.
fn ingest(order: &Order, folder: &Path) -> Result<(Duration, Duration), Failed> {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    let files = book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect();
    let loaded = book::load_files(files).map_err(|faults| faults[0].to_string())?;
    let adapter = loaded.adapters[0].clone();
    let disk = Arc::new(Folder::open(folder)?);
    let opened = runtime::create(disk, Scale::default(), loaded.clone())?;
    let service = Service::start(opened, |_| {})?;
    service.tell(Told::Define(Box::new(loaded), Instant(0)))?;
    let until = Instant(i64::MAX / 2);
    service.tell(Told::Clock(AcceptedClock { until, by: "bench".into(), reason: "generated receipts".into() }))?;
    let file =
        TakenFile { file: FileId(0), adapter: adapter.id, name: "events.jsonl".into(), slot: None, amendment: None };
    service.tell(Told::File(file))?;
    let started = Moment::now();
    let generator = Generator::new(order.events);
    let generating = Arc::clone(&generator.nanos);
    let feed = Mutex::new(Splitter::new(generator, &adapter));
    let first_failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for lane in 0..WORKERS {
            let (feed, service, adapter, first_failure) = (&feed, &service, &adapter, &first_failure);
            scope.spawn(move || {
                if let Err(failed) = work(order, lane, feed, service, adapter) {
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
    Ok((elapsed, Duration::from_nanos(generating.load(Ordering::Relaxed))))
}

fn work(
    order: &Order,
    lane: u16,
    feed: &Mutex<Splitter<Generator>>,
    service: &Service<Folder>,
    adapter: &Adapter,
) -> Result<(), Failed> {
    let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let mut reader = Reader::new(adapter, lane);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let (mut rows, mut spent) = (Vec::new(), Vec::new());
    let due: Mutex<VecDeque<Command>> = Mutex::default();
    loop {
        let ticket = {
            let mut feed = feed.lock().map_err(|_| "another worker stopped")?;
            if !feed.next_chunk(&mut chunk)? {
                return Ok(());
            }
            service.ticket()
        };
        reader.adapt(&chunk, &facts, &mut columns);
        rows.clear();
        let mut records = chunk.records.iter();
        for &line in &columns.line {
            let record = records.find(|record| record.line == line).ok_or("a row comes from a record")?;
            rows.push((record.from, record.to));
        }
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
