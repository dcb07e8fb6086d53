//! JSON, one row at a time: a validating scanner that copies nothing.
//!
//! One pass over the bytes, Θ(length), no recursion and no allocation; nesting up to [`DEPTH_MAX`] is a stack of bits.
//! Every byte is checked against RFC 8259, also of values that no field asks for, so that a malformed row is never
//! taken for a good one. Strings, of which rows mostly consist, are passed over eight bytes at a time. Numbers stay
//! the digits that they are. The input is known to be UTF-8.

use crate::cell::{Cell, CellKind, Malformed};

/// How deep objects and arrays may nest.
pub(crate) const DEPTH_MAX: u32 = 127;

type Scanned<T> = Result<T, Malformed>;

/// A place in a row's bytes.
pub(crate) struct Scanner<'a> {
    bytes: &'a [u8],
    at: usize,
}

impl<'a> Scanner<'a> {
    pub(crate) const fn new(bytes: &'a [u8], at: usize) -> Self {
        Self { bytes, at }
    }

    /// Gives every member of the object that begins here to `visit`: the key as a cell (without its quotes) and the value.
    #[inline]
    pub(crate) fn object(&mut self, mut visit: impl FnMut(Cell, Cell) -> Scanned<()>) -> Scanned<()> {
        self.blanks();
        self.expect(b'{', "an object")?;
        self.blanks();
        if self.peek() == Some(b'}') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.expect(b'"', "a member's name in quotes")?;
            let key = self.string()?;
            self.blanks();
            self.expect(b':', "a colon")?;
            self.blanks();
            let value = self.value()?;
            visit(key, value)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b'}') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a comma or a closing brace"),
            }
            self.blanks();
        }
    }

    /// Gives every element of the array that begins here to `visit`.
    pub(crate) fn array(&mut self, mut visit: impl FnMut(Cell) -> Scanned<()>) -> Scanned<()> {
        self.blanks();
        self.expect(b'[', "an array")?;
        self.blanks();
        if self.peek() == Some(b']') {
            self.at += 1;
            return Ok(());
        }
        loop {
            self.blanks();
            visit(self.value()?)?;
            self.blanks();
            match self.peek() {
                Some(b',') => self.at += 1,
                Some(b']') => {
                    self.at += 1;
                    return Ok(());
                }
                _ => return self.fail("a comma or a closing bracket"),
            }
        }
    }

    /// Nothing but blanks may follow.
    #[inline]
    pub(crate) fn end(&mut self) -> Scanned<()> {
        self.blanks();
        if self.at == self.bytes.len() { Ok(()) } else { self.fail("the end of the row") }
    }

    /// The value that begins here.
    #[inline]
    pub(crate) fn value(&mut self) -> Scanned<Cell> {
        match self.peek() {
            Some(b'"') => {
                self.at += 1;
                self.string()
            }
            Some(b'-' | b'0'..=b'9') => self.number(),
            Some(b'{' | b'[') => self.composite(),
            Some(b't') => self.literal(b"true", CellKind::Bool),
            Some(b'f') => self.literal(b"false", CellKind::Bool),
            Some(b'n') => self.literal(b"null", CellKind::Null),
            _ => self.fail("a value"),
        }
    }

    #[inline]
    fn peek(&self) -> Option<u8> {
        self.bytes.get(self.at).copied()
    }

    #[inline]
    fn blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[inline]
    fn expect(&mut self, byte: u8, expected: &'static str) -> Scanned<()> {
        if self.peek() != Some(byte) {
            return self.fail(expected);
        }
        self.at += 1;
        Ok(())
    }

    #[cold]
    fn fail<T>(&self, expected: &'static str) -> Scanned<T> {
        Err(Malformed { at: self.at, expected })
    }

    /// The rest of a string behind its opening quote.
    #[inline]
    fn string(&mut self) -> Scanned<Cell> {
        let from = self.at;
        let mut kind = CellKind::Text;
        loop {
            self.at = special_from(self.bytes, self.at);
            match self.peek() {
                Some(b'"') => {
                    self.at += 1;
                    return Ok(Cell::new(kind, from, self.at - 1));
                }
                Some(b'\\') => {
                    kind = CellKind::Escaped;
                    self.escape()?;
                }
                Some(_) => return self.fail("no control character inside a string"),
                None => return self.fail("a closing quote"),
            }
        }
    }

    #[cold]
    fn escape(&mut self) -> Scanned<()> {
        match self.bytes.get(self.at + 1) {
            Some(b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't') => self.at += 2,
            Some(b'u') => {
                let digits = self.bytes.get(self.at + 2..self.at + 6);
                if !digits.is_some_and(|digits| digits.iter().all(u8::is_ascii_hexdigit)) {
                    return self.fail("four hexadecimal digits after \\u");
                }
                self.at += 6;
            }
            _ => return self.fail("one of the escapes of JSON"),
        }
        Ok(())
    }

    #[inline]
    fn number(&mut self) -> Scanned<Cell> {
        let from = self.at;
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        match self.peek() {
            Some(b'0') => self.at += 1,
            Some(b'1'..=b'9') => self.digits(),
            _ => return self.fail("a digit"),
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digit_needed()?;
        }
        if let Some(b'e' | b'E') = self.peek() {
            self.at += 1;
            if let Some(b'+' | b'-') = self.peek() {
                self.at += 1;
            }
            self.digit_needed()?;
        }
        Ok(Cell::new(CellKind::Number, from, self.at))
    }

    #[inline]
    fn digits(&mut self) {
        while let Some(b'0'..=b'9') = self.peek() {
            self.at += 1;
        }
    }

    fn digit_needed(&mut self) -> Scanned<()> {
        if !self.peek().is_some_and(|byte| byte.is_ascii_digit()) {
            return self.fail("a digit");
        }
        self.digits();
        Ok(())
    }

    fn literal(&mut self, word: &'static [u8], kind: CellKind) -> Scanned<Cell> {
        if !self.bytes[self.at..].starts_with(word) {
            return self.fail("true, false or null");
        }
        self.at += word.len();
        Ok(Cell::new(kind, self.at - word.len(), self.at))
    }

    /// An object or array as a whole. The stack of what is open is one bit a level: 1 for an object.
    fn composite(&mut self) -> Scanned<Cell> {
        let from = self.at;
        let (mut open, mut depth) = (0_u128, 0_u32);
        loop {
            // Here a value begins.
            match self.peek() {
                Some(byte @ (b'{' | b'[')) => {
                    if depth == DEPTH_MAX {
                        return self.fail("at most 127 levels of nesting");
                    }
                    (open, depth) = (open << 1 | u128::from(byte == b'{'), depth + 1);
                    self.at += 1;
                    self.blanks();
                    if self.peek() != Some(closer(open)) {
                        self.key_if(open)?;
                        continue;
                    }
                }
                _ => {
                    self.value()?;
                }
            }
            // Here a value has ended, or an empty object or array is about to.
            loop {
                self.blanks();
                match self.peek() {
                    Some(byte) if byte == closer(open) => {
                        self.at += 1;
                        (open, depth) = (open >> 1, depth - 1);
                        if depth == 0 {
                            return Ok(Cell::new(CellKind::Composite, from, self.at));
                        }
                    }
                    Some(b',') => {
                        self.at += 1;
                        self.blanks();
                        self.key_if(open)?;
                        break;
                    }
                    _ => return self.fail("a comma or a closing bracket"),
                }
            }
        }
    }

    /// Inside an object a name and a colon stand before the value.
    fn key_if(&mut self, open: u128) -> Scanned<()> {
        if open & 1 == 1 {
            self.expect(b'"', "a member's name in quotes")?;
            self.string()?;
            self.blanks();
            self.expect(b':', "a colon")?;
            self.blanks();
        }
        Ok(())
    }
}

