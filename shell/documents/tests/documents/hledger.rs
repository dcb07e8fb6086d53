//! The journal as hledger reads it. Where hledger is missing the proof cannot be made: that is said past the capture of
//! the test's output, counted, and fatal with `CI=true`.

use crate::fixture::with_names;
use crate::ledger::{Batches, event_of};
use documents::{HledgerJournal, Names, hledger_account};
use expect_test::expect;
use ledger::AccountId;
use std::io::Write as _;
use std::process::{Command, Stdio};

fn journal(names: &Names<'_>, batches: &Batches) -> String {
    let mut out = Vec::new();
    let mut writer = HledgerJournal::new(*names);
    writer.header(&mut out);
    let mut first_entry = 1;
    for (chart, entries) in &batches.batches {
        writer.write(&mut out, chart, first_entry, entries, event_of);
        first_entry += entries.len() as u64;
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn entries_as_a_journal() {
    with_names(|names| {
        expect![[r#"
        ; jeongsan.journal 1
        commodity 1000.00 USD
        commodity 1000. KRW
        commodity 1000.000 "POINT 2"
        account bank%3A%20a%3Bb:receivable
        account acme:accrued
        account house:revenue:content%20fee
        account tax:vat-output
        account house:cost:share
        account acme:payable

        2019-01-17 (1) games event pg order%2017%2C%20%22paid%22
            bank%3A%20a%3Bb:receivable  10000.00 USD
            acme:accrued  -8900.00 USD
            house:revenue:content%20fee  -1000.00 USD
            tax:vat-output  -100.00 USD

        2019-01-17 (2) games event pg %3D1%2B1%20%20%3B%20%7C%20%2A%20한글%0Ax
            bank%3A%20a%3Bb:receivable  -0.05 USD
            acme:accrued  0.05 USD

        2019-01-17 (3) games released bank -5
            house:cost:share  7 KRW
            acme:payable  -7 KRW
        account tax:vat-input
        account acme:accrued
        account acme:payable

        2019-01-17 (4) games accrual
            tax:vat-input  999999999999999.999 "POINT 2"
            acme:accrued  -999999999999999.999 "POINT 2"

        2019-01-17 (5) games restatement
            tax:vat-input  0.001 "POINT 2"
            acme:accrued  -0.001 "POINT 2"

        2019-01-17 (6) games issue
            acme:accrued  8899.95 USD
            acme:payable  -8899.95 USD
    "#]]
        .assert_eq(&journal(names, &Batches::new()))
    });
}

#[test]
fn hledger_accepts_the_journal_and_finds_the_same_balances() {
    if hledger_is_missing() {
        return;
    }
    with_names(|names| {
        let batches = Batches::new();
        let journal = journal(names, &batches);
        hledger(&["check", "--strict"], &journal).unwrap();
        let found = hledger(
            &["balance", "--flat", "--empty", "--no-total", "--output-format", "csv", "--layout", "bare"],
            &journal,
        );
        let mut found: Vec<String> = found.unwrap().lines().skip(1).map(|line| line.replace('"', "")).collect();
        found.sort();
        let mut expected = Vec::new();
        for (number, &account) in (0..).zip(batches.chart.accounts_from(0)) {
            let asset = names.asset(account.asset());
            let balance = money::Decimal { mantissa: batches.balances.of(AccountId(number)), scale: asset.digits };
            if balance.mantissa != 0 {
                expected.push(format!("{},{},{balance}", hledger_account(names, account), asset.name));
            }
        }
        expected.sort();
        found.retain(|line| !line.ends_with(",0"));
        assert_eq!(found, expected);
        let broken = journal.replace("-0.05 USD", "-0.04 USD");
        hledger(&["check"], &broken).unwrap_err();
    });
}

fn hledger(arguments: &[&str], journal: &str) -> Result<String, String> {
    let mut command = Command::new("hledger");
    command.args(["-f", "-"]).args(arguments).env("LC_ALL", "C.UTF-8");
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(journal.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    if output.status.success() { Ok(text(output.stdout)) } else { Err(text(output.stderr)) }
}

fn hledger_is_missing() -> bool {
    if Command::new("hledger").arg("--version").output().is_ok_and(|output| output.status.success()) {
        return false;
    }
    let reason = "documents: hledger is not installed";
    assert!(std::env::var("CI").as_deref() != Ok("true"), "{reason}");
    writeln!(std::io::stderr(), "!!! skipped: 1 {reason}").expect("stderr is open");
    if let Some(file) = std::env::var_os("SKIPPED_TESTS") {
        let mut list = std::fs::OpenOptions::new().append(true).open(file).unwrap();
        writeln!(list, "{reason}").unwrap();
    }
    true
}
