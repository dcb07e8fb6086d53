//! `sources/*.toml`: one adapter with its sources each.
//!
//! An adapter is read in one pass over its file: first the shape of its rows, then fields and what a row is, then the
//! sources. Kinds are numbered over the whole book in order of appearance, so the tables by kind are filled up when all
//! files are read ([`Sources::finish`]); checks wait for the book's words.

mod columns;
mod fields;
mod links;
mod rows;
mod source;

pub(crate) use fields::{FieldMeaning, FieldTable};
pub(crate) use links::LAST;
pub(crate) use source::{CheckText, SourceDraft};

use crate::assets::Assets;
use crate::base::Earlier;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::section::{Field, Section};
use crate::zones::Zones;
use calendar::ZoneId;
use columns::Columns;
use event::{AdapterId, Dictionary, KindId, SourceId};
use intake::adapter::{Adapter, Choice, Encoding};
use money::AssetId;
use std::collections::BTreeMap;

/// The most sources and kinds of one book.
const SOURCES_MAX: usize = 10_000;

/// What an adapter needs to know of the rest of the book.
pub(crate) struct Surroundings<'a> {
    pub(crate) assets: &'a Assets,
    pub(crate) zone: Option<ZoneId>,
    pub(crate) zones: &'a mut Zones,
    pub(crate) key: u64,
    pub(crate) earlier: Option<Earlier<'a>>,
}

/// One adapter, its fields by name, and its sources.
#[derive(Debug)]
pub(crate) struct AdapterDraft {
    pub(crate) adapter: Adapter,
    pub(crate) fields: FieldTable,
    pub(crate) sources: Vec<SourceDraft>,
    /// Whether its file has no faults.
    pub(crate) is_sound: bool,
    pub(crate) place: Place,
}

/// All adapters of a book in order of their files.
#[derive(Debug, Default)]
pub(crate) struct Sources {
    pub(crate) adapters: Vec<AdapterDraft>,
    pub(crate) kinds: Vec<Box<str>>,
    /// Numbers of the sources that the book has already.
    known: BTreeMap<Box<str>, SourceId>,
    /// Position of the adapter and of the source in it.
    by_id: BTreeMap<Box<str>, (usize, usize)>,
    count: usize,
    pub(crate) is_unsound: bool,
}

impl Sources {
    /// No sources, with the numbers of those of an earlier definition.
    pub(crate) fn onto(earlier: Option<Earlier<'_>>) -> Self {
        let Some(Earlier { book, .. }) = earlier else { return Self::default() };
        let number = |at: usize| SourceId(u16::try_from(at).expect("SOURCES_MAX fits 16 bits"));
        let known = book.sources.iter().enumerate().map(|(at, source)| (source.id.clone(), number(at))).collect();
        Self { kinds: book.kinds.clone(), known, count: book.sources.len(), ..Self::default() }
    }

    /// Adds the adapter of one file.
    pub(crate) fn read(&mut self, mut file: Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) {
        let before = findings.count();
        let place = file.place;
        let head = file.required("adapter").and_then(|field| field.section(findings));
        let sources = file.required("source").map(|field| field.sections(findings)).unwrap_or_default();
        file.finish(findings);
        // What it lacks of other files makes an adapter unsound too.
        let draft = head.and_then(|head| self.adapter(head, sources, around, findings));
        self.is_unsound |= draft.is_none();
        if let Some(draft) = draft {
            let is_sound = findings.count() == before;
            self.add(AdapterDraft { place, is_sound, ..draft }, findings);
        }
        self.is_unsound |= findings.count() > before;
    }

