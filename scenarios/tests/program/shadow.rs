//! `shadow` against the results of an old system: every reason alone, what is left unexplained, and files it refuses.

use crate::bench::Bench;
use scenarios::{Scenario, run_in};
use serde_json::Value;

/// Three sales of different amounts, two of them on one day; 3 % of all is 780 by line and by event.
const EVENTS: &str = "id,happened,price,received\n\
    s-1,2024-03-01T12:00:00+09:00,1000,2024-03-01T12:00:01+09:00\n\
    s-2,2024-03-02T12:00:00+09:00,5000,2024-03-02T12:00:01+09:00\n\
    s-3,2024-03-02T12:00:00+09:00,20000,2024-03-02T12:00:02+09:00\n";

const SHADOW: &str = "shadow @book @sales.csv --against @old.csv --as-of 2024-03-10T00:00:00+09:00";

fn bench(events: &str, old: &str) -> Bench {
    let bench = Bench::new();
    bench.write("sales.csv", events);
    bench.write("old.csv", old);
    bench
}

/// One figure of the old system for the line-scope contract.
fn old(amount: &str) -> String {
    format!("contract,party,period,asset,amount\nby-line,provider,2024-03,KRW,{amount}\n")
}

#[track_caller]
fn shadow(bench: &Bench, command: &str, exit_code: u8) -> Value {
    let answer = bench.run(&format!("{command} --json"));
    assert_eq!((answer.exit_code, &*answer.err), (exit_code, ""), "{}", answer.out);
    let found: Value = serde_json::from_str(&answer.out).unwrap();
    assert_eq!((&found["format"], &found["version"]), (&"jeongsan.shadow".into(), &1.into()));
    let count = |name: &str| found[name].as_u64().unwrap();
    assert_eq!(count("figures"), count("agreeing") + count("explained") + count("unexplained"));
    assert_eq!(exit_code == 1, count("unexplained") > 0);
    found
}

/// The difference and the reason of the only difference, with the events behind it.
#[track_caller]
fn check(events: &str, amount: &str, expected: &str) {
    let bench = bench(events, &old(amount));
    let exit_code = u8::from(expected.ends_with("unexplained"));
    let found = shadow(&bench, SHADOW, exit_code);
    let own = &found["differences"][0];
    let mut told = format!("{} {}", text(&own["difference"]), own["reason"].as_str().unwrap_or("unexplained"));
    if let Some(which) = own["events"]["which"].as_array() {
        let which: Vec<String> = which.iter().map(text).collect();
        told.push_str(&format!(" {} {}", text(&own["events"]["by"]), which.join(" ")));
    }
    assert_eq!((found["differences"].as_array().unwrap().len(), told.trim_end()), (1, expected));
}

fn text(value: &Value) -> String {
    value.as_str().unwrap_or("-").to_owned()
}

#[test]
fn figures_that_agree() {
    let bench =
        bench(EVENTS, &(old("780") + "by-event,provider,2024-03-15,KRW,700.00\nby-event,provider,2024-03,KRW,80\n"));
    let found = shadow(&bench, SHADOW, 0);
    assert_eq!((&found["figures"], &found["agreeing"]), (&2.into(), &2.into()));
    assert!(bench.run(SHADOW).out.starts_with("2 figures: 2 agree, 0 differ"));
}

#[test]
fn what_needs_no_look_at_the_events() {
    check(EVENTS, "781", "1 rounding");
    check(EVENTS, "779.5", "-0.5 rounding");
    check(EVENTS, "-780", "-1560 sign");
    check(EVENTS, "782", "2 unexplained");
    let wider = bench(EVENTS, &old("785"));
    assert_eq!(shadow(&wider, &format!("{SHADOW} --rounding 5"), 0)["explained"], 1);
}

#[test]
fn events_that_they_lack() {
    check(EVENTS, "630", "-150 events_missing event sales:s-2");
    check(EVENTS, "30", "-750 events_missing day 2024-03-02");
    check(EVENTS, "0", "-780 events_missing file sales.csv");
}

#[test]
fn events_that_they_count_and_we_do_not() {
    let twice = EVENTS.to_owned() + "s-2,2024-03-02T12:00:00+09:00,5000,2024-03-03T12:00:01+09:00\n";
    check(&twice, "930", "150 events_extra code duplicate");
    let other = EVENTS.to_owned() + "s-2,2024-03-02T12:00:00+09:00,7000,2024-03-03T12:00:01+09:00\n";
    check(&other, "990", "210 events_extra code conflict");
    let both = other + "s-3,2024-03-02T12:00:00+09:00,3000,2024-03-03T12:00:02+09:00\n";
    check(&both, "990", "210 events_extra event sales:s-2 (conflict)");
}

