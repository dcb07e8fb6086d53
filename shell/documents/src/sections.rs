//! What stands below the lines of a statement: what is carried, what would be paid, what should be noticed.

use crate::amount::grouped;
use crate::lang::Labels;
use crate::names::Names;
use close::{CarriedTotal, Notice, Statement};
use contract::{PayoutRule, Term};
use money::Decimal;

/// A row for each carried amount, a cell for each of [`Labels::carried_heads`].
pub(crate) fn carried(statement: &Statement, names: &Names<'_>, labels: &Labels) -> Vec<Vec<String>> {
    let digits = names.asset(statement.asset).digits;
    let row = |total: &CarriedTotal| {
        let contract = names.contract(statement);
        let number = |number: Decimal| {
            let number = number.shortened(digits);
            grouped(number.mantissa, number.scale)
        };
        let from = total.from_on.map(|on| contract.cycle.period_of(on).name()).unwrap_or_default();
        vec![
            contract.term_ids[usize::from(total.key.term)].to_string(),
            labels.carried_as(total.key.what).to_owned(),
            carried_for(statement, total, names),
            from,
            number(total.brought),
            number(total.left),
        ]
    };
    statement.carried.iter().map(row).collect()
}

/// Between whom, or for which words of its term's dimensions.
fn carried_for(statement: &Statement, total: &CarriedTotal, names: &Names<'_>) -> String {
    if let Some((debtor, creditor)) = total.key.pair {
        return format!("{} → {}", names.party(debtor), names.party(creditor));
    }
    let words = names.carried_words(statement, total);
    let words: Vec<String> = words.into_iter().map(|(name, word)| format!("{name}={word}")).collect();
    words.join(", ")
}

impl<'a> Names<'a> {
    /// The words for which something is carried, by the name of their dimension.
    pub(crate) fn carried_words(&self, statement: &Statement, total: &CarriedTotal) -> Vec<(&'a str, &'a str)> {
        let contract = self.contract(statement);
        let mut terms = contract.ranked_versions().rev().flat_map(|version| &contract.versions[version].terms);
        let term: Option<&Term> = terms.find(|term| term.number == total.key.term);
        let positions = term.map(Term::kept_apart_by).unwrap_or_default();
        let pairs = positions.into_iter().zip(&total.key.words);
        pairs.map(|(at, &word)| (&*contract.dimensions[usize::from(at)].name, (self.word)(word))).collect()
    }
}

/// When the total may leave, and what is withheld, where the contract or a rule says anything about it.
pub(crate) fn payout(statement: &Statement, names: &Names<'_>, labels: &Labels) -> Vec<String> {
    let Some(preview) = names.preview(statement) else { return Vec::new() };
    if preview.withheld.is_none() && names.contract(statement).payout == PayoutRule::default() {
        return Vec::new();
    }
    let digits = names.asset(statement.asset).digits;
    let shown = |units: i128| grouped(units, digits);
    if let Some(minimum) = preview.payout.minimum.filter(|_| preview.payout.waits) {
        return vec![format!("{} {}", labels.waits, shown(i128::from(minimum)))];
    }
    let mut lines = vec![match preview.payout.leaves_on {
        Some(leaves_on) => {
            let (due, days) = (labels.due, labels.days);
            format!("{} {leaves_on} ({due} + {} {days})", labels.leaves_on, preview.payout.hold_days)
        }
        None => labels.leaves_unknown.to_owned(),
    }];
    if let Some((rule, withheld)) = preview.withheld {
        let from = rule.valid_from;
        lines.push(format!("{} {} ({}, {from})", labels.income_tax, shown(withheld.income), rule.name));
        if rule.local.is_some() {
            lines.push(format!("{} {}", labels.local_tax, shown(withheld.local)));
        }
    }
    lines.push(format!("{} {}", labels.pays, shown(preview.pays)));
    lines
}

/// What the reader should notice.
pub(crate) fn notices(statement: &Statement, names: &Names<'_>, labels: &Labels) -> Vec<String> {
    let contract = names.contract(statement);
    let digits = names.asset(statement.asset).digits;
    let shown = |units: i128| grouped(units, digits);
    let line = |notice: &Notice| match *notice {
        Notice::PrepaidLow { term, balance, low } => {
            let id = &contract.term_ids[usize::from(term)];
            format!("{id}: {} {} < {}", labels.prepaid_low, shown(balance), shown(i128::from(low)))
        }
        Notice::PrepaidBeyondLimit { term, unpaid, limit } => {
            let id = &contract.term_ids[usize::from(term)];
            format!("{id}: {} {} > {}", labels.prepaid_beyond, shown(unpaid), shown(i128::from(limit)))
        }
    };
    close::notices(contract, statement).iter().map(line).collect()
}
