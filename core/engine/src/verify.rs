//! Verification of one event: rules of contract, party, limit and link, and the history of its original.
//!
//! Format faults are intake's; duplicates and conflicts are looked up by [`Engine`] before anything here is asked. Each
//! function finds one kind of fault; of several the first by precedence of its code is given.

use crate::book::Book;
use crate::decide::{Engine, Hit, view};
use crate::decisions::{Claim, Days};
use crate::look_back::floor_of;
use crate::plan::{dimensions_of, party_fault};
use calendar::{Date, DaySpan};
use contract::{Basis, Rates, Reversal, ReversalDate, Treatment};
use event::{Code, Columns, Identity, Original, PartyId, evidence};
use money::{Decimal, Overflow};
use std::ops::Range;

impl Engine {
    /// Finds the contracts that rate a row and the tallies that it enters; the first fault of contract and party.
    pub(crate) fn find_rulings(
        &mut self,
        rulings: Range<usize>,
        columns: &Columns,
        row: usize,
    ) -> Result<Option<Code>, Overflow> {
        self.scratch.hits.clear();
        let mut fault = None;
        let received_at = self.state.stamp;
        for number in rulings {
            let ruling = &self.plans.rulings[number];
            let program = &self.plans.programs[ruling.program as usize];
            if let Some(condition) = &program.condition
                && !condition.evaluate_condition(&view(columns, row))?
            {
                continue;
            }
            let contract = &self.book.contracts[ruling.contract as usize];
            let Some(day) = day_of(&self.book, ruling.contract, program.basis, (columns, row), &mut self.spans) else {
                fault = Some(Code::FieldMissing);
                continue;
            };
            let floor = floor_of(&self.book, ruling.contract, received_at, &mut self.floors);
            if day < floor || self.book.opens_on().is_some_and(|on| day < on) {
                fault = first_of(fault, Some(Code::TooOld));
            }
            let Some(version) = contract.version_of(day, received_at) else { continue };
            let rate_on = match contract.conversion {
                None => day,
                Some(conversion) => {
                    let rates = &self.state.rates[usize::from(conversion.rates.0)];
                    let rate_on = rate_day(rates, program.basis, columns, row);
                    let asset = columns.asset[row];
                    if rates.cross(&conversion, asset, rate_on, received_at)?.is_none() {
                        fault = first_of(fault, Some(Code::RateMissing));
                    }
                    rate_on
                }
            };
            fault = first_of(fault, party_fault(&self.book, program, day));
            for (position, &treatment) in program.treatments.iter().enumerate() {
                let hit = Hit {
                    ruling: number,
                    own_on: day,
                    days: Days { day, version_on: day, rate_on },
                    own_rate_on: rate_on,
                    version,
                    treatment,
                    first_posting: 0,
                    leads: position == 0,
                };
                self.scratch.hits.push(hit);
            }
        }
        if fault.is_none() && self.scratch.hits.is_empty() {
            fault = Some(Code::ContractNone);
        }
        Ok(fault)
    }

    /// Whether an amount is beyond the limit of the source.
    pub(crate) fn limit_fault(&self, columns: &Columns, row: usize) -> Option<Code> {
        self.slot_beyond_limit(columns, row).map(|_| Code::LimitExceeded)
    }

    fn slot_beyond_limit(&self, columns: &Columns, row: usize) -> Option<usize> {
        let source = &self.book.sources[columns.source[row].0 as usize];
        let limit = i128::from(source.amount_max?);
        let schema = &self.book.schemas[source.adapter.0 as usize];
        schema.numbers.iter().zip(&columns.numbers).position(|(field, column)| {
            let up = |digits: u8| money::power_of_ten(digits).unwrap_or(i128::MAX);
            let amount = i128::from(column[row]).abs();
            field.money && amount.saturating_mul(up(source.amount_scale)) > limit.saturating_mul(up(field.scale))
        })
    }

    /// The field and value that are beyond the limit of the source.
    pub(crate) fn beyond_limit(&self, columns: &Columns, row: usize) -> (Box<str>, Box<str>) {
        let source = &self.book.sources[columns.source[row].0 as usize];
        let schema = &self.book.schemas[source.adapter.0 as usize];
        let slot = self.slot_beyond_limit(columns, row).expect("the event was held for its amount");
        let (field, mantissa) = (&schema.numbers[slot], i128::from(columns.numbers[slot][row]));
        (field.name.clone(), Decimal { mantissa, scale: field.scale }.to_string().into())
    }

    pub(crate) fn link_fault(&self, columns: &Columns, row: usize) -> Option<Code> {
        let required = self.book.kind_rule(columns.source[row], columns.kind[row]).original == Original::Required;
        (required && columns.original[row] == Identity::NONE).then_some(Code::OriginalMissing)
    }

    /// Looks the original of a row up, where its kind has one.
    pub(crate) fn original(&self, columns: &Columns, row: usize) -> Linked {
        let rule = self.book.kind_rule(columns.source[row], columns.kind[row]);
        if rule.original == Original::Never || columns.original[row] == Identity::NONE {
            return Linked::Nothing;
        }
        match self.state.claimed(columns.original[row]) {
            Some(claim) if rule.reverses => Linked::To(claim),
            Some(_) => Linked::Nothing,
            None if rule.original == Original::Required => Linked::Waits,
            None => Linked::Nothing,
        }
    }

