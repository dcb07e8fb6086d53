//! Reading frames, one after the other or from any place.
//!
//! Every byte that is handed out was checked: heads by their check, their mark and the chain; sections by the body's digest
//! where all are read, by their own checks otherwise. What is read ahead of a writer may be half written: a bad frame is
//! read once more from the file before it is called bad.
//!
//! Finding a frame costs the foot of its segment, or, in the last segment, the heads before it that were not met yet. Memory: the
//! largest part of a frame that is read or 2 MiB, and four bytes for each frame of one segment.

use super::LogFailure;
use super::blocks::{Blocks, READ_AHEAD};
use super::scan::{Seen, look, tail};
use crate::disk::Disk;
use crate::frame::{Chain, Fault, FrameHead, HEAD_BYTES, Mark, Position, SECTIONS, Section};
use crate::segments::{Foot, Segment, list, path_of};
use std::ops::Range;
use std::sync::Arc;

/// The least that is read at once.
const BLOCK_BYTES: usize = 4_096;

/// A set of sections.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sections(u8);

impl Sections {
    /// Heads alone.
    pub const NONE: Self = Self(0);
    /// Whole frames.
    pub const ALL: Self = Self(0b1111);

    /// With one more.
    #[must_use]
    pub const fn with(self, section: Section) -> Self {
        Self(self.0 | 1 << section as u8)
    }

    /// Whether a section is one of them.
    #[must_use]
    pub const fn has(self, section: Section) -> bool {
        self.0 & 1 << section as u8 != 0
    }
}

/// A frame as it was read.
#[derive(Debug)]
pub struct Frame<'a> {
    /// Its head.
    pub head: &'a FrameHead,
    /// Its place in the log.
    pub position: Position,
    /// What the writer said when it wrote it.
    pub mark: Mark,
    /// Its segment, relative to the book's folder.
    pub file: &'a str,
    /// Where in it.
    pub offset: u64,
    bytes: &'a [u8],
    sections: Sections,
}

impl<'a> Frame<'a> {
    /// A section.
    ///
    /// # Panics
    /// Where the reader was not asked for it.
    #[must_use]
    pub fn section(&self, section: Section) -> &'a [u8] {
        assert!(self.sections.has(section), "section `{section}` was not read");
        &self.bytes[in_memory(self.head.range(section))]
    }
}

/// Goes through the frames of a log.
#[derive(Debug)]
pub struct Reader<D: Disk> {
    disk: Arc<D>,
    book: u64,
    sections: Sections,
    /// Segments as they were known last.
    firsts: Vec<u64>,
    segment: Segment<D::File>,
    /// The segment's foot, where it was looked for and found.
    foot: Option<Foot>,
    /// Where the segment's frames begin that were met, from the first on.
    offsets: Vec<u32>,
    /// The chain up to the next frame, and where that begins.
    chain: Chain,
    offset: u64,
    blocks: Blocks,
    ahead: usize,
    /// The frame that was read last.
    seen: Option<Seen>,
}

impl<D: Disk> Reader<D> {
    /// Begins with a frame, which may be the one that comes next.
    ///
    /// # Errors
    /// What the disk says, and damage of what leads to that frame.
    pub fn open(disk: Arc<D>, book: u64, from: u64, sections: Sections) -> Result<Self, LogFailure> {
        let firsts = list(&*disk)?;
        let segment = Segment::open(&*disk, book, segment_of(&firsts, from)?)?;
        let (chain, offset) = (segment.head.chain.clone(), segment.start());
        let (offsets, blocks, ahead) = (Vec::new(), Blocks::default(), BLOCK_BYTES);
        let mut reader = Self {
            disk,
            book,
            sections,
            firsts,
            segment,
            foot: None,
            offsets,
            chain,
            offset,
            blocks,
            ahead,
            seen: None,
        };
        reader.blocks.turn_to(reader.segment.head.length);
        reader.find(from)?;
        Ok(reader)
    }

    /// The chain up to the frame that is read next.
    #[must_use]
    pub fn chain(&self) -> &Chain {
        &self.chain
    }

    /// Reads other sections from now on, of frames here and there: nothing is read ahead of the next one.
    pub fn turn_to(&mut self, sections: Sections) {
        (self.sections, self.ahead) = (sections, BLOCK_BYTES);
    }

    /// Goes on with another frame, which may be the one that comes next.
    ///
    /// # Errors
    /// What the disk says, and damage of what leads to that frame.
    pub fn seek(&mut self, from: u64) -> Result<(), LogFailure> {
        let met = self.segment.first..=self.segment.first + self.offsets.len() as u64;
        if !met.contains(&from) && self.firsts.last().is_none_or(|&newest| from >= newest) {
            self.firsts = list(&*self.disk)?;
        }
        let first = segment_of(&self.firsts, from)?;
        if first != self.segment.first {
            let segment = Segment::open(&*self.disk, self.book, first)?;
            self.enter(segment);
        }
        self.find(from)
    }