    fn adapter(
        &mut self,
        mut head: Section<'_>,
        sections: Vec<Section<'_>>,
        around: &mut Surroundings<'_>,
        findings: &mut Findings,
    ) -> Option<AdapterDraft> {
        let place = head.place;
        let name = head.required("id").and_then(|field| field.name(findings));
        let columns = Columns::read(&mut head, findings);
        let settings = settings(&mut head, around, findings);
        let fields = head.required("fields");
        let known = name.zip(around.earlier).and_then(|(name, earlier)| {
            let position = earlier.book.adapters.iter().position(|adapter| **adapter == *name)?;
            earlier.book.schemas.get(position)
        });
        let fields = fields.map(|field| fields::read(&field, columns.as_ref(), around.assets, known, findings));
        let ids = source::ids(&sections);
        let received = rows::received(&mut head, columns.as_ref(), findings);
        let route = rows::route(&mut head, columns.as_ref(), &ids, findings);
        let kind = rows::kind(&mut head, columns.as_ref(), &source::kind_names(&sections), &mut self.kinds, findings);
        let asset = rows::asset(&mut head, columns.as_ref(), around.assets, findings);
        head.finish(findings);
        let (columns, settings, fields, kind) = (columns?, settings?, fields?, kind?);
        if matches!(received, Some(intake::adapter::Received::CommandLine))
            && let Some(name) = name
        {
            findings.warn(place, "adapter.received_at", FaultKind::ReceivedMissing { adapter: name.into() });
        }
        let given = kinds_of(&kind);
        let parts = source::Parts { columns: &columns, fields: &fields, given: &given, kinds: &self.kinds };
        let mut sources = Vec::new();
        for section in sections {
            sources.extend(source::read(section, &parts, settings.outside, findings));
        }
        let adapter = Adapter {
            name: name?.into(),
            id: AdapterId(0),
            format: columns.format,
            encoding: settings.encoding,
            files: settings.files,
            outside: settings.outside,
            zone: around.zones.zone(settings.zone?).clone(),
            second_of_twice: settings.second_of_twice,
            received: received?,
            route: route?,
            kind,
            asset: asset?,
            schema: fields.schema.clone(),
            words: fields.words.clone(),
            numbers: fields.numbers.clone(),
            times: fields.times.clone(),
            dates: fields.dates.clone(),
            sources: Vec::new(),
            assets: around.assets.list.clone(),
            kinds: Vec::new(),
            literals: Dictionary::default(),
            key: around.key,
        };
        Some(AdapterDraft { adapter, fields, sources, is_sound: true, place })
    }

    fn add(&mut self, mut draft: AdapterDraft, findings: &mut Findings) {
        let position = self.adapters.len();
        let same = self.adapters.iter().find(|other| other.adapter.name == draft.adapter.name);
        if let Some(first) = same.map(|other| findings.line_of(other.place)) {
            findings.fault(draft.place, "adapter.id", FaultKind::IdTwice { id: draft.adapter.name, first });
            return;
        }
        self.warn_of_files(&draft, findings);
        draft.adapter.id = AdapterId(u16::try_from(position).expect("a book has fewer than 65,536 files"));
        for (at, source) in draft.sources.iter_mut().enumerate() {
            source.source.adapter = draft.adapter.id;
            let id = source.source.id.clone();
            source.plan.id = match self.known.get(&id) {
                Some(known) => *known,
                None => {
                    self.count += 1;
                    SourceId(u16::try_from(self.count - 1).unwrap_or(u16::MAX))
                }
            };
            if let Some(&(adapter, other)) = self.by_id.get(&id) {
                let place = if adapter == position { None } else { Some(self.adapters[adapter].sources[other].place) };
                let first = findings.line_of(place.unwrap_or(draft.place));
                findings.fault(source.place, "source.id", FaultKind::IdTwice { id, first });
                continue;
            }
            self.by_id.insert(id, (position, at));
        }
        if self.count > SOURCES_MAX {
            let most = SOURCES_MAX.to_string().into();
            findings.fault(draft.place, "source", FaultKind::TooMany { key: "source".into(), most });
        }
        self.adapters.push(draft);
    }

    fn warn_of_files(&self, draft: &AdapterDraft, findings: &mut Findings) {
        for pattern in &draft.adapter.files {
            if let Some(other) = self.adapters.iter().find(|other| other.adapter.files.contains(pattern)) {
                let kind = FaultKind::FilesSame { pattern: pattern.clone(), other: other.adapter.name.clone() };
                findings.warn(draft.place, "adapter.files", kind);
            }
        }
    }

