//! Deciding a batch: verify, rate, post; row by row, by arguments alone.
//!
//! A batch is decided up to the row at which a cut falls due; the caller hands in the rest again, and that call begins
//! with the cut. So within one [`Decisions`] the clock comes first and the events after it. For a row everything is
//! computed before anything is changed: an amount that does not fit refuses the event and leaves no trace.
//!
//! Order for one event: duplicate or conflict; contract, party, limit and link rules (the first code by precedence);
//! the original; then its measures and charges. Cost: one look-up of its identity, one of its words' combination, and a
//! few additions for each contract that rates it.

use crate::book::Book;
use crate::decisions::{
    Claim, Counts, Decisions, Exception, NewCell, NewGroup, NewPeriod, OriginDays, Outcome, Parked, Released,
    TallyDelta,
};
use crate::plan::{ChargePlan, Lazy, Plans, party_fault};
use crate::state::{State, WAITING_MAX};
use calendar::{Date, DaySpan, Instant};
use canon::Digest;
use contract::expression::{Row, WordRef};
use contract::{Basis, Reversal, ReversalDate, Treatment};
use event::{AdapterId, Code, Columns, Disposition, FileId, Identity, Original, Word};
use ledger::{Chart, EntryHead, Origin, Posting};
use money::{AMOUNT_BOUND, Decimal, Overflow, TALLY_BOUND};
use std::collections::{BTreeSet, VecDeque};
use std::ops::Range;
use std::sync::Arc;

/// One node of one book: decides batches and holds the state that they lead to.
#[derive(Clone, Debug)]
pub struct Engine {
    pub(crate) book: Arc<Book>,
    pub(crate) state: State,
    pub(crate) plans: Plans,
    /// By contract: the commercial day in which the last instant fell.
    spans: Vec<DaySpan>,
    /// By reading lane: its words in the book's numbers.
    lanes: Vec<Vec<Word>>,
    /// Contracts for whose reversals the days of originals are kept.
    mirrors: Vec<u16>,
    /// Files whose slot another file has taken: their rows are held.
    held_files: BTreeSet<FileId>,
    /// Whether the dictionary had no room for a word; rows with such a word are refused.
    overfull: bool,
    /// Rows received later than this are not looked at.
    as_of: Option<Instant>,
    scratch: Scratch,
}

/// Lane of a batch whose words are the book's numbers already.
pub const BOOK_LANE: u16 = u16::MAX;

/// So many rows are touched ahead: what they need fits the second-level cache together.
const WARM_ROWS: usize = 256;

/// Stands for a word that the dictionary had no room for.
const NO_ROOM: Word = Word(u32::MAX);

/// What one row is about to change; reused from row to row.
#[derive(Clone, Debug, Default)]
struct Scratch {
    hits: Vec<Hit>,
    tallies: Vec<(usize, u16, i128)>,
    postings: Vec<Posting>,
    values: Vec<Option<i128>>,
    /// Charges of the row under one version, in the order of its plans; 0 where one does not apply.
    charges: Vec<i128>,
    /// Tallies touched since the batch began, with their sums before it.
    touched: Vec<(u16, u32)>,
    /// Their sums, one after the other.
    sums_before: Vec<i128>,
    touched_at: Vec<Vec<u64>>,
    batch: u64,
}

