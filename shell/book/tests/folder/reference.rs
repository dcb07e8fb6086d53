//! The reference of the contract file is what the parser's own descriptions say, and its examples stay true.

use crate::trade::contract;
use book::contract_reference;
use expect_test::expect_file;
use std::path::Path;

/// Made anew with `UPDATE_EXPECT=1 cargo test -p book reference`.
#[test]
fn the_page_is_made_from_the_descriptions() {
    expect_file!["../../../../docs/reference/contract.md"].assert_eq(&contract_reference());
}

#[test]
fn its_pages_of_terms_are_there() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference");
    let page = contract_reference();
    let links: Vec<&str> = page.split("](").skip(1).filter_map(|rest| rest.split(')').next()).collect();
    assert!(links.len() > 40, "{} links", links.len());
    for link in links {
        let (file, heading) = link.split_once('#').unwrap_or((link, ""));
        assert!(file.is_empty() || folder.join(file).is_file(), "{link}");
        let is_own = file.is_empty();
        let anchors = page.lines().filter_map(|line| line.strip_prefix("## ")).map(|heading| {
            let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
            kept.collect::<String>().to_lowercase().replace(' ', "-")
        });
        assert!(!is_own || anchors.into_iter().any(|anchor| anchor == heading), "{link}");
    }
}

/// Terms that have every table of keys between them, and most keys: what is described and not read stops here.
const TERMS: &str = r#"[[version.term]]
id = "tiered"
kind = "share"
of = "sales"
tiers = [{ up_to = "1000000", rate = "10%" }, { rate = "15%" }]
tiers_by = "volume"
reset = { months = 12, from = "2024-04-01" }
accumulator = "turnover"
carry = "measure"
deductions = [{ name = "cost", of = "cost", allocate_by = "turnover" }, { name = "tax", rate = "1%", on = "rest" }]
debtor = "partner"
creditor = "op"
purpose = "fee"
rounding = { scope = "line", mode = "half_up" }
vat = { rate = "10%", rounding = "down", scope = "line", mode = "exclusive", issuer = "debtor" }
reversal = "rerate"
reversal_date = "own"

[[version.term]]
id = "least"
kind = "minimum"
of = ["tiered"]
amount = "1000"
span = { months = 3, from = "2024-01-01" }
recoupable = true
debtor = "partner"
creditor = "op"
purpose = "fee"
"#;

#[test]
fn every_table_of_keys_is_read() {
    let head = "lag_days = 1\ngrace = { hours = 3 }\ndue = { days = 2, roll = \"next\", calendars = [\"kr\"] }\n\
                issue = \"on_command\"\nlook_back_months = 3\npayout = { hold_days = 3, minimum = \"1000\" }\n\
                conversion = { rates = \"ecb\", to = \"KRW\", digits = 4, below = \"1%\" }\n";
    let found = contract(head, TERMS);
    assert_eq!(found.versions[0].terms.len(), 2);
    assert!(found.conversion.is_some() && found.due.is_some());
}
