//! Pages of 4 KiB, each with its own check: what runs and the stored filter are made of.
//!
//! A page begins with 32 bytes: CRC-32C of all that follows, how many things it holds, its position in the file, and the
//! mark of its file. So a page that was damaged fails, and so does a good page of another place or another file. The
//! page at position 0 is a head: magic of 16 bytes, numbers, zeros, and the CRC-32C of all that in its last four bytes.

use super::{Flaw, RunFailure};
use crate::Disk;

pub(super) const PAGE_BYTES: usize = 4096;
/// Bytes before the body of a page.
pub(super) const HEAD_BYTES: usize = 32;
pub(super) const MAGIC_BYTES: usize = 16;
const HEAD_CHECK_AT: usize = PAGE_BYTES - 4;

/// Tells pages of one file from those of all others: the first bytes of a digest of the file's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct FileMark(pub(super) [u8; 16]);

/// Completes a page whose body is written.
pub(super) fn complete(page: &mut [u8], mark: FileMark, position: u64, count: usize) {
    assert_eq!(page.len(), PAGE_BYTES, "pages have one size");
    page[4..8].copy_from_slice(&(count as u32).to_le_bytes());
    page[8..16].copy_from_slice(&position.to_le_bytes());
    page[16..32].copy_from_slice(&mark.0);
    let check = crc32c::crc32c(&page[4..]);
    page[..4].copy_from_slice(&check.to_le_bytes());
}

/// Completes a head whose numbers are written behind the magic.
pub(super) fn complete_head(page: &mut [u8; PAGE_BYTES], magic: &[u8; MAGIC_BYTES]) {
    page[..MAGIC_BYTES].copy_from_slice(magic);
    let check = crc32c::crc32c(&page[..HEAD_CHECK_AT]);
    page[HEAD_CHECK_AT..].copy_from_slice(&check.to_le_bytes());
}

/// An open file of pages, for reading.
#[derive(Debug)]
pub(super) struct Pages<D: Disk> {
    pub(super) file: D::File,
    pub(super) path: String,
}

impl<D: Disk> Pages<D> {
    pub(super) fn open(disk: &D, path: String) -> Result<Self, RunFailure> {
        Ok(Self { file: disk.open(&path)?, path })
    }

    /// Fills a buffer of whole pages from a position; checks nothing but that they are there.
    pub(super) fn read(&self, disk: &D, into: &mut [u8], position: u64) -> Result<(), RunFailure> {
        let read = disk.read_at(&self.file, into, position * PAGE_BYTES as u64)?;
        if read == into.len() {
            return Ok(());
        }
        let offset = position * PAGE_BYTES as u64 + read as u64;
        Err(RunFailure::Damaged { file: self.path.clone(), offset, flaw: Flaw::Length })
    }

    /// The head, with its magic and check.
    pub(super) fn read_head(&self, disk: &D, magic: &[u8; MAGIC_BYTES]) -> Result<[u8; PAGE_BYTES], RunFailure> {
        let mut page = [0; PAGE_BYTES];
        self.read(disk, &mut page, 0)?;
        if page[..MAGIC_BYTES] != magic[..] {
            return Err(self.damaged(0, Flaw::Magic));
        }
        if crc32c::crc32c(&page[..HEAD_CHECK_AT]) != u32_at(&page, HEAD_CHECK_AT) {
            return Err(self.damaged(0, Flaw::Check));
        }
        Ok(page)
    }

    /// Checks a page that was read from a position: damage, place, file, and how many things it holds.
    #[inline]
    pub(super) fn check(&self, page: &[u8], mark: FileMark, position: u64, count: usize) -> Result<(), RunFailure> {
        let flaw = if crc32c::crc32c(&page[4..PAGE_BYTES]) != u32_at(page, 0) {
            Flaw::Check
        } else if page[16..32] != mark.0 || u64_at(page, 8) != position {
            Flaw::Place
        } else if u32_at(page, 4) as usize != count {
            Flaw::Count
        } else {
            return Ok(());
        };
        Err(self.damaged(position, flaw))
    }

    /// The file has as many pages as its head says, and no byte more.
    pub(super) fn check_length(&self, disk: &D, pages: u64) -> Result<(), RunFailure> {
        let length = disk.length(&self.file)?;
        if pages.checked_mul(PAGE_BYTES as u64) == Some(length) {
            return Ok(());
        }
        Err(RunFailure::Damaged { file: self.path.clone(), offset: length, flaw: Flaw::Length })
    }

    pub(super) fn damaged(&self, position: u64, flaw: Flaw) -> RunFailure {
        RunFailure::Damaged { file: self.path.clone(), offset: position * PAGE_BYTES as u64, flaw }
    }
}

/// A little-endian number at a place.
#[inline]
pub(super) fn u32_at(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes(bytes[at..at + 4].try_into().expect("four bytes"))
}

/// A little-endian number at a place.
#[inline]
pub(super) fn u64_at(bytes: &[u8], at: usize) -> u64 {
    u64::from_le_bytes(bytes[at..at + 8].try_into().expect("eight bytes"))
}
