//! From the first folder to the second in steps that let in one thing each.
//!
//! Order: time passes; contracts and other files of the book change; rates; events go, change, come (repaired, added,
//! late); adjustments; other commands. A step that would let in nothing is passed over; the last one is the second folder
//! itself. The part that a step has in a line's difference is the line after it minus the line before it.

use crate::diff::lines::{LineName, Statements, Told};
use crate::diff::passes::{Events, Novel, Passed, Trial, commands_of, pass};
use crate::diff::settled::Settled;
use crate::failure::Failure;
use book::{Changed, Loaded};
use calendar::Date;
use engine::{Action, Command};
use std::collections::{BTreeMap, BTreeSet, HashMap};

/// Why an amount is another one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Cause {
    /// The books were looked at later: cuts, fees of periods that began.
    Time,
    /// A contract or another file of the book changed, but for sources and rates.
    Contract,
    /// A fixing came or was corrected.
    Rate,
    /// An event is no longer there or no longer counts.
    Removed,
    /// An event says something else.
    Changed,
    /// An event was held, refused or in conflict before and counts now.
    Repaired,
    /// An event that was received before the first look was not among its files.
    Added,
    /// An event was received after the first look.
    Late,
    /// An amount was agreed on.
    Adjusted,
    /// People closed, issued or admitted.
    Command,
    /// Another release decided otherwise.
    Program,
}

impl Cause {
    /// The word for programs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Time => "time",
            Self::Contract => "contract",
            Self::Rate => "rate",
            Self::Removed => "removed",
            Self::Changed => "changed",
            Self::Repaired => "repaired",
            Self::Added => "added",
            Self::Late => "late",
            Self::Adjusted => "adjusted",
            Self::Command => "command",
            Self::Program => "program",
        }
    }
}

/// All that changed.
pub(crate) struct Found {
    pub(crate) book: String,
    /// Moments of the two looks, RFC 3339; empty where nothing was received.
    pub(crate) as_of: [String; 2],
    /// Statements that are not as they were, in order of their ids.
    pub(crate) statements: Vec<Difference>,
    /// Values of the books that differ.
    pub(crate) changes: Vec<Changed>,
    /// Events by what became of them; those that are gone by count only.
    pub(crate) events: BTreeMap<Cause, Vec<Novel>>,
    pub(crate) removed: usize,
}

/// A statement that changed.
pub(crate) struct Difference {
    pub(crate) id: String,
    pub(crate) before: Option<Told>,
    pub(crate) after: Option<Told>,
    pub(crate) lines: Vec<LineDifference>,
}

/// A line that changed.
pub(crate) struct LineDifference {
    pub(crate) name: LineName,
    pub(crate) before: i128,
    pub(crate) after: i128,
    /// The parts of the difference; they add up to it.
    pub(crate) parts: Vec<(Cause, i128)>,
}

/// Finds all that changed between two folders.
pub(crate) fn compare(before: &Settled, after: &Settled) -> Result<Found, Failure> {
    let first = pass(before, &after.lock.loaded.book, None)?;
    let second = pass(after, &before.lock.loaded.book, Some(&first.events))?;
    let classes = classes(before, &first.events, &second);
    let steps = Steps { before, after, first: &first, second: &second, classes: &classes };
    let stages = steps.stages()?;
    let mut events: BTreeMap<Cause, Vec<Novel>> = BTreeMap::new();
    for novel in &second.novel {
        events.entry(classes[&novel.key]).or_default().push(novel.clone());
    }
    let at = |side: &Settled| side.lock.description["as_of"].as_str().unwrap_or_default().to_owned();
    Ok(Found {
        book: after.lock.loaded.book.id.to_string(),
        as_of: [at(before), at(after)],
        statements: differences(before, after, &first.statements, &stages),
        changes: book::changes(&before.lock.loaded.files, &after.lock.loaded.files),
        removed: steps.removed().count(),
        events,
    })
}

