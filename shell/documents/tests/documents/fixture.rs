//! A small book and one statement of every kind of line, made by hand.

use calendar::{Cycle, Date, Grace, Instant, Period, Zone, ZoneId};
use close::{MeasureTotal, Posted, Side, Statement, StatementLine, Status};
use contract::{
    Contract, ContractId, Dimension, Issue, Issuer, LOOK_BACK_MONTHS, LineBase, LineKey, LineOf, Measure, Part,
    PayoutRule, Role, Scope, Term, TermKind, Treatment, Vat, VatScope, Version, Working,
};
use documents::Names;
use engine::Book;
use event::{Dictionary, Party, PartyId, TaxType, Word};
use money::{Asset, AssetId, Decimal, Rate, Rounding};

pub(crate) const OPERATOR: PartyId = PartyId(0);
pub(crate) const PARTNER: PartyId = PartyId(1);
pub(crate) const BANK: PartyId = PartyId(2);
pub(crate) const USD: AssetId = AssetId(0);
pub(crate) const KRW: AssetId = AssetId(1);
pub(crate) const POINT: AssetId = AssetId(2);

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

fn party(id: &str, name: &str, registration_number: Option<&str>) -> Party {
    Party {
        id: id.into(),
        name: name.into(),
        registration_number: registration_number.map(Into::into),
        tax_type: TaxType::General,
        licence: None,
        jurisdiction: None,
        active_from: None,
        active_to: None,
    }
}

fn asset(name: &str, digits: u8) -> Asset {
    Asset { name: name.into(), digits }
}

fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

fn term(id: &str, kind: TermKind, dimensions: Vec<u8>, vat: Option<Vat>) -> Term {
    Term {
        id: id.into(),
        number: 0,
        kind,
        debtor: Role::Party(OPERATOR),
        creditor: Role::Party(PARTNER),
        purpose: id.into(),
        dimensions,
        scope: Scope::Line,
        rounding: Rounding::HalfUp,
        vat,
    }
}

fn contract() -> Contract {
    let vat = |inclusive| {
        let (rate, rounding) = (rate("10%"), Rounding::HalfUp);
        Some(Vat { rate, scope: VatScope::Line, inclusive, rounding, issuer: Issuer::Debtor })
    };
    let fixed = || TermKind::Fixed { amount: 1, asset: USD };
    let terms = vec![
        term("share", fixed(), vec![0], None),
        term("fee", fixed(), Vec::new(), vat(false)),
        term("rent", fixed(), Vec::new(), vat(true)),
    ];
    let versions = vec![Version { valid_from: day("2019-01-01"), known_from: Instant::BEGINNING, terms }];
    Contract {
        id: "games".into(),
        sources: Vec::new(),
        selects: Vec::new(),
        basis: Vec::new(),
        zone: ZoneId(0),
        cut_off_s: 0,
        lag_days: 0,
        cycle: Cycle::Month,
        grace: Grace::Days(5),
        due: None,
        calendars: Vec::new(),
        dimensions: vec![Dimension { name: "game".into(), refs: Vec::new(), party: false }],
        measures: vec![measure("net", true), measure("bets", false)],
        versions,
        ends_on: None,
        term_ids: Vec::new(),
        conversion: None,
        issue: Issue::AtCut,
        look_back_months: LOOK_BACK_MONTHS,
        payout: PayoutRule::default(),
    }
}

fn measure(name: &str, money: bool) -> Measure {
    Measure {
        name: name.into(),
        money,
        listed: true,
        scale: 2,
        sums: Vec::new(),
        filters: Vec::new(),
        treatment: Treatment::PLAIN,
    }
}

pub(crate) fn book() -> Book {
    let mut dictionary = Dictionary::default();
    dictionary.intern("바카라");
    dictionary.intern("slots \"A\"");
    Book {
        opening: None,
        rates: Vec::new(),
        withholding: Vec::new(),
        id: "example".into(),
        name: "Example".into(),
        operator: OPERATOR,
        assets: vec![asset("USD", 2), asset("KRW", 0), asset("POINT 2", 3)],
        asset_words: Vec::new(),
        parties: vec![
            party("house", "하우스", Some("123-45-67890")),
            party("acme", "Acme Games", None),
            party("bank: a;b", "Bank", None),
        ],
        party_words: Vec::new(),
        zones: vec![Zone::fixed("Asia/Seoul", 9 * 3_600)],
        calendars: Vec::new(),
        kinds: Vec::new(),
        kind_words: Vec::new(),
        schemas: Vec::new(),
        adapters: Vec::new(),
        sources: Vec::new(),
        contracts: vec![contract()],
        purposes: vec!["share".into(), "content fee".into()],
        dictionary,
    }
}