/// One contract's tally that a row enters, and the postings that go with it.
#[derive(Clone, Copy, Debug)]
struct Hit {
    ruling: usize,
    /// The event's own commercial day, whatever its original's is.
    own_on: Date,
    day: Date,
    version_on: Date,
    version: u16,
    treatment: Treatment,
    first_posting: usize,
    /// Whether it is the first hit of its ruling.
    leads: bool,
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
        let mut mirrors = Vec::new();
        for (number, contract) in book.contracts.iter().enumerate() {
            if contract.measures.iter().any(|measure| measure.treatment != Treatment::PLAIN) {
                mirrors.push(u16::try_from(number).expect("a book has at most 65,535 contracts"));
            }
        }
        let never = DaySpan { day: Date(0), from: Instant(0), until: Instant(0) };
        Self {
            state: State::new(&book),
            plans: Plans::new(&book),
            spans: vec![never; book.contracts.len()],
            lanes: Vec::new(),
            mirrors,
            held_files: BTreeSet::new(),
            overfull: false,
            as_of: None,
            scratch: Scratch { touched_at: vec![Vec::new(); book.contracts.len()], ..Scratch::default() },
            book,
        }
    }

    /// Looks at the books as of an instant: rows received later are counted as not yet received.
    pub fn look_as_of(&mut self, as_of: Instant) {
        self.as_of = Some(as_of);
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
        let verdict = match self.state.files.get(&key) {
            Some(taken) if *taken == digest => SlotVerdict::Same,
            Some(_) => {
                self.held_files.insert(file);
                SlotVerdict::Other
            }
            None => {
                decisions.files.push((adapter, slot.into(), digest));
                self.state.files.insert(key, digest);
                SlotVerdict::Taken
            }
        };
        (verdict, decisions)
    }

    /// Decides rows of a batch, up to the next cut; [`Decisions::rows`] says how far it came.
    ///
    /// The first call translates the batch's words into the book's numbers, in place, and leaves in
    /// [`Columns::new_words`] those that are new to the book.
    pub fn decide(&mut self, columns: &mut Columns, rows: Range<usize>) -> Decisions {
        let from = rows.start;
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        self.translate(columns);
        let mut decisions = Decisions::default();
        if from < rows.end {
            let received_at = self.raised(columns.received_at[from]);
            if self.in_view(received_at) {
                self.bring_about(received_at, &mut decisions);
            }
        }
        self.scratch.batch += 1;
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
            self.state.stamp = received_at;
            let periods = decisions.periods.len();
            self.row(columns, row, &mut decisions);
            if decisions.periods.len() != periods {
                next_due = self.next_due();
            }
            row += 1;
        }
        decisions.rows = from..row;
        self.refusals(columns, from, row, &mut decisions);
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// Touches what the next rows will need, for nothing but to have it in the cache: the look-ups of one pass do not wait
    /// for each other, those of deciding do. It changes nothing that deciding sees.
    fn warm(&mut self, columns: &Columns, rows: Range<usize>) {
        let mut touched = 0_usize;
        for row in rows {
            touched += usize::from(self.state.claimed(columns.identity[row]).is_some());
            let original = columns.original[row];
            if original != Identity::NONE {
                touched += usize::from(self.state.claimed(original).is_some());
            }
            let rulings = self.plans.rulings_of(&self.book, columns, row);
            for ruling in &self.plans.rulings[rulings] {
                if let Some((_, _, cell)) = ruling.last {
                    touched += usize::from(self.state.contracts[usize::from(ruling.contract)].sums(cell)[0] == 0);
                }
            }
        }
        std::hint::black_box(touched);
    }

    /// When the next cut or the like falls due; the end of time where nothing does.
    fn next_due(&self) -> Instant {
        self.state.next_due().unwrap_or(Instant(i64::MAX))
    }

    fn in_view(&self, received_at: Instant) -> bool {
        self.as_of.is_none_or(|as_of| received_at <= as_of)
    }

    /// Stamps never decrease; a row that does not say when it was received was received now.
    fn raised(&self, received_at: Instant) -> Instant {
        received_at.max(self.state.stamp)
    }

    /// Replaces a lane's numbers of words by the book's.
    fn translate(&mut self, columns: &mut Columns) {
        if columns.lane == BOOK_LANE {
            for text in &columns.new_words {
                self.state.dictionary.intern(text);
            }
            return;
        }
        let known = self.state.dictionary.len();
        let lane = usize::from(columns.lane);
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, || vec![Word::EMPTY]);
        }
        for text in &columns.new_words {
            let dictionary = &mut self.state.dictionary;
            let known = dictionary.find(text);
            self.overfull |= known.is_none() && dictionary.is_full();
            let word = if known.is_none() && dictionary.is_full() { NO_ROOM } else { dictionary.intern(text) };
            self.lanes[lane].push(word);
        }
        let translation = &self.lanes[lane];
        for column in &mut columns.words {
            for word in column {
                *word = translation[word.0 as usize];
            }
        }
        columns.lane = BOOK_LANE;
        columns.new_words.clear();
        columns.new_words.extend_from_slice(self.state.dictionary.texts_from(known));
    }

    /// Counts what intake refused among the decided rows, and keeps its evidence.
    fn refusals(&mut self, columns: &Columns, from: usize, until: usize, decisions: &mut Decisions) {
        let at_end = until == columns.len();
        for refusal in &columns.refused {
            let before = refusal.before_row as usize;
            let decided = (before >= from && before < until) || (at_end && before == until);
            if !decided {
                continue;
            }
            if !self.in_view(self.raised(refusal.received_at)) {
                decisions.counts.not_yet += 1;
                continue;
            }
            if refusal.outside {
                decisions.counts.outside_failed += 1;
            } else {
                count(&mut decisions.counts, refusal.code.disposition(), 1);
            }
            decisions.exceptions.push(Exception {
                file: columns.file,
                line: refusal.line,
                source: refusal.source,
                id: refusal.id.clone(),
                code: refusal.code,
                column: refusal.column.clone(),
                value: refusal.value.clone(),
                detail: refusal.detail.clone(),
                outside: refusal.outside,
            });
        }
        if at_end {
            decisions.counts.outside_passed += i64::try_from(columns.outside_records).expect("a batch is bounded");
        }
    }

    /// Gathers what a fold needs and adds up the counts.
    pub(crate) fn close_batch(&mut self, words: usize, accounts: usize, decisions: &mut Decisions) {
        decisions.words = self.state.dictionary.texts_from(words).to_vec();
        decisions.accounts = self.state.chart.accounts_from(accounts).to_vec();
        decisions.stamp = self.state.stamp;
        let mut sums_before = self.scratch.sums_before.drain(..);
        for (contract, cell) in self.scratch.touched.drain(..) {
            let sums = self.state.contracts[contract as usize].sums(cell);
            for (slot, (now, before)) in sums.iter().zip(sums_before.by_ref()).enumerate() {
                // The first sum always: a tally that was touched and came out the same is looked at by the next tick.
                if *now != before || slot == 0 {
                    let slot = u16::try_from(slot).expect("a contract's sums are bounded");
                    decisions.tallies.push(TallyDelta { contract, cell, slot, delta: now - before });
                }
            }
        }
        drop(sums_before);
        self.state.entries += decisions.entries.len() as u64;
        self.state.counts.add(&decisions.counts);
    }

    /// Decides one row, and every waiting event whose original it is.
    fn row(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let origin = Origin::Event { row: u32::try_from(row).expect("a batch is bounded") };
        let outcome = if self.held_files.contains(&columns.file) {
            Outcome::Refused(Code::FileSlotTaken)
        } else if self.overfull && columns.words.iter().any(|column| column[row] == NO_ROOM) {
            Outcome::Refused(Code::WordsFull)
        } else {
            self.event(columns, row, origin, decisions)
        };
        decisions.outcomes.push(outcome);
        self.settle_outcome(columns, row, outcome, decisions);
        if outcome == Outcome::Accepted && !self.state.waiting_for.is_empty() {
            self.release(columns.identity[row], decisions);
        }
    }

    fn settle_outcome(&mut self, columns: &Columns, row: usize, outcome: Outcome, decisions: &mut Decisions) {
        match outcome {
            Outcome::Accepted => decisions.counts.accepted += 1,
            Outcome::Waits if self.state.waiting.len() < WAITING_MAX => {
                decisions.counts.held += 1;
                let parked = Parked { sequence: self.state.parked, columns: columns.row(row) };
                decisions.parked.push(parked.clone());
                self.state.park(parked);
            }
            Outcome::Waits => self.refuse(columns, row, Code::WaitingFull, decisions),
            Outcome::Refused(code) => self.refuse(columns, row, code, decisions),
            Outcome::NotYet => {}
        }
    }

    fn refuse(&self, columns: &Columns, row: usize, code: Code, decisions: &mut Decisions) {
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
                let Some(parked) = self.state.unpark(sequence) else { continue };
                let position = u32::try_from(decisions.released.len()).expect("waiting events are bounded");
                let outcome = self.event(&parked.columns, 0, Origin::Released { position }, decisions);
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
    fn event(&mut self, columns: &Columns, row: usize, origin: Origin, decisions: &mut Decisions) -> Outcome {
        if let Some(claim) = self.state.claimed(columns.identity[row]) {
            let same = claim.fingerprint == columns.fingerprint[row];
            return Outcome::Refused(if same { Code::Duplicate } else { Code::Conflict });
        }
        let rulings = self.plans.rulings_of(&self.book, columns, row);
        let fault = match self.find_rulings(rulings, columns, row) {
            Ok(fault) => fault,
            Err(Overflow) => return Outcome::Refused(Code::AmountTooLarge),
        };
        let fault = fault.into_iter().chain(self.limit_fault(columns, row)).chain(self.link_fault(columns, row)).min();
        if let Some(code) = fault {
            return Outcome::Refused(code);
        }
        let claim = match self.original(columns, row) {
            Linked::Waits => return Outcome::Waits,
            Linked::To(claim) => Some(claim),
            Linked::Nothing => None,
        };
        if let Some(claim) = claim {
            self.enter_original_days(columns, row, &claim);
        }
        if self.rate(columns, row).is_err() {
            return Outcome::Refused(Code::AmountTooLarge);
        }
        self.apply(columns, row, origin, decisions);
        Outcome::Accepted
    }

    /// Finds the contracts that rate a row and the tallies that it enters; the first fault of contract and party.
    fn find_rulings(&mut self, rulings: Range<usize>, columns: &Columns, row: usize) -> Result<Option<Code>, Overflow> {
        self.scratch.hits.clear();
        let mut fault = None;
        let received_at = self.state.stamp;
        for number in rulings {
            let ruling = &self.plans.rulings[number];
            let program = &self.plans.programs[ruling.program as usize];
            if let Some(condition) = &program.condition
                && !condition.evaluate_condition(&view(columns, row))?
            {
                continue;
            }
            let contract = &self.book.contracts[ruling.contract as usize];
            let Some(day) = day_of(&self.book, ruling.contract, program.basis, (columns, row), &mut self.spans) else {
                fault = Some(Code::FieldMissing);
                continue;
            };
            let Some(version) = contract.version_of(day, received_at) else { continue };
            fault = fault.into_iter().chain(party_fault(&self.book, program, day)).min();
            for (position, &treatment) in program.treatments.iter().enumerate() {
                let hit = Hit {
                    ruling: number,
                    own_on: day,
                    day,
                    version_on: day,
                    version,
                    treatment,
                    first_posting: 0,
                    leads: position == 0,
                };
                self.scratch.hits.push(hit);
            }
        }
        if fault.is_none() && self.scratch.hits.is_empty() {
            fault = Some(Code::ContractNone);
        }
        Ok(fault)
    }

    /// Whether an amount is beyond the limit of the source.
    fn limit_fault(&self, columns: &Columns, row: usize) -> Option<Code> {
        self.slot_beyond_limit(columns, row).map(|_| Code::LimitExceeded)
    }

    /// The field and value that are beyond the limit of the source.
    fn beyond_limit(&self, columns: &Columns, row: usize) -> (Box<str>, Box<str>) {
        let source = &self.book.sources[columns.source[row].0 as usize];
        let schema = &self.book.schemas[source.adapter.0 as usize];
        let slot = self.slot_beyond_limit(columns, row).expect("the event was held for its amount");
        let (field, mantissa) = (&schema.numbers[slot], i128::from(columns.numbers[slot][row]));
        (field.name.clone(), Decimal { mantissa, scale: field.scale }.to_string().into())
    }

    fn slot_beyond_limit(&self, columns: &Columns, row: usize) -> Option<usize> {
        let source = &self.book.sources[columns.source[row].0 as usize];
        let limit = i128::from(source.amount_max?);
        let schema = &self.book.schemas[source.adapter.0 as usize];
        schema.numbers.iter().zip(&columns.numbers).position(|(field, column)| {
            let up = |digits: u8| money::power_of_ten(digits).unwrap_or(i128::MAX);
            let amount = i128::from(column[row]).abs();
            field.money && amount.saturating_mul(up(source.amount_scale)) > limit.saturating_mul(up(field.scale))
        })
    }

    fn link_fault(&self, columns: &Columns, row: usize) -> Option<Code> {
        let required = self.book.kind_rule(columns.source[row], columns.kind[row]).original == Original::Required;
        (required && columns.original[row] == Identity::NONE).then_some(Code::OriginalMissing)
    }

    /// Looks the original of a row up, where its kind has one.
    fn original(&self, columns: &Columns, row: usize) -> Linked {
        let rule = self.book.kind_rule(columns.source[row], columns.kind[row]);
        if rule.original == Original::Never || columns.original[row] == Identity::NONE {
            return Linked::Nothing;
        }
        match self.state.claimed(columns.original[row]) {
            Some(claim) if rule.reverses => Linked::To(*claim),
            Some(_) => Linked::Nothing,
            None if rule.original == Original::Required => Linked::Waits,
            None => Linked::Nothing,
        }
    }

    /// Moves the tallies that a reversal enters to the days of its original, as each treatment says (SETTLEMENT §4).
    fn enter_original_days(&mut self, columns: &Columns, row: usize, claim: &Claim) {
        let received_at = self.state.stamp;
        let rulings = &self.plans.rulings;
        debug_assert!(columns.original[row] == claim.identity);
        for hit in &mut self.scratch.hits {
            let number = rulings[hit.ruling].contract;
            let Some(original) = self.state.origin_day(claim, number) else { continue };
            let Treatment { reversal, date } = hit.treatment;
            if date == ReversalDate::Original {
                hit.day = original;
            }
            if date == ReversalDate::Original || reversal == Reversal::Mirror {
                hit.version_on = original;
            }
            let contract = &self.book.contracts[number as usize];
            if let Some(version) = contract.version_of(hit.version_on, received_at) {
                hit.version = version;
            }
        }
    }

    /// Computes what the row adds to tallies and posts, without changing anything but the chart.
    fn rate(&mut self, columns: &Columns, row: usize) -> Result<(), Overflow> {
        let Scratch { hits, tallies, postings, values, charges, .. } = &mut self.scratch;
        tallies.clear();
        postings.clear();
        let row_view = view(columns, row);
        for (position, hit) in hits.iter_mut().enumerate() {
            hit.first_posting = postings.len();
            let ruling = &self.plans.rulings[hit.ruling];
            let program = &mut self.plans.programs[ruling.program as usize];
            if hit.leads {
                values.clear();
                for measure in &program.measures {
                    values.push(measure.value(&row_view)?);
                }
            }
            let state = &self.state.contracts[ruling.contract as usize];
            let cell = match ruling.last {
                Some((day, version_on, cell)) if day == hit.day && version_on == hit.version_on => Some(cell),
                _ => ruling.group.and_then(|group| state.cell_number(group, hit.day, hit.version_on)),
            };
            let before = cell.map(|cell| state.sums(cell));
            let mut add = |slot: u16, value: i128| -> Result<(), Overflow> {
                let sum = before.map_or(0, |sums| sums[slot as usize]).checked_add(value).ok_or(Overflow)?;
                if value != 0 {
                    tallies.push((position, slot, value));
                }
                if sum.abs() < TALLY_BOUND { Ok(()) } else { Err(Overflow) }
            };
            for (plan, value) in program.measures.iter().zip(&*values) {
                if let Some(value) = value
                    && plan.treatment == hit.treatment
                {
                    add(plan.measure, *value)?;
                }
            }
            charges.clear();
            for plan in &mut program.charges[hit.version as usize] {
                let measured = values[plan.measure].filter(|_| plan.treatment == hit.treatment);
                let Some(measured) = measured else {
                    charges.push(0);
                    continue;
                };
                let charge = plan.charge(measured, charges)?;
                charges.push(charge);
                charge_event(plan, charge, &mut self.state.chart, postings, hit.first_posting, &mut add)?;
            }
        }
        Ok(())
    }

    /// Applies what [`Engine::rate`] computed.
    fn apply(&mut self, columns: &Columns, row: usize, origin: Origin, decisions: &mut Decisions) {
        let mut next_tally = 0;
        for position in 0..self.scratch.hits.len() {
            let hit = self.scratch.hits[position];
            let cell = self.cell_of(&hit, columns, row, decisions);
            let contract = self.plans.rulings[hit.ruling].contract;
            self.touch(contract, cell);
            let state = &mut self.state.contracts[contract as usize];
            while let Some(&(of, slot, value)) = self.scratch.tallies.get(next_tally)
                && of == position
            {
                state.add_to_sum(cell, usize::from(slot), value);
                next_tally += 1;
            }
            state.mark_stale(cell);
            let until =
                self.scratch.hits.get(position + 1).map_or(self.scratch.postings.len(), |next| next.first_posting);
            self.post(contract, cell, hit, until, origin, decisions);
        }
        let origin = self.keep_days(decisions);
        let claim = Claim { identity: columns.identity[row], fingerprint: columns.fingerprint[row], origin };
        self.state.claim(claim);
        decisions.claims.push(claim);
    }

    /// Posts the merged, non-zero postings of a hit as one entry.
    fn post(&mut self, contract: u16, cell: u32, hit: Hit, until: usize, origin: Origin, decisions: &mut Decisions) {
        let first = hit.first_posting;
        // Merged postings may cancel; what is left is compacted in place.
        let mut kept = first;
        for position in first..until {
            if self.scratch.postings[position].amount != 0 {
                self.scratch.postings[kept] = self.scratch.postings[position];
                kept += 1;
            }
        }
        if kept == first {
            return;
        }
        let period = self.state.contracts[contract as usize].cell(cell).period;
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let adjusts_on = state.period.first;
        let late = state.closed;
        let (period_on, dated_on) = if late {
            (self.open_uncut(contract, decisions), self.local_day(contract, self.state.stamp))
        } else {
            (adjusts_on, hit.day)
        };
        let head = EntryHead { origin, contract, period_on, adjusts_on, dated_on };
        let postings = &self.scratch.postings[first..kept];
        decisions.entries.push(head, postings, &self.state.chart);
        self.state.balances.post(postings);
    }

    /// Keeps a tally's sums as they were before the batch, for the difference in the decisions.
    fn touch(&mut self, contract: u16, cell: u32) {
        let seen = &mut self.scratch.touched_at[contract as usize];
        let position = cell as usize;
        if seen.len() <= position {
            seen.resize(position + 1, 0);
        }
        if seen[position] == self.scratch.batch {
            return;
        }
        seen[position] = self.scratch.batch;
        let sums = self.state.contracts[contract as usize].sums(cell);
        self.scratch.touched.push((contract, cell));
        self.scratch.sums_before.extend_from_slice(sums);
    }

    /// The tally that a hit enters, opened where it is new; a late one makes sure of a period that takes its restatement.
    fn cell_of(&mut self, hit: &Hit, columns: &Columns, row: usize, decisions: &mut Decisions) -> u32 {
        let ruling = &mut self.plans.rulings[hit.ruling];
        if let Some((day, version_on, cell)) = ruling.last
            && day == hit.day
            && version_on == hit.version_on
        {
            let state = &self.state.contracts[ruling.contract as usize];
            // A period may have closed since; its restatement needs an open one.
            if !state.periods[state.cell(cell).period as usize].closed {
                return cell;
            }
        }
        let number = ruling.contract;
        let asset = columns.asset[row];
        let state = &mut self.state.contracts[number as usize];
        let group = ruling.group.or_else(|| state.group_number(asset, &ruling.dimensions)).unwrap_or_else(|| {
            let new = NewGroup { contract: number, asset, dimensions: ruling.dimensions.clone() };
            let group = state.open_group(&new);
            decisions.groups.push(new);
            group
        });
        ruling.group = Some(group);
        let (period, closed) = self.open_period_of(number, hit.day, decisions);
        if closed {
            self.open_uncut(number, decisions);
        }
        let state = &mut self.state.contracts[number as usize];
        let cell = state.cell_number(group, hit.day, hit.version_on).unwrap_or_else(|| {
            let new = NewCell { contract: number, group, day: hit.day, version_on: hit.version_on };
            decisions.cells.push(new);
            state.open_cell(&new, period)
        });
        self.plans.rulings[hit.ruling].last = Some((hit.day, hit.version_on, cell));
        cell
    }

    /// The period of a commercial day, opened where it is new, and whether it is closed.
    fn open_period_of(&mut self, number: u16, day: Date, decisions: &mut Decisions) -> (u32, bool) {
        let contract = &self.book.contracts[number as usize];
        let period = crate::state::period_of_day(contract, day);
        if let Some(found) = self.state.contracts[number as usize].period_number(period.first) {
            return (found, self.state.contracts[number as usize].periods[found as usize].closed);
        }
        let closed = crate::state::cut_of(&self.book, contract, &period) < self.state.stamp;
        let new = NewPeriod { contract: number, first_on: period.first, closed };
        decisions.periods.push(new);
        (self.state.open_period(&self.book, &new), closed)
    }

    /// Keeps the days of an event where a reversal may ask for them.
    fn keep_days(&mut self, decisions: &mut Decisions) -> u32 {
        if self.mirrors.is_empty() {
            return 0;
        }
        let rulings = &self.plans.rulings;
        let hits = self.scratch.hits.iter().filter(|hit| hit.leads);
        let days = hits.map(|hit| (rulings[hit.ruling].contract, hit.own_on));
        let days: Box<[_]> = days.filter(|(contract, _)| self.mirrors.contains(contract)).collect();
        if days.is_empty() {
            return 0;
        }
        decisions.origins.push(OriginDays(days.clone()));
        self.state.keep_origin(OriginDays(days))
    }

    /// The field and value that a code speaks of.
    fn evidence(&self, columns: &Columns, row: usize, code: Code) -> (Box<str>, Box<str>) {
        let none = || (Box::from(""), Box::from(""));
        let source = columns.source[row];
        match code {
            Code::PartyUnknown | Code::PartyInactive => {
                let fields =
                    self.book.contracts.iter().filter_map(|contract| Some((contract, contract.position_of(source)?)));
                let mut parties = fields.flat_map(|(contract, position)| {
                    let dimensions = contract.dimensions.iter().filter(|dimension| dimension.party);
                    dimensions.map(move |dimension| (dimension, dimension.refs[position]))
                });
                let unknown = parties.find_map(|(dimension, word)| {
                    let WordRef::Slot(slot) = word else { return None };
                    let word = columns.words[slot as usize][row];
                    let known = self.book.party_of_word(word).is_some();
                    (known != (code == Code::PartyUnknown))
                        .then(|| (dimension.name.clone(), Box::from(self.state.dictionary.text(word))))
                });
                unknown.unwrap_or_else(none)
            }
            Code::OriginalUnknown | Code::WaitingFull => ("original".into(), columns.original_id.text(row).into()),
            Code::LimitExceeded => self.beyond_limit(columns, row),
            Code::ContractNone => (Box::from("kind"), self.book.kinds[columns.kind[row].0 as usize].clone()),
            _ => none(),
        }
    }
}

