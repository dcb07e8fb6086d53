//! Adapters and sources: what kept columns, identities and links stand on.

use super::Places;
use crate::base::{Earlier, Memory};
use crate::fault::FaultKind;
use crate::findings::Findings;
use engine::Book;
use event::{KindRule, NumberField, Schema, Source};
use intake::adapter::{Adapter, KindPlan, SourcePlan};

pub(super) fn check(
    earlier: Earlier<'_>,
    (book, adapters, memory): (&Book, &[Adapter], &Memory),
    places: &Places,
    findings: &mut Findings,
) {
    for (at, (before, after)) in earlier.loaded.adapters.iter().zip(adapters).enumerate() {
        let place = places.adapters[at];
        if before.outside != after.outside {
            let kind = FaultKind::SourceFixed { key: "role".into(), source: before.name.clone() };
            findings.fault(place, "adapter.role", kind);
        }
        for kind in changed_fields(&before.schema, &after.schema) {
            findings.fault(place, "adapter.fields", kind);
        }
        if findings.count() == 0 {
            for name in later_fields(&before.schema, &after.schema) {
                findings.warn(place, "adapter.fields", FaultKind::FieldLater { name });
            }
        }
    }
    let plans_before = earlier.loaded.adapters.iter().flat_map(|adapter| &adapter.sources);
    for plan_before in plans_before {
        let at = usize::from(plan_before.id.0);
        let (before, after) = (&earlier.book.sources[at], &book.sources[at]);
        let place = places.sources[at];
        let mut plans = adapters.iter().flat_map(|adapter| &adapter.sources);
        let plan = plans.find(|plan| plan.id == plan_before.id).expect("every source has its plan");
        let identities = (earlier.loaded.memory.identities.get(&before.id), memory.identities.get(&after.id));
        let keys = [
            (before.adapter != after.adapter, "adapter"),
            (identities.0 != identities.1, "identity"),
            (plan_before.scheme != plan.scheme, "scheme"),
            (before.revision != after.revision, "revision"),
        ];
        for (_, key) in keys.into_iter().filter(|(is_changed, _)| *is_changed) {
            let kind = FaultKind::SourceFixed { key: key.into(), source: before.id.clone() };
            findings.fault(place, &format!("source.{key}"), kind);
        }
        for kind in changed_kinds((before, plan_before), (after, plan), book) {
            findings.fault(place, "source.kinds", kind);
        }
    }
}

/// What is wrong with the slots of fields that were there before.
fn changed_fields(before: &Schema, after: &Schema) -> Vec<FaultKind> {
    let names = || after.words.iter().chain(&after.times).chain(&after.dates);
    let is_there = |name: &str| {
        names().any(|own| **own == *name) || after.numbers.iter().any(|own: &NumberField| *own.name == *name)
    };
    let mut faults = Vec::new();
    let mut compare = |name: &str, is_same: bool| {
        if !is_there(name) {
            faults.push(FaultKind::DefinitionGone { what: "field".into(), id: name.into() });
        } else if !is_same {
            faults.push(FaultKind::FieldFixed { name: name.into() });
        }
    };
    for (before, after) in [(&before.words, &after.words), (&before.times, &after.times), (&before.dates, &after.dates)]
    {
        for (slot, name) in before.iter().enumerate() {
            compare(name, after.get(slot) == Some(name));
        }
    }
    for (slot, field) in before.numbers.iter().enumerate() {
        compare(&field.name, after.numbers.get(slot) == Some(field));
    }
    if !faults.is_empty() {
        return faults;
    }
    // What is taken from originals stands behind all other numbers, and is kept from the original's acceptance on.
    let has_inherited = !before.inherited.is_empty() || !after.inherited.is_empty();
    let later = &after.numbers[before.numbers.len()..];
    if has_inherited && let Some(field) = later.first() {
        faults.push(FaultKind::FieldBehind { name: field.name.clone() });
    } else if before.inherited != after.inherited {
        let name = before.inherited.first().map(|own| before.numbers[usize::from(own.to)].name.clone());
        faults.push(FaultKind::FieldFixed { name: name.unwrap_or_default() });
    }
    faults
}

/// Fields that events before do not have; they are part of the fingerprints of those that come.
fn later_fields(before: &Schema, after: &Schema) -> Vec<Box<str>> {
    let mut later = Vec::new();
    for (before, after) in [(&before.words, &after.words), (&before.times, &after.times), (&before.dates, &after.dates)]
    {
        later.extend_from_slice(&after[before.len()..]);
    }
    later.extend(after.numbers[before.numbers.len()..].iter().map(|field| field.name.clone()));
    later
}

/// What is wrong with the kinds of a source. A kind that it did not send before may link to nothing that had to be kept.
fn changed_kinds(
    (before, plan_before): (&Source, &SourcePlan),
    (after, plan): (&Source, &SourcePlan),
    book: &Book,
) -> Vec<FaultKind> {
    let mut faults = Vec::new();
    let source = before.id.clone();
    for (at, name) in book.kinds.iter().enumerate() {
        let rules = (before.kinds.get(at).copied().flatten(), after.kinds[at]);
        let plans = (plan_before.kinds.get(at).and_then(Option::as_ref), plan.kinds[at].as_ref());
        match rules {
            (Some(_), None) => faults.push(FaultKind::DefinitionGone { what: "kind".into(), id: name.clone() }),
            (Some(before), Some(after)) => {
                let apart = |rule: KindRule| KindRule { expires_after_s: None, ..rule };
                if apart(before) != apart(after) || plans.0.map(names_events) != plans.1.map(names_events) {
                    let key = format!("kinds.{name}").into();
                    faults.push(FaultKind::SourceFixed { key, source: source.clone() });
                }
            }
            (None, Some(after)) if !after.is_plain() => {
                faults.push(FaultKind::RuleLater { kind: name.clone(), source: source.clone() });
            }
            (None, _) => {}
        }
    }
    faults
}

/// What the identities of a kind's events and of their originals are made of, but for the column of the link.
fn names_events(plan: &KindPlan) -> (bool, Option<event::KindId>, bool) {
    (plan.link.is_some(), plan.original_kind, plan.id_reused)
}
