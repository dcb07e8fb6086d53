//! What a statement says to people, in the words of one language, before it becomes text or a worksheet.

use crate::lang::{Labels, Lang};
use crate::names::Names;
use crate::sections;
use crate::statements::{has_end, vat_of};
use crate::steps::are_telling;
use calendar::Date;
use close::{MeasureTotal, Statement, StatementLine, Status};
use contract::{Issuer, LineOf, Part};
use money::{Decimal, Rate};
use std::borrow::Cow;
use std::collections::BTreeMap;

/// A statement in words.
pub(crate) struct Page<'a> {
    pub(crate) labels: &'static Labels,
    /// Who, what, when.
    pub(crate) facts: Vec<(&'static str, String)>,
    pub(crate) items: Vec<Item<'a>>,
    /// Sums that add up to the total: charges by term, VAT, restatements.
    pub(crate) subtotals: Vec<(Cow<'a, str>, i128)>,
    /// VAT inside the charges, which adds nothing to the total; none where there is no such line.
    pub(crate) vat_included: Option<i128>,
    pub(crate) total: i128,
    /// Who pays whom.
    pub(crate) direction: String,
    pub(crate) measures: Vec<(Cow<'a, str>, String)>,
    /// Rows of what is carried, a cell for each of [`Labels::carried_heads`].
    pub(crate) carried: Vec<Vec<String>>,
    /// What would be paid, and when.
    pub(crate) payout: Vec<String>,
    pub(crate) notices: Vec<String>,
    /// Minor digits of all amounts.
    pub(crate) digits: u8,
}

/// A line in words.
pub(crate) struct Item<'a> {
    pub(crate) label: String,
    pub(crate) dimensions: String,
    pub(crate) debtor: &'a str,
    pub(crate) creditor: &'a str,
    pub(crate) amount: i128,
    /// Whether the amount is part of the total.
    pub(crate) counted: bool,
    /// First day of the period that it restates, or empty.
    pub(crate) adjusts: String,
    pub(crate) restated: Option<(i128, i128)>,
    pub(crate) arithmetic: String,
    /// Name and expression of each step that the arithmetic leaves out.
    pub(crate) steps: Vec<(String, String)>,
}

impl<'a> Page<'a> {
    pub(crate) fn new(statement: &Statement, names: &Names<'a>, lang: Lang) -> Self {
        let labels = lang.labels();
        let included =
            statement.lines.iter().filter(|line| line.key.part == Part::VatIncluded && line.adjusts_on.is_none());
        let vat_included = included.map(|line| line.amount).reduce(|sum, amount| sum + amount);
        Self {
            labels,
            facts: facts(statement, names, labels),
            items: statement.lines.iter().map(|line| item(statement, line, names, labels)).collect(),
            subtotals: subtotals(statement, names, labels),
            vat_included,
            total: statement.total,
            direction: direction(statement, names, labels),
            measures: measures(statement, names),
            carried: sections::carried(statement, names, labels),
            payout: sections::payout(statement, names, labels),
            notices: sections::notices(statement, names, labels),
            digits: names.asset(statement.asset).digits,
        }
    }
}

fn facts(statement: &Statement, names: &Names<'_>, labels: &Labels) -> Vec<(&'static str, String)> {
    let contract = names.contract(statement);
    let (status, cut_at) = match statement.status {
        Status::Issued { cut_at, .. } => (labels.issued, cut_at),
        Status::Provisional { cut_at, closing: true } => (labels.closing, cut_at),
        Status::Provisional { cut_at, closing: false } => (labels.provisional, cut_at),
    };
    let period = format!("{} ({} – {})", statement.period.name(), statement.period.first, statement.period.last());
    let (cut, due) = if has_end(statement) {
        let due = statement.due_on.map_or_else(|| labels.due_unknown.to_owned(), |date| date.to_string());
        (names.wall_clock(contract, cut_at), due)
    } else {
        (labels.never.to_owned(), labels.never.to_owned())
    };
    let book = names.book;
    vec![
        (labels.id, names.statement_id(statement)),
        (labels.contract, contract.id.to_string()),
        (labels.party, party(statement.party, names, labels)),
        (labels.operator, party(book.operator, names, labels)),
        (labels.period, period),
        (labels.status, status.to_owned()),
        (labels.cut, cut),
        (labels.due, due),
        (labels.asset, names.asset(statement.asset).name.to_string()),
    ]
}

/// Id, name and registration number.
fn party(party: event::PartyId, names: &Names<'_>, labels: &Labels) -> String {
    let entry = &names.book.parties[party.0 as usize];
    let number = entry.registration_number.as_ref();
    let number = number.map_or_else(String::new, |number| format!(", {} {number}", labels.registration));
    format!("{} ({}{number})", entry.id, entry.name)
}

fn item<'a>(statement: &Statement, line: &StatementLine, names: &Names<'a>, labels: &Labels) -> Item<'a> {
    let pairs = names.dimensions(statement, line);
    let dimensions: Vec<String> = pairs.into_iter().map(|(name, word)| format!("{name}={}", printable(word))).collect();
    Item {
        label: label(statement, line, names, labels),
        dimensions: dimensions.join(", "),
        debtor: names.party(line.key.debtor),
        creditor: names.party(line.key.creditor),
        amount: line.amount,
        counted: line.key.part != Part::VatIncluded,
        adjusts: line.adjusts_on.map_or_else(String::new, |date| date.to_string()),
        restated: line.restated,
        arithmetic: names.arithmetic(statement, line),
        steps: if line.working.as_ref().is_some_and(are_telling) {
            steps(statement, line, names, labels)
        } else {
            Vec::new()
        },
    }
}

