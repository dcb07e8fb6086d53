//! Amounts that a term states itself: fees by event, fixed amounts by period, amounts by step.

use super::measured::Measured;
use super::tiers::bound_of;
use super::{PARTS_MAX, VersionScope, asset_of};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::section::Section;
use contract::{Step, TermKind};
use money::{AssetId, Rate};

pub(super) fn fee(
    section: &mut Section<'_>,
    measured: &Measured<'_>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let (of, asset) = (measured.position, measured.asset);
    let rate_field = section.optional("rate");
    let rate = rate_field.as_ref().map_or(Some(Rate::ZERO), |field| field.rate(findings));
    let fields = ["fixed", "min", "max"].map(|key| section.optional(key));
    if rate_field.is_none() && fields[0].is_none() {
        findings.fault(section.place, &section.path, FaultKind::FeeEmpty {});
    }
    let is_named = asset.is_some();
    let asset = asset.unwrap_or(if let [only] = scope.rated.assets[..] { Some(only) } else { None });
    let mut amounts = [Some(None); 3];
    for (field, amount) in fields.iter().zip(&mut amounts) {
        let Some(field) = field else { continue };
        let Some(asset) = asset else {
            if scope.rated.is_sound && !is_named {
                let names = scope.rated.assets.iter().map(|asset| &*scope.around.assets.asset(*asset).name);
                let known = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ").into();
                field.fault(FaultKind::AssetNeeded { known }, findings);
            }
            return None;
        };
        let digits = scope.around.assets.asset(asset).digits;
        *amount = field.amount(digits, findings).map(Some);
    }
    let [fixed, min, max] = amounts;
    if let (Some(Some(min)), Some(Some(max)), [_, Some(field), Some(other)]) = (min, max, &fields)
        && min > max
    {
        let kind = FaultKind::FeeBounds { min: field.found(findings), max: other.found(findings) };
        field.fault(kind, findings);
    }
    Some(TermKind::Fee { of: of?, rate: rate?, fixed: fixed?.unwrap_or(0), min: min?, max: max? })
}

/// An amount for each period; it needs no event, so any asset of the book will do.
pub(super) fn fixed(
    section: &mut Section<'_>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let amount = section.required("amount");
    let assets = scope.around.assets;
    let field = section.optional("asset");
    let asset = match field {
        None if scope.rated.conversion.is_none() && assets.list.len() == 1 => AssetId(0),
        None if scope.rated.conversion.is_none() => {
            let _ = section.required("asset");
            return None;
        }
        _ => asset_of(field.as_ref(), amount.as_ref()?, scope, findings)?,
    };
    let amount = amount?.amount(assets.asset(asset).digits, findings)?;
    Some(TermKind::Fixed { amount, asset })
}

/// An amount by the step that a measure reaches.
pub(super) fn step(
    section: &mut Section<'_>,
    measured: &Measured<'_>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let (list, asset) = (section.required("steps"), section.optional("asset"));
    let list = list?;
    let items = list.filled_list(findings)?;
    let asset = asset_of(asset.as_ref(), &list, scope, findings)?;
    let digits = scope.around.assets.asset(asset).digits;
    if items.len() > PARTS_MAX {
        list.fault(FaultKind::TooMany { key: "steps".into(), most: PARTS_MAX.to_string().into() }, findings);
        return None;
    }
    let scale = measured.position.map(|of| scope.tables.measures.measure(of).scale);
    let mut steps: Vec<Step> = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let mut section = item.section(findings)?;
        let amount = section.required("amount").and_then(|field| field.amount(digits, findings));
        let bound = section.optional("up_to");
        section.finish(findings);
        let before = steps.last().and_then(|step| step.up_to).unwrap_or(0);
        let up_to = bound_of(item, bound, position + 1 == items.len(), (scale, before), findings);
        steps.push(Step { up_to: up_to?, amount: amount? });
    }
    Some(TermKind::Step { of: measured.position?, steps, asset })
}
