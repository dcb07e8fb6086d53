//! Files to decided batches to output, by equal workers.
//!
//! Each worker takes the next chunk of the input (in turn), turns it into a batch (side by side), has it decided (in
//! turn), renders what it did (side by side), and hands the bytes to the files (in turn). Tickets keep the order, so the
//! result does not depend on the number of workers. At most one chunk a worker is under way: memory is bounded by
//! workers × (a chunk, its batch and its output), a few megabytes each.

use crate::commands::CommandFile;
use crate::failure::Failure;
use crate::inputs::{Input, read_failure};
use crate::lock::write_frame;
use crate::reconciled::{Gathered, keeps};
use book::reconcile::Reconciliation;
use documents::{Csv, EntriesCsv, ExceptionRow, HledgerJournal, Names, exception_row};
use engine::{Book, Decisions, Engine, Exception, Watch};
use event::{AdapterId, Columns, FileId};
use indicatif::ProgressBar;
use intake::adapter::Adapter;
use intake::{Chunk, Reader, Splitter};
use ledger::{Chart, Origin};
use std::fs::File;
use std::io::Write;
use std::path::PathBuf;
use std::sync::{Arc, Condvar, Mutex};

/// Above so many events `journal.hledger` is written only where it is asked for.
pub(crate) const HLEDGER_EVENTS_MAX: i64 = 100_000;

/// What a run reads and how its output is to look.
pub(crate) struct Plan<'a> {
    pub(crate) book: &'a Book,
    pub(crate) adapters: &'a [Adapter],
    pub(crate) inputs: &'a [Input],
    /// What outside records are kept for.
    pub(crate) reconciliations: &'a [Reconciliation],
    /// Files of commands; their numbers follow those of the inputs.
    pub(crate) commands: &'a [CommandFile],
    pub(crate) csv: Csv,
    pub(crate) workers: u16,
    pub(crate) progress: &'a ProgressBar,
}

impl Plan<'_> {
    /// The name of an input or file of commands.
    pub(crate) fn file_name(&self, file: FileId) -> &str {
        let position = file.0 as usize;
        self.inputs
            .get(position)
            .map_or_else(|| self.commands[position - self.inputs.len()].name.as_str(), |input| &input.facts.name)
    }
}

/// The open output files of a run.
pub(crate) struct Outputs {
    pub(crate) entries: OutputFile,
    pub(crate) exceptions: OutputFile,
    pub(crate) log: OutputFile,
    /// None once the run is longer than anybody reads.
    pub(crate) hledger: Option<OutputFile>,
    /// Whether it is written however long the run is.
    pub(crate) hledger_always: bool,
    /// What is held against each other when all is written.
    pub(crate) gathered: Gathered,
}

/// A file with its name for messages.
pub(crate) struct OutputFile {
    pub(crate) file: File,
    pub(crate) path: PathBuf,
}

impl OutputFile {
    /// Creates a file.
    pub(crate) fn create(path: PathBuf) -> Result<Self, Failure> {
        let file = File::create(&path).map_err(Failure::world("creating", &path))?;
        Ok(Self { file, path })
    }

    /// Appends bytes.
    pub(crate) fn write(&mut self, bytes: &[u8]) -> Result<(), Failure> {
        self.file.write_all(bytes).map_err(Failure::world("writing", &self.path))
    }
}

/// Something that workers use one after the other, in the order of their tickets.
pub(crate) struct InTurn<T> {
    inside: Mutex<Turn<T>>,
    moved: Condvar,
}

struct Turn<T> {
    next: u64,
    stopped: bool,
    value: T,
}

impl<T> InTurn<T> {
    pub(crate) fn new(value: T) -> Self {
        Self { inside: Mutex::new(Turn { next: 0, stopped: false, value }), moved: Condvar::new() }
    }

