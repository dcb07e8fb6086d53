//! Events through the engine, and what must hold whatever the contract is.

use book::Loaded;
use calendar::{Date, Instant};
use close::Statement;
use engine::{Command, Decisions, Engine, Outcome, State};
use event::{Code, Columns, FileId, Identity};
use intake::{Chunk, FileFacts, Limits, Reader, Splitter};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// Rows of one batch: few, so that cuts and originals lie in other batches than what they belong to.
const BATCH_ROWS: usize = 5;

/// So many commands of a file are given once more: each time all statements are compared.
const COMMANDS_AGAIN_MAX: usize = 8;

/// Statements and balances in texts that do not depend on the order in which words and accounts were met.
#[derive(Debug, PartialEq, Eq)]
struct Position {
    statements: Vec<String>,
    balances: BTreeMap<String, i128>,
}

/// A node that decides and one that only folds what the first decided.
struct Nodes {
    deciding: Engine,
    folding: Engine,
    /// Identities of all events that count.
    accepted: BTreeSet<Identity>,
}

impl Nodes {
    fn decide(&mut self, columns: &mut Columns) {
        let Self { deciding, folding, accepted } = self;
        decide(deciding, columns, &mut |decisions, deciding| {
            accepted.extend(decisions.claims.iter().map(|claim| claim.identity));
            fold(folding, decisions, deciding);
        });
    }

    fn finish(&mut self, as_of: Instant) {
        let decisions = self.deciding.finish(as_of);
        fold(&mut self.folding, &decisions, &self.deciding);
        check_sums(self.deciding.state());
    }
}

fn fold(folding: &mut Engine, decisions: &Decisions, deciding: &Engine) {
    folding.fold(decisions);
    assert_eq!(folding.state().digest(), deciding.state().digest(), "who folds knows what who decides knows");
}

/// Settles events as they come, with cuts; what counts is sent again; then all periods are cut.
pub fn check_settling(loaded: &Loaded, events: &[u8]) {
    let mut batches = batches_of(loaded, events);
    let engine = Engine::new(Arc::new(loaded.book.clone()));
    let mut nodes = Nodes { folding: engine.clone(), deciding: engine, accepted: BTreeSet::new() };
    batches.iter_mut().for_each(|columns| nodes.decide(columns));
    let as_of = nodes.deciding.state().stamp.present().unwrap_or(Instant::FIRST);
    let mut twice = nodes.deciding.clone();
    nodes.finish(as_of);
    send_again(&mut twice, &batches, &nodes.accepted);
    twice.finish(as_of);
    assert_eq!(position(&twice), position(&nodes.deciding), "what comes twice changes nothing");
    nodes.finish(Instant(as_of.0 + 400 * calendar::MICROS_PER_DAY));
}

/// Carries out commands at their moments beside the events; then the first of them once more.
pub fn check_commands(loaded: &Loaded, commands: &[Command], events: &[u8]) {
    let engine = Engine::new(Arc::new(loaded.book.clone()));
    let mut nodes = Nodes { folding: engine.clone(), deciding: engine, accepted: BTreeSet::new() };
    nodes.deciding.schedule(commands.to_vec());
    batches_of(loaded, events).iter_mut().for_each(|columns| nodes.decide(columns));
    let stamp = nodes.deciding.state().stamp.present().unwrap_or(Instant::FIRST);
    // Those of the years after the events are looked at too, but not of all years to come.
    let as_of = Instant(stamp.0 + 400 * calendar::MICROS_PER_DAY);
    nodes.finish(as_of);
    for command in commands.iter().take(COMMANDS_AGAIN_MAX) {
        // Refused once, it may be possible by now; but never twice.
        let decisions = nodes.deciding.command(command);
        fold(&mut nodes.folding, &decisions, &nodes.deciding);
        let before = position(&nodes.deciding);
        let decisions = nodes.deciding.command(command);
        assert_eq!(decisions.counts.commands, 0, "a command counts once");
        assert_eq!(position(&nodes.deciding), before, "the same command changes nothing");
        fold(&mut nodes.folding, &decisions, &nodes.deciding);
    }
    check_sums(nodes.deciding.state());
}

/// All that counts once more; what was held may count meanwhile, since contracts may have become known.
fn send_again(engine: &mut Engine, batches: &[Columns], accepted: &BTreeSet<Identity>) {
    for columns in batches {
        for row in (0..columns.len()).filter(|&row| accepted.contains(&columns.identity[row])) {
            decide(engine, &mut columns.row(row), &mut |decisions, _| {
                assert!(decisions.claims.is_empty() && decisions.tallies.is_empty(), "what comes twice does not count");
            });
        }
    }
}

