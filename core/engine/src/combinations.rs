//! Combinations of words of one source and the rulings that were made for each.
//!
//! Open addressing with linear probing; the words that are compared stand beside what they lead to, so that a look-up
//! touches one or two neighbouring cache lines. Nothing is ever removed: the whole is forgotten at once. At most five
//! eighths full.

use std::ops::Range;
use table::mix;

/// Rulings by combination; as many words for each as the plan of its source has slots.
#[derive(Clone, Debug)]
pub(crate) struct Combinations {
    /// Entries side by side, each of [`HEAD`] numbers and the words; none at all before the first.
    slots: Vec<u32>,
    /// Numbers of one entry.
    stride: usize,
    /// Places less one; they are a power of two.
    mask: usize,
    used: usize,
}

/// One more than the position of the first ruling (0: the place is free), how many there are, kind and asset.
const HEAD: usize = 3;

const PLACES_MIN: usize = 16;

/// The hash of a kind, an asset and words.
#[inline]
pub(crate) fn hash_of(of: u32, words: impl Iterator<Item = u32>) -> u64 {
    words.fold(mix(1, u64::from(of)), |hash, word| mix(hash, u64::from(word)))
}

impl Combinations {
    /// None yet, of so many words each.
    pub(crate) const fn new(words: usize) -> Self {
        Self { slots: Vec::new(), stride: HEAD + words, mask: 0, used: 0 }
    }

    /// Positions of the rulings for a kind, an asset and words.
    #[inline]
    pub(crate) fn find(&self, hash: u64, of: u32, words: impl Iterator<Item = u32> + Clone) -> Option<Range<usize>> {
        let mut place = hash as usize & self.mask;
        loop {
            let entry = self.slots.get(place * self.stride..)?.get(..self.stride)?;
            let [first, rulings, own, ..] = *entry else { return None };
            let from = first.checked_sub(1)? as usize;
            // Compared one by one: keys are short, and a call to compare memory costs more than they do.
            if own == of && entry[HEAD..].iter().zip(words.clone()).all(|(&known, asked)| known == asked) {
                return Some(from..from + rulings as usize);
            }
            place = (place + 1) & self.mask;
        }
    }

    /// Takes in a combination that is not there.
    pub(crate) fn insert(&mut self, of: u32, words: impl Iterator<Item = u32> + Clone, rulings: Range<u32>) {
        let places = self.slots.len() / self.stride;
        if self.used >= places / 8 * 5 {
            self.grow((places * 2).max(PLACES_MIN));
        }
        let at = self.free_place(hash_of(of, words.clone())) * self.stride;
        self.slots[at..at + HEAD].copy_from_slice(&[rulings.start + 1, rulings.end - rulings.start, of]);
        for (known, word) in self.slots[at + HEAD..at + self.stride].iter_mut().zip(words) {
            *known = word;
        }
        self.used += 1;
    }

    fn free_place(&self, hash: u64) -> usize {
        let mut place = hash as usize & self.mask;
        while self.slots[place * self.stride] != 0 {
            place = (place + 1) & self.mask;
        }
        place
    }

    fn grow(&mut self, places: usize) {
        let old = std::mem::replace(&mut self.slots, vec![0; places * self.stride]);
        self.mask = places - 1;
        for entry in old.chunks_exact(self.stride).filter(|entry| entry[0] != 0) {
            let at = self.free_place(hash_of(entry[2], entry[HEAD..].iter().copied())) * self.stride;
            self.slots[at..at + self.stride].copy_from_slice(entry);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeMap;

    #[test]
    fn it_finds_what_a_map_finds() {
        for width in [0_u32, 1, 3] {
            let (mut combinations, mut map) = (Combinations::new(width as usize), BTreeMap::new());
            for number in 0..3_000_u32 {
                let (of, seed) = (number % 7, number % 500);
                let words = (0..width).map(|word| seed.wrapping_mul(word + 1) % 60);
                let key = (of, words.clone().collect::<Vec<_>>());
                let found = combinations.find(hash_of(of, words.clone()), of, words.clone());
                assert_eq!(found, map.get(&key).cloned(), "{key:?}");
                if found.is_none() {
                    combinations.insert(of, words, number..number + 2);
                    map.insert(key, number as usize..number as usize + 2);
                }
            }
        }
    }
}
