//! Book folders: a book or its faults, each in its file and in both languages; the same in any order of files.
//!
//! Lines `=== PATH` divide the input into files; the rest of the folder is that of a good book.

#![no_main]

use book::{FAULTS_MAX, Fault, Language, Loaded, load_files};
use fuzz::books::{completed, files_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let files = completed(files_of(bytes));
    let mut turned = files.clone();
    turned.reverse();
    match (load_files(files.clone()), load_files(turned)) {
        (Ok(loaded), Ok(again)) => check_book(&loaded, &again, &files),
        (Err(faults), Err(again)) => {
            assert_eq!(faults, again, "the order of files changes nothing");
            assert!((1..=FAULTS_MAX).contains(&faults.len()));
            check_faults(&faults, &files);
        }
        _ => panic!("the order of files changes nothing"),
    }
});

fn check_book(loaded: &Loaded, again: &Loaded, files: &[(String, Vec<u8>)]) {
    assert_eq!(loaded.digest, again.digest, "the order of files changes nothing");
    assert_eq!(format!("{:?}", loaded.book), format!("{:?}", again.book));
    assert_eq!(loaded.adapters.len(), loaded.book.adapters.len());
    assert!(loaded.warnings.len() <= FAULTS_MAX);
    check_faults(&loaded.warnings, files);
    let lock = load_files(loaded.files.clone()).expect("what was loaded is loaded again");
    assert_eq!(lock.digest, loaded.digest);
}

/// Each fault stands in a line of its file (of one of two of the same name), unless that is missing, and says something.
fn check_faults(faults: &[Fault], files: &[(String, Vec<u8>)]) {
    for fault in faults {
        for language in [Language::English, Language::Korean] {
            let is_told = !fault.message(language).is_empty() && !fault.what_to_do(language).is_empty();
            assert!(is_told && fault.text(language).starts_with(&*fault.file), "{fault:?}");
        }
        assert!(!fault.is_of_the_world(), "{fault:?}");
        let mut texts = files.iter().filter(|(path, _)| **path == *fault.file).peekable();
        let is_missing = texts.peek().is_none();
        assert!(is_missing || texts.any(|(_, bytes)| holds(bytes, fault)), "no such place: {fault:?}");
    }
}

fn holds(bytes: &[u8], fault: &Fault) -> bool {
    let text = String::from_utf8_lossy(bytes);
    let line = text.split('\n').nth(fault.line as usize - 1);
    line.is_some_and(|line| (1..=line.chars().count() + 1).contains(&(fault.column as usize)))
}
