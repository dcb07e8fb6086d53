//! `[[version]]`: from which commercial day its terms govern, and from when they are known.

use super::measures::{Definition, read as read_measures, treatment_of};
use super::terms::{TermDraft, VersionScope, read as read_term};
use super::{Rated, Surroundings, Tables};
use crate::arrival;
use crate::base::KnownVersion;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nodes::Value;
use crate::section::Section;
use calendar::{Date, Instant, Zone, ZoneId, start_of_commercial_day};
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
    pub(crate) place: Place,
    /// As stated, before it is raised to the load.
    stated_from: Instant,
    /// In which order it was read.
    read_as: usize,
    /// Its position in the contract, where that has it already.
    pub(crate) known: Option<usize>,
}

/// The versions that a contract has already, and the moment of the load.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Before<'a> {
    pub(crate) versions: &'a [KnownVersion],
    pub(crate) at: Instant,
}

/// Reads all versions, sorted as [`contract::Contract::versions`] wants them. Those that the contract has already are read
/// first and in the order in which they were read before, so that measures and dimensions stay where they are.
pub(crate) fn read(
    sections: Vec<Section<'_>>,
    rated: &Rated<'_>,
    (clock, before_load): (Option<(ZoneId, i32)>, Option<Before<'_>>),
    tables: &mut Tables,
    around: &mut Surroundings<'_>,
    findings: &mut Findings,
) -> Vec<VersionDraft> {
    let before = findings.count();
    let mut drafts: Vec<VersionDraft> = Vec::new();
    let mut terms_left = TERMS_MAX;
    let sections = match before_load {
        Some(before) => before.known_first(sections),
        None => sections.into_iter().map(|section| (None, section)).collect(),
    };
    for (read_as, (known, section)) in sections.into_iter().take(VERSIONS_MAX).enumerate() {
        let draft = version(section, rated, &mut terms_left, tables, around, findings);
        drafts.extend(draft.map(|draft| VersionDraft { read_as, known, ..draft }));
    }
    drafts.sort_by_key(|draft| (draft.valid_from, draft.stated_from));
    for pair in drafts.windows(2) {
        if (pair[0].valid_from, pair[0].stated_from) == (pair[1].valid_from, pair[1].stated_from) {
            let first = findings.line_of(pair[0].place);
            let valid_from = pair[1].valid_from.to_string().into();
            findings.fault(pair[1].place, "version.valid_from", FaultKind::VersionTwice { valid_from, first });
        }
    }
    // Where a version is gone, one that takes its place may only seem to be new.
    let is_whole = before_load
        .is_none_or(|before| (0..before.versions.len()).all(|at| drafts.iter().any(|draft| draft.known == Some(at))));
    if let Some((zone, cut_off_s)) = clock.filter(|_| findings.count() == before && rated.is_sound && is_whole) {
        let zone = around.zones.zone(zone);
        if let Some(before) = before_load {
            before.raise(&mut drafts, (zone, cut_off_s), findings);
        }
        arrival::check_retroactive(&drafts, zone, cut_off_s, findings);
    }
    drafts.sort_by_key(|draft| draft.known.unwrap_or(usize::MAX));
    drafts
}

impl Before<'_> {
    /// The sections of versions that the contract has, with their positions, in the order in which they were read before,
    /// then the new ones. A version is known by its dates as they were stated, else as the load made them.
    fn known_first<'s>(&self, sections: Vec<Section<'s>>) -> Vec<(Option<usize>, Section<'s>)> {
        let dates: Vec<Option<(Date, Instant)>> = sections.iter().map(stated_dates).collect();
        let mut known: Vec<Option<usize>> = vec![None; sections.len()];
        for from in [|known: &KnownVersion| known.stated_from, |known: &KnownVersion| known.known_from] {
            for (position, version) in self.versions.iter().enumerate() {
                let is_it =
                    |at: &usize| known[*at].is_none() && dates[*at] == Some((version.valid_from, from(version)));
                let found = (0..dates.len()).find(is_it);
                if let Some(at) = found.filter(|_| !known.contains(&Some(position))) {
                    known[at] = Some(position);
                }
            }
        }
        let mut sections: Vec<_> = known.into_iter().zip(sections).collect();
        sections.sort_by_key(|(known, _)| known.map_or(usize::MAX, |position| self.versions[position].read_as));
        sections
    }

    /// Nobody knew a version before it was loaded. The drafts are sorted anew by their rank.
    fn raise(&self, drafts: &mut [VersionDraft], (zone, cut_off_s): (&Zone, i32), findings: &mut Findings) {
        for draft in drafts.iter_mut() {
            draft.known_from = match draft.known {
                Some(position) => self.versions[position].known_from,
                None => draft.stated_from.max(self.at),
            };
            let begins_at = start_of_commercial_day(zone, cut_off_s, draft.valid_from);
            if draft.known.is_none() && draft.known_from > draft.stated_from && begins_at < self.at {
                let kind = FaultKind::KnownRaised { at: self.at.to_string().into() };
                findings.warn(draft.known_place, "version.known_from", kind);
            }
        }
        let place = |draft: &VersionDraft| draft.known.unwrap_or(usize::MAX);
        drafts.sort_by_key(|draft| (draft.valid_from, draft.known_from, place(draft)));
    }
}

/// `valid_from` and `known_from` as a section states them; what is no date is told when it is read.
fn stated_dates(section: &Section<'_>) -> Option<(Date, Instant)> {
    let text = |key| match &section.peek(key)?.node.value {
        Value::Text(text) | Value::Moment(text) => Some(text.as_str()),
        _ => None,
    };
    let stated = text("known_from").and_then(|text| Instant::parse_rfc3339(text.as_bytes()));
    Some((Date::parse(text("valid_from")?)?, stated.unwrap_or(Instant::BEGINNING)))
}

impl VersionDraft {
    /// The version without what its checks look at.
    pub(crate) fn version(&self) -> Version {
        let terms = self.terms.iter().map(|draft| draft.term.clone()).collect();
        Version { valid_from: self.valid_from, known_from: self.known_from, terms }
    }

    /// What a later definition must know of it.
    pub(crate) const fn remembered(&self) -> KnownVersion {
        let Self { valid_from, stated_from, known_from, read_as, .. } = *self;
        KnownVersion { valid_from, stated_from, known_from, read_as }
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
    let (valid_from, known_from) = (valid_from?, known_from?);
    let (stated_from, read_as, known) = (known_from, 0, None);
    Some(VersionDraft { valid_from, known_from, terms: drafts, known_place, place, stated_from, read_as, known })
}
