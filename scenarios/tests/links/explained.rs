//! What `explain` says of events that take each other's place.

use crate::world::Texts;
use scenarios::run;

/// Settles lines under a book of texts and explains one event.
fn explain(texts: &Texts, lines: &[&str], event: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name).display().to_string();
    for (name, text) in texts.files() {
        let file = folder.path().join("book").join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(file, text).unwrap();
    }
    std::fs::write(path("wallet.jsonl"), lines.join("\n")).unwrap();
    let settled = run(&["settle", &path("book"), &path("wallet.jsonl"), "--out", &path("out")]);
    assert_eq!(settled.exit_code, 0, "{}", settled.err);
    let answer = run(&["explain", &path("out"), event]);
    assert_eq!(answer.exit_code, 0, "{}", answer.err);
    answer.out
}

const ROUND: [&str; 4] = [
    r#"{"id":"p1","kind":"placed","amount":0,"at":"2024-01-10T12:00:00+09:00","received":"2024-01-10T12:00:00+09:00"}"#,
    r#"{"id":"s1","kind":"settled","amount":1000,"ref":"p1","at":"2024-01-11T12:00:00+09:00","received":"2024-01-11T12:00:00+09:00"}"#,
    r#"{"id":"v1","kind":"void","amount":0,"ref":"p1","at":"2024-01-12T12:00:00+09:00","received":"2024-01-12T12:00:00+09:00"}"#,
    r#"{"id":"s2","kind":"settled","amount":400,"ref":"p1","at":"2024-01-13T12:00:00+09:00","received":"2024-01-13T12:00:00+09:00"}"#,
];

#[test]
fn each_result_says_what_it_replaces() {
    let result = "original = \"required\"\nlink = \"ref\"\nsupersedes = true\n";
    let kinds = format!("[source.kinds.placed]\n[source.kinds.settled]\n{result}[source.kinds.void]\n{result}");
    let texts = Texts::of(&format!("identity = {{ field = \"id\" }}\n{kinds}"));
    let check = |event: &str, said: &[&str]| {
        let out = explain(&texts, &ROUND, event);
        let lines: Vec<&str> = out.lines().map(str::trim).filter(|line| line.contains("place")).collect();
        assert_eq!(lines, said, "{out}");
    };
    check("s1", &["wallet:v1 takes its place"]);
    check("v1", &["takes the place of s1", "wallet:s2 takes its place"]);
    check("s2", &["takes the place of v1"]);
    // What it moved: its own amount and what it took back.
    let out = explain(&texts, &ROUND, "v1");
    assert!(out.contains("commercial day 2024-01-11 and 2024-01-12"), "{out}");
}

#[test]
fn each_report_says_that_it_is_newer() {
    let texts = Texts::of("identity = { field = \"id\" }\nrevision = \"revision\"\n[source.kinds.estimate]\n");
    let report = |revision: u32, amount: u32| {
        let at = "2024-01-10T12:00:00+09:00";
        format!(
            r#"{{"id":"a","kind":"estimate","amount":{amount},"revision":{revision},"at":"{at}","received":"{at}"}}"#
        )
    };
    let (first, second) = (report(1, 100), report(2, 150));
    let out = explain(&texts, &[&first, &second], "a");
    assert_eq!(out.matches("accepted").count(), 2, "{out}");
    assert_eq!(out.matches("takes the place of a").count(), 1, "{out}");
}