    /// Fills up the tables by kind: now all kinds of the book are known.
    pub(crate) fn finish(&mut self) {
        for draft in &mut self.adapters {
            draft.adapter.kinds = self.kinds.clone();
            for source in &mut draft.sources {
                source.source.kinds.resize(self.kinds.len(), None);
                source.plan.kinds.resize(self.kinds.len(), None);
            }
        }
    }

    /// The source with this id and its adapter.
    pub(crate) fn find(&self, id: &str) -> Option<(&AdapterDraft, &SourceDraft)> {
        let &(adapter, source) = self.by_id.get(id)?;
        let draft = &self.adapters[adapter];
        Some((draft, &draft.sources[source]))
    }

    /// The source of events that a field names.
    pub(crate) fn resolve(&self, field: &Field<'_>, findings: &mut Findings) -> Option<(&AdapterDraft, &SourceDraft)> {
        let name = field.text(findings)?;
        let Some((draft, source)) = self.find(name) else {
            if !self.is_unsound {
                let known = known(name, self.by_id.keys().map(|id| &**id));
                field.fault(FaultKind::SourceUnknown { name: name.into(), known }, findings);
            }
            return None;
        };
        if draft.adapter.outside {
            field.fault(FaultKind::SourceOutside { name: name.into() }, findings);
            return None;
        }
        Some((draft, source))
    }
}

impl AdapterDraft {
    /// The assets that its rows may have.
    pub(crate) fn asset_ids(&self) -> Vec<AssetId> {
        match &self.adapter.asset {
            Choice::Constant(asset) => vec![*asset],
            Choice::Column { to, .. } => to.iter().map(|(_, asset)| *asset).collect(),
        }
    }
}

/// The kinds that an adapter gives, each once.
fn kinds_of(kind: &Choice<KindId>) -> Vec<KindId> {
    let mut kinds = match kind {
        Choice::Constant(kind) => vec![*kind],
        Choice::Column { to, .. } => to.iter().map(|(_, kind)| *kind).collect(),
    };
    kinds.sort_unstable();
    kinds.dedup();
    kinds
}

/// The settings of an adapter that stand alone.
struct Settings {
    encoding: Encoding,
    files: Vec<Box<str>>,
    outside: bool,
    zone: Option<ZoneId>,
    second_of_twice: bool,
}

fn settings(head: &mut Section<'_>, around: &mut Surroundings<'_>, findings: &mut Findings) -> Option<Settings> {
    const ENCODINGS: [(&str, Encoding); 4] =
        [("utf-8", Encoding::Utf8), ("cp949", Encoding::Cp949), ("euc-kr", Encoding::Cp949), ("UTF-8", Encoding::Utf8)];
    let encoding = head.optional("encoding").map(|field| field.choice(&ENCODINGS, findings));
    let role = head.optional("role");
    let outside = role.map(|field| field.choice(&[("events", false), ("outside", true)], findings));
    let twice = head.optional("local_time_twice");
    let second_of_twice = twice.map(|field| field.choice(&[("first", false), ("second", true)], findings));
    let zone = match head.optional("zone") {
        Some(field) => around.zones.resolve(&field, findings),
        None => around.zone,
    };
    let mut files: Vec<Box<str>> = Vec::new();
    for item in head.optional("files").and_then(|field| field.filled_list(findings)).unwrap_or_default() {
        let Some(pattern) = item.filled_text(findings) else { continue };
        if pattern.contains(['/', '\\']) {
            item.fault(FaultKind::GlobInvalid { value: pattern.into() }, findings);
        }
        files.push(pattern.into());
    }
    Some(Settings {
        encoding: encoding.unwrap_or(Some(Encoding::Utf8))?,
        files,
        outside: outside.unwrap_or(Some(false))?,
        zone,
        second_of_twice: second_of_twice.unwrap_or(Some(false))?,
    })
}