#[test]
fn restatements_that_they_count_elsewhere() {
    let late = EVENTS.to_owned() + "s-4,2024-03-02T12:00:00+09:00,9000,2024-04-09T12:00:01+09:00\n";
    let bench = bench(&late, &(old("780") + "by-line,provider,2024-04,KRW,270\n"));
    let command = "shadow @book @sales.csv --against @old.csv";
    let found = shadow(&bench, command, 0);
    let reasons: Vec<String> =
        found["differences"].as_array().unwrap().iter().map(|own| text(&own["reason"])).collect();
    assert_eq!(reasons, ["restated", "restated"]);
    // The truth of March contains what came late.
    bench.write("old.csv", old("1050"));
    assert_eq!(shadow(&bench, command, 0)["agreeing"], 1);
}

#[test]
fn a_whole_is_explained_by_its_terms() {
    let file = "term,contract,party,period,asset,amount\n,by-line,provider,2024-03,KRW,933\n\
        share,by-line,provider,2024-03,KRW,850\nvat,by-line,provider,2024-03,KRW,83\n";
    let twice = EVENTS.to_owned() + "s-4,2024-03-02T12:00:00+09:00,2333,2024-03-03T12:00:01+09:00\n";
    let bench = bench(&twice, file);
    bench.change(
        "book/contracts/by-line.toml",
        "reversal = ",
        "vat = { rate = \"10%\", rounding = \"half_up\" }\nreversal = ",
    );
    let found = shadow(&bench, &SHADOW.replace("--against", "--rounding 2 --against"), 0);
    assert_eq!((&found["agreeing"], &found["explained"]), (&1.into(), &2.into()), "{found:#}");
    bench.write("old.csv", file.replace("850", "870").replace("933", "953"));
    let found = shadow(&bench, &SHADOW.replace("--against", "--rounding 2 --against"), 1);
    assert_eq!(found["unexplained"], 2, "{found:#}");
}

/// A party of a compared contract and period that the file leaves out, and rows that nothing corresponds to.
#[test]
fn what_one_side_does_not_have() {
    let demo = Scenario::named("marketplace-demo");
    let arguments = demo.arguments().unwrap().join(" ");
    let bench = Bench::new();
    let header = "contract,party,period,asset,amount\n";
    bench.settle(&format!("settle {arguments} --out @out"));
    let statements: Value = serde_json::from_str(&bench.text("out/statements.json")).unwrap();
    let mut rows = String::from(header);
    for own in statements["statements"].as_array().unwrap() {
        if own["contract"] == "goods" && own["party"] != "teahouse" && own["period"]["name"] == "2026-01" {
            rows += &format!("goods,{},2026-01,KRW,{}\n", text(&own["party"]), text(&own["total"]));
        }
    }
    rows += "goods,nobody,2026-01,KRW,5\nnothing,bookshop,2026-01,KRW,7\n";
    bench.write("old.csv", rows);
    let found = shadow(&bench, &format!("shadow {arguments} --against @old.csv"), 1);
    let told: Vec<String> = found["differences"]
        .as_array()
        .unwrap()
        .iter()
        .map(|own| {
            format!(
                "{} {} {} {} {}",
                text(&own["party"]),
                text(&own["theirs"]),
                text(&own["ours"]),
                text(&own["reason"]),
                own["events"]["which"]
            )
        })
        .collect();
    // January has late refunds, which the statements of January do not know.
    let told: Vec<String> = told.into_iter().filter(|own| !own.contains(" restated ")).collect();
    assert_eq!(told.len(), 3, "{told:?}");
    assert!(told[0].starts_with("nobody 5 - - ") && told[2].starts_with("bookshop 7 - - "), "{told:?}");
    assert!(
        told[1].starts_with("teahouse - ") && told[1].ends_with("events_missing [\"seller=teahouse\"]"),
        "{told:?}"
    );
}

#[test]
fn korean_is_spoken() {
    let bench = bench(EVENTS, &old("630"));
    let path = |name| bench.path(name).display().to_string();
    let told = run_in("ko", &["shadow", &path("book"), &path("sales.csv"), "--against", &path("old.csv")]);
    assert!(
        told.exit_code == 0 && told.out.contains("상대 630, 당사 780, -150: 상대에 없는 거래: 거래 sales:s-2"),
        "{}",
        told.out
    );
}

#[test]
fn files_that_cannot_be_compared() {
    let check = |old: &str, says: &str| bench(EVENTS, old).check_refused(SHADOW, 1, "row_refused", &["old.csv:", says]);
    check("", "1: the first line must name the columns");
    check("contract,party,period,amount\n", "1: the first line must name the columns");
    check(&old("\"1,000\""), "2: the amount is none");
    check(&old("1").replace("2024-03", "March"), "2: the period is none");
    check(&old("1").replace("2024-03", "2024-03-01..2024-03-15"), "2: the period is none");
    let bench = bench(EVENTS, "");
    bench.check_refused("shadow @book @sales.csv --against @no.csv", 3, "world_failed", &["no.csv: reading failed"]);
    bench.check_refused("shadow @book @sales.csv", 2, "usage", &["--against <FILE>"]);
}
