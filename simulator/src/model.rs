//! The naive second implementation: one event at a time, one row after the other, everything computed again from all
//! accepted events at every cut.
//!
//! It shares the *types* of a book with the engine and the calendar's functions and expressions, and none of what
//! decides, rates, rounds, posts or closes. Where the two differ, one of them is wrong. Slow on purpose: a cut costs
//! (periods × events × terms), an event a walk over all before it.

mod carried;
mod charges;
mod closing;
mod days;
mod ends;
mod fraction;
mod ledger;
mod line;
mod rates;
mod row;
mod rules;
mod shares;
mod truth;

use crate::coverage::Coverage;
use calendar::Instant;
use closing::Closed;
use engine::{Action, Book, Command};
use event::{Code, Columns, Dictionary, Disposition, Identity, Refusal};
use fraction::Fraction;
use money::Rounding::FloorTen;
use rates::Fixed;
use row::{Accepted, Event};
use rules::{Past, Verdict};
use std::collections::{BTreeMap, BTreeSet};

pub use closing::ModelStatement;
pub use line::{LineText, document_text, piece_text};

/// A book's state as the model keeps it: the events themselves.
#[derive(Clone, Debug)]
pub struct Model<'a> {
    book: &'a Book,
    /// The running maximum of what was received.
    now: Instant,
    accepted: Vec<Accepted>,
    /// Commands that are still to come, in order of receipt.
    scheduled: Vec<Command>,
    /// Commands that were met in the log.
    commanded: BTreeSet<Identity>,
    /// Rates that people fixed, in order.
    fixed: Vec<Fixed>,
    /// Events whose required original is not there, in order of arrival.
    waiting: Vec<Event>,
    /// Events whose original has come, in the order in which they are decided again.
    released: Vec<Event>,
    decisions: Vec<Decided>,
    /// How many events were taken.
    taken: usize,
    counts: Counts,
    coverage: Coverage,
}

/// What has happened in a book so far.
#[derive(Clone, Copy)]
struct Log<'a> {
    book: &'a Book,
    accepted: &'a [Accepted],
    fixed: &'a [Fixed],
}

/// What became of an event. One that waited is there twice: when it began to wait, and when it was released.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Decided {
    /// Id of the source.
    pub source: String,
    /// Id of the event.
    pub id: String,
    /// `accepted` or the code's name.
    pub what: &'static str,
    /// Whether it was decided again, after its original came.
    pub released: bool,
}

/// How many events and records there were. Accepted, duplicates, conflicts, held and rejected add up to events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// All events.
    pub events: u64,
    /// Accepted, also after waiting.
    pub accepted: u64,
    /// Same id, same content.
    pub duplicates: u64,
    /// Same id, other content.
    pub conflicts: u64,
    /// Held at the end.
    pub held: u64,
    /// Rejected.
    pub rejected: u64,
    /// Records of others, also those that failed their checks.
    pub outside_records: u64,
}

/// Amounts in a party's sight by contract, first day of the period, party, asset and text of the line; nothing is zero.
pub type Truths = BTreeMap<[String; 5], i128>;

/// All that the model came to.
#[derive(Clone, Debug)]
pub struct Outcome {
    /// In order of deciding.
    pub decisions: Vec<Decided>,
    /// Sums over them, and over what never became an event.
    pub counts: Counts,
    /// By contract, period, party, asset.
    pub statements: Vec<ModelStatement>,
    /// Balances that are not zero, by account and asset; debit is positive.
    pub balances: BTreeMap<String, BTreeMap<String, i128>>,
    /// What all periods come to by all that is known in the end: what issued lines and their restatements must add up to.
    pub truths: Truths,
    /// Numbers of the accepted events in the order of all events.
    pub accepted: Vec<usize>,
    /// Which steps were taken, how often.
    pub coverage: Coverage,
}

/// What a payment to a person withholds in Korea: income tax of 3 % down to ten won, and of that 10 % as local tax.
#[must_use]
pub fn withheld(paid: i128) -> (i128, i128) {
    let part = |of: i128, percent| Fraction::whole(of).times(Fraction::new(percent, 100)).rounded(FloorTen, true);
    let income = part(paid, 3);
    (income, part(income, 10))
}

impl<'a> Model<'a> {
    /// A book before its first event.
    #[must_use]
    pub fn new(book: &'a Book) -> Self {
        Self {
            book,
            now: Instant::NONE,
            accepted: Vec::new(),
            scheduled: Vec::new(),
            commanded: BTreeSet::new(),
            fixed: Vec::new(),
            waiting: Vec::new(),
            released: Vec::new(),
            decisions: Vec::new(),
            taken: 0,
            counts: Counts::default(),
            coverage: Coverage::default(),
        }
    }

    /// Takes a whole batch; its words are numbers of `dictionary`.
    pub fn take_batch(&mut self, columns: &Columns, dictionary: &Dictionary) {
        for refusal in &columns.refused {
            self.refuse(refusal);
        }
        self.counts.outside_records += columns.outside_records;
        for row in 0..columns.len() {
            self.take(columns, row, dictionary);
        }
    }

    /// Takes the next event of the log.
    pub fn take(&mut self, columns: &Columns, row: usize, dictionary: &Dictionary) {
        self.counts.events += 1;
        let received_at = columns.received_at[row];
        self.coverage.note_if("received before", !received_at.is_none() && received_at < self.now);
        self.coverage.note_if("received unknown", received_at.is_none());
        // The absent instant sorts before all others.
        self.carry_out(received_at);
        self.now = self.now.max(received_at);
        let mut event = Event::of(self.book, dictionary, columns, row);
        event.number = self.taken;
        self.taken += 1;
        self.decide(event, false);
        while !self.released.is_empty() {
            let event = self.released.remove(0);
            self.counts.held -= 1;
            self.coverage.note("released");
            self.decide(event, true);
        }
    }

