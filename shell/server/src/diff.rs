//! `jeongsan diff DIR1 DIR2`: what changed between two settled folders of one book, line by line, and why.
//!
//! The amounts are those of the folders' own `statements.json`. Their causes are found by deciding again: from the first
//! folder to the second in steps that each let in one thing only (time, contracts, rates, events that are gone, changed,
//! repaired, added or late, commands), so that the parts of a difference add up to it exactly. What is left over, where a
//! folder was made by another release, is the program's.

mod carry;
mod lines;
mod passes;
mod report;
mod settled;
mod steps;

pub(crate) use lines::{Statements, of_engine};
pub(crate) use report::{change_json, change_text};

use crate::failure::Failure;
use crate::tongue::Tongue;
use settled::Settled;
use std::io::Write;
use std::path::Path;

pub(crate) fn command(
    first: &Path,
    second: &Path,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let (before, after) = (Settled::open(first)?, Settled::open(second)?);
    if before.lock.loaded.book.id != after.lock.loaded.book.id {
        let expected = ("was settled by another book than DIR1", "DIR1 과 다른 장부로 정산되었습니다");
        return Err(Failure::Argument { name: "DIR2", value: second.display().to_string(), expected });
    }
    let found = steps::compare(&before, &after)?;
    let text = if as_json { report::json(&found) } else { report::text(&found, tongue) };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}
