//! The book is defined anew while its state goes on.
//!
//! The next definition has all that the one before had, in the same places (`book::load_onto` sees to that); what is new
//! stands behind. State moves over by one change, [`Change::Redefined`], which comes before everything that is decided under
//! the new definition. Then the clock goes on to the moment of the load: versions that are known from it on make periods
//! move like any version that becomes known, and fixed fees of new contracts begin where the contracts say, also in the past.
//! What an engine derives from its book is derived anew.

use crate::book::Book;
use crate::decide::{Engine, NEVER, Scratch, mirrors_of, pools_of};
use crate::decisions::{Change, Decisions, Resized};
use crate::linked::watched_sources;
use crate::look_back::Floor;
use crate::state::first_fixed_period;
use calendar::Instant;
use contract::{Contract, Layout, RatesId};
use std::sync::Arc;

impl Engine {
    /// Goes on under the next definition of its book, put at an instant.
    ///
    /// Batches that were adapted under the definition before may still be decided, also the rest of a file of which rows were
    /// decided before.
    ///
    /// # Panics
    /// Where the definition was not loaded onto the one before with the words of this very state.
    pub fn redefine(&mut self, book: Arc<Book>, at: Instant) -> Decisions {
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        let mut decisions = Decisions::default();
        self.enter_admitted(&mut decisions);
        let before = self.go_on_under(book);
        assert_extends(&before, &self.book);
        self.scratch.batch += 1;
        self.take_words();
        let resized = resized(&before, &self.book);
        self.apply_change(Change::Redefined { at, resized }, &mut decisions);
        self.begin_earlier(&before, &mut decisions);
        let now = self.raised(at);
        self.bring_about(now, &mut decisions);
        self.state.stamp = now;
        self.move_on(&before, now, &mut decisions);
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// Applies the decisions of another node that went on under the next definition.
    pub fn fold_redefined(&mut self, book: Arc<Book>, decisions: &Decisions) {
        self.go_on_under(book);
        self.state.fold(&self.book, decisions);
    }

    /// Takes another definition, and derives from it what is derived; gives back the one before.
    fn go_on_under(&mut self, book: Arc<Book>) -> Arc<Book> {
        let contracts = book.contracts.len();
        (self.pools, self.pooled_by) = pools_of(&book);
        self.plans.forget(&book);
        self.spans = vec![NEVER; contracts];
        self.mirrors = mirrors_of(&book);
        self.watched = watched_sources(&book);
        self.floors = vec![Floor::NEVER; contracts];
        self.scratch = Scratch { touched_at: vec![Vec::new(); contracts], ..Scratch::default() };
        std::mem::replace(&mut self.book, book)
    }

    /// Takes the words that the definition brings.
    fn take_words(&mut self) {
        let (known, own) = (self.state.dictionary.len(), &self.book.dictionary);
        let is_same =
            own.len() >= known && own.texts().zip(self.state.dictionary.texts()).all(|(one, other)| one == other);
        assert!(is_same, "the book was loaded with the words of this state");
        for text in own.texts_from(known) {
            self.state.dictionary.intern(&text);
        }
    }

    /// Terms that fall due without any event may begin earlier than those that the contract had.
    fn begin_earlier(&mut self, before: &Book, decisions: &mut Decisions) {
        for (number, own) in (0..).zip(&before.contracts) {
            let first_on = |contract: &Contract| first_fixed_period(contract, before.opens_on());
            let after = first_on(&self.book.contracts[usize::from(number)]);
            if let Some(after) = after.filter(|after| first_on(own).is_none_or(|own| *after < own)) {
                self.apply_change(Change::Begins { contract: number, first_on: after }, decisions);
            }
        }
    }

    /// Periods that may have moved by something that is known from now on: rates of exchange, the end of a contract.
    fn move_on(&mut self, before: &Book, now: Instant, decisions: &mut Decisions) {
        let book = Arc::clone(&self.book);
        for (number, (own, other)) in (0..).map(RatesId).zip(before.rates.iter().zip(&book.rates)) {
            if !own.fixings().eq(other.fixings()) || !own.days().eq(other.days()) {
                self.publish_again(number, now, decisions);
            }
        }
        for (contract, (own, other)) in (0..).zip(before.contracts.iter().zip(&book.contracts)) {
            if own.ends_on != other.ends_on {
                self.apply_change(Change::Stale { contract }, decisions);
                self.make_room(contract, now, decisions);
            }
        }
    }
}

/// Asserts that what the state names by number is still there.
fn assert_extends(before: &Book, after: &Book) {
    assert!(before.id == after.id && before.operator == after.operator, "it is the same book");
    let are_there =
        |is_there: bool, what: &str| assert!(is_there, "the next definition has all {what} in their places");
    are_there(before.parties.len() <= after.parties.len(), "parties");
    are_there(after.assets.starts_with(&before.assets), "assets");
    are_there(after.purposes.starts_with(&before.purposes), "purposes");
    are_there(after.kinds.starts_with(&before.kinds), "kinds");
    are_there(after.adapters.starts_with(&before.adapters), "adapters");
    are_there(before.sources.iter().zip(&after.sources).all(|(one, other)| one.id == other.id), "sources");
    are_there(before.sources.len() <= after.sources.len(), "sources");
    are_there(before.rates.len() <= after.rates.len(), "rates");
    are_there(before.contracts.len() <= after.contracts.len(), "contracts");
    for (one, other) in before.contracts.iter().zip(&after.contracts) {
        are_there(one.id == other.id && other.versions.starts_with(&one.versions), "versions");
        are_there(one.dimensions.len() == other.dimensions.len(), "dimensions");
    }
}

/// The contracts whose tallies have other sums in the next definition, or the same in other places.
fn resized(before: &Book, after: &Book) -> Vec<Resized> {
    let narrow = |place: usize| u16::try_from(place).expect("a contract's sums are bounded");
    let mut list = Vec::new();
    for (contract, (own, other)) in (0..).zip(before.contracts.iter().zip(&after.contracts)) {
        let layouts = (Layout::of_contract(own), Layout::of_contract(other));
        let (own_measures, measures) = (own.measures.len(), other.measures.len());
        let width = narrow((measures + layouts.1.len()).max(1));
        let slots = layouts.0.slots_in(&layouts.1).into_iter().map(|slot| narrow(measures + slot));
        let mut places: Vec<u16> = (0..narrow(own_measures)).chain(slots).collect();
        if places.is_empty() {
            // A tally of nothing has one sum that says that it is there.
            places.push(0);
        }
        let is_same = usize::from(width) == places.len() && places.is_sorted();
        if !is_same {
            list.push(Resized { contract, width, places });
        }
    }
    list
}
