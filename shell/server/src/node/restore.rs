//! `jeongsan restore`: a data directory from a backup, whole or as it stood at a frame.
//!
//! The unit is the frame: what was acknowledged together comes back together. Runs and snapshots that know of later frames
//! are left out.

use super::Place;
use super::backup::{copy_all, told};
use super::copy::Until;
use crate::arguments;
use crate::failure::Failure;
use crate::tongue::Tongue;
use std::io::Write;
use std::path::Path;

pub(crate) fn command(
    backup: &Path,
    target: &Path,
    books: &[String],
    at: Option<&str>,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let places = Place::all(backup, books)?;
    let until = at.map_or(Ok(Until::End), until)?;
    if let (Until::Position(_), [_, _, ..], Some(value)) = (until, &*places, at) {
        let expected = (
            "is a position in the log of one book; name the book, or give a time",
            "한 장부의 로그 위치입니다. 장부를 지정하거나 시각을 주십시오",
        );
        return Err(Failure::Argument { name: "--at", value: value.to_owned(), expected });
    }
    let copied = copy_all(&places, target, until)?;
    told(&copied, as_json, tongue, out)
}

fn until(text: &str) -> Result<Until, Failure> {
    match text.parse() {
        Ok(position) => Ok(Until::Position(position)),
        Err(_) => arguments::instant("--at", text).map(Until::Stamp),
    }
}
