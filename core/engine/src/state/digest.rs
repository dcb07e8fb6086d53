//! Digests: of everything that later decisions read, and of the statements of one period.
//!
//! Two nodes of one book agree when their digests do. Nothing that depends on the key of identities goes in. Cost: one
//! pass over the state.

use super::{ContractState, State};
use crate::decisions::Days;
use canon::{Digest, Digester};
use close::Statement;
use contract::{CarryKey, ContractId, LineKey, LineOf, Part};

impl State {
    /// A digest of everything that later decisions read, but for the key of identities and what hangs on it.
    #[must_use]
    pub fn digest(&self) -> Digest {
        let mut digester = Digester::default();
        digester.i64(self.stamp.0).u64(self.entries).u64(self.claims.count()).u64(self.waiting.len() as u64);
        for count in self.counts.all() {
            digester.i64(count);
        }
        digester.u64(u64::from(self.opened)).u64(self.commands.len() as u64).u64(self.admitted.len() as u64);
        // Identities of admitted events depend on the book's key; what they may enter does not.
        let entered: Vec<_> = self.admitted.values().chain(&self.admitting).collect();
        digester.u64(entered.iter().map(|(contract, period)| (u64::from(*contract) << 32) + u64::from(*period)).sum());
        digester.u64(u64::from(self.admitting.is_some()));
        for rates in &self.rates {
            for (asset, on, fixing) in rates.fixings() {
                digester.u64(u64::from(asset.0)).i64(i64::from(on.0)).i64(fixing.known_from.0);
                digester.i128(fixing.rate.mantissa).u64(u64::from(fixing.rate.scale));
            }
        }
        self.links.add_to(&mut digester);
        for word in self.dictionary.texts() {
            digester.text(word);
        }
        for account in self.chart.accounts_from(0) {
            digester.text(&format!("{account:?}")).i128(self.balances.of(self.chart.open_number(*account)));
        }
        for ((adapter, slot), digest) in self.slots.iter() {
            digester.u64(u64::from(adapter.0)).text(slot).bytes(&digest.0);
        }
        for contract in &self.contracts {
            contract.add_to(&mut digester);
        }
        for statement in self.statements.iter() {
            digest_statement(&mut digester, statement);
        }
        digester.finish()
    }

    /// The digest of the issued statements of a period: what sealing keeps.
    #[must_use]
    pub fn digest_of_period(&self, contract: u16, period: u32) -> Digest {
        let first_on = self.contracts[usize::from(contract)].periods[period as usize].period.first;
        let mut digester = Digester::default();
        let own = self.statements.iter().filter(|one| one.contract.0 == contract && one.period.first == first_on);
        own.for_each(|statement| digest_statement(&mut digester, statement));
        digester.finish()
    }
}

impl ContractState {
    fn add_to(&self, digester: &mut Digester) {
        for (asset, dimensions) in self.groups.iter() {
            digester.u64(u64::from(asset.0));
            for word in dimensions {
                digester.u64(u64::from(word.0));
            }
        }
        for (number, cell) in self.cells.iter().enumerate() {
            let Days { day, version_on, rate_on } = cell.days;
            digester.u64(u64::from(cell.group)).i64(i64::from(day.0)).i64(i64::from(version_on.0));
            digester.i64(i64::from(rate_on.0));
            for &sum in self.sums(u32::try_from(number).expect("cells are numbered by 32 bits")) {
                digester.i128(sum);
            }
        }
        for (number, period) in self.periods.iter().enumerate() {
            digester.i64(i64::from(period.period.first.0)).i64(period.cut_at.0);
            let flags = [period.frozen, period.issued, period.ticked, period.provisional, self.stale[number]];
            for flag in flags {
                digester.u64(u64::from(flag));
            }
            for (asset, carried) in &period.carried {
                digester.u64(u64::from(asset.0));
                for (key, amount) in carried {
                    digest_carried(digester, key);
                    digester.i128(amount.mantissa).u64(u64::from(amount.scale));
                }
            }
            for lines in [&period.posted, &period.draft] {
                digester.u64(lines.len() as u64);
                for ((asset, key), posted) in lines {
                    digester.u64(u64::from(asset.0));
                    digest_key(digester, key);
                    digester.i128(posted.amount).i128(posted.booked);
                }
            }
            for ((asset, adjusts_on, key), restated) in &period.restated {
                digester.u64(u64::from(asset.0)).i64(i64::from(adjusts_on.0));
                digest_key(digester, key);
                digester.i128(restated.delta).i128(restated.before);
            }
        }
        for adjustment in self.adjustments.iter() {
            digester.i64(i64::from(adjustment.period_on.0)).u64(u64::from(adjustment.asset.0)).i64(adjustment.amount);
            digester.u64(u64::from(adjustment.creditor.0)).u64(u64::from(adjustment.purpose.0));
            digester.text(&adjustment.reason).text(&adjustment.document).text(&adjustment.by);
        }
        for (period, digest) in &self.seals {
            digester.u64(u64::from(*period)).bytes(&digest.0);
        }
    }
}

fn digest_carried(digester: &mut Digester, key: &CarryKey) {
    digester.u64(u64::from(key.term)).u64(key.what as u64);
    for word in &key.words {
        digester.u64(u64::from(word.0));
    }
    if let Some((debtor, creditor)) = key.pair {
        digester.u64(u64::from(debtor.0)).u64(u64::from(creditor.0));
    }
}

fn digest_key(digester: &mut Digester, key: &LineKey) {
    match key.of {
        LineOf::Term { term, version } => digester.u64(0).u64(u64::from(term)).u64(u64::from(version)),
        LineOf::Adjustment { number } => digester.u64(2).u64(u64::from(number)),
        LineOf::Document { rate, rounding, self_billed } => digester
            .u64(1)
            .i64(rate.numerator())
            .i64(rate.denominator())
            .u64(rounding as u64)
            .u64(u64::from(self_billed)),
    };
    for word in &key.dimensions {
        digester.u64(u64::from(word.0));
    }
    let part = match key.part {
        Part::Charge => 0,
        Part::Vat => 1,
        Part::VatIncluded => 2,
    };
    digester.u64(u64::from(key.piece)).u64(u64::from(key.debtor.0)).u64(u64::from(key.creditor.0)).u64(part);
}

fn digest_statement(digester: &mut Digester, statement: &Statement) {
    let ContractId(contract) = statement.contract;
    digester.u64(u64::from(contract)).u64(u64::from(statement.party.0)).i64(i64::from(statement.period.first.0));
    digester.u64(u64::from(statement.asset.0)).i128(statement.total).i128(statement.accrued);
    for line in &statement.lines {
        digest_key(digester, &line.key);
        digester.i128(line.amount).i64(line.adjusts_on.map_or(i64::MIN, |on| i64::from(on.0)));
    }
}
