//! `jeongsan explain DATA BOOK-ID EVENT-ID`: the history of one event of a durable book.
//!
//! From the id follows the identity, from that (runs, and what stands behind them) the frames in which it was counted and
//! those whose events name it; only these are read. Found is what counts and what waits. What was refused, held without
//! waiting, or came again stands in no index; `inspect` goes through the log for it. Nothing is changed, others may be
//! writing, and what is told is durable.
//!
//! Bounds: [`SHOWN_MAX`] times that an event was counted and as many links of each sort are told, the newest; the rest is
//! counted. So an answer reads at most `1 + 3 · SHOWN_MAX` frames besides the first [`SHOWN_MAX`] of the event, and pages of runs.

mod text;

use super::inspect::event::{entries, head, named, outcome, raw, show};
use super::{NodeFailure, Place};
use crate::failure::Failure;
use crate::tongue::Tongue;
use engine::{Decisions, LinkChange, Outcome};
use event::{Columns, Identity};
use ledger::Origin;
use runtime::{Folded, History, OpenFailure, Scale};
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;
use store::codec::read_turn;
use store::frame::Section;
use store::log::Sections;
use store::turn::Turn;
use store::{Disk, Folder};

/// So many of each sort are told.
const SHOWN_MAX: usize = 8;

pub(crate) fn command(
    place: &Place,
    what: &str,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let disk = place.look()?;
    let mut history: History<Folder> = History::open(&disk, Scale::default(), &place.id).map_err(place.failing())?;
    let Some(told) = history_of(&mut history, what, tongue).map_err(place.failing())? else {
        let (what, folder) = (what.to_owned(), place.folder.clone());
        return Err(Failure::Uncounted { what, folder, until: history.until() });
    };
    let shown = if as_json { format!("{told}\n") } else { text::of(&told, tongue) };
    out.write_all(shown.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// What became of the events with an id (`id` or `source:id`): one for each source and kind that has it. None where none
/// counts or waits.
///
/// # Errors
/// Damage with file and offset, and what the disk says.
pub fn history_of<D: Disk>(history: &mut History<D>, what: &str, tongue: Tongue) -> Result<Option<Value>, NodeFailure> {
    let mut events = Vec::new();
    for is_named in [true, false] {
        if events.is_empty() {
            for identity in identities_of(history, what, is_named) {
                events.extend(event(history, identity, tongue)?);
            }
        }
    }
    let (_, loaded) = history.book();
    Ok((!events.is_empty()).then(|| {
        json!({
            "format": "jeongsan.history", "version": 1, "book": loaded.book.id, "of": what, "up_to": history.until(),
            "events": events,
        })
    }))
}

/// The identities that an id may stand for: of the sources whose name it begins with, or of all; of each kind where ids are
/// reused.
fn identities_of<D: Disk>(history: &History<D>, what: &str, is_named: bool) -> Vec<Identity> {
    let (_, loaded) = history.book();
    let mut identities = Vec::new();
    for adapter in &loaded.adapters {
        for source in &adapter.sources {
            let after = what.strip_prefix(&*source.name).and_then(|rest| rest.strip_prefix(':'));
            let Some(id) = (if is_named { after } else { Some(what) }) else { continue };
            identities.extend(intake::identity_of(adapter, source, None, id));
            for kind in &adapter.kinds {
                identities.extend(intake::identity_of(adapter, source, Some(kind), id));
            }
        }
    }
    identities.sort_unstable();
    identities.dedup();
    identities
}

/// All that is known of one event; none where nothing is.
fn event<D: Disk>(history: &mut History<D>, identity: Identity, tongue: Tongue) -> Result<Option<Value>, NodeFailure> {
    let mut found = history.find(identity)?;
    let waiting = waiting(history, |columns| columns.identity[0] == identity, tongue);
    if found.claims.is_empty() && waiting.is_empty() {
        return Ok(None);
    }
    let times = found.claims.len();
    let mut counted = Vec::new();
    let mut original = Identity::NONE;
    found.claims.dedup();
    for &sequence in found.claims.iter().take(SHOWN_MAX) {
        let folded = history.frame(sequence, Sections::ALL)?;
        let turn = turn_of(&folded)?;
        counted.extend(counted_in(&folded, &turn, identity, &mut original, tongue)?);
    }
    // The oldest first, as it came about.
    counted.sort_by_key(|shown| shown["frame"].as_u64());
    let named_by = links(history, &found.links, identity, Identity::NONE)?;
    let waits_for_it = self::waiting(history, |columns| columns.original[0] == identity, tongue);
    let mut told = json!({
        "counted": counted, "times_counted": times, "waiting": waiting,
        "named_by": named_by, "times_named": found.links.len(), "waits_for_it": waits_for_it,
        "has_more": found.has_more,
    });
    if original != Identity::NONE {
        let of_original = history.find(original)?;
        told["original"] = original_of(history, &of_original.claims, original)?.into();
        // What names the same original may have taken its place.
        told["beside"] = links(history, &of_original.links, original, identity)?.into();
        told["times_beside"] = of_original.links.len().saturating_sub(times).into();
    }
    Ok(Some(told))
}

fn turn_of(folded: &Folded<'_>) -> Result<Turn, OpenFailure> {
    let sequence = folded.frame.head.sequence;
    read_turn(folded.frame.section(Section::Commands), folded.frame.section(Section::Decisions))
        .map_err(|fault| OpenFailure::Frame { sequence, fault })
}

fn engine_of<'f>(folded: &Folded<'f>) -> &'f engine::Engine {
    folded.book.expect("a history has books").0
}

