//! What two books say differently, value by value, as people wrote it.
//!
//! Every TOML file is flattened to values under paths that name things by their ids (`version 2024-01-01`, `term fee`),
//! so that a term that moved within its file is the same term. Tables of rates are flattened to rows by their day. Files of equal bytes are passed over; of the rest the cost
//! is linear in their values, times a logarithm. Nothing is resolved: an id is the text that stands there.

use crate::nodes::{Node, Value, parse};
use std::collections::{BTreeMap, BTreeSet};

/// Keys that name an element of a list, in order of preference: parties, versions, holidays, checks.
const NAMES: [&str; 4] = ["id", "valid_from", "date", "name"];

/// A value that only one of two books has, or that they give differently.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Changed {
    /// Folder of the file: `contracts`, `sources`, `rates`, …; empty for `book.toml` and `parties.toml`.
    pub folder: String,
    /// What the file is about: the id that its first table gives, else its name.
    pub subject: String,
    /// From the outside in, e.g. `["version 2024-01-01", "term fee", "rate"]`; empty where a file that is no TOML differs.
    pub path: Vec<String>,
    /// What the first book says, as TOML; none where it says nothing.
    pub before: Option<String>,
    /// What the second book says.
    pub after: Option<String>,
}

/// The folder and subject of a file.
type Subject = (String, String);

/// All differences between the files of two books, in order of folder, subject and path.
#[must_use]
pub fn changes(before: &[(String, Vec<u8>)], after: &[(String, Vec<u8>)]) -> Vec<Changed> {
    let (left, right) = (differing(before, after), differing(after, before));
    let keys: BTreeSet<_> = left.keys().chain(right.keys()).collect();
    let mut found = Vec::new();
    for key in keys {
        let (before, after) = (left.get(key), right.get(key));
        if before != after {
            let ((folder, subject), path) = key.clone();
            found.push(Changed { folder, subject, path, before: before.cloned(), after: after.cloned() });
        }
    }
    found
}

/// The values of all files that the other book does not have with the same bytes.
fn differing(files: &[(String, Vec<u8>)], others: &[(String, Vec<u8>)]) -> BTreeMap<(Subject, Vec<String>), String> {
    let known: BTreeMap<&str, &[u8]> = others.iter().map(|(path, bytes)| (path.as_str(), bytes.as_slice())).collect();
    let mut values = BTreeMap::new();
    for (path, bytes) in files {
        if known.get(path.as_str()) == Some(&bytes.as_slice()) {
            continue;
        }
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let text = std::str::from_utf8(bytes).ok().filter(|_| name.ends_with(".toml"));
        let Some(root) = text.and_then(|text| parse(0, text).ok()) else {
            let subject = (folder.to_owned(), name.to_owned());
            if let Some(rows) = std::str::from_utf8(bytes).ok().filter(|_| name.ends_with(".csv")).and_then(rows_of) {
                values.extend(rows.into_iter().map(|(day, row)| ((subject.clone(), vec![day]), row)));
                continue;
            }
            values.insert((subject, Vec::new()), canon::digest(bytes).to_string());
            continue;
        };
        let subject = (folder.to_owned(), subject_of(&root).unwrap_or(name).to_owned());
        flatten(&root.value, &mut Vec::new(), &mut |path, value| {
            values.insert((subject.clone(), path.to_vec()), value);
        });
    }
    values
}

/// The rows of a table by their first cell, its columns among them; nothing where that does not name them.
fn rows_of(text: &str) -> Option<BTreeMap<String, String>> {
    let lines = || text.lines().filter(|line| !line.trim().is_empty());
    let row = |line: &str| line.split_once(',').map(|(day, row)| (day.to_owned(), row.trim_end().to_owned()));
    let rows: BTreeMap<String, String> = lines().map(row).collect::<Option<_>>()?;
    (rows.len() == lines().count()).then_some(rows)
}

/// The id that the first table of a file gives.
fn subject_of(root: &Node) -> Option<&str> {
    let Value::Table(entries) = &root.value else { return None };
    entries.iter().find_map(|entry| name_of(&entry.node, &["id"]))
}

fn name_of<'n>(node: &'n Node, names: &[&str]) -> Option<&'n str> {
    let Value::Table(entries) = &node.value else { return None };
    names.iter().find_map(|name| {
        let entry = entries.iter().find(|entry| entry.key == *name)?;
        match &entry.node.value {
            Value::Text(text) | Value::Moment(text) => Some(&**text),
            _ => None,
        }
    })
}

fn flatten(value: &Value, path: &mut Vec<String>, take: &mut impl FnMut(&[String], String)) {
    let Value::Table(entries) = value else { return take(path, written(value)) };
    for entry in entries {
        match &entry.node.value {
            Value::List(items) if !items.is_empty() && items.iter().all(|item| name_of(item, &NAMES).is_some()) => {
                for item in items {
                    path.push(format!("{} {}", entry.key, name_of(item, &NAMES).unwrap_or_default()));
                    flatten(&item.value, path, take);
                    path.pop();
                }
            }
            inner => {
                path.push(entry.key.clone());
                flatten(inner, path, take);
                path.pop();
            }
        }
    }
}

