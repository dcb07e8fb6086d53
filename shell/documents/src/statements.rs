//! `statements.json`: every statement with every line, its arithmetic and a stable id.
//!
//! The document is streamed: one statement after the other, one line of text for each statement line, so that it can be
//! read by a parser and by `grep` alike. Amounts are strings with exactly the digits of their asset.

mod result;

use crate::amount::amount;
use crate::names::{Names, What, kind_name, part_name};
use calendar::Date;
use close::{MeasureTotal, Side, Statement, StatementLine, Status};
use contract::{Issuer, LineOf, Part, Term};
use money::Rate;
use serde_json::Value;
use std::io::{self, Write};

/// Writes the document.
///
/// # Errors
/// Those of `out`.
pub fn write_statements_json<'s>(
    out: &mut impl Write,
    statements: impl IntoIterator<Item = &'s Statement>,
    names: &Names<'_>,
) -> io::Result<()> {
    let mut text = String::with_capacity(1 << 16);
    text.push_str("{\n\"format\": \"jeongsan.statements\",\n\"version\": 2");
    let mut head = Object { out: &mut text, separator: ",\n" };
    head.text("book", &names.book.id);
    head.text("operator", names.party(names.book.operator));
    text.push_str(",\n\"statements\": [");
    let mut separator = "\n";
    for statement in statements {
        text.push_str(separator);
        separator = ",\n";
        write_statement(&mut text, statement, names);
        out.write_all(text.as_bytes())?;
        text.clear();
    }
    text.push_str("\n]\n}\n");
    out.write_all(text.as_bytes())
}

fn write_statement(text: &mut String, statement: &Statement, names: &Names<'_>) {
    let asset = names.asset(statement.asset);
    let id = names.statement_id(statement);
    let (status, cut_at) = status_name(statement.status);
    let mut object = Object::open(text);
    object.text("id", &id);
    object.text("contract", &names.contract(statement).id);
    object.text("party", names.party(statement.party));
    object.text("party_name", names.party_name(statement.party));
    object.text("counterparty", names.party(names.book.operator));
    object.object("period", |period| {
        period.text("first", &statement.period.first.to_string());
        period.text("last", &statement.period.last().to_string());
        period.text("name", &statement.period.name());
    });
    object.text("asset", &asset.name);
    object.text("status", status);
    object.text("period_state", statement.status.period_state());
    let (cut_at, due_on) = if has_end(statement) { (Some(cut_at), statement.due_on) } else { (None, None) };
    object.optional("cut_at", cut_at.as_deref());
    let issued_at = match statement.status {
        Status::Issued { issued_at, .. } => Some(issued_at.to_string()),
        Status::Provisional { .. } => None,
    };
    object.optional("issued_at", issued_at.as_deref());
    object.optional("due_on", due_on.map(|date| date.to_string()).as_deref());
    object.text("total", &amount(statement.total, asset.digits));
    object.text("accrued", &amount(statement.accrued, asset.digits));
    object.raw("lines", "[");
    for (position, line) in statement.lines.iter().enumerate() {
        text.push_str(if position > 0 { ",\n " } else { "\n " });
        write_line(text, &format!("{id}#{}", position + 1), statement, line, names);
    }
    text.push_str("],\n \"measures\": [");
    for (position, measure) in statement.measures.iter().enumerate() {
        text.push_str(if position > 0 { ", " } else { "" });
        write_measure(text, statement, measure, names);
    }
    text.push_str("],\n ");
    result::write(text, statement, names);
    text.push('}');
}

fn write_line(text: &mut String, id: &str, statement: &Statement, line: &StatementLine, names: &Names<'_>) {
    let digits = names.asset(statement.asset).digits;
    let mut object = Object::open(text);
    object.text("id", id);
    let term = names.term(statement, line);
    object.optional("term", term.map(|term| &*term.id));
    object.text("kind", line_kind(line, term));
    object.optional("what", names.what(statement, line).map(What::name));
    object.raw("piece", &line.key.piece.to_string());
    object.optional("valid_from", valid_from(statement, line, names).as_deref());
    object.text("part", part_name(line.key.part));
    object.words("dimensions", &names.dimensions(statement, line));
    object.text("debtor", names.party(line.key.debtor));
    object.text("creditor", names.party(line.key.creditor));
    object.text("side", side_name(line.side));
    object.text("amount", &amount(line.amount, digits));
    let vat = vat_of(statement, line, names);
    object.optional("vat_rate", vat.map(|vat| vat.0.to_string()).as_deref());
    object.optional("vat_issuer", vat.map(|vat| issuer_name(vat.1)));
    object.optional("adjusts", line.adjusts_on.map(|date| date.to_string()).as_deref());
    object.optional("before", line.restated.map(|restated| amount(restated.1, digits)).as_deref());
    object.optional("now", line.restated.map(|restated| amount(restated.0, digits)).as_deref());
    object.text("arithmetic", &names.arithmetic(statement, line));
    object.raw("booked", if line.at_end { "false" } else { "true" });
    result::write_agreed(&mut object, line);
    result::write_steps(&mut object, statement, line, names);
    object.out.push('}');
}

