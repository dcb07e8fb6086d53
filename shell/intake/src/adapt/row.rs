//! One row: from cells to values in columns, identity, fingerprint, checks.
//!
//! All fields are read even when one is at fault, because of several faults the first in the order of [`Code`] is
//! given. Values go straight to the ends of the columns; the columns are cut back where the row turns out to be no event.

use super::FileFacts;
use crate::adapter::Unit;
use crate::cell::{Cell, CellKind, Cells};
use crate::kept::Kept;
use crate::plan::{
    Chosen, Identifier, KindColumns, NumberColumn, Plan, SourceColumns, TimeColumn, WordColumn, push_text,
};
use crate::time::{TimeFault, TimeShape, Times};
use crate::words::LaneWords;
use calendar::{Date, Instant, MICROS_PER_DAY};
use contract::expression::{self, WordRef};
use event::{Code, Columns, Identity, KindId, Refusal, SourceId, Word, evidence};
use money::{AMOUNT_BOUND, AssetId, Decimal, NumberFault, Overflow, parse_units};
use std::fmt::Write;

/// What a row is written to before it is hashed; recycled.
#[derive(Debug, Default)]
pub(super) struct Buffers {
    /// The row's id as written.
    id: String,
    /// The id of the event that it names, as written.
    original_id: String,
    /// Canonical bytes of an identity.
    identity: Vec<u8>,
    /// Canonical bytes of the adapted fields.
    fields: Vec<u8>,
    /// The row's words as checks compare them.
    compared: Vec<Word>,
}

/// A row and all that it takes to read it.
pub(super) struct Row<'a> {
    pub(super) plan: &'a Plan,
    pub(super) cells: Cells<'a>,
    pub(super) words: &'a mut LaneWords,
    pub(super) times: &'a mut Times,
    pub(super) buffers: &'a mut Buffers,
    pub(super) slots: &'a [Option<Box<str>>],
    pub(super) file: &'a FileFacts,
    pub(super) line: u64,
    /// The row's place in its file, from 1.
    pub(super) number: u64,
    pub(super) out: &'a mut Columns,
    /// Where outside records go that are kept.
    pub(super) kept: Option<&'a mut Kept>,
    pub(super) fault: Option<Box<Fault>>,
}

/// Why a row is no event.
pub(super) struct Fault {
    code: Code,
    column: Box<str>,
    value: Box<str>,
    detail: Box<str>,
}

impl<'a> Row<'a> {
    /// Adds the row to the batch as an event, a refusal or an outside record.
    #[inline]
    pub(super) fn adapt(mut self) {
        self.buffers.id.clear();
        self.buffers.fields.clear();
        let received_at = self.received_at();
        let source = self.source();
        let kind = self.kind();
        let asset = self.asset();
        self.read_words();
        self.read_numbers(asset);
        self.read_times(received_at);
        self.read_dates();
        if let (Some(source), Some(kind), Some(asset)) = (source, kind, asset) {
            self.conclude(received_at, source, kind, asset);
        } else {
            self.refuse_unplaced(received_at, source);
        }
    }

    /// Source, kind or asset is not known; the id is found as far as it can be.
    #[cold]
    fn refuse_unplaced(&mut self, received_at: Instant, source: Option<usize>) {
        if let Some(source) = source {
            self.buffers.identity.clear();
            self.take_whole_id(&self.plan.sources[source], source);
        }
        self.refuse(received_at, source);
    }

    /// Source, kind and asset are known: identity, checks, and the event itself.
    #[inline]
    fn conclude(&mut self, received_at: Instant, source: usize, kind: KindId, asset: AssetId) {
        let plan = self.plan;
        let columns = &plan.sources[source];
        let Some(kind_columns) = columns.kinds.get(kind.0 as usize).and_then(Option::as_ref) else {
            self.offer_kind();
            return self.refuse_unplaced(received_at, Some(source));
        };
        let identity = self.identity(columns, kind_columns, source);
        let original = self.original(kind_columns);
        if self.fault.is_none() && !columns.checks.is_empty() {
            self.check(columns, source, kind, asset);
        }
        if self.kept.is_some() {
            self.keep(received_at, columns.id, kind, asset);
        }
        if self.fault.is_some() {
            return self.refuse(received_at, Some(source));
        }
        if plan.outside {
            self.cut_back();
            self.out.outside_records += 1;
            return;
        }
        let fingerprint = self.fingerprint(columns, kind, asset, original);
        self.out.source.push(columns.id);
        self.out.kind.push(kind);
        self.out.asset.push(asset);
        self.out.id.push(&self.buffers.id);
        self.out.identity.push(identity);
        self.out.fingerprint.push(fingerprint);
        self.out.original.push(original);
        self.out.original_id.push(&self.buffers.original_id);
        self.out.received_at.push(received_at);
        self.out.line.push(self.line);
    }

