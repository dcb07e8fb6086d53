//! Bloom filters over identities: what says "surely not there" of nearly every new identity, for one cache line.
//!
//! **Shape.** A filter is a row of blocks of 64 bytes. An identity belongs to one block, by its upper half, and sets one
//! bit in each of the block's eight words, by its lower half. Identities are keyed hashes, so bits of them are all the
//! hashing there is. The block follows the order of identities: taking in a sorted run, or asking for sorted identities,
//! walks through memory. Blocks lie in pieces of 1 MiB that are made when the first bit is set in them, so that no step
//! of taking in touches much fresh memory.
//!
//! **Layers.** The filter over all runs is a list of layers; a run belongs to the newest layer that had room for it. The
//! first holds [`LayerSizes::first`] identities, each next one eight times as many, at most [`LayerSizes::last`]: as usual
//! 5.4, 43.2 and 72 million, which are 3, 24 and 40 runs. So 100 million identities are three layers: three cache misses
//! that do not wait for each other, and 181 MB at [`BITS_YOUNG`] bits an identity. A full layer says "maybe" wrongly for
//! 0.3 to 0.5 %, so with up to four full layers (192 million) it is ≤ 2 % in all; each further 72 million add as much
//! again, a cache miss, and 108 MB.
//!
//! **Sharing.** Words are atomic: readers of any version of the runs may ask a layer while the keys of a run to come are
//! taken in. What they see more is a "maybe" more. One writer at a time, which [`Adder`] asserts; bits are never cleared.

use event::Identity;
use std::ops::Range;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

/// Bits an identity of the layers over all runs.
pub(crate) const BITS_YOUNG: u64 = 12;
/// Bits an identity of the small filter of each run.
pub(crate) const BITS_RUN: u64 = 8;
/// The most layers there can be: some four thousand million identities.
pub(crate) const LAYERS_MAX: usize = 64;

pub(crate) const WORDS: usize = 8;
pub(crate) const BLOCK_BYTES: usize = WORDS * 8;
const BLOCK_BITS: u64 = 8 * BLOCK_BYTES as u64;
const PIECE_BLOCKS: usize = 16_384;
const GROWTH: u64 = 8;

/// How many identities the layers hold.
#[derive(Clone, Copy, Debug)]
pub struct LayerSizes {
    /// The first layer.
    pub first: u64,
    /// The largest layers.
    pub last: u64,
}

impl Default for LayerSizes {
    fn default() -> Self {
        Self { first: 5_400_000, last: 72_000_000 }
    }
}

/// Which bits of an identity's lower half a filter takes: two filters that are asked one after the other must differ, or
/// the second would repeat the mistakes of the first.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Mix {
    Young,
    Run,
}

/// One Bloom filter of a fixed size.
#[derive(Debug)]
pub(crate) struct Filter {
    pieces: Box<[OnceLock<Box<[Block]>>]>,
    blocks: usize,
    factor: u64,
}

#[derive(Debug, Default)]
#[repr(align(64))]
struct Block([AtomicU64; WORDS]);

/// How many blocks a filter for so many identities has.
pub(crate) fn blocks_for(identities: u64, bits: u64) -> u64 {
    identities.saturating_mul(bits).div_ceil(BLOCK_BITS)
}

impl Filter {
    /// An empty filter with room for so many identities.
    pub(crate) fn with_room(identities: u64, bits: u64, mix: Mix) -> Self {
        let blocks = usize::try_from(blocks_for(identities, bits)).expect("a filter fits the address space");
        let factor = match mix {
            Mix::Young => 1,
            Mix::Run => 0x9E37_79B9_7F4A_7C15,
        };
        Self { pieces: (0..blocks.div_ceil(PIECE_BLOCKS)).map(|_| OnceLock::new()).collect(), blocks, factor }
    }

    /// How many blocks it has.
    pub(crate) const fn blocks(&self) -> usize {
        self.blocks
    }

    /// Whether the identity may have been taken in; `false` is certain.
    #[inline]
    pub(crate) fn may_contain(&self, identity: Identity) -> bool {
        let Some(block) = self.block(self.block_of(identity)) else { return false };
        let bits = self.bits_of(identity);
        let mut all = 1;
        for (at, word) in block.0.iter().enumerate() {
            all &= word.load(Ordering::Relaxed) >> bit(bits, at);
        }
        all != 0
    }

    /// Reads the block of an identity, for nothing but to have it in the cache; what is read decides no branch.
    #[inline]
    pub(crate) fn touch(&self, identity: Identity) -> u64 {
        self.block(self.block_of(identity)).map_or(0, |block| block.0[0].load(Ordering::Relaxed))
    }

