//! Cuts a stream of bytes into chunks at record boundaries.
//!
//! This is the serial part of intake: lanes take turns at one splitter, so it does as little as it can: one search for
//! line ends (`lines`) or one look at brackets and strings (`document`), and one copy of the piece of a record that the
//! block before it ended with. Both are machines that may stop at any byte, so the size of blocks changes nothing.
//!
//! Bounds: a chunk holds at most [`BATCH_ROWS_MAX`] records and is closed at the first record end behind
//! 1 MiB; a record beyond 1 MiB is dropped as it comes in. So the buffers stay below 4 MiB whatever the input is
//! ([`Limits`]). Order: chunks are numbered as they stand in the file.

mod document;
mod lines;

use crate::adapter::{Adapter, Encoding, Format};
use crate::decompress::{Input, Stop};
use crate::encoding::readable;
use document::DocumentCutter;
use event::{BATCH_ROWS_MAX, Code, EVIDENCE_CHARS_MAX};
use lines::LineCutter;
use std::io::Read;
use std::sync::Arc;

/// How much a splitter takes at once. The events that come out are the same for all limits but the record's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Limits {
    /// The most bytes of one record.
    pub record_bytes_max: usize,
    /// The most records and faults of one chunk; at most [`BATCH_ROWS_MAX`].
    pub chunk_rows_max: usize,
    /// A chunk is closed at the first record end behind so many bytes.
    pub chunk_bytes: usize,
    /// The most bytes that are read at once; at least 1.
    pub block_bytes_max: usize,
}

impl Limits {
    /// Records of 1 MiB, chunks that fill a batch and fit the second-level cache.
    pub const USUAL: Self = Self {
        record_bytes_max: 1 << 20,
        chunk_rows_max: BATCH_ROWS_MAX,
        chunk_bytes: 1 << 20,
        block_bytes_max: 1 << 20,
    };
}

const BYTE_ORDER_MARK: &[u8] = b"\xef\xbb\xbf";
const BLOCK_BYTES_MIN: usize = 1 << 16;
const BLOCK_BYTES_FIRST: usize = 1 << 18;

/// A piece of a file that holds whole records, at most [`BATCH_ROWS_MAX`] of them. Recycled.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The records' text, in the file's encoding.
    pub bytes: Vec<u8>,
    /// Where the records lie in it, in order.
    pub records: Vec<Record>,
    /// What could not become a record, in order.
    pub faults: Vec<ChunkFault>,
    /// Place of this chunk in its file, from 0: the ticket for deciding.
    pub number: u64,
    /// Records of the file that stand before this chunk, those that were too long included.
    pub first_record: u64,
    /// Names of the file's columns, where it has a table's header.
    pub columns: Option<Arc<[Box<str>]>>,
}

/// A record of a chunk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Record {
    /// Its first byte in [`Chunk::bytes`].
    pub from: u32,
    /// The byte behind its last one, line end not included.
    pub to: u32,
    /// Line of the file at which it begins, from 1; the number of the element for a JSON document.
    pub line: u64,
}

/// Something in a file that is no record.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ChunkFault {
    /// It stands before this record of the chunk.
    pub before_record: u32,
    /// Line of the file, from 1; the number of the element for a JSON document.
    pub line: u64,
    /// Why.
    pub code: Code,
    /// How it begins.
    pub value: Box<str>,
    /// What was expected.
    pub detail: Box<str>,
}

/// Why a file could not be read on.
#[derive(Debug, thiserror::Error)]
pub enum ReadFault {
    /// The bytes could not be read.
    #[error("reading the input failed")]
    World(#[from] std::io::Error),
}

/// Cuts the bytes of one file into chunks. Lanes take turns at it.
pub struct Splitter<R: Read> {
    source: Source<R>,
    cutter: Cutter,
    cut: Cut,
    /// Bytes behind the last record of the chunk before.
    pending: Vec<u8>,
    chunks: u64,
}

enum Source<R: Read> {
    Unopened(R),
    Open(Input<R>),
    /// No more bytes will come; the rest of what came is still to be cut.
    Ended(End),
    /// All has been cut.
    Finished,
}

/// How an input ended.
enum End {
    Clean,
    Damaged(Box<str>),
}

enum Cutter {
    Lines(LineCutter),
    Document(DocumentCutter),
}

impl<R: Read> Splitter<R> {
    /// Over the bytes of one file, compressed or not. Nothing is read yet.
    pub fn new(input: R, adapter: &Adapter) -> Self {
        Self::with_limits(input, adapter, Limits::USUAL)
    }

