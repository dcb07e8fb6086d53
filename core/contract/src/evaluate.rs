//! `F`: tallies of one contract, period and asset → statement lines.
//!
//! Exact and independent of the order in which events arrived: its input is sums by commercial day, and what the period
//! before left. Shape, in the order of SETTLEMENT §4: cells are converted; those of each version, in order of days, are
//! grouped by the words that keep the lines of its terms apart; terms are taken in the listed order, so that `rest` finds
//! what earlier terms took; brackets fill and bases are carried version after version; at the end come what looks at the
//! whole period, closing terms, and the VAT of documents. Lines depend on sums alone: a tally of nothing is as none.
//! Cost: groupings × cells × log cells, plus terms × groups.

mod chain;
mod closing;
mod conversion;
mod deductions;
mod groups;
mod shares;
mod tiers;

use self::chain::Chain;
use self::conversion::{Conversions, Tally};
use self::groups::{Grouping, Groups};
use self::shares::{Based, Share};
use crate::attribution::Model;
use crate::layout::{Layout, TermSlots};
use crate::line::{Base as LineBase, Carried, Line, LineKey, LineOf, Part, Working};
use crate::rates::Rates;
use crate::terms::{Agent, Base, Contract, DeductionKind, Issuer, Pooled, Role, Scope, Term, TermKind, Vat, VatScope};
use calendar::{Date, Instant, Period};
use event::{PartyId, Word};
use money::{AssetId, Decimal, Overflow, Rate, Rounding, round_ratio};
use std::collections::{BTreeMap, BTreeSet};

/// One tally: the sums of all measures and event-scope charges of one contract, asset, day and dimensions.
#[derive(Clone, Copy, Debug)]
pub struct Cell<'a> {
    /// The asset of its amounts; another than the question's only where the contract converts.
    pub asset: AssetId,
    /// The day whose tally it is.
    pub day: Date,
    /// The day of its events in the calendar of the rates by which the contract converts; without conversion [`Cell::day`].
    pub rate_on: Date,
    /// The day that gives the version: the same but for mirrored reversals.
    pub version_on: Date,
    /// A word for each of [`Contract::dimensions`].
    pub dimensions: &'a [Word],
    /// A sum for each of [`Contract::measures`], then one for each slot of the [`Layout`].
    pub sums: &'a [i128],
}

/// What `F` is asked: everything but the tallies.
#[derive(Clone, Copy)]
pub struct Question<'a> {
    /// The contract.
    pub contract: &'a Contract,
    /// Where event-scope charges stand in a cell.
    pub layout: &'a Layout,
    /// Versions put later than this are not known.
    pub known_at: Instant,
    /// The period, for fixed fees.
    pub period: Period,
    /// The first day of the next period of the calendar; none where the contract ends with this one.
    pub next_on: Option<Date>,
    /// What the period before left, and the first day of that period.
    pub carried_in: &'a Carried,
    /// See `carried_in`; none for the first period.
    pub carried_from_on: Option<Date>,
    /// The book's rates of exchange, as far as they are in the log.
    pub rates: &'a [Rates],
    /// What a term of another contract charges in its period of the same days, in whole units.
    pub pooled: &'a dyn Fn(Pooled) -> i128,
    /// The asset of all lines and, without conversion, of all cells.
    pub asset: AssetId,
    /// Its minor digits.
    pub digits: u8,
    /// The operator, for the direction of a charge.
    pub operator: PartyId,
    /// The party that a word names. Cells hold only words that name one.
    pub party_of: &'a dyn Fn(Word) -> PartyId,
    /// The parties that a path names between its separators, in order. Cells hold only paths of known parties.
    pub touches_of: &'a dyn Fn(Word, &str) -> Vec<PartyId>,
    /// Compares two words as texts: numbers of words tell the order of arrival.
    pub in_order: &'a dyn Fn(Word, Word) -> std::cmp::Ordering,
}

