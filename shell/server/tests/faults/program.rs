//! The real program over a scenario: `load`, `ingest` and `close`, each with a fault, then again to the end.

use crate::books::{compare, copy, frames, told, verified};
use crate::strace::{Ended, Fault, count, inject};
use crate::trials::{Trial, chosen, try_each};
use runtime::{Depth, Scale};
use std::path::{Path, PathBuf};
use std::process::Command;

const COMMANDS: [&str; 3] = ["load", "ingest", "close"];
pub(crate) const LOAD: usize = 0;
pub(crate) const INGEST: usize = 1;
pub(crate) const CLOSE: usize = 2;

/// Exit code where a file or disk failed.
const EXIT_WORLD: i32 = 3;

/// A scenario, and what it comes to without faults.
struct World {
    name: String,
    folder: PathBuf,
    /// The data directory before each command, and behind the last.
    before: [PathBuf; 4],
    books: String,
    /// Events and identities after each frame.
    frames: Vec<(u64, u64)>,
}

/// Tries these of the commands, each with faults at so many calls of one sort.
pub(crate) fn try_all(name: &str, tried: &[(usize, usize)]) {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let (world, points) = World::without_faults(name, &place);
    for &(number, calls_max) in tried {
        let (command, trials) = (COMMANDS[number], chosen(&points[number], calls_max));
        assert!(trials.len() > 20, "{command} makes calls");
        try_each(&format!("{name} {command}"), &trials, |trial, folder| world.attempt(number, trial, folder));
    }
}

impl World {
    /// Runs each command once and counts its calls.
    fn without_faults(name: &str, place: &Path) -> (Self, Vec<Vec<crate::strace::Point>>) {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name).canonicalize().unwrap();
        let before = [0, 1, 2, 3].map(|number| place.join(format!("before-{number}")));
        std::fs::create_dir(&before[0]).unwrap();
        let (books, frames_then) = (String::new(), Vec::new());
        let mut world = Self { name: name.to_owned(), folder, before, books, frames: frames_then };
        let mut points = Vec::new();
        for number in 0..COMMANDS.len() {
            let data = world.before[number + 1].clone();
            copy(&world.before[number], &data);
            let command = world.command(number, &data);
            points.push(count(&command, &data, &world.inputs(), &place.join("trace")));
        }
        let book = world.book(&world.before[3]);
        world.frames = frames(&book, name).unwrap();
        world.books = told(&book, name).unwrap();
        verified(&book, name, Scale::default(), Depth::Decide).unwrap();
        (world, points)
    }

    fn book(&self, data: &Path) -> PathBuf {
        data.join("books").join(&self.name)
    }

    /// Files that are read: the book's and the first two with events.
    fn inputs(&self) -> Vec<PathBuf> {
        let events = self.events();
        vec![self.folder.join("book"), events[0].clone(), events[1].clone()]
    }

    fn events(&self) -> Vec<PathBuf> {
        let entries = std::fs::read_dir(self.folder.join("events")).unwrap();
        let mut events: Vec<PathBuf> = entries.map(|entry| entry.unwrap().path()).collect();
        events.sort();
        events
    }

    fn command(&self, number: usize, data: &Path) -> Command {
        let program = std::env::var_os("FAULTS_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_jeongsan").into());
        let mut command = Command::new(program);
        command.args(["--lang", "en", COMMANDS[number]]).arg(data);
        match number {
            0 => command.arg(self.folder.join("book")),
            1 => command.arg(&self.name).args(self.events()).args(["--threads", "1"]),
            _ => command.args([&self.name, "--as-of", "2024-06-01T00:00:00Z"]),
        };
        command
    }

    fn attempt(&self, number: usize, trial: &Trial, place: &Path) -> (Ended, Result<(), String>) {
        let data = place.join("data");
        copy(&self.before[number], &data);
        let command = self.command(number, &data);
        let ended = inject(&command, &data, &trial.point, trial.nth, trial.fault, &place.join("trace"));
        let sound = self.examine(number, trial, &ended, &data);
        (ended, sound)
    }

    fn examine(&self, number: usize, trial: &Trial, ended: &Ended, data: &Path) -> Result<(), String> {
        let code = ended.code;
        match trial.fault {
            _ if !ended.reached && code == Some(0) => {}
            Fault::Kill if code.is_none() => {}
            // What the program can do without, it does without; that nothing is missing then is seen below.
            Fault::Error(_) if code == Some(0) => {}
            Fault::Error(_) if code == Some(EXIT_WORLD) => names(trial, data, &ended.err)?,
            _ => return Err(format!("it ended with {code:?}")),
        }
        if number > 0 {
            self.examine_acknowledged(number, data)?;
        }
        let again = if code == Some(0) { number + 1 } else { number };
        for (number, name) in COMMANDS.iter().enumerate().skip(again) {
            let output = self.command(number, data).output().unwrap();
            if !output.status.success() {
                let said = String::from_utf8_lossy(&output.stderr).into_owned();
                return Err(format!("{name} again: {}: {}", output.status, said.trim()));
            }
        }
        verified(&self.book(data), &self.name, Scale::default(), Depth::Decide)?;
        compare(&self.books, &told(&self.book(data), &self.name)?)
    }

    /// What earlier commands did is there, and of this one the first turns.
    fn examine_acknowledged(&self, number: usize, data: &Path) -> Result<(), String> {
        let acknowledged = frames(&self.book(&self.before[number]), &self.name)?.len();
        let found = frames(&self.book(data), &self.name)?;
        if found.len() < acknowledged || !self.frames.starts_with(&found) {
            return Err(format!("{} of {} frames, {acknowledged} were acknowledged", found.len(), self.frames.len()));
        }
        Ok(())
    }
}

/// Whether a failure names the file, or of a folder of the book the book, and what the system said.
pub(crate) fn names(trial: &Trial, data: &Path, said: &str) -> Result<(), String> {
    let path = data.join(&trial.point.path);
    let name = |path: &Path| path.file_name().map(|name| name.to_string_lossy().into_owned());
    let named = [Some(&*path), path.parent().filter(|_| path.is_dir())].into_iter().flatten().filter_map(name);
    // A full disk is told as such, and what for it needed the room does not matter.
    let is_full = said.contains("the disk has no room");
    if is_full || named.into_iter().any(|name| said.contains(&name)) && said.contains("os error") {
        return Ok(());
    }
    Err("the file is not named".to_owned())
}
