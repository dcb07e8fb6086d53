//! Explains an event: what was decided about it, and the statement lines that it moved.

use super::replay::{Lock, decide};
use super::statement::key_label;
use crate::failure::Failure;
use crate::tongue::Tongue;
use calendar::Date;
use contract::{Line, LineBase, LineKey, LineOf, Scope, Shown, Term, TermKind, VatScope, Working};
use documents::Names;
use engine::{Contribution, Decisions, Engine, LinkChange, Outcome};
use event::{Code, Columns};
use money::{AssetId, Decimal, Rate, Rounding};
use std::collections::{BTreeMap, BTreeSet};

/// Explains an event by its id, or `source:id`; every time it came, and what became of it where it had to wait.
pub(super) fn event(lock: &Lock, what: &str, tongue: Tongue) -> Result<Option<Vec<String>>, Failure> {
    let mut engine = lock.engine();
    let mut search = Search { lock, what, tongue, lines: Vec::new(), without: None };
    lock.replay(&mut engine, |engine, columns| {
        search.batch(engine, columns);
        false
    })?;
    Ok((!search.lines.is_empty()).then_some(search.lines))
}

/// The search for an event in the log.
struct Search<'a> {
    lock: &'a Lock,
    what: &'a str,
    tongue: Tongue,
    lines: Vec<String>,
    /// While the event waits for its original: the books as they would be without it, so that the difference is its own.
    without: Option<Without>,
}

struct Without {
    engine: Engine,
    /// The batch at hand, as this engine sees it.
    columns: Columns,
}

impl Search<'_> {
    fn is_it(&self, engine: &Engine, columns: &Columns, row: usize) -> bool {
        let source = &engine.book().sources[usize::from(columns.source[row].0)].id;
        let id = columns.id.text(row);
        id == self.what || self.what.strip_prefix(&**source).and_then(|rest| rest.strip_prefix(':')) == Some(id)
    }

    fn batch(&mut self, engine: &mut Engine, columns: &mut Columns) {
        if let Some(without) = &mut self.without {
            without.columns = columns.clone();
        }
        let mut from = 0;
        for row in 0..columns.len() {
            let is_it = self.is_it(engine, columns, row);
            if is_it || self.without.is_some() {
                self.pass(engine, columns, from..row);
                if is_it {
                    self.arrive(engine, columns, row);
                } else {
                    self.pass(engine, columns, row..row + 1);
                }
                from = row + 1;
            }
        }
        let rows = from..columns.len();
        self.pass(engine, columns, rows);
    }

    /// The event comes.
    fn arrive(&mut self, engine: &mut Engine, columns: &mut Columns, row: usize) {
        let before = Without { engine: engine.clone(), columns: columns.clone() };
        let parts = decide(engine, columns, row..row + 1);
        self.lines.extend(told_event(self.lock, &before.engine, engine, columns, row, &parts, self.tongue));
        let outcome = parts.last().and_then(|part| part.outcomes.last());
        if outcome == Some(&Outcome::Waits) && self.without.is_none() {
            self.without = Some(before);
        }
    }

    /// Others come; one of them may be the original that the event waits for.
    fn pass(&mut self, engine: &mut Engine, columns: &mut Columns, rows: std::ops::Range<usize>) {
        let parts = decide(engine, columns, rows.clone());
        self.lines.extend(told_replaced(engine, &parts, self.what, self.tongue));
        let Some(without) = &mut self.without else { return };
        decide(&mut without.engine, &mut without.columns, rows);
        let is_released = parts.iter().flat_map(|part| &part.released).find(|released| {
            let source = &engine.book().sources[usize::from(released.columns.source[0].0)].id;
            let id = released.columns.id.text(0);
            id == self.what || *self.what == format!("{source}:{id}")
        });
        let Some(released) = is_released else { return };
        let (waited, outcome) =
            (head(self.lock, engine, &released.columns, 0), told_outcome(released.outcome, self.tongue));
        let when = match released.outcome {
            Outcome::Refused(Code::OriginalExpired) => self.tongue.of("when its time had run out", "대기 기한 만료 후"),
            _ => self.tongue.of("when its original came", "원거래 수신 후"),
        };
        self.lines.push(format!("{waited} {outcome} {when}"));
        let word = |word| engine.state().dictionary.text(word);
        let names = Names { book: engine.book(), word: &word };
        for part in &parts {
            self.lines.extend(told_lines(&names, &without.engine, engine, part));
        }
        self.without = None;
    }
}

/// What an event is called: source, id, kind, asset and where it stands.
fn head(lock: &Lock, engine: &Engine, columns: &Columns, row: usize) -> String {
    let book = engine.book();
    let source = &book.sources[usize::from(columns.source[row].0)];
    let (kind, asset) =
        (&book.kinds[usize::from(columns.kind[row].0)], &book.assets[usize::from(columns.asset[row].0)]);
    let file = lock.description["inputs"][columns.file.0 as usize]["name"].as_str().unwrap_or("?");
    let (id, line) = (columns.id.text(row), columns.line[row]);
    format!("{}:{id} {kind} {} ({file}:{line})", source.id, asset.name)
}

