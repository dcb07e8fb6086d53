//! Tallies of a run in an engine of their own: under another book, or with some events more or less.
//!
//! Tallies of events add up, and what a period comes to is `F` of its tallies. So what would be without some events, or
//! under another contract, is one evaluation, and nothing is decided again. Tallies have names that hold across engines,
//! because words and tallies are numbered anew in each.

use calendar::{Date, Instant};
use close::StatementLine;
use contract::{Cell, LineKey, LineOf, Part};
use engine::{Book, Days, Decisions, Engine, NewCell, NewGroup, NewPeriod, TallyDelta};
use event::{PartyId, Word};
use money::AssetId;
use std::collections::BTreeMap;
use std::sync::Arc;

/// Which tally.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct CellName {
    pub(crate) contract: u16,
    pub(crate) asset: AssetId,
    pub(crate) dimensions: Vec<String>,
    pub(crate) days: (Date, Date, Date),
}

/// What some events added to tallies, by slot.
pub(crate) type Deltas = BTreeMap<CellName, Vec<i128>>;

/// Contract, first day of the period, asset.
pub(crate) type Spot = (u16, Date, AssetId);

/// What a period comes to for a party by the id of a term, or [`VAT`].
pub(crate) type Amounts = BTreeMap<(PartyId, String), i128>;

/// The name under which all VAT on top is added up.
pub(crate) const VAT: &str = "vat";

pub(crate) struct Sandbox {
    engine: Engine,
    cells: BTreeMap<CellName, u32>,
    groups: BTreeMap<(u16, AssetId, Vec<String>), u32>,
    /// By contract: how many groups and tallies it has.
    counts: Vec<(u32, u32)>,
}

impl CellName {
    fn of(contract: u16, cell: &Cell<'_>, engine: &Engine) -> Self {
        let text = |word: &Word| engine.state().dictionary.text(*word).to_owned();
        let dimensions = cell.dimensions.iter().map(text).collect();
        Self { contract, asset: cell.asset, dimensions, days: (cell.day, cell.version_on, cell.rate_on) }
    }
}

impl Sandbox {
    /// The tallies of an engine under a book whose contracts add up the same sums. Nothing has been brought about yet: no
    /// cut, no tick; what is due falls due when the engine finishes.
    pub(crate) fn filled(from: &Engine, book: Arc<Book>) -> Self {
        let counts = vec![(0, 0); book.contracts.len()];
        let mut sandbox = Self { engine: Engine::new(book), cells: BTreeMap::new(), groups: BTreeMap::new(), counts };
        sandbox.engine.open_books();
        let mut opened = Decisions { stamp: Instant::BEGINNING, ..Decisions::default() };
        let mut deltas = Deltas::new();
        for (contract, state) in (0_u16..).zip(&from.state().contracts) {
            for period in state.periods_by_day() {
                let first_on = state.periods[period as usize].period.first;
                opened.periods.push(NewPeriod { contract, first_on, closed: false });
                for cell in state.cells_of(period, None) {
                    deltas.insert(CellName::of(contract, &cell, from), cell.sums.to_vec());
                }
            }
        }
        sandbox.engine.fold(&opened);
        sandbox.add(&deltas, 1);
        sandbox
    }

    /// The tallies of an engine that has finished, with all that periods leave to each other.
    pub(crate) fn of(finished: &Engine) -> Self {
        let mut sandbox = Self::filled(finished, Arc::clone(finished.book()));
        sandbox.engine.finish(finished.state().stamp);
        sandbox
    }

    pub(crate) fn into_engine(self) -> Engine {
        self.engine
    }

    /// What a period comes to with some events more (`sign` 1) or less (-1).
    pub(crate) fn tried(&mut self, spot: Spot, deltas: &Deltas, sign: i128) -> Amounts {
        self.add(deltas, sign);
        let amounts = self.amounts(spot);
        self.add(deltas, -sign);
        amounts
    }

    /// What a period comes to; nothing where it is not there.
    pub(crate) fn amounts(&self, (contract, first_on, asset): Spot) -> Amounts {
        let mut amounts = Amounts::new();
        let state = &self.engine.state().contracts[usize::from(contract)];
        let Some(period) = state.period_number(first_on) else { return amounts };
        for line in self.engine.evaluate(contract, period, asset, self.engine.state().stamp).lines {
            let term = match line.key.part {
                Part::Charge => self.term(contract, &line.key).unwrap_or_default(),
                Part::Vat => VAT.to_owned(),
                Part::VatIncluded => continue,
            };
            for (party, side) in StatementLine::sides(&line.key, self.engine.book().operator) {
                *amounts.entry((party, term.clone())).or_default() += side.signed(line.amount);
            }
        }
        amounts
    }

