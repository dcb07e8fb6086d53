//! Going through a segment that may end anywhere: where do its good frames end, and what stands behind them?

use super::LogFailure;
use super::blocks::{Blocks, READ_AHEAD};
use crate::disk::Disk;
use crate::frame::{Chain, Fault, FrameHead, HEAD_BYTES, Kind, Mark, Position};
use crate::segments::{Segment, front};
use canon::Digest;

/// A head as it stands at its place.
#[derive(Debug)]
pub(super) struct Seen {
    pub(super) head: FrameHead,
    pub(super) hash: Digest,
    pub(super) mark: Mark,
}

/// The head that stands at an offset; `None` where there are zeros.
pub(super) fn look(bytes: &[u8], offset: u64) -> Result<Option<Seen>, Fault> {
    let bytes = front(bytes).ok_or(Fault::Length)?;
    if bytes == [0; HEAD_BYTES] {
        return Ok(None);
    }
    let (head, hash) = FrameHead::read(&bytes)?;
    let mark = Mark::read(&bytes)?;
    if u64::from(mark.offset) != offset {
        return Err(Fault::Misplaced(u64::from(mark.offset)));
    }
    Ok(Some(Seen { head, hash, mark }))
}

/// The good frames of a segment.
#[derive(Debug)]
pub(super) struct Scan {
    /// Behind the last of them.
    pub(super) chain: Chain,
    /// Where they end.
    pub(super) end: u64,
    /// Where each begins.
    pub(super) offsets: Vec<u32>,
    /// What was durable when the last one was written.
    pub(super) durable: u64,
    /// Whether the last one says that the log was closed.
    pub(super) is_closed: bool,
    /// What is wrong where they end; `None` where the place is empty.
    pub(super) fault: Option<Fault>,
    /// The bad frame at the end, if at least its head is good: so many bytes.
    pub(super) bad_bytes: u64,
    /// The frame that was looked out for.
    pub(super) met: Option<Position>,
}

/// Checks all frames of a segment in full, up to the first that is not good.
///
/// A frame that is good in itself and does not belong where it stands is no end: no crash leaves that.
pub(super) fn scan<D: Disk>(disk: &D, segment: &Segment<D::File>, look_out: u64) -> Result<Scan, LogFailure> {
    let mut found = Scan {
        chain: segment.head.chain.clone(),
        end: segment.start(),
        offsets: Vec::new(),
        durable: segment.head.chain.position.sequence,
        is_closed: false,
        fault: None,
        bad_bytes: 0,
        met: None,
    };
    let mut blocks = Blocks::default();
    blocks.turn_to(segment.head.length);
    loop {
        if found.chain.position.sequence == look_out {
            found.met = Some(found.chain.position);
        }
        let head = found.end..found.end + HEAD_BYTES as u64;
        let range = blocks.read(disk, &segment.file, head, READ_AHEAD)?;
        let seen = match look(&blocks.bytes()[range], found.end) {
            Ok(None) => return Ok(found),
            Ok(Some(seen)) => seen,
            Err(fault @ (Fault::NoFrame | Fault::Head | Fault::Mark | Fault::Length)) => {
                found.fault = Some(fault);
                return Ok(found);
            }
            Err(fault) => return Err(segment.rot(found.end, fault)),
        };
        let mut chain = found.chain.clone();
        chain.follow(&seen.head, seen.hash).map_err(|why| segment.rot(found.end, why))?;
        let bytes = seen.head.frame_bytes(chain.alignment);
        if found.end + bytes > segment.head.length {
            return Err(segment.rot(found.end, Fault::Length));
        }
        let body = found.end + HEAD_BYTES as u64..found.end + HEAD_BYTES as u64 + seen.head.body_bytes();
        let range = blocks.read(disk, &segment.file, body, READ_AHEAD)?;
        if canon::digest(&blocks.bytes()[range]) != seen.head.body {
            found.fault = Some(Fault::Body);
            found.bad_bytes = bytes;
            return Ok(found);
        }
        found.chain = chain;
        found.offsets.push(u32::try_from(found.end).expect("segments are below 4 GiB"));
        found.end += bytes;
        found.durable = seen.mark.durable;
        found.is_closed = seen.head.kind == Kind::End;
    }
}

/// What stands behind the good frames of a segment.
#[derive(Debug, Default)]
pub(super) struct Tail {
    /// Behind the last byte that is not zero; 0 where all are.
    pub(super) end: u64,
    /// Good heads.
    pub(super) heads: u64,
    /// A good head that was written when a sequence was durable already.
    pub(super) proof_at: Option<u64>,
}

/// Looks through the bytes from an offset on, for heads behind `skip` bytes, which are a bad frame.
pub(super) fn tail<D: Disk>(
    disk: &D,
    segment: &Segment<D::File>,
    from: u64,
    skip: u64,
    sequence: u64,
) -> Result<Tail, LogFailure> {
    let alignment = segment.start();
    let mut found = Tail { heads: u64::from(skip > 0), ..Tail::default() };
    let mut blocks = Blocks::default();
    blocks.turn_to(segment.head.length);
    let mut at = from;
    while at < segment.head.length {
        let part = at..segment.head.length.min(at + READ_AHEAD as u64);
        let range = blocks.read(disk, &segment.file, part.clone(), 0)?;
        let bytes = &blocks.bytes()[range];
        if let Some(last) = last_set(bytes) {
            found.end = at + last as u64 + 1;
            let mut offset = at.max(from + skip).next_multiple_of(alignment);
            while offset < part.end {
                let inside = usize::try_from(offset - at).expect("a block is in memory");
                if let Ok(Some(seen)) = look(&bytes[inside..], offset)
                    && seen.head.book == segment.head.chain.book
                {
                    found.heads += 1;
                    let proves = seen.mark.durable >= sequence;
                    found.proof_at = found.proof_at.or(proves.then_some(offset));
                }
                offset += alignment;
            }
        }
        at = part.end;
    }
    Ok(found)
}

/// The position of the last byte that is not zero. Zeros are compared by the block.
fn last_set(bytes: &[u8]) -> Option<usize> {
    static ZEROS: [u8; 4096] = [0; 4096];
    let chunk = bytes.chunks(ZEROS.len()).rposition(|chunk| chunk != &ZEROS[..chunk.len()])?;
    let start = chunk * ZEROS.len();
    let end = bytes.len().min(start + ZEROS.len());
    bytes[start..end].iter().rposition(|&byte| byte != 0).map(|inside| start + inside)
}
