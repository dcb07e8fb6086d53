//! `jeongsan compare BOOK OTHER-BOOK EVENTS…`: what the same events come to under another book, and why.
//!
//! Four ways, the first that is sound: over the *tallies* of the first book, where the books differ only in what `F` makes
//! of sums (milliseconds); *together*, where one engine rates each event by the contracts of both; by *decisions* of two
//! engines over one parse, where files are read alike; else by *separate* runs. What is compared is the truth of each period as known at the end: a restatement counts for the period that it
//! restates, so that nothing depends on when statements were issued.

mod causes;
mod report;
mod tallies;
mod together;
mod truth;

use crate::arguments::Compare;
use crate::failure::Failure;
use crate::memory::{Case, Manner};
use crate::sandbox::Sandbox;
use crate::tongue::Tongue;
use book::{Changed, Loaded};
use calendar::Date;
use causes::{Cause, Causes};
use engine::{Book, Counts, Engine};
use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant as Moment};
use truth::{Place, Truth, truth_of};

/// How the other book's figures came about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Way {
    /// `F` over the tallies of the first.
    Tallies,
    /// One engine decided by a book with the contracts of both.
    Together,
    /// Both decided the same batches.
    Decisions,
    /// Both read the files.
    Separate,
}

impl Way {
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Tallies => "tallies",
            Self::Together => "together",
            Self::Decisions => "decisions",
            Self::Separate => "separate",
        }
    }
}

/// What the comparison came to.
pub(crate) struct Compared {
    /// Ids of the books.
    pub(crate) books: [String; 2],
    pub(crate) way: Way,
    pub(crate) as_of: String,
    /// Events by what became of them, under each book.
    pub(crate) counts: [Counts; 2],
    pub(crate) elapsed: Duration,
    pub(crate) changes: Vec<Changed>,
    pub(crate) differences: Vec<Difference>,
}

/// A statement's period that comes to something else.
pub(crate) struct Difference {
    pub(crate) contract: String,
    pub(crate) party: String,
    pub(crate) period: String,
    pub(crate) asset: String,
    pub(crate) digits: u8,
    pub(crate) before: i128,
    pub(crate) after: i128,
    pub(crate) terms: Vec<TermDifference>,
}

/// A term that comes to something else.
pub(crate) struct TermDifference {
    pub(crate) term: TermName,
    pub(crate) before: i128,
    pub(crate) after: i128,
    pub(crate) causes: Vec<Cause>,
}

/// A term of a statement over all its versions, dimensions and sides, its VAT apart.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct TermName {
    /// None for VAT of the document and for adjustments.
    pub(crate) term: Option<String>,
    /// `charge`, `vat` or `vat_included`.
    pub(crate) part: String,
    pub(crate) vat_rate: Option<String>,
}

impl TermName {
    pub(crate) fn label(&self) -> String {
        match (&self.term, &self.vat_rate) {
            (Some(term), _) if self.part == "charge" => term.clone(),
            (Some(term), _) => format!("{term} VAT"),
            (None, Some(rate)) => format!("VAT {rate}"),
            (None, None) => "adjustment".to_owned(),
        }
    }
}

pub(crate) fn command(options: &Compare, as_json: bool, tongue: Tongue, out: &mut dyn Write) -> Result<(), Failure> {
    let manner = Manner::of(&options.run, !as_json)?;
    let received_at = options.run.received_at()?;
    let case = Case::open(&options.book, &options.events, received_at)?;
    let refused = |faults| Failure::Book { folder: options.other.clone(), faults };
    let other = book::load_folder(&options.other).map_err(refused)?;
    let compared = if reads_alike(&case.loaded, &other) {
        compare(&case, &other, &manner)?
    } else {
        let apart = Case::open(&options.other, &options.events, received_at)?;
        compare_apart(&case, &apart, &manner)?
    };
    let text = if as_json { report::json(&compared) } else { report::text(&compared, tongue) };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// Whether two books read files alike: a batch that one's adapters made is what the other's would have made.
fn reads_alike(left: &Loaded, right: &Loaded) -> bool {
    fn sources(loaded: &Loaded) -> impl Iterator<Item = &(String, Vec<u8>)> {
        loaded.files.iter().filter(|(path, _)| path.starts_with("sources/"))
    }
    let (one, two) = (&left.book, &right.book);
    sources(left).eq(sources(right))
        && one.assets == two.assets
        && one.kinds == two.kinds
        && one.schemas == two.schemas
        && left.adapters.iter().zip(&right.adapters).all(|(one, two)| one.zone == two.zone)
}

/// A book, and what it makes of the events.
struct Side<'a> {
    loaded: &'a Loaded,
    truth: Truth,
    counts: Counts,
}

impl<'a> Side<'a> {
    fn of(loaded: &'a Loaded, engine: &Engine) -> Self {
        Self { loaded, truth: truth_of(engine, Some), counts: engine.state().counts }
    }
}

/// Compares over one parse.
fn compare(case: &Case, other: &Loaded, manner: &Manner) -> Result<Compared, Failure> {
    let started = Moment::now();
    if tallies::are_shared(&case.loaded, other) {
        return compare_tallies(case, other, manner, started);
    }
    match compare_together(case, other, manner, started)? {
        Some(compared) => Ok(compared),
        None => compare_decisions(case, other, manner, started),
    }
}