    /// Keeps an outside record for reconciliation, where that is asked for and the row could be read.
    #[cold]
    fn keep(&mut self, received_at: Instant, source: SourceId, kind: KindId, asset: AssetId) {
        let is_read = self.fault.as_ref().is_none_or(|fault| fault.code == Code::CheckFailed);
        let Some(kept) = self.kept.take().filter(|_| is_read) else { return };
        for (slot, column) in self.plan.words.iter().enumerate() {
            let text = self.word_text(column).unwrap_or("");
            kept.words[slot].push(text);
        }
        let row = self.out.len();
        kept.numbers.iter_mut().zip(&self.out.numbers).for_each(|(kept, column)| kept.push(column[row]));
        kept.times.iter_mut().zip(&self.out.times).for_each(|(kept, column)| kept.push(column[row]));
        kept.dates.iter_mut().zip(&self.out.dates).for_each(|(kept, column)| kept.push(column[row]));
        kept.source.push(source);
        kept.kind.push(kind);
        kept.asset.push(asset);
        kept.id.push(&self.buffers.id);
        kept.received_at.push(received_at);
        kept.line.push(self.line);
    }

    /// Takes note of a fault, if there is none before it in the order of codes.
    #[cold]
    fn offer(&mut self, code: Code, column: &str, value: &str, detail: impl FnOnce() -> Box<str>) {
        if self.fault.as_ref().is_none_or(|fault| code < fault.code) {
            let fault = Fault { code, column: column.into(), value: evidence(value).into(), detail: detail() };
            self.fault = Some(Box::new(fault));
        }
    }

    #[cold]
    fn offer_at(&mut self, code: Code, place: u16, cell: Cell, detail: impl FnOnce() -> Box<str>) {
        let (column, value) = (&self.plan.places.texts[place as usize], self.cells.text(cell));
        self.offer(code, column, value, detail);
    }

    #[cold]
    fn offer_missing(&mut self, place: u16, cell: Cell) {
        let detail = if self.has_no_column(cell) {
            "the file has no such column, or more than one of this name"
        } else {
            "a value is needed here"
        };
        self.offer_at(Code::FieldMissing, place, cell, || detail.into());
    }

    /// Whether the whole column is absent, which no default may cover up.
    #[inline]
    fn has_no_column(&self, cell: Cell) -> bool {
        cell.kind == CellKind::Absent && self.plan.is_table()
    }

    #[cold]
    fn offer_kind(&mut self) {
        let detail = || "the source declares no such kind".into();
        match &self.plan.kind {
            Chosen::Column(place, _) => self.offer_at(Code::KindUnknown, *place, self.cells.at(*place), detail),
            Chosen::Constant(_) => self.offer(Code::KindUnknown, "kind", "", detail),
        }
    }

    #[cold]
    fn refuse(&mut self, received_at: Instant, source: Option<usize>) {
        self.cut_back();
        let fault = self.fault.take().expect("a row is refused because of a fault");
        self.out.refused.push(Refusal {
            before_row: u32::try_from(self.out.len()).expect("a batch has at most 4,096 rows"),
            line: self.line,
            code: fault.code,
            source: source.map(|source| self.plan.sources[source].id),
            id: evidence(&self.buffers.id).into(),
            column: fault.column,
            value: fault.value,
            detail: fault.detail,
            received_at,
            outside: self.plan.outside,
        });
    }

    /// Takes the row's values out of the columns again.
    fn cut_back(&mut self) {
        let rows = self.out.len();
        self.out.words.iter_mut().for_each(|column| column.truncate(rows));
        self.out.numbers.iter_mut().for_each(|column| column.truncate(rows));
        self.out.times.iter_mut().for_each(|column| column.truncate(rows));
        self.out.dates.iter_mut().for_each(|column| column.truncate(rows));
    }
}

