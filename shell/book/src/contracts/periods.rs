//! The calendar of a contract: cycle, grace, due date.

use crate::calendars::Calendars;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::section::{Field, Section};
use calendar::{Cycle, Date, DueBase, DueRule, Grace, Roll, Weekday};
use contract::Span;

/// The longest grace or due date, in days: ten years.
const DAYS_MAX: i64 = 3_660;

/// How cycles without a number are written.
const PLAIN: [&str; 4] = ["day", "half-month", "month", "once"];

pub(crate) fn cycle(field: &Field<'_>, findings: &mut Findings) -> Option<Cycle> {
    if field.is_text() {
        field.check_words(&PLAIN);
        let text = field.text(findings)?;
        return match text {
            "day" => Some(Cycle::Day),
            "half-month" => Some(Cycle::HalfMonth),
            "month" => Some(Cycle::Month),
            "once" => Some(Cycle::Once),
            _ => {
                let others = ["{ week = \"monday\" }", "{ weeks = 2, from = \"2019-01-07\" }"];
                field.unknown_value(text, PLAIN.into_iter().chain(others), findings);
                None
            }
        };
    }
    let mut section = field.section(findings)?;
    let given = section.one_of(&["week", "weeks", "month_from", "days_of_month"], findings);
    let cycle = given.and_then(|(key, value)| cycle_of(key, &value, &mut section, findings));
    section.finish(findings);
    cycle
}

fn cycle_of(key: &str, value: &Field<'_>, section: &mut Section<'_>, findings: &mut Findings) -> Option<Cycle> {
    if key == "weeks" {
        let from = section.required("from").and_then(|field| field.date(findings));
        let n = value.whole(1, 52, findings)?;
        return Some(Cycle::Weeks { n: u8::try_from(n).expect("checked against 52"), from: from? });
    }
    section.refuse(&["from"], key, findings);
    match key {
        "week" => {
            let starts_on = value.choice(&Weekday::ALL.map(|day| (day.name(), day)), findings)?;
            Some(Cycle::Week { starts_on })
        }
        "month_from" => Some(Cycle::MonthFrom { day: day(value, 28, findings)? }),
        _ => {
            let mut days: Vec<u8> = Vec::new();
            for item in value.filled_list(findings)? {
                let day = day(&item, 28, findings)?;
                if let Some(before) = days.last().filter(|before| **before >= day) {
                    let kind =
                        FaultKind::DaysOrder { value: day.to_string().into(), before: before.to_string().into() };
                    item.fault(kind, findings);
                    return None;
                }
                days.push(day);
            }
            Some(Cycle::DaysOfMonth(days))
        }
    }
}

/// A stretch after which something begins anew.
pub(crate) fn span(field: &Field<'_>, findings: &mut Findings) -> Option<Span> {
    const MONTHS: [(&str, u16); 3] = [("quarter", 3), ("half_year", 6), ("year", 12)];
    if !field.is_text() {
        let mut section = field.section(findings)?;
        let months = section.required("months").and_then(|field| field.whole(1, 120, findings));
        let from = section.required("from").and_then(|field| field.date(findings));
        section.finish(findings);
        return Some(Span::Months { months: u16::try_from(months?).expect("checked against 120"), from: from? });
    }
    field.check_words(&["period", "quarter", "half_year", "year", "ever"]);
    let text = field.text(findings)?;
    match text {
        "period" => return Some(Span::Period),
        "ever" => return Some(Span::Ever),
        _ => {}
    }
    if let Some((_, months)) = MONTHS.iter().find(|(name, _)| *name == text) {
        let from = Date::new(2000, 1, 1).expect("a day of the calendar");
        return Some(Span::Months { months: *months, from });
    }
    let others = ["ever", "{ months = 12, from = \"2024-04-01\" }"];
    field.unknown_value(text, ["period"].into_iter().chain(MONTHS.map(|(name, _)| name)).chain(others), findings);
    None
}

