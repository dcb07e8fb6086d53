//! Copies a book's folder, whole or up to a frame, while others may be writing.
//!
//! What never changes (segments with a foot, runs, the filter, snapshots) is linked where the file system can, and copied
//! where it cannot; the segment that ends the copy is always copied, and filled with zeros behind its last frame. Order: names of what is
//! derived from the log before the end of the log, so that the log has all that they are of. The copy is made in
//! `books/<id>.copying`, synced, verified, and only then renamed: it appears whole or not at all.

use super::Place;
use super::failure::NodeFailure;
use crate::failure::Failure;
use calendar::Instant;
use runtime::{Depth, Scale, Verified, verify};
use std::fs::{self, File};
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Folder;
use store::frame::book_number;
use store::log::{self, End, LogFailure, Reader, Sections};
use store::segments::{self, Segment};

/// Up to where a copy goes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Until {
    /// The last whole frame: all that was acknowledged before, and perhaps more.
    End,
    /// The frame of a number.
    Position(u64),
    /// The last frame whose stamp is not after it.
    Stamp(Instant),
}

/// What was copied.
#[derive(Clone, Debug)]
pub(super) struct Copied {
    pub(super) id: String,
    pub(super) linked: u64,
    pub(super) copied: u64,
    pub(super) verified: Verified,
}

/// Copies a book into another data directory.
pub(super) fn copy(from: &Place, target: &Path, until: Until) -> Result<Copied, Failure> {
    let to = Place::new(target, &from.id);
    if to.folder.exists() {
        return Err(Failure::Occupied { folder: to.folder });
    }
    let staging = to.folder.with_file_name(format!("{}.copying", from.id));
    if staging.exists() {
        fs::remove_dir_all(&staging).map_err(Failure::world("removing", &staging))?;
    }
    let copied = copy_to(from, &staging, until).and_then(|(linked, copied)| {
        let disk = Arc::new(Folder::look(&staging));
        let verified = verify(&disk, Scale::default(), &from.id, Depth::Fold, &mut |_| {}).map_err(from.failing())?;
        fs::rename(&staging, &to.folder).map_err(Failure::world("naming the finished folder", &to.folder))?;
        sync_folder(&target.join("books"))?;
        sync_folder(target)?;
        Ok(Copied { id: from.id.clone(), linked, copied, verified })
    });
    if copied.is_err() {
        // What failed before is what is told.
        let _ = fs::remove_dir_all(&staging);
    }
    copied
}

fn copy_to(from: &Place, staging: &Path, until: Until) -> Result<(u64, u64), Failure> {
    let disk = from.look()?;
    let mut files = Files { from: &from.folder, to: staging, linked: 0, copied: 0 };
    for folder in ["log", "runs", "snapshots"] {
        let folder = staging.join(folder);
        fs::create_dir_all(&folder).map_err(Failure::world("creating the folder", &folder))?;
    }
    // A filter is of runs that are there already, a run of frames.
    let has_filter = files.take_if_there("runs/filter")?;
    let (runs, snapshots) = (files.names("runs")?, files.names("snapshots")?);
    let cut = Cut::find(&disk, &from.id, until).map_err(from.failing())?;
    let Some(cut) = cut else {
        let expected = (
            "lies outside of the log; inspect says how many frames it has",
            "로그의 범위를 벗어납니다. inspect 로 프레임 수를 확인하십시오",
        );
        let value = match until {
            Until::Position(position) => position.to_string(),
            Until::Stamp(at) => at.to_string(),
            Until::End => String::new(),
        };
        return Err(Failure::Argument { name: "--at", value, expected });
    };
    let mut is_every_run = true;
    for name in runs.iter().filter(|name| name.ends_with(".run")) {
        // The frame behind the last stands second in the name.
        let ends = name.get(21..41).and_then(|digits| digits.parse::<u64>().ok());
        if ends.is_some_and(|ends| ends <= cut.position + 1) {
            files.take_if_there(&format!("runs/{name}"))?;
        } else {
            is_every_run = false;
        }
    }
    if has_filter && !is_every_run {
        let filter = staging.join("runs/filter");
        fs::remove_file(&filter).map_err(Failure::world("removing", &filter))?;
        files.linked -= 1;
    }
    for name in snapshots.iter().filter(|name| name.ends_with(".snapshot")) {
        let sequence = name.get(..20).and_then(|digits| digits.parse::<u64>().ok());
        if sequence.is_some_and(|sequence| sequence <= cut.position) {
            files.take_if_there(&format!("snapshots/{name}"))?;
        }
    }
    files.take_log(&disk, book_number(&from.id), &cut).map_err(from.failing_with())?;
    for folder in ["log", "runs", "snapshots", ""] {
        sync_folder(&staging.join(folder))?;
    }
    Ok((files.linked, files.copied))
}

/// Where the copy's log ends.
struct Cut {
    position: u64,
    /// First frame of the segment.
    first: u64,
    /// Behind the last frame.
    offset: u64,
}

