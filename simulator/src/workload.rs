//! The seeded workload: events, the book that rates them and what must come out of it.
//!
//! It exists so that a benchmark can ask for five million realistic events without a file of a gigabyte in the
//! repository, and so that a run can be checked against figures which the program under test did not compute.
//!
//! Shape: every line is a pure function of (seed, number of events, index). Randomness is SplitMix64 read at random
//! positions, `LANES` words an event. A duplicate or a link therefore needs only the index of its target: the target
//! is computed again instead of being kept. The class of an event (plain, linked, bad, duplicate) comes from one
//! word, so that the search for a target costs one word a step; it steps downward and ends at the latest at the
//! first events, which are always plain.
//!
//! Bounds: constant memory, O(1) expected work a line. Order: `received_at` never falls along the lines, duplicates
//! aside (they repeat a line whole); an original is received before the event that refers to it occurs.

use std::fmt::Write as _;

/// Partners `p01` to `p50`; each is under exactly one contract.
pub const PARTNERS: u64 = 50;
/// Games `g001` to `g200`.
pub const GAMES: u64 = 200;
/// Currency of a partner: the one at his index modulo four; with its digits after the point.
pub const CURRENCIES: [(&str, u32); 4] = [("KRW", 0), ("USD", 2), ("JPY", 0), ("EUR", 2)];
/// Contracts 1 to 5 are payment fees, 6 to 10 are shares of game revenue.
pub const CONTRACTS: usize = 10;

const PARTNERS_PER_CONTRACT: u64 = PARTNERS / CONTRACTS as u64;
/// Partners below this index sell, the others run games.
const PAYMENT_PARTNERS: u64 = PARTNERS / 2;
/// The first events are plain, so that every search for a target ends.
const ALWAYS_PLAIN: u64 = 64;
/// Most links point back no further than this many events.
const LINK_WINDOW: u64 = 100_000;
/// Most duplicates repeat a line no further back than this many events.
const DUPLICATE_WINDOW: u64 = 1_000_000;
const USERS: u64 = 1_000;
/// Rounds are numbered anew after this many.
const ROUNDS: u64 = 1_000;

const DAY_MS: u64 = 86_400_000;
/// The events are received over this many days.
const SPAN_MS: u64 = 40 * DAY_MS;
/// Late events reach this far back before the first reception.
const LEAD_DAYS: u64 = 10;
/// 2025-02-19 as days since 1970-01-01: the first reception (2025-03-01T00:00:00Z) less `LEAD_DAYS`.
const ORIGIN_ON: u64 = 20_138;
const START_MS: u64 = LEAD_DAYS * DAY_MS;
const LATE_MS_MIN: u64 = 2 * DAY_MS;
const LATE_MS_SPREAD: u64 = 8 * DAY_MS;
/// A punctual event is received less than this after it occurred.
const DELAY_MS: u64 = 5_000;

/// Produces the events of one seed as JSON lines and counts, on the way, what a settlement of them must give.
#[derive(Debug, Clone)]
pub struct Workload {
    key: u64,
    events: u64,
    next: u64,
    dates: Vec<[u8; 10]>,
    pairs: [[u8; 2]; 256],
    truth: Truth,
}

impl Workload {
    /// A workload of `events` lines. The same seed and number give the same bytes, however they are asked for.
    ///
    /// # Panics
    /// Above 2^31 events.
    pub fn new(seed: u64, events: u64) -> Workload {
        assert!(events <= 1 << 31, "reception times are computed in 64 bits: at most 2^31 events");
        let days = LEAD_DAYS + SPAN_MS / DAY_MS + 1;
        Workload {
            key: mix(seed.wrapping_add(GOLDEN)),
            events,
            next: 0,
            dates: (0..days).map(|day| date_text(ORIGIN_ON + day)).collect(),
            pairs: hex_pairs(),
            truth: Truth::default(),
        }
    }

    /// Appends up to `count` further lines, each with its newline, and returns how many: 0 when all are out.
    pub fn fill(&mut self, out: &mut Vec<u8>, count: usize) -> usize {
        let end = self.events.min(self.next.saturating_add(count as u64));
        let written = (end - self.next) as usize;
        for index in self.next..end {
            self.append(index, out);
        }
        self.next = end;
        written
    }

