//! Divisions: a sum among several creditors, whose shares make one whole.

use super::{Kind, PARTS_MAX, VersionScope, side};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::{Field, Section};
use contract::{Role, TermKind};
use money::Rate;

pub(super) fn read(
    section: &mut Section<'_>,
    of: Option<u16>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let list = section.required("parts");
    let residue = section.required("residue");
    let list = list?;
    let mut parts: Vec<(Role, Rate)> = Vec::new();
    let mut names: Vec<&str> = Vec::new();
    let mut is_whole = true;
    for item in list.filled_list(findings)?.into_iter().take(PARTS_MAX) {
        let mut part = item.section(findings)?;
        let creditor = part.required("creditor");
        let share = part.required("share").and_then(|field| field.rate(findings));
        part.finish(findings);
        names.extend(creditor.as_ref().and_then(|field| field.text(findings)));
        let role = creditor.and_then(|field| {
            let role = side(&field, Kind::Division, scope, findings)?;
            if parts.iter().any(|(other, _)| *other == role) {
                let (id, first) = (field.text(findings)?.into(), findings.line_of(list.place()));
                field.fault(FaultKind::IdTwice { id, first }, findings);
            }
            Some(role)
        });
        match role.zip(share) {
            Some(part) => parts.push(part),
            None => is_whole = false,
        }
    }
    let residue = residue.and_then(|field| {
        let name = field.text(findings)?;
        let position = names.iter().position(|part| *part == name);
        if position.is_none() {
            let known = known(name, names.iter().copied());
            field.fault(FaultKind::ResidueUnknown { name: name.into(), known }, findings);
        }
        position
    });
    if !is_whole {
        return None;
    }
    check_sum(&parts, &list, findings);
    Some(TermKind::Division { of: of?, parts, residue: u16::try_from(residue?).ok()? })
}

/// The shares of a division make one whole, exactly.
fn check_sum(parts: &[(Role, Rate)], list: &Field<'_>, findings: &mut Findings) {
    let mut sum = Some((0_i128, 1_i128));
    for (_, share) in parts {
        sum = sum.and_then(|sum| added(sum, (share.numerator().into(), share.denominator().into())));
    }
    if sum.is_some_and(|(upper, lower)| upper == lower) {
        return;
    }
    let shown = sum.map_or_else(|| "?".to_owned(), |(upper, lower)| format!("{upper}/{lower}"));
    list.fault(FaultKind::SharesSum { sum: shown.into() }, findings);
}

/// The sum of two fractions in lowest terms, where it fits.
fn added(left: (i128, i128), right: (i128, i128)) -> Option<(i128, i128)> {
    let upper = left.0.checked_mul(right.1)?.checked_add(right.0.checked_mul(left.1)?)?;
    let lower = left.1.checked_mul(right.1)?;
    let (mut divisor, mut rest) = (upper, lower);
    while rest != 0 {
        (divisor, rest) = (rest, divisor % rest);
    }
    let divisor = divisor.abs().max(1);
    Some((upper / divisor, lower / divisor))
}