    /// The next frame, up to a sequence: while others are written, the last that is durable. `None` behind that one.
    /// With `u64::MAX` reading ends where the log does, and nothing may stand behind: for a log that nobody writes.
    ///
    /// # Errors
    /// What the disk says, and damage.
    pub fn next(&mut self, until: u64) -> Result<Option<Frame<'_>>, LogFailure> {
        if self.chain.position.sequence >= until {
            return Ok(None);
        }
        let Some((offset, range)) = self.advance(self.sections)? else {
            return if until == u64::MAX { self.expect_end() } else { Err(self.missing()) };
        };
        let Seen { head, mark, .. } = self.seen.as_ref().expect("it was read right before");
        let (position, file) = (self.chain.position, self.segment.path.as_str());
        let bytes = &self.blocks.bytes()[range];
        Ok(Some(Frame { head, position, mark: *mark, file, offset, bytes, sections: self.sections }))
    }

    /// Nothing may stand behind the end of the log.
    fn expect_end(&self) -> Result<Option<Frame<'_>>, LogFailure> {
        let is_last = list(&*self.disk)?.last() == Some(&self.segment.first);
        if self.foot.is_some() || !is_last {
            return Err(self.missing());
        }
        let behind = tail(&*self.disk, &self.segment, self.offset, 0, self.chain.next_sequence())?;
        if behind.end > 0 { Err(self.segment.rot(self.offset, Fault::Garbage)) } else { Ok(None) }
    }

    fn missing(&self) -> LogFailure {
        self.segment.rot(self.offset, Fault::Missing(self.chain.next_sequence()))
    }

    /// Reads the next frame; gives where it begins and where its bytes stand in the block. `None` where there are zeros.
    fn advance(&mut self, sections: Sections) -> Result<Option<(u64, Range<usize>)>, LogFailure> {
        loop {
            if self.foot.as_ref().is_some_and(|foot| foot.end == self.offset) {
                self.go_on()?;
            }
            let mut read = self.read(sections);
            if matches!(read, Ok(None) | Err(LogFailure::Rot { .. })) {
                // It may have been written since the block was read.
                self.blocks.forget();
                read = self.read(sections);
            }
            let is_over = matches!(read, Ok(None) | Err(LogFailure::Rot { .. }));
            if !is_over || self.foot.is_some() {
                return read;
            }
            self.foot = self.segment.foot(&*self.disk)?;
            if self.foot.as_ref().is_none_or(|foot| foot.end != self.offset) {
                return read;
            }
        }
    }

    fn read(&mut self, sections: Sections) -> Result<Option<(u64, Range<usize>)>, LogFailure> {
        let (offset, file) = (self.offset, &self.segment.file);
        let head = offset..offset + HEAD_BYTES as u64;
        let range = self.blocks.read(&*self.disk, file, head, self.ahead)?;
        let rot = |why| self.segment.rot(offset, why);
        let Some(seen) = look(&self.blocks.bytes()[range], offset).map_err(rot)? else { return Ok(None) };
        let mut chain = self.chain.clone();
        chain.follow(&seen.head, seen.hash).map_err(rot)?;
        let bytes = seen.head.frame_bytes(chain.alignment);
        if offset + bytes > self.segment.head.length {
            return Err(rot(Fault::Length));
        }
        let last = SECTIONS.into_iter().rev().find(|&section| sections.has(section));
        let until = last.map_or(HEAD_BYTES as u64, |section| seen.head.range(section).end);
        // Whoever reads most of each frame reads the file as it lies; others jump from frame to frame.
        self.ahead = if until * 2 >= bytes { READ_AHEAD } else { in_memory(0..until).end.max(BLOCK_BYTES) };
        let range = self.blocks.read(&*self.disk, file, offset..offset + until, self.ahead)?;
        check(&seen.head, &self.blocks.bytes()[range.clone()], sections)
            .map_err(|(at, why)| self.segment.rot(offset + at, why))?;
        if self.chain.position.sequence + 1 == self.segment.first + self.offsets.len() as u64 {
            self.offsets.push(u32::try_from(offset).expect("segments are below 4 GiB"));
        }
        self.offset += bytes;
        self.chain = chain;
        self.seen = Some(seen);
        Ok(Some((offset, range)))
    }

    /// Goes from the end of a segment to the next.
    fn go_on(&mut self) -> Result<(), LogFailure> {
        let (next, before) = (self.chain.next_sequence(), self.segment.first);
        let foot = self.foot.take().expect("only a segment with a foot has one behind it");
        if foot.next != next || foot.head != self.chain.position.head {
            return Err(self.segment.rot(foot.end, Fault::Chain));
        }
        let segment = open_next(&*self.disk, self.book, next)?;
        let follows = Chain { alignment: self.chain.alignment, ..segment.head.chain.clone() } == self.chain;
        if !follows || segment.head.previous_first != before {
            return Err(segment.rot(0, Fault::Gap(before)));
        }
        self.enter(segment);
        Ok(())
    }

    fn enter(&mut self, segment: Segment<D::File>) {
        self.blocks.turn_to(segment.head.length);
        self.offsets.clear();
        self.foot = None;
        self.segment = segment;
        self.rewind();
    }

    fn rewind(&mut self) {
        self.chain = self.segment.head.chain.clone();
        self.offset = self.segment.start();
    }

    /// Goes to the place of a frame of this segment, or right behind its last.
    fn find(&mut self, from: u64) -> Result<(), LogFailure> {
        if from == self.chain.next_sequence() {
            return Ok(());
        }
        let Some(before) = from.checked_sub(1).filter(|&before| before >= self.segment.first) else {
            self.rewind();
            return Ok(());
        };
        self.look_for_foot()?;
        let known = self.foot.as_ref().map_or(&self.offsets, |foot| &foot.offsets);
        let wanted = in_memory(0..before - self.segment.first).end;
        match known.get(wanted.min(known.len().saturating_sub(1))) {
            Some(&offset) => {
                let met = wanted.min(known.len() - 1) as u64;
                self.stand_behind(self.segment.first + met, u64::from(offset))?;
            }
            None => self.rewind(),
        }
        while self.chain.next_sequence() < from {
            if self.advance(Sections::NONE)?.is_none() {
                return Err(self.missing());
            }
        }
        Ok(())
    }

    /// A foot saves the way through the heads. One that cannot be read may be just being written: then the heads are read, and
    /// where they end it has to be good.
    fn look_for_foot(&mut self) -> Result<(), LogFailure> {
        if self.foot.is_none() {
            self.foot = match self.segment.foot(&*self.disk) {
                Err(LogFailure::Rot { .. }) => None,
                found => found?,
            };
        }
        Ok(())
    }

    /// Goes right behind a frame whose place is known.
    fn stand_behind(&mut self, sequence: u64, offset: u64) -> Result<(), LogFailure> {
        let head = offset..offset + HEAD_BYTES as u64;
        let range = self.blocks.read(&*self.disk, &self.segment.file, head, BLOCK_BYTES)?;
        let rot = |why| self.segment.rot(offset, why);
        let seen = look(&self.blocks.bytes()[range], offset).map_err(rot)?.ok_or(rot(Fault::Missing(sequence)))?;
        if seen.head.book != self.book {
            return Err(rot(Fault::Book));
        }
        if seen.head.sequence != sequence {
            return Err(rot(Fault::Sequence { expected: sequence, found: seen.head.sequence }));
        }
        let alignment = self.segment.head.chain.alignment;
        self.chain = Chain::after(&seen.head, seen.hash, alignment);
        self.offset = offset + seen.head.frame_bytes(alignment);
        Ok(())
    }
}

