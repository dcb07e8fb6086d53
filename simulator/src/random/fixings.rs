//! Random rates of exchange: two sources, with closed days and days without a fixing; and what people fix later.

use super::seeded::Seeded;
use crate::coverage::Coverage;
use calendar::{Date, Instant, LocalTime, MICROS_PER_HOUR, Weekday};
use contract::{Conversion, Margin, Rates, RatesId};
use engine::{Action, Book, Command};
use event::{FileId, Identity};
use money::{AssetId, Decimal, Rate};

/// Days before the first of the stream from which rates are known.
const DAYS_BEFORE: i32 = 45;
/// Days for which there are rates.
const DAYS: i32 = 110;

/// A typical rate of each asset of the house, and its digits.
const TYPICAL: [(i64, u8); 3] = [(135_000, 2), (10_700, 4), (33_000, 5)];

/// Adds the sources of rates to a book.
pub(super) fn draw(book: &mut Book, base: Date, random: &mut Seeded, coverage: &mut Coverage) {
    for (number, quoted) in [(0, None), (1, Some(AssetId(1)))] {
        let zone = book.zones[random.position(book.zones.len())].clone();
        let id = if number == 0 { "fixing" } else { "board" };
        let published_s = random.pick(&[0, 16 * 3_600, 30_600]);
        let mut rates = Rates::new(id, id, quoted, zone, published_s);
        rates.calendar = (number == 1).then(|| book.calendars[0].clone());
        // Seldom nothing is known yet when the first events come.
        let first = if coverage.note_if("rates begin late", random.chance(15)) { 2 } else { -DAYS_BEFORE };
        for day in first..DAYS - DAYS_BEFORE {
            publish(&mut rates, base.plus_days(day), random, coverage);
        }
        book.rates.push(rates);
    }
}

/// The fixings of one day.
fn publish(rates: &mut Rates, on: Date, random: &mut Seeded, coverage: &mut Coverage) {
    if matches!(on.weekday(), Weekday::Saturday | Weekday::Sunday) || random.chance(5) {
        return;
    }
    rates.open(on);
    for (number, (typical, scale)) in (0..).zip(TYPICAL) {
        let asset = AssetId(number);
        if rates.base == Some(asset) || coverage.note_if("fixing missing", random.chance(4)) {
            continue;
        }
        rates.fix(asset, on, drawn(typical, scale, random), Instant::BEGINNING);
    }
}

fn drawn(typical: i64, scale: u8, random: &mut Seeded) -> Decimal {
    let drift = typical * random.between(-300, 300) / 10_000;
    Decimal { mantissa: i128::from(typical + drift), scale }
}

/// Rates that people fix, in order of receipt: corrections, what is missing, and days that were closed.
pub(super) fn commands(book: &Book, base: Date, random: &mut Seeded) -> Vec<Command> {
    let mut commands = Vec::new();
    let mut received_at = Instant(LocalTime::from_parts(base, 0).0);
    for line in 1..=random.between(0, 6) {
        received_at.0 += random.between(1, 250) * MICROS_PER_HOUR;
        let rates = random.below(2);
        let (asset, (typical, scale)) = loop {
            let number = random.position(TYPICAL.len());
            let asset = AssetId(u16::try_from(number).expect("three assets"));
            if book.rates[usize::try_from(rates).expect("two sources")].base != Some(asset) {
                break (asset, TYPICAL[number]);
            }
        };
        let back = i32::try_from(random.between(-2, 30)).expect("a small number");
        let action = Action::Fix {
            rates: RatesId(u16::try_from(rates).expect("two sources")),
            asset,
            on: received_at.utc().date().plus_days(-back),
            rate: drawn(typical, scale, random),
        };
        let identity = Identity(u128::from(random.next()));
        let line = u64::try_from(line).expect("it is above zero");
        commands.push(Command { identity, received_at, by: "clerk".into(), file: FileId(0), line, action });
    }
    commands
}

/// A conversion by one of the sources.
pub(super) fn conversion(random: &mut Seeded, coverage: &mut Coverage) -> Conversion {
    let rates = RatesId(u16::try_from(random.below(2)).expect("two sources"));
    let to = AssetId(u16::try_from(random.below(3)).expect("three assets"));
    let digits = random.pick(&[4, 6, 2]);
    coverage.note("conversion");
    let rate = Rate::parse(random.pick(&["1.5%", "0.25%", "1/3"])).expect("a margin is a rate");
    let below = random.chance(60);
    let margin = random.chance(40).then_some(Margin { rate, below });
    if let Some(margin) = margin {
        coverage.note(if margin.below { "margin below" } else { "margin above" });
    }
    Conversion { rates, to, digits, margin }
}
