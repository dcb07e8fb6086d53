//! The arithmetic of a line as text: one expression that anybody can recompute exactly with a small evaluator.
//!
//! An expression is `term = amount`, where the term is made of exact decimals, `+ - * /`, parentheses and the rounding
//! functions `half_up half_even down up floor_ten (x, digits)`, each of which acts on the magnitude and leaves `digits`
//! digits behind the point. What follows `#` is for people. A sum of charges that were rounded one by one cannot be
//! recomputed from the line; there the amount stands alone and the remark says so. One pass; Θ(length of the working).

use crate::line::{Base, Line, Working};
use money::{Decimal, Rate, Rounding};
use std::fmt::Write;

/// A line as a statement shows it: from the view of one party, possibly as the difference to what was posted before.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The arithmetic of the charge; none where a restated line is gone.
    pub working: Option<&'a Working>,
    /// Whether the party owes the charge, so that it counts against it.
    pub owes: bool,
    /// The amount of the charge from the party's view or, of a restatement, the difference; in whole units.
    pub amount: i128,
    /// Of a restatement: what the line is now and what was posted for it before, from the party's view.
    pub restated: Option<(i128, i128)>,
    /// Minor digits of the asset.
    pub digits: u8,
}

impl<'a> Shown<'a> {
    /// A line of its own period from the view of its creditor.
    #[must_use]
    pub fn line(line: &'a Line, digits: u8) -> Self {
        Self { working: Some(&line.working), owes: false, amount: line.amount, restated: None, digits }
    }

    /// The arithmetic in one line of text, e.g. `half_up(1500000 * 12/100, 0) = 180000`.
    #[must_use]
    pub fn arithmetic(&self) -> String {
        let (now, before) = self.restated.map_or((self.amount, None), |(now, before)| (now, Some(before)));
        let mut text = Text { out: String::with_capacity(64), remark: String::new(), digits: self.digits };
        let is_number = self.write_now(&mut text, now);
        if let Some(before) = before {
            text.sign(before < 0);
            text.units(before.saturating_abs());
        }
        if !is_number || before.is_some() {
            text.push(" = ");
            text.units(self.amount);
        }
        if !text.remark.is_empty() {
            text.out.push_str(" # ");
            text.out.push_str(&text.remark);
        }
        text.out
    }

    /// Writes what the line is now; says whether it is nothing but the number itself.
    fn write_now(&self, text: &mut Text, now: i128) -> bool {
        let Some(working) = self.working else {
            text.units(now);
            text.remark.push_str("the line is gone");
            return true;
        };
        if stands_alone(working) {
            text.units(now);
            text.working(working);
            return true;
        }
        let is_sum = matches!(
            working,
            Working::Divided { others: Some(_), .. }
                | Working::Agent { .. }
                | Working::Bound { .. }
                | Working::Shortfall { .. }
                | Working::Lifted { .. }
        );
        text.push(match (self.owes, is_sum) {
            (true, true) => "-(",
            (true, false) => "-",
            (false, _) => "",
        });
        text.working(working);
        text.push(if self.owes && is_sum { ")" } else { "" });
        false
    }
}

/// The arithmetic of a line from the view of its creditor.
#[must_use]
pub fn arithmetic(line: &Line, digits: u8) -> String {
    Shown::line(line, digits).arithmetic()
}

/// Whether the amount is all there is: it was agreed, or is a sum over events.
const fn stands_alone(working: &Working) -> bool {
    matches!(
        working,
        Working::Events { .. }
            | Working::Fixed { .. }
            | Working::VatEvents { .. }
            | Working::Carried { .. }
            | Working::Step { .. }
            | Working::Attributed { .. }
            | Working::TakenOff { .. }
            | Working::Advanced { .. }
            | Working::Agreed { .. }
    )
}

/// The expression so far and the remark that will follow it.
struct Text {
    out: String,
    remark: String,
    digits: u8,
}