    /// As [`Splitter::new`], with limits of the caller's.
    ///
    /// # Panics
    /// Where a limit is 0, or chunks would hold more rows than a batch.
    pub fn with_limits(input: R, adapter: &Adapter, limits: Limits) -> Self {
        assert!((1..=BATCH_ROWS_MAX).contains(&limits.chunk_rows_max), "a chunk becomes one batch");
        assert!(limits.block_bytes_max > 0, "reading makes progress");
        let cutter = match &adapter.format {
            Format::Json { rows } => Cutter::Document(DocumentCutter::new(rows.as_deref())),
            table => Cutter::Lines(LineCutter::new(table)),
        };
        let cut = Cut::new(adapter.encoding, limits);
        Self { source: Source::Unopened(input), cutter, cut, pending: Vec::new(), chunks: 0 }
    }

    /// Fills `out` with the next records; false, with an empty chunk, at the end.
    ///
    /// # Errors
    /// Where the bytes could not be read.
    pub fn next_chunk(&mut self, out: &mut Chunk) -> Result<bool, ReadFault> {
        out.records.clear();
        out.faults.clear();
        out.bytes.clear();
        std::mem::swap(&mut out.bytes, &mut self.pending);
        out.number = self.chunks;
        out.first_record = self.cut.records;
        self.fill(out)?;
        self.pending.extend_from_slice(&out.bytes[self.cut.start..]);
        out.bytes.truncate(self.cut.start);
        (self.cut.at, self.cut.start) = (self.cut.at - self.cut.start, 0);
        out.columns = self.cutter.columns();
        self.chunks += 1;
        Ok(!out.records.is_empty() || !out.faults.is_empty())
    }

    /// Scans and reads in turn until the chunk is full or the input has ended.
    fn fill(&mut self, out: &mut Chunk) -> Result<(), ReadFault> {
        loop {
            self.cutter.scan(&mut self.cut, out);
            if self.cut.is_full(out) {
                return Ok(());
            }
            self.cut.drop_what_is_done(out);
            match std::mem::replace(&mut self.source, Source::Finished) {
                Source::Unopened(input) => {
                    self.source = self.read(Input::open(input)?, out)?;
                    self.cut.skip_byte_order_mark(&out.bytes);
                }
                Source::Open(input) => self.source = self.read(input, out)?,
                Source::Ended(end) => {
                    self.cutter.finish(&mut self.cut, out, end);
                    return Ok(());
                }
                Source::Finished => return Ok(()),
            }
        }
    }

    /// Appends the next block.
    fn read(&self, mut input: Input<R>, out: &mut Chunk) -> Result<Source<R>, ReadFault> {
        let count = self.cut.block_bytes(out).max(BYTE_ORDER_MARK.len());
        match input.append(&mut out.bytes, count) {
            Ok(true) => Ok(Source::Open(input)),
            Ok(false) => Ok(Source::Ended(End::Clean)),
            Err(Stop::World(error)) => Err(error.into()),
            Err(Stop::Damaged(reason)) => Ok(Source::Ended(End::Damaged(reason.into()))),
        }
    }
}

impl Cutter {
    fn scan(&mut self, cut: &mut Cut, out: &mut Chunk) {
        match self {
            Self::Lines(cutter) => cutter.scan(cut, out),
            Self::Document(cutter) => cutter.scan(cut, out),
        }
    }

    fn finish(&mut self, cut: &mut Cut, out: &mut Chunk, end: End) {
        match end {
            End::Damaged(reason) => cut.fault_rest(out, &reason),
            End::Clean => match self {
                Self::Lines(cutter) => cutter.finish(cut, out),
                Self::Document(cutter) => cutter.finish(cut, out),
            },
        }
        (cut.at, cut.start) = (out.bytes.len(), out.bytes.len());
    }

    fn columns(&self) -> Option<Arc<[Box<str>]>> {
        match self {
            Self::Lines(cutter) => cutter.columns(),
            Self::Document(_) => None,
        }
    }
}

/// Where cutting stands, for both kinds of cutters.
struct Cut {
    encoding: Encoding,
    limits: Limits,
    /// Bytes of the chunk before it have been looked at.
    at: usize,
    /// Where the record begins that is being looked at; what stands before it is done with.
    start: usize,
    /// The line of `at`, or the number of the element.
    line: u64,
    /// The line of `start`.
    start_line: u64,
    /// How the record at `start` began, where it is too long and its bytes were dropped.
    long: Option<Box<str>>,
    /// Records of the file so far, those that were too long included.
    records: u64,
    /// Bytes of these records: tells how much to read at once.
    bytes: u64,
}

impl Cut {
    const fn new(encoding: Encoding, limits: Limits) -> Self {
        Self { encoding, limits, at: 0, start: 0, line: 1, start_line: 1, long: None, records: 0, bytes: 0 }
    }

