//! From the texts of a book to its definition, part by part: each part needs those before it.

use crate::assets::Assets;
use crate::base::{Base, Earlier, Memory, sort_files};
use crate::calendars::Calendars;
use crate::contracts::{Contracts, Surroundings as ContractSurroundings};
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::formulas::compile_check;
use crate::nodes;
use crate::nodes::Node;
use crate::opening;
use crate::parties::Parties;
use crate::rates::{RateTables, Surroundings as RateSurroundings};
use crate::reconcile::{self, Reconciliation, Reconciliations, Surroundings as ReconciledSurroundings};
use crate::section::Section;
use crate::sources::{self, Sources, Surroundings as SourceSurroundings};
use crate::update::{self, Places};
use crate::withholding;
use crate::words::Domains;
use crate::zones::Zones;
use calendar::ZoneId;
use close::WithholdingRule;
use engine::{Book, Opening};
use event::{Dictionary, PartyId, Source, Word};
use intake::adapter::Adapter;
use money::Asset;

/// The files of a book as trees, by path.
struct Files<'a> {
    list: Vec<(&'a str, &'a Node)>,
}

impl<'a> Files<'a> {
    fn one(&self, path: &str) -> Option<Section<'a>> {
        self.list.iter().find(|(known, _)| *known == path).map(|(_, node)| Section::of_file(node))
    }

    fn within(&self, folder: &str) -> Vec<Section<'a>> {
        let is_within = |path: &str| path.strip_prefix(folder).is_some_and(|rest| rest.starts_with('/'));
        self.list.iter().filter(|(path, _)| is_within(path)).map(|(_, node)| Section::of_file(node)).collect()
    }

    /// The files of a folder, those first that define what the book has already.
    fn known_first(&self, folder: &str, table: &str, known: &[&str]) -> Vec<Section<'a>> {
        let mut files = self.within(folder);
        sort_files(&mut files, table, known);
        files
    }
}

/// `book.toml`.
struct Head<'a> {
    id: Option<&'a str>,
    name: Option<&'a str>,
    operator: Option<PartyId>,
    assets: Assets,
    zone: Option<ZoneId>,
}

/// What texts without a fault make.
pub(crate) struct Defined {
    pub(crate) book: Book,
    pub(crate) adapters: Vec<Adapter>,
    pub(crate) reconciliations: Vec<Reconciliation>,
    pub(crate) memory: Memory,
}

