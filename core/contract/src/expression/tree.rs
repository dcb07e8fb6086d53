//! The typed tree and its evaluation, one recursive pass; `+`, `*`, `and`, `or` hold all their parts in one node, so
//! that the depth is the nesting of the text (at most [`super::DEPTH_MAX`]), not its length.
//!
//! Specialising is evaluation with the fields left out: a node that answers without them becomes a constant, any other
//! keeps its shape over specialised parts. Θ(size × depth), once for each combination of words.

use super::{Row, WordRef};
use calendar::Date;
use event::Word;
use money::{Decimal, Overflow, power_of_ten};
use std::collections::BTreeSet;

/// A typed expression.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Tree {
    Condition(ConditionTree),
    Word(WordTree),
    Date(DateTree),
    Number(NumberTree),
}

/// A number. The parts of a sum, the branches of an `if` and both sides of a comparison stand at one scale: typing
/// lifts them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum NumberTree {
    Literal(Decimal),
    Field {
        slot: u16,
        scale: u8,
    },
    Sum(Vec<Addend>),
    Product(Vec<NumberTree>),
    /// The same number with this many more digits behind the point.
    Lift(Box<NumberTree>, u8),
    If(Box<If<NumberTree>>),
}

/// A part of a sum.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Addend {
    pub(super) negative: bool,
    pub(super) number: NumberTree,
}

/// A value that is only compared: a literal, a field, or a choice of such.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Operand<Literal, Field> {
    Literal(Literal),
    Field(Field),
    If(Box<If<Operand<Literal, Field>>>),
}

/// A word: a literal's id or where the event has it.
pub(super) type WordTree = Operand<Word, WordRef>;

/// A date: a literal or the slot of a column.
pub(super) type DateTree = Operand<Date, u16>;

/// A condition.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ConditionTree {
    Constant(bool),
    Words(Comparison<WordTree>),
    Dates(Comparison<DateTree>),
    Numbers(Comparison<NumberTree>),
    Not(Box<ConditionTree>),
    All(Vec<ConditionTree>),
    Any(Vec<ConditionTree>),
    If(Box<If<ConditionTree>>),
}

/// `if(condition, then, otherwise)`
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct If<T> {
    pub(super) condition: ConditionTree,
    pub(super) then: T,
    pub(super) otherwise: T,
}

/// A comparison of two values or one with several.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Comparison<T> {
    Pair(Relation, T, T),
    In(T, Vec<T>),
    /// Value, lowest, highest; both bounds belong to it.
    Between(T, T, T),
}

/// How two values stand.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Relation {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
}

/// Where fields have their values. [`Overflow`] says that a value is unknown.
pub(super) trait Cells {
    fn number(&self, slot: u16) -> Result<i128, Overflow>;
    fn date(&self, slot: u16) -> Result<Date, Overflow>;
    fn word(&self, word: WordRef) -> Result<Word, Overflow>;
}

impl Cells for Row<'_> {
    #[inline]
    fn number(&self, slot: u16) -> Result<i128, Overflow> {
        Ok(i128::from(self.numbers[slot as usize][self.row]))
    }

    #[inline]
    fn date(&self, slot: u16) -> Result<Date, Overflow> {
        Ok(self.dates[slot as usize][self.row])
    }

    #[inline]
    fn word(&self, word: WordRef) -> Result<Word, Overflow> {
        Ok((self.words)(word))
    }
}

/// Only the words are known.
pub(super) struct WordsAlone<'a>(pub(super) &'a dyn Fn(WordRef) -> Word);

impl Cells for WordsAlone<'_> {
    fn number(&self, _: u16) -> Result<i128, Overflow> {
        Err(Overflow)
    }

    fn date(&self, _: u16) -> Result<Date, Overflow> {
        Err(Overflow)
    }

    fn word(&self, word: WordRef) -> Result<Word, Overflow> {
        Ok((self.0)(word))
    }
}

/// No field is known.
pub(super) struct Nothing;

impl Cells for Nothing {
    fn number(&self, _: u16) -> Result<i128, Overflow> {
        Err(Overflow)
    }

