//! Shares: a rate, tiers or a price of a measure, with deductions and what is carried.

use super::measured::Measured;
use super::tiers::bound_of;
use super::{PARTS_MAX, VersionScope, asset_of};
use crate::contracts::periods;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::section::{Field, Section};
use contract::{Base, Climb, Deduction, DeductionKind, Span, TermKind, Tier};
use money::{Rate, power_of_ten};

/// The most units for which a price is stated.
const PER_MAX: i64 = 1_000_000;

const BASES: [(&str, Base); 2] = [("gross", Base::Gross), ("rest", Base::Rest)];

pub(super) fn read(
    section: &mut Section<'_>,
    measured: &Measured<'_>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<TermKind> {
    let charged = section.one_of(&["rate", "tiers", "price"], findings);
    let key = charged.as_ref().map_or("rate", |(key, _)| key);
    if key == "price" {
        section.refuse(&["on", "deductions", "carry"], "price", findings);
    } else {
        section.refuse(&["per", "asset"], key, findings);
    }
    let climb = climb(section, key, measured, scope, findings);
    let on = section.optional("on");
    let on = on.map_or(Some(Base::Gross), |field| {
        let base = field.choice(&BASES, findings)?;
        check_money(measured, &field, base == Base::Rest, scope, findings);
        Some(base)
    });
    let carry = section.optional("carry");
    let carries = carry.map_or(Some(false), |field| field.choice(&[("measure", true)], findings));
    let deductions = section.optional("deductions");
    let deductions = deductions.map_or(Some(Vec::new()), |field| deductions_of(&field, measured, scope, findings));
    let tiers = charged.and_then(|(_, field)| match key {
        "rate" => Some(vec![Tier { up_to: None, rate: field.rate(findings)? }]),
        "price" => Some(vec![Tier { up_to: None, rate: price(&field, section, measured, scope, findings)? }]),
        _ => tiers(&field, climb.as_ref().or(measured.position.map(|_| &Climb::GRADUATED)), measured, scope, findings),
    });
    let of = measured.position?;
    Some(TermKind::Share { of, tiers: tiers?, climb: climb?, on: on?, deductions: deductions?, carries: carries? })
}

/// How tiers apply; nothing of it means anything without them.
fn climb(
    section: &mut Section<'_>,
    key: &str,
    measured: &Measured<'_>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<Climb> {
    if key != "tiers" {
        section.refuse(&["tiers_by", "reset", "accumulator"], key, findings);
        return Some(Climb::GRADUATED);
    }
    let by_volume = section.optional("tiers_by");
    let by_volume =
        by_volume.map_or(Some(false), |field| field.choice(&[("graduated", false), ("volume", true)], findings));
    let reset = section.optional("reset");
    let reset = reset.map_or(Some(Span::Period), |field| periods::span(&field, findings));
    if by_volume == Some(false) {
        section.refuse(&["accumulator"], "tiers_by = \"graduated\"", findings);
    }
    let accumulator = section.optional("accumulator");
    let accumulator = match accumulator.filter(|_| by_volume == Some(true)) {
        Some(field) => Some(measured.other(&field, scope, findings)?),
        None => None,
    };
    Some(Climb { by_volume: by_volume?, accumulator, reset: reset? })
}

fn tiers(
    field: &Field<'_>,
    climb: Option<&Climb>,
    measured: &Measured<'_>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<Vec<Tier>> {
    let items = field.filled_list(findings)?;
    if items.len() > PARTS_MAX {
        field.fault(FaultKind::TooMany { key: "tiers".into(), most: PARTS_MAX.to_string().into() }, findings);
        return None;
    }
    // Bounds stand at the scale of what fills the tiers.
    let filled_by = climb.and_then(|climb| climb.accumulator).or(measured.position);
    let scale = filled_by.map(|of| scope.tables.measures.measure(of).scale);
    let mut tiers: Vec<Tier> = Vec::new();
    for (position, item) in items.iter().enumerate() {
        let mut section = item.section(findings)?;
        let rate = section.required("rate").and_then(|field| field.rate(findings));
        let bound = section.optional("up_to");
        section.finish(findings);
        let before = tiers.last().and_then(|tier| tier.up_to).unwrap_or(0);
        let up_to = bound_of(item, bound, position + 1 == items.len(), (scale, before), findings);
        tiers.push(Tier { up_to: up_to?, rate: rate? });
    }
    Some(tiers)
}

