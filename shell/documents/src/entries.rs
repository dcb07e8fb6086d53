//! `entries.csv`: one row for each posting, and `balances.csv`: one row for each account.
//!
//! Entries are the longest document by far (four rows an event), so a row costs two copies and the digits of its amount:
//! the head of an entry's rows is built once, and every account's name and asset are kept ready as bytes. Memory is the
//! chart's texts; nothing is kept of the entries.

use crate::Csv;
use crate::amount::{amount, push_amount};
use crate::csv::field;
use crate::names::Names;
use calendar::Date;
use ledger::{AccountId, Balances, Chart, Entries, EntryHead, Origin};

/// The columns of `entries.csv`, version 1.
const ENTRY_COLUMNS: &str = "entry,date,contract,period,adjusts,origin,source,event,account,asset,amount";

/// The columns of `balances.csv`, version 1.
const BALANCE_COLUMNS: &str = "account,asset,balance";

/// Writes `entries.csv` batch by batch.
pub struct EntriesCsv<'a> {
    names: Names<'a>,
    csv: Csv,
    contracts: Vec<Vec<u8>>,
    accounts: Vec<AccountText>,
    dates: DateTexts,
    head: Vec<u8>,
}

/// What stands behind the head of a row: `account,asset,`, and the digits of the amount that follows.
struct AccountText {
    text: Box<[u8]>,
    digits: u8,
}

impl<'a> EntriesCsv<'a> {
    /// A writer for the entries of one book.
    #[must_use]
    pub fn new(names: Names<'a>, csv: Csv) -> Self {
        let contracts = names.book.contracts.iter().map(|contract| quoted(&contract.id)).collect();
        Self { names, csv, contracts, accounts: Vec::new(), dates: DateTexts::new(), head: Vec::new() }
    }

    /// Appends the line of columns.
    pub fn header(&self, out: &mut Vec<u8>) {
        self.csv.header(out, ENTRY_COLUMNS);
    }

    /// Appends a row for each posting of `entries`, the first of which has the number `first_entry`.
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
        self.learn(chart);
        for (number, (head, postings)) in (first_entry..).zip(entries.iter()) {
            self.entry_head(number, head, &event_of);
            for posting in postings {
                out.extend_from_slice(&self.head);
                let account = &self.accounts[posting.account.0 as usize];
                out.extend_from_slice(&account.text);
                push_amount(out, posting.amount, account.digits);
                out.push(b'\n');
            }
        }
    }

    /// Prepares the texts of accounts that were opened since the last batch.
    fn learn(&mut self, chart: &Chart) {
        for &account in chart.accounts_from(self.accounts.len()) {
            let asset = self.names.asset(account.asset());
            let mut text = quoted(&self.names.account(account));
            text.push(b',');
            field(&mut text, &asset.name);
            text.push(b',');
            self.accounts.push(AccountText { text: text.into(), digits: asset.digits });
        }
    }

    fn entry_head<'e>(&mut self, number: u64, head: &EntryHead, event_of: &impl Fn(Origin) -> (&'e str, &'e str)) {
        let text = &mut self.head;
        text.clear();
        text.extend_from_slice(itoa::Buffer::new().format(number).as_bytes());
        text.push(b',');
        text.extend_from_slice(self.dates.text(head.dated_on));
        text.push(b',');
        text.extend_from_slice(&self.contracts[usize::from(head.contract)]);
        text.push(b',');
        text.extend_from_slice(self.dates.text(head.period_on));
        text.push(b',');
        if head.adjusts_on != head.period_on {
            text.extend_from_slice(self.dates.text(head.adjusts_on));
        }
        text.push(b',');
        text.extend_from_slice(origin_name(head.origin).as_bytes());
        text.push(b',');
        if let Origin::Event { .. } | Origin::Released { .. } | Origin::Withdrawn { .. } = head.origin {
            let (source, event) = event_of(head.origin);
            field(text, source);
            text.push(b',');
            self.csv.foreign(text, event);
            text.push(b',');
        } else {
            text.extend_from_slice(b",,");
        }
    }
}

/// Appends `balances.csv`: every account that was opened, in order of name and asset, also where its balance is zero.
pub fn write_balances_csv(out: &mut Vec<u8>, chart: &Chart, balances: &Balances, names: &Names<'_>, csv: Csv) {
    csv.header(out, BALANCE_COLUMNS);
    let mut rows: Vec<(String, &str, String)> = Vec::with_capacity(chart.len());
    for (number, &account) in (0..).zip(chart.accounts_from(0)) {
        let asset = names.asset(account.asset());
        let balance = amount(balances.of(AccountId(number)), asset.digits);
        rows.push((names.account(account), &asset.name, balance));
    }
    rows.sort_unstable();
    for (account, asset, balance) in rows {
        field(out, &account);
        out.push(b',');
        field(out, asset);
        out.push(b',');
        out.extend_from_slice(balance.as_bytes());
        out.push(b'\n');
    }
}

/// The name of an origin as it stands in `entries.csv`.
#[must_use]
pub const fn origin_name(origin: Origin) -> &'static str {
    match origin {
        Origin::Event { .. } => "event",
        Origin::Released { .. } => "released",
        Origin::Accrual => "accrual",
        Origin::Restatement => "restatement",
        Origin::Withdrawn { .. } => "withdrawn",
        Origin::Issue => "issue",
        Origin::Opening => "opening",
    }
}

fn quoted(text: &str) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(text.len());
    field(&mut bytes, text);
    bytes
}

/// The texts of the last dates that were printed: a batch has few different ones.
struct DateTexts {
    slots: [(Date, [u8; DATE_BYTES]); DATE_SLOTS],
}

/// `2019-01-31`.
const DATE_BYTES: usize = 10;

/// Neighbouring dates lie in different slots; a year of days would thrash 64 slots no more than once a day.
const DATE_SLOTS: usize = 64;

impl DateTexts {
    fn new() -> Self {
        Self { slots: [(Date(i32::MIN), [0; DATE_BYTES]); DATE_SLOTS] }
    }

    fn text(&mut self, date: Date) -> &[u8] {
        let slot = &mut self.slots[date.0.cast_unsigned() as usize % DATE_SLOTS];
        if slot.0 != date {
            let text = date.to_string();
            let bytes = text.as_bytes().try_into().expect("the dates of a book have ten characters");
            *slot = (date, bytes);
        }
        &slot.1
    }
}
