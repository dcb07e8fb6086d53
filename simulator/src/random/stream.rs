//! Random events: late, early, twice, in conflict, linked to what was, to what comes, to themselves and to nothing;
//! negative, zero and huge amounts; rows that are no events; reception times that fall back or are missing.

use super::house::{ASSETS, BONUS, BULK, KINDS, REFUND, SALE, SOURCES, VOID};
use super::seeded::Seeded;
use crate::coverage::Coverage;
use calendar::{Date, Instant, LocalTime, MICROS_PER_DAY, MICROS_PER_HOUR};
use engine::Book;
use event::{AdapterId, Code, Columns, Dictionary, FileId, Identity, KindId, Refusal, Schema, SourceId};
use money::AssetId;

/// Days over which events are received.
const SPAN_DAYS: i64 = 32;

/// An event before it becomes a row of a batch.
#[derive(Clone, Debug)]
struct Draft {
    source: u16,
    kind: u16,
    asset: u16,
    id: String,
    identity: Identity,
    fingerprint: u64,
    original: Identity,
    received_at: Instant,
    payment: &'static str,
    game: &'static str,
    partner: &'static str,
    payer: &'static str,
    /// Thousandths of major units.
    fare: i64,
    extra: i64,
    count: i64,
    at: Instant,
    booked: Instant,
    day: Date,
    until: Date,
}

/// Draws one stream for a book.
pub(super) struct Stream<'a> {
    random: &'a mut Seeded,
    coverage: &'a mut Coverage,
    drafts: Vec<Draft>,
    /// Originals that were named before they came.
    promised: Vec<Draft>,
    now: Instant,
    ids: u64,
    huge: bool,
    bulk: bool,
}

/// The batches of a stream, and the last moment of its reception.
pub(super) fn draw(
    book: &Book,
    base: Date,
    dictionary: &mut Dictionary,
    random: &mut Seeded,
    coverage: &mut Coverage,
) -> (Vec<Columns>, Instant) {
    let bulk = book.contracts.iter().any(|contract| contract.sources.contains(&SourceId(BULK)));
    let now = Instant(LocalTime::from_parts(base, 0).0);
    let (drafts, promised) = (Vec::new(), Vec::new());
    let mut stream = Stream { random, coverage, drafts, promised, now, ids: 0, huge: false, bulk };
    stream.events();
    let batches = stream.batches(book, dictionary);
    (batches, stream.now)
}

