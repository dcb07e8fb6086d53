//! Amounts as text, digit by digit from integers: `-1234.50`, or `-1,234.50` where people read it.

use money::Decimal;

/// The most bytes an `i64` amount takes: 20 digits, sign, point.
const AMOUNT_BYTES_MAX: usize = 24;

/// All two-digit numbers one after the other: halves the divisions.
const PAIRS: &[u8; 200] = b"0001020304050607080910111213141516171819\
2021222324252627282930313233343536373839\
4041424344454647484950515253545556575859\
6061626364656667686970717273747576777879\
8081828384858687888990919293949596979899";

/// Appends whole units of an asset with `digits` minor digits; Θ(digits) without allocation but that of `out`.
///
/// `digits` is at most [`money::DIGITS_MAX`], so that a leading zero and the point always fit.
#[inline]
pub(crate) fn push_amount(out: &mut Vec<u8>, units: i64, digits: u8) {
    let mut bytes = [b'0'; AMOUNT_BYTES_MAX];
    let mut at = AMOUNT_BYTES_MAX;
    let mut rest = units.unsigned_abs();
    if digits > 0 {
        for _ in 0..digits {
            at -= 1;
            bytes[at] = b'0' + (rest % 10) as u8;
            rest /= 10;
        }
        at -= 1;
        bytes[at] = b'.';
    }
    while rest >= 100 {
        let pair = (rest % 100) as usize * 2;
        rest /= 100;
        at -= 2;
        bytes[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    }
    if rest >= 10 {
        let pair = rest as usize * 2;
        at -= 2;
        bytes[at..at + 2].copy_from_slice(&PAIRS[pair..pair + 2]);
    } else {
        at -= 1;
        bytes[at] = b'0' + rest as u8;
    }
    if units < 0 {
        at -= 1;
        bytes[at] = b'-';
    }
    out.extend_from_slice(&bytes[at..]);
}

/// Whole units as text.
pub(crate) fn amount(units: i128, digits: u8) -> String {
    Decimal { mantissa: units, scale: digits }.to_string()
}

/// As [`amount`], with commas between thousands.
pub(crate) fn grouped(units: i128, digits: u8) -> String {
    let plain = amount(units, digits);
    let (sign, magnitude) = plain.strip_prefix('-').map_or(("", plain.as_str()), |rest| ("-", rest));
    let (whole, fraction) = magnitude.find('.').map_or((magnitude, ""), |point| magnitude.split_at(point));
    let mut text = String::with_capacity(plain.len() * 4 / 3 + 1);
    text.push_str(sign);
    for (position, digit) in whole.chars().enumerate() {
        if position > 0 && (whole.len() - position) % 3 == 0 {
            text.push(',');
        }
        text.push(digit);
    }
    text.push_str(fraction);
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(units: i64, digits: u8, expected: &str, expected_grouped: &str) {
        let mut out = b"=".to_vec();
        push_amount(&mut out, units, digits);
        assert_eq!(String::from_utf8(out).unwrap(), format!("={expected}"));
        assert_eq!(amount(i128::from(units), digits), expected);
        assert_eq!(grouped(i128::from(units), digits), expected_grouped);
    }

    #[test]
    fn amounts_print_all_digits_of_their_asset() {
        check(0, 0, "0", "0");
        check(0, 2, "0.00", "0.00");
        check(-5, 2, "-0.05", "-0.05");
        check(100, 2, "1.00", "1.00");
        check(99, 0, "99", "99");
        check(100, 0, "100", "100");
        check(-123_456, 0, "-123456", "-123,456");
        check(12_433_481, 2, "124334.81", "124,334.81");
        check(1, 9, "0.000000001", "0.000000001");
        check(-999_999_999_999_999_999, 0, "-999999999999999999", "-999,999,999,999,999,999");
        check(i64::MIN, 9, "-9223372036.854775808", "-9,223,372,036.854775808");
    }
}
