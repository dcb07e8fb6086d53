//! Values, faults, and properties of random expressions against a naive reading of them.

use super::*;
use event::Dictionary;
use money::{Decimal, parse_decimal};
use proptest::prelude::*;

/// The fields of the tests, their scales, and one row of them.
const NUMBERS: [(&str, u8, i64); 5] =
    [("fare", 2, 123_450), ("extra", 2, 50), ("count", 0, 3), ("micro", 6, 1), ("big", 0, i64::MAX)];
const WORDS: [(&str, &str); 2] = [("payment", "card"), ("결제 수단", "it's")];
const DATES: [(&str, &str); 2] = [("day", "2019-03-10"), ("until", "2019-03-31")];
const ALWAYS: [&str; 3] = ["trip", "cmt", "USD"];

#[derive(Default)]
struct Fields {
    dictionary: Dictionary,
}

impl Names for Fields {
    fn field(&self, name: &str) -> Option<FieldRef> {
        let slot = |position: usize| u16::try_from(position).unwrap();
        if let Some(position) = NUMBERS.iter().position(|field| field.0 == name) {
            return Some(FieldRef::Number { slot: slot(position), scale: NUMBERS[position].1 });
        }
        if let Some(position) = DATES.iter().position(|field| field.0 == name) {
            return Some(FieldRef::Date { slot: slot(position) });
        }
        WORDS.iter().position(|field| field.0 == name).map(|position| FieldRef::Word(WordRef::Slot(slot(position))))
    }

    fn word(&mut self, literal: &str) -> Word {
        self.dictionary.intern(literal)
    }

    fn known(&self) -> Vec<String> {
        let numbers = NUMBERS.iter().map(|field| field.0);
        numbers
            .chain(WORDS.iter().map(|field| field.0))
            .chain(DATES.iter().map(|field| field.0))
            .map(String::from)
            .collect()
    }
}

/// A row's values, by slot.
#[derive(Clone, Debug)]
struct Values {
    numbers: Vec<i64>,
    dates: Vec<&'static str>,
    words: Vec<&'static str>,
    always: [&'static str; 3],
}

impl Values {
    fn usual() -> Self {
        Self {
            numbers: NUMBERS.iter().map(|field| field.2).collect(),
            dates: DATES.iter().map(|field| field.1).collect(),
            words: WORDS.iter().map(|field| field.1).collect(),
            always: ALWAYS,
        }
    }

    fn word(&self, word: WordRef) -> &'static str {
        match word {
            WordRef::Kind => self.always[0],
            WordRef::Source => self.always[1],
            WordRef::Asset => self.always[2],
            WordRef::Slot(slot) => self.words[usize::from(slot)],
        }
    }

