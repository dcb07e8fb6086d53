//! Random terms that look at sums: tiers that fill over longer stretches and by volume, deductions, what is carried,
//! prices, steps and agents.

use super::agreement::Drafting;
use super::house::rate;
use calendar::Date;
use contract::{
    Agent, Base, Climb, Deduction, DeductionKind, Reversal, Role, Scope, Span, Step, Term, TermKind, Tier, Treatment,
};
use event::PartyId;
use money::{AssetId, Rate};

impl Drafting<'_> {
    /// A stretch of periods.
    pub(super) fn span(&mut self) -> Span {
        let from = Date::new(2024, 1, 1).expect("a new year");
        let spans = [
            ("span of a period", Span::Period),
            ("span of a month", Span::Months { months: 1, from }),
            ("span of a quarter", Span::Months { months: 3, from }),
            ("span without end", Span::Ever),
        ];
        let (name, span) = self.random.pick(&spans);
        self.coverage.note(name);
        span
    }

    /// A treatment under which sums may decide about charges.
    pub(super) fn rerated(&mut self) -> Treatment {
        Treatment { reversal: Reversal::Rerate, ..self.treatment() }
    }

    /// Brackets over a measure: bounds in major units.
    pub(super) fn tiers(&mut self, measure: u16) -> Vec<Tier> {
        let unit = 10_i128.pow(u32::from(self.contract.measures[usize::from(measure)].scale));
        let bounds: &[i128] = self.random.pick(&[&[500][..], &[100, 2_000], &[0, 1_000, 1_001]]);
        let bounds = bounds.iter().map(|bound| Some(bound * unit));
        let rates = ["5%", "12.5%", "1/3", "0%"];
        let tiers = bounds.chain([None]).zip(rates);
        tiers.map(|(up_to, text)| Tier { up_to, rate: rate(text) }).collect()
    }

    /// A share with tiers over a stretch, graduated or by volume, filled by itself or by another measure.
    pub(super) fn climbing(&mut self) -> Term {
        let treatment = self.rerated();
        let of = self.measure(treatment);
        let mut climb = Climb { by_volume: self.random.chance(60), accumulator: None, reset: self.span() };
        self.coverage.note(if climb.by_volume { "tiers by volume" } else { "tiers graduated" });
        if self.coverage.note_if("accumulator", climb.by_volume && self.random.chance(50)) {
            climb.accumulator =
                Some(if self.random.chance(40) { self.count(treatment) } else { self.measure(treatment) });
        }
        let tiers = self.tiers(climb.accumulator.unwrap_or(of));
        let carries = self.coverage.note_if("carry measure", self.random.chance(40));
        let kind = TermKind::Share { of, tiers, climb, on: Base::Gross, deductions: Vec::new(), carries };
        self.plain(kind, Scope::Line)
    }

    /// A share of what deductions leave.
    pub(super) fn net(&mut self) -> Term {
        let treatment = if self.random.chance(30) { self.treatment() } else { self.rerated() };
        let rerates = treatment.reversal == Reversal::Rerate;
        let of = self.measure(treatment);
        let mut deductions = Vec::new();
        for number in 0..self.random.below(4) {
            let kind = match self.random.below(if rerates { 4 } else { 3 }) {
                0 => DeductionKind::Measure(self.measure(treatment)),
                1 => DeductionKind::Rate { rate: rate("3%"), on: Base::Gross },
                2 => DeductionKind::Rate { rate: rate("1/7"), on: Base::Rest },
                _ => DeductionKind::Allocated { of: self.measure(treatment), key: self.measure(treatment) },
            };
            deductions.push(Deduction { name: format!("d{number}").into(), kind });
        }
        let carries = self.coverage.note_if("carry measure", rerates && self.random.chance(50));
        let tiered = rerates && self.random.chance(40);
        let tiers = if tiered { self.tiers(of) } else { vec![Tier { up_to: None, rate: rate("12%") }] };
        let reset = if tiered { self.span() } else { Span::Period };
        let climb = Climb { reset, ..Climb::GRADUATED };
        let on = if carries || tiered || self.random.chance(85) { Base::Gross } else { Base::Rest };
        let kind = TermKind::Share { of, tiers, climb, on, deductions, carries };
        let term = self.plain(kind, Scope::Line);
        if on == Base::Rest { self.beside_earlier(term) } else { term }
    }

    /// An amount for each unit of a plain number.
    pub(super) fn price(&mut self) -> Term {
        self.coverage.note("price");
        let treatment = self.treatment();
        let of = self.count(treatment);
        // 0.35 each, and 1.2 for a thousand.
        let price = self.random.pick(&[(35, 100), (12, 10_000)]);
        let price = Rate::new(price.0, price.1).expect("a price is a fraction");
        let tiers = vec![Tier { up_to: None, rate: price }];
        let kind = super::agreement::plain_share(of, tiers, Base::Gross);
        let scope = self.scope();
        self.plain(kind, scope)
    }

    /// An amount by the step that a sum reaches.
    pub(super) fn step(&mut self) -> Term {
        let treatment = self.rerated();
        let of = if self.random.chance(60) { self.count(treatment) } else { self.measure(treatment) };
        let unit = 10_i128.pow(u32::from(self.contract.measures[usize::from(of)].scale));
        let step = |up_to: Option<i128>, amount| Step { up_to: up_to.map(|up_to| up_to * unit), amount };
        let steps = vec![step(Some(5), 1_000), step(Some(40), 2_500), step(None, 4_000)];
        let asset = self.asset();
        self.plain(TermKind::Step { of, steps, asset }, Scope::Line)
    }

    /// A tree: `brix` and `cord` under `acme`, `dune` alone; events of others earn nobody anything.
    pub(super) fn agents(&mut self) -> Term {
        let treatment = self.treatment();
        let of = self.measure(treatment);
        let agent = |party, above, text| Agent { party: PartyId(party), above, rate: rate(text) };
        let agents =
            vec![agent(1, None, "7.5%"), agent(2, Some(0), "5%"), agent(3, Some(1), "1/30"), agent(4, None, "2%")];
        let by = self.dimension("partner");
        let mut term = self.plain(TermKind::Agents { of, by, agents }, Scope::Line);
        term.debtor = Role::Party(PartyId(if self.random.chance(75) { 0 } else { 7 }));
        term.creditor = Role::Party(PartyId(1));
        term
    }

    /// The asset of an amount: that of all lines, where the contract converts.
    pub(super) fn asset(&mut self) -> AssetId {
        let any = AssetId(u16::try_from(self.random.below(3)).expect("three assets"));
        self.contract.conversion.map_or(any, |conversion| conversion.to)
    }

    /// A measure that is a plain number.
    fn count(&mut self, treatment: Treatment) -> u16 {
        let (name, sum) = self.random.pick(&[("one", "1"), ("count", "count")]);
        self.define(name, sum, None, false, treatment)
    }
}