impl Stream<'_> {
    fn events(&mut self) {
        let count = self.random.between(40, 160);
        let step_h = (2 * SPAN_DAYS * 24 / count).max(1);
        for number in 0..count {
            // Whole hours, so that many are received exactly at a cut.
            self.now.0 += self.random.between(0, step_h) * MICROS_PER_HOUR;
            let mut draft = match self.random.below(100) {
                0..7 if number > 0 => self.repeated(),
                7..10 if number > 0 => self.contradicting(),
                10..16 if !self.promised.is_empty() => self.kept(),
                _ => self.fresh(),
            };
            draft.received_at = self.received(number);
            self.drafts.push(draft);
        }
    }

    /// Seldom unknown or before what was received already.
    fn received(&mut self, number: i64) -> Instant {
        match self.random.below(100) {
            0..4 if number > 0 => Instant::NONE,
            4..12 => Instant(self.now.0 - self.random.between(1, 200) * MICROS_PER_HOUR),
            12..20 => Instant(self.now.0 + 1),
            _ => self.now,
        }
    }

    /// The same event once more.
    fn repeated(&mut self) -> Draft {
        self.random.pick(&self.drafts)
    }

    /// An event with the id of another and other content.
    fn contradicting(&mut self) -> Draft {
        let other = self.random.pick(&self.drafts);
        let fresh = self.draft(other.source, other.kind);
        Draft { id: other.id, identity: other.identity, original: other.original, ..fresh }
    }

    /// The original that an earlier event has named.
    fn kept(&mut self) -> Draft {
        self.coverage.note("original after its link");
        let position = self.random.position(self.promised.len());
        self.promised.remove(position)
    }

    fn fresh(&mut self) -> Draft {
        let bulk = self.bulk && self.random.chance(6);
        let source = if bulk { BULK } else { u16::try_from(self.random.below(4)).expect("four sources") };
        let kind = match self.random.below(100) {
            _ if bulk => SALE,
            0..62 => SALE,
            62..82 => REFUND,
            82..91 => BONUS,
            _ => VOID,
        };
        let mut draft = self.draft(source, kind);
        if bulk {
            self.enlarge(&mut draft);
        } else {
            self.link(&mut draft);
        }
        draft
    }

    /// An event without a link.
    fn draft(&mut self, source: u16, kind: u16) -> Draft {
        self.ids += 1;
        let at = self.occurred();
        let back = |random: &mut Seeded, hours| Instant(at.0 - random.between(0, hours) * MICROS_PER_HOUR);
        let booked = back(self.random, 30);
        let day = back(self.random, 24).utc().date();
        let identity = Identity((u128::from(self.random.next()) << 64) | u128::from(self.random.next()));
        Draft {
            source,
            kind,
            asset: u16::try_from(self.random.below(3)).expect("three assets"),
            id: format!("e{}", self.ids),
            identity,
            fingerprint: self.random.next(),
            original: Identity::NONE,
            received_at: self.now,
            payment: self.random.pick(&["card", "cash", ""]),
            game: self.random.pick(&["chess", "go", "poker, high", ""]),
            partner: self.party(),
            payer: self.party(),
            fare: self.amount(),
            extra: self.amount() / 10_000 * 10,
            count: self.random.between(0, 9),
            at,
            booked,
            day,
            until: day.plus_days(i32::try_from(self.random.between(0, 40)).expect("a small number")),
        }
    }

    /// Mostly just now; sometimes days ago, seldom tomorrow.
    fn occurred(&mut self) -> Instant {
        let delay_h = match self.random.below(100) {
            0..70 => self.random.between(0, 3),
            70..85 => self.random.between(20, 80),
            85..95 => self.random.between(100, 700),
            _ => -self.random.between(1, 20),
        };
        let micros = if self.random.chance(50) { 0 } else { self.random.between(-1, MICROS_PER_HOUR) };
        Instant(self.now.0 - delay_h * MICROS_PER_HOUR - micros)
    }

    fn party(&mut self) -> &'static str {
        match self.random.below(200) {
            0..2 => "ghost",
            2..3 => "",
            3..6 => "early",
            6..9 => "gone",
            9..16 => "op",
            _ => self.random.pick(&["acme", "brix", "cord", "dune"]),
        }
    }

    /// Thousandths of major units: whole, in cents, or finer than any asset.
    fn amount(&mut self) -> i64 {
        let amount = match self.random.below(100) {
            0..8 => 0,
            8..40 => self.random.between(1, 300) * 1_000,
            40..75 => self.random.between(1, 90_000) * 10,
            75..90 => self.random.between(1, 2_000_000),
            90..95 => self.random.between(1, 60_000) * 1_000,
            _ => 5,
        };
        if self.random.chance(12) { -amount } else { amount }
    }

    /// Names an original, mostly one that was there.
    fn link(&mut self, draft: &mut Draft) {
        let chance = if draft.kind == SALE { 5 } else { 92 };
        if !self.random.chance(chance) {
            return;
        }
        match self.random.below(100) {
            0..4 => draft.original = draft.identity,
            4..9 => draft.original = Identity(u128::from(self.random.next())),
            9..26 => {
                let kind = self.random.pick(&[SALE, SALE, REFUND]);
                let promised = self.draft(draft.source, kind);
                let promised = Draft { original: self.some_original(), ..promised };
                draft.original = promised.identity;
                draft.fare = -promised.fare;
                self.promised.push(promised);
            }
            _ => self.take_back(draft),
        }
    }

    fn some_original(&mut self) -> Identity {
        if self.drafts.is_empty() { Identity::NONE } else { self.random.pick(&self.drafts).identity }
    }

    /// Links to an event that was there, mostly of the same source, and returns all or a part of it.
    fn take_back(&mut self, draft: &mut Draft) {
        let own: Vec<&Draft> = self.drafts.iter().filter(|other| other.source == draft.source).collect();
        let found = if own.is_empty() || self.random.chance(12) {
            self.drafts.iter().rev().find(|other| other.source != BULK)
        } else {
            Some(self.random.pick(&own))
        };
        let Some(original) = found.cloned() else { return };
        draft.original = original.identity;
        if self.random.chance(80) {
            let part = self.random.pick(&[1, 1, 2, 3]);
            (draft.fare, draft.extra) = (-original.fare / part, -original.extra / part / 10 * 10);
            (draft.payment, draft.game) = (original.payment, original.game);
            (draft.partner, draft.payer, draft.asset) = (original.partner, original.payer, original.asset);
        }
    }

    /// Near the bound of postings: once an amount that fits, else one whose VAT does not, or whose square does not.
    fn enlarge(&mut self, draft: &mut Draft) {
        let kwd = ASSETS.iter().position(|(_, digits)| *digits == 3).expect("an asset with three digits");
        (draft.asset, draft.partner, draft.payer) = (u16::try_from(kwd).expect("few assets"), "acme", "brix");
        let fits = !self.huge;
        self.huge = true;
        let (fare, count) = if fits {
            (99_999_999_999_999_999, 1)
        } else {
            self.random.pick(&[(950_000_000_000_000_001, 1), (60_000_000_000_000, 7)])
        };
        self.coverage.note_if("huge amount", fits);
        (draft.fare, draft.count) = (if self.random.chance(30) { -fare } else { fare }, count);
    }

    /// Cuts the stream into batches of one adapter.
    fn batches(&mut self, book: &Book, dictionary: &mut Dictionary) -> Vec<Columns> {
        let mut batches: Vec<Columns> = Vec::new();
        let mut last = Instant::NONE;
        for (line, draft) in std::mem::take(&mut self.drafts).iter().enumerate() {
            let adapter = AdapterId(SOURCES[usize::from(draft.source)].1);
            let schema = &book.schemas[usize::from(adapter.0)];
            let same = batches.last().is_some_and(|batch| batch.adapter == adapter);
            if !same || self.random.chance(5) {
                let mut batch = Columns::new(adapter, schema);
                batch.file = FileId(u32::try_from(batches.len()).expect("few batches"));
                batches.push(batch);
            }
            let batch = batches.last_mut().expect("there is one");
            if self.random.chance(5) {
                let before_row = u32::try_from(batch.len()).expect("small batches");
                let outside = self.coverage.note_if("outside record refused", self.random.chance(25));
                batch.refused.push(refusal(before_row, draft, last, outside, self.random));
            }
            batch.outside_records += u64::from(self.coverage.note_if("outside record", self.random.chance(3)));
            push(batch, schema, draft, line, dictionary);
            last = last.max(draft.received_at);
            self.now = self.now.max(draft.received_at);
        }
        batches
    }
}

