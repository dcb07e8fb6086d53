//! What is kept of links beyond claims: which originals were taken back or made void, what an event that may be replaced
//! has contributed, numbers that later events take from their originals, and the rows of files that others amend.
//!
//! Part of the state, filled by [`LinkChange`]s alone, so that a node that folds holds the same. Only sources that declare
//! something of this kind, and files with file identity, leave anything here. Bounds: [`REPLACEABLE_MAX`] contributions that
//! may still be replaced, [`EARLIER_MAX`] earlier reports of one event; marks, numbers and files are kept for ever, like
//! claims.

use crate::amend::Amendment;
use crate::decisions::{Claim, Resized};
use crate::state::LinkParts;
use canon::{Digest, Digester};
use event::{AdapterId, Columns, FileId, Identity, SourceId};
use ledger::Posting;
use std::collections::BTreeMap;
use std::sync::Arc;

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
    /// A file with file identity named its slot.
    FileTold {
        /// The file.
        file: FileId,
        /// The slot's adapter.
        adapter: AdapterId,
        /// The slot.
        slot: Box<str>,
        /// Whether another file has taken the slot: its rows are held.
        held: bool,
    },
    /// The rows of a file are compared with those of its slot, and are no longer held.
    FileAmends {
        /// The file.
        file: FileId,
        /// What it does.
        amends: Amends,
    },
    /// The first rows of a file with file identity are decided next.
    FileBegan {
        /// The file.
        file: FileId,
    },
    /// The rows of a file that amends a slot begin.
    AmendmentBegan {
        /// The file.
        file: FileId,
        /// Position of the slot.
        slot: u32,
        /// Whether what the file does not have is taken back at its end.
        replaces: bool,
    },
    /// A file that was to amend its slot broke off: it has not done so, and its rows are held until it comes again.
    FileBrokeOff {
        /// The file.
        file: FileId,
    },
    /// The file that amends broke off, or some of its rows are beyond the moment at which the books are looked at: it takes
    /// nothing back.
    AmendmentPartial,
    /// The rows of a file that amends a slot have ended.
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
pub struct Mark {
    /// Events that have taken it back.
    pub reversals: u32,
    /// Whether it was taken back before it came.
    pub void: bool,
}

/// The rows of an amended slot that have one content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AmendedRows {
    /// In order of their coming.
    pub identities: Vec<Identity>,
    /// How many of them the amending file has shown so far.
    pub compared: u32,
}

/// A file with file identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KnownFile {
    /// The slot's adapter.
    pub adapter: AdapterId,
    /// The slot.
    pub slot: Box<str>,
    /// Whether its rows are held, since another file has taken the slot.
    pub held: bool,
    /// Whether rows of it were decided.
    pub begun: bool,
    /// Whether its rows are compared by content, and with what.
    pub amends: Option<Amends>,
}

/// How the rows of a file are compared with those of its slot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Amends {
    /// Position of the slot among those that are amended.
    pub slot: u32,
    /// Digest of the file: part of the identities of its rows.
    pub digest: Digest,
    /// What it does.
    pub amendment: Amendment,
}

impl Amends {
    /// The identity under which a row counts: of its place, as every row's of a file with file identity, and of its file.
    pub(crate) fn identity_of(&self, own: Identity) -> Identity {
        let mut bytes = own.0.to_le_bytes().to_vec();
        bytes.extend_from_slice(&self.digest.0);
        Identity(canon::identity_hash(0, &bytes))
    }
}

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    parts: LinkParts,
    replaceable: usize,
}

impl Links {
    pub(crate) fn from_parts(parts: LinkParts) -> Self {
        let replaceable = parts.contributions.values().filter(|contribution| !contribution.is_last).count();
        Self { parts, replaceable }
    }

    pub(crate) fn parts(&self) -> LinkParts {
        self.parts.clone()
    }

    pub(crate) fn mark(&self, identity: Identity) -> Mark {
        self.parts.marks.find(&identity).copied().unwrap_or_default()
    }

    pub(crate) fn contribution(&self, found_by: FoundBy) -> Option<&Arc<Contribution>> {
        self.parts.contributions.find(&found_by)
    }

    /// Whether room is left for one more contribution that may be replaced.
    pub(crate) fn has_room(&self) -> bool {
        self.replaceable < REPLACEABLE_MAX
    }

    pub(crate) fn numbers(&self, identity: Identity) -> Option<&[i64]> {
        self.parts.numbers.find(&identity).map(|numbers| &**numbers)
    }