/// Where a row belongs.
impl Row<'_> {
    #[inline]
    fn received_at(&mut self) -> Instant {
        let Some((place, shape)) = &self.plan.received else { return self.file.received_at };
        let cell = self.cells.at(*place);
        if self.cells.is_blank(cell) {
            self.offer_missing(*place, cell);
            return Instant::NONE;
        }
        self.instant(*place, cell, shape)
    }

    /// The position of the row's source among the adapter's.
    #[inline]
    fn source(&mut self) -> Option<usize> {
        let Some((place, meanings)) = &self.plan.route else { return Some(0) };
        self.meaning(*place, Code::SourceUnknown, "the adapter routes no such value", |text| meanings.of(text))
            .map(usize::from)
    }

    #[inline]
    fn kind(&mut self) -> Option<KindId> {
        match &self.plan.kind {
            Chosen::Constant(kind) => Some(*kind),
            Chosen::Column(place, meanings) => {
                self.meaning(*place, Code::KindUnknown, "the adapter knows no such kind", |text| meanings.of(text))
            }
        }
    }

    #[inline]
    fn asset(&mut self) -> Option<AssetId> {
        match &self.plan.asset {
            Chosen::Constant(asset) => Some(*asset),
            Chosen::Column(place, meanings) => {
                self.meaning(*place, Code::CurrencyUnknown, "the book has no such asset", |text| meanings.of(text))
            }
        }
    }

    #[inline]
    fn meaning<T>(
        &mut self,
        place: u16,
        code: Code,
        detail: &'static str,
        of: impl FnOnce(&str) -> Option<T>,
    ) -> Option<T> {
        let cell = self.cells.at(place);
        if self.cells.is_blank(cell) {
            self.offer_missing(place, cell);
            return None;
        }
        let meaning = self.cells.plain(cell).and_then(of);
        if meaning.is_none() {
            self.offer_at(code, place, cell, || detail.into());
        }
        meaning
    }
}

/// The fields.
impl<'a> Row<'a> {
    #[inline]
    fn read_words(&mut self) {
        let plan = self.plan;
        self.buffers.compared.clear();
        for (slot, column) in plan.words.iter().enumerate() {
            let text = self.word_text(column).unwrap_or("");
            if let Some(literals) = &plan.literals {
                self.buffers.compared.push(literals.of(text));
            }
            let mut word = Some(Word::EMPTY);
            if !plan.outside {
                let hash = self.words.hash(text);
                self.buffers.fields.extend_from_slice(&hash.to_le_bytes());
                word = self.words.number(hash, text, &mut self.out.new_words);
            }
            if word.is_none() {
                let cell = self.cells.at(column.place);
                self.offer_at(Code::WordsFull, column.place, cell, || "no further word can be taken".into());
            }
            self.out.words[slot].push(word.unwrap_or(Word::EMPTY));
        }
    }

