//! The history of every event of some books, against a naive scan of all frames; beside a writer, and after damage.

use calendar::Instant;
use engine::Outcome;
use event::{Columns, FileId, Identity};
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{History, Keeps, Limits, Raw, Refold, Scale, Told};
use serde_json::Value;
use server::{Events, Service, Tongue, history_of};
use simulator::workload::{Workload, book_files};
use std::collections::VecDeque;
use std::ffi::OsString;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use store::codec::read_turn;
use store::frame::{Kind, Section, book_number};
use store::log::Sizes;
use store::turn::{AcceptedClock, TakenFile};
use store::{Folder, LayerSizes};

/// So many of each sort are told.
const SHOWN_MAX: usize = 8;

/// How small the pieces of a book are.
#[derive(Clone, Copy, Debug)]
struct Pieces {
    rows: usize,
    run_identities: usize,
    snapshot_events: u64,
    events: u64,
}

impl Pieces {
    fn scale(self) -> Scale {
        let Self { run_identities, snapshot_events, .. } = self;
        Scale {
            sizes: Sizes { segment_bytes: 64 << 10, alignment: 256, reserve_bytes: 0 },
            layers: LayerSizes { first: 100, last: 400 },
            limits: Limits { turns_max: 4, run_identities, snapshot_events },
        }
    }
}

/// Takes the workload into a book that stays open. Gives its id.
fn make(folder: &Path, pieces: Pieces) -> (Service<Folder>, String) {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    let files = book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect();
    let loaded = book::load_files(files).unwrap();
    let (id, adapter) = (loaded.book.id.to_string(), loaded.adapters[0].clone());
    let disk = Arc::new(Folder::open(folder).unwrap());
    let service = Service::start(runtime::create(disk, pieces.scale(), loaded.clone()).unwrap(), |_| {}).unwrap();
    service.tell(Told::Define(Box::new(loaded), Instant(0))).unwrap();
    let until = Instant(i64::MAX / 2);
    service.tell(Told::Clock(AcceptedClock { until, by: "test".into(), reason: "generated".into() })).unwrap();
    let name: Box<str> = "events.jsonl".into();
    let file = TakenFile { file: FileId(0), adapter: adapter.id, name: name.clone(), slot: None, amendment: None };
    service.tell(Told::File(file)).unwrap();
    let mut lines = Vec::new();
    Workload::new(1, pieces.events).fill(&mut lines, pieces.events as usize);
    let facts = FileFacts { id: FileId(0), name, received_at: Instant::NONE, slot: None };
    let limits = intake::Limits { chunk_rows_max: pieces.rows, ..intake::Limits::USUAL };
    let mut splitter = Splitter::with_limits(&lines[..], &adapter, limits);
    let mut reader = Reader::new(&adapter, 0);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let (mut spent, due) = (Vec::new(), Mutex::new(VecDeque::new()));
    while splitter.next_chunk(&mut chunk).unwrap() {
        reader.adapt(&chunk, &facts, &mut columns);
        let raw = Raw { bytes: &[], rows: &[], keeps: Keeps::Nothing };
        let turn = service.decide(service.ticket(), Events { columns, raw, spent }, &due).unwrap();
        (columns, spent) = (turn.columns, turn.parts);
    }
    service.settle().unwrap();
    (service, id)
}

/// An event that counts.
#[derive(Clone, Debug)]
struct Counted {
    frame: u64,
    source: String,
    id: String,
    identity: Identity,
    original: Identity,
}

