//! `jeongsan ingest DATA --each FOLDER`: files into many books at once.
//!
//! FOLDER has a folder for each book, named by its id. Every book is opened, told and closed as if it were alone; one that
//! cannot go on stops with its reason, which is told at once and again at the end, and the others go on.

use super::super::host::{BOOKS_MAX, Heard, host, hosted_scale};
use super::{Order, Place, Stop, Taken, take, told, told_as_json};
use crate::arguments::Ingest;
use crate::failure::Failure;
use crate::settle::{progress_bar, worker_count};
use crate::tongue::Tongue;
use serde_json::{Value, json};
use std::fs::DirEntry;
use std::io::Write;
use std::path::{Path, PathBuf};

pub(super) fn command(
    options: &Ingest,
    folder: &Path,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8, Failure> {
    let received_at = options.received_at()?;
    let places: Vec<Place> = books_of(folder)?.iter().map(|id| Place::new(&options.data, id)).collect();
    let progress = progress_bar(!as_json, &[]);
    let mut ended: Vec<Option<Result<Taken, Stop>>> = places.iter().map(|_| None).collect();
    let mut written = Ok(());
    host(
        &places,
        options.threads.unwrap_or_else(worker_count),
        |member, seats, voice| {
            let place = &places[member];
            let files = files_of(&folder.join(&place.id))?;
            let order = Order {
                files: &files,
                received_at,
                accept_clock: options.accept_clock,
                scale: hosted_scale(),
                seats,
                lanes: member..member + 1,
                progress: &progress,
                tongue,
            };
            take(&order, place, &mut |line| {
                voice.tell(line);
                Ok(())
            })
        },
        |member, heard| {
            let line = match &heard {
                Heard::Line(line) => Some(line.clone()),
                Heard::Ended(Err(stop)) if !as_json => Some(stopped(&places[member].id, stop, tongue)),
                Heard::Ended(_) => None,
            };
            if let (Some(line), Ok(())) = (line, &written) {
                written = progress.suspend(|| writeln!(err, "{}", line.trim_end()));
            }
            if let Heard::Ended(result) = heard {
                ended[member] = Some(result);
            }
        },
    );
    progress.finish_and_clear();
    written.map_err(Failure::world("writing", Path::new("stderr")))?;
    let ended = ended.into_iter().map(|ended| ended.expect("each book ends")).collect();
    summarize(&places, ended, as_json, tongue, out)
}

/// Tells of each book what was added, or why it stopped; the exit code is that of the first that stopped.
fn summarize(
    places: &[Place],
    ended: Vec<Result<Taken, Stop>>,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<u8, Failure> {
    let (mut code, mut text, mut list) = (0, String::new(), Vec::new());
    for (place, ended) in places.iter().zip(ended) {
        match ended {
            Ok(taken) => {
                text.push_str(&told(&place.id, &taken, tongue));
                let mut book = told_as_json(&place.id, &taken);
                book["stopped"] = Value::Bool(false);
                list.push(book);
            }
            Err(stop) => {
                code = if code == 0 { stop.failure.exit_code() } else { code };
                text.push_str(&stopped(&place.id, &stop, tongue));
                list.push(json!({
                    "book": place.id, "stopped": true, "position": stop.position, "error": stop.failure.code(),
                    "exit_code": stop.failure.exit_code(), "message": stop.failure.text(tongue).trim_end(),
                }));
            }
        }
    }
    if as_json {
        text = format!("{}\n", json!({ "format": "jeongsan.ingest", "version": 1, "books": list }));
    }
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))?;
    Ok(code)
}

/// Why a book stopped, for people: a line, or more where the failure has more.
fn stopped(id: &str, stop: &Stop, tongue: Tongue) -> String {
    let why = stop.failure.text(tongue);
    let why = why.trim_end();
    match (tongue, stop.position) {
        (Tongue::English, None) => format!("{id}: stopped before it took anything: {why}\n"),
        (Tongue::English, Some(position)) => format!("{id}: stopped; durable up to frame {position}: {why}\n"),
        (Tongue::Korean, None) => format!("{id}: 받기 전에 중단되었습니다: {why}\n"),
        (Tongue::Korean, Some(position)) => format!("{id}: 중단되었습니다. 프레임 {position}까지 저장: {why}\n"),
    }
}

/// The ids of the books that a folder has folders for, in order.
fn books_of(folder: &Path) -> Result<Vec<String>, Failure> {
    let mut ids = Vec::new();
    for (name, path) in entries_of(folder)? {
        if !path.is_dir() {
            let expected = (
                "is no folder; for each book there is a folder of files, named by the book's id, and nothing else",
                "폴더가 아닙니다. 장부마다 id를 이름으로 하는 파일 폴더만 있어야 합니다",
            );
            return Err(Failure::Argument { name: "--each", value: path.display().to_string(), expected });
        }
        ids.push(name);
    }
    let expected = if ids.is_empty() {
        ("has no folder of files for any book", "장부의 파일 폴더가 없습니다")
    } else if ids.len() > BOOKS_MAX {
        (
            "has folders for more than 1,024 books; take them in several runs",
            "장부가 1,024개를 넘습니다. 나누어 실행하십시오",
        )
    } else {
        return Ok(ids);
    };
    Err(Failure::Argument { name: "--each", value: folder.display().to_string(), expected })
}

/// The files of a book, in order of their names; folders among them are refused when they are read.
fn files_of(folder: &Path) -> Result<Vec<String>, Failure> {
    Ok(entries_of(folder)?.into_iter().map(|(_, path)| path.to_string_lossy().into_owned()).collect())
}

/// What a folder has, by name; what begins with a dot does not count.
fn entries_of(folder: &Path) -> Result<Vec<(String, PathBuf)>, Failure> {
    let listed = std::fs::read_dir(folder).and_then(Iterator::collect::<std::io::Result<Vec<DirEntry>>>);
    let listed = listed.map_err(Failure::world("reading the folder", folder))?;
    let named = |entry: DirEntry| (entry.file_name().to_string_lossy().into_owned(), entry.path());
    let mut entries: Vec<(String, PathBuf)> = listed.into_iter().map(named).collect();
    entries.retain(|(name, _)| !name.starts_with('.'));
    entries.sort();
    Ok(entries)
}
