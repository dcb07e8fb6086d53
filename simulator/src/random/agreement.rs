//! Random contracts: every kind of term with every option, within what `check` of a book lets pass.
//!
//! What keeps a contract independent of the order of arrival, and so is kept here: brackets round by line and are never
//! mirrored; other treatments than the plain one need originals that are always there; a share of the rest is flat and
//! grouped like the terms before it; a version that is known late governs line-scope terms alone; the first version is
//! known from the start.

use super::house::{KINDS, SOURCES, rate};
use super::seeded::Seeded;
use super::{ends, fixings};
use crate::coverage::Coverage;
use calendar::{Cycle, Date, DueBase, DueRule, Grace, Instant, LocalTime, MICROS_PER_HOUR, Roll, Weekday, ZoneId};
use contract::expression::{Expression, FieldRef, Names, WordRef, parse_condition, parse_number};
use contract::{
    Base, Basis, Climb, Contract, Dimension, Issue, Issuer, LOOK_BACK_MONTHS, Measure, PayoutRule, Reversal,
    ReversalDate, Role, Scope, Term, TermKind, Tier, Treatment, Vat, VatScope, Version,
};
use engine::Book;
use event::{Dictionary, Original, PartyId, Schema, SourceId, Word};
use money::Rounding;

/// What measures sum: name, expression, whether it is money.
const SUMS: [(&str, &str, bool); 6] = [
    ("fare", "fare", true),
    ("net", "fare - extra", true),
    ("signed", "if(payment = 'card', fare, extra * 2)", true),
    ("turnover", "fare * count", true),
    ("eighth", "fare * 0.125", true),
    ("one", "1", false),
];

/// For which events measures sum.
const FILTERS: [&str; 6] = [
    "fare > 0",
    "kind in ('sale', 'refund')",
    "game <> 'chess' and extra < 50",
    "asset = 'USD' or payment = 'cash'",
    "day between 2024-03-01 and 2024-10-28",
    "not (source = 'web')",
];

/// Which events contracts rate.
const SELECTS: [&str; 3] = ["kind <> 'void'", "payment <> 'cash' or kind = 'refund'", "asset in ('KRW', 'USD')"];

const RATES: [&str; 9] = ["10%", "12.5%", "3%", "1/3", "100%", "0.0725", "0%", "-2.5%", "33.33%"];
const VAT_RATES: [&str; 3] = ["10%", "7.5%", "1/7"];

const ROUNDINGS: [(Rounding, &str); 6] = [
    (Rounding::HalfUp, "half up"),
    (Rounding::HalfEven, "half even"),
    (Rounding::Down, "down"),
    (Rounding::Up, "up"),
    (Rounding::TowardPayee, "toward payee"),
    (Rounding::FloorTen, "floor ten"),
];

/// A contract in the making.
pub(super) struct Drafting<'a> {
    pub(super) random: &'a mut Seeded,
    pub(super) coverage: &'a mut Coverage,
    schemas: Vec<&'a Schema>,
    dictionary: &'a mut Dictionary,
    pub(super) contract: Contract,
    /// Whether every reversal's original is there.
    strict: bool,
    /// Whether a version is put after its first day: then terms round by line.
    late_known: bool,
}

/// Draws a contract over sources of the book.
pub(super) fn draw(book: &mut Book, number: usize, base: Date, random: &mut Seeded, coverage: &mut Coverage) {
    let mut sources: Vec<SourceId> = (0..4).map(SourceId).filter(|_| random.chance(55)).collect();
    if sources.is_empty() {
        sources.push(SourceId(u16::try_from(random.below(4)).expect("four sources")));
    }
    let strict = sources.iter().all(|source| {
        let kinds = &book.sources[usize::from(source.0)].kinds;
        kinds.iter().flatten().all(|rule| !rule.reverses || rule.original == Original::Required)
    });
    let adapters = sources.iter().map(|source| book.sources[usize::from(source.0)].adapter);
    let schemas = adapters.map(|adapter| &book.schemas[usize::from(adapter.0)]).collect();
    let mut contract = frame(format!("c{number}"), sources, base, random, coverage);
    if let Some(other) = book.contracts.last().filter(|_| coverage.note_if("twin calendar", random.chance(35))) {
        follow(&mut contract, other);
    }
    contract.conversion = random.chance(25).then(|| fixings::conversion(random, coverage));
    let pools = ends::pools(book, &contract);
    let late_known = random.chance(25);
    let dictionary = &mut book.dictionary;
    let mut drafting =
        Drafting { strict, late_known, ..Drafting::new(random, coverage, schemas, dictionary, contract) };
    drafting.select();
    drafting.first_version(base);
    if drafting.random.chance(65) {
        drafting.ends(base, &pools);
    }
    drafting.later_versions(base);
    let contract = drafting.contract;
    adopt(book, contract);
}

