//! One side of a reconciliation: where its records come from, by what they are found, and which of them belong to it.
//!
//! Records come as *feeds*, one for each adapter, because a field of one name may stand in another slot of each adapter.

use super::{Surroundings, postings};
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::formulas::{Formula, Wanted, compile_one};
use crate::nearest::known;
use crate::nodes::Value;
use crate::section::{Field, Section};
use crate::sources::{AdapterDraft, FieldMeaning, FieldTable, SourceDraft};
use crate::words::Domains;
use contract::expression::Expression;
use event::{AdapterId, SourceId};
use intake::adapter::{IdentityPlan, Path};

/// One side of a reconciliation.
#[derive(Clone, Debug)]
pub struct ReconciledSide {
    /// What its records are.
    pub listing: Listing,
    /// How they are read, one for each adapter; a single one for postings.
    pub feeds: Vec<Feed>,
}

/// What the records of a side are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Listing {
    /// Records of outside adapters.
    Outside,
    /// Accepted events.
    Events,
    /// Postings of these accounts by name, `*` for the party standing for any.
    Postings(Vec<Box<str>>),
}

/// How the records of one adapter are read. Slots are those of the adapter; of postings `amount`; `date`, `period`;
/// `contract`, `origin`, `account`.
#[derive(Clone, Debug)]
pub struct Feed {
    /// Whose; the first one of the book for postings.
    pub adapter: AdapterId,
    /// Only those of these sources.
    pub sources: Vec<SourceId>,
    /// The parts of the key; a record with a blank part has no key.
    pub key: Vec<KeyPart>,
    /// The day; none: days do not matter.
    pub day: Option<DayOf>,
    /// Only records for which this holds.
    pub condition: Option<Expression>,
    /// Whether the side says that nothing is missing beside a record.
    pub complete: Complete,
    /// What is compared, by amount of the rule.
    pub amounts: Vec<Expression>,
}

/// A part of a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeyPart {
    /// The id as its source writes it; of a posting that of its event.
    Id,
    /// The id of the event that an event names.
    Original,
    /// The id of the source.
    Source,
    /// The name of the kind.
    Kind,
    /// The number of the entry.
    Entry,
    /// A word field.
    Word(u16),
    /// A number field and its digits behind the point.
    Number(u16, u8),
    /// A date field.
    Date(u16),
}

/// Which field gives the day.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DayOf {
    /// A date field.
    Date(u16),
    /// A time field, in the zone of the reconciliation.
    Time(u16),
}

/// Whether a side says that it is complete.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Complete {
    /// It is.
    Always,
    /// It is an extract.
    Never,
    /// Where this holds for a record.
    Where(Expression),
}

/// A side before its amounts are known.
pub(super) struct SideDraft<'a> {
    listing: Listing,
    feeds: Vec<(FeedDraft<'a>, Feed)>,
    pub(super) many: bool,
    domains: Domains<'a>,
}

/// What the fields of a feed are.
struct FeedDraft<'a> {
    /// As messages call it.
    name: &'a str,
    fields: &'a FieldTable,
    sources: Vec<&'a SourceDraft>,
}

/// The amounts of a side, one list a feed.
pub(super) struct Expressions(Vec<Vec<Expression>>);

impl Expressions {
    pub(super) fn of(side: &SideDraft<'_>) -> Self {
        Self(vec![Vec::new(); side.feeds.len()])
    }

    /// Compiles an amount for every feed and gives the most digits that it has behind the point.
    pub(super) fn add(
        &mut self,
        side: &SideDraft<'_>,
        formula: &Formula,
        around: &mut Surroundings<'_>,
        findings: &mut Findings,
    ) -> Option<u8> {
        let compiled = side.compile(formula, Wanted::Number, around, findings)?;
        let scale = compiled.iter().map(Expression::scale).max();
        self.0.iter_mut().zip(compiled).for_each(|(list, expression)| list.push(expression));
        scale
    }
}

