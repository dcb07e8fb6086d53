//! One life of a process: a node with its log and runs, driven step by step in an order that the seed decides.
//!
//! What threads do in the product is one list of things to do next here: look up what runs say, decide, encode, chain,
//! write, sync, seal, keep, read along. The order between them is drawn, within what the node allows.

use super::script::{Script, Sending};
use crate::compared::in_lane;
use crate::coverage::Coverage;
use crate::disk::SimDisk;
use crate::random::Seeded;
use calendar::{Instant, MICROS_PER_HOUR};
use engine::Facts;
use event::Dictionary;
use runtime::{Batch, Generation, Input, Node, Opened, Output, Raw, Refusal, Ticket, Told, encode, facts_of};
use std::collections::{BTreeMap, VecDeque};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use store::frame::{Body, FrameBytes};
use store::log::{Reader, Sections};
use store::runs::write_run;
use store::snapshots::{self, Snapshot};
use store::turn::{AcceptedClock, Turn};

/// Turns whose facts are looked up before they are decided.
const AHEAD: usize = 3;

/// Why a life ended before its time.
#[derive(Debug)]
pub(super) enum Death {
    /// The disk failed, or the power went off.
    Failed(String),
    /// The node found a bug.
    Panicked(String),
}

/// What a ticket was given for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Errand {
    /// The number of a sending.
    Send(usize),
    /// What the book is.
    Define,
    /// A person accepts the clock.
    Clock,
    /// The book is looked at.
    Look,
}

/// A client of a book: what it has to send, and what it was told.
#[derive(Clone, Debug, Default)]
pub(super) struct Client {
    /// What is not acknowledged, in the order in which it is sent.
    pub(super) waiting: VecDeque<Errand>,
    /// Frames of what was acknowledged.
    pub(super) acknowledged: BTreeMap<u64, Errand>,
}

/// A node at work.
pub(super) struct Life<'a> {
    script: &'a Script,
    book: u64,
    pub(super) opened: Opened<SimDisk>,
    /// Whether facts are used however old they are: then the node itself must refuse them.
    careless: bool,
    words: Dictionary,
    ahead: VecDeque<(Errand, Facts)>,
    out: Vec<Output>,
    under_way: BTreeMap<Ticket, Errand>,
    decided: BTreeMap<Ticket, Turn>,
    bodies: BTreeMap<Ticket, Body>,
    frames: VecDeque<FrameBytes>,
    unsynced: bool,
    seals: VecDeque<Generation>,
    keeps: VecDeque<Box<Snapshot>>,
    reader: Option<Reader<SimDisk>>,
    /// The last frame that was read along.
    read: u64,
}

impl<'a> Life<'a> {
    pub(super) fn new(script: &'a Script, book: u64, opened: Opened<SimDisk>, careless: bool) -> Self {
        Self {
            script,
            book,
            opened,
            careless,
            words: Dictionary::default(),
            ahead: VecDeque::new(),
            out: Vec::new(),
            under_way: BTreeMap::new(),
            decided: BTreeMap::new(),
            bodies: BTreeMap::new(),
            frames: VecDeque::new(),
            unsynced: false,
            seals: VecDeque::new(),
            keeps: VecDeque::new(),
            reader: None,
            read: 0,
        }
    }

    fn node(&mut self) -> &mut Node {
        &mut self.opened.node
    }

    /// What the client does not know the outcome of, in order: it will send it again.
    pub(super) fn unknown(&mut self) -> Vec<Errand> {
        let ahead = self.ahead.drain(..).map(|(errand, _)| errand);
        std::mem::take(&mut self.under_way).into_values().chain(ahead).collect()
    }

    /// Whether there is nothing left to do.
    pub(super) fn is_idle(&self, client: &Client) -> bool {
        client.waiting.is_empty() && self.ahead.is_empty() && self.under_way.is_empty()
    }

    /// Does one of the things that may be done next.
    pub(super) fn step(
        &mut self,
        client: &mut Client,
        random: &mut Seeded,
        coverage: &mut Coverage,
    ) -> Result<(), Death> {
        match random.below(100) {
            0..25 => self.look_up(client)?,
            25..50 => self.decide()?,
            50..65 => self.encode(random),
            65..75 => self.chain()?,
            75..84 => self.write(random)?,
            84..92 => self.sync()?,
            92..94 => self.seal(coverage)?,
            94..96 => self.keep(coverage)?,
            96..98 => self.read_along(coverage)?,
            _ => {
                self.opened.writer.prepare().map_err(failed)?;
            }
        }
        self.answer(client, coverage)
    }

