//! Texts to numbers, fast: the words of a lane, the values that an adapter maps, and the names of JSON members.
//!
//! Open addressing over a power of two with keyed 64-bit hashes; what is found is compared in full. A word's hash is
//! also what the fingerprint of an event takes for the word, so it is computed once and used twice. Nothing is ever
//! removed or iterated in hash order.

use event::{Texts, WORDS_MAX, Word};

/// The words that a lane has met, numbered as they appeared; 0 is the empty one.
#[derive(Clone, Debug)]
pub(crate) struct LaneWords {
    key: u64,
    texts: Texts,
    table: Table,
}

impl LaneWords {
    pub(crate) fn new(key: u64) -> Self {
        let mut words = Self { key, texts: Texts::default(), table: Table::new(64) };
        words.number(words.hash(""), "", &mut Vec::new());
        words
    }

    /// The hash of a word.
    #[inline]
    pub(crate) fn hash(&self, text: &str) -> u64 {
        canon::fingerprint(self.key, text.as_bytes())
    }

    /// The number of a word with its hash; a new one, added to `new_words`, where it has none yet; nothing where the
    /// lane is full.
    #[inline]
    pub(crate) fn number(&mut self, hash: u64, text: &str, new_words: &mut Vec<Box<str>>) -> Option<Word> {
        if let Some(number) = self.table.find(hash, |number| self.texts.text(number as usize) == text) {
            return Some(Word(number));
        }
        self.add(hash, text, new_words)
    }

    #[cold]
    fn add(&mut self, hash: u64, text: &str, new_words: &mut Vec<Box<str>>) -> Option<Word> {
        if self.texts.len() >= WORDS_MAX {
            return None;
        }
        let number = u32::try_from(self.texts.len()).expect("WORDS_MAX fits 32 bits");
        self.texts.push(text);
        self.table.add(hash, number);
        if number > 0 {
            new_words.push(text.into());
        }
        Some(Word(number))
    }
}

/// What each of a few texts means.
#[derive(Clone, Debug)]
pub(crate) struct Meanings<T> {
    key: u64,
    entries: Vec<(Box<str>, T)>,
    table: Table,
}

impl<T: Copy> Meanings<T> {
    pub(crate) fn new(key: u64, entries: impl IntoIterator<Item = (Box<str>, T)>) -> Self {
        let mut meanings = Self { key, entries: Vec::new(), table: Table::new(16) };
        for (text, meaning) in entries {
            if meanings.of(&text).is_none() {
                let number = u32::try_from(meanings.entries.len()).expect("a book's lists fit 32 bits");
                meanings.table.add(canon::fingerprint(key, text.as_bytes()), number);
                meanings.entries.push((text, meaning));
            }
        }
        meanings
    }

    #[inline]
    pub(crate) fn of(&self, text: &str) -> Option<T> {
        let hash = canon::fingerprint(self.key, text.as_bytes());
        let number = self.table.find(hash, |number| &*self.entries[number as usize].0 == text)?;
        Some(self.entries[number as usize].1)
    }
}

/// Numbers by hash; at most half full.
#[derive(Clone, Debug)]
struct Table {
    slots: Vec<(u64, u32)>,
    count: usize,
}

const FREE: u32 = u32::MAX;

impl Table {
    /// With room for half as many entries as slots; `slots` is a power of two.
    fn new(slots: usize) -> Self {
        Self { slots: vec![(0, FREE); slots], count: 0 }
    }

    #[inline]
    fn find(&self, hash: u64, is_it: impl Fn(u32) -> bool) -> Option<u32> {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        loop {
            let (found, number) = self.slots[place];
            if number == FREE {
                return None;
            }
            if found == hash && is_it(number) {
                return Some(number);
            }
            place = (place + 1) & mask;
        }
    }

    fn add(&mut self, hash: u64, number: u32) {
        if self.count * 2 >= self.slots.len() {
            let larger = vec![(0, FREE); self.slots.len() * 2];
            for (hash, number) in std::mem::replace(&mut self.slots, larger) {
                if number != FREE {
                    self.place(hash, number);
                }
            }
        }
        self.place(hash, number);
        self.count += 1;
    }

    fn place(&mut self, hash: u64, number: u32) {
        let mask = self.slots.len() - 1;
        let mut place = hash as usize & mask;
        while self.slots[place].1 != FREE {
            place = (place + 1) & mask;
        }
        self.slots[place] = (hash, number);
    }
}

/// After each 64 attempts to tell names apart the table doubles.
const ATTEMPTS_MAX: u32 = 4 * 64;

/// The few names of members that an adapter reads, told apart by length and ends with one multiplication.
#[derive(Clone, Debug)]
pub(crate) struct Keys {
    names: Vec<Box<str>>,
    multiplier: u64,
    shift: u32,
    /// By the top bits of the product: the number of a name, or one beyond all.
    slots: Vec<u16>,
    /// Whether each name has a slot of its own.
    apart: bool,
}

