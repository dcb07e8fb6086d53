//! The tick: compares `F` with what has been posted, line by line, and posts the difference.
//!
//! Shape: the stale periods of a contract in order of days; what one leaves to the next may make that one stale, so a
//! change runs down the chain within one tick, through closed periods too. A moved line of an open period is an accrual; of
//! a frozen one it is a restatement in the oldest period not yet cut. Lines that are known at the end only are noted, and
//! reach the ledger at the issue. Cost: `F` of each stale period, plus a comparison of lines.

use crate::decide::Engine;
use crate::decisions::{Change, Decisions};
use crate::plan::{charge_accounts, purpose_of, tax_accounts};
use calendar::{Date, Instant};
use close::{PeriodState, Posted, Restated};
use contract::{Contract, Evaluated, LineKey, LineOf, Part, Pooled, Question, Scope, Term, TermKind, VatScope};
use event::{PartyId, Word};
use ledger::{Account, EntryHead, Origin, Posting, Purpose};
use money::{AMOUNT_BOUND, AssetId};
use std::collections::BTreeSet;

/// A line of a period.
type Key = (AssetId, LineKey);

/// Where the lines of a period should stand.
type Targets = Vec<(Key, Posted)>;

impl Engine {
    /// Posts what `F` moved on every line of a contract since the last tick; first those of contracts that it pools.
    pub(crate) fn tick(&mut self, contract: u16, now: Instant, decisions: &mut Decisions) {
        for position in 0..self.pools[contract as usize].len() {
            let pooled = self.pools[contract as usize][position];
            self.tick_alone(pooled, now, None, decisions);
        }
        self.tick_alone(contract, now, None, decisions);
    }

    /// A tick of one contract; what moves of the frozen period `admitting` enters its statement instead of restating it.
    pub(crate) fn tick_alone(
        &mut self,
        contract: u16,
        now: Instant,
        admitting: Option<u32>,
        decisions: &mut Decisions,
    ) {
        if !self.state.contracts[contract as usize].is_stale() {
            return;
        }
        let periods: Vec<u32> = self.state.contracts[contract as usize].periods_by_day().collect();
        for (position, &period) in periods.iter().enumerate() {
            if !self.state.contracts[contract as usize].is_period_stale(period) {
                continue;
            }
            let before = position.checked_sub(1).map(|before| periods[before]);
            let targets = self.targets(contract, period, before, now, decisions);
            let state = &self.state.contracts[contract as usize].periods[period as usize];
            let restates = state.frozen && admitting != Some(period);
            let mut moved = false;
            for (key, target) in differences(state, targets, restates) {
                moved |= self.move_line(contract, period, key, target, (now, admitting), decisions);
            }
            self.apply_change(Change::Fresh { contract, period }, decisions);
            if moved {
                self.move_pools(contract, period, decisions);
            }
        }
    }

    /// Where `F` and the adjustments have the lines of a period, in no order; takes note of what it leaves to the next.
    fn targets(
        &mut self,
        contract: u16,
        period: u32,
        before: Option<u32>,
        now: Instant,
        decisions: &mut Decisions,
    ) -> Targets {
        let mut targets = Targets::new();
        let state = &self.state.contracts[contract as usize];
        let takes_in = before.is_some_and(|before| !state.periods[before as usize].carried.is_empty());
        // A period that comes into being between two others changes from whom the later one takes in.
        let mut next_moves = takes_in && !state.periods[period as usize].ticked;
        for asset in self.assets_of(contract, period, before) {
            let Evaluated { lines, carried, provisional, .. } = self.evaluate(contract, period, asset, now);
            targets.extend(lines.into_iter().map(|line| {
                let booked = if line.at_end { 0 } else { line.amount };
                ((asset, line.key), Posted { amount: line.amount, booked, working: line.working })
            }));
            let state = &self.state.contracts[contract as usize];
            let known = &state.periods[period as usize];
            let moved = known.carried.get(&asset).map_or(!carried.is_empty(), |known| *known != carried);
            if moved || known.provisional != provisional {
                self.apply_change(Change::Carried { contract, period, asset, carried, provisional }, decisions);
            }
            next_moves |= moved;
        }
        if next_moves && let Some(next) = self.state.contracts[contract as usize].period_after(period) {
            self.apply_change(Change::Moved { contract, period: next }, decisions);
        }
        let state = &self.state.contracts[contract as usize];
        let first_on = state.periods[period as usize].period.first;
        for (number, adjustment) in state.adjustments.iter().enumerate().filter(|(_, own)| own.period_on == first_on) {
            let amount = i128::from(adjustment.amount);
            let posted = Posted { amount, booked: amount, working: adjustment.working() };
            targets.push(((adjustment.asset, adjustment.key(number)), posted));
        }
        targets
    }

