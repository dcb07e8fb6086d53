//! The golden examples of settlement in small books, each by the naive model and by the engine.

#[path = "goldens/deal.rs"]
mod deal;

use calendar::{Cycle, Date, Instant};
use close::{WithheldPart, WithholdingRule};
use contract::{
    Climb, Conversion, Issuer, Rates, RatesId, Reversal, ReversalDate, Role, Scope, Span, Term, TermKind, Treatment,
    Vat, VatScope,
};
use deal::{Deal, PROVIDER, at, minimum, on, rate, share, share_with};
use event::{PartyId, TaxType};
use money::{AssetId, Decimal, Rounding};

const BY_VOLUME: Climb = Climb { by_volume: true, accumulator: None, reset: Span::Period };
const ON_ORIGINAL: Treatment = Treatment { reversal: Reversal::Rerate, date: ReversalDate::Original };
const MIRRORED: Treatment = Treatment { reversal: Reversal::Mirror, date: ReversalDate::Own };

fn won() -> Deal {
    Deal::new("KRW", 0)
}

fn by_event(term: &mut Term) {
    term.scope = Scope::Event;
}

#[test]
fn e1_scope_event_and_scope_line() {
    let flat = || {
        let deal = won().terms(vec![("share", share(&[(None, "3%")]))]).seen_on("2024-02-10");
        deal.play("2024-01-10", 116).play("2024-01-11", 116).play("2024-01-12", 116)
    };
    flat().each(by_event).check(&[("2024-01 share", 9)]);
    flat().check(&[("2024-01 share", 10)]);
}

#[test]
fn e1b_where_the_same_sum_is_rounded() {
    let purchases = |cycle, scope, rounding| {
        let deal =
            Deal::new("USD", 2).terms(vec![("share", share(&[(None, "10%")]))]).cycle(cycle).seen_on("2024-03-10");
        let deal = deal.play("2024-01-05", 1_225).play("2024-01-06", 1_235).play("2024-01-07", 745);
        deal.play("2024-02-05", 315).each(move |term| (term.scope, term.rounding) = (scope, rounding))
    };
    use Rounding::{Down, HalfEven, HalfUp};
    let cases = [
        (Cycle::Once, Scope::Line, HalfUp, vec![("0001-01 share", 352)]),
        (Cycle::Month, Scope::Line, HalfUp, vec![("2024-01 share", 321), ("2024-02 share", 32)]),
        (Cycle::Month, Scope::Event, HalfUp, vec![("2024-01 share", 322), ("2024-02 share", 32)]),
        (Cycle::Month, Scope::Event, HalfEven, vec![("2024-01 share", 320), ("2024-02 share", 32)]),
        (Cycle::Month, Scope::Event, Down, vec![("2024-01 share", 319), ("2024-02 share", 31)]),
    ];
    for (cycle, scope, rounding, expected) in cases {
        purchases(cycle, scope, rounding).check(&expected);
    }
}

#[test]
fn e2_a_reversal_in_tiers_and_a_mirrored_one() {
    let tiers = won().terms(vec![("share", share(&[(Some(1_000), "10%"), (None, "15%")]))]).seen_on("2024-02-20");
    let played = tiers.play("2024-01-10", 995).play("2024-01-11", 500);
    played.check(&[("2024-01 share", 174)]);
    played.clone().back("2024-01-12", 0, -995).check(&[("2024-01 share", 50)]);
    let late = played.treated(ON_ORIGINAL).back("2024-02-10", 0, -995);
    late.check(&[("2024-01 share", 174), ("2024-02 share of 2024-01", -124)]);
    let flat = won().terms(vec![("share", share(&[(None, "10%")]))]).each(by_event).treated(MIRRORED);
    let mirrored = flat.play("2024-01-10", 995).back("2024-02-10", 0, -995).seen_on("2024-02-20");
    mirrored.check(&[("2024-01 share", 100), ("2024-02 share", -100)]);
}

#[test]
fn e3_a_refund_of_a_closed_month() {
    let refunded = |treatment| {
        let deal = won().terms(vec![("share", share(&[(Some(1_000_000), "20%"), (None, "30%")]))]).treated(treatment);
        deal.play("2024-01-10", 1_500_000).back("2024-02-10", 0, -200_000).seen_on("2024-02-20")
    };
    refunded(ON_ORIGINAL).check(&[("2024-01 share", 350_000), ("2024-02 share of 2024-01", -60_000)]);
    refunded(Treatment::PLAIN).check(&[("2024-01 share", 350_000), ("2024-02 share", -40_000)]);
}

#[test]
fn e4_a_bound_belongs_to_its_tier() {
    let sold = |amount| {
        let kind = share_with(&[(Some(1_000_000), "10%"), (None, "8%")], BY_VOLUME, false);
        won().terms(vec![("share", kind)]).play("2024-01-10", 999_999).play("2024-01-20", amount).seen_on("2024-02-10")
    };
    sold(1).check(&[("2024-01 share", 100_000)]);
    sold(2).check(&[("2024-01 share", 80_000)]);
}

