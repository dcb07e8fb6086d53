//! A disk in memory that forgets, tears, reorders, fails and rots as real ones do, by a seed.
//!
//! It keeps what is durable apart from what was only written: contents by file until its sync, names until the sync of
//! their folder. [`SimDisk::crash`] decides what of the rest survives and starts anew; handles of before are dead then. The
//! power can be made to go off at any counted operation: that operation and all later ones fail until the crash. Errors
//! strike by rule, reads included. Damage at rest (flipped bits, lost, cut and stale files) is done while nothing is open.
//! Two mutants of a disk confirm a sync, or the sync of a folder, and do nothing: a store must fail on them.
//!
//! Cost: a write is copied three times, a sync costs what was written; a crash costs the length of all files.

mod content;
mod damage;
mod faults;
mod names;

pub use content::SECTOR_BYTES;
pub use damage::Damage;
pub use faults::{Errno, Operation, Trouble};

use crate::coverage::Coverage;
use crate::random::Seeded;
use content::Content;
use faults::Faults;
use names::{Entry, Names, folder_of};
use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use store::{Disk, DiskFailure};

/// A disk in memory. A clone is the same disk; [`SimDisk::copy`] makes another.
#[derive(Clone, Debug)]
pub struct SimDisk {
    medium: Arc<Mutex<Medium>>,
}

/// An open file. It is dead after a crash.
#[derive(Clone, Debug)]
pub struct SimFile {
    number: usize,
    path: String,
    start: u64,
}

/// How honest a disk is about what it says is durable.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Honesty {
    /// What it says.
    Honest,
    /// Syncs of files do nothing.
    NoSync,
    /// Syncs of folders do nothing.
    NoFolderSync,
}

#[derive(Clone, Debug)]
struct Medium {
    files: Vec<Content>,
    names: Names,
    faults: Faults,
    random: Seeded,
    /// Bytes that all files together may have.
    capacity: u64,
    honesty: Honesty,
    /// Starts so far: handles are of one.
    start: u64,
}

impl SimDisk {
    /// An empty disk whose faults a seed decides.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        let medium = Medium {
            files: Vec::new(),
            names: Names::default(),
            faults: Faults::default(),
            random: Seeded::new(seed),
            capacity: u64::MAX,
            honesty: Honesty::Honest,
            start: 0,
        };
        Self { medium: Arc::new(Mutex::new(medium)) }
    }

    /// Another disk, the same in everything; handles of this one are good there too.
    #[must_use]
    pub fn copy(&self) -> Self {
        Self { medium: Arc::new(Mutex::new(self.medium().clone())) }
    }

    /// Makes it more or less honest.
    pub fn be(&self, honesty: Honesty) {
        self.medium().honesty = honesty;
    }

    /// Bounds what all files together may have.
    pub fn limit(&self, capacity: u64) {
        self.medium().capacity = capacity;
    }

    /// Lets one operation of a kind (none: of any kind) come to trouble, after so many of them that pass.
    pub fn trouble(&self, operation: Option<Operation>, after: u64, trouble: Trouble) {
        self.medium().faults.add(operation, after, trouble);
    }

    /// Lets the power go off at an operation, counted from the first of all as [`SimDisk::operations`] does. What that
    /// operation asked for may be done or not.
    pub fn power_off_at(&self, operation: u64) {
        self.medium().faults.power_off_at(operation);
    }

    /// Forgets troubles that have not struck yet.
    pub fn calm(&self) {
        self.medium().faults.clear();
    }

    /// Operations that were asked for while the power was on.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.medium().faults.operations
    }

    /// Whether the power is off.
    #[must_use]
    pub fn is_off(&self) -> bool {
        self.medium().faults.is_off
    }

    /// Faults that changed something, by kind.
    #[must_use]
    pub fn faults(&self) -> Coverage {
        self.medium().faults.counts.clone()
    }

    /// The power fails, if it has not; what was not synced is kept, dropped, torn or reordered, and the next start finds
    /// what is left.
    pub fn crash(&self) {
        let medium = &mut *self.medium();
        let Medium { files, names, faults, random, start, .. } = medium;
        faults.counts.note("crash");
        names.crash(random, &mut faults.counts);
        for content in files.iter_mut() {
            content.crash(random, &mut faults.counts);
        }
        for (number, content) in files.iter_mut().enumerate() {
            if !names.seen.values().any(|entry| *entry == Entry::File(number)) {
                *content = Content::default();
            }
        }
        faults.is_off = false;
        faults.clear();
        *start += 1;
    }

    /// The process ends and starts anew, the machine stays: everything written is still seen, handles are dead.
    pub fn restart(&self) {
        self.medium().start += 1;
    }

    /// Paths of all files with the bytes that a reader sees, in order of paths.
    #[must_use]
    pub fn contents(&self) -> Vec<(String, Vec<u8>)> {
        let medium = self.medium();
        let files = medium.names.seen.iter().filter_map(|(path, entry)| match entry {
            Entry::File(number) => Some((path.clone(), medium.files[*number].seen.clone())),
            Entry::Folder => None,
        });
        files.collect()
    }

    fn medium(&self) -> MutexGuard<'_, Medium> {
        // Whoever panicked while it held the lock was a test that failed.
        self.medium.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Does an operation, or a part of it, or nothing.
    fn ask<T>(
        &self,
        operation: Operation,
        path: &str,
        act: impl FnOnce(&mut Medium, Turn) -> io::Result<T>,
    ) -> Result<T, DiskFailure> {
        let medium = &mut *self.medium();
        let failure = |source| DiskFailure { attempted: operation.attempted(), path: path.to_owned(), source };
        let turn = match medium.faults.meet(operation).map_err(failure)? {
            _ if medium.faults.is_off => Turn::Dying,
            Some(Trouble::Fails(errno)) => Turn::Failing(errno),
            Some(Trouble::Misdirected) => Turn::Misdirected,
            None => Turn::Good,
        };
        match (act(medium, turn), turn) {
            (_, Turn::Dying) => Err(failure(faults::power_is_off())),
            (_, Turn::Failing(errno)) => Err(failure(errno.error())),
            (done, _) => done.map_err(failure),
        }
    }
}

