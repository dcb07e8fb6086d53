//! `new`: every template is a book that settles its scenario; settings reach all places; questions and refusals.

use crate::bench::Bench;
use scenarios::{Answer, Scenario, run_answering};
use serde_json::Value;
use std::collections::BTreeSet;
use std::path::Path;

const TEMPLATES: [&str; 6] =
    ["ad-network", "aggregator", "credit-supplier", "game-provider", "payment-provider", "royalty"];

/// Paths of all files below a folder.
fn files(folder: &Path, below: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for entry in std::fs::read_dir(folder.join(below)).unwrap() {
        let entry = entry.unwrap();
        let path = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            found.extend(files(folder, &format!("{path}/")));
        } else {
            found.insert(path);
        }
    }
    found
}

/// Asks for a new book in a language, with answers.
fn asked(bench: &Bench, language: &str, more: &[&str], answers: &str) -> Answer {
    let folder = bench.path("new").display().to_string();
    let words: Vec<&str> = ["new", &folder].into_iter().chain(more.iter().copied()).collect();
    run_answering(language, &words, answers)
}

#[test]
fn every_template_is_offered_and_settles_its_scenario() {
    let scenarios = Scenario::all().unwrap();
    let named: Vec<&str> = scenarios.iter().filter_map(|scenario| scenario.name.strip_prefix("template-")).collect();
    assert_eq!(named, TEMPLATES);
    for template in TEMPLATES {
        let (bench, scenario) = (Bench::new(), Scenario::named(&format!("template-{template}")));
        let answer = bench.run(&format!("new @new --template {template}"));
        assert_eq!((answer.exit_code, &*answer.err), (0, ""), "{template}: {}", answer.out);
        assert!(bench.run("check @new").out.contains(", 0 warnings"), "{template}");
        let of_scenario = files(&scenario.folder.join("book"), "");
        assert_eq!(files(&bench.path("new"), ""), of_scenario, "{template}");
        let events = scenario.arguments().unwrap().split_off(1).join(" ");
        bench.settle(&format!("settle @new {events} --out @out"));
        bench.settle(&format!("settle {} {events} --out @expected", scenario.folder.join("book").display()));
        assert_eq!(bench.text("out/statements.json"), bench.text("expected/statements.json"), "{template}");
        let readme = bench.text("new/README.md");
        assert!(readme.contains("## How to fill it in") && readme.contains("## What was filled in"), "{template}");
    }
}

#[test]
fn a_setting_is_set_wherever_it_stands() {
    let bench = Bench::new();
    let settings = "operator=acme provider=nexus asset=USD zone=UTC share=12.5% tier=250000 minimum=1000 grace_days=9 start=2025-07-01";
    let sets: Vec<String> = settings.split(' ').map(|set| format!("--set {set}")).collect();
    let answer = bench.run(&format!("new @new --template game-provider {} --json", sets.join(" ")));
    let told: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&told["settings"]["share"], &told["settings"]["share_above"]), (&"12.5%".into(), &"15%".into()));
    assert_eq!(told["warnings"], Value::Array(Vec::new()));
    let contract = bench.text("new/contracts/games.toml");
    for line in [
        "{ up_to = \"250000\", rate = \"12.5%\" },",
        "debtor = \"acme\"\n",
        "creditor = \"nexus\"\n",
        "sources = [\"nexus\"]\n",
        "grace = { days = 9 }",
        "valid_from = \"2025-07-01\"\n",
        "amount = \"1000\"",
    ] {
        assert!(contract.contains(line), "no `{line}` in\n{contract}");
    }
    for file in files(&bench.path("new"), "") {
        let text = bench.text(&format!("new/{file}"));
        assert!(!text.contains("#?") && !text.contains("\"KRW\"") && !text.contains("\"platform\""), "{file}\n{text}");
    }
    assert!(bench.run("check @new").out.starts_with("games: good; 2 parties"));
}

