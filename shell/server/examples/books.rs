//! `books [--json] [--books N] [--runs N] [--seconds N] [--rate EVENTS/S] [--batch ROWS] [--seats N]`: whether a book that
//! floods makes others wait.
//!
//! N books in one process, as `ingest --each` has them open. All but one of them get batches at their times, whether or not
//! those before are done: `--rate` events a second each, the books one after the other within a round. Latencies are from the
//! time at which a batch was due to its acknowledgement. In turn the last book is silent and takes as many full batches as
//! it gets through; its generator is in the same process. A run is one of each, of `--seconds` each, and
//! `many_books_p99_ratio` is the median over the runs of the others' p99 with the flood over that without.

#![allow(clippy::print_stdout, reason = "what a measurement prints is its product")]

use calendar::Instant;
use event::{Columns, FileId};
use intake::adapter::Adapter;
use intake::{Chunk, FileFacts, Limits, Reader, Splitter};
use runtime::{Keeps, Raw, Ticket, Told};
use server::{Events, Seats, Service, hosted_scale, rows_of};
use simulator::workload::{Workload, book_files};
use std::collections::VecDeque;
use std::error::Error;
use std::io::Read;
use std::path::Path;
use std::process::ExitCode;
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant as Moment};
use store::Folder;
use store::turn::{AcceptedClock, Part, TakenFile, Turn};

type Failed = Box<dyn Error + Send + Sync>;

/// Events of a book's workload; more than any of them gets through.
const EVENTS: u64 = 1 << 30;

struct Order {
    json: bool,
    books: usize,
    runs: usize,
    seconds: u64,
    rate: f64,
    batch: usize,
    seats: u16,
}

fn main() -> ExitCode {
    match Order::parse(std::env::args().skip(1)).and_then(|order| bench(&order)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("books: {failed}");
            ExitCode::FAILURE
        }
    }
}

impl Order {
    fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Self, Failed> {
        let processors = u16::try_from(std::thread::available_parallelism()?.get())?;
        let mut order =
            Self { json: false, books: 50, runs: 5, seconds: 10, rate: 100.0, batch: 25, seats: processors + 1 };
        while let Some(option) = arguments.next() {
            let mut value = || arguments.next().ok_or(format!("{option} needs a value"));
            match option.as_str() {
                "--json" => order.json = true,
                "--books" => order.books = value()?.parse::<usize>()?.max(2),
                "--runs" => order.runs = value()?.parse::<usize>()?.max(1),
                "--seconds" => order.seconds = value()?.parse::<u64>()?.max(1),
                "--rate" => order.rate = value()?.parse()?,
                "--batch" => order.batch = value()?.parse()?,
                "--seats" => order.seats = value()?.parse::<u16>()?.max(1),
                _ => return Err(format!("unknown option {option}").into()),
            }
        }
        Ok(order)
    }
}

fn bench(order: &Order) -> Result<(), Failed> {
    let folder = std::env::temp_dir().join(format!("jeongsan-books-{}", std::process::id()));
    let measured = measure(order, &folder);
    std::fs::remove_dir_all(&folder)?;
    let mut ratios: Vec<f64> = measured?.into_iter().map(|[alone, flooded]| flooded / alone).collect();
    ratios.sort_by(f64::total_cmp);
    let ratio = ratios[ratios.len() / 2];
    if order.json {
        println!(
            r#"{{"bench":"node","figure":"many_books_p99_ratio","value":{ratio:.2},"unit":"ratio","runs":{}}}"#,
            order.runs
        );
    } else {
        println!("{:24} {ratio:>16.2} ratio", "many_books_p99_ratio");
    }
    Ok(())
}

