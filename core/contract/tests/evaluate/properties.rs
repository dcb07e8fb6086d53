//! Properties of `F` over random contracts, tallies and chains of months.

use crate::deal::{
    Deal, QUARTER, Shaped, Sums, YEAR, advance, cap, carry, day, floor, of_words, rate, share, spanning, tiers,
};
use contract::{
    Base, Carried, CarriedAs, CarryKey, Climb, DeductionKind, Evaluated, Span, Term, TermKind, VatScope, Working,
};
use money::{Decimal, Rounding};
use proptest::prelude::*;

const MONTHS: [&str; 4] = ["2024-11", "2024-12", "2025-01", "2025-02"];

fn spans() -> impl Strategy<Value = Span> {
    prop::sample::select(vec![Span::Period, QUARTER, YEAR, Span::Ever])
}

fn deductions() -> impl Strategy<Value = DeductionKind> {
    prop_oneof![
        Just(DeductionKind::Measure(1)),
        (0_i64..30, any::<bool>()).prop_map(|(percent, rest)| DeductionKind::Rate {
            rate: rate(&format!("{percent}%")),
            on: if rest { Base::Rest } else { Base::Gross },
        }),
        Just(DeductionKind::Allocated { of: 1, key: 2 }),
    ]
}

fn shares() -> impl Strategy<Value = Term> {
    let climb = (any::<bool>(), any::<bool>(), spans()).prop_map(|(by_volume, other, reset)| Climb {
        by_volume,
        accumulator: (by_volume && other).then_some(2),
        reset,
    });
    let rates = prop::sample::select(vec!["10%", "1000:10% 15%", "-50:7% 500:10% 3000:1/3 2%"]);
    let roundings = prop::sample::select(vec![
        Rounding::HalfUp,
        Rounding::HalfEven,
        Rounding::Down,
        Rounding::Up,
        Rounding::TowardPayee,
    ]);
    let kinds = prop::collection::vec(deductions(), 0..3);
    (rates, climb, kinds, any::<bool>(), any::<bool>(), roundings).prop_map(
        |(rates, climb, deductions, carries, by_game, rounding)| {
            let mut term = share("share", rates).climbing(climb).by(if by_game { &[0] } else { &[] }).rounded(rounding);
            for kind in deductions {
                term = term.less("deduction", kind);
            }
            if carries { term.carried() } else { term }
        },
    )
}

/// A contract with a random share and any closing terms.
fn deals() -> impl Strategy<Value = Deal> {
    let guarantee =
        (1_i64..400, spans(), any::<bool>()).prop_map(|(amount, span, recoupable)| spanning(amount, span, recoupable));
    let closing = (
        prop::option::of((50_i64..500).prop_map(|amount| cap(&[0], amount))),
        prop::option::of((-90_i64..50).prop_map(|amount| floor(&[0], amount))),
        prop::option::of(guarantee),
        prop::option::of(Just(carry())),
        prop::option::of(
            (1_i64..900, 1_i64..100)
                .prop_map(|(amount, percent)| advance(amount, "2024-12-03", &format!("{percent}%"))),
        ),
    );
    (shares(), shares(), closing, any::<bool>()).prop_map(|(own, changed, closing, is_taxed)| {
        let closing: Vec<Term> =
            [closing.0, closing.1, closing.2, closing.3, closing.4].into_iter().flatten().collect();
        let version = |share: Term| {
            let mut terms = vec![if is_taxed { share.taxed(VatScope::Document) } else { share }];
            terms.push(crate::deal::share("rest", "30%").on_rest().by(&[0]));
            terms.extend(closing.iter().cloned());
            terms
        };
        let measures = ["ggr", "cost", "turnover"].map(crate::deal::measure).to_vec();
        let versions = vec![("2024-01-01", version(own)), ("2024-12-16", version(changed))];
        Deal::of_versions(measures, versions).dimensions(&["game"])
    })
}

fn tallies() -> impl Strategy<Value = Vec<Sums>> {
    let tally = (0_usize..4, 1_u32..28, 1_u32..4, -2_000_i128..4_000, 0_i128..300, -10_i128..3_000);
    let tally = tally.prop_map(|(month, day, game, ggr, cost, turnover)| {
        of_words(&format!("{}-{day:02}", MONTHS[month]), &[game], &[ggr, cost, turnover])
    });
    prop::collection::vec(tally, 0..12)
}

/// Sums up to what no type of ours holds.
fn vast() -> impl Strategy<Value = i128> {
    let edges = vec![i128::MAX, i128::MIN, i128::MIN + 1, i128::MAX / 100, -(i128::MAX / 7), 0, -1];
    prop_oneof![any::<i128>(), any::<i64>().prop_map(i128::from), prop::sample::select(edges)]
}

fn pieces(months: &[Evaluated], deal: &Deal, id: &str) -> [i128; 2] {
    let mut sums = [0, 0];
    for line in months.iter().flat_map(|month| &month.lines) {
        let contract::LineOf::Term { term, version } = line.key.of else { continue };
        if &*deal.contract.versions[usize::from(version)].terms[usize::from(term)].id == id {
            sums[usize::from(line.key.piece)] += line.amount;
        }
    }
    sums
}

fn left(months: &[Evaluated], what: CarriedAs, term: u16) -> i128 {
    let carried = months.last().into_iter().flat_map(|month| &month.carried);
    carried.filter(|(key, _)| key.what == what && key.term == term).map(|(_, amount)| amount.mantissa).sum()
}

