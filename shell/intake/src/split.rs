//! Cuts a stream of bytes into chunks at record boundaries.

use crate::adapter::Adapter;
use std::io::Read;

/// A piece of a file that holds whole records, at most [`event::BATCH_ROWS_MAX`] of them. Recycled.
#[derive(Clone, Debug, Default)]
pub struct Chunk {
    /// The records' text, in the file's encoding.
    pub bytes: Vec<u8>,
    /// Place of this chunk in its file, from 0: the ticket for deciding.
    pub number: u64,
    /// Records of the file that stand before this chunk.
    pub first_record: u64,
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
    input: R,
}

impl<R: Read> Splitter<R> {
    /// Over the bytes of one file, compressed or not.
    pub fn new(input: R, _adapter: &Adapter) -> Self {
        Self { input }
    }

    /// Fills `out` with the next records; false, with an empty chunk, at the end.
    ///
    /// # Errors
    /// Where the bytes could not be read.
    pub fn next_chunk(&mut self, out: &mut Chunk) -> Result<bool, ReadFault> {
        out.bytes.clear();
        self.input.read_to_end(&mut out.bytes)?;
        Ok(false)
    }
}
