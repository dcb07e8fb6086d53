//! Hash tables that are never iterated in hash order.
//!
//! They find and they take in; whoever needs an order keeps a vector beside them. [`Table`] is for thousands of entries
//! of any kind, [`Keyed`] for many millions of keys that are hashes themselves. [`Rows`] are no hash table: they are what
//! else a state keeps in millions, shared with its readers chunk by chunk.

mod keyed;
mod rows;

pub use keyed::{Keyed, SHARDS};
pub use rows::Rows;

use hashbrown::HashTable;

/// Entries of `T` by a 64-bit hash that the caller computes; hashes must be well mixed.
#[derive(Clone, Debug)]
pub struct Table<T> {
    entries: HashTable<T>,
}

impl<T> Default for Table<T> {
    fn default() -> Self {
        Self { entries: HashTable::new() }
    }
}

impl<T> Table<T> {
    /// The entry with this hash for which `is_it` holds.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.entries.find(hash, is_it)
    }

    /// Adds an entry; whether an equal one is there is the caller's business. `hash_of` is asked when the table grows.
    #[inline]
    pub fn insert(&mut self, hash: u64, entry: T, hash_of: impl Fn(&T) -> u64) {
        self.entries.insert_unique(hash, entry, hash_of);
    }

    /// Makes room for so many more entries; for a table that is empty, since nothing is moved.
    pub fn reserve(&mut self, entries: usize) {
        assert!(self.entries.is_empty(), "room is made before the first entry");
        self.entries.reserve(entries, |_| 0);
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.entries.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.entries.is_empty()
    }
}

/// Mixes another number into a hash; good enough for keys of our own making, which nobody chooses against us.
#[inline]
#[must_use]
pub const fn mix(hash: u64, value: u64) -> u64 {
    let product = ((hash ^ value) as u128).wrapping_mul(0x9e37_79b9_7f4a_7c15_f39c_c060_5ced_c835_u128);
    (product as u64) ^ ((product >> 64) as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_put_in_is_found_and_nothing_else() {
        let mut table = Table::default();
        let hash_of = |key: &u64| mix(7, *key);
        for key in (0..20_000).step_by(2) {
            table.insert(hash_of(&key), key, hash_of);
        }
        for key in 0..20_000 {
            assert_eq!(table.find(hash_of(&key), |&found| found == key).is_some(), key % 2 == 0, "{key}");
        }
        assert_eq!(table.len(), 10_000);
    }

    #[test]
    fn mixing_spreads_neighbours() {
        let mut places = [0_u32; 256];
        for key in 0..25_600_u64 {
            places[(mix(mix(0, key), 1) >> 40) as usize & 255] += 1;
        }
        assert!(places.iter().all(|&count| count > 50 && count < 200), "{places:?}");
    }
}
