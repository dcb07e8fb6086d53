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

/// The few names of members that an adapter reads, told apart by length and first eight bytes with one multiplication.
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
            let slot = self.slot_of(first_eight(name.as_bytes()), name.len());
            if self.slots[slot] == absent {
                self.slots[slot] = number;
            } else {
                apart = false;
            }
        }
        apart
    }

    #[inline]
    fn slot_of(&self, first: u64, length: usize) -> usize {
        ((first ^ (length as u64) << 59).wrapping_mul(self.multiplier) >> self.shift) as usize
    }

    /// The number of the name in `bytes[from..to]`; `bytes` may go on behind it.
    #[inline]
    pub(crate) fn find(&self, bytes: &[u8], from: usize, to: usize) -> Option<usize> {
        let name = &bytes[from..to];
        let first = match bytes.get(from..from + 8) {
            Some(eight) if name.len() < 8 => {
                let word = u64::from_le_bytes(eight.try_into().expect("eight bytes were taken"));
                word & !(u64::MAX << (8 * name.len()))
            }
            Some(eight) => u64::from_le_bytes(eight.try_into().expect("eight bytes were taken")),
            None => first_eight(name),
        };
        let number = self.slots[self.slot_of(first, name.len())] as usize;
        if self.names.get(number).is_some_and(|found| found.as_bytes() == name) {
            return Some(number);
        }
        if self.apart { None } else { self.find_slowly(name) }
    }

    /// Names that agree in length and in their first eight bytes share a slot.
    #[cold]
    fn find_slowly(&self, name: &[u8]) -> Option<usize> {
        self.names.iter().position(|known| known.as_bytes() == name)
    }
}

/// The first eight bytes, the first one lowest, zeros where there are fewer.
fn first_eight(bytes: &[u8]) -> u64 {
    let mut eight = [0; 8];
    let length = bytes.len().min(8);
    eight[..length].copy_from_slice(&bytes[..length]);
    u64::from_le_bytes(eight)
}
