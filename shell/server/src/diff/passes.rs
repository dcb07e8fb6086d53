//! Deciding logs again: each run's own, to know what became of every event, and trials in between.
//!
//! A *trial* decides one log by some book, as of some moment, without some events. Two trials that differ in one thing
//! only show what that thing moved. Cost: one decision of the log for each; memory: 48 bytes an event of each log.

use crate::commands;
use crate::diff::carry::Carrier;
use crate::diff::lines::{Statements, of_engine};
use crate::diff::settled::Settled;
use crate::explain::digest_of;
use crate::failure::Failure;
use book::Loaded;
use calendar::{Date, Instant};
use engine::{Book, Command, Decisions, Engine, Outcome};
use event::{Columns, FileId, Schema, Word};
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// The most events whose statement lines are traced one by one.
pub(crate) const TRACED_MAX: usize = 10_000;

/// What is known of an event of a run.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Seen {
    /// Hash of the fields that both books know.
    pub(crate) content: u64,
    /// When it was received, raised to the clock of its run.
    pub(crate) received_at: Instant,
    pub(crate) accepted: bool,
}

/// Events of a run by hash of source, id, and kind where ids are reused.
pub(crate) type Events = HashMap<u128, Seen>;

/// An event that only the second run counts, or counts with other content.
#[derive(Clone, Debug)]
pub(crate) struct Novel {
    pub(crate) key: u128,
    pub(crate) source: String,
    pub(crate) id: String,
    pub(crate) file: String,
    pub(crate) line: u64,
    /// Contracts and first days of the periods whose tallies it entered.
    pub(crate) places: BTreeSet<(String, Date)>,
}

/// What a run's own log says.
pub(crate) struct Passed {
    pub(crate) events: Events,
    /// As decided again.
    pub(crate) statements: Statements,
    /// Accepted events that `earlier` does not have like that, in order; those beyond [`TRACED_MAX`] without places.
    pub(crate) novel: Vec<Novel>,
}

/// Decides a run's own log again.
pub(crate) fn pass(side: &Settled, other: &Book, earlier: Option<&Events>) -> Result<Passed, Failure> {
    let mut engine = side.lock.engine();
    let mut pass = Pass {
        side,
        hashes: Hashes::new(&side.lock.loaded, other),
        earlier,
        events: Events::new(),
        novel: BTreeMap::new(),
        clock: Instant::NONE,
        arrived: 0,
        traced: 0,
    };
    side.lock.replay(&mut engine, |engine, columns| {
        pass.batch(engine, columns);
        false
    })?;
    if side.as_of != Instant::NONE {
        engine.finish(side.as_of);
    }
    let mut novel: Vec<(u64, Novel)> = pass.novel.into_values().collect();
    novel.retain(|(_, novel)| pass.events.get(&novel.key).is_some_and(|seen| seen.accepted));
    novel.sort_by_key(|(arrived, _)| *arrived);
    let novel = novel.into_iter().map(|(_, novel)| novel).collect();
    Ok(Passed { events: pass.events, statements: of_engine(&engine), novel })
}

struct Pass<'a> {
    side: &'a Settled,
    hashes: Hashes<'a>,
    earlier: Option<&'a Events>,
    events: Events,
    novel: BTreeMap<u128, (u64, Novel)>,
    clock: Instant,
    arrived: u64,
    traced: usize,
}