/// The kind of a line's term; `vat` for VAT of the document, `adjustment` for what people agreed on.
const fn line_kind(line: &StatementLine, term: Option<&Term>) -> &'static str {
    match (term, line.key.of) {
        (Some(term), _) => kind_name(&term.kind),
        (None, LineOf::Adjustment { .. }) => "adjustment",
        (None, _) => "vat",
    }
}

fn write_measure(text: &mut String, statement: &Statement, total: &MeasureTotal, names: &Names<'_>) {
    let measure = &names.contract(statement).measures[usize::from(total.measure)];
    let mut object = Object::open(text);
    object.text("name", &measure.name);
    object.raw("money", if measure.money { "true" } else { "false" });
    object.optional("asset", measure.money.then(|| &*names.asset(total.asset).name));
    object.text("sum", &total.sum.to_string());
    object.out.push('}');
}

/// An object that is being written: it knows what stands before the next field.
pub(crate) struct Object<'t> {
    pub(crate) out: &'t mut String,
    pub(crate) separator: &'static str,
}

impl<'t> Object<'t> {
    pub(crate) fn open(out: &'t mut String) -> Self {
        out.push('{');
        Self { out, separator: "" }
    }

    pub(crate) fn text(&mut self, name: &str, value: &str) {
        self.raw(name, "");
        push_string(self.out, value);
    }

    pub(crate) fn optional(&mut self, name: &str, value: Option<&str>) {
        match value {
            Some(value) => self.text(name, value),
            None => self.raw(name, "null"),
        }
    }

    /// A field that is an object, by what writes the fields of that.
    pub(crate) fn object(&mut self, name: &str, write: impl FnOnce(&mut Object<'_>)) {
        self.raw(name, "{");
        write(&mut Object { out: self.out, separator: "" });
        self.out.push('}');
    }

    /// A field that is an object of words by name.
    pub(crate) fn words(&mut self, name: &str, words: &[(&str, &str)]) {
        self.object(name, |object| words.iter().for_each(|(name, word)| object.text(name, word)));
    }

    /// A field whose value is written as it stands.
    pub(crate) fn raw(&mut self, name: &str, value: &str) {
        self.out.push_str(self.separator);
        self.separator = if self.separator.ends_with('\n') { self.separator } else { ", " };
        push_string(self.out, name);
        self.out.push_str(": ");
        self.out.push_str(value);
    }
}

fn push_string(out: &mut String, text: &str) {
    if text.bytes().any(|byte| byte < 0x20 || byte == b'"' || byte == b'\\') {
        return out.push_str(&Value::from(text).to_string());
    }
    out.push('"');
    out.push_str(text);
    out.push('"');
}

/// Whether the period ever ends; if not, there is no cut and nothing falls due.
pub(crate) fn has_end(statement: &Statement) -> bool {
    statement.period.end <= Date::LAST
}

/// The status of a statement and its cut.
pub(crate) fn status_name(status: Status) -> (&'static str, String) {
    match status {
        Status::Issued { cut_at, .. } => ("issued", cut_at.to_string()),
        Status::Provisional { cut_at, .. } => ("provisional", cut_at.to_string()),
    }
}

const fn side_name(side: Side) -> &'static str {
    match side {
        Side::Owed => "owed",
        Side::Owes => "owes",
    }
}

const fn issuer_name(issuer: Issuer) -> &'static str {
    match issuer {
        Issuer::Creditor => "creditor",
        Issuer::Debtor => "debtor",
    }
}

/// First day of the version that the line is of; none for VAT of the document.
fn valid_from(statement: &Statement, line: &StatementLine, names: &Names<'_>) -> Option<String> {
    match line.key.of {
        LineOf::Term { version, .. } => {
            Some(names.contract(statement).versions[usize::from(version)].valid_from.to_string())
        }
        LineOf::Document { .. } | LineOf::Adjustment { .. } => None,
    }
}

/// Rate and issuer of a line of VAT.
pub(crate) fn vat_of(statement: &Statement, line: &StatementLine, names: &Names<'_>) -> Option<(Rate, Issuer)> {
    if line.key.part == Part::Charge {
        return None;
    }
    match line.key.of {
        LineOf::Document { rate, self_billed, .. } => {
            Some((rate, if self_billed { Issuer::Debtor } else { Issuer::Creditor }))
        }
        LineOf::Adjustment { .. } => None,
        LineOf::Term { .. } => names.term(statement, line)?.vat.map(|vat| (vat.rate, vat.issuer)),
    }
}