/// The rows of a frame that are an event, with what became of each, and where it was decided after it had waited.
fn counted_in(
    folded: &Folded<'_>,
    turn: &Turn,
    identity: Identity,
    original: &mut Identity,
    tongue: Tongue,
) -> Result<Vec<Value>, OpenFailure> {
    let engine = engine_of(folded);
    let mut found = Vec::new();
    let rows = turn.columns.identity.iter().enumerate().filter(|(_, own)| **own == identity);
    for (row, _) in rows {
        let mut shown = show(folded, engine, turn, row, tongue);
        shown["raw"] = raw(folded, row)?.into();
        *original = turn.columns.original[row];
        let part = turn.parts.iter().find(|part| part.decisions.rows.contains(&row));
        shown["takes_place_of"] = part.and_then(|part| replaced(&part.decisions, &turn.columns, row)).into();
        found.push(shown);
    }
    for part in &turn.parts {
        for (position, released) in (0_u32..).zip(&part.decisions.released) {
            if released.columns.identity.first() != Some(&identity) {
                continue;
            }
            let mut shown = head(folded, engine, &released.columns, 0);
            shown["waited"] = true.into();
            outcome(&mut shown, released.outcome, tongue);
            shown["entries"] = entries(engine, &part.decisions, Origin::Released { position });
            shown["takes_place_of"] = replaced(&part.decisions, &released.columns, 0).into();
            *original = released.columns.original[0];
            found.push(shown);
        }
    }
    if found.is_empty() {
        // A row of a file that amends its slot counts in the place that its content has there.
        found.push(json!({ "frame": folded.frame.head.sequence, "outcome": "accepted", "by_content": true }));
    }
    Ok(found)
}

/// The id of the event whose contribution was taken back for a row.
fn replaced(decisions: &Decisions, columns: &Columns, row: usize) -> Option<String> {
    let (source, id) = (columns.source[row], columns.id.text(row));
    decisions.links.iter().find_map(|change| match change {
        LinkChange::Contributed { contribution, replaced: Some(replaced) }
            if contribution.source == source && *contribution.id == *id =>
        {
            Some(replaced.to_string())
        }
        _ => None,
    })
}

