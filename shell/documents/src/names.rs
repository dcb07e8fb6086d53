//! Texts for ids: what a book calls its parties, contracts, terms, accounts, periods and statements.

use calendar::Instant;
use close::{Statement, StatementLine};
use contract::{Contract, LineOf, Part, Shown, Term, TermKind};
use engine::Book;
use event::{PartyId, Word};
use ledger::{Account, Purpose};
use money::{Asset, AssetId};

/// A book and the words of its events: all that is needed to print an id.
#[derive(Clone, Copy)]
pub struct Names<'a> {
    /// The book whose ids are printed.
    pub book: &'a Book,
    /// The text of a word that events brought.
    pub word: &'a dyn Fn(Word) -> &'a str,
}

impl<'a> Names<'a> {
    /// The id of a statement, e.g. `taxi/driver/2019-01/USD`. Its n-th line, counted from 1, is `<id>#<n>`.
    #[must_use]
    pub fn statement_id(&self, statement: &Statement) -> String {
        let contract = self.contract(statement);
        let period = statement.period.name();
        format!("{}/{}/{period}/{}", contract.id, self.party(statement.party), self.asset(statement.asset).name)
    }

    /// Where a statement's documents lie below `statements/`, without extension: `taxi/driver/2019-01-USD`.
    ///
    /// Characters other than letters, digits, `-`, `_` and inner `.` are written as `%` and two hexadecimal digits a
    /// byte, so that no id leaves the folder and different ids stay different.
    #[must_use]
    pub fn statement_path(&self, statement: &Statement) -> String {
        let (contract, party) = (path_part(&self.contract(statement).id), path_part(self.party(statement.party)));
        let (period, asset) = (statement.period.name(), path_part(&self.asset(statement.asset).name));
        format!("{contract}/{party}/{period}-{asset}")
    }

    /// The arithmetic of a statement's line, whose value is the line's amount.
    #[must_use]
    pub fn arithmetic(&self, statement: &Statement, line: &StatementLine) -> String {
        let shown = Shown {
            working: line.working.as_ref(),
            owes: line.side == close::Side::Owes,
            amount: line.amount,
            restated: line.restated,
            digits: self.asset(statement.asset).digits,
        };
        shown.arithmetic()
    }

    /// The id of a party.
    #[must_use]
    pub fn party(&self, party: PartyId) -> &'a str {
        &self.book.parties[party.0 as usize].id
    }

    /// The name of a party as it stands on statements.
    #[must_use]
    pub fn party_name(&self, party: PartyId) -> &'a str {
        &self.book.parties[party.0 as usize].name
    }

    /// An asset of the book.
    #[must_use]
    pub fn asset(&self, asset: AssetId) -> &'a Asset {
        &self.book.assets[usize::from(asset.0)]
    }

    /// The name of an account as it stands in `entries.csv`.
    #[must_use]
    pub fn account(&self, account: Account) -> String {
        self.account_with(account, &str::to_owned)
    }

    /// As [`Names::account`], each id of the book first changed by `part`.
    pub(crate) fn account_with(&self, account: Account, part: &dyn Fn(&str) -> String) -> String {
        let party_of = |party: PartyId| part(self.party(party));
        let purpose_of = |purpose: Purpose| part(&self.book.purposes[usize::from(purpose.0)]);
        account.name(&party_of, &part(self.party(self.book.operator)), &purpose_of)
    }

    pub(crate) fn contract(&self, statement: &Statement) -> &'a Contract {
        &self.book.contracts[usize::from(statement.contract.0)]
    }

    /// The term of a line; none for VAT of the document.
    pub(crate) fn term(&self, statement: &Statement, line: &StatementLine) -> Option<&'a Term> {
        match line.key.of {
            LineOf::Term { term, version } => {
                Some(&self.contract(statement).versions[usize::from(version)].terms[usize::from(term)])
            }
            LineOf::Document { .. } | LineOf::Adjustment { .. } => None,
        }
    }

    /// What a line of a term with lines of several sorts is.
    pub(crate) fn what(&self, statement: &Statement, line: &StatementLine) -> Option<What> {
        let term = self.term(statement, line)?;
        let first = line.key.piece == 0;
        match term.kind {
            TermKind::Bound { upper, .. } => Some(if upper { What::Cap } else { What::Floor }),
            TermKind::Minimum { .. } => Some(if first { What::Shortfall } else { What::Recouped }),
            TermKind::Carry { .. } => Some(if first { What::CarriedOut } else { What::CarriedIn }),
            TermKind::Advance { .. } => Some(if first { What::Advanced } else { What::Recouped }),
            TermKind::Prepaid { .. } => Some(What::Drawn),
            TermKind::Agents { .. } => Some(What::Level(line.key.piece)),
            _ => None,
        }
    }

    /// The dimensions of a line by name and word, in the order in which its term lists them.
    pub(crate) fn dimensions(&self, statement: &Statement, line: &StatementLine) -> Vec<(&'a str, &'a str)> {
        let Some(term) = self.term(statement, line) else { return Vec::new() };
        let contract = self.contract(statement);
        // A tree of agents is kept apart by the event's own agent too, which stands last.
        let own_agent = match term.kind {
            TermKind::Agents { by, .. } if !term.dimensions.contains(&by) => Some(by),
            _ => None,
        };
        let positions = term.dimensions.iter().copied().chain(own_agent);
        let pairs = positions.zip(line.dimensions());
        pairs.map(|(at, &word)| (&*contract.dimensions[usize::from(at)].name, (self.word)(word))).collect()
    }

    /// An instant on the wall of the contract's zone, e.g. `2019-02-05 00:00:00 America/New_York`.
    pub(crate) fn wall_clock(&self, contract: &Contract, at: Instant) -> String {
        let zone = &self.book.zones[usize::from(contract.zone.0)];
        format!("{} {}", zone.local(at).to_string().replacen('T', " ", 1), zone.name)
    }
}