    /// What a settlement of the lines written so far must give.
    pub fn truth(&self) -> &Truth {
        &self.truth
    }

    /// Source and id of the good event at an index, and whether it names an original; none where the line is a duplicate
    /// or bad.
    pub fn named(&self, index: u64) -> Option<(&'static str, String, bool)> {
        let class = self.class(index);
        if !matches!(class, Class::Plain | Class::Linked) {
            return None;
        }
        let mut id = Vec::new();
        self.write_id(index, &mut id);
        let source = if self.event(index).is_payment() { "payments" } else { "games" };
        Some((source, String::from_utf8(id).expect("ids are of ASCII"), class == Class::Linked))
    }

    fn append(&mut self, index: u64, out: &mut Vec<u8>) {
        self.truth.events += 1;
        match self.class(index) {
            Class::Duplicate => {
                self.truth.duplicates += 1;
                let repeated = self.repeated(index);
                self.write(&self.event(repeated), None, out);
            }
            Class::Bad => {
                self.truth.rejected += 1;
                let fault = FAULTS[(self.word(index, Lane::Target) % 4) as usize];
                self.write(&self.event(index), Some(fault), out);
            }
            Class::Plain | Class::Linked => {
                let event = self.event(index);
                self.truth.accept(&event);
                self.write(&event, None, out);
            }
        }
    }

    fn word(&self, index: u64, lane: Lane) -> u64 {
        mix(self.key.wrapping_add((index * LANES + lane as u64 + 1).wrapping_mul(GOLDEN)))
    }

    fn class(&self, index: u64) -> Class {
        if index < ALWAYS_PLAIN {
            return Class::Plain;
        }
        match (self.word(index, Lane::Class) >> 32) % 100 {
            0..3 => Class::Duplicate,
            3 => Class::Bad,
            4..34 => Class::Linked,
            _ => Class::Plain,
        }
    }

    /// The good event below `index` whose line the duplicate at `index` repeats.
    fn repeated(&self, index: u64) -> u64 {
        let draw = self.word(index, Lane::Target);
        let window = if draw % 5 < 4 { index.min(DUPLICATE_WINDOW) } else { index };
        let mut target = index - 1 - (draw >> 8) % window;
        while !matches!(self.class(target), Class::Plain | Class::Linked) {
            target -= 1;
        }
        target
    }

    /// The plain event, received before `occurred_ms`, to which the linked event at `index` refers.
    fn original(&self, index: u64, occurred_ms: u64) -> u64 {
        let draw = self.word(index, Lane::Target);
        let horizon = self.received_before(occurred_ms).clamp(1, index);
        let window = if draw % 20 < 19 { horizon.min(LINK_WINDOW) } else { horizon };
        let mut target = horizon - 1 - (draw >> 8) % window;
        while self.class(target) != Class::Plain {
            target -= 1;
        }
        target
    }

    /// How many events are surely received before this instant.
    fn received_before(&self, instant_ms: u64) -> u64 {
        instant_ms.saturating_sub(START_MS) * self.events / SPAN_MS
    }

    fn event(&self, index: u64) -> Event {
        let class = self.class(index);
        let clock = self.word(index, Lane::Clock);
        let jitter_ms = ((clock >> 32) * SPAN_MS) >> 32;
        let received_ms = START_MS + (index * SPAN_MS + jitter_ms) / self.events;
        let punctual_ms = received_ms - (clock & 0xffff) % DELAY_MS;
        let late_ms = received_ms - LATE_MS_MIN - (self.word(index, Lane::Late) >> 8) % LATE_MS_SPREAD;
        // One in 92 gives one in a hundred of all lines: 96 of 100 are good, and a late follow-up needs an original that
        // came before it, which one early in the span does not find.
        let late = (self.word(index, Lane::Class) as u32).is_multiple_of(92)
            && class != Class::Bad
            && (class == Class::Plain || self.received_before(late_ms) >= ALWAYS_PLAIN);
        let occurred_ms = if late { late_ms } else { punctual_ms };
        let original = (class == Class::Linked).then(|| self.original(index, occurred_ms));

        let about = original.unwrap_or(index);
        let subject = self.word(about, Lane::Subject);
        let partner = (subject & 0xffff_ffff) % PARTNERS;
        let staked = self.staked(about, partner);
        let amount = match original {
            None => staked,
            Some(_) => follow_up_amount(staked, self.word(index, Lane::Amount), partner),
        };
        Event { index, original, late, partner, game: (subject >> 32) % GAMES, amount, occurred_ms, received_ms }
    }

