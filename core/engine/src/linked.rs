//! Deciding events whose source says more of links than whether an original must be there: what takes back, what makes
//! void, what replaces.
//!
//! An event comes here only where its source declares something of this kind, or its file is amended
//! ([`Engine::is_watched`]). The order is that of every event: identity, rules, links, rating; then everything is applied.
//! What is replaced is taken out of the tallies first, exactly as it was entered, so that the bounds are asked of what will
//! stand there; where the new event does not fit, it is put back. Postings of one contract and day are merged with those
//! taken back: the difference is the entry. Cost: some look-ups in ordered maps for each event.

use crate::decide::Engine;
use crate::decisions::{Claim, Decisions, Outcome, Released};
use crate::links::{Contribution, EARLIER_MAX, FoundBy, LinkChange, Part};
use calendar::{Instant, MICROS_PER_SECOND};
use event::{Code, Columns, Identity, KindRule, Original, SourceId, Unknown};
use ledger::{Origin, Posting};
use money::{AMOUNT_BOUND, Overflow};
use std::ops::Range;
use std::sync::Arc;

/// What links make of an event.
enum Way {
    /// It counts, taking back an original where it has one.
    Counts(Option<Claim>),
    /// It counts nowhere, nor will its original.
    Void,
    Waits,
    Refused(Code),
}

/// By source: whether its events need more than the claim of their original.
pub(crate) fn watched_sources(book: &crate::Book) -> Vec<bool> {
    let inherits = |source: &event::Source| !book.schemas[usize::from(source.adapter.0)].inherited.is_empty();
    let plain = |source: &event::Source| source.kinds.iter().flatten().all(KindRule::is_plain);
    book.sources.iter().map(|source| !plain(source) || source.revision.is_some() || inherits(source)).collect()
}

impl Engine {
    /// Whether an event is decided by [`Engine::linked_event`].
    #[inline]
    pub(crate) fn is_watched(&self, source: SourceId) -> bool {
        self.watched[usize::from(source.0)] || !self.state.links.amended().is_empty()
    }

    /// Decides one event of a watched source and, where it counts, applies it.
    pub(crate) fn linked_event(
        &mut self,
        columns: &Columns,
        row: usize,
        rulings: Range<usize>,
        origin: Origin,
        decisions: &mut Decisions,
    ) -> Outcome {
        if self.is_amending(columns.file) {
            return self.amending_row(columns, row, rulings, origin, decisions);
        }
        let outcome = self.watched_event(columns, row, rulings, origin, decisions);
        self.record_row(columns, row, origin, outcome, decisions);
        outcome
    }

    pub(crate) fn watched_event(
        &mut self,
        columns: &Columns,
        row: usize,
        rulings: Range<usize>,
        origin: Origin,
        decisions: &mut Decisions,
    ) -> Outcome {
        let repeats = match self.state.claimed(columns.identity[row]) {
            None => false,
            Some(claim) => match self.newer_report(columns, row, &claim) {
                Ok(()) => true,
                Err(code) => return Outcome::Refused(code),
            },
        };
        match self.rule_fault(rulings, columns, row) {
            Ok(None) => {}
            Ok(Some(code)) => return Outcome::Refused(code),
            Err(Overflow) => return Outcome::Refused(Code::AmountTooLarge),
        }
        match self.way(columns, row, repeats) {
            Way::Counts(original) => self.count(columns, row, original, repeats, origin, decisions),
            Way::Void => {
                self.make_void(columns, row, decisions);
                Outcome::Accepted
            }
            Way::Waits => Outcome::Waits,
            Way::Refused(code) => Outcome::Refused(code),
        }
    }

    /// Whether a row is a newer report of an event that counts; else what it is.
    fn newer_report(&self, columns: &Columns, row: usize, claim: &Claim) -> Result<(), Code> {
        let fingerprint = columns.fingerprint[row];
        if fingerprint == claim.fingerprint {
            return Err(Code::Duplicate);
        }
        let found_by = FoundBy::Report(claim.identity);
        let Some(known) = self.state.links.contribution(found_by) else { return Err(Code::Conflict) };
        if known.earlier.contains(&fingerprint) {
            return Err(Code::Duplicate);
        }
        let newer = self.revision_of(columns, row).is_some_and(|(revision, _)| revision > known.revision);
        if newer && !known.is_last && known.original == columns.original[row] { Ok(()) } else { Err(Code::Conflict) }
    }

