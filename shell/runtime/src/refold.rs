//! A log folded from its first frame on, frame by frame: for whoever checks it, or looks into the past.
//!
//! Nothing is decided. Identities are forgotten by and by, since a fold never asks for one; so memory is what the state
//! needs besides them, and one frame.

use crate::open::{Folding, Load, OpenFailure, sections};
use book::{Loaded, load_onto};
use engine::Engine;
use std::sync::Arc;
use store::Disk;
use store::frame::Section;
use store::log::{Frame, Reader, Sections};

/// See the module.
#[derive(Debug)]
pub struct Refold<D: Disk> {
    folding: Folding,
    reader: Reader<D>,
    until: u64,
}

/// A frame, and the books right behind it.
#[derive(Debug)]
pub struct Folded<'a> {
    /// The frame.
    pub frame: Frame<'a>,
    /// The books and what they are by now, once there is a definition.
    pub book: Option<(&'a Engine, &'a Loaded)>,
    /// Names of the files that were taken so far, by number.
    pub files: &'a [Box<str>],
}

impl<D: Disk> Refold<D> {
    /// Begins before the first frame, to go up to one that is whole. `more` are sections that the caller wants to see.
    ///
    /// # Errors
    /// What the disk says, and a damaged log.
    pub fn begin(disk: Arc<D>, book: u64, until: u64, more: &[Section]) -> Result<Self, OpenFailure> {
        Self::begin_with(disk, book, until, more, load_onto)
    }

    pub(crate) fn begin_with(
        disk: Arc<D>,
        book: u64,
        until: u64,
        more: &[Section],
        load: Load,
    ) -> Result<Self, OpenFailure> {
        let wanted: Sections = more.iter().fold(sections(), |wanted, &section| wanted.with(section));
        let reader = Reader::open(disk, book, 1, wanted)?;
        // No identity is young enough to be gathered.
        let folding = Folding::begin(None, u64::MAX, load)?;
        Ok(Self { folding, reader, until })
    }

    /// Folds the next frame.
    ///
    /// # Errors
    /// Damage, with file and offset; a frame that makes no sense.
    pub fn advance(&mut self) -> Result<Option<Folded<'_>>, OpenFailure> {
        let Some(frame) = self.reader.next(self.until)? else { return Ok(None) };
        self.folding.fold(frame.head, frame.section(Section::Commands), frame.section(Section::Decisions))?;
        let book = self.folding.book.as_ref().map(|(engine, loaded)| (engine, loaded));
        Ok(Some(Folded { frame, book, files: &self.folding.files }))
    }

    /// The books behind the last frame.
    ///
    /// # Errors
    /// Where there is no definition.
    pub fn book(&self) -> Result<(&Engine, &Loaded), OpenFailure> {
        self.folding.book.as_ref().map(|(engine, loaded)| (engine, loaded)).ok_or(OpenFailure::Empty)
    }
}
