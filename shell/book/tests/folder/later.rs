//! Scenarios settled under a book that was loaded in two steps: the statements are those of a book that was whole from the
//! start, with versions that nobody knew before the second step.

use book::{Base, Loaded, load_files, load_onto};
use calendar::Instant;
use canon::Digest;
use engine::{Engine, State};
use event::{Columns, Dictionary, FileId};
use intake::{Chunk, FileFacts, Reader, Splitter};
use std::fs;
use std::path::Path;
use std::sync::Arc;

type Files = Vec<(String, Vec<u8>)>;

/// The files of a folder of a scenario and one level below it.
fn files(scenario: &str, folder: &str) -> Files {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(scenario).join(folder);
    let names = |folder: &Path| -> Vec<String> {
        let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().file_name());
        entries.map(|name| name.to_str().unwrap().to_owned()).collect()
    };
    let mut paths = Vec::new();
    for name in names(&root) {
        match root.join(&name).is_dir() {
            true => paths.extend(names(&root.join(&name)).into_iter().map(|file| format!("{name}/{file}"))),
            false => paths.push(name),
        }
    }
    paths.sort();
    paths.into_iter().map(|path| (path.clone(), fs::read(root.join(path)).unwrap())).collect()
}

/// The batch of a scenario's only file of events.
fn batch(loaded: &Loaded, scenario: &str) -> Columns {
    let files = files(scenario, "events");
    let [(name, bytes)] = &files[..] else { panic!("one file of events") };
    let adapter = &loaded.adapters[0];
    let facts = FileFacts { id: FileId(0), name: name.as_str().into(), received_at: Instant::NONE, slot: None };
    let (mut splitter, mut chunk) = (Splitter::new(&bytes[..], adapter), Chunk::default());
    let mut columns = Columns::new(adapter.id, &loaded.book.schemas[0]);
    assert!(splitter.next_chunk(&mut chunk).unwrap());
    Reader::new(adapter, 0).adapt(&chunk, &facts, &mut columns);
    columns
}

/// An engine and a state that only folds what it decides.
struct Node {
    engine: Engine,
    folded: State,
}

impl Node {
    fn of(loaded: &Loaded) -> Self {
        let book = Arc::new(loaded.book.clone());
        Self { folded: State::new(&book), engine: Engine::new(book) }
    }

    /// Decides the rows of a batch that were received before an instant; how far that is.
    fn decide(&mut self, columns: &mut Columns, from: usize, before: Instant) -> usize {
        let until = (from..columns.len()).find(|&row| columns.received_at[row] >= before).unwrap_or(columns.len());
        let mut row = from;
        while row < until {
            let decisions = self.engine.decide(columns, row..until);
            self.folded.fold(self.engine.book(), &decisions);
            row = decisions.rows.end;
        }
        until
    }

    fn redefine(&mut self, loaded: &Loaded, at: Instant) {
        let decisions = self.engine.redefine(Arc::new(loaded.book.clone()), at);
        self.folded.fold(self.engine.book(), &decisions);
        self.assert_folded();
    }

    /// All statements up to an instant, in words.
    fn finish(mut self, as_of: Instant) -> Vec<String> {
        let decisions = self.engine.finish(as_of);
        self.folded.fold(self.engine.book(), &decisions);
        self.assert_folded();
        let (book, words) = (self.engine.book(), &self.engine.state().dictionary);
        let mut told = Vec::new();
        for statement in self.engine.state().statements.iter() {
            let contract = &book.contracts[usize::from(statement.contract.0)];
            let party = &book.parties[statement.party.0 as usize].id;
            let mut lines = Vec::new();
            for line in &statement.lines {
                let contract::LineOf::Term { term, version } = line.key.of else { continue };
                let version = &contract.versions[usize::from(version)];
                let id = &version.terms[usize::from(term)].id;
                let dimensions: Vec<&str> = line.key.dimensions.iter().map(|&word| words.text(word)).collect();
                lines.push(format!("{id} {} {dimensions:?} {:?} {}", version.valid_from, line.adjusts_on, line.amount));
            }
            lines.sort();
            told.push(format!("{} {party} {:?} {} {lines:?}", contract.id, statement.period, statement.total));
        }
        told.sort();
        told
    }