impl Pass<'_> {
    fn batch(&mut self, engine: &mut Engine, columns: &mut Columns) {
        self.hashes.learn(columns);
        let rows: Vec<(u128, u64)> = (0..columns.len()).map(|row| self.hashes.row(columns, row)).collect();
        let mut row = 0;
        while row < columns.len() {
            let until = self.stretch(&rows, row);
            let decisions = engine.decide(columns, row..until);
            columns.new_words.clear();
            self.note(engine, columns, &rows, &decisions);
            row = decisions.rows.end;
        }
    }

    /// Until where rows are decided together: a novel one alone, as long as novel ones are traced.
    fn stretch(&mut self, rows: &[(u128, u64)], row: usize) -> usize {
        if self.traced >= TRACED_MAX {
            return rows.len();
        }
        let next = rows[row..].iter().position(|&(key, content)| self.is_novel(key, content));
        match next {
            Some(0) => {
                self.traced += 1;
                row + 1
            }
            Some(ahead) => row + ahead,
            None => rows.len(),
        }
    }

    fn is_novel(&self, key: u128, content: u64) -> bool {
        let Some(earlier) = self.earlier else { return false };
        !earlier.get(&key).is_some_and(|seen| seen.accepted && seen.content == content)
    }

    /// Notes what became of the rows of a decision, and of those that had waited.
    fn note(&mut self, engine: &Engine, columns: &Columns, rows: &[(u128, u64)], decisions: &Decisions) {
        for (row, outcome) in decisions.rows.clone().zip(&decisions.outcomes) {
            let (key, content) = rows[row];
            let accepted = *outcome == Outcome::Accepted;
            if *outcome == Outcome::NotYet || (!accepted && self.events.contains_key(&key)) {
                continue;
            }
            self.clock = self.clock.max(columns.received_at[row]);
            let received_at = self.clock;
            self.events.insert(key, Seen { content, received_at, accepted });
            self.arrive(engine, columns, row, (key, content), decisions);
        }
        for released in decisions.released.iter().filter(|released| released.outcome == Outcome::Accepted) {
            let (key, content) = self.hashes.row(&released.columns, 0);
            if let Some(seen) = self.events.get_mut(&key) {
                seen.accepted = true;
            }
            self.arrive(engine, &released.columns, 0, (key, content), decisions);
        }
    }

    /// Takes down an event that the other run does not have like this, with the lines that the decision moved.
    fn arrive(
        &mut self,
        engine: &Engine,
        columns: &Columns,
        row: usize,
        (key, content): (u128, u64),
        decisions: &Decisions,
    ) {
        if !self.is_novel(key, content) {
            return;
        }
        self.arrived += 1;
        let book = engine.book();
        let source = &book.sources[usize::from(columns.source[row].0)].id;
        let places = if decisions.rows.len() == 1 { places(engine, decisions) } else { BTreeSet::new() };
        let novel = Novel {
            key,
            source: source.to_string(),
            id: columns.id.text(row).to_owned(),
            file: self.side.file_name(columns.file.0).to_owned(),
            line: columns.line[row],
            places,
        };
        self.novel.insert(key, (self.arrived, novel));
    }
}

/// Contracts and periods whose tallies a decision moved.
fn places(engine: &Engine, decisions: &Decisions) -> BTreeSet<(String, Date)> {
    let contracts = &engine.book().contracts;
    let place = |tally: &engine::TallyDelta| {
        let number = usize::from(tally.contract);
        let state = &engine.state().contracts[number];
        let (period, ..) = state.whereabouts(tally.cell);
        (contracts[number].id.to_string(), state.periods[period as usize].period.first)
    };
    decisions.tallies.iter().map(place).collect()
}

/// One way to decide a log again.
pub(crate) struct Trial<'a> {
    pub(crate) log: &'a Settled,
    pub(crate) book: &'a Loaded,
    /// The book whose schema the hashes of contents leave out what it does not have of.
    pub(crate) other: &'a Book,
    pub(crate) as_of: Instant,
    /// Which events are in it, by key and content.
    pub(crate) takes: &'a dyn Fn(u128, u64) -> bool,
    pub(crate) commands: Vec<Command>,
}

impl Trial<'_> {
    /// What the statements are under these conditions.
    pub(crate) fn statements(self) -> Result<Statements, Failure> {
        let mut engine = Engine::new(Arc::new(self.book.book.clone()));
        take_files(&mut engine, self.log, self.book);
        engine.schedule(self.commands);
        engine.open_books();
        let mut hashes = Hashes::new(&self.log.lock.loaded, self.other);
        let mut carrier = Carrier::new(&self.log.lock.loaded.book, self.book);
        self.log.lock.replay(&mut engine, |engine, columns| {
            hashes.learn(columns);
            let carried = carrier.carry(columns, |row| {
                let (key, content) = hashes.row(columns, row);
                (self.takes)(key, content)
            });
            if let Some(mut carried) = carried {
                carried.assert_rectangular();
                let mut row = 0;
                while row < carried.len() {
                    let rows = row..carried.len();
                    row = engine.decide(&mut carried, rows).rows.end;
                    carried.new_words.clear();
                }
            }
            false
        })?;
        if self.as_of != Instant::NONE {
            engine.finish(self.as_of);
        }
        Ok(of_engine(&engine))
    }
}

/// Tells an engine of the files of a log, where their adapters are in its book.
fn take_files(engine: &mut Engine, log: &Settled, book: &Loaded) {
    let inputs = log.lock.description["inputs"].as_array().map_or(&[][..], Vec::as_slice);
    for (file, input) in (0..).map(FileId).zip(inputs) {
        let adapter = book.adapters.iter().find(|adapter| input["adapter"] == *adapter.name);
        let digest = input["digest"].as_str().and_then(digest_of);
        if let (Some(adapter), Some(slot), Some(digest)) = (adapter, input["slot"].as_str(), digest) {
            engine.take_file(file, adapter.id, slot, digest);
        }
    }
}

/// The commands of a folder in terms of a book. Identities of events are those of the folder's own log.
pub(crate) fn commands_of(side: &Settled, book: &Loaded) -> Result<Vec<Command>, Failure> {
    let mut book = book.clone();
    if let Some(key) = side.lock.loaded.adapters.first().map(|adapter| adapter.key) {
        book.adapters.iter_mut().for_each(|adapter| adapter.key = key);
    }
    commands::read(&side.lock.command_files, &book, side.files())
}