    fn date(&self, _: u16) -> Result<Date, Overflow> {
        Err(Overflow)
    }

    fn word(&self, _: WordRef) -> Result<Word, Overflow> {
        Err(Overflow)
    }
}

/// The fields that a tree names.
#[derive(Default)]
pub(super) struct References {
    pub(super) words: BTreeSet<WordRef>,
    pub(super) numbers: BTreeSet<u16>,
    pub(super) dates: BTreeSet<u16>,
}

/// What every kind of tree can do.
pub(super) trait Evaluate: Sized {
    /// What it becomes; ordered, for comparisons.
    type Value: Copy + Ord;

    /// Its value, or [`Overflow`] where the known cells do not decide it.
    fn evaluate(&self, cells: &impl Cells) -> Result<Self::Value, Overflow>;

    /// A tree that is this value: of the same type and scale as `self`.
    fn constant(&self, value: Self::Value) -> Self;

    /// The same shape over specialised parts.
    fn rebuild(&self, known: &WordsAlone<'_>) -> Self;

    /// Notes the fields that it names.
    fn refer(&self, references: &mut References);

    /// The tree for these words.
    fn specialise(&self, known: &WordsAlone<'_>) -> Self {
        match self.evaluate(known) {
            Ok(value) => self.constant(value),
            Err(Overflow) => self.rebuild(known),
        }
    }
}

impl Tree {
    pub(super) fn specialise(&self, known: &WordsAlone<'_>) -> Self {
        match self {
            Self::Condition(condition) => Self::Condition(condition.specialise(known)),
            Self::Word(word) => Self::Word(word.specialise(known)),
            Self::Date(date) => Self::Date(date.specialise(known)),
            Self::Number(number) => Self::Number(number.specialise(known)),
        }
    }

    pub(super) fn refer(&self, references: &mut References) {
        match self {
            Self::Condition(condition) => condition.refer(references),
            Self::Word(word) => word.refer(references),
            Self::Date(date) => date.refer(references),
            Self::Number(number) => number.refer(references),
        }
    }
}

impl NumberTree {
    /// Digits behind the point.
    pub(super) fn scale(&self) -> u8 {
        match self {
            Self::Literal(value) => value.scale,
            Self::Field { scale, .. } => *scale,
            Self::Sum(addends) => addends.iter().map(|addend| addend.number.scale()).max().unwrap_or(0),
            Self::Product(factors) => factors.iter().map(Self::scale).sum(),
            Self::Lift(number, digits) => number.scale() + digits,
            Self::If(choice) => choice.then.scale(),
        }
    }
}

impl Evaluate for NumberTree {
    type Value = i128;

    fn evaluate(&self, cells: &impl Cells) -> Result<i128, Overflow> {
        match self {
            Self::Literal(value) => Ok(value.mantissa),
            Self::Field { slot, .. } => cells.number(*slot),
            Self::Sum(addends) => addends.iter().try_fold(0_i128, |sum, addend| {
                let value = addend.number.evaluate(cells)?;
                if addend.negative { sum.checked_sub(value) } else { sum.checked_add(value) }.ok_or(Overflow)
            }),
            Self::Product(factors) => factors
                .iter()
                .try_fold(1_i128, |product, factor| product.checked_mul(factor.evaluate(cells)?).ok_or(Overflow)),
            Self::Lift(number, digits) => {
                let power = power_of_ten(*digits).ok_or(Overflow)?;
                number.evaluate(cells)?.checked_mul(power).ok_or(Overflow)
            }
            Self::If(choice) => choice.branch(cells)?.evaluate(cells),
        }
    }

    fn constant(&self, value: i128) -> Self {
        Self::Literal(Decimal { mantissa: value, scale: self.scale() })
    }

    fn rebuild(&self, known: &WordsAlone<'_>) -> Self {
        match self {
            Self::Literal(_) | Self::Field { .. } => self.clone(),
            Self::Sum(addends) => Self::Sum(
                addends
                    .iter()
                    .map(|part| Addend { negative: part.negative, number: part.number.specialise(known) })
                    .collect(),
            ),
            Self::Product(factors) => Self::Product(factors.iter().map(|factor| factor.specialise(known)).collect()),
            Self::Lift(number, digits) => Self::Lift(Box::new(number.specialise(known)), *digits),
            Self::If(choice) => choice.rebuild(known, Self::If),
        }
    }

