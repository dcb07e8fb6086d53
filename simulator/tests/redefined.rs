//! A book that is defined anew while its state goes on, on random worlds: it comes out as if it had been so from the start.

use calendar::{Instant, Zone};
use contract::{Contract, TermKind};
use engine::{Book, Change, Decisions, Engine, State};
use event::{Columns, NumberField};
use simulator::random::{World, world};
use std::sync::Arc;

const SEEDS: u64 = 150;

/// Decides a batch over all cuts that fall due in it.
fn decide(engine: &mut Engine, columns: &Columns) -> Vec<Decisions> {
    let mut columns = columns.clone();
    columns.lane = engine::BOOK_LANE;
    let (mut parts, mut row, until) = (Vec::new(), 0, columns.len());
    loop {
        let decisions = engine.decide(&mut columns, row..until);
        row = decisions.rows.end;
        parts.push(decisions);
        if row >= until {
            return parts;
        }
    }
}

/// The book of a world without what becomes known late, and with all of it behind: versions in the order in which an update
/// brings them, one of them with a term and a measure that the contract did not have, and a field that events did not have.
struct Growth {
    before: Book,
    after: Book,
    known_from: Instant,
    grown: usize,
}

fn growth(world: &World) -> Option<Growth> {
    // All words that will come, so that both nodes number them alike.
    let mut before = Book { dictionary: world.dictionary.clone(), ..world.book.clone() };
    let mut after = before.clone();
    let received = world.batches.iter().flat_map(|columns| &columns.received_at).filter(|at| !at.is_none());
    let late = |contract: &Contract| {
        let known = contract.versions.iter().map(|version| version.known_from);
        known.filter(|known| *known > Instant::BEGINNING).collect::<Vec<_>>()
    };
    let first = *received.clone().min()?;
    let known_from = before.contracts.iter().flat_map(late).filter(|known| *known > first).min()?;
    let mut grown = 0;
    for (own, other) in before.contracts.iter_mut().zip(&mut after.contracts) {
        let is_late = |known: Instant| known >= known_from;
        let (later, kept) = own.versions.iter().cloned().partition::<Vec<_>, _>(|version| is_late(version.known_from));
        own.versions.clone_from(&kept);
        other.versions = kept.into_iter().chain(later).collect();
        if world.seed % 2 == 1 {
            grown += usize::from(grow(other, known_from));
        }
        own.number_terms();
        let ids = other.term_ids.clone();
        other.number_terms();
        if !other.term_ids.starts_with(&own.term_ids) || !ids.iter().all(|id| other.term_ids.contains(id)) {
            return None;
        }
        if own.versions.is_empty() {
            return None;
        }
    }
    for schema in after.schemas.iter_mut().filter(|schema| schema.inherited.is_empty()) {
        schema.numbers.push(NumberField { name: "grown".into(), scale: 0, money: false });
    }
    Some(Growth { before, after, known_from, grown })
}

/// Adds a version that governs days to come and charges one measure more, under an id that stands before all others.
fn grow(contract: &mut Contract, known_from: Instant) -> bool {
    if contract.conversion.is_some() {
        return false;
    }
    let mut version = contract.versions.last().expect("it has a version").clone();
    version.valid_from = Zone::utc().local(known_from).date().plus_days(3);
    version.known_from = known_from;
    let is_plain = |kind: &TermKind| matches!(kind, TermKind::Share { .. } | TermKind::Fee { .. });
    let Some(mut term) = version.terms.iter().find(|term| is_plain(&term.kind)).cloned() else {
        return false;
    };
    let (TermKind::Share { of, .. } | TermKind::Fee { of, .. }) = &mut term.kind else { return false };
    let mut measure = contract.measures[usize::from(*of)].clone();
    (measure.name, measure.listed) = ("grown".into(), false);
    *of = u16::try_from(contract.measures.len()).expect("measures are bounded");
    term.id = "a-grown".into();
    version.terms.push(term);
    contract.versions.push(version);
    contract.measures.push(measure);
    true
}

