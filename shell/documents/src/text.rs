//! A statement as plain text: facts, lines with their arithmetic, subtotals, total, who pays whom.

use crate::amount::grouped;
use crate::columns::Columns;
use crate::lang::Lang;
use crate::names::Names;
use crate::page::{Item, Page};
use close::Statement;
use std::borrow::Cow;

/// The text of a statement.
#[must_use]
pub fn statement_text(statement: &Statement, names: &Names<'_>, lang: Lang) -> String {
    let page = Page::new(statement, names, lang);
    let mut text = String::with_capacity(1024 + page.items.len() * 160);
    text.push_str(page.labels.statement);
    text.push_str("\n\n");
    let rows = page.facts.iter().map(|(label, fact)| (vec![(*label).to_owned(), fact.clone()], Vec::new())).collect();
    Columns { right: &[false, false], rows }.write(&mut text);
    text.push('\n');
    write_items(&mut text, &page);
    text.push_str(&format!("\n{}\n", page.labels.subtotals));
    write_sums(&mut text, &page);
    text.push_str(&format!("\n{}\n", page.direction));
    if !page.measures.is_empty() {
        text.push_str(&format!("\n{}\n", page.labels.measures));
        let row = |(name, sum): &(Cow<'_, str>, String)| (vec![name.to_string(), sum.clone()], Vec::new());
        Columns { right: &[false, true], rows: page.measures.iter().map(row).collect() }.write(&mut text);
    }
    write_carried(&mut text, &page);
    write_section(&mut text, page.labels.payout, &page.payout);
    write_section(&mut text, page.labels.notices, &page.notices);
    text
}

fn write_items(text: &mut String, page: &Page<'_>) {
    let labels = page.labels;
    let heads =
        [labels.number, labels.item, labels.dimensions, labels.debtor, labels.creditor, labels.adjusts, labels.amount];
    let has_dimensions = page.items.iter().any(|item| !item.dimensions.is_empty());
    let has_adjusts = page.items.iter().any(|item| !item.adjusts.is_empty());
    let mut heads = heads.map(str::to_owned).to_vec();
    // A column without any text is left out.
    heads[2].truncate(if has_dimensions { usize::MAX } else { 0 });
    heads[5].truncate(if has_adjusts { usize::MAX } else { 0 });
    let mut rows = vec![(heads, Vec::new())];
    for (number, item) in (1..).zip(&page.items) {
        let steps = item.steps.iter().map(|(label, arithmetic)| format!("  {label}: {arithmetic}"));
        let remarks = std::iter::once(item.arithmetic.clone()).chain(steps).collect();
        rows.push((cells(number, item, page.digits), remarks));
    }
    Columns { right: &[true, false, false, false, false, false, true], rows }.write(text);
}

fn cells(number: usize, item: &Item<'_>, digits: u8) -> Vec<String> {
    let amount = grouped(item.amount, digits);
    vec![
        number.to_string(),
        item.label.clone(),
        item.dimensions.clone(),
        item.debtor.to_owned(),
        item.creditor.to_owned(),
        item.adjusts.clone(),
        // What is inside a charge already stands in parentheses: it is no part of the sum.
        if item.counted { amount } else { format!("({amount})") },
    ]
}

fn write_sums(text: &mut String, page: &Page<'_>) {
    let row = |label: &str, sum: String| (vec![label.to_owned(), sum], Vec::new());
    let mut rows: Vec<_> = page.subtotals.iter().map(|(label, sum)| row(label, grouped(*sum, page.digits))).collect();
    rows.push(row(page.labels.total, grouped(page.total, page.digits)));
    if let Some(sum) = page.vat_included {
        rows.push(row(page.labels.vat_included, format!("({})", grouped(sum, page.digits))));
    }
    Columns { right: &[false, true], rows }.write(text);
}

/// What was carried in and is carried out.
fn write_carried(text: &mut String, page: &Page<'_>) {
    if page.carried.is_empty() {
        return;
    }
    text.push_str(&format!("\n{}\n", page.labels.carried));
    let heads = page.labels.carried_heads.map(str::to_owned).to_vec();
    let rows = std::iter::once(&heads).chain(&page.carried).map(|cells| (cells.clone(), Vec::new())).collect();
    Columns { right: &[false, false, false, false, true, true], rows }.write(text);
}

fn write_section(text: &mut String, title: &str, lines: &[String]) {
    if lines.is_empty() {
        return;
    }
    text.push_str(&format!("\n{title}\n"));
    for line in lines {
        text.push_str(&format!(" {line}\n"));
    }
}
