//! Adapters for cases, and batches as text that a person can read.

use calendar::{Instant, Transition, Zone};
use contract::expression::{self, FieldRef, Names, WordRef};
use event::{AdapterId, Code, Columns, Dictionary, FileId, Identity, KindId, NumberField, Schema, SourceId, Word};
use intake::adapter::{
    Adapter, Check, Choice, Encoding, Format, Header, IdentityPlan, KindPlan, NumberPlan, Path, Received, Route,
    SourcePlan, Step, TimeFormat, TimePlan, Unit, WordPlan,
};
use intake::{Chunk, FileFacts, Limits, Reader, Splitter};
use money::{Asset, AssetId};
use std::fmt::Write;
use std::io::Read;

/// An adapter `a` with one source `s` of kinds `sale` and `refund`, in USD, whose ids are in column `id`. Amounts have
/// scale 2.
pub(crate) fn adapter(format: Format) -> Adapter {
    Adapter {
        name: "a".into(),
        id: AdapterId(0),
        format,
        encoding: Encoding::Utf8,
        files: Vec::new(),
        outside: false,
        zone: Zone::utc(),
        second_of_twice: false,
        received: Received::CommandLine,
        route: Route::Only,
        kind: Choice::Constant(KindId(0)),
        asset: Choice::Constant(AssetId(0)),
        schema: Schema::default(),
        words: Vec::new(),
        numbers: Vec::new(),
        times: Vec::new(),
        dates: Vec::new(),
        sources: vec![source("s", 0, IdentityPlan::Field(path("id")))],
        assets: [("USD", 2), ("KRW", 0)].map(|(name, digits)| Asset { name: name.into(), digits }).to_vec(),
        kinds: vec!["sale".into(), "refund".into()],
        literals: Dictionary::default(),
        key: 7,
    }
}

pub(crate) fn source(name: &str, id: u16, identity: IdentityPlan) -> SourcePlan {
    let kind = KindPlan { link: None, original_kind: None, id_reused: false };
    SourcePlan {
        id: SourceId(id),
        name: name.into(),
        identity,
        scheme: 1,
        kinds: vec![Some(kind.clone()), Some(kind)],
        checks: Vec::new(),
        events_per_s_max: None,
    }
}

/// A path as adapters write it: `card.amount`, `fees[].fee`.
pub(crate) fn path(text: &str) -> Path {
    let mut steps = Vec::new();
    for part in text.split('.') {
        let name = part.strip_suffix("[]");
        steps.push(Step::Member(name.unwrap_or(part).into()));
        if name.is_some() {
            steps.push(Step::Each);
        }
    }
    Path { text: text.into(), steps }
}

pub(crate) fn csv() -> Format {
    Format::Delimited { delimiter: b',', header: Header::FirstLine }
}

pub(crate) fn document(rows: Option<&str>) -> Format {
    Format::Json { rows: rows.map(Into::into) }
}

/// New York around the changes of 2019.
pub(crate) fn new_york() -> Zone {
    let change = |text: &str, offset_s| Transition { at: instant(text), offset_s };
    let changes = vec![
        change("2018-11-04T06:00:00Z", -18_000),
        change("2019-03-10T07:00:00Z", -14_400),
        change("2019-11-03T06:00:00Z", -18_000),
    ];
    Zone::new("America/New_York", -14_400, changes).expect("the changes ascend")
}

pub(crate) fn instant(text: &str) -> Instant {
    Instant::parse_rfc3339(text.as_bytes()).expect("a case's instant is well written")
}

/// Fields, in the order in which they are added.
pub(crate) trait Fields: Sized {
    fn word(self, name: &str) -> Self;
    fn word_plan(self, plan: WordPlan) -> Self;
    fn amount(self, name: &str) -> Self;
    fn number(self, plan: NumberPlan, scale: u8, money: bool) -> Self;
    fn time(self, name: &str, format: TimeFormat) -> Self;
    fn date(self, name: &str, format: TimeFormat) -> Self;
    fn check(self, name: &str, left: &str, right: &str) -> Self;
}

