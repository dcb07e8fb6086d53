//! Breaks: what does not agree, both sides of it, by how much, and under which id.

use crate::groups::{Group, Groups};
use crate::pairs::{Candidates, Pairing};
use crate::{Matching, Names, Reconciled, Records, Rule};
use calendar::Date;
use canon::Digester;
use money::AssetId;
use std::collections::BTreeMap;
use std::fmt;

/// The two sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Side {
    /// The side that the rule names first.
    Left,
    /// The other one.
    Right,
}

/// Why something does not match. The order is that of breaks with one label.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Class {
    /// Counterparts in different assets.
    Currency,
    /// Counterparts whose amounts differ, and one of the sides says that it is not complete.
    Incomplete,
    /// Counterparts whose amounts differ.
    Amount,
    /// Counterparts whose amounts agree and whose days lie too far apart.
    Timing,
    /// The left side has nothing that belongs to a group of the right.
    MissingLeft,
    /// The right side has nothing that belongs to a group of the left.
    MissingRight,
    /// A record with the key of an earlier one, on a side that has one record a key.
    Duplicate,
}

impl Class {
    /// All, in order.
    pub const ALL: [Self; 7] = [
        Self::Currency,
        Self::Incomplete,
        Self::Amount,
        Self::Timing,
        Self::MissingLeft,
        Self::MissingRight,
        Self::Duplicate,
    ];

    /// Its name in outputs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Currency => "currency",
            Self::Incomplete => "incomplete",
            Self::Amount => "amount",
            Self::Timing => "timing",
            Self::MissingLeft => "missing_left",
            Self::MissingRight => "missing_right",
            Self::Duplicate => "duplicate",
        }
    }
}

/// The id of a break, the same in every run in which the break stands.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct BreakId(pub [u8; 16]);

impl fmt::Display for BreakId {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(out, "{byte:02x}"))
    }
}

/// What one side says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Part {
    /// Whose records.
    pub side: Side,
    /// The first of them.
    pub record: u32,
    /// How many are added up.
    pub records: u32,
    /// Their asset.
    pub asset: AssetId,
    /// Their sum for the amount of the break; none: it does not fit.
    pub amount: Option<i128>,
    /// First and last day.
    pub days: Option<(Date, Date)>,
    /// Whether the side says that nothing is missing.
    pub is_complete: bool,
}

/// Something that does not match.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Break {
    /// Id.
    pub id: BreakId,
    /// Why.
    pub class: Class,
    /// Position of the amount in the rule; the first one where the break does not concern a single one.
    pub amount: usize,
    /// What the left side says; none: nothing.
    pub left: Option<Part>,
    /// What the right side says; none: nothing.
    pub right: Option<Part>,
    /// Left minus right, nothing counting as zero; of a repeat: its amount minus that of the record it repeats. None where
    /// assets differ or a sum does not fit.
    pub difference: Option<i128>,
    /// Of something missing: the nearest of what is missing on the other side. Of a repeat: what it repeats.
    pub nearest: Option<Part>,
}

/// One side with its groups.
type Grouped<'a> = (&'a Records, &'a Groups);

/// Compares all pairs, tells what is missing and what is repeated, and numbers the breaks.
pub(crate) fn compare(
    rule: &Rule,
    names: &Names<'_>,
    left: Grouped<'_>,
    right: Grouped<'_>,
    pairing: &Pairing,
) -> Reconciled {
    let mut reconciled = Reconciled::default();
    for &(one, other) in &pairing.pairs {
        compare_pair(rule, &left.1.list[one], &right.1.list[other], &mut reconciled);
    }
    let breaks = &mut reconciled.breaks;
    for &(one, other) in &pairing.currencies {
        let (one, other) = (part(Side::Left, &left.1.list[one], 0), part(Side::Right, &right.1.list[other], 0));
        breaks.push(Break { difference: None, ..between(Class::Currency, 0, Some(one), Some(other)) });
    }
    tell_missing(left.1, right.1, pairing, breaks);
    breaks.extend(left.1.repeats.iter().map(|&repeat| repeated(Side::Left, left, repeat)));
    if !rule.own {
        breaks.extend(right.1.repeats.iter().map(|&repeat| repeated(Side::Right, right, repeat)));
    }
    let records = Both { left: left.0, right: right.0 };
    breaks.sort_by(|one, other| records.place(one).cmp(&records.place(other)));
    number(rule, names, &records, breaks);
    reconciled
}

fn compare_pair(rule: &Rule, left: &Group, right: &Group, reconciled: &mut Reconciled) {
    let (mut is_equal, mut is_broken) = (true, false);
    let differs = if left.is_complete && right.is_complete { Class::Amount } else { Class::Incomplete };
    for (amount, compared) in rule.amounts.iter().enumerate() {
        let found =
            between(differs, amount, Some(part(Side::Left, left, amount)), Some(part(Side::Right, right, amount)));
        is_equal &= found.difference == Some(0);
        if found.difference.is_none_or(|difference| difference.unsigned_abs() > compared.tolerance.unsigned_abs()) {
            is_broken = true;
            reconciled.breaks.push(found);
        }
    }
    if is_broken {
        return;
    }
    let days = left.days.zip(right.days).zip(rule.window);
    if days.is_some_and(|((left, right), window)| !window.holds(left, right)) {
        let (left, right) = (part(Side::Left, left, 0), part(Side::Right, right, 0));
        reconciled.breaks.push(between(Class::Timing, 0, Some(left), Some(right)));
        return;
    }
    reconciled.matched += 1;
    reconciled.within_tolerance += u64::from(!is_equal);
}

