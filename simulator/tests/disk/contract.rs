//! What every disk does while nothing goes wrong: the same steps on the simulated one and on a folder of this machine.

use simulator::disk::SimDisk;
use std::io::ErrorKind;
use store::{Disk, DiskFailure, Folder};

/// Each step says what it found; a disk is right where it says what stands beside the step.
fn check<D: Disk>(disk: &D) {
    let kind = |failure: DiskFailure| failure.source.kind();
    let all = |file: &D::File| {
        let mut bytes = vec![0; usize::try_from(disk.length(file).unwrap()).unwrap()];
        assert_eq!(disk.read_at(file, &mut bytes, 0).unwrap(), bytes.len());
        bytes
    };
    // Nothing is there.
    assert!(disk.list("").unwrap().iter().all(|name| name == "lock"));
    assert_eq!(disk.list("log").unwrap(), Vec::<String>::new());
    let missing = disk.open("log/a").unwrap_err();
    assert!(missing.is_missing());
    assert_eq!(missing.to_string(), "opening `log/a` failed");
    assert!(disk.create("log/a").unwrap_err().is_missing(), "its folder is not there");
    assert!(disk.remove("a").unwrap_err().is_missing());
    assert!(disk.rename("a", "b").unwrap_err().is_missing());
    assert!(disk.sync_folder("log").is_err());
    // A folder may be made twice, a file may not.
    disk.create_folder("log").unwrap();
    disk.create_folder("log").unwrap();
    let file = disk.create("log/b").unwrap();
    assert_eq!(kind(disk.create("log/b").unwrap_err()), ErrorKind::AlreadyExists);
    assert_eq!(disk.length(&file).unwrap(), 0);
    // Bytes: over the end, within, behind it.
    disk.write_at(&file, b"abcdef", 0).unwrap();
    disk.write_at(&file, b"XY", 2).unwrap();
    disk.write_at(&file, b"z", 8).unwrap();
    assert_eq!(all(&file), b"abXYef\0\0z");
    let mut four = [9; 4];
    assert_eq!(disk.read_at(&file, &mut four, 7).unwrap(), 2, "fewer bytes at the end");
    assert_eq!(four, [0, b'z', 9, 9]);
    assert_eq!(disk.read_at(&file, &mut four, 9).unwrap(), 0);
    assert_eq!(disk.read_at(&file, &mut four, 900).unwrap(), 0);
    disk.truncate(&file, 3).unwrap();
    disk.truncate(&file, 5).unwrap();
    assert_eq!(all(&file), b"abX\0\0");
    disk.sync(&file).unwrap();
    disk.sync_folder("log").unwrap();
    disk.sync_folder("").unwrap();
    // Names: in order, of files alone, without the folder's; a rename takes the place of another.
    disk.create_folder("log/inner").unwrap();
    disk.create("log/c").unwrap();
    disk.create("log/a").unwrap();
    assert_eq!(disk.list("log").unwrap(), ["a", "b", "c"]);
    disk.rename("log/b", "log/c").unwrap();
    assert_eq!(disk.list("log").unwrap(), ["a", "c"]);
    assert_eq!(all(&disk.open("log/c").unwrap()), b"abX\0\0");
    assert_eq!(all(&file), b"abX\0\0", "an open file goes on under its new name");
    disk.remove("log/c").unwrap();
    assert!(disk.open("log/c").unwrap_err().is_missing());
    assert_eq!(all(&file), b"abX\0\0", "an open file goes on without a name");
    assert!(disk.free_bytes().unwrap() > 0);
}

#[test]
fn the_simulated_disk_keeps_the_contract() {
    check(&SimDisk::new(0));
}

#[test]
fn a_folder_keeps_the_contract() {
    let folder = tempfile::tempdir().unwrap();
    check(&Folder::open(folder.path()).unwrap());
}
