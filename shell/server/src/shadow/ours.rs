//! Our side of the comparison: what each contract, party, period and asset comes to, in all and by term.

use crate::diff::{Statements, of_engine};
use crate::sandbox::VAT;
use crate::shadow::theirs::{Figures, Place};
use calendar::Date;
use engine::Engine;
use money::Decimal;
use std::collections::{BTreeMap, BTreeSet};

/// The name under which adjustments are compared.
const ADJUSTMENT: &str = "adjustment";

/// Amounts by term; the whole under the empty name.
type Terms = BTreeMap<String, i128>;

/// Our figures.
pub(crate) struct Ours {
    places: BTreeMap<Place, OfPlace>,
    digits: BTreeMap<String, u8>,
}

#[derive(Default)]
struct OfPlace {
    /// The period's own lines and all restatements of it, wherever they stand.
    truth: Terms,
    /// What stands on the period's statement, restatements of other periods too.
    stated: Terms,
    /// The period's own lines.
    own: Terms,
}

impl Ours {
    pub(crate) fn of(engine: &Engine) -> Self {
        Self::of_statements(&of_engine(engine), engine)
    }

    fn of_statements(statements: &Statements, engine: &Engine) -> Self {
        let mut places: BTreeMap<Place, OfPlace> = BTreeMap::new();
        for told in statements.values() {
            let place = |first_on: &str| Place {
                contract: told.contract.clone(),
                party: told.party.clone(),
                first_on: first_on.to_owned(),
                asset: told.asset.clone(),
            };
            for (name, amount) in told.lines.iter().filter(|(name, _)| name.part != "vat_included") {
                let term = match (&name.term, name.part.as_str()) {
                    (_, "vat") => VAT,
                    (Some(term), _) => term,
                    (None, _) => ADJUSTMENT,
                };
                let belongs = name.adjusts.as_ref().unwrap_or(&told.first_on);
                let add = |terms: &mut Terms| {
                    *terms.entry(term.to_owned()).or_default() += amount;
                    *terms.entry(String::new()).or_default() += amount;
                };
                add(&mut places.entry(place(belongs)).or_default().truth);
                let stands = places.entry(place(&told.first_on)).or_default();
                add(&mut stands.stated);
                if name.adjusts.is_none() {
                    add(&mut stands.own);
                }
            }
        }
        let assets = engine.book().assets.iter();
        Self { places, digits: assets.map(|asset| (asset.name.to_string(), asset.digits)).collect() }
    }

    /// The figures that the file does not have and that its contracts and periods ask for: statements of other parties,
    /// and terms where it has some for the place.
    pub(crate) fn asked_for(&self, theirs: &Figures) -> Vec<(Place, String)> {
        let spoken: BTreeSet<(&str, &str)> =
            theirs.keys().map(|(place, _)| (&*place.contract, &*place.first_on)).collect();
        let with_terms: BTreeSet<&Place> =
            theirs.keys().filter(|(_, term)| !term.is_empty()).map(|(own, _)| own).collect();
        let known: BTreeSet<&Place> = theirs.keys().map(|(place, _)| place).collect();
        let mut found = Vec::new();
        for (place, own) in &self.places {
            if !spoken.contains(&(&*place.contract, &*place.first_on)) {
                continue;
            }
            if with_terms.contains(place) {
                let terms = own.truth.keys().filter(|term| !term.is_empty());
                found.extend(terms.map(|term| (place.clone(), term.clone())));
            } else if !known.contains(place) {
                found.push((place.clone(), String::new()));
            }
        }
        found
    }

    /// What a place comes to by a term, or in all.
    pub(crate) fn truth(&self, place: &Place, term: &str) -> Option<Decimal> {
        self.figure(place, term, |own| &own.truth)
    }

    /// The same as it stands on the statement, and without any restatements.
    pub(crate) fn elsewhere(&self, place: &Place, term: &str) -> [Option<Decimal>; 2] {
        [self.figure(place, term, |own| &own.stated), self.figure(place, term, |own| &own.own)]
    }

    fn figure(&self, place: &Place, term: &str, of: impl Fn(&OfPlace) -> &Terms) -> Option<Decimal> {
        let mantissa = *of(self.places.get(place)?).get(term)?;
        Some(Decimal { mantissa, scale: self.digits(place) })
    }

    pub(crate) fn digits(&self, place: &Place) -> u8 {
        self.digits.get(&place.asset).copied().unwrap_or(0)
    }

    /// The name of a place's period.
    pub(crate) fn period_name(&self, engine: &Engine, place: &Place) -> String {
        let contract = engine.book().contracts.iter().find(|own| *own.id == *place.contract);
        match (contract, Date::parse(&place.first_on)) {
            (Some(contract), Some(day)) => contract.cycle.period_of(day).name(),
            _ => place.first_on.clone(),
        }
    }
}
