//! Rows of delimited and whitespace tables to cells.
//!
//! One pass, Θ(length). A row without a quote, the usual one, is cut at its delimiters; only a row with quotes is read
//! with care. As in the splitter, a quote has meaning only where a field begins.

use crate::cell::{Cell, CellKind, Malformed};
use memchr::{memchr, memchr_iter};

/// Gives each field of a delimited row to `visit`, with its position; the number of fields.
pub(crate) fn fields(
    row: &str,
    delimiter: u8,
    scratch: &mut String,
    mut visit: impl FnMut(usize, Cell),
) -> Result<usize, Malformed> {
    let bytes = row.as_bytes();
    if memchr(b'"', bytes).is_some() {
        return quoted_fields(row, delimiter, scratch, visit);
    }
    let (mut from, mut position) = (0, 0);
    for place in memchr_iter(delimiter, bytes) {
        visit(position, Cell::new(CellKind::Text, from, place));
        (from, position) = (place + 1, position + 1);
    }
    visit(position, Cell::new(CellKind::Text, from, bytes.len()));
    Ok(position + 1)
}

fn quoted_fields(
    row: &str,
    delimiter: u8,
    scratch: &mut String,
    mut visit: impl FnMut(usize, Cell),
) -> Result<usize, Malformed> {
    let bytes = row.as_bytes();
    let (mut from, mut position) = (0, 0);
    loop {
        let end = if bytes.get(from) == Some(&b'"') {
            let (cell, end) = quoted_field(row, from + 1, scratch)?;
            if end < bytes.len() && bytes[end] != delimiter {
                return Err(Malformed { at: end, expected: "a delimiter after the closing quote" });
            }
            visit(position, cell);
            end
        } else {
            let end = memchr(delimiter, &bytes[from..]).map_or(bytes.len(), |length| from + length);
            visit(position, Cell::new(CellKind::Text, from, end));
            end
        };
        position += 1;
        if end == bytes.len() {
            return Ok(position);
        }
        from = end + 1;
    }
}

/// The field whose opening quote stands before `from`, and the place behind its closing quote.
fn quoted_field(row: &str, from: usize, scratch: &mut String) -> Result<(Cell, usize), Malformed> {
    let bytes = row.as_bytes();
    let scratch_from = scratch.len();
    let (mut piece, mut doubled) = (from, false);
    loop {
        let Some(quote) = memchr(b'"', &bytes[piece..]).map(|length| piece + length) else {
            return Err(Malformed { at: bytes.len(), expected: "a closing quote" });
        };
        if bytes.get(quote + 1) != Some(&b'"') {
            if !doubled {
                return Ok((Cell::new(CellKind::Text, from, quote), quote + 1));
            }
            scratch.push_str(&row[piece..quote]);
            return Ok((Cell::new(CellKind::ScratchText, scratch_from, scratch.len()), quote + 1));
        }
        doubled = true;
        scratch.push_str(&row[piece..=quote]);
        piece = quote + 2;
    }
}

/// Gives each run of visible characters to `visit`, with its position; the number of runs.
pub(crate) fn runs(row: &str, mut visit: impl FnMut(usize, Cell)) -> usize {
    let bytes = row.as_bytes();
    let is_blank = |byte: &u8| matches!(byte, b' ' | b'\t' | b'\r');
    let (mut at, mut position) = (0, 0);
    loop {
        at += bytes[at..].iter().take_while(|byte| is_blank(byte)).count();
        if at == bytes.len() {
            return position;
        }
        let length = bytes[at..].iter().take_while(|byte| !is_blank(byte)).count();
        visit(position, Cell::new(CellKind::Text, at, at + length));
        (at, position) = (at + length, position + 1);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::cell::Cells;
    use proptest::prelude::*;

    fn texts(row: &str) -> Option<Vec<String>> {
        let (mut scratch, mut cells) = (String::new(), Vec::new());
        fields(row, b',', &mut scratch, |position, cell| {
            assert_eq!(position, cells.len(), "fields come in order");
            cells.push(cell);
        })
        .ok()?;
        let found = Cells { row, scratch: &scratch, cells: &cells };
        Some(cells.iter().map(|cell| found.text(*cell).to_owned()).collect())
    }

    proptest! {
        #[test]
        fn fields_are_what_another_reader_finds(row in "[a한\", \n]{1,20}") {
            // The other reader takes a line end outside quotes for the end of the row, and lets broken quotes pass.
            if let Some(found) = texts(&row) {
                let mut reader = csv::ReaderBuilder::new().has_headers(false).terminator(csv::Terminator::Any(0)).from_reader(row.as_bytes());
                let expected = reader.records().next().expect("a row").expect("UTF-8");
                prop_assert_eq!(found, expected.iter().map(str::to_owned).collect::<Vec<_>>());
            }
        }
    }
}
