//! `[adapter.fields]`: the fields of an event, each with its slot and where it comes from.

use super::columns::Columns;
use crate::assets::Assets;
use crate::base::sort_known;
use crate::fault::FaultKind;
use crate::findings::Findings;
use crate::nearest::known;
use crate::section::{Field, Section};
use event::{Inherited, NumberField, Schema};
use intake::adapter::{NumberPlan, Path, TimePlan, Unit, WordPlan};
use std::collections::BTreeMap;

/// The most fields of one adapter.
const FIELDS_MAX: usize = 1_000;

/// The most digits behind the point that a field may declare: leaves six before it in 64 bits.
const FIELD_SCALE_MAX: i64 = 12;

/// The names that every expression has.
const RESERVED: [&str; 3] = ["kind", "source", "asset"];

/// What a field of an adapter is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum FieldMeaning {
    /// A word, and all values that it can have where those are known.
    Word { slot: u16, closed: Option<Vec<Box<str>>> },
    /// An amount or a plain number.
    Number { slot: u16, scale: u8, money: bool },
    /// A point in time, possibly blank.
    Time { slot: u16, optional: bool },
    /// A day.
    Date { slot: u16 },
    /// A text for identities and links, without a slot.
    Id,
}

/// The fields of an adapter: by name, and as slots with their plans.
#[derive(Clone, Debug, Default)]
pub(crate) struct FieldTable {
    pub(crate) by_name: BTreeMap<Box<str>, (FieldMeaning, Path)>,
    pub(crate) schema: Schema,
    pub(crate) words: Vec<WordPlan>,
    pub(crate) numbers: Vec<NumberPlan>,
    pub(crate) times: Vec<TimePlan>,
    pub(crate) dates: Vec<TimePlan>,
}

impl FieldTable {
    pub(crate) fn meaning(&self, name: &str) -> Option<&FieldMeaning> {
        self.by_name.get(name).map(|(meaning, _)| meaning)
    }

