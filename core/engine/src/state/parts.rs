//! What a snapshot of a state holds.
//!
//! Everything but what is found again: claims of frames that the log still has, and indexes. What grows with the book is
//! shared with the state and not copied (see [`table::Rows`] and [`Spread`]).

use super::claims::Claims;
use super::{ContractState, Due, State};
use crate::book::Book;
use crate::decisions::{Claim, Counts, Days, OriginDays, Parked};
use crate::links::{AmendedRows, Contribution, FoundBy, KnownFile, Links, Mark};
use crate::spread::Spread;
use calendar::{Date, Instant};
use canon::Digest;
use close::{Adjustment, PeriodState, Statement};
use contract::RatesId;
use event::{AdapterId, Dictionary, FileId, Identity, Word};
use ledger::{Account, Balances};
use money::{AssetId, Decimal};
use std::collections::BTreeMap;
use std::sync::Arc;
use table::Rows;

impl State {
    /// What a snapshot holds, as it stands now. Cost: one reference for some rows of what grows, and copies of what is
    /// bounded: accounts, periods, events that wait.
    #[must_use]
    pub fn parts(&mut self) -> StateParts {
        let begins = self.timeline.iter().filter_map(|&(_, due)| match due {
            Due::Begin { contract, first_on } => Some((contract, first_on)),
            _ => None,
        });
        let waiting = self.waiting_identities();
        StateParts {
            stamp: self.stamp,
            counts: self.counts,
            entries: self.entries,
            claims: self.claims.count(),
            kept: waiting.into_iter().filter_map(|identity| self.claimed(identity)).collect(),
            words: self.dictionary.share(),
            accounts: self.chart.accounts_from(0).to_vec(),
            balances: self.balances.sums().to_vec(),
            contracts: self.contracts.iter_mut().map(ContractState::parts).collect(),
            statements: self.statements.share(),
            waiting: self.waiting.values().cloned().collect(),
            parked: self.parked,
            slots: Arc::clone(&self.slots),
            opened: self.opened,
            commands: self.commands.clone(),
            admitted: self.admitted.clone(),
            admitting: self.admitting,
            fixed: self.fixed.share(),
            begins: begins.collect(),
            links: self.links.parts(),
            origins: self.origins.share(),
        }
    }

    /// A state from what a snapshot holds of it. The book may have more contracts, versions and rates of exchange by now
    /// than it had then; the others stand in their places.
    ///
    /// # Panics
    /// Where the parts do not belong together, or to another book: whoever reads them has checked that they are what was
    /// written.
    #[must_use]
    pub fn from_parts(book: &Book, parts: StateParts) -> Self {
        let mut state = Self::of_nothing(book, parts.stamp);
        state.dictionary = Dictionary::from_texts(parts.words);
        (state.counts, state.entries) = (parts.counts, parts.entries);
        parts.accounts.iter().for_each(|&account| _ = state.chart.open(account));
        state.balances = Balances::from_sums(parts.balances);
        state.statements = parts.statements;
        (state.slots, state.opened, state.commands) = (parts.slots, parts.opened, parts.commands);
        (state.admitted, state.admitting) = (parts.admitted, parts.admitting);
        parts.fixed.iter().for_each(|fixed| state.fix(*fixed));
        state.links = Links::from_parts(parts.links);
        state.claims = Claims::kept(parts.claims, &parts.kept);
        state.origins = parts.origins;
        for parked in parts.waiting {
            state.park(parked);
        }
        state.parked = parts.parked;
        let known = parts.contracts.len();
        for (number, own) in (0..).zip(parts.contracts) {
            state.take_contract(number, own);
        }
        for (contract, first_on) in parts.begins {
            state.await_beginning(book, contract, first_on);
        }
        state.await_first_periods(book, known);
        state
    }

    fn take_contract(&mut self, number: u16, parts: ContractParts) {
        for (period, _) in parts.periods.iter().filter(|(period, _)| !period.frozen) {
            let due = Due::Cut { contract: number, first_on: period.period.first };
            self.timeline.insert((Instant(period.cut_at.0.saturating_add(1)), due));
        }
        self.contracts[usize::from(number)].take(parts);
    }
}

impl ContractState {
    fn parts(&mut self) -> ContractParts {
        ContractParts {
            periods: self.periods.iter().cloned().zip(self.stale.iter().copied()).collect(),
            adjustments: self.adjustments.share(),
            seals: self.seals.clone(),
            groups: self.groups.share(),
            cells: self.cells.share(),
            sums: self.sums.share(),
        }
    }

