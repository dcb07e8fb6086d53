//! Seats for those that decide: a few at a time, in fair rounds.
//!
//! Whoever has events at hand takes a seat, works through one round of [`runtime::Rounds`] and gives the seat back.
//! Nobody holds a seat while it waits for a disk, for a limit or for events, so a book that is slow or broken keeps none,
//! and a book that floods gets every round that nobody else wants, and no more. A seat that becomes free is handed to
//! the one in front and wakes nobody else.

use runtime::Rounds;
use std::sync::{Mutex, MutexGuard};
use std::thread::Thread;

/// The seats of a process, and who waits for one.
#[derive(Debug)]
pub struct Seats {
    inside: Mutex<Inside>,
}

#[derive(Debug)]
struct Inside {
    rounds: Rounds,
    free: u16,
    members: Vec<Member>,
}

/// One that takes seats: a lane of a book, one thread at a time.
#[derive(Clone, Debug, Default)]
struct Member {
    waiting: Option<Thread>,
    /// The events of the round that it was given and has not begun.
    given: Option<u32>,
}

/// A seat that was taken; free again when it is dropped.
#[derive(Debug)]
pub struct Seat<'a> {
    seats: &'a Seats,
    member: usize,
    allowed: u32,
    taken: u32,
}

impl Seats {
    /// So many seats for so many members.
    #[must_use]
    pub fn new(seats: u16, members: usize) -> Self {
        assert!(seats > 0, "somebody must be able to sit");
        let inside = Inside { rounds: Rounds::new(members), free: seats, members: vec![Member::default(); members] };
        Self { inside: Mutex::new(inside) }
    }

    /// Waits until it is the member's turn.
    pub fn take(&self, member: usize) -> Seat<'_> {
        let mut inside = self.lock();
        inside.members[member].waiting = Some(std::thread::current());
        inside.rounds.wait(member);
        inside.give();
        loop {
            if let Some(allowed) = inside.members[member].given.take() {
                return Seat { seats: self, member, allowed, taken: 0 };
            }
            drop(inside);
            std::thread::park();
            inside = self.lock();
        }
    }

    fn lock(&self) -> MutexGuard<'_, Inside> {
        self.inside.lock().expect("nobody stops while it looks at the seats")
    }
}

impl Inside {
    /// Gives free seats to those in front.
    fn give(&mut self) {
        while self.free > 0
            && let Some((member, allowed)) = self.rounds.go()
        {
            self.free -= 1;
            let member = &mut self.members[member];
            member.given = Some(allowed);
            member.waiting.take().expect("who waits has said who it is").unpark();
        }
    }
}

impl Seat<'_> {
    /// Whether the round goes on.
    #[must_use]
    pub const fn goes_on(&self) -> bool {
        self.taken < self.allowed
    }

    /// Counts a batch of the round.
    pub const fn count(&mut self, events: u32) {
        self.taken += events;
    }
}

impl Drop for Seat<'_> {
    fn drop(&mut self) {
        let mut inside = self.seats.lock();
        inside.rounds.end(self.member, self.allowed, self.taken);
        inside.free += 1;
        inside.give();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Barrier;
    use std::sync::atomic::{AtomicU16, AtomicU64, Ordering};

    const SEATS: u16 = 2;
    const MEMBERS: usize = 5;

    /// Nobody sits beyond the seats, and while all have something to do nobody gets more rounds than others.
    #[test]
    fn all_get_their_rounds() {
        let seats = Seats::new(SEATS, MEMBERS);
        let (sitting, begun) = (AtomicU16::new(0), Barrier::new(MEMBERS));
        let taken: Vec<AtomicU64> = (0..MEMBERS).map(|_| AtomicU64::new(0)).collect();
        std::thread::scope(|scope| {
            for member in 0..MEMBERS {
                let (seats, sitting, begun, taken) = (&seats, &sitting, &begun, &taken);
                scope.spawn(move || {
                    begun.wait();
                    for _ in 0..200 {
                        let mut seat = seats.take(member);
                        assert!(sitting.fetch_add(1, Ordering::SeqCst) < SEATS);
                        while seat.goes_on() {
                            let batch = 100 + member as u32 * 999;
                            seat.count(batch);
                            taken[member].fetch_add(u64::from(batch), Ordering::SeqCst);
                        }
                        sitting.fetch_sub(1, Ordering::SeqCst);
                    }
                });
            }
        });
        let taken: Vec<u64> = taken.into_iter().map(AtomicU64::into_inner).collect();
        assert!(taken.iter().all(|taken| (819_200..819_200 + 4_096).contains(taken)), "{taken:?}");
    }

    #[test]
    fn a_seat_is_free_again_when_its_holder_stops() {
        let seats = Seats::new(1, 2);
        let stopped = std::panic::catch_unwind(|| {
            let _seat = seats.take(0);
            panic!("on purpose");
        });
        assert!(stopped.is_err());
        assert!(seats.take(1).goes_on());
    }
}