impl Text {
    fn working(&mut self, working: &Working) {
        match working {
            Working::Events { base, rate } => {
                let base = base.shortened(self.digits);
                let at = if rate.is_zero() { String::new() } else { format!(" at {rate}") };
                self.remark(format_args!("sum of charges rounded with their events; measure {base}{at}"));
            }
            Working::VatEvents { rate, .. } => {
                self.remark(format_args!("sum of VAT rounded with its events; at {rate}"))
            }
            Working::Fixed { period_on } => self.remark(format_args!("agreed for the period from {period_on}")),
            Working::Flat { base, rate, rounding } => self.rounded(*rounding, |text| {
                text.base(base);
                text.times(*rate);
            }),
            Working::Graduated { base, from, to, parts, rounding } => {
                self.rounded(*rounding, |text| text.brackets(parts));
                self.remark_base(base);
                if from.mantissa != 0 {
                    let (from, to) = (from.shortened(self.digits), to.shortened(self.digits));
                    self.remark(format_args!("the running sum goes from {from} to {to}"));
                }
            }
            Working::Volume { base, reached, rate, rounding } => {
                self.rounded(*rounding, |text| {
                    text.base(base);
                    text.times(*rate);
                });
                let reached = reached.shortened(self.digits);
                self.remark(format_args!("the rate of the tier that {reached} reaches"));
            }
            Working::Divided { base, total, share, others, rounding } => {
                match others {
                    None => self.rounded(*rounding, |text| {
                        text.units(*total);
                        text.times(*share);
                    }),
                    Some(others) => self.residue(*total, others),
                }
                self.remark_total(*base, *total);
            }
            Working::Vat { base, rate, inclusive, rounding, .. } => self.rounded(*rounding, |text| {
                text.units(*base);
                if *inclusive { text.times_contained(*rate) } else { text.times(*rate) }
            }),
            _ => self.closing(working),
        }
    }

    /// What closing terms and people add.
    fn closing(&mut self, working: &Working) {
        match working {
            Working::Carried { base } => {
                let base = self.text_of(base);
                self.remark(format_args!("{base} is below zero and carried to the next period"));
            }
            Working::Step { reached, .. } => {
                let reached = reached.shortened(self.digits);
                self.remark(format_args!("the amount of the step that {reached} reaches"));
            }
            Working::Attributed { base, paths } => {
                let base = base.shortened(self.digits);
                self.remark(format_args!("the party's parts of {base} over {paths} paths, each divided and rounded"));
            }
            Working::Agent { base, own, below, rounding } => {
                for (rate, sign) in [(own, ""), (below, " - ")] {
                    if !sign.is_empty() && rate.is_zero() {
                        continue;
                    }
                    self.push(sign);
                    self.rounded(*rounding, |text| {
                        text.base(base);
                        text.times(*rate);
                    });
                }
            }
            Working::Bound { charged, bound } => self.residue(*bound, &[*charged]),
            Working::Shortfall { guaranteed, earned } => self.residue(*guaranteed, earned),
            Working::Lifted { charged } => self.residue(0, &[*charged]),
            Working::TakenOff { brought, from, share } => {
                let of = |units: i128| Decimal { mantissa: units, scale: self.digits };
                let (brought, from) = (of(*brought), of(*from));
                let of = if *share == Rate::ONE { String::new() } else { format!("{share} of ") };
                self.remark(format_args!("of {brought} not more than {of}charges of {from}"));
            }
            Working::Advanced { on } => self.remark(format_args!("paid in advance, on {on}")),
            Working::Agreed { reason, document, by } => {
                self.remark(format_args!("agreed by {by}: {reason} ({document})"));
            }
            _ => unreachable!("every other working is written by its own kind"),
        }
    }

    /// `mode(…, digits)`.
    fn rounded(&mut self, rounding: Rounding, inside: impl FnOnce(&mut Self)) {
        self.push(match rounding {
            Rounding::HalfUp => "half_up(",
            Rounding::HalfEven => "half_even(",
            Rounding::Down => "down(",
            // Unresolved it rounds as for a party that is owed (`money::round_ratio`).
            Rounding::Up | Rounding::TowardPayee => "up(",
            Rounding::FloorTen => "floor_ten(",
        });
        inside(self);
        let digits = self.digits;
        self.write(format_args!(", {digits})"));
    }

    /// A measure, what was carried into it, and what deductions and earlier terms took from it.
    fn base(&mut self, base: &Base) {
        let is_plain = base.taken.is_empty()
            && base.deducted.is_empty()
            && base.carried_in.mantissa == 0
            && base.converted.len() < 2;
        self.push(if is_plain { "" } else { "(" });
        self.measure(base);
        let deducted: Vec<i128> = base.deducted.iter().map(|deducted| deducted.amount).collect();
        self.less(&deducted);
        if base.carried_in.mantissa != 0 {
            self.sign(base.carried_in.mantissa > 0);
            let carried = base.carried_in.shortened(self.digits);
            self.write(format_args!("{}", Decimal { mantissa: carried.mantissa.saturating_abs(), ..carried }));
        }
        self.less(&base.taken);
        self.push(if is_plain { "" } else { ")" });
    }

