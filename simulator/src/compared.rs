//! The model and the engine on one world, said in the same words, so that they can be compared fact by fact.
//!
//! Lines of nothing are left out on both sides, and so are statements that consist of such: whether a sum of zero is
//! worth a line is a question of layout.

use crate::model::{Counts, Decided, LineText, Model, ModelStatement, Outcome, Truths, document_text, piece_text};
use crate::random::World;
use close::{Side, Statement, StatementLine, Status};
use contract::LineOf;
use engine::{Decisions, Engine};
use event::{Columns, Dictionary, PartyId};
use std::collections::BTreeMap;
use std::sync::Arc;

/// Reading lanes between which the batches alternate.
const LANES: usize = 3;

/// What an engine made of a world.
#[derive(Clone, Debug)]
pub struct Seen {
    /// Those of the rows in their order, then those of events that were released.
    pub decisions: Vec<Decided>,
    /// Sums over all that came.
    pub counts: Counts,
    /// Issued ones in order of issue, then provisional ones.
    pub statements: Vec<ModelStatement>,
    /// Balances that are not zero, by account and asset; debit is positive.
    pub balances: BTreeMap<String, BTreeMap<String, i128>>,
}

/// What the two sides say differently, each fact with `<m>` of the model or `<e>` of the engine; nothing where they agree.
#[must_use]
pub fn differences(world: &World) -> Vec<String> {
    let (own, other) = (modelled(world), engined(world));
    let model = facts(&own.decisions, own.counts, &own.statements, &own.balances);
    let engine = facts(&other.decisions, other.counts, &other.statements, &other.balances);
    different(&model, &engine)
}

/// What stands in one list of facts alone, with `<m>` for the first and `<e>` for the second; both ascend.
#[must_use]
pub fn different(model: &[String], engine: &[String]) -> Vec<String> {
    let only = |mark: char, these: &[String], those: &[String]| -> Vec<String> {
        let new = these.iter().filter(|fact| those.binary_search(fact).is_err());
        new.map(|fact| format!("{fact} <{mark}>")).collect()
    };
    let mut different = only('m', model, engine);
    different.extend(only('e', engine, model));
    different.sort();
    different
}

/// What an engine says: counts, statements and balances, one text for each fact, ascending.
#[must_use]
pub fn facts_of(world: &World, engine: &Engine) -> Vec<String> {
    let seen = seen(world, engine, Vec::new());
    facts(&[], seen.counts, &seen.statements, &seen.balances)
}

/// Has the model decide a whole world.
#[must_use]
pub fn modelled(world: &World) -> Outcome {
    let mut model = Model::new(&world.book);
    model.schedule(&world.commands);
    for batch in &world.batches {
        model.take_batch(batch, &world.dictionary);
    }
    model.finish(world.as_of)
}

/// Has an engine decide a whole world.
#[must_use]
pub fn engined(world: &World) -> Seen {
    let mut engine = Engine::new(Arc::new(world.book.clone()));
    engine.schedule(world.commands.clone());
    let mut lanes = vec![Dictionary::default(); LANES];
    let (mut rows, mut released) = (Vec::new(), Vec::new());
    for (number, batch) in world.batches.iter().enumerate() {
        let lane = number % LANES;
        let mut columns = in_lane(batch, &world.dictionary, &mut lanes[lane], lane);
        let (mut from, until) = (0, columns.len());
        loop {
            let decisions = engine.decide(&mut columns, from..until);
            note(world, &columns, &decisions, &mut rows, &mut released);
            from = decisions.rows.end;
            if from >= until {
                break;
            }
        }
    }
    engine.finish(world.as_of);
    rows.extend(released);
    seen(world, &engine, rows)
}

/// What statements say of each period: its own lines and all that restated them later.
#[must_use]
pub fn sums_of(statements: &[ModelStatement]) -> Truths {
    let mut sums = Truths::new();
    for own in statements {
        for (line, amount) in &own.lines {
            let (line, adjusts_on) = line.split_once(LineText::ADJUSTS).unwrap_or((line, ""));
            let period_on = if adjusts_on.is_empty() { own.period_on.to_string() } else { adjusts_on.to_owned() };
            let key = [&own.contract, &period_on, &own.party, &own.asset, line].map(str::to_owned);
            *sums.entry(key).or_default() += amount;
        }
    }
    sums.retain(|_, amount| *amount != 0);
    sums
}

/// A batch as a reading lane gives it: words by the lane's own numbers.
#[must_use]
pub fn in_lane(batch: &Columns, dictionary: &Dictionary, own: &mut Dictionary, lane: usize) -> Columns {
    let mut columns = batch.clone();
    columns.lane = u16::try_from(lane).expect("few lanes");
    let known = own.len();
    for word in columns.words.iter_mut().flatten() {
        *word = own.intern(dictionary.text(*word));
    }
    columns.new_words = own.texts_from(known).to_vec();
    columns
}

