//! The state of one period of one contract.

use calendar::{Date, Instant, Period};
use contract::{Carried, LineKey, Working};
use money::AssetId;
use std::collections::BTreeMap;

/// A period whose cut has not passed follows `F`; after it only restatements elsewhere do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PeriodState {
    /// Which days.
    pub period: Period,
    /// When its membership freezes.
    pub cut_at: Instant,
    /// Whether the cut has passed, so that membership is frozen.
    pub frozen: bool,
    /// Whether the statement is issued. Between cut and issue the period is closing.
    pub issued: bool,
    /// What has been posted for its truth so far, in this period or, after its cut, as restatements in later ones.
    pub posted: BTreeMap<(AssetId, LineKey), Posted>,
    /// The lines of the statement to be issued, frozen at the cut and moved by named admissions only; empty before the cut
    /// and after the issue.
    pub draft: BTreeMap<(AssetId, LineKey), Posted>,
    /// What the period leaves to the next, as `F` had it at the last tick, by asset.
    pub carried: BTreeMap<AssetId, Carried>,
    /// Whether a tick has looked at it: until then the next period takes in what the one before left.
    pub ticked: bool,
    /// Whether `F` took a rate of exchange that a later publication may replace.
    pub provisional: bool,
    /// Restatement lines of earlier periods that are posted to this one: by the first day of the period they adjust.
    pub restated: BTreeMap<(AssetId, Date, LineKey), Restated>,
}

/// What has been posted for one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Posted {
    /// Whole units.
    pub amount: i128,
    /// How much of it is in the ledger: lines known at the end get there when the statement is issued.
    pub booked: i128,
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
