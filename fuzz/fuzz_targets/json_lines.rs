//! JSON Lines: what another parser takes for an object is one here, and nothing else is.

#![no_main]

use event::Code;
use fuzz::partner_files::{RECORD_BYTES_MAX, SeenRow, adapter, read_both};
use intake::adapter::{Encoding, Format};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let seen = read_both(bytes, &adapter(Format::JsonLines, Encoding::Utf8));
    let plain = bytes.strip_prefix(b"\xef\xbb\xbf").unwrap_or(bytes);
    let lines: Vec<&[u8]> = plain.split(|&byte| byte == b'\n').collect();
    let records = lines.iter().filter(|line| !line.trim_ascii().is_empty()).count();
    assert_eq!(seen.rows.len(), records, "a record is a line");
    for row in &seen.rows {
        let (line, refusal) = match row {
            SeenRow::Event { line, .. } => (*line, None),
            SeenRow::Refused(refusal) => (refusal.line, Some(refusal)),
        };
        let text = lines[usize::try_from(line).expect("a line of the file") - 1];
        let text = text.strip_suffix(b"\r").unwrap_or(text);
        match refusal.map(|refusal| refusal.code) {
            Some(Code::LineTooLong) => assert!(text.len() > RECORD_BYTES_MAX),
            Some(Code::EncodingInvalid) => assert!(std::str::from_utf8(text).is_err()),
            Some(Code::RowMalformed) => assert!(!is_object(text) || is_bounded(text), "{:?}", refusal),
            _ => assert!(is_object(text), "not an object: {row:?}"),
        }
    }
});

fn is_object(text: &[u8]) -> bool {
    let is_json = serde_json::from_slice::<IgnoredAny>(text).is_ok();
    is_json && text.trim_ascii_start().starts_with(b"{")
}

/// Whether a bound of ours may refuse it: it nests deeply, or has a member twice.
fn is_bounded(text: &[u8]) -> bool {
    let deep = text.iter().filter(|byte| b"{[".contains(byte)).count() > 127;
    deep || has_twice(text)
}

/// Whether a member may stand twice: the text of its members is longer than that of those that are kept.
fn has_twice(text: &[u8]) -> bool {
    let Ok(value) = serde_json::from_slice::<Value>(text) else { return true };
    colons(&value) < text.iter().filter(|&&byte| byte == b':').count()
}

/// The members of all objects of a value.
fn colons(value: &Value) -> usize {
    match value {
        Value::Object(members) => members.len() + members.values().map(colons).sum::<usize>(),
        Value::Array(elements) => elements.iter().map(colons).sum(),
        _ => 0,
    }
}
