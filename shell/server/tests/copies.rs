//! Copies and readers of a book whose segments, runs and snapshots follow each other closely: what is linked, where a copy can
//! end, that nothing which is done to a copy changes what it was made from, and that nobody who reads is in the way.

use calendar::Instant;
use engine::{Counts, Decisions};
use event::{Columns, FileId};
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{Depth, Keeps, Limits, Raw, Scale, Told};
use serde_json::Value;
use server::{Events, Service};
use simulator::workload::{Workload, book_files};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use store::codec::{write_commands, write_decisions};
use store::frame::{About, Body, book_number};
use store::log::{self, Sizes};
use store::turn::{AcceptedClock, Cause, Part, TakenFile, Turn};
use store::{Folder, LayerSizes};

const EVENTS: u64 = 2_000;
const ROWS: usize = 24;
/// Of a page of a run.
const PAGE_BYTES: usize = 4_096;

fn scale() -> Scale {
    Scale {
        sizes: Sizes { segment_bytes: 64 << 10, alignment: 256, reserve_bytes: 0 },
        layers: LayerSizes { first: 100, last: 400 },
        limits: Limits { turns_max: 4, run_identities: 300, snapshot_events: 400 },
    }
}

/// Makes a book of the workload; gives its id.
fn make(data: &Path) -> String {
    let (id, service) = begin(data);
    feed(&service, EVENTS, |_| {});
    service.close().unwrap();
    id
}

/// A book of the workload before its first event; its id, and who writes it.
fn begin(data: &Path) -> (String, Service<Folder>) {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    let files = book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect();
    let loaded = book::load_files(files).unwrap();
    let (id, adapter) = (loaded.book.id.to_string(), loaded.adapters[0].clone());
    let disk = Arc::new(Folder::open(&data.join("books").join(&id)).unwrap());
    let service = Service::start(runtime::create(disk, scale(), loaded.clone()).unwrap(), |_| {}).unwrap();
    service.tell(Told::Define(Box::new(loaded), Instant(0))).unwrap();
    accept_clock(&service, "generated");
    let name: Box<str> = "events.jsonl".into();
    let file = TakenFile { file: FileId(0), adapter: adapter.id, name: name.clone(), slot: None, amendment: None };
    service.tell(Told::File(file)).unwrap();
    (id, service)
}

/// Sends so many events; `told` of each turn how many there were.
fn feed(service: &Service<Folder>, events: u64, mut told: impl FnMut(u64)) {
    let lines = lines(events);
    let loaded = service.look(|node| node.loaded()).unwrap();
    let (adapter, name) = (&loaded.adapters[0], "events.jsonl".into());
    let facts = FileFacts { id: FileId(0), name, received_at: Instant::NONE, slot: None };
    let limits = intake::Limits { chunk_rows_max: ROWS, ..intake::Limits::USUAL };
    let mut splitter = Splitter::with_limits(&lines[..], adapter, limits);
    let mut reader = Reader::new(adapter, 0);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let (mut spent, due, mut turns) = (Vec::new(), Mutex::new(VecDeque::new()), 0);
    while splitter.next_chunk(&mut chunk).unwrap() {
        reader.adapt(&chunk, &facts, &mut columns);
        let raw = Raw { bytes: &[], rows: &[], keeps: Keeps::Nothing };
        let turn = service.decide(service.ticket(), Events { columns, raw, spent }, &due).unwrap();
        (columns, spent) = (turn.columns, turn.parts);
        turns += 1;
        told(turns);
    }
}

fn lines(events: u64) -> Vec<u8> {
    let mut lines = Vec::new();
    Workload::new(1, EVENTS).fill(&mut lines, events as usize);
    lines
}

/// A person accepts the clock once more: a small turn.
fn accept_clock(service: &Service<Folder>, reason: &str) {
    let until = Instant(i64::MAX / 2);
    service.tell(Told::Clock(AcceptedClock { until, by: "test".into(), reason: reason.into() })).unwrap();
}

