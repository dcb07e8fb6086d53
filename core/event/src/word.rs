//! Words: the attribute values of events, interned to dense numbers in order of first appearance.

use std::collections::BTreeMap;
use table::Rows;

/// The most words a book may know; a source that sends more than this puts free text into an attribute.
pub const WORDS_MAX: usize = 1 << 24;

/// A word of a dictionary; its number is its position.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Word(pub u32);

impl Word {
    /// The empty text: what a blank attribute is. Every dictionary begins with it.
    pub const EMPTY: Self = Self(0);
}

/// Words by number and numbers by word. Numbers are given in order of first appearance, so that the same input gives
/// the same numbers; the map is never iterated.
#[derive(Clone, Debug)]
pub struct Dictionary {
    texts: Rows<Box<str>>,
    numbers: BTreeMap<Box<str>, Word>,
}

impl Default for Dictionary {
    fn default() -> Self {
        let mut dictionary = Self { texts: Rows::default(), numbers: BTreeMap::new() };
        dictionary.intern("");
        dictionary
    }
}

impl Dictionary {
    /// The number of `text`, which is given one where it has none yet.
    ///
    /// # Panics
    /// Beyond [`WORDS_MAX`] words; whoever reads foreign input asks [`Dictionary::is_full`] first.
    pub fn intern(&mut self, text: &str) -> Word {
        if let Some(&word) = self.numbers.get(text) {
            return word;
        }
        assert!(!self.is_full(), "a dictionary holds at most {WORDS_MAX} words");
        let word = Word(u32::try_from(self.texts.len()).expect("WORDS_MAX fits 32 bits"));
        self.texts.push(text.into());
        self.numbers.insert(text.into(), word);
        word
    }

    /// The number of `text`, where it has one.
    #[must_use]
    pub fn find(&self, text: &str) -> Option<Word> {
        self.numbers.get(text).copied()
    }

    /// The text of a word of this dictionary.
    ///
    /// # Panics
    /// When the word is of another dictionary.
    #[must_use]
    pub fn text(&self, word: Word) -> &str {
        &self.texts[word.0 as usize]
    }

    /// How many words there are; at least one, the empty one.
    #[must_use]
    pub fn len(&self) -> usize {
        self.texts.len()
    }

    /// Never: the empty word is always there.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        false
    }

    /// Whether no further word may be added.
    #[must_use]
    pub fn is_full(&self) -> bool {
        self.texts.len() >= WORDS_MAX
    }

    /// The texts in order of their numbers, from `first` on.
    #[must_use]
    pub fn texts_from(&self, first: usize) -> Vec<Box<str>> {
        self.texts.iter_from(first).cloned().collect()
    }

    /// The texts in order of their numbers.
    pub fn texts(&self) -> impl Iterator<Item = &str> {
        self.texts.iter().map(|text| &**text)
    }

    /// The texts as they stand now, for a reader of their own.
    #[must_use]
    pub fn share(&mut self) -> Rows<Box<str>> {
        self.texts.share()
    }

    /// The dictionary whose texts these are, in order of their numbers.
    ///
    /// # Panics
    /// Where they do not begin with the empty one, or one stands there twice.
    #[must_use]
    pub fn from_texts(texts: Rows<Box<str>>) -> Self {
        let numbered = (0..).map(Word).zip(texts.iter());
        let numbers: BTreeMap<Box<str>, Word> = numbered.map(|(word, text)| (text.clone(), word)).collect();
        assert!(numbers.len() == texts.len() && numbers.get("") == Some(&Word::EMPTY), "texts are of a dictionary");
        Self { texts, numbers }
    }
}
