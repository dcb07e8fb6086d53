//! Expressions of contracts: a fault stands inside the text; what is read gives the same answer as it stands, once its
//! words are known, and as a sum of products.

#![no_main]

use calendar::Date;
use contract::expression::{DEPTH_MAX, Expression, FieldRef, Names, Row, Type, WordRef, parse};
use event::{Dictionary, Word};
use libfuzzer_sys::fuzz_target;

/// Fields by slot, each with its scale.
const NUMBERS: [(&str, u8); 4] = [("fare", 2), ("count", 0), ("micro", 6), ("fine", 18)];
const WORDS: [&str; 2] = ["payment", "결제 수단"];
const DATES: [&str; 2] = ["day", "until"];

/// Rows of [`NUMBERS`]: nothing, small, and the largest that a batch may hold.
const ROWS: [[i64; 4]; 4] = [
    [0, 0, 0, 0],
    [123_450, 3, 1_250_000, -7],
    [-1, -999, 999_999, 500_000_000_000_000_000],
    [999_999_999_999_999_999, -999_999_999_999_999_999, 999_999_999_999_999_999, 999_999_999_999_999_999],
];

fuzz_target!(|bytes: &[u8]| {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let mut fields = Fields::default();
    match parse(text, &mut fields) {
        Ok(expression) => {
            assert_eq!(expression.text(), text);
            check_answers(&expression, &mut fields);
        }
        Err(fault) => {
            let line = text.split('\n').nth(fault.line as usize - 1).expect("the line is one of the text");
            assert!(fault.column as usize <= line.chars().count() + 1, "{fault} in {line:?}");
            assert!(!fault.message.is_empty());
        }
    }
    check_nesting(text);
});

/// What the words of all events are; every literal that the text names is added.
#[derive(Default)]
struct Fields {
    dictionary: Dictionary,
}

impl Names for Fields {
    fn field(&self, name: &str) -> Option<FieldRef> {
        if let Some(slot) = (0..).zip(NUMBERS).find(|(_, field)| field.0 == name) {
            return Some(FieldRef::Number { slot: slot.0, scale: slot.1.1 });
        }
        if let Some((slot, _)) = (0..).zip(WORDS).find(|(_, field)| *field == name) {
            return Some(FieldRef::Word(WordRef::Slot(slot)));
        }
        (0..).zip(DATES).find(|(_, field)| *field == name).map(|(slot, _)| FieldRef::Date { slot })
    }

    fn word(&mut self, literal: &str) -> Word {
        self.dictionary.intern(literal)
    }

    fn known(&self) -> Vec<String> {
        NUMBERS.iter().map(|field| field.0).chain(WORDS).chain(DATES).map(Into::into).collect()
    }
}

fn check_answers(expression: &Expression, fields: &mut Fields) {
    let words = ["card", "", "sale", "cmt", "USD"].map(|word| fields.dictionary.intern(word));
    let numbers: Vec<Vec<i64>> = (0..NUMBERS.len()).map(|slot| ROWS.map(|row| row[slot]).to_vec()).collect();
    let dates = [vec![Date(0), Date(17_897), Date(-5), Date(50_000)], vec![Date(17_897); 4]];
    let word_of = |word: WordRef| match word {
        WordRef::Kind => words[2],
        WordRef::Source => words[3],
        WordRef::Asset => words[4],
        WordRef::Slot(slot) => words[usize::from(slot)],
    };
    let special = expression.specialise(&word_of);
    assert_eq!(
        (special.ty(), special.scale(), special.text()),
        (expression.ty(), expression.scale(), expression.text())
    );
    assert!(special.word_refs().is_empty(), "words are decided: {:?}", special.word_refs());
    for row in 0..ROWS.len() {
        let row = Row { numbers: &numbers, dates: &dates, row, words: &word_of };
        match expression.ty() {
            Type::Number => check_number(expression, &special, &row),
            Type::Bool => assert_eq!(expression.evaluate_condition(&row), special.evaluate_condition(&row)),
            Type::Word | Type::Date => {}
        }
    }
    if let Some(constant) = special.as_constant_condition() {
        let row = Row { numbers: &numbers, dates: &dates, row: 0, words: &word_of };
        assert_eq!(expression.evaluate_condition(&row), Ok(constant));
    }
}

fn check_number(expression: &Expression, special: &Expression, row: &Row<'_>) {
    let answer = expression.evaluate_number(row);
    assert_eq!(special.evaluate_number(row), answer);
    let explained = expression.explain_number(row);
    assert!(explained.is_ok() || answer.is_err(), "what has an answer has its arithmetic");
    let (Some(products), Ok(answer)) = (special.sum_of_products(), answer) else { return };
    let mut sum = Some(0_i128);
    for product in &products {
        sum = sum.zip(product.evaluate(row).ok()).and_then(|(sum, value)| sum.checked_add(value));
    }
    assert!(sum.is_none_or(|sum| sum == answer), "{products:?} give {sum:?}, not {answer}");
}

/// However deep a text nests, it is answered and not run over the end of the stack.
fn check_nesting(text: &str) {
    let Some(first) = text.chars().next().filter(|first| "(-n{[".contains(*first)) else { return };
    let opening = if first == 'n' { "not ".to_owned() } else { first.to_string() };
    let deep = opening.repeat(4 * DEPTH_MAX) + text;
    assert!(parse(&deep, &mut Fields::default()).is_err());
}
