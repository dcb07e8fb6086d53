//! The days of the week, Monday first (ISO 8601), since weekends and weekly cycles name them.

/// A day of the week; ordered and numbered from Monday = 0.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
#[repr(u8)]
pub enum Weekday {
    /// Monday, number 0.
    Monday,
    /// Tuesday, number 1.
    Tuesday,
    /// Wednesday, number 2.
    Wednesday,
    /// Thursday, number 3.
    Thursday,
    /// Friday, number 4.
    Friday,
    /// Saturday, number 5.
    Saturday,
    /// Sunday, number 6.
    Sunday,
}

impl Weekday {
    /// All seven, Monday first.
    pub const ALL: [Weekday; 7] = [
        Weekday::Monday,
        Weekday::Tuesday,
        Weekday::Wednesday,
        Weekday::Thursday,
        Weekday::Friday,
        Weekday::Saturday,
        Weekday::Sunday,
    ];

    /// 0 for Monday to 6 for Sunday.
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The English name in small letters, as books write it: `monday`.
    pub const fn name(self) -> &'static str {
        match self {
            Weekday::Monday => "monday",
            Weekday::Tuesday => "tuesday",
            Weekday::Wednesday => "wednesday",
            Weekday::Thursday => "thursday",
            Weekday::Friday => "friday",
            Weekday::Saturday => "saturday",
            Weekday::Sunday => "sunday",
        }
    }

    /// The weekday of that [`name`](Weekday::name), exactly; `None` for any other text.
    pub fn parse(text: &str) -> Option<Weekday> {
        Weekday::ALL.into_iter().find(|day| day.name() == text)
    }
}
