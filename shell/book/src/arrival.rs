//! Refuses contracts whose result would depend on the order in which events arrive (SETTLEMENT §1), and what else
//! cannot be computed as it is written.
//!
//! A statement must be a function of the events and not of their order. What is charged with an event can therefore
//! not look at sums, and what a reversal needs of its original must be there for certain.

use crate::contracts::{Rated, TermDraft, VersionDraft};
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use calendar::{Instant, Zone, start_of_commercial_day};
use contract::{Base, DeductionKind, Reversal, Role, Scope, Term, TermKind, Treatment, VatScope};
use event::{KindRule, Original, Unknown};
use std::collections::BTreeSet;

/// What a term may not say, whatever stands around it.
pub(crate) fn check_term(draft: &TermDraft, rated: &Rated<'_>, findings: &mut Findings) {
    let (term, places) = (&draft.term, draft.places);
    check_sums(draft, findings);
    if rated.conversion.is_some() && term.scope == Scope::Event {
        findings.fault(places.rounding, "version.term.rounding", FaultKind::ConversionByEvent {});
    }
    if draft.treatment != Treatment::PLAIN {
        check_originals(draft, rated, findings);
    }
    let Some(vat) = term.vat else { return };
    if vat.inclusive && vat.scope == VatScope::Document {
        findings.fault(places.vat, "version.term.vat", FaultKind::VatInclusiveDocument {});
    }
    if vat.scope == VatScope::Event && term.scope == Scope::Line {
        findings.fault(places.vat, "version.term.vat", FaultKind::VatEventOnLine {});
    }
}

/// What looks at the sum of a line can neither be charged with an event nor be returned with one.
fn check_sums(draft: &TermDraft, findings: &mut Findings) {
    let (term, places) = (&draft.term, draft.places);
    let (by_event, mirrors) = (term.scope == Scope::Event, draft.treatment.reversal == Reversal::Mirror);
    if is_graduated(term) && by_event {
        findings.fault(places.tiers, "version.term.tiers", FaultKind::TiersByEvent {});
    }
    if is_graduated(term) && mirrors {
        findings.fault(places.reversal, "version.term.reversal", FaultKind::MirrorTiers {});
    }
    for (what, key, place, is_returnable) in parts_of_sums(draft) {
        if by_event {
            findings.fault(place, &format!("version.term.{key}"), FaultKind::LineOnly { what: what.into() });
        }
        if mirrors && !is_returnable {
            findings.fault(places.reversal, "version.term.reversal", FaultKind::MirrorDepends { on: what.into() });
        }
    }
    if let TermKind::Share { carries: true, on: Base::Rest, .. } = term.kind {
        findings.fault(places.carry, "version.term.carry", FaultKind::CarryOfRest {});
    }
}

/// What of a term looks at the sum of a line: how it is written, its key and place, and whether an event's part in it is
/// the event's own.
fn parts_of_sums(draft: &TermDraft) -> Vec<(&'static str, &'static str, Place, bool)> {
    let places = draft.places;
    let mut parts = Vec::new();
    match &draft.term.kind {
        TermKind::Share { deductions, carries, .. } => {
            if deductions.iter().any(|deduction| matches!(deduction.kind, DeductionKind::Allocated { .. })) {
                parts.push(("`allocate_by`", "deductions", places.deductions, false));
            } else if !deductions.is_empty() {
                parts.push(("`deductions`", "deductions", places.deductions, true));
            }
            if *carries {
                parts.push(("`carry`", "carry", places.carry, false));
            }
        }
        TermKind::Step { .. } => parts.push(("`steps`", "steps", places.steps, false)),
        TermKind::Agents { .. } => parts.push(("`agents`", "agents", places.agents, true)),
        TermKind::Attribution { .. } => parts.push(("`attribution`", "kind", draft.place, false)),
        _ => {}
    }
    parts
}

fn is_graduated(term: &Term) -> bool {
    matches!(&term.kind, TermKind::Share { tiers, .. } if tiers.len() > 1)
}

/// A day or version of the original can be used only where every reversal has one.
fn check_originals(draft: &TermDraft, rated: &Rated<'_>, findings: &mut Findings) {
    for source in &rated.drafts {
        for (rule, name) in source.source.kinds.iter().zip(rated.kinds) {
            let may_lack = |rule: &KindRule| rule.original != Original::Required || rule.unknown == Unknown::Accept;
            if rule.is_some_and(|rule| rule.reverses && may_lack(&rule)) {
                let kind = FaultKind::OriginalNotRequired { kind: name.clone(), source: source.source.id.clone() };
                findings.fault(draft.places.reversal, "version.term.reversal", kind);
            }
        }
    }
}

