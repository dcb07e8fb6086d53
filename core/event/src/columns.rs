//! A batch of events in columns: one vector a field, one index a row.
//!
//! A batch holds events of one adapter and one file, at most [`BATCH_ROWS_MAX`] rows, so that it fits the second-level
//! cache. Rows that could not become events stand beside them as refusals, each with the row before which it stood,
//! so that nothing of the input is lost from the count. Batches are recycled: [`Columns::clear`] keeps all capacity.

use crate::{AdapterId, Code, KindId, Schema, SourceId, Word};
use calendar::{Date, Instant};
use money::AssetId;

/// The most rows of one batch, refusals not counted.
pub const BATCH_ROWS_MAX: usize = 4096;

/// The most characters of a foreign value that are kept as evidence.
pub const EVIDENCE_CHARS_MAX: usize = 200;

/// The beginning of a foreign value: what is kept of it as evidence.
#[must_use]
pub fn evidence(value: &str) -> &str {
    value.char_indices().nth(EVIDENCE_CHARS_MAX).map_or(value, |(end, _)| &value[..end])
}

/// The position of a file in the list of inputs.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(pub u32);

/// Keyed 128-bit hash of (source, kind where ids are reused over kinds, event id): what "once" means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity(pub u128);

impl Identity {
    /// No identity: the event names no original. A hash that comes out as zero is stored as one.
    pub const NONE: Self = Self(0);
}

/// A batch of events of one adapter and one file.
#[derive(Clone, Debug, Default)]
pub struct Columns {
    /// Whose slots the columns below are.
    pub adapter: AdapterId,
    /// The file the rows came from.
    pub file: FileId,
    /// Which reading lane interned the words; the engine keeps one translation a lane.
    pub lane: u16,
    /// Where each event comes from.
    pub source: Vec<SourceId>,
    /// What each event is.
    pub kind: Vec<KindId>,
    /// The asset of its amounts.
    pub asset: Vec<AssetId>,
    /// Its id as the source writes it; for file identity `slot#row`.
    pub id: Texts,
    /// Its identity.
    pub identity: Vec<Identity>,
    /// Keyed hash of the adapted fields that the identity scheme names.
    pub fingerprint: Vec<u64>,
    /// The identity of the event that it names, or [`Identity::NONE`].
    pub original: Vec<Identity>,
    /// That event's id as the source writes it; empty where it names none.
    pub original_id: Texts,
    /// When it was received; [`Instant::NONE`] where neither file nor command line says.
    pub received_at: Vec<Instant>,
    /// Line of the file (record number for JSON arrays), from 1.
    pub line: Vec<u64>,
    /// Word fields by slot. Numbers of the lane's dictionary until the engine has translated them.
    pub words: Vec<Vec<Word>>,
    /// Amount and number fields by slot, at the slot's scale.
    pub numbers: Vec<Vec<i64>>,
    /// Time fields by slot; [`Instant::NONE`] where blank.
    pub times: Vec<Vec<Instant>>,
    /// Date fields by slot.
    pub dates: Vec<Vec<Date>>,
    /// Words that the lane met for the first time in this batch, in order of appearance.
    pub new_words: Vec<Box<str>>,
    /// Rows that are no events, in order of [`Refusal::before_row`].
    pub refused: Vec<Refusal>,
    /// Outside records of this batch that passed their checks.
    pub outside_records: u64,
}

/// A row that stays outside: it could not be an event, or failed a check that its adapter or source declares.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// It stood before this row of the batch.
    pub before_row: u32,
    /// Line of the file, from 1.
    pub line: u64,
    /// Why.
    pub code: Code,
    /// Its source, where routing came that far.
    pub source: Option<SourceId>,
    /// Its id as written, where one was found.
    pub id: Box<str>,
    /// The column (or check) that is at fault.
    pub column: Box<str>,
    /// The value at fault, cut to [`EVIDENCE_CHARS_MAX`] characters.
    pub value: Box<str>,
    /// What was expected; for a failed check the difference.
    pub detail: Box<str>,
    /// When the row was received.
    pub received_at: Instant,
    /// Whether it is an outside record and not an event.
    pub outside: bool,
}

impl Columns {
    /// An empty batch with the slots of `schema`.
    #[must_use]
    pub fn new(adapter: AdapterId, schema: &Schema) -> Self {
        Self {
            adapter,
            words: vec![Vec::new(); schema.words.len()],
            numbers: vec![Vec::new(); schema.numbers.len()],
            times: vec![Vec::new(); schema.times.len()],
            dates: vec![Vec::new(); schema.dates.len()],
            ..Self::default()
        }
    }

    /// The number of events, refusals not counted.
    #[must_use]
    pub fn len(&self) -> usize {
        self.source.len()
    }

