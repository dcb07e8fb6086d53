//! SplitMix64: small, seeded, the same everywhere and for ever.

/// A source of numbers that a seed decides.
#[derive(Clone, Debug)]
pub struct Seeded {
    state: u64,
}

impl Seeded {
    /// What the seed decides.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self { state: seed }
    }

    /// Any number.
    #[expect(clippy::should_implement_trait, reason = "it never ends")]
    pub fn next(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// From 0 to before `end`, which is not 0. The bias is far below what a test could see.
    pub fn below(&mut self, end: u64) -> u64 {
        self.next() % end
    }

    /// From `low` to `high`, both included.
    pub fn between(&mut self, low: i64, high: i64) -> i64 {
        let span = u64::try_from(high - low + 1).expect("bounds ascend");
        low + i64::try_from(self.below(span)).expect("a span of small bounds is small")
    }

    /// Whether something happens that happens so often in a hundred.
    pub fn chance(&mut self, percent: u64) -> bool {
        self.below(100) < percent
    }

    /// A position in a list of so many, which is not empty.
    pub fn position(&mut self, len: usize) -> usize {
        usize::try_from(self.below(len as u64)).expect("a position fits")
    }

    /// One of the items, of which there is one at least.
    pub fn pick<T: Clone>(&mut self, items: &[T]) -> T {
        items[self.position(items.len())].clone()
    }
}
