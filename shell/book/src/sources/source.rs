//! `[[source]]`: what makes its events unique, what it says of its kinds, what its rows must satisfy.

use super::columns::Columns;
use super::fields::{FieldMeaning, FieldTable};
use super::links;
use super::rows::parts_of_date;
use crate::changes::written;
use crate::fault::FaultKind;
use crate::findings::{Findings, Place};
use crate::nearest::known;
use crate::nodes::{Entry, Value};
use crate::section::{Field, Section};
use event::{AdapterId, KindId, KindRule, Original, Source, SourceId, Word};
use intake::adapter::{IdentityPlan, KindPlan, Path, SourcePlan};

/// The highest limit of a source: more than a node takes from all of them.
const EVENTS_PER_S_MAX: i64 = 1_000_000_000;

/// What a source needs to know of its adapter.
pub(crate) struct Parts<'a> {
    pub(crate) columns: &'a Columns,
    pub(crate) fields: &'a FieldTable,
    /// Kinds that the adapter gives.
    pub(crate) given: &'a [KindId],
    /// Names of all kinds so far.
    pub(crate) kinds: &'a [Box<str>],
}

/// A source before the book's words are known.
#[derive(Debug)]
pub(crate) struct SourceDraft {
    pub(crate) source: Source,
    pub(crate) plan: SourcePlan,
    /// What makes its events unique, as written.
    pub(crate) identity: String,
    pub(crate) checks: Vec<CheckText>,
    pub(crate) place: Place,
}

/// A declared equation as text.
#[derive(Debug)]
pub(crate) struct CheckText {
    pub(crate) name: Box<str>,
    pub(crate) equation: Box<str>,
    pub(crate) place: Place,
    pub(crate) path: String,
    pub(crate) kinds: Vec<KindId>,
}

/// The ids of sources as written, before they are read: the route names them.
pub(crate) fn ids<'a>(sections: &[Section<'a>]) -> Vec<&'a str> {
    sections.iter().map(|section| section.peek("id").and_then(text_of).unwrap_or_default()).collect()
}

/// The kinds that sources declare, in order: the values of a `kind` without a map.
pub(crate) fn kind_names<'a>(sections: &[Section<'a>]) -> Vec<&'a str> {
    let mut names: Vec<&str> = Vec::new();
    for section in sections {
        let Some(Value::Table(entries)) = section.peek("kinds").map(|entry| &entry.node.value) else { continue };
        for entry in entries {
            if !names.contains(&entry.key.as_str()) {
                names.push(&entry.key);
            }
        }
    }
    names
}

fn text_of(entry: &Entry) -> Option<&str> {
    if let Value::Text(text) = &entry.node.value { Some(text) } else { None }
}

pub(crate) fn read(
    mut section: Section<'_>,
    parts: &Parts<'_>,
    outside: bool,
    findings: &mut Findings,
) -> Option<SourceDraft> {
    let place = section.place;
    let id = section.required("id").and_then(|field| field.name(findings));
    let mut identity_written = String::new();
    let identity = match section.optional("identity") {
        Some(field) => {
            identity_written = written(&field.node.value);
            identity(&field, parts, findings)
        }
        // An outside record is never counted twice because it is never counted.
        None if outside => Some(IdentityPlan::File { pattern: "*".into() }),
        None => {
            let key = "identity".into();
            findings.fault(place, "source.identity", FaultKind::KeyMissing { key });
            None
        }
    };
    let scheme = section.optional("scheme").map_or(Some(1), |field| field.whole(1, i64::from(u32::MAX), findings));
    let amount_max = section.optional("amount_max").and_then(|field| {
        let scale = field.decimal(findings)?.scale;
        Some((field.amount(scale, findings)?, scale))
    });
    let sequence = section.optional("sequence").and_then(|field| whole_number(&field, id, parts.fields, findings));
    let events_per_s_max = events_per_s_max(&mut section, findings);
    let by_file = matches!(identity, Some(IdentityPlan::File { .. }));
    let revision = if by_file {
        section.refuse(&["revision", "final"], "identity = { file = … }", findings);
        None
    } else {
        links::revision(&mut section, id, parts.fields, findings)
    };
    let kinds = kinds(&mut section, parts, findings);
    if let Some((_, rules)) = &kinds
        && revision.is_some()
        && rules.iter().flatten().any(|rule| rule.supersedes)
    {
        let (key, other) = ("revision".into(), "supersedes".into());
        findings.fault(place, "source.revision", FaultKind::KeyConflict { key, other });
    }
    let checks = section.optional("checks").map(|field| checks(&field, parts, findings)).unwrap_or_default();
    section.finish(findings);
    let (plans, rules) = kinds?;
    let id: Box<str> = id?.into();
    let source = Source {
        id: id.clone(),
        adapter: AdapterId(0),
        amount_max: amount_max.map(|(amount, _)| amount),
        amount_scale: amount_max.map_or(0, |(_, scale)| scale),
        sequence,
        kinds: rules,
        word: Word::EMPTY,
        revision,
    };
    let scheme = u32::try_from(scheme?).expect("checked against u32::MAX");
    let plan = SourcePlan {
        id: SourceId(0),
        name: id,
        identity: identity?,
        scheme,
        kinds: plans,
        checks: Vec::new(),
        events_per_s_max,
    };
    Some(SourceDraft { source, plan, identity: identity_written, checks, place })
}

