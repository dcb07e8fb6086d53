//! The command line.

use crate::failure::Failure;
use calendar::Instant;
use clap::{Args, Parser, Subcommand};
use std::path::PathBuf;

/// Exact settlement among many parties: a book of plain files in, statements, a balanced ledger and exceptions out.
#[derive(Debug, Parser)]
#[command(name = "jeongsan", version, after_help = EXIT_CODES)]
pub(crate) struct Arguments {
    /// Results and failures as JSON on the output, for programs.
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Language of messages and statements: en or ko (default: by LANG).
    #[arg(long, global = true, value_name = "LANG", value_parser = ["en", "ko"])]
    pub(crate) lang: Option<String>,
    #[command(subcommand)]
    pub(crate) command: Command,
}

const EXIT_CODES: &str = "Exit codes: 0 done; 1 the book or the input was refused, nothing was written, or a difference \
is left unexplained; 2 wrong usage; 3 the world failed (file, disk); 70 a bug.";

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Settles event files by a book: statements, entries, balances, exceptions.
    Settle(Settle),
    /// Checks a book: every fault with file, line and column.
    Check {
        /// Folder of the book.
        book: PathBuf,
    },
    /// Explains an event or a statement line of a settled folder, with its arithmetic; or tells the history of an event of
    /// a book in a data directory.
    Explain {
        /// Folder that `settle` wrote; or a data directory.
        #[arg(value_name = "DIR")]
        folder: PathBuf,
        /// An event's id (`id` or `source:id`; a refused row also `file:line`), a statement (`contract/party/period/asset`) or a line of it (`…#3`); or, of a data directory, the id of a book.
        what: String,
        /// Of a book in a data directory: an event's id (`id` or `source:id`).
        #[arg(value_name = "EVENT-ID")]
        event: Option<String>,
    },
    /// What changed between two settled folders of one book, line by line, and why.
    Diff {
        /// The earlier folder that `settle` wrote.
        #[arg(value_name = "DIR1")]
        before: PathBuf,
        /// The later one.
        #[arg(value_name = "DIR2")]
        after: PathBuf,
    },
    /// What the same events come to under another book, and why.
    Compare(Compare),
    /// Holds the results against those of an old system: every difference is explained or listed.
    Shadow(Shadow),
    /// Writes a book to begin with: asks for everything, or takes a template and its settings.
    New(New),
    /// Settles the built-in marketplace scenario in a temporary folder and shows what came out.
    Demo,
    /// Puts a book into a data directory, or brings the one that is there up to date, and shows what changes.
    Load {
        /// Data directory; made where it is not there.
        data: PathBuf,
        /// Folder of the book.
        book: PathBuf,
        /// Accept that the clock stands where it stands, though it has moved further than expected.
        #[arg(long)]
        accept_clock: bool,
    },
    /// Takes event files into a book of a data directory; run again after a stop, it counts everything once.
    Ingest(Ingest),
    /// Makes all cuts up to a moment, and posts what has moved.
    Close {
        #[command(flatten)]
        place: InBook,
        /// Up to this moment (RFC 3339; default: now).
        #[arg(long, value_name = "TIME")]
        as_of: Option<String>,
        /// Accept that the clock stands where it stands, though it has moved further than expected.
        #[arg(long)]
        accept_clock: bool,
    },
    /// Plays whole nodes by seeds, with crashes and faults of the disk, and audits them: what happened, and that every
    /// promise was kept.
    Simulate {
        /// How many seeds.
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
        seeds: u64,
        /// The first seed.
        #[arg(long, value_name = "SEED", default_value_t = 0)]
        from: u64,
        /// Threads (default: one for each processor).
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
        threads: Option<u16>,
    },
    /// Checks all that books of a data directory keep on disk, and changes nothing; others may be writing.
    Verify {
        #[command(flatten)]
        books: InBooks,
        /// Decide every event again, and compare what was decided.
        #[arg(long)]
        redecide: bool,
    },
    /// What a book of a data directory has on disk; or a frame of its log; or what became of an event.
    Inspect {
        #[command(flatten)]
        place: InBook,
        /// The number of a frame, or the id of an event (`id`, `source:id`, or `file:line`).
        #[arg(value_name = "FRAME|EVENT-ID")]
        what: Option<String>,
    },
    /// Deletes what is derived from a book's log (runs of identities, snapshots) and makes it anew.
    Rebuild {
        #[command(flatten)]
        place: InBook,
    },
    /// Copies books of a data directory, while others may be writing, and verifies the copy.
    Backup {
        /// Data directory.
        data: PathBuf,
        /// Data directory to write; it must not have these books.
        target: PathBuf,
        /// Only these books (default: all).
        #[arg(value_name = "BOOK-ID")]
        books: Vec<String>,
    },
    /// Makes a data directory of a backup, whole or up to a frame of the log, and verifies it.
    Restore {
        /// The backup, or any data directory.
        backup: PathBuf,
        /// Data directory to write; it must not have these books.
        target: PathBuf,
        /// Only these books (default: all).
        #[arg(value_name = "BOOK-ID")]
        books: Vec<String>,
        /// Up to the last frame that was stamped then or before (RFC 3339), or up to the frame of this number.
        #[arg(long, value_name = "TIME|POSITION")]
        at: Option<String>,
    },
}

