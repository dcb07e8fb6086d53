//! `contracts/*.toml`: one contract each, with its versions.
//!
//! A file is read in two steps: the head (what it rates, and its calendar), then version by version the measures and
//! terms, whose order in the file is the order of measures, dimensions and lines. What an expression or a dimension
//! needs of the sources is passed over where a source's file has faults of its own.

mod closing;
mod conversions;
pub(crate) mod keys;
mod measures;
mod periods;
mod roles;
mod terms;
mod versions;

pub(crate) use terms::TermDraft;
use versions::Before;
pub(crate) use versions::VersionDraft;

use crate::assets::Assets;
use crate::base::{Earlier, KnownVersion, sort_known};
use crate::calendars::Calendars;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::formulas::{Formula, Wanted, compile};
use crate::nearest::known;
use crate::parties::Parties;
use crate::rates::RateTables;
use crate::section::{Field, Section};
use crate::sources::{AdapterDraft, FieldMeaning, SourceDraft, Sources};
use crate::words::Domains;
use crate::zones::Zones;
use calendar::{Cycle, Date, DueRule, Grace, ZoneId};
use closing::PoolDraft;
use contract::expression::Expression;
use contract::{Basis, Contract, Conversion};
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
    pub(crate) rates: &'a RateTables,
    pub(crate) zone: Option<ZoneId>,
    pub(crate) zones: &'a mut Zones,
    pub(crate) dictionary: &'a mut Dictionary,
    pub(crate) purposes: &'a mut Vec<Box<str>>,
    pub(crate) earlier: Option<Earlier<'a>>,
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
    /// Into what everything is converted.
    pub(crate) conversion: Option<Conversion>,
}

/// What the terms of all versions of one contract add to it.
pub(crate) struct Tables {
    pub(crate) measures: MeasureTable,
    pub(crate) dimensions: DimensionTable,
}

impl Rated<'_> {
    /// The assets of its statements, but for amounts that terms state themselves.
    pub(crate) fn settled(&self) -> Vec<AssetId> {
        self.conversion.map_or_else(|| self.assets.clone(), |conversion| vec![conversion.to])
    }

    /// The asset of a stated amount: the one that is named, else the only one that the contract settles.
    pub(crate) fn stated_asset(
        &self,
        named: Option<&Field<'_>>,
        amount: &Field<'_>,
        assets: &Assets,
        findings: &mut Findings,
    ) -> Option<AssetId> {
        let Some(field) = named else {
            let settled = self.settled();
            if let [only] = settled[..] {
                return Some(only);
            }
            if self.is_sound {
                let names = settled.iter().map(|asset| &*assets.asset(*asset).name);
                let known = names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ").into();
                amount.fault(FaultKind::AssetNeeded { known }, findings);
            }
            return None;
        };
        let asset = assets.resolve(field, findings)?;
        if let Some(to) = self.conversion.map(|conversion| conversion.to).filter(|to| *to != asset) {
            let (asset, to) = (assets.asset(asset).name.clone(), assets.asset(to).name.clone());
            field.fault(FaultKind::ConversionAsset { asset, to }, findings);
            return None;
        }
        Some(asset)
    }
}

/// The contracts of a book in order of their files.
#[derive(Debug, Default)]
pub(crate) struct Contracts {
    pub(crate) list: Vec<Contract>,
    pub(crate) places: Vec<Place>,
    /// The versions of each, by position: where they stand, and what a later definition must know of them.
    pub(crate) versions: Vec<Vec<VersionSite>>,
    /// What each of them settles.
    assets: Vec<Vec<AssetId>>,
    pools: Vec<PoolDraft>,
    is_unsound: bool,
}

/// Where a version stands, and what a later definition must know of it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct VersionSite {
    pub(crate) place: Place,
    /// Its position in the contract, where that has it already.
    pub(crate) known: Option<usize>,
    pub(crate) remembered: KnownVersion,
}

impl VersionSite {
    const fn of(draft: &VersionDraft) -> Self {
        Self { place: draft.place, known: draft.known, remembered: draft.remembered() }
    }
}

/// A contract with what is still to be resolved.
struct Draft {
    contract: Contract,
    versions: Vec<VersionDraft>,
    assets: Vec<AssetId>,
}

impl Contracts {
    /// The contracts of these files, with what they name of each other.
    pub(crate) fn of(files: Vec<Section<'_>>, around: &mut Surroundings<'_>, findings: &mut Findings) -> Self {
        let mut contracts = Self::default();
        for file in files {
            contracts.read(file, around, findings);
        }
        let Self { list, pools, assets, is_unsound, .. } = &mut contracts;
        closing::resolve_pools(list, pools, !*is_unsound, assets, findings);
        contracts
    }

    /// Adds the contract of one file.
    fn read(&mut self, file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) {
        let place = file.place;
        let Some(draft) = contract(file, around, findings) else {
            self.is_unsound = true;
            return;
        };
        let contract = draft.contract;
        if let Some(position) = self.list.iter().position(|other| other.id == contract.id) {
            let first = findings.line_of(self.places[position]);
            findings.fault(place, "contract.id", FaultKind::IdTwice { id: contract.id, first });
            return;
        }
        self.pools.extend(closing::pools_of(self.list.len(), &draft.versions));
        self.versions.push(draft.versions.iter().map(VersionSite::of).collect());
        self.list.push(contract);
        self.places.push(place);
        self.assets.push(draft.assets);
    }
}

