//! Files that a person lets into a slot that another file has taken (SETTLEMENT §9).
//!
//! Rows of files with file identity have no ids, only places, so two files are compared by content: the k-th row of one
//! content is the k-th of the other. A file that *supplements* adds the rows that are new by this count; one that
//! *replaces* does the same and, once its rows have ended, takes back those of the slot that it does not have. A row that
//! is taken in has an identity of its own, from its place and the digest of its file.
//!
//! What a slot holds is kept only for slots that are amended, so [`Engine::amend_file`] comes before the first row of any
//! file of the slot. An engine that only folds needs none of this; one that decides on is told of files anew.

use crate::decide::Engine;
use crate::decisions::{Decisions, Exception, Outcome, Released, Withdrawn};
use crate::links::{AMENDMENTS_MAX, Contribution, FoundBy, LinkChange};
use canon::Digest;
use event::{AdapterId, Code, Columns, FileId, Identity};
use ledger::Origin;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

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

/// What an engine was told of files; what they did is in the state.
#[derive(Clone, Debug, Default)]
pub(crate) struct Amendments {
    slots: BTreeMap<FileId, (AdapterId, Box<str>)>,
    /// Files of which rows were decided.
    begun: BTreeSet<FileId>,
    /// Files whose rows are compared by content: position of the slot, digest, what they do.
    files: BTreeMap<FileId, (u32, Digest, Amendment)>,
    /// The amending file whose rows are being decided, and whether all of them have been looked at so far.
    current: Option<(FileId, bool)>,
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
        let known = &self.amendments;
        let Some((adapter, slot)) = known.slots.get(&file).cloned() else { return Err(AmendmentRefusal::NotTaken) };
        if known.files.contains_key(&file) {
            return Ok(decisions);
        }
        if !self.held_files.contains(&file) {
            return Err(AmendmentRefusal::NotTaken);
        }
        let of_slot = |other: &FileId| known.slots.get(other).is_some_and(|own| own.0 == adapter && own.1 == slot);
        if self.state.links.slot(adapter, &slot).is_none() && known.begun.iter().any(of_slot) {
            return Err(AmendmentRefusal::TooLate);
        }
        let sources = self.book.sources.iter().filter(|source| source.adapter == adapter);
        let replaceable = |source: &event::Source| {
            source.revision.is_some() || source.kinds.iter().flatten().any(|rule| rule.supersedes)
        };
        if sources.clone().any(replaceable) {
            return Err(AmendmentRefusal::Replaceable);
        }
        let slots = &self.state.links.slots;
        if slots.len() >= AMENDMENTS_MAX || slots.iter().any(|slot| slot.2.len() >= AMENDMENTS_MAX) {
            return Err(AmendmentRefusal::TooMany);
        }
        self.held_files.remove(&file);
        self.link(LinkChange::Amended { adapter, slot: slot.clone(), digest }, &mut decisions);
        let number = self.state.links.slot(adapter, &slot).expect("it is amended now");
        self.amendments.files.insert(file, (number, digest, amendment));
        Ok(decisions)
    }

    /// Takes note of a file's slot; says whether the file has amended it before, so that it has nothing new.
    pub(crate) fn has_amended(&mut self, file: FileId, adapter: AdapterId, slot: &str, digest: Digest) -> bool {
        self.amendments.slots.insert(file, (adapter, slot.into()));
        let Some(number) = self.state.links.slot(adapter, slot) else { return false };
        let again = self.state.links.slots[number as usize].2.contains(&digest);
        if again {
            self.amendments.files.insert(file, (number, digest, Amendment::Supplement));
        }
        again
    }

    /// Takes note that rows of a batch are decided next: what another file replaces has ended then. Says whether anything
    /// was taken back.
    pub(crate) fn turn_to(&mut self, columns: &Columns, decisions: &mut Decisions) -> bool {
        let file = columns.file;
        if self.amendments.slots.contains_key(&file) {
            self.amendments.begun.insert(file);
        }
        if self.amendments.files.is_empty() {
            return false;
        }
        if self.amendments.current.is_some_and(|(current, _)| current != file) {
            self.end_amendment(decisions);
            return true;
        }
        let all_in_view = columns.received_at.iter().all(|&at| self.in_view(self.raised(at)));
        match (&mut self.amendments.current, self.amendments.files.get(&file)) {
            (Some((_, whole)), _) => *whole &= all_in_view,
            (None, Some(&(slot, _, amendment))) if all_in_view => {
                self.amendments.current = Some((file, true));
                let replaces = amendment == Amendment::Replace;
                self.link(LinkChange::AmendmentBegan { slot, replaces }, decisions);
            }
            (None, _) => {}
        }
        false
    }

    /// The slot that a file of recorded rows is of.
    pub(crate) fn recorded_slot(&self, file: FileId) -> Option<u32> {
        if self.state.links.slots.is_empty() {
            return None;
        }
        let (adapter, slot) = self.amendments.slots.get(&file)?;
        self.state.links.slot(*adapter, slot)
    }

    /// Whether the rows of a file are compared with its slot.
    pub(crate) fn is_amending(&self, file: FileId) -> bool {
        self.amendments.files.contains_key(&file)
    }

    /// The identity under which a row counts: its own, or of a file that amends a slot one of its place and file.
    fn row_identity(&self, columns: &Columns, row: usize) -> Identity {
        let own = columns.identity[row];
        let Some((_, digest, _)) = self.amendments.files.get(&columns.file) else { return own };
        let mut bytes = own.0.to_le_bytes().to_vec();
        bytes.extend_from_slice(&digest.0);
        Identity(canon::identity_hash(0, &bytes))
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
        let (slot, fingerprint) = (self.amendments.files[&columns.file].0, columns.fingerprint[row]);
        let mut own = columns.row(row);
        own.identity[0] = self.row_identity(columns, row);
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
        let whole = self.amendments.current.take().is_some_and(|(_, whole)| whole);
        let Some(slot) = self.state.links.replacing else { return };
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
        let is_it =
            |columns: &Columns| columns.fingerprint[0] == fingerprint && self.row_identity(columns, 0) == identity;
        let waiting = self.state.waiting.values().find(|parked| is_it(&parked.columns));
        let Some(sequence) = waiting.map(|parked| parked.sequence) else { return };
        let parked = self.state.unpark(sequence).expect("it was just found");
        let outcome = Outcome::Refused(Code::FileSlotTaken);
        decisions.counts.held -= 1;
        self.refuse(&parked.columns, 0, Code::FileSlotTaken, decisions);
        decisions.released.push(Released { sequence, columns: parked.columns, outcome });
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
