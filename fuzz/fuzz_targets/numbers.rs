//! Decimals, whole units and rates against a naive reading of the same text, digit string by digit string.
//!
//! The first byte is the scale of the field, the rest the text.

#![no_main]

use libfuzzer_sys::fuzz_target;
use money::{NumberFault, Rate, RateFault, SCALE_MAX, parse_decimal, parse_units};

fuzz_target!(|bytes: &[u8]| {
    let Some((&first, text)) = bytes.split_first() else { return };
    let scale = first % (SCALE_MAX + 1);
    check_decimal(text);
    check_units(text, scale);
    if let Ok(text) = std::str::from_utf8(text) {
        check_rate(text);
    }
});

/// A number as its digits stand in the text; no leading zeros in `whole`.
struct Digits {
    negative: bool,
    whole: String,
    behind: String,
}

/// The digits of a text that is a number; else whether it is empty or has a wrong character.
fn digits_of(text: &[u8]) -> Result<Digits, NumberFault> {
    if text.is_empty() {
        return Err(NumberFault::Empty);
    }
    let text = std::str::from_utf8(text).map_err(|_| NumberFault::Character)?;
    let unsigned = text.strip_prefix(['+', '-']).unwrap_or(text);
    let (whole, behind) = unsigned.split_once('.').unwrap_or((unsigned, ""));
    let is_number = (whole.len() + behind.len() > 0)
        && whole.chars().chain(behind.chars()).all(|character: char| character.is_ascii_digit());
    if !is_number {
        return Err(NumberFault::Character);
    }
    let whole = whole.trim_start_matches('0').to_owned();
    Ok(Digits { negative: text.starts_with('-'), whole, behind: behind.to_owned() })
}

impl Digits {
    /// The integer of all digits; none where it is beyond 128 bits.
    fn mantissa(&self) -> Option<i128> {
        let digits = format!("{}{}", self.whole, self.behind);
        let digits = digits.trim_start_matches('0');
        let mantissa = if digits.is_empty() { 0 } else { digits.parse::<i128>().ok()? };
        Some(if self.negative { -mantissa } else { mantissa })
    }

    /// The digits at a scale as one string without leading zeros; none where one would be lost that is not zero.
    fn at_scale(&self, scale: usize) -> Option<String> {
        let kept = self.behind.get(..scale.min(self.behind.len()))?;
        if self.behind[kept.len()..].chars().any(|digit| digit != '0') {
            return None;
        }
        let all = format!("{}{kept}{}", self.whole, "0".repeat(scale - kept.len()));
        Some(all.trim_start_matches('0').to_owned())
    }
}

fn check_decimal(text: &[u8]) {
    let read = parse_decimal(text);
    let digits = match digits_of(text) {
        Ok(digits) => digits,
        Err(fault) => return assert_eq!(read, Err(fault)),
    };
    if digits.behind.len() > usize::from(SCALE_MAX) {
        return assert_eq!(read, Err(NumberFault::Scale));
    }
    let Some(mantissa) = digits.mantissa() else { return assert_eq!(read, Err(NumberFault::TooLarge)) };
    let read = read.expect("a number that fits is read");
    assert_eq!((read.mantissa, usize::from(read.scale)), (mantissa, digits.behind.len()));
    assert_eq!(parse_decimal(read.to_string().as_bytes()), Ok(read), "what is printed is read again");
}

fn check_units(text: &[u8], scale: u8) {
    let read = parse_units(text, scale);
    let digits = match digits_of(text) {
        Ok(digits) => digits,
        Err(fault) => return assert_eq!(read, Err(fault)),
    };
    if digits.mantissa().is_none() && read == Err(NumberFault::TooLarge) {
        // Beyond 128 bits nobody asks whether its last digits fit the scale.
        return;
    }
    let is_fine = digits.behind.len() <= usize::from(SCALE_MAX);
    let Some(units) = digits.at_scale(usize::from(scale)).filter(|_| is_fine) else {
        return assert_eq!(read, Err(NumberFault::Scale));
    };
    // Below 10^18 are 18 digits.
    if units.len() > 18 {
        return assert_eq!(read, Err(NumberFault::TooLarge));
    }
    let magnitude: i64 = if units.is_empty() { 0 } else { units.parse().expect("18 digits fit") };
    assert_eq!(read, Ok(if digits.negative { -magnitude } else { magnitude }));
}

fn check_rate(text: &str) {
    let read = Rate::parse(text);
    let text = text.trim();
    let expected = match text.split_once('/') {
        Some((upper, lower)) => whole(upper).and_then(|upper| fraction(&upper, &whole(lower)?)),
        None => decimal_rate(text),
    };
    let fractions = read.map(|rate| (rate.numerator(), rate.denominator()));
    assert_eq!(fractions, expected);
    if let Ok(rate) = read {
        assert_eq!(Rate::parse(&rate.to_string()), Ok(rate), "what is printed is read again");
    }
}

/// The digits of a whole number with its sign.
fn whole(text: &str) -> Result<(bool, String), RateFault> {
    let text = text.trim().as_bytes();
    let digits = digits_of(text).map_err(RateFault::Number)?;
    if digits.behind.len() > usize::from(SCALE_MAX) {
        return Err(RateFault::Number(NumberFault::Scale));
    }
    digits.mantissa().ok_or(RateFault::Number(NumberFault::TooLarge))?;
    if !digits.behind.is_empty() {
        return Err(RateFault::Number(NumberFault::Scale));
    }
    // What does not fit an `i64` is refused before anything is said of the lower part.
    if digits.mantissa().is_some_and(|mantissa| i64::try_from(mantissa).is_err()) {
        return Err(RateFault::TooLarge);
    }
    Ok((digits.negative, digits.whole))
}

fn decimal_rate(text: &str) -> Result<(i64, i64), RateFault> {
    let (number, zeros) = text.strip_suffix('%').map_or((text, 0), |number| (number.trim_end(), 2));
    let digits = digits_of(number.as_bytes()).map_err(RateFault::Number)?;
    if digits.behind.len() > usize::from(SCALE_MAX) {
        return Err(RateFault::Number(NumberFault::Scale));
    }
    let Some(mantissa) = digits.mantissa() else { return Err(RateFault::Number(NumberFault::TooLarge)) };
    let upper = mantissa.unsigned_abs().to_string();
    let lower = format!("1{}", "0".repeat(digits.behind.len() + zeros));
    fraction(&(digits.negative, upper), &(false, lower))
}

/// Upper and lower part, both at most 10^10, the lower one above zero.
fn fraction(upper: &(bool, String), lower: &(bool, String)) -> Result<(i64, i64), RateFault> {
    let small = |digits: &str| {
        let digits = digits.trim_start_matches('0');
        let fits = digits.len() <= 10 || digits == "10000000000";
        fits.then(|| if digits.is_empty() { 0 } else { digits.parse::<i64>().expect("11 digits fit") })
    };
    if lower.1.trim_start_matches('0').is_empty() || lower.0 {
        return Err(RateFault::Denominator);
    }
    let (Some(numerator), Some(denominator)) = (small(&upper.1), small(&lower.1)) else {
        return Err(RateFault::TooLarge);
    };
    Ok((if upper.0 { -numerator } else { numerator }, denominator))
}
