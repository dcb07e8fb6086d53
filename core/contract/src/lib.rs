//! Contracts as data, the expression language, and `F`: tallies to statement lines.
//!
//! A contract is a pure function of tallies (SETTLEMENT §1). This crate does not know events' files, the ledger or the
//! state of a period: it is given sums by day and answers with lines and the arithmetic that gave them.

mod attribution;
mod evaluate;
mod explain;
pub mod expression;
mod layout;
mod line;
mod rates;
mod terms;

pub use attribution::{Model, TOUCHES_MAX};
pub use evaluate::{Cell, Evaluated, Question, charge, evaluate};
pub use explain::{Shown, arithmetic};
pub use layout::{Layout, TermSlots};
pub use line::{
    Base as LineBase, Carried, CarriedAs, CarryKey, Converted, Deducted, Line, LineKey, LineOf, Part, Working,
};
pub use rates::{Cross, CrossState, DAYS_BACK_MAX, Fixing, Rates, RatesId};
pub use terms::{
    Agent, Base, Basis, Climb, Contract, ContractId, Conversion, DIMENSIONS_MAX, Deduction, DeductionKind, Dimension,
    Issue, Issuer, LOOK_BACK_MONTHS, MEASURES_MAX, Margin, Measure, PayoutRule, Pooled, Reversal, ReversalDate, Role,
    Scope, Span, Step, TERMS_MAX, Term, TermKind, Tier, Treatment, Vat, VatScope, Version,
};
