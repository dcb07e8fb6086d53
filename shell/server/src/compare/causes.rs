//! Which differences between two books can move a term: told from what the books say, not from the figures.
//!
//! A term moves because it says something else, came or went; because a version, a measure that it uses, or its contract as
//! a whole does; because sources, rates or parties do. A term of which nothing of this is true follows others: what it takes
//! the rest of, closes, carries or taxes.

use crate::compare::TermName;
use book::Changed;
use contract::{Contract, DeductionKind, Term, TermKind};
use engine::Book;
use std::collections::{BTreeMap, BTreeSet};

/// Why a term comes to something else.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Cause {
    /// `term_changed`, `term_added`, `term_removed`, `version_added`, `version_removed`, `contract_added`,
    /// `contract_removed`, `contract`, `measure`, `source`, `rate`, `party`, `book` or `follows`.
    pub(crate) name: &'static str,
    /// Positions in the list of changes.
    pub(crate) changes: Vec<usize>,
    /// For `follows`: ids of the terms that moved by themselves, with their contract where it is another one.
    pub(crate) terms: Vec<String>,
}

/// The differences of two books by what they can move.
pub(crate) struct Causes<'a> {
    books: [&'a Book; 2],
    /// By contract.
    by_contract: BTreeMap<&'a str, OfContract<'a>>,
    /// `source`, `rate`, `party`, `book`.
    elsewhere: BTreeMap<&'static str, Vec<usize>>,
}

#[derive(Default)]
struct OfContract<'a> {
    /// Cause by its name, and its changes.
    whole: BTreeMap<&'static str, Vec<usize>>,
    terms: BTreeMap<&'a str, BTreeMap<&'static str, Vec<usize>>>,
    measures: BTreeMap<&'a str, Vec<usize>>,
}

impl<'a> Causes<'a> {
    pub(crate) fn new(changes: &'a [Changed], left: &'a Book, right: &'a Book) -> Self {
        let mut causes = Self { books: [left, right], by_contract: BTreeMap::new(), elsewhere: BTreeMap::new() };
        for (position, changed) in changes.iter().enumerate() {
            match (changed.folder.as_str(), changed.subject.as_str()) {
                ("contracts", id) => causes.contract(position, changed, id),
                ("sources", _) => causes.elsewhere.entry("source").or_default().push(position),
                ("rates", _) => causes.elsewhere.entry("rate").or_default().push(position),
                ("", "parties.toml") => causes.elsewhere.entry("party").or_default().push(position),
                // What a book is called moves nothing.
                ("", _) if ["id", "name"].contains(&changed.path.last().map_or("", String::as_str)) => {}
                _ => causes.elsewhere.entry("book").or_default().push(position),
            }
        }
        causes
    }

    fn contract(&mut self, position: usize, changed: &'a Changed, id: &'a str) {
        let [in_left, in_right] = self.books.map(|book| contract_of(book, id));
        let own = self.by_contract.entry(id).or_default();
        let whole = match (in_left, in_right) {
            (None, _) => Some("contract_added"),
            (_, None) => Some("contract_removed"),
            _ => None,
        };
        if let Some(name) = whole {
            return own.whole.entry(name).or_default().push(position);
        }
        let path: Vec<&str> = changed.path.iter().map(String::as_str).collect();
        let version = path.first().and_then(|first| first.strip_prefix("version "));
        let has_version = |contract: Option<&Contract>| {
            contract.is_some_and(|own| own.versions.iter().any(|known| Some(&*known.valid_from.to_string()) == version))
        };
        match (version, path.get(1..).unwrap_or_default()) {
            (Some(_), _) if !has_version(in_left) => own.whole.entry("version_added").or_default().push(position),
            (Some(_), _) if !has_version(in_right) => own.whole.entry("version_removed").or_default().push(position),
            (Some(version), [first, ..]) if first.starts_with("term ") => {
                let term = &first["term ".len()..];
                let name = match [in_left, in_right].map(|contract| has_term(contract, version, term)) {
                    [false, _] => "term_added",
                    [_, false] => "term_removed",
                    _ => "term_changed",
                };
                own.terms.entry(term).or_default().entry(name).or_default().push(position);
            }
            (Some(_), ["measures", measure, ..]) => own.measures.entry(measure).or_default().push(position),
            _ => own.whole.entry("contract").or_default().push(position),
        }
    }

