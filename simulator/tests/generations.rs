//! Where identities are kept, and that a state goes on from what a snapshot holds of it, change no decision: random worlds
//! decided twice, once with one generation of identities for ever, once with generations turned and forgotten, and engines
//! dropped and made again, at random moments. What is forgotten is answered by a map of all claims.

use calendar::Instant;
use engine::{Claim, Decisions, Engine, Facts, Outcome, State, needs_of_command};
use event::{Code, Columns, Disposition, Identity};
use simulator::random::{World, world};
use std::collections::{BTreeMap, VecDeque};
use std::fmt::Write as _;
use std::sync::Arc;

const SEEDS: u64 = 40;

/// An engine whose identities are forgotten, and what runs would say of them.
struct Forgetful {
    engine: Engine,
    draws: u64,
    /// All claims, each with its frame.
    claims: Vec<(u64, Claim)>,
    /// The frame that comes next.
    frame: u64,
    /// Of each generation but the young one, the frame behind its last.
    ends: VecDeque<u64>,
    /// What runs hold: all of frames before `sealed_to`.
    sealed: BTreeMap<Identity, Claim>,
    sealed_to: u64,
    starts: u32,
    found: usize,
}

impl Forgetful {
    fn new(world: &World) -> Self {
        Self {
            engine: Engine::new(Arc::new(world.book.clone())),
            draws: world.seed << 32,
            claims: Vec::new(),
            frame: 1,
            ends: VecDeque::new(),
            sealed: BTreeMap::new(),
            sealed_to: 0,
            starts: 0,
            found: 0,
        }
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.draws += 1;
        table::mix(7, self.draws) % bound
    }

    /// Turns, forgets or starts again, as it happens.
    fn disturb(&mut self) {
        if self.below(3) == 0 {
            self.engine.turn_generation();
            self.ends.push_back(self.frame);
        }
        if self.below(3) == 0
            && let Some(end) = self.ends.pop_front()
        {
            self.seal(end);
            self.engine.forget_generation(end);
        }
        if self.below(4) == 0 {
            self.start_again();
        }
        assert_eq!(self.engine.generations().len(), self.ends.len() + 1);
    }

    fn seal(&mut self, until: u64) {
        let own = self.claims.iter().filter(|(frame, _)| *frame < until);
        self.sealed = own.map(|(_, claim)| (claim.identity, *claim)).collect();
        self.sealed_to = until;
    }

    fn start_again(&mut self) {
        let book = Arc::clone(self.engine.book());
        let parts = self.engine.parts();
        let state = State::from_parts(&book, parts);
        assert_eq!(state.digest(), self.engine.state().digest(), "a snapshot holds the whole state");
        self.engine = Engine::with_state(book, state);
        let own = self.claims.iter().filter(|(frame, _)| *frame >= self.sealed_to);
        self.engine.remember(self.sealed_to, own.map(|(_, claim)| *claim));
        self.ends.clear();
        self.starts += 1;
    }

    /// Tells the engine what runs say about identities.
    fn recall(&mut self, needed: Vec<Identity>) {
        let claims: Vec<Claim> = needed.iter().filter_map(|identity| self.sealed.get(identity).copied()).collect();
        self.found += claims.len();
        self.engine.recall(Facts { sealed_to: self.sealed_to, claims });
    }

