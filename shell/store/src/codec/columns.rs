//! Bytes of a batch: every column behind the other, packed.
//!
//! What folding needs of a batch (words, identities, fingerprints) stands first, so that a fold reads little further. Identities
//! and fingerprints are hashes and stand as they are; identities of originals only where there is one. Ids that all are
//! UUIDs in the usual form stand as sixteen bytes each.

use super::Fault;
use super::packed::Packer;
use super::plain::{Coded, Reader, choice, put_count, record};
use event::{Code, Columns, Identity, Refusal, Texts};

choice!(Code {
    0 => LineTooLong, 1 => FileTruncated, 2 => EncodingInvalid, 3 => RowMalformed, 4 => FieldMissing,
    5 => SourceUnknown, 6 => KindUnknown, 7 => CurrencyUnknown, 8 => ValueInvalid, 9 => ScaleExceeded,
    10 => AmountTooLarge, 11 => TimeNever, 12 => TimeOutOfRange, 13 => WordsFull, 14 => CheckFailed,
    15 => PartyUnknown, 16 => PartyInactive, 17 => ContractNone, 18 => LimitExceeded, 19 => RateMissing,
    20 => CommandRefused, 21 => OriginalMissing, 22 => FileSlotTaken, 23 => TooOld, 24 => OriginalReversed,
    25 => ReversedAlready, 26 => OriginalExpired, 27 => Voided, 28 => OriginalUnknown, 29 => WaitingFull,
    30 => Duplicate, 31 => Conflict, 32 => EngineBug,
});
record!(Refusal { before_row, line, code, source, id, column, value, detail, received_at, outside });

/// Appends a batch.
pub(super) fn write(packer: &mut Packer<'_>, columns: &Columns) {
    columns.assert_rectangular();
    let out = &mut *packer.out;
    columns.adapter.write(out);
    columns.file.write(out);
    columns.lane.write(out);
    columns.new_words.write(out);
    put_count(out, columns.len());
    packer.put_raw(columns.identity.iter().map(|identity| identity.0.to_le_bytes()));
    packer.put_raw(columns.fingerprint.iter().map(|fingerprint| fingerprint.to_le_bytes()));
    write_rest(packer, columns);
}

fn write_rest(packer: &mut Packer<'_>, columns: &Columns) {
    for slots in [columns.words.len(), columns.numbers.len(), columns.times.len(), columns.dates.len()] {
        put_count(packer.out, slots);
    }
    write_texts(packer, &columns.id);
    write_texts(packer, &columns.original_id);
    let named = columns.original.iter().filter(|original| **original != Identity::NONE);
    packer.put(columns.original.iter().map(|original| i64::from(*original != Identity::NONE)));
    named.for_each(|original| original.write(packer.out));
    packer.put(columns.source.iter().map(|source| i64::from(source.0)));
    packer.put(columns.kind.iter().map(|kind| i64::from(kind.0)));
    packer.put(columns.asset.iter().map(|asset| i64::from(asset.0)));
    packer.put(columns.received_at.iter().map(|at| at.0));
    packer.put_steps(columns.line.iter().map(|line| line.cast_signed()));
    columns.words.iter().for_each(|column| packer.put(column.iter().map(|word| i64::from(word.0))));
    columns.numbers.iter().for_each(|column| packer.put(column.iter().copied()));
    columns.times.iter().for_each(|column| packer.put(column.iter().map(|at| at.0)));
    columns.dates.iter().for_each(|column| packer.put(column.iter().map(|on| i64::from(on.0))));
    columns.refused.write(packer.out);
    columns.outside_records.write(packer.out);
}

