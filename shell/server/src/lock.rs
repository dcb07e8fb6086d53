//! `book.lock/`: what `explain` needs to decide everything again: the book's files and every batch as it was decided.
//!
//! `events.log` is the magic line, then frames: length of the body (u64), 64-bit checksum of the body, body. A body is
//! one batch in columns with book-wide words, little-endian, each column behind the other; the counts stand first.
//!
//! A column of integers is packed: the number of bytes that its values take (0, 1, 2, 4 or 8), its least value, and each
//! value as what it lies above that, in so many bytes. Columns of one value, and events without originals, so take nothing
//! but their heads. Identities and fingerprints are hashes and stand as they are; identities of originals only where
//! there is one. All lengths are checked against the body before anything is allocated, so a damaged file is an error with
//! its offset and never a wrong explanation. The number in the magic line is that of the format, and only this one is read: a
//! log of another format is refused at its first byte, like a damaged one.

use calendar::{Date, Instant};
use event::{AdapterId, BATCH_ROWS_MAX, Columns, FileId, Identity, KindId, SourceId, Texts, Word};
use money::AssetId;

/// First bytes of `events.log`, format version 2.
pub(crate) const MAGIC: &[u8; 16] = b"jeongsan.events2";

/// The most bytes of one frame's body: a batch of 4,096 rows with ids of up to 1 MiB stays far below.
const BODY_BYTES_MAX: u64 = 1 << 33;

/// Appends a batch as a frame.
pub(crate) fn write_frame(out: &mut Vec<u8>, columns: &Columns) {
    let start = out.len();
    out.extend_from_slice(&[0; 16]);
    put(out, &[columns.adapter.0], |number| number.to_le_bytes());
    put(out, &[columns.file.0], |number| number.to_le_bytes());
    let slots = [columns.words.len(), columns.numbers.len(), columns.times.len(), columns.dates.len()];
    for count in [columns.len(), columns.new_words.len()].into_iter().chain(slots) {
        put_count(out, count);
    }
    for word in &columns.new_words {
        put_text(out, word);
    }
    for texts in [&columns.id, &columns.original_id] {
        let (bytes, ends) = texts.parts();
        put_text(out, bytes);
        // Ids of one source are nearly always equally long, the ends of which take nothing as lengths.
        let begins = std::iter::once(0).chain(ends.iter().copied());
        put_packed(out, ends.len(), ends.iter().zip(begins).map(|(end, begin)| i64::from(end - begin)));
    }
    let rows = columns.len();
    put_packed(out, rows, columns.source.iter().map(|source| i64::from(source.0)));
    put_packed(out, rows, columns.kind.iter().map(|kind| i64::from(kind.0)));
    put_packed(out, rows, columns.asset.iter().map(|asset| i64::from(asset.0)));
    put(out, &columns.identity, |identity| identity.0.to_le_bytes());
    put_packed(out, rows, columns.original.iter().map(|original| i64::from(*original != Identity::NONE)));
    for original in columns.original.iter().filter(|original| **original != Identity::NONE) {
        out.extend_from_slice(&original.0.to_le_bytes());
    }
    put(out, &columns.fingerprint, |fingerprint| fingerprint.to_le_bytes());
    put_packed(out, rows, columns.received_at.iter().map(|at| at.0));
    put_packed(out, rows, columns.line.iter().map(|line| line.cast_signed()));
    columns.words.iter().for_each(|column| put_packed(out, rows, column.iter().map(|word| i64::from(word.0))));
    columns.numbers.iter().for_each(|column| put_packed(out, rows, column.iter().copied()));
    columns.times.iter().for_each(|column| put_packed(out, rows, column.iter().map(|at| at.0)));
    columns.dates.iter().for_each(|column| put_packed(out, rows, column.iter().map(|on| i64::from(on.0))));
    let length = (out.len() - start - 16) as u64;
    let checksum = canon::fingerprint(length, &out[start + 16..]);
    out[start..start + 8].copy_from_slice(&length.to_le_bytes());
    out[start + 8..start + 16].copy_from_slice(&checksum.to_le_bytes());
}

fn put_count(out: &mut Vec<u8>, count: usize) {
    let count = u32::try_from(count).expect("the parts of a batch are bounded");
    out.extend_from_slice(&count.to_le_bytes());
}

fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

