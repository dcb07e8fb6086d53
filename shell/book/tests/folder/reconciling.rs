//! `reconcile/*.toml`: what they mean, and each of their faults at its line and column.

use crate::shop::{SALES, files, listed};
use ::reconcile::{Compared, Matching, Window};
use book::reconcile::{Complete, DayOf, KeyPart, Listing};
use book::{Fault, Loaded, load_files};
use event::{AdapterId, SourceId};

/// The records of the payment provider, and a reconciliation of them with sales.
const BANK: &str = r#"[adapter]
id = "bank"
format = "csv"
role = "outside"
header = true
kind = "line"
asset = "USD"
[adapter.fields]
number = { column = "number", type = "word" }
booked = { column = "booked", type = "time", format = "rfc3339", blank = "" }
paid = { column = "paid", type = "amount", scale = 4 }
[[source]]
id = "bank"
identity = { field = "number" }
"#;

const PAID: &str = r#"[reconciliation]
id = "paid"
match = "key_then_amount"
window = { days = 3 }

[reconciliation.left]
sources = ["sales"]
key = ["id", "결제 수단"]
date = "day"
where = "kind = 'sale'"

[reconciliation.right]
adapters = ["bank"]
records = "many"
key = ["number"]
date = "booked"
complete = "number <> 'open'"

[[reconciliation.amount]]
name = "paid"
left = "price - fee"
right = "paid"
tolerance = "0.05"
"#;

const LEDGER: &str = r#"[reconciliation]
id = "ledger"
[reconciliation.left]
accounts = ["psp:receivable", "*:accrued", "op:revenue:share", "tax:vat-output"]
complete = false
[reconciliation.right]
adapters = ["bank"]
[[reconciliation.amount]]
name = "amount"
left = "if(origin = 'event', amount, 0)"
right = "paid"
"#;

const OWN: &str = r#"[reconciliation]
id = "own"
[reconciliation.left]
adapters = ["bank"]
[[reconciliation.amount]]
name = "paid"
left = "paid"
right = "paid + paid"
"#;

fn load(reconciliations: &[&str], bank: &str) -> Result<Loaded, Vec<Fault>> {
    let mut files = files();
    files.push(("sources/bank.toml".into(), bank.as_bytes().to_vec()));
    for (number, text) in reconciliations.iter().enumerate() {
        files.push((format!("reconcile/{number}.toml"), text.as_bytes().to_vec()));
    }
    load_files(files)
}

#[track_caller]
fn check(text: &str, from: &str, to: &str, expected: &[&str]) {
    assert!(text.contains(from), "{from} is not there");
    let found = load(&[&text.replacen(from, to, 1)], BANK).map_or_else(|faults| faults, |loaded| loaded.warnings);
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    assert_eq!(listed(&found), expected, "{from} => {to}\n{}", texts.join("\n"));
}

#[test]
fn a_reconciliation_means_what_it_says() {
    let loaded = load(&[PAID, LEDGER, OWN], BANK).unwrap();
    let [paid, ledger, own] = &loaded.reconciliations[..] else { panic!("three reconciliations") };
    assert_eq!((paid.rule.matching, paid.rule.window), (Matching::KeyThenAmount, Some(Window::Days(3))));
    assert_eq!((paid.rule.left_many, paid.rule.right_many, paid.rule.own), (false, true, false));
    // The fee has six digits behind the point.
    assert_eq!(paid.rule.amounts, [Compared { name: "paid".into(), tolerance: 50_000 }]);
    assert_eq!(paid.scales, [6]);
    let (sales, bank) = (&paid.left.feeds[0], &paid.right.feeds[0]);
    assert_eq!((&paid.left.listing, &paid.right.listing), (&Listing::Events, &Listing::Outside));
    assert_eq!((sales.adapter, &*sales.sources), (AdapterId(1), &[SourceId(1)][..]));
    assert_eq!((&*sales.key, sales.day), (&[KeyPart::Id, KeyPart::Word(0)][..], Some(DayOf::Date(0))));
    assert_eq!((&*bank.key, bank.day), (&[KeyPart::Word(0)][..], Some(DayOf::Time(0))));
    assert!(sales.condition.is_some() && sales.complete == Complete::Always);
    assert!(bank.condition.is_none() && matches!(bank.complete, Complete::Where(_)));
    assert_eq!((sales.amounts[0].text(), bank.amounts[0].text()), ("price - fee", "paid"));

    let accounts = ["psp:receivable", "*:accrued", "op:revenue:share", "tax:vat-output"].map(Into::into).to_vec();
    assert_eq!(ledger.left.listing, Listing::Postings(accounts));
    let postings = &ledger.left.feeds[0];
    assert_eq!((&*postings.key, postings.day), (&[KeyPart::Id][..], Some(DayOf::Date(0))));
    assert_eq!((&postings.complete, ledger.rule.matching, ledger.rule.window), (&Complete::Never, Matching::Key, None));
    assert!(own.rule.own && own.left.feeds[0].amounts[0] != own.right.feeds[0].amounts[0]);
}

