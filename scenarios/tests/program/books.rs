//! `ingest DATA --each FOLDER`: many books at once, of which each ends as if it were alone, whatever becomes of the others.

use crate::bench::Bench;
use scenarios::Scenario;
use serde_json::Value;
use std::fs::{self, File};
use std::path::PathBuf;

const NAMES: [&str; 6] = ["game-wallet", "golden-e1", "golden-e4", "marketplace-demo", "soft-close", "toss-payments"];

/// The books of these scenarios in the data directory `alone`, taken one after the other, and loaded into `data`, with
/// their files in `files/<id>/`.
struct World {
    bench: Bench,
}

impl World {
    fn new() -> Self {
        let bench = Bench::empty();
        for name in NAMES {
            let arguments = arguments(name);
            bench.settle(&format!("load @alone {}", arguments[0]));
            bench.settle(&format!("load @data {}", arguments[0]));
            for file in &arguments[1..] {
                let (file, path) = (file.rsplit('/').next().unwrap(), file);
                bench.write(&format!("files/{name}/{file}"), fs::read(path).unwrap());
            }
            bench.settle(&format!("ingest @alone {name} {}", arguments[1..].join(" ")));
        }
        Self { bench }
    }

    /// What `ingest --each` says of each book, and its exit code.
    fn ingest(&self, options: &str) -> (u8, Vec<Value>) {
        let answer = self.bench.run(&format!("ingest @data --each @files --json {options}"));
        let told: Value = serde_json::from_str(&answer.out).unwrap();
        (answer.exit_code, told["books"].as_array().unwrap().clone())
    }

    /// The digest of a book's state.
    fn digest(&self, data: &str, name: &str) -> Value {
        self.bench.settle(&format!("verify @{data} {name} --redecide"))["books"][0]["state_digest"].clone()
    }

    #[track_caller]
    fn assert_as_alone(&self, names: &[&str]) {
        for name in names {
            assert_eq!(self.digest("data", name), self.digest("alone", name), "{name}");
        }
    }

    fn folder(&self, name: &str) -> PathBuf {
        self.bench.path(&format!("data/books/{name}"))
    }
}

/// The book and the files of a scenario.
fn arguments(name: &str) -> Vec<String> {
    let is_no_option = |word: &String| word.starts_with('/');
    Scenario::named(name).arguments().unwrap().into_iter().filter(is_no_option).collect()
}

#[test]
fn books_beside_each_other_end_as_if_alone() {
    let world = World::new();
    let (code, told) = world.ingest("--threads 2");
    assert_eq!(code, 0, "{told:?}");
    let ids: Vec<&Value> = told.iter().map(|book| &book["book"]).collect();
    assert_eq!(ids, NAMES);
    // Outside records are no events.
    let counts = |book: &Value| book["accepted"].as_i64() > Some(0) || book["book"] == "toss-payments";
    assert!(told.iter().all(|book| book["stopped"] == false && counts(book)), "{told:?}");
    world.assert_as_alone(&NAMES);
    // Taken again everything counts once.
    let (code, again) = world.ingest("");
    assert_eq!((code, again.iter().all(|book| book["accepted"] == 0)), (0, true), "{again:?}");
    let answer = world.bench.run("ingest @data --each @files");
    assert_eq!((answer.exit_code, &*answer.err, answer.out.lines().count()), (0, "", NAMES.len()), "{}", answer.out);
}

/// A book that is damaged, locked, gone or told nonsense stops with its reason; the others end as if alone, and so does
/// each of those when it can go on.
#[test]
fn the_trouble_of_one_book_is_its_own() {
    let world = World::new();
    let segment = world.folder("game-wallet").join("log/00000000000000000001.segment");
    let whole = fs::read(&segment).unwrap();
    let mut flipped = whole.clone();
    // In the head of the segment, which every start reads.
    flipped[20] ^= 1;
    fs::write(&segment, flipped).unwrap();
    let lock = File::open(world.folder("golden-e1").join("lock")).unwrap();
    lock.try_lock().unwrap();
    world.bench.write("files/nobody/sales.csv", "id\n");
    world.bench.write("files/soft-close/unknown.bin", "nonsense");
    let (code, told) = world.ingest("");
    let errors: Vec<&str> = told.iter().map(|book| book["error"].as_str().unwrap_or("")).collect();
    assert_eq!(
        (code, &*errors),
        (3, &["file_damaged", "world_failed", "", "", "book_unknown", "adapter_unknown", ""][..]),
        "{told:?}"
    );
    for (book, says) in
        [(0, "byte 0"), (1, "another process has this book open"), (4, "books/nobody"), (5, "unknown.bin")]
    {
        let message = told[book]["message"].as_str().unwrap();
        assert!(message.contains(says), "{says}: {message}");
    }
    world.assert_as_alone(&["golden-e4", "marketplace-demo", "toss-payments"]);
    let answer = world.bench.run("ingest @data --each @files");
    assert_eq!((answer.exit_code, answer.out.lines().count()), (3, told.len()), "{}", answer.out);
    assert_eq!(answer.err.lines().filter(|line| line.contains("stopped")).count(), 4, "{}", answer.err);

    fs::write(&segment, whole).unwrap();
    drop(lock);
    fs::remove_dir_all(world.bench.path("files/nobody")).unwrap();
    fs::remove_file(world.bench.path("files/soft-close/unknown.bin")).unwrap();
    assert_eq!(world.ingest("").0, 0);
    // The others have counted duplicates meanwhile.
    world.assert_as_alone(&["game-wallet", "golden-e1", "soft-close"]);
}

