//! What people do: close, issue, seal, adjust, admit, fix a rate (SETTLEMENT §6).
//!
//! A command is carried out at the moment at which it was received, between events: scheduled ones stand on the timeline
//! like cuts. It counts once; its bytes are its identity. One that cannot be carried out as it stands is an exception with
//! the reason, and changes nothing. Bounds: [`COMMANDS_MAX`], [`ADJUSTMENTS_MAX`].

use crate::amend::Amendment;
use crate::decide::Engine;
use crate::decisions::{Change, Decisions, Exception, NewPeriod, Outcome};
use crate::state::{Due, cut_of};
use calendar::{Date, Instant};
use close::{ADJUSTMENTS_MAX, Adjustment};
use contract::RatesId;
use event::{Code, Columns, FileId, Identity};
use money::{AssetId, Decimal};

/// The most commands that are scheduled in advance.
pub const COMMANDS_MAX: usize = 1 << 20;

/// Something that a person wants done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Command {
    /// Hash of its bytes: the same command again does nothing.
    pub identity: Identity,
    /// When it was received.
    pub received_at: Instant,
    /// Who.
    pub by: Box<str>,
    /// File it came from.
    pub file: FileId,
    /// Line of the file, from 1.
    pub line: u64,
    /// What.
    pub action: Action,
}

/// What a command does.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Action {
    /// Cuts a period that has ended before its grace is over.
    Close(OfPeriod),
    /// Issues the statements of a closing period.
    Issue(OfPeriod),
    /// Seals an issued period: its digest is kept.
    Seal(OfPeriod),
    /// Adds an agreed amount to a statement. [`Adjustment::period_on`] is taken from `period_on`, or is the oldest period
    /// that is not issued.
    Adjust {
        /// Position of the contract.
        contract: u16,
        /// First day of the period, where the command names one.
        period_on: Option<Date>,
        /// What was agreed.
        adjustment: Adjustment,
    },
    /// Lets an event that is yet to come enter a closing period.
    Admit {
        /// Which period.
        of: OfPeriod,
        /// Which event.
        event: Identity,
        /// Why.
        reason: Box<str>,
    },
    /// Lets a file into a slot that another has taken: [`Engine::amend_file`] has done it before the first row.
    Amend {
        /// Name of the file.
        file: Box<str>,
        /// What it does.
        amendment: Amendment,
        /// Why.
        reason: Box<str>,
    },
    /// A line that could not be read as a command, or names what the book does not have: it is refused.
    Unreadable {
        /// What is wrong and what to do.
        reason: Box<str>,
    },
    /// Publishes or corrects a rate of exchange.
    Fix {
        /// Whose rate.
        rates: RatesId,
        /// Of which asset.
        asset: AssetId,
        /// For which day.
        on: Date,
        /// Units of the asset for one unit of the base.
        rate: Decimal,
    },
}

/// A period of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OfPeriod {
    /// Position of the contract.
    pub contract: u16,
    /// First day of the period.
    pub first_on: Date,
}

impl Engine {
    /// Puts commands on the timeline; each is carried out when its moment comes.
    ///
    /// # Panics
    /// Beyond [`COMMANDS_MAX`], which whoever reads commands refuses.
    pub fn schedule(&mut self, commands: Vec<Command>) {
        assert!(self.scheduled.len() + commands.len() <= COMMANDS_MAX, "commands are bounded where they are read");
        for command in commands {
            let number = u32::try_from(self.scheduled.len()).expect("the bound fits");
            self.state.timeline.insert((command.received_at, Due::Command { number }));
            self.scheduled.push(command);
        }
    }

    /// Carries out a command now, at its receipt or at the latest stamp.
    pub fn command(&mut self, command: &Command) -> Decisions {
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        let mut decisions = Decisions::default();
        self.scratch.batch += 1;
        self.enter_admitted(&mut decisions);
        let now = self.raised(command.received_at);
        self.bring_about(now, &mut decisions);
        self.state.stamp = now;
        self.carry_out(command, now, &mut decisions);
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }

    /// Carries out a command that was scheduled.
    pub(crate) fn carry_out_scheduled(&mut self, number: u32, decisions: &mut Decisions) {
        let command = self.scheduled[number as usize].clone();
        if !self.in_view(command.received_at) {
            return;
        }
        let now = self.raised(command.received_at);
        self.state.stamp = now;
        self.carry_out(&command, now, decisions);
    }

    fn carry_out(&mut self, command: &Command, now: Instant, decisions: &mut Decisions) {
        if self.state.commands.contains(&command.identity) {
            decisions.counts.commands_again += 1;
            return;
        }
        match self.act(command, now, decisions) {
            Ok(()) => {
                self.apply_change(Change::Commanded { identity: command.identity }, decisions);
                decisions.counts.commands += 1;
            }
            Err(reason) => {
                decisions.counts.commands_refused += 1;
                decisions.exceptions.push(refused(command, &reason));
            }
        }
    }

