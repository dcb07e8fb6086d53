//! Records of one key and asset as one: added up, or the first of them with its repeats beside it.
//!
//! One sort and one pass; the groups are in order of label, asset and first record.

use crate::Records;
use calendar::Date;
use money::AssetId;

/// The records of one side that are held against the other side together.
#[derive(Clone, Debug)]
pub(crate) struct Group {
    /// The first of them in the order of the list.
    pub(crate) first: u32,
    /// How many are added up.
    pub(crate) count: u32,
    pub(crate) asset: AssetId,
    /// Whether they have a key; else the group is a single record.
    pub(crate) is_keyed: bool,
    /// The sum for each amount; none: it does not fit.
    pub(crate) sums: Vec<Option<i128>>,
    /// First and last day of those that have one.
    pub(crate) days: Option<(Date, Date)>,
    /// Whether all of them say that nothing is missing.
    pub(crate) is_complete: bool,
}

/// The groups of one side, and the records that repeat one of them.
#[derive(Debug, Default)]
pub(crate) struct Groups {
    pub(crate) list: Vec<Group>,
    /// Record and position of the group that it repeats.
    pub(crate) repeats: Vec<(u32, usize)>,
}

impl Group {
    fn of(records: &Records, record: u32) -> Self {
        Self {
            first: record,
            count: 1,
            asset: records.asset(record),
            is_keyed: !records.key(record).is_empty(),
            sums: (0..records.amounts()).map(|amount| records.amount(record, amount)).collect(),
            days: records.on(record).map(|on| (on, on)),
            is_complete: records.is_complete(record),
        }
    }

    /// Whether a record belongs to it.
    fn takes(&self, records: &Records, record: u32) -> bool {
        self.is_keyed && self.asset == records.asset(record) && records.key(self.first) == records.key(record)
    }

    fn add(&mut self, records: &Records, record: u32) {
        self.count += 1;
        for (amount, sum) in self.sums.iter_mut().enumerate() {
            let added = records.amount(record, amount);
            *sum = sum.zip(added).and_then(|(sum, added)| sum.checked_add(added));
        }
        if let Some(on) = records.on(record) {
            self.days = Some(self.days.map_or((on, on), |(from, until)| (from.min(on), until.max(on))));
        }
        self.is_complete &= records.is_complete(record);
    }
}

/// Groups the records of one side.
pub(crate) fn group(records: &Records, many: bool) -> Groups {
    let count = u32::try_from(records.len()).expect("RECORDS_MAX fits 32 bits");
    let mut order: Vec<u32> = (0..count).collect();
    // A label may be one record's key and another's id: those with a key stand together behind.
    let place = |record: u32| (records.label(record), !records.key(record).is_empty(), records.asset(record), record);
    order.sort_unstable_by(|&one, &other| place(one).cmp(&place(other)));
    let mut groups = Groups::default();
    for record in order {
        let position = groups.list.len().wrapping_sub(1);
        match groups.list.last_mut().filter(|last| last.takes(records, record)) {
            Some(last) if many => last.add(records, record),
            Some(_) => groups.repeats.push((record, position)),
            None => groups.list.push(Group::of(records, record)),
        }
    }
    groups
}
