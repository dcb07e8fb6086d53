//! What a sound book becomes, value by value.

use crate::shop::{changed, files};
use book::{Loaded, load_files};
use calendar::{CalendarId, Cycle, Date, DueBase, DueRule, Grace, Instant, Roll, Weekday};
use contract::{
    Base, Basis, Climb, Contract, Dimension, Reversal, ReversalDate, Role, Scope, TermKind, Tier, Treatment, VatScope,
};
use event::{KindId, KindRule, Original, PartyId, SourceId};
use intake::adapter::{Choice, Format, Header, IdentityPlan, Received, Route, Unit};
use money::{AssetId, Rate, Rounding};

fn loaded() -> Loaded {
    load_files(files()).unwrap()
}

fn contract() -> Contract {
    loaded().book.contracts.remove(0)
}

const MIRROR: Treatment = Treatment { reversal: Reversal::Mirror, date: ReversalDate::Own };
const OF_ORIGINAL: Treatment = Treatment { reversal: Reversal::Rerate, date: ReversalDate::Original };

#[test]
fn the_head_has_names_resolved() {
    let book = loaded().book;
    assert_eq!((&*book.id, book.operator), ("shop", PartyId(0)));
    let assets: Vec<(&str, u8)> = book.assets.iter().map(|asset| (&*asset.name, asset.digits)).collect();
    assert_eq!(assets, [("KRW", 0), ("USD", 2), ("POINT", 0)]);
    assert_eq!(book.zones.iter().map(|zone| &*zone.name).collect::<Vec<_>>(), ["Asia/Seoul"]);
    assert_eq!(book.parties[1].active_from, Date::new(2019, 1, 1));
    assert_eq!(&*book.purposes.join(" "), "price share fee rent split adjustment");
    let calendar = &book.calendars[0];
    assert_eq!(calendar.covers, Date::new(2018, 1, 1).zip(Date::new(2028, 1, 1)));
    assert!(calendar.is_weekend(Weekday::Sunday) && !calendar.is_weekend(Weekday::Friday));
    let words = book.dictionary.texts_from(0).join(" ");
    assert_eq!(words, " sale refund sales KRW USD POINT op partner psp card");
    for (word, party) in &book.party_words {
        assert_eq!(book.dictionary.text(*word), &*book.parties[party.0 as usize].id);
    }
    assert!(book.party_words.is_sorted());
}

#[test]
fn an_adapter_has_a_plan_for_each_slot() {
    let Loaded { book, adapters, digest, .. } = loaded();
    let adapter = &adapters[0];
    let Format::Delimited { delimiter: b',', header: Header::Named { columns, skip_lines: 0 } } = &adapter.format
    else {
        panic!("{:?}", adapter.format)
    };
    assert_eq!(columns.len(), 12);
    assert_eq!(adapter.schema.words.join(" "), "결제 수단 payer partner");
    let numbers: Vec<_> = adapter.schema.numbers.iter().map(|of| (&*of.name, of.scale, of.money)).collect();
    assert_eq!(numbers, [("price", 2, true), ("fee", 6, true), ("count", 0, false)]);
    let units: Vec<_> = adapter.numbers.iter().map(|plan| (plan.unit, plan.blank)).collect();
    assert_eq!(units, [(Unit::Decimal, None), (Unit::Minor, Some(0)), (Unit::Number, None)]);
    assert_eq!((&*adapter.schema.times.join(" "), &*adapter.schema.dates.join(" ")), ("at", "day"));
    assert!(matches!(&adapter.received, Received::Column { path, .. } if &*path.text == "received"));
    assert_eq!(adapter.route, Route::Only);
    let Choice::Column { to, .. } = &adapter.kind else { panic!("{:?}", adapter.kind) };
    assert_eq!(to, &[("S".into(), KindId(0)), ("R".into(), KindId(1))]);
    let Choice::Column { to, .. } = &adapter.asset else { panic!("{:?}", adapter.asset) };
    assert_eq!(to, &[("krw".into(), AssetId(0)), ("usd".into(), AssetId(1))]);
    assert_eq!(adapter.key.to_le_bytes(), digest.0[..8]);
    assert_eq!(book.schemas, std::slice::from_ref(&adapter.schema));
}

#[test]
fn a_source_has_identity_kinds_and_limits() {
    let Loaded { book, adapters, .. } = loaded();
    let (source, plan) = (&book.sources[0], &adapters[0].sources[0]);
    assert_eq!((source.amount_max, source.amount_scale, source.sequence), (Some(100_000_000), 2, Some(2)));
    assert_eq!(plan.events_per_s_max, Some(5_000));
    let rule = |original, reverses| Some(KindRule::linked(original, reverses));
    assert_eq!(source.kinds, [rule(Original::Never, false), rule(Original::Required, true)]);
    assert!(matches!(&plan.identity, IdentityPlan::Field(path) if &*path.text == "id"));
    let links: Vec<Option<&str>> =
        plan.kinds.iter().map(|kind| kind.as_ref()?.link.as_ref().map(|path| &*path.text)).collect();
    assert_eq!(links, [None, Some("ref")]);
    assert_eq!((&*plan.checks[0].text, plan.scheme), ("price = fee + fee", 1));
    assert_eq!(book.dictionary.text(source.word), "sales");
}

