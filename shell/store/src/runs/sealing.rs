//! Seals a run, in slices: deal, sort, write and sync, read back and check, rename.
//!
//! Entries are dealt into 256 heaps by the upper byte of their identities; a heap of a usual run (7,000 entries) is sorted
//! when its turn comes, so that no slice sorts more than it writes. Sorting is stable: of equal identities the newest
//! stays last, behind the links to it. In memory are the entries twice while they are dealt (118 MB for 1.8 million), once and less afterwards.
//! Order on disk: file, sync of each slice, check of every page as it is read back, rename, sync of the folder.

use super::entry::{Entry, Gathered};
use super::run::{ENTRIES_A_PAGE, Head, Layout, Run, frames_of};
use super::{FOLDER, LogMark, Progress, RunFailure, Runs, Sealed, UNFINISHED};
use crate::Disk;
use crate::filter::{Adder, Layer};
use std::sync::Arc;

const HEAPS: usize = 256;
/// How many entries a step of [`write_run`] handles.
const STEP_ENTRIES: usize = 16_384;

/// A run that is being sealed. Where a step fails it is over; what was written is removed by the next sealing.
#[derive(Debug)]
pub struct Sealing<D: Disk> {
    disk: Arc<D>,
    head: Head,
    layer: Arc<Layer>,
    adder: Adder,
    stage: Stage<D>,
}

#[derive(Debug)]
enum Stage<D: Disk> {
    /// Entries go to the heaps of their upper byte.
    Dealing { entries: Vec<Entry>, dealt: usize, heaps: Vec<Vec<Entry>> },
    /// Heap after heap is sorted and written.
    Writing { file: D::File, heaps: std::vec::IntoIter<Vec<Entry>>, layout: Layout },
    /// Every page is read back.
    Checking { run: Run<D>, page: u64 },
    /// It was sealed, or failed.
    Over,
}

impl<D: Disk> Sealing<D> {
    pub(super) fn new(disk: Arc<D>, head: Head, gathered: Gathered, layer: Arc<Layer>) -> Self {
        assert_eq!(gathered.claims(), head.claims, "a run holds the claims that the log counts");
        let entries = gathered.into_entries();
        // A sixteenth more than each heap's share, since none gets exactly that.
        let room = entries.len() / HEAPS + entries.len() / HEAPS / 16;
        let heaps = (0..HEAPS).map(|_| Vec::with_capacity(room)).collect();
        let adder = layer.adder();
        Self { disk, head, layer, adder, stage: Stage::Dealing { entries, dealt: 0, heaps } }
    }

    /// Goes on for about so many entries: with 16,384 a step takes some 2 to 4 ms, of which most is one sync.
    ///
    /// # Errors
    /// What the disk says, and what does not read back as it was written.
    ///
    /// # Panics
    /// After the last step, or one that failed.
    pub fn step(&mut self, entries: usize) -> Result<Progress<Sealed<D>>, RunFailure> {
        let entries_max = entries.max(1);
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Dealing { entries, mut dealt, mut heaps } => {
                let end = entries.len().min(dealt + entries_max);
                for entry in &entries[dealt..end] {
                    heaps[(entry.identity.0 >> 120) as usize].push(*entry);
                }
                dealt = end;
                self.stage =
                    if dealt < entries.len() { Stage::Dealing { entries, dealt, heaps } } else { self.create(heaps)? };
            }
            Stage::Writing { file, heaps, layout } => self.stage = self.write(file, heaps, layout, entries_max)?,
            Stage::Checking { run, page } => {
                let page =
                    run.read_identities(&self.disk, page, entries_max.div_ceil(ENTRIES_A_PAGE) as u64, |_| ())?;
                if page == run.entry_pages() {
                    return self.publish().map(Progress::Done);
                }
                self.stage = Stage::Checking { run, page };
            }
            Stage::Over => panic!("a sealing that is over takes no step"),
        }
        Ok(Progress::More)
    }

    fn unfinished(&self) -> String {
        self.head.path() + UNFINISHED
    }

    fn create(&self, heaps: Vec<Vec<Entry>>) -> Result<Stage<D>, RunFailure> {
        for name in self.disk.list(FOLDER)?.iter().filter(|name| is_unfinished_run(name)) {
            self.disk.remove(&format!("{FOLDER}/{name}"))?;
        }
        let file = create_anew(&*self.disk, &self.unfinished())?;
        self.disk.write_at(&file, &self.head.to_page(), 0)?;
        Ok(Stage::Writing { file, heaps: heaps.into_iter(), layout: Layout::new(&self.head) })
    }

    fn write(
        &self,
        file: D::File,
        mut heaps: std::vec::IntoIter<Vec<Entry>>,
        mut layout: Layout,
        entries_max: usize,
    ) -> Result<Stage<D>, RunFailure> {
        let mut written = 0;
        while written < entries_max {
            let Some(mut heap) = heaps.next() else { break };
            heap.sort_by_key(Entry::order);
            for entry in &heap {
                layout.push(entry);
                if entry.is_claim() {
                    self.adder.insert(entry.identity);
                }
            }
            written += heap.len();
        }
        let is_last = heaps.as_slice().is_empty();
        if is_last {
            layout.push_rest();
        }
        let (offset, bytes) = layout.complete();
        self.disk.write_at(&file, bytes, offset)?;
        self.disk.sync(&file)?;
        layout.forget();
        if !is_last {
            return Ok(Stage::Writing { file, heaps, layout });
        }
        let run = Run::open_at(&*self.disk, self.unfinished(), &self.head.frames())?;
        Ok(Stage::Checking { run, page: 0 })
    }

    /// Gives the checked file its name, and opens it under that.
    fn publish(&self) -> Result<Sealed<D>, RunFailure> {
        let path = self.head.path();
        self.disk.rename(&self.unfinished(), &path)?;
        self.disk.sync_folder(FOLDER)?;
        let run = Run::open_at(&*self.disk, path, &self.head.frames())?;
        Ok(Sealed { run, layer: Arc::clone(&self.layer) })
    }
}

/// Whether a file is what a sealing left that did not end.
fn is_unfinished_run(name: &str) -> bool {
    name.strip_suffix(UNFINISHED).is_some_and(|name| frames_of(name).is_some())
}

/// Creates a file in the folder of runs, which is made where it is not there, in the place of one left unfinished.
pub(super) fn create_anew<D: Disk>(disk: &D, path: &str) -> Result<D::File, RunFailure> {
    disk.create_folder(FOLDER)?;
    disk.sync_folder("")?;
    match disk.remove(path) {
        Err(failure) if !failure.is_missing() => Err(failure.into()),
        _ => Ok(disk.create(path)?),
    }
}

/// Seals the next frames at one go and gives the version with them; what [`Runs::seal`] does in steps.
///
/// # Errors
/// As [`Sealing::step`].
///
/// # Panics
/// As [`Runs::seal`].
pub fn write_run<D: Disk>(
    runs: &Runs<D>,
    until: u64,
    after: LogMark,
    gathered: Gathered,
) -> Result<Runs<D>, RunFailure> {
    Ok(runs.with(finish(runs.seal(until, after, gathered))?))
}

/// Takes all steps.
pub(super) fn finish<D: Disk>(mut sealing: Sealing<D>) -> Result<Sealed<D>, RunFailure> {
    loop {
        if let Progress::Done(sealed) = sealing.step(STEP_ENTRIES)? {
            return Ok(sealed);
        }
    }
}
