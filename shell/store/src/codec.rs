//! Bytes of a turn: the sections *commands*, *decisions* and *directory* of a frame.
//!
//! ```text
//! commands    batch (columns/), causes
//! decisions   whether a fold needs whole rows (1 byte), count, decisions of each part
//! directory   place of the raw bytes of each row and refusal
//! ```
//!
//! And of a state, section by section, for snapshots ([`write_state`], [`StateReader`]).
//!
//! There are two codings: [`packed`] columns for what there are thousands of, [`plain`] for the rest. All types are closed,
//! and so is their coding: each choice has its number, which never changes. What the batch says already is not said again
//! by the decisions, so these are read beside it. Lengths are checked against the section before anything is allocated;
//! no bytes make the reader panic; a section that says something else than a turn is a [`Fault`] with its place.
//! Whether bytes are those that were written is the frame's to check.

mod causes;
mod changes;
mod claims;
mod columns;
mod decisions;
mod directory;
mod entries;
mod evidence;
mod lines;
mod packed;
pub(crate) mod plain;
mod state;
#[cfg(test)]
pub(crate) mod tests;

pub use directory::{Directory, Place};
pub use state::{StateReader, write_state};

use crate::turn::{Beside, Cause, Part, Turn};
use decisions::Depth;
use engine::Decisions;
use event::{Columns, Identity};
use packed::Packer;
use plain::{Coded as _, Reader, put_count};

/// Bytes that make no sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{what}, at byte {offset} of the {section}")]
pub struct Fault {
    /// In which section.
    pub section: Section,
    /// Byte of the section.
    pub offset: usize,
    /// What is wrong.
    pub what: &'static str,
}

/// What bytes are of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Section {
    /// The batch and the causes of a turn.
    Commands,
    /// What was decided.
    Decisions,
    /// Where raw bytes stand.
    Directory,
    /// A part of a snapshot.
    State,
}

impl std::fmt::Display for Section {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str(match self {
            Self::Commands => "commands",
            Self::Decisions => "decisions",
            Self::Directory => "directory",
            Self::State => "state",
        })
    }
}

/// Appends the section of commands.
///
/// # Panics
/// Where the columns of the batch are not equally long.
pub fn write_commands(out: &mut Vec<u8>, turn: &Turn) {
    columns::write(&mut Packer::new(out), &turn.columns);
    put_count(out, turn.parts.len());
    turn.parts.iter().for_each(|part| part.cause.write(out));
}

/// Appends the section of decisions.
///
/// # Panics
/// Where a part has outcomes of rows that are not in the batch.
pub fn write_decisions(out: &mut Vec<u8>, turn: &Turn) {
    let start = out.len();
    out.push(0);
    put_count(out, turn.parts.len());
    let mut packer = Packer::new(out);
    let mut needs_rows = false;
    for part in &turn.parts {
        needs_rows |= decisions::write(&mut packer, &turn.columns, &part.decisions);
    }
    out[start] = u8::from(needs_rows);
}

/// Appends the section of the directory.
pub fn write_directory(out: &mut Vec<u8>, directory: &Directory) {
    directory::write(out, directory);
}

/// Appends a batch by itself.
///
/// # Panics
/// Where its columns are not equally long.
pub fn write_columns(out: &mut Vec<u8>, columns: &Columns) {
    columns::write(&mut Packer::new(out), columns);
}

/// Reads a batch that stands by itself.
///
/// # Errors
/// A [`Fault`] where the bytes are not a batch.
pub fn read_columns(bytes: &[u8]) -> Result<Columns, Fault> {
    let mut from = Reader::new(Section::Commands, bytes);
    let columns = columns::read(&mut from)?;
    from.end()?;
    Ok(columns)
}

/// Reads a turn from its commands and decisions.
///
/// # Errors
/// A [`Fault`] where the bytes are not those of a turn.
pub fn read_turn(commands: &[u8], decisions: &[u8]) -> Result<Turn, Fault> {
    let (columns, causes) = read_commands(commands)?;
    let decided = read_parts(decisions, &columns, Depth::Whole)?;
    if causes.len() != decided.len() {
        return Err(Fault { section: Section::Decisions, offset: 0, what: "as many parts as causes are expected" });
    }
    let parts = causes.into_iter().zip(decided).map(|(cause, decisions)| Part { cause, decisions });
    Ok(Turn { columns, parts: parts.collect() })
}

/// Reads what happened, without what was decided.
///
/// # Errors
/// A [`Fault`] where the bytes are not a section of commands.
pub fn read_commands(commands: &[u8]) -> Result<(Columns, Vec<Cause>), Fault> {
    let mut from = Reader::new(Section::Commands, commands);
    let columns = columns::read(&mut from)?;
    let causes = Vec::read(&mut from)?;
    from.end()?;
    Ok((columns, causes))
}

/// Reads of a turn's decisions what folding applies, part by part: without exceptions and rows that were taken back, and
/// without the ids, texts and fields of the batch where none is kept. Beside them the original of each row of the batch.
///
/// # Errors
/// A [`Fault`] where the bytes are not those of a turn.
pub fn read_for_fold(commands: &[u8], decisions: &[u8]) -> Result<(Vec<Decisions>, Vec<Identity>), Fault> {
    let mut from = Reader::new(Section::Commands, commands);
    let whole = decisions.first() == Some(&1);
    let columns = if whole { columns::read(&mut from)? } else { columns::read_for_fold(&mut from)? };
    Ok((read_parts(decisions, &columns, Depth::Fold)?, columns.original))
}

fn read_parts(decisions: &[u8], columns: &Columns, depth: Depth) -> Result<Vec<Decisions>, Fault> {
    let mut from = Reader::new(Section::Decisions, decisions);
    bool::read(&mut from)?;
    let mut parts = Vec::new();
    for _ in 0..from.count()? {
        parts.push(decisions::read(&mut from, columns, depth)?);
    }
    from.end()?;
    Ok(parts)
}

/// Appends what a node holds beside its state.
pub fn write_beside(out: &mut Vec<u8>, beside: &Beside) {
    beside.write(out);
}

/// Reads what a node holds beside its state.
///
/// # Errors
/// A [`Fault`] where the bytes are something else.
pub fn read_beside(bytes: &[u8]) -> Result<Beside, Fault> {
    let mut from = Reader::new(Section::State, bytes);
    let beside = Beside::read(&mut from)?;
    from.end()?;
    Ok(beside)
}

/// Reads a directory.
///
/// # Errors
/// A [`Fault`] where the bytes are not a directory.
pub fn read_directory(bytes: &[u8]) -> Result<Directory, Fault> {
    directory::read(bytes)
}
