//! Decides event files without writing anything: for what asks what would be (`compare`) or what others say (`shadow`).
//!
//! Files are parsed and adapted once, whatever the number of engines. Workers take chunks in turn, adapt them side by side,
//! and have each batch decided by one engine after the other, in turn for each engine: while one engine decides a batch, the
//! next one decides the batch before. Memory is that of the engines, and one chunk with its batch a worker.

use crate::arguments::Run;
use crate::commands::{self, CommandFile};
use crate::failure::Failure;
use crate::inputs::{self, Input};
use crate::pipeline::{Feed, InTurn, Plan};
use crate::settle::{BYTES_PER_EVENT, progress_bar, worker_count};
use book::Loaded;
use calendar::Instant;
use documents::Csv;
use engine::{Command, Engine, Outcome};
use event::{Code, Columns, FileId, Word};
use intake::{Chunk, Reader};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};

/// Event files as a book reads them.
pub(crate) struct Case {
    pub(crate) loaded: Loaded,
    pub(crate) inputs: Vec<Input>,
    pub(crate) command_files: Vec<CommandFile>,
}

/// What is asked of a run in memory.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Manner {
    /// When to look at the books; none: at the last receipt.
    pub(crate) as_of: Option<Instant>,
    pub(crate) threads: Option<u16>,
    /// Whether to show progress where the error output is a terminal.
    pub(crate) progress: bool,
}

impl Manner {
    pub(crate) fn of(run: &Run, progress: bool) -> Result<Self, Failure> {
        Ok(Self { as_of: run.as_of()?, threads: run.threads, progress })
    }
}

impl Case {
    pub(crate) fn open(folder: &Path, events: &[String], received_at: Option<Instant>) -> Result<Self, Failure> {
        let refused = |faults| Failure::Book { folder: folder.to_owned(), faults };
        let loaded = book::load_folder(folder).map_err(refused)?;
        let (events, command_files) = commands::take(events)?;
        let commands = commands::read(&command_files, &loaded, events.len())?;
        let inputs = inputs::find(&events, &loaded.adapters, received_at, &commands::let_in(&commands))?;
        Ok(Self { loaded, inputs, command_files })
    }

    /// The commands, as a book has the names in them.
    pub(crate) fn commands(&self, loaded: &Loaded) -> Result<Vec<Command>, Failure> {
        commands::read(&self.command_files, loaded, self.inputs.len())
    }

    /// An engine for a book that was told everything but the events. Its adapters read the files as this case's do.
    pub(crate) fn engine(&self, loaded: &Loaded, manner: &Manner) -> Result<Engine, Failure> {
        let mut engine = Engine::new(Arc::new(loaded.book.clone()));
        if let Some(as_of) = manner.as_of {
            engine.look_as_of(as_of);
        }
        engine.expect(self.inputs.iter().map(|input| input.bytes).sum::<u64>() / BYTES_PER_EVENT);
        commands::tell(&mut engine, &inputs::told(&self.inputs, &loaded.adapters), self.commands(loaded)?);
        engine.open_books();
        Ok(engine)
    }

    /// Has all events decided by each of some engines.
    pub(crate) fn decide(&self, engines: Vec<Engine>, manner: &Manner) -> Result<Vec<Engine>, Failure> {
        self.decide_until(engines, &AtomicBool::new(false), false, manner)
    }

    /// Has all events decided by an engine; none where an event met a bound that it shares with others (see [`meets_bound`]).
    pub(crate) fn decide_within(&self, engine: Engine, manner: &Manner) -> Result<Option<Engine>, Failure> {
        let met = AtomicBool::new(false);
        let mut engines = self.decide_until(vec![engine], &met, true, manner)?;
        Ok(engines.pop().filter(|_| !met.into_inner()))
    }

