//! Turns a chunk of records into a batch of events.
//!
//! This is the parallel part of intake: each lane has readers of its own and shares nothing. For each record: bytes to
//! text (a whole chunk at once where it is plain), text to cells (`json`, `delimited`), cells to values in the batch's
//! columns and from there to identity, fingerprint and checks (`row`). What is written anew goes to buffers that are kept;
//! in steady state nothing is allocated but evidence of bad rows and words never met before.
//!
//! Order: events and refusals stand in the batch as their records in the file. Each record becomes exactly one event,
//! refusal or outside record.

mod row;

use crate::adapter::{Adapter, Format};
use crate::cell::{Cell, CellKind, Cells, Malformed};
use crate::kept::Kept;
use crate::plan::{Identifier, Nested, Plan};
use crate::split::{Chunk, ChunkFault, Record};
use crate::time::Times;
use crate::words::LaneWords;
use crate::{delimited, encoding, files, json, nested};
use calendar::Instant;
use event::{Code, Columns, EVIDENCE_CHARS_MAX, FileId, Refusal, evidence};
use row::{Buffers, Row};
use std::sync::Arc;

/// What is known of a file besides its bytes.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// Its place in the list of inputs.
    pub id: FileId,
    /// Its name without folders; slots of file identity are found in it.
    pub name: Box<str>,
    /// When its rows were received, as the command line or the file's name says; else [`Instant::NONE`].
    pub received_at: Instant,
    /// The slot of file identity; none: as the source's pattern finds it in the name.
    pub slot: Option<Box<str>>,
}

/// Reads the records of one adapter. Each reader of a run has a lane number of its own, since it numbers words.
#[derive(Debug)]
pub struct Reader {
    plan: Plan,
    lane: u16,
    words: LaneWords,
    times: Times,
    buffers: Buffers,
    file: FileState,
    cells: Vec<Cell>,
    scratch: String,
    decoded: String,
    /// The outside records of the last chunk, where they are kept.
    kept: Option<Kept>,
}

/// What stays the same over a file.
#[derive(Debug, Default)]
struct FileState {
    name: Option<Box<str>>,
    given_slot: Option<Box<str>>,
    /// By source; nothing where it has no file identity or the name does not fit.
    slots: Vec<Option<Box<str>>>,
    columns: Option<Arc<[Box<str>]>>,
    /// The place of each column, or [`NOWHERE`].
    places: Vec<u16>,
}

const NOWHERE: u16 = u16::MAX;

impl Reader {
    /// A reader that has seen nothing.
    #[must_use]
    pub fn new(adapter: &Adapter, lane: u16) -> Self {
        let plan = Plan::new(adapter);
        Self {
            cells: vec![Cell::ABSENT; plan.places.texts.len()],
            words: LaneWords::new(adapter.key),
            times: Times::new(&adapter.zone, adapter.second_of_twice),
            buffers: Buffers::default(),
            file: FileState::default(),
            scratch: String::new(),
            decoded: String::new(),
            kept: None,
            plan,
            lane,
        }
    }

    /// The same reader, which also keeps outside records for reconciliation.
    #[must_use]
    pub fn keeping(self, adapter: &Adapter) -> Self {
        Self { kept: adapter.outside.then(|| Kept::new(&adapter.schema)), ..self }
    }

    /// The outside records of the last chunk; nothing where they are not kept.
    #[must_use]
    pub fn kept(&self) -> Option<&Kept> {
        self.kept.as_ref()
    }

    /// Empties `out` (made by [`Columns::new`] for this adapter's schema) and fills it with the events and refusals of
    /// the chunk. Outside records are only counted, or kept beside it ([`Reader::keeping`]).
    ///
    /// # Panics
    /// Where `out` has other columns than the adapter's schema.
    pub fn adapt(&mut self, chunk: &Chunk, file: &FileFacts, out: &mut Columns) {
        out.clear();
        self.kept.iter_mut().for_each(Kept::clear);
        (out.adapter, out.file, out.lane) = (self.plan.id, file.id, self.lane);
        let slots = [out.words.len(), out.numbers.len(), out.times.len(), out.dates.len()];
        let plan = &self.plan;
        assert_eq!(
            slots,
            [plan.words.len(), plan.numbers.len() + plan.inherited, plan.times.len(), plan.dates.len()],
            "the adapter's slots"
        );
        self.prepare(chunk, file);
        let whole = encoding::whole(&chunk.bytes, self.plan.encoding);
        let mut faults = chunk.faults.iter().peekable();
        let mut number = chunk.first_record;
        for (index, record) in (0_u32..).zip(&chunk.records) {
            while let Some(fault) = faults.next_if(|fault| fault.before_record <= index) {
                number += 1;
                self.refuse_fault(fault, file, out);
            }
            number += 1;
            self.adapt_record(chunk, *record, whole, number, file, out);
        }
        faults.for_each(|fault| self.refuse_fault(fault, file, out));
        out.assert_rectangular();
    }

