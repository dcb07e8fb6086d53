//! Segment files: where frames stand, one after the other, in files of a fixed length that read as zeros before.
//!
//! ```text
//! log/00000000000000000057.segment      head | frame 57 | frame 58 | … | zeros | foot
//! log/next.zeros                        the next one
//! ```
//!
//! The *head* holds the chain as it stood before the first frame and the name of the segment before it, so that segments
//! tile: a missing one is found by reading one block of each. The *foot* is written when the next segment is there; it
//! says where the frames end and where each begins. An order of syncs makes these steps whole: a segment gets its name
//! after everything before it is durable and its own head is; then the foot is written and made durable; only then
//! frames go into the new one. So a segment without foot is the last, or the one before an empty last one.

use crate::disk::{Disk, DiskFailure};
use crate::frame::{Chain, Fault, Fields, HEAD_BYTES, Position, array_at, digest_at, u32_at, u64_at};
use crate::log::LogFailure;
use calendar::Instant;
use canon::Digest;

/// The folder of the segments.
pub const FOLDER: &str = "log";
/// The segment that is being prepared.
pub(crate) const NEXT: &str = "log/next.zeros";

const SUFFIX: &str = ".segment";
const HEAD_MAGIC: [u8; 16] = *b"jeongsan.segmen1";
const FOOT_MAGIC: [u8; 16] = *b"jeongsan.segfot1";
const SEGMENT_HEAD_BYTES: usize = 128;
const FOOT_BYTES: usize = 96;
/// A head of either kind fits into it.
const ALIGNMENT_MIN: u32 = 256;
/// Zeros are written in pieces of this size.
static ZEROS: [u8; 256 * 1024] = [0; 256 * 1024];

/// How large the pieces of a log are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sizes {
    /// Bytes of a segment; one larger frame gets a segment of its own size.
    pub segment_bytes: u64,
    /// Frames begin at multiples of so many bytes; a power of two from 256 on.
    pub alignment: u32,
    /// No segment is begun when the disk has less than this free beside it.
    pub reserve_bytes: u64,
}

impl Default for Sizes {
    fn default() -> Self {
        Self { segment_bytes: 64 << 20, alignment: 4_096, reserve_bytes: 256 << 20 }
    }
}

impl Sizes {
    /// # Panics
    /// Where the sizes make no segments: they are constants of the program or of a test.
    pub(crate) fn assert_sound(&self) {
        let Self { segment_bytes, alignment, .. } = *self;
        assert!(
            alignment.is_power_of_two() && (ALIGNMENT_MIN..=1 << 20).contains(&alignment),
            "no alignment: {alignment}"
        );
        let holds = segment_bytes >= 8 * u64::from(alignment) && segment_bytes <= u64::from(u32::MAX);
        assert!(holds && segment_bytes % u64::from(alignment) == 0, "no size of segments: {segment_bytes}");
    }

    /// The length of a segment that is to hold a frame.
    pub(crate) fn segment_for(&self, frame_bytes: u64) -> u64 {
        let around = 2 * u64::from(self.alignment) + foot_bytes(2, self.alignment);
        self.segment_bytes.max(frame_bytes + around)
    }
}

/// Bytes of a foot for so many frames.
pub(crate) fn foot_bytes(frames: usize, alignment: u32) -> u64 {
    (FOOT_BYTES as u64 + 4 * frames as u64).next_multiple_of(u64::from(alignment))
}

/// The path of the segment that begins with a frame.
#[must_use]
pub fn path_of(first: u64) -> String {
    format!("{FOLDER}/{first:020}{SUFFIX}")
}

/// First sequences of all segments, in order.
///
/// # Errors
/// What the disk says. Names that are no segment's are not looked at.
pub fn list<D: Disk>(disk: &D) -> Result<Vec<u64>, DiskFailure> {
    let names = disk.list(FOLDER)?;
    let first = |name: &String| {
        let digits = name.strip_suffix(SUFFIX).filter(|digits| digits.len() == 20)?;
        digits.parse().ok().filter(|first| path_of(*first).ends_with(name))
    };
    let mut firsts: Vec<u64> = names.iter().filter_map(first).collect();
    firsts.sort_unstable();
    Ok(firsts)
}

/// What stands at the front of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SegmentHead {
    /// The chain before its first frame.
    pub chain: Chain,
    /// First frame of the segment before it; 0 for none.
    pub previous_first: u64,
    /// Bytes of the file.
    pub length: u64,
}