/// The original: where it was counted last; none where it does not count.
fn original_of<D: Disk>(
    history: &mut History<D>,
    frames: &[u64],
    original: Identity,
) -> Result<Option<Value>, NodeFailure> {
    let Some(&sequence) = frames.first() else { return Ok(None) };
    let folded = history.frame(sequence, told_sections())?;
    let turn = turn_of(&folded)?;
    let found = referring(&folded, &turn, |columns, row| columns.identity[row] == original);
    Ok(found.into_iter().next_back().or_else(|| Some(json!({ "frame": sequence, "by_content": true }))))
}

/// Events of these frames that name an original, but for one of them; the newest [`SHOWN_MAX`], the oldest of these first.
fn links<D: Disk>(
    history: &mut History<D>,
    frames: &[u64],
    original: Identity,
    besides: Identity,
) -> Result<Vec<Value>, NodeFailure> {
    let mut frames = frames.to_vec();
    frames.dedup();
    let mut told: Vec<Value> = Vec::new();
    for sequence in frames {
        if told.len() >= SHOWN_MAX {
            break;
        }
        let folded = history.frame(sequence, told_sections())?;
        let turn = turn_of(&folded)?;
        let is_it =
            |columns: &Columns, row: usize| columns.original[row] == original && columns.identity[row] != besides;
        let found = referring(&folded, &turn, is_it);
        let taken_back = turn.parts.iter().any(|part| takes_back(&part.decisions, original));
        told.extend(taken_back.then(|| json!({ "frame": sequence, "taken_back": true })));
        told.extend(found.into_iter().rev());
    }
    told.truncate(SHOWN_MAX);
    told.reverse();
    Ok(told)
}

/// Without directory and raw bytes.
fn told_sections() -> Sections {
    Sections::NONE.with(Section::Decisions).with(Section::Commands)
}

/// Whether a file that amends another took a row back.
fn takes_back(decisions: &Decisions, row: Identity) -> bool {
    let found_by = engine::FoundBy::Row(row);
    decisions.links.contains(&LinkChange::Withdrawn { found_by })
}

/// Events of a frame that count, by what they are or name, in short.
fn referring(folded: &Folded<'_>, turn: &Turn, is_it: impl Fn(&Columns, usize) -> bool) -> Vec<Value> {
    let engine = engine_of(folded);
    let mut found = Vec::new();
    let mut tell = |decisions: &Decisions, columns: &Columns, row: usize| {
        let mut shown = named(folded.files, engine, columns, row);
        shown["frame"] = folded.frame.head.sequence.into();
        shown["takes_place_of"] = replaced(decisions, columns, row).into();
        found.push(shown);
    };
    for part in &turn.parts {
        let outcomes = part.decisions.rows.clone().zip(&part.decisions.outcomes);
        for (row, _) in outcomes.filter(|(_, outcome)| **outcome == Outcome::Accepted) {
            if is_it(&turn.columns, row) {
                tell(&part.decisions, &turn.columns, row);
            }
        }
        for released in part.decisions.released.iter().filter(|released| released.outcome == Outcome::Accepted) {
            if is_it(&released.columns, 0) {
                tell(&part.decisions, &released.columns, 0);
            }
        }
    }
    found
}

/// Events that wait, in short.
fn waiting<D: Disk>(history: &History<D>, is_it: impl Fn(&Columns) -> bool, tongue: Tongue) -> Vec<Value> {
    let (engine, _) = history.book();
    let waiting = engine.state().waiting.values().map(|parked| &parked.columns).filter(|columns| is_it(columns));
    let told = waiting.take(SHOWN_MAX).map(|columns| {
        let mut shown = named(history.files(), engine, columns, 0);
        shown["fields"] = super::inspect::event::fields(engine, columns, 0).into();
        outcome(&mut shown, Outcome::Waits, tongue);
        shown
    });
    told.collect()
}