    /// Amount of a plain event in minor units: 1.00 to 500 for two digits, 1,000 to 500,000 won, 100 to 50,000 yen.
    fn staked(&self, index: u64, partner: u64) -> u64 {
        let draw = self.word(index, Lane::Amount);
        if partner.is_multiple_of(4) { 1_000 + draw % 499_001 } else { 100 + draw % 49_901 }
    }
}

/// What happened, before it is written as a line.
struct Event {
    index: u64,
    original: Option<u64>,
    late: bool,
    partner: u64,
    game: u64,
    /// In minor units, never negative: the kind gives the direction.
    amount: u64,
    occurred_ms: u64,
    received_ms: u64,
}

impl Event {
    fn is_payment(&self) -> bool {
        self.partner < PAYMENT_PARTNERS
    }

    fn currency(&self) -> usize {
        (self.partner % 4) as usize
    }

    fn kind(&self) -> &'static [u8] {
        match (self.is_payment(), self.original) {
            (true, None) => b"sale",
            (true, Some(_)) => b"refund",
            (false, None) => b"bet",
            (false, Some(_)) => b"win",
        }
    }
}

/// A refund returns a quarter to all of the sale; a win pays up to four stakes, so that games keep about a tenth.
fn follow_up_amount(staked: u64, draw: u64, partner: u64) -> u64 {
    let per_1024 = if partner < PAYMENT_PARTNERS { 256 + draw % 769 } else { draw % 4_096 };
    (staked * per_1024 / 1_024).max(1)
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Class {
    Plain,
    Linked,
    Bad,
    Duplicate,
}

/// What makes a bad line bad. None of them can become an event.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Fault {
    WrongNumber,
    MissingField,
    UnknownCurrency,
    MalformedJson,
}

const FAULTS: [Fault; 4] = [Fault::WrongNumber, Fault::MissingField, Fault::UnknownCurrency, Fault::MalformedJson];

/// Words of randomness set aside for each event.
const LANES: u64 = 8;

#[derive(Clone, Copy)]
enum Lane {
    Class,
    IdHigh,
    IdLow,
    Subject,
    Amount,
    Clock,
    Late,
    Target,
}

const GOLDEN: u64 = 0x9e37_79b9_7f4a_7c15;

