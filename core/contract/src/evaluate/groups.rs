//! Tallies by the words that keep the lines of a term apart.
//!
//! Terms that are kept apart by the same dimensions share one grouping: the tallies are sorted once by those words, and
//! one pass sums all that any of these terms needs. Words are compared four at a time as one number. Cost for each
//! grouping: tallies × (log tallies + columns).

use super::conversion::Tally;
use event::Word;
use money::Overflow;

/// What a grouping is to be: by which dimensions, and of which columns.
#[derive(Default)]
pub(super) struct Grouping {
    /// Positions in the contract's dimensions, ascending.
    pub(super) positions: Vec<u8>,
    /// Columns of the tallies' sums.
    pub(super) columns: Vec<usize>,
}

/// Tallies by words, ascending.
pub(super) struct Groups {
    positions: Vec<u8>,
    /// Ascending, each once.
    columns: Vec<usize>,
    /// For each group a word for each position.
    words: Vec<Word>,
    /// Positions of the tallies, group after group.
    order: Vec<u32>,
    /// Where each group begins in `order`, and the end of the last.
    starts: Vec<usize>,
    /// For each group a sum for each column.
    sums: Vec<i128>,
}

/// So many words are compared as one number.
const PACKED: usize = 4;

impl Groups {
    /// Groups tallies and sums the columns.
    pub(super) fn gather(grouping: Grouping, tallies: &[Tally<'_>]) -> Result<Self, Overflow> {
        let Grouping { positions, mut columns } = grouping;
        columns.sort_unstable();
        columns.dedup();
        let order = sorted(&positions, tallies);
        let own = Self { positions, columns, words: Vec::new(), order, starts: Vec::new(), sums: Vec::new() };
        own.summed(tallies)
    }

    /// One group of nothing, kept apart by nothing.
    pub(super) fn alone() -> Self {
        let (positions, columns, words) = (Vec::new(), Vec::new(), Vec::new());
        Self { positions, columns, words, order: Vec::new(), starts: vec![0, 0], sums: Vec::new() }
    }

    fn summed(mut self, tallies: &[Tally<'_>]) -> Result<Self, Overflow> {
        let width = self.columns.len();
        let mut previous: Option<&[Word]> = None;
        for (place, &at) in self.order.iter().enumerate() {
            let tally = tallies[at as usize];
            let words = tally.cell.dimensions;
            let is_same = previous.is_some_and(|previous| {
                self.positions.iter().all(|&position| previous[usize::from(position)] == words[usize::from(position)])
            });
            if !is_same {
                self.starts.push(place);
                self.words.extend(self.positions.iter().map(|&position| words[usize::from(position)]));
                self.sums.resize(self.sums.len() + width, 0);
            }
            previous = Some(words);
            let first = self.sums.len() - width;
            for (sum, &column) in self.sums[first..].iter_mut().zip(&self.columns) {
                super::add(sum, tally.sums[column])?;
            }
        }
        self.starts.push(self.order.len());
        Ok(self)
    }

    /// How many groups there are.
    pub(super) fn len(&self) -> usize {
        self.starts.len() - 1
    }

    /// The words of a group, one for each position.
    pub(super) fn words(&self, group: usize) -> &[Word] {
        let width = self.positions.len();
        &self.words[group * width..(group + 1) * width]
    }

    /// The word of a group at a dimension by which it is kept apart.
    pub(super) fn word_at(&self, group: usize, dimension: u8) -> Word {
        let place = self.positions.binary_search(&dimension);
        self.words(group)[place.expect("a term is kept apart by its dimensions and roles")]
    }

    /// The sum of a column in a group.
    pub(super) fn sum(&self, group: usize, column: usize) -> i128 {
        let place = self.columns.binary_search(&column);
        self.sums[group * self.columns.len() + place.expect("a grouping sums all that its terms need")]
    }

    /// Positions of the tallies of a group.
    pub(super) fn tallies(&self, group: usize) -> &[u32] {
        &self.order[self.starts[group]..self.starts[group + 1]]
    }
}

/// Positions of the tallies, ascending by their words at `positions`.
fn sorted(positions: &[u8], tallies: &[Tally<'_>]) -> Vec<u32> {
    let count = u32::try_from(tallies.len()).expect("a contract has fewer than 2^32 tallies");
    if positions.is_empty() {
        return (0..count).collect();
    }
    let (front, back) = positions.split_at(positions.len().min(PACKED));
    let packed = |words: &[Word]| {
        front.iter().fold(0_u128, |packed, &position| packed << 32 | u128::from(words[usize::from(position)].0))
    };
    let mut keyed: Vec<(u128, u32)> = (0..count).map(|at| (packed(tallies[at as usize].cell.dimensions), at)).collect();
    if back.is_empty() {
        keyed.sort_unstable();
    } else {
        let behind = |at: u32| back.iter().map(move |&place| tallies[at as usize].cell.dimensions[usize::from(place)]);
        keyed.sort_unstable_by(|left, right| {
            left.0.cmp(&right.0).then_with(|| behind(left.1).cmp(behind(right.1))).then(left.1.cmp(&right.1))
        });
    }
    keyed.into_iter().map(|(_, at)| at).collect()
}
