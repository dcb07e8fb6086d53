//! A book is defined anew: what it has keeps its numbers whatever the order of the files, what is new comes behind, and what
//! may not change is told at its place.

use crate::shop::{CALENDAR, CONTRACT as CONTRACT_TEXT, SALES as SALES_TEXT, files, listed};
use book::{Base, Fault, Loaded, load_files, load_onto};
use calendar::Instant;
use engine::Book;
use event::Dictionary;
use proptest::prelude::*;
use std::collections::BTreeSet;

const BOOK: &str = "book.toml";
const PARTIES: &str = "parties.toml";
const KR: &str = "calendars/kr.toml";
const SALES: &str = "sources/sales.toml";
const CONTRACT: &str = "contracts/a.toml";
const JP: &str = "calendars/jp.toml";
const ECB: &str = "rates/ecb.toml";
const FIXINGS: &str = "rates/ecb.csv";

/// The moment of all loads but the first.
fn at() -> Instant {
    Instant::parse_rfc3339(b"2020-03-01T12:00:00Z").unwrap()
}

/// The shop with rates of exchange, and with a party and a calendar that nothing names.
fn before() -> Vec<(String, Vec<u8>)> {
    let rates = "[rates]\nid = \"ecb\"\nname = \"ECB\"\nbase = \"EUR\"\nzone = \"Europe/Berlin\"\npublished = \"16:00\"\n\
        file = \"ecb.csv\"\n";
    let fixings = "Date,USD,KRW\n2020-01-02,1.1193,1293.80\n2020-01-03,1.1147,1301.38\n";
    let mut files = files();
    files.push((JP.to_owned(), CALENDAR.replace("\"kr\"", "\"jp\"").into()));
    let mut files = edited(
        files,
        PARTIES,
        "[[party]]",
        "[[party]]\nid = \"shop-2\"\nname = \"2\"\ntax_type = \"person\"\n[[party]]",
    );
    files.extend([(ECB.to_owned(), rates.into()), (FIXINGS.to_owned(), fixings.into())]);
    files
}

fn edited(mut files: Vec<(String, Vec<u8>)>, path: &str, from: &str, to: &str) -> Vec<(String, Vec<u8>)> {
    let file = files.iter_mut().find(|(known, _)| known == path).unwrap_or_else(|| panic!("no {path}"));
    let text = String::from_utf8(file.1.clone()).unwrap();
    assert!(text.contains(from), "{path} has no {from}");
    file.1 = text.replacen(from, to, 1).into_bytes();
    files
}

/// The words that a book has when its events have brought some.
fn words(book: &Book) -> Dictionary {
    let mut words = book.dictionary.clone();
    words.intern("VISA");
    words.intern("new-party");
    words
}

fn updated(earlier: &Loaded, files: Vec<(String, Vec<u8>)>) -> Result<Loaded, Vec<Fault>> {
    load_onto(files, Base::Book { loaded: earlier, dictionary: &words(&earlier.book), at: at() })
}

/// Asserts that all numbers of one definition mean the same in the next.
#[track_caller]
fn assert_extends(before: &Loaded, after: &Loaded) {
    let (old, new) = (&before.book, &after.book);
    assert_eq!((before.key, &old.id, old.operator), (after.key, &new.id, new.operator));
    assert_eq!(new.assets[..old.assets.len()], old.assets);
    assert_eq!(new.asset_words[..old.assets.len()], old.asset_words);
    assert_eq!(new.kinds[..old.kinds.len()], old.kinds);
    assert_eq!(new.adapters[..old.adapters.len()], old.adapters);
    assert_eq!(new.zones[..old.zones.len()], old.zones);
    assert_eq!(new.purposes[..old.purposes.len()], old.purposes);
    assert_eq!(new.dictionary.texts_from(0)[..words(old).len()], *words(old).texts_from(0));
    let ids = |book: &Book| book.parties.iter().map(|party| party.id.clone()).collect::<Vec<_>>();
    assert_eq!(ids(new)[..old.parties.len()], ids(old));
    assert!(old.party_words.iter().all(|word| new.party_words.contains(word)));
    let ids = |book: &Book| book.sources.iter().map(|source| (source.id.clone(), source.word)).collect::<Vec<_>>();
    assert_eq!(ids(new)[..old.sources.len()], ids(old));
    let names = |book: &Book| book.calendars.iter().map(|calendar| calendar.name.clone()).collect::<Vec<_>>();
    assert_eq!(names(new)[..old.calendars.len()], names(old));
    for (old, new) in old.contracts.iter().zip(&new.contracts) {
        assert_eq!((&old.id, &old.versions[..]), (&new.id, &new.versions[..old.versions.len()]));
        assert_eq!(
            (&old.term_ids[..], &old.measures[..]),
            (&new.term_ids[..old.term_ids.len()], &new.measures[..old.measures.len()])
        );
    }
}

