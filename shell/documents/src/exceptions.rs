//! `exceptions.csv`: one row for each event or record that is not counted, with the evidence.

use crate::Csv;
use crate::csv::field;
use event::{Code, Disposition};

/// The columns of `exceptions.csv`, version 1.
const COLUMNS: &str = "file,line,source,event,stage,code,disposition,column,value,detail";

/// One exception. Texts that are not known are empty.
#[derive(Clone, Copy, Debug)]
pub struct ExceptionRow<'a> {
    /// Name of the file.
    pub file: &'a str,
    /// Line of the file, or number of the record, from 1.
    pub line: u64,
    /// Id of the source.
    pub source: &'a str,
    /// Id of the event.
    pub event: &'a str,
    /// Why; it gives stage and disposition too.
    pub code: Code,
    /// Whether it is an outside record: then its disposition is `outside`, since it is none of the events.
    pub outside: bool,
    /// Column, field or check that is at fault.
    pub column: &'a str,
    /// The value at fault.
    pub value: &'a str,
    /// What was expected; for a failed check the difference.
    pub detail: &'a str,
}

/// Appends the line of columns.
pub fn exceptions_header(out: &mut Vec<u8>, csv: Csv) {
    csv.header(out, COLUMNS);
}

/// Appends a row.
pub fn exception_row(out: &mut Vec<u8>, row: &ExceptionRow<'_>, csv: Csv) {
    let disposition = if row.outside { "outside" } else { disposition_name(row.code.disposition()) };
    csv.foreign(out, row.file);
    out.push(b',');
    out.extend_from_slice(itoa::Buffer::new().format(row.line).as_bytes());
    out.push(b',');
    field(out, row.source);
    out.push(b',');
    csv.foreign(out, row.event);
    for name in [row.code.stage().name(), row.code.name(), disposition] {
        out.push(b',');
        out.extend_from_slice(name.as_bytes());
    }
    for text in [row.column, row.value, row.detail] {
        out.push(b',');
        csv.foreign(out, text);
    }
    out.push(b'\n');
}

const fn disposition_name(disposition: Disposition) -> &'static str {
    match disposition {
        Disposition::Rejected => "rejected",
        Disposition::Held => "held",
        Disposition::Duplicate => "duplicate",
        Disposition::Conflict => "conflict",
        Disposition::Refused => "refused",
    }
}
