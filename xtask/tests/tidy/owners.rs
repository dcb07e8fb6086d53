//! Each library from outside belongs to one crate of ours, so that replacing it is work in one place.
//!
//! Tests may use another crate's library, for instance to read back what it wrote, but none that has no line here.

use crate::manifests::{Manifest, manifests, read};
use crate::tree::{assert_none, between_markers, text_of};

/// Anyone may use it: it is small, or only for tests.
const ANYONE: &[&str] = &[];

/// Each library with the crates that may depend on it.
const OWNERS: &[(&str, &[&str])] = &[
    ("blake3", &["canon"]),
    ("calamine", &["documents"]),
    ("clap", &["server"]),
    ("crc32c", &["store"]),
    ("csv", &["intake"]),
    ("encoding_rs", &["intake"]),
    ("expect-test", ANYONE),
    ("flate2", &["intake"]),
    ("hashbrown", &["table"]),
    ("indicatif", &["server"]),
    ("iso_currency", &["book"]),
    ("itoa", &["documents"]),
    ("jiff", &["book"]),
    ("memchr", &["intake"]),
    ("proptest", ANYONE),
    ("rust_xlsxwriter", &["documents"]),
    ("rustix", &["store"]),
    ("serde", &["book", "server"]),
    ("serde_json", &["documents", "server", "simulator", "xtask"]),
    ("tempfile", ANYONE),
    ("thiserror", ANYONE),
    ("toml", &["book", "xtask"]),
    ("xxhash-rust", &["canon"]),
    // The server reads and writes the compressed parts of a book's lock.
    ("zstd", &["intake", "server"]),
];

fn faults(manifest: &Manifest, ours: &[String]) -> Vec<String> {
    let name = &manifest.name;
    let outside = manifest.dependencies.iter().filter(|dependency| !ours.contains(&dependency.name));
    let fault = |dependency: &crate::manifests::Dependency| {
        let library = &dependency.name;
        match OWNERS.iter().find(|owner| owner.0 == library) {
            None => Some(format!("{name} uses {library}, which has no owner")),
            Some((_, owners)) if owners.is_empty() || dependency.is_dev || owners.contains(&name.as_str()) => None,
            Some((_, owners)) => Some(format!("{name} uses {library}, which belongs to {}", owners.join(", "))),
        }
    };
    outside.filter_map(fault).collect()
}

/// The first two columns of the table of libraries in ARCHITECTURE.md.
fn rendered() -> Vec<(String, String)> {
    let shown = |owners: &[&str]| if owners.is_empty() { "anyone".to_owned() } else { owners.join(", ") };
    OWNERS.iter().map(|(library, owners)| ((*library).to_owned(), shown(owners))).collect()
}

#[test]
fn libraries_have_one_owner() {
    let manifests = manifests();
    let ours: Vec<String> = manifests.iter().map(|manifest| manifest.name.clone()).collect();
    assert_none(&manifests.iter().flat_map(|manifest| faults(manifest, &ours)).collect::<Vec<_>>());
}

#[test]
fn architecture_shows_the_owners() {
    let lines = between_markers(text_of("ARCHITECTURE.md"), "libraries");
    let cells = |line: &&str| {
        let mut cells = line.trim_matches('|').split('|').map(|cell| cell.trim().to_owned());
        (cells.next().unwrap_or_default(), cells.next().unwrap_or_default())
    };
    // Two lines of head.
    let shown: Vec<(String, String)> = lines.iter().skip(2).map(cells).collect();
    assert_eq!(shown, rendered(), "library and owner in ARCHITECTURE.md (left) and in OWNERS (right) differ");
}

#[test]
fn a_library_in_a_foreign_crate_is_caught() {
    let of = |name: &str, rest: &str| faults(&read("example", &format!("[package]\nname = \"{name}\"\n{rest}")), &[]);
    assert_eq!(of("close", "[dependencies]\nclap = \"4\"\n"), ["close uses clap, which belongs to server"]);
    assert_eq!(of("close", "[dependencies]\nopenssl = \"1\"\n"), ["close uses openssl, which has no owner"]);
    assert_eq!(of("server", "[dependencies]\nclap = \"4\"\n[dev-dependencies]\ncsv = \"1\"\n"), Vec::<String>::new());
}
