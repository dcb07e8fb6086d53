//! Time zones: from the bundled IANA tables to core's table of offsets.
//!
//! A zone is stepped through from change to change, from 1970 to 2100; before the first and after the last change its
//! offset stays. The tables are those of this build, never those of the machine, so that a book means the same
//! everywhere. About 260 steps for a zone with summer time.

use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::Field;
use calendar::{Instant, MICROS_PER_SECOND, Transition, Zone, ZoneId};
use jiff::Timestamp;
use jiff::tz::TimeZoneDatabase;

/// 2100-01-01T00:00:00Z.
const UNTIL_S: i64 = 4_102_444_800;

/// The zones that a book names, each once.
#[derive(Debug)]
pub(crate) struct Zones {
    database: TimeZoneDatabase,
    list: Vec<Zone>,
}

impl Zones {
    /// Zones that are known keep their tables, whatever those of this build say.
    pub(crate) fn new(known: Vec<Zone>) -> Self {
        Self { database: TimeZoneDatabase::bundled(), list: known }
    }

    /// The zone that a text names.
    pub(crate) fn resolve(&mut self, field: &Field<'_>, findings: &mut Findings) -> Option<ZoneId> {
        let name = field.text(findings)?;
        let position = self.list.iter().position(|zone| &*zone.name == name).or_else(|| {
            self.list.push(zone_of(&self.database, name)?);
            Some(self.list.len() - 1)
        });
        if position.is_none() {
            let names: Vec<String> = self.database.available().map(|name| name.to_string()).collect();
            let known = known(name, names.iter().map(String::as_str));
            field.fault(FaultKind::ZoneUnknown { name: name.into(), known }, findings);
        }
        position.map(|position| ZoneId(u16::try_from(position).expect("there are fewer than 65,536 zones")))
    }

    pub(crate) fn zone(&self, id: ZoneId) -> &Zone {
        &self.list[usize::from(id.0)]
    }

    pub(crate) fn into_list(self) -> Vec<Zone> {
        self.list
    }
}

/// The zone of exactly this name.
fn zone_of(database: &TimeZoneDatabase, name: &str) -> Option<Zone> {
    let zone = database.get(name).ok().filter(|zone| zone.iana_name() == Some(name))?;
    let start = Timestamp::UNIX_EPOCH;
    let first_offset_s = zone.to_offset(start).seconds();
    let mut transitions: Vec<Transition> = Vec::new();
    for change in zone.following(start) {
        let at_s = change.timestamp().as_second();
        if at_s >= UNTIL_S {
            break;
        }
        let offset_s = change.offset().seconds();
        let current_s = transitions.last().map_or(first_offset_s, |transition| transition.offset_s);
        // Changes of the name alone, as from local to daylight time at the same offset, mean nothing here.
        if offset_s != current_s {
            transitions.push(Transition { at: Instant(at_s * MICROS_PER_SECOND), offset_s });
        }
    }
    Zone::new(name, first_offset_s, transitions)
}

#[cfg(test)]
mod tests {
    use super::*;
    use calendar::{Date, LocalTime, Resolved};

    fn zone(name: &str) -> Option<Zone> {
        zone_of(&TimeZoneDatabase::bundled(), name)
    }

    #[test]
    fn new_york_turns_its_clocks_in_march_and_november() {
        let zone = zone("America/New_York").unwrap();
        let hour_us = 3_600 * MICROS_PER_SECOND;
        let at = |month, day, half_hours: i64| {
            zone.resolve(LocalTime::from_parts(Date::new(2019, month, day).unwrap(), half_hours * hour_us / 2))
        };
        assert_eq!(at(3, 10, 5), Resolved::Never);
        assert!(matches!(at(11, 3, 3), Resolved::Twice { .. }));
        assert!(matches!(at(3, 10, 7), Resolved::Once(_)));
        assert!(matches!(
            zone.resolve(LocalTime::from_parts(Date::new(2099, 7, 1).unwrap(), 0)),
            Resolved::Once(Instant(at)) if zone.offset_at(Instant(at)) == -4 * 3_600
        ));
    }

    #[test]
    fn seoul_and_utc_have_fixed_offsets_today() {
        let now = Instant::parse_rfc3339(b"2024-01-01T00:00:00Z").unwrap();
        assert_eq!(zone("Asia/Seoul").unwrap().offset_at(now), 9 * 3_600);
        assert_eq!(zone("UTC").unwrap().offset_at(now), 0);
    }

    #[test]
    fn names_are_exact() {
        assert_eq!(zone("america/new_york"), None);
        assert_eq!(zone("Mars/Olympus"), None);
        assert_eq!(zone(""), None);
    }

    #[test]
    fn every_bundled_zone_becomes_a_table() {
        let database = TimeZoneDatabase::bundled();
        let mut count = 0;
        for name in database.available() {
            assert!(zone_of(&database, name.as_str()).is_some(), "{name}");
            count += 1;
        }
        assert!(count > 300, "{count}");
    }
}
