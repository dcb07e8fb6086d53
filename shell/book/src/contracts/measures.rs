//! Measures: what terms charge on. Equal definitions stand once over all versions of a contract.
//!
//! A term with a condition has a measure of its own, `<measure> of <term>`, whose filter is both conditions; so does each
//! treatment of reversals, because it is another sum. At most [`MEASURES_MAX`] of a contract; each is compared with all
//! before it.

use super::Rated;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::formulas::{Formula, Wanted, compile};
use crate::section::{Field, Section};
use calendar::Date;
use contract::expression::Expression;
use contract::{MEASURES_MAX, Measure, Reversal, ReversalDate, Treatment};
use event::Dictionary;
use std::collections::BTreeMap;

/// A measure as a version lists it.
#[derive(Clone, Debug)]
pub(crate) struct NamedMeasure {
    pub(crate) name: Box<str>,
    pub(crate) sum: Formula,
    pub(crate) filter: Option<Formula>,
}

/// The measures of a contract, each with the texts that define it.
#[derive(Debug, Default)]
pub(crate) struct MeasureTable {
    list: Vec<Measure>,
    texts: Vec<(Box<str>, Option<Box<str>>)>,
    /// First days of the versions that list them, where they do.
    listed_from: BTreeMap<u16, Date>,
}

/// What defines a measure of the table.
#[derive(Debug)]
pub(crate) struct Definition<'a> {
    pub(crate) name: &'a str,
    pub(crate) sum: &'a Formula,
    pub(crate) filter: Option<&'a Formula>,
    pub(crate) treatment: Treatment,
    /// Whether the version lists it itself.
    pub(crate) listed: bool,
}

pub(crate) const REVERSALS: [(&str, Reversal); 2] = [("rerate", Reversal::Rerate), ("mirror", Reversal::Mirror)];
pub(crate) const REVERSAL_DATES: [(&str, ReversalDate); 2] =
    [("own", ReversalDate::Own), ("original", ReversalDate::Original)];

/// Reads `[version.measures]` in order.
pub(crate) fn read(field: &Field<'_>, findings: &mut Findings) -> Vec<NamedMeasure> {
    let mut measures = Vec::new();
    for (entry, value) in field.named(findings) {
        let name: Box<str> = entry.key.as_str().into();
        if name.trim().is_empty() {
            findings.fault(entry.key_place, &value.path, FaultKind::NameInvalid { value: name });
            continue;
        }
        if value.is_text() {
            measures.extend(Formula::of(&value, findings).map(|sum| NamedMeasure { name, sum, filter: None }));
            continue;
        }
        let Some(mut section) = value.section(findings) else { continue };
        let sum = section.required("sum").and_then(|field| Formula::of(&field, findings));
        let filter = section.optional("where").map(|field| Formula::of(&field, findings));
        section.finish(findings);
        if let (Some(sum), Some(filter)) = (sum, filter.map_or(Some(None), |filter| filter.map(Some))) {
            measures.push(NamedMeasure { name, sum, filter });
        }
    }
    measures
}