/// Calls `check` with the names of the book.
pub(crate) fn with_names(check: impl Fn(&Names<'_>)) {
    let book = book();
    let word = |word: Word| book.dictionary.text(word);
    check(&Names { book: &book, word: &word });
}

/// A key between the operator and the partner.
fn key(term: u16, dimensions: &[Word], operator_owes: bool, part: Part) -> LineKey {
    let (debtor, creditor) = if operator_owes { (OPERATOR, PARTNER) } else { (PARTNER, OPERATOR) };
    LineKey { of: LineOf::Term { term, version: 0 }, dimensions: dimensions.into(), piece: 0, debtor, creditor, part }
}

fn flat(measure: i128, percent: &str) -> Working {
    let base = LineBase::of(Decimal { mantissa: measure, scale: 2 });
    Working::Flat { base, rate: rate(percent), rounding: Rounding::HalfUp }
}

fn vat(base: i128, inclusive: bool) -> Working {
    Working::Vat { base, rate: rate("10%"), inclusive, rounding: Rounding::HalfUp, issuer: Issuer::Debtor }
}

fn own(key: LineKey, amount: i128, working: Working) -> StatementLine {
    let side = if key.creditor == PARTNER { Side::Owed } else { Side::Owes };
    StatementLine::own(&key, &Posted { amount, booked: amount, working }, side)
}

/// January of the partner in US dollars: shares by game, a fee with VAT, rent with VAT inside, VAT of the document, and
/// two restatements of December.
pub(crate) fn statement() -> Statement {
    let events = Working::Events { base: Decimal { mantissa: 50_000, scale: 2 }, rate: rate("3%") };
    let document = LineKey {
        of: LineOf::Document { rate: rate("10%"), rounding: Rounding::HalfUp, self_billed: true },
        ..key(0, &[], true, Part::Vat)
    };
    let december = day("2018-12-01");
    let restated = |before, delta, working| close::Restated { delta, before, working };
    let lines = vec![
        own(key(0, &[Word(1)], true, Part::Charge), 18_000_000, flat(150_000_000, "12%")),
        own(key(0, &[Word(2)], true, Part::Charge), -1_206, flat(-10_050, "12%")),
        own(key(1, &[], false, Part::Charge), 1_500, events),
        own(key(1, &[], false, Part::Vat), 150, vat(1_500, false)),
        own(key(2, &[], true, Part::Charge), 110_000, Working::Fixed { period_on: day("2019-01-01") }),
        own(key(2, &[], true, Part::VatIncluded), 10_000, vat(110_000, true)),
        own(document, 1_799_879, vat(17_998_794, false)),
        StatementLine::restatement(
            &key(0, &[Word(1)], true, Part::Charge),
            december,
            &restated(6_000, -1_200, Some(flat(40_000, "12%"))),
            Side::Owed,
        ),
        StatementLine::restatement(&key(1, &[], false, Part::Charge), december, &restated(70, -70, None), Side::Owes),
    ];
    let total = lines.iter().map(StatementLine::counted).sum();
    let sum = |measure, mantissa, scale| MeasureTotal { measure, asset: USD, sum: Decimal { mantissa, scale } };
    Statement {
        contract: ContractId(0),
        party: PARTNER,
        period: Period { first: day("2019-01-01"), end: day("2019-02-01") },
        asset: USD,
        status: Status::Issued {
            cut_at: Instant::parse_rfc3339(b"2019-02-05T15:00:00Z").unwrap(),
            issued_at: Instant::parse_rfc3339(b"2019-02-05T15:00:00Z").unwrap(),
        },
        due_on: Some(day("2019-02-28")),
        lines,
        measures: vec![sum(0, 149_989_950, 2), sum(1, 17, 0)],
        carried: Vec::new(),
        total,
        accrued: total,
    }
}

/// Half a month in won without any line, and one that Excel cannot hold.
pub(crate) fn provisional(total: i128) -> Statement {
    let line = own(key(1, &[], total > 0, Part::Charge), total.abs(), Working::Fixed { period_on: day("2019-02-01") });
    Statement {
        period: Period { first: day("2019-02-01"), end: day("2019-02-16") },
        asset: KRW,
        status: Status::Provisional { cut_at: Instant::parse_rfc3339(b"2019-02-20T15:00:00Z").unwrap(), closing: true },
        due_on: None,
        lines: if total == 0 { Vec::new() } else { vec![line] },
        measures: Vec::new(),
        total,
        accrued: total,
        ..statement()
    }
}
