//! The books of the traffic, told by adding up: what each day and game comes to, what was said of it at its cut, and what
//! was said later.
//!
//! No code of the engine and none of the model: whole numbers and one rule. At the cut of a day its lines are stated, and
//! with them what has moved since in days stated before. Cost: a table look-up an event; a cut walks over all days before.

use crate::model::{LineText, ModelStatement};
use crate::random::traffic;
use calendar::{Date, Instant, LocalTime, MICROS_PER_DAY, MICROS_PER_HOUR};
use contract::Part;
use event::{Columns, Dictionary, Identity};
use std::collections::BTreeMap;

/// Cents by game, and cents back.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Charges {
    shares: [i128; traffic::GAMES.len()],
    fee: i128,
}

/// What came in on a commercial day: thousandths by game, and the fees as they were rounded with each event.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    fares: [i128; traffic::GAMES.len()],
    fee: i128,
}

/// What is known of all traffic.
#[derive(Clone, Debug)]
pub(super) struct Meter {
    now: Instant,
    /// Fingerprints of what counts.
    claims: BTreeMap<Identity, u64>,
    sums: BTreeMap<Date, Sums>,
    /// What statements and their restatements say so far of the days that are cut.
    stated: BTreeMap<Date, Charges>,
    /// The oldest day that is not cut.
    open_on: Date,
    version: String,
    statements: Vec<ModelStatement>,
    balances: BTreeMap<&'static str, i128>,
    /// Accepted, duplicates, conflicts.
    pub(super) counts: [u64; 3],
}

impl Meter {
    /// Before the first event; the contract is valid from a day.
    pub(super) fn new(valid_from: Date) -> Self {
        Self {
            now: Instant::NONE,
            claims: BTreeMap::new(),
            sums: BTreeMap::new(),
            stated: BTreeMap::new(),
            open_on: valid_from,
            version: format!("{valid_from}#0"),
            statements: Vec::new(),
            balances: BTreeMap::new(),
            counts: [0; 3],
        }
    }

