//! No text names a folder of one machine.

use crate::tree::{TextFile, assert_none, text_files};

/// Cut in two, so that this file keeps its own rule.
const MACHINE_FOLDERS: &[&str] = &[concat!("/wo", "rk/"), concat!("/tm", "p/"), concat!("/ro", "ot/")];

fn faults(file: &TextFile) -> Vec<String> {
    let mut found = Vec::new();
    for (number, line) in file.text.lines().enumerate() {
        for folder in MACHINE_FOLDERS.iter().filter(|folder| names(line, folder)) {
            found.push(file.fault(number + 1, &format!("names {folder}, a folder of one machine")));
        }
    }
    found
}

/// Whether the folder stands in the line as the start of a path: `docs/work/` is none.
fn names(line: &str, folder: &str) -> bool {
    line.match_indices(folder).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        !before.is_some_and(|c| c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | '~' | '}' | '>' | '*'))
    })
}

#[test]
fn no_text_names_a_folder_of_one_machine() {
    assert_none(&text_files().iter().flat_map(faults).collect::<Vec<_>>());
}

#[test]
fn a_machine_folder_is_caught() {
    let count = |line: &str| faults(&TextFile::example("a.md", line)).len();
    assert_eq!(count(concat!("docs/wo", "rk/a $DIR/ro", "ot/b /temporary/")), 0);
    assert_eq!(count(concat!("in /wo", "rk/a")), 1);
    assert_eq!(count(concat!("path = \"/tm", "p/x\" and /ro", "ot/y")), 2);
}