/// The others' p99 in milliseconds, alone and beside the flood, of each run.
fn measure(order: &Order, folder: &Path) -> Result<Vec<[f64; 2]>, Failed> {
    let begin = |number: usize| {
        let rows = if number + 1 == order.books { Limits::USUAL.chunk_rows_max } else { order.batch };
        Book::begin(number, rows, &folder.join(number.to_string()))
    };
    let mut books = (0..order.books).map(begin).collect::<Result<Vec<Book>, Failed>>()?;
    // Segments that are prepared while nothing comes are prepared before anything is measured.
    while !books.iter().all(|book| book.is_ready) {
        std::thread::park_timeout(Duration::from_millis(100));
        for (number, book) in books.iter_mut().enumerate() {
            let zeros = folder.join(number.to_string()).join("log/next.zeros");
            let length = zeros.metadata().map_or(0, |zeros| zeros.len());
            book.is_ready = length == hosted_scale().sizes.segment_bytes;
        }
    }
    let seats = Seats::new(order.seats, order.books);
    play(order, &mut books, &seats, false)?;
    let mut measured = Vec::new();
    for run in 0..order.runs {
        // In turn first and second, so that neither has what the other left.
        let (first, second) = (run % 2 == 1, run % 2 == 0);
        let (one, two) = (play(order, &mut books, &seats, first)?, play(order, &mut books, &seats, second)?);
        let [alone, flooded] = if first { [two, one] } else { [one, two] };
        println!(
            "alone p50 {:.1} p99 {:.1} ms; beside {:.0} events/s of one book p50 {:.1} p99 {:.1} ms; {} batches",
            alone.p50, alone.p99, flooded.flood_per_s, flooded.p50, flooded.p99, flooded.batches
        );
        measured.push([alone.p99, flooded.p99]);
    }
    books.into_iter().try_for_each(|book| book.service.close())?;
    Ok(measured)
}

/// What came of one stretch of time.
struct Played {
    p50: f64,
    p99: f64,
    batches: usize,
    flood_per_s: f64,
}

/// Lets the books get their batches for a while, and the last one all that it can take or nothing.
fn play(order: &Order, books: &mut [Book], seats: &Seats, flood: bool) -> Result<Played, Failed> {
    let (last, others) = books.split_last_mut().ok_or("there are books")?;
    let every = Duration::from_secs_f64(order.batch as f64 / order.rate);
    let (started, length) = (Moment::now(), Duration::from_secs(order.seconds));
    let count = others.len();
    let flooded = std::thread::scope(|scope| {
        let flooding = flood.then(|| scope.spawn(|| last.flood(seats, order.books - 1, started + length)));
        let playing: Vec<_> = others
            .iter_mut()
            .enumerate()
            .map(|(number, book)| {
                let first = started + every.mul_f64(number as f64 / count as f64);
                scope.spawn(move || book.play(seats, number, first, every, started + length))
            })
            .collect();
        for player in playing {
            player.join().map_err(|_| "a book stopped")??;
        }
        flooding.map_or(Ok(0), |flooding| flooding.join().map_err(|_| "the flood stopped")?)
    })?;
    let elapsed = started.elapsed().as_secs_f64();
    let mut latencies = Vec::new();
    for book in others {
        book.service.settle()?;
        latencies.append(&mut *book.clockwork.latencies.lock().map_err(|_| "a thread stopped")?);
    }
    last.service.settle()?;
    latencies.sort_unstable();
    let at = |percent: usize| latencies[(latencies.len() - 1) * percent / 100].as_secs_f64() * 1e3;
    Ok(Played { p50: at(50), p99: at(99), batches: latencies.len(), flood_per_s: flooded as f64 / elapsed })
}

/// When turns were due, and how late their acknowledgements came.
#[derive(Default)]
struct Clockwork {
    due: Mutex<VecDeque<(Ticket, Moment)>>,
    latencies: Mutex<Vec<Duration>>,
}

impl Clockwork {
    fn acknowledge(&self, ticket: Ticket) {
        let mut due = self.due.lock().expect("nothing stops in here");
        if due.front().is_some_and(|front| front.0 == ticket) {
            let (_, at) = due.pop_front().expect("it was looked at");
            self.latencies.lock().expect("nothing stops in here").push(at.elapsed());
        }
    }
}

/// One book and what is on its way to it.
struct Book {
    service: Service<Folder>,
    clockwork: Arc<Clockwork>,
    adapter: Adapter,
    splitter: Splitter<Generator>,
    reader: Reader,
    chunk: Chunk,
    columns: Columns,
    rows: Vec<(u32, u32)>,
    spent: Vec<Part>,
    is_ready: bool,
}

