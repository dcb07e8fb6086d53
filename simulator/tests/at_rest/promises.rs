//! Promises about what is kept: entries stay, what is acknowledged is on disk, turns are decided again to the same bytes.

use crate::book::{ID, Keeper, batches, line, load, make, scale, told};
use calendar::Instant;
use canon::Digest;
use engine::Outcome;
use event::Identity;
use ledger::Posting;
use runtime::{DEFINITION_BYTES_MAX, Depth, Refold, Told, verify_with};
use simulator::disk::{Damage, Errno, Honesty, Operation, SimDisk, Trouble};
use std::sync::Arc;
use store::codec::read_turn;
use store::frame::{Kind, Section, book_number};
use store::log::{Reader, Room, Sections};

/// What a log holds: for each frame its hash, its entries, and the identities that it claims.
type Frames = Vec<(Digest, Vec<Posting>, Vec<Identity>)>;

fn frames(disk: &SimDisk, until: u64) -> Frames {
    let mut reader = Reader::open(Arc::new(disk.clone()), book_number(ID), 1, Sections::ALL).unwrap();
    let mut frames = Vec::new();
    while let Some(frame) = reader.next(until).unwrap() {
        let (mut entries, mut claims) = (Vec::new(), Vec::new());
        if frame.head.kind == Kind::Turn {
            let turn = read_turn(frame.section(Section::Commands), frame.section(Section::Decisions)).unwrap();
            for part in &turn.parts {
                entries.extend(part.decisions.entries.iter().flat_map(|(_, postings)| postings.iter().copied()));
                claims.extend(part.decisions.claimed().map(|claim| claim.identity));
            }
        }
        frames.push((frame.position.head, entries, claims));
    }
    frames
}

/// The rules by which a frame was decided come to its bytes again: for all turns of a book with everything in it.
#[test]
fn i1b_the_rules_of_a_frame_decide_it_again_to_the_same_bytes() {
    let made = make(ID);
    for disk in made.earlier.iter().chain([&made.disk]) {
        let mut decided = 0;
        let disk = Arc::new(disk.clone());
        let verified = verify_with(&disk, scale(), ID, load, Depth::Decide, &mut |step| {
            decided += u64::from(step.pass == Depth::Decide);
        });
        let verified = verified.unwrap_or_else(|failure| panic!("{}", told(&failure)));
        assert_eq!(decided, verified.position.sequence);
        assert!(verified.events > 0, "{verified:?}");
    }
}

/// Whatever happens later (late events, a definition, a seal, new starts, a rebuild), frames and their entries stay.
#[test]
fn i4_entries_are_never_changed_or_removed() {
    let made = make(ID);
    let mut before = Frames::new();
    for disk in made.earlier.iter().chain([&made.disk]) {
        let now = frames(disk, u64::MAX);
        assert!(now.len() > before.len() && now.starts_with(&before));
        before = now;
    }
    runtime::rebuild(&Arc::new(made.disk.clone()), scale(), ID).unwrap();
    assert!(frames(&made.disk, u64::MAX).starts_with(&before));
    assert!(before.iter().map(|(_, entries, _)| entries.len()).sum::<usize>() > 10);
}

/// At each acknowledgement the power goes off; what was acknowledged is there, with its identities. A disk that only says
/// that it syncs is found out by the same test.
#[test]
fn i13_acknowledged_means_on_disk() {
    for (honesty, may_lose) in [(Honesty::Honest, false), (Honesty::NoSync, true)] {
        let (mut lost, mut kept) = (0_u32, 0_u32);
        for seed in 0..20 {
            let disk = SimDisk::new(seed);
            let mut keeper = Keeper::begin(disk.clone(), ID);
            disk.be(honesty);
            let outcomes = keeper.send(&batches()[0]).unwrap();
            let sequence = *keeper.acknowledged.last().expect("it was acknowledged");
            let after = disk.copy();
            after.crash();
            let found = Keeper::open(after.clone(), ID).is_ok_and(|opened| {
                let read = frames(&after, opened.opened.node.durable());
                read.get(sequence as usize - 1).is_some_and(|(_, _, claims)| claims.len() == outcomes.len())
            });
            if found { kept += 1 } else { lost += 1 }
        }
        assert_eq!(lost > 0, may_lose, "{honesty:?}: {lost} lost, {kept} kept");
    }
}

