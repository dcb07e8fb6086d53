//! Whatever the bytes are: a book or faults, never a panic.

use crate::shop::files;
use book::load_files;
use proptest::prelude::*;

/// The texts of the sound book, cut and joined in other ways.
fn mutated() -> impl Strategy<Value = (usize, usize, usize, Vec<u8>)> {
    let pieces = prop_oneof![
        proptest::collection::vec(any::<u8>(), 0..20),
        "[\\[\\]{}=\"'\\\\.,# \n@%a-z0-9-]{0,12}".prop_map(String::into_bytes),
        Just(b"\"\"\"".to_vec()),
        Just(b"[[version.term]]\n".to_vec()),
        Just("가 = '나'\n".as_bytes().to_vec()),
        Just(b"99999999999999999999999999999999999999999".to_vec()),
    ];
    (0..5_usize, any::<usize>(), 0..40_usize, pieces)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1_500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn any_change_of_a_book_gives_a_book_or_faults(changes in proptest::collection::vec(mutated(), 1..4)) {
        let mut files = files();
        for (file, at, length, piece) in changes {
            let bytes = &mut files[file].1;
            let at = at % (bytes.len() + 1);
            let end = (at + length).min(bytes.len());
            bytes.splice(at..end, piece);
        }
        if let Err(faults) = load_files(files) {
            prop_assert!(!faults.is_empty());
            for fault in faults {
                prop_assert!(fault.line >= 1 && fault.column >= 1 && !fault.to_string().is_empty());
            }
        }
    }

    #[test]
    fn random_bytes_as_any_file(
        file in 0..5_usize,
        bytes in proptest::collection::vec(any::<u8>(), 0..300),
        text in "\\PC{0,200}",
        is_text in any::<bool>(),
    ) {
        let mut files = files();
        files[file].1 = if is_text { text.into_bytes() } else { bytes };
        if let Err(faults) = load_files(files) {
            prop_assert!(!faults.is_empty());
        }
    }
}

/// Each value of the book replaced by values of other types: what is built from a faulty part must have its fault.
#[test]
fn every_value_replaced_by_another_gives_a_book_or_faults() {
    for file in 0..5 {
        let text = String::from_utf8(files()[file].1.clone()).unwrap();
        for (number, line) in text.lines().enumerate() {
            let Some((key, _)) = line.split_once(" = ") else { continue };
            for value in
                ["1", "-1", "1.5", "true", "\"\"", "\"x\"", "[]", "{}", "[{}]", "[[]]", "2019-01-01", "{ column = 1 }"]
            {
                let mut lines: Vec<String> = text.lines().map(str::to_owned).collect();
                lines[number] = format!("{key} = {value}");
                let mut files = files();
                files[file].1 = lines.join("\n").into_bytes();
                if let Err(faults) = load_files(files) {
                    assert!(!faults.is_empty(), "{key} = {value}");
                }
            }
        }
    }
}

/// Each line of the book left out.
#[test]
fn every_line_left_out_gives_a_book_or_faults() {
    for file in 0..5 {
        let text = String::from_utf8(files()[file].1.clone()).unwrap();
        for number in 0..text.lines().count() {
            let kept = text.lines().enumerate().filter(|(line, _)| *line != number).map(|(_, line)| line);
            let mut files = files();
            files[file].1 = kept.collect::<Vec<_>>().join("\n").into_bytes();
            if let Err(faults) = load_files(files) {
                assert!(!faults.is_empty(), "line {number}");
            }
        }
    }
}
