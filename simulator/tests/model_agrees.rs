//! The naive model and the engine, on the same random worlds: the same decisions, counts, statements and balances.
//!
//! Where they differ one of them is wrong. Lines of nothing are left out on both sides, and so are statements that
//! consist of such: whether a sum of zero is worth a line is a question of layout.

use close::{Side, Statement, Status};
use contract::{LineKey, LineOf};
use engine::{Decisions, Engine};
use event::{Columns, Dictionary};
use simulator::model::{Decided, LineText, Model, ModelStatement, Outcome, document_text, piece_text};
use simulator::random::{World, world};
use std::collections::BTreeMap;
use std::sync::Arc;

const SEEDS: u64 = 400;

/// Reading lanes between which the batches alternate.
const LANES: usize = 3;

/// What an engine made of a world, in the words of the model.
struct Seen {
    decisions: Vec<Decided>,
    counts: [u64; 7],
    statements: Vec<ModelStatement>,
    balances: BTreeMap<String, BTreeMap<String, i128>>,
}

fn modelled(world: &World) -> Outcome {
    let mut model = Model::new(&world.book);
    for batch in &world.batches {
        model.take_batch(batch, &world.dictionary);
    }
    model.finish(world.as_of)
}

fn engined(world: &World) -> Seen {
    let mut engine = Engine::new(Arc::new(world.book.clone()));
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

/// A batch as a reading lane gives it: words by the lane's own numbers.
fn in_lane(batch: &Columns, dictionary: &Dictionary, own: &mut Dictionary, lane: usize) -> Columns {
    let mut columns = batch.clone();
    columns.lane = u16::try_from(lane).unwrap();
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
        what: match outcome {
            engine::Outcome::Accepted => "accepted",
            engine::Outcome::Refused(code) => code.name(),
            engine::Outcome::Waits => "original_unknown",
            engine::Outcome::NotYet => "not yet",
        },
        released,
    };
    for (row, outcome) in decisions.rows.clone().zip(&decisions.outcomes) {
        rows.push(decided(columns, row, *outcome, false));
    }
    released.extend(decisions.released.iter().map(|event| decided(&event.columns, 0, event.outcome, true)));
}

fn seen(world: &World, engine: &Engine, decisions: Vec<Decided>) -> Seen {
    let state = engine.state();
    let counts = &state.counts;
    let outside = counts.outside_passed + counts.outside_failed;
    let each =
        [counts.events(), counts.accepted, counts.duplicates, counts.conflicts, counts.held, counts.rejected, outside];
    let statements =
        state.statements.iter().chain(&engine.provisional()).map(|own| stated(world, engine, own)).collect();
    let party_of = |party: event::PartyId| world.book.parties[party.0 as usize].id.to_string();
    let purpose_of = |purpose: ledger::Purpose| world.book.purposes[usize::from(purpose.0)].to_string();
    let mut balances: BTreeMap<String, BTreeMap<String, i128>> = BTreeMap::new();
    for account in state.chart.accounts_from(0) {
        let balance = state.balances.of(state.chart.clone().open(*account));
        if balance != 0 {
            let name = account.name(&party_of, &party_of(world.book.operator), &purpose_of);
            let asset = world.book.assets[usize::from(account.asset().0)].name.to_string();
            balances.entry(name).or_default().insert(asset, balance);
        }
    }
    Seen { decisions, counts: each.map(|count| u64::try_from(count).unwrap()), statements, balances }
}

fn stated(world: &World, engine: &Engine, own: &Statement) -> ModelStatement {
    let mut lines = BTreeMap::new();
    for line in own.lines.iter().filter(|line| line.amount != 0) {
        let text = text_of(world, engine, own, &line.key, line.side == Side::Owed, line.adjusts_on);
        let before = lines.insert(text.clone(), line.amount);
        assert_eq!(before, None, "one line of a kind: {text}");
    }
    ModelStatement {
        contract: world.book.contracts[usize::from(own.contract.0)].id.to_string(),
        party: world.book.parties[own.party.0 as usize].id.to_string(),
        period_on: own.period.first,
        asset: world.book.assets[usize::from(own.asset.0)].name.to_string(),
        issued: matches!(own.status, Status::Issued { .. }),
        total: own.total,
        lines,
    }
}

fn text_of(
    world: &World,
    engine: &Engine,
    own: &Statement,
    key: &LineKey,
    owed: bool,
    adjusts_on: Option<calendar::Date>,
) -> String {
    let party = |party: event::PartyId| world.book.parties[party.0 as usize].id.to_string();
    let (term, version) = match key.of {
        LineOf::Term { term, version } => {
            let said = &world.book.contracts[usize::from(own.contract.0)].versions[usize::from(version)];
            (
                piece_text(&said.terms[usize::from(term)].id, usize::from(key.piece)),
                format!("{}#{version}", said.valid_from),
            )
        }
        LineOf::Adjustment { .. } => panic!("random worlds have no adjustments"),
        LineOf::Document { rate, rounding, self_billed } => (document_text(rate, rounding, self_billed), String::new()),
    };
    let word = |word: &event::Word| engine.state().dictionary.text(*word).to_owned();
    let text = LineText {
        term,
        version,
        part: key.part,
        dimensions: key.dimensions.iter().map(word).collect(),
        debtor: party(key.debtor),
        creditor: party(key.creditor),
        owed,
        adjusts_on,
    };
    text.to_string()
}

/// Everything that an outcome says, one text for each fact, so that two of them are compared line by line.
fn facts(
    decisions: &[Decided],
    counts: [u64; 7],
    statements: &[ModelStatement],
    balances: &BTreeMap<String, BTreeMap<String, i128>>,
) -> Vec<String> {
    let mut facts = Vec::new();
    for released in [false, true] {
        let these = decisions.iter().filter(|decided| decided.released == released).enumerate();
        facts.extend(these.map(|(number, decided)| {
            let when = if released { "released" } else { "decided" };
            format!("{when} {number:04} {} {}: {}", decided.source, decided.id, decided.what)
        }));
    }
    let names = ["events", "accepted", "duplicates", "conflicts", "held", "rejected", "outside records"];
    facts.extend(names.into_iter().zip(counts).map(|(name, count)| format!("{name}: {count}")));
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

/// What the two sides say differently; nothing where they agree.
fn differences(world: &World) -> Vec<String> {
    let outcome = modelled(world);
    let counts = outcome.counts;
    let each = [
        counts.events,
        counts.accepted,
        counts.duplicates,
        counts.conflicts,
        counts.held,
        counts.rejected,
        counts.outside_records,
    ];
    let model = facts(&outcome.decisions, each, &outcome.statements, &outcome.balances);
    let own = engined(world);
    let engine = facts(&own.decisions, own.counts, &own.statements, &own.balances);
    let only = |mark: char, these: &[String], those: &[String]| -> Vec<String> {
        let new = these.iter().filter(|fact| those.binary_search(fact).is_err());
        new.map(|fact| format!("{fact} <{mark}>")).collect()
    };
    let mut different = only('m', &model, &engine);
    different.extend(only('e', &engine, &model));
    different.sort();
    different
}

#[test]
fn the_model_agrees_with_the_engine() {
    for seed in 0..SEEDS {
        let different = differences(&world(seed));
        let shown: Vec<&String> = different.iter().take(40).collect();
        assert!(different.is_empty(), "seed {seed}: {} facts of model <m> and engine <e>: {shown:#?}", different.len());
    }
}
