//! `jeongsan shadow BOOK EVENTS… --against FILE`: the old system's results beside ours, every difference explained or
//! listed.
//!
//! Both sides are compared by contract, party, period and asset, and by term where the file has terms. Ours is the truth of
//! the period as known at the end. A difference is held against what can make one, from the simplest on: rounding, the
//! other sign, restatements counted elsewhere, terms, then events that only one side counts: the difference must come out
//! exactly when they are taken away or added (F over the tallies, not an estimate). What is left is listed as unexplained.

mod ours;
mod reasons;
mod report;
mod theirs;
mod trace;

use crate::arguments::Shadow;
use crate::failure::Failure;
use crate::memory::{Case, Manner};
use crate::tongue::Tongue;
use engine::Engine;
use money::Decimal;
use ours::Ours;
use reasons::Reason;
use std::io::Write;
use std::path::Path;
use theirs::{Figures, Place};

/// The exit code where a difference is left unexplained.
const EXIT_UNEXPLAINED: u8 = 1;

/// One figure that the two sides do not agree on.
pub(crate) struct Difference {
    pub(crate) place: Place,
    /// Name of the period.
    pub(crate) period: String,
    /// Empty for the whole.
    pub(crate) term: String,
    /// None where the file does not have it.
    pub(crate) theirs: Option<Decimal>,
    /// Line of the file.
    pub(crate) line: Option<usize>,
    /// None where there is no such statement here.
    pub(crate) ours: Option<Decimal>,
    /// Theirs less ours.
    pub(crate) difference: Decimal,
    /// None: unexplained.
    pub(crate) reason: Option<Reason>,
}

/// What the comparison came to.
pub(crate) struct Shadowed {
    pub(crate) book: String,
    pub(crate) against: String,
    pub(crate) as_of: String,
    /// Figures compared, and how many of them agree.
    pub(crate) figures: usize,
    pub(crate) agreeing: usize,
    pub(crate) differences: Vec<Difference>,
}

impl Shadowed {
    pub(crate) fn unexplained(&self) -> usize {
        self.differences.iter().filter(|difference| difference.reason.is_none()).count()
    }
}

pub(crate) fn command(options: &Shadow, as_json: bool, tongue: Tongue, out: &mut dyn Write) -> Result<u8, Failure> {
    let manner = Manner::of(&options.run, !as_json)?;
    let received_at = options.run.received_at()?;
    let case = Case::open(&options.book, &options.events, received_at)?;
    let theirs = theirs::read(&options.against, &case.loaded.book)?;
    let mut engine = case.decide(vec![case.engine(&case.loaded, &manner)?], &manner)?.remove(0);
    case.finish(&mut engine, &manner)?;
    let mut shadowed = compare(&theirs, &engine);
    shadowed.against = options.against.display().to_string();
    reasons::explain(&mut shadowed.differences, &case, &engine, options.rounding, &manner)?;
    let text = if as_json { report::json(&shadowed) } else { report::text(&shadowed, tongue) };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))?;
    Ok(if shadowed.unexplained() > 0 { EXIT_UNEXPLAINED } else { 0 })
}

/// Holds both sides against each other. Compared are the contracts and periods that the file speaks of.
fn compare(theirs: &Figures, engine: &Engine) -> Shadowed {
    let ours = Ours::of(engine);
    let mut keys: Vec<(Place, String)> = theirs.keys().cloned().collect();
    keys.extend(ours.asked_for(theirs));
    keys.sort();
    keys.dedup();
    let mut shadowed = Shadowed {
        book: engine.book().id.to_string(),
        against: String::new(),
        as_of: engine.state().stamp.present().map_or_else(String::new, |at| at.to_string()),
        figures: keys.len(),
        agreeing: 0,
        differences: Vec::new(),
    };
    for (place, term) in keys {
        let known = ours.truth(&place, &term);
        let figure = theirs.get(&(place.clone(), term.clone()));
        let digits = ours.digits(&place);
        let told = figure.map(|figure| figure.amount);
        let scale = told.map_or(digits, |told| told.scale.max(digits));
        let at = |amount: Option<Decimal>| amount.and_then(|amount| amount.units_at(scale).ok()).unwrap_or(0);
        let difference = Decimal { mantissa: at(told) - at(known), scale };
        if difference.mantissa == 0 {
            shadowed.agreeing += 1;
            continue;
        }
        let period = ours.period_name(engine, &place);
        let line = figure.map(|figure| figure.line);
        shadowed.differences.push(Difference {
            place,
            period,
            term,
            theirs: told,
            line,
            ours: known,
            difference,
            reason: None,
        });
    }
    shadowed
}
