//! `parties.toml`: who exchanges money in this book.

use crate::base::{Earlier, sort_known};
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::section::{Field, Section};
use event::{PARTIES_MAX, Party, PartyId, TaxType};
use std::collections::BTreeMap;

pub(crate) const TAX_TYPES: [(&str, TaxType); 5] = [
    ("general", TaxType::General),
    ("simplified", TaxType::Simplified),
    ("exempt", TaxType::Exempt),
    ("person", TaxType::Person),
    ("foreign", TaxType::Foreign),
];

/// The parties of a book in order of their file.
#[derive(Debug, Default)]
pub(crate) struct Parties {
    pub(crate) list: Vec<Party>,
    numbers: BTreeMap<Box<str>, PartyId>,
    /// Whether the file has no faults; else a name that is not there may be a fault of the file alone.
    is_sound: bool,
}

impl Parties {
    pub(crate) fn read(mut file: Section<'_>, earlier: Option<Earlier<'_>>, findings: &mut Findings) -> Self {
        let before = findings.count();
        let mut parties = Self::default();
        let mut places: Vec<Place> = Vec::new();
        let mut sections = file.required("party").map(|field| field.sections(findings)).unwrap_or_default();
        if let Some(earlier) = earlier {
            let known: Vec<&str> = earlier.book.parties.iter().map(|party| &*party.id).collect();
            sort_known(&mut sections, &known, |section| section.peek_text("id").map(Into::into));
        }
        for section in sections {
            let place = section.place;
            let Some(party) = party(section, findings) else { continue };
            if let Some(first) = parties.numbers.get(&party.id) {
                let first = findings.line_of(places[first.0 as usize]);
                findings.fault(place, "party.id", FaultKind::IdTwice { id: party.id, first });
                continue;
            }
            if parties.list.len() == PARTIES_MAX {
                let most = PARTIES_MAX.to_string().into();
                findings.fault(place, "party", FaultKind::TooMany { key: "party".into(), most });
                break;
            }
            let id = PartyId(u32::try_from(parties.list.len()).expect("PARTIES_MAX fits 32 bits"));
            parties.numbers.insert(party.id.clone(), id);
            parties.list.push(party);
            places.push(place);
        }
        file.finish(findings);
        parties.is_sound = findings.count() == before;
        parties
    }

    pub(crate) fn find(&self, id: &str) -> Option<PartyId> {
        self.numbers.get(id).copied()
    }

    pub(crate) fn party(&self, id: PartyId) -> &Party {
        &self.list[id.0 as usize]
    }

    pub(crate) fn ids(&self) -> impl Iterator<Item = &str> {
        self.list.iter().map(|party| &*party.id)
    }

    pub(crate) fn is_sound(&self) -> bool {
        self.is_sound
    }

    /// The party that a field names.
    pub(crate) fn resolve(&self, field: &Field<'_>, findings: &mut Findings) -> Option<PartyId> {
        let name = field.text(findings)?;
        let party = self.find(name);
        if party.is_none() && self.is_sound {
            let known = known(name, self.ids());
            field.fault(FaultKind::PartyUnknown { name: name.into(), known }, findings);
        }
        party
    }
}

fn party(mut section: Section<'_>, findings: &mut Findings) -> Option<Party> {
    let place = section.place;
    let id = section.required("id").and_then(|field| field.name(findings));
    let name = section.required("name").and_then(|field| field.filled_text(findings));
    let tax_type = section.required("tax_type").and_then(|field| field.choice(&TAX_TYPES, findings));
    let mut text = |key: &'static str, findings: &mut Findings| -> Option<Box<str>> {
        section.optional(key).and_then(|field| field.filled_text(findings)).map(Into::into)
    };
    let registration_number = text("registration_number", findings);
    let licence = text("licence", findings);
    let jurisdiction = text("jurisdiction", findings);
    let active_from = section.optional("active_from").and_then(|field| field.date(findings));
    let active_to = section.optional("active_to");
    let active_to = active_to.and_then(|field| {
        let to = field.date(findings)?;
        if let Some(from) = active_from.filter(|from| *from >= to) {
            let (from, to) = (from.to_string().into(), to.to_string().into());
            field.fault(FaultKind::SpanEmpty { from, to }, findings);
        }
        Some(to)
    });
    section.finish(findings);
    let party = Party {
        id: id?.into(),
        name: name?.into(),
        registration_number,
        tax_type: tax_type?,
        licence,
        jurisdiction,
        active_from,
        active_to,
    };
    if party.licence.is_none() {
        findings.warn(place, "party.licence", FaultKind::LicenceMissing { party: party.id.clone() });
    }
    if party.jurisdiction.is_none() {
        findings.warn(place, "party.jurisdiction", FaultKind::JurisdictionMissing { party: party.id.clone() });
    }
    Some(party)
}
