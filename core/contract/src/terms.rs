//! A contract as plain data: what the book folder or the API says, with every name resolved.
//!
//! Expressions stand once for each source of the contract, because slots belong to adapters. A `when` of a share, fee
//! or division has become part of the filter of its measure before it comes here, and a party that a field names is a
//! dimension: so `F` sees measures, dimensions and terms, and nothing else.

use crate::attribution::Model;
use crate::expression::{Expression, WordRef};
use crate::rates::RatesId;
use calendar::{CalendarId, Cycle, Date, DueRule, Grace, Instant, ZoneId};
use event::{PartyId, SourceId};
use money::{AssetId, Rate, Rounding};

/// Look-back of a contract that states none, in months (SETTLEMENT §6).
pub const LOOK_BACK_MONTHS: u16 = 24;
/// The most terms of one contract, over all versions.
pub const TERMS_MAX: usize = 1_000;
/// The most measures of one contract, over all versions.
pub const MEASURES_MAX: usize = 1_000;
/// The most dimensions of one contract.
pub const DIMENSIONS_MAX: usize = 16;

/// The position of a contract in its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ContractId(pub u16);

/// Versioned conditions between parties.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Contract {
    /// Id within the book.
    pub id: Box<str>,
    /// Sources whose events it may rate.
    pub sources: Vec<SourceId>,
    /// Which of their events it rates, by position in [`Contract::sources`]; none: all.
    pub selects: Vec<Option<Expression>>,
    /// Which instant or date gives the commercial day, by position in [`Contract::sources`].
    pub basis: Vec<Basis>,
    /// Zone of its days.
    pub zone: ZoneId,
    /// Wall-clock second of the day at which its commercial day begins.
    pub cut_off_s: i32,
    /// Days by which the period of a day lies later than the day itself (D+2).
    pub lag_days: u16,
    /// Its calendar.
    pub cycle: Cycle,
    /// Wait from the end of a period to its cut.
    pub grace: Grace,
    /// When a statement is due; none: on the day of its cut.
    pub due: Option<DueRule>,
    /// Holiday calendars that `due` names, for documentation.
    pub calendars: Vec<CalendarId>,
    /// Word fields by which tallies are kept: those that terms list and those that name parties.
    pub dimensions: Vec<Dimension>,
    /// Measures of all versions; equal definitions stand once.
    pub measures: Vec<Measure>,
    /// Versions in order of their definition: those of the first ascending by [`Version::rank`], those that an update
    /// brings behind them, since lines and what waits for them name versions by position.
    pub versions: Vec<Version>,
    /// First day no longer covered; none: open-ended.
    pub ends_on: Option<Date>,
    /// Ids of the terms of all versions, each once, in order of appearance: what is carried from period to period names
    /// its term by position here, so that it outlives versions.
    pub term_ids: Vec<Box<str>>,
    /// Into which asset everything is converted, by whose rates; none: each asset is settled for itself.
    pub conversion: Option<Conversion>,
    /// What happens between cut and issue.
    pub issue: Issue,
    /// How many months back an event may still restate a closed period; an older one goes to a person.
    pub look_back_months: u16,
    /// When and from which amount on a statement is paid.
    pub payout: PayoutRule,
}

/// When a statement is issued (SETTLEMENT §6).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issue {
    /// At the cut itself.
    AtCut,
    /// By a person's command; until then the period is closing and takes named admissions only.
    OnCommand,
}

/// When money of a statement may leave (SETTLEMENT §4, step 12); a preview until there are payouts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PayoutRule {
    /// Days after the due date for which it is held.
    pub hold_days: u16,
    /// Least amount in whole units that is paid, by asset; less waits for the next statement. Empty: any amount.
    pub minimum: Option<(AssetId, i64)>,
}

/// Conversion by published rates (SETTLEMENT §4, step 2).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conversion {
    /// Position in the book's rates.
    pub rates: RatesId,
    /// The asset of all lines.
    pub to: AssetId,
    /// Digits behind the point to which the cross is rounded half up, and again after the margin.
    pub digits: u8,
    /// What is taken off or added to the cross.
    pub margin: Option<Margin>,
}

