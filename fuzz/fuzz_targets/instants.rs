//! Instants, local times, dates and the names of periods against a naive reading that counts days one year at a time.

#![no_main]

use calendar::{Date, Instant, LocalTime, MICROS_PER_DAY, Period};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    check_instant(bytes);
    check_local(bytes);
    if let Ok(text) = std::str::from_utf8(bytes) {
        check_date(text);
        check_period(text);
    }
    if let Some(eight) = bytes.first_chunk::<8>() {
        check_unix(i64::from_le_bytes(*eight));
    }
});

fn check_instant(bytes: &[u8]) {
    let read = Instant::parse_rfc3339(bytes);
    assert_eq!(read, naive_instant(bytes));
    if let Some(at) = read {
        assert!((Instant::FIRST..=Instant::LAST).contains(&at));
        assert_eq!(Instant::parse_rfc3339(at.to_string().as_bytes()), Some(at), "what is printed is read again");
    }
}

fn check_local(bytes: &[u8]) {
    let read = LocalTime::parse(bytes);
    let naive = naive_local(bytes).filter(|(_, rest)| rest.is_empty()).map(|(time, _)| time);
    assert_eq!(read, naive);
    if let Some(time) = read {
        assert_eq!(LocalTime::from_parts(time.date(), time.micros_of_day()), time);
        assert_eq!(LocalTime::parse(time.to_string().as_bytes()), Some(time), "what is printed is read again");
    }
}

fn check_date(text: &str) {
    let read = Date::parse(text);
    let naive = <&[u8; 10]>::try_from(text.as_bytes()).ok().and_then(naive_date);
    assert_eq!(read, naive);
    if let Some(date) = read {
        let civil = date.civil();
        assert_eq!(Date::new(civil.year, civil.month, civil.day), Some(date));
        assert_eq!(date.to_string(), text);
        assert_eq!(date.plus_days(7).weekday(), date.weekday());
    }
}

fn check_period(text: &str) {
    let Some(period) = Period::parse(text) else { return };
    assert!(period.first < period.end);
    assert_eq!(Period::parse(&period.name()), Some(period), "what is printed is read again");
}

fn check_unix(count: i64) {
    let bounds = Instant::FIRST.0..=Instant::LAST.0;
    let expected = |micros: i64| count.checked_mul(micros).filter(|at| bounds.contains(at)).map(Instant);
    assert_eq!(Instant::from_unix_s(count), expected(1_000_000));
    assert_eq!(Instant::from_unix_ms(count), expected(1_000));
}

fn naive_instant(bytes: &[u8]) -> Option<Instant> {
    let (time, rest) = naive_local(bytes)?;
    let east_s = match std::str::from_utf8(rest).ok()? {
        "Z" | "z" => 0,
        offset => {
            let (hours, minutes) = offset.get(1..)?.split_once(':')?;
            let (hours, minutes) = (number(hours.as_bytes(), 2)?, number(minutes.as_bytes(), 2)?);
            let seconds = (hours * 60 + minutes) * 60;
            match offset.as_bytes()[0] {
                _ if hours > 23 || minutes > 59 => return None,
                b'+' => seconds,
                b'-' => -seconds,
                _ => return None,
            }
        }
    };
    let at = Instant(time.0 - east_s * 1_000_000);
    (1..=9_999).contains(&at.utc().date().year()).then_some(at)
}

/// The wall-clock time at the start, and what stands behind it.
fn naive_local(bytes: &[u8]) -> Option<(LocalTime, &[u8])> {
    let date = naive_date(bytes.first_chunk()?)?;
    let clock = bytes.get(10..19)?;
    let is_divided = b"Tt ".contains(&clock[0]) && clock[3] == b':' && clock[6] == b':';
    let [hour, minute, second] = [number(&clock[1..3], 2)?, number(&clock[4..6], 2)?, number(&clock[7..], 2)?];
    if !is_divided || hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let mut micros = ((hour * 60 + minute) * 60 + second) * 1_000_000;
    let mut rest = &bytes[19..];
    if let Some(behind) = rest.strip_prefix(b".") {
        let count = behind.iter().take_while(|byte| byte.is_ascii_digit()).count();
        if !(1..=9).contains(&count) {
            return None;
        }
        let padded: Vec<u8> = behind[..count].iter().copied().chain(*b"000000").take(6).collect();
        micros += number(&padded, 6)?;
        rest = &behind[count..];
    }
    Some((LocalTime(i64::from(date.0) * MICROS_PER_DAY + micros), rest))
}

fn naive_date(text: &[u8; 10]) -> Option<Date> {
    let [year, month, day] = [number(&text[..4], 4)?, number(&text[5..7], 2)?, number(&text[8..], 2)?];
    let is_leap = |year: i64| year % 4 == 0 && (year % 100 != 0 || year % 400 == 0);
    let february = if is_leap(year) { 29 } else { 28 };
    let months = [31, february, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let month = usize::try_from(month).expect("two digits");
    if text[4] != b'-' || text[7] != b'-' || year < 1 || !(1..=12).contains(&month) {
        return None;
    }
    if day < 1 || day > months[month - 1] {
        return None;
    }
    let years = if year >= 1970 { 1970..year } else { year..1970 };
    let whole: i64 = years.map(|year| if is_leap(year) { 366 } else { 365 }).sum();
    let before = if year >= 1970 { whole } else { -whole };
    let days = before + months[..month - 1].iter().sum::<i64>() + day - 1;
    Some(Date(i32::try_from(days).expect("the years to 9999 fit")))
}

/// The number that exactly so many digits are.
fn number(text: &[u8], length: usize) -> Option<i64> {
    if text.len() != length || !text.iter().all(u8::is_ascii_digit) {
        return None;
    }
    std::str::from_utf8(text).ok()?.parse().ok()
}