    /// Takes note of the file and of its columns, where they are others than before.
    fn prepare(&mut self, chunk: &Chunk, file: &FileFacts) {
        if self.file.name.as_ref() != Some(&file.name) || self.file.given_slot != file.slot {
            self.file.name = Some(file.name.clone());
            self.file.given_slot.clone_from(&file.slot);
            let slots = self.plan.sources.iter().map(|source| match &source.identity {
                Identifier::Slot(pattern) => file.slot.clone().or_else(|| files::slot(pattern, &file.name)),
                Identifier::Places(_) => None,
            });
            self.file.slots = slots.collect();
        }
        let is_known = match (&self.file.columns, &chunk.columns) {
            (Some(known), Some(columns)) => Arc::ptr_eq(known, columns),
            (known, columns) => known.is_none() && columns.is_none(),
        };
        if !is_known {
            self.file.columns.clone_from(&chunk.columns);
            let columns = chunk.columns.as_deref().unwrap_or_default();
            self.file.places = columns.iter().map(|name| self.place_of_column(name, columns)).collect();
        }
    }

    /// The place of a column; none for a name that two columns have.
    fn place_of_column(&self, name: &str, columns: &[Box<str>]) -> u16 {
        let is_single = columns.iter().filter(|column| &***column == name).count() == 1;
        let root = self.plan.places.roots.iter().find(|root| &*root.0 == name);
        root.filter(|_| is_single).map_or(NOWHERE, |root| root.1)
    }

    #[inline]
    fn adapt_record(
        &mut self,
        chunk: &Chunk,
        record: Record,
        whole: Option<&str>,
        number: u64,
        file: &FileFacts,
        out: &mut Columns,
    ) {
        let span = record.from as usize..record.to as usize;
        let mut decoded = std::mem::take(&mut self.decoded);
        let text = match whole {
            Some(whole) => Some(&whole[span.clone()]),
            None => encoding::record(&chunk.bytes[span.clone()], self.plan.encoding, &mut decoded),
        };
        match text {
            Some(text) => match self.read_cells(text) {
                Ok(()) => self.adapt_row(text, record.line, number, file, out),
                Err(malformed) => self.refuse_malformed(text, record.line, malformed, file, out),
            },
            None => self.refuse_bytes(&chunk.bytes[span], record.line, file, out),
        }
        self.decoded = decoded;
    }

    #[inline]
    fn adapt_row(&mut self, text: &str, line: u64, number: u64, file: &FileFacts, out: &mut Columns) {
        let row = Row {
            plan: &self.plan,
            cells: Cells { row: text, scratch: &self.scratch, cells: &self.cells },
            words: &mut self.words,
            times: &mut self.times,
            buffers: &mut self.buffers,
            slots: &self.file.slots,
            file,
            line,
            number,
            out,
            kept: self.kept.as_mut(),
            fault: None,
        };
        row.adapt();
    }

    /// Fills the cells of a row.
    #[inline]
    fn read_cells(&mut self, text: &str) -> Result<(), Malformed> {
        self.cells.fill(Cell::ABSENT);
        self.scratch.clear();
        match self.plan.format {
            Format::Json { .. } | Format::JsonLines => self.read_object(text),
            Format::Delimited { delimiter, .. } => {
                let (cells, places) = (&mut self.cells, &self.file.places);
                let count = delimited::fields(text, delimiter, &mut self.scratch, |position, cell| {
                    take_field(cells, places, position, cell);
                })?;
                self.check_count(count, text)
            }
            Format::Whitespace { .. } => {
                let (cells, places) = (&mut self.cells, &self.file.places);
                let count = delimited::runs(text, |position, cell| take_field(cells, places, position, cell));
                self.check_count(count, text)
            }
        }
    }