fn steps(statement: &Statement, line: &StatementLine, names: &Names<'_>, labels: &Labels) -> Vec<(String, String)> {
    let steps = names.steps(statement, line).into_iter();
    steps.map(|step| (labels.step(step.kind).to_owned(), step.arithmetic)).collect()
}

/// A foreign text on one line: a control character, a line end among them, becomes a space.
fn printable(word: &str) -> String {
    word.replace(char::is_control, " ")
}

/// The term, where there are several versions also the version, of VAT also its rate: `fare`, `fee VAT 10%`, `VAT 10%`;
/// which of its lines it is, and whether it is not booked before the issue.
fn label(statement: &Statement, line: &StatementLine, names: &Names<'_>, labels: &Labels) -> String {
    let mut label = label_of(statement, line, names, labels);
    if line.at_end && matches!(statement.status, Status::Provisional { .. }) {
        label.push_str(&format!(" ({})", labels.at_end));
    }
    label
}

fn label_of(statement: &Statement, line: &StatementLine, names: &Names<'_>, labels: &Labels) -> String {
    let mut label = names.term(statement, line).map_or_else(String::new, |term| term.id.to_string());
    let versions = &names.contract(statement).versions;
    if let LineOf::Term { version, .. } = line.key.of
        && versions.len() > 1
    {
        label.push_str(&format!(" ({} {})", labels.version_from, versions[usize::from(version)].valid_from));
    }
    if let LineOf::Adjustment { .. } = line.key.of {
        label.push_str(labels.adjustment);
    }
    let what = names.what(statement, line).map(|what| labels.what(what));
    if let Some(what) = what.filter(|what| *what != label) {
        label.push_str(&format!(": {what}"));
    }
    let Some((rate, issuer)) = vat_of(statement, line, names) else { return label };
    let vat = if line.key.part == Part::VatIncluded { labels.vat_included } else { labels.vat };
    label.push_str(if label.is_empty() { "" } else { " " });
    label.push_str(vat);
    label.push(' ');
    label.push_str(&percent(rate));
    if issuer == Issuer::Debtor {
        label.push_str(&format!(" ({})", labels.self_billed));
    }
    label
}

/// A rate in percent where that is exact in decimals, else the fraction.
fn percent(rate: Rate) -> String {
    let (mut mantissa, mut lower, mut scale) = (i128::from(rate.numerator()) * 100, i128::from(rate.denominator()), 0);
    while lower % 10 == 0 {
        (lower, scale) = (lower / 10, scale + 1);
    }
    if lower != 1 {
        return rate.to_string();
    }
    while scale > 0 && mantissa % 10 == 0 {
        (mantissa, scale) = (mantissa / 10, scale - 1);
    }
    format!("{}%", Decimal { mantissa, scale })
}

/// Charges by term in order of appearance, then VAT on top, then restatements by period; only what there is.
fn subtotals<'a>(statement: &Statement, names: &Names<'a>, labels: &'static Labels) -> Vec<(Cow<'a, str>, i128)> {
    let mut sums: Vec<(Cow<'a, str>, i128)> = Vec::new();
    let mut vat = None;
    let mut restatements: BTreeMap<Date, i128> = BTreeMap::new();
    for line in &statement.lines {
        let sum = match (line.adjusts_on, line.key.part) {
            (Some(adjusts_on), _) => restatements.entry(adjusts_on).or_default(),
            (None, Part::Vat) => vat.get_or_insert(0),
            (None, Part::VatIncluded) => continue,
            (None, Part::Charge) => {
                let term = names.term(statement, line).map_or(labels.adjustment, |term| &term.id);
                let found = sums.iter().position(|sum| sum.0 == term);
                let position = found.unwrap_or_else(|| {
                    sums.push((Cow::Borrowed(term), 0));
                    sums.len() - 1
                });
                &mut sums[position].1
            }
        };
        *sum += line.counted();
    }
    sums.extend(vat.map(|sum| (Cow::Borrowed(labels.vat), sum)));
    let cycle = &names.contract(statement).cycle;
    for (adjusts_on, sum) in restatements {
        let label = format!("{} {}", labels.restatements, cycle.period_of(adjusts_on).name());
        sums.push((Cow::Owned(label), sum));
    }
    sums
}

fn direction(statement: &Statement, names: &Names<'_>, labels: &Labels) -> String {
    let (operator, party) = (names.party_name(names.book.operator), names.party_name(statement.party));
    match statement.total {
        0 => labels.nothing_due.to_owned(),
        1.. => format!("{}: {operator} → {party}", labels.operator_pays),
        _ => format!("{}: {party} → {operator}", labels.party_pays),
    }
}

fn measures<'a>(statement: &Statement, names: &Names<'a>) -> Vec<(Cow<'a, str>, String)> {
    let measures = &names.contract(statement).measures;
    let row = |total: &MeasureTotal| {
        let measure = &measures[usize::from(total.measure)];
        // Of amounts before conversion the asset has to be said.
        let name = if measure.money && total.asset != statement.asset {
            Cow::Owned(format!("{} {}", measure.name, names.asset(total.asset).name))
        } else {
            Cow::Borrowed(&*measure.name)
        };
        (name, total.sum.to_string())
    };
    statement.measures.iter().map(row).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_rate_is_shown_in_percent_where_that_is_exact() {
        for (written, shown) in
            [("10%", "10%"), ("12.5 %", "12.5%"), ("0.03", "3%"), ("1", "100%"), ("1/3", "1/3"), ("-1%", "-1%")]
        {
            assert_eq!(percent(Rate::parse(written).unwrap()), shown);
        }
    }
}
