//! One record as a reconciliation sees it, whatever it is: an outside record, an accepted event, a posting.

use ::reconcile::Place;
use book::reconcile::{Feed, KeyPart};
use calendar::{Date, Instant};
use contract::expression::{Row, WordRef};
use engine::Book;
use event::{Columns, Dictionary, FileId, KindId, SourceId, Texts, Word};
use intake::Kept;
use money::{AssetId, Decimal};
use std::fmt::Write;

/// A record in columns, and its row there.
#[derive(Clone, Copy)]
pub(super) struct Seen<'a> {
    pub(super) id: &'a str,
    /// The id of the event that it names.
    pub(super) original: &'a str,
    pub(super) source: Option<SourceId>,
    pub(super) kind: Option<KindId>,
    pub(super) asset: AssetId,
    pub(super) place: Place,
    /// Number of the entry of a posting.
    pub(super) entry: u64,
    /// Whether its numbers are what it says; else they did not fit.
    pub(super) is_known: bool,
    pub(super) numbers: &'a [Vec<i64>],
    pub(super) times: &'a [Vec<Instant>],
    pub(super) dates: &'a [Vec<Date>],
    pub(super) words: Words<'a>,
    pub(super) row: usize,
}

/// The word fields of a record.
#[derive(Clone, Copy)]
pub(super) enum Words<'a> {
    /// Numbers of the book's dictionary.
    Numbers(&'a [Vec<Word>]),
    /// Columns of texts, of which the dictionary may know some.
    Columns(&'a [Texts]),
    /// One text each.
    Texts(&'a [&'a str]),
}

/// A word that no literal of the book is.
const UNKNOWN: Word = Word(u32::MAX);

impl<'a> Seen<'a> {
    pub(super) fn of_outside(kept: &'a Kept, row: usize, file: FileId) -> Self {
        Self {
            id: kept.id.text(row),
            original: "",
            source: Some(kept.source[row]),
            kind: Some(kept.kind[row]),
            asset: kept.asset[row],
            place: Place { file: file.0, line: kept.line[row] },
            entry: 0,
            is_known: true,
            numbers: &kept.numbers,
            times: &kept.times,
            dates: &kept.dates,
            words: Words::Columns(&kept.words),
            row,
        }
    }

    pub(super) fn of_event(columns: &'a Columns, row: usize) -> Self {
        Self {
            id: columns.id.text(row),
            original: columns.original_id.text(row),
            source: Some(columns.source[row]),
            kind: Some(columns.kind[row]),
            asset: columns.asset[row],
            place: Place { file: columns.file.0, line: columns.line[row] },
            entry: 0,
            is_known: true,
            numbers: &columns.numbers,
            times: &columns.times,
            dates: &columns.dates,
            words: Words::Numbers(&columns.words),
            row,
        }
    }

    /// The record as expressions read it.
    pub(super) fn row<'s>(&'s self, words: &'s dyn Fn(WordRef) -> Word) -> Row<'s> {
        Row { numbers: self.numbers, dates: self.dates, row: self.row, words }
    }

    /// Whether a feed's condition holds; one that cannot be decided does, so that nothing is lost.
    pub(super) fn is_meant(&self, feed: &Feed, book: &Book, dictionary: &Dictionary) -> bool {
        let words = |word| self.word(word, book, dictionary);
        let condition = feed.condition.as_ref();
        condition.is_none_or(|condition| condition.evaluate_condition(&self.row(&words)) != Ok(false))
    }

    /// What conditions see for a word.
    pub(super) fn word(&self, word: WordRef, book: &Book, dictionary: &Dictionary) -> Word {
        match word {
            WordRef::Kind => self.kind.map_or(Word::EMPTY, |kind| book.kind_words[usize::from(kind.0)]),
            WordRef::Source => self.source.map_or(Word::EMPTY, |source| book.sources[usize::from(source.0)].word),
            WordRef::Asset => book.asset_words[usize::from(self.asset.0)],
            WordRef::Slot(slot) => match self.words {
                Words::Numbers(columns) => columns[usize::from(slot)][self.row],
                _ => dictionary.find(self.text(slot, dictionary)).unwrap_or(UNKNOWN),
            },
        }
    }

    /// Appends a part of the key; nothing where it is blank.
    pub(super) fn push_part(&self, key: &mut String, part: KeyPart, book: &Book, dictionary: &Dictionary) {
        let written = match part {
            KeyPart::Id => key.write_str(self.id),
            KeyPart::Original => key.write_str(self.original),
            KeyPart::Source => key.write_str(self.source.map_or("", |source| &book.sources[usize::from(source.0)].id)),
            KeyPart::Kind => key.write_str(self.kind.map_or("", |kind| &book.kinds[usize::from(kind.0)])),
            KeyPart::Entry => write!(key, "{}", self.entry),
            KeyPart::Word(slot) => key.write_str(self.text(slot, dictionary)),
            // Without zeros at its end, so that it is one text whatever the digits of its field.
            KeyPart::Number(slot, scale) => {
                let units = i128::from(self.numbers[usize::from(slot)][self.row]);
                write!(key, "{}", Decimal { mantissa: units, scale }.shortened(0))
            }
            KeyPart::Date(slot) => write!(key, "{}", self.dates[usize::from(slot)][self.row]),
        };
        written.expect("a string takes all that is written");
    }

    fn text<'s>(&self, slot: u16, dictionary: &'s Dictionary) -> &'s str
    where
        'a: 's,
    {
        let slot = usize::from(slot);
        match self.words {
            Words::Numbers(columns) => dictionary.text(columns[slot][self.row]),
            Words::Columns(columns) => columns[slot].text(self.row),
            Words::Texts(texts) => texts[slot],
        }
    }
}
