//! Patterns over names of files. The input is a pattern and, behind a line end, a name.

#![no_main]

use fuzz::partner_files::adapter;
use intake::adapter::{Encoding, Format, Received};
use intake::files::{fits, received_at, slot, slot_end};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((pattern, name)) = std::str::from_utf8(bytes).ok().and_then(|text| text.split_once('\n')) else { return };
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
    assert_eq!(
        fits(pattern, name),
        fits_naively(pattern, name) || plain.is_some_and(|plain| fits_naively(pattern, plain))
    );
    let found = slot(pattern, name);
    let end = slot_end(pattern, name);
    assert!(found.is_some() || end.is_none(), "what has an end was found");
    if !pattern.contains(['{', '}']) {
        let expected = fits_naively(&format!("*{pattern}*"), name).then(|| pattern.into());
        assert_eq!(found, expected, "without braces the slot is the pattern");
    }
    let mut adapter = adapter(Format::JsonLines, Encoding::Utf8);
    adapter.received = Received::FileName { pattern: pattern.into() };
    assert_eq!(received_at(&adapter, name).present(), end.map(|end| adapter.zone.start_of_day(end)));
});

/// Position by position: `fit[n]` says whether the pattern so far fits the first n characters.
fn fits_naively(pattern: &str, name: &str) -> bool {
    let name: Vec<char> = name.chars().collect();
    let mut fit = vec![false; name.len() + 1];
    fit[0] = true;
    for token in pattern.chars() {
        let mut next = vec![false; fit.len()];
        for at in 0..fit.len() {
            next[at] = match token {
                '*' => fit[..=at].contains(&true),
                '?' => at > 0 && fit[at - 1],
                other => at > 0 && fit[at - 1] && name[at - 1] == other,
            };
        }
        fit = next;
    }
    fit[name.len()]
}
