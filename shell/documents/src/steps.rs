//! The steps of SETTLEMENT §4 that a line went through, each as an expression that can be redone by hand.
//!
//! [`crate::Names::arithmetic`] is the whole of a line in one expression; this is the way there: each converted day, each
//! deduction, what was carried in, how far tiers filled, what a guarantee counts. An expression has the grammar of the
//! line's own (`docs/reference/outputs.md`), seen from the creditor. One pass; Θ(length of the working).

use crate::names::Names;
use close::{Statement, StatementLine};
use contract::{Base, CarriedAs, Converted, CrossState, DeductionKind, LineBase, Part, Term, TermKind, Working};
use money::{Decimal, Rate, Rounding};
use std::fmt::Write as _;

/// One step of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Step {
    /// Which one.
    pub kind: StepKind,
    /// An expression, and behind `#` what it is of.
    pub arithmetic: String,
    /// Of a conversion: what was converted, and how.
    pub converted: Option<Converted>,
}

/// A step of the order of evaluation, with its number in SETTLEMENT §4.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StepKind {
    /// Events of the period are selected.
    Select,
    /// Each day is converted.
    Convert,
    /// The measure is summed.
    Measure,
    /// A deduction is taken off.
    Deduct,
    /// What was carried in is added.
    CarryIn,
    /// What the rate is applied to.
    Base,
    /// How far tiers fill, and what falls into each.
    Tiers,
    /// A cap or floor.
    Bound,
    /// A minimum guarantee.
    Guarantee,
    /// A charge carried, recouped, paid in advance or drawn from credit.
    Carry,
    /// VAT.
    Vat,
    /// The total.
    Net,
    /// Hold and minimum payout.
    Payout,
    /// Withholding.
    Withhold,
}

impl StepKind {
    /// Its number in the order of evaluation.
    #[must_use]
    pub const fn number(self) -> u8 {
        match self {
            Self::Select => 1,
            Self::Convert => 2,
            Self::Measure => 3,
            Self::Deduct => 4,
            Self::CarryIn => 5,
            Self::Base | Self::Tiers => 6,
            Self::Bound => 7,
            Self::Guarantee => 8,
            Self::Carry => 9,
            Self::Vat => 10,
            Self::Net => 11,
            Self::Payout => 12,
            Self::Withhold => 13,
        }
    }

    /// Its name in outputs.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Select => "select",
            Self::Convert => "convert",
            Self::Measure => "measure",
            Self::Deduct => "deduct",
            Self::CarryIn => "carry_in",
            Self::Base => "base",
            Self::Tiers => "tiers",
            Self::Bound => "bound",
            Self::Guarantee => "guarantee",
            Self::Carry => "carry",
            Self::Vat => "vat",
            Self::Net => "net",
            Self::Payout => "payout",
            Self::Withhold => "withhold",
        }
    }

    /// The step whose lines a term of some kind makes; none for terms that are rated themselves.
    #[must_use]
    pub const fn of_closing(kind: &TermKind) -> Option<Self> {
        match kind {
            TermKind::Bound { .. } => Some(Self::Bound),
            TermKind::Minimum { .. } => Some(Self::Guarantee),
            TermKind::Carry { .. } | TermKind::Advance { .. } | TermKind::Prepaid { .. } => Some(Self::Carry),
            _ => None,
        }
    }
}

impl Names<'_> {
    /// The steps of a line in their order. A line whose arithmetic says all there is to say has few or none.
    #[must_use]
    pub fn steps(&self, statement: &Statement, line: &StatementLine) -> Vec<Step> {
        let Some(working) = &line.working else { return Vec::new() };
        let digits = self.asset(statement.asset).digits;
        let term = self.term(statement, line);
        let mut steps = Steps { names: self, statement, line, term, digits, list: Vec::new() };
        if line.key.part == Part::Charge {
            steps.working(working);
        }
        steps.list
    }
}

/// Whether a line's arithmetic leaves out anything that its steps say.
pub(crate) fn are_telling(working: &Working) -> bool {
    match working {
        Working::Flat { base, .. } | Working::Agent { base, .. } => !is_plain(base),
        Working::Graduated { base, from, .. } => !is_plain(base) || from.mantissa != 0,
        Working::Carried { base } => !is_plain(base),
        Working::Shortfall { earned, .. } => earned.len() > 1,
        Working::TakenOff { share, .. } => *share != Rate::ONE,
        Working::Volume { .. } => true,
        _ => false,
    }
}

fn is_plain(base: &LineBase) -> bool {
    base.converted.is_empty() && base.deducted.is_empty() && base.taken.is_empty() && base.carried_in.mantissa == 0
}

/// The steps of one line so far.
struct Steps<'s, 'n> {
    names: &'s Names<'n>,
    statement: &'s Statement,
    line: &'s StatementLine,
    term: Option<&'n Term>,
    digits: u8,
    list: Vec<Step>,
}

