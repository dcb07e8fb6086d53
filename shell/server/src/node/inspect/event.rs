//! What became of an event: each time it came, with its bytes as received, and where its original let it wait, when it
//! was decided.

use super::{shown_at, unknown};
use crate::explain::told_outcome;
use crate::failure::Failure;
use crate::node::Place;
use crate::tongue::Tongue;
use documents::Names;
use engine::{Decisions, Engine, Outcome};
use event::{Columns, Refusal, Word};
use ledger::{Origin, Posting};
use money::Decimal;
use runtime::{Folded, OpenFailure, Refold};
use serde_json::{Map, Value, json};
use std::fmt::Write;
use std::sync::Arc;
use store::Folder;
use store::codec::{read_commands, read_directory, read_turn};
use store::frame::{Kind, Section, book_number};
use store::log;
use store::turn::Turn;

/// An event that is shown more often than this is told no further.
const SHOWN_MAX: usize = 1_000;

pub(super) fn shown(
    disk: &Arc<Folder>,
    place: &Place,
    what: &str,
    as_json: bool,
    tongue: Tongue,
) -> Result<String, Failure> {
    let mut search = Search { what, of_line: line_of(what), waits: false, found: Vec::new(), tongue };
    let book = book_number(&place.id);
    let end = log::look(&**disk, book).map_err(place.failing())?;
    let more = [Section::Directory, Section::Raw];
    let mut refold =
        Refold::begin(Arc::clone(disk), book, end.chain.position.sequence, &more).map_err(place.failing())?;
    while let Some(folded) = refold.advance().map_err(place.failing())? {
        if folded.frame.head.kind == Kind::Turn && search.found.len() < SHOWN_MAX {
            search.frame(&folded).map_err(place.failing())?;
        }
    }
    if search.found.is_empty() {
        return Err(unknown(place, what));
    }
    if as_json {
        return Ok(format!("{}\n", json!({ "format": "jeongsan.inspect-event", "version": 1, "found": search.found })));
    }
    Ok(search.found.iter().map(|found| text(found, tongue)).collect())
}

/// The name of a file and a line of it.
fn line_of(what: &str) -> Option<(&str, u64)> {
    let (file, line) = what.rsplit_once(':')?;
    Some((file, line.parse().ok()?))
}

struct Search<'a> {
    what: &'a str,
    of_line: Option<(&'a str, u64)>,
    /// Whether one of those found waits for its original.
    waits: bool,
    found: Vec<Value>,
    tongue: Tongue,
}

impl Search<'_> {
    fn frame(&mut self, folded: &Folded<'_>) -> Result<(), OpenFailure> {
        let (frame, sequence) = (&folded.frame, folded.frame.head.sequence);
        let faulty = |fault| OpenFailure::Frame { sequence, fault };
        let (commands, decisions) = (frame.section(Section::Commands), frame.section(Section::Decisions));
        let (columns, _) = read_commands(commands).map_err(faulty)?;
        let (engine, _) = folded.book.ok_or(OpenFailure::Undefined { sequence })?;
        let rows: Vec<usize> = (0..columns.len()).filter(|&row| self.is_it(folded, engine, &columns, row)).collect();
        let is_it = |(_, refusal): &(usize, &Refusal)| self.is_refusal(folded, engine, &columns, refusal);
        let refused: Vec<usize> = columns.refused.iter().enumerate().filter(is_it).map(|(at, _)| at).collect();
        if rows.is_empty() && refused.is_empty() && !self.waits {
            return Ok(());
        }
        let turn = read_turn(commands, decisions).map_err(faulty)?;
        for row in rows {
            let mut shown = show(folded, engine, &turn, row, self.tongue);
            self.waits |= shown["outcome"] == "waits";
            shown["raw"] = raw(folded, row)?.into();
            self.found.push(shown);
        }
        for at in refused {
            let mut shown = show_refusal(folded, engine, &columns, &columns.refused[at]);
            shown["raw"] = raw(folded, columns.len() + at)?.into();
            self.found.push(shown);
        }
        self.released(folded, engine, &turn);
        Ok(())
    }

    fn is_named(&self, source: &str, id: &str) -> bool {
        id == self.what || self.what.strip_prefix(source).and_then(|rest| rest.strip_prefix(':')) == Some(id)
    }

    fn is_of_line(&self, folded: &Folded<'_>, columns: &Columns, line: u64) -> bool {
        self.of_line.is_some_and(|(file, wanted)| line == wanted && file_name(folded, columns) == file)
    }

    fn is_it(&self, folded: &Folded<'_>, engine: &Engine, columns: &Columns, row: usize) -> bool {
        let source = &engine.book().sources[usize::from(columns.source[row].0)].id;
        self.is_named(source, columns.id.text(row)) || self.is_of_line(folded, columns, columns.line[row])
    }

    fn is_refusal(&self, folded: &Folded<'_>, engine: &Engine, columns: &Columns, refusal: &Refusal) -> bool {
        let source = refusal.source.map_or("", |source| &*engine.book().sources[usize::from(source.0)].id);
        let is_named = !refusal.id.is_empty() && self.is_named(source, &refusal.id);
        is_named || self.is_of_line(folded, columns, refusal.line)
    }

    /// Events that had waited, and were decided in this frame.
    fn released(&mut self, folded: &Folded<'_>, engine: &Engine, turn: &Turn) {
        for part in &turn.parts {
            for (position, released) in (0_u32..).zip(&part.decisions.released) {
                if !self.is_it(folded, engine, &released.columns, 0) {
                    continue;
                }
                let origin = Origin::Released { position };
                let mut shown = head(folded, engine, &released.columns, 0);
                shown["waited"] = true.into();
                outcome(&mut shown, released.outcome, self.tongue);
                shown["entries"] = entries(engine, &part.decisions, origin);
                self.found.push(shown);
            }
        }
    }
}

