//! Finds words that a field is compared with and can never be: `kind = 'trpi'`.
//!
//! The expression language takes any word, because new ones come with events. Where all words of a name are known
//! (kinds, sources, assets, fields with a map), a literal outside them is a slip. One pass over the tokens of a text
//! that has been compiled already; only `name = 'word'`, `'word' = name` and `name in ('word', …)` are looked at.

use crate::fault::FaultKind;
use crate::findings::{Findings, line_and_column};
use crate::formulas::Formula;
use crate::nearest::known;
use crate::parties::Parties;
use std::collections::BTreeMap;

/// The words that names can have, where all of them are known.
#[derive(Debug, Default)]
pub(crate) struct Domains<'a> {
    words: BTreeMap<Box<str>, Vec<Box<str>>>,
    /// Names whose words are ids of parties, and the parties.
    of_parties: Vec<Box<str>>,
    parties: Option<&'a Parties>,
    /// Names whose other words are a matter of warning: a map may be narrower than the contract.
    mapped: Vec<Box<str>>,
}

impl<'a> Domains<'a> {
    /// States all words of a name.
    pub(crate) fn add(&mut self, name: &str, words: Vec<Box<str>>) {
        self.words.insert(name.into(), words);
    }

    /// States all words that the map of a field gives.
    pub(crate) fn add_mapped(&mut self, name: &str, words: Vec<Box<str>>) {
        self.mapped.push(name.into());
        self.words.insert(name.into(), words);
    }

    /// States that the words of these names are ids of parties.
    pub(crate) fn add_parties(&mut self, names: &[&str], parties: &'a Parties) {
        self.of_parties = names.iter().map(|name| (*name).into()).collect();
        self.parties = parties.is_sound().then_some(parties);
    }

    /// What is known where a name can never be a word, and whether that is only a warning.
    fn instead_of(&self, name: &str, word: &str) -> Option<(Box<str>, bool)> {
        if let Some(words) = self.words.get(name) {
            let is_there = words.iter().any(|known| **known == *word);
            let is_warning = self.mapped.iter().any(|mapped| **mapped == *name);
            return (!is_there).then(|| (known(word, words.iter().map(|word| &**word)), is_warning));
        }
        let parties = self.parties.filter(|_| self.of_parties.iter().any(|of| **of == *name))?;
        let is_there = word.is_empty() || parties.find(word).is_some();
        (!is_there).then(|| (known(word, parties.ids()), true))
    }

    /// Notes every literal that is compared with a name and none of its words.
    pub(crate) fn check(&self, formula: &Formula, findings: &mut Findings) {
        for (name, word, at) in compared(&formula.text) {
            let Some((known, is_warning)) = self.instead_of(&name, &word) else { continue };
            let kind = FaultKind::WordNever { word: word.into(), name: name.into(), known };
            let (line, column) = line_and_column(&formula.text, at);
            let place = formula.within(line, column, findings);
            if is_warning {
                findings.warn(place, &formula.path, kind);
            } else {
                findings.fault(place, &formula.path, kind);
            }
        }
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Token {
    Name(String),
    Word(String),
    In,
    Not,
    Sign(char),
    /// `=`, `<>` or `!=`
    Equal,
}

/// Names and the words that they are compared with, and where the words stand, in bytes.
fn compared(text: &str) -> Vec<(String, String, usize)> {
    let tokens = tokens(text);
    let mut found = Vec::new();
    for (position, window) in tokens.windows(3).enumerate() {
        match [&window[0].0, &window[1].0, &window[2].0] {
            [Token::Name(name), Token::Equal, Token::Word(word)] => {
                found.push((name.clone(), word.clone(), window[2].1));
            }
            [Token::Word(word), Token::Equal, Token::Name(name)] => {
                found.push((name.clone(), word.clone(), window[0].1));
            }
            [Token::Name(name), Token::In, Token::Sign('(')] => {
                found.extend(listed(&tokens[position + 3..]).map(|(word, at)| (name.clone(), word.to_owned(), at)));
            }
            [Token::Name(name), Token::Not, Token::In] => {
                found.extend(listed(&tokens[position + 3..]).map(|(word, at)| (name.clone(), word.to_owned(), at)));
            }
            _ => {}
        }
    }
    found
}

/// The words up to the closing parenthesis.
fn listed(tokens: &[(Token, usize)]) -> impl Iterator<Item = (&str, usize)> {
    tokens.iter().take_while(|(token, _)| *token != Token::Sign(')')).filter_map(|(token, at)| match token {
        Token::Word(word) => Some((word.as_str(), *at)),
        _ => None,
    })
}

fn tokens(text: &str) -> Vec<(Token, usize)> {
    let mut tokens = Vec::new();
    let mut at = 0;
    while let Some(first) = text[at..].chars().next() {
        let rest = &text[at..];
        let (token, length) = match first {
            '\'' => quoted(rest, '\'', Token::Word),
            '"' => quoted(rest, '"', Token::Name),
            'a'..='z' | 'A'..='Z' | '_' => {
                let end = rest.find(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
                let name = &rest[..end.unwrap_or(rest.len())];
                let token = match name.to_ascii_lowercase().as_str() {
                    "in" => Token::In,
                    "not" => Token::Not,
                    _ => Token::Name(name.to_owned()),
                };
                (Some(token), name.len())
            }
            _ if rest.starts_with("<>") || rest.starts_with("!=") => (Some(Token::Equal), 2),
            _ if rest.starts_with("<=") || rest.starts_with(">=") => (Some(Token::Sign('<')), 2),
            '=' => (Some(Token::Equal), 1),
            _ => ((!first.is_whitespace()).then_some(Token::Sign(first)), first.len_utf8()),
        };
        tokens.extend(token.map(|token| (token, at)));
        at += length;
    }
    tokens
}

/// A quoted text, a doubled quote standing for one, and its length with quotes.
fn quoted(rest: &str, quote: char, token: fn(String) -> Token) -> (Option<Token>, usize) {
    let mut text = String::new();
    let mut letters = rest.char_indices().skip(1).peekable();
    while let Some((at, letter)) = letters.next() {
        if letter != quote {
            text.push(letter);
        } else if letters.next_if(|(_, next)| *next == quote).is_some() {
            text.push(quote);
        } else {
            return (Some(token(text)), at + 1);
        }
    }
    (None, rest.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, expected: &[(&str, &str)]) {
        let found = compared(text);
        let pairs: Vec<(&str, &str)> = found.iter().map(|(name, word, _)| (name.as_str(), word.as_str())).collect();
        assert_eq!(pairs, expected, "{text}");
        for (_, word, at) in &found {
            assert!(text[*at..].starts_with(&format!("'{}", &word.replace('\'', "''"))), "{text} at {at}");
        }
    }

    #[test]
    fn comparisons_with_words_are_found() {
        check("kind = 'trip'", &[("kind", "trip")]);
        check("if('a' <> kind, 1, fare)", &[("kind", "a")]);
        check(
            "kind in ('a', 'b') or source not in ('c') and x != 'd'",
            &[("kind", "a"), ("kind", "b"), ("source", "c"), ("x", "d")],
        );
        check("\"결제 수단\" = 'it''s'", &[("결제 수단", "it's")]);
        check("fare > 0 and not (tip <= 1) and 'x' = 'y'", &[]);
    }
}
