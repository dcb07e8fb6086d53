//! `rates/*.toml`: published rates of exchange, each with the table of its fixings beside it.
//!
//! The table is comma-separated: a column `Date`, then a column for each asset, in units for one unit of the base. Only
//! the columns of the book's assets are kept, but every day of the table counts as one on which the source was open.
//! Θ(size of the table).

mod fixings;

use crate::assets::Assets;
use crate::base::Earlier;
use crate::calendars::Calendars;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::section::{Field, Section};
use crate::zones::Zones;
use contract::{Rates, RatesId};
use iso_currency::Currency;
use money::AssetId;

/// What rates need to know of the rest of the book.
pub(crate) struct Surroundings<'a> {
    pub(crate) assets: &'a Assets,
    pub(crate) calendars: &'a Calendars,
    pub(crate) zones: &'a mut Zones,
    pub(crate) earlier: Option<Earlier<'a>>,
}

/// All rates of a book in order of their files.
#[derive(Debug, Default)]
pub(crate) struct RateTables {
    pub(crate) list: Vec<Rates>,
    /// Assets that each of them quotes, its base included.
    quoted: Vec<Vec<AssetId>>,
    pub(crate) places: Vec<Place>,
    is_unsound: bool,
}

impl RateTables {
    /// Adds the rates of one file.
    pub(crate) fn read(&mut self, file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) {
        let before = findings.count();
        let place = file.place;
        if let Some((rates, quoted)) = rates(file, around, findings) {
            if let Some(position) = self.list.iter().position(|other| other.id == rates.id) {
                let first = findings.line_of(self.places[position]);
                findings.fault(place, "rates.id", FaultKind::IdTwice { id: rates.id, first });
            } else {
                self.list.push(rates);
                self.quoted.push(quoted);
                self.places.push(place);
            }
        }
        self.is_unsound |= findings.count() > before;
    }

    /// The rates that a field names.
    pub(crate) fn resolve(&self, field: &Field<'_>, findings: &mut Findings) -> Option<RatesId> {
        let name = field.text(findings)?;
        let position = self.list.iter().position(|rates| &*rates.id == name);
        if position.is_none() && !self.is_unsound {
            let known = known(name, self.list.iter().map(|rates| &*rates.id));
            field.fault(FaultKind::RatesUnknown { name: name.into(), known }, findings);
        }
        position.map(|position| RatesId(u16::try_from(position).expect("a book has fewer than 65,536 files")))
    }

    /// Whether rates quote an asset.
    pub(crate) fn quotes(&self, id: RatesId, asset: AssetId) -> bool {
        self.quoted[usize::from(id.0)].contains(&asset)
    }
}

fn rates(
    mut file: Section<'_>,
    around: &mut Surroundings<'_>,
    findings: &mut Findings,
) -> Option<(Rates, Vec<AssetId>)> {
    let head = file.required("rates").and_then(|field| field.section(findings));
    file.finish(findings);
    let mut head = head?;
    let id = head.required("id").and_then(|field| field.name(findings));
    let name = head.required("name").and_then(|field| field.filled_text(findings));
    let base = head.required("base").and_then(|field| base(&field, around.assets, findings));
    let zone = head.required("zone").and_then(|field| around.zones.resolve(&field, findings));
    let published_s = head.required("published").and_then(|field| field.clock_s(findings));
    let calendar = head.optional("calendar").map(|field| around.calendars.resolve(&field, findings));
    let file = head.required("file");
    head.finish(findings);
    let zone = around.zones.zone(zone?).clone();
    let mut rates = Rates::new(id?, name?, base?, zone, published_s?);
    rates.calendar = match calendar {
        Some(id) => Some(around.calendars.list[usize::from(id?.0)].clone()),
        None => None,
    };
    let known = around.earlier.and_then(|earlier| {
        let known = earlier.book.rates.iter().find(|known| known.id == rates.id)?;
        Some((known, earlier.at))
    });
    let mut quoted = fixings::read(&file?, &mut rates, (around.assets, known), findings)?;
    quoted.extend(rates.base);
    Some((rates, quoted))
}

/// The asset of which one unit is quoted: one of the book's, or else any currency. The inner option is the book's.
fn base(field: &Field<'_>, assets: &Assets, findings: &mut Findings) -> Option<Option<AssetId>> {
    let name = field.filled_text(findings)?;
    if assets.find(name).is_none() && Currency::from_code(name).is_none() {
        return assets.resolve(field, findings).map(Some);
    }
    Some(assets.find(name))
}