/// What `F` answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Evaluated {
    /// Lines, ascending by key.
    pub lines: Vec<Line>,
    /// What the period leaves to the next; nothing that is zero.
    pub carried: Carried,
    /// Whether a rate was provisional or missing, so that a later publication may move lines.
    pub provisional: bool,
    /// Assets and days for which a fixing is missing on an open day.
    pub missing: BTreeSet<(AssetId, Date)>,
}

/// The lines of a period, ascending by key, and what it leaves to the next. Lines of nothing on nothing are left out.
///
/// # Errors
/// [`Overflow`] where an exact intermediate does not fit; the bounds on tallies and rates exclude it.
pub fn evaluate(question: &Question<'_>, cells: &[Cell<'_>]) -> Result<Evaluated, Overflow> {
    let conversions = Conversions::of_cells(question, cells)?;
    let mut evaluation = Evaluation {
        question,
        conversions: &conversions,
        lines: Vec::new(),
        documents: Documents::new(),
        chain: Chain::begin(question),
        by_volume: BTreeMap::new(),
    };
    let mut versions = Vec::new();
    for (version, tallies) in by_version(question, &conversions, cells) {
        versions.push(Governed::gather(question, version, tallies)?);
    }
    evaluation.lines.reserve(versions.iter().map(Governed::line_count).sum());
    for version in &versions {
        evaluation.fill_by_volume(version)?;
    }
    let mut taken: Vec<Taken> = versions.iter().map(|version| Taken::of(version.terms)).collect();
    for (which, position) in order_of(&versions) {
        evaluation.term_at(&versions[which], position, &mut taken[which])?;
    }
    evaluation.close(versions.into_iter().map(|version| version.tallies), cells.len())?;
    evaluation.document_taxes()?;
    let Evaluation { mut lines, chain, .. } = evaluation;
    // Lines are large: sorting sets aside as much memory again, which those that stand in order need not pay for.
    if !lines.is_sorted_by(|left, right| left.key <= right.key) {
        lines.sort_by(|left, right| left.key.cmp(&right.key));
    }
    let Conversions { provisional, missing, .. } = conversions;
    Ok(Evaluated { lines, carried: chain.end(question), provisional, missing })
}

/// Tallies of a version that room is made for at first: a contract without dimensions has one a day.
const ROOM_FIRST: usize = 32;

/// Tallies by the version that governs them, ascending by its rank, and every version whose fixed fees fall due in the
/// period.
fn by_version<'a>(
    question: &Question<'_>,
    conversions: &'a Conversions,
    cells: &'a [Cell<'a>],
) -> Vec<(u16, Vec<Tally<'a>>)> {
    let mut versions: BTreeMap<u16, Vec<Tally<'a>>> = BTreeMap::new();
    for (position, cell) in cells.iter().enumerate() {
        if let Some(version) = question.contract.version_of(cell.version_on, question.known_at) {
            let room = || Vec::with_capacity((cells.len() - position).min(ROOM_FIRST));
            versions.entry(version).or_insert_with(room).push(conversions.tally(position, cell));
        }
    }
    if let Some(first) = question.contract.version_of(question.period.first, question.known_at) {
        versions.entry(first).or_default();
    }
    let mut versions: Vec<(u16, Vec<Tally<'a>>)> = versions.into_iter().collect();
    versions.sort_by_key(|(version, _)| question.contract.versions[usize::from(*version)].rank());
    versions
}

/// Charges of one document by what makes them one tax invoice, and whether any of them is known at the end only.
type Documents = BTreeMap<(PartyId, PartyId, Rate, Rounding, bool), (i128, bool)>;

/// An evaluation as far as it has come.
struct Evaluation<'a> {
    question: &'a Question<'a>,
    conversions: &'a Conversions,
    lines: Vec<Line>,
    documents: Documents,
    chain: Chain,
    /// Bases of shares by volume, by group, until their lines are made.
    by_volume: BTreeMap<LineOf, Vec<Option<Based>>>,
}

/// One term for one combination of the words that keep its lines apart.
#[derive(Clone, Copy)]
struct Place<'e> {
    of: LineOf,
    term: &'e Term,
    groups: &'e Groups,
    group: usize,
    /// The tallies that were grouped.
    tallies: &'e [Tally<'e>],
}

