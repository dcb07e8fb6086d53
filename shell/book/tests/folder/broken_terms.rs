//! Terms that are broken in one place: each fault stands at its line and column, has its code, and is the only one.

use crate::rates::{RATES_ARE_FAULTY, TABLES_ARE_FAULTY};
use crate::trade::{SHARE, TERMS_LINE, text, told};

/// A share: what it charges on the fifth line, further keys from the sixth on.
macro_rules! share {
    ($charged:expr) => {
        share!($charged, "")
    };
    ($charged:expr, $keys:expr) => {
        share!($charged, $keys, "sales", "line", "rerate")
    };
    ($charged:expr, $keys:expr, $of:expr, $scope:expr, $reversal:expr) => {
        concat!(
            "[[version.term]]\nid = \"x\"\nkind = \"share\"\nof = \"",
            $of,
            "\"\n",
            $charged,
            "\n",
            $keys,
            "\ndebtor = \"op\"\ncreditor = \"psp\"\npurpose = \"p\"\nrounding = { scope = \"",
            $scope,
            "\", mode = \"half_up\" }\nreversal = \"",
            $reversal,
            "\"\nreversal_date = \"own\"\n"
        )
    };
}

/// The same of a plain number.
macro_rules! count {
    ($charged:expr) => {
        count!($charged, "")
    };
    ($charged:expr, $keys:expr) => {
        share!($charged, $keys, "count", "line", "rerate")
    };
}

macro_rules! by_event {
    ($charged:expr, $keys:expr) => {
        share!($charged, $keys, "sales", "event", "rerate")
    };
}

macro_rules! mirrored {
    ($charged:expr, $keys:expr) => {
        share!($charged, $keys, "sales", "line", "mirror")
    };
}

macro_rules! tiers {
    () => {
        "tiers = [{ up_to = 5, rate = \"1%\" }, { rate = \"2%\" }]"
    };
}

/// Steps on the fifth line, further keys from the sixth on.
macro_rules! step {
    ($steps:expr, $keys:expr) => {
        concat!(
            "[[version.term]]\nid = \"x\"\nkind = \"step\"\nof = \"count\"\n",
            $steps,
            "\n",
            $keys,
            "\ndebtor = \"op\"\ncreditor = \"psp\"\npurpose = \"p\"\n"
        )
    };
}

/// Agents on the sixth line, further keys from the eighth on.
macro_rules! agents {
    ($agents:expr) => {
        agents!($agents, "line")
    };
    ($agents:expr, $scope:expr) => {
        agents!($agents, $scope, "")
    };
    ($agents:expr, $scope:expr, $keys:expr) => {
        concat!(
            "[[version.term]]\nid = \"x\"\nkind = \"agents\"\nof = \"sales\"\nagent = \"agent\"\nagents = ",
            $agents,
            "\ndebtor = \"op\"\n",
            $keys,
            "\npurpose = \"p\"\nrounding = { scope = \"",
            $scope,
            "\", mode = \"half_up\" }\n"
        )
    };
}

/// Attribution: keys from the seventh line on.
macro_rules! attribution {
    ($keys:expr, $scope:expr) => {
        concat!(
            "[[version.term]]\nid = \"x\"\nkind = \"attribution\"\nof = \"sales\"\npath = \"seller\"\ndebtor = \"op\"\n",
            $keys,
            "\npurpose = \"p\"\nrounding = { scope = \"",
            $scope,
            "\", mode = \"half_up\" }\n"
        )
    };
}

/// A closing term: what it looks at on the fourth line, further keys from the eighth on.
macro_rules! closing {
    ($kind:expr, $of:expr) => {
        closing!($kind, $of, "")
    };
    ($kind:expr, $of:expr, $keys:expr) => {
        closing!($kind, $of, $keys, "later")
    };
    ($kind:expr, $of:expr, $keys:expr, $id:expr) => {
        concat!(
            "[[version.term]]\nid = \"",
            $id,
            "\"\nkind = \"",
            $kind,
            "\"\nof = ",
            $of,
            "\ndebtor = \"op\"\ncreditor = \"psp\"\npurpose = \"p\"\n",
            $keys,
            "\n"
        )
    };
}