    fn refer(&self, references: &mut References) {
        match self {
            Self::Literal(_) => {}
            Self::Field { slot, .. } => {
                references.numbers.insert(*slot);
            }
            Self::Sum(addends) => addends.iter().for_each(|addend| addend.number.refer(references)),
            Self::Product(factors) => factors.iter().for_each(|factor| factor.refer(references)),
            Self::Lift(number, _) => number.refer(references),
            Self::If(choice) => choice.refer(references),
        }
    }
}

/// A kind of field that an operand can be: how it is looked up and noted.
pub(super) trait OperandField<Literal>: Copy {
    fn value(self, cells: &impl Cells) -> Result<Literal, Overflow>;
    fn note(self, references: &mut References);
}

impl OperandField<Word> for WordRef {
    fn value(self, cells: &impl Cells) -> Result<Word, Overflow> {
        cells.word(self)
    }

    fn note(self, references: &mut References) {
        references.words.insert(self);
    }
}

impl OperandField<Date> for u16 {
    fn value(self, cells: &impl Cells) -> Result<Date, Overflow> {
        cells.date(self)
    }

    fn note(self, references: &mut References) {
        references.dates.insert(self);
    }
}

impl<Literal: Copy + Ord, Field: OperandField<Literal>> Evaluate for Operand<Literal, Field> {
    type Value = Literal;

    fn evaluate(&self, cells: &impl Cells) -> Result<Literal, Overflow> {
        match self {
            Self::Literal(value) => Ok(*value),
            Self::Field(field) => field.value(cells),
            Self::If(choice) => choice.branch(cells)?.evaluate(cells),
        }
    }

    fn constant(&self, value: Literal) -> Self {
        Self::Literal(value)
    }

    fn rebuild(&self, known: &WordsAlone<'_>) -> Self {
        match self {
            Self::Literal(value) => Self::Literal(*value),
            Self::Field(field) => Self::Field(*field),
            Self::If(choice) => choice.rebuild(known, Self::If),
        }
    }

    fn refer(&self, references: &mut References) {
        match self {
            Self::Literal(_) => {}
            Self::Field(field) => field.note(references),
            Self::If(choice) => choice.refer(references),
        }
    }
}

impl Evaluate for ConditionTree {
    type Value = bool;

    fn evaluate(&self, cells: &impl Cells) -> Result<bool, Overflow> {
        match self {
            Self::Constant(value) => Ok(*value),
            Self::Words(comparison) => comparison.decide(cells),
            Self::Dates(comparison) => comparison.decide(cells),
            Self::Numbers(comparison) => comparison.decide(cells),
            Self::Not(condition) => condition.evaluate(cells).map(|value| !value),
            Self::All(parts) => none_is(false, parts.iter().map(|part| part.evaluate(cells))),
            Self::Any(parts) => none_is(true, parts.iter().map(|part| part.evaluate(cells))),
            Self::If(choice) => choice.branch(cells)?.evaluate(cells),
        }
    }

    fn constant(&self, value: bool) -> Self {
        Self::Constant(value)
    }

    fn rebuild(&self, known: &WordsAlone<'_>) -> Self {
        match self {
            Self::Constant(value) => Self::Constant(*value),
            Self::Words(comparison) => Self::Words(comparison.specialise(known)),
            Self::Dates(comparison) => Self::Dates(comparison.specialise(known)),
            Self::Numbers(comparison) => Self::Numbers(comparison.specialise(known)),
            Self::Not(condition) => Self::Not(Box::new(condition.specialise(known))),
            Self::All(parts) => joined(parts, known, true, Self::All),
            Self::Any(parts) => joined(parts, known, false, Self::Any),
            Self::If(choice) => choice.rebuild(known, Self::If),
        }
    }

    fn refer(&self, references: &mut References) {
        match self {
            Self::Constant(_) => {}
            Self::Words(comparison) => comparison.refer(references),
            Self::Dates(comparison) => comparison.refer(references),
            Self::Numbers(comparison) => comparison.refer(references),
            Self::Not(condition) => condition.refer(references),
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.refer(references)),
            Self::If(choice) => choice.refer(references),
        }
    }
}

