//! Bounds of tiers and steps: each above the one before it, the last without.

use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::section::Field;

/// The smallest magnitude that a bound may not reach: that of a tally.
const BOUND_MAX: i128 = money::TALLY_BOUND;

/// The upper bound of a tier or step; the inner option is none for the last one. `scale` is that of the measure, where
/// it is known, and `before` the bound before this one.
pub(super) fn bound_of(
    item: &Field<'_>,
    bound: Option<Field<'_>>,
    is_last: bool,
    (scale, before): (Option<u8>, i128),
    findings: &mut Findings,
) -> Option<Option<i128>> {
    let Some(field) = bound else {
        if !is_last {
            item.fault(FaultKind::TierUnbounded {}, findings);
        }
        return Some(None);
    };
    if is_last {
        let value = field.found(findings);
        field.fault(FaultKind::TierBounded { value }, findings);
    }
    units_of(&field, scale, before, findings).map(Some)
}

/// A bound at the scale of its measure, above the one before it.
fn units_of(field: &Field<'_>, scale: Option<u8>, before: i128, findings: &mut Findings) -> Option<i128> {
    let number = field.decimal(findings)?;
    let scale = scale?;
    let value: Box<str> = number.to_string().into();
    let Ok(units) = number.units_at(scale) else {
        field.fault(FaultKind::DigitsTooMany { value, digits: scale.to_string().into() }, findings);
        return None;
    };
    if units >= BOUND_MAX {
        field.fault(FaultKind::AmountTooLarge { value }, findings);
        return None;
    }
    if units <= before {
        let before = money::Decimal { mantissa: before, scale };
        field.fault(FaultKind::TierOrder { value, before: before.to_string().into() }, findings);
        return None;
    }
    Some(units)
}