/// Takes a batch off.
pub(super) fn read(from: &mut Reader<'_>) -> Result<Columns, Fault> {
    let mut columns = read_claimed(from)?;
    let rows = columns.identity.len();
    let mut slots = [0; 4];
    for count in &mut slots {
        *count = from.slots()?;
    }
    columns.id = read_texts(from, rows)?;
    columns.original_id = read_texts(from, rows)?;
    columns.original = read_originals(from, rows)?;
    columns.source = from.packed(rows)?;
    columns.kind = from.packed(rows)?;
    columns.asset = from.packed(rows)?;
    columns.received_at = from.packed(rows)?;
    columns.line = from.steps(rows)?;
    columns.words = (0..slots[0]).map(|_| from.packed(rows)).collect::<Result<_, _>>()?;
    columns.numbers = (0..slots[1]).map(|_| from.packed(rows)).collect::<Result<_, _>>()?;
    columns.times = (0..slots[2]).map(|_| from.packed(rows)).collect::<Result<_, _>>()?;
    columns.dates = (0..slots[3]).map(|_| from.packed(rows)).collect::<Result<_, _>>()?;
    columns.refused = Coded::read(from)?;
    columns.outside_records = Coded::read(from)?;
    Ok(columns)
}

/// Takes off what a fold needs, and goes on to the identities of originals, which are of runs: head, new words, identities,
/// fingerprints, originals. Texts are passed over.
pub(super) fn read_for_fold(from: &mut Reader<'_>) -> Result<Columns, Fault> {
    let mut columns = read_claimed(from)?;
    let rows = columns.identity.len();
    for _ in 0..4 {
        from.slots()?;
    }
    pass_texts(from, rows)?;
    pass_texts(from, rows)?;
    columns.original = read_originals(from, rows)?;
    Ok(columns)
}

/// Takes only the head, new words, identities and fingerprints off.
fn read_claimed(from: &mut Reader<'_>) -> Result<Columns, Fault> {
    let mut columns = Columns {
        adapter: Coded::read(from)?,
        file: Coded::read(from)?,
        lane: Coded::read(from)?,
        new_words: Coded::read(from)?,
        ..Columns::default()
    };
    let rows = from.count()?;
    columns.identity = from.raw(rows, |bytes| Identity(u128::from_le_bytes(bytes)))?;
    columns.fingerprint = from.raw(rows, u64::from_le_bytes)?;
    Ok(columns)
}

fn read_originals(from: &mut Reader<'_>, rows: usize) -> Result<Vec<Identity>, Fault> {
    let named: Vec<bool> = from.packed(rows)?;
    let mut originals = vec![Identity::NONE; rows];
    for (original, _) in originals.iter_mut().zip(named).filter(|(_, named)| *named) {
        *original = Coded::read(from)?;
    }
    Ok(originals)
}

/// How a column of texts stands.
const AS_TEXT: u8 = 0;
/// See [`AS_TEXT`].
const AS_UUID: u8 = 1;

fn write_texts(packer: &mut Packer<'_>, texts: &Texts) {
    let (bytes, ends) = texts.parts();
    if ends.is_empty() {
        return;
    }
    packer.out.push(AS_UUID);
    if write_uuids(packer.out, bytes, ends) {
        return;
    }
    packer.out.pop();
    packer.out.push(AS_TEXT);
    super::plain::put_text(packer.out, bytes);
    // Ids of one source are nearly always equally long, the ends of which take nothing as steps.
    packer.put_steps(ends.iter().map(|&end| i64::from(end)));
}

fn read_texts(from: &mut Reader<'_>, rows: usize) -> Result<Texts, Fault> {
    if rows == 0 {
        return Ok(Texts::default());
    }
    let at = from.clone();
    let (bytes, ends) = match from.byte()? {
        AS_TEXT => (from.text()?.to_owned(), from.steps(rows)?),
        AS_UUID => read_uuids(from, rows)?,
        _ => return Err(at.fault("no form of texts")),
    };
    Texts::from_parts(bytes, ends).ok_or_else(|| at.fault("texts do not end where they should"))
}

/// Passes over a column of texts.
fn pass_texts(from: &mut Reader<'_>, rows: usize) -> Result<(), Fault> {
    if rows == 0 {
        return Ok(());
    }
    let at = from.clone();
    match from.byte()? {
        AS_TEXT => {
            let bytes = from.count()?;
            from.bytes(bytes)?;
            from.steps::<u32>(rows).map(drop)
        }
        AS_UUID => from.raw(rows, |_: [u8; 16]| ()).map(drop),
        _ => Err(at.fault("no form of texts")),
    }
}

/// Characters of a UUID.
const UUID_CHARS: usize = 36;
/// Where its hyphens stand.
const HYPHENS: [usize; 4] = [8, 13, 18, 23];
/// Where its pairs of digits stand.
const PAIRS: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];

