//! How far back an event may reach.

use crate::world::Texts;
use engine::Outcome;
use event::Code;

fn texts() -> Texts {
    let mut texts = Texts::of(
        "identity = { field = \"id\" }\n[source.kinds.bet]\n\
         [source.kinds.rollback]\noriginal = \"required\"\nlink = \"ref\"\nreverses = true\n",
    );
    texts.contract = texts.contract.replace("cycle = \"month\"", "cycle = \"month\"\nlook_back_months = 2");
    texts
}

/// A period that ended just two months before the receipt is still in reach.
#[test]
fn an_event_of_a_period_long_ended_is_held() {
    let check = |received: &str, day: &str, outcome: Outcome| {
        let mut world = texts().world();
        let found = world.send(received, &format!(r#""id":"1","kind":"bet","amount":10,"at":"{day}T12:00:00+09:00""#));
        assert_eq!(found, outcome, "{day} received {received}");
    };
    check("2024-04-01T10:00:00+09:00", "2024-01-01", Outcome::Accepted);
    check("2024-04-01T23:59:59+09:00", "2024-01-31", Outcome::Accepted);
    check("2024-04-02T00:00:00+09:00", "2024-01-31", Outcome::Refused(Code::TooOld));
    check("2024-04-02T00:00:00+09:00", "2024-02-01", Outcome::Accepted);
    check("2024-04-01T00:00:00+09:00", "2023-12-31", Outcome::Refused(Code::TooOld));
}

/// A rollback reaches as far back as the day that it enters.
#[test]
fn a_rollback_of_an_old_bet_is_held_where_it_enters_its_day() {
    let run = |date: &str| {
        let mut texts = texts();
        texts.contract = texts.contract.replace("reversal_date = \"own\"", &format!("reversal_date = \"{date}\""));
        let mut world = texts.world();
        world.send("2024-01-10T12:00:00+09:00", r#""id":"b","kind":"bet","amount":10"#);
        world.send("2024-06-10T12:00:00+09:00", r#""id":"r","kind":"rollback","amount":-10,"ref":"b""#)
    };
    assert_eq!(run("own"), Outcome::Accepted);
    assert_eq!(run("original"), Outcome::Refused(Code::TooOld));
}
