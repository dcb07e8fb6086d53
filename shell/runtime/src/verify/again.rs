//! The third pass: every turn is decided again (I1b).
//!
//! Deciding may only know what was claimed before, so runs are taken in one after the other: each when its last frame is
//! behind. What they hold is then forgotten by the engine.

use super::{Depth, Step, VerifyFailure};
use crate::facts::facts_of;
use crate::open::{Load, OpenFailure, loaded_of, sections};
use book::Loaded;
use calendar::Instant;
use canon::Digest;
use engine::{Change, Command, Decisions, Engine};
use event::{Columns, Dictionary};
use std::sync::Arc;
use store::Disk;
use store::codec::{read_turn, write_decisions};
use store::frame::{Kind, Section};
use store::log::{End, Frame, Reader};
use store::runs::{RunFailure, Runs};
use store::turn::{Cause, Definition, Part, TakenFile, Turn};

/// Decides all turns again; gives the digest of what they come to.
pub(super) fn decide_again<D: Disk>(
    disk: &Arc<D>,
    end: &End,
    load: Load,
    runs: &Runs<D>,
    told: &mut dyn FnMut(Step),
) -> Result<Digest, VerifyFailure> {
    let frames = end.chain.position.sequence;
    let mut reader = Reader::open(Arc::clone(disk), end.chain.book, 1, sections())?;
    let mut again = Again { load, all: runs, known: runs.emptied(), book: None, bytes: Vec::new() };
    while let Some(frame) = reader.next(frames)? {
        let head = frame.head;
        if head.kind == Kind::Turn {
            again.frame(&frame)?;
        }
        again.forget(head.sequence + 1)?;
        told(Step {
            pass: Depth::Decide,
            frame: head.sequence,
            frames,
            events: head.first_event + u64::from(head.events),
        });
    }
    let (engine, _) = again.book.ok_or(OpenFailure::Empty)?;
    Ok(engine.state().digest())
}

struct Again<'r, D: Disk> {
    load: Load,
    all: &'r Runs<D>,
    /// Those whose frames are behind.
    known: Runs<D>,
    book: Option<(Engine, Loaded)>,
    bytes: Vec<u8>,
}

impl<D: Disk> Again<'_, D> {
    fn frame(&mut self, frame: &Frame<'_>) -> Result<(), VerifyFailure> {
        let sequence = frame.head.sequence;
        let differs = |what: String| VerifyFailure::Decided { sequence, what };
        if frame.head.rules_version != engine::RULES_VERSION {
            let (theirs, ours) = (frame.head.rules_version, engine::RULES_VERSION);
            return Err(differs(format!("it was decided by rules {theirs}, and this release decides by {ours}")));
        }
        let logged = frame.section(Section::Decisions);
        let turn = read_turn(frame.section(Section::Commands), logged);
        let Turn { columns, parts } = turn.map_err(|fault| OpenFailure::Frame { sequence, fault })?;
        self.recall(&columns, &parts)?;
        let again = self.turn(sequence, columns, &parts)?;
        self.bytes.clear();
        write_decisions(&mut self.bytes, &again);
        if self.bytes != logged {
            return Err(differs(first_difference(&parts, &again.parts)));
        }
        if let Some((engine, _)) = &mut self.book {
            again.parts.into_iter().for_each(|part| engine.recycle(part.decisions));
        }
        Ok(())
    }

    /// Tells the engine what runs say.
    fn recall(&mut self, columns: &Columns, parts: &[Part]) -> Result<(), VerifyFailure> {
        let Some((engine, _)) = &mut self.book else { return Ok(()) };
        let commands: Vec<Command> = parts.iter().filter_map(command_of).cloned().collect();
        let facts = facts_of(&self.known, columns, &commands, engine.amends(columns)).map_err(of_runs)?;
        engine.recall(facts);
        Ok(())
    }

    fn turn(&mut self, sequence: u64, mut columns: Columns, parts: &[Part]) -> Result<Turn, VerifyFailure> {
        let mut again = Vec::with_capacity(parts.len());
        let mut new_words = None;
        let mut row = 0;
        for (position, part) in parts.iter().enumerate() {
            let cause = part.cause.clone();
            let decisions = match &part.cause {
                Cause::Rows | Cause::Held => {
                    let until = rows_until(&parts[position..]).min(columns.len());
                    let (engine, _) = self.book.as_mut().ok_or(OpenFailure::Undefined { sequence })?;
                    let decisions = match cause {
                        Cause::Held => engine.hold_all(&mut columns, row..until),
                        _ => engine.decide(&mut columns, row..until),
                    };
                    new_words.get_or_insert_with(|| std::mem::take(&mut columns.new_words));
                    row = decisions.rows.end;
                    decisions
                }
                Cause::Define(definition) => self.define(sequence, definition, &part.decisions)?,
                other => self.told(sequence, other)?,
            };
            again.push(Part { cause, decisions });
        }
        columns.new_words = new_words.unwrap_or(columns.new_words);
        Ok(Turn { columns, parts: again })
    }

    fn told(&mut self, sequence: u64, cause: &Cause) -> Result<Decisions, VerifyFailure> {
        let (engine, _) = self.book.as_mut().ok_or(OpenFailure::Undefined { sequence })?;
        let nothing = |engine: &Engine| Decisions { stamp: engine.state().stamp, ..Decisions::default() };
        Ok(match cause {
            Cause::Command(command) => engine.command(command),
            Cause::Open => engine.open_books(),
            Cause::Look(at) => engine.finish(*at),
            Cause::FileEnd { file, whole } => engine.end_file(*file, *whole),
            Cause::File(TakenFile { file, slot: Some((_, digest)), amendment: Some(amendment), .. }) => {
                let refused = |refusal| VerifyFailure::Decided {
                    sequence,
                    what: format!("the file is not let in any more: {refusal:?}"),
                };
                engine.amend_file(*file, *digest, *amendment).map_err(refused)?
            }
            Cause::File(TakenFile { file, adapter, slot: Some((slot, digest)), .. }) => {
                engine.take_file(*file, *adapter, slot, *digest).1
            }
            Cause::File(_) | Cause::Clock(_) => nothing(engine),
            Cause::Rows | Cause::Held | Cause::Define(_) => unreachable!("they are decided elsewhere"),
        })
    }

    /// The moment at which a definition came stands in what was decided.
    fn define(
        &mut self,
        sequence: u64,
        definition: &Definition,
        logged: &Decisions,
    ) -> Result<Decisions, VerifyFailure> {
        let at = logged.changes.iter().find_map(|change| match change {
            Change::Redefined { at, .. } => Some(*at),
            _ => None,
        });
        let at = at.unwrap_or(logged.stamp);
        let Some((engine, before)) = &mut self.book else {
            let loaded = loaded_of(self.load, definition, None, &Dictionary::default(), at, sequence)?;
            let engine = Engine::new(Arc::new(loaded.book.clone()));
            self.book = Some((engine, loaded));
            return Ok(Decisions { stamp: Instant::NONE, ..Decisions::default() });
        };
        let loaded = loaded_of(self.load, definition, Some(before), &engine.state().dictionary, at, sequence)?;
        let decisions = engine.redefine(Arc::new(loaded.book.clone()), at);
        *before = loaded;
        Ok(decisions)
    }

    /// Takes in the run that ends before a frame.
    fn forget(&mut self, next: u64) -> Result<(), VerifyFailure> {
        let known = self.known.runs().len();
        let ends_here = self.all.runs().nth(known).is_some_and(|run| run.frames().end == next);
        if !ends_here {
            return Ok(());
        }
        self.known = self.known.with_next_of(self.all).map_err(of_runs)?;
        if let Some((engine, _)) = &mut self.book {
            engine.turn_generation();
            engine.forget_generation(next);
        }
        Ok(())
    }
}

