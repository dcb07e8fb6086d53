//! Contracts compiled to what one event needs: which contracts rate it, which sums it adds to, what it is charged.
//!
//! For each source and kind a [`Plan`] names the word fields that any condition or dimension of its contracts reads.
//! For each combination of values of those fields, met for the first time, conditions over words are evaluated once and
//! [`Combinations`] remember which contracts rate such events. What they do is a [`Program`]: plain sums of products,
//! rates and accounts. Programs depend on fewer words than combinations (a game is a dimension, but no condition asks for
//! it), so there are few of them and they stay in the cache of the processor. All of this is a cache too: it is bounded by
//! [`COMBINATIONS_MAX`], forgotten whole beyond it, and no part of the state.

use crate::book::Book;
use crate::combinations::{Combinations, hash_of};
use crate::decisions::Days;
use contract::expression::{Expression, Product, Row, WordRef};
use contract::{Base, Basis, Contract, Layout, Part, Role, Scope, Term, TermKind, Treatment, VatScope};
use event::{Code, Columns, Dictionary, KindId, PartyId, SourceId, Word};
use ledger::{Account, AccountId, Purpose};
use money::{AssetId, Overflow, Rate, Rounding, power_of_ten};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

/// The most combinations of words that are remembered at one time.
pub(crate) const COMBINATIONS_MAX: usize = 1 << 18;

/// Which contracts may rate a kind of a source, and which of its words decide how.
#[derive(Clone, Debug, Default)]
pub(crate) struct Plan {
    contracts: Vec<Candidate>,
    /// Word slots, ascending.
    slots: Vec<u16>,
}

/// A contract that may rate a source.
#[derive(Clone, Debug)]
struct Candidate {
    contract: u16,
    /// Position of the source in the contract.
    position: usize,
    /// Word slots that its programs depend on: all but those of dimensions that are nothing but dimensions.
    slots: Vec<u16>,
}

/// One contract's tally for events of one combination.
#[derive(Clone, Debug)]
pub(crate) struct Ruling {
    pub(crate) contract: u16,
    pub(crate) program: u32,
    pub(crate) group: Option<u32>,
    /// The tally that the last event of this combination entered.
    pub(crate) last: Option<(Days, u32)>,
    pub(crate) dimensions: Box<[Word]>,
}

/// What one contract does with an event.
#[derive(Clone, Debug)]
pub(crate) struct Program {
    /// What is left of the contract's condition; none: it rates the event.
    pub(crate) condition: Option<Expression>,
    pub(crate) basis: Basis,
    /// Whether a field names a party that the book does not know.
    pub(crate) is_unknown: bool,
    /// Parties with bounds on their days.
    /// The contract's, for every sum that an event would move.
    pub(crate) tally_bound: i128,
    pub(crate) bounded: Vec<PartyId>,
    pub(crate) measures: Vec<MeasurePlan>,
    /// By version of the contract.
    pub(crate) charges: Vec<Vec<ChargePlan>>,
    /// Treatments that occur among its measures; nearly always one.
    pub(crate) treatments: Vec<Treatment>,
}

/// What an event adds to a measure.
#[derive(Clone, Debug)]
pub(crate) struct MeasurePlan {
    pub(crate) measure: u16,
    pub(crate) treatment: Treatment,
    filter: Option<Expression>,
    sum: Sum,
    /// From the expression's scale to the measure's.
    factor: i128,
}

#[derive(Clone, Debug)]
enum Sum {
    /// One field as it stands: by far the most frequent.
    Field(u16, i128),
    Products(Vec<Product>),
    Tree(Expression),
}

/// What an event is charged for one part of one event-scope term.
#[derive(Clone, Debug)]
pub(crate) struct ChargePlan {
    /// Position in [`Program::measures`].
    pub(crate) measure: usize,
    pub(crate) treatment: Treatment,
    pub(crate) method: Method,
    /// Charges of the same event that are taken off the measure first, by position among the version's charges.
    pub(crate) taken: Vec<usize>,
    pub(crate) rounding: Rounding,
    /// Digits of the measure beyond those of the asset; negative where it has fewer.
    pub(crate) shift: i16,
    pub(crate) slot: u16,
    pub(crate) tax: Option<TaxPlan>,
    pub(crate) debit: Lazy,
    pub(crate) credit: Lazy,
}

