//! Explains a row that was no event, from what `settle` wrote of it.

use crate::failure::Failure;
use std::path::Path;

/// A row that was no event stands in `exceptions.csv` only; it is found by its id, or as `file:line`.
pub(super) fn refused_row(folder: &Path, what: &str) -> Result<Option<Vec<String>>, Failure> {
    let path = folder.join("exceptions.csv");
    let text = std::fs::read_to_string(&path).map_err(Failure::world("reading", &path))?;
    let rows = records(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let Some((header, rows)) = rows.split_first() else { return Ok(None) };
    let is_it = |row: &&Vec<String>| match &row[..] {
        [file, line, _, event, ..] => !what.is_empty() && event == what || format!("{file}:{line}") == what,
        _ => false,
    };
    let mut lines = Vec::new();
    for row in rows.iter().filter(is_it) {
        let told = header.iter().zip(row).filter(|(_, value)| !value.is_empty());
        lines.extend(told.map(|(column, value)| format!("{column} = {value}")));
    }
    Ok((!lines.is_empty()).then_some(lines))
}

/// The rows of a CSV file that `settle` wrote, header included.
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn records_are_read_as_they_were_written() {
        let rows = records("a,b\n\"1,\"\"2\"\"\n3\",\n");
        assert_eq!(rows, [["a", "b"], ["1,\"2\"\n3", ""]]);
    }
}