fn file_name<'f>(folded: &Folded<'f>, columns: &Columns) -> &'f str {
    folded.files.get(columns.file.0 as usize).map_or("", |name| name)
}

/// The bytes of a row or refusal as they were received; none where they were not kept.
pub(crate) fn raw(folded: &Folded<'_>, place: usize) -> Result<Option<String>, OpenFailure> {
    let (sequence, directory) = (folded.frame.head.sequence, folded.frame.section(Section::Directory));
    if directory.is_empty() {
        return Ok(None);
    }
    let directory = read_directory(directory).map_err(|fault| OpenFailure::Frame { sequence, fault })?;
    let found = directory.places.get(place).map(|place| place.offset as usize..(place.offset + place.length) as usize);
    let bytes = found.and_then(|range| folded.frame.section(Section::Raw).get(range)).filter(|bytes| !bytes.is_empty());
    Ok(bytes.map(|bytes| String::from_utf8_lossy(bytes).trim_end_matches(['\r', '\n']).to_owned()))
}

/// Where an event stands and what it says.
pub(crate) fn head(folded: &Folded<'_>, engine: &Engine, columns: &Columns, row: usize) -> Value {
    let mut head = named(folded.files, engine, columns, row);
    head["frame"] = folded.frame.head.sequence.into();
    head["row"] = row.into();
    head["stamp"] = shown_at(folded.frame.head.stamp).into();
    head["fields"] = fields(engine, columns, row).into();
    head
}

/// What an event is called, and where it came from.
pub(crate) fn named(files: &[Box<str>], engine: &Engine, columns: &Columns, row: usize) -> Value {
    let book = engine.book();
    let source = &book.sources[usize::from(columns.source[row].0)];
    let original = columns.original_id.text(row);
    json!({
        "source": source.id, "id": columns.id.text(row),
        "original_id": if original.is_empty() { Value::Null } else { original.into() },
        "kind": book.kinds[usize::from(columns.kind[row].0)], "asset": book.assets[usize::from(columns.asset[row].0)].name,
        "file": files.get(columns.file.0 as usize).map_or("", |name| name), "line": columns.line[row],
        "received_at": shown_at(columns.received_at[row]),
    })
}

pub(crate) fn fields(engine: &Engine, columns: &Columns, row: usize) -> Map<String, Value> {
    let (dictionary, mut fields) = (&engine.state().dictionary, Map::new());
    let schema = &engine.book().schemas[usize::from(columns.adapter.0)];
    for (field, column) in schema.numbers.iter().zip(&columns.numbers) {
        let amount = Decimal { mantissa: i128::from(column[row]), scale: field.scale };
        fields.insert(field.name.to_string(), amount.to_string().into());
    }
    for (name, column) in schema.words.iter().zip(&columns.words) {
        // One for which the dictionary had no room has no text.
        let is_known = |word: &Word| (word.0 as usize) < dictionary.len();
        let text = Some(column[row]).filter(is_known).map(|word| dictionary.text(word));
        fields.insert(name.to_string(), text.into());
    }
    for (name, column) in schema.times.iter().zip(&columns.times) {
        fields.insert(name.to_string(), shown_at(column[row]).into());
    }
    for (name, column) in schema.dates.iter().zip(&columns.dates) {
        fields.insert(name.to_string(), column[row].to_string().into());
    }
    fields
}

