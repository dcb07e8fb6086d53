//! A state goes on under the next definition of its book, which has everything that the one before had in its place.
//!
//! Cost: one pass over contracts, periods that are not cut yet and waiting events; where the sums of a contract's tallies
//! change their places, one over its tallies and over what may still be replaced of links.

use super::{ContractState, Due, State, cut_of};
use crate::book::Book;
use crate::decisions::Resized;
use calendar::Instant;
use std::sync::Arc;
use table::Rows;

impl State {
    /// Goes on under a definition that was put at an instant: new contracts, what becomes known from then on, other ends of
    /// contracts, and fields that events did not have.
    pub(super) fn redefine(&mut self, book: &Book, at: Instant, resized: &[Resized]) {
        for resized in resized {
            self.contracts[usize::from(resized.contract)].resize(resized);
            self.links.resize(resized);
        }
        self.rates.clone_from(&book.rates);
        for fixed in self.fixed.iter() {
            let rates = &mut self.rates[usize::from(fixed.rates.0)];
            rates.fix(fixed.asset, fixed.on, fixed.rate, fixed.known_from);
        }
        for parked in self.waiting.values_mut() {
            let schema = &book.schemas[usize::from(parked.columns.adapter.0)];
            Arc::make_mut(parked).columns.widen(schema);
        }
        let known = self.contracts.len();
        self.contracts.extend(book.contracts[known..].iter().map(ContractState::new));
        for (number, contract) in (0..).zip(&book.contracts) {
            self.await_cuts(book, number);
            self.await_what_is_known(number, contract);
            // What is known from this very moment on, which is over where nothing has happened since the last one.
            for (version, _) in (0..).zip(&contract.versions).filter(|(_, version)| version.known_from == at) {
                self.timeline.insert((at, Due::Known { contract: number, version }));
            }
        }
        self.await_first_periods(book, known);
    }

    /// Puts the cuts of open periods where the contract's end has them now.
    fn await_cuts(&mut self, book: &Book, number: u16) {
        let contract = &book.contracts[usize::from(number)];
        for period in self.contracts[usize::from(number)].periods.iter_mut().filter(|period| !period.frozen) {
            let cut_at = cut_of(book, contract, &period.period);
            if cut_at == period.cut_at {
                continue;
            }
            let due = Due::Cut { contract: number, first_on: period.period.first };
            let after = |cut_at: Instant| Instant(cut_at.0.saturating_add(1));
            self.timeline.remove(&(after(period.cut_at), due));
            self.timeline.insert((after(cut_at), due));
            Arc::make_mut(period).cut_at = cut_at;
        }
    }
}

impl ContractState {
    /// Moves the sums of all tallies to their places.
    fn resize(&mut self, resized: &Resized) {
        let mut sums = Rows::of_width(usize::from(resized.width));
        for cell in 0..self.sums.len() {
            let mut row = vec![0; usize::from(resized.width)];
            for (&place, &sum) in resized.places.iter().zip(self.sums.row(cell)) {
                row[usize::from(place)] = sum;
            }
            sums.push_row(row);
        }
        self.sums = sums;
    }
}
