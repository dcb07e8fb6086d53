//! Caps, floors, guarantees, carried charges, advances and prepaid credit.

use crate::deal::{
    ASSET, Deal, PARTNER, QUARTER, Shaped, advance, cap, carry, check, day, floor, minimum, of_words, prepaid, share,
    spanning, tally, term,
};
use contract::{Carried, CarriedAs, CarryKey, ContractId, Pooled, Role, Span, TermKind, VatScope};
use event::PartyId;
use money::Decimal;

fn whole() -> contract::Term {
    share("share", "100%")
}

#[test]
fn a_cap_takes_off_what_is_above_it() {
    let deal = Deal::new(&["sales"], vec![whole(), cap(&[0], 500)]);
    check(&deal, &[tally("2024-01", &[501])], &[("2024-01", "share 501, cap -1")]);
    check(&deal, &[tally("2024-01", &[500])], &[("2024-01", "share 500"), ("2024-02", "")]);
}

#[test]
fn a_floor_holds_also_without_events() {
    let deal = Deal::new(&["sales"], vec![whole(), floor(&[0], 0)]);
    check(&deal, &[tally("2024-01", &[-7])], &[("2024-01", "share -7, floor 7"), ("2024-02", "")]);
    let deal = Deal::new(&["sales"], vec![whole(), floor(&[0], 30)]);
    let expected = [("2024-01", "share 20, floor 10"), ("2024-02", "floor 30")];
    check(&deal, &[tally("2024-01", &[20])], &expected);
}

#[test]
fn a_cap_sees_all_its_terms_and_what_bounds_before_it_made() {
    let second = || share("second", "10%");
    let deal = Deal::new(&["sales"], vec![whole(), second(), cap(&[0, 1], 1_000)]);
    check(&deal, &[tally("2024-01", &[1_000])], &[("2024-01", "share 1000, second 100, cap -100")]);
    let deal = Deal::new(&["sales"], vec![whole(), second(), floor(&[0], 50), cap(&[0, 1], 40)]);
    check(&deal, &[tally("2024-01", &[10])], &[("2024-01", "share 10, second 1, floor 40, cap -11")]);
}

#[test]
fn a_bound_looks_at_its_own_two_parties() {
    let other = share("other", "100%").between(Role::Party(PARTNER), Role::Party(PartyId(2)));
    let deal = Deal::new(&["sales"], vec![whole(), other, cap(&[0, 1], 100)]);
    check(&deal, &[tally("2024-01", &[300])], &[("2024-01", "share 300, other 300, cap -200")]);
}

#[test]
fn a_field_that_names_a_party_gives_a_guarantee_for_each() {
    let named = |term: contract::Term| term.between(Role::Party(PartyId(0)), Role::Dimension(0));
    let deal = Deal::new(&["sales"], vec![named(whole()), named(spanning(100, Span::Period, true))]);
    let deal = deal.dimensions(&["provider"]);
    let tallies =
        [of_words("2024-01", &[5], &[30]), of_words("2024-01", &[6], &[170]), of_words("2024-02", &[6], &[1])];
    let february = "share 1, minimum 99";
    check(&deal, &tallies, &[("2024-01", "share 30, share 170, minimum 70"), ("2024-02", february)]);
}

#[test]
fn a_quarterly_guarantee_is_due_in_its_last_month() {
    let deal = Deal::new(&["sales"], vec![whole(), spanning(60, QUARTER, false)]);
    let tallies = [tally("2024-01", &[10]), tally("2024-03", &[15]), tally("2024-04", &[90])];
    let expected = [
        ("2024-01", "share 10"),
        ("2024-02", ""),
        ("2024-03", "share 15, minimum 35"),
        ("2024-04", "share 90"),
        ("2024-05", ""),
        ("2024-06", ""),
        ("2024-07", ""),
        ("2024-08", ""),
        ("2024-09", "minimum 60"),
    ];
    check(&deal, &tallies, &expected);
    let months = deal.months(&tallies, &["2024-01", "2024-02", "2024-03"]);
    let earned = |month: usize| months[month].carried.values().map(|earned| earned.mantissa).collect::<Vec<_>>();
    assert_eq!((earned(0), earned(1), earned(2)), (vec![10], vec![10], vec![]));
}

