//! Where events stand in the log: from an identity to the frames that claim it, and to those that name it.
//!
//! Runs opened for this alone: without the layers over them, since a look-up of one identity asks the small filter of each
//! run (some 55 of them for 100 million identities, in memory) and reads a page of those that say "maybe". Every page is
//! checked as it is read; a failed check is an error and never "absent".

use super::run::Run;
use super::{LogMark, OpenFailure, RunFailure, Unusable, open_all};
use crate::Disk;
use event::Identity;
use std::sync::Arc;

/// The most entries of one identity that are read of one run.
const ENTRIES_MAX: usize = 1 << 12;

/// See the module.
#[derive(Debug)]
pub struct Places<D: Disk> {
    disk: Arc<D>,
    runs: Vec<Run<D>>,
}

/// The frames of an identity, from the newest on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// Frames that claim it.
    pub claims: Vec<u64>,
    /// Frames with an event that names it, once for each such event.
    pub links: Vec<u64>,
    /// Whether there are more, which were not read: a run tells the last 4,096.
    pub has_more: bool,
}

impl<D: Disk> Places<D> {
    /// Opens the runs of a book. `mark` says what the log says before a frame, as for [`super::Runs::open`].
    ///
    /// # Errors
    /// [`OpenFailure`]; where runs are unusable all of them are named. Nothing is written.
    pub fn open<E: std::error::Error>(
        disk: Arc<D>,
        mark: impl Fn(u64) -> Result<Option<LogMark>, E>,
    ) -> Result<Self, OpenFailure<E>> {
        let mut unusable = Unusable::default();
        let runs = open_all(&*disk, 1, mark, &mut unusable)?;
        if unusable.flaws.is_empty() && unusable.missing.is_empty() {
            Ok(Self { disk, runs })
        } else {
            Err(OpenFailure::Unusable(unusable))
        }
    }

    /// The frame after the last that is in runs; 1 where there are none.
    #[must_use]
    pub fn sealed_to(&self) -> u64 {
        self.runs.last().map_or(1, |run| run.head.until)
    }

    /// How many claims are in runs.
    #[must_use]
    pub fn identities(&self) -> u64 {
        self.runs.last().map_or(0, |run| run.head.after.identities)
    }

    /// Appends the frames of an identity that are in runs.
    ///
    /// # Errors
    /// What the disk says, and pages that fail their check.
    pub fn find(&self, identity: Identity, found: &mut Found) -> Result<(), RunFailure> {
        if identity == Identity::NONE {
            return Ok(());
        }
        let mut entries = Vec::new();
        for run in self.runs.iter().rev().filter(|run| run.filter.may_contain(identity)) {
            entries.clear();
            found.has_more |= run.entries_of(&self.disk, identity, ENTRIES_MAX, &mut entries)?;
            for entry in &entries {
                let frames = if entry.is_claim() { &mut found.claims } else { &mut found.links };
                frames.push(run.head.from + u64::from(entry.frame()));
            }
        }
        Ok(())
    }
}
