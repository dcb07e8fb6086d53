//! `[[version.term]]`: one condition of a version.

mod agents;
mod attribution;
mod closing;
mod divisions;
mod fees;
mod measured;
mod shares;
mod tiers;

pub(crate) use closing::{Links, Named};

use super::keys::{KINDS, Kind, RATED};
use super::measures::{NamedMeasure, REVERSAL_DATES, REVERSALS};
use super::roles::{listed, role};
use super::{Rated, Surroundings, Tables};
use crate::arrival;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::section::{Field, Section};
use calendar::Date;
use contract::{Issuer, Role, Scope, Term, TermKind, Treatment, Vat, VatScope};
use event::PartyId;
use measured::Measured;
use money::{AssetId, Rounding};

/// The most parts of a division, tiers, steps and deductions.
const PARTS_MAX: usize = 1_000;

/// What a term needs to know of its version and contract.
pub(crate) struct VersionScope<'a, 'b, 'c> {
    pub(crate) measures: &'a [NamedMeasure],
    /// Whether the measures have no faults; else one that is not there may be one of those that have.
    pub(crate) are_measures_sound: bool,
    pub(crate) valid_from: Option<Date>,
    pub(crate) rated: &'a Rated<'c>,
    pub(crate) tables: &'a mut Tables,
    pub(crate) around: &'a mut Surroundings<'b>,
}

/// A term, and what the checks of its version look at.
#[derive(Debug)]
pub(crate) struct TermDraft {
    pub(crate) term: Term,
    pub(crate) place: Place,
    pub(crate) treatment: Treatment,
    /// Name of its measure as written.
    pub(crate) of: Option<Box<str>>,
    pub(crate) when: Option<Box<str>>,
    pub(crate) links: Links,
    pub(crate) places: Places,
}

/// Where the parts of a term stand that its version's checks speak of; the term itself where one is left out.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Places {
    pub(crate) on: Place,
    pub(crate) tiers: Place,
    pub(crate) steps: Place,
    pub(crate) agents: Place,
    pub(crate) deductions: Place,
    pub(crate) carry: Place,
    pub(crate) rounding: Place,
    pub(crate) reversal: Place,
    pub(crate) vat: Place,
}

pub(crate) fn read(
    mut section: Section<'_>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermDraft> {
    let kind = section.required("kind").and_then(|field| field.choice(&KINDS, findings));
    let place = section.place;
    let places = places(&section);
    let id = section.required("id").and_then(|field| field.name(findings));
    let Some(kind) = kind else {
        section.finish(findings);
        return None;
    };
    section.narrow(kind, findings);
    let rounding = rounding(&mut section, kind, findings);
    let treatment = treatment(&mut section, kind, findings);
    let sides = sides(&mut section, kind, scope, findings);
    let purpose = section.required("purpose").and_then(|field| field.name(findings));
    let vat = section.optional("vat").map(|field| vat(&field, findings));
    let measured = RATED.contains(&kind).then(|| measured::read(&mut section, kind, id, treatment, scope, findings));
    let computed = computed(&mut section, kind, id, measured.as_ref(), scope, findings);
    let dimensions = if RATED.contains(&kind) { section.optional("dimensions") } else { None };
    let dimensions = dimensions
        .map_or(Some(Vec::new()), |field| listed(&field, scope.rated, &mut scope.tables.dimensions, findings));
    section.finish(findings);
    let ((scope_of, rounding), (debtor, creditor), (kind, links)) = (rounding?, sides?, computed?);
    // Who is owed by attribution only the paths say; the term repeats its debtor.
    let by_path = matches!(kind, TermKind::Attribution { .. }).then_some(debtor);
    let creditor = creditor.or_else(|| first_creditor(&kind)).or(by_path)?;
    let term = Term {
        id: id?.into(),
        number: 0,
        debtor,
        creditor,
        purpose: interned(purpose?, scope.around.purposes),
        dimensions: with_fields_of_parts(&kind, dimensions?),
        scope: scope_of,
        rounding,
        kind,
        vat: vat.map_or(Some(None), |vat| vat.map(Some))?,
    };
    let (of, when) = measured.map_or((None, None), |measured| (measured.of, measured.when.map(|when| when.text)));
    let draft = TermDraft { term, place, treatment: treatment?, of, when, links, places };
    arrival::check_term(&draft, scope.rated, findings);
    Some(draft)
}

