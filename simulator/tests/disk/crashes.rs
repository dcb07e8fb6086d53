//! What a crash leaves: all that was synced, and of the rest whatever a real disk might.

use simulator::disk::{Honesty, SECTOR_BYTES, SimDisk};
use std::collections::BTreeSet;
use store::Disk;

const SEEDS: u64 = 400;

/// The bytes of a file after a crash, or nothing where it has no name.
fn left(disk: &SimDisk, path: &str) -> Option<Vec<u8>> {
    disk.contents().into_iter().find(|(own, _)| own == path).map(|(_, bytes)| bytes)
}

/// Outcomes over all seeds of what a crash makes of a story.
fn outcomes(path: &str, story: impl Fn(&SimDisk)) -> BTreeSet<Option<Vec<u8>>> {
    let crashed = (0..SEEDS).map(|seed| {
        let disk = SimDisk::new(seed);
        story(&disk);
        disk.crash();
        left(&disk, path)
    });
    crashed.collect()
}

fn texts(outcomes: &BTreeSet<Option<Vec<u8>>>) -> Vec<String> {
    let text = |bytes: &Vec<u8>| String::from_utf8_lossy(bytes).replace('\0', ".");
    outcomes.iter().map(|bytes| bytes.as_ref().map_or("none".into(), text)).collect()
}

#[test]
fn what_was_synced_with_its_name_stays() {
    let kept = outcomes("a", |disk| {
        let file = disk.create("a").unwrap();
        disk.write_at(&file, b"kept", 0).unwrap();
        disk.sync(&file).unwrap();
        disk.sync_folder("").unwrap();
    });
    assert_eq!(texts(&kept), ["kept"]);
}

#[test]
fn what_was_not_synced_may_go() {
    let unsynced = outcomes("a", |disk| {
        let file = disk.create("a").unwrap();
        disk.write_at(&file, b"old!", 0).unwrap();
        disk.sync(&file).unwrap();
        disk.sync_folder("").unwrap();
        disk.write_at(&file, b"new!", 0).unwrap();
        disk.write_at(&file, b"more", 4).unwrap();
    });
    // In any order, and a length may come without its bytes.
    assert_eq!(texts(&unsynced), ["new!", "new!....", "new!more", "old!", "old!....", "old!more"]);
}

#[test]
fn a_synced_file_without_a_synced_name_may_go() {
    let story = |disk: &SimDisk, sync_inner: bool| {
        disk.create_folder("f").unwrap();
        let file = disk.create("f/a").unwrap();
        disk.write_at(&file, b"here", 0).unwrap();
        disk.sync(&file).unwrap();
        if sync_inner {
            disk.sync_folder("f").unwrap();
        } else {
            disk.sync_folder("").unwrap();
        }
    };
    for sync_inner in [false, true] {
        assert_eq!(texts(&outcomes("f/a", |disk| story(disk, sync_inner))), ["none", "here"]);
    }
    let both = outcomes("f/a", |disk| {
        story(disk, true);
        disk.sync_folder("").unwrap();
    });
    assert_eq!(texts(&both), ["here"]);
}

#[test]
fn a_rename_is_whole() {
    let replaced = |sync: bool| {
        outcomes("a", move |disk| {
            for (path, bytes) in [("a", b"old"), ("a.new", b"new")] {
                let file = disk.create(path).unwrap();
                disk.write_at(&file, bytes, 0).unwrap();
                disk.sync(&file).unwrap();
            }
            disk.sync_folder("").unwrap();
            disk.rename("a.new", "a").unwrap();
            if sync {
                disk.sync_folder("").unwrap();
            }
        })
    };
    assert_eq!(texts(&replaced(false)), ["new", "old"]);
    assert_eq!(texts(&replaced(true)), ["new"]);
    let removed = outcomes("a", |disk| {
        disk.create("a").unwrap();
        disk.sync_folder("").unwrap();
        disk.remove("a").unwrap();
    });
    assert_eq!(texts(&removed), ["none", ""]);
}

#[test]
fn a_write_is_torn_between_sectors_only() {
    let sectors = 4;
    let torn = outcomes("a", |disk| {
        let file = disk.create("a").unwrap();
        disk.write_at(&file, &vec![b'o'; sectors * SECTOR_BYTES], 0).unwrap();
        disk.sync(&file).unwrap();
        disk.sync_folder("").unwrap();
        disk.write_at(&file, &vec![b'n'; sectors * SECTOR_BYTES], 0).unwrap();
    });
    let mut seen = BTreeSet::new();
    for bytes in torn.into_iter().flatten() {
        let whole = |sector: &[u8]| {
            assert!(sector.iter().all(|byte| *byte == sector[0]), "a sector is old or new");
            char::from(sector[0])
        };
        seen.insert(bytes.chunks(SECTOR_BYTES).map(whole).collect::<String>());
    }
    for expected in ["oooo", "nnnn", "nooo", "ooon", "onon", "nnoo"] {
        assert!(seen.contains(expected), "{expected} is missing in {seen:?}");
    }
}

#[test]
fn a_disk_that_lies_forgets_what_it_confirmed() {
    let story = |disk: &SimDisk| {
        let file = disk.create("a").unwrap();
        disk.write_at(&file, b"kept", 0).unwrap();
        disk.sync(&file).unwrap();
        disk.sync_folder("").unwrap();
    };
    let lying = |honesty| {
        outcomes("a", move |disk| {
            disk.be(honesty);
            story(disk);
        })
    };
    assert_eq!(texts(&lying(Honesty::NoSync)), ["", "....", "kept"]);
    assert_eq!(texts(&lying(Honesty::NoFolderSync)), ["none", "kept"]);
}

#[test]
fn a_seed_gives_the_same_crash_for_ever_and_a_copy_goes_its_own_way() {
    let story = |disk: &SimDisk| {
        let file = disk.create("a").unwrap();
        for number in 0..40_u8 {
            disk.write_at(&file, &[number; 700], u64::from(number) * 650).unwrap();
        }
    };
    let crashed = |seed| {
        let disk = SimDisk::new(seed);
        story(&disk);
        let copy = disk.copy();
        disk.crash();
        assert_eq!(left(&copy, "a").map(|bytes| bytes.len()), Some(39 * 650 + 700), "the copy has not crashed");
        copy.crash();
        assert_eq!(disk.contents(), copy.contents());
        assert_eq!(disk.faults(), copy.faults());
        disk.contents()
    };
    for seed in 0..20 {
        assert_eq!(crashed(seed), crashed(seed));
    }
    assert_ne!((0..20).map(crashed).collect::<Vec<_>>(), vec![crashed(0); 20]);
}
