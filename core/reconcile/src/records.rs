//! The records of one side, in columns.

use crate::{RECORDS_MAX, TEXT_BYTES_MAX};
use calendar::Date;
use event::Texts;
use money::AssetId;

/// Where a record stands; what the numbers mean is the caller's affair.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Number of its file or list.
    pub file: u32,
    /// Its line there.
    pub line: u64,
}

/// One record.
#[derive(Clone, Copy, Debug)]
pub struct Record<'a> {
    /// By what it is found; blank: by nothing.
    pub key: &'a str,
    /// Its id, for people.
    pub id: &'a str,
    /// Asset of its amounts.
    pub asset: AssetId,
    /// Its day, where it has one.
    pub on: Option<Date>,
    /// Whether its side says that nothing is missing beside it.
    pub is_complete: bool,
    /// Where it stands.
    pub place: Place,
    /// What it says for each amount of the rule; none: it does not fit.
    pub amounts: &'a [Option<i128>],
}

/// A side has more records or longer texts than are reconciled: [`RECORDS_MAX`], [`TEXT_BYTES_MAX`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Full;

/// The records of one side.
#[derive(Clone, Debug)]
pub struct Records {
    keys: Texts,
    ids: Texts,
    assets: Vec<AssetId>,
    on: Vec<Option<Date>>,
    complete: Vec<bool>,
    places: Vec<Place>,
    /// One column an amount.
    amounts: Vec<Vec<i128>>,
}

/// Stands in a column for an amount that does not fit; every other value is one.
const UNKNOWN: i128 = i128::MIN;

impl Records {
    /// No records yet, each of which will state so many amounts.
    #[must_use]
    pub fn new(amounts: usize) -> Self {
        Self {
            keys: Texts::default(),
            ids: Texts::default(),
            assets: Vec::new(),
            on: Vec::new(),
            complete: Vec::new(),
            places: Vec::new(),
            amounts: vec![Vec::new(); amounts],
        }
    }

    /// Adds a record behind the others.
    ///
    /// # Errors
    /// [`Full`] beyond the bounds; then it is not added.
    ///
    /// # Panics
    /// Where the record states another number of amounts.
    pub fn push(&mut self, record: &Record<'_>) -> Result<(), Full> {
        assert!(record.amounts.len() == self.amounts.len(), "every record states the amounts of the rule");
        let fits = |texts: &Texts, text: &str| texts.parts().0.len() + text.len() <= TEXT_BYTES_MAX;
        if self.len() == RECORDS_MAX || !fits(&self.keys, record.key) || !fits(&self.ids, record.id) {
            return Err(Full);
        }
        self.keys.push(record.key);
        self.ids.push(record.id);
        self.assets.push(record.asset);
        self.on.push(record.on);
        self.complete.push(record.is_complete);
        self.places.push(record.place);
        for (column, amount) in self.amounts.iter_mut().zip(record.amounts) {
            column.push(amount.unwrap_or(UNKNOWN));
        }
        Ok(())
    }

    /// Only those records for which something holds, in order.
    #[must_use]
    pub fn only(&self, holds: impl Fn(u32) -> bool) -> Self {
        let mut kept = Self::new(self.amounts());
        let count = u32::try_from(self.len()).expect("RECORDS_MAX fits 32 bits");
        for record in (0..count).filter(|&record| holds(record)) {
            let amounts: Vec<Option<i128>> = (0..self.amounts()).map(|amount| self.amount(record, amount)).collect();
            let (key, id, asset) = (self.key(record), self.id(record), self.asset(record));
            let (on, is_complete, place) = (self.on(record), self.is_complete(record), self.place(record));
            let record = Record { key, id, asset, on, is_complete, place, amounts: &amounts };
            kept.push(&record).expect("a part of what fits, fits");
        }
        kept
    }

    /// How many there are.
    #[must_use]
    pub fn len(&self) -> usize {
        self.assets.len()
    }

    /// Whether there is none.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.assets.is_empty()
    }

    /// How many amounts each record states.
    #[must_use]
    pub fn amounts(&self) -> usize {
        self.amounts.len()
    }

    /// The key of a record; blank where it has none.
    ///
    /// # Panics
    /// When the record is not there, as all that follow.
    #[must_use]
    pub fn key(&self, record: u32) -> &str {
        self.keys.text(record as usize)
    }

    /// The id of a record.
    #[must_use]
    pub fn id(&self, record: u32) -> &str {
        self.ids.text(record as usize)
    }

    /// By what a record is called: its key, or its id where the key is blank.
    #[must_use]
    pub fn label(&self, record: u32) -> &str {
        let key = self.key(record);
        if key.is_empty() { self.id(record) } else { key }
    }

    /// The asset of a record.
    #[must_use]
    pub fn asset(&self, record: u32) -> AssetId {
        self.assets[record as usize]
    }

    /// The day of a record.
    #[must_use]
    pub fn on(&self, record: u32) -> Option<Date> {
        self.on[record as usize]
    }

    /// Whether the record's side says that nothing is missing beside it.
    #[must_use]
    pub fn is_complete(&self, record: u32) -> bool {
        self.complete[record as usize]
    }

    /// Where a record stands.
    #[must_use]
    pub fn place(&self, record: u32) -> Place {
        self.places[record as usize]
    }

    /// What a record says for an amount.
    #[must_use]
    pub fn amount(&self, record: u32, amount: usize) -> Option<i128> {
        Some(self.amounts[amount][record as usize]).filter(|&units| units != UNKNOWN)
    }
}