    fn keep(&mut self, decisions: &[Decisions]) {
        let own = decisions.iter().flat_map(Decisions::claimed);
        self.claims.extend(own.map(|claim| (self.frame, claim)));
        self.frame += 1;
    }
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

/// All of decisions.
fn shown(decisions: &[Decisions]) -> String {
    let mut text = String::new();
    write!(text, "{decisions:?}").expect("a text takes all");
    text
}

#[test]
fn generations_and_starts_change_no_decision() {
    let (mut starts, mut found, mut waited) = (0, 0, 0);
    for seed in 0..SEEDS {
        let world = world(seed);
        let mut whole = Engine::new(Arc::new(world.book.clone()));
        let mut other = Forgetful::new(&world);
        let mut commands = world.commands.iter().peekable();
        for columns in &world.batches {
            while let Some(command) = commands.next_if(|command| command.received_at <= columns.received_at[0]) {
                other.disturb();
                other.recall(needs_of_command(command).into_iter().collect());
                let decisions = [whole.command(command)];
                assert_eq!(shown(&decisions), shown(&[other.engine.command(command)]), "seed {seed}");
                other.keep(&decisions);
            }
            other.disturb();
            let mut columns = columns.clone();
            columns.lane = engine::BOOK_LANE;
            columns.new_words = world.dictionary.texts_from(0);
            let needed = other.engine.needs(&columns, 0..columns.len()).collect();
            other.recall(needed);
            let decisions = decide(&mut whole, &mut columns.clone());
            let again = decide(&mut other.engine, &mut columns);
            assert_eq!(shown(&decisions), shown(&again), "seed {seed}");
            assert_eq!(whole.state().digest(), other.engine.state().digest(), "seed {seed}");
            waited += again.iter().map(|part| part.released.len()).sum::<usize>();
            other.keep(&decisions);
            if other.below(6) == 0 {
                let at = moment_to_look(&whole, &mut other);
                look(&mut whole, &mut other, at, seed);
            }
        }
        look(&mut whole, &mut other, world.as_of, seed);
        (starts, found) = (starts + other.starts, found + other.found);
    }
    let seen = (starts, found, waited);
    assert!(starts > 300 && found > 500 && waited > 20, "starts, claims found in runs, events released: {seen:?}");
}

/// The stamp, or the next cut, or the moment before.
fn moment_to_look(whole: &Engine, other: &mut Forgetful) -> Instant {
    let state = whole.state();
    let open = state.contracts.iter().flat_map(|contract| &contract.periods).filter(|period| !period.frozen);
    let next = open.map(|period| period.cut_at).min().filter(|_| other.below(2) == 0);
    next.map_or(state.stamp, |at| Instant(at.0 - other.below(2) as i64)).max(state.stamp)
}

fn look(whole: &mut Engine, other: &mut Forgetful, at: Instant, seed: u64) {
    other.disturb();
    let decisions = [whole.finish(at)];
    assert_eq!(shown(&decisions), shown(&[other.engine.finish(at)]), "seed {seed}");
    assert_eq!(whole.state().digest(), other.engine.state().digest(), "seed {seed}");
    other.keep(&decisions);
}

/// A batch that is held as it is leaves nothing but its exceptions; sent again, it counts as if it came for the first time.
#[test]
fn a_batch_that_is_held_changes_nothing() {
    let mut held = 0;
    for seed in 0..20 {
        let world = world(seed);
        let book = Arc::new(world.book.clone());
        let (mut plain, mut tried) = (Engine::new(Arc::clone(&book)), Engine::new(Arc::clone(&book)));
        let mut folder = State::new(&book);
        for columns in &world.batches {
            let mut columns = columns.clone();
            columns.lane = engine::BOOK_LANE;
            columns.new_words = world.dictionary.texts_from(0);
            decide(&mut plain, &mut columns.clone());
            let (before, rows) = (tried.state().counts, 0..columns.len());
            let decisions = tried.hold_all(&mut columns, rows);
            let all = decisions.outcomes.iter().all(|own| *own == Outcome::Refused(Code::EngineBug));
            assert!(all && decisions.rows == (0..columns.len()), "seed {seed}");
            folder.fold(&book, &decisions);
            assert_eq!(tried.state().digest(), folder.digest(), "seed {seed}");
            let after = tried.state().counts;
            assert_eq!((before.accepted, before.held), (after.accepted, after.held - held_of(&columns)), "seed {seed}");
            held += decisions.outcomes.len();
            decide(&mut tried, &mut columns).iter().for_each(|decisions| folder.fold(&book, decisions));
        }
        plain.finish(world.as_of);
        tried.finish(world.as_of);
        assert_eq!(plain.state().entries, tried.state().entries, "seed {seed}");
        assert_eq!(plain.state().balances, tried.state().balances, "seed {seed}");
        assert_eq!(plain.state().statements, tried.state().statements, "seed {seed}");
    }
    assert!(held > 1_000, "events were held: {held}");
}

/// Rows of a batch, and what intake has held of it.
fn held_of(columns: &Columns) -> i64 {
    let is_held = |refusal: &&event::Refusal| !refusal.outside && refusal.code.disposition() == Disposition::Held;
    (columns.len() + columns.refused.iter().filter(is_held).count()) as i64
}

#[test]
#[should_panic(expected = "the facts reach only to 0")]
fn facts_must_reach_as_far_as_is_forgotten() {
    let mut engine = Engine::new(Arc::new(world(0).book));
    engine.turn_generation();
    engine.forget_generation(2);
    engine.decide(&mut Columns { lane: engine::BOOK_LANE, ..Columns::default() }, 0..0);
}
