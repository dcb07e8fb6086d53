//! A contract of one's own terms on the sound book, for what terms mean and for what is refused.

use crate::shop::{files, listed};
use book::{Fault, Loaded, load_files};
use contract::Contract;

/// Everything before the terms; one line for each key, so that terms begin at [`TERMS_LINE`].
const HEAD: &str = "[contract]\nid = \"t\"\nsources = [\"won\"]\ndate_basis = \"at\"\ncycle = \"month\"\n";
const VERSION: &str = "[[version]]\nvalid_from = \"2019-01-01\"\n[version.measures]\nsales = \"price\"\n\
                       cost = \"fee\"\ncount = \"1\"\nturnover = \"price * 2\"\n";

/// The line of the file on which the first of the given terms begins, where nothing is added to the head.
pub(crate) const TERMS_LINE: usize = 13;

/// A source of one asset: most terms need no second one.
const WON: &str = r#"[adapter]
id = "won"
format = "csv"
files = ["won_*.csv"]
columns = ["id", "at", "price", "fee", "agent", "seller"]
received_at = { file_name = "won_{yyyy}-{mm}.csv" }
kind = "sale"
asset = "KRW"

[adapter.fields]
at = { column = "at", type = "time", format = "rfc3339" }
price = { column = "price", type = "amount" }
fee = { column = "fee", type = "amount" }
agent = { column = "agent", type = "word" }
seller = { column = "seller", type = "word" }

[[source]]
id = "won"
identity = { columns = ["id"] }
"#;

/// Rates with two days, one of them without a fixing of the dollar.
pub(crate) const RATES: &str = "[rates]\nid = \"ecb\"\nname = \"European Central Bank\"\nbase = \"EUR\"\n\
                                zone = \"Europe/Berlin\"\npublished = \"16:00\"\nfile = \"ecb.csv\"\n";
pub(crate) const TABLE: &str = "Date,USD,JPY,KRW,\n2024-04-15,N/A,163.9,1471.58,\n2024-04-12,1.0652,162.6,1469.79,\n";

/// A share that closing terms look at.
pub(crate) const SHARE: &str = "[[version.term]]\nid = \"share\"\nkind = \"share\"\nof = \"sales\"\nrate = \"10%\"\n\
                                debtor = \"op\"\ncreditor = \"psp\"\npurpose = \"share\"\n\
                                rounding = { scope = \"line\", mode = \"half_up\" }\n\
                                reversal = \"rerate\"\nreversal_date = \"own\"\n";

/// The text of a contract with these keys in its head and these terms.
pub(crate) fn text(head: &str, terms: &str) -> String {
    format!("{HEAD}{head}{VERSION}{terms}")
}

/// The sound book with the source of one asset, rates, and these files, of which later ones replace earlier ones.
pub(crate) fn load(added: &[(&str, &str)]) -> Result<Loaded, Vec<Fault>> {
    let mut files = files();
    let own = [("sources/won.toml", WON), ("rates/ecb.toml", RATES), ("rates/ecb.csv", TABLE)];
    for (path, text) in own.iter().chain(added) {
        files.retain(|(known, _)| known != path);
        files.push(((*path).to_owned(), text.as_bytes().to_vec()));
    }
    load_files(files)
}

/// The contract with these keys and terms.
#[track_caller]
pub(crate) fn contract(head: &str, terms: &str) -> Contract {
    let loaded = load(&[("contracts/t.toml", &text(head, terms))]);
    let loaded = loaded.unwrap_or_else(|faults| {
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{}", told.join("\n"))
    });
    let found = loaded.book.contracts.into_iter().find(|contract| &*contract.id == "t");
    found.expect("the contract is there")
}

/// What is told of these files: faults, or else warnings.
pub(crate) fn told(added: &[(&str, &str)]) -> (Vec<String>, String) {
    let found = load(added).map_or_else(|faults| faults, |loaded| loaded.warnings);
    let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
    (listed(&found), texts.join("\n"))
}
