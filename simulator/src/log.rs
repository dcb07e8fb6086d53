//! The log alone, on a simulated disk: what is asked of it after every crash, error and damage.
//!
//! A story writes frames in groups over several lives of a process. Each life ends by a crash at any operation, by an error, or
//! in peace. After each the log must open and hold every frame that was synced, in order, and behind them nothing but frames
//! that were written. What was damaged at rest must be refused by name, or change nothing but the end that no later
//! write vouches for.

use crate::coverage::Coverage;
use crate::disk::{Damage, Errno, Honesty, SECTOR_BYTES, SimDisk, Trouble};
use crate::random::Seeded;
use calendar::Instant;
use std::sync::Arc;
use store::frame::{About, Body, FrameBytes, Kind, SECTIONS};
use store::log::{self, LogFailure, Opened, Reader, Room, Sections, Sizes, Writer};

/// The number of the book.
const BOOK: u64 = 11;
/// Lives of a process in one story.
const LIVES: u64 = 6;
/// The most groups that are written in one life.
const GROUPS: u64 = 12;
/// Disks that are full have about so many bytes.
const FULL_BYTES: (i64, i64) = (60_000, 200_000);

/// What was found to be wrong.
pub type Violation = String;

/// One story.
#[derive(Debug)]
struct Story {
    disk: Arc<SimDisk>,
    random: Seeded,
    sizes: Sizes,
    /// Bytes of the turns that were written, in order.
    written: Vec<Vec<u8>>,
    /// How many of them are durable.
    durable: usize,
    /// How many of them a later frame vouches for that is durable itself.
    vouched: usize,
    /// How many the last frame vouches for.
    vouching: usize,
    coverage: Coverage,
}

/// Plays the story of a seed; what happened in it, by name.
///
/// # Errors
/// What the log did wrong.
pub fn story(seed: u64, honesty: Honesty) -> Result<Coverage, Violation> {
    let mut random = Seeded::new(seed);
    let alignment = random.pick(&[256, 512, 1_024]);
    let sizes = Sizes {
        segment_bytes: u64::from(alignment) * (8 + random.below(40)),
        alignment,
        reserve_bytes: random.pick(&[0, 4_096]),
    };
    let disk = Arc::new(SimDisk::new(random.next()));
    disk.be(honesty);
    let mut story = Story {
        disk,
        random,
        sizes,
        written: Vec::new(),
        durable: 0,
        vouched: 0,
        vouching: 0,
        coverage: Coverage::default(),
    };
    if story.random.chance(15) {
        let capacity = story.random.between(FULL_BYTES.0, FULL_BYTES.1);
        story.disk.limit(u64::try_from(capacity).expect("bounds are positive"));
    }
    for _ in 0..LIVES {
        story.live()?;
    }
    story.disk.limit(u64::MAX);
    story.rot()?;
    story.coverage.add(&story.disk.faults());
    Ok(story.coverage)
}

impl Story {
    /// One life of a process, from its start to the end of the disk's patience.
    fn live(&mut self) -> Result<(), Violation> {
        self.worry();
        let mut writer = match self.open() {
            Ok(writer) => writer,
            Err(failure) => return self.end(&failure),
        };
        if let Some(failure) = self.check()? {
            return self.end(&failure);
        }
        for _ in 0..self.random.below(GROUPS) {
            if let Err(failure) = self.group(&mut writer) {
                return self.end(&failure);
            }
        }
        if self.random.chance(40) {
            self.coverage.note("closed in peace");
            let closed = writer.close();
            match closed {
                Ok(_) => (self.durable, self.vouched) = (self.written.len(), self.written.len()),
                Err(failure) => return self.end(&failure),
            }
        }
        self.disk.calm();
        if self.random.chance(70) {
            self.disk.crash();
        } else {
            self.coverage.note("process ended");
            self.disk.restart();
        }
        Ok(())
    }

    /// Lays the trouble of this life: it may strike, or not.
    fn worry(&mut self) {
        let operations = self.disk.operations();
        match self.random.below(10) {
            0..5 => self.disk.power_off_at(operations + 1 + self.random.below(400)),
            5..7 => {
                let errno = self.random.pick(&[Errno::Io, Errno::NoSpace, Errno::Quota]);
                self.disk.trouble(None, self.random.below(300), Trouble::Fails(errno));
            }
            _ => {}
        }
    }

    fn open(&mut self) -> Result<Writer<SimDisk>, LogFailure> {
        let opened = match log::open(Arc::clone(&self.disk), self.sizes, BOOK, None) {
            Err(LogFailure::Absent) if self.durable == 0 => {
                return log::create(Arc::clone(&self.disk), self.sizes, BOOK);
            }
            opened => opened,
        };
        let Opened { writer, torn, is_clean, .. } = opened?;
        self.coverage.note_if("end torn", torn.is_some());
        self.coverage.note_if("end clean", is_clean);
        Ok(writer)
    }

    /// The log ended this life: by its right, or not.
    fn end(&mut self, failure: &LogFailure) -> Result<(), Violation> {
        match failure {
            LogFailure::DiskFull { .. } => {
                self.coverage.note("log full");
                self.disk.limit(u64::MAX);
            }
            LogFailure::Disk(_) | LogFailure::Stopped(_) => {
                self.coverage.note("log stopped");
            }
            failure => return Err(format!("nothing was damaged, and the log says: {failure}")),
        }
        self.disk.calm();
        if self.disk.is_off() || self.random.chance(50) {
            self.disk.crash();
        } else {
            // The system goes on and shows what it will not write any more.
            self.coverage.note("process ended");
            self.disk.restart();
        }
        Ok(())
    }

