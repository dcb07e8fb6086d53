//! `explain` of statements, lines and events says what the outputs say, and its arithmetic holds.

use crate::evaluator::evaluate;
use crate::written::{Written, settle};
use serde_json::Value;

/// How many statements, and how many events, of a scenario are explained: from the first, the middle and the last on.
const EXPLAINED: usize = 3;

#[track_caller]
pub(crate) fn check(name: &str) {
    let written = settle(name);
    let statements = written.statements();
    for statement in spread(&statements) {
        check_statement(&written, statement);
    }
    let events = accepted_events(&written);
    for (source, event) in spread(&events) {
        check_event(&written, source, event);
    }
    for exception in spread(&written.rows("exceptions.csv")) {
        let told = written.explain(&exception["event"]).join("\n");
        assert!(told.contains(&*exception["file"]) && told.contains(&*exception["line"]), "{exception:?}\n{told}");
    }
}

/// The first, the middle and the last.
fn spread<T>(all: &[T]) -> impl Iterator<Item = &T> {
    let mut positions = vec![0, all.len() / 2, all.len().saturating_sub(1)];
    positions.dedup();
    positions.into_iter().take(EXPLAINED).filter_map(|position| all.get(position))
}

/// A whole statement is explained line by line with the arithmetic of `statements.json`; a single line also step by step.
/// Whatever stands six spaces deep can be redone.
fn check_statement(written: &Written, statement: &Value) {
    let id = statement["id"].as_str().unwrap();
    let lines = statement["lines"].as_array().unwrap();
    let told = written.explain(id);
    let arithmetic: Vec<&str> = lines.iter().map(|line| line["arithmetic"].as_str().unwrap()).collect();
    assert_eq!(at_depth(&told, 4), arithmetic, "{id}");
    check_steps(id, &told);
    for line in spread(lines) {
        let id = line["id"].as_str().unwrap();
        let told = written.explain(id);
        assert!(told[0].starts_with(&format!("{id} ")), "{told:?}");
        assert_eq!(told[1].trim(), line["arithmetic"].as_str().unwrap());
        check_steps(id, &told);
        for step in line["steps"].as_array().unwrap() {
            let step = step["arithmetic"].as_str().unwrap();
            assert!(at_depth(&told, 6).contains(&step), "{id}: no {step} in {told:#?}");
        }
    }
}

fn check_steps(id: &str, told: &[String]) {
    let steps = at_depth(told, 6);
    assert!(!steps.is_empty(), "{id}: {told:?}");
    for step in steps {
        assert_eq!(evaluate(step), Ok(true), "{id}: {step}");
    }
}

/// Lines that are indented by so many spaces.
fn at_depth(told: &[String], depth: usize) -> Vec<&str> {
    let own = told.iter().filter(|line| line.len() - line.trim_start().len() == depth);
    own.map(|line| line.trim()).collect()
}

/// Source and id of the events that posted.
fn accepted_events(written: &Written) -> Vec<(String, String)> {
    let mut reader = csv::Reader::from_path(written.folder.join("entries.csv")).unwrap();
    let rows = reader.records().map(|row| row.unwrap());
    let mut events: Vec<_> =
        rows.filter(|row| &row[5] == "event").map(|row| (row[6].to_owned(), row[7].to_owned())).collect();
    events.dedup();
    events
}

fn check_event(written: &Written, source: &str, event: &str) {
    let told = written.explain(&format!("{source}:{event}"));
    assert!(told[0].starts_with(&format!("{source}:{event} ")) && told[0].ends_with("accepted"), "{told:?}");
    let arithmetic: Vec<&String> = told.iter().filter(|line| line.starts_with("      ")).collect();
    assert!(!arithmetic.is_empty(), "{told:?}");
    for line in arithmetic {
        assert_eq!(evaluate(line), Ok(true), "{event}: {line}");
    }
}
