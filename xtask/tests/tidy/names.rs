//! File and item names: a header in every file, `foo.rs` and not `foo/mod.rs`, and none of the words that mean nothing.

use crate::tokens::Kind;
use crate::tree::{TextFile, assert_none, rust_files};

/// Words that say nothing about settlement, or (`transaction`) two things.
const BANNED: &[&str] = &[
    "transaction",
    "transactions",
    "data",
    "info",
    "infos",
    "manager",
    "managers",
    "util",
    "utils",
    "common",
    "helper",
    "helpers",
    "v2",
];

/// The word is right where HTTP is spoken.
const BANNED_OUTSIDE_API: &[&str] = &["handler", "handlers"];

/// Keywords that an item's name follows.
const DECLARE: &[&str] = &["fn", "struct", "enum", "trait", "mod", "type", "const", "static", "macro_rules"];

/// Words that may stand between the keyword and the name (`static mut NAME`, `const unsafe fn`).
const BETWEEN: &[&str] = &["mut", "unsafe", "async", "extern"];

fn header_faults(file: &TextFile) -> Vec<String> {
    let has_header = file.text.starts_with("//! ");
    if has_header { Vec::new() } else { vec![file.fault(1, "opens without `//!`: say what it is and why")] }
}

fn path_faults(file: &TextFile) -> Vec<String> {
    let mut faults = Vec::new();
    if file.path.ends_with("/mod.rs") {
        faults.push(file.fault(1, "is called mod.rs; use foo.rs beside foo/"));
    }
    for name in file.path.trim_end_matches(".rs").split('/') {
        faults.extend(banned_in(file, name).map(|word| file.fault(1, &format!("the path contains `{word}`"))));
    }
    faults
}

fn item_faults(file: &TextFile) -> Vec<String> {
    let mut tokens = file.tokens();
    tokens.retain(|token| !BETWEEN.contains(&token.text) && !token.is_mark("!"));
    let mut faults = Vec::new();
    for pair in tokens.windows(2) {
        let declares = pair[0].kind == Kind::Word && DECLARE.contains(&pair[0].text);
        if !declares || pair[1].kind != Kind::Word {
            continue;
        }
        let message = |word| format!("{} {} contains `{word}`", pair[0].text, pair[1].text);
        faults.extend(banned_in(file, pair[1].text).map(|word| file.fault(pair[1].line, &message(word))));
    }
    faults
}

fn banned_in(file: &TextFile, name: &str) -> impl Iterator<Item = String> {
    let is_api = file.path.starts_with("shell/api/");
    segments(name).into_iter().filter(move |segment| {
        let segment = segment.as_str();
        BANNED.contains(&segment) || (!is_api && BANNED_OUTSIDE_API.contains(&segment))
    })
}

/// The words of a name in lower case: `parse_HTTPInfoV2` is parse, http, info, v2.
fn segments(name: &str) -> Vec<String> {
    let letters: Vec<char> = name.chars().collect();
    let mut found = vec![String::new()];
    for (at, letter) in letters.iter().enumerate() {
        let after_lower = at > 0 && (letters[at - 1].is_lowercase() || letters[at - 1].is_ascii_digit());
        let ends_capitals = letters.get(at + 1).is_some_and(|next| next.is_lowercase());
        let is_boundary = !letter.is_alphanumeric() || (letter.is_uppercase() && (after_lower || ends_capitals));
        if is_boundary {
            found.push(String::new());
        }
        if letter.is_alphanumeric() {
            found.last_mut().expect("one is always open").extend(letter.to_lowercase());
        }
    }
    found.retain(|segment| !segment.is_empty());
    found
}

#[test]
fn every_file_opens_with_a_header() {
    assert_none(&rust_files().flat_map(header_faults).collect::<Vec<_>>());
}

#[test]
fn paths_are_well_named() {
    assert_none(&rust_files().flat_map(path_faults).collect::<Vec<_>>());
}

#[test]
fn items_are_well_named() {
    assert_none(&rust_files().flat_map(item_faults).collect::<Vec<_>>());
}

#[test]
fn a_missing_header_is_caught() {
    assert_eq!(header_faults(&TextFile::example("a.rs", "//! Says why.\n")).len(), 0);
    assert_eq!(header_faults(&TextFile::example("a.rs", "use std::fmt;\n//! Late.\n")).len(), 1);
}

#[test]
fn a_bad_path_is_caught() {
    let count = |path: &str| path_faults(&TextFile::example(path, "")).len();
    assert_eq!(count("core/money/src/rounding.rs"), 0);
    assert_eq!(count("core/money/src/division/mod.rs"), 1);
    assert_eq!(count("core/common/src/date_utils.rs"), 2);
    assert_eq!(count("shell/server/src/handler.rs"), 1);
    assert_eq!(count("shell/api/src/handler.rs"), 0);
}

#[test]
fn a_bad_item_name_is_caught() {
    let words = |source: &str| item_faults(&TextFile::example("a.rs", source)).len();
    assert_eq!(words("struct Metadata; fn inform() {} const fn database() {} // struct Data"), 0);
    assert_eq!(words("struct TransactionLog; enum HTTPInfo {} trait V2 {} mod util {}"), 4);
    assert_eq!(words("pub const fn read_data() {} static mut HELPER: u8 = 0; type ParserV2 = u8;"), 3);
    assert_eq!(words("macro_rules! common { () => {} } fn f() { let mut data = 1; }"), 1);
}