impl Keys {
    /// Over distinct names, fewer than 65,535.
    pub(crate) fn new(names: Vec<Box<str>>) -> Self {
        let absent = u16::try_from(names.len()).expect("an adapter reads fewer than 65,535 members");
        let mut keys = Self { names, multiplier: 0, shift: 0, slots: Vec::new(), apart: false };
        let bits_min = (keys.names.len() * 2).next_power_of_two().trailing_zeros().max(4);
        for attempt in 0..ATTEMPTS_MAX {
            let bits = bits_min + attempt / 64;
            keys.multiplier = u64::from(attempt + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
            keys.shift = 64 - bits;
            keys.slots = vec![absent; 1 << bits];
            keys.apart = keys.fill(absent);
            if keys.apart {
                break;
            }
        }
        keys
    }

    /// Whether each name has a slot of its own.
    fn fill(&mut self, absent: u16) -> bool {
        let mut apart = true;
        for (number, name) in (0..).zip(&self.names) {
            let slot = self.slot_of(ends_of(name.as_bytes()), name.len());
            if self.slots[slot] == absent {
                self.slots[slot] = number;
            } else {
                apart = false;
            }
        }
        apart
    }

    #[inline]
    fn slot_of(&self, ends: u64, length: usize) -> usize {
        ((ends ^ (length as u64) << 59).wrapping_mul(self.multiplier) >> self.shift) as usize
    }

    /// The number of the name in `bytes[from..to]`; `bytes` may go on behind it.
    #[inline]
    pub(crate) fn find(&self, bytes: &[u8], from: usize, to: usize) -> Option<usize> {
        let name = &bytes[from..to];
        let ends = match bytes.get(from..from + 8) {
            Some(eight) if name.len() < 8 => word_of(eight) & !(u64::MAX << (8 * name.len())),
            _ => ends_of(name),
        };
        let number = self.slots[self.slot_of(ends, name.len())] as usize;
        if self.names.get(number).is_some_and(|found| found.as_bytes() == name) {
            return Some(number);
        }
        if self.apart { None } else { self.find_slowly(name) }
    }

    /// Names that agree in length and at both ends share a slot.
    #[cold]
    fn find_slowly(&self, name: &[u8]) -> Option<usize> {
        self.names.iter().position(|known| known.as_bytes() == name)
    }
}

/// The first eight bytes and the last eight in one word, zeros where there are fewer than eight.
#[inline]
fn ends_of(name: &[u8]) -> u64 {
    match (name.first_chunk::<8>(), name.last_chunk::<8>()) {
        (Some(first), Some(last)) => word_of(first) ^ word_of(last).rotate_left(29),
        _ => {
            let mut eight = [0; 8];
            eight[..name.len()].copy_from_slice(name);
            word_of(&eight)
        }
    }
}

#[inline]
fn word_of(eight: &[u8]) -> u64 {
    u64::from_le_bytes(eight.try_into().expect("eight bytes were taken"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_told_apart() {
        let cases: [&[&str]; 4] = [
            &[],
            &[
                "id",
                "kind",
                "partner",
                "game",
                "currency",
                "amount",
                "ref",
                "occurred_at",
                "received_at",
                "received_on",
            ],
            &["", "a", "b", "ab", "abcdefgh", "abcdefghi", "한국어", "결제 수단"],
            // Only the middle differs, so that they share a slot.
            &["beginning_1_the_end", "beginning_2_the_end", "beginning_3_the_end"],
        ];
        for names in cases {
            let keys = Keys::new(names.iter().map(|name| (*name).into()).collect());
            for other in cases.concat().iter().chain(&["amounts", "beginning_4_the_end", "amoun"]) {
                let text = format!("\"{other}\":");
                let expected = names.iter().position(|name| name == other);
                assert_eq!(keys.find(text.as_bytes(), 1, 1 + other.len()), expected, "{other} among {names:?}");
                assert_eq!(keys.find(other.as_bytes(), 0, other.len()), expected, "{other} alone among {names:?}");
            }
        }
    }

    #[test]
    fn many_words_keep_their_numbers() {
        let mut words = LaneWords::new(3);
        let mut new_words = Vec::new();
        for _ in 0..2 {
            for number in 0..10_000_u32 {
                let text = if number == 0 { String::new() } else { format!("word {number}") };
                let hash = words.hash(&text);
                assert_eq!(words.number(hash, &text, &mut new_words), Some(Word(number)));
            }
        }
        assert_eq!(new_words.len(), 9_999);
    }

    #[test]
    fn words_with_one_hash_are_told_apart() {
        let mut words = LaneWords::new(3);
        let mut new_words = Vec::new();
        let numbers = ["a", "b", "a"].map(|text| words.number(7, text, &mut new_words));
        assert_eq!(numbers, [Some(Word(1)), Some(Word(2)), Some(Word(1))]);
    }
}
