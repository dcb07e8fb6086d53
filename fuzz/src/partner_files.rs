//! Reads bytes as a partner's file, twice with other limits, and holds the two against each other.
//!
//! The adapter has one field of every type and source, identity, check and link of every kind, so that one row goes
//! through all of intake.

use calendar::{Date, Instant, Transition, Zone};
use contract::expression::{Expression, FieldRef, Names, WordRef, parse_number};
use event::{AdapterId, Columns, Dictionary, FileId, KindId, NumberField, Refusal, Schema, SourceId, Word};
use intake::adapter::{
    Adapter, Check, Choice, Encoding, Format, Header, IdentityPlan, KindPlan, NumberPlan, Path, Received, Route,
    SourcePlan, Step, TimeFormat, TimePlan, Unit, WordPlan,
};
use intake::{Chunk, FileFacts, Limits, Reader, Splitter};
use money::Asset;

/// Bytes of the longest record that is read here: small, so that mutation reaches it.
pub const RECORD_BYTES_MAX: usize = 1_024;

/// Columns of files without a header.
pub const COLUMNS: [&str; 18] = [
    "id", "seq", "vendor", "type", "currency", "payment", "channel", "amount", "fee", "tip", "rate", "ref", "at",
    "local", "day", "received", "fees", "note",
];

/// What a file turned out to hold.
#[derive(Debug, PartialEq, Eq)]
pub struct Seen {
    /// Events and refusals in order of the file.
    pub rows: Vec<SeenRow>,
    /// Outside records that passed.
    pub outside_records: u64,
}

/// A row of a file.
#[derive(Debug, PartialEq, Eq)]
pub enum SeenRow {
    /// It is an event.
    Event {
        /// Line of the file.
        line: u64,
        /// Its id.
        id: String,
        /// Source, kind, asset, identity, fingerprint, original and when it was received.
        head: String,
        /// Its words as texts.
        words: Vec<String>,
        /// Its numbers by slot.
        numbers: Vec<i64>,
        /// Its times by slot.
        times: Vec<Instant>,
        /// Its dates by slot.
        dates: Vec<Date>,
    },
    /// It is none; where it stood in its batch does not count.
    Refused(Refusal),
}

/// Limits for a file of a few kilobytes: few chunks.
#[must_use]
pub const fn wide() -> Limits {
    Limits { record_bytes_max: RECORD_BYTES_MAX, ..Limits::USUAL }
}

/// Limits that cut the same file as often as they can.
#[must_use]
pub const fn narrow() -> Limits {
    Limits { record_bytes_max: RECORD_BYTES_MAX, chunk_rows_max: 2, chunk_bytes: 16, block_bytes_max: 5 }
}

/// Reads a file with wide and with narrow limits; the two must be the same.
pub fn read_both(bytes: &[u8], adapter: &Adapter) -> Seen {
    let seen = read(bytes, adapter, wide());
    assert_eq!(read(bytes, adapter, narrow()), seen, "limits change nothing");
    seen
}

/// Reads a file.
pub fn read(bytes: &[u8], adapter: &Adapter, limits: Limits) -> Seen {
    let slot = None;
    let facts = FileFacts { id: FileId(0), name: "orders_2024-03.csv".into(), received_at: Instant(0), slot };
    let mut splitter = Splitter::with_limits(bytes, adapter, limits);
    let mut reader = Reader::new(adapter, 0);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let mut words = vec![Box::from("")];
    let mut seen = Seen { rows: Vec::new(), outside_records: 0 };
    let mut records = 0;
    while splitter.next_chunk(&mut chunk).expect("bytes in memory can be read") {
        assert_eq!(chunk.first_record, records, "chunks count on");
        records += (chunk.records.len() + chunk.faults.len()) as u64;
        reader.adapt(&chunk, &facts, &mut columns);
        columns.assert_rectangular();
        words.extend_from_slice(&columns.new_words);
        let rows = columns.len() + columns.refused.len() + columns.outside_records as usize;
        assert_eq!(
            rows,
            chunk.records.len() + chunk.faults.len(),
            "each record is one event, refusal or outside record"
        );
        append(&columns, &words, &mut seen);
    }
    seen
}

