//! Runs of identities: what happened once, for ever, behind what the state keeps in memory.
//!
//! **Shape.** A run holds the claims of frames [from, until), and which originals their events name, each with its frame,
//! sorted by identity, in a file that never changes (`runs/<from>-<until>.run`, its format in `run`). Runs tile the log from frame 1 on without gap or overlap. They are
//! a reader of the log: what is missing or damaged is sealed again from frames ([`rebuild()`]).
//!
//! **What is checked.** At start: head, directory and small filter of each run; that runs tile the frames; that their
//! counts and the chain of frames at each end agree with the log, so that a run of another book or of a history that was
//! cut off does not pass. At each read of a page: its CRC-32C, place and file. What fails is [`Unusable`] at start and a
//! [`RunFailure`] later, with file and offset; it is never "absent".
//!
//! **Look-ups.** First the layers over all runs (`filter`), for a whole batch: that answers nearly every new identity.
//! What may be there asks the small filters of the runs below such a layer, newest first, and reads one page of each run
//! that says "maybe". The page cache is the system's: `pread`, no mapping, no cache of our own. An identity may be
//! claimed again by a newer report; then the newest claim is found. Where an event stands in the log, and which others name
//! it, [`Places`] says.
//!
//! **Order and sharing.** [`Runs`] is one immutable version, cheap to clone; [`Runs::with`] makes the next one. Workers
//! that prefetch keep theirs as long as they need it.
//!
//! **Why there is no merge yet.** With runs of 1.8 million, 100 million identities are 55 runs. A new identity does not
//! see that: it costs the layers, 0.1 to 0.2 µs. What a layer says "maybe" to asks up to 40 small filters (3 % wrong:
//! about one page read in vain) and costs 3 to 7 µs. That is paid by ≤ 2 % of new identities, duplicates and links to
//! originals in runs. A merge would write all identities again to save a fraction of that. It pays off from some hundreds
//! of runs on, as does its saving of open files (one a run).

mod entry;
mod growing;
mod page;
mod places;
mod rebuild;
mod run;
mod sealing;
mod stored_filter;

pub use crate::filter::LayerSizes;
pub use entry::{Entry, Gathered};
pub use places::{Found, Places};
pub use rebuild::{FrameClaims, RebuildFailure, rebuild};
pub use run::{FRAMES_MAX, Run};
pub use sealing::{Sealing, write_run};
pub use stored_filter::StoringFilter;

use crate::filter::{Layer, Layers};
use crate::{Disk, DiskFailure};
use canon::Digest;
use engine::Claim;
use event::Identity;
use run::{Head, PAGES_AT_ONCE, frames_of, path_of};
use std::ops::Range;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

/// The folder of runs in that of a book.
const FOLDER: &str = "runs";
/// Files with this ending were being written.
const UNFINISHED: &str = ".new";
/// The filter is stored again when this part of all identities is not in the stored one …
const STORE_AGAIN_PART: u64 = 16;
/// … and so many runs are not.
const STORE_AGAIN_RUNS: usize = 4;
/// Identities whose layers are asked together.
const GROUP: usize = 128;

/// What the log says at the end of a frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct LogMark {
    /// Claims of all frames so far, those included that claim an identity again.
    pub identities: u64,
    /// The hash of the frame, by which the next one is chained to it.
    pub chain: Digest,
}

impl LogMark {
    /// Before the first frame.
    pub const START: Self = Self { identities: 0, chain: Digest([0; 32]) };
}

/// Why a run or the stored filter cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum RunFailure {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The file is not what was written.
    #[error("`{file}` is unusable at offset {offset}: {flaw}")]
    Damaged {
        /// Its path from the folder of the book.
        file: String,
        /// Where, in bytes.
        offset: u64,
        /// In what way.
        flaw: Flaw,
    },
}