    /// Has commands carried out when their moments come.
    pub fn schedule(&mut self, commands: &[Command]) {
        self.scheduled.extend(commands.iter().cloned());
    }

    /// Carries out a command when it is met in the log; the same again does nothing.
    pub fn command(&mut self, command: &Command) {
        if self.commanded.insert(command.identity) {
            let at = self.now.max(command.received_at);
            self.schedule(&[Command { received_at: at, ..command.clone() }]);
        }
        self.pass(command.received_at);
    }

    /// Lets the clock come to a moment at which something happened that is none of the model's business.
    pub fn pass(&mut self, until: Instant) {
        self.carry_out(until.max(self.now));
        self.now = self.now.max(until);
    }

    /// Counts events that are held unseen.
    pub fn hold(&mut self, events: u64) {
        self.counts.events += events;
        self.counts.held += events;
    }

    /// What became of the events so far, in order of deciding.
    #[must_use]
    pub fn decisions(&self) -> &[Decided] {
        &self.decisions
    }

    /// Carries out the commands that were received up to a moment.
    fn carry_out(&mut self, until: Instant) {
        while self.scheduled.first().is_some_and(|command| command.received_at <= until) {
            let command = self.scheduled.remove(0);
            let received_at = self.now.max(command.received_at);
            let Action::Fix { rates, asset, on, rate } = command.action else {
                panic!("the model knows no other commands than fixings");
            };
            self.coverage.note("fixing by command");
            self.fixed.push(Fixed { rates, asset, on, rate, received_at });
        }
    }

    fn log(&self) -> Log<'_> {
        Log { book: self.book, accepted: &self.accepted, fixed: &self.fixed }
    }

    /// What all events came to, with every period closed whose cut is not after `as_of` or the last reception.
    #[must_use]
    pub fn finish(mut self, as_of: Instant) -> Outcome {
        let as_of = as_of.max(self.now);
        self.carry_out(as_of);
        let mut closed = Closed::default();
        for contract in 0..self.book.contracts.len() {
            closed.close(self.log(), contract, as_of);
        }
        let mut coverage = self.coverage.clone();
        coverage.add(&closed.coverage);
        Outcome {
            decisions: self.decisions,
            counts: self.counts,
            statements: closed.statements,
            balances: closed.ledger.named(self.book),
            truths: closed.truths,
            accepted: self.accepted.iter().map(|accepted| accepted.event.number).collect(),
            coverage,
        }
    }

    /// A row that is no event is only counted.
    fn refuse(&mut self, refusal: &Refusal) {
        self.coverage.note(refusal.code.name());
        if refusal.outside {
            self.counts.outside_records += 1;
            return;
        }
        self.counts.events += 1;
        self.count(refusal.code);
    }

    fn decide(&mut self, event: Event, released: bool) {
        let verdict = Past { log: self.log(), now: self.now }.verdict(&event);
        let what = match &verdict {
            Verdict::Accepted(_) => "accepted",
            Verdict::Refused(code) => code.name(),
        };
        self.coverage.note(what);
        let source = self.book.sources[usize::from(event.source.0)].id.to_string();
        self.decisions.push(Decided { source, id: event.id.clone(), what, released });
        match verdict {
            Verdict::Accepted(ratings) => {
                self.note_accepted(&event, &ratings);
                self.counts.accepted += 1;
                self.release(event.identity);
                self.accepted.push(Accepted { event, accepted_at: self.now, ratings });
            }
            Verdict::Refused(code) => {
                self.count(code);
                if code == Code::OriginalUnknown {
                    self.waiting.push(event);
                }
            }
        }
    }

    /// Lets go what waited for an original that has just been accepted, in order of arrival.
    fn release(&mut self, original: Identity) {
        let (released, waiting) = self.waiting.drain(..).partition(|event| event.original == original);
        self.waiting = waiting;
        self.released.extend::<Vec<Event>>(released);
    }

    fn count(&mut self, code: Code) {
        *match code.disposition() {
            Disposition::Rejected => &mut self.counts.rejected,
            Disposition::Held => &mut self.counts.held,
            Disposition::Duplicate => &mut self.counts.duplicates,
            Disposition::Conflict => &mut self.counts.conflicts,
            Disposition::Refused => panic!("no event is a command"),
        } += 1;
    }

    fn note_accepted(&mut self, event: &Event, ratings: &[row::Rating]) {
        self.coverage.note_if("rated by several contracts", ratings.len() > 1);
        for rating in ratings {
            let contract = &self.book.contracts[rating.contract];
            let late = |day| days::cut_at(self.book, contract, &days::period_of(contract, day)) < self.now;
            self.coverage.note_if("late", late(rating.own_on));
            self.coverage.note_if("original linked", rating.original_on.is_some());
            let other = |day| days::period_of(contract, day) != days::period_of(contract, rating.own_on);
            self.coverage.note_if("original of another period", rating.original_on.is_some_and(other));
            self.coverage.note_if("original of a closed period", rating.original_on.is_some_and(late));
        }
        let optional = event.rule.original == event::Original::Optional && event.original != Identity::NONE;
        let found = || self.accepted.iter().any(|accepted| accepted.event.identity == event.original);
        self.coverage.note_if("optional original missing", optional && !found());
    }
}