#[test]
fn e5_a_minimum_swallows_a_late_event() {
    let deal = won().terms(vec![("share", share(&[(None, "12%")])), ("minimum", minimum(50_000, false))]);
    let late = deal.play("2024-01-10", 300_000).late("2024-01-20", "2024-02-10", 100_000).seen_on("2024-02-20");
    late.check(&[
        ("2024-01 share", 36_000),
        ("2024-01 minimum", 14_000),
        ("2024-02 minimum", 50_000),
        ("2024-02 share of 2024-01", 12_000),
        ("2024-02 minimum of 2024-01", -12_000),
    ]);
}

#[test]
fn e6_a_late_event_runs_down_the_chain() {
    let deal = won().terms(vec![("share", share_with(&[(None, "12%")], Climb::GRADUATED, true))]);
    let played = deal.play("2024-01-10", -500_000).play("2024-02-10", 800_000).seen_on("2024-03-20");
    played.check(&[("2024-02 share", 36_000)]);
    let late = played.late("2024-01-20", "2024-03-10", 200_000);
    late.check(&[("2024-02 share", 36_000), ("2024-03 share of 2024-02", 24_000)]);
}

#[test]
fn e7_measures_and_charges_are_carried() {
    let played = |carries, extra: Option<TermKind>, recoupable, february| {
        let tiers = [(Some(1_000_000), "10%"), (None, "15%")];
        let mut terms = vec![("share", share_with(&tiers, Climb::GRADUATED, carries))];
        terms.push(("minimum", minimum(50_000, recoupable)));
        terms.extend(extra.map(|kind| ("carry", kind)));
        won().terms(terms).play("2024-01-10", -600_000).play("2024-02-10", february).seen_on("2024-02-20")
    };
    let carry = || Some(TermKind::Carry { of: vec![0] });
    let measure = played(true, None, false, 1_600_000);
    measure.check(&[("2024-01 minimum", 50_000), ("2024-02 share", 100_000)]);
    let lifted = [("2024-01 share", -60_000), ("2024-01 carry", 60_000), ("2024-01 minimum", 50_000)];
    let charge = |recoupable, february, expected: &[(&str, i128)]| {
        played(false, carry(), recoupable, february).check(&[&lifted[..], expected].concat());
    };
    charge(false, 1_600_000, &[("2024-02 share", 190_000), ("2024-02 carry/1", -60_000)]);
    charge(false, 800_000, &[("2024-02 share", 80_000), ("2024-02 carry/1", -60_000)]);
    let recouped = ("2024-02 minimum/1", -50_000);
    charge(true, 1_600_000, &[("2024-02 share", 190_000), ("2024-02 carry/1", -60_000), recouped]);
    let measure = played(true, None, true, 1_600_000);
    measure.check(&[("2024-01 minimum", 50_000), ("2024-02 share", 100_000), recouped]);
}

#[test]
fn e8_tiers_fill_in_order_of_days() {
    let tiers = |first: &'static str| vec![("share", share(&[(Some(1_000), first), (None, "5%")]))];
    let versions = || won().terms(tiers("10%")).version("2024-01-15", Instant::BEGINNING, tiers("20%"));
    let in_order = versions().play("2024-01-10", 800).late("2024-01-20", "2024-01-21", 800).seen_on("2024-02-10");
    in_order.check(&[("2024-01 share", 150)]);
    let reversed = versions().play("2024-01-20", 800).late("2024-01-10", "2024-01-21", 800).seen_on("2024-02-10");
    reversed.check(&[("2024-01 share", 150)]);
}

#[test]
fn e9_two_versions_make_two_lines() {
    let flat = |text: &'static str| vec![("share", share(&[(None, text)]))];
    let versions = won().terms(flat("10%")).version("2024-01-15", Instant::BEGINNING, flat("12%"));
    versions.play("2024-01-10", 1_005).play("2024-01-20", 1_005).seen_on("2024-02-10").check(&[("2024-01 share", 222)]);
}

#[test]
fn e10_the_third_takes_the_residue() {
    let part = |party, text| (Role::Party(party), rate(text));
    let parts = vec![part(PROVIDER, "10%"), part(PartyId(2), "27%"), part(PartyId(3), "63%")];
    let deal = won().terms(vec![("split", TermKind::Division { of: 0, parts, residue: 2 })]);
    let divided = deal.play("2024-01-10", 10_006).seen_on("2024-02-10");
    divided.check(&[("2024-01 split", 1_001), ("2024-01 split/1", 2_702), ("2024-01 split/2", 6_303)]);
}

#[test]
fn e11_withholding_is_floored_to_ten_won() {
    let part = |text| WithheldPart { rate: rate(text), rounding: Rounding::FloorTen };
    let rule = WithholdingRule {
        name: "business income".into(),
        tax_type: TaxType::Person,
        asset: None,
        valid_from: Date::FIRST,
        income: part("3%"),
        local: Some(part("10%")),
    };
    for (paid, income, local) in [(1_234_567, 37_030, 3_700), (617_283, 18_510, 1_850), (617_284, 18_510, 1_850)] {
        assert_eq!(simulator::model::withheld(paid), (income, local));
        let withheld = rule.withheld(paid).unwrap();
        assert_eq!((withheld.income, withheld.local), (income, local));
    }
}

