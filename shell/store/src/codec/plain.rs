//! Plain coding: a value field by field, for everything that is not there by the thousand.
//!
//! Integers stand in seven bits a byte, least first, signed ones with their sign in the lowest bit; texts and lists behind
//! their count; a choice behind its number. Numbers of choices are written out where the type is named, in [`choice`]
//! and [`record`]: they never change and none is used again. Every value takes at least one byte, so a count that passes
//! what is left of the section is refused before anything is allocated for it.

use super::{Fault, Section};
use calendar::{Date, Instant, Period};
use canon::Digest;
use event::{AdapterId, FileId, Identity, KindId, PartyId, SourceId, Word};
use ledger::{AccountId, Purpose};
use money::{AssetId, Decimal, Rate};
use std::collections::BTreeMap;
use std::sync::Arc;

/// A type with bytes at rest.
pub(crate) trait Coded: Sized {
    /// Appends the value; at least one byte.
    fn write(&self, out: &mut Vec<u8>);

    /// Takes a value off.
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault>;

    /// Any value, for tests that write and read.
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self;
}

/// The most columns of a kind that a batch has: fields are numbered in 16 bits. Without rows they take no bytes, so this
/// is what bounds them then.
const SLOTS_MAX: usize = 1 << 16;

/// What is left of a section.
#[derive(Clone, Debug)]
pub(crate) struct Reader<'a> {
    section: Section,
    whole: usize,
    rest: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) fn new(section: Section, bytes: &'a [u8]) -> Self {
        Self { section, whole: bytes.len(), rest: bytes }
    }

    /// How many bytes are left.
    pub(crate) fn left(&self) -> usize {
        self.rest.len()
    }

    /// What is wrong here.
    #[cold]
    pub(crate) fn fault(&self, what: &'static str) -> Fault {
        Fault { section: self.section, offset: self.whole - self.rest.len(), what }
    }

    pub(crate) fn bytes(&mut self, count: usize) -> Result<&'a [u8], Fault> {
        let Some((taken, rest)) = self.rest.split_at_checked(count) else {
            return Err(self.fault("it ends too early"));
        };
        self.rest = rest;
        Ok(taken)
    }

    pub(crate) fn array<const N: usize>(&mut self) -> Result<[u8; N], Fault> {
        Ok(self.bytes(N)?.try_into().expect("as many bytes as were asked for"))
    }

    pub(crate) fn byte(&mut self) -> Result<u8, Fault> {
        Ok(self.array::<1>()?[0])
    }

    pub(crate) fn unsigned(&mut self) -> Result<u128, Fault> {
        let mut value = 0_u128;
        for shift in (0..128).step_by(7) {
            let byte = self.byte()?;
            let bits = u128::from(byte & 0x7f);
            if bits << shift >> shift != bits {
                break;
            }
            value |= bits << shift;
            if byte < 0x80 {
                return Ok(value);
            }
        }
        Err(self.fault("an integer does not fit 128 bits"))
    }

    pub(crate) fn signed(&mut self) -> Result<i128, Fault> {
        let folded = self.unsigned()?;
        Ok((folded >> 1).cast_signed() ^ -(folded & 1).cast_signed())
    }

    /// How many values follow, each of which takes a byte or more.
    pub(crate) fn count(&mut self) -> Result<usize, Fault> {
        let count = self.unsigned()?;
        match usize::try_from(count) {
            Ok(count) if count <= self.rest.len() => Ok(count),
            _ => Err(self.fault("a count passes what is there")),
        }
    }

    /// How many columns of a kind a batch has.
    pub(super) fn slots(&mut self) -> Result<usize, Fault> {
        let slots = self.rows()?;
        if slots <= SLOTS_MAX { Ok(slots) } else { Err(self.fault("a batch has too many columns")) }
    }

    /// How many rows the packed columns that follow have; each of them compares it with its bytes.
    pub(crate) fn rows(&mut self) -> Result<usize, Fault> {
        let rows = self.unsigned()?;
        usize::try_from(rows).map_err(|_| self.fault("a count passes what is there"))
    }

    pub(crate) fn text(&mut self) -> Result<&'a str, Fault> {
        let length = self.count()?;
        let at = self.clone();
        std::str::from_utf8(self.bytes(length)?).map_err(|_| at.fault("a text is not UTF-8"))
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), Fault> {
        if self.rest.is_empty() { Ok(()) } else { Err(self.fault("something follows the end")) }
    }
}

