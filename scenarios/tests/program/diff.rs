//! `diff` of two settled folders: every kind of cause alone, all together with parts that add up, and what it refuses.

use crate::bench::{Bench, SALES};
use scenarios::run_in;
use serde_json::Value;

/// Settled on 10 March, before the grace of any period is over.
const AS_OF: &str = "--as-of 2024-03-10T00:00:00+09:00";

/// A later look, when March is issued.
const LATER: &str = "--as-of 2024-04-10T00:00:00+09:00";

/// The contract whose lines the cases look at.
const LINE: &str = "by-line/provider/2024-03/KRW";

impl Bench {
    fn settle_to(&self, out: &str, more: &str) {
        self.settle(&format!("settle @book @sales.csv --out @{out} {more}"));
    }

    #[track_caller]
    fn diff(&self) -> Value {
        let answer = self.run("diff @before @after --json");
        assert_eq!((answer.exit_code, &*answer.err), (0, ""), "{}", answer.out);
        let found: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!((&found["format"], &found["version"]), (&"jeongsan.diff".into(), &1.into()));
        for statement in found["statements"].as_array().unwrap() {
            for line in statement["lines"].as_array().unwrap() {
                let part = |value: &Value| value["amount"].as_str().unwrap().parse::<i64>().unwrap();
                let parts: i64 = line["causes"].as_array().unwrap().iter().map(part).sum();
                assert_eq!(line["difference"], parts.to_string(), "parts add up: {line}");
            }
        }
        found
    }
}

/// The causes of the only line that changed in a statement, each as `cause amount`.
#[track_caller]
fn causes(found: &Value, statement: &str) -> Vec<String> {
    let statements = found["statements"].as_array().unwrap();
    let statement = statements.iter().find(|told| told["id"] == statement);
    let lines = statement.unwrap_or_else(|| panic!("{found:#}"))["lines"].as_array().unwrap();
    assert_eq!(lines.len(), 1, "{lines:?}");
    let told = |cause: &Value| format!("{} {}", cause["cause"].as_str().unwrap(), cause["amount"].as_str().unwrap());
    lines[0]["causes"].as_array().unwrap().iter().map(told).collect()
}

/// One more sale, received at a moment.
fn sale(id: &str, price: i64, received: &str) -> String {
    format!("{id},2024-03-05T12:00:00+09:00,{price},{received}+09:00\n")
}

#[test]
fn nothing_changed() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.settle_to("after", AS_OF);
    assert_eq!(bench.diff()["statements"], Value::Array(Vec::new()));
    assert!(bench.run("diff @before @after").out.contains("no statement changed"));
}

#[test]
fn an_event_that_came_in_between_is_late() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.write("sales.csv", SALES.to_owned() + &sale("s-4", 1000, "2024-03-11T00:00:00"));
    bench.settle_to("after", "--as-of 2024-03-12T00:00:00+09:00");
    let found = bench.diff();
    assert_eq!(causes(&found, LINE), ["late 30"]);
    assert_eq!(found["counts"]["late"], 1);
    assert_eq!(found["statements"][1]["lines"][0]["causes"][0]["events"][0], "sales:s-4");
    let told = bench.run("diff @before @after").out;
    assert!(told.contains("10 → 40  +30") && told.contains("late +30 (sales:s-4)"), "{told}");
}

#[test]
fn an_event_that_the_first_run_was_not_given_is_added() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.write("sales.csv", SALES.to_owned() + &sale("s-4", 1000, "2024-03-06T00:00:00"));
    bench.settle_to("after", AS_OF);
    assert_eq!(causes(&bench.diff(), LINE), ["added 30"]);
}

#[test]
fn an_event_that_was_refused_is_repaired() {
    let bench = Bench::new();
    bench.write("sales.csv", SALES.to_owned() + &sale("s-4", 1000, "2024-03-06T00:00:00").replace("1000", "1 000"));
    bench.settle_to("before", AS_OF);
    bench.write("sales.csv", SALES.to_owned() + &sale("s-4", 1000, "2024-03-06T00:00:00"));
    bench.settle_to("after", AS_OF);
    assert_eq!(causes(&bench.diff(), LINE), ["repaired 30"]);
}

#[test]
fn events_that_say_something_else_or_are_gone() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.write("sales.csv", SALES.replacen(",116,", ",1116,", 1));
    bench.settle_to("after", AS_OF);
    assert_eq!(causes(&bench.diff(), LINE), ["changed 30"]);
    let without: String =
        SALES.lines().filter(|line| !line.starts_with("s-2")).map(|line| format!("{line}\n")).collect();
    bench.write("sales.csv", without);
    bench.settle_to("after", &format!("{AS_OF} --replace"));
    assert_eq!(causes(&bench.diff(), LINE), ["removed -3"]);
}

