//! The one writer of a log.
//!
//! Writes go into a segment for which there is room already; the next one is prepared between them. After the first failure
//! of the disk nothing is tried again: what a failed write or sync left behind is not known.

use super::LogFailure;
use crate::disk::{Disk, DiskFailure};
use crate::frame::{Chain, FrameBytes, Mark, Position};
use crate::segments::{Foot, NEXT, Prepared, Segment, Sizes, foot_bytes};
use std::io::ErrorKind;
use std::sync::Arc;

/// How much can still be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Room {
    /// As much as one wants.
    Ample,
    /// The disk has no room for another segment: only so many bytes of frames, each up to the alignment. Whoever decides
    /// stops before they are used up.
    Scarce(u64),
}

/// Writes frames and makes them durable.
#[derive(Debug)]
pub struct Writer<D: Disk> {
    disk: Arc<D>,
    sizes: Sizes,
    /// After the last frame that was written.
    chain: Chain,
    durable: u64,
    segment: Segment<D::File>,
    /// Where the next frame goes.
    offset: u64,
    /// Where each frame of the segment begins.
    offsets: Vec<u32>,
    next: Option<Prepared<D::File>>,
    /// Why there is no room for another segment.
    scarce: Option<String>,
    stopped: Option<String>,
}

/// Where a writer begins: right behind frames that are durable.
#[derive(Debug)]
pub(super) struct Place<F> {
    pub(super) chain: Chain,
    pub(super) segment: Segment<F>,
    pub(super) offset: u64,
    pub(super) offsets: Vec<u32>,
}

impl<D: Disk> Writer<D> {
    /// Begins a new epoch behind the frames that are there.
    pub(super) fn start(disk: Arc<D>, sizes: Sizes, place: Place<D::File>) -> Result<Self, LogFailure> {
        let Place { mut chain, segment, offset, offsets } = place;
        let durable = chain.position.sequence;
        chain.alignment = sizes.alignment;
        let mut sealing = chain.clone();
        let mut writer =
            Self { disk, sizes, chain, durable, segment, offset, offsets, next: None, scarce: None, stopped: None };
        writer.write(&mut [sealing.seal_start()])?;
        writer.sync()?;
        Ok(writer)
    }

    /// The chain behind the last frame that was written: whoever seals frames goes on from here.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// The last sequence that is durable.
    #[must_use]
    pub fn durable(&self) -> u64 {
        self.durable
    }

    /// Writes the next frames. They are durable after [`Writer::sync`].
    ///
    /// # Errors
    /// [`LogFailure::DiskFull`] where they would need a segment for which there is no room: then none of them is written.
    /// After any other failure the writer has stopped.
    ///
    /// # Panics
    /// Where the frames do not follow on those written before.
    pub fn write(&mut self, frames: &mut [FrameBytes]) -> Result<(), LogFailure> {
        self.refuse_if_stopped()?;
        self.find_room(frames)?;
        for frame in frames {
            let bytes = frame.bytes().len() as u64;
            let rolled = if self.fits(1, bytes) { Ok(()) } else { self.roll(bytes) };
            self.stop_at(rolled)?;
            let written = self.write_one(frame);
            self.stop_at(written)?;
        }
        Ok(())
    }

    fn write_one(&mut self, frame: &mut FrameBytes) -> Result<(), DiskFailure> {
        let mut chain = self.chain.clone();
        let follows = chain.follow(frame.head(), frame.position().head);
        assert!(follows.is_ok(), "frames are written in their order: {follows:?}");
        let offset = u32::try_from(self.offset).expect("segments are below 4 GiB");
        let mark = Mark { durable: self.durable, offset };
        self.disk.write_at(&self.segment.file, frame.mark(mark), self.offset)?;
        self.offset += frame.bytes().len() as u64;
        self.offsets.push(offset);
        self.chain = chain;
        Ok(())
    }

    /// Makes all that was written durable; gives the last sequence.
    ///
    /// # Errors
    /// What the disk says; then the writer has stopped.
    pub fn sync(&mut self) -> Result<u64, LogFailure> {
        self.refuse_if_stopped()?;
        let synced = self.sync_segment();
        self.stop_at(synced)?;
        Ok(self.durable)
    }

    /// Writes what is to be said at the end, and makes it durable.
    ///
    /// # Errors
    /// What the disk says; then the next start finds the log as after a crash.
    pub fn close(mut self) -> Result<Position, LogFailure> {
        self.sync()?;
        let mut end = self.chain.clone().seal_end();
        // Room for it was left by every frame before it.
        let written = self.write_one(&mut end);
        self.stop_at(written)?;
        self.sync()?;
        Ok(self.chain.position)
    }

    /// Prepares the next segment: for when there is nothing to write. Does nothing when it is ready.
    ///
    /// # Errors
    /// What the disk says; then the writer has stopped. A full disk is no failure here, see [`Room`].
    pub fn prepare(&mut self) -> Result<Room, LogFailure> {
        self.refuse_if_stopped()?;
        if self.reserved() < self.sizes.segment_bytes {
            let prepared = self.prepare_next();
            self.stop_at(prepared)?;
        }
        Ok(self.room())
    }

