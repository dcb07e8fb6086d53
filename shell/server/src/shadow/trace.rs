//! The second look at the events: what each added to the periods that differ, and what those would have added that do not
//! count here.
//!
//! Events are decided one by one. One that does not count is decided once more by an engine that waits for nothing, knows no
//! limits and takes every event for a new one, so that it says what the event would have moved. Only events of the periods
//! asked for are kept, at most [`EVENTS_KEPT_MAX`] of each.

use crate::failure::Failure;
use crate::inputs::read_failure;
use crate::memory::{Case, Manner};
use crate::sandbox::{Deltas, Spot, deltas_of, merge};
use engine::{Book, Decisions, Engine, Outcome};
use event::{Columns, Identity, Original};
use intake::{Chunk, Reader, Splitter};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::sync::Arc;

/// The most events of one period that are tried one by one.
pub(crate) const EVENTS_KEPT_MAX: usize = 20_000;

/// Events of one spot.
#[derive(Default)]
pub(crate) struct Traced {
    /// Events that count, by id with source.
    pub(crate) counted: Vec<(String, Deltas)>,
    /// Events that do not count, by id with source and code.
    pub(crate) refused: Vec<(String, Deltas)>,
    /// Events that count, by what they have in common: `file`, `kind`, `source`, `day`, `dimension` or `late`, and which.
    pub(crate) groups: BTreeMap<(&'static str, String), Deltas>,
    /// Events that do not count, by their code.
    pub(crate) refused_groups: BTreeMap<String, Deltas>,
}

/// Traces the events of some spots.
pub(crate) fn trace(case: &Case, spots: &BTreeSet<Spot>, manner: &Manner) -> Result<BTreeMap<Spot, Traced>, Failure> {
    let mut lenient = Engine::new(Arc::new(lenient_book(&case.loaded.book)));
    lenient.open_books();
    let mut trace =
        Trace { case, spots, engine: case.engine(&case.loaded, manner)?, lenient, refused: 0, found: BTreeMap::new() };
    for input in &case.inputs {
        let adapter = &case.loaded.adapters[input.adapter];
        let file = File::open(&input.path).map_err(Failure::world("reading", &input.path))?;
        let mut splitter = Splitter::new(file, adapter);
        let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
        let lane = u16::try_from(input.facts.id.0).unwrap_or(0);
        let mut reader = Reader::new(adapter, lane);
        while splitter.next_chunk(&mut chunk).map_err(|fault| read_failure(fault, &input.path))? {
            reader.adapt(&chunk, &input.facts, &mut columns);
            trace.batch(&mut columns);
        }
    }
    Ok(trace.found)
}

struct Trace<'a> {
    case: &'a Case,
    spots: &'a BTreeSet<Spot>,
    engine: Engine,
    lenient: Engine,
    refused: u128,
    found: BTreeMap<Spot, Traced>,
}

impl Trace<'_> {
    fn batch(&mut self, columns: &mut Columns) {
        let mut row = 0;
        while row < columns.len() {
            let decisions = self.engine.decide(columns, row..row + 1);
            columns.new_words.clear();
            let decided = decisions.rows.end > row;
            let outcome = decisions.outcomes.first().copied();
            if outcome == Some(Outcome::Accepted) {
                self.take(columns, row, &decisions);
            } else if let Some(Outcome::Refused(_) | Outcome::Waits) = outcome {
                self.take_refused(columns, row, outcome);
            }
            self.engine.recycle(decisions);
            row += usize::from(decided);
        }
    }

    /// Keeps what an event that counts added, with those that had waited for it.
    fn take(&mut self, columns: &Columns, row: usize, decisions: &Decisions) {
        let book = self.engine.book();
        let source = book.sources[usize::from(columns.source[row].0)].id.to_string();
        let id = format!("{source}:{}", columns.id.text(row));
        let kind = book.kinds[usize::from(columns.kind[row].0)].to_string();
        let file = self.case.file_name(columns.file).to_owned();
        for (spot, deltas) in deltas_of(&self.engine, decisions) {
            if !self.spots.contains(&spot) {
                continue;
            }
            let state = &self.engine.state().contracts[usize::from(spot.0)];
            let late = state.period_number(spot.1).is_some_and(|period| state.periods[period as usize].frozen);
            let traced = self.found.entry(spot).or_default();
            let definition = &self.case.loaded.book.contracts[usize::from(spot.0)];
            let mut groups = vec![("file", file.clone()), ("kind", kind.clone()), ("source", source.clone())];
            groups.extend(late.then(|| ("late", String::new())));
            for cell in deltas.keys() {
                groups.push(("day", cell.days.0.to_string()));
                let words = definition.dimensions.iter().zip(&cell.dimensions);
                groups.extend(words.map(|(dimension, word)| ("dimension", format!("{}={word}", dimension.name))));
            }
            groups.sort();
            groups.dedup();
            for group in groups {
                merge(traced.groups.entry(group).or_default(), &deltas);
            }
            if traced.counted.len() < EVENTS_KEPT_MAX {
                traced.counted.push((id.clone(), deltas));
            }
        }
    }

    /// Keeps what an event that does not count would have added.
    fn take_refused(&mut self, columns: &Columns, row: usize, outcome: Option<Outcome>) {
        let code = match outcome {
            Some(Outcome::Refused(code)) => code.name(),
            _ => event::Code::OriginalUnknown.name(),
        };
        let mut alone = columns.row(row);
        // Words are the book's numbers already, and the other engine has to know them under these numbers.
        let known = self.lenient.state().dictionary.len();
        alone.new_words = self.engine.state().dictionary.texts_from(known).to_vec();
        self.refused += 1;
        alone.identity[0] = Identity(self.refused);
        let decisions = self.lenient.decide(&mut alone, 0..1);
        let decisions = if decisions.rows.is_empty() { self.lenient.decide(&mut alone, 0..1) } else { decisions };
        let source = &self.engine.book().sources[usize::from(columns.source[row].0)].id;
        let id = format!("{source}:{} ({code})", columns.id.text(row));
        for (spot, deltas) in deltas_of(&self.lenient, &decisions) {
            if self.spots.contains(&spot) {
                let traced = self.found.entry(spot).or_default();
                merge(traced.refused_groups.entry(code.to_owned()).or_default(), &deltas);
                if traced.refused.len() < EVENTS_KEPT_MAX {
                    traced.refused.push((id.clone(), deltas));
                }
            }
        }
    }
}

/// The book without the rules that hold events back: no originals, no limits.
fn lenient_book(book: &Book) -> Book {
    let mut book = book.clone();
    for source in &mut book.sources {
        (source.amount_max, source.revision) = (None, None);
        for kind in source.kinds.iter_mut().flatten() {
            kind.original = Original::Never;
        }
    }
    for contract in &mut book.contracts {
        contract.look_back_months = u16::MAX;
    }
    book
}
