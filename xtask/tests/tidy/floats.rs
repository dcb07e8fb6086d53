//! No float in core: neither its types, nor a literal, nor a method that makes one (`as_f64`).
//!
//! `core/clippy.toml` bans the types as well; this scan also sees a literal whose type is inferred.

use crate::tokens::{Kind, Token};
use crate::tree::{TextFile, assert_none, rust_files};

fn faults(file: &TextFile) -> Vec<String> {
    file.tokens().iter().filter(|token| is_float(token)).map(|token| file.fault(token.line, token.text)).collect()
}

fn is_float(token: &Token<'_>) -> bool {
    let text = token.text;
    match token.kind {
        Kind::Word => text.split('_').any(|part| matches!(part, "f32" | "f64")),
        Kind::Number if text.starts_with("0x") || text.starts_with("0b") || text.starts_with("0o") => false,
        Kind::Number => text.contains(['.', 'e', 'E']) && !has_integer_suffix(text) || text.contains('f'),
        Kind::Mark | Kind::Literal => false,
    }
}

/// The `e` of `1usize` is no exponent.
fn has_integer_suffix(text: &str) -> bool {
    text.ends_with("usize") || text.ends_with("isize")
}

#[test]
fn i6_no_floats_in_core() {
    let core = rust_files().filter(|file| file.path.starts_with("core/"));
    assert_none(&core.flat_map(faults).collect::<Vec<_>>());
}

#[test]
fn a_float_is_caught() {
    let count = |source: &str| faults(&TextFile::example("core/a.rs", source)).len();
    assert_eq!(count("/// f64\nlet a = 1usize..2; pair.0.1; 0x1f64; 0xE; \"1.5\"; 10_i128.pow(3); 2.max(1)"), 0);
    assert_eq!(count("let a: f32 = 1.5; 1e9; 2f64; x.as_secs_f64(); 3 as f64"), 6);
}