/// How the first of a measure's terms treats reversals: the listed measure is summed in the same way, and as plainly as
/// any of them does it.
pub(crate) fn treatment_of(measure: &str, terms: &[Section<'_>]) -> Treatment {
    let mut treatments = Vec::new();
    for term in terms {
        let charges_whole = term.peek("when").is_none() && term.peek("asset").is_none();
        if charges_whole && term.peek_text("of") == Some(measure) {
            let reversal = REVERSALS.iter().find(|(name, _)| term.peek_text("reversal") == Some(name));
            let date = REVERSAL_DATES.iter().find(|(name, _)| term.peek_text("reversal_date") == Some(name));
            treatments.push(Treatment {
                reversal: reversal.map_or(Treatment::PLAIN.reversal, |(_, reversal)| *reversal),
                date: date.map_or(Treatment::PLAIN.date, |(_, date)| *date),
            });
        }
    }
    let is_plain = treatments.is_empty() || treatments.contains(&Treatment::PLAIN);
    if is_plain { Treatment::PLAIN } else { treatments[0] }
}

impl MeasureTable {
    /// The measures. Where versions list different ones under one name, each says in its name from when on it is.
    pub(crate) fn into_list(mut self) -> Vec<Measure> {
        let is_ambiguous = |measure: &Measure| {
            let listed = self.list.iter().filter(|other| other.listed && other.name == measure.name);
            measure.listed && listed.count() > 1
        };
        let ambiguous: Vec<usize> = (0..self.list.len()).filter(|&at| is_ambiguous(&self.list[at])).collect();
        for position in ambiguous {
            if let Some(from) = u16::try_from(position).ok().and_then(|position| self.listed_from.get(&position)) {
                let name = &mut self.list[position].name;
                *name = format!("{name} (version of {from})").into();
            }
        }
        self.list
    }

    /// Notes that the version from a day on lists a measure.
    pub(crate) fn listed(&mut self, position: u16, valid_from: Date) {
        let from = self.listed_from.entry(position).or_insert(valid_from);
        *from = valid_from.min(*from);
    }

    pub(crate) fn measure(&self, position: u16) -> &Measure {
        &self.list[usize::from(position)]
    }

    /// The position of a measure, which is compiled and added where no equal one is there.
    pub(crate) fn position(
        &mut self,
        definition: &Definition<'_>,
        rated: &Rated<'_>,
        dictionary: &mut Dictionary,
        findings: &mut Findings,
    ) -> Option<u16> {
        if !rated.is_sound {
            return None;
        }
        let texts = (definition.sum.text.clone(), definition.filter.map(|filter| filter.text.clone()));
        let is_same =
            |position: &usize| *self.list[*position].name == *definition.name && self.texts[*position] == texts;
        let same: Vec<usize> = (0..self.list.len()).filter(is_same).collect();
        let is_listed_already = same.iter().any(|&position| self.list[position].listed);
        let listed = definition.listed && !is_listed_already;
        if let Some(&position) = same.iter().find(|&&position| self.list[position].treatment == definition.treatment) {
            self.list[position].listed |= listed;
            return u16::try_from(position).ok();
        }
        if self.list.len() == MEASURES_MAX {
            let kind = FaultKind::TooMany { key: "measures".into(), most: MEASURES_MAX.to_string().into() };
            findings.fault(definition.sum.place, &definition.sum.path, kind);
            return None;
        }
        let measure = compiled(definition, listed, rated, dictionary, findings)?;
        self.list.push(measure);
        self.texts.push(texts);
        u16::try_from(self.list.len() - 1).ok()
    }
}

fn compiled(
    definition: &Definition<'_>,
    listed: bool,
    rated: &Rated<'_>,
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Option<Measure> {
    let sums = compile(definition.sum, Wanted::Number, &rated.adapters, dictionary, findings);
    let filters = match definition.filter {
        Some(filter) => {
            let compiled = compile(filter, Wanted::Condition, &rated.adapters, dictionary, findings)?;
            compiled.into_iter().map(Some).collect()
        }
        None => vec![None; rated.adapters.len()],
    };
    let sums = sums?;
    rated.domains.check(definition.sum, findings);
    Some(Measure {
        name: definition.name.into(),
        money: is_money(&sums, rated),
        listed,
        scale: sums.iter().map(Expression::scale).max().unwrap_or(0),
        sums,
        filters,
        treatment: definition.treatment,
    })
}

/// Whether an amount is in the sum of any source.
fn is_money(sums: &[Expression], rated: &Rated<'_>) -> bool {
    sums.iter().zip(&rated.adapters).any(|(sum, adapter)| {
        let numbers = &adapter.fields.schema.numbers;
        sum.number_slots().into_iter().any(|slot| numbers[usize::from(slot)].money)
    })
}
