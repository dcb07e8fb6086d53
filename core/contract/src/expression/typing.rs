//! Syntax to the typed tree: every name gets its meaning, every part its type and scale.
//!
//! One pass over the syntax; the scales of a node are asked of its parts, so Θ(size × depth). A name that nobody knows
//! is answered with the nearest known one by edit distance, Θ(length × length) for each known name, once.

use super::parser::{Form, Syntax};
use super::tree::{Addend, Comparison, ConditionTree, DateTree, If, NumberTree, Operand, Relation, Tree, WordTree};
use super::{FieldRef, Misfit, Names, Type, WordRef};
use money::SCALE_MAX;

/// The names that every expression has.
const ALWAYS: [(&str, WordRef); 3] = [("kind", WordRef::Kind), ("source", WordRef::Source), ("asset", WordRef::Asset)];

/// How many known names a message lists where none is near.
const NAMES_LISTED_MAX: usize = 8;

/// The typed tree of the syntax.
pub(super) fn tree_of(syntax: &Syntax<'_>, names: &mut impl Names) -> Result<Tree, Misfit> {
    Ok(match &syntax.form {
        Form::Number(value) => Tree::Number(NumberTree::Literal(*value)),
        Form::Date(date) => Tree::Date(Operand::Literal(*date)),
        Form::Word(word) => Tree::Word(Operand::Literal(names.word(word))),
        Form::Name { name, quoted } => field(syntax.at, name, *quoted, names)?,
        Form::Sum(addends) => Tree::Number(sum(addends, names)?),
        Form::Product(factors) => Tree::Number(product(factors, names)?),
        Form::All(parts) => Tree::Condition(ConditionTree::All(conditions(parts, "`and`", names)?)),
        Form::Any(parts) => Tree::Condition(ConditionTree::Any(conditions(parts, "`or`", names)?)),
        Form::Not(part) => Tree::Condition(ConditionTree::Not(Box::new(condition(part, "`not`", names)?))),
        Form::Pair(relation, sides) => {
            let ordered = !matches!(relation, Relation::Equal | Relation::Unequal);
            comparison(sides.iter(), ordered, names, Pair(*relation))?
        }
        Form::In(value, items) => comparison(std::iter::once(&**value).chain(items), false, names, In)?,
        Form::Between(parts) => comparison(parts.iter(), true, names, Between)?,
        Form::If(parts) => choice(parts, names)?,
    })
}

fn field(at: usize, name: &str, quoted: bool, names: &impl Names) -> Result<Tree, Misfit> {
    let always = ALWAYS.iter().find(|(known, _)| *known == name).map(|(_, word)| FieldRef::Word(*word));
    match always.or_else(|| names.field(name)) {
        Some(FieldRef::Word(word)) => Ok(Tree::Word(Operand::Field(word))),
        Some(FieldRef::Date { slot }) => Ok(Tree::Date(Operand::Field(slot))),
        Some(FieldRef::Number { slot, scale }) => {
            assert!(scale <= SCALE_MAX, "a field has at most {SCALE_MAX} digits behind the point, {name} has {scale}");
            Ok(Tree::Number(NumberTree::Field { slot, scale }))
        }
        None => Err(Misfit::new(at, unknown(name, quoted, &names.known()))),
    }
}

