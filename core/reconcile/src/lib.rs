//! Reconciliation: what two sides say of the same money, what matches, and what breaks.
//!
//! A pure function of a rule and two lists of records. Nothing here knows where records come from: lines of a report,
//! accepted events or postings of an account are all a key, an id, an asset, a day and the amounts to be compared.
//!
//! **Shape.** 1. *Group*: a side of many records a key adds up the records with the same key and asset; a side of one
//! record a key keeps the first and reports every further one as a repeat. A record with a blank key stands alone.
//! 2. *By key*: groups with the same key and asset are a pair; of one key, assets that stand on one side only are paired
//! with those that stand on the other only, as a difference of currency. 3. *By amount*, where the rule says so, among
//! what is left: first the same amounts on the same day; then the same amounts within the window, the earliest day first;
//! then amounts within the tolerance and the window, the nearest amount first (of equally near ones the lower), then the
//! nearest day (of equally near ones the earlier). 4. A pair is *compared* amount by amount; what has no counterpart is
//! *missing*, told with the nearest candidate among what is missing on the other side.
//!
//! **Order.** Groups are in order of their labels (key, or id where the key is blank), assets, and places in the list. In
//! step 3 the left groups choose in order of their first days, then in that order. Breaks are in order of label, asset,
//! class, amount. So the result does not depend on the order of records, but for which of several with one key is the
//! first and which the repeat, and for records that agree in everything.
//!
//! **Bounds.** At most [`RECORDS_MAX`] records and [`TEXT_BYTES_MAX`] bytes of keys and of ids a side, [`AMOUNTS_MAX`]
//! amounts a rule. Θ(n log n) time and Θ(n) memory; step 3 looks at no more than [`NEAR_MAX`] candidates for a group at
//! a time. A sum that does not fit is unknown and is told as a break without a difference: nothing wraps.
//!
//! **Ids.** The id of a break is a digest of book, rule, keys (ids where there are none), asset and amount, and of
//! neither class nor difference: the same break has the same id tomorrow, also when its missing side came with another
//! amount.

mod breaks;
mod groups;
mod pairs;
mod records;

pub use breaks::{Break, BreakId, Class, Part, Side};
pub use records::{Full, Place, Record, Records};

use calendar::Date;

/// The most records of one side.
pub const RECORDS_MAX: usize = 1 << 22;

/// The most bytes of all keys of one side, and of all ids.
pub const TEXT_BYTES_MAX: usize = 1 << 30;

/// The most amounts that one rule compares.
pub const AMOUNTS_MAX: usize = 64;

/// The most candidates that are looked at for one group at a time when amounts are matched.
pub const NEAR_MAX: usize = 1_024;

/// How two sides are held against each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// How counterparts are found.
    pub matching: Matching,
    /// How far the days of counterparts may lie apart; none: days do not matter.
    pub window: Option<Window>,
    /// Whether the left side may have many records a key, which are added up.
    pub left_many: bool,
    /// The same of the right side.
    pub right_many: bool,
    /// Whether both sides are the same records, each held against itself: repeats are told once.
    pub own: bool,
    /// What is compared; at least one, at most [`AMOUNTS_MAX`].
    pub amounts: Vec<Compared>,
}

/// An amount that both sides state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Compared {
    /// Name.
    pub name: Box<str>,
    /// The largest difference that is none, in units of the amount.
    pub tolerance: i128,
}

/// How counterparts are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Matching {
    /// By key alone.
    Key,
    /// By key, and what is left by amount and day.
    KeyThenAmount,
    /// By amount and day; keys only group.
    Amount,
}

/// How far days may lie apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// At most so many days between any two records of the two sides.
    Days(u16),
    /// All in one calendar month.
    Month,
}

impl Window {
    /// Whether all days from the earlier to the later one are within it.
    #[must_use]
    pub fn holds(self, (left_from, left_until): (Date, Date), (right_from, right_until): (Date, Date)) -> bool {
        match self {
            Self::Days(days) => {
                let apart = left_until.days_since(right_from).max(right_until.days_since(left_from));
                apart <= i32::from(days)
            }
            Self::Month => {
                let (first, last) = (left_from.min(right_from), left_until.max(right_until));
                first.first_of_month() == last.first_of_month()
            }
        }
    }
}

/// By what names breaks are told apart from those of other books and rules.
#[derive(Clone, Copy, Debug)]
pub struct Names<'a> {
    /// Id of the book.
    pub book: &'a str,
    /// Id of the rule.
    pub rule: &'a str,
    /// Assets of the book.
    pub assets: &'a [money::Asset],
}

/// What came of one rule.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reconciled {
    /// Pairs that agree in every amount, and in their days where these matter.
    pub matched: u64,
    /// Those of them that agree only because of a tolerance.
    pub within_tolerance: u64,
    /// Everything else, in order.
    pub breaks: Vec<Break>,
}

/// Holds two sides against each other.
///
/// # Panics
/// Where a side has another number of amounts than the rule, or an asset is none of `names`: a bug of the caller.
#[must_use]
pub fn reconcile(rule: &Rule, names: &Names<'_>, left: &Records, right: &Records) -> Reconciled {
    let count = rule.amounts.len();
    assert!((1..=AMOUNTS_MAX).contains(&count), "a rule compares 1 to {AMOUNTS_MAX} amounts");
    assert!(left.amounts() == count && right.amounts() == count, "both sides state the amounts of the rule");
    let left_groups = groups::group(left, rule.left_many);
    let right_groups = groups::group(right, rule.right_many);
    let pairing = pairs::pair(rule, (left, &left_groups.list), (right, &right_groups.list));
    breaks::compare(rule, names, (left, &left_groups), (right, &right_groups), &pairing)
}