    fn act(&mut self, command: &Command, now: Instant, decisions: &mut Decisions) -> Result<(), String> {
        match &command.action {
            Action::Close(of) => self.close_early(*of, now, decisions),
            Action::Issue(of) => self.issue_closing(*of, now, decisions),
            Action::Seal(of) => self.seal(*of, decisions),
            Action::Adjust { contract, period_on, adjustment } => {
                self.adjust(*contract, *period_on, adjustment, now, decisions)
            }
            Action::Unreadable { reason } => Err(reason.to_string()),
            Action::Amend { .. } => Ok(()),
            Action::Admit { of, event, .. } => self.admit(*of, *event, decisions),
            Action::Fix { rates, asset, on, rate } => {
                self.check_crosses(*rates, *asset, *on, *rate, now)?;
                let change = Change::Fixed { rates: *rates, asset: *asset, on: *on, rate: *rate, known_from: now };
                self.apply_change(change, decisions);
                self.publish_again(*rates, now, decisions);
                Ok(())
            }
        }
    }

    /// Refuses a rate with which some contract's cross would not fit.
    fn check_crosses(
        &self,
        rates: RatesId,
        asset: AssetId,
        on: Date,
        rate: Decimal,
        now: Instant,
    ) -> Result<(), String> {
        let mut fixed = self.state.rates[usize::from(rates.0)].clone();
        fixed.fix(asset, on, rate, now);
        let known_at = fixed.publication_of(on).max(now);
        let conversions = self.book.contracts.iter().filter_map(|contract| contract.conversion);
        for conversion in conversions.filter(|conversion| conversion.rates == rates) {
            for from in (0..self.book.assets.len()).filter_map(|asset| u16::try_from(asset).ok()).map(AssetId) {
                if fixed.cross(&conversion, from, on, known_at).is_err() {
                    return Err("with this rate a cross would be too large to convert by; check the rate".into());
                }
            }
        }
        Ok(())
    }

    /// The position of a period, which must be there.
    fn find_period(&self, of: OfPeriod) -> Result<u32, String> {
        let contract = &self.book.contracts[usize::from(of.contract)];
        let found = self.state.contracts[usize::from(of.contract)].period_number(of.first_on);
        found.ok_or_else(|| {
            let (name, id) = (contract.cycle.period_of(of.first_on).name(), &contract.id);
            format!("nothing has happened in period {name} of contract {id} yet; check the period")
        })
    }

    fn close_early(&mut self, of: OfPeriod, now: Instant, decisions: &mut Decisions) -> Result<(), String> {
        let number = self.find_period(of)?;
        let contract = &self.book.contracts[usize::from(of.contract)];
        let state = &self.state.contracts[usize::from(of.contract)].periods[number as usize];
        let name = state.period.name();
        if state.frozen {
            return Err(format!("period {name} is cut already; there is nothing to close"));
        }
        if !self.has_ended(contract, &state.period, now) {
            return Err(format!("period {name} has not ended yet; close it after its last day"));
        }
        self.freeze(of.contract, number, now, decisions);
        Ok(())
    }

    fn issue_closing(&mut self, of: OfPeriod, now: Instant, decisions: &mut Decisions) -> Result<(), String> {
        let number = self.find_period(of)?;
        let state = &self.state.contracts[usize::from(of.contract)].periods[number as usize];
        let name = state.period.name();
        if state.issued {
            return Err(format!("the statements of period {name} are issued already; they never change"));
        }
        if !state.frozen {
            return Err(format!("period {name} is not cut yet; close it first"));
        }
        self.issue_period(of.contract, number, now, decisions);
        self.apply_change(Change::Issued { contract: of.contract, period: number }, decisions);
        Ok(())
    }

    fn seal(&mut self, of: OfPeriod, decisions: &mut Decisions) -> Result<(), String> {
        let number = self.find_period(of)?;
        let state = &self.state.contracts[usize::from(of.contract)];
        let own = &state.periods[number as usize];
        let name = own.period.name();
        if !own.issued {
            return Err(format!("period {name} is not issued yet; issue it first"));
        }
        if state.seals.contains_key(&number) {
            return Err(format!("period {name} is sealed already"));
        }
        let digest = self.state.digest_of_period(of.contract, number);
        self.apply_change(Change::Sealed { contract: of.contract, period: number, digest }, decisions);
        Ok(())
    }

