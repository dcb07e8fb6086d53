//! What names of files say: which adapter reads them, when they were received, which slot they fill.

use crate::adapter::Adapter;
use calendar::Instant;

/// Whether a glob pattern (`*`, `?`) fits a whole file name. A `.gz` or `.zst` behind the name does not count.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    pattern == name
}

/// The adapter that reads files of this name: the first one with a fitting pattern.
#[must_use]
pub fn adapter_for<'a>(adapters: &'a [Adapter], name: &str) -> Option<&'a Adapter> {
    adapters.iter().find(|adapter| adapter.files.iter().any(|pattern| fits(pattern, name)))
}

/// When the rows of a file were received, where the adapter reads it from the file's name; else [`Instant::NONE`].
#[must_use]
pub fn received_at(_adapter: &Adapter, _name: &str) -> Instant {
    Instant::NONE
}

/// The slot that a pattern of file identity finds in a file's name.
#[must_use]
pub fn slot(_pattern: &str, _name: &str) -> Option<Box<str>> {
    None
}
