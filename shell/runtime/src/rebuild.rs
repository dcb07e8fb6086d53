//! Makes anew all that is derived from a book's log: runs, their filter, the snapshot (I12).

use crate::open::{FramesOf, OpenFailure, Scale, mark_before, open};
use canon::Digest;
use std::sync::Arc;
use store::frame::book_number;
use store::log::{self, LogFailure};
use store::runs::{LogMark, Progress, RunFailure, Unusable, rebuild as seal_again};
use store::snapshots::{self, SnapshotFailure};
use store::{Disk, DiskFailure};

/// Pages of the filter that are written at once.
const PAGES_A_STEP: usize = 4_096;

/// What was made anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Rebuilt {
    /// The last frame of the log.
    pub frames: u64,
    /// Events of all frames.
    pub events: u64,
    /// How many runs were sealed.
    pub runs: usize,
    /// Identities in them.
    pub sealed: u64,
    /// Digest of the state as a start found it before.
    pub before: Digest,
    /// Digest of the state that all frames come to.
    pub after: Digest,
}

/// Why something could not be made anew.
#[derive(Debug, thiserror::Error)]
pub enum RebuildFailure {
    /// The book cannot be opened: its log has to be whole.
    #[error(transparent)]
    Open(#[from] OpenFailure),
    /// A run or the filter could not be written.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// The snapshot could not be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotFailure),
}

impl From<LogFailure> for RebuildFailure {
    fn from(failure: LogFailure) -> Self {
        Self::Open(failure.into())
    }
}

impl From<DiskFailure> for RebuildFailure {
    fn from(failure: DiskFailure) -> Self {
        Self::Open(failure.into())
    }
}

/// Deletes runs and snapshots of the book with an id and makes them anew from its frames. The caller holds the book's lock.
///
/// # Errors
/// A damaged log, before anything is deleted; what the disk says. Then a start makes anew what is missing.
pub fn rebuild<D: Disk>(disk: &Arc<D>, scale: Scale, id: &str) -> Result<Rebuilt, RebuildFailure> {
    let opened = open(Arc::clone(disk), scale, id)?;
    let before = opened.node.engine().state().digest();
    let sealed_to = opened.runs.sealed_to();
    opened.writer.close()?;
    let end = log::look(&**disk, book_number(id))?.chain;
    for folder in ["snapshots", "runs"] {
        remove_all(&**disk, folder)?;
    }
    if sealed_to > 1 {
        let missing = Unusable { missing: std::iter::once(1..sealed_to).collect(), ..Unusable::default() };
        let mark = |frame| Ok(mark_before(disk, &end, frame)?.unwrap_or(LogMark::START));
        let frames = |range| FramesOf::new(disk, end.book, range);
        seal_again(disk, &missing, scale.limits.run_identities, mark, frames)
            .map_err(|failure| OpenFailure::Rebuild(Box::new(failure)))?;
    }
    let mut opened = open(Arc::clone(disk), scale, id)?;
    if opened.runs.filter_is_due() {
        let mut storing = opened.runs.store_filter();
        while matches!(storing.step(PAGES_A_STEP)?, Progress::More) {}
    }
    snapshots::write(&**disk, &opened.node.kept())?;
    let rebuilt = Rebuilt {
        frames: end.position.sequence,
        events: end.events,
        runs: opened.runs.runs().len(),
        sealed: opened.runs.identities(),
        before,
        after: opened.node.engine().state().digest(),
    };
    opened.writer.close()?;
    Ok(rebuilt)
}

fn remove_all<D: Disk>(disk: &D, folder: &str) -> Result<(), DiskFailure> {
    let names = disk.list(folder)?;
    for name in &names {
        disk.remove(&format!("{folder}/{name}"))?;
    }
    if names.is_empty() { Ok(()) } else { disk.sync_folder(folder) }
}
