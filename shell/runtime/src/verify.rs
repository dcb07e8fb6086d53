//! Checks everything that a book keeps on disk, without changing anything; others may be writing.
//!
//! Three passes over the log, each deeper than the one before:
//!
//! 1. *frames*: the chain of heads, every digest; every section decodes; what frames count is what they hold; every entry
//!    sums to zero per asset; runs hold the claims of their frames and nothing else.
//! 2. *fold*: the books from the first frame on. They balance; snapshots have the same digests at their frames; sealed
//!    periods have the digests that were kept of their statements.
//! 3. *decide*: every turn is decided again, knowing only what was there before it, and comes to the same bytes (I1b).
//!
//! Memory: the state without identities (twice where a snapshot is compared), one frame, the claims of one run, and in the
//! third pass a filter over all runs. What is written behind the end that was found first is not looked at.

mod again;
mod frames;

use crate::open::{Load, OpenFailure, Scale};
use crate::refold::Refold;
use again::decide_again;
use book::load_onto;
use calendar::Instant;
use canon::Digest;
use engine::{Engine, State};
use frames::{Counted, check_frames};
use ledger::{Account, AccountId};
use std::cell::Cell;
use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use store::Disk;
use store::frame::{Position, book_number};
use store::log::{self, End, LogFailure, Reader, Sections};
use store::runs::{LogMark, OpenFailure as RunsFailure, Runs};
use store::snapshots::{self, SnapshotFailure};

/// How deep to look.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Depth {
    /// Frames and runs.
    Frames,
    /// And fold them.
    Fold,
    /// And decide them again.
    Decide,
}

/// How far it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// In which pass.
    pub pass: Depth,
    /// The frame that was looked at last.
    pub frame: u64,
    /// The last frame.
    pub frames: u64,
    /// Events of all frames so far.
    pub events: u64,
}

/// What was found to be sound.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verified {
    /// The last frame.
    pub position: Position,
    /// Events of all frames.
    pub events: u64,
    /// Identities of all frames.
    pub identities: u64,
    /// How many of them are in runs.
    pub sealed: u64,
    /// How many runs there are.
    pub runs: usize,
    /// The latest stamp.
    pub stamp: Instant,
    /// Whether the log was closed in peace.
    pub is_closed: bool,
    /// Bytes behind the last frame: being written, or torn by a crash; then the next start sets them aside.
    pub unfinished: u64,
    /// Entries of all frames.
    pub entries: u64,
    /// Issued statements.
    pub statements: u64,
    /// Sealed periods.
    pub seals: u64,
    /// Frames of the snapshots that have the digest of the fold.
    pub snapshots: Vec<u64>,
    /// The digest of the state behind the last frame, where it was folded.
    pub digest: Option<Digest>,
}

