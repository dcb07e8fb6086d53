//! Tallies in the asset of the question (SETTLEMENT §4, step 2).
//!
//! One pass before everything else: each sum of money times the cross of its asset and day, exactly, so that the scale of
//! money grows by the digits of the cross and only the line rounds. Plain numbers stay. Each cross is looked up once.
//! Cost: cells × measures.

use super::{Cell, Question};
use crate::line::Converted;
use crate::rates::{Cross, CrossState};
use calendar::Date;
use money::{AssetId, Decimal, Overflow};
use std::collections::{BTreeMap, BTreeSet};

/// A cell as `F` sums it.
#[derive(Clone, Copy)]
pub(super) struct Tally<'a> {
    pub(super) cell: &'a Cell<'a>,
    /// As in the cell, but sums of money converted where the contract converts.
    pub(super) sums: &'a [i128],
}

/// What conversion made of the cells of a question; without conversion nothing.
#[derive(Default)]
pub(super) struct Conversions {
    /// Digits by which the scale of money has grown.
    pub(super) digits: u8,
    /// Whether a rate was not the final one.
    pub(super) provisional: bool,
    /// Assets and days whose fixing is missing.
    pub(super) missing: BTreeSet<(AssetId, Date)>,
    /// The crosses taken; none where no rate at all is known.
    crosses: BTreeMap<(AssetId, Date), Option<Cross>>,
    /// The sums of all cells, one cell after the other.
    sums: Vec<i128>,
}

impl Conversions {
    /// Converts all cells.
    pub(super) fn of_cells(question: &Question<'_>, cells: &[Cell<'_>]) -> Result<Self, Overflow> {
        let mut own = Self::default();
        let Some(conversion) = &question.contract.conversion else { return Ok(own) };
        own.digits = conversion.digits;
        own.sums.reserve(cells.iter().map(|cell| cell.sums.len()).sum());
        for cell in cells {
            let cross = own.cross_of(question, cell)?;
            let factor = match cross {
                Some(cross) => cross.rate.units_at(conversion.digits).map_err(|_| Overflow)?,
                None => 0,
            };
            let mut counts = false;
            for (column, &sum) in cell.sums.iter().enumerate() {
                let is_money = question.contract.measures.get(column).is_some_and(|measure| measure.money);
                counts |= is_money && sum != 0;
                own.sums.push(if is_money { sum.checked_mul(factor).ok_or(Overflow)? } else { sum });
            }
            if counts {
                own.note(cell, cross);
            }
        }
        Ok(own)
    }

    fn cross_of(&mut self, question: &Question<'_>, cell: &Cell<'_>) -> Result<Option<Cross>, Overflow> {
        let place = (cell.asset, cell.rate_on);
        if let Some(&cross) = self.crosses.get(&place) {
            return Ok(cross);
        }
        let Some(conversion) = &question.contract.conversion else { return Ok(None) };
        let rates = &question.rates[usize::from(conversion.rates.0)];
        let cross = rates.cross(conversion, cell.asset, cell.rate_on, question.known_at)?;
        self.crosses.insert(place, cross);
        Ok(cross)
    }

    /// Notes how sure the rate of a cell is that holds any money.
    fn note(&mut self, cell: &Cell<'_>, cross: Option<Cross>) {
        let state = cross.map_or(CrossState::Missing, |cross| cross.state);
        self.provisional |= state != CrossState::Final;
        if state == CrossState::Missing {
            self.missing.insert((cell.asset, cell.rate_on));
        }
    }

    /// A cell, by its position among all, with what conversion made of its sums.
    pub(super) fn tally<'a>(&'a self, position: usize, cell: &'a Cell<'a>) -> Tally<'a> {
        if self.sums.is_empty() {
            return Tally { cell, sums: cell.sums };
        }
        let width = cell.sums.len();
        Tally { cell, sums: &self.sums[position * width..(position + 1) * width] }
    }

    /// How the sum of a measure (by its column) over some tallies was converted: for each asset and day the sum before.
    /// What needed no conversion stands together.
    pub(super) fn records<'a>(
        &self,
        question: &Question<'_>,
        column: usize,
        tallies: impl Iterator<Item = Tally<'a>>,
    ) -> Result<Vec<Converted>, Overflow> {
        let measure = &question.contract.measures[column];
        if question.contract.conversion.is_none() || !measure.money {
            return Ok(Vec::new());
        }
        let mut sums: BTreeMap<(AssetId, Date), i128> = BTreeMap::new();
        for tally in tallies {
            let cell = tally.cell;
            let rate_on = if cell.asset == question.asset { question.period.first } else { cell.rate_on };
            super::add(sums.entry((cell.asset, rate_on)).or_default(), cell.sums[column])?;
        }
        sums.retain(|_, sum| *sum != 0);
        let record = |((from, rate_on), sum): ((AssetId, Date), i128)| {
            let own = Cross { rate: Decimal { mantissa: 1, scale: 0 }, fixing_on: rate_on, state: CrossState::Final };
            let cross = if from == question.asset { own } else { self.crosses.get(&(from, rate_on)).copied()?? };
            Some(Converted { from, rate_on, sum: Decimal { mantissa: sum, scale: measure.scale }, cross })
        };
        Ok(sums.into_iter().filter_map(record).collect())
    }
}
