//! Contracts: what periods, sums and lines stand on, and what a later version may bring.

use super::Places;
use crate::base::Earlier;
use crate::contracts::Contracts;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use calendar::{Date, commercial_day, start_of_commercial_day};
use contract::{Contract, DeductionKind, Measure, Term, TermKind, Treatment};
use engine::Book;

pub(super) fn check_nothing_gone(earlier: Earlier<'_>, contracts: &Contracts, findings: &mut Findings) {
    for before in &earlier.book.contracts {
        let Some(position) = contracts.list.iter().position(|contract| contract.id == before.id) else {
            let id = before.id.clone();
            findings.fault(super::BOOK, "", FaultKind::ContractGone { id });
            continue;
        };
        let is_there = |at: usize| contracts.versions[position].iter().any(|version| version.known == Some(at));
        for (at, version) in before.versions.iter().enumerate() {
            if !is_there(at) {
                let (contract, valid_from) = (before.id.clone(), version.valid_from.to_string().into());
                let kind = FaultKind::VersionGone { contract, valid_from };
                findings.fault(contracts.places[position], "version", kind);
            }
        }
    }
}

pub(super) fn check(earlier: Earlier<'_>, book: &Book, places: &Places, findings: &mut Findings) {
    for (at, (before, after)) in earlier.book.contracts.iter().zip(&book.contracts).enumerate() {
        let place = places.contracts[at];
        for key in fixed_keys(before, after, earlier.book, book) {
            let kind = FaultKind::ContractFixed { key: key.into(), contract: before.id.clone() };
            findings.fault(place, &format!("contract.{key}"), kind);
        }
        check_end(earlier, (before, after), place, findings);
        let found = findings.count();
        for (version, (before, after)) in before.versions.iter().zip(&after.versions).enumerate() {
            if before != after {
                let terms = before.terms.iter().zip(&after.terms);
                let term = terms.filter(|(before, after)| before != after).map(|(before, _)| before.id.clone()).next();
                let term = term.unwrap_or_else(|| "a term came or went".into());
                let kind = FaultKind::VersionChanged { valid_from: before.valid_from.to_string().into(), term };
                findings.fault(places.versions[at][version], "version", kind);
            }
        }
        if findings.count() > found {
            continue;
        }
        let sources = before.sources.len();
        let changed = before.measures.iter().zip(&after.measures).filter(|(one, other)| !is_same(one, other, sources));
        for (measure, _) in changed {
            findings.fault(place, "version.measures", FaultKind::MeasureFixed { measure: measure.name.clone() });
        }
        check_measures(earlier, (before, after), &places.versions[at], findings);
        let later = places.versions[at].get(before.versions.len()).copied().unwrap_or(place);
        for key in later_needs(before, after) {
            let kind = FaultKind::ContractLater { key: key.into(), contract: before.id.clone() };
            findings.fault(later, "version", kind);
        }
    }
}

/// Keys of the head that say something else.
fn fixed_keys(before: &Contract, after: &Contract, book_before: &Book, book: &Book) -> Vec<&'static str> {
    let sources = before.sources.len();
    let zone = |book: &Book, contract: &Contract| book.zones[usize::from(contract.zone.0)].name.clone();
    if after.sources.get(..sources) != Some(&before.sources) {
        return vec!["sources"];
    }
    let keys = [
        (before.selects != after.selects[..sources], "when"),
        (before.basis != after.basis[..sources], "date_basis"),
        (zone(book_before, before) != zone(book, after), "zone"),
        (before.cut_off_s != after.cut_off_s, "cut_off"),
        (before.lag_days != after.lag_days, "lag_days"),
        (before.cycle != after.cycle, "cycle"),
        (before.grace != after.grace, "grace"),
        (before.conversion != after.conversion, "conversion"),
        (before.issue != after.issue, "issue"),
    ];
    keys.into_iter().filter(|(is_changed, _)| *is_changed).map(|(_, key)| key).collect()
}

/// A contract may end, or end on another day, as long as neither day has begun: no period of it was cut short or issued.
fn check_end(earlier: Earlier<'_>, (before, after): (&Contract, &Contract), place: Place, findings: &mut Findings) {
    if before.ends_on == after.ends_on {
        return;
    }
    let zone = &earlier.book.zones[usize::from(before.zone.0)];
    let today = commercial_day(zone, before.cut_off_s, earlier.at);
    let begun: Vec<Date> = [before.ends_on, after.ends_on].into_iter().flatten().filter(|end| *end <= today).collect();
    if let Some(ends_on) = begun.first() {
        let (ends_on, at) = (ends_on.to_string().into(), earlier.at.to_string().into());
        findings.fault(place, "contract.ends_on", FaultKind::EndPassed { ends_on, at });
    }
}

/// What was not added up before cannot be charged for days before.
fn check_measures(
    earlier: Earlier<'_>,
    (before, after): (&Contract, &Contract),
    places: &[Place],
    findings: &mut Findings,
) {
    let zone = &earlier.book.zones[usize::from(before.zone.0)];
    for (version, place) in after.versions.iter().zip(places).skip(before.versions.len()) {
        if start_of_commercial_day(zone, before.cut_off_s, version.valid_from) >= earlier.at {
            continue;
        }
        let asked = version.terms.iter().flat_map(measures_of).map(usize::from);
        if let Some(measure) = asked.into_iter().find(|measure| *measure >= before.measures.len()) {
            let (measure, at) = (after.measures[measure].name.clone(), earlier.at.to_string().into());
            findings.fault(*place, "version.valid_from", FaultKind::MeasureLater { measure, at });
        }
    }
}

/// The measures that a term looks at.
fn measures_of(term: &Term) -> Vec<u16> {
    let mut measures: Vec<u16> = term.measure().into_iter().collect();
    if let TermKind::Share { climb, deductions, .. } = &term.kind {
        measures.extend(climb.accumulator);
        for deduction in deductions {
            match deduction.kind {
                DeductionKind::Measure(of) => measures.push(of),
                DeductionKind::Allocated { of, key } => measures.extend([of, key]),
                DeductionKind::Rate { .. } => {}
            }
        }
    }
    measures
}

/// Whether a measure adds up the same of the sources that the contract had before.
fn is_same(before: &Measure, after: &Measure, sources: usize) -> bool {
    before.money == after.money
        && before.scale == after.scale
        && before.treatment == after.treatment
        && before.sums == after.sums[..sources]
        && before.filters == after.filters[..sources]
}

/// What later versions need that was not kept of the events before.
fn later_needs(before: &Contract, after: &Contract) -> Vec<String> {
    let mut needs = Vec::new();
    for dimension in &after.dimensions[before.dimensions.len()..] {
        needs.push(format!("dimensions: {}", dimension.name));
    }
    for (before, after) in before.dimensions.iter().zip(&after.dimensions) {
        if before.party != after.party {
            needs.push(format!("@{}", after.name));
        }
    }
    let paths: Vec<_> = before.paths().collect();
    for path in after.paths().filter(|path| !paths.contains(path)) {
        needs.push(format!("attribution: {}", after.dimensions[usize::from(path.0)].name));
    }
    let keeps_days = |contract: &Contract| contract.measures.iter().any(|own| own.treatment != Treatment::PLAIN);
    if keeps_days(after) && !keeps_days(before) {
        needs.push("reversal".into());
    }
    needs.sort_unstable();
    needs.dedup();
    needs
}
