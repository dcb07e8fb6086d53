//! Traffic: thousands of plain events of one source under one contract, whose books can be told by adding up.
//!
//! Late, early, twice and in conflict as other events, but without links, limits and conditions. It makes the log long
//! and fills runs of identities, which the few dozen nasty events of a random world would not.

use super::agreement::{Drafting, adopt, frame, plain_share};
use super::house::{BULK, SALE, rate};
use super::seeded::Seeded;
use crate::coverage::Coverage;
use calendar::{Cycle, Date, Grace, Instant, LocalTime, MICROS_PER_DAY, MICROS_PER_HOUR, ZoneId};
use contract::{Base, Basis, Role, Scope, Term, Tier, Treatment, Version};
use engine::Book;
use event::{AdapterId, Columns, Dictionary, FileId, Identity, KindId, KindRule, Original, PartyId, Source, SourceId};
use money::{AssetId, Rounding};

/// The source of all traffic: the one behind those of the house.
pub(crate) const METER: SourceId = SourceId(BULK + 1);
/// Id of the contract.
pub(crate) const CONTRACT: &str = "traffic";
/// Hours from the end of a day to its cut.
pub(crate) const GRACE_H: u16 = 12;
/// What is played; a tally and a line for each.
pub(crate) const GAMES: [&str; 3] = ["chess", "go", "dice"];
/// Slots of the adapter: fare in thousandths, when it happened, what was played.
pub(crate) const FARE_SLOT: usize = 0;
pub(crate) const AT_SLOT: u16 = 0;
pub(crate) const GAME_SLOT: usize = 1;

const ADAPTER: AdapterId = AdapterId(0);
/// Assets of the house: dollars.
const ASSET: AssetId = AssetId(1);
/// Days before the first reception from which on events may have happened.
const BACK_DAYS: i64 = 10;
/// How many words for who paid there are.
const PAYERS: u64 = 60;

/// Adds the source and the contract: three percent of the fares by game and day, and one percent of each fare back.
pub(crate) fn add(book: &mut Book, base: Date) {
    let rule = Some(KindRule::linked(Original::Never, false));
    book.sources.push(Source {
        id: "meter".into(),
        adapter: ADAPTER,
        amount_max: None,
        amount_scale: 0,
        sequence: None,
        revision: None,
        kinds: vec![rule; book.kinds.len()],
        word: book.dictionary.intern("meter"),
    });
    // What is drawn of a contract is replaced.
    let (random, coverage) = (&mut Seeded::new(0), &mut Coverage::default());
    let mut contract = frame(CONTRACT.into(), vec![SourceId(0)], base, random, coverage);
    (contract.sources, contract.basis) = (vec![METER], vec![Basis::Time(AT_SLOT)]);
    (contract.zone, contract.cut_off_s, contract.lag_days) = (ZoneId(0), 0, 0);
    (contract.cycle, contract.grace, contract.ends_on) = (Cycle::Day, Grace::Hours(GRACE_H), None);
    let schemas = vec![&book.schemas[usize::from(ADAPTER.0)]];
    let mut drafting = Drafting::new(random, coverage, schemas, &mut book.dictionary, contract);
    let of = drafting.define("fare", "fare", None, true, Treatment::PLAIN);
    let games = drafting.dimension("game");
    let term = |id: &str, text, scope, debtor, creditor, dimensions| Term {
        number: 0,
        id: id.into(),
        kind: plain_share(of, vec![Tier { up_to: None, rate: rate(text) }], Base::Gross),
        debtor: Role::Party(PartyId(debtor)),
        creditor: Role::Party(PartyId(creditor)),
        purpose: CONTRACT.into(),
        dimensions,
        scope,
        rounding: Rounding::HalfUp,
        vat: None,
    };
    let terms =
        vec![term("share", "3%", Scope::Line, 0, 1, vec![games]), term("fee", "1%", Scope::Event, 2, 0, Vec::new())];
    let mut contract = drafting.contract;
    contract.versions.push(Version { valid_from: valid_from(base), known_from: Instant::BEGINNING, terms });
    adopt(book, contract);
}

/// The first day of the contract.
pub(crate) fn valid_from(base: Date) -> Date {
    base.plus_days(-60)
}

/// An event before it becomes a row of a batch.
#[derive(Clone, Debug)]
struct Draft {
    id: String,
    fingerprint: u64,
    fare: i64,
    game: &'static str,
    payer: String,
    at: Instant,
}

/// So many events in batches of at most `rows`, received from the first day of a stream to its end.
pub(crate) fn draw(
    book: &Book,
    dictionary: &mut Dictionary,
    random: &mut Seeded,
    (base, until): (Date, Instant),
    (events, rows): (usize, usize),
    first_file: u32,
) -> Vec<Columns> {
    let schema = &book.schemas[usize::from(ADAPTER.0)];
    let from = LocalTime::from_parts(base, 0).0;
    let step = ((until.0 - from) / i64::try_from(events).expect("few events")).max(1);
    let (mut batches, mut drafts) = (Vec::<Columns>::new(), Vec::<Draft>::new());
    let mut room = 0;
    for number in 0..events {
        let now = Instant(from + step * i64::try_from(number).expect("few events"));
        let draft = match random.below(100) {
            0..5 if number > 0 => random.pick(&drafts),
            5..7 if number > 0 => Draft { id: random.pick(&drafts).id, ..fresh(number, now, random) },
            _ => fresh(number, now, random),
        };
        if room == 0 {
            let mut batch = Columns::new(ADAPTER, schema);
            batch.file = FileId(first_file + u32::try_from(batches.len()).expect("few batches"));
            batches.push(batch);
            room = 1 + random.position(rows);
        }
        room -= 1;
        let batch = batches.last_mut().expect("there is one");
        push(batch, &draft, now, dictionary);
        drafts.push(draft);
    }
    batches
}

fn fresh(number: usize, now: Instant, random: &mut Seeded) -> Draft {
    let back = match random.below(10) {
        0 => random.between(0, BACK_DAYS * MICROS_PER_DAY),
        1 => random.between(0, 30) * MICROS_PER_HOUR,
        _ => random.between(0, MICROS_PER_HOUR),
    };
    let fare = random.between(1, 200_000);
    Draft {
        id: format!("m{number}"),
        fingerprint: random.next(),
        fare: if random.chance(10) { -fare } else { fare },
        game: random.pick(&GAMES),
        payer: format!("payer {}", random.below(PAYERS)),
        at: Instant(now.0 - back),
    }
}

fn push(batch: &mut Columns, draft: &Draft, received_at: Instant, dictionary: &mut Dictionary) {
    batch.source.push(METER);
    batch.kind.push(KindId(SALE));
    batch.asset.push(ASSET);
    batch.id.push(&draft.id);
    batch.identity.push(Identity(canon::identity_hash(7, draft.id.as_bytes())));
    batch.fingerprint.push(draft.fingerprint);
    batch.original.push(Identity::NONE);
    batch.original_id.push("");
    batch.received_at.push(received_at);
    batch.line.push(batch.line.len() as u64 + 1);
    // Slots of the house's first schema.
    for (column, text) in batch.words.iter_mut().zip([&draft.payer, draft.game, "acme", "brix"]) {
        column.push(dictionary.intern(text));
    }
    for (column, value) in batch.numbers.iter_mut().zip([draft.fare, 0, 1]) {
        column.push(value);
    }
    batch.times.iter_mut().for_each(|column| column.push(draft.at));
    batch.dates.iter_mut().for_each(|column| column.push(draft.at.utc().date()));
}
