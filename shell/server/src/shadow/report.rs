//! What `shadow` found, for people and for programs.

use crate::shadow::reasons::{Events, Reason};
use crate::shadow::{Difference, Shadowed};
use crate::tongue::Tongue;
use money::Decimal;
use serde_json::{Value, json};
use std::fmt::Write;

/// For programs: fields as in docs/reference/program.md.
pub(crate) fn json(shadowed: &Shadowed) -> String {
    let unexplained = shadowed.unexplained();
    let answer = json!({
        "format": "jeongsan.shadow", "version": 1, "book": shadowed.book, "against": shadowed.against,
        "as_of": shadowed.as_of, "figures": shadowed.figures, "agreeing": shadowed.agreeing,
        "explained": shadowed.differences.len() - unexplained, "unexplained": unexplained,
        "differences": shadowed.differences.iter().map(difference_json).collect::<Vec<_>>(),
    });
    format!("{answer:#}\n")
}

fn difference_json(own: &Difference) -> Value {
    let shown = |amount: &Option<Decimal>| amount.map(|amount| amount.to_string());
    let (events, term) = (own.reason.as_ref().and_then(events_of), &own.term);
    json!({
        "contract": own.place.contract, "party": own.place.party, "period": own.period, "asset": own.place.asset,
        "term": (!term.is_empty()).then_some(term), "line": own.line,
        "theirs": shown(&own.theirs), "ours": shown(&own.ours), "difference": own.difference.to_string(),
        "reason": own.reason.as_ref().map(name),
        "events": events.map(|events| json!({ "by": events.by, "which": events.which, "candidates": events.candidates })),
    })
}

/// The word for programs.
const fn name(reason: &Reason) -> &'static str {
    match reason {
        Reason::Rounding => "rounding",
        Reason::Sign => "sign",
        Reason::Restated => "restated",
        Reason::Terms => "terms",
        Reason::Missing(_) => "events_missing",
        Reason::Extra(_) => "events_extra",
    }
}

const fn events_of(reason: &Reason) -> Option<&Events> {
    match reason {
        Reason::Missing(events) | Reason::Extra(events) => Some(events),
        _ => None,
    }
}

/// For people: the unexplained first.
pub(crate) fn text(shadowed: &Shadowed, tongue: Tongue) -> String {
    let (figures, agreeing, unexplained) = (shadowed.figures, shadowed.agreeing, shadowed.unexplained());
    let explained = shadowed.differences.len() - unexplained;
    let mut text = match tongue {
        Tongue::English => {
            format!(
                "{figures} figures: {agreeing} agree, {explained} differ and are explained, {unexplained} are unexplained\n"
            )
        }
        Tongue::Korean => {
            format!("금액 {figures}건: 일치 {agreeing}, 설명된 차이 {explained}, 설명되지 않은 차이 {unexplained}\n")
        }
    };
    let mut sorted: Vec<&Difference> = shadowed.differences.iter().collect();
    sorted.sort_by_key(|own| own.reason.is_some());
    for own in sorted {
        push_difference(&mut text, own, tongue);
    }
    text
}

fn push_difference(text: &mut String, own: &Difference, tongue: Tongue) {
    let place = &own.place;
    let term = if own.term.is_empty() { String::new() } else { format!(" {}", own.term) };
    let shown = |amount: &Option<Decimal>| {
        amount.map_or_else(|| tongue.of("nothing", "없음").to_owned(), |amount| amount.to_string())
    };
    let (theirs, ours) = (shown(&own.theirs), shown(&own.ours));
    let sides = match tongue {
        Tongue::English => format!("theirs {theirs}, ours {ours}"),
        Tongue::Korean => format!("상대 {theirs}, 당사 {ours}"),
    };
    let sign = if own.difference.mantissa > 0 { "+" } else { "" };
    let reason = own
        .reason
        .as_ref()
        .map_or_else(|| tongue.of("UNEXPLAINED", "설명되지 않음").to_owned(), |reason| told(reason, tongue));
    let (contract, party, asset, period) = (&place.contract, &place.party, &place.asset, &own.period);
    writeln!(text, "{contract}/{party}/{period}/{asset}{term}: {sides}, {sign}{}: {reason}", own.difference)
        .expect("a string takes every text");
}

/// A reason for people.
fn told(reason: &Reason, tongue: Tongue) -> String {
    let said = match reason {
        Reason::Rounding => tongue.of("rounding", "반올림 차이"),
        Reason::Sign => tongue.of("the other sign", "부호 반대"),
        Reason::Restated => tongue.of("restatements counted elsewhere", "수정분 반영 시점의 차이"),
        Reason::Terms => tongue.of("its terms differ by as much together", "조항별 차이의 합계"),
        Reason::Missing(_) => tongue.of("they do not count", "상대에 없는 거래:"),
        Reason::Extra(_) => tongue.of("they count what does not count here:", "당사에서 반영하지 않은 거래:"),
    };
    let Some(events) = events_of(reason) else { return said.to_owned() };
    let which = events.which.join(", ");
    let group = match events.by {
        "event" if events.candidates > 1 => {
            let (one_of, of) = (tongue.of("one of", "다음 중 하나"), events.candidates);
            return format!("{said} {one_of} {which} ({of})");
        }
        "event" => tongue.of("the event", "거래"),
        "file" => tongue.of("the file", "파일"),
        "kind" => tongue.of("events of the kind", "종류"),
        "source" => tongue.of("events of the source", "수집원"),
        "dimension" => tongue.of("events with", "조건"),
        "day" => tongue.of("events of the day", "날짜"),
        "late" => tongue.of("late events", "마감 후 수신된 거래"),
        _ => tongue.of("events refused as", "사유"),
    };
    format!("{said} {group} {which}").trim_end().to_owned()
}
