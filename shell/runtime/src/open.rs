//! Opening a book: from what is on disk to a node that goes on.
//!
//! The newest snapshot that verifies, then the decisions of the frames behind it; nothing is decided again. Identities of
//! frames that no sealed run holds are read again from the log. Runs are a reader of the log: where they are unusable, or
//! so much is missing that it would not fit memory, they are sealed again from frames first. Cost: the snapshot, and the
//! frames behind it and behind the last run.

use crate::node::{GENERATIONS_MAX, Limits, Node};
use book::{Base, Fault as BookFault, Loaded, load_onto};
use calendar::Instant;
use engine::{Decisions, Engine, State};
use event::{Dictionary, Identity};
use std::ops::Range;
use std::sync::Arc;
use store::codec::{self, read_for_fold, read_turn};
use store::frame::{Chain, FrameHead, Kind, Section, book_number};
use store::log::{self, Frame, LogFailure, Reader, Sections, Sizes, Torn, Writer};
use store::runs::{
    Entry, FrameClaims, Gathered, LogMark, OpenFailure as RunsFailure, RebuildFailure, RunFailure, Runs, Unusable,
    rebuild,
};
use store::snapshots::{self, Snapshot};
use store::turn::{Cause, Defined, Definition, Part};
use store::{Disk, DiskFailure, LayerSizes};

/// How a book is stored.
#[derive(Clone, Copy, Debug, Default)]
pub struct Scale {
    /// Of the log.
    pub sizes: Sizes,
    /// Of the filters over runs.
    pub layers: LayerSizes,
    /// Of the node.
    pub limits: Limits,
}

/// A book that is open.
#[derive(Debug)]
pub struct Opened<D: Disk> {
    /// Where it is stored.
    pub disk: Arc<D>,
    /// Its node.
    pub node: Node,
    /// The writer of its log.
    pub writer: Writer<D>,
    /// Its runs.
    pub runs: Runs<D>,
    /// What was found.
    pub report: Report,
}

/// What was found when a book was opened.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Report {
    /// Whether it had been closed in peace.
    pub is_clean: bool,
    /// What a crash left of the last frames.
    pub torn: Option<Torn>,
    /// The frame of the snapshot that was taken; none where all frames were folded.
    pub snapshot: Option<u64>,
    /// Snapshots that could not be used, and why.
    pub damaged: Vec<String>,
    /// How many frames were folded.
    pub folded: u64,
    /// Why runs were sealed again.
    pub rebuilt: Option<String>,
}

