//! Tokens to syntax by recursive descent, one token ahead. From loosest to tightest: `or`, `and`, `not`, a comparison,
//! `+ -`, `*`, unary minus. Every token is looked at a bounded number of times: Θ(tokens).

use super::lexer::{Token, TokenKind};
use super::tree::Relation;
use super::{DEPTH_MAX, Misfit};
use calendar::Date;
use money::Decimal;

/// A part of the text and the byte where it begins.
#[derive(Debug)]
pub(super) struct Syntax<'a> {
    pub(super) at: usize,
    pub(super) form: Form<'a>,
}

/// What is written there.
#[derive(Debug)]
pub(super) enum Form<'a> {
    Number(Decimal),
    Date(Date),
    Word(&'a str),
    Name {
        name: &'a str,
        quoted: bool,
    },
    /// Addends, each with whether it is subtracted; unary minus is a sum of one.
    Sum(Vec<(bool, Syntax<'a>)>),
    Product(Vec<Syntax<'a>>),
    All(Vec<Syntax<'a>>),
    Any(Vec<Syntax<'a>>),
    Not(Box<Syntax<'a>>),
    Pair(Relation, Box<[Syntax<'a>; 2]>),
    In(Box<Syntax<'a>>, Vec<Syntax<'a>>),
    Between(Box<[Syntax<'a>; 3]>),
    If(Box<[Syntax<'a>; 3]>),
}

const RELATIONS: [(&str, Relation); 7] = [
    ("=", Relation::Equal),
    ("<>", Relation::Unequal),
    ("!=", Relation::Unequal),
    ("<", Relation::Less),
    ("<=", Relation::LessOrEqual),
    (">", Relation::Greater),
    (">=", Relation::GreaterOrEqual),
];

/// The one expression that the tokens are.
pub(super) fn syntax_of<'a>(tokens: &'a [Token<'a>]) -> Result<Syntax<'a>, Misfit> {
    let mut parser = Parser { tokens, position: 0, depth: 0 };
    let syntax = parser.any()?;
    match parser.token().kind {
        TokenKind::End => Ok(syntax),
        TokenKind::Symbol(")") => Err(parser.misfit("this `)` closes nothing; remove it or open it before")),
        _ => Err(parser.misfit(&format!("an operator was expected, not {}; join the parts with one", parser.found()))),
    }
}

struct Parser<'a> {
    tokens: &'a [Token<'a>],
    position: usize,
    depth: usize,
}

impl<'a> Parser<'a> {
    fn any(&mut self) -> Result<Syntax<'a>, Misfit> {
        self.chain("or", Self::all, Form::Any)
    }

    fn all(&mut self) -> Result<Syntax<'a>, Misfit> {
        self.chain("and", Self::negation, Form::All)
    }

    fn negation(&mut self) -> Result<Syntax<'a>, Misfit> {
        let at = self.token().at;
        if !self.take("not") {
            return self.comparison();
        }
        let condition = self.nested(Self::negation)?;
        Ok(Syntax { at, form: Form::Not(Box::new(condition)) })
    }

    fn comparison(&mut self) -> Result<Syntax<'a>, Misfit> {
        let left = self.sum()?;
        let at = left.at;
        let form = if self.take("not") {
            if !self.take("in") {
                return Err(self.misfit(&format!("`in` was expected after `not`, not {}", self.found())));
            }
            Form::Not(Box::new(Syntax { at, form: Form::In(Box::new(left), self.list()?) }))
        } else if self.take("in") {
            Form::In(Box::new(left), self.list()?)
        } else if self.take("between") {
            let low = self.sum()?;
            self.expect("and", "between the two bounds of `between`")?;
            Form::Between(Box::new([left, low, self.sum()?]))
        } else if let Some(relation) = self.relation() {
            Form::Pair(relation, Box::new([left, self.sum()?]))
        } else {
            return Ok(left);
        };
        let chained = matches!(self.token().kind, TokenKind::Symbol("in" | "between" | "not"));
        if chained || self.at_relation().is_some() {
            return Err(self.misfit("comparisons cannot be chained; join two of them with `and`"));
        }
        Ok(Syntax { at, form })
    }

    fn sum(&mut self) -> Result<Syntax<'a>, Misfit> {
        let first = self.product()?;
        let at = first.at;
        let mut addends = vec![(false, first)];
        loop {
            let negative = match self.token().kind {
                TokenKind::Symbol("+") => false,
                TokenKind::Symbol("-") => true,
                _ => break,
            };
            self.position += 1;
            addends.push((negative, self.product()?));
        }
        if addends.len() == 1 {
            return Ok(addends.remove(0).1);
        }
        Ok(Syntax { at, form: Form::Sum(addends) })
    }

    fn product(&mut self) -> Result<Syntax<'a>, Misfit> {
        self.chain("*", Self::signed, Form::Product)
    }

    fn signed(&mut self) -> Result<Syntax<'a>, Misfit> {
        let at = self.token().at;
        if !self.take("-") {
            return self.primary();
        }
        let number = self.nested(Self::signed)?;
        Ok(Syntax { at, form: Form::Sum(vec![(true, number)]) })
    }

    fn primary(&mut self) -> Result<Syntax<'a>, Misfit> {
        let token = self.token();
        let at = token.at;
        let form = match &token.kind {
            TokenKind::Number(value) => Form::Number(*value),
            TokenKind::Date(date) => Form::Date(*date),
            TokenKind::Word(word) => Form::Word(word),
            TokenKind::Name { name, quoted } => Form::Name { name, quoted: *quoted },
            TokenKind::Symbol("(") => {
                self.position += 1;
                let mut inside = self.nested(Self::any)?;
                self.expect(")", "to close the parenthesis")?;
                inside.at = at;
                return Ok(inside);
            }
            TokenKind::Symbol("if") => {
                self.position += 1;
                return Ok(Syntax { at, form: Form::If(self.choice()?) });
            }
            TokenKind::End if self.position == 0 => {
                return Err(self.misfit("the expression is empty; write a field name such as `fare`, or a literal"));
            }
            _ => {
                let message = format!("a value was expected, not {}; write a field name or a literal", self.found());
                return Err(self.misfit(&message));
            }
        };
        self.position += 1;
        Ok(Syntax { at, form })
    }

    /// `(condition, then, otherwise)` after `if`.
    fn choice(&mut self) -> Result<Box<[Syntax<'a>; 3]>, Misfit> {
        let place = "in `if(condition, value, other value)`";
        self.expect("(", place)?;
        let condition = self.nested(Self::any)?;
        self.expect(",", place)?;
        let then = self.nested(Self::any)?;
        self.expect(",", place)?;
        let otherwise = self.nested(Self::any)?;
        self.expect(")", place)?;
        Ok(Box::new([condition, then, otherwise]))
    }

    /// `(a, b, …)` after `in`.
    fn list(&mut self) -> Result<Vec<Syntax<'a>>, Misfit> {
        self.expect("(", "after `in`, as in `x in (1, 2)`")?;
        let mut items = vec![self.nested(Self::sum)?];
        while self.take(",") {
            items.push(self.nested(Self::sum)?);
        }
        self.expect(")", "to close the list, or `,` before another value")?;
        Ok(items)
    }

    /// Parts joined by one operator, in one form however many they are.
    fn chain(
        &mut self,
        operator: &str,
        part: fn(&mut Self) -> Result<Syntax<'a>, Misfit>,
        join: fn(Vec<Syntax<'a>>) -> Form<'a>,
    ) -> Result<Syntax<'a>, Misfit> {
        let first = part(self)?;
        if !self.at_symbol(operator) {
            return Ok(first);
        }
        let at = first.at;
        let mut parts = vec![first];
        while self.take(operator) {
            parts.push(part(self)?);
        }
        Ok(Syntax { at, form: join(parts) })
    }

    /// One level deeper.
    fn nested(&mut self, part: fn(&mut Self) -> Result<Syntax<'a>, Misfit>) -> Result<Syntax<'a>, Misfit> {
        if self.depth == DEPTH_MAX {
            let message = format!("the expression nests deeper than {DEPTH_MAX} levels; flatten it or split it");
            return Err(self.misfit(&message));
        }
        self.depth += 1;
        let syntax = part(self)?;
        self.depth -= 1;
        Ok(syntax)
    }

    fn relation(&mut self) -> Option<Relation> {
        let relation = self.at_relation()?;
        self.position += 1;
        Some(relation)
    }

    fn at_relation(&self) -> Option<Relation> {
        let TokenKind::Symbol(symbol) = self.token().kind else { return None };
        RELATIONS.iter().find(|(sign, _)| *sign == symbol).map(|(_, relation)| *relation)
    }

    fn take(&mut self, symbol: &str) -> bool {
        let there = self.at_symbol(symbol);
        self.position += usize::from(there);
        there
    }

    fn at_symbol(&self, symbol: &str) -> bool {
        matches!(self.token().kind, TokenKind::Symbol(found) if found == symbol)
    }

    fn expect(&mut self, symbol: &str, place: &str) -> Result<(), Misfit> {
        if self.take(symbol) {
            return Ok(());
        }
        Err(self.misfit(&format!("`{symbol}` was expected {place}, not {}", self.found())))
    }

    /// The current token; the last one is the end and is never passed.
    fn token(&self) -> &'a Token<'a> {
        &self.tokens[self.position]
    }

    fn misfit(&self, message: &str) -> Misfit {
        Misfit::new(self.token().at, message)
    }

    fn found(&self) -> String {
        match &self.token().kind {
            TokenKind::Number(value) => format!("`{value}`"),
            TokenKind::Date(_) => "a date".to_owned(),
            TokenKind::Word(word) => format!("'{word}'"),
            TokenKind::Name { name, .. } => format!("`{name}`"),
            TokenKind::Symbol(symbol) => format!("`{symbol}`"),
            TokenKind::End => "the end of the text".to_owned(),
        }
    }
}
