//! The arithmetic of one row as text that anybody can recompute: exact decimals, `+ - *`, parentheses.
//!
//! Every field is its value, every `if` its branch; a literal stands as it is written. One pass; Θ(size).

use super::Row;
use super::tree::{Addend, Evaluate, NumberTree};
use money::{Decimal, Overflow};
use std::fmt::Write;

/// The arithmetic of `number` for this row.
pub(super) fn arithmetic(number: &NumberTree, row: &Row<'_>) -> Result<String, Overflow> {
    let mut text = String::new();
    write_number(&mut text, number, Place::Whole, row)?;
    Ok(text)
}

/// Where a number stands, which decides about its parentheses.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    Whole,
    Addend,
    Factor,
}

fn write_number(text: &mut String, number: &NumberTree, place: Place, row: &Row<'_>) -> Result<(), Overflow> {
    match number {
        NumberTree::Literal(value) => write_value(text, *value, place),
        NumberTree::Field { slot, scale } => {
            let mantissa = i128::from(row.numbers[*slot as usize][row.row]);
            write_value(text, Decimal { mantissa, scale: *scale }, place);
        }
        NumberTree::Lift(number, _) => write_number(text, number, place, row)?,
        NumberTree::If(choice) => {
            let branch = if choice.condition.evaluate(row)? { &choice.then } else { &choice.otherwise };
            write_number(text, branch, place, row)?;
        }
        NumberTree::Sum(addends) => {
            let enclosed = place != Place::Whole;
            text.push_str(if enclosed { "(" } else { "" });
            write_sum(text, addends, row)?;
            text.push_str(if enclosed { ")" } else { "" });
        }
        NumberTree::Product(factors) => {
            let enclosed = place == Place::Factor;
            text.push_str(if enclosed { "(" } else { "" });
            for (position, factor) in factors.iter().enumerate() {
                text.push_str(if position > 0 { " * " } else { "" });
                write_number(text, factor, Place::Factor, row)?;
            }
            text.push_str(if enclosed { ")" } else { "" });
        }
    }
    Ok(())
}

fn write_sum(text: &mut String, addends: &[Addend], row: &Row<'_>) -> Result<(), Overflow> {
    for (position, addend) in addends.iter().enumerate() {
        text.push_str(match (position, addend.negative) {
            (0, false) => "",
            (0, true) => "-",
            (_, false) => " + ",
            (_, true) => " - ",
        });
        // After a leading minus a product would read as a product of a negative: the same number, but not what is meant.
        let place = if position == 0 && addend.negative { Place::Factor } else { Place::Addend };
        write_number(text, &addend.number, place, row)?;
    }
    Ok(())
}

fn write_value(text: &mut String, value: Decimal, place: Place) {
    let enclosed = value.mantissa < 0 && place != Place::Whole;
    let written = if enclosed { write!(text, "({value})") } else { write!(text, "{value}") };
    written.expect("a string takes every text");
}