fn contract(mut file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) -> Option<Draft> {
    file = file.described_by(&keys::FILE);
    let head = file.required("contract").and_then(|field| field.section(findings));
    let sections = file.required("version").map(|field| field.sections(findings)).unwrap_or_default();
    file.finish(findings);
    let mut head = head?;
    let id = head.required("id").and_then(|field| field.name(findings));
    let known = id.and_then(|id| around.earlier?.book.contracts.iter().find(|contract| *contract.id == *id));
    let mut rated = rated(&mut head, known, around, findings);
    rated.domains.add_parties(&roles::fields_of_roles(&sections), around.parties);
    if let Some(field) = head.optional("conversion") {
        rated.conversion = conversions::conversion(&field, &rated, around, findings);
        rated.is_sound &= rated.conversion.is_some();
    }
    let selects = selects(&mut head, &rated, around.dictionary, findings);
    let basis = basis(&mut head, &rated, findings);
    let issue = conversions::issue(head.optional("issue"), findings);
    let look_back_months = conversions::look_back(head.optional("look_back_months"), findings);
    let payout = conversions::payout(head.optional("payout"), &rated, around, findings);
    let days = days(&mut head, around, findings);
    head.finish(findings);

    let mut tables = Tables { measures: MeasureTable::default(), dimensions: DimensionTable::default() };
    let clock = days.zone.zip(days.cut_off_s);
    let before = around.earlier.and_then(|earlier| Some(Before { versions: earlier.versions(id?)?, at: earlier.at }));
    let drafts = versions::read(sections, &rated, (clock, before), &mut tables, around, findings);
    days.check(drafts.iter().map(|version| version.valid_from).min(), around.calendars, findings);
    let due = days.due.unwrap_or(Some(None)).flatten();
    let mut contract = Contract {
        id: id?.into(),
        sources: rated.sources.clone(),
        selects: selects?,
        basis: basis?,
        zone: days.zone?,
        cut_off_s: days.cut_off_s?,
        lag_days: days.lag_days?,
        cycle: days.cycle?,
        grace: days.grace?,
        calendars: due.as_ref().map(|rule| rule.calendars.clone()).unwrap_or_default(),
        due,
        dimensions: tables.dimensions.into_list(),
        measures: tables.measures.into_list(),
        versions: drafts.iter().map(VersionDraft::version).collect(),
        ends_on: days.ends_on.flatten(),
        term_ids: Vec::new(),
        conversion: rated.conversion,
        issue: issue?,
        look_back_months: look_back_months?,
        payout: payout?,
    };
    contract.number_terms();
    closing::resolve(&mut contract, &drafts, &rated, around.assets, findings);
    Some(Draft { contract, versions: drafts, assets: rated.settled() })
}

/// The calendar of a contract as far as it could be read.
struct Days<'a> {
    zone: Option<ZoneId>,
    cut_off_s: Option<i32>,
    cycle: Option<Cycle>,
    lag_days: Option<u16>,
    grace: Option<Grace>,
    due_field: Option<Field<'a>>,
    due: Option<Option<Option<DueRule>>>,
    ends: Option<Field<'a>>,
    ends_on: Option<Option<Date>>,
}

fn days<'a>(head: &mut Section<'a>, around: &mut Surroundings<'_>, findings: &mut Findings) -> Days<'a> {
    let zone = match head.optional("zone") {
        Some(field) => around.zones.resolve(&field, findings),
        None => around.zone,
    };
    let cut_off_s = head.optional("cut_off").map_or(Some(0), |field| field.clock_s(findings));
    let cycle = head.required("cycle").and_then(|field| periods::cycle(&field, findings));
    let lag_days = head.optional("lag_days").map_or(Some(0), |field| field.whole(0, 366, findings));
    let lag_days = lag_days.map(|days| u16::try_from(days).expect("checked against 366"));
    let grace = periods::grace(head.optional("grace"), findings);
    let due_field = head.optional("due");
    let due = due_field.as_ref().map(|field| periods::due(field, around.calendars, findings));
    let ends = head.optional("ends_on");
    let ends_on = ends.as_ref().map(|field| field.date(findings));
    Days { zone, cut_off_s, cycle, lag_days, grace, due_field, due, ends, ends_on }
}

impl Days<'_> {
    /// Checks the end of the contract and the days that its calendars cover against its first day.
    fn check(&self, first_on: Option<Date>, calendars: &Calendars, findings: &mut Findings) {
        if let (Some(field), Some(Cycle::Once)) = (&self.ends, &self.cycle) {
            field.fault(FaultKind::OnceEnds {}, findings);
        }
        let Some(first_on) = first_on else { return };
        if let (Some(field), Some(Some(ends_on))) = (&self.ends, self.ends_on)
            && ends_on <= first_on
        {
            let (from, to) = (first_on.to_string().into(), ends_on.to_string().into());
            field.fault(FaultKind::SpanEmpty { from, to }, findings);
        }
        if let (Some(Some(Some(rule))), Some(field)) = (&self.due, &self.due_field) {
            periods::warn_of_coverage(rule, field, first_on, calendars, findings);
        }
    }
}

fn rated<'a>(
    head: &mut Section<'_>,
    known: Option<&Contract>,
    around: &Surroundings<'a>,
    findings: &mut Findings,
) -> Rated<'a> {
    let mut rated = Rated {
        sources: Vec::new(),
        drafts: Vec::new(),
        adapters: Vec::new(),
        is_sound: !around.sources.is_unsound,
        domains: Domains::default(),
        assets: Vec::new(),
        kinds: &around.sources.kinds,
        conversion: None,
    };
    let list = head.required("sources").and_then(|field| field.filled_list(findings));
    rated.is_sound &= list.is_some();
    let mut list = list.unwrap_or_default();
    if let Some((known, earlier)) = known.zip(around.earlier) {
        let name = |source: &SourceId| &*earlier.book.sources[usize::from(source.0)].id;
        let known: Vec<&str> = known.sources.iter().map(name).collect();
        sort_known(&mut list, &known, |item| item.peek_text().map(Into::into));
    }
    for item in list {
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
