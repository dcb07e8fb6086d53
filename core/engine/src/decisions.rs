//! Decisions: what one batch did, with every delta that a later decision reads.
//!
//! State is a fold over these and nothing else. The parts are in the order in which [`crate::State::fold`] applies
//! them: first what is numbered (words, accounts, periods, groups, cells), then what the clock did (changes of periods,
//! statements), then what the events did (claims, tallies, entries).

use crate::links::LinkChange;
use calendar::{Date, Instant};
use canon::Digest;
use close::{Adjustment, Posted, Restated, Statement};
use contract::{Carried, LineKey, RatesId};
use event::{AdapterId, Code, Columns, FileId, Identity, SourceId, Word};
use ledger::{Account, Entries};
use money::{AssetId, Decimal};
use std::ops::Range;

/// What one batch, or the part of it before a cut, did.
#[derive(Clone, Debug, Default)]
pub struct Decisions {
    /// The stamp after it: no later batch has an earlier one.
    pub stamp: Instant,
    /// Which rows of the batch are decided; the rest follows after the cut that fell due.
    pub rows: Range<usize>,
    /// Words that got the next numbers.
    pub words: Vec<Box<str>>,
    /// Accounts that were opened.
    pub accounts: Vec<Account>,
    /// Periods that were opened.
    pub periods: Vec<NewPeriod>,
    /// Combinations of dimensions that a contract met for the first time.
    pub groups: Vec<NewGroup>,
    /// Tallies that were opened.
    pub cells: Vec<NewCell>,
    /// Files that took their slot.
    pub files: Vec<(AdapterId, Box<str>, Digest)>,
    /// What ticks and cuts did to periods, in order.
    pub changes: Vec<Change>,
    /// Statements that were issued.
    pub statements: Vec<Statement>,
    /// What became of each row of [`Decisions::rows`].
    pub outcomes: Vec<Outcome>,
    /// Rows and events held back or refused, in order.
    pub exceptions: Vec<Exception>,
    /// The closing period whose statement the last event of these decisions enters: contract and period.
    pub admitted: Option<(u16, u32)>,
    /// Identities that now count once, for ever.
    pub claims: Vec<Claim>,
    /// Days of accepted events that a reversal may have to find.
    pub origins: Vec<OriginDays>,
    /// What was added to tallies.
    pub tallies: Vec<TallyDelta>,
    /// Events that now wait for their originals.
    pub parked: Vec<Parked>,
    /// Events whose originals came, in the order in which they were decided.
    pub released: Vec<Released>,
    /// What links left behind, in order.
    pub links: Vec<LinkChange>,
    /// Rows of files that others replace, which were taken back.
    pub withdrawn: Vec<Withdrawn>,
    /// Entries: first those of ticks and cuts, then those of events.
    pub entries: Entries,
    /// How the counts moved.
    pub counts: Counts,
}

impl Decisions {
    /// Empties it and keeps what memory it has.
    pub(crate) fn clear(&mut self) {
        // By name, so that no part is forgotten.
        let Self {
            stamp,
            rows,
            words,
            accounts,
            periods,
            groups,
            cells,
            files,
            changes,
            statements,
            outcomes,
            exceptions,
            admitted,
            claims,
            origins,
            tallies,
            parked,
            released,
            links,
            withdrawn,
            entries,
            counts,
        } = self;
        (*stamp, *rows, *counts) = (Instant::default(), Range::default(), Counts::default());
        *admitted = None;
        words.clear();
        accounts.clear();
        periods.clear();
        groups.clear();
        cells.clear();
        files.clear();
        changes.clear();
        statements.clear();
        outcomes.clear();
        exceptions.clear();
        claims.clear();
        origins.clear();
        tallies.clear();
        parked.clear();
        released.clear();
        links.clear();
        withdrawn.clear();
        entries.clear();
    }

    /// Makes room for a batch of so many rows, most of which will be accepted and post one entry.
    pub(crate) fn reserve(&mut self, rows: usize) {
        self.outcomes.reserve(rows);
        self.claims.reserve(rows);
        self.entries.reserve(rows, 4 * rows);
    }
}

/// What became of one row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// It counts.
    Accepted,
    /// It does not, for this reason.
    Refused(Code),
    /// It is held until its original comes.
    Waits,
    /// It was received after the moment at which the books are looked at.
    NotYet,
}

