//! Bytes of evidence: exceptions, and rows that were taken back.
//!
//! An exception of a refused row, or of what intake refused, refers to it. The sentence that says what a code means is not
//! written: whoever reads gets that of his own release.

use super::Fault;
use super::packed::Packer;
use super::plain::{Coded, Reader, choice, record};
use engine::{Decisions, Exception, Outcome, Withdrawn};
use event::{Code, Columns, Refusal};

record!(Exception { file, line, source, id, code, column, value, detail, outside });
record!(Withdrawn { source, id });

/// An exception as it is written.
#[derive(Clone, Debug)]
enum Evidence {
    /// As it stands.
    Plain(Exception),
    /// Of a row of the batch, with the sentence of its code.
    Row { row: u32, code: Code, column: Box<str>, value: Box<str> },
    /// Of something that intake refused, by position.
    Refused { position: u32 },
}

choice!(Evidence { 0 => Plain(exception), 1 => Row { row, code, column, value }, 2 => Refused { position } });

/// The code with a number at rest.
pub(super) fn code_of(number: u8) -> Option<Code> {
    Code::read(&mut Reader::new(super::Section::Decisions, &[number])).ok()
}

/// Appends the evidence of decisions, behind its length.
pub(super) fn write(packer: &mut Packer<'_>, batch: &Columns, decisions: &Decisions) {
    let start = packer.out.len();
    packer.out.extend_from_slice(&[0; 4]);
    let mut refused = (decisions.rows.start..batch.len()).zip(&decisions.outcomes).filter_map(|(row, outcome)| {
        let held = matches!(outcome, Outcome::Refused(_) | Outcome::Waits);
        held.then_some(row)
    });
    let mut next_row = refused.next();
    let mut refusals = (0_u32..).zip(&batch.refused).peekable();
    super::plain::put_count(packer.out, decisions.exceptions.len());
    for exception in &decisions.exceptions {
        while next_row.is_some_and(|row| batch.line[row] < exception.line && exception.file == batch.file) {
            next_row = refused.next();
        }
        if let Some(row) = next_row.filter(|&row| is_of_row(batch, row, exception)) {
            let (column, value) = (exception.column.clone(), exception.value.clone());
            Evidence::Row { row: row as u32, code: exception.code, column, value }.write(packer.out);
            next_row = refused.next();
            continue;
        }
        while refusals.next_if(|(_, refusal)| refusal.line < exception.line).is_some() {}
        let refusal = refusals.next_if(|(_, refusal)| is_of_refusal(batch, refusal, exception));
        match refusal {
            Some((position, _)) => Evidence::Refused { position }.write(packer.out),
            None => Evidence::Plain(exception.clone()).write(packer.out),
        }
    }
    decisions.withdrawn.write(packer.out);
    let length = u32::try_from(packer.out.len() - start - 4).expect("the evidence of a batch fits 4 GiB");
    packer.out[start..start + 4].copy_from_slice(&length.to_le_bytes());
}

/// Takes evidence off.
pub(super) fn read(from: &mut Reader<'_>, batch: &Columns, decisions: &mut Decisions) -> Result<(), Fault> {
    let left = length(from)?;
    for _ in 0..from.count()? {
        let exception = match Evidence::read(from)? {
            Evidence::Plain(exception) => Some(exception),
            Evidence::Row { row, code, column, value } => of_row(batch, row as usize, code, column, value),
            Evidence::Refused { position } => batch.refused.get(position as usize).map(|one| of_refusal(batch, one)),
        };
        decisions.exceptions.push(exception.ok_or_else(|| from.fault("an exception has no row"))?);
    }
    decisions.withdrawn = Coded::read(from)?;
    if from.left() == left { Ok(()) } else { Err(from.fault("evidence does not end where it should")) }
}

/// Passes over evidence.
pub(super) fn pass(from: &mut Reader<'_>) -> Result<(), Fault> {
    let left = length(from)?;
    from.bytes(from.left() - left).map(drop)
}

/// How many bytes of the section stand behind the evidence that begins here.
fn length(from: &mut Reader<'_>) -> Result<usize, Fault> {
    let length = u32::from_le_bytes(from.array()?) as usize;
    from.left().checked_sub(length).ok_or_else(|| from.fault("evidence passes what is there"))
}

fn of_row(batch: &Columns, row: usize, code: Code, column: Box<str>, value: Box<str>) -> Option<Exception> {
    Some(Exception {
        file: batch.file,
        line: *batch.line.get(row)?,
        source: Some(batch.source[row]),
        id: batch.id.text(row).into(),
        code,
        column,
        value,
        detail: code.meaning().into(),
        outside: false,
    })
}

fn is_of_row(batch: &Columns, row: usize, exception: &Exception) -> bool {
    exception.file == batch.file
        && exception.line == batch.line[row]
        && exception.source == Some(batch.source[row])
        && *exception.id == *batch.id.text(row)
        && *exception.detail == *exception.code.meaning()
        && !exception.outside
}

fn of_refusal(batch: &Columns, refusal: &Refusal) -> Exception {
    let Refusal { line, code, source, id, column, value, detail, outside, .. } = refusal.clone();
    Exception { file: batch.file, line, source, id, code, column, value, detail, outside }
}

fn is_of_refusal(batch: &Columns, refusal: &Refusal, exception: &Exception) -> bool {
    exception.line == refusal.line && of_refusal(batch, refusal) == *exception
}