    /// Which report of its event a row is, and whether it is the last.
    fn revision_of(&self, columns: &Columns, row: usize) -> Option<(i64, bool)> {
        let revision = self.book.sources[usize::from(columns.source[row].0)].revision?;
        let is_last = |(slot, word): (u16, event::Word)| columns.words[usize::from(slot)][row] == word;
        Some((columns.numbers[usize::from(revision.number)][row], revision.last.is_some_and(is_last)))
    }

    /// What links make of an event that no rule is against. `repeats`: it is a newer report of one that counts.
    fn way(&self, columns: &Columns, row: usize, repeats: bool) -> Way {
        let rule = self.book.kind_rule(columns.source[row], columns.kind[row]);
        let (links, original) = (&self.state.links, columns.original[row]);
        let is_linked = rule.original != Original::Never && original != Identity::NONE;
        let mark = if is_linked { links.mark(original) } else { Default::default() };
        let taken_back = mark.void || mark.reversals > u32::from(repeats && rule.reverses);
        if taken_back && rule.holds_after_reversal {
            return Way::Refused(Code::OriginalReversed);
        }
        if taken_back && rule.once {
            return Way::Refused(Code::ReversedAlready);
        }
        if links.mark(columns.identity[row]).void {
            return Way::Refused(Code::Voided);
        }
        if !is_linked {
            return Way::Counts(None);
        }
        match self.state.claimed(original) {
            Some(claim) => Way::Counts(rule.reverses.then_some(claim)),
            None if mark.void && rule.reverses => Way::Void,
            None if mark.void => Way::Counts(None),
            None => match rule.unknown {
                Unknown::Wait => Way::Waits,
                Unknown::Void => Way::Void,
                Unknown::Hold => Way::Refused(Code::OriginalUnknown),
                Unknown::Accept => Way::Counts(None),
            },
        }
    }

    /// Takes note that an original is void. What waits for it is decided next: it will never come.
    fn make_void(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let original = columns.original[row];
        self.scratch.hits.clear();
        self.claim(columns, row, decisions);
        self.link(LinkChange::Voided { original }, decisions);
        self.scratch.voided = Some(original);
    }

    /// Rates and applies an event, in the place of the one that it replaces.
    fn count(
        &mut self,
        columns: &Columns,
        row: usize,
        original: Option<Claim>,
        repeats: bool,
        origin: Origin,
        decisions: &mut Decisions,
    ) -> Outcome {
        if let Some(claim) = &original {
            self.enter_original_days(columns, row, claim);
            if let Some(code) = self.fault_of_days(columns.asset[row]) {
                return Outcome::Refused(code);
            }
        }
        let found_by = self.found_by(columns, row);
        let replaced = found_by.and_then(|found_by| self.state.links.contribution(found_by)).cloned();
        let replaced = replaced.filter(|replaced| !replaced.is_last);
        if found_by.is_some() && replaced.is_none() && !self.state.links.has_room() {
            return Outcome::Refused(Code::WaitingFull);
        }
        let before: &[Part] = replaced.as_ref().map_or(&[], |replaced| &replaced.parts);
        if self.take_out(before).is_err() {
            return Outcome::Refused(Code::AmountTooLarge);
        }
        if self.rate(columns, row).is_err() {
            self.put_back(before);
            return Outcome::Refused(Code::AmountTooLarge);
        }
        let contribution = found_by.map(|found_by| self.contribution(columns, row, found_by, replaced.as_deref()));
        let apart = self.merge_differences(before);
        self.enter(columns, row, origin, decisions);
        self.post_back(before, &apart, origin, decisions);
        if repeats {
            self.reclaim(columns, row, decisions)
        } else {
            self.claim(columns, row, decisions)
        }
        if let Some(contribution) = contribution {
            let contribution = self.placed(contribution);
            let replaced = replaced.map(|replaced| replaced.id.clone());
            self.link(LinkChange::Contributed { contribution, replaced }, decisions);
        }
        let rule = self.book.kind_rule(columns.source[row], columns.kind[row]);
        let names_original = rule.original != Original::Never && columns.original[row] != Identity::NONE;
        if rule.reverses && names_original && !repeats {
            self.link(LinkChange::Reversed { original: columns.original[row] }, decisions);
        }
        self.keep_numbers(columns, row, decisions);
        Outcome::Accepted
    }

    /// By what an event's contribution is to be found; none where nothing can replace it.
    fn found_by(&self, columns: &Columns, row: usize) -> Option<FoundBy> {
        let (identity, original) = (columns.identity[row], columns.original[row]);
        if self.recorded_slot(columns.file).is_some() {
            return Some(FoundBy::Row(identity));
        }
        if self.book.sources[usize::from(columns.source[row].0)].revision.is_some() {
            return Some(FoundBy::Report(identity));
        }
        let rule = self.book.kind_rule(columns.source[row], columns.kind[row]);
        (rule.supersedes && original != Identity::NONE).then_some(FoundBy::Result(original))
    }