pub(crate) fn word_plan(name: &str) -> WordPlan {
    WordPlan { path: path(name), map: Vec::new(), other: None, blank: None }
}

pub(crate) fn amount_plan(name: &str) -> NumberPlan {
    NumberPlan { path: path(name), or: None, unit: Unit::Decimal, negate: false, blank: None }
}

impl Fields for Adapter {
    fn word(self, name: &str) -> Self {
        self.word_plan(word_plan(name))
    }

    fn word_plan(mut self, plan: WordPlan) -> Self {
        self.schema.words.push(plan.path.text.clone());
        self.words.push(plan);
        self
    }

    fn amount(self, name: &str) -> Self {
        self.number(amount_plan(name), 2, true)
    }

    fn number(mut self, plan: NumberPlan, scale: u8, money: bool) -> Self {
        self.schema.numbers.push(NumberField { name: plan.path.text.clone(), scale, money });
        self.numbers.push(plan);
        self
    }

    fn time(mut self, name: &str, format: TimeFormat) -> Self {
        self.schema.times.push(name.into());
        self.times.push(TimePlan { path: path(name), format, optional: false });
        self
    }

    fn date(mut self, name: &str, format: TimeFormat) -> Self {
        self.schema.dates.push(name.into());
        self.dates.push(TimePlan { path: path(name), format, optional: false });
        self
    }

    fn check(mut self, name: &str, left: &str, right: &str) -> Self {
        let mut names = AdapterNames { schema: self.schema.clone(), literals: self.literals.clone() };
        let mut side =
            |text: &str| expression::parse_number(text, &mut names).expect("a case's equation is well written");
        let (left_side, right_side) = (side(left), side(right));
        self.literals = names.literals;
        self.sources[0].checks.push(Check {
            name: name.into(),
            text: format!("{left} = {right}").into(),
            left: left_side,
            right: right_side,
            kinds: Vec::new(),
        });
        self
    }
}

struct AdapterNames {
    schema: Schema,
    literals: Dictionary,
}

impl Names for AdapterNames {
    fn field(&self, name: &str) -> Option<FieldRef> {
        let slot = |place: usize| u16::try_from(place).expect("a case has few fields");
        if let Some(place) = self.schema.numbers.iter().position(|field| &*field.name == name) {
            return Some(FieldRef::Number { slot: slot(place), scale: self.schema.numbers[place].scale });
        }
        let place = self.schema.words.iter().position(|word| &**word == name)?;
        Some(FieldRef::Word(WordRef::Slot(slot(place))))
    }

    fn word(&mut self, literal: &str) -> Word {
        self.literals.intern(literal)
    }

    fn known(&self) -> Vec<String> {
        Vec::new()
    }
}

/// All batches of a file.
pub(crate) struct Batches {
    pub(crate) batches: Vec<Columns>,
    /// Records and faults of the chunks.
    pub(crate) records: u64,
    /// The most bytes that a chunk's buffer held room for.
    pub(crate) chunk_bytes_max: usize,
}

pub(crate) fn read(adapter: &Adapter, input: impl Read) -> Batches {
    read_file(adapter, input, "f.txt", Instant::NONE, Limits::USUAL)
}

pub(crate) fn read_file(
    adapter: &Adapter,
    input: impl Read,
    name: &str,
    received_at: Instant,
    limits: Limits,
) -> Batches {
    let file = FileFacts { id: FileId(0), name: name.into(), received_at, slot: None };
    let mut reader = Reader::new(adapter, 0);
    let mut splitter = Splitter::with_limits(input, adapter, limits);
    let mut chunk = Chunk::default();
    let mut all = Batches { batches: Vec::new(), records: 0, chunk_bytes_max: 0 };
    while splitter.next_chunk(&mut chunk).expect("the case's bytes can be read") {
        assert_eq!(chunk.number, all.batches.len() as u64, "chunks are numbered in order");
        assert_eq!(chunk.first_record, all.records, "records are counted over chunks");
        all.records += (chunk.records.len() + chunk.faults.len()) as u64;
        all.chunk_bytes_max = all.chunk_bytes_max.max(chunk.bytes.capacity());
        let mut out = Columns::new(adapter.id, &adapter.schema);
        reader.adapt(&chunk, &file, &mut out);
        all.batches.push(out);
    }
    assert!(!splitter.next_chunk(&mut chunk).expect("the end stays the end"), "nothing follows the end");
    all
}

