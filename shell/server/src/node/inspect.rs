//! `jeongsan inspect`: what a book has on disk, a frame of its log, or what became of an event.
//!
//! Nothing is changed, others may be writing, and nothing has to be whole but what is shown. Without a frame or event only
//! heads of frames are read, and the few frames that hold no events. For a frame all before it are folded, for an event
//! all of the log: names and accounts are those of that time.

pub(crate) mod event;
mod frame;

use super::Place;
use super::failure::NodeFailure;
use crate::failure::Failure;
use crate::tongue::Tongue;
use calendar::Instant;
use serde_json::{Value, json};
use std::fmt::Write as _;
use std::fs;
use std::io::Write;
use std::path::Path;
use std::sync::Arc;
use store::Folder;
use store::codec::read_commands;
use store::frame::{Kind, Section, book_number};
use store::log::{self, End, LogFailure, Reader, Sections};
use store::turn::{Cause, Definition};

pub(crate) fn command(
    place: &Place,
    what: Option<&str>,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
) -> Result<(), Failure> {
    let disk = place.look()?;
    let shown = match what {
        None => {
            let inspected = inspect(&disk, place).map_err(place.failing())?;
            if as_json { format!("{}\n", inspected.json()) } else { inspected.text(tongue) }
        }
        Some(what) => match what.parse() {
            Ok(sequence) => frame::shown(&disk, place, sequence, as_json, tongue)?,
            Err(_) => event::shown(&disk, place, what, as_json, tongue)?,
        },
    };
    out.write_all(shown.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// What a book has on disk.
struct Inspected {
    id: String,
    end: End,
    segments: Vec<SegmentShown>,
    /// How often the log was opened for writing.
    epochs: u64,
    /// The last frame that says that the log was closed, and its stamp.
    closed_at: Option<(u64, Instant)>,
    definitions: Vec<DefinitionShown>,
    /// Names of files and how many bytes they have.
    snapshots: Vec<(String, u64)>,
    runs: Vec<(String, u64)>,
    aside: Vec<(String, u64)>,
    has_poison: bool,
}

struct SegmentShown {
    file: String,
    first: u64,
    frames: u64,
    events: u64,
    bytes: u64,
}

struct DefinitionShown {
    frame: u64,
    stamp: Instant,
    files: usize,
    /// Paths of files that are not as they were before.
    changed: Vec<String>,
}

fn inspect(disk: &Arc<Folder>, place: &Place) -> Result<Inspected, NodeFailure> {
    let end = log::look(&**disk, book_number(&place.id))?;
    let mut inspected = Inspected {
        id: place.id.clone(),
        segments: Vec::new(),
        epochs: 0,
        closed_at: None,
        definitions: Vec::new(),
        snapshots: files_of(place, "snapshots"),
        runs: files_of(place, "runs"),
        aside: files_of(place, "aside"),
        has_poison: place.folder.join("poison").exists(),
        end,
    };
    inspected.go_through(disk)?;
    Ok(inspected)
}

/// Names and sizes of the files of a folder, in order; none where it is not there.
fn files_of(place: &Place, folder: &str) -> Vec<(String, u64)> {
    let entries = fs::read_dir(place.folder.join(folder)).into_iter().flatten().flatten();
    let size = |entry: fs::DirEntry| {
        let bytes = entry.metadata().ok()?.len();
        Some((entry.file_name().to_string_lossy().into_owned(), bytes))
    };
    let mut files: Vec<(String, u64)> = entries.filter_map(size).collect();
    files.sort();
    files
}

impl Inspected {
    /// Reads the heads of all frames.
    fn go_through(&mut self, disk: &Arc<Folder>) -> Result<(), LogFailure> {
        let (book, last) = (self.end.chain.book, self.end.chain.position.sequence);
        let commands = Sections::NONE.with(Section::Commands);
        let mut heads = Reader::open(Arc::clone(disk), book, 1, Sections::NONE)?;
        let mut bodies = Reader::open(Arc::clone(disk), book, 1, commands)?;
        let mut before: Option<Definition> = None;
        while let Some(frame) = heads.next(last)? {
            let head = frame.head;
            if self.segments.last().is_none_or(|segment| segment.file != frame.file) {
                let bytes = frame.offset;
                self.segments.push(SegmentShown {
                    file: frame.file.into(),
                    first: head.sequence,
                    frames: 0,
                    events: 0,
                    bytes,
                });
            }
            let segment = self.segments.last_mut().expect("one was pushed right before");
            segment.frames += 1;
            segment.events += u64::from(head.events);
            match head.kind {
                Kind::Start => self.epochs += 1,
                Kind::End => self.closed_at = Some((head.sequence, head.stamp)),
                Kind::Turn if head.events == 0 => {
                    bodies.seek(head.sequence)?;
                    let Some(body) = bodies.next(head.sequence)? else { continue };
                    let causes =
                        read_commands(body.section(Section::Commands)).map_or(Vec::new(), |(_, causes)| causes);
                    for cause in causes {
                        if let Cause::Define(definition) = cause {
                            self.definitions.push(shown(head.sequence, head.stamp, before.as_ref(), &definition));
                            before = Some(definition);
                        }
                    }
                }
                Kind::Turn => {}
            }
        }
        for segment in &mut self.segments {
            segment.bytes = fs::metadata(disk.root().join(&segment.file)).map_or(segment.bytes, |found| found.len());
        }
        Ok(())
    }

    fn json(&self) -> Value {
        let files = |files: &[(String, u64)]| -> Vec<Value> {
            files.iter().map(|(file, bytes)| json!({ "file": file, "bytes": bytes })).collect()
        };
        let segment = |segment: &SegmentShown| {
            json!({
                "file": segment.file, "first": segment.first, "frames": segment.frames, "events": segment.events,
                "bytes": segment.bytes,
            })
        };
        let definition = |definition: &DefinitionShown| {
            json!({
                "frame": definition.frame, "stamp": shown_at(definition.stamp), "files": definition.files,
                "changed": definition.changed,
            })
        };
        let chain = &self.end.chain;
        json!({
            "format": "jeongsan.inspect", "version": 1, "book": self.id,
            "position": chain.position.sequence, "head": chain.position.head.to_string(),
            "durable_at_least": self.durable(), "events": chain.events, "identities": chain.identities,
            "stamp": shown_at(chain.stamp), "rules_version": chain.rules_version, "epochs": self.epochs,
            "is_closed": self.end.is_closed,
            "last_close": self.closed_at.map(|(frame, stamp)| json!({ "frame": frame, "stamp": shown_at(stamp) })),
            "unfinished_bytes": self.end.unfinished, "unfinished_heads": self.end.heads,
            "segments": self.segments.iter().map(segment).collect::<Vec<_>>(),
            "snapshots": files(&self.snapshots), "runs": files(&self.runs), "set_aside": files(&self.aside),
            "has_poison": self.has_poison,
            "definitions": self.definitions.iter().map(definition).collect::<Vec<_>>(),
        })
    }

    /// The last frame of which the log itself says that it was synced.
    fn durable(&self) -> u64 {
        if self.end.is_closed { self.end.chain.position.sequence } else { self.end.durable }
    }

    fn text(&self, tongue: Tongue) -> String {
        let mut text = String::new();
        let chain = &self.end.chain;
        let closed = match (self.end.is_closed, self.closed_at) {
            (true, _) => tongue.of("closed", "정상 종료").to_owned(),
            (false, Some((frame, stamp))) => {
                format!(
                    "{} {frame} ({stamp})",
                    tongue.of("open or stopped; last closed at frame", "열려 있거나 중단됨; 마지막 종료 프레임")
                )
            }
            (false, None) => {
                tongue.of("open or stopped; never closed", "열려 있거나 중단됨; 종료된 적 없음").to_owned()
            }
        };
        let durable = format!("{} {}", tongue.of("durable at least up to", "최소한 저장된 프레임"), self.durable());
        let rows = [
            (tongue.of("frames", "프레임"), format!("{} ({durable})", chain.position.sequence)),
            (tongue.of("events", "거래"), chain.events.to_string()),
            (tongue.of("identities", "식별자"), chain.identities.to_string()),
            (tongue.of("stamp", "시각"), chain.stamp.to_string()),
            (tongue.of("rules", "규칙 버전"), chain.rules_version.to_string()),
            (tongue.of("epochs", "열린 횟수"), self.epochs.to_string()),
            (tongue.of("log", "로그"), closed),
            (tongue.of("unfinished", "미완성"), format!("{} B", self.end.unfinished)),
        ];
        writeln!(text, "{}", self.id).expect("a string takes every text");
        for (name, value) in rows {
            writeln!(text, "  {name:<12} {value}").expect("a string takes every text");
        }
        self.write_files(&mut text, tongue);
        for definition in &self.definitions {
            let (frame, stamp, files) = (definition.frame, definition.stamp, definition.files);
            let name = tongue.of("definition", "장부 정의");
            let changed = if definition.changed.is_empty() {
                String::new()
            } else {
                format!(": {}", definition.changed.join(", "))
            };
            writeln!(text, "  {name:<12} {frame:>8}  {stamp}  {files} {}{changed}", tongue.of("files", "파일"))
                .expect("a string takes every text");
        }
        text
    }

    fn write_files(&self, text: &mut String, tongue: Tongue) {
        for segment in &self.segments {
            let (name, frames, events) = (tongue.of("segment", "세그먼트"), segment.frames, segment.events);
            let words = tongue.of("frames", "프레임");
            writeln!(
                text,
                "  {name:<12} {} {frames} {words}, {events} {}, {} B",
                segment.file,
                tongue.of("events", "거래"),
                segment.bytes
            )
            .expect("a string takes every text");
        }
        let lists = [
            (tongue.of("run", "런"), &self.runs),
            (tongue.of("snapshot", "스냅숏"), &self.snapshots),
            (tongue.of("set aside", "따로 둔 것"), &self.aside),
        ];
        for (name, files) in lists {
            for (file, bytes) in files {
                writeln!(text, "  {name:<12} {file} {bytes} B").expect("a string takes every text");
            }
        }
        if self.has_poison {
            let told =
                tongue.of("a batch has stopped the book: see `poison`", "장부를 중단시킨 배치가 있습니다: `poison`");
            writeln!(text, "  {told}").expect("a string takes every text");
        }
    }
}

fn shown(frame: u64, stamp: Instant, before: Option<&Definition>, definition: &Definition) -> DefinitionShown {
    let was = |path: &str| before.and_then(|before| before.files.iter().find(|file| *file.path == *path));
    let changed = before.map_or(Vec::new(), |before| {
        let is_other =
            definition.files.iter().filter(|file| was(&file.path) != Some(*file)).map(|file| file.path.to_string());
        let is_there = |path: &str| definition.files.iter().any(|file| *file.path == *path);
        let gone = before.files.iter().filter(|file| !is_there(&file.path)).map(|file| file.path.to_string());
        is_other.chain(gone).collect()
    });
    DefinitionShown { frame, stamp, files: definition.files.len(), changed }
}

/// An instant for programs; null where there is none.
pub(crate) fn shown_at(at: Instant) -> Option<String> {
    at.present().map(|at| at.to_string())
}

/// Nothing of this name, in the words of the program.
fn unknown(place: &Place, what: &str) -> Failure {
    Failure::Unexplained { what: what.to_owned(), folder: place.folder.clone() }
}