impl Cut {
    /// None where the log has no such frame.
    fn find(disk: &Arc<Folder>, id: &str, until: Until) -> Result<Option<Self>, LogFailure> {
        let end = log::look(&**disk, book_number(id))?;
        let last = end.chain.position.sequence;
        let position = match until {
            Until::End => return Ok(Some(Self { position: last, first: end.first, offset: end.offset })),
            Until::Position(position) => position,
            Until::Stamp(at) => last_until(disk, &end, at)?,
        };
        if position == 0 || position > last {
            return Ok(None);
        }
        let mut reader = Reader::open(Arc::clone(disk), end.chain.book, position, Sections::NONE)?;
        let alignment = reader.chain().alignment;
        let firsts = segments::list(&**disk)?;
        let first = firsts.into_iter().rfind(|&first| first <= position).ok_or(LogFailure::Absent)?;
        let frame = reader.next(position)?.expect("the log has this frame");
        Ok(Some(Self { position, first, offset: frame.offset + frame.head.frame_bytes(alignment) }))
    }
}

/// The last frame whose stamp is not after an instant; 0 where there is none. Stamps never decrease.
fn last_until(disk: &Arc<Folder>, end: &End, at: Instant) -> Result<u64, LogFailure> {
    let mut reader = Reader::open(Arc::clone(disk), end.chain.book, 1, Sections::NONE)?;
    let (mut low, mut high) = (0, end.chain.position.sequence);
    while low < high {
        let middle = low + (high - low).div_ceil(2);
        reader.seek(middle + 1)?;
        if reader.chain().stamp <= at { low = middle } else { high = middle - 1 }
    }
    Ok(low)
}

/// Files on their way from one folder to another.
struct Files<'a> {
    from: &'a Path,
    to: &'a Path,
    linked: u64,
    copied: u64,
}

impl Files<'_> {
    /// Names of the files of a folder, in order.
    fn names(&self, folder: &str) -> Result<Vec<String>, Failure> {
        let path = self.from.join(folder);
        let entries = match fs::read_dir(&path) {
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(Vec::new()),
            entries => entries.map_err(Failure::world("reading the folder", &path))?,
        };
        let mut names = Vec::new();
        for entry in entries {
            let entry = entry.map_err(Failure::world("reading the folder", &path))?;
            names.extend(entry.file_name().into_string());
        }
        names.sort();
        Ok(names)
    }

    /// Links a file that never changes; where that cannot be done, copies it. Says whether it is there.
    fn take_if_there(&mut self, name: &str) -> Result<bool, Failure> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        match fs::hard_link(&from, &to) {
            Ok(()) => self.linked += 1,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(false),
            // Another file system, or one without links.
            Err(_) => {
                let copied = fs::copy(&from, &to).and_then(|_| File::open(&to)?.sync_all());
                copied.map_err(Failure::world("copying", &from))?;
                self.copied += 1;
            }
        }
        Ok(true)
    }

    /// The segments up to a cut.
    fn take_log(&mut self, disk: &Folder, book: u64, cut: &Cut) -> Result<(), Taken> {
        for first in segments::list(disk).map_err(LogFailure::from)? {
            let segment = Segment::open(disk, book, first)?;
            let has_foot = segment.foot(disk)?.is_some();
            if first < cut.first && has_foot {
                self.take_if_there(&segment.path)?;
            } else if first < cut.first {
                // Its foot is to come: what follows has no frames yet.
                self.copy_segment(&segment.path, segment.head.length, segment.head.length)?;
            } else if first == cut.first {
                self.copy_segment(&segment.path, cut.offset, segment.head.length)?;
            }
        }
        Ok(())
    }

    /// Copies the first bytes of a segment, and fills it up with zeros.
    fn copy_segment(&mut self, name: &str, bytes: u64, length: u64) -> Result<(), Failure> {
        let (from, to) = (self.from.join(name), self.to.join(name));
        let copy = || -> io::Result<()> {
            let mut target = File::create_new(&to)?;
            let taken = io::copy(&mut File::open(&from)?.take(bytes), &mut target)?;
            if taken < bytes {
                return Err(ErrorKind::UnexpectedEof.into());
            }
            io::copy(&mut io::repeat(0).take(length - bytes), &mut target)?;
            target.flush()?;
            target.sync_all()
        };
        copy().map_err(Failure::world("copying", &from))?;
        self.copied += 1;
        Ok(())
    }
}

/// Why the log could not be taken.
enum Taken {
    Log(LogFailure),
    File(Failure),
}

impl From<LogFailure> for Taken {
    fn from(failure: LogFailure) -> Self {
        Self::Log(failure)
    }
}

impl From<Failure> for Taken {
    fn from(failure: Failure) -> Self {
        Self::File(failure)
    }
}

impl Place {
    fn failing_with(&self) -> impl FnOnce(Taken) -> Failure + use<> {
        let failing = self.failing::<NodeFailure>();
        move |taken| match taken {
            Taken::Log(failure) => failing(failure.into()),
            Taken::File(failure) => failure,
        }
    }
}

fn sync_folder(folder: &Path) -> Result<(), Failure> {
    let folder: PathBuf = folder.into();
    File::open(&folder).and_then(|open| open.sync_all()).map_err(Failure::world("syncing", &folder))
}
