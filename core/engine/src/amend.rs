//! Files that a person lets into a slot that another file has taken (SETTLEMENT §9).
//!
//! Rows of files with file identity have no ids, only places, so two files are compared by content: the k-th row of one
//! content is the k-th of the other. A file that *supplements* adds the rows that are new by this count; one that
//! *replaces* does the same and, once its rows have ended, takes back those of the slot that it does not have. A row that
//! is taken in has an identity of its own, from its place and the digest of its file.
//!
//! What a slot holds is kept only for slots that are amended, so [`Engine::amend_file`] comes before the first row of any
//! file of the slot. What an engine was told of files is part of the state: another may go on in the middle of one. Rows
//! have ended when rows of another file come or [`Engine::end_file`] says so; a file that broke off takes nothing back, and
//! does what it is to do when it comes again.

use crate::decide::Engine;
use crate::decisions::{Decisions, Exception, Outcome, Released, Withdrawn};
use crate::links::{AMENDMENTS_MAX, Amends, Contribution, FoundBy, LinkChange};
use canon::Digest;
use event::{AdapterId, Code, Columns, FileId, Identity};
use ledger::Origin;
use std::ops::Range;
use std::sync::Arc;

/// What a file does that a person lets into a taken slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Amendment {
    /// It adds the rows that are new.
    Supplement,
    /// It adds the rows that are new and takes back those that it does not have.
    Replace,
}

/// Why a file cannot amend its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AmendmentRefusal {
    /// No other file holds its slot.
    NotTaken,
    /// Rows of the slot were decided already, so that what they added is not known.
    TooLate,
    /// Events of the slot's adapter replace each other by reports or results already.
    Replaceable,
    /// More files or slots are amended than a book can hold.
    TooMany,
}

impl Engine {
    /// Lets a file amend the slot that [`Engine::take_file`] found taken by another.
    ///
    /// # Errors
    /// Why it cannot; then its rows are held as before.
    pub fn amend_file(
        &mut self,
        file: FileId,
        digest: Digest,
        amendment: Amendment,
    ) -> Result<Decisions, AmendmentRefusal> {
        let mut decisions = Decisions { stamp: self.state.stamp, ..Decisions::default() };
        let files = self.state.links.files();
        let Some(known) = files.get(&file) else { return Err(AmendmentRefusal::NotTaken) };
        if known.amends.is_some() {
            return Ok(decisions);
        }
        if !known.held {
            return Err(AmendmentRefusal::NotTaken);
        }
        let (adapter, slot) = (known.adapter, known.slot.clone());
        let begun = files.values().any(|other| other.begun && other.adapter == adapter && other.slot == slot);
        if begun && self.state.links.slot(adapter, &slot).is_none() {
            return Err(AmendmentRefusal::TooLate);
        }
        let sources = self.book.sources.iter().filter(|source| source.adapter == adapter);
        let replaceable = |source: &event::Source| {
            source.revision.is_some() || source.kinds.iter().flatten().any(|rule| rule.supersedes)
        };
        if sources.clone().any(replaceable) {
            return Err(AmendmentRefusal::Replaceable);
        }
        let slots = self.state.links.amended();
        if slots.len() >= AMENDMENTS_MAX || slots.iter().any(|slot| slot.2.len() >= AMENDMENTS_MAX) {
            return Err(AmendmentRefusal::TooMany);
        }
        self.link(LinkChange::Amended { adapter, slot: slot.clone(), digest }, &mut decisions);
        let slot = self.state.links.slot(adapter, &slot).expect("it is amended now");
        let amends = Amends { slot, digest, amendment };
        self.link(LinkChange::FileAmends { file, amends }, &mut decisions);
        Ok(decisions)
    }

    /// How a file's rows are compared with its slot where the file has amended that before, so that it has nothing new.
    pub(crate) fn amended_again(&self, adapter: AdapterId, slot: &str, digest: Digest) -> Option<Amends> {
        let number = self.state.links.slot(adapter, slot)?;
        let again = self.state.links.amended()[number as usize].2.contains(&digest);
        again.then_some(Amends { slot: number, digest, amendment: Amendment::Supplement })
    }

