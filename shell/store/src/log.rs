//! The log of a book: written by one, read by many, opened with care.
//!
//! [`create`] and [`open`] give a [`Writer`]; a [`Reader`] goes through frames from any sequence on, also while others are
//! written. Nothing is durable before [`Writer::sync`] says so.
//!
//! Opening tells a torn end from rot. A crash may lose or tear anything of frames that were not synced, and nothing else.
//! So a bad place is *torn* only if everything behind it could have been written without it being durable: each frame's mark
//! says what was durable when it was written. What is torn is copied to `aside/`, overwritten with zeros, and told; some of
//! it may have been acknowledged, if the disk lied or rotted there. Everything else is rot: nothing is changed, and the
//! failure names file and offset.

mod blocks;
mod look;
mod open;
mod reader;
mod scan;
mod writer;

pub use crate::frame::{Fault, Position};
pub use crate::segments::Sizes;
pub use look::{End, look};
pub use open::{Opened, Torn, create, open};
pub use reader::{Frame, Reader, Sections};
pub use writer::{Room, Writer};

use crate::disk::DiskFailure;

/// Why a log could not be opened, read or written.
#[derive(Debug, thiserror::Error)]
pub enum LogFailure {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// Bytes at rest are not what they should be.
    #[error("`{file}` is damaged at byte {offset}: {why}")]
    Rot {
        /// The file, relative to the book's folder.
        file: String,
        /// Where in it.
        offset: u64,
        /// What is wrong there.
        why: Fault,
    },
    /// There is no log.
    #[error("the folder `log` has no segments")]
    Absent,
    /// There is a log already.
    #[error("the folder `log` has segments already")]
    Present,
    /// The frames were not written, and the log is as it was: it may be tried again when there is room.
    #[error("the disk is full: {free} bytes are free, {needed} are needed and {reserve} stay in reserve")]
    DiskFull {
        /// Bytes that are free.
        free: u64,
        /// Bytes that were needed.
        needed: u64,
        /// Bytes that stay free for the rest of the house.
        reserve: u64,
    },
    /// A write or a sync has failed before; what is on disk is known after opening the log anew.
    #[error("the log has stopped: {0}")]
    Stopped(String),
}
