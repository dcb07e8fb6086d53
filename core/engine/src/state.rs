//! The state of a book: a fold over decisions.
//!
//! [`State::fold`] applies decisions and decides nothing: adding numbers, the same in every release. Deciding mutates
//! the state through the same small functions, so a node that decides and a node that only folds hold the same state;
//! [`State::digest`] proves it. Everything is kept in vectors in order of appearance; the hash tables beside them only
//! find positions.

mod claims;
mod digest;
mod parts;
mod redefined;

pub use claims::Facts;
pub use parts::{Cell, ContractParts, Fixed, LinkParts, StateParts, Sums};

use crate::book::Book;
use crate::decisions::{
    Change, Claim, Counts, Days, Decisions, NewCell, NewGroup, NewPeriod, OriginDay, OriginDays, Parked, TallyDelta,
};
use crate::links::{LinkChange, Links};
use crate::spread::Spread;
use calendar::{Date, Instant, Period};
use canon::Digest;
use claims::Claims;
use close::{Adjustment, PeriodState, Statement};
use contract::{Contract, DAYS_BACK_MAX, Layout, Rates, RatesId, Role, Span, Term, TermKind};
use event::{AdapterId, Columns, Dictionary, Identity, Word};
use ledger::{Balances, Chart};
use money::AssetId;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;
use table::{Rows, Table, mix};

/// The most events that wait for their originals at one time.
pub const WAITING_MAX: usize = 65_536;

/// All that a book knows besides its definition.
#[derive(Clone, Debug)]
pub struct State {
    /// Words by number.
    pub dictionary: Dictionary,
    /// The latest stamp.
    pub stamp: Instant,
    /// Events by what became of them.
    pub counts: Counts,
    /// Accounts by number.
    pub chart: Chart,
    /// Balances by account.
    pub balances: Balances,
    /// How many entries there are.
    pub entries: u64,
    /// Contracts by [`ContractId`].
    pub contracts: Vec<ContractState>,
    /// Issued statements in order of issue.
    pub statements: Rows<Statement, 16>,
    /// Events that wait, by order of arrival.
    pub waiting: BTreeMap<u64, Arc<Parked>>,
    pub(crate) waiting_for: BTreeMap<Identity, Vec<u64>>,
    pub(crate) parked: u64,
    /// Slots of files with file identity, and who took them.
    pub(crate) slots: Arc<BTreeMap<(AdapterId, Box<str>), Digest>>,
    /// Whether what an older system leaves was taken over.
    pub(crate) opened: bool,
    /// Commands that were carried out.
    pub(crate) commands: Spread<Identity, ()>,
    /// Events that may enter a closing period: contract and period.
    pub(crate) admitted: Spread<Identity, (u16, u32)>,
    /// The closing period that what moves next enters.
    pub(crate) admitting: Option<(u16, u32)>,
    /// Rates of exchange: the book's, and what commands have fixed since.
    pub rates: Vec<Rates>,
    /// What commands have fixed, in order.
    fixed: Rows<Fixed>,
    pub(crate) timeline: BTreeSet<(Instant, Due)>,
    pub(crate) links: Links,
    pub(crate) claims: Claims,
    origins: Rows<OriginDays>,
}

/// What is kept of a claim beside its identity.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Recent {
    fingerprint: u64,
    origin: u32,
}

/// What the clock brings about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Due {
    /// A version of a contract becomes known.
    Known { contract: u16, version: u16 },
    /// Rates of exchange of a day are published.
    Published { rates: u16, on: Date },
    /// A period with a fixed fee begins.
    Begin { contract: u16, first_on: Date },
    /// A period's membership freezes. Stands one microsecond after the cut: what is received at the cut is in time.
    Cut { contract: u16, first_on: Date },
    /// A scheduled command was received.
    Command { number: u32 },
    /// An event has waited for its original for as long as its source says.
    Expire { sequence: u64 },
}

