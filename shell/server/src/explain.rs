//! `jeongsan explain`: why an event was decided as it was, and where a statement's amount comes from.
//!
//! Nothing is looked up in the outputs: the folder's own log is decided again up to the event, or to the end, and the
//! arithmetic is `F`'s. So an explanation cannot say anything else than what the books did.

use crate::commands::{self, CommandFile};
use crate::failure::Failure;
use crate::lock::{FrameFault, Frames};
use crate::tongue::Tongue;
use book::Loaded;
use calendar::{Date, Instant};
use canon::Digest;
use close::{Statement, StatementLine};
use contract::{Line, LineBase, LineKey, LineOf, Part, Scope, Shown, Term, TermKind, VatScope, Working};
use documents::Names;
use engine::{Command, Decisions, Engine, Outcome};
use event::{Columns, FileId};
use money::{AssetId, Decimal, Rate, Rounding};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io::{BufReader, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

pub(crate) fn command(
    folder: &Path,
    what: &str,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let lock = Lock::open(folder)?;
    let explained = match statement(&lock, what)? {
        Some(lines) => Some(lines),
        None => event(&lock, what, tongue)?,
    };
    let Some(explained) = explained.or(refused_row(folder, what)?) else {
        return Err(Failure::Unexplained { what: what.to_owned(), folder: folder.to_owned() });
    };
    let text =
        if as_json { format!("{}\n", json!({ "of": what, "lines": explained })) } else { explained.join("\n") + "\n" };
    out.write_all(text.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// What `settle` left for explaining.
pub(crate) struct Lock {
    pub(crate) loaded: Loaded,
    pub(crate) description: Value,
    pub(crate) command_files: Vec<CommandFile>,
    scheduled: Vec<Command>,
    log: PathBuf,
}

impl Lock {
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("book.lock/lock.json");
        let text = std::fs::read(&path).map_err(Failure::world("reading", &path))?;
        let description: Value = serde_json::from_slice(&text).map_err(|_| Failure::Damaged { path, offset: 0 })?;
        let book = folder.join("book.lock/book");
        let loaded = book::load_folder(&book).map_err(|faults| Failure::Book { folder: book.clone(), faults })?;
        let command_files = commands_of(folder, &description)?;
        let inputs = description["inputs"].as_array().map_or(0, Vec::len);
        let scheduled = commands::read(&command_files, &loaded, inputs)?;
        Ok(Self { loaded, description, command_files, scheduled, log: folder.join("book.lock/events.log") })
    }

    /// An engine that was told what the run was told.
    pub(crate) fn engine(&self) -> Engine {
        let mut engine = Engine::new(Arc::new(self.loaded.book.clone()));
        if let Some(at) = self.instant("looked_as_of") {
            engine.look_as_of(at);
        }
        engine.schedule(self.scheduled.clone());
        let inputs = self.description["inputs"].as_array().map_or(&[][..], Vec::as_slice);
        for (file, input) in (0..).map(FileId).zip(inputs) {
            let adapter = self.loaded.adapters.iter().find(|adapter| input["adapter"] == *adapter.name);
            let digest = input["digest"].as_str().and_then(digest_of);
            if let (Some(adapter), Some(slot), Some(digest)) = (adapter, input["slot"].as_str(), digest) {
                engine.take_file(file, adapter.id, slot, digest);
            }
        }
        engine
    }

    pub(crate) fn instant(&self, name: &str) -> Option<Instant> {
        Instant::parse_rfc3339(self.description[name].as_str()?.as_bytes())
    }

    /// Decides the whole log, batch by batch, until `look` has seen enough.
    pub(crate) fn replay(
        &self,
        engine: &mut Engine,
        mut look: impl FnMut(&mut Engine, &mut Columns) -> bool,
    ) -> Result<(), Failure> {
        let fault = |fault| match fault {
            FrameFault::World(source) => Failure::World { attempted: "reading", path: self.log.clone(), source },
            FrameFault::Damaged(damage) => Failure::Damaged { path: self.log.clone(), offset: damage.offset },
        };
        let file = File::open(&self.log).map_err(Failure::world("reading", &self.log))?;
        let mut frames = Frames::open(BufReader::with_capacity(1 << 20, file)).map_err(fault)?;
        while let Some(mut columns) = frames.next_batch().map_err(fault)? {
            if look(engine, &mut columns) {
                break;
            }
        }
        Ok(())
    }
}

/// The files of commands that a folder was made with.
fn commands_of(folder: &Path, description: &Value) -> Result<Vec<CommandFile>, Failure> {
    let mut files = Vec::new();
    for entry in description["commands"].as_array().map_or(&[][..], Vec::as_slice) {
        let (Some(name), Some(path)) = (entry["name"].as_str(), entry["path"].as_str()) else { continue };
        let path = folder.join(path);
        let text = std::fs::read_to_string(&path).map_err(Failure::world("reading", &path))?;
        files.push(CommandFile { name: name.to_owned(), text });
    }
    Ok(files)
}

pub(crate) fn digest_of(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    for (byte, place) in digest.iter_mut().enumerate() {
        *place = u8::from_str_radix(text.get(2 * byte..2 * byte + 2)?, 16).ok()?;
    }
    Some(Digest(digest))
}

/// Decides rows of a batch to the end, over all cuts that fall due.
fn decide(engine: &mut Engine, columns: &mut Columns, rows: std::ops::Range<usize>) -> Vec<Decisions> {
    let mut parts = Vec::new();
    let mut row = rows.start;
    while row < rows.end {
        let decisions = engine.decide(columns, row..rows.end);
        columns.new_words.clear();
        row = decisions.rows.end;
        parts.push(decisions);
    }
    parts
}

/// Explains a statement (`contract/party/period/asset`) or one of its lines (`…#n`).
fn statement(lock: &Lock, what: &str) -> Result<Option<Vec<String>>, Failure> {
    if what.split('/').count() != 4 {
        return Ok(None);
    }
    let (id, number) = match what.rsplit_once('#') {
        Some((id, number)) => match number.parse::<usize>() {
            Ok(number) => (id, Some(number)),
            Err(_) => return Ok(None),
        },
        None => (what, None),
    };
    let mut engine = lock.engine();
    lock.replay(&mut engine, |engine, columns| {
        let rows = 0..columns.len();
        decide(engine, columns, rows);
        false
    })?;
    if let Some(as_of) = lock.instant("as_of") {
        engine.finish(as_of);
    }
    let word = |word| engine.state().dictionary.text(word);
    let names = Names { book: engine.book(), word: &word };
    let statements: Vec<Statement> = engine.state().statements.iter().cloned().chain(engine.provisional()).collect();
    let Some(found) = statements.iter().find(|statement| names.statement_id(statement) == id) else { return Ok(None) };
    let mut lines = Vec::new();
    for (position, line) in found.lines.iter().enumerate() {
        if number.is_none_or(|number| number == position + 1) {
            lines.push(format!("{id}#{} {}", position + 1, label(&names, found, line)));
            lines.push(format!("    {}", names.arithmetic(found, line)));
            if number.is_some() {
                lines.extend(days(&engine, found, line));
            }
        }
    }
    Ok((!lines.is_empty()).then_some(lines))
}

/// What a statement line is called: its term, version, dimensions and parties.
fn label(names: &Names<'_>, statement: &Statement, line: &StatementLine) -> String {
    let contract = &names.book.contracts[usize::from(statement.contract.0)];
    let mut label = key_label(names, contract, &line.key);
    if let Some(on) = line.adjusts_on {
        label.push_str(&format!(" (restates the period from {on})"));
    }
    label
}

fn key_label(names: &Names<'_>, contract: &contract::Contract, key: &LineKey) -> String {
    let mut label = match key.of {
        LineOf::Term { term, version } => {
            let version = &contract.versions[usize::from(version)];
            format!("{} (version of {})", version.terms[usize::from(term)].id, version.valid_from)
        }
        LineOf::Document { rate, .. } => format!("VAT {rate} of the document"),
        LineOf::Adjustment { number } => format!("adjustment {}", number + 1),
    };
    for &word in &key.dimensions {
        label.push_str(&format!(" [{}]", (names.word)(word)));
    }
    if key.part != Part::Charge && matches!(key.of, LineOf::Term { .. }) {
        label.push_str(" VAT");
    }
    format!("{label}: {} -> {}", names.party(key.debtor), names.party(key.creditor))
}

/// The sums of a line's measure by commercial day, as one sum that can be added up again.
fn days(engine: &Engine, statement: &Statement, line: &StatementLine) -> Vec<String> {
    let number = statement.contract.0;
    let contract = &engine.book().contracts[usize::from(number)];
    let state = &engine.state().contracts[usize::from(number)];
    let first_on = line.adjusts_on.unwrap_or(statement.period.first);
    let (LineOf::Term { term, version }, Some(period)) = (line.key.of, state.period_number(first_on)) else {
        return Vec::new();
    };
    let term = &contract.versions[usize::from(version)].terms[usize::from(term)];
    let Some(measure) = term.measure() else { return Vec::new() };
    let mut sums: BTreeMap<_, i128> = BTreeMap::new();
    for cell in state.cells_of(period, contract.conversion.is_none().then_some(statement.asset)) {
        let of_line = contract.version_of(cell.version_on, engine.state().stamp) == Some(version)
            && term
                .dimensions
                .iter()
                .zip(&line.key.dimensions)
                .all(|(&at, &word)| cell.dimensions[usize::from(at)] == word)
            && is_between(engine, term, &line.key, cell.dimensions);
        if of_line && cell.sums[usize::from(measure)] != 0 {
            *sums.entry(cell.day).or_default() += cell.sums[usize::from(measure)];
        }
    }
    let measure = &contract.measures[usize::from(measure)];
    let shown = |mantissa| Decimal { mantissa, scale: measure.scale };
    let mut lines: Vec<String> =
        sums.iter().map(|(day, &sum)| format!("    {day}  {} {}", measure.name, shown(sum))).collect();
    let total = sums.values().sum();
    let parts: Vec<String> = sums.values().map(|&sum| shown(sum).to_string()).collect();
    if !parts.is_empty() {
        lines.push(format!("    {} = {}", parts.join(" + ").replace("+ -", "- "), shown(total)));
    }
    lines
}

/// Whether a term's parties for a tally are those of a line.
fn is_between(engine: &Engine, term: &Term, key: &LineKey, dimensions: &[event::Word]) -> bool {
    let party = |role| match role {
        contract::Role::Party(party) => Some(party),
        contract::Role::Dimension(at) => engine.book().party_of_word(dimensions[usize::from(at)]),
    };
    let creditors = match &term.kind {
        TermKind::Division { parts, .. } => parts.iter().map(|part| part.0).collect(),
        _ => vec![term.creditor],
    };
    party(term.debtor) == Some(key.debtor) && creditors.into_iter().any(|role| party(role) == Some(key.creditor))
}

/// Explains an event by its id, or `source:id`; every time it came, and what became of it where it had to wait.
fn event(lock: &Lock, what: &str, tongue: Tongue) -> Result<Option<Vec<String>>, Failure> {
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
        let when = self.tongue.of("when its original came", "원거래 수신 후");
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
    for part in parts {
        lines.extend(told_lines(&names, before, after, part));
    }
    lines
}

fn told_outcome(outcome: Outcome, tongue: Tongue) -> String {
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

/// A row that was no event stands in `exceptions.csv` only; it is found by its id, or as `file:line`.
fn refused_row(folder: &Path, what: &str) -> Result<Option<Vec<String>>, Failure> {
    let path = folder.join("exceptions.csv");
    let text = std::fs::read_to_string(&path).map_err(Failure::world("reading", &path))?;
    let rows = records(text.strip_prefix('\u{feff}').unwrap_or(&text));
    let Some((header, rows)) = rows.split_first() else { return Ok(None) };
    let is_it = |row: &&Vec<String>| match &row[..] {
        [file, line, _, event, ..] => !what.is_empty() && event == what || format!("{file}:{line}") == what,
        _ => false,
    };
    let mut lines = Vec::new();
    for row in rows.iter().filter(is_it) {
        let told = header.iter().zip(row).filter(|(_, value)| !value.is_empty());
        lines.extend(told.map(|(column, value)| format!("{column} = {value}")));
    }
    Ok((!lines.is_empty()).then_some(lines))
}

/// The rows of a CSV file that `settle` wrote, header included.
pub(crate) fn records(text: &str) -> Vec<Vec<String>> {
    let (mut rows, mut row, mut field) = (Vec::new(), Vec::new(), String::new());
    let mut quoted = false;
    let mut characters = text.chars().peekable();
    while let Some(character) = characters.next() {
        match character {
            '"' if quoted && characters.next_if_eq(&'"').is_some() => field.push('"'),
            '"' => quoted = !quoted,
            ',' if !quoted => row.push(std::mem::take(&mut field)),
            '\n' if !quoted => {
                row.push(std::mem::take(&mut field));
                rows.push(std::mem::take(&mut row));
            }
            other => field.push(other),
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use super::records;

    #[test]
    fn records_are_read_as_they_were_written() {
        let rows = records("a,b\n\"1,\"\"2\"\"\n3\",\n");
        assert_eq!(rows, [["a", "b"], ["1,\"2\"\n3", ""]]);
    }
}