#[test]
fn a_contract_has_its_calendar() {
    let contract = contract();
    assert_eq!((contract.sources.as_slice(), contract.basis.as_slice()), (&[SourceId(0)][..], &[Basis::Time(0)][..]));
    assert!(contract.selects[0].is_some());
    assert_eq!((contract.cut_off_s, contract.lag_days), (6 * 3_600, 2));
    assert_eq!(contract.cycle, Cycle::Week { starts_on: Weekday::Monday });
    assert_eq!((contract.grace, contract.ends_on), (Grace::Hours(12), Date::new(2030, 1, 1)));
    let due = DueRule { base: DueBase::BusinessDays(2), roll: Roll::None, calendars: vec![CalendarId(0)] };
    assert_eq!(contract.due, Some(due));
    let known: Vec<Instant> = contract.versions.iter().map(|version| version.known_from).collect();
    assert_eq!(known[0], Instant::BEGINNING);
    assert_eq!(known[1], Instant::parse_rfc3339(b"2019-06-29T15:00:00Z").unwrap());
}

#[test]
fn measures_stand_once_for_each_definition_and_treatment() {
    let measures = contract().measures;
    let shown: Vec<_> = measures.iter().map(|of| (&*of.name, of.listed, of.money, of.scale, of.treatment)).collect();
    assert_eq!(
        shown,
        [
            ("sales", true, true, 2, Treatment::PLAIN),
            ("cards", true, false, 0, Treatment::PLAIN),
            ("sales", false, true, 2, MIRROR),
            ("sales of share", false, true, 2, Treatment::PLAIN),
            ("1 of fee", false, false, 0, Treatment::PLAIN),
            ("sales", false, true, 2, OF_ORIGINAL),
        ]
    );
    let filters: Vec<&str> = measures.iter().filter_map(|of| of.filters[0].as_ref()).map(|of| of.text()).collect();
    assert_eq!(filters, ["\"결제 수단\" in ('card')", "kind = 'sale'", "asset = 'USD'"]);
}

#[test]
fn conditions_of_measure_and_term_are_joined() {
    let of =
        changed("contracts/a.toml", "fixed = \"1.25\"", "of = \"cards\"\nwhen = \"kind = 'refund'\"\nfixed = \"1.25\"");
    let measures = of.unwrap().book.contracts.remove(0).measures;
    let filter = measures[4].filters[0].as_ref().map(|filter| filter.text());
    assert_eq!(&*measures[4].name, "cards of fee");
    assert_eq!(filter, Some("(\"결제 수단\" in ('card')) and (kind = 'refund') and (asset = 'USD')"));
}

/// What two versions call alike and mean otherwise says on statements from when on it is.
#[test]
fn measures_of_one_name_say_from_when_they_are() {
    let names = |second: &str| {
        let versions = [("2019-02-01", second), ("2019-01-01", "price")].map(|(valid_from, sum)| {
            format!(
                "[[version]]\nvalid_from = \"{valid_from}\"\n[version.measures]\nm = \"{sum}\"\nn = \"fee\"\n\
                 [[version.term]]\nid = \"t\"\nkind = \"share\"\nof = \"m\"\nrate = \"10%\"\ndebtor = \"op\"\n\
                 creditor = \"psp\"\npurpose = \"p\"\nrounding = {{ scope = \"line\", mode = \"down\" }}\n\
                 reversal = \"rerate\"\nreversal_date = \"own\"\n"
            )
        });
        let head = "[contract]\nid = \"a\"\nsources = [\"sales\"]\ndate_basis = \"day\"\ncycle = \"month\"\n";
        let mut files = files();
        files[4].1 = (head.to_owned() + &versions.concat()).into_bytes();
        let measures = load_files(files).unwrap().book.contracts.remove(0).measures;
        measures.iter().map(|of| of.name.to_string()).collect::<Vec<_>>()
    };
    assert_eq!(names("price"), ["m", "n"]);
    assert_eq!(names("price - fee"), ["m (version of 2019-02-01)", "n", "m (version of 2019-01-01)"]);
}