/// What a term charges on the rest must be what earlier terms leave of the same sum, line by line.
pub(crate) fn check_rests(terms: &[TermDraft], findings: &mut Findings) {
    for (position, draft) in terms.iter().enumerate() {
        if !matches!(draft.term.kind, TermKind::Share { on: Base::Rest, .. }) {
            continue;
        }
        let earlier: Vec<&TermDraft> = terms[..position].iter().filter(|other| other.of == draft.of).collect();
        if earlier.is_empty() {
            let measure = draft.of.clone().unwrap_or_default();
            findings.warn(draft.places.on, "version.term.on", FaultKind::RestOfNothing { measure });
        }
        for other in earlier {
            check_rest(draft, other, findings);
        }
    }
}

fn check_rest(draft: &TermDraft, other: &TermDraft, findings: &mut Findings) {
    let term = other.term.id.clone();
    let differs = |key: &str| FaultKind::RestDiffers { term: other.term.id.clone(), key: key.into() };
    let kind = match (draft.term.scope, other.term.scope) {
        (Scope::Event, Scope::Line) => FaultKind::RestOfLine { term },
        _ if draft.when != other.when => differs("when"),
        _ if draft.treatment != other.treatment => differs("reversal"),
        (Scope::Line, _) if grouping(&draft.term) != grouping(&other.term) => differs("dimensions"),
        _ => return,
    };
    findings.fault(draft.places.on, "version.term.on", kind);
}

/// The dimensions by which a term's charges are kept apart, roles included.
fn grouping(term: &Term) -> BTreeSet<u8> {
    let mut dimensions: BTreeSet<u8> = term.dimensions.iter().copied().collect();
    let mut roles = vec![term.debtor, term.creditor];
    if let TermKind::Division { parts, .. } = &term.kind {
        roles.extend(parts.iter().map(|(role, _)| *role));
    }
    for role in roles {
        if let Role::Dimension(position) = role {
            dimensions.insert(position);
        }
    }
    dimensions
}

/// Charges that were posted with their events cannot change afterwards: a version that is put after its first day began
/// must leave them as they were. `versions` are in their final order.
pub(crate) fn check_retroactive(versions: &[VersionDraft], zone: &Zone, cut_off_s: i32, findings: &mut Findings) {
    for version in versions {
        let begins_at = start_of_commercial_day(zone, cut_off_s, version.valid_from);
        if version.known_from <= begins_at {
            continue;
        }
        let known_before =
            |other: &&VersionDraft| other.valid_from <= version.valid_from && other.known_from < version.known_from;
        let replaced = versions.iter().rfind(known_before);
        let changed = changed(&version.terms, replaced.map_or(&[], |replaced| &replaced.terms));
        if !changed.is_empty() {
            let known_from = shown(version.known_from);
            let kind = FaultKind::VersionRetroactive { known_from, terms: changed.join(", ").into() };
            findings.fault(version.known_place, "version.known_from", kind);
        }
    }
}

fn shown(at: Instant) -> Box<str> {
    at.to_string().into()
}

/// Ids of terms charged with events that differ between two versions.
fn changed(new: &[TermDraft], old: &[TermDraft]) -> Vec<String> {
    let by_event = |terms: &'_ [TermDraft]| -> Vec<usize> {
        (0..terms.len()).filter(|&position| terms[position].term.scope == Scope::Event).collect()
    };
    let (news, olds) = (by_event(new), by_event(old));
    let mut ids: Vec<String> = Vec::new();
    let mut note = |id: &str| {
        if !ids.iter().any(|known| known == id) {
            ids.push(id.to_owned());
        }
    };
    for (position, &term) in news.iter().enumerate() {
        let same = olds.get(position).is_some_and(|&other| is_same(&new[term], &old[other]));
        if !same {
            note(&new[term].term.id);
        }
    }
    for &term in olds.iter().skip(news.len()) {
        note(&old[term].term.id);
    }
    ids
}

fn is_same(left: &TermDraft, right: &TermDraft) -> bool {
    let (one, other) = (&left.term, &right.term);
    one.id == other.id
        && one.kind == other.kind
        && (one.debtor, one.creditor) == (other.debtor, other.creditor)
        && one.purpose == other.purpose
        && one.dimensions == other.dimensions
        && one.rounding == other.rounding
        && one.vat == other.vat
}
