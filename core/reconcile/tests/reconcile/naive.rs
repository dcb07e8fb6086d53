//! The rule once more, with loops over lists and nothing else: slow, and independent of how the crate goes about it.

use crate::sides::Line;
use reconcile::{Matching, Rule, Window};

/// A group: its label, and the positions of its records.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Heap<'a> {
    lines: Vec<&'a Line>,
    first: usize,
}

/// A further record of one key, and the first with that key.
struct Repeat<'a> {
    line: &'a Line,
    of: Heap<'a>,
}

impl Heap<'_> {
    fn label(&self) -> &str {
        let line = self.lines[0];
        if line.key.is_empty() { &line.id } else { &line.key }
    }

    fn key(&self) -> &str {
        &self.lines[0].key
    }

    fn asset(&self) -> u16 {
        self.lines[0].asset
    }

    fn sum(&self, amount: usize) -> i128 {
        self.lines.iter().map(|line| line.amounts[amount].unwrap()).sum()
    }

    fn days(&self) -> Vec<i32> {
        self.lines.iter().filter_map(|line| line.on).collect()
    }

    fn from(&self) -> Option<i32> {
        self.days().into_iter().min()
    }

    fn place(&self) -> (String, bool, u16, usize) {
        (self.label().to_owned(), !self.key().is_empty(), self.asset(), self.first)
    }
}

fn heaps(lines: &[Line], many: bool) -> (Vec<Heap<'_>>, Vec<Repeat<'_>>) {
    let (mut heaps, mut repeats): (Vec<Heap<'_>>, Vec<(usize, usize)>) = (Vec::new(), Vec::new());
    for (at, line) in lines.iter().enumerate() {
        let same =
            heaps.iter().position(|heap| !line.key.is_empty() && heap.key() == line.key && heap.asset() == line.asset);
        match same {
            Some(found) if many => heaps[found].lines.push(line),
            Some(found) => repeats.push((at, found)),
            None => heaps.push(Heap { lines: vec![line], first: at }),
        }
    }
    let repeats = repeats.into_iter().map(|(at, of)| Repeat { line: &lines[at], of: heaps[of].clone() }).collect();
    heaps.sort_by_key(Heap::place);
    (heaps, repeats)
}

/// Whether all records of both lie within the window; where a day is not known, `unknown`.
fn in_window(rule: &Rule, left: &Heap<'_>, right: &Heap<'_>, unknown: bool) -> bool {
    let Some(window) = rule.window else { return true };
    let (left, right) = (left.days(), right.days());
    if left.is_empty() || right.is_empty() {
        return unknown;
    }
    match window {
        Window::Days(days) => left.iter().all(|one| right.iter().all(|other| one.abs_diff(*other) <= u32::from(days))),
        Window::Month => {
            let month = |day: &i32| (calendar::Date(*day).year(), calendar::Date(*day).month());
            left.iter().chain(&right).all(|day| month(day) == month(&left[0]))
        }
    }
}

fn agree(rule: &Rule, left: &Heap<'_>, right: &Heap<'_>, exact: bool) -> bool {
    let compared = rule.amounts.iter().enumerate();
    compared.into_iter().all(|(amount, compared)| {
        let apart = (left.sum(amount) - right.sum(amount)).abs();
        apart <= if exact { 0 } else { compared.tolerance }
    })
}

/// How far apart two days are; what has no day is farther than everything.
fn apart(one: Option<i32>, other: Option<i32>) -> (u64, Option<i32>) {
    let days = one.zip(other).map_or(u64::MAX, |(one, other)| u64::from(one.abs_diff(other)));
    (days, other)
}

/// What a naive clerk finds: matched pairs, and breaks as `class amount left right difference nearest`, unordered.
pub(crate) fn run(rule: &Rule, left: &[Line], right: &[Line]) -> (u64, Vec<String>) {
    let (left_heaps, left_repeats) = heaps(left, rule.left_many);
    let (right_heaps, right_repeats) = heaps(right, rule.right_many);
    let (mut left_free, mut right_free) = (left_heaps, right_heaps);
    let (mut pairs, mut told) = (Vec::new(), Vec::new());
    if rule.matching != Matching::Amount {
        // First each asset with its own, then whatever a key has left on both sides.
        for with_asset in [true, false] {
            left_free.retain(|one| {
                let found = right_free.iter().position(|other| {
                    !one.key().is_empty() && one.key() == other.key() && (!with_asset || one.asset() == other.asset())
                });
                pairs.extend(found.map(|found| (one.clone(), right_free.remove(found))));
                found.is_none()
            });
        }
    }
    if rule.matching != Matching::Key {
        by_amount(rule, &mut left_free, &mut right_free, &mut pairs);
    }
    let matched = pairs.iter().filter(|(one, other)| compare(rule, one, other, &mut told)).count();
    for one in &left_free {
        told.push(format!("missing_right a {} - {} {}", shown(one, 0), one.sum(0), nearest(one, &right_free)));
    }
    for other in &right_free {
        told.push(format!("missing_left a - {} {} {}", shown(other, 0), -other.sum(0), nearest(other, &left_free)));
    }
    for (repeats, is_left) in [(left_repeats, true), (right_repeats, false)] {
        for Repeat { line, of } in repeats {
            let own = line.amounts[0].unwrap();
            let own_shown = format!("{}={own}", line.id);
            let (one, other) = if is_left { (own_shown.as_str(), "-") } else { ("-", own_shown.as_str()) };
            told.push(format!("duplicate a {one} {other} {} {}", own - of.sum(0), shown(&of, 0)));
        }
    }
    (matched as u64, told)
}

fn by_amount<'a>(
    rule: &Rule,
    left: &mut Vec<Heap<'a>>,
    right: &mut Vec<Heap<'a>>,
    pairs: &mut Vec<(Heap<'a>, Heap<'a>)>,
) {
    left.sort_by_key(|heap| (heap.from().map(|from| (from, heap.days().into_iter().max())), heap.place()));
    for pass in 0..3 {
        left.retain(|one| {
            let fits = |other: &&Heap<'a>| {
                let same_day = one.from().is_some() && one.from() == other.from();
                one.asset() == other.asset()
                    && agree(rule, one, other, pass < 2)
                    && in_window(rule, one, other, false)
                    && (pass > 0 || same_day)
            };
            let by = |other: &&Heap<'a>| match pass {
                0 | 1 => (0, 0, (0, other.from()), other.place()),
                _ => (one.sum(0).abs_diff(other.sum(0)), other.sum(0), apart(one.from(), other.from()), other.place()),
            };
            let found = right.iter().filter(fits).min_by_key(by).map(Heap::place);
            let found = found.and_then(|place| right.iter().position(|other| other.place() == place));
            pairs.extend(found.map(|found| (one.clone(), right.remove(found))));
            found.is_none()
        });
    }
}