pub(crate) fn put_unsigned(out: &mut Vec<u8>, mut value: u128) {
    while value >= 0x80 {
        out.push(value as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

pub(crate) fn put_signed(out: &mut Vec<u8>, value: i128) {
    put_unsigned(out, ((value << 1) ^ (value >> 127)).cast_unsigned());
}

pub(crate) fn put_count(out: &mut Vec<u8>, count: usize) {
    put_unsigned(out, count as u128);
}

pub(crate) fn put_text(out: &mut Vec<u8>, text: &str) {
    put_count(out, text.len());
    out.extend_from_slice(text.as_bytes());
}

macro_rules! integers {
    ($put:ident, $read:ident: $($type:ident),*) => {
        $(impl Coded for $type {
            fn write(&self, out: &mut Vec<u8>) {
                $put(out, (*self).into());
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
                let value = from.$read()?;
                $type::try_from(value).map_err(|_| from.fault("an integer does not fit its place"))
            }
            #[cfg(test)]
            fn any(dice: &mut super::tests::Dice) -> Self {
                let value = dice.bits($type::BITS) as $type;
                if bool::any(dice) { !value } else { value }
            }
        })*
    };
}
integers!(put_unsigned, unsigned: u8, u16, u32, u64);
integers!(put_signed, signed: i32, i64, i128);

/// The coding of a number with a name: that of the number.
macro_rules! wrapped {
    ($($type:ident),*) => {
        $(impl $crate::codec::plain::Coded for $type {
            fn write(&self, out: &mut Vec<u8>) {
                self.0.write(out);
            }
            fn read(from: &mut $crate::codec::plain::Reader<'_>) -> Result<Self, $crate::codec::Fault> {
                Ok($type($crate::codec::plain::Coded::read(from)?))
            }
            #[cfg(test)]
            fn any(dice: &mut $crate::codec::tests::Dice) -> Self {
                $type($crate::codec::plain::Coded::any(dice))
            }
        })*
    };
}
pub(crate) use wrapped;
wrapped!(AccountId, AdapterId, AssetId, Date, FileId, Instant, KindId, PartyId, Purpose, SourceId, Word);

/// The coding of a struct: its fields in this order.
macro_rules! record {
    ($type:path { $($field:ident),* $(,)? }) => {
        impl $crate::codec::plain::Coded for $type {
            fn write(&self, out: &mut Vec<u8>) {
                let Self { $($field),* } = self;
                $($crate::codec::plain::Coded::write($field, out);)*
            }
            fn read(
                from: &mut $crate::codec::plain::Reader<'_>,
            ) -> Result<Self, $crate::codec::Fault> {
                Ok(Self { $($field: $crate::codec::plain::Coded::read(from)?),* })
            }
            #[cfg(test)]
            fn any(dice: &mut $crate::codec::tests::Dice) -> Self {
                Self { $($field: $crate::codec::plain::Coded::any(dice)),* }
            }
        }
    };
}
pub(crate) use record;

/// The coding of an enum: the number of the variant, then its fields in this order.
macro_rules! choice {
    ($type:ident { $($number:literal => $variant:ident
        $({ $($field:ident),* $(,)? })? $(( $($place:ident),* ))?),* $(,)? }) => {
        impl $crate::codec::plain::Coded for $type {
            fn write(&self, out: &mut Vec<u8>) {
                match self {
                    $(Self::$variant $({ $($field),* })? $(( $($place),* ))? => {
                        out.push($number);
                        $($($crate::codec::plain::Coded::write($field, out);)*)?
                        $($($crate::codec::plain::Coded::write($place, out);)*)?
                    })*
                }
            }
            fn read(
                from: &mut $crate::codec::plain::Reader<'_>,
            ) -> Result<Self, $crate::codec::Fault> {
                Ok(match from.byte()? {
                    $($number => Self::$variant
                        $({ $($field: $crate::codec::plain::Coded::read(from)?),* })?
                        $(( $({ let $place = $crate::codec::plain::Coded::read(from)?; $place }),* ))?,)*
                    _ => return Err(from.fault(concat!("no such number: ", stringify!($type)))),
                })
            }
            #[cfg(test)]
            fn any(dice: &mut $crate::codec::tests::Dice) -> Self {
                let numbers = [$($number),*];
                <Self as $crate::codec::tests::Numbered>::numbered(dice.number(&numbers), dice)
            }
        }

        #[cfg(test)]
        impl $crate::codec::tests::Numbered for $type {
            const NUMBERS: &'static [(u8, &'static str)] = &[$(($number, stringify!($variant))),*];
            fn numbered(number: u8, dice: &mut $crate::codec::tests::Dice) -> Self {
                // Choices without fields throw no dice.
                let _ = &dice;
                match number {
                    $($number => Self::$variant
                        $({ $($field: $crate::codec::plain::Coded::any(dice)),* })?
                        $(( $({ let $place = $crate::codec::plain::Coded::any(dice); $place }),* ))?,)*
                    _ => unreachable!("numbers of the list"),
                }
            }
        }
    };
}
pub(crate) use choice;

record!(Period { first, end });

impl Coded for bool {
    fn write(&self, out: &mut Vec<u8>) {
        out.push(u8::from(*self));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        match from.byte()? {
            0 => Ok(false),
            1 => Ok(true),
            _ => Err(from.fault("neither no nor yes")),
        }
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        dice.bits(1) == 1
    }
}

impl Coded for Identity {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0.to_le_bytes());
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        from.array().map(u128::from_le_bytes).map(Identity)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        Identity(dice.bits(128))
    }
}