/// A price for each unit of a plain number, as a rate: it may have more digits than its asset.
fn price(
    field: &Field<'_>,
    section: &mut Section<'_>,
    measured: &Measured<'_>,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<Rate> {
    let per = section.optional("per").map_or(Some(1), |field| field.whole(1, PER_MAX, findings));
    // Where the contract converts, the measure has no asset that could filter it.
    let named = if scope.rated.conversion.is_some() { section.optional("asset") } else { None };
    if named.is_some() || measured.asset.is_none() {
        let _ = asset_of(named.as_ref(), field, scope, findings);
    }
    let price = field.decimal(findings)?;
    let value: Box<str> = price.to_string().into();
    if price.mantissa < 0 {
        field.fault(FaultKind::AmountNegative { value }, findings);
        return None;
    }
    if measured.position.is_some_and(|of| scope.tables.measures.measure(of).money) {
        let name = measured.of.clone().unwrap_or_default();
        field.fault(FaultKind::PriceOfAmount { name }, findings);
    }
    let lower = power_of_ten(price.scale).and_then(|power| power.checked_mul(per?.into()));
    let rate = lower.and_then(|lower| fraction(price.mantissa, lower));
    if rate.is_none() && per.is_some() {
        field.fault(FaultKind::PriceTooFine { value }, findings);
    }
    rate
}

/// A fraction as it stands, or in lowest terms where it does not fit as it stands.
fn fraction(upper: i128, lower: i128) -> Option<Rate> {
    let rate = |upper: i128, lower: i128| Rate::new(i64::try_from(upper).ok()?, i64::try_from(lower).ok()?).ok();
    rate(upper, lower).or_else(|| {
        let (mut divisor, mut rest) = (lower, upper);
        while rest != 0 {
            (divisor, rest) = (rest, divisor % rest);
        }
        rate(upper / divisor, lower / divisor)
    })
}

/// What is taken off an amount is an amount.
fn check_money(
    measured: &Measured<'_>,
    field: &Field<'_>,
    applies: bool,
    scope: &VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) {
    let Some(of) = measured.position.filter(|_| applies) else { return };
    if !scope.tables.measures.measure(of).money {
        let name = measured.of.clone().unwrap_or_default();
        field.fault(FaultKind::MeasureNotMoney { name }, findings);
    }
}

/// Reads `deductions = [{ name = "bonus", of = "bonus_cost" }, …]`.
fn deductions_of(
    field: &Field<'_>,
    measured: &Measured<'_>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<Vec<Deduction>> {
    let items = field.filled_list(findings)?;
    check_money(measured, field, true, scope, findings);
    if items.len() > PARTS_MAX {
        field.fault(FaultKind::TooMany { key: "deductions".into(), most: PARTS_MAX.to_string().into() }, findings);
        return None;
    }
    let mut deductions = Vec::new();
    for item in items {
        let mut section = item.section(findings)?;
        let name = section.required("name").and_then(|field| field.filled_text(findings));
        let given = section.one_of(&["of", "rate"], findings);
        let kind = given.and_then(|(key, field)| deduction(key, &field, &mut section, measured, scope, findings));
        section.finish(findings);
        deductions.push(Deduction { name: name?.into(), kind: kind? });
    }
    Some(deductions)
}

fn deduction(
    key: &str,
    field: &Field<'_>,
    section: &mut Section<'_>,
    measured: &Measured<'_>,
    scope: &mut VersionScope<'_, '_, '_>,
    findings: &mut Findings,
) -> Option<DeductionKind> {
    if key == "rate" {
        section.refuse(&["allocate_by"], key, findings);
        let on = section.optional("on");
        let on = on.map_or(Some(Base::Gross), |field| field.choice(&BASES, findings));
        return Some(DeductionKind::Rate { rate: field.rate(findings)?, on: on? });
    }
    section.refuse(&["on"], key, findings);
    let by = section.optional("allocate_by");
    let of = if by.is_some() { measured.whole(field, scope, findings) } else { measured.other(field, scope, findings) };
    let key = by.as_ref().map(|by| measured.other(by, scope, findings));
    if of.is_some_and(|of| !scope.tables.measures.measure(of).money) {
        let name = field.text(findings)?.into();
        field.fault(FaultKind::MeasureNotMoney { name }, findings);
    }
    match key {
        Some(key) => Some(DeductionKind::Allocated { of: of?, key: key? }),
        None => Some(DeductionKind::Measure(of?)),
    }
}