proptest! {
    /// The harness redoes the arithmetic of every line; the order of tallies, how they are split, and tallies of nothing
    /// change nothing.
    #[test]
    fn lines_depend_on_sums_alone(deal in deals(), tallies in tallies(), empty_game in 1_u32..9) {
        let months = deal.months(&tallies, &MONTHS);
        let mut other: Vec<Sums> = Vec::new();
        for tally in tallies.iter().rev() {
            let half: Vec<i128> = tally.sums.iter().map(|sum| sum / 2).collect();
            let rest = tally.sums.iter().zip(&half).map(|(sum, half)| sum - half).collect();
            other.push(Sums { sums: half, ..tally.clone() });
            other.insert(0, Sums { sums: rest, ..tally.clone() });
        }
        other.extend(MONTHS.map(|month| of_words(month, &[empty_game], &[0, 0, 0])));
        prop_assert_eq!(&months, &deal.months(&other, &MONTHS));
    }

    /// What closing terms add they take off again or still carry.
    #[test]
    fn nothing_is_lost_in_the_chain(deal in deals(), tallies in tallies()) {
        let months = deal.months(&tallies, &MONTHS);
        let has = |id: &str| deal.contract.term_ids.iter().any(|own| **own == *id);
        if has("carry") {
            let [lifted, taken] = pieces(&months, &deal, "carry");
            prop_assert_eq!(lifted + taken, -left(&months, CarriedAs::Charge, deal.number_of("carry")));
        }
        if has("advance") {
            let [paid, recouped] = pieces(&months, &deal, "advance");
            prop_assert_eq!(paid + recouped, left(&months, CarriedAs::Unrecouped, deal.number_of("advance")));
        }
        for month in &months {
            prop_assert!(month.carried.values().all(|amount| amount.mantissa != 0));
            prop_assert!(month.carried.keys().all(|key| key.what != CarriedAs::Measure || key.pair.is_none()));
        }
    }

    /// Whatever the sums and whatever was carried in, an answer or a refusal comes, and the same one again.
    #[test]
    fn what_does_not_fit_never_stops_it(deal in deals(), sums in prop::collection::vec((1_u32..4, vast(), vast(), vast()), 1..5), brought in vast()) {
        let tallies: Vec<Sums> =
            sums.iter().map(|&(game, ggr, cost, key)| of_words("2024-12-10", &[game], &[ggr, cost, key])).collect();
        let pair = Some((crate::deal::OPERATOR, crate::deal::PARTNER));
        let mut carried = Carried::new();
        for (number, term) in deal.contract.versions[0].terms.iter().enumerate() {
            let term_number = u16::try_from(number).unwrap();
            let pair = if term.closes().is_some() { pair } else { None };
            for what in [CarriedAs::Measure, CarriedAs::Filled, CarriedAs::Charge, CarriedAs::Earned, CarriedAs::Unrecouped] {
                let key = CarryKey { term: term_number, what, words: Box::new([]), pair };
                carried.insert(key, Decimal { mantissa: brought, scale: 0 });
            }
        }
        let answer = || deal.answer(&tallies, day("2024-12-01"), &carried, Some(day("2024-11-01")));
        prop_assert_eq!(answer(), answer());
    }

    /// A measure carried through all months: what was charged on and what is still carried are the whole measure.
    #[test]
    fn a_carried_measure_is_charged_once(tallies in tallies(), by_game: bool) {
        let dimensions: &[u8] = if by_game { &[0] } else { &[] };
        let deal = Deal::new(&["ggr", "cost", "turnover"], vec![share("share", "100%").carried().by(dimensions)]);
        let deal = deal.dimensions(&["game"]);
        let months = deal.months(&tallies, &MONTHS);
        let [charged, _] = pieces(&months, &deal, "share");
        let whole: i128 = tallies.iter().map(|tally| tally.sums[0]).sum();
        prop_assert_eq!(charged + left(&months, CarriedAs::Measure, 0), whole);
    }

    /// Parts of an allocated cost add up to the cost, whatever the rounding.
    #[test]
    fn allocated_parts_add_up(tallies in tallies(), up: bool) {
        let kind = DeductionKind::Allocated { of: 1, key: 2 };
        let rounding = if up { Rounding::Up } else { Rounding::HalfEven };
        let term = share("share", "100%").less("cost", kind).by(&[0]).rounded(rounding);
        let deal = Deal::new(&["ggr", "cost", "turnover"], vec![term]).dimensions(&["game"]);
        for (month, evaluated) in MONTHS.iter().zip(deal.months(&tallies, &MONTHS)) {
            let deducted = evaluated.lines.iter().map(|line| match &line.working {
                Working::Flat { base, .. } => base.deducted[0].amount,
                _ => 0,
            });
            let first = day(&format!("{month}-01"));
            let inside = tallies.iter().filter(|tally| tally.on.first_of_month() == first);
            prop_assert_eq!(deducted.sum::<i128>(), inside.map(|tally| tally.sums[1]).sum::<i128>());
        }
    }
}

#[test]
fn the_random_shares_have_tiers() {
    let TermKind::Share { tiers: own, .. } = share("share", "1000:10% 15%").kind else { panic!("a share") };
    assert_eq!(own, tiers("1000:10% 15%"));
}