    #[inline]
    fn is_full(&self, out: &Chunk) -> bool {
        out.records.len() + out.faults.len() >= self.limits.chunk_rows_max
            || (self.start >= self.limits.chunk_bytes && !out.records.is_empty())
    }

    /// The record from `start` to before `to` is whole; the next one may begin at `next`. `bytes` are the chunk's, which
    /// cutters take out of it while they look at them.
    #[inline]
    fn close(&mut self, bytes: &[u8], out: &mut Chunk, to: usize, next: usize) {
        self.records += 1;
        self.bytes += (next - self.start) as u64;
        if self.is_long(to) {
            self.fault_long(&bytes[self.start..to], out);
        } else {
            out.records.push(Record { from: self.start as u32, to: to as u32, line: self.start_line });
        }
        self.skip(next);
    }

    /// Whether the record that ends before `to` is too long.
    #[inline]
    fn is_long(&self, to: usize) -> bool {
        self.long.is_some() || to - self.start > self.limits.record_bytes_max
    }

    /// What stands before `next` is no record, or a closed one.
    #[inline]
    fn skip(&mut self, next: usize) {
        self.start = next;
        self.start_line = self.line;
        self.long = None;
    }

    #[cold]
    fn fault_long(&mut self, record: &[u8], out: &mut Chunk) {
        let value = self.long.take().unwrap_or_else(|| self.head(record));
        self.fault(out, Code::LineTooLong, value, "at most 1 MiB");
    }

    /// The file ends in the middle of what stands behind `start`.
    fn fault_rest(&mut self, out: &mut Chunk, reason: &str) {
        let value = self.long.take().unwrap_or_else(|| self.head(&out.bytes[self.start..]));
        self.records += 1;
        self.fault(out, Code::FileTruncated, value, reason);
    }

    fn fault(&self, out: &mut Chunk, code: Code, value: Box<str>, detail: &str) {
        let before_record = u32::try_from(out.records.len()).expect("a chunk has at most 4,096 records");
        out.faults.push(ChunkFault { before_record, line: self.start_line, code, value, detail: detail.into() });
    }

    /// The beginning of a record, as evidence.
    fn head(&self, bytes: &[u8]) -> Box<str> {
        let bytes = &bytes[..bytes.len().min(4 * EVIDENCE_CHARS_MAX)];
        readable(bytes, self.encoding).chars().take(EVIDENCE_CHARS_MAX).collect()
    }

    /// Frees bytes that no record of this chunk needs. All bytes have been looked at.
    fn drop_what_is_done(&mut self, out: &mut Chunk) {
        if out.records.is_empty() && self.start > 0 {
            out.bytes.drain(..self.start);
            (self.at, self.start) = (self.at - self.start, 0);
        }
        // Two bytes more may be a line end that belongs to no record.
        if self.at - self.start <= self.limits.record_bytes_max + 2 {
            return;
        }
        if self.long.is_none() {
            self.long = Some(self.head(&out.bytes[self.start..]));
        }
        // The last byte stays: what a quote means depends on the byte before it.
        let last = out.bytes[self.at - 1];
        out.bytes.truncate(self.start);
        out.bytes.push(last);
        self.at = self.start + 1;
    }

    /// How much to read so that the chunk becomes just full.
    fn block_bytes(&self, out: &Chunk) -> usize {
        let most = self.limits.block_bytes_max;
        let Some(average) = self.bytes.checked_div(self.records) else { return BLOCK_BYTES_FIRST.min(most) };
        let wanted = (average as usize + 1).saturating_mul(self.limits.chunk_rows_max);
        wanted.saturating_sub(out.bytes.len()).clamp(BLOCK_BYTES_MIN.min(most), most)
    }

    fn skip_byte_order_mark(&mut self, bytes: &[u8]) {
        if self.encoding == Encoding::Utf8 && bytes.starts_with(BYTE_ORDER_MARK) {
            (self.at, self.start) = (BYTE_ORDER_MARK.len(), BYTE_ORDER_MARK.len());
        }
    }
}
