//! The short way: where two books add up the same sums, the tallies of one are the tallies of the other.
//!
//! Sound only where no event could be decided or charged otherwise: same sources, parties, measures, dimensions, days,
//! calendar and event-scope terms, contract by contract. Whatever else a contract says is `F`'s, and `F` needs tallies only.

use book::Loaded;
use calendar::Instant;
use contract::{Contract, Scope, Term};
use engine::Book;

/// Whether the tallies of one book are those of the other. Both read files alike.
pub(crate) fn are_shared(left: &Loaded, right: &Loaded) -> bool {
    let (one, two) = (&left.book, &right.book);
    let file = |loaded: &Loaded, path: &str| {
        let found = loaded.files.iter().find(|(own, _)| own == path);
        found.map(|(_, bytes)| bytes.clone())
    };
    one.operator == two.operator
        && file(left, "parties.toml") == file(right, "parties.toml")
        && one.contracts.len() == two.contracts.len()
        && one.contracts.iter().zip(&two.contracts).all(|(left, right)| adds_up_alike((one, left), (two, right)))
}

fn adds_up_alike((one, left): (&Book, &Contract), (two, right): (&Book, &Contract)) -> bool {
    let zone = |book: &Book, contract: &Contract| book.zones[usize::from(contract.zone.0)].clone();
    left.id == right.id
        && left.sources == right.sources
        && left.basis == right.basis
        && texts(&left.selects) == texts(&right.selects)
        && zone(one, left) == zone(two, right)
        && left.cut_off_s == right.cut_off_s
        && left.lag_days == right.lag_days
        && left.cycle == right.cycle
        && left.ends_on == right.ends_on
        && left.look_back_months == right.look_back_months
        && left.conversion.map(|own| (own.rates, own.to)) == right.conversion.map(|own| (own.rates, own.to))
        && left.conversion.is_none_or(|own| same_days(one, two, usize::from(own.rates.0)))
        && left.dimensions == right.dimensions
        && left.paths().eq(right.paths())
        && measures_of(left) == measures_of(right)
        && versions_charge_alike(left, right)
}

/// Whether rates of both books have the same events' days and the same days without a rate.
fn same_days(one: &Book, two: &Book, rates: usize) -> bool {
    format!("{:?}", one.rates.get(rates)) == format!("{:?}", two.rates.get(rates))
}

/// Conditions as they were written.
pub(crate) fn texts(expressions: &[Option<contract::expression::Expression>]) -> Vec<Option<&str>> {
    expressions.iter().map(|own| own.as_ref().map(|own| own.text())).collect()
}

/// What makes measures the same sums.
pub(crate) fn measures_of(contract: &Contract) -> Vec<String> {
    let measure = |measure: &contract::Measure| {
        let sums: Vec<&str> = measure.sums.iter().map(|sum| sum.text()).collect();
        let (money, scale, treatment) = (measure.money, measure.scale, measure.treatment);
        format!("{money} {scale} {treatment:?} {sums:?} {:?}", texts(&measure.filters))
    };
    contract.measures.iter().map(measure).collect()
}

/// Whether every event finds a version in one contract where it finds one in the other, and is charged the same with it.
fn versions_charge_alike(left: &Contract, right: &Contract) -> bool {
    let event_terms = |contract: &Contract| {
        let of_event = |term: &&Term| term.scope == Scope::Event;
        let versions = contract.versions.iter();
        let charged = versions.map(|version| {
            let terms: Vec<String> = version.terms.iter().filter(of_event).map(charged_by).collect();
            (version.valid_from, version.known_from, terms)
        });
        charged.collect::<Vec<_>>()
    };
    let (one, two) = (event_terms(left), event_terms(right));
    let has_none = |versions: &[(_, Instant, Vec<String>)]| {
        versions.iter().all(|(_, known_from, terms)| terms.is_empty() && *known_from <= Instant::BEGINNING)
    };
    let begins_alike = one.first().map(|version| version.0) == two.first().map(|version| version.0);
    one == two || (has_none(&one) && has_none(&two) && begins_alike)
}

fn charged_by(term: &Term) -> String {
    let Term { id, kind, debtor, creditor, dimensions, rounding, vat, .. } = term;
    format!("{id} {kind:?} {debtor:?} {creditor:?} {dimensions:?} {rounding:?} {vat:?}")
}
