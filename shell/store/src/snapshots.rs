//! Snapshots: a state as it stood behind a frame, so that a start folds only what follows.
//!
//! ```text
//! snapshots/<sequence, 20 digits>.snapshot
//!   magic (16) | head (112, the last 4 its CRC-32C) | sections | foot
//!   section    number (4) | bytes (4) | CRC-32C (4) | bytes of codec::write_beside (the first), codec::write_state
//!   foot       a section without bytes; its number is how many there are. Nothing follows.
//! ```
//!
//! The check of a section goes on from that of the head, over number, length and bytes, so a section of another snapshot
//! or place does not pass. Order on disk: `x.new` is written and synced, read back and checked, then renamed, then the
//! folder is synced; only then the snapshot counts. The newest [`KEPT`] stay. A damaged one is passed over and named: an
//! older one and the log give the same state. In memory is one section at a time, about a megabyte; the state is shared
//! with its book and not copied.

#[cfg(test)]
mod tests;

use crate::codec::{self, StateReader};
use crate::frame::Position;
use crate::turn::Beside;
use crate::{Disk, DiskFailure};
use calendar::Instant;
use canon::Digest;
use engine::StateParts;

/// So many snapshots are kept: the newest, and two to fall back on.
pub const KEPT: usize = 3;

/// The folder of snapshots in that of a book.
const FOLDER: &str = "snapshots";
const ENDING: &str = ".snapshot";
/// Files with this ending were being written.
const UNFINISHED: &str = ".new";

const MAGIC: &[u8; 16] = b"jeongsan.snapsh1";
const HEAD_BYTES: usize = MAGIC.len() + 112;
/// Number, length and check of a section.
const SECTION_HEAD_BYTES: usize = 12;

/// What a snapshot says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SnapshotHead {
    /// The book, as [`crate::frame::book_number`] gives it.
    pub book: u64,
    /// The last frame that is in it.
    pub position: Position,
    /// The stamp of that frame.
    pub stamp: Instant,
    /// Events in all frames up to it.
    pub events: u64,
    /// Identities claimed by all frames up to it.
    pub identities: u64,
    /// The rules by which it was decided.
    pub rules_version: u16,
}

