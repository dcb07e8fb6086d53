//! `jeongsan load`: a book folder into a data directory, or onto the book that is there.

use super::service::Service;
use super::{Place, now};
use crate::diff::{change_json, change_text};
use crate::failure::Failure;
use crate::tongue::Tongue;
use book::{Base, Loaded, changes, load_folder, load_onto};
use runtime::{Opened, Told};
use serde_json::json;
use std::io::{Read, Write};
use std::path::Path;
use store::Folder;

pub(crate) fn command(
    data: &Path,
    folder: &Path,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let refused = |faults| Failure::Book { folder: folder.to_owned(), faults };
    let checked = load_folder(folder).map_err(refused)?;
    let place = Place::new(data, &checked.book.id);
    let is_new = !place.is_there();
    let (opened, before) = if is_new {
        let key = Base::Nothing { key: draw_key()? };
        let loaded = load_onto(checked.files.clone(), key).map_err(refused)?;
        (place.create(loaded)?, None)
    } else {
        let opened = place.open()?;
        let before = opened.node.loaded();
        (opened, Some(before))
    };
    let changed = before.as_ref().map_or_else(Vec::new, |before| changes(&before.files, &checked.files));
    let is_same = before.as_ref().is_some_and(|before| before.files == checked.files);
    if !is_same {
        define(&place, opened, before.as_deref(), checked, folder)?;
    }
    let told = if as_json {
        let changes: Vec<_> = changed.iter().map(change_json).collect();
        format!("{}\n", json!({ "book": place.id, "new": is_new, "changed": !is_same, "changes": changes }))
    } else {
        told(&place.id, is_new, is_same, &changed, tongue)
    };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// Logs the definition.
fn define(
    place: &Place,
    opened: Opened<Folder>,
    before: Option<&Loaded>,
    checked: Loaded,
    folder: &Path,
) -> Result<(), Failure> {
    let at = now().max(opened.node.engine().state().stamp);
    let loaded = match before {
        None => (*opened.node.loaded()).clone(),
        Some(before) => {
            let dictionary = &opened.node.engine().state().dictionary;
            let base = Base::Book { loaded: before, dictionary, at };
            load_onto(checked.files, base).map_err(|faults| Failure::Book { folder: folder.to_owned(), faults })?
        }
    };
    let service = Service::start(opened, |_| {}).map_err(place.failing())?;
    service.tell(Told::Define(Box::new(loaded), at)).map_err(place.failing())?;
    service.close().map_err(place.failing())
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
