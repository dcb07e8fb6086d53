//! What a row is: when it was received, which source it belongs to, its kind and its asset.

use super::columns::Columns;
use crate::assets::Assets;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::{Field, Section};
use event::KindId;
use intake::adapter::{Choice, Path, Received, Route};
use money::AssetId;

/// The most kinds of one book.
const KINDS_MAX: usize = 10_000;

pub(crate) fn received(head: &mut Section<'_>, columns: Option<&Columns>, findings: &mut Findings) -> Option<Received> {
    let Some(field) = head.optional("received_at") else { return Some(Received::CommandLine) };
    let mut section = field.section(findings)?;
    let place = section.one_of(&["column", "file_name"], findings);
    let received = match place {
        Some(("column", field)) => {
            let format = section.required("format").and_then(|field| field.time_format(findings));
            let path = columns.and_then(|columns| columns.path(&field, false, findings));
            path.zip(format).map(|(path, format)| Received::Column { path, format })
        }
        Some((_, field)) => {
            section.refuse(&["format"], "file_name", findings);
            file_name(&field, findings)
        }
        None => None,
    };
    section.finish(findings);
    received
}

fn file_name(field: &Field<'_>, findings: &mut Findings) -> Option<Received> {
    let pattern = field.filled_text(findings)?;
    if parts_of_date(pattern).is_some_and(|parts| parts.contains(&"yyyy") && parts.contains(&"mm")) {
        return Some(Received::FileName { pattern: pattern.into() });
    }
    field.fault(FaultKind::PatternInvalid { value: pattern.into() }, findings);
    None
}

/// The names in braces of a pattern over file names; nothing where braces hold anything else, or the same twice.
pub(crate) fn parts_of_date(pattern: &str) -> Option<Vec<&str>> {
    let mut parts = Vec::new();
    let mut rest = pattern;
    while let Some(at) = rest.find(['{', '}']) {
        let (part, behind) = rest[at..].strip_prefix('{')?.split_once('}')?;
        if !["yyyy", "mm", "dd"].contains(&part) || parts.contains(&part) {
            return None;
        }
        parts.push(part);
        rest = behind;
    }
    Some(parts)
}

pub(crate) fn route(
    head: &mut Section<'_>,
    columns: Option<&Columns>,
    sources: &[&str],
    findings: &mut Findings,
) -> Option<Route> {
    let Some(field) = head.optional("route") else {
        if sources.len() > 1 {
            findings.fault(head.place, "adapter.route", FaultKind::RouteMissing {});
        }
        return Some(Route::Only);
    };
    let mut section = field.section(findings)?;
    let path = column(&mut section, columns, findings);
    let mut to: Vec<(Box<str>, u16)> = Vec::new();
    match section.optional("to") {
        Some(values) => {
            for (entry, value) in values.named(findings) {
                let name = value.text(findings)?;
                let Some(position) = sources.iter().position(|source| *source == name) else {
                    let known = known(name, sources.iter().copied());
                    value.fault(FaultKind::SourceUnknown { name: name.into(), known }, findings);
                    continue;
                };
                to.push((entry.key.as_str().into(), u16::try_from(position).unwrap_or(u16::MAX)));
            }
        }
        None => to.extend((0_u16..).zip(sources).map(|(position, source)| ((*source).into(), position))),
    }
    section.finish(findings);
    for (position, source) in (0_u16..).zip(sources) {
        if !to.iter().any(|(_, target)| *target == position) {
            field.warn(FaultKind::SourceUnreached { name: (*source).into() }, findings);
        }
    }
    Some(Route::Column { path: path?, to })
}

/// The kind of a row; without a map the values of the column are the kinds that the sources declare.
pub(crate) fn kind(
    head: &mut Section<'_>,
    columns: Option<&Columns>,
    declared: &[&str],
    kinds: &mut Vec<Box<str>>,
    findings: &mut Findings,
) -> Option<Choice<KindId>> {
    let field = head.required("kind")?;
    if field.is_text() {
        let name = field.filled_text(findings)?;
        return Some(Choice::Constant(numbered(name, kinds, &field, findings)?));
    }
    let mut section = field.section(findings)?;
    let path = column(&mut section, columns, findings);
    let mut to: Vec<(Box<str>, KindId)> = Vec::new();
    match section.optional("map") {
        Some(values) => {
            for (entry, value) in values.named(findings) {
                let name = value.filled_text(findings)?;
                to.push((entry.key.as_str().into(), numbered(name, kinds, &value, findings)?));
            }
        }
        None => {
            for name in declared {
                to.push(((*name).into(), numbered(name, kinds, &field, findings)?));
            }
        }
    }
    if to.is_empty() {
        findings.fault(section.place, "adapter.kind.map", FaultKind::KeyMissing { key: "map".into() });
    }
    section.finish(findings);
    Some(Choice::Column { path: path?, to })
}

/// The asset of a row; without a map the values of the column are the names of the book's assets.
pub(crate) fn asset(
    head: &mut Section<'_>,
    columns: Option<&Columns>,
    assets: &Assets,
    findings: &mut Findings,
) -> Option<Choice<AssetId>> {
    let field = head.required("asset")?;
    if field.is_text() {
        return Some(Choice::Constant(assets.resolve(&field, findings)?));
    }
    let mut section = field.section(findings)?;
    let path = column(&mut section, columns, findings);
    let mut to: Vec<(Box<str>, AssetId)> = Vec::new();
    match section.optional("map") {
        Some(values) => {
            for (entry, value) in values.named(findings) {
                to.push((entry.key.as_str().into(), assets.resolve(&value, findings)?));
            }
        }
        None => to.extend((0..).zip(&assets.list).map(|(position, asset)| (asset.name.clone(), AssetId(position)))),
    }
    section.finish(findings);
    Some(Choice::Column { path: path?, to })
}

fn column(section: &mut Section<'_>, columns: Option<&Columns>, findings: &mut Findings) -> Option<Path> {
    let field = section.required("column")?;
    columns?.path(&field, false, findings)
}

fn numbered(name: &str, kinds: &mut Vec<Box<str>>, field: &Field<'_>, findings: &mut Findings) -> Option<KindId> {
    let known = kinds.iter().position(|kind| &**kind == name);
    let position = known.unwrap_or(kinds.len());
    if position == KINDS_MAX {
        let most = KINDS_MAX.to_string().into();
        field.fault(FaultKind::TooMany { key: "kind".into(), most }, findings);
        return None;
    }
    if known.is_none() {
        kinds.push(name.into());
    }
    u16::try_from(position).ok().map(KindId)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn braces_hold_parts_of_a_date() {
        assert_eq!(parts_of_date("trips_{yyyy}-{mm}.csv"), Some(vec!["yyyy", "mm"]));
        assert_eq!(parts_of_date("CDNOW_master"), Some(vec![]));
        for pattern in ["{yy}", "{yyyy}{yyyy}", "{yyyy", "yyyy}", "{{yyyy}}", "}{"] {
            assert_eq!(parts_of_date(pattern), None, "{pattern}");
        }
    }
}
