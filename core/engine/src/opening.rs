//! Cut-over: what an older system leaves to this one.
//!
//! Carried amounts (measures and charges below zero, tiers filled, guarantees and advances not recouped, prepaid credit)
//! enter the first period of this system as if its own last period had left them. Issued statements and other balances
//! are posted against `<operator>:opening`. What happened before the first day belongs to the older system: such events go
//! to a person.

use crate::book::Book;
use crate::decide::Engine;
use crate::decisions::{Change, Decisions};
use calendar::Date;
use contract::{Carried, CarryKey};
use event::PartyId;
use ledger::{Account, EntryHead, Origin};
use money::{AssetId, Decimal};

/// What stands in `opening.toml`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Opening {
    /// The first commercial day of this system.
    pub on: Date,
    /// What the older system's last periods left.
    pub carried: Vec<OpeningCarried>,
    /// Issued and not yet paid, by contract, and other balances.
    pub balances: Vec<OpeningBalance>,
}

/// One carried amount.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningCarried {
    /// Position of the contract.
    pub contract: u16,
    /// Asset.
    pub asset: AssetId,
    /// Of what it is.
    pub key: CarryKey,
    /// How much, as `F` carries it.
    pub amount: Decimal,
}

/// One balance.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpeningBalance {
    /// Position of the contract.
    pub contract: u16,
    /// The party whose account it is.
    pub party: PartyId,
    /// The account.
    pub account: Account,
    /// Whole units; debit is positive.
    pub amount: i64,
    /// The statement or document that says so.
    pub document: Box<str>,
}

impl Opening {
    /// What a contract's first period takes in, in one asset.
    #[must_use]
    pub fn carried_of(&self, contract: u16, asset: AssetId) -> Carried {
        let own = self.carried.iter().filter(|carried| carried.contract == contract && carried.asset == asset);
        own.map(|carried| (carried.key.clone(), carried.amount)).collect()
    }
}

impl Book {
    /// The first day of this system under a contract's calendar; none where nothing was taken over.
    #[must_use]
    pub fn opens_on(&self) -> Option<Date> {
        self.opening.as_ref().map(|opening| opening.on)
    }
}

impl Engine {
    /// Posts what an older system leaves; to be called once, before the first batch. Nothing where the book takes nothing over.
    pub fn open_books(&mut self) -> Decisions {
        let (words, accounts) = (self.state.dictionary.len(), self.state.chart.len());
        let mut decisions = Decisions { stamp: self.state.stamp, ..Decisions::default() };
        let book = self.book.clone();
        let Some(opening) = book.opening.as_ref().filter(|_| !self.state.opened) else { return decisions };
        for balance in &opening.balances {
            let head = EntryHead {
                origin: Origin::Opening,
                contract: balance.contract,
                period_on: opening.on,
                adjusts_on: opening.on,
                dated_on: opening.on,
            };
            let against = Account::Opening(balance.account.asset());
            self.post_pair(head, balance.account, against, i128::from(balance.amount), &mut decisions);
        }
        self.apply_change(Change::Opened, &mut decisions);
        self.close_batch(words, accounts, &mut decisions);
        decisions
    }
}
