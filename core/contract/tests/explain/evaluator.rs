//! A small evaluator of printed arithmetic: exact fractions, `+ - * /`, parentheses, the rounding functions.
//!
//! It knows nothing of the program: numbers, rounding and grammar are written again from their description, so that a
//! line that it recomputes is a line that anybody can recompute. Recursive descent, one pass.

use std::iter::Peekable;
use std::str::Chars;

/// Recomputes `expression = amount # remark` and says whether both sides are equal; a lone number equals itself.
pub(crate) fn evaluate(text: &str) -> Result<bool, String> {
    let text = text.split_once('#').map_or(text, |(arithmetic, _)| arithmetic);
    let (left, right) = text.split_once('=').unwrap_or((text, text));
    let (value, amount) = (whole(left)?, whole(right)?);
    Ok(value == amount)
}

/// A fraction in lowest terms with a positive lower part.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Fraction {
    upper: i128,
    lower: i128,
}

impl Fraction {
    fn new(upper: i128, lower: i128) -> Result<Self, String> {
        if lower == 0 {
            return Err("division by zero".into());
        }
        let (mut a, mut b) = (upper.unsigned_abs(), lower.unsigned_abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let divisor = i128::try_from(a.max(1)).map_err(|_| "too large")? * lower.signum();
        Ok(Self { upper: upper / divisor, lower: lower / divisor })
    }

    fn plus(self, other: Self, sign: i128) -> Result<Self, String> {
        let left = times(self.upper, other.lower)?;
        let right = times(times(other.upper, self.lower)?, sign)?;
        Self::new(left.checked_add(right).ok_or("too large")?, times(self.lower, other.lower)?)
    }

    fn times(self, other: Self) -> Result<Self, String> {
        // Lowest terms crosswise first, so that products stay small.
        let (a, b) = (Self::new(self.upper, other.lower)?, Self::new(other.upper, self.lower)?);
        Self::new(times(a.upper, b.upper)?, times(a.lower, b.lower)?)
    }
}

fn times(a: i128, b: i128) -> Result<i128, String> {
    a.checked_mul(b).ok_or_else(|| "too large".into())
}

fn whole(text: &str) -> Result<Fraction, String> {
    let mut reader = Reader { rest: text.chars().peekable() };
    let value = reader.sum()?;
    match reader.peek() {
        None => Ok(value),
        Some(character) => Err(format!("`{character}` is left over in `{text}`")),
    }
}

struct Reader<'t> {
    rest: Peekable<Chars<'t>>,
}

impl Reader<'_> {
    /// The next character that is no space.
    fn peek(&mut self) -> Option<char> {
        while self.rest.next_if_eq(&' ').is_some() {}
        self.rest.peek().copied()
    }

    fn take(&mut self, expected: char) -> bool {
        self.peek() == Some(expected) && self.rest.next().is_some()
    }

    fn need(&mut self, expected: char) -> Result<(), String> {
        if self.take(expected) { Ok(()) } else { Err(format!("`{expected}` expected, not {:?}", self.peek())) }
    }

    fn sum(&mut self) -> Result<Fraction, String> {
        let mut value = self.product()?;
        loop {
            if self.take('+') {
                value = value.plus(self.product()?, 1)?;
            } else if self.take('-') {
                value = value.plus(self.product()?, -1)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn product(&mut self) -> Result<Fraction, String> {
        let mut value = self.factor()?;
        loop {
            if self.take('*') {
                value = value.times(self.factor()?)?;
            } else if self.take('/') {
                let divisor = self.factor()?;
                value = value.times(Fraction::new(divisor.lower, divisor.upper)?)?;
            } else {
                return Ok(value);
            }
        }
    }

    fn factor(&mut self) -> Result<Fraction, String> {
        if self.take('-') {
            let value = self.factor()?;
            return Fraction::new(-value.upper, value.lower);
        }
        if self.take('(') {
            let value = self.sum()?;
            self.need(')')?;
            return Ok(value);
        }
        match self.peek() {
            Some(character) if character.is_ascii_digit() => self.number(),
            Some(character) if character.is_ascii_lowercase() => self.rounded(),
            other => Err(format!("a number expected, not {other:?}")),
        }
    }

    fn number(&mut self) -> Result<Fraction, String> {
        let (mut upper, mut lower, mut pointed) = (0_i128, 1_i128, false);
        while let Some(character) = self.rest.next_if(|character| character.is_ascii_digit() || *character == '.') {
            let Some(digit) = character.to_digit(10) else {
                pointed = true;
                continue;
            };
            upper = times(upper, 10)?.checked_add(i128::from(digit)).ok_or("too large")?;
            lower = if pointed { times(lower, 10)? } else { lower };
        }
        Fraction::new(upper, lower)
    }

    fn rounded(&mut self) -> Result<Fraction, String> {
        let mut mode = String::new();
        while let Some(letter) = self.rest.next_if(|letter| letter.is_ascii_lowercase() || *letter == '_') {
            mode.push(letter);
        }
        self.need('(')?;
        let value = self.sum()?;
        self.need(',')?;
        let digits = self.sum()?;
        self.need(')')?;
        let digits = u32::try_from(digits.upper).map_err(|_| "digits are not negative")?;
        round(&mode, value, digits)
    }
}

fn round(mode: &str, value: Fraction, digits: u32) -> Result<Fraction, String> {
    let units = value.times(Fraction::new(10_i128.pow(digits), 1)?)?;
    let magnitude = units.upper.abs();
    let (quotient, remainder) = (magnitude / units.lower, magnitude % units.lower);
    let (half, is_odd) = (times(remainder, 2)?.cmp(&units.lower), quotient % 2 == 1);
    let rounded = match mode {
        "half_up" => quotient + i128::from(half.is_ge()),
        "half_even" => quotient + i128::from(half.is_gt() || half.is_eq() && is_odd),
        "down" => quotient,
        "up" => quotient + i128::from(remainder > 0),
        "floor_ten" => quotient - quotient % 10,
        _ => return Err(format!("`{mode}` is no rounding")),
    };
    Fraction::new(rounded * units.upper.signum(), 10_i128.pow(digits))
}
