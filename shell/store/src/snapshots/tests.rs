//! A snapshot is read as it was written, or passed over and named.

use super::*;
use crate::Folder;
use crate::codec::plain::Coded as _;
use crate::codec::tests::{Dice, shown, state};
use std::fs;
use std::path::{Path, PathBuf};

const BOOK: u64 = 77;

fn head(sequence: u64) -> SnapshotHead {
    SnapshotHead {
        book: BOOK,
        position: Position { sequence, head: canon::digest(&sequence.to_le_bytes()) },
        stamp: Instant(sequence.cast_signed() * 1_000),
        events: sequence * 4_096,
        identities: sequence * 4_000,
        rules_version: 1,
    }
}

/// A folder with the snapshots of these frames, each with a state of its own.
fn folder_with(sequences: &[u64]) -> (tempfile::TempDir, Folder) {
    let directory = tempfile::tempdir().expect("a folder for the test");
    let folder = Folder::open(directory.path()).expect("it is ours");
    for &sequence in sequences {
        write(&folder, &snapshot(head(sequence), sequence)).expect("there is room");
    }
    (directory, folder)
}

fn file_of(directory: &Path, sequence: u64) -> PathBuf {
    directory.join(path_of(sequence))
}

/// A snapshot of a state that dice have made.
fn snapshot(head: SnapshotHead, seed: u64) -> Snapshot {
    Snapshot { head, beside: beside(seed), parts: state(&mut Dice::new(seed)) }
}

/// What a node might hold beside it.
fn beside(seed: u64) -> Beside {
    Beside::any(&mut Dice::new(seed))
}

/// Which snapshot is found, that it is the one that was written, and what is said of others.
#[track_caller]
fn check(folder: &Folder, expected: Option<u64>, skipped: &[&str]) {
    let newest = newest(folder, BOOK).expect("the folder can be listed");
    assert_eq!(newest.found.as_ref().map(|found| found.head.position.sequence), expected);
    if let Some(Snapshot { head: found, beside: told, parts }) = newest.found {
        assert_eq!(found, head(found.position.sequence));
        assert_eq!(told, beside(found.position.sequence));
        assert_eq!(shown(&parts), shown(&state(&mut Dice::new(found.position.sequence))));
    }
    let said: Vec<_> = newest.skipped.iter().map(ToString::to_string).collect();
    assert!(said.len() == skipped.len(), "{said:?}");
    said.iter().zip(skipped).for_each(|(said, part)| assert!(said.contains(part), "{said}"));
}

#[test]
fn the_newest_is_found() {
    check(&folder_with(&[]).1, None, &[]);
    check(&folder_with(&[3]).1, Some(3), &[]);
    check(&folder_with(&[3, 900, 12]).1, Some(900), &[]);
}

#[test]
fn three_are_kept() {
    let (directory, folder) = folder_with(&[1, 2, 3]);
    assert_eq!(sequences(&folder).expect("it can be listed"), [1, 2, 3]);
    write(&folder, &snapshot(head(4), 4)).expect("there is room");
    assert_eq!(sequences(&folder).expect("it can be listed"), [2, 3, 4]);
    assert_eq!(fs::read_dir(directory.path().join(FOLDER)).expect("it is there").count(), KEPT);
}

#[test]
fn every_damaged_byte_is_noticed_and_an_older_snapshot_is_taken() {
    let (directory, folder) = folder_with(&[1, 2]);
    let path = file_of(directory.path(), 2);
    let good = fs::read(&path).expect("it was written");
    for byte in 0..good.len() {
        let mut bad = good.clone();
        bad[byte] ^= 1 << (byte % 8);
        fs::write(&path, bad).expect("there is room");
        let newest = newest(&folder, BOOK).expect("the folder can be listed");
        assert_eq!(newest.found.map(|found| found.head), Some(head(1)), "byte {byte}");
        assert!(newest.skipped[0].to_string().contains("00000000000000000002.snapshot"), "byte {byte}");
    }
    fs::write(&path, good).expect("there is room");
    check(&folder, Some(2), &[]);
}

#[test]
fn every_length_but_its_own_is_noticed() {
    let (directory, folder) = folder_with(&[1, 2]);
    let path = file_of(directory.path(), 2);
    let good = fs::read(&path).expect("it was written");
    for length in (0..good.len()).step_by(7) {
        fs::write(&path, &good[..length]).expect("there is room");
        check(&folder, Some(1), &["at offset"]);
    }
    fs::write(&path, [&good[..], &[0]].concat()).expect("there is room");
    check(&folder, Some(1), &["something follows its end"]);
}

#[test]
fn a_snapshot_of_another_book_or_name_or_place_is_passed_over() {
    let (directory, folder) = folder_with(&[1, 2]);
    let (first, second) = (file_of(directory.path(), 1), file_of(directory.path(), 2));
    let (one, mut two) = (fs::read(&first).expect("it is there"), fs::read(&second).expect("it is there"));
    fs::write(&second, &one).expect("there is room");
    check(&folder, Some(1), &["it has the name of another"]);
    // A section that was written for another snapshot.
    let length = one.len().min(two.len());
    two[HEAD_BYTES..length].copy_from_slice(&one[HEAD_BYTES..length]);
    fs::write(&second, &two).expect("there is room");
    check(&folder, Some(1), &["a section fails its check"]);
    fs::remove_file(&second).expect("it is there");
    let other = SnapshotHead { book: 78, ..head(9) };
    write(&folder, &snapshot(other, 9)).expect("there is room");
    check(&folder, Some(1), &["it belongs to another book"]);
}

#[test]
fn what_was_not_finished_is_no_snapshot_and_goes() {
    let (directory, folder) = folder_with(&[1]);
    let unfinished = directory.path().join(format!("{}{UNFINISHED}", path_of(2)));
    fs::copy(file_of(directory.path(), 1), &unfinished).expect("there is room");
    check(&folder, Some(1), &[]);
    write(&folder, &snapshot(head(2), 2)).expect("there is room");
    check(&folder, Some(2), &[]);
    assert!(!unfinished.exists());
}
