//! What is wrong with a book: where, what happened, what to do; in English and Korean.

mod kinds;

pub use kinds::FaultKind;

use std::fmt;

/// The most faults that are told at once, and the most warnings.
pub const FAULTS_MAX: usize = 100;

/// The language of a message.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Language {
    /// English.
    #[default]
    English,
    /// Korean (한국어).
    Korean,
}

/// One fault or warning at its place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// Path inside the book folder.
    pub file: Box<str>,
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// Path of the key, e.g. `version.term.rate`; empty where it concerns the whole file.
    pub field: Box<str>,
    /// What happened.
    pub kind: FaultKind,
}

impl Fault {
    /// A fault of a whole file.
    #[must_use]
    pub fn of_file(file: &str, kind: FaultKind) -> Self {
        Self { file: file.into(), line: 1, column: 1, field: "".into(), kind }
    }

    /// The word for machines, e.g. `asset_unknown`.
    #[must_use]
    pub const fn code(&self) -> &'static str {
        self.kind.code()
    }

    /// What happened: one sentence without its full stop.
    #[must_use]
    pub fn message(&self, language: Language) -> String {
        self.kind.message(language)
    }

    /// What to do: one sentence without its full stop.
    #[must_use]
    pub fn what_to_do(&self, language: Language) -> String {
        self.kind.what_to_do(language)
    }

    /// The whole text in a language: `contracts/taxi.toml:14:8: what happened; what to do`.
    #[must_use]
    pub fn text(&self, language: Language) -> String {
        let Self { file, line, column, .. } = self;
        format!("{file}:{line}:{column}: {}; {}", self.message(language), self.what_to_do(language))
    }

    /// Whether the folder or a file could not be read: no fault of its author.
    #[must_use]
    pub const fn is_of_the_world(&self) -> bool {
        matches!(self.kind, FaultKind::FolderUnreadable { .. } | FaultKind::FileUnreadable { .. })
    }
}

/// In English.
impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.text(Language::English))
    }
}
