//! The expression language of contracts: what a measure sums, which events a term rates.
//!
//! Literals (`12.5`, `'card'`, `2019-01-01`), field names (`fare`, `"결제 수단"`), `+ - *`, comparisons, `in`, `between`,
//! `and or not`, `if(condition, a, b)`; types bool, word, date and exact number. No division, no clock, no loop: the cost
//! of one evaluation is bounded by the length of the text, and the meaning never moves with somebody's library.
//!
//! Text → tokens (`lexer`) → syntax with places (`parser`) → a typed tree (`typing`, `tree`). A number has a *static*
//! scale: a literal's digits, a field's scale, the larger one of a sum, the sum of a product. The tree compares words by
//! id, so that for one combination of words it can be *specialised*: what remains is mostly a plain sum of products of
//! fields (`products`), which the engine runs over columns.
//!
//! A part that does not fit `i128` is unknown, and `and`, `or`, `in`, `between` answer where the known parts decide:
//! `false and unknown` is false, in either order. So specialising never changes an answer.

mod explain;
mod lexer;
mod parser;
mod products;
#[cfg(test)]
mod tests;
mod tree;
mod typing;

use calendar::Date;
use event::Word;
use money::Overflow;
pub use products::{PRODUCTS_MAX, Product, SLOTS_MAX};
use std::fmt;
use std::sync::Arc;
use tree::{Evaluate, References, Tree, WordsAlone};

/// The longest text of an expression, in bytes.
pub const TEXT_BYTES_MAX: usize = 4_096;

/// How deep parentheses, `not`, minus signs, `if` and lists may nest.
pub const DEPTH_MAX: usize = 64;

/// Why a text is no expression: where, what happened, and what to do.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fault {
    /// From 1.
    pub line: u32,
    /// From 1, in characters.
    pub column: u32,
    /// One sentence or two for the author of the contract.
    pub message: String,
}

impl fmt::Display for Fault {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "line {}, column {}: {}", self.line, self.column, self.message)
    }
}

/// What an expression's value is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Type {
    /// A condition: true or false.
    Bool,
    /// One of a set of texts; only equality means anything.
    Word,
    /// A civil date.
    Date,
    /// An exact number.
    Number,
}

/// Which word of an event. The first three are in every expression under the names `kind`, `source`, `asset`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum WordRef {
    /// The event's kind.
    Kind,
    /// The source that the event came from.
    Source,
    /// The asset of its amounts.
    Asset,
    /// The word field in this slot of a batch.
    Slot(u16),
}

/// What a field name stands for in a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FieldRef {
    /// A word.
    Word(WordRef),
    /// An integer with `scale` digits behind the point; at most [`money::SCALE_MAX`].
    Number {
        /// Position among the number columns.
        slot: u16,
        /// Digits behind the point.
        scale: u8,
    },
    /// A civil date.
    Date {
        /// Position among the date columns.
        slot: u16,
    },
}

/// What the parser must know of a book.
pub trait Names {
    /// What `name` stands for; `kind`, `source` and `asset` are never asked for.
    fn field(&self, name: &str) -> Option<FieldRef>;

    /// The id of a word literal, a new one where the book does not know the word yet.
    fn word(&mut self, literal: &str) -> Word;

    /// All names that [`Names::field`] knows, for suggestions.
    fn known(&self) -> Vec<String>;
}

/// One row of a batch in columns, outermost by slot. A caller with a single row has columns of one.
#[derive(Clone, Copy)]
pub struct Row<'a> {
    /// Number columns, each value at its field's scale.
    pub numbers: &'a [Vec<i64>],
    /// Date columns.
    pub dates: &'a [Vec<Date>],
    /// Position within each column.
    pub row: usize,
    /// The row's words; never asked once an expression is specialised.
    pub words: &'a dyn Fn(WordRef) -> Word,
}

/// A parsed and typed expression; cheap to evaluate, without allocation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expression {
    text: Arc<str>,
    tree: Tree,
}

/// Reads an expression of any type.
///
/// # Errors
/// The first [`Fault`] of the text.
pub fn parse(text: &str, names: &mut impl Names) -> Result<Expression, Fault> {
    let tree = read(text, names).map_err(|misfit| misfit.placed_in(text))?;
    Ok(Expression { text: text.into(), tree })
}

/// Reads an expression that must be a number.
///
/// # Errors
/// The first [`Fault`] of the text, or one at its start where it is no number.
pub fn parse_number(text: &str, names: &mut impl Names) -> Result<Expression, Fault> {
    demand(parse(text, names)?, Type::Number, "a number such as `fare + tip`")
}

/// Reads an expression that must be a condition.
///
/// # Errors
/// The first [`Fault`] of the text, or one at its start where it is no condition.
pub fn parse_condition(text: &str, names: &mut impl Names) -> Result<Expression, Fault> {
    demand(parse(text, names)?, Type::Bool, "a condition such as `fare > 0`")
}

fn read(text: &str, names: &mut impl Names) -> Result<Tree, Misfit> {
    if text.len() > TEXT_BYTES_MAX {
        let message =
            format!("the expression has {} bytes, at most {TEXT_BYTES_MAX} are allowed; split it", text.len());
        return Err(Misfit { at: text.floor_char_boundary(TEXT_BYTES_MAX), message });
    }
    let tokens = lexer::tokens(text)?;
    typing::tree_of(&parser::syntax_of(&tokens)?, names)
}

