//! Commands on a data directory: two scenarios in one, from `load` to a restored backup.

use crate::bench::Bench;
use scenarios::Scenario;
use serde_json::Value;
use std::fs::{self, File};
use std::path::PathBuf;

/// Bytes of a frame before its body.
const HEAD_BYTES: u64 = 192;

const NAMES: [&str; 2] = ["game-wallet", "marketplace-demo"];

/// Two scenarios in the data directory `data`, each closed at the moment at which `settle` looks at its books.
struct World {
    bench: Bench,
    settled: Vec<Value>,
}

impl World {
    fn new() -> Self {
        let bench = Bench::empty();
        let settled = NAMES.map(|name| {
            let arguments = arguments(name);
            let (book, events) = (&arguments[0], arguments[1..].join(" "));
            let settled = bench.settle(&format!("settle {} --out @out-{name}", arguments.join(" ")));
            bench.settle(&format!("load @data {book}"));
            let ingested = bench.settle(&format!("ingest @data {name} {events}"));
            assert_eq!(ingested["accepted"], settled["accepted"], "{name}");
            bench.settle(&format!("close @data {name} --as-of {}", settled["as_of"].as_str().unwrap()));
            settled
        });
        Self { bench, settled: settled.to_vec() }
    }

    /// What `verify` says of each book, which is sound.
    #[track_caller]
    fn verify(&self, data: &str, options: &str) -> Vec<Value> {
        let verified = self.bench.settle(&format!("verify @{data} {options}"));
        verified["books"].as_array().unwrap().clone()
    }

    fn folder(&self, data: &str, name: &str) -> PathBuf {
        self.bench.path(&format!("{data}/books/{name}"))
    }
}

fn arguments(name: &str) -> Vec<String> {
    Scenario::named(name).arguments().unwrap()
}

#[test]
fn books_hold_what_settle_comes_to_and_are_sound() {
    let world = World::new();
    for verified in [world.verify("data", ""), world.verify("data", "--redecide")] {
        for (verified, settled) in verified.iter().zip(&world.settled) {
            assert_eq!(verified["state_digest"], settled["state_digest"], "{verified}");
            assert_eq!(verified["is_closed"], true);
            assert_eq!(verified["snapshots"].as_array().unwrap().len(), 3, "{verified}");
        }
    }
    assert!(world.verify("data", "--redecide marketplace-demo")[0]["redecide_events_per_s"].is_u64());
}

#[test]
fn what_is_taken_twice_counts_once() {
    let world = World::new();
    let events = arguments("marketplace-demo")[1..].join(" ");
    let again = world.bench.settle(&format!("ingest @data marketplace-demo {events}"));
    let (accepted, duplicates) = (&again["accepted"], again["duplicates"].as_i64().unwrap());
    assert_eq!((accepted, duplicates > 0), (&0.into(), true), "{again}");
    let verified = world.verify("data", "marketplace-demo --redecide");
    assert_eq!(verified[0]["identities"], world.settled[1]["accepted"]);
}

/// Runs and snapshots are only derived: with or without them the books are the same.
#[test]
fn what_is_derived_is_made_anew() {
    let world = World::new();
    for (name, settled) in NAMES.iter().zip(&world.settled) {
        fs::remove_dir_all(world.folder("data", name).join("runs")).ok();
        let rebuilt = world.bench.settle(&format!("rebuild @data {name}"));
        assert_eq!(rebuilt["state_digest"], settled["state_digest"]);
        assert_eq!(fs::read_dir(world.folder("data", name).join("snapshots")).unwrap().count(), 1);
    }
    for (verified, settled) in world.verify("data", "").iter().zip(&world.settled) {
        assert_eq!(verified["state_digest"], settled["state_digest"]);
        assert_eq!(verified["snapshots"].as_array().unwrap().len(), 1);
    }
}

