//! Why a node could not do what it was asked.

use runtime::{OpenFailure, RebuildFailure, Refusal, VerifyFailure};
use store::DiskFailure;
use store::log::LogFailure;
use store::runs::RunFailure;
use store::snapshots::SnapshotFailure;

/// Why a node could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum NodeFailure {
    /// It does not take the turn.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Writing failed, and nothing more is taken before a new start.
    #[error("the book has stopped: {why}; start the node again")]
    Stopped {
        /// What failed.
        why: String,
    },
    /// The book could not be opened.
    #[error(transparent)]
    Open(#[from] OpenFailure),
    /// The log could not be read or written.
    #[error(transparent)]
    Log(#[from] LogFailure),
    /// A file of identities is damaged, so it is not known whether events of a batch were there before.
    #[error(
        "nothing of a batch was taken, since it asks for identities that cannot be read; whatever asks for them stops here, until \
         `jeongsan rebuild` has made runs anew from the log; then run this again: what counts already is a duplicate"
    )]
    Unanswered(#[source] RunFailure),
    /// A run or the filter could not be read or written.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// A snapshot could not be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotFailure),
    /// What is on disk is not as it should be.
    #[error(transparent)]
    Verify(#[from] VerifyFailure),
    /// What is derived from the log could not be made anew.
    #[error(transparent)]
    Rebuild(#[from] RebuildFailure),
    /// Making anew what is derived from the log came to another state than there was before.
    #[error("all frames come to the digest {after}, and the book stood at {before}; run verify, and restore a backup")]
    Other {
        /// Of the state before.
        before: canon::Digest,
        /// Of the state that frames come to.
        after: canon::Digest,
    },
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The input could not be read.
    #[error("the input could not be taken")]
    Unusable(#[source] Box<crate::failure::Failure>),
    /// The disk has no room for another segment of the log.
    #[error("the disk has no room for more of the log: {why}; make room, then go on: what was acknowledged is there")]
    DiskFull {
        /// Which room was asked for, or which call said so and for which file.
        why: String,
    },
    /// Deciding a batch ran into an assertion; it is marked.
    #[error(
        "a bug stopped the book before it wrote, for the {stops}. time at this batch; please report what stands above"
    )]
    Bug {
        /// How often this batch has done so.
        stops: u32,
    },
    /// An assertion failed elsewhere than in deciding a batch.
    #[error("a bug stopped the book; please report what stands above")]
    Assertion,
    /// Another thread stopped before this one could go on.
    #[error("another part of the run has stopped")]
    Abandoned,
}

impl NodeFailure {
    /// Runs did not answer what a turn asks them.
    pub(super) fn of_facts(failure: RunFailure) -> Self {
        match failure {
            RunFailure::Disk(failure) => Self::Disk(failure),
            damaged @ RunFailure::Damaged { .. } => Self::Unanswered(damaged),
        }
    }

    /// The exit code that documentation gives for it: 1 where the node refused, 3 where the world failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(Refusal::Stopped { .. }) | Self::Stopped { .. } => 3,
            Self::Unusable(failure) => failure.exit_code(),
            Self::Refused(_) | Self::Other { .. } => 1,
            Self::Verify(failure) => {
                if is_of_the_world(failure) {
                    3
                } else {
                    1
                }
            }
            Self::Abandoned | Self::Assertion | Self::Bug { .. } => 70,
            Self::DiskFull { .. }
            | Self::Open(_)
            | Self::Log(_)
            | Self::Unanswered(_)
            | Self::Run(_)
            | Self::Snapshot(_)
            | Self::Disk(_)
            | Self::Rebuild(_) => 3,
        }
    }

    /// The word for machines.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Refused(Refusal::Clock(_)) => "clock_refused",
            Self::Refused(Refusal::Amendment(_)) => "amendment_refused",
            Self::Refused(Refusal::Definitions { .. }) => "definitions_full",
            Self::Refused(Refusal::Stopped { .. }) | Self::Stopped { .. } => "book_stopped",
            Self::Unusable(_) => "input_refused",
            Self::DiskFull { .. } => "disk_full",
            Self::Abandoned | Self::Assertion | Self::Bug { .. } => "bug",
            Self::Open(OpenFailure::Log(LogFailure::Rot { .. }))
            | Self::Log(LogFailure::Rot { .. })
            | Self::Verify(VerifyFailure::Open(OpenFailure::Log(LogFailure::Rot { .. })))
            | Self::Verify(VerifyFailure::Runs(_) | VerifyFailure::Snapshot(_))
            | Self::Unanswered(_)
            | Self::Run(RunFailure::Damaged { .. }) => "file_damaged",
            Self::Verify(failure) => {
                if is_of_the_world(failure) {
                    "world_failed"
                } else {
                    "check_failed"
                }
            }
            Self::Other { .. } => "check_failed",
            Self::Open(_) | Self::Log(_) | Self::Run(_) | Self::Snapshot(_) | Self::Disk(_) | Self::Rebuild(_) => {
                "world_failed"
            }
        }
    }

    /// Everything that is known, from what was attempted to what the system said.
    pub(crate) fn told(&self) -> String {
        told(self)
    }
}

/// Whether a file could not be read, or is damaged: else what stands in it is not sound.
const fn is_of_the_world(failure: &VerifyFailure) -> bool {
    matches!(failure, VerifyFailure::Open(_) | VerifyFailure::Runs(_) | VerifyFailure::Snapshot(_))
}

/// A failure with everything behind it.
pub(super) fn told(failure: &dyn std::error::Error) -> String {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        text.push_str(&format!(": {cause}"));
        source = cause.source();
    }
    text
}
