//! Frames: the unit of the log. One turn, or a mark that the log was opened or closed.
//!
//! ```text
//! head (192 bytes) | decisions | commands | directory | raw | zeros up to the alignment
//!  └─ 176 sealed bytes, ending with their CRC-32C; then the writer's mark: durable, offset, CRC-32C
//! ```
//!
//! The heavy part, a body with its checks and its digest, is made outside of any turn ([`Draft`], [`Body`]). In the turn
//! [`Chain::seal`] only hashes 176 bytes: each head holds the hash of the head before it, and with the body's digest that
//! makes the whole log one chain. Head and body are one buffer from the beginning, so nothing is copied.
//!
//! The *mark* is set when the frame is written and is no part of the chain. It says up to which sequence the log was
//! durable at that moment. So when a frame is found bad, a later one tells whether it was torn by a crash together with
//! it, or had been safe on disk and rotted there; and its offset finds a write that landed in the wrong place.

mod chain;

pub use chain::{About, Chain, FrameBytes, Position};

use calendar::Instant;
use canon::Digest;
use std::fmt;
use std::ops::Range;

/// Bytes of a head with the writer's mark.
pub const HEAD_BYTES: usize = 192;

/// The largest frame, with head and padding. Whoever forms turns keeps them far below.
pub const FRAME_BYTES_MAX: u64 = 1 << 30;

/// What chains and checks cover of a head; the rest is the writer's mark.
const SEALED_BYTES: usize = 176;
/// Where the check of the sealed bytes stands.
const SEALED_CHECK: usize = SEALED_BYTES - 4;
const MAGIC: [u8; 8] = *b"jsframe1";
const VERSION: u16 = 1;

/// What a frame is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A decided turn.
    Turn,
    /// The log was opened for writing; a new epoch begins.
    Start,
    /// The log was closed in peace: nothing is written behind it before the next start.
    End,
}

/// A part of a body. In the order in which they stand: what a fold reads comes first, what is rarely read last.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Section {
    /// What was decided.
    Decisions,
    /// Columns and causes.
    Commands,
    /// Where the raw bytes of each row begin.
    Directory,
    /// Bytes as received.
    Raw,
}

/// All sections in the order in which they stand.
pub const SECTIONS: [Section; 4] = [Section::Decisions, Section::Commands, Section::Directory, Section::Raw];

impl fmt::Display for Section {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Decisions => "decisions",
            Self::Commands => "commands",
            Self::Directory => "directory",
            Self::Raw => "raw",
        })
    }
}

/// Why bytes at rest are not what they should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Fault {
    /// No frame begins here.
    #[error("no frame begins here")]
    NoFrame,
    /// The sealed bytes of a head do not fit their check.
    #[error("the head of the frame fails its check")]
    Head,
    /// The writer's mark does not fit its check.
    #[error("the mark of the frame fails its check")]
    Mark,
    /// A section does not fit its check.
    #[error("section `{0}` fails its check")]
    Section(Section),
    /// The body has another digest than its head says.
    #[error("the body of the frame fails its check")]
    Body,
    /// The frame was written for another place.
    #[error("the frame was written for offset {0}")]
    Misplaced(u64),
    /// The format is of a later release.
    #[error("format {0} is not known to this release")]
    Version(u16),
    /// The file or frame is another book's.
    #[error("it belongs to another book")]
    Book,
    /// Another frame follows here.
    #[error("frame {found} stands where frame {expected} belongs")]
    Sequence {
        /// What follows on the frame before.
        expected: u64,
        /// What was found.
        found: u64,
    },
    /// The frame does not hold the hash of the head before it.
    #[error("it does not follow on the frame before it")]
    Chain,
    /// Epoch, events, identities or stamp do not follow on those before.
    #[error("its totals do not follow on those of the frame before it")]
    Totals,
    /// A length leads out of the file.
    #[error("it is longer than its file has room for")]
    Length,
    /// A file's own head does not fit its check.
    #[error("the head of the file fails its check")]
    FileHead,
    /// The end of a sealed file does not fit its check.
    #[error("the foot of the file fails its check")]
    FileFoot,
    /// A file is not as long as its head says.
    #[error("the file has {found} bytes instead of {expected}")]
    FileLength {
        /// What the head says.
        expected: u64,
        /// What it has.
        found: u64,
    },
    /// A file is missing, or one is there that does not belong.
    #[error("it does not follow on the file before it, which begins with frame {0}; one is missing")]
    Gap(u64),
    /// The log ends too early.
    #[error("frame {0} belongs here and is missing")]
    Missing(u64),
    /// Bytes where nothing was ever written.
    #[error("there are bytes behind the end of the log")]
    Garbage,
    /// Another frame has the sequence at which a snapshot stands.
    #[error("frame {0} is not the one on which a snapshot stands")]
    Floor(u64),
}

