//! Periods and statements: when a period's membership freezes, what a statement says, and what a restatement is.
//!
//! A period goes open → closing → closed → sealed, where its digest is kept. While open, its lines follow `F` at
//! every tick. At its cut the statement is issued and never changes; what moves afterwards is
//! `Δ = F(known now) − posted so far`, posted to the oldest period not yet cut (SETTLEMENT §6).

mod adjustment;
mod notice;
mod payout;
mod period;
mod statement;
mod withholding;

pub use adjustment::{ADJUSTMENTS_MAX, Adjustment};
pub use notice::{Notice, notices};
pub use payout::{Payout, payout_of};
pub use period::{PeriodState, Posted, Restated};
pub use statement::{CarriedTotal, MeasureTotal, Side, Statement, StatementLine, Status};
pub use withholding::{WITHHOLDING_RULES_MAX, Withheld, WithheldPart, WithholdingRule};