    /// What a word field says, after the adapter's mapping.
    #[inline]
    fn word_text(&mut self, column: &'a WordColumn) -> Option<&'a str> {
        let cell = self.cells.at(column.place);
        if self.cells.is_blank(cell) {
            if column.blank.is_none() || self.has_no_column(cell) {
                self.offer_missing(column.place, cell);
            }
            return column.blank.as_deref();
        }
        let Some(text) = self.cells.plain(cell) else {
            self.offer_at(Code::ValueInvalid, column.place, cell, || "expected one word".into());
            return None;
        };
        let Some(map) = &column.map else { return Some(text) };
        let target = map.of(text).map(|target| &*column.targets[target as usize]).or(column.other.as_deref());
        if target.is_none() {
            self.offer_at(Code::ValueInvalid, column.place, cell, || "the adapter maps no such value".into());
        }
        target
    }

    #[inline]
    fn read_numbers(&mut self, asset: Option<AssetId>) {
        let plan = self.plan;
        let digits = asset.and_then(|asset| plan.assets.get(asset.0 as usize)).map(|asset| asset.digits);
        for (slot, column) in plan.numbers.iter().enumerate() {
            let value = self.number(column, digits);
            self.buffers.fields.extend_from_slice(&value.to_le_bytes());
            self.out.numbers[slot].push(value);
        }
        for column in &mut self.out.numbers[plan.numbers.len()..] {
            column.push(0);
        }
    }

    #[inline]
    fn number(&mut self, column: &NumberColumn, digits: Option<u8>) -> i64 {
        let (mut place, mut cell) = (column.place, self.cells.at(column.place));
        let mut is_blank = self.cells.is_blank(cell);
        if is_blank && let Some(or) = column.or {
            (place, cell) = (or, self.cells.at(or));
            is_blank = self.cells.is_blank(cell);
        }
        if is_blank {
            if column.blank.is_none() || self.has_no_column(cell) {
                self.offer_missing(place, cell);
            }
            return column.blank.unwrap_or(0);
        }
        let units = match cell.kind {
            CellKind::Text | CellKind::Number | CellKind::ScratchText | CellKind::ScratchNumber => {
                column.units(self.cells.text(cell).as_bytes(), digits)
            }
            _ => Err(NumberFault::Character),
        };
        match units {
            Ok(units) => units,
            Err(fault) => {
                self.offer_number(fault, column, digits, place, cell);
                0
            }
        }
    }

    #[cold]
    fn offer_number(&mut self, fault: NumberFault, column: &NumberColumn, digits: Option<u8>, place: u16, cell: Cell) {
        let code = match fault {
            NumberFault::Empty => Code::FieldMissing,
            NumberFault::Character => Code::ValueInvalid,
            NumberFault::Scale => Code::ScaleExceeded,
            NumberFault::TooLarge => Code::AmountTooLarge,
        };
        self.offer_at(code, place, cell, || match fault {
            NumberFault::TooLarge => "expected a magnitude below 10^18 units".into(),
            _ => column.expected(digits).into(),
        });
    }

    #[inline]
    fn read_times(&mut self, received_at: Instant) {
        let plan = self.plan;
        for (slot, column) in plan.times.iter().enumerate() {
            let at = self.time(column, received_at);
            self.buffers.fields.extend_from_slice(&at.0.to_le_bytes());
            self.out.times[slot].push(at);
        }
    }

    #[inline]
    fn time(&mut self, column: &TimeColumn, received_at: Instant) -> Instant {
        let cell = self.cells.at(column.place);
        if self.cells.is_blank(cell) {
            if !column.optional || self.has_no_column(cell) {
                self.offer_missing(column.place, cell);
            }
            return Instant::NONE;
        }
        let at = self.instant(column.place, cell, &column.shape);
        if !received_at.is_none() && at.0 > received_at.0 + MICROS_PER_DAY {
            let detail = || format!("more than a day after {received_at}, when it was received").into();
            self.offer_at(Code::TimeOutOfRange, column.place, cell, detail);
        }
        at
    }

    #[inline]
    fn instant(&mut self, place: u16, cell: Cell, shape: &TimeShape) -> Instant {
        let text = self.cells.plain(cell).ok_or(TimeFault::Unreadable);
        match text.and_then(|text| self.times.instant(text, shape)) {
            Ok(at) => at,
            Err(fault) => {
                self.offer_time(fault, place, cell, shape);
                Instant::NONE
            }
        }
    }

    #[inline]
    fn read_dates(&mut self) {
        let plan = self.plan;
        for (slot, column) in plan.dates.iter().enumerate() {
            let date = self.date(column);
            self.buffers.fields.extend_from_slice(&date.0.to_le_bytes());
            self.out.dates[slot].push(date);
        }
    }

    #[inline]
    fn date(&mut self, column: &TimeColumn) -> Date {
        let cell = self.cells.at(column.place);
        if self.cells.is_blank(cell) {
            self.offer_missing(column.place, cell);
            return Date(0);
        }
        let text = self.cells.plain(cell).ok_or(TimeFault::Unreadable);
        match text.and_then(|text| self.times.date(text, &column.shape)) {
            Ok(date) => date,
            Err(fault) => {
                self.offer_time(fault, column.place, cell, &column.shape);
                Date(0)
            }
        }
    }

    #[cold]
    fn offer_time(&mut self, fault: TimeFault, place: u16, cell: Cell, shape: &TimeShape) {
        let (code, detail) = match fault {
            TimeFault::Unreadable => (Code::ValueInvalid, shape.expected()),
            TimeFault::Never => (Code::TimeNever, "the clocks were put forward over this time".to_owned()),
            TimeFault::OutOfRange => (Code::TimeOutOfRange, "expected a time in the years 1970 to 2200".to_owned()),
        };
        self.offer_at(code, place, cell, || detail.into());
    }
}

/// Identity, fingerprint and checks.
impl<'a> Row<'a> {
    #[inline]
    fn identity(&mut self, columns: &'a SourceColumns, kind: &'a KindColumns, source: usize) -> Identity {
        self.buffers.identity.clear();
        self.buffers.identity.extend_from_slice(&kind.prefix);
        self.take_whole_id(columns, source);
        Identity(canon::identity_hash(self.plan.key, &self.buffers.identity))
    }

