//! Lines of the model: what they are of, and the texts by which two programs compare them.

use calendar::Date;
use contract::{Issuer, Part, Vat};
use engine::Book;
use event::PartyId;
use money::{AssetId, Rate, Rounding};
use std::collections::BTreeMap;

/// What a line is the line of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Key {
    pub(super) of: Of,
    pub(super) dimensions: Vec<String>,
    pub(super) piece: usize,
    pub(super) debtor: PartyId,
    pub(super) creditor: PartyId,
    pub(super) part: Part,
}

/// A term of a version, or the tax invoice of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Of {
    Term { version: usize, term: usize },
    Document { rate: Rate, rounding: Rounding, self_billed: bool },
}

/// Amounts in whole units by asset and key.
pub(super) type Lines = BTreeMap<(AssetId, Key), i128>;

impl Key {
    /// A line for the VAT on this one.
    pub(super) fn vat(&self, vat: &Vat) -> Self {
        let part = if vat.inclusive { Part::VatIncluded } else { Part::Vat };
        Self { part, ..self.clone() }
    }

    /// The line of the tax invoice that the VAT on this one stands on: one for each rate and direction of rounding.
    pub(super) fn document(&self, vat: &Vat, operator: PartyId) -> Self {
        let self_billed = vat.issuer == Issuer::Debtor;
        let rounding = match vat.rounding {
            Rounding::TowardPayee if self.creditor == operator => Rounding::Down,
            Rounding::TowardPayee => Rounding::Up,
            other => other,
        };
        let of = Of::Document { rate: vat.rate, rounding, self_billed };
        Self { of, dimensions: Vec::new(), piece: 0, ..self.vat(vat) }
    }

    fn text(&self, book: &Book, contract: usize) -> LineText {
        let party = |party: PartyId| book.parties[party.0 as usize].id.to_string();
        let (term, version) = match self.of {
            Of::Term { version, term } => {
                let said = &book.contracts[contract].versions[version];
                (piece_text(&said.terms[term].id, self.piece), format!("{}#{version}", said.valid_from))
            }
            Of::Document { rate, rounding, self_billed } => (document_text(rate, rounding, self_billed), String::new()),
        };
        LineText {
            term,
            version,
            part: self.part,
            dimensions: self.dimensions.clone(),
            debtor: party(self.debtor),
            creditor: party(self.creditor),
            owed: false,
            adjusts_on: None,
        }
    }

    /// The text of the line in a statement whose party is owed the charge, or owes it.
    pub(super) fn stated(&self, book: &Book, contract: usize, owed: bool, adjusts_on: Option<Date>) -> String {
        LineText { owed, adjusts_on, ..self.text(book, contract) }.to_string()
    }
}

/// The name of a term, or of one part of a division.
#[must_use]
pub fn piece_text(term: &str, piece: usize) -> String {
    if piece == 0 { term.to_owned() } else { format!("{term}/{piece}") }
}

/// The name of a tax invoice in place of a term's.
#[must_use]
pub fn document_text(rate: Rate, rounding: Rounding, self_billed: bool) -> String {
    let issuer = if self_billed { "debtor" } else { "creditor" };
    format!("vat {rate} {rounding:?} by {issuer}")
}

/// What a statement's line says of itself, apart from its amount: its text is the same wherever it comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineText {
    /// Id of the term, or [`document_text`].
    pub term: String,
    /// `valid_from#position` of the version; empty for a document.
    pub version: String,
    /// The charge or VAT on it.
    pub part: Part,
    /// Texts of the dimensions' words.
    pub dimensions: Vec<String>,
    /// Id of the party that owes a positive charge.
    pub debtor: String,
    /// Id of the party that is owed it.
    pub creditor: String,
    /// Whether the statement's party is owed it.
    pub owed: bool,
    /// Where it restates: first day of the period that it adjusts.
    pub adjusts_on: Option<Date>,
}

impl LineText {
    /// What stands before the day of the period that a line adjusts.
    pub const ADJUSTS: &'static str = " adjusts ";
}

impl std::fmt::Display for LineText {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let side = if self.owed { "owed" } else { "owes" };
        let dimensions = self.dimensions.join(",");
        write!(out, "{} {} {:?} [{dimensions}] ", self.term, self.version, self.part)?;
        write!(out, "{}→{} {side}", self.debtor, self.creditor)?;
        if let Some(day) = self.adjusts_on {
            write!(out, "{}{day}", Self::ADJUSTS)?;
        }
        Ok(())
    }
}