/// In what way a file of runs is not what was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Flaw {
    /// CRC-32C of a page.
    #[error("the checksum is another")]
    Check,
    /// A good page of another place or another file.
    #[error("the page belongs to another place or file")]
    Place,
    /// Shorter or longer than its head says.
    #[error("the file has another length")]
    Length,
    /// Another kind of file, or another version of the format.
    #[error("the file does not begin as it should")]
    Magic,
    /// The name speaks of other frames than the head.
    #[error("the file has the name of another")]
    Name,
    /// Numbers of things do not add up, in the file or with the log.
    #[error("counts do not agree")]
    Count,
    /// What should be sorted is not.
    #[error("identities are not in order")]
    Order,
    /// Other runs hold its frames already.
    #[error("its frames are in another run")]
    Overlap,
    /// It was made from another log, or from a part that was cut off since.
    #[error("it does not belong to this log")]
    History,
}

/// What is missing of the runs of a book, and which files stand in the way; [`rebuild()`] takes it.
#[derive(Debug, Default, thiserror::Error)]
#[error("runs of frames {missing:?} are missing; {} files are unusable", .flaws.len())]
pub struct Unusable {
    /// What is wrong with each unusable file.
    pub flaws: Vec<RunFailure>,
    /// Paths of the unusable files.
    pub files: Vec<String>,
    /// Frames that no usable run holds, in order.
    pub missing: Vec<Range<u64>>,
}

/// Why runs could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenFailure<E: std::error::Error + 'static> {
    /// They have to be rebuilt first.
    #[error(transparent)]
    Unusable(Unusable),
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The log could not be asked.
    #[error("the log was asked for its end of a run")]
    Log(#[source] E),
}

/// All sealed runs of a book, in one version.
#[derive(Debug)]
pub struct Runs<D: Disk> {
    version: Arc<Version<D>>,
}

impl<D: Disk> Clone for Runs<D> {
    fn clone(&self) -> Self {
        Self { version: Arc::clone(&self.version) }
    }
}

#[derive(Debug)]
struct Version<D: Disk> {
    disk: Arc<D>,
    sizes: LayerSizes,
    /// In the order of their frames.
    runs: Vec<Arc<Run<D>>>,
    layers: Layers,
    filter_flaw: Option<Arc<RunFailure>>,
    /// How many runs the stored filter covers; the same for all versions.
    stored_runs: Arc<AtomicU64>,
}

impl<D: Disk> Runs<D> {
    /// Opens the runs of a book. `sealed_to` is the frame up to which there must be runs, at least. `mark` says what the
    /// log says after all frames before the given one, and `None` where the log does not reach so far.
    ///
    /// Nothing is written. A stored filter that is missing, damaged or of other runs is made anew
    /// from the runs ([`Self::filter_flaw`] says why): all their pages are read then.
    ///
    /// # Errors
    /// [`OpenFailure`]; where runs are unusable all of them are named.
    pub fn open<E: std::error::Error>(
        disk: Arc<D>,
        sizes: LayerSizes,
        sealed_to: u64,
        mark: impl Fn(u64) -> Result<Option<LogMark>, E>,
    ) -> Result<Self, OpenFailure<E>> {
        let mut unusable = Unusable::default();
        let runs = open_all(&*disk, sealed_to, mark, &mut unusable)?;
        if !unusable.flaws.is_empty() || !unusable.missing.is_empty() {
            return Err(OpenFailure::Unusable(unusable));
        }
        let (layers, filter_flaw) = match stored_filter::load(&*disk, &runs) {
            Ok(layers) => (layers, None),
            Err(failure) => (Layers::default(), Some(Arc::new(failure))),
        };
        let stored_runs = layers.list().last().map_or(0, |newest| newest.runs.end);
        let mut version = Version {
            disk,
            sizes,
            runs: Vec::new(),
            layers,
            filter_flaw,
            stored_runs: Arc::new((stored_runs as u64).into()),
        };
        for (position, run) in runs.into_iter().enumerate() {
            if position >= stored_runs {
                match version.take_in(&run) {
                    Ok(()) => {}
                    Err(RunFailure::Disk(failure)) => return Err(failure.into()),
                    Err(flaw) => unusable.add(run.head.path(), flaw, run.frames()),
                }
            }
            version.runs.push(Arc::new(run));
        }
        if unusable.flaws.is_empty() {
            Ok(Self { version: version.into() })
        } else {
            Err(OpenFailure::Unusable(unusable))
        }
    }

    /// The frame after the last whose claims are in runs; 1 where there are none.
    #[must_use]
    pub fn sealed_to(&self) -> u64 {
        self.version.runs.last().map_or(1, |run| run.head.until)
    }

