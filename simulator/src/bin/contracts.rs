//! `contracts [--json] [--runs N]`: how fast contracts are evaluated, ticked and closed on this machine.
//!
//! One contract of 20 terms in 3 versions stands in a book as many times as are asked for, each with a source of its own;
//! its events are made in memory, so that nothing but the engine is measured. Figures are medians of several runs:
//! `evaluate_ms` is `F` of one contract over 31 days and 200 games; `tick_ms` a tick of 10,000 contracts of which 500 have
//! moved; `close_s` the cut of all 10,000 with their statements.

use calendar::Instant;
use engine::{BOOK_LANE, Book, Engine};
use event::{Columns, FileId, Identity, SourceId};
use intake::adapter::Adapter;
use intake::{Chunk, FileFacts, Reader, Splitter};
use money::AssetId;
use std::error::Error;
use std::fmt::Write as _;
use std::io::Write;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};

type Failed = Box<dyn Error>;

const DAYS: u32 = 31;
const GAMES: u32 = 200;
const CONTRACTS: u16 = 10_000;
const MOVED: u16 = 500;

fn main() -> ExitCode {
    match bench(&std::env::args().skip(1).collect::<Vec<_>>()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(failed) => {
            eprintln!("contracts: {failed}");
            ExitCode::FAILURE
        }
    }
}

fn bench(arguments: &[String]) -> Result<(), Failed> {
    let (mut json, mut runs) = (false, 5_usize);
    let mut rest = arguments.iter();
    while let Some(option) = rest.next() {
        match option.as_str() {
            "--json" => json = true,
            "--runs" => runs = rest.next().ok_or("--runs needs a number")?.parse::<usize>()?.max(1),
            _ => return Err(format!("unknown option {option}").into()),
        }
    }
    let (mut evaluating, mut ticking, mut closing) = (Vec::new(), Vec::new(), Vec::new());
    for _ in 0..runs {
        evaluating.push(evaluate()?);
        let (tick, close) = tick_and_close()?;
        ticking.push(tick);
        closing.push(close);
    }
    let figures = [
        ("evaluate_ms", median(evaluating).as_secs_f64() * 1e3, "ms"),
        ("tick_ms", median(ticking).as_secs_f64() * 1e3, "ms"),
        ("close_s", median(closing).as_secs_f64(), "s"),
    ];
    let mut out = std::io::stdout().lock();
    for (figure, value, unit) in figures {
        if json {
            let object = serde_json::json!({ "bench": "contracts", "figure": figure, "value": value, "unit": unit, "runs": runs });
            writeln!(out, "{object}")?;
        } else {
            writeln!(out, "{figure:24} {value:>16.3} {unit}")?;
        }
    }
    Ok(())
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort_unstable();
    times[times.len() / 2]
}

/// Time of `F` for one contract with a tally for each day and game.
fn evaluate() -> Result<Duration, Failed> {
    let (book, adapters) = book(1)?;
    let mut engine = Engine::new(Arc::new(book));
    for mut columns in events(&adapters[0], GAMES)? {
        let rows = columns.len();
        engine.decide(&mut columns, 0..rows);
    }
    let now = engine.state().stamp;
    let period = engine.state().contracts[0].periods_by_day().next().ok_or("the contract has a period")?;
    let mut times = Vec::new();
    for _ in 0..20 {
        let started = Moment::now();
        let evaluated = engine.evaluate(0, period, AssetId(0), now);
        times.push(started.elapsed());
        assert!(evaluated.lines.len() > 2_000, "every term has its lines: {}", evaluated.lines.len());
    }
    Ok(median(times))
}