fn put<T: Copy, const N: usize>(out: &mut Vec<u8>, column: &[T], bytes_of: impl Fn(T) -> [u8; N]) {
    let start = out.len();
    out.resize(start + column.len() * N, 0);
    for (place, &value) in out[start..].chunks_exact_mut(N).zip(column) {
        place.copy_from_slice(&bytes_of(value));
    }
}

/// Appends a column of integers: width, least value, and what each value lies above it.
fn put_packed(out: &mut Vec<u8>, rows: usize, values: impl Iterator<Item = i64> + Clone) {
    let least = values.clone().min().unwrap_or(0);
    let most = values.clone().max().unwrap_or(0);
    let width = width_of(most.wrapping_sub(least).cast_unsigned());
    out.push(width);
    out.extend_from_slice(&least.to_le_bytes());
    let start = out.len();
    out.resize(start + rows * usize::from(width), 0);
    let above = values.map(|value| value.wrapping_sub(least).cast_unsigned());
    match width {
        0 => {}
        1 => fill(&mut out[start..], above, |value| (value as u8).to_le_bytes()),
        2 => fill(&mut out[start..], above, |value| (value as u16).to_le_bytes()),
        4 => fill(&mut out[start..], above, |value| (value as u32).to_le_bytes()),
        _ => fill(&mut out[start..], above, u64::to_le_bytes),
    }
}

/// Bytes that hold every value up to `most`; three and five to seven are not worth their arithmetic.
const fn width_of(most: u64) -> u8 {
    match most {
        0 => 0,
        1..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn fill<const N: usize>(out: &mut [u8], values: impl Iterator<Item = u64>, bytes_of: impl Fn(u64) -> [u8; N]) {
    for (place, value) in out.chunks_exact_mut(N).zip(values) {
        place.copy_from_slice(&bytes_of(value));
    }
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
        let columns = Parts { rest: &self.body }.columns();
        self.offset += 16 + length;
        columns.map(Some).ok_or(damage)
    }
}

fn read_whole(input: &mut impl std::io::Read, bytes: &mut [u8], offset: u64) -> Result<(), FrameFault> {
    input.read_exact(bytes).map_err(|error| match error.kind() {
        std::io::ErrorKind::UnexpectedEof => FrameFault::Damaged(Damage { offset }),
        _ => FrameFault::World(error),
    })
}

/// What is left of a body.
struct Parts<'a> {
    rest: &'a [u8],
}

