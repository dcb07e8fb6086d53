//! Every scenario, run as somebody would run it: its figures, its ledger, hledger, threads, the same files again, and
//! the explanations.
//!
//! A folder is one module of tests with the folder's name; a folder without tests is a failure.

mod again;
mod amount;
mod arithmetic;
#[path = "../../../core/contract/tests/explain/evaluator.rs"]
mod evaluator;
mod expected;
mod explained;
mod figures;
mod hledger;
mod ledger;
mod payouts;
mod seals;
mod written;

use scenarios::Scenario;

macro_rules! scenarios {
    ($($module:ident = $folder:literal,)*) => {
        /// The folders that are tested.
        const TESTED: &[&str] = &[$($folder,)*];

        $(mod $module {
            #[test]
            fn expected_figures_come_out() {
                crate::expected::check($folder);
            }

            #[test]
            fn arithmetic_is_right() {
                crate::arithmetic::check($folder);
            }

            #[test]
            fn statements_are_the_ledger() {
                crate::ledger::check($folder);
            }

            #[test]
            fn hledger_finds_the_same_balances() {
                crate::hledger::check($folder);
            }

            #[test]
            fn threads_change_nothing() {
                crate::again::check_threads($folder);
            }

            #[test]
            fn files_may_be_named_in_any_order() {
                crate::again::check_order($folder);
            }

            #[test]
            fn issued_statements_never_change() {
                crate::again::check_issued($folder);
            }

            #[test]
            fn files_given_twice_change_nothing() {
                crate::again::check_twice($folder);
            }

            #[test]
            fn explanations_add_up() {
                crate::explained::check($folder);
            }
        })*
    };
}

scenarios! {
    e1_rounding_scope = "golden-e1",
    e1b_cdnow = "cdnow",
    e2_reversal_in_tiers = "golden-e2",
    e3_refund_of_a_closed_month = "golden-e3",
    e4_volume_tier = "golden-e4",
    e5_minimum_and_late_event = "golden-e5",
    e6_carried_measure = "golden-e6",
    e7_carry_and_minimum = "golden-e7",
    e8_tiers_by_day = "golden-e8",
    e9_two_versions = "golden-e9",
    e10_division = "golden-e10",
    e11_withholding = "golden-e11",
    e12_vat = "golden-e12",
    e13_conversion = "golden-e13",
    e14_retroactive_version = "golden-e14",
    e15_game_wallet = "game-wallet",
    attribution = "attribution",
    cut_over = "cut-over",
    files_amended = "files-amended",
    fx_corrected = "fx-corrected",
    fx_month = "fx-month",
    marketplace_demo = "marketplace-demo",
    nyc_clock_change = "nyc-clock-change",
    nyc_taxi = "nyc-taxi",
    portone_order = "portone-order",
    portone_order_additional_fee = "portone-order-additional-fee",
    portone_order_cancel_partial = "portone-order-cancel-partial",
    portone_order_discount = "portone-order-discount",
    portone_order_external_payment = "portone-order-external-payment",
    portone_order_future_start = "portone-order-future-start",
    portone_order_lines = "portone-order-lines",
    portone_order_lines_cancel = "portone-order-lines-cancel",
    portone_own_1 = "portone-own-1",
    portone_own_2 = "portone-own-2",
    portone_own_3 = "portone-own-3",
    portone_own_4 = "portone-own-4",
    portone_own_5 = "portone-own-5",
    portone_own_6 = "portone-own-6",
    shopify_payouts = "shopify-payouts",
    soft_close = "soft-close",
    stripe_fixtures = "stripe-fixtures",
    template_ad_network = "template-ad-network",
    template_aggregator = "template-aggregator",
    template_credit_supplier = "template-credit-supplier",
    template_game_provider = "template-game-provider",
    template_payment_provider = "template-payment-provider",
    template_royalty = "template-royalty",
    toss_payments = "toss-payments",
}

#[test]
fn every_scenario_is_a_test() {
    let mut tested: Vec<&str> = TESTED.to_vec();
    tested.sort_unstable();
    let there = Scenario::all().unwrap();
    assert_eq!(there.iter().map(|scenario| &*scenario.name).collect::<Vec<_>>(), tested);
}

/// Two published dates are misprints (`2023-08-3` for the last day of August): we say what comes out, not what was printed.
#[test]
fn two_published_dates_differ() {
    let mut differing = Vec::new();
    for scenario in Scenario::all().unwrap() {
        for row in expected::rows(&scenario, "dates.csv") {
            if !row["published"].is_empty() && row["published"] != row["computed"] {
                differing.push(format!("{} {} {}", scenario.name, row["published"], row["computed"]));
            }
        }
    }
    let misprints = ["portone-order-cancel-partial", "portone-order-lines-cancel"];
    assert_eq!(differing, misprints.map(|name| format!("{name} 2023-08-3 2023-08-31")));
}
