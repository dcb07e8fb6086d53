//! What a period comes to depends on the events and not on when and in which order they came: what was issued and what
//! restated it add up to `F` of the final set, and the same set in another order adds up to the same.

use calendar::Instant;
use event::{Columns, FileId};
use simulator::compared::{engined, modelled, sums_of};
use simulator::model::Truths;
use simulator::random::{World, world};

const SEEDS: u64 = 100;

/// What is said of one side and not, or otherwise, of the other.
#[track_caller]
fn check(seed: u64, what: &str, found: &Truths, expected: &Truths) {
    let mut different = Vec::new();
    for key in found.keys().chain(expected.keys()) {
        let of = |truths: &Truths| truths.get(key).copied().unwrap_or(0);
        if of(found) != of(expected) {
            different.push(format!("{}: {} instead of {}", key.join(" "), of(found), of(expected)));
        }
    }
    assert!(different.is_empty(), "seed {seed}, {what}: {different:#?}");
}

fn worlds() -> impl Iterator<Item = World> {
    (0..SEEDS).map(world)
}

#[test]
fn issued_and_restated_lines_add_up_to_f_of_the_final_set() {
    let mut restated = 0;
    for world in worlds() {
        let seed = world.seed;
        let (outcome, seen) = (modelled(&world), engined(&world));
        check(seed, "the engine", &sums_of(&seen.statements), &outcome.truths);
        check(seed, "the model", &sums_of(&outcome.statements), &outcome.truths);
        restated += outcome.coverage.of("line restates");
    }
    assert!(restated > 1_000, "lines were restated: {restated}");
}

#[test]
fn the_order_of_arrival_changes_nothing() {
    let mut compared = 0;
    for world in worlds() {
        let seed = world.seed;
        let outcome = modelled(&world);
        let late = all_late(&world, &outcome.accepted, seed);
        let seen = engined(&late);
        assert_eq!(seen.counts.accepted, outcome.counts.accepted, "seed {seed}: every event counts again");
        check(seed, "in another order, after all periods", &sums_of(&seen.statements), &outcome.truths);
        compared += outcome.truths.len();
    }
    assert!(compared > 10_000, "lines were compared: {compared}");
}

/// The events that counted, in another order, all received at the end, when nearly all periods are cut.
fn all_late(world: &World, accepted: &[usize], seed: u64) -> World {
    let rows: Vec<(&Columns, usize)> =
        world.batches.iter().flat_map(|batch| (0..batch.len()).map(move |row| (batch, row))).collect();
    let mut order = accepted.to_vec();
    // By a hash of its place each, so that every seed has another order.
    order.sort_by_key(|&number| (number as u64 ^ seed.rotate_left(17)).wrapping_mul(0x9e37_79b9_7f4a_7c15));
    let mut batches: Vec<Columns> = Vec::new();
    for number in order {
        let (columns, row) = rows[number];
        let mut batch = one_row(columns, row, world.as_of);
        batch.file = FileId(u32::try_from(batches.len()).unwrap());
        batches.push(batch);
    }
    World { batches, ..world.clone() }
}

/// A batch of one row, received at another moment.
fn one_row(columns: &Columns, row: usize, received_at: Instant) -> Columns {
    let mut batch = columns.row(row);
    batch.received_at[0] = received_at;
    batch
}