fn compare_tallies(case: &Case, other: &Loaded, manner: &Manner, started: Moment) -> Result<Compared, Failure> {
    let mut engine = case.decide(vec![case.engine(&case.loaded, manner)?], manner)?.remove(0);
    let mut shared = Sandbox::filled(&engine, Arc::new(other.book.clone())).into_engine();
    shared.schedule(case.commands(other)?);
    if let Some(as_of) = case.finish(&mut engine, manner)? {
        shared.finish(as_of);
    }
    let left = Side::of(&case.loaded, &engine);
    let right = Side { counts: left.counts, ..Side::of(other, &shared) };
    Ok(compared([left, right], Way::Tallies, &engine, started))
}

/// Compares by one engine; none where it could not stand for both books.
fn compare_together(
    case: &Case,
    other: &Loaded,
    manner: &Manner,
    started: Moment,
) -> Result<Option<Compared>, Failure> {
    // A command speaks of one contract.
    let both = if case.command_files.is_empty() { together::both(&case.loaded, other) } else { None };
    let Some(both) = both.filter(|both| reads_alike(&case.loaded, &both.loaded)) else { return Ok(None) };
    let engine = case.engine(&both.loaded, manner)?;
    let Some(mut engine) = case.decide_within(engine, manner)? else { return Ok(None) };
    case.finish(&mut engine, manner)?;
    let counts = engine.state().counts;
    let differs = |contract| both.variants.values().any(|id| id == contract);
    let before = truth_of(&engine, |contract| differs(contract).then_some(contract));
    let after = truth_of(&engine, |contract| both.variants.get(contract).map(String::as_str));
    let left = Side { loaded: &case.loaded, truth: before, counts };
    let right = Side { loaded: other, truth: after, counts };
    Ok(Some(compared([left, right], Way::Together, &engine, started)))
}

fn compare_decisions(case: &Case, other: &Loaded, manner: &Manner, started: Moment) -> Result<Compared, Failure> {
    let books = [&case.loaded, other];
    let engines = books.iter().map(|loaded| case.engine(loaded, manner)).collect::<Result<Vec<_>, _>>()?;
    let mut engines = case.decide(engines, manner)?;
    for engine in &mut engines {
        case.finish(engine, manner)?;
    }
    let sides = [0, 1].map(|side| Side::of(books[side], &engines[side]));
    Ok(compared(sides, Way::Decisions, &engines[0], started))
}

/// Compares two runs that each read the files.
fn compare_apart(left: &Case, right: &Case, manner: &Manner) -> Result<Compared, Failure> {
    let started = Moment::now();
    let mut engines = Vec::new();
    for case in [left, right] {
        let mut engine = case.decide(vec![case.engine(&case.loaded, manner)?], manner)?.remove(0);
        case.finish(&mut engine, manner)?;
        engines.push(engine);
    }
    let sides = [Side::of(&left.loaded, &engines[0]), Side::of(&right.loaded, &engines[1])];
    Ok(compared(sides, Way::Separate, &engines[0], started))
}

/// What two sides come to; `engine` says as of when.
fn compared(sides: [Side<'_>; 2], way: Way, engine: &Engine, started: Moment) -> Compared {
    let books = sides.each_ref().map(|side| &side.loaded.book);
    let changes = book::changes(&sides[0].loaded.files, &sides[1].loaded.files);
    let causes = Causes::new(&changes, books[0], books[1]);
    let differences = differences(sides.each_ref().map(|side| &side.truth), books, &causes);
    let as_of = engine.state().stamp.present().map_or_else(String::new, |at| at.to_string());
    let counts = sides.each_ref().map(|side| side.counts);
    let books = books.map(|book| book.id.to_string());
    Compared { books, way, as_of, counts, elapsed: started.elapsed(), differences, changes }
}

fn differences([left, right]: [&Truth; 2], books: [&Book; 2], causes: &Causes<'_>) -> Vec<Difference> {
    let places: BTreeSet<&Place> = left.keys().chain(right.keys()).collect();
    let nothing = (0, BTreeMap::new());
    let mut found = Vec::new();
    for place in places {
        let (old, new) = (left.get(place).unwrap_or(&nothing), right.get(place).unwrap_or(&nothing));
        let names: BTreeSet<&TermName> = old.1.keys().chain(new.1.keys()).collect();
        let (mut terms, mut totals) = (Vec::new(), [0, 0]);
        for name in names {
            let amounts = [old, new].map(|side| side.1.get(name).copied().unwrap_or(0));
            if name.part != "vat_included" {
                totals = [totals[0] + amounts[0], totals[1] + amounts[1]];
            }
            if amounts[0] != amounts[1] {
                let causes = causes.of(&place.0, name);
                terms.push(TermDifference { term: name.clone(), before: amounts[0], after: amounts[1], causes });
            }
        }
        if !terms.is_empty() {
            let (contract, party, first_on, asset) = place.clone();
            let period = period_name(books, &contract, &first_on);
            let digits = old.0.max(new.0);
            let [before, after] = totals;
            found.push(Difference { contract, party, period, asset, digits, before, after, terms });
        }
    }
    found
}

/// The name of the period that begins on a day, in the first of two books that has the contract.
fn period_name(books: [&Book; 2], contract: &str, first_on: &str) -> String {
    let cycle = books.iter().find_map(|book| {
        let found = book.contracts.iter().find(|own| &*own.id == contract)?;
        Some(&found.cycle)
    });
    match (cycle, Date::parse(first_on)) {
        (Some(cycle), Some(day)) => cycle.period_of(day).name(),
        _ => first_on.to_owned(),
    }
}
