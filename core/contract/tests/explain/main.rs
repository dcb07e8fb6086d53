//! What is printed for a line is what anybody computes: every expression is recomputed by a second, small evaluator.

mod evaluator;

use calendar::Date;
use contract::{Converted, Cross, CrossState, Deducted, Issuer, LineBase, Shown, Working};
use evaluator::evaluate;
use money::{AssetId, Decimal, Rate, Rounding, divide, parse_decimal, power_of_ten, round_ratio};
use proptest::prelude::*;

fn decimal(text: &str) -> Decimal {
    parse_decimal(text.as_bytes()).unwrap()
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn flat(measure: &str, taken: &[i128], percent: &str, rounding: Rounding) -> Working {
    Working::Flat {
        base: LineBase { taken: taken.to_vec(), ..LineBase::of(decimal(measure)) },
        rate: rate(percent),
        rounding,
    }
}

#[track_caller]
fn check(working: &Working, amount: i128, digits: u8, expected: &str) {
    let shown = Shown { working: Some(working), owes: false, amount, restated: None, digits };
    assert_eq!(shown.arithmetic(), expected);
    assert_eq!(evaluate(expected), Ok(true), "{expected}");
}

#[test]
fn a_share_is_printed_with_its_base() {
    check(&flat("1500000", &[], "12%", Rounding::HalfUp), 180_000, 0, "half_up(1500000 * 12/100, 0) = 180000");
    check(&flat("1500000.000", &[], "1", Rounding::Down), 1_500_000, 0, "down(1500000 * 1, 0) = 1500000");
    let expected = "half_up((1000.00 - 120.00) * 30/100, 2) = 264.00";
    check(&flat("1000", &[12_000], "30%", Rounding::HalfUp), 26_400, 2, expected);
    let expected = "half_even((-10.5 - 3 + 1) * (-5/10), 0) = 6";
    check(&flat("-10.50", &[3, -1], "-0.5", Rounding::HalfEven), 6, 0, expected);
    check(&flat("1239", &[], "3.3%", Rounding::FloorTen), 40, 0, "floor_ten(1239 * 33/1000, 0) = 40");
}

#[test]
fn brackets_are_printed_one_by_one() {
    let parts = vec![(decimal("1000000"), rate("10%")), (decimal("500000"), rate("15%"))];
    let working = |from: &str, parts: Vec<_>| Working::Graduated {
        base: LineBase::of(decimal("0")),
        from: decimal(from),
        to: decimal("1500000"),
        parts,
        rounding: Rounding::HalfUp,
    };
    let expected = "half_up(1000000 * 10/100 + 500000 * 15/100, 0) = 175000";
    check(&working("0", parts.clone()), 175_000, 0, expected);
    let expected = "half_up(500000 * 15/100, 0) = 75000 # the running sum goes from 1000000 to 1500000";
    check(&working("1000000", parts[1..].to_vec()), 75_000, 0, expected);
    check(&working("0", Vec::new()), 0, 0, "half_up(0, 0) = 0");
}

#[test]
fn vat_is_printed_with_its_fraction() {
    let vat = |base, rate, inclusive| Working::Vat {
        base,
        rate,
        inclusive,
        rounding: Rounding::HalfUp,
        issuer: Issuer::Creditor,
    };
    check(&vat(1_005, rate("10%"), false), 101, 0, "half_up(1005 * 10/100, 0) = 101");
    check(&vat(110, rate("10%"), true), 10, 0, "half_up(110 * 1/11, 0) = 10");
    check(&vat(12_000, rate("20%"), true), 2_000, 2, "half_up(120.00 * 1/6, 2) = 20.00");
}

#[test]
fn a_division_is_printed_with_its_residue() {
    let divided = |base: &str, others: Option<Vec<i128>>| Working::Divided {
        base: decimal(base),
        total: 10_006,
        share: rate("10%"),
        others,
        rounding: Rounding::HalfUp,
    };
    check(&divided("10006", None), 1_001, 0, "half_up(10006 * 10/100, 0) = 1001");
    check(&divided("10006", Some(vec![1_001, 2_702])), 6_303, 0, "10006 - 1001 - 2702 = 6303");
    let expected = "half_up(10006 * 10/100, 0) = 1001 # 10006 is 10005.6 rounded";
    check(&divided("10005.60", None), 1_001, 0, expected);
}

#[test]
fn what_was_summed_or_agreed_stands_alone() {
    let events = Working::Events { base: decimal("2501212.9"), rate: rate("10%") };
    let expected = "250121.32 # sum of charges rounded with their events; measure 2501212.90 at 10/100";
    check(&events, 25_012_132, 2, expected);
    let events = Working::Events { base: decimal("17"), rate: Rate::ZERO };
    check(&events, 1_700, 0, "1700 # sum of charges rounded with their events; measure 17");
    let vat = Working::VatEvents { rate: rate("10%"), issuer: Issuer::Creditor };
    check(&vat, -17, 0, "-17 # sum of VAT rounded with its events; at 10/100");
    let fixed = Working::Fixed { period_on: Date::new(2019, 1, 1).unwrap() };
    check(&fixed, 50_000, 0, "50000 # agreed for the period from 2019-01-01");
}

fn with_deductions(measure: &str, deducted: &[i128], carried_in: &str) -> LineBase {
    let deducted = deducted.iter().map(|&amount| Deducted { name: "cost".into(), amount }).collect();
    LineBase { deducted, carried_in: decimal(carried_in), ..LineBase::of(decimal(measure)) }
}

#[test]
fn a_base_is_printed_with_all_that_changed_it() {
    let base = || with_deductions("1600000", &[1_000, -50], "-600000");
    let flat = Working::Flat { base: base(), rate: rate("10%"), rounding: Rounding::HalfUp };
    check(&flat, 99_905, 0, "half_up((1600000 - 1000 + 50 - 600000) * 10/100, 0) = 99905");
    let text = "half_up(999050 * 10/100, 0) = 99905 # of (1600000 - 1000 + 50 - 600000)";
    let (from, to) = (decimal("0"), decimal("999050"));
    let graduated = |from, to| Working::Graduated {
        base: base(),
        from,
        to,
        parts: vec![(decimal("999050"), rate("10%"))],
        rounding: Rounding::HalfUp,
    };
    check(&graduated(from, to), 99_905, 0, text);
    let filled = format!("{text}; the running sum goes from 1 to 999051");
    check(&graduated(decimal("1"), decimal("999051")), 99_905, 0, &filled);
    let carried = Working::Carried { base: with_deductions("-5.5", &[3], "-1.25") };
    check(&carried, 0, 0, "0 # (-5.5 - 3 - 1.25) is below zero and carried to the next period");
    let volume = Working::Volume {
        base: LineBase::of(decimal("1000001")),
        reached: decimal("1000001"),
        rate: rate("8%"),
        rounding: Rounding::HalfUp,
    };
    check(&volume, 80_000, 0, "half_up(1000001 * 8/100, 0) = 80000 # the rate of the tier that 1000001 reaches");
}

#[test]
fn a_converted_base_is_printed_day_by_day() {
    let on = Date::new(2024, 4, 13).unwrap();
    let converted = |sum: &str, cross: &str| Converted {
        from: AssetId(1),
        rate_on: on,
        sum: decimal(sum),
        cross: Cross { rate: decimal(cross), fixing_on: on, state: CrossState::Final },
    };
    let flat = |converted: Vec<Converted>| Working::Flat {
        base: LineBase { converted, ..LineBase::of(decimal("0")) },
        rate: rate("10%"),
        rounding: Rounding::HalfUp,
    };
    let one = flat(vec![converted("10000.00", "1379.8254")]);
    check(&one, 1_379_825, 0, "half_up(10000 * 1379.8254 * 10/100, 0) = 1379825");
    let two = flat(vec![converted("-10.5", "1379.8254"), converted("-3", "9.1")]);
    check(&two, -1_452, 0, "half_up((-10.5 * 1379.8254 + (-3) * 9.1) * 10/100, 0) = -1452");
}

#[test]
fn closing_terms_are_printed_with_what_they_saw() {
    let agent = |below| Working::Agent {
        base: LineBase::of(decimal("1005")),
        own: rate("5%"),
        below,
        rounding: Rounding::HalfUp,
    };
    check(&agent(rate("3.3%")), 17, 0, "half_up(1005 * 5/100, 0) - half_up(1005 * 33/1000, 0) = 17");
    check(&agent(Rate::ZERO), 50, 0, "half_up(1005 * 5/100, 0) = 50");
    check(&Working::Bound { charged: 501, bound: 500 }, -1, 0, "500 - 501 = -1");
    check(&Working::Bound { charged: -7, bound: 0 }, 7, 0, "0 + 7 = 7");
    let shortfall = Working::Shortfall { guaranteed: 6_000, earned: vec![1_000, -50, 2_000] };
    check(&shortfall, 3_050, 2, "60.00 - 10.00 + 0.50 - 20.00 = 30.50");
    check(&Working::Lifted { charged: -60 }, 60, 0, "0 + 60 = 60");
    let taken = Working::TakenOff { brought: 100_000, from: 33_333, share: rate("50%") };
    check(&taken, -16_666, 0, "-16666 # of 100000 not more than 50/100 of charges of 33333");
    let step = Working::Step { reached: decimal("11"), amount: 150 };
    check(&step, 150, 0, "150 # the amount of the step that 11 reaches");
    check_seen(Some(&Working::Bound { charged: 501, bound: 500 }), 1, None, "-(500 - 501) = 1");
}

#[track_caller]
fn check_seen(working: Option<&Working>, amount: i128, restated: Option<(i128, i128)>, expected: &str) {
    let shown = Shown { working, owes: true, amount, restated, digits: 0 };
    assert_eq!(shown.arithmetic(), expected);
    assert_eq!(evaluate(expected), Ok(true), "{expected}");
}

#[test]
fn a_line_is_printed_from_its_partys_view() {
    let share = flat("1500", &[], "12%", Rounding::HalfUp);
    check_seen(Some(&share), -180, None, "-half_up(1500 * 12/100, 0) = -180");
    check_seen(Some(&share), -20, Some((-180, -160)), "-half_up(1500 * 12/100, 0) + 160 = -20");
    check_seen(None, 160, Some((0, -160)), "0 + 160 = 160 # the line is gone");
    let fixed = Working::Fixed { period_on: Date::new(2019, 1, 1).unwrap() };
    let expected = "-50 + 40 = -10 # agreed for the period from 2019-01-01";
    check_seen(Some(&fixed), -10, Some((-50, -40)), expected);
    let residue = Working::Divided {
        base: decimal("10"),
        total: 10,
        share: rate("10%"),
        others: Some(vec![3, -4]),
        rounding: Rounding::Down,
    };
    check_seen(Some(&residue), -11, None, "-(10 - 3 + 4) = -11");
}

#[test]
fn the_evaluator_finds_what_is_wrong() {
    for wrong in ["half_up(5 * 1/10, 0) = 0", "half_even(15 * 1/10, 0) = 1", "1 - 2 - 3 = 2", "2 + 3 * 4 = 20"] {
        assert_eq!(evaluate(wrong), Ok(false), "{wrong}");
    }
    for broken in ["half(1, 0) = 1", "1 +", "(1 = 1", "1/0 = 1", "1 1 = 1", ""] {
        assert!(evaluate(broken).is_err(), "{broken}");
    }
}

fn decimals() -> impl Strategy<Value = Decimal> {
    (-1_000_000_000_000_i128..1_000_000_000_000, 0_u8..7).prop_map(|(mantissa, scale)| Decimal { mantissa, scale })
}

fn rates() -> impl Strategy<Value = Rate> {
    prop_oneof![(-200_i64..200, prop::sample::select(vec![1_i64, 100, 1_000])), (0_i64..5_000, 1_i64..5_000),]
        .prop_map(|(upper, lower)| Rate::new(upper, lower).unwrap())
}

fn roundings() -> impl Strategy<Value = Rounding> {
    use Rounding::{Down, FloorTen, HalfEven, HalfUp, Up};
    prop::sample::select(vec![HalfUp, HalfEven, Down, Up, FloorTen])
}

/// Units at `scale` of a decimal that has fewer or as many digits.
fn raised(number: Decimal, scale: u8) -> i128 {
    number.mantissa * power_of_ten(scale - number.scale).unwrap()
}

/// `units × rate`, rounded to `digits`, where the units have 9 digits behind the point.
fn applied(units: i128, rate: Rate, digits: u8, rounding: Rounding) -> i128 {
    rate.apply(units, 9 - digits, rounding).unwrap()
}

fn workings() -> impl Strategy<Value = (Working, i128, u8)> {
    let flat = (decimals(), prop::collection::vec(-1_000_000_i128..1_000_000, 0..4), rates(), roundings(), 0_u8..5);
    let flat = flat.prop_map(|(measure, taken, rate, rounding, digits)| {
        let units = raised(measure, 9)
            - taken.iter().map(|&units| raised(Decimal { mantissa: units, scale: digits }, 9)).sum::<i128>();
        let amount = applied(units, rate, digits, rounding);
        (Working::Flat { base: LineBase { taken, ..LineBase::of(measure) }, rate, rounding }, amount, digits)
    });
    let parts = prop::collection::vec((decimals(), -200_i64..200), 0..4);
    let graduated = (parts, roundings(), 0_u8..5).prop_map(|(parts, rounding, digits)| {
        let sum: i128 = parts.iter().map(|&(part, percent)| raised(part, 9) * i128::from(percent)).sum();
        let amount = round_ratio(sum, power_of_ten(9 - digits).unwrap() * 100, rounding).unwrap();
        let parts = parts.into_iter().map(|(part, percent)| (part, Rate::new(percent, 100).unwrap())).collect();
        let zero = Decimal { mantissa: 0, scale: 0 };
        (Working::Graduated { base: LineBase::of(zero), from: zero, to: zero, parts, rounding }, amount, digits)
    });
    let vat = (-1_000_000_000_i128..1_000_000_000, 1_i64..3_000, any::<bool>(), roundings(), 0_u8..5);
    let vat = vat.prop_map(|(base, upper, inclusive, rounding, digits)| {
        let lower = if inclusive { 1_000 + i128::from(upper) } else { 1_000 };
        let amount = round_ratio(base * i128::from(upper), lower, rounding).unwrap();
        let rate = Rate::new(upper, 1_000).unwrap();
        (Working::Vat { base, rate, inclusive, rounding, issuer: Issuer::Debtor }, amount, digits)
    });
    prop_oneof![flat, graduated, vat, divisions()]
}

fn divisions() -> impl Strategy<Value = (Working, i128, u8)> {
    let shares = prop::collection::vec(0_i64..100, 1..5);
    (-1_000_000_000_i128..1_000_000_000, shares, any::<prop::sample::Index>(), roundings(), 0_u8..5).prop_map(
        |(total, percents, which, rounding, digits)| {
            let shares: Vec<Rate> = percents.iter().map(|&percent| Rate::new(percent, 100).unwrap()).collect();
            let parts = divide(total, &shares, 0, rounding).unwrap();
            let position = which.index(shares.len());
            let others = (position == 0).then(|| parts[1..].to_vec());
            let base = Decimal { mantissa: total, scale: digits };
            (Working::Divided { base, total, share: shares[position], others, rounding }, parts[position], digits)
        },
    )
}

proptest! {
    #[test]
    fn printed_arithmetic_gives_the_amount(
        (working, amount, digits) in workings(),
        owes: bool,
        before in prop::option::of(-1_000_000_i128..1_000_000),
    ) {
        let now = if owes { -amount } else { amount };
        let restated = before.map(|before| (now, before));
        let shown = Shown { working: Some(&working), owes, amount: now - before.unwrap_or(0), restated, digits };
        let text = shown.arithmetic();
        prop_assert_eq!(evaluate(&text), Ok(true), "{}", text);
        let wrong = Shown { amount: shown.amount + 1, ..shown };
        prop_assert_eq!(evaluate(&wrong.arithmetic()), Ok(false), "{}", text);
    }
}
