//! The bytes of one file: what a reader sees, what is on the medium, and what lies between.
//!
//! What was written since the last sync is kept as a list. At a crash each write of it is kept, dropped, or torn into
//! sectors of [`SECTOR_BYTES`] of which some arrive; and what arrives may arrive in another order. A failed sync forgets its
//! list: what has not arrived then never will, though readers go on seeing it until the next start.

use crate::coverage::Coverage;
use crate::random::Seeded;

/// What a disk writes whole.
pub const SECTOR_BYTES: usize = 512;

/// One file.
#[derive(Clone, Debug, Default)]
pub(super) struct Content {
    pub(super) seen: Vec<u8>,
    pub(super) durable: Vec<u8>,
    unsynced: Vec<Change>,
}

/// What has not reached the medium yet.
#[derive(Clone, Debug)]
enum Change {
    Write { offset: usize, bytes: Vec<u8> },
    Cut(usize),
}

/// What becomes of all changes of a file at a crash.
#[derive(Clone, Copy, Debug)]
enum Mood {
    AllKept,
    AllDropped,
    /// The first ones are kept, and the next is torn.
    UpTo(usize),
    /// Each by itself, and in any order.
    Wild,
}

/// What becomes of one change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Fate {
    Kept,
    Dropped,
    Torn,
}

impl Content {
    pub(super) fn read(&self, into: &mut [u8], offset: usize) -> usize {
        let Some(behind) = self.seen.get(offset..) else { return 0 };
        let length = behind.len().min(into.len());
        into[..length].copy_from_slice(&behind[..length]);
        length
    }

    pub(super) fn write(&mut self, bytes: &[u8], offset: usize) {
        put(&mut self.seen, bytes, offset);
        self.unsynced.push(Change::Write { offset, bytes: bytes.to_vec() });
    }

    /// A write that readers see and that never reaches its place.
    pub(super) fn write_nowhere(&mut self, bytes: &[u8], offset: usize) {
        put(&mut self.seen, bytes, offset);
    }

    /// What another's write leaves on the medium by mistake.
    pub(super) fn overwrite(&mut self, bytes: &[u8], offset: usize) {
        put(&mut self.durable, bytes, offset);
    }

    pub(super) fn cut(&mut self, length: usize) {
        self.seen.resize(length, 0);
        self.unsynced.push(Change::Cut(length));
    }

    pub(super) fn sync(&mut self) {
        for change in self.unsynced.drain(..) {
            change.apply(&mut self.durable);
        }
    }

    /// Of what was to be synced a part arrives, and the rest is forgotten.
    pub(super) fn fail_sync(&mut self, random: &mut Seeded, counts: &mut Coverage) {
        let mood = mood(self.unsynced.len(), random);
        self.settle(mood, random, &mut Coverage::default());
        counts.note_if("write lost by a failed sync", self.durable != self.seen);
    }

    /// What is on the medium after a crash is what the next start sees.
    pub(super) fn crash(&mut self, random: &mut Seeded, counts: &mut Coverage) {
        let mood = mood(self.unsynced.len(), random);
        self.settle(mood, random, counts);
        self.seen.clone_from(&self.durable);
    }

    /// Lets changes arrive or not.
    fn settle(&mut self, mood: Mood, random: &mut Seeded, counts: &mut Coverage) {
        let mut changes = std::mem::take(&mut self.unsynced);
        if matches!(mood, Mood::Wild) && changes.len() > 1 && random.chance(50) {
            let (one, other) = (random.position(changes.len()), random.position(changes.len()));
            let overlap = changes[one].overlaps(&changes[other]) && one != other;
            changes.swap(one, other);
            counts.note_if("writes reordered", overlap);
        }
        let mut dropped = false;
        for (position, change) in changes.into_iter().enumerate() {
            let fate = fate(mood, position, random);
            let before = self.durable.len();
            match (fate, change) {
                (Fate::Kept, change) => {
                    counts.note_if("later write kept, earlier dropped", dropped);
                    change.apply(&mut self.durable);
                }
                (Fate::Dropped, change) => {
                    dropped |= counts.note_if("write dropped", change.would_change(&self.durable));
                    // The length of a file may arrive without what lies in it.
                    if let Change::Write { offset, bytes } = change
                        && offset + bytes.len() > before
                        && random.chance(15)
                    {
                        counts.note("length without bytes");
                        self.durable.resize(offset + bytes.len(), 0);
                    }
                }
                (Fate::Torn, Change::Write { offset, bytes }) => {
                    tear(&mut self.durable, &bytes, offset, random, counts);
                }
                (Fate::Torn, Change::Cut(_)) => {}
            }
        }
    }
}

impl Change {
    fn apply(&self, to: &mut Vec<u8>) {
        match self {
            Self::Write { offset, bytes } => put(to, bytes, *offset),
            Self::Cut(length) => to.resize(*length, 0),
        }
    }

    fn would_change(&self, durable: &[u8]) -> bool {
        match self {
            Self::Write { offset, bytes } => durable.get(*offset..offset + bytes.len()) != Some(bytes),
            Self::Cut(length) => durable.len() != *length,
        }
    }

    fn overlaps(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Write { offset, bytes }, Self::Write { offset: other, bytes: others }) => {
                *offset < other + others.len() && *other < offset + bytes.len()
            }
            _ => true,
        }
    }
}

fn mood(changes: usize, random: &mut Seeded) -> Mood {
    match random.below(100) {
        0..15 => Mood::AllKept,
        15..35 => Mood::AllDropped,
        35..65 if changes > 0 => Mood::UpTo(random.position(changes)),
        _ => Mood::Wild,
    }
}

fn fate(mood: Mood, position: usize, random: &mut Seeded) -> Fate {
    match mood {
        Mood::AllKept => Fate::Kept,
        Mood::AllDropped => Fate::Dropped,
        Mood::UpTo(torn) if position == torn => Fate::Torn,
        Mood::UpTo(torn) => {
            if position < torn {
                Fate::Kept
            } else {
                Fate::Dropped
            }
        }
        Mood::Wild => random.pick(&[Fate::Kept, Fate::Dropped, Fate::Torn]),
    }
}

/// Lets some sectors of a write arrive: the first ones, the last ones, or any.
fn tear(durable: &mut Vec<u8>, bytes: &[u8], offset: usize, random: &mut Seeded, counts: &mut Coverage) {
    let end = offset + bytes.len();
    let (first, last) = (offset / SECTOR_BYTES, end.saturating_sub(1) / SECTOR_BYTES);
    let border = first + random.position(last - first + 1);
    let how = random.below(3);
    let (mut arrived, mut missing) = (false, false);
    for sector in first..=last {
        let arrives = match how {
            0 => sector < border,
            1 => sector > border,
            _ => random.chance(50),
        };
        let (from, until) = ((sector * SECTOR_BYTES).max(offset), ((sector + 1) * SECTOR_BYTES).min(end));
        let own = &bytes[from - offset..until - offset];
        if arrives {
            put(durable, own, from);
            arrived = true;
        } else {
            missing |= durable.get(from..until) != Some(own);
        }
    }
    counts.note_if("write torn", arrived && missing);
    counts.note_if("write dropped", !arrived && missing);
}

/// Puts bytes at a place of a file, which grows where they lie behind its end.
fn put(into: &mut Vec<u8>, bytes: &[u8], offset: usize) {
    if offset > into.len() {
        into.resize(offset, 0);
    }
    let over = bytes.len().min(into.len() - offset);
    into[offset..offset + over].copy_from_slice(&bytes[..over]);
    into.extend_from_slice(&bytes[over..]);
}
