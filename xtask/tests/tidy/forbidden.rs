//! Constructs that have no place anywhere: tests that are switched off or wait by the clock, and unfinished code.
//! And those that have one place only: the environment is read by the server.

use crate::tokens::Token;
use crate::tree::{TextFile, assert_none, rust_files};

/// Sequences of tokens, separated by spaces, and why they are refused.
const FORBIDDEN: &[(&str, &str)] = &[
    ("# [ ignore", "a test that does not run proves nothing"),
    ("sleep (", "whoever waits by the clock is flaky or slow"),
    ("todo !", "unfinished code is not committed"),
    ("unimplemented !", "unfinished code is not committed"),
    ("dbg !", "left over from a search for a fault"),
];

/// Reading the environment, for all but the server and the programs of this house's own workshop.
const ENVIRONMENT: &[(&str, &str)] = &[
    ("env : : var", "only the server reads the environment"),
    ("env : : var_os", "only the server reads the environment"),
    ("env : : vars", "only the server reads the environment"),
    ("env : : args", "only the server reads the environment"),
    ("env : : args_os", "only the server reads the environment"),
    ("env : : current_dir", "only the server reads the environment"),
];

fn faults(file: &TextFile, patterns: &[(&str, &str)]) -> Vec<String> {
    let tokens = file.tokens();
    let mut found = Vec::new();
    for (pattern, reason) in patterns {
        let words: Vec<&str> = pattern.split(' ').collect();
        let matches = |window: &&[Token<'_>]| window.iter().zip(&words).all(|(token, word)| token.text == *word);
        for window in tokens.windows(words.len()).filter(matches) {
            found.push(file.fault(window[0].line, &format!("`{}`: {reason}", words.concat())));
        }
    }
    found
}

/// Sources of core and shell but the server; their tests may ask where the workspace is.
fn may_not_read_environment(file: &TextFile) -> bool {
    let is_product = file.path.starts_with("core/") || file.path.starts_with("shell/");
    is_product && file.path.contains("/src/") && !file.path.starts_with("shell/server/")
}

#[test]
fn nothing_forbidden_is_used() {
    assert_none(&rust_files().flat_map(|file| faults(file, FORBIDDEN)).collect::<Vec<_>>());
}

#[test]
fn i9_only_the_server_reads_the_environment() {
    let product = rust_files().filter(|file| may_not_read_environment(file));
    assert_none(&product.flat_map(|file| faults(file, ENVIRONMENT)).collect::<Vec<_>>());
}

#[test]
fn a_forbidden_construct_is_caught() {
    let count = |source: &str| faults(&TextFile::example("a.rs", source), FORBIDDEN).len();
    assert_eq!(count("// todo!()\nfn f() { let s = \"dbg!(x)\"; asleep(); }"), 0);
    assert_eq!(count("#[ignore = \"slow\"] fn f() { std::thread::sleep(d); todo!() }"), 3);
    assert_eq!(count("fn f() { unimplemented!(); dbg!(1) }"), 2);
}

#[test]
fn reading_the_environment_is_caught() {
    let count = |path: &str| {
        let file = TextFile::example(path, "use std::env; fn f() { env::var(\"X\"); std::env::args(); env!(\"Y\"); }");
        if may_not_read_environment(&file) { faults(&file, ENVIRONMENT).len() } else { 0 }
    };
    assert_eq!(count("shell/book/src/folder.rs"), 2);
    assert_eq!(count("shell/server/src/main.rs"), 0);
    assert_eq!(count("shell/book/tests/folder.rs"), 0);
}