#[test]
fn everything_is_asked_for() {
    let bench = Bench::new();
    // The trade by its number after one that is none; then the id of the book, its name twice (a quote cannot stand there).
    let answer = asked(&bench, "en", &["--set", "operator=me"], "nine\n6\nmy-book\nMy \"book\"\nMy book\n");
    assert_eq!(answer.exit_code, 0, "{}", answer.err);
    for prompt in [
        "Which trade?",
        "6  royalty: ",
        "id of the book [royalties]: ",
        "cannot stand there",
        "advance on royalties [1000000]: ",
    ] {
        assert!(answer.err.contains(prompt), "no `{prompt}` in\n{}", answer.err);
    }
    assert!(!answer.err.contains("id of your company"), "what was set is not asked for\n{}", answer.err);
    let book = bench.text("new/book.toml");
    assert!(
        book.contains("id = \"my-book\"") && book.contains("name = \"My book\"") && book.contains("operator = \"me\""),
        "{book}"
    );
}

/// Parts that make 100 % can only be changed one after the other: the fault is told, and the answer stands until all is right.
#[test]
fn answers_that_are_right_together() {
    let bench = Bench::new();
    let keep = "\n".repeat(19);
    let settle = |answers: &str| asked(&bench, "en", &[], answers);
    let prompts = settle(&format!("aggregator\n{keep}")).err;
    let questions: Vec<&str> = prompts.split(": ").collect();
    let before = questions.iter().position(|question| question.contains("studio's part")).unwrap();
    std::fs::remove_dir_all(bench.path("new")).unwrap();
    let first = questions.iter().position(|question| question.contains("id of the book")).unwrap();
    let answers = format!("aggregator\n{}80%\n\n20%\n", "\n".repeat(before - first));
    let answer = settle(&answers);
    assert_eq!(answer.exit_code, 0, "{}", answer.err);
    assert!(answer.err.contains("100"), "the fault is told: {}", answer.err);
    let contract = bench.text("new/contracts/content.toml");
    assert!(contract.contains("share = \"80%\"") && contract.contains("share = \"20%\""), "{contract}");
}

#[test]
fn korean_is_spoken() {
    let bench = Bench::new();
    let answer = asked(&bench, "ko", &[], "2\n");
    assert!(answer.err.contains("어떤 업종입니까?") && answer.err.contains("장부 번호 [hub]: "), "{}", answer.err);
    assert!(answer.out.contains("aggregator 서식으로 파일 7개를 만들었습니다"), "{}", answer.out);
    assert!(bench.text("new/book.toml").contains("# 통화\n"));
    assert!(bench.text("new/README.md").contains("## 입력된 값"));
}

#[test]
fn what_cannot_be_written() {
    let bench = Bench::new();
    let new = "new @new --template royalty";
    bench.check_refused(
        "new @new --template bakery",
        2,
        "argument_refused",
        &["--template \"bakery\"", "choose game-provider"],
    );
    bench.check_refused(
        &format!("{new} --set advances=5"),
        2,
        "argument_refused",
        &["--set \"advances=5\"", "is no setting"],
    );
    bench.check_refused(&format!("{new} --set advance"), 2, "argument_refused", &["--set", "KEY=VALUE"]);
    bench.check_refused(&format!("{new} --set grace_days=-1"), 2, "argument_refused", &["cannot stand there"]);
    let says = ["contracts/author.toml:", "`much`", "new: refused with 2 faults"];
    bench.check_refused(&format!("{new} --set ebook_rate=much"), 1, "book_refused", &says);
    bench.check_refused("new @book --template royalty", 2, "folder_exists", &["exists and is not empty"]);
    let nobody = asked(&bench, "en", &[], "");
    assert!(nobody.exit_code == 2 && nobody.err.contains("must be given where nobody answers"), "{}", nobody.err);
    assert!(!bench.path("new").exists());
}