/// The output function of SplitMix64: a bijection, so that ids differ already in their first word.
fn mix(state: u64) -> u64 {
    let first = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let second = (first ^ (first >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    second ^ (second >> 31)
}

// ---- Lines -------------------------------------------------------------------------------------------------------

/// Room for the longest line.
const LINE_BYTES_MAX: usize = 384;

impl Workload {
    fn write(&self, event: &Event, fault: Option<Fault>, out: &mut Vec<u8>) {
        out.reserve(LINE_BYTES_MAX);
        out.extend_from_slice(b"{\"id\":\"");
        self.write_id(event.index, out);
        out.extend_from_slice(b"\",\"kind\":\"");
        out.extend_from_slice(event.kind());
        out.extend_from_slice(b"\",\"partner\":\"p");
        write_padded::<2>(event.partner + 1, out);
        out.extend_from_slice(b"\",\"game\":\"g");
        write_padded::<3>(event.game + 1, out);
        out.extend_from_slice(b"\",\"currency\":\"");
        let (code, digits) = CURRENCIES[event.currency()];
        let unknown = fault == Some(Fault::UnknownCurrency);
        out.extend_from_slice(if unknown { b"XQZ" } else { code.as_bytes() });
        if fault != Some(Fault::MissingField) {
            out.extend_from_slice(b"\",\"amount\":\"");
            write_amount(event.amount, digits, out);
        }
        if fault == Some(Fault::WrongNumber) {
            out.push(b'x');
        }
        if let Some(original) = event.original {
            out.extend_from_slice(b"\",\"ref\":\"");
            self.write_id(original, out);
        }
        out.extend_from_slice(b"\",\"occurred_at\":\"");
        self.write_instant(event.occurred_ms, out);
        out.extend_from_slice(b"\",\"received_at\":\"");
        self.write_instant(event.received_ms, out);
        self.write_context(event, out);
        // Without its end the line is no JSON.
        out.extend_from_slice(if fault == Some(Fault::MalformedJson) { b"\n" } else { b"\"}\n" });
    }

    /// Fields that no contract reads: a real feed has them too, and the parser must pass over them.
    fn write_context(&self, event: &Event, out: &mut Vec<u8>) {
        const CHANNELS: [&[u8]; 4] = [b"web", b"app", b"pos", b"api"];
        let about = event.original.unwrap_or(event.index);
        let draw = self.word(about, Lane::IdLow);
        out.extend_from_slice(b"\",\"user\":\"u");
        write_padded::<3>(draw % USERS, out);
        out.extend_from_slice(b"\",\"round\":\"");
        write_padded::<3>(about % ROUNDS, out);
        out.extend_from_slice(b"\",\"channel\":\"");
        out.extend_from_slice(CHANNELS[(draw >> 62) as usize]);
    }

    /// A random UUID: version 4, variant 1, in the usual text form.
    fn write_id(&self, index: u64, out: &mut Vec<u8>) {
        let high = self.word(index, Lane::IdHigh) & !0xf000 | 0x4000;
        let low = self.word(index, Lane::IdLow) & !(3 << 62) | 2 << 62;
        let mut text = [b'-'; 36];
        // Where the sixteen bytes stand between the hyphens.
        const PLACES: [usize; 16] = [0, 2, 4, 6, 9, 11, 14, 16, 19, 21, 24, 26, 28, 30, 32, 34];
        for (place, byte) in PLACES.into_iter().zip(high.to_be_bytes().into_iter().chain(low.to_be_bytes())) {
            text[place..place + 2].copy_from_slice(&self.pairs[byte as usize]);
        }
        out.extend_from_slice(&text);
    }

    /// An instant as RFC 3339 in UTC with milliseconds.
    fn write_instant(&self, instant_ms: u64, out: &mut Vec<u8>) {
        let of_day_ms = instant_ms % DAY_MS;
        let of_day_s = of_day_ms / 1_000;
        out.extend_from_slice(&self.dates[(instant_ms / DAY_MS) as usize]);
        out.push(b'T');
        write_padded::<2>(of_day_s / 3_600, out);
        out.push(b':');
        write_padded::<2>(of_day_s / 60 % 60, out);
        out.push(b':');
        write_padded::<2>(of_day_s % 60, out);
        out.push(b'.');
        write_padded::<3>(of_day_ms % 1_000, out);
        out.push(b'Z');
    }
}

/// `value` with exactly `N` digits, zeros in front.
fn write_padded<const N: usize>(mut value: u64, out: &mut Vec<u8>) {
    let mut text = [b'0'; N];
    for digit in text.iter_mut().rev() {
        *digit = b'0' + (value % 10) as u8;
        value /= 10;
    }
    out.extend_from_slice(&text);
}

fn write_number(mut value: u64, out: &mut Vec<u8>) {
    let mut text = [0; 20];
    let mut start = text.len();
    loop {
        start -= 1;
        text[start] = b'0' + (value % 10) as u8;
        value /= 10;
        if value == 0 {
            break;
        }
    }
    out.extend_from_slice(&text[start..]);
}

/// Minor units as a decimal with the digits of the currency (none or two).
fn write_amount(amount: u64, digits: u32, out: &mut Vec<u8>) {
    if digits == 0 {
        return write_number(amount, out);
    }
    write_number(amount / 100, out);
    out.push(b'.');
    write_padded::<2>(amount % 100, out);
}

fn hex_pairs() -> [[u8; 2]; 256] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    std::array::from_fn(|byte| [HEX[byte >> 4], HEX[byte & 15]])
}

/// A day counted from 1970-01-01 as `yyyy-mm-dd`; the workload stays within one year.
fn date_text(day: u64) -> [u8; 10] {
    const FIRST_OF_2025: u64 = 20_089;
    const MONTH_DAYS: [u64; 12] = [31, 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
    let mut rest = day - FIRST_OF_2025;
    let mut month = 0;
    while rest >= MONTH_DAYS[month] {
        rest -= MONTH_DAYS[month];
        month += 1;
    }
    let mut text = Vec::with_capacity(10);
    text.extend_from_slice(b"2025-");
    write_padded::<2>(month as u64 + 1, &mut text);
    text.push(b'-');
    write_padded::<2>(rest + 1, &mut text);
    text.try_into().expect("a date has ten characters")
}

// ---- What must come out ------------------------------------------------------------------------------------------

/// Counts and sums of the lines written, computed without any part of the program under test.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Truth {
    /// Lines written; `accepted`, `duplicates` and `rejected` add up to it.
    pub events: u64,
    /// Good lines, each counted once.
    pub accepted: u64,
    /// Good lines that came again.
    pub duplicates: u64,
    /// Lines that cannot be events.
    pub rejected: u64,
    /// Accepted events that refer to an original.
    pub linked: u64,
    /// Accepted events that occurred two to ten days before they were received.
    pub late: u64,
    /// Sums by contract (1 to 10, at index 0 to 9) and currency (as in [`CURRENCIES`]).
    pub sums: [[Sum; CURRENCIES.len()]; CONTRACTS],
}

/// Sums of one contract in one currency, all in minor units, reversals counted against the rest.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Sum {
    /// Accepted events.
    pub events: u64,
    /// Sales − refunds, or bets − wins.
    pub amount: i64,
    /// 10 % of each sale or refund, half up event by event; 0 for games.
    pub fee: i64,
    /// 10 % of each fee, half up event by event; 0 for games.
    pub vat: i64,
}

