//! The tallies of a line, by commercial day: where its measure comes from.

use close::{Statement, StatementLine};
use contract::{Cell, LineKey, LineOf, Role, Term, TermKind};
use documents::Names;
use engine::Engine;
use event::Word;
use money::{AssetId, Decimal};
use std::collections::BTreeMap;

/// The sums of a line's measure by commercial day and asset, and what those of one asset come to.
pub(super) fn days(engine: &Engine, names: &Names<'_>, statement: &Statement, line: &StatementLine) -> Vec<String> {
    let number = statement.contract.0;
    let contract = &engine.book().contracts[usize::from(number)];
    let state = &engine.state().contracts[usize::from(number)];
    let first_on = line.adjusts_on.unwrap_or(statement.period.first);
    let (LineOf::Term { term, version }, Some(period)) = (line.key.of, state.period_number(first_on)) else {
        return Vec::new();
    };
    let term = &contract.versions[usize::from(version)].terms[usize::from(term)];
    let Some(measure) = term.measure() else { return Vec::new() };
    let mut sums: BTreeMap<AssetId, BTreeMap<_, i128>> = BTreeMap::new();
    for cell in state.cells_of(period, contract.conversion.is_none().then_some(statement.asset)) {
        // What is known at the end looks at the days of all versions.
        let spans = matches!(term.kind, TermKind::Step { .. } | TermKind::Prepaid { .. });
        let of_version = spans || contract.version_of(cell.version_on, engine.state().stamp) == Some(version);
        let sum = cell.sums[usize::from(measure)];
        if of_version && sum != 0 && is_of_line(engine, term, &line.key, &cell) {
            *sums.entry(cell.asset).or_default().entry(cell.day).or_default() += sum;
        }
    }
    let measure = &contract.measures[usize::from(measure)];
    let shown = |mantissa| Decimal { mantissa, scale: measure.scale }.to_string();
    let mut lines = Vec::new();
    for (asset, days) in &sums {
        let unit = if measure.money { format!(" {}", names.asset(*asset).name) } else { String::new() };
        lines.extend(days.iter().map(|(day, &sum)| format!("{} # {day} {}{unit}", shown(sum), measure.name)));
        let parts: Vec<String> = days.values().map(|&sum| shown(sum)).collect();
        let total = shown(days.values().sum());
        lines.push(format!("{} = {total} # {}{unit}", parts.join(" + ").replace("+ -", "- "), measure.name));
    }
    lines
}

/// Whether a tally is in the sum of a line.
fn is_of_line(engine: &Engine, term: &Term, key: &LineKey, cell: &Cell<'_>) -> bool {
    let party = |role| match role {
        Role::Party(party) => Some(party),
        Role::Dimension(at) => engine.book().party_of_word(cell.dimensions[usize::from(at)]),
    };
    let word = |at: u8| cell.dimensions[usize::from(at)];
    let has_words = term.dimensions.iter().zip(&key.dimensions).all(|(&at, &own)| word(at) == own);
    let is_creditor = match &term.kind {
        TermKind::Division { parts, .. } => {
            parts.get(usize::from(key.piece)).is_some_and(|part| party(part.0) == Some(key.creditor))
        }
        TermKind::Agents { by, .. } => key.dimensions.last().is_none_or(|&own| own == word(*by)),
        _ => party(term.creditor) == Some(key.creditor),
    };
    let is_debtor = party(term.debtor) == Some(key.debtor);
    has_words && is_creditor && is_debtor
}

/// The words of a key, in brackets.
pub(super) fn words(names: &Names<'_>, words: &[Word]) -> String {
    words.iter().map(|&word| format!(" [{}]", (names.word)(word))).collect()
}