/// All ways to the state come to the same digest: from the first frame, from each snapshot and what follows, after a rebuild,
/// decided again.
#[test]
fn all_ways_to_the_state_come_to_one_digest() {
    let made = make(ID);
    let end = frames(&made.disk, u64::MAX).len() as u64;
    let mut refold = Refold::begin(Arc::new(made.disk.clone()), book_number(ID), end, &[]).unwrap();
    while refold.advance().unwrap().is_some() {}
    let digest = refold.book().unwrap().0.state().digest();
    let decided = verify_with(&Arc::new(made.disk.clone()), scale(), ID, load, Depth::Decide, &mut |_| {}).unwrap();
    assert_eq!(decided.digest, Some(digest));
    // Each snapshot in turn is the newest, down to none.
    let disk = made.disk.copy();
    let mut snapshots = store::snapshots::sequences(&disk).unwrap();
    let mut ways = 0;
    loop {
        let opened = Keeper::open(disk.copy(), ID).unwrap();
        assert_eq!((opened.digest(), opened.opened.report.snapshot), (digest, snapshots.last().copied()));
        ways += 1;
        let Some(newest) = snapshots.pop() else { break };
        let path = format!("snapshots/{newest:020}.snapshot");
        assert!(disk.damage(&Damage::Lost { path }));
    }
    assert!(ways > 2);
    let rebuilt = runtime::rebuild(&Arc::new(made.disk.copy()), scale(), ID).unwrap();
    assert_eq!((rebuilt.before, rebuilt.after), (digest, digest));
}

/// A lane tells each word once. Where the batch that told it was refused, the next batch of the lane means the same word.
#[test]
fn a_refused_turn_loses_no_words_of_its_lane() {
    let [mut keeper, mut other] = [1, 2].map(|seed| Keeper::begin(SimDisk::new(seed), ID));
    let lines = [line("one", "sale", 1, 0, "a", 100, ""), line("three", "sale", 1, 30, "b", 100, "")];
    keeper.send(&lines[0]).unwrap();
    // Hours later, and nobody has accepted the clock: the word `b` comes with a batch that is refused.
    let refused = keeper.send(&line("two", "sale", 1, 300, "b", 100, "")).unwrap_err();
    assert!(refused.contains("the clock has moved"), "{refused}");
    assert_eq!(keeper.send(&lines[1]).unwrap(), [Outcome::Accepted]);
    lines.iter().for_each(|line| drop(other.send(line).unwrap()));
    assert_eq!(keeper.digest(), other.digest());
}

/// What a book would have to keep beyond a bound is refused in words that name the bound, and nothing changes.
#[test]
fn i11_what_is_beyond_a_bound_is_refused_by_name() {
    let mut keeper = Keeper::begin(SimDisk::new(1), ID);
    keeper.send(&line("one", "sale", 1, 0, "a", 100, "")).unwrap();
    let before = (keeper.digest(), keeper.opened.node.decided());
    // A definition that is too large.
    let mut loaded = (*keeper.opened.node.loaded()).clone();
    let own: usize = loaded.files.iter().map(|(_, bytes)| bytes.len()).sum();
    loaded.files.push(("x".into(), vec![0; DEFINITION_BYTES_MAX as usize + 1 - own]));
    let said = keeper.tell(Told::Define(Box::new(loaded), Instant(1))).expect_err("it is beyond the bound");
    assert!(said.contains("has 268435457 bytes") && said.contains("at most 268435456 of one"), "{said}");
    assert_eq!((keeper.digest(), keeper.opened.node.decided()), before);
    // The clock: an hour between two turns that nobody has accepted.
    let said = keeper.send(&line("two", "sale", 1, 61, "a", 100, "")).unwrap_err();
    assert!(said.contains("more than 1 hours"), "{said}");
    assert_eq!((keeper.digest(), keeper.opened.node.decided()), before);
    // A disk without room for another segment: the log says so before it is full, and writes nothing of what is refused.
    let used: usize = keeper.opened.disk.contents().iter().map(|(_, bytes)| bytes.len()).sum();
    keeper.opened.disk.limit(used as u64 + 256);
    assert!(matches!(keeper.opened.writer.prepare(), Ok(Room::Scarce(_))));
    let why = keeper.opened.writer.scarce().expect("it is scarce");
    assert!(why.contains("the disk is full: ") && why.contains(" are needed"), "{why}");
}

/// Where a call finds the disk full, though the system had said that there is room, the call and the file are told.
#[test]
fn a_quota_that_is_reached_names_call_and_file() {
    for errno in [Errno::Quota, Errno::NoSpace] {
        let mut keeper = Keeper::begin(SimDisk::new(1), ID);
        keeper.opened.disk.trouble(Some(Operation::Write), 0, Trouble::Fails(errno));
        assert!(matches!(keeper.opened.writer.prepare(), Ok(Room::Scarce(_))));
        let why = keeper.opened.writer.scarce().expect("it is scarce");
        assert!(why.starts_with("writing `log/next.zeros` failed: "), "{why}");
    }
}
