//! `reconcile/*.toml`: one reconciliation each: two sides, by what they are matched, and which amounts must agree.
//!
//! A side is read first by itself (where its records come from, key, day, conditions; [`side`]), then the amounts of both
//! sides are compiled against its fields and brought to one scale. Words of conditions enter the book's dictionary.

mod postings;
mod side;

pub use side::{Complete, DayOf, Feed, KeyPart, Listing, ReconciledSide};

use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::formulas::Formula;
use crate::parties::Parties;
use crate::section::{Field, Section};
use crate::sources::{FieldTable, Sources};
use crate::zones::Zones;
use ::reconcile::{AMOUNTS_MAX, Compared, Matching, Rule, Window};
use calendar::ZoneId;
use event::{Dictionary, PartyId};
pub(crate) use postings::fields as fields_of_postings;
use side::SideDraft;

/// The most reconciliations of one book.
const RECONCILIATIONS_MAX: usize = 1_000;

/// The most days of a window.
const DAYS_MAX: i64 = 3_660;

/// One reconciliation of a book.
#[derive(Clone, Debug)]
pub struct Reconciliation {
    /// Id.
    pub id: Box<str>,
    /// By what and what is compared.
    pub rule: Rule,
    /// Digits behind the point of each amount of the rule, on both sides.
    pub scales: Vec<u8>,
    /// The zone whose days instants become.
    pub zone: ZoneId,
    /// The side that is named first.
    pub left: ReconciledSide,
    /// The other side; where the rule holds records against themselves, the same records with other amounts.
    pub right: ReconciledSide,
}

/// What a reconciliation needs to know of the rest of the book, and what it adds to it.
pub(crate) struct Surroundings<'a> {
    /// The fields of postings.
    pub(crate) postings: &'a FieldTable,
    pub(crate) parties: &'a Parties,
    pub(crate) operator: Option<PartyId>,
    pub(crate) sources: &'a Sources,
    pub(crate) assets: &'a Assets,
    pub(crate) zone: Option<ZoneId>,
    pub(crate) zones: &'a mut Zones,
    pub(crate) dictionary: &'a mut Dictionary,
    pub(crate) purposes: &'a [Box<str>],
}

/// The reconciliations of a book in order of their files.
#[derive(Debug, Default)]
pub(crate) struct Reconciliations {
    list: Vec<Reconciliation>,
    places: Vec<Place>,
}

impl Reconciliations {
    /// Those of all files.
    pub(crate) fn of(
        files: Vec<Section<'_>>,
        around: &mut Surroundings<'_>,
        findings: &mut Findings,
    ) -> Vec<Reconciliation> {
        let mut all = Self::default();
        files.into_iter().for_each(|file| all.read(file, around, findings));
        all.list
    }

    /// Adds the reconciliation of one file.
    fn read(&mut self, file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) {
        let place = file.place;
        let Some(reconciliation) = reconciliation(file, around, findings) else { return };
        if let Some(position) = self.list.iter().position(|other| other.id == reconciliation.id) {
            let first = findings.line_of(self.places[position]);
            findings.fault(place, "reconciliation.id", FaultKind::IdTwice { id: reconciliation.id, first });
            return;
        }
        if self.list.len() == RECONCILIATIONS_MAX {
            let most = RECONCILIATIONS_MAX.to_string().into();
            findings.fault(place, "", FaultKind::TooMany { key: "reconciliation".into(), most });
            return;
        }
        self.list.push(reconciliation);
        self.places.push(place);
    }
}

