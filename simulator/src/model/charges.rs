//! What one event charges by itself, what it adds to a measure, and whose words and parties it names.
//!
//! Every figure is an exact fraction of whole units until the one place that rounds it.

use super::days::{entered, version_of};
use super::fraction::{Fraction, ten_to};
use super::line::{Key, Of};
use super::row::{Event, Rating};
use calendar::Instant;
use contract::{Base, Contract, Part, Role, Scope, Term, TermKind, Vat, VatScope};
use engine::Book;
use event::PartyId;
use money::{AssetId, Overflow, Rate};

/// The words by which a term's tallies are kept: of the dimensions that it lists and of those that name its parties.
pub(super) type Group = Vec<(u8, String)>;

/// The charges of one event under one term.
pub(super) struct EventCharge {
    pub(super) version: usize,
    pub(super) term: usize,
    pub(super) group: Group,
    /// The charge's lines and the VAT's, where that is rounded with the event.
    pub(super) lines: Vec<(Key, i128)>,
    /// What it was charged on.
    pub(super) base: Fraction,
    /// Sum of the charges, without VAT.
    pub(super) charged: i128,
}

/// The event-scope charges of one event on one measure, by the terms that are known when it is accepted.
pub(super) fn charges_of(
    book: &Book,
    event: &Event,
    rating: &Rating,
    measure: usize,
    known_at: Instant,
) -> Result<Vec<EventCharge>, Overflow> {
    let contract = &book.contracts[rating.contract];
    let (_, rated_on) = entered(contract.measures[measure].treatment, rating);
    let Some(value) = measured(contract, event, rating, measure)? else { return Ok(Vec::new()) };
    let Some(version) = version_of(contract, rated_on, known_at) else { return Ok(Vec::new()) };
    let value = units(book, event.asset, value);
    let (mut charges, mut taken) = (Vec::new(), 0);
    for (position, term) in contract.versions[version].terms.iter().enumerate() {
        if term.scope != Scope::Event || term.measure().map(usize::from) != Some(measure) {
            continue;
        }
        let creditors: Vec<PartyId> =
            creditors_of(term).iter().map(|role| party_of(book, contract, event, rating, *role)).collect();
        let amounts = event_amounts(book, term, value, taken, &creditors);
        let mut lines = Vec::new();
        for (piece, (creditor, amount)) in creditors.iter().zip(&amounts).enumerate() {
            let of = Of::Term { version, term: position };
            let dimensions = words_of(contract, event, rating, &term.dimensions);
            let debtor = party_of(book, contract, event, rating, term.debtor);
            let key = Key { of, dimensions, piece, debtor, creditor: *creditor, part: Part::Charge };
            if let Some(vat) = term.vat.as_ref().filter(|vat| vat.scope == VatScope::Event) {
                lines.push((key.vat(vat), vat_on(book, vat, &key, *amount)));
            }
            lines.push((key, *amount));
        }
        let charged = amounts.iter().sum();
        taken += charged;
        let group = group_of(contract, event, rating, term);
        charges.push(EventCharge { version, term: position, group, lines, base: value, charged });
    }
    Ok(charges)
}

/// The charges of an event-scope term on a measure in whole units, of which earlier terms took `taken`.
fn event_amounts(book: &Book, term: &Term, value: Fraction, taken: i128, creditors: &[PartyId]) -> Vec<i128> {
    let owed = creditors[0] != book.operator;
    match &term.kind {
        TermKind::Share { tiers, on, .. } => {
            assert!(tiers.len() == 1, "a share with brackets rounds by line");
            let base = if *on == Base::Rest { value.minus(Fraction::whole(taken)) } else { value };
            vec![base.times(Fraction::of_rate(tiers[0].rate)).rounded(term.rounding, owed)]
        }
        TermKind::Fee { rate, fixed, min, max, .. } => {
            // What is agreed in whole units is added to what the rate gives in whole units.
            let rated = value.magnitude().times(Fraction::of_rate(*rate)).rounded(term.rounding, owed);
            let mut magnitude = rated + i128::from(*fixed);
            magnitude = min.map_or(magnitude, |min| magnitude.max(i128::from(min)));
            magnitude = max.map_or(magnitude, |max| magnitude.min(i128::from(max)));
            vec![if value.sign() < 0 { -magnitude } else { magnitude }]
        }
        TermKind::Division { parts, residue, .. } => divided(book, term, value, parts, *residue, creditors),
        _ => panic!("no event of its own"),
    }
}

