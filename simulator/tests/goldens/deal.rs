//! Small books in code: an operator, a provider and two more, one source of plays, one contract by months.

use calendar::{Cycle, Date, Grace, Instant, Zone, ZoneId};
use contract::expression::{FieldRef, Names, parse_number};
use contract::{
    Base, Basis, Climb, Contract, Issue, LOOK_BACK_MONTHS, Measure, PayoutRule, Rates, Role, Scope, Span, Term,
    TermKind, Tier, Treatment, Version,
};
use engine::Book;
use event::{
    AdapterId, Columns, Dictionary, FileId, Identity, KindId, KindRule, NumberField, Original, Party, PartyId, Schema,
    Source, SourceId, TaxType, Word,
};
use money::{Asset, AssetId, Rate, Rounding};
use simulator::compared::{differences, engined, modelled};
use simulator::coverage::Coverage;
use simulator::model::ModelStatement;
use simulator::random::World;
use std::collections::BTreeMap;

/// Who is owed what terms charge.
pub(crate) const PROVIDER: PartyId = PartyId(1);

/// A book, and what happens in it.
#[derive(Clone)]
pub(crate) struct Deal {
    book: Book,
    events: Vec<Play>,
    as_of: Instant,
}

#[derive(Clone)]
struct Play {
    at: Instant,
    received_at: Instant,
    amount: i64,
    /// Number of the play that it takes back.
    back: Option<usize>,
}

impl Deal {
    /// A deal in one asset, settled by months of Seoul with three days of grace, at 12 % of what is played.
    pub(crate) fn new(asset: &str, digits: u8) -> Self {
        let mut dictionary = Dictionary::default();
        let mut words = |names: &[&str]| -> Vec<Word> { names.iter().map(|name| dictionary.intern(name)).collect() };
        let (asset_words, kind_words) = (words(&[asset]), words(&["play", "back"]));
        let source_word = words(&["plays"])[0];
        let names = ["operator", "provider", "second", "third"];
        let ids = words(&names);
        let schema = Schema {
            numbers: vec![NumberField { name: "amount".into(), scale: digits, money: true }],
            times: vec!["happened".into()],
            ..Schema::default()
        };
        let contract = contract(&schema, &mut dictionary);
        let book = Book {
            opening: None,
            rates: Vec::new(),
            withholding: Vec::new(),
            id: "golden".into(),
            name: "A golden example".into(),
            operator: PartyId(0),
            assets: vec![Asset { name: asset.into(), digits }],
            asset_words,
            parties: names.iter().map(|name| party(name)).collect(),
            party_words: ids.into_iter().zip(0..).map(|(word, party)| (word, PartyId(party))).collect(),
            zones: vec![Zone::fixed("Asia/Seoul", 9 * 3_600), Zone::fixed("Europe/Berlin", 3_600)],
            calendars: Vec::new(),
            kinds: vec!["play".into(), "back".into()],
            kind_words,
            schemas: vec![schema],
            adapters: vec!["plays".into()],
            sources: vec![source(source_word)],
            contracts: vec![contract],
            purposes: vec!["content".into()],
            dictionary,
        };
        Self { book, events: Vec::new(), as_of: at("2024-12-31") }
    }

    /// The same with other terms, in their order, named by their kinds.
    pub(crate) fn terms(mut self, kinds: Vec<(&str, TermKind)>) -> Self {
        self.book.contracts[0].versions[0].terms = kinds.into_iter().map(|(id, kind)| term(id, kind)).collect();
        self
    }

    /// One more version with other terms.
    pub(crate) fn version(mut self, valid_from: &str, known_from: Instant, kinds: Vec<(&str, TermKind)>) -> Self {
        let terms = kinds.into_iter().map(|(id, kind)| term(id, kind)).collect();
        self.book.contracts[0].versions.push(Version { valid_from: on(valid_from), known_from, terms });
        self
    }

    /// How reversals enter the measure.
    pub(crate) fn treated(mut self, treatment: Treatment) -> Self {
        self.book.contracts[0].measures[0].treatment = treatment;
        self
    }

    /// One change to every term.
    pub(crate) fn each(mut self, change: impl Fn(&mut Term)) -> Self {
        self.book.contracts[0].versions.iter_mut().flat_map(|version| &mut version.terms).for_each(change);
        self
    }