fn told_event(
    lock: &Lock,
    before: &Engine,
    after: &Engine,
    columns: &Columns,
    row: usize,
    parts: &[Decisions],
    tongue: Tongue,
) -> Vec<String> {
    let book = after.book();
    let word = |word| after.state().dictionary.text(word);
    let names = Names { book, word: &word };
    let source = &book.sources[usize::from(columns.source[row].0)];
    let outcome = parts.last().and_then(|part| part.outcomes.last()).copied().unwrap_or(Outcome::NotYet);
    let mut lines = vec![format!("{} {}", head(lock, after, columns, row), told_outcome(outcome, tongue))];
    let schema = &book.schemas[usize::from(source.adapter.0)];
    for (field, column) in schema.numbers.iter().zip(&columns.numbers) {
        let amount = Decimal { mantissa: i128::from(column[row]), scale: field.scale };
        lines.push(format!("  {} = {amount}", field.name));
    }
    for (name, column) in schema.words.iter().zip(&columns.words) {
        lines.push(format!("  {name} = {}", (names.word)(column[row])));
    }
    for (name, column) in schema.times.iter().zip(&columns.times) {
        lines.push(format!("  {name} = {}", column[row]));
    }
    for (name, column) in schema.dates.iter().zip(&columns.dates) {
        lines.push(format!("  {name} = {}", column[row]));
    }
    for replaced in parts.iter().flat_map(replacements).map(|(_, replaced)| replaced) {
        lines.push(format!("  {} {replaced}", tongue.of("takes the place of", "대체 대상:")));
    }
    for part in parts {
        lines.extend(told_lines(&names, before, after, part));
    }
    lines
}

/// Contributions that took the place of others, each with the id of the other.
fn replacements(decisions: &Decisions) -> impl Iterator<Item = (&Contribution, &str)> {
    decisions.links.iter().filter_map(|change| match change {
        LinkChange::Contributed { contribution, replaced } => Some((contribution, replaced.as_deref()?)),
        _ => None,
    })
}

/// Which later events took the place of the one that is asked for.
fn told_replaced(engine: &Engine, parts: &[Decisions], what: &str, tongue: Tongue) -> Vec<String> {
    let mut lines = Vec::new();
    for (by, replaced) in parts.iter().flat_map(replacements) {
        let source = &engine.book().sources[usize::from(by.source.0)].id;
        if replaced == what || what.strip_prefix(&**source).and_then(|rest| rest.strip_prefix(':')) == Some(replaced) {
            let takes = tongue.of("takes its place", "이(가) 이를 대체합니다");
            lines.push(format!("{source}:{} {takes}", by.id));
        }
    }
    lines
}

pub(crate) fn told_outcome(outcome: Outcome, tongue: Tongue) -> String {
    match outcome {
        Outcome::Accepted => tongue.of("accepted", "승인").to_owned(),
        Outcome::Waits => tongue.of("held: it waits for its original", "보류: 원거래를 기다립니다").to_owned(),
        Outcome::NotYet => tongue.of("received after the moment of the look", "기준 시각 이후 수신").to_owned(),
        Outcome::Refused(code) => format!("{}: {}", code.name(), code.meaning()),
    }
}

/// The statement lines that one event moved, each with the arithmetic of its share.
fn told_lines(names: &Names<'_>, before: &Engine, after: &Engine, decisions: &Decisions) -> Vec<String> {
    let mut moved: BTreeMap<_, BTreeSet<Date>> = BTreeMap::new();
    for tally in &decisions.tallies {
        let (period, asset, day, _) = after.state().contracts[usize::from(tally.contract)].whereabouts(tally.cell);
        // A contract that converts has lines in one asset, whatever the event's is.
        let conversion = names.book.contracts[usize::from(tally.contract)].conversion;
        let asset = conversion.map_or(asset, |conversion| conversion.to);
        moved.entry((tally.contract, period, asset)).or_default().insert(day);
    }
    let mut lines = Vec::new();
    for ((number, period, asset), days) in moved {
        let told = told_period(names, before, after, (number, period, asset));
        if !told.is_empty() {
            let contract = &names.book.contracts[usize::from(number)];
            let state = &after.state().contracts[usize::from(number)].periods[period as usize];
            let late = if state.frozen { ", late: it restates a closed period" } else { "" };
            let days: Vec<String> = days.iter().map(Date::to_string).collect();
            let (id, days, name) = (&contract.id, days.join(" and "), state.period.name());
            lines.push(format!("  contract {id}, commercial day {days}, period {name}{late}"));
            lines.extend(told);
        }
    }
    lines
}