    /// The row's id: its text, and the canonical bytes behind those that are there already.
    #[inline]
    fn take_whole_id(&mut self, columns: &'a SourceColumns, source: usize) {
        match &columns.identity {
            Identifier::Places(places) => places.iter().for_each(|&place| self.take_id(place)),
            Identifier::Slot(pattern) => self.take_slot(pattern, source),
        }
    }

    /// One part of the id.
    #[inline]
    fn take_id(&mut self, place: u16) {
        let cell = self.cells.at(place);
        if self.cells.is_blank(cell) {
            return self.offer_missing(place, cell);
        }
        let Some(text) = self.cells.plain(cell) else {
            return self.offer_at(Code::ValueInvalid, place, cell, || "expected an id".into());
        };
        push_text(&mut self.buffers.identity, text);
        if !self.buffers.id.is_empty() {
            self.buffers.id.push('|');
        }
        self.buffers.id.push_str(text);
    }

    fn take_slot(&mut self, pattern: &str, source: usize) {
        let Some(slot) = &self.slots[source] else {
            let name = &self.file.name;
            return self.offer(Code::FieldMissing, "file name", name, || {
                format!("expected a file name in which `{pattern}` is found").into()
            });
        };
        push_text(&mut self.buffers.identity, slot);
        self.buffers.identity.extend_from_slice(&self.number.to_le_bytes());
        write!(self.buffers.id, "{slot}#{}", self.number).expect("a string takes all that is written");
    }

    /// The identity of the event that the row names.
    #[inline]
    fn original(&mut self, kind: &KindColumns) -> Identity {
        self.buffers.original_id.clear();
        let Some(place) = kind.link else { return Identity::NONE };
        let cell = self.cells.at(place);
        if self.cells.is_blank(cell) {
            if self.has_no_column(cell) {
                self.offer_missing(place, cell);
            }
            return Identity::NONE;
        }
        let Some(text) = self.cells.plain(cell) else {
            self.offer_at(Code::ValueInvalid, place, cell, || "expected an id".into());
            return Identity::NONE;
        };
        self.buffers.identity.clear();
        self.buffers.identity.extend_from_slice(&kind.original_prefix);
        push_text(&mut self.buffers.identity, text);
        self.buffers.original_id.push_str(text);
        Identity(canon::identity_hash(self.plan.key, &self.buffers.identity))
    }

    /// The hash of all that was adapted but the time of receipt: which fields there are is fixed by the scheme.
    #[inline]
    fn fingerprint(&mut self, columns: &SourceColumns, kind: KindId, asset: AssetId, original: Identity) -> u64 {
        let plan = self.plan;
        let fields = &mut self.buffers.fields;
        fields.extend_from_slice(&columns.hash.to_le_bytes());
        fields.extend_from_slice(&plan.kind_hashes[kind.0 as usize].to_le_bytes());
        fields.extend_from_slice(&plan.asset_hashes[asset.0 as usize].to_le_bytes());
        fields.extend_from_slice(&original.0.to_le_bytes());
        fields.extend_from_slice(&columns.scheme.to_le_bytes());
        canon::fingerprint(plan.key, fields)
    }

    /// The first of the source's equations that does not hold is a fault.
    fn check(&mut self, columns: &SourceColumns, source: usize, kind: KindId, asset: AssetId) {
        for check in &columns.checks {
            if !check.kinds.is_empty() && !check.kinds.contains(&kind) {
                continue;
            }
            match self.difference(check, source, kind, asset) {
                Ok(difference) if difference.mantissa == 0 => {}
                Ok(difference) => {
                    let plus = if difference.mantissa > 0 { "+" } else { "" };
                    let detail = || format!("{plus}{difference}").into();
                    return self.offer(Code::CheckFailed, &check.name, &check.text, detail);
                }
                Err(Overflow) => {
                    let detail = || "the check passes the bound of exact arithmetic".into();
                    return self.offer(Code::AmountTooLarge, &check.name, &check.text, detail);
                }
            }
        }
    }

