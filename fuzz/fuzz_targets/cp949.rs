//! Files in CP949. The first byte chooses: bit 0 JSON Lines, else a table; bit 1 columns named by the adapter.

#![no_main]

use fuzz::partner_files::{adapter, header, read_both};
use intake::adapter::{Encoding, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, file)) = bytes.split_first() else { return };
    let table = || Format::Delimited { delimiter: b',', header: header(choice & 2 != 0) };
    let format = if choice & 1 == 0 { table() } else { Format::JsonLines };
    let seen = read_both(file, &adapter(format.clone(), Encoding::Cp949));
    if file.is_ascii() {
        assert_eq!(read_both(file, &adapter(format, Encoding::Utf8)), seen, "ASCII is the same in both");
    }
});
