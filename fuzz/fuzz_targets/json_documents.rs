//! JSON documents. The first byte chooses: bit 0 the rows are the document, else they stand at a path.

#![no_main]

use event::Code;
use fuzz::partner_files::{Seen, SeenRow, adapter, read_both};
use intake::adapter::{Encoding, Format};
use libfuzzer_sys::fuzz_target;
use serde_json::Value;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, file)) = bytes.split_first() else { return };
    let rows = (choice & 1 != 0).then(|| "page.items".into());
    let is_whole = rows.is_none();
    let seen = read_both(file, &adapter(Format::Json { rows }, Encoding::Utf8));
    let plain = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    if plain.iter().all(|byte| b" \t\r\n".contains(byte)) {
        return assert!(seen.rows.is_empty());
    }
    let value = serde_json::from_slice::<Value>(plain).ok();
    if is_whole {
        check_whole(value.as_ref(), plain, &seen);
    } else if let Some(value) = &value {
        check_rows(value, plain, &seen);
    }
});

/// A document that is rows: what another parser cannot read is refused somewhere, what it can read has so many rows.
fn check_whole(value: Option<&Value>, text: &[u8], seen: &Seen) {
    match value {
        Some(Value::Array(elements)) => assert_eq!(seen.rows.len(), elements.len()),
        Some(Value::Object(_)) => assert_eq!(seen.rows.len(), 1),
        Some(_) => assert!(is_refused(seen)),
        // The other parser also refuses half of a surrogate pair, which matters here only where a field asks for it.
        None => assert!(is_refused(seen) || serde_json::from_slice::<serde::de::IgnoredAny>(text).is_ok()),
    }
}

/// A document with its rows at a path.
fn check_rows(value: &Value, text: &[u8], seen: &Seen) {
    let is_plain = text.windows(6).filter(|six| six == b"\"page\"").count() == 1
        && text.windows(7).filter(|seven| seven == b"\"items\"").count() == 1
        && !text.contains(&b'\\');
    if let Some(Value::Array(elements)) = value.pointer("/page/items")
        && is_plain
    {
        assert_eq!(seen.rows.len(), elements.len());
    } else if is_plain || value.pointer("/page/items").is_none() {
        assert!(seen.rows.iter().all(|row| matches!(row, SeenRow::Refused(_))), "no rows there");
    }
}

fn is_refused(seen: &Seen) -> bool {
    let is_fault =
        |code| matches!(code, Code::RowMalformed | Code::FileTruncated | Code::EncodingInvalid | Code::LineTooLong);
    seen.rows.iter().any(|row| matches!(row, SeenRow::Refused(refusal) if is_fault(refusal.code)))
}