    /// How many claims are in runs.
    #[must_use]
    pub fn identities(&self) -> u64 {
        self.version.runs.last().map_or(0, |run| run.head.after.identities)
    }

    /// The runs, in the order of their frames.
    pub fn runs(&self) -> impl ExactSizeIterator<Item = &Run<D>> {
        self.version.runs.iter().map(|run| &**run)
    }

    /// Why the stored filter was not used at the start. A filter that is not there while runs are is such a reason.
    #[must_use]
    pub fn filter_flaw(&self) -> Option<&RunFailure> {
        self.version.filter_flaw.as_deref()
    }

    /// The claim of an identity, the newest where there are several.
    ///
    /// # Errors
    /// What the disk says, and pages that fail their check.
    pub fn find(&self, identity: Identity) -> Result<Option<Claim>, RunFailure> {
        let mut layers = [0];
        self.version.layers.may_contain(&[identity], &mut layers);
        self.version.find_below(identity, layers[0])
    }

    /// Appends the claims of those identities that are in runs, in the order of the identities. Nothing is allocated but
    /// what `found` needs; [`Identity::NONE`] is nowhere.
    ///
    /// # Errors
    /// What the disk says, and pages that fail their check; `found` holds some of the claims then.
    pub fn find_all(&self, identities: &[Identity], found: &mut Vec<Claim>) -> Result<(), RunFailure> {
        let mut layers = [0; GROUP];
        for group in identities.chunks(GROUP) {
            let layers = &mut layers[..group.len()];
            self.version.layers.may_contain(group, layers);
            for (identity, layers) in group.iter().zip(layers) {
                found.extend(self.version.find_below(*identity, *layers)?);
            }
        }
        Ok(())
    }

    /// Begins to seal the frames from [`Self::sealed_to`] up to `until`. `after` is what the log says at their end;
    /// `gathered` is what they claim and name in the order of the log, counted from the first of them. One sealing at a time.
    ///
    /// # Panics
    /// Where there are other claims than the log counts, or another run is being sealed.
    #[must_use]
    pub fn seal(&self, until: u64, after: LogMark, gathered: Gathered) -> Sealing<D> {
        let version = &self.version;
        let layer = version.layers.for_next(gathered.claims(), version.sizes);
        let head = Head::of_next(self.sealed_to()..until, gathered.links(), self.identities(), after);
        Sealing::new(Arc::clone(&version.disk), head, gathered, layer)
    }

    /// The version after this one: with the run that was sealed for it.
    ///
    /// # Panics
    /// Where the run was sealed for another version.
    #[must_use]
    pub fn with(&self, sealed: Sealed<D>) -> Self {
        let Sealed { run, layer } = sealed;
        assert_eq!(run.head.from, self.sealed_to(), "runs tile the log");
        let Version { disk, sizes, runs, layers, filter_flaw, stored_runs } = &*self.version;
        let mut layers = layers.clone();
        layers.push(layer, run.head.claims);
        let runs = runs.iter().cloned().chain([Arc::new(run)]).collect();
        let (disk, stored_runs) = (Arc::clone(disk), Arc::clone(stored_runs));
        let version = Version { disk, sizes: *sizes, runs, layers, filter_flaw: filter_flaw.clone(), stored_runs };
        Self { version: Arc::new(version) }
    }

    /// Whether the filter should be stored: at least four runs are not in the stored one, which hold a sixteenth of all
    /// identities or more. Until then a start reads their keys.
    #[must_use]
    pub fn filter_is_due(&self) -> bool {
        let newer =
            self.version.runs.get(self.version.stored_runs.load(Ordering::Relaxed) as usize..).unwrap_or_default();
        let identities: u64 = newer.iter().map(|run| run.head.claims).sum();
        newer.len() >= STORE_AGAIN_RUNS && identities * STORE_AGAIN_PART >= self.identities()
    }

    /// Begins to store the filter of this version. One at a time.
    #[must_use]
    pub fn store_filter(&self) -> StoringFilter<D> {
        StoringFilter::new(self.clone())
    }
}

/// How far work in steps is.
#[derive(Debug)]
pub enum Progress<T> {
    /// There is more to do.
    More,
    /// It is done.
    Done(T),
}

