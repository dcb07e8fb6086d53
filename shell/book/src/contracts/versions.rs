//! `[[version]]`: from which commercial day its terms govern, and from when they are known.

use super::measures::{Definition, read as read_measures, treatment_of};
use super::terms::{TermDraft, VersionScope, read as read_term};
use super::{Rated, Surroundings, Tables};
use crate::arrival;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::section::Section;
use calendar::{Date, Instant, ZoneId};
use contract::{TERMS_MAX, Version};

/// The most versions of one contract.
const VERSIONS_MAX: usize = 10_000;

/// A version with what its checks look at.
#[derive(Debug)]
pub(crate) struct VersionDraft {
    pub(crate) valid_from: Date,
    pub(crate) known_from: Instant,
    pub(crate) terms: Vec<TermDraft>,
    pub(crate) known_place: Place,
    place: Place,
}

/// Reads all versions, sorted as [`contract::Contract::versions`] wants them.
pub(crate) fn read(
    sections: Vec<Section<'_>>,
    rated: &Rated<'_>,
    clock: Option<(ZoneId, i32)>,
    tables: &mut Tables,
    around: &mut Surroundings<'_>,
    findings: &mut Findings,
) -> Vec<VersionDraft> {
    let before = findings.count();
    let mut drafts = Vec::new();
    let mut terms_left = TERMS_MAX;
    for section in sections.into_iter().take(VERSIONS_MAX) {
        let draft = version(section, rated, &mut terms_left, tables, around, findings);
        drafts.extend(draft);
    }
    drafts.sort_by_key(|draft: &VersionDraft| (draft.valid_from, draft.known_from));
    for pair in drafts.windows(2) {
        if (pair[0].valid_from, pair[0].known_from) == (pair[1].valid_from, pair[1].known_from) {
            let first = findings.line_of(pair[0].place);
            let valid_from = pair[1].valid_from.to_string().into();
            findings.fault(pair[1].place, "version.valid_from", FaultKind::VersionTwice { valid_from, first });
        }
    }
    if let Some((zone, cut_off_s)) = clock.filter(|_| findings.count() == before && rated.is_sound) {
        arrival::check_retroactive(&drafts, around.zones.zone(zone), cut_off_s, findings);
    }
    drafts
}

impl VersionDraft {
    /// The version without what its checks look at.
    pub(crate) fn version(&self) -> Version {
        let terms = self.terms.iter().map(|draft| draft.term.clone()).collect();
        Version { valid_from: self.valid_from, known_from: self.known_from, terms }
    }
}

fn version(
    mut section: Section<'_>,
    rated: &Rated<'_>,
    terms_left: &mut usize,
    tables: &mut Tables,
    around: &mut Surroundings<'_>,
    findings: &mut Findings,
) -> Option<VersionDraft> {
    let (place, before) = (section.place, findings.count());
    let valid_from = section.required("valid_from").and_then(|field| field.date(findings));
    let known_field = section.optional("known_from");
    let known_place = known_field.as_ref().map_or(place, |field| field.place());
    let known_from = known_field.map_or(Some(Instant::BEGINNING), |field| field.instant(findings));
    let measures = section.optional("measures").map(|field| read_measures(&field, findings)).unwrap_or_default();
    let terms = section.optional("term").map(|field| field.sections(findings)).unwrap_or_default();
    section.finish(findings);
    let are_measures_sound = findings.count() == before;
    if terms.is_empty() {
        findings.warn(place, "version.term", FaultKind::VersionEmpty {});
    }
    for measure in &measures {
        let definition = Definition {
            name: &measure.name,
            sum: &measure.sum,
            filter: measure.filter.as_ref(),
            treatment: treatment_of(&measure.name, &terms),
            listed: true,
        };
        let position = tables.measures.position(&definition, rated, around.dictionary, findings);
        if let Some((position, valid_from)) = position.zip(valid_from) {
            tables.measures.listed(position, valid_from);
        }
        measure.filter.iter().for_each(|filter| rated.domains.check(filter, findings));
    }
    if terms.len() > *terms_left {
        let most = TERMS_MAX.to_string().into();
        findings.fault(place, "version.term", FaultKind::TooMany { key: "term".into(), most });
        return None;
    }
    *terms_left -= terms.len();
    let mut scope = VersionScope { measures: &measures, are_measures_sound, valid_from, rated, tables, around };
    let mut drafts: Vec<TermDraft> = Vec::new();
    for term in terms {
        let Some(draft) = read_term(term, &mut scope, findings) else { continue };
        if let Some(other) = drafts.iter().find(|other| other.term.id == draft.term.id) {
            let first = findings.line_of(other.place);
            findings.fault(draft.place, "version.term.id", FaultKind::IdTwice { id: draft.term.id, first });
            continue;
        }
        drafts.push(draft);
    }
    arrival::check_rests(&drafts, findings);
    Some(VersionDraft { valid_from: valid_from?, known_from: known_from?, terms: drafts, known_place, place })
}
