//! What sealing keeps of a period: the digest of its issued statements, and of nothing else.

use crate::written::settle_as;
use scenarios::Scenario;
use serde_json::Value;

const COMMANDS: &str = "commands.jsonl";
const PLAYS: &str = "plays.csv";

/// Settles the month that people close with a text of one of its files replaced, and gives the seals of the summary; null
/// where it has none.
#[track_caller]
fn check(file: &str, from: &str, to: &str) -> Value {
    let scenario = Scenario::named("soft-close");
    let folder = tempfile::tempdir().unwrap();
    for name in [COMMANDS, PLAYS] {
        let mut text = std::fs::read_to_string(scenario.folder.join("events").join(name)).unwrap();
        if name == file {
            assert!(text.contains(from), "{name} has no `{from}`");
            text = text.replace(from, to);
        }
        std::fs::write(folder.path().join(name), text).unwrap();
    }
    let places = [scenario.folder.join("book"), folder.path().join(COMMANDS), folder.path().join(PLAYS)];
    let places = places.map(|path| path.display().to_string());
    let written = settle_as(scenario, &places.each_ref().map(String::as_str));
    written.json("summary.json")["seals"].clone()
}

#[test]
fn a_seal_is_of_one_period_and_of_its_statements() {
    let sealed = check(PLAYS, "", "");
    let digest = sealed[0]["digest"].as_str().unwrap();
    assert!(digest.len() == 64 && digest.bytes().all(|byte| byte.is_ascii_hexdigit()), "{digest}");
    assert_eq!(sealed, serde_json::json!([{ "contract": "games", "period": "2024-01", "digest": digest }]));
    // What restates January in February's statement, or belongs to February, leaves January's as it was issued.
    let late = "p-4,2024-01-26T10:00:00+09:00,100000";
    assert_eq!(check(PLAYS, late, "p-4,2024-01-26T10:00:00+09:00,70000"), sealed);
    assert_eq!(check(PLAYS, "300000", "310000"), sealed);
    // What January's statement says of its play or of its adjustment is sealed.
    for (file, from, to) in [(PLAYS, "400000", "400010"), (COMMANDS, "-5000", "-5001")] {
        let other = check(file, from, to);
        assert_eq!((&other[0]["period"], other[0]["digest"] == digest), (&"2024-01".into(), false), "{from}");
    }
}

#[test]
fn what_is_not_sealed_has_no_seal() {
    let sealing = r#""command":"seal","contract":"games","period":"2024-01""#;
    assert_eq!(check(COMMANDS, sealing, r#""command":"issue","contract":"games","period":"2024-01""#), Value::Null);
    // Before it is issued there is nothing to seal.
    assert_eq!(check(COMMANDS, "2024-02-09T09:00:00+09:00", "2024-02-07T10:00:00+09:00"), Value::Null);
}