/// A closing term behind the usual share, so that it begins on the twelfth line.
macro_rules! over {
    ($kind:expr, $of:expr) => {
        over!($kind, $of, "")
    };
    ($kind:expr, $of:expr, $keys:expr) => {
        concat!("SHARE\n", closing!($kind, $of, $keys, "close"))
    };
}

/// Keys of the contract, terms (`SHARE` stands for the usual one), and what must be found: line and column from the first
/// term on, code.
type Case = (&'static str, &'static str, &'static [&'static str]);

#[track_caller]
fn check(cases: &[Case]) {
    for (head, terms, expected) in cases {
        let before = TERMS_LINE + head.lines().count() - 1;
        let (found, texts) = told(&[("contracts/t.toml", &text(head, &terms.replace("SHARE\n", SHARE)))]);
        let found: Vec<String> = found.iter().map(|found| from_terms(found, before)).collect();
        assert_eq!(&found, expected, "{head}{terms}\n{texts}");
    }
}

/// `line:column code` with the line from the first term on, or from the top where it stands before the terms.
fn from_terms(found: &str, before: usize) -> String {
    let rest = found.strip_prefix("contracts/t.toml:").expect("the contract itself is faulty");
    let (line, rest) = rest.split_once(':').expect("a line");
    let line: usize = line.parse().expect("a number");
    if line > before { format!("{}:{rest}", line - before) } else { format!("head {line}:{rest}") }
}

const SHARES_ARE_FAULTY: &[Case] = &[
    ("", share!("price = \"1\"", "tiers = [{ rate = \"1%\" }]"), &["5:9 key_conflict"]),
    ("", share!("rate = \"1%\"", "tiers_by = \"volume\""), &["6:12 key_misplaced"]),
    ("", share!("rate = \"1%\"", "reset = \"year\""), &["6:9 key_misplaced"]),
    ("", share!("rate = \"1%\"", "per = 1000"), &["6:7 key_misplaced"]),
    ("", share!("rate = \"1%\"", "asset = \"KRW\""), &["6:9 key_misplaced"]),
    ("", share!(tiers!(), "accumulator = \"count\""), &["6:15 key_misplaced"]),
    ("", share!(tiers!(), "tiers_by = \"steps\""), &["6:12 value_unknown"]),
    ("", share!(tiers!(), "reset = \"monthly\""), &["6:9 value_unknown"]),
    ("", share!(tiers!(), "reset = { months = 0, from = 2024-01-01 }"), &["6:20 number_out_of_range"]),
    ("", share!(tiers!(), "tiers_by = \"volume\"\naccumulator = \"counts\""), &["7:15 measure_unknown"]),
    ("", share!("rate = \"1%\"", "carry = \"charge\""), &["6:9 value_unknown"]),
    ("", share!("price = \"1\"", "carry = \"measure\""), &["5:9 price_of_amount", "6:9 key_misplaced"]),
    ("", share!("price = \"1\""), &["5:9 price_of_amount"]),
    ("", count!("price = \"-1\""), &["5:9 amount_negative"]),
    ("", count!("price = \"0.12345678901\""), &["5:9 price_too_fine"]),
    ("", count!("price = \"1\"", "per = 0"), &["6:7 number_out_of_range"]),
    ("", count!("price = \"1\"", "asset = \"USD\""), &["6:9 word_never"]),
    ("", count!("rate = \"1%\"", "on = \"rest\""), &["6:6 measure_not_money"]),
    ("", count!("rate = \"1%\"", "deductions = [{ name = \"a\", of = \"cost\" }]"), &["6:14 measure_not_money"]),
    ("", share!("rate = \"1%\"", "deductions = [{ name = \"a\", of = \"count\" }]"), &["6:34 measure_not_money"]),
    ("", share!("rate = \"1%\"", "deductions = [{ name = \"a\", of = \"costs\" }]"), &["6:34 measure_unknown"]),
    ("", share!("rate = \"1%\"", "deductions = [{ of = \"cost\" }]"), &["6:15 key_missing"]),
    ("", share!("rate = \"1%\"", "deductions = [{ name = \"a\" }]"), &["6:15 key_missing"]),
    (
        "",
        share!("rate = \"1%\"", "deductions = [{ name = \"a\", rate = \"3%\", allocate_by = \"sales\" }]"),
        &["6:56 key_misplaced"],
    ),
    (
        "",
        share!("rate = \"1%\"", "deductions = [{ name = \"a\", of = \"cost\", on = \"rest\" }]"),
        &["6:47 key_misplaced"],
    ),
    ("", share!("rate = \"1%\"", "carry = \"measure\"\non = \"rest\""), &["6:9 carry_of_rest"]),
];

