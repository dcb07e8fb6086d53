//! Damage: every bit of a small log, and cuts, zeros and garbage in larger ones. Opening gives whole frames, or names the
//! damage; it never gives a wrong frame, and never loses one that a later frame says was durable.

use crate::written::{Expected, TINY, Written, book, open, read};
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;
use std::sync::Arc;
use store::Folder;
use store::frame::{HEAD_BYTES, Kind, SECTIONS, Section};
use store::log::{LogFailure, Reader, Sections};

type Files = BTreeMap<PathBuf, Vec<u8>>;

/// Opens a damaged log and compares; gives whether it opened.
fn check(log: &Written, whole: &Files, floor: Option<&Expected>) -> bool {
    let before = log.files();
    let proven = log.proven(&before, whole);
    let opened = match open(log.path(), TINY, floor.map(|frame| frame.position)) {
        Ok(opened) => opened,
        Err(LogFailure::Rot { file, offset, .. }) => {
            assert!(file.starts_with("log/") && offset <= 8_192, "{file} at {offset}");
            assert_eq!(log.files(), before, "nothing is changed");
            return false;
        }
        Err(failure) => panic!("{failure}"),
    };
    let kept = usize::try_from(opened.end.sequence).expect("small");
    assert!(opened.end.sequence >= proven.max(floor.map_or(0, |frame| frame.position.sequence)));
    assert!(kept <= log.frames.len());
    if kept < log.frames.len() {
        let torn = opened.torn.as_ref().map(|torn| torn.sequence);
        // A last frame of zeros leaves nothing to be told of.
        assert!(torn.is_none_or(|torn| torn == opened.end.sequence + 1));
    }
    if let Some(torn) = &opened.torn {
        let copy = fs::read(log.path().join(&torn.aside)).expect("it was copied");
        let from = usize::try_from(torn.offset).expect("small");
        assert_eq!(copy, before[&log.path().join(&torn.file)][from..from + copy.len()]);
    }
    drop(opened);
    match read(log.path(), 1) {
        Ok(frames) => {
            assert_eq!(frames[..kept], log.frames[..kept]);
            assert_eq!(frames[kept..].iter().map(|frame| frame.kind).collect::<Vec<_>>(), [Kind::Start]);
        }
        // Segments before the last are checked when they are read.
        Err(LogFailure::Rot { file, .. }) => {
            let path = log.path().join(file);
            assert!(before[&path] != whole[&path] && Some(&path) != log.segments().last(), "{}", path.display());
        }
        Err(failure) => panic!("{failure}"),
    }
    true
}

/// What a reader sees that changes nothing: whole frames up to the end, or up to damage that it names. Gives whether it does.
fn is_named_by_reading(log: &Written) -> bool {
    let disk = Arc::new(Folder::look(log.path()));
    let mut frames = log.frames.iter();
    let read = || -> Result<(), LogFailure> {
        let mut reader = Reader::open(disk, book(), 1, Sections::ALL)?;
        while let Some(read) = reader.next(u64::MAX)? {
            let frame = frames.next().expect("no frame was added");
            let same = |section: Section| read.section(section) == frame.sections[section as usize];
            assert!(read.position == frame.position && SECTIONS.into_iter().all(same));
        }
        Ok(())
    };
    let outcome = read();
    assert!(matches!(outcome, Ok(()) | Err(LogFailure::Rot { .. })), "{outcome:?}");
    outcome.is_err()
}

/// Bytes of the log that mean something; the others are padding. By path.
fn covered(log: &Written, files: &Files) -> BTreeMap<PathBuf, Vec<bool>> {
    let mut covered: BTreeMap<PathBuf, Vec<bool>> =
        files.iter().map(|(path, bytes)| (path.clone(), vec![false; bytes.len()])).collect();
    let mut ends = BTreeMap::new();
    for frame in &log.frames {
        let (path, offset, _) = frame.place.as_ref().expect("it was read");
        let end = offset + HEAD_BYTES + frame.sections.concat().len();
        covered.get_mut(path).expect("it is a file")[*offset..end].fill(true);
        let (frames, _) = ends.get(path).copied().unwrap_or((0, 0));
        ends.insert(path.clone(), (frames + 1, end.next_multiple_of(256)));
    }
    let last = log.segments().pop();
    for (path, bytes) in &mut covered {
        let (frames, end) = ends[path];
        let foot = bytes.len() - 96 - 4 * frames;
        let from = if Some(path) == last.as_ref() { end } else { foot };
        bytes[from..].fill(true);
        bytes[..128].fill(true);
    }
    covered
}