/// Times of a tick over all contracts of which some have moved, and of the cut of all.
fn tick_and_close() -> Result<(Duration, Duration), Failed> {
    let (book, adapters) = book(CONTRACTS)?;
    let mut engine = Engine::new(Arc::new(book));
    let mut batches = events(&adapters[0], 1)?;
    let mut first = batches.swap_remove(0);
    let rows = first.len();
    engine.decide(&mut first, 0..rows);
    for source in 1..CONTRACTS {
        decide_for(&mut engine, &first, source, 0, rows);
    }
    let stamp = engine.state().stamp;
    // Kept until the end: giving back the memory of the first tick of all contracts is no part of the second.
    let first_tick = engine.finish(stamp);
    for source in 0..MOVED {
        decide_for(&mut engine, &first, source * (CONTRACTS / MOVED), 1 << 64, 1);
    }
    let started = Moment::now();
    let ticked = engine.finish(stamp);
    let tick = started.elapsed();
    assert!(ticked.entries.len() >= usize::from(MOVED), "every moved contract posts: {}", ticked.entries.len());
    let started = Moment::now();
    let closed = engine.finish(Instant::parse_rfc3339(b"2024-05-01T00:00:00Z").ok_or("an instant")?);
    let close = started.elapsed();
    drop(first_tick);
    assert!(closed.statements.len() >= usize::from(CONTRACTS), "every contract issues: {}", closed.statements.len());
    Ok((tick, close))
}

/// The first rows of a batch again, as events of another source.
fn decide_for(engine: &mut Engine, batch: &Columns, source: u16, salt: u128, rows: usize) {
    let mut columns = batch.clone();
    columns.lane = BOOK_LANE;
    columns.new_words.clear();
    columns.source.fill(SourceId(source));
    for identity in &mut columns.identity {
        *identity = Identity(identity.0 ^ (u128::from(source) << 100) ^ salt);
    }
    engine.decide(&mut columns, 0..rows);
}

/// A book with so many copies of the contract, each with a source of its own.
fn book(contracts: u16) -> Result<(Book, Vec<Adapter>), Failed> {
    let loaded = book::load_files(files()).map_err(|faults| faults[0].to_string())?;
    let mut book = loaded.book;
    for copy in 1..contracts {
        let mut source = book.sources[0].clone();
        source.id = format!("s{copy}").into();
        book.sources.push(source);
        let mut contract = book.contracts[0].clone();
        contract.id = format!("c{copy}").into();
        contract.sources = vec![SourceId(copy)];
        book.contracts.push(contract);
    }
    Ok((book, loaded.adapters))
}

/// One event for each day of March and each game, in batches.
fn events(adapter: &Adapter, games: u32) -> Result<Vec<Columns>, Failed> {
    let mut text = String::from("id,happened,game,bets,wins,bonus,received\n");
    for day in 1..=DAYS {
        for game in 0..games {
            let (bets, wins) = (100_000 + 37 * day * (game + 1) % 9_000, 90_000 + 91 * day * (game + 3) % 9_500);
            let happened = format!("2024-03-{day:02}T12:00:00+09:00");
            let bonus = (day + game) % 500;
            writeln!(text, "{day}-{game},{happened},g{game},{bets},{wins},{bonus},{happened}")?;
        }
    }
    let mut splitter = Splitter::new(text.as_bytes(), adapter);
    let facts = FileFacts { id: FileId(0), name: "plays.csv".into(), received_at: Instant::NONE, slot: None };
    let mut reader = Reader::new(adapter, 0);
    let (mut chunk, mut batches) = (Chunk::default(), Vec::new());
    while splitter.next_chunk(&mut chunk)? {
        let mut columns = Columns::new(adapter.id, &adapter.schema);
        reader.adapt(&chunk, &facts, &mut columns);
        assert!(columns.refused.is_empty(), "the events fit their adapter: {:?}", columns.refused[0]);
        batches.push(columns);
    }
    Ok(batches)
}

fn files() -> Vec<(String, Vec<u8>)> {
    let mut contract = String::from(CONTRACT);
    for (valid_from, rate) in [("2024-03-01", 10), ("2024-03-11", 11), ("2024-03-21", 12)] {
        contract.push_str(&version(valid_from, rate));
    }
    let files = [
        ("book.toml", BOOK.to_owned()),
        ("parties.toml", PARTIES.to_owned()),
        ("sources/plays.toml", SOURCE.to_owned()),
        ("contracts/games.toml", contract),
    ];
    files.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
}

