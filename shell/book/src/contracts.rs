//! `contracts/*.toml`: one contract each, with its versions.
//!
//! A file is read in two steps: the head (what it rates, and its calendar), then version by version the measures and
//! terms, whose order in the file is the order of measures, dimensions and lines. What an expression or a dimension
//! needs of the sources is passed over where a source's file has faults of its own.

mod measures;
mod periods;
mod roles;
mod terms;
mod versions;

pub(crate) use terms::TermDraft;
pub(crate) use versions::VersionDraft;

use crate::assets::Assets;
use crate::calendars::Calendars;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::formulas::{Formula, Wanted, compile};
use crate::nearest::known;
use crate::parties::Parties;
use crate::section::{Field, Section};
use crate::sources::{AdapterDraft, FieldMeaning, SourceDraft, Sources};
use crate::words::Domains;
use crate::zones::Zones;
use calendar::{Cycle, Date, ZoneId};
use contract::expression::Expression;
use contract::{Basis, Contract, Issue, LOOK_BACK_MONTHS, PayoutRule};
use event::{Dictionary, SourceId};
use measures::MeasureTable;
use money::AssetId;
use roles::DimensionTable;

/// What a contract needs to know of the rest of the book, and what it adds to it.
pub(crate) struct Surroundings<'a> {
    pub(crate) parties: &'a Parties,
    pub(crate) calendars: &'a Calendars,
    pub(crate) sources: &'a Sources,
    pub(crate) assets: &'a Assets,
    pub(crate) zone: Option<ZoneId>,
    pub(crate) zones: &'a mut Zones,
    pub(crate) dictionary: &'a mut Dictionary,
    pub(crate) purposes: &'a mut Vec<Box<str>>,
}

/// What a contract rates.
pub(crate) struct Rated<'a> {
    pub(crate) sources: Vec<SourceId>,
    pub(crate) drafts: Vec<&'a SourceDraft>,
    pub(crate) adapters: Vec<&'a AdapterDraft>,
    /// Whether all sources are there and free of faults.
    pub(crate) is_sound: bool,
    pub(crate) domains: Domains<'a>,
    /// The assets of its events.
    pub(crate) assets: Vec<AssetId>,
    /// Names of all kinds of the book.
    pub(crate) kinds: &'a [Box<str>],
}

/// What the terms of all versions of one contract add to it.
pub(crate) struct Tables {
    pub(crate) measures: MeasureTable,
    pub(crate) dimensions: DimensionTable,
}

/// The contracts of a book in order of their files.
#[derive(Debug, Default)]
pub(crate) struct Contracts {
    pub(crate) list: Vec<Contract>,
    places: Vec<Place>,
}

impl Contracts {
    /// Adds the contract of one file.
    pub(crate) fn read(&mut self, file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) {
        let place = file.place;
        let Some(contract) = contract(file, around, findings) else { return };
        if let Some(position) = self.list.iter().position(|other| other.id == contract.id) {
            let first = findings.line_of(self.places[position]);
            findings.fault(place, "contract.id", FaultKind::IdTwice { id: contract.id, first });
            return;
        }
        self.list.push(contract);
        self.places.push(place);
    }
}

fn contract(mut file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) -> Option<Contract> {
    let head = file.required("contract").and_then(|field| field.section(findings));
    let sections = file.required("version").map(|field| field.sections(findings)).unwrap_or_default();
    file.finish(findings);
    let mut head = head?;
    let id = head.required("id").and_then(|field| field.name(findings));
    let mut rated = rated(&mut head, around, findings);
    rated.domains.add_parties(&roles::fields_of_roles(&sections), around.parties);
    let selects = selects(&mut head, &rated, around.dictionary, findings);
    let basis = basis(&mut head, &rated, findings);
    let zone = match head.optional("zone") {
        Some(field) => around.zones.resolve(&field, findings),
        None => around.zone,
    };
    let cut_off_s = head.optional("cut_off").map_or(Some(0), |field| field.clock_s(findings));
    let cycle = head.required("cycle").and_then(|field| periods::cycle(&field, findings));
    let lag_days = head.optional("lag_days").map_or(Some(0), |field| field.whole(0, 366, findings));
    let grace = periods::grace(head.optional("grace"), findings);
    let due_field = head.optional("due");
    let due = due_field.as_ref().map(|field| periods::due(field, around.calendars, findings));
    let ends = head.optional("ends_on");
    let ends_on = ends.as_ref().map(|field| field.date(findings));
    head.finish(findings);

    let mut tables = Tables { measures: MeasureTable::default(), dimensions: DimensionTable::default() };
    let clock = zone.zip(cut_off_s);
    let versions = versions::read(sections, &rated, clock, &mut tables, around, findings);
    let first_on = versions.iter().map(|version| version.valid_from).min();
    if let (Some(field), Some(Cycle::Once)) = (&ends, &cycle) {
        field.fault(FaultKind::OnceEnds {}, findings);
    }
    check_span(first_on, ends, ends_on, findings);
    let due = due.unwrap_or(Some(None)).flatten();
    if let (Some(rule), Some(field), Some(first_on)) = (&due, &due_field, first_on) {
        periods::warn_of_coverage(rule, field, first_on, around.calendars, findings);
    }
    let mut contract = Contract {
        id: id?.into(),
        sources: rated.sources,
        selects: selects?,
        basis: basis?,
        zone: zone?,
        cut_off_s: cut_off_s?,
        lag_days: u16::try_from(lag_days?).expect("checked against 366"),
        cycle: cycle?,
        grace: grace?,
        calendars: due.as_ref().map(|rule| rule.calendars.clone()).unwrap_or_default(),
        due,
        dimensions: tables.dimensions.into_list(),
        measures: tables.measures.into_list(),
        versions,
        ends_on: ends_on.flatten(),
        term_ids: Vec::new(),
        conversion: None,
        issue: Issue::AtCut,
        look_back_months: LOOK_BACK_MONTHS,
        payout: PayoutRule::default(),
    };
    contract.number_terms();
    Some(contract)
}

