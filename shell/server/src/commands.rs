//! `commands.jsonl`: what people did, one JSON object a line, put into the engine's terms.
//!
//! A file whose name begins with `commands` and ends with `.jsonl` holds commands and no events. A line that cannot be
//! read, or names something that the book does not have, becomes a command that the engine refuses at its place in time,
//! so that it stands among the exceptions with its file and line. Bounds: [`FILE_BYTES_MAX`] a file, [`COMMANDS_MAX`] a run.

use crate::failure::Failure;
use book::Loaded;
use calendar::{Date, Instant, Period};
use canon::Digest;
use close::Adjustment;
use contract::RatesId;
use engine::{Action, Amendment, AmendmentRefusal, Book, COMMANDS_MAX, Command, Engine, OfPeriod};
use event::{AdapterId, FileId, Identity};
use ledger::Purpose;
use money::{AssetId, parse_decimal, parse_units};
use serde::Deserialize;
use std::collections::BTreeMap;
use std::path::PathBuf;

/// The most bytes of one file of commands.
const FILE_BYTES_MAX: u64 = 1 << 28;

/// Purpose of an adjustment that names none; every book has it.
const PURPOSE: &str = "adjustment";

/// One file of commands.
#[derive(Clone, Debug)]
pub(crate) struct CommandFile {
    /// Name without folders.
    pub(crate) name: String,
    /// Its text.
    pub(crate) text: String,
}

/// Takes the files of commands out of a run's arguments.
pub(crate) fn take(events: &[String]) -> Result<(Vec<String>, Vec<CommandFile>), Failure> {
    let (mut others, mut files) = (Vec::new(), Vec::new());
    for argument in events {
        let path = PathBuf::from(argument);
        let name = path.file_name().map_or_else(String::new, |name| name.to_string_lossy().into_owned());
        if !name.starts_with("commands") || !name.ends_with(".jsonl") {
            others.push(argument.clone());
            continue;
        }
        let world = |error| Failure::world("reading", &path)(error);
        if std::fs::metadata(&path).map_err(world)?.len() > FILE_BYTES_MAX {
            let expected = ("has more than 256 MiB of commands; split it", "명령이 256 MiB를 넘습니다. 나누십시오");
            return Err(Failure::Argument { name: "EVENTS", value: argument.clone(), expected });
        }
        let bytes = std::fs::read(&path).map_err(world)?;
        files.push(CommandFile { name, text: String::from_utf8_lossy(&bytes).into_owned() });
    }
    files.sort_by(|left, right| left.name.cmp(&right.name));
    Ok((others, files))
}

/// The commands of files whose numbers begin at `first_file`, in order.
pub(crate) fn read(files: &[CommandFile], loaded: &Loaded, first_file: usize) -> Result<Vec<Command>, Failure> {
    let mut commands = Vec::new();
    for (position, file) in files.iter().enumerate() {
        let id = FileId(u32::try_from(first_file + position).expect("a command line holds fewer files"));
        for (line, text) in (1..).zip(file.text.lines()) {
            if text.trim().is_empty() {
                continue;
            }
            if commands.len() == COMMANDS_MAX {
                let expected = ("is beyond 1,048,576 commands of a run", "한 번의 명령이 1,048,576개를 넘습니다");
                return Err(Failure::Argument { name: "EVENTS", value: file.name.clone(), expected });
            }
            commands.push(command(loaded, text, id, line));
        }
    }
    Ok(commands)
}

/// The commands of a text, one JSON object a line, as `settle` reads a file of them: a line that is no command, or names
/// what the book does not have, is one that the engine refuses.
///
/// # Errors
/// More than [`COMMANDS_MAX`] lines.
pub fn commands_of(text: &str, loaded: &Loaded) -> Result<Vec<Command>, Failure> {
    read(&[CommandFile { name: "commands.jsonl".into(), text: text.into() }], loaded, 0)
}

