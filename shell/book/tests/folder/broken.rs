//! Books that are broken in one place: each fault stands at its line and column, has its code, and is the only one.

use crate::shop::{CONTRACT as CONTRACT_TEXT, SALES as SALES_TEXT, changed, files, listed};
use book::{FaultKind, Language, load_files, load_folder};
use std::collections::BTreeSet;
use std::fs;

const BOOK: &str = "book.toml";
const PARTIES: &str = "parties.toml";
const KR: &str = "calendars/kr.toml";
const SALES: &str = "sources/sales.toml";
const CONTRACT: &str = "contracts/a.toml";

/// A file, a text of it, what replaces that, and what must be found: faults, or else warnings.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[track_caller]
fn check(cases: &[Case]) {
    for (path, from, to, expected) in cases {
        let found = changed(path, from, to).map_or_else(|faults| faults, |loaded| loaded.warnings);
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        assert_eq!(&listed(&found), expected, "{path}: {from} => {to}\n{}", texts.join("\n"));
    }
}

const SYNTAX_IS_FAULTY: &[Case] = &[
    (BOOK, r#"id = "shop""#, "id = shop", &["book.toml:2:6 toml_invalid"]),
    (PARTIES, "[[party]]\nid = \"partner\"", "[[party]\nid = \"partner\"", &["parties.toml:8:9 toml_invalid"]),
    (CONTRACT, r#"purpose = "rent""#, r#"purpose = "rent"#, &["contracts/a.toml:66:16 toml_invalid"]),
    (SALES, "fee = { column", "price = { column", &["sources/sales.toml:16:1 toml_invalid"]),
];

const SHAPE_IS_FAULTY: &[Case] = &[
    (BOOK, "operator = \"op\"\n", "", &["book.toml:1:1 key_missing"]),
    (BOOK, "operator", "operater", &["book.toml:4:1 key_unknown"]),
    (BOOK, r#"id = "shop""#, "id = 12", &["book.toml:2:6 type_wrong"]),
    (BOOK, "assets = [", r#"assets = "KRW" #"#, &["book.toml:5:10 type_wrong"]),
    (PARTIES, "[[party]]\nid = \"op\"", "[party]\nid = \"op\"", &["parties.toml:8:3 toml_invalid"]),
    (SALES, r#"files = ["sales_*.csv"]"#, "files = []", &["sources/sales.toml:4:9 list_empty"]),
    (SALES, r#"format = "csv""#, r#"format = "json""#, &["sources/sales.toml:5:11 key_misplaced"]),
    (SALES, r#"format = "csv""#, r#"format = "cvs""#, &["sources/sales.toml:3:10 value_unknown"]),
    (SALES, r#"columns = ["id","#, "header = true\ncolumns = [\"id\",", &["sources/sales.toml:5:10 key_conflict"]),
    (CONTRACT, "grace = { hours = 12 }", "grace = { hours = 12, days = 1 }", &["contracts/a.toml:9:19 key_conflict"]),
    (CONTRACT, "grace = { hours = 12 }", "grace = { }", &["contracts/a.toml:9:9 key_missing"]),
    (CONTRACT, "grace = { hours = 12 }", "grace = 12", &["contracts/a.toml:9:9 type_wrong"]),
    (CONTRACT, "lag_days = 2", "lag_days = 400", &["contracts/a.toml:8:12 number_out_of_range"]),
    (CONTRACT, "lag_days = 2", r#"lag_days = "2""#, &["contracts/a.toml:8:12 type_wrong"]),
    (CONTRACT, "[contract]", "[contact]", &["contracts/a.toml:1:2 key_unknown"]),
    (CONTRACT, "[version.measures]", "[version.measure]", &["contracts/a.toml:16:10 key_unknown"]),
    (
        CONTRACT,
        r#"amount = "50000""#,
        r#"rate = "5%""#,
        &["contracts/a.toml:59:1 key_missing", "contracts/a.toml:62:8 key_misplaced"],
    ),
    (CONTRACT, r#"kind = "fixed""#, r#"kind = "fixd""#, &["contracts/a.toml:61:8 value_unknown"]),
    (KR, "[[holiday]]", "[holiday]", &["calendars/kr.toml:8:1 type_wrong"]),
    (CONTRACT, "of = \"sales\"\nwhen", "of = [\"sales\"]\nwhen", &["contracts/a.toml:35:6 type_wrong"]),
    (
        CONTRACT,
        "[[version]]\nvalid_from = \"2019-01-01\"",
        "[[version]]\nvalid_from = \"\"",
        &["contracts/a.toml:14:14 date_invalid"],
    ),
    (PARTIES, r#"tax_type = "foreign""#, r#"tax_type = "froeign""#, &["parties.toml:19:12 value_unknown"]),
    (PARTIES, "tax_type = \"foreign\"\n", "", &["parties.toml:16:1 key_missing"]),
    (SALES, r#"columns = ["id", "ref""#, r#"columns = ["id", "id", "ref""#, &["sources/sales.toml:5:18 id_twice"]),
    (
        SALES,
        r#"columns = ["id", "ref""#,
        "header = \"yes\"\ncolumns = [\"id\", \"ref\"",
        &["sources/sales.toml:5:10 type_wrong"],
    ),
    (SALES, r#"type = "word" }"#, r#"typ = "word" }"#, &["sources/sales.toml:19:33 key_unknown"]),
    (
        SALES,
        r#"kind = { column = "type", map = { S = "sale", R = "refund" } }"#,
        r#"kind = { column = "type", map = { } }"#,
        &[
            "sources/sales.toml:7:8 key_missing",
            "sources/sales.toml:29:15 kind_unknown",
            "sources/sales.toml:31:15 kind_unknown",
        ],
    ),
    (
        SALES,
        "format = \"csv\"\nfiles",
        "format = \"json\"\nrows = \"items\"\nskip_lines = 1\nfiles",
        &["sources/sales.toml:5:14 key_misplaced", "sources/sales.toml:7:11 key_misplaced"],
    ),
    (SALES, r#"files = ["sales_*.csv"]"#, r#"files = ["in/sales_*.csv"]"#, &["sources/sales.toml:4:10 glob_invalid"]),
];

const VALUES_ARE_FAULTY: &[Case] = &[
    (BOOK, r#"id = "shop""#, r#"id = "a/b""#, &["book.toml:2:6 name_invalid"]),
    (BOOK, r#"name = "Shop""#, r#"name = " ""#, &["book.toml:3:8 text_empty"]),
    (PARTIES, "active_from = 2019-01-01", r#"active_from = "2019-02-30""#, &["parties.toml:14:15 date_invalid"]),
    (
        PARTIES,
        "active_from = 2019-01-01",
        "active_from = 2019-01-01\nactive_to = \"2019-01-01\"",
        &["parties.toml:15:13 span_empty"],
    ),
    (CONTRACT, r#"cut_off = "06:00""#, r#"cut_off = "6:00""#, &["contracts/a.toml:6:11 clock_invalid"]),
    (
        CONTRACT,
        r#"known_from = "2019-06-30T00:00:00+09:00""#,
        r#"known_from = "2019-06-30T00:00:00""#,
        &["contracts/a.toml:80:14 instant_invalid"],
    ),
    (CONTRACT, r#"rate = "100%""#, r#"rate = "100 percent""#, &["contracts/a.toml:24:8 rate_invalid"]),
    (CONTRACT, r#"rate = "100%""#, r#"rate = "1001%""#, &["contracts/a.toml:24:8 rate_too_large"]),
    (CONTRACT, r#"rate = "100%""#, r#"rate = "-1%""#, &["contracts/a.toml:24:8 rate_negative"]),
    (CONTRACT, r#"rate = "100%""#, "rate = 0.1", &["contracts/a.toml:24:8 number_inexact"]),
    (CONTRACT, r#"rate = "100%""#, "rate = 1", &["contracts/a.toml:24:8 type_wrong"]),
    (CONTRACT, r#"amount = "50000""#, r#"amount = "50,000""#, &["contracts/a.toml:62:10 number_invalid"]),
    (CONTRACT, r#"amount = "50000""#, r#"amount = "50000.5""#, &["contracts/a.toml:62:10 digits_too_many"]),
    (CONTRACT, r#"amount = "50000""#, r#"amount = "-50000""#, &["contracts/a.toml:62:10 amount_negative"]),
    (
        CONTRACT,
        r#"amount = "50000""#,
        r#"amount = "1000000000000000000""#,
        &["contracts/a.toml:62:10 amount_too_large"],
    ),
    (CONTRACT, r#"fixed = "1.25""#, r#"fixed = "1.255""#, &["contracts/a.toml:51:9 digits_too_many"]),
    (SALES, r#""%Y-%m-%d %H:%M:%S""#, r#""%Y-%m-%d %I:%M""#, &["sources/sales.toml:13:47 time_format_invalid"]),
    (SALES, r#""%Y%m%d""#, r#""%Y%m""#, &["sources/sales.toml:14:49 time_format_incomplete"]),
    (SALES, r#"blank = "0""#, r#"blank = "none""#, &["sources/sales.toml:16:66 number_invalid"]),
    (SALES, "scale = 6", "scale = 13", &["sources/sales.toml:16:79 number_out_of_range"]),
];

const NAMES_ARE_UNKNOWN: &[Case] = &[
    (BOOK, r#""op""#, r#""opp""#, &["book.toml:4:12 party_unknown"]),
    (BOOK, r#""USD""#, r#""USX""#, &["book.toml:5:18 asset_unknown"]),
    (BOOK, r#""USD""#, r#""XAU""#, &["book.toml:5:18 asset_without_digits"]),
    (BOOK, r#""USD""#, r#""KRW""#, &["book.toml:5:18 id_twice"]),
    (BOOK, "Asia/Seoul", "Asia/Soul", &["book.toml:6:8 zone_unknown"]),
    (PARTIES, r#"id = "psp""#, r#"id = "partner""#, &["parties.toml:16:1 id_twice"]),
    (SALES, r#"krw = "KRW""#, r#"krw = "EUR""#, &["sources/sales.toml:8:46 asset_unknown"]),
    (SALES, r#""price", type"#, r#""prise", type"#, &["sources/sales.toml:15:20 column_unknown"]),
    (SALES, "[source.kinds.refund]", "[source.kinds.refnud]", &["sources/sales.toml:31:15 kind_unknown"]),
    (SALES, r#"sequence = "count""#, r#"sequence = "price""#, &["sources/sales.toml:27:12 field_unknown"]),
    (CONTRACT, r#"sources = ["sales"]"#, r#"sources = ["sale"]"#, &["contracts/a.toml:3:12 source_unknown"]),
    (CONTRACT, r#"date_basis = "at""#, r#"date_basis = "price""#, &["contracts/a.toml:5:14 field_unknown"]),
    (CONTRACT, r#"calendars = ["kr"]"#, r#"calendars = ["jp"]"#, &["contracts/a.toml:10:41 calendar_unknown"]),
    (CONTRACT, r#"of = "sales""#, r#"of = "sale""#, &["contracts/a.toml:23:6 measure_unknown"]),
    (CONTRACT, r#"debtor = "@payer""#, r#"debtor = "@pay""#, &["contracts/a.toml:25:10 field_unknown"]),
    (CONTRACT, r#"creditor = "op""#, r#"creditor = "oq""#, &["contracts/a.toml:40:12 party_unknown"]),
    (CONTRACT, r#"dimensions = ["결제 수단"]"#, r#"dimensions = ["price"]"#, &["contracts/a.toml:42:15 field_unknown"]),
    (SALES, r#"other = "psp""#, r#"other = "pps""#, &["contracts/a.toml:25:10 word_no_party"]),
    (SALES, r#"fee = { column = "fee""#, r#"kind = { column = "fee""#, &["sources/sales.toml:16:1 name_reserved"]),
];

const SOURCES_ARE_FAULTY: &[Case] = &[
    (
        SALES,
        "columns = [\"id\", \"ref\", \"type\", \"at\", \"day\", \"price\", \"fee\", \"method\", \"partner\", \"count\", \"currency\", \"received\"]\nreceived_at",
        "header = true\nskip_lines = 2\nreceived_at",
        &["sources/sales.toml:6:14 key_misplaced"],
    ),
    (
        SALES,
        r#""price", type = "amount""#,
        r#""price", or = "prize", type = "amount""#,
        &["sources/sales.toml:15:34 column_unknown"],
    ),
    (SALES, "checks = [{", "route = 1\nchecks = [{", &["sources/sales.toml:25:1 key_unknown"]),
    (
        SALES,
        "asset = { column",
        "route = { column = \"type\", to = { A = \"sale\" } }\nasset = { column",
        &["sources/sales.toml:8:39 source_unknown"],
    ),
    (
        SALES,
        "asset = { column",
        "route = { column = \"type\", to = { } }\nasset = { column",
        &["sources/sales.toml:8:9 source_unreached"],
    ),
    (
        SALES,
        r#"price = fee + fee""#,
        r#"price = fee + if(kind = 'sole', fee, 0)""#,
        &["sources/sales.toml:25:65 word_never"],
    ),
    (SALES, r#"amount_max = "1000000.00""#, r#"amount_max = "1e9""#, &["sources/sales.toml:26:14 number_invalid"]),
    (SALES, "max = 5000", "max = 0", &["sources/sales.toml:28:20 number_out_of_range"]),
    (SALES, "max = 5000", "max = \"5000\"", &["sources/sales.toml:28:20 type_wrong"]),
    (SALES, r#"columns = ["id""#, r#"#columns = ["id""#, &["sources/sales.toml:1:1 header_missing"]),
    (
        SALES,
        "[[source]]",
        "[[source]]\nid = \"extra\"\nidentity = { field = \"id\" }\n[[source]]",
        &["sources/sales.toml:1:1 route_missing"],
    ),
    (SALES, "link = \"ref\"\n", "", &["sources/sales.toml:31:1 link_missing"]),
    (
        SALES,
        r#"original = "never""#,
        "original = \"never\"\nlink = \"ref\"",
        &["sources/sales.toml:31:8 key_misplaced"],
    ),
    (
        SALES,
        r#"original = "never""#,
        "original = \"never\"\nid_reused = true",
        &["sources/sales.toml:32:1 original_kind_missing"],
    ),
    (
        SALES,
        r#"received_at = { column = "received", format = "rfc3339" }"#,
        r#"received_at = { file_name = "sales.csv" }"#,
        &["sources/sales.toml:6:29 pattern_invalid"],
    ),
    (
        SALES,
        r#"identity = { field = "id" }"#,
        r#"identity = { file = "{yy}" }"#,
        &["sources/sales.toml:24:21 pattern_invalid"],
    ),
    (SALES, "identity = { field = \"id\" }\n", "", &["sources/sales.toml:22:1 key_missing"]),
    (
        SALES,
        r#"price = { column = "price", type = "amount" }"#,
        r#"price = { column = "price", type = "amount", format = "rfc3339" }"#,
        &["sources/sales.toml:15:55 key_misplaced"],
    ),
    (SALES, r#", map = { "1" = "card", "2" = "cash" }, other"#, ", other", &["sources/sales.toml:17:55 key_missing"]),
    (
        SALES,
        r#"equation = "price = fee + fee""#,
        r#"equation = "price <= fee + fee""#,
        &["sources/sales.toml:25:40 equation_invalid"],
    ),
    (
        SALES,
        r#"equation = "price = fee + fee""#,
        r#"equation = "price = fee + fea""#,
        &["sources/sales.toml:25:55 expression_invalid"],
    ),
    (
        SALES,
        r#"equation = "price = fee + fee""#,
        r#"equation = "prise = fee + fee""#,
        &["sources/sales.toml:25:41 expression_invalid"],
    ),
    (
        SALES,
        "format = \"csv\"\nfiles = [\"sales_*.csv\"]\ncolumns = [\"id\", \"ref\", \"type\", \"at\", \"day\", \"price\", \"fee\", \"method\", \"partner\", \"count\", \"currency\", \"received\"]\nreceived_at = { column = \"received\"",
        "format = \"jsonl\"\nreceived_at = { column = \"all[].received\"",
        &["sources/sales.toml:4:26 path_each"],
    ),
    (
        SALES,
        "format = \"csv\"\nfiles = [\"sales_*.csv\"]\ncolumns = [\"id\", \"ref\", \"type\", \"at\", \"day\", \"price\", \"fee\", \"method\", \"partner\", \"count\", \"currency\", \"received\"]\nreceived_at = { column = \"received\"",
        "format = \"jsonl\"\nreceived_at = { column = \"all..received\"",
        &["sources/sales.toml:4:26 path_invalid"],
    ),
    (SALES, r#"%H:%M:%S" }"#, r#"%H:%M:%S", blank = "" }"#, &["contracts/a.toml:5:14 field_may_be_blank"]),
    (
        SALES,
        r#"%H:%M:%S" }"#,
        r#"%H:%M:%S", blank = "1970-01-01 00:00:00" }"#,
        &["sources/sales.toml:13:76 value_unknown"],
    ),
];

const EXPRESSIONS_ARE_FAULTY: &[Case] = &[
    (CONTRACT, r#"when = "partner <> ''""#, r#"when = "partner <> ""#, &["contracts/a.toml:4:20 expression_invalid"]),
    (CONTRACT, r#"when = "partner <> ''""#, r#"when = "price""#, &["contracts/a.toml:4:9 expression_invalid"]),
    (
        CONTRACT,
        r#""if(kind = 'sale', price, 0 - price)""#,
        r#""if(kind = 'sale', price, 0 - prise)""#,
        &["contracts/a.toml:17:39 expression_invalid"],
    ),
    (
        CONTRACT,
        r#""if(kind = 'sale', price, 0 - price)""#,
        r#""""
if(kind = 'sale',
   price,
   0 - prise)""""#,
        &["contracts/a.toml:20:8 expression_invalid"],
    ),
    (
        CONTRACT,
        r#""if(kind = 'sale', price, 0 - price)""#,
        r#""if(kind = 'sale', price, at)""#,
        &["contracts/a.toml:17:35 expression_invalid"],
    ),
    (
        CONTRACT,
        r#""if(kind = 'sale', price, 0 - price)""#,
        r#""if(kind = 'sael', price, 0 - price)""#,
        &["contracts/a.toml:17:20 word_never"],
    ),
    (
        CONTRACT,
        r#""\"결제 수단\" in ('card')""#,
        r#""\"결제 방법\" in ('card')""#,
        &["contracts/a.toml:18:31 expression_invalid"],
    ),
    (
        CONTRACT,
        r#"when = "kind = 'sale'""#,
        r#"when = "source in ('sales', 'salse')""#,
        &["contracts/a.toml:36:29 word_never"],
    ),
    (CONTRACT, r#"when = "kind = 'sale'""#, r#"when = "asset = 'POINT'""#, &["contracts/a.toml:36:17 word_never"]),
];

const EXPRESSIONS_MEET_WORDS: &[Case] = &[
    (CONTRACT, "partner <> ''", "partner in ('partner', 'pratner')", &["contracts/a.toml:4:32 word_never"]),
    (
        CONTRACT,
        "fixed = \"1.25\"\nmax = \"9\"\nasset = \"USD\"",
        "fixed = \"1\"\nasset = \"POINT\"",
        &["contracts/a.toml:52:9 word_never"],
    ),
    (CONTRACT, "partner <> ''", "payer = 'driver'", &["contracts/a.toml:4:17 word_never"]),
];

const CALENDARS_ARE_FAULTY: &[Case] = &[
    (KR, "to = \"2027-12-31\"\n", "", &["calendars/kr.toml:1:1 key_missing"]),
    (KR, r#"to = "2027-12-31""#, r#"to = "2017-12-31""#, &["calendars/kr.toml:6:6 coverage_empty"]),
    (KR, r#"date = "2019-01-01""#, r#"date = "2029-01-01""#, &["calendars/kr.toml:9:8 holiday_outside"]),
    (KR, r#"["saturday", "sunday"]"#, r#"["saturday", "sundy"]"#, &["calendars/kr.toml:4:24 value_unknown"]),
    (
        KR,
        r#"["saturday", "sunday"]"#,
        r#"["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]"#,
        &["calendars/kr.toml:4:11 weekend_whole"],
    ),
    (
        CONTRACT,
        r#"cycle = { week = "monday" }"#,
        r#"cycle = { week = "moonday" }"#,
        &["contracts/a.toml:7:18 value_unknown"],
    ),
    (
        CONTRACT,
        r#"cycle = { week = "monday" }"#,
        "cycle = { days_of_month = [1, 11, 31] }",
        &["contracts/a.toml:7:35 number_out_of_range"],
    ),
    (
        CONTRACT,
        r#"cycle = { week = "monday" }"#,
        "cycle = { days_of_month = [11, 1] }",
        &["contracts/a.toml:7:32 days_order"],
    ),
    (CONTRACT, r#"cycle = { week = "monday" }"#, r#"cycle = "monthly""#, &["contracts/a.toml:7:9 value_unknown"]),
    (CONTRACT, r#"cycle = { week = "monday" }"#, "cycle = { weeks = 2 }", &["contracts/a.toml:7:9 key_missing"]),
    (
        CONTRACT,
        r#"due = { business_days = 2, calendars = ["kr"] }"#,
        "due = { business_days = 2 }",
        &["contracts/a.toml:10:25 due_calendar_missing"],
    ),
    (
        CONTRACT,
        r#"due = { business_days = 2, calendars = ["kr"] }"#,
        "due = { days = 2, months_after = 1 }",
        &["contracts/a.toml:10:34 key_misplaced"],
    ),
    (CONTRACT, r#"cycle = { week = "monday" }"#, r#"cycle = "once""#, &["contracts/a.toml:11:11 once_ends"]),
    (CONTRACT, r#"ends_on = "2030-01-01""#, r#"ends_on = "2018-01-01""#, &["contracts/a.toml:11:11 span_empty"]),
];

const TERMS_ARE_FAULTY: &[Case] = &[
    (CONTRACT, r#"debtor = "@payer""#, r#"debtor = "@partner""#, &["contracts/a.toml:26:12 parties_same"]),
    (
        CONTRACT,
        "creditor = \"@partner\"\npurpose = \"price\"",
        "creditor = \"@partner\"\npurpose = \"a:b\"",
        &["contracts/a.toml:27:11 name_invalid"],
    ),
    (
        CONTRACT,
        "debtor = \"partner\"\ncreditor = \"op\"\npurpose = \"share\"",
        "debtor = \"op\"\ncreditor = \"op\"\npurpose = \"share\"",
        &["contracts/a.toml:40:12 parties_same"],
    ),
    (CONTRACT, "{ up_to = 2000, rate", "{ rate", &["contracts/a.toml:37:46 tier_unbounded"]),
    (CONTRACT, r#"{ rate = "12%" }"#, r#"{ up_to = "3000", rate = "12%" }"#, &["contracts/a.toml:37:88 tier_bounded"]),
    (CONTRACT, "up_to = 2000", "up_to = 1000", &["contracts/a.toml:37:56 tier_order"]),
    (CONTRACT, r#""1000.5""#, r#""1000.555""#, &["contracts/a.toml:37:20 digits_too_many"]),
    (CONTRACT, r#"share = "2/3""#, r#"share = "1/2""#, &["contracts/a.toml:73:9 shares_sum"]),
    (CONTRACT, r#"residue = "psp""#, r#"residue = "pps""#, &["contracts/a.toml:74:11 residue_unknown"]),
    (
        CONTRACT,
        r#"creditor = "psp", share"#,
        r#"creditor = "partner", share"#,
        &["contracts/a.toml:73:64 id_twice", "contracts/a.toml:74:11 residue_unknown"],
    ),
    (
        CONTRACT,
        "fixed = \"1.25\"\nmax = \"9\"",
        "min = \"10\"\nmax = \"9\"",
        &["contracts/a.toml:48:1 fee_empty", "contracts/a.toml:51:7 fee_bounds"],
    ),
    (
        CONTRACT,
        "fixed = \"1.25\"\nmax = \"9\"",
        "rate = \"1%\"\nmin = \"10\"\nmax = \"9\"",
        &["contracts/a.toml:52:7 fee_bounds"],
    ),
    (CONTRACT, "max = \"9\"\nasset = \"USD\"", r#"max = "9""#, &["contracts/a.toml:51:9 asset_needed"]),
    (
        CONTRACT,
        "debtor = \"partner\"\ncreditor = \"op\"\npurpose = \"rent\"",
        "debtor = \"@payer\"\ncreditor = \"op\"\npurpose = \"rent\"",
        &["contracts/a.toml:64:10 field_in_fixed"],
    ),
    (
        CONTRACT,
        "purpose = \"fee\"\nrounding = { scope = \"event\"",
        "purpose = \"fee\"\nrounding = { scope = \"line\"",
        &["contracts/a.toml:57:22 fee_by_line"],
    ),
    (CONTRACT, "id = \"fee\"\nkind", "id = \"share\"\nkind", &["contracts/a.toml:48:1 id_twice"]),
    (CONTRACT, "reversal = \"mirror\"\n", "", &["contracts/a.toml:20:1 key_missing"]),
    (
        CONTRACT,
        r#"dimensions = ["결제 수단"]"#,
        r#"dimensions = ["결제 수단", "결제 수단"]"#,
        &["contracts/a.toml:42:24 id_twice"],
    ),
    (
        CONTRACT,
        "valid_from = \"2019-07-01\"\nknown_from = \"2019-06-30T00:00:00+09:00\"",
        r#"valid_from = "2019-01-01""#,
        &["contracts/a.toml:78:1 version_twice"],
    ),
];

const ARRIVAL_MATTERS: &[Case] = &[
    (
        CONTRACT,
        r#"rounding = { scope = "line", mode = "down" }"#,
        r#"rounding = { scope = "event", mode = "down" }"#,
        &["contracts/a.toml:37:9 tiers_by_event"],
    ),
    (
        CONTRACT,
        "mode = \"down\" }\nvat = { rate = \"10%\", rounding = \"half_up\" }\nreversal = \"rerate\"",
        "mode = \"down\" }\nreversal = \"mirror\"",
        &["contracts/a.toml:44:12 mirror_tiers"],
    ),
    (
        SALES,
        r#"original = "required""#,
        r#"original = "optional""#,
        &[
            "contracts/a.toml:29:12 original_not_required",
            "contracts/a.toml:95:17 original_not_required",
            "contracts/a.toml:108:17 original_not_required",
        ],
    ),
    (
        CONTRACT,
        r#"vat = { rate = "10%", rounding"#,
        r#"vat = { rate = "10%", mode = "inclusive", rounding"#,
        &["contracts/a.toml:44:7 vat_inclusive_document"],
    ),
    (
        CONTRACT,
        r#"vat = { rate = "10%", rounding"#,
        r#"vat = { rate = "10%", scope = "event", rounding"#,
        &["contracts/a.toml:44:7 vat_event_on_line"],
    ),
    (
        CONTRACT,
        "creditor = \"psp\"\npurpose = \"share\"\nrounding = { scope = \"line\"",
        "creditor = \"psp\"\npurpose = \"share\"\nrounding = { scope = \"event\"",
        &["contracts/a.toml:102:6 rest_of_line"],
    ),
    (
        CONTRACT,
        "on = \"rest\"\ndebtor = \"partner\"",
        "on = \"rest\"\ndimensions = [\"partner\"]\ndebtor = \"partner\"",
        &["contracts/a.toml:102:6 rest_differs"],
    ),
    (
        CONTRACT,
        "on = \"rest\"\ndebtor = \"partner\"",
        "on = \"rest\"\ndebtor = \"@partner\"",
        &["contracts/a.toml:102:6 rest_differs"],
    ),
    (CONTRACT, r#"on = "rest""#, "on = \"rest\"\nwhen = \"kind = 'sale'\"", &["contracts/a.toml:102:6 rest_differs"]),
    (
        CONTRACT,
        "reversal_date = \"original\"\n\n",
        "reversal_date = \"own\"\n\n",
        &["contracts/a.toml:102:6 rest_differs"],
    ),
    (
        CONTRACT,
        r#"known_from = "2019-06-30T00:00:00+09:00""#,
        r#"known_from = "2019-07-01T06:00:01+09:00""#,
        &["contracts/a.toml:80:14 version_retroactive"],
    ),
];

const WARNINGS: &[Case] = &[
    (
        CONTRACT,
        "[[version]]\nvalid_from = \"2019-07-01\"",
        "[[version]]\nvalid_from = \"2019-06-01\"\n\n[[version]]\nvalid_from = \"2019-07-01\"",
        &["contracts/a.toml:78:1 version_empty"],
    ),
    (
        PARTIES,
        "licence = \"L-2\"\njurisdiction = \"KR\"\n",
        "",
        &["parties.toml:8:1 licence_missing", "parties.toml:8:1 jurisdiction_missing"],
    ),
    (
        SALES,
        "received_at = { column = \"received\", format = \"rfc3339\" }\n",
        "",
        &["sources/sales.toml:1:1 received_missing"],
    ),
    (
        SALES,
        r#"id = { column = "id", type = "id" }"#,
        r#"id = { column = "id", type = "word" }"#,
        &["sources/sales.toml:24:22 identity_word"],
    ),
    (
        KR,
        r#"name = "1월 1일""#,
        "name = \"1월 1일\"\n[[holiday]]\ndate = \"2019-01-01\"",
        &["calendars/kr.toml:12:8 holiday_twice"],
    ),
    (KR, r#"from = "2018-01-01""#, r#"from = "2019-01-01""#, &[]),
    (
        KR,
        "from = \"2018-01-01\"\nto = \"2027-12-31\"\n\n[[holiday]]\ndate = \"2019-01-01\"",
        "from = \"2019-02-01\"\nto = \"2027-12-31\"\n\n[[holiday]]\ndate = \"2019-03-01\"",
        &["contracts/a.toml:10:7 calendar_late"],
    ),
    (
        PARTIES,
        "active_from = 2019-01-01",
        "active_from = 2019-03-01",
        &[
            "contracts/a.toml:39:10 party_not_yet_active",
            "contracts/a.toml:54:10 party_not_yet_active",
            "contracts/a.toml:64:10 party_not_yet_active",
            "contracts/a.toml:73:23 party_not_yet_active",
        ],
    ),
    (
        CONTRACT,
        r#"due = { business_days = 2, calendars = ["kr"] }"#,
        r#"due = { days = 2, roll = "next" }"#,
        &["contracts/a.toml:10:26 due_calendar_missing"],
    ),
    (CONTRACT, r#"rate = "100%""#, r#"rate = "10""#, &["contracts/a.toml:24:8 rate_high"]),
    (CONTRACT, "of = \"sales\"\nrate = \"10%\"\non = \"rest\"", "of = \"sales\"\nrate = \"10%\"\non = \"gross\"", &[]),
    (CONTRACT, r#"rate = "100%""#, "rate = \"100%\"\non = \"rest\"", &["contracts/a.toml:25:6 rest_of_nothing"]),
    (CONTRACT, "in ('card')", "= 'crad'", &["contracts/a.toml:18:43 word_never"]),
    (
        BOOK,
        r#"{ name = "POINT", digits = 0 }"#,
        r#"{ name = "JPY", digits = 2 }"#,
        &["book.toml:5:25 asset_digits_unusual"],
    ),
];

const ALL: &[&[Case]] = &[
    SYNTAX_IS_FAULTY,
    SHAPE_IS_FAULTY,
    VALUES_ARE_FAULTY,
    NAMES_ARE_UNKNOWN,
    SOURCES_ARE_FAULTY,
    EXPRESSIONS_ARE_FAULTY,
    EXPRESSIONS_MEET_WORDS,
    CALENDARS_ARE_FAULTY,
    TERMS_ARE_FAULTY,
    ARRIVAL_MATTERS,
    WARNINGS,
];

#[test]
fn syntax_is_faulty() {
    check(SYNTAX_IS_FAULTY);
}

#[test]
fn shape_is_faulty() {
    check(SHAPE_IS_FAULTY);
}

#[test]
fn values_are_faulty() {
    check(VALUES_ARE_FAULTY);
}

#[test]
fn names_are_unknown() {
    check(NAMES_ARE_UNKNOWN);
}

#[test]
fn sources_are_faulty() {
    check(SOURCES_ARE_FAULTY);
}

#[test]
fn expressions_are_faulty() {
    check(EXPRESSIONS_ARE_FAULTY);
}

#[test]
fn expressions_meet_words() {
    check(EXPRESSIONS_MEET_WORDS);
}

#[test]
fn calendars_are_faulty() {
    check(CALENDARS_ARE_FAULTY);
}

#[test]
fn terms_are_faulty() {
    check(TERMS_ARE_FAULTY);
}

#[test]
fn arrival_matters() {
    check(ARRIVAL_MATTERS);
}

#[test]
fn warnings() {
    check(WARNINGS);
}

#[test]
fn the_book_is_sound_before_it_is_broken() {
    let loaded = load_files(files()).unwrap();
    assert_eq!(listed(&loaded.warnings), Vec::<String>::new());
}

/// The sound book with files added, or replaced where they are there.
#[track_caller]
fn check_files(added: &[(&str, &str)], expected: &[&str]) {
    let mut files = files();
    for (path, text) in added {
        files.retain(|(known, _)| known != path);
        files.push(((*path).to_owned(), text.as_bytes().to_vec()));
    }
    let found = load_files(files).map_or_else(|faults| faults, |loaded| loaded.warnings);
    assert_eq!(listed(&found), expected);
}

#[test]
fn files_are_checked_together() {
    let twin = CONTRACT_TEXT.replace("id = \"a\"", "id = \"b\"");
    check_files(&[("contracts/b.toml", &twin)], &[]);
    check_files(&[("contracts/b.toml", CONTRACT_TEXT)], &["contracts/b.toml:1:1 id_twice"]);
    check_files(&[("contract/b.toml", &twin)], &["contract/b.toml:1:1 file_unexpected"]);
    check_files(&[("notes.toml", "")], &["notes.toml:1:1 file_unexpected"]);
    check_files(&[("README.md", "# Shop")], &[]);
    check_files(&[("sources/twin.toml", SALES_TEXT)], &["sources/twin.toml:1:1 id_twice"]);
    let second = SALES_TEXT.replace("id = \"sales\"", "id = \"second\"");
    check_files(
        &[("sources/twin.toml", &second)],
        &["sources/twin.toml:1:1 files_same", "sources/twin.toml:22:1 source_unused"],
    );
    let third = SALES_TEXT.replacen("id = \"sales\"", "id = \"third\"", 1).replace("sales_*", "third_*");
    check_files(&[("sources/twin.toml", &third)], &["sources/twin.toml:22:1 id_twice"]);
    let outside = SALES_TEXT.replace("id = \"sales\"\n", "id = \"outside\"\n").replace("files", "role = \"outside\" #");
    let rates = CONTRACT_TEXT.replace("[\"sales\"]", "[\"sales\", \"outside\"]");
    check_files(&[("sources/outside.toml", &outside)], &[]);
    check_files(&[("sources/outside.toml", &outside), (CONTRACT, &rates)], &["contracts/a.toml:3:21 source_outside"]);
}

#[test]
fn files_are_missing_or_unreadable() {
    let without = |folder: &str| {
        let kept = files().into_iter().filter(|(path, _)| !path.starts_with(folder)).collect();
        listed(&load_files(kept).map_or_else(|faults| faults, |loaded| loaded.warnings))
    };
    assert_eq!(without("book.toml"), ["book.toml:1:1 file_missing"]);
    assert_eq!(without("parties.toml"), ["parties.toml:1:1 file_missing"]);
    assert_eq!(without("sources/"), ["sources/*.toml:1:1 file_missing"]);
    assert_eq!(without("contracts/"), ["book.toml:1:1 contracts_missing"]);
    assert_eq!(load_files(Vec::new()).unwrap_err().len(), 3);

    let mut twice = files();
    twice.push(twice[0].clone());
    assert_eq!(listed(&load_files(twice).unwrap_err()), ["book.toml:1:1 file_twice"]);
    let mut korean = files();
    korean[1].1 = b"# \xea\xb0\x80\n[[party]]\nid = \"\xb0\xa1\"\n".to_vec();
    assert_eq!(listed(&load_files(korean).unwrap_err()), ["parties.toml:3:7 encoding_invalid"]);

    let nowhere = load_folder(std::path::Path::new("no/such/folder")).unwrap_err();
    assert_eq!(nowhere.iter().map(|fault| fault.code()).collect::<Vec<_>>(), ["book_unreadable"]);
    assert!(nowhere[0].is_of_the_world());
}

#[test]
fn a_folder_means_what_its_files_mean() {
    let folder = tempfile::tempdir().unwrap();
    for (path, bytes) in files() {
        let path = folder.path().join(path);
        fs::create_dir_all(path.parent().unwrap()).unwrap();
        fs::write(path, bytes).unwrap();
    }
    fs::write(folder.path().join("README.md"), "not read").unwrap();
    fs::write(folder.path().join("contracts/.a.toml.swp"), "not read").unwrap();
    let loaded = load_folder(folder.path()).unwrap();
    let again = load_files(files().into_iter().rev().collect()).unwrap();
    assert_eq!((loaded.digest, &loaded.files), (again.digest, &again.files));
    assert_eq!(loaded.adapters[0].key, again.adapters[0].key);
    let other = changed(PARTIES, "L-1", "L-9").unwrap();
    assert_ne!((loaded.digest, loaded.adapters[0].key), (other.digest, other.adapters[0].key));
    // A folder in the place of a file cannot be read as one.
    fs::create_dir(folder.path().join("contracts/b.toml")).unwrap();
    assert!(load_folder(folder.path()).is_ok());
}

#[test]
fn many_faults_are_told_at_once_and_bounded() {
    let mut faulty = files();
    for file in &mut faulty {
        file.1.extend_from_slice(b"\n[extra]\n");
    }
    let faults = load_files(faulty).unwrap_err();
    assert_eq!(faults.iter().map(|fault| &*fault.file).collect::<BTreeSet<_>>().len(), 5);
    let mut many = files();
    many[1].1 = "[[party]]\nid = \"\"\n".repeat(1_000).into_bytes();
    assert_eq!(load_files(many).unwrap_err().len(), book::FAULTS_MAX);
}

#[test]
fn there_is_a_most_of_everything() {
    let field = |number: usize| format!("f{number} = {{ column = \"price\", type = \"amount\" }}\n");
    let fields: String = (0..1_000).map(field).collect();
    let sources = SALES_TEXT.replace("[adapter.fields]\n", &format!("[adapter.fields]\n{fields}"));
    check_files(
        &[(SALES, &sources)],
        &["sources/sales.toml:1011:6 too_many", "sources/sales.toml:1027:12 field_unknown"],
    );
    let words: Vec<String> = (0..17).map(|number| format!("w{number}")).collect();
    let field = |name: &String| format!("{name} = {{ column = \"method\", type = \"word\" }}\n");
    let fields: String = words.iter().map(field).collect();
    let sources = SALES_TEXT.replace("[adapter.fields]\n", &format!("[adapter.fields]\n{fields}"));
    let contract = CONTRACT_TEXT.replace("[\"결제 수단\"]", &format!("{words:?}"));
    check_files(&[(SALES, &sources), (CONTRACT, &contract)], &["contracts/a.toml:42:103 too_many"]);
}

#[test]
fn texts_stand_in_two_languages() {
    let fault = &changed(CONTRACT, "rate = \"100%\"", "rate = \"x\"").unwrap_err()[0];
    assert_eq!(fault.text(Language::English), fault.to_string());
    expect_test::expect![[r#"
        contracts/a.toml:24:8: `x` is no rate; write it as "12.5%", "0.125" or "1/8"
        contracts/a.toml:24:8: `x`은(는) 요율이 아닙니다; "12.5%", "0.125", "1/8"처럼 쓰십시오
        version.term.rate
    "#]]
    .assert_eq(&format!("{fault}\n{}\n{}\n", fault.text(Language::Korean), fault.field));
}

/// Codes that stand in other tests of this file or cannot be brought about by a small book.
const ELSEWHERE: &[&str] = &[
    "account_unknown",
    "adapter_of_events",
    "adapter_unknown",
    "book_unreadable",
    "contracts_missing",
    "encoding_invalid",
    "file_missing",
    "file_twice",
    "file_unexpected",
    "files_same",
    "source_outside",
    "source_unused",
    "too_many",
    // These need a file of 256 MiB and one that may not be read.
    "file_too_large",
    "file_unreadable",
];

#[test]
fn every_code_has_a_case() {
    let shown = ALL.iter().flat_map(|cases| cases.iter()).flat_map(|(.., expected)| expected.iter());
    let mut seen: BTreeSet<&str> = shown.filter_map(|line| line.split(' ').nth(1)).collect();
    seen.extend(ELSEWHERE);
    seen.extend(crate::broken_terms::codes());
    seen.extend(crate::updates::codes());
    assert_eq!(seen, FaultKind::CODES.iter().copied().collect());
}