/// Goes through all frames.
fn scan(disk: &Arc<Folder>, id: &str, until: u64) -> Vec<Counted> {
    let mut refold = Refold::begin(Arc::clone(disk), book_number(id), until, &[]).unwrap();
    let mut found = Vec::new();
    while let Some(folded) = refold.advance().unwrap() {
        if folded.frame.head.kind != Kind::Turn {
            continue;
        }
        let (frame, (engine, _)) = (folded.frame.head.sequence, folded.book.unwrap());
        let mut take = |columns: &Columns, row: usize| {
            let source = engine.book().sources[usize::from(columns.source[row].0)].id.to_string();
            let (identity, original) = (columns.identity[row], columns.original[row]);
            found.push(Counted { frame, source, id: columns.id.text(row).to_owned(), identity, original });
        };
        let section = |section| folded.frame.section(section);
        let turn = read_turn(section(Section::Commands), section(Section::Decisions)).unwrap();
        for part in &turn.parts {
            let outcomes = part.decisions.rows.clone().zip(&part.decisions.outcomes);
            outcomes
                .filter(|(_, outcome)| **outcome == Outcome::Accepted)
                .for_each(|(row, _)| take(&turn.columns, row));
            let released = part.decisions.released.iter().filter(|released| released.outcome == Outcome::Accepted);
            released.for_each(|released| take(&released.columns, 0));
        }
    }
    found
}

/// The newest of what is told, at most.
fn newest<T: Clone>(all: &[T]) -> Vec<T> {
    all[all.len().saturating_sub(SHOWN_MAX)..].to_vec()
}

fn ids(told: &Value) -> Vec<(u64, String)> {
    let told = told.as_array().unwrap().iter();
    told.map(|told| (told["frame"].as_u64().unwrap(), told["id"].as_str().unwrap().to_owned())).collect()
}

/// Every event that counts is told as the scan found it: when it was counted, what it names, and what names it.
fn check(folder: &Path, id: &str, scale: Scale) -> usize {
    let disk = Arc::new(Folder::look(folder));
    let mut history = History::open(&disk, scale, id).unwrap();
    let all = scan(&disk, id, history.until());
    let mut linked = 0;
    for own in &all {
        let what = format!("{}:{}", own.source, own.id);
        let told = history_of(&mut history, &what, Tongue::English).unwrap().unwrap();
        let times: Vec<u64> = all.iter().filter(|one| one.identity == own.identity).map(|one| one.frame).collect();
        let events = told["events"].as_array().unwrap();
        let frames_of = |event: &Value| -> Vec<u64> {
            let counted = event["counted"].as_array().unwrap().iter();
            counted.filter(|one| one["outcome"] == "accepted").map(|one| one["frame"].as_u64().unwrap()).collect()
        };
        let naming = |identity| {
            let naming = all.iter().filter(|one| one.original == identity);
            naming.map(|one| (one.frame, one.id.clone())).collect::<Vec<_>>()
        };
        // Kinds that use an id again are told side by side; two of them may stand in one frame.
        let is_own =
            |event: &&Value| frames_of(event) == newest(&times) && event["times_named"] == naming(own.identity).len();
        let event = events.iter().find(is_own).unwrap_or_else(|| panic!("{what} counts in {times:?}: {told}"));
        assert_eq!(event["times_counted"], times.len(), "{what}");
        assert_eq!(ids(&event["named_by"]), newest(&naming(own.identity)), "{what}");
        assert_eq!(event["times_named"], naming(own.identity).len(), "{what}");
        if own.original != Identity::NONE {
            linked += 1;
            let original = all.iter().rfind(|one| one.identity == own.original);
            assert_eq!(event["original"]["id"].as_str(), original.map(|one| &*one.id), "{what}");
            assert_eq!(event["original"]["frame"].as_u64(), original.map(|one| one.frame), "{what}");
        }
    }
    assert!(history_of(&mut history, "nothing:of-this-name", Tongue::English).unwrap().is_none());
    linked
}

#[test]
fn every_event_is_told_as_a_scan_finds_it_beside_its_writer() {
    for pieces in [
        Pieces { rows: 24, run_identities: 200, snapshot_events: 350, events: 700 },
        Pieces { rows: 7, run_identities: 90, snapshot_events: 100_000, events: 300 },
        Pieces { rows: 64, run_identities: 100_000, snapshot_events: 150, events: 500 },
    ] {
        let place = tempfile::tempdir().unwrap();
        let (service, id) = make(place.path(), pieces);
        assert!(check(place.path(), &id, pieces.scale()) > 40, "{pieces:?}");
        service.close().unwrap();
        assert!(check(place.path(), &id, pieces.scale()) > 40, "{pieces:?}");
        runtime::rebuild(&Arc::new(Folder::open(place.path()).unwrap()), pieces.scale(), &id).unwrap();
        assert!(check(place.path(), &id, pieces.scale()) > 40, "{pieces:?}");
    }
}

