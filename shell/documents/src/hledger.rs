//! `journal.hledger`: the ledger for hledger, which checks by its own means that it balances.
//!
//! What hledger would read as its own punctuation is written as `%` and two hexadecimal digits a byte, also `%` itself:
//! so different accounts stay different, and every name can be turned back.

use crate::amount::push_amount;
use crate::entries::origin_name;
use crate::names::{Names, escape};
use ledger::{Account, Chart, Entries, Origin};
use money::Asset;
use std::fmt::Write;

/// Writes `journal.hledger` batch by batch. Accounts are declared before the first entry that uses them.
pub struct HledgerJournal<'a> {
    names: Names<'a>,
    commodities: Vec<String>,
    accounts: Vec<AccountLine>,
}

/// `account` with the two spaces behind it, and what follows the amount.
struct AccountLine {
    before: String,
    commodity: usize,
    digits: u8,
}

impl<'a> HledgerJournal<'a> {
    /// A writer for the entries of one book.
    #[must_use]
    pub fn new(names: Names<'a>) -> Self {
        let commodities = names.book.assets.iter().map(commodity).collect();
        Self { names, commodities, accounts: Vec::new() }
    }

    /// Appends the remark that says what the file is, and one directive for each asset.
    pub fn header(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(b"; jeongsan.journal 1\n");
        for (asset, name) in self.names.book.assets.iter().zip(&self.commodities) {
            // hledger asks for a decimal mark also where no digits follow it.
            let digits = "0".repeat(usize::from(asset.digits));
            out.extend_from_slice(format!("commodity 1000.{digits} {name}\n").as_bytes());
        }
    }

    /// Appends `entries`, the first of which has the number `first_entry`.
    ///
    /// `event_of` gives the source's and the event's id for the origins [`Origin::Event`], [`Origin::Released`] and
    /// [`Origin::Withdrawn`].
    ///
    /// # Panics
    /// When a posting's account is not of `chart`, or a contract not of the book.
    pub fn write<'e>(
        &mut self,
        out: &mut Vec<u8>,
        chart: &Chart,
        first_entry: u64,
        entries: &Entries,
        event_of: impl Fn(Origin) -> (&'e str, &'e str),
    ) {
        self.declare(out, chart);
        let mut head = String::new();
        for (number, (entry, postings)) in (first_entry..).zip(entries.iter()) {
            head.clear();
            let contract = words(&self.names.book.contracts[usize::from(entry.contract)].id);
            let origin = origin_name(entry.origin);
            write!(head, "\n{} ({number}) {contract} {origin}", entry.dated_on).expect("a string takes every text");
            if let Origin::Event { .. } | Origin::Released { .. } | Origin::Withdrawn { .. } = entry.origin {
                let (source, event) = event_of(entry.origin);
                write!(head, " {} {}", words(source), words(event)).expect("a string takes every text");
            }
            out.extend_from_slice(head.as_bytes());
            out.push(b'\n');
            for posting in postings {
                let account = &self.accounts[posting.account.0 as usize];
                out.extend_from_slice(account.before.as_bytes());
                push_amount(out, posting.amount, account.digits);
                out.push(b' ');
                out.extend_from_slice(self.commodities[account.commodity].as_bytes());
                out.push(b'\n');
            }
        }
    }

    /// Declares accounts that were opened since the last batch; one name may stand for several assets.
    fn declare(&mut self, out: &mut Vec<u8>, chart: &Chart) {
        for &account in chart.accounts_from(self.accounts.len()) {
            let name = hledger_account(&self.names, account);
            let asset = account.asset();
            out.extend_from_slice(format!("account {name}\n").as_bytes());
            let digits = self.names.asset(asset).digits;
            self.accounts.push(AccountLine {
                before: format!("    {name}  "),
                commodity: usize::from(asset.0),
                digits,
            });
        }
    }
}

/// The name of an account as it stands in `journal.hledger`.
#[must_use]
pub fn hledger_account(names: &Names<'_>, account: Account) -> String {
    names.account_with(account, &words)
}

/// Letters and digits of any script and `-_./` stay; all else is escaped, spaces and `:` too.
fn words(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for character in text.chars() {
        if character.is_alphanumeric() || "-_./".contains(character) {
            safe.push(character);
        } else {
            escape(&mut safe, character);
        }
    }
    safe
}

/// A commodity's symbol: in quotes unless it is letters alone.
fn commodity(asset: &Asset) -> String {
    let is_plain = asset.name.chars().all(|character| character.is_ascii_alphabetic());
    if is_plain { asset.name.to_string() } else { format!("\"{}\"", asset.name.replace(['"', ';', '\n', '\r'], "_")) }
}
