//! `compare` of two books over the same events: each kind of cause, and the same figures by each of the four ways.

use crate::bench::{Bench, SALES};
use scenarios::{Scenario, run_in};
use serde_json::Value;
use std::path::{Path, PathBuf};

/// A folder with a second book, `other/`, that is the first one yet.
fn two_books() -> Bench {
    let bench = Bench::new();
    for file in ["book.toml", "parties.toml", "sources/sales.toml", "contracts/by-event.toml", "contracts/by-line.toml"]
    {
        bench.write(&format!("other/{file}"), bench.text(&format!("book/{file}")));
    }
    bench
}

#[track_caller]
fn compare(bench: &Bench) -> Value {
    let answer = bench.run("compare @book @other @sales.csv --json");
    assert_eq!((answer.exit_code, &*answer.err), (0, ""), "{}", answer.out);
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&found["format"], &found["version"]), (&"jeongsan.compare".into(), &1.into()));
    found
}

/// The terms that differ, each as `contract period term before after: causes`.
fn told(found: &Value) -> Vec<String> {
    let mut told = Vec::new();
    for own in found["differences"].as_array().unwrap() {
        for term in own["terms"].as_array().unwrap() {
            let text = |value: &Value| value.as_str().unwrap_or("-").to_owned();
            let causes: Vec<String> =
                term["causes"].as_array().unwrap().iter().map(|cause| text(&cause["cause"])).collect();
            let place = [&own["contract"], &own["period"], &term["term"], &term["before"], &term["after"]].map(text);
            told.push(format!("{}: {}", place.join(" "), causes.join(" ")));
        }
    }
    told
}

/// Changes the other book and says by which way which terms differ.
#[track_caller]
fn check(file: &str, from: &str, to: &str, way: &str, expected: &[&str]) {
    let bench = two_books();
    bench.change(&format!("other/{file}"), from, to);
    let found = compare(&bench);
    assert_eq!((&found["way"], told(&found)), (&way.into(), expected.iter().map(|&line| line.into()).collect()));
}

const BY_LINE: &str = "contracts/by-line.toml";
const BY_EVENT: &str = "contracts/by-event.toml";

#[test]
fn equal_books_do_not_differ() {
    let bench = two_books();
    assert_eq!(told(&compare(&bench)), Vec::<String>::new());
    assert!(bench.run("compare @book @other @sales.csv").out.contains("nothing differs"));
}

#[test]
fn each_cause_alone() {
    let share = |after: &str, cause: &str| format!("by-line 2024-03 share 10 {after}: {cause}");
    check(BY_LINE, "\"3%\"", "\"5%\"", "tallies", &[&share("17", "term_changed")]);
    check(BY_LINE, "\"half_up\"", "\"up\"", "tallies", &[&share("11", "term_changed")]);
    let renamed = ["by-line 2024-03 cut 0 10: term_added", &share("0", "term_removed")];
    check(BY_LINE, "id = \"share\"", "id = \"cut\"", "tallies", &renamed);
    check(BY_LINE, "\"price\"", "\"price * 2\"", "together", &[&share("21", "measure")]);
    check(
        BY_LINE,
        "\"00:00\"",
        "\"12:30\"",
        "decisions",
        &["by-line 2024-02 share 0 3: contract", &share("7", "contract")],
    );
    check(BY_EVENT, "\"3%\"", "\"5%\"", "together", &["by-event 2024-03 share 9 18: term_changed"]);
    check(
        "sources/sales.toml",
        "unit = \"decimal\"",
        "unit = \"minor\", sign = \"negate\"",
        "separate",
        &["by-event 2024-03 share 9 -9: source", &share("-10", "source")],
    );
}

#[test]
fn versions_and_contracts_come_and_go() {
    let bench = two_books();
    let contract = bench.text("other/contracts/by-line.toml");
    let version =
        contract[contract.find("[[version]]").unwrap()..].replace("2024-01-01", "2024-03-02").replace("3%", "10%");
    bench.write("other/contracts/by-line.toml", contract.clone() + "\n" + &version);
    let found = compare(&bench);
    assert_eq!(
        (&found["way"], told(&found)),
        (&"tallies".into(), vec!["by-line 2024-03 share 10 26: version_added".into()])
    );
    bench.write("other/contracts/by-line.toml", &contract);
    bench.write("other/contracts/third.toml", contract.replace("by-line", "third"));
    let found = compare(&bench);
    assert_eq!(
        (&found["way"], told(&found)),
        (&"decisions".into(), vec!["third 2024-03 share 0 10: contract_added".into()])
    );
    assert_eq!(found["parties"][0]["difference"], "10");
}