impl Steps<'_, '_> {
    fn push(&mut self, kind: StepKind, arithmetic: String) {
        self.list.push(Step { kind, arithmetic, converted: None });
    }

    fn working(&mut self, working: &Working) {
        match working {
            Working::Flat { base, rounding, .. } => self.base(base, *rounding),
            Working::Agent { base, own, below, rounding } => {
                self.base(base, *rounding);
                self.push(StepKind::Tiers, format!("{own} - {below} # what the level adds to the rate below it"));
            }
            Working::Volume { base, reached, rate, rounding } => {
                self.base(base, *rounding);
                let reached = self.short(*reached);
                self.push(StepKind::Tiers, format!("{reached} # reaches the tier at {rate}"));
            }
            Working::Carried { base } => self.base(base, self.rounding()),
            Working::Graduated { base, from, to, parts, rounding } => {
                self.base(base, *rounding);
                self.brackets(base, *from, *to, parts);
            }
            Working::Divided { base, total, .. } => {
                self.measure(&LineBase::of(*base));
                let text = format!("{} # divided in whole units", self.units(*total));
                self.push(StepKind::Base, text);
            }
            Working::Step { reached, .. } => {
                let text = format!("{} # reaches the step", self.short(*reached));
                self.push(StepKind::Tiers, text);
            }
            Working::Bound { charged, bound } => {
                let text = format!("{} # charged together, bounded by {}", self.units(*charged), self.units(*bound));
                self.push(StepKind::Bound, text);
            }
            Working::Shortfall { guaranteed, earned } => self.shortfall(*guaranteed, earned),
            Working::TakenOff { brought, from, share } => self.taken_off(*brought, *from, *share),
            _ => {}
        }
    }

    /// The rounding of a line that was not rounded: that of its term.
    fn rounding(&self) -> Rounding {
        let rounding = self.term.map_or(Rounding::HalfUp, |term| term.rounding);
        rounding.facing(self.line.key.creditor != self.names.book.operator)
    }

    /// Steps 2 to 6: from days to what the rate is applied to.
    fn base(&mut self, base: &LineBase, rounding: Rounding) {
        for converted in &base.converted {
            self.convert(converted);
        }
        self.measure(base);
        let mut left = vec![self.short(base.measure)];
        for (position, deducted) in base.deducted.iter().enumerate() {
            let text = self.deduction(base, position, &left, rounding);
            self.push(StepKind::Deduct, format!("{text} # {}", deducted.name));
            left.push(Decimal { mantissa: -deducted.amount, scale: self.digits });
        }
        if base.carried_in.mantissa != 0 {
            let carried = self.short(base.carried_in);
            let from = self.brought_from(CarriedAs::Measure, base.carried_in);
            self.push(StepKind::CarryIn, format!("{carried} # {from}"));
            left.push(carried);
        }
        for &taken in &base.taken {
            let text = format!("{} # charged by an earlier term", self.units(taken));
            self.push(StepKind::Base, text);
            left.push(Decimal { mantissa: -taken, scale: self.digits });
        }
        if left.len() > 1
            && let Some(total) = sum(&left)
        {
            let total = self.short(total);
            self.push(StepKind::Base, format!("{} = {total} # what the rate is applied to", joined(&left)));
        }
    }

    fn convert(&mut self, converted: &Converted) {
        let Converted { from, rate_on, sum, cross } = converted;
        let asset = &self.names.asset(*from).name;
        let sum = sum.shortened(0);
        let mut text = sum.to_string();
        if *from != self.statement.asset {
            let _ = write!(text, " * {}", cross.rate);
            let product = sum.mantissa.checked_mul(cross.rate.mantissa);
            if let Some(mantissa) = product {
                let product = Decimal { mantissa, scale: sum.scale + cross.rate.scale };
                let _ = write!(text, " = {}", product.shortened(self.digits));
            }
            let _ = write!(text, " # {asset} of {rate_on} by the fixing of {}", cross.fixing_on);
        } else {
            let _ = write!(text, " # {asset}, not converted");
        }
        text.push_str(match cross.state {
            CrossState::Final => "",
            CrossState::Provisional => ", provisional: that of the day is not published yet",
            CrossState::Missing => ", missing: that of the day was never published",
        });
        self.list.push(Step { kind: StepKind::Convert, arithmetic: text, converted: Some(*converted) });
    }

    fn measure(&mut self, base: &LineBase) {
        let contract = self.names.contract(self.statement);
        let measure = self.term.and_then(Term::measure);
        let name = measure.map_or("the measure", |measure| &contract.measures[usize::from(measure)].name);
        let text = format!("{} # {name}", self.short(base.measure));
        self.push(StepKind::Measure, text);
    }