impl SegmentHead {
    pub(crate) fn bytes(&self) -> Vec<u8> {
        let chain = &self.chain;
        let mut bytes = vec![0; chain.alignment as usize];
        let mut out = Fields(&mut bytes);
        out.put(&HEAD_MAGIC);
        for word in [chain.book, chain.epoch, chain.position.sequence, self.previous_first, self.length] {
            out.put(&word.to_le_bytes());
        }
        for word in [chain.events, chain.identities, chain.stamp.0.cast_unsigned()] {
            out.put(&word.to_le_bytes());
        }
        out.put(&chain.alignment.to_le_bytes());
        out.put(&u32::from(chain.rules_version).to_le_bytes());
        out.put(&chain.position.head.0);
        let check = crc32c::crc32c(&bytes[..SEGMENT_HEAD_BYTES - 4]);
        bytes[SEGMENT_HEAD_BYTES - 4..SEGMENT_HEAD_BYTES].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    fn read(bytes: &[u8; SEGMENT_HEAD_BYTES]) -> Result<Self, Fault> {
        let end = SEGMENT_HEAD_BYTES - 4;
        if crc32c::crc32c(&bytes[..end]) != u32_at(bytes, end) || bytes[..15] != HEAD_MAGIC[..15] {
            return Err(Fault::FileHead);
        }
        if bytes[15] != HEAD_MAGIC[15] {
            return Err(Fault::Version(u16::from(bytes[15])));
        }
        let chain = Chain {
            book: u64_at(bytes, 16),
            epoch: u64_at(bytes, 24),
            position: Position { sequence: u64_at(bytes, 32), head: digest_at(bytes, 88) },
            events: u64_at(bytes, 56),
            identities: u64_at(bytes, 64),
            stamp: Instant(u64_at(bytes, 72).cast_signed()),
            rules_version: u16::try_from(u32_at(bytes, 84)).map_err(|_| Fault::FileHead)?,
            alignment: u32_at(bytes, 80),
        };
        let head = Self { chain, previous_first: u64_at(bytes, 40), length: u64_at(bytes, 48) };
        let alignment = head.chain.alignment;
        let is_aligned = alignment.is_power_of_two() && alignment >= ALIGNMENT_MIN;
        let is_sound = is_aligned && (2 * u64::from(alignment)..=u64::from(u32::MAX)).contains(&head.length);
        if is_sound { Ok(head) } else { Err(Fault::FileHead) }
    }
}

/// What stands at the end of a segment that is followed by another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Foot {
    /// First frame of the next segment.
    pub next: u64,
    /// Hash of the head of the last frame.
    pub head: Digest,
    /// Where the frames end.
    pub end: u64,
    /// Where each frame begins.
    pub offsets: Vec<u32>,
}

impl Foot {
    /// Its bytes; they end with the file.
    pub(crate) fn bytes(&self, book: u64, alignment: u32) -> Vec<u8> {
        let length = usize::try_from(foot_bytes(self.offsets.len(), alignment)).expect("a foot is in memory");
        let mut bytes = vec![0; length];
        let from = length - FOOT_BYTES - 4 * self.offsets.len();
        let mut out = Fields(&mut bytes[from..]);
        for offset in &self.offsets {
            out.put(&offset.to_le_bytes());
        }
        out.put(&FOOT_MAGIC);
        for word in [book, self.next - self.offsets.len() as u64, self.next, self.end] {
            out.put(&word.to_le_bytes());
        }
        out.put(&self.head.0);
        let check = crc32c::crc32c(&bytes[from..length - 4]);
        bytes[length - 4..].copy_from_slice(&check.to_le_bytes());
        bytes
    }

    /// Reads the foot of a segment; `None` where it has none yet.
    fn read<D: Disk>(disk: &D, segment: &Segment<D::File>) -> Result<Option<Self>, LogFailure> {
        let SegmentHead { chain, length, .. } = &segment.head;
        let mut fixed = [0; FOOT_BYTES];
        segment.read_exact(disk, &mut fixed, length - FOOT_BYTES as u64)?;
        if fixed == [0; FOOT_BYTES] {
            return Ok(None);
        }
        let bad = || segment.rot(length - FOOT_BYTES as u64, Fault::FileFoot);
        let (first, next, end) = (u64_at(&fixed, 24), u64_at(&fixed, 32), u64_at(&fixed, 40));
        let frames = next.checked_sub(first).filter(|frames| *frames <= length / u64::from(chain.alignment));
        let offset_bytes = frames.ok_or_else(bad)? * 4;
        let mut bytes = vec![0; usize::try_from(offset_bytes).expect("a foot is in memory") + FOOT_BYTES];
        let from = length - bytes.len() as u64;
        segment.read_exact(disk, &mut bytes, from)?;
        let (covered, check) = bytes.split_at(bytes.len() - 4);
        let fits = crc32c::crc32c(covered) == u32_at(check, 0) && fixed[..16] == FOOT_MAGIC;
        if !fits || u64_at(&fixed, 16) != chain.book || first != segment.first || end > *length {
            return Err(bad());
        }
        let offsets = covered[..covered.len() + 4 - FOOT_BYTES].chunks_exact(4).map(|word| u32_at(word, 0)).collect();
        Ok(Some(Self { next, head: digest_at(&fixed, 48), end, offsets }))
    }
}

