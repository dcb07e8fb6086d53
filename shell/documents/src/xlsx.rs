//! A statement as a workbook: worksheet `statement` for reading, worksheet `arithmetic` for checking.
//!
//! The same statement gives the same bytes: the only clock in a workbook is its creation date, which is fixed. Excel
//! computes with 15 digits, so an amount with more is written as text and stays exact. The zip is compressed at the
//! lowest level: a statement is small and a run has thousands.

use crate::amount::amount;
use crate::lang::Lang;
use crate::names::Names;
use crate::page::{Item, Page};
use close::Statement;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, FormatAlign, Workbook, Worksheet, XlsxError};
use std::borrow::Cow;
use std::fmt;

/// The smallest magnitude in whole units that Excel cannot hold as a number: 16 digits.
const EXCEL_BOUND: u128 = 1_000_000_000_000_000;

/// Widths of the columns of both worksheets, in characters.
const STATEMENT_WIDTHS: [u16; 7] = [18, 28, 28, 16, 16, 12, 20];
const ARITHMETIC_WIDTHS: [u16; 5] = [6, 28, 20, 20, 80];

/// The longest text of a cell is 32,767 characters for Excel; a longer one is cut here and whole in `statements.json`.
const CELL_CHARS_MAX: usize = 32_000;

/// A workbook could not be written: a bound of Excel, i.e. more than 1,048,576 rows.
#[derive(Debug)]
pub struct XlsxFault(XlsxError);

impl fmt::Display for XlsxFault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("the statement does not fit an Excel workbook")
    }
}

impl std::error::Error for XlsxFault {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        Some(&self.0)
    }
}

impl From<XlsxError> for XlsxFault {
    fn from(fault: XlsxError) -> Self {
        Self(fault)
    }
}

/// The workbook of a statement.
///
/// # Errors
/// [`XlsxFault`] where the statement is larger than Excel allows.
pub fn statement_xlsx(statement: &Statement, names: &Names<'_>, lang: Lang) -> Result<Vec<u8>, XlsxFault> {
    let page = Page::new(statement, names, lang);
    let formats = Formats::new(page.digits);
    let mut workbook = Workbook::new();
    let created_at = ExcelDateTime::from_ymd(2000, 1, 1)?;
    workbook.set_properties(&DocProperties::new().set_creation_datetime(&created_at));
    workbook.set_zip_compression_level(1);
    write_statement(workbook.add_worksheet(), &page, &formats)?;
    write_arithmetic(workbook.add_worksheet(), &page, &formats)?;
    Ok(workbook.save_to_buffer()?)
}

/// How cells look.
struct Formats {
    bold: Format,
    amount: Format,
    /// An amount that is text, and the head of a column of amounts.
    right: Format,
}

impl Formats {
    fn new(digits: u8) -> Self {
        let fraction = if digits == 0 { String::new() } else { format!(".{}", "0".repeat(usize::from(digits))) };
        Self {
            bold: Format::new().set_bold(),
            amount: Format::new().set_num_format(format!("#,##0{fraction}")),
            right: Format::new().set_align(FormatAlign::Right),
        }
    }
}

fn write_statement(sheet: &mut Worksheet, page: &Page<'_>, formats: &Formats) -> Result<(), XlsxError> {
    let labels = page.labels;
    begin(sheet, "statement", &STATEMENT_WIDTHS)?;
    sheet.write_with_format(0, 0, labels.statement, &formats.bold)?;
    let mut row = 1;
    for (label, fact) in &page.facts {
        sheet.write(row, 0, *label)?;
        sheet.write(row, 1, fact.as_str())?;
        row += 1;
    }
    row += 1;
    let heads =
        [labels.number, labels.item, labels.dimensions, labels.debtor, labels.creditor, labels.adjusts, labels.amount];
    write_heads(sheet, row, &heads, formats)?;
    for (number, item) in (1..).zip(&page.items) {
        row += 1;
        write_item(sheet, row, number, item, page.digits, formats)?;
    }
    row += 2;
    let included = page.vat_included.map(|sum| (labels.vat_included, sum));
    let sums = page.subtotals.iter().map(|(label, sum)| (&**label, *sum));
    for (label, sum) in sums.chain([(labels.total, page.total)]).chain(included) {
        sheet.write_with_format(row, 1, label, &formats.bold)?;
        write_amount(sheet, (row, 6), sum, page.digits, formats)?;
        row += 1;
    }
    sheet.write(row, 1, page.direction.as_str())?;
    row += 2;
    for (name, sum) in &page.measures {
        sheet.write(row, 1, &**name)?;
        sheet.write_with_format(row, 6, sum.as_str(), &formats.right)?;
        row += 1;
    }
    write_sections(sheet, row + 1, page, formats)
}