    /// How a deduction came about, as the line's term says it.
    fn deduction(&self, base: &LineBase, position: usize, left: &[Decimal], rounding: Rounding) -> String {
        let amount = self.units(base.deducted[position].amount);
        let Some(TermKind::Share { deductions, .. }) = self.term.map(|term| &term.kind) else {
            return amount.to_string();
        };
        match deductions.get(position).map(|deduction| &deduction.kind) {
            Some(DeductionKind::Rate { rate, on }) => {
                let of = match on {
                    Base::Gross => left[0].to_string(),
                    Base::Rest if left.len() > 1 => format!("({})", joined(left)),
                    Base::Rest => left[0].to_string(),
                };
                format!("{} = {amount}", rounded(rounding, &format!("{of} * {rate}"), self.digits))
            }
            _ => amount.to_string(),
        }
    }

    fn brackets(&mut self, base: &LineBase, from: Decimal, to: Decimal, parts: &[(Decimal, Rate)]) {
        let filled = to.mantissa - from.mantissa;
        let filled = self.short(Decimal { mantissa: filled, scale: to.scale });
        let (from, to) = (self.short(from), self.short(to));
        // An empty base fills nothing.
        if base.measure.mantissa != 0 || filled.mantissa != 0 {
            let text = format!("{} = {to} # the running sum before and after", joined(&[from, filled]));
            self.push(StepKind::Tiers, text);
        }
        for (part, rate) in parts {
            let text = format!("{} # at {rate}", self.short(*part));
            self.push(StepKind::Tiers, text);
        }
    }

    fn shortfall(&mut self, guaranteed: i128, earned: &[i128]) {
        let pooled = match self.term.map(|term| &term.kind) {
            Some(TermKind::Minimum { pool, .. }) => pool.len(),
            _ => 0,
        };
        self.push(StepKind::Guarantee, format!("{} # guaranteed", self.units(guaranteed)));
        for (position, &part) in earned.iter().enumerate() {
            let what = match position {
                0 => "earned in this period",
                _ if position >= earned.len() - pooled => "earned under another contract",
                _ => "earned earlier in the span of the guarantee",
            };
            self.push(StepKind::Guarantee, format!("{} # {what}", self.units(part)));
        }
    }

    fn taken_off(&mut self, brought: i128, from: i128, share: Rate) {
        self.push(StepKind::Carry, format!("{} # there was to take off", self.units(brought)));
        let from = self.units(from);
        self.push(StepKind::Carry, format!("{from} # charged by now"));
        let most = share.apply(from.mantissa, 0, Rounding::Down);
        if share != Rate::ONE
            && let Ok(most) = most
        {
            let rounded = rounded(Rounding::Down, &format!("{from} * {share}"), self.digits);
            self.push(StepKind::Carry, format!("{rounded} = {} # at most", self.units(most)));
        }
    }

    /// Where something that was carried in came from: the period before, or an earlier version in this one.
    fn brought_from(&self, what: CarriedAs, amount: Decimal) -> String {
        let number = self.term.map(|term| term.number);
        let totals = self.statement.carried.iter();
        let mut of_term = totals.filter(|own| Some(own.key.term) == number && own.key.what == what);
        let own = of_term.find(|own| own.brought.shortened(0) == amount.shortened(0));
        match own.and_then(|own| own.from_on) {
            Some(from_on) => format!("carried in from the period that began on {from_on}"),
            None => "carried in".to_owned(),
        }
    }

    fn short(&self, number: Decimal) -> Decimal {
        number.shortened(self.digits)
    }

    const fn units(&self, units: i128) -> Decimal {
        Decimal { mantissa: units, scale: self.digits }
    }
}

/// `1000 - 30 + 5`.
pub(crate) fn joined(numbers: &[Decimal]) -> String {
    let mut text = String::new();
    for (position, number) in numbers.iter().enumerate() {
        if position == 0 {
            let _ = write!(text, "{number}");
        } else {
            let sign = if number.mantissa < 0 { '-' } else { '+' };
            let magnitude = Decimal { mantissa: number.mantissa.saturating_abs(), ..*number };
            let _ = write!(text, " {sign} {magnitude}");
        }
    }
    text
}

/// The sum of numbers; none where it does not fit.
pub(crate) fn sum(numbers: &[Decimal]) -> Option<Decimal> {
    let scale = numbers.iter().map(|number| number.scale).max()?;
    let mut sum = 0_i128;
    for number in numbers {
        sum = sum.checked_add(number.units_at(scale).ok()?)?;
    }
    Some(Decimal { mantissa: sum, scale })
}

/// `mode(expression, digits)`.
pub(crate) fn rounded(rounding: Rounding, expression: &str, digits: u8) -> String {
    let mode = match rounding {
        Rounding::HalfUp => "half_up",
        Rounding::HalfEven => "half_even",
        Rounding::Down => "down",
        Rounding::Up | Rounding::TowardPayee => "up",
        Rounding::FloorTen => "floor_ten",
    };
    format!("{mode}({expression}, {digits})")
}