#[test]
fn a_flipped_byte_is_named() {
    let world = World::new();
    let inspected = world.bench.settle("inspect @data game-wallet");
    let segment = inspected["segments"][0]["file"].as_str().unwrap();
    let snapshot = format!("snapshots/{}", inspected["snapshots"][0]["file"].as_str().unwrap());
    let frame = world.bench.settle("inspect @data game-wallet 2");
    let in_frame = frame["offset"].as_u64().unwrap() + HEAD_BYTES;
    for (file, at, named) in [(segment, in_frame, frame["offset"].as_u64().unwrap()), (&*snapshot, 200, 0)] {
        let path = world.folder("data", "game-wallet").join(file);
        let whole = fs::read(&path).unwrap();
        let mut flipped = whole.clone();
        flipped[at as usize] ^= 1;
        fs::write(&path, flipped).unwrap();
        let answer = world.bench.run("verify @data --json");
        let told: Value = serde_json::from_str(&answer.out).unwrap();
        let (damaged, sound) = (&told["books"][0], &told["books"][1]);
        assert_eq!(
            (answer.exit_code, &damaged["error"], &sound["verified"]),
            (3, &"file_damaged".into(), &true.into())
        );
        let message = damaged["message"].as_str().unwrap();
        assert!(message.contains(&format!("`{file}`")) && message.contains(" at "), "{message}");
        assert!(named == 0 || (named..named + 256).any(|at| message.contains(&format!("byte {at}"))), "{message}");
        fs::write(&path, whole).unwrap();
    }
    assert_eq!(world.verify("data", "").len(), 2);
}

/// Beside whoever writes a book others may look, and nobody else may write.
#[test]
fn a_second_writer_is_refused() {
    let world = World::new();
    let lock = File::open(world.folder("data", "game-wallet").join("lock")).unwrap();
    lock.try_lock().unwrap();
    for command in ["ingest @data game-wallet @none.csv", "close @data game-wallet", "rebuild @data game-wallet"] {
        let answer = world.bench.run(command);
        assert_eq!(answer.exit_code, 3, "{command}: {}", answer.err);
        assert!(answer.err.contains("another process has this book open"), "{command}: {}", answer.err);
    }
    assert_eq!(world.verify("data", "").len(), 2);
    world.bench.settle("inspect @data game-wallet");
    world.bench.settle("backup @data @copy game-wallet");
}

#[test]
fn an_event_is_shown_as_it_came_and_what_it_did() {
    let world = World::new();
    let found = world.bench.settle("inspect @data marketplace-demo orders:o-101");
    let event = &found["found"][0];
    assert_eq!(event["outcome"], "accepted");
    assert!(event["raw"].as_str().unwrap().starts_with("o-101,"), "{event}");
    assert!(!event["entries"][0]["postings"].as_array().unwrap().is_empty(), "{event}");
    let (file, line) = (event["file"].as_str().unwrap(), &event["line"]);
    let by_line = world.bench.settle(&format!("inspect @data marketplace-demo {file}:{line}"));
    assert_eq!(by_line, found);
    let frame = world.bench.settle(&format!("inspect @data marketplace-demo {}", event["frame"]));
    assert_eq!(frame["kind"], "turn");
    let definition = world.bench.settle("inspect @data marketplace-demo 2");
    assert!(definition["parts"][0]["cause"].as_str().unwrap().starts_with("definition of "), "{definition}");
    for unknown in ["orders:nobody", "999", "0"] {
        let command = format!("inspect @data marketplace-demo {unknown}");
        world.bench.check_refused(&command, 1, "not_found", &[unknown]);
    }
    for language in ["", "--lang ko"] {
        let told = world.bench.run(&format!("inspect @data marketplace-demo {language}")).out;
        assert!(told.contains("00000000000000000001.segment"), "{told}");
    }
}

