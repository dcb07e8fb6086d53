//! Where a log ends, for whoever only looks: nothing is changed, and others may be writing.
//!
//! What a writer is just writing looks as what a crash has torn, and a segment that is just being begun as one that is
//! missing something. So what seems to be rot is looked at again, and believed when it stays as it is. Cost: one block of
//! each segment, and the last segment in full, each time.

use super::LogFailure;
use super::open::{last_segments, missing_foot, refuse_rot};
use super::scan::{scan, tail};
use crate::disk::Disk;
use crate::frame::{Chain, Fault};
use crate::segments::path_of;

/// So often a place may change before the look is given up.
const LOOKS_MAX: usize = 8;

/// The end of a log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// Behind the last whole frame. Only frames that were never durable could still be lost, and none of them was
    /// acknowledged.
    pub chain: Chain,
    /// What was durable when the last whole frame was written.
    pub durable: u64,
    /// Whether that frame says that the log was closed.
    pub is_closed: bool,
    /// The segment that it stands in.
    pub first: u64,
    /// Its file, relative to the book's folder.
    pub file: String,
    /// Where in it the whole frames end.
    pub offset: u64,
    /// Bytes behind it that are no whole frame: torn, or being written.
    pub unfinished: u64,
    /// How many of them begin with the head of a frame.
    pub heads: u64,
}

/// Finds the end of a log.
///
/// # Errors
/// Damage, with file and offset; what the disk says.
pub fn look<D: Disk>(disk: &D, book: u64) -> Result<End, LogFailure> {
    let mut seen: Option<(String, u64)> = None;
    for _ in 0..LOOKS_MAX {
        match look_once(disk, book) {
            Err(LogFailure::Rot { file, offset, why }) if seen.as_ref() == Some(&(file.clone(), offset)) => {
                return Err(LogFailure::Rot { file, offset, why });
            }
            Err(LogFailure::Rot { file, offset, .. }) => seen = Some((file, offset)),
            found => return found,
        }
    }
    look_once(disk, book)
}

fn look_once<D: Disk>(disk: &D, book: u64) -> Result<End, LogFailure> {
    let (before, last) = last_segments(disk, book)?;
    let found = scan(disk, &last, 0)?;
    let behind = tail(disk, &last, found.end, found.bad_bytes, found.chain.next_sequence())?;
    let end = End {
        durable: found.durable,
        is_closed: found.is_closed,
        first: last.first,
        file: path_of(last.first),
        offset: found.end,
        unfinished: behind.end.saturating_sub(found.end),
        heads: behind.heads,
        chain: found.chain.clone(),
    };
    if let Some(foot) = last.foot(disk)? {
        // Either the next segment was begun since the names were read, or it is missing.
        return Err(LogFailure::Rot { file: path_of(foot.next), offset: 0, why: Fault::Missing(foot.next) });
    }
    if let Some(before) = before {
        missing_foot(disk, &before, &last, &found, &behind)?;
    }
    refuse_rot(&last, &found, &behind, None)?;
    Ok(end)
}