/// How a line is named, and its rounding, resolved by direction.
struct Keyed {
    key: LineKey,
    rounding: Rounding,
}

impl Evaluation<'_> {
    /// The lines of the term at a position of a version.
    fn term_at(&mut self, version: &Governed<'_>, position: usize, taken: &mut Taken) -> Result<(), Overflow> {
        let term = &version.terms[position];
        if let TermKind::Fixed { amount, asset } = term.kind {
            return self.fixed(version.of(position), term, amount, asset);
        }
        let (Some(place), Some(grouping)) = (version.place(position), version.grouping_of[position]) else {
            return Ok(());
        };
        if let TermKind::Attribution { of, by, separator, model } = &term.kind {
            return self.attribute(place, (*of, *by), separator, *model);
        }
        let allocated = match Share::of(term).filter(|_| !self.by_volume.contains_key(&place.of)) {
            Some(share) => self.allocated(term, place.groups, share.deductions)?,
            None => Vec::new(),
        };
        for group in 0..place.groups.len() {
            let (place, from) = (Place { group, ..place }, self.lines.len());
            let earlier = taken.before(place, grouping);
            match &term.kind {
                _ if term.scope == Scope::Event => self.event_lines(place)?,
                TermKind::Division { of, parts, residue } => {
                    self.division(place, *of, parts, usize::from(*residue))?;
                }
                TermKind::Agents { of, by, agents } => self.agents(place, *of, *by, agents)?,
                _ => {
                    let Some(share) = Share::of(term) else { continue };
                    self.share(place, share, &allocated, earlier)?;
                }
            }
            taken.note(place, grouping, &self.lines[from..])?;
        }
        Ok(())
    }

    /// Lines of a term that was rounded and posted with its events.
    fn event_lines(&mut self, place: Place<'_>) -> Result<(), Overflow> {
        let Place { of, term, groups, group, .. } = place;
        let Some((measure, slots)) = term.measure().zip(slots_of(self.question, of)) else { return Ok(()) };
        let (base, first) = (self.sum(place, measure), self.question.contract.measures.len());
        for (part, (creditor, rate)) in term.event_parts().into_iter().enumerate() {
            let key = self.line_key(place, part, creditor).key;
            let tax = slots.tax(part).map_or(0, |slot| groups.sum(group, first + slot));
            let vat = term.vat.filter(|vat| vat.scope == VatScope::Event && tax != 0).map(|vat| {
                let working = Working::VatEvents { rate: vat.rate, issuer: vat.issuer };
                Line { key: LineKey { part: vat.part(), ..key.clone() }, amount: tax, working, at_end: false }
            });
            let amount = groups.sum(group, first + slots.charge(part));
            self.charge(key, amount, Working::Events { base, rate }, term)?;
            self.lines.extend(vat);
        }
        Ok(())
    }

    /// The lines of a measure divided among the touches of paths: one for each party and combination of the term's
    /// dimensions, over all paths. A path is divided by itself, so that its parts add up to its rounded total.
    fn attribute(
        &mut self,
        place: Place<'_>,
        (of, by): (u16, u8),
        separator: &str,
        model: Model,
    ) -> Result<(), Overflow> {
        let mut parts: BTreeMap<LineKey, (i128, Decimal, u64)> = BTreeMap::new();
        for group in 0..place.groups.len() {
            let place = Place { group, ..place };
            let base = self.sum(place, of);
            let path = (self.question.touches_of)(place.groups.word_at(group, by), separator);
            let (Some(last), false) = (path.last(), base.mantissa == 0) else { continue };
            let shares = model.shares(&path);
            let residue = shares.iter().position(|(party, _)| party == last).expect("the last touch has a share");
            let rounding = place.term.rounding.facing(*last != self.question.operator);
            let total = charge(base, self.question.digits, Rate::ONE, rounding)?;
            let rates: Vec<Rate> = shares.iter().map(|share| share.1).collect();
            let amounts = money::divide(total, &rates, residue, rounding)?;
            for ((party, _), amount) in shares.into_iter().zip(amounts) {
                let key = self.line_key(place, 0, Role::Party(party)).key;
                let part = parts.entry(key).or_insert((0, Decimal { mantissa: 0, scale: base.scale }, 0));
                add(&mut part.0, amount)?;
                add(&mut part.1.mantissa, base.mantissa)?;
                part.2 += 1;
            }
        }
        for (key, (amount, base, paths)) in parts {
            self.charge(key, amount, Working::Attributed { base, paths }, place.term)?;
        }
        Ok(())
    }

    fn division(&mut self, place: Place<'_>, of: u16, parts: &[(Role, Rate)], residue: usize) -> Result<(), Overflow> {
        let base = self.sum(place, of);
        let shares: Vec<Rate> = parts.iter().map(|part| part.1).collect();
        let rounding = self.line_key(place, residue, parts[residue].0).rounding;
        let total = charge(base, self.question.digits, Rate::ONE, rounding)?;
        let amounts = money::divide(total, &shares, residue, rounding)?;
        for (position, &(role, share)) in parts.iter().enumerate() {
            let others = (position == residue).then(|| {
                amounts.iter().enumerate().filter(|(other, _)| *other != residue).map(|(_, &amount)| amount).collect()
            });
            let key = self.line_key(place, position, role).key;
            let working = Working::Divided { base, total, share, others, rounding };
            self.charge(key, amounts[position], working, place.term)?;
        }
        Ok(())
    }

    /// The fixed fee of a period that begins while the version is in force.
    fn fixed(&mut self, of: LineOf, term: &Term, amount: i64, asset: AssetId) -> Result<(), Overflow> {
        let Question { contract, period, known_at, .. } = *self.question;
        let LineOf::Term { version, .. } = of else { return Ok(()) };
        if asset != self.question.asset || contract.version_of(period.first, known_at) != Some(version) {
            return Ok(());
        }
        let groups = Groups::alone();
        let place = Place { of, term, groups: &groups, group: 0, tallies: &[] };
        let key = self.line_key(place, 0, term.creditor).key;
        self.charge(key, i128::from(amount), Working::Fixed { period_on: period.first }, term)
    }

    /// Adds the line of a charge and its VAT where that is rounded by line; gathers what a document will round.
    fn charge(&mut self, key: LineKey, amount: i128, working: Working, term: &Term) -> Result<(), Overflow> {
        if amount == 0 && working.is_of_nothing() {
            return Ok(());
        }
        let at_end = term.is_known_at_end();
        let facing = |vat: Vat| vat.rounding.facing(key.creditor != self.question.operator);
        let mut tax = None;
        match term.vat {
            Some(vat) if vat.scope == VatScope::Line => {
                let Vat { rate, inclusive, issuer, .. } = vat;
                let rounding = facing(vat);
                let working = Working::Vat { base: amount, rate, inclusive, rounding, issuer };
                let key = LineKey { part: vat.part(), ..key.clone() };
                tax = Some(Line { key, amount: vat.tax(amount, rounding)?, working, at_end });
            }
            Some(vat) if vat.scope == VatScope::Document => {
                let self_billed = vat.issuer == Issuer::Debtor;
                let document = (key.debtor, key.creditor, vat.rate, facing(vat), self_billed);
                let (base, has_ends) = self.documents.entry(document).or_default();
                add(base, amount)?;
                *has_ends |= at_end;
            }
            _ => {}
        }
        self.lines.push(Line { key, amount, working, at_end });
        self.lines.extend(tax.filter(|tax| tax.amount != 0));
        Ok(())
    }

    fn document_taxes(&mut self) -> Result<(), Overflow> {
        for ((debtor, creditor, rate, rounding, self_billed), (base, at_end)) in std::mem::take(&mut self.documents) {
            let issuer = if self_billed { Issuer::Debtor } else { Issuer::Creditor };
            let amount = rate.apply(base, 0, rounding)?;
            if amount == 0 {
                continue;
            }
            let of = LineOf::Document { rate, rounding, self_billed };
            let key = LineKey { of, dimensions: Box::new([]), piece: 0, debtor, creditor, part: Part::Vat };
            let working = Working::Vat { base, rate, inclusive: false, rounding, issuer };
            self.lines.push(Line { key, amount, working, at_end });
        }
        Ok(())
    }

    fn line_key(&self, place: Place<'_>, piece: usize, creditor: Role) -> Keyed {
        let Place { of, term, groups, group, .. } = place;
        let piece = u16::try_from(piece).expect("the parts of a division are bounded");
        let dimensions = term.dimensions.iter().map(|&dimension| groups.word_at(group, dimension)).collect();
        let (debtor, creditor) = (self.party(term.debtor, groups, group), self.party(creditor, groups, group));
        let rounding = term.rounding.facing(creditor != self.question.operator);
        Keyed { key: LineKey { of, dimensions, piece, debtor, creditor, part: Part::Charge }, rounding }
    }

    /// The line of one level of a tree. Two agents below one make two lines for it, so the event's own agent stands
    /// behind the dimensions of the term where it is none of them.
    fn agent_key(&self, place: Place<'_>, by: u8, level: usize, agent: Agent) -> LineKey {
        let mut key = self.line_key(place, level, Role::Party(agent.party)).key;
        if !place.term.dimensions.contains(&by) {
            let words = key.dimensions.iter().copied().chain([place.groups.word_at(place.group, by)]);
            key.dimensions = words.collect();
        }
        key
    }

    /// The party that a role is in a group.
    fn party(&self, role: Role, groups: &Groups, group: usize) -> PartyId {
        match role {
            Role::Party(party) => party,
            Role::Dimension(dimension) => (self.question.party_of)(groups.word_at(group, dimension)),
        }
    }

    /// What is added to a measure in a place.
    fn sum(&self, place: Place<'_>, measure: u16) -> Decimal {
        self.decimal(measure, place.groups.sum(place.group, usize::from(measure)))
    }

    /// A sum of a measure with its scale.
    fn decimal(&self, measure: u16, sum: i128) -> Decimal {
        let measure = &self.question.contract.measures[usize::from(measure)];
        let grown = if measure.money { self.conversions.digits } else { 0 };
        Decimal { mantissa: sum, scale: measure.scale + grown }
    }

    /// A measure in a place and how it was converted, with nothing taken off yet.
    fn base(&self, place: Place<'_>, measure: u16) -> Result<LineBase, Overflow> {
        let tallies = place.groups.tallies(place.group).iter().map(|&at| place.tallies[at as usize]);
        let converted = self.conversions.records(self.question, usize::from(measure), tallies)?;
        Ok(LineBase { converted, ..LineBase::of(self.sum(place, measure)) })
    }
}

