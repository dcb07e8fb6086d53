//! The first pass: frame by frame, what each holds and whether it adds up.

use super::{Depth, Step, VerifyFailure};
use crate::open::gather;
use engine::Decisions;
use ledger::{Account, Posting};
use money::AssetId;
use std::ops::Range;
use std::sync::Arc;
use store::Disk;
use store::codec::{Fault, read_directory, read_turn};
use store::frame::{Kind, Section};
use store::log::{End, Frame, Reader, Sections};
use store::runs::{Entry, Gathered, RunFailure, Runs};
use store::turn::{Cause, Turn};

/// What frames add up to.
#[derive(Debug, Default)]
pub(super) struct Counted {
    pub(super) entries: u64,
    /// Accounts in the order in which they were opened.
    pub(super) accounts: Vec<Account>,
    /// By account: the sum of its postings.
    pub(super) sums: Vec<i128>,
    identities: u64,
}

/// Goes through all frames.
pub(super) fn check_frames<D: Disk>(
    disk: &Arc<D>,
    end: &End,
    runs: &Runs<D>,
    told: &mut dyn FnMut(Step),
) -> Result<Counted, VerifyFailure> {
    let frames = end.chain.position.sequence;
    let mut reader = Reader::open(Arc::clone(disk), end.chain.book, 1, Sections::ALL)?;
    let mut counted = Counted::default();
    let mut sealed = Sealed { runs, gathered: Gathered::default(), run: 1..1 };
    while let Some(frame) = reader.next(frames)? {
        let head = frame.head;
        let turn = counted.check(&frame).map_err(|what| wrong(&frame, what))?;
        sealed.take(head.sequence, &turn)?;
        told(Step {
            pass: Depth::Frames,
            frame: head.sequence,
            frames,
            events: head.first_event + u64::from(head.events),
        });
    }
    Ok(counted)
}

fn wrong(frame: &Frame<'_>, what: String) -> VerifyFailure {
    VerifyFailure::Frame { sequence: frame.head.sequence, file: frame.file.into(), offset: frame.offset, what }
}

impl Counted {
    fn check(&mut self, frame: &Frame<'_>) -> Result<Turn, String> {
        let head = frame.head;
        if head.kind != Kind::Turn {
            let is_empty = head.body_bytes() == 0 && head.events == 0 && head.identities == self.identities;
            return if is_empty { Ok(Turn::default()) } else { Err("a mark of the log holds something".into()) };
        }
        let fault = |fault: Fault| fault.to_string();
        let turn = read_turn(frame.section(Section::Commands), frame.section(Section::Decisions)).map_err(fault)?;
        let (mut events, mut row) = (0, 0);
        for part in &turn.parts {
            let is_of_rows = matches!(part.cause, Cause::Rows | Cause::Held);
            let Decisions { rows, outcomes, .. } = &part.decisions;
            if is_of_rows && (rows.start != row || outcomes.len() != rows.len()) || !is_of_rows && !outcomes.is_empty()
            {
                return Err(format!(
                    "a part decides {} rows from {}, and {row} comes next",
                    outcomes.len(),
                    rows.start
                ));
            }
            row = if is_of_rows { rows.end } else { row };
            events += outcomes.len() as u64;
            self.identities += part.decisions.claimed().count() as u64;
            self.post(&part.decisions)?;
        }
        let stamp = turn.parts.last().map(|part| part.decisions.stamp);
        if row != turn.columns.len() || events != u64::from(head.events) {
            return Err(format!("it counts {} events, has {} and decides {events}", head.events, turn.columns.len()));
        }
        if self.identities != head.identities {
            let counted = head.identities;
            return Err(format!("it counts {counted} identities up to its end, and there are {}", self.identities));
        }
        if stamp != Some(head.stamp) {
            return Err("its stamp is not that of its last decisions".into());
        }
        check_directory(frame, turn.columns.len() + turn.columns.refused.len())?;
        Ok(turn)
    }

    /// Adds postings up; each entry has to sum to zero in each asset.
    fn post(&mut self, decisions: &Decisions) -> Result<(), String> {
        self.accounts.extend_from_slice(&decisions.accounts);
        self.sums.resize(self.accounts.len(), 0);
        for (_, postings) in decisions.entries.iter() {
            let mut open: Vec<(AssetId, i128)> = Vec::with_capacity(1);
            for &Posting { account, amount } in postings {
                let number = account.0 as usize;
                let account = self.accounts.get(number).ok_or_else(|| format!("there is no account {number}"))?;
                self.sums[number] += i128::from(amount);
                match open.iter_mut().find(|(asset, _)| *asset == account.asset()) {
                    Some((_, sum)) => *sum += i128::from(amount),
                    None => open.push((account.asset(), i128::from(amount))),
                }
            }
            if let Some((_, sum)) = open.iter().find(|(_, sum)| *sum != 0) {
                return Err(format!("entry {} of the book does not balance: {sum} is left", self.entries + 1));
            }
            self.entries += 1;
        }
        Ok(())
    }
}

/// Every row has its place among the raw bytes, or no row has.
fn check_directory(frame: &Frame<'_>, rows: usize) -> Result<(), String> {
    let (directory, raw) = (frame.section(Section::Directory), frame.section(Section::Raw));
    if directory.is_empty() {
        return if raw.is_empty() { Ok(()) } else { Err("raw bytes stand in no directory".into()) };
    }
    let places = read_directory(directory).map_err(|fault| fault.to_string())?.places;
    if places.len() != rows {
        return Err(format!("the directory has {} places for {rows} rows", places.len()));
    }
    let end = |place: &store::codec::Place| u64::from(place.offset) + u64::from(place.length);
    match places.iter().position(|place| end(place) > raw.len() as u64) {
        Some(row) => Err(format!("the raw bytes of row {row} lie behind the end")),
        None => Ok(()),
    }
}

/// Holds claims of frames against those of the run that is to have them.
struct Sealed<'r, D: Disk> {
    runs: &'r Runs<D>,
    /// What the run's frames claim and name so far.
    gathered: Gathered,
    /// Frames of the run at hand.
    run: Range<u64>,
}

impl<D: Disk> Sealed<'_, D> {
    fn take(&mut self, sequence: u64, turn: &Turn) -> Result<(), VerifyFailure> {
        if sequence >= self.run.end {
            let next = self.runs.runs().map(|run| run.frames()).find(|frames| frames.start == sequence);
            self.run = next.unwrap_or(u64::MAX..u64::MAX);
        }
        if !self.run.contains(&sequence) {
            return Ok(());
        }
        for part in &turn.parts {
            gather(&mut self.gathered, self.run.start, sequence, &part.decisions, &turn.columns.original);
        }
        if sequence + 1 < self.run.end {
            return Ok(());
        }
        let read = self.runs.entries_from(self.run.start);
        let found = match read {
            Ok(found) => found.expect("the run was found before"),
            Err(RunFailure::Disk(failure)) => return Err(failure.into()),
            Err(failure) => return Err(VerifyFailure::Runs(failure.to_string())),
        };
        // Stable: of equal identities the newest stays last, as in the run.
        let mut gathered = std::mem::take(&mut self.gathered).into_entries();
        gathered.sort_by_key(Entry::order);
        let other = gathered.iter().zip(&found).position(|(gathered, found)| gathered != found);
        let is_other = other.is_some() || gathered.len() != found.len();
        if is_other {
            let at = other.unwrap_or(found.len());
            let run = &self.run;
            let what =
                format!("the run of frames {run:?} holds other entries than these frames, from its entry {at} on");
            return Err(VerifyFailure::Runs(what));
        }
        Ok(())
    }
}