    /// Slots that are amended, with the digests of the files that were let in.
    pub(crate) fn amended(&self) -> &[(AdapterId, Box<str>, Vec<Digest>)] {
        &self.parts.amended
    }

    /// The position of a slot that is amended.
    pub(crate) fn slot(&self, adapter: AdapterId, slot: &str) -> Option<u32> {
        let found = self.parts.amended.iter().position(|known| known.0 == adapter && &*known.1 == slot)?;
        Some(u32::try_from(found).expect("amended slots are bounded"))
    }

    pub(crate) fn rows(&self, slot: u32, fingerprint: u64) -> Option<&AmendedRows> {
        self.parts.rows.get(&(slot, fingerprint))
    }

    /// The rows of a slot by content.
    pub(crate) fn rows_of(&self, slot: u32) -> impl Iterator<Item = (u64, &AmendedRows)> {
        self.parts.rows.range((slot, 0)..=(slot, u64::MAX)).map(|(&(_, fingerprint), rows)| (fingerprint, rows))
    }

    /// The slot whose rows are being replaced.
    pub(crate) const fn replacing(&self) -> Option<u32> {
        self.parts.replacing
    }

    /// The amending file whose rows are being decided, and whether all of them have been looked at so far.
    pub(crate) const fn current(&self) -> Option<(FileId, bool)> {
        self.parts.current
    }

    /// Files with file identity.
    pub(crate) fn files(&self) -> &BTreeMap<FileId, KnownFile> {
        &self.parts.files
    }

    /// Whether the rows of a file are held.
    #[inline]
    pub(crate) fn holds(&self, file: FileId) -> bool {
        self.parts.files.get(&file).is_some_and(|known| known.held)
    }

    /// How the rows of a file are compared with its slot, where they are.
    #[inline]
    pub(crate) fn amends(&self, file: FileId) -> Option<&Amends> {
        if self.parts.amended.is_empty() {
            return None;
        }
        self.parts.files.get(&file)?.amends.as_ref()
    }

    /// The identity under which a row counts: its own, or of a file that amends a slot one of its place and file.
    pub(crate) fn identity_of(&self, columns: &Columns, row: usize) -> Identity {
        let own = columns.identity[row];
        self.amends(columns.file).map_or(own, |amends| amends.identity_of(own))
    }

    /// Moves the sums of what was contributed to where the tallies of a contract have them now.
    pub(crate) fn resize(&mut self, resized: &Resized) {
        let own = |part: &Part| part.contract == resized.contract;
        let contributions = self.parts.contributions.iter();
        let moved = contributions.filter(|(_, contribution)| contribution.parts.iter().any(own));
        let moved: Vec<(FoundBy, Arc<Contribution>)> = moved.map(|(by, own)| (*by, Arc::clone(own))).collect();
        for (found_by, mut contribution) in moved {
            let sums = Arc::make_mut(&mut contribution).parts.iter_mut().filter(|part| own(part));
            for (slot, _) in sums.flat_map(|part| &mut part.sums) {
                *slot = resized.places[usize::from(*slot)];
            }
            self.parts.contributions.insert(found_by, contribution);
        }
    }

    /// Applies a change; [`LinkChange::Reclaimed`] is the claims'.
    pub(crate) fn apply(&mut self, change: &LinkChange) {
        let parts = &mut self.parts;
        match change {
            LinkChange::Reversed { original } => parts.marks.entry(*original).reversals += 1,
            LinkChange::Voided { original } => parts.marks.entry(*original).void = true,
            LinkChange::Contributed { contribution, .. } => self.contribute(contribution.clone()),
            LinkChange::Withdrawn { found_by } => self.withdraw(*found_by),
            LinkChange::Kept { identity, numbers } => {
                parts.numbers.insert(*identity, numbers.clone());
            }
            LinkChange::Reclaimed(_) => {}
            _ => self.apply_to_files(change),
        }
    }