#[test]
fn a_contract_says_something_else() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.change("book/contracts/by-line.toml", "rate = \"3%\"", "rate = \"5%\"");
    bench.settle_to("after", AS_OF);
    let found = bench.diff();
    assert_eq!(causes(&found, LINE), ["contract 7"]);
    assert_eq!(found["statements"].as_array().unwrap().len(), 1, "only this contract changed");
    let changed = &found["book_changes"][0];
    assert_eq!((&changed["before"], &changed["after"]), (&"\"3%\"".into(), &"\"5%\"".into()));
    assert_eq!(changed["path"].as_array().unwrap().last().unwrap(), "rate");
}

#[test]
fn time_issues_statements_and_moves_no_amount() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.settle_to("after", LATER);
    let found = bench.diff();
    assert_eq!(found["statements"].as_array().unwrap().len(), 2);
    for statement in found["statements"].as_array().unwrap() {
        assert_eq!(
            (&statement["before"]["status"], &statement["after"]["status"]),
            (&"provisional".into(), &"issued".into())
        );
        assert_eq!((&statement["difference"], &statement["lines"]), (&"0".into(), &Value::Array(Vec::new())));
    }
}

#[test]
fn what_was_agreed_on_is_an_adjustment() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    let command = "{\"received_at\": \"2024-03-09T12:00:00+09:00\", \"by\": \"kim\", \"command\": \"adjust\", \"contract\": \"by-line\", \
        \"party\": \"provider\", \"asset\": \"KRW\", \"amount\": \"500\", \"reason\": \"goodwill\", \"document\": \"D-1\"}\n";
    bench.write("commands.jsonl", command);
    bench.settle(&format!("settle @book @sales.csv @commands.jsonl --out @after {AS_OF}"));
    let found = bench.diff();
    assert_eq!(causes(&found, LINE), ["adjusted 500"]);
}

/// A new version, a repaired row, a changed one, one that is gone and late ones, looked at after the issue: the parts of
/// each line add up to its difference (checked in `diff`).
#[test]
fn causes_together_add_up() {
    let bench = Bench::new();
    bench.write("sales.csv", SALES.to_owned() + &sale("s-4", 1000, "2024-03-06T00:00:00").replace("1000", "x"));
    bench.settle_to("before", AS_OF);
    let events =
        SALES.replacen("s-1,", "s-9,", 1).replacen(",116,", ",216,", 2) + &sale("s-4", 1000, "2024-03-06T00:00:00");
    bench.write(
        "sales.csv",
        events + &sale("s-5", 5555, "2024-03-11T00:00:00") + &sale("s-6", 777, "2024-04-07T00:00:00"),
    );
    bench.change("book/contracts/by-line.toml", "rate = \"3%\"", "rate = \"7%\"");
    bench.settle_to("after", LATER);
    let found = bench.diff();
    assert_eq!(causes(&found, LINE), ["contract 14", "removed -8", "changed 7", "repaired 70", "added 15", "late 389"]);
    // What came after the cut restates March in April.
    assert_eq!(causes(&found, "by-line/provider/2024-04/KRW"), ["late 55"]);
    let restated = found["statements"].as_array().unwrap().iter().find(|told| told["period"] == "2024-04");
    assert_eq!(restated.unwrap()["lines"][0]["restates"], "2024-03-01");
}

#[test]
fn korean_is_spoken() {
    let bench = Bench::new();
    bench.settle_to("before", AS_OF);
    bench.write("sales.csv", SALES.to_owned() + &sale("s-4", 1000, "2024-03-11T00:00:00"));
    bench.settle_to("after", LATER);
    let folder = |name| bench.path(name).display().to_string();
    let told = run_in("ko", &["diff", &folder("before"), &folder("after")]).out;
    assert!(told.contains("이후 수신된 거래 1건") && told.contains("잠정 10 → 확정 40"), "{told}");
}

#[test]
fn folders_that_cannot_be_compared() {
    let bench = Bench::new();
    bench.check_refused("diff @before @after", 3, "world_failed", &["lock.json: reading failed"]);
    bench.settle_to("before", AS_OF);
    bench.change("book/book.toml", "id = \"", "id = \"another-");
    bench.settle_to("after", AS_OF);
    bench.check_refused("diff @before @after", 2, "argument_refused", &["DIR2", "another book than DIR1"]);
    bench.check_refused("diff @before", 2, "usage", &["<DIR2>"]);
}
