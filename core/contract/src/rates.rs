//! Published rates of exchange: fixings of a named source, and the cross that a contract converts by.
//!
//! A fixing is what the source publishes for a day of its own calendar, as units of an asset for one unit of its base.
//! The rules are those of SETTLEMENT §4, step 2: on a closed day the last fixing before it holds; one that is not
//! published yet is replaced by the last known one and trued up later; one that is missing on an open day after its
//! publication is reported, and the last known one holds meanwhile. A later day's fixing is never taken. Everything is
//! exact but two stated roundings: the cross, and the cross with its margin. A look-up is a binary search and at most
//! [`DAYS_BACK_MAX`] steps back.

use crate::terms::{Conversion, Margin};
use calendar::{Date, HolidayCalendar, Instant, LocalTime, Zone};
use money::{AssetId, CROSS_BOUND, Decimal, Overflow, Rounding, power_of_ten, round_ratio};
use std::collections::{BTreeMap, BTreeSet};

/// The position of rates in their book.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RatesId(pub u16);

/// So many days before a day its last fixing may lie.
pub const DAYS_BACK_MAX: i32 = 60;

/// The fixings of one source.
#[derive(Clone, Debug)]
pub struct Rates {
    /// Id within the book.
    pub id: Box<str>,
    /// Name as documents print it.
    pub name: Box<str>,
    /// The asset of which one unit is quoted, where it is one of the book's.
    pub base: Option<AssetId>,
    /// Zone of its days.
    pub zone: Zone,
    /// Wall-clock second of the day at which a day's fixing is published.
    pub published_s: i32,
    /// Its open days; none: those for which it has any fixing, and weekdays after the last of them.
    pub calendar: Option<HolidayCalendar>,
    /// Days with any fixing, also of assets that the book does not have.
    days: BTreeSet<Date>,
    /// By asset and day: what was published, in order of becoming known.
    fixings: BTreeMap<(AssetId, Date), Vec<Fixing>>,
}

/// One published rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fixing {
    /// Units of the asset for one unit of the base.
    pub rate: Decimal,
    /// From when on it is known.
    pub known_from: Instant,
}

/// What one unit of an asset is in another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Cross {
    /// Units of the one for a unit of the other, margin included.
    pub rate: Decimal,
    /// Day of the fixing that was taken.
    pub fixing_on: Date,
    /// How sure it is.
    pub state: CrossState,
}

/// How sure a cross is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum CrossState {
    /// The fixing of the day itself, or the last one before a closed day.
    Final,
    /// The day's fixing is not published yet: the last known one.
    Provisional,
    /// The day was open and its publication is over, and there is none: the last known one.
    Missing,
}

impl Rates {
    /// Rates without any fixing.
    #[must_use]
    pub fn new(id: &str, name: &str, base: Option<AssetId>, zone: Zone, published_s: i32) -> Self {
        Self {
            id: id.into(),
            name: name.into(),
            base,
            zone,
            published_s,
            calendar: None,
            days: BTreeSet::new(),
            fixings: BTreeMap::new(),
        }
    }

    /// Notes that the source published something on a day.
    pub fn open(&mut self, on: Date) {
        self.days.insert(on);
    }

    /// Takes a fixing, which is known from the publication of its day on or from `known_from`, whichever is later.
    pub fn fix(&mut self, asset: AssetId, on: Date, rate: Decimal, known_from: Instant) {
        let fixing = Fixing { rate, known_from: known_from.max(self.publication_of(on)) };
        self.days.insert(on);
        let known = self.fixings.entry((asset, on)).or_default();
        let place = known.partition_point(|other| other.known_from <= fixing.known_from);
        known.insert(place, fixing);
    }

    /// When the fixing of a day is published.
    #[must_use]
    pub fn publication_of(&self, on: Date) -> Instant {
        self.zone.first_reaching(LocalTime::from_parts(on, i64::from(self.published_s) * 1_000_000))
    }

    /// The day of an instant in the source's own zone.
    #[must_use]
    pub fn day_of(&self, at: Instant) -> Date {
        self.zone.local(at).date()
    }