/// The definition that the texts make, if they have no fault.
pub(crate) fn define(findings: &mut Findings, base: Base<'_>) -> Option<Defined> {
    let earlier = base.earlier();
    let (paths, trees) = parse(findings)?;
    let files = Files { list: paths.iter().map(String::as_str).zip(&trees).collect() };
    let mut zones = Zones::new(earlier.map(|earlier| earlier.book.zones.clone()).unwrap_or_default());
    let parties = files.one("parties.toml").map(|file| Parties::read(file, earlier, findings)).unwrap_or_default();
    let head = files.one("book.toml").map(|file| head(file, &parties, &mut zones, earlier, findings))?;
    let Ground { calendars, rates, withholding, sources, mut dictionary, words } =
        ground(&files, &parties, &head, &mut zones, base, findings);
    let mut purposes = earlier.map(|earlier| earlier.book.purposes.clone()).unwrap_or_default();
    let mut around = ContractSurroundings {
        parties: &parties,
        calendars: &calendars,
        sources: &sources,
        assets: &head.assets,
        rates: &rates,
        zone: head.zone,
        zones: &mut zones,
        dictionary: &mut dictionary,
        purposes: &mut purposes,
        earlier,
    };
    let known = names_of(earlier, |book| &book.contracts, |contract| &contract.id);
    let contracts = Contracts::of(files.known_first("contracts", "contract", &known), &mut around, findings);
    add_adjustment(&mut purposes);
    let named = (&parties, &sources, &*purposes);
    let reconciliations = reconciliations(&files, &head, named, &mut zones, &mut dictionary, findings);
    let opening = opening(&files, &head, (&parties, &contracts), &mut dictionary, findings);
    warn_of_unused(&sources, &contracts, findings);
    let found = update::Found {
        parties: &parties,
        assets: &head.assets,
        calendars: &calendars,
        rates: &rates,
        sources: &sources,
        contracts: &contracts,
    };
    earlier.iter().for_each(|earlier| update::check_nothing_gone(*earlier, &found, findings));
    if findings.count() > 0 {
        return None;
    }
    let (places, memory) = (Places::of(&found), memory_of(&sources, &contracts));
    let (sources, adapters) = finished(sources, &words.sources, &mut dictionary);
    let book = Book {
        rates: rates.list,
        opening,
        withholding,
        id: head.id?.into(),
        name: head.name?.into(),
        operator: head.operator?,
        assets: head.assets.list,
        asset_words: words.assets,
        parties: parties.list,
        party_words: words.parties,
        zones: zones.into_list(),
        calendars: calendars.list,
        kinds: adapters.first().map(|adapter| adapter.kinds.clone()).unwrap_or_default(),
        kind_words: words.kinds,
        schemas: adapters.iter().map(|adapter| adapter.schema.clone()).collect(),
        adapters: adapters.iter().map(|adapter| adapter.name.clone()).collect(),
        sources,
        contracts: contracts.list,
        purposes,
        dictionary,
    };
    earlier.iter().for_each(|earlier| update::check(*earlier, (&book, &adapters, &memory), &places, findings));
    Some(Defined { book, adapters, reconciliations, memory })
}

/// What a later definition must know of this one.
fn memory_of(sources: &Sources, contracts: &Contracts) -> Memory {
    let drafts = sources.adapters.iter().flat_map(|adapter| &adapter.sources);
    let versions =
        contracts.list.iter().zip(&contracts.versions).map(|(contract, versions)| {
            (contract.id.clone(), versions.iter().map(|version| version.remembered).collect())
        });
    Memory {
        versions: versions.collect(),
        identities: drafts.map(|draft| (draft.source.id.clone(), draft.identity.clone())).collect(),
    }
}

