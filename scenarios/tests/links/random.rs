//! Random events under random declarations, beside the rules written down once more: a list of what counts, walked
//! through for every question.

use crate::world::{Texts, World};
use event::Code;

const SEEDS: u64 = 150;
const EVENTS: u64 = 60;

/// A linear congruential generator: the same on every machine.
struct Seeded(u64);

impl Seeded {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }

    fn one_of<T: Copy>(&mut self, list: &[T]) -> T {
        list[usize::try_from(self.below(list.len() as u64)).expect("short lists")]
    }
}

/// What a kind declares.
#[derive(Clone, Copy, Default)]
struct Kind {
    name: &'static str,
    unknown: &'static str,
    holds: bool,
    once: bool,
    reverses: bool,
    supersedes: bool,
    expires: bool,
}

#[derive(Clone, Debug, PartialEq)]
struct Event {
    id: String,
    kind: usize,
    amount: i128,
    original: Option<String>,
}

/// The naive model.
#[derive(Default)]
struct Model {
    kinds: Vec<Kind>,
    /// What was accepted, and whether it stands in the sums.
    accepted: Vec<(Event, bool)>,
    void: Vec<String>,
    waiting: Vec<(u64, Event)>,
    duplicates: i64,
    held: i64,
    codes: Vec<Code>,
}

const EXPIRY_MINUTES: u64 = 120;

impl Model {
    fn take(&mut self, minute: u64, event: Event) {
        let (kinds, waiting) = (&self.kinds, std::mem::take(&mut self.waiting));
        let (gone, kept) = waiting
            .into_iter()
            .partition(|(since, other)| kinds[other.kind].expires && since + EXPIRY_MINUTES < minute);
        self.waiting = kept;
        self.codes.extend::<Vec<Code>>(Vec::<(u64, Event)>::into_iter(gone).map(|_| Code::OriginalExpired).collect());
        self.decide(minute, event);
    }

    fn counts(&self, id: &str) -> bool {
        self.accepted.iter().any(|(event, _)| event.id == id)
    }

    fn is_taken_back(&self, id: &str) -> bool {
        let by = |event: &Event| self.kinds[event.kind].reverses && event.original.as_deref() == Some(id);
        self.void.iter().any(|void| void == id) || self.accepted.iter().any(|(event, _)| by(event))
    }

    fn decide(&mut self, minute: u64, event: Event) {
        if self.counts(&event.id) {
            self.duplicates += 1;
            return;
        }
        let kind = self.kinds[event.kind];
        if let Some(original) = &event.original {
            let (gone, known) = (self.is_taken_back(original), self.counts(original));
            if gone && kind.holds {
                return self.refuse(Code::OriginalReversed);
            }
            if gone && kind.once {
                return self.refuse(Code::ReversedAlready);
            }
            if self.void.contains(&event.id) {
                return self.refuse(Code::Voided);
            }
            let void = self.void.contains(original);
            if !known && (void && kind.reverses || !void && kind.unknown == "void") {
                let original = original.clone();
                self.void.push(original.clone());
                return self.accept(minute, event, false, Some(original));
            }
            if !known && !void && kind.unknown == "wait" {
                self.held += 1;
                self.waiting.push((minute, event));
                return;
            }
            if !known && !void && kind.unknown == "hold" {
                return self.refuse(Code::OriginalUnknown);
            }
        } else if self.void.contains(&event.id) {
            return self.refuse(Code::Voided);
        }
        if kind.supersedes {
            let kinds = &self.kinds;
            let same = |other: &Event| kinds[other.kind].supersedes && other.original == event.original;
            self.accepted.iter_mut().filter(|(other, _)| same(other)).for_each(|(_, stands)| *stands = false);
        }
        self.accept(minute, event, true, None);
    }

    fn refuse(&mut self, code: Code) {
        self.held += 1;
        self.codes.push(code);
    }

    fn accept(&mut self, minute: u64, event: Event, stands: bool, void: Option<String>) {
        let mut free = vec![event.id.clone()];
        self.accepted.push((event, stands));
        free.extend(void);
        for id in free {
            let waiting = std::mem::take(&mut self.waiting);
            let (released, kept): (Vec<_>, Vec<_>) =
                waiting.into_iter().partition(|(_, other)| other.original.as_deref() == Some(&id));
            self.waiting = kept;
            for (_, other) in released {
                self.held -= 1;
                self.decide(minute, other);
            }
        }
    }

    fn net(&self) -> i128 {
        self.accepted.iter().filter(|(_, stands)| *stands).map(|(event, _)| event.amount).sum()
    }
}

