//! What is remarkable about accepted events: it is flagged, never held (DESIGN §4, Verification).
//!
//! Two statistics, in integers: a gap in the sequence numbers of a source, and an amount that is more than
//! [`OUTLIER_FACTOR`] times the mean magnitude of at least [`OUTLIER_EVENTS_MIN`] events of the same source, kind and
//! asset before it. A watch is no part of the state: nothing that decides reads it.

use crate::book::Book;
use crate::decisions::{Decisions, Outcome};
use event::{Columns, SourceId};
use std::collections::BTreeMap;

/// An amount beyond so many times the mean is flagged.
pub const OUTLIER_FACTOR: u128 = 1_000;
/// So many events make a mean.
pub const OUTLIER_EVENTS_MIN: u64 = 1_000;

/// What is flagged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Remark {
    /// A sequence number is not one more than the one before it.
    SequenceGap,
    /// An amount is far beyond the mean.
    AmountOutlier,
}

impl Remark {
    /// The name as it stands in `summary.json`.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::SequenceGap => "sequence_gap",
            Self::AmountOutlier => "amount_outlier",
        }
    }
}

/// How often something was remarked, and the event where it was first.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remarked {
    /// How often.
    pub count: u64,
    /// Id of the first event.
    pub first_id: Box<str>,
}

/// Watches the accepted events of one book in their order.
#[derive(Clone, Debug)]
pub struct Watch {
    sequences: Vec<Option<i64>>,
    /// By source, kind and asset.
    magnitudes: Vec<Magnitudes>,
    /// By source: its first amount slot.
    amounts: Vec<Option<usize>>,
    remarks: BTreeMap<(Remark, SourceId), Remarked>,
    kinds: usize,
    assets: usize,
}

#[derive(Clone, Copy, Debug, Default)]
struct Magnitudes {
    count: u64,
    sum: u128,
}

impl Watch {
    /// A watch that has seen nothing.
    #[must_use]
    pub fn new(book: &Book) -> Self {
        let amounts = book.sources.iter().map(|source| {
            let numbers = &book.schemas[usize::from(source.adapter.0)].numbers;
            numbers.iter().position(|field| field.money)
        });
        let (kinds, assets) = (book.kinds.len(), book.assets.len());
        Self {
            sequences: vec![None; book.sources.len()],
            magnitudes: vec![Magnitudes::default(); book.sources.len() * kinds * assets],
            amounts: amounts.collect(),
            remarks: BTreeMap::new(),
            kinds,
            assets,
        }
    }

    /// Looks at the events that a batch's decisions accepted.
    pub fn observe(&mut self, book: &Book, columns: &Columns, decisions: &Decisions) {
        for (row, outcome) in decisions.rows.clone().zip(&decisions.outcomes) {
            if *outcome == Outcome::Accepted {
                self.sequence(book, columns, row);
                self.amount(columns, row);
            }
        }
    }

    /// What was remarked, by remark and source.
    #[must_use]
    pub fn remarks(&self) -> &BTreeMap<(Remark, SourceId), Remarked> {
        &self.remarks
    }

    fn sequence(&mut self, book: &Book, columns: &Columns, row: usize) {
        let source = columns.source[row];
        let Some(slot) = book.sources[usize::from(source.0)].sequence else { return };
        let number = columns.numbers[usize::from(slot)][row];
        let before = self.sequences[usize::from(source.0)].replace(number);
        if before.is_some_and(|before| before.checked_add(1) != Some(number)) {
            self.remark(Remark::SequenceGap, columns, row);
        }
    }

    fn amount(&mut self, columns: &Columns, row: usize) {
        let source = usize::from(columns.source[row].0);
        let Some(slot) = self.amounts[source] else { return };
        let magnitude = u128::from(columns.numbers[slot][row].unsigned_abs());
        let (kind, asset) = (usize::from(columns.kind[row].0), usize::from(columns.asset[row].0));
        let seen = &mut self.magnitudes[(source * self.kinds + kind) * self.assets + asset];
        let far = seen.count >= OUTLIER_EVENTS_MIN && magnitude * u128::from(seen.count) > OUTLIER_FACTOR * seen.sum;
        seen.count += 1;
        seen.sum += magnitude;
        if far {
            self.remark(Remark::AmountOutlier, columns, row);
        }
    }

    #[cold]
    fn remark(&mut self, remark: Remark, columns: &Columns, row: usize) {
        let first_id = || Remarked { count: 0, first_id: columns.id.text(row).into() };
        self.remarks.entry((remark, columns.source[row])).or_insert_with(first_id).count += 1;
    }
}