/// The names of what an earlier definition has of something, in its order.
fn names_of<'e, T: 'e>(
    earlier: Option<Earlier<'e>>,
    list: impl Fn(&'e Book) -> &'e Vec<T>,
    name: impl Fn(&'e T) -> &'e str,
) -> Vec<&'e str> {
    earlier.iter().flat_map(|earlier| list(earlier.book)).map(name).collect()
}

/// What an older system leaves.
fn opening(
    files: &Files<'_>,
    head: &Head<'_>,
    (parties, contracts): (&Parties, &Contracts),
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Option<Opening> {
    let mut around = opening::Around { contracts: &contracts.list, parties, assets: &head.assets, dictionary };
    opening::read(files.one("opening.toml")?, &mut around, findings)
}

/// What is held against what: accounts are called after purposes, so contracts come first.
fn reconciliations(
    files: &Files<'_>,
    head: &Head<'_>,
    (parties, sources, purposes): (&Parties, &Sources, &[Box<str>]),
    zones: &mut Zones,
    dictionary: &mut Dictionary,
    findings: &mut Findings,
) -> Vec<Reconciliation> {
    let mut around = ReconciledSurroundings {
        postings: &reconcile::fields_of_postings(&head.assets),
        parties,
        operator: head.operator,
        sources,
        assets: &head.assets,
        zone: head.zone,
        zones,
        dictionary,
        purposes,
    };
    Reconciliations::of(files.within("reconcile"), &mut around, findings)
}

/// What people agree on needs a purpose in every book.
fn add_adjustment(purposes: &mut Vec<Box<str>>) {
    if !purposes.iter().any(|purpose| &**purpose == "adjustment") {
        purposes.push("adjustment".into());
    }
}

/// What contracts stand on: days, rates of exchange, sources, and the words that all of them name.
struct Ground {
    calendars: Calendars,
    rates: RateTables,
    withholding: Vec<WithholdingRule>,
    sources: Sources,
    dictionary: Dictionary,
    words: NamedWords,
}

fn ground(
    files: &Files<'_>,
    parties: &Parties,
    head: &Head<'_>,
    zones: &mut Zones,
    base: Base<'_>,
    findings: &mut Findings,
) -> Ground {
    let earlier = base.earlier();
    let mut calendars = Calendars::default();
    let known = names_of(earlier, |book| &book.calendars, |calendar| &calendar.name);
    for file in files.known_first("calendars", "calendar", &known) {
        calendars.read(file, findings);
    }
    let mut rates = RateTables::default();
    let mut around = RateSurroundings { assets: &head.assets, calendars: &calendars, zones, earlier };
    let known = names_of(earlier, |book| &book.rates, |rates| &rates.id);
    for file in files.known_first("rates", "rates", &known) {
        rates.read(file, &mut around, findings);
    }
    let mut sources = Sources::onto(earlier);
    let mut around = SourceSurroundings { assets: &head.assets, zone: head.zone, zones, key: base.key(), earlier };
    let known = names_of(earlier, |book| &book.adapters, |name| name);
    for file in files.known_first("sources", "adapter", &known) {
        sources.read(file, &mut around, findings);
    }
    sources.finish();
    let (mut dictionary, words) = dictionary(base.dictionary(), &sources, &head.assets.list, parties);
    compile_checks(&mut sources, &head.assets.list, &mut dictionary, findings);
    let withholding = files.one("withholding.toml").map(|file| withholding::read(file, &head.assets, findings));
    Ground { calendars, rates, withholding: withholding.unwrap_or_default(), sources, dictionary, words }
}

/// All files as trees; nothing where one of them is no TOML, since what it defines would be missed everywhere.
fn parse(findings: &mut Findings) -> Option<(Vec<String>, Vec<Node>)> {
    let (mut paths, mut trees, mut faults) = (Vec::new(), Vec::new(), Vec::new());
    let texts = (0_u32..).zip(findings.texts());
    for (file, source) in texts.filter(|(_, source)| source.path.ends_with(".toml")) {
        match nodes::parse(file, &source.text) {
            Ok(tree) => {
                paths.push(source.path.clone());
                trees.push(tree);
            }
            Err(fault) => faults.push(fault),
        }
    }
    for fault in faults {
        findings.fault(fault.place, "", FaultKind::TomlInvalid { reason: fault.reason.into() });
    }
    (findings.count() == 0).then_some((paths, trees))
}

fn head<'a>(
    mut file: Section<'a>,
    parties: &Parties,
    zones: &mut Zones,
    earlier: Option<Earlier<'_>>,
    findings: &mut Findings,
) -> Head<'a> {
    let mut head = Head { id: None, name: None, operator: None, assets: Assets::default(), zone: None };
    let section = file.required("book").and_then(|field| field.section(findings));
    file.finish(findings);
    let Some(mut section) = section else { return head };
    head.id = section.required("id").and_then(|field| field.name(findings));
    head.name = section.required("name").and_then(|field| field.filled_text(findings));
    let operator = section.required("operator");
    head.operator = operator.and_then(|field| parties.resolve(&field, findings));
    let assets = section.required("assets");
    head.assets = assets.map(|field| Assets::read(&field, earlier, findings)).unwrap_or_default();
    let zone = section.required("zone");
    head.zone = zone.and_then(|field| zones.resolve(&field, findings));
    section.finish(findings);
    head
}

/// The words by which conditions know what the book names.
struct NamedWords {
    kinds: Vec<Word>,
    sources: Vec<Word>,
    assets: Vec<Word>,
    /// Ascending by word.
    parties: Vec<(Word, PartyId)>,
}

