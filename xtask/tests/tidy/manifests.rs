//! The manifests of the workspace: each crate with the crates that it names.

use toml::{Table, Value};

use crate::tree::{TextFile, text_files};

/// One of our crates.
pub(crate) struct Manifest {
    pub(crate) name: String,
    pub(crate) dependencies: Vec<Dependency>,
}

/// A crate that another one names.
pub(crate) struct Dependency {
    /// The crate's own name, also where it is renamed.
    pub(crate) name: String,
    /// Named for tests only.
    pub(crate) is_dev: bool,
}

/// Every crate of the workspace.
pub(crate) fn manifests() -> Vec<Manifest> {
    let is_member = |file: &&TextFile| file.path.ends_with("/Cargo.toml") && !file.path.starts_with("fuzz/");
    text_files().iter().filter(is_member).map(|file| read(&file.path, &file.text)).collect()
}

/// Reads one manifest.
pub(crate) fn read(path: &str, text: &str) -> Manifest {
    let table: Table = text.parse().unwrap_or_else(|error| panic!("{path}: {error}"));
    let name = table["package"]["name"].as_str().unwrap_or_else(|| panic!("{path}: no name")).to_owned();
    let mut dependencies = Vec::new();
    collect(&table, &mut dependencies);
    for platform in table.get("target").and_then(Value::as_table).into_iter().flat_map(Table::values) {
        collect(platform.as_table().expect("a target is a table"), &mut dependencies);
    }
    Manifest { name, dependencies }
}

fn collect(table: &Table, dependencies: &mut Vec<Dependency>) {
    for section in ["dependencies", "build-dependencies", "dev-dependencies"] {
        for (key, value) in table.get(section).and_then(Value::as_table).into_iter().flatten() {
            let name = value.get("package").and_then(Value::as_str).unwrap_or(key);
            dependencies.push(Dependency { name: name.to_owned(), is_dev: section == "dev-dependencies" });
        }
    }
}

#[test]
fn all_kinds_of_dependencies_are_read() {
    let text = "[package]\nname = \"a\"\n[dependencies]\nb.workspace = true\nc = { package = \"d\", path = \"..\" }\n\
                [build-dependencies]\ne = \"1\"\n[target.'cfg(unix)'.dependencies]\nf = \"1\"\n[dev-dependencies]\ng = \"1\"\n";
    let found = read("a/Cargo.toml", text).dependencies;
    let names: Vec<(&str, bool)> = found.iter().map(|found| (found.name.as_str(), found.is_dev)).collect();
    assert_eq!(names, [("b", false), ("d", false), ("e", false), ("g", true), ("f", false)]);
}
