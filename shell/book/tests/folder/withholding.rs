//! `withholding.toml`: what it means, and what is wrong with it where it is broken.

use crate::shop::{files, listed};
use book::{Fault, Loaded, load_files};
use calendar::Date;
use event::TaxType;
use money::{AssetId, Rounding};

const RULES: &str = r#"[[rule]]
tax_type = "person"
asset = "KRW"
valid_from = "2011-01-01"
name = "business income"
income = { rate = "3%", rounding = "floor_ten" }
local = { rate = "10%", of = "income", rounding = "floor_ten" }

[[rule]]
tax_type = "foreign"
valid_from = "2011-01-01"
name = "royalties"
income = { rate = "20%", rounding = "down" }
"#;

fn load(rules: &str) -> Result<Loaded, Vec<Fault>> {
    let mut files = files();
    files.push(("withholding.toml".to_owned(), rules.as_bytes().to_vec()));
    load_files(files)
}

#[test]
fn rules_mean_what_they_say() {
    let rules = load(RULES).unwrap().book.withholding;
    assert_eq!(rules.len(), 2);
    assert_eq!((rules[0].tax_type, rules[0].asset), (TaxType::Person, Some(AssetId(0))));
    assert_eq!((&*rules[0].name, Some(rules[0].valid_from)), ("business income", Date::new(2011, 1, 1)));
    let withheld = rules[0].withheld(1_234_567).unwrap();
    assert_eq!((withheld.income, withheld.local), (37_030, 3_700));
    assert_eq!((rules[1].asset, rules[1].income.rounding, rules[1].local), (None, Rounding::Down, None));
    assert!(load_files(files()).unwrap().book.withholding.is_empty());
}

#[test]
fn broken_rules_are_refused_at_their_place() {
    let cases = [
        ("tax_type = \"person\"\n", "", "withholding.toml:1:1 key_missing"),
        ("\"person\"", "\"persons\"", "withholding.toml:2:12 value_unknown"),
        ("\"KRW\"", "\"EUR\"", "withholding.toml:3:9 asset_unknown"),
        ("\"3%\"", "\"3000%\"", "withholding.toml:6:19 rate_too_large"),
        ("\"floor_ten\" }\nlocal", "\"floor\" }\nlocal", "withholding.toml:6:36 value_unknown"),
        ("of = \"income\"", "of = \"payment\"", "withholding.toml:7:30 value_unknown"),
        ("\"foreign\"", "\"person\"\nasset = \"KRW\"", "withholding.toml:9:1 id_twice"),
        ("[[rule]]\ntax_type = \"person\"", "[rule]\ntax_type = \"person\"", "withholding.toml:9:3 toml_invalid"),
        ("name = \"royalties\"", "name = \"royalties\"\nvat = 1", "withholding.toml:13:1 key_unknown"),
    ];
    for (from, to, expected) in cases {
        assert!(RULES.contains(from), "{from}");
        let faults = load(&RULES.replacen(from, to, 1)).map(|_| ()).unwrap_err();
        assert_eq!(listed(&faults), [expected], "{from} => {to}");
    }
}
