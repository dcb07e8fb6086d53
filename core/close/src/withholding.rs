//! Withholding at payment by a dated table of rules (SETTLEMENT §4, step 13): a preview until there are payouts.
//!
//! What is withheld depends on the payment alone: two payments of half an amount each may withhold more or less than one
//! of all of it, since every payment is rounded for itself. The local tax is a part of the income tax as rounded. Choosing
//! a rule is one pass over the table.

use calendar::Date;
use event::TaxType;
use money::{AssetId, Overflow, Rate, Rounding};

/// The most rules of a book.
pub const WITHHOLDING_RULES_MAX: usize = 1_000;

/// What is withheld from payments to parties of one kind from a day on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct WithholdingRule {
    /// Name as documents print it.
    pub name: Box<str>,
    /// For which parties.
    pub tax_type: TaxType,
    /// For payments in which asset; none: in any.
    pub asset: Option<AssetId>,
    /// First day of payment for which it holds, until a later rule for the same tax type and asset does.
    pub valid_from: Date,
    /// Income tax, a part of the payment.
    pub income: WithheldPart,
    /// Local income tax, a part of the income tax.
    pub local: Option<WithheldPart>,
}

/// A rate and how its product is rounded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct WithheldPart {
    /// Part of what it is taken from.
    pub rate: Rate,
    /// How it is rounded to whole units.
    pub rounding: Rounding,
}

/// What a payment withholds, in whole units of its asset.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Withheld {
    /// Income tax.
    pub income: i128,
    /// Local income tax.
    pub local: i128,
}

impl Withheld {
    /// Both taxes.
    #[must_use]
    pub const fn sum(&self) -> i128 {
        self.income + self.local
    }
}

impl WithholdingRule {
    /// The rule for a payment, if any: of those for the tax type and asset the one that began last, and of rules that
    /// began on one day the one that names the asset.
    #[must_use]
    pub fn of(rules: &[Self], tax_type: TaxType, asset: AssetId, paid_on: Date) -> Option<&Self> {
        let holds = |rule: &&Self| {
            rule.tax_type == tax_type && rule.valid_from <= paid_on && rule.asset.is_none_or(|own| own == asset)
        };
        rules.iter().filter(holds).max_by_key(|rule| (rule.valid_from, rule.asset.is_some()))
    }

    /// What is withheld from a payment in whole units; nothing from one of zero or below.
    ///
    /// # Errors
    /// [`Overflow`] where the exact product does not fit.
    pub fn withheld(&self, paid: i128) -> Result<Withheld, Overflow> {
        let income = self.income.of(paid.max(0))?;
        let local = self.local.map_or(Ok(0), |part| part.of(income))?;
        Ok(Withheld { income, local })
    }
}

impl WithheldPart {
    fn of(self, amount: i128) -> Result<i128, Overflow> {
        self.rate.apply(amount, 0, self.rounding)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const KRW: AssetId = AssetId(0);
    const USD: AssetId = AssetId(1);

    fn on(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn part(rate: &str) -> WithheldPart {
        WithheldPart { rate: Rate::parse(rate).expect("a rate"), rounding: Rounding::FloorTen }
    }

    /// 3 % since 2011 and, made up, 5 % from 2030; a fifth for parties abroad.
    fn rules() -> Vec<WithholdingRule> {
        let rule = |tax_type, asset, valid_from, income, local| WithholdingRule {
            name: "business income".into(),
            tax_type,
            asset,
            valid_from: on(valid_from),
            income: part(income),
            local,
        };
        vec![
            rule(TaxType::Person, Some(KRW), "2030-01-01", "5%", Some(part("10%"))),
            rule(TaxType::Person, Some(KRW), "2011-01-01", "3%", Some(part("10%"))),
            rule(TaxType::Foreign, None, "2011-01-01", "20%", None),
        ]
    }

    #[track_caller]
    fn check(paid: i128, expected: (i128, i128)) {
        let rules = rules();
        let rule = WithholdingRule::of(&rules, TaxType::Person, KRW, on("2024-02-10")).expect("a rule");
        let withheld = rule.withheld(paid).expect("it fits");
        assert_eq!((withheld.income, withheld.local), expected, "{paid}");
        assert_eq!(withheld.sum(), expected.0 + expected.1);
    }

    #[test]
    fn e11_withholding_is_floored_to_ten_won() {
        check(1_234_567, (37_030, 3_700));
        check(617_283, (18_510, 1_850));
        check(617_284, (18_510, 1_850));
    }

    #[test]
    fn nothing_is_withheld_from_nothing() {
        check(0, (0, 0));
        check(-1_234_567, (0, 0));
        check(333, (0, 0));
        check(334, (10, 0));
    }

    #[test]
    fn a_rule_holds_from_its_day_for_its_parties_and_asset() {
        let rules = rules();
        let rate = |tax_type, asset, day| {
            WithholdingRule::of(&rules, tax_type, asset, on(day)).map(|rule| rule.income.rate.to_string())
        };
        assert_eq!(rate(TaxType::Person, KRW, "2029-12-31").as_deref(), Some("3/100"));
        assert_eq!(rate(TaxType::Person, KRW, "2030-01-01").as_deref(), Some("5/100"));
        assert_eq!(rate(TaxType::Person, KRW, "2010-12-31"), None);
        assert_eq!(rate(TaxType::Person, USD, "2024-01-01"), None);
        assert_eq!(rate(TaxType::Foreign, USD, "2024-01-01").as_deref(), Some("20/100"));
        assert_eq!(rate(TaxType::General, KRW, "2024-01-01"), None);
    }
}