    #[track_caller]
    fn assert_folded(&self) {
        let digests: [Digest; 2] = [self.engine.state().digest(), self.folded.digest()];
        assert_eq!(digests[0], digests[1], "a node that only folds holds the same");
    }
}

fn at(text: &str) -> Instant {
    Instant::parse_rfc3339(text.as_bytes()).unwrap()
}

fn loaded_onto(earlier: &Loaded, dictionary: &Dictionary, files: Files, at: Instant) -> Loaded {
    load_onto(files, Base::Book { loaded: earlier, dictionary, at }).unwrap()
}

/// Without all contracts but the first one, and without all but the first version of that.
fn beginning(files: &Files) -> Files {
    let mut contracts = 0;
    let mut kept = Files::new();
    for (path, bytes) in files {
        contracts += usize::from(path.starts_with("contracts/"));
        if !path.starts_with("contracts/") {
            kept.push((path.clone(), bytes.clone()));
        } else if contracts == 1 {
            kept.push((path.clone(), first_version(bytes)));
        }
    }
    kept
}

fn first_version(contract: &[u8]) -> Vec<u8> {
    let text = std::str::from_utf8(contract).unwrap();
    let second = text.match_indices("[[version]]").nth(1).map_or(text.len(), |(at, _)| at);
    text.as_bytes()[..second].to_vec()
}

#[test]
fn a_book_in_two_steps_before_any_event_is_the_whole_book() {
    for scenario in ["golden-e8", "golden-e9", "golden-e10", "golden-e11", "golden-e12"] {
        let whole = load_files(files(scenario, "book")).unwrap();
        let first = load_files(beginning(&whole.files)).unwrap();
        let mut node = Node::of(&first);
        let second = loaded_onto(&first, &node.engine.state().dictionary, whole.files.clone(), Instant::BEGINNING);
        node.redefine(&second, Instant::BEGINNING);
        let mut expected = Node::of(&whole);
        for (node, loaded) in [(&mut node, &second), (&mut expected, &whole)] {
            node.decide(&mut batch(loaded, scenario), 0, Instant::END);
        }
        let as_of = at("2026-01-01T00:00:00Z");
        let expected = expected.finish(as_of);
        assert_eq!(node.finish(as_of), expected, "{scenario}");
        assert!(!expected.is_empty(), "{scenario} has statements");
    }
}

#[test]
fn a_version_that_comes_by_an_update_is_one_that_was_not_known_before() {
    let mut seen = Vec::new();
    let (head, second_version) = ("[[version]]\nvalid_from = \"2024-03-15\"\n", "2024-03-15");
    // Between the events, before the cut of their month, and after it.
    for moment in ["2024-03-20T01:00:02Z", "2024-03-25T00:00:00Z", "2024-04-20T00:00:00Z"] {
        let all = files("golden-e8", "book");
        let known = format!("{head}known_from = \"{moment}\"\n");
        let stated = |(path, bytes): &(String, Vec<u8>)| {
            (path.clone(), String::from_utf8(bytes.clone()).unwrap().replace(head, &known).into_bytes())
        };
        let whole = load_files(all.iter().map(stated).collect()).unwrap();
        let early = |(path, bytes): &(String, Vec<u8>)| {
            (path.clone(), if path.starts_with("contracts/") { first_version(bytes) } else { bytes.clone() })
        };
        let first = load_files(all.iter().map(early).collect()).unwrap();
        let (mut node, mut expected) = (Node::of(&first), Node::of(&whole));
        let mut events = batch(&first, "golden-e8");
        let row = node.decide(&mut events, 0, at(moment));
        let second = loaded_onto(&first, &node.engine.state().dictionary, all, at(moment));
        assert_eq!(second.book.contracts[0].versions[1].known_from, at(moment));
        node.redefine(&second, at(moment));
        node.decide(&mut events, row, Instant::END);
        expected.decide(&mut batch(&whole, "golden-e8"), 0, Instant::END);
        let as_of = at("2024-07-01T00:00:00Z");
        let expected = expected.finish(as_of);
        assert_eq!(node.finish(as_of), expected, "{moment}");
        assert!(expected.iter().any(|statement| statement.contains(second_version)), "{expected:?}");
        seen.push(expected);
    }
    assert_ne!(seen[1], seen[2], "what is known after the cut restates");
}