/// A file, a text of it, what replaces that, and what must be found: faults, or else warnings that were not there before.
type Case = (&'static str, &'static str, &'static str, &'static [&'static str]);

#[track_caller]
fn check(cases: &[Case]) {
    let earlier = load_files(before()).unwrap();
    let mut others = Vec::new();
    for (path, from, to, expected) in cases {
        let found = match updated(&earlier, edited(before(), path, from, to)) {
            Err(faults) => faults,
            Ok(loaded) => {
                assert_extends(&earlier, &loaded);
                let is_new = |warning: &Fault| !earlier.warnings.iter().any(|known| known.kind == warning.kind);
                loaded.warnings.into_iter().filter(is_new).collect()
            }
        };
        let texts: Vec<String> = found.iter().map(ToString::to_string).collect();
        if listed(&found) != *expected {
            others.push(format!("{path}: {from} => {to}: {:?}\n{}", listed(&found), texts.join("\n")));
        }
    }
    assert!(others.is_empty(), "{}", others.join("\n\n"));
}

const MAY_CHANGE: &[Case] = &[
    (BOOK, "name = \"Shop\"", "name = \"The shop\"", &[]),
    (BOOK, "\"USD\", {", "\"JPY\", \"USD\", {", &[]),
    (PARTIES, "name = \"Partner\"\ntax_type = \"general\"", "name = \"P\"\ntax_type = \"person\"", &[]),
    (PARTIES, "active_from = 2019-01-01", "active_to = 2021-01-01", &[]),
    (KR, "to = \"2027-12-31\"", "to = \"2028-12-31\"\n", &[]),
    (KR, "[[holiday]]", "[[holiday]]\ndate = \"2020-08-17\"\n[[holiday]]", &[]),
    (FIXINGS, "2020-01-03", "2020-03-02,1.1122,1321.76\n2020-01-03", &[]),
    (SALES, "files = [\"sales_*.csv\"]", "files = [\"s_*.csv\"]\nencoding = \"cp949\"", &[]),
    (SALES, "{ S = \"sale\"", "{ V = \"void\", S = \"sale\"", &[]),
    (SALES, "amount_max = \"1000000.00\"", "amount_max = \"5\"", &[]),
    (SALES, "events_per_s_max = 5000\n", "", &[]),
    (
        SALES,
        "column = \"method\", type = \"word\", map = { \"2\"",
        "column = \"method\", type = \"word\", map = { \"3\" = \"psp\", \"2\"",
        &[],
    ),
    (
        SALES,
        "[adapter.fields]",
        "[adapter.fields]\nnote = { column = \"method\", type = \"word\" }",
        &["sources/sales.toml:1:1 field_later"],
    ),
    (SALES, "link = \"ref\"", "link = \"ref\"\nexpires_after = { days = 3 }", &[]),
    (CONTRACT, "due = { business_days = 2", "look_back_months = 12\ndue = { business_days = 3", &[]),
    (CONTRACT, "ends_on = \"2030-01-01\"", "ends_on = \"2020-06-01\"", &[]),
    (CONTRACT, "rate = \"100%\"", "rate = '100%' # the same in other letters", &[]),
];

const MAY_NOT: &[Case] = &[
    (BOOK, "id = \"shop\"", "id = \"store\"", &["book.toml:1:1 definition_fixed"]),
    (BOOK, "operator = \"op\"", "operator = \"psp\"", &["book.toml:1:1 definition_fixed"]),
    (BOOK, "digits = 0", "digits = 1", &["book.toml:1:1 definition_fixed"]),
    (BOOK, ", { name = \"POINT\", digits = 0 }", "", &["book.toml:1:1 definition_gone"]),
    (PARTIES, "id = \"shop-2\"", "id = \"shop-3\"", &["parties.toml:1:1 definition_gone"]),
    (JP, "id = \"jp\"", "id = \"us\"", &["book.toml:1:1 definition_gone"]),
    (ECB, "id = \"ecb\"", "id = \"fed\"", &["book.toml:1:1 definition_gone"]),
    (KR, "date = \"2019-01-01\"", "date = \"2019-01-02\"", &["calendars/kr.toml:1:1 definition_fixed"]),
    (KR, "\"saturday\", ", "", &["calendars/kr.toml:1:1 definition_fixed"]),
    (KR, "from = \"2018-01-01\"", "from = \"2017-01-01\"", &["calendars/kr.toml:1:1 definition_fixed"]),
    (KR, "to = \"2027-12-31\"", "to = \"2026-12-31\"", &["calendars/kr.toml:1:1 definition_fixed"]),
    (FIXINGS, "1.1193", "1.1194", &["rates/ecb.toml:1:1 definition_fixed"]),
    (FIXINGS, "1.1193", "", &["rates/ecb.toml:1:1 definition_fixed"]),
    (ECB, "16:00", "15:00", &["rates/ecb.toml:1:1 definition_fixed"]),
    (
        SALES,
        "identity = { field = \"id\" }",
        "identity = { field = \"ref\" }",
        &["sources/sales.toml:22:1 definition_fixed"],
    ),
    (SALES, "identity =", "scheme = 2\nidentity =", &["sources/sales.toml:22:1 definition_fixed"]),
    (SALES, "fee = { column", "fees = { column", &["sources/sales.toml:25:49 expression_invalid"]),
    (SALES, "day = { column", "date = { column", &["sources/sales.toml:1:1 definition_gone"]),
    (SALES, "type = \"number\" }", "type = \"number\", scale = 1 }", &["sources/sales.toml:27:12 field_unknown"]),
    (SALES, "scale = 6", "scale = 5", &["sources/sales.toml:1:1 definition_fixed"]),
    (SALES, "reverses = true", "reverses = true\nonce = true", &["sources/sales.toml:22:1 definition_fixed"]),
    (CONTRACT, "when = \"partner <> ''\"", "when = \"partner <> 'x'\"", &["contracts/a.toml:1:1 definition_fixed"]),
    (CONTRACT, "cut_off = \"06:00\"", "cut_off = \"05:00\"", &["contracts/a.toml:1:1 definition_fixed"]),
    (CONTRACT, "lag_days = 2", "lag_days = 1", &["contracts/a.toml:1:1 definition_fixed"]),
    (CONTRACT, "{ week = \"monday\" }", "{ week = \"sunday\" }", &["contracts/a.toml:1:1 definition_fixed"]),
    (CONTRACT, "grace = { hours = 12 }", "grace = { hours = 13 }", &["contracts/a.toml:1:1 definition_fixed"]),
    (CONTRACT, "date_basis = \"at\"", "date_basis = \"day\"", &["contracts/a.toml:1:1 definition_fixed"]),
    (CONTRACT, "ends_on = \"2030-01-01\"", "ends_on = \"2020-03-01\"", &["contracts/a.toml:1:1 end_passed"]),
    (CONTRACT, "rate = \"12%\"", "rate = \"13%\"", &["contracts/a.toml:13:1 version_changed"]),
    (CONTRACT, "in ('card')", "in ('cash')", &["contracts/a.toml:1:1 version_changed"]),
    (CONTRACT, "valid_from = \"2019-07-01\"", "valid_from = \"2019-07-02\"", &["contracts/a.toml:1:1 definition_gone"]),
];

pub(crate) fn codes() -> BTreeSet<&'static str> {
    let cases = MAY_CHANGE.iter().chain(MAY_NOT);
    let shown = cases.flat_map(|(.., expected)| expected.iter()).filter_map(|line| line.split(' ').nth(1));
    shown.chain(["known_raised"]).collect()
}

#[test]
fn what_nothing_stands_on_may_change() {
    check(MAY_CHANGE);
}

#[test]
fn what_something_stands_on_may_not() {
    check(MAY_NOT);
}

/// The sections of a file that begin with a header, and what stands before the first.
fn sections<'a>(text: &'a str, header: &str) -> (&'a str, Vec<&'a str>) {
    let starts: Vec<usize> = text.match_indices(header).map(|(at, _)| at).collect();
    let ends = starts.iter().skip(1).copied().chain([text.len()]);
    (&text[..starts[0]], starts.iter().zip(ends).map(|(&from, until)| &text[from..until]).collect())
}

