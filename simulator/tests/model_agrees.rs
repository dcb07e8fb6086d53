//! The naive model and the engine, on the same random worlds: the same decisions, counts, statements and balances.
//!
//! Where they differ one of them is wrong.

use simulator::compared::differences;
use simulator::random::world;

const SEEDS: u64 = 250;

#[test]
fn the_model_agrees_with_the_engine() {
    for world in (0..SEEDS).map(world) {
        let (seed, different) = (world.seed, differences(&world));
        let shown: Vec<&String> = different.iter().take(40).collect();
        assert!(different.is_empty(), "seed {seed}: {} facts of model <m> and engine <e>: {shown:#?}", different.len());
    }
}
