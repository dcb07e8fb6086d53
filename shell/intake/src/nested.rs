//! Values deeper in a JSON row: `card.amount`, and sums over arrays as in `fees[].fee`.
//!
//! The row has been scanned as a whole; here the objects on the way are scanned once more for each path. Sums are exact.

use crate::adapter::Step;
use crate::cell::{Cell, CellKind, Malformed};
use crate::json::{Scanner, unescape};
use money::{Decimal, parse_decimal};
use std::fmt::Write;

/// What a path leads to.
pub(crate) enum Found {
    Cell(Cell),
    Sum(Decimal),
}

impl Found {
    /// As a cell; sums and texts with escapes are written to `scratch`.
    pub(crate) fn settle(self, row: &str, scratch: &mut String) -> Cell {
        match self {
            Self::Cell(cell) => settled(row, cell, scratch),
            Self::Sum(sum) => {
                let from = scratch.len();
                write!(scratch, "{sum}").expect("a string takes all that is written");
                Cell::new(CellKind::ScratchNumber, from, scratch.len())
            }
        }
    }
}

/// A cell without escapes.
pub(crate) fn settled(row: &str, cell: Cell, scratch: &mut String) -> Cell {
    if cell.kind != CellKind::Escaped {
        return cell;
    }
    let from = scratch.len();
    if unescape(&row[cell.from as usize..cell.to as usize], scratch) {
        Cell::new(CellKind::ScratchText, from, scratch.len())
    } else {
        Cell { kind: CellKind::Misfit, ..cell }
    }
}

/// Where the steps lead from a cell.
pub(crate) fn follow(row: &str, cell: Cell, steps: &[Step]) -> Result<Found, Malformed> {
    let Some((step, rest)) = steps.split_first() else { return Ok(Found::Cell(cell)) };
    if matches!(cell.kind, CellKind::Absent | CellKind::Null) {
        return Ok(Found::Cell(cell));
    }
    let opening = row.as_bytes().get(cell.from as usize);
    match (step, opening) {
        (Step::Member(name), Some(b'{')) if cell.kind == CellKind::Composite => {
            follow(row, member(row, cell, name)?, rest)
        }
        (Step::Each, Some(b'[')) if cell.kind == CellKind::Composite => sum(row, cell, rest),
        _ => Ok(Found::Cell(Cell { kind: CellKind::Misfit, ..cell })),
    }
}

fn member(row: &str, object: Cell, name: &str) -> Result<Cell, Malformed> {
    let mut found = Cell::ABSENT;
    let mut key_text = String::new();
    Scanner::new(row.as_bytes(), object.from as usize).object(|key, value| {
        let mut text = &row[key.from as usize..key.to as usize];
        if key.kind == CellKind::Escaped {
            key_text.clear();
            if !unescape(text, &mut key_text) {
                return Ok(());
            }
            text = &key_text;
        }
        if text == name {
            if found.kind != CellKind::Absent {
                return Err(Malformed { at: key.from as usize, expected: "each member once" });
            }
            found = value;
        }
        Ok(())
    })?;
    Ok(found)
}

/// The sum over an array's elements; each must have a number.
fn sum(row: &str, array: Cell, rest: &[Step]) -> Result<Found, Malformed> {
    let mut total = Decimal { mantissa: 0, scale: 0 };
    let mut misfit = None;
    Scanner::new(row.as_bytes(), array.from as usize).array(|element| {
        let number = match follow(row, element, rest)? {
            Found::Sum(number) => Some(number),
            Found::Cell(cell) => number(row, cell),
        };
        match number.and_then(|number| add(total, number)) {
            Some(sum) => total = sum,
            None => misfit = misfit.or(Some(element)),
        }
        Ok(())
    })?;
    Ok(misfit.map_or(Found::Sum(total), |element| Found::Cell(Cell { kind: CellKind::Misfit, ..element })))
}

fn number(row: &str, cell: Cell) -> Option<Decimal> {
    match cell.kind {
        CellKind::Number | CellKind::Text => parse_decimal(&row.as_bytes()[cell.from as usize..cell.to as usize]).ok(),
        _ => None,
    }
}

fn add(left: Decimal, right: Decimal) -> Option<Decimal> {
    let scale = left.scale.max(right.scale);
    let mantissa = left.units_at(scale).ok()?.checked_add(right.units_at(scale).ok()?)?;
    Some(Decimal { mantissa, scale })
}
