//! Previews of payouts: when a total may leave and what is withheld from it, by `expected/payouts.csv`.

use crate::amount::units;
use crate::expected::rows;
use crate::written::settle;
use scenarios::Scenario;
use serde_json::Value;

#[test]
fn e11_statements_preview_what_is_withheld() {
    let mut count = 0;
    for scenario in Scenario::all().unwrap() {
        let expected = rows(&scenario, "payouts.csv");
        if expected.is_empty() {
            continue;
        }
        let statements = settle(&scenario.name).statements();
        for row in expected {
            let is_it = |statement: &&Value| {
                let fields = ["contract", "party", "asset"].map(|field| statement[field] == *row[field]);
                fields.iter().all(|is_same| *is_same) && statement["period"]["name"] == *row["period"]
            };
            let payout = &statements.iter().find(is_it).unwrap_or_else(|| panic!("no statement for {row:?}"))["payout"];
            assert_eq!(payout["leaves_on"], *row["leaves_on"], "{row:?}");
            assert_eq!(payout["waits"], row["waits"] == "yes", "{row:?}");
            let withheld = |field: &str| payout["withheld"][field].as_str().map_or(0, units);
            let found = (withheld("income"), withheld("local"), units(payout["pays"].as_str().unwrap()));
            assert_eq!(found, (units(&row["income"]), units(&row["local"]), units(&row["pays"])), "{row:?}");
            count += 1;
        }
    }
    assert!(count >= 7, "{count} previews were compared");
}
