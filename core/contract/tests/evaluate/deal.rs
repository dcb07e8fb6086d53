//! A contract and tallies in few words, run period by period, each with what the one before left.

use crate::evaluator;
use calendar::{CalendarId, Cycle, Date, Grace, Instant, Period, ZoneId};
use contract::{
    Agent, Base, Carried, Cell, Climb, Contract, Conversion, Deduction, DeductionKind, Dimension, Evaluated, Issue,
    Layout, Line, LineOf, Measure, Part, PayoutRule, Pooled, Question, Rates, Reversal, ReversalDate, Role, Scope,
    Span, Step, Term, TermKind, Tier, Treatment, Vat, VatScope, Version, arithmetic, evaluate,
};
use event::{PartyId, Word};
use money::{AssetId, Overflow, Rate, Rounding};
use std::fmt::Write;

pub(crate) const OPERATOR: PartyId = PartyId(0);
pub(crate) const PARTNER: PartyId = PartyId(1);
pub(crate) const ASSET: AssetId = AssetId(0);
pub(crate) const YEAR: Span = Span::Months { months: 12, from: Date(19_723) };
pub(crate) const QUARTER: Span = Span::Months { months: 3, from: Date(19_723) };

/// A contract by months in one asset, from the operator to the partner.
#[derive(Clone, Debug)]
pub(crate) struct Deal {
    pub(crate) contract: Contract,
    pub(crate) rates: Vec<Rates>,
    pub(crate) asset: AssetId,
    pub(crate) digits: u8,
    pub(crate) pooled: fn(Pooled, Period) -> i128,
    pub(crate) known_at: Instant,
}

/// A tally.
#[derive(Clone, Debug)]
pub(crate) struct Sums {
    pub(crate) on: Date,
    pub(crate) asset: AssetId,
    pub(crate) words: Vec<Word>,
    pub(crate) sums: Vec<i128>,
}

pub(crate) fn day(text: &str) -> Date {
    Date::parse(text).unwrap()
}

pub(crate) fn rate(text: &str) -> Rate {
    Rate::parse(text).unwrap()
}

/// A tally of a contract without dimensions; a month stands for its tenth day.
pub(crate) fn tally(on: &str, sums: &[i128]) -> Sums {
    of_words(on, &[], sums)
}

pub(crate) fn of_words(on: &str, words: &[u32], sums: &[i128]) -> Sums {
    let on = if on.len() == 7 { day(&format!("{on}-10")) } else { day(on) };
    Sums { on, asset: ASSET, words: words.iter().copied().map(Word).collect(), sums: sums.to_vec() }
}

impl Deal {
    /// A contract over money measures with terms that are always in force.
    pub(crate) fn new(measures: &[&str], terms: Vec<Term>) -> Self {
        let measures = measures.iter().map(|name| measure(name)).collect();
        let versions = vec![("2020-01-01", terms)];
        Self::of_versions(measures, versions)
    }

    /// A contract with versions by their first days.
    pub(crate) fn of_versions(measures: Vec<Measure>, versions: Vec<(&str, Vec<Term>)>) -> Self {
        let mut term_ids: Vec<Box<str>> = Vec::new();
        for term in versions.iter().flat_map(|(_, terms)| terms) {
            if !term_ids.contains(&term.id) {
                term_ids.push(term.id.clone());
            }
        }
        let number = |id: &str| u16::try_from(term_ids.iter().position(|own| **own == *id).unwrap()).unwrap();
        let numbered =
            |terms: Vec<Term>| terms.into_iter().map(|term| Term { number: number(&term.id), ..term }).collect();
        let version = |(from, terms): (&str, Vec<Term>)| Version {
            valid_from: day(from),
            known_from: Instant::BEGINNING,
            terms: numbered(terms),
        };
        let versions = versions.into_iter().map(version).collect();
        Self {
            contract: bare(measures, versions, term_ids.clone()),
            rates: Vec::new(),
            asset: ASSET,
            digits: 0,
            pooled: |_, _| 0,
            known_at: Instant::END,
        }
    }

