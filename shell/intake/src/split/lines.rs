//! Records that are lines: JSON Lines, whitespace tables, and delimited tables, whose quoted fields may hold line ends.
//!
//! A quote has meaning only where a field begins; any other is a character like the rest, so that one stray quote does
//! not swallow the rows behind it.

use super::Cut;
use crate::adapter::{Format, Header};
use crate::delimited;
use crate::encoding::readable;
use crate::split::Chunk;
use memchr::{memchr_iter, memchr2_iter};
use std::sync::Arc;

pub(super) struct LineCutter {
    /// The delimiter, where quoted fields may hold line ends.
    quotes: Option<u8>,
    skip_lines: u32,
    wants_header: bool,
    columns: Option<Arc<[Box<str>]>>,
    in_quotes: bool,
    /// The last byte that was looked at closed a quoted field, or is the first half of a doubled quote.
    after_close: bool,
}

impl LineCutter {
    pub(super) fn new(format: &Format) -> Self {
        let (quotes, header) = match format {
            Format::Delimited { delimiter, header } => (Some(*delimiter), Some(header)),
            Format::Whitespace { header } => (None, Some(header)),
            Format::Json { .. } | Format::JsonLines => (None, None),
        };
        let (columns, skip_lines) = match header {
            Some(Header::Named { columns, skip_lines }) => (Some(columns.as_slice().into()), *skip_lines),
            _ => (None, 0),
        };
        let wants_header = header == Some(&Header::FirstLine);
        Self { quotes, skip_lines, wants_header, columns, in_quotes: false, after_close: false }
    }

    pub(super) fn columns(&self) -> Option<Arc<[Box<str>]>> {
        self.columns.clone()
    }

    /// Looks at the bytes from `cut.at` on, until all are looked at or the chunk is full.
    pub(super) fn scan(&mut self, cut: &mut Cut, out: &mut Chunk) {
        // The bytes are lent out of the chunk while its lists grow.
        let bytes = std::mem::take(&mut out.bytes);
        match self.quotes {
            Some(delimiter) => self.scan_quoted(&bytes, delimiter, cut, out),
            None => self.scan_plain(&bytes, cut, out),
        }
        out.bytes = bytes;
    }

    fn scan_plain(&mut self, bytes: &[u8], cut: &mut Cut, out: &mut Chunk) {
        let base = cut.at;
        for place in memchr_iter(b'\n', &bytes[base..]) {
            self.end_line(bytes, base + place, cut, out);
            if cut.is_full(out) {
                cut.at = base + place + 1;
                return;
            }
        }
        cut.at = bytes.len();
    }

    fn scan_quoted(&mut self, bytes: &[u8], delimiter: u8, cut: &mut Cut, out: &mut Chunk) {
        let base = cut.at;
        let mut closed_at = if self.after_close { base.wrapping_sub(1) } else { usize::MAX };
        for place in memchr2_iter(b'"', b'\n', &bytes[base..]).map(|place| base + place) {
            if bytes[place] == b'"' {
                let before = place.wrapping_sub(1);
                if self.in_quotes {
                    (self.in_quotes, closed_at) = (false, place);
                } else if closed_at == before || place == cut.start || bytes[before] == delimiter {
                    self.in_quotes = true;
                }
            } else if self.in_quotes {
                cut.line += 1;
            } else {
                self.end_line(bytes, place, cut, out);
                if cut.is_full(out) {
                    (cut.at, self.after_close) = (place + 1, false);
                    return;
                }
            }
        }
        cut.at = bytes.len();
        self.after_close = closed_at != usize::MAX && closed_at + 1 == cut.at;
    }

    /// A line ends before `place`.
    #[inline]
    fn end_line(&mut self, bytes: &[u8], place: usize, cut: &mut Cut, out: &mut Chunk) {
        cut.line += 1;
        let next = (place + 1).min(bytes.len());
        let line = &bytes[cut.start..place];
        let line = line.strip_suffix(b"\r").unwrap_or(line);
        let to = cut.start + line.len();
        if self.is_no_record(line, cut, cut.is_long(to)) {
            return cut.skip(next);
        }
        cut.close(bytes, out, to, next);
    }

    /// Whether a line is blank, to be skipped, or the header (which is taken).
    #[inline]
    fn is_no_record(&mut self, line: &[u8], cut: &Cut, is_long: bool) -> bool {
        if self.skip_lines > 0 {
            self.skip_lines -= 1;
            return true;
        }
        if is_long {
            // Where it was the header, no column has a name.
            self.columns = if std::mem::take(&mut self.wants_header) { Some([].into()) } else { self.columns.take() };
            return false;
        }
        let Some(&first) = line.first() else { return true };
        if first <= b' ' && self.quotes.is_none() && line.trim_ascii().is_empty() {
            return true;
        }
        if self.wants_header {
            self.take_header(line, cut);
            return true;
        }
        false
    }

    #[cold]
    fn take_header(&mut self, line: &[u8], cut: &Cut) {
        self.wants_header = false;
        let text = readable(line, cut.encoding);
        let mut scratch = String::new();
        let mut cells = Vec::new();
        match self.quotes {
            Some(delimiter) => {
                // What follows a misplaced quote in a header is not found by any row, which says so.
                let _ = delimited::fields(&text, delimiter, &mut scratch, |_, cell| cells.push(cell));
            }
            None => {
                delimited::runs(&text, |_, cell| cells.push(cell));
            }
        }
        let row = crate::cell::Cells { row: &text, scratch: &scratch, cells: &cells };
        self.columns = Some(cells.iter().map(|&cell| row.text(cell).trim().into()).collect());
    }

    /// The input has ended after a whole line or in the last one.
    pub(super) fn finish(&mut self, cut: &mut Cut, out: &mut Chunk) {
        if self.in_quotes {
            return cut.fault_rest(out, "the file ends inside a quoted field");
        }
        if cut.start < out.bytes.len() {
            let bytes = std::mem::take(&mut out.bytes);
            self.end_line(&bytes, bytes.len(), cut, out);
            out.bytes = bytes;
        }
    }
}
