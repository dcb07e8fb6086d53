//! Waiting that ends, and what is decided when an original turns out to be void.

use crate::world::{Fate, Texts};
use engine::Outcome;
use event::Code;

fn source(rest: &str) -> Texts {
    Texts::of(&format!(
        "identity = {{ field = \"id\" }}\n[source.kinds.bet]\n\
         [source.kinds.win]\noriginal = \"required\"\nlink = \"ref\"\n{rest}\n"
    ))
}

const BET: &str = r#""id":"bet-1","kind":"bet","amount":1000"#;
const WIN: &str = r#""id":"win-1","kind":"win","amount":-300,"ref":"bet-1""#;

#[test]
fn an_event_waits_as_long_as_its_source_says() {
    let check = |bet_at: &str, fate: Fate, net: i128| {
        let mut world = source("expires_after = { hours = 72 }").world();
        assert_eq!(world.send("2024-01-10T12:00:00+09:00", WIN), Outcome::Waits);
        world.send(bet_at, BET);
        assert_eq!((world.fate("win-1"), world.net()), (fate, net), "{bet_at}");
        assert_eq!(world.engine.state().counts.events(), 2);
        assert!(world.engine.state().waiting.is_empty());
    };
    check("2024-01-13T12:00:00+09:00", Fate::Counts, 700);
    check("2024-01-13T12:00:00.000001+09:00", Fate::Refused(Code::OriginalExpired), 1000);
    check("2024-02-20T12:00:00+09:00", Fate::Refused(Code::OriginalExpired), 1000);
}

#[test]
fn waiting_ends_without_any_event() {
    let mut world = source("expires_after = { days = 3 }").world();
    world.send("2024-01-10T12:00:00+09:00", WIN);
    world.finish("2024-01-13T11:59:59+09:00");
    assert_eq!((world.fate("win-1"), world.engine.state().waiting.len()), (Fate::Waits, 1));
    world.finish("2024-01-14T12:00:00+09:00");
    assert_eq!(world.fate("win-1"), Fate::Refused(Code::OriginalExpired));
    assert_eq!((world.engine.state().counts.held, world.engine.state().waiting.len()), (1, 0));
    // It may be sent again, now that its bet is there.
    world.send("2024-01-15T12:00:00+09:00", BET);
    assert_eq!(world.send("2024-01-15T12:00:01+09:00", WIN), Outcome::Accepted);
}

#[test]
fn each_waits_for_itself() {
    let mut world = source("expires_after = { hours = 1 }").world();
    world.send("2024-01-10T12:00:00+09:00", WIN);
    world.send("2024-01-10T12:30:00+09:00", r#""id":"win-2","kind":"win","amount":-200,"ref":"bet-1""#);
    world.send("2024-01-10T13:15:00+09:00", BET);
    assert_eq!(world.fate("win-1"), Fate::Refused(Code::OriginalExpired));
    assert_eq!((world.fate("win-2"), world.net()), (Fate::Counts, 800));
}

/// What waits for a bet is decided when a rollback makes the bet void.
#[test]
fn what_waits_for_a_void_original_is_let_go() {
    let check = |after: &str, fate: Fate, net: i128| {
        let rollback =
            "[source.kinds.rollback]\noriginal = \"required\"\nlink = \"ref\"\nreverses = true\nunknown = \"void\"";
        let mut world = source(&format!("after_reversal = \"{after}\"\n{rollback}")).world();
        world.send("2024-01-10T12:00:00+09:00", WIN);
        world.send("2024-01-10T12:01:00+09:00", r#""id":"back-1","kind":"rollback","amount":-1000,"ref":"bet-1""#);
        assert_eq!((world.fate("win-1"), world.net()), (fate, net), "{after}");
        world.send("2024-01-10T12:02:00+09:00", BET);
        assert_eq!((world.fate("bet-1"), world.net()), (Fate::Refused(Code::Voided), net));
        // Again it is void: nothing of it was claimed.
        world.send("2024-01-10T12:03:00+09:00", BET);
        assert_eq!(world.engine.state().counts.held, 2 + i64::from(fate != Fate::Counts));
    };
    check("hold", Fate::Refused(Code::OriginalReversed), 0);
    check("accept", Fate::Counts, -300);
}

/// What a source may not say.
#[test]
fn contradictions_are_refused() {
    let check = |kind: &str, code: &str| {
        let texts =
            Texts::of(&format!("identity = {{ field = \"id\" }}\n[source.kinds.bet]\n[source.kinds.win]\n{kind}\n"));
        assert_eq!(texts.load().err(), Some(vec![code]), "{kind}");
    };
    check("unknown = \"wait\"", "key_misplaced");
    check("supersedes = true", "key_misplaced");
    let linked = "original = \"required\"\nlink = \"ref\"\n";
    check(&format!("{linked}once = true"), "key_misplaced");
    check(&format!("{linked}unknown = \"void\""), "key_misplaced");
    check(&format!("{linked}unknown = \"hold\"\nexpires_after = {{ hours = 1 }}"), "key_misplaced");
    check(&format!("{linked}expires_after = {{ hours = 1, days = 1 }}"), "key_conflict");
    check(&format!("{linked}expires_after = {{ hours = 0 }}"), "number_out_of_range");
    check(&format!("{linked}after_reversal = \"reject\""), "value_unknown");
    check("original = \"optional\"\nunknown = \"wait\"", "link_missing");
}

/// The day of an original cannot be asked for where a rollback counts without it.
#[test]
fn a_reversal_without_original_has_no_day_of_it() {
    let rollback = |unknown: &str| {
        let mut texts = Texts::of(&format!(
            "identity = {{ field = \"id\" }}\n[source.kinds.bet]\n[source.kinds.rollback]\noriginal = \"required\"\n\
             link = \"ref\"\nreverses = true\nunknown = \"{unknown}\"\n"
        ));
        texts.contract = texts.contract.replace("reversal_date = \"own\"", "reversal_date = \"original\"");
        texts.load().map(|_| ()).map_err(|codes| codes[0])
    };
    assert_eq!(rollback("accept"), Err("original_not_required"));
    assert_eq!([rollback("wait"), rollback("void"), rollback("hold")], [Ok(()); 3]);
}