    #[inline]
    fn read_object(&mut self, text: &str) -> Result<(), Malformed> {
        let (keys, place_of_key, cells) = (&self.plan.keys, &self.plan.place_of_key, &mut self.cells);
        let bytes = text.as_bytes();
        let mut has_escapes = false;
        let mut scanner = json::Scanner::new(bytes, 0);
        scanner.object(|key, value| {
            let number = match key.kind {
                CellKind::Text => keys.find(bytes, key.from as usize, key.to as usize),
                _ => find_escaped(keys, &text[key.from as usize..key.to as usize]),
            };
            let Some(number) = number else { return Ok(()) };
            let cell = &mut cells[place_of_key[number] as usize];
            if cell.kind != CellKind::Absent {
                return Err(Malformed { at: key.from as usize, expected: "each member once" });
            }
            has_escapes |= value.kind == CellKind::Escaped;
            *cell = value;
            Ok(())
        })?;
        scanner.end()?;
        if has_escapes {
            self.cells.iter_mut().for_each(|cell| *cell = nested::settled(text, *cell, &mut self.scratch));
        }
        for Nested { root, steps, place } in &self.plan.places.nested {
            let found = nested::follow(text, self.cells[*root as usize], steps)?;
            self.cells[*place as usize] = found.settle(text, &mut self.scratch);
        }
        Ok(())
    }

    #[inline]
    fn check_count(&self, count: usize, text: &str) -> Result<(), Malformed> {
        if count == self.file.places.len() {
            return Ok(());
        }
        Err(Malformed { at: text.len(), expected: Malformed::FIELDS })
    }

    #[cold]
    fn refuse_fault(&self, fault: &ChunkFault, file: &FileFacts, out: &mut Columns) {
        self.refuse(fault.line, fault.code, &fault.value, fault.detail.clone(), file, out);
    }

    #[cold]
    fn refuse_malformed(&self, text: &str, line: u64, malformed: Malformed, file: &FileFacts, out: &mut Columns) {
        let detail = if malformed.expected == Malformed::FIELDS {
            format!("expected {} fields, one for each column", self.file.places.len())
        } else {
            let character = text[..text.floor_char_boundary(malformed.at)].chars().count() + 1;
            format!("expected {} at character {character}", malformed.expected)
        };
        self.refuse(line, Code::RowMalformed, text, detail.into(), file, out);
    }

    #[cold]
    fn refuse_bytes(&self, bytes: &[u8], line: u64, file: &FileFacts, out: &mut Columns) {
        let head = &bytes[..bytes.len().min(4 * EVIDENCE_CHARS_MAX)];
        let value = encoding::readable(head, self.plan.encoding);
        let detail = match self.plan.encoding {
            crate::adapter::Encoding::Utf8 => "expected UTF-8",
            crate::adapter::Encoding::Cp949 => "expected CP949",
        };
        self.refuse(line, Code::EncodingInvalid, &value, detail.into(), file, out);
    }

    /// A record that has no cells.
    fn refuse(&self, line: u64, code: Code, value: &str, detail: Box<str>, file: &FileFacts, out: &mut Columns) {
        out.refused.push(Refusal {
            before_row: u32::try_from(out.len()).expect("a batch has at most 4,096 rows"),
            line,
            code,
            source: None,
            id: "".into(),
            column: "".into(),
            value: evidence(value).into(),
            detail,
            received_at: file.received_at,
            outside: self.plan.outside,
        });
    }
}

#[inline]
fn take_field(cells: &mut [Cell], places: &[u16], position: usize, cell: Cell) {
    if let Some(&place) = places.get(position)
        && place != NOWHERE
    {
        cells[place as usize] = cell;
    }
}

/// A member's name may be written with escapes, too.
#[cold]
fn find_escaped(keys: &crate::words::Keys, key: &str) -> Option<usize> {
    let mut name = String::new();
    json::unescape(key, &mut name).then_some(())?;
    keys.find(name.as_bytes(), 0, name.len())
}
