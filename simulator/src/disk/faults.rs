//! What a simulated disk does wrong on demand, and how often it did.
//!
//! A rule waits for operations of its kind and strikes once; the power goes off at a counted operation and stays off until
//! the next start. Faults are counted where they changed something, so that a seed whose faults were all harmless says so.

use crate::coverage::Coverage;
use std::io;

/// What can be asked of a disk.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Operation {
    /// [`store::Disk::create`].
    Create,
    /// [`store::Disk::open`].
    Open,
    /// [`store::Disk::length`].
    Length,
    /// [`store::Disk::read_at`].
    Read,
    /// [`store::Disk::write_at`].
    Write,
    /// [`store::Disk::sync`].
    Sync,
    /// [`store::Disk::truncate`].
    Truncate,
    /// [`store::Disk::rename`].
    Rename,
    /// [`store::Disk::remove`].
    Remove,
    /// [`store::Disk::create_folder`].
    CreateFolder,
    /// [`store::Disk::sync_folder`].
    SyncFolder,
    /// [`store::Disk::list`].
    List,
    /// [`store::Disk::free_bytes`].
    FreeBytes,
}

/// What a system says when an operation fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Errno {
    /// The device does not answer as it should.
    Io,
    /// The disk is full.
    NoSpace,
    /// The owner may have no more of it.
    Quota,
}

/// What an operation comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Trouble {
    /// It fails. What of it was done is left to chance.
    Fails(Errno),
    /// A write is confirmed, and reaches the medium at a place that is not its own.
    Misdirected,
}

impl Operation {
    /// All of them.
    pub const ALL: [Self; 13] = [
        Self::Create,
        Self::Open,
        Self::Length,
        Self::Read,
        Self::Write,
        Self::Sync,
        Self::Truncate,
        Self::Rename,
        Self::Remove,
        Self::CreateFolder,
        Self::SyncFolder,
        Self::List,
        Self::FreeBytes,
    ];

    /// What a failure says was attempted.
    #[must_use]
    pub const fn attempted(self) -> &'static str {
        match self {
            Self::Create => "creating",
            Self::Open => "opening",
            Self::Length => "measuring",
            Self::Read => "reading",
            Self::Write => "writing",
            Self::Sync => "syncing",
            Self::Truncate => "cutting",
            Self::Rename => "renaming",
            Self::Remove => "removing",
            Self::CreateFolder => "making folder",
            Self::SyncFolder => "syncing folder",
            Self::List => "listing",
            Self::FreeBytes => "asking for room in",
        }
    }

    /// Under which name a failure of it is counted.
    const fn failure(self) -> &'static str {
        match self {
            Self::Create => "create failed",
            Self::Open => "open failed",
            Self::Length => "length failed",
            Self::Read => "read failed",
            Self::Write => "write failed",
            Self::Sync => "sync failed",
            Self::Truncate => "truncate failed",
            Self::Rename => "rename failed",
            Self::Remove => "remove failed",
            Self::CreateFolder => "folder failed",
            Self::SyncFolder => "folder sync failed",
            Self::List => "list failed",
            Self::FreeBytes => "free space failed",
        }
    }
}

impl Errno {
    /// As Linux says it.
    #[must_use]
    pub fn error(self) -> io::Error {
        io::Error::from_raw_os_error(match self {
            Self::Io => 5,
            Self::NoSpace => 28,
            Self::Quota => 122,
        })
    }
}

/// Strikes once, at an operation of its kind.
#[derive(Clone, Copy, Debug)]
struct Rule {
    /// None: any operation.
    operation: Option<Operation>,
    /// So many are let pass.
    after: u64,
    trouble: Trouble,
}

/// What will go wrong, and what has.
#[derive(Clone, Debug, Default)]
pub(super) struct Faults {
    rules: Vec<Rule>,
    /// Operations so far.
    pub(super) operations: u64,
    power_off_at: Option<u64>,
    pub(super) is_off: bool,
    /// Effective faults by name.
    pub(super) counts: Coverage,
}

impl Faults {
    pub(super) fn add(&mut self, operation: Option<Operation>, after: u64, trouble: Trouble) {
        self.rules.push(Rule { operation, after, trouble });
    }

    /// Forgets what has not struck yet.
    pub(super) fn clear(&mut self) {
        self.rules.clear();
        self.power_off_at = None;
    }

    pub(super) fn power_off_at(&mut self, operation: u64) {
        self.power_off_at = Some(operation);
    }

    /// Counts an operation and says what it comes to.
    ///
    /// # Errors
    /// Where it fails before anything of it is done because the power is off.
    pub(super) fn meet(&mut self, operation: Operation) -> io::Result<Option<Trouble>> {
        if self.is_off {
            return Err(power_is_off());
        }
        self.operations += 1;
        if self.power_off_at.is_some_and(|at| self.operations >= at) {
            self.is_off = true;
            return Ok(None);
        }
        Ok(self.strike(operation))
    }

    fn strike(&mut self, operation: Operation) -> Option<Trouble> {
        if self.rules.is_empty() {
            return None;
        }
        let concerns = |rule: &Rule| match (rule.operation, rule.trouble) {
            (_, Trouble::Misdirected) => operation == Operation::Write,
            (wanted, Trouble::Fails(_)) => wanted.is_none_or(|wanted| wanted == operation),
        };
        let mut struck = None;
        for (position, rule) in self.rules.iter_mut().enumerate().filter(|(_, rule)| concerns(rule)) {
            match rule.after.checked_sub(1) {
                Some(after) => rule.after = after,
                None if struck.is_none() => struck = Some(position),
                None => {}
            }
        }
        let trouble = self.rules.remove(struck?).trouble;
        if matches!(trouble, Trouble::Fails(_)) {
            self.counts.note(operation.failure());
        }
        Some(trouble)
    }
}

/// What every operation says after the power went off.
pub(super) fn power_is_off() -> io::Error {
    io::Error::other("the power is off")
}