impl Truth {
    fn accept(&mut self, event: &Event) {
        self.accepted += 1;
        self.linked += u64::from(event.original.is_some());
        self.late += u64::from(event.late);
        let sum = &mut self.sums[(event.partner / PARTNERS_PER_CONTRACT) as usize][event.currency()];
        let sign = if event.original.is_some() { -1 } else { 1 };
        sum.events += 1;
        sum.amount += sign * event.amount as i64;
        if event.is_payment() {
            let fee = tenth_half_up(event.amount as i64);
            sum.fee += sign * fee;
            sum.vat += sign * tenth_half_up(fee);
        }
    }

    /// The truth as a JSON document; sums that are empty are left out.
    pub fn to_json(&self) -> String {
        let Truth { events, accepted, duplicates, rejected, linked, late, sums } = self;
        let rows: Vec<String> = sums
            .iter()
            .enumerate()
            .flat_map(|(contract, row)| row.iter().zip(CURRENCIES).map(move |(sum, (code, _))| (contract, code, sum)))
            .filter(|(_, _, sum)| sum.events > 0)
            .map(|(contract, code, Sum { events, amount, fee, vat })| {
                let contract = contract_id(contract);
                format!(
                    "    {{\"contract\": \"{contract}\", \"asset\": \"{code}\", \"events\": {events}, \
                     \"amount_minor\": {amount}, \"fee_minor\": {fee}, \"vat_minor\": {vat}}}"
                )
            })
            .collect();
        format!(
            "{{\n  \"events\": {events},\n  \"accepted\": {accepted},\n  \"duplicates\": {duplicates},\n  \
             \"conflicts\": 0,\n  \"held\": 0,\n  \"rejected\": {rejected},\n  \"linked\": {linked},\n  \
             \"late\": {late},\n  \"sums\": [\n{}\n  ]\n}}\n",
            rows.join(",\n")
        )
    }
}

fn tenth_half_up(magnitude: i64) -> i64 {
    (magnitude + 5) / 10
}

// ---- The book ----------------------------------------------------------------------------------------------------

