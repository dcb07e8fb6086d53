//! Packed coding: a column of integers in as few bytes a value as all of them need.
//!
//! A column is its width (0, 1, 2, 4 or 8 bytes), its least value, and each value as what it lies above that, in so
//! many bytes. A column of one value takes two bytes in all, an empty one nothing. *Steps* are the first value and the
//! packed differences from each to the next: for what ascends. Wide columns (128 bits) stand as packed where all values
//! fit 64 bits and else as they are, behind the width 16.
//!
//! How many values there are is known to the reader from elsewhere. It allocates for no more than the section has bytes
//! for: a column without bytes has at most [`BATCH_ROWS_MAX`] values, longer ones take a byte a value at least. One pass to
//! gather, one to compare, one to write; no branch depends on a value.

use super::Fault;
use super::plain::{Coded as _, Reader, put_signed};
use calendar::{Date, Instant};
use event::{BATCH_ROWS_MAX, KindId, SourceId, Word};
use money::AssetId;

/// Writes columns; keeps the memory in which they are gathered.
pub(super) struct Packer<'a> {
    pub(super) out: &'a mut Vec<u8>,
    column: Vec<i64>,
}

impl<'a> Packer<'a> {
    pub(super) fn new(out: &'a mut Vec<u8>) -> Self {
        Self { out, column: Vec::new() }
    }

    /// Appends a column.
    pub(super) fn put(&mut self, values: impl Iterator<Item = i64>) {
        self.column.clear();
        self.column.extend(values);
        put_column(self.out, &self.column);
    }

    /// Appends a column as steps.
    pub(super) fn put_steps(&mut self, values: impl Iterator<Item = i64>) {
        self.column.clear();
        let mut before = 0_i64;
        self.column.extend(values.map(|value| {
            let step = value.wrapping_sub(before);
            before = value;
            step
        }));
        let Some((first, steps)) = self.column.split_first() else { return };
        put_signed(self.out, i128::from(*first));
        put_column(self.out, steps);
    }

    /// Appends a column of 128 bits.
    pub(super) fn put_wide(&mut self, values: impl Iterator<Item = i128> + Clone) {
        self.column.clear();
        let mut lost = 0_i128;
        self.column.extend(values.clone().map(|value| {
            lost |= value ^ i128::from(value as i64);
            value as i64
        }));
        if lost == 0 {
            return put_column(self.out, &self.column);
        }
        self.out.push(WIDE);
        values.for_each(|value| self.out.extend_from_slice(&value.to_le_bytes()));
    }

    /// Appends values of fixed width as they are.
    pub(super) fn put_raw<const N: usize>(&mut self, values: impl ExactSizeIterator<Item = [u8; N]>) {
        let start = self.out.len();
        self.out.resize(start + values.len() * N, 0);
        for (place, value) in self.out[start..].chunks_exact_mut(N).zip(values) {
            place.copy_from_slice(&value);
        }
    }
}

/// The width that stands for 128-bit values as they are.
const WIDE: u8 = 16;

fn put_column(out: &mut Vec<u8>, column: &[i64]) {
    let Some(&first) = column.first() else { return };
    let (least, most) = column.iter().fold((first, first), |(least, most), &value| (least.min(value), most.max(value)));
    let width = width_of(most.wrapping_sub(least).cast_unsigned(), column.len());
    out.push(width);
    put_signed(out, i128::from(least));
    let start = out.len();
    out.resize(start + column.len() * usize::from(width), 0);
    let place = &mut out[start..];
    match width {
        0 => {}
        1 => fill(place, column, least, |value| (value as u8).to_le_bytes()),
        2 => fill(place, column, least, |value| (value as u16).to_le_bytes()),
        4 => fill(place, column, least, |value| (value as u32).to_le_bytes()),
        _ => fill(place, column, least, u64::to_le_bytes),
    }
}

/// Bytes that hold every value up to `most`; three and five to seven are not worth their arithmetic.
const fn width_of(most: u64, rows: usize) -> u8 {
    match most {
        0 if rows <= BATCH_ROWS_MAX => 0,
        0..=0xff => 1,
        0x100..=0xffff => 2,
        0x1_0000..=0xffff_ffff => 4,
        _ => 8,
    }
}

fn fill<const N: usize>(out: &mut [u8], column: &[i64], least: i64, bytes_of: impl Fn(u64) -> [u8; N]) {
    for (place, value) in out.chunks_exact_mut(N).zip(column) {
        place.copy_from_slice(&bytes_of(value.wrapping_sub(least).cast_unsigned()));
    }
}

/// What may stand in a packed column.
pub(super) trait Packed: Copy {
    /// The least that there is.
    const LEAST: i64;
    /// The most that there is.
    const MOST: i64;
    /// A value that lies between them.
    fn of(value: i64) -> Self;
}

