//! The chain: what makes a sequence of frames out of bodies. Pure, and cheap enough for a turn.

use super::{Body, FRAME_BYTES_MAX, Fault, FrameHead, HEAD_BYTES, Kind, Mark};
use calendar::Instant;
use canon::Digest;

/// A place in the log: a frame, named so that no other log has it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its sequence; 0 is the place before the first frame.
    pub sequence: u64,
    /// Hash of its head.
    pub head: Digest,
}

impl Position {
    /// Before the first frame.
    pub const START: Self = Self { sequence: 0, head: Digest([0; 32]) };
}

/// What a turn says about its frame.
#[derive(Clone, Copy, Debug)]
pub struct About {
    /// Its events.
    pub events: u32,
    /// Identities that it claims.
    pub identities: u32,
    /// Its stamp.
    pub stamp: Instant,
    /// The rules by which it was decided.
    pub rules_version: u16,
}

/// Where a log stands: what the next head is made of, and checked against.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Chain {
    /// The book, as [`super::book_number`] gives it.
    pub book: u64,
    /// The opening that writes; 0 before the first.
    pub epoch: u64,
    /// The last frame.
    pub position: Position,
    /// Events in all frames.
    pub events: u64,
    /// Identities claimed in all frames.
    pub identities: u64,
    /// The latest stamp.
    pub stamp: Instant,
    /// Rules of the last frame.
    pub rules_version: u16,
    /// Frames begin and end at multiples of so many bytes.
    pub alignment: u32,
}

impl Chain {
    /// The chain of a book before its first frame.
    #[must_use]
    pub fn new(book: u64, alignment: u32) -> Self {
        let position = Position::START;
        Self { book, epoch: 0, position, events: 0, identities: 0, stamp: Instant::NONE, rules_version: 0, alignment }
    }

    /// The sequence of the next frame.
    #[must_use]
    pub fn next_sequence(&self) -> u64 {
        self.position.sequence + 1
    }

    /// Makes a turn's body the next frame.
    ///
    /// # Panics
    /// Where the stamp decreases.
    pub fn seal(&mut self, about: About, body: Body) -> FrameBytes {
        self.seal_as(Kind::Turn, about, body)
    }

    /// The frame that begins a new epoch.
    pub(crate) fn seal_start(&mut self) -> FrameBytes {
        self.epoch += 1;
        self.seal_as(Kind::Start, self.about_nothing(), Body::empty())
    }

    /// The frame that says that the log was closed.
    pub(crate) fn seal_end(&mut self) -> FrameBytes {
        self.seal_as(Kind::End, self.about_nothing(), Body::empty())
    }

    fn about_nothing(&self) -> About {
        About { events: 0, identities: 0, stamp: self.stamp, rules_version: self.rules_version }
    }

    fn seal_as(&mut self, kind: Kind, about: About, body: Body) -> FrameBytes {
        assert!(about.stamp >= self.stamp, "stamps never decrease: {:?} after {:?}", about.stamp, self.stamp);
        let Body { mut bytes, lengths, checks, digest } = body;
        let head = FrameHead {
            kind,
            rules_version: about.rules_version,
            book: self.book,
            epoch: self.epoch,
            sequence: self.next_sequence(),
            first_event: self.events,
            events: about.events,
            identities: self.identities + u64::from(about.identities),
            stamp: about.stamp,
            lengths,
            checks,
            previous: self.position.head,
            body: digest,
        };
        let padded = bytes.len().next_multiple_of(self.alignment as usize);
        assert!(padded as u64 <= FRAME_BYTES_MAX, "a turn is bounded far below the largest frame: {padded} bytes");
        bytes.resize(padded, 0);
        head.write(&mut bytes[..HEAD_BYTES]);
        let hash = canon::digest(&bytes[..super::SEALED_BYTES]);
        self.advance(&head, hash);
        FrameBytes { head, position: self.position, bytes }
    }

    /// Goes on to the next frame, if the head is its.
    ///
    /// # Errors
    /// In what the head does not follow.
    pub fn follow(&mut self, head: &FrameHead, hash: Digest) -> Result<(), Fault> {
        if head.book != self.book {
            return Err(Fault::Book);
        }
        if head.sequence != self.next_sequence() {
            return Err(Fault::Sequence { expected: self.next_sequence(), found: head.sequence });
        }
        if head.previous != self.position.head {
            return Err(Fault::Chain);
        }
        let is_start = head.kind == Kind::Start;
        let epoch_fits = if is_start { head.epoch > self.epoch } else { head.epoch == self.epoch };
        let grows = head.identities >= self.identities && head.stamp >= self.stamp;
        if !epoch_fits || !grows || head.first_event != self.events {
            return Err(Fault::Totals);
        }
        self.advance(head, hash);
        Ok(())
    }

    /// The chain right after a frame that is known to be good.
    pub(crate) fn after(head: &FrameHead, hash: Digest, alignment: u32) -> Self {
        let mut chain = Self::new(head.book, alignment);
        chain.advance(head, hash);
        chain
    }

    fn advance(&mut self, head: &FrameHead, hash: Digest) {
        self.epoch = head.epoch;
        self.position = Position { sequence: head.sequence, head: hash };
        self.events = head.first_event + u64::from(head.events);
        self.identities = head.identities;
        self.stamp = head.stamp;
        self.rules_version = head.rules_version;
    }
}

/// A sealed frame, as it will stand on disk.
#[derive(Debug)]
pub struct FrameBytes {
    head: FrameHead,
    position: Position,
    bytes: Vec<u8>,
}

impl FrameBytes {
    /// Its head.
    #[must_use]
    pub fn head(&self) -> &FrameHead {
        &self.head
    }

    /// Its place in the log.
    #[must_use]
    pub fn position(&self) -> Position {
        self.position
    }

    /// The bytes as they go to disk, up to the alignment.
    #[must_use]
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// A section's bytes.
    #[must_use]
    pub fn section(&self, section: super::Section) -> &[u8] {
        let range = self.head.range(section);
        let at = |offset: u64| usize::try_from(offset).expect("a frame is in memory");
        &self.bytes[at(range.start)..at(range.end)]
    }

    /// Sets the writer's mark, and gives the bytes to be written.
    pub(crate) fn mark(&mut self, mark: Mark) -> &[u8] {
        mark.write(&mut self.bytes);
        &self.bytes
    }

    /// The buffer, for the next [`super::Draft`].
    #[must_use]
    pub fn into_buffer(self) -> Vec<u8> {
        self.bytes
    }
}
