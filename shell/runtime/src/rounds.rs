//! Whose turn it is when many want to go on: deficit round robin.
//!
//! Each member that has something to do stands in a ring. Whoever is in front goes on for [`ROUND_EVENTS`] events less what
//! it took too much the last time, and then stands behind everybody else. What it takes is known only afterwards and is
//! at most a batch, so a round has at most `2 × ROUND_EVENTS − 1` events, and over any number of rounds a member has at
//! most [`ROUND_EVENTS`] a round and one batch. A member that has something to do waits for one round of each other
//! member, and for no more, whatever the others have to do.

use std::collections::VecDeque;

/// Events of a round: the rows of a full batch.
pub const ROUND_EVENTS: u32 = 4_096;

/// The ring of those that wait.
#[derive(Clone, Debug)]
pub struct Rounds {
    waiting: VecDeque<usize>,
    /// By member: what it took too much.
    owed: Vec<u32>,
}

impl Rounds {
    /// Nobody of so many members waits.
    #[must_use]
    pub fn new(members: usize) -> Self {
        Self { waiting: VecDeque::new(), owed: vec![0; members] }
    }

    /// A member has something to do: it stands behind those that wait.
    pub fn wait(&mut self, member: usize) {
        debug_assert!(!self.waiting.contains(&member), "a member waits once");
        self.waiting.push_back(member);
    }

    /// The member in front goes on, for so many events.
    pub fn go(&mut self) -> Option<(usize, u32)> {
        let member = self.waiting.pop_front()?;
        Some((member, ROUND_EVENTS - self.owed[member]))
    }

    /// A member that went on has taken so many of those events.
    pub fn end(&mut self, member: usize, allowed: u32, taken: u32) {
        let owed = taken.saturating_sub(allowed);
        assert!(owed < ROUND_EVENTS, "a member takes at most a batch too much: {owed}");
        self.owed[member] = owed;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Plays so many rounds of members that always have something to do, in batches of these rows.
    fn play(batches: &[u32], rounds: usize) -> Vec<u64> {
        let mut ring = Rounds::new(batches.len());
        let mut taken = vec![0_u64; batches.len()];
        (0..batches.len()).for_each(|member| ring.wait(member));
        for _ in 0..rounds * batches.len() {
            let (member, allowed) = ring.go().expect("all of them wait");
            let mut own = 0;
            while own < allowed {
                own += batches[member];
            }
            ring.end(member, allowed, own);
            taken[member] += u64::from(own);
            ring.wait(member);
        }
        taken
    }

    #[test]
    fn the_one_that_came_first_goes_first() {
        let mut ring = Rounds::new(3);
        assert_eq!(ring.go(), None);
        [2, 1].into_iter().for_each(|member| ring.wait(member));
        assert_eq!(ring.go(), Some((2, 4_096)));
        ring.end(2, 4_096, 8_191);
        ring.wait(2);
        assert_eq!((ring.go(), ring.go()), (Some((1, 4_096)), Some((2, 1))));
        ring.end(2, 1, 1);
        ring.wait(2);
        assert_eq!(ring.go(), Some((2, 4_096)), "nothing is owed any more");
    }

    proptest! {
        /// Whatever the size of their batches, all have the same share, but for one batch.
        #[test]
        fn shares_are_equal(batches in prop::collection::vec(1..=ROUND_EVENTS, 1..8), rounds in 1..40_usize) {
            let share = rounds as u64 * u64::from(ROUND_EVENTS);
            for (taken, batch) in play(&batches, rounds).into_iter().zip(batches) {
                prop_assert!((share..share + u64::from(batch)).contains(&taken), "{taken} of {share} by {batch}");
            }
        }
    }
}
