//! Text in aligned columns, where a Hangul or Han character takes two.

/// A table of texts: every row has as many cells as there are sides.
pub(crate) struct Columns<'a> {
    /// For each column whether it is aligned to the right.
    pub(crate) right: &'a [bool],
    /// Rows of cells, each with remarks that stand below it.
    pub(crate) rows: Vec<(Vec<String>, Vec<String>)>,
}

impl Columns<'_> {
    /// Appends the rows, each indented by one space, columns two spaces apart.
    pub(crate) fn write(&self, out: &mut String) {
        let width_of = |column: usize| self.rows.iter().map(|row| width(&row.0[column])).max().unwrap_or(0);
        let widths: Vec<usize> = (0..self.right.len()).map(width_of).collect();
        for (cells, remarks) in &self.rows {
            let from = out.len();
            for (column, cell) in cells.iter().enumerate() {
                if widths[column] == 0 {
                    continue;
                }
                let missing = widths[column] - width(cell);
                spaces(out, if column == 0 { 1 } else { 2 });
                spaces(out, if self.right[column] { missing } else { 0 });
                out.push_str(cell);
                spaces(out, if self.right[column] { 0 } else { missing });
            }
            out.truncate(from + out[from..].trim_end().len());
            out.push('\n');
            for remark in remarks {
                spaces(out, widths[0] + 3);
                out.push_str(remark);
                out.push('\n');
            }
        }
    }
}

fn spaces(out: &mut String, count: usize) {
    out.extend(std::iter::repeat_n(' ', count));
}

/// How many columns of a terminal a text takes.
pub(crate) fn width(text: &str) -> usize {
    text.chars().map(|character| if is_combining(character) { 0 } else { 1 + usize::from(is_wide(character)) }).sum()
}

/// The scripts that Unicode calls wide (East Asian Width W and F), as whole blocks.
const fn is_wide(character: char) -> bool {
    matches!(character,
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{303e}' | '\u{3041}'..='\u{33ff}' | '\u{3400}'..='\u{4dbf}'
        | '\u{4e00}'..='\u{9fff}' | '\u{a000}'..='\u{a4cf}' | '\u{a960}'..='\u{a97f}' | '\u{ac00}'..='\u{d7a3}'
        | '\u{f900}'..='\u{faff}' | '\u{fe30}'..='\u{fe6f}' | '\u{ff01}'..='\u{ff60}' | '\u{ffe0}'..='\u{ffe6}'
        | '\u{1f300}'..='\u{1f64f}' | '\u{1f900}'..='\u{1f9ff}' | '\u{20000}'..='\u{3fffd}')
}

/// Marks on the character before them, the vowels and finals of decomposed Hangul among them.
const fn is_combining(character: char) -> bool {
    matches!(character, '\u{0300}'..='\u{036f}' | '\u{1160}'..='\u{11ff}' | '\u{200b}'..='\u{200d}' | '\u{fe00}'..='\u{fe0f}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hangul_syllable_takes_two_columns() {
        for (text, expected) in
            [("", 0), ("abc", 3), ("정산서", 6), ("정산 A1", 7), ("\u{1112}\u{1161}\u{11ab}", 2), ("e\u{301}", 1)]
        {
            assert_eq!(width(text), expected, "{text}");
        }
    }
}
