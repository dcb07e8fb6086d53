//! Decides: verification in three stages, rating, posting, closing; and folds decisions.

mod book;

pub use book::{Book, RULES_VERSION};
