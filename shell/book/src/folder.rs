//! Reads the files of a book from a folder: the only part of this crate that touches the world.

use crate::fault::{FAULTS_MAX, Fault, FaultKind};
use std::fs::{self, File};
use std::io::Read;
use std::path::Path;

/// The largest file of a book, in bytes: a million parties fit.
pub(crate) const FILE_BYTES_MAX: u64 = 256 * 1024 * 1024;

/// The folders inside a book.
pub(crate) const FOLDERS: [&str; 5] = ["calendars", "contracts", "rates", "reconcile", "sources"];

/// The folder whose files may be tables.
const RATES: &str = "rates/";

/// Whether a file of this path is a part of the book: TOML files, and tables of rates.
pub(crate) fn is_part(path: &str) -> bool {
    let is_table = path.starts_with(RATES) && path.ends_with(".csv");
    path.ends_with(".toml") || is_table
}

/// All files of a book folder and one level below it, by path, in order. Other files are no part of a book.
pub(crate) fn files_of(folder: &Path) -> Result<Vec<(String, Vec<u8>)>, Vec<Fault>> {
    let mut paths = Vec::new();
    let unreadable = |reason: std::io::Error| {
        let reason = reason.to_string().into();
        vec![Fault::of_file(&folder.display().to_string(), FaultKind::FolderUnreadable { reason })]
    };
    for (name, is_folder) in names_in(folder).map_err(unreadable)? {
        if !is_folder {
            paths.push(name);
            continue;
        }
        // A folder of another name may hold a whole different book, or a contract in a mistyped one: look, then say so.
        let inside = names_in(&folder.join(&name)).map_err(unreadable)?;
        paths.extend(inside.into_iter().filter(|(_, is_folder)| !is_folder).map(|(file, _)| format!("{name}/{file}")));
    }
    paths.retain(|path| is_part(path) && !path.split('/').any(|part| part.starts_with('.')));
    paths.sort();
    let (mut files, mut faults) = (Vec::new(), Vec::new());
    for path in paths {
        match read(&folder.join(&path)) {
            Ok(bytes) => files.push((path, bytes)),
            Err(error) => {
                let reason = error.to_string().into();
                faults.push(Fault::of_file(&path, FaultKind::FileUnreadable { reason }));
            }
        }
        if faults.len() == FAULTS_MAX {
            break;
        }
    }
    if faults.is_empty() { Ok(files) } else { Err(faults) }
}

/// Names in a folder, and which of them are folders.
fn names_in(folder: &Path) -> std::io::Result<Vec<(String, bool)>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let is_folder = fs::metadata(entry.path()).is_ok_and(|about| about.is_dir());
        names.push((entry.file_name().to_string_lossy().into_owned(), is_folder));
    }
    Ok(names)
}

/// One byte more than allowed, so that whoever checks the size sees that it is too large.
fn read(path: &Path) -> std::io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(FILE_BYTES_MAX + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
