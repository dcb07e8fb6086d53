//! Two scenarios taken at once by the real program, and errors of the disk in one of them: the other ends as it would have.

use crate::books::{compare, copy, told, verified};
use crate::program::names;
use crate::strace::{Ended, Fault, count, inject};
use crate::trials::{Trial, chosen, try_each};
use runtime::{Depth, Scale};
use std::path::{Path, PathBuf};
use std::process::Command;

/// The book with errors, and the one beside it.
const NAMES: [&str; 2] = ["game-wallet", "marketplace-demo"];

/// Exit code where a file or disk failed.
const EXIT_WORLD: i32 = 3;

struct World {
    /// A folder of files for each book.
    files: PathBuf,
    /// The data directory with both, before anything was taken.
    loaded: PathBuf,
    /// What each comes to without faults.
    books: [String; 2],
}

/// Tries errors at the calls on one book's folder, so many of one sort.
pub(crate) fn try_all(calls_max: usize) {
    let place = tempfile::tempdir().unwrap();
    let place = place.path().canonicalize().unwrap();
    let (files, loaded, data) = (place.join("files"), place.join("loaded"), place.join("data"));
    for name in NAMES {
        let scenario = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../scenarios").join(name);
        std::fs::create_dir_all(&files).unwrap();
        copy(&scenario.join("events"), &files.join(name));
        let output = program("load", &loaded).arg(scenario.join("book")).output().unwrap();
        assert!(output.status.success(), "{output:?}");
    }
    let mut world = World { files, loaded, books: Default::default() };
    copy(&world.loaded, &data);
    let points = count(&world.ingest(&data), &data, &[], &place.join("trace"));
    world.books = NAMES.map(|name| told(&data.join("books").join(name), name).unwrap());
    let own = Path::new("books").join(NAMES[0]);
    let points: Vec<_> = points.into_iter().filter(|point| point.path.starts_with(&own)).collect();
    let mut trials = chosen(&points, calls_max);
    trials.retain(|trial| trial.fault != Fault::Kill);
    assert!(trials.len() > 10, "a book makes calls");
    try_each("ingest --each", &trials, |trial, folder| world.attempt(trial, folder));
}

fn program(command: &str, data: &Path) -> Command {
    let mut program =
        Command::new(std::env::var_os("FAULTS_PROGRAM").unwrap_or_else(|| env!("CARGO_BIN_EXE_jeongsan").into()));
    program.args(["--lang", "en", command]).arg(data);
    program
}

impl World {
    fn ingest(&self, data: &Path) -> Command {
        let mut ingest = program("ingest", data);
        ingest.arg("--each").arg(&self.files).args(["--threads", "1"]);
        ingest
    }

    fn attempt(&self, trial: &Trial, place: &Path) -> (Ended, Result<(), String>) {
        let data = place.join("data");
        copy(&self.loaded, &data);
        let ended = inject(&self.ingest(&data), &data, &trial.point, trial.nth, trial.fault, &place.join("trace"));
        let sound = self.examine(trial, &ended, &data);
        (ended, sound)
    }

    fn examine(&self, trial: &Trial, ended: &Ended, data: &Path) -> Result<(), String> {
        match ended.code {
            // What the program can do without, it does without; or the call was not made this time.
            Some(0) => {}
            Some(EXIT_WORLD) => names(trial, data, &ended.err)?,
            other => return Err(format!("it ended with {other:?}")),
        }
        self.examine_book(1, data)?;
        let output = self.ingest(data).output().unwrap();
        if !output.status.success() {
            return Err(format!("again: {}", String::from_utf8_lossy(&output.stderr).trim()));
        }
        self.examine_book(0, data)?;
        self.examine_book(1, data)
    }

    /// Whether a book stands where it stands without faults.
    fn examine_book(&self, number: usize, data: &Path) -> Result<(), String> {
        let (name, folder) = (NAMES[number], data.join("books").join(NAMES[number]));
        verified(&folder, name, Scale::default(), Depth::Decide)?;
        let found = counted(&told(&folder, name)?);
        compare(&counted(&self.books[number]), &found).map_err(|different| format!("{name}: {different}"))
    }
}

/// What counts: an event that waits for its original waits once more when it is sent once more.
fn counted(told: &str) -> String {
    told.lines().filter(|line| !line.starts_with("waiting ")).map(|line| format!("{line}\n")).collect()
}
