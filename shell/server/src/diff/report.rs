//! What `diff` found, for people and for programs.

use crate::diff::lines::Told;
use crate::diff::passes::Novel;
use crate::diff::steps::{Cause, Difference, Found, LineDifference};
use crate::tongue::Tongue;
use book::Changed;
use money::Decimal;
use serde_json::{Value, json};
use std::fmt::Write;

/// The most events that are named behind one part of a difference.
const EVENTS_TOLD_MAX: usize = 3;

/// The most events of one cause that the list of all events names.
const EVENTS_LISTED_MAX: usize = 1_000;

/// For programs: fields as in docs/reference/program.md.
pub(crate) fn json(found: &Found) -> String {
    let mut counts = serde_json::Map::new();
    for cause in [Cause::Changed, Cause::Repaired, Cause::Added, Cause::Late] {
        counts.insert(cause.name().into(), json!(found.events.get(&cause).map_or(0, Vec::len)));
    }
    counts.insert(Cause::Removed.name().into(), json!(found.removed));
    let listed = found.events.iter().flat_map(|(cause, novels)| {
        novels.iter().take(EVENTS_LISTED_MAX).map(|novel| {
            json!({ "cause": cause.name(), "source": novel.source, "event": novel.id, "file": novel.file, "line": novel.line })
        })
    });
    let answer = json!({
        "format": "jeongsan.diff", "version": 1, "book": found.book,
        "as_of": { "before": found.as_of[0], "after": found.as_of[1] },
        "counts": counts,
        "events": listed.collect::<Vec<_>>(),
        "book_changes": found.changes.iter().map(change_json).collect::<Vec<_>>(),
        "statements": found.statements.iter().map(|difference| difference_json(found, difference)).collect::<Vec<_>>(),
    });
    format!("{answer:#}\n")
}

/// A value of two books that differs, for programs.
pub(crate) fn change_json(changed: &Changed) -> Value {
    let Changed { folder, subject, path, before, after } = changed;
    json!({ "folder": folder, "subject": subject, "path": path, "before": before, "after": after })
}

/// The same for people.
pub(crate) fn change_text(changed: &Changed) -> String {
    let place = [&changed.folder, &changed.subject].into_iter().chain(&changed.path);
    let place: Vec<&str> = place.map(String::as_str).filter(|part| !part.is_empty()).collect();
    let side = |value: &Option<String>| value.clone().unwrap_or_else(|| "-".to_owned());
    format!("{}: {} → {}", place.join(" / "), side(&changed.before), side(&changed.after))
}

fn difference_json(found: &Found, difference: &Difference) -> Value {
    let Some(known) = difference.after.as_ref().or(difference.before.as_ref()) else { return Value::Null };
    let digits = known.digits;
    let shown = |units: i128| Decimal { mantissa: units, scale: digits }.to_string();
    let side = |told: &Option<Told>| {
        told.as_ref().map(|told| json!({ "status": told.status, "total": shown(told.total) })).unwrap_or_default()
    };
    let total = |told: &Option<Told>| told.as_ref().map_or(0, |told| told.total);
    let line = |line: &LineDifference| {
        let causes = line.parts.iter().map(|&(cause, amount)| {
            let events = found.events_of(cause, known, &line.name);
            let named = events.iter().take(EVENTS_TOLD_MAX).map(|novel| format!("{}:{}", novel.source, novel.id));
            json!({ "cause": cause.name(), "amount": shown(amount), "events": named.collect::<Vec<_>>(), "events_count": events.len() })
        });
        let name = &line.name;
        let dimensions: serde_json::Map<String, Value> =
            name.dimensions.iter().map(|(name, word)| (name.clone(), json!(word))).collect();
        json!({
            "term": name.term, "valid_from": name.valid_from, "part": name.part, "dimensions": dimensions,
            "debtor": name.debtor, "creditor": name.creditor, "vat_rate": name.vat_rate, "restates": name.adjusts,
            "before": shown(line.before), "after": shown(line.after), "difference": shown(line.after - line.before),
            "causes": causes.collect::<Vec<_>>(),
        })
    };
    json!({
        "id": difference.id, "contract": known.contract, "party": known.party, "period": known.period, "asset": known.asset,
        "before": side(&difference.before), "after": side(&difference.after),
        "difference": shown(total(&difference.after) - total(&difference.before)),
        "lines": difference.lines.iter().map(line).collect::<Vec<_>>(),
    })
}