    /// Takes an identity in. One thread at a time: a bit that another sets in the same word could be lost.
    #[inline]
    pub(crate) fn insert(&self, identity: Identity) {
        let block = self.block_or_new(self.block_of(identity));
        let bits = self.bits_of(identity);
        for (at, word) in block.0.iter().enumerate() {
            word.store(word.load(Ordering::Relaxed) | 1 << bit(bits, at), Ordering::Relaxed);
        }
    }

    /// The bytes of a block, as they are stored.
    pub(crate) fn block_bytes(&self, at: usize) -> [u8; BLOCK_BYTES] {
        let mut bytes = [0; BLOCK_BYTES];
        if let Some(block) = self.block(at) {
            for (into, word) in bytes.chunks_exact_mut(8).zip(&block.0) {
                into.copy_from_slice(&word.load(Ordering::Relaxed).to_le_bytes());
            }
        }
        bytes
    }

    /// Sets what a stored block has set. One thread at a time.
    pub(crate) fn load_block(&self, at: usize, bytes: &[u8]) {
        let block = self.block_or_new(at);
        for (word, bytes) in block.0.iter().zip(bytes.chunks_exact(8)) {
            let stored = u64::from_le_bytes(bytes.try_into().expect("chunks of eight bytes"));
            word.store(word.load(Ordering::Relaxed) | stored, Ordering::Relaxed);
        }
    }

    /// The upper half says which block, so that blocks are in the order of identities.
    #[inline]
    fn block_of(&self, identity: Identity) -> usize {
        (((identity.0 >> 64) * self.blocks as u128) >> 64) as usize
    }

    /// 48 well-mixed bits at the upper end, six for each word.
    #[inline]
    fn bits_of(&self, identity: Identity) -> u64 {
        (identity.0 as u64).wrapping_mul(self.factor)
    }

    #[inline]
    fn block(&self, at: usize) -> Option<&Block> {
        self.pieces.get(at / PIECE_BLOCKS)?.get().map(|piece| &piece[at % PIECE_BLOCKS])
    }

    #[inline]
    fn block_or_new(&self, at: usize) -> &Block {
        let piece = at / PIECE_BLOCKS;
        let new = || {
            let blocks = PIECE_BLOCKS.min(self.blocks - piece * PIECE_BLOCKS);
            (0..blocks).map(|_| Block::default()).collect()
        };
        &self.pieces[piece].get_or_init(new)[at % PIECE_BLOCKS]
    }
}

/// Which bit of the word at a position an identity sets.
#[inline]
const fn bit(bits: u64, word: usize) -> u64 {
    (bits >> (16 + 6 * word)) & 63
}

/// A filter over neighbouring runs, which grows until it has its number of identities.
#[derive(Debug)]
pub(crate) struct Layer {
    filter: Filter,
    capacity: u64,
    is_being_added_to: AtomicBool,
}

impl Layer {
    /// An empty layer for so many identities.
    pub(crate) fn with_room(capacity: u64) -> Arc<Self> {
        let filter = Filter::with_room(capacity, BITS_YOUNG, Mix::Young);
        Arc::new(Self { filter, capacity, is_being_added_to: AtomicBool::new(false) })
    }

    /// Its filter.
    pub(crate) const fn filter(&self) -> &Filter {
        &self.filter
    }

    /// For how many identities it was made.
    pub(crate) const fn capacity(&self) -> u64 {
        self.capacity
    }

    /// The right to take identities in.
    ///
    /// # Panics
    /// Where somebody has it: two would lose each other's bits, and then an identity.
    pub(crate) fn adder(self: &Arc<Self>) -> Adder {
        let was = self.is_being_added_to.swap(true, Ordering::Acquire);
        assert!(!was, "one run at a time is added to a layer");
        Adder { layer: Arc::clone(self) }
    }
}

/// The right to take identities into a layer; given back when it is dropped.
#[derive(Debug)]
pub(crate) struct Adder {
    layer: Arc<Layer>,
}

impl Adder {
    /// Takes an identity in.
    #[inline]
    pub(crate) fn insert(&self, identity: Identity) {
        self.layer.filter.insert(identity);
    }
}

impl Drop for Adder {
    fn drop(&mut self) {
        self.layer.is_being_added_to.store(false, Ordering::Release);
    }
}

/// The layers over a list of runs, oldest first.
#[derive(Clone, Debug, Default)]
pub(crate) struct Layers {
    list: Vec<LayerOfRuns>,
}

/// A layer and the runs that it covers, by their positions.
#[derive(Clone, Debug)]
pub(crate) struct LayerOfRuns {
    pub(crate) layer: Arc<Layer>,
    pub(crate) runs: Range<usize>,
    /// Claims of these runs.
    pub(crate) claims: u64,
}

