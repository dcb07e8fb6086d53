//! One book's node: what it takes, what it says in answer, and the order of both.
//!
//! A turn goes through five steps. It is *decided* (in order of tickets), its frame's body is *encoded* (by anyone, at any
//! time), the frame is *chained* (in order again), *written and synced* (in order, several at a time), and only then
//! *acknowledged*. Between deciding and syncing any number of turns may be under way, up to [`Limits::turns_max`]; what they
//! changed is seen by later turns and by nobody else. Identities are kept in generations: a full one is handed out to be
//! sealed as a run as soon as its last frame is durable, and forgotten when the run is there. A snapshot is a cheap view
//! taken between two turns and handed out when its last frame is durable, so neither ever waits for the other.

use crate::clock::{ClockRefusal, ClockRules};
use crate::open::gather;
use book::Loaded;
use calendar::Instant;
use engine::{AmendmentRefusal, Command, Decisions, Engine, Facts};
use event::{Columns, FileId};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;
use store::frame::{About, Body, Chain, FrameBytes, Position};
use store::runs::{FRAMES_MAX, Gathered, LogMark};
use store::snapshots::{Snapshot, SnapshotHead};
use store::turn::{AcceptedClock, Beside, Cause, Defined, Definition, DefinitionFile, Part, TakenFile, Turn};

/// Names one turn, from 0; whoever drives the node gives them out without gaps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Ticket(pub u64);

/// What a node is bounded by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most turns that are decided and not yet durable.
    pub turns_max: usize,
    /// A generation of identities is full at so many.
    pub run_identities: usize,
    /// A snapshot is taken after so many events.
    pub snapshot_events: u64,
}

impl Limits {
    /// For books of any size: about 58 MB of identities a generation, a snapshot for about 600 MB of log.
    pub const USUAL: Self = Self { turns_max: 64, run_identities: 1_800_000, snapshot_events: 2_000_000 };
}

impl Default for Limits {
    fn default() -> Self {
        Self::USUAL
    }
}

/// What a node takes.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "the largest is what nearly all are, and it is moved once")]
pub enum Input {
    /// Events of one file or source, and the commands that were received among them.
    Batch(Batch),
    /// Something that is no event.
    Told {
        /// Its turn.
        ticket: Ticket,
        /// What.
        told: Told,
        /// What runs say about the identities that it may ask for.
        facts: Facts,
    },
    /// The body of a decided turn's frame.
    Encoded {
        /// Whose.
        ticket: Ticket,
        /// The body.
        body: Body,
    },
    /// All frames up to this one are on disk.
    Durable {
        /// The last of them.
        sequence: u64,
    },
    /// Writing or syncing failed: what is on disk behind the last durable frame is not known.
    Failed {
        /// What was attempted and what the system said.
        why: String,
    },
    /// A run is on disk and was read back.
    Sealed {
        /// It holds the identities of all frames before this one that no earlier run holds.
        until: u64,
    },
}

/// Events to decide.
#[derive(Debug)]
pub struct Batch {
    /// Its turn.
    pub ticket: Ticket,
    /// The events.
    pub columns: Columns,
    /// What runs say about the identities that it may ask for.
    pub facts: Facts,
    /// Commands received before its last event, in order of receipt.
    pub commands: Vec<Command>,
    /// Whether its events are held as they are, because deciding them has stopped the node before.
    pub hold: bool,
    /// Parts of a turn that nobody needs any more; their memory serves this one.
    pub spent: Vec<Part>,
}

/// What a node is told besides events.
#[derive(Clone, Debug)]
pub enum Told {
    /// A person's command.
    Command(Command),
    /// A file begins.
    File(TakenFile),
    /// A person lets a file that was taken into a slot that another has.
    Amend(TakenFile),
    /// The book is this from now on: loaded onto what it was, as of the moment that is given.
    Define(Box<Loaded>, Instant),
    /// All rows of the files taken so far have come.
    FilesEnd,
    /// Cuts up to an instant are made, and all that moved is posted.
    Look(Instant),
    /// A person accepts that the clock stands there.
    Clock(AcceptedClock),
}

