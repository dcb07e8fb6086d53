//! Contracts that the book folder accepts, with events: decided, closed and finished without a panic; entries balance;
//! a node that only folds agrees; what comes twice changes nothing; nor does the order of arrival where nothing is cut.
//!
//! The input is a contract; behind a line `=== events` may stand events, else there are some.

#![no_main]

use book::load_files;
use engine::Book;
use fuzz::books::{CONTRACT, completed, files_of};
use fuzz::events::{check_any_order, check_settling};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let files = files_of(bytes);
    let find = |wanted: &str| files.iter().find(|(path, _)| path == wanted).map(|(_, bytes)| bytes.clone());
    let Some(contract) = find(CONTRACT) else { return };
    let Ok(loaded) = load_files(completed(vec![(CONTRACT.to_owned(), contract)])) else { return };
    if has_many_periods(&loaded.book) {
        return;
    }
    let events = find("events").unwrap_or_else(|| include_bytes!("../book/events.jsonl").to_vec());
    check_settling(&loaded, &events);
    check_any_order(&loaded, &events);
});

/// Whether an agreed amount would be due for thousands of periods before the first event: right, and slow.
fn has_many_periods(book: &Book) -> bool {
    let versions = book.contracts.iter().flat_map(|contract| &contract.versions);
    versions.into_iter().any(|version| version.valid_from.year() < 2019)
}