/// Runs the program, which has to do what it is asked.
#[track_caller]
fn run(words: &[&str]) -> Value {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["jeongsan", "--lang", "en", "--json"].iter().chain(words).map(OsString::from);
    let code = server::run(words, &mut out, &mut err);
    let out = String::from_utf8(out).unwrap();
    assert_eq!(code, 0, "{out}");
    serde_json::from_str(&out).unwrap()
}

/// Every file of a folder: how many names it has, and its digest.
fn files(folder: &Path) -> BTreeMap<PathBuf, (u64, canon::Digest)> {
    let mut found = BTreeMap::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else {
            let digest = canon::digest(&std::fs::read(&path).unwrap());
            found.insert(path.clone(), (path.metadata().unwrap().nlink(), digest));
        }
    }
    found
}

#[test]
fn what_never_changes_is_linked_and_a_copy_ends_anywhere() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let (data, backup) = (path("data"), path("backup"));
    let id = make(data.as_ref());
    let copied = run(&["backup", &data, &backup])["books"][0].clone();
    let inspected = run(&["inspect", &backup, &id]);
    let segments = inspected["segments"].as_array().unwrap();
    assert!(segments.len() > 3 && inspected["runs"].as_array().unwrap().len() > 3, "{inspected}");
    assert_eq!(copied["files_copied"], 1, "only the last segment: {copied}");
    let backed_up = files(backup.as_ref());
    let copies = backed_up.values().filter(|(names, _)| *names == 1).count();
    assert_eq!(copies, 1, "{backed_up:?}");

    let last = copied["position"].as_u64().unwrap();
    let edges = segments
        .iter()
        .flat_map(|segment| [segment["first"].as_u64().unwrap() - 1, segment["first"].as_u64().unwrap()]);
    let mut ends: Vec<u64> = edges.chain((2..last).step_by(17)).chain([last]).filter(|&end| end > 1).collect();
    ends.sort_unstable();
    ends.dedup();
    for end in ends {
        let (target, at) = (path(&format!("restored-{end}")), end.to_string());
        let restored = run(&["restore", &backup, &target, "--at", &at])["books"][0].clone();
        assert_eq!(restored["position"], end);
        go_on(&Path::new(&target).join("books").join(&id), &id);
        let verified = run(&["verify", &target, "--redecide"])["books"][0].clone();
        assert_eq!((&verified["is_closed"], &verified["events"]), (&true.into(), &restored["events"]));
        std::fs::remove_dir_all(&target).unwrap();
    }
    assert_eq!(files(backup.as_ref()), backed_up, "nothing that was done to copies changed it");
    assert_eq!(run(&["rebuild", &data, &id])["state_digest"], copied["state_digest"]);
    assert_eq!(files(backup.as_ref()).keys().count(), backed_up.len());
    run(&["verify", &data, "--redecide"]);
}

/// Writes to a book until its segment is full.
fn go_on(folder: &Path, id: &str) {
    let opened = runtime::open(Arc::new(Folder::open(folder).unwrap()), scale(), id).unwrap();
    let service = Service::start(opened, |_| {}).unwrap();
    for _ in 0..5 {
        accept_clock(&service, &"long enough to fill a part of a segment ".repeat(400));
    }
    service.close().unwrap();
}

