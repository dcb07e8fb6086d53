//! The files that the rules read: all that git tracks or would track, as text.

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use crate::tokens::{Token, tokens};

/// A text file of the repository.
pub(crate) struct TextFile {
    /// Below the root, with `/`.
    pub(crate) path: String,
    pub(crate) text: String,
}

impl TextFile {
    /// A made-up file, for trying a rule on it.
    pub(crate) fn example(path: &str, text: &str) -> TextFile {
        TextFile { path: path.to_owned(), text: text.to_owned() }
    }

    pub(crate) fn is_rust(&self) -> bool {
        self.path.ends_with(".rs")
    }

    pub(crate) fn tokens(&self) -> Vec<Token<'_>> {
        tokens(&self.text)
    }

    /// A fault at a line of this file.
    pub(crate) fn fault(&self, line: usize, message: &str) -> String {
        format!("{}:{line}: {message}", self.path)
    }
}

/// The root of the workspace.
pub(crate) fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR")).parent().expect("xtask lies in the workspace")
}

/// Every text file, read once. Files with a NUL byte or outside UTF-8 are not text.
pub(crate) fn text_files() -> &'static [TextFile] {
    static FILES: OnceLock<Vec<TextFile>> = OnceLock::new();
    FILES.get_or_init(|| paths().into_iter().filter_map(read).collect())
}

/// Every Rust source file.
pub(crate) fn rust_files() -> impl Iterator<Item = &'static TextFile> {
    text_files().iter().filter(|file| file.is_rust())
}

/// A file that must exist.
pub(crate) fn text_of(path: &str) -> &'static str {
    let found = text_files().iter().find(|file| file.path == path);
    &found.unwrap_or_else(|| panic!("{path} is missing")).text
}

/// The lines between `<!-- name -->` and `<!-- /name -->`, without the blank ones.
pub(crate) fn between_markers<'a>(text: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<!-- {name} -->"), format!("<!-- /{name} -->"));
    let after = text.split_once(&open).unwrap_or_else(|| panic!("no marker {open}")).1;
    let inside = after.split_once(&close).unwrap_or_else(|| panic!("no marker {close}")).0;
    inside.lines().map(str::trim).filter(|line| !line.is_empty()).collect()
}

/// Fails with all faults at once, so that one run is enough to mend them.
pub(crate) fn assert_none(faults: &[String]) {
    assert!(faults.is_empty(), "{} faults:\n{}", faults.len(), faults.join("\n"));
}

fn paths() -> Vec<String> {
    let listed = Command::new("git")
        .args(["ls-files", "-z", "--cached", "--others", "--exclude-standard", "--deduplicate"])
        .current_dir(root())
        .output()
        .expect("git lists the files");
    assert!(listed.status.success(), "git ls-files: {}", String::from_utf8_lossy(&listed.stderr));
    let names = String::from_utf8(listed.stdout).expect("file names are UTF-8");
    names.split_terminator('\0').map(str::to_owned).collect()
}

/// Nothing for a binary file, and for one that git still lists but that is being moved or deleted.
fn read(path: String) -> Option<TextFile> {
    let bytes = std::fs::read(root().join(PathBuf::from(&path))).ok()?;
    if bytes.contains(&0) {
        return None;
    }
    let text = String::from_utf8(bytes).ok()?;
    Some(TextFile { path, text })
}

#[test]
fn this_file_is_found() {
    assert!(rust_files().any(|file| file.path == "xtask/tests/tidy/tree.rs"));
}