const fn closer(open: u128) -> u8 {
    if open & 1 == 1 { b'}' } else { b']' }
}

const ONES: u64 = 0x0101_0101_0101_0101;
const HIGHS: u64 = 0x8080_8080_8080_8080;

/// The first quote, backslash or control character from `at` on; the length where there is none.
#[inline]
fn special_from(bytes: &[u8], mut at: usize) -> usize {
    while let Some(eight) = bytes.get(at..at + 8) {
        let word = u64::from_le_bytes(eight.try_into().expect("eight bytes were taken"));
        // Each term marks the high bit of its bytes; above a marked byte there may be false marks, below never.
        let quote = word ^ (ONES * b'"' as u64);
        let backslash = word ^ (ONES * b'\\' as u64);
        let marks = (quote.wrapping_sub(ONES) & !quote)
            | (backslash.wrapping_sub(ONES) & !backslash)
            | (word.wrapping_sub(ONES * 0x20) & !word);
        let marks = marks & HIGHS;
        if marks != 0 {
            return at + (marks.trailing_zeros() / 8) as usize;
        }
        at += 8;
    }
    while bytes.get(at).is_some_and(|&byte| byte != b'"' && byte != b'\\' && byte >= 0x20) {
        at += 1;
    }
    at
}

/// Appends the text of a string with escapes; its escapes have been checked. False, with `out` as it was, where half
/// of a surrogate pair stands alone.
pub(crate) fn unescape(text: &str, out: &mut String) -> bool {
    let before = out.len();
    let mut rest = text;
    while let Some(place) = rest.find('\\') {
        out.push_str(&rest[..place]);
        let Some((character, length)) = unescaped(&rest[place..]) else {
            out.truncate(before);
            return false;
        };
        out.push(character);
        rest = &rest[place + length..];
    }
    out.push_str(rest);
    true
}

