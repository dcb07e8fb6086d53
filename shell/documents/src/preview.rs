//! What would be paid, and when: a preview of SETTLEMENT §4, steps 11 to 13, while there are no payouts yet.
//!
//! As if the whole total were one payment on the first day on which it may leave; what is withheld from several payments
//! is rounded for each of them.

use crate::names::Names;
use crate::steps::{Step, StepKind, joined, rounded};
use close::{Payout, Statement, Withheld, WithheldPart, WithholdingRule, payout_of};
use money::Decimal;

/// What becomes of the total where the operator owes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Preview<'a> {
    pub(crate) payout: Payout,
    pub(crate) withheld: Option<(&'a WithholdingRule, Withheld)>,
    /// What would reach the party.
    pub(crate) pays: i128,
}

impl<'a> Names<'a> {
    /// What would be paid on a statement; nothing where the operator owes nothing.
    pub(crate) fn preview(&self, statement: &Statement) -> Option<Preview<'a>> {
        let payout = payout_of(&self.contract(statement).payout, statement)?;
        let tax_type = self.book.parties[statement.party.0 as usize].tax_type;
        let rule = payout
            .leaves_on
            .filter(|_| !payout.waits)
            .and_then(|paid_on| WithholdingRule::of(&self.book.withholding, tax_type, statement.asset, paid_on));
        let withheld = rule.and_then(|rule| Some((rule, rule.withheld(statement.total).ok()?)));
        let taken = withheld.map_or(0, |(_, withheld)| withheld.sum());
        let pays = if payout.waits { 0 } else { statement.total - taken };
        Some(Preview { payout, withheld, pays })
    }

    /// The steps of a whole statement: its total, when it may leave, and what is withheld.
    #[must_use]
    pub fn closing_steps(&self, statement: &Statement) -> Vec<Step> {
        let digits = self.asset(statement.asset).digits;
        let units = |mantissa| Decimal { mantissa, scale: digits };
        let step = |kind, arithmetic| Step { kind, arithmetic, converted: None };
        let counted: Vec<Decimal> = statement.lines.iter().map(|line| units(line.counted())).collect();
        let sum = if counted.is_empty() { units(0).to_string() } else { joined(&counted) };
        let mut steps = vec![step(StepKind::Net, format!("{sum} = {} # total", units(statement.total)))];
        let Some(preview) = self.preview(statement) else { return steps };
        steps.push(step(StepKind::Payout, format!("{} # {}", units(statement.total), when(&preview.payout, digits))));
        if let Some((rule, withheld)) = preview.withheld {
            let tax = |part: WithheldPart, of: i128, amount: i128, what: &str| {
                let rounded = rounded(part.rounding, &format!("{} * {}", units(of), part.rate), digits);
                step(StepKind::Withhold, format!("{rounded} = {} # {what}", units(amount)))
            };
            let name = format!("income tax: {} since {}", rule.name, rule.valid_from);
            steps.push(tax(rule.income, statement.total, withheld.income, &name));
            steps.extend(rule.local.map(|local| tax(local, withheld.income, withheld.local, "local income tax")));
            let parts = [statement.total, -withheld.income, -withheld.local].map(units);
            let pays = format!("{} = {} # would be paid", joined(&parts), units(preview.pays));
            steps.push(step(StepKind::Withhold, pays));
        }
        steps
    }
}

/// When a total may leave, in words.
fn when(payout: &Payout, digits: u8) -> String {
    if let Some(minimum) = payout.minimum.filter(|_| payout.waits) {
        let minimum = Decimal { mantissa: i128::from(minimum), scale: digits };
        return format!("waits for the next statement: below the minimum of {minimum}");
    }
    let days = if payout.hold_days == 1 { "day" } else { "days" };
    match payout.leaves_on {
        Some(leaves_on) => format!("may leave from {leaves_on} on, {} {days} after it is due", payout.hold_days),
        None => format!("may leave {} {days} after it is due, which is not known", payout.hold_days),
    }
}