fn demand(expression: Expression, wanted: Type, description: &str) -> Result<Expression, Fault> {
    if expression.ty() == wanted {
        return Ok(expression);
    }
    let at = expression.text.len() - expression.text.trim_start().len();
    let message = format!("{description} is needed here, but this is {}", expression.ty().described());
    Err(Misfit { at, message }.placed_in(&expression.text))
}

impl Expression {
    /// The type of its value.
    #[must_use]
    pub const fn ty(&self) -> Type {
        match self.tree {
            Tree::Condition(_) => Type::Bool,
            Tree::Word(_) => Type::Word,
            Tree::Date(_) => Type::Date,
            Tree::Number(_) => Type::Number,
        }
    }

    /// Digits behind the point of its value; 0 where it is no number.
    #[must_use]
    pub fn scale(&self) -> u8 {
        if let Tree::Number(number) = &self.tree { number.scale() } else { 0 }
    }

    /// The text as it was written, also after specialising.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The words that its value depends on, sorted, each once.
    #[must_use]
    pub fn word_refs(&self) -> Vec<WordRef> {
        self.references().words.into_iter().collect()
    }

    /// The number slots that its value depends on, sorted, each once.
    #[must_use]
    pub fn number_slots(&self) -> Vec<u16> {
        self.references().numbers.into_iter().collect()
    }

    /// The date slots that its value depends on, sorted, each once.
    #[must_use]
    pub fn date_slots(&self) -> Vec<u16> {
        self.references().dates.into_iter().collect()
    }

    /// The same expression for events with exactly these words: whatever words and literals decide is a constant, an
    /// `if` with a known condition is its branch. Type, scale and every value stay; no word is asked for any more.
    #[must_use]
    pub fn specialise(&self, word_of: &dyn Fn(WordRef) -> Word) -> Self {
        Self { text: Arc::clone(&self.text), tree: self.tree.specialise(&WordsAlone(word_of)) }
    }

    /// The number at [`Expression::scale`].
    ///
    /// # Errors
    /// [`Overflow`] where a part of it does not fit `i128`.
    ///
    /// # Panics
    /// When it is no number, or a column is missing or too short.
    #[inline]
    pub fn evaluate_number(&self, row: &Row<'_>) -> Result<i128, Overflow> {
        let Tree::Number(number) = &self.tree else { panic!("a measure was parsed as a number: {}", self.text) };
        number.evaluate(row)
    }

    /// Whether the condition holds.
    ///
    /// # Errors
    /// [`Overflow`] where a number that decides does not fit `i128`.
    ///
    /// # Panics
    /// When it is no condition, or a column is missing or too short.
    #[inline]
    pub fn evaluate_condition(&self, row: &Row<'_>) -> Result<bool, Overflow> {
        let Tree::Condition(condition) = &self.tree else { panic!("parsed as a condition: {}", self.text) };
        condition.evaluate(row)
    }

    /// The number as a plain sum of coefficient × fields, in order of their slots; nothing where it has an undecided
    /// `if`, more than [`PRODUCTS_MAX`] products, or more than [`SLOTS_MAX`] fields in one.
    ///
    /// Wherever both fit, their sum is [`Expression::evaluate_number`]; because the order of sums differs, one may fit
    /// where the other does not.
    #[must_use]
    pub fn sum_of_products(&self) -> Option<Vec<Product>> {
        if let Tree::Number(number) = &self.tree { products::sum_of(number) } else { None }
    }

    /// The answer of a condition that depends on no field, typically one that has been specialised.
    #[must_use]
    pub fn as_constant_condition(&self) -> Option<bool> {
        if let Tree::Condition(condition) = &self.tree { condition.evaluate(&tree::Nothing).ok() } else { None }
    }

    /// The arithmetic with this row's values put in and every `if` replaced by its branch: `(1234.50 - 0.50) * 3`.
    /// Exact decimals, `+ - *` and parentheses alone, so that anybody can recompute it.
    ///
    /// # Errors
    /// [`Overflow`] where the condition of an `if` does not fit.
    ///
    /// # Panics
    /// As [`Expression::evaluate_number`].
    pub fn explain_number(&self, row: &Row<'_>) -> Result<String, Overflow> {
        let Tree::Number(number) = &self.tree else { panic!("a measure was parsed as a number: {}", self.text) };
        explain::arithmetic(number, row)
    }

    fn references(&self) -> References {
        let mut references = References::default();
        self.tree.refer(&mut references);
        references
    }
}

impl Type {
    /// With its article, for messages.
    const fn described(self) -> &'static str {
        match self {
            Self::Bool => "a condition",
            Self::Word => "a word",
            Self::Date => "a date",
            Self::Number => "a number",
        }
    }
}

/// A fault by its byte; only the outermost function counts lines.
#[derive(Debug)]
struct Misfit {
    at: usize,
    message: String,
}

impl Misfit {
    fn new(at: usize, message: impl Into<String>) -> Self {
        Self { at, message: message.into() }
    }

    fn placed_in(self, text: &str) -> Fault {
        let before = &text[..self.at];
        let line_at = before.rfind('\n').map_or(0, |newline| newline + 1);
        let count = |characters: usize| u32::try_from(characters).unwrap_or(u32::MAX).saturating_add(1);
        Fault {
            line: count(before.matches('\n').count()),
            column: count(before[line_at..].chars().count()),
            message: self.message,
        }
    }
}
