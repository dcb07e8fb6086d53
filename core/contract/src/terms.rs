//! A contract as plain data: what the book folder or the API says, with every name resolved.
//!
//! Expressions stand once for each source of the contract, because slots belong to adapters. A `when` of a share, fee
//! or division has become part of the filter of its measure before it comes here, and a party that a field names is a
//! dimension: so `F` sees measures, dimensions and terms, and nothing else.

use crate::expression::{Expression, WordRef};
use calendar::{CalendarId, Cycle, Date, DueRule, Grace, Instant, ZoneId};
use event::{PartyId, SourceId};
use money::{AssetId, Rate, Rounding};

/// The most terms of one contract, over all versions.
pub const TERMS_MAX: usize = 1_000;
/// The most measures of one contract, over all versions.
pub const MEASURES_MAX: usize = 1_000;
/// The most dimensions of one contract.
pub const DIMENSIONS_MAX: usize = 16;

/// The position of a contract in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId(pub u16);

/// Versioned conditions between parties.
#[derive(Clone, Debug)]
pub struct Contract {
    /// Id within the book.
    pub id: Box<str>,
    /// Sources whose events it may rate.
    pub sources: Vec<SourceId>,
    /// Which of their events it rates, by position in [`Contract::sources`]; none: all.
    pub selects: Vec<Option<Expression>>,
    /// Which instant or date gives the commercial day, by position in [`Contract::sources`].
    pub basis: Vec<Basis>,
    /// Zone of its days.
    pub zone: ZoneId,
    /// Wall-clock second of the day at which its commercial day begins.
    pub cut_off_s: i32,
    /// Days by which the period of a day lies later than the day itself (D+2).
    pub lag_days: u16,
    /// Its calendar.
    pub cycle: Cycle,
    /// Wait from the end of a period to its cut.
    pub grace: Grace,
    /// When a statement is due; none: on the day of its cut.
    pub due: Option<DueRule>,
    /// Holiday calendars that `due` names, for documentation.
    pub calendars: Vec<CalendarId>,
    /// Word fields by which tallies are kept: those that terms list and those that name parties.
    pub dimensions: Vec<Dimension>,
    /// Measures of all versions; equal definitions stand once.
    pub measures: Vec<Measure>,
    /// Versions, ascending by (`valid_from`, `known_from`).
    pub versions: Vec<Version>,
    /// First day no longer covered; none: open-ended.
    pub ends_on: Option<Date>,
}

/// Which field of an event gives its commercial day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A time field by slot: its commercial day by the contract's zone and cut-off.
    Time(u16),
    /// A date field by slot, taken as it stands.
    Date(u16),
}

/// A word field by which tallies are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// The field's name.
    pub name: Box<str>,
    /// Where each source has it, by position in [`Contract::sources`].
    pub refs: Vec<WordRef>,
    /// Whether its words are ids of parties.
    pub party: bool,
}

/// A named exact sum over events.
#[derive(Clone, Debug)]
pub struct Measure {
    /// Name as the contract gives it; the derived measure of a term with `when` is named `<measure> of <term>`.
    pub name: Box<str>,
    /// Whether it is an amount of the asset (and not a plain number).
    pub money: bool,
    /// Whether the contract lists it itself, so that statements show it.
    pub listed: bool,
    /// Digits behind the point of its sums; at least the scale of every source's expression.
    pub scale: u8,
    /// What is added for one event, by position in [`Contract::sources`].
    pub sums: Vec<Expression>,
    /// For which events, by position in [`Contract::sources`]; none: all that the contract rates.
    pub filters: Vec<Option<Expression>>,
    /// How a reversal enters it. Measures with other treatment are other measures.
    pub treatment: Treatment,
}

/// How an event that takes another back enters a tally (SETTLEMENT §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Treatment {
    /// At which version.
    pub reversal: Reversal,
    /// In which day's tally.
    pub date: ReversalDate,
}

impl Treatment {
    /// A reversal counts like any event, on its own day.
    pub const PLAIN: Self = Self { reversal: Reversal::Rerate, date: ReversalDate::Own };
}

/// At which version a reversal is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reversal {
    /// Like any event of the day whose tally it enters.
    Rerate,
    /// At the version of its original's day.
    Mirror,
}

/// Which day's tally a reversal enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReversalDate {
    /// The day of the reversal itself.
    Own,
    /// The day of its original.
    Original,
}

/// The conditions from one commercial day on.
#[derive(Clone, Debug)]
pub struct Version {
    /// First commercial day that it governs.
    pub valid_from: Date,
    /// When it is put: before this instant nobody knows it.
    pub known_from: Instant,
    /// Its terms in the listed order.
    pub terms: Vec<Term>,
}

