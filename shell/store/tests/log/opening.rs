//! Opening: after a close, after a crash, with files missing, with a full disk, while another has it open.

use crate::written::{TINY, Written, book, folder, open, read, write};
use std::fs;
use std::sync::Arc;
use store::log::{self, LogFailure, Position, Room, Sizes, Writer};
use store::{Disk, Folder};

#[test]
fn a_log_is_closed_and_opened_again_and_again() {
    let folder = folder();
    let disk = Arc::new(Folder::open(folder.path()).expect("nobody else has it"));
    let mut writer = log::create(Arc::clone(&disk), TINY, book()).expect("it is new");
    assert!(matches!(log::create(disk, TINY, book()), Err(LogFailure::Present)));
    let mut turns = Vec::new();
    for round in 1..30 {
        assert_eq!(writer.chain().epoch, round);
        turns.extend(write(&mut writer, &[vec![100, 200], vec![700]]));
        let end = match round % 2 {
            0 => writer.close().expect("the disk works"),
            _ => left(writer),
        };
        let opened = open(folder.path(), TINY, Some(end)).expect("it is whole");
        assert_eq!((opened.end, opened.is_clean, opened.torn), (end, round % 2 == 0, None));
        writer = opened.writer;
    }
    let mut frames = read(folder.path(), 1).expect("it is whole");
    frames.retain(|frame| frame.kind == store::frame::Kind::Turn);
    assert_eq!(frames, turns);
    assert_eq!((writer.chain().events, writer.chain().identities), (29 * 9, 29 * 6));
}

fn left(writer: Writer<Folder>) -> Position {
    writer.chain().position
}

#[test]
fn nothing_is_no_log() {
    let folder = folder();
    assert!(matches!(open(folder.path(), TINY, None), Err(LogFailure::Absent)));
}

#[test]
fn another_books_log_is_refused() {
    let log = Written::new(TINY, &[vec![100]], true);
    let disk = Arc::new(Folder::open(log.path()).expect("nobody else has it"));
    let failure = log::open(disk, TINY, book() + 1, None).expect_err("it is another's");
    assert!(failure.to_string().contains("another book"), "{failure}");
}

#[test]
fn a_book_is_opened_by_one_process() {
    let folder = folder();
    let held = Folder::open(folder.path()).expect("nobody else has it");
    let failure = Folder::open(folder.path()).expect_err("it is held");
    assert_eq!(failure.attempted, "locking");
    assert_eq!(failure.source.to_string(), "another process has this book open");
    drop(held);
    Folder::open(folder.path()).expect("it is free again");
}

#[test]
fn whoever_looks_changes_nothing() {
    let log = Written::new(TINY, &[vec![100]], true);
    let (disk, before) = (Folder::look(log.path()), log.files());
    let file = disk.open("log/00000000000000000001.segment").expect("it is there");
    let refused = [
        disk.write_at(&file, b"x", 0).err(),
        disk.truncate(&file, 0).err(),
        disk.remove("lock").err(),
        disk.rename("lock", "lock2").err(),
        disk.create_folder("new").err(),
        disk.create("new").err(),
    ];
    assert!(refused.iter().all(Option::is_some), "{refused:?}");
    assert_eq!((log.files(), disk.list("").expect("it is there")), (before, vec!["lock".to_owned()]));
}

#[test]
fn each_missing_segment_is_named() {
    for is_closed in [true, false] {
        let log = Written::new(TINY, &vec![vec![400]; 20], is_closed);
        fs::write(log.path().join("log/next.zeros"), [0; 2_048]).expect("it can be written");
        let files = log.files();
        let last = log.frames.last().expect("it has frames").position;
        for path in log.segments() {
            fs::remove_file(&path).expect("it is there");
            for floor in [None, Some(last)] {
                let failure = open(log.path(), TINY, floor).expect_err("a segment is missing");
                let LogFailure::Rot { file, why, .. } = failure else { panic!("{failure}") };
                assert!(file.starts_with("log/") && why.to_string().contains("missing"), "{file}: {why}");
            }
            log.restore(&files);
        }
        open(log.path(), TINY, Some(last)).expect("it is whole");
        assert!(!log.path().join("log/next.zeros").exists());
    }
}

