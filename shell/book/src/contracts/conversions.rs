//! `conversion`, `issue`, `look_back_months`, `payout`: what a contract says beside its calendar.

use super::{Rated, Surroundings};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::section::{Field, Section};
use contract::{Conversion, Issue, LOOK_BACK_MONTHS, Margin, PayoutRule};
use money::AssetId;

/// The most digits behind the point of a cross rate: with fixings of ten digits the arithmetic stays within bounds.
const DIGITS_MAX: i64 = 10;

/// The longest look-back, in months.
const MONTHS_MAX: i64 = 1_200;

/// The longest hold, in days: ten years.
const HOLD_DAYS_MAX: i64 = 3_660;

/// Reads `conversion = { rates = "ecb", to = "KRW", digits = 4, below = "1.5%" }`.
pub(crate) fn conversion(
    field: &Field<'_>,
    rated: &Rated<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<Conversion> {
    let mut section = field.section(findings)?;
    let rates_field = section.required("rates");
    let rates = rates_field.as_ref().and_then(|field| around.rates.resolve(field, findings));
    let to = section.required("to").and_then(|field| around.assets.resolve(&field, findings));
    let digits = section.required("digits").and_then(|field| field.whole(0, DIGITS_MAX, findings));
    let margin = margin(&mut section, findings);
    section.finish(findings);
    let (rates, to) = (rates?, to?);
    let mut without: Vec<AssetId> = rated.assets.iter().copied().chain([to]).collect();
    without.retain(|asset| !around.rates.quotes(rates, *asset));
    without.sort_unstable();
    without.dedup();
    // Where every event has the asset already, nothing is looked up.
    for asset in without.into_iter().filter(|_| rated.assets != [to]) {
        let (rates, asset) = (rates_field.as_ref()?.text(findings)?.into(), around.assets.asset(asset).name.clone());
        rates_field.as_ref()?.fault(FaultKind::RatesWithout { rates, asset }, findings);
    }
    let digits = u8::try_from(digits?).expect("checked against DIGITS_MAX");
    Some(Conversion { rates, to, digits, margin: margin? })
}

/// A margin; the inner option is none where there is none.
fn margin(section: &mut Section<'_>, findings: &mut Findings) -> Option<Option<Margin>> {
    let given = ["below", "above"].map(|key| section.optional(key));
    let (field, below) = match given {
        [None, None] => return Some(None),
        [Some(_), Some(field)] => {
            field.fault(FaultKind::KeyConflict { key: "above".into(), other: "below".into() }, findings);
            return None;
        }
        [Some(field), None] => (field, true),
        [None, Some(field)] => (field, false),
    };
    let rate = field.rate(findings)?;
    if below && rate.numerator() >= rate.denominator() {
        let value = field.found(findings);
        field.fault(FaultKind::MarginWhole { value }, findings);
        return None;
    }
    Some(Some(Margin { rate, below }))
}

pub(crate) fn issue(field: Option<Field<'_>>, findings: &mut Findings) -> Option<Issue> {
    const ISSUES: [(&str, Issue); 2] = [("at_cut", Issue::AtCut), ("on_command", Issue::OnCommand)];
    field.map_or(Some(Issue::AtCut), |field| field.choice(&ISSUES, findings))
}

pub(crate) fn look_back(field: Option<Field<'_>>, findings: &mut Findings) -> Option<u16> {
    let months = field.map_or(Some(LOOK_BACK_MONTHS.into()), |field| field.whole(1, MONTHS_MAX, findings))?;
    Some(u16::try_from(months).expect("checked against MONTHS_MAX"))
}

/// Reads `payout = { hold_days = 30, minimum = "10000", asset = "KRW" }`.
pub(crate) fn payout(
    field: Option<Field<'_>>,
    rated: &Rated<'_>,
    around: &Surroundings<'_>,
    findings: &mut Findings,
) -> Option<PayoutRule> {
    let Some(field) = field else { return Some(PayoutRule::default()) };
    let mut section = field.section(findings)?;
    let hold_days = section.optional("hold_days");
    let hold_days = hold_days.map_or(Some(0), |field| field.whole(0, HOLD_DAYS_MAX, findings));
    let minimum = section.optional("minimum");
    if minimum.is_none() {
        section.refuse(&["asset"], "hold_days alone", findings);
    }
    let asset = section.optional("asset");
    section.finish(findings);
    let minimum = match minimum {
        Some(minimum) => {
            let asset = rated.stated_asset(asset.as_ref(), &minimum, around.assets, findings)?;
            Some((asset, minimum.amount(around.assets.asset(asset).digits, findings)?))
        }
        None => None,
    };
    let hold_days = u16::try_from(hold_days?).expect("checked against HOLD_DAYS_MAX");
    Some(PayoutRule { hold_days, minimum })
}
