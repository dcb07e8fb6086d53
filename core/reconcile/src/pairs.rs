//! Which group of the left side belongs to which of the right: by key, then by amount and day.

use crate::groups::Group;
use crate::{Matching, NEAR_MAX, Records, Rule, Window};
use calendar::Date;
use money::AssetId;
use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Bound;

/// Positions of groups: pairs, and what is left.
#[derive(Debug, Default)]
pub(crate) struct Pairing {
    /// Left and right group of one key and asset, or of amounts that agree.
    pub(crate) pairs: Vec<(usize, usize)>,
    /// Left and right group of one key in different assets.
    pub(crate) currencies: Vec<(usize, usize)>,
    pub(crate) left: Vec<usize>,
    pub(crate) right: Vec<usize>,
}

/// Finds the counterparts of all groups.
pub(crate) fn pair(rule: &Rule, left: (&Records, &[Group]), right: (&Records, &[Group])) -> Pairing {
    let mut pairing = if rule.matching == Matching::Amount {
        Pairing { left: (0..left.1.len()).collect(), right: (0..right.1.len()).collect(), ..Pairing::default() }
    } else {
        by_key(left, right)
    };
    if rule.matching != Matching::Key {
        by_amount(rule, left.1, right.1, &mut pairing);
    }
    pairing
}

/// Merges the two sides, both in order of their labels.
fn by_key(left: (&Records, &[Group]), right: (&Records, &[Group])) -> Pairing {
    let mut pairing = Pairing::default();
    let (mut left_at, mut right_at) = (0, 0);
    while left_at < left.1.len() || right_at < right.1.len() {
        let (left_run, right_run) = (run(left, left_at), run(right, right_at));
        let side = match (left_run, right_run) {
            (Some((one, _)), Some((other, _))) => one.cmp(&other),
            (Some(_), None) => Ordering::Less,
            (None, _) => Ordering::Greater,
        };
        let until = |run: Option<(Label<'_>, usize)>| run.expect("a side with a label has a run").1;
        match side {
            Ordering::Less => {
                pairing.left.extend(left_at..until(left_run));
                left_at = until(left_run);
            }
            Ordering::Greater => {
                pairing.right.extend(right_at..until(right_run));
                right_at = until(right_run);
            }
            Ordering::Equal => {
                let (left_until, right_until) = (until(left_run), until(right_run));
                let is_keyed = left.1[left_at].is_keyed;
                let runs = ((left_at..left_until).collect(), (right_at..right_until).collect());
                of_one_label(is_keyed, (left.1, runs.0), (right.1, runs.1), &mut pairing);
                (left_at, right_at) = (left_until, right_until);
            }
        }
    }
    pairing
}

/// A label, and whether it is a key.
type Label<'a> = (&'a str, bool);

/// The label of the group at a position, and where the next label begins.
fn run<'a>((records, groups): (&'a Records, &[Group]), at: usize) -> Option<(Label<'a>, usize)> {
    let label = |group: &Group| (records.label(group.first), group.is_keyed);
    let first = label(groups.get(at)?);
    let count = groups[at..].iter().take_while(|group| label(group) == first).count();
    Some((first, at + count))
}

/// Pairs the groups of one key: first those of one asset, then the rest as differences of currency.
fn of_one_label(
    is_keyed: bool,
    (left, mut left_run): (&[Group], Vec<usize>),
    (right, mut right_run): (&[Group], Vec<usize>),
    pairing: &mut Pairing,
) {
    if is_keyed {
        left_run.retain(|&one| {
            let found = right_run.iter().position(|&other| right[other].asset == left[one].asset);
            pairing.pairs.extend(found.map(|position| (one, right_run.remove(position))));
            found.is_none()
        });
        let count = left_run.len().min(right_run.len());
        pairing.currencies.extend(left_run.drain(..count).zip(right_run.drain(..count)));
    }
    pairing.left.append(&mut left_run);
    pairing.right.append(&mut right_run);
}

