//! Bytes of the directory: where the raw bytes of each row stand, so that one event can be shown with one small read.

use super::packed::Packer;
use super::plain::{Reader, put_count};
use super::{Fault, Section};

/// Where raw bytes of a turn stand in its raw section: those of each row of the batch, then those of each refusal.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Directory {
    /// By row, then by refusal.
    pub places: Vec<Place>,
}

/// Some bytes of the raw section.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Place {
    /// The first byte.
    pub offset: u32,
    /// How many.
    pub length: u32,
}

/// Appends a directory: lengths, and what lies between one place and the next.
pub(super) fn write(out: &mut Vec<u8>, directory: &Directory) {
    let places = &directory.places;
    put_count(out, places.len());
    let mut packer = Packer::new(out);
    packer.put(places.iter().map(|place| i64::from(place.length)));
    let mut end = 0;
    packer.put(places.iter().map(|place| {
        let gap = i64::from(place.offset) - end;
        end = i64::from(place.offset) + i64::from(place.length);
        gap
    }));
}

/// Reads a directory.
pub(super) fn read(bytes: &[u8]) -> Result<Directory, Fault> {
    let from = &mut Reader::new(Section::Directory, bytes);
    let at = from.clone();
    let count = from.rows()?;
    let lengths: Vec<u32> = from.packed(count)?;
    let gaps: Vec<i64> = from.packed(count)?;
    let mut end = 0_i64;
    let mut places = Vec::with_capacity(count);
    for (length, gap) in lengths.into_iter().zip(gaps) {
        let offset = u32::try_from(end.wrapping_add(gap)).map_err(|_| at.fault("a place is out of range"))?;
        places.push(Place { offset, length });
        end = i64::from(offset) + i64::from(length);
    }
    from.end()?;
    Ok(Directory { places })
}