    /// How much can still be written, as far as is known.
    #[must_use]
    pub fn room(&self) -> Room {
        if self.scarce.is_none() {
            return Room::Ample;
        }
        // An end mark stays possible, and a foot for as many frames as could come.
        let alignment = u64::from(self.sizes.alignment);
        let left = self.segment.head.length - self.offset;
        let frames = self.offsets.len() + usize::try_from(left / alignment).expect("a segment is below 4 GiB");
        Room::Scarce(left.saturating_sub(alignment + foot_bytes(frames, self.sizes.alignment)))
    }

    /// Why there is no room for another segment, where there is none.
    #[must_use]
    pub fn scarce(&self) -> Option<&str> {
        self.scarce.as_deref()
    }

    /// Bytes of the next segment.
    fn reserved(&self) -> u64 {
        self.next.as_ref().map_or(0, Prepared::length)
    }

    fn prepare_next(&mut self) -> Result<(), DiskFailure> {
        let Sizes { segment_bytes, reserve_bytes, .. } = self.sizes;
        let free = self.disk.free_bytes()?;
        self.scarce = None;
        if free < reserve_bytes.saturating_add(segment_bytes) {
            let why = LogFailure::DiskFull { free, needed: segment_bytes, reserve: reserve_bytes };
            self.scarce = Some(why.to_string());
            return self.give_back();
        }
        match self.reserve_next(segment_bytes) {
            Err(failure) if is_full(&failure) => {
                self.scarce = Some(format!("{failure}: {}", failure.source));
                self.give_back()
            }
            reserved => reserved,
        }
    }

    fn reserve_next(&mut self, length: u64) -> Result<(), DiskFailure> {
        let next = match &mut self.next {
            Some(next) => next,
            none => none.insert(Prepared::create(&*self.disk)?),
        };
        next.reserve(&*self.disk, length)
    }

    /// Removes a segment that cannot be finished; others may need the room more.
    fn give_back(&mut self) -> Result<(), DiskFailure> {
        if self.next.take().is_some() { self.disk.remove(NEXT) } else { Ok(()) }
    }

    /// Refuses frames that would need more room than there is.
    fn find_room(&mut self, frames: &[FrameBytes]) -> Result<(), LogFailure> {
        let bytes = frames.iter().map(|frame| frame.bytes().len() as u64).sum();
        if self.fits(frames.len(), bytes) {
            return Ok(());
        }
        // What does not fit here goes into the next; where it does not fit there either, into more of them.
        let reserved = self.reserved();
        let around = 2 * u64::from(self.sizes.alignment) + foot_bytes(frames.len() + 1, self.sizes.alignment);
        if bytes + around <= reserved {
            return Ok(());
        }
        let largest = frames.iter().map(|frame| self.sizes.segment_for(frame.bytes().len() as u64)).max();
        let needed = (2 * (bytes + around)).max(largest.unwrap_or(0)).saturating_sub(reserved);
        let free = self.disk.free_bytes();
        let (free, reserve) = (self.stop_at(free)?, self.sizes.reserve_bytes);
        if free < reserve.saturating_add(needed) {
            return Err(LogFailure::DiskFull { free, needed, reserve });
        }
        Ok(())
    }

    /// Whether frames fit into the segment, with an end mark and a foot behind them.
    fn fits(&self, frames: usize, bytes: u64) -> bool {
        let alignment = self.segment.head.chain.alignment;
        let behind = u64::from(alignment) + foot_bytes(self.offsets.len() + frames + 1, alignment);
        alignment == self.sizes.alignment && self.offset + bytes + behind <= self.segment.head.length
    }

    /// Goes on in a new segment. The order of these steps is explained in [`crate::segments`].
    fn roll(&mut self, frame_bytes: u64) -> Result<(), DiskFailure> {
        self.sync_segment()?;
        let length = self.sizes.segment_for(frame_bytes);
        self.reserve_next(length)?;
        let next = self.next.take().expect("it was prepared right before");
        let next = next.name(&*self.disk, &self.chain, self.segment.first)?;
        let full = std::mem::replace(&mut self.segment, next);
        let offsets = std::mem::take(&mut self.offsets);
        let foot = Foot { next: self.segment.first, head: self.chain.position.head, end: self.offset, offsets };
        write_foot(&*self.disk, &full, &foot)?;
        self.offset = self.segment.start();
        Ok(())
    }

    fn sync_segment(&mut self) -> Result<(), DiskFailure> {
        if self.durable < self.chain.position.sequence {
            self.disk.sync(&self.segment.file)?;
            self.durable = self.chain.position.sequence;
        }
        Ok(())
    }

    fn refuse_if_stopped(&self) -> Result<(), LogFailure> {
        self.stopped.clone().map_or(Ok(()), |why| Err(LogFailure::Stopped(why)))
    }

    fn stop_at<T>(&mut self, done: Result<T, DiskFailure>) -> Result<T, LogFailure> {
        if let Err(failure) = &done {
            self.stopped = Some(format!("{failure}: {}", failure.source));
        }
        Ok(done?)
    }
}

/// Seals a segment behind which another stands.
pub(super) fn write_foot<D: Disk>(disk: &D, segment: &Segment<D::File>, foot: &Foot) -> Result<(), DiskFailure> {
    let bytes = foot.bytes(segment.head.chain.book, segment.head.chain.alignment);
    disk.write_at(&segment.file, &bytes, segment.head.length - bytes.len() as u64)?;
    disk.sync(&segment.file)
}

fn is_full(failure: &DiskFailure) -> bool {
    matches!(failure.source.kind(), ErrorKind::StorageFull | ErrorKind::QuotaExceeded)
}
