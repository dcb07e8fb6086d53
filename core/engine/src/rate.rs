//! Rating one event: what it adds to tallies, what it is charged, and the entry that goes with it.
//!
//! Everything is computed into scratch space first ([`Engine::rate`]); only when all of it fits is it applied
//! ([`Engine::enter`]). So an amount beyond the bounds refuses the event and leaves no trace.

use crate::decide::{Engine, Hit, Scratch, view};
use crate::decisions::{Claim, Decisions, NewCell, NewGroup, NewPeriod, OriginDay, OriginDays};
use crate::plan::{ChargePlan, Lazy};
use calendar::Date;
use event::Columns;
use ledger::{Chart, EntryHead, Origin, Posting};
use money::{AMOUNT_BOUND, Overflow};

impl Engine {
    /// Computes what the row adds to tallies and posts, without changing anything but the chart.
    pub(crate) fn rate(&mut self, columns: &Columns, row: usize) -> Result<(), Overflow> {
        let Scratch { hits, tallies, postings, values, charges, .. } = &mut self.scratch;
        tallies.clear();
        postings.clear();
        let row_view = view(columns, row);
        for (position, hit) in hits.iter_mut().enumerate() {
            hit.first_posting = postings.len();
            let ruling = &self.plans.rulings[hit.ruling];
            let program = &mut self.plans.programs[ruling.program as usize];
            if hit.leads {
                values.clear();
                for measure in &program.measures {
                    values.push(measure.value(&row_view)?);
                }
            }
            let state = &self.state.contracts[ruling.contract as usize];
            let cell = match ruling.last {
                Some((days, cell)) if days == hit.days => Some(cell),
                _ => ruling.group.and_then(|group| state.cell_number(group, hit.days)),
            };
            let (before, bound) = (cell.map(|cell| state.sums(cell)), program.tally_bound);
            let mut add = |slot: u16, value: i128| -> Result<(), Overflow> {
                let sum = before.map_or(0, |sums| sums[slot as usize]).checked_add(value).ok_or(Overflow)?;
                if value != 0 {
                    tallies.push((position, slot, value));
                }
                if sum.abs() < bound { Ok(()) } else { Err(Overflow) }
            };
            for (plan, value) in program.measures.iter().zip(&*values) {
                if let Some(value) = value
                    && plan.treatment == hit.treatment
                {
                    add(plan.measure, *value)?;
                }
            }
            charges.clear();
            for plan in &mut program.charges[hit.version as usize] {
                let measured = values[plan.measure].filter(|_| plan.treatment == hit.treatment);
                let Some(measured) = measured else {
                    charges.push(0);
                    continue;
                };
                let charge = plan.charge(measured, charges)?;
                charges.push(charge);
                charge_event(plan, charge, &mut self.state.chart, postings, hit.first_posting, &mut add)?;
            }
        }
        Ok(())
    }

    /// Enters what [`Engine::rate`] computed.
    pub(crate) fn enter(&mut self, columns: &Columns, row: usize, origin: Origin, decisions: &mut Decisions) {
        let mut next_tally = 0;
        for position in 0..self.scratch.hits.len() {
            let hit = self.scratch.hits[position];
            let cell = self.cell_of(&hit, columns, row, decisions);
            let contract = self.plans.rulings[hit.ruling].contract;
            self.touch(contract, cell);
            let state = &mut self.state.contracts[contract as usize];
            let sums = state.sums_mut(cell);
            while let Some(&(of, slot, value)) = self.scratch.tallies.get(next_tally)
                && of == position
            {
                sums[usize::from(slot)] += value;
                next_tally += 1;
            }
            state.mark_stale(cell);
            let until =
                self.scratch.hits.get(position + 1).map_or(self.scratch.postings.len(), |next| next.first_posting);
            self.post(contract, cell, hit, until, origin, decisions);
        }
    }

    /// Takes note that a row counts, once and for ever.
    pub(crate) fn claim(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let origin = self.keep_days(decisions);
        let claim = Claim { identity: columns.identity[row], fingerprint: columns.fingerprint[row], origin };
        self.state.claim(claim);
        decisions.claims.push(claim);
    }

    /// Posts the merged, non-zero postings of a hit as one entry.
    fn post(&mut self, contract: u16, cell: u32, hit: Hit, until: usize, origin: Origin, decisions: &mut Decisions) {
        let first = hit.first_posting;
        // Merged postings may cancel; what is left is compacted in place.
        let mut kept = first;
        for position in first..until {
            if self.scratch.postings[position].amount != 0 {
                self.scratch.postings[kept] = self.scratch.postings[position];
                kept += 1;
            }
        }
        if kept == first {
            return;
        }
        let head = self.head_of(contract, cell, hit.days.day, origin, decisions);
        let postings = &self.scratch.postings[first..kept];
        decisions.entries.push(head, postings, &self.state.chart);
        self.state.balances.post(postings);
    }

    /// What an entry that goes with a tally of a day belongs to: late, the oldest period that is not cut.
    pub(crate) fn head_of(
        &mut self,
        contract: u16,
        cell: u32,
        day: Date,
        origin: Origin,
        decisions: &mut Decisions,
    ) -> EntryHead {
        let period = self.state.contracts[contract as usize].period_of_cell(cell);
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let adjusts_on = state.period.first;
        let late = state.frozen && self.state.admitting != Some((contract, period));
        let (period_on, dated_on) = if late {
            (self.open_uncut(contract, decisions), self.local_day(contract, self.state.stamp))
        } else {
            (adjusts_on, day)
        };
        EntryHead { origin, contract, period_on, adjusts_on, dated_on }
    }

