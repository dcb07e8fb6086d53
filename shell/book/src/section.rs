//! Reads tables key by key: says which are missing, which are unknown, and which have the wrong type.
//!
//! [`Section::finish`] knows all keys that were asked for, so that the list of known keys cannot drift from the code
//! that reads them. A section whose keys are described ([`Section::described_by`]) knows the described ones instead, and
//! asserts that description and reading agree; so do all sections and lists below it.

use crate::contracts::keys::{KeyTable, Keys, Kind, Reading};
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
    /// What its keys are, where that is described.
    keys: Option<Keys>,
}

/// A value of a table or list.
#[derive(Clone, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) path: String,
    pub(crate) node: &'a Node,
    /// The described key that it stands behind.
    key: Option<(Keys, &'static str)>,
}

impl<'a> Section<'a> {
    /// The whole of a file.
    pub(crate) fn of_file(node: &'a Node) -> Self {
        let Value::Table(entries) = &node.value else { unreachable!("a file is a table") };
        Self { place: node.place, path: String::new(), entries, asked: Vec::new(), missing: Vec::new(), keys: None }
    }

    /// The section, whose keys are those of a table.
    pub(crate) fn described_by(self, table: &'static KeyTable) -> Self {
        Self { keys: Some(Keys { table, kind: None }), ..self }
    }

    /// Narrows the described keys to those of a kind, and refuses those that only other kinds have.
    pub(crate) fn narrow(&mut self, kind: Kind, findings: &mut Findings) {
        let Some(keys) = &mut self.keys else { unreachable!("only described keys have kinds") };
        keys.kind = Some(kind);
        let foreign = keys.foreign();
        self.refuse(&foreign, &format!("kind = \"{}\"", kind.name()), findings);
    }

    /// The value of a key, where it is there.
    pub(crate) fn optional(&mut self, key: &'static str) -> Option<Field<'a>> {
        self.ask(key, Some(Reading::Optional))
    }

    /// The value of a key, which is described as it is read; one that is refused may be that of another kind.
    fn ask(&mut self, key: &'static str, reading: Option<Reading<'_>>) -> Option<Field<'a>> {
        if let Some((keys, reading)) = self.keys.zip(reading) {
            keys.check(key, reading);
        }
        self.asked.push(key);
        let entry = self.entries.iter().find(|entry| entry.key == key)?;
        Some(Field { path: joined(&self.path, key), node: &entry.node, key: self.keys.map(|keys| (keys, key)) })
    }

