//! Text to tokens, one pass over its characters, no look-back.

use super::Misfit;
use calendar::Date;
use money::{Decimal, NumberFault, SCALE_MAX, parse_decimal};
use std::borrow::Cow;

/// A token and the byte where it begins.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Token<'a> {
    pub(super) at: usize,
    pub(super) kind: TokenKind<'a>,
}

/// What a token is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum TokenKind<'a> {
    Number(Decimal),
    Date(Date),
    /// A word literal without its quotes.
    Word(Cow<'a, str>),
    /// A field name; `quoted` where it stood in double quotes.
    Name {
        name: Cow<'a, str>,
        quoted: bool,
    },
    /// A keyword in lower case, or a sign.
    Symbol(&'static str),
    /// The end of the text.
    End,
}

const KEYWORDS: [&str; 6] = ["and", "or", "not", "in", "between", "if"];

/// Longer signs first.
const SIGNS: [&str; 13] = ["<>", "!=", "<=", ">=", "=", "<", ">", "+", "-", "*", "(", ")", ","];

/// Signs of other languages, and what is written here instead.
const FOREIGN: [(&str, &str); 9] = [
    ("==", "write `=`"),
    ("&&", "write `and`"),
    ("||", "write `or`"),
    ("!", "write `not` or `<>`"),
    ("/", "there is no division; percentages and shares belong in the `rate` of a term"),
    ("%", "percentages belong in the `rate` of a term"),
    (".", "a number begins with a digit, as in `0.5`"),
    ("‘", "write words in straight single quotes, as in 'card'"),
    ("’", "write words in straight single quotes, as in 'card'"),
];

/// All tokens of the text, the last one [`TokenKind::End`].
pub(super) fn tokens(text: &str) -> Result<Vec<Token<'_>>, Misfit> {
    let mut tokens = Vec::new();
    let mut at = 0;
    loop {
        let rest = &text[at..];
        at += rest.len() - rest.trim_start().len();
        let (kind, length) = token(&text[at..], at)?;
        let ended = kind == TokenKind::End;
        tokens.push(Token { at, kind });
        if ended {
            return Ok(tokens);
        }
        at += length;
    }
}

/// The token at the start of `rest` and its length in bytes.
fn token(rest: &str, at: usize) -> Result<(TokenKind<'_>, usize), Misfit> {
    let Some(first) = rest.chars().next() else { return Ok((TokenKind::End, 0)) };
    match first {
        '0'..='9' => digits(rest, at),
        '\'' => quoted(rest, '\'', at).map(|(word, length)| (TokenKind::Word(word), length)),
        '"' => {
            let (name, length) = quoted(rest, '"', at)?;
            Ok((TokenKind::Name { name, quoted: true }, length))
        }
        'a'..='z' | 'A'..='Z' | '_' => Ok(name(rest)),
        _ => sign(rest, first, at),
    }
}

fn name(rest: &str) -> (TokenKind<'_>, usize) {
    let name = &rest[..run(rest, |byte| byte.is_ascii_alphanumeric() || byte == b'_')];
    let kind = match KEYWORDS.iter().find(|keyword| name.eq_ignore_ascii_case(keyword)) {
        Some(keyword) => TokenKind::Symbol(keyword),
        None => TokenKind::Name { name: Cow::Borrowed(name), quoted: false },
    };
    (kind, name.len())
}

fn sign(rest: &str, first: char, at: usize) -> Result<(TokenKind<'_>, usize), Misfit> {
    let foreign = FOREIGN.iter().find(|(sign, _)| rest.starts_with(sign));
    if let Some(sign) = SIGNS.iter().find(|sign| rest.starts_with(**sign))
        && !rest.starts_with("==")
    {
        return Ok((TokenKind::Symbol(sign), sign.len()));
    }
    if let Some((sign, advice)) = foreign {
        return Err(Misfit::new(at, format!("`{sign}` has no meaning here; {advice}")));
    }
    if first.is_alphabetic() {
        let message =
            format!("`{first}` cannot be in a plain name; write the name in double quotes, as in \"{first}…\"");
        return Err(Misfit::new(at, message));
    }
    Err(Misfit::new(at, format!("the character {first:?} has no meaning here; remove it")))
}

/// A date where it looks like one, else a number.
fn digits(rest: &str, at: usize) -> Result<(TokenKind<'_>, usize), Misfit> {
    if looks_like_date(rest.as_bytes()) {
        let date = Date::parse(&rest[..10]).ok_or_else(|| {
            Misfit::new(at, format!("there is no day {}; write differences with spaces around `-`", &rest[..10]))
        })?;
        return unjoined(rest, 10, at).map(|()| (TokenKind::Date(date), 10));
    }
    let whole = run(rest, |byte| byte.is_ascii_digit());
    let behind = rest[whole..].strip_prefix('.').map(|decimals| run(decimals, |byte| byte.is_ascii_digit()));
    if behind == Some(0) {
        return Err(Misfit::new(at, format!("digits are missing behind the point; write `{}`", &rest[..whole])));
    }
    let length = whole + behind.map_or(0, |count| 1 + count);
    unjoined(rest, length, at)?;
    let number = parse_decimal(&rest.as_bytes()[..length]).map_err(|fault| {
        Misfit::new(
            at,
            match fault {
                NumberFault::Scale => {
                    format!("the number has more than {SCALE_MAX} digits behind the point; shorten it")
                }
                _ => "the number has more than 38 digits; shorten it".to_owned(),
            },
        )
    })?;
    Ok((TokenKind::Number(number), length))
}

/// `dddd-dd-dd`
fn looks_like_date(bytes: &[u8]) -> bool {
    bytes.len() >= 10
        && bytes[..10].iter().enumerate().all(|(position, byte)| match position {
            4 | 7 => *byte == b'-',
            _ => byte.is_ascii_digit(),
        })
}

/// A literal of digits does not run into further letters or digits, as in `12e5`, `12px` or `1.2.3`.
fn unjoined(rest: &str, length: usize, at: usize) -> Result<(), Misfit> {
    match rest[length..].chars().next().filter(|next| next.is_alphanumeric() || matches!(next, '_' | '.')) {
        None => Ok(()),
        Some(next) => {
            let message = format!(
                "`{}` runs into `{next}`; a number is digits with one point, as in `12.5`, a date is `2019-01-31`",
                &rest[..length]
            );
            Err(Misfit::new(at, message))
        }
    }
}

/// The text between quotes, a doubled quote standing for one, and the length with the quotes.
fn quoted(rest: &str, quote: char, at: usize) -> Result<(Cow<'_, str>, usize), Misfit> {
    let mut end = 1;
    loop {
        let Some(found) = rest[end..].find(quote) else {
            let message = format!("the quote {quote} is never closed; put {quote} at the end of the name or word");
            return Err(Misfit::new(at, message));
        };
        end += found + 1;
        if !rest[end..].starts_with(quote) {
            break;
        }
        end += 1;
    }
    let inside = &rest[1..end - 1];
    let text = if inside.contains(quote) {
        Cow::Owned(inside.replace(&format!("{quote}{quote}"), &quote.to_string()))
    } else {
        Cow::Borrowed(inside)
    };
    Ok((text, end))
}

fn run(text: &str, belongs: fn(u8) -> bool) -> usize {
    text.bytes().position(|byte| !belongs(byte)).unwrap_or(text.len())
}