    /// The first day of the first version.
    pub(crate) fn from(mut self, day: &str) -> Self {
        self.book.contracts[0].versions[0].valid_from = on(day);
        self
    }

    pub(crate) fn cycle(mut self, cycle: Cycle) -> Self {
        self.book.contracts[0].cycle = cycle;
        self
    }

    /// Rates by which the contract converts, and one more asset.
    pub(crate) fn converted(mut self, rates: Rates, conversion: contract::Conversion, asset: (&str, u8)) -> Self {
        self.book.asset_words.push(self.book.dictionary.intern(asset.0));
        self.book.assets.push(Asset { name: asset.0.into(), digits: asset.1 });
        self.book.rates.push(rates);
        self.book.contracts[0].conversion = Some(conversion);
        self
    }

    /// A play at noon of a day, received at once.
    pub(crate) fn play(self, day: &str, amount: i64) -> Self {
        self.late(day, day, amount)
    }

    /// A play at noon of a day, received at noon of another.
    pub(crate) fn late(self, day: &str, received: &str, amount: i64) -> Self {
        self.play_at(at(day), at(received), amount)
    }

    /// A play at an instant.
    pub(crate) fn play_at(mut self, at: Instant, received_at: Instant, amount: i64) -> Self {
        self.events.push(Play { at, received_at, amount, back: None });
        self
    }

    /// Takes a play back, or a part of it.
    pub(crate) fn back(mut self, day: &str, number: usize, amount: i64) -> Self {
        self.events.push(Play { at: at(day), received_at: at(day), amount, back: Some(number) });
        self
    }

    pub(crate) fn seen_on(mut self, day: &str) -> Self {
        self.as_of = at(day);
        self
    }

    fn world(&self) -> World {
        let mut book = self.book.clone();
        for contract in &mut book.contracts {
            contract.versions.sort_by_key(|version| (version.valid_from, version.known_from));
            contract.number_terms();
        }
        let mut columns = Columns::new(AdapterId(0), &book.schemas[0]);
        columns.file = FileId(0);
        for (number, play) in self.events.iter().enumerate() {
            columns.source.push(SourceId(0));
            columns.kind.push(KindId(u16::from(play.back.is_some())));
            columns.asset.push(AssetId(0));
            columns.id.push(&format!("p{number}"));
            columns.identity.push(Identity(number as u128 + 1));
            columns.fingerprint.push(0);
            columns.original.push(play.back.map_or(Identity::NONE, |back| Identity(back as u128 + 1)));
            columns.original_id.push("");
            columns.received_at.push(play.received_at);
            columns.line.push(number as u64 + 1);
            columns.numbers[0].push(play.amount);
            columns.times[0].push(play.at);
        }
        let dictionary = book.dictionary.clone();
        let (batches, as_of) = (vec![columns], self.as_of);
        World { seed: 0, book, dictionary, batches, commands: Vec::new(), as_of, coverage: Coverage::default() }
    }

    /// Both sides must agree, and must say of the months exactly these lines, each as `2024-01 share` or, where it restates,
    /// `2024-02 share of 2024-01`; VAT as `vat`.
    #[track_caller]
    pub(crate) fn check(&self, expected: &[(&str, i128)]) {
        let world = self.world();
        let different = differences(&world);
        assert!(different.is_empty(), "model <m> and engine <e>: {different:#?}");
        let expected: BTreeMap<String, i128> =
            expected.iter().map(|(line, amount)| ((*line).to_owned(), *amount)).collect();
        assert_eq!(lines_of(&modelled(&world).statements), expected, "the model");
        assert_eq!(lines_of(&engined(&world).statements), expected, "the engine");
    }
}

/// Lines by month and term, over all versions and parties other than the operator.
fn lines_of(statements: &[ModelStatement]) -> BTreeMap<String, i128> {
    let mut lines = BTreeMap::new();
    for own in statements {
        let month = |day: &str| day[..7].to_owned();
        for (text, amount) in &own.lines {
            let term = text.split(' ').next().unwrap();
            let mut line = format!("{} {term}", month(&own.period_on.to_string()));
            if let Some((_, day)) = text.split_once(" adjusts ") {
                line = format!("{line} of {}", month(day));
            }
            *lines.entry(line).or_default() += amount;
        }
    }
    lines.retain(|_, amount| *amount != 0);
    lines
}