/// The files of the book that settles this workload: path inside the book folder and text.
pub fn book_files() -> Vec<(String, String)> {
    let mut files = vec![
        ("book.toml".to_owned(), BOOK.to_owned()),
        ("parties.toml".to_owned(), parties_text()),
        ("sources/feed.toml".to_owned(), FEED.to_owned()),
    ];
    for contract in 0..CONTRACTS {
        files.push((format!("contracts/{}.toml", contract_id(contract)), contract_text(contract)));
    }
    files
}

fn contract_id(contract: usize) -> String {
    let kind = if contract < CONTRACTS / 2 { "fee" } else { "share" };
    format!("{kind}-{:02}", contract + 1)
}

fn parties_text() -> String {
    const REST: &str = "tax_type = \"general\"\nlicence = \"benchmark\"\njurisdiction = \"KR\"\n";
    let mut text = format!("[[party]]\nid = \"platform\"\nname = \"Settlement platform\"\n{REST}");
    let _ = write!(text, "\n[[party]]\nid = \"psp\"\nname = \"Payment service provider\"\n{REST}");
    for partner in 1..=PARTNERS {
        let _ = write!(text, "\n[[party]]\nid = \"p{partner:02}\"\nname = \"Partner {partner}\"\n{REST}");
    }
    text
}

fn contract_text(contract: usize) -> String {
    let first = contract as u64 * PARTNERS_PER_CONTRACT + 1;
    let partners: Vec<String> =
        (first..first + PARTNERS_PER_CONTRACT).map(|partner| format!("'p{partner:02}'")).collect();
    let head =
        format!("[contract]\nid = \"{}\"\nwhen = \"partner in ({})\"\n", contract_id(contract), partners.join(", "));
    if contract < CONTRACTS / 2 {
        return head + PAYMENT_FEE;
    }
    // The last three are graduated.
    let rate = if contract < 7 {
        "rate = \"12%\"\n"
    } else {
        "tiers = [ { up_to = \"5000\", rate = \"12%\" }, { up_to = \"500000\", rate = \"13.5%\" }, { rate = \"15%\" } ]\n\
         on = \"gross\"\n"
    };
    head + GAME_SHARE + rate
}

const BOOK: &str = r#"[book]
id = "workload"
name = "Generated workload"
operator = "platform"
assets = ["KRW", "USD", "JPY", "EUR"]
zone = "Asia/Seoul"
"#;

const FEED: &str = r#"[adapter]
id = "feed"
format = "jsonl"
encoding = "utf-8"
files = ["events*.jsonl"]
role = "events"
zone = "Asia/Seoul"
received_at = { column = "received_at", format = "rfc3339" }
route = { column = "kind", to = { sale = "payments", refund = "payments", bet = "games", win = "games" } }
kind = { column = "kind", map = { sale = "sale", refund = "refund", bet = "bet", win = "win" } }
asset = { column = "currency" }

[adapter.fields]
id = { column = "id", type = "id" }
ref = { column = "ref", type = "id", blank = "" }
partner = { column = "partner", type = "word" }
game = { column = "game", type = "word" }
amount = { column = "amount", type = "amount", unit = "decimal" }
occurred = { column = "occurred_at", type = "time", format = "rfc3339" }

[[source]]
id = "payments"
identity = { field = "id" }
[source.kinds.sale]
original = "never"
[source.kinds.refund]
original = "required"
link = "ref"
reverses = true

[[source]]
id = "games"
identity = { field = "id" }
[source.kinds.bet]
original = "never"
[source.kinds.win]
original = "required"
link = "ref"
"#;

const PAYMENT_FEE: &str = r#"sources = ["payments"]
date_basis = "occurred"
zone = "Asia/Seoul"
cut_off = "00:00"
cycle = "day"
lag_days = 0
grace = { hours = 1 }
due = { days = 2 }

[[version]]
valid_from = "2025-01-01"

[version.measures]
order = "if(kind = 'sale', amount, 0 - amount)"

[[version.term]]
id = "order"
kind = "share"
of = "order"
rate = "100%"
debtor = "psp"
creditor = "@partner"
purpose = "order"
rounding = { scope = "event", mode = "half_up" }
reversal = "rerate"
reversal_date = "own"

