//! Rows that are shared as they stand at a moment and go on changing: what snapshots and read views are made of.
//!
//! Chunks of a fixed number of rows. [`Rows::share`] gives all of them away behind counted references, without copying a
//! row; the next change of a shared chunk copies that chunk alone, unless nobody holds it any more. A chunk that is not
//! shared is written with no count to look at. Cost of sharing: one reference a chunk, and one allocation for each that
//! was not shared yet. Rows are added at the end and never removed.

use std::ops::Index;
use std::sync::Arc;

/// Rows of one or several values of `T`, numbered from 0; a chunk has `ROWS` of them.
#[derive(Clone, Debug)]
pub struct Rows<T, const ROWS: usize = 1024> {
    chunks: Vec<Chunk<T>>,
    len: usize,
    width: usize,
}

#[derive(Clone, Debug)]
enum Chunk<T> {
    Own(Vec<T>),
    Shared(Arc<Vec<T>>),
}

impl<T, const ROWS: usize> Default for Rows<T, ROWS> {
    fn default() -> Self {
        Self::of_width(1)
    }
}

impl<T, const ROWS: usize> Rows<T, ROWS> {
    /// No rows yet, each of so many values.
    #[must_use]
    pub const fn of_width(width: usize) -> Self {
        Self { chunks: Vec::new(), len: 0, width }
    }

    /// How many rows there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }

    /// How many values a row has.
    #[must_use]
    pub const fn width(&self) -> usize {
        self.width
    }

    /// The values of a row.
    ///
    /// # Panics
    /// Where there is no such row.
    #[inline]
    #[must_use]
    pub fn row(&self, row: usize) -> &[T] {
        &self.chunks[row / ROWS].values()[row % ROWS * self.width..][..self.width]
    }

    /// All values in order, row after row.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &T> + Clone {
        self.chunks.iter().flat_map(Chunk::values)
    }

    /// The values of the rows from one on, in order.
    pub fn iter_from(&self, row: usize) -> impl Iterator<Item = &T> + Clone {
        let within = row % ROWS * self.width;
        self.chunks.iter().skip(row / ROWS).flat_map(Chunk::values).skip(within)
    }
}

impl<T: Clone, const ROWS: usize> Rows<T, ROWS> {
    /// The values of a row, to be changed.
    ///
    /// # Panics
    /// Where there is no such row.
    #[inline]
    pub fn row_mut(&mut self, row: usize) -> &mut [T] {
        let width = self.width;
        &mut self.chunks[row / ROWS].own()[row % ROWS * width..][..width]
    }

    /// Adds a row of one value.
    ///
    /// # Panics
    /// Where rows have several.
    pub fn push(&mut self, value: T) {
        self.push_row([value]);
    }

    /// Adds a row.
    ///
    /// # Panics
    /// Where it has more or fewer values than the others.
    pub fn push_row(&mut self, values: impl IntoIterator<Item = T>) {
        if self.len.is_multiple_of(ROWS) {
            // Few rows take little room; where there are many, a chunk is never moved to a larger place.
            let room = if self.chunks.is_empty() { 0 } else { ROWS * self.width };
            self.chunks.push(Chunk::Own(Vec::with_capacity(room)));
        }
        let chunk = self.chunks.last_mut().expect("a chunk has room").own();
        chunk.extend(values);
        self.len += 1;
        let rows = (self.len - 1) % ROWS + 1;
        assert!(chunk.len() == rows * self.width, "a row has {} values", self.width);
    }

    /// The rows as they stand now; later changes of either are not the other's.
    #[must_use]
    pub fn share(&mut self) -> Self {
        self.chunks.iter_mut().for_each(Chunk::share);
        self.clone()
    }
}

impl<T: Clone> Chunk<T> {
    #[inline]
    fn own(&mut self) -> &mut Vec<T> {
        if matches!(self, Self::Shared(_)) {
            self.take_back();
        }
        match self {
            Self::Own(values) => values,
            Self::Shared(_) => unreachable!("it was just taken back"),
        }
    }

