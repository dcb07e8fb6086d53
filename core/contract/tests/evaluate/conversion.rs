//! Conversion in `F`: exact by day, rounded by line.

use crate::deal::{ASSET, Deal, Shaped, Sums, advance, check, day, of_words, share, steps, tally};
use calendar::{Instant, Zone};
use contract::{Conversion, DeductionKind, Rates, RatesId, Term, Working};
use money::{AssetId, parse_decimal};

const USD: AssetId = AssetId(1);
const JPY: AssetId = AssetId(2);

/// Rates of a source whose base is the asset of all lines.
fn rates() -> Rates {
    let mut rates = Rates::new("bank", "Bank", Some(ASSET), Zone::utc(), 0);
    for (on, usd, jpy) in [("2024-01-08", "0.5", "2"), ("2024-01-09", "0.4", "2.5"), ("2024-01-11", "0.5", "3")] {
        for (asset, text) in [(USD, usd), (JPY, jpy)] {
            if (on, asset) != ("2024-01-11", JPY) {
                rates.fix(asset, day(on), parse_decimal(text.as_bytes()).unwrap(), Instant::BEGINNING);
            }
        }
    }
    rates
}

fn deal(terms: Vec<Term>) -> Deal {
    let conversion = Conversion { rates: RatesId(0), to: ASSET, digits: 3, margin: None };
    let mut deal = Deal::new(&["sales", "cost", "count"], terms).plain_number(2).converts(conversion, rates());
    deal.contract.measures[0].scale = 2;
    deal
}

fn of(asset: AssetId, on: &str, sums: &[i128]) -> Sums {
    Sums { asset, ..tally(on, sums) }
}

#[test]
fn each_day_is_converted_exactly_and_the_line_rounded() {
    let deal = deal(vec![share("share", "10%")]);
    let tallies = [
        of(USD, "2024-01-08", &[101, 0, 0]),
        of(USD, "2024-01-09", &[101, 0, 0]),
        of(ASSET, "2024-01-09", &[5_000, 0, 0]),
    ];
    // 1.01 × 2 + 1.01 × 2.5 + 50 = 54.545
    check(&deal, &tallies, &[("2024-01", "share 5")]);
    let line = &deal.months(&tallies, &["2024-01"])[0].lines[0];
    let text = contract::arithmetic(line, 0);
    assert_eq!(text, "half_up((50 * 1 + 1.01 * 2.000 + 1.01 * 2.500) * 10/100, 0) = 5");
}

#[test]
fn numbers_stay_and_bounds_stand_in_the_asset() {
    let deal = deal(vec![
        share("share", "1000:10% 20%"),
        steps(2, &[(Some(5), 7), (None, 8)]),
        share("price", "3").of_measure(2),
    ]);
    let tallies = [of(USD, "2024-01-08", &[1_000, 0, 5])];
    check(&deal, &tallies, &[("2024-01", "share 3, step 7, price 15")]);
}

#[test]
fn deductions_and_what_is_carried_are_converted_too() {
    let deal = deal(vec![share("share", "10%").less("cost", DeductionKind::Measure(1)).carried()]);
    let tallies = [of(USD, "2024-01-08", &[101, 50, 0]), of(ASSET, "2024-02-10", &[20_000, 0, 0])];
    // 1.01 × 2 − 100 = −97.98; 200 − 97.98 = 102.02
    check(&deal, &tallies, &[("2024-01", "share 0"), ("2024-02", "share 10")]);
    let carried = &deal.months(&tallies, &["2024-01"])[0].carried;
    assert_eq!(carried.values().map(ToString::to_string).collect::<Vec<_>>(), ["-97.98"]);
}

#[test]
fn what_is_not_final_is_said() {
    let deal = deal(vec![share("share", "100%"), advance(3, "2024-01-01", "1")]);
    let month = |tallies: &[Sums]| deal.months(tallies, &["2024-01"]).remove(0);
    let final_one = month(&[of(JPY, "2024-01-09", &[100, 0, 0])]);
    assert_eq!((final_one.provisional, final_one.missing.len()), (false, 0));
    let missing = month(&[of(JPY, "2024-01-11", &[1_000, 0, 0]), of(JPY, "2024-01-12", &[0, 0, 3])]);
    assert_eq!(
        (missing.provisional, missing.missing.into_iter().collect::<Vec<_>>()),
        (true, vec![(JPY, day("2024-01-11"))])
    );
    assert_eq!(deal.text(&month(&[of(JPY, "2024-01-11", &[1_000, 0, 0])])), "share 4, advance 3, advance/1 -3");
    let later = month(&[of(USD, "2024-01-12", &[100, 0, 0])]);
    assert_eq!((later.provisional, later.missing.len()), (true, 0));
}

#[test]
fn the_rates_of_a_line_are_those_of_its_own_tallies() {
    let deal = deal(vec![share("share", "100%").by(&[0])]).dimensions(&["game"]);
    let tallies = [
        Sums { asset: USD, ..of_words("2024-01-08", &[1], &[100, 0, 0]) },
        Sums { asset: USD, ..of_words("2024-01-09", &[2], &[100, 0, 0]) },
    ];
    check(&deal, &tallies, &[("2024-01", "share[1] 2, share[2] 3")]);
    for line in &deal.months(&tallies, &["2024-01"])[0].lines {
        let Working::Flat { base, .. } = &line.working else { panic!("a flat share") };
        assert_eq!(base.converted.len(), 1);
    }
}