#[test]
fn terms_are_computed_by_position() {
    let contract = contract();
    let dimension = |name: &str, party: bool| (name.to_owned(), party);
    let named = |of: &Dimension| (of.name.to_string(), of.party);
    let dimensions: Vec<_> = contract.dimensions.iter().map(named).collect();
    assert_eq!(dimensions, [dimension("payer", true), dimension("partner", true), dimension("결제 수단", false)]);
    let terms = &contract.versions[0].terms;
    assert_eq!((terms[0].debtor, terms[0].creditor), (Role::Dimension(0), Role::Dimension(1)));
    assert_eq!((terms[0].scope, terms[0].measure(), &*terms[0].dimensions), (Scope::Event, Some(2), &[][..]));
    assert_eq!((terms[1].measure(), &*terms[1].dimensions, terms[1].rounding), (Some(3), &[2][..], Rounding::Down));
    let rate = |percent: i64| Rate::new(percent, 100).unwrap();
    let tier = |up_to, percent| Tier { up_to, rate: rate(percent) };
    let tiers = vec![tier(Some(100_050), 10), tier(Some(200_000), 11), tier(None, 12)];
    let (climb, deductions, carries) = (Climb::GRADUATED, Vec::new(), false);
    let share = TermKind::Share { of: 3, tiers, climb, on: Base::Gross, deductions, carries };
    assert_eq!(terms[1].kind, share);
    assert_eq!(terms[1].vat.map(|vat| (vat.scope, vat.inclusive)), Some((VatScope::Document, false)));
    assert_eq!(terms[2].kind, TermKind::Fee { of: 4, rate: Rate::ZERO, fixed: 125, min: None, max: Some(900) });
    assert_eq!(terms[3].kind, TermKind::Fixed { amount: 50_000, asset: AssetId(0) });
    assert_eq!(terms[3].measure(), None);
    let third = |count| Rate::new(count, 3).unwrap();
    let parts = vec![(Role::Party(PartyId(1)), third(1)), (Role::Party(PartyId(2)), third(2))];
    assert_eq!(terms[4].kind, TermKind::Division { of: 0, parts, residue: 1 });
    assert_eq!(terms[4].creditor, Role::Party(PartyId(1)));
    let bases: Vec<Option<u16>> = contract.versions[1].terms.iter().map(|term| term.measure()).collect();
    assert_eq!(bases, [Some(5), Some(5)]);
}

#[test]
fn versions_stand_in_order_of_their_days() {
    let late = changed("contracts/a.toml", "valid_from = \"2019-01-01\"", "valid_from = \"2019-12-01\"").unwrap();
    let versions = &late.book.contracts[0].versions;
    assert!(versions.is_sorted_by_key(|version| version.valid_from));
    assert_eq!(&*versions[0].terms[0].id, "first");
}

/// A version may come after its day where it changes nothing that was posted with events.
#[test]
fn what_is_rounded_by_line_may_change_backward() {
    let contract = |known_from: &str, scope: &str| {
        let versions = [("2019-01-01", "10%"), ("2019-02-01", "12%")].map(|(valid_from, rate)| {
            let known = if rate == "12%" { format!("known_from = \"{known_from}\"\n") } else { String::new() };
            format!(
                "[[version]]\nvalid_from = \"{valid_from}\"\n{known}[version.measures]\nm = \"price\"\n\
                 [[version.term]]\nid = \"t\"\nkind = \"share\"\nof = \"m\"\nrate = \"{rate}\"\ndebtor = \"op\"\n\
                 creditor = \"psp\"\npurpose = \"p\"\nrounding = {{ scope = \"{scope}\", mode = \"down\" }}\n\
                 reversal = \"rerate\"\nreversal_date = \"own\"\n"
            )
        });
        let head = "[contract]\nid = \"a\"\nsources = [\"sales\"]\ndate_basis = \"day\"\ncycle = \"month\"\n";
        let mut files = files();
        files[4].1 = (head.to_owned() + &versions.concat()).into_bytes();
        load_files(files).map_err(|faults| faults[0].code())
    };
    assert!(contract("2019-03-15T00:00:00+09:00", "line").is_ok());
    assert!(contract("2019-02-01T00:00:00+09:00", "event").is_ok());
    assert_eq!(contract("2019-02-01T00:00:01+09:00", "event").err(), Some("version_retroactive"));
}

#[test]
fn cycles_are_read() {
    let check = |text: &str, expected: Cycle| {
        let found = changed("contracts/a.toml", "{ week = \"monday\" }", text).unwrap();
        assert_eq!(found.book.contracts[0].cycle, expected, "{text}");
    };
    check("\"day\"", Cycle::Day);
    check("\"half-month\"", Cycle::HalfMonth);
    check("\"month\"", Cycle::Month);
    // One period for ever has no end, so the contract of these tests cannot have it; here is one without.
    let shop = files();
    let text = String::from_utf8(shop[4].1.clone()).unwrap();
    let text = text.replace("{ week = \"monday\" }", "\"once\"").replace("ends_on = \"2030-01-01\"\n", "");
    let endless = shop.into_iter().map(|(path, bytes)| {
        if path == "contracts/a.toml" { (path, text.clone().into_bytes()) } else { (path, bytes) }
    });
    assert_eq!(load_files(endless.collect()).unwrap().book.contracts[0].cycle, Cycle::Once);
    check("{ week = \"sunday\" }", Cycle::Week { starts_on: Weekday::Sunday });
    check("{ weeks = 2, from = 2019-01-07 }", Cycle::Weeks { n: 2, from: Date::new(2019, 1, 7).unwrap() });
    check("{ month_from = 21 }", Cycle::MonthFrom { day: 21 });
    check("{ days_of_month = [1, 11, 21] }", Cycle::DaysOfMonth(vec![1, 11, 21]));
}
