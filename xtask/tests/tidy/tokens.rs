//! Rust source cut into tokens: words, numbers, single punctuation characters, literals.
//!
//! Comments vanish, and what stands in strings and characters is one opaque token. This is all that the rules need; it is
//! not a parser. One pass, linear in the length.

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// An identifier or keyword; raw identifiers without their `r#`.
    Word,
    Number,
    /// One character of punctuation.
    Mark,
    /// A string, character or lifetime.
    Literal,
}

/// A token and the line, from 1, on which it starts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Token<'a> {
    pub(crate) kind: Kind,
    pub(crate) text: &'a str,
    pub(crate) line: usize,
}

impl Token<'_> {
    pub(crate) fn is_mark(&self, mark: &str) -> bool {
        self.kind == Kind::Mark && self.text == mark
    }

    pub(crate) fn is_word(&self, word: &str) -> bool {
        self.kind == Kind::Word && self.text == word
    }
}

/// Cuts a source text.
pub(crate) fn tokens(source: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut line = 1;
    let mut rest = source;
    while let Some(first) = rest.chars().next() {
        let (kind, length) = next(rest, first, found.last());
        let text = &rest[..length];
        if let Some(kind) = kind {
            let text = text.strip_prefix("r#").filter(|_| kind == Kind::Word).unwrap_or(text);
            found.push(Token { kind, text, line });
        }
        line += text.bytes().filter(|byte| *byte == b'\n').count();
        rest = &rest[length..];
    }
    found
}

/// Kind (none for space and comments) and length in bytes of what `rest` begins with.
fn next(rest: &str, first: char, last: Option<&Token<'_>>) -> (Option<Kind>, usize) {
    if rest.starts_with("//") {
        return (None, rest.find('\n').unwrap_or(rest.len()));
    }
    if rest.starts_with("/*") {
        return (None, block_comment(rest));
    }
    if let Some(length) = string(rest) {
        return (Some(Kind::Literal), length);
    }
    if first == '\'' {
        return (Some(Kind::Literal), character_or_lifetime(rest));
    }
    if first.is_alphabetic() || first == '_' {
        let start = if rest.starts_with("r#") { 2 } else { 0 };
        return (Some(Kind::Word), start + run(&rest[start..], |c| c.is_alphanumeric() || c == '_'));
    }
    if first.is_ascii_digit() {
        let is_field = last.is_some_and(|token| token.is_mark("."));
        return (Some(Kind::Number), number(rest, is_field));
    }
    let kind = if first.is_whitespace() { None } else { Some(Kind::Mark) };
    (kind, first.len_utf8())
}

fn run(text: &str, belongs: impl Fn(char) -> bool) -> usize {
    text.find(|c| !belongs(c)).unwrap_or(text.len())
}

/// Block comments nest.
fn block_comment(rest: &str) -> usize {
    let bytes = rest.as_bytes();
    let (mut depth, mut at) = (1_usize, 2);
    while depth > 0 && at < bytes.len() {
        if bytes[at..].starts_with(b"/*") {
            depth += 1;
            at += 2;
        } else if bytes[at..].starts_with(b"*/") {
            depth -= 1;
            at += 2;
        } else {
            at += 1;
        }
    }
    at
}

/// The length of a string with its prefix (`b`, `c`, `r` and hashes), if one begins here.
fn string(rest: &str) -> Option<usize> {
    let prefix = ["br", "cr", "b", "c", "r", ""]
        .into_iter()
        .find(|prefix| rest.strip_prefix(prefix).is_some_and(|after| after.trim_start_matches('#').starts_with('"')))?;
    let hashes = run(&rest[prefix.len()..], |c| c == '#');
    let opened = prefix.len() + hashes + 1;
    let is_raw = prefix.ends_with('r');
    if hashes > 0 && !is_raw {
        return None;
    }
    if is_raw {
        let close = format!("\"{}", "#".repeat(hashes));
        return Some(rest[opened..].find(&close).map_or(rest.len(), |at| opened + at + close.len()));
    }
    Some(opened + escaped(&rest[opened..], '"'))
}

/// The length up to and with the closing character; a backslash takes the next character with it.
fn escaped(rest: &str, close: char) -> usize {
    let mut characters = rest.char_indices();
    while let Some((at, character)) = characters.next() {
        if character == '\\' {
            characters.next();
        } else if character == close {
            return at + close.len_utf8();
        }
    }
    rest.len()
}

/// `'a'` and `'\n'` are characters; `'a` is a lifetime.
fn character_or_lifetime(rest: &str) -> usize {
    let mut after = rest[1..].chars();
    let is_character = after.next() == Some('\\') || after.next() == Some('\'');
    if is_character { 1 + escaped(&rest[1..], '\'') } else { 1 + run(&rest[1..], |c| c.is_alphanumeric() || c == '_') }
}

/// A number with its suffix. A point belongs to it if a digit follows, unless the number is a field (`pair.0.1`).
fn number(rest: &str, is_field: bool) -> usize {
    let is_part = |c: char| c.is_alphanumeric() || c == '_';
    let whole = run(rest, is_part);
    let mut after = rest[whole..].chars();
    let has_fraction = !is_field && after.next() == Some('.') && after.next().is_some_and(|c| c.is_ascii_digit());
    if has_fraction { whole + 1 + run(&rest[whole + 1..], is_part) } else { whole }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(source: &str, expected: &[&str]) {
        let found: Vec<&str> = tokens(source).iter().map(|token| token.text).collect();
        assert_eq!(found, expected, "{source}");
    }

    #[test]
    fn source_is_cut() {
        check("let x = y.0.1; // f64", &["let", "x", "=", "y", ".", "0", ".", "1", ";"]);
        check("a /* b /* c */ d */ e", &["a", "e"]);
        check(
            r#"f("a\"b", 'c', '\'', &'x y)"#,
            &["f", "(", r#""a\"b""#, ",", "'c'", ",", r"'\''", ",", "&", "'x", "y", ")"],
        );
        check("r#\"a \" b\"# b\"z\" r#type bread", &["r#\"a \" b\"#", "b\"z\"", "type", "bread"]);
        check(
            "0..2 1.5 2.max(3) 1e9_f64 '가'",
            &["0", ".", ".", "2", "1.5", "2", ".", "max", "(", "3", ")", "1e9_f64", "'가'"],
        );
        check("#[x] r\"\\\"", &["#", "[", "x", "]", "r\"\\\""]);
    }

    #[test]
    fn lines_are_counted_through_strings_and_comments() {
        let found = tokens("/*\n*/ \"\n\" a\nb");
        assert_eq!(found.iter().map(|token| token.line).collect::<Vec<_>>(), [2, 3, 4]);
    }
}