    pub(crate) fn link(&mut self, change: LinkChange, decisions: &mut Decisions) {
        self.state.link(&change);
        decisions.links.push(change);
    }

    /// Claims an identity anew: a newer report of an event that counts.
    fn reclaim(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let origin = self.keep_days(decisions);
        let claim = Claim { identity: columns.identity[row], fingerprint: columns.fingerprint[row], origin };
        self.link(LinkChange::Reclaimed(claim), decisions);
    }

    /// What a rated row contributes; its tallies are only known once it is entered.
    fn contribution(
        &self,
        columns: &Columns,
        row: usize,
        found_by: FoundBy,
        replaced: Option<&Contribution>,
    ) -> Contribution {
        let (revision, is_last) = self.revision_of(columns, row).unwrap_or((0, false));
        let mut earlier = replaced.map_or_else(Vec::new, |replaced| replaced.earlier.clone());
        earlier.extend(self.state.claimed(columns.identity[row]).map(|claim| claim.fingerprint));
        if earlier.len() > EARLIER_MAX {
            earlier.remove(0);
        }
        Contribution {
            found_by,
            source: columns.source[row],
            id: columns.id.text(row).into(),
            original: columns.original[row],
            revision,
            is_last,
            earlier,
            parts: self.rated_parts(),
        }
    }

    /// What the rated row will add, hit by hit.
    fn rated_parts(&self) -> Vec<Part> {
        let scratch = &self.scratch;
        let mut parts = Vec::with_capacity(scratch.hits.len());
        for (position, hit) in scratch.hits.iter().enumerate() {
            let until = scratch.hits.get(position + 1).map_or(scratch.postings.len(), |next| next.first_posting);
            let own = scratch.tallies.iter().filter(|&&(of, _, _)| of == position);
            let postings = scratch.postings[hit.first_posting..until].iter().copied();
            parts.push(Part {
                contract: self.plans.rulings[hit.ruling].contract,
                cell: 0,
                sums: own.map(|&(_, slot, value)| (slot, value)).collect(),
                postings: postings.filter(|posting| posting.amount != 0).collect(),
            });
        }
        parts
    }

    /// The contribution with the tallies that its hits entered; of the last report only that it was the last.
    fn placed(&self, mut contribution: Contribution) -> Contribution {
        if contribution.is_last {
            contribution.parts = Vec::new();
        }
        for (part, hit) in contribution.parts.iter_mut().zip(&self.scratch.hits) {
            let group = self.plans.rulings[hit.ruling].group.expect("an entered hit has its group");
            let found = self.state.contracts[usize::from(part.contract)].cell_number(group, hit.days);
            part.cell = found.expect("an entered hit has its tally");
        }
        contribution
    }

    /// Takes parts out of their tallies; where a sum would pass its bound, nothing is changed.
    pub(crate) fn take_out(&mut self, parts: &[Part]) -> Result<(), Overflow> {
        for (taken, part) in parts.iter().enumerate() {
            self.touch(part.contract, part.cell);
            let state = &mut self.state.contracts[usize::from(part.contract)];
            state.mark_stale(part.cell);
            let bound = self.book.contracts[usize::from(part.contract)].tally_bound();
            let fits = |&(slot, value): &(u16, i128)| (state.sums(part.cell)[usize::from(slot)] - value).abs() < bound;
            if !part.sums.iter().all(fits) {
                self.put_back(&parts[..taken]);
                return Err(Overflow);
            }
            let sums = state.sums_mut(part.cell);
            part.sums.iter().for_each(|&(slot, value)| sums[usize::from(slot)] -= value);
        }
        Ok(())
    }

    fn put_back(&mut self, parts: &[Part]) {
        for part in parts {
            let state = &mut self.state.contracts[usize::from(part.contract)];
            let sums = state.sums_mut(part.cell);
            part.sums.iter().for_each(|&(slot, value)| sums[usize::from(slot)] += value);
        }
    }

