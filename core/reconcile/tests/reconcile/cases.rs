//! One case a class and a step.

use crate::sides::{line, rule, run, told};
use reconcile::{Matching, Rule, Window};
use std::collections::BTreeSet;

#[track_caller]
fn check(rule: &Rule, left: &[&str], right: &[&str], matched: u64, expected: &[&str]) {
    let lines = |texts: &[&str]| texts.iter().map(|text| line(text)).collect::<Vec<_>>();
    let (left, right) = (lines(left), lines(right));
    let found = run(rule, &left, &right);
    let breaks: Vec<String> = found.breaks.iter().map(|found| told(found, &left, &right)).collect();
    assert_eq!((found.matched, breaks.iter().map(String::as_str).collect::<Vec<_>>()), (matched, expected.to_vec()));
    let ids: BTreeSet<_> = found.breaks.iter().map(|found| found.id).collect();
    assert_eq!(ids.len(), found.breaks.len(), "every break has an id of its own");
}

#[test]
fn one_to_one_by_key() {
    let rule = rule(Matching::Key, (false, false), 1, 0);
    check(&rule, &["k1 l1 USD 1 100"], &["k1 r1 USD 9 100"], 1, &[]);
    check(&rule, &["k1 l1 USD 1 100"], &["k1 r1 USD 1 101"], 0, &["amount a l1=100 r1=101 -1 -"]);
    check(
        &rule,
        &["k1 l1 USD 1 100", "k2 l2 USD 1 50"],
        &["k3 r3 USD 1 101", "k4 r4 USD 1 20"],
        0,
        &[
            "missing_right a l1=100 - 100 r3=101",
            "missing_right a l2=50 - 50 r4=20",
            "missing_left a - r3=101 -101 l1=100",
            "missing_left a - r4=20 -20 l2=50",
        ],
    );
    check(
        &rule,
        &["k1 l1 USD 1 100", "k1 l2 USD 1 100", "k1 l3 USD 1 90"],
        &["k1 r1 USD 1 100"],
        1,
        &["duplicate a l2=100 - 0 l1=100", "duplicate a l3=90 - -10 l1=100"],
    );
    check(&rule, &["k1 l1 USD 1 100"], &["k1 r1 KRW 1 100"], 0, &["currency a l1=100 r1=100 ? -"]);
    check(&rule, &["k1 l1 USD 1 100"], &["k1 r1? USD 1 40"], 0, &["incomplete a l1=100 r1=40 60 -"]);
    check(&rule, &["k1 l1 USD 1 ?"], &["k1 r1 USD 1 40"], 0, &["amount a l1=? r1=40 ? -"]);
}

#[test]
fn one_to_many_by_key() {
    let rule = rule(Matching::Key, (false, true), 2, 1);
    let lines = ["p a USD 1 40 4", "p b USD 2 60 5", "q c USD 1 7 7"];
    check(&rule, &["p p USD 3 100 10", "q q USD 1 7 7"], &lines, 2, &[]);
    check(
        &rule,
        &["p p USD 3 100 12", "q q USD 1 5 7"],
        &lines,
        0,
        &["amount b p=12 a×2=9 3 -", "amount a q=5 c=7 -2 -"],
    );
    // Of one key, each asset is a matter of its own; what is left of a key on both sides differs in currency.
    check(
        &rule,
        &["p p USD 1 40 4"],
        &["p a USD 1 40 4", "p b KRW 1 9 9", "p c KRW 1 1 1"],
        1,
        &["missing_left a - b×2=10 -10 -"],
    );
}

#[test]
fn days_matter_within_a_window() {
    let mut rule = rule(Matching::Key, (false, true), 1, 0);
    rule.window = Some(Window::Days(2));
    check(&rule, &["k l USD 10 5"], &["k r USD 12 5"], 1, &[]);
    check(&rule, &["k l USD 10 5"], &["k r USD 13 5"], 0, &["timing a l=5 r=5 0 -"]);
    check(&rule, &["k l USD 10 5"], &["k r USD 8 2", "k s USD 13 3"], 0, &["timing a l=5 r×2=5 0 -"]);
    check(&rule, &["k l USD 10 5"], &["k r USD 13 4"], 0, &["amount a l=5 r=4 1 -"]);
    check(&rule, &["k l USD - 5"], &["k r USD 13 5"], 1, &[]);
    // Day 30 is the last of January 1970, counted from 0.
    rule.window = Some(Window::Month);
    check(&rule, &["k l USD 0 5"], &["k r USD 30 5"], 1, &[]);
    check(&rule, &["k l USD 30 5"], &["k r USD 31 5"], 0, &["timing a l=5 r=5 0 -"]);
}