/// The tallies and periods of one contract.
#[derive(Clone, Debug)]
pub struct ContractState {
    /// Periods in order of appearance.
    pub periods: Vec<Arc<PeriodState>>,
    /// What people agreed on, in order.
    pub adjustments: Rows<Adjustment>,
    /// Digests of the statements of sealed periods, by position of the period.
    pub seals: BTreeMap<u32, Digest>,
    period_numbers: BTreeMap<Date, u32>,
    period_cells: Vec<Vec<u32>>,
    stale: Vec<bool>,
    groups: Rows<(AssetId, Box<[Word]>)>,
    group_numbers: Table<u32>,
    cells: Rows<Cell>,
    /// What the tallies are of once more, in one piece: every event asks for it.
    heads: Vec<Cell>,
    cell_numbers: Table<u32>,
    sums: Sums,
}

impl State {
    /// The state of a book before anything happened.
    #[must_use]
    pub fn new(book: &Book) -> Self {
        let mut state = Self::of_nothing(book, Instant::NONE);
        state.await_first_periods(book, 0);
        state
    }

    /// A state without anything but what the book says will become known later than a stamp.
    fn of_nothing(book: &Book, stamp: Instant) -> Self {
        let mut state = Self {
            dictionary: book.dictionary.clone(),
            stamp,
            counts: Counts::default(),
            chart: Chart::default(),
            balances: Balances::default(),
            entries: 0,
            contracts: Vec::new(),
            statements: Rows::default(),
            waiting: BTreeMap::new(),
            waiting_for: BTreeMap::new(),
            parked: 0,
            slots: Arc::default(),
            opened: false,
            commands: Spread::default(),
            admitted: Spread::default(),
            admitting: None,
            rates: book.rates.clone(),
            fixed: Rows::default(),
            timeline: BTreeSet::new(),
            links: Links::default(),
            claims: Claims::default(),
            origins: Rows::default(),
        };
        for (number, contract) in (0..).zip(&book.contracts) {
            state.contracts.push(ContractState::new(contract));
            state.await_what_is_known(number, contract);
        }
        state
    }

    /// Puts the first fixed periods of contracts on the timeline, from a contract on.
    fn await_first_periods(&mut self, book: &Book, from: usize) {
        for (number, contract) in (0..).zip(&book.contracts).skip(from) {
            if let Some(first_on) = first_fixed_period(contract, book.opens_on()) {
                self.await_beginning(book, number, first_on);
            }
        }
    }

    /// Puts on the timeline what the book itself says will become known later than the stamp.
    fn await_what_is_known(&mut self, number: u16, contract: &Contract) {
        for (version, known) in (0..).zip(&contract.versions) {
            if known.known_from > self.stamp.max(Instant::BEGINNING) {
                self.timeline.insert((known.known_from, Due::Known { contract: number, version }));
            }
        }
        if let Some(conversion) = contract.conversion {
            self.await_publications(conversion.rates, contract);
        }
    }

    /// Applies decisions. The state is afterwards what it was after deciding them.
    ///
    /// # Panics
    /// Where the decisions do not follow on this state: they belong to another log.
    pub fn fold(&mut self, book: &Book, decisions: &Decisions) {
        for word in &decisions.words {
            self.dictionary.intern(word);
        }
        for &account in &decisions.accounts {
            self.chart.open(account);
        }
        // What else was decided with it needs the contracts that it brings.
        let is_redefinition = |change: &&Change| matches!(change, Change::Redefined { .. });
        decisions.changes.iter().filter(is_redefinition).for_each(|change| self.change(book, change));
        for period in &decisions.periods {
            self.open_period(book, period);
        }
        for (adapter, slot, digest) in &decisions.files {
            Arc::make_mut(&mut self.slots).insert((*adapter, slot.clone()), *digest);
        }
        // Events follow the clock; but where none was decided, what moved tallies came before it.
        let clock_alone = decisions.outcomes.is_empty();
        if clock_alone {
            self.add_tallies(decisions);
        }
        for change in decisions.changes.iter().filter(|change| !is_redefinition(change)) {
            self.change(book, change);
        }
        self.statements.extend(decisions.statements.iter().cloned());
        for group in &decisions.groups {
            self.contracts[group.contract as usize].open_group(group);
        }
        for cell in &decisions.cells {
            let period = self.period_of(book, cell.contract, cell.days.day);
            self.contracts[cell.contract as usize].open_cell(cell, period);
        }
        for origin in &decisions.origins {
            self.keep_origin(origin.clone());
        }
        for claim in &decisions.claims {
            self.claim(*claim);
        }
        for change in &decisions.links {
            self.link(change);
        }
        if !clock_alone {
            self.add_tallies(decisions);
        }
        for parked in &decisions.parked {
            self.park(Arc::new(parked.clone()));
        }
        for released in &decisions.released {
            self.unpark(released.sequence);
        }
        self.balances.post(decisions.entries.postings());
        self.entries += decisions.entries.len() as u64;
        self.counts.add(&decisions.counts);
        self.admitting = decisions.admitted.or(self.admitting);
        self.stamp = decisions.stamp;
        // What lies at or before the stamp has been brought about by the decisions themselves.
        while self.next_due().is_some_and(|at| at <= self.stamp) {
            self.timeline.pop_first();
        }
    }