    /// Becomes what was kept of it.
    fn take(&mut self, parts: ContractParts) {
        assert!(parts.sums.width() == self.sums.width(), "sums of a tally are those of its contract");
        assert!(parts.sums.len() == parts.cells.len(), "every tally has its sums");
        for (period, stale) in parts.periods {
            self.push_period(period, stale);
        }
        (self.adjustments, self.seals) = (parts.adjustments, parts.seals);
        (self.groups, self.cells, self.sums) = (parts.groups, parts.cells, parts.sums);
        self.group_numbers.reserve(self.groups.len());
        self.cell_numbers.reserve(self.cells.len());
        (0..self.groups.len()).for_each(|group| self.index_group(group as u32));
        (0..self.cells.len()).for_each(|cell| self.index_cell(cell as u32));
    }
}

/// Sums of tallies: as many values a row as the contract has measures and slots.
pub type Sums = Rows<i128, 512>;

/// All of a state but its indexes, and claims of frames that the log still has.
#[derive(Clone, Debug)]
pub struct StateParts {
    /// The latest stamp.
    pub stamp: Instant,
    /// Events by what became of them.
    pub counts: Counts,
    /// How many entries there are.
    pub entries: u64,
    /// How many identities count.
    pub claims: u64,
    /// Claims that no batch asks for and a waiting event may: they are kept whatever generation they were of.
    pub kept: Vec<Claim>,
    /// Words by number.
    pub words: Rows<Box<str>>,
    /// Accounts by number.
    pub accounts: Vec<Account>,
    /// Balances by number of account; those behind the end are zero.
    pub balances: Vec<i128>,
    /// Contracts by [`contract::ContractId`].
    pub contracts: Vec<ContractParts>,
    /// Issued statements in order of issue.
    pub statements: Rows<Statement, 16>,
    /// Events that wait, by order of arrival.
    pub waiting: Vec<Arc<Parked>>,
    /// The number that the next waiting event gets.
    pub parked: u64,
    /// Slots of files with file identity, and who took them.
    pub slots: Arc<BTreeMap<(AdapterId, Box<str>), Digest>>,
    /// Whether what an older system leaves was taken over.
    pub opened: bool,
    /// Commands that were carried out.
    pub commands: Spread<Identity, ()>,
    /// Events that may enter a closing period: contract and period.
    pub admitted: Spread<Identity, (u16, u32)>,
    /// The closing period that what moves next enters.
    pub admitting: Option<(u16, u32)>,
    /// Rates that commands have fixed, in order.
    pub fixed: Rows<Fixed>,
    /// Contracts with fixed fees, and the first day of the period that begins next.
    pub begins: Vec<(u16, Date)>,
    /// What is kept of links.
    pub links: LinkParts,
    /// Days of accepted events that a reversal may have to find, by [`Claim::origin`].
    pub origins: Rows<OriginDays>,
}

/// The tallies and periods of one contract.
#[derive(Clone, Debug)]
pub struct ContractParts {
    /// Periods in order of appearance, each with whether anything of it moved since it was last looked at.
    pub periods: Vec<(Arc<PeriodState>, bool)>,
    /// What people agreed on, in order.
    pub adjustments: Rows<Adjustment>,
    /// Digests of the statements of sealed periods, by position of the period.
    pub seals: BTreeMap<u32, Digest>,
    /// Combinations of asset and dimensions by number.
    pub groups: Rows<(AssetId, Box<[Word]>)>,
    /// Tallies by number.
    pub cells: Rows<Cell>,
    /// Their sums.
    pub sums: Sums,
}

/// What a tally is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cell {
    /// Position of the combination of asset and dimensions.
    pub group: u32,
    /// Which days.
    pub days: Days,
    /// Position of the period.
    pub period: u32,
}

/// A rate of exchange that a command has fixed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixed {
    /// Whose rate.
    pub rates: RatesId,
    /// Of which asset.
    pub asset: AssetId,
    /// For which day.
    pub on: Date,
    /// Units of the asset for one unit of the base.
    pub rate: Decimal,
    /// From when on it is known.
    pub known_from: Instant,
}

/// What is kept of links beyond claims.
#[derive(Clone, Debug, Default)]
pub struct LinkParts {
    /// What has become of originals.
    pub marks: Spread<Identity, Mark>,
    /// What events have added that something may replace.
    pub contributions: Spread<FoundBy, Arc<Contribution>>,
    /// Numbers that later events take from their originals.
    pub numbers: Spread<Identity, Box<[i64]>>,
    /// Slots that are amended, with the digests of the files that were let in.
    pub amended: Vec<(AdapterId, Box<str>, Vec<Digest>)>,
    /// Rows of amended slots, by position of the slot and content.
    pub rows: Arc<BTreeMap<(u32, u64), AmendedRows>>,
    /// The slot whose rows are being replaced.
    pub replacing: Option<u32>,
    /// Files with file identity.
    pub files: Arc<BTreeMap<FileId, KnownFile>>,
    /// The amending file whose rows are being decided, and whether all of them have been looked at so far.
    pub current: Option<(FileId, bool)>,
}
