//! A whole node by a seed: books, clients, disk and crashes in one thread, and an auditor who predicts the books by
//! himself and believes nothing.

pub mod auditor;
mod meter;
pub mod script;
