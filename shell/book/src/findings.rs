//! Collects faults and warnings while a book is read, and turns byte places into lines and columns at the end.
//!
//! A place is a span of bytes, so that reading costs nothing for lines and columns; only what is told is counted, Θ(size
//! of the file) for each of at most [`FAULTS_MAX`] faults.

use crate::fault::{FAULTS_MAX, Fault, FaultKind};

/// A span of bytes of one of the book's files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    pub(crate) file: u32,
    pub(crate) start: u32,
    pub(crate) end: u32,
}

/// A file of the book as text.
#[derive(Clone, Debug)]
pub(crate) struct SourceText {
    pub(crate) path: String,
    pub(crate) text: String,
}

#[derive(Debug, PartialEq, Eq)]
struct Finding {
    place: Place,
    field: String,
    kind: FaultKind,
}

/// What was found so far.
#[derive(Debug, Default)]
pub(crate) struct Findings {
    texts: Vec<SourceText>,
    faults: Vec<Finding>,
    warnings: Vec<Finding>,
    /// All faults, also those beyond the bound and those found twice.
    count: usize,
}

impl Findings {
    pub(crate) fn new(texts: Vec<SourceText>) -> Self {
        Self { texts, ..Self::default() }
    }

    pub(crate) fn texts(&self) -> &[SourceText] {
        &self.texts
    }

    /// Notes a fault; one that stands there already is kept once.
    pub(crate) fn fault(&mut self, place: Place, field: &str, kind: FaultKind) {
        self.count += 1;
        keep(&mut self.faults, Finding { place, field: field.to_owned(), kind });
    }

    pub(crate) fn warn(&mut self, place: Place, field: &str, kind: FaultKind) {
        keep(&mut self.warnings, Finding { place, field: field.to_owned(), kind });
    }

    /// How many faults were found: equal before and after means that what lies between is sound.
    pub(crate) fn count(&self) -> usize {
        self.count
    }

    /// `file:line` of a place, for messages that name a second place.
    pub(crate) fn line_of(&self, place: Place) -> Box<str> {
        let source = &self.texts[place.file as usize];
        let (line, _) = line_and_column(&source.text, place.start as usize);
        format!("{}:{line}", source.path).into()
    }

    /// The bytes of a place as they were written.
    pub(crate) fn written(&self, place: Place) -> &str {
        let text = &self.texts[place.file as usize].text;
        text.get(place.start as usize..place.end as usize).unwrap_or_default()
    }

    /// Faults, if any, and warnings, each in order of their places.
    pub(crate) fn into_parts(self) -> (Vec<Fault>, Vec<Fault>) {
        let Self { texts, faults, warnings, .. } = self;
        let placed = |mut findings: Vec<Finding>| {
            findings.sort_by_key(|finding| finding.place);
            findings.into_iter().map(|finding| placed(&texts, finding)).collect()
        };
        (placed(faults), placed(warnings))
    }
}

fn keep(findings: &mut Vec<Finding>, finding: Finding) {
    if findings.len() < FAULTS_MAX && !findings.contains(&finding) {
        findings.push(finding);
    }
}

fn placed(texts: &[SourceText], finding: Finding) -> Fault {
    let source = &texts[finding.place.file as usize];
    let (line, column) = line_and_column(&source.text, finding.place.start as usize);
    Fault { file: source.path.as_str().into(), line, column, field: finding.field.into(), kind: finding.kind }
}

/// Line and column, both from 1, the column in characters.
pub(crate) fn line_and_column(text: &str, at: usize) -> (u32, u32) {
    let before = &text[..text.floor_char_boundary(at)];
    let line_at = before.rfind('\n').map_or(0, |newline| newline + 1);
    let number = |count: usize| u32::try_from(count).unwrap_or(u32::MAX).saturating_add(1);
    (number(before.matches('\n').count()), number(before[line_at..].chars().count()))
}