/// An event file as an engine is told of it.
pub(crate) struct Told<'a> {
    pub(crate) id: FileId,
    pub(crate) name: &'a str,
    pub(crate) adapter: AdapterId,
    /// Its slot and the digest of its bytes, where its rows have file identity.
    pub(crate) slot: Option<(&'a str, Digest)>,
}

/// Tells an engine of the files and commands of a run, before the first row.
pub(crate) fn tell(engine: &mut Engine, files: &[Told<'_>], mut commands: Vec<Command>) {
    for file in files {
        if let Some((slot, digest)) = file.slot {
            engine.take_file(file.id, file.adapter, slot, digest);
        }
    }
    for command in &mut commands {
        if let Action::Amend { file, amendment, .. } = &command.action
            && let Err(reason) = amend(engine, files, file, *amendment)
        {
            command.action = Action::Unreadable { reason: reason.into() };
        }
    }
    engine.schedule(commands);
}

/// Lets every file of a name in: the same file may be given twice.
fn amend(engine: &mut Engine, files: &[Told<'_>], name: &str, amendment: Amendment) -> Result<(), String> {
    if files.iter().all(|file| file.name != name) {
        return Err(format!("there is no file `{name}` among the events"));
    }
    for file in files.iter().filter(|file| file.name == name) {
        let Some((slot, digest)) = file.slot else {
            return Err(format!("the rows of `{name}` have ids of their own; send them again instead"));
        };
        let refusal = match engine.amend_file(file.id, digest, amendment) {
            Ok(_) => continue,
            Err(refusal) => amendment_refused(name, slot, refusal),
        };
        return Err(refusal);
    }
    Ok(())
}

/// Why a file could not be let into its slot.
pub(crate) fn amendment_refused(name: &str, slot: &str, refusal: AmendmentRefusal) -> String {
    match refusal {
        AmendmentRefusal::NotTaken => format!("no other file holds the slot `{slot}`, so `{name}` counts as it is"),
        AmendmentRefusal::TooLate => format!("rows of the slot `{slot}` were decided already"),
        AmendmentRefusal::Replaceable => "events of this adapter replace each other already by report or result".into(),
        AmendmentRefusal::TooMany => "more files are amended than a book can hold".into(),
    }
}

/// When files were let in by a person: their rows cannot have been received before.
pub(crate) fn let_in(commands: &[Command]) -> BTreeMap<&str, Instant> {
    let mut let_in = BTreeMap::new();
    for command in commands {
        if let Action::Amend { file, .. } = &command.action {
            let_in.entry(&**file).or_insert(command.received_at);
        }
    }
    let_in
}

/// One command as it is written. Which fields belong to which command says docs/reference/commands.md.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    received_at: String,
    by: String,
    command: String,
    contract: Option<String>,
    period: Option<String>,
    party: Option<String>,
    asset: Option<String>,
    amount: Option<String>,
    purpose: Option<String>,
    reason: Option<String>,
    document: Option<String>,
    source: Option<String>,
    kind: Option<String>,
    event: Option<String>,
    rates: Option<String>,
    date: Option<String>,
    rate: Option<String>,
    file: Option<String>,
}

fn command(loaded: &Loaded, text: &str, file: FileId, line: u64) -> Command {
    let identity = Identity(canon::identity_hash(0, text.trim().as_bytes()).max(1));
    let unreadable = |received_at, by: &str, reason: String| {
        let action = Action::Unreadable { reason: reason.into() };
        Command { identity, received_at, by: by.into(), file, line, action }
    };
    let written: Written = match serde_json::from_str(text) {
        Ok(written) => written,
        Err(fault) => return unreadable(Instant::BEGINNING, "", format!("this is no command: {fault}")),
    };
    let Some(received_at) = Instant::parse_rfc3339(written.received_at.as_bytes()) else {
        let reason = format!("`{}` is no point in time; write it as 2024-02-15T09:00:00+09:00", written.received_at);
        return unreadable(Instant::BEGINNING, &written.by, reason);
    };
    if written.by.trim().is_empty() {
        return unreadable(received_at, "", "nobody is named; write who did it in `by`".into());
    }
    match (Reading { loaded, book: &loaded.book, written: &written }).action() {
        Ok(action) => Command { identity, received_at, by: written.by.as_str().into(), file, line, action },
        Err(reason) => unreadable(received_at, &written.by, reason),
    }
}

/// A written command beside the book whose names it uses.
struct Reading<'a> {
    loaded: &'a Loaded,
    book: &'a Book,
    written: &'a Written,
}

