//! Bytes of a state: sections of about a megabyte, one after the other, so that neither side holds all of it twice.
//!
//! ```text
//! section   kind (1 byte), contract where it is of one (else 0), values to the end
//! ```
//!
//! The first section is the head, the last the totals: how many values there are of each kind, so that a section that is
//! missing is noticed. Values of one kind stand in their order, over as many sections as they need; tallies and their sums
//! in packed columns.

use super::packed::Packer;
use super::plain::{Coded, Reader, choice, put_count, put_unsigned, record, wrapped};
use super::{Fault, Section, columns};
use close::PeriodState;
use engine::{
    AmendedRows, Cell, ContractParts, Counts, Days, Fixed, KnownFile, LinkParts, Mark, OriginDays, Parked, Spread,
    StateParts, Sums,
};
use event::FileId;
use std::collections::BTreeMap;
use std::sync::Arc;
use table::Rows;

/// A section is closed when it has so many bytes; one value may pass it.
const SECTION_BYTES: usize = 1 << 20;
/// Tallies of one section; their sums take some times as many columns.
const CELLS: usize = 1 << 14;

record!(Days { day, version_on, rate_on });
record!(Fixed { rates, asset, on, rate, known_from });
record!(Mark { reversals, void });
record!(AmendedRows { identities, compared });
record!(KnownFile { adapter, slot, held, begun, amends });
record!(PeriodState { period, cut_at, frozen, issued, posted, draft, carried, ticked, provisional, restated });
wrapped!(OriginDays);

/// What a section holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Head,
    Kept,
    Word,
    Account,
    Balance,
    Statement,
    Waiting,
    Slot,
    Command,
    Admitted,
    Fixed,
    Begin,
    Origin,
    Mark,
    Contribution,
    Numbers,
    Amended,
    AmendedRows,
    File,
    Period,
    Adjustment,
    Seal,
    Group,
    Cells,
    Totals,
}

choice!(Kind {
    0 => Head, 1 => Kept, 2 => Word, 3 => Account, 4 => Balance, 5 => Statement, 6 => Waiting, 7 => Slot,
    8 => Command, 9 => Admitted, 10 => Fixed, 11 => Begin, 12 => Origin, 13 => Mark, 14 => Contribution,
    15 => Numbers, 16 => Amended, 17 => AmendedRows, 18 => File, 19 => Period, 20 => Adjustment, 21 => Seal,
    22 => Group, 23 => Cells, 24 => Totals,
});

/// What stands alone in a state.
struct Head {
    stamp: calendar::Instant,
    counts: Counts,
    entries: u64,
    claims: u64,
    parked: u64,
    opened: bool,
    admitting: Option<(u16, u32)>,
    /// By contract: how many sums a tally has.
    widths: Vec<u32>,
    replacing: Option<u32>,
    current: Option<(FileId, bool)>,
}

record!(Head { stamp, counts, entries, claims, parked, opened, admitting, widths, replacing, current });

/// How many values there are, by kind and contract.
type Totals = BTreeMap<(u8, u16), u64>;

/// Gives the sections of a state to `sink`, in order.
///
/// # Errors
/// What the sink says first.
///
/// # Panics
/// Where sums and tallies of a contract are not equally many.
pub fn write_state<E>(parts: &StateParts, sink: impl FnMut(&[u8]) -> Result<(), E>) -> Result<(), E> {
    let mut to = Sections { buffer: Vec::new(), totals: Totals::new(), sink };
    to.values(Kind::Head, 0, [&head_of(parts)])?;
    to.values(Kind::Kept, 0, &parts.kept)?;
    to.values(Kind::Word, 0, parts.words.iter())?;
    to.values(Kind::Account, 0, &parts.accounts)?;
    to.values(Kind::Balance, 0, &parts.balances)?;
    to.values(Kind::Statement, 0, parts.statements.iter())?;
    to.values(Kind::Waiting, 0, &parts.waiting)?;
    to.pairs(Kind::Slot, parts.slots.iter())?;
    to.pairs(Kind::Command, parts.commands.iter())?;
    to.pairs(Kind::Admitted, parts.admitted.iter())?;
    to.values(Kind::Fixed, 0, parts.fixed.iter())?;
    to.values(Kind::Begin, 0, &parts.begins)?;
    to.values(Kind::Origin, 0, parts.origins.iter())?;
    let links = &parts.links;
    to.pairs(Kind::Mark, links.marks.iter())?;
    to.values(Kind::Contribution, 0, links.contributions.values())?;
    to.pairs(Kind::Numbers, links.numbers.iter())?;
    to.values(Kind::Amended, 0, &links.amended)?;
    to.pairs(Kind::AmendedRows, links.rows.iter())?;
    to.pairs(Kind::File, links.files.iter())?;
    for (number, contract) in (0_u16..).zip(&parts.contracts) {
        to.contract(number, contract)?;
    }
    let totals = std::mem::take(&mut to.totals);
    to.values(Kind::Totals, 0, [&totals])
}

