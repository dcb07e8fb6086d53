//! Copies of a book whose segments, runs and snapshots follow each other closely: what is linked, where a copy can end,
//! and that nothing which is done to a copy changes what it was made from.

use calendar::Instant;
use engine::{Counts, Decisions};
use event::{Columns, FileId};
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{Keeps, Limits, Raw, Scale, Told};
use serde_json::Value;
use server::{Events, Service};
use simulator::workload::{Workload, book_files};
use std::collections::{BTreeMap, VecDeque};
use std::ffi::OsString;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};
use store::codec::{write_commands, write_decisions};
use store::frame::{About, Body, book_number};
use store::log::{self, Sizes};
use store::turn::{AcceptedClock, Cause, Part, TakenFile, Turn};
use store::{Folder, LayerSizes};

const EVENTS: u64 = 2_000;
const ROWS: usize = 24;

fn scale() -> Scale {
    Scale {
        sizes: Sizes { segment_bytes: 64 << 10, alignment: 256, reserve_bytes: 0 },
        layers: LayerSizes { first: 100, last: 400 },
        limits: Limits { turns_max: 4, run_identities: 300, snapshot_events: 400 },
    }
}

/// Makes a book of the workload; gives its id.
fn make(data: &Path) -> String {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    let files = book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect();
    let loaded = book::load_files(files).unwrap();
    let (id, adapter) = (loaded.book.id.to_string(), loaded.adapters[0].clone());
    let disk = Arc::new(Folder::open(&data.join("books").join(&id)).unwrap());
    let service = Service::start(runtime::create(disk, scale(), loaded.clone()).unwrap(), |_| {}).unwrap();
    service.tell(Told::Define(Box::new(loaded), Instant(0))).unwrap();
    let until = Instant(i64::MAX / 2);
    service.tell(Told::Clock(AcceptedClock { until, by: "test".into(), reason: "generated".into() })).unwrap();
    let name: Box<str> = "events.jsonl".into();
    let file = TakenFile { file: FileId(0), adapter: adapter.id, name: name.clone(), slot: None, amendment: None };
    service.tell(Told::File(file)).unwrap();
    let mut lines = Vec::new();
    Workload::new(1, EVENTS).fill(&mut lines, EVENTS as usize);
    let facts = FileFacts { id: FileId(0), name, received_at: Instant::NONE, slot: None };
    let limits = intake::Limits { chunk_rows_max: ROWS, ..intake::Limits::USUAL };
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
    service.close().unwrap();
    id
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
    let until = Instant(i64::MAX / 2);
    let reason: Box<str> = "long enough to fill a part of a segment ".repeat(400).into();
    for _ in 0..5 {
        service.tell(Told::Clock(AcceptedClock { until, by: "test".into(), reason: reason.clone() })).unwrap();
    }
    service.close().unwrap();
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