pub(crate) fn show(folded: &Folded<'_>, engine: &Engine, turn: &Turn, row: usize, tongue: Tongue) -> Value {
    let mut shown = head(folded, engine, &turn.columns, row);
    let Some(part) = turn.parts.iter().find(|part| part.decisions.rows.contains(&row)) else { return shown };
    outcome(&mut shown, part.decisions.outcomes[row - part.decisions.rows.start], tongue);
    let number = u32::try_from(row).expect("a batch is bounded");
    shown["entries"] = entries(engine, &part.decisions, Origin::Event { row: number });
    shown
}

pub(crate) fn outcome(shown: &mut Value, outcome: Outcome, tongue: Tongue) {
    let word = match outcome {
        Outcome::Accepted => "accepted",
        Outcome::Waits => "waits",
        Outcome::NotYet => "not_yet",
        Outcome::Refused(code) => code.name(),
    };
    shown["outcome"] = word.into();
    shown["told"] = told_outcome(outcome, tongue).into();
}

fn show_refusal(folded: &Folded<'_>, engine: &Engine, columns: &Columns, refusal: &Refusal) -> Value {
    let source = refusal.source.map(|source| &*engine.book().sources[usize::from(source.0)].id);
    json!({
        "frame": folded.frame.head.sequence, "source": source, "id": refusal.id, "file": file_name(folded, columns),
        "line": refusal.line, "received_at": shown_at(refusal.received_at), "stamp": shown_at(folded.frame.head.stamp),
        "outcome": refusal.code.name(), "told": format!("{}: {}", refusal.code.name(), refusal.code.meaning()),
        "fields": { &*refusal.column: refusal.value, }, "expected": refusal.detail, "entries": [],
    })
}

/// Entries of one origin, with accounts by name.
pub(crate) fn entries(engine: &Engine, decisions: &Decisions, origin: Origin) -> Value {
    let (book, state) = (engine.book(), engine.state());
    let word = |word: Word| state.dictionary.text(word);
    let names = Names { book, word: &word };
    let posting = |posting: &Posting| {
        let account = state.chart.account(posting.account);
        let asset = names.asset(account.asset());
        let amount = Decimal { mantissa: i128::from(posting.amount), scale: asset.digits };
        json!({ "account": names.account(account), "asset": asset.name, "amount": amount.to_string() })
    };
    let own = decisions.entries.iter().filter(|(head, _)| head.origin == origin);
    let entry = own.map(|(head, postings)| {
        json!({
            "contract": book.contracts[usize::from(head.contract)].id, "period_on": head.period_on.to_string(),
            "adjusts_on": head.adjusts_on.to_string(), "dated_on": head.dated_on.to_string(),
            "postings": postings.iter().map(posting).collect::<Vec<_>>(),
        })
    });
    Value::Array(entry.collect())
}

/// What was found, for people.
pub(crate) fn text(found: &Value, tongue: Tongue) -> String {
    let mut text = String::new();
    let of = |name: &str| match &found[name] {
        Value::String(text) => text.clone(),
        Value::Null => String::new(),
        other => other.to_string(),
    };
    let at = match &found["row"] {
        Value::Null => String::new(),
        row => format!(", {} {row}", tongue.of("row", "행")),
    };
    let of_kind = match &found["kind"] {
        Value::Null => String::new(),
        _ => format!("{} {} ", of("kind"), of("asset")),
    };
    let frame = match &found["frame"] {
        Value::Null => String::new(),
        frame => format!("{} {frame}{at}, ", tongue.of("frame", "프레임")),
    };
    let mut line = |line: String| writeln!(text, "{line}").expect("a string takes every text");
    line(format!("{}:{} {of_kind}({}:{}) {}", of("source"), of("id"), of("file"), of("line"), of("told")));
    let decided = match &found["stamp"] {
        Value::Null => String::new(),
        stamp => format!(", {} {}", tongue.of("decided", "판정"), stamp.as_str().unwrap_or_default()),
    };
    line(format!("  {frame}{} {}{decided}", tongue.of("received", "수신"), of("received_at")));
    if !found["raw"].is_null() {
        line(format!("  {} {}", tongue.of("raw", "원문"), of("raw")));
    }
    for (name, value) in found["fields"].as_object().into_iter().flatten() {
        line(format!("  {name} = {}", value.as_str().unwrap_or_default()));
    }
    for entry in found["entries"].as_array().into_iter().flatten() {
        let word = |name: &str| entry[name].as_str().unwrap_or_default();
        line(format!("  {} {}, {}", tongue.of("entry of", "분개:"), word("contract"), word("dated_on")));
        for posting in entry["postings"].as_array().into_iter().flatten() {
            let word = |name: &str| posting[name].as_str().unwrap_or_default();
            line(format!("    {:>16} {} {}", word("amount"), word("asset"), word("account")));
        }
    }
    text
}