fn head_of(parts: &StateParts) -> Head {
    let width = |contract: &ContractParts| u32::try_from(contract.sums.width()).expect("sums of a tally are bounded");
    Head {
        stamp: parts.stamp,
        counts: parts.counts,
        entries: parts.entries,
        claims: parts.claims,
        parked: parts.parked,
        opened: parts.opened,
        admitting: parts.admitting,
        widths: parts.contracts.iter().map(width).collect(),
        replacing: parts.links.replacing,
        current: parts.links.current,
    }
}

/// Fills sections and gives them away.
struct Sections<F> {
    buffer: Vec<u8>,
    totals: Totals,
    sink: F,
}

impl<E, F: FnMut(&[u8]) -> Result<(), E>> Sections<F> {
    /// Values in order, each by `write`.
    fn each<T>(
        &mut self,
        kind: Kind,
        contract: u16,
        values: impl IntoIterator<Item = T>,
        write: impl Fn(&mut Vec<u8>, T),
    ) -> Result<(), E> {
        let mut count = 0;
        self.begin(kind, contract);
        let empty = self.buffer.len();
        for value in values {
            write(&mut self.buffer, value);
            count += 1;
            if self.buffer.len() >= SECTION_BYTES {
                (self.sink)(&self.buffer)?;
                self.begin(kind, contract);
            }
        }
        if self.buffer.len() > empty {
            (self.sink)(&self.buffer)?;
        }
        if count > 0 {
            self.totals.insert((kind as u8, contract), count);
        }
        Ok(())
    }

    fn begin(&mut self, kind: Kind, contract: u16) {
        self.buffer.clear();
        kind.write(&mut self.buffer);
        contract.write(&mut self.buffer);
    }

    fn values<'v, T: Coded + 'v>(
        &mut self,
        kind: Kind,
        contract: u16,
        values: impl IntoIterator<Item = &'v T>,
    ) -> Result<(), E> {
        self.each(kind, contract, values, |out, value| value.write(out))
    }

    fn pairs<'v, K: Coded + 'v, V: Coded + 'v>(
        &mut self,
        kind: Kind,
        pairs: impl IntoIterator<Item = (&'v K, &'v V)>,
    ) -> Result<(), E> {
        self.each(kind, 0, pairs, |out, (key, value)| {
            key.write(out);
            value.write(out);
        })
    }

    fn contract(&mut self, number: u16, contract: &ContractParts) -> Result<(), E> {
        self.each(Kind::Period, number, &contract.periods, |out, (period, stale)| {
            period.write(out);
            stale.write(out);
        })?;
        self.values(Kind::Adjustment, number, contract.adjustments.iter())?;
        self.each(Kind::Seal, number, &contract.seals, |out, (period, digest)| {
            period.write(out);
            digest.write(out);
        })?;
        self.values(Kind::Group, number, contract.groups.iter())?;
        let width = contract.sums.width();
        assert!(contract.cells.len() == contract.sums.len(), "every tally has its sums");
        let (mut cells, mut sums) = (contract.cells.iter(), contract.sums.iter());
        let chunks = (0..contract.cells.len().div_ceil(CELLS)).map(|_| {
            let cells: Vec<Cell> = cells.by_ref().take(CELLS).copied().collect();
            let sums: Vec<i128> = sums.by_ref().take(cells.len() * width).copied().collect();
            (cells, sums)
        });
        self.each(Kind::Cells, number, chunks, |out, (cells, sums)| write_cells(out, &cells, &sums, width))
    }
}

