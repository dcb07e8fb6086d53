//! A hash table that is never iterated in hash order.
//!
//! It finds and it takes in; whoever needs an order keeps a vector beside it. The table is split into shards by the
//! upper bits of the hash, so that growing moves one shard at a time: no batch waits for fifty million entries to move,
//! and never more than one shard is held twice in memory. Hashes come from outside and must be well mixed.

use hashbrown::HashTable;

/// Entries of `T` by a 64-bit hash that the caller computes.
#[derive(Clone, Debug)]
pub struct Table<T> {
    shards: Box<[HashTable<T>]>,
    len: usize,
}

impl<T> Table<T> {
    /// An empty table of one shard, for a few thousand entries.
    #[must_use]
    pub fn small() -> Self {
        Self::with_shards(1)
    }

    /// An empty table of 256 shards, for millions of entries.
    #[must_use]
    pub fn large() -> Self {
        Self::with_shards(256)
    }

    fn with_shards(count: usize) -> Self {
        Self { shards: (0..count).map(|_| HashTable::new()).collect(), len: 0 }
    }

    /// The entry with this hash for which `is_it` holds.
    #[inline]
    pub fn find(&self, hash: u64, is_it: impl FnMut(&T) -> bool) -> Option<&T> {
        self.shards[self.shard_of(hash)].find(hash, is_it)
    }

    /// Adds an entry; whether an equal one is there is the caller's business. `hash_of` is asked when a shard grows.
    #[inline]
    pub fn insert(&mut self, hash: u64, entry: T, hash_of: impl Fn(&T) -> u64) {
        let shard = self.shard_of(hash);
        self.shards[shard].insert_unique(hash, entry, hash_of);
        self.len += 1;
    }

    /// Makes room for so many more entries in all, spread over the shards as well-mixed hashes are.
    pub fn reserve(&mut self, entries: usize, hash_of: impl Fn(&T) -> u64) {
        // A sixteenth more, since no shard gets exactly its share.
        let each = entries.div_ceil(self.shards.len());
        for shard in &mut self.shards {
            shard.reserve(each + each / 16, &hash_of);
        }
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// Removes all entries and gives their memory back.
    pub fn clear(&mut self) {
        for shard in &mut self.shards {
            *shard = HashTable::new();
        }
        self.len = 0;
    }

    // Bits 40 to 47: hashbrown takes the lowest bits for the bucket and the seven highest for the tag.
    #[inline]
    fn shard_of(&self, hash: u64) -> usize {
        (hash >> 40) as usize & (self.shards.len() - 1)
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
        for mut table in [Table::small(), Table::large()] {
            let hash_of = |key: &u64| mix(7, *key);
            for key in (0..20_000).step_by(2) {
                table.insert(hash_of(&key), key, hash_of);
            }
            for key in 0..20_000 {
                assert_eq!(table.find(hash_of(&key), |&found| found == key).is_some(), key % 2 == 0, "{key}");
            }
            assert_eq!(table.len(), 10_000);
            table.clear();
            assert!(table.is_empty() && table.find(hash_of(&0), |_| true).is_none());
        }
    }

    #[test]
    fn mixing_spreads_neighbours_over_shards() {
        let mut shards = [0_u32; 256];
        for key in 0..25_600_u64 {
            shards[(mix(mix(0, key), 1) >> 40) as usize & 255] += 1;
        }
        assert!(shards.iter().all(|&count| count > 50 && count < 200), "{shards:?}");
    }
}
