//! Tables with delimiters and quotes. The first byte chooses: bit 0 TAB, bit 1 columns named by the adapter, bit 2
//! outside records.

#![no_main]

use fuzz::partner_files::{RECORD_BYTES_MAX, adapter, header, read_both};
use intake::adapter::{Encoding, Format};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let Some((&choice, file)) = bytes.split_first() else { return };
    let delimiter = if choice & 1 == 0 { b',' } else { b'\t' };
    let mut adapter = adapter(Format::Delimited { delimiter, header: header(choice & 2 != 0) }, Encoding::Utf8);
    adapter.outside = choice & 4 != 0;
    let seen = read_both(file, &adapter);
    if !file.contains(&b'"') && choice & 2 == 0 {
        // Without quotes a record is a line that is not empty.
        let plain = file.strip_prefix(b"\xef\xbb\xbf").unwrap_or(file);
        let lines = plain.split(|&byte| byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line));
        // The first one is the header, unless it is too long to be anything.
        let records = lines.filter(|line| !line.is_empty()).enumerate();
        let records = records.filter(|(number, line)| *number > 0 || line.len() > RECORD_BYTES_MAX).count();
        assert_eq!(seen.rows.len() + seen.outside_records as usize, records);
    }
});
