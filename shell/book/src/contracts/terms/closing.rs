//! Closing terms: caps, floors, guarantees, carried charges, advances and prepaid credit, over charges of other terms.
//!
//! Names of terms are resolved when all versions of the contract are read, and pooled ones when all contracts are.

use super::{Kind, VersionScope, asset_of, measured};
use crate::contracts::periods;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::section::{Field, Section};
use calendar::Date;
use contract::{Span, TermKind, Treatment};
use money::{AssetId, Rate};

/// A name at its place.
#[derive(Clone, Debug)]
pub(crate) struct Named {
    pub(crate) name: Box<str>,
    pub(crate) place: Place,
}

/// What a closing term names of other terms.
#[derive(Clone, Debug, Default)]
pub(crate) struct Links {
    /// Terms of its contract.
    pub(crate) of: Vec<Named>,
    /// `contract/term`.
    pub(crate) pool: Vec<Named>,
    /// The asset of its amounts; it has none where it works in every asset.
    pub(crate) asset: Option<AssetId>,
}

pub(super) fn read(
    section: &mut Section<'_>,
    kind: Kind,
    id: Option<&str>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<(TermKind, Links)> {
    let of = section.required("of").and_then(|field| names(&field, findings));
    let mut links = Links { of: of.unwrap_or_default(), ..Links::default() };
    let computed = match kind {
        Kind::Carry => Some(TermKind::Carry { of: Vec::new() }),
        Kind::Prepaid => prepaid(section, id, &mut links, scope, findings),
        _ => stated(section, kind, &mut links, scope, findings),
    };
    if links.of.is_empty() { None } else { Some((computed?, links)) }
}

/// The names of a list, each once.
fn names(field: &Field<'_>, findings: &mut Findings) -> Option<Vec<Named>> {
    let mut names: Vec<Named> = Vec::new();
    for item in field.filled_list(findings)? {
        let name = item.filled_text(findings)?;
        if let Some(first) = names.iter().find(|other| *other.name == *name) {
            let first = findings.line_of(first.place);
            item.fault(FaultKind::IdTwice { id: name.into(), first }, findings);
            return None;
        }
        names.push(Named { name: name.into(), place: item.place() });
    }
    Some(names)
}

/// Terms with an amount of an asset.
fn stated(
    section: &mut Section<'_>,
    kind: Kind,
    links: &mut Links,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let amount = section.required("amount");
    let asset = section.optional("asset");
    let guarantee = (kind == Kind::Minimum).then(|| guarantee(section, findings));
    let advance = (kind == Kind::Advance).then(|| advance(section, findings));
    let amount = amount?;
    let asset = asset_of(asset.as_ref(), &amount, scope, findings)?;
    let amount = amount.amount(scope.around.assets.asset(asset).digits, findings)?;
    links.asset = Some(asset);
    let of = Vec::new();
    if let Some(guarantee) = guarantee {
        let (span, recoupable, pool) = guarantee?;
        links.pool = pool;
        return Some(TermKind::Minimum { of, amount, asset, span, recoupable, pool: Vec::new() });
    }
    if let Some(advance) = advance {
        let (on, share) = advance?;
        return Some(TermKind::Advance { of, amount, asset, on, share });
    }
    Some(TermKind::Bound { of, amount, asset, upper: kind == Kind::Cap })
}

/// Its own period, whether it is recouped, and what it pools.
fn guarantee(section: &mut Section<'_>, findings: &mut Findings) -> Option<(Span, bool, Vec<Named>)> {
    let span = section.optional("span");
    let span = span.map_or(Some(Span::Period), |field| periods::span(&field, findings));
    let recoupable = section.optional("recoupable");
    let recoupable = recoupable.map_or(Some(false), |field| field.boolean(findings));
    let pool = section.optional("pool").map_or(Some(Vec::new()), |field| names(&field, findings));
    Some((span?, recoupable?, pool?))
}

/// The day with whose period it is paid, and the part of later charges that may be kept.
fn advance(section: &mut Section<'_>, findings: &mut Findings) -> Option<(Date, Rate)> {
    let on = section.required("on").and_then(|field| field.date(findings));
    let share = section.optional("share").map_or(Some(Rate::ONE), |field| field.rate(findings));
    Some((on?, share?))
}

fn prepaid(
    section: &mut Section<'_>,
    id: Option<&str>,
    links: &mut Links,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let top_up = section.required("top_up");
    let asset = section.optional("asset");
    let amounts = ["low", "limit"].map(|key| section.optional(key));
    let top_up = top_up?;
    let asset = asset_of(asset.as_ref(), &top_up, scope, findings)?;
    links.asset = Some(asset);
    let digits = scope.around.assets.asset(asset).digits;
    let [low, limit] = amounts.map(|field| field.map_or(Some(None), |field| field.amount(digits, findings).map(Some)));
    let base = measured::named(&top_up, scope, findings)?;
    let filter = Some(asset).filter(|_| scope.rated.conversion.is_none());
    let position = measured::position(base, None, filter, id?, Treatment::PLAIN, scope, findings)?;
    if !scope.tables.measures.measure(position).money {
        let name = top_up.text(findings)?.into();
        top_up.fault(FaultKind::MeasureNotMoney { name }, findings);
    }
    Some(TermKind::Prepaid { of: Vec::new(), top_up: position, low: low?, limit: limit? })
}