#[test]
fn versions_that_come_later_are_as_if_they_had_been_there_unknown() {
    let (mut redefined, mut grown, mut moved) = (0, 0, 0);
    for seed in 0..SEEDS {
        let world = world(seed);
        let Some(growth) = growth(&world) else { continue };
        let (before, after) = (Arc::new(growth.before), Arc::new(growth.after));
        let (mut whole, mut updated) = (Engine::new(Arc::clone(&after)), Engine::new(Arc::clone(&before)));
        let mut folded = State::new(&before);
        whole.schedule(world.commands.clone());
        updated.schedule(world.commands.clone());
        let mut book = &before;
        for columns in &world.batches {
            let is_late = columns.received_at.iter().any(|at| *at >= growth.known_from);
            if Arc::ptr_eq(book, &before) && is_late {
                book = &after;
                let at = updated.state().stamp.max(Instant::BEGINNING);
                let decisions = updated.redefine(Arc::clone(&after), at);
                folded.fold(&after, &decisions);
                assert_eq!(updated.state().digest(), folded.digest(), "seed {seed}, at the load");
                moved += decisions.changes.iter().filter(|change| is_resizing(change)).count();
                redefined += 1;
            }
            decide(&mut whole, columns);
            for decisions in decide(&mut updated, columns) {
                folded.fold(book, &decisions);
            }
            assert_eq!(updated.state().digest(), folded.digest(), "seed {seed}");
        }
        whole.finish(world.as_of);
        if Arc::ptr_eq(book, &before) {
            continue;
        }
        folded.fold(book, &updated.finish(world.as_of));
        assert_eq!(updated.state().digest(), folded.digest(), "seed {seed}, at the end");
        let (statements, others) = (whole.state().statements.iter(), updated.state().statements.iter());
        assert!(statements.eq(others), "seed {seed}: statements");
        assert!(whole.provisional() == updated.provisional(), "seed {seed}: provisional statements");
        let (one, other) = (whole.state(), updated.state());
        assert!(one.balances == other.balances && one.counts == other.counts, "seed {seed}: balances");
        for (one, other) in one.contracts.iter().zip(&other.contracts) {
            assert!(one.periods == other.periods, "seed {seed}: periods");
        }
        // A measure that did not exist has not added up what came before; nothing asks for that.
        if growth.grown == 0 {
            assert_eq!(one.digest(), other.digest(), "seed {seed}");
        }
        grown += growth.grown;
    }
    assert!(redefined > 20 && grown > 10 && moved > 10, "{redefined} {grown} {moved}");
}

fn is_resizing(change: &Change) -> bool {
    matches!(change, Change::Redefined { resized, .. } if !resized.is_empty())
}

#[test]
fn contracts_that_come_before_any_event_are_as_if_they_had_been_there() {
    let mut redefined = 0;
    for seed in 0..SEEDS {
        let world = world(seed);
        let after = Book { dictionary: world.dictionary.clone(), ..world.book.clone() };
        let mut before = after.clone();
        before.contracts.truncate(1);
        let (before, after) = (Arc::new(before), Arc::new(after));
        let (mut whole, mut updated) = (Engine::new(Arc::clone(&after)), Engine::new(Arc::clone(&before)));
        let mut folded = Engine::new(before);
        let decisions = updated.redefine(Arc::clone(&after), Instant::NONE);
        folded.fold_redefined(after, &decisions);
        whole.schedule(world.commands.clone());
        updated.schedule(world.commands.clone());
        for columns in &world.batches {
            decide(&mut whole, columns);
            decide(&mut updated, columns).iter().for_each(|decisions| folded.fold(decisions));
        }
        whole.finish(world.as_of);
        folded.fold(&updated.finish(world.as_of));
        assert_eq!(whole.state().digest(), updated.state().digest(), "seed {seed}");
        assert_eq!(whole.state().digest(), folded.state().digest(), "seed {seed}");
        redefined += usize::from(whole.book().contracts.len() > 1);
    }
    assert!(redefined > 50, "{redefined}");
}