const SUMS_ARE_NO_EVENTS: &[Case] = &[
    ("", by_event!("rate = \"1%\"", "carry = \"measure\""), &["6:9 line_only"]),
    ("", by_event!("rate = \"1%\"", "deductions = [{ name = \"a\", rate = \"3%\" }]"), &["6:14 line_only"]),
    ("", by_event!(tiers!(), "tiers_by = \"volume\""), &["5:9 tiers_by_event"]),
    ("", mirrored!("rate = \"1%\"", "carry = \"measure\""), &["11:12 mirror_depends"]),
    ("", mirrored!("rate = \"1%\"", "deductions = [{ name = \"a\", rate = \"3%\" }]"), &[]),
    (
        "",
        mirrored!("rate = \"1%\"", "deductions = [{ name = \"a\", of = \"cost\", allocate_by = \"sales\" }]"),
        &["11:12 mirror_depends"],
    ),
    ("", mirrored!(tiers!(), "tiers_by = \"volume\""), &["11:12 mirror_tiers"]),
    ("", concat!(mirrored!("rate = \"1%\"", ""), closing!("cap", "[\"x\"]", "amount = 1")), &["11:12 mirror_depends"]),
    ("", concat!(mirrored!("rate = \"1%\"", ""), closing!("carry", "[\"x\"]")), &["11:12 mirror_depends"]),
    (
        "",
        concat!(mirrored!("rate = \"1%\"", ""), closing!("minimum", "[\"x\"]", "amount = 1")),
        &["11:12 mirror_depends"],
    ),
    ("", concat!(mirrored!("rate = \"1%\"", ""), closing!("advance", "[\"x\"]", "amount = 1\non = 2020-01-01")), &[]),
    ("", step!("steps = [{ amount = 1 }]", "rounding = { scope = \"event\", mode = \"down\" }"), &["5:9 line_only"]),
    ("", step!("steps = [{ amount = 1 }]", "reversal = \"mirror\""), &["6:12 mirror_depends"]),
    ("", agents!("[{ party = \"psp\", rate = \"1%\" }]", "event"), &["6:10 line_only"]),
];

