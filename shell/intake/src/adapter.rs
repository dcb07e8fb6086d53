//! What an adapter is told: where each field of an event comes from. Plain values; the book folder's syntax is not known here.

use calendar::{Date, Zone};
use contract::expression::Expression;
use event::{AdapterId, Dictionary, KindId, Schema, SourceId};
use money::{Asset, AssetId};

/// How to read one partner's files.
#[derive(Clone, Debug)]
pub struct Adapter {
    /// Id within the book, as messages name it.
    pub name: Box<str>,
    /// Its position in the book.
    pub id: AdapterId,
    /// Shape of the file.
    pub format: Format,
    /// Encoding of its text.
    pub encoding: Encoding,
    /// Glob patterns over file names (`*`, `?`), for files given without a name of an adapter.
    pub files: Vec<Box<str>>,
    /// Whether its rows are events or outside records.
    pub outside: bool,
    /// Zone of local times.
    pub zone: Zone,
    /// Which instant a local time means that occurs twice.
    pub second_of_twice: bool,
    /// When its rows were received.
    pub received: Received,
    /// Which source a row belongs to.
    pub route: Route,
    /// The kind of a row.
    pub kind: Choice<KindId>,
    /// The asset of a row.
    pub asset: Choice<AssetId>,
    /// Slots of the batch.
    pub schema: Schema,
    /// One plan for each slot of [`Schema::words`].
    pub words: Vec<WordPlan>,
    /// One plan for each slot of [`Schema::numbers`] but those of [`Schema::inherited`], which are the last ones.
    pub numbers: Vec<NumberPlan>,
    /// One plan for each slot of [`Schema::times`].
    pub times: Vec<TimePlan>,
    /// One plan for each slot of [`Schema::dates`].
    pub dates: Vec<TimePlan>,
    /// Sources of this adapter.
    pub sources: Vec<SourcePlan>,
    /// All assets of the book, for their digits.
    pub assets: Vec<Asset>,
    /// Names of all kinds of the book by [`KindId`].
    pub kinds: Vec<Box<str>>,
    /// The words as they were numbered when the checks' expressions were parsed; a word outside it equals no literal.
    pub literals: Dictionary,
    /// Key of identities and fingerprints, drawn from the book.
    pub key: u64,
}

/// Shape of a file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Format {
    /// Fields between delimiters, quoted as RFC 4180 says.
    Delimited {
        /// `,` or TAB.
        delimiter: u8,
        /// Where the names of its columns come from.
        header: Header,
    },
    /// Fields between runs of blanks; blanks at both ends do not count.
    Whitespace {
        /// Where the names of its columns come from.
        header: Header,
    },
    /// One JSON array of objects, or one object.
    Json {
        /// Dotted path to the array where it is not the whole document.
        rows: Option<Box<str>>,
    },
    /// One JSON object a line.
    JsonLines,
}

/// Where the names of columns come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Header {
    /// The first line.
    FirstLine,
    /// The adapter; so many lines are skipped first.
    Named {
        /// Names in order.
        columns: Vec<Box<str>>,
        /// Lines to skip.
        skip_lines: u32,
    },
}

/// Encoding of a file's text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// UTF-8, with or without byte-order mark.
    Utf8,
    /// CP949, the superset of EUC-KR that Windows writes.
    Cp949,
}

/// A path to a value: a column, or steps into a JSON object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Path {
    /// As written, for messages.
    pub text: Box<str>,
    /// Steps from the outside in; a delimited file has one.
    pub steps: Vec<Step>,
}

/// One step of a path.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Into a member.
    Member(Box<str>),
    /// Into every element of an array; numbers found are added up.
    Each,
}

/// When rows were received.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Received {
    /// As the command line says.
    CommandLine,
    /// A column of the file.
    Column {
        /// Where.
        path: Path,
        /// How it is written.
        format: TimeFormat,
    },
    /// The first instant after the day or month that the file's name gives, in the adapter's zone.
    FileName {
        /// Pattern with `{yyyy}`, `{mm}`, optionally `{dd}`, and `*`.
        pattern: Box<str>,
    },
}

/// Which source a row belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Route {
    /// The only one, by position in [`Adapter::sources`].
    Only,
    /// The one that a column's value names.
    Column {
        /// Where.
        path: Path,
        /// Values and positions in [`Adapter::sources`].
        to: Vec<(Box<str>, u16)>,
    },
}

