//! Results that replace each other: placed → settled → void → settled again, each step visible.

use crate::world::{Texts, World};
use engine::{LinkChange, Outcome};
use event::Code;

fn texts() -> Texts {
    let result = "original = \"required\"\nlink = \"ref\"\nsupersedes = true\n";
    let mut texts = Texts::of(&format!(
        "identity = {{ field = \"id\" }}\n[source.kinds.placed]\n[source.kinds.settled]\n{result}[source.kinds.void]\n{result}"
    ));
    texts.contract =
        texts.contract.replace("net = \"amount\"", "net = { sum = \"amount\", where = \"kind = 'settled'\" }");
    texts
}

/// What each step of the last decisions replaced.
fn replaced(world: &World) -> Vec<Option<String>> {
    let links = world.decided.iter().flat_map(|decisions| &decisions.links);
    let contributed = links.filter_map(|change| match change {
        LinkChange::Contributed { replaced, .. } => Some(replaced.as_deref().map(str::to_owned)),
        _ => None,
    });
    contributed.collect()
}

#[test]
fn a_round_is_settled_made_void_and_settled_again() {
    let mut world = texts().world();
    let at = |day: u32| format!("2024-01-{day:02}T12:00:00+09:00");
    world.send(&at(10), r#""id":"p1","kind":"placed","amount":1000"#);
    let mut step = |day: u32, members: &str, net: i128, accrued: i128| {
        assert_eq!(world.send(&at(day), members), Outcome::Accepted);
        assert_eq!((world.net(), world.accrued()), (net, accrued), "{members}");
    };
    step(11, r#""id":"s1","kind":"settled","amount":1000,"ref":"p1""#, 1000, 100);
    step(12, r#""id":"v1","kind":"void","amount":0,"ref":"p1""#, 0, 0);
    step(13, r#""id":"s2","kind":"settled","amount":400,"ref":"p1""#, 400, 40);
    step(13, r#""id":"s3","kind":"settled","amount":405,"ref":"p1""#, 405, 41);
    // Another round stands by itself.
    step(14, r#""id":"p2","kind":"placed","amount":70"#, 405, 41);
    step(14, r#""id":"t1","kind":"settled","amount":70,"ref":"p2""#, 475, 48);
    let id = |id: &str| Some(id.to_owned());
    assert_eq!(replaced(&world), [None, id("s1"), id("v1"), id("s2"), None]);
    // What was replaced stays known.
    assert_eq!(
        world.send(&at(15), r#""id":"s1","kind":"settled","at":"2024-01-11T12:00:00+09:00","amount":1000,"ref":"p1""#),
        Outcome::Refused(Code::Duplicate)
    );
    assert_eq!(world.net(), 475);
    world.finish("2024-02-10T00:00:00+09:00");
    assert_eq!(world.lines(), ["2024-01 by-event 48", "2024-01 by-line 48"]);
}

/// The earlier result is taken back on its own day; what moves of a closed period restates it.
#[test]
fn a_result_of_a_closed_period_is_taken_back_there() {
    let mut world = texts().world();
    world.send("2024-01-10T12:00:00+09:00", r#""id":"p1","kind":"placed","amount":1000"#);
    world.send("2024-01-11T12:00:00+09:00", r#""id":"s1","kind":"settled","amount":1000,"ref":"p1""#);
    world.send("2024-02-11T12:00:00+09:00", r#""id":"s2","kind":"settled","amount":600,"ref":"p1""#);
    world.finish("2024-02-20T00:00:00+09:00");
    let lines = [
        "2024-01 by-event 100",
        "2024-01 by-line 100",
        "2024-02 by-event 60",
        "2024-02 by-line 60",
        "2024-02 by-event -100 restates 2024-01-01",
        "2024-02 by-line -100 restates 2024-01-01",
    ];
    assert_eq!(world.lines(), lines);
    assert_eq!(world.net(), 600);
}

/// A result that does not fit leaves the one before it where it was.
#[test]
fn what_does_not_fit_changes_nothing() {
    let mut texts = texts();
    texts.contract = texts.contract.replace("sum = \"amount\"", "sum = \"amount * amount\"");
    let mut world = texts.world();
    world.send("2024-01-10T12:00:00+09:00", r#""id":"p1","kind":"placed","amount":10"#);
    world.send("2024-01-11T12:00:00+09:00", r#""id":"s1","kind":"settled","amount":10,"ref":"p1""#);
    let digest = world.engine.state().digest();
    let huge =
        world.send("2024-01-11T12:00:00+09:00", r#""id":"s2","kind":"settled","amount":9000000000000000,"ref":"p1""#);
    assert_eq!(huge, Outcome::Refused(Code::AmountTooLarge));
    assert_ne!(world.engine.state().digest(), digest, "it is counted");
    let state = &world.engine.state().contracts[0];
    assert_eq!(state.cells_of(0, None).iter().map(|cell| cell.sums[0]).sum::<i128>(), 1_000_000);
    assert_eq!(world.accrued(), 10);
}