fn write_cells(out: &mut Vec<u8>, cells: &[Cell], sums: &[i128], width: usize) {
    put_count(out, cells.len());
    let packer = &mut Packer::new(out);
    packer.put(cells.iter().map(|cell| i64::from(cell.group)));
    packer.put(cells.iter().map(|cell| i64::from(cell.days.day.0)));
    packer.put(cells.iter().map(|cell| i64::from(cell.days.version_on.0)));
    packer.put(cells.iter().map(|cell| i64::from(cell.days.rate_on.0)));
    packer.put(cells.iter().map(|cell| i64::from(cell.period)));
    for slot in 0..width {
        packer.put_wide(sums[slot..].iter().step_by(width).copied());
    }
}

fn read_cells(from: &mut Reader<'_>, to: &mut ContractParts) -> Result<(), Fault> {
    let count = from.rows()?;
    let groups: Vec<u32> = from.packed(count)?;
    let (days, versions_on, rates_on) = (from.packed(count)?, from.packed(count)?, from.packed(count)?);
    let periods: Vec<u32> = from.packed(count)?;
    let sums = (0..to.sums.width()).map(|_| from.wide(count)).collect::<Result<Vec<_>, _>>()?;
    for row in 0..count {
        let days = Days { day: days[row], version_on: versions_on[row], rate_on: rates_on[row] };
        to.cells.push(Cell { group: groups[row], days, period: periods[row] });
        to.sums.push_row(sums.iter().map(|column| column[row]));
    }
    Ok(())
}

/// Puts a state together from its sections.
#[derive(Debug, Default)]
pub struct StateReader {
    parts: Option<StateParts>,
    totals: Totals,
    ended: bool,
}

impl StateReader {
    /// Takes the next section.
    ///
    /// # Errors
    /// A [`Fault`] where it is none, or not the next.
    pub fn take(&mut self, section: &[u8]) -> Result<(), Fault> {
        let mut from = Reader::new(Section::State, section);
        let at = from.clone();
        let (kind, contract) = (Kind::read(&mut from)?, u16::read(&mut from)?);
        if self.ended {
            return Err(at.fault("something follows the totals"));
        }
        match kind {
            Kind::Head if self.parts.is_some() => return Err(at.fault("a second head")),
            Kind::Head => self.parts = Some(Head::read(&mut from)?.empty()),
            Kind::Totals => {
                let totals = Totals::read(&mut from)?;
                self.ended = true;
                self.totals.insert((Kind::Head as u8, 0), u64::from(self.parts.is_some()));
                if totals != self.totals {
                    return Err(at.fault("a section is missing"));
                }
            }
            _ => {
                let parts = self.parts.as_mut().ok_or_else(|| at.fault("the head is missing"))?;
                let total = self.totals.entry((kind as u8, contract)).or_default();
                while from.left() > 0 {
                    read_value(&mut from, kind, contract, parts)?;
                    *total += 1;
                }
            }
        }
        from.end()
    }

    /// The state, when all sections were taken; none where some are missing.
    #[must_use]
    pub fn finish(self) -> Option<StateParts> {
        self.parts.filter(|_| self.ended)
    }
}

impl Head {
    /// A state without anything else.
    fn empty(self) -> StateParts {
        let Self { stamp, counts, entries, claims, parked, opened, admitting, widths, replacing, current } = self;
        let contract = |width: u32| ContractParts {
            periods: Vec::new(),
            adjustments: Rows::default(),
            seals: BTreeMap::new(),
            groups: Rows::default(),
            cells: Rows::default(),
            sums: Sums::of_width(width as usize),
        };
        StateParts {
            stamp,
            counts,
            entries,
            claims,
            kept: Vec::new(),
            words: Rows::default(),
            accounts: Vec::new(),
            balances: Vec::new(),
            contracts: widths.into_iter().map(contract).collect(),
            statements: Rows::default(),
            waiting: Vec::new(),
            parked,
            slots: Arc::default(),
            opened,
            commands: Spread::default(),
            admitted: Spread::default(),
            admitting,
            fixed: Rows::default(),
            begins: Vec::new(),
            links: LinkParts { replacing, current, ..LinkParts::default() },
            origins: Rows::default(),
        }
    }
}

