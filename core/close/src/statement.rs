//! The statement: per contract, party (vis-a-vis the operator), period and asset.

use crate::{Posted, Restated};
use calendar::{Date, Instant, Period};
use contract::{CarryKey, ContractId, LineKey, Part, Working};
use event::{PartyId, Word};
use money::{AssetId, Decimal};

/// What one party and the operator owe each other for a period of a contract in one asset.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    /// The contract.
    pub contract: ContractId,
    /// The party; the other side is always the operator.
    pub party: PartyId,
    /// The period.
    pub period: Period,
    /// The asset of all amounts.
    pub asset: AssetId,
    /// Issued, or provisional while the period is open.
    pub status: Status,
    /// When it is to be paid; none where a holiday calendar does not cover the date.
    pub due_on: Option<Date>,
    /// Lines in the order of their keys, restatements after the period's own.
    pub lines: Vec<StatementLine>,
    /// Listed measures of the period, for information.
    pub measures: Vec<MeasureTotal>,
    /// What the period took in from the one before and leaves to the next, between this party and another.
    pub carried: Vec<CarriedTotal>,
    /// Sum of the lines in whole units: positive where the operator owes the party.
    pub total: i128,
    /// The part of the total that stood on `<party>:accrued` and moves to payable or receivable at issue.
    pub accrued: i128,
}

/// Whether a statement can still change.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Status {
    /// Issued at the cut; it never changes.
    Issued {
        /// The cut.
        cut_at: Instant,
        /// When it was issued: at the cut, or by command after it.
        issued_at: Instant,
    },
    /// The period is open (or closing): `F` as known now.
    Provisional {
        /// When its membership will freeze.
        cut_at: Instant,
        /// Whether the period has ended and only its grace still runs.
        closing: bool,
    },
}

impl Status {
    /// The state of the period: `open`, `closing` or `closed` (SETTLEMENT §6).
    #[must_use]
    pub const fn period_state(self) -> &'static str {
        match self {
            Self::Issued { .. } => "closed",
            Self::Provisional { closing: true, .. } => "closing",
            Self::Provisional { closing: false, .. } => "open",
        }
    }
}

/// One line, seen from the party.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatementLine {
    /// What it is the line of.
    pub key: LineKey,
    /// Whether the party is owed the charge or owes it.
    pub side: Side,
    /// Whole units, positive where the operator owes the party. VAT that is inside a charge counts 0 in the total.
    pub amount: i128,
    /// Where the line restates a closed period: first day of that period.
    pub adjusts_on: Option<Date>,
    /// The arithmetic; of a restatement the arithmetic of the line as it is now.
    pub working: Option<Working>,
    /// Of a restatement: what the line is now and what was posted for it before, both seen from the party like
    /// [`StatementLine::amount`], which is their difference.
    pub restated: Option<(i128, i128)>,
    /// Whether it is known at the end only, so that it is provisional and not in the ledger until the issue.
    pub at_end: bool,
}

/// On which side of a charge the statement's party stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// It is owed the charge.
    Owed,
    /// It owes the charge.
    Owes,
}

/// The sum of a listed measure over a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeasureTotal {
    /// Position in the contract's measures.
    pub measure: u16,
    /// Asset of the sum, where it is an amount: that of the statement, but before conversion where the contract converts.
    pub asset: AssetId,
    /// Sum over all dimensions of the contract.
    pub sum: Decimal,
}

/// What was carried into a period and out of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CarriedTotal {
    /// Of which term, and what.
    pub key: CarryKey,
    /// First day of the period that it was brought from; none where nothing was.
    pub from_on: Option<Date>,
    /// What the period took in.
    pub brought: Decimal,
    /// What it leaves to the next.
    pub left: Decimal,
}

impl StatementLine {
    /// The lines that a charge makes in the statements of its two parties; the operator has no statement of its own.
    #[must_use]
    pub fn sides(key: &LineKey, operator: PartyId) -> Vec<(PartyId, Side)> {
        let mut sides = Vec::with_capacity(2);
        if key.creditor != operator {
            sides.push((key.creditor, Side::Owed));
        }
        if key.debtor != operator {
            sides.push((key.debtor, Side::Owes));
        }
        sides
    }

    /// What the line adds to the statement's total.
    #[must_use]
    pub fn counted(&self) -> i128 {
        if self.key.part == Part::VatIncluded { 0 } else { self.amount }
    }

    /// Whether the line stood on `<party>:accrued`: what a party owes another than the operator is money it holds and
    /// stands on its receivable account from the start.
    #[must_use]
    pub fn accrues(&self, operator: PartyId) -> bool {
        self.side == Side::Owed || self.key.creditor == operator
    }

    /// A line of the period itself.
    #[must_use]
    pub fn own(key: &LineKey, posted: &Posted, side: Side) -> Self {
        Self {
            key: key.clone(),
            side,
            amount: side.signed(posted.amount),
            adjusts_on: None,
            working: Some(posted.working.clone()),
            restated: None,
            at_end: posted.booked != posted.amount,
        }
    }

    /// A line that restates the closed period that began on `adjusts_on`.
    #[must_use]
    pub fn restatement(key: &LineKey, adjusts_on: Date, restated: &Restated, side: Side) -> Self {
        let now = restated.before + restated.delta;
        Self {
            key: key.clone(),
            side,
            amount: side.signed(restated.delta),
            adjusts_on: Some(adjusts_on),
            working: restated.working.clone(),
            restated: Some((side.signed(now), side.signed(restated.before))),
            at_end: false,
        }
    }

    /// The words of its dimensions.
    #[must_use]
    pub fn dimensions(&self) -> &[Word] {
        &self.key.dimensions
    }
}

impl Side {
    /// The amount as the party sees it.
    #[must_use]
    pub const fn signed(self, amount: i128) -> i128 {
        match self {
            Self::Owed => amount,
            Self::Owes => -amount,
        }
    }
}
