//! The measures of a term: the one that it names in `of`, and others that it needs of the same events.
//!
//! A term's condition, and the asset in which it states amounts, belong to the filters of all of them, and they all treat
//! reversals in the same way. So a deduction is taken of the events that the term rates.

use super::{Kind, VersionScope};
use crate::contracts::measures::{Definition, NamedMeasure};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::formulas::{Formula, Wanted, compile};
use crate::nearest::known;
use crate::section::{Field, Section};
use contract::Treatment;
use money::AssetId;

/// The measure of a term, its condition, and the asset in which it states amounts for each event or unit.
pub(super) struct Measured<'a> {
    pub(super) position: Option<u16>,
    pub(super) of: Option<Box<str>>,
    pub(super) when: Option<Formula>,
    /// The inner one is there where the asset that the term names is one.
    pub(super) asset: Option<Option<AssetId>>,
    id: &'a str,
    treatment: Option<Treatment>,
    /// Whether condition and asset have no faults.
    is_sound: bool,
}

/// Reads `of`, `when` and the asset that filters.
pub(super) fn read<'a>(
    section: &mut Section<'a>,
    kind: Kind,
    id: Option<&'a str>,
    treatment: Option<Treatment>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Measured<'a> {
    let of = if kind == Kind::Fee { section.optional("of") } else { section.required("of") };
    let when = section.optional("when").map(|field| Formula::of(&field, findings));
    let filters = kind == Kind::Fee || kind == Kind::Share && scope.rated.conversion.is_none();
    let asset_field = if filters { section.optional("asset") } else { None };
    let asset = asset_field.as_ref().map(|field| sent_asset(field, scope, findings));
    let is_sound = !matches!(when, Some(None)) && asset != Some(None) && id.is_some();
    let mut measured = Measured {
        position: None,
        of: of.as_ref().and_then(|field| field.filled_text(findings)).map(Into::into),
        when: when.flatten(),
        asset,
        id: id.unwrap_or_default(),
        treatment,
        is_sound,
    };
    let unit = count_of_events(section);
    let base = match &of {
        Some(field) => named(field, scope, findings),
        None if kind == Kind::Fee => Some(&unit),
        None => None,
    };
    measured.position = base.and_then(|base| measured.position_of(base, scope, findings));
    measured
}

impl Measured<'_> {
    /// Another measure of the same events.
    pub(super) fn other(
        &self,
        field: &Field<'_>,
        scope: &mut VersionScope<'_, '_, '_>,
        findings: &mut Findings,
    ) -> Option<u16> {
        self.position_of(named(field, scope, findings)?, scope, findings)
    }

    /// Another measure of all events of the contract, whatever the term's condition says.
    pub(super) fn whole(
        &self,
        field: &Field<'_>,
        scope: &mut VersionScope<'_, '_, '_>,
        findings: &mut Findings,
    ) -> Option<u16> {
        let base = named(field, scope, findings)?;
        position(base, None, None, self.id, self.treatment?, scope, findings)
    }

    fn position_of(
        &self,
        base: &NamedMeasure,
        scope: &mut VersionScope<'_, '_, '_>,
        findings: &mut Findings,
    ) -> Option<u16> {
        let treatment = self.treatment.filter(|_| self.is_sound)?;
        position(base, self.when.as_ref(), self.asset.flatten(), self.id, treatment, scope, findings)
    }
}

/// An asset that the sources of the contract send.
fn sent_asset(field: &Field<'_>, scope: &VersionScope<'_, '_, '_>, findings: &mut Findings) -> Option<AssetId> {
    let asset = scope.around.assets.resolve(field, findings)?;
    if scope.rated.is_sound && !scope.rated.assets.contains(&asset) {
        let names = scope.rated.assets.iter().map(|asset| &*scope.around.assets.asset(*asset).name);
        let word = scope.around.assets.asset(asset).name.clone();
        let known = known(&word, names);
        field.fault(FaultKind::WordNever { word, name: "asset".into(), known }, findings);
        return None;
    }
    Some(asset)
}

/// The measure of a fee that names none: 1 for each event.
fn count_of_events(section: &Section<'_>) -> NamedMeasure {
    let sum = Formula { text: "1".into(), place: section.place, path: section.path.clone() };
    NamedMeasure { name: "1".into(), sum, filter: None }
}

/// The measure of the version that a field names.
pub(super) fn named<'a>(
    field: &Field<'_>,
    scope: &VersionScope<'a, '_, '_>,
    findings: &mut Findings,
) -> Option<&'a NamedMeasure> {
    let name = field.text(findings)?;
    let found = scope.measures.iter().find(|measure| &*measure.name == name);
    if found.is_none() && scope.are_measures_sound {
        let known = known(name, scope.measures.iter().map(|measure| &*measure.name));
        field.fault(FaultKind::MeasureUnknown { name: name.into(), known }, findings);
    }
    found
}

/// The position of a term's measure: the listed one, or one of its own where it has a condition.
pub(super) fn position(
    base: &NamedMeasure,
    when: Option<&Formula>,
    asset: Option<AssetId>,
    id: &str,
    treatment: Treatment,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<u16> {
    let (rated, around) = (scope.rated, &mut *scope.around);
    // Where all events have the asset of a fee's amounts anyway, it is no condition.
    let asset = asset.filter(|asset| rated.assets != [*asset]);
    let mut definition =
        Definition { name: &base.name, sum: &base.sum, filter: base.filter.as_ref(), treatment, listed: false };
    if when.is_none() && asset.is_none() {
        return scope.tables.measures.position(&definition, rated, around.dictionary, findings);
    }
    if let Some(when) = when.filter(|_| rated.is_sound) {
        compile(when, Wanted::Condition, &rated.adapters, around.dictionary, findings)?;
        rated.domains.check(when, findings);
    }
    let name = asset.map(|asset| around.assets.asset(asset).name.replace('\'', "''"));
    let parts = base.filter.iter().chain(when).map(|part| part.text.to_string());
    let parts: Vec<String> = parts.chain(name.map(|name| format!("asset = '{name}'"))).collect();
    let text = if parts.len() == 1 { parts.concat() } else { format!("({})", parts.join(") and (")) };
    let anchor = when.unwrap_or(&base.sum);
    let filter = Formula { text: text.into(), place: anchor.place, path: anchor.path.clone() };
    let name = format!("{} of {id}", base.name);
    definition.name = &name;
    definition.filter = Some(&filter);
    scope.tables.measures.position(&definition, rated, around.dictionary, findings)
}
