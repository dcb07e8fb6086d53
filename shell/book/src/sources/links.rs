//! What a source says of the links of its kinds beyond naming an original, and how it counts the reports of one event.

use super::fields::{FieldMeaning, FieldTable};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::{Field, Section};
use event::{KindRule, Original, Revision, Unknown, Word};

/// The longest time that an event may wait, in days: ten years.
const DAYS_MAX: i64 = 3_660;

/// The word that marks the last report of an event.
pub(crate) const LAST: &str = "true";

/// The keys that mean something only where a kind has originals.
const KEYS: [&str; 5] = ["unknown", "expires_after", "after_reversal", "once", "supersedes"];

const UNKNOWNS: [(&str, Unknown); 4] =
    [("wait", Unknown::Wait), ("void", Unknown::Void), ("hold", Unknown::Hold), ("accept", Unknown::Accept)];

/// The rule of a kind whose original and reversal are read already; `has_link`: whether it says where the original's id
/// stands.
pub(crate) fn rule(
    section: &mut Section<'_>,
    kind: &str,
    (original, reverses): (Original, bool),
    has_link: bool,
    findings: &mut Findings,
) -> Option<KindRule> {
    let plain = KindRule::linked(original, reverses);
    if original == Original::Never {
        section.refuse(&KEYS, "original = \"never\"", findings);
        return Some(plain);
    }
    let is_asked = KEYS.iter().any(|key| section.peek(key).is_some());
    if is_asked && !has_link && original != Original::Required {
        findings.fault(section.place, &section.path, FaultKind::LinkMissing { kind: kind.into() });
    }
    let unknown = section.optional("unknown");
    let unknown = unknown.map_or(Some(plain.unknown), |field| unknown_of(&field, reverses, findings));
    let expires_after_s = match section.optional("expires_after") {
        Some(field) => Some(expiry(&field, unknown, findings)?),
        None => None,
    };
    const AFTER: [(&str, bool); 2] = [("accept", false), ("hold", true)];
    let after = section.optional("after_reversal").map(|field| field.choice(&AFTER, findings));
    let once = if reverses {
        section.optional("once").map(|field| field.boolean(findings))
    } else {
        section.refuse(&["once"], "reverses = false", findings);
        None
    };
    let supersedes = section.optional("supersedes").map(|field| field.boolean(findings));
    Some(KindRule {
        unknown: unknown?,
        expires_after_s,
        holds_after_reversal: after.unwrap_or(Some(false))?,
        once: once.unwrap_or(Some(false))?,
        supersedes: supersedes.unwrap_or(Some(false))?,
        ..plain
    })
}

/// Only what takes another event back can make it void.
fn unknown_of(field: &Field<'_>, reverses: bool, findings: &mut Findings) -> Option<Unknown> {
    let unknown = field.choice(&UNKNOWNS, findings)?;
    if unknown == Unknown::Void && !reverses {
        let (key, beside) = ("unknown = \"void\"".into(), "reverses = false".into());
        field.fault(FaultKind::KeyMisplaced { key, beside }, findings);
        return None;
    }
    Some(unknown)
}

fn expiry(field: &Field<'_>, unknown: Option<Unknown>, findings: &mut Findings) -> Option<u32> {
    if let Some(unknown) = unknown.filter(|unknown| *unknown != Unknown::Wait) {
        let name = UNKNOWNS.iter().find(|(_, other)| *other == unknown).map_or("", |(name, _)| name);
        let (key, beside) = ("expires_after".into(), format!("unknown = \"{name}\"").into());
        field.fault(FaultKind::KeyMisplaced { key, beside }, findings);
        return None;
    }
    let mut section = field.section(findings)?;
    let given = section.one_of(&["hours", "days"], findings);
    section.finish(findings);
    let (key, value) = given?;
    let (hours, most) = if key == "days" { (24, DAYS_MAX) } else { (1, DAYS_MAX * 24) };
    let seconds = value.whole(1, most, findings)? * hours * 3_600;
    Some(u32::try_from(seconds).expect("ten years of seconds fit 32 bits"))
}

/// How a source counts the reports of one event; the word of the last one is filled in with the book's words.
pub(crate) fn revision(
    section: &mut Section<'_>,
    source: Option<&str>,
    fields: &FieldTable,
    findings: &mut Findings,
) -> Option<Revision> {
    let number = section.optional("revision");
    let last = section.optional("final");
    let Some(number) = number else {
        if let Some(field) = last {
            field.fault(FaultKind::KeyMissing { key: "revision".into() }, findings);
        }
        return None;
    };
    let number = super::source::whole_number(&number, source, fields, findings);
    let last = match last {
        Some(field) => Some((last_slot(&field, source, fields, findings)?, Word::EMPTY)),
        None => None,
    };
    Some(Revision { number: number?, last })
}

/// The slot of a word field that can say [`LAST`].
fn last_slot(field: &Field<'_>, source: Option<&str>, fields: &FieldTable, findings: &mut Findings) -> Option<u16> {
    let name = field.text(findings)?;
    let Some(FieldMeaning::Word { slot, closed }) = fields.meaning(name) else {
        let known = known(name, fields.names_of(|meaning| matches!(meaning, FieldMeaning::Word { .. })));
        let source = source.unwrap_or_default().into();
        field.fault(FaultKind::FieldUnknown { name: name.into(), source, known }, findings);
        return None;
    };
    if let Some(words) = closed.as_ref().filter(|words| !words.iter().any(|word| &**word == LAST)) {
        let known = known(LAST, words.iter().map(|word| &**word));
        field.fault(FaultKind::WordNever { word: LAST.into(), name: name.into(), known }, findings);
        return None;
    }
    Some(*slot)
}
