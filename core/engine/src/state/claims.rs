//! Which identities count: in generations, and in what sealed runs say.
//!
//! New claims go to the young generation; a full one becomes older and is never changed again; the oldest is forgotten once
//! a sealed run holds it. From then on whoever decides hands in, before each batch, what runs say about the identities that
//! the batch may ask for ([`Facts`]). A look-up asks the young generation, the older ones from the newest on, then the
//! facts: what is newer stands before what is older. A book that keeps one generation for ever pays for none of this.

use super::Recent;
use crate::decisions::Claim;
use event::Identity;
use std::collections::VecDeque;
use std::sync::Arc;
use table::{Keyed, SHARDS};

/// What sealed runs say about the identities that the next decisions may ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Facts {
    /// The runs that were asked hold the identities of all frames before this one.
    pub sealed_to: u64,
    /// What was found; of several claims of one identity the last one holds, so older runs come first.
    pub claims: Vec<Claim>,
}

/// So many shards of the next generation are made ready with each batch once the young one is half full.
const PREPARED_AT_ONCE: usize = 2;

/// See the module.
#[derive(Clone, Debug, Default)]
pub(crate) struct Claims {
    young: Keyed<Recent>,
    /// What the young one will be next: made ready shard by shard, since a large one takes longer than a batch may wait.
    next: Keyed<Recent>,
    /// So many shards of it are ready, each with its part of the room for `room` identities.
    ready: usize,
    /// So many identities a generation has.
    room: usize,
    /// From the oldest to the newest.
    older: VecDeque<Arc<Keyed<Recent>>>,
    /// Ascending by identity.
    facts: Facts,
    /// Identities of frames before this one may be forgotten.
    recent_from: u64,
    /// How many identities count, wherever they are kept.
    count: u64,
    /// Whether there is anything to ask besides the young generation.
    layered: bool,
}

impl Claims {
    #[inline]
    pub(crate) fn find(&self, identity: Identity) -> Option<Recent> {
        match self.young.find(identity.0) {
            Some(&found) => Some(found),
            None if self.layered => self.find_older(identity),
            None => None,
        }
    }

    #[inline(never)]
    fn find_older(&self, identity: Identity) -> Option<Recent> {
        let newest = usize::from(cfg!(mutant = "last_generation"));
        let older = self.older.iter().rev().skip(newest).find_map(|generation| generation.find(identity.0));
        older.copied().or_else(|| self.facts.find(identity))
    }

    /// Reads where claims are or would go, for nothing but to have them in the cache; see [`Keyed::touch`].
    #[inline]
    pub(crate) fn touch(&self, identities: &[Identity]) -> usize {
        let in_one = |generation: &Keyed<Recent>| {
            identities.iter().fold(0_usize, |touched, identity| touched.wrapping_add(generation.touch(identity.0)))
        };
        let young = in_one(&self.young);
        self.older.iter().fold(young, |touched, generation| touched.wrapping_add(in_one(generation)))
    }

    pub(crate) fn reserve(&mut self, events: usize) {
        self.room = self.room.max(events);
        self.young.reserve(events);
    }

    /// So many identities a generation will have: room for the next one is made bit by bit, also behind the first.
    pub(crate) fn expect_generations_of(&mut self, identities: usize) {
        self.room = self.room.max(identities);
    }

    /// Makes some more of the next generation ready.
    fn prepare(&mut self, shards: usize) {
        let until = SHARDS.min(self.ready + shards);
        self.next.reserve_in(self.ready..until, self.room);
        self.ready = until;
    }

    /// Takes in an identity that does not count yet.
    #[inline]
    pub(crate) fn insert(&mut self, identity: Identity, recent: Recent) {
        self.young.insert(identity.0, recent);
        self.count += 1;
    }

    /// Puts another claim in the place of one; where that is not in the young generation, the new one stands before it.
    pub(crate) fn replace(&mut self, identity: Identity, recent: Recent) {
        match self.young.find(identity.0) {
            Some(_) => self.young.replace(identity.0, recent),
            None => self.young.insert(identity.0, recent),
        }
    }

    pub(crate) const fn count(&self) -> u64 {
        self.count
    }

    /// Claims of a state that was kept: so many count, and these stay at hand.
    pub(crate) fn kept(count: u64, kept: &[Claim]) -> Self {
        let mut claims = Self { count, ..Self::default() };
        claims.remember(0, kept.iter().copied());
        claims
    }

    /// Takes in claims that are counted already; what comes later stands before what came earlier.
    pub(crate) fn remember(&mut self, recent_from: u64, claims: impl IntoIterator<Item = Claim>) {
        for Claim { identity, fingerprint, origin } in claims {
            self.replace(identity, Recent { fingerprint, origin });
        }
        self.recent_from = recent_from;
    }

    /// The young generation becomes the newest of the older ones; the new one has room for as many.
    pub(crate) fn turn(&mut self) {
        self.room = self.room.max(self.young.len());
        self.prepare(SHARDS);
        let young = std::mem::replace(&mut self.young, std::mem::take(&mut self.next));
        self.older.push_back(Arc::new(young));
        self.ready = 0;
        self.layered = true;
    }

    /// Forgets the oldest generation, but for identities that are still wanted; those of frames from `recent_from` on stay.
    pub(crate) fn forget(&mut self, recent_from: u64, wanted: impl Iterator<Item = Identity>) {
        assert!(recent_from >= self.recent_from, "generations are forgotten in order");
        let oldest = self.older.pop_front().expect("only an older generation is forgotten");
        for identity in wanted {
            let newer = self.young.find(identity.0).is_some()
                || self.older.iter().any(|generation| generation.find(identity.0).is_some());
            if let Some(&recent) = oldest.find(identity.0).filter(|_| !newer) {
                self.young.insert(identity.0, recent);
            }
        }
        self.recent_from = recent_from;
    }

    pub(crate) fn recall(&mut self, mut facts: Facts) {
        // Stable, so that the last of several claims of one identity stays the last.
        facts.claims.sort_by_key(|claim| claim.identity);
        self.facts = facts;
        self.layered = !self.older.is_empty() || !self.facts.claims.is_empty();
        // Where nobody has said how large a generation is, the first one does.
        if self.room > 0 && self.young.len() * 2 >= self.room {
            self.prepare(PREPARED_AT_ONCE);
        }
    }

    /// That nothing which is forgotten here is unknown to the facts at hand.
    #[inline]
    pub(crate) fn assert_covered(&self) {
        if cfg!(mutant = "sealed_to") {
            return;
        }
        assert!(
            self.recent_from == 0 || self.facts.sealed_to >= self.recent_from,
            "identities before frame {} are asked of runs, and the facts reach only to {}",
            self.recent_from,
            self.facts.sealed_to
        );
    }

    /// How many identities each generation has, from the oldest to the young one.
    pub(crate) fn generations(&self) -> Vec<usize> {
        let older = self.older.iter().map(|generation| generation.len());
        older.chain([self.young.len()]).collect()
    }
}

impl Facts {
    fn find(&self, identity: Identity) -> Option<Recent> {
        let behind = self.claims.partition_point(|claim| claim.identity <= identity);
        let claim = self.claims[..behind].last().filter(|claim| claim.identity == identity)?;
        Some(Recent { fingerprint: claim.fingerprint, origin: claim.origin })
    }
}
