//! Deciding a batch: verify, rate, post; row by row, by arguments alone.
//!
//! A batch is decided up to the row at which a cut falls due; the caller hands in the rest again, and that call begins
//! with the cut. So within one [`Decisions`] the clock comes first and the events after it. For a row everything is
//! computed before anything is changed: an amount that does not fit refuses the event and leaves no trace.
//!
//! Order for one event: duplicate or conflict; contract, party, limit and link rules (the first code by precedence);
//! the original; then its measures and charges. Cost: one look-up of its identity, one of its words' combination, and a
//! few additions for each contract that rates it.

use crate::batch::NO_ROOM;
use crate::book::Book;
use crate::command::Command;
use crate::decisions::{Counts, Days, Decisions, Exception, Outcome, Parked, Released};
use crate::linked::watched_sources;
use crate::links::LinkChange;
use crate::look_back::Floor;
use crate::plan::Plans;
use crate::state::{State, WAITING_MAX};
use crate::verify::{Linked, first_of};
use calendar::{Date, DaySpan, Instant};
use canon::Digest;
use contract::expression::Row;
use contract::{Contract, TermKind, Treatment};
use event::{AdapterId, Code, Columns, Disposition, FileId, Identity, Word};
use ledger::{Origin, Posting};
use money::Overflow;
use std::collections::VecDeque;
use std::ops::Range;
use std::sync::Arc;

/// One node of one book: decides batches and holds the state that they lead to.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) book: Arc<Book>,
    pub(crate) state: State,
    pub(crate) plans: Plans,
    /// By contract: the commercial day in which the last instant fell.
    pub(crate) spans: Vec<DaySpan>,
    /// By reading lane: its words in the book's numbers.
    pub(crate) lanes: Vec<Vec<Word>>,
    /// Contracts for whose reversals the days of originals are kept.
    pub(crate) mirrors: Vec<u16>,
    /// By contract: contracts whose terms it pools, and contracts that pool its terms.
    pub(crate) pools: Vec<Vec<u16>>,
    /// See `pools`.
    pub(crate) pooled_by: Vec<Vec<u16>>,
    /// By source: whether its events need more than the claim of their original.
    pub(crate) watched: Vec<bool>,
    /// By contract: how far back an event received now may reach.
    pub(crate) floors: Vec<Floor>,
    /// Rows received later than this are not looked at.
    pub(crate) as_of: Option<Instant>,
    /// Commands that stand on the timeline, by number.
    pub(crate) scheduled: Vec<Command>,
    pub(crate) scratch: Scratch,
    /// Decisions that nobody needs any more; their memory serves the next.
    spent: Vec<Decisions>,
}

/// The most decisions that are kept for their memory.
const SPENT_MAX: usize = 4;

/// Lane of a batch whose words are the book's numbers already.
pub const BOOK_LANE: u16 = u16::MAX;

/// The most events that room is made for in advance; each takes about 40 bytes.
pub const EXPECTED_EVENTS_MAX: u64 = 16_000_000;

/// The commercial day of no instant.
pub(crate) const NEVER: DaySpan = DaySpan { day: Date(0), from: Instant(0), until: Instant(0) };

/// So many rows are touched ahead: what they need fits the second-level cache together.
const WARM_ROWS: usize = 256;

/// What one row is about to change; reused from row to row.
#[derive(Clone, Debug, Default)]
pub(crate) struct Scratch {
    pub(crate) hits: Vec<Hit>,
    pub(crate) tallies: Vec<(usize, u16, i128)>,
    pub(crate) postings: Vec<Posting>,
    pub(crate) values: Vec<Option<i128>>,
    /// Charges of the row under one version, in the order of its plans; 0 where one does not apply.
    pub(crate) charges: Vec<i128>,
    /// Tallies touched since the batch began, with their sums before it.
    pub(crate) touched: Vec<(u16, u32)>,
    /// Their sums, one after the other.
    pub(crate) sums_before: Vec<i128>,
    pub(crate) touched_at: Vec<Vec<u64>>,
    pub(crate) batch: u64,
    /// Rulings of the rows that were touched ahead, from `warm_from` on, and when plans were forgotten last.
    pub(crate) warm: Vec<(u32, u32)>,
    pub(crate) warm_from: usize,
    pub(crate) warm_forgotten: u32,
    /// An event that was just taken back before it came: what waits for it is decided next.
    pub(crate) voided: Option<Identity>,
}