#[test]
fn a_guarantee_of_a_contract_that_ends_is_due_at_its_end() {
    let mut deal = Deal::new(&["sales"], vec![whole(), spanning(60, QUARTER, false)]);
    deal.contract.ends_on = Some(day("2024-02-11"));
    check(&deal, &[tally("2024-01", &[10])], &[("2024-01", "share 10"), ("2024-02", "minimum 50"), ("2024-03", "")]);
}

#[test]
fn a_pooled_guarantee_counts_what_other_contracts_charge() {
    let pool = vec![Pooled { contract: ContractId(1), term: 3 }];
    let kind = TermKind::Minimum { of: vec![0], amount: 100, asset: ASSET, span: QUARTER, recoupable: false, pool };
    let mut deal = Deal::new(&["sales"], vec![whole(), term("minimum", kind)]);
    deal.pooled = |pooled, period| if pooled.term == 3 { i128::from(period.first.month()) } else { 0 };
    let expected = [("2024-01", "share 20"), ("2024-02", ""), ("2024-03", "share 5, minimum 69")];
    check(&deal, &[tally("2024-01", &[20]), tally("2024-03", &[5])], &expected);
}

#[test]
fn what_a_guarantee_paid_is_recouped_from_charges_alone() {
    let deal = Deal::new(&["sales"], vec![whole(), spanning(50, Span::Period, true)]);
    let tallies = [tally("2024-03", &[30]), tally("2024-04", &[120]), tally("2024-05", &[60])];
    let expected = [
        ("2024-01", "minimum 50"),
        ("2024-02", "minimum 50"),
        ("2024-03", "share 30, minimum 20, minimum/1 -30"),
        ("2024-04", "share 120, minimum/1 -90"),
        ("2024-05", "share 60"),
    ];
    check(&deal, &tallies, &expected);
}

#[test]
fn lifting_a_negative_charge_is_not_recouped() {
    let deal = Deal::new(&["sales"], vec![whole(), spanning(50, Span::Period, true)]);
    let tallies = [tally("2024-01", &[-60]), tally("2024-02", &[200])];
    let expected = [("2024-01", "share -60, minimum 110"), ("2024-02", "share 200, minimum/1 -50")];
    check(&deal, &tallies, &expected);
}

#[test]
fn a_capped_charge_is_what_a_guarantee_sees() {
    let deal = Deal::new(&["sales"], vec![whole(), minimum(80), cap(&[0], 70)]);
    check(&deal, &[tally("2024-01", &[100])], &[("2024-01", "share 100, minimum 10, cap -30")]);
}

#[test]
fn carried_charges_wait_for_better_months() {
    let deal = Deal::new(&["sales"], vec![whole(), carry()]);
    let tallies = [-100, -20, 0, 50, 200].map(|sum| [sum]);
    let months = ["2024-01", "2024-02", "2024-03", "2024-04", "2024-05"];
    let tallies: Vec<_> = months.iter().zip(&tallies).map(|(month, sums)| tally(month, sums)).collect();
    let expected = [
        ("2024-01", "share -100, carry 100"),
        ("2024-02", "share -20, carry 20"),
        ("2024-03", ""),
        ("2024-04", "share 50, carry/1 -50"),
        ("2024-05", "share 200, carry/1 -70"),
    ];
    check(&deal, &tallies, &expected);
}

#[test]
fn an_advance_is_recouped_from_half_of_the_charges() {
    let deal = Deal::new(&["sales"], vec![whole(), advance(100_000, "2024-01-31", "50%")]);
    let tallies = [tally("2024-02", &[33_333]), tally("2024-03", &[200_000]), tally("2024-04", &[10])];
    let expected = [
        ("2024-01", "advance 100000"),
        ("2024-02", "share 33333, advance/1 -16666"),
        ("2024-03", "share 200000, advance/1 -83334"),
        ("2024-04", "share 10"),
    ];
    check(&deal, &tallies, &expected);
    let deal = Deal::new(&["sales"], vec![whole(), advance(100, "2024-02-01", "100%")]);
    check(&deal, &[tally("2024-02", &[40])], &[("2024-02", "share 40, advance 100, advance/1 -40")]);
    check(&deal, &[tally("2024-02", &[-40])], &[("2024-01", ""), ("2024-02", "share -40, advance 100")]);
}

