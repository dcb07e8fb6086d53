//! `F` over chains of periods: the worked examples of the rules, and every kind of term at its edges.

mod chains;
mod closing;
mod conversion;
mod deal;
#[path = "../explain/evaluator.rs"]
mod evaluator;
mod goldens;
mod properties;
mod shares;