const STEPS_AND_AGENTS_ARE_FAULTY: &[Case] = &[
    ("", step!("steps = []", ""), &["5:9 list_empty"]),
    ("", step!("steps = [{ up_to = 5, amount = 1 }]", ""), &["5:20 tier_bounded"]),
    ("", step!("steps = [{ amount = 1 }, { amount = 2 }]", ""), &["5:10 tier_unbounded"]),
    (
        "",
        step!("steps = [{ up_to = 5, amount = 1 }, { up_to = 4, amount = 1 }, { amount = 2 }]", ""),
        &["5:47 tier_order"],
    ),
    ("", step!("steps = [{ amount = \"1.5\" }]", ""), &["5:21 digits_too_many"]),
    ("", step!("steps = [{ amount = 1 }]", "rate = \"1%\""), &["6:8 key_misplaced"]),
    ("", agents!("[{ party = \"psp\", under = \"op\", rate = \"1%\" }]"), &["6:36 agent_unknown"]),
    ("", agents!("[{ party = \"psp\", under = \"psp\", rate = \"1%\" }]"), &["6:36 agent_cycle"]),
    (
        "",
        agents!(
            "[{ party = \"op\", under = \"psp\", rate = \"1%\" }, { party = \"psp\", under = \"op\", rate = \"1%\" }]"
        ),
        &["6:35 agent_cycle"],
    ),
    (
        "",
        agents!("[{ party = \"op\", under = \"psp\", rate = \"3%\" }, { party = \"psp\", rate = \"1/50\" }]"),
        &["6:49 agent_rate"],
    ),
    ("", agents!("[{ party = \"psp\", rate = \"3%\" }, { party = \"psp\", rate = \"2%\" }]"), &["6:53 id_twice"]),
    ("", agents!("[{ party = \"ps\", rate = \"3%\" }]"), &["6:21 party_unknown"]),
    ("", agents!("[{ party = \"psp\", rate = \"3%\" }]", "line", "creditor = \"psp\""), &["8:12 key_misplaced"]),
    ("", agents!("[{ party = \"psp\", rate = \"3%\" }]", "line", "vat = 1"), &["8:7 type_wrong"]),
];

const ATTRIBUTION_IS_FAULTY: &[Case] = &[
    ("", attribution!("model = \"linear\"", "event"), &["1:1 line_only"]),
    ("", attribution!("model = \"linear\"\nreversal = \"mirror\"", "line"), &["8:12 mirror_depends"]),
    ("", attribution!("model = \"linear\"\nhalf_life = 1", "line"), &["8:13 key_misplaced"]),
    ("", attribution!("model = \"middle\"", "line"), &["7:9 value_unknown"]),
    (
        "",
        attribution!("model = \"position\"\nfirst_percent = 60\nlast_percent = 41", "line"),
        &["9:16 number_out_of_range"],
    ),
    ("", attribution!("", "line"), &["1:1 key_missing"]),
    ("", concat!(attribution!("model = \"linear\"", "line"), closing!("cap", "[\"x\"]", "amount = 1")), &[]),
];

const CLOSING_TERMS_ARE_FAULTY: &[Case] = &[
    ("", over!("cap", "[\"shares\"]", "amount = 1"), &["15:7 term_unknown"]),
    ("", over!("cap", "[]", "amount = 1"), &["15:6 list_empty"]),
    ("", over!("cap", "\"share\"", "amount = 1"), &["15:6 type_wrong"]),
    ("", over!("cap", "[\"share\", \"share\"]", "amount = 1"), &["15:16 id_twice"]),
    (
        "",
        over!("cap", "[\"share\"]", "amount = 1\nrounding = { scope = \"line\", mode = \"down\" }"),
        &["20:12 key_misplaced"],
    ),
    ("", over!("cap", "[\"share\"]", "amount = 1\nwhen = \"count = 1\""), &["20:8 key_misplaced"]),
    ("", over!("cap", "[\"share\"]", "amount = 1\nspan = \"year\""), &["20:8 key_misplaced"]),
    ("", over!("cap", "[\"share\"]"), &["12:1 key_missing"]),
    ("", over!("cap", "[\"share\"]", "amount = \"1.5\""), &["19:10 digits_too_many"]),
    ("", over!("cap", "[\"share\"]", "amount = 1\nasset = \"USD\""), &["15:7 closing_asset"]),
    ("", over!("cap", "[\"close\"]", "amount = 1"), &["15:7 closing_order"]),
    (
        "",
        concat!(
            over!("minimum", "[\"share\", \"later\"]", "amount = 1"),
            closing!("advance", "[\"share\"]", "amount = 1\non = 2020-01-01")
        ),
        &["15:16 closing_order"],
    ),
    (
        "",
        concat!(
            over!("minimum", "[\"share\"]", "amount = 1"),
            closing!("advance", "[\"share\", \"close\"]", "amount = 1\non = 2020-01-01")
        ),
        &[],
    ),
    (
        "",
        "SHARE\n[[version.term]]\nid = \"close\"\nkind = \"carry\"\nof = [\"share\"]\ndebtor = \"psp\"\ncreditor = \"op\"\npurpose = \"p\"\n",
        &["15:7 closing_parties"],
    ),
    ("", over!("advance", "[\"share\"]", "amount = 1"), &["12:1 key_missing"]),
    ("", over!("advance", "[\"share\"]", "amount = 1\non = 2018-12-31"), &["12:1 advance_never"]),
    ("ends_on = 2020-01-01\n", over!("advance", "[\"share\"]", "amount = 1\non = 2020-01-01"), &["12:1 advance_never"]),
    ("", over!("minimum", "[\"share\"]", "amount = 1\nspan = \"never\""), &["20:8 value_unknown"]),
    ("", over!("minimum", "[\"share\"]", "amount = 1\nrecoupable = 1"), &["20:14 type_wrong"]),
    ("", over!("prepaid", "[\"share\"]", "top_up = \"count\""), &["19:10 measure_not_money"]),
    ("", over!("prepaid", "[\"share\"]", "top_up = \"top_ups\""), &["19:10 measure_unknown"]),
    ("", over!("prepaid", "[\"share\"]", "top_up = \"cost\"\nlow = \"-1\""), &["20:7 amount_negative"]),
    (
        "",
        concat!(
            over!("cap", "[\"share\"]", "amount = 1"),
            "[[version]]\nvalid_from = \"2020-01-01\"\n",
            closing!("carry", "[\"share\"]", "", "close")
        ),
        &["22:1 kind_changed"],
    ),
];

