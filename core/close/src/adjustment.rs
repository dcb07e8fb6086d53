//! An adjustment: an amount that people agreed on, with its reason and document, as a line of its own.

use calendar::Date;
use contract::{LineKey, LineOf, Part, Working};
use event::PartyId;
use ledger::Purpose;
use money::AssetId;

/// The most adjustments of one contract.
pub const ADJUSTMENTS_MAX: usize = 1 << 20;

/// One agreed amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Adjustment {
    /// First day of the period in whose statement it stands.
    pub period_on: Date,
    /// Asset of the amount.
    pub asset: AssetId,
    /// Whole units, not zero; negative where the debtor is owed.
    pub amount: i64,
    /// Who owes a positive amount.
    pub debtor: PartyId,
    /// Who is owed it.
    pub creditor: PartyId,
    /// Purpose of the operator's revenue or cost account.
    pub purpose: Purpose,
    /// Why.
    pub reason: Box<str>,
    /// The document that says so.
    pub document: Box<str>,
    /// Who put it.
    pub by: Box<str>,
}

impl Adjustment {
    /// Its line, by its position among the contract's adjustments.
    ///
    /// # Panics
    /// Beyond [`ADJUSTMENTS_MAX`], which whoever takes adjustments refuses.
    #[must_use]
    pub fn key(&self, number: usize) -> LineKey {
        assert!(number < ADJUSTMENTS_MAX, "adjustments are bounded where they are taken");
        let of = LineOf::Adjustment { number: u32::try_from(number).expect("the bound fits") };
        let (debtor, creditor) = (self.debtor, self.creditor);
        LineKey { of, dimensions: Box::new([]), piece: 0, debtor, creditor, part: Part::Charge }
    }

    /// What its line says.
    #[must_use]
    pub fn working(&self) -> Working {
        Working::Agreed { reason: self.reason.clone(), document: self.document.clone(), by: self.by.clone() }
    }
}