/// A run that was sealed, with the layer that its identities were taken into.
#[derive(Debug)]
pub struct Sealed<D: Disk> {
    run: Run<D>,
    layer: Arc<Layer>,
}

impl<D: Disk> Version<D> {
    /// Takes the identities of the next run into its layer, from the file.
    fn take_in(&mut self, run: &Run<D>) -> Result<(), RunFailure> {
        let layer = self.layers.for_next(run.head.claims, self.sizes);
        let adder = layer.adder();
        let mut page = 0;
        while page < run.entry_pages() {
            page = run.read_identities(&*self.disk, page, PAGES_AT_ONCE as u64, |identity| adder.insert(identity))?;
        }
        drop(adder);
        self.layers.push(layer, run.head.claims);
        Ok(())
    }

    /// The newest claim of an identity in the runs of these layers.
    fn find_below(&self, identity: Identity, mut layers: u64) -> Result<Option<Claim>, RunFailure> {
        if identity == Identity::NONE {
            return Ok(None);
        }
        while layers != 0 {
            let newest = layers.ilog2();
            layers ^= 1 << newest;
            let runs = &self.runs[self.layers.list()[newest as usize].runs.clone()];
            let touched = runs.iter().fold(0, |sum: u64, run| sum.wrapping_add(run.filter.touch(identity)));
            std::hint::black_box(touched);
            for run in runs.iter().rev().filter(|run| run.filter.may_contain(identity)) {
                if let Some(claim) = run.find(&self.disk, identity)? {
                    return Ok(Some(claim));
                }
            }
        }
        Ok(None)
    }
}

impl Unusable {
    fn add(&mut self, file: String, flaw: RunFailure, frames: Range<u64>) {
        self.flaws.push(flaw);
        self.files.push(file);
        self.missing.push(frames);
    }
}

/// Whether a folder has any run, whole or not.
///
/// # Errors
/// What the disk says.
pub fn are_there<D: Disk>(disk: &D) -> Result<bool, DiskFailure> {
    Ok(disk.list(FOLDER)?.iter().any(|name| frames_of(name).is_some()))
}

/// Opens every run that is whole, fits the log, and begins where the one before ends.
fn open_all<D: Disk, E: std::error::Error>(
    disk: &D,
    sealed_to: u64,
    mark: impl Fn(u64) -> Result<Option<LogMark>, E>,
    unusable: &mut Unusable,
) -> Result<Vec<Run<D>>, OpenFailure<E>> {
    let mut runs: Vec<Run<D>> = Vec::new();
    let mut next = 1;
    for name in disk.list(FOLDER)? {
        // Others have no name of a run, or were being written: the frames that they might hold are missing.
        let Some(frames) = frames_of(&name) else { continue };
        let opened = Run::open(disk, &frames)
            .and_then(|run| if run.head.from < next { Err(run.flaw(Flaw::Overlap)) } else { Ok(run) });
        let flaw = match opened {
            Err(RunFailure::Disk(failure)) => return Err(failure.into()),
            Err(flaw) => flaw,
            Ok(run) => match disagreement(&run.head, &mark).map_err(OpenFailure::Log)? {
                Some(flaw) => run.flaw(flaw),
                None => {
                    if next < run.head.from {
                        unusable.missing.push(next..run.head.from);
                    }
                    next = run.head.until;
                    runs.push(run);
                    continue;
                }
            },
        };
        unusable.flaws.push(flaw);
        unusable.files.push(path_of(&frames));
    }
    if next < sealed_to {
        unusable.missing.push(next..sealed_to);
    }
    Ok(runs)
}

/// What of a run's head the log says otherwise.
fn disagreement<E>(head: &Head, mark: impl Fn(u64) -> Result<Option<LogMark>, E>) -> Result<Option<Flaw>, E> {
    let before = if head.from == 1 { Some(LogMark::START) } else { mark(head.from)? };
    let (Some(before), Some(after)) = (before, mark(head.until)?) else { return Ok(Some(Flaw::History)) };
    Ok(if before.identities != head.before || after.identities != head.after.identities {
        Some(Flaw::Count)
    } else if after.chain != head.after.chain {
        Some(Flaw::History)
    } else {
        None
    })
}
