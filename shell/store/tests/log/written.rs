//! A small log in a folder, and what must be read from it.

use calendar::Instant;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Folder;
use store::frame::{About, Body, Chain, FrameBytes, HEAD_BYTES, Kind, SECTIONS, Section, book_number};
use store::log::{self, LogFailure, Opened, Position, Reader, Sections, Sizes, Writer};
use tempfile::TempDir;

/// Segments of eight blocks.
pub(crate) const TINY: Sizes = Sizes { segment_bytes: 2_048, alignment: 256, reserve_bytes: 0 };

/// A frame as it should be read: its place, what it is, its sections.
#[derive(Clone, Debug)]
pub(crate) struct Expected {
    pub(crate) position: Position,
    pub(crate) kind: Kind,
    pub(crate) sections: [Vec<u8>; 4],
    /// Where it stands, and what was durable when it was written; nothing of a frame that was not read.
    pub(crate) place: Option<(PathBuf, usize, u64)>,
}

impl PartialEq for Expected {
    fn eq(&self, other: &Self) -> bool {
        (self.position, self.kind, &self.sections) == (other.position, other.kind, &other.sections)
    }
}

/// A log that was written, and may have been left in the middle.
pub(crate) struct Written {
    pub(crate) folder: TempDir,
    pub(crate) frames: Vec<Expected>,
}

pub(crate) fn book() -> u64 {
    book_number("tiny")
}

/// A folder in memory where the system has one, as thousands of logs are opened in it.
pub(crate) fn folder() -> TempDir {
    tempfile::tempdir_in("/dev/shm").or_else(|_| tempfile::tempdir()).expect("a temporary folder can be made")
}

/// The body of a frame whose sections have so many bytes together; they differ from frame to frame.
pub(crate) fn body(sequence: u64, bytes: usize) -> Body {
    let all: Vec<u8> = (0..bytes as u64).map(|at| (sequence.wrapping_mul(167) + at * 31 + (at >> 5)) as u8).collect();
    let (a, b, c) = (bytes / 5, bytes / 2, bytes - bytes / 7);
    Body::new(&all[..a], &all[a..b], &all[b..c], &all[c..])
}

pub(crate) fn seal(chain: &mut Chain, bytes: usize) -> FrameBytes {
    let sequence = chain.next_sequence();
    let stamp = Instant(1_000 * i64::try_from(sequence).expect("a small number"));
    chain.seal(About { events: 3, identities: 2, stamp, rules_version: 1 }, body(sequence, bytes))
}

pub(crate) fn expected(frame: &FrameBytes) -> Expected {
    let sections = SECTIONS.map(|section| frame.section(section).to_vec());
    Expected { position: frame.position(), kind: frame.head().kind, sections, place: None }
}

/// Writes groups of frames of given sizes, and syncs after each.
pub(crate) fn write(writer: &mut Writer<Folder>, groups: &[Vec<usize>]) -> Vec<Expected> {
    let mut all = Vec::new();
    for group in groups {
        let mut chain = writer.chain().clone();
        let mut frames: Vec<FrameBytes> = group.iter().map(|&bytes| seal(&mut chain, bytes)).collect();
        all.extend(frames.iter().map(expected));
        writer.write(&mut frames).expect("there is room");
        assert_eq!(writer.sync().expect("the disk works"), chain.position.sequence);
        assert_eq!(*writer.chain(), chain);
    }
    all
}

impl Written {
    /// A log of such groups; left without an end, or closed.
    pub(crate) fn new(sizes: Sizes, groups: &[Vec<usize>], is_closed: bool) -> Self {
        let folder = folder();
        let disk = Folder::open(folder.path()).expect("nobody else has it");
        let mut writer = log::create(Arc::new(disk), sizes, book()).expect("it is new");
        write(&mut writer, groups);
        if is_closed {
            writer.close().expect("the disk works");
        }
        let frames = read(folder.path(), 1).expect("it was just written");
        Self { folder, frames }
    }

    pub(crate) fn path(&self) -> &Path {
        self.folder.path()
    }

    /// Paths of its segments, in order.
    pub(crate) fn segments(&self) -> Vec<PathBuf> {
        let entries = fs::read_dir(self.path().join("log")).expect("it is there");
        let mut paths: Vec<PathBuf> = entries.map(|entry| entry.expect("it can be listed").path()).collect();
        paths.retain(|path| path.extension().is_some_and(|extension| extension == "segment"));
        paths.sort();
        paths
    }

    /// The last frame of which the heads that are still whole say that it was durable.
    pub(crate) fn proven(&self, files: &BTreeMap<PathBuf, Vec<u8>>, whole: &BTreeMap<PathBuf, Vec<u8>>) -> u64 {
        let says = |frame: &Expected| {
            let (path, offset, durable) = frame.place.as_ref()?;
            let head = *offset..offset + HEAD_BYTES;
            let is_whole = files[path].get(head.clone()) == whole[path].get(head);
            is_whole.then_some(*durable)
        };
        self.frames.iter().filter_map(says).max().unwrap_or(0)
    }

    /// All files of the log with their bytes.
    pub(crate) fn files(&self) -> BTreeMap<PathBuf, Vec<u8>> {
        let entries = fs::read_dir(self.path().join("log")).expect("it is there");
        let paths = entries.map(|entry| entry.expect("it can be listed").path());
        paths.map(|path| (path.clone(), fs::read(path).expect("it can be read"))).collect()
    }

    /// Puts back what the log was.
    pub(crate) fn restore(&self, files: &BTreeMap<PathBuf, Vec<u8>>) {
        fs::remove_dir_all(self.path().join("log")).expect("it is there");
        let _ = fs::remove_dir_all(self.path().join("aside"));
        fs::create_dir(self.path().join("log")).expect("it was removed");
        files.iter().for_each(|(path, bytes)| fs::write(path, bytes).expect("it can be written"));
    }
}

pub(crate) fn open(path: &Path, sizes: Sizes, floor: Option<Position>) -> Result<Opened<Folder>, LogFailure> {
    let disk = Folder::open(path).expect("nobody else has it");
    log::open(Arc::new(disk), sizes, book(), floor)
}

/// All frames from one on, in full.
pub(crate) fn read(path: &Path, from: u64) -> Result<Vec<Expected>, LogFailure> {
    let mut reader = Reader::open(Arc::new(Folder::look(path)), book(), from, Sections::ALL)?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next(u64::MAX)? {
        let sections = SECTIONS.map(|section: Section| frame.section(section).to_vec());
        let offset = usize::try_from(frame.offset).expect("small");
        let place = Some((path.join(frame.file), offset, frame.mark.durable));
        frames.push(Expected { position: frame.position, kind: frame.head.kind, sections, place });
    }
    Ok(frames)
}