/// The pages of a run: damage is told with file and offset, whatever is not read is told as before.
#[test]
fn damage_is_named_and_nothing_is_told_wrong() {
    let pieces = Pieces { rows: 24, run_identities: 200, snapshot_events: 350, events: 500 };
    let place = tempfile::tempdir().unwrap();
    let (service, id) = make(place.path(), pieces);
    service.close().unwrap();
    let disk = Arc::new(Folder::look(place.path()));
    let mut history = History::open(&disk, pieces.scale(), &id).unwrap();
    let all = scan(&disk, &id, history.until());
    let whats: Vec<String> = all.iter().map(|one| format!("{}:{}", one.source, one.id)).collect();
    let mut tell =
        |what: &String| history_of(&mut history, what, Tongue::English).map_err(|failure| failure.to_string());
    let sound: Vec<_> = whats.iter().map(&mut tell).collect();
    let run = std::fs::read_dir(place.path().join("runs")).unwrap().map(|entry| entry.unwrap().path()).min().unwrap();
    let run = std::fs::File::options().read(true).write(true).open(run).unwrap();
    for at in [4_096, 4_100, 4_200, 4_132 + 28, 8_000] {
        let mut byte = [0];
        run.read_exact_at(&mut byte, at).unwrap();
        run.write_all_at(&[byte[0] ^ 64], at).unwrap();
        let mut failed = 0;
        for (what, sound) in whats.iter().zip(&sound) {
            match tell(what) {
                Ok(told) => assert_eq!(Ok(told), *sound, "{what}"),
                Err(failure) => {
                    assert!(failure.contains("runs/") && failure.contains("offset 4096"), "{failure}");
                    failed += 1;
                }
            }
        }
        assert!(failed > 0, "byte {at} is in no page that is read");
        run.write_all_at(&byte, at).unwrap();
    }
}

/// Runs the program, which has to do what it is asked.
#[track_caller]
fn run(words: &[String]) -> String {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["jeongsan", "--lang", "en"].into_iter().map(OsString::from).chain(words.iter().map(OsString::from));
    let code = server::run(words, &mut out, &mut err);
    let (out, err) = (String::from_utf8(out).unwrap(), String::from_utf8(err).unwrap());
    assert_eq!(code, 0, "{out}{err}");
    out
}

fn words(words: &[&str]) -> Vec<String> {
    words.iter().map(|&word| word.to_owned()).collect()
}

#[test]
fn every_event_of_scenarios_is_told_with_its_links() {
    let scenarios = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let data = tempfile::tempdir().unwrap();
    let data = data.path().display().to_string();
    let mut linked = 0;
    for name in ["game-wallet", "template-ad-network", "marketplace-demo"] {
        let folder = scenarios.join(name);
        let book = folder.join("book").display().to_string();
        run(&words(&["load", &data, &book, "--accept-clock"]));
        let entries = std::fs::read_dir(folder.join("events")).unwrap().map(|entry| entry.unwrap().path());
        let mut files: Vec<PathBuf> = entries.filter(|path| !path.ends_with("commands.jsonl")).collect();
        files.sort();
        let id = book::load_folder(&folder.join("book")).unwrap().book.id.to_string();
        let mut ingest = words(&["ingest", &data, &id, "--accept-clock"]);
        ingest.extend(files.iter().map(|file| file.display().to_string()));
        run(&ingest);
        let place = Path::new(&data).join("books").join(&id);
        linked += check(&place, &id, Scale::default());
        let disk = Arc::new(Folder::look(&place));
        let until = History::open(&disk, Scale::default(), &id).unwrap().until();
        let first = scan(&disk, &id, until).swap_remove(0);
        let what = format!("{}:{}", first.source, first.id);
        let told = run(&words(&["explain", &data, &id, &what]));
        assert!(told.starts_with(&what) && told.contains("accepted"), "{told}");
    }
    assert!(linked > 10, "{linked}");
}
