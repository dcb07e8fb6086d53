//! Outside records as columns: what reconciliation asks for, batch by batch.
//!
//! Words are kept as texts, because the words of somebody else's report never enter the book's dictionary. A record that
//! fails a check is kept as well: it is an exception, and still what the other side says. One that cannot be read is not.
//! A batch has no more records than a chunk ([`crate::Limits`]).

use calendar::{Date, Instant};
use event::{KindId, Schema, SourceId, Texts};
use money::AssetId;

/// The outside records of one chunk, in order.
#[derive(Clone, Debug, Default)]
pub struct Kept {
    /// Where each comes from.
    pub source: Vec<SourceId>,
    /// What each is.
    pub kind: Vec<KindId>,
    /// The asset of its amounts.
    pub asset: Vec<AssetId>,
    /// Its id as its source writes it.
    pub id: Texts,
    /// When it was received; [`Instant::NONE`] where nothing says so.
    pub received_at: Vec<Instant>,
    /// Line of the file (record number for JSON arrays), from 1.
    pub line: Vec<u64>,
    /// Word fields by slot, after the adapter's mapping.
    pub words: Vec<Texts>,
    /// Amount and number fields by slot, at the slot's scale.
    pub numbers: Vec<Vec<i64>>,
    /// Time fields by slot; [`Instant::NONE`] where blank.
    pub times: Vec<Vec<Instant>>,
    /// Date fields by slot.
    pub dates: Vec<Vec<Date>>,
}

impl Kept {
    /// No records, with the slots of `schema`.
    #[must_use]
    pub fn new(schema: &Schema) -> Self {
        Self {
            words: vec![Texts::default(); schema.words.len()],
            numbers: vec![Vec::new(); schema.numbers.len()],
            times: vec![Vec::new(); schema.times.len()],
            dates: vec![Vec::new(); schema.dates.len()],
            ..Self::default()
        }
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// Removes all and keeps capacity and slots.
    pub fn clear(&mut self) {
        self.source.clear();
        self.kind.clear();
        self.asset.clear();
        self.id.clear();
        self.received_at.clear();
        self.line.clear();
        self.words.iter_mut().for_each(Texts::clear);
        self.numbers.iter_mut().for_each(Vec::clear);
        self.times.iter_mut().for_each(Vec::clear);
        self.dates.iter_mut().for_each(Vec::clear);
    }
}