/// A segment gets its name, then the one before it its foot, then it gets frames. A crash may come in between.
#[test]
fn a_crash_between_two_segments_is_made_good() {
    let log = Written::new(TINY, &vec![vec![400]; 20], false);
    let [.., before, last] = &log.segments()[..] else { panic!("there are two") };
    let whole = fs::read(before).expect("it is there");
    let without_foot = [&whole[..whole.len() - 256], &[0; 256]].concat();
    let torn_foot = [&without_foot[..whole.len() - 8], &whole[whole.len() - 8..]].concat();
    let empty = [&fs::read(last).expect("it is there")[..256], &[0; 1_792]].concat();
    let files = log.files();
    for foot in [&without_foot, &torn_foot] {
        fs::write(before, foot).expect("it can be written");
        let failure = open(log.path(), TINY, None).expect_err("the last has frames");
        assert!(failure.to_string().contains("foot"), "{failure}");

        fs::write(last, &empty).expect("it can be written");
        let opened = open(log.path(), TINY, None).expect("a crash leaves this");
        assert_eq!((opened.torn, opened.is_clean), (None, false));
        assert_eq!(fs::read(before).expect("it is there"), whole);
        log.restore(&files);
    }
}

#[test]
fn a_snapshot_must_stand_on_a_frame_of_the_log() {
    let log = Written::new(TINY, &vec![vec![400, 10]; 20], false);
    let ends = log.frames.len() as u64;
    let missing = Position { sequence: ends + 1, ..log.frames[0].position };
    let failure = open(log.path(), TINY, Some(missing)).expect_err("it is not there");
    assert!(failure.to_string().contains(&format!("frame {} belongs here and is missing", ends + 1)), "{failure}");
    for frame in &log.frames {
        let other = Position { head: canon::digest(b"another"), ..frame.position };
        let failure = open(log.path(), TINY, Some(other)).expect_err("it is another");
        assert!(failure.to_string().contains("on which a snapshot stands"), "{failure}");
        open(log.path(), TINY, Some(frame.position)).expect("it is whole");
    }
}

#[test]
fn a_full_disk_refuses_frames_while_an_end_can_still_be_written() {
    let log = Written::new(TINY, &[vec![100]], false);
    let full = Sizes { reserve_bytes: u64::MAX / 2, ..TINY };
    let other = folder();
    let disk = Arc::new(Folder::open(other.path()).expect("nobody else has it"));
    assert!(matches!(log::create(disk, full, book()), Err(LogFailure::DiskFull { .. })));
    let mut writer = open(log.path(), full, None).expect("there is room for a start").writer;
    assert_eq!(writer.room(), Room::Ample);
    let Room::Scarce(left) = writer.prepare().expect("the disk works") else { panic!("it is full") };
    assert!(left < 1_536, "{left}");
    let mut chain = writer.chain().clone();
    let mut refused = 0;
    for _ in 0..10 {
        let before = chain.clone();
        let mut frame = [crate::written::seal(&mut chain, 10)];
        match writer.write(&mut frame) {
            Ok(()) => assert_eq!(refused, 0),
            Err(LogFailure::DiskFull { .. }) => (refused, chain) = (refused + 1, before),
            Err(failure) => panic!("{failure}"),
        }
    }
    assert!((6..10).contains(&refused), "{refused}");
    let end = writer.close().expect("room was left");
    let opened = open(log.path(), TINY, Some(end)).expect("there is room again");
    assert!(opened.is_clean);
}

#[test]
fn a_writer_stops_at_the_first_failure() {
    let log = Written::new(TINY, &[vec![100]], false);
    let mut writer = open(log.path(), TINY, None).expect("it is whole").writer;
    fs::remove_dir_all(log.path().join("log")).expect("it is there");
    let mut chain = writer.chain().clone();
    let mut frames = [crate::written::seal(&mut chain, 1_900)];
    assert!(matches!(writer.write(&mut frames), Err(LogFailure::Disk(_))));
    let stopped = [writer.write(&mut frames).err(), writer.sync().err(), writer.prepare().err(), writer.close().err()];
    assert!(stopped.iter().all(|failure| matches!(failure, Some(LogFailure::Stopped(_)))), "{stopped:?}");
}