    /// Waits for the ticket's turn and uses the value; none where the run was stopped meanwhile.
    pub(crate) fn at<R>(&self, ticket: u64, work: impl FnOnce(&mut T) -> R) -> Option<R> {
        let mut turn = self.inside.lock().ok()?;
        while turn.next != ticket && !turn.stopped {
            turn = self.moved.wait(turn).ok()?;
        }
        if turn.stopped {
            return None;
        }
        let result = work(&mut turn.value);
        turn.next += 1;
        self.moved.notify_all();
        Some(result)
    }

    pub(crate) fn stop(&self) {
        if let Ok(mut turn) = self.inside.lock() {
            turn.stopped = true;
        }
        self.moved.notify_all();
    }

    /// The value, when all workers are done.
    pub(crate) fn into_value(self) -> T {
        self.inside.into_inner().expect("no worker stopped on a bug").value
    }
}

/// Where chunks come from.
pub(crate) struct Feed<'a> {
    plan: &'a Plan<'a>,
    next_input: usize,
    open: Option<(usize, Splitter<File>)>,
    ticket: u64,
}

impl<'a> Feed<'a> {
    pub(crate) const fn new(plan: &'a Plan<'a>) -> Self {
        Self { plan, next_input: 0, open: None, ticket: 0 }
    }

    /// Fills the next chunk; its ticket and file, or none at the end of the last file.
    pub(crate) fn next(&mut self, chunk: &mut Chunk) -> Result<Option<(u64, usize)>, Failure> {
        loop {
            if let Some((position, splitter)) = &mut self.open {
                let input = &self.plan.inputs[*position];
                if splitter.next_chunk(chunk).map_err(|fault| read_failure(fault, &input.path))? {
                    self.plan.progress.inc(chunk.bytes.len() as u64);
                    let ticket = self.ticket;
                    self.ticket += 1;
                    return Ok(Some((ticket, *position)));
                }
                self.open = None;
            }
            let Some(input) = self.plan.inputs.get(self.next_input) else { return Ok(None) };
            let file = File::open(&input.path).map_err(Failure::world("reading", &input.path))?;
            self.open = Some((self.next_input, Splitter::new(file, &self.plan.adapters[input.adapter])));
            self.next_input += 1;
        }
    }
}

/// The engine and what goes with it from batch to batch.
struct Deciding {
    engine: Engine,
    watch: Watch,
    /// A copy of the chart for rendering outside the turn, renewed when accounts are opened.
    chart: Arc<Chart>,
}

/// What was decided of one chunk.
pub(crate) struct Decided {
    /// Number of the first entry of each part, and the part.
    pub(crate) parts: Vec<(u64, Decisions)>,
    pub(crate) chart: Arc<Chart>,
    events: i64,
}

impl Deciding {
    /// Decides a batch; `spent` is what the worker's last batch came to, whose memory serves this one.
    fn decide(&mut self, columns: &mut Columns, mut spent: Vec<(u64, Decisions)>) -> Decided {
        spent.drain(..).for_each(|(_, decisions)| self.engine.recycle(decisions));
        let mut parts = spent;
        let mut row = 0;
        let mut new_words = Vec::new();
        loop {
            let first_entry = self.engine.state().entries + 1;
            let decisions = self.engine.decide(columns, row..columns.len());
            row = decisions.rows.end;
            self.watch.observe(self.engine.book(), columns, &decisions);
            if parts.is_empty() {
                new_words.clone_from(&columns.new_words);
            }
            columns.new_words.clear();
            parts.push((first_entry, decisions));
            if row >= columns.len() {
                break;
            }
        }
        columns.new_words = new_words;
        if self.engine.state().chart.len() != self.chart.len() {
            self.chart = Arc::new(self.engine.state().chart.clone());
        }
        Decided { parts, chart: Arc::clone(&self.chart), events: self.engine.state().counts.events() }
    }
}