#[test]
fn names_are_faulty() {
    check(PAID, "\"bank\"", "\"bnak\"", &["reconcile/0.toml:13:13 adapter_unknown"]);
    check(PAID, "\"bank\"", "\"sales\"", &["reconcile/0.toml:13:13 adapter_of_events"]);
    check(PAID, "[\"sales\"]", "[\"bank\"]", &["reconcile/0.toml:7:12 source_outside"]);
    check(PAID, "[\"sales\"]", "[\"salse\"]", &["reconcile/0.toml:7:12 source_unknown"]);
    check(PAID, "[\"number\"]", "[\"numbr\"]", &["reconcile/0.toml:15:8 field_unknown"]);
    check(PAID, "[\"number\"]", "[\"booked\"]", &["reconcile/0.toml:15:8 field_unknown"]);
    check(PAID, "[\"number\"]", "[\"original\"]", &["reconcile/0.toml:15:8 field_unknown"]);
    check(PAID, "\"booked\"", "\"paid\"", &["reconcile/0.toml:16:8 field_unknown"]);
    check(PAID, "price - fee", "price - fe", &["reconcile/0.toml:21:17 expression_invalid"]);
    check(PAID, "'sale'", "'slae'", &["reconcile/0.toml:10:17 word_never"]);
    check(PAID, "number <>", "numbr <>", &["reconcile/0.toml:17:13 expression_invalid"]);
    for account in ["psp:receivabel", "pps:receivable", "op:revenue:shares", "psp:revenue:share", "tax", "*"] {
        check(LEDGER, "psp:receivable", account, &["reconcile/0.toml:4:13 account_unknown"]);
    }
}

#[test]
fn shape_is_faulty() {
    check(PAID, "match = \"key_then_amount\"", "match = \"keys\"", &["reconcile/0.toml:3:9 value_unknown"]);
    check(PAID, "{ days = 3 }", "\"week\"", &["reconcile/0.toml:4:10 value_unknown"]);
    check(PAID, "{ days = 3 }", "{ days = 4000 }", &["reconcile/0.toml:4:19 number_out_of_range"]);
    check(PAID, "date = \"booked\"\n", "", &["reconcile/0.toml:12:1 key_missing"]);
    check(PAID, "adapters = [\"bank\"]", "adapters = []", &["reconcile/0.toml:13:12 list_empty"]);
    check(PAID, "adapters", "sources = [\"sales\"]\nadapters", &["reconcile/0.toml:13:11 key_conflict"]);
    check(PAID, "records = \"many\"", "records = \"all\"", &["reconcile/0.toml:14:11 value_unknown"]);
    check(PAID, "tolerance = \"0.05\"", "tolerance = \"0.0000001\"", &["reconcile/0.toml:23:13 digits_too_many"]);
    check(PAID, "tolerance = \"0.05\"", "tolerance = \"-1\"", &["reconcile/0.toml:23:13 amount_negative"]);
    check(PAID, "left = \"price - fee\"\n", "", &["reconcile/0.toml:19:1 key_missing"]);
    check(OWN, "left = \"paid\"", "left = \"paid\" # \n more = 1", &["reconcile/0.toml:8:2 key_unknown"]);
    check(OWN, "id = \"own\"", "id = \"own\"\nwindow = \"month\"", &["reconcile/0.toml:3:10 key_misplaced"]);
    let twice = format!("{OWN}[[reconciliation.amount]]\nname = \"paid\"\nleft = \"paid\"\nright = \"paid\"\n");
    assert_eq!(listed(&load(&[&twice], BANK).unwrap_err()), ["reconcile/0.toml:9:1 id_twice"]);
    assert_eq!(listed(&load(&[OWN, OWN], BANK).unwrap_err()), ["reconcile/1.toml:1:1 id_twice"]);
    // Records that nothing tells apart have no ids to be found by.
    let anonymous = BANK.replace("identity = { field = \"number\" }\n", "");
    assert_eq!(listed(&load(&[OWN], &anonymous).unwrap_err()), ["reconcile/0.toml:3:1 key_missing"]);
    assert!(load(&[PAID], &anonymous).is_ok());
}

#[test]
fn what_depends_on_a_faulty_part_is_passed_over() {
    let faulty = BANK.replace("header = true", "header = 1");
    assert_eq!(listed(&load(&[PAID, OWN], &faulty).unwrap_err()), ["sources/bank.toml:5:10 type_wrong"]);
    let kinds = SALES.replace("scale = 6", "scale = 99");
    let mut files = files();
    files.retain(|(path, _)| path != "sources/sales.toml");
    files.push(("sources/sales.toml".into(), kinds.into_bytes()));
    files.push(("sources/bank.toml".into(), BANK.into()));
    files.push(("reconcile/paid.toml".into(), PAID.into()));
    let faults = load_files(files).unwrap_err();
    assert_eq!(faults.iter().filter(|fault| fault.file.starts_with("reconcile/")).count(), 0, "{faults:?}");
}
