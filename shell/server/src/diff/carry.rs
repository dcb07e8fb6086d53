//! A batch of one run's log as an engine of another book takes it: everything that is numbered goes over by its name.
//!
//! Rows that the other book cannot take (no such source, kind, asset or adapter) and rows that are not asked for are
//! left out. Identities stay what they are: all rows that one engine is given come from one log.

use book::Loaded;
use engine::Book;
use event::{AdapterId, Columns, KindId, Schema, SourceId, Word};
use money::{AssetId, power_of_ten};

/// Carries the batches of a log, one after the other.
pub(crate) struct Carrier<'a> {
    from: &'a Book,
    to: &'a Loaded,
    /// By word of the log: its text, and its number in the lane where it has one.
    texts: Vec<Box<str>>,
    lane_words: Vec<Option<Word>>,
    next_word: u32,
}

/// Where the fields of an adapter stand in the other book.
struct Places {
    adapter: AdapterId,
    words: Vec<Option<usize>>,
    numbers: Vec<Option<(usize, u8)>>,
    times: Vec<Option<usize>>,
    dates: Vec<Option<usize>>,
}

impl<'a> Carrier<'a> {
    pub(crate) fn new(from: &'a Book, to: &'a Loaded) -> Self {
        let texts = from.dictionary.texts_from(0).to_vec();
        let mut lane_words = vec![None; texts.len()];
        lane_words[0] = Some(Word::EMPTY);
        Self { from, to, texts, lane_words, next_word: 1 }
    }

    /// The rows of a batch that are asked for, as the other book's.
    pub(crate) fn carry(&mut self, columns: &Columns, mut takes: impl FnMut(usize) -> bool) -> Option<Columns> {
        self.texts.extend_from_slice(&columns.new_words);
        self.lane_words.resize(self.texts.len(), None);
        let name = &self.from.adapters[usize::from(columns.adapter.0)];
        let adapter = self.to.book.adapters.iter().position(|own| own == name)?;
        let schema = &self.to.book.schemas[adapter];
        let places = self.places(columns.adapter, adapter)?;
        let mut out = Columns::new(places.adapter, schema);
        out.file = columns.file;
        for row in 0..columns.len() {
            if let (true, Some(head)) = (takes(row), self.head(columns, row)) {
                self.row(columns, row, head, &places, schema, &mut out);
            }
        }
        Some(out)
    }

    fn places(&self, from: AdapterId, to: usize) -> Option<Places> {
        let (own, other) = (&self.from.schemas[usize::from(from.0)], &self.to.book.schemas[to]);
        let find = |names: &[Box<str>], name: &str| names.iter().position(|own| &**own == name);
        Some(Places {
            adapter: AdapterId(u16::try_from(to).ok()?),
            words: other.words.iter().map(|name| find(&own.words, name)).collect(),
            numbers: other
                .numbers
                .iter()
                .map(|field| {
                    let slot = own.numbers.iter().position(|known| known.name == field.name)?;
                    Some((slot, own.numbers[slot].scale))
                })
                .collect(),
            times: other.times.iter().map(|name| find(&own.times, name)).collect(),
            dates: other.dates.iter().map(|name| find(&own.dates, name)).collect(),
        })
    }

    /// Source, kind and asset of a row in the other book.
    fn head(&self, columns: &Columns, row: usize) -> Option<(SourceId, KindId, AssetId)> {
        let (from, to) = (self.from, &self.to.book);
        let source = &from.sources[usize::from(columns.source[row].0)].id;
        let source = to.sources.iter().position(|own| own.id == *source)?;
        let kind = &from.kinds[usize::from(columns.kind[row].0)];
        let kind = to.kinds.iter().position(|own| own == kind)?;
        let asset = &from.assets[usize::from(columns.asset[row].0)].name;
        let asset = to.assets.iter().position(|own| own.name == *asset)?;
        let number = |position: usize| u16::try_from(position).ok();
        Some((SourceId(number(source)?), KindId(number(kind)?), AssetId(number(asset)?)))
    }

    fn row(
        &mut self,
        columns: &Columns,
        row: usize,
        (source, kind, asset): (SourceId, KindId, AssetId),
        places: &Places,
        schema: &Schema,
        out: &mut Columns,
    ) {
        // Nothing is pushed before everything is known to fit.
        let mut numbers = Vec::with_capacity(schema.numbers.len());
        for (field, place) in schema.numbers.iter().zip(&places.numbers) {
            let value = place.map(|(slot, scale)| rescaled(columns.numbers[slot][row], scale, field.scale));
            match value.unwrap_or(Some(0)) {
                Some(value) => numbers.push(value),
                None => return,
            }
        }
        out.source.push(source);
        out.kind.push(kind);
        out.asset.push(asset);
        out.id.push(columns.id.text(row));
        out.identity.push(columns.identity[row]);
        out.fingerprint.push(columns.fingerprint[row]);
        out.original.push(columns.original[row]);
        out.original_id.push(columns.original_id.text(row));
        out.received_at.push(columns.received_at[row]);
        out.line.push(columns.line[row]);
        for (column, place) in out.words.iter_mut().zip(&places.words) {
            let word = place.map_or(Word::EMPTY, |slot| columns.words[slot][row]);
            let known = self.lane_words.get(word.0 as usize).copied().flatten();
            column.push(known.unwrap_or_else(|| {
                let Some(text) = self.texts.get(word.0 as usize) else { return Word::EMPTY };
                let number = Word(self.next_word);
                self.next_word += 1;
                self.lane_words[word.0 as usize] = Some(number);
                out.new_words.push(text.clone());
                number
            }));
        }
        out.numbers.iter_mut().zip(numbers).for_each(|(column, value)| column.push(value));
        for (column, place) in out.times.iter_mut().zip(&places.times) {
            column.push(place.map_or(calendar::Instant::NONE, |slot| columns.times[slot][row]));
        }
        for (column, place) in out.dates.iter_mut().zip(&places.dates) {
            column.push(place.map_or(calendar::Date(0), |slot| columns.dates[slot][row]));
        }
    }
}

/// A value at another scale; none where digits would be lost or it does not fit.
fn rescaled(value: i64, from: u8, to: u8) -> Option<i64> {
    let factor = i64::try_from(power_of_ten(from.abs_diff(to))?).ok()?;
    if to >= from {
        return value.checked_mul(factor);
    }
    (value % factor == 0).then(|| value / factor)
}