impl Layers {
    /// Oldest first.
    pub(crate) fn list(&self) -> &[LayerOfRuns] {
        &self.list
    }

    /// The layer for the next run, with so many claims: the newest where it has room, else an empty one.
    pub(crate) fn for_next(&self, claims: u64, sizes: LayerSizes) -> Arc<Layer> {
        let newest = self.list.last();
        if let Some(newest) = newest.filter(|newest| newest.claims + claims <= newest.layer.capacity) {
            return Arc::clone(&newest.layer);
        }
        let usual = newest.map_or(sizes.first, |newest| newest.layer.capacity.saturating_mul(GROWTH));
        Layer::with_room(usual.min(sizes.last).max(claims).max(1))
    }

    /// Says that the next run, with so many claims, is in a layer that [`Self::for_next`] gave.
    pub(crate) fn push(&mut self, layer: Arc<Layer>, claims: u64) {
        let position = self.list.last().map_or(0, |newest| newest.runs.end);
        match self.list.last_mut() {
            Some(newest) if Arc::ptr_eq(&newest.layer, &layer) => {
                newest.runs.end += 1;
                newest.claims += claims;
            }
            _ => {
                assert!(self.list.len() < LAYERS_MAX, "a book has at most {LAYERS_MAX} layers of identities");
                self.list.push(LayerOfRuns { layer, runs: position..position + 1, claims });
            }
        }
    }

    /// For each identity the layers that may contain it, as bits, oldest lowest.
    pub(crate) fn may_contain(&self, identities: &[Identity], layers: &mut [u64]) {
        layers.fill(0);
        for (number, LayerOfRuns { layer, .. }) in self.list.iter().enumerate() {
            // First all blocks are touched: these reads do not wait for each other, those of asking partly do.
            let touched = identities.iter().fold(0, |sum: u64, own| sum.wrapping_add(layer.filter.touch(*own)));
            std::hint::black_box(touched);
            for (layers, identity) in layers.iter_mut().zip(identities) {
                *layers |= u64::from(layer.filter.may_contain(*identity)) << number;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hashed(number: u64) -> Identity {
        Identity(canon::identity_hash(3, &number.to_le_bytes()))
    }

    /// A full filter passes all that is in it, and of what is not at most so many of 10,000; the small filter of a run
    /// does not repeat the mistakes of the layer above it.
    #[test]
    fn full_filters_err_as_seldom_as_they_say_and_never_say_no_wrongly() {
        const FULL: u64 = 100_000;
        let young = Filter::with_room(FULL, BITS_YOUNG, Mix::Young);
        let run = Filter::with_room(FULL, BITS_RUN, Mix::Run);
        for number in 0..FULL {
            young.insert(hashed(number));
            run.insert(hashed(number));
        }
        assert!((0..FULL).all(|number| young.may_contain(hashed(number)) && run.may_contain(hashed(number))));
        let passed: Vec<Identity> = (FULL..11 * FULL).map(hashed).filter(|own| young.may_contain(*own)).collect();
        let in_ten_thousand = passed.len() as u64 * 10_000 / (10 * FULL);
        assert!((20..=50).contains(&in_ten_thousand), "{in_ten_thousand} of 10,000 pass the layer");
        let twice = passed.iter().filter(|own| run.may_contain(**own)).count() * 100 / passed.len();
        assert!(twice <= 6, "{twice} % of them pass the run's");
    }

    /// Small layers first, then larger ones up to the largest; a run is never divided.
    #[test]
    fn layers_grow_up_to_a_size() {
        let sizes = LayerSizes { first: 100, last: 1_000 };
        let mut layers = Layers::default();
        for claims in [60, 40, 1, 799, 900, 90, 20, 5_000, 1] {
            layers.push(layers.for_next(claims, sizes), claims);
        }
        let shape: Vec<_> = layers.list().iter().map(|own| (own.layer.capacity(), own.runs.clone())).collect();
        assert_eq!(shape, [(100, 0..2), (800, 2..4), (1_000, 4..6), (1_000, 6..7), (5_000, 7..8), (1_000, 8..9)]);
    }

    #[test]
    fn blocks_are_stored_and_read_as_they_are() {
        let filter = Filter::with_room(1_000, BITS_YOUNG, Mix::Young);
        (0..1_000).for_each(|number| filter.insert(hashed(number)));
        let other = Filter::with_room(1_000, BITS_YOUNG, Mix::Young);
        for at in 0..filter.blocks() {
            other.load_block(at, &filter.block_bytes(at));
        }
        assert!((0..20_000).all(|number| filter.may_contain(hashed(number)) == other.may_contain(hashed(number))));
    }
}
