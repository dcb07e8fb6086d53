//! Errors, a full disk, the end of the power, and damage: each strikes where it was asked to, and is counted.

use simulator::disk::{Damage, Errno, Honesty, Operation, SimDisk, Trouble};
use simulator::random::Seeded;
use std::io::ErrorKind;
use store::{Disk, DiskFailure};

/// A durable file `a` of these bytes.
fn with(seed: u64, bytes: &[u8]) -> SimDisk {
    let disk = SimDisk::new(seed);
    let file = disk.create("a").unwrap();
    disk.write_at(&file, bytes, 0).unwrap();
    disk.sync(&file).unwrap();
    disk.sync_folder("").unwrap();
    disk
}

/// Does each operation once; whatever fails first.
fn each(disk: &SimDisk) -> Result<(), DiskFailure> {
    disk.create_folder("f")?;
    let file = disk.create("f/b")?;
    disk.write_at(&file, b"b", 0)?;
    disk.sync(&file)?;
    disk.truncate(&file, 1)?;
    disk.rename("f/b", "f/c")?;
    disk.sync_folder("f")?;
    disk.list("f")?;
    disk.length(&disk.open("f/c")?)?;
    disk.read_at(&file, &mut [0], 0)?;
    disk.free_bytes()?;
    disk.remove("f/c")
}

#[test]
fn every_operation_can_fail_in_each_way() {
    let errnos = [(Errno::Io, 5), (Errno::NoSpace, 28), (Errno::Quota, 122)];
    for operation in Operation::ALL {
        for (errno, number) in errnos {
            let disk = SimDisk::new(0);
            disk.trouble(Some(operation), 0, Trouble::Fails(errno));
            let failure = each(&disk).unwrap_err();
            assert_eq!(failure.source.raw_os_error(), Some(number), "{operation:?}");
            assert_eq!(failure.attempted, operation.attempted());
            let failed =
                disk.faults().iter().filter(|(name, _)| name.ends_with(" failed")).map(|(_, count)| count).sum::<u64>();
            assert_eq!(failed, 1, "{operation:?}");
        }
    }
    assert!(each(&SimDisk::new(0)).is_ok());
}

#[test]
fn a_trouble_waits_for_its_turn_and_strikes_once() {
    let disk = with(0, b"abc");
    disk.trouble(Some(Operation::Read), 2, Trouble::Fails(Errno::Io));
    let file = disk.open("a").unwrap();
    let reads: Vec<bool> = (0..5).map(|_| disk.read_at(&file, &mut [0; 3], 0).is_ok()).collect();
    assert_eq!(reads, [true, true, false, true, true]);
}

#[test]
fn the_power_goes_off_at_every_operation() {
    for at in 1..=12 {
        let disk = SimDisk::new(at);
        disk.power_off_at(at);
        assert!(each(&disk).is_err(), "{at}");
        assert!(disk.is_off());
        assert!(disk.list("").is_err() && disk.create("z").is_err(), "nothing is done any more");
        assert_eq!(disk.operations(), at);
        disk.crash();
        assert!(!disk.is_off());
        assert!(disk.list("").is_ok());
    }
}

#[test]
fn a_handle_is_dead_after_a_start() {
    let disk = with(0, b"abc");
    let file = disk.open("a").unwrap();
    disk.restart();
    assert!(disk.write_at(&file, b"x", 0).is_err() && disk.read_at(&file, &mut [0], 0).is_err());
    let file = disk.open("a").unwrap();
    disk.crash();
    assert!(disk.sync(&file).is_err());
}