/// What a node answers.
#[derive(Debug)]
#[expect(clippy::large_enum_variant, reason = "the largest is what nearly all are, and it is moved once")]
pub enum Output {
    /// A turn was decided: make its frame's body and hand it in.
    Encode {
        /// Whose.
        ticket: Ticket,
        /// What was decided.
        turn: Turn,
    },
    /// Write this frame behind the last one, and say when it is durable.
    Append(FrameBytes),
    /// A turn is durable: what it did may be told.
    Acknowledge {
        /// Whose.
        ticket: Ticket,
        /// The sequence of its frame.
        sequence: u64,
    },
    /// A turn changes nothing, for this reason.
    Refuse {
        /// Whose.
        ticket: Ticket,
        /// Why.
        refusal: Refusal,
    },
    /// Write these identities as a run, and say when it is sealed.
    Seal(Generation),
    /// Write this snapshot.
    Keep(Box<Snapshot>),
}

/// Why a turn changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// See [`ClockRefusal`].
    #[error(transparent)]
    Clock(#[from] ClockRefusal),
    /// An earlier write or sync failed; only a new process may open the book again.
    #[error("the book has stopped: {why}; start the node again")]
    Stopped {
        /// What failed.
        why: String,
    },
    /// A definition for which there is no room beside those that the book has had.
    #[error(
        "this definition has {bytes} bytes and those before it have {before}, and a book keeps at most {DEFINITION_BYTES_MAX} of one and \
         {DEFINITIONS_BYTES_MAX} of all; make its files smaller, or begin another book that takes this one over (opening.toml)"
    )]
    Definitions {
        /// Bytes of its files.
        bytes: u64,
        /// Bytes of the files of all definitions before it.
        before: u64,
    },
    /// A file that a person lets into a taken slot, and that cannot be let in.
    #[error("the file cannot be let in: {0:?}")]
    Amendment(AmendmentRefusal),
}

/// Identities to seal.
#[derive(Clone, Debug)]
pub struct Generation {
    /// Sequence of the first frame.
    pub from: u64,
    /// Sequence behind the last frame.
    pub until: u64,
    /// What the log says after its last frame; known once that is chained.
    pub after: LogMark,
    /// What they claim and name, in order.
    pub gathered: Gathered,
}

/// One book's node.
#[derive(Debug)]
pub struct Node {
    engine: Engine,
    loaded: Arc<Loaded>,
    pub(crate) definitions: Vec<Defined>,
    pub(crate) files: Vec<Box<str>>,
    /// Whether files were taken since this start that may have rows to come.
    takes_files: bool,
    chain: Chain,
    limits: Limits,
    pub(crate) clock: ClockRules,
    events: u64,
    identities: u64,
    /// Decided, not yet chained.
    unchained: VecDeque<Pending>,
    /// Chained, not yet durable.
    undurable: VecDeque<(Ticket, u64)>,
    next_ticket: Ticket,
    decided: u64,
    durable: u64,
    pub(crate) young: Gathered,
    pub(crate) young_from: u64,
    /// Words that lanes told with batches that were refused: a lane tells each word once, so its next batch needs them.
    untold: BTreeMap<u16, Vec<Box<str>>>,
    /// Full generations whose frames are not all durable.
    full: VecDeque<Generation>,
    /// Positions behind generations that are being sealed.
    sealing: VecDeque<u64>,
    pub(crate) recent_from: u64,
    /// Events and the last frame of the last view that was taken.
    pub(crate) kept_at: (u64, u64),
    keeping: VecDeque<Snapshot>,
    stopped: Option<String>,
}

/// A decided turn whose frame is not chained yet.
#[derive(Debug)]
struct Pending {
    ticket: Ticket,
    about: About,
}

impl Node {
    /// Takes something and answers.
    ///
    /// # Panics
    /// Where the driver breaks the order of turns, and where deciding finds a bug: then the node is to be dropped.
    pub fn step(&mut self, input: Input, out: &mut Vec<Output>) {
        match input {
            Input::Batch(batch) => self.decide(batch, out),
            Input::Told { ticket, told, facts } => self.take(ticket, told, facts, out),
            Input::Encoded { ticket, body } => self.chain(ticket, body, out),
            Input::Durable { sequence } => self.acknowledge(sequence, out),
            Input::Failed { why } => self.stop(why, out),
            Input::Sealed { until } => self.forget(until),
        }
    }

