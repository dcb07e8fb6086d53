//! Every scenario through `diff`, `compare` and `shadow`: differences are accounted for, and there are none where nothing
//! differs.

use crate::bench::Bench;
use scenarios::{Answer, Scenario, run};
use serde_json::Value;
use std::collections::BTreeMap;

/// Arguments of `settle` of a scenario: before the events, the events, behind them.
fn arguments(scenario: &Scenario) -> (String, Vec<String>, Vec<String>) {
    let mut words = scenario.arguments().unwrap();
    let book = words.remove(0);
    let options = words.iter().position(|word| word.starts_with("--")).unwrap_or(words.len());
    let options = words.split_off(options);
    (book, words, options)
}

fn told(words: &[&str], scenario: &Scenario) -> Answer {
    let answer = run(words);
    assert_eq!((answer.exit_code, &*answer.err), (0, ""), "{}: {}", scenario.name, answer.out);
    answer
}

fn json(words: &[&str], scenario: &Scenario) -> Value {
    serde_json::from_str(&told(words, scenario).out).unwrap()
}

/// All words of a command.
fn line<'w>(parts: &[&'w [String]]) -> Vec<&'w str> {
    parts.iter().flat_map(|part| part.iter().map(String::as_str)).collect()
}

/// With a file less yesterday than today, every difference has causes that add up, and none is left to the program.
#[test]
fn what_a_file_brings_is_accounted_for() {
    let mut compared = 0;
    for scenario in Scenario::all().unwrap() {
        let (book, events, options) = arguments(&scenario);
        if events.len() < 2 {
            continue;
        }
        let bench = Bench::new();
        let folders = ["before", "after"].map(|name| bench.path(name).display().to_string());
        for (folder, events) in folders.iter().zip([&events[..events.len() - 1], &events]) {
            let to = ["--out".to_owned(), folder.clone()];
            let answer = run(&line(&[&["settle".to_owned(), book.clone()], events, &options, &to]));
            assert_eq!(answer.exit_code, 0, "{}: {}", scenario.name, answer.err);
        }
        let found = json(&["diff", &folders[0], &folders[1], "--json"], &scenario);
        for statement in found["statements"].as_array().unwrap() {
            for line in statement["lines"].as_array().unwrap() {
                let causes = line["causes"].as_array().unwrap();
                assert!(causes.iter().all(|cause| cause["cause"] != "program"), "{}: {line:#}", scenario.name);
                compared += 1;
            }
        }
    }
    assert!(compared > 20, "{compared} lines differ");
}

/// A book beside itself differs in nothing, whichever way it is compared.
#[test]
fn a_book_is_what_it_is() {
    for scenario in Scenario::all().unwrap() {
        let (book, events, options) = arguments(&scenario);
        let compare = ["compare".to_owned(), book.clone(), book.clone()];
        let json_too = ["--json".to_owned()];
        let found = json(&line(&[&compare, &events, &options, &json_too]), &scenario);
        assert_eq!(
            (&found["way"], &found["differences"]),
            (&"tallies".into(), &Value::Array(Vec::new())),
            "{}",
            scenario.name
        );
    }
}

/// What the statements come to by period agrees with itself, and one figure that is off by a lot does not.
#[test]
fn an_old_system_that_says_the_same_agrees() {
    for scenario in Scenario::all().unwrap() {
        let bench = Bench::new();
        let (book, events, options) = arguments(&scenario);
        let out = bench.path("out").display().to_string();
        let to = ["--out".to_owned(), out];
        let answer = run(&line(&[&["settle".to_owned(), book.clone()], &events, &options, &to]));
        assert_eq!(answer.exit_code, 0, "{}: {}", scenario.name, answer.err);
        bench.write("old.csv", figures(&bench));
        let against = ["--against".to_owned(), bench.path("old.csv").display().to_string(), "--json".to_owned()];
        let found = json(&line(&[&["shadow".to_owned(), book], &events, &options, &against]), &scenario);
        assert_eq!(found["agreeing"], found["figures"], "{}: {found:#}", scenario.name);
    }
}

/// What each period comes to, restatements counted where they belong.
fn figures(bench: &Bench) -> String {
    let statements: Value = serde_json::from_str(&bench.text("out/statements.json")).unwrap();
    let mut sums: BTreeMap<[String; 4], Vec<String>> = BTreeMap::new();
    for own in statements["statements"].as_array().unwrap() {
        for line in own["lines"].as_array().unwrap().iter().filter(|line| line["part"] != "vat_included") {
            let period = line["adjusts"].as_str().or(own["period"]["first"].as_str()).unwrap();
            let place = [&own["contract"], &own["party"], &Value::from(period), &own["asset"]];
            let place = place.map(|value| value.as_str().unwrap().to_owned());
            sums.entry(place).or_default().push(line["amount"].as_str().unwrap().to_owned());
        }
    }
    let mut rows = String::from("contract,party,period,asset,amount\n");
    for (place, amounts) in sums {
        // Rows of one key are added up.
        amounts.iter().for_each(|amount| rows += &format!("{},{amount}\n", place.join(",")));
    }
    rows
}
