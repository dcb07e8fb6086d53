//! A batch on which deciding runs into a bug: its book goes on without it, and with its events held.

use super::*;
use book::{Base, load_files, load_onto};
use calendar::Instant;
use event::{Code, FileId, SourceId};
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{Keeps, Scale};
use simulator::workload::{Workload, book_files};
use std::path::Path;
use store::Folder;
use store::turn::AcceptedClock;

const LINES: usize = 100;

fn files() -> Vec<(String, Vec<u8>)> {
    let path = |path: String| path.trim_start_matches("book/").to_owned();
    book_files().into_iter().map(|(name, text)| (path(name), text.into_bytes())).collect()
}

pub(in crate::node) fn begin(folder: &Path) -> Service<Folder> {
    let loaded = load_onto(files(), Base::Nothing { key: 7 }).expect("the book has no faults");
    let disk = Arc::new(Folder::open(folder).expect("it is ours"));
    let opened = runtime::create(disk, Scale::default(), loaded.clone()).expect("it is empty");
    let service = Service::start(opened, |_| {}).expect("nothing stands in its way");
    service.tell(Told::Define(Box::new(loaded), Instant(0))).expect("it is the first");
    let until = Instant(i64::MAX / 2);
    let accepted = AcceptedClock { until, by: "test".into(), reason: "generated receipts".into() };
    service.tell(Told::Clock(accepted)).expect("a clock may be accepted");
    service
}

pub(in crate::node) fn open(folder: &Path) -> Service<Folder> {
    let disk = Arc::new(Folder::open(folder).expect("nobody else has it"));
    let id = load_files(files()).expect("the book has no faults").book.id;
    let opened = runtime::open(disk, Scale::default(), &id).expect("it was left whole");
    Service::start(opened, |_| {}).expect("nothing stands in its way")
}

/// The first events of the workload; broken ones have a source that is not there, on which the engine must stop.
pub(in crate::node) fn send(service: &Service<Folder>, broken: bool) -> Result<Turn, NodeFailure> {
    let mut lines = Vec::new();
    Workload::new(1, LINES as u64).fill(&mut lines, LINES);
    let loaded = service.look(|node| node.loaded()).expect("it is there");
    let adapter = &loaded.adapters[0];
    let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    assert!(Splitter::new(&lines[..], adapter).next_chunk(&mut chunk).expect("it is in memory"));
    Reader::new(adapter, 0).adapt(&chunk, &facts, &mut columns);
    if broken {
        columns.source.fill(SourceId(u16::MAX));
    }
    let raw = Raw { bytes: if broken { &lines[1..] } else { &lines }, rows: &[], keeps: Keeps::Nothing };
    service.decide(service.ticket(), Events { columns, raw, spent: Vec::new() }, &Mutex::default())
}

#[test]
fn a_batch_that_stops_its_book_twice_is_held() {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let mut service = begin(folder.path());
    for stop in 1..=STOPS_MAX {
        let failure = send(&service, true).expect_err("the engine stops on it");
        assert!(matches!(failure, NodeFailure::Bug { stops } if stops == stop), "{failure}");
        assert!(matches!(send(&service, false), Err(NodeFailure::Abandoned)), "nothing is decided on a broken state");
        assert!(service.close().is_err(), "it is left as after a crash");
        service = open(folder.path());
    }
    let turn = send(&service, true).expect("it is held as it is");
    let codes: Vec<Code> = turn.parts[0].decisions.exceptions.iter().map(|exception| exception.code).collect();
    assert!(codes.contains(&Code::EngineBug), "{codes:?}");
    assert_eq!(Poison::read(&*service.shared.disk).expect("the disk is well"), None, "it is in the log now");
    send(&service, false).expect("other events go on");
    service.close().expect("in peace");
    let service = open(folder.path());
    let counts = service.look(|node| node.engine().state().counts).expect("it is there");
    assert!(counts.held > 0 && counts.accepted > 0, "{counts:?}");
}
