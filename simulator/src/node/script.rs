//! What clients of one book have to send: the nasty events of a random world between thousands of plain ones, and what
//! people do, in order of receipt.

use crate::random::{Seeded, World, traffic, world_with};
use calendar::{Date, Instant};
use engine::Command;
use event::Columns;

/// So many plain events; with the nasty ones and all that is sent again a seed has three thousand at the least.
const TRAFFIC: (i64, i64) = (2_900, 3_300);
/// The most rows of a batch of plain events.
const BATCH_ROWS: usize = 150;

/// What is sent at one time.
#[derive(Clone, Debug)]
pub enum Sending {
    /// Events; [`Columns::file`] is their number among all batches, and words are numbers of the world's dictionary.
    Batch(Box<Columns>),
    /// What a person does.
    Command(Box<Command>),
}

/// A book and all that is sent to it.
#[derive(Clone, Debug)]
pub struct Script {
    /// The book, its dictionary and the moment as of which it is looked at; its batches and commands are in `sendings`.
    pub world: World,
    /// In order of receipt.
    pub sendings: Vec<Sending>,
}

impl Script {
    /// The script of a seed.
    #[must_use]
    pub fn of(seed: u64) -> Self {
        let mut first_on = Date(0);
        let mut world = world_with(seed, |book, base| {
            first_on = base;
            traffic::add(book, base);
        });
        let random = &mut Seeded::new(seed ^ 0x0074_7261_6666_6963);
        let nasty = std::mem::take(&mut world.batches);
        let first_file = u32::try_from(nasty.len()).expect("few batches");
        let events = usize::try_from(random.between(TRAFFIC.0, TRAFFIC.1)).expect("some events");
        let span = (first_on, world.as_of);
        let plain = traffic::draw(&world.book, &mut world.dictionary, random, span, (events, BATCH_ROWS), first_file);
        let mut sendings: Vec<(Instant, Sending)> = Vec::new();
        for batches in [nasty, plain] {
            let mut latest = Instant::NONE;
            for columns in batches {
                latest = latest.max(first_receipt(&columns));
                sendings.push((latest, Sending::Batch(Box::new(columns))));
            }
        }
        let mut commands = std::mem::take(&mut world.commands);
        commands.retain(|command| command.received_at <= world.as_of);
        sendings.extend(commands.into_iter().map(|own| (own.received_at, Sending::Command(Box::new(own)))));
        sendings.sort_by_key(|(at, _)| *at);
        Self { world, sendings: sendings.into_iter().map(|(_, sending)| sending).collect() }
    }

    /// How many events there are to send.
    #[must_use]
    pub fn events(&self) -> usize {
        self.sendings.iter().map(Sending::events).sum()
    }
}

impl Sending {
    /// Its events.
    #[must_use]
    pub fn events(&self) -> usize {
        match self {
            Self::Batch(columns) => columns.len() + columns.refused.iter().filter(|refusal| !refusal.outside).count(),
            Self::Command(_) => 0,
        }
    }
}

/// When the first row of a batch was received that says it.
fn first_receipt(columns: &Columns) -> Instant {
    columns.received_at.iter().copied().find(|at| !at.is_none()).unwrap_or(Instant::NONE)
}