/// Gives a contract the calendar of another, so that its guarantees may pool terms of that.
fn follow(contract: &mut Contract, other: &Contract) {
    contract.cycle = other.cycle.clone();
    (contract.zone, contract.cut_off_s, contract.lag_days) = (other.zone, other.cut_off_s, other.lag_days);
    if contract.cycle == Cycle::Once {
        contract.ends_on = None;
    }
}

/// Takes a contract into the book, with the purposes of its terms.
pub(super) fn adopt(book: &mut Book, mut contract: Contract) {
    contract.number_terms();
    for term in contract.versions.iter().flat_map(|version| &version.terms) {
        if !book.purposes.contains(&term.purpose) {
            book.purposes.push(term.purpose.clone());
        }
    }
    book.contracts.push(contract);
}

/// A share as A has it: graduated within the period, nothing deducted or carried.
pub(super) fn plain_share(of: u16, tiers: Vec<Tier>, on: Base) -> TermKind {
    TermKind::Share { of, tiers, climb: Climb::GRADUATED, on, deductions: Vec::new(), carries: false }
}

/// A contract without versions: its dates and its calendar.
pub(super) fn frame(
    id: String,
    sources: Vec<SourceId>,
    base: Date,
    random: &mut Seeded,
    coverage: &mut Coverage,
) -> Contract {
    // The slots of `at`, `booked` and `day` in the two adapters.
    let slots: [(&str, [Basis; 2]); 3] = [
        ("basis at", [Basis::Time(0), Basis::Time(1)]),
        ("basis booked", [Basis::Time(1), Basis::Time(0)]),
        ("basis day", [Basis::Date(0), Basis::Date(1)]),
    ];
    let (name, basis) = random.pick(&slots);
    coverage.note(name);
    let basis = sources.iter().map(|source| basis[usize::from(SOURCES[usize::from(source.0)].1)]).collect();
    let zone = u16::try_from(random.below(4)).expect("four zones");
    let cut_off_s = random.pick(&[0, 0, 6 * 3_600, 9_000, 86_399]);
    coverage.note_if("zone with changes", zone == 1 || zone == 3);
    coverage.note_if("cut-off", cut_off_s != 0);
    let lag_days = if random.chance(30) { random.pick(&[1, 2, 3]) } else { 0 };
    coverage.note_if("lag", lag_days > 0);
    let cycle = cycle(base, random, coverage);
    // One period for ever has none after it in which late events could stand, so it is not cut.
    let ends = coverage.note_if("contract ends", random.chance(15) && cycle != Cycle::Once);
    let due =
        random.chance(50).then(|| DueRule { base: DueBase::BusinessDays(2), roll: Roll::None, calendars: vec![] });
    Contract {
        id: id.into(),
        selects: sources.iter().map(|_| None).collect(),
        sources,
        basis,
        zone: ZoneId(zone),
        cut_off_s,
        lag_days,
        cycle,
        grace: grace(random, coverage),
        due,
        calendars: Vec::new(),
        dimensions: Vec::new(),
        measures: Vec::new(),
        versions: Vec::new(),
        ends_on: ends.then(|| base.plus_days(25)),
        term_ids: Vec::new(),
        conversion: None,
        issue: Issue::AtCut,
        look_back_months: LOOK_BACK_MONTHS,
        payout: PayoutRule::default(),
    }
}

fn cycle(base: Date, random: &mut Seeded, coverage: &mut Coverage) -> Cycle {
    let cycles = [
        ("cycle day", Cycle::Day),
        ("cycle week", Cycle::Week { starts_on: random.pick(&Weekday::ALL) }),
        ("cycle weeks", Cycle::Weeks { n: 2, from: base.plus_days(3) }),
        ("cycle half month", Cycle::HalfMonth),
        ("cycle month", Cycle::Month),
        ("cycle month from", Cycle::MonthFrom { day: 21 }),
        ("cycle days of month", Cycle::DaysOfMonth(vec![1, 11, 28])),
        ("cycle once", Cycle::Once),
    ];
    let (name, cycle) = random.pick(&cycles);
    coverage.note(name);
    cycle
}

