//! The worked examples of SETTLEMENT §10, as far as `F` alone shows them.

use crate::deal::{
    ASSET, Deal, Shaped, Sums, carry, check, day, measure, minimum, rate, share, spanning, tally, term, total,
};
use calendar::{Instant, Zone};
use contract::{Climb, Conversion, CrossState, Rates, RatesId, Role, Span, TermKind, VatScope};
use event::PartyId;
use money::{AssetId, Decimal, Rounding, parse_decimal};

/// What each month came to before and comes to now.
#[track_caller]
fn check_restated(deal: &Deal, before: &[Sums], after: &[Sums], expected: &[(&str, i128, i128)]) {
    let months: Vec<&str> = expected.iter().map(|(month, ..)| *month).collect();
    let (issued, known) = (deal.months(before, &months), deal.months(after, &months));
    for ((month, own, delta), (issued, known)) in expected.iter().zip(issued.iter().zip(&known)) {
        assert_eq!((total(issued), total(known) - total(issued)), (*own, *delta), "{month}");
    }
}

#[test]
fn e1_a_line_is_rounded_once() {
    check(&Deal::new(&["sales"], vec![share("fee", "3%")]), &[tally("2024-01", &[348])], &[("2024-01", "fee 10")]);
}

#[test]
fn e2_a_reversal_is_rated_again() {
    let deal = Deal::new(&["sales"], vec![share("share", "1000:10% 15%")]);
    let (first, second, back) = (tally("2024-01", &[995]), tally("2024-01", &[500]), tally("2024-01", &[-995]));
    let before = [first.clone(), second.clone()];
    check_restated(&deal, &before, &[first, second, back], &[("2024-01", 174, -124)]);
}

#[test]
fn e3_a_refund_counts_on_its_own_or_its_originals_day() {
    let deal = Deal::new(&["sales"], vec![share("share", "1000000:20% 30%")]);
    let sales = tally("2024-01", &[1_500_000]);
    let months = |january, february| [("2024-01", 350_000, january), ("2024-02", 0, february)];
    let before = std::slice::from_ref(&sales);
    check_restated(&deal, before, &[sales.clone(), tally("2024-01", &[-200_000])], &months(-60_000, 0));
    check_restated(&deal, before, &[sales.clone(), tally("2024-02", &[-200_000])], &months(0, -40_000));
}

#[test]
fn e4_a_volume_tier_rates_all() {
    let climb = Climb { by_volume: true, ..Climb::GRADUATED };
    let deal = Deal::new(&["sales"], vec![share("share", "1000000:10% 8%").climbing(climb)]);
    check(&deal, &[tally("2024-01", &[1_000_000])], &[("2024-01", "share 100000")]);
    check(&deal, &[tally("2024-01", &[1_000_001])], &[("2024-01", "share 80000")]);
    assert!(deal.months(&[tally("2024-01", &[7])], &["2024-01"])[0].lines[0].at_end);
}

#[test]
fn e5_a_shortfall_moves_against_its_share() {
    let deal = Deal::new(&["ggr"], vec![share("share", "12%"), minimum(50_000)]);
    let (issued, late) = (tally("2024-01", &[300_000]), tally("2024-01", &[100_000]));
    check(&deal, std::slice::from_ref(&issued), &[("2024-01", "share 36000, minimum 14000")]);
    check(&deal, &[issued.clone(), late.clone()], &[("2024-01", "share 48000, minimum 2000")]);
    check_restated(&deal, std::slice::from_ref(&issued), &[issued.clone(), late], &[("2024-01", 50_000, 0)]);
}

#[test]
fn e6_a_late_event_moves_the_chain() {
    let deal = Deal::new(&["ggr"], vec![share("share", "12%").carried()]);
    let before = [tally("2024-01", &[-500_000]), tally("2024-02", &[800_000])];
    let late = [before[0].clone(), before[1].clone(), tally("2024-01", &[200_000])];
    check_restated(&deal, &before, &late, &[("2024-01", 0, 0), ("2024-02", 36_000, 24_000)]);
    check(&deal, &before, &[("2024-01", "share 0"), ("2024-02", "share 36000")]);
}

#[test]
fn e7_measures_or_charges_are_carried_and_guarantees_recouped() {
    let tiers = "1000000:10% 15%";
    let recoupable = || spanning(50_000, Span::Period, true);
    let months = |february| [tally("2024-01", &[-600_000]), tally("2024-02", &[february])];
    let with = |terms| Deal::new(&["ggr"], terms);

    let deal = with(vec![share("share", tiers).carried(), minimum(50_000)]);
    let expected = [("2024-01", "share 0, minimum 50000"), ("2024-02", "share 100000")];
    check(&deal, &months(1_600_000), &expected);

    let deal = with(vec![share("share", tiers), minimum(50_000), carry()]);
    let january = "share -60000, minimum 50000, carry 60000";
    check(&deal, &months(1_600_000), &[("2024-01", january), ("2024-02", "share 190000, carry/1 -60000")]);
    check(&deal, &months(800_000), &[("2024-01", january), ("2024-02", "share 80000, carry/1 -60000")]);

    let deal = with(vec![share("share", tiers), recoupable(), carry()]);
    let february = "share 190000, minimum/1 -50000, carry/1 -60000";
    check(&deal, &months(1_600_000), &[("2024-01", january), ("2024-02", february)]);

    let deal = with(vec![share("share", tiers).carried(), recoupable()]);
    let expected = [("2024-01", "share 0, minimum 50000"), ("2024-02", "share 100000, minimum/1 -50000")];
    check(&deal, &months(1_600_000), &expected);
}

