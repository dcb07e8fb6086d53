//! A statement of all that contracts do at the end of a period, as text and JSON; every expression in it is recomputed.

use crate::evaluator::evaluate;
use crate::fixture::{self, KRW, OPERATOR, PARTNER, USD, day};
use calendar::{Instant, Period};
use close::{CarriedTotal, Posted, Restated, Side, Statement, StatementLine, Status, WithheldPart, WithholdingRule};
use contract::{
    Agent, Base, CarriedAs, CarryKey, Climb, Converted, Cross, CrossState, Deducted, Deduction, DeductionKind,
    LineBase, LineKey, LineOf, Part, PayoutRule, Span, TermKind, Tier, Working,
};
use documents::{Lang, Names, statement_text, statement_xlsx, write_statements_json};
use engine::Book;
use event::{PartyId, TaxType, Word};
use expect_test::expect;
use money::{Decimal, Rate, Rounding};
use serde_json::Value;

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

/// The deductions of the term `revenue`.
fn deductions() -> Vec<Deduction> {
    let of = |name: &str, kind| Deduction { name: name.into(), kind };
    vec![
        of("bonus", DeductionKind::Measure(1)),
        of("payment cost", DeductionKind::Rate { rate: rate("3%"), on: Base::Gross }),
        of("gaming tax", DeductionKind::Rate { rate: rate("10%"), on: Base::Rest }),
    ]
}

fn kinds() -> Vec<(&'static str, TermKind)> {
    let tiers = vec![Tier { up_to: Some(100_000_000), rate: rate("10%") }, Tier { up_to: None, rate: rate("15%") }];
    let (climb, on, amount, asset) = (Climb::GRADUATED, Base::Gross, 50_000, KRW);
    let agents = ["5%", "3%"].map(|own| Agent { party: PARTNER, above: None, rate: rate(own) });
    let share = TermKind::Share { of: 0, tiers, climb, on, deductions: deductions(), carries: true };
    let of = vec![3];
    let (span, recoupable, pool) = (Span::Period, true, Vec::new());
    vec![
        ("revenue", share),
        ("cap", TermKind::Bound { of: of.clone(), amount: 120_000, asset, upper: true }),
        ("guarantee", TermKind::Minimum { of: of.clone(), amount, asset, span, recoupable, pool }),
        ("loss", TermKind::Carry { of: of.clone() }),
        ("advance", TermKind::Advance { of, amount, asset, on: day("2024-01-10"), share: rate("50%") }),
        ("credit", TermKind::Prepaid { of: vec![1], top_up: 0, low: Some(100_000), limit: Some(0) }),
        ("agents", TermKind::Agents { of: 0, by: 0, agents: agents.into() }),
    ]
}

/// The small book with a contract of all kinds, whose partner is a person.
fn book() -> Book {
    let mut book = fixture::book();
    let contract = &mut book.contracts[0];
    let terms = &mut contract.versions[0].terms;
    for (id, kind) in kinds() {
        let like = terms[0].clone();
        terms.push(contract::Term { id: id.into(), kind, dimensions: Vec::new(), ..like });
    }
    contract.number_terms();
    contract.payout = PayoutRule { hold_days: 30, minimum: Some((KRW, 10_000)) };
    book.parties[1].tax_type = TaxType::Person;
    let part = |text| WithheldPart { rate: rate(text), rounding: Rounding::FloorTen };
    book.withholding = vec![WithholdingRule {
        name: "business income".into(),
        tax_type: TaxType::Person,
        asset: Some(KRW),
        valid_from: day("2011-01-01"),
        income: part("3%"),
        local: Some(part("10%")),
    }];
    book
}

/// A line of a term that the operator owes, or of the fee, which the partner owes.
fn line(term: u16, piece: u16, amount: i128, booked: i128, working: Working) -> StatementLine {
    let (debtor, creditor) = if [1, 8].contains(&term) { (PARTNER, OPERATOR) } else { (OPERATOR, PARTNER) };
    let of = LineOf::Term { term, version: 0 };
    let key = LineKey { of, dimensions: Box::new([]), piece, debtor, creditor, part: Part::Charge };
    let side = if creditor == PARTNER { Side::Owed } else { Side::Owes };
    StatementLine::own(&key, &Posted { amount, booked, working }, side)
}