    /// What can have moved a term of a contract.
    pub(crate) fn of(&self, contract: &str, name: &TermName) -> Vec<Cause> {
        let none = OfContract::default();
        let own = self.by_contract.get(contract).unwrap_or(&none);
        let mut found: BTreeMap<&'static str, Vec<usize>> = own.whole.clone();
        if let Some(term) = &name.term {
            found.extend(
                own.terms.get(term.as_str()).into_iter().flatten().map(|(name, changes)| (*name, changes.clone())),
            );
            let used = self.measures_of(contract, term);
            let measures = own.measures.iter().filter(|(measure, _)| used.contains(**measure));
            let changes: Vec<usize> = measures.flat_map(|(_, changes)| changes.clone()).collect();
            if !changes.is_empty() {
                found.insert("measure", changes);
            }
        }
        found.extend(self.elsewhere.iter().map(|(name, changes)| (*name, changes.clone())));
        let mut causes: Vec<Cause> =
            found.into_iter().map(|(name, changes)| Cause { name, changes, terms: Vec::new() }).collect();
        let is_own = |cause: &Cause| cause.name.starts_with("term_") || cause.name == "measure";
        if !causes.iter().any(is_own) {
            let terms = self.moved(contract, name.term.as_deref());
            if !terms.is_empty() || causes.is_empty() {
                causes.push(Cause { name: "follows", changes: Vec::new(), terms });
            }
        }
        causes
    }

    /// Other terms that say something else: of the contract itself, or where it has none, of all others.
    fn moved(&self, contract: &str, term: Option<&str>) -> Vec<String> {
        let moved = |own: &OfContract<'_>| {
            let terms = own.terms.keys().filter(|own| Some(**own) != term);
            let terms = terms.map(|own| (*own).to_owned());
            terms.chain(own.measures.keys().map(|measure| format!("measure {measure}"))).collect::<Vec<_>>()
        };
        let own = self.by_contract.get(contract).map(&moved).unwrap_or_default();
        if !own.is_empty() {
            return own;
        }
        let others = self.by_contract.iter().filter(|(id, _)| **id != contract);
        others.flat_map(|(id, of)| moved(of).into_iter().map(move |term| format!("{id}/{term}"))).collect()
    }

    /// Names of the measures that a term uses in either book.
    fn measures_of(&self, contract: &str, term: &str) -> BTreeSet<&'a str> {
        let mut names = BTreeSet::new();
        for book in self.books {
            let Some(contract) = contract_of(book, contract) else { continue };
            let terms = contract.versions.iter().flat_map(|version| &version.terms);
            for own in terms.filter(|own| &*own.id == term) {
                let measures = measures_used(own).into_iter();
                names.extend(measures.map(|measure| listed_name(&contract.measures[usize::from(measure)].name)));
            }
        }
        names
    }
}

fn contract_of<'b>(book: &'b Book, id: &str) -> Option<&'b Contract> {
    book.contracts.iter().find(|own| &*own.id == id)
}

fn has_term(contract: Option<&Contract>, version: &str, term: &str) -> bool {
    let versions = contract.into_iter().flat_map(|contract| &contract.versions);
    let mut terms = versions.filter(|own| own.valid_from.to_string() == version).flat_map(|version| &version.terms);
    terms.any(|own| &*own.id == term)
}

/// The name by which the contract lists a measure: `sales` for `sales of fee` and `sales (version of 2024-01-01)`.
fn listed_name(name: &str) -> &str {
    let name = name.split_once(" of ").map_or(name, |(listed, _)| listed);
    name.split_once(" (version").map_or(name, |(listed, _)| listed)
}

fn measures_used(term: &Term) -> Vec<u16> {
    let mut used: Vec<u16> = term.measure().into_iter().collect();
    if let TermKind::Share { climb, deductions, .. } = &term.kind {
        used.extend(climb.accumulator);
        for deduction in deductions {
            match deduction.kind {
                DeductionKind::Measure(measure) => used.push(measure),
                DeductionKind::Allocated { of, key } => used.extend([of, key]),
                DeductionKind::Rate { .. } => {}
            }
        }
    }
    used
}