const CONTRACTS_ARE_FAULTY: &[Case] = &[
    ("issue = \"later\"\n", "SHARE\n", &["head 6:9 value_unknown"]),
    ("look_back_months = 0\n", "SHARE\n", &["head 6:20 number_out_of_range"]),
    ("payout = { hold_days = 4000 }\n", "SHARE\n", &["head 6:24 number_out_of_range"]),
    ("payout = { hold_days = 3, asset = \"KRW\" }\n", "SHARE\n", &["head 6:35 key_misplaced"]),
    ("conversion = { rates = \"ecb\", to = \"KRW\" }\n", "SHARE\n", &["head 6:14 key_missing"]),
    ("conversion = { rates = \"ec\", to = \"KRW\", digits = 4 }\n", "SHARE\n", &["head 6:24 rates_unknown"]),
    ("conversion = { rates = \"ecb\", to = \"POINT\", digits = 4 }\n", "SHARE\n", &["head 6:24 rates_without"]),
    ("conversion = { rates = \"ecb\", to = \"USD\", digits = 11 }\n", "SHARE\n", &["head 6:52 number_out_of_range"]),
    (
        "conversion = { rates = \"ecb\", to = \"USD\", digits = 4, below = \"100%\" }\n",
        "SHARE\n",
        &["head 6:63 margin_whole"],
    ),
    (
        "conversion = { rates = \"ecb\", to = \"USD\", digits = 4, below = \"1%\", above = \"1%\" }\n",
        "SHARE\n",
        &["head 6:77 key_conflict"],
    ),
    (
        "conversion = { rates = \"ecb\", to = \"USD\", digits = 4 }\n",
        over!("cap", "[\"share\"]", "amount = 1\nasset = \"KRW\""),
        &["20:9 conversion_asset"],
    ),
    (
        "conversion = { rates = \"ecb\", to = \"USD\", digits = 4 }\npayout = { minimum = 1, asset = \"KRW\" }\n",
        "SHARE\n",
        &["head 7:33 conversion_asset"],
    ),
    (
        "conversion = { rates = \"ecb\", to = \"USD\", digits = 4 }\n",
        by_event!("rate = \"1%\"", ""),
        &["10:12 conversion_by_event"],
    ),
];

const ALL: &[&[Case]] = &[
    SHARES_ARE_FAULTY,
    SUMS_ARE_NO_EVENTS,
    STEPS_AND_AGENTS_ARE_FAULTY,
    ATTRIBUTION_IS_FAULTY,
    CLOSING_TERMS_ARE_FAULTY,
    CONTRACTS_ARE_FAULTY,
];

