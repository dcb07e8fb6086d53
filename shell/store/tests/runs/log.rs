//! The claims of a log that is not there: frames as lists of claims and links, and what its heads would say.

use canon::{Digest, Digester};
use engine::Claim;
use event::Identity;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io;
use std::ops::Range;
use store::runs::{FrameClaims, Gathered, LayerSizes, LogMark};

/// Layers so small that a few frames need several.
pub(crate) const SIZES: LayerSizes = LayerSizes { first: 100, last: 400 };

/// Frame by frame, from 1 on, what it claims, and which originals its events name.
#[derive(Clone, Debug)]
pub(crate) struct Log {
    frames: Vec<Vec<Claim>>,
    originals: Vec<Vec<Identity>>,
}

/// A well-mixed identity.
pub(crate) fn hashed(number: u64) -> Identity {
    Identity(canon::identity_hash(7, &number.to_le_bytes()))
}

pub(crate) fn claim(identity: Identity, number: u32) -> Claim {
    Claim { identity, fingerprint: u64::from(number) ^ 0xF00D_0000_0000, origin: number }
}

/// Frames with many identities that are claimed again, and many that share their upper half.
pub(crate) fn any_log() -> impl Strategy<Value = Log> {
    let mixed = (0_u64..2_000).prop_map(hashed);
    let clustered = (0_u128..300).prop_map(|low| Identity((1 << 127) | low));
    let extreme = prop_oneof![Just(Identity(1)), Just(Identity(u128::MAX - 1)), Just(Identity(u128::MAX >> 64))];
    let identity = prop_oneof![6 => mixed, 3 => clustered, 1 => extreme];
    let frame = (proptest::collection::vec(identity.clone(), 0..120), proptest::collection::vec(identity, 0..30));
    proptest::collection::vec(frame, 1..20).prop_map(|frames| {
        let (claimed, originals) = frames.into_iter().unzip();
        Log { originals, ..Log::of(claimed) }
    })
}

impl Log {
    fn of(frames: Vec<Vec<Identity>>) -> Self {
        let mut number = 0;
        let mut next = |identity| {
            number += 1;
            claim(identity, number - 1)
        };
        let originals = vec![Vec::new(); frames.len()];
        let frames = frames.into_iter().map(|frame| frame.into_iter().map(&mut next).collect()).collect();
        Self { frames, originals }
    }

    /// Frames with so many new identities each.
    pub(crate) fn of_frames(counts: &[u64]) -> Self {
        let mut numbers = 0..;
        Self::of(counts.iter().map(|count| numbers.by_ref().take(*count as usize).map(hashed).collect()).collect())
    }

    /// Every frame but the first names the first ten events.
    pub(crate) fn with_links(mut self) -> Self {
        self.originals[1..].fill((0..10).map(hashed).collect());
        self
    }

    /// The same numbers of claims, by other events.
    pub(crate) fn reverse_last(&mut self) {
        let last = self.frames.len() - 2;
        self.frames[last..].reverse();
    }

    /// The frame after the last.
    pub(crate) fn end(&self) -> u64 {
        1 + self.frames.len() as u64
    }

    /// What it says before a frame.
    pub(crate) fn mark(&self, frame: u64) -> Option<LogMark> {
        let before = self.frames.get(..frame as usize - 1)?;
        let mut chain = Digester::default();
        for claim in before.iter().flatten() {
            chain.i128(claim.identity.0 as i128);
        }
        let identities = before.iter().map(Vec::len).sum::<usize>() as u64;
        Some(if frame == 1 {
            LogMark { identities: 0, chain: Digest([0; 32]) }
        } else {
            LogMark { identities, chain: chain.finish() }
        })
    }

    pub(crate) fn claims(&self, frames: Range<u64>) -> Vec<Claim> {
        self.frames[frames.start as usize - 1..frames.end as usize - 1].concat()
    }

    pub(crate) fn frames(&self, frames: Range<u64>) -> Vec<io::Result<FrameClaims>> {
        let frame = |sequence| {
            let at = sequence as usize - 1;
            let (claims, originals) = (self.frames[at].clone(), self.originals[at].clone());
            Ok(FrameClaims { sequence, after: self.mark(sequence + 1).unwrap(), claims, originals })
        };
        frames.map(frame).collect()
    }

    /// What a run of these frames is to hold.
    pub(crate) fn gathered(&self, frames: Range<u64>) -> Gathered {
        let mut gathered = Gathered::default();
        for frame in self.frames(frames.clone()) {
            gathered.take(frames.start, &frame.unwrap());
        }
        gathered
    }

    /// Frames before one that claim an identity, and those that name it, each from the newest on.
    pub(crate) fn places(&self, until: u64, identity: Identity) -> (Vec<u64>, Vec<u64>) {
        let before = (1..until).rev();
        let claims = before.clone().flat_map(|frame| {
            let own = self.frames[frame as usize - 1].iter().filter(move |claim| claim.identity == identity);
            own.map(move |_| frame)
        });
        let links = before.flat_map(|frame| {
            let named = self.originals[frame as usize - 1].iter().filter(move |original| **original == identity);
            named.map(move |_| frame)
        });
        (claims.collect(), links.collect())
    }

    /// The newest claim of each identity before a frame.
    pub(crate) fn model(&self, until: u64) -> BTreeMap<Identity, Claim> {
        self.claims(1..until).into_iter().map(|claim| (claim.identity, claim)).collect()
    }
}