/// Settles the events forwards and backwards, all received before any period is cut.
pub fn check_any_order(loaded: &Loaded, events: &[u8]) {
    let mut rows: Vec<Columns> = Vec::new();
    let book = Arc::new(loaded.book.clone());
    let mut engine = Engine::new(Arc::clone(&book));
    let early = Instant(calendar::LocalTime::from_parts(Date::new(2000, 1, 1).expect("a date"), 0).0);
    for mut columns in batches_of(loaded, events) {
        // Words become the book's, so that each row can go its own way.
        engine.decide(&mut columns, 0..0);
        columns.received_at.fill(early);
        for row in 0..columns.len() {
            let is_new = rows.iter().all(|known| known.identity[0] != columns.identity[row]);
            if is_new {
                rows.push(columns.row(row));
            }
        }
    }
    let (forwards, backwards) = (arrive(&engine, rows.iter(), early), arrive(&engine, rows.iter().rev(), early));
    // Which of several amounts is one too many depends on the order.
    if let (Some(forwards), Some(backwards)) = (forwards, backwards) {
        assert_eq!(forwards, backwards, "the order of arrival changes nothing");
    }
}

/// Where the rows lead in this order; nothing where an amount was too large.
fn arrive<'a>(engine: &Engine, rows: impl Iterator<Item = &'a Columns>, as_of: Instant) -> Option<Position> {
    let mut engine = engine.clone();
    let mut is_bounded = true;
    for row in rows {
        decide(&mut engine, &mut row.clone(), &mut |decisions, _| {
            let released = decisions.released.iter().map(|released| released.outcome);
            let mut outcomes = decisions.outcomes.iter().copied().chain(released);
            is_bounded &= !outcomes.any(|outcome| outcome == Outcome::Refused(Code::AmountTooLarge));
        });
    }
    engine.finish(as_of);
    is_bounded.then(|| position(&engine))
}

/// Decides a batch to its end.
fn decide(engine: &mut Engine, columns: &mut Columns, seen: &mut impl FnMut(&Decisions, &Engine)) {
    let mut row = 0;
    loop {
        let decisions = engine.decide(columns, row..columns.len());
        columns.new_words.clear();
        row = decisions.rows.end;
        seen(&decisions, engine);
        if row >= columns.len() {
            return;
        }
    }
}

fn batches_of(loaded: &Loaded, events: &[u8]) -> Vec<Columns> {
    let adapter = &loaded.adapters[0];
    let facts = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let limits = Limits { chunk_rows_max: BATCH_ROWS, ..Limits::USUAL };
    let mut splitter = Splitter::with_limits(events, adapter, limits);
    let mut reader = Reader::new(adapter, 0);
    let (mut chunk, mut batches) = (Chunk::default(), Vec::new());
    while splitter.next_chunk(&mut chunk).expect("bytes in memory can be read") {
        let mut columns = Columns::new(adapter.id, &adapter.schema);
        reader.adapt(&chunk, &facts, &mut columns);
        batches.push(columns);
    }
    batches
}

/// All balances of an asset sum to zero.
fn check_sums(state: &State) {
    let mut sums: BTreeMap<_, i128> = BTreeMap::new();
    for account in state.chart.accounts_from(0) {
        *sums.entry(account.asset()).or_default() += state.balances.of(state.chart.open_number(*account));
    }
    assert!(sums.values().all(|&sum| sum == 0), "the ledger balances: {sums:?}");
}

fn position(engine: &Engine) -> Position {
    let state = engine.state();
    let provisional = engine.provisional();
    let mut statements: Vec<String> = state.statements.iter().chain(&provisional).map(|own| text(own, state)).collect();
    statements.sort();
    let accounts = state.chart.accounts_from(0);
    let balance = |account: &ledger::Account| state.balances.of(state.chart.open_number(*account));
    let balances = accounts.iter().map(|account| (format!("{account:?}"), balance(account)));
    Position { statements, balances: balances.filter(|(_, balance)| *balance != 0).collect() }
}

/// A statement with words as texts, in an order that does not depend on their numbers.
fn text(statement: &Statement, state: &State) -> String {
    let Statement { contract, party, period, asset, due_on, total, accrued, measures, .. } = statement;
    let line = |line: &close::StatementLine| {
        let words: Vec<&str> = line.dimensions().iter().map(|&word| state.dictionary.text(word)).collect();
        let key = &line.key;
        format!(
            "{:?} {words:?} {:?} {:?} {:?} {:?} {:?} {} {:?}",
            key.of, key.debtor, key.creditor, key.part, line.side, line.adjusts_on, line.amount, line.working
        )
    };
    let mut lines: Vec<String> = statement.lines.iter().map(line).collect();
    lines.sort();
    format!("{contract:?} {party:?} {period} {asset:?} {due_on:?} {total} {accrued} {measures:?} {lines:#?}")
}