    /// A measure as a number or, converted, day by day as sums times rates.
    fn measure(&mut self, base: &Base) {
        if base.converted.is_empty() {
            let measure = base.measure.shortened(self.digits);
            self.write(format_args!("{measure}"));
        }
        for (position, day) in base.converted.iter().enumerate() {
            self.push(if position == 0 { "" } else { " + " });
            let sum = day.sum.shortened(0);
            if sum.mantissa < 0 && position > 0 {
                self.write(format_args!("({sum})"));
            } else {
                self.write(format_args!("{sum}"));
            }
            self.write(format_args!(" * {}", day.cross.rate));
        }
    }

    fn brackets(&mut self, parts: &[(Decimal, Rate)]) {
        if parts.is_empty() {
            self.push("0");
        }
        for (position, (part, rate)) in parts.iter().enumerate() {
            let mut part = part.shortened(self.digits);
            if position > 0 {
                self.push(if part.mantissa < 0 { " - " } else { " + " });
                part.mantissa = part.mantissa.saturating_abs();
            }
            self.write(format_args!("{part}"));
            self.times(*rate);
        }
    }

    fn residue(&mut self, total: i128, others: &[i128]) {
        self.units(total);
        self.less(others);
    }

    fn less(&mut self, taken: &[i128]) {
        for units in taken {
            self.sign(*units < 0);
            self.units(units.saturating_abs());
        }
    }

    /// Taking away a negative is adding.
    fn sign(&mut self, negative: bool) {
        self.push(if negative { " + " } else { " - " });
    }

    fn times(&mut self, rate: Rate) {
        if rate.numerator() < 0 {
            return self.write(format_args!(" * ({rate})"));
        }
        self.write(format_args!(" * {rate}"));
    }

    /// The part of an amount that VAT inside it is: `rate / (1 + rate)` in lowest terms, 1/11 for 10 %.
    fn times_contained(&mut self, rate: Rate) {
        let (upper, lower) = (rate.numerator(), rate.denominator() + rate.numerator());
        let divisor = greatest_divisor(upper.unsigned_abs(), lower.unsigned_abs()).cast_signed().max(1);
        let (upper, lower) = (upper / divisor, lower / divisor);
        if upper < 0 {
            self.write(format_args!(" * ({upper}/{lower})"))
        } else {
            self.write(format_args!(" * {upper}/{lower}"))
        }
    }

    /// What brackets divide, where it is no measure as it stands.
    fn remark_base(&mut self, base: &Base) {
        let is_measure = base.taken.is_empty()
            && base.deducted.is_empty()
            && base.carried_in.mantissa == 0
            && base.converted.is_empty();
        if !is_measure {
            let base = self.text_of(base);
            self.remark(format_args!("of {base}"));
        }
    }

    /// A base written by itself.
    fn text_of(&self, base: &Base) -> String {
        let mut inner = Text { out: String::new(), remark: String::new(), digits: self.digits };
        inner.base(base);
        inner.out
    }

    fn remark_total(&mut self, base: Decimal, total: i128) {
        let (base, total) = (base.shortened(self.digits), Decimal { mantissa: total, scale: self.digits });
        if base != total {
            self.remark(format_args!("{total} is {base} rounded"));
        }
    }

    fn units(&mut self, units: i128) {
        let scale = self.digits;
        self.write(format_args!("{}", Decimal { mantissa: units, scale }));
    }

    fn push(&mut self, text: &str) {
        self.out.push_str(text);
    }

    fn write(&mut self, text: std::fmt::Arguments<'_>) {
        self.out.write_fmt(text).expect("a string takes every text");
    }

    /// Adds a remark; a further one stands behind a semicolon.
    fn remark(&mut self, text: std::fmt::Arguments<'_>) {
        if !self.remark.is_empty() {
            self.remark.push_str("; ");
        }
        self.remark.write_fmt(text).expect("a string takes every text");
    }
}

const fn greatest_divisor(mut a: u64, mut b: u64) -> u64 {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a
}
