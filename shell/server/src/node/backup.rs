//! `jeongsan backup`: a data directory with the same books, made while others may be writing.
//!
//! A backup is a data directory like any other: it can be verified, inspected, restored.

use super::Place;
use super::copy::{Copied, Until, copy};
use crate::failure::Failure;
use crate::tongue::Tongue;
use serde_json::{Value, json};
use std::io::Write;
use std::path::Path;

pub(crate) fn command(
    data: &Path,
    target: &Path,
    books: &[String],
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let places = Place::all(data, books)?;
    let copied = copy_all(&places, target, Until::End)?;
    told(&copied, as_json, tongue, out)
}

/// Copies books one after the other; those that were copied before a failure stay, each whole.
pub(super) fn copy_all(places: &[Place], target: &Path, until: Until) -> Result<Vec<Copied>, Failure> {
    let books = target.join("books");
    std::fs::create_dir_all(&books).map_err(Failure::world("creating the folder", &books))?;
    places.iter().map(|place| copy(place, target, until)).collect()
}

/// What was copied, for people or programs.
pub(super) fn told(all: &[Copied], as_json: bool, tongue: Tongue, out: &mut dyn Write) -> Result<(), Failure> {
    let told = if as_json {
        let list: Vec<Value> = all.iter().map(json).collect();
        format!("{}\n", json!({ "books": list }))
    } else {
        all.iter().map(|copied| text(copied, tongue)).collect()
    };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

fn json(copied: &Copied) -> Value {
    let Copied { id, linked, copied, verified } = copied;
    json!({
        "book": id, "position": verified.position.sequence, "events": verified.events,
        "stamp": verified.stamp.present().map(|at| at.to_string()), "files_linked": linked, "files_copied": copied,
        "state_digest": verified.digest.map(|digest| digest.to_string()),
    })
}

fn text(copied: &Copied, tongue: Tongue) -> String {
    let Copied { id, linked, copied, verified } = copied;
    let (frames, events, stamp) = (verified.position.sequence, verified.events, verified.stamp);
    match tongue {
        Tongue::English => format!(
            "{id}: {frames} frames, {events} events up to {stamp}; {linked} files linked, {copied} copied; verified\n"
        ),
        Tongue::Korean => format!(
            "{id}: 프레임 {frames}개, 거래 {events}건({stamp}까지); 파일 {linked}개 연결, {copied}개 복사; 검증 완료\n"
        ),
    }
}