/// The store that syncs again after a failed sync believes that its bytes are there.
#[test]
fn a_failed_sync_loses_bytes_for_ever_though_they_are_still_seen() {
    let (mut kept, mut lost) = (0, 0);
    for seed in 0..100 {
        let disk = with(seed, b"old");
        let file = disk.open("a").unwrap();
        disk.write_at(&file, b"new", 0).unwrap();
        disk.trouble(Some(Operation::Sync), 0, Trouble::Fails(Errno::Io));
        assert!(disk.sync(&file).is_err());
        assert!(disk.sync(&file).is_ok(), "as real kernels say");
        disk.restart();
        assert_eq!(disk.contents()[0].1, b"new", "and as readers see");
        disk.crash();
        match &*disk.contents()[0].1 {
            b"new" => kept += 1,
            b"old" => lost += 1,
            other => panic!("{other:?}"),
        }
    }
    assert!(kept > 10 && lost > 10, "{kept} {lost}");
}

#[test]
fn a_full_disk_refuses_what_grows_and_takes_what_does_not() {
    let disk = with(0, &[1; 1_000]);
    disk.limit(1_500);
    let file = disk.open("a").unwrap();
    assert_eq!(disk.free_bytes().unwrap(), 500);
    disk.write_at(&file, &[2; 400], 900).unwrap();
    let full = disk.write_at(&file, &[3; 201], 1_300).unwrap_err();
    assert_eq!(full.source.kind(), ErrorKind::StorageFull);
    disk.write_at(&file, &[4; 1_000], 0).unwrap();
    disk.truncate(&file, 10).unwrap();
    assert_eq!(disk.free_bytes().unwrap(), 1_490);
    assert_eq!(disk.faults().of("disk full"), 1);
}

#[test]
fn a_misdirected_write_is_seen_until_the_next_start() {
    let mut elsewhere = 0;
    for seed in 0..50 {
        let disk = with(seed, &[1; 4_096]);
        let file = disk.open("a").unwrap();
        disk.trouble(None, 0, Trouble::Misdirected);
        disk.write_at(&file, &[2; 512], 1_024).unwrap();
        disk.sync(&file).unwrap();
        assert_eq!(disk.contents()[0].1[1_024..1_536], [2; 512]);
        disk.crash();
        let bytes = &disk.contents()[0].1;
        assert_eq!(bytes[1_024..1_536], [1; 512], "the right place has what it had");
        elsewhere += usize::from(bytes.chunks(512).any(|sector| sector == [2; 512]));
        assert_eq!(disk.faults().of("write misdirected"), 1);
    }
    assert!(elsewhere > 30, "{elsewhere}");
}

#[test]
fn damage_is_done_to_what_is_durable() {
    let damages = [
        (Damage::Flipped { path: "a".into(), offset: 1, bit: 0 }, Some("acc")),
        (Damage::Cut { path: "a".into(), length: 1 }, Some("a")),
        (Damage::Blank { path: "a".into(), offset: 0 }, Some("\0\0\0")),
        (Damage::Stale { path: "a".into(), bytes: b"was".to_vec() }, Some("was")),
        (Damage::Lost { path: "a".into() }, None),
    ];
    for (damage, expected) in damages {
        let disk = with(0, b"abc");
        assert!(disk.damage(&damage), "{damage:?}");
        disk.crash();
        let left = disk.contents().pop().map(|(_, bytes)| String::from_utf8(bytes).unwrap());
        assert_eq!(left.as_deref(), expected, "{damage:?}");
        assert_eq!(disk.faults().of(damage.name()), 1);
    }
    assert!(!with(0, b"abc").damage(&Damage::Lost { path: "b".into() }));
}

#[test]
fn drawn_damage_is_of_every_kind() {
    let (disk, mut random) = (with(0, &[7; 900]), Seeded::new(3));
    let earlier = with(0, &[6; 900]);
    let mut names = std::collections::BTreeSet::new();
    for _ in 0..300 {
        let damage = disk.draw_damage(&mut random, Some(&earlier), |path| path == "a").unwrap();
        names.insert(damage.name());
        disk.copy().damage(&damage);
    }
    assert_eq!(names.len(), 5, "{names:?}");
    assert_eq!(disk.draw_damage(&mut random, None, |path| path != "a"), None);
    disk.be(Honesty::Honest);
}