/// What stands at the front of a frame.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FrameHead {
    /// What the frame is.
    pub kind: Kind,
    /// The rules by which it was decided.
    pub rules_version: u16,
    /// The book, as [`book_number`] gives it.
    pub book: u64,
    /// Which opening of the log wrote it, from 1 on.
    pub epoch: u64,
    /// Its place in the log, from 1 on, without gaps.
    pub sequence: u64,
    /// Events in all frames before it, which is the number of its own first event.
    pub first_event: u64,
    /// Its events.
    pub events: u32,
    /// Identities claimed up to and with this frame.
    pub identities: u64,
    /// Its stamp; it never decreases.
    pub stamp: Instant,
    /// Bytes of its sections.
    pub lengths: [u32; 4],
    /// CRC-32C of its sections.
    pub checks: [u32; 4],
    /// Hash of the head before it; zeros for the first frame.
    pub previous: Digest,
    /// Digest of the body: all sections, one after the other.
    pub body: Digest,
}

impl FrameHead {
    /// Bytes of all sections.
    #[must_use]
    pub fn body_bytes(&self) -> u64 {
        self.lengths.iter().map(|&length| u64::from(length)).sum()
    }

    /// Bytes of the frame on disk.
    #[must_use]
    pub fn frame_bytes(&self, alignment: u32) -> u64 {
        (HEAD_BYTES as u64 + self.body_bytes()).next_multiple_of(u64::from(alignment))
    }

    /// Where a section stands, counted from the beginning of the frame.
    #[must_use]
    pub fn range(&self, section: Section) -> Range<u64> {
        let lengths = self.lengths.iter().map(|&length| u64::from(length));
        let start = HEAD_BYTES as u64 + lengths.take(section as usize).sum::<u64>();
        start..start + u64::from(self.lengths[section as usize])
    }

    /// Checks a section's bytes.
    ///
    /// # Errors
    /// [`Fault::Section`].
    pub fn check(&self, section: Section, bytes: &[u8]) -> Result<(), Fault> {
        let fits = crc32c::crc32c(bytes) == self.checks[section as usize];
        if fits { Ok(()) } else { Err(Fault::Section(section)) }
    }

    fn write(&self, into: &mut [u8]) {
        let mut out = Fields(into);
        out.put(&MAGIC);
        out.put(&VERSION.to_le_bytes());
        out.put(&[self.kind as u8, 0]);
        out.put(&self.rules_version.to_le_bytes());
        out.put(&[0; 2]);
        for word in [self.book, self.epoch, self.sequence, self.first_event] {
            out.put(&word.to_le_bytes());
        }
        out.put(&self.events.to_le_bytes());
        out.put(&[0; 4]);
        out.put(&self.identities.to_le_bytes());
        out.put(&self.stamp.0.to_le_bytes());
        for word in self.lengths.iter().chain(&self.checks) {
            out.put(&word.to_le_bytes());
        }
        out.put(&self.previous.0);
        out.put(&self.body.0);
        out.put(&[0; 4]);
        let check = crc32c::crc32c(&into[..SEALED_CHECK]);
        into[SEALED_CHECK..SEALED_BYTES].copy_from_slice(&check.to_le_bytes());
    }

    /// Reads the sealed bytes of a head; gives their hash, too.
    ///
    /// # Errors
    /// What is wrong with them. Nothing is said of the body.
    pub fn read(bytes: &[u8; HEAD_BYTES]) -> Result<(Self, Digest), Fault> {
        if bytes[..8] != MAGIC {
            return Err(Fault::NoFrame);
        }
        if crc32c::crc32c(&bytes[..SEALED_CHECK]) != u32_at(bytes, SEALED_CHECK) {
            return Err(Fault::Head);
        }
        let version = u16_at(bytes, 8);
        let kind = match bytes[10] {
            0 => Kind::Turn,
            1 => Kind::Start,
            2 => Kind::End,
            _ => return Err(Fault::Version(version)),
        };
        if version != VERSION {
            return Err(Fault::Version(version));
        }
        let head = Self {
            kind,
            rules_version: u16_at(bytes, 12),
            book: u64_at(bytes, 16),
            epoch: u64_at(bytes, 24),
            sequence: u64_at(bytes, 32),
            first_event: u64_at(bytes, 40),
            events: u32_at(bytes, 48),
            identities: u64_at(bytes, 56),
            stamp: Instant(u64_at(bytes, 64).cast_signed()),
            lengths: [72, 76, 80, 84].map(|at| u32_at(bytes, at)),
            checks: [88, 92, 96, 100].map(|at| u32_at(bytes, at)),
            previous: digest_at(bytes, 104),
            body: digest_at(bytes, 136),
        };
        Ok((head, canon::digest(&bytes[..SEALED_BYTES])))
    }
}

/// What the writer adds to a head when it writes the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Mark {
    /// The log was durable up to this sequence.
    pub durable: u64,
    /// Where in its file the frame was to be written.
    pub offset: u32,
}

