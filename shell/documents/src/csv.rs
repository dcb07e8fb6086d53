//! How rows of CSV are written: commas, lines that end in `\n`, quotes only where a text needs them.

/// For whom a CSV file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Csv {
    /// For programs: exactly the texts as they are.
    Plain,
    /// For Excel: a byte-order mark, so that it reads UTF-8, and an apostrophe before foreign texts that it would take
    /// for a formula.
    Excel,
}

impl Csv {
    /// Begins a file with its columns.
    pub(crate) fn header(self, out: &mut Vec<u8>, columns: &str) {
        if self == Self::Excel {
            out.extend_from_slice("\u{feff}".as_bytes());
        }
        out.extend_from_slice(columns.as_bytes());
        out.push(b'\n');
    }

    /// Appends a text that came with an event: the world may have put a formula into it.
    #[inline]
    pub(crate) fn foreign(self, out: &mut Vec<u8>, text: &str) {
        let is_formula = matches!(text.as_bytes().first(), Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r'));
        if self == Self::Excel && is_formula {
            return quote(out, "'", text);
        }
        field(out, text);
    }
}

/// Appends a text, in quotes where it needs them.
#[inline]
pub(crate) fn field(out: &mut Vec<u8>, text: &str) {
    if text.bytes().any(needs_quotes) {
        return quote(out, "", text);
    }
    out.extend_from_slice(text.as_bytes());
}

#[inline]
const fn needs_quotes(byte: u8) -> bool {
    matches!(byte, b',' | b'"' | b'\n' | b'\r')
}

#[cold]
fn quote(out: &mut Vec<u8>, before: &str, text: &str) {
    out.push(b'"');
    out.extend_from_slice(before.as_bytes());
    for byte in text.bytes() {
        if byte == b'"' {
            out.push(b'"');
        }
        out.push(byte);
    }
    out.push(b'"');
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, plain: &str, excel: &str) {
        for (csv, expected) in [(Csv::Plain, plain), (Csv::Excel, excel)] {
            let mut out = Vec::new();
            csv.foreign(&mut out, text);
            assert_eq!(String::from_utf8(out).unwrap(), expected, "{csv:?}");
        }
    }

    #[test]
    fn a_text_is_quoted_where_it_needs_it() {
        check("", "", "");
        check("trip 17", "trip 17", "trip 17");
        check("a,b", "\"a,b\"", "\"a,b\"");
        check("5\" pipe\n", "\"5\"\" pipe\n\"", "\"5\"\" pipe\n\"");
        check("정산", "정산", "정산");
    }

    #[test]
    fn excel_is_not_given_formulas() {
        check("=1+1", "=1+1", "\"'=1+1\"");
        check("-12.50", "-12.50", "\"'-12.50\"");
        check("@SUM(A1,A2)", "\"@SUM(A1,A2)\"", "\"'@SUM(A1,A2)\"");
        check("a=1", "a=1", "a=1");
    }
}