/// Hashes by which events of two logs are told to be the same, whatever the books number.
struct Hashes<'a> {
    loaded: &'a Loaded,
    /// By adapter: the fields that both books have.
    fields: Vec<Fields>,
    /// By word of the log.
    words: Vec<u64>,
    /// By source: whether kinds reuse ids.
    reused: Vec<bool>,
    bytes: Vec<u8>,
}

/// Slots of fields, each with a seed made of its name.
struct Fields {
    words: Vec<(usize, u64)>,
    numbers: Vec<(usize, u64, u8)>,
    times: Vec<(usize, u64)>,
    dates: Vec<(usize, u64)>,
}

impl<'a> Hashes<'a> {
    fn new(loaded: &'a Loaded, other: &Book) -> Self {
        let fields = loaded.book.adapters.iter().zip(&loaded.book.schemas).map(|(name, schema)| {
            let same = other.adapters.iter().position(|own| own == name);
            Fields::of(schema, same.map_or(schema, |position| &other.schemas[position]))
        });
        let words = loaded.book.dictionary.texts_from(0).iter().map(|text| hash_of(text)).collect();
        let mut reused = vec![false; loaded.book.sources.len()];
        for plan in loaded.adapters.iter().flat_map(|adapter| &adapter.sources) {
            reused[usize::from(plan.id.0)] = plan.kinds.iter().flatten().any(|kind| kind.id_reused);
        }
        Self { fields: fields.collect(), words, reused, bytes: Vec::new(), loaded }
    }

    /// Takes the new words of a batch.
    fn learn(&mut self, columns: &Columns) {
        self.words.extend(columns.new_words.iter().map(|text| hash_of(text)));
    }

    /// What makes a row the same event, and what it says.
    fn row(&mut self, columns: &Columns, row: usize) -> (u128, u64) {
        let (source, kind) = (columns.source[row], columns.kind[row]);
        let book = &self.loaded.book;
        let reused = self.reused[usize::from(source.0)];
        let kind = &book.kinds[usize::from(kind.0)];
        self.bytes.clear();
        self.bytes.extend_from_slice(book.sources[usize::from(source.0)].id.as_bytes());
        self.bytes.push(0);
        self.bytes.extend_from_slice(if reused { kind.as_bytes() } else { b"" });
        self.bytes.push(0);
        self.bytes.extend_from_slice(columns.id.text(row).as_bytes());
        let key = canon::identity_hash(0, &self.bytes);
        let asset = &book.assets[usize::from(columns.asset[row].0)].name;
        let mut content = hash_of(kind) ^ hash_of(asset).rotate_left(1);
        content ^= hash_of(columns.original_id.text(row)).rotate_left(2);
        let fields = &self.fields[usize::from(columns.adapter.0)];
        let mut add = |seed: u64, value: &[u8]| content = content.wrapping_add(canon::fingerprint(seed, value));
        for &(slot, seed) in &fields.words {
            let Word(word) = columns.words[slot][row];
            add(seed, &self.words.get(word as usize).copied().unwrap_or(0).to_le_bytes());
        }
        for &(slot, seed, scale) in &fields.numbers {
            let (mut value, mut scale) = (columns.numbers[slot][row], scale);
            while scale > 0 && value % 10 == 0 {
                (value, scale) = (value / 10, scale - 1);
            }
            add(seed ^ u64::from(scale), &value.to_le_bytes());
        }
        for &(slot, seed) in &fields.times {
            add(seed, &columns.times[slot][row].0.to_le_bytes());
        }
        for &(slot, seed) in &fields.dates {
            add(seed, &columns.dates[slot][row].0.to_le_bytes());
        }
        (key, content)
    }
}

impl Fields {
    fn of(schema: &Schema, other: &Schema) -> Self {
        let shared = |names: &[Box<str>], others: &[Box<str>]| {
            let fields = names.iter().enumerate().filter(|(_, name)| others.contains(name));
            fields.map(|(slot, name)| (slot, hash_of(name))).collect()
        };
        let is_shared = |name: &str| other.numbers.iter().any(|field| &*field.name == name);
        let numbers = schema.numbers.iter().enumerate().filter(|(_, field)| is_shared(&field.name));
        Self {
            words: shared(&schema.words, &other.words),
            numbers: numbers.map(|(slot, field)| (slot, hash_of(&field.name), field.scale)).collect(),
            times: shared(&schema.times, &other.times),
            dates: shared(&schema.dates, &other.dates),
        }
    }
}

fn hash_of(text: &str) -> u64 {
    canon::fingerprint(0, text.as_bytes())
}
