//! Tables whose fields stand between blanks. The first byte chooses: bit 1 columns named by the adapter.

#![no_main]

use fuzz::partner_files::{adapter, header, read_both};
use intake::adapter::{Encoding, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, file)) = bytes.split_first() else { return };
    let adapter = adapter(Format::Whitespace { header: header(choice & 2 != 0) }, Encoding::Utf8);
    let seen = read_both(file, &adapter);
    let plain = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
    let lines = plain.split(|&byte| byte == b'\n').filter(|line| !line.trim_ascii().is_empty()).count();
    assert!(seen.rows.len() <= lines, "a record is a line");
});
