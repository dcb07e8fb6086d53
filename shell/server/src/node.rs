//! Commands on a data directory: books that live for years, each behind a log of its own.
//!
//! `DATA/books/<id>/` is one book's folder and knows nothing of the others. A command opens the books that it names, does
//! its work through their nodes, and closes them so that the next start knows the end of the log.

pub(crate) mod close;
mod failure;
pub(crate) mod ingest;
pub(crate) mod load;
mod service;

pub use failure::NodeFailure;
pub use service::{Events, Service};

use crate::arguments::InData;
use crate::failure::Failure;
use book::Loaded;
use calendar::Instant;
use runtime::{Opened, Scale};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use store::Folder;

/// A book in a data directory.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) id: String,
}

impl Place {
    pub(crate) fn new(data: &Path, id: &str) -> Self {
        Self { folder: data.join("books").join(id), id: id.to_owned() }
    }

    pub(crate) fn of(named: &InData) -> Self {
        Self::new(&named.data, &named.book)
    }

    /// Whether the book was ever loaded.
    pub(crate) fn is_there(&self) -> bool {
        self.folder.join("log").is_dir()
    }

    /// Opens the book for writing.
    pub(crate) fn open(&self) -> Result<Opened<Folder>, Failure> {
        if !self.is_there() {
            return Err(Failure::NoBook { folder: self.folder.clone() });
        }
        let disk = Folder::open(&self.folder).map_err(self.failing())?;
        runtime::open(Arc::new(disk), Scale::default(), &self.id).map_err(self.failing())
    }

    /// Begins the book's log.
    pub(crate) fn create(&self, loaded: Loaded) -> Result<Opened<Folder>, Failure> {
        let disk = Folder::open(&self.folder).map_err(self.failing())?;
        runtime::create(Arc::new(disk), Scale::default(), loaded).map_err(self.failing())
    }

    /// Names the book that a failure was of.
    pub(crate) fn failing<E: Into<NodeFailure>>(&self) -> impl FnOnce(E) -> Failure + use<E> {
        let folder = self.folder.clone();
        move |failure| Failure::Node { folder, failure: Box::new(failure.into()) }
    }
}

/// What the clock says; the only place that asks it.
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock stands behind 1970");
    Instant(i64::try_from(since.as_micros()).expect("the clock stands before the year 290000"))
}
