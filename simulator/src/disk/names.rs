//! Names of files and folders: those that are seen, those that are durable, and what lies between.
//!
//! Creating, renaming and removing reach the medium when the folder is synced, and at a crash each by itself or not at all:
//! a synced file whose folder was not synced may be without a name. A rename is whole: the file has one name or the other.

use crate::coverage::Coverage;
use crate::random::Seeded;
use std::collections::BTreeMap;

/// What a name stands for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Entry {
    File(usize),
    Folder,
}

/// All names; the folder of all has the empty one.
#[derive(Clone, Debug, Default)]
pub(super) struct Names {
    pub(super) seen: BTreeMap<String, Entry>,
    durable: BTreeMap<String, Entry>,
    unsynced: Vec<Change>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Change {
    Given { path: String, entry: Entry },
    Moved { from: String, to: String, entry: Entry },
    Gone { path: String },
}

impl Names {
    pub(super) fn find(&self, path: &str) -> Option<Entry> {
        if path.is_empty() { Some(Entry::Folder) } else { self.seen.get(path).copied() }
    }

    pub(super) fn give(&mut self, path: &str, entry: Entry) {
        self.change(Change::Given { path: path.to_owned(), entry });
    }

    pub(super) fn move_to(&mut self, from: &str, to: &str, entry: Entry) {
        self.change(Change::Moved { from: from.to_owned(), to: to.to_owned(), entry });
    }

    pub(super) fn remove(&mut self, path: &str) {
        self.change(Change::Gone { path: path.to_owned() });
    }

    fn change(&mut self, change: Change) {
        change.apply(&mut self.seen);
        self.unsynced.push(change);
    }

    /// The names in a folder, in order, without the folder's.
    pub(super) fn within<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = (&'a str, Entry)> {
        self.seen.iter().filter(move |(path, _)| folder_of(path) == folder).map(|(path, entry)| {
            let name = path.rsplit_once('/').map_or(&**path, |(_, name)| name);
            (name, *entry)
        })
    }

    /// Makes what happened to the names of a folder durable.
    pub(super) fn sync(&mut self, folder: &str) {
        let durable = &mut self.durable;
        self.unsynced.retain(|change| {
            let is_own = change.folder() == folder;
            if is_own {
                change.apply(durable);
            }
            !is_own
        });
    }

    /// A part of what happened to the names of a folder arrives; the rest waits.
    pub(super) fn fail_sync(&mut self, folder: &str, random: &mut Seeded) {
        let durable = &mut self.durable;
        self.unsynced.retain(|change| {
            let arrives = change.folder() == folder && random.chance(50);
            if arrives {
                change.apply(durable);
            }
            !arrives
        });
    }

    pub(super) fn crash(&mut self, random: &mut Seeded, counts: &mut Coverage) {
        let mood = random.below(3);
        for change in std::mem::take(&mut self.unsynced) {
            let arrives = match mood {
                0 => true,
                1 => false,
                _ => random.chance(50),
            };
            if arrives {
                change.apply(&mut self.durable);
            } else {
                counts.note(change.loss());
            }
        }
        // What lies in a folder without a name is gone with it.
        let mut kept = BTreeMap::new();
        for (path, entry) in &self.durable {
            let folder = folder_of(path);
            if folder.is_empty() || kept.get(folder) == Some(&Entry::Folder) {
                kept.insert(path.clone(), *entry);
            }
        }
        self.durable.clone_from(&kept);
        self.seen = kept;
    }

    /// Takes a name away from under everything, as damage does.
    pub(super) fn lose(&mut self, path: &str) {
        self.seen.remove(path);
        self.durable.remove(path);
    }
}

impl Change {
    fn folder(&self) -> &str {
        let (Self::Given { path, .. } | Self::Gone { path } | Self::Moved { to: path, .. }) = self;
        folder_of(path)
    }

    fn apply(&self, names: &mut BTreeMap<String, Entry>) {
        match self {
            Self::Given { path, entry } => {
                names.insert(path.clone(), *entry);
            }
            Self::Moved { from, to, entry } => {
                if names.get(from) == Some(entry) {
                    names.remove(from);
                }
                names.insert(to.clone(), *entry);
            }
            Self::Gone { path } => {
                names.remove(path);
            }
        }
    }

    const fn loss(&self) -> &'static str {
        match self {
            Self::Given { .. } => "create dropped",
            Self::Moved { .. } => "rename dropped",
            Self::Gone { .. } => "remove dropped",
        }
    }
}

/// The folder of a path.
pub(super) fn folder_of(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}