/// A margin on a cross rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Margin {
    /// Part of the cross.
    pub rate: Rate,
    /// Whether it is taken off; else it is added.
    pub below: bool,
}

/// A stretch of periods over which something accumulates before it begins anew.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Span {
    /// The period itself.
    Period,
    /// So many calendar months, counted from the month of a date (quarters: 3 from any January).
    Months {
        /// 1 to 120.
        months: u16,
        /// A day of the first month of one such stretch.
        from: Date,
    },
    /// It never begins anew.
    Ever,
}

impl Span {
    /// Whether two periods, by their first days, lie in one stretch.
    #[must_use]
    pub fn joins(self, left: Date, right: Date) -> bool {
        match self {
            Self::Period => left == right,
            Self::Ever => true,
            Self::Months { months, from } => {
                let month_of = |date: Date| {
                    let civil = date.civil();
                    i64::from(civil.year) * 12 + i64::from(civil.month)
                };
                let number = |date: Date| (month_of(date) - month_of(from)).div_euclid(i64::from(months));
                number(left) == number(right)
            }
        }
    }
}

/// Which field of an event gives its commercial day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// A time field by slot: its commercial day by the contract's zone and cut-off.
    Time(u16),
    /// A date field by slot, taken as it stands.
    Date(u16),
}

/// A word field by which tallies are kept.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Dimension {
    /// The field's name.
    pub name: Box<str>,
    /// Where each source has it, by position in [`Contract::sources`].
    pub refs: Vec<WordRef>,
    /// Whether its words are ids of parties.
    pub party: bool,
}

/// A named exact sum over events.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Measure {
    /// Name as the contract gives it; the derived measure of a term with `when` is named `<measure> of <term>`.
    pub name: Box<str>,
    /// Whether it is an amount of the asset (and not a plain number).
    pub money: bool,
    /// Whether the contract lists it itself, so that statements show it.
    pub listed: bool,
    /// Digits behind the point of its sums; at least the scale of every source's expression.
    pub scale: u8,
    /// What is added for one event, by position in [`Contract::sources`].
    pub sums: Vec<Expression>,
    /// For which events, by position in [`Contract::sources`]; none: all that the contract rates.
    pub filters: Vec<Option<Expression>>,
    /// How a reversal enters it. Measures with other treatment are other measures.
    pub treatment: Treatment,
}

/// How an event that takes another back enters a tally (SETTLEMENT §4).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Treatment {
    /// At which version.
    pub reversal: Reversal,
    /// In which day's tally.
    pub date: ReversalDate,
}

impl Treatment {
    /// A reversal counts like any event, on its own day.
    pub const PLAIN: Self = Self { reversal: Reversal::Rerate, date: ReversalDate::Own };
}

/// At which version a reversal is rated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reversal {
    /// Like any event of the day whose tally it enters.
    Rerate,
    /// At the version of its original's day.
    Mirror,
}

/// Which day's tally a reversal enters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ReversalDate {
    /// The day of the reversal itself.
    Own,
    /// The day of its original.
    Original,
}

/// The conditions from one commercial day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// First commercial day that it governs.
    pub valid_from: Date,
    /// When it is put: before this instant nobody knows it.
    pub known_from: Instant,
    /// Its terms in the listed order.
    pub terms: Vec<Term>,
}

/// One condition; it makes one statement line for each version and each combination of its dimensions.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Term {
    /// Id within the contract.
    pub id: Box<str>,
    /// Position of the id in [`Contract::term_ids`].
    pub number: u16,
    /// What it computes.
    pub kind: TermKind,
    /// Who owes a positive charge.
    pub debtor: Role,
    /// Who is owed it. A division names its creditors itself and repeats its first here.
    pub creditor: Role,
    /// Purpose of the operator's revenue or cost account, e.g. `fee`.
    pub purpose: Box<str>,
    /// Positions in [`Contract::dimensions`] for which it makes lines of their own, ascending.
    pub dimensions: Vec<u8>,
    /// Where it rounds.
    pub scope: Scope,
    /// How it rounds.
    pub rounding: Rounding,
    /// VAT on its charge.
    pub vat: Option<Vat>,
}

