//! What random worlds contain: every option of a contract, every fault of a stream, every step of the model. A count of
//! zero would make the comparison with the engine a proof about nothing.

use simulator::compared::modelled;
use simulator::coverage::Coverage;
use simulator::random::world;
use std::collections::BTreeMap;

const SEEDS: u64 = 100;

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
    "twin calendar",
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
    "accumulator",
    "advance",
    "cap",
    "carry",
    "carry measure",
    "closing term over another",
    "conversion",
    "division",
    "down",
    "fee",
    "fee fixed",
    "fee max",
    "fee min",
    "fixed",
    "fixing missing",
    "floor",
    "floor ten",
    "half even",
    "half up",
    "margin above",
    "margin below",
    "minimum",
    "mirror original",
    "mirror own",
    "original optional",
    "original required",
    "prepaid",
    "price",
    "rates begin late",
    "recoupable",
    "rerate original",
    "rerate own",
    "rest of events",
    "rest of lines",
    "scope event",
    "scope line",
    "share flat",
    "share tiered",
    "span of a month",
    "span of a period",
    "span of a quarter",
    "span without end",
    "tiers by volume",
    "tiers graduated",
    "toward payee",
    "up",
    // Steps of their evaluation.
    "converted",
    "converted by an earlier rate",
    "fixing by command",
    "deduction allocated",
    "deduction of a measure",
    "deduction on gross",
    "deduction on rest",
    "carried measure in",
    "carried measure out",
    "tiers filled before",
    "step",
    "agents",
    "capped",
    "floored",
    "shortfall",
    "span goes on",
    "earned before",
    "pooled",
    "carried charge in",
    "carried charge out",
    "guarantee recouped",
    "advance paid",
    "advance recouped",
    "credit drawn",
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
    "rate_missing",
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

#[test]
fn every_option_and_step_is_covered() {
    let mut coverage = Coverage::default();
    for seed in 0..SEEDS {
        let world = world(seed);
        world.batches.iter().for_each(event::Columns::assert_rectangular);
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