    fn add_tallies(&mut self, decisions: &Decisions) {
        for tally in &decisions.tallies {
            self.contracts[tally.contract as usize].add(tally);
        }
    }

    /// The claim of an identity, where it counts already.
    #[inline]
    #[must_use]
    pub fn claimed(&self, identity: Identity) -> Option<Claim> {
        let Recent { fingerprint, origin } = self.claims.find(identity)?;
        Some(Claim { identity, fingerprint, origin })
    }

    pub(crate) fn claim(&mut self, claim: Claim) {
        let Claim { identity, fingerprint, origin } = claim;
        self.claims.insert(identity, Recent { fingerprint, origin });
    }

    /// The commercial day of an accepted event under a contract, where it is kept.
    pub(crate) fn origin_day(&self, claim: &Claim, contract: u16) -> Option<OriginDay> {
        let origin = claim.origin.checked_sub(1)?;
        let days = &self.origins[origin as usize].0;
        days.iter().find(|own| own.contract == contract).copied()
    }

    /// Keeps the days of an accepted event and gives the number for its claim.
    pub(crate) fn keep_origin(&mut self, days: OriginDays) -> u32 {
        self.origins.push(days);
        u32::try_from(self.origins.len()).expect("a book keeps at most 2^32 origins")
    }

    /// Applies a change of links.
    pub(crate) fn link(&mut self, change: &LinkChange) {
        if let LinkChange::Reclaimed(Claim { identity, fingerprint, origin }) = *change {
            self.claims.replace(identity, Recent { fingerprint, origin });
        }
        self.links.apply(change);
    }

    /// Identities under which waiting events will be decided once their originals come, and those of the originals.
    pub(crate) fn waiting_identities(&self) -> Vec<Identity> {
        let waiting = self.waiting.values().map(|parked| &parked.columns);
        let of = |columns: &Columns| [columns.identity[0], self.links.identity_of(columns, 0), columns.original[0]];
        waiting.flat_map(of).collect()
    }

    pub(crate) fn park(&mut self, parked: Arc<Parked>) {
        if let Some(at) = parked.expires_at {
            self.timeline.insert((at, Due::Expire { sequence: parked.sequence }));
        }
        self.waiting_for.entry(parked.columns.original[0]).or_default().push(parked.sequence);
        self.parked = parked.sequence + 1;
        self.waiting.insert(parked.sequence, parked);
    }

    pub(crate) fn unpark(&mut self, sequence: u64) -> Option<Arc<Parked>> {
        let parked = self.waiting.remove(&sequence)?;
        if let Some(at) = parked.expires_at {
            self.timeline.remove(&(at, Due::Expire { sequence }));
        }
        let original = parked.columns.original[0];
        if let Some(others) = self.waiting_for.get_mut(&original) {
            others.retain(|&other| other != sequence);
            if others.is_empty() {
                self.waiting_for.remove(&original);
            }
        }
        Some(parked)
    }

    pub(crate) fn next_due(&self) -> Option<Instant> {
        self.timeline.first().map(|&(at, _)| at)
    }

