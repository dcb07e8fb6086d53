//! The port to a disk: what the store asks of a folder that is its own.
//!
//! Paths are relative to that folder, with `/` between their parts. Nothing is durable before [`Disk::sync`] for the bytes
//! of a file, and [`Disk::sync_folder`] for its name. A failed sync says nothing about what is on disk: it is never tried
//! again.

use std::fmt::Debug;
use std::io;

/// A folder on a disk.
pub trait Disk: Debug + Send + Sync {
    /// An open file.
    type File: Debug + Send + Sync;

    /// Creates a file that is not there, for reading and writing.
    ///
    /// # Errors
    /// What the disk says, also where the file is there already.
    fn create(&self, path: &str) -> Result<Self::File, DiskFailure>;

    /// Opens a file that is there, for reading and writing.
    ///
    /// # Errors
    /// What the disk says; [`DiskFailure::is_missing`] where there is no such file.
    fn open(&self, path: &str) -> Result<Self::File, DiskFailure>;

    /// How many bytes a file has.
    ///
    /// # Errors
    /// What the disk says.
    fn length(&self, file: &Self::File) -> Result<u64, DiskFailure>;

    /// Fills a buffer from a place of a file; fewer bytes only at its end. Gives how many.
    ///
    /// # Errors
    /// What the disk says.
    fn read_at(&self, file: &Self::File, into: &mut [u8], offset: u64) -> Result<usize, DiskFailure>;

    /// Writes all bytes at a place of a file, which grows where they lie behind its end.
    ///
    /// # Errors
    /// What the disk says; what of it was written is not known then.
    fn write_at(&self, file: &Self::File, bytes: &[u8], offset: u64) -> Result<(), DiskFailure>;

    /// Makes a file at least so long, with room on the disk for all of it; new bytes read as zeros.
    ///
    /// # Errors
    /// What the disk says, [`std::io::ErrorKind::StorageFull`] where it has no room; what of it was done is not known then.
    fn reserve(&self, file: &Self::File, length: u64) -> Result<(), DiskFailure>;

    /// Makes the bytes of a file durable.
    ///
    /// # Errors
    /// What the disk says; then what is on disk is not known.
    fn sync(&self, file: &Self::File) -> Result<(), DiskFailure>;

    /// Cuts a file to a length.
    ///
    /// # Errors
    /// What the disk says.
    fn truncate(&self, file: &Self::File, length: u64) -> Result<(), DiskFailure>;

    /// Gives a file another name, in the place of one that has it.
    ///
    /// # Errors
    /// What the disk says.
    fn rename(&self, from: &str, to: &str) -> Result<(), DiskFailure>;

    /// Removes a file.
    ///
    /// # Errors
    /// What the disk says.
    fn remove(&self, path: &str) -> Result<(), DiskFailure>;

    /// Makes a folder, where it is not there.
    ///
    /// # Errors
    /// What the disk says.
    fn create_folder(&self, path: &str) -> Result<(), DiskFailure>;

    /// Makes the names in a folder durable; the folder itself is named by the empty path.
    ///
    /// # Errors
    /// What the disk says.
    fn sync_folder(&self, path: &str) -> Result<(), DiskFailure>;

    /// Names of the files of a folder, in order.
    ///
    /// # Errors
    /// What the disk says; none at all where the folder is not there.
    fn list(&self, path: &str) -> Result<Vec<String>, DiskFailure>;

    /// How many bytes are still free.
    ///
    /// # Errors
    /// What the disk says.
    fn free_bytes(&self) -> Result<u64, DiskFailure>;
}

/// What a disk could not do. The message names what was attempted; what the system said is its source.
#[derive(Debug, thiserror::Error)]
#[error("{attempted} `{}` failed", if path.is_empty() { "." } else { path })]
pub struct DiskFailure {
    /// What was attempted, as in "reading".
    pub attempted: &'static str,
    /// The file or folder, relative to the store's; that one itself has no name, and is told as `.`.
    pub path: String,
    /// What the system said.
    pub source: io::Error,
}

impl DiskFailure {
    /// Whether the file was not there.
    #[must_use]
    pub fn is_missing(&self) -> bool {
        self.source.kind() == io::ErrorKind::NotFound
    }
}
