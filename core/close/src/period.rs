//! The state of one period of one contract.

use calendar::{Date, Instant, Period};
use contract::{LineKey, Working};
use money::AssetId;
use std::collections::BTreeMap;

/// A period whose cut has not passed follows `F`; after it only restatements elsewhere do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodState {
    /// Which days.
    pub period: Period,
    /// When its membership freezes.
    pub cut_at: Instant,
    /// Whether the cut has passed and the statement is issued.
    pub closed: bool,
    /// What has been posted for its truth so far, in this period or, after its cut, as restatements in later ones.
    pub posted: BTreeMap<(AssetId, LineKey), Posted>,
    /// Restatement lines of earlier periods that are posted to this one: by the first day of the period they adjust.
    pub restated: BTreeMap<(AssetId, Date, LineKey), Restated>,
}

/// What has been posted for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Whole units.
    pub amount: i128,
    /// The arithmetic of the line at that moment.
    pub working: Working,
}

/// A restatement line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Restated {
    /// Sum of the differences posted to this period.
    pub delta: i128,
    /// What had been posted for the line when the first of them came.
    pub before: i128,
    /// The arithmetic of the line as it is now; none where the line is gone.
    pub working: Option<Working>,
}