/// One condition; it makes one statement line for each version and each combination of its dimensions.
#[derive(Clone, Debug)]
pub struct Term {
    /// Id within the contract.
    pub id: Box<str>,
    /// What it computes.
    pub kind: TermKind,
    /// Who owes a positive charge.
    pub debtor: Role,
    /// Who is owed it. A division names its creditors itself and repeats its first here.
    pub creditor: Role,
    /// Purpose of the operator's revenue or cost account, e.g. `fee`.
    pub purpose: Box<str>,
    /// Positions in [`Contract::dimensions`] for which it makes lines of their own, ascending.
    pub dimensions: Vec<u8>,
    /// Where it rounds.
    pub scope: Scope,
    /// How it rounds.
    pub rounding: Rounding,
    /// VAT on its charge.
    pub vat: Option<Vat>,
}

/// Who is debtor or creditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A party of the book.
    Party(PartyId),
    /// The party that a dimension names, by position in [`Contract::dimensions`].
    Dimension(u8),
}

/// What a term computes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A rate of a measure, flat (one tier) or graduated within the period.
    Share {
        /// Position in [`Contract::measures`].
        of: u16,
        /// At least one; all but the last have an upper bound, ascending.
        tiers: Vec<Tier>,
        /// What the rate is applied to.
        on: Base,
    },
    /// A charge for each event: rate of the measure plus a fixed part, within bounds of magnitude.
    Fee {
        /// Position in [`Contract::measures`]; its filter says for which events.
        of: u16,
        /// Rate of the measure.
        rate: Rate,
        /// Fixed part in whole units of the asset; it takes the sign of the measure (of +1 where the measure is 0).
        fixed: i64,
        /// Least magnitude in whole units.
        min: Option<i64>,
        /// Greatest magnitude in whole units.
        max: Option<i64>,
    },
    /// An amount for each period that begins while the version is in force.
    Fixed {
        /// Whole units of `asset`.
        amount: i64,
        /// Its asset.
        asset: AssetId,
    },
    /// A measure divided among parties, one of whom takes the residue.
    Division {
        /// Position in [`Contract::measures`].
        of: u16,
        /// Creditors and their shares.
        parts: Vec<(Role, Rate)>,
        /// Position in `parts` of the party that takes the residue.
        residue: u16,
    },
}

/// One bracket of a graduated share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Upper bound in whole units of the asset at [`Measure::scale`]; it belongs to this tier. None: no bound.
    pub up_to: Option<i128>,
    /// Rate inside the bracket.
    pub rate: Rate,
}

/// What a share's rate is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The measure.
    Gross,
    /// What the charges (as rounded) of the terms listed before it of the same measure leave of it.
    Rest,
}

/// Where a charge is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Each event's charge is rounded and posted with it; the line is their sum.
    Event,
    /// The line is rounded once.
    Line,
}

/// VAT on a term's charge. It goes the way of the charge, from debtor to creditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vat {
    /// Rate of the supply.
    pub rate: Rate,
    /// Where it is rounded.
    pub scope: VatScope,
    /// Whether the charge contains it already; then the VAT is a part of the charge and adds nothing to the total.
    pub inclusive: bool,
    /// How it is rounded.
    pub rounding: Rounding,
    /// Who issues the tax invoice.
    pub issuer: Issuer,
}

/// Where VAT is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VatScope {
    /// Each event is its own tax record.
    Event,
    /// Once for each line.
    Line,
    /// Once for each statement and rate: the tax invoice.
    Document,
}

/// Who issues the tax invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// The supplier, who is owed the charge (정발행).
    Creditor,
    /// The customer on his behalf (역발행).
    Debtor,
}

impl Contract {
    /// The version of `day` as known at `known_at`: of those known then, the one with the latest `valid_from` not after
    /// the day, and of equals the one known latest.
    #[must_use]
    pub fn version_of(&self, day: Date, known_at: Instant) -> Option<u16> {
        if self.ends_on.is_some_and(|end| day >= end) {
            return None;
        }
        let position =
            self.versions.iter().rposition(|version| version.valid_from <= day && version.known_from <= known_at)?;
        u16::try_from(position).ok()
    }

    /// Position of a source in the contract, where it rates that source.
    #[must_use]
    pub fn position_of(&self, source: SourceId) -> Option<usize> {
        self.sources.iter().position(|&own| own == source)
    }
}

impl Term {
    /// The measure that it rates; a fixed fee has none.
    #[must_use]
    pub const fn measure(&self) -> Option<u16> {
        match &self.kind {
            TermKind::Share { of, .. } | TermKind::Fee { of, .. } | TermKind::Division { of, .. } => Some(*of),
            TermKind::Fixed { .. } => None,
        }
    }
}