fn of_runs(failure: RunFailure) -> VerifyFailure {
    match failure {
        RunFailure::Disk(failure) => failure.into(),
        damaged @ RunFailure::Damaged { .. } => VerifyFailure::Runs(damaged.to_string()),
    }
}

fn command_of(part: &Part) -> Option<&Command> {
    match &part.cause {
        Cause::Command(command) => Some(command),
        _ => None,
    }
}

/// The row before which the next command was carried out; behind the last where none was.
fn rows_until(parts: &[Part]) -> usize {
    let of_rows = parts.iter().take_while(|part| matches!(part.cause, Cause::Rows | Cause::Held));
    let last = of_rows.last().map_or(0, |part| part.decisions.rows.end);
    let is_last = parts.iter().all(|part| matches!(part.cause, Cause::Rows | Cause::Held));
    if is_last { usize::MAX } else { last }
}

/// In words: what of a turn is decided otherwise, as far as it can be told.
fn first_difference(logged: &[Part], again: &[Part]) -> String {
    for (position, (logged, again)) in (1..).zip(logged.iter().zip(again)) {
        if let Some(what) = difference(&logged.decisions, &again.decisions) {
            return format!("part {position}: {what}");
        }
    }
    "what is kept of waiting events and evidence".into()
}

fn difference(logged: &Decisions, again: &Decisions) -> Option<String> {
    if logged.rows != again.rows {
        return Some(format!("rows {:?} were decided, and {:?} are now", logged.rows, again.rows));
    }
    let outcomes = logged.outcomes.iter().zip(&again.outcomes);
    if let Some((row, (was, is))) = (logged.rows.start..).zip(outcomes).find(|(_, (was, is))| was != is) {
        return Some(format!("row {row} was {was:?} and is {is:?}"));
    }
    let parts = [
        ("the stamp", logged.stamp == again.stamp),
        ("words", logged.words == again.words),
        ("accounts", logged.accounts == again.accounts),
        ("periods", logged.periods == again.periods),
        ("groups of tallies", logged.groups == again.groups),
        ("tallies", logged.cells == again.cells && logged.tallies == again.tallies),
        ("changes of periods", logged.changes == again.changes),
        ("statements", logged.statements == again.statements),
        ("claims", logged.claims == again.claims && logged.origins == again.origins),
        ("links", logged.links == again.links),
        ("entries", logged.entries == again.entries),
        ("counts", logged.counts == again.counts),
        ("exceptions", logged.exceptions == again.exceptions),
    ];
    parts.iter().find(|(_, is_same)| !is_same).map(|(what, _)| format!("other {what}"))
}
