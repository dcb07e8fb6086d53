//! `F`: tallies of one contract, period and asset → statement lines.
//!
//! Exact and independent of the order in which events arrived: its input is sums by commercial day. Shape: cells are
//! grouped by version, then by the dimensions of each term; terms are taken in the listed order, so that `rest` finds
//! what earlier terms took; brackets fill version after version, which is in order of days because the versions of a
//! contract govern consecutive days. Cost: cells × terms, plus lines × log lines.

use crate::layout::Layout;
use crate::line::{Base as LineBase, Carried, Line, LineKey, LineOf, Part, Working};
use crate::rates::Rates;
use crate::terms::{Base, Contract, Issuer, Pooled, Role, Scope, Term, TermKind, Tier, Vat, VatScope};
use calendar::{Date, Instant, Period};
use event::{PartyId, Word};
use money::{AssetId, Decimal, Overflow, Rate, Rounding, power_of_ten, round_ratio};
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

/// Sums of one term for one combination of its dimensions.
#[derive(Default)]
struct Group {
    measure: i128,
    charges: Vec<i128>,
    taxes: Vec<i128>,
}

/// Charges of one document by what makes them one tax invoice.
type Documents = BTreeMap<(PartyId, PartyId, Rate, Rounding, bool), i128>;

/// Words of a term's own and role dimensions, by position in the contract: what its lines are kept apart by.
type GroupKey = Vec<Word>;

/// The lines of a period, ascending by key. Lines of nothing on nothing are left out.
///
/// # Errors
/// [`Overflow`] where an exact intermediate does not fit; the bounds on tallies and rates exclude it.
pub fn evaluate(question: &Question<'_>, cells: &[Cell<'_>]) -> Result<Evaluated, Overflow> {
    let mut evaluation =
        Evaluation { question, lines: Vec::new(), documents: Documents::new(), filled: BTreeMap::new() };
    for (version, of_version) in by_version(question, cells) {
        evaluation.version(version, &of_version)?;
    }
    evaluation.document_taxes()?;
    let mut lines = evaluation.lines;
    lines.sort_by(|left, right| left.key.cmp(&right.key));
    Ok(Evaluated { lines, ..Evaluated::default() })
}