/// A version that governs from a day on and changes a rate alone.
fn version(valid_from: &str, known_from: &str, rate: &str) -> String {
    let (_, versions) = sections(CONTRACT_TEXT, "[[version]]");
    let text = versions[1].replace("valid_from = \"2019-07-01\"", &format!("valid_from = \"{valid_from}\""));
    text.replace("known_from = \"2019-06-30T00:00:00+09:00\"", known_from)
        .replace("rate = \"10%\"", &format!("rate = \"{rate}\""))
}

fn with_versions(versions: &[String]) -> Vec<(String, Vec<u8>)> {
    edited(before(), CONTRACT, "[[version]]", &format!("{}\n[[version]]", versions.concat()))
}

#[test]
fn versions_come_behind_and_are_known_from_the_load_on() {
    let first = load_files(before()).unwrap();
    let dates = |loaded: &Loaded| -> Vec<String> {
        let versions = loaded.book.contracts[0].versions.iter();
        versions.map(|own| format!("{} {}", own.valid_from, own.known_from)).collect()
    };
    let [late, early] = [version("2020-04-01", "", "11%"), version("2019-08-01", "", "12%")];
    let second = updated(&first, with_versions(std::slice::from_ref(&late))).unwrap();
    assert_extends(&first, &second);
    assert_eq!(listed(&second.warnings), listed(&first.warnings).iter().map(String::clone).collect::<Vec<_>>());
    // Loaded a second time, also with the moment of the load written down, it is the version that it was.
    let stated = version("2020-04-01", "known_from = \"2020-03-01T12:00:00Z\"", "11%");
    for same in [late, stated] {
        let third = updated(&second, with_versions(&[early.clone(), same])).unwrap();
        assert_extends(&second, &third);
        assert_eq!(
            dates(&third)[1..],
            ["2019-07-01 2019-06-29T15:00:00Z", "2020-04-01 2020-03-01T12:00:00Z", "2019-08-01 2020-03-01T12:00:00Z"]
        );
        let raised: Vec<&str> = third.warnings.iter().map(Fault::code).filter(|code| *code == "known_raised").collect();
        assert_eq!(raised.len(), 1);
    }
    // Of one day only the later known can be told from the earlier, so it has to say so.
    let again = [version("2020-04-01", "", "11%"), version("2020-04-01", "", "13%")];
    let faults = updated(&second, with_versions(&again)).unwrap_err();
    assert_eq!(faults.iter().map(Fault::code).collect::<Vec<_>>(), ["version_twice"]);
}