/// A term that says the same as before but closes others follows them.
#[test]
fn what_depends_on_a_changed_term_follows_it() {
    let bench = two_books();
    let vat = "vat = { rate = \"10%\", rounding = \"half_up\" }\n";
    for book in ["book", "other"] {
        bench.change(&format!("{book}/{BY_LINE}"), "reversal = ", &format!("{vat}reversal = "));
    }
    bench.change(&format!("other/{BY_LINE}"), "rate = \"3%\"", "rate = \"30%\"");
    let found = compare(&bench);
    assert_eq!(told(&found), ["by-line 2024-03 - 1 10: follows", "by-line 2024-03 share 10 104: term_changed"]);
    assert_eq!(found["differences"][0]["terms"][0]["causes"][0]["terms"][0], "share");
}

/// Late events, restatements and a line-scope change: the short way, one engine, two engines and separate runs say the same.
#[test]
fn all_four_ways_agree() {
    let demo = Scenario::named("marketplace-demo");
    let events: Vec<String> = demo.arguments().unwrap().into_iter().skip(1).collect();
    let bench = Bench::new();
    for book in ["one", "two"] {
        for file in [
            "book.toml",
            "parties.toml",
            "calendars/kr.toml",
            "sources/items.toml",
            "sources/orders.toml",
            "contracts/games.toml",
            "contracts/goods.toml",
            "contracts/payment.toml",
        ] {
            bench.write(&format!("{book}/{file}"), std::fs::read(demo.folder.join("book").join(file)).unwrap());
        }
    }
    bench.change("two/contracts/games.toml", "rate = \"60%\"", "rate = \"61%\"");
    let mut found = Vec::new();
    for (way, file, from, to) in [
        ("tallies", "", "", ""),
        ("together", "contracts/payment.toml", "paid = \"amount\"", "paid = \"amount\"\nspare = \"amount\""),
        ("decisions", "contracts/payment.toml", "cut_off = \"00:00\"", "cut_off = \"00:01\""),
        ("separate", "sources/orders.toml", "# Goods", "# The goods"),
    ] {
        if !file.is_empty() {
            bench.change(&format!("two/{file}"), from, to);
        }
        let answer = bench.run(&format!("compare @one @two {} --json", events.join(" ")));
        let told: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(told["way"], way);
        let amounts = told["differences"].as_array().unwrap().iter().map(|own| {
            let amounts = own["terms"]
                .as_array()
                .unwrap()
                .iter()
                .map(|term| format!("{} {} {}", term["term"], term["before"], term["after"]));
            format!("{} {} {} {:?}", own["party"], own["period"], own["difference"], amounts.collect::<Vec<_>>())
        });
        found.push(amounts.collect::<Vec<_>>());
    }
    assert!(found[0].len() == 2 && found.iter().all(|other| *other == found[0]), "{found:#?}");
}

/// A sum that does not fit the other book alone: one engine would refuse the event for both.
#[test]
fn a_bound_of_one_book_is_not_the_others() {
    let bench = two_books();
    bench.change(&format!("other/{BY_LINE}"), "\"price\"", "\"price * 100000000000000000000000000\"");
    let found = compare(&bench);
    assert_eq!(found["way"], "decisions");
    assert_eq!([0, 1].map(|book| found["counts"][book]["accepted"].as_i64().unwrap()), [3, 0]);
}

#[test]
fn what_a_book_is_called_keeps_no_engine_from_serving_both() {
    let bench = two_books();
    bench.change("other/book.toml", "name = \"", "name = \"What if: ");
    bench.change(&format!("other/{BY_EVENT}"), "\"3%\"", "\"5%\"");
    let found = compare(&bench);
    assert_eq!(
        (&found["way"], told(&found)),
        (&"together".into(), vec!["by-event 2024-03 share 9 18: term_changed".into()])
    );
}

/// What may find other events, or hold others back, is not put into one book.
#[test]
fn contracts_that_find_other_events_are_decided_apart() {
    for key in ["when = \"price > 0\"", "ends_on = \"2024-12-31\"", "look_back_months = 12", "lag_days = 1"] {
        let bench = two_books();
        bench.change(&format!("other/{BY_EVENT}"), "cut_off = ", &format!("{key}\ncut_off = "));
        assert_eq!(compare(&bench)["way"], "decisions", "{key}");
    }
    let bench = two_books();
    bench.change(&format!("other/{BY_EVENT}"), "\"2024-01-01\"", "\"2024-01-02\"");
    assert_eq!(compare(&bench)["way"], "decisions", "the first day of the first version");
}

