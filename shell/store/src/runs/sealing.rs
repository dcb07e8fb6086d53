//! Seals a run, in slices: deal, sort, write and sync, read back and check, rename.
//!
//! Claims are dealt into 256 heaps by the upper byte of their identities; a heap of a usual run (7,000 claims) is sorted
//! when its turn comes, so that no slice sorts more than it writes. Sorting is stable: of equal identities the newest
//! stays last. In memory are the claims twice while they are dealt (118 MB for 1.8 million), once and less afterwards.
//! Order on disk: file, sync of each slice, check of every page as it is read back, rename, sync of the folder.

use super::run::{CLAIMS_A_PAGE, Head, Layout, Run, frames_of};
use super::{FOLDER, LogMark, Progress, RunFailure, Runs, Sealed, UNFINISHED};
use crate::Disk;
use crate::filter::{Adder, Layer};
use engine::Claim;
use std::sync::Arc;

const HEAPS: usize = 256;
/// How many claims a step of [`write_run`] handles.
const STEP_CLAIMS: usize = 16_384;

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
    /// Claims go to the heaps of their upper byte.
    Dealing { claims: Vec<Claim>, dealt: usize, heaps: Vec<Vec<Claim>> },
    /// Heap after heap is sorted and written.
    Writing { file: D::File, heaps: std::vec::IntoIter<Vec<Claim>>, layout: Layout },
    /// Every page is read back.
    Checking { run: Run<D>, page: u64 },
    /// It was sealed, or failed.
    Over,
}

impl<D: Disk> Sealing<D> {
    pub(super) fn new(disk: Arc<D>, head: Head, claims: Vec<Claim>, layer: Arc<Layer>) -> Self {
        assert_eq!(claims.len() as u64, head.claims, "a run holds the claims that the log counts");
        // A sixteenth more than each heap's share, since none gets exactly that.
        let room = claims.len() / HEAPS + claims.len() / HEAPS / 16;
        let heaps = (0..HEAPS).map(|_| Vec::with_capacity(room)).collect();
        let adder = layer.adder();
        Self { disk, head, layer, adder, stage: Stage::Dealing { claims, dealt: 0, heaps } }
    }

    /// Goes on for about so many claims: with 16,384 a step takes some 2 to 4 ms, of which most is one sync.
    ///
    /// # Errors
    /// What the disk says, and what does not read back as it was written.
    ///
    /// # Panics
    /// After the last step, or one that failed.
    pub fn step(&mut self, claims: usize) -> Result<Progress<Sealed<D>>, RunFailure> {
        let claims_max = claims.max(1);
        match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Dealing { claims, mut dealt, mut heaps } => {
                let end = claims.len().min(dealt + claims_max);
                for claim in &claims[dealt..end] {
                    heaps[(claim.identity.0 >> 120) as usize].push(*claim);
                }
                dealt = end;
                self.stage =
                    if dealt < claims.len() { Stage::Dealing { claims, dealt, heaps } } else { self.create(heaps)? };
            }
            Stage::Writing { file, heaps, layout } => self.stage = self.write(file, heaps, layout, claims_max)?,
            Stage::Checking { run, page } => {
                let page = run.read_identities(&self.disk, page, claims_max.div_ceil(CLAIMS_A_PAGE) as u64, |_| ())?;
                if page == run.claim_pages() {
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

    fn create(&self, heaps: Vec<Vec<Claim>>) -> Result<Stage<D>, RunFailure> {
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
        mut heaps: std::vec::IntoIter<Vec<Claim>>,
        mut layout: Layout,
        claims_max: usize,
    ) -> Result<Stage<D>, RunFailure> {
        let mut written = 0;
        while written < claims_max {
            let Some(mut heap) = heaps.next() else { break };
            heap.sort_by_key(|claim| claim.identity);
            for claim in &heap {
                layout.push(claim);
                self.adder.insert(claim.identity);
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
    claims: Vec<Claim>,
) -> Result<Runs<D>, RunFailure> {
    Ok(runs.with(finish(runs.seal(until, after, claims))?))
}

/// Takes all steps.
pub(super) fn finish<D: Disk>(mut sealing: Sealing<D>) -> Result<Sealed<D>, RunFailure> {
    loop {
        if let Progress::Done(sealed) = sealing.step(STEP_CLAIMS)? {
            return Ok(sealed);
        }
    }
}