#[test]
fn later_versions_bring_no_other_way_of_adding_up() {
    let first = load_files(before()).unwrap();
    const NONE: [&str; 0] = [];
    let text = version("2020-04-01", "", "11%");
    let codes = |text: String| -> Vec<String> {
        let faults = updated(&first, with_versions(&[text])).err().unwrap_or_default();
        faults.iter().map(ToString::to_string).collect()
    };
    assert_eq!(codes(text.clone()), NONE);
    let found = codes(text.replace("purpose = \"share\"", "purpose = \"share\"\ndimensions = [\"kind\"]"));
    assert!(found.len() == 1 && found[0].contains("dimensions: kind"), "{found:?}");
    // A new measure and a new term are welcome: their sums begin at nothing.
    let more = text.replace(
        "[[version.term]]\nid = \"first\"",
        "returns = \"if(kind = 'refund', price, 0)\"\n\n[[version.term]]\nid = \"first\"",
    );
    assert_eq!(codes(more.clone()), NONE);
    // But what was not added up cannot be charged for days that have passed.
    let asks = more
        .replace("of = \"sales\"\nrate = \"11%\"", "of = \"returns\"\nrate = \"11%\"")
        .replace("on = \"rest\"\n", "");
    assert_eq!(codes(asks.clone()), NONE);
    let found = codes(asks.replace("2020-04-01", "2020-02-01"));
    assert!(found.len() == 1 && found[0].contains("`returns` begins at nothing"), "{found:?}");
}

