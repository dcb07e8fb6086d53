//! The history of an event for people, in the words and the order of `inspect` and `explain`.

use crate::node::inspect::event;
use crate::tongue::Tongue;
use serde_json::Value;
use std::fmt::Write;

pub(super) fn of(told: &Value, tongue: Tongue) -> String {
    let mut text = String::new();
    for event in list(&told["events"]) {
        one(event, &mut text, tongue);
    }
    text
}

fn list(value: &Value) -> &[Value] {
    value.as_array().map_or(&[], Vec::as_slice)
}

fn one(event: &Value, text: &mut String, tongue: Tongue) {
    let counted = list(&event["counted"]);
    for shown in counted {
        text.push_str(&times(shown, tongue));
        if let Some(replaced) = shown["takes_place_of"].as_str() {
            line(text, &format!("{} {replaced}", tongue.of("takes the place of", "대체 대상:")));
        }
    }
    let frames = event["times_counted"].as_u64().unwrap_or_default();
    let told = counted.iter().filter(|shown| shown["outcome"] == "accepted").count() as u64;
    rest(text, frames.saturating_sub(told), tongue.of("earlier reports", "이전 보고"), tongue);
    for shown in list(&event["waiting"]) {
        text.push_str(&event::text(shown, tongue));
    }
    if let Some(original) = event.get("original") {
        let known = if original.is_null() {
            tongue.of("not among what counts", "집계된 거래 중에 없음").to_owned()
        } else {
            short(original, tongue)
        };
        line(text, &format!("{} {known}", tongue.of("original", "원거래:")));
    }
    let named = (tongue.of("named by", "참조한 거래:"), &event["named_by"], &event["times_named"]);
    let beside = (tongue.of("beside it", "같은 원거래의 다른 거래:"), &event["beside"], &event["times_beside"]);
    for (word, links, all) in [named, beside] {
        for link in list(links) {
            line(text, &format!("{word} {}", short(link, tongue)));
        }
        rest(text, all.as_u64().unwrap_or_default().saturating_sub(list(links).len() as u64), word, tongue);
    }
    for shown in list(&event["waits_for_it"]) {
        line(text, &format!("{} {}", tongue.of("waits for it:", "이 거래를 기다림:"), short(shown, tongue)));
    }
    if event["has_more"] == true {
        line(text, tongue.of("there are more than were counted", "집계한 것보다 더 있습니다"));
    }
}

/// One time that it was counted.
fn times(shown: &Value, tongue: Tongue) -> String {
    if shown["by_content"] == true {
        let by = tongue.of(
            "accepted by its content, as a row of a file that amends its slot: frame",
            "승인: 슬롯을 보완하는 파일의 행으로 내용에 따라 집계, 프레임",
        );
        return format!("{by} {}\n", shown["frame"]);
    }
    event::text(shown, tongue)
}

/// An event in one line.
fn short(shown: &Value, tongue: Tongue) -> String {
    let word = |name: &str| shown[name].as_str().unwrap_or_default();
    let frame = match &shown["frame"] {
        Value::Null => String::new(),
        frame => format!(", {} {frame}", tongue.of("frame", "프레임")),
    };
    if shown["taken_back"] == true {
        return format!("{}{frame}", tongue.of("a file that took it back", "이를 취소한 파일"));
    }
    if shown["by_content"] == true {
        return format!("{}{frame}", tongue.of("a row of a file that amends its slot", "슬롯을 보완하는 파일의 행"));
    }
    let replaces = match shown["takes_place_of"].as_str() {
        Some(replaced) => format!(", {} {replaced}", tongue.of("takes the place of", "대체 대상:")),
        None => String::new(),
    };
    let (source, id, kind, asset) = (word("source"), word("id"), word("kind"), word("asset"));
    format!("{source}:{id} {kind} {asset} ({}:{}){frame}{replaces}", word("file"), shown["line"])
}

fn rest(text: &mut String, more: u64, what: &str, tongue: Tongue) {
    if more > 0 {
        let what = what.trim_end_matches(':');
        line(
            text,
            &match tongue {
                Tongue::English => format!("and {more} more: {what}"),
                Tongue::Korean => format!("외 {more}건: {what}"),
            },
        );
    }
}

fn line(text: &mut String, line: &str) {
    writeln!(text, "  {line}").expect("a string takes every text");
}