/// The codes that the cases of this file and those of rates show.
pub(crate) fn codes() -> impl Iterator<Item = &'static str> {
    let of_terms = ALL.iter().flat_map(|cases| cases.iter()).flat_map(|(.., expected)| expected.iter().copied());
    let of_pools = POOLS_ARE_FAULTY.iter().map(|(.., expected)| *expected).filter(|code| !code.is_empty());
    let tables = RATES_ARE_FAULTY.iter().chain(TABLES_ARE_FAULTY).map(|(.., expected)| *expected);
    of_terms.chain(of_pools).chain(tables).filter_map(|line| line.rsplit(' ').next())
}

#[test]
fn shares_are_faulty() {
    check(SHARES_ARE_FAULTY);
}

#[test]
fn sums_are_no_events() {
    check(SUMS_ARE_NO_EVENTS);
}

#[test]
fn steps_and_agents_are_faulty() {
    check(STEPS_AND_AGENTS_ARE_FAULTY);
}

#[test]
fn attribution_is_faulty() {
    check(ATTRIBUTION_IS_FAULTY);
}

#[test]
fn closing_terms_are_faulty() {
    check(CLOSING_TERMS_ARE_FAULTY);
}

#[test]
fn contracts_are_faulty() {
    check(CONTRACTS_ARE_FAULTY);
}

/// What a guarantee pools, a text of the other contract and what replaces it, the code.
const POOLS_ARE_FAULTY: &[(&str, &str, &str, &str)] = &[
    ("share", "", "", "pool_invalid"),
    ("t/share", "", "", "pool_invalid"),
    ("p/share", "", "", "contract_unknown"),
    ("other/shares", "", "", "term_unknown"),
    ("other/share", "\"month\"", "\"day\"", "pool_differs"),
    ("other/share", "cycle", "zone = \"UTC\"\ncycle", "pool_differs"),
    ("other/share", "cycle", "cut_off = \"06:00\"\ncycle", "pool_differs"),
    ("other/share", "cycle", "lag_days = 1\ncycle", "pool_differs"),
    ("other/share", "creditor = \"psp\"", "creditor = \"@seller\"", "pool_parties"),
    ("other/share", "creditor = \"psp\"", "creditor = \"partner\"", "pool_parties"),
    ("other/share", "\"won\"", "\"sales\"", ""),
    ("other/share", "cycle", "conversion = { rates = \"ecb\", to = \"USD\", digits = 4 }\ncycle", "pool_asset"),
    ("other/close", "", "", "pool_closing"),
    ("other/share", "recoupable = true", "pool = [\"t/share\"]", "pool_of_pool"),
];

#[test]
fn pools_are_faulty() {
    for (name, from, to, expected) in POOLS_ARE_FAULTY {
        let minimum = |keys: &str| {
            format!(
                "{SHARE}[[version.term]]\nid = \"close\"\nkind = \"minimum\"\nof = [\"share\"]\ndebtor = \"op\"\n\
                 creditor = \"psp\"\npurpose = \"p\"\namount = 1\nasset = \"KRW\"\n{keys}\n"
            )
        };
        let own = text("", &minimum(&format!("pool = [\"{name}\"]")));
        let other = text("", &minimum("recoupable = true")).replace("id = \"t\"", "id = \"other\"");
        let mut other = other.replace(from, to);
        if *expected == "pool_asset" {
            other = other.replace("asset = \"KRW\"", "");
        }
        let (found, texts) = told(&[("contracts/t.toml", &own), ("contracts/other.toml", &other)]);
        // Where both contracts pool each other, both are told.
        let found = found.iter().filter(|found| found.starts_with("contracts/t.toml:33:9 "));
        let found: Vec<&str> = found.filter_map(|found| found.rsplit(' ').next()).collect();
        let expected: Vec<&str> = Some(*expected).into_iter().filter(|code| !code.is_empty()).collect();
        assert_eq!(found, expected, "{name}: {from} => {to}\n{texts}");
    }
}