/// One contract's tally that a row enters, and the postings that go with it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Hit {
    pub(crate) ruling: usize,
    /// The event's own commercial day, whatever its original's is.
    pub(crate) own_on: Date,
    /// The tally's days: its original's for some reversals.
    pub(crate) days: Days,
    /// The event's own day in the calendar of the rates.
    pub(crate) own_rate_on: Date,
    pub(crate) version: u16,
    pub(crate) treatment: Treatment,
    pub(crate) first_posting: usize,
    /// Whether it is the first hit of its ruling.
    pub(crate) leads: bool,
}

/// What a file with file identity is to the books.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SlotVerdict {
    /// It takes its slot.
    Taken,
    /// The same bytes took it before: every row is a duplicate.
    Same,
    /// Another file took it: every row is held.
    Other,
}

impl Engine {
    /// An engine for a book before anything happened.
    #[must_use]
    pub fn new(book: Arc<Book>) -> Self {
        let state = State::new(&book);
        Self::with_state(book, state)
    }

    /// An engine that goes on from a state of its book.
    #[must_use]
    pub fn with_state(book: Arc<Book>, state: State) -> Self {
        let (pools, pooled_by) = pools_of(&book);
        Self {
            state,
            plans: Plans::new(&book),
            spans: vec![NEVER; book.contracts.len()],
            lanes: Vec::new(),
            mirrors: mirrors_of(&book),
            pools,
            pooled_by,
            watched: watched_sources(&book),
            floors: vec![Floor::NEVER; book.contracts.len()],
            as_of: None,
            scheduled: Vec::new(),
            scratch: Scratch { touched_at: vec![Vec::new(); book.contracts.len()], ..Scratch::default() },
            spent: Vec::new(),
            book,
        }
    }

    /// Looks at the books as of an instant: rows received later are counted as not yet received.
    pub fn look_as_of(&mut self, as_of: Instant) {
        self.as_of = Some(as_of);
    }

    /// Makes room for the identities of about so many events, at most [`EXPECTED_EVENTS_MAX`]; more are welcome all the same.
    pub fn expect(&mut self, events: u64) {
        let events = usize::try_from(events.min(EXPECTED_EVENTS_MAX)).expect("the bound fits");
        self.state.claims.reserve(events);
    }

    /// The book.
    #[must_use]
    pub fn book(&self) -> &Arc<Book> {
        &self.book
    }

    /// The state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Applies another node's decisions.
    pub fn fold(&mut self, decisions: &Decisions) {
        self.state.fold(&self.book, decisions);
    }

    /// Takes a file with file identity into its slot, or says what it is; to be asked before its first row.
    pub fn take_file(
        &mut self,
        file: FileId,
        adapter: AdapterId,
        slot: &str,
        digest: Digest,
    ) -> (SlotVerdict, Decisions) {
        let mut decisions = Decisions { stamp: self.state.stamp, ..Decisions::default() };
        let key = (adapter, Box::from(slot));
        let again = self.amended_again(adapter, slot, digest);
        let verdict = match self.state.slots.get(&key) {
            Some(taken) if *taken == digest || again.is_some() => SlotVerdict::Same,
            Some(_) => SlotVerdict::Other,
            None => {
                decisions.files.push((adapter, slot.into(), digest));
                Arc::make_mut(&mut self.state.slots).insert(key, digest);
                SlotVerdict::Taken
            }
        };
        let held = verdict == SlotVerdict::Other;
        self.link(LinkChange::FileTold { file, adapter, slot: slot.into(), held }, &mut decisions);
        if let Some(amends) = again {
            self.link(LinkChange::FileAmends { file, amends }, &mut decisions);
        }
        (verdict, decisions)
    }

