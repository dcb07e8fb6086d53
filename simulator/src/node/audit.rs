//! What the log holds, frame by frame, against what was sent, what was acknowledged and what must have come of it.

use super::auditor::{Auditor, Expected};
use super::life::Errand;
use super::script::{Script, Sending};
use crate::compared::name_of;
use crate::random::Seeded;
use canon::Digest;
use engine::{Engine, State};
use event::{Columns, Identity};
use std::collections::BTreeMap;
use std::sync::Arc;
use store::codec::{read_turn, write_decisions};
use store::frame::{Kind, Section};
use store::log::Frame;
use store::turn::{Cause, Part, Turn};

/// A promise that was broken, and how.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// As ARCHITECTURE.md numbers it.
    pub promise: &'static str,
    /// What was found.
    pub said: String,
}

/// All that is known of a log that was audited up to a frame.
pub(super) struct Audit<'a> {
    script: &'a Script,
    auditor: Auditor<'a>,
    /// Folds what was decided.
    folder: State,
    /// Decides again.
    judge: Engine,
    /// What each frame was, and the hash of its head.
    frames: BTreeMap<u64, (Option<Errand>, Digest)>,
    /// By frame: its sending, and the identities that it accepted.
    accepted: Vec<(u64, usize, Vec<Identity>)>,
    by_file: BTreeMap<u32, usize>,
    by_command: BTreeMap<Identity, usize>,
}

fn broken(promise: &'static str, said: impl Into<String>) -> Violation {
    Violation { promise, said: said.into() }
}

impl<'a> Audit<'a> {
    pub(super) fn new(script: &'a Script) -> Self {
        let (mut by_file, mut by_command) = (BTreeMap::new(), BTreeMap::new());
        for (number, sending) in script.sendings.iter().enumerate() {
            match sending {
                Sending::Batch(columns) => by_file.insert(columns.file.0, number),
                Sending::Command(command) => by_command.insert(command.identity, number),
            };
        }
        let book = Arc::new(script.world.book.clone());
        Self {
            script,
            auditor: Auditor::new(&script.world),
            folder: State::new(&book),
            judge: Engine::new(book),
            frames: BTreeMap::new(),
            accepted: Vec::new(),
            by_file,
            by_command,
        }
    }

    /// The last frame that was audited.
    pub(super) fn last(&self) -> u64 {
        self.frames.last_key_value().map_or(0, |(sequence, _)| *sequence)
    }

    /// The hash of the head of an audited frame; zeros before the first.
    pub(super) fn head(&self, sequence: u64) -> Digest {
        self.frames.get(&sequence).map_or(Digest([0; 32]), |(_, head)| *head)
    }

    /// Whether the log has the definition of the book: who loads it looks before he loads it again.
    pub(super) fn is_defined(&self) -> bool {
        self.frames.values().any(|(errand, _)| *errand == Some(Errand::Define))
    }

    /// The sending of some frame before another, and what it accepted of it.
    pub(super) fn accepted_before(&self, sequence: u64, random: &mut Seeded) -> Option<(usize, Vec<Identity>)> {
        let count = self.accepted.partition_point(|(own, ..)| *own < sequence);
        let (_, number, identities) = self.accepted[..count].get(random.position(count.max(1)))?;
        Some((*number, identities.clone()))
    }

    pub(super) fn folder(&self) -> &State {
        &self.folder
    }

