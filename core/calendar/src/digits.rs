//! Fixed-width decimal digits from bytes, for the parsers of dates and times. No allocation, ASCII digits only.

/// The number that exactly `N` ASCII digits from position `from` on make; `None` if one is missing or no digit.
/// `N` is at most 9.
#[inline]
pub(crate) fn fixed<const N: usize>(text: &[u8], from: usize) -> Option<u32> {
    let digits: &[u8; N] = text.get(from..)?.first_chunk()?;
    let mut value = 0;
    for byte in digits {
        let digit = byte.wrapping_sub(b'0');
        if digit > 9 {
            return None;
        }
        value = value * 10 + u32::from(digit);
    }
    Some(value)
}
