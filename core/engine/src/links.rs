//! What is kept of links beyond claims: which originals were taken back or made void, what an event that may be replaced
//! has contributed, numbers that later events take from their originals, and the rows of files that others amend.
//!
//! Part of the state, filled by [`LinkChange`]s alone, so that a node that folds holds the same. Only sources that declare
//! something of this kind leave anything here. Bounds: [`REPLACEABLE_MAX`] contributions that may still be replaced,
//! [`EARLIER_MAX`] earlier reports of one event; marks and numbers are kept for ever, like claims.

use crate::decisions::Claim;
use canon::{Digest, Digester};
use event::{AdapterId, Identity, SourceId};
use ledger::Posting;
use std::collections::BTreeMap;

/// The most events whose contributions are kept because something may replace them; each takes about 200 bytes.
pub const REPLACEABLE_MAX: usize = 1 << 22;

/// Of so many earlier reports of one event it is known that they came; an older one again is a conflict.
pub const EARLIER_MAX: usize = 16;

/// The most files of one slot that amend it, and the most slots that are amended.
pub const AMENDMENTS_MAX: usize = 1 << 12;

/// What a decision changed of links.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LinkChange {
    /// An event that takes its original back counts.
    Reversed {
        /// The original.
        original: Identity,
    },
    /// An event was taken back before it came: it will count nowhere.
    Voided {
        /// The event that did not come.
        original: Identity,
    },
    /// A newer report took the place of an accepted event.
    Reclaimed(Claim),
    /// An event counts that something may replace.
    Contributed {
        /// What it contributed.
        contribution: Contribution,
        /// The id of the event whose contribution was taken back for it.
        replaced: Option<Box<str>>,
    },
    /// A contribution was taken back and nothing stands for it.
    Withdrawn {
        /// By what it was found.
        found_by: FoundBy,
    },
    /// Numbers that later events take from this one.
    Kept {
        /// The event.
        identity: Identity,
        /// Its numbers, in the order in which its adapter's schema lists what is taken.
        numbers: Box<[i64]>,
    },
    /// A file was let into a slot that another has taken.
    Amended {
        /// The slot's adapter.
        adapter: AdapterId,
        /// The slot.
        slot: Box<str>,
        /// Digest of the file.
        digest: Digest,
    },
    /// The rows of a file that amends a slot begin.
    AmendmentBegan {
        /// Position of the slot.
        slot: u32,
        /// Whether what the file does not have is taken back at its end.
        replaces: bool,
    },
    /// The rows of a file that replaces others have ended.
    AmendmentEnded,
    /// A row of an amended slot counts, or waits to count.
    Row {
        /// Position of the slot.
        slot: u32,
        /// Its content.
        fingerprint: u64,
        /// Its identity.
        identity: Identity,
    },
    /// A row of the amending file was compared with the slot.
    Compared {
        /// Position of the slot.
        slot: u32,
        /// Its content.
        fingerprint: u64,
    },
    /// Rows of a content do not stand in the file that replaces them.
    RowsGone {
        /// Position of the slot.
        slot: u32,
        /// Their content.
        fingerprint: u64,
        /// How many of them stay.
        left: u32,
    },
}

/// What a contribution is found by when something comes to replace it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FoundBy {
    /// The event itself: a newer report of it replaces it.
    Report(Identity),
    /// The original: a later result of it replaces it.
    Result(Identity),
    /// The event itself, a row of a file: another file for the same slot replaces it.
    Row(Identity),
}

/// What an accepted event added, exactly as it was entered.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contribution {
    /// By what it is found.
    pub found_by: FoundBy,
    /// Source of the event.
    pub source: SourceId,
    /// Its id as the source writes it.
    pub id: Box<str>,
    /// The original that it names.
    pub original: Identity,
    /// Which report of it this is; 0 where the source does not count them.
    pub revision: i64,
    /// Whether nothing may replace it any more: then its parts are not kept.
    pub is_last: bool,
    /// Fingerprints of reports before it, oldest first.
    pub earlier: Vec<u64>,
    /// What it added, tally by tally.
    pub parts: Vec<Part>,
}

/// What an event added to one tally and posted with it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Part {
    /// Position of the contract.
    pub contract: u16,
    /// Position of the tally in the contract's state.
    pub cell: u32,
    /// Measure or slot behind the measures, and what was added.
    pub sums: Vec<(u16, i128)>,
    /// The postings, none of them zero.
    pub postings: Vec<Posting>,
}

/// What has become of an original.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Mark {
    /// Events that have taken it back.
    pub(crate) reversals: u32,
    /// Whether it was taken back before it came.
    pub(crate) void: bool,
}

/// The rows of an amended slot that have one content.
#[derive(Clone, Debug, Default)]
pub(crate) struct Rows {
    /// In order of their coming.
    pub(crate) identities: Vec<Identity>,
    /// How many of them the amending file has shown so far.
    pub(crate) compared: u32,
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    marks: BTreeMap<Identity, Mark>,
    contributions: BTreeMap<FoundBy, Contribution>,
    replaceable: usize,
    numbers: BTreeMap<Identity, Box<[i64]>>,
    /// Slots that others amend, with the digests of the files that were let in.
    pub(crate) slots: Vec<(AdapterId, Box<str>, Vec<Digest>)>,
    rows: BTreeMap<(u32, u64), Rows>,
    /// The slot whose rows are being replaced.
    pub(crate) replacing: Option<u32>,
}

