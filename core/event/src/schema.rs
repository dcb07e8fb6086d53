//! What a book says about its parties, its sources and the fields that their events carry.

use crate::Word;
use calendar::Date;

/// The most parties of one book.
pub const PARTIES_MAX: usize = 1 << 20;

/// The position of a party in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct PartyId(pub u32);

/// The position of a source in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct SourceId(pub u16);

/// The position of an adapter in its book.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct AdapterId(pub u16);

/// The position of a kind (bet, win, sale, refund, …) in its book's list of kind names.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KindId(pub u16);

/// Somebody with whom money is exchanged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Party {
    /// Stable id within the book.
    pub id: Box<str>,
    /// Name as it stands on statements.
    pub name: Box<str>,
    /// Registration number (사업자등록번호 and the like).
    pub registration_number: Option<Box<str>>,
    /// How the party is taxed.
    pub tax_type: TaxType,
    /// Licence under which the party acts; `check` warns where it is missing.
    pub licence: Option<Box<str>>,
    /// Jurisdiction of the licence; `check` warns where it is missing.
    pub jurisdiction: Option<Box<str>>,
    /// First commercial day on which events may name the party.
    pub active_from: Option<Date>,
    /// First commercial day on which events may no longer name the party.
    pub active_to: Option<Date>,
}

impl Party {
    /// Whether events of a commercial day may name the party.
    #[must_use]
    pub fn is_active_on(&self, day: Date) -> bool {
        self.active_from.is_none_or(|from| day >= from) && self.active_to.is_none_or(|to| day < to)
    }
}

/// How a party is taxed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxType {
    /// General VAT payer (일반과세자).
    General,
    /// Simplified VAT payer (간이과세자).
    Simplified,
    /// Exempt business (면세사업자).
    Exempt,
    /// Person without registration, subject to withholding.
    Person,
    /// Abroad.
    Foreign,
}

/// The fields of one adapter, by slot. Sources of one adapter share its slots.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Schema {
    /// Names of the word fields.
    pub words: Vec<Box<str>>,
    /// Names and scales of the amount and number fields.
    pub numbers: Vec<NumberField>,
    /// Names of the time fields.
    pub times: Vec<Box<str>>,
    /// Names of the date fields.
    pub dates: Vec<Box<str>>,
    /// Number fields that are taken from the original, behind all others of [`Schema::numbers`].
    pub inherited: Vec<Inherited>,
}

/// A number field that an event takes from the original that it names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Inherited {
    /// Number slot of the original.
    pub from: u16,
    /// Number slot of the event that takes it.
    pub to: u16,
}

/// An amount or number field.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NumberField {
    /// Name.
    pub name: Box<str>,
    /// Digits behind the point that the column carries, for every asset alike.
    pub scale: u8,
    /// Whether it is an amount of the event's asset, and not a plain number.
    pub money: bool,
}

/// One source of events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Source {
    /// Id within the book.
    pub id: Box<str>,
    /// Whose adapter reads it.
    pub adapter: AdapterId,
    /// Largest magnitude of any amount of one event, at [`Source::amount_scale`]; an event beyond it is held.
    pub amount_max: Option<i64>,
    /// Scale of [`Source::amount_max`].
    pub amount_scale: u8,
    /// Number slot of a sequence number, where the source has one: gaps are flagged.
    pub sequence: Option<u16>,
    /// What the source says of each kind, by [`KindId`]; kinds that it does not send are absent.
    pub kinds: Vec<Option<KindRule>>,
    /// The source's id as a word of the book's dictionary, for conditions.
    pub word: Word,
    /// Where the source says which report of an event is the newer one; none: an id has one content for ever.
    pub revision: Option<Revision>,
}

/// How a source counts the reports of one event.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Revision {
    /// Number slot of the count: a greater one replaces a smaller one.
    pub number: u16,
    /// Word slot, and the word in it that says that nothing will replace the report.
    pub last: Option<(u16, Word)>,
}

/// What a source declares about one of its kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KindRule {
    /// Whether an event of this kind names an earlier one.
    pub original: Original,
    /// Whether the kind takes its original back (refund, rollback), so that `reversal` of a term applies.
    pub reverses: bool,
    /// What becomes of an event whose original is named and not there.
    pub unknown: Unknown,
    /// How long an event waits for its original, in seconds; none: for ever.
    pub expires_after_s: Option<u32>,
    /// Whether an event is held whose original has been taken back.
    pub holds_after_reversal: bool,
    /// Whether an original is taken back by one event only.
    pub once: bool,
    /// Whether an event of this kind replaces the last one before it that names the same original.
    pub supersedes: bool,
}

impl KindRule {
    /// A kind that links to nothing.
    pub const PLAIN: Self = Self::linked(Original::Never, false);

    /// A kind that says nothing of its links but this.
    #[must_use]
    pub const fn linked(original: Original, reverses: bool) -> Self {
        let unknown = match original {
            Original::Required => Unknown::Wait,
            Original::Optional | Original::Never => Unknown::Accept,
        };
        let (expires_after_s, holds_after_reversal, once, supersedes) = (None, false, false, false);
        Self { original, reverses, unknown, expires_after_s, holds_after_reversal, once, supersedes }
    }

    /// Whether nothing has to be kept of an event's links but that it was accepted.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        let plain = Self::linked(self.original, self.reverses);
        *self == Self { expires_after_s: self.expires_after_s, ..plain }
    }
}

/// What becomes of an event that names an original that has not been accepted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unknown {
    /// It waits.
    Wait,
    /// It counts nowhere, nor will its original when it comes.
    Void,
    /// It is held and has to be sent again.
    Hold,
    /// It counts as it stands.
    Accept,
}

/// Whether the original of a link must be there.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Original {
    /// Without it the event waits.
    Required,
    /// With it the event is linked, without it counted as it stands.
    Optional,
    /// The kind has no originals.
    Never,
}