/// Why a snapshot cannot be written or read.
#[derive(Debug, thiserror::Error)]
pub enum SnapshotFailure {
    /// The disk failed.
    #[error(transparent)]
    Disk(#[from] DiskFailure),
    /// The file is not what was written.
    #[error("`{file}` is damaged at offset {offset}: {what}")]
    Damaged {
        /// Its path from the folder of the book.
        file: String,
        /// Where, in bytes.
        offset: u64,
        /// In what way.
        what: &'static str,
    },
}

/// What is to be had of snapshots.
#[derive(Debug)]
pub struct Newest {
    /// The newest that is whole; none: the log is folded from its first frame.
    pub found: Option<Snapshot>,
    /// Why newer ones were passed over.
    pub skipped: Vec<SnapshotFailure>,
}

/// A snapshot.
#[derive(Clone, Debug)]
pub struct Snapshot {
    /// What it says of itself.
    pub head: SnapshotHead,
    /// What the node holds beside the state.
    pub beside: Beside,
    /// The state.
    pub parts: StateParts,
}

/// Writes a snapshot, reads it back, and removes those beyond [`KEPT`]. What an interrupted writing left is removed before.
///
/// # Errors
/// What the disk says, and [`SnapshotFailure::Damaged`] where what is read back is not what was written. Then older
/// snapshots stand as before.
pub fn write<D: Disk>(disk: &D, snapshot: &Snapshot) -> Result<(), SnapshotFailure> {
    let Snapshot { head, beside, parts } = snapshot;
    disk.create_folder(FOLDER)?;
    disk.sync_folder("")?;
    remove_unfinished(disk)?;
    let path = path_of(head.position.sequence);
    let unfinished = format!("{path}{UNFINISHED}");
    let file = disk.create(&unfinished)?;
    let mut writer = Writer { disk, file, offset: 0, number: 0, check: 0, buffer: Vec::new() };
    writer.head(head)?;
    let mut bytes = Vec::new();
    codec::write_beside(&mut bytes, beside);
    writer.section(&bytes)?;
    codec::write_state(parts, |section| writer.section(section))?;
    writer.section(&[])?;
    drop(writer);
    // The file is opened again, so that it is read as it will be after a start.
    let read = read_sections(disk, &unfinished, |_| Ok(()))?;
    if read != *head {
        return Err(damaged(&unfinished, 0, "it was read back as another"));
    }
    disk.rename(&unfinished, &path)?;
    disk.sync_folder(FOLDER)?;
    retain(disk)
}

/// The newest snapshot of a book that is whole.
///
/// # Errors
/// Where the folder cannot be listed.
pub fn newest<D: Disk>(disk: &D, book: u64) -> Result<Newest, DiskFailure> {
    let mut skipped = Vec::new();
    for sequence in sequences(disk)?.into_iter().rev() {
        match read(disk, book, sequence) {
            Ok(found) => return Ok(Newest { found: Some(found), skipped }),
            Err(failure) => skipped.push(failure),
        }
    }
    Ok(Newest { found: None, skipped })
}

/// Reads the snapshot of a book behind a frame.
///
/// # Errors
/// What the disk says, and where the file is not what was written.
pub fn read<D: Disk>(disk: &D, book: u64, sequence: u64) -> Result<Snapshot, SnapshotFailure> {
    let path = path_of(sequence);
    let (mut beside, mut reader) = (None, StateReader::default());
    let head = read_sections(disk, &path, |section| match beside {
        None => codec::read_beside(section).map(|read| beside = Some(read)),
        Some(_) => reader.take(section),
    })?;
    if head.book != book {
        return Err(damaged(&path, 0, "it belongs to another book"));
    }
    if head.position.sequence != sequence {
        return Err(damaged(&path, 0, "it has the name of another"));
    }
    let parts = reader.finish().ok_or_else(|| damaged(&path, 0, "parts of the state are missing"))?;
    let beside = beside.ok_or_else(|| damaged(&path, 0, "what is beside the state is missing"))?;
    Ok(Snapshot { head, beside, parts })
}

/// The frames behind which snapshots stand, ascending; whether they are whole is not asked.
///
/// # Errors
/// Where the folder cannot be listed.
pub fn sequences<D: Disk>(disk: &D) -> Result<Vec<u64>, DiskFailure> {
    let names = disk.list(FOLDER)?;
    let mut sequences: Vec<u64> = names.iter().filter_map(|name| sequence_of(name)).collect();
    sequences.sort_unstable();
    Ok(sequences)
}

fn retain<D: Disk>(disk: &D) -> Result<(), SnapshotFailure> {
    let sequences = sequences(disk)?;
    let spare = sequences.len().saturating_sub(KEPT);
    for &sequence in &sequences[..spare] {
        disk.remove(&path_of(sequence))?;
    }
    if spare > 0 {
        disk.sync_folder(FOLDER)?;
    }
    Ok(())
}

fn remove_unfinished<D: Disk>(disk: &D) -> Result<(), DiskFailure> {
    for name in disk.list(FOLDER)?.iter().filter(|name| name.ends_with(UNFINISHED)) {
        disk.remove(&format!("{FOLDER}/{name}"))?;
    }
    Ok(())
}

fn path_of(sequence: u64) -> String {
    format!("{FOLDER}/{sequence:020}{ENDING}")
}

fn sequence_of(name: &str) -> Option<u64> {
    let digits = name.strip_suffix(ENDING)?;
    let is_ours = digits.len() == 20 && digits.bytes().all(|byte| byte.is_ascii_digit());
    if is_ours { digits.parse().ok() } else { None }
}

fn damaged(file: &str, offset: u64, what: &'static str) -> SnapshotFailure {
    SnapshotFailure::Damaged { file: file.into(), offset, what }
}

impl SnapshotHead {
    fn bytes(&self) -> [u8; HEAD_BYTES] {
        let mut bytes = Vec::with_capacity(HEAD_BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.book.to_le_bytes());
        bytes.extend_from_slice(&self.position.sequence.to_le_bytes());
        bytes.extend_from_slice(&self.position.head.0);
        bytes.extend_from_slice(&self.stamp.0.to_le_bytes());
        bytes.extend_from_slice(&self.events.to_le_bytes());
        bytes.extend_from_slice(&self.identities.to_le_bytes());
        bytes.extend_from_slice(&self.rules_version.to_le_bytes());
        // What a later format may fill.
        bytes.resize(HEAD_BYTES - 4, 0);
        bytes.extend_from_slice(&crc32c::crc32c(&bytes).to_le_bytes());
        bytes.try_into().expect("the head is filled to its end")
    }

    /// A head and its check.
    fn of(bytes: &[u8; HEAD_BYTES]) -> Result<(Self, u32), &'static str> {
        if bytes[..MAGIC.len()] != *MAGIC {
            return Err("it does not begin as a snapshot does");
        }
        let u64_at = |at: usize| u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"));
        let check = u32::from_le_bytes(bytes[HEAD_BYTES - 4..].try_into().expect("four bytes"));
        if crc32c::crc32c(&bytes[..HEAD_BYTES - 4]) != check {
            return Err("the head fails its check");
        }
        let head = Self {
            book: u64_at(16),
            position: Position { sequence: u64_at(24), head: Digest(bytes[32..64].try_into().expect("32 bytes")) },
            stamp: Instant(u64_at(64).cast_signed()),
            events: u64_at(72),
            identities: u64_at(80),
            rules_version: u16::from_le_bytes(bytes[88..90].try_into().expect("two bytes")),
        };
        Ok((head, check))
    }
}