    /// Opens a period and puts its cut on the timeline; where it is there already, gives its position.
    pub(crate) fn open_period(&mut self, book: &Book, new: &NewPeriod) -> u32 {
        let contract = &book.contracts[new.contract as usize];
        let state = &mut self.contracts[new.contract as usize];
        if let Some(&number) = state.period_numbers.get(&new.first_on) {
            return number;
        }
        let period = contract.cycle.period_of(new.first_on);
        assert!(period.first == new.first_on, "a period is named by its first day: {:?}", new.first_on);
        let cut_at = cut_of(book, contract, &period);
        if !new.closed {
            let due = Due::Cut { contract: new.contract, first_on: period.first };
            self.timeline.insert((Instant(cut_at.0.saturating_add(1)), due));
        }
        state.open_period(period, cut_at, new.closed)
    }

    /// The position of the open or closed period to which a commercial day belongs, which must be there.
    pub(crate) fn period_of(&self, book: &Book, contract: u16, day: Date) -> u32 {
        let period = period_of_day(&book.contracts[contract as usize], day);
        let numbers = &self.contracts[contract as usize].period_numbers;
        *numbers.get(&period.first).expect("a tally's period is opened before it")
    }

    pub(crate) fn await_beginning(&mut self, book: &Book, number: u16, first_on: Date) {
        let contract = &book.contracts[number as usize];
        let begins_on = first_on.plus_days(-i32::from(contract.lag_days));
        let zone = &book.zones[contract.zone.0 as usize];
        let at = calendar::start_of_commercial_day(zone, contract.cut_off_s, begins_on);
        self.timeline.insert((at, Due::Begin { contract: number, first_on }));
    }

    /// Puts the publications of rates on the timeline, from shortly before a contract begins.
    fn await_publications(&mut self, rates: RatesId, contract: &Contract) {
        let Some(first_on) = contract.versions.iter().map(|version| version.valid_from).min() else { return };
        let source = &self.rates[rates.0 as usize];
        for on in source.days().rev().take_while(|&on| on >= first_on.plus_days(-DAYS_BACK_MAX)) {
            let at = source.publication_of(on);
            if at > self.stamp {
                self.timeline.insert((at, Due::Published { rates: rates.0, on }));
            }
        }
    }

    pub(crate) fn change(&mut self, book: &Book, change: &Change) {
        match change {
            Change::Begins { contract, first_on } => return self.await_beginning(book, *contract, *first_on),
            Change::Admitted { contract, period, event } => {
                self.admitted.insert(*event, (*contract, *period));
                return;
            }
            Change::Entered => return self.admitting = None,
            Change::Opened => return self.opened = true,
            Change::Redefined { at, resized } => return self.redefine(book, *at, resized),
            &Change::Fixed { rates, asset, on, rate, known_from } => {
                return self.fix(Fixed { rates, asset, on, rate, known_from });
            }
            Change::Commanded { identity } => {
                self.commands.insert(*identity, ());
                return;
            }
            _ => {}
        }
        let number = match change {
            Change::Stale { contract }
            | Change::Moved { contract, .. }
            | Change::Unsure { contract }
            | Change::Carried { contract, .. }
            | Change::Drafted { contract, .. }
            | Change::Issued { contract, .. }
            | Change::Fresh { contract, .. }
            | Change::Line { contract, .. }
            | Change::Restatement { contract, .. }
            | Change::Frozen { contract, .. }
            | Change::Closed { contract, .. }
            | Change::Sealed { contract, .. }
            | Change::Adjusted { contract, .. } => *contract,
            Change::Begins { .. }
            | Change::Admitted { .. }
            | Change::Entered
            | Change::Opened
            | Change::Redefined { .. }
            | Change::Fixed { .. }
            | Change::Commanded { .. } => return,
        };
        if let Change::Frozen { contract, period, .. } | Change::Closed { contract, period, .. } = change {
            let closed = &self.contracts[number as usize].periods[*period as usize];
            let due = Due::Cut { contract: *contract, first_on: closed.period.first };
            self.timeline.remove(&(Instant(closed.cut_at.0.saturating_add(1)), due));
        }
        self.contracts[number as usize].change(change);
    }

    fn fix(&mut self, fixed: Fixed) {
        self.rates[usize::from(fixed.rates.0)].fix(fixed.asset, fixed.on, fixed.rate, fixed.known_from);
        self.fixed.push(fixed);
    }
}

