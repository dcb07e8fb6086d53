//! The table of fixings beside a file of rates.
//!
//! Row by row, in any order of days. A blank cell or `N/A` is no fixing; a number is exact, above zero, below 10^9, with
//! at most [`DIGITS_MAX`] digits behind the point, so that a cross of any two of them is computed without overflow.

use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::section::Field;
use calendar::{Date, Instant};
use contract::Rates;
use intake::{TableCell, cells_of_row};
use money::{AssetId, Decimal, parse_decimal, power_of_ten};
use std::collections::BTreeMap;

/// The most digits behind the point of a fixing.
const DIGITS_MAX: u8 = 10;

/// A fixing stays below it.
const RATE_MAX: i128 = 1_000_000_000;

/// The column of days.
const DATE_COLUMN: &str = "Date";

/// A row of the table with the place where it begins.
struct Row<'a> {
    text: &'a str,
    file: u32,
    at: usize,
}

impl Row<'_> {
    fn place(&self, from: usize, length: usize) -> Place {
        let byte = |at: usize| u32::try_from(at).expect("files of a book stay below 4 GiB");
        Place { file: self.file, start: byte(self.at + from), end: byte(self.at + from + length) }
    }

    fn place_of(&self, cell: &TableCell) -> Place {
        self.place(cell.at, cell.text.len())
    }

    fn cells(&self, findings: &mut Findings) -> Option<Vec<TableCell>> {
        cells_of_row(self.text, b',')
            .map_err(|at| findings.fault(self.place(at, 0), "", FaultKind::TableRowInvalid {}))
            .ok()
    }
}

/// Fixings of an earlier definition by asset and day, with when they became known, and the moment of the load: nobody knew
/// the others before. Nothing where the rates are new.
type Known = Option<(BTreeMap<(AssetId, Date), Instant>, Instant)>;

/// Takes all fixings of the book's assets; gives the assets that have a column.
pub(super) fn read(
    field: &Field<'_>,
    rates: &mut Rates,
    (assets, known): (&Assets, Option<(&Rates, Instant)>),
    findings: &mut Findings,
) -> Option<Vec<AssetId>> {
    let name = field.filled_text(findings)?;
    let path = format!("rates/{name}");
    let position = findings.texts().iter().position(|source| source.path == path && name.ends_with(".csv"));
    let Some(position) = position else {
        field.fault(FaultKind::RatesFileMissing { file: path.into() }, findings);
        return None;
    };
    let before = findings.count();
    let text = findings.texts()[position].text.clone();
    let file = u32::try_from(position).expect("a book has fewer than 65,536 files");
    let mut rows = rows_of(&text, file);
    let header = rows.next().unwrap_or(Row { text: "", file, at: 0 });
    let columns = header.cells(findings)?;
    let quoted = assets_of(&header, &columns, assets, findings)?;
    let known: Known = known
        .map(|(known, at)| (known.fixings().map(|(asset, on, fixing)| ((asset, on), fixing.known_from)).collect(), at));
    let mut seen: BTreeMap<Date, Place> = BTreeMap::new();
    for row in rows.filter(|row| !row.text.trim().is_empty()) {
        let Some(cells) = row.cells(findings) else { continue };
        if cells.len() != columns.len() {
            let (found, wanted) = (cells.len().to_string().into(), columns.len().to_string().into());
            findings.fault(row.place(0, 0), "", FaultKind::TableRowLength { found, wanted });
            continue;
        }
        take(&row, &cells, (&quoted, &known), rates, &mut seen, findings);
    }
    (findings.count() == before).then(|| quoted.iter().flatten().copied().collect())
}

/// The lines of a text, without their ends and a byte-order mark, with their places.
fn rows_of(text: &str, file: u32) -> impl Iterator<Item = Row<'_>> {
    let mut at = 0;
    text.split_inclusive('\n').map(move |line| {
        let from = at;
        at += line.len();
        let mark = if from == 0 { line.len() - line.trim_start_matches('\u{feff}').len() } else { 0 };
        Row { text: line[mark..].trim_end_matches(['\n', '\r']), file, at: from + mark }
    })
}

/// For each column the asset of the book that it quotes.
fn assets_of(
    header: &Row<'_>,
    columns: &[TableCell],
    assets: &Assets,
    findings: &mut Findings,
) -> Option<Vec<Option<AssetId>>> {
    if columns.first().is_none_or(|column| &*column.text != DATE_COLUMN) {
        findings.fault(header.place(0, 0), "", FaultKind::TableHeader { column: DATE_COLUMN.into() });
        return None;
    }
    for (position, column) in columns.iter().enumerate() {
        if !column.text.is_empty() && columns[..position].iter().any(|other| other.text == column.text) {
            let first = findings.line_of(header.place(0, 0));
            findings.fault(header.place_of(column), "", FaultKind::IdTwice { id: column.text.clone(), first });
            return None;
        }
    }
    Some(columns.iter().map(|column| assets.find(&column.text)).collect())
}

/// Takes the fixings of one day.
fn take(
    row: &Row<'_>,
    cells: &[TableCell],
    (quoted, known): (&[Option<AssetId>], &Known),
    rates: &mut Rates,
    seen: &mut BTreeMap<Date, Place>,
    findings: &mut Findings,
) {
    let day = &cells[0];
    let Some(on) = Date::parse(&day.text) else {
        findings.fault(row.place_of(day), "", FaultKind::DateInvalid { value: day.text.clone() });
        return;
    };
    if let Some(first) = seen.insert(on, row.place_of(day)) {
        let first = findings.line_of(first);
        findings.fault(row.place_of(day), "", FaultKind::IdTwice { id: day.text.clone(), first });
        return;
    }
    rates.open(on);
    for (cell, asset) in cells.iter().zip(quoted) {
        let Some(asset) = *asset else { continue };
        if cell.text.is_empty() || &*cell.text == "N/A" {
            continue;
        }
        match rate_of(&cell.text) {
            Ok(rate) => {
                let known_from = known
                    .as_ref()
                    .map_or(Instant::BEGINNING, |(fixings, at)| fixings.get(&(asset, on)).copied().unwrap_or(*at));
                rates.fix(asset, on, rate, known_from);
            }
            Err(kind) => findings.fault(row.place_of(cell), "", kind),
        }
    }
}

fn rate_of(text: &str) -> Result<Decimal, FaultKind> {
    let value: Box<str> = text.into();
    let Ok(rate) = parse_decimal(text.as_bytes()) else { return Err(FaultKind::DecimalInvalid { value }) };
    if rate.mantissa <= 0 {
        return Err(FaultKind::RateNotPositive { value });
    }
    if rate.scale > DIGITS_MAX {
        return Err(FaultKind::DigitsTooMany { value, digits: DIGITS_MAX.to_string().into() });
    }
    let whole = power_of_ten(rate.scale).map_or(i128::MAX, |power| rate.mantissa / power);
    if whole >= RATE_MAX {
        return Err(FaultKind::NumberOutOfRange { value, least: "0".into(), most: RATE_MAX.to_string().into() });
    }
    Ok(rate)
}
