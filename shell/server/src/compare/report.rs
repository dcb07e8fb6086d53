//! What `compare` found, for people and for programs.

use crate::compare::causes::Cause;
use crate::compare::{Compared, Difference, TermDifference};
use crate::diff::{change_json, change_text};
use crate::tongue::Tongue;
use engine::Counts;
use money::Decimal;
use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::fmt::Write;

/// The most changes of the books that stand with one cause for people; programs get all.
const CHANGES_TOLD_MAX: usize = 4;

/// For programs: fields as in docs/reference/program.md.
pub(crate) fn json(compared: &Compared) -> String {
    let millis = compared.elapsed.as_millis();
    let rate = (compared.counts[0].events().unsigned_abs() as u128 * 1000).checked_div(millis).unwrap_or(0);
    let answer = json!({
        "format": "jeongsan.compare", "version": 1, "book": compared.books[0], "other": compared.books[1],
        "as_of": compared.as_of, "way": compared.way.name(),
        "counts": compared.counts.map(|counts| counts_json(&counts)),
        "seconds": compared.elapsed.as_secs_f64(), "events_per_second": u64::try_from(rate).unwrap_or(u64::MAX),
        "book_changes": compared.changes.iter().map(change_json).collect::<Vec<_>>(),
        "parties": parties(compared).into_iter().map(|((party, asset), (digits, [before, after]))| {
            let shown = |units: i128| Decimal { mantissa: units, scale: digits }.to_string();
            json!({ "party": party, "asset": asset, "before": shown(before), "after": shown(after), "difference": shown(after - before) })
        }).collect::<Vec<_>>(),
        "differences": compared.differences.iter().map(|own| difference_json(compared, own)).collect::<Vec<_>>(),
    });
    format!("{answer:#}\n")
}

fn counts_json(counts: &Counts) -> Value {
    let Counts { accepted, duplicates, conflicts, held, rejected, .. } = *counts;
    json!({ "events": counts.events(), "accepted": accepted, "duplicates": duplicates, "conflicts": conflicts, "held": held, "rejected": rejected })
}

/// What the periods that differ come to together, by party and asset.
fn parties(compared: &Compared) -> BTreeMap<(&str, &str), (u8, [i128; 2])> {
    let mut parties = BTreeMap::new();
    for own in &compared.differences {
        let sums = parties.entry((own.party.as_str(), own.asset.as_str())).or_insert((own.digits, [0, 0]));
        sums.1 = [sums.1[0] + own.before, sums.1[1] + own.after];
    }
    parties
}

fn difference_json(compared: &Compared, own: &Difference) -> Value {
    let shown = |units: i128| Decimal { mantissa: units, scale: own.digits }.to_string();
    let cause = |cause: &Cause| {
        let changes = cause.changes.iter().map(|&position| change_json(&compared.changes[position]));
        json!({ "cause": cause.name, "changes": changes.collect::<Vec<_>>(), "terms": cause.terms })
    };
    let term = |term: &TermDifference| {
        json!({
            "term": term.term.term, "part": term.term.part, "vat_rate": term.term.vat_rate,
            "before": shown(term.before), "after": shown(term.after), "difference": shown(term.after - term.before),
            "causes": term.causes.iter().map(cause).collect::<Vec<_>>(),
        })
    };
    json!({
        "contract": own.contract, "party": own.party, "period": own.period, "asset": own.asset,
        "before": shown(own.before), "after": shown(own.after), "difference": shown(own.after - own.before),
        "terms": own.terms.iter().map(term).collect::<Vec<_>>(),
    })
}

/// For people.
pub(crate) fn text(compared: &Compared, tongue: Tongue) -> String {
    let mut text = String::new();
    let [left, right] = &compared.counts;
    let events = left.events();
    push(&mut text, format_args!("{} → {}  ", compared.books[0], compared.books[1]));
    match tongue {
        Tongue::English => {
            push(&mut text, format_args!("{events} events, {} accepted, then {}\n", left.accepted, right.accepted))
        }
        Tongue::Korean => {
            push(&mut text, format_args!("거래 {events}건, 승인 {} → {}\n", left.accepted, right.accepted));
        }
    }
    if compared.differences.is_empty() {
        text.push_str(tongue.of("nothing differs\n", "차이가 없습니다\n"));
    }
    for own in &compared.differences {
        push_difference(&mut text, compared, own, tongue);
    }
    let parties = parties(compared);
    if !parties.is_empty() {
        push(&mut text, format_args!("\n{}\n", tongue.of("By party", "거래처별")));
    }
    for ((party, asset), (digits, [before, after])) in parties {
        push(&mut text, format_args!("  {party} {asset}  {}\n", moved(before, after, digits)));
    }
    text
}

fn push(text: &mut String, what: std::fmt::Arguments<'_>) {
    text.write_fmt(what).expect("a string takes every text");
}

fn moved(before: i128, after: i128, digits: u8) -> String {
    let shown = |units: i128| Decimal { mantissa: units, scale: digits }.to_string();
    let sign = if after > before { "+" } else { "" };
    format!("{} → {}  {sign}{}", shown(before), shown(after), shown(after - before))
}

fn push_difference(text: &mut String, compared: &Compared, own: &Difference, tongue: Tongue) {
    let Difference { contract, party, period, asset, digits, before, after, .. } = own;
    push(text, format_args!("\n{contract}/{party}/{period}/{asset}  {}\n", moved(*before, *after, *digits)));
    for term in &own.terms {
        push(text, format_args!("  {}  {}\n", term.term.label(), moved(term.before, term.after, *digits)));
        for cause in &term.causes {
            push_cause(text, compared, cause, tongue);
        }
    }
}

fn push_cause(text: &mut String, compared: &Compared, cause: &Cause, tongue: Tongue) {
    push(text, format_args!("    {}", told(cause.name, tongue)));
    if !cause.terms.is_empty() {
        push(text, format_args!(" {}", cause.terms.join(", ")));
    }
    text.push('\n');
    for &position in cause.changes.iter().take(CHANGES_TOLD_MAX) {
        push(text, format_args!("      {}\n", change_text(&compared.changes[position])));
    }
    match (cause.changes.len().saturating_sub(CHANGES_TOLD_MAX), tongue) {
        (0, _) => {}
        (more, Tongue::English) => push(text, format_args!("      and {more} more\n")),
        (more, Tongue::Korean) => push(text, format_args!("      외 {more}건\n")),
    }
}

/// A cause for people.
fn told(name: &'static str, tongue: Tongue) -> &'static str {
    let (english, korean) = match name {
        "term_changed" => ("the term says something else", "조항 변경"),
        "term_added" => ("the term is new", "조항 추가"),
        "term_removed" => ("the term is gone", "조항 삭제"),
        "version_added" => ("a version is new", "버전 추가"),
        "version_removed" => ("a version is gone", "버전 삭제"),
        "contract_added" => ("the contract is new", "계약 추가"),
        "contract_removed" => ("the contract is gone", "계약 삭제"),
        "contract" => ("the contract says something else", "계약 변경"),
        "measure" => ("a measure is defined otherwise", "측정값 변경"),
        "source" => ("a source says something else", "수집원 변경"),
        "rate" => ("rates of exchange differ", "환율 변경"),
        "party" => ("a party says something else", "거래처 변경"),
        "book" => ("the book says something else", "장부 변경"),
        _ => ("follows", "다른 조항에 따름:"),
    };
    tongue.of(english, korean)
}