/// While somebody writes, copies are taken at three moments: each is the book as it was behind its last frame, and so is what
/// is restored up to that frame later.
#[test]
fn copies_taken_under_load_are_the_book_as_it_was() {
    let place = tempfile::tempdir().unwrap();
    let path = |name: &str| place.path().join(name).display().to_string();
    let data = path("data");
    let (id, service) = begin(data.as_ref());
    let (turns, seen) = std::sync::mpsc::channel();
    let is_over = AtomicBool::new(false);
    let mut copies = Vec::new();
    std::thread::scope(|scope| {
        let (service, is_over) = (&service, &is_over);
        scope.spawn(move || {
            feed(service, EVENTS, |turn| turns.send(turn).unwrap_or_default());
            // The load goes on until the last copy is there.
            while !is_over.load(Ordering::Relaxed) {
                accept_clock(service, "again");
            }
        });
        for turn in [10, 35, 60] {
            while seen.recv().unwrap() < turn {}
            let copied = run(&["backup", &data, &path(&format!("backup-{turn}"))])["books"][0].clone();
            copies.push((turn, copied));
        }
        is_over.store(true, Ordering::Relaxed);
        drop(seen);
    });
    service.close().unwrap();
    let whole = run(&["verify", &data, "--redecide"])["books"][0].clone();
    let mut before = 0;
    for (turn, copied) in copies {
        let (position, digest) = (copied["position"].as_u64().unwrap(), &copied["state_digest"]);
        assert!(before < position && position < whole["position"].as_u64().unwrap(), "{copied}");
        before = position;
        let verified = run(&["verify", &path(&format!("backup-{turn}")), "--redecide"])["books"][0].clone();
        assert_eq!((&verified["state_digest"], &verified["position"]), (digest, &copied["position"]));
        let target = path(&format!("restored-{turn}"));
        run(&["restore", &data, &target, "--at", &position.to_string()]);
        assert_eq!(run(&["rebuild", &target, &id])["state_digest"], *digest);
        assert_eq!(run(&["verify", &target, "--redecide"])["books"][0]["state_digest"], *digest);
    }
}

/// Whoever reads takes no lock and makes nobody wait: in the middle of each reading turns become durable.
#[test]
fn i10_readers_never_block_the_writer() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data");
    let id = make(&data);
    let folder = data.join("books").join(&id);
    let opened = runtime::open(Arc::new(Folder::open(&folder).unwrap()), scale(), &id).unwrap();
    let service = Service::start(opened, |_| {}).unwrap();
    let durable = || service.look(|node| node.durable()).unwrap();
    let began = durable();
    let looking = Arc::new(Folder::look(&folder));
    let verified = runtime::verify(&looking, scale(), &id, Depth::Decide, &mut |step| {
        if step.frame % 10 == 0 {
            let before = durable();
            accept_clock(&service, "in the middle of a reading");
            assert_eq!(durable(), before + 1);
        }
    });
    assert_eq!(verified.unwrap().position.sequence, began, "it reads what was there when it began");
    assert!(durable() > began + 20);
    let data = data.display().to_string();
    let copy = place.path().join("copy").display().to_string();
    for words in
        [&["inspect", &data, &id][..], &["inspect", &data, &id, "3"], &["verify", &data], &["backup", &data, &copy]]
    {
        run(words);
        accept_clock(&service, "after a reading");
    }
    let all = durable();
    service.close().unwrap();
    assert!(run(&["verify", &data, "--redecide"])["books"][0]["position"].as_u64().unwrap() > all);
}

/// A page of identities that has rotted stops what asks for it, says so, and says what to do.
#[test]
fn a_rotted_page_of_a_run_stops_ingest_until_rebuild() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let id = make(data.as_ref());
    let events = place.path().join("events.jsonl");
    std::fs::write(&events, lines(200)).unwrap();
    let events = events.display().to_string();
    let runs = files(&Path::new(&data).join("books").join(&id).join("runs"));
    let (path, _) = runs.first_key_value().expect("there is a run");
    let mut bytes = std::fs::read(path).unwrap();
    bytes[PAGE_BYTES + 100] ^= 1;
    std::fs::write(path, bytes).unwrap();
    let ingest = ["ingest", &data, &id, &events];
    for _ in 0..2 {
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let words = ["jeongsan", "--json"].into_iter().chain(ingest).map(OsString::from);
        let code = server::run(words, &mut out, &mut err);
        let told: Value = serde_json::from_slice(&out).unwrap();
        assert_eq!((code, &told["error"]), (3, &"file_damaged".into()), "{told}");
        let message = told["messages"][0].as_str().unwrap();
        let name = format!("`runs/{}` is unusable at offset {PAGE_BYTES}", path.file_name().unwrap().display());
        for part in ["nothing of a batch was taken", "`jeongsan rebuild`", &name] {
            assert!(message.contains(part), "{part}: {message}");
        }
    }
    run(&["rebuild", &data, &id]);
    let again = run(&ingest);
    assert_eq!((&again["accepted"], again["duplicates"].as_u64() > Some(100)), (&0.into(), true), "{again}");
}