fn reconciliation(
    mut file: Section<'_>,
    around: &mut Surroundings<'_>,
    findings: &mut Findings,
) -> Option<Reconciliation> {
    const MATCHINGS: [(&str, Matching); 3] =
        [("key", Matching::Key), ("key_then_amount", Matching::KeyThenAmount), ("amount", Matching::Amount)];
    let head = file.required("reconciliation").and_then(|field| field.section(findings));
    file.finish(findings);
    let mut head = head?;
    let id = head.required("id").and_then(|field| field.name(findings));
    let left = head.required("left");
    let right = head.optional("right");
    if right.is_none() {
        head.refuse(&["match", "window"], "one side alone", findings);
    }
    let matching = head.optional("match").map_or(Some(Matching::Key), |field| field.choice(&MATCHINGS, findings));
    let window = head.optional("window").map(|field| window(&field, findings));
    let zone = match head.optional("zone") {
        Some(field) => around.zones.resolve(&field, findings),
        None => around.zone,
    };
    let amounts = head.required("amount").map(|field| field.sections(findings)).unwrap_or_default();
    head.finish(findings);
    let own = right.is_none();
    let needs_day = window.is_some() && !own;
    let mut side = |field: &Field<'_>| side::read(field, needs_day, around, findings);
    let left = left.and_then(|field| side(&field));
    let right = if own { None } else { right.and_then(|field| side(&field)) };
    let sides = (left.as_ref()?, if own { left.as_ref() } else { right.as_ref() }?);
    let compared = amounts_of(amounts, sides, around, findings)?;
    let (left, right) = (sides.0.finished(&compared.left), sides.1.finished(&compared.right));
    let rule = Rule {
        matching: matching?,
        window: window.unwrap_or(Some(Window::Month)).filter(|_| window.is_some()),
        left_many: sides.0.many,
        right_many: sides.1.many,
        own,
        amounts: compared.amounts,
    };
    Some(Reconciliation { id: id?.into(), rule, scales: compared.scales, zone: zone?, left, right })
}

fn window(field: &Field<'_>, findings: &mut Findings) -> Option<Window> {
    if field.is_text() {
        return field.choice(&[("month", Window::Month)], findings);
    }
    let mut section = field.section(findings)?;
    let days = section.required("days").and_then(|field| field.whole(0, DAYS_MAX, findings));
    section.finish(findings);
    Some(Window::Days(u16::try_from(days?).expect("DAYS_MAX fits 16 bits")))
}

/// The amounts of a rule: names and tolerances, and one list of expressions for each feed of each side.
struct Amounts {
    amounts: Vec<Compared>,
    scales: Vec<u8>,
    left: side::Expressions,
    right: side::Expressions,
}

fn amounts_of(
    sections: Vec<Section<'_>>,
    (left, right): (&SideDraft<'_>, &SideDraft<'_>),
    around: &mut Surroundings<'_>,
    findings: &mut Findings,
) -> Option<Amounts> {
    let before = findings.count();
    let mut all = Amounts {
        amounts: Vec::new(),
        scales: Vec::new(),
        left: side::Expressions::of(left),
        right: side::Expressions::of(right),
    };
    for mut section in sections {
        let place = section.place;
        let name = section.required("name").and_then(|field| field.name(findings));
        let mut formula = |key| section.required(key).and_then(|field| Formula::of(&field, findings));
        let formulas = (formula("left"), formula("right"));
        let tolerance = section.optional("tolerance");
        section.finish(findings);
        let (Some(name), (Some(one), Some(other))) = (name, formulas) else { continue };
        let scales = (all.left.add(left, &one, around, findings), all.right.add(right, &other, around, findings));
        let (Some(one), Some(other)) = scales else { continue };
        let scale = one.max(other);
        let tolerance = tolerance.map_or(Some(0), |field| field.amount(scale, findings));
        if all.amounts.iter().any(|other| *other.name == *name) {
            let first = findings.line_of(place);
            findings.fault(place, "reconciliation.amount", FaultKind::IdTwice { id: name.into(), first });
        }
        if all.amounts.len() == AMOUNTS_MAX {
            let most = AMOUNTS_MAX.to_string().into();
            findings.fault(place, "reconciliation.amount", FaultKind::TooMany { key: "amount".into(), most });
            return None;
        }
        all.amounts.push(Compared { name: name.into(), tolerance: i128::from(tolerance?) });
        all.scales.push(scale);
    }
    (findings.count() == before && !all.amounts.is_empty()).then_some(all)
}
