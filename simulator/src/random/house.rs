//! The parts of a random book that no contract decides: parties, assets, zones, calendars, schemas, sources.

use super::seeded::Seeded;
use crate::coverage::Coverage;
use calendar::{Date, HolidayCalendar, Instant, Transition, Zone};
use engine::Book;
use event::{AdapterId, Dictionary, KindRule, NumberField, Original, Party, PartyId, Schema, Source, TaxType, Word};
use money::{Asset, Rate};

/// Parties: the operator first; `early` and `gone` are active for a part of the time only.
pub(super) const PARTIES: [&str; 10] =
    ["op", "acme", "brix", "cord", "dune", "early", "gone", "split-a", "split-b", "split-c"];

/// Assets and their digits.
pub(super) const ASSETS: [(&str, u8); 3] = [("KRW", 0), ("USD", 2), ("KWD", 3)];

/// What events are.
pub(super) const KINDS: [&str; 4] = ["sale", "refund", "bonus", "void"];

/// Positions in [`KINDS`].
pub(super) const SALE: u16 = 0;
pub(super) const REFUND: u16 = 1;
pub(super) const BONUS: u16 = 2;
pub(super) const VOID: u16 = 3;

/// Sources and their adapters. `bulk` is under one contract of its own, where amounts reach the bound.
pub(super) const SOURCES: [(&str, u16); 5] = [("web", 0), ("app", 0), ("shop", 1), ("kiosk", 1), ("bulk", 0)];

/// Position in [`SOURCES`].
pub(super) const BULK: u16 = 4;

/// The first days of the streams: over both changes of clocks, and over the end of a year.
const BASES: [(i32, u8, u8); 3] = [(2024, 2, 25), (2024, 10, 15), (2024, 12, 20)];

/// A book with no contract yet; every word of it is in its dictionary.
pub(super) fn house(random: &mut Seeded, coverage: &mut Coverage) -> (Book, Date) {
    let (year, month, day) = random.pick(&BASES);
    let base = Date::new(year, month, day).expect("a base is a date");
    let mut dictionary = Dictionary::default();
    let mut words = |names: &[&str]| -> Vec<Word> { names.iter().map(|name| dictionary.intern(name)).collect() };
    let asset_words = words(&ASSETS.map(|(name, _)| name));
    let kind_words = words(&KINDS);
    let source_words = words(&SOURCES.map(|(name, _)| name));
    let ids = words(&PARTIES);
    let sources = source_words.iter().enumerate().map(|(number, word)| source(number, *word, random, coverage));
    let book = Book {
        opening: None,
        rates: Vec::new(),
        withholding: Vec::new(),
        id: "random".into(),
        name: "A random book".into(),
        operator: PartyId(0),
        assets: ASSETS.map(|(name, digits)| Asset { name: name.into(), digits }).into(),
        asset_words,
        parties: PARTIES.iter().map(|id| party(id, base)).collect(),
        // Interned one after the other: they ascend.
        party_words: ids.into_iter().zip(0..).map(|(word, party)| (word, PartyId(party))).collect(),
        zones: zones(),
        calendars: vec![HolidayCalendar {
            name: "weekends".into(),
            weekend: [false, false, false, false, false, true, true],
            holidays: Vec::new(),
            covers: None,
        }],
        kinds: KINDS.iter().map(|&kind| kind.into()).collect(),
        kind_words,
        schemas: schemas(),
        adapters: vec!["web".into(), "shop".into()],
        sources: sources.collect(),
        contracts: Vec::new(),
        purposes: Vec::new(),
        dictionary: Dictionary::default(),
    };
    (Book { dictionary, ..book }, base)
}

/// A rate of a contract.
pub(super) fn rate(text: &str) -> Rate {
    Rate::parse(text).expect("the rates of random books are rates")
}

fn party(id: &str, base: Date) -> Party {
    Party {
        id: id.into(),
        name: id.into(),
        registration_number: None,
        tax_type: TaxType::General,
        licence: None,
        jurisdiction: None,
        active_from: (id == "early").then(|| base.plus_days(12)),
        active_to: (id == "gone").then(|| base.plus_days(12)),
    }
}

/// Zones without changes, with a change by night, and with changes at midnight itself.
fn zones() -> Vec<Zone> {
    let at = |text: &str, offset_h: i32| Transition {
        at: Instant::parse_rfc3339(text.as_bytes()).expect("a transition is an instant"),
        offset_s: offset_h * 3_600,
    };
    let new_york = vec![
        at("2023-11-05T06:00:00Z", -5),
        at("2024-03-10T07:00:00Z", -4),
        at("2024-11-03T06:00:00Z", -5),
        at("2025-03-09T07:00:00Z", -4),
    ];
    let midnight = vec![at("2024-03-10T03:00:00Z", -2), at("2024-10-27T02:00:00Z", -3), at("2025-01-05T03:00:00Z", -2)];
    vec![
        Zone::utc(),
        Zone::new("America/New_York", -4, new_york).expect("transitions ascend"),
        Zone::fixed("Asia/Seoul", 9 * 3_600),
        Zone::new("Midnight", -3 * 3_600, midnight).expect("transitions ascend"),
    ]
}

/// Two adapters with the same fields in other slots and at other scales.
fn schemas() -> Vec<Schema> {
    let names = |names: &[&str]| names.iter().map(|&name| name.into()).collect();
    let number = |(name, scale): (&str, u8)| NumberField { name: name.into(), scale, money: name != "count" };
    vec![
        Schema {
            words: names(&["payment", "game", "partner", "payer"]),
            numbers: [("fare", 3), ("extra", 3), ("count", 0)].map(number).into(),
            times: names(&["at", "booked"]),
            dates: names(&["day", "until"]),
            inherited: Vec::new(),
        },
        Schema {
            words: names(&["payer", "partner", "payment", "game"]),
            numbers: [("count", 0), ("extra", 2), ("fare", 4)].map(number).into(),
            times: names(&["booked", "at"]),
            dates: names(&["until", "day"]),
            inherited: Vec::new(),
        },
    ]
}

fn source(number: usize, word: Word, random: &mut Seeded, coverage: &mut Coverage) -> Source {
    let (id, adapter) = SOURCES[number];
    let bulk = number == usize::from(BULK);
    // Half of the sources always know their originals, so that contracts may mirror them.
    let refund = if random.chance(50) { Original::Required } else { Original::Optional };
    let name = if refund == Original::Required { "original required" } else { "original optional" };
    coverage.note(name);
    let limited = coverage.note_if("limit", !bulk && random.chance(40));
    let amount_scale = random.pick(&[0, 2, 4]);
    let limit = 50_000 * 10_i64.pow(u32::from(amount_scale));
    let rule = |original, reverses| Some(KindRule::linked(original, reverses));
    Source {
        id: id.into(),
        adapter: AdapterId(adapter),
        amount_max: limited.then_some(limit),
        amount_scale,
        sequence: None,
        revision: None,
        kinds: vec![
            rule(Original::Never, false),
            rule(refund, true),
            rule(Original::Optional, false),
            rule(Original::Required, true),
        ],
        word,
    }
}