/// Who is debtor or creditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Role {
    /// A party of the book.
    Party(PartyId),
    /// The party that a dimension names, by position in [`Contract::dimensions`].
    Dimension(u8),
}

/// What a term computes. The kinds from [`TermKind::Bound`] on are *closing terms*: charges of their own, computed from the
/// charges of other terms in the order of SETTLEMENT §4, steps 7 to 9.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TermKind {
    /// A rate of a measure, flat (one tier), graduated or by volume.
    Share {
        /// Position in [`Contract::measures`].
        of: u16,
        /// At least one; all but the last have an upper bound, ascending.
        tiers: Vec<Tier>,
        /// How tiers apply, and over what they fill.
        climb: Climb,
        /// What the rate is applied to.
        on: Base,
        /// What is taken off the measure before anything else, in order.
        deductions: Vec<Deduction>,
        /// Whether a base below zero charges nothing and is carried to the next period.
        carries: bool,
    },
    /// A charge for each event: rate of the measure plus a fixed part, within bounds of magnitude.
    Fee {
        /// Position in [`Contract::measures`]; its filter says for which events.
        of: u16,
        /// Rate of the measure.
        rate: Rate,
        /// Fixed part in whole units of the asset; it takes the sign of the measure (of +1 where the measure is 0).
        fixed: i64,
        /// Least magnitude in whole units.
        min: Option<i64>,
        /// Greatest magnitude in whole units.
        max: Option<i64>,
    },
    /// An amount for each period that begins while the version is in force.
    Fixed {
        /// Whole units of `asset`.
        amount: i64,
        /// Its asset.
        asset: AssetId,
    },
    /// A measure divided among parties, one of whom takes the residue.
    Division {
        /// Position in [`Contract::measures`].
        of: u16,
        /// Creditors and their shares.
        parts: Vec<(Role, Rate)>,
        /// Position in `parts` of the party that takes the residue.
        residue: u16,
    },
    /// An amount by the step that a measure's sum over the period reaches; known only at the end.
    Step {
        /// Position in [`Contract::measures`].
        of: u16,
        /// At least one; all but the last have an upper bound, ascending.
        steps: Vec<Step>,
        /// Asset of the amounts.
        asset: AssetId,
    },
    /// A tree of agents: each level earns the difference between its rate and the one below it.
    Agents {
        /// Position in [`Contract::measures`].
        of: u16,
        /// The dimension that names the agent of an event.
        by: u8,
        /// All agents; one stands after the one above it.
        agents: Vec<Agent>,
    },
    /// A measure divided among the touches of a path, path by path; the last touch takes the residue.
    Attribution {
        /// Position in [`Contract::measures`].
        of: u16,
        /// The dimension whose words are paths.
        by: u8,
        /// What stands between the touches of a path.
        separator: Box<str>,
        /// How it is divided.
        model: Model,
    },
    /// A cap (`upper`) or floor of what other terms charge together in a period (step 7).
    Bound {
        /// Terms by position in [`Contract::term_ids`].
        of: Vec<u16>,
        /// Whole units of `asset`; may be zero.
        amount: i64,
        /// Its asset.
        asset: AssetId,
        /// Whether it is a cap.
        upper: bool,
    },
    /// A minimum guarantee over what other terms charge (step 8).
    Minimum {
        /// Terms by position in [`Contract::term_ids`].
        of: Vec<u16>,
        /// Whole units of `asset` for each span.
        amount: i64,
        /// Its asset.
        asset: AssetId,
        /// Its own period.
        span: Span,
        /// Whether what it paid above max(0, earned) is taken from later charges.
        recoupable: bool,
        /// Terms of other contracts that count as earned too; their contracts have the same calendar.
        pool: Vec<Pooled>,
    },
    /// Charges below zero are not charged but carried to the next period (step 9).
    Carry {
        /// Terms by position in [`Contract::term_ids`].
        of: Vec<u16>,
    },
    /// An amount paid in advance and recouped from later charges (after step 9).
    Advance {
        /// Terms by position in [`Contract::term_ids`].
        of: Vec<u16>,
        /// Whole units of `asset`.
        amount: i64,
        /// Its asset.
        asset: AssetId,
        /// It is paid with the period of this day.
        on: Date,
        /// Which part of later charges may be kept to recoup it.
        share: Rate,
    },
    /// Credit bought in advance by top-ups, drawn down by what other terms charge (after step 9).
    Prepaid {
        /// Terms by position in [`Contract::term_ids`].
        of: Vec<u16>,
        /// The measure of the top-ups: position in [`Contract::measures`].
        top_up: u16,
        /// A balance below it, in whole units, makes a notice.
        low: Option<i64>,
        /// How far below zero charges may go on credit, in whole units, before a notice says so.
        limit: Option<i64>,
    },
}

