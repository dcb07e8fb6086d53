//! A small sound book with a bit of everything, to be broken piece by piece.

use book::{Fault, Language, Loaded, load_files};

pub(crate) const BOOK: &str = r#"[book]
id = "shop"
name = "Shop"
operator = "op"
assets = ["KRW", "USD", { name = "POINT", digits = 0 }]
zone = "Asia/Seoul"
"#;

pub(crate) const PARTIES: &str = r#"[[party]]
id = "op"
name = "Operator"
tax_type = "general"
licence = "L-1"
jurisdiction = "KR"

[[party]]
id = "partner"
name = "Partner"
tax_type = "general"
licence = "L-2"
jurisdiction = "KR"
active_from = 2019-01-01

[[party]]
id = "psp"
name = "Payment provider"
tax_type = "foreign"
licence = "L-3"
jurisdiction = "US"
"#;

pub(crate) const CALENDAR: &str = r#"[calendar]
id = "kr"
name = "Korea"
weekend = ["saturday", "sunday"]
from = "2018-01-01"
to = "2027-12-31"

[[holiday]]
date = "2019-01-01"
name = "1월 1일"
"#;

pub(crate) const SALES: &str = r#"[adapter]
id = "sales"
format = "csv"
files = ["sales_*.csv"]
columns = ["id", "ref", "type", "at", "day", "price", "fee", "method", "partner", "count", "currency", "received"]
received_at = { column = "received", format = "rfc3339" }
kind = { column = "type", map = { S = "sale", R = "refund" } }
asset = { column = "currency", map = { krw = "KRW", usd = "USD" } }

[adapter.fields]
id = { column = "id", type = "id" }
ref = { column = "ref", type = "id", blank = "" }
at = { column = "at", type = "time", format = "%Y-%m-%d %H:%M:%S" }
day = { column = "day", type = "date", format = "%Y%m%d" }
price = { column = "price", type = "amount" }
fee = { column = "fee", type = "amount", unit = "minor", blank = "0", scale = 6 }
"결제 수단" = { column = "method", type = "word", map = { "1" = "card", "2" = "cash" }, other = "etc" }
payer = { column = "method", type = "word", map = { "2" = "partner" }, other = "psp" }
partner = { column = "partner", type = "word" }
count = { column = "count", type = "number" }

[[source]]
id = "sales"
identity = { field = "id" }
checks = [{ name = "total", equation = "price = fee + fee" }]
amount_max = "1000000.00"
sequence = "count"
events_per_s_max = 5000
[source.kinds.sale]
original = "never"
[source.kinds.refund]
original = "required"
link = "ref"
reverses = true
"#;

pub(crate) const CONTRACT: &str = r#"[contract]
id = "a"
sources = ["sales"]
when = "partner <> ''"
date_basis = "at"
cut_off = "06:00"
cycle = { week = "monday" }
lag_days = 2
grace = { hours = 12 }
due = { business_days = 2, calendars = ["kr"] }
ends_on = "2030-01-01"

[[version]]
valid_from = "2019-01-01"

[version.measures]
sales = "if(kind = 'sale', price, 0 - price)"
cards = { sum = "1", where = "\"결제 수단\" in ('card')" }

[[version.term]]
id = "price"
kind = "share"
of = "sales"
rate = "100%"
debtor = "@payer"
creditor = "@partner"
purpose = "price"
rounding = { scope = "event", mode = "half_up" }
reversal = "mirror"
reversal_date = "own"

[[version.term]]
id = "share"
kind = "share"
of = "sales"
when = "kind = 'sale'"
tiers = [{ up_to = "1000.5", rate = "10%" }, { up_to = 2000, rate = "11%" }, { rate = "12%" }]
on = "gross"
debtor = "partner"
creditor = "op"
purpose = "share"
dimensions = ["결제 수단"]
rounding = { scope = "line", mode = "down" }
vat = { rate = "10%", rounding = "half_up" }
reversal = "rerate"
reversal_date = "own"

[[version.term]]
id = "fee"
kind = "fee"
fixed = "1.25"
max = "9"
asset = "USD"
debtor = "partner"
creditor = "op"
purpose = "fee"
rounding = { scope = "event", mode = "half_up" }

[[version.term]]
id = "rent"
kind = "fixed"
amount = "50000"
asset = "KRW"
debtor = "partner"
creditor = "op"
purpose = "rent"

[[version.term]]
id = "split"
kind = "division"
of = "sales"
debtor = "op"
parts = [{ creditor = "partner", share = "1/3" }, { creditor = "psp", share = "2/3" }]
residue = "psp"
purpose = "split"
rounding = { scope = "line", mode = "half_up" }

[[version]]
valid_from = "2019-07-01"
known_from = "2019-06-30T00:00:00+09:00"

[version.measures]
sales = "if(kind = 'sale', price, 0 - price)"

[[version.term]]
id = "first"
kind = "share"
of = "sales"
rate = "10%"
debtor = "partner"
creditor = "op"
purpose = "share"
rounding = { scope = "line", mode = "half_up" }
reversal = "rerate"
reversal_date = "original"

[[version.term]]
id = "second"
kind = "share"
of = "sales"
rate = "10%"
on = "rest"
debtor = "partner"
creditor = "psp"
purpose = "share"
rounding = { scope = "line", mode = "half_up" }
reversal = "rerate"
reversal_date = "original"
"#;

/// The files of the book.
pub(crate) fn files() -> Vec<(String, Vec<u8>)> {
    let texts = [
        ("book.toml", BOOK),
        ("parties.toml", PARTIES),
        ("calendars/kr.toml", CALENDAR),
        ("sources/sales.toml", SALES),
        ("contracts/a.toml", CONTRACT),
    ];
    texts.map(|(path, text)| (path.to_owned(), text.as_bytes().to_vec())).into()
}

/// The book with one text in one file replaced by another, at its first occurrence.
pub(crate) fn changed(path: &str, from: &str, to: &str) -> Result<Loaded, Vec<Fault>> {
    let mut files = files();
    let file = files.iter_mut().find(|(known, _)| known == path).unwrap_or_else(|| panic!("no {path}"));
    let text = String::from_utf8(file.1.clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    file.1 = text.replacen(from, to, 1).into_bytes();
    load_files(files)
}

/// `file:line:column code field` of each.
pub(crate) fn listed(faults: &[Fault]) -> Vec<String> {
    let line = |fault: &Fault| {
        for language in [Language::English, Language::Korean] {
            assert!(!fault.message(language).is_empty() && !fault.what_to_do(language).is_empty());
        }
        format!("{}:{}:{} {}", fault.file, fault.line, fault.column, fault.code())
    };
    faults.iter().map(line).collect()
}