    fn adjust(
        &mut self,
        contract: u16,
        period_on: Option<Date>,
        adjustment: &Adjustment,
        now: Instant,
        decisions: &mut Decisions,
    ) -> Result<(), String> {
        let state = &self.state.contracts[usize::from(contract)];
        if state.adjustments.len() >= ADJUSTMENTS_MAX {
            return Err(format!("the contract has {ADJUSTMENTS_MAX} adjustments already"));
        }
        let first_on = match period_on {
            Some(on) => on,
            None => match self.oldest_closing(contract) {
                Some(on) => on,
                None => self.uncut_at(contract, now, decisions),
            },
        };
        let number = self.open_for_adjustment(contract, first_on, now, decisions)?;
        let state = &self.state.contracts[usize::from(contract)].periods[number as usize];
        let closing = state.frozen;
        if state.issued {
            return Err(format!("period {} is issued; adjust one that is not", state.period.name()));
        }
        if closing {
            // What moved before is no part of the adjustment.
            self.tick(contract, now, decisions);
        }
        let adjustment = Adjustment { period_on: first_on, ..adjustment.clone() };
        self.apply_change(Change::Adjusted { contract, period: number, adjustment }, decisions);
        if closing {
            self.tick_alone(contract, now, Some(number), decisions);
        }
        Ok(())
    }

    /// The first day of the oldest period that is cut and not issued.
    fn oldest_closing(&self, contract: u16) -> Option<Date> {
        let state = &self.state.contracts[usize::from(contract)];
        let mut periods = state.periods_by_day().map(|number| &state.periods[number as usize]);
        periods.find(|period| period.frozen && !period.issued).map(|period| period.period.first)
    }

    fn open_for_adjustment(
        &mut self,
        contract: u16,
        first_on: Date,
        now: Instant,
        decisions: &mut Decisions,
    ) -> Result<u32, String> {
        if let Some(number) = self.state.contracts[usize::from(contract)].period_number(first_on) {
            return Ok(number);
        }
        let definition = &self.book.contracts[usize::from(contract)];
        let period = definition.cycle.period_of(first_on);
        if cut_of(&self.book, definition, &period) < now {
            return Err(format!("period {} was cut without anything in it; adjust an open one", period.name()));
        }
        let new = NewPeriod { contract, first_on: period.first, closed: false };
        decisions.periods.push(new);
        Ok(self.state.open_period(&self.book, &new))
    }

    fn admit(&mut self, of: OfPeriod, event: Identity, decisions: &mut Decisions) -> Result<(), String> {
        let number = self.find_period(of)?;
        let state = &self.state.contracts[usize::from(of.contract)].periods[number as usize];
        let name = state.period.name();
        if !state.frozen {
            return Err(format!("period {name} is still open; the event needs no admission"));
        }
        if state.issued {
            return Err(format!("period {name} is issued; the event will restate it"));
        }
        if self.state.claimed(event).is_some() {
            return Err("the event counts already".into());
        }
        self.apply_change(Change::Admitted { contract: of.contract, period: number, event }, decisions);
        Ok(())
    }
}

/// Events that enter a closing period by name. Such an event is decided by itself: before it everything is brought up to
/// date, after it what has moved is what it moved, and that enters the statement to be issued instead of restating it.
impl Engine {
    /// Whether a row is an event that a person has admitted to a closing period.
    pub(crate) fn is_admission(&self, columns: &Columns, row: usize) -> bool {
        let admitted = self.state.admitted.find(&columns.identity[row]);
        admitted.is_some_and(|&(contract, period)| {
            let state = &self.state.contracts[usize::from(contract)].periods[period as usize];
            state.frozen && !state.issued
        })
    }

    /// Decides an admitted event; the next call to the engine lets what it moved enter the statement.
    pub(crate) fn decide_admitted(&mut self, columns: &Columns, row: usize, decisions: &mut Decisions) {
        let &(contract, period) = self.state.admitted.find(&columns.identity[row]).expect("it is an admission");
        self.tick(contract, self.state.stamp, decisions);
        self.state.admitting = Some((contract, period));
        self.row(columns, row, decisions);
        if decisions.outcomes.last() == Some(&Outcome::Accepted) {
            decisions.admitted = Some((contract, period));
        } else {
            self.state.admitting = None;
        }
    }

    /// Lets what an admitted event moved enter the statement to be issued.
    pub(crate) fn enter_admitted(&mut self, decisions: &mut Decisions) {
        let Some((contract, period)) = self.state.admitting else { return };
        self.tick_alone(contract, self.state.stamp, Some(period), decisions);
        self.apply_change(Change::Entered, decisions);
    }
}

fn refused(command: &Command, reason: &str) -> Exception {
    Exception {
        file: command.file,
        line: command.line,
        source: None,
        id: command.by.clone(),
        code: Code::CommandRefused,
        column: "command".into(),
        value: command.action.name().into(),
        detail: reason.into(),
        outside: false,
    }
}

impl Action {
    /// The name as it stands in `commands.jsonl`.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Close(_) => "close",
            Self::Issue(_) => "issue",
            Self::Seal(_) => "seal",
            Self::Adjust { .. } => "adjust",
            Self::Admit { .. } => "admit",
            Self::Fix { .. } => "fixing",
            Self::Amend { amendment: Amendment::Replace, .. } => "replace",
            Self::Amend { amendment: Amendment::Supplement, .. } => "supplement",
            Self::Unreadable { .. } => "",
        }
    }
}
