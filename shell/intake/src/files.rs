//! What names of files say: which adapter reads them, when they were received, which slot they fill.
//!
//! Patterns are short and run once a file. `*` is any run of characters, `?` any one, `{yyyy}`, `{mm}`, `{dd}` are four,
//! two, two digits, `{…}` of any other name a run of letters, digits, `-` and `_`.

use crate::adapter::{Adapter, Received};
use calendar::{Date, Instant};

/// Whether a glob pattern (`*`, `?`) fits a whole file name. A `.gz` or `.zst` behind the name need not be in the pattern.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
    fits_whole(pattern, name) || plain.is_some_and(|plain| fits_whole(pattern, plain))
}

fn fits_whole(pattern: &str, name: &str) -> bool {
    let mut found = Found::default();
    matches(&tokens(pattern, false), name, true, &mut found)
}

/// The adapter that reads files of this name: the first one with a fitting pattern.
#[must_use]
pub fn adapter_for<'a>(adapters: &'a [Adapter], name: &str) -> Option<&'a Adapter> {
    adapters.iter().find(|adapter| adapter.files.iter().any(|pattern| fits(pattern, name)))
}

/// When the rows of a file were received, where the adapter reads that from the file's name: the first instant after
/// the named day (month, year) in the adapter's zone. [`Instant::NONE`] where the adapter has it from elsewhere or the
/// name does not fit.
#[must_use]
pub fn received_at(adapter: &Adapter, name: &str) -> Instant {
    let Received::FileName { pattern } = &adapter.received else { return Instant::NONE };
    let end = find(pattern, name).and_then(|found| found.end());
    end.map_or(Instant::NONE, |end| adapter.zone.start_of_day(end))
}

/// The slot that a pattern of file identity finds in a file's name: what its braces match, joined as the pattern joins
/// them (`{yyyy}-{mm}` gives `2019-01`); the pattern itself where it has no braces.
#[must_use]
pub fn slot(pattern: &str, name: &str) -> Option<Box<str>> {
    find(pattern, name).map(|found| found.slot.into())
}

/// The first day after the day, month or year that a pattern of file identity finds in a file's name, if any.
#[must_use]
pub fn slot_end(pattern: &str, name: &str) -> Option<Date> {
    find(pattern, name)?.end()
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Character(char),
    AnyCharacter,
    AnyRun,
    /// So many digits, of a year, month or day.
    Digits(Part, usize),
    /// A run of letters, digits, `-` and `_`.
    Name,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Part {
    Year,
    Month,
    Day,
}

/// What a pattern found.
#[derive(Clone, Debug, Default)]
struct Found {
    year: Option<i32>,
    month: Option<u8>,
    day: Option<u8>,
    slot: String,
}

impl Found {
    /// The first day after the span that was found.
    fn end(&self) -> Option<Date> {
        let year = self.year?;
        match (self.month, self.day) {
            (Some(month), Some(day)) => Some(Date::new(year, month, day)?.plus_days(1)),
            (Some(month), None) => Some(Date::new(year, month, 1)?.plus_months(1)),
            (None, _) => Some(Date::new(year, 1, 1)?.plus_months(12)),
        }
    }
}

/// The first place of a name that a pattern fits.
fn find(pattern: &str, name: &str) -> Option<Found> {
    let tokens = tokens(pattern, true);
    for (from, _) in name.char_indices().chain([(name.len(), ' ')]) {
        let mut found = Found::default();
        if matches(&tokens, &name[from..], false, &mut found) {
            let has_braces = tokens.iter().any(|token| matches!(token, Token::Digits(..) | Token::Name));
            found.slot = if has_braces { joined(&tokens, &found.slot) } else { pattern.to_owned() };
            return Some(found);
        }
    }
    None
}

/// The parts that braces matched stand in `slot` behind a separator each; between two of them comes what the pattern
/// has there, if that is short and plain.
fn joined(tokens: &[Token], slot: &str) -> String {
    let mut parts = slot.split('\0').skip(1);
    let (mut text, mut between) = (String::new(), String::new());
    for token in tokens {
        match token {
            Token::Character(character) => between.push(*character),
            Token::AnyCharacter | Token::AnyRun => between.push('_'),
            Token::Digits(..) | Token::Name => {
                if !text.is_empty() {
                    text.push_str(&between);
                }
                between.clear();
                text.push_str(parts.next().unwrap_or(""));
            }
        }
    }
    text
}

fn tokens(pattern: &str, with_braces: bool) -> Vec<Token> {
    let (mut tokens, mut rest) = (Vec::new(), pattern);
    while let Some(character) = rest.chars().next() {
        rest = &rest[character.len_utf8()..];
        if with_braces
            && character == '{'
            && let Some((inside, behind)) = rest.split_once('}')
        {
            tokens.push(match inside {
                "yyyy" => Token::Digits(Part::Year, 4),
                "mm" => Token::Digits(Part::Month, 2),
                "dd" => Token::Digits(Part::Day, 2),
                _ => Token::Name,
            });
            rest = behind;
            continue;
        }
        tokens.push(match character {
            '*' => Token::AnyRun,
            '?' => Token::AnyCharacter,
            other => Token::Character(other),
        });
    }
    tokens
}

/// Whether the tokens fit the start of `text` (all of it, if `whole`). Backtracks; a pattern has few stars.
fn matches(tokens: &[Token], text: &str, whole: bool, found: &mut Found) -> bool {
    let Some((token, rest)) = tokens.split_first() else { return !whole || text.is_empty() };
    match token {
        Token::Character(wanted) => {
            text.strip_prefix(*wanted).is_some_and(|behind| matches(rest, behind, whole, found))
        }
        Token::AnyCharacter => {
            let mut characters = text.chars();
            characters.next().is_some() && matches(rest, characters.as_str(), whole, found)
        }
        Token::AnyRun => {
            let mut ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            ends.any(|end| matches(rest, &text[end..], whole, found))
        }
        Token::Digits(part, length) => {
            let Some(digits) = text.get(..*length).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()))
            else {
                return false;
            };
            let before = found.clone();
            found.take(*part, digits);
            let fits = matches(rest, &text[*length..], whole, found);
            if !fits {
                *found = before;
            }
            fits
        }
        Token::Name => {
            let is_name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
            let length = text.find(|character| !is_name(character)).unwrap_or(text.len());
            let ends = text.char_indices().map(|(at, _)| at).chain([text.len()]);
            let mut ends: Vec<usize> = ends.filter(|&end| end > 0 && end <= length).collect();
            ends.reverse();
            ends.into_iter().any(|end| {
                let before = found.clone();
                found.slot.push('\0');
                found.slot.push_str(&text[..end]);
                let fits = matches(rest, &text[end..], whole, found);
                if !fits {
                    *found = before;
                }
                fits
            })
        }
    }
}

impl Found {
    fn take(&mut self, part: Part, digits: &str) {
        self.slot.push('\0');
        self.slot.push_str(digits);
        match part {
            Part::Year => self.year = digits.parse().ok(),
            Part::Month => self.month = digits.parse().ok(),
            Part::Day => self.day = digits.parse().ok(),
        }
    }
}
