//! Worked settlements as plain files: test, demo and documentation at once.
//!
//! Each folder beside this crate's sources is a [`Scenario`]; the README there says what stands in it. The crate runs the
//! real program over them, in this process, with the arguments that somebody would type.

use std::ffi::OsString;
use std::path::{Path, PathBuf};

/// Folders that are no scenarios.
const OTHER_FOLDERS: [&str; 3] = ["src", "tests", "__pycache__"];

/// What the program said, and its exit code.
#[derive(Clone, Debug)]
pub struct Answer {
    /// As `docs/reference/program.md` says: 0 done, 1 refused, 2 wrong usage, 3 the world failed, 70 a bug.
    pub exit_code: u8,
    /// Everything on the output.
    pub out: String,
    /// Everything on the error output.
    pub err: String,
}

/// Runs the program in English, whatever the environment says.
#[must_use]
pub fn run(arguments: &[&str]) -> Answer {
    run_in("en", arguments)
}

/// Runs the program in a language.
///
/// # Panics
/// Where it writes something that is not UTF-8.
#[must_use]
pub fn run_in(language: &str, arguments: &[&str]) -> Answer {
    run_answering(language, arguments, "")
}

/// Runs the program in a language, with answers to its questions, a line each.
///
/// # Panics
/// Where it writes something that is not UTF-8.
#[must_use]
pub fn run_answering(language: &str, arguments: &[&str], answers: &str) -> Answer {
    let whole = ["jeongsan", "--lang", language].into_iter().chain(arguments.iter().copied()).map(OsString::from);
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit_code = server::run_with(whole, &mut answers.as_bytes(), &mut out, &mut err);
    let text = |bytes| String::from_utf8(bytes).expect("the program writes UTF-8");
    Answer { exit_code, out: text(out), err: text(err) }
}

/// One scenario.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// Name of its folder.
    pub name: String,
    /// Where it lies.
    pub folder: PathBuf,
}

impl Scenario {
    /// The scenario with a name.
    #[must_use]
    pub fn named(name: &str) -> Self {
        Self { name: name.to_owned(), folder: Path::new(env!("CARGO_MANIFEST_DIR")).join(name) }
    }

    /// All, in order of their names.
    ///
    /// # Errors
    /// Where the folder of the scenarios cannot be read.
    pub fn all() -> std::io::Result<Vec<Self>> {
        let mut names = Vec::new();
        for entry in std::fs::read_dir(env!("CARGO_MANIFEST_DIR"))? {
            let entry = entry?;
            let name = entry.file_name().to_string_lossy().into_owned();
            if entry.file_type()?.is_dir() && !OTHER_FOLDERS.contains(&&*name) {
                names.push(name);
            }
        }
        names.sort();
        Ok(names.iter().map(|name| Self::named(name)).collect())
    }

    /// The arguments of `settle`, without `--out`: what `command` says, or the book and all event files.
    ///
    /// # Errors
    /// Where the scenario's folder cannot be read.
    pub fn arguments(&self) -> std::io::Result<Vec<String>> {
        let command = self.folder.join("command");
        let words: Vec<String> = if command.exists() {
            std::fs::read_to_string(command)?.split_whitespace().map(str::to_owned).collect()
        } else {
            let mut words = vec!["book".to_owned()];
            for entry in std::fs::read_dir(self.folder.join("events"))? {
                words.push(format!("events/{}", entry?.file_name().to_string_lossy()));
            }
            words[1..].sort();
            words
        };
        Ok(words.into_iter().map(|word| self.placed(word)).collect())
    }

    /// A word of a command, with a path of the scenario made absolute.
    fn placed(&self, word: String) -> String {
        if word == "book" || word.starts_with("events/") { self.folder.join(word).display().to_string() } else { word }
    }
}
