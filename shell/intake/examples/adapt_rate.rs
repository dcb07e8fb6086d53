//! How long one event takes on one core, stage by stage: `cargo run --release -p intake --example adapt_rate`.
//!
//! Lines as the simulator's workload writes them (some 264 bytes), all good, read several times from memory; of the
//! rounds the median is shown. A benchmark, not a test: the figures belong to the machine.

use calendar::{Instant, Zone};
use event::{AdapterId, Columns, Dictionary, FileId, KindId, NumberField, Schema, SourceId};
use intake::adapter::{
    Adapter, Choice, Encoding, Format, IdentityPlan, KindPlan, NumberPlan, Path, Received, Route, SourcePlan, Step,
    TimeFormat, TimePlan, Unit, WordPlan,
};
use intake::{Chunk, FileFacts, Reader, Splitter};
use money::{Asset, AssetId};
use std::io::Write;
use std::time::Duration;

const LINES: u64 = 400_000;
const ROUNDS: usize = 7;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let adapter = adapter();
    let bytes = lines();
    let file = FileFacts { id: FileId(0), name: "events.jsonl".into(), received_at: Instant::NONE, slot: None };
    let mut reader = Reader::new(&adapter, 0);
    let mut out = Columns::new(adapter.id, &adapter.schema);
    let mut chunk = Chunk::default();
    let (mut split, mut adapt) = (Vec::new(), Vec::new());
    let mut events = 0;
    for _ in 0..ROUNDS {
        let mut splitter = Splitter::new(bytes.as_slice(), &adapter);
        let (mut split_time, mut adapt_time) = (Duration::ZERO, Duration::ZERO);
        events = 0;
        loop {
            let started = std::time::Instant::now();
            let more = splitter.next_chunk(&mut chunk)?;
            let cut = std::time::Instant::now();
            if !more {
                break;
            }
            reader.adapt(&chunk, &file, &mut out);
            split_time += cut - started;
            adapt_time += cut.elapsed();
            events += out.len();
        }
        split.push(split_time);
        adapt.push(adapt_time);
    }
    assert_eq!(events as u64, LINES, "all generated lines are good");
    let each = |mut times: Vec<Duration>| {
        times.sort();
        times[ROUNDS / 2].as_nanos() / u128::from(LINES)
    };
    let mut screen = std::io::stdout().lock();
    writeln!(screen, "{} bytes an event", bytes.len() as u64 / LINES)?;
    writeln!(screen, "split {} ns, adapt {} ns an event", each(split), each(adapt))?;
    Ok(())
}

fn lines() -> Vec<u8> {
    let mut bytes = Vec::new();
    for index in 0..LINES {
        let draw = mix(index);
        let other = mix(draw);
        let id = |draw: u64| {
            let (high, low) = (draw, mix(draw ^ 1));
            let parts = [high >> 32, high >> 16 & 0xffff, high & 0xfff, low >> 48 & 0x3fff];
            let [first, second, third, fourth] = parts;
            format!("{first:08x}-{second:04x}-4{third:03x}-{:04x}-{:012x}", fourth | 0x8000, low & 0xffff_ffff_ffff)
        };
        let (currency, digits) = [("KRW", 0), ("USD", 2), ("JPY", 0), ("EUR", 2)][(draw % 4) as usize];
        let amount = other % 500_000 + 1;
        let amount = if digits == 0 { amount.to_string() } else { format!("{}.{:02}", amount / 100, amount % 100) };
        let linked = draw % 10 < 3;
        let reference = if linked { format!("\"ref\":\"{}\",", id(mix(draw / 2))) } else { String::new() };
        let kind = if linked { "refund" } else { "sale" };
        let second = index * 40 * 86_400 / LINES;
        let (day, clock) = (second / 86_400, second % 86_400);
        let date = if day < 31 { format!("2025-03-{:02}", day + 1) } else { format!("2025-04-{:02}", day - 30) };
        let time = format!("{date}T{:02}:{:02}:{:02}", clock / 3_600, clock / 60 % 60, clock % 60);
        let line = format!(
            "{{\"id\":\"{}\",\"kind\":\"{kind}\",\"partner\":\"p{:02}\",\"game\":\"g{:03}\",\"currency\":\"{currency}\",\
             \"amount\":\"{amount}\",{reference}\"occurred_at\":\"{time}.{:03}Z\",\"received_at\":\"{time}.999Z\",\
             \"user\":\"u{:03}\",\"round\":\"{:03}\",\"channel\":\"{}\"}}\n",
            id(draw),
            draw % 50 + 1,
            other % 200 + 1,
            draw % 999,
            other % 1_000,
            draw % 1_000,
            ["web", "app", "pos", "api"][(other % 4) as usize],
        );
        bytes.extend_from_slice(line.as_bytes());
    }
    bytes
}

/// The output function of SplitMix64.
fn mix(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let first = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let second = (first ^ (first >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    second ^ (second >> 31)
}

fn path(name: &str) -> Path {
    Path { text: name.into(), steps: vec![Step::Member(name.into())] }
}

fn word(name: &str) -> WordPlan {
    WordPlan { path: path(name), map: Vec::new(), other: None, blank: None }
}

fn adapter() -> Adapter {
    let time = TimePlan { path: path("occurred_at"), format: TimeFormat::Rfc3339, optional: false };
    let number = NumberPlan { path: path("amount"), or: None, unit: Unit::Decimal, negate: false, blank: None };
    let kind = |link: Option<&str>| KindPlan { link: link.map(path), original_kind: None, id_reused: false };
    let assets = [("KRW", 0), ("USD", 2), ("JPY", 0), ("EUR", 2)];
    Adapter {
        name: "events".into(),
        id: AdapterId(0),
        format: Format::JsonLines,
        encoding: Encoding::Utf8,
        files: vec!["*.jsonl".into()],
        outside: false,
        zone: Zone::utc(),
        second_of_twice: false,
        received: Received::Column { path: path("received_at"), format: TimeFormat::Rfc3339 },
        route: Route::Only,
        kind: Choice::Column { path: path("kind"), to: vec![("sale".into(), KindId(0)), ("refund".into(), KindId(1))] },
        asset: Choice::Column {
            path: path("currency"),
            to: assets.iter().zip(0..).map(|(asset, number)| (asset.0.into(), AssetId(number))).collect(),
        },
        schema: Schema {
            words: vec!["partner".into(), "game".into()],
            numbers: vec![NumberField { name: "amount".into(), scale: 2, money: true }],
            times: vec!["occurred_at".into()],
            dates: Vec::new(),
            inherited: Vec::new(),
        },
        words: vec![word("partner"), word("game")],
        numbers: vec![number],
        times: vec![time],
        dates: Vec::new(),
        sources: vec![SourcePlan {
            id: SourceId(0),
            name: "events".into(),
            identity: IdentityPlan::Field(path("id")),
            scheme: 1,
            kinds: vec![Some(kind(None)), Some(kind(Some("ref")))],
            checks: Vec::new(),
            events_per_s_max: None,
        }],
        assets: assets.iter().map(|asset| Asset { name: asset.0.into(), digits: asset.1 }).collect(),
        kinds: vec!["sale".into(), "refund".into()],
        literals: Dictionary::default(),
        key: 0x5eed,
    }
}
