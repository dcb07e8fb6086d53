//! What the next definition of a book may change, and what not.
//!
//! State and log were made under the definitions before: so what they name by number is there and means the same. First,
//! that nothing is gone ([`check_nothing_gone`]), by ids; then, when everything has its number, the two definitions are
//! compared as they were compiled ([`check`]), so that a text that says the same in other words is no change. What is
//! not compared may change at will: names, registration and dates of parties, how files are read, limits and checks of
//! sources, due dates and payouts of contracts, withholding, reconciliations. Θ(size of the definitions).

mod contracts;
mod sources;

use crate::assets::Assets;
use crate::base::{Earlier, Memory};
use crate::calendars::Calendars;
use crate::contracts::Contracts;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::parties::Parties;
use crate::rates::RateTables;
use crate::sources::Sources;
use calendar::{Date, HolidayCalendar, Zone};
use contract::Rates;
use engine::Book;
use intake::adapter::Adapter;
use std::collections::{BTreeMap, BTreeSet};

/// What was found in the files.
pub(crate) struct Found<'a> {
    pub(crate) parties: &'a Parties,
    pub(crate) assets: &'a Assets,
    pub(crate) calendars: &'a Calendars,
    pub(crate) rates: &'a RateTables,
    pub(crate) sources: &'a Sources,
    pub(crate) contracts: &'a Contracts,
}

/// Where the parts of a definition stand, by number.
pub(crate) struct Places {
    contracts: Vec<Place>,
    versions: Vec<Vec<Place>>,
    adapters: Vec<Place>,
    sources: Vec<Place>,
    calendars: Vec<Place>,
    rates: Vec<Place>,
}

/// The file that every book has.
const BOOK: Place = Place { file: 0, start: 0, end: 0 };

impl Places {
    pub(crate) fn of(found: &Found<'_>) -> Self {
        let adapters = &found.sources.adapters;
        let mut sources: Vec<_> = adapters.iter().flat_map(|adapter| &adapter.sources).collect();
        sources.sort_by_key(|draft| draft.plan.id);
        let versions = found.contracts.versions.iter();
        Self {
            contracts: found.contracts.places.clone(),
            versions: versions.map(|versions| versions.iter().map(|version| version.place).collect()).collect(),
            adapters: adapters.iter().map(|adapter| adapter.place).collect(),
            sources: sources.into_iter().map(|draft| draft.place).collect(),
            calendars: found.calendars.places.clone(),
            rates: found.rates.places.clone(),
        }
    }
}

/// Tells everything that the earlier definition has and the files have not.
pub(crate) fn check_nothing_gone(earlier: Earlier<'_>, found: &Found<'_>, findings: &mut Findings) {
    // What stands in a file that has faults may only seem to be gone.
    if findings.count() > 0 {
        return;
    }
    let book = earlier.book;
    let parties_at = findings.texts().iter().position(|text| text.path == "parties.toml").unwrap_or_default();
    let parties_at = Place { file: u32::try_from(parties_at).unwrap_or_default(), ..BOOK };
    for party in book.parties.iter().filter(|party| found.parties.find(&party.id).is_none()) {
        findings.fault(parties_at, "party", FaultKind::PartyGone { id: party.id.clone() });
    }
    let mut gone = |what: &str, id: &str| {
        findings.fault(BOOK, "", FaultKind::DefinitionGone { what: what.into(), id: id.into() });
    };
    for asset in book.assets.iter().filter(|asset| found.assets.find(&asset.name).is_none()) {
        gone("asset", &asset.name);
    }
    let names: BTreeSet<&str> = found.calendars.list.iter().map(|calendar| &*calendar.name).collect();
    book.calendars.iter().filter(|own| !names.contains(&*own.name)).for_each(|own| gone("calendar", &own.name));
    let names: BTreeSet<&str> = found.rates.list.iter().map(|rates| &*rates.id).collect();
    book.rates.iter().filter(|own| !names.contains(&*own.id)).for_each(|own| gone("rates", &own.id));
    let names: BTreeSet<&str> = found.sources.adapters.iter().map(|draft| &*draft.adapter.name).collect();
    book.adapters.iter().filter(|own| !names.contains(&***own)).for_each(|own| gone("adapter", own));
    for source in book.sources.iter().filter(|source| found.sources.find(&source.id).is_none()) {
        gone("source", &source.id);
    }
    contracts::check_nothing_gone(earlier, found.contracts, findings);
}