/// For people.
pub(crate) fn text(found: &Found, tongue: Tongue) -> String {
    let mut text = format!("{}  {} → {}\n", found.book, found.as_of[0], found.as_of[1]);
    for (cause, novels) in &found.events {
        push_count(&mut text, *cause, novels.len(), tongue);
    }
    if found.removed > 0 {
        push_count(&mut text, Cause::Removed, found.removed, tongue);
    }
    for changed in &found.changes {
        push(&mut text, format_args!("{}\n", change_text(changed)));
    }
    if found.statements.is_empty() {
        text.push_str(tongue.of("no statement changed\n", "변경된 정산서가 없습니다\n"));
    }
    for difference in &found.statements {
        text.push('\n');
        push_difference(&mut text, found, difference, tongue);
    }
    text
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes every text");
}

fn push_count(text: &mut String, cause: Cause, count: usize, tongue: Tongue) {
    match tongue {
        Tongue::English => push(text, format_args!("{count} events {}\n", told(cause, tongue))),
        Tongue::Korean => push(text, format_args!("{} 거래 {count}건\n", told(cause, tongue))),
    }
}

fn push_difference(text: &mut String, found: &Found, difference: &Difference, tongue: Tongue) {
    let Some(known) = difference.after.as_ref().or(difference.before.as_ref()) else { return };
    let shown = |units: i128| Decimal { mantissa: units, scale: known.digits }.to_string();
    let signed = |units: i128| if units > 0 { format!("+{}", shown(units)) } else { shown(units) };
    let side = |told: &Option<Told>| match told {
        Some(told) => format!("{} {}", status(&told.status, tongue), shown(told.total)),
        None => tongue.of("not there", "없음").to_owned(),
    };
    push(text, format_args!("{}  {} → {}\n", difference.id, side(&difference.before), side(&difference.after)));
    for line in &difference.lines {
        let restates = match &line.name.adjusts {
            Some(on) => format!(" ({} {on})", tongue.of("restates the period from", "수정 대상")),
            None => String::new(),
        };
        let (before, after) = (shown(line.before), shown(line.after));
        let label = line.name.label();
        push(text, format_args!("  {label}{restates}  {before} → {after}  {}\n", signed(line.after - line.before)));
        for &(cause, amount) in &line.parts {
            let events = found.events_of(cause, known, &line.name);
            push(text, format_args!("    {} {}{}\n", told(cause, tongue), signed(amount), named(&events, tongue)));
        }
    }
}

/// The first events behind a part, in parentheses.
fn named(events: &[&Novel], tongue: Tongue) -> String {
    if events.is_empty() {
        return String::new();
    }
    let first = events.iter().take(EVENTS_TOLD_MAX).map(|novel| format!("{}:{}", novel.source, novel.id));
    let first = first.collect::<Vec<_>>().join(", ");
    match (events.len().saturating_sub(EVENTS_TOLD_MAX), tongue) {
        (0, _) => format!(" ({first})"),
        (more, Tongue::English) => format!(" ({first} and {more} more)"),
        (more, Tongue::Korean) => format!(" ({first} 외 {more}건)"),
    }
}

fn status(name: &str, tongue: Tongue) -> &str {
    match name {
        "issued" => tongue.of("issued", "확정"),
        "provisional" => tongue.of("provisional", "잠정"),
        other => other,
    }
}

/// A cause for people.
fn told(cause: Cause, tongue: Tongue) -> &'static str {
    let korean = match cause {
        Cause::Time => "기간 경과",
        Cause::Contract => "계약 변경",
        Cause::Rate => "환율",
        Cause::Removed => "제외된",
        Cause::Changed => "내용이 바뀐",
        Cause::Repaired => "보정된",
        Cause::Added => "추가된",
        Cause::Late => "이후 수신된",
        Cause::Adjusted => "조정",
        Cause::Command => "명령",
        Cause::Program => "프로그램 변경",
    };
    tongue.of(cause.name(), korean)
}