/// A constant, or the value of a column.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Choice<T> {
    /// Always this.
    Constant(T),
    /// What a column says.
    Column {
        /// Where.
        path: Path,
        /// Values and what they mean.
        to: Vec<(Box<str>, T)>,
    },
}

/// How a word field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WordPlan {
    /// Where.
    pub path: Path,
    /// Values and the words they become; empty: as they stand.
    pub map: Vec<(Box<str>, Box<str>)>,
    /// What a value outside `map` becomes; none: rejected (where `map` is not empty).
    pub other: Option<Box<str>>,
    /// What a blank or absent value becomes; none: rejected.
    pub blank: Option<Box<str>>,
}

/// How an amount or number field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberPlan {
    /// Where.
    pub path: Path,
    /// Second place where the first is absent.
    pub or: Option<Path>,
    /// How the value is written.
    pub unit: Unit,
    /// Whether its sign is turned.
    pub negate: bool,
    /// Value of a blank or absent field at the slot's scale; none: rejected.
    pub blank: Option<i64>,
}

/// How an amount is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Decimal digits with an optional point, as number or as string. Digits beyond the asset's are refused.
    Decimal,
    /// Whole minor units of the asset.
    Minor,
    /// Whole millionths.
    Micro,
    /// Whole units of 10^-n (Caleta writes 100000 = 1.00).
    Scaled(u8),
    /// A plain number with the slot's scale.
    Number,
}

/// How a time or date field is filled.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TimePlan {
    /// Where.
    pub path: Path,
    /// How it is written.
    pub format: TimeFormat,
    /// Whether it may be blank (times only).
    pub optional: bool,
}

/// How an instant or local time is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TimeFormat {
    /// RFC 3339 with offset.
    Rfc3339,
    /// Seconds since 1970 UTC.
    UnixSeconds,
    /// Milliseconds since 1970 UTC.
    UnixMillis,
    /// Local time: a pattern of `%Y %m %d %H %M %S %f %y` and literal characters; without hours: start of the day.
    Local(Box<str>),
}

/// What an adapter must know of one of its sources.
#[derive(Clone, Debug)]
pub struct SourcePlan {
    /// Its position in the book.
    pub id: SourceId,
    /// Its name, for messages.
    pub name: Box<str>,
    /// What makes its events unique.
    pub identity: IdentityPlan,
    /// Number of the identity scheme; part of every fingerprint.
    pub scheme: u32,
    /// For each kind of the book, whether and how this source sends it.
    pub kinds: Vec<Option<KindPlan>>,
    /// Exact equations that its rows must satisfy.
    pub checks: Vec<Check>,
    /// The most events that are taken from it in a second, where it has a limit.
    pub events_per_s_max: Option<u32>,
}

/// What makes events of a source unique (SETTLEMENT §9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum IdentityPlan {
    /// An id of the source's own.
    Field(Path),
    /// Several columns together.
    Columns(Vec<Path>),
    /// The file's slot and the row's place in it.
    File {
        /// Pattern over the file's name; what `{…}` matches is the slot.
        pattern: Box<str>,
    },
}

/// How a source sends one kind.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KindPlan {
    /// Where the id of the original stands.
    pub link: Option<Path>,
    /// The kind of the original, where ids are reused over kinds.
    pub original_kind: Option<KindId>,
    /// Whether ids of this kind are reused by other kinds, so that identity includes the kind.
    pub id_reused: bool,
}

/// An exact equation over fields.
#[derive(Clone, Debug)]
pub struct Check {
    /// Name, as exceptions give it.
    pub name: Box<str>,
    /// As written.
    pub text: Box<str>,
    /// Left side.
    pub left: Expression,
    /// Right side.
    pub right: Expression,
    /// Only for rows of these kinds; empty: all.
    pub kinds: Vec<KindId>,
}

/// The slot of a file with file identity, and a digest of its bytes: what `replace` and `supplement` speak of.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FileSlot {
    /// Adapter.
    pub adapter: AdapterId,
    /// Slot text, e.g. `2019-01`.
    pub slot: Box<str>,
    /// Day on which the slot ends, where its name gives one.
    pub until_on: Option<Date>,
}