fn tell_missing(left: &Groups, right: &Groups, pairing: &Pairing, breaks: &mut Vec<Break>) {
    let free = Candidates::new(&right.list, &pairing.right);
    for group in pairing.left.iter().map(|&position| &left.list[position]) {
        let nearest = free.nearest(group).map(|position| part(Side::Right, &right.list[position], 0));
        let missing = between(Class::MissingRight, 0, Some(part(Side::Left, group, 0)), None);
        breaks.push(Break { nearest, ..missing });
    }
    let free = Candidates::new(&left.list, &pairing.left);
    for group in pairing.right.iter().map(|&position| &right.list[position]) {
        let nearest = free.nearest(group).map(|position| part(Side::Left, &left.list[position], 0));
        let missing = between(Class::MissingLeft, 0, None, Some(part(Side::Right, group, 0)));
        breaks.push(Break { nearest, ..missing });
    }
}

/// A record with the key and asset of a group that stands already.
fn repeated(side: Side, (records, groups): Grouped<'_>, (record, position): (u32, usize)) -> Break {
    let own = Part {
        side,
        record,
        records: 1,
        asset: records.asset(record),
        amount: records.amount(record, 0),
        days: records.on(record).map(|on| (on, on)),
        is_complete: records.is_complete(record),
    };
    let kept = part(side, &groups.list[position], 0);
    let (left, right) = if side == Side::Left { (Some(own), None) } else { (None, Some(own)) };
    let difference = own.amount.zip(kept.amount).and_then(|(own, kept)| own.checked_sub(kept));
    Break { difference, nearest: Some(kept), ..between(Class::Duplicate, 0, left, right) }
}

fn part(side: Side, group: &Group, amount: usize) -> Part {
    Part {
        side,
        record: group.first,
        records: group.count,
        asset: group.asset,
        amount: group.sums[amount],
        days: group.days,
        is_complete: group.is_complete,
    }
}

/// A break without an id, with the difference of its sides.
fn between(class: Class, amount: usize, left: Option<Part>, right: Option<Part>) -> Break {
    let units = |part: Option<Part>| part.map_or(Some(0), |part| part.amount);
    let difference = units(left).zip(units(right)).and_then(|(left, right)| left.checked_sub(right));
    Break { id: BreakId::default(), class, amount, left, right, difference, nearest: None }
}

/// The records of both sides.
struct Both<'a> {
    left: &'a Records,
    right: &'a Records,
}

impl<'a> Both<'a> {
    fn of(&self, side: Side) -> &'a Records {
        if side == Side::Left { self.left } else { self.right }
    }

    /// Where a break stands among the others.
    fn place(&self, found: &Break) -> (&'a str, AssetId, Class, usize, u32) {
        let part = found.left.or(found.right).expect("a break has a side");
        (self.of(part.side).label(part.record), part.asset, found.class, found.amount, part.record)
    }

    /// By what a side of a break is known again: its key, or its id where it has none; blank where it says nothing.
    fn known_by(&self, part: Option<Part>) -> &'a str {
        part.map_or("", |part| self.of(part.side).label(part.record))
    }
}

/// Gives every break its id. What would have the same id (records that agree in everything) is counted.
fn number(rule: &Rule, names: &Names<'_>, records: &Both<'_>, breaks: &mut [Break]) {
    let mut seen: BTreeMap<BreakId, u64> = BTreeMap::new();
    for found in breaks {
        let first = id(rule, names, records, found, 0);
        let count = seen.entry(first).or_insert(0);
        found.id = if *count == 0 { first } else { id(rule, names, records, found, *count) };
        *count += 1;
    }
}

fn id(rule: &Rule, names: &Names<'_>, records: &Both<'_>, found: &Break, nth: u64) -> BreakId {
    let (mut left, mut right) = (records.known_by(found.left), records.known_by(found.right));
    let part = found.left.or(found.right).expect("a break has a side");
    let is_keyed = !records.of(part.side).key(part.record).is_empty();
    let of = match (found.class, part.side) {
        (Class::Duplicate, Side::Left) => 1,
        (Class::Duplicate, Side::Right) => 2,
        _ => 0,
    };
    if of == 0 && is_keyed && rule.matching != Matching::Amount {
        // The side that is missing today will have the same key.
        let key = if left.is_empty() { right } else { left };
        (left, right) = (key, key);
    }
    let asset = &names.assets[usize::from(part.asset.0)].name;
    let mut digester = Digester::default();
    digester.text("jeongsan.break").text(names.book).text(names.rule).u64(of);
    digester.text(left).text(right).text(asset).text(&rule.amounts[found.amount].name).u64(nth);
    BreakId(*digester.finish().0.first_chunk().expect("a digest has 32 bytes"))
}