/// Books of a data directory.
#[derive(Args, Debug)]
pub(crate) struct InBooks {
    /// Data directory.
    pub(crate) data: PathBuf,
    /// Only these books (default: all).
    #[arg(value_name = "BOOK-ID")]
    pub(crate) books: Vec<String>,
}

/// A book in a data directory.
#[derive(Args, Debug)]
pub(crate) struct InBook {
    /// Data directory.
    pub(crate) data: PathBuf,
    /// The book's id.
    #[arg(value_name = "BOOK-ID")]
    pub(crate) book: String,
}

#[derive(Args, Debug)]
pub(crate) struct Ingest {
    /// Data directory.
    pub(crate) data: PathBuf,
    /// The book's id.
    #[arg(value_name = "BOOK-ID", required_unless_present = "each", conflicts_with = "each")]
    pub(crate) book: Option<String>,
    /// Event files; ADAPTER=FILE where the name of the file does not tell its adapter.
    #[arg(required_unless_present = "each")]
    pub(crate) events: Vec<String>,
    /// Instead of one book's files: a folder with a folder of files for each book, named by its id.
    #[arg(long, value_name = "FOLDER")]
    pub(crate) each: Option<PathBuf>,
    /// When files that do not say it themselves were received (RFC 3339; default: now).
    #[arg(long, value_name = "TIME")]
    pub(crate) received_at: Option<String>,
    /// Accept that the clock stands where it stands, though it has moved further than expected.
    #[arg(long)]
    pub(crate) accept_clock: bool,
    /// Worker threads (default: one more than the processors).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: Option<u16>,
}

#[derive(Args, Debug)]
pub(crate) struct Settle {
    /// Folder of the book.
    pub(crate) book: PathBuf,
    /// Event files; ADAPTER=FILE where the name of the file does not tell its adapter.
    #[arg(required = true)]
    pub(crate) events: Vec<String>,
    /// Folder to write; it appears whole or not at all.
    #[arg(long, value_name = "DIR")]
    pub(crate) out: PathBuf,
    /// Replace DIR where it exists.
    #[arg(long)]
    pub(crate) replace: bool,
    /// CSV files with a byte-order mark, for Excel.
    #[arg(long)]
    pub(crate) excel: bool,
    /// Write journal.hledger also above 100,000 events.
    #[arg(long)]
    pub(crate) hledger: bool,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Args, Debug)]
pub(crate) struct Compare {
    /// Folder of the book.
    pub(crate) book: PathBuf,
    /// Folder of the book to compare it with.
    #[arg(value_name = "OTHER-BOOK")]
    pub(crate) other: PathBuf,
    /// Event files; ADAPTER=FILE where the name of the file does not tell its adapter.
    #[arg(required = true)]
    pub(crate) events: Vec<String>,
    #[command(flatten)]
    pub(crate) run: Run,
}

#[derive(Args, Debug)]
pub(crate) struct Shadow {
    /// Folder of the book.
    pub(crate) book: PathBuf,
    /// Event files; ADAPTER=FILE where the name of the file does not tell its adapter.
    #[arg(required = true)]
    pub(crate) events: Vec<String>,
    /// The old system's results: CSV with the columns contract, party, period, asset, amount, optionally term.
    #[arg(long, value_name = "FILE")]
    pub(crate) against: PathBuf,
    /// Up to so many units of the asset are rounding.
    #[arg(long, value_name = "UNITS", default_value_t = 1)]
    pub(crate) rounding: u32,
    #[command(flatten)]
    pub(crate) run: Run,
}

/// What every command that decides event files is told of the run.
#[derive(Args, Debug)]
pub(crate) struct Run {
    /// Look at the books as of this moment (RFC 3339; default: the last receipt).
    #[arg(long, value_name = "TIME")]
    as_of: Option<String>,
    /// When files that do not say it themselves were received (RFC 3339).
    #[arg(long, value_name = "TIME")]
    received_at: Option<String>,
    /// Worker threads (default: one more than the processors).
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=64))]
    pub(crate) threads: Option<u16>,
}

impl Ingest {
    pub(crate) fn received_at(&self) -> Result<Option<Instant>, Failure> {
        self.received_at.as_deref().map(|text| instant("--received-at", text)).transpose()
    }
}

impl Run {
    pub(crate) fn as_of(&self) -> Result<Option<Instant>, Failure> {
        self.as_of.as_deref().map(|text| instant("--as-of", text)).transpose()
    }

    pub(crate) fn received_at(&self) -> Result<Option<Instant>, Failure> {
        self.received_at.as_deref().map(|text| instant("--received-at", text)).transpose()
    }
}

pub(crate) fn instant(name: &'static str, text: &str) -> Result<Instant, Failure> {
    let expected = (
        "is no instant with an offset, e.g. 2026-01-31T09:00:00+09:00",
        "시간대가 있는 시각이 아닙니다. 예: 2026-01-31T09:00:00+09:00",
    );
    Instant::parse_rfc3339(text.as_bytes()).ok_or_else(|| Failure::Argument { name, value: text.to_owned(), expected })
}

#[derive(Args, Debug)]
pub(crate) struct New {
    /// Folder of the book to write.
    pub(crate) book: PathBuf,
    /// Take this template without asking: game-provider, aggregator, payment-provider, ad-network, credit-supplier, royalty.
    #[arg(long, value_name = "NAME")]
    pub(crate) template: Option<String>,
    /// A value of the template; may be given several times.
    #[arg(long, value_name = "KEY=VALUE")]
    pub(crate) set: Vec<String>,
}
