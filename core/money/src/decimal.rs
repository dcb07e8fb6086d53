//! Exact decimal numbers and the one way digits become one: no exponent, no grouping, ASCII digits only.

use std::fmt;

/// The most digits behind the point that a number may carry.
pub const SCALE_MAX: u8 = 18;

/// An exact number: `mantissa / 10^scale`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Decimal {
    /// All digits as one integer.
    pub mantissa: i128,
    /// How many of them stand behind the point; at most 38.
    pub scale: u8,
}

/// Why bytes are not a number of ours. The order is the order of checks.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum NumberFault {
    /// Nothing there.
    Empty,
    /// A byte that is no ASCII digit, sign or point: exponents, `NaN`, grouping commas, digits of other scripts.
    Character,
    /// More than [`SCALE_MAX`] digits behind the point, or more than the field declares, that are not zero.
    Scale,
    /// The magnitude reaches [`crate::AMOUNT_BOUND`] at the field's scale, or its digits do not fit 128 bits.
    TooLarge,
}

/// `10^exponent`, or nothing where it does not fit `i128`.
#[inline]
#[must_use]
pub const fn power_of_ten(exponent: u8) -> Option<i128> {
    if exponent > 38 { None } else { Some(POWERS[exponent as usize]) }
}

const POWERS: [i128; 39] = {
    let mut powers = [1_i128; 39];
    let mut exponent = 1;
    while exponent < 39 {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// Reads an exact decimal such as `-12.50`. A leading `+` and a missing digit on one side of the point are accepted.
///
/// # Errors
/// The first [`NumberFault`] in order of checks.
pub fn parse_decimal(text: &[u8]) -> Result<Decimal, NumberFault> {
    let (negative, digits) = split_sign(text);
    let (mut mantissa, mut scale, mut count, mut pointed) = (0_i128, 0_u8, 0_usize, false);
    for &byte in digits {
        match byte {
            b'0'..=b'9' => {
                let longer = mantissa.checked_mul(10).and_then(|value| value.checked_add(i128::from(byte - b'0')));
                let Some(longer) = longer else { return Err(fault_of_long(digits)) };
                mantissa = longer;
                count += 1;
                scale += u8::from(pointed);
                if scale > SCALE_MAX {
                    return Err(fault_of_long(digits));
                }
            }
            b'.' if !pointed => pointed = true,
            _ => return Err(NumberFault::Character),
        }
    }
    if count == 0 {
        return Err(if text.is_empty() { NumberFault::Empty } else { NumberFault::Character });
    }
    Ok(Decimal { mantissa: if negative { -mantissa } else { mantissa }, scale })
}

/// Why more digits than fit are no number: what stands behind them may be none at all.
#[cold]
fn fault_of_long(digits: &[u8]) -> NumberFault {
    let mut parts = digits.split(|&byte| byte == b'.');
    let (whole, behind) = (parts.next().unwrap_or_default(), parts.next().unwrap_or_default());
    let are_digits = |part: &[u8]| part.iter().all(u8::is_ascii_digit);
    if parts.next().is_some() || !are_digits(whole) || !are_digits(behind) {
        return NumberFault::Character;
    }
    if behind.len() > SCALE_MAX as usize { NumberFault::Scale } else { NumberFault::TooLarge }
}

/// Reads a decimal as an integer at `scale`: `12.5` at scale 2 is 1250. Zeros beyond the scale are accepted, up to
/// [`SCALE_MAX`] digits in all.
///
/// # Errors
/// The first [`NumberFault`] in order of checks; [`NumberFault::Scale`] where a digit beyond `scale` is not zero.
#[inline]
pub fn parse_units(text: &[u8], scale: u8) -> Result<i64, NumberFault> {
    let (negative, digits) = split_sign(text);
    // Up to 17 digits and 9 more of scale can be summed without a check in 64 bits only while short: keep to 18 in all.
    let (mut value, mut count, mut behind) = (0_u64, 0_usize, 0_usize);
    let mut pointed = false;
    if digits.len() + scale as usize > 18 {
        return parse_units_wide(text, scale);
    }
    for &byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit < 10 {
            if pointed {
                behind += 1;
                if behind > scale as usize {
                    if digit != 0 {
                        return fault_after(text);
                    }
                    continue;
                }
            }
            value = value * 10 + u64::from(digit);
            count += 1;
        } else if byte == b'.' && !pointed {
            pointed = true;
        } else {
            return Err(NumberFault::Character);
        }
    }
    if count + behind == 0 {
        return Err(if text.is_empty() { NumberFault::Empty } else { NumberFault::Character });
    }
    let missing = (scale as usize).saturating_sub(behind);
    let units = (value * SMALL_POWERS[missing]).cast_signed();
    Ok(if negative { -units } else { units })
}

const SMALL_POWERS: [u64; 19] = {
    let mut powers = [1_u64; 19];
    let mut exponent = 1;
    while exponent < 19 {
        powers[exponent] = powers[exponent - 1] * 10;
        exponent += 1;
    }
    powers
};

/// A digit beyond the scale is a fault of scale only if the whole text is a number at all.
#[cold]
fn fault_after(text: &[u8]) -> Result<i64, NumberFault> {
    Err(parse_decimal(text).err().unwrap_or(NumberFault::Scale))
}

#[cold]
fn parse_units_wide(text: &[u8], scale: u8) -> Result<i64, NumberFault> {
    let number = parse_decimal(text)?;
    let units = number.units_at(scale)?;
    if units.unsigned_abs() >= u128::from(crate::AMOUNT_BOUND.unsigned_abs()) {
        return Err(NumberFault::TooLarge);
    }
    i64::try_from(units).map_err(|_| NumberFault::TooLarge)
}

const fn split_sign(text: &[u8]) -> (bool, &[u8]) {
    match text {
        [b'-', rest @ ..] => (true, rest),
        [b'+', rest @ ..] => (false, rest),
        _ => (false, text),
    }
}

impl Decimal {
    /// The integer at another scale, where no digit is lost.
    ///
    /// # Errors
    /// [`NumberFault::Scale`] where a digit that is not zero would be lost, [`NumberFault::TooLarge`] on overflow.
    pub fn units_at(self, scale: u8) -> Result<i128, NumberFault> {
        if scale >= self.scale {
            let power = power_of_ten(scale - self.scale).ok_or(NumberFault::TooLarge)?;
            return self.mantissa.checked_mul(power).ok_or(NumberFault::TooLarge);
        }
        let power = power_of_ten(self.scale - scale).ok_or(NumberFault::TooLarge)?;
        if self.mantissa % power != 0 {
            return Err(NumberFault::Scale);
        }
        Ok(self.mantissa / power)
    }

    /// The same number with as few digits behind the point as say it exactly, but not fewer than `digits` where that fits.
    #[must_use]
    pub fn shortened(mut self, digits: u8) -> Self {
        while self.scale > digits && self.mantissa % 10 == 0 {
            self = Self { mantissa: self.mantissa / 10, scale: self.scale - 1 };
        }
        if self.scale < digits
            && let Ok(mantissa) = self.units_at(digits)
        {
            return Self { mantissa, scale: digits };
        }
        self
    }
}

/// Prints all digits of the scale: `12.50`, `-0.05`, `7`.
impl fmt::Display for Decimal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.scale == 0 {
            return write!(out, "{}", self.mantissa);
        }
        let power = power_of_ten(self.scale).map_or(u128::MAX, i128::unsigned_abs);
        let (magnitude, sign) = (self.mantissa.unsigned_abs(), if self.mantissa < 0 { "-" } else { "" });
        write!(out, "{sign}{}.{:0width$}", magnitude / power, magnitude % power, width = self.scale as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(text: &str, scale: u8, expected: Result<i64, NumberFault>) {
        assert_eq!(parse_units(text.as_bytes(), scale), expected, "{text} at {scale}");
        assert_eq!(parse_units_wide(text.as_bytes(), scale), expected, "wide: {text} at {scale}");
    }

    #[test]
    fn numbers_are_read_digit_by_digit() {
        check("0", 0, Ok(0));
        check("12.5", 2, Ok(1250));
        check("-12.50", 2, Ok(-1250));
        check("+3", 0, Ok(3));
        check(".5", 1, Ok(5));
        check("5.", 1, Ok(50));
        check("1.000", 0, Ok(1));
        check("-0", 2, Ok(0));
        check("999999999999999999", 0, Ok(999_999_999_999_999_999));
        check("1000000000000000000", 0, Err(NumberFault::TooLarge));
        check("9999999999999999.999", 3, Err(NumberFault::TooLarge));
        check("1.001", 2, Err(NumberFault::Scale));
    }

    #[test]
    fn what_is_no_number_is_refused() {
        for text in ["1e400", "NaN", "٣", "1,234.5", "1.2.3", "--1", "-", ".", "0x10", " 1", "∞", "1.5x", "1.009x"] {
            check(text, 2, Err(NumberFault::Character));
        }
        check("", 2, Err(NumberFault::Empty));
        check("1234567890123456789012345678901234567890", 0, Err(NumberFault::TooLarge));
        for tail in ["x", ".5.", "e9"] {
            check(&format!("1234567890123456789012345678901234567890{tail}"), 0, Err(NumberFault::Character));
            check(&format!("0.1234567890123456789{tail}"), 0, Err(NumberFault::Character));
        }
        check("0.1234567890123456789", 0, Err(NumberFault::Scale));
        check("1.000000000000000000", 0, Ok(1));
        check("1.0000000000000000000", 0, Err(NumberFault::Scale));
    }

    #[test]
    fn decimals_print_as_they_are_read() {
        for text in ["12.50", "-0.05", "7", "0.000001", "-123456789012345678901234567890.12"] {
            assert_eq!(parse_decimal(text.as_bytes()).unwrap().to_string(), text);
        }
    }
}