    /// Contracts that pool terms of this one may move with it.
    fn move_pools(&mut self, contract: u16, period: u32, decisions: &mut Decisions) {
        let first_on = self.state.contracts[contract as usize].periods[period as usize].period.first;
        for position in 0..self.pooled_by[contract as usize].len() {
            let pooling = self.pooled_by[contract as usize][position];
            if let Some(period) = self.state.contracts[pooling as usize].period_number(first_on) {
                self.apply_change(Change::Moved { contract: pooling, period }, decisions);
            }
        }
    }

    /// Assets in which a period may have lines: of its tallies, of amounts that terms state, and of what it takes in.
    fn assets_of(&self, contract: u16, period: u32, before: Option<u32>) -> BTreeSet<AssetId> {
        let definition = &self.book.contracts[contract as usize];
        if let Some(conversion) = definition.conversion {
            return BTreeSet::from([conversion.to]);
        }
        let state = &self.state.contracts[contract as usize];
        let mut assets = state.assets_of(period);
        let terms = definition.versions.iter().flat_map(|version| &version.terms);
        assets.extend(terms.filter_map(Term::stated_asset));
        let opening = self.book.opening.iter().flat_map(|opening| &opening.carried);
        assets.extend(opening.filter(|carried| carried.contract == contract).map(|carried| carried.asset));
        assets.extend(before.iter().flat_map(|&before| state.periods[before as usize].carried.keys()));
        assets.extend(state.periods[period as usize].carried.keys());
        assets
    }

    /// `F` of a period in one asset as known at `now`.
    #[must_use]
    pub fn evaluate(&self, contract: u16, period: u32, asset: AssetId, now: Instant) -> Evaluated {
        let definition = &self.book.contracts[contract as usize];
        let state = &self.state.contracts[contract as usize];
        let own = state.periods[period as usize].period;
        let (carried_in, carried_from_on) = self.brought_to(contract, period, asset);
        let party_of = |word: Word| self.book.party_of_word(word).expect("tallies hold known parties only");
        let touches_of = |word: Word, separator: &str| {
            let path = self.book.touches_of(self.state.dictionary.text(word), separator);
            path.expect("tallies hold paths of known parties only")
        };
        let text = |word: Word| self.state.dictionary.text(word);
        let in_order = |left: Word, right: Word| text(left).cmp(text(right));
        let pooled = |pooled: Pooled| self.pooled(pooled, own.first, asset);
        let question = Question {
            contract: definition,
            layout: self.plans.layout(contract),
            known_at: now,
            period: own,
            next_on: next_on(definition, &own),
            carried_in: &carried_in,
            carried_from_on,
            rates: &self.state.rates,
            pooled: &pooled,
            asset,
            digits: self.book.assets[asset.0 as usize].digits,
            operator: self.book.operator,
            party_of: &party_of,
            touches_of: &touches_of,
            in_order: &in_order,
        };
        let of_asset = definition.conversion.is_none().then_some(asset);
        contract::evaluate(&question, &state.cells_of(period, of_asset))
            .expect("bounded tallies and rates do not overflow")
    }

    /// What a term of a contract charges in the period that begins on a day.
    fn pooled(&self, pooled: Pooled, first_on: Date, asset: AssetId) -> i128 {
        let state = &self.state.contracts[pooled.contract.0 as usize];
        let Some(period) = state.period_number(first_on) else { return 0 };
        let lines = state.periods[period as usize].posted.iter();
        let of_term = lines.filter(|((own, key), _)| {
            *own == asset
                && key.part == Part::Charge
                && self.term_of(pooled.contract.0, key).is_some_and(|term| term.number == pooled.term)
        });
        of_term.map(|(_, posted)| posted.amount).sum()
    }

    /// Moves one line to where `F` has it, and the ledger with it; says whether its amount moved.
    fn move_line(
        &mut self,
        contract: u16,
        period: u32,
        (asset, key): Key,
        target: Option<Posted>,
        (now, admitting): (Instant, Option<u32>),
        decisions: &mut Decisions,
    ) -> bool {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let line = (asset, key);
        let before = state.posted.get(&line);
        let (asset, key) = line;
        let (amount_before, booked_before) = before.map_or((0, 0), |posted| (posted.amount, posted.booked));
        let delta = target.as_ref().map_or(0, |posted| posted.amount) - amount_before;
        let restates = state.frozen && admitting != Some(period);
        let booked = target.as_ref().map_or(0, |posted| posted.booked) - booked_before;
        let ledger = if restates { delta } else { booked };
        let adjusts_on = state.period.first;
        let period_on = if restates && delta != 0 { self.uncut_at(contract, now, decisions) } else { adjusts_on };
        if ledger != 0 && !self.moves_with_events(contract, &key) {
            let origin = if restates { Origin::Restatement } else { Origin::Accrual };
            let dated_on = self.entry_day(contract, period_on, now);
            let head = EntryHead { origin, contract, period_on, adjusts_on, dated_on };
            self.post_line(head, asset, &key, ledger, decisions);
        }
        if restates && delta != 0 {
            let working = target.as_ref().map(|posted| posted.working.clone());
            let moved = Restated { delta, before: amount_before, working };
            self.restate(contract, period_on, (asset, adjusts_on, key.clone()), moved, decisions);
        }
        if admitting == Some(period) {
            self.draft(contract, period, (asset, key.clone()), target.as_ref(), delta, decisions);
        }
        self.apply_change(Change::Line { contract, period, asset, key, posted: target }, decisions);
        delta != 0
    }