/// Reads all inputs and writes what deciding them did; gives the engine back.
pub(crate) fn run(plan: &Plan<'_>, engine: Engine, outputs: Outputs) -> Result<(Engine, Watch, Outputs), Failure> {
    let chart = Arc::new(engine.state().chart.clone());
    let feed = Mutex::new(Feed::new(plan));
    let deciding = InTurn::new(Deciding { watch: Watch::new(plan.book), engine, chart });
    let writing = InTurn::new(outputs);
    let failure = Mutex::new(None);
    std::thread::scope(|scope| {
        for worker in 0..plan.workers {
            let (feed, deciding, writing, failure) = (&feed, &deciding, &writing, &failure);
            scope.spawn(move || {
                let _stop = StopOnPanic { deciding, writing };
                if let Err(failed) = work(plan, worker, feed, deciding, writing) {
                    failure.lock().expect("a failure is told in one step").get_or_insert(failed);
                    deciding.stop();
                    writing.stop();
                }
            });
        }
    });
    if let Some(failed) = failure.into_inner().expect("a failure is told in one step") {
        return Err(failed);
    }
    let Deciding { engine, watch, .. } = deciding.into_value();
    Ok((engine, watch, writing.into_value()))
}

/// Lets the other workers go when one stops on an assertion; the scope then passes the panic on.
struct StopOnPanic<'a> {
    deciding: &'a InTurn<Deciding>,
    writing: &'a InTurn<Outputs>,
}

impl Drop for StopOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.deciding.stop();
            self.writing.stop();
        }
    }
}

fn work(
    plan: &Plan<'_>,
    worker: u16,
    feed: &Mutex<Feed<'_>>,
    deciding: &InTurn<Deciding>,
    writing: &InTurn<Outputs>,
) -> Result<(), Failure> {
    let adapters = u16::try_from(plan.adapters.len()).expect("a book has at most 65,535 adapters");
    let lane = |adapter: usize| worker * adapters + u16::try_from(adapter).expect("a book has at most 65,535 adapters");
    let reader = |(number, adapter): (usize, &Adapter)| {
        let reader = Reader::new(adapter, lane(number));
        if keeps(plan.reconciliations, adapter.id) { reader.keeping(adapter) } else { reader }
    };
    let mut readers: Vec<Reader> = plan.adapters.iter().enumerate().map(reader).collect();
    let mut batches: Vec<Columns> =
        plan.adapters.iter().map(|adapter| Columns::new(adapter.id, &adapter.schema)).collect();
    let mut chunk = Chunk::default();
    let mut rendering = Rendering::new(plan);
    let mut spent = Vec::new();
    loop {
        let next = feed.lock().expect("no worker stopped while it read").next(&mut chunk)?;
        let Some((ticket, position)) = next else { return Ok(()) };
        let input = &plan.inputs[position];
        let columns = &mut batches[input.adapter];
        readers[input.adapter].adapt(&chunk, &input.facts, columns);
        columns.assert_rectangular();
        let spent_parts = std::mem::take(&mut spent);
        let decided = deciding.at(ticket, |deciding| deciding.decide(columns, spent_parts));
        let Some(decided) = decided else { return Ok(()) };
        rendering.render(columns, &decided);
        let kept = readers[input.adapter].kept();
        let written = writing.at(ticket, |outputs| {
            outputs.gathered.take_outside(columns.adapter, columns.file, kept);
            rendering.write(outputs, columns, &decided)
        });
        match written {
            Some(written) => written?,
            None => return Ok(()),
        }
        spent = decided.parts;
    }
}

/// The bytes that one batch adds to the files.
pub(crate) struct Rendering<'a> {
    plan: &'a Plan<'a>,
    entries_csv: EntriesCsv<'a>,
    entries: Vec<u8>,
    exceptions: Vec<u8>,
    log: Vec<u8>,
}

/// Entries do not print words.
fn no_words<'a>(_: event::Word) -> &'a str {
    ""
}

impl<'a> Rendering<'a> {
    pub(crate) fn new(plan: &'a Plan<'a>) -> Self {
        let names = Names { book: plan.book, word: &no_words };
        Self {
            plan,
            entries_csv: EntriesCsv::new(names, plan.csv),
            entries: Vec::new(),
            exceptions: Vec::new(),
            log: Vec::new(),
        }
    }