/// Tells everything that means something else than in the earlier definition and may not.
pub(crate) fn check(
    earlier: Earlier<'_>,
    (book, adapters, memory): (&Book, &[Adapter], &Memory),
    places: &Places,
    findings: &mut Findings,
) {
    check_head(earlier, book, findings);
    for (at, (before, after)) in earlier.book.calendars.iter().zip(&book.calendars).enumerate() {
        let today = Zone::utc().local(earlier.at).date();
        if let Some(key) = changed_calendar(before, after, today) {
            let kind = FaultKind::CalendarFixed { name: before.name.clone(), key: key.into() };
            findings.fault(places.calendars[at], "calendar", kind);
        }
    }
    for (at, (before, after)) in earlier.book.rates.iter().zip(&book.rates).enumerate() {
        if let Some(key) = changed_rates(before, after, book) {
            let kind = FaultKind::RatesFixed { rates: before.id.clone(), key: key.into() };
            findings.fault(places.rates[at], "rates", kind);
        }
    }
    sources::check(earlier, (book, adapters, memory), places, findings);
    contracts::check(earlier, book, places, findings);
}

fn check_head(earlier: Earlier<'_>, book: &Book, findings: &mut Findings) {
    let before = earlier.book;
    let mut fixed = |key: &str, before: String| {
        findings.fault(BOOK, key, FaultKind::BookFixed { key: key.into(), before: before.into() });
    };
    if before.id != book.id {
        fixed("book.id", format!("`{}`", before.id));
    }
    if before.operator != book.operator {
        fixed("book.operator", format!("`{}`", before.parties[before.operator.0 as usize].id));
    }
    for (before, after) in before.assets.iter().zip(&book.assets) {
        if before.digits != after.digits {
            fixed("book.assets", format!("{} with {} digits", before.name, before.digits));
        }
    }
    if before.opening != book.opening {
        let taken = before.opening.as_ref().map_or_else(|| "nothing".to_owned(), |opening| opening.on.to_string());
        fixed("opening.toml", taken);
    }
}

/// What a calendar says differently of days up to today.
fn changed_calendar(before: &HolidayCalendar, after: &HolidayCalendar, today: Date) -> Option<&'static str> {
    let passed = |calendar: &HolidayCalendar| -> Vec<Date> {
        calendar.holidays.iter().copied().filter(|day| *day <= today).collect()
    };
    let (from, until) =
        (|own: &HolidayCalendar| own.covers.map(|own| own.0), |own: &HolidayCalendar| own.covers.map(|own| own.1));
    match () {
        () if before.weekend != after.weekend => Some("weekend"),
        () if from(before) != from(after) => Some("from"),
        () if until(before) > until(after) => Some("to"),
        () if passed(before) != passed(after) => Some("holiday"),
        () => None,
    }
}

/// What rates say differently: all but further fixings.
fn changed_rates(before: &Rates, after: &Rates, book: &Book) -> Option<String> {
    let calendar = |rates: &Rates| rates.calendar.as_ref().map(|calendar| calendar.name.clone());
    let key = match () {
        () if before.base != after.base => "base",
        () if before.zone != after.zone => "zone",
        () if before.published_s != after.published_s => "published",
        () if calendar(before) != calendar(after) => "calendar",
        () => {
            let known: BTreeMap<_, _> = after.fixings().map(|(asset, on, fixing)| ((asset, on), fixing.rate)).collect();
            let mut fixings = before.fixings();
            let lost = fixings.find(|(asset, on, fixing)| known.get(&(*asset, *on)) != Some(&fixing.rate));
            let (asset, on, fixing) = lost?;
            return Some(format!("{on} {} {}", book.assets[usize::from(asset.0)].name, fixing.rate));
        }
    };
    Some(key.into())
}
