//! Entries in columns: a head each, and all postings in one vector.

use crate::{AccountId, Chart};
use calendar::Date;
use money::{AMOUNT_BOUND, AssetId};

/// One line of an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Posting {
    /// Where.
    pub account: AccountId,
    /// How much, in whole units; debit is positive, |amount| < 10^18.
    pub amount: i64,
}

/// Why an entry was made.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    /// An event's own charges: a row of the batch that these decisions are of.
    Event {
        /// Position of the row.
        row: u32,
    },
    /// An event that had waited for its original: a position in the decisions' released events.
    Released {
        /// Position in the decisions' released events.
        position: u32,
    },
    /// A row of a file that another replaced: a position in the decisions' withdrawn rows.
    Withdrawn {
        /// Position in the decisions' withdrawn rows.
        position: u32,
    },
    /// A tick: what `F` moved on one line of an open period.
    Accrual,
    /// A tick: what `F` moved on one line of a closed period.
    Restatement,
    /// A statement was issued.
    Issue,
    /// What an older system leaves was taken over.
    Opening,
}

/// What an entry belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct EntryHead {
    /// Why it was made.
    pub origin: Origin,
    /// Position of the contract in its book.
    pub contract: u16,
    /// First day of the period in whose statement it stands.
    pub period_on: Date,
    /// First day of the closed period whose truth it adjusts; the same as `period_on` where there is none.
    pub adjusts_on: Date,
    /// Accounting date.
    pub dated_on: Date,
}

/// Entries in order, in columns.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Entries {
    heads: Vec<EntryHead>,
    ends: Vec<u32>,
    postings: Vec<Posting>,
}

impl Entries {
    /// Adds an entry.
    ///
    /// # Panics
    /// Where the postings of any asset do not sum to zero, one is zero or out of bounds: a bug in rating.
    pub fn push(&mut self, head: EntryHead, postings: &[Posting], chart: &Chart) {
        assert_balanced(postings, chart);
        self.heads.push(head);
        self.postings.extend_from_slice(postings);
        self.ends.push(u32::try_from(self.postings.len()).expect("a batch's postings fit 32 bits"));
    }

    /// Makes room for more entries and postings.
    pub fn reserve(&mut self, entries: usize, postings: usize) {
        self.heads.reserve(entries);
        self.ends.reserve(entries);
        self.postings.reserve(postings);
    }

    /// How many entries there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.heads.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.heads.is_empty()
    }

    /// All postings of all entries in order.
    #[must_use]
    pub fn postings(&self) -> &[Posting] {
        &self.postings
    }

    /// Entries in order, each with its postings.
    pub fn iter(&self) -> impl Iterator<Item = (&EntryHead, &[Posting])> {
        self.heads.iter().enumerate().map(|(position, head)| {
            let from = if position == 0 { 0 } else { self.ends[position - 1] as usize };
            (head, &self.postings[from..self.ends[position] as usize])
        })
    }

    /// Heads, where the postings of each end, and all postings: how entries are written at rest.
    #[must_use]
    pub fn parts(&self) -> (&[EntryHead], &[u32], &[Posting]) {
        (&self.heads, &self.ends, &self.postings)
    }

    /// Entries from their parts, or nothing where the ends do not ascend to the postings by two or more, or an entry's
    /// postings are not what [`Entries::push`] takes of one asset: not zero, within bounds, and together zero.
    #[must_use]
    pub fn from_parts(heads: Vec<EntryHead>, ends: Vec<u32>, postings: Vec<Posting>) -> Option<Self> {
        let mut begin = 0;
        for &end in &ends {
            let end = end as usize;
            let own = postings.get(begin..end).filter(|own| own.len() >= 2)?;
            let within =
                own.iter().all(|one| one.amount != 0 && one.amount.unsigned_abs() < AMOUNT_BOUND.unsigned_abs());
            let sum: i128 = own.iter().map(|posting| i128::from(posting.amount)).sum();
            if !within || sum != 0 {
                return None;
            }
            begin = end;
        }
        (begin == postings.len() && heads.len() == ends.len()).then_some(Self { heads, ends, postings })
    }

    /// Removes all and keeps the capacity.
    pub fn clear(&mut self) {
        self.heads.clear();
        self.ends.clear();
        self.postings.clear();
    }
}

#[inline]
fn assert_balanced(postings: &[Posting], chart: &Chart) {
    assert!(postings.len() >= 2, "an entry has at least two postings: {postings:?}");
    // Nearly every entry is of one asset; several are summed one by one.
    let first = chart.account(postings[0].account).asset();
    let mut sum = 0_i128;
    let mut mixed = false;
    for posting in postings {
        assert!(
            posting.amount != 0 && posting.amount.abs() < AMOUNT_BOUND,
            "a posting is not zero and below 10^18: {posting:?}"
        );
        mixed |= chart.account(posting.account).asset() != first;
        sum += i128::from(posting.amount);
    }
    if mixed {
        return assert_balanced_by_asset(postings, chart);
    }
    assert!(sum == 0, "an entry sums to zero: {postings:?}");
}

#[cold]
fn assert_balanced_by_asset(postings: &[Posting], chart: &Chart) {
    let asset_of = |posting: &Posting| -> AssetId { chart.account(posting.account).asset() };
    for posting in postings {
        let asset = asset_of(posting);
        let sum: i128 =
            postings.iter().filter(|other| asset_of(other) == asset).map(|other| i128::from(other.amount)).sum();
        assert!(sum == 0, "an entry sums to zero in {asset:?}: {postings:?}");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Account;
    use event::PartyId;

    fn chart() -> Chart {
        let mut chart = Chart::default();
        for asset in [AssetId(0), AssetId(1)] {
            chart.open(Account::Accrued(PartyId(1), asset));
            chart.open(Account::Receivable(PartyId(2), asset));
        }
        chart
    }

    fn push(amounts: &[(u32, i64)]) {
        let head = EntryHead {
            origin: Origin::Accrual,
            contract: 0,
            period_on: Date(0),
            adjusts_on: Date(0),
            dated_on: Date(0),
        };
        let postings: Vec<_> =
            amounts.iter().map(|&(account, amount)| Posting { account: AccountId(account), amount }).collect();
        Entries::default().push(head, &postings, &chart());
    }

    #[test]
    fn i3_a_balanced_entry_is_taken() {
        push(&[(0, -5), (1, 5)]);
        push(&[(0, -5), (1, 5), (2, 7), (3, -7)]);
    }

    #[test]
    #[should_panic(expected = "sums to zero")]
    fn i3_an_entry_that_does_not_balance_stops_the_book() {
        push(&[(0, -5), (1, 4)]);
    }

    #[test]
    #[should_panic(expected = "sums to zero in")]
    fn i3_assets_do_not_balance_each_other() {
        push(&[(0, -5), (3, 5)]);
    }
}