    fn decide(&mut self, batch: Batch, out: &mut Vec<Output>) {
        let Batch { ticket, mut columns, facts, commands, hold, spent } = batch;
        self.begin_turn(ticket);
        spent.into_iter().for_each(|part| self.engine.recycle(part.decisions));
        if let Err(refusal) = self.may_decide(latest_receipt(&columns)) {
            self.untold.entry(columns.lane).or_default().append(&mut columns.new_words);
            return out.push(Output::Refuse { ticket, refusal });
        }
        if let Some(untold) = self.untold.remove(&columns.lane) {
            columns.new_words.splice(0..0, untold);
        }
        self.engine.recall(facts);
        let mut parts = Vec::with_capacity(1);
        if let Some(file) = self.engine.amending_file().filter(|file| *file != columns.file) {
            // What a file replaces is taken back before any command that comes between it and the next.
            parts.push(self.end_file(file, true));
        }
        let mut new_words = None;
        let mut commands = commands.into_iter().peekable();
        let mut row = 0;
        loop {
            let until = commands.peek().map_or(columns.len(), |command| self.rows_before(command, &columns, row));
            if row < until || (commands.peek().is_none() && new_words.is_none()) {
                let decisions = match hold {
                    true => self.engine.hold_all(&mut columns, row..until),
                    false => self.engine.decide(&mut columns, row..until),
                };
                // The words stand in the turn as the first call left them; later calls must not take them in again.
                new_words.get_or_insert_with(|| std::mem::take(&mut columns.new_words));
                row = decisions.rows.end;
                let cause = if hold { Cause::Held } else { Cause::Rows };
                parts.push(Part { cause, decisions });
            } else if let Some(command) = commands.next() {
                let decisions = self.engine.command(&command);
                parts.push(Part { cause: Cause::Command(command), decisions });
            } else {
                break;
            }
        }
        columns.new_words = new_words.expect("a batch is decided at least once");
        self.end_turn(ticket, Turn { columns, parts }, out);
    }

    /// The first row at or behind `row` that is received at a command's receipt or later.
    fn rows_before(&self, command: &Command, columns: &Columns, row: usize) -> usize {
        let at = command.received_at.max(self.engine.state().stamp);
        let mut stamp = self.engine.state().stamp;
        for (position, &received_at) in columns.received_at.iter().enumerate().skip(row) {
            stamp = stamp.max(received_at);
            if stamp >= at {
                return position;
            }
        }
        columns.len()
    }

    fn take(&mut self, ticket: Ticket, told: Told, facts: Facts, out: &mut Vec<Output>) {
        self.begin_turn(ticket);
        let at = match &told {
            Told::Command(command) => command.received_at,
            Told::Look(at) => *at,
            Told::Define(_, at) => *at,
            Told::File(_) | Told::Amend(_) | Told::FilesEnd | Told::Clock(_) => Instant::NONE,
        };
        if let Err(refusal) = self.may_decide(at) {
            return out.push(Output::Refuse { ticket, refusal });
        }
        self.engine.recall(facts);
        match self.decide_told(told) {
            Ok(parts) => self.end_turn(ticket, Turn { columns: Columns::default(), parts }, out),
            Err(refusal) => out.push(Output::Refuse { ticket, refusal }),
        }
    }
}

/// Beginning.
impl Node {
    /// A node of a book before anything happened: the first thing to tell it is the book's definition.
    #[must_use]
    pub fn new(loaded: Loaded, chain: Chain, limits: Limits) -> Self {
        let engine = Engine::new(Arc::new(loaded.book.clone()));
        Self::over(engine, loaded, chain, limits)
    }

    /// A node that goes on with an engine behind the last frame of a chain; what else it holds is set by who opens it.
    pub(crate) fn over(mut engine: Engine, loaded: Loaded, chain: Chain, limits: Limits) -> Self {
        engine.expect_generations_of(limits.run_identities);
        let sequence = chain.position.sequence;
        Self {
            engine,
            loaded: Arc::new(loaded),
            definitions: Vec::new(),
            files: Vec::new(),
            takes_files: false,
            limits,
            clock: ClockRules::new(Instant::NONE),
            events: chain.events,
            identities: chain.identities,
            unchained: VecDeque::new(),
            undurable: VecDeque::new(),
            next_ticket: Ticket(0),
            decided: sequence,
            durable: sequence,
            young: Gathered::default(),
            young_from: 1,
            untold: BTreeMap::new(),
            full: VecDeque::new(),
            sealing: VecDeque::new(),
            recent_from: 0,
            kept_at: (chain.events, sequence),
            keeping: VecDeque::new(),
            stopped: None,
            chain,
        }
    }
}

/// Deciding, from a ticket to an encoded turn.
impl Node {
    fn begin_turn(&mut self, ticket: Ticket) {
        assert!(ticket == self.next_ticket, "turns are decided in order: {ticket:?} came for {:?}", self.next_ticket);
        self.next_ticket = Ticket(ticket.0 + 1);
    }

