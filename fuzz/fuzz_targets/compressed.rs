//! gzip and zstd: a whole file reads like its plain text; a damaged or cut one ends in one refusal, and what stood before
//! the damage counts.
//!
//! The first byte chooses: bit 0 zstd, bit 1 the rest is compressed already. Else two bytes are the place that is
//! damaged, one byte how (0: not at all, 255: the file ends there), and the rest is the text.

#![no_main]

use event::Code;
use flate2::Compression;
use flate2::write::GzEncoder;
use fuzz::partner_files::{Seen, SeenRow, adapter, narrow, read, read_both, wide};
use intake::adapter::{Adapter, Encoding, Format};
use libfuzzer_sys::fuzz_target;
use std::io::Write;

fuzz_target!(|bytes: &[u8]| {
    let adapter = adapter(Format::JsonLines, Encoding::Utf8);
    let [choice, rest @ ..] = bytes else { return };
    let is_zstd = choice & 1 != 0;
    if choice & 2 != 0 {
        let magic: &[u8] = if is_zstd { &[0x28, 0xb5, 0x2f, 0xfd] } else { &[0x1f, 0x8b] };
        return drop(read(&[magic, rest].concat(), &adapter, wide()));
    }
    let [low, high, damage, text @ ..] = rest else { return };
    // What begins like a compressed file would be taken for one, and is not plain text.
    let plain = read_both(&[b"\n", text].concat(), &adapter);
    let mut file = if is_zstd { zstd_of(text) } else { gzip_of(text) };
    let place = usize::from(u16::from_le_bytes([*low, *high])) % file.len();
    match damage {
        0 => {}
        255 => file.truncate(place),
        other => file[place] ^= other,
    }
    check(&file, *damage, place, &plain, &adapter);
});

fn check(file: &[u8], damage: u8, place: usize, plain: &Seen, adapter: &Adapter) {
    let seen = read(file, adapter, wide());
    match damage {
        0 => assert_eq!(read(file, adapter, narrow()), seen, "limits change nothing"),
        // Fewer bytes than tell what the file is: it is read as text.
        255 if place < 4 => {}
        255 => {
            let (last, before) = seen.rows.split_last().expect("a file that ends early says so");
            assert!(matches!(last, SeenRow::Refused(refusal) if refusal.code == Code::FileTruncated), "{last:?}");
            assert!(before.len() <= plain.rows.len());
        }
        _ => {}
    }
    if damage == 0 {
        assert_eq!(lines(&seen.rows), lines(&plain.rows));
    }
}

/// The rows without their lines, since the plain text was moved down by one.
fn lines(rows: &[SeenRow]) -> Vec<String> {
    let without_line = |row: &SeenRow| match row {
        SeenRow::Event { id, numbers, .. } => format!("{id} {numbers:?}"),
        SeenRow::Refused(refusal) => format!("{:?} {}", refusal.code, refusal.value),
    };
    rows.iter().map(without_line).collect()
}

fn gzip_of(text: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(text).expect("a vector takes all bytes");
    encoder.finish().expect("a vector takes all bytes")
}

fn zstd_of(text: &[u8]) -> Vec<u8> {
    zstd::encode_all(text, 1).expect("a vector takes all bytes")
}
