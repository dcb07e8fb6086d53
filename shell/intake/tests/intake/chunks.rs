//! Cutting into chunks: nothing is lost, and nothing depends on where the cuts fall.

use crate::book::{Batches, Fields, adapter, csv, document, read, read_file, shown};
use calendar::Instant;
use event::{Code, Columns};
use intake::Limits;
use intake::adapter::{Adapter, Encoding, Format, Header};
use proptest::prelude::*;
use std::io::{self, Read};

fn formats() -> Vec<Adapter> {
    let whitespace = Format::Whitespace { header: Header::FirstLine };
    let tabs = Header::Named { columns: vec!["id".into(), "v".into()], skip_lines: 1 };
    let mut adapters: Vec<Adapter> = [
        csv(),
        Format::Delimited { delimiter: b'\t', header: tabs },
        whitespace,
        Format::JsonLines,
        document(None),
        document(Some("a.b")),
    ]
    .map(|format| adapter(format).word("v"))
    .to_vec();
    let mut korean = adapters[0].clone();
    korean.encoding = Encoding::Cp949;
    let mut outside = adapters[3].clone();
    outside.outside = true;
    adapters.extend([korean, outside]);
    adapters
}

fn counted(batches: &[Columns]) -> u64 {
    batches.iter().map(|batch| (batch.len() + batch.refused.len()) as u64 + batch.outside_records).sum()
}

fn with(adapter: &Adapter, bytes: &[u8], limits: Limits) -> Batches {
    read_file(adapter, bytes, "f", Instant::NONE, limits)
}

/// Pieces that make sense in one format or another, so that random texts are now and then nearly right.
fn pieces() -> impl Strategy<Value = Vec<u8>> {
    const PIECES: &[&str] = &[
        "id,v\n",
        "id v\n",
        "1,2\n",
        "1\t2\n",
        "\"a\"\"b\",",
        "\"",
        "\n",
        "\r\n",
        ",",
        "\t",
        " ",
        "[",
        "]",
        "{",
        "}",
        ":",
        "{\"id\":1,\"v\":\"x\"}",
        "{\"id\":\"a\\n\",\"v\":\"\\u00e9\"}",
        "{\"a\":{\"b\":[",
        "]}}",
        "\\",
        "1",
        "true",
        "null",
        "\u{feff}",
        "\u{d55c}",
    ];
    let piece = prop_oneof![
        8 => proptest::sample::select(PIECES).prop_map(|piece| piece.as_bytes().to_vec()),
        1 => proptest::collection::vec(any::<u8>(), 0..4),
    ];
    proptest::collection::vec(piece, 0..60).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn every_record_is_counted_once(bytes in pieces()) {
        for adapter in formats() {
            let all = read(&adapter, bytes.as_slice());
            prop_assert_eq!(counted(&all.batches), all.records);
        }
    }

    #[test]
    fn cuts_change_nothing(bytes in pieces(), block in 1_usize..40, chunk in 1_usize..60, rows in 1_usize..4) {
        for adapter in formats() {
            let usual = Limits { record_bytes_max: 50, ..Limits::USUAL };
            let small = Limits { chunk_rows_max: rows, chunk_bytes: chunk, block_bytes_max: block, ..usual };
            let texts = [usual, small].map(|limits| {
                let mut all = with(&adapter, &bytes, limits).batches;
                let outside = all.iter().map(|batch| batch.outside_records).sum::<u64>();
                all.iter_mut().for_each(|batch| batch.outside_records = 0);
                (shown(&adapter, &all), outside)
            });
            prop_assert_eq!(&texts[0], &texts[1]);
        }
    }
}

#[test]
fn batches_are_full_but_for_the_last() {
    let rows: String = (0..10_000).map(|number| format!("{number},x\n")).collect();
    let all = read(&formats()[0], format!("id,v\n{rows}").as_bytes());
    let lengths: Vec<usize> = all.batches.iter().map(Columns::len).collect();
    assert_eq!(lengths, [4_096, 4_096, 1_808]);
    assert_eq!(all.batches[2].line[1_807], 10_001);
}