/// How an event-scope charge is computed.
#[derive(Clone, Debug)]
pub(crate) enum Method {
    Rate(Rate),
    Fee {
        rate: Rate,
        fixed: i64,
        min: Option<i64>,
        max: Option<i64>,
    },
    /// Part of a division of the rounded measure.
    Division {
        shares: Vec<Rate>,
        residue: usize,
        part: usize,
    },
}

/// VAT rounded with the event.
#[derive(Clone, Debug)]
pub(crate) struct TaxPlan {
    pub(crate) vat: contract::Vat,
    pub(crate) rounding: Rounding,
    pub(crate) slot: u16,
    pub(crate) accounts: Option<(Lazy, Lazy)>,
}

/// An account that is opened when it is first posted to.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Lazy {
    pub(crate) account: Account,
    pub(crate) number: Option<AccountId>,
}

impl Lazy {
    const fn new(account: Account) -> Self {
        Self { account, number: None }
    }
}

/// Accounts that a charge from `debtor` to `creditor` moves: debit, credit (SETTLEMENT §8).
pub(crate) fn charge_accounts(
    book: &Book,
    debtor: PartyId,
    creditor: PartyId,
    purpose: Purpose,
    asset: AssetId,
) -> (Account, Account) {
    let debit = if debtor == book.operator {
        Account::Cost(purpose, asset)
    } else {
        party_debit(book, debtor, creditor, asset)
    };
    let credit =
        if creditor == book.operator { Account::Revenue(purpose, asset) } else { Account::Accrued(creditor, asset) };
    (debit, credit)
}

/// Accounts that VAT on such a charge moves; none where VAT inside a charge concerns two other parties.
pub(crate) fn tax_accounts(
    book: &Book,
    (debtor, creditor): (PartyId, PartyId),
    purpose: Purpose,
    asset: AssetId,
    part: Part,
) -> Option<(Account, Account)> {
    let operator = book.operator;
    if part == Part::VatIncluded {
        return match (debtor == operator, creditor == operator) {
            (false, true) => Some((Account::Revenue(purpose, asset), Account::VatOutput(asset))),
            (true, false) => Some((Account::VatInput(asset), Account::Cost(purpose, asset))),
            // Between two others it is no tax of the operator's; to itself the operator supplies nothing.
            (false, false) | (true, true) => None,
        };
    }
    let debit = if debtor == operator { Account::VatInput(asset) } else { party_debit(book, debtor, creditor, asset) };
    let credit = if creditor == operator { Account::VatOutput(asset) } else { Account::Accrued(creditor, asset) };
    Some((debit, credit))
}

/// A party that owes the operator is debited on its accrual; one that owes a third party holds that party's money.
fn party_debit(book: &Book, debtor: PartyId, creditor: PartyId, asset: AssetId) -> Account {
    if creditor == book.operator { Account::Accrued(debtor, asset) } else { Account::Receivable(debtor, asset) }
}

/// The purpose of a term's accounts.
pub(crate) fn purpose_of(book: &Book, term: &Term) -> Purpose {
    let position = book.purposes.iter().position(|purpose| *purpose == term.purpose);
    let position = position.expect("every term's purpose stands in the book's list");
    Purpose(u16::try_from(position).expect("a book has at most 65,535 purposes"))
}

/// All plans of a book and the combinations met so far.
#[derive(Clone, Debug)]
pub(crate) struct Plans {
    /// By source.
    plans: Vec<Plan>,
    layouts: Vec<Layout>,
    /// By source: the combinations met so far.
    known: Vec<Combinations>,
    /// How many they are in all.
    combinations: usize,
    pub(crate) rulings: Vec<Ruling>,
    pub(crate) programs: Vec<Program>,
    /// Programs by what they depend on; none where the contract never rates such events.
    program_numbers: BTreeMap<Vec<u32>, Option<u32>>,
    /// How often all combinations were forgotten: positions of rulings mean nothing across that.
    pub(crate) forgotten: u32,
}

impl Plans {
    pub(crate) fn new(book: &Book) -> Self {
        let sources = 0..book.sources.len();
        let plan = |source| plan_of(book, SourceId(u16::try_from(source).expect("a book has at most 65,535 sources")));
        let plans: Vec<Plan> = sources.map(plan).collect();
        Self {
            known: plans.iter().map(|plan| Combinations::new(plan.slots.len())).collect(),
            plans,
            layouts: book.contracts.iter().map(Layout::of_contract).collect(),
            combinations: 0,
            rulings: Vec::new(),
            programs: Vec::new(),
            program_numbers: BTreeMap::new(),
            forgotten: 0,
        }
    }

