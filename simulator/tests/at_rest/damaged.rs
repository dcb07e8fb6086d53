//! Every file of a small data directory is missing, ends early, is an older version of itself, that of another book, or
//! another file of its own book. The book answers as ever, or says what is wrong.

use crate::book::{ID, kept, make};
use crate::flips::{Found, Sound, names_place};
use simulator::disk::Damage;

/// Files are cut at every so manieth length.
const CUT_STEP: usize = 29;

/// Does each damage to a copy of the book; what came of them, sorted by what was found.
#[track_caller]
fn check(damages: impl Iterator<Item = Damage>, is_told: impl Fn(&str, &str) -> bool) -> [usize; 4] {
    let made = make(ID);
    let sound = Sound::of(&made);
    let mut counts = [0; 4];
    for damage in damages {
        let disk = made.disk.copy();
        if disk.damage(&damage) {
            let path = damage.path();
            let found = sound.check(&disk, |said| is_told(said, path));
            let name = damage.name();
            counts[found.unwrap_or_else(|said| panic!("{name} `{path}`: {said}")) as usize] += 1;
        }
    }
    counts
}

/// What is said of a file that is not the right one: a file and a place in it, or what is missing.
fn names_something(said: &str, path: &str) -> bool {
    ["log/", "runs/", "snapshots/"].iter().any(|folder| said.contains(&format!("`{folder}")))
        || path.starts_with("runs/") && said.contains("runs of frames [")
}

#[test]
fn a_missing_file_is_made_anew_or_named() {
    let paths = kept(&make(ID).disk).into_iter().map(|(path, _)| path);
    let counts = check(paths.map(|path| Damage::Lost { path }), names_something);
    // Without the filter, or a snapshot, all answers are there; without a segment nothing is.
    assert!(counts[Found::Nothing as usize] >= 3 && counts[Found::Refused as usize] >= 4, "{counts:?}");
}

#[test]
fn a_file_that_ends_early_is_named() {
    let cuts = kept(&make(ID).disk).into_iter().flat_map(|(path, bytes)| {
        (0..bytes.len()).step_by(CUT_STEP).map(move |length| Damage::Cut { path: path.clone(), length })
    });
    let counts = check(cuts, names_place);
    assert_eq!(counts[Found::Nothing as usize], 0, "{counts:?}");
    assert!(counts[Found::Refused as usize] > 500 && counts[Found::Named as usize] > 500, "{counts:?}");
}

#[test]
fn an_older_file_is_named() {
    let made = make(ID);
    let older = made.earlier.iter().flat_map(kept).map(|(path, bytes)| Damage::Stale { path, bytes });
    let counts = check(older, names_something);
    assert!(counts[Found::Nothing as usize] == 0 && counts[Found::Refused as usize] > 1, "{counts:?}");
}

#[test]
fn a_file_of_another_book_is_named() {
    let foreign = kept(&make("other").disk).into_iter().map(|(path, bytes)| Damage::Stale { path, bytes });
    let counts = check(foreign, names_something);
    assert_eq!(counts[Found::Nothing as usize], 0, "{counts:?}");
    assert!(counts[Found::Refused as usize] >= 4 && counts[Found::Named as usize] >= 4, "{counts:?}");
}

#[test]
fn a_file_in_the_place_of_another_is_named() {
    let files = kept(&make(ID).disk);
    let pairs = files.iter().flat_map(|(path, _)| files.iter().map(move |(other, bytes)| (path, other, bytes)));
    let swapped = pairs.filter(|(path, other, _)| path != other);
    let counts = check(
        swapped.map(|(path, _, bytes)| Damage::Stale { path: path.clone(), bytes: bytes.clone() }),
        names_something,
    );
    assert_eq!(counts[Found::Nothing as usize], 0, "{counts:?}");
    assert!(counts.iter().sum::<usize>() > 50, "{counts:?}");
}