    /// Days with any fixing, ascending.
    pub fn days(&self) -> impl DoubleEndedIterator<Item = Date> + '_ {
        self.days.iter().copied()
    }

    /// All fixings by asset and day; those of one day in order of becoming known.
    pub fn fixings(&self) -> impl Iterator<Item = (AssetId, Date, Fixing)> + '_ {
        self.fixings.iter().flat_map(|(&(asset, on), known)| known.iter().map(move |&fixing| (asset, on, fixing)))
    }

    /// The cross for events of a day as known at a moment; none where no fixing of both assets is known by then.
    ///
    /// # Errors
    /// [`Overflow`] where the cross reaches [`CROSS_BOUND`].
    pub fn cross(
        &self,
        conversion: &Conversion,
        from: AssetId,
        on: Date,
        known_at: Instant,
    ) -> Result<Option<Cross>, Overflow> {
        if from == conversion.to {
            let rate = Decimal { mantissa: 1, scale: 0 };
            return Ok(Some(Cross { rate, fixing_on: on, state: CrossState::Final }));
        }
        let Some((fixing_on, state)) = self.fixing_day(&[from, conversion.to], on, known_at) else { return Ok(None) };
        let known = "the day was found by its fixings";
        let lower = self.rate(from, fixing_on, known_at).expect(known);
        let upper = self.rate(conversion.to, fixing_on, known_at).expect(known);
        let mut rate = quotient(upper, lower, conversion.digits)?;
        if let Some(margin) = conversion.margin {
            rate = with_margin(rate, margin)?;
        }
        if rate.mantissa.abs() >= CROSS_BOUND {
            return Err(Overflow);
        }
        Ok(Some(Cross { rate, fixing_on, state }))
    }

    /// The day whose fixings hold for a day, and whether they are the right ones.
    fn fixing_day(&self, assets: &[AssetId], on: Date, known_at: Instant) -> Option<(Date, CrossState)> {
        let mut state = CrossState::Final;
        for back in 0..=DAYS_BACK_MAX {
            let day = on.plus_days(-back);
            if assets.iter().all(|&asset| self.rate(asset, day, known_at).is_some()) {
                return Some((day, state));
            }
            if !self.is_open(day) {
                continue;
            }
            let found = if self.publication_of(day) > known_at || self.days.last().is_none_or(|&last| day > last) {
                CrossState::Provisional
            } else {
                CrossState::Missing
            };
            state = state.max(found);
        }
        None
    }

    fn is_open(&self, day: Date) -> bool {
        if let Some(calendar) = &self.calendar {
            return calendar.is_business_day(day).unwrap_or(true);
        }
        let (Some(&first), Some(&last)) = (self.days.first(), self.days.last()) else { return true };
        if day < first || day > last {
            return !matches!(day.weekday(), calendar::Weekday::Saturday | calendar::Weekday::Sunday);
        }
        self.days.contains(&day)
    }

    /// The rate of an asset for a day as known at a moment.
    fn rate(&self, asset: AssetId, on: Date, known_at: Instant) -> Option<Decimal> {
        if self.base == Some(asset) {
            let known = self.days.contains(&on) && self.publication_of(on) <= known_at;
            return known.then_some(Decimal { mantissa: 1, scale: 0 });
        }
        let known = self.fixings.get(&(asset, on))?;
        known.iter().rev().find(|fixing| fixing.known_from <= known_at).map(|fixing| fixing.rate)
    }
}

/// `upper / lower`, rounded half up to `digits`.
fn quotient(upper: Decimal, lower: Decimal, digits: u8) -> Result<Decimal, Overflow> {
    let up = |value: Decimal, by: u8| value.mantissa.checked_mul(power_of_ten(by).ok_or(Overflow)?).ok_or(Overflow);
    let numerator = up(upper, lower.scale.checked_add(digits).ok_or(Overflow)?)?;
    let denominator = up(lower, upper.scale)?;
    Ok(Decimal { mantissa: round_ratio(numerator, denominator, Rounding::HalfUp)?, scale: digits })
}

/// A cross with its margin, rounded half up to the same digits.
fn with_margin(cross: Decimal, margin: Margin) -> Result<Decimal, Overflow> {
    let whole = i128::from(margin.rate.denominator());
    let part = i128::from(margin.rate.numerator());
    let factor = if margin.below { whole - part } else { whole + part };
    let numerator = cross.mantissa.checked_mul(factor).ok_or(Overflow)?;
    Ok(Decimal { mantissa: round_ratio(numerator, whole, Rounding::HalfUp)?, scale: cross.scale })
}