/// 1,000 and 500 dollars of two days in won, less deductions and what was carried in.
fn revenue() -> LineBase {
    let converted = |rate_on, units, mantissa, fixing_on, state| Converted {
        from: USD,
        rate_on: day(rate_on),
        sum: Decimal { mantissa: units, scale: 2 },
        cross: Cross { rate: Decimal { mantissa, scale: 4 }, fixing_on: day(fixing_on), state },
    };
    let deducted = |name: &str, amount| Deducted { name: name.into(), amount };
    LineBase {
        measure: Decimal { mantissa: 2_069_825_400_000, scale: 6 },
        converted: vec![
            converted("2024-04-13", 100_000, 13_798_254, "2024-04-12", CrossState::Final),
            converted("2024-04-15", 50_000, 13_800_000, "2024-04-12", CrossState::Provisional),
        ],
        deducted: vec![deducted("bonus", 9_825), deducted("payment cost", 62_095), deducted("gaming tax", 199_791)],
        carried_in: Decimal { mantissa: -600_000, scale: 0 },
        taken: Vec::new(),
    }
}

fn lines() -> Vec<StatementLine> {
    let parts = [(1_000_000_000_000, "10%"), (198_114_400_000, "15%")];
    let parts = parts.map(|(mantissa, of)| (Decimal { mantissa, scale: 6 }, rate(of))).into();
    let (from, to) = (Decimal { mantissa: 0, scale: 6 }, Decimal { mantissa: 1_198_114_400_000, scale: 6 });
    let rounding = Rounding::HalfUp;
    let graduated = Working::Graduated { base: revenue(), from, to, parts, rounding };
    let taken = |brought, from, share: &str| Working::TakenOff { brought, from, share: rate(share) };
    let agent = |own: &str, below: &str| Working::Agent {
        base: LineBase::of(Decimal { mantissa: 100_000_000, scale: 2 }),
        own: rate(own),
        below: rate(below),
        rounding,
    };
    let agreed = |text: &str| -> Box<str> { text.into() };
    let (reason, document, by) = (agreed("double count"), agreed("mail of 2 May"), agreed("kim"));
    let fee = Working::Events { base: Decimal { mantissa: 700_000_000, scale: 2 }, rate: rate("1%") };
    let mut lines = vec![
        line(1, 0, 70_000, 70_000, fee),
        line(3, 0, 129_717, 129_717, graduated),
        line(4, 0, -9_717, 0, Working::Bound { charged: 129_717, bound: 120_000 }),
        line(5, 0, 5_000, 0, Working::Shortfall { guaranteed: 50_000, earned: vec![45_000] }),
        line(5, 1, -50_000, 0, taken(50_000, 100_000, "1")),
        line(6, 0, 700, 0, Working::Lifted { charged: -700 }),
        line(6, 1, -20_000, 0, taken(20_000, 120_000, "1")),
        line(7, 0, 50_000, 0, Working::Advanced { on: day("2024-01-10") }),
        line(7, 1, -29_858, 0, taken(30_000, 59_717, "50%")),
        line(8, 0, -60_000, 0, taken(60_000, 70_000, "1")),
        line(9, 0, 30_000, 30_000, agent("3%", "0")),
        line(9, 1, 20_000, 20_000, agent("5%", "3%")),
        line(3, 0, 1_000, 1_000, Working::Agreed { reason, document, by }),
    ];
    let agreed = lines.last_mut().unwrap();
    agreed.key.of = LineOf::Adjustment { number: 0 };
    let base = LineBase::of(Decimal { mantissa: -5_000, scale: 0 });
    let restated = Restated { delta: -5_000, before: 5_000, working: Some(Working::Carried { base }) };
    lines.push(StatementLine::restatement(&lines[1].key.clone(), day("2024-03-01"), &restated, Side::Owed));
    lines
}

fn carried(term: u16, what: CarriedAs, pair: Option<(PartyId, PartyId)>, brought: i128, left: i128) -> CarriedTotal {
    let words: Box<[Word]> = Box::new([]);
    let amount = |mantissa| Decimal { mantissa, scale: 0 };
    let from_on = (brought != 0).then(|| day("2024-03-01"));
    CarriedTotal { key: CarryKey { term, what, words, pair }, from_on, brought: amount(brought), left: amount(left) }
}

