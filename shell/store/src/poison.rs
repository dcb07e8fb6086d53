//! The marker of a batch that stopped its book: what it was, and how often.
//!
//! A batch that runs into an assertion would do so again for ever. So each such stop is marked beside the log, by the
//! digest of the batch's raw bytes; whoever opens the book next knows which batch to hold as it is after the second time.
//! The marker is no part of the books: without it a batch is tried again.

use crate::disk::{Disk, DiskFailure};
use canon::Digest;

const PATH: &str = "poison";
const NEW: &str = "poison.new";
const MAGIC: &[u8; 16] = b"jeongsan.poison1";
const BYTES: usize = 16 + 32 + 4 + 4;

/// A batch that stopped its book.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Poison {
    /// Digest of its raw bytes.
    pub batch: Digest,
    /// How often it did.
    pub stops: u32,
}

impl Poison {
    /// The marker of a book; none where there is none, or where it cannot be read: then the batch is tried once more.
    ///
    /// # Errors
    /// What the disk says.
    pub fn read<D: Disk>(disk: &D) -> Result<Option<Self>, DiskFailure> {
        let file = match disk.open(PATH) {
            Err(failure) if failure.is_missing() => return Ok(None),
            opened => opened?,
        };
        let mut bytes = [0; BYTES];
        if disk.read_at(&file, &mut bytes, 0)? != BYTES || bytes[..16] != *MAGIC {
            return Ok(None);
        }
        let word = |at: usize| u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]]);
        let mut batch = Digest([0; 32]);
        batch.0.copy_from_slice(&bytes[16..48]);
        Ok((crc32c::crc32c(&bytes[..52]) == word(52)).then_some(Self { batch, stops: word(48) }))
    }

    /// Puts the marker in the place of an earlier one.
    ///
    /// # Errors
    /// What the disk says.
    pub fn write<D: Disk>(&self, disk: &D) -> Result<(), DiskFailure> {
        let mut bytes = Vec::with_capacity(BYTES);
        bytes.extend_from_slice(MAGIC);
        bytes.extend_from_slice(&self.batch.0);
        bytes.extend_from_slice(&self.stops.to_le_bytes());
        let check = crc32c::crc32c(&bytes);
        bytes.extend_from_slice(&check.to_le_bytes());
        remove(disk, NEW)?;
        let file = disk.create(NEW)?;
        disk.write_at(&file, &bytes, 0)?;
        disk.sync(&file)?;
        disk.rename(NEW, PATH)?;
        disk.sync_folder("")
    }

    /// Removes the marker: the batch is in the log.
    ///
    /// # Errors
    /// What the disk says.
    pub fn clear<D: Disk>(disk: &D) -> Result<(), DiskFailure> {
        remove(disk, PATH)?;
        disk.sync_folder("")
    }
}

fn remove<D: Disk>(disk: &D, path: &str) -> Result<(), DiskFailure> {
    match disk.remove(path) {
        Err(failure) if !failure.is_missing() => Err(failure),
        _ => Ok(()),
    }
}
