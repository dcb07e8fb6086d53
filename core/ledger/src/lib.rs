//! The ledger: accounts by party, purpose and state; entries that balance; balances.
//!
//! The ledger is the operator's: an account of another party is what that party and the operator owe each other.
//! Entries are only ever added. Every entry sums to zero per asset; [`Entries::push`] asserts it, so an entry that
//! does not balance stops its book before anything is written.

mod account;
mod balances;
mod entry;

pub use account::{Account, AccountId, Chart, Purpose};
pub use balances::Balances;
pub use entry::{Entries, EntryHead, Origin, Posting};