impl Links {
    pub(crate) fn mark(&self, identity: Identity) -> Mark {
        self.marks.get(&identity).copied().unwrap_or_default()
    }

    pub(crate) fn contribution(&self, found_by: FoundBy) -> Option<&Contribution> {
        self.contributions.get(&found_by)
    }

    /// Whether room is left for one more contribution that may be replaced.
    pub(crate) fn has_room(&self) -> bool {
        self.replaceable < REPLACEABLE_MAX
    }

    pub(crate) fn numbers(&self, identity: Identity) -> Option<&[i64]> {
        self.numbers.get(&identity).map(|numbers| &**numbers)
    }

    /// The position of a slot that is amended.
    pub(crate) fn slot(&self, adapter: AdapterId, slot: &str) -> Option<u32> {
        let found = self.slots.iter().position(|known| known.0 == adapter && &*known.1 == slot)?;
        Some(u32::try_from(found).expect("amended slots are bounded"))
    }

    pub(crate) fn rows(&self, slot: u32, fingerprint: u64) -> Option<&Rows> {
        self.rows.get(&(slot, fingerprint))
    }

    /// The rows of a slot by content.
    pub(crate) fn rows_of(&self, slot: u32) -> impl Iterator<Item = (u64, &Rows)> {
        self.rows.range((slot, 0)..=(slot, u64::MAX)).map(|(&(_, fingerprint), rows)| (fingerprint, rows))
    }

    /// Applies a change; [`LinkChange::Reclaimed`] is the claims'.
    pub(crate) fn apply(&mut self, change: &LinkChange) {
        match change {
            LinkChange::Reversed { original } => self.marks.entry(*original).or_default().reversals += 1,
            LinkChange::Voided { original } => self.marks.entry(*original).or_default().void = true,
            LinkChange::Contributed { contribution, .. } => self.contribute(contribution.clone()),
            LinkChange::Withdrawn { found_by } => self.withdraw(*found_by),
            LinkChange::Kept { identity, numbers } => {
                self.numbers.insert(*identity, numbers.clone());
            }
            LinkChange::Amended { adapter, slot, digest } => match self.slot(*adapter, slot) {
                Some(found) => self.slots[found as usize].2.push(*digest),
                None => self.slots.push((*adapter, slot.clone(), vec![*digest])),
            },
            LinkChange::AmendmentBegan { slot, replaces } => {
                self.replacing = replaces.then_some(*slot);
                self.rows.range_mut((*slot, 0)..=(*slot, u64::MAX)).for_each(|(_, rows)| rows.compared = 0);
            }
            LinkChange::AmendmentEnded => self.replacing = None,
            LinkChange::Row { slot, fingerprint, identity } => {
                self.rows.entry((*slot, *fingerprint)).or_default().identities.push(*identity);
            }
            LinkChange::Compared { slot, fingerprint } => {
                self.rows.entry((*slot, *fingerprint)).or_default().compared += 1;
            }
            LinkChange::RowsGone { slot, fingerprint, left } => {
                let rows = self.rows.get_mut(&(*slot, *fingerprint)).expect("rows go that are there");
                rows.identities.truncate(*left as usize);
            }
            LinkChange::Reclaimed(_) => {}
        }
    }

    fn contribute(&mut self, contribution: Contribution) {
        self.withdraw(contribution.found_by);
        self.replaceable += usize::from(!contribution.is_last);
        self.contributions.insert(contribution.found_by, contribution);
    }

    fn withdraw(&mut self, found_by: FoundBy) {
        if let Some(gone) = self.contributions.remove(&found_by) {
            self.replaceable -= usize::from(!gone.is_last);
        }
    }

    /// Adds what later decisions read, but for identities: sums over all, since the order is that of their key.
    pub(crate) fn add_to(&self, digester: &mut Digester) {
        let reversals: u64 = self.marks.values().map(|mark| u64::from(mark.reversals)).sum();
        let voids = self.marks.values().filter(|mark| mark.void).count();
        digester.u64(self.marks.len() as u64).u64(reversals).u64(voids as u64);
        digester.u64(self.contributions.len() as u64).u64(self.replaceable as u64);
        let (mut revisions, mut earlier, mut added, mut posted) = (0_i64, 0, 0_i128, 0_i64);
        for contribution in self.contributions.values() {
            revisions = revisions.wrapping_add(contribution.revision);
            earlier += contribution.earlier.len();
            for part in &contribution.parts {
                added = part.sums.iter().fold(added, |sum, &(slot, value)| {
                    sum.wrapping_add(value.wrapping_mul(i128::from(part.cell) + i128::from(slot) + 1))
                });
                posted = part.postings.iter().fold(posted, |sum, posting| {
                    sum.wrapping_add(posting.amount.wrapping_mul(i64::from(posting.account.0) + 1))
                });
            }
        }
        digester.i64(revisions).u64(earlier as u64).i128(added).i64(posted);
        let numbers = self.numbers.values().flatten().fold(0_i64, |sum, &number| sum.wrapping_add(number));
        digester.u64(self.numbers.len() as u64).i64(numbers);
        for (adapter, slot, digests) in &self.slots {
            digester.u64(u64::from(adapter.0)).text(slot);
            for digest in digests {
                digester.bytes(&digest.0);
            }
        }
        let rows = self.rows.values().map(|rows| rows.identities.len()).sum::<usize>();
        let compared: u64 = self.rows.values().map(|rows| u64::from(rows.compared)).sum();
        digester.u64(rows as u64).u64(compared).u64(u64::from(self.replacing.is_some()));
    }
}