/// What is carried, what would be paid, and what should be noticed.
fn write_sections(sheet: &mut Worksheet, mut row: u32, page: &Page<'_>, formats: &Formats) -> Result<(), XlsxError> {
    if !page.carried.is_empty() {
        sheet.write_with_format(row, 0, page.labels.carried, &formats.bold)?;
        for (column, head) in (1..).zip(page.labels.carried_heads) {
            sheet.write_with_format(row, column, head, &formats.bold)?;
        }
        for cells in &page.carried {
            row += 1;
            for (column, cell) in (1..).zip(cells) {
                sheet.write(row, column, cut(cell))?;
            }
        }
        row += 2;
    }
    for (title, lines) in [(page.labels.payout, &page.payout), (page.labels.notices, &page.notices)] {
        for (position, line) in lines.iter().enumerate() {
            if position == 0 {
                sheet.write_with_format(row, 0, title, &formats.bold)?;
            }
            sheet.write(row, 1, cut(line))?;
            row += 1;
        }
    }
    Ok(())
}

fn write_item(
    sheet: &mut Worksheet,
    row: u32,
    number: u32,
    item: &Item<'_>,
    digits: u8,
    formats: &Formats,
) -> Result<(), XlsxError> {
    sheet.write(row, 0, number)?;
    sheet.write(row, 1, item.label.as_str())?;
    sheet.write(row, 3, item.debtor)?;
    sheet.write(row, 4, item.creditor)?;
    for (column, text) in [(2, &item.dimensions), (5, &item.adjusts)] {
        if !text.is_empty() {
            sheet.write(row, column, cut(text))?;
        }
    }
    write_amount(sheet, (row, 6), item.amount, digits, formats)
}

fn write_arithmetic(sheet: &mut Worksheet, page: &Page<'_>, formats: &Formats) -> Result<(), XlsxError> {
    let labels = page.labels;
    begin(sheet, "arithmetic", &ARITHMETIC_WIDTHS)?;
    write_heads(sheet, 0, &[labels.number, labels.item, labels.before, labels.now, labels.arithmetic], formats)?;
    let mut row = 0;
    for (number, item) in (1_u32..).zip(&page.items) {
        row += 1;
        sheet.write(row, 0, number)?;
        sheet.write(row, 1, item.label.as_str())?;
        if let Some((now, before)) = item.restated {
            write_amount(sheet, (row, 2), before, page.digits, formats)?;
            write_amount(sheet, (row, 3), now, page.digits, formats)?;
        }
        sheet.write(row, 4, cut(&item.arithmetic))?;
        for (label, arithmetic) in &item.steps {
            row += 1;
            sheet.write(row, 1, label.as_str())?;
            sheet.write(row, 4, cut(arithmetic))?;
        }
    }
    Ok(())
}

/// As much of a text as fits a cell.
fn cut(text: &str) -> Cow<'_, str> {
    match text.char_indices().nth(CELL_CHARS_MAX) {
        None => Cow::Borrowed(text),
        Some((end, _)) => Cow::Owned(format!("{} …", &text[..end])),
    }
}

fn begin(sheet: &mut Worksheet, name: &str, widths: &[u16]) -> Result<(), XlsxError> {
    sheet.set_name(name)?;
    for (column, width) in (0..).zip(widths) {
        sheet.set_column_width(column, *width)?;
    }
    Ok(())
}

fn write_heads(sheet: &mut Worksheet, row: u32, heads: &[&str], formats: &Formats) -> Result<(), XlsxError> {
    for (column, head) in (0..).zip(heads) {
        sheet.write_with_format(row, column, *head, &formats.bold)?;
    }
    Ok(())
}

/// An amount as a number where Excel holds all its digits, else as text.
fn write_amount(
    sheet: &mut Worksheet,
    (row, column): (u32, u16),
    units: i128,
    digits: u8,
    formats: &Formats,
) -> Result<(), XlsxError> {
    let text = amount(units, digits);
    match text.parse::<f64>() {
        // A worksheet knows no other number. Up to 15 digits the nearest float prints as the decimal that it is for.
        Ok(number) if units.unsigned_abs() < EXCEL_BOUND => {
            sheet.write_number_with_format(row, column, number, &formats.amount)?;
        }
        _ => {
            sheet.write_string_with_format(row, column, text, &formats.right)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_that_is_too_long_for_a_cell_is_cut() {
        let long = "가".repeat(CELL_CHARS_MAX + 1);
        assert_eq!(cut(&long).chars().count(), CELL_CHARS_MAX + 2);
        assert_eq!(cut(&long[..CELL_CHARS_MAX * 3]), &long[..CELL_CHARS_MAX * 3]);
    }
}
