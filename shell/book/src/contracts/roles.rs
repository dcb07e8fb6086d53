//! Who owes and who is owed: parties by id, or by a word field of the event; and the dimensions that follow from it.

use super::{Rated, Surroundings};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::nodes::Value;
use crate::section::{Field, Section};
use crate::sources::FieldMeaning;
use contract::expression::WordRef;
use contract::{DIMENSIONS_MAX, Dimension, Role};

/// The dimensions of a contract in order of first use.
#[derive(Debug, Default)]
pub(crate) struct DimensionTable {
    list: Vec<Dimension>,
}

impl DimensionTable {
    pub(crate) fn into_list(self) -> Vec<Dimension> {
        self.list
    }

    fn position(
        &mut self,
        name: &str,
        refs: Vec<WordRef>,
        party: bool,
        field: &Field<'_>,
        findings: &mut Findings,
    ) -> Option<u8> {
        if let Some(position) = self.list.iter().position(|dimension| &*dimension.name == name) {
            self.list[position].party |= party;
            return u8::try_from(position).ok();
        }
        if self.list.len() == DIMENSIONS_MAX {
            let most = DIMENSIONS_MAX.to_string().into();
            field.fault(FaultKind::TooMany { key: "dimensions".into(), most }, findings);
            return None;
        }
        self.list.push(Dimension { name: name.into(), refs, party });
        u8::try_from(self.list.len() - 1).ok()
    }
}

/// A party by id, or `@field`: the party that the field names.
pub(crate) fn role(
    field: &Field<'_>,
    rated: &Rated<'_>,
    dimensions: &mut DimensionTable,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<Role> {
    let text = field.text(findings)?;
    let Some(name) = text.strip_prefix('@') else {
        return around.parties.resolve(field, findings).map(Role::Party);
    };
    dimension_of_parties(name, field, rated, dimensions, around, findings).map(Role::Dimension)
}

/// The dimension of a word field whose words are ids of parties.
pub(crate) fn dimension_of_parties(
    name: &str,
    field: &Field<'_>,
    rated: &Rated<'_>,
    dimensions: &mut DimensionTable,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<u8> {
    if !rated.is_sound {
        return None;
    }
    let refs = refs(name, field, rated, findings)?;
    for adapter in &rated.adapters {
        let Some(FieldMeaning::Word { closed: Some(words), .. }) = adapter.fields.meaning(name) else { continue };
        let stranger = words.iter().find(|word| around.parties.find(word).is_none());
        if let Some(word) = stranger.filter(|_| around.parties.is_sound()) {
            let known = known(word, around.parties.ids());
            field.fault(FaultKind::WordNoParty { name: name.into(), word: word.clone(), known }, findings);
            return None;
        }
    }
    dimensions.position(name, refs, true, field, findings)
}

/// The dimension of a word field whose words may be anything.
pub(crate) fn dimension_of_words(
    name: &str,
    field: &Field<'_>,
    rated: &Rated<'_>,
    dimensions: &mut DimensionTable,
    findings: &mut Findings,
) -> Option<u8> {
    if !rated.is_sound {
        return None;
    }
    let refs = refs(name, field, rated, findings)?;
    dimensions.position(name, refs, false, field, findings)
}

/// The fields that terms name as parties with `@field` or as agents, before the terms are read.
pub(crate) fn fields_of_roles<'a>(versions: &[Section<'a>]) -> Vec<&'a str> {
    let mut fields = Vec::new();
    for version in versions {
        let Some(Value::List(terms)) = version.peek("term").map(|entry| &entry.node.value) else { continue };
        for term in terms {
            let Value::Table(entries) = &term.value else { continue };
            for entry in entries {
                let Value::Text(text) = &entry.node.value else { continue };
                match entry.key.as_str() {
                    "debtor" | "creditor" => fields.extend(text.strip_prefix('@')),
                    "agent" => fields.push(text.as_str()),
                    _ => {}
                }
            }
        }
    }
    fields
}

/// The dimensions that a term lists, as ascending positions.
pub(crate) fn listed(
    field: &Field<'_>,
    rated: &Rated<'_>,
    dimensions: &mut DimensionTable,
    findings: &mut Findings,
) -> Option<Vec<u8>> {
    let mut positions = Vec::new();
    for item in field.list(findings)? {
        let name = item.filled_text(findings)?;
        if !rated.is_sound {
            return None;
        }
        let refs = refs(name, &item, rated, findings)?;
        let position = dimensions.position(name, refs, false, &item, findings)?;
        if positions.contains(&position) {
            let first = findings.line_of(item.place());
            item.fault(FaultKind::IdTwice { id: name.into(), first }, findings);
            return None;
        }
        positions.push(position);
    }
    positions.sort_unstable();
    Some(positions)
}

/// Where each source has a word of this name.
fn refs(name: &str, field: &Field<'_>, rated: &Rated<'_>, findings: &mut Findings) -> Option<Vec<WordRef>> {
    let always = match name {
        "kind" => Some(WordRef::Kind),
        "source" => Some(WordRef::Source),
        _ => None,
    };
    if let Some(always) = always {
        return Some(vec![always; rated.adapters.len()]);
    }
    let mut refs = Vec::with_capacity(rated.adapters.len());
    for (adapter, draft) in rated.adapters.iter().zip(&rated.drafts) {
        let Some(FieldMeaning::Word { slot, .. }) = adapter.fields.meaning(name) else {
            let known = known(name, adapter.fields.names_of(|meaning| matches!(meaning, FieldMeaning::Word { .. })));
            let source = draft.source.id.clone();
            field.fault(FaultKind::FieldUnknown { name: name.into(), source, known }, findings);
            return None;
        };
        refs.push(WordRef::Slot(*slot));
    }
    Some(refs)
}