/// The character of the escape at the start of `text`, and the escape's length.
fn unescaped(text: &str) -> Option<(char, usize)> {
    let plain = match text.as_bytes()[1] {
        b'b' => '\u{8}',
        b'f' => '\u{c}',
        b'n' => '\n',
        b'r' => '\r',
        b't' => '\t',
        b'u' => return unescaped_unicode(text),
        other => char::from(other),
    };
    Some((plain, 2))
}

fn unescaped_unicode(text: &str) -> Option<(char, usize)> {
    let unit = |from: usize| u32::from_str_radix(text.get(from..from + 4)?, 16).ok();
    let first = unit(2)?;
    if let Some(character) = char::from_u32(first) {
        return Some((character, 6));
    }
    if text.get(6..8) != Some("\\u") {
        return None;
    }
    let second = unit(8)?;
    if first >= 0xdc00 || !(0xdc00..0xe000).contains(&second) {
        return None;
    }
    let character = char::from_u32(0x1_0000 + ((first - 0xd800) << 10) + (second - 0xdc00))?;
    Some((character, 12))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde::de::IgnoredAny;

    fn is_object(text: &str) -> bool {
        let mut scanner = Scanner::new(text.as_bytes(), 0);
        scanner.object(|_, _| Ok(())).is_ok() && scanner.end().is_ok()
    }

    fn pieces() -> impl Strategy<Value = String> {
        const PIECES: &[&str] = &[
            "{",
            "}",
            "[",
            "]",
            ",",
            ":",
            "\"",
            "\"a\"",
            "\"a\":",
            "1",
            "-",
            "0",
            ".5",
            "e",
            "E+9",
            "true",
            "false",
            "null",
            "nul",
            " ",
            "\n",
            "\\",
            "\\n",
            "\\u00e9",
            "\\u12",
            "\t",
            "\u{1}",
            "\"long enough for a word\"",
            "한",
            "{}",
            "[]",
            "{\"b\":[1,{}]}",
        ];
        proptest::collection::vec(proptest::sample::select(PIECES), 0..12).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_000))]
        #[test]
        fn what_is_taken_for_json_is_json(inside in pieces(), open in "[{] ?", close in " ?[}]") {
            for text in [inside.clone(), format!("{{\"k\":{inside}}}"), format!("{open}{inside}{close}")] {
                let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok() && text.trim_start().starts_with('{');
                prop_assert_eq!(is_object(&text), is_json, "{}", text);
            }
        }

        #[test]
        fn unescaping_agrees(text in "(\\\\[nrtbf/\"\\\\]|\\\\u(d8[0-9a-f]{2}|dc[0-9a-f]{2}|[0-9a-f]{4})|[a-z한]){0,8}") {
            let expected = serde_json::from_str::<String>(&format!("\"{text}\"")).ok();
            let mut found = String::from("before");
            let whole = unescape(&text, &mut found);
            prop_assert_eq!(whole.then(|| found[6..].to_owned()), expected);
            prop_assert!(whole || found == "before");
        }
    }

    #[test]
    fn nesting_has_a_bound() {
        let nested = |depth: usize| format!("{{\"a\":{}{}}}", "[".repeat(depth), "]".repeat(depth));
        assert!(is_object(&nested(DEPTH_MAX as usize)));
        assert!(!is_object(&nested(DEPTH_MAX as usize + 1)));
    }
}