    #[cold]
    #[inline(never)]
    fn take_back(&mut self) {
        let copied = |held: Arc<Vec<T>>| {
            let mut values = Vec::with_capacity(held.capacity());
            values.extend_from_slice(&held);
            values
        };
        if let Self::Shared(values) = std::mem::replace(self, Self::Own(Vec::new())) {
            *self = Self::Own(Arc::try_unwrap(values).unwrap_or_else(copied));
        }
    }

    fn share(&mut self) {
        if let Self::Own(values) = self {
            *self = Self::Shared(Arc::new(std::mem::take(values)));
        }
    }
}

impl<T> Chunk<T> {
    #[inline]
    fn values(&self) -> &[T] {
        match self {
            Self::Own(values) => values,
            Self::Shared(values) => values,
        }
    }
}

/// The first value of a row.
impl<T, const ROWS: usize> Index<usize> for Rows<T, ROWS> {
    type Output = T;

    #[inline]
    fn index(&self, row: usize) -> &T {
        &self.chunks[row / ROWS].values()[row % ROWS * self.width]
    }
}

impl<T: PartialEq, const ROWS: usize> PartialEq for Rows<T, ROWS> {
    fn eq(&self, other: &Self) -> bool {
        self.len == other.len && self.width == other.width && self.iter().eq(other.iter())
    }
}

impl<T: Eq, const ROWS: usize> Eq for Rows<T, ROWS> {}

impl<T: Clone, const ROWS: usize> Extend<T> for Rows<T, ROWS> {
    fn extend<I: IntoIterator<Item = T>>(&mut self, values: I) {
        values.into_iter().for_each(|value| self.push(value));
    }
}

impl<T: Clone, const ROWS: usize> FromIterator<T> for Rows<T, ROWS> {
    fn from_iter<I: IntoIterator<Item = T>>(values: I) -> Self {
        let mut rows = Self::default();
        rows.extend(values);
        rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::mix;

    #[test]
    fn views_stay_as_they_were() {
        for width in [1_usize, 3] {
            let (mut rows, mut model) = (Rows::<u64, 4>::of_width(width), Vec::<Vec<u64>>::new());
            let mut views = Vec::new();
            for step in 0..2_000_u64 {
                let drawn = mix(width as u64, step);
                match drawn % 8 {
                    0 => views.push((rows.share(), model.clone())),
                    1 if views.len() > 3 => drop(views.remove(drawn as usize / 8 % views.len())),
                    2 | 3 => {
                        let row: Vec<u64> = (0..width as u64).map(|at| mix(step, at)).collect();
                        rows.push_row(row.clone());
                        model.push(row);
                    }
                    _ if !model.is_empty() => {
                        let (row, at) = (drawn as usize / 8 % model.len(), step as usize % width);
                        rows.row_mut(row)[at] = step;
                        model[row][at] = step;
                    }
                    _ => {}
                }
                assert_eq!(rows.len(), model.len());
            }
            views.push((rows, model));
            for (view, model) in &views {
                assert_eq!((view.len(), view.is_empty()), (model.len(), model.is_empty()));
                assert!(view.iter().eq(model.iter().flatten()));
                for from in [0, 1, 4, 7, model.len()] {
                    assert!(view.iter_from(from).eq(model.iter().skip(from).flatten()), "{from}");
                }
                let same = |(row, own): (usize, &Vec<u64>)| view.row(row) == &own[..] && view[row] == own[0];
                assert!(model.iter().enumerate().all(same));
            }
        }
    }

    #[test]
    fn a_view_copies_what_changes_and_nothing_else() {
        let mut rows: Rows<u64, 4> = (0..12).collect();
        let view = rows.share();
        rows.row_mut(5)[0] = 50;
        let same = |chunk: usize| std::ptr::eq(rows.chunks[chunk].values(), view.chunks[chunk].values());
        assert_eq!([0, 1, 2].map(same), [true, false, true]);
        assert_eq!((rows[5], view[5]), (50, 5));
    }

    #[test]
    #[should_panic(expected = "a row has 2 values")]
    fn rows_are_equally_wide() {
        Rows::<u64>::of_width(2).push(1);
    }
}