    /// Writes some frames and, mostly, syncs them.
    fn group(&mut self, writer: &mut Writer<SimDisk>) -> Result<(), LogFailure> {
        let mut chain = writer.chain().clone();
        let mut frames: Vec<FrameBytes> = Vec::new();
        let mut turns = Vec::new();
        for _ in 0..=self.random.below(4) {
            let sections: [Vec<u8>; 4] = std::array::from_fn(|_| self.bytes());
            let body = Body::new(&sections[1], &sections[3], &sections[0], &sections[2]);
            let stamp = Instant(chain.stamp.0.max(0) + 1);
            frames.push(chain.seal(About { events: 1, identities: 1, stamp, rules_version: 1 }, body));
            turns.push(sections.concat());
        }
        let before = self.durable;
        let known = self.written.len();
        self.written.extend(turns);
        if let Err(failure) = writer.write(&mut frames) {
            if matches!(failure, LogFailure::DiskFull { .. }) {
                self.written.truncate(known);
            }
            return Err(failure);
        }
        self.vouching = before;
        if self.random.chance(80) {
            writer.sync()?;
            (self.durable, self.vouched) = (self.written.len(), self.vouching);
        }
        if self.random.chance(30) {
            let room = writer.prepare()?;
            self.coverage.note_if("room scarce", room != Room::Ample);
        }
        Ok(())
    }

    fn bytes(&mut self) -> Vec<u8> {
        let length = match self.random.below(20) {
            0..6 => 0,
            6..19 => self.random.below(500),
            _ => self.random.below(3 * self.sizes.segment_bytes / 2),
        };
        let byte = self.random.next().to_le_bytes()[0] | 1;
        vec![byte; usize::try_from(length).expect("a short section")]
    }

    /// What the log holds, after it was opened, is what must be there, and now it is durable. Gives the failure where the disk
    /// does not let anybody look.
    fn check(&mut self) -> Result<Option<LogFailure>, Violation> {
        let held = match read(&self.disk) {
            Ok(held) => held,
            Err(failure @ LogFailure::Disk(_)) => return Ok(Some(failure)),
            Err(failure) => return Err(format!("the log was opened and cannot be read: {failure}")),
        };
        if held.len() < self.durable {
            return Err(format!("{} of {} durable frames are there", held.len(), self.durable));
        }
        if held.len() > self.written.len() || held[..] != self.written[..held.len()] {
            return Err("a frame is there that was not written so".to_owned());
        }
        self.coverage.note_if("unsynced frames kept", held.len() > self.durable);
        self.coverage.note_if("unsynced frames lost", held.len() < self.written.len());
        self.written = held;
        let all = self.written.len();
        (self.durable, self.vouched, self.vouching) = (all, all, all);
        Ok(None)
    }

    /// Damages copies of the log, each in one way.
    fn rot(&mut self) -> Result<(), Violation> {
        for _ in 0..4 {
            let disk = Arc::new(self.disk.copy());
            let Some(damage) = disk.draw_damage(&mut self.random, None, |path| path.ends_with(".segment")) else {
                return Ok(());
            };
            disk.damage(&damage);
            self.check_damaged(&disk, &damage).map_err(|said| format!("{said} after {damage:?}"))?;
        }
        Ok(())
    }

    fn check_damaged(&mut self, disk: &Arc<SimDisk>, damage: &Damage) -> Result<(), Violation> {
        let before = disk.contents();
        let opened = log::open(Arc::clone(disk), self.sizes, BOOK, None);
        let is_torn = match &opened {
            Ok(opened) => opened.torn.is_some(),
            Err(LogFailure::Rot { .. } | LogFailure::Absent) => {
                self.coverage.note("damage found at the start");
                return if disk.contents() == before { Ok(()) } else { Err("what is refused was changed".into()) };
            }
            Err(failure) => return Err(format!("damage is no failure of the disk: {failure}")),
        };
        drop(opened);
        let held = match read(disk) {
            Ok(held) => held,
            Err(LogFailure::Rot { .. }) => {
                self.coverage.note("damage found by a reader");
                return Ok(());
            }
            Err(failure) => return Err(format!("damage is no failure of the disk: {failure}")),
        };
        if held.len() > self.written.len() || held[..] != self.written[..held.len()] {
            return Err("a frame is there that was not written so".to_owned());
        }
        let is_blank = matches!(damage, Damage::Blank { .. });
        // One sector may hold the end of a frame and the whole of the next, which vouches for it.
        let is_wide = is_blank && (self.sizes.alignment as usize) < SECTOR_BYTES;
        if held.len() < self.vouched && !is_wide {
            return Err(format!("{} of {} vouched frames are there", held.len(), self.vouched));
        }
        // A sector of zeros where the last frame was is what the disk was before it.
        let is_short = held.len() < self.durable;
        self.coverage.note(if is_short { "damage of the last group" } else { "damage without effect" });
        if is_short && !is_torn && !is_blank { Err("frames are gone, and nobody says so".into()) } else { Ok(()) }
    }
}

/// All turns of a log that nobody writes.
fn read(disk: &Arc<SimDisk>) -> Result<Vec<Vec<u8>>, LogFailure> {
    let mut reader = Reader::open(Arc::clone(disk), BOOK, 1, Sections::ALL)?;
    let mut turns = Vec::new();
    while let Some(frame) = reader.next(u64::MAX)? {
        if frame.head.kind == Kind::Turn {
            turns.push(SECTIONS.map(|section| frame.section(section)).concat());
        }
    }
    Ok(turns)
}