    fn may_decide(&self, at: Instant) -> Result<(), Refusal> {
        if let Some(why) = &self.stopped {
            return Err(Refusal::Stopped { why: why.clone() });
        }
        assert!(self.undurable.len() + self.unchained.len() < self.limits.turns_max, "turns under way are bounded");
        assert!(!self.is_full(), "generations that are not sealed are bounded");
        Ok(self.clock.check(self.engine.state().stamp, at)?)
    }

    fn decide_told(&mut self, told: Told) -> Result<Vec<Part>, Refusal> {
        if let Told::Define(loaded, _) = &told {
            self.may_define(loaded)?;
        }
        let part = |cause, decisions| Part { cause, decisions };
        assert!(
            !self.definitions.is_empty() || matches!(told, Told::Define(..)),
            "a book is defined before anything else"
        );
        let told = match told {
            Told::FilesEnd => {
                self.takes_files = false;
                return Ok(self.end_files(true));
            }
            // It may be refused: nothing is decided before it.
            Told::Amend(file) => return self.amend(file),
            other => other,
        };
        // Files that are open without anybody taking files are from before this start: they broke off.
        let broken_off = if self.takes_files { Vec::new() } else { self.end_files(false) };
        let mut parts = match told {
            Told::Command(command) => {
                let decisions = self.engine.command(&command);
                vec![part(Cause::Command(command), decisions)]
            }
            Told::Look(at) => vec![part(Cause::Look(at), self.engine.finish(at))],
            Told::Clock(accepted) => {
                self.clock.accepted_until = self.clock.accepted_until.max(accepted.until);
                let decisions = Decisions { stamp: self.engine.state().stamp, ..Decisions::default() };
                vec![part(Cause::Clock(accepted), decisions)]
            }
            Told::File(file) => self.take_file(file),
            Told::Define(loaded, at) => self.define(*loaded, at),
            Told::FilesEnd | Told::Amend(_) => unreachable!("they were answered"),
        };
        parts.splice(0..0, broken_off);
        Ok(parts)
    }

    fn end_files(&mut self, whole: bool) -> Vec<Part> {
        let open: Vec<FileId> = self.engine.open_files().collect();
        open.into_iter().map(|file| self.end_file(file, whole)).collect()
    }

    fn end_file(&mut self, file: FileId, whole: bool) -> Part {
        let decisions = self.engine.end_file(file, whole);
        Part { cause: Cause::FileEnd { file, whole }, decisions }
    }

    /// Numbers a file and takes it into its slot.
    fn take_file(&mut self, file: TakenFile) -> Vec<Part> {
        assert!(file.file == self.next_file() && file.amendment.is_none(), "files are numbered in order");
        self.files.push(file.name.clone());
        self.takes_files = true;
        let decisions = match &file.slot {
            Some((slot, digest)) => self.engine.take_file(file.file, file.adapter, slot, *digest).1,
            None => Decisions { stamp: self.engine.state().stamp, ..Decisions::default() },
        };
        vec![Part { cause: Cause::File(file), decisions }]
    }

    /// Lets a file that was taken into a slot that another has.
    fn amend(&mut self, file: TakenFile) -> Result<Vec<Part>, Refusal> {
        let (Some(amendment), Some((_, digest))) = (file.amendment, &file.slot) else {
            return Err(Refusal::Amendment(AmendmentRefusal::NotTaken));
        };
        let decisions = self.engine.amend_file(file.file, *digest, amendment).map_err(Refusal::Amendment)?;
        Ok(vec![Part { cause: Cause::File(file), decisions }])
    }

    /// Every start loads all definitions, one onto the other, and every snapshot holds them.
    fn may_define(&self, loaded: &Loaded) -> Result<(), Refusal> {
        let bytes = loaded.files.iter().map(|(_, bytes)| bytes.len() as u64).sum();
        let files = self.definitions.iter().flat_map(|defined| &defined.definition.files);
        let before = files.map(|file| file.bytes.len() as u64).sum();
        if bytes > DEFINITION_BYTES_MAX || before + bytes > DEFINITIONS_BYTES_MAX {
            return Err(Refusal::Definitions { bytes, before });
        }
        Ok(())
    }