/// Pairs what is left by amounts and days: each pass over all left groups, the strictest first.
fn by_amount(rule: &Rule, left: &[Group], right: &[Group], pairing: &mut Pairing) {
    let mut free = Candidates::new(right, &pairing.right);
    pairing.left.sort_by_key(|&one| (left[one].days, one));
    for pass in [Pass::SameDay, Pass::SameAmount, Pass::WithinTolerance] {
        pairing.left.retain(|&one| {
            let found = free.find(rule, pass, &left[one]);
            if let Some(other) = found {
                free.remove(other);
                pairing.pairs.push((one, other));
            }
            found.is_none()
        });
    }
    let paired: BTreeSet<usize> = pairing.pairs.iter().map(|&(_, other)| other).collect();
    pairing.right.retain(|other| !paired.contains(other));
    pairing.left.sort_unstable();
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Pass {
    SameDay,
    SameAmount,
    WithinTolerance,
}

/// An end of a range of first days.
type DayBound = Bound<Option<Date>>;

/// Groups by their first day, each list in order.
type Days = BTreeMap<Option<Date>, BTreeSet<usize>>;

/// Groups without a counterpart, by asset, first amount and first day.
pub(crate) struct Candidates<'a> {
    groups: &'a [Group],
    by_amount: BTreeMap<(AssetId, i128), Days>,
}

impl<'a> Candidates<'a> {
    /// Over some of a side's groups; those whose first amount is unknown are nobody's candidates.
    pub(crate) fn new(groups: &'a [Group], free: &[usize]) -> Self {
        let mut by_amount: BTreeMap<_, Days> = BTreeMap::new();
        for &position in free {
            let group = &groups[position];
            let Some(amount) = group.sums[0] else { continue };
            let days = by_amount.entry((group.asset, amount)).or_default();
            days.entry(first_day(group)).or_default().insert(position);
        }
        Self { groups, by_amount }
    }

    /// The nearest to a group of the other side in the same asset: by first amount (of equally near ones the lower), then
    /// by first day (of equally near ones the earlier).
    pub(crate) fn nearest(&self, group: &Group) -> Option<usize> {
        self.outward(group.asset, group.sums[0]?).find_map(|(_, days)| nearest_days(days, first_day(group)).next())
    }

    fn find(&self, rule: &Rule, pass: Pass, group: &Group) -> Option<usize> {
        let amount = group.sums[0]?;
        let fits = |other: &usize| agrees(rule, pass, group, &self.groups[*other]);
        if pass == Pass::WithinTolerance {
            let tolerance = rule.amounts[0].tolerance.unsigned_abs();
            let near = self.outward(group.asset, amount).take_while(|(other, _)| other.abs_diff(amount) <= tolerance);
            let near = near.flat_map(|(_, days)| nearest_days(days, first_day(group)));
            return near.take(NEAR_MAX).find(fits);
        }
        let days = self.by_amount.get(&(group.asset, amount))?;
        if pass == Pass::SameDay {
            let same = days.get(&Some(first_day(group)?))?;
            return same.iter().copied().take(NEAR_MAX).find(fits);
        }
        let (from, until) = within(rule.window, group)?;
        let ahead = days.range((from, until)).flat_map(|(_, same)| same.iter().copied());
        ahead.take(NEAR_MAX).find(fits)
    }

    fn remove(&mut self, position: usize) {
        let group = &self.groups[position];
        let amount = group.sums[0].expect("a candidate's first amount is known");
        let key = (group.asset, amount);
        let days = self.by_amount.get_mut(&key).expect("a candidate is listed");
        let same = days.get_mut(&first_day(group)).expect("a candidate is listed under its day");
        same.remove(&position);
        if same.is_empty() {
            days.remove(&first_day(group));
        }
        if days.is_empty() {
            self.by_amount.remove(&key);
        }
    }