impl Place<'_> {
    /// The words that keep the lines of the term apart, in this place.
    fn words(&self) -> &[Word] {
        self.groups.words(self.group)
    }
}

/// Charges of a version so far, as rounded: what `rest` leaves out.
struct Taken {
    /// Whether any term of the version is on the rest.
    is_wanted: bool,
    /// By measure and grouping, then by group.
    charges: BTreeMap<(u16, usize), Vec<Vec<i128>>>,
}

impl Taken {
    fn of(terms: &[Term]) -> Self {
        Self { is_wanted: terms.iter().any(is_on_rest), charges: BTreeMap::new() }
    }

    /// What the terms listed before a term took of its measure, where it is on the rest.
    fn before(&self, place: Place<'_>, grouping: usize) -> Vec<i128> {
        let Some(measure) = place.term.measure().filter(|_| is_on_rest(place.term)) else { return Vec::new() };
        self.charges.get(&(measure, grouping)).map_or_else(Vec::new, |charges| charges[place.group].clone())
    }

    fn note(&mut self, place: Place<'_>, grouping: usize, lines: &[Line]) -> Result<(), Overflow> {
        let Some(measure) = place.term.measure().filter(|_| self.is_wanted) else { return Ok(()) };
        let mut charged = 0;
        for line in lines.iter().filter(|line| line.key.part == Part::Charge) {
            add(&mut charged, line.amount)?;
        }
        let none = || vec![Vec::new(); place.groups.len()];
        self.charges.entry((measure, grouping)).or_insert_with(none)[place.group].push(charged);
        Ok(())
    }
}

