//! What a run is made of: claims, and links from an event to its original, each with the frame in which it stands.
//!
//! | at | size | of a claim | of a link |
//! |---:|---:|---|---|
//! | 0 | 16 | its identity | the identity of the original |
//! | 16 | 8 | its fingerprint | zeros |
//! | 24 | 4 | its origin | zeros |
//! | 28 | 4 | the frame, counted from the run's first | the same, with the upper bit set |
//!
//! A link stands under its original: so one page tells where an event stands and which frames name it.

use super::page::{u32_at, u64_at};
use super::{FRAMES_MAX, FrameClaims};
use engine::Claim;
use event::Identity;

pub(super) const ENTRY_BYTES: usize = 32;
/// Tells links from claims.
const LINK: u32 = 1 << 31;

/// An entry of a run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Entry {
    /// The identity that is claimed, or that of the original that an event names.
    pub identity: Identity,
    fingerprint: u64,
    origin: u32,
    place: u32,
}

impl Entry {
    /// Its frame, counted from the first of the run.
    #[must_use]
    pub const fn frame(&self) -> u32 {
        self.place & !LINK
    }

    /// Whether it is a claim; a link otherwise.
    #[must_use]
    pub const fn is_claim(&self) -> bool {
        Self::is_claim_of(self.place)
    }

    pub(super) const fn is_claim_of(place: u32) -> bool {
        place & LINK == 0
    }

    /// What is claimed; none where it is a link.
    #[must_use]
    pub fn claim(&self) -> Option<Claim> {
        let Self { identity, fingerprint, origin, .. } = *self;
        self.is_claim().then_some(Claim { identity, fingerprint, origin })
    }

    /// By what entries are sorted: stably, so that of equal ones the newest stays last.
    #[must_use]
    pub fn order(&self) -> (Identity, bool) {
        (self.identity, self.is_claim())
    }

    pub(super) fn write(&self, into: &mut [u8]) {
        into[..16].copy_from_slice(&self.identity.0.to_le_bytes());
        into[16..24].copy_from_slice(&self.fingerprint.to_le_bytes());
        into[24..28].copy_from_slice(&self.origin.to_le_bytes());
        into[28..32].copy_from_slice(&self.place.to_le_bytes());
    }

    pub(super) fn of_bytes(bytes: &[u8]) -> Self {
        Self {
            identity: Identity(u128::from_le_bytes(bytes[..16].try_into().expect("16 bytes"))),
            fingerprint: u64_at(bytes, 16),
            origin: u32_at(bytes, 24),
            place: u32_at(bytes, 28),
        }
    }
}

/// What frames claim and name, in the order of the log: what the next run will hold.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Gathered {
    entries: Vec<Entry>,
    claims: u64,
}

impl Gathered {
    /// Nothing yet, with room for so many.
    #[must_use]
    pub fn with_room(entries: usize) -> Self {
        Self { entries: Vec::with_capacity(entries), claims: 0 }
    }

    /// Adds a claim of a frame. `from` is the first frame of what is gathered.
    ///
    /// # Panics
    /// Where the frame is not one of [`FRAMES_MAX`] from the first on.
    pub fn claim(&mut self, from: u64, frame: u64, claim: Claim) {
        let Claim { identity, fingerprint, origin } = claim;
        self.entries.push(Entry { identity, fingerprint, origin, place: place(from, frame) });
        self.claims += 1;
    }

    /// Adds that an event of a frame names an original.
    ///
    /// # Panics
    /// As [`Self::claim`].
    pub fn link(&mut self, from: u64, frame: u64, original: Identity) {
        let place = place(from, frame) | LINK;
        self.entries.push(Entry { identity: original, fingerprint: 0, origin: 0, place });
    }

    /// Adds all of a frame.
    ///
    /// # Panics
    /// As [`Self::claim`].
    pub fn take(&mut self, from: u64, frame: &FrameClaims) {
        frame.claims.iter().for_each(|&claim| self.claim(from, frame.sequence, claim));
        frame.originals.iter().for_each(|&original| self.link(from, frame.sequence, original));
    }

    /// How many claims there are.
    #[must_use]
    pub const fn claims(&self) -> u64 {
        self.claims
    }

    /// How many links there are.
    #[must_use]
    pub const fn links(&self) -> u64 {
        self.entries.len() as u64 - self.claims
    }

    /// All entries, in the order of the log.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The same, to keep.
    #[must_use]
    pub fn into_entries(self) -> Vec<Entry> {
        self.entries
    }
}

fn place(from: u64, frame: u64) -> u32 {
    let inside = frame.checked_sub(from).filter(|&inside| inside < FRAMES_MAX);
    u32::try_from(inside.expect("a run is of bounded frames")).expect("it is below 2^31")
}