/// `and` (deciding: false) or `or` (deciding: true) over all parts: one that decides outweighs any that is unknown.
fn none_is(deciding: bool, parts: impl Iterator<Item = Result<bool, Overflow>>) -> Result<bool, Overflow> {
    let mut answer = Ok(!deciding);
    for part in parts {
        match part {
            Ok(value) if value == deciding => return Ok(deciding),
            Ok(_) => {}
            Err(Overflow) => answer = Err(Overflow),
        }
    }
    answer
}

/// The parts that are not settled. One decided part would have settled the whole, so the constants left say nothing.
fn joined(
    parts: &[ConditionTree],
    known: &WordsAlone<'_>,
    neutral: bool,
    join: fn(Vec<ConditionTree>) -> ConditionTree,
) -> ConditionTree {
    let mut open: Vec<_> = parts.iter().map(|part| part.specialise(known)).collect();
    open.retain(|part| *part != ConditionTree::Constant(neutral));
    if open.len() == 1 { open.remove(0) } else { join(open) }
}

impl<T: Evaluate> If<T> {
    #[inline]
    fn branch(&self, cells: &impl Cells) -> Result<&T, Overflow> {
        Ok(if self.condition.evaluate(cells)? { &self.then } else { &self.otherwise })
    }

    /// The branch where the words decide the condition, else the same choice over specialised parts.
    fn rebuild(&self, known: &WordsAlone<'_>, choose: fn(Box<Self>) -> T) -> T {
        match self.branch(known) {
            Ok(branch) => branch.specialise(known),
            Err(Overflow) => choose(Box::new(Self {
                condition: self.condition.specialise(known),
                then: self.then.specialise(known),
                otherwise: self.otherwise.specialise(known),
            })),
        }
    }

    fn refer(&self, references: &mut References) {
        self.condition.refer(references);
        self.then.refer(references);
        self.otherwise.refer(references);
    }
}

impl<T: Evaluate> Comparison<T> {
    fn decide(&self, cells: &impl Cells) -> Result<bool, Overflow> {
        match self {
            Self::Pair(relation, left, right) => Ok(relation.holds(left.evaluate(cells)?, right.evaluate(cells)?)),
            Self::In(value, items) => {
                let value = value.evaluate(cells)?;
                none_is(true, items.iter().map(|item| Ok(item.evaluate(cells)? == value)))
            }
            Self::Between(value, lowest, highest) => {
                let value = value.evaluate(cells)?;
                let bounds =
                    [lowest.evaluate(cells).map(|low| low <= value), highest.evaluate(cells).map(|high| value <= high)];
                none_is(false, bounds.into_iter())
            }
        }
    }

    fn specialise(&self, known: &WordsAlone<'_>) -> Self {
        match self {
            Self::Pair(relation, left, right) => Self::Pair(*relation, left.specialise(known), right.specialise(known)),
            Self::In(value, items) => {
                Self::In(value.specialise(known), items.iter().map(|item| item.specialise(known)).collect())
            }
            Self::Between(value, lowest, highest) => {
                Self::Between(value.specialise(known), lowest.specialise(known), highest.specialise(known))
            }
        }
    }

    fn refer(&self, references: &mut References) {
        match self {
            Self::Pair(_, left, right) => [left, right].into_iter().for_each(|part| part.refer(references)),
            Self::In(value, items) => {
                value.refer(references);
                items.iter().for_each(|item| item.refer(references));
            }
            Self::Between(value, lowest, highest) => {
                [value, lowest, highest].into_iter().for_each(|part| part.refer(references));
            }
        }
    }
}

impl Relation {
    #[inline]
    fn holds<V: Ord>(self, left: V, right: V) -> bool {
        match self {
            Self::Equal => left == right,
            Self::Unequal => left != right,
            Self::Less => left < right,
            Self::LessOrEqual => left <= right,
            Self::Greater => left > right,
            Self::GreaterOrEqual => left >= right,
        }
    }
}