/// Cells by the version that governs them, and every version whose fixed fees fall due in the period.
fn by_version<'a>(question: &Question<'_>, cells: &[Cell<'a>]) -> BTreeMap<u16, Vec<Cell<'a>>> {
    let mut versions: BTreeMap<u16, Vec<Cell<'a>>> = BTreeMap::new();
    for cell in cells {
        if let Some(version) = question.contract.version_of(cell.version_on, question.known_at) {
            versions.entry(version).or_default().push(*cell);
        }
    }
    if let Some(first) = question.contract.version_of(question.period.first, question.known_at) {
        versions.entry(first).or_default();
    }
    versions
}

struct Evaluation<'a> {
    question: &'a Question<'a>,
    lines: Vec<Line>,
    documents: Documents,
    /// How far the brackets of a term (by id) have filled for a combination of its dimensions.
    filled: BTreeMap<(&'a str, GroupKey), i128>,
}

impl<'a> Evaluation<'a> {
    fn version(&mut self, version: u16, cells: &[Cell<'_>]) -> Result<(), Overflow> {
        let contract = self.question.contract;
        // Charges of this version so far, by measure and dimensions: what `rest` leaves out.
        let mut taken: BTreeMap<(u16, GroupKey), Vec<i128>> = BTreeMap::new();
        for (position, term) in contract.versions[version as usize].terms.iter().enumerate() {
            let of = LineOf::Term { term: u16::try_from(position).map_err(|_| Overflow)?, version };
            if let TermKind::Fixed { amount, asset } = term.kind {
                self.fixed(of, term, version, amount, asset)?;
                continue;
            }
            for (key, group) in self.groups(term, version, position, cells)? {
                let from = self.lines.len();
                self.term(of, term, &key, &group, &taken)?;
                let charged = self.lines[from..].iter().filter(|line| line.key.part == Part::Charge);
                let sum = charged.map(|line| line.amount).sum();
                if let Some(measure) = term.measure() {
                    taken.entry((measure, key)).or_default().push(sum);
                }
            }
        }
        Ok(())
    }

    /// Sums of a term by the words that keep its lines apart, in the order of those words.
    fn groups(
        &self,
        term: &Term,
        version: u16,
        position: usize,
        cells: &[Cell<'_>],
    ) -> Result<BTreeMap<GroupKey, Group>, Overflow> {
        let measures = self.question.contract.measures.len();
        let slots = self.question.layout.of(version, position);
        let positions = term.kept_apart_by();
        let mut groups: BTreeMap<GroupKey, Group> = BTreeMap::new();
        for cell in cells {
            let key = positions.iter().map(|&dimension| cell.dimensions[dimension as usize]).collect();
            let group = groups.entry(key).or_default();
            let sum = term.measure().map_or(0, |measure| cell.sums[measure as usize]);
            group.measure = group.measure.checked_add(sum).ok_or(Overflow)?;
            let Some(slots) = slots else { continue };
            group.charges.resize(slots.parts(), 0);
            group.taxes.resize(slots.parts(), 0);
            for part in 0..slots.parts() {
                add(&mut group.charges[part], cell.sums[measures + slots.charge(part)])?;
                if let Some(tax) = slots.tax(part) {
                    add(&mut group.taxes[part], cell.sums[measures + tax])?;
                }
            }
        }
        Ok(groups)
    }

    fn term(
        &mut self,
        of: LineOf,
        term: &'a Term,
        key: &GroupKey,
        group: &Group,
        taken: &BTreeMap<(u16, GroupKey), Vec<i128>>,
    ) -> Result<(), Overflow> {
        if term.scope == Scope::Event {
            return self.event_lines(of, term, key, group);
        }
        match &term.kind {
            TermKind::Share { of: measure, tiers, on, .. } => {
                let line = self.line_key(of, term, key, (0, term.creditor));
                let none = Vec::new();
                let earlier = match on {
                    Base::Gross => &none,
                    Base::Rest => taken.get(&(*measure, key.clone())).unwrap_or(&none),
                };
                let measure = self.decimal(*measure, group.measure);
                let base = LineBase { taken: earlier.clone(), ..LineBase::of(measure) };
                let (amount, working) = self.share(term, line.rounding, tiers, base, key)?;
                self.charge(line.key, amount, working, term.vat)
            }
            TermKind::Division { of: measure, parts, residue } => {
                let base = self.decimal(*measure, group.measure);
                self.division(of, term, key, base, parts, usize::from(*residue))
            }
            _ => Ok(()),
        }
    }

    /// Lines of a term that was rounded and posted with its events.
    fn event_lines(&mut self, of: LineOf, term: &Term, key: &GroupKey, group: &Group) -> Result<(), Overflow> {
        let Some(measure) = term.measure() else { return Ok(()) };
        let base = self.decimal(measure, group.measure);
        for (part, (creditor, rate)) in term.event_parts().into_iter().enumerate() {
            let Some(&amount) = group.charges.get(part) else { continue };
            let line = self.line_key(of, term, key, (part, creditor));
            if let Some(vat) = term.vat.filter(|vat| vat.scope == VatScope::Event && group.taxes[part] != 0) {
                let key = LineKey { part: vat.part(), ..line.key.clone() };
                let working = Working::VatEvents { rate: vat.rate, issuer: vat.issuer };
                self.lines.push(Line { key, amount: group.taxes[part], working, at_end: false });
            }
            self.charge(line.key, amount, Working::Events { base, rate }, term.vat)?;
        }
        Ok(())
    }

    fn share(
        &mut self,
        term: &'a Term,
        rounding: Rounding,
        tiers: &[Tier],
        base: LineBase,
        key: &GroupKey,
    ) -> Result<(i128, Working), Overflow> {
        let units = self.question.digits;
        let left = rest(&base, units)?;
        if let [tier] = tiers {
            let amount = charge(left, units, tier.rate, rounding)?;
            return Ok((amount, Working::Flat { base, rate: tier.rate, rounding }));
        }
        let scale = base.measure.scale;
        let left = Decimal {
            mantissa: left.units_at(scale.max(left.scale)).map_err(|_| Overflow)?,
            scale: scale.max(left.scale),
        };
        let filled = self.filled.entry((&term.id, key.clone())).or_default();
        let from = Decimal { mantissa: *filled, scale: left.scale };
        let to = Decimal { mantissa: filled.checked_add(left.mantissa).ok_or(Overflow)?, scale: left.scale };
        *filled = to.mantissa;
        let parts = brackets(tiers, base.measure.scale, from, to)?;
        let amount = sum_of_parts(&parts, units, rounding)?;
        Ok((amount, Working::Graduated { base, from, to, parts, rounding }))
    }

    fn division(
        &mut self,
        of: LineOf,
        term: &Term,
        key: &GroupKey,
        base: Decimal,
        parts: &[(Role, Rate)],
        residue: usize,
    ) -> Result<(), Overflow> {
        let shares: Vec<Rate> = parts.iter().map(|part| part.1).collect();
        let whole = self.line_key(of, term, key, (residue, parts[residue].0));
        let total = charge(base, self.question.digits, Rate::ONE, whole.rounding)?;
        let amounts = money::divide(total, &shares, residue, whole.rounding)?;
        for (position, &(role, share)) in parts.iter().enumerate() {
            let others = (position == residue).then(|| {
                amounts.iter().enumerate().filter(|(other, _)| *other != residue).map(|(_, &amount)| amount).collect()
            });
            let line = self.line_key(of, term, key, (position, role));
            let working = Working::Divided { base, total, share, others, rounding: whole.rounding };
            self.charge(line.key, amounts[position], working, term.vat)?;
        }
        Ok(())
    }

    fn fixed(&mut self, of: LineOf, term: &Term, version: u16, amount: i64, asset: AssetId) -> Result<(), Overflow> {
        let Question { contract, period, known_at, .. } = *self.question;
        if asset != self.question.asset || contract.version_of(period.first, known_at) != Some(version) {
            return Ok(());
        }
        let line = self.line_key(of, term, &Vec::new(), (0, term.creditor));
        self.charge(line.key, i128::from(amount), Working::Fixed { period_on: period.first }, term.vat)
    }

    /// Adds the line of a charge and its VAT where that is rounded by line; gathers what a document will round.
    fn charge(&mut self, key: LineKey, amount: i128, working: Working, vat: Option<Vat>) -> Result<(), Overflow> {
        if amount == 0 && working.is_of_nothing() {
            return Ok(());
        }
        let facing = |vat: &Vat| vat.rounding.facing(key.creditor != self.question.operator);
        match vat {
            Some(vat) if vat.scope == VatScope::Line => {
                let (rounding, key) = (facing(&vat), LineKey { part: vat.part(), ..key.clone() });
                let tax = vat.tax(amount, rounding)?;
                let Vat { rate, inclusive, issuer, .. } = vat;
                if tax != 0 {
                    let working = Working::Vat { base: amount, rate, inclusive, rounding, issuer };
                    self.lines.push(Line { key, amount: tax, working, at_end: false });
                }
            }
            Some(vat) if vat.scope == VatScope::Document => {
                let self_billed = vat.issuer == Issuer::Debtor;
                let document = (key.debtor, key.creditor, vat.rate, facing(&vat), self_billed);
                add(self.documents.entry(document).or_default(), amount)?;
            }
            _ => {}
        }
        self.lines.push(Line { key, amount, working, at_end: false });
        Ok(())
    }

    fn document_taxes(&mut self) -> Result<(), Overflow> {
        for ((debtor, creditor, rate, rounding, self_billed), base) in std::mem::take(&mut self.documents) {
            let issuer = if self_billed { Issuer::Debtor } else { Issuer::Creditor };
            let amount = rate.apply(base, 0, rounding)?;
            if amount == 0 {
                continue;
            }
            let of = LineOf::Document { rate, rounding, self_billed };
            let key = LineKey { of, dimensions: Box::new([]), piece: 0, debtor, creditor, part: Part::Vat };
            self.lines.push(Line {
                key,
                amount,
                working: Working::Vat { base, rate, inclusive: false, rounding, issuer },
                at_end: false,
            });
        }
        Ok(())
    }

    fn line_key(&self, of: LineOf, term: &Term, key: &GroupKey, (piece, creditor): (usize, Role)) -> Keyed {
        let piece = u16::try_from(piece).expect("the parts of a division are bounded");
        let positions = term.kept_apart_by();
        let word_at = |dimension: u8| {
            let at = positions
                .iter()
                .position(|&own| own == dimension)
                .expect("a term is kept apart by its dimensions and roles");
            key[at]
        };
        let party = |role: Role| match role {
            Role::Party(party) => party,
            Role::Dimension(dimension) => (self.question.party_of)(word_at(dimension)),
        };
        let dimensions = term.dimensions.iter().map(|&dimension| word_at(dimension)).collect();
        let (debtor, creditor) = (party(term.debtor), party(creditor));
        let rounding = term.rounding.facing(creditor != self.question.operator);
        Keyed { key: LineKey { of, dimensions, piece, debtor, creditor, part: Part::Charge }, rounding }
    }

    fn decimal(&self, measure: u16, sum: i128) -> Decimal {
        Decimal { mantissa: sum, scale: self.question.contract.measures[measure as usize].scale }
    }
}

struct Keyed {
    key: LineKey,
    rounding: Rounding,
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

/// What earlier charges (whole units at `digits`) leave of a measure.
fn rest(base: &LineBase, digits: u8) -> Result<Decimal, Overflow> {
    let scale = base.measure.scale.max(digits);
    let mut left = base.measure.units_at(scale).map_err(|_| Overflow)?;
    for &taken in &base.taken {
        let units = Decimal { mantissa: taken, scale: digits }.units_at(scale).map_err(|_| Overflow)?;
        left = left.checked_sub(units).ok_or(Overflow)?;
    }
    Ok(Decimal { mantissa: left, scale })
}

/// What falls into each bracket on the way from one running sum to another; below zero belongs to the first bracket.
/// `scale` is the one at which the tiers' bounds stand.
fn brackets(tiers: &[Tier], scale: u8, from: Decimal, to: Decimal) -> Result<Vec<(Decimal, Rate)>, Overflow> {
    let factor = power_of_ten(to.scale - scale).ok_or(Overflow)?;
    let (low, high, sign) =
        if from.mantissa <= to.mantissa { (from.mantissa, to.mantissa, 1) } else { (to.mantissa, from.mantissa, -1) };
    let mut parts = Vec::new();
    let mut lower = i128::MIN;
    for tier in tiers {
        let upper = match tier.up_to {
            Some(bound) => bound.checked_mul(factor).ok_or(Overflow)?,
            None => i128::MAX,
        };
        let (begin, end) = (low.max(lower), high.min(upper));
        if end > begin {
            parts.push((Decimal { mantissa: sign * (end - begin), scale: to.scale }, tier.rate));
        }
        lower = upper;
    }
    Ok(parts)
}

/// `round(Σ part × rate)` over one denominator: one rounding for all.
fn sum_of_parts(parts: &[(Decimal, Rate)], digits: u8, rounding: Rounding) -> Result<i128, Overflow> {
    let mut denominator = 1_i128;
    for (_, rate) in parts {
        denominator = smallest_multiple(denominator, i128::from(rate.denominator()))?;
    }
    let mut numerator = 0_i128;
    let mut scale = digits;
    for (amount, rate) in parts {
        scale = scale.max(amount.scale);
        let weight = i128::from(rate.numerator()) * (denominator / i128::from(rate.denominator()));
        let units = amount.units_at(scale).map_err(|_| Overflow)?;
        add(&mut numerator, units.checked_mul(weight).ok_or(Overflow)?)?;
    }
    let power = power_of_ten(scale - digits).ok_or(Overflow)?;
    round_ratio(numerator, denominator.checked_mul(power).ok_or(Overflow)?, rounding)
}

fn smallest_multiple(left: i128, right: i128) -> Result<i128, Overflow> {
    let (mut divisor, mut rest) = (left, right);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    (left / divisor).checked_mul(right).ok_or(Overflow)
}

impl Working {
    /// Whether nothing went in: such a line says nothing.
    fn is_of_nothing(&self) -> bool {
        match self {
            Self::Events { base, .. } | Self::Divided { base, .. } => base.mantissa == 0,
            Self::Flat { base, .. } => base.measure.mantissa == 0 && base.taken.iter().all(|&taken| taken == 0),
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
    /// Positions of the dimensions that keep its lines apart: its own and those that name its parties, ascending.
    #[must_use]
    pub fn kept_apart_by(&self) -> Vec<u8> {
        let mut positions = self.dimensions.clone();
        let mut roles = vec![self.debtor, self.creditor];
        if let TermKind::Division { parts, .. } = &self.kind {
            roles.extend(parts.iter().map(|part| part.0));
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
}