    /// Has events decided by each of some engines, to the end or, where bounds count, until one is met.
    fn decide_until(
        &self,
        engines: Vec<Engine>,
        met: &AtomicBool,
        bounds_count: bool,
        manner: &Manner,
    ) -> Result<Vec<Engine>, Failure> {
        let progress = progress_bar(manner.progress, &self.inputs);
        let plan = Plan {
            book: &self.loaded.book,
            adapters: &self.loaded.adapters,
            inputs: &self.inputs,
            reconciliations: &[],
            commands: &self.command_files,
            csv: Csv::Plain,
            workers: manner.threads.unwrap_or_else(worker_count),
            progress: &progress,
        };
        let feed = Mutex::new(Feed::new(&plan));
        let engines: Vec<InTurn<Engine>> = engines.into_iter().map(InTurn::new).collect();
        let failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for worker in 0..plan.workers {
                let (plan, feed, engines, failure) = (&plan, &feed, &engines, &failure);
                scope.spawn(move || {
                    let _stop = StopOnPanic { engines };
                    match work(plan, worker, feed, engines, bounds_count) {
                        Ok(Ended::AtEnd) => return,
                        Ok(Ended::AtBound) => met.store(true, Ordering::Relaxed),
                        Err(failed) => {
                            failure.lock().expect("a failure is told in one step").get_or_insert(failed);
                        }
                    }
                    engines.iter().for_each(InTurn::stop);
                });
            }
        });
        progress.finish_and_clear();
        match failure.into_inner().expect("a failure is told in one step") {
            Some(failed) => Err(failed),
            None => Ok(engines.into_iter().map(InTurn::into_value).collect()),
        }
    }

    /// Makes all cuts and the last tick, at the moment of the look; gives that moment.
    pub(crate) fn finish(&self, engine: &mut Engine, manner: &Manner) -> Result<Option<Instant>, Failure> {
        let commanded_at = self.commands(&self.loaded)?.iter().map(|command| command.received_at).max();
        let as_of = manner.as_of.or(engine.state().stamp.present().max(commanded_at));
        if let Some(as_of) = as_of {
            engine.finish(as_of);
        }
        Ok(as_of)
    }

    /// Name of an event file.
    pub(crate) fn file_name(&self, file: FileId) -> &str {
        self.inputs.get(file.0 as usize).map_or("?", |input| &input.facts.name)
    }
}

/// Lets the other workers go when one stops on an assertion; the scope then passes the panic on.
struct StopOnPanic<'a> {
    engines: &'a [InTurn<Engine>],
}

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.engines.iter().for_each(InTurn::stop);
        }
    }
}

/// Why a worker took no more chunks.
enum Ended {
    AtEnd,
    AtBound,
}

fn work(
    plan: &Plan<'_>,
    worker: u16,
    feed: &Mutex<Feed<'_>>,
    engines: &[InTurn<Engine>],
    bounds_count: bool,
) -> Result<Ended, Failure> {
    let adapters = u16::try_from(plan.adapters.len()).expect("a book has at most 65,535 adapters");
    let lane = |adapter: usize| worker * adapters + u16::try_from(adapter).expect("a book has at most 65,535 adapters");
    let mut readers: Vec<Reader> =
        plan.adapters.iter().enumerate().map(|(number, adapter)| Reader::new(adapter, lane(number))).collect();
    let mut batches: Vec<Columns> =
        plan.adapters.iter().map(|adapter| Columns::new(adapter.id, &adapter.schema)).collect();
    let (mut chunk, mut unwritten) = (Chunk::default(), Unwritten::default());
    loop {
        let next = feed.lock().expect("no worker stopped while it read").next(&mut chunk)?;
        let Some((ticket, position)) = next else { return Ok(Ended::AtEnd) };
        let input = &plan.inputs[position];
        let columns = &mut batches[input.adapter];
        readers[input.adapter].adapt(&chunk, &input.facts, columns);
        columns.assert_rectangular();
        if engines.len() > 1 {
            unwritten.keep(columns);
        }
        for (number, engine) in engines.iter().enumerate() {
            if number > 0 {
                unwritten.put_back(columns);
            }
            match engine.at(ticket, |engine| decide_batch(engine, columns)) {
                None => return Ok(Ended::AtEnd),
                Some(true) if bounds_count => return Ok(Ended::AtBound),
                Some(_) => {}
            }
        }
    }
}

/// The part of a batch into which an engine writes, as it was read: words become the engine's own numbers, and what events
/// take from their originals is filled in.
#[derive(Default)]
struct Unwritten {
    lane: u16,
    words: Vec<Vec<Word>>,
    new_words: Vec<Box<str>>,
    numbers: Vec<Vec<i64>>,
}

impl Unwritten {
    fn keep(&mut self, columns: &Columns) {
        self.lane = columns.lane;
        self.words.clone_from(&columns.words);
        self.new_words.clone_from(&columns.new_words);
        self.numbers.clone_from(&columns.numbers);
    }

    fn put_back(&self, columns: &mut Columns) {
        columns.lane = self.lane;
        columns.words.clone_from(&self.words);
        columns.new_words.clone_from(&self.new_words);
        columns.numbers.clone_from(&self.numbers);
    }
}

/// Decides a whole batch, over all cuts that fall due; says whether an event met a bound.
fn decide_batch(engine: &mut Engine, columns: &mut Columns) -> bool {
    let (mut row, mut met) = (0, false);
    loop {
        let decisions = engine.decide(columns, row..columns.len());
        row = decisions.rows.end;
        let released = decisions.released.iter().map(|released| released.outcome);
        met |= decisions.outcomes.iter().copied().chain(released).any(meets_bound);
        columns.new_words.clear();
        engine.recycle(decisions);
        if row >= columns.len() {
            return met;
        }
    }
}

/// Whether an event was refused for what other events or other contracts have used up: sums and words. An engine without
/// those others might have accepted it.
const fn meets_bound(outcome: Outcome) -> bool {
    matches!(outcome, Outcome::Refused(Code::AmountTooLarge | Code::WordsFull))
}