impl SideDraft<'_> {
    fn compile(
        &self,
        formula: &Formula,
        wanted: Wanted,
        around: &mut Surroundings<'_>,
        findings: &mut Findings,
    ) -> Option<Vec<Expression>> {
        let mut expressions = Vec::new();
        for (draft, _) in &self.feeds {
            match compile_one(&formula.text, wanted, draft.fields, around.dictionary) {
                Ok(expression) => expressions.push(expression),
                Err(fault) => {
                    formula.fault(fault, findings);
                    return None;
                }
            }
        }
        self.domains.check(formula, findings);
        Some(expressions)
    }

    /// The side with its amounts.
    pub(super) fn finished(&self, amounts: &Expressions) -> ReconciledSide {
        let feeds = self.feeds.iter().zip(&amounts.0);
        let feeds = feeds.map(|((_, feed), amounts)| Feed { amounts: amounts.clone(), ..feed.clone() });
        ReconciledSide { listing: self.listing.clone(), feeds: feeds.collect() }
    }
}

/// Reads a side; nothing where it is faulty or depends on something faulty.
pub(super) fn read<'a>(
    field: &Field<'_>,
    needs_day: bool,
    around: &mut Surroundings<'a>,
    findings: &mut Findings,
) -> Option<SideDraft<'a>> {
    let before = findings.count();
    let mut section = field.section(findings)?;
    let (place, path) = (section.place, section.path.clone());
    let listed = listed(&mut section, around, findings);
    let many = section.optional("records").map(|field| field.choice(&[("one", false), ("many", true)], findings));
    let (key, day) = (section.optional("key"), section.optional("date"));
    let condition = section.optional("where").map(|field| Formula::of(&field, findings));
    let complete = section.optional("complete");
    section.finish(findings);
    let (listing, mut drafts) = listed?;
    let is_postings = matches!(listing, Listing::Postings(_));
    let mut feeds = Vec::new();
    for draft in drafts.drain(..) {
        let key = match &key {
            Some(field) => key_of(field, &draft, &listing, findings),
            None => (is_postings || draft.has_ids()).then(|| vec![KeyPart::Id]),
        };
        if key.is_none() && findings.count() == before {
            findings.fault(place, &format!("{path}.key"), FaultKind::KeyMissing { key: "key".into() });
        }
        let day = match &day {
            Some(field) => Some(day_of(field, &draft, findings)?),
            None => is_postings.then_some(DayOf::Date(0)),
        };
        if needs_day && day.is_none() {
            findings.fault(place, &format!("{path}.date"), FaultKind::KeyMissing { key: "date".into() });
        }
        let adapter = draft.sources.first().map_or(AdapterId(0), |source| source.source.adapter);
        let sources = draft.sources.iter().map(|source| source.plan.id).collect();
        let (condition, complete, amounts) = (None, Complete::Always, Vec::new());
        feeds.push((draft, Feed { adapter, sources, key: key?, day, condition, complete, amounts }));
    }
    let domains = domains(&feeds, is_postings, around);
    let mut side = SideDraft { listing, feeds, many: many.unwrap_or(Some(false))?, domains };
    side.add_conditions(condition.unwrap_or(None), complete, around, findings);
    (findings.count() == before).then_some(side)
}

impl SideDraft<'_> {
    fn add_conditions(
        &mut self,
        condition: Option<Formula>,
        complete: Option<Field<'_>>,
        around: &mut Surroundings<'_>,
        findings: &mut Findings,
    ) {
        if let Some(formula) = condition
            && let Some(compiled) = self.compile(&formula, Wanted::Condition, around, findings)
        {
            self.feeds.iter_mut().zip(compiled).for_each(|((_, feed), one)| feed.condition = Some(one));
        }
        let Some(field) = complete else { return };
        if matches!(field.node.value, Value::Boolean(_)) {
            let stated = if field.boolean(findings) == Some(true) { Complete::Always } else { Complete::Never };
            self.feeds.iter_mut().for_each(|(_, feed)| feed.complete = stated.clone());
        } else if let Some(formula) = Formula::of(&field, findings)
            && let Some(compiled) = self.compile(&formula, Wanted::Condition, around, findings)
        {
            self.feeds.iter_mut().zip(compiled).for_each(|((_, feed), one)| feed.complete = Complete::Where(one));
        }
    }
}

