//! The files of a book as they are taken: in order, and each source within its limit.
//!
//! A file waits while a source of its adapter owes; the file behind it may pass where no event becomes late by that: both
//! have one receipt for all rows, the same, and rows with ids of their own. Any other file waits behind it. What a source
//! took is counted when a chunk is adapted, and a chunk of an adapter with limits has no more rows than the smallest of
//! them in a second: so a source owes at most a second for each chunk under way. At most one file of an adapter is open,
//! since the next would wait for the same sources.

use crate::failure::Failure;
use crate::inputs::{Input, read_failure};
use event::Columns;
use indicatif::ProgressBar;
use intake::adapter::{Adapter, Received};
use intake::{Chunk, Limits, Splitter};
use runtime::Bucket;
use std::collections::VecDeque;
use std::fs::File;

/// Files that are taken into a book.
pub(super) struct Arrivals<'a> {
    adapters: &'a [Adapter],
    inputs: &'a [Input],
    progress: &'a ProgressBar,
    /// Files that are not at their end, in order.
    left: VecDeque<Left>,
    /// By source: its limit.
    buckets: Vec<Option<Bucket>>,
}

struct Left {
    input: usize,
    /// Where it was begun.
    splitter: Option<Splitter<File>>,
}

/// What comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Next {
    /// The chunk was filled, from this input.
    Chunk(usize),
    /// Nothing before this time, in microseconds.
    At(i64),
    /// Nothing any more.
    End,
}

impl<'a> Arrivals<'a> {
    /// Full buckets at time 0, and no file begun.
    pub(super) fn new(adapters: &'a [Adapter], inputs: &'a [Input], progress: &'a ProgressBar) -> Self {
        let mut buckets = Vec::new();
        for source in adapters.iter().flat_map(|adapter| &adapter.sources) {
            let at = usize::from(source.id.0);
            buckets.resize(buckets.len().max(at + 1), None);
            buckets[at] = source.events_per_s_max.map(|per_s| Bucket::new(per_s, 0));
        }
        let left = (0..inputs.len()).map(|input| Left { input, splitter: None }).collect();
        Self { adapters, inputs, progress, left, buckets }
    }

    /// Fills the next chunk that may be taken.
    pub(super) fn next(&mut self, chunk: &mut Chunk, now_micros: i64) -> Result<Next, Failure> {
        loop {
            let (mut at, mut earliest) = (0, i64::MAX);
            while at < self.left.len() && self.may_pass(at) {
                let free_at = self.free_at(&self.adapters[self.inputs[self.left[at].input].adapter]);
                if free_at <= now_micros {
                    break;
                }
                earliest = earliest.min(free_at);
                at += 1;
            }
            if at == self.left.len() || !self.may_pass(at) {
                return Ok(if self.left.is_empty() { Next::End } else { Next::At(earliest) });
            }
            let input = self.left[at].input;
            if self.fill(at, chunk)? {
                self.progress.inc(chunk.bytes.len() as u64);
                return Ok(Next::Chunk(input));
            }
            self.left.remove(at);
        }
    }

    /// Counts what stood in a chunk.
    pub(super) fn count(&mut self, columns: &Columns, adapter: &Adapter, now_micros: i64) {
        let only = if let [only] = &*adapter.sources { Some(only.id) } else { None };
        for source in &adapter.sources {
            let Some(bucket) = &mut self.buckets[usize::from(source.id.0)] else { continue };
            let refused = columns.refused.iter().filter(|refusal| refusal.source.or(only) == Some(source.id)).count();
            let rows = columns.source.iter().filter(|own| **own == source.id).count() + refused;
            bucket.take(u32::try_from(rows).expect("a chunk is bounded"), now_micros);
        }
    }

    fn fill(&mut self, at: usize, chunk: &mut Chunk) -> Result<bool, Failure> {
        let Left { input, splitter } = &mut self.left[at];
        let input = &self.inputs[*input];
        let splitter = match splitter {
            Some(splitter) => splitter,
            None => {
                let file = File::open(&input.path).map_err(Failure::world("reading", &input.path))?;
                let adapter = &self.adapters[input.adapter];
                splitter.insert(Splitter::with_limits(file, adapter, limits_of(adapter)))
            }
        };
        splitter.next_chunk(chunk).map_err(|fault| read_failure(fault, &input.path))
    }

    /// When no source of an adapter owes anything.
    fn free_at(&self, adapter: &Adapter) -> i64 {
        let of_source = |source: &intake::adapter::SourcePlan| self.buckets[usize::from(source.id.0)].as_ref();
        adapter.sources.iter().filter_map(of_source).map(Bucket::free_at).max().unwrap_or(0)
    }

    /// Whether a file may be taken before all those in front of it, where the one in front of it may.
    fn may_pass(&self, at: usize) -> bool {
        let (own, first) = (&self.inputs[self.left[at].input], &self.inputs[self.left[0].input]);
        at == 0 || self.is_whole(own) && self.is_whole(first) && own.facts.received_at == first.facts.received_at
    }

    /// Whether all rows of a file have one receipt, and ids of their own.
    fn is_whole(&self, input: &Input) -> bool {
        let adapter = &self.adapters[input.adapter];
        input.facts.slot.is_none() && !matches!(adapter.received, Received::Column { .. })
    }
}

/// Chunks of an adapter with limits hold at most a second's worth of its slowest source.
fn limits_of(adapter: &Adapter) -> Limits {
    let slowest = adapter.sources.iter().filter_map(|source| source.events_per_s_max).min();
    let rows = slowest.map_or(usize::MAX, |per_s| usize::try_from(per_s).unwrap_or(usize::MAX));
    Limits { chunk_rows_max: Limits::USUAL.chunk_rows_max.min(rows), ..Limits::USUAL }
}

#[cfg(test)]
mod tests;