/// April in won, closing.
fn statement() -> Statement {
    let lines = lines();
    let total = lines.iter().map(StatementLine::counted).sum();
    let owed = Some((OPERATOR, PARTNER));
    Statement {
        period: Period { first: day("2024-04-01"), end: day("2024-05-01") },
        asset: KRW,
        status: Status::Provisional { cut_at: Instant::parse_rfc3339(b"2024-05-05T15:00:00Z").unwrap(), closing: true },
        due_on: Some(day("2024-05-10")),
        total,
        accrued: total,
        carried: vec![
            carried(3, CarriedAs::Measure, None, -600_000, 0),
            carried(5, CarriedAs::Unrecouped, owed, 50_000, 5_000),
            carried(7, CarriedAs::Unrecouped, owed, 30_000, 142),
            carried(8, CarriedAs::Prepaid, Some((PARTNER, OPERATOR)), 60_000, 0),
        ],
        measures: Vec::new(),
        lines,
        ..fixture::statement()
    }
}

fn with_names<T>(make: impl Fn(&Names<'_>) -> T) -> T {
    let book = book();
    let word = |word: Word| book.dictionary.text(word);
    make(&Names { book: &book, word: &word })
}

#[test]
fn the_lines_of_a_statement_in_english() {
    let text = with_names(|names| statement_text(&statement(), names, Lang::English));
    expect![[r#"
        Asset     KRW

         No  Item                                                                 Debtor  Creditor  Adjusts      Amount
          1  fee                                                                  acme    house                 -70,000
             -70000 # sum of charges rounded with their events; measure 7000000 at 1/100
          2  revenue                                                              house   acme                  129,717
             half_up(1000000 * 10/100 + 198114.4 * 15/100, 0) = 129717 # of (1000 * 1379.8254 + 500 * 1380.0000 - 9825 - 62095 - 199791 - 600000)
               conversion: 1000 * 1379.8254 = 1379825.4 # USD of 2024-04-13 by the fixing of 2024-04-12
               conversion: 500 * 1380.0000 = 690000 # USD of 2024-04-15 by the fixing of 2024-04-12, provisional: that of the day is not published yet
               measure: 2069825.4 # net
               deduction: 9825 # bonus
               deduction: half_up(2069825.4 * 3/100, 0) = 62095 # payment cost
               deduction: half_up((2069825.4 - 9825 - 62095) * 10/100, 0) = 199791 # gaming tax
               carried in: -600000 # carried in from the period that began on 2024-03-01
               base: 2069825.4 - 9825 - 62095 - 199791 - 600000 = 1198114.4 # what the rate is applied to
               tiers: 0 + 1198114.4 = 1198114.4 # the running sum before and after
               tiers: 1000000 # at 10/100
               tiers: 198114.4 # at 15/100
          3  cap (provisional: known at the end)                                  house   acme                   -9,717
             120000 - 129717 = -9717
          4  guarantee: shortfall of the minimum (provisional: known at the end)  house   acme                    5,000
             50000 - 45000 = 5000
          5  guarantee: recouped (provisional: known at the end)                  house   acme                  -50,000
             -50000 # of 50000 not more than charges of 100000
          6  loss: carried out (provisional: known at the end)                    house   acme                      700
             0 + 700 = 700
          7  loss: carried in (provisional: known at the end)                     house   acme                  -20,000
             -20000 # of 20000 not more than charges of 120000
          8  advance: paid in advance (provisional: known at the end)             house   acme                   50,000
             50000 # paid in advance, on 2024-01-10
          9  advance: recouped (provisional: known at the end)                    house   acme                  -29,858
             -29858 # of 30000 not more than 50/100 of charges of 59717
               carried charge: 30000 # there was to take off
               carried charge: 59717 # charged by now
               carried charge: down(59717 * 50/100, 0) = 29858 # at most
         10  credit: drawn from prepaid credit (provisional: known at the end)    acme    house                  60,000
             60000 # of 60000 not more than charges of 70000
         11  agents: level 1                                                      house   acme                   30,000
             half_up(1000000 * 3/100, 0) = 30000
         12  agents: level 2                                                      house   acme                   20,000
             half_up(1000000 * 5/100, 0) - half_up(1000000 * 3/100, 0) = 20000
         13  adjustment                                                           house   acme                    1,000
             1000 # agreed by kim: double count (mail of 2 May)
         14  revenue                                                              house   acme      2024-03-01   -5,000
             0 - 5000 = -5000 # -5000 is below zero and carried to the next period
    "#]].assert_eq(&text[text.find("Asset").unwrap()..text.find("\nSubtotals").unwrap()]);
}

#[test]
fn what_is_below_the_lines_in_english() {
    let text = with_names(|names| statement_text(&statement(), names, Lang::English));
    expect![[r#"
        Subtotals
         fee                   -70,000
         revenue               129,717
         cap                    -9,717
         guarantee             -45,000
         loss                  -19,300
         advance                20,142
         credit                 60,000
         agents                 50,000
         adjustment              1,000
         Restatements 2024-03   -5,000
         Total                 111,842

        the operator pays the party: 하우스 → Acme Games

        Carried
         Term       What                For           From     Carried in  Carried out
         revenue    measure below zero                2024-03    -600,000            0
         guarantee  not recouped        house → acme  2024-03      50,000        5,000
         advance    not recouped        house → acme  2024-03      30,000          142
         credit     prepaid credit      acme → house  2024-03      60,000            0

        Payout (preview)
         may leave from 2024-06-09 (Due + 30 days)
         income tax withheld 3,350 (business income, 2011-01-01)
         local income tax withheld 330
         would be paid 108,162

        Notices
         credit: prepaid credit is low 0 < 100,000
         credit: charges beyond prepaid credit 10,000 > 0
    "#]]
    .assert_eq(&text[text.find("Subtotals").unwrap()..]);
}

#[test]
fn what_is_below_the_lines_in_korean() {
    let text = with_names(|names| statement_text(&statement(), names, Lang::Korean));
    expect![[r#"
        소계
         fee           -70,000
         revenue       129,717
         cap            -9,717
         guarantee     -45,000
         loss          -19,300
         advance        20,142
         credit         60,000
         agents         50,000
         조정            1,000
         수정 2024-03   -5,000
         합계          111,842

        운영사가 거래처에 지급: 하우스 → Acme Games

        이월
         조항       내용         대상          전기     전기 이월  차기 이월
         revenue    음수 측정값                2024-03   -600,000          0
         guarantee  미차감액     house → acme  2024-03     50,000      5,000
         advance    미차감액     house → acme  2024-03     30,000        142
         credit     선불 잔액    acme → house  2024-03     60,000          0

        지급 (예정)
         지급 가능일 2024-06-09 (지급기일 + 30 일)
         소득세 원천징수 3,350 (business income, 2011-01-01)
         지방소득세 원천징수 330
         지급 예정액 108,162

        알림
         credit: 선불 잔액 부족 0 < 100,000
         credit: 선불금을 넘는 청구액 10,000 > 0
    "#]]
    .assert_eq(&text[text.find("소계").unwrap()..]);
}

fn document() -> Value {
    let bytes = with_names(|names| {
        let mut bytes = Vec::new();
        write_statements_json(&mut bytes, [&statement()], names).unwrap();
        bytes
    });
    serde_json::from_slice(&bytes).unwrap()
}

#[test]
fn what_programs_find_in_json() {
    let document = document();
    let statement = &document["statements"][0];
    let kinds: Vec<String> = statement["lines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|line| format!("{} {} {} {}", line["kind"], line["what"], line["piece"], line["booked"]))
        .collect();
    expect![[r#"
        "fixed" null 0 true
        "share" null 0 true
        "cap" "cap" 0 false
        "minimum" "shortfall" 0 false
        "minimum" "recouped" 1 false
        "carry" "carried_out" 0 false
        "carry" "carried_in" 1 false
        "advance" "advanced" 0 false
        "advance" "recouped" 1 false
        "prepaid" "drawn" 0 false
        "agents" "level" 0 true
        "agents" "level" 1 true
        "adjustment" null 0 true
        "share" null 0 true"#]]
    .assert_eq(&kinds.join("\n"));
    let rest = ["carried", "payout", "notices"].map(|field| format!("{field}: {}\n", statement[field])).concat();
    expect![[r#"
        carried: [{"term":"revenue","what":"measure","dimensions":{},"debtor":null,"creditor":null,"from":"2024-03-01","carried_in":"-600000","carried_out":"0"},{"term":"guarantee","what":"unrecouped","dimensions":{},"debtor":"house","creditor":"acme","from":"2024-03-01","carried_in":"50000","carried_out":"5000"},{"term":"advance","what":"unrecouped","dimensions":{},"debtor":"house","creditor":"acme","from":"2024-03-01","carried_in":"30000","carried_out":"142"},{"term":"credit","what":"prepaid","dimensions":{},"debtor":"acme","creditor":"house","from":"2024-03-01","carried_in":"60000","carried_out":"0"}]
        payout: {"leaves_on":"2024-06-09","hold_days":30,"minimum":"10000","waits":false,"withheld":{"rule":"business income","valid_from":"2011-01-01","income":"3350","local":"330","sum":"3680"},"pays":"108162"}
        notices: [{"name":"prepaid_low","term":"credit","amount":"0","bound":"100000"},{"name":"prepaid_beyond_limit","term":"credit","amount":"10000","bound":"0"}]
    "#]].assert_eq(&rest);
    expect![[r#"
        {"reason":"double count","document":"mail of 2 May","by":"kim"}
    "#]]
    .assert_eq(&format!("{}\n", statement["lines"][12]["adjustment"]));
    let steps = statement["lines"][1]["steps"].as_array().unwrap();
    let names: Vec<String> = steps.iter().map(|step| format!("{} {}", step["step"], step["name"])).collect();
    expect![[r#"2 "convert", 2 "convert", 3 "measure", 4 "deduct", 4 "deduct", 4 "deduct", 5 "carry_in", 6 "base", 6 "tiers", 6 "tiers", 6 "tiers""#]].assert_eq(&names.join(", "));
    expect![[r#"
        {"step":2,"name":"convert","arithmetic":"500 * 1380.0000 = 690000 # USD of 2024-04-15 by the fixing of 2024-04-12, provisional: that of the day is not published yet","asset":"USD","rate_on":"2024-04-15","sum":"500.00","cross":"1380.0000","fixing_on":"2024-04-12","state":"provisional"}
    "#]].assert_eq(&format!("{}\n", steps[1]));
}

#[test]
fn every_step_can_be_redone() {
    let document = document();
    let mut steps = 0;
    for line in document["statements"][0]["lines"].as_array().unwrap() {
        let own = line["steps"].as_array().unwrap().iter().map(|step| &step["arithmetic"]);
        for arithmetic in own.chain([&line["arithmetic"]]) {
            assert_eq!(evaluate(arithmetic.as_str().unwrap()), Ok(true), "{arithmetic}");
            steps += 1;
        }
    }
    assert!(steps > 25, "{steps}");
    let closing = with_names(|names| names.closing_steps(&statement()));
    assert_eq!(closing.len(), 5);
    for step in closing {
        assert_eq!(evaluate(&step.arithmetic), Ok(true), "{}", step.arithmetic);
    }
}

#[test]
fn less_than_the_minimum_waits() {
    let low = Statement { total: 9_999, ..statement() };
    let told = with_names(|names| names.closing_steps(&low).pop().unwrap().arithmetic);
    assert_eq!(told, "9999 # waits for the next statement: below the minimum of 10000");
    let owed = Statement { total: -9_999, ..statement() };
    assert_eq!(with_names(|names| names.closing_steps(&owed).len()), 1);
}

#[test]
fn a_workbook_has_all_of_it() {
    let bytes = with_names(|names| statement_xlsx(&statement(), names, Lang::English).unwrap());
    let sheet = crate::statements::sheet(&bytes, "statement");
    for text in
        ["Carried|Term|What", "|advance|not recouped|house → acme|2024-03|30,000|142", "Notices|credit: prepaid"]
    {
        assert!(sheet.contains(text), "no `{text}` in\n{sheet}");
    }
    let sheet = crate::statements::sheet(&bytes, "arithmetic");
    assert!(sheet.contains("|deduction|||half_up(2069825.4 * 3/100, 0) = 62095 # payment cost"), "{sheet}");
}
