//! Statements as JSON, text and workbook.

use crate::evaluator::evaluate;
use crate::fixture::{provisional, statement, with_names};
use calamine::{DataType, Range, Reader, Xlsx, open_workbook_from_rs};
use close::Statement;
use documents::{Lang, statement_text, statement_xlsx, write_statements_json};
use expect_test::{Expect, expect};
use serde_json::Value;
use std::io::Cursor;

fn check_text(statement: &Statement, lang: Lang, expected: &Expect) {
    with_names(|names| expected.assert_eq(&statement_text(statement, names, lang)));
}

#[test]
fn a_statement_in_english() {
    check_text(
        &statement(),
        Lang::English,
        &expect![[r#"
            Statement

             Id        games/acme/2019-01/USD
             Contract  games
             Party     acme (Acme Games)
             Operator  house (하우스, registration number 123-45-67890)
             Period    2019-01 (2019-01-01 – 2019-01-31)
             Status    issued (period closed)
             Cut       2019-02-06 00:00:00 Asia/Seoul
             Due       2019-02-28
             Asset     USD

             No  Item                                 Dimensions      Debtor  Creditor  Adjusts         Amount
              1  share                                game=바카라     house   acme                  180,000.00
                 half_up(1500000.00 * 12/100, 2) = 180000.00
              2  share                                game=slots "A"  house   acme                      -12.06
                 half_up(-100.50 * 12/100, 2) = -12.06
              3  fee                                                  acme    house                     -15.00
                 -15.00 # sum of charges rounded with their events; measure 500.00 at 3/100
              4  fee VAT 10% (self-billed)                            acme    house                      -1.50
                 -half_up(15.00 * 10/100, 2) = -1.50
              5  rent                                                 house   acme                    1,100.00
                 1100.00 # agreed for the period from 2019-01-01
              6  rent VAT included 10% (self-billed)                  house   acme                    (100.00)
                 half_up(1100.00 * 1/11, 2) = 100.00
              7  VAT 10% (self-billed)                                house   acme                   17,998.79
                 half_up(179987.94 * 10/100, 2) = 17998.79
              8  share                                game=바카라     house   acme      2018-12-01      -12.00
                 half_up(400.00 * 12/100, 2) - 60.00 = -12.00
              9  fee                                                  acme    house     2018-12-01        0.70
                 0.00 + 0.70 = 0.70 # the line is gone

            Subtotals
             share                 179,987.94
             fee                       -15.00
             rent                    1,100.00
             VAT                    17,997.29
             Restatements 2018-12      -11.30
             Total                 199,058.93
             VAT included            (100.00)

            the operator pays the party: 하우스 → Acme Games

            Measures
             net   1499899.50
             bets          17
        "#]],
    );
}

#[test]
fn a_statement_in_korean() {
    check_text(
        &statement(),
        Lang::Korean,
        &expect![[r#"
            정산서

             번호      games/acme/2019-01/USD
             계약      games
             거래처    acme (Acme Games)
             운영사    house (하우스, 사업자등록번호 123-45-67890)
             정산기간  2019-01 (2019-01-01 – 2019-01-31)
             상태      확정 (마감 완료)
             마감      2019-02-06 00:00:00 Asia/Seoul
             지급기일  2019-02-28
             통화      USD

             순번  항목                             구분            채무자  채권자  수정 대상         금액
                1  share                            game=바카라     house   acme                180,000.00
                   half_up(1500000.00 * 12/100, 2) = 180000.00
                2  share                            game=slots "A"  house   acme                    -12.06
                   half_up(-100.50 * 12/100, 2) = -12.06
                3  fee                                              acme    house                   -15.00
                   -15.00 # sum of charges rounded with their events; measure 500.00 at 3/100
                4  fee 부가세 10% (역발행)                          acme    house                    -1.50
                   -half_up(15.00 * 10/100, 2) = -1.50
                5  rent                                             house   acme                  1,100.00
                   1100.00 # agreed for the period from 2019-01-01
                6  rent 부가세 (포함) 10% (역발행)                  house   acme                  (100.00)
                   half_up(1100.00 * 1/11, 2) = 100.00
                7  부가세 10% (역발행)                              house   acme                 17,998.79
                   half_up(179987.94 * 10/100, 2) = 17998.79
                8  share                            game=바카라     house   acme    2018-12-01      -12.00
                   half_up(400.00 * 12/100, 2) - 60.00 = -12.00
                9  fee                                              acme    house   2018-12-01        0.70
                   0.00 + 0.70 = 0.70 # the line is gone

            소계
             share          179,987.94
             fee                -15.00
             rent             1,100.00
             부가세          17,997.29
             수정 2018-12       -11.30
             합계           199,058.93
             부가세 (포함)    (100.00)

            운영사가 거래처에 지급: 하우스 → Acme Games

            측정값
             net   1499899.50
             bets          17
        "#]],
    );
}

#[test]
fn statements_of_a_period_that_is_open() {
    check_text(
        &provisional(-12_345),
        Lang::English,
        &expect![[r#"
            Statement

             Id        games/acme/2019-02-01..2019-02-15/KRW
             Contract  games
             Party     acme (Acme Games)
             Operator  house (하우스, registration number 123-45-67890)
             Period    2019-02-01..2019-02-15 (2019-02-01 – 2019-02-15)
             Status    provisional (period closing)
             Cut       2019-02-21 00:00:00 Asia/Seoul
             Due       unknown: no holiday calendar covers the date
             Asset     KRW

             No  Item  Debtor  Creditor   Amount
              1  fee   acme    house     -12,345
                 -12345 # agreed for the period from 2019-02-01

            Subtotals
             fee    -12,345
             Total  -12,345

            the party pays the operator: Acme Games → 하우스
        "#]],
    );
    check_text(
        &provisional(0),
        Lang::Korean,
        &expect![[r#"
            정산서

             번호      games/acme/2019-02-01..2019-02-15/KRW
             계약      games
             거래처    acme (Acme Games)
             운영사    house (하우스, 사업자등록번호 123-45-67890)
             정산기간  2019-02-01..2019-02-15 (2019-02-01 – 2019-02-15)
             상태      잠정 (마감 중)
             마감      2019-02-21 00:00:00 Asia/Seoul
             지급기일  미정: 휴일 달력이 해당 날짜를 포함하지 않음
             통화      KRW

             순번  항목  채무자  채권자  금액

            소계
             합계  0

            지급할 금액 없음
        "#]],
    );
}

fn json(statements: &[Statement]) -> String {
    let text = std::cell::RefCell::new(Vec::new());
    with_names(|names| write_statements_json(&mut *text.borrow_mut(), statements, names).unwrap());
    String::from_utf8(text.into_inner()).unwrap()
}

#[test]
fn statements_as_json() {
    let text = json(&[statement(), provisional(-12_345)]);
    expect![[r#"
        {
        "format": "jeongsan.statements",
        "version": 2,
        "book": "example",
        "operator": "house",
        "statements": [
        {"id": "games/acme/2019-01/USD", "contract": "games", "party": "acme", "party_name": "Acme Games", "counterparty": "house", "period": {"first": "2019-01-01", "last": "2019-01-31", "name": "2019-01"}, "asset": "USD", "status": "issued", "period_state": "closed", "cut_at": "2019-02-05T15:00:00Z", "issued_at": "2019-02-05T15:00:00Z", "due_on": "2019-02-28", "total": "199058.93", "accrued": "199058.93", "lines": [
         {"id": "games/acme/2019-01/USD#1", "term": "share", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {"game": "바카라"}, "debtor": "house", "creditor": "acme", "side": "owed", "amount": "180000.00", "vat_rate": null, "vat_issuer": null, "adjusts": null, "before": null, "now": null, "arithmetic": "half_up(1500000.00 * 12/100, 2) = 180000.00", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#2", "term": "share", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {"game": "slots \"A\""}, "debtor": "house", "creditor": "acme", "side": "owed", "amount": "-12.06", "vat_rate": null, "vat_issuer": null, "adjusts": null, "before": null, "now": null, "arithmetic": "half_up(-100.50 * 12/100, 2) = -12.06", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#3", "term": "fee", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {}, "debtor": "acme", "creditor": "house", "side": "owes", "amount": "-15.00", "vat_rate": null, "vat_issuer": null, "adjusts": null, "before": null, "now": null, "arithmetic": "-15.00 # sum of charges rounded with their events; measure 500.00 at 3/100", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#4", "term": "fee", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "vat", "dimensions": {}, "debtor": "acme", "creditor": "house", "side": "owes", "amount": "-1.50", "vat_rate": "10/100", "vat_issuer": "debtor", "adjusts": null, "before": null, "now": null, "arithmetic": "-half_up(15.00 * 10/100, 2) = -1.50", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#5", "term": "rent", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {}, "debtor": "house", "creditor": "acme", "side": "owed", "amount": "1100.00", "vat_rate": null, "vat_issuer": null, "adjusts": null, "before": null, "now": null, "arithmetic": "1100.00 # agreed for the period from 2019-01-01", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#6", "term": "rent", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "vat_included", "dimensions": {}, "debtor": "house", "creditor": "acme", "side": "owed", "amount": "100.00", "vat_rate": "10/100", "vat_issuer": "debtor", "adjusts": null, "before": null, "now": null, "arithmetic": "half_up(1100.00 * 1/11, 2) = 100.00", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#7", "term": null, "kind": "vat", "what": null, "piece": 0, "valid_from": null, "part": "vat", "dimensions": {}, "debtor": "house", "creditor": "acme", "side": "owed", "amount": "17998.79", "vat_rate": "10/100", "vat_issuer": "debtor", "adjusts": null, "before": null, "now": null, "arithmetic": "half_up(179987.94 * 10/100, 2) = 17998.79", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#8", "term": "share", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {"game": "바카라"}, "debtor": "house", "creditor": "acme", "side": "owed", "amount": "-12.00", "vat_rate": null, "vat_issuer": null, "adjusts": "2018-12-01", "before": "60.00", "now": "48.00", "arithmetic": "half_up(400.00 * 12/100, 2) - 60.00 = -12.00", "booked": true, "adjustment": null, "steps": []},
         {"id": "games/acme/2019-01/USD#9", "term": "fee", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {}, "debtor": "acme", "creditor": "house", "side": "owes", "amount": "0.70", "vat_rate": null, "vat_issuer": null, "adjusts": "2018-12-01", "before": "-0.70", "now": "0.00", "arithmetic": "0.00 + 0.70 = 0.70 # the line is gone", "booked": true, "adjustment": null, "steps": []}],
         "measures": [{"name": "net", "money": true, "asset": "USD", "sum": "1499899.50"}, {"name": "bets", "money": false, "asset": null, "sum": "17"}],
         "carried": [], "payout": {"leaves_on": "2019-02-28", "hold_days": 0, "minimum": null, "waits": false, "withheld": null, "pays": "199058.93"}, "notices": []},
        {"id": "games/acme/2019-02-01..2019-02-15/KRW", "contract": "games", "party": "acme", "party_name": "Acme Games", "counterparty": "house", "period": {"first": "2019-02-01", "last": "2019-02-15", "name": "2019-02-01..2019-02-15"}, "asset": "KRW", "status": "provisional", "period_state": "closing", "cut_at": "2019-02-20T15:00:00Z", "issued_at": null, "due_on": null, "total": "-12345", "accrued": "-12345", "lines": [
         {"id": "games/acme/2019-02-01..2019-02-15/KRW#1", "term": "fee", "kind": "fixed", "what": null, "piece": 0, "valid_from": "2019-01-01", "part": "charge", "dimensions": {}, "debtor": "acme", "creditor": "house", "side": "owes", "amount": "-12345", "vat_rate": null, "vat_issuer": null, "adjusts": null, "before": null, "now": null, "arithmetic": "-12345 # agreed for the period from 2019-02-01", "booked": true, "adjustment": null, "steps": []}],
         "measures": [],
         "carried": [], "payout": null, "notices": []}
        ]
        }
    "#]].assert_eq(&text);
    let document: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(document["statements"][0]["lines"][1]["dimensions"]["game"], "slots \"A\"");
    assert_eq!(serde_json::from_str::<Value>(&json(&[])).unwrap()["statements"], Value::Array(Vec::new()));
}

/// The end of the chain: what a reader of the document computes is what it says.
#[test]
fn every_line_of_a_statement_can_be_recomputed() {
    let document: Value = serde_json::from_str(&json(&[statement(), provisional(7)])).unwrap();
    let mut count = 0;
    for statement in document["statements"].as_array().unwrap() {
        for line in statement["lines"].as_array().unwrap() {
            let arithmetic = line["arithmetic"].as_str().unwrap();
            assert_eq!(evaluate(arithmetic), Ok(true), "{arithmetic}");
            let told = arithmetic.split('#').next().unwrap().rsplit('=').next().unwrap().trim();
            assert_eq!(told, line["amount"], "{arithmetic}");
            count += 1;
        }
    }
    assert_eq!(count, 10);
}

#[test]
fn paths_are_safe() {
    with_names(|names| {
        assert_eq!(names.statement_path(&statement()), "games/acme/2019-01-USD");
        let mut other = provisional(1);
        (other.party, other.asset) = (crate::fixture::BANK, crate::fixture::POINT);
        assert_eq!(names.statement_id(&other), "games/bank: a;b/2019-02-01..2019-02-15/POINT 2");
        assert_eq!(names.statement_path(&other), "games/bank%3A%20a%3Bb/2019-02-01..2019-02-15-POINT%202");
    });
}

fn workbook(statement: &Statement, lang: Lang) -> Vec<u8> {
    let bytes = std::cell::RefCell::new(Vec::new());
    with_names(|names| *bytes.borrow_mut() = statement_xlsx(statement, names, lang).unwrap());
    bytes.into_inner()
}

/// A worksheet as rows of cells; a number is marked as one.
pub(crate) fn sheet(bytes: &[u8], name: &str) -> String {
    let mut workbook: Xlsx<_> = open_workbook_from_rs(Cursor::new(bytes)).unwrap();
    let range: Range<_> = workbook.worksheet_range(name).unwrap();
    let mut text = String::new();
    for row in range.rows() {
        let cells = row.iter().map(|cell| match cell.get_float() {
            Some(number) => format!("<{number}>"),
            None => cell.to_string(),
        });
        text.push_str(cells.collect::<Vec<_>>().join("|").trim_end_matches('|'));
        text.push('\n');
    }
    text
}

#[test]
fn a_statement_as_a_workbook() {
    let bytes = workbook(&statement(), Lang::Korean);
    expect![[r#"
        정산서
        번호|games/acme/2019-01/USD
        계약|games
        거래처|acme (Acme Games)
        운영사|house (하우스, 사업자등록번호 123-45-67890)
        정산기간|2019-01 (2019-01-01 – 2019-01-31)
        상태|확정 (마감 완료)
        마감|2019-02-06 00:00:00 Asia/Seoul
        지급기일|2019-02-28
        통화|USD

        순번|항목|구분|채무자|채권자|수정 대상|금액
        <1>|share|game=바카라|house|acme||<180000>
        <2>|share|game=slots "A"|house|acme||<-12.06>
        <3>|fee||acme|house||<-15>
        <4>|fee 부가세 10% (역발행)||acme|house||<-1.5>
        <5>|rent||house|acme||<1100>
        <6>|rent 부가세 (포함) 10% (역발행)||house|acme||<100>
        <7>|부가세 10% (역발행)||house|acme||<17998.79>
        <8>|share|game=바카라|house|acme|2018-12-01|<-12>
        <9>|fee||acme|house|2018-12-01|<0.7>

        |share|||||<179987.94>
        |fee|||||<-15>
        |rent|||||<1100>
        |부가세|||||<17997.29>
        |수정 2018-12|||||<-11.3>
        |합계|||||<199058.93>
        |부가세 (포함)|||||<100>
        |운영사가 거래처에 지급: 하우스 → Acme Games

        |net|||||1499899.50
        |bets|||||17
    "#]]
    .assert_eq(&sheet(&bytes, "statement"));
    expect![[r#"
        순번|항목|수정 전|수정 후|계산식
        <1>|share|||half_up(1500000.00 * 12/100, 2) = 180000.00
        <2>|share|||half_up(-100.50 * 12/100, 2) = -12.06
        <3>|fee|||-15.00 # sum of charges rounded with their events; measure 500.00 at 3/100
        <4>|fee 부가세 10% (역발행)|||-half_up(15.00 * 10/100, 2) = -1.50
        <5>|rent|||1100.00 # agreed for the period from 2019-01-01
        <6>|rent 부가세 (포함) 10% (역발행)|||half_up(1100.00 * 1/11, 2) = 100.00
        <7>|부가세 10% (역발행)|||half_up(179987.94 * 10/100, 2) = 17998.79
        <8>|share|<60>|<48>|half_up(400.00 * 12/100, 2) - 60.00 = -12.00
        <9>|fee|<-0.7>|<0>|0.00 + 0.70 = 0.70 # the line is gone
    "#]]
    .assert_eq(&sheet(&bytes, "arithmetic"));
}

#[test]
fn a_workbook_is_the_same_every_time() {
    assert_eq!(workbook(&statement(), Lang::English), workbook(&statement(), Lang::English));
    assert_ne!(workbook(&statement(), Lang::English), workbook(&provisional(0), Lang::English));
}

#[test]
fn an_amount_that_excel_would_round_is_text() {
    let last =
        |units| sheet(&workbook(&provisional(units), Lang::English), "statement").lines().nth(12).unwrap().to_owned();
    assert_eq!(last(999_999_999_999_999), "<1>|fee||house|acme||<999999999999999>");
    assert_eq!(last(1_000_000_000_000_001), "<1>|fee||house|acme||1000000000000001");
    assert_eq!(last(-1_234_567_890_123_456_789), "<1>|fee||acme|house||-1234567890123456789");
}