/// Random declarations.
fn kinds(random: &mut Seeded) -> Vec<Kind> {
    let yes = |random: &mut Seeded| random.below(2) == 1;
    let (waits, voids) = (["wait", "hold", "accept"], ["wait", "hold", "accept", "void"]);
    vec![
        Kind { name: "bet", ..Kind::default() },
        Kind {
            name: "win",
            unknown: random.one_of(&waits),
            holds: yes(random),
            expires: yes(random),
            ..Kind::default()
        },
        Kind { name: "rollback", unknown: random.one_of(&voids), once: yes(random), reverses: true, ..Kind::default() },
        Kind {
            name: "result",
            unknown: random.one_of(&waits),
            supersedes: true,
            expires: yes(random),
            ..Kind::default()
        },
    ]
}

fn world(kinds: &[Kind]) -> World {
    let mut source = "identity = { field = \"id\" }\n".to_owned();
    for kind in kinds {
        source.push_str(&format!("[source.kinds.{}]\n", kind.name));
        if kind.unknown.is_empty() {
            continue;
        }
        source.push_str(&format!("original = \"required\"\nlink = \"ref\"\nunknown = \"{}\"\n", kind.unknown));
        source.push_str(&format!("after_reversal = \"{}\"\n", if kind.holds { "hold" } else { "accept" }));
        source.push_str(&format!("reverses = {}\nsupersedes = {}\n", kind.reverses, kind.supersedes));
        if kind.reverses {
            source.push_str(&format!("once = {}\n", kind.once));
        }
        if kind.expires && kind.unknown == "wait" {
            source.push_str("expires_after = { hours = 2 }\n");
        }
    }
    Texts::of(&source).world()
}

/// An event of a small pool, always the same under one id.
fn draw(random: &mut Seeded) -> Event {
    let (kind, round, copy) = (random.below(4), random.below(4), random.below(3));
    let copy = if kind == 0 { 0 } else { copy };
    let amount = i128::from(round * 100 + copy * 10 + kind + 1) * if kind % 2 == 0 { 10 } else { -10 };
    let bet = format!("bet-{round}");
    let (id, original) = match kind {
        0 => (bet, None),
        1 => (format!("win-{round}-{copy}"), Some(bet)),
        // Some take back a win.
        2 => (format!("back-{round}-{copy}"), Some(if copy == 2 { format!("win-{round}-0") } else { bet })),
        _ => (format!("result-{round}-{copy}"), Some(bet)),
    };
    Event { id, kind: usize::try_from(kind).expect("four kinds"), amount, original }
}

#[test]
fn random_events_agree_with_the_rules() {
    let (mut codes, mut replaced) = (Vec::new(), 0);
    for seed in 0..SEEDS {
        let mut random = Seeded(seed);
        let kinds = kinds(&mut random);
        let (mut world, mut model) = (world(&kinds), Model { kinds: kinds.clone(), ..Model::default() });
        let mut minute = 0;
        for number in 0..EVENTS {
            minute += random.below(40);
            let event = draw(&mut random);
            let received =
                format!("2024-01-{:02}T{:02}:{:02}:00+09:00", 10 + minute / 1440, minute / 60 % 24, minute % 60);
            let link = event.original.as_ref().map_or(String::new(), |id| format!(",\"ref\":\"{id}\""));
            let (id, kind, amount) = (&event.id, kinds[event.kind].name, event.amount);
            let happened = "2024-01-09T12:00:00+09:00";
            let members = format!(r#""id":"{id}","at":"{happened}","kind":"{kind}","amount":{amount}{link}"#);
            world.send(&received, &members);
            model.take(minute, event);
            let counts = world.engine.state().counts;
            let accepted = i64::try_from(model.accepted.len()).expect("few events");
            let found = (counts.accepted, counts.duplicates, counts.held, world.net());
            assert_eq!(found, (accepted, model.duplicates, model.held, model.net()), "seed {seed}, event {number}");
            assert_eq!(world.accrued(), world.net() / 10, "seed {seed}, event {number}");
        }
        let mut found: Vec<Code> = world.decided.iter().flat_map(|part| &part.exceptions).map(|own| own.code).collect();
        found.retain(|code| *code != Code::Duplicate);
        found.sort_unstable();
        model.codes.sort_unstable();
        assert_eq!(found, model.codes, "seed {seed}");
        replaced += model.accepted.iter().filter(|(event, stands)| !stands && kinds[event.kind].supersedes).count();
        codes.extend(model.codes);
    }
    for code in
        [Code::OriginalReversed, Code::ReversedAlready, Code::OriginalExpired, Code::Voided, Code::OriginalUnknown]
    {
        let seen = codes.iter().filter(|other| **other == code).count();
        assert!(seen > 20, "{} came {seen} times", code.name());
    }
    assert!(replaced > 100, "results were replaced {replaced} times");
}