fn places(section: &Section<'_>) -> Places {
    let place = |key: &str| section.peek(key).map_or(section.place, |entry| entry.node.place);
    let reversal = if section.peek_text("reversal") == Some("mirror") { "reversal" } else { "reversal_date" };
    Places {
        on: place("on"),
        tiers: place("tiers"),
        steps: place("steps"),
        agents: place("agents"),
        deductions: place("deductions"),
        carry: place("carry"),
        rounding: place("rounding"),
        reversal: place(reversal),
        vat: place("vat"),
    }
}

fn computed(
    section: &mut Section<'_>,
    kind: Kind,
    id: Option<&str>,
    measured: Option<&Measured<'_>>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<(TermKind, Links)> {
    if kind.closes() {
        return closing::read(section, kind, id, scope, findings);
    }
    let of = measured.and_then(|measured| measured.position);
    let kind = match kind {
        Kind::Share => shares::read(section, measured?, scope, findings),
        Kind::Fee => fees::fee(section, measured?, scope, findings),
        Kind::Step => fees::step(section, measured?, scope, findings),
        Kind::Division => divisions::read(section, of, scope, findings),
        Kind::Agents => agents::read(section, of, scope, findings),
        Kind::Attribution => attribution::read(section, of, scope, findings),
        _ => fees::fixed(section, scope, findings),
    };
    kind.map(|kind| (kind, Links::default()))
}

/// The asset in which a term states amounts.
fn asset_of(
    named: Option<&Field<'_>>,
    amount: &Field<'_>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<AssetId> {
    scope.rated.stated_asset(named, amount, scope.around.assets, findings)
}

fn interned(purpose: &str, purposes: &mut Vec<Box<str>>) -> Box<str> {
    if !purposes.iter().any(|known| **known == *purpose) {
        purposes.push(purpose.into());
    }
    purpose.into()
}

/// The first part of a division; the agent that an event names.
fn first_creditor(kind: &TermKind) -> Option<Role> {
    match kind {
        TermKind::Division { parts, .. } => parts.first().map(|(role, _)| *role),
        TermKind::Agents { by, .. } => Some(Role::Dimension(*by)),
        _ => None,
    }
}

/// A field that names a creditor of a division keeps the lines of all its parts apart.
fn with_fields_of_parts(kind: &TermKind, mut dimensions: Vec<u8>) -> Vec<u8> {
    if let TermKind::Division { parts, .. } = kind {
        dimensions.extend(parts.iter().filter_map(|(role, _)| match role {
            Role::Dimension(dimension) => Some(*dimension),
            Role::Party(_) => None,
        }));
        dimensions.sort_unstable();
        dimensions.dedup();
    }
    dimensions
}

/// Where and how it rounds; an agreed amount and what is computed from charges have nothing to round.
fn rounding(section: &mut Section<'_>, kind: Kind, findings: &mut Findings) -> Option<(Scope, Rounding)> {
    let field = match kind {
        Kind::Step => section.optional("rounding"),
        _ if RATED.contains(&kind) => Some(section.required("rounding")?),
        _ => None,
    };
    let Some(field) = field else { return Some((Scope::Line, Rounding::HalfUp)) };
    let mut section = field.section(findings)?;
    let field = section.required("scope");
    let scope = field.as_ref().and_then(|field| {
        let scope = field.choice(&[("event", Scope::Event), ("line", Scope::Line)], findings)?;
        if kind == Kind::Fee && scope == Scope::Line {
            field.fault(FaultKind::FeeByLine {}, findings);
        }
        Some(scope)
    });
    let mode = section.required("mode").and_then(|field| field.rounding(findings));
    section.finish(findings);
    Some((scope?, mode?))
}

