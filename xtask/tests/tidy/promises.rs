//! The numbered promises of ARCHITECTURE.md: each names the test that holds it, or the part of the plan that brings it.

use std::collections::BTreeSet;

use crate::tokens::{Kind, Token};
use crate::tree::{assert_none, between_markers, rust_files, text_of};

/// All promises, in order. A number is never used again.
const NUMBERS: &[&str] =
    &["I1a", "I1b", "I2", "I3", "I4", "I5", "I6", "I7", "I8", "I9", "I10", "I11", "I12", "I13", "I14"];

/// How a promise is kept.
#[derive(Debug, PartialEq, Eq)]
enum Kept<'a> {
    /// By a test of this name.
    Test(&'a str),
    /// Not before this part of the plan exists.
    From(&'a str),
}

/// Reads ``I3 every entry … (test: `name`)`` or `I8 money leaves … (from C)`: the number, and how it is kept.
fn promise(line: &str) -> Option<(&str, Kept<'_>)> {
    let line = line.trim_start_matches("- ");
    let (number, rest) = line.split_once(' ')?;
    let note = rest.rsplit_once(" (")?.1.strip_suffix(')')?;
    let test = note.strip_prefix("test: `").and_then(|name| name.strip_suffix('`')).map(Kept::Test);
    Some((number, test.or_else(|| note.strip_prefix("from ").map(Kept::From))?))
}

fn faults(lines: &[&str], tests: &BTreeSet<&str>) -> Vec<String> {
    let promises: Vec<_> = lines.iter().filter_map(|line| promise(line)).collect();
    let mut faults = Vec::new();
    if promises.len() < lines.len() {
        faults.push("a line says neither (test: `name`) nor (from part)".to_owned());
    }
    let numbers: Vec<&str> = promises.iter().map(|promise| promise.0).collect();
    if numbers != NUMBERS {
        faults.push(format!("the promises are {}, not {}", NUMBERS.join(" "), numbers.join(" ")));
    }
    for (number, kept) in promises {
        match kept {
            Kept::Test(name) if !tests.contains(name) => faults.push(format!("{number}: no test is called {name}")),
            Kept::Test(_) | Kept::From(_) => {}
        }
    }
    faults
}

/// The names of the functions that carry an attribute `#[test]`, possibly with others after it.
fn tests_in<'a>(tokens: &[Token<'a>]) -> Vec<&'a str> {
    let mut names = Vec::new();
    let mut is_test = false;
    for (at, token) in tokens.iter().enumerate() {
        let next = tokens.get(at + 1);
        match token.text {
            "test" if at > 1 && tokens[at - 1].is_mark("[") && tokens[at - 2].is_mark("#") => is_test = true,
            "fn" if is_test => {
                names.extend(next.filter(|next| next.kind == Kind::Word).map(|next| next.text));
                is_test = false;
            }
            "{" | "}" => is_test = false,
            _ => {}
        }
    }
    names
}

#[test]
fn every_promise_is_kept_or_planned() {
    let tests: BTreeSet<&str> = rust_files().flat_map(|file| tests_in(&file.tokens())).collect();
    assert_none(&faults(&between_markers(text_of("ARCHITECTURE.md"), "promises"), &tests));
}

#[test]
fn tests_are_found() {
    let source = "#[test]\n#[should_panic]\nfn a() {}\n#[cfg(test)] mod t { fn b() {} }\nproptest! { #[test] fn c(x in 0..9) {} }";
    assert_eq!(tests_in(&crate::tokens::tokens(source)), ["a", "c"]);
}

#[test]
fn an_unkept_promise_is_caught() {
    let complete: Vec<String> = NUMBERS.iter().map(|number| format!("- {number} holds (always) (from C)")).collect();
    let mut lines: Vec<&str> = complete.iter().map(String::as_str).collect();
    let tests = BTreeSet::from(["there"]);
    assert_eq!(faults(&lines, &tests), Vec::<String>::new());
    lines[3] = "- I3 holds (test: `there`)";
    assert_eq!(faults(&lines, &tests), Vec::<String>::new());
    lines[3] = "- I3 holds (test: `gone`)";
    assert_eq!(faults(&lines, &tests), ["I3: no test is called gone"]);
    lines[3] = "- I3 holds";
    assert_eq!(faults(&lines, &tests).len(), 2);
    assert_eq!(faults(&[], &tests).len(), 1);
}
