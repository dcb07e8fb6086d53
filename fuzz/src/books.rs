//! Book folders from fuzzed bytes: what the bytes do not have is taken from a good book.
//!
//! Lines `=== PATH` divide the bytes into files, so that one seed holds a whole book and can be read by a person. What
//! stands before the first of them is a contract.

/// Where the contract lies that stands before the first division.
pub const CONTRACT: &str = "contracts/it.toml";

/// The good book, by path.
const GOOD: [(&str, &str); 7] = [
    ("book.toml", include_str!("../book/book.toml")),
    ("parties.toml", include_str!("../book/parties.toml")),
    ("sources/events.toml", include_str!("../book/sources/events.toml")),
    ("contracts/good.toml", include_str!("../book/contracts/good.toml")),
    ("calendars/kr.toml", include_str!("../book/calendars/kr.toml")),
    ("rates/ecb.toml", include_str!("../book/rates/ecb.toml")),
    ("rates/ecb.csv", include_str!("../book/rates/ecb.csv")),
];

/// The files of the bytes in order; a path may stand there twice.
#[must_use]
pub fn files_of(bytes: &[u8]) -> Vec<(String, Vec<u8>)> {
    let mut files = Vec::new();
    let (mut path, mut text) = (CONTRACT.to_owned(), Vec::new());
    for line in bytes.split_inclusive(|&byte| byte == b'\n') {
        let Some(next) = line.strip_prefix(b"=== ") else {
            text.extend_from_slice(line);
            continue;
        };
        let next = String::from_utf8_lossy(next).trim().to_owned();
        files.push((std::mem::replace(&mut path, next), std::mem::take(&mut text)));
    }
    files.push((path, text));
    if files[0].1.is_empty() && files.len() > 1 {
        files.remove(0);
    }
    files
}

/// The files, and those of the good book that lie in folders of which they have none.
#[must_use]
pub fn completed(mut files: Vec<(String, Vec<u8>)>) -> Vec<(String, Vec<u8>)> {
    let folder = |path: &str| path.split_once('/').map_or(path.to_owned(), |(folder, _)| folder.to_owned());
    let given: Vec<String> = files.iter().map(|(path, _)| folder(path)).collect();
    for (path, text) in GOOD {
        if !given.contains(&folder(path)) {
            files.push((path.to_owned(), text.as_bytes().to_vec()));
        }
    }
    files
}
