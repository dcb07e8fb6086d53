//! Where events stand in the log of a book: opened to look, beside whoever writes it.
//!
//! Opened like a node, without a lock and without writing: the newest snapshot and the frames behind it give words, accounts
//! and definitions, runs and the frames behind the last of them give the place of every identity. Then an answer takes, of
//! each run that says "maybe", one page, and of each frame that is looked at its own bytes, the foot of its segment and one
//! head; no segment is gone through. What is looked at is what was durable when it was opened: later frames are not seen.
//!
//! Cost of the opening: that of a start. Memory: the state, 9 bytes an identity for directories and small filters of
//! runs, and 32 bytes for each claim and link behind the last run.

use crate::Scale;
use crate::open::{Folding, OpenFailure, UNSEALED_GENERATIONS_MAX, sections};
use crate::refold::Folded;
use book::{Loaded, load_onto};
use engine::Engine;
use event::Identity;
use std::cell::RefCell;
use std::sync::Arc;
use store::Disk;
use store::frame::{Section, book_number};
use store::log::{self, Reader, Sections};
use store::runs::{Entry, Found, LogMark, Places};
use store::snapshots;

/// The most claims and links of one identity that are told of what is behind the last run.
const YOUNG_MAX: usize = 1 << 12;

/// See the module.
#[derive(Debug)]
pub struct History<D: Disk> {
    folding: Folding,
    places: Places<D>,
    /// What frames behind the last run claim and name, in the order of entries.
    young: Vec<Entry>,
    young_from: u64,
    until: u64,
    /// For frames of all segments but the last, where feet tell places.
    earlier: Reader<D>,
    /// For frames of the last segment, which knows where each begins.
    newest: Reader<D>,
    newest_from: u64,
}

impl<D: Disk> History<D> {
    /// Opens the book with an id.
    ///
    /// # Errors
    /// Damage with file and offset, runs that have to be sealed again first, and what the disk says.
    pub fn open(disk: &Arc<D>, scale: Scale, id: &str) -> Result<Self, OpenFailure> {
        let book = book_number(id);
        // In this order, so that the log is not behind what was made of it.
        let snapshot = snapshots::newest(&**disk, book)?.found;
        let places = open_places(disk, book)?;
        let end = log::look(&**disk, book)?;
        let durable = if end.is_closed { end.chain.position.sequence } else { end.durable };
        let kept = snapshot.as_ref().map_or(0, |snapshot| snapshot.head.position.sequence);
        let until = durable.max(kept).max(places.sealed_to() - 1);
        let identities = end.chain.identities.saturating_sub(places.identities());
        if identities > (UNSEALED_GENERATIONS_MAX + 1) * scale.limits.run_identities as u64 {
            return Err(OpenFailure::Unsealed { identities });
        }
        let mut folding = Folding::begin(snapshot, places.sealed_to(), load_onto)?;
        folding.gather(disk, book)?;
        let mut reader = Reader::open(Arc::clone(disk), book, folding.next, sections())?;
        while let Some(frame) = reader.next(until)? {
            folding.fold(frame.head, frame.section(Section::Commands), frame.section(Section::Decisions))?;
        }
        folding.book.as_ref().ok_or(OpenFailure::Empty)?;
        let young_from = folding.young_from;
        let mut young = std::mem::take(&mut folding.young).into_entries();
        young.sort_by_key(Entry::order);
        let earlier = Reader::open(Arc::clone(disk), book, 1, Sections::NONE)?;
        // It meets all heads of its segment on the way to its end.
        let newest = Reader::open(Arc::clone(disk), book, end.chain.next_sequence(), Sections::NONE)?;
        Ok(Self { folding, places, young, young_from, until, earlier, newest, newest_from: end.first })
    }

    /// The last frame that is looked at.
    #[must_use]
    pub const fn until(&self) -> u64 {
        self.until
    }

    /// The books behind that frame.
    #[must_use]
    pub fn book(&self) -> (&Engine, &Loaded) {
        let (engine, loaded) = self.folding.book.as_ref().expect("it was there when it was opened");
        (engine, loaded)
    }

    /// Names of the files that were taken, by number.
    #[must_use]
    pub fn files(&self) -> &[Box<str>] {
        &self.folding.files
    }

    /// The frames that claim an identity, and those that name it, from the newest on.
    ///
    /// # Errors
    /// What the disk says, and pages of runs that fail their check.
    pub fn find(&self, identity: Identity) -> Result<Found, OpenFailure> {
        let mut found = Found::default();
        let from = self.young.partition_point(|entry| entry.identity < identity);
        let own = self.young[from..].iter().take_while(|entry| entry.identity == identity).count();
        for entry in self.young[from..from + own].iter().rev().take(YOUNG_MAX) {
            let frames = if entry.is_claim() { &mut found.claims } else { &mut found.links };
            frames.push(self.young_from + u64::from(entry.frame()));
        }
        found.has_more = own > YOUNG_MAX;
        self.places.find(identity, &mut found)?;
        Ok(found)
    }

    /// A frame with some of its sections, and the books as they are behind the last one: words, accounts and places of
    /// fields are only ever added.
    ///
    /// # Errors
    /// Damage with file and offset, and what the disk says.
    ///
    /// # Panics
    /// Where the frame lies behind the last one that is looked at.
    pub fn frame(&mut self, sequence: u64, sections: Sections) -> Result<Folded<'_>, OpenFailure> {
        assert!((1..=self.until).contains(&sequence), "only frames up to {} are looked at", self.until);
        let reader = if sequence < self.newest_from { &mut self.earlier } else { &mut self.newest };
        reader.turn_to(sections);
        reader.seek(sequence)?;
        let frame = reader.next(sequence)?.expect("the reader stands before this frame");
        let book = self.folding.book.as_ref().map(|(engine, loaded)| (engine, loaded));
        Ok(Folded { frame, book, files: &self.folding.files })
    }
}

/// Opens the runs; one reader says what the log says at the end of each.
fn open_places<D: Disk>(disk: &Arc<D>, book: u64) -> Result<Places<D>, OpenFailure> {
    let reader = RefCell::new(Reader::open(Arc::clone(disk), book, 1, Sections::NONE)?);
    let mark = |before| {
        let mut reader = reader.borrow_mut();
        reader.seek(before)?;
        let chain = reader.chain();
        Ok(Some(LogMark { identities: chain.identities, chain: chain.position.head }))
    };
    Places::open(Arc::clone(disk), mark).map_err(|failure| OpenFailure::Runs(Box::new(failure)))
}