    fn render(&mut self, columns: &Columns, decided: &Decided) {
        self.log.clear();
        write_frame(&mut self.log, columns);
        self.render_decisions(columns, decided);
    }

    fn render_decisions(&mut self, columns: &Columns, decided: &Decided) {
        self.entries.clear();
        self.exceptions.clear();
        for (first_entry, decisions) in &decided.parts {
            let event_of = |origin| event_of(self.plan.book, columns, decisions, origin);
            self.entries_csv.write(&mut self.entries, &decided.chart, *first_entry, &decisions.entries, event_of);
            for exception in &decisions.exceptions {
                push_exception(&mut self.exceptions, self.plan, exception);
            }
        }
    }

    fn write(&self, outputs: &mut Outputs, columns: &Columns, decided: &Decided) -> Result<(), Failure> {
        outputs.entries.write(&self.entries)?;
        outputs.exceptions.write(&self.exceptions)?;
        outputs.log.write(&self.log)?;
        let parts = decided.parts.iter().map(|(first_entry, decisions)| (*first_entry, decisions));
        outputs.gathered.take_decided(columns, &decided.chart, parts);
        if decided.events > HLEDGER_EVENTS_MAX && !outputs.hledger_always {
            outputs.hledger = None;
        }
        if let Some(hledger) = &mut outputs.hledger {
            // Every worker would declare the same accounts again, so each batch declares what it posts to: hledger
            // accepts a declaration twice.
            let mut journal = HledgerJournal::new(Names { book: self.plan.book, word: &no_words });
            let mut text = Vec::new();
            for (first_entry, decisions) in &decided.parts {
                let event_of = |origin| event_of(self.plan.book, columns, decisions, origin);
                journal.write(&mut text, &decided.chart, *first_entry, &decisions.entries, event_of);
            }
            hledger.write(&text)?;
        }
        Ok(())
    }

    /// Renders and writes decisions that belong to no batch.
    pub(crate) fn write_last(
        &mut self,
        outputs: &mut Outputs,
        engine: &Engine,
        first_entry: u64,
        decisions: Decisions,
    ) -> Result<(), Failure> {
        let none = Columns::new(AdapterId(0), &event::Schema::default());
        let events = engine.state().counts.events();
        let chart = Arc::new(engine.state().chart.clone());
        let decided = Decided { parts: vec![(first_entry, decisions)], chart, events };
        self.log.clear();
        self.render_decisions(&none, &decided);
        self.write(outputs, &none, &decided)
    }
}

/// Appends the row of an exception.
pub(crate) fn push_exception(out: &mut Vec<u8>, plan: &Plan<'_>, exception: &Exception) {
    let row = ExceptionRow {
        file: plan.file_name(exception.file),
        line: exception.line,
        source: exception.source.map_or("", |source| &plan.book.sources[source.0 as usize].id),
        event: &exception.id,
        code: exception.code,
        outside: exception.outside,
        column: &exception.column,
        value: &exception.value,
        detail: &exception.detail,
    };
    exception_row(out, &row, plan.csv);
}

/// Source and id of the event that an entry belongs to.
fn event_of<'e>(book: &'e Book, columns: &'e Columns, decisions: &'e Decisions, origin: Origin) -> (&'e str, &'e str) {
    let (columns, row) = match origin {
        Origin::Event { row } => (columns, row as usize),
        Origin::Released { position } => (&decisions.released[position as usize].columns, 0),
        Origin::Withdrawn { position } => {
            let gone = &decisions.withdrawn[position as usize];
            return (&book.sources[gone.source.0 as usize].id, &gone.id);
        }
        Origin::Accrual | Origin::Restatement | Origin::Issue | Origin::Opening => return ("", ""),
    };
    (&book.sources[columns.source[row].0 as usize].id, columns.id.text(row))
}
