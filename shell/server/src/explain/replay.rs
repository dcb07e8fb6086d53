//! What `settle` left for explaining: the book, what the run was told, and the log, which is decided again.

use crate::commands::{self, CommandFile, Told};
use crate::failure::Failure;
use crate::lock::{FrameFault, Frames};
use book::Loaded;
use calendar::Instant;
use canon::Digest;
use engine::{Command, Decisions, Engine};
use event::{Columns, FileId};
use serde_json::Value;
use std::fs::File;
use std::io::BufReader;
use std::path::{Path, PathBuf};
use std::sync::Arc;

/// What a settled folder keeps of its run.
pub(crate) struct Lock {
    pub(crate) loaded: Loaded,
    pub(crate) description: Value,
    pub(crate) command_files: Vec<CommandFile>,
    scheduled: Vec<Command>,
    log: PathBuf,
}

impl Lock {
    pub(crate) fn open(folder: &Path) -> Result<Self, Failure> {
        let path = folder.join("book.lock/lock.json");
        let text = std::fs::read(&path).map_err(Failure::world("reading", &path))?;
        let description: Value = serde_json::from_slice(&text).map_err(|_| Failure::Damaged { path, offset: 0 })?;
        let book = folder.join("book.lock/book");
        let loaded = book::load_folder(&book).map_err(|faults| Failure::Book { folder: book.clone(), faults })?;
        let command_files = commands_of(folder, &description)?;
        let inputs = description["inputs"].as_array().map_or(0, Vec::len);
        let scheduled = commands::read(&command_files, &loaded, inputs)?;
        Ok(Self { loaded, description, command_files, scheduled, log: folder.join("book.lock/events.log") })
    }

    /// An engine that was told what the run was told.
    pub(crate) fn engine(&self) -> Engine {
        let mut engine = Engine::new(Arc::new(self.loaded.book.clone()));
        if let Some(at) = self.instant("looked_as_of") {
            engine.look_as_of(at);
        }
        let inputs = self.description["inputs"].as_array().map_or(&[][..], Vec::as_slice);
        let mut told = Vec::new();
        for (id, input) in (0..).map(FileId).zip(inputs) {
            let adapter = self.loaded.adapters.iter().find(|adapter| input["adapter"] == *adapter.name);
            let (Some(adapter), Some(name)) = (adapter, input["name"].as_str()) else { continue };
            let slot = input["slot"].as_str().zip(input["digest"].as_str().and_then(digest_of));
            told.push(Told { id, name, adapter: adapter.id, slot });
        }
        commands::tell(&mut engine, &told, self.scheduled.clone());
        engine.open_books();
        engine
    }

    pub(crate) fn instant(&self, name: &str) -> Option<Instant> {
        Instant::parse_rfc3339(self.description[name].as_str()?.as_bytes())
    }

    /// Decides the whole log, batch by batch, until `look` has seen enough.
    pub(crate) fn replay(
        &self,
        engine: &mut Engine,
        mut look: impl FnMut(&mut Engine, &mut Columns) -> bool,
    ) -> Result<(), Failure> {
        let fault = |fault| match fault {
            FrameFault::World(source) => Failure::World { attempted: "reading", path: self.log.clone(), source },
            FrameFault::Damaged(damage) => Failure::Damaged { path: self.log.clone(), offset: damage.offset },
        };
        let file = File::open(&self.log).map_err(Failure::world("reading", &self.log))?;
        let mut frames = Frames::open(BufReader::with_capacity(1 << 20, file)).map_err(fault)?;
        while let Some(mut columns) = frames.next_batch().map_err(fault)? {
            if look(engine, &mut columns) {
                break;
            }
        }
        Ok(())
    }
}

/// The files of commands that a folder was made with.
fn commands_of(folder: &Path, description: &Value) -> Result<Vec<CommandFile>, Failure> {
    let mut files = Vec::new();
    for entry in description["commands"].as_array().map_or(&[][..], Vec::as_slice) {
        let (Some(name), Some(path)) = (entry["name"].as_str(), entry["path"].as_str()) else { continue };
        let path = folder.join(path);
        let text = std::fs::read_to_string(&path).map_err(Failure::world("reading", &path))?;
        files.push(CommandFile { name: name.to_owned(), text });
    }
    Ok(files)
}

pub(crate) fn digest_of(text: &str) -> Option<Digest> {
    let mut digest = [0; 32];
    for (byte, place) in digest.iter_mut().enumerate() {
        *place = u8::from_str_radix(text.get(2 * byte..2 * byte + 2)?, 16).ok()?;
    }
    Some(Digest(digest))
}

/// Decides rows of a batch to the end, over all cuts that fall due.
pub(super) fn decide(engine: &mut Engine, columns: &mut Columns, rows: std::ops::Range<usize>) -> Vec<Decisions> {
    let mut parts = Vec::new();
    let mut row = rows.start;
    while row < rows.end {
        let decisions = engine.decide(columns, row..rows.end);
        columns.new_words.clear();
        row = decisions.rows.end;
        parts.push(decisions);
    }
    parts
}
