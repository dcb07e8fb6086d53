//! `breaks.csv`: one row for each break of a reconciliation, with what both sides say.

use crate::Csv;
use crate::csv::field;
use money::Decimal;

/// The columns of `breaks.csv`, version 1.
const COLUMNS: &str = "break,reconciliation,class,amount,key,\
left,left_records,left_asset,left_amount,left_date,left_at,\
right,right_records,right_asset,right_amount,right_date,right_at,\
difference,nearest,nearest_amount,nearest_date,nearest_at,detail";

/// One break. Texts that are not known are empty.
#[derive(Clone, Debug)]
pub struct BreakRow<'a> {
    /// Its id.
    pub id: &'a str,
    /// Id of the reconciliation.
    pub reconciliation: &'a str,
    /// Why it is one.
    pub class: &'a str,
    /// Name of the amount that is compared.
    pub amount: &'a str,
    /// By what its records are found.
    pub key: &'a str,
    /// What the left side says; none: nothing.
    pub left: Option<BreakPart<'a>>,
    /// What the right side says; none: nothing.
    pub right: Option<BreakPart<'a>>,
    /// Left minus right.
    pub difference: &'a str,
    /// What may belong to it.
    pub nearest: Option<BreakPart<'a>>,
    /// More about it, for people.
    pub detail: &'a str,
}

/// What one side says.
#[derive(Clone, Debug)]
pub struct BreakPart<'a> {
    /// Id of the first of its records.
    pub id: &'a str,
    /// How many records are added up.
    pub records: u32,
    /// Asset.
    pub asset: &'a str,
    /// Their sum.
    pub amount: String,
    /// Their day, or first and last day.
    pub days: String,
    /// Where the first of them stands: file and line, or entry.
    pub at: String,
}

/// Appends the line of columns.
pub fn breaks_header(out: &mut Vec<u8>, csv: Csv) {
    csv.header(out, COLUMNS);
}

/// Appends a row.
pub fn break_row(out: &mut Vec<u8>, row: &BreakRow<'_>, csv: Csv) {
    for (position, text) in [row.id, row.reconciliation, row.class, row.amount].into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        field(out, text);
    }
    out.push(b',');
    csv.foreign(out, row.key);
    for part in [&row.left, &row.right] {
        let Some(part) = part else {
            out.extend_from_slice(b",,0,,,,");
            continue;
        };
        out.push(b',');
        csv.foreign(out, part.id);
        out.push(b',');
        out.extend_from_slice(itoa::Buffer::new().format(part.records).as_bytes());
        plain(out, &[part.asset, &part.amount, &part.days]);
        out.push(b',');
        csv.foreign(out, &part.at);
    }
    plain(out, &[row.difference]);
    out.push(b',');
    match &row.nearest {
        Some(part) => {
            csv.foreign(out, part.id);
            plain(out, &[&part.amount, &part.days]);
            out.push(b',');
            csv.foreign(out, &part.at);
        }
        None => out.extend_from_slice(b",,,"),
    }
    out.push(b',');
    csv.foreign(out, row.detail);
    out.push(b'\n');
}

/// Appends texts of our own.
fn plain(out: &mut Vec<u8>, texts: &[&str]) {
    for text in texts {
        out.push(b',');
        field(out, text);
    }
}

/// An amount at `scale` with at least the digits of its asset, as far as the scale has them, and no needless zeros beyond.
#[must_use]
pub fn compared_amount(units: i128, scale: u8, digits: u8) -> String {
    let (mut units, mut scale) = (units, scale);
    while scale > digits && units % 10 == 0 {
        (units, scale) = (units / 10, scale - 1);
    }
    Decimal { mantissa: units, scale }.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part<'a>(id: &'a str, amount: &str) -> BreakPart<'a> {
        let days = "2019-01-01".to_owned();
        BreakPart { id, records: 2, asset: "USD", amount: amount.to_owned(), days, at: "a,b.csv:7".into() }
    }

    #[track_caller]
    fn check(row: &BreakRow<'_>, csv: Csv, expected: &str) {
        let mut out = Vec::new();
        break_row(&mut out, row, csv);
        let text = String::from_utf8(out).unwrap();
        assert_eq!(text, format!("{expected}\n"));
        let commas_in_quotes = text.matches("a,b").count();
        assert_eq!(text.matches(',').count() - commas_in_quotes, COLUMNS.matches(',').count());
    }

    #[test]
    fn a_break_is_a_row_of_all_columns() {
        let row = BreakRow {
            id: "0c",
            reconciliation: "bank",
            class: "missing_right",
            amount: "paid",
            key: "=k",
            left: Some(part("@l", "-1.50")),
            right: None,
            difference: "-1.50",
            nearest: None,
            detail: "",
        };
        let plain = "0c,bank,missing_right,paid,=k,@l,2,USD,-1.50,2019-01-01,\"a,b.csv:7\",,0,,,,,-1.50,,,,,";
        check(&row, Csv::Plain, plain);
        let excel = "0c,bank,missing_right,paid,\"'=k\",\"'@l\",2,USD,-1.50,2019-01-01,\"a,b.csv:7\",,0,,,,,-1.50,,,,,";
        check(&row, Csv::Excel, excel);
        let turned = BreakRow { left: None, right: row.left.clone(), nearest: Some(part("n", "2")), ..row };
        let expected = "0c,bank,missing_right,paid,=k,,0,,,,,@l,2,USD,-1.50,2019-01-01,\"a,b.csv:7\",-1.50,n,2,2019-01-01,\"a,b.csv:7\",";
        check(&turned, Csv::Plain, expected);
    }

    #[test]
    fn amounts_have_the_digits_of_their_asset() {
        let cases =
            [(1_500, 3, 2, "1.50"), (1_505, 3, 2, "1.505"), (-5, 0, 2, "-5"), (100, 2, 0, "1"), (0, 6, 2, "0.00")];
        for (units, scale, digits, expected) in cases {
            assert_eq!(compared_amount(units, scale, digits), expected);
        }
    }
}
