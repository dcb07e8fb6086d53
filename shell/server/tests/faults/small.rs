//! A node with small pieces, in a process of its own that says what was acknowledged.

use crate::books::{chain, compare, copy, frames, position, told, verified};
use crate::strace::{Ended, Fault, count, inject};
use crate::trials::{Trial, chosen, try_each};
use calendar::Instant;
use event::{Columns, FileId};
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{Depth, Keeps, Limits, Raw, Scale, Told};
use server::{Events, Service};
use simulator::workload::{Workload, book_files};
use std::collections::VecDeque;
use std::error::Error;
use std::path::Path;
use std::process::Command;
use std::sync::{Arc, Mutex};
use store::log::Sizes;
use store::turn::{AcceptedClock, TakenFile};
use store::{Folder, LayerSizes};

/// Names the folder to the process that takes the events.
pub(crate) const FOLDER: &str = "FAULTS_FOLDER";

const SEED: u64 = 1;
const EVENTS: u64 = 720;
const ROWS: usize = 24;

/// Exit code where the disk failed.
const EXIT_WORLD: i32 = 3;

type Failed = Box<dyn Error + Send + Sync>;

fn scale() -> Scale {
    Scale {
        sizes: Sizes { segment_bytes: 64 << 10, alignment: 256, reserve_bytes: 0 },
        layers: LayerSizes { first: 100, last: 400 },
        limits: Limits { turns_max: 4, run_identities: 100, snapshot_events: 150 },
    }
}

/// What the workload comes to without faults.
struct World {
    id: String,
    books: String,
    frames: Vec<(u64, u64)>,
}

pub(crate) fn try_all() {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let (before, after) = (place.join("before"), place.join("after"));
    let id = begin(&before).unwrap();
    copy(&before, &after);
    let points = count(&process(&after), &after, &[], &place.join("trace"));
    let found = verified(&after, &id, scale(), Depth::Decide).unwrap();
    assert!(found.runs > 3 && !found.snapshots.is_empty(), "{found:?}");
    let world = World { books: told(&after, &id).unwrap(), frames: frames(&after, &id).unwrap(), id };
    try_each("small", &chosen(&points, 2), |trial, place| world.attempt(trial, &before, place));
}

impl World {
    fn attempt(&self, trial: &Trial, before: &Path, place: &Path) -> (Ended, Result<(), String>) {
        let folder = place.join("book");
        copy(before, &folder);
        let ended = inject(&process(&folder), &folder, &trial.point, trial.nth, trial.fault, &place.join("trace"));
        let sound = self.examine(trial, &ended, &folder);
        (ended, sound)
    }

    fn examine(&self, trial: &Trial, ended: &Ended, folder: &Path) -> Result<(), String> {
        match (trial.fault, ended.code) {
            (Fault::Kill, None) | (_, Some(0)) => {}
            (Fault::Error(_), Some(EXIT_WORLD)) if says_why(&ended.err) => {}
            (_, code) => return Err(format!("it ended with {code:?}")),
        }
        let acknowledged = ended.out.lines().filter_map(|line| line.strip_prefix("frame ")).count() as u64;
        let (position, found) = (position(folder, &self.id)?, frames(folder, &self.id)?);
        if position < acknowledged || !self.frames.starts_with(&found) {
            return Err(format!("it goes to frame {position}, {acknowledged} were acknowledged: {found:?}"));
        }
        if ended.code != Some(0) {
            take_all(folder, |_| {}).map_err(|failed| format!("again: {}", chain(&*failed)))?;
        }
        verified(folder, &self.id, scale(), Depth::Decide)?;
        compare(&self.books, &told(folder, &self.id)?)
    }
}

/// Whether a failure is one of the disk, told as such.
fn says_why(said: &str) -> bool {
    !said.contains("panicked") && (said.contains("os error") || said.contains("the disk has no room"))
}

/// This program once more, as the process that takes the events.
fn process(folder: &Path) -> Command {
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args(["--exact", "child", "--nocapture", "--test-threads", "1"]).env(FOLDER, folder);
    command
}

/// The process that takes the events.
pub(crate) fn run(folder: &Path) {
    let taken = take_all(folder, |ticket| println!("frame {ticket}"));
    if let Err(failed) = &taken {
        eprintln!("{}", chain(&**failed));
    }
    std::process::exit(if taken.is_ok() { 0 } else { EXIT_WORLD });
}

/// A book that is defined, and has its file; gives its id.
fn begin(folder: &Path) -> Result<String, Failed> {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    let files = book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect();
    let loaded = book::load_files(files).map_err(|faults| faults[0].to_string())?;
    let (id, adapter) = (loaded.book.id.to_string(), loaded.adapters[0].id);
    let opened = runtime::create(Arc::new(Folder::open(folder)?), scale(), loaded.clone())?;
    let service = Service::start(opened, |_| {})?;
    service.tell(Told::Define(Box::new(loaded), Instant(0)))?;
    let until = Instant(i64::MAX / 2);
    service.tell(Told::Clock(AcceptedClock { until, by: "test".into(), reason: "generated receipts".into() }))?;
    let file = TakenFile { file: FileId(0), adapter, name: "events.jsonl".into(), slot: None, amendment: None };
    service.tell(Told::File(file))?;
    service.close()?;
    Ok(id)
}

/// Takes the whole workload, whatever of it is there already.
fn take_all(folder: &Path, acknowledged: impl Fn(u64) + Send + Sync + 'static) -> Result<(), Failed> {
    let files: Vec<_> = book_files();
    let name = files.iter().find(|(name, _)| name.ends_with("book.toml")).ok_or("no book")?;
    let id = name.1.lines().find_map(|line| line.strip_prefix("id = ")).ok_or("no id")?.trim_matches('"');
    let opened = runtime::open(Arc::new(Folder::open(folder)?), scale(), id)?;
    // Those that are there were acknowledged before.
    (0..opened.node.durable()).for_each(&acknowledged);
    let adapter = opened.node.loaded().adapters[0].clone();
    let service = Service::start(opened, move |ticket| acknowledged(ticket.0))?;
    let taken = take(&service, &adapter);
    let closed = service.close();
    taken?;
    Ok(closed?)
}

fn take(service: &Service<Folder>, adapter: &intake::adapter::Adapter) -> Result<(), Failed> {
    let mut lines = Vec::new();
    Workload::new(SEED, EVENTS).fill(&mut lines, EVENTS as usize);
    let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let limits = intake::Limits { chunk_rows_max: ROWS, ..intake::Limits::USUAL };
    let mut splitter = Splitter::with_limits(&lines[..], adapter, limits);
    let mut reader = Reader::new(adapter, 0);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let (mut spent, due) = (Vec::new(), Mutex::new(VecDeque::new()));
    while splitter.next_chunk(&mut chunk)? {
        reader.adapt(&chunk, &facts, &mut columns);
        let own = |line: &u64| chunk.records.iter().find(|record| record.line == *line);
        let refused = columns.refused.iter().map(|refusal| &refusal.line);
        let rows = columns.line.iter().chain(refused).map(|line| own(line).map_or((0, 0), |own| (own.from, own.to)));
        let rows: Vec<(u32, u32)> = rows.collect();
        let raw = Raw { bytes: &chunk.bytes, rows: &rows, keeps: Keeps::All };
        let turn = service.decide(service.ticket(), Events { columns, raw, spent }, &due)?;
        (columns, spent) = (turn.columns, turn.parts);
    }
    service.settle()?;
    Ok(())
}