impl Reading<'_> {
    fn action(&self) -> Result<Action, String> {
        let allowed: &[&str] = match self.written.command.as_str() {
            "close" | "issue" | "seal" => &["contract", "period"],
            "adjust" => &["contract", "period", "party", "asset", "amount", "purpose", "reason", "document"],
            "admit" => &["contract", "period", "source", "kind", "event", "reason"],
            "fixing" => &["rates", "date", "asset", "rate", "reason"],
            "replace" | "supplement" => &["file", "reason"],
            other => {
                let known = "close, issue, seal, adjust, admit, fixing, replace, supplement";
                return Err(format!("there is no command `{other}`; known: {known}"));
            }
        };
        if let Some(extra) = self.given().into_iter().find(|name| !allowed.contains(name)) {
            return Err(format!("`{extra}` means nothing to `{}`; remove it", self.written.command));
        }
        match self.written.command.as_str() {
            "close" => Ok(Action::Close(self.period()?)),
            "issue" => Ok(Action::Issue(self.period()?)),
            "seal" => Ok(Action::Seal(self.period()?)),
            "adjust" => self.adjust(),
            "replace" => self.amend(Amendment::Replace),
            "supplement" => self.amend(Amendment::Supplement),
            "admit" => {
                let (of, event) = (self.period()?, self.event()?);
                Ok(Action::Admit { of, event, reason: self.needed("reason", &self.written.reason)?.into() })
            }
            _ => self.fix(),
        }
    }

    /// Names of the fields that are there.
    fn given(&self) -> Vec<&'static str> {
        let Written { contract, period, party, asset, amount, purpose, reason, document, .. } = self.written;
        let Written { source, kind, event, rates, date, rate, file, .. } = self.written;
        let fields = [
            ("contract", contract),
            ("period", period),
            ("party", party),
            ("asset", asset),
            ("amount", amount),
            ("purpose", purpose),
            ("reason", reason),
            ("document", document),
            ("source", source),
            ("kind", kind),
            ("event", event),
            ("rates", rates),
            ("date", date),
            ("rate", rate),
            ("file", file),
        ];
        fields.into_iter().filter(|(_, value)| value.is_some()).map(|(name, _)| name).collect()
    }

    fn needed<'t>(&self, name: &str, value: &'t Option<String>) -> Result<&'t str, String> {
        let filled = value.as_deref().filter(|text| !text.trim().is_empty());
        filled.ok_or_else(|| format!("`{}` needs `{name}`", self.written.command))
    }

    fn amend(&self, amendment: Amendment) -> Result<Action, String> {
        let file = self.needed("file", &self.written.file)?.into();
        Ok(Action::Amend { file, amendment, reason: self.needed("reason", &self.written.reason)?.into() })
    }

    fn contract(&self) -> Result<u16, String> {
        let id = self.needed("contract", &self.written.contract)?;
        let found = self.book.contracts.iter().position(|contract| &*contract.id == id);
        let found = found.ok_or_else(|| format!("there is no contract `{id}`"))?;
        Ok(u16::try_from(found).expect("a book has at most 65,535 contracts"))
    }

    fn period(&self) -> Result<OfPeriod, String> {
        let contract = self.contract()?;
        let name = self.needed("period", &self.written.period)?;
        let first_on = self.first_on(contract, name)?;
        Ok(OfPeriod { contract, first_on })
    }

    /// The first day of the period that a name or a day of it tells.
    fn first_on(&self, contract: u16, name: &str) -> Result<Date, String> {
        let cycle = &self.book.contracts[usize::from(contract)].cycle;
        let of_day = Date::parse(name).map(|day| cycle.period_of(day));
        let of_name = Period::parse(name).filter(|period| cycle.period_of(period.first) == *period);
        let found = of_name.or(of_day).ok_or_else(|| {
            format!("`{name}` is no period of the contract; write its name as statements do, or a day of it")
        })?;
        Ok(found.first)
    }

    fn asset(&self) -> Result<AssetId, String> {
        let name = self.needed("asset", &self.written.asset)?;
        let found = self.book.assets.iter().position(|asset| &*asset.name == name);
        let found = found.ok_or_else(|| format!("the book has no asset `{name}`"))?;
        Ok(AssetId(u16::try_from(found).expect("assets of a book are bounded")))
    }

    fn adjust(&self) -> Result<Action, String> {
        let contract = self.contract()?;
        let period_on = match &self.written.period {
            Some(name) => Some(self.first_on(contract, name)?),
            None => None,
        };
        let party = self.needed("party", &self.written.party)?;
        let party = self.book.party(party).ok_or_else(|| format!("there is no party `{party}`"))?;
        if party == self.book.operator {
            return Err("the operator has no statement of its own; name the other party".into());
        }
        let asset = self.asset()?;
        let text = self.needed("amount", &self.written.amount)?;
        let digits = self.book.assets[usize::from(asset.0)].digits;
        let amount = parse_units(text.as_bytes(), digits)
            .map_err(|_| format!("`{text}` is no amount; write digits with at most {digits} behind the point"))?;
        if amount == 0 {
            return Err("an adjustment of nothing changes nothing".into());
        }
        let adjustment = Adjustment {
            period_on: Date::FIRST,
            asset,
            amount,
            debtor: self.book.operator,
            creditor: party,
            purpose: self.purpose()?,
            reason: self.needed("reason", &self.written.reason)?.into(),
            document: self.needed("document", &self.written.document)?.into(),
            by: self.written.by.as_str().into(),
        };
        Ok(Action::Adjust { contract, period_on, adjustment })
    }

    fn purpose(&self) -> Result<Purpose, String> {
        let name = self.written.purpose.as_deref().unwrap_or(PURPOSE);
        let found = self.book.purposes.iter().position(|purpose| &**purpose == name);
        let found = found.ok_or_else(|| {
            let known: Vec<&str> = self.book.purposes.iter().map(|purpose| &**purpose).collect();
            format!("there is no purpose `{name}`; known: {}", known.join(", "))
        })?;
        Ok(Purpose(u16::try_from(found).expect("a book has at most 65,535 purposes")))
    }

    /// The identity of the event that is named by source and id.
    fn event(&self) -> Result<Identity, String> {
        let (name, id) = (self.needed("source", &self.written.source)?, self.needed("event", &self.written.event)?);
        for adapter in &self.loaded.adapters {
            let Some(source) = adapter.sources.iter().find(|source| &*source.name == name) else { continue };
            let found = intake::identity_of(adapter, source, self.written.kind.as_deref(), id);
            return found.ok_or_else(|| format!("the source reuses ids over kinds; `{id}` needs its `kind`"));
        }
        Err(format!("there is no source `{name}`"))
    }

    fn fix(&self) -> Result<Action, String> {
        let id = self.needed("rates", &self.written.rates)?;
        let rates = self.book.rates.iter().position(|rates| &*rates.id == id);
        let rates = rates.ok_or_else(|| format!("the book has no rates `{id}`"))?;
        let on = self.needed("date", &self.written.date)?;
        let on = Date::parse(on).ok_or_else(|| format!("`{on}` is no date; write it as 2024-04-12"))?;
        let text = self.needed("rate", &self.written.rate)?;
        let rate = parse_decimal(text.as_bytes()).ok().filter(|rate| rate.mantissa > 0);
        let rate = rate.ok_or_else(|| format!("`{text}` is no rate above zero"))?;
        self.needed("reason", &self.written.reason)?;
        let rates = RatesId(u16::try_from(rates).expect("rates of a book are bounded"));
        Ok(Action::Fix { rates, asset: self.asset()?, on, rate })
    }
}