/// Counts of events by what became of them. `accepted + duplicates + conflicts + held + rejected` is all events.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// They count.
    pub accepted: i64,
    /// Same id, same content.
    pub duplicates: i64,
    /// Same id, other content.
    pub conflicts: i64,
    /// Kept back with evidence.
    pub held: i64,
    /// Could be no event.
    pub rejected: i64,
    /// Outside records that passed their checks.
    pub outside_passed: i64,
    /// Outside records that failed them.
    pub outside_failed: i64,
    /// Received after the moment at which the books are looked at.
    pub not_yet: i64,
    /// Commands that were carried out.
    pub commands: i64,
    /// Commands that had been carried out before.
    pub commands_again: i64,
    /// Commands that could not be carried out.
    pub commands_refused: i64,
}

impl Counts {
    /// All events that were decided.
    #[must_use]
    pub const fn events(&self) -> i64 {
        self.accepted + self.duplicates + self.conflicts + self.held + self.rejected
    }

    /// All counts, in the order of their fields.
    #[must_use]
    pub const fn all(&self) -> [i64; 11] {
        let Self { accepted, duplicates, conflicts, held, rejected, outside_passed, outside_failed, not_yet, .. } =
            *self;
        let Self { commands, commands_again, commands_refused, .. } = *self;
        [
            accepted,
            duplicates,
            conflicts,
            held,
            rejected,
            outside_passed,
            outside_failed,
            not_yet,
            commands,
            commands_again,
            commands_refused,
        ]
    }

    /// Adds other counts.
    pub const fn add(&mut self, other: &Self) {
        self.accepted += other.accepted;
        self.duplicates += other.duplicates;
        self.conflicts += other.conflicts;
        self.held += other.held;
        self.rejected += other.rejected;
        self.outside_passed += other.outside_passed;
        self.outside_failed += other.outside_failed;
        self.not_yet += other.not_yet;
        self.commands += other.commands;
        self.commands_again += other.commands_again;
        self.commands_refused += other.commands_refused;
    }
}

/// A period of a contract comes into being.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewPeriod {
    /// Position of the contract.
    pub contract: u16,
    /// First day.
    pub first_on: Date,
    /// Whether its cut had passed already: all its events are late.
    pub closed: bool,
}

/// A combination of dimensions of a contract.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewGroup {
    /// Position of the contract.
    pub contract: u16,
    /// Asset.
    pub asset: AssetId,
    /// A word for each dimension of the contract.
    pub dimensions: Box<[Word]>,
}

/// A tally of a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NewCell {
    /// Position of the contract.
    pub contract: u16,
    /// Position of the group in the contract's state.
    pub group: u32,
    /// Which days it is of.
    pub days: Days,
}

/// The days that a tally is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Days {
    /// Whose tally.
    pub day: Date,
    /// The day that gives the version.
    pub version_on: Date,
    /// The day that gives the rate of exchange, in the calendar of the rates; without conversion the same as `day`.
    pub rate_on: Date,
}

/// An amount added to one sum of one tally.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TallyDelta {
    /// Position of the contract.
    pub contract: u16,
    /// Position of the cell in the contract's state.
    pub cell: u32,
    /// Measure, or slot behind the measures.
    pub slot: u16,
    /// What was added.
    pub delta: i128,
}

