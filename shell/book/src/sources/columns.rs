//! The shape of an adapter's rows, and the paths by which its fields are found.

use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::{Field, Section};
use intake::adapter::{Format, Header, Path, Step};

/// The longest text of a path, in bytes.
const PATH_BYTES_MAX: usize = 500;

/// The keys that name the columns of a table.
const HEADER_KEYS: [&str; 3] = ["header", "columns", "skip_lines"];

/// How a file is written, and the columns that the adapter lists.
#[derive(Clone, Debug)]
pub(crate) struct Columns {
    pub(crate) format: Format,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Shape {
    Delimited(u8),
    Whitespace,
    Json,
    JsonLines,
}

const SHAPES: [(&str, Shape); 5] = [
    ("csv", Shape::Delimited(b',')),
    ("tsv", Shape::Delimited(b'\t')),
    ("whitespace", Shape::Whitespace),
    ("json", Shape::Json),
    ("jsonl", Shape::JsonLines),
];

impl Columns {
    pub(crate) fn read(head: &mut Section<'_>, findings: &mut Findings) -> Option<Self> {
        let shape = head.required("format").and_then(|field| field.choice(&SHAPES, findings));
        let Some(shape) = shape else {
            // Whatever the format is meant to be, these keys may belong to it.
            HEADER_KEYS.iter().chain(&["rows"]).for_each(|key| drop(head.optional(key)));
            return None;
        };
        let format = match shape {
            Shape::Delimited(delimiter) => Format::Delimited { delimiter, header: header(head, findings)? },
            Shape::Whitespace => Format::Whitespace { header: header(head, findings)? },
            Shape::Json => {
                let rows = head.optional("rows").and_then(|field| field.filled_text(findings)).map(Into::into);
                head.refuse(&HEADER_KEYS, "format = \"json\"", findings);
                return Some(Self { format: Format::Json { rows } });
            }
            Shape::JsonLines => {
                head.refuse(&HEADER_KEYS, "format = \"jsonl\"", findings);
                head.refuse(&["rows"], "format = \"jsonl\"", findings);
                return Some(Self { format: Format::JsonLines });
            }
        };
        let name = SHAPES.iter().find(|(_, other)| *other == shape).map_or("csv", |(name, _)| name);
        head.refuse(&["rows"], &format!("format = \"{name}\""), findings);
        Some(Self { format })
    }

    /// The path that a field of the book names; `sums` where it may name many numbers.
    pub(crate) fn path(&self, field: &Field<'_>, sums: bool, findings: &mut Findings) -> Option<Path> {
        let text = field.filled_text(findings)?;
        self.path_of(text, field, sums, findings)
    }

    /// The path of a text that stands in a field of the book.
    pub(crate) fn path_of(&self, text: &str, field: &Field<'_>, sums: bool, findings: &mut Findings) -> Option<Path> {
        let value: Box<str> = text.into();
        let header = match &self.format {
            Format::Delimited { header, .. } | Format::Whitespace { header } => header,
            Format::Json { .. } | Format::JsonLines => {
                let Some(steps) = steps(text) else {
                    field.fault(FaultKind::PathInvalid { value }, findings);
                    return None;
                };
                if !sums && steps.contains(&Step::Each) {
                    field.fault(FaultKind::PathEach { value }, findings);
                    return None;
                }
                return Some(Path { text: value, steps });
            }
        };
        if let Header::Named { columns, .. } = header
            && !columns.contains(&value)
        {
            let known = known(text, columns.iter().map(|column| &**column));
            field.fault(FaultKind::ColumnUnknown { name: value, known }, findings);
            return None;
        }
        Some(Path { steps: vec![Step::Member(value.clone())], text: value })
    }
}

fn header(head: &mut Section<'_>, findings: &mut Findings) -> Option<Header> {
    let named = head.optional("columns");
    let skipped = head.optional("skip_lines");
    let first = head.optional("header").map(|field| (field.boolean(findings), field));
    let skip_lines = skipped.as_ref().map_or(Some(0), |field| field.whole(0, 1_000_000, findings));
    match (first, named) {
        (Some((Some(true), _)), None) => {
            if let Some(field) = skipped {
                let kind = FaultKind::KeyMisplaced { key: "skip_lines".into(), beside: "header = true".into() };
                field.fault(kind, findings);
            }
            Some(Header::FirstLine)
        }
        (Some((Some(true), field)), Some(_)) => {
            let kind = FaultKind::KeyConflict { key: "header = true".into(), other: "columns".into() };
            field.fault(kind, findings);
            None
        }
        (Some((None, _)), _) => None,
        (_, Some(field)) => {
            let columns = names(&field, findings)?;
            Some(Header::Named { columns, skip_lines: u32::try_from(skip_lines?).ok()? })
        }
        (_, None) => {
            findings.fault(head.place, "adapter.header", FaultKind::HeaderMissing {});
            None
        }
    }
}

/// Names of columns, each once.
fn names(field: &Field<'_>, findings: &mut Findings) -> Option<Vec<Box<str>>> {
    let mut columns: Vec<Box<str>> = Vec::new();
    for item in field.filled_list(findings)? {
        let name: Box<str> = item.filled_text(findings)?.into();
        if columns.contains(&name) {
            let first = findings.line_of(field.place());
            item.fault(FaultKind::IdTwice { id: name, first }, findings);
            return None;
        }
        columns.push(name);
    }
    Some(columns)
}

/// The steps of `card.amount` or `fees[].fee`.
fn steps(text: &str) -> Option<Vec<Step>> {
    if text.len() > PATH_BYTES_MAX {
        return None;
    }
    let mut steps = Vec::new();
    for part in text.split('.') {
        let name = part.trim_end_matches("[]");
        if name.is_empty() || name.contains(['[', ']']) {
            return None;
        }
        steps.push(Step::Member(name.into()));
        steps.extend((0..(part.len() - name.len()) / 2).map(|_| Step::Each));
    }
    Some(steps)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_are_members_and_lists() {
        let member = |name: &str| Step::Member(name.into());
        assert_eq!(steps("amount"), Some(vec![member("amount")]));
        assert_eq!(steps("card.amount"), Some(vec![member("card"), member("amount")]));
        assert_eq!(steps("fees[].fee"), Some(vec![member("fees"), Step::Each, member("fee")]));
        assert_eq!(steps("결제.금액"), Some(vec![member("결제"), member("금액")]));
        for text in ["", ".", "a..b", "[]", "a[0]", "a]b", "a."] {
            assert_eq!(steps(text), None, "{text}");
        }
    }
}
