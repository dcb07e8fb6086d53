//! Many books in one process, beside each other.
//!
//! Every book has a folder, a lock, a node and threads of its own, and nothing of another's within reach: what fails, is
//! damaged or runs into a bug is that book's alone. What they share are seats: a few may decide at a time, in fair rounds.
//! Bounds: [`BOOKS_MAX`] books; for each of them three threads that mostly sleep (its own, the log's, the keeper's) and
//! [`TURNS_MAX`] turns that are decided and not durable, of a chunk each. What keeps a processor busy is bounded by the
//! seats, not by the books.

use super::failure::NodeFailure;
use super::{Place, Seats};
use crate::failure::Failure;
use runtime::{Limits, Scale};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::mpsc::{Sender, channel};
use std::thread::Builder;

/// The most books of a host.
pub(super) const BOOKS_MAX: usize = 1_024;

/// The most turns of a book that are decided and not durable. Fewer than a book alone has: while one that floods waits
/// for the disk, what the others want of the disk waits behind no more than this.
pub(super) const TURNS_MAX: usize = 8;

/// How the books of a host are open.
#[must_use]
pub fn hosted_scale() -> Scale {
    Scale { limits: Limits { turns_max: TURNS_MAX, ..Limits::USUAL }, ..Scale::default() }
}

/// What a host hears of its books.
#[derive(Debug)]
pub(super) enum Heard<R> {
    /// Something that people should know meanwhile.
    Line(String),
    /// It has come to its end.
    Ended(R),
}

/// A book's way of being heard.
pub(super) struct Voice<R> {
    member: usize,
    to: Sender<(usize, Heard<R>)>,
}

impl<R> Voice<R> {
    /// Tells people something.
    pub(super) fn tell(&self, line: String) {
        self.send(Heard::Line(line));
    }

    fn send(&self, heard: Heard<R>) {
        // Where nobody listens any more, nobody wants to know.
        let _ = self.to.send((self.member, heard));
    }
}

/// Lets each book do its work beside the others, with so many seats; member `n` of the seats is book `n`. What is heard is
/// passed on as it comes, and each book ends once.
pub(super) fn host<R, F>(
    places: &[Place],
    seats: u16,
    work: impl Fn(usize, &Seats, &Voice<Result<R, F>>) -> Result<R, F> + Sync,
    mut hear: impl FnMut(usize, Heard<Result<R, F>>),
) where
    R: Send,
    F: From<Failure> + Send,
{
    assert!(places.len() <= BOOKS_MAX, "whoever lets books in counts them");
    let seats = Seats::new(seats, places.len());
    let (to, heard) = channel();
    std::thread::scope(|scope| {
        for (member, place) in places.iter().enumerate() {
            let voice = Voice { member, to: to.clone() };
            let (seats, work) = (&seats, &work);
            let body = move || {
                let ended = catch_unwind(AssertUnwindSafe(|| work(member, seats, &voice)));
                let bug = |_| Err(F::from(place.failing()(NodeFailure::Assertion)));
                voice.send(Heard::Ended(ended.unwrap_or_else(bug)));
            };
            if let Err(error) = Builder::new().name(place.id.clone()).spawn_scoped(scope, body) {
                let failure = Failure::world("starting a thread for", &place.folder)(error);
                hear(member, Heard::Ended(Err(failure.into())));
            }
        }
        drop(to);
        for (member, heard) in heard {
            hear(member, heard);
        }
    });
}

#[cfg(test)]
mod tests;
