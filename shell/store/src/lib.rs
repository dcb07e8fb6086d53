//! What a book keeps on disk, and nothing else knows how it looks: frames in segments, runs of identities, snapshots.
//!
//! Everything goes through the port [`Disk`], so that a simulator can lose, tear and damage it. No threads and no clock
//! are known here; who syncs when is the caller's business.

pub mod codec;
pub mod disk;
mod filter;
pub mod folder;
pub mod frame;
pub mod log;
mod poison;
pub mod runs;
pub mod segments;
pub mod snapshots;
pub mod turn;

pub use disk::{Disk, DiskFailure};
pub use filter::LayerSizes;
pub use folder::{Folder, step_back};
pub use poison::Poison;