/// Takes one value off and puts it where it belongs.
fn read_value(from: &mut Reader<'_>, kind: Kind, contract: u16, to: &mut StateParts) -> Result<(), Fault> {
    match kind {
        Kind::Kept => to.kept.push(Coded::read(from)?),
        Kind::Word => to.words.push(Coded::read(from)?),
        Kind::Account => to.accounts.push(Coded::read(from)?),
        Kind::Balance => to.balances.push(Coded::read(from)?),
        Kind::Statement => to.statements.push(Coded::read(from)?),
        Kind::Waiting => to.waiting.push(Coded::read(from)?),
        Kind::Slot => _ = Arc::make_mut(&mut to.slots).insert(Coded::read(from)?, Coded::read(from)?),
        Kind::Command => _ = to.commands.insert(Coded::read(from)?, Coded::read(from)?),
        Kind::Admitted => _ = to.admitted.insert(Coded::read(from)?, Coded::read(from)?),
        Kind::Fixed => to.fixed.push(Coded::read(from)?),
        Kind::Begin => to.begins.push(Coded::read(from)?),
        Kind::Origin => to.origins.push(Coded::read(from)?),
        _ => return read_of_links(from, kind, contract, to),
    }
    Ok(())
}

fn read_of_links(from: &mut Reader<'_>, kind: Kind, contract: u16, to: &mut StateParts) -> Result<(), Fault> {
    let links = &mut to.links;
    match kind {
        Kind::Mark => _ = links.marks.insert(Coded::read(from)?, Coded::read(from)?),
        Kind::Contribution => {
            let contribution = Arc::<engine::Contribution>::read(from)?;
            links.contributions.insert(contribution.found_by, contribution);
        }
        Kind::Numbers => _ = links.numbers.insert(Coded::read(from)?, Coded::read(from)?),
        Kind::Amended => links.amended.push(Coded::read(from)?),
        Kind::AmendedRows => _ = Arc::make_mut(&mut links.rows).insert(Coded::read(from)?, Coded::read(from)?),
        Kind::File => _ = Arc::make_mut(&mut links.files).insert(Coded::read(from)?, Coded::read(from)?),
        _ => return read_of_contract(from, kind, contract, to),
    }
    Ok(())
}

fn read_of_contract(from: &mut Reader<'_>, kind: Kind, contract: u16, to: &mut StateParts) -> Result<(), Fault> {
    let of = to.contracts.get_mut(usize::from(contract)).ok_or_else(|| from.fault("no such contract"))?;
    match kind {
        Kind::Period => of.periods.push(Coded::read(from)?),
        Kind::Adjustment => of.adjustments.push(Coded::read(from)?),
        Kind::Seal => _ = of.seals.insert(Coded::read(from)?, Coded::read(from)?),
        Kind::Group => of.groups.push(Coded::read(from)?),
        Kind::Cells => read_cells(from, of)?,
        _ => return Err(from.fault("no section of values")),
    }
    Ok(())
}

impl Coded for () {
    fn write(&self, out: &mut Vec<u8>) {
        // Every value takes a byte.
        put_unsigned(out, 0);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        if from.byte()? == 0 { Ok(()) } else { Err(from.fault("no such number")) }
    }
    #[cfg(test)]
    fn any(_: &mut super::tests::Dice) -> Self {}
}

impl Coded for Parked {
    fn write(&self, out: &mut Vec<u8>) {
        self.sequence.write(out);
        self.expires_at.write(out);
        columns::write(&mut Packer::new(out), &self.columns);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let (sequence, expires_at) = Coded::read(from)?;
        let at = from.clone();
        let columns = columns::read(from)?;
        if columns.len() != 1 {
            return Err(at.fault("a waiting event is one row"));
        }
        Ok(Parked { sequence, expires_at, columns })
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        Parked { sequence: Coded::any(dice), expires_at: Coded::any(dice), columns: super::tests::single(dice) }
    }
}
