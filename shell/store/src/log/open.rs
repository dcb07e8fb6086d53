//! Opening a log for writing: find its end, tell torn from rot, begin a new epoch.
//!
//! Everything is looked at before anything is changed. Cost: one block of each segment, and the last segment in full.

use super::LogFailure;
use super::blocks::READ_AHEAD;
use super::reader::{Reader, Sections};
use super::scan::{Scan, Tail, scan, tail};
use super::writer::{Place, Writer, write_foot};
use crate::disk::{Disk, DiskFailure};
use crate::frame::{Chain, Fault, Position};
use crate::segments::{FOLDER, Foot, NEXT, Prepared, Segment, Sizes, fill, list, path_of};
use std::ops::Range;
use std::sync::Arc;

/// The folder of what was torn.
const ASIDE: &str = "aside";

/// A log that is open for writing.
#[derive(Debug)]
pub struct Opened<D: Disk> {
    /// Its writer.
    pub writer: Writer<D>,
    /// The last frame before this opening.
    pub end: Position,
    /// Whether it had been closed in peace.
    pub is_clean: bool,
    /// What was torn by a crash.
    pub torn: Option<Torn>,
}

/// What a crash left of frames that were being written: possibly one that was acknowledged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Torn {
    /// The first frame that was torn.
    pub sequence: u64,
    /// Frames of which at least the head is whole.
    pub heads: u64,
    /// Where it stood.
    pub file: String,
    /// Where in it.
    pub offset: u64,
    /// How many bytes were overwritten with zeros.
    pub bytes: u64,
    /// Where the copy is.
    pub aside: String,
}

/// Begins the log of a book.
///
/// # Errors
/// Where there is one already, where the disk is too full, and what it says.
pub fn create<D: Disk>(disk: Arc<D>, sizes: Sizes, book: u64) -> Result<Writer<D>, LogFailure> {
    sizes.assert_sound();
    disk.create_folder(FOLDER)?;
    disk.sync_folder("")?;
    if !list(&*disk)?.is_empty() {
        return Err(LogFailure::Present);
    }
    remove_next(&*disk)?;
    let (free, needed, reserve) = (disk.free_bytes()?, sizes.segment_bytes, sizes.reserve_bytes);
    if free < reserve.saturating_add(needed) {
        return Err(LogFailure::DiskFull { free, needed, reserve });
    }
    let chain = Chain::new(book, sizes.alignment);
    let mut first = Prepared::create(&*disk)?;
    first.reserve(&*disk, sizes.segment_bytes)?;
    let segment = first.name(&*disk, &chain, 0)?;
    let offset = segment.start();
    Writer::start(disk, sizes, Place { chain, segment, offset, offsets: Vec::new() })
}

/// Opens the log of a book for writing. The caller holds the book's lock. The floor is the place of a snapshot that was made
/// when its frame was durable: the log must have that frame.
///
/// # Errors
/// Damage, with file and offset; then nothing was changed. What the disk says.
pub fn open<D: Disk>(disk: Arc<D>, sizes: Sizes, book: u64, floor: Option<Position>) -> Result<Opened<D>, LogFailure> {
    sizes.assert_sound();
    let (before, last) = last_segments(&*disk, book)?;
    let look_out = floor.map_or(0, |floor| floor.sequence);
    let found = scan(&*disk, &last, look_out)?;
    let behind = tail(&*disk, &last, found.end, found.bad_bytes, found.chain.next_sequence())?;
    if let Some(foot) = last.foot(&*disk)? {
        return Err(LogFailure::Rot { file: path_of(foot.next), offset: 0, why: Fault::Missing(foot.next) });
    }
    let unsealed = match before {
        Some(before) => missing_foot(&*disk, &before, &last, &found, &behind)?.map(|foot| (before, foot)),
        None => None,
    };
    refuse_rot(&last, &found, &behind, floor)?;
    check_floor(&disk, book, floor, &last, &found)?;

    remove_next(&*disk)?;
    // The last segment may have got its name right before a process was killed.
    disk.sync_folder("")?;
    disk.sync_folder(FOLDER)?;
    if let Some((segment, foot)) = unsealed {
        write_foot(&*disk, &segment, &foot)?;
    }
    let torn = (behind.end > 0).then(|| set_aside(&*disk, &last, &found, &behind)).transpose()?;
    write_again(&*disk, &last, &found)?;
    let (end, is_clean) = (found.chain.position, found.is_closed);
    let place = Place { chain: found.chain, segment: last, offset: found.end, offsets: found.offsets };
    Ok(Opened { writer: Writer::start(disk, sizes, place)?, end, is_clean, torn })
}

pub(super) type Segments<F> = (Option<Segment<F>>, Segment<F>);

/// Checks that the segments tile; gives the last two.
pub(super) fn last_segments<D: Disk>(disk: &D, book: u64) -> Result<Segments<D::File>, LogFailure> {
    let mut before: Option<Segment<D::File>> = None;
    let mut last: Option<Segment<D::File>> = None;
    for first in list(disk)? {
        let segment = Segment::open(disk, book, first)?;
        let expected = last.as_ref().map_or(0, |last| last.first);
        if segment.head.previous_first != expected {
            return Err(segment.rot(0, Fault::Gap(segment.head.previous_first)));
        }
        before = last.replace(segment);
    }
    Ok((before, last.ok_or(LogFailure::Absent)?))
}