#[test]
fn by_amount_and_day() {
    let mut rule = rule(Matching::Amount, (false, false), 1, 3);
    rule.window = Some(Window::Days(2));
    // The same day goes before an earlier one, the same amount before a near one, the earlier day before the later.
    check(&rule, &["- l USD 5 100"], &["- r USD 4 100", "- s USD 5 100"], 1, &["missing_left a - r=100 -100 -"]);
    check(&rule, &["- l USD 5 100"], &["- r USD 5 101", "- s USD 7 100"], 1, &["missing_left a - r=101 -101 -"]);
    check(&rule, &["- l USD 5 100"], &["- r USD 6 100", "- s USD 4 100"], 1, &["missing_left a - r=100 -100 -"]);
    check(&rule, &["- l USD 5 100"], &["- r USD 5 98", "- s USD 5 102"], 1, &["missing_left a - s=102 -102 -"]);
    check(
        &rule,
        &["- l USD 5 100"],
        &["- r USD 8 100", "- s USD 5 104", "- t KRW 5 100", "- u USD - 100"],
        0,
        &[
            "missing_right a l=100 - 100 r=100",
            "missing_left a - r=100 -100 l=100",
            "missing_left a - s=104 -104 l=100",
            "missing_left a - t=100 -100 -",
            "missing_left a - u=100 -100 l=100",
        ],
    );
    // The earliest within the window leaves the later one to the later record.
    check(&rule, &["- l USD 5 100", "- m USD 7 100"], &["- r USD 6 100", "- s USD 4 100"], 2, &[]);
}

#[test]
fn what_keys_leave_is_matched_by_amount() {
    let rule = rule(Matching::KeyThenAmount, (false, true), 1, 0);
    let left = ["k1 l1 USD 1 10", "k2 l2 USD 1 70", "- l3 USD 1 30"];
    let right = ["k1 r1 USD 1 10", "batch r2 USD 1 50", "batch r3 USD 1 20", "- r4 USD 1 30", "- r5 USD 1 30"];
    check(&rule, &left, &right, 3, &["missing_left a - r5=30 -30 -"]);
}

#[test]
fn records_may_be_held_against_themselves() {
    let mut rule = rule(Matching::Key, (false, false), 1, 0);
    rule.own = true;
    let (stated, summed) =
        (["p p USD 1 10", "p q USD 1 10", "s s USD 1 5"], ["p p USD 1 10", "p q USD 1 10", "s s USD 1 4"]);
    check(&rule, &stated, &summed, 1, &["duplicate a q=10 - 0 p=10", "amount a s=5 s=4 1 -"]);
}

#[test]
fn a_blank_key_finds_nothing() {
    let rule = rule(Matching::Key, (true, true), 1, 0);
    let twice = ["- x USD 1 10", "- x USD 1 10"];
    let missing = ["missing_left a - x=10 -10 x=10", "missing_left a - x=10 -10 x=10"];
    let expected = [missing[0], missing[1], "missing_right a x=10 - 10 x=10", "missing_right a x=10 - 10 x=10"];
    check(&rule, &twice, &twice, 0, &expected);
}

#[test]
fn the_id_stays_while_the_break_stands() {
    let id = |left: &[&str], right: &[&str], matching: Matching| {
        let lines = |texts: &[&str]| texts.iter().map(|text| line(text)).collect::<Vec<_>>();
        let found = run(&rule(matching, (false, true), 1, 0), &lines(left), &lines(right));
        assert_eq!(found.breaks.len(), 1);
        found.breaks[0].id
    };
    let missing = id(&["k l USD 1 10"], &[], Matching::Key);
    assert_eq!(missing, id(&["k l USD 1 10"], &["k r USD 1 9"], Matching::Key));
    assert_eq!(missing, id(&["k l USD 2 11"], &["k r USD 1 9", "k s USD 1 1"], Matching::Key));
    assert_eq!(missing, id(&[], &["k r USD 1 9"], Matching::KeyThenAmount));
    assert_ne!(missing, id(&["k l KRW 1 10"], &[], Matching::Key));
    assert_ne!(missing, id(&["m l USD 1 10"], &[], Matching::Key));
    assert_ne!(missing, id(&["k l USD 1 10", "k l USD 1 10"], &["k r USD 1 10"], Matching::Key));
    assert_eq!(missing.to_string().len(), 32);
}

#[test]
fn a_sum_that_does_not_fit_is_unknown() {
    let rule = rule(Matching::KeyThenAmount, (false, true), 1, 0);
    let half = i128::MAX / 2 + 1;
    let lines = [format!("k r USD 1 {half}"), format!("k s USD 1 {half}")];
    check(&rule, &["k l USD 1 10"], &[&lines[0], &lines[1]], 0, &["amount a l=10 r×2=? ? -"]);
}