    /// The book is this from now on.
    fn define(&mut self, loaded: Loaded, at: Instant) -> Vec<Part> {
        let words = self.engine.state().dictionary.len();
        let definition = definition_of(&loaded);
        let is_first = self.definitions.is_empty();
        self.definitions.push(Defined { definition: definition.clone(), at, words: words as u64 });
        self.loaded = Arc::new(loaded);
        if !is_first {
            let decisions = self.engine.redefine(Arc::new(self.loaded.book.clone()), at);
            return vec![Part { cause: Cause::Define(definition), decisions }];
        }
        let nothing = Decisions { stamp: self.engine.state().stamp, ..Decisions::default() };
        let opened = self.engine.open_books();
        vec![
            Part { cause: Cause::Define(definition), decisions: nothing },
            Part { cause: Cause::Open, decisions: opened },
        ]
    }

    /// Gives a decided turn its place in the log.
    fn end_turn(&mut self, ticket: Ticket, turn: Turn, out: &mut Vec<Output>) {
        self.clock.moved = true;
        self.decided += 1;
        let (mut events, before) = (0, self.young.claims());
        for part in &turn.parts {
            events += events_of(&part.decisions);
            gather(&mut self.young, self.young_from, self.decided, &part.decisions, &turn.columns.original);
        }
        let identities = self.young.claims() - before;
        self.events += events;
        self.identities += identities;
        let about = About {
            events: u32::try_from(events).expect("a batch is bounded"),
            identities: u32::try_from(identities).expect("what a batch claims is bounded"),
            stamp: self.engine.state().stamp,
            rules_version: engine::RULES_VERSION,
        };
        self.unchained.push_back(Pending { ticket, about });
        self.turn_generation();
        self.keep();
        out.push(Output::Encode { ticket, turn });
    }

    /// Begins a new generation of identities where the young one is full.
    fn turn_generation(&mut self) {
        let until = self.decided + 1;
        if self.young.claims() < self.limits.run_identities as u64 && until - self.young_from < FRAMES_MAX {
            return;
        }
        let after = LogMark { identities: self.identities, ..LogMark::START };
        let gathered = std::mem::replace(&mut self.young, Gathered::with_room(self.limits.run_identities + 8_192));
        self.full.push_back(Generation { from: self.young_from, until, after, gathered });
        self.young_from = until;
        self.engine.turn_generation();
    }

    /// Takes a view for a snapshot where one is due.
    fn keep(&mut self) {
        if self.events - self.kept_at.0 < self.limits.snapshot_events || !self.keeping.is_empty() {
            return;
        }
        self.kept_at = (self.events, self.decided);
        let kept = self.kept();
        self.keeping.push_back(kept);
    }

    /// All that the node holds, where turns were decided since it was last handed out.
    #[must_use]
    pub fn unkept(&mut self) -> Option<Snapshot> {
        (self.decided > self.kept_at.1).then(|| self.kept())
    }

    /// All that the node holds after the last decided turn.
    #[must_use]
    pub fn kept(&mut self) -> Snapshot {
        let head = SnapshotHead {
            book: self.chain.book,
            position: Position { sequence: self.decided, head: self.chain.position.head },
            stamp: self.engine.state().stamp,
            events: self.events,
            identities: self.identities,
            rules_version: engine::RULES_VERSION,
        };
        let beside = Beside {
            definitions: self.definitions.clone(),
            files: self.files.clone(),
            accepted_until: self.clock.accepted_until,
        };
        Snapshot { head, beside, parts: self.engine.parts() }
    }
}

/// From an encoded turn to its acknowledgement, and what follows from that.
impl Node {
    fn chain(&mut self, ticket: Ticket, body: Body, out: &mut Vec<Output>) {
        let Pending { ticket: expected, about } =
            self.unchained.pop_front().expect("a turn is decided before it is chained");
        assert!(ticket == expected, "frames are chained in order: {ticket:?} came for {expected:?}");
        if let Some(why) = &self.stopped {
            return out.push(Output::Refuse { ticket, refusal: Refusal::Stopped { why: why.clone() } });
        }
        let frame = self.chain.seal(about, body);
        let position = frame.position();
        // Who was to know the hash of this head may know it now.
        for full in self.full.iter_mut().filter(|full| full.until == position.sequence + 1) {
            full.after.chain = position.head;
        }
        for kept in self.keeping.iter_mut().filter(|kept| kept.head.position.sequence == position.sequence) {
            kept.head.position = position;
        }
        if cfg!(mutant = "canary") {
            out.push(Output::Acknowledge { ticket, sequence: position.sequence });
        } else {
            self.undurable.push_back((ticket, position.sequence));
        }
        out.push(Output::Append(frame));
    }

