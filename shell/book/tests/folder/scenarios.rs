//! Every scenario's book, and the generated one, is loaded without a fault.

use book::{Fault, Loaded, load_folder};
use contract::expression::Type;
use std::fs;
use std::path::{Path, PathBuf};

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios")
}

fn books() -> Vec<PathBuf> {
    let entries = fs::read_dir(root()).unwrap().map(|entry| entry.unwrap().path().join("book"));
    let mut books: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    books.sort();
    books
}

fn load(path: &Path) -> Loaded {
    let listed = |faults: Vec<Fault>| faults.iter().map(|fault| format!("{fault}\n")).collect::<String>();
    load_folder(path).unwrap_or_else(|faults| panic!("{}:\n{}", path.display(), listed(faults)))
}

#[test]
fn every_scenario_has_a_sound_book() {
    let books = books();
    assert!(books.len() >= 18, "{} books", books.len());
    for path in books {
        let loaded = load(&path);
        let expected = ["licence_missing", "jurisdiction_missing", "identity_word", "received_missing"];
        for warning in &loaded.warnings {
            assert!(expected.contains(&warning.code()), "{}: {warning}", path.display());
        }
        assert_eq!(loaded.adapters.len(), loaded.book.schemas.len());
    }
}

#[test]
fn the_taxi_book_routes_three_vendors_and_names_payers() {
    let Loaded { book, adapters, .. } = load(&root().join("nyc-taxi/book"));
    let names: Vec<&str> = book.sources.iter().map(|source| &*source.id).collect();
    assert_eq!(names, ["cmt", "verifone", "vendor-4"]);
    let [adapter] = &adapters[..] else { panic!("one adapter") };
    assert_eq!(adapter.sources.iter().map(|plan| plan.checks.len()).sum::<usize>(), 3);
    let [contract] = &book.contracts[..] else { panic!("one contract") };
    let dimensions: Vec<(&str, bool)> = contract.dimensions.iter().map(|of| (&*of.name, of.party)).collect();
    assert_eq!(dimensions, [("payer", true), ("vendor", false)]);
    assert_eq!(contract.versions[0].terms[4].dimensions, [1]);
    let listed: Vec<(&str, bool)> = contract.measures.iter().map(|of| (&*of.name, of.money)).collect();
    assert_eq!(listed[0], ("fare", true));
    assert_eq!(listed.len(), 10);
    assert!(contract.measures.iter().all(|measure| measure.listed && measure.sums.len() == 3));
    assert!(contract.measures.iter().flat_map(|of| &of.sums).all(|sum| sum.ty() == Type::Number));
    assert_eq!(
        listed.iter().filter(|(_, money)| !money).map(|(name, _)| *name).collect::<Vec<_>>(),
        ["trips", "no_charge", "dispute"]
    );
    assert_eq!(book.purposes.len(), 8);
    assert_eq!(book.dictionary.texts_from(0)[..6].join(" "), " trip cmt verifone vendor-4 USD");
}