    /// Asks runs what they know about the next thing to send.
    fn look_up(&mut self, client: &mut Client) -> Result<(), Death> {
        if self.ahead.len() >= AHEAD {
            return Ok(());
        }
        let Some(errand) = client.waiting.pop_front() else { return Ok(()) };
        self.ahead.push_back((errand, Facts::default()));
        let facts = self.facts(errand)?;
        self.ahead.back_mut().expect("it was put there right before").1 = facts;
        Ok(())
    }

    fn facts(&self, errand: Errand) -> Result<Facts, Death> {
        let (columns, commands) = match errand {
            Errand::Send(number) => match &self.script.sendings[number] {
                Sending::Batch(columns) => (Some(columns), None),
                Sending::Command(command) => (None, Some(command)),
            },
            _ => (None, None),
        };
        let nothing = event::Columns::default();
        let columns = columns.map_or(&nothing, |columns| &**columns);
        let commands = commands.map_or(&[][..], |command| std::slice::from_ref(&**command));
        facts_of(&self.opened.runs, columns, commands, None).map_err(failed)
    }

    fn decide(&mut self) -> Result<(), Death> {
        if self.node().must_wait() {
            return Ok(());
        }
        let Some((errand, mut facts)) = self.ahead.pop_front() else { return Ok(()) };
        let ticket = self.node().next_ticket();
        self.under_way.insert(ticket, errand);
        if !self.careless && facts.sealed_to < self.node().recent_from() {
            facts = self.facts(errand)?;
        }
        let input = match errand {
            Errand::Send(number) => match &self.script.sendings[number] {
                Sending::Batch(columns) => {
                    let columns = in_lane(columns, &self.script.world.dictionary, &mut self.words, 0);
                    let (commands, spent) = (Vec::new(), Vec::new());
                    Input::Batch(Batch { ticket, columns, facts, commands, hold: false, spent })
                }
                Sending::Command(command) => Input::Told { ticket, told: Told::Command((**command).clone()), facts },
            },
            Errand::Look => Input::Told { ticket, told: Told::Look(self.script.world.as_of), facts },
            Errand::Define => {
                let told = Told::Define(Box::new((*self.node().loaded()).clone()), Instant::NONE);
                Input::Told { ticket, told, facts }
            }
            Errand::Clock => {
                // An event may be received right behind the last moment.
                let until = Instant(self.script.world.as_of.0 + MICROS_PER_HOUR);
                let accepted = AcceptedClock { until, by: "clerk".into(), reason: "a test".into() };
                Input::Told { ticket, told: Told::Clock(accepted), facts }
            }
        };
        self.tell(input)
    }

    /// Steps the node; what it asserts ends this life and no other.
    fn tell(&mut self, input: Input) -> Result<(), Death> {
        let (node, out) = (&mut self.opened.node, &mut self.out);
        let stepped = catch_unwind(AssertUnwindSafe(|| node.step(input, out)));
        stepped.map_err(|panic| {
            let said = panic.downcast_ref::<String>().cloned();
            let said = said.or_else(|| panic.downcast_ref::<&str>().map(|said| (*said).to_owned()));
            Death::Panicked(said.unwrap_or_default())
        })
    }

    /// Makes the body of any decided turn.
    fn encode(&mut self, random: &mut Seeded) {
        if self.decided.is_empty() {
            return;
        }
        let position = random.position(self.decided.len());
        let ticket = *self.decided.keys().nth(position).expect("a position in it");
        let turn = self.decided.remove(&ticket).expect("it is there");
        self.bodies.insert(ticket, encode(&turn, &Raw::NONE, Vec::new()));
    }

    fn chain(&mut self) -> Result<(), Death> {
        while let Some(ticket) = self.node().next_to_chain() {
            let Some(body) = self.bodies.remove(&ticket) else { return Ok(()) };
            self.tell(Input::Encoded { ticket, body })?;
            self.take_frames();
        }
        Ok(())
    }

    fn write(&mut self, random: &mut Seeded) -> Result<(), Death> {
        let count = self.frames.len().min(1 + random.position(4));
        if count == 0 {
            return Ok(());
        }
        let mut frames: Vec<FrameBytes> = self.frames.drain(..count).collect();
        self.unsynced = true;
        let written = self.opened.writer.write(&mut frames);
        self.stop_at(written)
    }