    /// Takes a row and says what becomes of it.
    pub(super) fn take(&mut self, columns: &Columns, row: usize, dictionary: &Dictionary) -> &'static str {
        self.pass(columns.received_at[row]);
        let (identity, fingerprint) = (columns.identity[row], columns.fingerprint[row]);
        if let Some(earlier) = self.claims.get(&identity) {
            let same = *earlier == fingerprint;
            self.counts[if same { 1 } else { 2 }] += 1;
            return if same { "duplicate" } else { "conflict" };
        }
        self.claims.insert(identity, fingerprint);
        self.counts[0] += 1;
        let fare = i128::from(columns.numbers[traffic::FARE_SLOT][row]);
        let game = dictionary.text(columns.words[traffic::GAME_SLOT][row]);
        let game = traffic::GAMES.iter().position(|own| *own == game).expect("a game of the traffic");
        let day = columns.times[usize::from(traffic::AT_SLOT)][row].utc().date();
        let sums = self.sums.entry(day).or_default();
        sums.fares[game] += fare;
        // A hundredth of thousandths, in cents.
        sums.fee += half_up(fare, 1_000);
        "accepted"
    }

    /// Lets the clock come to a moment: what was due before it is cut.
    pub(super) fn pass(&mut self, until: Instant) {
        self.now = self.now.max(until);
        while cut_of(self.open_on) < self.now {
            self.state(true);
        }
    }

    /// All that can be said as of a moment: statements, and balances by account in cents; nothing is zero.
    pub(super) fn finish(mut self, as_of: Instant) -> (Vec<ModelStatement>, BTreeMap<&'static str, i128>) {
        self.now = self.now.max(as_of);
        while cut_of(self.open_on) <= self.now {
            self.state(true);
        }
        let last = self.sums.last_key_value().map_or(self.open_on, |(day, _)| *day);
        loop {
            self.state(false);
            if self.open_on > last {
                break;
            }
        }
        for charges in self.stated.values() {
            let share: i128 = charges.shares.iter().sum();
            let posted = [("op:cost:traffic", share), ("acme:accrued", -share), ("brix:accrued", charges.fee)];
            for (account, amount) in posted.into_iter().chain([("op:revenue:traffic", -charges.fee)]) {
                *self.balances.entry(account).or_default() += amount;
            }
        }
        self.balances.retain(|_, amount| *amount != 0);
        (self.statements, self.balances)
    }

    /// States the oldest open day and goes on to the next.
    fn state(&mut self, issued: bool) {
        let day = self.open_on;
        let mut lines = vec![(None, charges_of(self.sums.get(&day)))];
        for (earlier, stated) in &mut self.stated {
            let now = charges_of(self.sums.get(earlier));
            if now != *stated && *earlier != day {
                lines.push((Some(*earlier), now.less(stated)));
                *stated = now;
            }
        }
        self.stated.insert(day, lines[0].1);
        self.open_on = day.plus_days(1);
        for owed in [true, false] {
            self.write(day, issued, owed, &lines);
        }
    }

    /// Writes the statement of the party that is owed the shares, or of the one that owes the fees.
    fn write(&mut self, day: Date, issued: bool, owed: bool, said: &[(Option<Date>, Charges)]) {
        let mut lines = BTreeMap::new();
        for (adjusts_on, charges) in said {
            if owed {
                for (game, amount) in traffic::GAMES.iter().zip(charges.shares) {
                    let text = LineText {
                        term: "share".into(),
                        dimensions: vec![(*game).into()],
                        ..self.line(["op", "acme"], true, *adjusts_on)
                    };
                    lines.insert(text.to_string(), amount);
                }
            } else {
                lines.insert(self.line(["brix", "op"], false, *adjusts_on).to_string(), -charges.fee);
            }
        }
        lines.retain(|_, amount| *amount != 0);
        let (party, [accrued, payable, receivable]) = if owed {
            ("acme", ["acme:accrued", "acme:payable", "acme:receivable"])
        } else {
            ("brix", ["brix:accrued", "brix:payable", "brix:receivable"])
        };
        let total: i128 = lines.values().sum();
        if issued {
            *self.balances.entry(accrued).or_default() += total;
            *self.balances.entry(if total > 0 { payable } else { receivable }).or_default() -= total;
        }
        let (contract, party, asset) = (traffic::CONTRACT.into(), party.into(), "USD".into());
        self.statements.push(ModelStatement { contract, party, period_on: day, asset, issued, total, lines });
    }

    fn line(&self, [debtor, creditor]: [&str; 2], owed: bool, adjusts_on: Option<Date>) -> LineText {
        LineText {
            term: "fee".into(),
            version: self.version.clone(),
            part: Part::Charge,
            dimensions: Vec::new(),
            debtor: debtor.into(),
            creditor: creditor.into(),
            owed,
            adjusts_on,
        }
    }
}

impl Charges {
    fn less(self, other: &Self) -> Self {
        let mut shares = self.shares;
        shares.iter_mut().zip(other.shares).for_each(|(own, other)| *own -= other);
        Self { shares, fee: self.fee - other.fee }
    }
}

/// What sums come to: three hundredths of thousandths, in cents.
fn charges_of(sums: Option<&Sums>) -> Charges {
    let Some(sums) = sums else { return Charges::default() };
    Charges { shares: sums.fares.map(|fares| half_up(3 * fares, 1_000)), fee: sums.fee }
}

/// To the nearest whole; a half goes away from zero.
fn half_up(numerator: i128, denominator: i128) -> i128 {
    numerator.signum() * ((2 * numerator.abs() + denominator) / (2 * denominator))
}

/// Half a day after the end of a day.
fn cut_of(day: Date) -> Instant {
    let ends_at = LocalTime::from_parts(day, 0).0 + MICROS_PER_DAY;
    Instant(ends_at + i64::from(traffic::GRACE_H) * MICROS_PER_HOUR)
}
