//! One frame: its head, what brought it about, and what was decided, in words.

use super::{shown_at, unknown};
use crate::failure::Failure;
use crate::node::Place;
use crate::tongue::Tongue;
use engine::{Action, Decisions};
use serde_json::{Value, json};
use std::fmt::Write;
use std::sync::Arc;
use store::Folder;
use store::codec::read_turn;
use store::frame::{FrameHead, Kind, SECTIONS, Section, book_number};
use store::log::{self, Reader, Sections};
use store::turn::{Cause, Turn};

pub(super) fn shown(
    disk: &Arc<Folder>,
    place: &Place,
    sequence: u64,
    as_json: bool,
    tongue: Tongue,
) -> Result<String, Failure> {
    let book = book_number(&place.id);
    let end = log::look(&**disk, book).map_err(place.failing())?;
    if sequence == 0 || sequence > end.chain.position.sequence {
        return Err(unknown(place, &sequence.to_string()));
    }
    let mut reader = Reader::open(Arc::clone(disk), book, sequence, Sections::ALL).map_err(place.failing())?;
    let frame = reader.next(sequence).map_err(place.failing())?.expect("the log has this frame");
    let turn = match frame.head.kind {
        Kind::Turn => read_turn(frame.section(Section::Commands), frame.section(Section::Decisions))
            .map_err(|fault| runtime::OpenFailure::Frame { sequence, fault })
            .map_err(place.failing())?,
        _ => Turn::default(),
    };
    if as_json {
        return Ok(format!("{}\n", json(frame.head, frame.file, frame.offset, &turn)));
    }
    Ok(text(frame.head, frame.file, frame.offset, &turn, tongue))
}

const fn kind_name(kind: Kind) -> &'static str {
    match kind {
        Kind::Turn => "turn",
        Kind::Start => "start",
        Kind::End => "end",
    }
}

fn json(head: &FrameHead, file: &str, offset: u64, turn: &Turn) -> Value {
    let sections: serde_json::Map<String, Value> =
        SECTIONS.iter().map(|&section| (section.to_string(), head.lengths[section as usize].into())).collect();
    let parts: Vec<Value> = turn
        .parts
        .iter()
        .map(|part| json!({ "cause": cause(&part.cause), "decided": counts(&part.decisions) }))
        .collect();
    json!({
        "frame": head.sequence, "kind": kind_name(head.kind), "file": file, "offset": offset, "epoch": head.epoch,
        "rules_version": head.rules_version, "stamp": shown_at(head.stamp), "first_event": head.first_event,
        "events": head.events, "identities": head.identities, "section_bytes": sections,
        "previous": head.previous.to_string(), "body": head.body.to_string(), "parts": parts,
    })
}

fn text(head: &FrameHead, file: &str, offset: u64, turn: &Turn, tongue: Tongue) -> String {
    let mut text = String::new();
    let mut line =
        |name: &str, value: String| writeln!(text, "  {name:<12} {value}").expect("a string takes every text");
    line(tongue.of("frame", "프레임"), format!("{} ({})", head.sequence, kind_name(head.kind)));
    line(tongue.of("stands in", "위치"), format!("{file}, {offset}"));
    line(tongue.of("stamp", "시각"), head.stamp.to_string());
    line(tongue.of("epoch, rules", "열린 횟수, 규칙"), format!("{}, {}", head.epoch, head.rules_version));
    line(
        tongue.of("events", "거래"),
        format!("{} ({} {})", head.events, tongue.of("before it", "이전"), head.first_event),
    );
    line(tongue.of("identities", "식별자"), head.identities.to_string());
    let bytes: Vec<String> =
        SECTIONS.iter().map(|&section| format!("{section} {}", head.lengths[section as usize])).collect();
    line(tongue.of("bytes", "바이트"), bytes.join(", "));
    line(tongue.of("previous", "앞 프레임"), head.previous.to_string());
    line(tongue.of("body", "본문"), head.body.to_string());
    for part in &turn.parts {
        let decided = counts(&part.decisions);
        let decided: Vec<String> = decided
            .as_object()
            .into_iter()
            .flatten()
            .filter(|(_, count)| count.as_i64() != Some(0))
            .map(|(name, count)| format!("{name} {count}"))
            .collect();
        line(tongue.of("part", "부분"), format!("{}: {}", cause(&part.cause), decided.join(", ")));
    }
    text
}

/// What brought a part about, in a few words.
fn cause(cause: &Cause) -> String {
    match cause {
        Cause::Rows => "events".into(),
        Cause::Held => "events, held as they are after a bug".into(),
        Cause::Command(command) => format!("{} by {}", action(&command.action), command.by),
        Cause::File(file) => {
            let amends = file.amendment.map_or(String::new(), |amendment| format!(", {amendment:?}").to_lowercase());
            let slot = file.slot.as_ref().map_or(String::new(), |(slot, _)| format!(", slot {slot}"));
            format!("file {} ({}{slot}{amends})", file.name, file.file.0)
        }
        Cause::Define(definition) => format!("definition of {} files", definition.files.len()),
        Cause::Open => "opening of the books".into(),
        Cause::FileEnd { file, whole: true } => format!("end of file {}", file.0),
        Cause::FileEnd { file, whole: false } => format!("file {} broke off", file.0),
        Cause::Look(at) => format!("look at {at}"),
        Cause::Clock(accepted) => {
            format!("clock accepted up to {} by {}: {}", accepted.until, accepted.by, accepted.reason)
        }
    }
}

const fn action(action: &Action) -> &'static str {
    match action {
        Action::Close(_) => "close",
        Action::Issue(_) => "issue",
        Action::Seal(_) => "seal",
        Action::Adjust { .. } => "adjust",
        Action::Admit { .. } => "admit",
        Action::Amend { .. } => "amend",
        Action::Unreadable { .. } => "an unreadable command",
        Action::Fix { .. } => "fix a rate",
    }
}

/// How many of each a part decided.
fn counts(decisions: &Decisions) -> Value {
    let counts = &decisions.counts;
    json!({
        "rows": decisions.outcomes.len(), "accepted": counts.accepted, "duplicates": counts.duplicates,
        "conflicts": counts.conflicts, "held": counts.held, "rejected": counts.rejected,
        "entries": decisions.entries.len(), "statements": decisions.statements.len(), "words": decisions.words.len(),
        "accounts": decisions.accounts.len(), "periods": decisions.periods.len(), "tallies": decisions.tallies.len(),
        "changes": decisions.changes.len(), "exceptions": decisions.exceptions.len(), "released": decisions.released.len(),
    })
}
