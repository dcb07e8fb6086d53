//! Files with file identity that a person lets into a taken slot.

use crate::world::{Texts, World};
use canon::digest;
use engine::{Amendment, AmendmentRefusal, Outcome, SlotVerdict};
use event::{AdapterId, Code, FileId};
use ledger::Origin;
use std::collections::BTreeSet;

const NAME: &str = "wallet-2024-01.jsonl";

fn world() -> World {
    Texts::of("identity = { file = \"{yyyy}-{mm}\" }\n[source.kinds.sale]\n").world()
}

/// Rows of these amounts.
fn rows(amounts: &[u32]) -> String {
    let row = |amount: &u32| {
        let at = "2024-01-10T12:00:00+09:00";
        format!(
            "{{\"received\":\"2024-01-31T00:00:00+09:00\",\"at\":\"{at}\",\"kind\":\"sale\",\"amount\":{amount}}}\n"
        )
    };
    amounts.iter().map(row).collect()
}

/// Tells the engine of a file, and lets it amend its slot where that is asked.
#[track_caller]
fn tell(world: &mut World, file: u32, amounts: &[u32], amendment: Option<Amendment>, verdict: SlotVerdict) {
    let bytes = digest(rows(amounts).as_bytes());
    let (found, decisions) = world.engine.take_file(FileId(file), AdapterId(0), "2024-01", bytes);
    assert_eq!(found, verdict, "file {file}");
    world.take(decisions);
    if let Some(amendment) = amendment {
        let decisions = world.engine.amend_file(FileId(file), bytes, amendment).expect("the slot can be amended");
        world.take(decisions);
    }
}

/// How many rows of a file are accepted and how many are duplicates; all others are faults of the test.
#[track_caller]
fn send(world: &mut World, file: u32, amounts: &[u32]) -> (usize, usize) {
    let outcomes = world.send_file(file, NAME, &rows(amounts));
    let count = |outcome: Outcome| outcomes.iter().filter(|own| **own == outcome).count();
    let counted = (count(Outcome::Accepted), count(Outcome::Refused(Code::Duplicate)));
    assert_eq!(counted.0 + counted.1, amounts.len(), "{outcomes:?}");
    counted
}

#[test]
fn a_supplement_adds_the_rows_that_are_new() {
    let mut world = world();
    tell(&mut world, 1, &[5, 5, 7], None, SlotVerdict::Taken);
    tell(&mut world, 2, &[7, 5, 5, 5, 9], Some(Amendment::Supplement), SlotVerdict::Other);
    tell(&mut world, 3, &[9, 9], Some(Amendment::Supplement), SlotVerdict::Other);
    assert_eq!(send(&mut world, 1, &[5, 5, 7]), (3, 0));
    assert_eq!(send(&mut world, 2, &[7, 5, 5, 5, 9]), (2, 3));
    assert_eq!(world.net(), 31);
    assert_eq!(send(&mut world, 3, &[9, 9]), (1, 1));
    assert_eq!(world.net(), 40);
}

#[test]
fn a_replacement_takes_back_what_it_does_not_have() {
    let mut world = world();
    tell(&mut world, 1, &[50, 50, 70, 100], None, SlotVerdict::Taken);
    tell(&mut world, 2, &[70, 50, 90], Some(Amendment::Replace), SlotVerdict::Other);
    send(&mut world, 1, &[50, 50, 70, 100]);
    assert_eq!((world.net(), world.accrued()), (270, 27));
    assert_eq!(send(&mut world, 2, &[70, 50, 90]), (1, 2));
    world.finish("2024-01-31T12:00:00+09:00");
    assert_eq!(world.net(), 210);
    let decisions = world.decided.last().unwrap();
    let ids: Vec<&str> = decisions.withdrawn.iter().map(|gone| &*gone.id).collect();
    assert_eq!(BTreeSet::from_iter(ids), BTreeSet::from(["2024-01#2", "2024-01#4"]));
    let back = decisions.entries.iter().filter(|(head, _)| matches!(head.origin, Origin::Withdrawn { .. }));
    assert_eq!(back.count(), 2);
    assert_eq!(world.accrued(), 42 / 2 + 42 / 2, "both terms");
}

/// The same files again change nothing, whichever was the last.
#[test]
fn again_they_change_nothing() {
    let mut world = world();
    tell(&mut world, 1, &[5, 6], None, SlotVerdict::Taken);
    tell(&mut world, 2, &[6, 7], Some(Amendment::Replace), SlotVerdict::Other);
    tell(&mut world, 3, &[5, 6], None, SlotVerdict::Same);
    tell(&mut world, 4, &[6, 7], None, SlotVerdict::Same);
    send(&mut world, 1, &[5, 6]);
    send(&mut world, 2, &[6, 7]);
    assert_eq!(send(&mut world, 4, &[6, 7]), (0, 2));
    assert_eq!(world.net(), 13);
    assert_eq!(send(&mut world, 3, &[5, 6]), (0, 2));
    assert_eq!(world.net(), 13);
}

/// What is replaced may be of a closed period.
#[test]
fn a_closed_period_is_restated() {
    let mut world = world();
    tell(&mut world, 1, &[100], None, SlotVerdict::Taken);
    tell(&mut world, 2, &[40], Some(Amendment::Replace), SlotVerdict::Other);
    send(&mut world, 1, &[100]);
    let later = rows(&[40]).replace("2024-01-31T00:00:00", "2024-03-05T00:00:00");
    world.send_file(2, NAME, &later);
    world.finish("2024-03-20T00:00:00+09:00");
    let lines = [
        "2024-01 by-event 10",
        "2024-01 by-line 10",
        "2024-03 by-event -6 restates 2024-01-01",
        "2024-03 by-line -6 restates 2024-01-01",
    ];
    assert_eq!(world.lines(), lines);
}

#[test]
fn what_cannot_be_amended_is_said() {
    let amend = |world: &mut World, file: u32| {
        world.engine.amend_file(FileId(file), digest(b"other"), Amendment::Replace).map(|_| ())
    };
    let mut world = world();
    assert_eq!(amend(&mut world, 1), Err(AmendmentRefusal::NotTaken));
    tell(&mut world, 1, &[5], None, SlotVerdict::Taken);
    assert_eq!(amend(&mut world, 1), Err(AmendmentRefusal::NotTaken));
    send(&mut world, 1, &[5]);
    tell(&mut world, 2, &[6], None, SlotVerdict::Other);
    assert_eq!(amend(&mut world, 2), Err(AmendmentRefusal::TooLate));
    let outcomes = world.send_file(2, NAME, &rows(&[6]));
    assert_eq!(outcomes, [Outcome::Refused(Code::FileSlotTaken)]);
}
