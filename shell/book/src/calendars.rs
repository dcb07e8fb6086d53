//! `calendars/*.toml`: which days are open for business, and for which days that is known.

use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::section::{Field, Section};
use calendar::{CalendarId, Date, HolidayCalendar, Weekday};

/// The calendars of a book in order of their files.
#[derive(Debug, Default)]
pub(crate) struct Calendars {
    pub(crate) list: Vec<HolidayCalendar>,
    pub(crate) places: Vec<Place>,
    is_unsound: bool,
}

impl Calendars {
    /// Adds the calendar of one file.
    pub(crate) fn read(&mut self, file: Section<'_>, findings: &mut Findings) {
        let before = findings.count();
        let place = file.place;
        if let Some(calendar) = calendar(file, findings) {
            if let Some(position) = self.position(&calendar.name) {
                let first = findings.line_of(self.places[position]);
                findings.fault(place, "calendar.id", FaultKind::IdTwice { id: calendar.name, first });
            } else {
                self.list.push(calendar);
                self.places.push(place);
            }
        }
        self.is_unsound |= findings.count() > before;
    }

    fn position(&self, name: &str) -> Option<usize> {
        self.list.iter().position(|calendar| &*calendar.name == name)
    }

    /// The calendar that a field names.
    pub(crate) fn resolve(&self, field: &Field<'_>, findings: &mut Findings) -> Option<CalendarId> {
        let name = field.text(findings)?;
        let position = self.position(name);
        if position.is_none() && !self.is_unsound {
            let known = known(name, self.list.iter().map(|calendar| &*calendar.name));
            field.fault(FaultKind::CalendarUnknown { name: name.into(), known }, findings);
        }
        position.map(|position| CalendarId(u16::try_from(position).expect("a book has fewer than 65,536 files")))
    }
}

fn calendar(mut file: Section<'_>, findings: &mut Findings) -> Option<HolidayCalendar> {
    let head = file.required("calendar").and_then(|field| field.section(findings));
    let holidays = file.optional("holiday").map(|field| field.sections(findings)).unwrap_or_default();
    file.finish(findings);
    let mut head = head?;
    let id = head.required("id").and_then(|field| field.name(findings));
    let _ = head.optional("name").and_then(|field| field.filled_text(findings));
    let weekend = head.required("weekend").and_then(|field| weekend(&field, findings));
    let from = head.required("from").and_then(|field| field.date(findings));
    let to = head.required("to");
    let covers = to.and_then(|field| {
        let (from, to) = (from?, field.date(findings)?);
        if to < from {
            let (from, to) = (from.to_string().into(), to.to_string().into());
            field.fault(FaultKind::CoverageEmpty { from, to }, findings);
            return None;
        }
        Some((from, to.plus_days(1)))
    });
    head.finish(findings);
    let holidays = read_holidays(holidays, covers, findings);
    Some(HolidayCalendar { name: id?.into(), weekend: weekend?, holidays, covers: Some(covers?) })
}

fn weekend(field: &Field<'_>, findings: &mut Findings) -> Option<[bool; 7]> {
    let mut closed = [false; 7];
    for item in field.list(findings)? {
        let day = item.choice(&Weekday::ALL.map(|day| (day.name(), day)), findings)?;
        closed[usize::from(day.number())] = true;
    }
    if closed == [true; 7] {
        field.fault(FaultKind::WeekendWhole {}, findings);
        return None;
    }
    Some(closed)
}

/// Holidays, sorted and each once.
fn read_holidays(sections: Vec<Section<'_>>, covers: Option<(Date, Date)>, findings: &mut Findings) -> Vec<Date> {
    let mut holidays = Vec::new();
    for mut section in sections {
        let field = section.required("date");
        let _ = section.optional("name").and_then(|field| field.text(findings));
        section.finish(findings);
        let Some((date, field)) = field.and_then(|field| Some((field.date(findings)?, field))) else { continue };
        if covers.is_some_and(|(from, end)| date < from || date >= end) {
            field.fault(FaultKind::HolidayOutside { value: date.to_string().into() }, findings);
        }
        match holidays.binary_search(&date) {
            Ok(_) => field.warn(FaultKind::HolidayTwice { value: date.to_string().into() }, findings),
            Err(position) => holidays.insert(position, date),
        }
    }
    holidays
}