    /// Takes the postings of parts off those of hits of the same contract and day; gives the positions of the others.
    fn merge_differences(&mut self, before: &[Part]) -> Vec<usize> {
        let mut apart: Vec<usize> = (0..before.len()).filter(|&at| !before[at].postings.is_empty()).collect();
        if apart.is_empty() {
            return apart;
        }
        let rated = std::mem::take(&mut self.scratch.postings);
        for position in 0..self.scratch.hits.len() {
            let hit = self.scratch.hits[position];
            let until = self.scratch.hits.get(position + 1).map_or(rated.len(), |next| next.first_posting);
            let mut own = rated[hit.first_posting..until].to_vec();
            let contract = self.plans.rulings[hit.ruling].contract;
            let state = &self.state.contracts[usize::from(contract)];
            let same =
                |&at: &usize| before[at].contract == contract && state.cell(before[at].cell).days.day == hit.days.day;
            if let Some(found) = apart.iter().position(same)
                && let Some(merged) = difference(&own, &before[apart[found]].postings)
            {
                own = merged;
                apart.remove(found);
            }
            self.scratch.hits[position].first_posting = self.scratch.postings.len();
            self.scratch.postings.extend(own);
        }
        apart
    }

    /// Posts back what is taken out by itself, and makes sure that what moves of a closed period has a place.
    pub(crate) fn post_back(&mut self, parts: &[Part], apart: &[usize], origin: Origin, decisions: &mut Decisions) {
        for (position, part) in parts.iter().enumerate() {
            let cell = self.state.contracts[usize::from(part.contract)].cell(part.cell);
            if !apart.contains(&position) {
                if self.state.contracts[usize::from(part.contract)].periods[cell.period as usize].frozen {
                    self.open_uncut(part.contract, decisions);
                }
                continue;
            }
            let head = self.head_of(part.contract, part.cell, cell.days.day, origin, decisions);
            let back = part.postings.iter().map(|posting| Posting { amount: -posting.amount, ..*posting });
            let back: Vec<Posting> = back.collect();
            decisions.entries.push(head, &back, &self.state.chart);
            self.state.balances.post(&back);
        }
    }
}

/// What is left of postings when others are taken off; none where one would pass its bound.
fn difference(postings: &[Posting], off: &[Posting]) -> Option<Vec<Posting>> {
    let mut merged: Vec<Posting> = postings.iter().copied().filter(|posting| posting.amount != 0).collect();
    for &Posting { account, amount } in off {
        match merged.iter_mut().find(|posting| posting.account == account) {
            Some(posting) => posting.amount -= amount,
            None => merged.push(Posting { account, amount: -amount }),
        }
    }
    merged.iter().all(|posting| posting.amount.abs() < AMOUNT_BOUND).then_some(merged)
}

/// Numbers that an event takes from its original.
impl Engine {
    /// Whether events of an adapter take numbers from their originals.
    pub(crate) fn inherits(&self, columns: &Columns) -> bool {
        !self.book.schemas[usize::from(columns.adapter.0)].inherited.is_empty()
    }

    /// Fills in what a row takes from its original, where that is there.
    pub(crate) fn inherit(&self, columns: &mut Columns, row: usize) {
        let inherited = &self.book.schemas[usize::from(columns.adapter.0)].inherited;
        let Some(numbers) = self.state.links.numbers(columns.original[row]) else { return };
        for (number, field) in numbers.iter().zip(inherited) {
            columns.numbers[usize::from(field.to)][row] = *number;
        }
    }

    fn keep_numbers(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let inherited = &self.book.schemas[usize::from(columns.adapter.0)].inherited;
        if inherited.is_empty() {
            return;
        }
        let numbers = inherited.iter().map(|field| columns.numbers[usize::from(field.from)][row]).collect();
        self.link(LinkChange::Kept { identity: columns.identity[row], numbers }, decisions);
    }
}

/// Waiting that ends.
impl Engine {
    /// When a waiting row is let go; none: never.
    pub(crate) fn expiry_of(&self, columns: &Columns, row: usize) -> Option<Instant> {
        let rule = self.book.kind_rule(columns.source[row], columns.kind[row]);
        let wait = i64::from(rule.expires_after_s?) * MICROS_PER_SECOND;
        // An original that comes at that very moment is in time.
        Some(Instant(self.state.stamp.present()?.0.saturating_add(wait + 1)))
    }

    /// An event has waited for as long as its source says: it goes to a person.
    pub(crate) fn expire(&mut self, sequence: u64, decisions: &mut Decisions) {
        let parked = self.state.unpark(sequence).expect("an event that expires is waiting");
        let outcome = Outcome::Refused(Code::OriginalExpired);
        decisions.counts.held -= 1;
        self.refuse(&parked.columns, 0, Code::OriginalExpired, decisions);
        let columns = Arc::unwrap_or_clone(parked).columns;
        decisions.released.push(Released { sequence, columns, outcome });
    }
}