    /// Begins anew, for this definition of the book.
    pub(crate) fn forget(&mut self, book: &Book) {
        *self = Self { forgotten: self.forgotten.wrapping_add(1), ..Self::new(book) };
    }

    pub(crate) fn layout(&self, contract: u16) -> &Layout {
        &self.layouts[contract as usize]
    }

    /// Positions of the rulings for a row's words, which are made where the combination is new.
    #[inline]
    pub(crate) fn rulings_of(
        &mut self,
        book: &Book,
        dictionary: &Dictionary,
        columns: &Columns,
        row: usize,
    ) -> Range<usize> {
        let source = usize::from(columns.source[row].0);
        let of = kind_and_asset(columns, row);
        let words = self.plans[source].slots.iter().map(|&slot| columns.words[usize::from(slot)][row].0);
        let hash = hash_of(of, words.clone());
        if let Some(found) = self.known[source].find(hash, of, words) {
            return found;
        }
        self.make((book, dictionary), columns, row)
    }

    #[cold]
    fn make(&mut self, (book, dictionary): (&Book, &Dictionary), columns: &Columns, row: usize) -> Range<usize> {
        if self.combinations >= COMBINATIONS_MAX {
            self.forget(book);
        }
        let bounded = |count: usize| u32::try_from(count).expect("combinations are bounded");
        let first = self.rulings.len();
        let source = usize::from(columns.source[row].0);
        for candidate in self.plans[source].contracts.clone() {
            let Some(program) = self.program((book, dictionary), &candidate, columns, row) else { continue };
            let contract = &book.contracts[candidate.contract as usize];
            let dimensions = dimensions_of(book, contract, candidate.position, columns, row);
            self.rulings.push(Ruling { contract: candidate.contract, program, group: None, last: None, dimensions });
        }
        let words = self.plans[source].slots.iter().map(|&slot| columns.words[usize::from(slot)][row].0);
        let rulings = bounded(first)..bounded(self.rulings.len());
        self.known[source].insert(kind_and_asset(columns, row), words, rulings);
        self.combinations += 1;
        first..self.rulings.len()
    }

    /// The program of a contract for events like a row's; none where it never rates them.
    fn program(
        &mut self,
        (book, dictionary): (&Book, &Dictionary),
        candidate: &Candidate,
        columns: &Columns,
        row: usize,
    ) -> Option<u32> {
        let source = u32::from(columns.source[row].0);
        let mut key = vec![u32::from(candidate.contract), source, kind_and_asset(columns, row)];
        key.extend(candidate.slots.iter().map(|&slot| columns.words[slot as usize][row].0));
        if let Some(&known) = self.program_numbers.get(&key) {
            return known;
        }
        let layout = &self.layouts[candidate.contract as usize];
        let number = program((book, dictionary), layout, candidate, columns, row).map(|program| {
            self.programs.push(program);
            u32::try_from(self.programs.len() - 1).expect("programs are fewer than combinations")
        });
        self.program_numbers.insert(key, number);
        number
    }
}

#[inline]
fn kind_and_asset(columns: &Columns, row: usize) -> u32 {
    (u32::from(columns.kind[row].0) << 16) | u32::from(columns.asset[row].0)
}

fn plan_of(book: &Book, source: SourceId) -> Plan {
    let mut plan = Plan::default();
    for (number, contract) in book.contracts.iter().enumerate() {
        let Some(position) = contract.position_of(source) else { continue };
        let mut asked: Vec<WordRef> = Vec::new();
        asked.extend(contract.selects[position].iter().flat_map(Expression::word_refs));
        for measure in &contract.measures {
            asked.extend(measure.sums[position].word_refs());
            asked.extend(measure.filters[position].iter().flat_map(Expression::word_refs));
        }
        let parties = contract.dimensions.iter().filter(|dimension| dimension.party);
        asked.extend(parties.map(|dimension| dimension.refs[position]));
        asked.extend(contract.paths().map(|(by, _)| contract.dimensions[usize::from(by)].refs[position]));
        let dimensions = slots_of(contract.dimensions.iter().map(|dimension| dimension.refs[position]));
        let slots = slots_of(asked.into_iter());
        plan.slots.extend(dimensions.iter().chain(&slots));
        let contract = u16::try_from(number).expect("a book has at most 65,535 contracts");
        plan.contracts.push(Candidate { contract, position, slots });
    }
    plan.slots.sort_unstable();
    plan.slots.dedup();
    plan
}

