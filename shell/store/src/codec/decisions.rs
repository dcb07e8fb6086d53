//! Bytes of decisions: what there are thousands of in packed columns, the rest plain.
//!
//! What stands in the batch is not written again: claims, waiting rows, words and most evidence refer to it. Evidence
//! (exceptions, rows that were taken back) stands last and behind its length, so that a fold passes over it.

use super::claims::{self, Accepted};
use super::packed::Packer;
use super::plain::{Coded, Reader, put_count, record};
use super::{Fault, columns, entries, evidence};
use calendar::Date;
use engine::{
    Counts, Days, Decisions, NewCell, NewGroup, OriginDay, OriginDays, Outcome, Parked, Released, TallyDelta,
};
use event::{Columns, Word};
use money::AssetId;

record!(Counts {
    accepted,
    duplicates,
    conflicts,
    held,
    rejected,
    outside_passed,
    outside_failed,
    not_yet,
    commands,
    commands_again,
    commands_refused,
});

/// How much of decisions is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Depth {
    /// All.
    Whole,
    /// What a fold applies: no evidence.
    Fold,
}

/// Appends decisions; says whether what a fold keeps of them refers to whole rows of the batch.
///
/// # Panics
/// Where their outcomes are not of rows of the batch.
pub(super) fn write(packer: &mut Packer<'_>, batch: &Columns, decisions: &Decisions) -> bool {
    let first = decisions.rows.start;
    assert!(first + decisions.outcomes.len() <= batch.len().max(first), "outcomes are of rows of the turn's batch");
    write_head(packer, batch, decisions);
    write_groups(packer, &decisions.groups);
    write_cells(packer, &decisions.cells);
    write_outcomes(packer, &decisions.outcomes);
    put_count(packer.out, decisions.released.len());
    for released in &decisions.released {
        released.sequence.write(packer.out);
        released.outcome.write(packer.out);
        columns::write(packer, &released.columns);
    }
    let accepted = Accepted::of(batch, first.min(batch.len()), &decisions.outcomes, &decisions.released);
    claims::write(packer, &accepted, &decisions.claims);
    write_origins(packer, &decisions.origins);
    write_tallies(packer, &decisions.tallies);
    let refers = write_parked(packer, batch, decisions);
    decisions.links.write(packer.out);
    entries::write(packer, &decisions.entries);
    evidence::write(packer, batch, decisions);
    refers
}

/// Takes decisions off.
pub(super) fn read(from: &mut Reader<'_>, batch: &Columns, depth: Depth) -> Result<Decisions, Fault> {
    let mut decisions = read_head(from, batch)?;
    decisions.groups = read_groups(from)?;
    decisions.cells = read_cells(from)?;
    let first = decisions.rows.start;
    decisions.outcomes = read_outcomes(from, batch.identity.len().saturating_sub(first))?;
    for _ in 0..from.count()? {
        let (sequence, outcome) = Coded::read(from)?;
        decisions.released.push(Released { sequence, outcome, columns: columns::read(from)? });
    }
    let first = first.min(batch.identity.len());
    let accepted = Accepted::of(batch, first, &decisions.outcomes, &decisions.released);
    decisions.claims = claims::read(from, &accepted)?;
    decisions.origins = read_origins(from)?;
    decisions.tallies = read_tallies(from)?;
    decisions.parked = read_parked(from, batch)?;
    decisions.links = Coded::read(from)?;
    decisions.entries = entries::read(from)?;
    match depth {
        Depth::Whole => evidence::read(from, batch, &mut decisions)?,
        Depth::Fold => evidence::pass(from)?,
    }
    Ok(decisions)
}

fn write_head(packer: &mut Packer<'_>, batch: &Columns, decisions: &Decisions) {
    let out = &mut *packer.out;
    decisions.stamp.write(out);
    put_count(out, decisions.rows.start);
    put_count(out, decisions.rows.end);
    decisions.counts.write(out);
    decisions.admitted.write(out);
    let of_batch = !decisions.words.is_empty() && decisions.words == batch.new_words;
    of_batch.write(out);
    if !of_batch {
        decisions.words.write(out);
    }
    decisions.accounts.write(out);
    decisions.periods.write(out);
    decisions.files.write(out);
    decisions.changes.write(out);
    decisions.statements.write(out);
}

fn read_head(from: &mut Reader<'_>, batch: &Columns) -> Result<Decisions, Fault> {
    let stamp = Coded::read(from)?;
    let (start, end) = (u64::read(from)?, u64::read(from)?);
    let rows = usize::try_from(start).ok().zip(usize::try_from(end).ok()).filter(|(start, end)| start <= end);
    let (start, end) = rows.ok_or_else(|| from.fault("rows end before they begin"))?;
    Ok(Decisions {
        stamp,
        rows: start..end,
        counts: Coded::read(from)?,
        admitted: Coded::read(from)?,
        words: if bool::read(from)? { batch.new_words.clone() } else { Coded::read(from)? },
        accounts: Coded::read(from)?,
        periods: Coded::read(from)?,
        files: Coded::read(from)?,
        changes: Coded::read(from)?,
        statements: Coded::read(from)?,
        ..Decisions::default()
    })
}

