//! Deductions, tiers by volume, steps, agents, prices.

use crate::deal::{
    Deal, QUARTER, Shaped, YEAR, agents, cap, check, measure, of_words, rate, share, steps, tally, total,
};
use contract::{Base, Climb, DeductionKind, Working};
use event::PartyId;
use money::Rounding;

#[test]
fn deductions_are_taken_in_the_listed_order() {
    let of = |on| DeductionKind::Rate { rate: rate("10%"), on };
    let terms = |first: DeductionKind, second: DeductionKind| {
        vec![share("share", "50%").less("one", DeductionKind::Measure(1)).less("two", first).less("three", second)]
    };
    let tallies = [tally("2024-01", &[1_000, 95])];
    let deal = Deal::new(&["ggr", "bonus"], terms(of(Base::Gross), of(Base::Rest)));
    // 1000 − 95 − 100 = 805; − 81 (80.5 half up) = 724.
    check(&deal, &tallies, &[("2024-01", "share 362")]);
    let deal = Deal::new(&["ggr", "bonus"], terms(of(Base::Rest), of(Base::Gross)));
    // 1000 − 95 = 905; − 91 (90.5 half up) − 100 = 714.
    check(&deal, &tallies, &[("2024-01", "share 357")]);
}

#[test]
fn what_deductions_leave_below_zero_is_carried() {
    let deal =
        Deal::new(&["ggr", "bonus"], vec![share("share", "50%").less("bonus", DeductionKind::Measure(1)).carried()]);
    let tallies = [tally("2024-01", &[10, 50]), tally("2024-02", &[0, 2]), tally("2024-03", &[100, 0])];
    check(&deal, &tallies, &[("2024-01", "share 0"), ("2024-02", "share 0"), ("2024-03", "share 29")]);
}

#[test]
fn the_rest_goes_without_deductions_and_earlier_charges() {
    let terms = vec![
        share("first", "10%"),
        share("second", "10%").less("bonus", DeductionKind::Measure(1)).on_rest(),
        share("third", "100%").on_rest(),
    ];
    let deal = Deal::new(&["ggr", "bonus"], terms);
    check(&deal, &[tally("2024-01", &[1_000, 100])], &[("2024-01", "first 100, second 80, third 820")]);
}

/// What is allocated to each game of (key, cost) where every game has a measure of 0.
#[track_caller]
fn check_allocated(games: &[(i128, i128)], rounding: Rounding, expected: &[i128]) {
    let kind = DeductionKind::Allocated { of: 1, key: 2 };
    let term = share("share", "100%").less("platform", kind).by(&[0]).rounded(rounding);
    let deal = Deal::new(&["ggr", "cost", "turnover"], vec![term]).dimensions(&["game"]);
    let tally = |(game, (key, cost)): (usize, &(i128, i128))| {
        of_words("2024-01", &[u32::try_from(game).unwrap()], &[1_000, *cost, *key])
    };
    let tallies: Vec<_> = games.iter().enumerate().map(tally).collect();
    let month = &deal.months(&tallies, &["2024-01"])[0];
    let allocated: Vec<i128> = month.lines.iter().map(|line| 1_000 - line.amount).collect();
    assert_eq!(allocated, expected);
    assert_eq!(allocated.iter().sum::<i128>(), games.iter().map(|game| game.1).sum::<i128>());
    assert!(month.lines.iter().all(|line| line.at_end));
}

#[test]
fn an_allocated_cost_adds_up() {
    check_allocated(&[(1, 100), (1, 0), (1, 0)], Rounding::HalfUp, &[34, 33, 33]);
    check_allocated(&[(1, 0), (2, 100), (0, 0)], Rounding::HalfUp, &[33, 67, 0]);
    check_allocated(&[(1, 0), (-2, 0), (2, 11)], Rounding::Up, &[4, 0, 7]);
    check_allocated(&[(1, -50), (3, -51)], Rounding::Down, &[-25, -76]);
    check_allocated(&[(0, 0), (-1, 9), (0, 1)], Rounding::HalfUp, &[0, 9, 1]);
    check_allocated(&[(0, 0), (0, 0)], Rounding::HalfUp, &[0, 0]);
}

#[test]
fn a_volume_tier_may_be_filled_by_another_measure_over_a_year() {
    let climb = Climb { by_volume: true, accumulator: Some(1), reset: YEAR };
    let deal = Deal::new(&["ggr", "turnover"], vec![share("share", "1000:10% 20%").climbing(climb)]);
    let tallies = [
        tally("2024-01", &[100, 1_000]),
        tally("2024-02", &[0, 1]),
        tally("2024-03", &[-100, 0]),
        tally("2025-01", &[100, 999]),
    ];
    let expected = [("2024-01", "share 10"), ("2024-02", ""), ("2024-03", "share -20"), ("2025-01", "share 10")];
    check(&deal, &tallies, &expected);
    let Working::Volume { reached, .. } = &deal.months(&tallies, &["2024-01"])[0].lines[0].working else {
        panic!("a share by volume")
    };
    assert_eq!(reached.mantissa, 1_000);
}

