//! What `F` answers: lines, each with the arithmetic that gave it.

use crate::rates::Cross;
use crate::terms::Issuer;
use calendar::Date;
use event::{PartyId, Word};
use money::{AssetId, Decimal, Rate, Rounding};
use std::collections::BTreeMap;

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
    /// An amount that two people agreed on: position in the contract's adjustments.
    Adjustment {
        /// Position.
        number: u32,
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
    /// Whether it is known only at the end, so that it is posted when the statement is issued and provisional before.
    pub at_end: bool,
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
    /// `round(base × rate of the tier that was reached)`.
    Volume {
        /// What the rate was applied to.
        base: Base,
        /// How far the tiers have filled.
        reached: Decimal,
        /// The rate of that tier.
        rate: Rate,
        /// The mode, resolved by direction.
        rounding: Rounding,
    },
    /// Nothing: the base was below zero and goes to the next period whole.
    Carried {
        /// What is carried.
        base: Base,
    },
    /// The amount of the step that was reached.
    Step {
        /// How far the steps have filled.
        reached: Decimal,
        /// Whole units.
        amount: i128,
    },
    /// `round(base × own) − round(base × below)`.
    Agent {
        /// What both rates were applied to.
        base: Base,
        /// Rate of the agent and all below.
        own: Rate,
        /// Rate of the level below; zero at the bottom.
        below: Rate,
        /// The mode, resolved by direction.
        rounding: Rounding,
    },
    /// `Σ` of the parts of paths, each divided and rounded by itself.
    Attributed {
        /// What was divided, over all paths in which the party has a touch.
        base: Decimal,
        /// How many paths these are.
        paths: u64,
    },
    /// `bound − charged` where a cap or floor was passed.
    Bound {
        /// What the terms charged together.
        charged: i128,
        /// The cap or floor.
        bound: i128,
    },
    /// `guaranteed − Σ earned`; with `floor` the part that only lifts a negative charge to zero is another line's.
    Shortfall {
        /// The minimum.
        guaranteed: i128,
        /// What counts as earned: this period's charges, earlier ones of the span, pooled ones.
        earned: Vec<i128>,
    },
    /// `−charged`: it lifts a charge below zero to zero; what carries it says the term.
    Lifted {
        /// The charge, below zero.
        charged: i128,
    },
    /// `−min(brought, kept)`: what was carried in, paid in advance or topped up, and is now taken off.
    TakenOff {
        /// What there was to take off at the beginning, with what came in this period.
        brought: i128,
        /// The charges from which it could be taken.
        from: i128,
        /// Which part of them may be taken.
        share: Rate,
    },
    /// An amount paid in advance.
    Advanced {
        /// On which day.
        on: Date,
    },
    /// An amount that people agreed on, with reason and document.
    Agreed {
        /// Why.
        reason: Box<str>,
        /// The document that says so.
        document: Box<str>,
        /// Who.
        by: Box<str>,
    },
    /// `round(Σ part × rate)` over the brackets that the measure passed through, in order of day, then version.
    Graduated {
        /// What was divided among the brackets.
        base: Base,
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

/// What a rate was applied to: a measure, what was carried into it, and what was taken off, in the order of SETTLEMENT §4.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Base {
    /// Sum of the measure, converted where the contract converts.
    pub measure: Decimal,
    /// How it was converted, day by day; empty without conversion.
    pub converted: Vec<Converted>,
    /// Deductions in whole units of the asset, in order.
    pub deducted: Vec<Deducted>,
    /// Brought in from the period before; zero or below.
    pub carried_in: Decimal,
    /// Charges of earlier terms, in whole units of the asset, in order.
    pub taken: Vec<i128>,
}

impl Base {
    /// A measure of which nothing is taken.
    #[must_use]
    pub const fn of(measure: Decimal) -> Self {
        Self {
            measure,
            converted: Vec::new(),
            deducted: Vec::new(),
            carried_in: Decimal { mantissa: 0, scale: 0 },
            taken: Vec::new(),
        }
    }
}

/// One deduction.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deducted {
    /// Its name.
    pub name: Box<str>,
    /// Whole units of the asset.
    pub amount: i128,
}

/// The part of a measure that was converted at one rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Converted {
    /// From which asset.
    pub from: AssetId,
    /// Day of the events in the calendar of the rates' source.
    pub rate_on: Date,
    /// Sum in that asset.
    pub sum: Decimal,
    /// The cross, margin included.
    pub cross: Cross,
}

/// What one period leaves to the next: carried measures and charges, tiers filled, guarantees and advances not recouped.
pub type Carried = BTreeMap<CarryKey, Decimal>;

/// What a carried amount is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct CarryKey {
    /// The term by position in the contract's term ids.
    pub term: u16,
    /// What it is.
    pub what: CarriedAs,
    /// The words that keep the term's lines apart; empty for closing terms between fixed parties.
    pub words: Box<[Word]>,
    /// Debtor and creditor, for closing terms.
    pub pair: Option<(PartyId, PartyId)>,
}

/// What is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CarriedAs {
    /// A base below zero.
    Measure,
    /// How far tiers have filled.
    Filled,
    /// A charge below zero.
    Charge,
    /// What was earned and guaranteed so far in a guarantee's own period.
    Earned,
    /// A guarantee or advance not yet recouped.
    Unrecouped,
    /// Credit topped up and not yet drawn.
    Prepaid,
}

impl CarriedAs {
    /// All.
    pub const ALL: [Self; 6] =
        [Self::Measure, Self::Filled, Self::Charge, Self::Earned, Self::Unrecouped, Self::Prepaid];

    /// What it is called wherever programs read or write it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Measure => "measure",
            Self::Filled => "filled",
            Self::Charge => "charge",
            Self::Earned => "earned",
            Self::Unrecouped => "unrecouped",
            Self::Prepaid => "prepaid",
        }
    }
}