/// What stands in batches, one line a row, in order of the file.
pub(crate) fn shown(adapter: &Adapter, batches: &[Columns]) -> String {
    let mut words = vec![""];
    let mut text = String::new();
    for batch in batches {
        words.extend(batch.new_words.iter().map(|word| &**word));
        let mut refused = batch.refused.iter().peekable();
        for row in 0..=batch.len() {
            while let Some(refusal) = refused.next_if(|refusal| refusal.before_row as usize == row) {
                show_refusal(refusal, &mut text);
            }
            if row < batch.len() {
                show_row(adapter, batch, row, &words, &mut text);
            }
        }
        assert!(refused.next().is_none(), "refusals stand before rows of the batch, in order");
        if batch.outside_records > 0 {
            writeln!(text, "outside {}", batch.outside_records).expect("text");
        }
    }
    text
}

fn show_row(adapter: &Adapter, batch: &Columns, row: usize, words: &[&str], text: &mut String) {
    let source = &adapter.sources[batch.source[row].0 as usize].name;
    let kind = &adapter.kinds[batch.kind[row].0 as usize];
    let asset = &adapter.assets[batch.asset[row].0 as usize].name;
    write!(text, "{} {source} {kind} {asset} {}", batch.line[row], batch.id.text(row)).expect("text");
    for (slot, name) in adapter.schema.words.iter().enumerate() {
        write!(text, " {name}={:?}", words[batch.words[slot][row].0 as usize]).expect("text");
    }
    for (slot, field) in adapter.schema.numbers.iter().enumerate() {
        write!(text, " {}={}", field.name, batch.numbers[slot][row]).expect("text");
    }
    for (slot, name) in adapter.schema.times.iter().enumerate() {
        write!(text, " {name}={}", batch.times[slot][row]).expect("text");
    }
    for (slot, name) in adapter.schema.dates.iter().enumerate() {
        write!(text, " {name}={}", batch.dates[slot][row]).expect("text");
    }
    if !batch.received_at[row].is_none() {
        write!(text, " received={}", batch.received_at[row]).expect("text");
    }
    if batch.original[row] != Identity::NONE {
        let original = batch.identity.iter().position(|identity| *identity == batch.original[row]);
        write!(text, " original={}", original.map_or("?", |row| batch.id.text(row))).expect("text");
    }
    text.push('\n');
}

fn show_refusal(refusal: &event::Refusal, text: &mut String) {
    let outside = if refusal.outside { " outside" } else { "" };
    let id = if refusal.id.is_empty() { "-" } else { &*refusal.id };
    let (code, column) = (refusal.code.name(), &refusal.column);
    // How much of a long record is kept as evidence depends on where the cuts fall, if the limit is low.
    let is_cut = matches!(refusal.code, Code::LineTooLong | Code::FileTruncated) && refusal.value.len() > 20;
    let value = if is_cut || refusal.value.len() > 80 { "…" } else { &*refusal.value };
    writeln!(text, "{} {id}{outside} {code} [{column}] {value:?}: {}", refusal.line, refusal.detail).expect("text");
}

/// Compares what comes out with what is expected.
pub(crate) fn check(adapter: &Adapter, input: impl AsRef<[u8]>, expected: expect_test::Expect) {
    let all = read(adapter, input.as_ref());
    expected.assert_eq(&shown(adapter, &all.batches));
}
