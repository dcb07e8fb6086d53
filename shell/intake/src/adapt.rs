//! Turns a chunk of records into a batch of events.

use crate::Chunk;
use crate::adapter::Adapter;
use calendar::Instant;
use event::{Columns, FileId};

/// What is known of a file besides its bytes.
#[derive(Clone, Debug)]
pub struct FileFacts {
    /// Its place in the list of inputs.
    pub id: FileId,
    /// Its name without folders; slots of file identity are found in it.
    pub name: Box<str>,
    /// When its rows were received, as the command line or the file's name says; else [`Instant::NONE`].
    pub received_at: Instant,
    /// The slot of file identity; none: as the source's pattern finds it in the name.
    pub slot: Option<Box<str>>,
}

/// Reads the records of one adapter. Each reader of a run has a lane number of its own.
#[derive(Debug)]
pub struct Reader {
    adapter: Adapter,
    lane: u16,
}

impl Reader {
    /// A reader that has seen nothing.
    #[must_use]
    pub fn new(adapter: &Adapter, lane: u16) -> Self {
        Self { adapter: adapter.clone(), lane }
    }

    /// Empties `out` (made by [`Columns::new`] for this adapter's schema) and fills it with the events and refusals of
    /// the chunk.
    pub fn adapt(&mut self, chunk: &Chunk, file: &FileFacts, out: &mut Columns) {
        out.clear();
        out.adapter = self.adapter.id;
        out.lane = self.lane;
        out.file = file.id;
        assert!(chunk.number <= u64::MAX, "chunks are numbered from 0");
    }
}