impl Coded for Digest {
    fn write(&self, out: &mut Vec<u8>) {
        out.extend_from_slice(&self.0);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        from.array().map(Digest)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        Digest(std::array::from_fn(|_| dice.bits(8) as u8))
    }
}

impl Coded for Decimal {
    fn write(&self, out: &mut Vec<u8>) {
        self.scale.write(out);
        self.mantissa.write(out);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let scale = u8::read(from)?;
        if money::power_of_ten(scale).is_none() {
            return Err(from.fault("more digits behind the point than a number has"));
        }
        Ok(Decimal { mantissa: Coded::read(from)?, scale })
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        Decimal { mantissa: Coded::any(dice), scale: dice.below(39) as u8 }
    }
}

impl Coded for Rate {
    fn write(&self, out: &mut Vec<u8>) {
        self.numerator().write(out);
        self.denominator().write(out);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let (numerator, denominator) = (Coded::read(from)?, Coded::read(from)?);
        Rate::new(numerator, denominator).map_err(|_| from.fault("no rate"))
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        let numerator = i64::from(i32::any(dice));
        Rate::new(numerator, 1 + dice.below(1_000) as i64).expect("parts within the bounds")
    }
}

impl Coded for Box<str> {
    fn write(&self, out: &mut Vec<u8>) {
        put_text(out, self);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        from.text().map(Box::from)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        (0..dice.below(4)).map(|_| dice.pick(&['a', '0', '정', '\n'])).collect::<String>().into()
    }
}

impl<T: Coded> Coded for Option<T> {
    fn write(&self, out: &mut Vec<u8>) {
        self.is_some().write(out);
        if let Some(value) = self {
            value.write(out);
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        bool::read(from)?.then(|| T::read(from)).transpose()
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        bool::any(dice).then(|| T::any(dice))
    }
}

impl<T: Coded> Coded for Arc<T> {
    fn write(&self, out: &mut Vec<u8>) {
        T::write(self, out);
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        T::read(from).map(Arc::new)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        Arc::new(T::any(dice))
    }
}

impl<T: Coded> Coded for Vec<T> {
    fn write(&self, out: &mut Vec<u8>) {
        put_count(out, self.len());
        self.iter().for_each(|value| value.write(out));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = from.count()?;
        let mut values = Vec::new();
        for _ in 0..count {
            values.push(T::read(from)?);
        }
        Ok(values)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        (0..dice.below(4)).map(|_| T::any(dice)).collect()
    }
}

impl<T: Coded> Coded for Box<[T]> {
    fn write(&self, out: &mut Vec<u8>) {
        put_count(out, self.len());
        self.iter().for_each(|value| value.write(out));
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        Vec::read(from).map(Vec::into_boxed_slice)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        Vec::any(dice).into_boxed_slice()
    }
}

impl<K: Coded + Ord, V: Coded> Coded for BTreeMap<K, V> {
    fn write(&self, out: &mut Vec<u8>) {
        put_count(out, self.len());
        for (key, value) in self {
            key.write(out);
            value.write(out);
        }
    }
    fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
        let count = from.count()?;
        let mut map = BTreeMap::new();
        for _ in 0..count {
            let key = K::read(from)?;
            if map.last_key_value().is_some_and(|(last, _)| *last >= key) {
                return Err(from.fault("keys do not ascend"));
            }
            map.insert(key, V::read(from)?);
        }
        Ok(map)
    }
    #[cfg(test)]
    fn any(dice: &mut super::tests::Dice) -> Self {
        (0..dice.below(4)).map(|_| Coded::any(dice)).collect::<Vec<(K, V)>>().into_iter().collect()
    }
}

macro_rules! tuples {
    ($(($($type:ident $place:tt),*)),*) => {
        $(impl<$($type: Coded),*> Coded for ($($type,)*) {
            fn write(&self, out: &mut Vec<u8>) {
                $(self.$place.write(out);)*
            }
            fn read(from: &mut Reader<'_>) -> Result<Self, Fault> {
                Ok(($($type::read(from)?,)*))
            }
            #[cfg(test)]
            fn any(dice: &mut super::tests::Dice) -> Self {
                ($($type::any(dice),)*)
            }
        })*
    };
}
tuples!((A 0, B 1), (A 0, B 1, C 2), (A 0, B 1, C 2, D 3));
