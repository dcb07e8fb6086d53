//! The kinds of fields.

use crate::book::{
    Fields, adapter, amount_plan, check, csv, instant, new_york, path, read_file, shown, source, word_plan,
};
use event::KindId;
use expect_test::{Expect, expect};
use intake::Limits;
use intake::adapter::{Choice, IdentityPlan, Received, Route, TimeFormat, Unit};
use money::AssetId;

fn check_unit(unit: Unit, scale: u8, asset: u16, values: &str, expected: Expect) {
    let mut plan = amount_plan("v");
    plan.unit = unit;
    let mut adapter = adapter(csv()).number(plan, scale, unit != Unit::Number);
    adapter.asset = Choice::Constant(AssetId(asset));
    let rows: String = values.split_whitespace().enumerate().map(|(id, value)| format!("{id},{value}\n")).collect();
    check(&adapter, format!("id,v\n{rows}"), expected);
}

#[test]
fn amounts() {
    check_unit(
        Unit::Decimal,
        2,
        0,
        "1 -1.5 1.25 1.250 1.255 .5 +3",
        expect![[r#"
        2 s sale USD 0 v=100
        3 s sale USD 1 v=-150
        4 s sale USD 2 v=125
        5 s sale USD 3 v=125
        6 4 scale_exceeded [v] "1.255": expected a decimal number with at most 2 digits behind the point
        7 s sale USD 5 v=50
        8 s sale USD 6 v=300
    "#]],
    );
    check_unit(
        Unit::Decimal,
        2,
        1,
        "100 100.0 100.5",
        expect![[r#"
        2 s sale KRW 0 v=10000
        3 s sale KRW 1 v=10000
        4 2 scale_exceeded [v] "100.5": expected a whole number
    "#]],
    );
    check_unit(
        Unit::Decimal,
        6,
        0,
        "0.01 0.001",
        expect![[r#"
        2 s sale USD 0 v=10000
        3 1 scale_exceeded [v] "0.001": expected a decimal number with at most 2 digits behind the point
    "#]],
    );
}

#[test]
fn amounts_in_whole_units() {
    check_unit(
        Unit::Minor,
        2,
        0,
        "150 1.5",
        expect![[r#"
        2 s sale USD 0 v=150
        3 1 scale_exceeded [v] "1.5": expected a whole number of minor units
    "#]],
    );
    check_unit(
        Unit::Minor,
        2,
        1,
        "150",
        expect![[r#"
        2 s sale KRW 0 v=15000
    "#]],
    );
    check_unit(
        Unit::Micro,
        6,
        0,
        "1500000 1",
        expect![[r#"
        2 s sale USD 0 v=1500000
        3 s sale USD 1 v=1
    "#]],
    );
    check_unit(
        Unit::Micro,
        2,
        0,
        "1500000 1500",
        expect![[r#"
        2 s sale USD 0 v=150
        3 1 scale_exceeded [v] "1500": expected a whole number of millionths, exact to 2 digits
    "#]],
    );
    check_unit(
        Unit::Scaled(5),
        5,
        0,
        "100000",
        expect![[r#"
        2 s sale USD 0 v=100000
    "#]],
    );
}

#[test]
fn numbers_and_bounds() {
    check_unit(
        Unit::Number,
        4,
        1,
        "1.2345 1.23456",
        expect![[r#"
        2 s sale KRW 0 v=12345
        3 1 scale_exceeded [v] "1.23456": expected a decimal number with at most 4 digits behind the point
    "#]],
    );
    check_unit(
        Unit::Decimal,
        2,
        0,
        "9999999999999999.99 10000000000000000.00 -10000000000000000 1234567890123456789012345678901234567890",
        expect![[r#"
            2 s sale USD 0 v=999999999999999999
            3 1 amount_too_large [v] "10000000000000000.00": expected a magnitude below 10^18 units
            4 2 amount_too_large [v] "-10000000000000000": expected a magnitude below 10^18 units
            5 3 amount_too_large [v] "1234567890123456789012345678901234567890": expected a magnitude below 10^18 units
        "#]],
    );
}

#[test]
fn signs_and_blanks() {
    let mut plan = amount_plan("v");
    (plan.negate, plan.blank) = (true, Some(0));
    check(
        &adapter(csv()).number(plan, 2, true),
        "id,v\n1,2.50\n2,-1\n3,\n4,\"  \"\n",
        expect![[r#"
        2 s sale USD 1 v=-250
        3 s sale USD 2 v=100
        4 s sale USD 3 v=0
        5 s sale USD 4 v=0
    "#]],
    );
}

#[test]
fn words() {
    let mut payer = word_plan("payment");
    payer.map = vec![("2".into(), "driver".into()), ("1".into(), "psp".into())];
    let mut strict = payer.clone();
    strict.blank = Some("nobody".into());
    payer.other = Some("psp".into());
    check(
        &adapter(csv()).word("payment").word_plan(payer.clone()),
        "id,payment\n1,2\n2,1\n3,9\n4,\n",
        expect![[r#"
            2 s sale USD 1 payment="2" payment="driver"
            3 s sale USD 2 payment="1" payment="psp"
            4 s sale USD 3 payment="9" payment="psp"
            5 4 field_missing [payment] "": a value is needed here
        "#]],
    );
    check(
        &adapter(csv()).word_plan(strict),
        "id,payment\n1,2\n2,9\n3,\n",
        expect![[r#"
        2 s sale USD 1 payment="driver"
        3 2 value_invalid [payment] "9": the adapter maps no such value
        4 s sale USD 3 payment="nobody"
    "#]],
    );
}

fn check_times(format: TimeFormat, second_of_twice: bool, values: &str, expected: Expect) {
    let mut adapter = adapter(csv()).time("at", format.clone()).date("at", format);
    (adapter.zone, adapter.second_of_twice) = (new_york(), second_of_twice);
    let rows: String = values.split(',').enumerate().map(|(id, value)| format!("{id},{value}\n")).collect();
    check(&adapter, format!("id,at\n{rows}"), expected);
}

fn local() -> TimeFormat {
    TimeFormat::Local("%Y-%m-%d %H:%M:%S".into())
}

#[test]
fn times() {
    check_times(
        local(),
        false,
        "2019-01-15 03:36:12,2019-07-15 03:36:12,2019-1-5 3:6:2",
        expect![[r#"
        2 s sale USD 0 at=2019-01-15T08:36:12Z at=2019-01-15
        3 s sale USD 1 at=2019-07-15T07:36:12Z at=2019-07-15
        4 s sale USD 2 at=2019-01-05T08:06:02Z at=2019-01-05
    "#]],
    );
    check_times(
        local(),
        false,
        "2019-03-10 01:59:59,2019-03-10 02:30:00,2019-03-10 03:00:00",
        expect![[r#"
        2 s sale USD 0 at=2019-03-10T06:59:59Z at=2019-03-10
        3 1 time_never [at] "2019-03-10 02:30:00": the clocks were put forward over this time
        4 s sale USD 2 at=2019-03-10T07:00:00Z at=2019-03-10
    "#]],
    );
    check_times(
        local(),
        false,
        "2019-11-03 01:30:00,2019-11-03 02:00:00",
        expect![[r#"
        2 s sale USD 0 at=2019-11-03T05:30:00Z at=2019-11-03
        3 s sale USD 1 at=2019-11-03T07:00:00Z at=2019-11-03
    "#]],
    );
    check_times(
        local(),
        true,
        "2019-11-03 01:30:00,2019-11-03 00:59:59",
        expect![[r#"
        2 s sale USD 0 at=2019-11-03T06:30:00Z at=2019-11-03
        3 s sale USD 1 at=2019-11-03T04:59:59Z at=2019-11-03
    "#]],
    );
}

#[test]
fn times_that_are_none() {
    check_times(
        local(),
        false,
        "2019-02-29 00:00:00,2019-01-15T03:36:12,2019-01-15 24:00:00,",
        expect![[r#"
        2 0 value_invalid [at] "2019-02-29 00:00:00": expected a time written as `%Y-%m-%d %H:%M:%S`
        3 1 value_invalid [at] "2019-01-15T03:36:12": expected a time written as `%Y-%m-%d %H:%M:%S`
        4 2 value_invalid [at] "2019-01-15 24:00:00": expected a time written as `%Y-%m-%d %H:%M:%S`
        5 3 field_missing [at] "": a value is needed here
    "#]],
    );
    check_times(
        local(),
        false,
        "1969-12-31 18:59:59,1969-12-31 19:00:00,2201-01-01 00:00:00",
        expect![[r#"
        2 0 time_out_of_range [at] "1969-12-31 18:59:59": expected a time in the years 1970 to 2200
        3 1 time_out_of_range [at] "1969-12-31 19:00:00": expected a time in the years 1970 to 2200
        4 2 time_out_of_range [at] "2201-01-01 00:00:00": expected a time in the years 1970 to 2200
    "#]],
    );
}

#[test]
fn formats_of_times() {
    check_times(
        TimeFormat::Local("%d.%m.%y".into()),
        false,
        "05.01.19,05.01.70",
        expect![[r#"
        2 s sale USD 0 at=2019-01-05T05:00:00Z at=2019-01-05
        3 s sale USD 1 at=1970-01-05T04:00:00Z at=1970-01-05
    "#]],
    );
    check_times(
        TimeFormat::Local("%Y%m%d%H%M%S%f".into()),
        false,
        "20190105123456789",
        expect![[r#"
        2 s sale USD 0 at=2019-01-05T17:34:56.789000Z at=2019-01-05
    "#]],
    );
    check_times(
        TimeFormat::Rfc3339,
        false,
        "2019-01-05T01:02:03.5+09:00,2019-01-05 01:02:03",
        expect![[r#"
        2 s sale USD 0 at=2019-01-04T16:02:03.500000Z at=2019-01-04
        3 1 value_invalid [at] "2019-01-05 01:02:03": expected a time such as 2019-01-31T02:30:00Z
    "#]],
    );
    check_times(
        TimeFormat::UnixSeconds,
        false,
        "1546300800,1.5,-1,99999999999999",
        expect![[r#"
        2 s sale USD 0 at=2019-01-01T00:00:00Z at=2018-12-31
        3 1 value_invalid [at] "1.5": expected whole seconds since 1970
        4 2 time_out_of_range [at] "-1": expected a time in the years 1970 to 2200
        5 3 time_out_of_range [at] "99999999999999": expected a time in the years 1970 to 2200
    "#]],
    );
    check_times(
        TimeFormat::UnixMillis,
        false,
        "1546300800123",
        expect![[r#"
        2 s sale USD 0 at=2019-01-01T00:00:00.123000Z at=2018-12-31
    "#]],
    );
}

#[test]
fn times_of_receipt() {
    let mut adapter = adapter(csv()).time("at", TimeFormat::Rfc3339);
    adapter.received = Received::Column { path: path("got"), format: TimeFormat::Local("%Y-%m-%d".into()) };
    check(
        &adapter,
        "id,at,got\n1,2019-01-05T00:00:00Z,2019-01-05\n2,2019-01-06T00:00:00Z,2019-01-05\n\
         3,2019-01-06T00:00:00.000001Z,2019-01-05\n4,2019-01-05T00:00:00Z,\n",
        expect![[r#"
            2 s sale USD 1 at=2019-01-05T00:00:00Z received=2019-01-05T00:00:00Z
            3 s sale USD 2 at=2019-01-06T00:00:00Z received=2019-01-05T00:00:00Z
            4 3 time_out_of_range [at] "2019-01-06T00:00:00.000001Z": more than a day after 2019-01-05T00:00:00Z, when it was received
            5 4 field_missing [got] "": a value is needed here
        "#]],
    );
    adapter.received = Received::CommandLine;
    let rows = "id,at\n1,2019-01-05T00:00:00Z\n2,2019-01-07T00:00:00Z\n";
    let all = read_file(&adapter, rows.as_bytes(), "f", instant("2019-01-05T12:00:00Z"), Limits::USUAL);
    expect![[r#"
        2 s sale USD 1 at=2019-01-05T00:00:00Z received=2019-01-05T12:00:00Z
        3 2 time_out_of_range [at] "2019-01-07T00:00:00Z": more than a day after 2019-01-05T12:00:00Z, when it was received
    "#]].assert_eq(&shown(&adapter, &all.batches));
}

#[test]
fn routes_kinds_and_assets() {
    let mut adapter = adapter(csv()).amount("v");
    adapter.sources.push(source("t", 1, IdentityPlan::Field(path("id"))));
    adapter.sources[1].kinds[1] = None;
    adapter.route = Route::Column { path: path("vendor"), to: vec![("1".into(), 0), ("2".into(), 1)] };
    adapter.kind = Choice::Column { path: path("type"), to: vec![("S".into(), KindId(0)), ("R".into(), KindId(1))] };
    adapter.asset = Choice::Column { path: path("currency"), to: Vec::new() };
    check(
        &adapter,
        "id,vendor,type,currency,v\n1,1,S,USD,1\n2,2,S,KRW,1\n3,1,R,USD,1\n4,2,R,USD,1\n5,3,S,USD,1\n6,1,X,USD,1\n\
         7,1,S,XQZ,1\n8,,S,USD,1\n9,9,X,XQZ,NaN\n10,9,X,XQZ,\n",
        expect![[r#"
            2 s sale USD 1 v=100
            3 t sale KRW 2 v=100
            4 s refund USD 3 v=100
            5 4 kind_unknown [type] "R": the source declares no such kind
            6 - source_unknown [vendor] "3": the adapter routes no such value
            7 6 kind_unknown [type] "X": the adapter knows no such kind
            8 7 currency_unknown [currency] "XQZ": the book has no such asset
            9 - field_missing [vendor] "": a value is needed here
            10 - source_unknown [vendor] "9": the adapter routes no such value
            11 - field_missing [v] "": a value is needed here
        "#]],
    );
}