[[version.term]]
id = "fee"
kind = "fee"
of = "order"
rate = "10%"
debtor = "@partner"
creditor = "platform"
purpose = "fee"
rounding = { scope = "event", mode = "half_up" }
vat = { rate = "10%", scope = "event", mode = "exclusive", rounding = "half_up", issuer = "creditor" }
reversal = "rerate"
reversal_date = "own"
"#;

const GAME_SHARE: &str = r#"sources = ["games"]
date_basis = "occurred"
zone = "Asia/Seoul"
cut_off = "00:00"
cycle = { week = "monday" }
lag_days = 0
grace = { hours = 12 }
due = { days = 10 }

[[version]]
valid_from = "2025-01-01"

[version.measures]
ggr = "if(kind = 'bet', amount, 0 - amount)"

[[version.term]]
id = "share"
kind = "share"
of = "ggr"
debtor = "platform"
creditor = "@partner"
purpose = "content"
dimensions = ["game"]
rounding = { scope = "line", mode = "half_up" }
reversal = "rerate"
reversal_date = "own"
"#;

#[cfg(test)]
mod tests {
    use std::collections::{BTreeMap, BTreeSet};

    use super::*;

    const EVENTS: u64 = 100_000;

    fn lines(seed: u64, events: u64, at_once: usize) -> (String, Truth) {
        let mut workload = Workload::new(seed, events);
        let mut out = Vec::new();
        while workload.fill(&mut out, at_once) > 0 {}
        (String::from_utf8(out).unwrap(), workload.truth().clone())
    }