/// What is not as it should be.
#[derive(Debug, thiserror::Error)]
pub enum VerifyFailure {
    /// The log is damaged or could not be read, or makes no book.
    #[error(transparent)]
    Open(#[from] OpenFailure),
    /// A frame holds something else than it should, though its checks hold.
    #[error("frame {sequence} (`{file}` at byte {offset}) is wrong: {what}")]
    Frame {
        /// Which.
        sequence: u64,
        /// Its segment.
        file: String,
        /// Where in it.
        offset: u64,
        /// In what way.
        what: String,
    },
    /// Runs or the stored filter are damaged, or not of this log; they can be made anew.
    #[error("identities: {0}; rebuild makes them anew")]
    Runs(String),
    /// A snapshot is damaged or not of this log; it can be made anew.
    #[error("{0}; rebuild makes snapshots anew")]
    Snapshot(String),
    /// The books do not balance.
    #[error("the books do not balance: {0}")]
    Balance(String),
    /// A sealed period has other statements than when it was sealed.
    #[error("period {period} of contract {contract} is sealed, and its statements have another digest now")]
    Seal {
        /// Id of the contract.
        contract: String,
        /// Name of the period.
        period: String,
    },
    /// A turn was decided otherwise.
    #[error("frame {sequence} is decided otherwise now: {what}")]
    Decided {
        /// Its frame.
        sequence: u64,
        /// The first difference.
        what: String,
    },
}

impl From<LogFailure> for VerifyFailure {
    fn from(failure: LogFailure) -> Self {
        Self::Open(failure.into())
    }
}

impl From<store::DiskFailure> for VerifyFailure {
    fn from(failure: store::DiskFailure) -> Self {
        Self::Open(failure.into())
    }
}

/// Verifies the book with an id; `told` is called after each frame.
///
/// # Errors
/// The first thing that is not as it should be.
pub fn verify<D: Disk>(
    disk: &Arc<D>,
    scale: Scale,
    id: &str,
    depth: Depth,
    told: &mut dyn FnMut(Step),
) -> Result<Verified, VerifyFailure> {
    verify_with(disk, scale, id, load_onto, depth, told)
}

/// The same for a book whose definition is read by somebody else.
///
/// # Errors
/// As [`verify`].
pub fn verify_with<D: Disk>(
    disk: &Arc<D>,
    scale: Scale,
    id: &str,
    load: Load,
    depth: Depth,
    told: &mut dyn FnMut(Step),
) -> Result<Verified, VerifyFailure> {
    let book = book_number(id);
    // In this order, so that the log has all that the others are of.
    let snapshots = snapshots::sequences(&**disk)?;
    let runs = open_runs(disk, scale, book)?;
    let end = log::look(&**disk, book)?;
    let mut verified = verified_of(&end, &runs);
    let counted = check_frames(disk, &end, &runs, told)?;
    verified.entries = counted.entries;
    if depth == Depth::Frames {
        return Ok(verified);
    }
    fold(disk, &end, load, &snapshots, &counted, &mut verified, told)?;
    if depth == Depth::Decide {
        let digest = decide_again(disk, &end, load, &runs, told)?;
        if Some(digest) != verified.digest {
            let what = "all decisions are the same, and the state is another".into();
            return Err(VerifyFailure::Decided { sequence: end.chain.position.sequence, what });
        }
    }
    Ok(verified)
}

fn verified_of<D: Disk>(end: &End, runs: &Runs<D>) -> Verified {
    Verified {
        position: end.chain.position,
        events: end.chain.events,
        identities: end.chain.identities,
        sealed: runs.identities(),
        runs: runs.runs().len(),
        stamp: end.chain.stamp,
        is_closed: end.is_closed,
        unfinished: end.unfinished,
        entries: 0,
        statements: 0,
        seals: 0,
        snapshots: Vec::new(),
        digest: None,
    }
}

/// Opens the runs beside whoever may be sealing further ones.
fn open_runs<D: Disk>(disk: &Arc<D>, scale: Scale, book: u64) -> Result<Runs<D>, VerifyFailure> {
    let next = Cell::new(0);
    let mark = |before: u64| {
        if before > next.get() {
            // The log may have grown since.
            next.set(log::look(&**disk, book)?.chain.next_sequence());
        }
        if before > next.get() {
            return Ok::<_, LogFailure>(None);
        }
        let reader = Reader::open(Arc::clone(disk), book, before, Sections::NONE)?;
        let chain = reader.chain();
        Ok(Some(LogMark { identities: chain.identities, chain: chain.position.head }))
    };
    let runs = match Runs::open(Arc::clone(disk), scale.layers, 1, mark) {
        Ok(runs) => runs,
        Err(RunsFailure::Disk(failure)) => return Err(failure.into()),
        Err(RunsFailure::Log(failure)) => return Err(failure.into()),
        Err(RunsFailure::Unusable(unusable)) => {
            let flaws: Vec<String> = unusable.flaws.iter().map(ToString::to_string).collect();
            return Err(VerifyFailure::Runs(format!("{unusable}: {}", flaws.join("; "))));
        }
    };
    match runs.filter_flaw() {
        Some(flaw @ store::runs::RunFailure::Damaged { .. }) => Err(VerifyFailure::Runs(flaw.to_string())),
        // It is stored from some number of runs on.
        _ => Ok(runs),
    }
}

/// Folds all frames, and looks at what they come to.
fn fold<D: Disk>(
    disk: &Arc<D>,
    end: &End,
    load: Load,
    snapshots: &[u64],
    counted: &Counted,
    verified: &mut Verified,
    told: &mut dyn FnMut(Step),
) -> Result<(), VerifyFailure> {
    let frames = end.chain.position.sequence;
    if let Some(beyond) = snapshots.iter().find(|&&sequence| sequence > frames) {
        return Err(VerifyFailure::Snapshot(format!(
            "a snapshot stands behind frame {beyond}, and the log ends with {frames}"
        )));
    }
    let mut refold = Refold::begin_with(Arc::clone(disk), end.chain.book, frames, &[], load)?;
    while let Some(folded) = refold.advance()? {
        let head = folded.frame.head;
        told(Step {
            pass: Depth::Fold,
            frame: head.sequence,
            frames,
            events: head.first_event + u64::from(head.events),
        });
        if snapshots.contains(&head.sequence) {
            let (engine, _) = folded.book.ok_or(OpenFailure::Empty)?;
            if compare_snapshot(&**disk, end.chain.book, folded.frame.position, engine, folded.files)? {
                verified.snapshots.push(head.sequence);
            }
        }
    }
    let (engine, _) = refold.book()?;
    check_balances(engine, counted)?;
    verified.statements = engine.state().statements.len() as u64;
    verified.seals = check_seals(engine)?;
    verified.digest = Some(engine.state().digest());
    Ok(())
}

/// Whether a snapshot is there; where it is, it has to be what the fold comes to.
fn compare_snapshot<D: Disk>(
    disk: &D,
    book: u64,
    position: Position,
    engine: &Engine,
    files: &[Box<str>],
) -> Result<bool, VerifyFailure> {
    let snapshot = match snapshots::read(disk, book, position.sequence) {
        // A newer one has taken its place since the names were read.
        Err(SnapshotFailure::Disk(failure)) if failure.is_missing() => return Ok(false),
        Err(SnapshotFailure::Disk(failure)) => return Err(failure.into()),
        Err(failure) => return Err(VerifyFailure::Snapshot(failure.to_string())),
        Ok(snapshot) => snapshot,
    };
    let sequence = position.sequence;
    let other = |what: &str| Err(VerifyFailure::Snapshot(format!("the snapshot behind frame {sequence} {what}")));
    if snapshot.head.position != position {
        return other("is of another log");
    }
    if *snapshot.beside.files != *files {
        return other("names other files than the log");
    }
    let state = State::from_parts(engine.book(), snapshot.parts);
    if state.digest() != engine.state().digest() {
        return other("has another digest than all frames up to it");
    }
    Ok(true)
}

/// The sum of all balances is zero in each asset, and balances are the sums of all postings.
fn check_balances(engine: &Engine, counted: &Counted) -> Result<(), VerifyFailure> {
    let state = engine.state();
    let wrong = |what: &dyn fmt::Display| Err(VerifyFailure::Balance(what.to_string()));
    if state.entries != counted.entries {
        return wrong(&format_args!("there are {} entries, and {} were counted", counted.entries, state.entries));
    }
    if state.chart.accounts_from(0) != counted.accounts {
        return wrong(&"the chart has other accounts than frames have opened");
    }
    let mut sums = BTreeMap::new();
    for (number, (account, posted)) in (0..).zip(counted.accounts.iter().zip(&counted.sums)) {
        let balance = state.balances.of(AccountId(number));
        if balance != *posted {
            return wrong(&format_args!("account {account:?} stands at {balance}, its postings at {posted}"));
        }
        *sums.entry(Account::asset(*account)).or_insert(0_i128) += balance;
    }
    match sums.iter().find(|(_, sum)| **sum != 0) {
        Some((asset, sum)) => {
            let asset = &engine.book().assets[usize::from(asset.0)].name;
            wrong(&format_args!("all accounts in {asset} together stand at {sum}"))
        }
        None => Ok(()),
    }
}

/// Statements of sealed periods are what they were; gives how many there are.
fn check_seals(engine: &Engine) -> Result<u64, VerifyFailure> {
    let mut seals = 0;
    for (number, contract) in (0_u16..).zip(&engine.state().contracts) {
        for (&period, digest) in &contract.seals {
            if engine.state().digest_of_period(number, period) != *digest {
                let contract_id = engine.book().contracts[usize::from(number)].id.to_string();
                let period = contract.periods[period as usize].period.name();
                return Err(VerifyFailure::Seal { contract: contract_id, period });
            }
            seals += 1;
        }
    }
    Ok(seals)
}
