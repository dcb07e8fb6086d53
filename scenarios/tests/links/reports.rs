//! Sources that count the reports of an event: a newer one replaces the earlier with the difference.

use crate::world::{Texts, World};
use engine::{Decisions, Outcome};
use event::Code;
use ledger::Origin;

fn world() -> World {
    Texts::of("identity = { field = \"id\" }\nrevision = \"revision\"\nfinal = \"last\"\n[source.kinds.estimate]\n")
        .world()
}

const AT: &str = "2024-01-10T12:00:00+09:00";

fn report(revision: u32, amount: u32, rest: &str) -> String {
    format!(r#""id":"ad-1","kind":"estimate","revision":{revision},"amount":{amount}{rest}"#)
}

#[test]
fn a_newer_report_replaces_the_earlier() {
    let mut world = world();
    let mut step = |members: String, outcome: Outcome, net: i128, accrued: i128| {
        assert_eq!(world.send(AT, &members), outcome, "{members}");
        assert_eq!((world.net(), world.accrued()), (net, accrued), "{members}");
    };
    step(report(1, 1000, ""), Outcome::Accepted, 1000, 100);
    step(report(3, 1204, ""), Outcome::Accepted, 1204, 120);
    // Older, equal or known ones.
    step(report(2, 1100, ""), Outcome::Refused(Code::Conflict), 1204, 120);
    step(report(3, 1300, ""), Outcome::Refused(Code::Conflict), 1204, 120);
    step(report(3, 1204, ""), Outcome::Refused(Code::Duplicate), 1204, 120);
    step(report(1, 1000, ""), Outcome::Refused(Code::Duplicate), 1204, 120);
    // A newer one that says the same counts, and moves nothing.
    step(report(4, 1204, ""), Outcome::Accepted, 1204, 120);
    step(report(5, 990, r#","last":"true""#), Outcome::Accepted, 990, 99);
    step(report(6, 2000, ""), Outcome::Refused(Code::Conflict), 990, 99);
    step(report(4, 1204, ""), Outcome::Refused(Code::Duplicate), 990, 99);
    assert_eq!(world.engine.state().counts.accepted, 4);
    world.finish("2024-02-10T00:00:00+09:00");
    assert_eq!(world.lines(), ["2024-01 by-event 99", "2024-01 by-line 99"]);
}

/// Entries of events as amounts of their first posting.
fn posted(decisions: &Decisions) -> Vec<i64> {
    let events = decisions.entries.iter().filter(|(head, _)| matches!(head.origin, Origin::Event { .. }));
    events.map(|(_, postings)| postings[0].amount.abs()).collect()
}

/// The difference is one entry; where nothing moved there is none.
#[test]
fn the_difference_is_posted() {
    let mut world = world();
    for (revision, amount, entries) in [(1, 1000, vec![100]), (2, 1204, vec![20]), (3, 1204, vec![]), (4, 0, vec![120])]
    {
        world.send(AT, &report(revision, amount, ""));
        assert_eq!(posted(world.decided.last().unwrap()), entries, "report {revision}");
    }
    // On another day the two are told apart.
    world.send(AT, &report(5, 500, ""));
    world.send(AT, &report(6, 600, r#","at":"2024-01-09T12:00:00+09:00""#));
    assert_eq!(posted(world.decided.last().unwrap()), [60, 50]);
    assert_eq!(world.net(), 600);
}

/// A report moves its event to other words and days; the period that it leaves may be closed.
#[test]
fn a_report_may_move_its_event() {
    let mut world = world();
    world.send("2024-01-10T12:00:00+09:00", &report(1, 1000, r#","game":"a""#));
    world.send("2024-02-10T12:00:00+09:00", &report(2, 1000, r#","game":"b""#));
    world.finish("2024-02-20T00:00:00+09:00");
    let lines = [
        "2024-01 by-event 100",
        "2024-01 by-line 100",
        "2024-02 by-event 100",
        "2024-02 by-line 100",
        "2024-02 by-event -100 restates 2024-01-01",
        "2024-02 by-line -100 restates 2024-01-01",
    ];
    assert_eq!(world.lines(), lines);
}

/// Reports of an event that waits are let go in their order.
#[test]
fn reports_of_waiting_events_are_taken_in_order() {
    let mut world = Texts::of(
        "identity = { field = \"id\" }\nrevision = \"revision\"\n[source.kinds.sale]\n\
         [source.kinds.refund]\noriginal = \"required\"\nlink = \"ref\"\nreverses = true\nonce = true\n",
    )
    .world();
    let refund = |revision: u32, amount: u32| {
        format!(r#""id":"r1","kind":"refund","ref":"s1","revision":{revision},"amount":-{amount}"#)
    };
    assert_eq!(world.send(AT, &refund(1, 100)), Outcome::Waits);
    assert_eq!(world.send(AT, &refund(2, 150)), Outcome::Waits);
    world.send(AT, r#""id":"s1","kind":"sale","amount":1000"#);
    assert_eq!(world.net(), 850);
    // The same refund again, a newer report of it, is no second one; another is.
    assert_eq!(world.send(AT, &refund(3, 200)), Outcome::Accepted);
    assert_eq!(world.net(), 800);
    let other = r#""id":"r2","kind":"refund","ref":"s1","amount":1"#;
    assert_eq!(world.send(AT, other), Outcome::Refused(Code::ReversedAlready));
    // A report cannot change what its event takes back.
    let moved = r#""id":"r1","kind":"refund","ref":"s2","revision":4,"amount":-200"#;
    assert_eq!(world.send(AT, moved), Outcome::Refused(Code::Conflict));
}

#[test]
fn contradictions_are_refused() {
    let check = |source: &str, code: &str| {
        assert_eq!(Texts::of(source).load().err(), Some(vec![code]), "{source}");
    };
    let id = "identity = { field = \"id\" }\n";
    check(&format!("{id}final = \"last\"\n[source.kinds.a]\n"), "key_missing");
    check(&format!("{id}revision = \"amount\"\n[source.kinds.a]\n"), "field_unknown");
    check(&format!("{id}revision = \"revision\"\nfinal = \"amount\"\n[source.kinds.a]\n"), "field_unknown");
    check("identity = { file = \"{yyyy}\" }\nrevision = \"revision\"\n[source.kinds.a]\n", "key_misplaced");
    let result = "[source.kinds.a]\noriginal = \"required\"\nlink = \"ref\"\nsupersedes = true\n";
    check(&format!("{id}revision = \"revision\"\n{result}"), "key_conflict");
}