fn day(field: &Field<'_>, most: i64, findings: &mut Findings) -> Option<u8> {
    let day = field.whole(1, most, findings)?;
    Some(u8::try_from(day).expect("a day of a month fits 8 bits"))
}

fn count(field: &Field<'_>, most: i64, findings: &mut Findings) -> Option<u16> {
    let count = field.whole(0, most, findings)?;
    Some(u16::try_from(count).expect("the bounds of counts fit 16 bits"))
}

pub(crate) fn grace(field: Option<Field<'_>>, findings: &mut Findings) -> Option<Grace> {
    let Some(field) = field else { return Some(Grace::None) };
    let mut section = field.section(findings)?;
    let given = section.one_of(&["days", "hours"], findings);
    section.finish(findings);
    match given? {
        ("days", value) => count(&value, DAYS_MAX, findings).map(Grace::Days),
        (_, value) => count(&value, DAYS_MAX * 12, findings).map(Grace::Hours),
    }
}

/// A due rule; the inner option is always there where the outer one is.
pub(crate) fn due(field: &Field<'_>, calendars: &Calendars, findings: &mut Findings) -> Option<Option<DueRule>> {
    const ROLLS: [(&str, Roll); 3] = [("none", Roll::None), ("previous", Roll::Previous), ("next", Roll::Next)];
    let mut section = field.section(findings)?;
    let given = section.one_of(&["days", "business_days", "day_of_month"], findings);
    let base = given.as_ref().and_then(|(key, value)| due_base(key, value, &mut section, findings));
    let roll_field = section.optional("roll");
    let roll = roll_field.as_ref().map_or(Some(Roll::None), |field| field.choice(&ROLLS, findings));
    let mut named = Vec::new();
    let list = section.optional("calendars").map(|field| field.list(findings).unwrap_or_default());
    for item in list.unwrap_or_default() {
        let id = calendars.resolve(&item, findings);
        if let Some(id) = id.filter(|id| !named.contains(id)) {
            named.push(id);
        }
    }
    let is_unnamed = section.peek("calendars").is_none();
    if let (Some(("business_days", value)), true) = (&given, is_unnamed) {
        value.fault(FaultKind::DueCalendarMissing { key: "business_days".into() }, findings);
    }
    if let (Some(Roll::Previous | Roll::Next), Some(field), true) = (roll, &roll_field, is_unnamed) {
        field.warn(FaultKind::DueCalendarMissing { key: "roll".into() }, findings);
    }
    section.finish(findings);
    Some(Some(DueRule { base: base?, roll: roll?, calendars: named }))
}

fn due_base(key: &str, value: &Field<'_>, section: &mut Section<'_>, findings: &mut Findings) -> Option<DueBase> {
    if key == "day_of_month" {
        let months = section.optional("months_after").map_or(Some(0), |field| count(&field, 24, findings));
        let months_after = u8::try_from(months?).expect("checked against 24");
        return Some(DueBase::DayOfMonth { day: day(value, 31, findings)?, months_after });
    }
    section.refuse(&["months_after"], key, findings);
    match key {
        "days" => count(value, DAYS_MAX, findings).map(DueBase::Days),
        _ => count(value, 366, findings).map(DueBase::BusinessDays),
    }
}

/// Warns where a contract begins before the calendars that its due dates ask.
pub(crate) fn warn_of_coverage(
    rule: &DueRule,
    field: &Field<'_>,
    first_on: Date,
    calendars: &Calendars,
    findings: &mut Findings,
) {
    if rule.roll == Roll::None && !matches!(rule.base, DueBase::BusinessDays(_)) {
        return;
    }
    for id in &rule.calendars {
        let calendar = &calendars.list[usize::from(id.0)];
        let Some((from, _)) = calendar.covers.filter(|(from, _)| *from > first_on) else { continue };
        let (from, valid_from) = (from.to_string().into(), first_on.to_string().into());
        field.warn(FaultKind::CalendarLate { name: calendar.name.clone(), from, valid_from }, findings);
    }
}
