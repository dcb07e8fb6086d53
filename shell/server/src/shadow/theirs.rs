//! What the old system says: a CSV file with a row for each contract, party, period and asset, and optionally term.

use crate::explain::records;
use crate::failure::Failure;
use calendar::{Date, Period};
use engine::Book;
use money::{Decimal, parse_decimal};
use std::collections::BTreeMap;
use std::path::Path;

/// Columns that the file must have, in any order, beside others that do not count.
const COLUMNS: [&str; 5] = ["contract", "party", "period", "asset", "amount"];

/// Contract, party, first day of the period, asset.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) contract: String,
    pub(crate) party: String,
    pub(crate) first_on: String,
    pub(crate) asset: String,
}

/// What a place comes to: in all where the term is empty, else by this term.
pub(crate) type Figures = BTreeMap<(Place, String), Figure>;

/// One figure of the old system; rows of one key are added up.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Figure {
    pub(crate) amount: Decimal,
    /// First line of the file that says it.
    pub(crate) line: usize,
}

/// Reads the file.
pub(crate) fn read(path: &Path, book: &Book) -> Result<Figures, Failure> {
    let bytes = std::fs::read(path).map_err(Failure::world("reading", path))?;
    let text = String::from_utf8_lossy(&bytes);
    let mut text = text.strip_prefix('\u{feff}').unwrap_or(&text).replace("\r\n", "\n");
    if !text.ends_with('\n') {
        text.push('\n');
    }
    let rows = records(&text);
    let refused = |line: usize, expected| Failure::Row { path: path.to_owned(), line, expected };
    let header = rows.first().ok_or_else(|| refused(1, NO_HEADER))?;
    let position = |name: &str| header.iter().position(|own| own.trim() == name);
    let Some(columns) = COLUMNS.map(position).into_iter().collect::<Option<Vec<usize>>>() else {
        return Err(refused(1, NO_HEADER));
    };
    let term = position("term");
    let mut figures = Figures::new();
    for (number, row) in (2..).zip(&rows[1..]) {
        if row.iter().all(|value| value.trim().is_empty()) {
            continue;
        }
        let value = |at: usize| row.get(at).map_or("", |value| value.trim());
        let [contract, party, period, asset] = [0, 1, 2, 3].map(|at| value(columns[at]).to_owned());
        let amount = parse_decimal(value(columns[4]).as_bytes()).map_err(|_| refused(number, NO_AMOUNT))?;
        let first_on = first_on(book, &contract, &period).ok_or_else(|| refused(number, NO_PERIOD))?;
        let key = (Place { contract, party, first_on, asset }, term.map_or("", value).to_owned());
        let sum = figures.get(&key).map_or(Some(amount), |known| added(known.amount, amount));
        let amount = sum.ok_or_else(|| refused(number, NO_AMOUNT))?;
        let line = figures.get(&key).map_or(number, |known| known.line);
        figures.insert(key, Figure { amount, line });
    }
    Ok(figures)
}

const NO_HEADER: (&str, &str) = (
    "the first line must name the columns contract, party, period, asset and amount (and term, where there are terms)",
    "첫 줄에 contract, party, period, asset, amount 열이 있어야 합니다 (조항별이면 term 도)",
);
const NO_AMOUNT: (&str, &str) = (
    "the amount is none; write digits with a point, e.g. -1234.50",
    "금액이 아닙니다. -1234.50 처럼 숫자와 소수점으로 쓰십시오",
);
const NO_PERIOD: (&str, &str) = (
    "the period is none; write its name as statements do, e.g. 2024-01, or a day of it",
    "정산기간이 아닙니다. 2024-01 처럼 정산서의 이름이나 그 기간의 날짜를 쓰십시오",
);

/// The first day of the period that a name or a day of it tells. The name stands for itself where the book has no such
/// contract, so that the row is reported as one that nothing corresponds to.
fn first_on(book: &Book, contract: &str, period: &str) -> Option<String> {
    let cycle = book.contracts.iter().find(|own| &*own.id == contract).map(|own| &own.cycle);
    let named = Period::parse(period);
    let day = named.map(|named| named.first).or_else(|| Date::parse(period))?;
    let Some(cycle) = cycle else { return Some(day.to_string()) };
    let found = cycle.period_of(day);
    named.is_none_or(|named| named == found || named.first == named.last()).then(|| found.first.to_string())
}

fn added(left: Decimal, right: Decimal) -> Option<Decimal> {
    let scale = left.scale.max(right.scale);
    let sum = left.units_at(scale).ok()?.checked_add(right.units_at(scale).ok()?)?;
    Some(Decimal { mantissa: sum, scale })
}