/// A row that is no event.
fn refusal(before_row: u32, draft: &Draft, received_at: Instant, outside: bool, random: &mut Seeded) -> Refusal {
    Refusal {
        before_row,
        line: 0,
        code: random.pick(&[Code::ValueInvalid, Code::TimeNever, Code::CheckFailed]),
        source: Some(SourceId(draft.source)),
        id: "refused".into(),
        column: "fare".into(),
        value: "x".into(),
        detail: "a number".into(),
        received_at,
        outside,
    }
}

/// Writes an event as the next row of a batch.
fn push(batch: &mut Columns, schema: &Schema, draft: &Draft, line: usize, dictionary: &mut Dictionary) {
    assert!(usize::from(draft.kind) < KINDS.len(), "a kind of the book");
    batch.source.push(SourceId(draft.source));
    batch.kind.push(KindId(draft.kind));
    batch.asset.push(AssetId(draft.asset));
    batch.id.push(&draft.id);
    batch.identity.push(draft.identity);
    batch.fingerprint.push(draft.fingerprint);
    batch.original.push(draft.original);
    batch.original_id.push("");
    batch.received_at.push(draft.received_at);
    batch.line.push(line as u64 + 1);
    for (column, name) in batch.words.iter_mut().zip(&schema.words) {
        let text = match &**name {
            "payment" => draft.payment,
            "game" => draft.game,
            "partner" => draft.partner,
            _ => draft.payer,
        };
        column.push(dictionary.intern(text));
    }
    for (column, field) in batch.numbers.iter_mut().zip(&schema.numbers) {
        column.push(match &*field.name {
            "count" => draft.count,
            "fare" => scaled(draft.fare, field.scale),
            _ => scaled(draft.extra, field.scale),
        });
    }
    for (column, name) in batch.times.iter_mut().zip(&schema.times) {
        column.push(if &**name == "at" { draft.at } else { draft.booked });
    }
    for (column, name) in batch.dates.iter_mut().zip(&schema.dates) {
        column.push(if &**name == "day" { draft.day } else { draft.until });
    }
    debug_assert!(draft.at.0 > -MICROS_PER_DAY, "events are of our time");
}

/// Thousandths at another scale; what is finer is cut off.
fn scaled(thousandths: i64, scale: u8) -> i64 {
    if scale >= 3 {
        thousandths * 10_i64.pow(u32::from(scale) - 3)
    } else {
        thousandths / 10_i64.pow(3 - u32::from(scale))
    }
}