    fn sync(&mut self) -> Result<(), Death> {
        if !self.unsynced {
            return Ok(());
        }
        self.unsynced = false;
        let synced = self.opened.writer.sync();
        let durable = synced.as_ref().ok().copied();
        self.stop_at(synced.map(|_| ()))?;
        self.tell(Input::Durable { sequence: durable.expect("it was synced") })
    }

    /// A failed write or sync: the node is told, and must acknowledge nothing any more.
    fn stop_at(&mut self, done: Result<(), store::log::LogFailure>) -> Result<(), Death> {
        let Err(failure) = done else { return Ok(()) };
        self.tell(Input::Failed { why: failure.to_string() })?;
        let acknowledged = self.out.iter().any(|output| matches!(output, Output::Acknowledge { .. }));
        assert!(!acknowledged, "nothing is acknowledged after a failed write or sync");
        Err(failed(failure))
    }

    fn seal(&mut self, coverage: &mut Coverage) -> Result<(), Death> {
        let Some(Generation { until, after, gathered, .. }) = self.seals.pop_front() else { return Ok(()) };
        self.opened.runs = write_run(&self.opened.runs, until, after, gathered).map_err(failed)?;
        coverage.note("run sealed");
        self.tell(Input::Sealed { until })
    }

    fn keep(&mut self, coverage: &mut Coverage) -> Result<(), Death> {
        let Some(kept) = self.keeps.pop_front() else { return Ok(()) };
        snapshots::write(&*self.opened.disk, &kept).map_err(failed)?;
        coverage.note("snapshot written");
        Ok(())
    }

    /// A reader goes on with frames that are durable, beside the writer.
    fn read_along(&mut self, coverage: &mut Coverage) -> Result<(), Death> {
        if self.reader.is_none() {
            let from = self.opened.node.durable().max(1);
            let disk = Arc::clone(&self.opened.disk);
            self.reader = Some(Reader::open(disk, self.book, from, Sections::ALL).map_err(failed)?);
            self.read = from - 1;
        }
        let reader = self.reader.as_mut().expect("it was opened right before");
        while let Some(frame) = reader.next(self.opened.node.durable()).map_err(failed)? {
            assert!(frame.position.sequence == self.read + 1, "a reader meets every frame once");
            self.read += 1;
            coverage.note("frame read along");
        }
        Ok(())
    }

    fn take_frames(&mut self) {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Append(frame) => self.frames.push_back(frame),
                other => self.out.push(other),
            }
        }
    }

    /// Does what the node answers.
    fn answer(&mut self, client: &mut Client, coverage: &mut Coverage) -> Result<(), Death> {
        for output in std::mem::take(&mut self.out) {
            match output {
                Output::Encode { ticket, turn } => {
                    self.decided.insert(ticket, turn);
                }
                Output::Append(frame) => self.frames.push_back(frame),
                Output::Acknowledge { ticket, sequence } => {
                    let errand = self.under_way.remove(&ticket).expect("what is acknowledged is under way");
                    client.acknowledged.insert(sequence, errand);
                }
                Output::Refuse { ticket, refusal } => {
                    let errand = self.under_way.remove(&ticket).expect("what is refused is under way");
                    self.refused(errand, &refusal, client, coverage)?;
                }
                Output::Seal(generation) => self.seals.push_back(generation),
                Output::Keep(kept) => self.keeps.push_back(kept),
            }
        }
        Ok(())
    }

    /// A refused turn has changed nothing, and its lane goes on; the words that it told for the first time are not lost.
    fn refused(
        &mut self,
        errand: Errand,
        refusal: &Refusal,
        client: &mut Client,
        coverage: &mut Coverage,
    ) -> Result<(), Death> {
        let ahead: Vec<Errand> = self.ahead.drain(..).map(|(errand, _)| errand).collect();
        ahead.into_iter().rev().for_each(|errand| client.waiting.push_front(errand));
        client.waiting.push_front(errand);
        match refusal {
            Refusal::Clock(_) => {
                coverage.note("clock refused");
                client.waiting.push_front(Errand::Clock);
                Ok(())
            }
            other => Err(Death::Failed(other.to_string())),
        }
    }
}

pub(super) fn failed(failure: impl std::error::Error) -> Death {
    let mut said = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        said = format!("{said}: {cause}");
        source = cause.source();
    }
    Death::Failed(said)
}
