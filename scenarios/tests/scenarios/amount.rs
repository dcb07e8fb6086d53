//! Decimal texts as exact numbers, read independently of the program.

/// Digits behind the point that every amount is brought to.
const DIGITS: usize = 12;

/// A decimal in units of 10^-12, so that `1`, `+1.00` and `1.0` are equal.
#[track_caller]
pub(crate) fn units(text: &str) -> i128 {
    let (negative, magnitude) = match text.strip_prefix('-') {
        Some(rest) => (true, rest),
        None => (false, text.strip_prefix('+').unwrap_or(text)),
    };
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits_only = !whole.is_empty() && whole.bytes().chain(fraction.bytes()).all(|byte| byte.is_ascii_digit());
    assert!(digits_only && fraction.len() <= DIGITS, "`{text}` is no decimal");
    let units: i128 = format!("{whole}{fraction:0<DIGITS$}").parse().unwrap();
    if negative { -units } else { units }
}

/// Units as a decimal, without needless zeros.
pub(crate) fn shown(units: i128) -> String {
    let scale = 10_i128.pow(12);
    let fraction = format!("{:0DIGITS$}", (units % scale).abs());
    let text = format!("{}{}.{fraction}", if units < 0 { "-" } else { "" }, (units / scale).abs());
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Whether a percentage (`7.7%`) and a fraction (`77/1000`) are the same rate.
#[track_caller]
pub(crate) fn is_same_rate(percentage: &str, fraction: &str) -> bool {
    let hundredths = units(percentage.strip_suffix('%').unwrap());
    let (upper, lower) = fraction.split_once('/').unwrap_or((fraction, "1"));
    let lower: i128 = lower.parse().unwrap();
    hundredths * lower == units(upper) * 100
}

#[test]
fn decimals_are_equal_by_value() {
    assert_eq!(units("-1.50"), units("-1.5"));
    assert_eq!(["-0.05", "-12.5", "7", "0"].map(|text| shown(units(text))), ["-0.05", "-12.5", "7", "0"]);
    assert_eq!(units("+1.95") + units("0.05"), units("2"));
    assert!(is_same_rate("10%", "10/100") && is_same_rate("7.7%", "77/1000") && !is_same_rate("10%", "1"));
}