fn grace(random: &mut Seeded, coverage: &mut Coverage) -> Grace {
    let graces = [("grace none", Grace::None), ("grace hours", Grace::Hours(12)), ("grace days", Grace::Days(5))];
    let (name, grace) = random.pick(&graces);
    coverage.note(name);
    grace
}

impl<'a> Drafting<'a> {
    /// A contract of events whose originals may be missing.
    pub(super) fn new(
        random: &'a mut Seeded,
        coverage: &'a mut Coverage,
        schemas: Vec<&'a Schema>,
        dictionary: &'a mut Dictionary,
        contract: Contract,
    ) -> Self {
        Self { random, coverage, schemas, dictionary, contract, strict: false, late_known: false }
    }

    /// Which events the contract rates.
    fn select(&mut self) {
        if self.coverage.note_if("select", self.random.chance(40)) {
            let text = self.random.pick(&SELECTS);
            self.contract.selects = self.conditions(text);
        }
    }

    /// A condition once for each source.
    fn conditions(&mut self, text: &str) -> Vec<Option<Expression>> {
        let mut parsed = Vec::new();
        for schema in &self.schemas {
            let mut names = Fields { schema, dictionary: self.dictionary };
            parsed.push(Some(parse_condition(text, &mut names).expect("the conditions of random books are such")));
        }
        parsed
    }

    fn first_version(&mut self, base: Date) {
        let valid_from = base.plus_days(i32::try_from(self.random.between(-40, 4)).expect("a small number"));
        self.contract.versions.push(Version { valid_from, known_from: Instant::BEGINNING, terms: Vec::new() });
        for number in 0..self.random.between(2, 6) {
            let term = self.term(usize::try_from(number).expect("not below zero"));
            self.contract.versions[0].terms.push(term);
        }
    }

    /// Versions with the same terms at other figures, and some without the last of them.
    fn later_versions(&mut self, base: Date) {
        let count = if self.late_known { self.random.between(1, 2) } else { self.random.between(0, 2) };
        let first = self.contract.versions[0].valid_from;
        for _ in 0..count {
            let mut terms = self.contract.versions[0].terms.clone();
            terms.iter_mut().for_each(|term| self.vary(term));
            if terms.len() > 1 && self.random.chance(30) {
                self.coverage.note("version without a term");
                terms.pop();
            }
            let offset = i32::try_from(self.random.between(-5, 20)).expect("a small number");
            let valid_from = first.max(base.plus_days(offset));
            let known_after = if self.late_known { offset + 5 } else { -60 };
            let known_on =
                LocalTime::from_parts(base.plus_days(known_after), self.random.between(0, 23) * MICROS_PER_HOUR);
            let known_from =
                if self.late_known || self.random.chance(50) { Instant(known_on.0) } else { Instant::BEGINNING };
            self.coverage.note(if self.late_known { "version known late" } else { "version known in time" });
            self.contract.versions.push(Version { valid_from, known_from, terms });
        }
        self.contract.versions.sort_by_key(|version| (version.valid_from, version.known_from));
    }

    /// Other figures for a term of a later version.
    fn vary(&mut self, term: &mut Term) {
        let new = rate(self.random.pick(&RATES));
        match &mut term.kind {
            TermKind::Share { tiers, .. } => tiers.iter_mut().rev().take(1).for_each(|tier| tier.rate = new),
            TermKind::Fee { fixed, .. } => *fixed += 7,
            TermKind::Fixed { amount, .. } => *amount += 1_001,
            TermKind::Division { residue, .. } => *residue = 0,
            TermKind::Step { steps, .. } => steps[1].amount += 77,
            TermKind::Agents { agents, .. } => agents[3].rate = new,
            TermKind::Bound { amount, .. } | TermKind::Minimum { amount, .. } => *amount += 1_001,
            _ => {}
        }
    }

    fn term(&mut self, number: usize) -> Term {
        let kind = self.random.below(100);
        let mut term = match kind {
            0..13 => self.share(),
            13..24 => self.tiered(),
            24..36 => self.rest(),
            36..47 if !self.late_known && self.contract.conversion.is_none() => self.fee(),
            47..54 => self.fixed(),
            54..66 => self.division(),
            66..78 => self.climbing(),
            78..88 => self.net(),
            88..92 => self.price(),
            92..96 => self.step(),
            _ => self.agents(),
        };
        term.id = format!("t{number}").into();
        term.vat = self.random.chance(45).then(|| self.vat(&term));
        term
    }

