//! What makes a difference, from the simplest on.

use crate::failure::Failure;
use crate::memory::{Case, Manner};
use crate::sandbox::{Amounts, Deltas, Sandbox, Spot};
use crate::shadow::Difference;
use crate::shadow::ours::Ours;
use crate::shadow::trace::{Traced, trace};
use calendar::Date;
use engine::{Book, Engine};
use event::PartyId;
use money::{AssetId, Decimal, power_of_ten};
use std::collections::{BTreeMap, BTreeSet};

/// The most events that are named for one difference.
const NAMED_MAX: usize = 3;

/// Why two figures differ.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Reason {
    /// Not more than so many units of the asset.
    Rounding,
    /// The same amount seen from the other side.
    Sign,
    /// They count restatements where they were posted, or not at all.
    Restated,
    /// The terms of the place differ by as much together.
    Terms,
    /// They do not count events that count here.
    Missing(Events),
    /// They count events that do not count here.
    Extra(Events),
}

/// Events that make a difference.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Events {
    /// What they have in common: `event` for one alone, `file`, `kind`, `source`, `day`, `dimension`, `late`, `code`.
    pub(crate) by: &'static str,
    /// Which; of several single events that would each do, the first.
    pub(crate) which: Vec<String>,
    /// How many would each do.
    pub(crate) candidates: usize,
}

/// Looks for a reason for each difference.
pub(crate) fn explain(
    differences: &mut [Difference],
    case: &Case,
    engine: &Engine,
    units: u32,
    manner: &Manner,
) -> Result<(), Failure> {
    let ours = Ours::of(engine);
    for difference in differences.iter_mut() {
        difference.reason = simple(difference, &ours, units);
    }
    explain_by_terms(differences);
    let book = engine.book();
    let mut spots: BTreeMap<Spot, Vec<usize>> = BTreeMap::new();
    for (position, difference) in differences.iter().enumerate().filter(|(_, own)| own.reason.is_none()) {
        if let Some((spot, _)) = spot_of(book, difference) {
            spots.entry(spot).or_default().push(position);
        }
    }
    if spots.is_empty() {
        return Ok(());
    }
    let traced = trace(case, &spots.keys().copied().collect(), manner)?;
    let mut sandbox = Sandbox::of(engine);
    for (spot, positions) in spots {
        if let Some(traced) = traced.get(&spot) {
            let mut open: Vec<&mut Difference> = differences
                .iter_mut()
                .enumerate()
                .filter(|(position, _)| positions.contains(position))
                .map(|(_, own)| own)
                .collect();
            Trial { spot, book, units, base: sandbox.amounts(spot) }.explain(&mut open, traced, &mut sandbox);
        }
    }
    explain_by_terms(differences);
    Ok(())
}

/// Contract, period and asset of a difference, and its party, where the book has them.
fn spot_of(book: &Book, difference: &Difference) -> Option<(Spot, PartyId)> {
    let place = &difference.place;
    let contract = book.contracts.iter().position(|own| *own.id == *place.contract)?;
    let asset = book.assets.iter().position(|own| *own.name == *place.asset)?;
    let spot = (u16::try_from(contract).ok()?, Date::parse(&place.first_on)?, AssetId(u16::try_from(asset).ok()?));
    Some((spot, book.party(&place.party)?))
}

/// Reasons that need no look at the events.
fn simple(difference: &Difference, ours: &Ours, units: u32) -> Option<Reason> {
    let Difference { place, term, theirs, ours: known, .. } = difference;
    if within(difference.difference, ours.digits(place), units) {
        return Some(Reason::Rounding);
    }
    let theirs = theirs.as_ref()?;
    let is = |other: Option<Decimal>| other.is_some_and(|other| equal(*theirs, other));
    if is(known.map(|known| Decimal { mantissa: -known.mantissa, scale: known.scale })) {
        return Some(Reason::Sign);
    }
    ours.elsewhere(place, term).into_iter().any(is).then_some(Reason::Restated)
}

/// Whether a difference is at most so many units of an asset.
fn within(difference: Decimal, digits: u8, units: u32) -> bool {
    let unit = power_of_ten(difference.scale.saturating_sub(digits)).unwrap_or(1);
    difference.mantissa.abs() <= i128::from(units) * unit
}

fn equal(left: Decimal, right: Decimal) -> bool {
    let scale = left.scale.max(right.scale);
    left.units_at(scale).ok() == right.units_at(scale).ok()
}