    /// Moves the tallies that a reversal enters to the days of its original, as each treatment says (SETTLEMENT §4).
    pub(crate) fn enter_original_days(&mut self, columns: &Columns, row: usize, claim: &Claim) {
        let received_at = self.state.stamp;
        let rulings = &self.plans.rulings;
        debug_assert!(columns.original[row] == claim.identity);
        for hit in &mut self.scratch.hits {
            let number = rulings[hit.ruling].contract;
            let Some(original) = self.state.origin_day(claim, number) else { continue };
            let Treatment { reversal, date } = hit.treatment;
            if date == ReversalDate::Original {
                hit.days.day = original.day;
            }
            if date == ReversalDate::Original || reversal == Reversal::Mirror {
                (hit.days.version_on, hit.days.rate_on) = (original.day, original.rate_on);
            }
            let contract = &self.book.contracts[number as usize];
            if let Some(version) = contract.version_of(hit.days.version_on, received_at) {
                hit.version = version;
            }
        }
    }

    /// The field that names a party who stops the row in the first contract that has one, and what it says of the party.
    fn party_at_fault(&self, columns: &Columns, row: usize, code: Code) -> Option<(Box<str>, Box<str>)> {
        self.scratch.hits.iter().find_map(|hit| {
            let contract = &self.book.contracts[usize::from(self.plans.rulings[hit.ruling].contract)];
            let position = contract.position_of(columns.source[row])?;
            let words = dimensions_of(&self.book, contract, position, columns, row);
            let named = contract.dimensions.iter().zip(&words).filter(|(dimension, _)| dimension.party);
            for (dimension, &word) in named {
                let fault = match self.book.party_of_word(word) {
                    None => Some(Code::PartyUnknown),
                    Some(party) if self.book.parties[party.0 as usize].is_active_on(hit.own_on) => None,
                    Some(_) => Some(Code::PartyInactive),
                };
                if fault == Some(code) {
                    return Some((dimension.name.clone(), evidence(self.state.dictionary.text(word)).into()));
                }
            }
            contract.paths().find_map(|(by, separator)| {
                let path = self.state.dictionary.text(words[usize::from(by)]);
                let touch = match (code, self.book.touches_of(path, separator)) {
                    (Code::PartyUnknown, Err(touch)) => touch,
                    (Code::PartyInactive, Ok(touches)) => {
                        let is_inactive =
                            |party: &PartyId| !self.book.parties[party.0 as usize].is_active_on(hit.own_on);
                        path.split(separator).map(str::trim).nth(touches.iter().position(is_inactive)?)?
                    }
                    _ => return None,
                };
                Some((contract.dimensions[usize::from(by)].name.clone(), evidence(touch).into()))
            })
        })
    }

    /// The field and value that a code speaks of.
    pub(crate) fn evidence(&self, columns: &Columns, row: usize, code: Code) -> (Box<str>, Box<str>) {
        match code {
            Code::PartyUnknown | Code::PartyInactive => {
                self.party_at_fault(columns, row, code).expect("the event was held for a party")
            }
            Code::OriginalUnknown
            | Code::OriginalReversed
            | Code::ReversedAlready
            | Code::OriginalExpired
            | Code::WaitingFull => ("original".into(), evidence(columns.original_id.text(row)).into()),
            Code::LimitExceeded => self.beyond_limit(columns, row),
            Code::ContractNone => (Box::from("kind"), self.book.kinds[columns.kind[row].0 as usize].clone()),
            _ => (Box::from(""), Box::from("")),
        }
    }
}

/// The first of two faults by precedence of their codes.
#[inline]
pub(crate) fn first_of(one: Option<Code>, other: Option<Code>) -> Option<Code> {
    match (one, other) {
        (Some(one), Some(other)) => Some(one.min(other)),
        (None, fault) | (fault, None) => fault,
    }
}

/// What the link of a row leads to.
pub(crate) enum Linked {
    Nothing,
    To(Claim),
    Waits,
}

/// The day of a row in the calendar of the rates that convert it.
fn rate_day(rates: &Rates, basis: Basis, columns: &Columns, row: usize) -> Date {
    match basis {
        Basis::Date(slot) => columns.dates[slot as usize][row],
        Basis::Time(slot) => rates.day_of(columns.times[slot as usize][row]),
    }
}

/// The commercial day of a row under a contract; none where the field is blank.
#[inline]
fn day_of(
    book: &Book,
    number: u16,
    basis: Basis,
    (columns, row): (&Columns, usize),
    spans: &mut [DaySpan],
) -> Option<Date> {
    match basis {
        Basis::Date(slot) => Some(columns.dates[slot as usize][row]),
        Basis::Time(slot) => {
            let at = columns.times[slot as usize][row].present()?;
            let span = &mut spans[usize::from(number)];
            if !span.contains(at) {
                let contract = &book.contracts[usize::from(number)];
                *span = calendar::commercial_span_at(&book.zones[contract.zone.0 as usize], contract.cut_off_s, at);
            }
            Some(span.day)
        }
    }
}
