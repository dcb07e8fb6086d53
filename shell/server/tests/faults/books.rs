//! What a book's folder holds, for comparison.

use engine::State;
use runtime::{Depth, Refold, Scale, Verified, verify};
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use store::Folder;
use store::frame::{Kind, book_number};
use store::log::{Reader, Sections, look};

/// Verifies a folder without changing it.
pub(crate) fn verified(folder: &Path, id: &str, scale: Scale, depth: Depth) -> Result<Verified, String> {
    verify(&Arc::new(Folder::look(folder)), scale, id, depth, &mut |_| {}).map_err(|failure| chain(&failure))
}

/// The last whole frame.
pub(crate) fn position(folder: &Path, id: &str) -> Result<u64, String> {
    let end = look(&Folder::look(folder), book_number(id)).map_err(|failure| chain(&failure))?;
    Ok(end.chain.position.sequence)
}

/// How many events and identities there are after each turn.
pub(crate) fn frames(folder: &Path, id: &str) -> Result<Vec<(u64, u64)>, String> {
    let (disk, book) = (Arc::new(Folder::look(folder)), book_number(id));
    let until = position(folder, id)?;
    let mut reader = Reader::open(disk, book, 1, Sections::NONE).map_err(|failure| chain(&failure))?;
    let mut frames = Vec::new();
    while let Some(frame) = reader.next(until).map_err(|failure| chain(&failure))? {
        // A mark of the end stands wherever a log was closed.
        if frame.head.kind == Kind::Turn {
            frames.push((frame.head.first_event + u64::from(frame.head.events), frame.head.identities));
        }
    }
    Ok(frames)
}

/// Everything in the books that does not depend on how often they were told of it, nor on the key of identities.
pub(crate) fn told(folder: &Path, id: &str) -> Result<String, String> {
    let (disk, book) = (Arc::new(Folder::look(folder)), book_number(id));
    let until = position(folder, id)?;
    let mut refold = Refold::begin(disk, book, until, &[]).map_err(|failure| chain(&failure))?;
    while refold.advance().map_err(|failure| chain(&failure))?.is_some() {}
    let (engine, _) = refold.book().map_err(|failure| chain(&failure))?;
    let parts = State::clone(engine.state()).parts();
    let mut text = format!("accepted {}\nentries {}\n", parts.counts.accepted, parts.entries);
    text += &format!("identities {}\nwaiting {}\nslots {:?}\n", parts.claims, parts.waiting.len(), parts.slots);
    text += &format!("words {:?}\n", parts.words);
    for (account, balance) in parts.accounts.iter().zip(&parts.balances) {
        text += &format!("{account:?} {balance}\n");
    }
    for contract in &parts.contracts {
        text += &format!("periods {:#?}\nadjustments {:?}\n", contract.periods, contract.adjustments);
        text += &format!("groups {:?}\ntallies {:?}\n", contract.groups, contract.cells);
        text += &format!("sums {:?}\nseals {:?}\n", contract.sums, contract.seals);
    }
    text += &format!("statements {:#?}\nfixed {:?}\n", parts.statements, parts.fixed);
    Ok(text)
}

/// Compares books with those of a run without faults.
pub(crate) fn compare(expected: &str, found: &str) -> Result<(), String> {
    let different = |(ours, theirs): &(&str, &str)| ours != theirs;
    match expected.lines().zip(found.lines()).find(different) {
        Some((expected, found)) => Err(format!("other books: `{found:.300}` instead of `{expected:.300}`")),
        None if expected.len() != found.len() => Err("other books".to_owned()),
        None => Ok(()),
    }
}

/// Copies a folder; zeros stay holes, so that segments cost little.
pub(crate) fn copy(from: &Path, to: &Path) {
    let copied = Command::new("cp").args(["-r", "--sparse=always"]).arg(from).arg(to).status().unwrap();
    assert!(copied.success());
}

/// A failure with everything behind it.
pub(crate) fn chain(failure: &dyn std::error::Error) -> String {
    let mut text = failure.to_string();
    let mut source = failure.source();
    while let Some(cause) = source {
        text += &format!(": {cause}");
        source = cause.source();
    }
    text
}
