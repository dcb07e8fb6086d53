//! Versions from the first run on, one run after the other: for whoever decides a log again and may only know what was
//! claimed before.

use super::{Entry, RunFailure, Runs, Version};
use crate::Disk;
use crate::filter::Layers;
use std::sync::Arc;

impl<D: Disk> Runs<D> {
    /// The version before the first run.
    #[must_use]
    pub fn emptied(&self) -> Self {
        let Version { disk, sizes, .. } = &*self.version;
        let version = Version {
            disk: Arc::clone(disk),
            sizes: *sizes,
            runs: Vec::new(),
            layers: Layers::default(),
            filter_flaw: None,
            stored_runs: Arc::default(),
        };
        Self { version: Arc::new(version) }
    }

    /// This version with the next run of another, which has all runs of this one. Its keys are read.
    ///
    /// # Errors
    /// What the disk says, and pages that fail their check.
    ///
    /// # Panics
    /// Where the other has no run behind those of this one.
    pub fn with_next_of(&self, other: &Self) -> Result<Self, RunFailure> {
        let Version { disk, sizes, runs, layers, stored_runs, .. } = &*self.version;
        let next = Arc::clone(&other.version.runs[runs.len()]);
        assert_eq!(next.head.from, self.sealed_to(), "runs tile the log");
        let mut version = Version {
            disk: Arc::clone(disk),
            sizes: *sizes,
            runs: runs.clone(),
            layers: layers.clone(),
            filter_flaw: None,
            stored_runs: Arc::clone(stored_runs),
        };
        version.take_in(&next)?;
        version.runs.push(next);
        Ok(Self { version: Arc::new(version) })
    }

    /// All entries of the run that begins with a frame, in their order. None where there is no such run.
    ///
    /// # Errors
    /// What the disk says, and pages that fail their check.
    pub fn entries_from(&self, frame: u64) -> Result<Option<Vec<Entry>>, RunFailure> {
        let run = self.version.runs.iter().find(|run| run.head.from == frame);
        run.map(|run| run.read_entries(&*self.version.disk)).transpose()
    }
}
