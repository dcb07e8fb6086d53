//! No function is longer than a screen: 70 lines, from `fn` to its closing brace.

use crate::tokens::{Kind, Token};
use crate::tree::{TextFile, assert_none, rust_files};

const LINES_MAX: usize = 70;

fn faults(file: &TextFile) -> Vec<String> {
    let tokens = file.tokens();
    let mut found = Vec::new();
    for (at, pair) in tokens.windows(2).enumerate() {
        // `fn(` is the type of a function pointer.
        if !pair[0].is_word("fn") || pair[1].kind != Kind::Word {
            continue;
        }
        let lines = lines(&tokens[at..]);
        if lines > LINES_MAX {
            found
                .push(file.fault(pair[0].line, &format!("fn {} has {lines} lines, at most {LINES_MAX}", pair[1].text)));
        }
    }
    found
}

/// Lines from the first token to the brace that closes the first block; 0 for a declaration without a body.
fn lines(tokens: &[Token<'_>]) -> usize {
    let (mut depth, mut in_body) = (0_usize, false);
    for token in tokens.iter().filter(|token| token.kind == Kind::Mark) {
        match token.text {
            ";" if depth == 0 => return 0,
            "{" | "(" | "[" => {
                in_body |= token.text == "{" && depth == 0;
                depth += 1;
            }
            "}" | ")" | "]" => {
                depth = depth.saturating_sub(1);
                if in_body && depth == 0 {
                    return token.line - tokens[0].line + 1;
                }
            }
            _ => {}
        }
    }
    0
}

#[test]
fn no_function_is_longer_than_a_screen() {
    assert_none(&rust_files().flat_map(faults).collect::<Vec<_>>());
}

#[test]
fn a_long_function_is_caught() {
    let of_lines = |lines: usize| format!("trait T {{ fn a(); }}\nfn long() {{{}}}", "\n".repeat(lines - 1));
    assert_eq!(faults(&TextFile::example("a.rs", &of_lines(70))), Vec::<String>::new());
    assert_eq!(faults(&TextFile::example("a.rs", &of_lines(71))), ["a.rs:2: fn long has 71 lines, at most 70"]);
}