    pub(crate) fn dimensions(mut self, names: &[&str]) -> Self {
        let dimension = |name: &&str| Dimension { name: (*name).into(), refs: Vec::new(), party: true };
        self.contract.dimensions = names.iter().map(dimension).collect();
        self
    }

    pub(crate) fn plain_number(mut self, position: usize) -> Self {
        self.contract.measures[position].money = false;
        self
    }

    pub(crate) fn digits(mut self, digits: u8) -> Self {
        self.digits = digits;
        for measure in &mut self.contract.measures {
            measure.scale = if measure.money { digits } else { 0 };
        }
        self
    }

    pub(crate) fn converts(mut self, conversion: Conversion, rates: Rates) -> Self {
        (self.contract.conversion, self.rates, self.asset) = (Some(conversion), vec![rates], conversion.to);
        self
    }

    pub(crate) fn number_of(&self, id: &str) -> u16 {
        u16::try_from(self.contract.term_ids.iter().position(|own| **own == *id).unwrap()).unwrap()
    }

    /// Evaluates a month with what the month before left, and redoes the arithmetic of each line.
    pub(crate) fn month(&self, tallies: &[Sums], first: Date, carried: &Carried, from: Option<Date>) -> Evaluated {
        let evaluated = self.answer(tallies, first, carried, from).expect("it fits");
        assert!(evaluated.lines.windows(2).all(|pair| pair[0].key < pair[1].key), "keys ascend, each once");
        for line in &evaluated.lines {
            let text = arithmetic(line, self.digits);
            assert_eq!(evaluator::evaluate(&text), Ok(true), "{text}");
        }
        evaluated
    }

    /// What `F` answers for a month.
    pub(crate) fn answer(
        &self,
        tallies: &[Sums],
        first: Date,
        carried: &Carried,
        from: Option<Date>,
    ) -> Result<Evaluated, Overflow> {
        let period = Cycle::Month.period_of(first);
        let inside = tallies.iter().filter(|tally| period.contains(tally.on));
        let cell = |tally: &&Sums| (tally.on, tally.asset, tally.words.clone(), tally.sums.clone());
        let owned: Vec<_> = inside.map(|tally| cell(&tally)).collect();
        let cells: Vec<Cell<'_>> = owned
            .iter()
            .map(|(on, asset, words, sums)| Cell {
                asset: *asset,
                day: *on,
                rate_on: *on,
                version_on: *on,
                dimensions: words,
                sums,
            })
            .collect();
        let layout = Layout::of_contract(&self.contract);
        let pooled = |pooled| (self.pooled)(pooled, period);
        let goes_on = self.contract.ends_on.is_none_or(|end| end > period.end);
        let question = Question {
            contract: &self.contract,
            layout: &layout,
            known_at: self.known_at,
            period,
            next_on: goes_on.then_some(period.end),
            carried_in: carried,
            carried_from_on: from,
            rates: &self.rates,
            pooled: &pooled,
            asset: self.asset,
            digits: self.digits,
            operator: OPERATOR,
            party_of: &|word| PartyId(word.0),
            touches_of: &|word, _| vec![PartyId(word.0)],
            in_order: &|left, right| left.cmp(&right),
        };
        evaluate(&question, &cells)
    }

    /// Evaluates months in order.
    pub(crate) fn months(&self, tallies: &[Sums], months: &[&str]) -> Vec<Evaluated> {
        let (mut carried, mut from, mut answers) = (Carried::new(), None, Vec::new());
        for month in months {
            let first = day(&format!("{month}-01"));
            let evaluated = self.month(tallies, first, &carried, from);
            (carried, from) = (evaluated.carried.clone(), Some(first));
            answers.push(evaluated);
        }
        answers
    }

    /// The lines of a month in words: `id amount`, with `/piece`, `[words]` and `+vat` where there are any.
    pub(crate) fn text(&self, evaluated: &Evaluated) -> String {
        evaluated.lines.iter().map(|line| self.line_text(line)).collect::<Vec<_>>().join(", ")
    }