/// A version of 20 terms: five by game, nine over all games, six closing ones.
fn version(valid_from: &str, rate: u32) -> String {
    let mut text = format!(
        "\n[[version]]\nvalid_from = \"{valid_from}\"\n\n[version.measures]\nggr = \"bets - wins\"\nturnover = \"bets\"\nbonus = \"bonus\"\nplays = \"1\"\n"
    );
    for number in 0..5 {
        share(&mut text, &format!("game-{number}"), &format!("rate = \"{}%\"\ndimensions = [\"game\"]", rate + number));
    }
    let tiers = "[{ up_to = \"1000000\", rate = \"10%\" }, { rate = \"15%\" }]";
    for number in 0..4 {
        share(&mut text, &format!("tier-{number}"), &format!("tiers = {tiers}"));
    }
    share(&mut text, "volume", &format!("tiers = {tiers}\ntiers_by = \"volume\"\naccumulator = \"turnover\""));
    share(&mut text, "carried", &format!("rate = \"{rate}%\"\ncarry = \"measure\""));
    let deductions = "[{ name = \"bonus\", of = \"bonus\" }, { name = \"cost\", rate = \"3%\", on = \"rest\" }]";
    share(&mut text, "net", &format!("rate = \"{rate}%\"\ndeductions = {deductions}"));
    for number in 0..2 {
        share(&mut text, &format!("flat-{number}"), "rate = \"1%\"");
    }
    for (id, kind, of, more) in [
        ("cap-0", "cap", "tier-0", "amount = \"400000\""),
        ("cap-1", "cap", "tier-1", "amount = \"500000\""),
        ("floor", "floor", "flat-0", "amount = \"0\""),
        ("minimum", "minimum", "carried", "amount = \"50000\"\nrecoupable = true"),
        ("carry", "carry", "net", ""),
        ("advance", "advance", "flat-1", "amount = \"1000000\"\non = \"2024-03-05\"\nshare = \"50%\""),
    ] {
        let sides = "debtor = \"operator\"\ncreditor = \"provider\"\npurpose = \"content\"";
        text.push_str(&format!(
            "\n[[version.term]]\nid = \"{id}\"\nkind = \"{kind}\"\nof = [\"{of}\"]\n{more}\n{sides}\n"
        ));
    }
    text
}

fn share(text: &mut String, id: &str, more: &str) {
    let sides = "debtor = \"operator\"\ncreditor = \"provider\"\npurpose = \"content\"";
    let rules = "rounding = { scope = \"line\", mode = \"half_up\" }\nreversal = \"rerate\"\nreversal_date = \"own\"";
    text.push_str(&format!(
        "\n[[version.term]]\nid = \"{id}\"\nkind = \"share\"\nof = \"ggr\"\n{more}\n{sides}\n{rules}\n"
    ));
}

const BOOK: &str = r#"[book]
id = "contracts"
name = "Contracts"
operator = "operator"
assets = ["KRW"]
zone = "Asia/Seoul"
"#;

const PARTIES: &str = r#"[[party]]
id = "operator"
name = "Operator"
tax_type = "general"

[[party]]
id = "provider"
name = "Provider"
tax_type = "general"
"#;

const SOURCE: &str = r#"[adapter]
id = "plays"
format = "csv"
files = ["plays.csv"]
header = true
role = "events"
received_at = { column = "received", format = "rfc3339" }
kind = "play"
asset = "KRW"

[adapter.fields]
id = { column = "id", type = "id" }
happened = { column = "happened", type = "time", format = "rfc3339" }
game = { column = "game", type = "word" }
bets = { column = "bets", type = "amount", unit = "decimal" }
wins = { column = "wins", type = "amount", unit = "decimal" }
bonus = { column = "bonus", type = "amount", unit = "decimal" }

[[source]]
id = "s0"
identity = { field = "id" }
"#;

const CONTRACT: &str = r#"[contract]
id = "c0"
sources = ["s0"]
date_basis = "happened"
cycle = "month"
grace = { days = 3 }
"#;