fn write_groups(packer: &mut Packer<'_>, groups: &[NewGroup]) {
    put_count(packer.out, groups.len());
    packer.put(groups.iter().map(|group| i64::from(group.contract)));
    packer.put(groups.iter().map(|group| i64::from(group.asset.0)));
    packer.put(groups.iter().map(|group| group.dimensions.len() as i64));
    packer.put(groups.iter().flat_map(|group| &group.dimensions).map(|word| i64::from(word.0)));
}

fn read_groups(from: &mut Reader<'_>) -> Result<Vec<NewGroup>, Fault> {
    let count = from.rows()?;
    let contracts: Vec<u16> = from.packed(count)?;
    let assets: Vec<AssetId> = from.packed(count)?;
    let lengths: Vec<u32> = from.packed(count)?;
    let mut words = from.packed::<Word>(lengths.iter().map(|&length| length as usize).sum())?.into_iter();
    let heads = contracts.into_iter().zip(assets).zip(lengths);
    let groups = heads.map(|((contract, asset), length)| NewGroup {
        contract,
        asset,
        dimensions: words.by_ref().take(length as usize).collect(),
    });
    Ok(groups.collect())
}

fn write_cells(packer: &mut Packer<'_>, cells: &[NewCell]) {
    put_count(packer.out, cells.len());
    packer.put(cells.iter().map(|cell| i64::from(cell.contract)));
    packer.put(cells.iter().map(|cell| i64::from(cell.group)));
    packer.put(cells.iter().map(|cell| i64::from(cell.days.day.0)));
    packer.put(cells.iter().map(|cell| i64::from(cell.days.version_on.0)));
    packer.put(cells.iter().map(|cell| i64::from(cell.days.rate_on.0)));
}

fn read_cells(from: &mut Reader<'_>) -> Result<Vec<NewCell>, Fault> {
    let count = from.rows()?;
    let contracts: Vec<u16> = from.packed(count)?;
    let groups: Vec<u32> = from.packed(count)?;
    let days = (from.packed::<Date>(count)?, from.packed::<Date>(count)?, from.packed::<Date>(count)?);
    let cells = (0..count).map(|row| {
        let days = Days { day: days.0[row], version_on: days.1[row], rate_on: days.2[row] };
        NewCell { contract: contracts[row], group: groups[row], days }
    });
    Ok(cells.collect())
}

/// The number of an outcome at rest that is not a code's.
const WAITS: u8 = 0;
/// See [`WAITS`].
const NOT_YET: u8 = 1;
/// Codes follow from here on.
const REFUSED: u8 = 16;