/// Flips every bit, and one of each byte of padding. Exactly those of padding are harmless.
fn flip_every_bit_of(log: &Written) {
    let files = log.files();
    assert_eq!(files.len(), 2, "it is a small log of two segments");
    let covered = covered(log, &files);
    for (path, bytes) in &files {
        let mut bytes = bytes.clone();
        for bit in (0..bytes.len() * 8).filter(|bit| covered[path][bit / 8] || bit % 8 == 3) {
            bytes[bit / 8] ^= 1 << (bit % 8);
            fs::write(path, &bytes).expect("it can be written");
            let is_named = is_named_by_reading(log);
            assert_eq!(is_named, covered[path][bit / 8], "bit {bit} of {}", path.display());
            if check(log, &files, None) {
                log.restore(&files);
            }
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        fs::write(path, &bytes).expect("it can be written");
    }
}

#[test]
fn every_flipped_bit_of_a_closed_log_is_named_or_harmless() {
    flip_every_bit_of(&Written::new(TINY, &[vec![60, 60], vec![300], vec![60]], true));
}

#[test]
fn every_flipped_bit_of_an_open_log_is_named_or_cut_or_harmless() {
    flip_every_bit_of(&Written::new(TINY, &[vec![60, 60], vec![300], vec![10, 20]], false));
}

#[derive(Clone, Debug)]
enum Damage {
    /// The file ends here.
    Cut(prop::sample::Index),
    Flip(prop::sample::Index),
    /// So many sectors are zeros.
    Zero(prop::sample::Index, usize),
    /// Garbage.
    Fill(prop::sample::Index, usize),
}

fn damages() -> impl Strategy<Value = Damage> {
    prop_oneof![
        1 => any::<prop::sample::Index>().prop_map(Damage::Cut),
        3 => any::<prop::sample::Index>().prop_map(Damage::Flip),
        4 => (any::<prop::sample::Index>(), 1..6_usize).prop_map(|(at, sectors)| Damage::Zero(at, sectors)),
        2 => (any::<prop::sample::Index>(), 1..600_usize).prop_map(|(at, bytes)| Damage::Fill(at, bytes)),
    ]
}

fn strike(bytes: &mut Vec<u8>, damage: &Damage) {
    if bytes.len() < 128 {
        return;
    }
    match damage {
        Damage::Cut(at) => bytes.truncate(at.index(bytes.len())),
        Damage::Flip(at) => {
            let bit = at.index(bytes.len() * 8);
            bytes[bit / 8] ^= 1 << (bit % 8);
        }
        Damage::Zero(at, sectors) => {
            let from = at.index(bytes.len() / 128) * 128;
            let until = bytes.len().min(from + sectors * 128);
            bytes[from..until].fill(0);
        }
        Damage::Fill(at, count) => {
            let from = at.index(bytes.len());
            let until = bytes.len().min(from + count);
            bytes[from..until].iter_mut().enumerate().for_each(|(n, byte)| *byte = (n * 73 + 11) as u8);
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn damage_is_named_or_cut(
        groups in prop::collection::vec(prop::collection::vec(0..900_usize, 1..4), 1..12),
        is_closed: bool,
        files in prop::collection::vec((any::<prop::sample::Index>(), damages()), 1..3),
        floor in prop::option::of(any::<prop::sample::Index>()),
    ) {
        let log = Written::new(TINY, &groups, is_closed);
        let (segments, whole) = (log.segments(), log.files());
        for (file, damage) in files {
            // The last segment is struck more often: there torn and rotten must be told apart.
            let at = file.index(segments.len() * 2).min(segments.len() - 1);
            let mut bytes = fs::read(&segments[at]).expect("it is there");
            strike(&mut bytes, &damage);
            fs::write(&segments[at], bytes).expect("it can be written");
        }
        is_named_by_reading(&log);
        let floor = floor.map(|floor| &log.frames[floor.index(log.frames.len())]);
        check(&log, &whole, floor);
    }
}