fn sum(addends: &[(bool, Syntax<'_>)], names: &mut impl Names) -> Result<NumberTree, Misfit> {
    let operator = if addends.iter().any(|(negative, _)| *negative) { "`-`" } else { "`+`" };
    let mut numbers = Vec::with_capacity(addends.len());
    for (_, part) in addends {
        numbers.push(number(part, operator, names)?);
    }
    let signs = addends.iter().map(|(negative, _)| *negative);
    let parts = signs.zip(levelled(numbers)).map(|(negative, number)| Addend { negative, number });
    Ok(NumberTree::Sum(parts.collect()))
}

fn product(factors: &[Syntax<'_>], names: &mut impl Names) -> Result<NumberTree, Misfit> {
    let (mut numbers, mut digits) = (Vec::with_capacity(factors.len()), 0);
    for part in factors {
        let factor = number(part, "`*`", names)?;
        digits += usize::from(factor.scale());
        if digits > usize::from(SCALE_MAX) {
            let message = format!(
                "with this factor the product has {digits} digits behind the point, at most {SCALE_MAX} are allowed; \
                 multiply fewer fields, or move a fixed factor into the `rate` of a term"
            );
            return Err(Misfit::new(part.at, message));
        }
        numbers.push(factor);
    }
    Ok(NumberTree::Product(numbers))
}

fn choice(parts: &[Syntax<'_>; 3], names: &mut impl Names) -> Result<Tree, Misfit> {
    let [asked, then, otherwise] = parts;
    let condition = condition(asked, "`if`", names)?;
    let branches = (tree_of(then, names)?, tree_of(otherwise, names)?);
    Ok(match branches {
        (Tree::Number(then), Tree::Number(otherwise)) => {
            let scale = then.scale().max(otherwise.scale());
            let (then, otherwise) = (lifted(then, scale), lifted(otherwise, scale));
            Tree::Number(NumberTree::If(Box::new(If { condition, then, otherwise })))
        }
        (Tree::Word(then), Tree::Word(otherwise)) => {
            Tree::Word(Operand::If(Box::new(If { condition, then, otherwise })))
        }
        (Tree::Date(then), Tree::Date(otherwise)) => {
            Tree::Date(Operand::If(Box::new(If { condition, then, otherwise })))
        }
        (Tree::Condition(then), Tree::Condition(otherwise)) => {
            Tree::Condition(ConditionTree::If(Box::new(If { condition, then, otherwise })))
        }
        (then, otherwise) => {
            let (wanted, found) = (ty(&then).described(), ty(&otherwise).described());
            let message =
                format!("both values of `if` must be of one type, but the first is {wanted} and this is {found}");
            return Err(Misfit::new(parts[2].at, message));
        }
    })
}

fn conditions(parts: &[Syntax<'_>], operator: &str, names: &mut impl Names) -> Result<Vec<ConditionTree>, Misfit> {
    parts.iter().map(|part| condition(part, operator, names)).collect()
}

fn condition(syntax: &Syntax<'_>, operator: &str, names: &mut impl Names) -> Result<ConditionTree, Misfit> {
    match tree_of(syntax, names)? {
        Tree::Condition(condition) => Ok(condition),
        other => Err(Misfit::new(
            syntax.at,
            format!("{operator} needs a condition, but this is {}; compare it with something", ty(&other).described()),
        )),
    }
}

fn number(syntax: &Syntax<'_>, operator: &str, names: &mut impl Names) -> Result<NumberTree, Misfit> {
    match tree_of(syntax, names)? {
        Tree::Number(number) => Ok(number),
        Tree::Condition(_) => Err(Misfit::new(
            syntax.at,
            format!("{operator} needs numbers, but this is a condition; write `if(condition, 1, 0)` to count with it"),
        )),
        other => Err(Misfit::new(
            syntax.at,
            format!("{operator} needs numbers, but this is {}; use a number field here", ty(&other).described()),
        )),
    }
}

/// How the compared values become a comparison, whatever their type.
trait Shape {
    fn of<T>(self, values: Vec<T>) -> Comparison<T>;
}

struct Pair(Relation);
struct In;
struct Between;

impl Shape for Pair {
    fn of<T>(self, values: Vec<T>) -> Comparison<T> {
        let [left, right] = exactly(values);
        Comparison::Pair(self.0, left, right)
    }
}

impl Shape for In {
    fn of<T>(self, mut values: Vec<T>) -> Comparison<T> {
        let value = values.remove(0);
        Comparison::In(value, values)
    }
}

impl Shape for Between {
    fn of<T>(self, values: Vec<T>) -> Comparison<T> {
        let [value, lowest, highest] = exactly(values);
        Comparison::Between(value, lowest, highest)
    }
}

fn exactly<T, const N: usize>(values: Vec<T>) -> [T; N] {
    values.try_into().unwrap_or_else(|_| panic!("typing keeps the number of parts, {N}"))
}

/// Values of one type, compared; the first one's type is demanded of all.
fn comparison<'s, 't: 's>(
    parts: impl Iterator<Item = &'s Syntax<'t>>,
    ordered: bool,
    names: &mut impl Names,
    shape: impl Shape,
) -> Result<Tree, Misfit> {
    let (mut words, mut dates, mut numbers) = (Vec::<WordTree>::new(), Vec::<DateTree>::new(), Vec::new());
    let mut wanted = None;
    for part in parts {
        let tree = tree_of(part, names)?;
        let found = ty(&tree);
        let wanted = *wanted.get_or_insert(found);
        if found != wanted {
            return Err(Misfit::new(part.at, unequal(wanted, found, part)));
        }
        match tree {
            Tree::Word(_) if ordered => {
                return Err(Misfit::new(part.at, "words have no order; use `=`, `<>` or `in`"));
            }
            Tree::Word(word) => words.push(word),
            Tree::Date(date) => dates.push(date),
            Tree::Number(number) => numbers.push(number),
            Tree::Condition(_) => {
                let message = "a condition is not compared; use it as it is, with `and`, `or` or `not`";
                return Err(Misfit::new(part.at, message));
            }
        }
    }
    Ok(Tree::Condition(match wanted {
        Some(Type::Word) => ConditionTree::Words(shape.of(words)),
        Some(Type::Date) => ConditionTree::Dates(shape.of(dates)),
        _ => ConditionTree::Numbers(shape.of(levelled(numbers))),
    }))
}

fn unequal(wanted: Type, found: Type, part: &Syntax<'_>) -> String {
    let advice = match (&part.form, wanted) {
        (Form::Number(value), Type::Word) => format!("write it as a word: '{value}'"),
        (Form::Word(word), Type::Date | Type::Number) => format!("write it without quotes: {word}"),
        _ => "compare values of one type".to_owned(),
    };
    format!("{} is compared with {}, this one; {advice}", wanted.described(), found.described())
}

/// All at the scale of the finest.
fn levelled(numbers: Vec<NumberTree>) -> Vec<NumberTree> {
    let scale = numbers.iter().map(NumberTree::scale).max().unwrap_or(0);
    numbers.into_iter().map(|number| lifted(number, scale)).collect()
}

fn lifted(number: NumberTree, scale: u8) -> NumberTree {
    match scale - number.scale() {
        0 => number,
        digits => NumberTree::Lift(Box::new(number), digits),
    }
}

const fn ty(tree: &Tree) -> Type {
    match tree {
        Tree::Condition(_) => Type::Bool,
        Tree::Word(_) => Type::Word,
        Tree::Date(_) => Type::Date,
        Tree::Number(_) => Type::Number,
    }
}

/// The message for a name that nobody knows.
fn unknown(name: &str, quoted: bool, known: &[String]) -> String {
    let all = || known.iter().map(String::as_str).chain(ALWAYS.iter().map(|(name, _)| *name));
    let nearest = all().map(|candidate| (distance(name, candidate), candidate)).min();
    if let Some((steps, candidate)) = nearest
        && steps <= 1 + name.chars().count() / 4
    {
        return format!("there is no field `{name}`; did you mean `{candidate}`?");
    }
    if quoted {
        return format!("there is no field `{name}`; if it is a word, write it in single quotes: '{name}'");
    }
    let mut listed: Vec<_> = all().take(NAMES_LISTED_MAX).collect();
    if all().count() > NAMES_LISTED_MAX {
        listed.push("…");
    }
    format!("there is no field `{name}`; use one of {}", listed.join(", "))
}

/// How many characters must be added, removed or replaced to make one name the other; case does not count.
fn distance(left: &str, right: &str) -> usize {
    let right: Vec<char> = right.to_lowercase().chars().collect();
    let mut above: Vec<usize> = (0..=right.len()).collect();
    for (row, character) in left.to_lowercase().chars().enumerate() {
        let mut diagonal = above[0];
        above[0] = row + 1;
        for (column, other) in right.iter().enumerate() {
            let replaced = diagonal + usize::from(character != *other);
            diagonal = above[column + 1];
            above[column + 1] = replaced.min(diagonal + 1).min(above[column] + 1);
        }
    }
    above[right.len()]
}
