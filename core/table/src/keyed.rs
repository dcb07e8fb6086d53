//! Values by 128-bit keys that are hashes already: what identities are looked up in, several times an event.
//!
//! Open addressing with linear probing over slots of key and value side by side, so that a look-up of millions touches
//! one or two neighbouring cache lines, and taking in what was just looked up touches none that is not there. Shards by
//! bits of the key grow one at a time: no batch waits for all to move, and never more than one is held twice. A shard is
//! at most five eighths full. Nothing is ever removed.

use std::ops::Range;

/// Values by keys that are well-mixed and never zero.
#[derive(Clone, Debug)]
pub struct Keyed<V> {
    shards: Box<[Shard<V>]>,
    len: usize,
}

#[derive(Clone, Debug)]
struct Shard<V> {
    /// A power of two, or none at all before the first.
    slots: Vec<Slot<V>>,
    used: usize,
}

/// A key of zero marks a slot that is free.
#[derive(Clone, Copy, Debug, Default)]
struct Slot<V> {
    key: u128,
    value: V,
}

/// Into so many shards keys are spread.
pub const SHARDS: usize = 256;
const SLOTS_MIN: usize = 16;

impl<V: Copy + Default> Default for Keyed<V> {
    fn default() -> Self {
        let shard = || Shard { slots: Vec::new(), used: 0 };
        Self { shards: (0..SHARDS).map(|_| shard()).collect(), len: 0 }
    }
}

impl<V: Copy + Default> Keyed<V> {
    /// The value of a key.
    #[inline]
    #[must_use]
    pub fn find(&self, key: u128) -> Option<&V> {
        let shard = &self.shards[shard_of(key)];
        if shard.slots.is_empty() {
            return None;
        }
        let slot = &shard.slots[shard.place_of(key)];
        (slot.key == key).then_some(&slot.value)
    }

    /// Reads where a key is or would go, for nothing but to have it in the cache. What is read decides no branch, so that
    /// the processor fetches many keys at a time; a caller that sums the results up keeps it from being left out.
    #[inline]
    #[must_use]
    pub fn touch(&self, key: u128) -> usize {
        let slots = &self.shards[shard_of(key)].slots;
        slots.get(key as usize & slots.len().wrapping_sub(1)).map_or(0, |slot| slot.key as usize & 1)
    }

    /// Takes a key in.
    ///
    /// # Panics
    /// Where the key is zero or there already: the caller has looked it up.
    #[inline(always)]
    pub fn insert(&mut self, key: u128, value: V) {
        assert!(key != 0, "zero marks a free slot");
        let shard = &mut self.shards[shard_of(key)];
        if shard.used >= most(shard.slots.len()) {
            shard.grow((shard.slots.len() * 2).max(SLOTS_MIN));
        }
        let place = shard.place_of(key);
        assert!(shard.slots[place].key == 0, "a key is taken in once");
        shard.slots[place] = Slot { key, value };
        shard.used += 1;
        self.len += 1;
    }

    /// Puts another value in the place of a key's.
    ///
    /// # Panics
    /// Where the key is not there.
    pub fn replace(&mut self, key: u128, value: V) {
        let shard = &mut self.shards[shard_of(key)];
        assert!(!shard.slots.is_empty(), "only what is there can be replaced");
        let place = shard.place_of(key);
        assert!(shard.slots[place].key == key, "only what is there can be replaced");
        shard.slots[place].value = value;
    }

    /// Makes room for so many keys in all, spread over the shards as well-mixed keys are.
    pub fn reserve(&mut self, keys: usize) {
        self.reserve_in(0..SHARDS, keys);
    }

    /// Makes the room of [`Keyed::reserve`] in some of the [`SHARDS`] shards, for who spreads the work over many turns.
    pub fn reserve_in(&mut self, shards: Range<usize>, keys: usize) {
        // A sixteenth more, since no shard gets exactly its share.
        let each = keys.div_ceil(SHARDS);
        let wanted = each + each / 16;
        for shard in &mut self.shards[shards] {
            let mut slots = shard.slots.len().max(SLOTS_MIN);
            while most(slots) < wanted {
                slots *= 2;
            }
            if slots > shard.slots.len() {
                shard.grow(slots);
            }
        }
    }

    /// How many keys there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

/// How many of so many slots may be used.
const fn most(slots: usize) -> usize {
    slots / 8 * 5
}

#[inline]
const fn shard_of(key: u128) -> usize {
    (key >> 120) as usize
}

impl<V: Copy + Default> Shard<V> {
    /// The slot of a key, or the free one where it would go.
    #[inline]
    fn place_of(&self, key: u128) -> usize {
        let mask = self.slots.len() - 1;
        let mut place = key as usize & mask;
        while self.slots[place].key != 0 && self.slots[place].key != key {
            place = (place + 1) & mask;
        }
        place
    }

    #[cold]
    fn grow(&mut self, slots: usize) {
        let old = std::mem::replace(&mut self.slots, vec![Slot::default(); slots]);
        for slot in old {
            if slot.key != 0 {
                let place = self.place_of(slot.key);
                self.slots[place] = slot;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix;
    use std::collections::BTreeMap;

    #[test]
    fn it_finds_what_a_map_finds() {
        for reserved in [0, 30_000] {
            let (mut keyed, mut map) = (Keyed::default(), BTreeMap::new());
            keyed.reserve(reserved);
            for number in 0..60_000_u64 {
                let (upper, lower) = (mix(1, number % 40_000), mix(2, number % 40_000));
                let key = (u128::from(upper) << 64) | u128::from(lower);
                assert_eq!(keyed.find(key), map.get(&key), "{number}");
                if map.insert(key, number).is_none() {
                    keyed.insert(key, number);
                } else {
                    map.insert(key, number % 40_000);
                }
            }
            assert_eq!(keyed.len(), 40_000);
            assert_eq!(keyed.find(u128::MAX), None);
        }
    }

    #[test]
    fn keys_that_fall_on_one_place_are_told_apart() {
        let mut keyed = Keyed::default();
        for key in 1..=1_000_u128 {
            keyed.insert(key << 40, key);
        }
        assert!(
            (1..=1_000_u128).all(|key| keyed.find(key << 40) == Some(&key) && keyed.find((key << 40) + 1).is_none())
        );
    }

    #[test]
    fn any_key_may_be_touched() {
        let mut keyed = Keyed::default();
        let touch = |keyed: &Keyed<()>| [0, 7, u128::MAX].map(|key| keyed.touch(key));
        assert_eq!(touch(&keyed), [0; 3]);
        keyed.insert(7, ());
        assert_eq!(touch(&keyed), [0, 1, 0]);
    }

    #[test]
    #[should_panic(expected = "taken in once")]
    fn a_key_is_taken_in_once() {
        let mut keyed = Keyed::default();
        keyed.insert(7, ());
        keyed.insert(7, ());
    }
}