macro_rules! packed {
    ($($type:ty: $least:expr, $most:expr, $of:expr;)*) => {
        $(impl Packed for $type {
            const LEAST: i64 = $least;
            const MOST: i64 = $most;
            #[inline]
            fn of(value: i64) -> Self {
                $of(value)
            }
        })*
    };
}
packed! {
    bool: 0, 1, |value| value == 1;
    u8: 0, u8::MAX as i64, |value| value as u8;
    u16: 0, u16::MAX as i64, |value| value as u16;
    u32: 0, u32::MAX as i64, |value| value as u32;
    i32: i32::MIN as i64, i32::MAX as i64, |value| value as i32;
    i64: i64::MIN, i64::MAX, |value| value;
    u64: i64::MIN, i64::MAX, |value: i64| value.cast_unsigned();
    SourceId: 0, u16::MAX as i64, |value| SourceId(value as u16);
    KindId: 0, u16::MAX as i64, |value| KindId(value as u16);
    AssetId: 0, u16::MAX as i64, |value| AssetId(value as u16);
    Word: 0, u32::MAX as i64, |value| Word(value as u32);
    Date: i32::MIN as i64, i32::MAX as i64, |value| Date(value as i32);
    Instant: i64::MIN, i64::MAX, Instant;
}

impl<'a> Reader<'a> {
    /// Takes a column of so many values off.
    pub(super) fn packed<T: Packed>(&mut self, rows: usize) -> Result<Vec<T>, Fault> {
        if rows == 0 {
            return Ok(Vec::new());
        }
        let at = self.clone();
        let width = self.byte()?;
        self.packed_as(rows, width)?.ok_or_else(|| at.fault("a column has values that do not fit their places"))
    }

    /// The column behind its width; nothing where a value does not fit.
    fn packed_as<T: Packed>(&mut self, rows: usize, width: u8) -> Result<Option<Vec<T>>, Fault> {
        if !matches!(width, 0 | 1 | 2 | 4 | 8) {
            return Err(self.fault("no width of a column"));
        }
        if width == 0 && rows > BATCH_ROWS_MAX {
            return Err(self.fault("a column without bytes has too many rows"));
        }
        let least = i64::read(self)?;
        let bytes = self.sized(rows, usize::from(width))?;
        if !(T::LEAST..=T::MOST).contains(&least) {
            return Ok(None);
        }
        Ok(match width {
            0 => Some(vec![T::of(least); rows]),
            1 => widen(bytes, least, |bytes| u64::from(u8::from_le_bytes(bytes))),
            2 => widen(bytes, least, |bytes| u64::from(u16::from_le_bytes(bytes))),
            4 => widen(bytes, least, |bytes| u64::from(u32::from_le_bytes(bytes))),
            _ => widen(bytes, least, u64::from_le_bytes),
        })
    }

    /// Takes steps off, as what they lead to.
    pub(super) fn steps<T: Packed>(&mut self, rows: usize) -> Result<Vec<T>, Fault> {
        if rows == 0 {
            return Ok(Vec::new());
        }
        let at = self.clone();
        let mut value = i64::read(self)?;
        let steps = self.packed::<i64>(rows - 1)?;
        let mut values = Vec::with_capacity(rows);
        let mut fits = (T::LEAST..=T::MOST).contains(&value);
        values.push(T::of(value));
        values.extend(steps.into_iter().map(|step| {
            value = value.wrapping_add(step);
            fits &= (T::LEAST..=T::MOST).contains(&value);
            T::of(value)
        }));
        if fits { Ok(values) } else { Err(at.fault("steps lead to values that do not fit their places")) }
    }

    /// Takes a column of 128 bits off.
    pub(super) fn wide(&mut self, rows: usize) -> Result<Vec<i128>, Fault> {
        if rows == 0 {
            return Ok(Vec::new());
        }
        let width = self.byte()?;
        if width == WIDE {
            return self.raw(rows, i128::from_le_bytes);
        }
        let narrow = self.packed_as::<i64>(rows, width)?;
        let narrow = narrow.ok_or_else(|| self.fault("a column has values that do not fit their places"))?;
        Ok(narrow.into_iter().map(i128::from).collect())
    }

    /// Takes values of fixed width off.
    pub(super) fn raw<T, const N: usize>(&mut self, rows: usize, of: impl Fn([u8; N]) -> T) -> Result<Vec<T>, Fault> {
        let bytes = self.sized(rows, N)?;
        Ok(bytes.chunks_exact(N).map(|chunk| of(chunk.try_into().expect("chunks of N bytes"))).collect())
    }

    fn sized(&mut self, rows: usize, width: usize) -> Result<&'a [u8], Fault> {
        let count = rows.checked_mul(width).ok_or_else(|| self.fault("a count passes what is there"))?;
        self.bytes(count)
    }
}

/// The values above `least`, or nothing where the greatest does not fit.
fn widen<T: Packed, const N: usize>(bytes: &[u8], least: i64, number: impl Fn([u8; N]) -> u64) -> Option<Vec<T>> {
    let mut most = 0;
    let values = bytes.chunks_exact(N).map(|chunk| {
        let above = number(chunk.try_into().expect("chunks of N bytes"));
        most = most.max(above);
        T::of(least.wrapping_add(above.cast_signed()))
    });
    let values = values.collect();
    (most <= T::MOST.wrapping_sub(least).cast_unsigned()).then_some(values)
}
