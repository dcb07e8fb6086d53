//! What passes from period to period, and what does not.

use crate::deal::{Deal, Shaped, Sums, YEAR, carry, check, measure, of_words, share, spanning, tally};
use contract::{CarriedAs, Climb, Span};

/// Something carried: what, for which words, how much.
type Left<'a> = (CarriedAs, &'a [u32], i128);

/// What each month leaves.
#[track_caller]
fn check_carried(deal: &Deal, tallies: &[Sums], expected: &[(&str, &[Left<'_>])]) {
    let months: Vec<&str> = expected.iter().map(|(month, _)| *month).collect();
    for ((month, expected), evaluated) in expected.iter().zip(deal.months(tallies, &months)) {
        let carried = evaluated.carried.iter();
        let carried: Vec<(CarriedAs, Vec<u32>, i128)> = carried
            .map(|(key, amount)| (key.what, key.words.iter().map(|word| word.0).collect(), amount.mantissa))
            .collect();
        let expected: Vec<_> = expected.iter().map(|(what, words, amount)| (*what, words.to_vec(), *amount)).collect();
        assert_eq!(carried, expected, "{month}");
    }
}

#[test]
fn a_carried_measure_goes_through_an_empty_period() {
    let deal = Deal::new(&["ggr"], vec![share("share", "10%").carried()]);
    let tallies =
        [tally("2024-01", &[-500]), tally("2024-03", &[-20]), tally("2024-04", &[0]), tally("2024-05", &[800])];
    let expected =
        [("2024-01", "share 0"), ("2024-02", ""), ("2024-03", "share 0"), ("2024-04", ""), ("2024-05", "share 28")];
    check(&deal, &tallies, &expected);
    let left: [(&str, &[Left<'_>]); 5] = [
        ("2024-01", &[(CarriedAs::Measure, &[], -500)]),
        ("2024-02", &[(CarriedAs::Measure, &[], -500)]),
        ("2024-03", &[(CarriedAs::Measure, &[], -520)]),
        ("2024-04", &[(CarriedAs::Measure, &[], -520)]),
        ("2024-05", &[]),
    ];
    check_carried(&deal, &tallies, &left);
}

#[test]
fn each_game_carries_its_own() {
    let deal = Deal::new(&["ggr"], vec![share("share", "10%").carried().by(&[0])]).dimensions(&["game"]);
    let tallies = [
        of_words("2024-01", &[7], &[-100]),
        of_words("2024-01", &[8], &[100]),
        of_words("2024-02", &[8], &[-30]),
        of_words("2024-03", &[7], &[300]),
    ];
    let expected = [("2024-01", "share[7] 0, share[8] 10"), ("2024-02", "share[8] 0"), ("2024-03", "share[7] 20")];
    check(&deal, &tallies, &expected);
    let left: [(&str, &[Left<'_>]); 3] = [
        ("2024-01", &[(CarriedAs::Measure, &[7], -100)]),
        ("2024-02", &[(CarriedAs::Measure, &[7], -100), (CarriedAs::Measure, &[8], -30)]),
        ("2024-03", &[(CarriedAs::Measure, &[8], -30)]),
    ];
    check_carried(&deal, &tallies, &left);
}

#[test]
fn a_version_takes_in_what_the_one_before_left() {
    let terms = |percent| vec![share("share", percent).carried()];
    let deal =
        Deal::of_versions(vec![measure("ggr")], vec![("2024-01-01", terms("10%")), ("2024-01-15", terms("20%"))]);
    let tallies = [tally("2024-01-10", &[-100]), tally("2024-01-20", &[150]), tally("2024-02", &[10])];
    check(&deal, &tallies, &[("2024-01", "share 0, share 10"), ("2024-02", "share 2")]);
}

#[test]
fn tiers_fill_until_their_span_ends() {
    let climb = Climb { reset: YEAR, ..Climb::GRADUATED };
    let deal = Deal::new(&["sales"], vec![share("share", "1000:10% 5%").climbing(climb)]);
    let tallies = [tally("2024-10", &[800]), tally("2024-12", &[800]), tally("2025-01", &[800])];
    let expected = [("2024-10", "share 80"), ("2024-11", ""), ("2024-12", "share 50"), ("2025-01", "share 80")];
    check(&deal, &tallies, &expected);
    let left: [(&str, &[Left<'_>]); 3] = [
        ("2024-10", &[(CarriedAs::Filled, &[], 800)]),
        ("2024-11", &[(CarriedAs::Filled, &[], 800)]),
        ("2024-12", &[]),
    ];
    check_carried(&deal, &tallies, &left);
    let ever = Climb { reset: Span::Ever, ..Climb::GRADUATED };
    let deal = Deal::new(&["sales"], vec![share("share", "1000:10% 5%").climbing(ever)]);
    check(&deal, &tallies, &[("2024-10", "share 80"), ("2024-12", "share 50"), ("2025-01", "share 40")]);
}

#[test]
fn a_gap_over_the_end_of_a_span_begins_anew() {
    let climb = Climb { reset: YEAR, ..Climb::GRADUATED };
    let deal = Deal::new(&["sales"], vec![share("share", "1000:10% 5%").climbing(climb), spanning(500, YEAR, false)]);
    let tallies = [tally("2024-10", &[2_000]), tally("2025-12", &[800])];
    check(&deal, &tallies, &[("2024-10", "share 150"), ("2025-12", "share 80, minimum 420")]);
}

#[test]
fn what_a_missing_term_left_is_passed_on() {
    let with = |measured: bool| {
        let own = share("other", "1%").of_measure(1);
        if measured { vec![share("share", "10%").carried(), own] } else { vec![own] }
    };
    let versions = vec![("2024-01-01", with(true)), ("2024-02-01", with(false)), ("2024-03-01", with(true))];
    let deal = Deal::of_versions(vec![measure("ggr"), measure("sales")], versions);
    let tallies = [tally("2024-01", &[-100, 0]), tally("2024-02", &[70, 500]), tally("2024-03", &[150, 0])];
    check(&deal, &tallies, &[("2024-01", "share 0"), ("2024-02", "other 5"), ("2024-03", "share 5")]);

    let terms =
        |carries: bool| [vec![share("share", "100%")], if carries { vec![carry()] } else { Vec::new() }].concat();
    let versions = vec![("2024-01-01", terms(true)), ("2024-02-01", terms(false)), ("2024-03-01", terms(true))];
    let deal = Deal::of_versions(vec![measure("ggr")], versions);
    let tallies = [tally("2024-01", &[-100]), tally("2024-02", &[70]), tally("2024-03", &[150])];
    let expected =
        [("2024-01", "share -100, carry 100"), ("2024-02", "share 70"), ("2024-03", "share 150, carry/1 -100")];
    check(&deal, &tallies, &expected);
}

#[test]
fn a_term_that_no_longer_carries_leaves_what_was_carried() {
    let versions = vec![
        ("2024-01-01", vec![share("share", "10%").carried()]),
        ("2024-02-01", vec![share("share", "10%")]),
        ("2024-03-01", vec![share("share", "10%").carried()]),
    ];
    let deal = Deal::of_versions(vec![measure("ggr")], versions);
    let tallies = [tally("2024-01", &[-100]), tally("2024-02", &[-70]), tally("2024-03", &[150])];
    check(&deal, &tallies, &[("2024-01", "share 0"), ("2024-02", "share -7"), ("2024-03", "share 5")]);
}
