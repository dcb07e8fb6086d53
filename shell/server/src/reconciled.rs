//! Reconciliation beside a run: gathers the records of both sides while batches are written, and writes `breaks.csv`.
//!
//! Records are gathered in the order in which batches are written, so the result does not depend on the number of workers.
//! An event that a newer report, a later result or another file took the place of is taken out again at the end.
//! Words come as numbers; their texts are kept here, by the words that each decision adds. What is gathered is bounded by
//! [`reconcile::RECORDS_MAX`] for each side; a run that needs more is refused by name. Without a reconciliation nothing
//! here costs anything.

mod row;
mod written;

pub(crate) use written::write;

use crate::failure::Failure;
use ::reconcile::{Full, Place, Record, Records};
use book::reconcile::{Complete, DayOf, Feed, KeyPart, Listing, ReconciledSide, Reconciliation};
use calendar::{Date, Instant};
use contract::expression::Expression;
use engine::{Book, Decisions, LinkChange, Outcome};
use event::{AdapterId, Columns, Dictionary, FileId, KindId, Source, SourceId};
use intake::Kept;
use intake::adapter::{Adapter, IdentityPlan};
use ledger::{Account, Chart, EntryHead, Origin, Posting};
use row::Seen;
use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Stands for the number of a file where a record is an entry.
const ENTRY_FILE: u32 = u32::MAX;

/// The records of all reconciliations of a run.
#[derive(Debug)]
pub(crate) struct Gathered {
    book: Arc<Book>,
    list: Vec<Gathering>,
    dictionary: Dictionary,
    /// Names of accounts by number.
    accounts: Vec<String>,
    as_of: Option<Instant>,
    /// Whether events of a source may be replaced, by number of the source.
    replaceable: Vec<bool>,
    /// How many events of a source and id were replaced: the first ones.
    replaced: BTreeMap<(SourceId, Box<str>), u32>,
    /// The first reconciliation that has more records than are reconciled.
    full: Option<Box<str>>,
}

/// One reconciliation and its records.
#[derive(Debug)]
struct Gathering {
    of: Reconciliation,
    left: Taken,
    right: Taken,
}

/// The records of one side so far.
#[derive(Debug)]
struct Taken {
    records: Records,
    /// Of events, beside each record: its source, and whether the side's condition holds for it.
    events: Vec<(SourceId, bool)>,
}

impl Taken {
    fn new(amounts: usize) -> Self {
        Self { records: Records::new(amounts), events: Vec::new() }
    }

    /// The records without those of replaced events, and without those that were only taken to find them.
    fn remaining(&self, replaced: &BTreeMap<(SourceId, Box<str>), u32>) -> Cow<'_, Records> {
        if self.events.is_empty() || replaced.is_empty() && self.events.iter().all(|(_, is_meant)| *is_meant) {
            return Cow::Borrowed(&self.records);
        }
        let mut left = replaced.clone();
        let mut holds = Vec::with_capacity(self.events.len());
        for (record, (source, is_meant)) in (0..).zip(&self.events) {
            let count = left.get_mut(&(*source, self.records.id(record).into())).filter(|count| **count > 0);
            let is_replaced = count.is_some();
            count.into_iter().for_each(|count| *count -= 1);
            holds.push(*is_meant && !is_replaced);
        }
        Cow::Owned(self.records.only(|record| holds.get(record as usize).copied().unwrap_or(true)))
    }
}

/// Whether some reconciliation asks for the records of an outside adapter.
pub(crate) fn keeps(reconciliations: &[Reconciliation], adapter: AdapterId) -> bool {
    let asks = |side: &ReconciledSide| {
        side.listing == Listing::Outside && side.feeds.iter().any(|feed| feed.adapter == adapter)
    };
    reconciliations.iter().any(|one| asks(&one.left) || asks(&one.right))
}

impl Gathered {
    /// Nothing yet.
    pub(crate) fn new(
        book: &Arc<Book>,
        adapters: &[Adapter],
        reconciliations: &[Reconciliation],
        as_of: Option<Instant>,
    ) -> Self {
        let gathering = |of: &Reconciliation| {
            let amounts = of.rule.amounts.len();
            Gathering { of: of.clone(), left: Taken::new(amounts), right: Taken::new(amounts) }
        };
        let has_file_identity = |source: SourceId| {
            let plans = adapters.iter().flat_map(|adapter| &adapter.sources);
            plans.into_iter().any(|plan| plan.id == source && matches!(plan.identity, IdentityPlan::File { .. }))
        };
        let may_be_replaced = |(number, source): (u16, &Source)| {
            let supersedes = source.kinds.iter().flatten().any(|rule| rule.supersedes);
            source.revision.is_some() || supersedes || has_file_identity(SourceId(number))
        };
        Self {
            book: Arc::clone(book),
            list: reconciliations.iter().map(gathering).collect(),
            dictionary: if reconciliations.is_empty() { Dictionary::default() } else { book.dictionary.clone() },
            accounts: Vec::new(),
            as_of,
            replaceable: (0..).zip(&book.sources).map(may_be_replaced).collect(),
            replaced: BTreeMap::new(),
            full: None,
        }
    }

