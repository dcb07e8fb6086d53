//! hledger, which knows nothing of us, accepts the journal and finds the balances of `balances.csv`.

use crate::amount::units;
use crate::written::settle;
use std::collections::BTreeMap;
use std::io::Write;
use std::path::Path;
use std::process::Command;

#[track_caller]
pub(crate) fn check(name: &str) {
    if is_missing() {
        return;
    }
    let written = settle(name);
    // One call, since a long journal takes its time: strict checks and balances.
    let found = balances(&written.folder.join("journal.hledger"));
    let mut expected = BTreeMap::new();
    for row in written.rows("balances.csv") {
        if units(&row["balance"]) != 0 {
            let account: Vec<String> = row["account"].split(':').map(escaped).collect();
            expected.insert((account.join(":"), escaped(&row["asset"])), units(&row["balance"]));
        }
    }
    assert_eq!(found, expected, "{name}");
}

/// Account and commodity with what hledger makes of them, zero ones left out.
fn balances(journal: &Path) -> BTreeMap<(String, String), i128> {
    let mut command = Command::new("hledger");
    command.arg("-f").arg(journal).args(["balance", "--strict", "--flat", "--empty", "--no-total"]);
    command.args(["--layout", "bare", "--output-format", "csv"]).env("LC_ALL", "C.UTF-8");
    let output = command.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let mut balances = BTreeMap::new();
    let mut reader = csv::Reader::from_reader(&*output.stdout);
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), ["account", "commodity", "balance"]);
    for row in reader.records() {
        let row = row.unwrap();
        let balance = units(&row[2]);
        if balance != 0 {
            balances.insert((row[0].to_owned(), row[1].trim_matches('"').to_owned()), balance);
        }
    }
    balances
}

/// A name as the journal writes it.
fn escaped(name: &str) -> String {
    let mut text = String::new();
    for character in name.chars() {
        if character.is_alphanumeric() || "-_./".contains(character) {
            text.push(character);
        } else {
            character.to_string().bytes().for_each(|byte| text.push_str(&format!("%{byte:02X}")));
        }
    }
    text
}

/// Whether the test has to be skipped, which is said and counted; with `CI=true` it may not be.
fn is_missing() -> bool {
    if Command::new("hledger").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return false;
    }
    let reason = "scenarios: hledger is not installed";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    writeln!(std::io::stderr(), "!!! skipped: 1 {reason}").expect("stderr is open");
    if let Some(file) = std::env::var_os("SKIPPED_TESTS") {
        let mut list = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(list, "{reason}").unwrap();
    }
    true
}