    /// The text of a field as written, if the line has it whole.
    fn field<'a>(line: &'a str, name: &str) -> Option<&'a str> {
        let start = line.find(&format!("\"{name}\":\""))? + name.len() + 4;
        Some(&line[start..start + line[start..].find('"')?])
    }

    fn fault_of(line: &str) -> Option<Fault> {
        if !line.ends_with("\"}") {
            return Some(Fault::MalformedJson);
        }
        if field(line, "currency") == Some("XQZ") {
            return Some(Fault::UnknownCurrency);
        }
        match field(line, "amount") {
            None => Some(Fault::MissingField),
            Some(amount) if amount.ends_with('x') => Some(Fault::WrongNumber),
            Some(_) => None,
        }
    }

    #[test]
    fn same_seed_gives_the_same_bytes_however_they_are_asked_for() {
        let (whole, truth) = lines(1, 20_000, usize::MAX);
        assert_eq!((&whole, &truth), (&lines(1, 20_000, 777).0, &lines(1, 20_000, 777).1));
        assert_ne!(whole, lines(2, 20_000, usize::MAX).0);
        assert_eq!(whole.lines().count(), 20_000);
        assert!(lines(1, 0, 10).0.is_empty());
    }

    /// Every line written is read back and counted from its text alone; the truth must say the same.
    #[test]
    fn truth_is_what_the_lines_say() {
        let (text, truth) = lines(7, EVENTS, 4_096);
        let mut seen = BTreeSet::new();
        let mut counted = Truth::default();
        for line in text.lines() {
            counted.events += 1;
            if fault_of(line).is_some() {
                counted.rejected += 1;
            } else if !seen.insert(line) {
                counted.duplicates += 1;
            } else {
                count_accepted(line, &mut counted);
            }
        }
        assert_eq!(counted, truth);
        assert_eq!(truth.events, truth.accepted + truth.duplicates + truth.rejected);
    }

    fn count_accepted(line: &str, counted: &mut Truth) {
        counted.accepted += 1;
        let sign = if field(line, "ref").is_some() { -1 } else { 1 };
        counted.linked += u64::from(sign < 0);
        counted.late += u64::from(field(line, "occurred_at").unwrap()[..10] < *two_days_before(line));
        let partner: usize = field(line, "partner").unwrap()[1..].parse().unwrap();
        let currency = CURRENCIES.iter().position(|(code, _)| Some(*code) == field(line, "currency")).unwrap();
        let amount: i64 = field(line, "amount").unwrap().replace('.', "").parse().unwrap();
        let sum = &mut counted.sums[(partner - 1) / 5][currency];
        sum.events += 1;
        sum.amount += sign * amount;
        if matches!(field(line, "kind"), Some("sale" | "refund")) {
            let fee = (amount * 2 + 10) / 20;
            sum.fee += sign * fee;
            sum.vat += sign * ((fee * 2 + 10) / 20);
        }
    }

    /// The day after the latest one on which an event received with this line can have occurred and still be late.
    fn two_days_before(line: &str) -> String {
        let received_on = &field(line, "received_at").unwrap()[..10];
        let day = (0..60).find(|day| date_text(ORIGIN_ON + day) == *received_on.as_bytes()).unwrap();
        String::from_utf8(date_text(ORIGIN_ON + day - 1).to_vec()).unwrap()
    }

    #[test]
    fn shares_are_as_described() {
        let (text, truth) = lines(3, EVENTS, 10_000);
        let check = |what: &str, count: u64, percent: f64, tolerance: f64| {
            let found = count as f64 * 100.0 / EVENTS as f64;
            assert!((found - percent).abs() < tolerance, "{what}: {found} % instead of {percent} %");
        };
        check("duplicates", truth.duplicates, 3.0, 0.25);
        check("rejected", truth.rejected, 1.0, 0.15);
        check("linked", truth.linked, 30.0, 0.6);
        check("late", truth.late, 1.0, 0.25);
        for fault in FAULTS {
            let count = text.lines().filter(|line| fault_of(line) == Some(fault)).count();
            check("one fault", count as u64, 0.25, 0.08);
        }
        for name in ["partner", "game"] {
            let values: BTreeSet<_> = text.lines().filter_map(|line| field(line, name)).collect();
            assert_eq!(values.len() as u64, if name == "game" { GAMES } else { PARTNERS });
        }
        let mean_bytes = text.len() as f64 / EVENTS as f64;
        assert!((255.0..268.0).contains(&mean_bytes), "mean line of {mean_bytes} bytes");
    }

    #[test]
    fn every_link_names_an_earlier_good_original_of_the_same_partner() {
        let (text, truth) = lines(11, EVENTS, 10_000);
        let mut originals: BTreeMap<&str, &str> = BTreeMap::new();
        let mut links = 0;
        for line in text.lines().filter(|line| fault_of(line).is_none()) {
            let id = field(line, "id").unwrap();
            assert_eq!((id.len(), &id[14..15]), (36, "4"));
            if let Some(link) = field(line, "ref") {
                let original = originals.get(link).unwrap_or_else(|| panic!("{line} refers to nothing before it"));
                for same in ["partner", "game", "currency", "user", "round"] {
                    assert_eq!(field(line, same), field(original, same), "{line}");
                }
                let kinds = (field(line, "kind").unwrap(), field(original, "kind").unwrap());
                assert!(matches!(kinds, ("refund", "sale") | ("win", "bet")), "{kinds:?}");
                assert!(field(line, "occurred_at") >= field(original, "received_at"), "{line}");
                links += 1;
            } else {
                originals.insert(id, line);
            }
        }
        assert!(links >= truth.linked, "{links} links");
    }

    #[test]
    fn reception_never_goes_back_and_spans_forty_days() {
        let (text, _) = lines(5, EVENTS, 10_000);
        let mut seen = BTreeSet::new();
        let received: Vec<&str> =
            text.lines().filter(|line| seen.insert(*line)).map(|line| field(line, "received_at").unwrap()).collect();
        assert!(received.is_sorted());
        assert_eq!(&received[0][..10], "2025-03-01");
        assert_eq!(&received[received.len() - 1][..10], "2025-04-09");
    }

    #[test]
    fn the_book_puts_each_partner_under_one_contract() {
        let files = book_files();
        assert_eq!(files.len(), 3 + CONTRACTS);
        for partner in 1..=PARTNERS {
            let quoted = format!("'p{partner:02}'");
            let under = files.iter().filter(|(_, text)| text.contains(&quoted)).count();
            assert_eq!(under, 1, "{quoted}");
        }
    }
}