#[test]
fn e12_vat_by_event_and_by_document() {
    let taxed = |scope, rounding, expected| {
        let deal = won().terms(vec![("share", share(&[(None, "100%")]))]).each(by_event).each(move |term| {
            let vat = Vat { rate: rate("10%"), scope, inclusive: false, rounding, issuer: Issuer::Creditor };
            term.vat = Some(vat);
        });
        let deal = deal.play("2024-01-10", 1_005).play("2024-01-11", 1_005).play("2024-01-12", 1_005);
        // Tax by event stands beside its charge, that of the document on a line of its own.
        let lines: &[(&str, i128)] = match scope {
            VatScope::Event => &[("2024-01 share", 3_015 + expected)],
            _ => &[("2024-01 share", 3_015), ("2024-01 vat", expected)],
        };
        deal.seen_on("2024-02-10").check(lines);
    };
    taxed(VatScope::Event, Rounding::HalfUp, 303);
    taxed(VatScope::Document, Rounding::HalfUp, 302);
    taxed(VatScope::Event, Rounding::Down, 300);
    taxed(VatScope::Document, Rounding::Down, 301);
}

#[test]
fn e13_a_closed_day_takes_the_fixing_before_it() {
    let (usd, krw) = (AssetId(0), AssetId(1));
    let converted = |digits, at: &str, received: &str, expected: (&str, i128)| {
        let zone = calendar::Zone::fixed("Europe/Berlin", 3_600);
        let mut rates = Rates::new("ecb", "ECB", None, zone, 16 * 3_600);
        let known = [
            ("2023-01-05", 10_601, 134_600),
            ("2023-01-06", 10_500, 133_718),
            ("2023-01-09", 10_696, 132_833),
            ("2024-04-11", 10_729, 146_202),
            ("2024-04-12", 10_652, 146_979),
            ("2024-04-15", 10_656, 147_158),
        ];
        for (day, dollars, wons) in known {
            rates.fix(usd, on(day), Decimal { mantissa: dollars, scale: 4 }, Instant::BEGINNING);
            rates.fix(krw, on(day), Decimal { mantissa: wons, scale: 2 }, Instant::BEGINNING);
        }
        let conversion = Conversion { rates: RatesId(0), to: krw, digits, margin: None };
        let deal = Deal::new("USD", 2).terms(vec![("share", share(&[(None, "100%")]))]).from("2023-01-01");
        let deal = deal.converted(rates, conversion, ("KRW", 0));
        let instant = |text: &str| Instant::parse_rfc3339(text.as_bytes()).unwrap();
        deal.play_at(instant(at), instant(received), 1_000_000).seen_on("2024-06-10").check(&[expected]);
    };
    let saturday = "2024-04-13T12:00:00+09:00";
    converted(4, saturday, saturday, ("2024-04 share", 13_798_254));
    converted(2, saturday, saturday, ("2024-04 share", 13_798_300));
    let monday = "2023-01-09T00:30:00+09:00";
    converted(4, monday, monday, ("2023-01 share", 12_735_048));
}

#[test]
fn e14_a_version_signed_later() {
    let flat = |text: &'static str| vec![("share", share(&[(None, text)]))];
    let deal = won().terms(flat("12%")).version("2024-01-01", at("2024-02-15"), flat("10%"));
    let late = deal.play("2024-01-10", 1_000_000).late("2024-01-20", "2024-02-20", 100_000).seen_on("2024-02-25");
    late.check(&[("2024-01 share", 120_000), ("2024-02 share of 2024-01", -10_000)]);
}

#[test]
fn e15_the_wallet() {
    let wallet = |treatment| {
        let tiers = [(Some(1_000_000), "10%"), (None, "15%")];
        let share = share_with(&tiers, Climb::GRADUATED, true);
        let deal = won().terms(vec![("share", share), ("minimum", minimum(50_000, false))]).treated(treatment);
        let deal = deal.play("2024-01-10", -600_000).play("2024-02-10", 1_400_000).play("2024-02-11", 200_000);
        deal.play("2024-03-10", 1_500_000).seen_on("2024-03-25")
    };
    let issued = [("2024-01 minimum", 50_000), ("2024-02 share", 100_000)];
    let played = |march: i128| [&issued[..], &[("2024-03 share", march)]].concat();
    wallet(Treatment::PLAIN).check(&played(175_000));
    wallet(Treatment::PLAIN).back("2024-03-20", 2, -200_000).check(&played(145_000));
    let original = wallet(ON_ORIGINAL).back("2024-03-20", 2, -200_000);
    original.check(&[&played(175_000)[..], &[("2024-03 share of 2024-02", -20_000)]].concat());
}