/// How it treats reversals: mandatory for a share, else plainly where nothing is said.
fn treatment(section: &mut Section<'_>, kind: Kind, findings: &mut Findings) -> Option<Treatment> {
    if !RATED.contains(&kind) {
        return Some(Treatment::PLAIN);
    }
    let mut field = |key: &'static str| {
        if kind == Kind::Share { section.required(key) } else { section.optional(key) }
    };
    let reversal = field("reversal");
    let date = field("reversal_date");
    let reversal = match reversal {
        Some(field) => field.choice(&REVERSALS, findings),
        None => (kind != Kind::Share).then_some(Treatment::PLAIN.reversal),
    };
    let date = match date {
        Some(field) => field.choice(&REVERSAL_DATES, findings),
        None => (kind != Kind::Share).then_some(Treatment::PLAIN.date),
    };
    Some(Treatment { reversal: reversal?, date: date? })
}

/// Debtor and creditor; a division and agents name their creditors elsewhere.
fn sides(
    section: &mut Section<'_>,
    kind: Kind,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<(Role, Option<Role>)> {
    let debtor = section.required("debtor").map(|field| side(&field, kind, scope, findings));
    if kind.names_creditors() {
        return debtor?.map(|role| (role, None));
    }
    let field = section.required("creditor")?;
    let creditor = side(&field, kind, scope, findings);
    let (debtor, creditor) = (debtor??, creditor?);
    if debtor == creditor {
        let party = field.text(findings)?.into();
        field.fault(FaultKind::PartiesSame { party }, findings);
    }
    Some((debtor, Some(creditor)))
}

fn side(field: &Field<'_>, kind: Kind, scope: &mut VersionScope<'_, '_, '_>, findings: &mut Findings) -> Option<Role> {
    let role = role(field, scope.rated, &mut scope.tables.dimensions, scope.around, findings)?;
    match role {
        Role::Dimension(_) if kind == Kind::Fixed => {
            let role = field.text(findings)?.into();
            field.fault(FaultKind::FieldInFixed { role }, findings);
            return None;
        }
        Role::Party(party) => warn_of_start(party, field, scope, findings),
        Role::Dimension(_) => {}
    }
    Some(role)
}

fn warn_of_start(party: PartyId, field: &Field<'_>, scope: &VersionScope<'_, '_, '_>, findings: &mut Findings) {
    let party = scope.around.parties.party(party);
    let (Some(from), Some(valid_from)) = (party.active_from, scope.valid_from) else { return };
    if from > valid_from {
        let (from, valid_from) = (from.to_string().into(), valid_from.to_string().into());
        field.warn(FaultKind::PartyNotYetActive { party: party.id.clone(), from, valid_from }, findings);
    }
}

fn vat(field: &Field<'_>, findings: &mut Findings) -> Option<Vat> {
    const SCOPES: [(&str, VatScope); 3] =
        [("event", VatScope::Event), ("line", VatScope::Line), ("document", VatScope::Document)];
    const ISSUERS: [(&str, Issuer); 2] = [("creditor", Issuer::Creditor), ("debtor", Issuer::Debtor)];
    let mut section = field.section(findings)?;
    let rate = section.required("rate").and_then(|field| field.rate(findings));
    let scope = section.optional("scope").map_or(Some(VatScope::Document), |field| field.choice(&SCOPES, findings));
    let mode = section.optional("mode");
    let inclusive =
        mode.map_or(Some(false), |field| field.choice(&[("exclusive", false), ("inclusive", true)], findings));
    let rounding = section.required("rounding").and_then(|field| field.rounding(findings));
    let issuer = section.optional("issuer").map_or(Some(Issuer::Creditor), |field| field.choice(&ISSUERS, findings));
    section.finish(findings);
    Some(Vat { rate: rate?, scope: scope?, inclusive: inclusive?, rounding: rounding?, issuer: issuer? })
}
