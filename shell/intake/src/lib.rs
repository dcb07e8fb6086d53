//! Partner formats to columnar batches of events.
//!
//! Bytes come in through `impl Read`, batches of [`event::Columns`] go out; there is no file access and no clock here.
//! [`Splitter`] is the serial part: it decompresses and cuts the bytes into chunks at record boundaries, cheaply, and
//! many lanes take turns at it. [`Reader`] is the parallel part, one a lane: it turns a chunk into a batch. A row that
//! cannot be read becomes a [`event::Refusal`] with its place and reason, and the rest goes on.

mod adapt;
pub mod adapter;
mod cell;
mod cells;
mod decompress;
mod delimited;
mod encoding;
pub mod files;
mod json;
mod kept;
mod nested;
mod plan;
mod split;
mod time;
mod words;

pub use adapt::{FileFacts, Reader};
pub use cells::{TableCell, cells_of_row};
pub use kept::Kept;
pub use plan::identity_of;
pub use split::{Chunk, ChunkFault, Limits, ReadFault, Record, Splitter};
