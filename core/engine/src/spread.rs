//! Ordered maps that are shared as they stand: what a state keeps for ever by identity.
//!
//! 65,536 small maps by the first bits of the key, behind counted references in two levels. A clone copies 256 references;
//! the next change copies the one small map that it falls into, and the 256 references beside it once. So neither a clone
//! nor a change costs more the more there is. In order of the first bits, then of the keys.

use crate::links::FoundBy;
use event::Identity;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A key that is well-mixed in its first bits.
pub trait Place {
    /// The first 16 bits.
    fn place(&self) -> u16;
}

impl Place for Identity {
    fn place(&self) -> u16 {
        (self.0 >> 112) as u16
    }
}

impl Place for FoundBy {
    fn place(&self) -> u16 {
        let (Self::Report(identity) | Self::Result(identity) | Self::Row(identity)) = self;
        identity.place()
    }
}

/// Values by keys.
#[derive(Clone, Debug)]
pub struct Spread<K, V> {
    maps: Vec<Arc<Maps<K, V>>>,
    /// What all of `maps` are until something comes.
    none: Arc<Maps<K, V>>,
    len: usize,
}

/// Maps of keys that share their first eight bits.
type Maps<K, V> = Vec<Arc<BTreeMap<K, V>>>;

const WIDTH: usize = 256;

impl<K, V> Default for Spread<K, V> {
    fn default() -> Self {
        let none: Arc<Maps<K, V>> = Arc::new(std::iter::repeat_n(Arc::default(), WIDTH).collect());
        Self { maps: vec![Arc::clone(&none); WIDTH], none, len: 0 }
    }
}

impl<K: Place + Ord + Clone, V: Clone> Spread<K, V> {
    fn map(&self, key: &K) -> &BTreeMap<K, V> {
        let [upper, lower] = key.place().to_be_bytes();
        &self.maps[usize::from(upper)][usize::from(lower)]
    }

    fn map_mut(&mut self, key: &K) -> &mut BTreeMap<K, V> {
        let [upper, lower] = key.place().to_be_bytes();
        Arc::make_mut(&mut Arc::make_mut(&mut self.maps[usize::from(upper)])[usize::from(lower)])
    }

    /// The value of a key.
    #[must_use]
    pub fn find(&self, key: &K) -> Option<&V> {
        self.map(key).get(key)
    }

    /// Whether a key is there.
    #[must_use]
    pub fn contains(&self, key: &K) -> bool {
        self.find(key).is_some()
    }

    /// Puts a value in the place of what its key had.
    pub fn insert(&mut self, key: K, value: V) -> Option<V> {
        let before = self.map_mut(&key).insert(key, value);
        self.len += usize::from(before.is_none());
        before
    }

    /// Takes a key out.
    pub fn remove(&mut self, key: &K) -> Option<V> {
        if !self.contains(key) {
            return None;
        }
        self.len -= 1;
        self.map_mut(key).remove(key)
    }

    /// The value of a key, to be changed; a default one where it has none yet.
    pub fn entry(&mut self, key: K) -> &mut V
    where
        V: Default,
    {
        self.len += usize::from(!self.contains(&key));
        self.map_mut(&key).entry(key).or_default()
    }
}

impl<K, V> Spread<K, V> {
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

    /// Keys and values.
    pub fn iter(&self) -> impl Iterator<Item = (&K, &V)> {
        let some = self.maps.iter().filter(|maps| !Arc::ptr_eq(maps, &self.none));
        some.flat_map(|maps| maps.iter()).flat_map(|map| map.iter())
    }

    /// Values.
    pub fn values(&self) -> impl Iterator<Item = &V> {
        self.iter().map(|(_, value)| value)
    }
}

impl<K: Place + Ord + Clone, V: Clone> FromIterator<(K, V)> for Spread<K, V> {
    fn from_iter<I: IntoIterator<Item = (K, V)>>(pairs: I) -> Self {
        let mut spread = Self::default();
        for (key, value) in pairs {
            spread.insert(key, value);
        }
        spread
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use table::mix;

    #[test]
    fn clones_stay_as_they_were() {
        let (mut spread, mut map) = (Spread::default(), BTreeMap::new());
        let mut clones = Vec::new();
        for step in 0..4_000_u64 {
            let drawn = mix(1, step);
            // Some keys share their first bits.
            let key = Identity((u128::from(drawn % 700 / 3) << 100) + u128::from(drawn % 3) + 1);
            match drawn >> 60 {
                0..4 => assert_eq!(spread.remove(&key), map.remove(&key)),
                4..8 => *spread.entry(key) += 1,
                _ => assert_eq!(spread.insert(key, step), map.insert(key, step)),
            }
            if (4..8).contains(&(drawn >> 60)) {
                *map.entry(key).or_default() += 1;
            }
            assert_eq!((spread.find(&key), spread.len()), (map.get(&key), map.len()), "{step}");
            if step % 500 == 0 {
                clones.push((spread.clone(), map.clone()));
            }
        }
        clones.push((map.clone().into_iter().collect(), map));
        for (clone, map) in clones {
            assert!(clone.iter().eq(map.iter()) && clone.values().eq(map.values()));
            assert_eq!(clone.is_empty(), map.is_empty());
        }
    }
}