/// A whole differs by what its explained terms differ by.
fn explain_by_terms(differences: &mut [Difference]) {
    let mut sums: BTreeMap<_, (Decimal, bool)> = BTreeMap::new();
    for own in differences.iter().filter(|own| !own.term.is_empty()) {
        let nothing = (Decimal { mantissa: 0, scale: 0 }, true);
        let (sum, explained) = sums.entry(own.place.clone()).or_insert(nothing);
        let scale = sum.scale.max(own.difference.scale);
        let mantissa = sum.units_at(scale).unwrap_or(0) + own.difference.units_at(scale).unwrap_or(0);
        (*sum, *explained) = (Decimal { mantissa, scale }, *explained && own.reason.is_some());
    }
    for own in differences.iter_mut().filter(|own| own.term.is_empty() && own.reason.is_none()) {
        if sums.get(&own.place).is_some_and(|(sum, explained)| *explained && equal(*sum, own.difference)) {
            own.reason = Some(Reason::Terms);
        }
    }
}

/// The tries for one contract, period and asset.
struct Trial<'a> {
    spot: Spot,
    book: &'a Book,
    units: u32,
    base: Amounts,
}

impl Trial<'_> {
    /// Groups first: one cause for many events is likelier than an event that happens to fit.
    fn explain(&self, open: &mut [&mut Difference], traced: &Traced, sandbox: &mut Sandbox) {
        for ((by, which), deltas) in &traced.groups {
            let amounts = sandbox.tried(self.spot, deltas, -1);
            self.note(open, &amounts, || Reason::Missing(Events::group(by, which)));
        }
        for (code, deltas) in &traced.refused_groups {
            let amounts = sandbox.tried(self.spot, deltas, 1);
            self.note(open, &amounts, || Reason::Extra(Events::group("code", code)));
        }
        let grouped: BTreeSet<usize> = (0..open.len()).filter(|&at| open[at].reason.is_some()).collect();
        let mut left: Vec<&mut Difference> =
            open.iter_mut().enumerate().filter(|(at, _)| !grouped.contains(at)).map(|(_, own)| &mut **own).collect();
        self.try_each(&mut left, &traced.refused, 1, sandbox, Reason::Extra);
        left.retain(|own| own.reason.is_none());
        self.try_each(&mut left, &traced.counted, -1, sandbox, Reason::Missing);
    }

    /// Gives every open difference that some amounts make its reason.
    fn note(&self, open: &mut [&mut Difference], amounts: &Amounts, reason: impl Fn() -> Reason) {
        for difference in open.iter_mut().filter(|own| own.reason.is_none()) {
            if self.makes(difference, amounts) {
                difference.reason = Some(reason());
            }
        }
    }

    fn try_each(
        &self,
        open: &mut [&mut Difference],
        events: &[(String, Deltas)],
        sign: i128,
        sandbox: &mut Sandbox,
        reason: impl Fn(Events) -> Reason,
    ) {
        if open.is_empty() {
            return;
        }
        let mut fitting: Vec<Events> =
            open.iter().map(|_| Events { by: "event", which: Vec::new(), candidates: 0 }).collect();
        for (id, deltas) in events {
            let amounts = sandbox.tried(self.spot, deltas, sign);
            for (difference, fits) in open.iter().zip(&mut fitting) {
                if self.makes(difference, &amounts) {
                    fits.candidates += 1;
                    if fits.which.len() < NAMED_MAX {
                        fits.which.push(id.clone());
                    }
                }
            }
        }
        for (difference, fits) in open.iter_mut().zip(fitting) {
            if fits.candidates > 0 {
                difference.reason = Some(reason(fits));
            }
        }
    }

    /// Whether amounts differ from ours by what the difference says, to the units of rounding.
    fn makes(&self, difference: &Difference, amounts: &Amounts) -> bool {
        let Some((_, party)) = spot_of(self.book, difference) else { return false };
        let sum = |amounts: &Amounts| -> i128 {
            let of_party = amounts
                .iter()
                .filter(|((own, term), _)| *own == party && (difference.term.is_empty() || *term == difference.term));
            of_party.map(|(_, amount)| amount).sum()
        };
        let moved = sum(amounts) - sum(&self.base);
        let digits = self.book.assets[usize::from(self.spot.2.0)].digits;
        let scale = difference.difference.scale;
        let moved_at = Decimal { mantissa: moved, scale: digits }.units_at(scale).unwrap_or(i128::MAX);
        let left = Decimal { mantissa: difference.difference.mantissa.saturating_sub(moved_at), scale };
        moved != 0 && within(left, digits, self.units)
    }
}

impl Events {
    fn group(by: &'static str, which: &str) -> Self {
        let which = if which.is_empty() { Vec::new() } else { vec![which.to_owned()] };
        Self { by, which, candidates: 1 }
    }
}
