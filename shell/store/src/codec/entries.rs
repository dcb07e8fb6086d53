//! Bytes of entries: heads and postings in packed columns.
//!
//! An entry sums to zero, so its last amount is not written: it is what the others leave. Days stand as what they lie
//! behind the first day of the period.

use super::Fault;
use super::packed::Packer;
use super::plain::{Reader, put_count};
use calendar::Date;
use ledger::{AccountId, Entries, EntryHead, Origin, Posting};

/// Appends entries.
pub(super) fn write(packer: &mut Packer<'_>, entries: &Entries) {
    let (heads, ends, postings) = entries.parts();
    put_count(packer.out, heads.len());
    packer.put(heads.iter().map(|head| i64::from(parts_of(head.origin).0)));
    packer.put_steps(heads.iter().filter_map(|head| parts_of(head.origin).1).map(i64::from));
    packer.put(heads.iter().map(|head| i64::from(head.contract)));
    packer.put(heads.iter().map(|head| i64::from(head.period_on.0)));
    packer.put(heads.iter().map(|head| behind(head, head.adjusts_on)));
    packer.put(heads.iter().map(|head| behind(head, head.dated_on)));
    packer.put_steps(ends.iter().map(|&end| i64::from(end)));
    packer.put(postings.iter().map(|posting| i64::from(posting.account.0)));
    let mut last = ends.iter().map(|&end| end as usize - 1);
    let mut skipped = last.next();
    packer.put(postings.iter().enumerate().filter_map(|(position, posting)| {
        if Some(position) == skipped {
            skipped = last.next();
            return None;
        }
        Some(posting.amount)
    }));
}

/// Takes entries off.
pub(super) fn read(from: &mut Reader<'_>) -> Result<Entries, Fault> {
    let at = from.clone();
    let heads = read_heads(from)?;
    let ends: Vec<u32> = from.steps(heads.len())?;
    let count = ends.last().map_or(0, |&end| end as usize);
    let accounts: Vec<u32> = from.packed(count)?;
    let Some(written) = count.checked_sub(heads.len()) else {
        return Err(at.fault("entries have fewer postings than there are of them"));
    };
    let mut amounts = from.packed::<i64>(written)?.into_iter();
    let mut postings: Vec<_> =
        accounts.into_iter().map(|account| Posting { account: AccountId(account), amount: 0 }).collect();
    let mut begin = 0;
    for &end in &ends {
        let Some((last, others)) = postings.get_mut(begin..end as usize).and_then(<[_]>::split_last_mut) else {
            return Err(at.fault("an entry has no postings"));
        };
        let mut sum = 0_i64;
        for (posting, amount) in others.iter_mut().zip(&mut amounts) {
            posting.amount = amount;
            sum = sum.wrapping_add(amount);
        }
        last.amount = sum.wrapping_neg();
        begin = end as usize;
    }
    Entries::from_parts(heads, ends, postings).ok_or_else(|| at.fault("an entry does not balance"))
}

fn read_heads(from: &mut Reader<'_>) -> Result<Vec<EntryHead>, Fault> {
    let at = from.clone();
    let count = from.rows()?;
    let kinds: Vec<u8> = from.packed(count)?;
    let placed = kinds.iter().filter(|&&kind| kind < PLACED).count();
    let mut places = from.steps::<u32>(placed)?.into_iter();
    let contracts: Vec<u16> = from.packed(count)?;
    let periods: Vec<i32> = from.packed(count)?;
    let adjusts: Vec<i64> = from.packed(count)?;
    let dated: Vec<i64> = from.packed(count)?;
    let mut heads = Vec::with_capacity(count);
    for (row, kind) in kinds.into_iter().enumerate() {
        let place = if kind < PLACED { places.next() } else { None };
        let Some(origin) = origin_of(kind, place) else { return Err(at.fault("no such origin of an entry")) };
        let period_on = periods[row];
        let day = |behind: i64| {
            let day = i32::try_from(i64::from(period_on).wrapping_add(behind));
            day.map(Date).map_err(|_| at.fault("a day is out of range"))
        };
        let (adjusts_on, dated_on) = (day(adjusts[row])?, day(dated[row])?);
        heads.push(EntryHead { origin, contract: contracts[row], period_on: Date(period_on), adjusts_on, dated_on });
    }
    Ok(heads)
}

fn behind(head: &EntryHead, day: Date) -> i64 {
    i64::from(day.0) - i64::from(head.period_on.0)
}

/// Kinds below this have a place.
const PLACED: u8 = 3;

/// The number of an origin, and its place.
const fn parts_of(origin: Origin) -> (u8, Option<u32>) {
    match origin {
        Origin::Event { row } => (0, Some(row)),
        Origin::Released { position } => (1, Some(position)),
        Origin::Withdrawn { position } => (2, Some(position)),
        Origin::Accrual => (3, None),
        Origin::Restatement => (4, None),
        Origin::Issue => (5, None),
        Origin::Opening => (6, None),
    }
}

fn origin_of(kind: u8, place: Option<u32>) -> Option<Origin> {
    Some(match (kind, place) {
        (0, Some(row)) => Origin::Event { row },
        (1, Some(position)) => Origin::Released { position },
        (2, Some(position)) => Origin::Withdrawn { position },
        (3, None) => Origin::Accrual,
        (4, None) => Origin::Restatement,
        (5, None) => Origin::Issue,
        (6, None) => Origin::Opening,
        _ => return None,
    })
}
