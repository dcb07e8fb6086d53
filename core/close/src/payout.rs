//! When what a statement says may leave (SETTLEMENT §4, step 12): hold and minimum; a preview until there are payouts.

use crate::Statement;
use calendar::Date;
use contract::PayoutRule;

/// What becomes of a statement's total where the operator owes it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payout {
    /// First day on which it may leave: due date and hold; none where the due date is not known.
    pub leaves_on: Option<Date>,
    /// Days after the due date for which it is held.
    pub hold_days: u16,
    /// The least amount of the contract in this asset, in whole units.
    pub minimum: Option<i64>,
    /// Whether the total is below that minimum, so that it waits for the next statement.
    pub waits: bool,
}

/// What becomes of a statement's total; nothing where the operator owes nothing.
#[must_use]
pub fn payout_of(rule: &PayoutRule, statement: &Statement) -> Option<Payout> {
    if statement.total <= 0 {
        return None;
    }
    let leaves_on = statement.due_on.map(|due_on| due_on.plus_days(i32::from(rule.hold_days)));
    let minimum = rule.minimum.filter(|(asset, _)| *asset == statement.asset).map(|(_, amount)| amount);
    let waits = minimum.is_some_and(|minimum| statement.total < i128::from(minimum));
    Some(Payout { leaves_on, hold_days: rule.hold_days, minimum, waits })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Status;
    use calendar::{Instant, Period};
    use contract::ContractId;
    use event::PartyId;
    use money::AssetId;

    const KRW: AssetId = AssetId(0);

    fn on(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    #[track_caller]
    fn check(total: i128, asset: AssetId, due_on: Option<&str>, expected: Option<(Option<&str>, bool)>) {
        let statement = Statement {
            contract: ContractId(0),
            party: PartyId(1),
            period: Period { first: on("2024-01-01"), end: on("2024-02-01") },
            asset,
            status: Status::Issued { cut_at: Instant::BEGINNING, issued_at: Instant::BEGINNING },
            due_on: due_on.map(on),
            lines: Vec::new(),
            measures: Vec::new(),
            carried: Vec::new(),
            total,
            accrued: total,
        };
        let rule = PayoutRule { hold_days: 30, minimum: Some((KRW, 10_000)) };
        let payout = payout_of(&rule, &statement).map(|payout| (payout.leaves_on, payout.waits));
        assert_eq!(payout, expected.map(|(leaves_on, waits)| (leaves_on.map(on), waits)));
    }

    #[test]
    fn a_total_waits_for_its_hold_and_its_minimum() {
        check(10_000, KRW, Some("2024-02-10"), Some((Some("2024-03-11"), false)));
        check(9_999, KRW, Some("2024-02-10"), Some((Some("2024-03-11"), true)));
        check(9_999, AssetId(1), Some("2024-02-10"), Some((Some("2024-03-11"), false)));
        check(10_000, KRW, None, Some((None, false)));
        check(0, KRW, Some("2024-02-10"), None);
        check(-20_000, KRW, Some("2024-02-10"), None);
    }
}