/// The first period of a contract whose terms fall due without any event.
pub(crate) fn first_fixed_period(contract: &Contract, opens_on: Option<Date>) -> Option<Date> {
    let due_alone = contract.versions.iter().filter(|version| version.terms.iter().any(falls_due_alone));
    let version = due_alone.min_by_key(|version| version.valid_from)?;
    let first_on = opens_on.map_or(version.valid_from, |on| version.valid_from.max(on));
    let period = contract.cycle.period_of(first_on);
    // A fixed fee is for periods that begin under it, what is known at the end for those that end under it.
    let fixed_alone = version.terms.iter().all(|term| term.closes().is_none());
    let next = fixed_alone && opens_on.is_none() && period.first < first_on;
    Some(if next { contract.cycle.next(&period).first } else { period.first })
}

/// Whether a term has lines without any event.
fn falls_due_alone(term: &Term) -> bool {
    let fixed = matches!((term.debtor, term.creditor), (Role::Party(_), Role::Party(_)));
    match term.kind {
        TermKind::Fixed { .. } | TermKind::Advance { .. } | TermKind::Bound { upper: false, .. } => fixed,
        // A guarantee of several periods falls due in the last of them, whatever happens in it.
        TermKind::Minimum { span, .. } => fixed || span != Span::Period,
        _ => false,
    }
}

/// The period to which a commercial day belongs: that of the day `lag_days` later.
pub(crate) fn period_of_day(contract: &Contract, day: Date) -> Period {
    contract.cycle.period_of(day.plus_days(i32::from(contract.lag_days)))
}

/// When the membership of a period freezes: at the end of the last commercial day that belongs to it, plus grace.
pub(crate) fn cut_of(book: &Book, contract: &Contract, period: &Period) -> Instant {
    let zone = &book.zones[contract.zone.0 as usize];
    let end = contract.ends_on.map_or(period.end, |end| end.plus_days(i32::from(contract.lag_days)).min(period.end));
    let end = end.max(period.first.plus_days(1)).plus_days(-i32::from(contract.lag_days));
    calendar::cut_at(zone, contract.cut_off_s, end, contract.grace)
}

impl ContractState {
    fn new(contract: &Contract) -> Self {
        Self {
            periods: Vec::new(),
            adjustments: Rows::default(),
            seals: BTreeMap::new(),
            period_numbers: BTreeMap::new(),
            period_cells: Vec::new(),
            stale: Vec::new(),
            groups: Rows::default(),
            group_numbers: Table::default(),
            cells: Rows::default(),
            heads: Vec::new(),
            cell_numbers: Table::default(),
            // At least one, so that a tally that was touched always has a sum to say so.
            sums: Rows::of_width((contract.measures.len() + Layout::of_contract(contract).len()).max(1)),
        }
    }

    /// The position of the period with this first day.
    #[must_use]
    pub fn period_number(&self, first_on: Date) -> Option<u32> {
        self.period_numbers.get(&first_on).copied()
    }