    /// Takes back decisions that nobody needs any more: their memory serves the next, which need not be mapped anew.
    pub fn recycle(&mut self, mut decisions: Decisions) {
        if self.spent.len() < SPENT_MAX {
            decisions.clear();
            self.spent.push(decisions);
        }
    }

    /// Decides rows of a batch, up to the next cut; [`Decisions::rows`] says how far it came.
    ///
    /// The first call translates the batch's words into the book's numbers, in place, and leaves in
    /// [`Columns::new_words`] those that are new to the book.
    pub fn decide(&mut self, columns: &mut Columns, rows: Range<usize>) -> Decisions {
        let from = rows.start;
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        self.state.claims.assert_covered();
        self.translate(columns);
        let mut decisions = self.spent.pop().unwrap_or_default();
        self.scratch.batch += 1;
        self.enter_admitted(&mut decisions);
        if self.turn_to(columns, &mut decisions) && from < rows.end {
            // What was taken back before the rows stands by itself.
            decisions.rows = from..from;
            self.close_batch(words, accounts, &mut decisions);
            return decisions;
        }
        if from < rows.end {
            let received_at = self.raised(columns.received_at[from]);
            if self.in_view(received_at) {
                self.bring_about(received_at, &mut decisions);
            }
        }
        let inherits = self.inherits(columns);
        decisions.reserve(rows.len());
        let (mut row, mut warm_until) = (from, from);
        let mut next_due = self.next_due();
        while row < rows.end {
            if row >= warm_until {
                warm_until = rows.end.min(row + WARM_ROWS);
                self.warm(columns, row..warm_until);
            }
            let received_at = self.raised(columns.received_at[row]);
            if !self.in_view(received_at) {
                decisions.outcomes.push(Outcome::NotYet);
                decisions.counts.not_yet += 1;
                row += 1;
                continue;
            }
            if next_due <= received_at {
                break;
            }
            if inherits {
                self.inherit(columns, row);
            }
            if !self.state.admitted.is_empty() && self.is_admission(columns, row) {
                // An admitted event is decided by itself, so that what it moves can be told from all else.
                if row == from {
                    self.state.stamp = received_at;
                    self.decide_admitted(columns, row, &mut decisions);
                    row += 1;
                }
                break;
            }
            self.state.stamp = received_at;
            let (periods, parked) = (decisions.periods.len(), decisions.parked.len());
            self.row(columns, row, &mut decisions);
            if decisions.periods.len() != periods || decisions.parked.len() != parked {
                next_due = self.next_due();
            }
            row += 1;
        }
        decisions.rows = from..row;
        self.refusals(columns, from, row, &mut decisions);
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// Holds rows of a batch as they are, because deciding them has shown a bug: no clock moves, nothing is looked up. The
    /// words of the batch become the book's, as [`Engine::decide`] makes them.
    pub fn hold_all(&mut self, columns: &mut Columns, rows: Range<usize>) -> Decisions {
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        columns.widen(&self.book.schemas[usize::from(columns.adapter.0)]);
        self.translate(columns);
        let mut decisions = self.spent.pop().unwrap_or_default();
        self.scratch.batch += 1;
        for row in rows.clone() {
            decisions.outcomes.push(Outcome::Refused(Code::EngineBug));
            self.refuse(columns, row, Code::EngineBug, &mut decisions);
        }
        self.refusals(columns, rows.start, rows.end, &mut decisions);
        decisions.rows = rows;
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// When the next cut or the like falls due; the end of time where nothing does.
    pub(crate) fn next_due(&self) -> Instant {
        self.state.next_due().unwrap_or(Instant(i64::MAX))
    }

    pub(crate) fn in_view(&self, received_at: Instant) -> bool {
        self.as_of.is_none_or(|as_of| received_at <= as_of)
    }

    /// Stamps never decrease; a row that does not say when it was received was received now.
    pub(crate) fn raised(&self, received_at: Instant) -> Instant {
        received_at.max(self.state.stamp)
    }

    /// Decides one row, and every waiting event whose original it is.
    pub(crate) fn row(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let origin = Origin::Event { row: u32::try_from(row).expect("a batch is bounded") };
        let outcome = if self.state.links.holds(columns.file) {
            Outcome::Refused(Code::FileSlotTaken)
        } else if self.state.dictionary.is_full() && columns.words.iter().any(|column| column[row] == NO_ROOM) {
            Outcome::Refused(Code::WordsFull)
        } else {
            let rulings = self.warmed(columns, row);
            self.event(columns, row, rulings, origin, decisions)
        };
        decisions.outcomes.push(outcome);
        self.settle_outcome(columns, row, outcome, decisions);
        if outcome == Outcome::Accepted && !self.state.waiting_for.is_empty() {
            self.release(columns.identity[row], decisions);
            if let Some(void) = self.scratch.voided.take() {
                self.release(void, decisions);
            }
        }
    }

    #[inline]
    fn settle_outcome(&mut self, columns: &Columns, row: usize, outcome: Outcome, decisions: &mut Decisions) {
        match outcome {
            Outcome::Accepted => decisions.counts.accepted += 1,
            Outcome::NotYet => {}
            _ => self.keep_back(columns, row, outcome, decisions),
        }
    }

    #[cold]
    #[inline(never)]
    fn keep_back(&mut self, columns: &Columns, row: usize, outcome: Outcome, decisions: &mut Decisions) {
        match outcome {
            Outcome::Waits if self.state.waiting.len() < WAITING_MAX => {
                decisions.counts.held += 1;
                let (sequence, expires_at) = (self.state.parked, self.expiry_of(columns, row));
                let parked = Parked { sequence, expires_at, columns: columns.row(row) };
                decisions.parked.push(parked.clone());
                self.state.park(Arc::new(parked));
            }
            Outcome::Waits => self.refuse(columns, row, Code::WaitingFull, decisions),
            Outcome::Refused(code) => self.refuse(columns, row, code, decisions),
            Outcome::Accepted | Outcome::NotYet => {}
        }
    }

    pub(crate) fn refuse(&self, columns: &Columns, row: usize, code: Code, decisions: &mut Decisions) {
        count(&mut decisions.counts, code.disposition(), 1);
        let (column, value) = self.evidence(columns, row, code);
        decisions.exceptions.push(exception_of(columns, row, code, column, value));
    }

    /// Decides the events that waited for an identity, and those that waited for them.
    fn release(&mut self, identity: Identity, decisions: &mut Decisions) {
        let mut accepted = VecDeque::from([identity]);
        while let Some(identity) = accepted.pop_front() {
            let Some(sequences) = self.state.waiting_for.get(&identity).cloned() else { continue };
            for sequence in sequences {
                let Some(mut parked) = self.state.unpark(sequence).map(Arc::unwrap_or_clone) else { continue };
                if self.inherits(&parked.columns) {
                    self.inherit(&mut parked.columns, 0);
                }
                let position = u32::try_from(decisions.released.len()).expect("waiting events are bounded");
                let rulings = self.plans.rulings_of(&self.book, &self.state.dictionary, &parked.columns, 0);
                let outcome = self.event(&parked.columns, 0, rulings, Origin::Released { position }, decisions);
                decisions.counts.held -= 1;
                if outcome == Outcome::Accepted {
                    accepted.push_back(parked.columns.identity[0]);
                }
                decisions.released.push(Released { sequence, columns: parked.columns.clone(), outcome });
                self.settle_outcome(&parked.columns, 0, outcome, decisions);
            }
        }
    }

    /// Decides one event and, where it counts, applies it.
    fn event(
        &mut self,
        columns: &Columns,
        row: usize,
        rulings: Range<usize>,
        origin: Origin,
        decisions: &mut Decisions,
    ) -> Outcome {
        if self.is_watched(columns.source[row]) {
            return self.linked_event(columns, row, rulings, origin, decisions);
        }
        if let Some(claim) = self.state.claimed(columns.identity[row]) {
            let same = claim.fingerprint == columns.fingerprint[row];
            return Outcome::Refused(if same { Code::Duplicate } else { Code::Conflict });
        }
        match self.rule_fault(rulings, columns, row) {
            Ok(None) => {}
            Ok(Some(code)) => return Outcome::Refused(code),
            Err(Overflow) => return Outcome::Refused(Code::AmountTooLarge),
        }
        let claim = match self.original(columns, row) {
            Linked::Waits => return Outcome::Waits,
            Linked::To(claim) => Some(claim),
            Linked::Nothing => None,
        };
        if let Some(claim) = claim {
            self.enter_original_days(columns, row, &claim);
            if let Some(code) = self.fault_of_days(columns.asset[row]) {
                return Outcome::Refused(code);
            }
        }
        if self.rate(columns, row).is_err() {
            return Outcome::Refused(Code::AmountTooLarge);
        }
        self.enter(columns, row, origin, decisions);
        self.claim(columns, row, decisions);
        Outcome::Accepted
    }

    /// Finds the tallies that a row enters, and the first reason of contract, party, limit and link against it.
    #[inline]
    pub(crate) fn rule_fault(
        &mut self,
        rulings: Range<usize>,
        columns: &Columns,
        row: usize,
    ) -> Result<Option<Code>, Overflow> {
        let fault = self.find_rulings(rulings, columns, row)?;
        Ok(first_of(first_of(fault, self.limit_fault(columns, row)), self.link_fault(columns, row)))
    }
}

/// Contracts for whose reversals the days of originals are kept.
pub(crate) fn mirrors_of(book: &Book) -> Vec<u16> {
    let keeps = |contract: &Contract| contract.measures.iter().any(|own| own.treatment != Treatment::PLAIN);
    (0..).zip(&book.contracts).filter(|(_, contract)| keeps(contract)).map(|(number, _)| number).collect()
}

/// By contract: the contracts whose terms its minimum guarantees pool, and those that pool its own.
pub(crate) fn pools_of(book: &Book) -> (Vec<Vec<u16>>, Vec<Vec<u16>>) {
    let mut pools = vec![Vec::new(); book.contracts.len()];
    let mut pooled_by = vec![Vec::new(); book.contracts.len()];
    for (number, contract) in book.contracts.iter().enumerate() {
        let number = u16::try_from(number).expect("a book has at most 65,535 contracts");
        for term in contract.versions.iter().flat_map(|version| &version.terms) {
            let TermKind::Minimum { pool, .. } = &term.kind else { continue };
            for pooled in pool {
                pools[usize::from(number)].push(pooled.contract.0);
                pooled_by[usize::from(pooled.contract.0)].push(number);
            }
        }
    }
    for list in pools.iter_mut().chain(&mut pooled_by) {
        list.sort_unstable();
        list.dedup();
    }
    (pools, pooled_by)
}

/// The exception of one event of a batch.
pub(crate) fn exception_of(columns: &Columns, row: usize, code: Code, column: Box<str>, value: Box<str>) -> Exception {
    Exception {
        file: columns.file,
        line: columns.line[row],
        source: Some(columns.source[row]),
        id: columns.id.text(row).into(),
        code,
        column,
        value,
        detail: code.meaning().into(),
        outside: false,
    }
}

/// A row as expressions see it; words are decided by the combination already.
pub(crate) fn view(columns: &Columns, row: usize) -> Row<'_> {
    Row { numbers: &columns.numbers, dates: &columns.dates, row, words: &|_| Word::EMPTY }
}

pub(crate) fn count(counts: &mut Counts, disposition: Disposition, by: i64) {
    match disposition {
        Disposition::Rejected => counts.rejected += by,
        Disposition::Held => counts.held += by,
        Disposition::Duplicate => counts.duplicates += by,
        Disposition::Conflict => counts.conflicts += by,
        Disposition::Refused => counts.commands_refused += by,
    }
}