/// The slots among words, ascending, each once.
fn slots_of(words: impl Iterator<Item = WordRef>) -> Vec<u16> {
    let slots: BTreeSet<u16> = words
        .filter_map(|word| match word {
            WordRef::Slot(slot) => Some(slot),
            _ => None,
        })
        .collect();
    slots.into_iter().collect()
}

/// The words of a row in the dimensions of a contract.
pub(crate) fn dimensions_of(
    book: &Book,
    contract: &Contract,
    position: usize,
    columns: &Columns,
    row: usize,
) -> Box<[Word]> {
    let of = (columns.source[row], columns.kind[row], columns.asset[row]);
    let dimensions = contract.dimensions.iter();
    dimensions.map(|dimension| word_in(book, columns, row, of, dimension.refs[position])).collect()
}

/// What a contract does with events that have a row's words; none where it never rates them.
fn program(
    (book, dictionary): (&Book, &Dictionary),
    layout: &Layout,
    candidate: &Candidate,
    columns: &Columns,
    row: usize,
) -> Option<Program> {
    let contract = &book.contracts[candidate.contract as usize];
    let position = candidate.position;
    let (source, kind, asset) = (columns.source[row], columns.kind[row], columns.asset[row]);
    let word_of = |word: WordRef| word_in(book, columns, row, (source, kind, asset), word);
    let condition = match remaining(contract.selects[position].as_ref(), &word_of) {
        Remaining::Never => return None,
        Remaining::Always => None,
        Remaining::If(condition) => Some(condition),
    };
    let dimensions = dimensions_of(book, contract, position, columns, row);
    let measures = measure_plans(contract, position, &word_of);
    let parties = Parties::named(book, dictionary, contract, &dimensions);
    let mut treatments: Vec<Treatment> = measures.iter().map(|measure| measure.treatment).collect();
    treatments.sort_unstable();
    treatments.dedup();
    if treatments.is_empty() {
        treatments.push(Treatment::PLAIN);
    }
    let versions = if parties.is_unknown { 0 } else { contract.versions.len() };
    let charges =
        (0..versions).map(|version| charge_plans(book, layout, contract, version, (&measures, &dimensions), asset));
    Some(Program {
        condition,
        basis: contract.basis[position],
        is_unknown: parties.is_unknown,
        tally_bound: contract.tally_bound(),
        bounded: parties.bounded,
        charges: charges.collect(),
        treatments,
        measures,
    })
}

fn word_in(book: &Book, columns: &Columns, row: usize, of: (SourceId, KindId, AssetId), word: WordRef) -> Word {
    match word {
        WordRef::Kind => book.kind_words[of.1.0 as usize],
        WordRef::Source => book.sources[of.0.0 as usize].word,
        WordRef::Asset => book.asset_words[of.2.0 as usize],
        WordRef::Slot(slot) => columns.words[slot as usize][row],
    }
}

enum Remaining {
    Never,
    Always,
    If(Expression),
}

fn remaining(condition: Option<&Expression>, word_of: &dyn Fn(WordRef) -> Word) -> Remaining {
    let Some(condition) = condition else { return Remaining::Always };
    let left = condition.specialise(word_of);
    match left.as_constant_condition() {
        Some(true) => Remaining::Always,
        Some(false) => Remaining::Never,
        None => Remaining::If(left),
    }
}

fn measure_plans(contract: &Contract, position: usize, word_of: &dyn Fn(WordRef) -> Word) -> Vec<MeasurePlan> {
    let mut plans = Vec::new();
    for (number, measure) in contract.measures.iter().enumerate() {
        let filter = match remaining(measure.filters[position].as_ref(), word_of) {
            Remaining::Never => continue,
            Remaining::Always => None,
            Remaining::If(filter) => Some(filter),
        };
        let sum = measure.sums[position].specialise(word_of);
        let factor =
            power_of_ten(measure.scale - sum.scale()).expect("a measure has at least the scale of its expressions");
        let sum = match sum.sum_of_products() {
            None => Sum::Tree(sum),
            Some(products) => match products.as_slice() {
                [product] if product.slots().len() == 1 => Sum::Field(product.slots()[0], product.coefficient),
                _ => Sum::Products(products),
            },
        };
        let measure_number = u16::try_from(number).expect("a contract's measures are bounded");
        plans.push(MeasurePlan { measure: measure_number, treatment: measure.treatment, filter, sum, factor });
    }
    plans
}