impl Mark {
    fn write(self, head: &mut [u8]) {
        head[176..184].copy_from_slice(&self.durable.to_le_bytes());
        head[184..188].copy_from_slice(&self.offset.to_le_bytes());
        let check = crc32c::crc32c(&head[SEALED_CHECK..188]);
        head[188..192].copy_from_slice(&check.to_le_bytes());
    }

    /// Reads the mark of a head. Its check covers the head's, too, so that it fits no other head.
    ///
    /// # Errors
    /// [`Fault::Mark`].
    pub fn read(head: &[u8; HEAD_BYTES]) -> Result<Self, Fault> {
        if crc32c::crc32c(&head[SEALED_CHECK..188]) != u32_at(head, 188) {
            return Err(Fault::Mark);
        }
        Ok(Self { durable: u64_at(head, 176), offset: u32_at(head, 184) })
    }
}

/// A body that is being written, section by section, into a buffer that may have served before.
#[derive(Debug)]
pub struct Draft {
    bytes: Vec<u8>,
    starts: [usize; 4],
    open: usize,
}

impl Draft {
    /// Begins a body; the buffer's bytes are lost, its memory is used.
    #[must_use]
    pub fn new(mut buffer: Vec<u8>) -> Self {
        buffer.clear();
        buffer.resize(HEAD_BYTES, 0);
        Self { bytes: buffer, starts: [HEAD_BYTES; 4], open: 0 }
    }

    /// Where a section's bytes are to be appended; nothing else may be done to what stands there. What is left out is empty.
    ///
    /// # Panics
    /// Where a section is asked for before the one that was written last.
    pub fn section(&mut self, section: Section) -> &mut Vec<u8> {
        let wanted = section as usize;
        assert!(wanted >= self.open, "sections are written in their order: {section} came late");
        self.starts[self.open + 1..=wanted].fill(self.bytes.len());
        self.open = wanted;
        &mut self.bytes
    }

    /// Computes checks and digest.
    ///
    /// # Panics
    /// Where the body is larger than a frame may be: turns are formed far below that.
    #[must_use]
    pub fn finish(mut self) -> Body {
        let end = self.bytes.len();
        assert!(end as u64 <= FRAME_BYTES_MAX / 2, "a turn is bounded far below the largest frame: {end} bytes");
        self.starts[self.open + 1..].fill(end);
        let mut body = Body {
            lengths: [0; 4],
            checks: [0; 4],
            digest: canon::digest(&self.bytes[HEAD_BYTES..]),
            bytes: self.bytes,
        };
        for (at, &start) in self.starts.iter().enumerate() {
            let until = self.starts.get(at + 1).copied().unwrap_or(end);
            body.lengths[at] = u32::try_from(until - start).expect("a frame is below 4 GiB");
            body.checks[at] = crc32c::crc32c(&body.bytes[start..until]);
        }
        body
    }
}

/// A finished body, with room for its head at the front of its buffer.
#[derive(Debug)]
pub struct Body {
    bytes: Vec<u8>,
    lengths: [u32; 4],
    checks: [u32; 4],
    digest: Digest,
}

impl Body {
    /// A body of sections that exist already; they are copied. [`Draft`] writes them in place.
    #[must_use]
    pub fn new(commands: &[u8], raw: &[u8], decisions: &[u8], directory: &[u8]) -> Self {
        let mut draft = Draft::new(Vec::new());
        draft.section(Section::Decisions).extend_from_slice(decisions);
        draft.section(Section::Commands).extend_from_slice(commands);
        draft.section(Section::Directory).extend_from_slice(directory);
        draft.section(Section::Raw).extend_from_slice(raw);
        draft.finish()
    }

    /// The body of a frame that is a mark.
    #[must_use]
    pub fn empty() -> Self {
        Draft::new(Vec::new()).finish()
    }

    /// Bytes of all sections.
    #[must_use]
    pub fn len(&self) -> usize {
        self.bytes.len() - HEAD_BYTES
    }

    /// Whether it has no bytes at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

/// The number by which heads name their book: a frame of another book is never taken for one of this.
#[must_use]
pub fn book_number(id: &str) -> u64 {
    u64_at(&canon::digest(id.as_bytes()).0, 0)
}

/// Little-endian fields of a fixed layout, written one after the other.
pub(crate) struct Fields<'a>(pub(crate) &'a mut [u8]);

impl Fields<'_> {
    pub(crate) fn put(&mut self, bytes: &[u8]) {
        let (field, rest) = std::mem::take(&mut self.0).split_at_mut(bytes.len());
        field.copy_from_slice(bytes);
        self.0 = rest;
    }
}

pub(crate) fn array_at<const N: usize>(bytes: &[u8], at: usize) -> [u8; N] {
    bytes[at..at + N].try_into().expect("a range of N bytes has N bytes")
}

fn u16_at(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(array_at(bytes, at))
}

pub(crate) fn digest_at(bytes: &[u8], at: usize) -> Digest {
    Digest(array_at(bytes, at))
}