/// An open segment whose head was checked.
#[derive(Debug)]
pub struct Segment<F> {
    /// Its first frame.
    pub first: u64,
    /// Its path.
    pub path: String,
    /// The file.
    pub file: F,
    /// Its head.
    pub head: SegmentHead,
}

impl<F> Segment<F> {
    /// Opens the segment that begins with a frame.
    ///
    /// # Errors
    /// What the disk says, and damage of its head; a segment gets its name when its head is durable.
    pub fn open<D: Disk<File = F>>(disk: &D, book: u64, first: u64) -> Result<Self, LogFailure> {
        let path = path_of(first);
        let file = disk.open(&path)?;
        let found = disk.length(&file)?;
        let mut bytes = [0; SEGMENT_HEAD_BYTES];
        let rot = |why| LogFailure::Rot { file: path.clone(), offset: 0, why };
        if disk.read_at(&file, &mut bytes, 0)? < bytes.len() {
            return Err(rot(Fault::FileHead));
        }
        let head = SegmentHead::read(&bytes).map_err(rot)?;
        if head.chain.book != book {
            return Err(rot(Fault::Book));
        }
        if head.chain.next_sequence() != first {
            return Err(rot(Fault::Sequence { expected: first, found: head.chain.next_sequence() }));
        }
        if head.length != found {
            return Err(rot(Fault::FileLength { expected: head.length, found }));
        }
        Ok(Self { first, path, file, head })
    }

    /// Its foot, where it has one already.
    ///
    /// # Errors
    /// What the disk says, and damage of the foot.
    pub fn foot<D: Disk<File = F>>(&self, disk: &D) -> Result<Option<Foot>, LogFailure> {
        Foot::read(disk, self)
    }

    /// Where its first frame begins.
    #[must_use]
    pub fn start(&self) -> u64 {
        u64::from(self.head.chain.alignment)
    }

    /// Damage at a place of it.
    #[must_use]
    pub fn rot(&self, offset: u64, why: Fault) -> LogFailure {
        LogFailure::Rot { file: self.path.clone(), offset, why }
    }

    fn read_exact<D: Disk<File = F>>(&self, disk: &D, into: &mut [u8], offset: u64) -> Result<(), LogFailure> {
        let found = disk.read_at(&self.file, into, offset)?;
        if found == into.len() {
            return Ok(());
        }
        let length = Fault::FileLength { expected: self.head.length, found: offset + found as u64 };
        Err(self.rot(offset, length))
    }
}

/// A segment for which room is reserved, so that no write of a frame finds the disk full.
///
/// Filling it with zeros would make syncs of small frames faster, since the file system need not note which bytes were
/// written, but then every byte goes to the disk twice: where the disk is the limit, that halves what goes into the log.
#[derive(Debug)]
pub(crate) struct Prepared<F> {
    file: F,
    length: u64,
}

impl<F> Prepared<F> {
    pub(crate) fn create<D: Disk<File = F>>(disk: &D) -> Result<Self, DiskFailure> {
        Ok(Self { file: disk.create(NEXT)?, length: 0 })
    }

    pub(crate) fn length(&self) -> u64 {
        self.length
    }

    /// Reserves so many bytes in all; durable afterwards.
    pub(crate) fn reserve<D: Disk<File = F>>(&mut self, disk: &D, length: u64) -> Result<(), DiskFailure> {
        if self.length >= length {
            return Ok(());
        }
        disk.reserve(&self.file, length)?;
        disk.sync(&self.file)?;
        self.length = length;
        Ok(())
    }

    /// Gives it its head and its name. Everything before it must be durable.
    pub(crate) fn name<D: Disk<File = F>>(
        self,
        disk: &D,
        chain: &Chain,
        previous_first: u64,
    ) -> Result<Segment<F>, DiskFailure> {
        let head = SegmentHead { chain: chain.clone(), previous_first, length: self.length };
        let first = chain.next_sequence();
        disk.write_at(&self.file, &head.bytes(), 0)?;
        disk.sync(&self.file)?;
        let path = path_of(first);
        disk.rename(NEXT, &path)?;
        disk.sync_folder(FOLDER)?;
        // Failures name a file by what it was opened as.
        let file = disk.open(&path)?;
        Ok(Segment { first, path, file, head })
    }
}

/// Writes zeros over a part of a file; nothing is synced.
pub(crate) fn fill<D: Disk>(disk: &D, file: &D::File, from: u64, until: u64) -> Result<(), DiskFailure> {
    let mut at = from;
    while at < until {
        let bytes = (until - at).min(ZEROS.len() as u64);
        disk.write_at(file, &ZEROS[..usize::try_from(bytes).expect("a piece is small")], at)?;
        at += bytes;
    }
    Ok(())
}

/// The front of a frame, as bytes of its size.
pub(crate) fn front(bytes: &[u8]) -> Option<[u8; HEAD_BYTES]> {
    (bytes.len() >= HEAD_BYTES).then(|| array_at(bytes, 0))
}