/// Why each novel event is novel.
fn classes(before: &Settled, earlier: &Events, second: &Passed) -> HashMap<u128, Cause> {
    let class = |novel: &Novel| {
        let known = earlier.get(&novel.key);
        if known.is_some_and(|seen| seen.accepted) {
            Cause::Changed
        } else if known.is_some() || before.has_refused(&novel.source, &novel.id, &novel.file, novel.line) {
            Cause::Repaired
        } else if second.events[&novel.key].received_at > before.as_of {
            Cause::Late
        } else {
            Cause::Added
        }
    };
    second.novel.iter().map(|novel| (novel.key, class(novel))).collect()
}

struct Steps<'a> {
    before: &'a Settled,
    after: &'a Settled,
    first: &'a Passed,
    second: &'a Passed,
    classes: &'a HashMap<u128, Cause>,
}

impl Steps<'_> {
    /// The statements after each step that lets something in.
    fn stages(&self) -> Result<Vec<(Cause, Statements)>, Failure> {
        let mut steps = self.steps_taken();
        let Some(last) = steps.pop() else { return Ok(Vec::new()) };
        if self.amends() {
            // What a file that amends another brings depends on rows that do not count by themselves.
            return Ok(vec![(Cause::Command, self.second.statements.clone())]);
        }
        let mut stages = Vec::new();
        for step in steps {
            stages.push((step, self.stage(step)?));
        }
        stages.push((last, self.second.statements.clone()));
        Ok(stages)
    }

    fn steps_taken(&self) -> Vec<Cause> {
        let mut steps = BTreeSet::new();
        let (old, new) = (&self.before.lock.loaded, &self.after.lock.loaded);
        if self.before.as_of != self.after.as_of {
            steps.insert(Cause::Time);
        }
        for changed in book::changes(&old.files, &new.files) {
            steps.insert(if changed.folder == "rates" { Cause::Rate } else { Cause::Contract });
        }
        if self.removed().next().is_some() {
            steps.insert(Cause::Removed);
        }
        steps.extend(self.classes.values());
        let lines = |side: &Settled| -> BTreeSet<String> {
            side.lock.command_files.iter().flat_map(|file| file.text.lines()).map(str::to_owned).collect()
        };
        for line in lines(self.before).symmetric_difference(&lines(self.after)) {
            let command = serde_json::from_str::<serde_json::Value>(line).unwrap_or_default();
            steps.insert(match command["command"].as_str() {
                Some("fixing") => Cause::Rate,
                Some("adjust") => Cause::Adjusted,
                _ => Cause::Command,
            });
        }
        steps.into_iter().collect()
    }

    /// Whether a file replaces or supplements another by command in either folder.
    fn amends(&self) -> bool {
        [self.before, self.after].into_iter().flat_map(|side| &side.lock.command_files).any(|file| {
            file.text.lines().any(|line| {
                let command = serde_json::from_str::<serde_json::Value>(line).unwrap_or_default();
                matches!(command["command"].as_str(), Some("replace" | "supplement"))
            })
        })
    }

    /// Events that counted in the first folder and do not in the second.
    fn removed(&self) -> impl Iterator<Item = u128> {
        let counts = |events: &Events, key: &u128| events.get(key).is_some_and(|seen| seen.accepted);
        let first = self.first.events.iter().filter(|(_, seen)| seen.accepted).map(|(key, _)| *key);
        first.filter(move |key| !counts(&self.second.events, key))
    }

    /// The statements with all steps up to one.
    fn stage(&self, step: Cause) -> Result<Statements, Failure> {
        let as_of = self.after.as_of;
        let (old, new) = (&self.before.lock.loaded, &self.after.lock.loaded);
        let mixed = if step == Cause::Contract { self.mixed() } else { None };
        let book = if step < Cause::Contract { old } else { mixed.as_ref().unwrap_or(new) };
        let takes_first = |key: u128, content: u64| {
            let counts = self.first.events.get(&key).is_some_and(|seen| seen.accepted && seen.content == content);
            counts && (step < Cause::Removed || self.second.events.get(&key).is_some_and(|seen| seen.accepted))
        };
        let takes_second = |key: u128, content: u64| {
            let counts = self.second.events.get(&key).is_some_and(|seen| seen.accepted && seen.content == content);
            counts && self.classes.get(&key).is_none_or(|class| *class <= step)
        };
        // What has changed, or come, is in the second log only.
        let (log, other, takes): (_, _, &dyn Fn(u128, u64) -> bool) = if step < Cause::Changed {
            (self.before, &new.book, &takes_first)
        } else {
            (self.after, &old.book, &takes_second)
        };
        let commands = self.commands(log, book, step)?;
        Trial { log, book, other, as_of, takes, commands }.statements()
    }

    /// The second book with the first one's rates; none where no such book can be.
    fn mixed(&self) -> Option<Loaded> {
        let is_rate = |path: &str| path.starts_with("rates/");
        let (old, new) = (&self.before.lock.loaded.files, &self.after.lock.loaded.files);
        let files = new.iter().filter(|(path, _)| !is_rate(path)).chain(old.iter().filter(|(path, _)| is_rate(path)));
        book::load_files(files.cloned().collect()).ok()
    }

    /// The commands that are there after a step.
    fn commands(&self, log: &Settled, book: &Loaded, step: Cause) -> Result<Vec<Command>, Failure> {
        let old = commands_of(self.before, book)?;
        let known: BTreeSet<_> = old.iter().map(|command| command.identity).collect();
        let lets_in = |command: &Command| match command.action {
            Action::Fix { .. } => step >= Cause::Rate,
            Action::Adjust { .. } => step >= Cause::Adjusted,
            _ => step >= Cause::Command,
        };
        let new = commands_of(self.after, book)?.into_iter();
        let new = new.filter(|command| !known.contains(&command.identity) && lets_in(command));
        let mut commands: Vec<Command> = old.into_iter().chain(new).collect();
        // File numbers are those of the log that is decided; only exceptions name them.
        let file = event::FileId(u32::try_from(log.files()).unwrap_or(u32::MAX));
        commands.iter_mut().for_each(|command| command.file = file);
        Ok(commands)
    }
}

