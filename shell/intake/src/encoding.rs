//! Bytes to text in the encoding that an adapter declares.
//!
//! Records are cut before they are decoded. That is safe: UTF-8 and CP949 write line ends, quotes, delimiters, blanks
//! and brackets as their ASCII bytes, and no CP949 character has such a byte as its second one (those are `A`–`Z`,
//! `a`–`z` and 0x81–0xFE).

use crate::adapter::Encoding;
use encoding_rs::{DecoderResult, EUC_KR};
use std::borrow::Cow;

/// The text of a whole chunk where it can be taken at once, without a copy.
#[inline]
pub(crate) fn whole(bytes: &[u8], encoding: Encoding) -> Option<&str> {
    if encoding == Encoding::Cp949 && !bytes.is_ascii() {
        return None;
    }
    std::str::from_utf8(bytes).ok()
}

/// The text of one record, or nothing where its bytes are none. `decoded` takes what must be written anew.
pub(crate) fn record<'a>(bytes: &'a [u8], encoding: Encoding, decoded: &'a mut String) -> Option<&'a str> {
    if encoding == Encoding::Utf8 || bytes.is_ascii() {
        return std::str::from_utf8(bytes).ok();
    }
    decoded.clear();
    // The decoder library knows CP949 under the name that the Web gives it.
    let mut decoder = EUC_KR.new_decoder_without_bom_handling();
    decoded.reserve(decoder.max_utf8_buffer_length_without_replacement(bytes.len())?);
    match decoder.decode_to_string_without_replacement(bytes, decoded, true).0 {
        DecoderResult::InputEmpty => Some(decoded),
        DecoderResult::Malformed(..) | DecoderResult::OutputFull => None,
    }
}

/// The text for a person to see, whatever the bytes are.
pub(crate) fn readable(bytes: &[u8], encoding: Encoding) -> Cow<'_, str> {
    match encoding {
        Encoding::Utf8 => String::from_utf8_lossy(bytes),
        Encoding::Cp949 => EUC_KR.decode_without_bom_handling(bytes).0,
    }
}