#[test]
fn two_recoupments_share_one_charge() {
    let mut second = advance(100, "2024-01-01", "100%");
    second.id = "second".into();
    let deal = Deal::new(&["sales"], vec![whole(), advance(30, "2024-01-01", "100%"), second]);
    let expected = "share 50, advance 30, advance/1 -30, second 100, second/1 -20";
    check(&deal, &[tally("2024-01", &[50])], &[("2024-01", expected)]);
}

#[test]
fn prepaid_credit_is_drawn_down() {
    let deal = Deal::new(&["play", "top ups"], vec![whole(), prepaid(1)]);
    let tallies = [
        tally("2024-01", &[30, 100]),
        tally("2024-02", &[90, 0]),
        tally("2024-03", &[-5, 0]),
        tally("2024-04", &[7, 20]),
    ];
    let expected = [
        ("2024-01", "share 30, prepaid -30"),
        ("2024-02", "share 90, prepaid -70"),
        ("2024-03", "share -5"),
        ("2024-04", "share 7, prepaid -7"),
    ];
    check(&deal, &tallies, &expected);
    let left = &deal.months(&tallies, &["2024-01"])[0].carried;
    let key = CarryKey { term: 1, what: CarriedAs::Prepaid, words: Box::new([]), pair: Some((PartyId(0), PARTNER)) };
    assert_eq!(left.iter().collect::<Vec<_>>(), [(&key, &Decimal { mantissa: 70, scale: 0 })]);
}

#[test]
fn closing_terms_are_taxed_as_they_say() {
    let terms = vec![whole().taxed(VatScope::Document), minimum(50).taxed(VatScope::Document)];
    let deal = Deal::new(&["sales"], terms);
    let tallies = [tally("2024-01", &[24])];
    check(&deal, &tallies, &[("2024-01", "share 24, minimum 26, document 10/100+vat 5")]);
    let ends = |evaluated: &contract::Evaluated| evaluated.lines.iter().map(|line| line.at_end).collect::<Vec<_>>();
    assert_eq!(ends(&deal.months(&tallies, &["2024-01"])[0]), [false, true, true]);
    assert_eq!(ends(&deal.months(&[tally("2024-01", &[80])], &["2024-01"])[0]), [false, false]);
    let deal = Deal::new(&["sales"], vec![whole(), minimum(50).taxed(VatScope::Line)]);
    check(&deal, &tallies, &[("2024-01", "share 24, minimum 26, minimum+vat 3")]);
}

#[test]
fn the_last_version_closes_all() {
    let versions =
        vec![("2024-01-01", vec![whole(), minimum(100)]), ("2024-01-15", vec![share("share", "50%"), minimum(70)])];
    let deal = Deal::of_versions(vec![crate::deal::measure("sales")], versions);
    let tallies = [tally("2024-01-10", &[40]), tally("2024-01-20", &[20])];
    check(&deal, &tallies, &[("2024-01", "share 40, share 10, minimum 20")]);
}

#[test]
fn a_closing_term_of_another_asset_says_nothing() {
    let mut deal = Deal::new(&["sales"], vec![whole(), minimum(100), cap(&[0], 1), advance(5, "2024-01-01", "1")]);
    deal.asset = money::AssetId(7);
    let tallies = [tally("2024-01", &[40])];
    check(&deal, &tallies, &[("2024-01", "share 40")]);
}

#[test]
fn what_does_not_fit_is_refused() {
    let deal = Deal::new(&["sales"], vec![whole(), carry()]);
    let tallies = [tally("2024-01", &[i128::MAX]), tally("2024-01", &[1])];
    let refused = |deal: &Deal| deal.answer(&tallies, day("2024-01-01"), &Carried::new(), None).is_err();
    assert!(refused(&deal));
    assert!(refused(&Deal::new(&["sales"], vec![share("share", "33.3%")])));
    assert!(!refused(&Deal::new(&["sales"], vec![minimum(1)])));
}