fn note(world: &World, columns: &Columns, decisions: &Decisions, rows: &mut Vec<Decided>, released: &mut Vec<Decided>) {
    let decided = |columns: &Columns, row: usize, outcome: engine::Outcome, released| Decided {
        source: world.book.sources[usize::from(columns.source[row].0)].id.to_string(),
        id: columns.id.text(row).to_owned(),
        what: name_of(outcome),
        released,
    };
    for (row, outcome) in decisions.rows.clone().zip(&decisions.outcomes) {
        rows.push(decided(columns, row, *outcome, false));
    }
    released.extend(decisions.released.iter().map(|event| decided(&event.columns, 0, event.outcome, true)));
}

/// `accepted` or the name of a code.
#[must_use]
pub const fn name_of(outcome: engine::Outcome) -> &'static str {
    match outcome {
        engine::Outcome::Accepted => "accepted",
        engine::Outcome::Refused(code) => code.name(),
        engine::Outcome::Waits => "original_unknown",
        engine::Outcome::NotYet => "not yet",
    }
}

fn seen(world: &World, engine: &Engine, decisions: Vec<Decided>) -> Seen {
    let state = engine.state();
    let count = |count| u64::try_from(count).expect("nothing is counted below zero");
    let counts = Counts {
        events: count(state.counts.events()),
        accepted: count(state.counts.accepted),
        duplicates: count(state.counts.duplicates),
        conflicts: count(state.counts.conflicts),
        held: count(state.counts.held),
        rejected: count(state.counts.rejected),
        outside_records: count(state.counts.outside_passed + state.counts.outside_failed),
    };
    let statements =
        state.statements.iter().chain(&engine.provisional()).map(|own| stated(world, engine, own)).collect();
    let party_of = |party: PartyId| party_text(world, party);
    let purpose_of = |purpose: ledger::Purpose| world.book.purposes[usize::from(purpose.0)].to_string();
    let mut balances: BTreeMap<String, BTreeMap<String, i128>> = BTreeMap::new();
    for account in state.chart.accounts_from(0) {
        let balance = state.balances.of(state.chart.open_number(*account));
        if balance != 0 {
            let name = account.name(&party_of, &party_of(world.book.operator), &purpose_of);
            let asset = world.book.assets[usize::from(account.asset().0)].name.to_string();
            balances.entry(name).or_default().insert(asset, balance);
        }
    }
    Seen { decisions, counts, statements, balances }
}

fn party_text(world: &World, party: PartyId) -> String {
    world.book.parties[party.0 as usize].id.to_string()
}

fn stated(world: &World, engine: &Engine, own: &Statement) -> ModelStatement {
    let mut lines = BTreeMap::new();
    for line in own.lines.iter().filter(|line| line.amount != 0) {
        let text = text_of(world, engine, own, line).to_string();
        let before = lines.insert(text.clone(), line.amount);
        assert_eq!(before, None, "one line of a kind: {text}");
    }
    ModelStatement {
        contract: world.book.contracts[usize::from(own.contract.0)].id.to_string(),
        party: party_text(world, own.party),
        period_on: own.period.first,
        asset: world.book.assets[usize::from(own.asset.0)].name.to_string(),
        issued: matches!(own.status, Status::Issued { .. }),
        total: own.total,
        lines,
    }
}

fn text_of(world: &World, engine: &Engine, own: &Statement, line: &StatementLine) -> LineText {
    let key = &line.key;
    let (term, version) = match key.of {
        LineOf::Term { term, version } => {
            let said = &world.book.contracts[usize::from(own.contract.0)].versions[usize::from(version)];
            let id = &said.terms[usize::from(term)].id;
            (piece_text(id, usize::from(key.piece)), format!("{}#{version}", said.valid_from))
        }
        LineOf::Adjustment { .. } => panic!("random worlds have no adjustments"),
        LineOf::Document { rate, rounding, self_billed } => (document_text(rate, rounding, self_billed), String::new()),
    };
    let word = |word: &event::Word| engine.state().dictionary.text(*word).to_owned();
    LineText {
        term,
        version,
        part: key.part,
        dimensions: key.dimensions.iter().map(word).collect(),
        debtor: party_text(world, key.debtor),
        creditor: party_text(world, key.creditor),
        owed: line.side == Side::Owed,
        adjusts_on: line.adjusts_on,
    }
}

/// Everything that an outcome says, one text for each fact, ascending.
pub(crate) fn facts(
    decisions: &[Decided],
    counts: Counts,
    statements: &[ModelStatement],
    balances: &BTreeMap<String, BTreeMap<String, i128>>,
) -> Vec<String> {
    let mut facts = vec![format!("{counts:?}")];
    for released in [false, true] {
        let these = decisions.iter().filter(|decided| decided.released == released).enumerate();
        facts.extend(these.map(|(number, decided)| {
            let when = if released { "released" } else { "decided" };
            format!("{when} {number:04} {} {}: {}", decided.source, decided.id, decided.what)
        }));
    }
    for own in statements.iter().filter(|own| !own.lines.is_empty()) {
        let status = if own.issued { "issued" } else { "provisional" };
        let head = format!("{} {} {} {} {status}", own.contract, own.period_on, own.party, own.asset);
        facts.push(format!("{head} total {}", own.total));
        facts.extend(own.lines.iter().map(|(line, amount)| format!("{head}: {line} = {amount}")));
    }
    for (account, balances) in balances {
        facts.extend(balances.iter().map(|(asset, amount)| format!("balance {account} {asset} = {amount}")));
    }
    facts.sort();
    facts
}
