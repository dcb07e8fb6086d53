//! `jeongsan simulate`: whole nodes played by seeds, over a disk that crashes, fails and lies, and audited by somebody who
//! shares no code with the engine. A seed and the release give the same again.

use crate::failure::Failure;
use crate::tongue::Tongue;
use serde_json::{Map, json};
use simulator::disk::Honesty;
use simulator::node::tally::{Tally, simulate_beside};
use std::fmt::Write as _;
use std::io::Write;
use std::path::Path;

/// Broken seeds that are told.
const TOLD_MAX: usize = 10;

/// Exit code where a promise was broken.
const BROKEN: u8 = 1;

pub(crate) fn command(
    from: u64,
    seeds: u64,
    threads: Option<u16>,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let tally =
        simulate_beside(from..from.saturating_add(seeds), threads.map_or(processors, usize::from), Honesty::Honest);
    let told = if as_json { json_of(&tally) } else { text_of(&tally, tongue) };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))?;
    Ok(if tally.broken.is_empty() { 0 } else { BROKEN })
}

fn text_of(tally: &Tally, tongue: Tongue) -> String {
    let (seeds, broken) = (tally.seeds + tally.broken.len() as u64, tally.broken.len());
    let mut text = match tongue {
        Tongue::English => format!("{seeds} seeds; {broken} broke a promise\n"),
        Tongue::Korean => format!("시드 {seeds}개 중 {broken}개에서 약속이 깨졌습니다\n"),
    };
    for (name, (count, in_seeds)) in &tally.happened {
        let thousandths = in_seeds * 1_000 / tally.seeds.max(1);
        let (whole, tenth) = (thousandths / 10, thousandths % 10);
        writeln!(text, "{count:>12}  {whole:>3}.{tenth} %  {name}").expect("a string takes every text");
    }
    for (seed, violation) in tally.broken.iter().take(TOLD_MAX) {
        writeln!(text, "seed {seed}: {}: {}", violation.promise, violation.said).expect("a string takes every text");
    }
    text
}

fn json_of(tally: &Tally) -> String {
    let happened: Map<String, _> = tally
        .happened
        .iter()
        .map(|(name, (count, seeds))| ((*name).to_owned(), json!({ "count": count, "seeds": seeds })))
        .collect();
    let broken: Vec<_> = tally
        .broken
        .iter()
        .take(TOLD_MAX)
        .map(|(seed, violation)| json!({ "seed": seed, "promise": violation.promise, "said": violation.said }))
        .collect();
    format!(
        "{:#}\n",
        json!({ "seeds": tally.seeds + tally.broken.len() as u64, "broken": tally.broken.len(), "happened": happened, "told": broken })
    )
}
