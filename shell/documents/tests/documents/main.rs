//! Every document, made of one small book by hand and compared as a whole.

mod closing;
#[path = "../../../../core/contract/tests/explain/evaluator.rs"]
mod evaluator;
mod fixture;
mod hledger;
mod ledger;
mod statements;