/// The segment in which a frame stands, or will stand.
fn segment_of(firsts: &[u64], sequence: u64) -> Result<u64, LogFailure> {
    let Some(&oldest) = firsts.first() else { return Err(LogFailure::Absent) };
    let behind = firsts.partition_point(|&first| first <= sequence);
    let found = behind.checked_sub(1).map(|at| firsts[at]);
    found.ok_or_else(|| LogFailure::Rot { file: path_of(oldest), offset: 0, why: Fault::Missing(sequence) })
}

/// Opens the segment that must follow.
fn open_next<D: Disk>(disk: &D, book: u64, next: u64) -> Result<Segment<D::File>, LogFailure> {
    match Segment::open(disk, book, next) {
        Err(LogFailure::Disk(failure)) if failure.is_missing() => {
            Err(LogFailure::Rot { file: path_of(next), offset: 0, why: Fault::Missing(next) })
        }
        opened => opened,
    }
}

/// Checks the sections that were read; gives the place of a bad one within the frame.
fn check(head: &FrameHead, frame: &[u8], sections: Sections) -> Result<(), (u64, Fault)> {
    if sections == Sections::ALL {
        let body = frame.get(HEAD_BYTES..).filter(|body| body.len() as u64 == head.body_bytes());
        let fits = body.is_some_and(|body| canon::digest(body) == head.body);
        return if fits { Ok(()) } else { Err((HEAD_BYTES as u64, Fault::Body)) };
    }
    for section in SECTIONS.into_iter().filter(|&section| sections.has(section)) {
        let range = head.range(section);
        let at = range.start;
        let bytes = frame.get(in_memory(range)).ok_or((at, Fault::Length))?;
        head.check(section, bytes).map_err(|why| (at, why))?;
    }
    Ok(())
}

fn in_memory(range: Range<u64>) -> Range<usize> {
    let narrow = |at| usize::try_from(at).expect("a frame is in memory");
    narrow(range.start)..narrow(range.end)
}