/// What a tick or cut did to a period.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Change {
    /// A version became known: these periods may have moved.
    Stale {
        /// Position of the contract.
        contract: u16,
    },
    /// Something that the period's lines depend on moved: what it takes in, or a pooled term.
    Moved {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
    },
    /// Rates of exchange were published: periods that took a provisional one may move.
    Unsure {
        /// Position of the contract.
        contract: u16,
    },
    /// What the period leaves to the next.
    Carried {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// Asset of the amounts.
        asset: AssetId,
        /// What is left.
        carried: Carried,
        /// Whether `F` took a provisional rate.
        provisional: bool,
    },
    /// A line of the statement to be issued was moved by a named admission, or booked at the issue.
    Drafted {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// Asset of the line.
        asset: AssetId,
        /// The line.
        key: LineKey,
        /// Where it stands.
        posted: Posted,
    },
    /// The statement was issued.
    Issued {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
    },
    /// The tick has seen all that moved in the period.
    Fresh {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
    },
    /// A line now stands at this; none: it is gone.
    Line {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// Asset of the line.
        asset: AssetId,
        /// The line.
        key: LineKey,
        /// What is posted for it.
        posted: Option<Posted>,
    },
    /// A restatement line of an earlier period now stands at this in the period.
    Restatement {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// Asset of the line.
        asset: AssetId,
        /// First day of the period that is adjusted.
        adjusts_on: Date,
        /// The line.
        key: LineKey,
        /// Its difference so far.
        restated: Restated,
    },
    /// The cut has passed and the statement is issued.
    Closed {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// When: the cut, or a command before it.
        at: Instant,
    },
    /// The cut has passed and a person will say when the statement is issued.
    Frozen {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// When: the cut, or a command before it.
        at: Instant,
    },
    /// The digest of the period's statements was taken.
    Sealed {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// Of its statements.
        digest: Digest,
    },
    /// An agreed amount was added.
    Adjusted {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// What was agreed.
        adjustment: Adjustment,
    },
    /// An event may enter a closing period when it comes.
    Admitted {
        /// Position of the contract.
        contract: u16,
        /// Position of the period in the contract's state.
        period: u32,
        /// Which event.
        event: Identity,
    },
    /// What an admitted event moved has entered the statement to be issued.
    Entered,
    /// A rate of exchange was published or corrected.
    Fixed {
        /// Whose rate.
        rates: RatesId,
        /// Of which asset.
        asset: AssetId,
        /// For which day.
        on: Date,
        /// Units of the asset for one unit of the base.
        rate: Decimal,
        /// From when on it is known.
        known_from: Instant,
    },
    /// The book was defined anew: what follows is decided under the next definition.
    Redefined {
        /// The moment.
        at: Instant,
        /// Contracts whose tallies have other sums now.
        resized: Vec<Resized>,
    },
    /// What an older system leaves was taken over.
    Opened,
    /// A command was carried out.
    Commanded {
        /// Hash of its bytes.
        identity: Identity,
    },
    /// The next period of a contract with fixed fees will begin then.
    Begins {
        /// Position of the contract.
        contract: u16,
        /// First day of that period.
        first_on: Date,
    },
}

/// The sums of a contract's tallies under the next definition: what is new begins at nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resized {
    /// Position of the contract.
    pub contract: u16,
    /// How many sums a tally has now.
    pub width: u16,
    /// Where each sum that it had stands now.
    pub places: Vec<u16>,
}

/// An identity that counts from now on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Claim {
    /// Of the event.
    pub identity: Identity,
    /// Of its content.
    pub fingerprint: u64,
    /// One more than the position of its [`OriginDays`] in the state; 0: none are kept.
    pub origin: u32,
}

/// The days of an accepted event by contract: what a reversal with `original` or `mirror` asks for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OriginDays(pub Box<[OriginDay]>);

/// The days of an accepted event under a contract.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct OriginDay {
    /// Position of the contract.
    pub contract: u16,
    /// The commercial day.
    pub day: Date,
    /// The day in the calendar of the rates.
    pub rate_on: Date,
}

/// An event that waits for its original.
#[derive(Clone, Debug)]
pub struct Parked {
    /// In order of arrival.
    pub sequence: u64,
    /// When it is let go, where its source says so.
    pub expires_at: Option<Instant>,
    /// The event, as a batch of one row with book-wide words.
    pub columns: Columns,
}

/// A row of a file that another replaced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Withdrawn {
    /// Its source.
    pub source: SourceId,
    /// Its id: slot and place.
    pub id: Box<str>,
}

/// An event whose original came, or will not come any more.
#[derive(Clone, Debug)]
pub struct Released {
    /// Its number while it waited.
    pub sequence: u64,
    /// The event, as a batch of one row.
    pub columns: Columns,
    /// What became of it.
    pub outcome: Outcome,
}

/// A row or event that does not count, with its evidence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Exception {
    /// File it came from.
    pub file: FileId,
    /// Line of the file, from 1.
    pub line: u64,
    /// Source, where it is known.
    pub source: Option<SourceId>,
    /// Id, where it is known.
    pub id: Box<str>,
    /// Why.
    pub code: Code,
    /// Column, field or check at fault.
    pub column: Box<str>,
    /// Value at fault.
    pub value: Box<str>,
    /// What was expected.
    pub detail: Box<str>,
    /// Whether it is an outside record.
    pub outside: bool,
}