    /// Positions of the periods in order of their days.
    pub fn periods_by_day(&self) -> impl Iterator<Item = u32> + '_ {
        self.period_numbers.values().copied()
    }

    fn open_period(&mut self, period: Period, cut_at: Instant, closed: bool) -> u32 {
        let new = PeriodState {
            period,
            cut_at,
            frozen: closed,
            issued: closed,
            posted: BTreeMap::new(),
            draft: BTreeMap::new(),
            carried: BTreeMap::new(),
            provisional: false,
            ticked: false,
            restated: BTreeMap::new(),
        };
        self.push_period(Arc::new(new), true)
    }

    fn push_period(&mut self, period: Arc<PeriodState>, stale: bool) -> u32 {
        let number = u32::try_from(self.periods.len()).expect("a contract has at most 2^32 periods");
        self.period_numbers.insert(period.period.first, number);
        self.periods.push(period);
        self.period_cells.push(Vec::new());
        self.stale.push(stale);
        number
    }

    pub(crate) fn group_number(&self, asset: AssetId, dimensions: &[Word]) -> Option<u32> {
        let is_it = |&number: &u32| {
            let group = &self.groups[number as usize];
            group.0 == asset && *group.1 == *dimensions
        };
        self.group_numbers.find(hash_of_group(asset, dimensions), is_it).copied()
    }

    pub(crate) fn open_group(&mut self, new: &NewGroup) -> u32 {
        let number = u32::try_from(self.groups.len()).expect("a contract has at most 2^32 groups");
        self.groups.push((new.asset, new.dimensions.clone()));
        self.index_group(number);
        number
    }

    fn index_group(&mut self, number: u32) {
        let hash_of = |&number: &u32| {
            let (asset, dimensions) = &self.groups[number as usize];
            hash_of_group(*asset, dimensions)
        };
        self.group_numbers.insert(hash_of(&number), number, hash_of);
    }

    #[inline]
    pub(crate) fn cell_number(&self, group: u32, days: Days) -> Option<u32> {
        let is_it = |&number: &u32| {
            let cell = &self.heads[number as usize];
            cell.group == group && cell.days == days
        };
        self.cell_numbers.find(hash_of_cell(group, days), is_it).copied()
    }

    pub(crate) fn open_cell(&mut self, new: &NewCell, period: u32) -> u32 {
        let number = u32::try_from(self.cells.len()).expect("a contract has at most 2^32 tallies");
        self.cells.push(Cell { group: new.group, days: new.days, period });
        self.sums.push_row(std::iter::repeat_n(0, self.sums.width()));
        self.index_cell(number);
        number
    }

    fn index_cell(&mut self, number: u32) {
        let cell = self.cells[number as usize];
        self.period_cells[cell.period as usize].push(number);
        self.heads.push(cell);
        let hash_of = |&number: &u32| {
            let cell = &self.heads[number as usize];
            hash_of_cell(cell.group, cell.days)
        };
        self.cell_numbers.insert(hash_of_cell(cell.group, cell.days), number, hash_of);
    }

    /// The period, asset, day and day of the version of a tally.
    #[must_use]
    pub fn whereabouts(&self, cell: u32) -> (u32, AssetId, Date, Date) {
        let Cell { group, days, period } = self.heads[cell as usize];
        (period, self.groups[group as usize].0, days.day, days.version_on)
    }

    /// The period of a tally.
    #[inline]
    pub(crate) fn period_of_cell(&self, cell: u32) -> u32 {
        self.heads[cell as usize].period
    }

    #[inline]
    pub(crate) fn cell(&self, cell: u32) -> Cell {
        self.heads[cell as usize]
    }

    /// Reads a tally for nothing but to have it in the cache; a caller that sums the results up keeps it from being left
    /// out.
    #[inline]
    pub(crate) fn touch_cell(&self, cell: u32) -> usize {
        usize::from(self.sums[cell as usize] == 0) + (self.period_of_cell(cell) & 1) as usize
    }

    #[inline]
    pub(crate) fn sums(&self, cell: u32) -> &[i128] {
        self.sums.row(cell as usize)
    }

    /// The sums of a tally, to be moved.
    #[inline]
    pub(crate) fn sums_mut(&mut self, cell: u32) -> &mut [i128] {
        self.sums.row_mut(cell as usize)
    }

    #[inline]
    pub(crate) fn mark_stale(&mut self, cell: u32) {
        let period = self.period_of_cell(cell);
        self.stale[period as usize] = true;
    }

    fn add(&mut self, tally: &TallyDelta) {
        self.sums_mut(tally.cell)[usize::from(tally.slot)] += tally.delta;
        self.mark_stale(tally.cell);
    }

    /// Whether anything moved since the last tick.
    pub(crate) fn is_stale(&self) -> bool {
        self.stale.contains(&true)
    }

    /// Whether anything of a period moved since it was last looked at.
    pub(crate) fn is_period_stale(&self, period: u32) -> bool {
        self.stale[period as usize]
    }

    /// The existing period before one, by days.
    pub(crate) fn period_before(&self, period: u32) -> Option<u32> {
        let first_on = self.periods[period as usize].period.first;
        self.period_numbers.range(..first_on).next_back().map(|(_, &number)| number)
    }

    /// The existing period after one, by days.
    pub(crate) fn period_after(&self, period: u32) -> Option<u32> {
        let after_on = self.periods[period as usize].period.first.plus_days(1);
        self.period_numbers.range(after_on..).next().map(|(_, &number)| number)
    }

    /// The tallies of a period, of one asset or of all, as `F` takes them.
    #[must_use]
    pub fn cells_of(&self, period: u32, asset: Option<AssetId>) -> Vec<contract::Cell<'_>> {
        let cells = self.period_cells[period as usize].iter().map(|&number| self.cell_at(number));
        // Room for all at once: how many are of the asset is only known at the end.
        let mut found = Vec::with_capacity(self.period_cells[period as usize].len());
        found.extend(cells.filter(|cell| asset.is_none_or(|asset| cell.asset == asset)));
        found
    }

    /// The tally with a number, as `F` takes it.
    #[must_use]
    pub fn cell_at(&self, number: u32) -> contract::Cell<'_> {
        let head = &self.heads[number as usize];
        let (asset, dimensions) = &self.groups[head.group as usize];
        let Days { day, version_on, rate_on } = head.days;
        contract::Cell { asset: *asset, day, rate_on, version_on, dimensions, sums: self.sums(number) }
    }

    /// Assets in which a period has tallies, ascending.
    #[must_use]
    pub fn assets_of(&self, period: u32) -> BTreeSet<AssetId> {
        let cells = self.period_cells[period as usize].iter();
        cells.map(|&number| self.groups[self.heads[number as usize].group as usize].0).collect()
    }

    fn period_mut(&mut self, period: u32) -> &mut PeriodState {
        Arc::make_mut(&mut self.periods[period as usize])
    }

    fn change(&mut self, change: &Change) {
        match change {
            Change::Stale { .. } => self.stale.fill(true),
            Change::Moved { period, .. } => self.stale[*period as usize] = true,
            Change::Unsure { .. } => {
                for (stale, period) in self.stale.iter_mut().zip(&self.periods) {
                    *stale |= period.provisional;
                }
            }
            Change::Carried { period, asset, carried, provisional, .. } => {
                let state = self.period_mut(*period);
                state.provisional = *provisional;
                match carried.is_empty() {
                    true => state.carried.remove(asset),
                    false => state.carried.insert(*asset, carried.clone()),
                };
            }
            Change::Drafted { period, asset, key, posted, .. } => {
                self.period_mut(*period).draft.insert((*asset, key.clone()), posted.clone());
            }
            Change::Issued { period, .. } => {
                let state = self.period_mut(*period);
                state.issued = true;
                state.draft.clear();
            }
            Change::Fresh { period, .. } => {
                self.stale[*period as usize] = false;
                self.period_mut(*period).ticked = true;
            }
            Change::Line { period, asset, key, posted, .. } => {
                let lines = &mut self.period_mut(*period).posted;
                match posted {
                    Some(posted) => lines.insert((*asset, key.clone()), posted.clone()),
                    None => lines.remove(&(*asset, key.clone())),
                };
            }
            Change::Restatement { period, asset, adjusts_on, key, restated, .. } => {
                let lines = &mut self.period_mut(*period).restated;
                lines.insert((*asset, *adjusts_on, key.clone()), restated.clone());
            }
            Change::Closed { period, at, .. } => {
                let state = self.period_mut(*period);
                (state.frozen, state.issued, state.cut_at) = (true, true, *at);
            }
            Change::Sealed { period, digest, .. } => {
                self.seals.insert(*period, *digest);
            }
            Change::Adjusted { period, adjustment, .. } => {
                self.adjustments.push(adjustment.clone());
                self.stale[*period as usize] = true;
            }
            Change::Frozen { period, at, .. } => {
                let state = self.period_mut(*period);
                (state.frozen, state.cut_at) = (true, *at);
                state.draft = state.posted.clone();
            }
            _ => {}
        }
    }
}

fn hash_of_group(asset: AssetId, dimensions: &[Word]) -> u64 {
    dimensions.iter().fold(mix(1, u64::from(asset.0)), |hash, word| mix(hash, u64::from(word.0)))
}

#[inline]
const fn hash_of_cell(group: u32, days: Days) -> u64 {
    let both = ((days.day.0 as u32 as u64) << 32) | days.version_on.0 as u32 as u64;
    mix(mix(2 + ((days.rate_on.0 as u32 as u64) << 2), group as u64), both)
}
