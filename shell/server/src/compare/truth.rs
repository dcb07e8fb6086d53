//! What each period comes to as an engine knows it at the end, term by term.
//!
//! Lines are added up where they belong: a restatement in the period that it restates. They are summed by position first and
//! named afterwards, so that the cost for a line is one look-up among the terms of its statement.

use crate::compare::TermName;
use calendar::Date;
use close::Statement;
use contract::{LineOf, Part};
use engine::{Book, Engine};
use std::collections::BTreeMap;

/// Contract, party, first day of the period, asset.
pub(crate) type Place = (String, String, String, String);

/// What each term comes to in each place, and the digits of the asset.
pub(crate) type Truth = BTreeMap<Place, (u8, BTreeMap<TermName, i128>)>;

/// The truth of the contracts that are given a name.
pub(crate) fn truth_of<'a>(engine: &'a Engine, name_of: impl Fn(&'a str) -> Option<&'a str>) -> Truth {
    let book: &'a Book = engine.book();
    let mut truth = Truth::new();
    let provisional = engine.provisional();
    for statement in engine.state().statements.iter().chain(&provisional) {
        if let Some(name) = name_of(&book.contracts[usize::from(statement.contract.0)].id) {
            add(&mut truth, book, name, statement);
        }
    }
    truth
}

fn add(truth: &mut Truth, book: &Book, contract: &str, statement: &Statement) {
    let mut sums: BTreeMap<(Date, LineOf, Part), i128> = BTreeMap::new();
    for line in &statement.lines {
        let first_on = line.adjusts_on.unwrap_or(statement.period.first);
        *sums.entry((first_on, line.key.of, line.key.part)).or_default() += line.amount;
    }
    let party = &book.parties[statement.party.0 as usize].id;
    let asset = &book.assets[usize::from(statement.asset.0)];
    for ((first_on, of, part), sum) in sums {
        let place = (contract.to_owned(), party.to_string(), first_on.to_string(), asset.name.to_string());
        let (_, terms) = truth.entry(place).or_insert_with(|| (asset.digits, BTreeMap::new()));
        *terms.entry(term_name(book, statement, of, part)).or_default() += sum;
    }
}

fn term_name(book: &Book, statement: &Statement, of: LineOf, part: Part) -> TermName {
    let (term, vat_rate) = match of {
        LineOf::Term { term, version } => {
            let versions = &book.contracts[usize::from(statement.contract.0)].versions;
            let term = &versions[usize::from(version)].terms[usize::from(term)];
            (Some(term.id.to_string()), term.vat.map(|vat| vat.rate))
        }
        LineOf::Document { rate, .. } => (None, Some(rate)),
        LineOf::Adjustment { .. } => (None, None),
    };
    let (part, vat_rate) = match part {
        Part::Charge => ("charge", None),
        Part::Vat => ("vat", vat_rate),
        Part::VatIncluded => ("vat_included", vat_rate),
    };
    TermName { term, part: part.to_owned(), vat_rate: vat_rate.map(|rate| rate.to_string()) }
}
