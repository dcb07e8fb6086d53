//! A settled folder as `diff` takes it: its book and log, what its statements say, and what it kept out.

use crate::diff::lines::{self, Statements};
use crate::explain::{Lock, records};
use crate::failure::Failure;
use calendar::Instant;
use std::collections::HashSet;
use std::path::Path;

/// One of the two folders.
pub(crate) struct Settled {
    pub(crate) lock: Lock,
    pub(crate) statements: Statements,
    /// The moment at which its books were looked at; nothing was received where there is none.
    pub(crate) as_of: Instant,
    refused: Refused,
}

/// Events that a folder did not count, other than duplicates.
#[derive(Default)]
struct Refused {
    by_id: HashSet<(String, String)>,
    by_line: HashSet<(String, String)>,
}

impl Settled {
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let lock = Lock::open(folder)?;
        let path = folder.join("statements.json");
        let text = std::fs::read(&path).map_err(Failure::world("reading", &path))?;
        let statements = lines::read(&text).ok_or(Failure::Damaged { path, offset: 0 })?;
        let as_of = lock.instant("as_of").unwrap_or(Instant::NONE);
        let refused = Refused::read(&folder.join("exceptions.csv"))?;
        Ok(Self { lock, statements, as_of, refused })
    }

    /// Whether an event was there and did not count.
    pub(crate) fn has_refused(&self, source: &str, id: &str, file: &str, line: u64) -> bool {
        self.refused.by_id.contains(&(source.to_owned(), id.to_owned()))
            || self.refused.by_line.contains(&(file.to_owned(), line.to_string()))
    }

    /// Name of an event file.
    pub(crate) fn file_name(&self, number: u32) -> &str {
        self.lock.description["inputs"][number as usize]["name"].as_str().unwrap_or("?")
    }

    /// How many event files there were.
    pub(crate) fn files(&self) -> usize {
        self.lock.description["inputs"].as_array().map_or(0, Vec::len)
    }
}

impl Refused {
    fn read(path: &Path) -> Result<Self, Failure> {
        let text = std::fs::read_to_string(path).map_err(Failure::world("reading", path))?;
        let mut refused = Self::default();
        for row in records(text.strip_prefix('\u{feff}').unwrap_or(&text)).into_iter().skip(1) {
            let [file, line, source, event, _, _, disposition, ..] = &row[..] else { continue };
            if !["held", "rejected", "conflict"].contains(&disposition.as_str()) {
                continue;
            }
            if !event.is_empty() {
                refused.by_id.insert((source.clone(), event.clone()));
            }
            refused.by_line.insert((file.clone(), line.clone()));
        }
        Ok(refused)
    }
}
