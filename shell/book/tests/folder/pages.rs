//! The pages of the terms say what is true: each of their contracts loads, and gives the numbers that stand there.

use book::{Loaded, load_files};
use calendar::{Cycle, Date, Instant};
use contract::{Carried, Cell, Contract, Layout, Line, LineOf, Pooled, Question, evaluate};
use engine::Book;
use event::{Dictionary, PartyId, Word};
use money::{AssetId, power_of_ten};
use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const PARTIES: [&str; 7] = ["operator", "studio", "brand", "agency", "master", "publisher", "mall"];

const SOURCE: &str = r#"[adapter]
id = "events"
format = "csv"
files = ["events_*.csv"]
columns = ["id", "at", "amount", "kind", "game", "agent"]
received_at = { file_name = "events_{yyyy}-{mm}.csv" }
kind = "sale"
asset = "KRW"
[adapter.fields]
at = { column = "at", type = "time", format = "rfc3339" }
amount = { column = "amount", type = "amount" }
game = { column = "game", type = "word" }
agent = { column = "agent", type = "word" }
path = { column = "kind", type = "word" }
[[source]]
id = "events"
identity = { columns = ["id"] }
"#;

const HEAD: &str = "sources = [\"events\"]\ndate_basis = \"at\"\ncycle = \"month\"\n";

/// What the pages measure: amounts, then plain numbers.
const AMOUNTS: [&str; 8] =
    ["sales", "ggr", "ngr", "turnover", "bonus_cost", "platform_cost", "promotion_cost", "top_ups"];
const COUNTS: [&str; 4] = ["clicks", "impressions", "conversions", "orders"];

fn folder() -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/reference/terms")
}

/// The texts of contracts on a page, in order.
fn blocks(page: &str) -> Vec<String> {
    let text = fs::read_to_string(folder().join(format!("{page}.md"))).expect("the page is there");
    let blocks = text.split("```toml\n").skip(1).filter_map(|rest| rest.split("```").next());
    blocks.map(str::to_owned).collect()
}

/// A book whose contract has this text: terms, or keys of its head.
fn files(block: &str, asset: &str) -> Vec<(String, Vec<u8>)> {
    let (head, terms) = if block.starts_with('[') { ("", block) } else { (block, "") };
    let measure = |name: &&str| format!("{name} = \"amount\"\n");
    let count = |name: &&str| format!("{name} = \"1\"\n");
    let measures: String = AMOUNTS.iter().map(measure).chain(COUNTS.iter().map(count)).collect();
    let contract = |id: &str, head: &str, terms: &str| {
        format!(
            "[contract]\nid = \"{id}\"\n{HEAD}{head}[[version]]\nvalid_from = \"2020-01-01\"\n[version.measures]\n\
             {measures}{terms}"
        )
    };
    let party = |id: &&str| {
        format!(
            "[[party]]\nid = \"{id}\"\nname = \"{id}\"\ntax_type = \"general\"\nlicence = \"1\"\njurisdiction = \"KR\"\n"
        )
    };
    let second = contract("second-game", "", &blocks("share")[0]);
    let texts = [
        (
            "book.toml",
            "[book]\nid = \"b\"\nname = \"B\"\noperator = \"operator\"\nassets = [\"KRW\", \"USD\"]\nzone = \"Asia/Seoul\"\n".to_owned(),
        ),
        ("parties.toml", PARTIES.iter().map(party).collect()),
        ("sources/events.toml", SOURCE.replace("KRW", asset)),
        ("contracts/a.toml", contract("a", head, terms)),
        ("contracts/b.toml", second),
        ("rates/ecb.toml", crate::trade::RATES.to_owned()),
        ("rates/ecb.csv", crate::trade::TABLE.to_owned()),
    ];
    texts.map(|(path, text)| (path.to_owned(), text.into_bytes())).into()
}

#[track_caller]
fn load(block: &str, asset: &str) -> Loaded {
    load_files(files(block, asset)).unwrap_or_else(|faults| {
        let told: Vec<String> = faults.iter().map(ToString::to_string).collect();
        panic!("{block}\n{}", told.join("\n"))
    })
}

/// Words and sums of one tally.
type Tally = (Vec<Word>, Vec<i128>);

/// A tally from `name=amount` in the asset's units and `game=word`.
fn tally(text: &str, contract: &Contract, digits: u8, dictionary: &mut Dictionary) -> Tally {
    let mut words = vec![Word(0); contract.dimensions.len()];
    let mut sums = vec![0; contract.measures.len()];
    for (name, value) in text.split_whitespace().filter_map(|part| part.split_once('=')) {
        if let Some(at) = contract.dimensions.iter().position(|dimension| &*dimension.name == name) {
            words[at] = dictionary.intern(value);
            continue;
        }
        let at = contract.measures.iter().position(|measure| &*measure.name == name).expect("a measure");
        let measure = &contract.measures[at];
        let scale = if measure.money { measure.scale - digits } else { measure.scale };
        sums[at] = value.parse::<i128>().expect("a number") * power_of_ten(scale).expect("it fits");
    }
    (words, sums)
}

