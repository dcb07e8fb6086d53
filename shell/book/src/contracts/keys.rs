//! What the keys of a contract file are: for which kinds of terms, of which type, with which default, and what they mean.
//!
//! The parser and the reference are made from the same tables. A [`Section`](crate::section::Section) of a contract
//! accepts the keys of its table and no others; it asserts that a key is described as it is read (for this kind,
//! required or not, with these words), and at the end of a sound section that every described key has been read. So no
//! key can be accepted without a description, and none described without being accepted.

mod head;
mod page;
mod term;

pub(crate) use head::FILE;
pub use page::contract_reference;
pub(crate) use term::{KINDS, Kind, RATED};

/// The keys of one table of the file.
#[derive(Debug)]
pub(crate) struct KeyTable {
    /// What the reference calls it.
    pub(crate) heading: &'static str,
    /// What stands in the reference before its keys.
    pub(crate) about: &'static str,
    /// In the order of the reference. A key that means different things for different kinds stands several times.
    pub(crate) keys: &'static [KeyDoc],
}

/// One key of a table.
#[derive(Debug)]
pub(crate) struct KeyDoc {
    pub(crate) key: &'static str,
    /// The kinds of terms that have it; none: the table has it whatever its kind.
    pub(crate) kinds: &'static [Kind],
    pub(crate) form: Form,
    pub(crate) presence: Presence,
    pub(crate) meaning: &'static str,
}

/// What may be written behind a key.
#[derive(Debug)]
pub(crate) enum Form {
    /// What these words say.
    Is(&'static str),
    /// One of fixed words.
    Words(&'static [&'static str]),
    /// One of fixed words, or a table.
    WordsOr(&'static [&'static str], &'static KeyTable),
    /// A table.
    Table(&'static KeyTable),
    /// A list of tables.
    Tables(&'static KeyTable),
    /// Tables, each below a heading `[[…]]`.
    Sections(&'static KeyTable),
    /// Names that the author chooses, each with what these words say or a table.
    Named(&'static str, &'static KeyTable),
}

/// Whether a key must be there.
#[derive(Debug)]
pub(crate) enum Presence {
    Required,
    /// Exactly one of these keys must be there.
    OneOf(&'static [&'static str]),
    /// What holds where the key is absent.
    Default(&'static str),
    /// When it is required, and what holds otherwise.
    Depends(&'static str),
}

/// How the parser is about to read a key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Reading<'k> {
    Required,
    Optional,
    OneOf(&'k [&'static str]),
}

/// The table of a section, narrowed to a kind of term as soon as that is known.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Keys {
    pub(crate) table: &'static KeyTable,
    pub(crate) kind: Option<Kind>,
}

impl Keys {
    /// All keys, each once.
    pub(crate) fn names(self) -> Vec<&'static str> {
        let mut names: Vec<&'static str> = Vec::with_capacity(self.table.keys.len());
        for doc in self.table.keys {
            if !names.contains(&doc.key) {
                names.push(doc.key);
            }
        }
        names
    }

    /// The keys that this kind does not have.
    pub(crate) fn foreign(self) -> Vec<&'static str> {
        let mut names = self.names();
        names.retain(|key| self.described(key).next().is_none());
        names
    }

    /// The descriptions of a key for this kind, of all kinds where it is not known.
    pub(crate) fn described(self, key: &str) -> impl Iterator<Item = &'static KeyDoc> {
        let fits = move |doc: &&KeyDoc| self.kind.is_none_or(|kind| doc.kinds.is_empty() || doc.kinds.contains(&kind));
        self.table.keys.iter().filter(fits).filter(move |doc| doc.key == key)
    }

    /// Asserts that a key is described as it is read.
    pub(crate) fn check(self, key: &str, reading: Reading<'_>) {
        let fits = |doc: &KeyDoc| match (&doc.presence, reading) {
            (Presence::Required | Presence::Depends(_), Reading::Required)
            | (Presence::Default(_) | Presence::Depends(_), Reading::Optional) => true,
            (Presence::OneOf(described), Reading::OneOf(keys)) => *described == keys,
            _ => false,
        };
        let (heading, kind) = (self.table.heading, self.kind);
        assert!(
            self.described(key).any(fits),
            "`{key}` of {heading} ({kind:?}) is described as it is read: {reading:?}"
        );
    }

    /// Asserts that the values of a key are described by these words.
    pub(crate) fn check_words(self, key: &str, words: &[&str]) {
        let fits = |doc: &KeyDoc| doc.form.words().is_some_and(|described| described == words);
        let heading = self.table.heading;
        assert!(self.described(key).any(fits), "the words of `{key}` of {heading} are described: {words:?}");
    }

    /// The table that stands behind a key.
    ///
    /// # Panics
    /// Where the key is described without one: a bug.
    pub(crate) fn below(self, key: &str) -> Self {
        let table = self.described(key).find_map(|doc| doc.form.table());
        let heading = self.table.heading;
        let table = table.unwrap_or_else(|| panic!("the table behind `{key}` of {heading} is described"));
        Self { table, kind: None }
    }
}

impl Form {
    /// The fixed words.
    fn words(&self) -> Option<&'static [&'static str]> {
        match self {
            Self::Words(words) | Self::WordsOr(words, _) => Some(words),
            _ => None,
        }
    }

    /// The table that may stand there.
    fn table(&self) -> Option<&'static KeyTable> {
        match self {
            Self::Is(_) | Self::Words(_) => None,
            Self::WordsOr(_, table)
            | Self::Table(table)
            | Self::Tables(table)
            | Self::Sections(table)
            | Self::Named(_, table) => Some(table),
        }
    }
}

/// A key of a table that has no kinds.
const fn key(key: &'static str, form: Form, presence: Presence, meaning: &'static str) -> KeyDoc {
    key_for(key, &[], form, presence, meaning)
}

/// A key that only these kinds of terms have.
const fn key_for(
    key: &'static str,
    kinds: &'static [Kind],
    form: Form,
    presence: Presence,
    meaning: &'static str,
) -> KeyDoc {
    KeyDoc { key, kinds, form, presence, meaning }
}