type Listed<'a> = (Listing, Vec<FeedDraft<'a>>);

/// Where the records come from.
fn listed<'a>(section: &mut Section<'_>, around: &Surroundings<'a>, findings: &mut Findings) -> Option<Listed<'a>> {
    let before = findings.count();
    let (key, field) = section.one_of(&["adapters", "sources", "accounts"], findings)?;
    let items = field.filled_list(findings)?;
    let mut feeds: Vec<(AdapterId, FeedDraft<'a>)> = Vec::new();
    let mut add = |adapter: &'a AdapterDraft, source: &'a SourceDraft| {
        let id = adapter.adapter.id;
        let draft = FeedDraft { name: &adapter.adapter.name, fields: &adapter.fields, sources: vec![source] };
        match feeds.iter_mut().find(|(known, _)| *known == id) {
            Some((_, feed)) if feed.sources.iter().any(|known| known.plan.id == source.plan.id) => {}
            Some((_, feed)) => feed.sources.push(source),
            None => feeds.push((id, draft)),
        }
    };
    let mut accounts = Vec::new();
    let mut is_sound = true;
    for item in &items {
        match key {
            "adapters" => {
                let found = outside_adapter(item, around, findings);
                is_sound &= found.is_some();
                found.into_iter().for_each(|adapter| adapter.sources.iter().for_each(|source| add(adapter, source)));
            }
            "sources" => {
                let found = around.sources.resolve(item, findings);
                is_sound &= found.is_some();
                found.into_iter().for_each(|(adapter, source)| add(adapter, source));
            }
            _ => {
                let account = postings::account(item, around, findings);
                is_sound &= account.is_some();
                accounts.extend(account);
            }
        }
    }
    // What a faulty adapter has is not known.
    if !is_sound || findings.count() > before || around.sources.is_unsound {
        return None;
    }
    let listing = match key {
        "adapters" => Listing::Outside,
        "sources" => Listing::Events,
        _ => Listing::Postings(accounts),
    };
    let mut drafts: Vec<FeedDraft<'a>> = feeds.into_iter().map(|(_, draft)| draft).collect();
    if key == "accounts" {
        drafts.push(FeedDraft { name: "accounts", fields: around.postings, sources: Vec::new() });
    }
    Some((listing, drafts))
}

fn outside_adapter<'a>(
    item: &Field<'_>,
    around: &Surroundings<'a>,
    findings: &mut Findings,
) -> Option<&'a AdapterDraft> {
    let name = item.text(findings)?;
    let adapters = &around.sources.adapters;
    let Some(adapter) = adapters.iter().find(|draft| *draft.adapter.name == *name) else {
        if !around.sources.is_unsound {
            let known = known(name, adapters.iter().map(|draft| &*draft.adapter.name));
            item.fault(FaultKind::AdapterUnknown { name: name.into(), known }, findings);
        }
        return None;
    };
    if !adapter.adapter.outside {
        item.fault(FaultKind::AdapterOfEvents { name: name.into() }, findings);
        return None;
    }
    Some(adapter)
}

impl FeedDraft<'_> {
    /// Whether its sources say what makes a record the same.
    fn has_ids(&self) -> bool {
        let is_nothing = |plan: &IdentityPlan| *plan == IdentityPlan::File { pattern: "*".into() };
        !self.sources.iter().any(|source| is_nothing(&source.plan.identity))
    }

    /// Whether a path is the identity of all its sources.
    fn is_identity(&self, path: &Path) -> bool {
        let is_it = |source: &&SourceDraft| source.plan.identity == IdentityPlan::Field(path.clone());
        self.sources.iter().all(is_it)
    }
}