/// What the link of a row leads to.
enum Linked {
    Nothing,
    To(Claim),
    Waits,
}

/// A row as expressions see it; words are decided by the combination already.
fn view(columns: &Columns, row: usize) -> Row<'_> {
    Row { numbers: &columns.numbers, dates: &columns.dates, row, words: &|_| Word::EMPTY }
}

/// The commercial day of a row under a contract; none where the field is blank.
#[inline]
fn day_of(
    book: &Book,
    number: u16,
    basis: Basis,
    (columns, row): (&Columns, usize),
    spans: &mut [DaySpan],
) -> Option<Date> {
    match basis {
        Basis::Date(slot) => Some(columns.dates[slot as usize][row]),
        Basis::Time(slot) => {
            let at = columns.times[slot as usize][row].present()?;
            let span = &mut spans[usize::from(number)];
            if !span.contains(at) {
                let contract = &book.contracts[usize::from(number)];
                *span = calendar::commercial_span_at(&book.zones[contract.zone.0 as usize], contract.cut_off_s, at);
            }
            Some(span.day)
        }
    }
}

/// Adds one event's charge and its VAT to the tallies and to the postings from `first` on.
#[inline]
fn charge_event(
    plan: &mut ChargePlan,
    charge: i128,
    chart: &mut Chart,
    postings: &mut Vec<Posting>,
    first: usize,
    add: &mut impl FnMut(u16, i128) -> Result<(), Overflow>,
) -> Result<(), Overflow> {
    add(plan.slot, charge)?;
    merge(postings, first, chart, &mut plan.debit, charge)?;
    merge(postings, first, chart, &mut plan.credit, -charge)?;
    let Some(tax_plan) = &mut plan.tax else { return Ok(()) };
    let tax = tax_plan.vat.tax(charge, tax_plan.rounding)?;
    add(tax_plan.slot, tax)?;
    if let Some((debit, credit)) = &mut tax_plan.accounts {
        merge(postings, first, chart, debit, tax)?;
        merge(postings, first, chart, credit, -tax)?;
    }
    Ok(())
}

/// Adds an amount to the posting of its account among those from `first` on.
#[inline]
fn merge(
    postings: &mut Vec<Posting>,
    first: usize,
    chart: &mut Chart,
    lazy: &mut Lazy,
    amount: i128,
) -> Result<(), Overflow> {
    if amount == 0 {
        return Ok(());
    }
    let amount = i64::try_from(amount).map_err(|_| Overflow)?;
    let account = *lazy.number.get_or_insert_with(|| chart.open(lazy.account));
    let own = postings[first..].iter_mut().find(|posting| posting.account == account);
    let sum = match own {
        Some(posting) => {
            posting.amount = posting.amount.checked_add(amount).ok_or(Overflow)?;
            posting.amount
        }
        None => {
            postings.push(Posting { account, amount });
            amount
        }
    };
    if sum.unsigned_abs() < AMOUNT_BOUND.unsigned_abs() { Ok(()) } else { Err(Overflow) }
}

fn count(counts: &mut Counts, disposition: Disposition, by: i64) {
    match disposition {
        Disposition::Rejected => counts.rejected += by,
        Disposition::Held => counts.held += by,
        Disposition::Duplicate => counts.duplicates += by,
        Disposition::Conflict => counts.conflicts += by,
    }
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
