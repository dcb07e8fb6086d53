//! `jeongsan load`: a book folder into a data directory, or onto the book that is there.

use super::service::Service;
use super::{NodeFailure, Place, accept_clock, now};
use crate::diff::{change_json, change_text};
use crate::failure::Failure;
use crate::tongue::Tongue;
use book::{Base, Loaded, changes, load_folder, load_onto};
use calendar::Instant;
use runtime::{OpenFailure, Opened, Told};
use serde_json::json;
use std::io::{Read, Write};
use std::path::Path;
use store::Folder;

/// What to load.
pub(crate) struct Options<'a> {
    pub(crate) data: &'a Path,
    pub(crate) book: &'a Path,
    pub(crate) accept_clock: bool,
}

pub(crate) fn command(
    options: &Options<'_>,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let Options { data, book: folder, .. } = *options;
    let refused = |faults| Failure::Book { folder: folder.to_owned(), faults };
    let checked = load_folder(folder).map_err(refused)?;
    let place = Place::new(data, &checked.book.id);
    let found = find(&place, tongue, err)?;
    let is_new = found.is_none();
    let (opened, before) = match found {
        None => {
            let key = Base::Nothing { key: draw_key()? };
            let loaded = load_onto(checked.files.clone(), key).map_err(refused)?;
            (place.create(loaded)?, None)
        }
        Some(opened) => {
            let before = opened.node.loaded();
            (opened, Some(before))
        }
    };
    let changed = before.as_ref().map_or_else(Vec::new, |before| changes(&before.files, &checked.files));
    let is_same = before.as_ref().is_some_and(|before| before.files == checked.files);
    define(&place, opened, before.as_deref(), checked, options)?;
    let told = if as_json {
        let changes: Vec<_> = changed.iter().map(change_json).collect();
        format!("{}\n", json!({ "book": place.id, "new": is_new, "changed": !is_same, "changes": changes }))
    } else {
        told(&place.id, is_new, is_same, &changed, tongue)
    };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// The book as it is there; none also where it was begun and never loaded to the end.
fn find(place: &Place, tongue: Tongue, err: &mut dyn Write) -> Result<Option<Opened<Folder>>, Failure> {
    if !place.is_there() {
        return Ok(None);
    }
    match place.open_telling(tongue, err) {
        Err(Failure::Node { failure, .. }) if matches!(*failure, NodeFailure::Open(OpenFailure::Empty)) => Ok(None),
        opened => opened.map(Some),
    }
}

/// Logs the definition, where it is another; the log is closed in peace whatever comes of it.
fn define(
    place: &Place,
    opened: Opened<Folder>,
    before: Option<&Loaded>,
    checked: Loaded,
    options: &Options<'_>,
) -> Result<(), Failure> {
    let at = now().max(opened.node.engine().state().stamp);
    let loaded = match before {
        None => Ok(Some((*opened.node.loaded()).clone())),
        Some(before) if before.files == checked.files => Ok(None),
        Some(before) => {
            let dictionary = &opened.node.engine().state().dictionary;
            load_onto(checked.files, Base::Book { loaded: before, dictionary, at }).map(Some)
        }
    };
    let service = Service::start(opened, |_| {}).map_err(place.failing())?;
    let defined = match &loaded {
        // A new book has no clock yet that could jump, and nothing comes before its definition.
        Ok(Some(loaded)) => log(&service, loaded, at, options.accept_clock && before.is_some()),
        _ => Ok(()),
    };
    let closed = service.close();
    loaded.map_err(|faults| Failure::Book { folder: options.book.to_owned(), faults })?;
    defined.and(closed).map_err(place.failing())
}

fn log(service: &Service<Folder>, loaded: &Loaded, at: Instant, accepted: bool) -> Result<(), NodeFailure> {
    if accepted {
        accept_clock(service, at, "load", "--accept-clock")?;
    }
    service.tell(Told::Define(Box::new(loaded.clone()), at)).map(|_| ())
}

/// The key of a book's identities: nobody outside may guess it, or choose ids that fall on one place.
fn draw_key() -> Result<u64, Failure> {
    let path = Path::new("/dev/urandom");
    let mut bytes = [0; 8];
    let mut file = std::fs::File::open(path).map_err(Failure::world("opening", path))?;
    file.read_exact(&mut bytes).map_err(Failure::world("reading", path))?;
    Ok(u64::from_le_bytes(bytes))
}

fn told(id: &str, is_new: bool, is_same: bool, changed: &[book::Changed], tongue: Tongue) -> String {
    let line = match (is_new, is_same) {
        (true, _) => tongue.of("is new", "새 장부입니다"),
        (_, true) => tongue.of("is as it was", "바뀐 것이 없습니다"),
        _ => tongue.of("is brought up to date", "갱신했습니다"),
    };
    let mut text = format!("{id}: {line}\n");
    for change in changed {
        text.push_str(&format!("  {}\n", change_text(change)));
    }
    text
}
