//! What names of files say: which adapter reads them, when they were received, which slot they fill.
//!
//! Patterns run once a file, in Θ(pattern × name²) at most. `*` is any run of characters, `?` any one, `{yyyy}`, `{mm}`,
//! `{dd}` are four, two, two digits, `{…}` of any other name a run of letters, digits, `-` and `_`.

use crate::adapter::{Adapter, Received};
use calendar::{Date, Instant};
use std::collections::BTreeSet;

/// Whether a glob pattern (`*`, `?`) fits a whole file name. A `.gz` or `.zst` behind the name need not be in the pattern.
#[must_use]
pub fn fits(pattern: &str, name: &str) -> bool {
    let plain = name.strip_suffix(".gz").or_else(|| name.strip_suffix(".zst"));
    fits_whole(pattern, name) || plain.is_some_and(|plain| fits_whole(pattern, plain))
}

fn fits_whole(pattern: &str, name: &str) -> bool {
    let tokens = tokens(pattern, false);
    Search::new(&tokens, name, true).fits_from(0, 0)
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
    let mut search = Search::new(&tokens, name, false);
    for (from, _) in name.char_indices().chain([(name.len(), ' ')]) {
        if search.fits_from(0, from) {
            let mut found = search.found;
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
            '*' if tokens.last() == Some(&Token::AnyRun) => continue,
            '*' => Token::AnyRun,
            '?' => Token::AnyCharacter,
            other => Token::Character(other),
        });
    }
    tokens
}

/// The search for a place where tokens fit a text. Where they did not fit from a token and a place on, they are not
/// tried again: a pattern with many stars costs no more than others.
struct Search<'a> {
    tokens: &'a [Token],
    text: &'a str,
    /// Whether they must fit to the end of the text.
    whole: bool,
    failed: BTreeSet<(usize, usize)>,
    found: Found,
}

impl<'a> Search<'a> {
    fn new(tokens: &'a [Token], text: &'a str, whole: bool) -> Self {
        Self { tokens, text, whole, failed: BTreeSet::new(), found: Found::default() }
    }

    /// Whether the tokens from `token` on fit the text from `at` on; what they find is kept.
    fn fits_from(&mut self, token: usize, at: usize) -> bool {
        if self.failed.contains(&(token, at)) {
            return false;
        }
        let before = self.found.clone();
        let fits = self.fits_anew(token, at);
        if !fits {
            self.failed.insert((token, at));
            self.found = before;
        }
        fits
    }

    fn fits_anew(&mut self, token: usize, at: usize) -> bool {
        let (text, rest) = (&self.text[at..], token + 1);
        match self.tokens.get(token) {
            None => !self.whole || text.is_empty(),
            Some(Token::Character(wanted)) => text.starts_with(*wanted) && self.fits_from(rest, at + wanted.len_utf8()),
            Some(Token::AnyCharacter) => {
                text.chars().next().is_some_and(|character| self.fits_from(rest, at + character.len_utf8()))
            }
            Some(Token::AnyRun) => {
                let mut ends = text.char_indices().map(|(end, _)| end).chain([text.len()]);
                ends.any(|end| self.fits_from(rest, at + end))
            }
            Some(&Token::Digits(part, length)) => {
                let digits = text.get(..length).filter(|digits| digits.bytes().all(|byte| byte.is_ascii_digit()));
                digits.is_some_and(|digits| {
                    self.found.take(part, digits);
                    self.fits_from(rest, at + length)
                })
            }
            Some(Token::Name) => self.fits_name(rest, at),
        }
    }

    /// A name takes as much as it can.
    fn fits_name(&mut self, rest: usize, at: usize) -> bool {
        let text = &self.text[at..];
        let is_name = |character: char| character.is_alphanumeric() || matches!(character, '-' | '_');
        let length = text.find(|character| !is_name(character)).unwrap_or(text.len());
        let before = self.found.slot.len();
        text[..length].char_indices().rev().any(|(start, last)| {
            let end = start + last.len_utf8();
            self.found.slot.truncate(before);
            self.found.slot.push('\0');
            self.found.slot.push_str(&text[..end]);
            self.fits_from(rest, at + end)
        })
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