/// A share of what is played: brackets up to bounds in major units.
pub(crate) fn share(tiers: &[(Option<i128>, &str)]) -> TermKind {
    share_with(tiers, Climb::GRADUATED, false)
}

pub(crate) fn share_with(tiers: &[(Option<i128>, &str)], climb: Climb, carries: bool) -> TermKind {
    let tiers = tiers.iter().map(|&(up_to, text)| Tier { up_to, rate: rate(text) }).collect();
    TermKind::Share { of: 0, tiers, climb, on: Base::Gross, deductions: Vec::new(), carries }
}

/// A guarantee for each month over the first term.
pub(crate) fn minimum(amount: i64, recoupable: bool) -> TermKind {
    TermKind::Minimum { of: vec![0], amount, asset: AssetId(0), span: Span::Period, recoupable, pool: Vec::new() }
}

pub(crate) fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

pub(crate) fn on(day: &str) -> Date {
    Date::parse(day).unwrap()
}

/// Noon of a day in Seoul.
pub(crate) fn at(day: &str) -> Instant {
    Instant::parse_rfc3339(format!("{day}T12:00:00+09:00").as_bytes()).unwrap()
}

fn term(id: &str, kind: TermKind) -> Term {
    Term {
        id: id.into(),
        number: 0,
        kind,
        debtor: Role::Party(PartyId(0)),
        creditor: Role::Party(PROVIDER),
        purpose: "content".into(),
        dimensions: Vec::new(),
        scope: Scope::Line,
        rounding: Rounding::HalfUp,
        vat: None,
    }
}

fn contract(schema: &Schema, dictionary: &mut Dictionary) -> Contract {
    let sum = parse_number("amount", &mut Fields { schema, dictionary }).unwrap();
    let measure = Measure {
        name: "ggr".into(),
        money: true,
        listed: true,
        scale: sum.scale(),
        sums: vec![sum],
        filters: vec![None],
        treatment: Treatment::PLAIN,
    };
    let terms = vec![term("share", share(&[(None, "12%")]))];
    Contract {
        id: "games".into(),
        sources: vec![SourceId(0)],
        selects: vec![None],
        basis: vec![Basis::Time(0)],
        zone: ZoneId(0),
        cut_off_s: 0,
        lag_days: 0,
        cycle: Cycle::Month,
        grace: Grace::Days(3),
        due: None,
        calendars: Vec::new(),
        dimensions: Vec::new(),
        measures: vec![measure],
        versions: vec![Version { valid_from: on("2024-01-01"), known_from: Instant::BEGINNING, terms }],
        ends_on: None,
        term_ids: Vec::new(),
        conversion: None,
        issue: Issue::AtCut,
        look_back_months: LOOK_BACK_MONTHS,
        payout: PayoutRule::default(),
    }
}

fn party(id: &str) -> Party {
    Party {
        id: id.into(),
        name: id.into(),
        registration_number: None,
        tax_type: TaxType::General,
        licence: None,
        jurisdiction: None,
        active_from: None,
        active_to: None,
    }
}

fn source(word: Word) -> Source {
    let rule = |original, reverses| Some(KindRule::linked(original, reverses));
    Source {
        id: "plays".into(),
        adapter: AdapterId(0),
        amount_max: None,
        amount_scale: 0,
        sequence: None,
        revision: None,
        kinds: vec![rule(Original::Never, false), rule(Original::Required, true)],
        word,
    }
}

/// The one field of the plays.
struct Fields<'a> {
    schema: &'a Schema,
    dictionary: &'a mut Dictionary,
}

impl Names for Fields<'_> {
    fn field(&self, name: &str) -> Option<FieldRef> {
        let field = &self.schema.numbers[0];
        (&*field.name == name).then_some(FieldRef::Number { slot: 0, scale: field.scale })
    }

    fn word(&mut self, literal: &str) -> Word {
        self.dictionary.intern(literal)
    }

    fn known(&self) -> Vec<String> {
        Vec::new()
    }
}