    /// A term of a measure, with everything but its kind.
    pub(super) fn plain(&mut self, kind: TermKind, scope: Scope) -> Term {
        let (debtor, creditor) = self.roles();
        let dimensions = self.listed();
        let (rounding, name) = self.random.pick(&ROUNDINGS);
        self.coverage.note(name);
        let purpose = self.random.pick(&["fee", "share", "content"]);
        Term {
            id: "".into(),
            number: 0,
            kind,
            debtor,
            creditor,
            purpose: purpose.into(),
            dimensions,
            scope,
            rounding,
            vat: None,
        }
    }

    pub(super) fn scope(&mut self) -> Scope {
        let event = !self.late_known && self.contract.conversion.is_none() && self.random.chance(50);
        self.coverage.note(if event { "scope event" } else { "scope line" });
        if event { Scope::Event } else { Scope::Line }
    }

    fn share(&mut self) -> Term {
        self.coverage.note("share flat");
        let treatment = self.treatment();
        let of = self.measure(treatment);
        let tiers = vec![Tier { up_to: None, rate: rate(self.random.pick(&RATES)) }];
        let scope = self.scope();
        self.plain(plain_share(of, tiers, Base::Gross), scope)
    }

    fn tiered(&mut self) -> Term {
        self.coverage.note("share tiered");
        let treatment = self.rerated();
        let of = self.measure(treatment);
        let tiers = self.tiers(of);
        self.plain(plain_share(of, tiers, Base::Gross), Scope::Line)
    }

    /// A share of what earlier terms leave, where there are some that are grouped alike; else one of the whole.
    fn rest(&mut self) -> Term {
        let terms = &self.contract.versions[0].terms;
        let Some(last) = terms.iter().rev().find(|term| term.measure().is_some()).cloned() else {
            return self.share();
        };
        let earlier: Vec<&Term> = terms.iter().filter(|term| term.measure() == last.measure()).collect();
        let by_event = earlier.iter().all(|term| term.scope == Scope::Event);
        let scope = if by_event { self.scope() } else { Scope::Line };
        let tiers = vec![Tier { up_to: None, rate: rate(self.random.pick(&RATES)) }];
        let kind = plain_share(last.measure().expect("it has one"), tiers, Base::Rest);
        let term = self.plain(kind, scope);
        self.beside_earlier(term)
    }

    /// Groups a share of the rest like the terms before it of its measure; one of the whole where that cannot be.
    pub(super) fn beside_earlier(&mut self, mut term: Term) -> Term {
        let terms = &self.contract.versions[0].terms;
        let earlier: Vec<&Term> = terms.iter().filter(|other| other.measure() == term.measure()).collect();
        let Some(last) = earlier.last() else { return self.share() };
        (term.debtor, term.creditor, term.dimensions) = (last.debtor, last.creditor, last.dimensions.clone());
        // A division's creditors are not all repeated, and agents are kept apart by more than their lines say.
        let alike = |other: &&Term| {
            let apart = matches!(other.kind, TermKind::Agents { .. } | TermKind::Step { .. });
            grouped_by(other) == grouped_by(&term) && !apart
        };
        if !earlier.iter().all(alike) || !self.contract.measures[usize::from(term.measure().expect("one"))].money {
            return self.share();
        }
        self.coverage.note(if term.scope == Scope::Event { "rest of events" } else { "rest of lines" });
        term
    }

    fn fee(&mut self) -> Term {
        self.coverage.note("fee");
        let treatment = self.treatment();
        let of = self.measure(treatment);
        let rate = rate(self.random.pick(&["0%", "2.9%", "1.25%", "1/6"]));
        let fixed = self.random.pick(&[0, 0, 30, 15]);
        let min = self.random.chance(35).then_some(50);
        let max = self.random.chance(35).then_some(400);
        self.coverage.note_if("fee fixed", fixed > 0);
        self.coverage.note_if("fee min", min.is_some());
        self.coverage.note_if("fee max", max.is_some());
        self.plain(TermKind::Fee { of, rate, fixed, min, max }, Scope::Event)
    }

    fn fixed(&mut self) -> Term {
        self.coverage.note("fixed");
        let amount = self.random.pick(&[50_000, 999, -70]);
        let asset = self.asset();
        let mut term = self.plain(TermKind::Fixed { amount, asset }, Scope::Line);
        let roles = [(0, 1), (2, 0), (3, 4)]
            .map(|(debtor, creditor)| (Role::Party(PartyId(debtor)), Role::Party(PartyId(creditor))));
        (term.debtor, term.creditor) = self.random.pick(&roles);
        term.dimensions = Vec::new();
        term
    }

