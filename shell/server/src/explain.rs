//! `jeongsan explain`: why an event was decided as it was, and where a statement's amount comes from.
//!
//! Nothing is looked up in the outputs: the folder's own log is decided again up to the event, or to the end, and the
//! arithmetic is `F`'s. So an explanation cannot say anything else than what the books did.

mod event;
mod order;
mod refused;
mod replay;
mod statement;
mod tallies;

pub(crate) use event::told_outcome;
pub(crate) use refused::records;
pub(crate) use replay::{Lock, digest_of};

use crate::failure::Failure;
use crate::tongue::Tongue;
use event::event;
use refused::refused_row;
use serde_json::json;
use statement::statement;
use std::io::Write;
use std::path::Path;

pub(crate) fn command(
    folder: &Path,
    what: &str,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let lock = Lock::open(folder)?;
    let explained = match statement(&lock, what)? {
        Some(lines) => Some(lines),
        None => event(&lock, what, tongue)?,
    };
    let Some(explained) = explained.or(refused_row(folder, what)?) else {
        return Err(Failure::Unexplained { what: what.to_owned(), folder: folder.to_owned() });
    };
    let text =
        if as_json { format!("{}\n", json!({ "of": what, "lines": explained })) } else { explained.join("\n") + "\n" };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}