impl Book {
    fn begin(number: usize, rows: usize, folder: &Path) -> Result<Self, Failed> {
        let path = |path: String| path.trim_start_matches("book/").to_owned();
        let files = book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect();
        let loaded = book::load_files(files).map_err(|faults| faults[0].to_string())?;
        let adapter = loaded.adapters[0].clone();
        let opened = runtime::create(Arc::new(Folder::open(folder)?), hosted_scale(), loaded.clone())?;
        let clockwork = Arc::new(Clockwork::default());
        let acknowledging = Arc::clone(&clockwork);
        let service = Service::start(opened, move |ticket| acknowledging.acknowledge(ticket))?;
        service.tell(Told::Define(Box::new(loaded), Instant(0)))?;
        let until = Instant(i64::MAX / 2);
        service.tell(Told::Clock(AcceptedClock { until, by: "bench".into(), reason: "generated receipts".into() }))?;
        let (file, name) = (FileId(0), "events.jsonl".into());
        service.tell(Told::File(TakenFile { file, adapter: adapter.id, name, slot: None, amendment: None }))?;
        let generator = Generator { workload: Workload::new(number as u64, EVENTS), lines: Vec::new(), read: 0 };
        let limits = Limits { chunk_rows_max: rows, ..Limits::USUAL };
        Ok(Self {
            service,
            clockwork,
            splitter: Splitter::with_limits(generator, &adapter, limits),
            reader: Reader::new(&adapter, 0),
            chunk: Chunk::default(),
            columns: Columns::new(adapter.id, &adapter.schema),
            rows: Vec::new(),
            spent: Vec::new(),
            adapter,
            is_ready: false,
        })
    }

    /// Takes a batch at each of its times.
    fn play(
        &mut self,
        seats: &Seats,
        member: usize,
        first: Moment,
        every: Duration,
        until: Moment,
    ) -> Result<(), Failed> {
        let mut due = first;
        while due < until {
            self.splitter.next_chunk(&mut self.chunk)?;
            while let Some(early) = due.checked_duration_since(Moment::now()).filter(|early| !early.is_zero()) {
                std::thread::park_timeout(early);
            }
            self.service.wait_for_room()?;
            let mut seat = seats.take(member);
            seat.count(self.take(Some(due))?);
            drop(seat);
            due += every;
        }
        Ok(())
    }

    /// Takes all that it gets through; gives the events.
    fn flood(&mut self, seats: &Seats, member: usize, until: Moment) -> Result<u64, Failed> {
        let mut events = 0;
        while Moment::now() < until {
            self.service.wait_for_room()?;
            let mut seat = seats.take(member);
            self.splitter.next_chunk(&mut self.chunk)?;
            let taken = self.take(None)?;
            seat.count(taken);
            events += u64::from(taken);
        }
        Ok(events)
    }

    fn take(&mut self, due: Option<Moment>) -> Result<u32, Failed> {
        let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
        let ticket = self.service.ticket();
        if let Some(due) = due {
            self.clockwork.due.lock().map_err(|_| "a thread stopped")?.push_back((ticket, due));
        }
        self.reader.adapt(&self.chunk, &facts, &mut self.columns);
        let rows = u32::try_from(self.chunk.records.len())?;
        rows_of(&self.chunk, &self.columns, &mut self.rows);
        let raw = Raw { bytes: &self.chunk.bytes, rows: &self.rows, keeps: Keeps::All };
        let columns = std::mem::replace(&mut self.columns, Columns::new(self.adapter.id, &self.adapter.schema));
        let events = Events { columns, raw, spent: std::mem::take(&mut self.spent) };
        let Turn { columns, parts } = self.service.decide(ticket, events, &Mutex::default())?;
        (self.columns, self.spent) = (columns, parts);
        Ok(rows)
    }
}

/// The workload as a stream of bytes.
struct Generator {
    workload: Workload,
    lines: Vec<u8>,
    read: usize,
}

impl Read for Generator {
    fn read(&mut self, into: &mut [u8]) -> std::io::Result<usize> {
        if self.read == self.lines.len() {
            self.lines.clear();
            self.read = 0;
            self.workload.fill(&mut self.lines, 256);
        }
        let left = &self.lines[self.read..];
        let count = left.len().min(into.len());
        into[..count].copy_from_slice(&left[..count]);
        self.read += count;
        Ok(count)
    }
}
