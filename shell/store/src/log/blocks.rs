//! Reading a file in larger blocks than are asked for.

use crate::disk::{Disk, DiskFailure};
use std::ops::Range;

/// So much is read at once where one frame after the other is read in full.
pub(super) const READ_AHEAD: usize = 2 << 20;

/// A part of a file in memory. Its size is the largest that was asked for, which the caller bounds.
#[derive(Debug, Default)]
pub(super) struct Blocks {
    buffer: Vec<u8>,
    start: u64,
    filled: usize,
    /// Nothing is read ahead beyond the length of the file.
    length: u64,
}

impl Blocks {
    /// For a file of a length; memory of before is used again.
    pub(super) fn turn_to(&mut self, length: u64) {
        self.forget();
        self.length = length;
    }

    /// Where in [`Blocks::bytes`] the bytes of a part stand; fewer than asked for only at the end of the file. What has to be
    /// read is read with so many bytes ahead.
    pub(super) fn read<D: Disk>(
        &mut self,
        disk: &D,
        file: &D::File,
        part: Range<u64>,
        ahead: usize,
    ) -> Result<Range<usize>, DiskFailure> {
        let bytes = usize::try_from(part.end - part.start).expect("a part is in memory");
        let until = self.start + self.filled as u64;
        if self.start <= part.start && part.end <= until {
            let from = usize::try_from(part.start - self.start).expect("a block is in memory");
            return Ok(from..from + bytes);
        }
        let mut kept = 0;
        if (self.start..until).contains(&part.start) {
            let from = usize::try_from(part.start - self.start).expect("a block is in memory");
            self.buffer.copy_within(from..self.filled, 0);
            kept = self.filled - from;
        }
        self.forget();
        let left = usize::try_from(self.length.saturating_sub(part.start)).unwrap_or(usize::MAX);
        let wanted = bytes.max(ahead.min(left));
        if self.buffer.len() < wanted {
            self.buffer.resize(wanted, 0);
        }
        let more = disk.read_at(file, &mut self.buffer[kept..wanted], part.start + kept as u64)?;
        self.start = part.start;
        self.filled = kept + more;
        Ok(0..bytes.min(self.filled))
    }

    pub(super) fn bytes(&self) -> &[u8] {
        &self.buffer
    }

    /// Reads anew next time.
    pub(super) fn forget(&mut self) {
        self.filled = 0;
    }
}