/// A copy is a data directory by itself: what is written to it changes nothing in what it was made from.
#[test]
fn a_backup_is_restored_to_any_frame() {
    let world = World::new();
    let all = world.bench.settle("backup @data @backup");
    for (copied, settled) in all["books"].as_array().unwrap().iter().zip(&world.settled) {
        assert_eq!(copied["state_digest"], settled["state_digest"]);
    }
    let last = all["books"][0]["position"].as_u64().unwrap();
    for position in [2, last / 2, last - 1] {
        let target = format!("restored-{position}");
        let restored = world.bench.settle(&format!("restore @backup @{target} game-wallet --at {position}"));
        assert_eq!(restored["books"][0]["position"], position);
        let before = world.verify(&target, "--redecide")[0].clone();
        assert_eq!(before["position"], position);
        // It goes on from there, and comes to the same books.
        let events = arguments("game-wallet")[1..].join(" ");
        world.bench.settle(&format!("ingest @{target} game-wallet {events}"));
        let as_of = world.settled[0]["as_of"].as_str().unwrap();
        world.bench.settle(&format!("close @{target} game-wallet --as-of {as_of}"));
        let after = world.verify(&target, "--redecide")[0].clone();
        assert_eq!(after["identities"], world.settled[0]["accepted"]);
    }
    let backups = world.verify("backup", "");
    assert_eq!(backups[0]["position"], last);
    for (verified, settled) in backups.iter().zip(&world.settled) {
        assert_eq!(verified["state_digest"], settled["state_digest"]);
    }
}

#[test]
fn a_book_is_restored_to_a_moment() {
    let world = World::new();
    world.bench.settle("backup @data @backup");
    let first = world.bench.settle("restore @backup @early --at 1999-01-01T00:00:00Z");
    for book in first["books"].as_array().unwrap() {
        assert_eq!((&book["events"], &book["stamp"]), (&0.into(), &Value::Null));
    }
    let middle = world.bench.settle("restore @backup @middle game-wallet --at 2024-02-15T00:00:00Z");
    let stamp = middle["books"][0]["stamp"].as_str().unwrap();
    assert!(("2024-01-01".."2024-02-15T00:00:01").contains(&stamp), "{stamp}");
    world.bench.settle("restore @backup @late --at 2200-01-01T00:00:00Z");
    for (verified, settled) in world.verify("late", "").iter().zip(&world.settled) {
        assert_eq!(verified["state_digest"], settled["state_digest"]);
    }
    world.bench.check_refused("restore @backup @late", 2, "folder_exists", &["late/books/game-wallet"]);
    world.bench.check_refused("restore @backup @late game-wallet --at 0", 2, "folder_exists", &["late"]);
    fs::create_dir(world.bench.path("none")).unwrap();
    world.bench.check_refused("restore @backup @none game-wallet --at 0", 2, "argument_refused", &["--at"]);
    world.bench.check_refused("restore @backup @none game-wallet --at 9999", 2, "argument_refused", &["inspect"]);
    world.bench.check_refused("restore @backup @none --at 3", 2, "argument_refused", &["name the book"]);
    world.bench.check_refused("verify @data nobody", 2, "book_unknown", &["data/books/nobody"]);
}

/// A backup that is made while events are taken has all that was acknowledged when it began.
#[test]
fn a_backup_under_load_is_whole() {
    let world = World::new();
    let taxi = arguments("nyc-taxi");
    world.bench.settle(&format!("load @data {}", taxi[0]));
    world.bench.settle(&format!("ingest @data nyc-taxi {}", taxi[1]));
    let before = world.verify("data", "nyc-taxi")[0].clone();
    let (bench, more) = (&world.bench, taxi[2..].join(" "));
    let backups: Vec<Value> = std::thread::scope(|scope| {
        let ingest = scope.spawn(|| bench.settle(&format!("ingest @data nyc-taxi {more}")));
        let mut backups = Vec::new();
        while !ingest.is_finished() {
            backups.push(bench.settle(&format!("backup @data @backup-{} nyc-taxi", backups.len())));
        }
        ingest.join().unwrap();
        backups
    });
    assert!(!backups.is_empty());
    for (number, backup) in backups.iter().enumerate() {
        let (events, least) = (&backup["books"][0]["events"], &before["events"]);
        assert!(events.as_u64() >= least.as_u64(), "{backup}");
        world.verify(&format!("backup-{number}"), "");
    }
}
