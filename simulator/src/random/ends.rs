//! Random closing terms over the other terms of a contract: caps, floors, guarantees, carried charges, advances, credit.
//!
//! They stand between the parties of the terms that they look at. What a mirrored reversal returns may be advanced or
//! drawn, but neither bounded, guaranteed nor carried. A closing term may also look at those computed before it.

use super::agreement::Drafting;
use super::house::{ASSETS, rate};
use calendar::Date;
use contract::{Contract, ContractId, Pooled, Reversal, Role, Scope, Span, Term, TermKind, Treatment};
use engine::Book;
use money::{AssetId, Rounding};

/// The kinds in the order in which they are computed; those before [`RETURNABLE`] decide by sums.
const KINDS: [&str; 6] = ["cap", "floor", "minimum", "carry", "advance", "prepaid"];
const RETURNABLE: usize = 4;

/// What may be pooled: terms of earlier contracts with the same calendar, with their parties.
pub(super) type Pools = Vec<(Pooled, Role, Role)>;

/// Terms of a book that a contract may pool.
pub(super) fn pools(book: &Book, own: &Contract) -> Pools {
    let mut pools = Pools::new();
    for (number, other) in (0..).zip(&book.contracts) {
        let calendar = |contract: &Contract| (contract.zone, contract.cut_off_s, contract.lag_days);
        let pools_itself = other
            .versions
            .iter()
            .flat_map(|version| &version.terms)
            .any(|term| matches!(&term.kind, TermKind::Minimum { pool, .. } if !pool.is_empty()));
        if other.cycle != own.cycle || calendar(other) != calendar(own) || pools_itself {
            continue;
        }
        for term in &other.versions[0].terms {
            let is_alone = !matches!(term.kind, TermKind::Division { .. } | TermKind::Agents { .. });
            if let (Role::Party(_), Role::Party(_), true) =
                (term.debtor, term.creditor, is_alone && term.closes().is_none())
            {
                let pooled = Pooled { contract: ContractId(number), term: term.number };
                pools.push((pooled, term.debtor, term.creditor));
            }
        }
    }
    pools
}

impl Drafting<'_> {
    /// Adds closing terms to the terms of the first version.
    pub(super) fn ends(&mut self, base: Date, pools: &Pools) {
        let terms = self.contract.versions[0].terms.clone();
        let target = self.random.pick(&terms);
        let alike = |term: &&Term| (term.debtor, term.creditor) == (target.debtor, target.creditor);
        let alike: Vec<&Term> = terms.iter().filter(alike).collect();
        let mut kinds: Vec<usize> = (0..KINDS.len()).filter(|_| self.random.chance(38)).collect();
        for position in (1..kinds.len()).rev() {
            kinds.swap(position, self.random.position(position + 1));
        }
        for kind in kinds {
            let may_see = |term: &&&Term| kind >= RETURNABLE || !self.is_mirrored(term);
            let seen: Vec<&Term> = alike.iter().filter(may_see).copied().collect();
            let mut of: Vec<u16> =
                seen.iter().filter(|_| self.random.chance(65)).map(|term| number_of(&terms, term)).collect();
            if of.is_empty() && !seen.is_empty() {
                of.push(number_of(&terms, seen[0]));
            }
            if !of.is_empty() {
                self.name_earlier(kind, &target, &mut of);
                self.end(kind, of, &target, base, pools);
            }
        }
    }

    /// Sometimes a closing term also looks at one that is computed before it.
    fn name_earlier(&mut self, kind: usize, target: &Term, of: &mut Vec<u16>) {
        for (number, term) in (0..).zip(&self.contract.versions[0].terms) {
            let earlier = kind_of(term).is_some_and(|earlier| earlier / 2 < kind / 2 || earlier == 2 && kind == 3);
            let alike = (term.debtor, term.creditor) == (target.debtor, target.creditor);
            if earlier && alike && self.random.chance(20) {
                self.coverage.note("closing term over another");
                of.push(number);
            }
        }
    }

    fn end(&mut self, kind: usize, of: Vec<u16>, target: &Term, base: Date, pools: &Pools) {
        self.coverage.note(KINDS[kind]);
        let asset = self.asset();
        let amount = self.amount(asset);
        let kind = match KINDS[kind] {
            "cap" => TermKind::Bound { of, amount, asset, upper: true },
            "floor" => TermKind::Bound { of, amount: amount / 5, asset, upper: false },
            "minimum" => {
                let span = if self.random.chance(60) { Span::Period } else { self.span() };
                let recoupable = self.coverage.note_if("recoupable", self.random.chance(50));
                let alike = pools.iter().filter(|pool| (pool.1, pool.2) == (target.debtor, target.creditor));
                let pool: Vec<Pooled> = alike.map(|pool| pool.0).filter(|_| self.random.chance(70)).collect();
                TermKind::Minimum { of, amount, asset, span, recoupable, pool }
            }
            "carry" => TermKind::Carry { of },
            "advance" => {
                let on = base.plus_days(i32::try_from(self.random.between(-8, 25)).expect("a small number"));
                let share = rate(self.random.pick(&["100%", "50%", "1/3"]));
                TermKind::Advance { of, amount, asset, on, share }
            }
            _ => {
                let filter = self.random.pick(&["kind = 'bonus'", "kind = 'bonus' and fare > 0"]);
                let top_up = self.define(&format!("top-up {filter}"), "fare", Some(filter), true, Treatment::PLAIN);
                TermKind::Prepaid { of, top_up, low: None, limit: None }
            }
        };
        let position = self.contract.versions[0].terms.len();
        let mut term = Term {
            id: format!("t{position}").into(),
            number: 0,
            kind,
            debtor: target.debtor,
            creditor: target.creditor,
            purpose: self.random.pick(&["fee", "guarantee"]).into(),
            dimensions: Vec::new(),
            scope: Scope::Line,
            rounding: Rounding::HalfUp,
            vat: None,
        };
        term.vat = self.random.chance(35).then(|| self.vat(&term));
        self.contract.versions[0].terms.push(term);
    }

    /// So many major units.
    fn amount(&mut self, asset: AssetId) -> i64 {
        let digits = ASSETS[usize::from(asset.0)].1;
        self.random.pick(&[0, 15, 60, 250, 1_200]) * 10_i64.pow(u32::from(digits))
    }

    fn is_mirrored(&self, term: &Term) -> bool {
        let treatment = |of: u16| self.contract.measures[usize::from(of)].treatment;
        term.measure().is_some_and(|of| treatment(of).reversal == Reversal::Mirror)
    }
}

/// The number that a term will have: terms of the first version are numbered in order.
fn number_of(terms: &[Term], term: &Term) -> u16 {
    let position = terms.iter().position(|own| own.id == term.id).expect("it is one of them");
    u16::try_from(position).expect("few terms")
}

/// The position of a closing term's kind in [`KINDS`].
fn kind_of(term: &Term) -> Option<usize> {
    match term.kind {
        TermKind::Bound { upper, .. } => Some(usize::from(!upper)),
        TermKind::Minimum { .. } => Some(2),
        TermKind::Carry { .. } => Some(3),
        TermKind::Advance { .. } => Some(4),
        TermKind::Prepaid { .. } => Some(5),
        _ => None,
    }
}