    /// Keeps a tally's sums as they were before the batch, for the difference in the decisions.
    pub(crate) fn touch(&mut self, contract: u16, cell: u32) {
        let seen = &mut self.scratch.touched_at[contract as usize];
        let position = cell as usize;
        if seen.len() <= position {
            seen.resize(position + 1, 0);
        }
        if seen[position] == self.scratch.batch {
            return;
        }
        seen[position] = self.scratch.batch;
        let sums = self.state.contracts[contract as usize].sums(cell);
        self.scratch.touched.push((contract, cell));
        self.scratch.sums_before.extend_from_slice(sums);
    }

    /// The tally that a hit enters, opened where it is new; a late one makes sure of a period that takes its restatement.
    fn cell_of(&mut self, hit: &Hit, columns: &Columns, row: usize, decisions: &mut Decisions) -> u32 {
        let ruling = &mut self.plans.rulings[hit.ruling];
        if let Some((days, cell)) = ruling.last
            && days == hit.days
        {
            let state = &self.state.contracts[ruling.contract as usize];
            // A period may have closed since; its restatement needs an open one.
            if !state.periods[state.period_of_cell(cell) as usize].frozen {
                return cell;
            }
        }
        let number = ruling.contract;
        let asset = columns.asset[row];
        let state = &mut self.state.contracts[number as usize];
        let group = ruling.group.or_else(|| state.group_number(asset, &ruling.dimensions)).unwrap_or_else(|| {
            let new = NewGroup { contract: number, asset, dimensions: ruling.dimensions.clone() };
            let group = state.open_group(&new);
            decisions.groups.push(new);
            group
        });
        ruling.group = Some(group);
        let (period, closed) = self.open_period_of(number, hit.days.day, decisions);
        if closed {
            self.open_uncut(number, decisions);
        }
        let state = &mut self.state.contracts[number as usize];
        let cell = state.cell_number(group, hit.days).unwrap_or_else(|| {
            let new = NewCell { contract: number, group, days: hit.days };
            decisions.cells.push(new);
            state.open_cell(&new, period)
        });
        self.plans.rulings[hit.ruling].last = Some((hit.days, cell));
        cell
    }

    /// The period of a commercial day, opened where it is new, and whether it is closed.
    fn open_period_of(&mut self, number: u16, day: Date, decisions: &mut Decisions) -> (u32, bool) {
        let contract = &self.book.contracts[number as usize];
        let period = crate::state::period_of_day(contract, day);
        if let Some(found) = self.state.contracts[number as usize].period_number(period.first) {
            return (found, self.state.contracts[number as usize].periods[found as usize].frozen);
        }
        let closed = crate::state::cut_of(&self.book, contract, &period) < self.state.stamp;
        let new = NewPeriod { contract: number, first_on: period.first, closed };
        decisions.periods.push(new);
        (self.state.open_period(&self.book, &new), closed)
    }

    /// Keeps the days of an event where a reversal may ask for them.
    pub(crate) fn keep_days(&mut self, decisions: &mut Decisions) -> u32 {
        if self.mirrors.is_empty() {
            return 0;
        }
        let rulings = &self.plans.rulings;
        let hits = self.scratch.hits.iter().filter(|hit| hit.leads);
        let days = hits.map(|hit| OriginDay {
            contract: rulings[hit.ruling].contract,
            day: hit.own_on,
            rate_on: hit.own_rate_on,
        });
        let days: Box<[_]> = days.filter(|day| self.mirrors.contains(&day.contract)).collect();
        if days.is_empty() {
            return 0;
        }
        decisions.origins.push(OriginDays(days.clone()));
        self.state.keep_origin(OriginDays(days))
    }
}

/// Adds one event's charge and its VAT to the tallies and to the postings from `first` on.
#[inline]
fn charge_event(
    plan: &mut ChargePlan,
    charge: i128,
    chart: &mut Chart,
    postings: &mut Vec<Posting>,
    first: usize,
    add: &mut impl FnMut(u16, i128) -> Result<(), Overflow>,
) -> Result<(), Overflow> {
    add(plan.slot, charge)?;
    merge(postings, first, chart, &mut plan.debit, charge)?;
    merge(postings, first, chart, &mut plan.credit, -charge)?;
    let Some(tax_plan) = &mut plan.tax else { return Ok(()) };
    let tax = tax_plan.vat.tax(charge, tax_plan.rounding)?;
    add(tax_plan.slot, tax)?;
    if let Some((debit, credit)) = &mut tax_plan.accounts {
        merge(postings, first, chart, debit, tax)?;
        merge(postings, first, chart, credit, -tax)?;
    }
    Ok(())
}

/// Adds an amount to the posting of its account among those from `first` on.
#[inline]
fn merge(
    postings: &mut Vec<Posting>,
    first: usize,
    chart: &mut Chart,
    lazy: &mut Lazy,
    amount: i128,
) -> Result<(), Overflow> {
    if amount == 0 {
        return Ok(());
    }
    let amount = i64::try_from(amount).map_err(|_| Overflow)?;
    let account = *lazy.number.get_or_insert_with(|| chart.open(lazy.account));
    let own = postings[first..].iter_mut().find(|posting| posting.account == account);
    let sum = match own {
        Some(posting) => {
            posting.amount = posting.amount.checked_add(amount).ok_or(Overflow)?;
            posting.amount
        }
        None => {
            postings.push(Posting { account, amount });
            amount
        }
    };
    if sum.unsigned_abs() < AMOUNT_BOUND.unsigned_abs() { Ok(()) } else { Err(Overflow) }
}