impl Coded for Outcome {
    fn write(&self, out: &mut Vec<u8>) {
        match self {
            Self::Accepted => out.push(ACCEPTED),
            Self::Waits => out.push(WAITS),
            Self::NotYet => out.push(NOT_YET),
            Self::Refused(code) => {
                let start = out.len();
                code.write(out);
                out[start] += REFUSED;
            }
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let at = from.clone();
        outcome_of(from.byte()?).ok_or_else(|| at.fault("no such outcome"))
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        let code = event::Code::any(dice);
        dice.pick(&[Self::Accepted, Self::Waits, Self::NotYet, Self::Refused(code)])
    }
}

/// The number of [`Outcome::Accepted`], where it is written at all.
const ACCEPTED: u8 = 2;

fn outcome_of(number: u8) -> Option<Outcome> {
    Some(match number {
        ACCEPTED => Outcome::Accepted,
        WAITS => Outcome::Waits,
        NOT_YET => Outcome::NotYet,
        _ => Outcome::Refused(evidence::code_of(number.checked_sub(REFUSED)?)?),
    })
}

/// Appends outcomes: how many, and those that are not [`Outcome::Accepted`] with their places.
fn write_outcomes(packer: &mut Packer<'_>, outcomes: &[Outcome]) {
    let others = || outcomes.iter().enumerate().filter(|(_, outcome)| **outcome != Outcome::Accepted);
    put_count(packer.out, outcomes.len());
    put_count(packer.out, others().count());
    packer.put_steps(others().map(|(place, _)| place as i64));
    let mut number = Vec::with_capacity(1);
    packer.put(others().map(|(_, outcome)| {
        number.clear();
        outcome.write(&mut number);
        i64::from(number[0])
    }));
}

fn read_outcomes(from: &mut Reader<'_>, rows: usize) -> Result<Vec<Outcome>, Fault> {
    let at = from.clone();
    let (count, others) = (from.rows()?, from.rows()?);
    if count > rows || others > count {
        return Err(at.fault("more outcomes than rows"));
    }
    let places: Vec<u32> = from.steps(others)?;
    let numbers: Vec<u8> = from.packed(others)?;
    let mut outcomes = vec![Outcome::Accepted; count];
    for (place, number) in places.into_iter().zip(numbers) {
        let found = outcomes.get_mut(place as usize).zip(outcome_of(number));
        let (outcome, other) = found.ok_or_else(|| at.fault("no such outcome"))?;
        *outcome = other;
    }
    Ok(outcomes)
}

fn write_origins(packer: &mut Packer<'_>, origins: &[OriginDays]) {
    let days = || origins.iter().flat_map(|origin| &origin.0);
    put_count(packer.out, origins.len());
    packer.put(origins.iter().map(|origin| origin.0.len() as i64));
    packer.put(days().map(|day| i64::from(day.contract)));
    packer.put(days().map(|day| i64::from(day.day.0)));
    packer.put(days().map(|day| i64::from(day.rate_on.0)));
}

fn read_origins(from: &mut Reader<'_>) -> Result<Vec<OriginDays>, Fault> {
    let count = from.rows()?;
    let lengths: Vec<u32> = from.packed(count)?;
    let total = lengths.iter().map(|&length| length as usize).sum();
    let contracts: Vec<u16> = from.packed(total)?;
    let days: Vec<Date> = from.packed(total)?;
    let rates_on: Vec<Date> = from.packed(total)?;
    let mut all = contracts.into_iter().zip(days).zip(rates_on);
    let mut days = || all.next().map(|((contract, day), rate_on)| OriginDay { contract, day, rate_on });
    Ok(lengths.into_iter().map(|length| OriginDays((0..length).filter_map(|_| days()).collect())).collect())
}

/// Appends what was added to tallies: each tally once, with how many of its sums moved.
fn write_tallies(packer: &mut Packer<'_>, tallies: &[TallyDelta]) {
    let cells = || tallies.chunk_by(|one, other| (one.contract, one.cell) == (other.contract, other.cell));
    put_count(packer.out, cells().count());
    packer.put(cells().map(|cell| i64::from(cell[0].contract)));
    packer.put(cells().map(|cell| i64::from(cell[0].cell)));
    packer.put(cells().map(|cell| cell.len() as i64));
    packer.put(tallies.iter().map(|tally| i64::from(tally.slot)));
    packer.put_wide(tallies.iter().map(|tally| tally.delta));
}

fn read_tallies(from: &mut Reader<'_>) -> Result<Vec<TallyDelta>, Fault> {
    let count = from.rows()?;
    let contracts: Vec<u16> = from.packed(count)?;
    let cells: Vec<u32> = from.packed(count)?;
    let lengths: Vec<u32> = from.packed(count)?;
    let total = lengths.iter().map(|&length| length as usize).sum();
    let slots: Vec<u16> = from.packed(total)?;
    let deltas = from.wide(total)?;
    let mut sums = slots.into_iter().zip(deltas);
    let mut tallies = Vec::with_capacity(total);
    for ((contract, cell), length) in contracts.into_iter().zip(cells).zip(lengths) {
        let sums = sums.by_ref().take(length as usize);
        tallies.extend(sums.map(|(slot, delta)| TallyDelta { contract, cell, slot, delta }));
    }
    Ok(tallies)
}

/// Appends what waits from now on: rows of the batch by their places. Says whether there are such.
fn write_parked(packer: &mut Packer<'_>, batch: &Columns, decisions: &Decisions) -> bool {
    put_count(packer.out, decisions.parked.len());
    let mut waiting = (decisions.rows.start..batch.len())
        .zip(&decisions.outcomes)
        .filter(|(_, outcome)| **outcome == Outcome::Waits)
        .map(|(row, _)| row)
        .peekable();
    let mut refers = false;
    for parked in &decisions.parked {
        parked.sequence.write(packer.out);
        parked.expires_at.write(packer.out);
        let of_batch = waiting.next_if(|&row| columns::is_row(batch, row, &parked.columns));
        of_batch.map(|row| row as u64).write(packer.out);
        refers |= of_batch.is_some();
        if of_batch.is_none() {
            columns::write(packer, &parked.columns);
        }
    }
    refers
}

fn read_parked(from: &mut Reader<'_>, batch: &Columns) -> Result<Vec<Parked>, Fault> {
    let mut parked = Vec::new();
    for _ in 0..from.count()? {
        let (sequence, expires_at) = Coded::read(from)?;
        let columns = match Option::<u64>::read(from)? {
            None => columns::read(from)?,
            Some(row) => {
                let row = usize::try_from(row).ok().filter(|&row| row < batch.len());
                batch.row(row.ok_or_else(|| from.fault("a waiting event is no row of the batch"))?)
            }
        };
        parked.push(Parked { sequence, expires_at, columns });
    }
    Ok(parked)
}