/// How an operation goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Turn {
    Good,
    /// It is done in part, or not, and fails.
    Failing(Errno),
    /// The power goes off while it is done.
    Dying,
    /// It is confirmed and done elsewhere.
    Misdirected,
}

impl Turn {
    /// Whether something happens that is done as a whole or not at all.
    fn happens(self, random: &mut Seeded) -> bool {
        match self {
            Self::Good | Self::Misdirected => true,
            Self::Failing(_) | Self::Dying => random.chance(50),
        }
    }
}

impl Medium {
    fn number_of(&self, path: &str) -> io::Result<usize> {
        match self.names.find(path) {
            Some(Entry::File(number)) => Ok(number),
            Some(Entry::Folder) => Err(io::ErrorKind::IsADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn folder(&self, path: &str) -> io::Result<()> {
        match self.names.find(path) {
            Some(Entry::Folder) => Ok(()),
            Some(Entry::File(_)) => Err(io::ErrorKind::NotADirectory.into()),
            None => Err(io::ErrorKind::NotFound.into()),
        }
    }

    fn content(&mut self, file: &SimFile) -> io::Result<&mut Content> {
        if file.start != self.start {
            return Err(io::Error::other("the file was opened before the last start"));
        }
        Ok(&mut self.files[file.number])
    }

    fn used(&self) -> u64 {
        let named = self.names.seen.values().filter_map(|entry| match entry {
            Entry::File(number) => Some(self.files[*number].seen.len() as u64),
            Entry::Folder => None,
        });
        named.sum()
    }

    fn free(&self) -> u64 {
        if self.capacity == u64::MAX { u64::MAX } else { self.capacity.saturating_sub(self.used()) }
    }

    fn write(&mut self, file: &SimFile, bytes: &[u8], offset: u64, turn: Turn) -> io::Result<()> {
        let offset = usize::try_from(offset).map_err(|_| io::ErrorKind::FileTooLarge)?;
        let length = self.content(file)?.seen.len();
        let grows = (offset + bytes.len()).saturating_sub(length) as u64;
        if grows > 0 && grows > self.free() {
            self.faults.counts.note("disk full");
            return Err(Errno::NoSpace.error());
        }
        match turn {
            Turn::Good => self.files[file.number].write(bytes, offset),
            Turn::Failing(_) | Turn::Dying => {
                let sectors = bytes.len().div_ceil(SECTOR_BYTES);
                let written = (self.random.position(sectors + 1) * SECTOR_BYTES).min(bytes.len());
                if written > 0 {
                    self.files[file.number].write(&bytes[..written], offset);
                }
            }
            Turn::Misdirected => self.misdirect(file.number, bytes, offset),
        }
        Ok(())
    }

    /// What is written lands in another place of the file, or in another file; the right place keeps what it had.
    fn misdirect(&mut self, number: usize, bytes: &[u8], offset: usize) {
        self.files[number].write_nowhere(bytes, offset);
        let named: Vec<usize> = self
            .names
            .seen
            .values()
            .filter_map(|entry| match entry {
                Entry::File(other) if !self.files[*other].durable.is_empty() => Some(*other),
                _ => None,
            })
            .collect();
        let Some(&victim) = (!named.is_empty()).then(|| &named[self.random.position(named.len())]) else { return };
        let sectors = self.files[victim].durable.len().div_ceil(SECTOR_BYTES);
        let at = self.random.position(sectors) * SECTOR_BYTES;
        if (victim, at) != (number, offset) {
            self.files[victim].overwrite(bytes, at);
        }
        self.faults.counts.note("write misdirected");
    }
}

impl Disk for SimDisk {
    type File = SimFile;

    fn create(&self, path: &str) -> Result<SimFile, DiskFailure> {
        self.ask(Operation::Create, path, |medium, turn| {
            medium.folder(folder_of(path))?;
            if medium.names.find(path).is_some() {
                return Err(io::ErrorKind::AlreadyExists.into());
            }
            let number = medium.files.len();
            if turn.happens(&mut medium.random) {
                medium.files.push(Content::default());
                medium.names.give(path, Entry::File(number));
            }
            Ok(SimFile { number, path: path.to_owned(), start: medium.start })
        })
    }

    fn open(&self, path: &str) -> Result<SimFile, DiskFailure> {
        self.ask(Operation::Open, path, |medium, _| {
            let number = medium.number_of(path)?;
            Ok(SimFile { number, path: path.to_owned(), start: medium.start })
        })
    }

    fn length(&self, file: &SimFile) -> Result<u64, DiskFailure> {
        self.ask(Operation::Length, &file.path, |medium, _| Ok(medium.content(file)?.seen.len() as u64))
    }

    fn read_at(&self, file: &SimFile, into: &mut [u8], offset: u64) -> Result<usize, DiskFailure> {
        self.ask(Operation::Read, &file.path, |medium, _| {
            let content = medium.content(file)?;
            Ok(usize::try_from(offset).map_or(0, |offset| content.read(into, offset)))
        })
    }

    fn write_at(&self, file: &SimFile, bytes: &[u8], offset: u64) -> Result<(), DiskFailure> {
        self.ask(Operation::Write, &file.path, |medium, turn| medium.write(file, bytes, offset, turn))
    }

    fn reserve(&self, file: &SimFile, length: u64) -> Result<(), DiskFailure> {
        self.ask(Operation::Write, &file.path, |medium, turn| {
            let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
            let end = medium.content(file)?.seen.len();
            let zeros = vec![0; length.saturating_sub(end)];
            medium.write(file, &zeros, end as u64, turn)
        })
    }

    fn sync(&self, file: &SimFile) -> Result<(), DiskFailure> {
        self.ask(Operation::Sync, &file.path, |medium, turn| {
            medium.content(file)?;
            let Medium { files, faults, random, honesty, .. } = medium;
            match turn {
                Turn::Failing(_) => files[file.number].fail_sync(random, &mut faults.counts),
                Turn::Good | Turn::Misdirected if *honesty != Honesty::NoSync => files[file.number].sync(),
                // At the crash that follows, what is not synced is kept or not.
                _ => {}
            }
            Ok(())
        })
    }

    fn truncate(&self, file: &SimFile, length: u64) -> Result<(), DiskFailure> {
        self.ask(Operation::Truncate, &file.path, |medium, turn| {
            let length = usize::try_from(length).map_err(|_| io::ErrorKind::FileTooLarge)?;
            medium.content(file)?;
            if turn.happens(&mut medium.random) {
                medium.files[file.number].cut(length);
            }
            Ok(())
        })
    }

    fn rename(&self, from: &str, to: &str) -> Result<(), DiskFailure> {
        self.ask(Operation::Rename, from, |medium, turn| {
            let number = medium.number_of(from)?;
            medium.folder(folder_of(to))?;
            if medium.names.find(to) == Some(Entry::Folder) {
                return Err(io::ErrorKind::IsADirectory.into());
            }
            if from != to && turn.happens(&mut medium.random) {
                medium.names.move_to(from, to, Entry::File(number));
            }
            Ok(())
        })
    }

    fn remove(&self, path: &str) -> Result<(), DiskFailure> {
        self.ask(Operation::Remove, path, |medium, turn| {
            medium.number_of(path)?;
            if turn.happens(&mut medium.random) {
                medium.names.remove(path);
            }
            Ok(())
        })
    }

    fn create_folder(&self, path: &str) -> Result<(), DiskFailure> {
        self.ask(Operation::CreateFolder, path, |medium, turn| {
            medium.folder(folder_of(path))?;
            match medium.names.find(path) {
                Some(Entry::Folder) => return Ok(()),
                Some(Entry::File(_)) => return Err(io::ErrorKind::AlreadyExists.into()),
                None => {}
            }
            if turn.happens(&mut medium.random) {
                medium.names.give(path, Entry::Folder);
            }
            Ok(())
        })
    }

    fn sync_folder(&self, path: &str) -> Result<(), DiskFailure> {
        self.ask(Operation::SyncFolder, path, |medium, turn| {
            medium.folder(path)?;
            match turn {
                Turn::Failing(_) => medium.names.fail_sync(path, &mut medium.random),
                Turn::Good | Turn::Misdirected if medium.honesty != Honesty::NoFolderSync => medium.names.sync(path),
                _ => {}
            }
            Ok(())
        })
    }

    fn list(&self, path: &str) -> Result<Vec<String>, DiskFailure> {
        self.ask(Operation::List, path, |medium, _| {
            let within = medium.names.within(path);
            let files = within.filter(|(_, entry)| matches!(entry, Entry::File(_)));
            Ok(files.map(|(name, _)| name.to_owned()).collect())
        })
    }

    fn free_bytes(&self) -> Result<u64, DiskFailure> {
        self.ask(Operation::FreeBytes, "", |medium, _| Ok(medium.free()))
    }
}
