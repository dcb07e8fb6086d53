//! A folder to try things in: a good book, a good event file, and what a case changes.

use scenarios::{Answer, Scenario, run, run_in};
use serde_json::Value;
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// Three good sales, as `events/sales.csv` of the scenario has them.
pub(crate) const SALES: &str = "id,happened,price,received\n\
    s-1,2024-03-01T12:00:00+09:00,116,2024-03-01T12:00:01+09:00\n\
    s-2,2024-03-02T12:00:00+09:00,116,2024-03-02T12:00:01+09:00\n\
    s-3,2024-03-03T12:00:00+09:00,116,2024-03-03T12:00:01+09:00\n";

/// A folder with `book/`, `sales.csv` and nothing else.
pub(crate) struct Bench {
    folder: TempDir,
}

impl Bench {
    /// A folder with nothing in it.
    pub(crate) fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    pub(crate) fn new() -> Self {
        let bench = Self::empty();
        copy(&Scenario::named("golden-e1").folder.join("book"), &bench.path("book"));
        bench.write("sales.csv", SALES);
        bench
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.folder.path().join(relative)
    }

    pub(crate) fn text(&self, relative: &str) -> String {
        std::fs::read_to_string(self.path(relative)).unwrap()
    }

    /// Writes a file, with the folders that it needs.
    pub(crate) fn write(&self, relative: &str, bytes: impl AsRef<[u8]>) {
        let path = self.path(relative);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, bytes).unwrap();
    }

    /// Replaces a text in a file, which has to be there.
    #[track_caller]
    pub(crate) fn change(&self, relative: &str, from: &str, to: &str) {
        let text = self.text(relative);
        assert!(text.contains(from), "{relative} has no `{from}`");
        self.write(relative, text.replace(from, to));
    }

    /// Words of a command line; `@x` is the file `x` of this folder, `a=@x` too.
    fn words(&self, command: &str) -> Vec<String> {
        let place = format!("{}/", self.folder.path().display());
        command.split_whitespace().map(|word| word.replacen('@', &place, 1)).collect()
    }

    pub(crate) fn run(&self, command: &str) -> Answer {
        let words = self.words(command);
        run(&words.iter().map(String::as_str).collect::<Vec<_>>())
    }

    /// Runs what has to go well and gives `summary.json`.
    #[track_caller]
    pub(crate) fn settle(&self, command: &str) -> Value {
        let answer = self.run(&format!("{command} --json"));
        assert_eq!((answer.exit_code, &*answer.err), (0, ""), "{command}: {}", answer.out);
        serde_json::from_str(&answer.out).unwrap()
    }

    /// Names of all that lies directly in the folder.
    fn names(&self) -> Vec<String> {
        let entries = std::fs::read_dir(self.folder.path()).unwrap();
        let mut names: Vec<String> =
            entries.map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned()).collect();
        names.sort();
        names
    }

    /// Runs what has to fail: in English with these words, in Korean in Korean, with `--json` as JSON with this code;
    /// each time with this exit code and without leaving anything behind.
    #[track_caller]
    pub(crate) fn check_refused(&self, command: &str, exit_code: u8, code: &str, says: &[&str]) {
        let before = self.names();
        let english = self.run(command);
        assert_eq!((english.exit_code, &*english.out), (exit_code, ""), "{command}: {}", english.err);
        for phrase in says {
            assert!(english.err.contains(phrase), "{command}: no `{phrase}` in\n{}", english.err);
        }
        let words = self.words(command);
        let korean = run_in("ko", &words.iter().map(String::as_str).collect::<Vec<_>>());
        assert_eq!((korean.exit_code, &*korean.out), (exit_code, ""), "{command}: {}", korean.err);
        let is_hangul = |character: char| ('가'..='힣').contains(&character);
        assert!(code == "usage" || korean.err.chars().any(is_hangul), "{command}: {}", korean.err);
        let told = self.run(&format!("{command} --json"));
        assert_eq!((told.exit_code, &*told.err), (exit_code, ""), "{command}: {}", told.out);
        let told: Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!((&told["error"], &told["exit_code"]), (&code.into(), &exit_code.into()), "{command}");
        let messages = told["messages"].as_array().unwrap();
        let messages: Vec<&str> = messages.iter().map(|message| message.as_str().unwrap()).collect();
        for phrase in says {
            assert!(messages.join("\n").contains(phrase), "{command}: no `{phrase}` in {messages:?}");
        }
        assert_eq!(self.names(), before, "{command} leaves nothing behind");
    }
}

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &target);
        } else {
            std::fs::copy(entry.path(), target).unwrap();
        }
    }
}