fn append(columns: &Columns, words: &[Box<str>], seen: &mut Seen) {
    let mut refused = columns.refused.iter().peekable();
    for row in 0..=columns.len() {
        while let Some(refusal) = refused.next_if(|refusal| refusal.before_row as usize <= row) {
            seen.rows.push(SeenRow::Refused(Refusal { before_row: 0, ..refusal.clone() }));
        }
        if row < columns.len() {
            seen.rows.push(event(columns, row, words));
        }
    }
    assert_eq!(refused.next(), None, "refusals stand in order, before rows of the batch");
    seen.outside_records += columns.outside_records;
}

fn event(columns: &Columns, row: usize, words: &[Box<str>]) -> SeenRow {
    let head = (
        (columns.source[row], columns.kind[row], columns.asset[row], columns.identity[row]),
        (columns.fingerprint[row], columns.original[row], columns.received_at[row]),
    );
    SeenRow::Event {
        line: columns.line[row],
        id: columns.id.text(row).to_owned(),
        head: format!("{head:?}"),
        words: columns.words.iter().map(|column| words[column[row].0 as usize].to_string()).collect(),
        numbers: columns.numbers.iter().map(|column| column[row]).collect(),
        times: columns.times.iter().map(|column| column[row]).collect(),
        dates: columns.dates.iter().map(|column| column[row]).collect(),
    }
}

/// A header of a table that is the first line or, where `named`, [`COLUMNS`] behind one skipped line.
#[must_use]
pub fn header(named: bool) -> Header {
    if named { Header::Named { columns: COLUMNS.map(Into::into).to_vec(), skip_lines: 1 } } else { Header::FirstLine }
}

/// The adapter. Paths into objects lead nowhere in tables, so these have columns of the same name.
#[must_use]
pub fn adapter(format: Format, encoding: Encoding) -> Adapter {
    let is_table = matches!(format, Format::Delimited { .. } | Format::Whitespace { .. });
    let assets = [("USD", 2), ("KRW", 0)].map(|(name, digits)| Asset { name: name.into(), digits });
    let kinds = vec![("SALE".into(), KindId(0)), ("REFUND".into(), KindId(1)), ("판매".into(), KindId(0))];
    let mut literals = Dictionary::default();
    let checks = checks(&mut literals);
    Adapter {
        name: "partner".into(),
        id: AdapterId(0),
        format,
        encoding,
        files: vec!["*".into()],
        outside: false,
        zone: zone(),
        second_of_twice: true,
        received: Received::Column { path: path("received"), format: TimeFormat::UnixMillis },
        route: Route::Column { path: path("vendor"), to: vec![("1".into(), 0), ("2".into(), 1), ("".into(), 2)] },
        kind: Choice::Column { path: path("type"), to: kinds },
        asset: Choice::Column { path: path("currency"), to: Vec::new() },
        schema: schema(),
        words: words(),
        numbers: numbers(is_table),
        times: vec![time("at", TimeFormat::Rfc3339), time("local", TimeFormat::Local("%y-%m-%d %H:%M:%S.%f".into()))],
        dates: vec![time("day", TimeFormat::Local("%Y%m%d".into()))],
        sources: vec![
            source("field", 0, IdentityPlan::Field(path("id")), checks),
            source("columns", 1, IdentityPlan::Columns(vec![path("id"), path("seq")]), Vec::new()),
            source("file", 2, IdentityPlan::File { pattern: "orders_{yyyy}-{mm}".into() }, Vec::new()),
        ],
        assets: assets.to_vec(),
        kinds: vec!["sale".into(), "refund".into()],
        literals,
        key: 0x5eed,
    }
}