#[test]
fn e8_brackets_fill_in_order_of_days() {
    let versions = ["10%", "20%"].map(|first| vec![share("share", &format!("1000:{first} 5%"))]);
    let [before, after] = versions;
    let (before, after) = (("2024-01-01", before), ("2024-01-15", after));
    let deal = Deal::of_versions(vec![measure("sales")], vec![before.clone(), after.clone()]);
    let (early, late) = (tally("2024-01-10", &[800]), tally("2024-01-20", &[800]));
    check(&deal, &[early.clone(), late.clone()], &[("2024-01", "share 80, share 70")]);
    check(&deal, &[late.clone(), early.clone()], &[("2024-01", "share 80, share 70")]);
    // A version may have been put later than the one that comes after it: only its line stands elsewhere.
    let deal = Deal::of_versions(vec![measure("sales")], vec![after, before]);
    check(&deal, &[early, late], &[("2024-01", "share 70, share 80")]);
}

#[test]
fn e9_each_version_has_its_line() {
    let versions = vec![("2024-01-01", vec![share("share", "10%")]), ("2024-01-15", vec![share("share", "12%")])];
    let deal = Deal::of_versions(vec![measure("sales")], versions);
    let tallies = [tally("2024-01-10", &[1_005]), tally("2024-01-20", &[1_005])];
    check(&deal, &tallies, &[("2024-01", "share 101, share 121")]);
}

#[test]
fn e10_the_third_takes_the_residue() {
    let part = |party, percent| (Role::Party(PartyId(party)), rate(percent));
    let parts = vec![part(1, "10%"), part(2, "27%"), part(3, "63%")];
    let deal = Deal::new(&["sales"], vec![term("division", TermKind::Division { of: 0, parts, residue: 2 })]);
    let expected = "division 1001, division/1 2702, division/2 6303";
    check(&deal, &[tally("2024-01", &[10_006])], &[("2024-01", expected)]);
}

#[test]
fn e12_vat_of_a_document_is_rounded_once() {
    for (rounding, expected) in [
        (Rounding::HalfUp, "supply 3015, document 10/100+vat 302"),
        (Rounding::Down, "supply 3015, document 10/100+vat 301"),
    ] {
        let deal = Deal::new(&["sales"], vec![share("supply", "100%").rounded(rounding).taxed(VatScope::Document)]);
        check(&deal, &[tally("2024-01", &[1_005 * 3])], &[("2024-01", expected)]);
    }
}

fn decimal(text: &str) -> Decimal {
    parse_decimal(text.as_bytes()).unwrap()
}

#[test]
fn e13_a_day_is_converted_at_the_last_fixing() {
    const USD: AssetId = AssetId(1);
    let mut rates = Rates::new("ecb", "ECB", None, Zone::utc(), 16 * 3_600);
    for (on, usd, krw) in [("2023-01-06", "1.0500", "1337.18"), ("2024-04-12", "1.0652", "1469.79")] {
        rates.fix(USD, day(on), decimal(usd), Instant::BEGINNING);
        rates.fix(ASSET, day(on), decimal(krw), Instant::BEGINNING);
    }
    for (digits, on, expected) in
        [(4, "2024-04-13", "share 13798254"), (2, "2024-04-13", "share 13798300"), (4, "2023-01-08", "share 12735048")]
    {
        let conversion = Conversion { rates: RatesId(0), to: ASSET, digits, margin: None };
        let mut deal = Deal::new(&["sales"], vec![share("share", "100%")]).converts(conversion, rates.clone());
        deal.contract.measures[0].scale = 2;
        let tallies = [Sums { asset: USD, ..tally(on, &[1_000_000]) }];
        check(&deal, &tallies, &[(&on[..7], expected)]);
        let evaluated = &deal.months(&tallies, &[&on[..7]])[0];
        assert!(!evaluated.provisional && evaluated.missing.is_empty());
        let contract::Working::Flat { base, .. } = &evaluated.lines[0].working else { panic!("a flat share") };
        assert_eq!(base.converted[0].cross.state, CrossState::Final);
    }
}

#[test]
fn e14_a_retroactive_version_restates() {
    let versions = vec![("2024-01-01", vec![share("share", "12%")]), ("2024-01-01", vec![share("share", "10%")])];
    let mut deal = Deal::of_versions(vec![measure("ggr")], versions);
    let signed_at = Instant::parse_rfc3339(b"2024-02-15T00:00:00Z").unwrap();
    deal.contract.versions[1].known_from = signed_at;
    let (own, late) = (tally("2024-01", &[1_000_000]), tally("2024-01", &[100_000]));
    deal.known_at = Instant::parse_rfc3339(b"2024-02-14T00:00:00Z").unwrap();
    check(&deal, std::slice::from_ref(&own), &[("2024-01", "share 120000")]);
    deal.known_at = signed_at;
    check(&deal, &[own, late], &[("2024-01", "share 110000")]);
}

#[test]
fn e15_a_wallet_over_three_months() {
    let deal = Deal::new(&["ggr"], vec![share("share", "1000000:10% 15%").carried(), minimum(50_000)]);
    let months = [tally("2024-01", &[-600_000]), tally("2024-02", &[1_600_000]), tally("2024-03", &[1_500_000])];
    let expected = [("2024-01", "share 0, minimum 50000"), ("2024-02", "share 100000"), ("2024-03", "share 175000")];
    check(&deal, &months, &expected);
    let with = |on| [&months[..], &[tally(on, &[-200_000])]].concat();
    let restated =
        |february, march| [("2024-01", 50_000, 0), ("2024-02", 100_000, february), ("2024-03", 175_000, march)];
    check_restated(&deal, &months, &with("2024-02"), &restated(-20_000, 0));
    check_restated(&deal, &months, &with("2024-03"), &restated(0, -30_000));
}