/// Why a book could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFailure {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The log is damaged, or could not be read.
    #[error(transparent)]
    Log(#[from] LogFailure),
    /// A frame does not say what a frame says, though its checks hold.
    #[error("frame {sequence} makes no sense: {fault}")]
    Frame {
        /// Which.
        sequence: u64,
        /// Why.
        fault: codec::Fault,
    },
    /// The log begins with something else than the definition of its book.
    #[error("frame {sequence} is not the definition of a book, with which a log begins")]
    Undefined {
        /// Which.
        sequence: u64,
    },
    /// There is no log, or a start of one and nothing else: the book was never loaded to the end.
    #[error("the book has no definition yet; load it again")]
    Empty,
    /// A definition in the log cannot be loaded.
    #[error("the book of frame {sequence} cannot be loaded: {faults:?}")]
    Definition {
        /// Which.
        sequence: u64,
        /// Why.
        faults: Vec<BookFault>,
    },
    /// Runs hold too little of the log to be looked into.
    #[error("{identities} identities stand in no run; a start of the node seals them, or rebuild")]
    Unsealed {
        /// How many.
        identities: u64,
    },
    /// Runs could not be read.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// Runs could not be sealed again.
    #[error("runs could not be sealed again")]
    Rebuild(#[source] Box<RebuildFailure<Self>>),
    /// Runs could not be opened: though they were sealed again, or by somebody who seals none.
    #[error("runs could not be opened")]
    Runs(#[source] Box<RunsFailure<Self>>),
}

/// Begins the log of a book that is not there, or goes on where that was not done to the end.
///
/// # Errors
/// Where it is there, and what the disk says.
pub fn create<D: Disk>(disk: Arc<D>, scale: Scale, loaded: Loaded) -> Result<Opened<D>, OpenFailure> {
    let book = book_number(&loaded.book.id);
    if !is_bare(&*disk)? {
        return Err(LogFailure::Present.into());
    }
    let writer = match log::create(Arc::clone(&disk), scale.sizes, book) {
        Err(LogFailure::Present) => open_undefined(&disk, scale, book)?,
        created => created?,
    };
    let runs = open_runs(&disk, scale, writer.chain(), &mut Report::default())?;
    let node = Node::new(loaded, writer.chain().clone(), scale.limits);
    let report = Report { is_clean: true, ..Report::default() };
    Ok(Opened { disk, node, writer, runs, report })
}

/// The writer of a log that was begun and has no turn.
fn open_undefined<D: Disk>(disk: &Arc<D>, scale: Scale, book: u64) -> Result<Writer<D>, OpenFailure> {
    let writer = log::open(Arc::clone(disk), scale.sizes, book, None)?.writer;
    let mut reader = Reader::open(Arc::clone(disk), book, 1, Sections::NONE)?;
    while let Some(frame) = reader.next(u64::MAX)? {
        if frame.head.kind == Kind::Turn {
            return Err(LogFailure::Present.into());
        }
    }
    Ok(writer)
}

/// Whether nothing is there that is made of a log.
fn is_bare<D: Disk>(disk: &D) -> Result<bool, OpenFailure> {
    Ok(snapshots::sequences(disk)?.is_empty() && !store::runs::are_there(disk)?)
}

/// Opens the book with an id.
///
/// # Errors
/// Damage with file and offset, and what the disk says; nothing was lost then.
pub fn open<D: Disk>(disk: Arc<D>, scale: Scale, id: &str) -> Result<Opened<D>, OpenFailure> {
    open_with(disk, scale, id, load_onto)
}

/// How the files of a definition become a book.
pub type Load = fn(Vec<(String, Vec<u8>)>, Base<'_>) -> Result<Loaded, Vec<BookFault>>;

/// The same for a book whose definition is read by somebody else.
///
/// # Errors
/// As [`open`].
pub fn open_with<D: Disk>(disk: Arc<D>, scale: Scale, id: &str, load: Load) -> Result<Opened<D>, OpenFailure> {
    let book = book_number(id);
    let mut report = Report::default();
    let newest = snapshots::newest(&*disk, book)?;
    report.damaged = newest.skipped.iter().map(ToString::to_string).collect();
    let floor = newest.found.as_ref().map(|found| found.head.position);
    let opened = match log::open(Arc::clone(&disk), scale.sizes, book, floor) {
        Err(LogFailure::Absent) if is_bare(&*disk)? => return Err(OpenFailure::Empty),
        opened => opened?,
    };
    (report.is_clean, report.torn) = (opened.is_clean, opened.torn);
    let writer = opened.writer;
    let runs = open_runs(&disk, scale, writer.chain(), &mut report)?;
    report.snapshot = floor.map(|floor| floor.sequence);
    let mut folding = Folding::begin(newest.found, runs.sealed_to(), load)?;
    let first = folding.next;
    folding.remember(&disk, book)?;
    let mut reader = Reader::open(Arc::clone(&disk), book, first, sections())?;
    while let Some(frame) = reader.next(u64::MAX)? {
        folding.fold(frame.head, frame.section(Section::Commands), frame.section(Section::Decisions))?;
    }
    report.folded = folding.next - first;
    let node = folding.node(writer.chain().clone(), scale.limits)?;
    Ok(Opened { disk, node, writer, runs, report })
}

/// Opens the runs of a book; seals them again where they are unusable, or hold too little of the log.
fn open_runs<D: Disk>(disk: &Arc<D>, scale: Scale, chain: &Chain, report: &mut Report) -> Result<Runs<D>, OpenFailure> {
    let mark = |before| mark_before(disk, chain, before);
    let open = || Runs::open(Arc::clone(disk), scale.layers, 1, mark);
    let unusable = match open() {
        Ok(runs) => {
            let unsealed = chain.identities - runs.identities();
            if unsealed <= UNSEALED_GENERATIONS_MAX * scale.limits.run_identities as u64 {
                return Ok(runs);
            }
            let mut unusable = Unusable::default();
            unusable.missing.push(runs.sealed_to()..chain.next_sequence());
            unusable
        }
        Err(RunsFailure::Unusable(unusable)) => unusable,
        Err(RunsFailure::Disk(failure)) => return Err(failure.into()),
        Err(RunsFailure::Log(failure)) => return Err(failure),
    };
    report.rebuilt = Some(unusable.to_string());
    let before = |frame| Ok(mark_before(disk, chain, frame)?.unwrap_or(LogMark::START));
    let frames = |range| FramesOf::new(disk, chain.book, range);
    rebuild(disk, &unusable, scale.limits.run_identities, before, frames)
        .map_err(|failure| OpenFailure::Rebuild(Box::new(failure)))?;
    open().map_err(|failure| OpenFailure::Runs(Box::new(failure)))
}

/// Where more generations than this are in no run, they are sealed before the node begins.
pub(crate) const UNSEALED_GENERATIONS_MAX: u64 = GENERATIONS_MAX as u64;

/// What the log says after all frames before one; none where it does not reach so far.
pub(crate) fn mark_before<D: Disk>(disk: &Arc<D>, end: &Chain, before: u64) -> Result<Option<LogMark>, OpenFailure> {
    if before > end.next_sequence() {
        return Ok(None);
    }
    let reader = Reader::open(Arc::clone(disk), end.book, before, Sections::NONE)?;
    let chain = reader.chain();
    Ok(Some(LogMark { identities: chain.identities, chain: chain.position.head }))
}

/// The claims of a range of frames.
pub(crate) struct FramesOf<D: Disk> {
    /// Where it could not be opened: the failure, until it is told.
    reader: Result<Reader<D>, Option<LogFailure>>,
    until: u64,
}

impl<D: Disk> FramesOf<D> {
    pub(crate) fn new(disk: &Arc<D>, book: u64, range: Range<u64>) -> Self {
        let reader = Reader::open(Arc::clone(disk), book, range.start, sections()).map_err(Some);
        Self { reader, until: range.end - 1 }
    }
}

impl<D: Disk> Iterator for FramesOf<D> {
    type Item = Result<FrameClaims, OpenFailure>;

    fn next(&mut self) -> Option<Self::Item> {
        let reader = match &mut self.reader {
            Ok(reader) => reader,
            Err(failure) => return failure.take().map(|failure| Err(failure.into())),
        };
        match reader.next(self.until) {
            Ok(Some(frame)) => Some(claims_of(&frame)),
            Ok(None) => None,
            Err(failure) => Some(Err(failure.into())),
        }
    }
}

/// What a frame claims.
fn claims_of(frame: &Frame<'_>) -> Result<FrameClaims, OpenFailure> {
    let sequence = frame.position.sequence;
    let after = LogMark { identities: frame.head.identities, chain: frame.position.head };
    let (mut claims, mut originals) = (Vec::new(), Vec::new());
    if frame.head.kind == Kind::Turn {
        let read = read_for_fold(frame.section(Section::Commands), frame.section(Section::Decisions));
        let (parts, of_rows) = read.map_err(|fault| OpenFailure::Frame { sequence, fault })?;
        for decisions in &parts {
            claims.extend(decisions.claimed());
            originals.extend(decisions.referred(&of_rows));
        }
    }
    Ok(FrameClaims { sequence, after, claims, originals })
}

/// Adds what a frame claims and names.
pub(crate) fn gather(young: &mut Gathered, from: u64, frame: u64, decisions: &Decisions, originals: &[Identity]) {
    decisions.claimed().for_each(|claim| young.claim(from, frame, claim));
    decisions.referred(originals).for_each(|original| young.link(from, frame, original));
}

/// Sections that a fold needs.
pub(crate) fn sections() -> Sections {
    Sections::NONE.with(Section::Decisions).with(Section::Commands)
}

/// A book that is being folded, frame by frame.
#[derive(Debug)]
pub(crate) struct Folding {
    load: Load,
    /// Engine and definition, once there is one.
    pub(crate) book: Option<(Engine, Loaded)>,
    definitions: Vec<Defined>,
    pub(crate) files: Vec<Box<str>>,
    accepted_until: Instant,
    /// The frame that is folded next.
    pub(crate) next: u64,
    /// What frames claim and name that no run holds.
    pub(crate) young: Gathered,
    pub(crate) young_from: u64,
    /// Identities claimed when a generation was forgotten last.
    forgotten: u64,
}

/// A fold asks for no identity, so what runs hold is forgotten when there is so much of it.
const FORGOTTEN_AT_ONCE: u64 = 1 << 20;

impl Folding {
    /// A fold that begins behind runs, and behind a snapshot where there is one.
    pub(crate) fn begin(snapshot: Option<Snapshot>, sealed_to: u64, load: Load) -> Result<Self, OpenFailure> {
        let mut folding = Self {
            load,
            book: None,
            definitions: Vec::new(),
            files: Vec::new(),
            accepted_until: Instant::NONE,
            next: 1,
            young: Gathered::default(),
            young_from: sealed_to,
            forgotten: 0,
        };
        let Some(Snapshot { head, beside, parts }) = snapshot else { return Ok(folding) };
        folding.next = head.position.sequence + 1;
        (folding.files, folding.accepted_until) = (beside.files, beside.accepted_until);
        for defined in beside.definitions {
            let count = usize::try_from(defined.words).map_or(usize::MAX, |words| words);
            let known = Dictionary::from_texts(parts.words.iter().take(count).cloned().collect());
            let before = folding.book.take().map(|(_, loaded)| loaded);
            let loaded = loaded_of(load, &defined.definition, before.as_ref(), &known, defined.at, folding.next - 1)?;
            folding.book = Some((Engine::new(Arc::new(loaded.book.clone())), loaded));
            folding.definitions.push(defined);
        }
        let (_, loaded) = folding.book.take().ok_or(OpenFailure::Undefined { sequence: folding.next - 1 })?;
        let state = State::from_parts(&loaded.book, parts);
        folding.book = Some((Engine::with_state(Arc::new(loaded.book.clone()), state), loaded));
        Ok(folding)
    }

    /// Reads again what frames claim and name that are in a snapshot and in no run.
    pub(crate) fn gather<D: Disk>(&mut self, disk: &Arc<D>, book: u64) -> Result<(), OpenFailure> {
        for frame in FramesOf::new(disk, book, self.young_from.min(self.next)..self.next) {
            self.young.take(self.young_from, &frame?);
        }
        Ok(())
    }

    /// The same, for deciding.
    fn remember<D: Disk>(&mut self, disk: &Arc<D>, book: u64) -> Result<(), OpenFailure> {
        let recent_from = self.young_from.min(self.next);
        self.gather(disk, book)?;
        if let Some((engine, _)) = &mut self.book {
            engine.remember(recent_from, self.young.entries().iter().filter_map(Entry::claim));
        }
        Ok(())
    }

    pub(crate) fn fold(&mut self, head: &FrameHead, commands: &[u8], decisions: &[u8]) -> Result<(), OpenFailure> {
        let sequence = head.sequence;
        self.next = sequence + 1;
        if head.kind != Kind::Turn {
            return Ok(());
        }
        self.fold_turn(head, commands, decisions)?;
        self.forget(head);
        Ok(())
    }

    /// Forgets identities that runs hold.
    fn forget(&mut self, head: &FrameHead) {
        let Some((engine, _)) = &mut self.book else { return };
        if head.sequence < self.young_from && head.identities - self.forgotten >= FORGOTTEN_AT_ONCE {
            engine.turn_generation();
            engine.forget_generation(head.sequence + 1);
            self.forgotten = head.identities;
        }
    }

    fn fold_turn(&mut self, head: &FrameHead, commands: &[u8], decisions: &[u8]) -> Result<(), OpenFailure> {
        let sequence = head.sequence;
        let faulty = |fault| OpenFailure::Frame { sequence, fault };
        // What is no batch of events may be about the node and not about the books alone.
        if head.events == 0 {
            let turn = read_turn(commands, decisions).map_err(faulty)?;
            return turn.parts.iter().try_for_each(|part| self.fold_told(sequence, part));
        }
        let (parts, originals) = read_for_fold(commands, decisions).map_err(faulty)?;
        parts.iter().try_for_each(|decisions| self.fold_decisions(sequence, decisions, &originals))
    }

    fn fold_told(&mut self, sequence: u64, part: &Part) -> Result<(), OpenFailure> {
        match &part.cause {
            Cause::Define(definition) => return self.define(sequence, definition, &part.decisions),
            Cause::File(file) if file.amendment.is_none() => self.files.push(file.name.clone()),
            Cause::Clock(accepted) => self.accepted_until = self.accepted_until.max(accepted.until),
            _ => {}
        }
        self.fold_decisions(sequence, &part.decisions, &[])
    }

    fn fold_decisions(
        &mut self,
        sequence: u64,
        decisions: &Decisions,
        originals: &[Identity],
    ) -> Result<(), OpenFailure> {
        let (engine, _) = self.book.as_mut().ok_or(OpenFailure::Undefined { sequence })?;
        engine.fold(decisions);
        if sequence >= self.young_from {
            gather(&mut self.young, self.young_from, sequence, decisions, originals);
        }
        Ok(())
    }

    fn define(&mut self, sequence: u64, definition: &Definition, decisions: &Decisions) -> Result<(), OpenFailure> {
        let nothing = Dictionary::default();
        let known = self.book.as_ref().map_or(&nothing, |(engine, _)| &engine.state().dictionary);
        let (at, words) = (decisions.stamp, known.len());
        let before = self.book.as_ref().map(|(_, loaded)| loaded);
        let loaded = loaded_of(self.load, definition, before, known, at, sequence)?;
        let book = Arc::new(loaded.book.clone());
        let engine = match self.book.take() {
            Some((mut engine, _)) => {
                engine.fold_redefined(book, decisions);
                engine
            }
            None => Engine::new(book),
        };
        self.book = Some((engine, loaded));
        self.definitions.push(Defined { definition: definition.clone(), at, words: words as u64 });
        Ok(())
    }

    fn node(self, chain: Chain, limits: Limits) -> Result<Node, OpenFailure> {
        let (engine, loaded) = self.book.ok_or(OpenFailure::Empty)?;
        let mut node = Node::over(engine, loaded, chain, limits);
        (node.definitions, node.files) = (self.definitions, self.files);
        (node.young, node.young_from) = (self.young, self.young_from);
        node.recent_from = node.young_from.min(node.recent_from.max(1));
        node.clock.accepted_until = self.accepted_until;
        Ok(node)
    }
}

/// The book of a definition, loaded onto what it was.
pub(crate) fn loaded_of(
    load: Load,
    definition: &Definition,
    before: Option<&Loaded>,
    dictionary: &Dictionary,
    at: Instant,
    sequence: u64,
) -> Result<Loaded, OpenFailure> {
    let files = definition.files.iter().map(|file| (file.path.to_string(), file.bytes.to_vec())).collect();
    let base = match before {
        None => Base::Nothing { key: definition.key },
        Some(loaded) => Base::Book { loaded, dictionary, at },
    };
    load(files, base).map_err(|faults| OpenFailure::Definition { sequence, faults })
}
