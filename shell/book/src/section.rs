//! Reads tables key by key: says which are missing, which are unknown, and which have the wrong type.
//!
//! [`Section::finish`] knows all keys that were asked for, so that the list of known keys cannot drift from the code
//! that reads them.

use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::nodes::{Entry, Node, Value};

/// A table that is being read.
#[derive(Debug)]
pub(crate) struct Section<'a> {
    pub(crate) place: Place,
    pub(crate) path: String,
    entries: &'a [Entry],
    asked: Vec<&'static str>,
    missing: Vec<&'static str>,
}

/// A value of a table or list.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) path: String,
    pub(crate) node: &'a Node,
}

impl<'a> Section<'a> {
    /// The whole of a file.
    pub(crate) fn of_file(node: &'a Node) -> Self {
        let Value::Table(entries) = &node.value else { unreachable!("a file is a table") };
        Self { place: node.place, path: String::new(), entries, asked: Vec::new(), missing: Vec::new() }
    }

    /// The value of a key, where it is there.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.asked.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field { path: joined(&self.path, key), node: &entry.node })
    }

    /// A key without asking for it.
    pub(crate) fn peek(&self, key: &str) -> Option<&'a Entry> {
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The text of a key without asking for it.
    pub(crate) fn peek_text(&self, key: &str) -> Option<&'a str> {
        if let Value::Text(text) = &self.peek(key)?.node.value { Some(text) } else { None }
    }

    /// The value of a key that must be there; [`Section::finish`] tells that it is not.
    pub(crate) fn required(&mut self, key: &'static str) -> Option<Field<'a>> {
        let field = self.optional(key);
        if field.is_none() {
            self.missing.push(key);
        }
        field
    }

    /// The one of several keys that is there; they exclude each other.
    pub(crate) fn one_of(
        &mut self,
        keys: &[&'static str],
        findings: &mut Findings,
    ) -> Option<(&'static str, Field<'a>)> {
        let mut found = keys.iter().filter_map(|key| Some((*key, self.optional(key)?))).collect::<Vec<_>>().into_iter();
        let Some(first) = found.next() else {
            let keys = keys.iter().map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ");
            findings.fault(self.place, &self.path, FaultKind::KeyOneOf { keys: keys.into() });
            return None;
        };
        if let Some((other, field)) = found.next() {
            let kind = FaultKind::KeyConflict { key: other.into(), other: first.0.into() };
            findings.fault(field.node.place, &field.path, kind);
            return None;
        }
        Some(first)
    }

    /// Refuses keys that mean nothing beside something else, e.g. `format = "json"`.
    pub(crate) fn refuse(&mut self, keys: &[&'static str], beside: &str, findings: &mut Findings) {
        for key in keys {
            if let Some(field) = self.optional(key) {
                let kind = FaultKind::KeyMisplaced { key: (*key).into(), beside: beside.into() };
                findings.fault(field.node.place, &field.path, kind);
            }
        }
    }

    /// Says which keys nobody asked for, and which are missing: a mistyped key is one fault and not both.
    pub(crate) fn finish(mut self, findings: &mut Findings) {
        for entry in self.entries.iter().filter(|entry| !self.asked.contains(&entry.key.as_str())) {
            let known = known(&entry.key, self.asked.iter().copied());
            self.missing.retain(|key| *known != format!("`{key}`"));
            let kind = FaultKind::KeyUnknown { key: entry.key.as_str().into(), known };
            findings.fault(entry.key_place, &joined(&self.path, &entry.key), kind);
        }
        for key in self.missing {
            findings.fault(self.place, &joined(&self.path, key), FaultKind::KeyMissing { key: key.into() });
        }
    }
}

impl<'a> Field<'a> {
    pub(crate) fn place(&self) -> Place {
        self.node.place
    }

    /// Notes a fault of this value.
    pub(crate) fn fault(&self, kind: FaultKind, findings: &mut Findings) {
        findings.fault(self.place(), &self.path, kind);
    }

    pub(crate) fn warn(&self, kind: FaultKind, findings: &mut Findings) {
        findings.warn(self.place(), &self.path, kind);
    }

    pub(crate) fn text(&self, findings: &mut Findings) -> Option<&'a str> {
        if let Value::Text(text) = &self.node.value {
            return Some(text);
        }
        let found = self.found(findings);
        self.fault(FaultKind::TextWanted { found }, findings);
        None
    }

    /// A whole number within bounds.
    pub(crate) fn whole(&self, least: i64, most: i64, findings: &mut Findings) -> Option<i64> {
        let Value::Integer(digits) = &self.node.value else {
            let found = self.found(findings);
            self.fault(FaultKind::WholeNumberWanted { found }, findings);
            return None;
        };
        let number = digits.parse().ok().filter(|number| (least..=most).contains(number));
        if number.is_none() {
            let (least, most) = (least.to_string().into(), most.to_string().into());
            self.fault(FaultKind::NumberOutOfRange { value: digits.as_str().into(), least, most }, findings);
        }
        number
    }

    pub(crate) fn boolean(&self, findings: &mut Findings) -> Option<bool> {
        if let Value::Boolean(value) = &self.node.value {
            return Some(*value);
        }
        let found = self.found(findings);
        self.fault(FaultKind::BooleanWanted { found }, findings);
        None
    }

    /// One of a fixed set of texts.
    pub(crate) fn choice<T: Copy>(&self, values: &[(&'static str, T)], findings: &mut Findings) -> Option<T> {
        let text = self.text(findings)?;
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        self.unknown_value(text, values.iter().map(|(name, _)| *name), findings);
        None
    }

    pub(crate) fn unknown_value<'b>(
        &self,
        value: &str,
        names: impl IntoIterator<Item = &'b str>,
        findings: &mut Findings,
    ) {
        let kind = FaultKind::ValueUnknown { value: value.into(), known: known(value, names) };
        self.fault(kind, findings);
    }

    /// The values of a list.
    pub(crate) fn list(&self, findings: &mut Findings) -> Option<Vec<Field<'a>>> {
        if let Value::List(nodes) = &self.node.value {
            return Some(nodes.iter().map(|node| Field { path: self.path.clone(), node }).collect());
        }
        let found = self.found(findings);
        self.fault(FaultKind::ListWanted { found }, findings);
        None
    }

    /// The values of a list that has at least one.
    pub(crate) fn filled_list(&self, findings: &mut Findings) -> Option<Vec<Field<'a>>> {
        let list = self.list(findings)?;
        if list.is_empty() {
            let key = self.path.rsplit('.').next().unwrap_or_default();
            self.fault(FaultKind::ListEmpty { key: key.into() }, findings);
            return None;
        }
        Some(list)
    }

    /// A table whose keys are known.
    pub(crate) fn section(&self, findings: &mut Findings) -> Option<Section<'a>> {
        let entries = self.entries(findings)?;
        Some(Section { place: self.place(), path: self.path.clone(), entries, asked: Vec::new(), missing: Vec::new() })
    }

    /// Tables that were written with `[[…]]`.
    pub(crate) fn sections(&self, findings: &mut Findings) -> Vec<Section<'a>> {
        if let Value::Table(_) = &self.node.value {
            self.fault(FaultKind::SectionsWanted { key: self.path.as_str().into() }, findings);
            return Vec::new();
        }
        let fields = self.list(findings).unwrap_or_default();
        fields.iter().filter_map(|field| field.section(findings)).collect()
    }

    /// A table whose keys are names that the author chose.
    pub(crate) fn named(&self, findings: &mut Findings) -> Vec<(&'a Entry, Field<'a>)> {
        let entries = self.entries(findings).unwrap_or_default();
        entries.iter().map(|entry| (entry, Field { path: joined(&self.path, &entry.key), node: &entry.node })).collect()
    }

    fn entries(&self, findings: &mut Findings) -> Option<&'a [Entry]> {
        if let Value::Table(entries) = &self.node.value {
            return Some(entries);
        }
        let found = self.found(findings);
        self.fault(FaultKind::TableWanted { found }, findings);
        None
    }

    pub(crate) fn is_text(&self) -> bool {
        matches!(self.node.value, Value::Text(_))
    }

    /// What was written, short enough for a message.
    pub(crate) fn found(&self, findings: &Findings) -> Box<str> {
        const SHOWN_CHARS_MAX: usize = 40;
        let written = findings.written(self.place()).lines().next().unwrap_or_default();
        let mut shown: String = written.chars().take(SHOWN_CHARS_MAX).collect();
        if written.chars().count() > SHOWN_CHARS_MAX {
            shown.push('…');
        }
        format!("`{shown}`").into()
    }
}

fn joined(path: &str, key: &str) -> String {
    if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") }
}
