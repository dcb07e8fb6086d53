//! What is done once for a batch: words into the book's numbers, a look ahead, intake's refusals, and at the end the
//! deltas that a fold needs.

use crate::decide::{BOOK_LANE, Engine, count};
use crate::decisions::{Decisions, Exception, TallyDelta};
use event::{Columns, Word};
use std::ops::Range;

/// Stands for a word that the dictionary had no room for.
pub(crate) const NO_ROOM: Word = Word(u32::MAX);

impl Engine {
    /// Touches what the next rows will need, for nothing but to have it in the cache: the look-ups of one pass do not wait
    /// for each other, those of deciding do. It changes nothing that deciding sees. One short loop for each kind of
    /// look-up: the processor looks only some hundreds of instructions ahead.
    pub(crate) fn warm(&mut self, columns: &Columns, rows: Range<usize>) {
        let mut touched = self.state.claims.touch(&columns.identity[rows.clone()]);
        touched = touched.wrapping_add(self.state.claims.touch(&columns.original[rows.clone()]));
        self.scratch.warm.clear();
        (self.scratch.warm_from, self.scratch.warm_forgotten) = (rows.start, self.plans.forgotten);
        for row in rows {
            let rulings = self.plans.rulings_of(&self.book, &self.state.dictionary, columns, row);
            let place = |position: usize| u32::try_from(position).expect("rulings are bounded");
            self.scratch.warm.push((place(rulings.start), place(rulings.end)));
        }
        // Positions found before everything was forgotten mean nothing any more.
        let known = if self.scratch.warm_forgotten == self.plans.forgotten { &*self.scratch.warm } else { &[] };
        for &(from, until) in known {
            for ruling in &self.plans.rulings[from as usize..until as usize] {
                if let Some((_, cell)) = ruling.last {
                    let contract = usize::from(ruling.contract);
                    let seen = self.scratch.touched_at[contract].get(cell as usize);
                    let seen = usize::from(seen.is_some_and(|&seen| seen == 0));
                    touched = touched.wrapping_add(seen + self.state.contracts[contract].touch_cell(cell));
                }
            }
        }
        std::hint::black_box(touched);
    }

    /// The rulings of a row, as they were found when it was touched ahead.
    #[inline]
    pub(crate) fn warmed(&mut self, columns: &Columns, row: usize) -> Range<usize> {
        let found = row.checked_sub(self.scratch.warm_from).and_then(|ahead| self.scratch.warm.get(ahead));
        match found {
            Some(&(from, until)) if self.scratch.warm_forgotten == self.plans.forgotten => {
                from as usize..until as usize
            }
            _ => self.plans.rulings_of(&self.book, &self.state.dictionary, columns, row),
        }
    }

    /// Replaces a lane's numbers of words by the book's.
    pub(crate) fn translate(&mut self, columns: &mut Columns) {
        if columns.lane == BOOK_LANE {
            for text in &columns.new_words {
                self.state.dictionary.intern(text);
            }
            return;
        }
        let known = self.state.dictionary.len();
        let lane = usize::from(columns.lane);
        if self.lanes.len() <= lane {
            self.lanes.resize_with(lane + 1, || vec![Word::EMPTY]);
        }
        for text in &columns.new_words {
            let dictionary = &mut self.state.dictionary;
            let has_room = dictionary.find(text).is_some() || !dictionary.is_full();
            let word = if has_room { dictionary.intern(text) } else { NO_ROOM };
            self.lanes[lane].push(word);
        }
        let translation = &self.lanes[lane];
        for column in &mut columns.words {
            for word in column {
                *word = translation[word.0 as usize];
            }
        }
        columns.lane = BOOK_LANE;
        columns.new_words.clear();
        columns.new_words.extend(self.state.dictionary.texts_from(known));
    }

    /// Counts what intake refused among the decided rows, and keeps its evidence.
    pub(crate) fn refusals(&mut self, columns: &Columns, from: usize, until: usize, decisions: &mut Decisions) {
        let at_end = until == columns.len();
        for refusal in &columns.refused {
            let before = refusal.before_row as usize;
            let decided = (before >= from && before < until) || (at_end && before == until);
            if !decided {
                continue;
            }
            if !self.in_view(self.raised(refusal.received_at)) {
                decisions.counts.not_yet += 1;
                continue;
            }
            if refusal.outside {
                decisions.counts.outside_failed += 1;
            } else {
                count(&mut decisions.counts, refusal.code.disposition(), 1);
            }
            decisions.exceptions.push(Exception {
                file: columns.file,
                line: refusal.line,
                source: refusal.source,
                id: refusal.id.clone(),
                code: refusal.code,
                column: refusal.column.clone(),
                value: refusal.value.clone(),
                detail: refusal.detail.clone(),
                outside: refusal.outside,
            });
        }
        if at_end {
            decisions.counts.outside_passed += i64::try_from(columns.outside_records).expect("a batch is bounded");
        }
    }

    /// Gathers what a fold needs and adds up the counts.
    pub(crate) fn close_batch(&mut self, words: usize, accounts: usize, decisions: &mut Decisions) {
        decisions.words.extend(self.state.dictionary.texts_from(words));
        decisions.accounts.extend_from_slice(self.state.chart.accounts_from(accounts));
        decisions.stamp = self.state.stamp;
        let mut sums_before = self.scratch.sums_before.drain(..);
        for (contract, cell) in self.scratch.touched.drain(..) {
            let sums = self.state.contracts[contract as usize].sums(cell);
            for (slot, (now, before)) in sums.iter().zip(sums_before.by_ref()).enumerate() {
                // The first sum always: a tally that was touched and came out the same is looked at by the next tick.
                if *now != before || slot == 0 {
                    let slot = u16::try_from(slot).expect("a contract's sums are bounded");
                    decisions.tallies.push(TallyDelta { contract, cell, slot, delta: now - before });
                }
            }
        }
        drop(sums_before);
        self.state.entries += decisions.entries.len() as u64;
        self.state.counts.add(&decisions.counts);
    }
}