    /// Takes the outside records of a chunk.
    pub(crate) fn take_outside(&mut self, adapter: AdapterId, file: FileId, kept: Option<&Kept>) {
        let Some(kept) = kept else { return };
        for row in 0..kept.len() {
            let is_later = |as_of: Instant| !kept.received_at[row].is_none() && kept.received_at[row] > as_of;
            if self.as_of.is_some_and(is_later) {
                continue;
            }
            let seen = Seen::of_outside(kept, row, file);
            self.take(&seen, |listing, feed| {
                *listing == Listing::Outside && feed.adapter == adapter && feed.sources.contains(&kept.source[row])
            });
        }
    }

    /// Takes the accepted events of a batch and the postings that it made.
    pub(crate) fn take_decided<'d>(
        &mut self,
        columns: &Columns,
        chart: &Chart,
        parts: impl Iterator<Item = (u64, &'d Decisions)>,
    ) {
        if self.list.is_empty() {
            return;
        }
        self.learn(chart);
        for (first_entry, decisions) in parts {
            for word in &decisions.words {
                self.dictionary.intern(word);
            }
            for (row, outcome) in decisions.rows.clone().zip(&decisions.outcomes) {
                if *outcome == Outcome::Accepted {
                    self.take_event(columns, row);
                }
            }
            for released in decisions.released.iter().filter(|released| released.outcome == Outcome::Accepted) {
                self.take_event(&released.columns, 0);
            }
            self.note_replaced(decisions);
            self.take_postings(columns, decisions, first_entry, chart);
        }
    }

    /// Notes which events no longer count.
    fn note_replaced(&mut self, decisions: &Decisions) {
        for change in &decisions.links {
            if let LinkChange::Contributed { contribution, replaced: Some(id) } = change {
                *self.replaced.entry((contribution.source, id.clone())).or_default() += 1;
            }
        }
        for gone in &decisions.withdrawn {
            *self.replaced.entry((gone.source, gone.id.clone())).or_default() += 1;
        }
    }

    fn take_event(&mut self, columns: &Columns, row: usize) {
        let (adapter, source) = (columns.adapter, columns.source[row]);
        let seen = Seen::of_event(columns, row);
        self.take(&seen, |listing, feed| {
            *listing == Listing::Events && feed.adapter == adapter && feed.sources.contains(&source)
        });
    }

    fn take_postings(&mut self, columns: &Columns, decisions: &Decisions, first_entry: u64, chart: &Chart) {
        let asks = |side: &ReconciledSide| matches!(side.listing, Listing::Postings(_));
        if !self.list.iter().any(|one| asks(&one.of.left) || asks(&one.of.right)) {
            return;
        }
        for (entry, (head, postings)) in (first_entry..).zip(decisions.entries.iter()) {
            for posting in postings {
                self.take_posting((entry, head, posting), event_of(columns, decisions, head.origin), chart);
            }
        }
    }

    fn take_posting(
        &mut self,
        (entry, head, posting): (u64, &EntryHead, &Posting),
        event: Option<OfEvent<'_>>,
        chart: &Chart,
    ) {
        let account = std::mem::take(&mut self.accounts[posting.account.0 as usize]);
        let asset = chart.account(posting.account).asset();
        let scale = self.book.assets.iter().map(|asset| asset.digits).max().unwrap_or(0);
        let steps = scale - self.book.assets[usize::from(asset.0)].digits;
        // A posting too large for the common scale is a record whose amounts are not known.
        let amount = 10_i64.checked_pow(u32::from(steps)).and_then(|power| posting.amount.checked_mul(power));
        let contract = self.book.contracts.get(usize::from(head.contract)).map_or("", |contract| &contract.id);
        let contract: Box<str> = contract.into();
        let seen = Seen {
            id: event.as_ref().map_or("", |event| event.id),
            original: "",
            source: event.as_ref().map(|event| event.source),
            kind: event.and_then(|event| event.kind),
            asset,
            place: Place { file: ENTRY_FILE, line: entry },
            entry,
            is_known: amount.is_some(),
            numbers: &[vec![amount.unwrap_or(0)]],
            times: &[],
            dates: &[vec![head.dated_on], vec![head.period_on]],
            words: row::Words::Texts(&[&contract, documents::origin_name(head.origin), &account]),
            row: 0,
        };
        let is_meant = |pattern: &str| {
            let party = account.find(':').unwrap_or(account.len());
            pattern == account || pattern.strip_prefix('*').is_some_and(|rest| rest == &account[party..])
        };
        self.take(&seen, |listing, _| {
            if let Listing::Postings(accounts) = listing {
                return accounts.iter().any(|pattern| is_meant(pattern));
            }
            false
        });
        self.accounts[posting.account.0 as usize] = account;
    }

