//! What the clock brings about: versions and rates become known, periods begin, periods are cut.
//!
//! A *cut* ticks its contract and freezes the membership of the period. The *issue*, at the cut or by a person's command,
//! books what is known at the end only, issues the statements and moves what they say from accrued to payable or
//! receivable. Nothing but ticks and issues brings anything of line scope into the ledger, so a statement equals the ledger
//! by construction.

use crate::decide::Engine;
use crate::decisions::{Change, Decisions, NewPeriod};
use crate::state::{Due, cut_of, period_of_day};
use calendar::{Date, Instant, Period};
use close::Statement;
use contract::{Issue, RatesId};
use ledger::{Account, EntryHead, Origin};

impl Engine {
    /// Looks at the books at the end: every cut up to `as_of` is made, and what `F` moved is posted everywhere.
    pub fn finish(&mut self, as_of: Instant) -> Decisions {
        let (words, accounts) = (self.state().dictionary.len(), self.state().chart.len());
        let mut decisions = Decisions::default();
        self.scratch.batch += 1;
        self.enter_admitted(&mut decisions);
        self.end_amendment(&mut decisions);
        self.bring_about(as_of, &mut decisions);
        self.bring_about_ends(Instant(as_of.0.saturating_add(1)), &mut decisions);
        self.state.stamp = self.state.stamp.max(as_of);
        for contract in 0..self.book.contracts.len() {
            let contract = u16::try_from(contract).expect("a book has at most 65,535 contracts");
            self.tick(contract, self.state.stamp, &mut decisions);
        }
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// Brings about what falls due up to `until`, in order of time.
    pub(crate) fn bring_about(&mut self, until: Instant, decisions: &mut Decisions) {
        while self.state.next_due().is_some_and(|at| at <= until) {
            let (_, due) = self.state.timeline.pop_first().expect("something is due");
            match due {
                Due::Known { contract, version } => self.know(contract, version, until, decisions),
                Due::Published { rates, .. } => self.publish(rates, until, decisions),
                Due::Begin { contract, first_on } => self.begin(contract, first_on, decisions),
                Due::Expire { sequence } => self.expire(sequence, decisions),
                Due::Command { number } => self.carry_out_scheduled(number, decisions),
                Due::Cut { contract, first_on } => self.cut(contract, first_on, decisions),
            }
        }
    }

    /// Brings about what ends with the moment before `at`: what is received at a cut is in time, but a look at that moment
    /// finds the period cut. Whatever else falls due then is left to the next call, which knows of it from the timeline.
    fn bring_about_ends(&mut self, at: Instant, decisions: &mut Decisions) {
        loop {
            let mut due = self.state.timeline.iter().take_while(|(due_at, _)| *due_at <= at);
            let ends = due.find(|(_, due)| matches!(due, Due::Cut { .. } | Due::Expire { .. }));
            let Some(&(due_at, due)) = ends else { return };
            self.state.timeline.remove(&(due_at, due));
            match due {
                Due::Cut { contract, first_on } => self.cut(contract, first_on, decisions),
                Due::Expire { sequence } => self.expire(sequence, decisions),
                _ => unreachable!("only ends were looked for"),
            }
        }
    }

    /// A version has become known: every period may have moved; what moved of closed ones needs an open one.
    fn know(&mut self, contract: u16, version: u16, now: Instant, decisions: &mut Decisions) {
        let known_from = self.book.contracts[contract as usize].versions[version as usize].known_from;
        self.apply_change(Change::Stale { contract }, decisions);
        self.make_room(contract, known_from.min(now), decisions);
    }

    /// Rates were published: periods that took a provisional one may move.
    fn publish(&mut self, rates: u16, now: Instant, decisions: &mut Decisions) {
        for contract in 0..self.book.contracts.len() {
            let converts = self.book.contracts[contract].conversion.is_some_and(|own| own.rates.0 == rates);
            let unsure = self.state.contracts[contract].periods.iter().any(|period| period.provisional);
            if converts && unsure {
                let contract = u16::try_from(contract).expect("a book has at most 65,535 contracts");
                self.apply_change(Change::Unsure { contract }, decisions);
                self.make_room(contract, now, decisions);
            }
        }
    }

    /// A rate was fixed by command: every period may have moved.
    pub(crate) fn publish_again(&mut self, rates: RatesId, now: Instant, decisions: &mut Decisions) {
        for contract in 0..self.book.contracts.len() {
            if self.book.contracts[contract].conversion.is_some_and(|own| own.rates == rates) {
                let contract = u16::try_from(contract).expect("a book has at most 65,535 contracts");
                self.apply_change(Change::Stale { contract }, decisions);
                self.make_room(contract, now, decisions);
            }
        }
    }

    /// Makes sure of a period that takes restatements, where a closed one may move.
    pub(crate) fn make_room(&mut self, contract: u16, now: Instant, decisions: &mut Decisions) {
        if self.state.contracts[contract as usize].periods.iter().any(|period| period.frozen) {
            self.uncut_at(contract, now, decisions);
        }
    }

    /// A period with a fixed fee begins; the next one is awaited while the contract runs.
    fn begin(&mut self, contract: u16, first_on: Date, decisions: &mut Decisions) {
        let definition = &self.book.contracts[contract as usize];
        let covers_from = first_on.plus_days(-i32::from(definition.lag_days));
        if definition.ends_on.is_some_and(|end| covers_from >= end) {
            return;
        }
        let period = definition.cycle.period_of(first_on);
        let next_on = definition.cycle.next(&period).first;
        let new = NewPeriod { contract, first_on, closed: false };
        if self.state.contracts[contract as usize].period_number(first_on).is_none() {
            decisions.periods.push(new);
            self.state.open_period(&self.book, &new);
        }
        if next_on > first_on && next_on < Date::LAST {
            self.apply_change(Change::Begins { contract, first_on: next_on }, decisions);
        }
    }

    fn cut(&mut self, contract: u16, first_on: Date, decisions: &mut Decisions) {
        let state = &self.state.contracts[contract as usize];
        let period = state.period_number(first_on).expect("a period stands on the timeline once it is open");
        let cut_at = state.periods[period as usize].cut_at;
        self.freeze(contract, period, cut_at, decisions);
    }

    /// Freezes the membership of a period; issues its statements where no person has to say so.
    pub(crate) fn freeze(&mut self, contract: u16, period: u32, now: Instant, decisions: &mut Decisions) {
        self.tick(contract, now, decisions);
        if self.book.contracts[contract as usize].issue == Issue::OnCommand {
            return self.apply_change(Change::Frozen { contract, period, at: now }, decisions);
        }
        self.issue_period(contract, period, now, decisions);
        self.apply_change(Change::Closed { contract, period, at: now }, decisions);
    }

    /// Books what is known at the end only, and issues the statements of a period.
    pub(crate) fn issue_period(&mut self, contract: u16, period: u32, now: Instant, decisions: &mut Decisions) {
        self.book_ends(contract, period, now, decisions);
        for statement in self.statements_of(contract, period, Some(now)) {
            self.issue(contract, &statement, now, decisions);
            decisions.statements.push(statement.clone());
            self.state.statements.push(statement);
        }
    }

    pub(crate) fn apply_change(&mut self, change: Change, decisions: &mut Decisions) {
        self.state.change(&self.book, &change);
        decisions.changes.push(change);
    }

    /// Moves what a statement says from accrued to payable or receivable.
    fn issue(&mut self, contract: u16, statement: &Statement, now: Instant, decisions: &mut Decisions) {
        let (party, asset, period_on) = (statement.party, statement.asset, statement.period.first);
        let dated_on = self.local_day(contract, now);
        let head = EntryHead { origin: Origin::Issue, contract, period_on, adjusts_on: period_on, dated_on };
        let accrued = Account::Accrued(party, asset);
        let issued =
            if statement.accrued >= 0 { Account::Payable(party, asset) } else { Account::Receivable(party, asset) };
        self.post_pair(head, accrued, issued, statement.accrued, decisions);
    }

    /// The first day of the oldest period whose cut has not passed at the stamp, which is opened where it is new.
    pub(crate) fn open_uncut(&mut self, contract: u16, decisions: &mut Decisions) -> Date {
        self.uncut_at(contract, self.state.stamp, decisions)
    }

    pub(crate) fn uncut_at(&mut self, contract: u16, now: Instant, decisions: &mut Decisions) -> Date {
        let definition = &self.book.contracts[contract as usize];
        let mut period = period_of_day(definition, self.local_day(contract, now));
        loop {
            let earlier = definition.cycle.previous(&period);
            if earlier.first >= period.first || self.is_cut(contract, &earlier, now) {
                break;
            }
            period = earlier;
        }
        // A contract that has ended keeps its last cut; what comes later goes to the next period of its calendar.
        while self.is_cut(contract, &period, now) {
            let next = definition.cycle.next(&period);
            assert!(next.first > period.first, "a contract with one period for ever has no end: check refuses it");
            period = next;
        }
        if self.state.contracts[contract as usize].period_number(period.first).is_none() {
            let new = NewPeriod { contract, first_on: period.first, closed: false };
            decisions.periods.push(new);
            self.state.open_period(&self.book, &new);
        }
        period.first
    }

    /// Whether a period's cut has passed, by the clock or by command.
    fn is_cut(&self, contract: u16, period: &Period, now: Instant) -> bool {
        let state = &self.state.contracts[contract as usize];
        let frozen = state.period_number(period.first).is_some_and(|number| state.periods[number as usize].frozen);
        frozen || cut_of(&self.book, &self.book.contracts[contract as usize], period) < now
    }

    /// The commercial day of an instant under a contract.
    pub(crate) fn local_day(&self, contract: u16, at: Instant) -> Date {
        let definition = &self.book.contracts[contract as usize];
        calendar::commercial_day(&self.book.zones[definition.zone.0 as usize], definition.cut_off_s, at)
    }
}
