//! The auditor: is told in the order of the log what came, and says what must have become of it.
//!
//! What counts twice, late, in conflict or not at all, every statement and every balance: he computes them by the naive
//! model for the nasty events and by adding up for the traffic, from the events as they were sent, never from what the
//! program under test says of them.

use super::meter::Meter;
use crate::compared::facts;
use crate::model::{Counts, Model};
use crate::random::{World, traffic};
use calendar::Instant;
use engine::Command;
use event::Columns;

/// The books as they must be.
#[derive(Clone, Debug)]
pub struct Auditor<'a> {
    world: &'a World,
    model: Model<'a>,
    meter: Meter,
    held: u64,
}

/// What must have become of a batch.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Expected {
    /// Of each row: `accepted` or the name of a code.
    pub rows: Vec<&'static str>,
    /// Id and outcome of each event that was waiting and was let go, in order.
    pub released: Vec<(String, &'static str)>,
}

impl<'a> Auditor<'a> {
    /// Before the first event.
    ///
    /// # Panics
    /// Where the world has no traffic.
    #[must_use]
    pub fn new(world: &'a World) -> Self {
        let contract = world.book.contracts.iter().find(|own| &*own.id == traffic::CONTRACT);
        let valid_from = contract.expect("the world has traffic").versions[0].valid_from;
        Self { world, model: Model::new(&world.book), meter: Meter::new(valid_from), held: 0 }
    }

    /// A batch stands in the log.
    pub fn batch(&mut self, columns: &Columns) -> Expected {
        let mut expected = Expected::default();
        if columns.source.first() == Some(&traffic::METER) {
            for row in 0..columns.len() {
                expected.rows.push(self.meter.take(columns, row, &self.world.dictionary));
            }
            self.model.pass(latest(columns));
            return expected;
        }
        let known = self.model.decisions().len();
        self.model.take_batch(columns, &self.world.dictionary);
        for decided in &self.model.decisions()[known..] {
            if decided.released {
                expected.released.push((decided.id.clone(), decided.what));
            } else {
                expected.rows.push(decided.what);
            }
        }
        self.meter.pass(latest(columns));
        expected
    }

    /// A batch stands in the log whose events are held as they are.
    pub fn held(&mut self, columns: &Columns) {
        self.held += columns.len() as u64;
    }

    /// A command stands in the log.
    pub fn command(&mut self, command: &Command) {
        self.model.command(command);
        self.meter.pass(command.received_at);
    }

    /// The book was looked at as of a moment.
    pub fn look(&mut self, at: Instant) {
        self.model.pass(at);
        self.meter.pass(at);
    }

    /// Events that must count by now.
    #[must_use]
    pub fn accepted(&self) -> u64 {
        self.meter.counts[0] + self.model.decisions().iter().filter(|decided| decided.what == "accepted").count() as u64
    }

    /// Counts, statements and balances as of a moment, one text for each fact, ascending.
    #[must_use]
    pub fn facts(self, as_of: Instant) -> Vec<String> {
        let Self { world, model, meter, held } = self;
        let [accepted, duplicates, conflicts] = meter.counts;
        let outcome = model.finish(as_of);
        let counts = Counts {
            events: outcome.counts.events + accepted + duplicates + conflicts + held,
            accepted: outcome.counts.accepted + accepted,
            duplicates: outcome.counts.duplicates + duplicates,
            conflicts: outcome.counts.conflicts + conflicts,
            held: outcome.counts.held + held,
            ..outcome.counts
        };
        let (more, balances) = meter.finish(as_of);
        let (mut statements, mut all) = (outcome.statements, outcome.balances);
        statements.extend(more);
        let dollars = world.book.assets[1].name.to_string();
        for (account, amount) in balances {
            *all.entry(account.to_owned()).or_default().entry(dollars.clone()).or_default() += amount;
        }
        all.values_mut().for_each(|balances| balances.retain(|_, amount| *amount != 0));
        facts(&[], counts, &statements, &all)
    }
}

/// When the last row of a batch was received, of those that say it.
fn latest(columns: &Columns) -> Instant {
    columns.received_at.iter().copied().max().unwrap_or(Instant::NONE)
}