/// Every scenario with measures and roundings of all its contracts changed: one engine says what two engines say.
///
/// Contracts under another file name are the same contracts, but not those beside which a variant could stand.
#[test]
fn one_engine_says_what_two_engines_say() {
    let (mut together, mut differences) = (0, 0);
    for scenario in Scenario::all().unwrap() {
        let arguments = scenario.arguments().unwrap();
        let bench = Bench::new();
        let mut found = Vec::new();
        for (folder, ending) in [("changed", "toml"), ("renamed", "z.toml")] {
            copy_changed(&scenario.folder.join("book"), &bench, folder, ending);
            let other = bench.path(folder).display().to_string();
            let whole: Vec<&str> = ["compare", &arguments[0], &other]
                .into_iter()
                .chain(arguments[1..].iter().map(String::as_str))
                .chain(["--json"])
                .collect();
            let answer = scenarios::run(&whole);
            assert_eq!(answer.exit_code, 0, "{}: {}{}", scenario.name, answer.out, answer.err);
            let mut told: Value = serde_json::from_str(&answer.out).unwrap();
            let told = told.as_object_mut().unwrap();
            let way = told.remove("way").unwrap();
            for measured in ["seconds", "events_per_second"] {
                told.remove(measured).unwrap();
            }
            found.push((way, told.clone()));
        }
        let (one, two) = (&found[0], &found[1]);
        assert!(two.0 != "together", "{}", scenario.name);
        assert_eq!(one.1, two.1, "{}", scenario.name);
        together += usize::from(one.0 == "together");
        differences += one.1["differences"].as_array().unwrap().len();
    }
    assert!(
        together > 30 && differences > 400,
        "{together} scenarios were compared together, {differences} differences"
    );
}

/// Copies a book with the sums of its measures tripled and its roundings upward, its contracts under another ending.
fn copy_changed(book: &Path, bench: &Bench, folder: &str, ending: &str) {
    for entry in walk(book) {
        let relative = entry.strip_prefix(book).unwrap().to_str().unwrap().to_owned();
        let bytes = std::fs::read(&entry).unwrap();
        match relative.strip_prefix("contracts/").and_then(|name| name.strip_suffix("toml")) {
            Some(name) => {
                let text = changed(&String::from_utf8(bytes).unwrap());
                bench.write(&format!("{folder}/contracts/{name}{ending}"), text);
            }
            None => bench.write(&format!("{folder}/{relative}"), bytes),
        }
    }
}

fn changed(contract: &str) -> String {
    let (mut lines, mut measures) = (Vec::new(), false);
    for line in contract.lines() {
        if line.starts_with('[') {
            measures = line == "[version.measures]";
        }
        let sum = line.split_once("= \"").filter(|_| measures).and_then(|(name, rest)| {
            let (sum, rest) = rest.split_once('"')?;
            Some(format!("{name}= \"({sum}) * 3\"{rest}"))
        });
        let line = sum.unwrap_or_else(|| line.to_owned());
        lines.push(line.replace("mode = \"half_up\"", "mode = \"up\"").replace("mode = \"down\"", "mode = \"up\""));
    }
    lines.join("\n")
}

fn walk(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() { found.extend(walk(&path)) } else { found.push(path) }
    }
    found
}

#[test]
fn korean_is_spoken() {
    let bench = two_books();
    bench.change("other/contracts/by-line.toml", "\"3%\"", "\"5%\"");
    let path = |name| bench.path(name).display().to_string();
    let told = run_in("ko", &["compare", &path("book"), &path("other"), &path("sales.csv")]).out;
    assert!(told.contains("10 → 17  +7") && told.contains("조항 변경") && told.contains("거래처별"), "{told}");
}

#[test]
fn what_cannot_be_compared() {
    let bench = two_books();
    bench.check_refused(
        "compare @book @nothere @sales.csv",
        3,
        "book_refused",
        &["nothere", "give the path of a folder"],
    );
    bench.check_refused("compare @book @other", 2, "usage", &["<EVENTS>"]);
    bench.change("other/contracts/by-line.toml", "\"3%\"", "\"3%%\"");
    bench.check_refused("compare @book @other @sales.csv", 1, "book_refused", &["other: refused", "by-line.toml:21:8"]);
    bench.write("sales.csv", SALES);
    bench.check_refused("compare @book @book @sales.csv --as-of now", 2, "argument_refused", &["--as-of"]);
}