/// Bytes made as they are asked for.
struct Made<F: FnMut(u64) -> u8> {
    made: u64,
    length: u64,
    byte_at: F,
}

impl<F: FnMut(u64) -> u8> Read for Made<F> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = (self.length - self.made).min(buffer.len() as u64);
        for place in buffer.iter_mut().take(count as usize) {
            *place = (self.byte_at)(self.made);
            self.made += 1;
        }
        Ok(count as usize)
    }
}

#[test]
fn a_long_line_needs_no_memory() {
    const TAIL: &[u8] = b"\n{\"id\":2,\"v\":\"x\"}\n";
    const LONG: u64 = 64 << 20;
    for open in ["", "{\"id\":1,\"v\":\""] {
        let byte_at = |at: u64| match at.checked_sub(LONG) {
            Some(behind) => TAIL[behind as usize],
            None => *open.as_bytes().get(at as usize).unwrap_or(&b'y'),
        };
        let all = read(&formats()[3], Made { made: 0, length: LONG + TAIL.len() as u64, byte_at });
        assert!(all.chunk_bytes_max <= 4 << 20, "{} bytes", all.chunk_bytes_max);
        assert_eq!((all.batches[0].len(), all.records), (1, 2));
        let refusal = &all.batches[0].refused[0];
        assert_eq!((refusal.code, refusal.line, refusal.value.chars().count()), (Code::LineTooLong, 1, 200));
        assert_eq!(all.batches[0].line, [2]);
    }
}

#[test]
fn long_elements_and_quoted_fields_need_no_memory() {
    const LONG: u64 = 8 << 20;
    let cases: [(usize, &[u8], &[u8]); 3] = [
        (0, b"id,v\n1,\"", b"\"\n2,x\n"),
        (4, b"[{\"id\":1,\"v\":\"", b"\"},{\"id\":2,\"v\":\"x\"}]"),
        (5, b"{\"a\":{\"x\":\"", b"\",\"b\":[{\"id\":2,\"v\":\"x\"}]}}"),
    ];
    for (format, head, tail) in cases {
        let byte_at = |at: u64| match at.checked_sub(LONG) {
            Some(behind) => tail[behind as usize],
            None => *head.get(at as usize).unwrap_or(if at.is_multiple_of(7) { &b'\n' } else { &b',' }),
        };
        let all = read(&formats()[format], Made { made: 0, length: LONG + tail.len() as u64, byte_at });
        assert!(all.chunk_bytes_max <= 4 << 20, "{} bytes", all.chunk_bytes_max);
        let events: usize = all.batches.iter().map(Columns::len).sum();
        let codes: Vec<Code> =
            all.batches.iter().flat_map(|batch| &batch.refused).map(|refusal| refusal.code).collect();
        assert_eq!(events, 1, "{}", String::from_utf8_lossy(head));
        assert_eq!(codes, if format == 5 { vec![] } else { vec![Code::LineTooLong] });
    }
}

/// Fails after some bytes.
struct Failing(&'static [u8]);

impl Read for Failing {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        if self.0.is_empty() {
            return Err(io::Error::other("the disk is gone"));
        }
        self.0.read(buffer)
    }
}

#[test]
fn a_failure_of_the_world_is_no_fault_of_the_file() {
    const GZIP_HEAD: &[u8] = &[0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3];
    for bytes in [b"id,v\n1,2\n".as_slice(), GZIP_HEAD] {
        let mut splitter = intake::Splitter::new(Failing(bytes), &formats()[0]);
        let failure = splitter.next_chunk(&mut intake::Chunk::default()).expect_err("the source fails");
        let intake::ReadFault::World(error) = failure;
        assert_eq!(error.to_string(), "the disk is gone");
    }
}