/// The lines of a contract's period that are not as they were before.
fn told_period(
    names: &Names<'_>,
    before: &Engine,
    after: &Engine,
    (number, period, asset): (u16, u32, AssetId),
) -> Vec<String> {
    let now = after.state().stamp;
    let contract = &names.book.contracts[usize::from(number)];
    let first_on = after.state().contracts[usize::from(number)].periods[period as usize].period.first;
    let known = before.state().contracts[usize::from(number)].period_number(first_on);
    let earlier = known.map_or_else(Vec::new, |period| before.evaluate(number, period, asset, now).lines);
    let mut earlier: BTreeMap<LineKey, Line> = earlier.into_iter().map(|line| (line.key.clone(), line)).collect();
    let digits = names.asset(asset).digits;
    let mut lines = Vec::new();
    for line in after.evaluate(number, period, asset, now).lines {
        let was = earlier.remove(&line.key);
        if was.as_ref() != Some(&line) {
            lines.push(format!("    {}", key_label(names, contract, &line.key)));
            lines.push(format!("      {}", share(names, contract, was.as_ref(), &line, digits)));
        }
    }
    for gone in earlier.into_values() {
        lines.push(format!("    {}", key_label(names, contract, &gone.key)));
        lines.push(format!("      0 - {} = {}", units(gone.amount, digits), units(-gone.amount, digits)));
    }
    lines
}

fn units(amount: i128, digits: u8) -> Decimal {
    Decimal { mantissa: amount, scale: digits }
}

/// The arithmetic of one event's share of a line: its own rounding at event scope, else the difference of the line.
fn share(names: &Names<'_>, contract: &contract::Contract, was: Option<&Line>, line: &Line, digits: u8) -> String {
    let amount = line.amount - was.map_or(0, |was| was.amount);
    if let LineOf::Term { term, version } = line.key.of {
        let term = &contract.versions[usize::from(version)].terms[usize::from(term)];
        if let Some(own) = own_charge(names, term, was, line, amount, digits) {
            return own;
        }
    }
    let side = |line: &Line| Shown::line(line, digits).arithmetic().split(" = ").next().unwrap_or_default().to_owned();
    match was {
        None => Shown::line(line, digits).arithmetic(),
        Some(was) => format!("({}) - ({}) = {}", side(line), side(was), units(amount, digits)),
    }
}

/// The arithmetic of a charge that was rounded with its event.
fn own_charge(
    names: &Names<'_>,
    term: &Term,
    was: Option<&Line>,
    line: &Line,
    amount: i128,
    digits: u8,
) -> Option<String> {
    let party_is_owed = line.key.creditor != names.book.operator;
    match &line.working {
        Working::Events { base, rate } if term.scope == Scope::Event => {
            let before = match was.map(|was| &was.working) {
                Some(Working::Events { base, .. }) => base.mantissa,
                _ => 0,
            };
            let base = Decimal { mantissa: base.mantissa - before, scale: base.scale };
            let rounding = term.rounding.facing(party_is_owed);
            Some(match &term.kind {
                TermKind::Fee { fixed, min, max, .. } => {
                    fee(base, *rate, (*fixed, *min, *max), rounding, amount, digits)
                }
                TermKind::Division { .. } => format!("{} # its part of {base}", units(amount, digits)),
                _ => flat(base, *rate, rounding, amount, digits),
            })
        }
        Working::VatEvents { rate, .. } => {
            let vat = term.vat.filter(|vat| vat.scope == VatScope::Event)?;
            Some(format!(
                "{} # VAT {rate} of the charge{}",
                units(amount, digits),
                if vat.inclusive { ", inside it" } else { "" }
            ))
        }
        _ => None,
    }
}

fn flat(measure: Decimal, rate: Rate, rounding: Rounding, amount: i128, digits: u8) -> String {
    let working = Working::Flat { base: LineBase::of(measure), rate, rounding };
    Shown { working: Some(&working), owes: false, amount, restated: None, digits }.arithmetic()
}

fn fee(
    measure: Decimal,
    rate: Rate,
    (fixed, min, max): (i64, Option<i64>, Option<i64>),
    rounding: Rounding,
    amount: i128,
    digits: u8,
) -> String {
    let magnitude = Decimal { mantissa: measure.mantissa.abs(), scale: measure.scale };
    let part = amount.abs() - i128::from(fixed);
    let bounds = [(min, "at least"), (max, "at most")];
    for (bound, words) in bounds {
        if bound.is_some_and(|bound| i128::from(bound) == amount.abs()) {
            return format!("{} # {words} {}", units(amount, digits), units(amount.abs(), digits));
        }
    }
    let rated = flat(magnitude, rate, rounding, part, digits);
    let rated = rated.split(" = ").next().unwrap_or_default();
    let sign = if amount < 0 { "-" } else { "" };
    format!("{sign}({rated} + {}) = {}", units(i128::from(fixed), digits), units(amount, digits))
}
