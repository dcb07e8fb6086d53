//! Seals again, from the log's frames, what runs were to hold: after damage, or after all of them were deleted (I12).

use super::entry::Gathered;
use super::run::{FRAMES_MAX, Head};
use super::sealing::{Sealing, finish};
use super::{FOLDER, LogMark, RunFailure, Unusable};
use crate::filter::Layer;
use crate::{Disk, DiskFailure};
use engine::Claim;
use event::Identity;
use std::ops::Range;
use std::sync::Arc;

/// What one frame of the log claims.
#[derive(Clone, Debug)]
pub struct FrameClaims {
    /// Its sequence.
    pub sequence: u64,
    /// What the log says at its end.
    pub after: LogMark,
    /// Its claims in their order, those included that claim an identity again.
    pub claims: Vec<Claim>,
    /// The originals that its events name, once for each event.
    pub originals: Vec<Identity>,
}

/// Why runs could not be rebuilt.
#[derive(Debug, thiserror::Error)]
pub enum RebuildFailure<E: std::error::Error + 'static> {
    /// A run could not be written.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// The log could not be read.
    #[error("the log was read for the claims of its frames")]
    Log(#[source] E),
    /// The log gave other frames than were asked for.
    #[error("the log has frame {found:?} where frame {wanted} was wanted")]
    Frame {
        /// What was to come.
        wanted: u64,
        /// What came; none where the log ended.
        found: Option<u64>,
    },
    /// A frame has other claims than its head counts.
    #[error("frame {sequence} counts {counted} claims up to its end, its decisions make {found}")]
    Count {
        /// Of the frame.
        sequence: u64,
        /// What its head counts.
        counted: u64,
        /// What was found.
        found: u64,
    },
}

/// Removes unusable files and seals the missing frames again, in runs that end with the frame in which they have reached
/// `claims_usual`. `frames` gives the frames of a range in order; `before` says what the log says before a frame. What is
/// in memory at a time is one run. Afterwards [`super::Runs::open`] finds all of them.
///
/// # Errors
/// [`RebuildFailure`]. It may be tried again: what was sealed stays.
pub fn rebuild<D: Disk, E: std::error::Error, F: IntoIterator<Item = Result<FrameClaims, E>>>(
    disk: &Arc<D>,
    unusable: &Unusable,
    claims_usual: usize,
    before: impl Fn(u64) -> Result<LogMark, E>,
    mut frames: impl FnMut(Range<u64>) -> F,
) -> Result<(), RebuildFailure<E>> {
    remove(&**disk, unusable).map_err(RunFailure::Disk)?;
    for missing in &unusable.missing {
        let identities =
            if missing.start == 1 { 0 } else { before(missing.start).map_err(RebuildFailure::Log)?.identities };
        seal_again(disk, missing, claims_usual, identities, frames(missing.clone()))?;
    }
    Ok(())
}

fn remove<D: Disk>(disk: &D, unusable: &Unusable) -> Result<(), DiskFailure> {
    for file in &unusable.files {
        match disk.remove(file) {
            Err(failure) if !failure.is_missing() => return Err(failure),
            _ => {}
        }
    }
    if unusable.files.is_empty() { Ok(()) } else { disk.sync_folder(FOLDER) }
}

fn seal_again<D: Disk, E: std::error::Error>(
    disk: &Arc<D>,
    missing: &Range<u64>,
    claims_usual: usize,
    mut identities: u64,
    frames: impl IntoIterator<Item = Result<FrameClaims, E>>,
) -> Result<(), RebuildFailure<E>> {
    let mut frames = frames.into_iter();
    let mut gathered = Gathered::default();
    let mut from = missing.start;
    for wanted in missing.clone() {
        let frame = frames.next().transpose().map_err(RebuildFailure::Log)?;
        let Some(frame) = frame else { return Err(RebuildFailure::Frame { wanted, found: None }) };
        if frame.sequence != wanted {
            return Err(RebuildFailure::Frame { wanted, found: Some(frame.sequence) });
        }
        gathered.take(from, &frame);
        let (counted, found) = (frame.after.identities, identities + gathered.claims());
        if counted != found {
            return Err(RebuildFailure::Count { sequence: wanted, counted, found });
        }
        let is_full = gathered.claims() >= claims_usual as u64 || wanted + 1 - from == FRAMES_MAX;
        if is_full || wanted + 1 == missing.end {
            let head = Head::of_next(from..wanted + 1, gathered.links(), identities, frame.after);
            let layer = Layer::with_room(head.claims.max(1));
            finish(Sealing::new(Arc::clone(disk), head, std::mem::take(&mut gathered), layer))?;
            (from, identities) = (wanted + 1, counted);
        }
    }
    Ok(())
}