const fn is_on_rest(term: &Term) -> bool {
    matches!(term.kind, TermKind::Share { on: Base::Rest, .. })
}

/// A version in force in the period, with the tallies that it governs, grouped as its terms need them.
struct Governed<'a> {
    number: u16,
    terms: &'a [Term],
    tallies: Vec<Tally<'a>>,
    groups: Vec<Groups>,
    /// For each term its grouping; none for terms that look at the whole period.
    grouping_of: Vec<Option<usize>>,
}

impl<'a> Governed<'a> {
    fn gather(question: &Question<'a>, number: u16, tallies: Vec<Tally<'a>>) -> Result<Self, Overflow> {
        let terms = &question.contract.versions[usize::from(number)].terms;
        let (mut groupings, mut grouping_of) = (Vec::<Grouping>::new(), Vec::new());
        for (position, term) in terms.iter().enumerate() {
            let waits = matches!(term.kind, TermKind::Step { .. }) || term.closes().is_some();
            let columns = if waits { None } else { columns_of(question, number, position, term) };
            let Some(columns) = columns else {
                grouping_of.push(None);
                continue;
            };
            let positions = term.kept_apart_by();
            let known = groupings.iter().position(|grouping| grouping.positions == positions);
            let place = known.unwrap_or_else(|| {
                groupings.push(Grouping { positions, columns: Vec::new() });
                groupings.len() - 1
            });
            groupings[place].columns.extend(columns);
            grouping_of.push(Some(place));
        }
        let groups =
            groupings.into_iter().map(|grouping| Groups::gather(grouping, &tallies)).collect::<Result<_, _>>()?;
        Ok(Self { number, terms, tallies, groups, grouping_of })
    }

