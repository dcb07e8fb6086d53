//! Texts of a book to values of core: ids, dates, instants, exact numbers, rates, roundings, patterns of time.

use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nodes::Value;
use crate::section::Field;
use calendar::{Date, Instant};
use intake::adapter::TimeFormat;
use money::{AMOUNT_BOUND, Decimal, NumberFault, Rate, Rounding, parse_decimal};

/// The longest id, in characters.
const NAME_CHARS_MAX: usize = 100;

/// A rate above this is taken for a percentage without its sign.
const RATE_MAX: i64 = 10;

/// How roundings are written.
pub(crate) const ROUNDINGS: [(&str, Rounding); 6] = [
    ("half_up", Rounding::HalfUp),
    ("half_even", Rounding::HalfEven),
    ("down", Rounding::Down),
    ("up", Rounding::Up),
    ("toward_payee", Rounding::TowardPayee),
    ("floor_ten", Rounding::FloorTen),
];

impl<'a> Field<'a> {
    /// An id that may become the name of accounts and files.
    pub(crate) fn name(&self, findings: &mut Findings) -> Option<&'a str> {
        let text = self.text(findings)?;
        if is_name(text) {
            return Some(text);
        }
        self.fault(FaultKind::NameInvalid { value: text.into() }, findings);
        None
    }

    /// A text that is not blank.
    pub(crate) fn filled_text(&self, findings: &mut Findings) -> Option<&'a str> {
        let text = self.text(findings)?;
        if !text.trim().is_empty() {
            return Some(text);
        }
        let key = self.path.rsplit('.').next().unwrap_or_default();
        self.fault(FaultKind::TextEmpty { key: key.into() }, findings);
        None
    }

    pub(crate) fn date(&self, findings: &mut Findings) -> Option<Date> {
        let text = self.moment(findings)?;
        let date = Date::parse(text);
        if date.is_none() {
            self.fault(FaultKind::DateInvalid { value: text.into() }, findings);
        }
        date
    }

    pub(crate) fn instant(&self, findings: &mut Findings) -> Option<Instant> {
        let text = self.moment(findings)?;
        let instant = Instant::parse_rfc3339(text.as_bytes());
        if instant.is_none() {
            self.fault(FaultKind::InstantInvalid { value: text.into() }, findings);
        }
        instant
    }

    /// A text, or a date or time without quotes, which TOML knows too.
    fn moment(&self, findings: &mut Findings) -> Option<&'a str> {
        if let Value::Moment(text) = &self.node.value { Some(text) } else { self.text(findings) }
    }

    /// A time of day in seconds after midnight.
    pub(crate) fn clock_s(&self, findings: &mut Findings) -> Option<i32> {
        let text = self.text(findings)?;
        let seconds = clock_s(text);
        if seconds.is_none() {
            self.fault(FaultKind::ClockInvalid { value: text.into() }, findings);
        }
        seconds
    }

    /// An exact number: a text, or a whole number without quotes.
    pub(crate) fn decimal(&self, findings: &mut Findings) -> Option<Decimal> {
        let text = match &self.node.value {
            Value::Integer(digits) => digits,
            Value::Float(found) => {
                self.fault(FaultKind::FloatInexact { found: found.as_str().into() }, findings);
                return None;
            }
            _ => self.text(findings)?,
        };
        let number = parse_decimal(text.as_bytes());
        if number.is_err() {
            self.fault(FaultKind::DecimalInvalid { value: text.into() }, findings);
        }
        number.ok()
    }

    /// An amount from zero up as an integer at `scale`.
    pub(crate) fn amount(&self, scale: u8, findings: &mut Findings) -> Option<i64> {
        let units = self.signed_amount(scale, findings)?;
        if units < 0 {
            let value = self.found(findings);
            self.fault(FaultKind::AmountNegative { value }, findings);
            return None;
        }
        Some(units)
    }

    /// An amount of either sign as an integer at `scale`.
    pub(crate) fn signed_amount(&self, scale: u8, findings: &mut Findings) -> Option<i64> {
        let number = self.decimal(findings)?;
        let value: Box<str> = number.to_string().into();
        let units = match number.units_at(scale) {
            Ok(units) => i64::try_from(units).ok().filter(|units| units.unsigned_abs() < AMOUNT_BOUND.unsigned_abs()),
            Err(NumberFault::Scale) => {
                self.fault(FaultKind::DigitsTooMany { value, digits: scale.to_string().into() }, findings);
                return None;
            }
            Err(_) => None,
        };
        if units.is_none() {
            self.fault(FaultKind::AmountTooLarge { value }, findings);
        }
        units
    }

    /// A rate from zero to 1000 %; one above 100 % is worth a warning.
    pub(crate) fn rate(&self, findings: &mut Findings) -> Option<Rate> {
        if let Value::Float(found) = &self.node.value {
            self.fault(FaultKind::FloatInexact { found: found.as_str().into() }, findings);
            return None;
        }
        let text = self.text(findings)?;
        let value: Box<str> = text.into();
        let Ok(rate) = Rate::parse(text) else {
            self.fault(FaultKind::RateInvalid { value }, findings);
            return None;
        };
        let (upper, lower) = (i128::from(rate.numerator()), i128::from(rate.denominator()));
        if upper < 0 {
            self.fault(FaultKind::RateNegative { value }, findings);
            return None;
        }
        if upper > lower * i128::from(RATE_MAX) {
            self.fault(FaultKind::RateTooLarge { value }, findings);
            return None;
        }
        if upper > lower {
            self.warn(FaultKind::RateHigh { value }, findings);
        }
        Some(rate)
    }

    pub(crate) fn rounding(&self, findings: &mut Findings) -> Option<Rounding> {
        self.choice(&ROUNDINGS, findings)
    }

    /// How instants or dates are written in a file.
    pub(crate) fn time_format(&self, findings: &mut Findings) -> Option<TimeFormat> {
        let text = self.text(findings)?;
        let fixed = match text {
            "rfc3339" => Some(TimeFormat::Rfc3339),
            "unix_s" => Some(TimeFormat::UnixSeconds),
            "unix_ms" => Some(TimeFormat::UnixMillis),
            _ => None,
        };
        if fixed.is_some() {
            return fixed;
        }
        match check_pattern(text) {
            Ok(()) => Some(TimeFormat::Local(text.into())),
            Err(kind) => {
                self.fault(kind, findings);
                None
            }
        }
    }
}