#[test]
fn rates_that_come_later_are_known_later() {
    let first = load_files(before()).unwrap();
    let files =
        edited(before(), FIXINGS, "2020-01-03,1.1147,1301.38\n", "2020-01-03,1.1147,1301.38\n2020-02-03,1.1,1300\n");
    let second = updated(&first, files.clone()).unwrap();
    let third =
        load_onto(files, Base::Book { loaded: &second, dictionary: &second.book.dictionary, at: Instant(at().0 + 1) });
    for loaded in [&second, &third.unwrap()] {
        let known: BTreeSet<String> =
            loaded.book.rates[0].fixings().map(|(_, on, fixing)| format!("{on} {}", fixing.known_from)).collect();
        assert_eq!(
            known.into_iter().collect::<Vec<_>>(),
            ["2020-01-02 2020-01-02T15:00:00Z", "2020-01-03 2020-01-03T15:00:00Z", "2020-02-03 2020-03-01T12:00:00Z"]
        );
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Whatever stands before what the book has, and in whatever order: its numbers stay.
    #[test]
    fn numbers_do_not_depend_on_the_order_of_files(
        parties in Just((0..6_usize).collect::<Vec<_>>()).prop_shuffle(),
        names in proptest::collection::vec("[a-z]{1,3}", 3),
        swap in any::<bool>(),
    ) {
        let first = load_files(before()).unwrap();
        let old = before().into_iter().find(|(path, _)| path == PARTIES).unwrap().1;
        let old = String::from_utf8(old).unwrap();
        let (_, old) = sections(&old, "[[party]]");
        let new: Vec<String> = (0..2).map(|number| format!("[[party]]\nid = \"n{number}\"\nname = \"n\"\ntax_type = \"person\"\n")).collect();
        let all: Vec<&str> = old.into_iter().chain(new.iter().map(String::as_str)).collect();
        let parties: String = parties.iter().map(|&at| all[at]).collect();
        let sales = SALES_TEXT.replace("\"sales\"", "\"other\"").replace("sales_*", "other_*").replace("\"sale\"", "\"swap\"");
        let sales = sales.replace("kinds.sale]", "kinds.swap]");
        let contract = CONTRACT_TEXT.replace("id = \"a\"", "id = \"b\"").replace("[\"sales\"]", "[\"other\"]").replace("'sale'", "'swap'");
        let (head, versions) = sections(CONTRACT_TEXT, "[[version]]");
        let swapped = if swap { format!("{head}{}\n{}", versions[1], versions[0]) } else { CONTRACT_TEXT.to_owned() };
        let files = vec![
            (BOOK.to_owned(), before().into_iter().find(|(path, _)| path == BOOK).unwrap().1),
            (PARTIES.to_owned(), parties.into_bytes()),
            (format!("calendars/{}1.toml", names[0]), CALENDAR.into()),
            (format!("calendars/{}2.toml", names[1]), CALENDAR.replace("\"kr\"", "\"jp\"").into()),
            (format!("calendars/{}3.toml", names[2]), CALENDAR.replace("\"kr\"", "\"de\"").into()),
            (format!("sources/{}1.toml", names[2]), SALES_TEXT.into()),
            (format!("sources/{}2.toml", names[0]), sales.into_bytes()),
            (format!("contracts/{}1.toml", names[1]), swapped.into_bytes()),
            (format!("contracts/{}2.toml", names[2]), contract.into_bytes()),
        ];
        let rates = before().into_iter().filter(|(path, _)| path.starts_with("rates/"));
        let files = files.into_iter().chain(rates).collect();
        let second = updated(&first, files).map_err(|faults| TestCaseError::fail(format!("{:?}", listed(&faults))))?;
        assert_extends(&first, &second);
        prop_assert_eq!(second.book.parties.len(), first.book.parties.len() + 2);
        prop_assert_eq!(second.book.contracts.len(), 2);
    }
}