    /// A key without asking for it.
    pub(crate) fn peek(&self, key: &str) -> Option<&'a Entry> {
        assert!(self.keys.is_none_or(|keys| keys.names().contains(&key)), "`{key}` is described");
        self.entries.iter().find(|entry| entry.key == key)
    }

    /// The text of a key without asking for it.
    pub(crate) fn peek_text(&self, key: &str) -> Option<&'a str> {
        if let Value::Text(text) = &self.peek(key)?.node.value { Some(text) } else { None }
    }

    /// The value of a key that must be there; [`Section::finish`] tells that it is not.
    pub(crate) fn required(&mut self, key: &'static str) -> Option<Field<'a>> {
        let field = self.ask(key, Some(Reading::Required));
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
        let ask = |key: &&'static str| Some((*key, self.ask(key, Some(Reading::OneOf(keys)))?));
        let mut found = keys.iter().filter_map(ask).collect::<Vec<_>>().into_iter();
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
            if let Some(field) = self.ask(key, None) {
                let kind = FaultKind::KeyMisplaced { key: (*key).into(), beside: beside.into() };
                findings.fault(field.node.place, &field.path, kind);
            }
        }
    }

    /// Says which keys nobody asked for, and which are missing: a mistyped key is one fault and not both.
    pub(crate) fn finish(mut self, findings: &mut Findings) {
        let accepted = self.keys.map_or_else(|| self.asked.clone(), Keys::names);
        for entry in self.entries.iter().filter(|entry| !accepted.contains(&entry.key.as_str())) {
            let known = known(&entry.key, accepted.iter().copied());
            self.missing.retain(|key| *known != format!("`{key}`"));
            let kind = FaultKind::KeyUnknown { key: entry.key.as_str().into(), known };
            findings.fault(entry.key_place, &joined(&self.path, &entry.key), kind);
        }
        self.check_asked(&accepted, findings);
        for key in self.missing {
            findings.fault(self.place, &joined(&self.path, key), FaultKind::KeyMissing { key: key.into() });
        }
    }

    /// Asserts that no accepted key was passed over; where something is at fault, what depends on it is not read.
    fn check_asked(&self, accepted: &[&'static str], findings: &Findings) {
        if findings.count() > 0 || !self.missing.is_empty() {
            return;
        }
        for key in accepted {
            assert!(self.asked.contains(key), "`{key}` of `{}` is described and read", self.path);
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

    /// The text, where it is one.
    pub(crate) fn peek_text(&self) -> Option<&'a str> {
        if let Value::Text(text) = &self.node.value { Some(text) } else { None }
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
        self.check_words(&values.iter().map(|(name, _)| *name).collect::<Vec<_>>());
        let text = self.text(findings)?;
        if let Some((_, value)) = values.iter().find(|(name, _)| *name == text) {
            return Some(*value);
        }
        self.unknown_value(text, values.iter().map(|(name, _)| *name), findings);
        None
    }

    /// Asserts that these are the words that the description of its key has.
    pub(crate) fn check_words(&self, words: &[&str]) {
        if let Some((keys, key)) = self.key {
            keys.check_words(key, words);
        }
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
            return Some(nodes.iter().map(|node| Field { path: self.path.clone(), node, key: self.key }).collect());
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
        let (place, path) = (self.place(), self.path.clone());
        let keys = self.key.map(|(keys, key)| keys.below(key));
        Some(Section { place, path, entries, asked: Vec::new(), missing: Vec::new(), keys })
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
        let field = |entry: &'a Entry| Field { path: joined(&self.path, &entry.key), node: &entry.node, key: self.key };
        entries.iter().map(|entry| (entry, field(entry))).collect()
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::contracts::keys::FILE;
    use crate::findings::SourceText;
    use crate::nodes::parse;

    /// Reads a contract file with a reader of its head.
    fn read(text: &str, reader: fn(&mut Section<'_>, &mut Findings)) -> usize {
        let node = parse(0, text).unwrap();
        let mut findings = Findings::new(vec![SourceText { path: "contracts/a.toml".into(), text: text.into() }]);
        let mut file = Section::of_file(&node).described_by(&FILE);
        let mut head = file.required("contract").unwrap().section(&mut findings).unwrap();
        reader(&mut head, &mut findings);
        head.finish(&mut findings);
        findings.count()
    }

    #[test]
    fn a_key_is_accepted_because_it_is_described() {
        let nothing = |_: &mut Section<'_>, findings: &mut Findings| {
            findings.fault(Place { file: 0, start: 0, end: 0 }, "", FaultKind::FeeEmpty {});
        };
        assert_eq!(read("[contract]\ngrace = 1\n", nothing), 1);
        assert_eq!(read("[contract]\ngraze = 1\n", nothing), 2);
    }

    #[test]
    #[should_panic = "`colour` of `[contract]` (None) is described as it is read"]
    fn a_key_that_is_read_and_not_described_is_a_bug() {
        read("[contract]\n", |head, _| drop(head.optional("colour")));
    }

    #[test]
    #[should_panic = "`sources` of `[contract]` (None) is described as it is read"]
    fn a_key_that_is_required_and_read_as_optional_is_a_bug() {
        read("[contract]\n", |head, _| drop(head.optional("sources")));
    }

    #[test]
    #[should_panic = "`id` of `contract` is described and read"]
    fn a_key_that_is_described_and_never_read_is_a_bug() {
        read("[contract]\n", |_, _| ());
    }

    #[test]
    #[should_panic = "the words of `issue` of `[contract]` are described"]
    fn words_that_are_read_and_not_described_are_a_bug() {
        read("[contract]\nissue = \"at_cut\"\n", |head, findings| {
            let issue = head.optional("issue");
            issue.and_then(|field| field.choice(&[("at_cut", ()), ("never", ())], findings));
        });
    }

    #[test]
    #[should_panic = "the table behind `zone` of `[contract]` is described"]
    fn a_table_that_is_read_and_not_described_is_a_bug() {
        read("[contract]\nzone = { }\n", |head, findings| {
            let zone = head.optional("zone");
            zone.and_then(|field| field.section(findings));
        });
    }
}