    /// Adds a difference to the restatement line of a closed period in the one that takes it.
    fn restate(
        &mut self,
        contract: u16,
        period_on: Date,
        (asset, adjusts_on, key): (AssetId, Date, LineKey),
        moved: Restated,
        decisions: &mut Decisions,
    ) {
        let state = &self.state.contracts[contract as usize];
        let period = state.period_number(period_on).expect("it was just opened");
        let earlier = state.periods[period as usize].restated.get(&(asset, adjusts_on, key.clone()));
        let restated = Restated {
            delta: earlier.map_or(0, |earlier| earlier.delta) + moved.delta,
            before: earlier.map_or(moved.before, |earlier| earlier.before),
            working: moved.working,
        };
        self.apply_change(Change::Restatement { contract, period, asset, adjusts_on, key, restated }, decisions);
    }

    /// Moves a line of the statement to be issued by what an admission moved in truth.
    fn draft(
        &mut self,
        contract: u16,
        period: u32,
        (asset, key): (AssetId, LineKey),
        target: Option<&Posted>,
        delta: i128,
        decisions: &mut Decisions,
    ) {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let before = state.draft.get(&(asset, key.clone())).cloned();
        let Some(working) = target.or(before.as_ref()).map(|posted| posted.working.clone()) else { return };
        let amount = before.as_ref().map_or(0, |posted| posted.amount) + delta;
        let booked = target.map_or(0, |posted| posted.booked);
        let posted = Posted { amount, booked, working };
        self.apply_change(Change::Drafted { contract, period, asset, key, posted }, decisions);
    }

    /// Books what is known at the end only, line by line: the statement is about to be issued.
    pub(crate) fn book_ends(&mut self, contract: u16, period: u32, now: Instant, decisions: &mut Decisions) {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let (period_on, drafted) = (state.period.first, state.frozen);
        let lines = if drafted { &state.draft } else { &state.posted };
        let open: Vec<_> = lines.iter().filter(|(_, posted)| posted.amount != posted.booked).collect();
        let open: Vec<_> = open.into_iter().map(|(key, posted)| (key.clone(), posted.clone())).collect();
        for ((asset, key), posted) in open {
            let left = posted.amount - posted.booked;
            let dated_on = self.entry_day(contract, period_on, now);
            let head = EntryHead { origin: Origin::Accrual, contract, period_on, adjusts_on: period_on, dated_on };
            self.post_line(head, asset, &key, left, decisions);
            let state = &self.state.contracts[contract as usize].periods[period as usize];
            if let Some(truth) = state.posted.get(&(asset, key.clone())).cloned() {
                let posted = Some(Posted { booked: truth.booked + left, ..truth });
                self.apply_change(Change::Line { contract, period, asset, key: key.clone(), posted }, decisions);
            }
            if drafted {
                let posted = Posted { booked: posted.amount, ..posted };
                self.apply_change(Change::Drafted { contract, period, asset, key, posted }, decisions);
            }
        }
    }

    /// Whether a line was posted with its events, so that a tick only records it.
    fn moves_with_events(&self, contract: u16, key: &LineKey) -> bool {
        let Some(term) = self.term_of(contract, key) else { return false };
        match key.part {
            Part::Charge => term.scope == Scope::Event,
            Part::Vat | Part::VatIncluded => term.vat.is_some_and(|vat| vat.scope == VatScope::Event),
        }
    }

    pub(crate) fn term_of(&self, contract: u16, key: &LineKey) -> Option<&Term> {
        let LineOf::Term { term, version } = key.of else { return None };
        Some(&self.book.contracts[contract as usize].versions[version as usize].terms[term as usize])
    }

    fn post_line(&mut self, head: EntryHead, asset: AssetId, key: &LineKey, amount: i128, decisions: &mut Decisions) {
        if let Some((debit, credit)) = self.accounts_of(head.contract, asset, key) {
            self.post_pair(head, debit, credit, amount, decisions);
        }
    }

