//! `book.lock/`: what `explain` needs to decide everything again: the book's files and every batch as it was decided.
//!
//! `events.log` is the magic line, then frames: length of the body (u64), 64-bit checksum of the body, body. A body is
//! one batch in columns with book-wide words, as [`store::codec`] writes it. A damaged file is an error with its offset and
//! never a wrong explanation. The number in the magic line is that of the format, and only this one is read: a log of
//! another format is refused at its first byte, like a damaged one.

use event::Columns;

/// First bytes of `events.log`, format version 3.
pub(crate) const MAGIC: &[u8; 16] = b"jeongsan.events3";

/// The most bytes of one frame's body: a batch of 4,096 rows with ids of up to 1 MiB stays far below.
const BODY_BYTES_MAX: u64 = 1 << 33;

/// Appends a batch as a frame.
pub(crate) fn write_frame(out: &mut Vec<u8>, columns: &Columns) {
    let start = out.len();
    out.extend_from_slice(&[0; 16]);
    store::codec::write_columns(out, columns);
    let length = (out.len() - start - 16) as u64;
    let checksum = canon::fingerprint(length, &out[start + 16..]);
    out[start..start + 8].copy_from_slice(&length.to_le_bytes());
    out[start + 8..start + 16].copy_from_slice(&checksum.to_le_bytes());
}

/// Where a log stops making sense.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Damage {
    /// Byte of the file.
    pub(crate) offset: u64,
}

/// Reads the frames of a log one after the other.
pub(crate) struct Frames<R> {
    input: R,
    offset: u64,
    body: Vec<u8>,
}

/// Why the next frame is not to be had.
#[derive(Debug)]
pub(crate) enum FrameFault {
    World(std::io::Error),
    Damaged(Damage),
}

impl<R: std::io::Read> Frames<R> {
    /// Over a log, from its first byte.
    pub(crate) fn open(mut input: R) -> Result<Self, FrameFault> {
        let mut magic = [0; MAGIC.len()];
        read_whole(&mut input, &mut magic, 0)?;
        if magic != *MAGIC {
            return Err(FrameFault::Damaged(Damage { offset: 0 }));
        }
        Ok(Self { input, offset: MAGIC.len() as u64, body: Vec::new() })
    }

    /// The next batch; none at the end.
    pub(crate) fn next_batch(&mut self) -> Result<Option<Columns>, FrameFault> {
        let mut head = [0; 16];
        if self.input.read(&mut head[..1]).map_err(FrameFault::World)? == 0 {
            return Ok(None);
        }
        read_whole(&mut self.input, &mut head[1..], self.offset)?;
        let length = u64::from_le_bytes(head[..8].try_into().expect("eight bytes"));
        let checksum = u64::from_le_bytes(head[8..].try_into().expect("eight bytes"));
        let damage = FrameFault::Damaged(Damage { offset: self.offset });
        if length > BODY_BYTES_MAX {
            return Err(damage);
        }
        // Read at most what is there: a damaged length must not allocate gigabytes.
        self.body.clear();
        let limited = &mut std::io::Read::take(&mut self.input, length);
        std::io::Read::read_to_end(limited, &mut self.body).map_err(FrameFault::World)?;
        if self.body.len() as u64 != length || canon::fingerprint(length, &self.body) != checksum {
            return Err(damage);
        }
        self.offset += 16 + length;
        store::codec::read_columns(&self.body).map(Some).map_err(|_| damage)
    }
}

fn read_whole(input: &mut impl std::io::Read, bytes: &mut [u8], offset: u64) -> Result<(), FrameFault> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => FrameFault::Damaged(Damage { offset }),
        _ => FrameFault::World(error),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use calendar::{Date, Instant};
    use event::{AdapterId, Identity, KindId, NumberField, Schema, SourceId, Word};
    use money::AssetId;

    fn batch() -> Columns {
        let schema = Schema {
            words: vec!["game".into()],
            numbers: vec![NumberField { name: "amount".into(), scale: 2, money: true }],
            times: vec!["at".into()],
            dates: vec!["on".into()],
            inherited: Vec::new(),
        };
        let mut columns = Columns::new(AdapterId(3), &schema);
        columns.lane = engine::BOOK_LANE;
        columns.new_words = vec!["바카라".into()];
        for row in 0..3_u8 {
            columns.source.push(SourceId(1));
            columns.kind.push(KindId(2));
            columns.asset.push(AssetId(0));
            columns.id.push(&format!("거래-{row}"));
            columns.identity.push(Identity(u128::from(row) + 7));
            columns.fingerprint.push(u64::from(row));
            columns.original.push(Identity::NONE);
            columns.original_id.push("");
            columns.received_at.push(Instant(i64::from(row)));
            columns.line.push(u64::from(row) + 1);
            columns.words[0].push(Word(u32::from(row)));
            columns.numbers[0].push(-i64::from(row));
            columns.times[0].push(Instant::NONE);
            columns.dates[0].push(Date(i32::from(row)));
        }
        columns
    }

    fn log() -> Vec<u8> {
        let mut log = MAGIC.to_vec();
        write_frame(&mut log, &batch());
        write_frame(&mut log, &batch());
        log
    }

    #[test]
    fn a_batch_is_read_as_it_was_written() {
        let log = log();
        let mut frames = Frames::open(&log[..]).expect("the magic is there");
        for _ in 0..2 {
            let read = frames.next_batch().expect("the frame is whole").expect("there are two");
            assert_eq!(format!("{read:?}"), format!("{:?}", batch()));
        }
        assert!(frames.next_batch().expect("the log is whole").is_none());
    }

    #[test]
    fn every_flipped_bit_is_noticed() {
        let good = log();
        for bit in 0..good.len() * 8 {
            let mut bad = good.clone();
            bad[bit / 8] ^= 1 << (bit % 8);
            let noticed = Frames::open(&bad[..]).and_then(|mut frames| {
                frames.next_batch()?;
                frames.next_batch()?;
                frames.next_batch()
            });
            assert!(matches!(noticed, Err(FrameFault::Damaged(_))), "bit {bit}");
        }
    }

    #[test]
    fn a_log_that_ends_early_is_noticed() {
        let good = log();
        for length in MAGIC.len() + 1..good.len() - 1 {
            let mut frames = Frames::open(&good[..length]).expect("the magic is there");
            let mut last = frames.next_batch();
            while matches!(last, Ok(Some(_))) {
                last = frames.next_batch();
            }
            let whole = (good.len() - MAGIC.len()) / 2 + MAGIC.len() == length;
            assert_eq!(last.is_ok(), whole, "{length}");
        }
    }
}