/// Books of one definition get the same ids with other contents: each knows its own events and no byte of another's.
#[test]
fn i14_no_book_sees_anothers() {
    let bench = Bench::new();
    let names = ["first", "second", "third"];
    let marks = ["QuzzyAlpha", "QuzzyBravo", "QuzzyDelta"];
    let book = bench.text("book/book.toml");
    let id = book.lines().find(|line| line.starts_with("id = ")).unwrap().to_owned();
    for (at, (name, mark)) in names.iter().zip(marks).enumerate() {
        bench.write("book/book.toml", book.replace(&id, &format!("id = \"{name}\"")));
        let sales = format!("{}{mark},2024-03-04T12:00:00+09:00,116,2024-03-04T12:00:01+09:00\n", crate::bench::SALES);
        bench.write(&format!("files/{name}/sales.csv"), sales.replace(",116,", &format!(",{},", 116 + 58 * at)));
        for data in ["data", "alone"] {
            bench.settle(&format!("load @{data} @book"));
        }
        bench.settle(&format!("ingest @alone {name} @files/{name}/sales.csv"));
    }
    let told = bench.settle("ingest @data --each @files");
    for (name, told) in names.iter().zip(told["books"].as_array().unwrap()) {
        assert_eq!((&told["accepted"], &told["duplicates"], &told["conflicts"]), (&4.into(), &0.into(), &0.into()));
        let digest = |data| bench.settle(&format!("verify @{data} {name}"))["books"][0]["state_digest"].clone();
        assert_eq!(digest("data"), digest("alone"), "{name}");
        for (other, mark) in names.iter().zip(marks) {
            assert_eq!(has(&bench.path(&format!("data/books/{name}")), mark), name == other, "{mark} in {name}");
        }
    }
    let digests = names.map(|name| bench.settle(&format!("verify @data {name}"))["books"][0]["state_digest"].clone());
    assert!(digests[0] != digests[1] && digests[1] != digests[2], "they hold other amounts");
}

/// Whether any file below a folder has a text.
fn has(folder: &std::path::Path, mark: &str) -> bool {
    fs::read_dir(folder).unwrap().any(|entry| {
        let path = entry.unwrap().path();
        if path.is_dir() {
            return has(&path, mark);
        }
        // Segments are zeros behind what stands in them.
        let bytes = fs::read(path).unwrap();
        let length = bytes.iter().rposition(|&byte| byte != 0).map_or(0, |last| last + 1);
        bytes[..length].windows(mark.len()).any(|bytes| bytes == mark.as_bytes())
    })
}

/// A limit decides when events are taken, and nothing else.
#[test]
fn a_limit_changes_no_result() {
    let bench = Bench::new();
    bench.settle("load @alone @book");
    let alone = bench.settle("ingest @alone golden-e1 @sales.csv");
    bench.change("book/sources/sales.toml", "[[source]]\n", "[[source]]\nevents_per_s_max = 2\n");
    bench.settle("load @data @book");
    let told = bench.settle("ingest @data golden-e1 @sales.csv");
    assert_eq!(told["accepted"], 3);
    let position = |told: &Value| told["position"].as_u64().unwrap();
    assert_eq!(position(&told), position(&alone) + 1, "two rows, and one");
    let digest = |data| bench.settle(&format!("verify @{data}"))["books"][0]["state_digest"].clone();
    assert_eq!(digest("data"), digest("alone"));
}

#[test]
fn what_each_is_given_has_to_be_folders_of_books() {
    let bench = Bench::new();
    bench.settle("load @data @book");
    bench.write("files/golden-e1/sales.csv", crate::bench::SALES);
    bench.write("files/beside.csv", "id\n");
    bench.check_refused("ingest @data --each @files", 2, "argument_refused", &["--each", "beside.csv"]);
    fs::create_dir(bench.path("none")).unwrap();
    bench.check_refused("ingest @data --each @none", 2, "argument_refused", &["--each"]);
    bench.check_refused("ingest @data --each @nowhere", 3, "world_failed", &["nowhere"]);
    bench.check_refused("ingest @data golden-e1 --each @files", 2, "usage", &["--each"]);
    bench.check_refused("ingest @data", 2, "usage", &["BOOK-ID"]);
}
