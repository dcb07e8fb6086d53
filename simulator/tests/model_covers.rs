//! What random worlds contain: every option of a contract, every fault of a stream, every step of the model. A count of
//! zero would make the comparison with the engine a proof about nothing.

use simulator::coverage::Coverage;
use simulator::model::{Model, Outcome};
use simulator::random::{World, world};
use std::collections::BTreeMap;

const SEEDS: u64 = 120;

/// Everything that must have been drawn or done at least once.
const EXPECTED: &[&str] = &[
    // Contracts.
    "basis at",
    "basis booked",
    "basis day",
    "bulk",
    "contract ends",
    "cut-off",
    "cycle day",
    "cycle days of month",
    "cycle half month",
    "cycle month",
    "cycle month from",
    "cycle once",
    "cycle week",
    "cycle weeks",
    "dimension",
    "filter",
    "grace days",
    "grace hours",
    "grace none",
    "lag",
    "limit",
    "party field",
    "select",
    "version known in time",
    "version known late",
    "version without a term",
    "zone with changes",
    // Terms.
    "VAT document",
    "VAT event",
    "VAT inclusive",
    "VAT line",
    "VAT self-billed",
    "division",
    "down",
    "fee",
    "fee fixed",
    "fee max",
    "fee min",
    "fixed",
    "floor ten",
    "half even",
    "half up",
    "mirror original",
    "mirror own",
    "original optional",
    "original required",
    "rerate original",
    "rerate own",
    "rest of events",
    "rest of lines",
    "scope event",
    "scope line",
    "share flat",
    "share tiered",
    "toward payee",
    "up",
    // Streams.
    "huge amount",
    "optional original missing",
    "original after its link",
    "outside record",
    "outside record refused",
    "received before",
    "received unknown",
    // Decisions.
    "accepted",
    "amount_too_large",
    "check_failed",
    "conflict",
    "contract_none",
    "duplicate",
    "late",
    "limit_exceeded",
    "original linked",
    "original of a closed period",
    "original of another period",
    "original_missing",
    "original_unknown",
    "party_inactive",
    "party_unknown",
    "rated by several contracts",
    "released",
    "time_never",
    "value_invalid",
    // Statements.
    "VAT restates",
    "demand issued",
    "line between parties",
    "line of the operator with itself",
    "line restates",
    "line with oneself",
    "statement issued",
    "statement provisional",
];

fn modelled(world: &World) -> Outcome {
    let mut model = Model::new(&world.book);
    for batch in &world.batches {
        batch.assert_rectangular();
        model.take_batch(batch, &world.dictionary);
    }
    model.finish(world.as_of)
}

#[test]
fn every_option_and_step_is_covered() {
    let mut coverage = Coverage::default();
    for seed in 0..SEEDS {
        let world = world(seed);
        coverage.add(&world.coverage);
        coverage.add(&modelled(&world).coverage);
    }
    let missing: Vec<_> = EXPECTED.iter().filter(|name| coverage.of(name) == 0).collect();
    assert!(missing.is_empty(), "never used in {SEEDS} worlds: {missing:?}");
    let unlisted: Vec<_> = coverage.iter().filter(|(name, _)| !EXPECTED.contains(name)).collect();
    assert!(unlisted.is_empty(), "counted but not expected: {unlisted:?}");
}

#[test]
fn the_model_keeps_its_own_promises() {
    for seed in 0..SEEDS / 4 {
        let outcome = modelled(&world(seed));
        let counts = outcome.counts;
        let decided = counts.accepted + counts.duplicates + counts.conflicts + counts.held + counts.rejected;
        assert_eq!(decided, counts.events, "seed {seed}: five decisions add up");
        let mut sums: BTreeMap<&str, i128> = BTreeMap::new();
        for (asset, amount) in outcome.balances.values().flatten() {
            *sums.entry(asset).or_default() += amount;
        }
        assert!(sums.values().all(|sum| *sum == 0), "seed {seed}: the ledger balances: {sums:?}");
    }
}