    /// Runs `read` over the values as the second row of a batch, the first one being all zeros.
    fn as_row<T>(&self, fields: &mut Fields, read: impl FnOnce(&Row<'_>) -> T) -> T {
        let numbers: Vec<Vec<i64>> = self.numbers.iter().map(|&value| vec![0, value]).collect();
        let dates: Vec<Vec<Date>> = self.dates.iter().map(|day| vec![Date(0), Date::parse(day).unwrap()]).collect();
        for word in self.words.iter().chain(&self.always) {
            fields.dictionary.intern(word);
        }
        let words = |word| fields.dictionary.find(self.word(word)).unwrap();
        read(&Row { numbers: &numbers, dates: &dates, row: 1, words: &words })
    }
}

/// The value as text: a decimal with all digits of its scale, `true`, `false`, or `overflow`.
fn answer(expression: &Expression, row: &Row<'_>) -> String {
    let answer = match expression.ty() {
        Type::Number => {
            expression.evaluate_number(row).map(|mantissa| Decimal { mantissa, scale: expression.scale() }.to_string())
        }
        Type::Bool => expression.evaluate_condition(row).map(|holds| holds.to_string()),
        other => panic!("{other:?} has no value by itself"),
    };
    answer.unwrap_or_else(|Overflow| "overflow".to_owned())
}

#[track_caller]
fn check(text: &str, expected: &str) {
    let mut fields = Fields::default();
    let expression = parse(text, &mut fields).unwrap_or_else(|fault| panic!("{text}: {fault}"));
    Values::usual().as_row(&mut fields, |row| {
        assert_eq!(answer(&expression, row), expected, "{text}");
        let special = expression.specialise(row.words);
        assert_eq!(answer(&special, row), expected, "specialised: {text}");
        assert_eq!((special.word_refs(), special.ty(), special.scale()), (vec![], expression.ty(), expression.scale()));
    });
}

#[test]
fn numbers_are_exact_at_a_static_scale() {
    check("fare", "1234.50");
    check("fare + count", "1237.50");
    check("(fare - extra) * count", "3702.00");
    check("fare - extra * count", "1233.00");
    check("fare - extra - 1", "1233.00");
    check("fare * extra * 0.1", "61.72500");
    check("-fare * 2", "-2469.00");
    check("- - 7", "7");
    check("12.5", "12.5");
    check("if(fare > 1000, 1, micro)", "1.000000");
    check("if(source = 'cmt', extra - 0.25, extra)", "0.25");
    check("big * big", "85070591730234615847396907784232501249");
    check("big * big * count", "overflow");
    check("2019 - 01 - 01", "2017");
}

#[test]
fn conditions_compare_values_of_one_type() {
    check("fare = 1234.5", "true");
    check("fare <> 1234.500 or fare != 1234.5", "false");
    check("count >= 3 and count <= 3 AND NOT count < 3", "true");
    check("not count = 3 or count > 2", "true");
    check("count = 3 or count = 4 and count = 5", "true");
    check("payment in ('cash', 'card')", "true");
    check("payment Not In ('cash', 'card')", "false");
    check("\"결제 수단\" = 'it''s' and kind = 'trip' and asset = 'USD'", "true");
    check("day between 2019-03-10 and 2019-03-31 and day = 2019-03-10", "true");
    check("day in (until, 2019-03-11)", "false");
    check("if(payment = 'card', day, until) < until", "true");
    check("if(payment = 'card', source, kind) = 'cmt'", "true");
    check("if(count > 2, payment, kind) = 'card'", "true");
    check("if(count > 2, fare > 0, fare < 0)", "true");
    check("count between micro and fare", "true");
}

#[test]
fn what_does_not_fit_is_outweighed_by_what_decides() {
    for unknown in ["big * big * big > 0", "if(big * big * big > 0, 1, 2) = 1", "1 in (big * big * big)"] {
        check(unknown, "overflow");
        check(&format!("not {unknown}"), "overflow");
        check(&format!("{unknown} and payment = 'cash'"), "false");
        check(&format!("payment = 'cash' and {unknown}"), "false");
        check(&format!("{unknown} or payment = 'card'"), "true");
        check(&format!("{unknown} and payment = 'card'"), "overflow");
    }
    check("1 in (big * big * big, 1)", "true");
    check("2 in (big * big * big, 1)", "overflow");
    check("2 between big * big * big and 1", "false");
}

#[track_caller]
fn check_fault(text: &str, line: u32, column: u32, message: &str) {
    let fault = parse(text, &mut Fields::default()).expect_err(text);
    assert_eq!((fault.line, fault.column, fault.message.as_str()), (line, column, message), "{text}");
}

#[test]
fn text_that_is_no_expression_says_where_and_what_to_do() {
    check_fault(" \n ", 2, 2, "the expression is empty; write a field name such as `fare`, or a literal");
    check_fault(
        "fare / 2",
        1,
        6,
        "`/` has no meaning here; there is no division; percentages and shares belong in the `rate` of a term",
    );
    check_fault("fare == 2", 1, 6, "`==` has no meaning here; write `=`");
    check_fault("!fare", 1, 1, "`!` has no meaning here; write `not` or `<>`");
    check_fault(
        "12e5",
        1,
        1,
        "`12` runs into `e`; a number is digits with one point, as in `12.5`, a date is `2019-01-31`",
    );
    check_fault("1.", 1, 1, "digits are missing behind the point; write `1`");
    check_fault("0.1234567890123456789", 1, 1, "the number has more than 18 digits behind the point; shorten it");
    check_fault(&"9".repeat(40), 1, 1, "the number has more than 38 digits; shorten it");
    check_fault("day = 2019-02-30", 1, 7, "there is no day 2019-02-30; write differences with spaces around `-`");
    check_fault("payment = 'card", 1, 11, "the quote ' is never closed; put ' at the end of the name or word");
    check_fault("결제 = 1", 1, 1, "`결` cannot be in a plain name; write the name in double quotes, as in \"결…\"");
    check_fault("fare + ※", 1, 8, "the character '※' has no meaning here; remove it");
    check_fault("fare + ", 1, 8, "a value was expected, not the end of the text; write a field name or a literal");
    check_fault("fare extra", 1, 6, "an operator was expected, not `extra`; join the parts with one");
    check_fault("fare)", 1, 5, "this `)` closes nothing; remove it or open it before");
    check_fault("(fare", 1, 6, "`)` was expected to close the parenthesis, not the end of the text");
    check_fault("1 < count < 3", 1, 11, "comparisons cannot be chained; join two of them with `and`");
    check_fault("count not = 3", 1, 11, "`in` was expected after `not`, not `=`");
    check_fault("if(count = 1, 2)", 1, 16, "`,` was expected in `if(condition, value, other value)`, not `)`");
    check_fault("count between 1, 2", 1, 16, "`and` was expected between the two bounds of `between`, not `,`");
}

#[test]
fn parts_of_the_wrong_type_are_named() {
    check_fault("Fares + 1", 1, 1, "there is no field `Fares`; did you mean `fare`?");
    check_fault("\"결제수단\" = 'x'", 1, 1, "there is no field `결제수단`; did you mean `결제 수단`?");
    check_fault(
        "payment =\n  \"voucher\"",
        2,
        3,
        "there is no field `voucher`; if it is a word, write it in single quotes: 'voucher'",
    );
    check_fault(
        "whatever",
        1,
        1,
        "there is no field `whatever`; use one of fare, extra, count, micro, big, payment, 결제 수단, day, …",
    );
    check_fault("payment = 1", 1, 11, "a word is compared with a number, this one; write it as a word: '1'");
    check_fault("count = '1'", 1, 9, "a number is compared with a word, this one; write it without quotes: 1");
    check_fault(
        "day between 2019-01-01 and 5",
        1,
        28,
        "a date is compared with a number, this one; compare values of one type",
    );
    check_fault("payment < 'x'", 1, 1, "words have no order; use `=`, `<>` or `in`");
    check_fault(
        "(count = 1) = (count = 2)",
        1,
        1,
        "a condition is not compared; use it as it is, with `and`, `or` or `not`",
    );
    check_fault("fare and count = 1", 1, 1, "`and` needs a condition, but this is a number; compare it with something");
    check_fault("fare - day", 1, 8, "`-` needs numbers, but this is a date; use a number field here");
    check_fault(
        "2 * (count = 1)",
        1,
        5,
        "`*` needs numbers, but this is a condition; write `if(condition, 1, 0)` to count with it",
    );
    check_fault(
        "if(count = 1, 2, 'x')",
        1,
        18,
        "both values of `if` must be of one type, but the first is a number and this is a word",
    );
    check_fault(
        "micro * micro * micro * 0.1",
        1,
        25,
        "with this factor the product has 19 digits behind the point, at most 18 are allowed; multiply fewer fields, or \
         move a fixed factor into the `rate` of a term",
    );
    let fault = parse_number(" fare > 1", &mut Fields::default()).unwrap_err().to_string();
    assert_eq!(fault, "line 1, column 2: a number such as `fare + tip` is needed here, but this is a condition");
    let fault = parse_condition("fare", &mut Fields::default()).unwrap_err().to_string();
    assert_eq!(fault, "line 1, column 1: a condition such as `fare > 0` is needed here, but this is a number");
}

#[test]
fn length_and_depth_are_bounded() {
    let nested = |open: &str, core: &str, close: &str, depth: usize| {
        let text = [open.repeat(depth), core.to_owned(), close.repeat(depth)].concat();
        parse(&text, &mut Fields::default()).map_err(|fault| (fault.column, fault.message))
    };
    for (open, core, close) in
        [("(", "1", ")"), ("-", "1", ""), ("not ", "1 = 1", ""), ("if(1=1,1,", "1", ")"), ("1+(", "1", ")")]
    {
        assert!(nested(open, core, close, DEPTH_MAX).is_ok(), "{open}");
        for depth in [DEPTH_MAX + 1, 4_000 / (open.len() + close.len())] {
            let (_, message) = nested(open, core, close, depth).expect_err(open);
            assert_eq!(message, "the expression nests deeper than 64 levels; flatten it or split it", "{open}");
        }
    }
    check(&format!("1{}", "+1".repeat(2_047)), "2048");
    check(&format!("1=1{}", " and 1=1".repeat(500)), "true");
    let message = "the expression has 4097 bytes, at most 4096 are allowed; split it";
    check_fault(&format!("1{}", " ".repeat(4_096)), 1, 4_097, message);
}

#[test]
fn fields_are_listed_and_specialising_leaves_what_is_needed() {
    let mut fields = Fields::default();
    let text = "if(source = 'cmt' and payment in ('x', 'card'), fare * count - extra, if(day = until, big, micro))";
    let expression = parse_number(text, &mut fields).unwrap();
    assert_eq!(expression.word_refs(), [WordRef::Source, WordRef::Slot(0)]);
    assert_eq!((expression.number_slots(), expression.date_slots()), (vec![0, 1, 2, 3, 4], vec![0, 1]));
    assert_eq!((expression.scale(), expression.sum_of_products()), (6, None));
    Values::usual().as_row(&mut fields, |row| {
        let special = expression.specialise(row.words);
        assert_eq!((special.number_slots(), special.date_slots(), special.text()), (vec![0, 1, 2], vec![], text));
        let products = special.sum_of_products().unwrap();
        let products: Vec<_> = products.iter().map(|product| (product.coefficient, product.slots())).collect();
        assert_eq!(products, [(-10_000, [1].as_slice()), (10_000, [0, 2].as_slice())]);
    });
    for (text, expected) in
        [("source = 'cmt' and fare > 0", None), ("source = 'x' and fare > 0", Some(false)), ("1 < 2", Some(true))]
    {
        let condition = parse_condition(text, &mut fields).unwrap();
        let special = Values::usual().as_row(&mut fields, |row| condition.specialise(row.words));
        assert_eq!(special.as_constant_condition(), expected, "{text}");
    }
}

#[track_caller]
fn check_products(text: &str, expected: Option<&[(i128, &[u16])]>) {
    let products = parse_number(text, &mut Fields::default()).unwrap().sum_of_products();
    let found = products.as_ref().map(|all| all.iter().map(|one| (one.coefficient, one.slots())).collect::<Vec<_>>());
    assert_eq!(found.as_deref(), expected, "{text}");
}

#[test]
fn sums_of_products_are_multiplied_out_and_merged() {
    check_products("1", Some(&[(1, &[])]));
    check_products("fare - fare + 0", Some(&[]));
    check_products("fare + count", Some(&[(1, &[0]), (100, &[2])]));
    check_products("(fare - extra) * (fare + extra)", Some(&[(1, &[0, 0]), (-1, &[1, 1])]));
    check_products("-(2 * count) * big * count", Some(&[(-2, &[2, 2, 4])]));
    check_products("count * count * count * count", None);
    check_products("if(fare > 0, fare, 0)", None);
}

#[track_caller]
fn check_explanation(text: &str, expected: &str) {
    let mut fields = Fields::default();
    let expression = parse_number(text, &mut fields).unwrap();
    let found = Values::usual().as_row(&mut fields, |row| expression.explain_number(row));
    assert_eq!(found.as_deref(), Ok(expected), "{text}");
}

#[test]
fn explanations_are_arithmetic_with_the_values_put_in() {
    check_explanation("(fare - extra) * count", "(1234.50 - 0.50) * 3");
    check_explanation("if(payment = 'card', fare + micro, 0) - (extra - 1)", "(1234.50 + 0.000001) - (0.50 - 1)");
    check_explanation("-(fare * count) + 2", "(-(1234.50 * 3)) + 2");
    check_explanation("-fare * count", "(-1234.50) * 3");
    check_explanation("extra", "0.50");
}

/// An expression of the property tests and how it is read naively: every operator enclosed, every part evaluated.
#[derive(Clone, Debug)]
enum Sample {
    Literal(&'static str),
    Field(usize),
    Sum(Box<Sample>, bool, Box<Sample>),
    Product(Box<Sample>, Box<Sample>),
    If(Box<Question>, Box<Sample>, Box<Sample>),
}

#[derive(Clone, Debug)]
enum Question {
    Numbers(Sample, &'static str, Sample),
    NumberIn(Sample, Vec<Sample>),
    Word(&'static str, WordRef, bool, Vec<&'static str>),
    Day(&'static str, &'static str),
    Not(Box<Question>),
    Both(Box<Question>, &'static str, Box<Question>),
}

impl Sample {
    fn text(&self) -> String {
        match self {
            Self::Literal(text) => (*text).to_owned(),
            Self::Field(slot) => NUMBERS[*slot].0.to_owned(),
            Self::Sum(left, negative, right) => {
                format!("({} {} {})", left.text(), if *negative { "-" } else { "+" }, right.text())
            }
            Self::Product(left, right) => format!("({} * {})", left.text(), right.text()),
            Self::If(question, then, otherwise) => {
                format!("if({}, {}, {})", question.text(), then.text(), otherwise.text())
            }
        }
    }

    /// Eight factors below 100 with two digits each: always fits.
    fn value(&self, row: &Values) -> Decimal {
        match self {
            Self::Literal(text) => parse_decimal(text.as_bytes()).unwrap(),
            Self::Field(slot) => Decimal { mantissa: row.numbers[*slot].into(), scale: NUMBERS[*slot].1 },
            Self::Sum(left, negative, right) => {
                let (left, right) = (left.value(row), right.value(row));
                let scale = left.scale.max(right.scale);
                let (left, right) = (left.units_at(scale).unwrap(), right.units_at(scale).unwrap());
                Decimal { mantissa: if *negative { left - right } else { left + right }, scale }
            }
            Self::Product(left, right) => {
                let (left, right) = (left.value(row), right.value(row));
                Decimal { mantissa: left.mantissa * right.mantissa, scale: left.scale + right.scale }
            }
            Self::If(question, then, otherwise) => if question.holds(row) { then } else { otherwise }.value(row),
        }
    }
}

impl Question {
    fn text(&self) -> String {
        match self {
            Self::Numbers(left, relation, right) => format!("{} {relation} {}", left.text(), right.text()),
            Self::NumberIn(value, items) => {
                let items: Vec<_> = items.iter().map(Sample::text).collect();
                format!("{} in ({})", value.text(), items.join(", "))
            }
            Self::Word(name, _, inside, items) => {
                format!("{name} {}in ('{}')", if *inside { "" } else { "not " }, items.join("', '"))
            }
            Self::Day(low, high) => format!("day between {low} and {high}"),
            Self::Not(question) => format!("not ({})", question.text()),
            Self::Both(left, joint, right) => format!("({} {joint} {})", left.text(), right.text()),
        }
    }

    fn holds(&self, row: &Values) -> bool {
        match self {
            Self::Numbers(left, relation, right) => {
                let order = compare(left, right, row);
                match *relation {
                    "=" => order.is_eq(),
                    "<>" => order.is_ne(),
                    "<" => order.is_lt(),
                    "<=" => order.is_le(),
                    ">" => order.is_gt(),
                    _ => order.is_ge(),
                }
            }
            Self::NumberIn(value, items) => items.iter().any(|item| compare(value, item, row).is_eq()),
            Self::Word(_, word, inside, items) => items.contains(&row.word(*word)) == *inside,
            Self::Day(low, high) => (*low..=*high).contains(&row.dates[0]),
            Self::Not(question) => !question.holds(row),
            Self::Both(left, joint, right) => {
                let (left, right) = (left.holds(row), right.holds(row));
                if *joint == "and" { left && right } else { left || right }
            }
        }
    }
}

fn compare(left: &Sample, right: &Sample, row: &Values) -> std::cmp::Ordering {
    let (left, right) = (left.value(row), right.value(row));
    let scale = left.scale.max(right.scale);
    left.units_at(scale).unwrap().cmp(&right.units_at(scale).unwrap())
}

const DAYS: [&str; 3] = ["2019-02-28", "2019-03-01", "2020-02-29"];

fn samples() -> BoxedStrategy<Sample> {
    let leaf = prop_oneof![
        prop::sample::select(vec!["0", "1", "2.5", "0.75", "99"]).prop_map(Sample::Literal),
        (0..3_usize).prop_map(Sample::Field),
    ];
    leaf.prop_recursive(3, 24, 2, |inner| {
        let question = questions(inner.clone().boxed());
        prop_oneof![
            (inner.clone(), any::<bool>(), inner.clone()).prop_map(|(left, negative, right)| Sample::Sum(
                left.into(),
                negative,
                right.into()
            )),
            (inner.clone(), inner.clone()).prop_map(|(left, right)| Sample::Product(left.into(), right.into())),
            (question, inner.clone(), inner).prop_map(|(asked, then, otherwise)| Sample::If(
                asked.into(),
                then.into(),
                otherwise.into()
            )),
        ]
    })
    .boxed()
}

fn questions(numbers: BoxedStrategy<Sample>) -> impl Strategy<Value = Question> {
    let words = vec![("payment", WordRef::Slot(0)), ("kind", WordRef::Kind), ("source", WordRef::Source)];
    let leaf = prop_oneof![
        (numbers.clone(), prop::sample::select(vec!["=", "<>", "<", "<=", ">", ">="]), numbers.clone())
            .prop_map(|(left, relation, right)| Question::Numbers(left, relation, right)),
        (numbers.clone(), prop::collection::vec(numbers, 1..3))
            .prop_map(|(value, items)| Question::NumberIn(value, items)),
        (prop::sample::select(words), any::<bool>(), prop::sample::subsequence(vec!["a", "b", "c"], 1..3))
            .prop_map(|((name, word), inside, items)| Question::Word(name, word, inside, items)),
        (prop::sample::select(&DAYS), prop::sample::select(&DAYS)).prop_map(|(low, high)| Question::Day(low, high)),
    ];
    leaf.prop_recursive(2, 6, 2, |inner| {
        prop_oneof![
            inner.clone().prop_map(|question| Question::Not(question.into())),
            (inner.clone(), prop::sample::select(vec!["and", "or"]), inner)
                .prop_map(|(left, joint, right)| Question::Both(left.into(), joint, right.into())),
        ]
    })
}

fn rows() -> impl Strategy<Value = Values> {
    let word = || prop::sample::select(vec!["a", "b", "c"]);
    let numbers = prop::collection::vec(-99..100_i64, NUMBERS.len());
    (numbers, prop::sample::select(&DAYS), word(), word(), word()).prop_map(|(numbers, day, payment, kind, source)| {
        Values { numbers, dates: vec![day, day], words: vec![payment, ""], always: [kind, source, "USD"] }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn numbers_mean_what_a_naive_reading_means(sample in samples(), values in rows()) {
        let mut fields = Fields::default();
        let text = sample.text();
        let expression = parse_number(&text, &mut fields).unwrap();
        let expected = sample.value(&values).units_at(expression.scale());
        values.as_row(&mut fields, |row| {
            let value = expression.evaluate_number(row);
            prop_assert_eq!(value, Ok(expected.unwrap()), "{}", text);
            let special = expression.specialise(row.words);
            prop_assert_eq!(special.evaluate_number(row), value, "specialised: {}", text);
            prop_assert_eq!((special.word_refs(), special.scale()), (vec![], expression.scale()));
            if let Some(products) = special.sum_of_products() {
                let sum: i128 = products.iter().map(|product| product.evaluate(row).unwrap()).sum();
                prop_assert_eq!(Ok(sum), value, "products: {}", text);
            }
            for explained in [&expression, &special].map(|one| one.explain_number(row).unwrap()) {
                let again = parse_number(&explained, &mut Fields::default()).unwrap();
                let units = again.evaluate_number(row).unwrap();
                let units = Decimal { mantissa: units, scale: again.scale() }.units_at(expression.scale()).unwrap();
                prop_assert_eq!(Ok(units), value, "{}: {}", text, explained);
            }
            Ok(())
        })?;
    }

    #[test]
    fn conditions_mean_what_a_naive_reading_means(question in questions(samples()), values in rows()) {
        let mut fields = Fields::default();
        let text = question.text();
        let expression = parse_condition(&text, &mut fields).unwrap();
        values.as_row(&mut fields, |row| {
            let expected = question.holds(&values);
            prop_assert_eq!(expression.evaluate_condition(row), Ok(expected), "{}", text);
            let special = expression.specialise(row.words);
            prop_assert_eq!(special.evaluate_condition(row), Ok(expected), "specialised: {}", text);
            prop_assert!(special.as_constant_condition().is_none_or(|constant| constant == expected), "{}", text);
            Ok(())
        })?;
    }

    #[test]
    fn garbage_is_a_fault_within_the_text(
        text in prop_oneof![
            "\\PC{0,60}",
            prop::collection::vec(
                prop::sample::select(vec![
                    "fare", "payment", "day", "\"결제 수단\"", "'card'", "12.5", "2019-01-01", "2019-13-01", "and ", "or ",
                    "not ", "in ", "between ", "if(", "(", ")", ",", "+", "-", "*", "=", "<", "<>", " ", "\n", "'", "\"", ".",
                ]),
                0..40,
            ).prop_map(|parts| parts.concat()),
        ],
    ) {
        if let Err(fault) = parse(&text, &mut Fields::default()) {
            let line = text.split('\n').nth(fault.line as usize - 1).expect("a line of the text");
            prop_assert!(fault.column as usize <= line.chars().count() + 1, "{}: {}", text, fault);
        }
    }
}
