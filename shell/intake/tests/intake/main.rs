//! What intake makes of partners' files: each case is an adapter, some bytes and the batch as text.

mod book;
mod checks;
mod chunks;
mod fields;
mod formats;
mod identities;
mod names;
mod refusals;
