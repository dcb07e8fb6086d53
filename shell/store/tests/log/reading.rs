//! Reading: from anywhere, any sections, over segments, behind a writer.

use crate::written::{TINY, Written, book, expected, folder, read, seal, write};
use std::sync::Arc;
use store::Folder;
use store::frame::{Draft, Kind, SECTIONS, Section};
use store::log::{self, LogFailure, Reader, Sections, Sizes};

/// Groups that fill several segments; one frame is larger than a segment.
fn groups() -> Vec<Vec<usize>> {
    let mut groups: Vec<Vec<usize>> = (0..40).map(|n| vec![n * 13 % 700; n % 3 + 1]).collect();
    groups[17] = vec![0, 5_000, 1];
    groups
}

#[test]
fn what_was_written_is_read_from_any_frame_on() {
    let log = Written::new(TINY, &groups(), true);
    assert!(log.segments().len() > 10, "{:?}", log.segments());
    assert_eq!(log.frames.len(), 1 + groups().iter().map(Vec::len).sum::<usize>() + 1);
    let kinds = |kind| log.frames.iter().filter(|frame| frame.kind == kind).count();
    assert_eq!([kinds(Kind::Start), kinds(Kind::End)], [1, 1]);
    for (at, frame) in log.frames.iter().enumerate() {
        let from = at as u64 + 1;
        assert_eq!(frame.position.sequence, from);
        assert_eq!(read(log.path(), from).expect("it is whole"), log.frames[at..]);
    }
    let end = log.frames.len() as u64 + 1;
    assert_eq!(read(log.path(), end).expect("it may come"), []);
    let failure = read(log.path(), end + 1).expect_err("there is a gap");
    assert!(matches!(failure, LogFailure::Rot { .. }), "{failure}");
}

#[test]
fn only_the_sections_asked_for_are_read() {
    let log = Written::new(TINY, &groups(), true);
    for set in 0..16_u8 {
        let asked = |section: &Section| set >> *section as u8 & 1 == 1;
        let sections = SECTIONS.into_iter().filter(asked).fold(Sections::NONE, Sections::with);
        let disk = Arc::new(Folder::look(log.path()));
        let mut reader = Reader::open(disk, book(), 1, sections).expect("it is whole");
        for frame in &log.frames {
            let read = reader.next(u64::MAX).expect("it is whole").expect("it is there");
            assert_eq!(read.position, frame.position);
            for section in SECTIONS.into_iter().filter(asked) {
                assert_eq!(read.section(section), frame.sections[section as usize]);
            }
        }
        assert!(reader.next(u64::MAX).expect("it is whole").is_none());
    }
}

#[test]
fn a_reader_goes_to_and_fro() {
    let log = Written::new(TINY, &groups(), false);
    let disk = Arc::new(Folder::look(log.path()));
    let mut reader = Reader::open(disk, book(), 1, Sections::ALL).expect("it is whole");
    let frames = log.frames.len() as u64;
    for step in 0..300 {
        let from = step * 37 % frames + 1;
        reader.seek(from).expect("it is whole");
        for sequence in from..(from + step % 3).min(frames) {
            let frame = reader.next(frames).expect("it is whole").expect("it is there");
            assert_eq!(frame.position, log.frames[usize::try_from(sequence).expect("small") - 1].position);
        }
    }
}

#[test]
fn a_reader_follows_the_writer() {
    let folder = folder();
    let disk = Arc::new(Folder::open(folder.path()).expect("nobody else has it"));
    let mut writer = log::create(Arc::clone(&disk), TINY, book()).expect("it is new");
    let mut reader = Reader::open(disk, book(), 2, Sections::ALL).expect("it is whole");
    for group in groups() {
        for frame in write(&mut writer, &[group]) {
            let read = reader.next(writer.durable()).expect("it is whole").expect("it is durable");
            assert_eq!((read.position, read.section(Section::Raw)), (frame.position, &frame.sections[3][..]));
        }
        assert!(reader.next(writer.durable()).expect("it is whole").is_none());
        writer.prepare().expect("the disk works");
    }
    let missing = reader.next(writer.durable() + 1).expect_err("it is not there");
    assert!(missing.to_string().contains("is missing"), "{missing}");
}

#[test]
fn a_body_is_written_in_place_into_a_used_buffer() {
    let folder = folder();
    let disk = Arc::new(Folder::open(folder.path()).expect("nobody else has it"));
    let writer =
        log::create(disk, Sizes { segment_bytes: 8 * 512, alignment: 512, ..TINY }, book()).expect("it is new");
    let mut chain = writer.chain().clone();
    let used = seal(&mut chain.clone(), 900).into_buffer();
    let capacity = used.capacity();
    let mut draft = Draft::new(used);
    draft.section(Section::Commands).extend_from_slice(b"commands");
    draft.section(Section::Raw).extend_from_slice(b"raw");
    let about = store::frame::About { events: 0, identities: 0, stamp: chain.stamp, rules_version: 1 };
    let frame = chain.seal(about, draft.finish());
    assert_eq!(expected(&frame).sections, [&b""[..], b"commands", b"", b"raw"].map(<[u8]>::to_vec));
    assert_eq!((frame.bytes().len(), frame.into_buffer().capacity()), (512, capacity));
}
