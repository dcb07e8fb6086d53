//! What `settle` wrote, read as any program would read it.

use scenarios::{Answer, Scenario, run};
use serde_json::Value;
use std::collections::{BTreeMap, HashMap};
use std::path::{Path, PathBuf};
use tempfile::TempDir;

/// A row of a CSV file by column.
pub(crate) type Row = HashMap<String, String>;

/// The outputs of one run; the folder goes with it.
pub(crate) struct Written {
    pub(crate) scenario: Scenario,
    pub(crate) folder: PathBuf,
    _parent: TempDir,
}

/// Settles a scenario as its folder says.
pub(crate) fn settle(name: &str) -> Written {
    settle_with(name, &[])
}

/// Settles a scenario with more arguments.
#[track_caller]
pub(crate) fn settle_with(name: &str, more: &[&str]) -> Written {
    let scenario = Scenario::named(name);
    let arguments = scenario.arguments().unwrap();
    let arguments: Vec<&str> = arguments.iter().map(String::as_str).chain(more.iter().copied()).collect();
    settle_as(scenario, &arguments)
}

/// Settles with arguments of one's own, without `--out`.
#[track_caller]
pub(crate) fn settle_as(scenario: Scenario, arguments: &[&str]) -> Written {
    let parent = tempfile::tempdir().unwrap();
    let folder = parent.path().join("out");
    let out = folder.display().to_string();
    let whole: Vec<&str> = ["settle"].iter().chain(arguments).chain(&["--out", &out, "--json"]).copied().collect();
    let Answer { exit_code, out, err } = run(&whole);
    assert_eq!((exit_code, &*err), (0, ""), "{}: {out}", scenario.name);
    let written = Written { scenario, folder, _parent: parent };
    let told: Value = serde_json::from_str(&out).unwrap();
    assert_eq!(told, written.json("summary.json"), "--json prints the summary");
    written
}

impl Written {
    pub(crate) fn text(&self, file: &str) -> String {
        std::fs::read_to_string(self.folder.join(file)).unwrap()
    }

    pub(crate) fn json(&self, file: &str) -> Value {
        serde_json::from_str(&self.text(file)).unwrap()
    }

    pub(crate) fn rows(&self, file: &str) -> Vec<Row> {
        rows(&self.folder.join(file))
    }

    pub(crate) fn statements(&self) -> Vec<Value> {
        self.json("statements.json")["statements"].as_array().unwrap().clone()
    }

    /// Explains something, a line of text each.
    #[track_caller]
    pub(crate) fn explain(&self, what: &str) -> Vec<String> {
        let answer = run(&["explain", &self.folder.display().to_string(), what, "--json"]);
        assert_eq!((answer.exit_code, &*answer.err), (0, ""), "{what}: {}", answer.out);
        let told: Value = serde_json::from_str(&answer.out).unwrap();
        assert_eq!(told["of"], what);
        told["lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap().to_owned()).collect()
    }

    /// All files by path, with the two measured figures of `summary.json` taken out.
    pub(crate) fn files(&self) -> BTreeMap<String, Vec<u8>> {
        let mut files = BTreeMap::new();
        gather(&self.folder, "", &mut files);
        let mut summary = self.json("summary.json");
        for measured in ["seconds", "events_per_second"] {
            summary.as_object_mut().unwrap().remove(measured).unwrap();
        }
        files.insert("summary.json".into(), summary.to_string().into_bytes());
        files
    }
}

/// The rows of a CSV file.
pub(crate) fn rows(path: &Path) -> Vec<Row> {
    let mut reader = csv::Reader::from_path(path).unwrap();
    reader.deserialize().map(|row| row.unwrap()).collect()
}

fn gather(folder: &Path, prefix: &str, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.file_type().unwrap().is_dir() {
            gather(&entry.path(), &format!("{name}/"), files);
        } else {
            files.insert(name, std::fs::read(entry.path()).unwrap());
        }
    }
}
