//! Damage at rest: what a medium does to bytes that were durable, and people to files. A store must notice all of it.

use super::SimDisk;
use super::names::Entry;
use crate::random::Seeded;

/// One damage of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Damage {
    /// A bit is another.
    Flipped {
        /// Which file.
        path: String,
        /// Which byte.
        offset: usize,
        /// Which bit of it.
        bit: u8,
    },
    /// The file is not there.
    Lost {
        /// Which file.
        path: String,
    },
    /// The file ends early.
    Cut {
        /// Which file.
        path: String,
        /// How many bytes it has.
        length: usize,
    },
    /// A sector reads as zeros.
    Blank {
        /// Which file.
        path: String,
        /// The first byte.
        offset: usize,
    },
    /// The file is as it was at an earlier time.
    Stale {
        /// Which file.
        path: String,
        /// Its bytes then.
        bytes: Vec<u8>,
    },
}

impl Damage {
    /// Which file it is of.
    #[must_use]
    pub fn path(&self) -> &str {
        let (Self::Flipped { path, .. }
        | Self::Lost { path }
        | Self::Cut { path, .. }
        | Self::Blank { path, .. }
        | Self::Stale { path, .. }) = self;
        path
    }

    /// Under which name it is counted.
    #[must_use]
    pub const fn name(&self) -> &'static str {
        match self {
            Self::Flipped { .. } => "bit flipped",
            Self::Lost { .. } => "file lost",
            Self::Cut { .. } => "file cut",
            Self::Blank { .. } => "sector blank",
            Self::Stale { .. } => "file stale",
        }
    }
}

impl SimDisk {
    /// Does a damage; whether it changed anything.
    pub fn damage(&self, damage: &Damage) -> bool {
        let medium = &mut *self.medium();
        let Some(Entry::File(number)) = medium.names.find(damage.path()) else { return false };
        let content = &mut medium.files[number];
        let before = content.seen.clone();
        match damage {
            Damage::Lost { path } => medium.names.lose(path),
            Damage::Flipped { offset, bit, .. } => {
                if let Some(byte) = content.seen.get_mut(*offset) {
                    *byte ^= 1 << bit;
                }
            }
            Damage::Cut { length, .. } => content.seen.truncate(*length),
            Damage::Blank { offset, .. } => {
                let end = (offset + super::SECTOR_BYTES).min(content.seen.len());
                content.seen[(*offset).min(end)..end].fill(0);
            }
            Damage::Stale { bytes, .. } => content.seen.clone_from(bytes),
        }
        content.durable.clone_from(&content.seen);
        let is_changed = matches!(damage, Damage::Lost { .. }) || content.seen != before;
        medium.faults.counts.note_if(damage.name(), is_changed);
        is_changed
    }

    /// Takes all files of a folder away, as a person may; whether there were any.
    pub fn lose_folder(&self, folder: &str) -> bool {
        let medium = &mut *self.medium();
        let paths: Vec<String> = medium.names.within(folder).map(|(name, _)| format!("{folder}/{name}")).collect();
        paths.iter().for_each(|path| medium.names.lose(path));
        !paths.is_empty()
    }

    /// Draws a damage of one of the files for which `may` holds; `earlier` is the same disk at an earlier time.
    #[must_use]
    pub fn draw_damage(
        &self,
        random: &mut Seeded,
        earlier: Option<&Self>,
        may: impl Fn(&str) -> bool,
    ) -> Option<Damage> {
        let mut files = self.contents();
        files.retain(|(path, bytes)| may(path) && !bytes.is_empty());
        if files.is_empty() {
            return None;
        }
        let (path, bytes) = files.swap_remove(random.position(files.len()));
        let offset = random.position(bytes.len());
        Some(match random.below(100) {
            0..50 => Damage::Flipped { path, offset, bit: u8::try_from(random.below(8)).expect("below eight") },
            50..65 => Damage::Blank { path, offset: offset / super::SECTOR_BYTES * super::SECTOR_BYTES },
            65..80 => Damage::Cut { path, length: offset },
            80..90 => Damage::Lost { path },
            _ => {
                let was = earlier.map(Self::contents).unwrap_or_default();
                match was.into_iter().find(|(own, _)| *own == path) {
                    Some((_, bytes)) => Damage::Stale { path, bytes },
                    None => Damage::Lost { path },
                }
            }
        })
    }
}