    fn division(&mut self) -> Term {
        self.coverage.note("division");
        let treatment = self.treatment();
        let of = self.measure(treatment);
        let scope = self.scope();
        let shares: &[&str] = self.random.pick(&[&["10%", "27%", "63%"][..], &["1/3", "1/3", "1/3"], &["50%", "50%"]]);
        // `split-a`, `split-b`, `split-c`, one of which may be the operator or a party that the event names.
        let mut creditors: Vec<Role> = (7..10).map(|party| Role::Party(PartyId(party))).collect();
        if self.random.chance(30) {
            creditors[1] = Role::Party(PartyId(0));
        } else if self.random.chance(30) {
            creditors[1] = Role::Dimension(self.dimension("partner"));
        }
        let parts: Vec<_> = creditors.into_iter().zip(shares.iter().map(|share| rate(share))).collect();
        let residue = u16::try_from(self.random.position(parts.len())).expect("few parts");
        let creditor = parts[0].0;
        let mut term = self.plain(TermKind::Division { of, parts, residue }, scope);
        term.creditor = creditor;
        // A field that names a creditor keeps all parts apart, as the loader of books has it.
        let debtor = std::mem::replace(&mut term.debtor, Role::Party(PartyId(0)));
        term.dimensions = grouped_by(&term);
        term.debtor = debtor;
        if term.rounding == Rounding::TowardPayee {
            // One rounding for creditors on both sides of the operator would have two directions.
            term.rounding = Rounding::HalfEven;
        }
        term
    }

    pub(super) fn vat(&mut self, term: &Term) -> Vat {
        let is_fixed = term.measure().is_none();
        let scopes: &[(VatScope, &str)] =
            &[(VatScope::Document, "VAT document"), (VatScope::Line, "VAT line"), (VatScope::Event, "VAT event")];
        let open = if term.scope == Scope::Event && !is_fixed { 3 } else { 2 };
        let (scope, name) = self.random.pick(&scopes[..open]);
        self.coverage.note(name);
        // `check` refuses what is inside the charges of a tax invoice: no account says whose revenue it leaves.
        let may_include = scope != VatScope::Document;
        let inclusive = self.coverage.note_if("VAT inclusive", may_include && self.random.chance(50));
        let issuer = if self.random.chance(30) { Issuer::Debtor } else { Issuer::Creditor };
        self.coverage.note_if("VAT self-billed", issuer == Issuer::Debtor);
        let (rounding, _) = self.random.pick(&ROUNDINGS);
        Vat { rate: rate(self.random.pick(&VAT_RATES)), scope, inclusive, rounding, issuer }
    }

    pub(super) fn treatment(&mut self) -> Treatment {
        if !self.strict {
            return Treatment::PLAIN;
        }
        let treatments = [
            ("rerate own", Treatment::PLAIN),
            ("rerate original", Treatment { reversal: Reversal::Rerate, date: ReversalDate::Original }),
            ("mirror own", Treatment { reversal: Reversal::Mirror, date: ReversalDate::Own }),
            ("mirror original", Treatment { reversal: Reversal::Mirror, date: ReversalDate::Original }),
        ];
        let (name, treatment) = self.random.pick(&treatments);
        self.coverage.note(name);
        treatment
    }

    /// A measure of money, an old one where it has been defined before.
    pub(super) fn measure(&mut self, treatment: Treatment) -> u16 {
        let (name, sum, money) = self.random.pick(&SUMS[..5]);
        let filter = if self.random.chance(45) { Some(self.random.pick(&FILTERS)) } else { None };
        self.coverage.note_if("filter", filter.is_some());
        self.define(&format!("{name} {}", filter.unwrap_or("all")), sum, filter, money, treatment)
    }

