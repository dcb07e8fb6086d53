//! Balances: the exact sum of every account's postings.

use crate::{AccountId, Posting};

/// Sums by account. An `i128` holds 2^64 postings of any legal size.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Balances {
    sums: Vec<i128>,
}

impl Balances {
    /// Adds postings.
    #[inline]
    pub fn post(&mut self, postings: &[Posting]) {
        for posting in postings {
            let account = posting.account.0 as usize;
            if account >= self.sums.len() {
                self.sums.resize(account + 1, 0);
            }
            self.sums[account] += i128::from(posting.amount);
        }
    }

    /// Balances by number of account; those behind the end are zero.
    #[must_use]
    pub fn sums(&self) -> &[i128] {
        &self.sums
    }

    /// Balances from [`Balances::sums`].
    #[must_use]
    pub const fn from_sums(sums: Vec<i128>) -> Self {
        Self { sums }
    }

    /// The balance of an account; debit is positive.
    #[must_use]
    pub fn of(&self, account: AccountId) -> i128 {
        self.sums.get(account.0 as usize).copied().unwrap_or(0)
    }
}
