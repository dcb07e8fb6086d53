//! A small data directory as each release writes it, kept in the repository: every later release reads it, comes to the same
//! digest and statements, decides it again to the same bytes, and goes on with it.
//!
//! `golden/<version>/` is the folder of the book, with `digest.txt` and `statements.txt` beside its folders. The test of
//! a version that has none yet writes it and fails: look at it, and commit it with the release.

use crate::book::{ID, Keeper, batches, line, make, scale, told};
use engine::Engine;
use runtime::{Depth, verify};
use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Folder;

const VERSION: &str = env!("CARGO_PKG_VERSION");

/// Where the folders of all releases are.
fn golden() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/at_rest/golden")
}

/// Statements, one a line: contract, party, period, asset, what their lines say, total.
fn statements(engine: &Engine) -> String {
    let (book, mut text) = (engine.book(), String::new());
    for statement in engine.state().statements.iter() {
        let contract = &book.contracts[usize::from(statement.contract.0)].id;
        let party = &book.parties[statement.party.0 as usize].id;
        let asset = &book.assets[usize::from(statement.asset.0)].name;
        let lines: Vec<String> = statement.lines.iter().map(|line| line.amount.to_string()).collect();
        let (period, lines, total) = (statement.period.name(), lines.join(" + "), statement.total);
        writeln!(text, "{contract} {party} {period} {asset}: {lines} = {total}").expect("a text takes all");
    }
    text
}

/// Opens a book that lies in a folder.
fn open(folder: &Path) -> runtime::Opened<Folder> {
    let disk = Arc::new(Folder::open(folder).expect("nobody else has it"));
    runtime::open(disk, scale(), ID).unwrap_or_else(|failure| panic!("{}: {}", folder.display(), told(&failure)))
}

/// Writes the folder of this release.
fn write(folder: &Path) {
    for (path, bytes) in make(ID).files() {
        let path = folder.join(path);
        fs::create_dir_all(path.parent().expect("it lies in a folder")).unwrap();
        fs::write(path, bytes).unwrap();
    }
    let place = copied(folder);
    let opened = open(place.path());
    let engine = opened.node.engine();
    fs::write(folder.join("digest.txt"), format!("{}\n", engine.state().digest())).unwrap();
    fs::write(folder.join("statements.txt"), statements(engine)).unwrap();
}

/// A copy that may be written to.
fn copied(folder: &Path) -> tempfile::TempDir {
    let place = tempfile::tempdir().unwrap();
    for part in ["log", "runs", "snapshots"] {
        fs::create_dir(place.path().join(part)).unwrap();
        for entry in fs::read_dir(folder.join(part)).unwrap() {
            let path = entry.unwrap().path();
            fs::copy(&path, place.path().join(part).join(path.file_name().unwrap())).unwrap();
        }
    }
    place
}

#[test]
fn a_folder_of_each_release_is_read() {
    let own = golden().join(VERSION);
    if !own.exists() {
        write(&own);
        panic!("{} was written: look at it, and commit it with the release", own.display());
    }
    for entry in fs::read_dir(golden()).unwrap() {
        let folder = entry.unwrap().path();
        let text = |name: &str| fs::read_to_string(folder.join(name)).unwrap();
        let place = copied(&folder);
        let verified = verify(&Arc::new(Folder::look(place.path())), scale(), ID, Depth::Decide, &mut |_| {});
        let verified = verified.unwrap_or_else(|failure| panic!("{}: {}", folder.display(), told(&failure)));
        assert_eq!(format!("{}\n", verified.digest.unwrap()), text("digest.txt"));
        assert!(verified.is_closed && verified.runs > 1 && verified.snapshots.len() > 1, "{verified:?}");
        let opened = open(place.path());
        let engine = opened.node.engine();
        assert_eq!(format!("{}\n", engine.state().digest()), text("digest.txt"));
        assert_eq!(statements(engine), text("statements.txt"));
        assert_eq!(opened.report.rebuilt, None, "its runs are read as they are");
        assert!(opened.report.snapshot.is_some() && opened.report.damaged.is_empty(), "{:?}", opened.report);
        // It goes on: what it has seen is there, and what is new counts.
        let mut keeper = Keeper::over(opened);
        let before = keeper.opened.node.engine().state().counts;
        keeper.send(&batches()[0]).unwrap();
        keeper.send(&line("new", "sale", 6, 0, "a", 100, "")).unwrap();
        let after = keeper.opened.node.engine().state().counts;
        assert_eq!((after.duplicates - before.duplicates, after.accepted - before.accepted), (6, 1));
        keeper.close();
        let verified = verify(&Arc::new(Folder::look(place.path())), scale(), ID, Depth::Decide, &mut |_| {});
        verified.unwrap_or_else(|failure| panic!("{}: {}", folder.display(), told(&failure)));
    }
}