/// A value as TOML in one line.
pub(crate) fn written(value: &Value) -> String {
    match value {
        Value::Text(text) => format!("{text:?}"),
        Value::Integer(text) | Value::Float(text) | Value::Moment(text) => text.clone(),
        Value::Boolean(value) => value.to_string(),
        Value::List(items) => {
            let items: Vec<String> = items.iter().map(|item| written(&item.value)).collect();
            format!("[{}]", items.join(", "))
        }
        Value::Table(entries) => {
            let entries: Vec<String> =
                entries.iter().map(|entry| format!("{} = {}", entry.key, written(&entry.node.value))).collect();
            format!("{{ {} }}", entries.join(", "))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn files(contract: &str) -> Vec<(String, Vec<u8>)> {
        vec![
            ("book.toml".into(), b"[book]\nid = \"b\"\n".to_vec()),
            ("contracts/any.toml".into(), contract.as_bytes().to_vec()),
        ]
    }

    #[track_caller]
    fn check(before: &str, after: &str, expected: &[&str]) {
        let told = changes(&files(before), &files(after)).into_iter().map(|changed| {
            let side = |value: Option<String>| value.unwrap_or_else(|| "-".into());
            let (before, after) = (side(changed.before), side(changed.after));
            format!("{}/{}/{}: {before} > {after}", changed.folder, changed.subject, changed.path.join("/"))
        });
        assert_eq!(told.collect::<Vec<_>>(), expected);
    }

    const CONTRACT: &str = "[contract]\nid = \"fees\"\n[[version]]\nvalid_from = \"2024-01-01\"\n\
        [[version.term]]\nid = \"a\"\nrate = \"1%\"\n[[version.term]]\nid = \"b\"\nrate = \"2%\"\ntiers = [ { up_to = \"5\" } ]\n";

    #[test]
    fn values_are_found_by_the_ids_around_them() {
        check(CONTRACT, CONTRACT, &[]);
        let path = "contracts/fees/version 2024-01-01";
        check(CONTRACT, &CONTRACT.replace("2%", "3%"), &[&format!("{path}/term b/rate: \"2%\" > \"3%\"")]);
        let tiers = "[{ up_to = \"5\" }] > [{ up_to = \"6\" }]";
        check(CONTRACT, &CONTRACT.replace("\"5\"", "\"6\""), &[&format!("{path}/term b/tiers: {tiers}")]);
        let without = CONTRACT.replace("[[version.term]]\nid = \"a\"\nrate = \"1%\"\n", "");
        let gone = [format!("{path}/term a/id: \"a\" > -"), format!("{path}/term a/rate: \"1%\" > -")];
        check(CONTRACT, &without, &gone.each_ref().map(String::as_str));
    }

    #[test]
    fn a_file_may_be_called_anything() {
        let before = files(CONTRACT);
        let mut after = files(CONTRACT);
        after[1].0 = "contracts/other.toml".into();
        assert_eq!(changes(&before, &after), []);
        after.push(("rates/ecb.csv".into(), b"no table\n".to_vec()));
        let found = changes(&before, &after);
        assert_eq!((&*found[0].subject, found.len(), found[0].path.len()), ("ecb.csv", 1, 0));
    }

    #[test]
    fn parties_holidays_and_rates_are_told_one_by_one() {
        let files = |party: &str, holiday: &str, rates: &str| {
            let texts = [
                ("parties.toml", format!("[[party]]\nid = \"a\"\nname = \"{party}\"\n")),
                (
                    "calendars/kr.toml",
                    format!("[calendar]\nid = \"kr\"\n[[holiday]]\ndate = \"2025-01-28\"\nname = \"설날\"\n{holiday}"),
                ),
                ("rates/ecb.csv", format!("Date,USD,KRW\n2025-01-02,1.03,1513\n{rates}")),
            ];
            texts.map(|(path, text)| (path.to_owned(), text.into_bytes()))
        };
        let later = "[[holiday]]\ndate = \"2025-01-29\"\nname = \"설날\"\n";
        let found = changes(&files("A", "", ""), &files("B", later, "2025-01-03,1.03,1512\n"));
        let told = found.iter().map(|own| format!("{}/{} {:?}", own.folder, own.subject, (&own.path, &own.after)));
        assert_eq!(
            told.collect::<Vec<_>>(),
            [
                "/parties.toml ([\"party a\", \"name\"], Some(\"\\\"B\\\"\"))",
                "calendars/kr ([\"holiday 2025-01-29\", \"date\"], Some(\"\\\"2025-01-29\\\"\"))",
                "calendars/kr ([\"holiday 2025-01-29\", \"name\"], Some(\"\\\"설날\\\"\"))",
                "rates/ecb.csv ([\"2025-01-03\"], Some(\"1.03,1512\"))",
            ]
        );
    }
}