    fn line_text(&self, line: &Line) -> String {
        let mut text = match line.key.of {
            LineOf::Term { term, version } => {
                self.contract.versions[version as usize].terms[term as usize].id.to_string()
            }
            LineOf::Document { rate, .. } => format!("document {rate}"),
            LineOf::Adjustment { number } => format!("adjustment {number}"),
        };
        if line.key.piece > 0 {
            write!(text, "/{}", line.key.piece).unwrap();
        }
        let words: Vec<String> = line.key.dimensions.iter().map(|word| word.0.to_string()).collect();
        if !words.is_empty() {
            write!(text, "[{}]", words.join(" ")).unwrap();
        }
        match line.key.part {
            Part::Charge => {}
            Part::Vat => text.push_str("+vat"),
            Part::VatIncluded => text.push_str("+vat inside"),
        }
        write!(text, " {}", line.amount).unwrap();
        text
    }
}

/// What a month's lines come to: what the partner is owed.
pub(crate) fn total(evaluated: &Evaluated) -> i128 {
    let counted = evaluated.lines.iter().filter(|line| line.key.part != Part::VatIncluded);
    counted.map(|line| if line.key.creditor == OPERATOR { -line.amount } else { line.amount }).sum()
}

#[track_caller]
pub(crate) fn check(deal: &Deal, tallies: &[Sums], expected: &[(&str, &str)]) {
    let months: Vec<&str> = expected.iter().map(|(month, _)| *month).collect();
    let answers = deal.months(tallies, &months);
    for ((month, expected), evaluated) in expected.iter().zip(&answers) {
        assert_eq!(deal.text(evaluated), *expected, "{month}");
    }
}

fn bare(measures: Vec<Measure>, versions: Vec<Version>, term_ids: Vec<Box<str>>) -> Contract {
    Contract {
        id: "deal".into(),
        sources: Vec::new(),
        selects: Vec::new(),
        basis: Vec::new(),
        zone: ZoneId(0),
        cut_off_s: 0,
        lag_days: 0,
        cycle: Cycle::Month,
        grace: Grace::Days(0),
        due: None,
        calendars: Vec::<CalendarId>::new(),
        dimensions: Vec::new(),
        measures,
        versions,
        ends_on: None,
        term_ids,
        conversion: None,
        issue: Issue::AtCut,
        look_back_months: 24,
        payout: PayoutRule::default(),
    }
}

pub(crate) fn measure(name: &str) -> Measure {
    let treatment = Treatment { reversal: Reversal::Rerate, date: ReversalDate::Own };
    Measure { name: name.into(), money: true, listed: true, scale: 0, sums: Vec::new(), filters: Vec::new(), treatment }
}

pub(crate) fn term(id: &str, kind: TermKind) -> Term {
    Term {
        id: id.into(),
        number: 0,
        kind,
        debtor: Role::Party(OPERATOR),
        creditor: Role::Party(PARTNER),
        purpose: "share".into(),
        dimensions: Vec::new(),
        scope: Scope::Line,
        rounding: Rounding::HalfUp,
        vat: None,
    }
}

/// Tiers from `rate` or `bound:rate bound:rate rate`.
pub(crate) fn tiers(text: &str) -> Vec<Tier> {
    let tier = |part: &str| match part.split_once(':') {
        Some((bound, percent)) => Tier { up_to: Some(bound.parse().unwrap()), rate: rate(percent) },
        None => Tier { up_to: None, rate: rate(part) },
    };
    text.split(' ').map(tier).collect()
}

/// A share of the first measure, by [`tiers`].
pub(crate) fn share(id: &str, tiers_text: &str) -> Term {
    let kind = TermKind::Share {
        of: 0,
        tiers: tiers(tiers_text),
        climb: Climb::GRADUATED,
        on: Base::Gross,
        deductions: Vec::new(),
        carries: false,
    };
    term(id, kind)
}