fn events_per_s_max(section: &mut Section<'_>, findings: &mut Findings) -> Option<u32> {
    let most = section.optional("events_per_s_max")?.whole(1, EVENTS_PER_S_MAX, findings)?;
    Some(u32::try_from(most).expect("checked against EVENTS_PER_S_MAX"))
}

fn identity(field: &Field<'_>, parts: &Parts<'_>, findings: &mut Findings) -> Option<IdentityPlan> {
    let mut section = field.section(findings)?;
    let given = section.one_of(&["field", "columns", "file"], findings);
    section.finish(findings);
    let (key, value) = given?;
    match key {
        "field" => place_of(&value, parts, true, findings).map(IdentityPlan::Field),
        "columns" => {
            let mut paths = Vec::new();
            for item in value.filled_list(findings)? {
                paths.push(parts.columns.path(&item, false, findings)?);
            }
            Some(IdentityPlan::Columns(paths))
        }
        _ => {
            let pattern = value.filled_text(findings)?;
            if parts_of_date(pattern).is_none() {
                value.fault(FaultKind::SlotPatternInvalid { value: pattern.into() }, findings);
                return None;
            }
            Some(IdentityPlan::File { pattern: pattern.into() })
        }
    }
}

/// Where the field of a name comes from; where there is none, the column of that name.
fn place_of(value: &Field<'_>, parts: &Parts<'_>, is_identity: bool, findings: &mut Findings) -> Option<Path> {
    let name = value.filled_text(findings)?;
    let Some((meaning, path)) = parts.fields.by_name.get(name) else {
        return parts.columns.path(value, false, findings);
    };
    if parts.fields.is_inherited(meaning) {
        let (name, source, known) = (name.into(), "".into(), "".into());
        value.fault(FaultKind::FieldUnknown { name, source, known }, findings);
        return None;
    }
    if is_identity && matches!(meaning, FieldMeaning::Word { .. }) {
        value.warn(FaultKind::IdentityWord { name: name.into() }, findings);
    }
    Some(path.clone())
}

/// The slot of a whole number.
pub(super) fn whole_number(
    field: &Field<'_>,
    source: Option<&str>,
    fields: &FieldTable,
    findings: &mut Findings,
) -> Option<u16> {
    let name = field.text(findings)?;
    if let Some(FieldMeaning::Number { slot, scale: 0, money: false }) = fields.meaning(name) {
        return Some(*slot);
    }
    let fits = |meaning: &FieldMeaning| matches!(meaning, FieldMeaning::Number { scale: 0, money: false, .. });
    let known = known(name, fields.names_of(fits));
    let source = source.unwrap_or_default().into();
    field.fault(FaultKind::FieldUnknown { name: name.into(), source, known }, findings);
    None
}

type KindTables = (Vec<Option<KindPlan>>, Vec<Option<KindRule>>);

