//! Random sides: the naive model agrees, no record is lost, no difference is lost, and the order of records does not matter.

use crate::naive;
use crate::sides::{Line, rule, run, told};
use proptest::prelude::*;
use reconcile::{Class, Matching, Rule, Window};
use std::collections::BTreeMap;

/// Few keys, days and amounts, so that nearly everything happens.
fn lines(prefix: &'static str, amounts: usize) -> impl Strategy<Value = Vec<Line>> {
    let amounts = prop::collection::vec((-6..12_i128).prop_map(Some), amounts);
    let line = ("[abcd]?", 0..2_u16, prop::option::of(0..40_i32), (0..5).prop_map(|known| known > 0), amounts);
    prop::collection::vec(line, 0..14).prop_map(move |lines| {
        let line = |(number, (key, asset, on, is_complete, amounts))| Line {
            key,
            id: format!("{prefix}{number:02}"),
            asset,
            on,
            is_complete,
            amounts,
        };
        lines.into_iter().enumerate().map(line).collect()
    })
}

fn rules() -> impl Strategy<Value = (Rule, Vec<Line>, Vec<Line>)> {
    let matching = prop::sample::select(vec![Matching::Key, Matching::KeyThenAmount, Matching::Amount]);
    let window = prop::option::of(prop_oneof![(0..20_u16).prop_map(Window::Days), Just(Window::Month)]);
    (matching, window, any::<(bool, bool)>(), 1..3_usize, 0..4_i128).prop_flat_map(
        |(matching, window, many, amounts, tolerance)| {
            let rule = Rule { window, ..rule(matching, many, amounts, tolerance) };
            (Just(rule), lines("l", amounts), lines("r", amounts))
        },
    )
}

fn sorted(mut lines: Vec<String>) -> Vec<String> {
    lines.sort();
    lines
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn the_naive_model_agrees((rule, left, right) in rules()) {
        let found = run(&rule, &left, &right);
        let breaks = found.breaks.iter().map(|found| told(found, &left, &right)).collect();
        let (matched, expected) = naive::run(&rule, &left, &right);
        prop_assert_eq!((found.matched, sorted(breaks)), (matched, sorted(expected)));
    }

    #[test]
    fn nothing_is_lost((mut rule, left, right) in rules()) {
        rule.amounts.iter_mut().for_each(|compared| compared.tolerance = 0);
        let found = run(&rule, &left, &right);
        let mut sums: BTreeMap<u16, i128> = BTreeMap::new();
        let mut add = |asset: u16, units: i128| *sums.entry(asset).or_default() += units;
        for (lines, sign) in [(&left, 1), (&right, -1)] {
            lines.iter().for_each(|line| add(line.asset, sign * line.amounts[0].unwrap()));
        }
        for found in &found.breaks {
            // What does not match is all of the difference between the two lists.
            if matches!(found.class, Class::Duplicate | Class::Currency) {
                for (part, sign) in [(found.left, -1), (found.right, 1)] {
                    part.iter().for_each(|part| add(part.asset.0, sign * part.amount.unwrap()));
                }
            } else if found.amount == 0 {
                add(found.left.or(found.right).unwrap().asset.0, -found.difference.unwrap());
            }
        }
        prop_assert!(sums.values().all(|sum| *sum == 0), "{sums:?}");
    }

    #[test]
    fn order_does_not_matter((mut rule, left, right) in rules(), turn in 0..14_usize) {
        // Where keys are repeated on a side of one record a key, order says which of them is the repeat.
        (rule.left_many, rule.right_many) = (true, true);
        let turned = |lines: &[Line]| {
            let mut lines = lines.to_vec();
            let count = lines.len();
            lines.rotate_left(turn.min(count));
            lines
        };
        let ids = |left: &[Line], right: &[Line]| {
            let found = run(&rule, left, right);
            found.breaks.iter().map(|found| (found.id, found.class, found.difference)).collect::<Vec<_>>()
        };
        prop_assert_eq!(ids(&left, &right), ids(&turned(&left), &turned(&right)));
    }
}