    /// The auditor, when nothing more comes.
    pub(super) fn into_auditor(self) -> Auditor<'a> {
        self.auditor
    }

    /// Takes the next frame of the log.
    pub(super) fn take(&mut self, frame: &Frame<'_>) -> Result<(), Violation> {
        let sequence = frame.position.sequence;
        let mut errand = None;
        if frame.head.kind == Kind::Turn {
            let decisions = frame.section(Section::Decisions);
            let turn = read_turn(frame.section(Section::Commands), decisions);
            let turn = turn.map_err(|fault| broken("I13", format!("frame {sequence} cannot be read: {fault:?}")))?;
            errand = self.turn(sequence, &turn)?;
            self.judge(sequence, turn, decisions)?;
        }
        self.frames.insert(sequence, (errand, frame.position.head));
        Ok(())
    }

    /// What was acknowledged stands where it was said to stand.
    pub(super) fn check_acknowledged(&self, acknowledged: &BTreeMap<u64, Errand>) -> Result<(), Violation> {
        for (sequence, errand) in acknowledged {
            match self.frames.get(sequence) {
                Some((Some(found), _)) if found == errand => {}
                found => {
                    let said = format!("{errand:?} was acknowledged as frame {sequence}, which is {found:?}");
                    return Err(broken("I13", said));
                }
            }
        }
        Ok(())
    }

    /// What a turn was sent for, whether it decided as it must, and what its decisions add up to.
    fn turn(&mut self, sequence: u64, turn: &Turn) -> Result<Option<Errand>, Violation> {
        let mut errand = None;
        let mut seen = Expected::default();
        for Part { cause, decisions } in &turn.parts {
            self.check_entries(sequence, decisions)?;
            self.folder.fold(&self.script.world.book, decisions);
            errand = match cause {
                Cause::Rows => {
                    seen.rows.extend(decisions.outcomes.iter().map(|outcome| name_of(*outcome)));
                    let released = decisions.released.iter();
                    seen.released.extend(released.map(|own| (own.columns.id.text(0).to_owned(), name_of(own.outcome))));
                    let number = self.by_file.get(&turn.columns.file.0).copied();
                    Some(Errand::Send(number.ok_or_else(|| broken("I5", "a batch is there that nobody sent"))?))
                }
                Cause::Command(command) => {
                    let number = self.by_command.get(&command.identity).copied();
                    let number = number.ok_or_else(|| broken("I2", "a command is there that nobody sent"))?;
                    self.auditor.command(command);
                    Some(Errand::Send(number))
                }
                Cause::Define(_) => Some(Errand::Define),
                Cause::Clock(_) => Some(Errand::Clock),
                Cause::Look(at) => {
                    self.auditor.look(*at);
                    Some(Errand::Look)
                }
                Cause::Open => errand,
                other => return Err(broken("I2", format!("nobody asked for {other:?}"))),
            };
        }
        let Some(Errand::Send(number)) = errand else { return Ok(errand) };
        let Sending::Batch(sent) = &self.script.sendings[number] else { return Ok(errand) };
        if !is_same(sent, &turn.columns) {
            return Err(broken("I13", format!("frame {sequence} holds another batch than was sent")));
        }
        let rows = seen.rows.iter().zip(&sent.identity).filter(|(what, _)| **what == "accepted");
        self.accepted.push((sequence, number, rows.map(|(_, identity)| *identity).collect()));
        let expected = self.auditor.batch(sent);
        if seen == expected { Ok(errand) } else { Err(differs(sequence, sent, &expected, &seen)) }
    }

    /// Every entry sums to zero in every asset.
    fn check_entries(&self, sequence: u64, decisions: &engine::Decisions) -> Result<(), Violation> {
        let known = self.folder.chart.accounts_from(0);
        for (_, postings) in decisions.entries.iter() {
            let mut sums: BTreeMap<money::AssetId, i128> = BTreeMap::new();
            for posting in postings {
                let number = posting.account.0 as usize;
                let account = known.get(number).or_else(|| decisions.accounts.get(number - known.len()));
                let asset = account.expect("postings are on open accounts").asset();
                *sums.entry(asset).or_default() += i128::from(posting.amount);
            }
            if sums.values().any(|sum| *sum != 0) {
                return Err(broken("I3", format!("an entry of frame {sequence} does not balance")));
            }
        }
        Ok(())
    }

    /// Decides again what was decided: the same bytes must come out.
    fn judge(&mut self, sequence: u64, turn: Turn, decided: &[u8]) -> Result<(), Violation> {
        let Turn { columns, parts } = turn;
        let (mut again, rows) = (columns.clone(), columns.len());
        let mut judged = Vec::new();
        for Part { cause, decisions } in parts {
            let decisions = match &cause {
                Cause::Rows => self.judge.decide(&mut again, decisions.rows.start..rows),
                Cause::Command(command) => self.judge.command(command),
                Cause::Look(at) => self.judge.finish(*at),
                Cause::Open => self.judge.open_books(),
                _ => decisions,
            };
            judged.push(Part { cause, decisions });
        }
        let mut bytes = Vec::new();
        write_decisions(&mut bytes, &Turn { columns, parts: judged });
        if bytes == decided {
            Ok(())
        } else {
            Err(broken("I1b", format!("frame {sequence} is decided otherwise again")))
        }
    }
}

/// Whether a batch of the log is one that was sent; words have other numbers there.
fn is_same(sent: &Columns, logged: &Columns) -> bool {
    let ids = |columns: &Columns| columns.id.parts().0.to_owned();
    sent.identity == logged.identity
        && sent.fingerprint == logged.fingerprint
        && sent.original == logged.original
        && sent.received_at == logged.received_at
        && sent.numbers == logged.numbers
        && sent.times == logged.times
        && sent.dates == logged.dates
        && sent.refused == logged.refused
        && ids(sent) == ids(logged)
}

/// The first row that came out otherwise.
fn differs(sequence: u64, sent: &Columns, expected: &Expected, seen: &Expected) -> Violation {
    let row = (0..sent.len()).find(|&row| expected.rows.get(row) != seen.rows.get(row));
    let said = match row {
        Some(row) => {
            let (id, must, is) = (sent.id.text(row), expected.rows[row], seen.rows.get(row));
            let received = sent.received_at[row];
            format!("frame {sequence}, row {row}, event {id} received {received}: {is:?} instead of {must}")
        }
        None => format!("frame {sequence}: {:?} were released instead of {:?}", seen.released, expected.released),
    };
    broken("I5", said)
}