/// The parties that fields and paths name, as far as they stop an event.
struct Parties {
    is_unknown: bool,
    bounded: Vec<PartyId>,
}

impl Parties {
    fn named(book: &Book, dictionary: &Dictionary, contract: &Contract, dimensions: &[Word]) -> Self {
        let mut named = Self { is_unknown: false, bounded: Vec::new() };
        for (by, separator) in contract.paths() {
            match book.touches_of(dictionary.text(dimensions[usize::from(by)]), separator) {
                Err(_) => named.is_unknown = true,
                Ok(touches) => touches.into_iter().for_each(|party| named.name(book, party)),
            }
        }
        for (dimension, &word) in contract.dimensions.iter().zip(dimensions) {
            if !dimension.party {
                continue;
            }
            match book.party_of_word(word) {
                None => named.is_unknown = true,
                Some(party) => named.name(book, party),
            }
        }
        named
    }

    fn name(&mut self, book: &Book, party: PartyId) {
        let bounds = &book.parties[party.0 as usize];
        let is_bounded = bounds.active_from.is_some() || bounds.active_to.is_some();
        if is_bounded && !self.bounded.contains(&party) {
            self.bounded.push(party);
        }
    }
}

fn charge_plans(
    book: &Book,
    layout: &Layout,
    contract: &Contract,
    version: usize,
    (measures_of, dimensions): (&[MeasurePlan], &[Word]),
    asset: AssetId,
) -> Vec<ChargePlan> {
    let mut plans = Vec::new();
    let version_number = u16::try_from(version).expect("a contract has at most 65,535 versions");
    for (position, term) in contract.versions[version].terms.iter().enumerate() {
        let (Some(slots), Some(of)) = (layout.of(version_number, position), term.measure()) else { continue };
        let Some(measure) = measures_of.iter().position(|plan| plan.measure == of) else { continue };
        debug_assert!(term.scope == Scope::Event);
        for (part, (creditor, rate)) in term.event_parts().into_iter().enumerate() {
            let party = |role: Role| match role {
                Role::Party(party) => party,
                Role::Dimension(dimension) => book
                    .party_of_word(dimensions[dimension as usize])
                    .expect("a program with an unknown party charges nothing"),
            };
            let (debtor, creditor) = (party(term.debtor), party(creditor));
            let purpose = purpose_of(book, term);
            let (debit, credit) = charge_accounts(book, debtor, creditor, purpose, asset);
            let measures = contract.measures.len();
            let digits = book.assets[asset.0 as usize].digits;
            let scale = contract.measures[of as usize].scale;
            let slot = |slot: usize| u16::try_from(measures + slot).expect("a contract's sums are bounded");
            let tax = term.vat.filter(|vat| vat.scope == VatScope::Event).map(|vat| TaxPlan {
                rounding: vat.rounding.facing(creditor != book.operator),
                slot: slot(slots.tax(part).expect("an event-scope tax has a slot")),
                accounts: tax_accounts(book, (debtor, creditor), purpose, asset, vat.part())
                    .map(|(debit, credit)| (Lazy::new(debit), Lazy::new(credit))),
                vat,
            });
            plans.push(ChargePlan {
                measure,
                treatment: contract.measures[of as usize].treatment,
                method: method(term, rate, part),
                taken: if is_on_rest(term) { earlier_of(&plans, measure) } else { Vec::new() },
                rounding: term.rounding.facing(creditor != book.operator),
                shift: i16::from(scale) - i16::from(digits),
                slot: slot(slots.charge(part)),
                tax,
                debit: Lazy::new(debit),
                credit: Lazy::new(credit),
            });
        }
    }
    plans
}

fn is_on_rest(term: &Term) -> bool {
    matches!(term.kind, TermKind::Share { on: Base::Rest, .. })
}

/// Positions of the charges on a measure so far.
fn earlier_of(plans: &[ChargePlan], measure: usize) -> Vec<usize> {
    (0..plans.len()).filter(|&earlier| plans[earlier].measure == measure).collect()
}