/// How tiers apply, and over what they fill.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Climb {
    /// One rate, that of the tier reached, for the whole (a close term); else each part at its own tier's rate.
    pub by_volume: bool,
    /// The measure that fills the tiers, where it is another than the one charged on; only by volume.
    pub accumulator: Option<u16>,
    /// When the tiers begin anew.
    pub reset: Span,
}

impl Climb {
    /// Graduated within the period.
    pub const GRADUATED: Self = Self { by_volume: false, accumulator: None, reset: Span::Period };
}

/// Something taken off a measure before its rate is applied (SETTLEMENT §4, step 4). Each is rounded to whole units as
/// its term rounds, so that what both sides see adds up.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Deduction {
    /// Name on the statement.
    pub name: Box<str>,
    /// What is taken off.
    pub kind: DeductionKind,
}

/// What a deduction takes off.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum DeductionKind {
    /// The sum of another measure in the same line.
    Measure(u16),
    /// A rate of the measure itself or of what earlier deductions left of it.
    Rate {
        /// The rate.
        rate: Rate,
        /// The measure, or what is left of it.
        on: Base,
    },
    /// The sum of a measure over the whole contract, divided among the term's lines by another measure's sums.
    Allocated {
        /// What is divided.
        of: u16,
        /// By what; lines below zero count as zero, the line with the largest key takes the residue.
        key: u16,
    },
}

/// One step of a stepped fee.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Step {
    /// Upper bound in whole units of the asset at [`Measure::scale`]; it belongs to this step. None: no bound.
    pub up_to: Option<i128>,
    /// Whole units.
    pub amount: i64,
}

/// One agent of a tree.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Agent {
    /// Who.
    pub party: PartyId,
    /// Position of the agent above; none: at the top.
    pub above: Option<u16>,
    /// What the agent and all below earn together.
    pub rate: Rate,
}

/// A term of another contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pooled {
    /// The contract.
    pub contract: ContractId,
    /// The term by position in its [`Contract::term_ids`].
    pub term: u16,
}

/// One bracket of a graduated share.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tier {
    /// Upper bound at the [`Measure::scale`] of the measure that fills the tiers; it belongs to this tier. None: no bound.
    pub up_to: Option<i128>,
    /// Rate inside the bracket.
    pub rate: Rate,
}

/// What a share's rate is applied to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Base {
    /// The measure.
    Gross,
    /// What the charges (as rounded) of the terms listed before it of the same measure leave of it.
    Rest,
}

/// Where a charge is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Scope {
    /// Each event's charge is rounded and posted with it; the line is their sum.
    Event,
    /// The line is rounded once.
    Line,
}

/// VAT on a term's charge. It goes the way of the charge, from debtor to creditor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Vat {
    /// Rate of the supply.
    pub rate: Rate,
    /// Where it is rounded.
    pub scope: VatScope,
    /// Whether the charge contains it already; then the VAT is a part of the charge and adds nothing to the total.
    pub inclusive: bool,
    /// How it is rounded.
    pub rounding: Rounding,
    /// Who issues the tax invoice.
    pub issuer: Issuer,
}

/// Where VAT is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum VatScope {
    /// Each event is its own tax record.
    Event,
    /// Once for each line.
    Line,
    /// Once for each statement and rate: the tax invoice.
    Document,
}

/// Who issues the tax invoice.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Issuer {
    /// The supplier, who is owed the charge (정발행).
    Creditor,
    /// The customer on his behalf (역발행).
    Debtor,
}

