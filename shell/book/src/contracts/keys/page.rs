//! The reference of the contract file as Markdown: one section for each table, in the order in which they are first named.

use super::term::{CLOSING, KINDS, RATED, TERM};
use super::{FILE, Form, KeyDoc, KeyTable, Presence};

const BEGINNING: &str = "# The contract file

Every key of `contracts/*.toml`, made from the descriptions by which the parser accepts keys. What periods, cuts, spans,
roundings and reversals are: [the book](book.md#contractstoml). Each term with a worked number: [terms](terms/README.md).

*Required* means that there is no default; any other key is refused. Ids, dates, exact numbers, rates and zones are written
[as everywhere in the book](book.md#what-holds-everywhere). An *amount* is an exact number with at most the digits of its
asset.
";

/// All tables of keys of a contract file, in English Markdown; `docs/reference/contract.md` is this text.
#[must_use]
pub fn contract_reference() -> String {
    let mut page = BEGINNING.to_owned();
    let mut tables: Vec<&'static KeyTable> = vec![&FILE];
    let mut at = 0;
    while let Some(&table) = tables.get(at) {
        at += 1;
        page.push_str(&section_of(table));
        if std::ptr::eq(table, &TERM) {
            page.push_str(&kinds());
        }
        // A table stands behind the one that names it first.
        let mut behind = at;
        for inner in table.keys.iter().filter_map(|doc| doc.form.table()) {
            if !tables.iter().any(|known| std::ptr::eq(*known, inner)) {
                tables.insert(behind, inner);
                behind += 1;
            }
        }
    }
    page
}

/// Heading, words and keys of one table.
fn section_of(table: &KeyTable) -> String {
    let mut text = format!("\n## {}\n\n", table.heading);
    if !table.about.is_empty() {
        text += &format!("{}\n\n", table.about);
    }
    let has_kinds = table.keys.iter().any(|doc| !doc.kinds.is_empty());
    text += if has_kinds {
        "| key | for | type | default | what |\n|---|---|---|---|---|\n"
    } else {
        "| key | type | default | what |\n|---|---|---|---|\n"
    };
    for doc in table.keys {
        let kinds = if has_kinds { format!(" {} |", kinds_of(doc)) } else { String::new() };
        let KeyDoc { key, form, presence, meaning, .. } = doc;
        text += &format!("| `{key}` |{kinds} {} | {} | {meaning} |\n", form.shown(), presence.shown());
    }
    text
}

/// All kinds of terms, each with the keys that only few have.
fn kinds() -> String {
    let mut text =
        String::from("\n### Kinds\n\n| kind | what it charges | its own keys | pages |\n|---|---|---|---|\n");
    for (name, kind) in KINDS {
        let is_own = |doc: &&KeyDoc| doc.kinds.contains(&kind) && !is_shared(doc);
        let own: Vec<&str> = TERM.keys.iter().filter(is_own).map(|doc| doc.key).collect();
        let own = if own.is_empty() { "–".to_owned() } else { quoted(&own) };
        let (about, pages) = kind.about();
        let pages: Vec<String> = pages.iter().map(|page| format!("[{page}](terms/{page}.md)")).collect();
        text += &format!("| `{name}` | {about} | {own} | {} |\n", pages.join(", "));
    }
    text
}

/// Whether most kinds, all from events or all closing ones have a key.
fn is_shared(doc: &KeyDoc) -> bool {
    doc.key == "of" || doc.kinds == RATED || doc.kinds.len() > KINDS.len() / 2
}

fn kinds_of(doc: &KeyDoc) -> String {
    let names: Vec<&str> = doc.kinds.iter().map(|kind| kind.name()).collect();
    match doc.kinds {
        [] => "all".to_owned(),
        kinds if kinds == RATED => "from events".to_owned(),
        kinds if kinds == CLOSING => "closing".to_owned(),
        kinds if kinds.len() > KINDS.len() / 2 => {
            let others = KINDS.iter().filter(|(_, kind)| !kinds.contains(kind));
            format!("all but {}", quoted(&others.map(|(name, _)| *name).collect::<Vec<_>>()))
        }
        _ => quoted(&names),
    }
}

impl Form {
    fn shown(&self) -> String {
        let link = |word: &str, table: &KeyTable| format!("[{word}](#{})", anchor(table.heading));
        match self {
            Self::Is(words) => (*words).to_owned(),
            Self::Words(words) => quoted(words),
            Self::WordsOr(words, table) => format!("{}, or {}", quoted(words), link("table", table)),
            Self::Table(table) => link("table", table),
            Self::Tables(table) => format!("list of {}", link("tables", table)),
            Self::Sections(table) => link("sections", table),
            Self::Named(words, table) => format!("by name: {words}, or {}", link("table", table)),
        }
    }
}

impl Presence {
    fn shown(&self) -> String {
        match self {
            Self::Required => "required".to_owned(),
            Self::OneOf(keys) => format!("exactly one of {}", quoted(keys)),
            Self::Default(words) | Self::Depends(words) => (*words).to_owned(),
        }
    }
}

fn quoted(words: &[&str]) -> String {
    words.iter().map(|word| format!("`{word}`")).collect::<Vec<_>>().join(" ")
}

/// Where a heading can be reached on its page.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|letter| letter.is_alphanumeric() || " -_".contains(*letter));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}