fn is_name(text: &str) -> bool {
    let is_bad = |letter: char| letter.is_control() || "/\\:;*?\"<>|@".contains(letter);
    !text.is_empty()
        && text.chars().count() <= NAME_CHARS_MAX
        && !text.chars().any(is_bad)
        && text.trim() == text
        && !text.starts_with('.')
        && !text.ends_with('.')
        && !text.contains("  ")
}

fn clock_s(text: &str) -> Option<i32> {
    let bytes: &[u8; 5] = text.as_bytes().try_into().ok()?;
    let [tens, ones, b':', minute_tens, minute_ones] = bytes else { return None };
    let digit = |byte: u8| byte.is_ascii_digit().then(|| i32::from(byte - b'0'));
    let hours = digit(*tens)? * 10 + digit(*ones)?;
    let minutes = digit(*minute_tens)? * 10 + digit(*minute_ones)?;
    (hours < 24 && minutes < 60).then_some(hours * 3_600 + minutes * 60)
}

/// Whether a pattern of `%` and letters names a date, and a time of day without gaps.
fn check_pattern(pattern: &str) -> Result<(), FaultKind> {
    let value: Box<str> = pattern.into();
    let mut seen = String::new();
    let mut letters = pattern.chars();
    while let Some(letter) = letters.next() {
        if letter != '%' {
            continue;
        }
        let directive = letters.next().unwrap_or(' ');
        if !"YymdHMSf".contains(directive) || seen.contains(directive) {
            return Err(FaultKind::TimeFormatInvalid { value, part: format!("%{directive}").into() });
        }
        seen.push(directive);
    }
    let has = |directive: char| seen.contains(directive);
    if !pattern.contains('%') {
        return Err(FaultKind::TimeFormatInvalid { part: value.clone(), value });
    }
    if has('Y') && has('y') {
        return Err(FaultKind::TimeFormatInvalid { value, part: "%y".into() });
    }
    let missing = match () {
        () if !has('Y') && !has('y') => "%Y",
        () if !has('m') => "%m",
        () if !has('d') => "%d",
        () if has('M') && !has('H') => "%H",
        () if has('S') && !has('M') => "%M",
        () if has('f') && !has('S') => "%S",
        () => return Ok(()),
    };
    Err(FaultKind::TimeFormatIncomplete { value, part: missing.into() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_fit_for_accounts_and_paths() {
        for name in ["taxi", "vendor-4", "파트너 1", "a.b", "가"] {
            assert!(is_name(name), "{name}");
        }
        for name in ["", " a", "a ", "a/b", "..", ".a", "a:b", "@a", "a  b", "a\nb", &"x".repeat(101)] {
            assert!(!is_name(name), "{name}");
        }
    }

    #[test]
    fn times_of_day_have_five_characters() {
        assert_eq!(["00:00", "06:30", "23:59"].map(clock_s), [Some(0), Some(23_400), Some(86_340)]);
        assert_eq!(["24:00", "6:30", "00:60", "00-00", "٠٠:٠٠"].map(clock_s), [None; 5]);
    }

    #[test]
    fn patterns_name_a_date_without_gaps() {
        let code = |pattern: &str| check_pattern(pattern).map_err(|kind| kind.code());
        assert_eq!(code("%Y-%m-%d %H:%M:%S"), Ok(()));
        assert_eq!(code("%y%m%d"), Ok(()));
        assert_eq!(code("%Y-%m-%dT%H:%M:%S.%fZ"), Ok(()));
        for pattern in ["%Y-%b-%d", "%Y-%m-%d %", "%Y%Y%m%d", "%Y %y %m %d", "yyyy-mm-dd"] {
            assert_eq!(code(pattern), Err("time_format_invalid"), "{pattern}");
        }
        for pattern in ["%Y-%m", "%m-%d", "%Y-%m-%d %M", "%Y-%m-%d %H:%S"] {
            assert_eq!(code(pattern), Err("time_format_incomplete"), "{pattern}");
        }
    }
}
