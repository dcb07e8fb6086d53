//! What one period leaves to the next: bases and charges below zero, tiers filled, guarantees and advances not recouped,
//! credit not drawn.

use super::fraction::Fraction;
use calendar::Date;
use contract::Span;
use event::PartyId;
use money::AssetId;
use std::collections::BTreeMap;

/// What is carried.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum What {
    /// A base below zero.
    BelowZero,
    /// How far tiers have filled.
    Filled,
    /// A charge below zero.
    Charge,
    /// What was earned so far in a guarantee's own period.
    Earned,
    /// A guarantee or advance not yet recouped.
    Unrecouped,
    /// A guarantee that was paid in this very period.
    Paid,
    /// Credit topped up and not yet drawn.
    Credit,
}

/// Of what it is carried: a term by number, in an asset, between parties.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Purse {
    pub(super) what: What,
    pub(super) term: u16,
    pub(super) asset: AssetId,
    pub(super) words: Vec<String>,
    pub(super) parties: Vec<PartyId>,
}

/// Carried amounts, each with the first day of the period that left it.
#[derive(Clone, Debug, Default)]
pub(super) struct Left {
    amounts: BTreeMap<Purse, (Fraction, Date)>,
}

impl Left {
    /// What is there; nothing where nobody left anything.
    pub(super) fn of(&self, purse: &Purse) -> Fraction {
        self.amounts.get(purse).map_or(Fraction::ZERO, |(amount, _)| *amount)
    }

    /// What is there of the stretch in which a period lies.
    pub(super) fn within(&self, purse: &Purse, span: Span, period_on: Date) -> Fraction {
        let own = self.amounts.get(purse).filter(|(_, left_on)| is_one_stretch(span, *left_on, period_on));
        own.map_or(Fraction::ZERO, |(amount, _)| *amount)
    }

    pub(super) fn put(&mut self, purse: Purse, amount: Fraction, period_on: Date) {
        self.amounts.insert(purse, (amount, period_on));
    }

    /// Parties and assets for which a term left anything of a kind.
    pub(super) fn purses(&self, term: u16) -> impl Iterator<Item = &Purse> {
        self.amounts.iter().filter(move |(purse, (amount, _))| purse.term == term && !amount.is_zero()).map(|own| own.0)
    }
}

/// Whether two periods, by their first days, lie in one stretch of a span.
pub(super) fn is_one_stretch(span: Span, left: Date, right: Date) -> bool {
    let (months, from) = match span {
        Span::Period => return left == right,
        Span::Ever => return true,
        Span::Months { months, from } => (i32::from(months), from),
    };
    // The first month of the stretch in which a day lies, found by walking from the first month of any.
    let begins = |day: Date| {
        let mut month = from.first_of_month();
        while month > day {
            month = month.plus_months(-months);
        }
        while month.plus_months(months) <= day {
            month = month.plus_months(months);
        }
        month
    };
    begins(left) == begins(right)
}
