//! Links of several steps, ids that are reused over kinds, and numbers that an event takes from its original.

use crate::world::{Fate, Texts};
use engine::Outcome;
use event::Code;

/// A sale waits for its conversion, which waits for its click.
#[test]
fn a_chain_is_let_go_from_its_beginning() {
    let mut world = Texts::of(
        "identity = { field = \"id\" }\n[source.kinds.click]\nid_reused = true\n\
         [source.kinds.conversion]\nid_reused = true\noriginal = \"required\"\nlink = \"ref\"\noriginal_kind = \"click\"\n\
         [source.kinds.sale]\nid_reused = true\noriginal = \"required\"\nlink = \"ref\"\noriginal_kind = \"conversion\"\n\
         [source.kinds.refund]\nid_reused = true\noriginal = \"required\"\nlink = \"ref\"\noriginal_kind = \"sale\"\nreverses = true\n",
    )
    .world();
    let at = |minute: u32| format!("2024-01-10T12:{minute:02}:00+09:00");
    // All four have the id 7.
    assert_eq!(world.send(&at(0), r#""id":"7","kind":"refund","amount":-50,"ref":"7""#), Outcome::Waits);
    assert_eq!(world.send(&at(1), r#""id":"7","kind":"sale","amount":500,"ref":"7""#), Outcome::Waits);
    assert_eq!(world.send(&at(2), r#""id":"7","kind":"conversion","amount":0,"ref":"7""#), Outcome::Waits);
    assert_eq!(world.net(), 0);
    assert_eq!(world.send(&at(3), r#""id":"7","kind":"click","amount":0"#), Outcome::Accepted);
    assert_eq!((world.net(), world.engine.state().counts.accepted), (450, 4));
}

/// Evolution's cancel has the id of the bet that it takes back.
#[test]
fn a_cancel_may_have_the_id_of_its_bet() {
    let texts = Texts::of(
        "identity = { field = \"id\" }\n[source.kinds.bet]\nid_reused = true\n\
         [source.kinds.rollback]\nid_reused = true\noriginal = \"required\"\nlink = \"id\"\noriginal_kind = \"bet\"\n\
         reverses = true\nonce = true\nunknown = \"void\"\n",
    );
    let bet = r#""id":"9AotBIvi23","kind":"bet","amount":1556,"at":"2024-01-10T12:00:00+09:00""#;
    let cancel = r#""id":"9AotBIvi23","kind":"rollback","amount":-1556,"at":"2024-01-10T12:00:30+09:00""#;
    let mut world = texts.world();
    world.send("2024-01-10T12:00:00+09:00", bet);
    assert_eq!(world.send("2024-01-10T12:01:00+09:00", cancel), Outcome::Accepted);
    assert_eq!(world.send("2024-01-10T12:02:00+09:00", cancel), Outcome::Refused(Code::Duplicate));
    assert_eq!((world.net(), world.voids()), (0, 0));
    let mut world = texts.world();
    world.send("2024-01-10T12:00:00+09:00", cancel);
    assert_eq!(world.send("2024-01-10T12:01:00+09:00", bet), Outcome::Refused(Code::Voided));
    assert_eq!((world.net(), world.voids()), (0, 1));
}

/// A rollback without an amount takes the stake of its bet, and the odds at which it was placed.
#[test]
fn numbers_are_taken_from_the_original() {
    let texts = || {
        let mut texts = Texts::of(
            "identity = { field = \"id\" }\n[source.kinds.bet]\n\
             [source.kinds.rollback]\noriginal = \"required\"\nlink = \"ref\"\nreverses = true\n",
        );
        texts.adapter.push_str("stake = { original = \"amount\" }\nplaced = { original = \"revision\" }\n");
        texts.contract = texts
            .contract
            .replace("net = \"amount\"", "net = \"if(kind = 'rollback', 0 - stake, amount)\"\nodds = \"placed\"");
        texts
    };
    let bet = r#""id":"bet-1","kind":"bet","amount":1000,"revision":185"#;
    let back = r#""id":"back-1","kind":"rollback","ref":"bet-1""#;
    for order in [[bet, back], [back, bet]] {
        let mut world = texts().world();
        for members in order {
            world.send("2024-01-10T12:00:00+09:00", members);
        }
        assert_eq!((world.fate("back-1"), world.net()), (Fate::Counts, 0));
        let state = &world.engine.state().contracts[0];
        let odds: i128 = state.cells_of(0, None).iter().map(|cell| cell.sums[1]).sum();
        assert_eq!(odds, 185);
    }
    let mut faulty = texts();
    faulty.adapter = faulty.adapter.replace("original = \"amount\"", "original = \"game\"");
    assert_eq!(faulty.load().err(), Some(vec!["field_unknown"]));
}