#[cfg(test)]
mod tests {
    use super::*;
    use money::Rate;

    const USD: AssetId = AssetId(0);
    const KRW: AssetId = AssetId(1);

    fn decimal(text: &str) -> Decimal {
        money::parse_decimal(text.as_bytes()).expect("a number")
    }

    fn on(text: &str) -> Date {
        Date::parse(text).expect("a date")
    }

    fn at(text: &str) -> Instant {
        Instant::parse_rfc3339(text.as_bytes()).expect("an instant")
    }

    /// Fixings of the European Central Bank, published at 16:00 (UTC here).
    fn rates() -> Rates {
        let mut rates = Rates::new("ecb", "ECB", None, Zone::utc(), 16 * 3600);
        for (day, usd, krw) in [
            ("2023-01-05", "1.0601", "1346.00"),
            ("2023-01-06", "1.0500", "1337.18"),
            ("2024-04-11", "1.0729", "1462.02"),
            ("2024-04-12", "1.0652", "1469.79"),
            ("2024-04-15", "1.0656", "1471.58"),
        ] {
            rates.fix(USD, on(day), decimal(usd), Instant::BEGINNING);
            rates.fix(KRW, on(day), decimal(krw), Instant::BEGINNING);
        }
        rates
    }

    #[track_caller]
    fn check(
        digits: u8,
        margin: Option<Margin>,
        day: &str,
        known_at: &str,
        expected: Option<(&str, &str, CrossState)>,
    ) {
        let conversion = Conversion { rates: RatesId(0), to: KRW, digits, margin };
        let cross = rates().cross(&conversion, USD, on(day), at(known_at)).expect("it fits");
        let expected = expected.map(|(rate, day, state)| Cross { rate: decimal(rate), fixing_on: on(day), state });
        assert_eq!(cross, expected);
    }

    #[test]
    fn a_closed_day_takes_the_last_fixing_before_it() {
        use CrossState::Final;
        check(4, None, "2024-04-13", "2024-05-01T00:00:00Z", Some(("1379.8254", "2024-04-12", Final)));
        check(2, None, "2024-04-14", "2024-05-01T00:00:00Z", Some(("1379.83", "2024-04-12", Final)));
        check(4, None, "2023-01-08", "2023-01-09T00:00:00Z", Some(("1273.5048", "2023-01-06", Final)));
    }

    #[test]
    fn a_fixing_not_yet_published_is_provisional_at_the_last_known() {
        let provisional = Some(("1362.6806", "2024-04-11", CrossState::Provisional));
        check(4, None, "2024-04-12", "2024-04-12T15:59:59Z", provisional);
        check(4, None, "2024-04-12", "2024-04-12T16:00:00Z", Some(("1379.8254", "2024-04-12", CrossState::Final)));
        check(
            4,
            None,
            "2024-04-16",
            "2024-04-20T00:00:00Z",
            Some(("1380.9872", "2024-04-15", CrossState::Provisional)),
        );
        check(4, None, "2022-06-01", "2024-04-20T00:00:00Z", None);
    }

    #[test]
    fn a_margin_is_rounded_again() {
        let rate = Rate::parse("1.5%").expect("a rate");
        let below = Some(Margin { rate, below: true });
        check(4, below, "2024-04-13", "2024-05-01T00:00:00Z", Some(("1359.1280", "2024-04-12", CrossState::Final)));
        let above = Some(Margin { rate, below: false });
        check(2, above, "2024-04-13", "2024-05-01T00:00:00Z", Some(("1400.53", "2024-04-12", CrossState::Final)));
    }

    #[test]
    fn what_is_missing_on_an_open_day_is_said() {
        let mut rates = rates();
        rates.open(on("2024-04-10"));
        rates.fix(KRW, on("2024-04-09"), decimal("1470"), Instant::BEGINNING);
        rates.fix(USD, on("2024-04-09"), decimal("1.1"), Instant::BEGINNING);
        let conversion = Conversion { rates: RatesId(0), to: KRW, digits: 4, margin: None };
        let cross = rates.cross(&conversion, USD, on("2024-04-10"), at("2024-05-01T00:00:00Z")).expect("it fits");
        assert_eq!(cross.map(|cross| (cross.fixing_on, cross.state)), Some((on("2024-04-09"), CrossState::Missing)));
    }
}