    /// The amounts in an asset, the nearest first, of equally near ones the lower.
    fn outward(&self, asset: AssetId, amount: i128) -> impl Iterator<Item = (i128, &Days)> {
        let least = (asset, i128::MIN);
        let most = (asset, i128::MAX);
        let below = self.by_amount.range(least..(asset, amount)).rev();
        let above = self.by_amount.range((asset, amount)..=most);
        let nearer = move |lower: &(&(AssetId, i128), &Days), upper: &(&(AssetId, i128), &Days)| {
            lower.0.1.abs_diff(amount) <= upper.0.1.abs_diff(amount)
        };
        merged(below, above, nearer).map(|(&(_, amount), days)| (amount, days))
    }
}

fn first_day(group: &Group) -> Option<Date> {
    group.days.map(|(from, _)| from)
}

/// Whether two groups of one asset are counterparts in a pass.
fn agrees(rule: &Rule, pass: Pass, left: &Group, right: &Group) -> bool {
    let sums = left.sums.iter().zip(&right.sums).zip(&rule.amounts);
    let agree = sums.into_iter().all(|((left, right), compared)| {
        let tolerance = if pass == Pass::WithinTolerance { compared.tolerance.unsigned_abs() } else { 0 };
        left.zip(*right).is_some_and(|(left, right)| left.abs_diff(right) <= tolerance)
    });
    let holds = |window: Window| left.days.zip(right.days).is_some_and(|(left, right)| window.holds(left, right));
    agree && rule.window.is_none_or(holds)
}

/// Between which first days a counterpart can lie; none where the window needs a day that is not there.
fn within(window: Option<Window>, group: &Group) -> Option<(DayBound, DayBound)> {
    let Some(window) = window else { return Some((Bound::Unbounded, Bound::Unbounded)) };
    let (from, until) = group.days?;
    let (first, last) = match window {
        Window::Days(days) => (until.plus_days(-i32::from(days)), from.plus_days(i32::from(days))),
        Window::Month => (from.first_of_month(), from.last_of_month()),
    };
    // A group that is longer than the window has no counterpart.
    (first <= last).then_some((Bound::Included(Some(first)), Bound::Included(Some(last))))
}

/// The groups of one amount, those nearest to a day first, of equally near days the earlier; without a day in order.
fn nearest_days(days: &Days, on: Option<Date>) -> impl Iterator<Item = usize> {
    // Undated groups stand before all dates and come last, seen from a date.
    let pivot = on.map_or(Bound::Unbounded, |on| Bound::Included(Some(on)));
    let rest = if on.is_some() { Bound::Excluded(on) } else { Bound::Excluded(Some(Date(i32::MIN))) };
    let above = days.range((pivot, Bound::Unbounded));
    let below = days.range((Bound::Unbounded, rest)).rev().filter(move |_| on.is_some());
    let apart = move |day: Option<Date>| on.zip(day).map_or(u64::MAX, |(on, day)| u64::from(on.0.abs_diff(day.0)));
    let nearer = move |lower: &(&Option<Date>, &BTreeSet<usize>), upper: &(&Option<Date>, &BTreeSet<usize>)| {
        apart(*lower.0) <= apart(*upper.0)
    };
    merged(below, above, nearer).flat_map(|(_, same)| same.iter().copied())
}

/// Two iterators as one, whose next comes from the first where `is_first` says so.
fn merged<T>(
    below: impl Iterator<Item = T>,
    above: impl Iterator<Item = T>,
    is_first: impl Fn(&T, &T) -> bool,
) -> impl Iterator<Item = T> {
    let (mut below, mut above) = (below.peekable(), above.peekable());
    std::iter::from_fn(move || match (below.peek(), above.peek()) {
        (Some(lower), Some(upper)) if is_first(lower, upper) => below.next(),
        (Some(_), None) => below.next(),
        _ => above.next(),
    })
}