/// What a source says of each kind; without a table it sends all kinds of its adapter, none with an original.
fn kinds(section: &mut Section<'_>, parts: &Parts<'_>, findings: &mut Findings) -> Option<KindTables> {
    let mut plans: Vec<Option<KindPlan>> = vec![None; parts.kinds.len()];
    let mut rules: Vec<Option<KindRule>> = vec![None; parts.kinds.len()];
    let Some(field) = section.optional("kinds") else {
        for kind in parts.given {
            plans[usize::from(kind.0)] = Some(KindPlan { link: None, original_kind: None, id_reused: false });
            rules[usize::from(kind.0)] = Some(KindRule::PLAIN);
        }
        return Some((plans, rules));
    };
    let names = field.named(findings);
    let mut links = Vec::new();
    for (entry, value) in &names {
        let Some(kind) = find_kind(&entry.key, parts) else {
            let known = known(&entry.key, names_of(parts));
            let kind = FaultKind::KindUnknown { name: entry.key.as_str().into(), known };
            findings.fault(entry.key_place, &value.path, kind);
            continue;
        };
        let (plan, rule) = kind_rule(value, &entry.key, parts, findings)?;
        if plan.link.is_some() && plan.original_kind.is_none() {
            links.push((kind, value));
        }
        plans[usize::from(kind.0)] = Some(plan);
        rules[usize::from(kind.0)] = Some(rule);
    }
    for (kind, value) in links {
        let others = plans.iter().enumerate().filter(|(other, _)| *other != usize::from(kind.0));
        if others.filter_map(|(_, plan)| plan.as_ref()).any(|plan| plan.id_reused) {
            let kind = parts.kinds[usize::from(kind.0)].clone();
            value.fault(FaultKind::OriginalKindMissing { kind }, findings);
        }
    }
    Some((plans, rules))
}

fn kind_rule(
    value: &Field<'_>,
    name: &str,
    parts: &Parts<'_>,
    findings: &mut Findings,
) -> Option<(KindPlan, KindRule)> {
    const ORIGINALS: [(&str, Original); 3] =
        [("required", Original::Required), ("optional", Original::Optional), ("never", Original::Never)];
    let mut section = value.section(findings)?;
    let original = section.optional("original").map(|field| field.choice(&ORIGINALS, findings));
    let original = original.unwrap_or(Some(Original::Never));
    let reverses = section.optional("reverses").map_or(Some(false), |field| field.boolean(findings));
    let id_reused = section.optional("id_reused").map_or(Some(false), |field| field.boolean(findings));
    if original == Some(Original::Never) {
        section.refuse(&["link", "original_kind"], "original = \"never\"", findings);
    }
    let link = section.optional("link").filter(|_| original != Some(Original::Never));
    let link = link.map(|field| place_of(&field, parts, false, findings));
    let original_kind = section.optional("original_kind").filter(|_| original != Some(Original::Never));
    let original_kind = original_kind.map(|field| kind_named(&field, parts, findings));
    if original == Some(Original::Required) && link.is_none() {
        findings.fault(section.place, &section.path, FaultKind::LinkMissing { kind: name.into() });
    }
    let rule = original.zip(reverses);
    let rule = rule.and_then(|of| links::rule(&mut section, name, of, link.is_some(), findings));
    section.finish(findings);
    let plan = KindPlan { link: link.flatten(), original_kind: original_kind.flatten(), id_reused: id_reused? };
    Some((plan, rule?))
}

fn checks(field: &Field<'_>, parts: &Parts<'_>, findings: &mut Findings) -> Vec<CheckText> {
    let mut checks = Vec::new();
    for item in field.list(findings).unwrap_or_default() {
        let Some(mut section) = item.section(findings) else { continue };
        let name = section.required("name").and_then(|field| field.filled_text(findings));
        let equation = section.required("equation");
        let text = equation.as_ref().and_then(|field| field.filled_text(findings));
        let mut kinds = Vec::new();
        for item in section.optional("kinds").and_then(|field| field.filled_list(findings)).unwrap_or_default() {
            kinds.extend(kind_named(&item, parts, findings));
        }
        section.finish(findings);
        let (Some(name), Some(equation), Some(text)) = (name, equation, text) else { continue };
        let (place, path) = (equation.place(), equation.path);
        checks.push(CheckText { name: name.into(), equation: text.into(), place, path, kinds });
    }
    checks
}

fn kind_named(field: &Field<'_>, parts: &Parts<'_>, findings: &mut Findings) -> Option<KindId> {
    let name = field.text(findings)?;
    let kind = find_kind(name, parts);
    if kind.is_none() {
        let known = known(name, names_of(parts));
        field.fault(FaultKind::KindUnknown { name: name.into(), known }, findings);
    }
    kind
}

fn find_kind(name: &str, parts: &Parts<'_>) -> Option<KindId> {
    parts.given.iter().copied().find(|kind| &*parts.kinds[usize::from(kind.0)] == name)
}

fn names_of<'a>(parts: &Parts<'a>) -> impl Iterator<Item = &'a str> {
    parts.given.iter().map(|kind| &*parts.kinds[usize::from(kind.0)])
}
