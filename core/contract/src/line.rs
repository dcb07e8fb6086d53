//! What `F` answers: lines, each with the arithmetic that gave it.

use crate::terms::Issuer;
use calendar::Date;
use event::{PartyId, Word};
use money::{Decimal, Rate, Rounding};

/// What a line is the line *of*. The order is the order on the statement.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct LineKey {
    /// The term, or the VAT of the document.
    pub of: LineOf,
    /// The words of the term's dimensions, in the order in which the term lists them.
    pub dimensions: Box<[Word]>,
    /// Which part of a division it is; 0 for other terms. Two parts may have the same creditor.
    pub piece: u16,
    /// Who owes a positive amount.
    pub debtor: PartyId,
    /// Who is owed it.
    pub creditor: PartyId,
    /// The charge itself or the VAT on it.
    pub part: Part,
}

/// The term or document that a line belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LineOf {
    /// A term of a version, both by position.
    Term {
        /// Position of the term in its version.
        term: u16,
        /// Position of the version.
        version: u16,
    },
    /// VAT rounded once for a document: all charges of one statement with this rate.
    Document {
        /// Rate as a fraction.
        rate: Rate,
        /// How it is rounded.
        rounding: Rounding,
        /// Whether the customer issues the invoice.
        self_billed: bool,
    },
}

/// Whether a line is a charge or VAT.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Part {
    /// What a term says one party owes another.
    Charge,
    /// VAT on top of the charge.
    Vat,
    /// VAT that is inside the charge: shown and posted to the tax account, but no part of the total.
    VatIncluded,
}

/// One line of a statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// What it is the line of.
    pub key: LineKey,
    /// Whole units of the asset; negative where the debtor is owed.
    pub amount: i128,
    /// How it came about.
    pub working: Working,
}

/// The arithmetic of a line, complete enough to be redone by hand.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Working {
    /// `Σ` of charges that were rounded with their events; `base` is the measure they were charged on.
    Events {
        /// Sum of the measure.
        base: Decimal,
        /// How it was charged in words of the contract, e.g. the rate.
        rate: Rate,
    },
    /// `round(base × rate)`.
    Flat {
        /// What the rate was applied to.
        base: Base,
        /// The rate.
        rate: Rate,
        /// The mode, resolved by direction.
        rounding: Rounding,
    },
    /// `round(Σ part × rate)` over the brackets that the measure passed through, in order of day, then version.
    Graduated {
        /// The running sum before this line's first day and after its last.
        from: Decimal,
        /// See `from`.
        to: Decimal,
        /// What fell into each bracket at which rate.
        parts: Vec<(Decimal, Rate)>,
        /// The mode, resolved by direction.
        rounding: Rounding,
    },
    /// An agreed amount for the period that began on this day.
    Fixed {
        /// First day of the period.
        period_on: Date,
    },
    /// A share of a rounded total.
    Divided {
        /// The measure before rounding.
        base: Decimal,
        /// The total that is divided, in whole units at the asset's digits.
        total: i128,
        /// The share; for the residue party what the others left.
        share: Rate,
        /// The parts of the others, where this is the residue party.
        others: Option<Vec<i128>>,
        /// The mode, resolved by direction.
        rounding: Rounding,
    },
    /// `round(base × rate)`, or `round(base × rate / (1 + rate))` where the VAT is inside the base.
    Vat {
        /// Sum of the charges in whole units.
        base: i128,
        /// Rate of the supply.
        rate: Rate,
        /// Whether the base contains it.
        inclusive: bool,
        /// The mode, resolved by direction.
        rounding: Rounding,
        /// Who issues the invoice.
        issuer: Issuer,
    },
    /// `Σ` of VAT that was rounded with its events.
    VatEvents {
        /// Rate of the supply.
        rate: Rate,
        /// Who issues the invoice.
        issuer: Issuer,
    },
}

/// What a flat rate was applied to: a measure and what earlier terms took from it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Sum of the measure.
    pub measure: Decimal,
    /// Charges of earlier terms, in whole units of the asset, in order.
    pub taken: Vec<i128>,
}
