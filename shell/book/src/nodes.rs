//! TOML text to nodes with places: the one form that the rest of this crate reads.

use crate::findings::Place;
use std::ops::Range;
use toml::Spanned;
use toml::de::{DeTable, DeValue};

/// A value at its place.
#[derive(Clone, Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) value: Value,
}

/// A value; numbers stay the text that they are, so that nothing passes through a float.
#[derive(Clone, Debug)]
pub(crate) enum Value {
    Text(String),
    Integer(String),
    Float(String),
    Boolean(bool),
    /// A date, a time, or both, in TOML's own form.
    Moment(String),
    List(Vec<Node>),
    /// In order of their places.
    Table(Vec<Entry>),
}

/// A key and what it stands for.
#[derive(Clone, Debug)]
pub(crate) struct Entry {
    pub(crate) key: String,
    pub(crate) key_place: Place,
    pub(crate) node: Node,
}

/// Why a text is no TOML.
#[derive(Debug)]
pub(crate) struct SyntaxFault {
    pub(crate) place: Place,
    pub(crate) reason: String,
}

/// Reads a whole file; only its first fault of syntax is told, since the next ones usually follow from it.
pub(crate) fn parse(file: u32, text: &str) -> Result<Node, SyntaxFault> {
    match DeTable::parse(text) {
        Ok(table) => {
            let place = place_of(file, &(0..0));
            Ok(Node { place, value: table_of(file, table.into_inner()) })
        }
        Err(error) => {
            let place = place_of(file, &error.span().unwrap_or(0..0));
            let reason = error.message().lines().collect::<Vec<_>>().join(", ");
            Err(SyntaxFault { place, reason })
        }
    }
}

fn place_of(file: u32, span: &Range<usize>) -> Place {
    let offset = |at: usize| u32::try_from(at).expect("a file of a book is far below 4 GiB");
    Place { file, start: offset(span.start), end: offset(span.end) }
}

fn node_of(file: u32, value: Spanned<DeValue<'_>>) -> Node {
    let place = place_of(file, &value.span());
    let value = match value.into_inner() {
        DeValue::String(text) => Value::Text(text.into_owned()),
        DeValue::Integer(number) => Value::Integer(number.to_string()),
        DeValue::Float(number) => Value::Float(number.to_string()),
        DeValue::Boolean(value) => Value::Boolean(value),
        DeValue::Datetime(moment) => Value::Moment(moment.to_string()),
        DeValue::Array(list) => Value::List(list.into_iter().map(|item| node_of(file, item)).collect()),
        DeValue::Table(table) => table_of(file, table),
    };
    Node { place, value }
}

fn table_of(file: u32, table: DeTable<'_>) -> Value {
    let mut entries: Vec<Entry> = table
        .into_iter()
        .map(|(key, value)| Entry {
            key_place: place_of(file, &key.span()),
            key: key.into_inner().into_owned(),
            node: node_of(file, value),
        })
        .collect();
    entries.sort_by_key(|entry| entry.key_place);
    Value::Table(entries)
}

/// The place of a character of a text, given by line and column (from 1) of what the text *means*: quotes and escapes
/// of its written form are passed over.
pub(crate) fn place_within(written: &str, place: Place, line: u32, column: u32) -> Place {
    let (mut at_line, mut at_column) = (1, 1);
    let mut at = written.len();
    for (offset, character) in characters(written) {
        at = offset;
        if character.is_none() || (at_line, at_column) == (line, column) {
            break;
        }
        if character == Some('\n') {
            (at_line, at_column) = (at_line + 1, 1);
        } else {
            at_column += 1;
        }
    }
    let start = place.start.saturating_add(u32::try_from(at).unwrap_or(u32::MAX)).min(place.end);
    Place { start, ..place }
}

/// The characters that a written TOML text means, each with its byte offset; last the offset of the closing quotes.
fn characters(written: &str) -> Vec<(usize, Option<char>)> {
    let quote = if written.starts_with('\'') { "'" } else { "\"" };
    let is_long = written.len() >= 6 && written.starts_with(&quote.repeat(3));
    let quotes = if is_long { 3 } else { 1 };
    let end = written.len().saturating_sub(quotes).max(quotes.min(written.len()));
    let mut at = quotes.min(written.len());
    if is_long {
        let rest = &written[at..];
        at += if rest.starts_with("\r\n") { 2 } else { usize::from(rest.starts_with('\n')) };
    }
    let mut found = Vec::new();
    while at < end {
        let Some(first) = written[at..].chars().next() else { break };
        let (character, length) =
            if first == '\\' && quote == "\"" { escaped(&written[at..end]) } else { (Some(first), first.len_utf8()) };
        if let Some(character) = character {
            found.push((at, Some(character)));
        }
        at += length;
    }
    found.push((end, None));
    found
}

/// What an escape means and how many bytes it has; a line that is continued means nothing.
fn escaped(rest: &str) -> (Option<char>, usize) {
    let hexadecimal = |digits: usize| {
        let code = rest.get(2..2 + digits).and_then(|code| u32::from_str_radix(code, 16).ok());
        (Some(code.and_then(char::from_u32).unwrap_or('?')), (2 + digits).min(rest.len()))
    };
    match rest[1..].chars().next() {
        Some('u') => hexadecimal(4),
        Some('U') => hexadecimal(8),
        Some('x') => hexadecimal(2),
        Some('n') => (Some('\n'), 2),
        Some(blank) if blank.is_ascii_whitespace() => (None, rest.len() - rest[1..].trim_start().len()),
        Some(other) => (Some(other), 1 + other.len_utf8()),
        None => (None, 1),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(written: &str, line: u32, column: u32, expected: &str) {
        let end = u32::try_from(written.len()).unwrap();
        let place = place_within(written, Place { file: 0, start: 0, end }, line, column);
        assert_eq!(&written[place.start as usize..], expected, "{written} {line}:{column}");
    }

    #[test]
    fn places_pass_over_quotes_and_escapes() {
        check("\"a + b\"", 1, 5, "b\"");
        check("'a + b'", 1, 1, "a + b'");
        check("\"\\\"a\\\" + b\"", 1, 7, "b\"");
        check("\"\\uac00 + b\"", 1, 5, "b\"");
        check("\"a +\\n b\"", 2, 2, "b\"");
        check("\"\"\"\na +\n  b\"\"\"", 2, 3, "b\"\"\"");
        check("\"\"\"a \\\n   + b\"\"\"", 1, 5, "b\"\"\"");
        check("'''\r\na\r\nb'''", 2, 1, "b'''");
        check("\"a\"", 1, 9, "\"");
        check("\"\"", 1, 1, "\"");
    }
}
