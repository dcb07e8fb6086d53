//! Rows of comma-separated tables that are no events, such as published rates: cell by cell, each with its place.
//!
//! The same reading of quotes as for events. One pass, Θ(length).

use crate::cell::{CellKind, Cells};
use crate::delimited::fields;

/// One cell of a row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TableCell {
    /// Its text, without quotes and blanks around it.
    pub text: Box<str>,
    /// Byte of the row at which it begins, from 0; for a cell in quotes the byte behind the first one.
    pub at: usize,
}

/// The cells of a row without its line end.
///
/// # Errors
/// The byte of the row from which on it is no row: a quote that is not closed, or text behind a closing quote.
pub fn cells_of_row(row: &str, delimiter: u8) -> Result<Vec<TableCell>, usize> {
    let (mut scratch, mut cells) = (String::new(), Vec::new());
    fields(row, delimiter, &mut scratch, |_, cell| cells.push(cell)).map_err(|malformed| malformed.at)?;
    let of_row = Cells { row, scratch: &scratch, cells: &cells };
    let mut found = Vec::with_capacity(cells.len());
    let mut end = 0;
    for cell in &cells {
        let text = of_row.text(*cell);
        // A cell that was written anew has no place of its own: it stands behind the cell before it.
        let from = if cell.kind == CellKind::ScratchText { end } else { cell.from as usize };
        end = from + text.len();
        let blanks = text.len() - text.trim_start().len();
        found.push(TableCell { text: text.trim().into(), at: from + blanks });
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(row: &str, expected: Result<&[(&str, usize)], usize>) {
        let found = cells_of_row(row, b',');
        let shown = found.map(|cells| cells.iter().map(|cell| (cell.text.to_string(), cell.at)).collect::<Vec<_>>());
        let expected = expected.map(|cells| cells.iter().map(|&(text, at)| (text.to_owned(), at)).collect());
        assert_eq!(shown, expected, "{row}");
    }

    #[test]
    fn cells_stand_at_their_places() {
        check("Date,USD,", Ok(&[("Date", 0), ("USD", 5), ("", 9)]));
        check("a, 1 ,\"b,c\",1", Ok(&[("a", 0), ("1", 3), ("b,c", 7), ("1", 12)]));
        check("", Ok(&[("", 0)]));
        check("a,\"b", Err(4));
        check("a,\"b\"c", Err(5));
    }
}
