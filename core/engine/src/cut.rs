//! What the clock brings about: versions become known, periods begin, periods are cut.
//!
//! A *tick* compares `F` with what has been posted, line by line, and posts the difference: to the period itself while
//! it is open, to the oldest period not yet cut afterwards. A *cut* ticks its contract, issues the statements of the
//! period and moves what they say from accrued to payable or receivable. There is no other way in which anything of
//! line scope reaches the ledger, so a statement equals the ledger by construction.

use crate::book::Book;
use crate::decide::Engine;
use crate::decisions::{Change, Decisions, NewPeriod};
use crate::plan::{charge_accounts, purpose_of, tax_accounts};
use crate::state::{Due, cut_of, period_of_day};
use calendar::{Date, Instant, Period};
use close::{MeasureTotal, Posted, Restated, Statement, StatementLine, Status};
use contract::{Contract, ContractId, Line, LineKey, LineOf, Part, Question, Role, Scope, Term, TermKind, VatScope};
use event::{PartyId, Word};
use ledger::{Account, EntryHead, Origin, Posting, Purpose};
use money::{AMOUNT_BOUND, AssetId, Decimal};
use std::collections::{BTreeMap, BTreeSet};

impl Engine {
    /// Looks at the books at the end: every cut up to `as_of` is made, and what `F` moved is posted everywhere.
    pub fn finish(&mut self, as_of: Instant) -> Decisions {
        let (words, accounts) = (self.state().dictionary.len(), self.state().chart.len());
        let mut decisions = Decisions::default();
        self.bring_about(Instant(as_of.0.saturating_add(1)), &mut decisions);
        self.state.stamp = self.state.stamp.max(as_of);
        for contract in 0..self.book.contracts.len() {
            let contract = u16::try_from(contract).expect("a book has at most 65,535 contracts");
            self.tick(contract, self.state.stamp, &mut decisions);
        }
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// The statements of all periods that are not cut, as `F` stands since the last tick, in order of contract and day.
    #[must_use]
    pub fn provisional(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        for contract in 0..self.book.contracts.len() {
            let number = u16::try_from(contract).expect("a book has at most 65,535 contracts");
            for period in self.state.contracts[contract].periods_by_day() {
                if !self.state.contracts[contract].periods[period as usize].closed {
                    statements.extend(self.statements_of(number, period, false));
                }
            }
        }
        statements
    }

    /// Brings about what falls due up to `until`, in order of time.
    pub(crate) fn bring_about(&mut self, until: Instant, decisions: &mut Decisions) {
        while self.state.next_due().is_some_and(|at| at <= until) {
            let (_, due) = self.state.timeline.pop_first().expect("something is due");
            match due {
                Due::Known { contract, version } => self.know(contract, version, until, decisions),
                Due::Begin { contract, first_on } => self.begin(contract, first_on, decisions),
                Due::Cut { contract, first_on } => self.cut(contract, first_on, decisions),
            }
        }
    }

    /// A version has become known: every period may have moved; what moved of closed ones needs an open one.
    fn know(&mut self, contract: u16, version: u16, now: Instant, decisions: &mut Decisions) {
        let known_from = self.book.contracts[contract as usize].versions[version as usize].known_from;
        self.apply_change(Change::Stale { contract }, decisions);
        let closed = self.state.contracts[contract as usize].periods.iter().any(|period| period.closed);
        if closed {
            let before = std::mem::replace(&mut self.state.stamp, known_from.min(now));
            self.open_uncut(contract, decisions);
            self.state.stamp = before;
        }
    }

    /// A period with a fixed fee begins; the next one is awaited while the contract runs.
    fn begin(&mut self, contract: u16, first_on: Date, decisions: &mut Decisions) {
        let definition = &self.book.contracts[contract as usize];
        if definition.ends_on.is_some_and(|end| first_on >= end) {
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
        self.tick(contract, cut_at, decisions);
        for statement in self.statements_of(contract, period, true) {
            self.issue(contract, &statement, cut_at, decisions);
            decisions.statements.push(statement.clone());
            self.state.statements.push(statement);
        }
        self.apply_change(Change::Closed { contract, period }, decisions);
    }

    fn apply_change(&mut self, change: Change, decisions: &mut Decisions) {
        self.state.change(&self.book, &change);
        decisions.changes.push(change);
    }

    /// Posts what `F` moved on every line of a contract since the last tick.
    fn tick(&mut self, contract: u16, now: Instant, decisions: &mut Decisions) {
        for period in self.state.contracts[contract as usize].stale_periods() {
            let assets = self.assets_of(contract, period);
            let mut targets: BTreeMap<(AssetId, LineKey), Posted> = BTreeMap::new();
            for asset in assets {
                for Line { key, amount, working } in self.evaluate(contract, period, asset, now) {
                    targets.insert((asset, key), Posted { amount, working });
                }
            }
            let posted = &self.state.contracts[contract as usize].periods[period as usize].posted;
            let keys: BTreeSet<_> = posted.keys().chain(targets.keys()).cloned().collect();
            for key in keys {
                let target = targets.remove(&key);
                self.move_line(contract, period, key, target, now, decisions);
            }
            self.apply_change(Change::Fresh { contract, period }, decisions);
        }
    }

    /// Assets of a period's tallies and of the fixed fees that may fall due in it.
    fn assets_of(&self, contract: u16, period: u32) -> BTreeSet<AssetId> {
        let mut assets = self.state.contracts[contract as usize].assets_of(period);
        let terms = self.book.contracts[contract as usize].versions.iter().flat_map(|version| &version.terms);
        assets.extend(terms.filter_map(|term| match term.kind {
            TermKind::Fixed { asset, .. } => Some(asset),
            _ => None,
        }));
        assets
    }

    /// `F` of a period in one asset as known at `now`.
    #[must_use]
    pub fn evaluate(&self, contract: u16, period: u32, asset: AssetId, now: Instant) -> Vec<Line> {
        let state = &self.state.contracts[contract as usize];
        let party_of = |word: Word| self.book.party_of_word(word).expect("tallies hold known parties only");
        let question = Question {
            contract: &self.book.contracts[contract as usize],
            layout: self.plans.layout(contract),
            known_at: now,
            period: state.periods[period as usize].period,
            asset,
            digits: self.book.assets[asset.0 as usize].digits,
            operator: self.book.operator,
            party_of: &party_of,
        };
        contract::evaluate(&question, &state.cells_of(period, asset))
            .expect("bounded tallies and rates do not overflow")
    }

    /// Moves one line to where `F` has it, and the ledger with it.
    fn move_line(
        &mut self,
        contract: u16,
        period: u32,
        (asset, key): (AssetId, LineKey),
        target: Option<Posted>,
        now: Instant,
        decisions: &mut Decisions,
    ) {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let before = state.posted.get(&(asset, key.clone()));
        if before == target.as_ref() {
            return;
        }
        let amount_before = before.map_or(0, |posted| posted.amount);
        let delta = target.as_ref().map_or(0, |posted| posted.amount) - amount_before;
        let (adjusts_on, closed) = (state.period.first, state.closed);
        let period_on = if closed && delta != 0 { self.uncut_at(contract, now, decisions) } else { adjusts_on };
        if delta != 0 && !self.moves_with_events(contract, &key) {
            let origin = if closed { Origin::Restatement } else { Origin::Accrual };
            let head = EntryHead {
                origin,
                contract,
                period_on,
                adjusts_on,
                dated_on: self.entry_day(contract, period_on, now),
            };
            self.post_line(head, asset, &key, delta, decisions);
        }
        if closed && delta != 0 {
            let into = self.state.contracts[contract as usize].period_number(period_on).expect("it was just opened");
            let lines = &self.state.contracts[contract as usize].periods[into as usize].restated;
            let earlier = lines.get(&(asset, adjusts_on, key.clone()));
            let restated = Restated {
                delta: earlier.map_or(0, |earlier| earlier.delta) + delta,
                before: earlier.map_or(amount_before, |earlier| earlier.before),
                working: target.as_ref().map(|posted| posted.working.clone()),
            };
            let change = Change::Restatement { contract, period: into, asset, adjusts_on, key: key.clone(), restated };
            self.apply_change(change, decisions);
        }
        self.apply_change(Change::Line { contract, period, asset, key, posted: target }, decisions);
    }

    /// Whether a line was posted with its events, so that a tick only records it.
    fn moves_with_events(&self, contract: u16, key: &LineKey) -> bool {
        let Some(term) = self.term_of(contract, key) else { return false };
        match key.part {
            Part::Charge => term.scope == Scope::Event,
            Part::Vat | Part::VatIncluded => term.vat.is_some_and(|vat| vat.scope == VatScope::Event),
        }
    }

    fn term_of(&self, contract: u16, key: &LineKey) -> Option<&Term> {
        let LineOf::Term { term, version } = key.of else { return None };
        Some(&self.book.contracts[contract as usize].versions[version as usize].terms[term as usize])
    }

    fn post_line(&mut self, head: EntryHead, asset: AssetId, key: &LineKey, delta: i128, decisions: &mut Decisions) {
        let purpose = self.term_of(head.contract, key).map_or(Purpose(0), |term| purpose_of(&self.book, term));
        let accounts = if key.part == Part::Charge {
            Some(charge_accounts(&self.book, key.debtor, key.creditor, purpose, asset))
        } else {
            tax_accounts(&self.book, (key.debtor, key.creditor), purpose, asset, key.part)
        };
        if let Some((debit, credit)) = accounts {
            self.post_pair(head, debit, credit, delta, decisions);
        }
    }

    /// Posts an amount from credit to debit; amounts of 10^18 and more in several entries.
    fn post_pair(&mut self, head: EntryHead, debit: Account, credit: Account, amount: i128, decisions: &mut Decisions) {
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

    /// Moves what a statement says from accrued to payable or receivable.
    fn issue(&mut self, contract: u16, statement: &Statement, cut_at: Instant, decisions: &mut Decisions) {
        let (party, asset, period_on) = (statement.party, statement.asset, statement.period.first);
        let dated_on = self.local_day(contract, cut_at);
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

    fn uncut_at(&mut self, contract: u16, now: Instant, decisions: &mut Decisions) -> Date {
        let definition = &self.book.contracts[contract as usize];
        let mut period = period_of_day(definition, self.local_day(contract, now));
        loop {
            let earlier = definition.cycle.previous(&period);
            if earlier.first >= period.first || cut_of(&self.book, definition, &earlier) < now {
                break;
            }
            period = earlier;
        }
        // A contract that has ended keeps its last cut; what comes later goes to the next period of its calendar.
        while cut_of(&self.book, definition, &period) < now {
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

    /// The commercial day of an instant under a contract.
    pub(crate) fn local_day(&self, contract: u16, at: Instant) -> Date {
        let definition = &self.book.contracts[contract as usize];
        calendar::commercial_day(&self.book.zones[definition.zone.0 as usize], definition.cut_off_s, at)
    }

    /// The accounting date of a tick's entry: today, or the period's last day once that has passed.
    fn entry_day(&self, contract: u16, period_on: Date, now: Instant) -> Date {
        let definition = &self.book.contracts[contract as usize];
        let last = definition.cycle.period_of(period_on).last().plus_days(-i32::from(definition.lag_days));
        self.local_day(contract, now).min(last).max(period_on.plus_days(-i32::from(definition.lag_days)))
    }

    /// The statements of a period, ascending by party and asset.
    fn statements_of(&self, contract: u16, period: u32, issued: bool) -> Vec<Statement> {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let operator = self.book.operator;
        let mut lines: BTreeMap<(PartyId, AssetId), Vec<StatementLine>> = BTreeMap::new();
        for ((asset, key), posted) in &state.posted {
            for (party, side) in StatementLine::sides(key, operator) {
                let line = Line { key: key.clone(), amount: posted.amount, working: posted.working.clone() };
                lines.entry((party, *asset)).or_default().push(StatementLine::own(&line, side));
            }
        }
        for ((asset, adjusts_on, key), restated) in &state.restated {
            for (party, side) in StatementLine::sides(key, operator) {
                lines.entry((party, *asset)).or_default().push(StatementLine::restatement(
                    key,
                    *adjusts_on,
                    restated,
                    side,
                ));
            }
        }
        let definition = &self.book.contracts[contract as usize];
        let (cut_at, closing) = (state.cut_at, self.has_ended(definition, &state.period));
        let status = if issued { Status::Issued { cut_at } } else { Status::Provisional { cut_at, closing } };
        let due_on = self.due_on(definition, contract, period);
        let statement = |((party, asset), lines): ((PartyId, AssetId), Vec<StatementLine>)| Statement {
            contract: ContractId(contract),
            party,
            period: state.period,
            asset,
            status,
            due_on,
            total: lines.iter().map(StatementLine::counted).sum(),
            accrued: lines.iter().filter(|line| line.accrues(operator)).map(StatementLine::counted).sum(),
            measures: self.measures_of(contract, period, asset, party),
            lines,
        };
        lines.into_iter().map(statement).collect()
    }

    fn due_on(&self, definition: &Contract, contract: u16, period: u32) -> Option<Date> {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        match &definition.due {
            Some(rule) => calendar::due_on(rule, &state.period, &self.book.calendars).ok(),
            None => Some(self.local_day(contract, state.cut_at)),
        }
    }

    /// Whether the last commercial day that belongs to a period is over.
    fn has_ended(&self, definition: &Contract, period: &Period) -> bool {
        let zone = &self.book.zones[definition.zone.0 as usize];
        let end_on = period.end.plus_days(-i32::from(definition.lag_days));
        calendar::start_of_commercial_day(zone, definition.cut_off_s, end_on) <= self.state.stamp
    }

    /// Sums of the listed measures over the tallies that concern a party.
    fn measures_of(&self, contract: u16, period: u32, asset: AssetId, party: PartyId) -> Vec<MeasureTotal> {
        let definition = &self.book.contracts[contract as usize];
        let cells = self.state.contracts[contract as usize].cells_of(period, asset);
        let concerned: Vec<_> =
            cells.iter().filter(|cell| concerns(&self.book, definition, cell.dimensions, party)).collect();
        let listed = definition.measures.iter().enumerate().filter(|(_, measure)| measure.listed);
        listed
            .map(|(number, measure)| MeasureTotal {
                measure: u16::try_from(number).expect("a contract's measures are bounded"),
                sum: Decimal { mantissa: concerned.iter().map(|cell| cell.sums[number]).sum(), scale: measure.scale },
            })
            .collect()
    }
}

/// Whether a party is debtor or creditor of any term for events with these dimensions.
fn concerns(book: &Book, contract: &Contract, dimensions: &[Word], party: PartyId) -> bool {
    let is_party = |role: Role| match role {
        Role::Party(own) => own == party,
        Role::Dimension(dimension) => book.party_of_word(dimensions[dimension as usize]) == Some(party),
    };
    contract.versions.iter().flat_map(|version| &version.terms).any(|term| {
        let parts = match &term.kind {
            TermKind::Division { parts, .. } => parts.as_slice(),
            _ => &[],
        };
        is_party(term.debtor) || is_party(term.creditor) || parts.iter().any(|part| is_party(part.0))
    })
}