/// The statements that are not as they were, with the parts that each step has in their lines.
fn differences(
    before: &Settled,
    after: &Settled,
    start: &Statements,
    stages: &[(Cause, Statements)],
) -> Vec<Difference> {
    let ids: BTreeSet<&String> = before.statements.keys().chain(after.statements.keys()).collect();
    let mut found = Vec::new();
    for id in ids {
        let (old, new) = (before.statements.get(id), after.statements.get(id));
        let amount =
            |told: Option<&Told>, name: &LineName| told.and_then(|told| told.lines.get(name)).copied().unwrap_or(0);
        let names: BTreeSet<&LineName> = [old, new].into_iter().flatten().flat_map(|told| told.lines.keys()).collect();
        let mut lines = Vec::new();
        for name in names {
            let (from, to) = (amount(old, name), amount(new, name));
            if from == to {
                continue;
            }
            let mut parts: Vec<(Cause, i128)> = Vec::new();
            let mut stood = amount(start.get(id), name);
            for (cause, statements) in stages {
                let stands = amount(statements.get(id), name);
                if stands != stood {
                    parts.push((*cause, stands - stood));
                }
                stood = stands;
            }
            let told: i128 = parts.iter().map(|(_, part)| part).sum();
            if told != to - from {
                parts.push((Cause::Program, to - from - told));
            }
            lines.push(LineDifference { name: name.clone(), before: from, after: to, parts });
        }
        let facts = |told: Option<&Told>| told.map(|told| (told.status.clone(), told.total));
        if !lines.is_empty() || facts(old) != facts(new) {
            found.push(Difference { id: id.clone(), before: old.cloned(), after: new.cloned(), lines });
        }
    }
    found
}

impl Found {
    /// The events behind a part of a line's difference: those of the cause that entered the line's contract and period.
    pub(crate) fn events_of(&self, cause: Cause, statement: &Told, name: &LineName) -> Vec<&Novel> {
        let first_on = name.adjusts.as_ref().unwrap_or(&statement.first_on);
        let Some(first_on) = Date::parse(first_on) else { return Vec::new() };
        let place = (statement.contract.clone(), first_on);
        self.events.get(&cause).into_iter().flatten().filter(|novel| novel.places.contains(&place)).collect()
    }
}