/// The parties of a path.
fn touches(book: &Book, path: Word, separator: &str) -> Vec<PartyId> {
    let text = book.dictionary.text(path);
    text.split(separator).map(|id| book.party(id.trim()).expect("a party")).collect()
}

/// `term amount` of each line.
fn shown(contract: &Contract, lines: &[Line]) -> String {
    let line = |line: &Line| match line.key.of {
        LineOf::Term { term, version } => {
            format!("{} {}", contract.versions[usize::from(version)].terms[usize::from(term)].id, line.amount)
        }
        _ => format!("vat {}", line.amount),
    };
    lines.iter().map(line).collect::<Vec<_>>().join(", ")
}

/// What a contract of a page charges month after month: its tallies, several behind `;`, and its lines.
#[track_caller]
fn check(page: &str, block: usize, asset: &str, months: &[(&str, &str)]) {
    let mut book = load(&blocks(page)[block], asset).book;
    let asset = AssetId(u16::from(asset == "USD"));
    let digits = book.assets[usize::from(asset.0)].digits;
    let contract = book.contracts[0].clone();
    let layout = Layout::of_contract(&contract);
    let (mut carried, mut from) = (Carried::new(), None);
    for (number, (texts, expected)) in (1..).zip(months) {
        let day = Date::new(2026, number, 1).expect("a month");
        let period = Cycle::Month.period_of(day);
        let texts = texts.split(';').filter(|text| !text.is_empty());
        let tallies: Vec<Tally> = texts.map(|text| tally(text, &contract, digits, &mut book.dictionary)).collect();
        let cells = tallies.iter().map(|(dimensions, sums)| Cell {
            asset,
            day,
            rate_on: day,
            version_on: day,
            dimensions,
            sums,
        });
        let question = Question {
            contract: &contract,
            layout: &layout,
            known_at: Instant::END,
            period,
            next_on: Some(period.end),
            carried_in: &carried,
            carried_from_on: from,
            rates: &book.rates,
            pooled: &|_: Pooled| 9_000,
            asset,
            digits,
            operator: book.operator,
            party_of: &|word| book.party_of_word(word).expect("a party"),
            touches_of: &|path, separator| touches(&book, path, separator),
            in_order: &|left, right| book.dictionary.text(left).cmp(book.dictionary.text(right)),
        };
        let evaluated = evaluate(&question, &cells.collect::<Vec<_>>()).expect("it fits");
        assert_eq!(shown(&contract, &evaluated.lines), *expected, "{page} {block}, month {number}");
        (carried, from) = (evaluated.carried, Some(day));
    }
}

#[test]
fn every_contract_of_every_page_is_sound() {
    let mut count = 0;
    for entry in fs::read_dir(folder()).expect("the pages are there") {
        let name = entry.expect("a page").file_name().to_string_lossy().into_owned();
        let page = name.trim_end_matches(".md");
        for block in blocks(page) {
            let asset = if ["price", "conversion"].contains(&page) { "USD" } else { "KRW" };
            let loaded = load(&block, asset);
            assert_eq!(loaded.book.contracts.len(), 2, "{page}");
            count += 1;
        }
    }
    assert!(count >= 25, "{count} contracts");
}

/// Each value replaced by values of other types, and each line left out: a book or faults, and never a panic.
#[test]
fn every_slip_in_a_contract_gives_a_book_or_faults() {
    const VALUES: &[&str] = &[
        "1",
        "-1",
        "1.5",
        "true",
        "\"\"",
        "\"x\"",
        "[]",
        "{}",
        "[{}]",
        "[[]]",
        "2019-01-01",
        "[\"x\"]",
        "[\"share\"]",
        "[1]",
        "[{ rate = \"1%\" }]",
        "\"operator\"",
        "\"@game\"",
        "\"clicks\"",
        "\"sales\"",
        "\"share\"",
        "\"carry\"",
        "\"1/0\"",
        "\"99999999999999999999999999\"",
        "{ months = 1, from = 1 }",
        "{ scope = \"event\", mode = \"up\" }",
    ];
    // Lines that stand on several pages are tried once.
    let mut seen = BTreeSet::new();
    for entry in fs::read_dir(folder()).expect("the pages are there") {
        let name = entry.expect("a page").file_name().to_string_lossy().into_owned();
        for block in blocks(name.trim_end_matches(".md")) {
            let kind = block.lines().find(|line| line.starts_with("kind"));
            for (number, line) in block.lines().enumerate() {
                if !seen.insert(format!("{kind:?} {line}")) {
                    continue;
                }
                let key = line.split(" = ").next().unwrap_or_default();
                for value in VALUES.iter().map(|value| format!("{key} = {value}")).chain([String::new()]) {
                    let mut lines: Vec<&str> = block.lines().collect();
                    lines[number] = &value;
                    if let Err(faults) = load_files(files(&lines.join("\n"), "KRW")) {
                        assert!(!faults.is_empty(), "{value}");
                    }
                }
            }
        }
    }
}