fn key_of(
    field: &Field<'_>,
    draft: &FeedDraft<'_>,
    listing: &Listing,
    findings: &mut Findings,
) -> Option<Vec<KeyPart>> {
    let mut parts = Vec::new();
    for item in field.filled_list(findings)? {
        let name = item.text(findings)?;
        let part = key_part(name, draft, listing);
        if part.is_none() {
            let fits = |meaning: &FieldMeaning| !matches!(meaning, FieldMeaning::Time { .. } | FieldMeaning::Id);
            unknown_field(&item, name, draft, fits, findings);
        }
        parts.push(part?);
    }
    Some(parts)
}

fn key_part(name: &str, draft: &FeedDraft<'_>, listing: &Listing) -> Option<KeyPart> {
    match draft.fields.by_name.get(name).map(|(meaning, path)| (meaning, path)) {
        Some((FieldMeaning::Word { slot, .. }, _)) => return Some(KeyPart::Word(*slot)),
        Some((FieldMeaning::Number { slot, scale, .. }, _)) => return Some(KeyPart::Number(*slot, *scale)),
        Some((FieldMeaning::Date { slot }, _)) => return Some(KeyPart::Date(*slot)),
        Some((FieldMeaning::Id, path)) if draft.is_identity(path) => return Some(KeyPart::Id),
        Some((FieldMeaning::Id, _)) if name != "id" => return None,
        Some((FieldMeaning::Time { .. }, _)) => return None,
        _ => {}
    }
    match (name, listing) {
        ("event", Listing::Postings(_)) => Some(KeyPart::Id),
        ("entry", Listing::Postings(_)) => Some(KeyPart::Entry),
        ("id", Listing::Events | Listing::Outside) if draft.has_ids() => Some(KeyPart::Id),
        ("original", Listing::Events) => Some(KeyPart::Original),
        ("source", _) => Some(KeyPart::Source),
        ("kind", _) => Some(KeyPart::Kind),
        _ => None,
    }
}

fn day_of(field: &Field<'_>, draft: &FeedDraft<'_>, findings: &mut Findings) -> Option<DayOf> {
    let name = field.text(findings)?;
    match draft.fields.meaning(name) {
        Some(FieldMeaning::Date { slot }) => Some(DayOf::Date(*slot)),
        Some(FieldMeaning::Time { slot, .. }) => Some(DayOf::Time(*slot)),
        _ => {
            let fits =
                |meaning: &FieldMeaning| matches!(meaning, FieldMeaning::Date { .. } | FieldMeaning::Time { .. });
            unknown_field(field, name, draft, fits, findings);
            None
        }
    }
}

fn unknown_field(
    field: &Field<'_>,
    name: &str,
    draft: &FeedDraft<'_>,
    fits: fn(&FieldMeaning) -> bool,
    findings: &mut Findings,
) {
    let known = known(name, draft.fields.names_of(fits));
    field.fault(FaultKind::FieldUnknown { name: name.into(), source: draft.name.into(), known }, findings);
}

/// The words that `kind`, `source` and `asset` can be on a side.
fn domains<'a>(feeds: &[(FeedDraft<'_>, Feed)], is_postings: bool, around: &Surroundings<'_>) -> Domains<'a> {
    let mut domains = Domains::default();
    domains.add("asset", around.assets.list.iter().map(|asset| asset.name.clone()).collect());
    if is_postings {
        return domains;
    }
    let sources: Vec<&SourceDraft> = feeds.iter().flat_map(|(draft, _)| draft.sources.iter().copied()).collect();
    let sends = |kind: usize| sources.iter().any(|source| source.source.kinds.get(kind).is_some_and(Option::is_some));
    let kinds = around.sources.kinds.iter().enumerate().filter(|(kind, _)| sends(*kind));
    domains.add("kind", kinds.map(|(_, name)| name.clone()).collect());
    domains.add("source", sources.iter().map(|source| source.source.id.clone()).collect());
    domains
}