    /// The file that amends its slot and whose rows have begun and not ended.
    #[must_use]
    pub fn amending_file(&self) -> Option<FileId> {
        self.state.links.current().map(|(file, _)| file)
    }

    /// Files that amend their slots and have rows still to come, as far as anybody has said.
    pub fn open_files(&self) -> impl Iterator<Item = FileId> {
        let (links, current) = (&self.state.links, self.amending_file());
        let amending = links.files().iter().filter(|(_, known)| known.amends.is_some());
        amending.filter(move |&(&file, known)| !known.begun || current == Some(file)).map(|(&file, _)| file)
    }

    /// The rows of an open file have ended, or, where they are not `whole`, broke off.
    pub fn end_file(&mut self, file: FileId, whole: bool) -> Decisions {
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        let mut decisions = Decisions { stamp: self.state.stamp, ..Decisions::default() };
        self.scratch.batch += 1;
        if self.amending_file() == Some(file) {
            if !whole {
                self.link(LinkChange::AmendmentPartial, &mut decisions);
            }
            self.end_amendment(&mut decisions);
        }
        let change = if whole { LinkChange::FileBegan { file } } else { LinkChange::FileBrokeOff { file } };
        self.link(change, &mut decisions);
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// Takes note that rows of a batch are decided next: what another file replaces has ended then. Says whether anything
    /// was taken back.
    pub(crate) fn turn_to(&mut self, columns: &Columns, decisions: &mut Decisions) -> bool {
        let file = columns.file;
        let Some(known) = self.state.links.files().get(&file) else { return self.end_other(file, decisions) };
        let amends = known.amends;
        if !known.begun {
            self.link(LinkChange::FileBegan { file }, decisions);
        }
        if self.end_other(file, decisions) {
            return true;
        }
        let current = self.state.links.current();
        if amends.is_none() && current.is_none() {
            return false;
        }
        let all_in_view = columns.received_at.iter().all(|&at| self.in_view(self.raised(at)));
        match (current, amends) {
            (Some((_, true)), _) if !all_in_view => self.link(LinkChange::AmendmentPartial, decisions),
            (None, Some(Amends { slot, amendment, .. })) if all_in_view => {
                let replaces = amendment == Amendment::Replace;
                self.link(LinkChange::AmendmentBegan { file, slot, replaces }, decisions);
            }
            _ => {}
        }
        false
    }

    /// Ends what another file than this amends; says whether there was any.
    fn end_other(&mut self, file: FileId, decisions: &mut Decisions) -> bool {
        let ends = self.state.links.current().is_some_and(|(current, _)| current != file);
        if ends {
            self.end_amendment(decisions);
        }
        ends
    }

    /// The slot that a file of recorded rows is of.
    pub(crate) fn recorded_slot(&self, file: FileId) -> Option<u32> {
        if self.state.links.amended().is_empty() {
            return None;
        }
        let known = self.state.links.files().get(&file)?;
        self.state.links.slot(known.adapter, &known.slot)
    }

    /// Whether the rows of a file are compared with its slot.
    pub(crate) fn is_amending(&self, file: FileId) -> bool {
        self.state.links.amends(file).is_some()
    }

    /// Decides a row of a file that amends a slot.
    pub(crate) fn amending_row(
        &mut self,
        columns: &Columns,
        row: usize,
        rulings: Range<usize>,
        origin: Origin,
        decisions: &mut Decisions,
    ) -> Outcome {
        let amends = *self.state.links.amends(columns.file).expect("only rows of an amending file come here");
        let (slot, fingerprint) = (amends.slot, columns.fingerprint[row]);
        let mut own = columns.row(row);
        own.identity[0] = amends.identity_of(columns.identity[row]);
        if !matches!(origin, Origin::Released { .. }) {
            let rows = self.state.links.rows(slot, fingerprint);
            let known = rows.is_some_and(|rows| (rows.compared as usize) < rows.identities.len());
            self.link(LinkChange::Compared { slot, fingerprint }, decisions);
            if known {
                return Outcome::Refused(Code::Duplicate);
            }
        }
        let outcome = self.watched_event(&own, 0, rulings, origin, decisions);
        self.record_row(&own, 0, origin, outcome, decisions);
        outcome
    }

    /// Keeps that a row is one of its slot: once it counts, or waits to count.
    pub(crate) fn record_row(
        &mut self,
        columns: &Columns,
        row: usize,
        origin: Origin,
        outcome: Outcome,
        decisions: &mut Decisions,
    ) {
        let Some(slot) = self.recorded_slot(columns.file) else { return };
        let (fingerprint, identity) = (columns.fingerprint[row], columns.identity[row]);
        let is_new = matches!(outcome, Outcome::Accepted | Outcome::Waits);
        if is_new && !matches!(origin, Origin::Released { .. }) {
            self.link(LinkChange::Row { slot, fingerprint, identity }, decisions);
        }
    }

    /// The rows of an amending file have ended: what it replaces and does not have is taken back.
    pub(crate) fn end_amendment(&mut self, decisions: &mut Decisions) {
        let Some((_, whole)) = self.state.links.current() else { return };
        let Some(slot) = self.state.links.replacing() else {
            return self.link(LinkChange::AmendmentEnded, decisions);
        };
        let rows = self.state.links.rows_of(slot);
        let gone = rows.filter(|(_, rows)| whole && rows.identities.len() > rows.compared as usize);
        let gone: Vec<_> = gone.map(|(fingerprint, rows)| (fingerprint, rows.clone())).collect();
        for (fingerprint, rows) in gone {
            for &identity in &rows.identities[rows.compared as usize..] {
                self.withdraw(identity, fingerprint, decisions);
            }
            self.link(LinkChange::RowsGone { slot, fingerprint, left: rows.compared }, decisions);
        }
        self.link(LinkChange::AmendmentEnded, decisions);
    }

    /// Takes back what a row added; one that still waits is let go.
    fn withdraw(&mut self, identity: Identity, fingerprint: u64, decisions: &mut Decisions) {
        let found_by = FoundBy::Row(identity);
        if let Some(contribution) = self.state.links.contribution(found_by).cloned() {
            if self.take_back(&contribution, decisions) {
                self.link(LinkChange::Withdrawn { found_by }, decisions);
            }
            return;
        }
        let links = &self.state.links;
        let is_it =
            |columns: &Columns| columns.fingerprint[0] == fingerprint && links.identity_of(columns, 0) == identity;
        let waiting = self.state.waiting.values().find(|parked| is_it(&parked.columns));
        let Some(sequence) = waiting.map(|parked| parked.sequence) else { return };
        let parked = self.state.unpark(sequence).expect("it was just found");
        let outcome = Outcome::Refused(Code::FileSlotTaken);
        decisions.counts.held -= 1;
        self.refuse(&parked.columns, 0, Code::FileSlotTaken, decisions);
        let columns = Arc::unwrap_or_clone(parked).columns;
        decisions.released.push(Released { sequence, columns, outcome });
    }

    /// Takes a contribution out of its tallies and posts it back; nothing takes its place. Where the rest passes the bound
    /// of exact sums, it stays, and a person is told.
    fn take_back(&mut self, contribution: &Contribution, decisions: &mut Decisions) -> bool {
        if self.take_out(&contribution.parts).is_err() {
            decisions.exceptions.push(stays(contribution));
            return false;
        }
        let position = u32::try_from(decisions.withdrawn.len()).expect("rows of a slot are bounded");
        let (source, id) = (contribution.source, contribution.id.clone());
        decisions.withdrawn.push(Withdrawn { source, id });
        let parts = contribution.parts.iter().enumerate();
        let apart: Vec<usize> = parts.filter(|(_, part)| !part.postings.is_empty()).map(|(at, _)| at).collect();
        let origin = Origin::Withdrawn { position };
        self.post_back(&contribution.parts, &apart, origin, decisions);
        true
    }
}

/// What a person is told of a row that cannot be taken back.
fn stays(contribution: &Contribution) -> Exception {
    Exception {
        file: FileId(0),
        line: 0,
        source: Some(contribution.source),
        id: contribution.id.clone(),
        code: Code::AmountTooLarge,
        column: "".into(),
        value: "".into(),
        detail: "the row cannot be taken back: what is left would pass the bound of exact sums".into(),
        outside: false,
    }
}