/// The parts of an exact total: it is rounded, each part is rounded, and the residue is what the other parts leave.
pub(super) fn divided(
    book: &Book,
    term: &Term,
    total: Fraction,
    parts: &[(Role, Rate)],
    residue: u16,
    creditors: &[PartyId],
) -> Vec<i128> {
    let owed = creditors[0] != book.operator;
    let total = total.rounded(term.rounding, owed);
    let part = |rate: &Rate| Fraction::whole(total).times(Fraction::of_rate(*rate)).rounded(term.rounding, owed);
    let mut amounts: Vec<i128> = parts.iter().map(|(_, rate)| part(rate)).collect();
    amounts[usize::from(residue)] = 0;
    amounts[usize::from(residue)] = total - amounts.iter().sum::<i128>();
    amounts
}

/// What an event adds to a measure in major units; nothing where the measure does not count it.
pub(super) fn measured(
    contract: &Contract,
    event: &Event,
    rating: &Rating,
    measure: usize,
) -> Result<Option<Fraction>, Overflow> {
    // Where it is converted by a cross of up to ten digits, less room is left.
    let bound: i128 = if contract.conversion.is_some() { 10_i128.pow(18) } else { 10_i128.pow(27) };
    let measure = &contract.measures[measure];
    if !event.meets(measure.filters[rating.position].as_ref())? {
        return Ok(None);
    }
    let sum = &measure.sums[rating.position];
    let value = event.number(sum)?;
    if value.abs() >= bound {
        return Err(Overflow);
    }
    Ok(Some(Fraction::scaled(value, sum.scale())))
}

/// Major units as whole units of the asset.
pub(super) fn units(book: &Book, asset: AssetId, value: Fraction) -> Fraction {
    value.times(Fraction::whole(ten_to(book.assets[usize::from(asset.0)].digits)))
}

/// The VAT on a charge, rounded as its term says.
pub(super) fn vat_on(book: &Book, vat: &Vat, key: &Key, base: i128) -> i128 {
    vat_exactly(vat.rate, vat.inclusive, base).rounded(vat.rounding, key.creditor != book.operator)
}

/// `base × rate`, or the part of the base that is VAT where it is inside.
pub(super) fn vat_exactly(rate: Rate, inclusive: bool, base: i128) -> Fraction {
    let (upper, lower) = (i128::from(rate.numerator()), i128::from(rate.denominator()));
    let part = if inclusive { Fraction::new(upper, lower + upper) } else { Fraction::new(upper, lower) };
    Fraction::whole(base).times(part)
}

/// A division names its creditors itself.
pub(super) fn creditors_of(term: &Term) -> Vec<Role> {
    match &term.kind {
        TermKind::Division { parts, .. } => parts.iter().map(|(role, _)| *role).collect(),
        _ => vec![term.creditor],
    }
}

/// The dimensions by which a term's tallies are kept, ascending.
pub(super) fn grouped_by(term: &Term) -> Vec<u8> {
    let mut dimensions = term.dimensions.clone();
    if let TermKind::Agents { by, .. } = &term.kind {
        dimensions.push(*by);
    }
    for role in creditors_of(term).into_iter().chain([term.debtor]) {
        if let Role::Dimension(dimension) = role {
            dimensions.push(dimension);
        }
    }
    dimensions.sort_unstable();
    dimensions.dedup();
    dimensions
}

pub(super) fn group_of(contract: &Contract, event: &Event, rating: &Rating, term: &Term) -> Group {
    let dimensions = grouped_by(term);
    let words = words_of(contract, event, rating, &dimensions);
    dimensions.into_iter().zip(words).collect()
}

pub(super) fn words_of(contract: &Contract, event: &Event, rating: &Rating, dimensions: &[u8]) -> Vec<String> {
    let word = |dimension: &u8| contract.dimensions[usize::from(*dimension)].refs[rating.position];
    dimensions.iter().map(|dimension| event.text(word(dimension)).to_owned()).collect()
}

pub(super) fn party_of(book: &Book, contract: &Contract, event: &Event, rating: &Rating, role: Role) -> PartyId {
    match role {
        Role::Party(party) => party,
        Role::Dimension(dimension) => {
            let word = contract.dimensions[usize::from(dimension)].refs[rating.position];
            book.party(event.text(word)).expect("an accepted event names parties of the book")
        }
    }
}
