//! What a book is loaded onto: nothing, or the book as it stands, whose numbers stay.
//!
//! State, log and sums name parties, sources, contracts and words by position. So what the earlier book has is read first
//! and in its order, whatever the order of files and of sections in them, and what is new comes behind: every table is
//! then filled as it was before, and only grows. What is not told by the earlier definition itself stands in [`Memory`].

use crate::Loaded;
use crate::nodes::Value;
use crate::section::Section;
use calendar::{Date, Instant};
use engine::Book;
use event::Dictionary;
use std::collections::BTreeMap;

/// What a book is loaded onto.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// Nothing.
    Nothing {
        /// Key of the identities of its events: drawn once for a book, the same in all its definitions.
        key: u64,
    },
    /// The book as it stands.
    Book {
        /// Its last definition.
        loaded: &'a Loaded,
        /// Its words as they are now: those of its last definition and what its events have brought.
        dictionary: &'a Dictionary,
        /// The moment of the load: nothing new was known before.
        at: Instant,
    },
}

/// What later definitions must know of one besides the book that it made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Memory {
    /// By contract: its versions by position.
    pub(crate) versions: BTreeMap<Box<str>, Vec<KnownVersion>>,
    /// By source: what makes its events unique, as written.
    pub(crate) identities: BTreeMap<Box<str>, String>,
}

/// How a version stood in its file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct KnownVersion {
    pub(crate) valid_from: Date,
    /// `known_from` as stated; the beginning of time where nothing was.
    pub(crate) stated_from: Instant,
    /// From when on it is known: not before its load.
    pub(crate) known_from: Instant,
    /// In which order it was read: the order of measures and dimensions.
    pub(crate) read_as: usize,
}

/// An earlier definition, for those who read the next one.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Earlier<'a> {
    pub(crate) book: &'a Book,
    pub(crate) loaded: &'a Loaded,
    pub(crate) at: Instant,
}

impl<'a> Base<'a> {
    pub(crate) const fn key(&self) -> u64 {
        match self {
            Self::Nothing { key } => *key,
            Self::Book { loaded, .. } => loaded.key,
        }
    }

    pub(crate) const fn earlier(&self) -> Option<Earlier<'a>> {
        match *self {
            Self::Nothing { .. } => None,
            Self::Book { loaded, at, .. } => Some(Earlier { book: &loaded.book, loaded, at }),
        }
    }

    /// The words that have numbers already.
    pub(crate) fn dictionary(&self) -> Dictionary {
        match self {
            Self::Nothing { .. } => Dictionary::default(),
            Self::Book { dictionary, .. } => (*dictionary).clone(),
        }
    }
}

impl<'a> Earlier<'a> {
    /// The versions of a contract by position; none where it is new.
    pub(crate) fn versions(&self, contract: &str) -> Option<&'a [KnownVersion]> {
        self.loaded.memory.versions.get(contract).map(Vec::as_slice)
    }
}

/// Sorts what has names: first what is known, in its order, then the rest as it stands.
pub(crate) fn sort_known<T>(list: &mut [T], known: &[&str], name_of: impl Fn(&T) -> Option<Box<str>>) {
    let positions: BTreeMap<&str, usize> = known.iter().enumerate().map(|(at, name)| (*name, at)).collect();
    let position = |item: &T| name_of(item).and_then(|name| positions.get(&*name).copied());
    list.sort_by_cached_key(|item| position(item).unwrap_or(usize::MAX));
}

/// Files of one folder, the known ones first: each is named by the `id` of its first table.
pub(crate) fn sort_files(files: &mut [Section<'_>], table: &str, known: &[&str]) {
    sort_known(files, known, |file| {
        let Value::Table(entries) = &file.peek(table)?.node.value else { return None };
        let id = entries.iter().find(|entry| entry.key == "id")?;
        if let Value::Text(text) = &id.node.value { Some(text.as_str().into()) } else { None }
    });
}