#[test]
fn shares_charge_what_their_pages_say() {
    check("share", 0, "KRW", &[("sales=1234567", "share 148148")]);
    check("share", 1, "KRW", &[("sales=10001", "brand 7001, studio 1500")]);
    check("graduated", 0, "KRW", &[("sales=1600000", "share 190000"), ("sales=1000000", "share 100000")]);
    check("graduated", 1, "KRW", &[("sales=800000", "share 80000"), ("sales=700000", "share 95000")]);
    check("volume", 0, "KRW", &[("sales=1000000", "share 100000"), ("sales=1000001", "share 80000")]);
    check("volume", 1, "KRW", &[("turnover=60000000 ggr=2000000", "share 240000")]);
    let games =
        "game=a ggr=10000000 bonus_cost=500000 turnover=60000000 platform_cost=1000000;game=b turnover=40000000";
    check("deductions", 0, "KRW", &[(games, "share 1920000, share -100000")]);
    let media = "clicks=1234 impressions=45678 conversions=40";
    check("price", 0, "USD", &[(media, "clicks 43190, impressions 11420, conversions 48000")]);
    check("promotion", 0, "KRW", &[("promotion_cost=30001", "brand-part 18001")]);
    check("promotion", 1, "KRW", &[("promotion_cost=30001", "brand-part 15001, agency-part 15000")]);
}

#[test]
fn other_terms_charge_what_their_pages_say() {
    check("division", 0, "KRW", &[("sales=10006", "royalty 1001, royalty 2702, royalty 6303")]);
    let path = "path=agency>publisher>mall>publisher sales=10001";
    check("attribution", 0, "KRW", &[(path, "credit 4000, credit 5001, credit 1000")]);
    check("fixed", 0, "KRW", &[("", "rent 50000")]);
    check(
        "step",
        0,
        "KRW",
        &[("orders=1000", "platform-fee 100000"), ("orders=1001", "platform-fee 150000"), ("", "")],
    );
    check("agents", 0, "KRW", &[("agent=agency ngr=1000010", "commission 30000, commission 20001")]);
    check("vat", 0, "KRW", &[("sales=3015", "fee 3015, vat 302")]);
}

#[test]
fn closing_terms_charge_what_their_pages_say() {
    let months = [
        ("sales=300000", "share 36000, floor 14000"),
        ("sales=600000", "share 72000"),
        ("sales=1000000", "share 120000, cap -20000"),
    ];
    check("bound", 0, "KRW", &months);
    check(
        "minimum",
        0,
        "KRW",
        &[("ggr=300000", "share 36000, guarantee 14000"), ("ggr=400000", "share 48000, guarantee 2000")],
    );
    let months = [("ggr=300000", "share 36000, guarantee 14000"), ("ggr=1000000", "share 120000, guarantee -14000")];
    check("minimum", 1, "KRW", &months);
    check("minimum", 2, "KRW", &[("ggr=300000", "share 36000, guarantee 5000")]);
    let months = [("ggr=-600000", "share 0, guarantee 50000"), ("ggr=1600000", "share 100000")];
    check("carry", 0, "KRW", &months);
    let months =
        [("ggr=-600000", "share -60000, guarantee 50000, carry 60000"), ("ggr=1600000", "share 190000, carry -60000")];
    check("carry", 1, "KRW", &months);
    let low = [months[0], ("ggr=800000", "share 80000, carry -60000")];
    check("carry", 1, "KRW", &low);
    let third = 1_000_000 / 3 + 1;
    let sales = [format!("sales={third}"), "sales=1666667".to_owned()];
    let months = [
        (&*sales[0], "share 40000, advance 100000, advance -20000"),
        (&*sales[1], "share 200000, advance -80000"),
        (&*sales[1], "share 200000"),
    ];
    check("advance", 0, "KRW", &months);
    let months = [
        ("turnover=3000000 top_ups=500000", "play 180000, credit -180000"),
        ("turnover=6666667", "play 400000, credit -320000"),
    ];
    check("prepaid", 0, "KRW", &months);
}
