//! The six orders of bet, win and rollback, for each combination of what a source can declare; the table that comes out
//! stands in `docs/reference/links.md`.

use crate::world::{Fate, Texts, World};
use event::Code;

const TABLE: &str = include_str!("../../../docs/reference/links.md");

/// Id, kind, amount and original of the three events.
const EVENTS: [(char, &str); 3] = [
    ('B', r#""id":"bet-1","kind":"bet","amount":1000"#),
    ('W', r#""id":"win-1","kind":"win","amount":-300,"ref":"bet-1""#),
    ('R', r#""id":"back-1","kind":"rollback","amount":-1000,"ref":"bet-1""#),
];

const ORDERS: [&str; 6] = ["BWR", "BRW", "WBR", "WRB", "RBW", "RWB"];

/// One combination: what a rollback does without its bet, what a win does, and after a rollback.
#[derive(Clone, Copy)]
struct Settings {
    rollback_unknown: &'static str,
    win_unknown: &'static str,
    after_reversal: &'static str,
}

impl Settings {
    fn all() -> Vec<Self> {
        let mut all = Vec::new();
        for rollback_unknown in ["wait", "void", "hold", "accept"] {
            for win_unknown in ["wait", "hold", "accept"] {
                for after_reversal in ["accept", "hold"] {
                    all.push(Self { rollback_unknown, win_unknown, after_reversal });
                }
            }
        }
        all
    }

    fn world(self) -> World {
        let Self { rollback_unknown, win_unknown, after_reversal } = self;
        Texts::of(&format!(
            "identity = {{ field = \"id\" }}\n[source.kinds.bet]\n\
             [source.kinds.win]\noriginal = \"required\"\nlink = \"ref\"\nunknown = \"{win_unknown}\"\n\
             after_reversal = \"{after_reversal}\"\n\
             [source.kinds.rollback]\noriginal = \"required\"\nlink = \"ref\"\nreverses = true\nonce = true\n\
             unknown = \"{rollback_unknown}\"\n"
        ))
        .world()
    }
}

/// What becomes of the three events in one order: those that count, then the others.
fn outcome(settings: Settings, order: &str) -> String {
    let mut world = settings.world();
    for (minute, letter) in order.chars().enumerate() {
        let (_, members) = EVENTS.iter().find(|(name, _)| *name == letter).expect("three letters");
        world.send(&format!("2024-01-10T12:{minute:02}:00+09:00"), members);
    }
    world.finish("2024-01-20T00:00:00+09:00");
    let (mut counting, mut others, mut net) = (String::new(), String::new(), 0);
    for ((letter, _), (id, amount)) in EVENTS.iter().zip([("bet-1", 1000), ("win-1", -300), ("back-1", -1000)]) {
        match world.fate(id) {
            Fate::Counts if *letter == 'R' && world.voids() > 0 => others.push_str(" `void`"),
            Fate::Counts => {
                counting.push(*letter);
                net += amount;
            }
            Fate::Waits => others.push_str(&format!(" {letter} waits")),
            Fate::Refused(code) => others.push_str(&format!(" {letter} `{}`", short(code))),
        }
    }
    assert_eq!(world.net(), net, "{order}: what counts is what the tallies hold");
    assert_eq!(world.accrued(), net / 10 * 2, "{order}: and what the ledger holds");
    let counting = if counting.is_empty() { "–".to_owned() } else { counting };
    format!("{counting}{others}")
}

fn short(code: Code) -> &'static str {
    match code {
        Code::OriginalReversed => "reversed",
        Code::OriginalUnknown => "unknown",
        Code::Voided => "voided",
        other => other.name(),
    }
}

#[test]
fn the_table_of_orders_is_what_comes_out() {
    let mut table = format!("| rollback | win | after | {} |\n|---|---|---|{}\n", ORDERS.join(" | "), "---|".repeat(6));
    for settings in Settings::all() {
        let Settings { rollback_unknown, win_unknown, after_reversal } = settings;
        let cells: Vec<String> = ORDERS.iter().map(|order| outcome(settings, order)).collect();
        table.push_str(&format!("| {rollback_unknown} | {win_unknown} | {after_reversal} | {} |\n", cells.join(" | ")));
    }
    let begins = TABLE.find("<!-- orders -->").expect("the page has the table") + "<!-- orders -->\n".len();
    let ends = TABLE.find("<!-- /orders -->").expect("the page has the end of the table");
    assert!(TABLE[begins..ends] == table, "docs/reference/links.md has another table than comes out:\n{table}");
}

/// A rollback that waits or makes void is free of order; so is a win that waits, unless rollbacks hold it.
#[test]
fn waiting_makes_the_order_indifferent() {
    for settings in Settings::all().into_iter().filter(|settings| settings.after_reversal == "accept") {
        let free = settings.win_unknown == "wait" && ["wait", "accept"].contains(&settings.rollback_unknown);
        let outcomes: Vec<String> = ORDERS.iter().map(|order| outcome(settings, order)).collect();
        let same = outcomes.iter().all(|other| *other == outcomes[0]);
        assert!(same || !free, "{outcomes:?}");
    }
}

/// A second rollback of the same bet, by another id.
#[test]
fn an_original_is_taken_back_once() {
    let mut world = Settings { rollback_unknown: "wait", win_unknown: "wait", after_reversal: "accept" }.world();
    let at = "2024-01-10T12:00:00+09:00";
    for (_, members) in EVENTS {
        world.send(at, members);
    }
    world.send(at, r#""id":"back-2","kind":"rollback","amount":-1000,"ref":"bet-1""#);
    assert_eq!(world.fate("back-2"), Fate::Refused(Code::ReversedAlready));
    assert_eq!(world.net(), -300);
    // Of a void bet as well.
    let mut world = Settings { rollback_unknown: "void", win_unknown: "wait", after_reversal: "accept" }.world();
    world.send(at, EVENTS[2].1);
    world.send(at, r#""id":"back-2","kind":"rollback","amount":-1000,"ref":"bet-1""#);
    assert_eq!(world.fate("back-2"), Fate::Refused(Code::ReversedAlready));
    assert_eq!((world.net(), world.voids()), (0, 1));
}

/// The same events again say the same again.
#[test]
fn again_they_are_the_same() {
    for settings in Settings::all() {
        for order in ORDERS {
            let mut world = settings.world();
            let send = |world: &mut World| {
                for letter in order.chars() {
                    let (_, members) = EVENTS.iter().find(|(name, _)| *name == letter).expect("three letters");
                    world.send("2024-01-10T12:00:00+09:00", members);
                }
            };
            send(&mut world);
            let (net, counts) = (world.net(), world.engine.state().counts);
            send(&mut world);
            let again = world.engine.state().counts;
            // What was held for want of its bet may count the second time: it is sent again, as it should be.
            let mended = again.accepted - counts.accepted;
            assert!(
                mended == 0
                    || ["hold"].iter().any(|hold| [settings.rollback_unknown, settings.win_unknown].contains(hold))
            );
            assert!(mended > 0 || world.net() == net, "{order}");
            assert_eq!(again.duplicates - counts.duplicates, counts.accepted, "{order}");
            assert_eq!(again.conflicts, 0);
        }
    }
}