/// Checks the segment before the last against it; gives the foot where a crash has left it without.
pub(super) fn missing_foot<D: Disk>(
    disk: &D,
    before: &Segment<D::File>,
    last: &Segment<D::File>,
    found: &Scan,
    behind: &Tail,
) -> Result<Option<Foot>, LogFailure> {
    let position = last.head.chain.position;
    let failure = match before.foot(disk) {
        Ok(Some(foot)) if foot.next == last.first && foot.head == position.head => {
            // Of a foot behind which no frame stands it is not known whether its sync failed: it is written again.
            return Ok((behind.end == 0 && found.offsets.is_empty()).then_some(foot));
        }
        Ok(Some(foot)) => return Err(before.rot(foot.end, Fault::Chain)),
        Ok(None) => before.rot(before.head.length, Fault::FileFoot),
        Err(failure @ LogFailure::Rot { .. }) => failure,
        Err(failure) => return Err(failure),
    };
    // The foot is durable before the next segment gets its first frame.
    if behind.end > 0 || !found.offsets.is_empty() {
        return Err(failure);
    }
    let found = scan(disk, before, 0)?;
    if found.chain.position != position {
        let missing = Fault::Missing(found.chain.next_sequence());
        return Err(before.rot(found.end, found.fault.unwrap_or(missing)));
    }
    Ok(Some(Foot { next: last.first, head: position.head, end: found.end, offsets: found.offsets }))
}

/// What stands behind the good frames is torn, unless something says that it was durable.
pub(super) fn refuse_rot<F>(
    last: &Segment<F>,
    found: &Scan,
    behind: &Tail,
    floor: Option<Position>,
) -> Result<(), LogFailure> {
    let next = found.chain.next_sequence();
    let is_empty = behind.end == 0 && found.fault.is_none();
    let below_floor = floor.is_some_and(|floor| floor.sequence >= next);
    // Behind an end only the mark of a start can be torn: it is durable before anything follows it.
    let behind_close = found.is_closed && behind.end > found.end + last.start();
    if below_floor || behind.proof_at.is_some() || behind_close {
        let why = if is_empty { Fault::Missing(next) } else { found.fault.clone().unwrap_or(Fault::Garbage) };
        return Err(last.rot(found.end, why));
    }
    Ok(())
}

/// The frame on which a snapshot stands must be the one that the log has.
fn check_floor<D: Disk>(
    disk: &Arc<D>,
    book: u64,
    floor: Option<Position>,
    last: &Segment<D::File>,
    found: &Scan,
) -> Result<(), LogFailure> {
    let Some(floor) = floor.filter(|floor| floor.sequence > 0) else { return Ok(()) };
    let met = match found.met {
        Some(met) => met,
        None => Reader::open(Arc::clone(disk), book, floor.sequence + 1, Sections::NONE)?.chain().position,
    };
    if met == floor { Ok(()) } else { Err(last.rot(0, Fault::Floor(floor.sequence))) }
}

/// What a process left that was preparing a segment.
fn remove_next<D: Disk>(disk: &D) -> Result<(), DiskFailure> {
    match disk.remove(NEXT) {
        Err(failure) if failure.is_missing() => Ok(()),
        removed => removed,
    }
}

/// Copies what is torn, and overwrites it with zeros.
fn set_aside<D: Disk>(disk: &D, last: &Segment<D::File>, found: &Scan, behind: &Tail) -> Result<Torn, DiskFailure> {
    let until = behind.end.next_multiple_of(last.start()).min(last.head.length);
    disk.create_folder(ASIDE)?;
    disk.sync_folder("")?;
    let taken = disk.list(ASIDE)?;
    let name = |copy: usize| format!("{:020}-{}-{copy}.torn", last.first, found.end);
    let free = (taken.len()..).map(name).find(|name| !taken.contains(name));
    let aside = format!("{ASIDE}/{}", free.expect("there are more numbers than files"));
    let copy = disk.create(&aside)?;
    in_pieces(disk, &last.file, found.end..until, |bytes, at| disk.write_at(&copy, bytes, at - found.end))?;
    disk.sync(&copy)?;
    disk.sync_folder(ASIDE)?;
    fill(disk, &last.file, found.end, until)?;
    disk.sync(&last.file)?;
    Ok(Torn {
        sequence: found.chain.next_sequence(),
        heads: behind.heads,
        file: last.path.clone(),
        offset: found.end,
        bytes: until - found.end,
        aside,
    })
}

/// Writes the frames again of which no later one says that they are durable: after a failed sync the system may show
/// bytes that never reached the disk, and would not write them by itself. They are durable before the start's mark says so.
fn write_again<D: Disk>(disk: &D, last: &Segment<D::File>, found: &Scan) -> Result<(), DiskFailure> {
    let durable = usize::try_from(found.durable.saturating_sub(last.first - 1)).unwrap_or(usize::MAX);
    let Some(&from) = found.offsets.get(durable) else { return Ok(()) };
    in_pieces(disk, &last.file, u64::from(from)..found.end, |bytes, at| disk.write_at(&last.file, bytes, at))?;
    disk.sync(&last.file)
}

fn in_pieces<D: Disk>(
    disk: &D,
    file: &D::File,
    part: Range<u64>,
    mut take: impl FnMut(&[u8], u64) -> Result<(), DiskFailure>,
) -> Result<(), DiskFailure> {
    let length = usize::try_from(part.end - part.start).unwrap_or(READ_AHEAD);
    let mut buffer = vec![0; length.min(READ_AHEAD)];
    let mut at = part.start;
    while at < part.end {
        let bytes = usize::try_from(part.end - at).map_or(buffer.len(), |left| left.min(buffer.len()));
        let found = disk.read_at(file, &mut buffer[..bytes], at)?;
        assert!(found == bytes, "the file was measured right before");
        take(&buffer[..bytes], at)?;
        at += bytes as u64;
    }
    Ok(())
}