    /// Left side minus right side, with no more digits than the asset has or the difference needs.
    fn difference(
        &self,
        check: &crate::adapter::Check,
        source: usize,
        kind: KindId,
        asset: AssetId,
    ) -> Result<Decimal, Overflow> {
        let plan = self.plan;
        let words = |word: WordRef| {
            let literals = plan.literals.as_ref().expect("literals are kept where a check compares words");
            literals.word(word, &self.buffers.compared, source, kind, asset)
        };
        let (numbers, dates) = (&self.out.numbers, &self.out.dates);
        let row = expression::Row { numbers, dates, row: self.out.len(), words: &words };
        let side = |side: &expression::Expression| -> Result<Decimal, Overflow> {
            Ok(Decimal { mantissa: side.evaluate_number(&row)?, scale: side.scale() })
        };
        let (left, right) = (side(&check.left)?, side(&check.right)?);
        let scale = left.scale.max(right.scale);
        let units = |side: Decimal| side.units_at(scale).map_err(|_| Overflow);
        let mut difference = Decimal { mantissa: units(left)?.checked_sub(units(right)?).ok_or(Overflow)?, scale };
        let digits = plan.assets[asset.0 as usize].digits;
        while difference.scale > digits && difference.mantissa % 10 == 0 {
            difference = Decimal { mantissa: difference.mantissa / 10, scale: difference.scale - 1 };
        }
        Ok(difference)
    }
}

impl NumberColumn {
    /// The value of a text at the column's scale. Without an asset (a fault of its own) no digits are asked for.
    #[inline]
    fn units(&self, text: &[u8], digits: Option<u8>) -> Result<i64, NumberFault> {
        let digits = digits.unwrap_or(self.scale);
        let units = match self.unit {
            Unit::Decimal if self.money => {
                let read = digits.min(self.scale);
                rescale(parse_units(text, read)?, read, self.scale)
            }
            Unit::Decimal | Unit::Number => parse_units(text, self.scale),
            Unit::Minor => rescale(parse_units(text, 0)?, digits, self.scale),
            Unit::Micro => rescale(parse_units(text, 0)?, 6, self.scale),
            Unit::Scaled(scale) => rescale(parse_units(text, 0)?, scale, self.scale),
        }?;
        Ok(if self.negate { -units } else { units })
    }

    fn expected(&self, digits: Option<u8>) -> String {
        match self.unit {
            Unit::Decimal if self.money => expected_decimal(digits.unwrap_or(self.scale).min(self.scale)),
            Unit::Decimal | Unit::Number => expected_decimal(self.scale),
            Unit::Minor => "expected a whole number of minor units".to_owned(),
            Unit::Micro => format!("expected a whole number of millionths, exact to {} digits", self.scale),
            Unit::Scaled(scale) => {
                format!("expected a whole number of units of 10^-{scale}, exact to {} digits", self.scale)
            }
        }
    }
}

fn expected_decimal(digits: u8) -> String {
    match digits {
        0 => "expected a whole number".to_owned(),
        1 => "expected a decimal number with at most 1 digit behind the point".to_owned(),
        _ => format!("expected a decimal number with at most {digits} digits behind the point"),
    }
}

/// An integer at one scale as an integer at another, where no digit is lost.
#[inline]
fn rescale(units: i64, from: u8, to: u8) -> Result<i64, NumberFault> {
    if from == to {
        return Ok(units);
    }
    let power = 10_i64.checked_pow(u32::from(from.abs_diff(to))).ok_or(NumberFault::TooLarge)?;
    if from > to {
        return if units % power == 0 { Ok(units / power) } else { Err(NumberFault::Scale) };
    }
    let larger = units.checked_mul(power).ok_or(NumberFault::TooLarge)?;
    if larger.unsigned_abs() >= AMOUNT_BOUND.unsigned_abs() { Err(NumberFault::TooLarge) } else { Ok(larger) }
}