    /// Names of the fields whose meaning passes a test.
    pub(crate) fn names_of(&self, fits: fn(&FieldMeaning) -> bool) -> Vec<&str> {
        self.by_name.iter().filter(|(_, (meaning, _))| fits(meaning)).map(|(name, _)| &**name).collect()
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Type {
    Word,
    Amount,
    Number,
    Time,
    Date,
    Id,
}

const TYPES: [(&str, Type); 6] = [
    ("word", Type::Word),
    ("amount", Type::Amount),
    ("number", Type::Number),
    ("time", Type::Time),
    ("date", Type::Date),
    ("id", Type::Id),
];

/// The keys of a field besides `column` and `type`, and the types that they belong to.
const KEYS: [(&str, &[Type]); 8] = [
    ("map", &[Type::Word]),
    ("other", &[Type::Word]),
    ("or", &[Type::Amount, Type::Number]),
    ("unit", &[Type::Amount]),
    ("sign", &[Type::Amount, Type::Number]),
    ("scale", &[Type::Amount, Type::Number]),
    ("format", &[Type::Time, Type::Date]),
    ("blank", &[Type::Word, Type::Amount, Type::Number, Type::Time, Type::Id]),
];

/// Reads all fields; a faulty one is left out.
pub(crate) fn read(
    field: &Field<'_>,
    columns: Option<&Columns>,
    assets: &Assets,
    known: Option<&Schema>,
    findings: &mut Findings,
) -> FieldTable {
    let mut table = FieldTable::default();
    let amount_scale = assets.list.iter().map(|asset| asset.digits).max().unwrap_or(0);
    let mut inherited = Vec::new();
    let mut named = field.named(findings);
    if let Some(known) = known {
        // A slot is a place among the fields of its type: those of one type stay in their order.
        let numbers = known.numbers.iter().map(|number| &*number.name);
        let others = known.words.iter().chain(&known.times).chain(&known.dates).map(|name| &**name);
        sort_known(&mut named, &numbers.chain(others).collect::<Vec<_>>(), |(entry, _)| {
            Some(entry.key.as_str().into())
        });
    }
    for (entry, field) in named {
        let name = entry.key.as_str();
        if RESERVED.contains(&name) {
            findings.fault(entry.key_place, &field.path, FaultKind::NameReserved { name: name.into() });
            continue;
        }
        if table.by_name.len() == FIELDS_MAX {
            let most = FIELDS_MAX.to_string().into();
            field.fault(FaultKind::TooMany { key: "fields".into(), most }, findings);
            break;
        }
        let Some(section) = field.section(findings) else { continue };
        if section.peek("original").is_some() {
            // What is taken stands behind all that rows have themselves.
            inherited.push((name, section));
            continue;
        }
        if let Some((meaning, path)) = table.add(name, section, columns, amount_scale, findings) {
            table.by_name.insert(name.into(), (meaning, path));
        }
    }
    for (name, section) in inherited {
        table.inherit(name, section, findings);
    }
    table
}

impl FieldTable {
    /// Whether a field is taken from the original that a row names, and stands in no column.
    pub(crate) fn is_inherited(&self, meaning: &FieldMeaning) -> bool {
        matches!(meaning, FieldMeaning::Number { slot, .. } if usize::from(*slot) >= self.numbers.len())
    }

    fn inherit(&mut self, name: &str, mut section: Section<'_>, findings: &mut Findings) {
        let field = section.required("original");
        section.finish(findings);
        let Some(from) = field.as_ref().and_then(|field| field.text(findings)) else { return };
        let own = |meaning: &FieldMeaning| matches!(meaning, FieldMeaning::Number { .. });
        match self.meaning(from).cloned() {
            Some(FieldMeaning::Number { slot: from, scale, money }) if usize::from(from) < self.numbers.len() => {
                let to = slot(self.schema.numbers.len());
                self.schema.numbers.push(NumberField { name: name.into(), scale, money });
                self.schema.inherited.push(Inherited { from, to });
                let nowhere = Path { text: name.into(), steps: Vec::new() };
                self.by_name.insert(name.into(), (FieldMeaning::Number { slot: to, scale, money }, nowhere));
            }
            _ => {
                let known = known(from, self.names_of(own));
                let kind = FaultKind::FieldUnknown { name: from.into(), source: "".into(), known };
                field.into_iter().for_each(|field| field.fault(kind.clone(), findings));
            }
        }
    }

    fn add(
        &mut self,
        name: &str,
        mut section: Section<'_>,
        columns: Option<&Columns>,
        amount_scale: u8,
        findings: &mut Findings,
    ) -> Option<(FieldMeaning, Path)> {
        let ty = section.required("type").and_then(|field| field.choice(&TYPES, findings));
        let column = section.required("column");
        let Some(ty) = ty else {
            KEYS.iter().for_each(|(key, _)| drop(section.optional(key)));
            section.finish(findings);
            return None;
        };
        refuse_foreign(&mut section, ty, findings);
        let sums = matches!(ty, Type::Amount | Type::Number);
        let path = column.and_then(|field| columns?.path(&field, sums, findings));
        let meaning = match ty {
            Type::Word => self.word(name, &mut section, path.clone(), findings),
            Type::Amount => self.number(name, &mut section, columns, path.clone(), Some(amount_scale), findings),
            Type::Number => self.number(name, &mut section, columns, path.clone(), None, findings),
            Type::Time | Type::Date => self.time(name, &mut section, path.clone(), ty, findings),
            Type::Id => blank_only(&mut section, findings).map(|_| FieldMeaning::Id),
        };
        section.finish(findings);
        Some((meaning?, path?))
    }

    fn word(
        &mut self,
        name: &str,
        section: &mut Section<'_>,
        path: Option<Path>,
        findings: &mut Findings,
    ) -> Option<FieldMeaning> {
        let mut map: Vec<(Box<str>, Box<str>)> = Vec::new();
        for (entry, value) in section.optional("map").map(|field| field.named(findings)).unwrap_or_default() {
            map.push((entry.key.as_str().into(), value.text(findings)?.into()));
        }
        let other = section.optional("other");
        if let Some(field) = other.as_ref().filter(|_| map.is_empty()) {
            field.fault(FaultKind::KeyMissing { key: "map".into() }, findings);
        }
        let other: Option<Box<str>> = other.and_then(|field| field.text(findings)).map(Into::into);
        let blank: Option<Box<str>> = section.optional("blank").and_then(|field| field.text(findings)).map(Into::into);
        let closed = (!map.is_empty()).then(|| {
            let words = map.iter().map(|(_, word)| word).chain(&other).chain(&blank);
            words.cloned().collect()
        });
        let slot = slot(self.schema.words.len());
        self.schema.words.push(name.into());
        self.words.push(WordPlan { path: path?, map, other, blank });
        Some(FieldMeaning::Word { slot, closed })
    }

    fn number(
        &mut self,
        name: &str,
        section: &mut Section<'_>,
        columns: Option<&Columns>,
        path: Option<Path>,
        amount_scale: Option<u8>,
        findings: &mut Findings,
    ) -> Option<FieldMeaning> {
        let or = section.optional("or").and_then(|field| columns?.path(&field, true, findings));
        let unit = match section.optional("unit") {
            Some(field) => unit(&field, findings),
            None => Some(if amount_scale.is_some() { Unit::Decimal } else { Unit::Number }),
        };
        let declared = section.optional("scale").map(|field| field.whole(0, FIELD_SCALE_MAX, findings));
        let sign = section.optional("sign");
        let negate =
            sign.is_some_and(|field| field.choice(&[("negate", true), ("keep", false)], findings) == Some(true));
        let blank = section.optional("blank");
        let scale = match declared {
            Some(scale) => u8::try_from(scale?).expect("FIELD_SCALE_MAX fits 8 bits"),
            None => amount_scale.unwrap_or(0),
        };
        let blank = blank.and_then(|field| field.signed_amount(scale, findings));
        let (slot, money) = (slot(self.schema.numbers.len()), amount_scale.is_some());
        self.schema.numbers.push(NumberField { name: name.into(), scale, money });
        self.numbers.push(NumberPlan { path: path?, or, unit: unit?, negate, blank });
        Some(FieldMeaning::Number { slot, scale, money })
    }

    fn time(
        &mut self,
        name: &str,
        section: &mut Section<'_>,
        path: Option<Path>,
        ty: Type,
        findings: &mut Findings,
    ) -> Option<FieldMeaning> {
        let format = section.required("format").and_then(|field| field.time_format(findings));
        let optional = if ty == Type::Time { blank_only(section, findings)? } else { false };
        let plan = TimePlan { path: path?, format: format?, optional };
        let (names, plans) = match ty {
            Type::Time => (&mut self.schema.times, &mut self.times),
            _ => (&mut self.schema.dates, &mut self.dates),
        };
        let slot = slot(names.len());
        names.push(name.into());
        plans.push(plan);
        Some(if ty == Type::Time { FieldMeaning::Time { slot, optional } } else { FieldMeaning::Date { slot } })
    }
}

fn slot(position: usize) -> u16 {
    u16::try_from(position).expect("FIELDS_MAX fits 16 bits")
}

/// Refuses keys of other types.
fn refuse_foreign(section: &mut Section<'_>, ty: Type, findings: &mut Findings) {
    let name = TYPES.iter().find(|(_, other)| *other == ty).map_or("word", |(name, _)| name);
    for (key, types) in KEYS {
        if !types.contains(&ty) {
            section.refuse(&[key], &format!("type = \"{name}\""), findings);
        }
    }
}

/// Whether a time or id may be blank; it becomes nothing else.
fn blank_only(section: &mut Section<'_>, findings: &mut Findings) -> Option<bool> {
    match section.optional("blank") {
        Some(field) => field.choice(&[("", true)], findings),
        None => Some(false),
    }
}

fn unit(field: &Field<'_>, findings: &mut Findings) -> Option<Unit> {
    if field.is_text() {
        return field.choice(&[("decimal", Unit::Decimal), ("minor", Unit::Minor), ("micro", Unit::Micro)], findings);
    }
    let mut section = field.section(findings)?;
    let scaled = section.required("scaled").and_then(|field| field.whole(0, FIELD_SCALE_MAX, findings));
    section.finish(findings);
    Some(Unit::Scaled(u8::try_from(scaled?).expect("FIELD_SCALE_MAX fits 8 bits")))
}