/// Which of the lines that its term makes a line is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum What {
    Cap,
    Floor,
    Shortfall,
    Recouped,
    CarriedOut,
    CarriedIn,
    Advanced,
    Drawn,
    /// From the event's own agent, 0, upward.
    Level(u16),
}

impl What {
    /// Its name in outputs.
    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Cap => "cap",
            Self::Floor => "floor",
            Self::Shortfall => "shortfall",
            Self::Recouped => "recouped",
            Self::CarriedOut => "carried_out",
            Self::CarriedIn => "carried_in",
            Self::Advanced => "advanced",
            Self::Drawn => "drawn",
            Self::Level(_) => "level",
        }
    }
}

/// The kind of a term as contracts write it.
pub(crate) const fn kind_name(kind: &TermKind) -> &'static str {
    match kind {
        TermKind::Share { .. } => "share",
        TermKind::Fee { .. } => "fee",
        TermKind::Fixed { .. } => "fixed",
        TermKind::Division { .. } => "division",
        TermKind::Step { .. } => "step",
        TermKind::Agents { .. } => "agents",
        TermKind::Bound { upper: true, .. } => "cap",
        TermKind::Bound { upper: false, .. } => "floor",
        TermKind::Minimum { .. } => "minimum",
        TermKind::Carry { .. } => "carry",
        TermKind::Advance { .. } => "advance",
        TermKind::Prepaid { .. } => "prepaid",
        TermKind::Attribution { .. } => "attribution",
    }
}

/// The name of a line's part: `charge`, `vat`, `vat_included`.
pub(crate) const fn part_name(part: Part) -> &'static str {
    match part {
        Part::Charge => "charge",
        Part::Vat => "vat",
        Part::VatIncluded => "vat_included",
    }
}

fn path_part(id: &str) -> String {
    let mut part = String::with_capacity(id.len());
    for (position, character) in id.char_indices() {
        let is_kept = character.is_alphanumeric() || "-_".contains(character) || (character == '.' && position > 0);
        if is_kept {
            part.push(character);
        } else {
            escape(&mut part, character);
        }
    }
    part
}

/// Appends a character as `%` and two hexadecimal digits for each of its bytes.
pub(crate) fn escape(out: &mut String, character: char) {
    let mut bytes = [0; 4];
    for byte in character.encode_utf8(&mut bytes).bytes() {
        out.push('%');
        for half in [byte >> 4, byte & 15] {
            out.push(char::from(b"0123456789ABCDEF"[usize::from(half)]));
        }
    }
}
