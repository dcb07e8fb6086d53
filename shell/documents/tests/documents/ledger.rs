//! Entries, balances and exceptions as CSV, and the summary.

use crate::fixture::{BANK, KRW, OPERATOR, PARTNER, POINT, USD, day, with_names};
use documents::{
    Csv, EntriesCsv, ExceptionRow, Flag, Names, ReconciliationCounts, Seal, Summary, exception_row, exceptions_header,
    write_balances_csv,
};
use event::Code;
use expect_test::{Expect, expect};
use ledger::{Account, Balances, Chart, Entries, EntryHead, Origin, Posting, Purpose};
use std::time::Duration;

/// Two batches of entries with one chart, whose accounts are opened on the way.
pub(crate) struct Batches {
    pub(crate) chart: Chart,
    pub(crate) balances: Balances,
    pub(crate) batches: Vec<(Chart, Entries)>,
}

impl Batches {
    pub(crate) fn new() -> Self {
        let mut batches = Self { chart: Chart::default(), balances: Balances::default(), batches: Vec::new() };
        let fee = Purpose(1);
        let psp = Account::Receivable(BANK, USD);
        batches.begin();
        batches.push(
            Origin::Event { row: 0 },
            &[
                (psp, 1_000_000),
                (Account::Accrued(PARTNER, USD), -890_000),
                (Account::Revenue(fee, USD), -100_000),
                (Account::VatOutput(USD), -10_000),
            ],
        );
        batches.push(Origin::Event { row: 1 }, &[(psp, -5), (Account::Accrued(PARTNER, USD), 5)]);
        batches.push(
            Origin::Released { position: 0 },
            &[(Account::Cost(Purpose(0), KRW), 7), (Account::Payable(PARTNER, KRW), -7)],
        );
        batches.begin();
        let point = (Account::Accrued(PARTNER, POINT), -999_999_999_999_999_999);
        batches.push(Origin::Accrual, &[(Account::VatInput(POINT), 999_999_999_999_999_999), point]);
        batches.push(Origin::Restatement, &[(Account::VatInput(POINT), 1), (Account::Accrued(PARTNER, POINT), -1)]);
        batches.push(
            Origin::Issue,
            &[(Account::Accrued(PARTNER, USD), 889_995), (Account::Payable(PARTNER, USD), -889_995)],
        );
        batches
    }

    fn begin(&mut self) {
        self.batches.push((self.chart.clone(), Entries::default()));
    }

    fn push(&mut self, origin: Origin, postings: &[(Account, i64)]) {
        let open = |&(account, amount): &(Account, i64)| Posting { account: self.chart.open(account), amount };
        let postings: Vec<Posting> = postings.iter().map(open).collect();
        let adjusts_on = if origin == Origin::Restatement { day("2018-12-01") } else { day("2019-01-01") };
        let head =
            EntryHead { origin, contract: 0, period_on: day("2019-01-01"), adjusts_on, dated_on: day("2019-01-17") };
        let (chart, entries) = self.batches.last_mut().unwrap();
        *chart = self.chart.clone();
        entries.push(head, &postings, chart);
        self.balances.post(&postings);
    }
}

/// Ids that are hard for each of the formats.
pub(crate) fn event_of(origin: Origin) -> (&'static str, &'static str) {
    match origin {
        Origin::Event { row: 0 } => ("pg", "order 17, \"paid\""),
        Origin::Event { .. } => ("pg", "=1+1  ; | * 한글\nx"),
        _ => ("bank", "-5"),
    }
}

fn entries(names: &Names<'_>, csv: Csv) -> String {
    let mut out = Vec::new();
    let mut writer = EntriesCsv::new(*names, csv);
    writer.header(&mut out);
    let mut first_entry = 1;
    for (chart, entries) in &Batches::new().batches {
        writer.write(&mut out, chart, first_entry, entries, event_of);
        first_entry += entries.len() as u64;
    }
    String::from_utf8(out).unwrap()
}