    fn acknowledge(&mut self, sequence: u64, out: &mut Vec<Output>) {
        assert!(sequence >= self.durable && sequence <= self.decided, "only what was written becomes durable");
        if self.stopped.is_some() {
            return;
        }
        self.durable = sequence;
        while let Some(&(ticket, own)) = self.undurable.front()
            && own <= sequence
        {
            self.undurable.pop_front();
            out.push(Output::Acknowledge { ticket, sequence: own });
        }
        // Neither runs nor snapshots may know of a frame that the log could still lose.
        while self.full.front().is_some_and(|full| full.until <= sequence + 1) {
            let full = self.full.pop_front().expect("it was looked at");
            self.sealing.push_back(full.until);
            out.push(Output::Seal(full));
        }
        while self.keeping.front().is_some_and(|kept| kept.head.position.sequence <= sequence) {
            let kept = self.keeping.pop_front().expect("it was looked at");
            out.push(Output::Keep(Box::new(kept)));
        }
    }

    fn forget(&mut self, until: u64) {
        let expected = self.sealing.pop_front().expect("only what is being sealed is sealed");
        assert!(until == expected, "runs are sealed in order: {until} came for {expected}");
        self.recent_from = until;
        self.engine.forget_generation(until);
    }

    /// Nothing that is not durable by now will be acknowledged.
    fn stop(&mut self, why: String, out: &mut Vec<Output>) {
        let refusal = Refusal::Stopped { why: why.clone() };
        self.stopped.get_or_insert(why);
        for (ticket, _) in self.undurable.drain(..) {
            out.push(Output::Refuse { ticket, refusal: refusal.clone() });
        }
    }
}

/// What a driver may ask.
impl Node {
    /// The engine: its state may be ahead of what is durable.
    #[must_use]
    pub const fn engine(&self) -> &Engine {
        &self.engine
    }

    /// The book, and how its files are read.
    #[must_use]
    pub fn loaded(&self) -> Arc<Loaded> {
        Arc::clone(&self.loaded)
    }

    /// The turn that is decided next.
    #[must_use]
    pub const fn next_ticket(&self) -> Ticket {
        self.next_ticket
    }

    /// The turn that is chained next, where one is decided.
    #[must_use]
    pub fn next_to_chain(&self) -> Option<Ticket> {
        self.unchained.front().map(|pending| pending.ticket)
    }

    /// The number that the next file gets.
    #[must_use]
    pub fn next_file(&self) -> FileId {
        FileId(u32::try_from(self.files.len()).expect("a book takes at most 2^32 files"))
    }

    /// Identities of frames before this one are only in runs: facts must come from runs that reach at least so far.
    #[must_use]
    pub const fn recent_from(&self) -> u64 {
        self.recent_from
    }

    /// Whether a driver must wait for frames to become durable, or for a run to be sealed, before it hands in a turn.
    #[must_use]
    pub fn must_wait(&self) -> bool {
        self.is_full() || self.undurable.len() + self.unchained.len() + 1 >= self.limits.turns_max
    }

    /// The last frame that is durable.
    #[must_use]
    pub const fn durable(&self) -> u64 {
        self.durable
    }

    /// The last turn that was decided.
    #[must_use]
    pub const fn decided(&self) -> u64 {
        self.decided
    }

    /// Why it takes no more turns.
    #[must_use]
    pub fn stopped(&self) -> Option<&str> {
        self.stopped.as_deref()
    }

    fn is_full(&self) -> bool {
        self.full.len() + self.sealing.len() >= GENERATIONS_MAX
    }
}

/// The most full generations that are not sealed.
pub const GENERATIONS_MAX: usize = 3;

/// The most bytes that the files of a definition may have together: they fit a frame and a section of a snapshot.
pub const DEFINITION_BYTES_MAX: u64 = 256 << 20;

/// The most bytes that the files of all definitions of a book may have together.
pub const DEFINITIONS_BYTES_MAX: u64 = 1 << 30;

/// Events that were decided, whatever became of them.
pub(crate) fn events_of(decisions: &Decisions) -> u64 {
    decisions.outcomes.len() as u64
}

/// The files of a book, as they stand in the log.
fn definition_of(loaded: &Loaded) -> Definition {
    let file = |(path, bytes): &(String, Vec<u8>)| DefinitionFile {
        path: path.as_str().into(),
        bytes: bytes.as_slice().into(),
    };
    Definition { key: loaded.key, files: loaded.files.iter().map(file).collect() }
}

/// The latest receipt of a batch; none where no row says one.
fn latest_receipt(columns: &Columns) -> Instant {
    columns.received_at.iter().copied().max().unwrap_or(Instant::NONE)
}
