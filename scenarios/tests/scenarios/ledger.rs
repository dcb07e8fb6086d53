//! The ledger balances, and every statement is its postings.
//!
//! For a party's statement in an asset, over the entries of its contract and period: what was posted to
//! `<party>:accrued` before issue is the statement's `accrued` part with the sign turned, what was posted to
//! `<party>:receivable` is the rest; at issue the accrued part moves to `payable` where it is above zero, else to
//! `receivable`; a provisional statement has moved nothing. Lines that are not booked are in no account. No posting of a party belongs to no statement.

use crate::amount::units;
use crate::written::{Written, settle, settle_with};
use serde_json::Value;
use std::collections::{BTreeMap, BTreeSet};

/// One row of `entries.csv`.
struct Posting {
    entry: u64,
    contract: String,
    period_on: String,
    is_issue: bool,
    /// Whether an older system left it: then no statement of this one says so.
    is_opening: bool,
    account: String,
    asset: String,
    amount: i128,
}

const COLUMNS: &str = "entry,date,contract,period,adjusts,origin,source,event,account,asset,amount";

fn postings(written: &Written) -> Vec<Posting> {
    let mut reader = csv::Reader::from_path(written.folder.join("entries.csv")).unwrap();
    assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>().join(","), COLUMNS);
    let rows = reader.records().map(|row| {
        let row = row.unwrap();
        Posting {
            entry: row[0].parse().unwrap(),
            contract: row[2].to_owned(),
            period_on: row[3].to_owned(),
            is_issue: &row[5] == "issue",
            is_opening: &row[5] == "opening",
            account: row[8].to_owned(),
            asset: row[9].to_owned(),
            amount: units(&row[10]),
        }
    });
    rows.collect()
}

#[track_caller]
pub(crate) fn check(name: &str) {
    // As the scenario says, with periods still open; and long afterwards, when everything is issued.
    for written in [settle(name), settle_with(name, &["--as-of", "2090-01-01T00:00:00Z"])] {
        let postings = postings(&written);
        check_entries(&written, &postings);
        check_balances(&written, &postings);
        check_statements(&written, &postings);
    }
}

/// Numbers from 1 without gaps, nothing posted as zero, each entry zero in each asset.
fn check_entries(written: &Written, postings: &[Posting]) {
    let mut sums: BTreeMap<(u64, &str), i128> = BTreeMap::new();
    let mut last = 0;
    for posting in postings {
        assert!(posting.amount != 0, "entry {}", posting.entry);
        assert!(posting.entry == last || posting.entry == last + 1, "entry {} follows {last}", posting.entry);
        last = posting.entry;
        *sums.entry((posting.entry, &posting.asset)).or_default() += posting.amount;
    }
    let unbalanced: Vec<_> = sums.into_iter().filter(|(_, sum)| *sum != 0).collect();
    assert!(unbalanced.is_empty(), "{unbalanced:?}");
    assert_eq!(written.json("summary.json")["entries"], last);
}

fn check_balances(written: &Written, postings: &[Posting]) {
    let mut expected: BTreeMap<(String, String), i128> = BTreeMap::new();
    for posting in postings {
        *expected.entry((posting.account.clone(), posting.asset.clone())).or_default() += posting.amount;
    }
    let rows = written.rows("balances.csv");
    let order: Vec<(&str, &str)> = rows.iter().map(|row| (&*row["account"], &*row["asset"])).collect();
    assert!(order.is_sorted(), "{order:?}");
    let found: BTreeMap<(String, String), i128> =
        rows.iter().map(|row| ((row["account"].clone(), row["asset"].clone()), units(&row["balance"]))).collect();
    // An account may have been used and be in no entry, where its postings cancelled inside an event.
    let used: BTreeMap<_, _> = found.iter().filter(|(_, balance)| **balance != 0).collect();
    assert_eq!(used, expected.iter().filter(|(_, balance)| **balance != 0).collect::<BTreeMap<_, _>>());
    assert!(expected.keys().all(|account| found.contains_key(account)), "{expected:?}");
}

/// Contract, first day of the period, party, asset.
type Place = (String, String, String, String);

/// What stands on a party's accounts for a statement, debit positive.
#[derive(Debug, Default, PartialEq, Eq)]
struct Standing {
    accrued: i128,
    receivable: i128,
    issued_from: i128,
    issued_to_payable: i128,
    issued_to_receivable: i128,
}

fn check_statements(written: &Written, postings: &[Posting]) {
    let statements = written.statements();
    let parties: BTreeSet<&str> = statements.iter().map(|statement| statement["party"].as_str().unwrap()).collect();
    let mut found: BTreeMap<Place, Standing> = BTreeMap::new();
    for posting in postings {
        let Some((party, state)) = posting.account.split_once(':') else { panic!("{}", posting.account) };
        let of_party = ["accrued", "receivable", "payable"].contains(&state);
        if !of_party || posting.is_opening {
            continue;
        }
        assert!(parties.contains(party), "{} has no statement", posting.account);
        let Posting { contract, period_on, asset, .. } = posting;
        let standing = found.entry((contract.clone(), period_on.clone(), party.into(), asset.clone())).or_default();
        *match (state, posting.is_issue) {
            ("accrued", false) => &mut standing.accrued,
            ("receivable", false) => &mut standing.receivable,
            ("accrued", true) => &mut standing.issued_from,
            ("payable", true) => &mut standing.issued_to_payable,
            ("receivable", true) => &mut standing.issued_to_receivable,
            _ => panic!("{} is posted before issue", posting.account),
        } += posting.amount;
    }
    for statement in &statements {
        let place = ["contract", "party", "asset"].map(|field| statement[field].as_str().unwrap().to_owned());
        let [contract, party, asset] = place;
        let first_on = statement["period"]["first"].as_str().unwrap().to_owned();
        let standing = found.remove(&(contract, first_on, party, asset)).unwrap_or_default();
        assert_eq!(standing, expected_standing(statement), "{}", statement["id"]);
    }
    found.retain(|_, standing| *standing != Standing::default());
    assert!(found.is_empty(), "postings without a statement: {found:?}");
}

fn expected_standing(statement: &Value) -> Standing {
    let amount = |field: &str| units(statement[field].as_str().unwrap());
    let (total, accrued) = (amount("total") - unbooked(statement, |_| true), amount("accrued"));
    let accrued =
        accrued - unbooked(statement, |line| line["side"] == "owed" || line["creditor"] == statement["counterparty"]);
    let issued = if statement["status"] == "issued" { accrued } else { 0 };
    Standing {
        accrued: -accrued,
        receivable: accrued - total,
        issued_from: issued,
        issued_to_payable: -issued.max(0),
        issued_to_receivable: -issued.min(0),
    }
}

/// What is known at the end only, and in the ledger from the issue on.
fn unbooked(statement: &Value, is_wanted: impl Fn(&Value) -> bool) -> i128 {
    let lines = statement["lines"].as_array().unwrap().iter();
    let lines = lines.filter(|line| line["booked"] == false && line["part"] != "vat_included" && is_wanted(line));
    lines.map(|line| units(line["amount"].as_str().unwrap())).sum()
}