    fn apply_to_files(&mut self, change: &LinkChange) {
        let found = match change {
            LinkChange::Amended { adapter, slot, .. } => self.slot(*adapter, slot),
            _ => None,
        };
        let LinkParts { amended, rows, replacing, files, current, .. } = &mut self.parts;
        match change {
            LinkChange::Amended { adapter, slot, digest } => match found {
                Some(found) => amended[found as usize].2.push(*digest),
                None => amended.push((*adapter, slot.clone(), vec![*digest])),
            },
            LinkChange::FileTold { file, adapter, slot, held } => {
                let slot = slot.clone();
                let own = KnownFile { adapter: *adapter, slot, held: false, begun: false, amends: None };
                Arc::make_mut(files).entry(*file).or_insert(own).held |= held;
            }
            LinkChange::FileAmends { file, amends } => {
                let own = known_mut(files, *file);
                (own.held, own.amends) = (false, Some(*amends));
            }
            LinkChange::FileBegan { file } => known_mut(files, *file).begun = true,
            LinkChange::FileBrokeOff { file } => {
                let own = known_mut(files, *file);
                own.held = true;
                let Some(Amends { slot, digest, .. }) = own.amends.take() else { return };
                // The same file may have amended the slot before.
                let mut amending = files.values().filter_map(|known| known.amends);
                if !amending.any(|other| (other.slot, other.digest) == (slot, digest)) {
                    amended[slot as usize].2.retain(|known| *known != digest);
                }
            }
            LinkChange::AmendmentBegan { file, slot, replaces } => {
                (*current, *replacing) = (Some((*file, true)), replaces.then_some(*slot));
                let own = Arc::make_mut(rows).range_mut((*slot, 0)..=(*slot, u64::MAX));
                own.for_each(|(_, rows)| rows.compared = 0);
            }
            LinkChange::AmendmentPartial => *current = current.map(|(file, _)| (file, false)),
            LinkChange::AmendmentEnded => (*current, *replacing) = (None, None),
            LinkChange::Row { slot, fingerprint, identity } => {
                let own = Arc::make_mut(rows).entry((*slot, *fingerprint)).or_default();
                own.identities.push(*identity);
            }
            LinkChange::Compared { slot, fingerprint } => {
                Arc::make_mut(rows).entry((*slot, *fingerprint)).or_default().compared += 1;
            }
            LinkChange::RowsGone { slot, fingerprint, left } => {
                let own = Arc::make_mut(rows).get_mut(&(*slot, *fingerprint)).expect("rows go that are there");
                own.identities.truncate(*left as usize);
            }
            _ => {}
        }
    }

    fn contribute(&mut self, contribution: Contribution) {
        self.withdraw(contribution.found_by);
        self.replaceable += usize::from(!contribution.is_last);
        self.parts.contributions.insert(contribution.found_by, Arc::new(contribution));
    }

    fn withdraw(&mut self, found_by: FoundBy) {
        if let Some(gone) = self.parts.contributions.remove(&found_by) {
            self.replaceable -= usize::from(!gone.is_last);
        }
    }

    /// Adds what later decisions read, but for identities: sums over all, since the order is that of their key.
    pub(crate) fn add_to(&self, digester: &mut Digester) {
        let parts = &self.parts;
        let reversals: u64 = parts.marks.values().map(|mark| u64::from(mark.reversals)).sum();
        let voids = parts.marks.values().filter(|mark| mark.void).count();
        digester.u64(parts.marks.len() as u64).u64(reversals).u64(voids as u64);
        digester.u64(parts.contributions.len() as u64).u64(self.replaceable as u64);
        let (mut revisions, mut earlier, mut added, mut posted) = (0_i64, 0, 0_i128, 0_i64);
        for contribution in parts.contributions.values() {
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
        let numbers = parts.numbers.values().flatten().fold(0_i64, |sum, &number| sum.wrapping_add(number));
        digester.u64(parts.numbers.len() as u64).i64(numbers);
        self.add_files_to(digester);
    }

    fn add_files_to(&self, digester: &mut Digester) {
        for (adapter, slot, digests) in &self.parts.amended {
            digester.u64(u64::from(adapter.0)).text(slot);
            for digest in digests {
                digester.bytes(&digest.0);
            }
        }
        let rows = self.parts.rows.values().map(|rows| rows.identities.len()).sum::<usize>();
        let compared: u64 = self.parts.rows.values().map(|rows| u64::from(rows.compared)).sum();
        digester.u64(rows as u64).u64(compared).u64(u64::from(self.parts.replacing.is_some()));
        for known in self.files().values() {
            digester.u64(u64::from(known.adapter.0)).text(&known.slot);
            digester.u64(u64::from(known.held)).u64(u64::from(known.begun));
            if let Some(Amends { slot, digest, amendment }) = &known.amends {
                digester.u64(u64::from(*slot)).bytes(&digest.0).u64(*amendment as u64);
            }
        }
        digester.u64(self.parts.current.map_or(0, |(_, whole)| 1 + u64::from(whole)));
    }
}

fn known_mut(files: &mut Arc<BTreeMap<FileId, KnownFile>>, file: FileId) -> &mut KnownFile {
    Arc::make_mut(files).get_mut(&file).expect("a file is told before its rows")
}
