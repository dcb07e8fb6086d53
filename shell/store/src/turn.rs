//! A turn: what goes into one frame of the log. A batch, or what happened without one, with what was decided.
//!
//! A turn has parts, since a batch is decided up to the row at which a cut falls due: each part is a cause and the
//! [`Decisions`] that it had. Causes say everything that deciding needs besides the state, so that the parts can be decided
//! again in their order.

use calendar::Instant;
use canon::Digest;
use engine::{Amendment, Command, Decisions};
use event::{AdapterId, Columns, FileId};

/// One batch, or none, and what was decided.
#[derive(Clone, Debug, Default)]
pub struct Turn {
    /// The rows that parts with [`Cause::Rows`] are of, with book-wide words; empty where there are none.
    pub columns: Columns,
    /// What happened, in order.
    pub parts: Vec<Part>,
}

/// One cause and its decisions.
#[derive(Clone, Debug)]
pub struct Part {
    /// What brought it about.
    pub cause: Cause,
    /// What it did.
    pub decisions: Decisions,
}

/// What a part of a turn was decided for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cause {
    /// Rows of the turn's batch, beginning with the first that no part before has: [`Decisions::rows`].
    Rows,
    /// The same rows, held as they are: deciding them had stopped the node twice.
    Held,
    /// A person's command was put on the timeline, or carried out.
    Command(Command),
    /// A file was taken.
    File(TakenFile),
    /// The rows of a file that amends its slot have ended.
    FileEnd {
        /// Which file.
        file: FileId,
        /// Whether all of them came; they broke off otherwise.
        whole: bool,
    },
    /// The book was defined, or defined anew.
    Define(Definition),
    /// What an older system leaves was taken over.
    Open,
    /// Cuts up to this instant were made and everything ticked.
    Look(Instant),
    /// A person accepted what the clock says.
    Clock(AcceptedClock),
}

/// A file whose rows follow.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TakenFile {
    /// Its number, which its batches name.
    pub file: FileId,
    /// Whose format it has.
    pub adapter: AdapterId,
    /// Its name, without a folder.
    pub name: Box<str>,
    /// Its slot and the digest of its bytes, where its rows are known by slot and place.
    pub slot: Option<(Box<str>, Digest)>,
    /// What it does in a slot that another file has: a part of its own, behind the one that found the slot taken.
    pub amendment: Option<Amendment>,
}

/// What a book is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Definition {
    /// The key of its identities and fingerprints: drawn once, the same in every definition of the book.
    pub key: u64,
    /// The files of its folder, in order of their paths.
    pub files: Vec<DefinitionFile>,
}

/// One file of a book's folder.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DefinitionFile {
    /// Relative to the folder, with `/` between the parts.
    pub path: Box<str>,
    /// As it was read.
    pub bytes: Box<[u8]>,
}

/// A jump of the clock that a person has accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AcceptedClock {
    /// Up to where stamps may jump.
    pub until: Instant,
    /// Who.
    pub by: Box<str>,
    /// Why.
    pub reason: Box<str>,
}

/// A definition of a book, and when it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Defined {
    /// The book's files.
    pub definition: Definition,
    /// When it was loaded: nothing new of it was known before.
    pub at: Instant,
    /// How many words the book had: it was loaded onto these.
    pub words: u64,
}

/// What a node holds beside the state of its books.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// How the book was defined, again and again.
    pub definitions: Vec<Defined>,
    /// Names of files by number.
    pub files: Vec<Box<str>>,
    /// Until when a person has accepted the clock.
    pub accepted_until: Instant,
}