/// The dictionary with the book's own names behind the words that have numbers: kinds, sources, assets, parties.
fn dictionary(
    mut dictionary: Dictionary,
    sources: &Sources,
    assets: &[Asset],
    parties: &Parties,
) -> (Dictionary, NamedWords) {
    let kinds = sources.kinds.iter().map(|kind| dictionary.intern(kind)).collect();
    let drafts = sources.adapters.iter().flat_map(|adapter| &adapter.sources);
    let names = drafts.map(|draft| dictionary.intern(&draft.source.id)).collect();
    let assets = assets.iter().map(|asset| dictionary.intern(&asset.name)).collect();
    let mut words: Vec<(Word, PartyId)> =
        (0..).map(PartyId).zip(parties.ids()).map(|(party, id)| (dictionary.intern(id), party)).collect();
    // A party may have the name of a kind or source, whose word is there already.
    words.sort_unstable();
    (dictionary, NamedWords { kinds, sources: names, assets, parties: words })
}

fn compile_checks(sources: &mut Sources, assets: &[Asset], dictionary: &mut Dictionary, findings: &mut Findings) {
    let before = findings.count();
    let kinds = sources.kinds.clone();
    for adapter in sources.adapters.iter_mut().filter(|adapter| adapter.is_sound) {
        let mut drafts = std::mem::take(&mut adapter.sources);
        for draft in &mut drafts {
            let mut domains = Domains::default();
            let sent = draft.source.kinds.iter().zip(&kinds).filter(|(rule, _)| rule.is_some());
            domains.add("kind", sent.map(|(_, name)| name.clone()).collect());
            domains.add("source", vec![draft.source.id.clone()]);
            domains.add("asset", assets.iter().map(|asset| asset.name.clone()).collect());
            for check in &draft.checks {
                draft.plan.checks.extend(compile_check(check, adapter, &domains, dictionary, findings));
            }
        }
        adapter.sources = drafts;
        if adapter.sources.iter().any(|draft| !draft.plan.checks.is_empty()) {
            adapter.adapter.literals = dictionary.clone();
        }
    }
    sources.is_unsound |= findings.count() > before;
}

/// Sources whose events nobody would rate.
fn warn_of_unused(sources: &Sources, contracts: &Contracts, findings: &mut Findings) {
    // What a faulty contract rates is not known.
    if findings.count() > 0 {
        return;
    }
    let rated = sources.adapters.iter().filter(|adapter| !adapter.adapter.outside);
    let drafts: Vec<_> = rated.flat_map(|adapter| &adapter.sources).collect();
    if contracts.list.is_empty() && !drafts.is_empty() {
        let place = Place { file: 0, start: 0, end: 0 };
        findings.warn(place, "", FaultKind::ContractsMissing {});
        return;
    }
    for draft in drafts {
        if !contracts.list.iter().any(|contract| contract.sources.contains(&draft.plan.id)) {
            findings.warn(draft.place, "source.id", FaultKind::SourceUnused { name: draft.source.id.clone() });
        }
    }
}

/// Sources by number and adapters, with their words and plans filled in.
fn finished(sources: Sources, words: &[Word], dictionary: &mut Dictionary) -> (Vec<Source>, Vec<Adapter>) {
    let mut words = words.iter();
    let (mut list, mut adapters) = (Vec::new(), Vec::new());
    for draft in sources.adapters {
        let mut adapter = draft.adapter;
        for mut source in draft.sources {
            source.source.word = *words.next().expect("every source has its word");
            if let Some((_, last)) = source.source.revision.as_mut().and_then(|revision| revision.last.as_mut()) {
                *last = dictionary.intern(sources::LAST);
            }
            list.push((source.plan.id, source.source));
            adapter.sources.push(source.plan);
        }
        adapters.push(adapter);
    }
    list.sort_by_key(|(id, _)| *id);
    (list.into_iter().map(|(_, source)| source).collect(), adapters)
}