impl Parts<'_> {
    fn columns(mut self) -> Option<Columns> {
        let adapter = AdapterId(self.numbers(1, u16::from_le_bytes)?[0]);
        let file = FileId(self.u32()?);
        let mut counts = [0_usize; 6];
        for count in &mut counts {
            *count = self.u32()? as usize;
        }
        let [rows, new, words, numbers, times, dates] = counts;
        let mut new_words = Vec::new();
        for _ in 0..new {
            new_words.push(self.text()?.into_boxed_str());
        }
        let id = self.texts(rows)?;
        let original_id = self.texts(rows)?;
        let columns = Columns {
            adapter,
            file,
            lane: engine::BOOK_LANE,
            id,
            original_id,
            new_words,
            source: self.packed(rows, |value| u16::try_from(value).ok().map(SourceId))?,
            kind: self.packed(rows, |value| u16::try_from(value).ok().map(KindId))?,
            asset: self.packed(rows, |value| u16::try_from(value).ok().map(AssetId))?,
            identity: self.numbers(rows, |bytes| Identity(u128::from_le_bytes(bytes)))?,
            original: self.originals(rows)?,
            fingerprint: self.numbers(rows, u64::from_le_bytes)?,
            received_at: self.packed(rows, |value| Some(Instant(value)))?,
            line: self.packed(rows, |value| Some(value.cast_unsigned()))?,
            words: self.several(words, |parts| parts.packed(rows, |value| u32::try_from(value).ok().map(Word)))?,
            numbers: self.several(numbers, |parts| parts.packed(rows, Some))?,
            times: self.several(times, |parts| parts.packed(rows, |value| Some(Instant(value))))?,
            dates: self.several(dates, |parts| parts.packed(rows, |value| i32::try_from(value).ok().map(Date)))?,
            refused: Vec::new(),
            outside_records: 0,
        };
        self.rest.is_empty().then_some(columns)
    }

    fn bytes(&mut self, count: usize) -> Option<&[u8]> {
        let (taken, rest) = self.rest.split_at_checked(count)?;
        self.rest = rest;
        Some(taken)
    }

    fn u32(&mut self) -> Option<u32> {
        Some(u32::from_le_bytes(self.bytes(4)?.try_into().ok()?))
    }

    fn text(&mut self) -> Option<String> {
        let length = self.u32()? as usize;
        String::from_utf8(self.bytes(length)?.to_vec()).ok()
    }

    fn numbers<T, const N: usize>(&mut self, count: usize, number: impl Fn([u8; N]) -> T) -> Option<Vec<T>> {
        let bytes = self.bytes(count.checked_mul(N)?)?;
        Some(bytes.chunks_exact(N).map(|chunk| number(chunk.try_into().expect("chunks of N bytes"))).collect())
    }

    /// A column of integers; nothing where one is not what it should be.
    fn packed<T>(&mut self, rows: usize, of: impl Fn(i64) -> Option<T>) -> Option<Vec<T>> {
        let width = self.bytes(1)?[0];
        let least = i64::from_le_bytes(self.bytes(8)?.try_into().ok()?);
        let above = match width {
            // A frame without bytes for its rows must not make room for what its counts pretend.
            0 if rows > BATCH_ROWS_MAX => return None,
            0 => vec![0; rows],
            1 => self.numbers(rows, |bytes| u64::from(u8::from_le_bytes(bytes)))?,
            2 => self.numbers(rows, |bytes| u64::from(u16::from_le_bytes(bytes)))?,
            4 => self.numbers(rows, |bytes| u64::from(u32::from_le_bytes(bytes)))?,
            8 => self.numbers(rows, u64::from_le_bytes)?,
            _ => return None,
        };
        above.into_iter().map(|above| of(least.wrapping_add(above.cast_signed()))).collect()
    }

    fn texts(&mut self, rows: usize) -> Option<Texts> {
        let bytes = self.text()?;
        let mut end = 0_u32;
        let lengths = self.packed(rows, |length| u32::try_from(length).ok())?;
        let ends = lengths.into_iter().map(|length| {
            end = end.checked_add(length)?;
            Some(end)
        });
        let ends = ends.collect::<Option<_>>()?;
        Texts::from_parts(bytes, ends)
    }

    fn originals(&mut self, rows: usize) -> Option<Vec<Identity>> {
        let named = self.packed(rows, Some)?;
        let count = named.iter().filter(|&&named| named != 0).count();
        let mut originals = self.numbers(count, u128::from_le_bytes)?.into_iter();
        named
            .into_iter()
            .map(|named| if named == 0 { Some(Identity::NONE) } else { originals.next().map(Identity) })
            .collect()
    }

    fn several<T>(&mut self, count: usize, mut column: impl FnMut(&mut Self) -> Option<Vec<T>>) -> Option<Vec<Vec<T>>> {
        let mut columns = Vec::new();
        for _ in 0..count {
            columns.push(column(self)?);
        }
        Some(columns)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use event::{NumberField, Schema};

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
    fn integers_of_every_width_are_read_as_they_were_written() {
        let spans = [[7, 7], [-1, 254], [-1, 255], [3, 65_538], [3, 65_539], [-9, 1 << 33], [i64::MIN, i64::MAX]];
        for (values, width) in spans.into_iter().zip([0, 1, 2, 2, 4, 8, 8]) {
            let mut packed = Vec::new();
            put_packed(&mut packed, 2, values.iter().copied());
            assert_eq!(packed.len(), 9 + 2 * width, "{values:?}");
            let mut parts = Parts { rest: &packed };
            assert_eq!(parts.packed(2, Some).as_deref(), Some(&values[..]));
            assert!(parts.rest.is_empty());
        }
    }

    #[test]
    fn originals_take_room_only_where_there_are_some() {
        let frame = |original: Identity| {
            let (mut columns, mut frame) = (batch(), Vec::new());
            columns.original[1] = original;
            write_frame(&mut frame, &columns);
            let log = [&MAGIC[..], &frame].concat();
            let read = Frames::open(&log[..]).and_then(|mut frames| frames.next_batch());
            assert_eq!(read.expect("the frame is whole").expect("there is one").original, columns.original);
            frame.len()
        };
        assert_eq!(frame(Identity(9)), frame(Identity::NONE) + 3 + 16);
    }

    #[test]
    fn a_frame_that_pretends_rows_makes_no_room_for_them() {
        let mut parts = vec![0];
        parts.extend_from_slice(&[0; 8]);
        assert_eq!(Parts { rest: &parts }.packed(usize::MAX, Some), None);
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
