//! Why a node could not do what it was asked.

use runtime::{OpenFailure, Refusal};
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
    #[error("the book has stopped: {why}; start the command again")]
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
    /// Identities could not be looked up.
    #[error(transparent)]
    Run(#[from] RunFailure),
    /// A snapshot could not be written.
    #[error(transparent)]
    Snapshot(#[from] SnapshotFailure),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The input could not be read.
    #[error("the input could not be taken")]
    Unusable(#[source] Box<crate::failure::Failure>),
    /// Deciding a batch ran into an assertion; it is marked.
    #[error(
        "a bug stopped the book before it wrote, for the {stops}. time at this batch; please report what stands above"
    )]
    Bug {
        /// How often this batch has done so.
        stops: u32,
    },
    /// Another thread stopped before this one could go on.
    #[error("another part of the run has stopped")]
    Abandoned,
}

impl NodeFailure {
    /// The exit code that documentation gives for it: 1 where the node refused, 3 where the world failed.
    pub(crate) fn exit_code(&self) -> u8 {
        match self {
            Self::Refused(Refusal::Stopped { .. }) | Self::Stopped { .. } => 3,
            Self::Refused(_) | Self::Unusable(_) => 1,
            Self::Abandoned | Self::Bug { .. } => 70,
            Self::Open(_) | Self::Log(_) | Self::Run(_) | Self::Snapshot(_) | Self::Disk(_) => 3,
        }
    }

    /// The word for machines.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Refused(Refusal::Clock(_)) => "clock_refused",
            Self::Refused(Refusal::Amendment(_)) => "amendment_refused",
            Self::Refused(Refusal::Stopped { .. }) | Self::Stopped { .. } => "book_stopped",
            Self::Unusable(_) => "input_refused",
            Self::Abandoned | Self::Bug { .. } => "bug",
            Self::Open(_) | Self::Log(_) | Self::Run(_) | Self::Snapshot(_) | Self::Disk(_) => "world_failed",
        }
    }

    /// Everything that is known, from what was attempted to what the system said.
    pub(crate) fn told(&self) -> String {
        told(self)
    }
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
