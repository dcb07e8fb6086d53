//! Contracts as data, the expression language, and `F`: tallies to statement lines.
//!
//! A contract is a pure function of tallies (SETTLEMENT §1). This crate does not know events' files, the ledger or the
//! state of a period: it is given sums by day and answers with lines and the arithmetic that gave them.

mod evaluate;
mod explain;
pub mod expression;
mod layout;
mod line;
mod terms;

pub use evaluate::{Cell, Question, charge, evaluate};
pub use explain::{Shown, arithmetic};
pub use layout::{Layout, TermSlots};
pub use line::{Base as LineBase, Line, LineKey, LineOf, Part, Working};
pub use terms::{
    Base, Basis, Contract, ContractId, DIMENSIONS_MAX, Dimension, Issuer, MEASURES_MAX, Measure, Reversal,
    ReversalDate, Role, Scope, TERMS_MAX, Term, TermKind, Tier, Treatment, Vat, VatScope, Version,
};