/// Whether a pair matches; tells its breaks where not.
fn compare(rule: &Rule, left: &Heap<'_>, right: &Heap<'_>, told: &mut Vec<String>) -> bool {
    let told_before = told.len();
    if left.asset() != right.asset() {
        told.push(format!("currency a {} {} ? -", shown(left, 0), shown(right, 0)));
        return false;
    }
    let is_complete = left.lines.iter().chain(&right.lines).all(|line| line.is_complete);
    for (amount, compared) in rule.amounts.iter().enumerate() {
        let difference = left.sum(amount) - right.sum(amount);
        if difference.abs() > compared.tolerance {
            let class = if is_complete { "amount" } else { "incomplete" };
            let name = &compared.name;
            told.push(format!("{class} {name} {} {} {difference} -", shown(left, amount), shown(right, amount)));
        }
    }
    if told.len() == told_before && !in_window(rule, left, right, true) {
        let difference = left.sum(0) - right.sum(0);
        told.push(format!("timing a {} {} {difference} -", shown(left, 0), shown(right, 0)));
    }
    told.len() == told_before
}

fn nearest(of: &Heap<'_>, among: &[Heap<'_>]) -> String {
    let candidates = among.iter().filter(|other| other.asset() == of.asset());
    let by = |other: &&Heap<'_>| {
        (of.sum(0).abs_diff(other.sum(0)), other.sum(0), apart(of.from(), other.from()), other.place())
    };
    candidates.min_by_key(by).map_or("-".to_owned(), |found| shown(found, 0))
}

fn shown(heap: &Heap<'_>, amount: usize) -> String {
    let count = if heap.lines.len() == 1 { String::new() } else { format!("×{}", heap.lines.len()) };
    format!("{}{count}={}", heap.lines[0].id, heap.sum(amount))
}