    /// What the lines of the term at a position are lines of.
    fn of(&self, position: usize) -> LineOf {
        let term = u16::try_from(position).expect("the terms of a contract are bounded");
        LineOf::Term { term, version: self.number }
    }

    /// The first place of the term at a position; none for terms that look at the whole period.
    fn place(&self, position: usize) -> Option<Place<'_>> {
        let groups = &self.groups[self.grouping_of[position]?];
        let (of, term) = (self.of(position), &self.terms[position]);
        Some(Place { of, term, groups, group: 0, tallies: &self.tallies })
    }

    /// How many lines its terms make at least, if each group makes one.
    fn line_count(&self) -> usize {
        self.grouping_of.iter().flatten().map(|&grouping| self.groups[grouping].len()).sum()
    }
}

/// Columns that a term sums by group; none for a term without a measure.
fn columns_of(question: &Question<'_>, version: u16, position: usize, term: &Term) -> Option<Vec<usize>> {
    let mut columns = vec![usize::from(term.measure()?)];
    columns.extend(term.other_measures().map(usize::from));
    let first = question.contract.measures.len();
    if let Some(slots) = question.layout.of(version, position) {
        columns.extend((0..slots.parts()).map(|part| first + slots.charge(part)));
        columns.extend((0..slots.parts()).filter_map(|part| slots.tax(part)).map(|slot| first + slot));
    }
    Some(columns)
}