/// Clocks that are put forward in March 2024 and back in November.
fn zone() -> Zone {
    let transition = |at_s: i64, offset_s| Transition { at: Instant(at_s * 1_000_000), offset_s };
    let transitions = vec![transition(1_710_054_000, -14_400), transition(1_730_613_600, -18_000)];
    Zone::new("New York", -18_000, transitions).expect("transitions ascend")
}

fn schema() -> Schema {
    let number = |name: &str, scale, money| NumberField { name: name.into(), scale, money };
    Schema {
        words: vec!["payment".into(), "channel".into()],
        numbers: vec![
            number("amount", 2, true),
            number("fee", 2, true),
            number("tip", 6, true),
            number("rate", 9, false),
            number("fees", 4, true),
        ],
        times: vec!["at".into(), "local".into()],
        dates: vec!["day".into()],
        inherited: Vec::new(),
    }
}

fn words() -> Vec<WordPlan> {
    let map = vec![("1".into(), "card".into()), ("현금".into(), "cash".into())];
    vec![
        WordPlan { path: path("payment"), map, other: Some("other".into()), blank: None },
        WordPlan { path: path("channel"), map: Vec::new(), other: None, blank: Some("none".into()) },
    ]
}

fn numbers(is_table: bool) -> Vec<NumberPlan> {
    let number = |name: &str, unit| NumberPlan { path: path(name), or: None, unit, negate: false, blank: Some(0) };
    let fees = if is_table { path("fees") } else { path("fees[].fee.value") };
    vec![
        NumberPlan { blank: None, ..number("amount", Unit::Decimal) },
        NumberPlan { negate: true, ..number("fee", Unit::Minor) },
        NumberPlan { or: Some(path("amount")), ..number("tip", Unit::Micro) },
        number("rate", Unit::Number),
        NumberPlan { path: fees, ..number("fees", Unit::Scaled(4)) },
    ]
}

fn time(name: &str, format: TimeFormat) -> TimePlan {
    TimePlan { path: path(name), format, optional: name == "local" }
}

fn source(name: &str, id: u16, identity: IdentityPlan, checks: Vec<Check>) -> SourcePlan {
    let sale = KindPlan { link: None, original_kind: None, id_reused: id == 1 };
    let refund = KindPlan { link: Some(path("ref")), original_kind: Some(KindId(0)), id_reused: id == 1 };
    let kinds = vec![Some(sale), Some(refund)];
    SourcePlan { id: SourceId(id), name: name.into(), identity, scheme: 1, kinds, checks, events_per_s_max: None }
}

/// The fee is at most the amount, whatever the words are.
fn checks(literals: &mut Dictionary) -> Vec<Check> {
    struct Fields<'a>(&'a mut Dictionary);
    impl Names for Fields<'_> {
        fn field(&self, name: &str) -> Option<FieldRef> {
            let slot = schema().numbers.iter().position(|field| &*field.name == name);
            let number = |slot: usize| FieldRef::Number { slot: slot as u16, scale: schema().numbers[slot].scale };
            slot.map(number).or_else(|| (name == "payment").then_some(FieldRef::Word(WordRef::Slot(0))))
        }

        fn word(&mut self, literal: &str) -> Word {
            self.0.intern(literal)
        }

        fn known(&self) -> Vec<String> {
            Vec::new()
        }
    }
    let mut side = |text: &str| -> Expression {
        parse_number(text, &mut Fields(literals)).unwrap_or_else(|fault| panic!("{text}: {fault}"))
    };
    let text = "if(fee <= amount and kind <> 'refund' or payment = 'cash', 0, 1) = 0";
    let left = side("if(fee <= amount and kind <> 'refund' or payment = 'cash', 0, 1)");
    vec![Check { name: "fee".into(), text: text.into(), left, right: side("0"), kinds: Vec::new() }]
}

/// A path as adapters write it: `card.amount`, `fees[].fee`.
fn path(text: &str) -> Path {
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