    /// The position of a measure, which is added where it is new.
    pub(super) fn define(
        &mut self,
        name: &str,
        sum: &str,
        filter: Option<&str>,
        money: bool,
        treatment: Treatment,
    ) -> u16 {
        let measures = &self.contract.measures;
        let same = |measure: &Measure| &*measure.name == name && measure.treatment == treatment;
        if let Some(position) = measures.iter().position(same) {
            return u16::try_from(position).expect("few measures");
        }
        let mut sums = Vec::new();
        for schema in &self.schemas {
            let mut names = Fields { schema, dictionary: self.dictionary };
            sums.push(parse_number(sum, &mut names).expect("the sums of random books are numbers"));
        }
        let filters = match filter {
            Some(text) => self.conditions(text),
            None => sums.iter().map(|_| None).collect(),
        };
        let scale = sums.iter().map(Expression::scale).max().unwrap_or(0);
        let listed = self.random.chance(50);
        let position = self.contract.measures.len();
        self.contract.measures.push(Measure { name: name.into(), money, listed, scale, sums, filters, treatment });
        u16::try_from(position).expect("few measures")
    }

    /// Who owes whom: the operator, parties, and parties that fields name.
    fn roles(&mut self) -> (Role, Role) {
        let party = |number| Role::Party(PartyId(number));
        match self.random.below(7) {
            0 => (party(0), party(1)),
            1 => (party(2), party(0)),
            2 => (Role::Dimension(self.dimension("payer")), party(1)),
            3 => (Role::Dimension(self.dimension("payer")), Role::Dimension(self.dimension("partner"))),
            4 => (party(1), party(2)),
            5 => (party(0), Role::Dimension(self.dimension("partner"))),
            _ => (Role::Dimension(self.dimension("partner")), party(0)),
        }
    }

    /// Word fields for which a term makes lines of their own.
    fn listed(&mut self) -> Vec<u8> {
        let mut dimensions = Vec::new();
        for name in ["game", "payment", "kind", "asset", "partner"] {
            if self.random.chance(18) {
                self.coverage.note("dimension");
                dimensions.push(self.dimension(name));
            }
        }
        dimensions.sort_unstable();
        dimensions
    }

    /// The position of a dimension, which is added where it is new. `partner` and `payer` name parties.
    pub(super) fn dimension(&mut self, name: &str) -> u8 {
        let position = self.contract.dimensions.iter().position(|dimension| &*dimension.name == name);
        let position = position.unwrap_or_else(|| {
            let refs = self.schemas.iter().map(|schema| word_ref(schema, name)).collect();
            let party = self.coverage.note_if("party field", matches!(name, "partner" | "payer"));
            self.contract.dimensions.push(Dimension { name: name.into(), refs, party });
            self.contract.dimensions.len() - 1
        });
        u8::try_from(position).expect("few dimensions")
    }
}

/// The dimensions by which a term's tallies are kept.
fn grouped_by(term: &Term) -> Vec<u8> {
    let mut roles = vec![term.debtor, term.creditor];
    if let TermKind::Division { parts, .. } = &term.kind {
        roles.extend(parts.iter().map(|(role, _)| *role));
    }
    let named = roles.into_iter().filter_map(|role| match role {
        Role::Dimension(dimension) => Some(dimension),
        Role::Party(_) => None,
    });
    let mut dimensions: Vec<u8> = named.chain(term.dimensions.iter().copied()).collect();
    dimensions.sort_unstable();
    dimensions.dedup();
    dimensions
}

fn word_ref(schema: &Schema, name: &str) -> WordRef {
    match name {
        "kind" => WordRef::Kind,
        "source" => WordRef::Source,
        "asset" => WordRef::Asset,
        _ => WordRef::Slot(slot(schema.words.iter().position(|word| &**word == name)).expect("every adapter has it")),
    }
}

fn slot(position: Option<usize>) -> Option<u16> {
    position.map(|position| u16::try_from(position).expect("few fields"))
}

/// The names of one adapter's fields, over the words of the book.
struct Fields<'a> {
    schema: &'a Schema,
    dictionary: &'a mut Dictionary,
}

impl Names for Fields<'_> {
    fn field(&self, name: &str) -> Option<FieldRef> {
        let schema = self.schema;
        if let Some(position) = schema.numbers.iter().position(|field| &*field.name == name) {
            let slot = slot(Some(position))?;
            return Some(FieldRef::Number { slot, scale: schema.numbers[position].scale });
        }
        if let Some(slot) = slot(schema.dates.iter().position(|date| &**date == name)) {
            return Some(FieldRef::Date { slot });
        }
        slot(schema.words.iter().position(|word| &**word == name)).map(|slot| FieldRef::Word(WordRef::Slot(slot)))
    }

    fn word(&mut self, literal: &str) -> Word {
        self.dictionary.intern(literal)
    }

    fn known(&self) -> Vec<String> {
        KINDS.iter().map(|&kind| kind.into()).collect()
    }
}
