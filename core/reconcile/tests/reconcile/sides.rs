//! Records as lines of text, and breaks as lines of text.

use calendar::Date;
use money::{Asset, AssetId};
use reconcile::{Break, Compared, Matching, Names, Part, Place, Reconciled, Record, Records, Rule, Side, reconcile};

/// A record of a test.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Line {
    pub(crate) key: String,
    pub(crate) id: String,
    pub(crate) asset: u16,
    pub(crate) on: Option<i32>,
    pub(crate) is_complete: bool,
    pub(crate) amounts: Vec<Option<i128>>,
}

/// `key id asset day amounts…`: `-` is blank; `?` behind an id: its side is not complete; `?` for an amount: unknown.
pub(crate) fn line(text: &str) -> Line {
    let words: Vec<&str> = text.split(' ').collect();
    let known = |word: &str| if word == "-" { String::new() } else { word.to_owned() };
    Line {
        key: known(words[0]),
        id: words[1].trim_end_matches('?').to_owned(),
        asset: if words[2] == "USD" { 0 } else { 1 },
        on: words[3].parse().ok(),
        is_complete: !words[1].ends_with('?'),
        amounts: words[4..].iter().map(|word| word.parse().ok()).collect(),
    }
}

pub(crate) fn records(lines: &[Line], amounts: usize) -> Records {
    let mut records = Records::new(amounts);
    for (number, line) in (1..).zip(lines) {
        let record = Record {
            key: &line.key,
            id: &line.id,
            asset: AssetId(line.asset),
            on: line.on.map(Date),
            is_complete: line.is_complete,
            place: Place { file: 0, line: number },
            amounts: &line.amounts,
        };
        records.push(&record).unwrap();
    }
    records
}

/// A rule that compares `a` (and `b`, …) with one tolerance.
pub(crate) fn rule(matching: Matching, many: (bool, bool), amounts: usize, tolerance: i128) -> Rule {
    let name = |amount: usize| ["a", "b", "c"][amount].into();
    Rule {
        matching,
        window: None,
        left_many: many.0,
        right_many: many.1,
        own: false,
        amounts: (0..amounts).map(|amount| Compared { name: name(amount), tolerance }).collect(),
    }
}

pub(crate) fn run(rule: &Rule, left: &[Line], right: &[Line]) -> Reconciled {
    let assets = [("USD", 2), ("KRW", 0)].map(|(name, digits)| Asset { name: name.into(), digits });
    let names = Names { book: "book", rule: "rule", assets: &assets };
    let count = rule.amounts.len();
    reconcile(rule, &names, &records(left, count), &records(right, count))
}

/// `class amount left right difference nearest`, a part as `id×count=sum`.
pub(crate) fn told(found: &Break, left: &[Line], right: &[Line]) -> String {
    let part = |part: Option<Part>| {
        let Some(part) = part else { return "-".to_owned() };
        let lines = if part.side == Side::Left { left } else { right };
        let count = if part.records == 1 { String::new() } else { format!("×{}", part.records) };
        format!("{}{count}={}", lines[part.record as usize].id, units(part.amount))
    };
    let sides = [found.left, found.right, found.nearest].map(part);
    let (class, amount) = (found.class.name(), ["a", "b", "c"][found.amount]);
    format!("{class} {amount} {} {} {} {}", sides[0], sides[1], units(found.difference), sides[2])
}

fn units(units: Option<i128>) -> String {
    units.map_or("?".to_owned(), |units| units.to_string())
}