/// Appends texts that all are UUIDs in lower case; appends nothing and says no where one is not.
fn write_uuids(out: &mut Vec<u8>, bytes: &str, ends: &[u32]) -> bool {
    if bytes.len() != ends.len() * UUID_CHARS {
        return false;
    }
    let start = out.len();
    out.resize(start + ends.len() * 16, 0);
    let texts = bytes.as_bytes().chunks_exact(UUID_CHARS);
    for ((text, place), (number, &end)) in texts.zip(out[start..].chunks_exact_mut(16)).zip((1_usize..).zip(ends)) {
        let text: &[u8; UUID_CHARS] = text.try_into().expect("chunks of that many");
        let mut regular = end as usize == number * UUID_CHARS && HYPHENS.iter().all(|&at| text[at] == b'-');
        for (byte, at) in place.iter_mut().zip(PAIRS) {
            let (upper, lower) = (DIGITS[usize::from(text[at])], DIGITS[usize::from(text[at + 1])]);
            regular &= upper | lower < 16;
            *byte = upper << 4 | lower & 15;
        }
        if !regular {
            out.truncate(start);
            return false;
        }
    }
    true
}

/// By character: the value of a hexadecimal digit in lower case; for anything else 16.
const DIGITS: [u8; 256] = {
    let mut values = [16; 256];
    let mut value = 0;
    while value < 16 {
        values[b"0123456789abcdef"[value as usize] as usize] = value;
        value += 1;
    }
    values
};

/// By value of a byte: its two digits.
const TWO_DIGITS: [[u8; 2]; 256] = {
    let (mut texts, mut value) = ([[0; 2]; 256], 0);
    while value < 256 {
        texts[value] = [b"0123456789abcdef"[value >> 4], b"0123456789abcdef"[value & 15]];
        value += 1;
    }
    texts
};

fn read_uuids(from: &mut Reader<'_>, rows: usize) -> Result<(String, Vec<u32>), Fault> {
    let at = from.clone();
    let values: Vec<[u8; 16]> = from.raw(rows, |bytes| bytes)?;
    let mut bytes = vec![b'-'; rows * UUID_CHARS];
    for (text, value) in bytes.chunks_exact_mut(UUID_CHARS).zip(values) {
        for (byte, place) in value.into_iter().zip(PAIRS) {
            text[place..place + 2].copy_from_slice(&TWO_DIGITS[usize::from(byte)]);
        }
    }
    let ends: Result<Vec<u32>, _> = (1..=rows).map(|number| u32::try_from(number * UUID_CHARS)).collect();
    let ends = ends.map_err(|_| at.fault("a batch's texts pass 4 GiB"))?;
    Ok((String::from_utf8(bytes).map_err(|_| at.fault("a text is not UTF-8"))?, ends))
}

/// Whether a batch of one row is this row of another: then it is not written again.
pub(super) fn is_row(columns: &Columns, row: usize, single: &Columns) -> bool {
    let slots = |of: &Columns| [of.words.len(), of.numbers.len(), of.times.len(), of.dates.len()];
    single.len() == 1
        && (single.adapter, single.file, single.lane) == (columns.adapter, columns.file, columns.lane)
        && single.identity[0] == columns.identity[row]
        && single.fingerprint[0] == columns.fingerprint[row]
        && single.source[0] == columns.source[row]
        && single.kind[0] == columns.kind[row]
        && single.asset[0] == columns.asset[row]
        && single.id.text(0) == columns.id.text(row)
        && single.original[0] == columns.original[row]
        && single.original_id.text(0) == columns.original_id.text(row)
        && single.received_at[0] == columns.received_at[row]
        && single.line[0] == columns.line[row]
        && slots(columns) == slots(single)
        && columns.words.iter().zip(&single.words).all(|(column, one)| column[row] == one[0])
        && columns.numbers.iter().zip(&single.numbers).all(|(column, one)| column[row] == one[0])
        && columns.times.iter().zip(&single.times).all(|(column, one)| column[row] == one[0])
        && columns.dates.iter().zip(&single.dates).all(|(column, one)| column[row] == one[0])
        && single.new_words.is_empty()
        && single.refused.is_empty()
        && single.outside_records == 0
}