    /// Whether there is no event in it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.source.is_empty()
    }

    /// Empties the batch and keeps its capacity and slots.
    pub fn clear(&mut self) {
        self.source.clear();
        self.kind.clear();
        self.asset.clear();
        self.id.clear();
        self.identity.clear();
        self.fingerprint.clear();
        self.original.clear();
        self.original_id.clear();
        self.received_at.clear();
        self.line.clear();
        self.words.iter_mut().for_each(Vec::clear);
        self.numbers.iter_mut().for_each(Vec::clear);
        self.times.iter_mut().for_each(Vec::clear);
        self.dates.iter_mut().for_each(Vec::clear);
        self.new_words.clear();
        self.refused.clear();
        self.outside_records = 0;
    }

    /// One row as a batch of its own, without new words and refusals: what waits for its original.
    #[must_use]
    pub fn row(&self, row: usize) -> Self {
        let mut id = Texts::default();
        id.push(self.id.text(row));
        let mut original_id = Texts::default();
        original_id.push(self.original_id.text(row));
        Self {
            adapter: self.adapter,
            file: self.file,
            lane: self.lane,
            source: vec![self.source[row]],
            kind: vec![self.kind[row]],
            asset: vec![self.asset[row]],
            id,
            identity: vec![self.identity[row]],
            fingerprint: vec![self.fingerprint[row]],
            original: vec![self.original[row]],
            original_id,
            received_at: vec![self.received_at[row]],
            line: vec![self.line[row]],
            words: self.words.iter().map(|column| vec![column[row]]).collect(),
            numbers: self.numbers.iter().map(|column| vec![column[row]]).collect(),
            times: self.times.iter().map(|column| vec![column[row]]).collect(),
            dates: self.dates.iter().map(|column| vec![column[row]]).collect(),
            new_words: Vec::new(),
            refused: Vec::new(),
            outside_records: 0,
        }
    }

    /// Adds the columns that a later schema has behind those of the one under which the batch was adapted: fields that did
    /// not exist are blank, numbers are zero, and days lie before everything.
    pub fn widen(&mut self, schema: &Schema) {
        let rows = self.len();
        fn fill<T: Clone>(columns: &mut Vec<Vec<T>>, count: usize, rows: usize, blank: T) {
            if columns.len() < count {
                columns.resize(count, vec![blank; rows]);
            }
        }
        fill(&mut self.words, schema.words.len(), rows, Word::EMPTY);
        fill(&mut self.numbers, schema.numbers.len(), rows, 0);
        fill(&mut self.times, schema.times.len(), rows, Instant::NONE);
        fill(&mut self.dates, schema.dates.len(), rows, Date::FIRST);
    }

    /// Checks that all columns are equally long.
    ///
    /// # Panics
    /// Where they are not: a batch is built by our own adapter.
    pub fn assert_rectangular(&self) {
        let rows = self.source.len();
        let fixed = [
            self.kind.len(),
            self.asset.len(),
            self.id.len(),
            self.identity.len(),
            self.fingerprint.len(),
            self.original.len(),
            self.original_id.len(),
            self.received_at.len(),
            self.line.len(),
        ];
        assert!(fixed.iter().all(|&len| len == rows), "every column has {rows} rows: {fixed:?}");
        assert!(self.words.iter().all(|column| column.len() == rows), "every word column has {rows} rows");
        assert!(self.numbers.iter().all(|column| column.len() == rows), "every number column has {rows} rows");
        assert!(self.times.iter().all(|column| column.len() == rows), "every time column has {rows} rows");
        assert!(self.dates.iter().all(|column| column.len() == rows), "every date column has {rows} rows");
    }
}

/// A column of texts in one allocation.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Texts {
    bytes: String,
    ends: Vec<u32>,
}

impl Texts {
    /// Adds a text.
    ///
    /// # Panics
    /// When all texts of the batch together pass 4 GiB; a line is at most 1 MiB and a batch 4,096 rows.
    pub fn push(&mut self, text: &str) {
        self.bytes.push_str(text);
        self.ends.push(u32::try_from(self.bytes.len()).expect("a batch's texts fit 4 GiB"));
    }

    /// The text of a row.
    ///
    /// # Panics
    /// When the row is not there.
    #[must_use]
    pub fn text(&self, row: usize) -> &str {
        let from = if row == 0 { 0 } else { self.ends[row - 1] as usize };
        &self.bytes[from..self.ends[row] as usize]
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.ends.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.ends.is_empty()
    }

    /// Removes all and keeps the capacity.
    pub fn clear(&mut self) {
        self.bytes.clear();
        self.ends.clear();
    }

    /// All texts one after the other and where each ends: how a batch is written at rest.
    #[must_use]
    pub fn parts(&self) -> (&str, &[u32]) {
        (&self.bytes, &self.ends)
    }

    /// A column from its parts, or nothing where the ends do not ascend to the length on character boundaries.
    #[must_use]
    pub fn from_parts(bytes: String, ends: Vec<u32>) -> Option<Self> {
        let mut previous = 0;
        for &end in &ends {
            if end < previous || !bytes.is_char_boundary(end as usize) {
                return None;
            }
            previous = end;
        }
        (previous as usize == bytes.len()).then_some(Self { bytes, ends })
    }
}