#[test]
fn a_volume_tier_looks_at_all_versions_of_the_period() {
    let climb = Climb { by_volume: true, ..Climb::GRADUATED };
    let terms = |rates| vec![share("share", rates).climbing(climb)];
    let versions = vec![("2024-01-01", terms("1000:10% 20%")), ("2024-01-15", terms("1000:30% 40%"))];
    let deal = Deal::of_versions(vec![measure("sales")], versions);
    let (early, late) = (tally("2024-01-10", &[600]), tally("2024-01-20", &[600]));
    check(&deal, &[early.clone(), late], &[("2024-01", "share 120, share 240")]);
    check(&deal, &[early], &[("2024-01", "share 60")]);
}

#[test]
fn a_base_that_is_carried_fills_no_tier() {
    let climb = Climb { reset: QUARTER, ..Climb::GRADUATED };
    let deal = Deal::new(&["ggr"], vec![share("share", "1000:10% 20%").climbing(climb).carried()]);
    let tallies = [tally("2024-01", &[-500]), tally("2024-02", &[1_500]), tally("2024-03", &[100])];
    check(&deal, &tallies, &[("2024-01", "share 0"), ("2024-02", "share 100"), ("2024-03", "share 20")]);
}

#[test]
fn a_step_is_the_amount_of_what_the_period_reaches() {
    let step = steps(0, &[(Some(10), 100), (Some(20), 150), (None, 180)]);
    let deal = Deal::new(&["count"], vec![step.clone()]).plain_number(0);
    for (count, expected) in [(1, "step 100"), (10, "step 100"), (11, "step 150"), (21, "step 180"), (0, "")] {
        check(&deal, &[tally("2024-01", &[count])], &[("2024-01", expected)]);
    }
    let versions = vec![("2024-01-01", vec![step.clone()]), ("2024-01-15", vec![step])];
    let deal = Deal::of_versions(vec![measure("count")], versions).plain_number(0);
    let tallies = [tally("2024-01-10", &[8]), tally("2024-01-20", &[8])];
    check(&deal, &tallies, &[("2024-01", "step 150")]);
}

#[test]
fn a_stepped_fee_counts_for_a_cap() {
    let deal = Deal::new(&["count"], vec![steps(0, &[(None, 100)]), cap(&[0], 70)]).plain_number(0);
    check(&deal, &[tally("2024-01", &[3])], &[("2024-01", "step 100, cap -30")]);
}

#[test]
fn a_price_has_more_digits_than_the_asset() {
    let deal = Deal::new(&["clicks"], vec![share("clicks", "0.0035")]).plain_number(0).digits(2);
    check(&deal, &[tally("2024-01", &[1_000])], &[("2024-01", "clicks 350")]);
    check(&deal, &[tally("2024-01", &[1])], &[("2024-01", "clicks 0")]);
    let deal = Deal::new(&["impressions"], vec![share("cpm", "35/100000")]).plain_number(0).digits(2);
    check(&deal, &[tally("2024-01", &[123_456])], &[("2024-01", "cpm 4321")]);
}

#[test]
fn each_level_of_agents_earns_the_difference() {
    let tree = [(5, Some(1), "3.3%"), (6, Some(2), "5%"), (7, None, "6.1%"), (8, Some(1), "5%")];
    let deal = Deal::new(&["ngr"], vec![agents(0, &tree)]).dimensions(&["agent"]);
    let month = |sums: &[(u32, i128)]| {
        let tallies: Vec<_> = sums.iter().map(|&(agent, sum)| of_words("2024-01", &[agent], &[sum])).collect();
        deal.months(&tallies, &["2024-01"]).remove(0)
    };
    // 1,005: 33.165 → 33; 50.25 → 50; 61.305 → 61.
    assert_eq!(deal.text(&month(&[(5, 1_005)])), "agents[5] 33, agents/1[5] 17, agents/2[5] 11");
    assert_eq!(deal.text(&month(&[(7, 1_005)])), "agents[7] 61");
    let both = month(&[(5, 1_005), (8, -1_005), (9, 1_000)]);
    let expected = "agents[5] 33, agents/1[5] 17, agents/2[5] 11, agents[8] -50, agents/1[8] 0, agents/2[8] -11";
    assert_eq!(deal.text(&both), expected);
    assert_eq!(total(&both), 0);
    let creditors: Vec<PartyId> = both.lines.iter().map(|line| line.key.creditor).collect();
    assert_eq!(creditors, [5, 6, 7, 8, 6, 7].map(PartyId));
}
