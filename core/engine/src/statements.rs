//! Statements: what a period's lines say to each party, issued or provisional.

use crate::book::Book;
use crate::decide::Engine;
use calendar::{Date, Instant, Period};
use close::{CarriedTotal, MeasureTotal, Statement, StatementLine, Status};
use contract::{Contract, ContractId, Role, TermKind};
use event::{PartyId, Word};
use money::{AssetId, Decimal};
use std::collections::{BTreeMap, BTreeSet};

impl Engine {
    /// The statements of all periods that are not cut, as `F` stands since the last tick, in order of contract and day.
    #[must_use]
    pub fn provisional(&self) -> Vec<Statement> {
        let mut statements = Vec::new();
        for contract in 0..self.book.contracts.len() {
            let number = u16::try_from(contract).expect("a book has at most 65,535 contracts");
            for period in self.state.contracts[contract].periods_by_day() {
                if !self.state.contracts[contract].periods[period as usize].issued {
                    statements.extend(self.statements_of(number, period, None));
                }
            }
        }
        statements
    }

    /// The statements of a period, ascending by party and asset.
    pub(crate) fn statements_of(&self, contract: u16, period: u32, issued_at: Option<Instant>) -> Vec<Statement> {
        let state = &self.state.contracts[contract as usize].periods[period as usize];
        let operator = self.book.operator;
        let mut lines: BTreeMap<(PartyId, AssetId), Vec<StatementLine>> = BTreeMap::new();
        let own = if state.frozen && !state.issued { &state.draft } else { &state.posted };
        for ((asset, key), posted) in own {
            for (party, side) in StatementLine::sides(key, operator) {
                lines.entry((party, *asset)).or_default().push(StatementLine::own(key, posted, side));
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
        let (cut_at, closing) =
            (state.cut_at, state.frozen || self.has_ended(definition, &state.period, self.state.stamp));
        let status = match issued_at {
            Some(issued_at) => Status::Issued { cut_at, issued_at },
            None => Status::Provisional { cut_at, closing },
        };
        let due_on = self.due_on(definition, contract, period);
        let assets: BTreeSet<AssetId> = lines.keys().map(|&(_, asset)| asset).collect();
        let chains: BTreeMap<AssetId, Vec<CarriedTotal>> =
            assets.into_iter().map(|asset| (asset, self.carried_of(contract, period, asset))).collect();
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
            carried: chains[&asset].iter().filter(|own| self.carries_for(contract, &own.key, party)).cloned().collect(),
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
    pub(crate) fn has_ended(&self, definition: &Contract, period: &Period, now: Instant) -> bool {
        let zone = &self.book.zones[definition.zone.0 as usize];
        let end_on = period.end.plus_days(-i32::from(definition.lag_days));
        calendar::start_of_commercial_day(zone, definition.cut_off_s, end_on) <= now
    }

    /// Sums of the listed measures over the tallies that concern a party, in the assets that came.
    fn measures_of(&self, contract: u16, period: u32, asset: AssetId, party: PartyId) -> Vec<MeasureTotal> {
        let definition = &self.book.contracts[contract as usize];
        let cells =
            self.state.contracts[contract as usize].cells_of(period, definition.conversion.is_none().then_some(asset));
        let concerned: Vec<_> =
            cells.iter().filter(|cell| concerns(&self.book, definition, cell.dimensions, party)).collect();
        // What a contract converts is summed in the assets that came.
        let came: BTreeSet<AssetId> = concerned.iter().map(|cell| cell.asset).collect();
        let came = if came.is_empty() { BTreeSet::from([asset]) } else { came };
        let mut totals = Vec::new();
        for (number, measure) in definition.measures.iter().enumerate().filter(|(_, measure)| measure.listed) {
            let total = |asset: AssetId, is_wanted: &dyn Fn(AssetId) -> bool| {
                let cells = concerned.iter().filter(|cell| is_wanted(cell.asset));
                let sum = Decimal { mantissa: cells.map(|cell| cell.sums[number]).sum(), scale: measure.scale };
                let measure = u16::try_from(number).expect("a contract's measures are bounded");
                MeasureTotal { measure, asset, sum }
            };
            if measure.money {
                totals.extend(came.iter().map(|&asset| total(asset, &|own| own == asset)));
            } else {
                totals.push(total(asset, &|_| true));
            }
        }
        totals
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
            // A path may name anybody.
            TermKind::Attribution { .. } => return true,
            TermKind::Agents { agents, .. } if agents.iter().any(|agent| agent.party == party) => return true,
            _ => &[],
        };
        is_party(term.debtor) || is_party(term.creditor) || parts.iter().any(|part| is_party(part.0))
    })
}
