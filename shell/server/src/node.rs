//! Commands on a data directory: books that live for years, each behind a log of its own.
//!
//! `DATA/books/<id>/` is one book's folder and knows nothing of the others. A command opens the books that it names, does
//! its work through their nodes, and closes them so that the next start knows the end of the log.

mod arrivals;
pub(crate) mod backup;
pub(crate) mod close;
mod copy;
mod failure;
pub(crate) mod history;
mod host;
pub(crate) mod ingest;
pub(crate) mod inspect;
pub(crate) mod load;
pub(crate) mod rebuild;
pub(crate) mod restore;
mod seats;
mod service;
pub(crate) mod verify;

pub use failure::NodeFailure;
pub use history::history_of;
pub use host::hosted_scale;
pub use ingest::rows_of;
pub use seats::{Seat, Seats};
pub use service::{Events, Service};

use crate::arguments::InBook;
use crate::failure::Failure;
use crate::tongue::Tongue;
use book::Loaded;
use calendar::Instant;
use runtime::{Opened, Report, Scale, Told};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{SystemTime, UNIX_EPOCH};
use store::Folder;
use store::log::Torn;
use store::turn::AcceptedClock;

/// A book in a data directory.
pub(crate) struct Place {
    pub(crate) folder: PathBuf,
    pub(crate) id: String,
}

impl Place {
    pub(crate) fn new(data: &Path, id: &str) -> Self {
        Self { folder: data.join("books").join(id), id: id.to_owned() }
    }

    pub(crate) fn of(named: &InBook) -> Self {
        Self::new(&named.data, &named.book)
    }

    /// Books of a data directory: those that are named, or all, in order of their ids.
    pub(crate) fn all(data: &Path, named: &[String]) -> Result<Vec<Self>, Failure> {
        let mut ids = named.to_vec();
        let books = data.join("books");
        if ids.is_empty() {
            let entries = std::fs::read_dir(&books).map_err(Failure::world("reading the folder", &books))?;
            for entry in entries {
                let entry = entry.map_err(Failure::world("reading the folder", &books))?;
                ids.extend(entry.file_name().into_string());
            }
            // What is not named must be a book to be taken for one.
            ids.retain(|id| Self::new(data, id).is_there());
        }
        ids.sort();
        ids.dedup();
        let places: Vec<Self> = ids.iter().map(|id| Self::new(data, id)).collect();
        match places.iter().find(|place| !place.is_there()) {
            Some(missing) => Err(Failure::NoBook { folder: missing.folder.clone() }),
            None if places.is_empty() => Err(Failure::NoBook { folder: books }),
            None => Ok(places),
        }
    }

    /// The book's folder, to be looked into beside whoever writes it.
    pub(crate) fn look(&self) -> Result<Arc<Folder>, Failure> {
        match self.is_there() {
            true => Ok(Arc::new(Folder::look(&self.folder))),
            false => Err(Failure::NoBook { folder: self.folder.clone() }),
        }
    }

    /// Whether the book was ever loaded.
    pub(crate) fn is_there(&self) -> bool {
        self.folder.join("log").is_dir()
    }

    /// Opens the book for writing, and tells what was found that somebody should know.
    pub(crate) fn open_telling(&self, tongue: Tongue, err: &mut dyn Write) -> Result<Opened<Folder>, Failure> {
        let opened = self.open()?;
        for line in found(&opened.report, tongue) {
            writeln!(err, "{}: {line}", self.folder.display())
                .map_err(Failure::world("writing", Path::new("stderr")))?;
        }
        Ok(opened)
    }

    /// Opens the book for writing.
    pub(crate) fn open(&self) -> Result<Opened<Folder>, Failure> {
        self.open_in(Scale::default())
    }

    /// Opens the book for writing, within bounds of the caller's.
    pub(crate) fn open_in(&self, scale: Scale) -> Result<Opened<Folder>, Failure> {
        if !self.is_there() {
            return Err(Failure::NoBook { folder: self.folder.clone() });
        }
        let disk = Folder::open(&self.folder).map_err(self.failing())?;
        runtime::open(Arc::new(disk), scale, &self.id).map_err(self.failing())
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

/// What an opening found that somebody should know.
fn found(report: &Report, tongue: Tongue) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(Torn { sequence, aside, .. }) = &report.torn {
        lines.push(match tongue {
            Tongue::English => format!(
                "frame {sequence} was being written when the node stopped, and was cut off; possibly acknowledged: \
                 send again what was sent last; a copy is in {aside}"
            ),
            Tongue::Korean => format!(
                "프레임 {sequence} 을 쓰는 중에 중단되어 잘라 냈습니다. 이미 접수로 응답했을 수 있으니 마지막에 보낸 것을 다시 \
                 보내십시오. 사본: {aside}"
            ),
        });
    }
    for damaged in &report.damaged {
        let passed = tongue.of("a snapshot was passed over", "스냅샷을 건너뛰었습니다");
        lines.push(format!("{passed}: {damaged}"));
    }
    if let Some(why) = &report.rebuilt {
        let rebuilt = tongue.of("runs were sealed again", "런을 다시 만들었습니다");
        lines.push(format!("{rebuilt}: {why}"));
    }
    lines
}

/// Accepts that the clock stands where it stands: a person has looked at it.
fn accept_clock(service: &Service<Folder>, until: Instant, by: &str, reason: &str) -> Result<(), NodeFailure> {
    let accepted = AcceptedClock { until, by: by.into(), reason: reason.into() };
    service.tell(Told::Clock(accepted)).map(|_| ())
}

/// What the clock says; the only place that asks it.
pub(crate) fn now() -> Instant {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).expect("the clock stands behind 1970");
    Instant(i64::try_from(since.as_micros()).expect("the clock stands before the year 290000"))
}