    /// Learns the names of accounts that were opened.
    fn learn(&mut self, chart: &Chart) {
        let names = documents::Names { book: &self.book, word: &|_| "" };
        let opened: Vec<String> =
            chart.accounts_from(self.accounts.len()).iter().map(|&account: &Account| names.account(account)).collect();
        self.accounts.extend(opened);
    }

    /// Adds a record to every side that asks for it.
    fn take(&mut self, seen: &Seen<'_>, is_asked: impl Fn(&Listing, &Feed) -> bool) {
        let (book, dictionary) = (&*self.book, &self.dictionary);
        let may_be_replaced = seen.source.is_some_and(|source| self.replaceable[usize::from(source.0)]);
        for one in &mut self.list {
            let sides = [(&one.of.left, &mut one.left), (&one.of.right, &mut one.right)];
            for (side, taken) in sides {
                for feed in side.feeds.iter().filter(|feed| is_asked(&side.listing, feed)) {
                    let is_event = side.listing == Listing::Events;
                    let is_meant = seen.is_meant(feed, book, dictionary);
                    let is_taken = is_meant || is_event && may_be_replaced;
                    if !is_taken {
                        continue;
                    }
                    if take_into(&mut taken.records, feed, seen, (book, dictionary), &one.of).is_err() {
                        self.full.get_or_insert_with(|| one.of.id.clone());
                    } else if let Some(source) = seen.source.filter(|_| is_event) {
                        taken.events.push((source, is_meant));
                    }
                }
            }
        }
    }

    /// Refuses a run with more records than are reconciled.
    fn check_bounds(&self) -> Result<(), Failure> {
        match &self.full {
            Some(reconciliation) => Err(Failure::ReconciliationFull { reconciliation: reconciliation.to_string() }),
            None => Ok(()),
        }
    }
}

/// The event that an entry belongs to.
struct OfEvent<'e> {
    source: SourceId,
    kind: Option<KindId>,
    id: &'e str,
}

fn event_of<'e>(columns: &'e Columns, decisions: &'e Decisions, origin: Origin) -> Option<OfEvent<'e>> {
    let (columns, row) = match origin {
        Origin::Event { row } => (columns, row as usize),
        Origin::Released { position } => (&decisions.released[position as usize].columns, 0),
        Origin::Withdrawn { position } => {
            let gone = &decisions.withdrawn[position as usize];
            return Some(OfEvent { source: gone.source, kind: None, id: &gone.id });
        }
        _ => return None,
    };
    Some(OfEvent { source: columns.source[row], kind: Some(columns.kind[row]), id: columns.id.text(row) })
}

/// Adds a record to a side. What does not fit is taken with unknown amounts: it is not lost.
fn take_into(
    records: &mut Records,
    feed: &Feed,
    seen: &Seen<'_>,
    (book, dictionary): (&Book, &Dictionary),
    of: &Reconciliation,
) -> Result<(), Full> {
    let words = |word| seen.word(word, book, dictionary);
    let row = seen.row(&words);
    let amount = |(expression, &scale): (&Expression, &u8)| {
        let units = expression.evaluate_number(&row).ok().filter(|_| seen.is_known)?;
        let power = money::power_of_ten(scale - expression.scale())?;
        units.checked_mul(power)
    };
    let amounts: Vec<Option<i128>> = feed.amounts.iter().zip(&of.scales).map(amount).collect();
    let on = match feed.day {
        Some(DayOf::Date(slot)) => Some(seen.dates[usize::from(slot)][seen.row]),
        Some(DayOf::Time(slot)) => day_of(seen.times[usize::from(slot)][seen.row], book, of),
        None => None,
    };
    let is_complete = match &feed.complete {
        Complete::Always => true,
        Complete::Never => false,
        Complete::Where(condition) => condition.evaluate_condition(&row) == Ok(true),
    };
    let key = key_of(&feed.key, seen, book, dictionary);
    let (id, asset, place) = (seen.id, seen.asset, seen.place);
    records.push(&Record { key: &key, id, asset, on, is_complete, place, amounts: &amounts })
}

fn day_of(at: Instant, book: &Book, of: &Reconciliation) -> Option<Date> {
    let zone = &book.zones[usize::from(of.zone.0)];
    at.present().map(|at| zone.local(at).date())
}

/// The key of a record; blank where a part of it is.
fn key_of(parts: &[KeyPart], seen: &Seen<'_>, book: &Book, dictionary: &Dictionary) -> String {
    let mut key = String::new();
    for (position, part) in parts.iter().enumerate() {
        let before = key.len() + usize::from(position > 0);
        if position > 0 {
            key.push('|');
        }
        seen.push_part(&mut key, *part, book, dictionary);
        if key.len() == before {
            return String::new();
        }
    }
    key
}
