//! Random books and streams, small and nasty, built from core types: what the model and the engine are compared on.
//!
//! A seed gives a world for ever: randomness is SplitMix64 of our own. Every option of a contract and every fault of a
//! stream is drawn often enough that a few hundred seeds use each of them; the coverage of a world says which it has.

mod agreement;
mod bulk;
mod ends;
mod fixings;
mod house;
mod seeded;
mod stream;
mod trade;
pub(crate) mod traffic;

use crate::coverage::Coverage;
use calendar::{Date, Instant, MICROS_PER_DAY, MICROS_PER_HOUR};
use engine::{Book, Command};
use event::{Columns, Dictionary};

pub use seeded::Seeded;

/// A book, and what happens to it.
#[derive(Clone, Debug)]
pub struct World {
    /// What it was drawn from.
    pub seed: u64,
    /// The book.
    pub book: Book,
    /// The words of the book and of all batches.
    pub dictionary: Dictionary,
    /// Batches in order; their words are numbers of `dictionary`.
    pub batches: Vec<Columns>,
    /// What people do, in order of receipt.
    pub commands: Vec<Command>,
    /// The moment as of which the book is looked at.
    pub as_of: Instant,
    /// What was drawn.
    pub coverage: Coverage,
}

/// The world of a seed.
#[must_use]
pub fn world(seed: u64) -> World {
    world_with(seed, |_, _| ())
}

/// The world of a seed with a book to which something was added: the first day of its stream stands beside the book.
pub(crate) fn world_with(seed: u64, add: impl FnOnce(&mut Book, Date)) -> World {
    let mut random = Seeded::new(seed);
    let mut coverage = Coverage::default();
    let (mut book, base) = house::house(&mut random, &mut coverage);
    fixings::draw(&mut book, base, &mut random, &mut coverage);
    for number in 0..1 + random.position(4) {
        agreement::draw(&mut book, number, base, &mut random, &mut coverage);
    }
    if coverage.note_if("bulk", random.chance(40)) {
        let contract = bulk::bulk(&mut book, base, &mut random, &mut coverage);
        agreement::adopt(&mut book, contract);
    }
    add(&mut book, base);
    let mut dictionary = book.dictionary.clone();
    let (batches, last) = stream::draw(&book, base, &mut dictionary, &mut random, &mut coverage);
    let later = [0, 0, MICROS_PER_HOUR, 3 * MICROS_PER_DAY, 7 * MICROS_PER_DAY, 45 * MICROS_PER_DAY];
    let as_of = Instant(last.0 + random.pick(&later));
    let commands = fixings::commands(&book, base, &mut random);
    World { seed, book, dictionary, batches, commands, as_of, coverage }
}