fn method(term: &Term, rate: Rate, part: usize) -> Method {
    match &term.kind {
        TermKind::Fee { rate, fixed, min, max, .. } => Method::Fee { rate: *rate, fixed: *fixed, min: *min, max: *max },
        TermKind::Division { parts, residue, .. } => {
            Method::Division { shares: parts.iter().map(|part| part.1).collect(), residue: usize::from(*residue), part }
        }
        _ => Method::Rate(rate),
    }
}

impl MeasurePlan {
    /// What a row adds; none where the filter leaves it out.
    #[inline]
    pub(crate) fn value(&self, row: &Row<'_>) -> Result<Option<i128>, Overflow> {
        if let Some(filter) = &self.filter
            && !filter.evaluate_condition(row)?
        {
            return Ok(None);
        }
        let value = match &self.sum {
            Sum::Field(slot, coefficient) => {
                i128::from(row.numbers[*slot as usize][row.row]).checked_mul(*coefficient).ok_or(Overflow)?
            }
            Sum::Products(products) => sum_of(products, row)?,
            Sum::Tree(tree) => tree.evaluate_number(row)?,
        };
        if self.factor == 1 {
            return Ok(Some(value));
        }
        value.checked_mul(self.factor).map(Some).ok_or(Overflow)
    }
}

fn sum_of(products: &[Product], row: &Row<'_>) -> Result<i128, Overflow> {
    let mut sum = 0_i128;
    for product in products {
        sum = sum.checked_add(product.evaluate(row)?).ok_or(Overflow)?;
    }
    Ok(sum)
}

impl ChargePlan {
    /// The charge for a measured amount, in whole units, given the event's charges before it.
    #[inline]
    pub(crate) fn charge(&self, measured: i128, charges: &[i128]) -> Result<i128, Overflow> {
        if !self.taken.is_empty() {
            return self.charge_rest(measured, charges);
        }
        match &self.method {
            Method::Rate(rate) => self.rated(measured, *rate),
            Method::Fee { rate, fixed, min, max } => {
                let part = self.rated(measured.checked_abs().ok_or(Overflow)?, *rate)?;
                let mut magnitude = part.checked_add(i128::from(*fixed)).ok_or(Overflow)?;
                if let Some(min) = min {
                    magnitude = magnitude.max(i128::from(*min));
                }
                if let Some(max) = max {
                    magnitude = magnitude.min(i128::from(*max));
                }
                Ok(if measured < 0 { -magnitude } else { magnitude })
            }
            Method::Division { shares, residue, part } => {
                let total = self.rated(measured, Rate::ONE)?;
                Ok(money::divide(total, shares, *residue, self.rounding)?[*part])
            }
        }
    }

    /// The rate of what earlier charges, in whole units, leave of the measure.
    #[cold]
    fn charge_rest(&self, measured: i128, charges: &[i128]) -> Result<i128, Overflow> {
        let Method::Rate(rate) = self.method else { panic!("only a share is charged on the rest: {self:?}") };
        let up = |amount: i128, digits: i16| {
            let power = power_of_ten(u8::try_from(digits.max(0)).map_err(|_| Overflow)?).ok_or(Overflow)?;
            amount.checked_mul(power).ok_or(Overflow)
        };
        let mut left = up(measured, -self.shift)?;
        for &earlier in &self.taken {
            left = left.checked_sub(up(charges[earlier], self.shift)?).ok_or(Overflow)?;
        }
        rate.apply(left, u8::try_from(self.shift.max(0)).map_err(|_| Overflow)?, self.rounding)
    }

    #[inline]
    fn rated(&self, measured: i128, rate: Rate) -> Result<i128, Overflow> {
        if self.shift >= 0 {
            return rate.apply(measured, self.shift.unsigned_abs() as u8, self.rounding);
        }
        let power = power_of_ten(self.shift.unsigned_abs() as u8).ok_or(Overflow)?;
        rate.apply(measured.checked_mul(power).ok_or(Overflow)?, 0, self.rounding)
    }
}

/// Why a program's parties stop an event on a day.
pub(crate) fn party_fault(book: &Book, program: &Program, day: calendar::Date) -> Option<Code> {
    if program.is_unknown {
        return Some(Code::PartyUnknown);
    }
    let is_inactive = |party: &PartyId| !book.parties[party.0 as usize].is_active_on(day);
    program.bounded.iter().any(is_inactive).then_some(Code::PartyInactive)
}