#[test]
fn entries_as_csv() {
    with_names(|names| {
        expect![[r#"
            entry,date,contract,period,adjusts,origin,source,event,account,asset,amount
            1,2019-01-17,games,2019-01-01,,event,pg,"order 17, ""paid""",bank: a;b:receivable,USD,10000.00
            1,2019-01-17,games,2019-01-01,,event,pg,"order 17, ""paid""",acme:accrued,USD,-8900.00
            1,2019-01-17,games,2019-01-01,,event,pg,"order 17, ""paid""",house:revenue:content fee,USD,-1000.00
            1,2019-01-17,games,2019-01-01,,event,pg,"order 17, ""paid""",tax:vat-output,USD,-100.00
            2,2019-01-17,games,2019-01-01,,event,pg,"=1+1  ; | * 한글
            x",bank: a;b:receivable,USD,-0.05
            2,2019-01-17,games,2019-01-01,,event,pg,"=1+1  ; | * 한글
            x",acme:accrued,USD,0.05
            3,2019-01-17,games,2019-01-01,,released,bank,-5,house:cost:share,KRW,7
            3,2019-01-17,games,2019-01-01,,released,bank,-5,acme:payable,KRW,-7
            4,2019-01-17,games,2019-01-01,,accrual,,,tax:vat-input,POINT 2,999999999999999.999
            4,2019-01-17,games,2019-01-01,,accrual,,,acme:accrued,POINT 2,-999999999999999.999
            5,2019-01-17,games,2019-01-01,2018-12-01,restatement,,,tax:vat-input,POINT 2,0.001
            5,2019-01-17,games,2019-01-01,2018-12-01,restatement,,,acme:accrued,POINT 2,-0.001
            6,2019-01-17,games,2019-01-01,,issue,,,acme:accrued,USD,8899.95
            6,2019-01-17,games,2019-01-01,,issue,,,acme:payable,USD,-8899.95
        "#]]
        .assert_eq(&entries(names, Csv::Plain));
        let excel = entries(names, Csv::Excel);
        assert!(excel.starts_with("\u{feff}entry,date,"));
        assert!(excel.contains(",pg,\"'=1+1  ; | * 한글\nx\","), "{excel}");
    });
}

#[test]
fn balances_as_csv() {
    with_names(|names| {
        let batches = Batches::new();
        let mut out = Vec::new();
        write_balances_csv(&mut out, &batches.chart, &batches.balances, names, Csv::Plain);
        expect![[r#"
            account,asset,balance
            acme:accrued,POINT 2,-1000000000000000.000
            acme:accrued,USD,0.00
            acme:payable,KRW,-7
            acme:payable,USD,-8899.95
            bank: a;b:receivable,USD,9999.95
            house:cost:share,KRW,7
            house:revenue:content fee,USD,-1000.00
            tax:vat-input,POINT 2,1000000000000000.000
            tax:vat-output,USD,-100.00
        "#]]
        .assert_eq(&String::from_utf8(out).unwrap());
    });
}

fn check_exception(row: &ExceptionRow<'_>, csv: Csv, expected: &Expect) {
    let mut out = Vec::new();
    exceptions_header(&mut out, csv);
    exception_row(&mut out, row, csv);
    expected.assert_eq(&String::from_utf8(out).unwrap());
}

#[test]
fn exceptions_as_csv() {
    let row = ExceptionRow {
        file: "a.csv",
        line: 17,
        source: "pg",
        event: "order-1",
        code: Code::CheckFailed,
        outside: false,
        column: "total",
        value: "12.30",
        detail: "-1.95",
    };
    check_exception(
        &row,
        Csv::Plain,
        &expect![[r#"
        file,line,source,event,stage,code,disposition,column,value,detail
        a.csv,17,pg,order-1,format,check_failed,held,total,12.30,-1.95
    "#]],
    );
    check_exception(
        &ExceptionRow { outside: true, ..row },
        Csv::Excel,
        &expect![[r#"
        ﻿file,line,source,event,stage,code,disposition,column,value,detail
        a.csv,17,pg,order-1,format,check_failed,outside,total,12.30,"'-1.95"
    "#]],
    );
    let bare =
        ExceptionRow { source: "", event: "", column: "", value: "x,\ny", detail: "", code: Code::RowMalformed, ..row };
    check_exception(
        &bare,
        Csv::Plain,
        &expect![[r#"
        file,line,source,event,stage,code,disposition,column,value,detail
        a.csv,17,,,format,row_malformed,rejected,,"x,
        y",
    "#]],
    );
}

fn summary() -> Summary {
    Summary {
        book: "example".into(),
        as_of: "2019-02-05T15:00:00Z".into(),
        events: 9_971,
        accepted: 9_942,
        duplicates: 0,
        conflicts: 0,
        held: 28,
        rejected: 1,
        outside_records: 4,
        not_yet_received: 0,
        commands: [0; 3],
        entries: 9_942,
        statements: 12,
        elapsed: Duration::from_micros(123_456),
        state_digest: "0a1b".into(),
        flags: vec![Flag { name: "sequence_gap".into(), source: "pg".into(), count: 2, detail: "17 to 19".into() }],
        seals: Vec::new(),
        reconciliations: Vec::new(),
    }
}

#[test]
fn a_summary_as_json() {
    expect![[r#"
        {
          "format": "jeongsan.summary",
          "version": 1,
          "book": "example",
          "as_of": "2019-02-05T15:00:00Z",
          "events": 9971,
          "accepted": 9942,
          "duplicates": 0,
          "conflicts": 0,
          "held": 28,
          "rejected": 1,
          "outside_records": 4,
          "not_yet_received": 0,
          "commands": 0,
          "commands_again": 0,
          "commands_refused": 0,
          "entries": 9942,
          "statements": 12,
          "seconds": 0.123,
          "events_per_second": 81065,
          "state_digest": "0a1b",
          "flags": [
            {
              "name": "sequence_gap",
              "source": "pg",
              "count": 2,
              "detail": "17 to 19"
            }
          ]
        }
    "#]]
    .assert_eq(&summary().json());
    assert_eq!(Summary { elapsed: Duration::ZERO, ..summary() }.events_per_second(), 0);
}

#[test]
#[should_panic(expected = "every event is decided once")]
fn decisions_add_up_to_events() {
    let _ = Summary { held: 27, ..summary() }.json();
}

#[test]
fn the_operator_has_accounts_of_its_own() {
    with_names(|names| {
        assert_eq!(names.account(Account::Revenue(Purpose(1), USD)), "house:revenue:content fee");
        assert_eq!(names.account(Account::Accrued(OPERATOR, USD)), "house:accrued");
    });
}

#[test]
fn seals_stand_in_a_summary_where_there_are_any() {
    assert!(summary().value().get("seals").is_none());
    let seal = |period: &str| Seal { contract: "games".into(), period: period.into(), digest: "c0de".into() };
    let seals = vec![seal("2024-01"), seal("2024-02")];
    let value = Summary { seals, ..summary() }.value();
    expect![[r#"[{"contract":"games","period":"2024-01","digest":"c0de"},{"contract":"games","period":"2024-02","digest":"c0de"}]"#]]
        .assert_eq(&value["seals"].to_string());
}

#[test]
fn reconciliations_stand_in_a_summary_where_there_are_any() {
    assert!(summary().value().get("reconciliation").is_none());
    let counts = ReconciliationCounts {
        id: "bank".into(),
        left_records: 3,
        right_records: 2,
        matched: 1,
        within_tolerance: 1,
        breaks: vec![("amount", 0), ("missing_right", 2)],
    };
    let value = Summary { reconciliations: vec![counts], ..summary() }.value();
    expect![[r#"
        {
          "bank": {
            "left_records": 3,
            "right_records": 2,
            "matched": 1,
            "within_tolerance": 1,
            "breaks": 2,
            "classes": {
              "amount": 0,
              "missing_right": 2
            }
          }
        }"#]]
    .assert_eq(&format!("{:#}", value["reconciliation"]));
}
