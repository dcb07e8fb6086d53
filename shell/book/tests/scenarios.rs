//! Every scenario's book is loaded without a fault, and means what its files say.

use book::{Fault, Loaded, load_folder};
use std::fs;
use std::path::{Path, PathBuf};

fn books() -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios");
    let entries = fs::read_dir(root).unwrap().map(|entry| entry.unwrap().path().join("book"));
    let mut books: Vec<PathBuf> = entries.filter(|path| path.is_dir()).collect();
    books.sort();
    books
}

fn load(name: &str) -> Loaded {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name).join("book");
    load_folder(&path).unwrap_or_else(|faults| panic!("{name}:\n{}", listed(&faults)))
}

fn listed(faults: &[Fault]) -> String {
    faults.iter().map(|fault| format!("{fault}\n")).collect()
}

#[test]
fn every_scenario_has_a_sound_book() {
    let books = books();
    assert!(books.len() >= 18, "{} books", books.len());
    for path in books {
        let loaded = load_folder(&path).unwrap_or_else(|faults| panic!("{}:\n{}", path.display(), listed(&faults)));
        eprintln!("{}\n{}", path.display(), listed(&loaded.warnings));
    }
}
