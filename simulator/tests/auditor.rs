//! The auditor and an engine without any disk, on scripts that are sent in part twice and out of order: he must agree with
//! an engine that does right, and must notice one that does not.

use engine::{Decisions, Engine};
use event::{Columns, Dictionary};
use simulator::compared::{different, facts_of, in_lane, name_of};
use simulator::node::auditor::{Auditor, Expected};
use simulator::node::script::{Script, Sending};
use simulator::random::Seeded;
use std::sync::Arc;

const SEEDS: u64 = 40;

/// An engine that is sent things.
struct Desk<'a> {
    script: &'a Script,
    engine: Engine,
    lane: Dictionary,
}

impl Desk<'_> {
    /// Decides a batch and says what became of it.
    fn decide(&mut self, batch: &Columns) -> Expected {
        let mut columns = in_lane(batch, &self.script.world.dictionary, &mut self.lane, 0);
        let mut seen = Expected::default();
        let (mut from, until) = (0, columns.len());
        loop {
            let decisions: Decisions = self.engine.decide(&mut columns, from..until);
            seen.rows.extend(decisions.outcomes.iter().map(|outcome| name_of(*outcome)));
            let released = decisions.released.iter();
            seen.released.extend(released.map(|own| (own.columns.id.text(0).to_owned(), name_of(own.outcome))));
            from = decisions.rows.end;
            if from >= until {
                return seen;
            }
        }
    }
}

/// The order in which sendings reach the log: mostly their own, some again, some late.
fn order(script: &Script, random: &mut Seeded) -> Vec<usize> {
    let mut order: Vec<usize> = (0..script.sendings.len()).collect();
    for place in 1..order.len() {
        if random.chance(10) {
            order.swap(place, place - 1);
        }
        if random.chance(5) {
            let again = order[random.position(place)];
            order.insert(place, again);
        }
    }
    order
}

/// What differs between the auditor and an engine, after each sending and at the end.
fn differences(seed: u64, forget: bool) -> Vec<String> {
    let script = Script::of(seed);
    let mut auditor = Auditor::new(&script.world);
    let engine = Engine::new(Arc::new(script.world.book.clone()));
    let mut desk = Desk { script: &script, engine, lane: Dictionary::default() };
    let mut found = Vec::new();
    for (place, number) in order(&script, &mut Seeded::new(seed)).into_iter().enumerate() {
        match &script.sendings[number] {
            Sending::Batch(columns) => {
                let expected = auditor.batch(columns);
                if forget && place == 5 {
                    continue;
                }
                let seen = desk.decide(columns);
                if seen != expected {
                    found.push(format!("sending {number}: {expected:?} <m> {seen:?} <e>"));
                }
            }
            Sending::Command(command) => {
                auditor.command(command);
                desk.engine.command(command);
            }
        }
    }
    desk.engine.finish(script.world.as_of);
    found.extend(different(&auditor.facts(script.world.as_of), &facts_of(&script.world, &desk.engine)));
    found
}

#[test]
fn the_auditor_agrees_with_an_engine() {
    for seed in 0..SEEDS {
        let found = differences(seed, false);
        let shown: Vec<&String> = found.iter().take(30).collect();
        assert!(found.is_empty(), "seed {seed}: {} differences: {shown:#?}", found.len());
    }
}

#[test]
fn the_auditor_notices_what_was_forgotten() {
    for seed in 0..5 {
        assert!(!differences(seed, true).is_empty(), "seed {seed}");
    }
}

#[test]
fn a_script_is_long_enough() {
    for seed in 0..SEEDS {
        let events = Script::of(seed).events();
        assert!(events >= 2_900, "seed {seed}: {events}");
    }
}
