//! The limit of a source: a bucket that fills by the second and empties by the event.
//!
//! The bucket holds what may be taken at once: at most what comes in a second. Events are known when they are adapted, so
//! they are taken first and counted then, and the bucket may owe up to a batch; while it owes, nothing is taken. In any
//! stretch of `t` seconds no more events are taken than `rate × (t + 1)` and one batch. The bucket knows no clock: it is
//! told the time, in microseconds since whenever, and a time before the last one counts as the last one.

/// Microseconds of a second, and parts of an event.
const MICROS: i64 = 1_000_000;

/// What may be taken of one source.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// Events a second, and so millionths of an event a microsecond.
    per_s: i64,
    /// Millionths of events that may be taken; below zero it owes.
    level: i64,
    /// When that was.
    at_micros: i64,
}

impl Bucket {
    /// A full bucket for so many events a second.
    #[must_use]
    pub fn new(per_s: u32, at_micros: i64) -> Self {
        Self { per_s: i64::from(per_s), level: i64::from(per_s) * MICROS, at_micros }
    }

    /// From when on something may be taken: a time that has passed where it may be now.
    #[must_use]
    pub const fn free_at(&self) -> i64 {
        if self.level >= 0 {
            return self.at_micros;
        }
        self.at_micros.saturating_add((-self.level + self.per_s - 1) / self.per_s)
    }

    /// Counts events that were taken; [`Bucket::free_at`] had passed then.
    pub fn take(&mut self, events: u32, at_micros: i64) {
        let elapsed = at_micros.saturating_sub(self.at_micros).max(0);
        self.at_micros = self.at_micros.max(at_micros);
        let filled = self.level.saturating_add(elapsed.saturating_mul(self.per_s)).min(self.per_s * MICROS);
        self.level = filled.saturating_sub(i64::from(events) * MICROS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_is_owed_is_waited_for() {
        let mut bucket = Bucket::new(1_000, 0);
        bucket.take(1_000, 0);
        assert_eq!(bucket.free_at(), 0, "a second's worth is there at once");
        bucket.take(500, 0);
        assert_eq!(bucket.free_at(), 500_000);
        bucket.take(1, 500_000);
        assert_eq!(bucket.free_at(), 501_000);
        bucket.take(0, 400_000);
        assert_eq!(bucket.free_at(), 501_000, "a clock that goes back gives nothing");
        bucket.take(1, 3_600 * MICROS);
        bucket.take(999, 3_600 * MICROS);
        assert_eq!(bucket.free_at(), 3_600 * MICROS, "no more than a second's worth is kept");
        bucket.take(1, 3_600 * MICROS);
        assert_eq!(bucket.free_at(), 3_600 * MICROS + 1_000);
    }

    proptest! {
        /// Whoever waits as the bucket says never takes more, over any stretch, than its bound allows.
        #[test]
        fn no_stretch_has_more_than_the_bound(
            per_s in prop_oneof![1..=10_u32, 1..=1_000_000_000_u32],
            steps in prop::collection::vec((0..=4_096_u32, prop_oneof![Just(0), 0..5_000_000_i64]), 1..60),
        ) {
            let mut bucket = Bucket::new(per_s, 0);
            let (mut now, mut taken) = (0, Vec::new());
            for (events, pause) in steps {
                now = bucket.free_at().max(now + pause);
                bucket.take(events, now);
                taken.push((now, i128::from(events)));
            }
            for (first, &(from, _)) in taken.iter().enumerate() {
                let mut sum = 0;
                for &(until, events) in &taken[first..] {
                    sum += events;
                    let filled = i128::from(per_s) * i128::from(until - from + MICROS) / i128::from(MICROS);
                    prop_assert!(sum <= filled + 4_096, "{sum} from {from} until {until}");
                }
            }
        }
    }
}
