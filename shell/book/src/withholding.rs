//! `withholding.toml`: what is withheld when parties are paid, by tax type, from which day on.

use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::parties::TAX_TYPES;
use crate::section::{Field, Section};
use close::{WITHHOLDING_RULES_MAX, WithheldPart, WithholdingRule};

/// The rules of the file, in its order.
pub(crate) fn read(mut file: Section<'_>, assets: &Assets, findings: &mut Findings) -> Vec<WithholdingRule> {
    let (mut rules, mut places): (Vec<WithholdingRule>, Vec<Place>) = (Vec::new(), Vec::new());
    let sections = file.required("rule").map(|field| field.sections(findings)).unwrap_or_default();
    file.finish(findings);
    for section in sections {
        let place = section.place;
        let Some(rule) = rule(section, assets, findings) else { continue };
        let is_same = |other: &WithholdingRule| {
            (other.tax_type, other.asset, other.valid_from) == (rule.tax_type, rule.asset, rule.valid_from)
        };
        if let Some(first) = rules.iter().position(is_same) {
            let first = findings.line_of(places[first]);
            findings.fault(place, "rule.valid_from", FaultKind::IdTwice { id: rule.name, first });
            continue;
        }
        if rules.len() == WITHHOLDING_RULES_MAX {
            let most = WITHHOLDING_RULES_MAX.to_string().into();
            findings.fault(place, "rule", FaultKind::TooMany { key: "rule".into(), most });
            break;
        }
        rules.push(rule);
        places.push(place);
    }
    rules
}

fn rule(mut section: Section<'_>, assets: &Assets, findings: &mut Findings) -> Option<WithholdingRule> {
    let tax_type = section.required("tax_type").and_then(|field| field.choice(&TAX_TYPES, findings));
    let asset = section.optional("asset").map(|field| assets.resolve(&field, findings));
    let valid_from = section.required("valid_from").and_then(|field| field.date(findings));
    let name = section.required("name").and_then(|field| field.filled_text(findings));
    let income = section.required("income").and_then(|field| part(&field, false, findings));
    let local = section.optional("local").map(|field| part(&field, true, findings));
    section.finish(findings);
    Some(WithholdingRule {
        name: name?.into(),
        tax_type: tax_type?,
        asset: asset.map_or(Some(None), |asset| asset.map(Some))?,
        valid_from: valid_from?,
        income: income?,
        local: local.map_or(Some(None), |local| local.map(Some))?,
    })
}

/// `{ rate = "3%", rounding = "floor_ten" }`; the local tax also says `of = "income"`, so that it reads as it is meant.
fn part(field: &Field<'_>, of_income: bool, findings: &mut Findings) -> Option<WithheldPart> {
    let mut section = field.section(findings)?;
    let rate = section.required("rate").and_then(|field| field.rate(findings));
    if of_income {
        section.required("of").and_then(|field| field.choice(&[("income", ())], findings));
    }
    let rounding = section.required("rounding").and_then(|field| field.rounding(findings));
    section.finish(findings);
    Some(WithheldPart { rate: rate?, rounding: rounding? })
}