/// Appends to a file.
struct Writer<'d, D: Disk> {
    disk: &'d D,
    file: D::File,
    offset: u64,
    number: u32,
    /// That of the head, from which those of sections go on.
    check: u32,
    buffer: Vec<u8>,
}

impl<D: Disk> Writer<'_, D> {
    fn head(&mut self, head: &SnapshotHead) -> Result<(), DiskFailure> {
        let bytes = head.bytes();
        self.check = u32::from_le_bytes(bytes[HEAD_BYTES - 4..].try_into().expect("four bytes"));
        self.append(&bytes)
    }

    fn section(&mut self, bytes: &[u8]) -> Result<(), DiskFailure> {
        let length = u32::try_from(bytes.len()).expect("a section is about a megabyte");
        let mut buffer = std::mem::take(&mut self.buffer);
        buffer.clear();
        buffer.extend_from_slice(&self.number.to_le_bytes());
        buffer.extend_from_slice(&length.to_le_bytes());
        buffer.extend_from_slice(&check_of(self.check, &buffer, bytes).to_le_bytes());
        buffer.extend_from_slice(bytes);
        self.append(&buffer)?;
        // Each by itself, so that the log, which shares the disk, never waits for a whole snapshot.
        self.disk.sync(&self.file)?;
        (self.buffer, self.number) = (buffer, self.number + 1);
        Ok(())
    }

    fn append(&mut self, bytes: &[u8]) -> Result<(), DiskFailure> {
        self.disk.write_at(&self.file, bytes, self.offset)?;
        self.offset += bytes.len() as u64;
        Ok(())
    }
}

/// The check of a section, from that of the head over number and length to its last byte.
fn check_of(head: u32, number_and_length: &[u8], bytes: &[u8]) -> u32 {
    crc32c::crc32c_append(crc32c::crc32c_append(head, number_and_length), bytes)
}

/// Reads a snapshot from its first to its last byte, and gives its sections to `take` when their checks have passed.
fn read_sections<D: Disk>(
    disk: &D,
    path: &str,
    mut take: impl FnMut(&[u8]) -> Result<(), codec::Fault>,
) -> Result<SnapshotHead, SnapshotFailure> {
    let file = disk.open(path)?;
    let mut left = Left { disk, path, length: disk.length(&file)?, file, offset: 0 };
    let mut head = [0; HEAD_BYTES];
    left.fill(&mut head)?;
    let (head, check) = SnapshotHead::of(&head).map_err(|what| damaged(path, 0, what))?;
    let mut bytes = Vec::new();
    for number in 0_u32.. {
        let at = left.offset;
        let mut front = [0; SECTION_HEAD_BYTES];
        left.fill(&mut front)?;
        let field = |at: usize| u32::from_le_bytes(front[at..at + 4].try_into().expect("four bytes"));
        // Not longer than the file: a damaged length must not make room for gigabytes.
        if u64::from(field(4)) > left.length - left.offset {
            return Err(damaged(path, at, "a section is longer than the file"));
        }
        bytes.resize(field(4) as usize, 0);
        left.fill(&mut bytes)?;
        if check_of(check, &front[..8], &bytes) != field(8) || field(0) != number {
            return Err(damaged(path, at, "a section fails its check"));
        }
        if bytes.is_empty() {
            break;
        }
        let place = |fault: codec::Fault| at + (SECTION_HEAD_BYTES + fault.offset) as u64;
        take(&bytes).map_err(|fault| damaged(path, place(fault), fault.what))?;
    }
    if left.offset == left.length { Ok(head) } else { Err(damaged(path, left.offset, "something follows its end")) }
}

/// What is left of a file.
struct Left<'d, D: Disk> {
    disk: &'d D,
    path: &'d str,
    file: D::File,
    length: u64,
    offset: u64,
}

impl<D: Disk> Left<'_, D> {
    fn fill(&mut self, into: &mut [u8]) -> Result<(), SnapshotFailure> {
        let read = self.disk.read_at(&self.file, into, self.offset)?;
        if read < into.len() {
            return Err(damaged(self.path, self.offset + read as u64, "it ends too early"));
        }
        self.offset += read as u64;
        Ok(())
    }
}
