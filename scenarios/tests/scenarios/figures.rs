//! Finds what a row of `expected/statements.csv` speaks of in the statements that came out (grammar: README of the
//! scenarios).

use crate::amount::{is_same_rate, units};
use serde_json::Value;

/// What a line of a statement is called in the expected figures.
#[derive(Debug)]
struct Name<'t> {
    restated: bool,
    /// `owed`, `owes`, `vat` or none.
    prefix: Option<&'t str>,
    /// A term, or a rate with `%` for the VAT of a document.
    term: &'t str,
    /// Dimension or `valid_from`, and its value.
    filter: Option<(&'t str, &'t str)>,
}

impl<'t> Name<'t> {
    fn of(text: &'t str) -> Self {
        let (restated, text) = text.strip_prefix("restated:").map_or((false, text), |rest| (true, rest));
        let (prefix, text) = match text.split_once(':') {
            Some((prefix, rest)) => (Some(prefix), rest),
            None => (None, text),
        };
        assert!(prefix.is_none_or(|prefix| ["owed", "owes", "vat"].contains(&prefix)), "`{text}` is no line");
        let (term, filter) = match text.split_once('[') {
            Some((term, filter)) => (term, Some(filter.strip_suffix(']').unwrap().split_once('=').unwrap())),
            None => (text, None),
        };
        Self { restated, prefix, term, filter }
    }

    fn is_of(&self, line: &Value) -> bool {
        let part = line["part"].as_str().unwrap();
        let is_part = if self.prefix == Some("vat") { part != "charge" } else { part == "charge" };
        let is_side = match self.prefix {
            Some(side @ ("owed" | "owes")) => line["side"] == side,
            _ => true,
        };
        let is_term = if self.term.ends_with('%') {
            line["term"].is_null() && is_same_rate(self.term, line["vat_rate"].as_str().unwrap())
        } else {
            line["term"] == self.term
        };
        let is_filtered = match self.filter {
            Some(("valid_from", on)) => line["valid_from"] == on,
            Some((dimension, word)) => line["dimensions"][dimension] == word,
            None => true,
        };
        is_part && is_side && is_term && is_filtered && line["adjusts"].is_null() != self.restated
    }
}

/// What a statement says for a line, in units; a line that is not there is 0.
pub(crate) fn figure(statement: &Value, line: &str) -> i128 {
    if line == "total" {
        return units(statement["total"].as_str().unwrap());
    }
    if let Some(measure) = line.strip_prefix("measure:") {
        let measures = statement["measures"].as_array().unwrap();
        let found = measures.iter().find(|shown| shown["name"] == measure);
        return found.map_or(0, |shown| units(shown["sum"].as_str().unwrap()));
    }
    let name = Name::of(line);
    let lines = statement["lines"].as_array().unwrap().iter();
    lines.filter(|line| name.is_of(line)).map(|line| units(line["amount"].as_str().unwrap())).sum()
}

/// What a contract's creditors are owed, each charge once; `*` is every period.
pub(crate) fn charged(statements: &[Value], contract: &str, period: &str, asset: &str) -> i128 {
    let of_contract = statements.iter().filter(|statement| {
        statement["contract"] == contract
            && statement["asset"] == asset
            && (period == "*" || statement["period"]["name"] == period)
    });
    let lines = of_contract.flat_map(|statement| statement["lines"].as_array().unwrap());
    let owed = lines.filter(|line| line["side"] == "owed" && line["part"] == "charge" && line["adjusts"].is_null());
    owed.map(|line| units(line["amount"].as_str().unwrap())).sum()
}

#[test]
fn names_find_their_lines() {
    let line = |term: Value, part: &str, adjusts: Value, amount: &str| {
        serde_json::json!({
            "term": term, "part": part, "side": "owes", "dimensions": { "game": "go" }, "valid_from": "2024-01-01",
            "vat_rate": "10/100", "adjusts": adjusts, "amount": amount,
        })
    };
    let lines = vec![
        line("fee".into(), "charge", Value::Null, "-100"),
        line("fee".into(), "vat", Value::Null, "-10"),
        line(Value::Null, "vat", Value::Null, "-1"),
        line("fee".into(), "charge", "2023-12-01".into(), "-7"),
    ];
    let statement = serde_json::json!({ "lines": lines, "total": "-118", "measures": [{ "name": "n", "sum": "3" }] });
    let names = [
        ("fee", -100),
        ("owes:fee", -100),
        ("owed:fee", 0),
        ("vat:fee", -10),
        ("vat:10%", -1),
        ("vat:5%", 0),
        ("restated:fee", -7),
        ("fee[game=go]", -100),
        ("fee[game=chess]", 0),
        ("fee[valid_from=2024-01-01]", -100),
        ("total", -118),
        ("measure:n", 3),
    ];
    for (name, amount) in names {
        assert_eq!(figure(&statement, name), units(&amount.to_string()), "{name}");
    }
}