impl Contract {
    /// Numbers the terms of all versions by their ids: one id, one number.
    pub fn number_terms(&mut self) {
        self.term_ids.clear();
        for term in self.versions.iter_mut().flat_map(|version| &mut version.terms) {
            let known = self.term_ids.iter().position(|id| *id == term.id);
            let number = known.unwrap_or(self.term_ids.len());
            if known.is_none() {
                self.term_ids.push(term.id.clone());
            }
            term.number = u16::try_from(number).expect("terms of a contract are bounded");
        }
    }

    /// The smallest magnitude that its tallies may not reach.
    #[must_use]
    pub const fn tally_bound(&self) -> i128 {
        if self.conversion.is_some() { money::CONVERTED_TALLY_BOUND } else { money::TALLY_BOUND }
    }

    /// The version of `day` as known at `known_at`: of those known then, the one with the latest `valid_from` not after
    /// the day, and of equals the one known latest.
    #[must_use]
    pub fn version_of(&self, day: Date, known_at: Instant) -> Option<u16> {
        if self.ends_on.is_some_and(|end| day >= end) {
            return None;
        }
        let known = self.versions.iter().enumerate();
        let known = known.filter(|(_, version)| version.valid_from <= day && version.known_from <= known_at);
        let (position, _) = known.max_by_key(|(_, version)| version.rank())?;
        u16::try_from(position).ok()
    }

    /// Positions of the versions, ascending by [`Version::rank`], of equals by position.
    pub fn ranked_versions(&self) -> impl DoubleEndedIterator<Item = usize> + use<> {
        let mut positions: Vec<usize> = (0..self.versions.len()).collect();
        positions.sort_by_key(|&position| self.versions[position].rank());
        positions.into_iter()
    }

    /// Position of a source in the contract, where it rates that source.
    #[must_use]
    pub fn position_of(&self, source: SourceId) -> Option<usize> {
        self.sources.iter().position(|&own| own == source)
    }
}

impl Version {
    /// What decides between versions that are known and in force: the greater one governs.
    #[must_use]
    pub const fn rank(&self) -> (Date, Instant) {
        (self.valid_from, self.known_from)
    }
}

impl Term {
    /// The measure that it rates; a fixed fee has none.
    #[must_use]
    pub const fn measure(&self) -> Option<u16> {
        match &self.kind {
            TermKind::Share { of, .. }
            | TermKind::Fee { of, .. }
            | TermKind::Division { of, .. }
            | TermKind::Step { of, .. }
            | TermKind::Agents { of, .. }
            | TermKind::Attribution { of, .. } => Some(*of),
            TermKind::Prepaid { top_up, .. } => Some(*top_up),
            TermKind::Fixed { .. }
            | TermKind::Bound { .. }
            | TermKind::Minimum { .. }
            | TermKind::Carry { .. }
            | TermKind::Advance { .. } => None,
        }
    }

    /// The terms whose charges it is computed from; none where it is no closing term.
    #[must_use]
    pub fn closes(&self) -> Option<&[u16]> {
        match &self.kind {
            TermKind::Bound { of, .. }
            | TermKind::Minimum { of, .. }
            | TermKind::Carry { of }
            | TermKind::Advance { of, .. }
            | TermKind::Prepaid { of, .. } => Some(of),
            _ => None,
        }
    }

    /// The asset that it states itself; the others charge in the assets of their events.
    #[must_use]
    pub const fn stated_asset(&self) -> Option<AssetId> {
        match self.kind {
            TermKind::Fixed { asset, .. }
            | TermKind::Step { asset, .. }
            | TermKind::Bound { asset, .. }
            | TermKind::Minimum { asset, .. }
            | TermKind::Advance { asset, .. } => Some(asset),
            _ => None,
        }
    }

    /// Whether its charge is known only at the end of the period, so that it is posted when the statement is issued.
    #[must_use]
    pub fn is_known_at_end(&self) -> bool {
        match &self.kind {
            TermKind::Share { climb, deductions, .. } => {
                climb.by_volume
                    || deductions.iter().any(|deduction| matches!(deduction.kind, DeductionKind::Allocated { .. }))
            }
            TermKind::Step { .. } => true,
            _ => self.closes().is_some(),
        }
    }
}