fn check_span(first_on: Option<Date>, ends: Option<Field<'_>>, ends_on: Option<Option<Date>>, findings: &mut Findings) {
    let (Some(first_on), Some(field), Some(Some(ends_on))) = (first_on, ends, ends_on) else { return };
    if ends_on <= first_on {
        let (from, to) = (first_on.to_string().into(), ends_on.to_string().into());
        field.fault(FaultKind::SpanEmpty { from, to }, findings);
    }
}

fn rated<'a>(head: &mut Section<'_>, around: &Surroundings<'a>, findings: &mut Findings) -> Rated<'a> {
    let mut rated = Rated {
        sources: Vec::new(),
        drafts: Vec::new(),
        adapters: Vec::new(),
        is_sound: !around.sources.is_unsound,
        domains: Domains::default(),
        assets: Vec::new(),
        kinds: &around.sources.kinds,
    };
    let list = head.required("sources").and_then(|field| field.filled_list(findings));
    rated.is_sound &= list.is_some();
    for item in list.unwrap_or_default() {
        let Some((adapter, source)) = around.sources.resolve(&item, findings) else {
            rated.is_sound = false;
            continue;
        };
        if rated.sources.contains(&source.plan.id) {
            let first = findings.line_of(item.place());
            item.fault(FaultKind::IdTwice { id: source.source.id.clone(), first }, findings);
            continue;
        }
        rated.sources.push(source.plan.id);
        rated.drafts.push(source);
        rated.adapters.push(adapter);
    }
    let mut assets: Vec<AssetId> = rated.adapters.iter().flat_map(|adapter| adapter.asset_ids()).collect();
    assets.sort_unstable();
    assets.dedup();
    rated.domains = domains(&rated, &assets, around);
    rated.assets = assets;
    rated
}

/// The words that `kind`, `source`, `asset` and mapped fields can have in the events of these sources.
fn domains<'a>(rated: &Rated<'a>, assets: &[AssetId], around: &Surroundings<'a>) -> Domains<'a> {
    let mut domains = Domains::default();
    let mut kinds: Vec<Box<str>> = Vec::new();
    for draft in &rated.drafts {
        let sent = draft.source.kinds.iter().zip(&around.sources.kinds).filter(|(rule, _)| rule.is_some());
        kinds.extend(sent.map(|(_, name)| name.clone()));
    }
    domains.add("kind", kinds);
    domains.add("source", rated.drafts.iter().map(|draft| draft.source.id.clone()).collect());
    domains.add("asset", assets.iter().map(|asset| around.assets.asset(*asset).name.clone()).collect());
    let Some((first, others)) = rated.adapters.split_first() else { return domains };
    for (name, (meaning, _)) in &first.fields.by_name {
        let mut all = Vec::new();
        let meanings = others.iter().map(|adapter| adapter.fields.meaning(name)).chain([Some(meaning)]);
        let is_closed = meanings.into_iter().all(|meaning| match meaning {
            Some(FieldMeaning::Word { closed: Some(words), .. }) => {
                all.extend(words.iter().cloned());
                true
            }
            _ => false,
        });
        if is_closed {
            domains.add_mapped(name, all);
        }
    }
    domains
}

fn selects(
    head: &mut Section<'_>,
    rated: &Rated<'_>,
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Option<Vec<Option<Expression>>> {
    let Some(field) = head.optional("when") else { return Some(vec![None; rated.sources.len()]) };
    let formula = Formula::of(&field, findings)?;
    if !rated.is_sound {
        return None;
    }
    let compiled = compile(&formula, Wanted::Condition, &rated.adapters, dictionary, findings)?;
    rated.domains.check(&formula, findings);
    Some(compiled.into_iter().map(Some).collect())
}

fn basis(head: &mut Section<'_>, rated: &Rated<'_>, findings: &mut Findings) -> Option<Vec<Basis>> {
    let field = head.required("date_basis")?;
    let name = field.filled_text(findings)?;
    if !rated.is_sound {
        return None;
    }
    let mut basis = Vec::new();
    for (adapter, draft) in rated.adapters.iter().zip(&rated.drafts) {
        match adapter.fields.meaning(name) {
            Some(FieldMeaning::Time { optional: true, .. }) => {
                field.fault(FaultKind::FieldMayBeBlank { name: name.into() }, findings);
                return None;
            }
            Some(FieldMeaning::Time { slot, .. }) => basis.push(Basis::Time(*slot)),
            Some(FieldMeaning::Date { slot }) => basis.push(Basis::Date(*slot)),
            _ => {
                let fits =
                    |meaning: &FieldMeaning| matches!(meaning, FieldMeaning::Time { .. } | FieldMeaning::Date { .. });
                let known = known(name, adapter.fields.names_of(fits));
                let source = draft.source.id.clone();
                field.fault(FaultKind::FieldUnknown { name: name.into(), source, known }, findings);
                return None;
            }
        }
    }
    Some(basis)
}