/// What `verify` says of a book that is not sound: exit code, code, message.
fn refuse(data: &str, options: &[&str]) -> (u8, String, String) {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let words = ["jeongsan", "--json", "verify", data].into_iter().chain(options.iter().copied()).map(OsString::from);
    let code = server::run(words, &mut out, &mut err);
    let told: Value = serde_json::from_slice(&out).unwrap();
    let book = &told["books"][0];
    let text = |name: &str| book[name].as_str().unwrap_or_default().to_owned();
    (code, text("error"), text("message"))
}

#[test]
fn every_kind_of_damaged_file_is_named() {
    let place = tempfile::tempdir().unwrap();
    let data = place.path().join("data").display().to_string();
    let folder = Path::new(&data).join("books").join(make(data.as_ref()));
    for kind in ["log", "runs", "snapshots"] {
        let all = files(&folder.join(kind)).into_keys();
        // A segment that is being prepared holds nothing.
        for path in all.filter(|path| path.extension().is_none_or(|ending| ending != "zeros")) {
            let whole = std::fs::read(&path).unwrap();
            // Behind the first head: the first frame after the mark of the start, a claim, a part of the state.
            let at =
                if kind == "log" { 256 + whole[256..].iter().position(|&byte| byte != 0).unwrap() + 8 } else { 4_200 };
            let mut flipped = whole.clone();
            let at = at.min(flipped.len() - 1);
            flipped[at] ^= 1;
            std::fs::write(&path, flipped).unwrap();
            let (code, error, message) = refuse(&data, &[]);
            let name = format!("`{kind}/{}`", path.file_name().unwrap().display());
            assert_eq!((code, &*error), (3, "file_damaged"), "{name}: {message}");
            assert!(message.contains(&name), "{name}: {message}");
            std::fs::write(&path, whole).unwrap();
        }
    }
    assert_eq!(refuse(&data, &[]).0, 0);
}

/// Frames whose checks hold, written by somebody who decides otherwise or cannot count.
#[test]
fn frames_that_are_wrong_are_named() {
    let place = tempfile::tempdir().unwrap();
    for (name, identities, accepted, deep, says) in
        [("counts", 0, 1, true, "part 1: other counts"), ("claims", 3, 0, false, "identities up to its end")]
    {
        let data = place.path().join(name).display().to_string();
        let id = make(data.as_ref());
        let sequence = forge(&Path::new(&data).join("books").join(&id), &id, identities, accepted);
        assert_eq!(refuse(&data, &[]).0, if deep { 0 } else { 1 });
        let (code, error, message) = refuse(&data, &["--redecide"]);
        assert_eq!((code, &*error), (1, "check_failed"), "{message}");
        assert!(message.contains(says) && message.contains(&format!("frame {sequence} ")), "{message}");
    }
}

/// Appends a turn that claims to have done more than it did; gives its sequence.
fn forge(folder: &Path, id: &str, identities: u32, accepted: i64) -> u64 {
    let disk = Arc::new(Folder::open(folder).unwrap());
    let mut writer = log::open(disk, scale().sizes, book_number(id), None).unwrap().writer;
    let mut chain = writer.chain().clone();
    let cause = Cause::Clock(AcceptedClock { until: Instant(0), by: "test".into(), reason: "forged".into() });
    let counts = Counts { accepted, ..Counts::default() };
    let decisions = Decisions { stamp: chain.stamp, counts, ..Decisions::default() };
    let turn = Turn { columns: Columns::default(), parts: vec![Part { cause, decisions }] };
    let (mut commands, mut decided) = (Vec::new(), Vec::new());
    write_commands(&mut commands, &turn);
    write_decisions(&mut decided, &turn);
    let about = About { events: 0, identities, stamp: chain.stamp, rules_version: chain.rules_version };
    let frame = chain.seal(about, Body::new(&commands, &[], &decided, &[]));
    writer.write(&mut [frame]).unwrap();
    writer.close().unwrap().sequence - 1
}
