//! Book folder to core types, with file, line and column of every fault.
//!
//! A book is a folder of TOML files: `book.toml`, `parties.toml`, `sources/*.toml` (one adapter with its sources each),
//! `contracts/*.toml` (one contract each), `calendars/*.toml`, `rates/*.toml` with their tables,
//! `reconcile/*.toml` (one reconciliation each) and `withholding.toml`. Files are read in order of their paths and every
//! fault of all of them is told at once, up to [`FAULTS_MAX`]; what depends on a faulty part is passed over, so that one
//! mistake makes one fault.
//!
//! Text → nodes with places (`nodes`) → the definition, part by part: zones, parties, calendars, adapters, contracts.
//! A contract whose result would depend on the order in which events arrive is refused with the reason (`arrival`).

mod arrival;
mod assets;
mod base;
mod calendars;
mod changes;
mod contracts;
mod definition;
mod fault;
mod findings;
mod folder;
mod formulas;
mod nearest;
mod nodes;
mod opening;
mod parties;
mod rates;
pub mod reconcile;
mod section;
mod sources;
mod update;
mod values;
mod withholding;
mod words;
mod zones;

pub use base::Base;
pub use changes::{Changed, changes};
pub use contracts::keys::contract_reference;
pub use fault::{FAULTS_MAX, Fault, FaultKind, Language};

use base::Memory;
use canon::{Digest, Digester};
use definition::Defined;
use engine::Book;
use findings::{Findings, SourceText};
use intake::adapter::Adapter;
use reconcile::Reconciliation;
use std::path::Path;

/// A book that has no faults.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The definition that deciding needs.
    pub book: Book,
    /// How files are read, by [`event::AdapterId`].
    pub adapters: Vec<Adapter>,
    /// What is held against what, in order of the files.
    pub reconciliations: Vec<Reconciliation>,
    /// The files that the book was made of, by path inside the folder (`/` between its parts): what `book.lock` copies.
    pub files: Vec<(String, Vec<u8>)>,
    /// Digest of the paths and bytes of `files`, in order.
    pub digest: Digest,
    /// What is no fault but worth a look, at most [`FAULTS_MAX`].
    pub warnings: Vec<Fault>,
    /// Key of the identities of its events.
    pub key: u64,
    memory: Memory,
}

/// Reads the book in a folder.
///
/// # Errors
/// All faults of the book; [`Fault::is_of_the_world`] where the folder or a file cannot be read.
pub fn load_folder(folder: &Path) -> Result<Loaded, Vec<Fault>> {
    load_files(folder::files_of(folder)?)
}

/// Makes a book of its files: path inside the folder and bytes, in any order. A pure function. Files that are
/// neither TOML nor tables of rates are passed over. The key of identities comes from the files themselves.
///
/// # Errors
/// All faults of the book, in order of their places.
pub fn load_files(mut files: Vec<(String, Vec<u8>)>) -> Result<Loaded, Vec<Fault>> {
    sort(&mut files);
    let digest = digest_of(&files);
    let key = u64::from_le_bytes(*digest.0.first_chunk().expect("a digest has 32 bytes"));
    load_onto(files, Base::Nothing { key })
}

/// The same, with the key of identities given, or onto the book as it stands: then everything that the book has keeps its
/// number, whatever the order of the files, and what is new follows behind. The definition that comes out is complete; the
/// engine goes on under it ([`engine::Engine::redefine`]).
///
/// A version of a known contract that is new is known from the load on at the earliest.
///
/// # Errors
/// All faults of the files, or else all that they change and may not, in order of their places.
pub fn load_onto(mut files: Vec<(String, Vec<u8>)>, base: Base<'_>) -> Result<Loaded, Vec<Fault>> {
    sort(&mut files);
    let texts = texts_of(&files)?;
    let digest = digest_of(&files);
    let mut findings = Findings::new(texts);
    let defined = definition::define(&mut findings, base);
    let (faults, warnings) = findings.into_parts();
    match defined {
        Some(Defined { book, adapters, reconciliations, memory }) if faults.is_empty() => {
            let key = base.key();
            Ok(Loaded { book, adapters, reconciliations, files, digest, warnings, key, memory })
        }
        _ => {
            assert!(!faults.is_empty(), "a book that is not made has a fault");
            Err(faults)
        }
    }
}

/// The parts of a book in order of their paths.
fn sort(files: &mut Vec<(String, Vec<u8>)>) {
    files.retain(|(path, _)| folder::is_part(path));
    files.sort();
}

/// Digest of all paths and bytes in order.
fn digest_of(files: &[(String, Vec<u8>)]) -> Digest {
    let mut digester = Digester::default();
    digester.u64(files.len() as u64);
    for (path, bytes) in files {
        digester.text(path).bytes(bytes);
    }
    digester.finish()
}

/// The files as texts, if all of them may be there, are there, and are UTF-8.
fn texts_of(files: &[(String, Vec<u8>)]) -> Result<Vec<SourceText>, Vec<Fault>> {
    let (mut texts, mut faults) = (Vec::new(), Vec::new());
    for (position, (path, bytes)) in files.iter().enumerate() {
        let fault = if position > 0 && files[position - 1].0 == *path {
            Some(Fault::of_file(path, FaultKind::FileTwice {}))
        } else if !is_expected(path) {
            Some(Fault::of_file(path, FaultKind::FileUnexpected {}))
        } else if bytes.len() as u64 > folder::FILE_BYTES_MAX {
            let most = folder::FILE_BYTES_MAX.to_string().into();
            Some(Fault::of_file(path, FaultKind::FileTooLarge { most }))
        } else {
            match std::str::from_utf8(bytes) {
                Ok(text) => {
                    texts.push(SourceText { path: path.clone(), text: text.to_owned() });
                    None
                }
                Err(error) => Some(encoding_fault(path, &bytes[..error.valid_up_to()])),
            }
        };
        faults.extend(fault);
    }
    for path in ["book.toml", "parties.toml"] {
        if !files.iter().any(|(known, _)| known == path) {
            faults.push(Fault::of_file(path, FaultKind::FileMissing { path: path.into() }));
        }
    }
    if !files.iter().any(|(path, _)| path.starts_with("sources/")) {
        let path = "sources/*.toml";
        faults.push(Fault::of_file(path, FaultKind::FileMissing { path: path.into() }));
    }
    let most = usize::from(u16::MAX);
    if files.len() > most {
        let kind = FaultKind::TooMany { key: "*.toml".into(), most: most.to_string().into() };
        faults.push(Fault::of_file("book.toml", kind));
    }
    faults.truncate(FAULTS_MAX);
    if faults.is_empty() { Ok(texts) } else { Err(faults) }
}

/// Whether a book may have a file of this path.
fn is_expected(path: &str) -> bool {
    match path.split_once('/') {
        None => ["book.toml", "opening.toml", "parties.toml", "withholding.toml"].contains(&path),
        Some((folder, file)) => folder::FOLDERS.contains(&folder) && !file.contains('/'),
    }
}

fn encoding_fault(path: &str, valid: &[u8]) -> Fault {
    let text = String::from_utf8_lossy(valid);
    let (line, column) = findings::line_and_column(&text, text.len());
    Fault { line, column, ..Fault::of_file(path, FaultKind::EncodingInvalid {}) }
}