    fn term(&self, contract: u16, key: &LineKey) -> Option<String> {
        let LineOf::Term { term, version } = key.of else { return None };
        let contract = &self.engine.book().contracts[usize::from(contract)];
        Some(contract.versions[usize::from(version)].terms[usize::from(term)].id.to_string())
    }

    fn add(&mut self, deltas: &Deltas, sign: i128) {
        let nothing = || Decisions { stamp: self.engine.state().stamp, ..Decisions::default() };
        // Tallies are there before anything is added to them.
        let (mut opened, mut added) = (nothing(), nothing());
        let mut dictionary = None;
        for (name, sums) in deltas {
            let cell = match self.cells.get(name) {
                Some(&cell) => cell,
                None => {
                    let words = dictionary.get_or_insert_with(|| self.engine.state().dictionary.clone());
                    let words = name.dimensions.iter().map(|text| words.intern(text)).collect();
                    self.open(name, words, &mut opened)
                }
            };
            let moved = (0_u16..).zip(sums).filter(|(_, sum)| **sum != 0);
            let contract = name.contract;
            added.tallies.extend(moved.map(|(slot, sum)| TallyDelta { contract, cell, slot, delta: sign * sum }));
        }
        if let Some(dictionary) = dictionary {
            opened.words = dictionary.texts_from(self.engine.state().dictionary.len()).to_vec();
        }
        self.engine.fold(&opened);
        self.engine.fold(&added);
    }

    /// Numbers a tally that is not there yet, with its group and its period.
    fn open(&mut self, name: &CellName, words: Box<[Word]>, decisions: &mut Decisions) -> u32 {
        let (contract, asset, (day, version_on, rate_on)) = (name.contract, name.asset, name.days);
        let first_on = period_of(self.engine.book(), contract, day);
        if self.engine.state().contracts[usize::from(contract)].period_number(first_on).is_none() {
            decisions.periods.push(NewPeriod { contract, first_on, closed: true });
        }
        let (groups, cells) = &mut self.counts[usize::from(contract)];
        let group = *self.groups.entry((contract, asset, name.dimensions.clone())).or_insert_with(|| {
            decisions.groups.push(NewGroup { contract, asset, dimensions: words });
            *groups += 1;
            *groups - 1
        });
        decisions.cells.push(NewCell { contract, group, days: Days { day, version_on, rate_on } });
        *cells += 1;
        self.cells.insert(name.clone(), *cells - 1);
        *cells - 1
    }
}

/// The first day of the period to which a commercial day belongs.
fn period_of(book: &Book, contract: u16, day: Date) -> Date {
    let definition = &book.contracts[usize::from(contract)];
    definition.cycle.period_of(day.plus_days(i32::from(definition.lag_days))).first
}

/// What one decision added to tallies, with the spots that it moved.
pub(crate) fn deltas_of(engine: &Engine, decisions: &Decisions) -> BTreeMap<Spot, Deltas> {
    let mut found: BTreeMap<Spot, Deltas> = BTreeMap::new();
    for tally in decisions.tallies.iter().filter(|tally| tally.delta != 0) {
        let state = &engine.state().contracts[usize::from(tally.contract)];
        let (period, asset, ..) = state.whereabouts(tally.cell);
        let first_on = state.periods[period as usize].period.first;
        let conversion = engine.book().contracts[usize::from(tally.contract)].conversion;
        let asset = conversion.map_or(asset, |conversion| conversion.to);
        let cell = state.cell_at(tally.cell);
        let name = CellName::of(tally.contract, &cell, engine);
        let sums = found.entry((tally.contract, first_on, asset)).or_default().entry(name).or_default();
        sums.resize(cell.sums.len(), 0);
        sums[usize::from(tally.slot)] += tally.delta;
    }
    found
}

/// Adds what some events added to what others did.
pub(crate) fn merge(into: &mut Deltas, deltas: &Deltas) {
    for (name, sums) in deltas {
        let known = into.entry(name.clone()).or_default();
        known.resize(sums.len(), 0);
        known.iter_mut().zip(sums).for_each(|(known, sum)| *known += sum);
    }
}