/// A change to what a share says.
pub(crate) trait Shaped {
    fn of_measure(self, measure: u16) -> Self;
    fn on_rest(self) -> Self;
    fn carried(self) -> Self;
    fn climbing(self, climb: Climb) -> Self;
    fn less(self, name: &str, kind: DeductionKind) -> Self;
    fn by(self, dimensions: &[u8]) -> Self;
    fn rounded(self, rounding: Rounding) -> Self;
    fn taxed(self, scope: VatScope) -> Self;
    fn between(self, debtor: Role, creditor: Role) -> Self;
}

impl Shaped for Term {
    fn of_measure(mut self, measure: u16) -> Self {
        if let TermKind::Share { of, .. } = &mut self.kind {
            *of = measure;
        }
        self
    }

    fn on_rest(mut self) -> Self {
        if let TermKind::Share { on, .. } = &mut self.kind {
            *on = Base::Rest;
        }
        self
    }

    fn carried(mut self) -> Self {
        if let TermKind::Share { carries, .. } = &mut self.kind {
            *carries = true;
        }
        self
    }

    fn climbing(mut self, own: Climb) -> Self {
        if let TermKind::Share { climb, .. } = &mut self.kind {
            *climb = own;
        }
        self
    }

    fn less(mut self, name: &str, kind: DeductionKind) -> Self {
        if let TermKind::Share { deductions, .. } = &mut self.kind {
            deductions.push(Deduction { name: name.into(), kind });
        }
        self
    }

    fn by(mut self, dimensions: &[u8]) -> Self {
        self.dimensions = dimensions.to_vec();
        self
    }

    fn rounded(mut self, rounding: Rounding) -> Self {
        self.rounding = rounding;
        self
    }

    fn taxed(mut self, scope: VatScope) -> Self {
        let issuer = contract::Issuer::Creditor;
        self.vat = Some(Vat { rate: rate("10%"), scope, inclusive: false, rounding: self.rounding, issuer });
        self
    }

    fn between(mut self, debtor: Role, creditor: Role) -> Self {
        (self.debtor, self.creditor) = (debtor, creditor);
        self
    }
}

/// A minimum over the first term, within the period and not recoupable.
pub(crate) fn minimum(amount: i64) -> Term {
    spanning(amount, Span::Period, false)
}

pub(crate) fn spanning(amount: i64, span: Span, recoupable: bool) -> Term {
    term("minimum", TermKind::Minimum { of: vec![0], amount, asset: ASSET, span, recoupable, pool: Vec::new() })
}

pub(crate) fn cap(of: &[u16], amount: i64) -> Term {
    term("cap", TermKind::Bound { of: of.to_vec(), amount, asset: ASSET, upper: true })
}

pub(crate) fn floor(of: &[u16], amount: i64) -> Term {
    term("floor", TermKind::Bound { of: of.to_vec(), amount, asset: ASSET, upper: false })
}

pub(crate) fn carry() -> Term {
    term("carry", TermKind::Carry { of: vec![0] })
}

pub(crate) fn advance(amount: i64, on: &str, share: &str) -> Term {
    term("advance", TermKind::Advance { of: vec![0], amount, asset: ASSET, on: day(on), share: rate(share) })
}

pub(crate) fn prepaid(top_up: u16) -> Term {
    term("prepaid", TermKind::Prepaid { of: vec![0], top_up, low: None, limit: None })
}

pub(crate) fn steps(of: u16, steps: &[(Option<i128>, i64)]) -> Term {
    let steps = steps.iter().map(|&(up_to, amount)| Step { up_to, amount }).collect();
    term("step", TermKind::Step { of, steps, asset: ASSET })
}

pub(crate) fn agents(by: u8, agents: &[(u32, Option<u16>, &str)]) -> Term {
    let agent = |&(party, above, percent): &(u32, Option<u16>, &str)| Agent {
        party: PartyId(party),
        above,
        rate: rate(percent),
    };
    term("agents", TermKind::Agents { of: 0, by, agents: agents.iter().map(agent).collect() })
}
