//! The numbered promises that the engine keeps, on random worlds.

use engine::{Decisions, Engine, State};
use event::{Columns, Dictionary};
use simulator::random::{World, world};
use std::sync::Arc;

const SEEDS: u64 = 100;

/// The batches of a world as one reading lane gives them: words by the lane's own numbers.
fn batches(world: &World) -> Vec<Columns> {
    let mut own = Dictionary::default();
    let mut batches = world.batches.clone();
    for columns in &mut batches {
        let known = own.len();
        columns.lane = 0;
        for word in columns.words.iter_mut().flatten() {
            *word = own.intern(world.dictionary.text(*word));
        }
        columns.new_words = own.texts_from(known).to_vec();
    }
    batches
}

/// Decides a batch over all cuts that fall due in it.
fn decide(engine: &mut Engine, columns: &mut Columns) -> Vec<Decisions> {
    let (mut parts, mut row, until) = (Vec::new(), 0, columns.len());
    loop {
        let decisions = engine.decide(columns, row..until);
        row = decisions.rows.end;
        parts.push(decisions);
        if row >= until {
            return parts;
        }
    }
}

#[test]
fn i1a_a_node_that_only_folds_has_the_same_digest() {
    for seed in 0..SEEDS {
        let world = world(seed);
        let book = Arc::new(world.book.clone());
        let (mut decider, mut folder) = (Engine::new(Arc::clone(&book)), State::new(&book));
        decider.schedule(world.commands.clone());
        for mut columns in batches(&world) {
            for decisions in decide(&mut decider, &mut columns) {
                folder.fold(&book, &decisions);
            }
            assert_eq!(decider.state().digest(), folder.digest(), "seed {seed}");
        }
        folder.fold(&book, &decider.finish(world.as_of));
        assert_eq!(decider.state().digest(), folder.digest(), "seed {seed}, at the end");
    }
}

#[test]
fn i1a_a_folded_state_decides_on() {
    for seed in 0..SEEDS {
        let world = world(seed);
        let book = Arc::new(world.book.clone());
        let (mut decider, mut folder) = (Engine::new(Arc::clone(&book)), Engine::new(Arc::clone(&book)));
        let batches = batches(&world);
        let half = batches.len() / 2;
        for (number, mut columns) in batches.into_iter().enumerate() {
            let fresh = columns.clone();
            for decisions in decide(&mut decider, &mut columns) {
                if number < half {
                    folder.fold(&decisions);
                }
            }
            if number >= half {
                // The words of the batch are the book's numbers by now; the second node knows them from folding or from
                // the list of new words that came with the batch.
                let mut again = columns.clone();
                again.new_words = fresh.new_words;
                decide(&mut folder, &mut again);
            }
        }
        decider.finish(world.as_of);
        folder.finish(world.as_of);
        assert_eq!(decider.state().digest(), folder.state().digest(), "seed {seed}");
    }
}

#[test]
fn i5_a_batch_sent_twice_changes_nothing() {
    let mut repeated = 0;
    for seed in 0..SEEDS {
        let world = world(seed);
        let book = Arc::new(world.book.clone());
        let (mut once, mut twice) = (Engine::new(Arc::clone(&book)), Engine::new(Arc::clone(&book)));
        for columns in batches(&world) {
            decide(&mut once, &mut columns.clone());
            let mut sent = columns.clone();
            decide(&mut twice, &mut sent);
            let accepted = twice.state().counts.accepted;
            let waiting = twice.state().waiting.len();
            // At the same moment: a later one may bring a cut about, which is no work of the repetition.
            sent.received_at.fill(twice.state().stamp);
            sent.new_words.clear();
            sent.refused.clear();
            decide(&mut twice, &mut sent);
            repeated += twice.state().counts.duplicates - once.state().counts.duplicates;
            assert_eq!(twice.state().counts.accepted, accepted, "seed {seed}");
            assert!(twice.state().waiting.len() >= waiting, "seed {seed}");
        }
        once.finish(world.as_of);
        twice.finish(world.as_of);
        let (once_state, twice_state) = (once.state(), twice.state());
        assert_eq!(once_state.entries, twice_state.entries, "seed {seed}");
        assert_eq!(once_state.balances, twice_state.balances, "seed {seed}");
        assert_eq!(once_state.statements, twice_state.statements, "seed {seed}");
        assert_eq!(once.provisional(), twice.provisional(), "seed {seed}");
        for (left, right) in once_state.contracts.iter().zip(&twice_state.contracts) {
            assert_eq!(left.periods, right.periods, "seed {seed}");
        }
    }
    assert!(repeated > 1_000, "batches were repeated: {repeated}");
}

#[test]
fn i7_an_issued_statement_never_changes() {
    let mut issued = 0;
    for seed in 0..SEEDS {
        let world = world(seed);
        let mut engine = Engine::new(Arc::new(world.book.clone()));
        engine.schedule(world.commands.clone());
        let mut seen = Vec::new();
        for mut columns in batches(&world) {
            decide(&mut engine, &mut columns);
            assert!(engine.state().statements.iter().take(seen.len()).eq(&seen), "seed {seed}");
            seen = engine.state().statements.iter().cloned().collect();
        }
        engine.finish(world.as_of);
        assert!(engine.state().statements.iter().take(seen.len()).eq(&seen), "seed {seed}");
        issued += engine.state().statements.len();
    }
    assert!(issued > 100, "statements were issued: {issued}");
}