    /// The accounts that a line moves: debit, credit.
    fn accounts_of(&self, contract: u16, asset: AssetId, key: &LineKey) -> Option<(Account, Account)> {
        let purpose = match key.of {
            LineOf::Adjustment { number } => {
                self.state.contracts[contract as usize].adjustments[number as usize].purpose
            }
            _ => self.term_of(contract, key).map_or(Purpose(0), |term| purpose_of(&self.book, term)),
        };
        if key.part != Part::Charge {
            return tax_accounts(&self.book, (key.debtor, key.creditor), purpose, asset, key.part);
        }
        let (debit, credit) = charge_accounts(&self.book, key.debtor, key.creditor, purpose, asset);
        let Some(kept) = self.term_of(contract, key).and_then(|term| kept_with(term, key.piece)) else {
            return Some((debit, credit));
        };
        let operator = self.book.operator;
        let kept = |party: PartyId| match kept {
            Kept::Carried => Account::Carried(party, asset),
            Kept::Advance => Account::Advance(party, asset),
        };
        Some(match (key.debtor == operator, key.creditor == operator) {
            (true, _) => (kept(key.creditor), credit),
            (_, true) => (debit, kept(key.debtor)),
            _ => (debit, credit),
        })
    }

    /// Posts an amount from credit to debit; amounts of 10^18 and more in several entries.
    pub(crate) fn post_pair(
        &mut self,
        head: EntryHead,
        debit: Account,
        credit: Account,
        amount: i128,
        decisions: &mut Decisions,
    ) {
        let (debit, credit) = (self.state.chart.open(debit), self.state.chart.open(credit));
        let most = i128::from(AMOUNT_BOUND - 1);
        let mut left = amount;
        while left != 0 {
            let part = i64::try_from(left.clamp(-most, most)).expect("clamped to the bound of a posting");
            let postings = [Posting { account: debit, amount: part }, Posting { account: credit, amount: -part }];
            decisions.entries.push(head, &postings, &self.state.chart);
            self.state.balances.post(&postings);
            left -= i128::from(part);
        }
    }

    /// The accounting date of a tick's entry: today, or the period's last day once that has passed.
    fn entry_day(&self, contract: u16, period_on: Date, now: Instant) -> Date {
        let definition = &self.book.contracts[contract as usize];
        let last = definition.cycle.period_of(period_on).last().plus_days(-i32::from(definition.lag_days));
        self.local_day(contract, now).min(last).max(period_on.plus_days(-i32::from(definition.lag_days)))
    }
}

/// Lines that do not stand where they should, ascending; none: `F` does not have it any more. Most lines of most periods
/// stand where they should, so these cost a comparison and nothing else.
fn differences(state: &PeriodState, mut targets: Targets, restates: bool) -> Vec<(Key, Option<Posted>)> {
    targets.sort_by(|(one, _), (other, _)| one.cmp(other));
    debug_assert!(targets.is_sorted_by(|(one, _), (other, _)| one < other), "`F` gives each line once");
    let mut known = state.posted.iter().peekable();
    let mut moved = Vec::new();
    for (key, mut target) in targets {
        while let Some((gone, _)) = known.next_if(|(known, _)| **known < key) {
            moved.push((gone.clone(), None));
        }
        let before = known.next_if(|(known, _)| **known == key).map(|(_, posted)| posted);
        let (amount_before, booked_before) = before.map_or((0, 0), |posted| (posted.amount, posted.booked));
        // A restatement is booked as it comes. What is known at the end only is not booked before the issue; where it was,
        // since it was not known so before, that is taken back. A closing period's waits as it is.
        if restates {
            target.booked = booked_before + target.amount - amount_before;
        } else if state.frozen && target.booked != target.amount {
            target.booked = booked_before;
        }
        if before != Some(&target) {
            moved.push((key, Some(target)));
        }
    }
    moved.extend(known.map(|(gone, _)| (gone.clone(), None)));
    moved
}

/// What a closing term's piece moves instead of revenue or cost: nobody earns or bears anything by it yet.
enum Kept {
    Carried,
    Advance,
}

fn kept_with(term: &Term, piece: u16) -> Option<Kept> {
    match (&term.kind, piece) {
        (TermKind::Carry { .. }, _) => Some(Kept::Carried),
        (TermKind::Advance { .. } | TermKind::Prepaid { .. }, _) => Some(Kept::Advance),
        (TermKind::Minimum { recoupable: true, .. }, _) => Some(Kept::Advance),
        _ => None,
    }
}

/// The first day of the next period; none where the contract ends with this one.
fn next_on(contract: &Contract, period: &calendar::Period) -> Option<Date> {
    let next = contract.cycle.next(period).first;
    let lag_days = i32::from(contract.lag_days);
    let ended = contract.ends_on.is_some_and(|end| next >= end.plus_days(lag_days));
    (next > period.first && !ended).then_some(next)
}
