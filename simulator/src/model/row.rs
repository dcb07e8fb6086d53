//! One event as the model keeps it: everything owned, nothing shared, nothing clever.

use calendar::{Date, Instant};
use contract::expression::{Expression, Row, WordRef};
use contract::{Reversal, ReversalDate, Treatment};
use engine::Book;
use event::{Columns, Dictionary, Identity, KindRule, SourceId, Word};
use money::{AssetId, Overflow};

/// An event as it came.
#[derive(Clone, Debug)]
pub(super) struct Event {
    /// Its place in the order of all events.
    pub(super) number: usize,
    pub(super) source: SourceId,
    pub(super) asset: AssetId,
    pub(super) id: String,
    pub(super) identity: Identity,
    pub(super) fingerprint: u64,
    pub(super) original: Identity,
    pub(super) rule: KindRule,
    words: Vec<(Word, String)>,
    /// Source, kind and asset as words and texts.
    always: [(Word, String); 3],
    /// Columns of one row, as expressions read them.
    pub(super) numbers: Vec<Vec<i64>>,
    pub(super) dates: Vec<Vec<Date>>,
    pub(super) times: Vec<Instant>,
}

/// An accepted event, and under which contracts it counts.
#[derive(Clone, Debug)]
pub(super) struct Accepted {
    pub(super) event: Event,
    /// The moment of acceptance: its own, or of the original that it had waited for.
    pub(super) accepted_at: Instant,
    pub(super) ratings: Vec<Rating>,
}

/// That a contract rates an event.
#[derive(Clone, Debug)]
pub(super) struct Rating {
    /// Position of the contract in the book.
    pub(super) contract: usize,
    /// Position of the event's source in the contract.
    pub(super) position: usize,
    /// The event's commercial day.
    pub(super) own_on: Date,
    /// For an event that takes an original back which the same contract rated: the original's commercial day.
    pub(super) original_on: Option<Date>,
    /// The event's day in the zone of the rates by which the contract converts; without conversion its commercial day.
    pub(super) fixed_on: Date,
    /// The same of such an original.
    pub(super) original_fixed_on: Option<Date>,
}

impl Rating {
    /// The day whose rate of exchange an event takes in measures of a treatment: what enters on the original's day, or
    /// mirrors it, takes the original's.
    pub(super) fn fixing_on(&self, treatment: Treatment) -> Date {
        match treatment {
            Treatment { reversal: Reversal::Rerate, date: ReversalDate::Own } => self.fixed_on,
            _ => self.original_fixed_on.unwrap_or(self.fixed_on),
        }
    }
}

impl Event {
    pub(super) fn of(book: &Book, dictionary: &Dictionary, columns: &Columns, row: usize) -> Self {
        let (source, kind, asset) = (columns.source[row], columns.kind[row], columns.asset[row]);
        let said = &book.sources[usize::from(source.0)];
        let rule = said.kinds[usize::from(kind.0)];
        let text = |word: Word| (word, dictionary.text(word).to_owned());
        Self {
            number: 0,
            source,
            asset,
            id: columns.id.text(row).to_owned(),
            identity: columns.identity[row],
            fingerprint: columns.fingerprint[row],
            original: columns.original[row],
            rule: rule.unwrap_or(KindRule::PLAIN),
            words: columns.words.iter().map(|column| text(column[row])).collect(),
            always: [
                text(said.word),
                text(book.kind_words[usize::from(kind.0)]),
                text(book.asset_words[usize::from(asset.0)]),
            ],
            numbers: columns.numbers.iter().map(|column| vec![column[row]]).collect(),
            dates: columns.dates.iter().map(|column| vec![column[row]]).collect(),
            times: columns.times.iter().map(|column| column[row]).collect(),
        }
    }

    fn word(&self, word: WordRef) -> &(Word, String) {
        match word {
            WordRef::Source => &self.always[0],
            WordRef::Kind => &self.always[1],
            WordRef::Asset => &self.always[2],
            WordRef::Slot(slot) => &self.words[usize::from(slot)],
        }
    }

    /// The text of a word.
    pub(super) fn text(&self, word: WordRef) -> &str {
        &self.word(word).1
    }

    /// The value of a number, at the expression's scale.
    pub(super) fn number(&self, expression: &Expression) -> Result<i128, Overflow> {
        self.read(|row| expression.evaluate_number(row))
    }

    /// Whether a condition holds; none holds always.
    pub(super) fn meets(&self, condition: Option<&Expression>) -> Result<bool, Overflow> {
        condition.map_or(Ok(true), |condition| self.read(|row| condition.evaluate_condition(row)))
    }

    fn read<T>(&self, read: impl FnOnce(&Row<'_>) -> T) -> T {
        let words = |word| self.word(word).0;
        read(&Row { numbers: &self.numbers, dates: &self.dates, row: 0, words: &words })
    }
}