/// Terms by version and position, in an order in which each finds what it looks at: what the same term left in the
/// version before, and what was listed before it. Where versions list terms alike it is also the order of the lines, so
/// that they need not be moved.
fn order_of(versions: &[Governed<'_>]) -> Vec<(usize, usize)> {
    let mut order = Vec::with_capacity(versions.iter().map(|version| version.terms.len()).sum());
    let mut positions = BTreeMap::new();
    let mut is_alike = true;
    for (which, version) in versions.iter().enumerate() {
        for (position, term) in version.terms.iter().enumerate() {
            is_alike &= *positions.entry(term.number).or_insert(position) == position;
            order.push((which, position));
        }
    }
    if is_alike {
        order.sort_by_key(|&(which, position)| (position, which));
    }
    order
}

fn slots_of(question: &Question<'_>, of: LineOf) -> Option<TermSlots> {
    let LineOf::Term { term, version } = of else { return None };
    question.layout.of(version, usize::from(term))
}

fn add(sum: &mut i128, more: i128) -> Result<(), Overflow> {
    *sum = sum.checked_add(more).ok_or(Overflow)?;
    Ok(())
}

/// `amount × rate` in whole units of an asset with `digits`.
///
/// # Errors
/// [`Overflow`] where the exact product does not fit.
pub fn charge(amount: Decimal, digits: u8, rate: Rate, rounding: Rounding) -> Result<i128, Overflow> {
    if amount.scale >= digits {
        return rate.apply(amount.mantissa, amount.scale - digits, rounding);
    }
    rate.apply(amount.units_at(digits).map_err(|_| Overflow)?, 0, rounding)
}

impl Working {
    /// Whether nothing went in: such a line says nothing.
    fn is_of_nothing(&self) -> bool {
        match self {
            Self::Events { base, .. } | Self::Divided { base, .. } => base.mantissa == 0,
            Self::Flat { base, .. } | Self::Volume { base, .. } | Self::Carried { base } | Self::Agent { base, .. } => {
                base.is_nothing()
            }
            Self::Graduated { from, to, .. } => from.mantissa == to.mantissa,
            _ => true,
        }
    }
}

impl Vat {
    /// On top of the charge, or inside it.
    #[must_use]
    pub const fn part(&self) -> Part {
        if self.inclusive { Part::VatIncluded } else { Part::Vat }
    }

    /// The VAT on, or inside, a charge in whole units.
    ///
    /// # Errors
    /// [`Overflow`] where the exact product does not fit.
    pub fn tax(&self, charge: i128, rounding: Rounding) -> Result<i128, Overflow> {
        if !self.inclusive {
            return self.rate.apply(charge, 0, rounding);
        }
        let whole = i128::from(self.rate.denominator()) + i128::from(self.rate.numerator());
        round_ratio(charge.checked_mul(i128::from(self.rate.numerator())).ok_or(Overflow)?, whole, rounding)
    }
}

impl Term {
    /// Positions of the dimensions that keep its lines apart: its own and those that name its parties or the agent of an
    /// event, ascending.
    #[must_use]
    pub fn kept_apart_by(&self) -> Vec<u8> {
        let mut positions = self.dimensions.clone();
        let mut roles = vec![self.debtor, self.creditor];
        match &self.kind {
            TermKind::Division { parts, .. } => roles.extend(parts.iter().map(|part| part.0)),
            TermKind::Agents { by, .. } | TermKind::Attribution { by, .. } => positions.push(*by),
            _ => {}
        }
        positions.extend(roles.into_iter().filter_map(|role| match role {
            Role::Dimension(dimension) => Some(dimension),
            Role::Party(_) => None,
        }));
        positions.sort_unstable();
        positions.dedup();
        positions
    }

    /// For whom an event's charge is, with the rate: several parties for a division, else the creditor.
    #[must_use]
    pub fn event_parts(&self) -> Vec<(Role, Rate)> {
        match &self.kind {
            TermKind::Division { parts, .. } => parts.clone(),
            TermKind::Share { tiers, .. } => vec![(self.creditor, tiers[0].rate)],
            TermKind::Fee { rate, .. } => vec![(self.creditor, *rate)],
            _ => Vec::new(),
        }
    }

    /// Measures that a share needs besides its own: what is deducted, the keys of it, what fills its tiers.
    fn other_measures(&self) -> impl Iterator<Item = u16> + '_ {
        let (deductions, accumulator) = match &self.kind {
            TermKind::Share { deductions, climb, .. } => (&deductions[..], climb.accumulator),
            _ => (&[][..], None),
        };
        let deducted = deductions.iter().flat_map(|deduction| match deduction.kind {
            DeductionKind::Measure(of) => [Some(of), None],
            DeductionKind::Rate { .. } => [None, None],
            DeductionKind::Allocated { of, key } => [Some(of), Some(key)],
        });
        deducted.flatten().chain(accumulator)
    }
}
