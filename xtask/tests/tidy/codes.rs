//! Every code has a documentation page that says what the code itself says, the index lists them in order of
//! precedence, and the page of the book lists every fault that a book can have.
//!
//! Codes are read from their table in the source, since this crate depends on none of the product's.

use crate::tree::{TextFile, assert_none, text_files, text_of};

/// Where the table of codes stands.
const SOURCE: &str = "core/event/src/code.rs";

/// Where the pages stand, one `<name>.md` a code beside the index.
const FOLDER: &str = "docs/reference/codes/";

/// A line of the table of codes.
#[derive(Debug, PartialEq, Eq)]
struct Code {
    name: String,
    /// `format`, `rules` or `history`.
    stage: String,
    /// `rejected`, `held`, `duplicate` or `conflict`.
    disposition: String,
    meaning: String,
}

/// The codes in order: lines such as `RowMalformed, "row_malformed", Format, Rejected, "The row …";`.
fn codes(source: &str) -> Vec<Code> {
    let table = source.split_once("\ncodes! {").map_or("", |(_, table)| table);
    let table = table.split_once("\n}").map_or("", |(table, _)| table);
    table.lines().filter_map(code).collect()
}

fn code(line: &str) -> Option<Code> {
    let parts: Vec<&str> = line.trim().splitn(5, ", ").collect();
    let [_, name, stage, disposition, meaning] = parts[..] else { return None };
    Some(Code {
        name: name.trim_matches('"').to_owned(),
        stage: stage.to_lowercase(),
        disposition: disposition.to_lowercase(),
        meaning: meaning.strip_prefix('"')?.strip_suffix("\";")?.to_owned(),
    })
}

/// What is wrong with the page of a code.
fn page_faults(code: &Code, page: &TextFile) -> Vec<String> {
    let has_row = |begin: &str| page.text.lines().any(|line| line.starts_with(begin));
    let mut faults = Vec::new();
    if !page.text.starts_with(&format!("# `{}`: ", code.name)) {
        faults.push(page.fault(1, &format!("the title must begin with `{}`", code.name)));
    }
    if !page.text.lines().any(|line| line == code.meaning) {
        faults.push(page.fault(1, &format!("must say on a line: {}", code.meaning)));
    }
    for (key, value) in [("stage", &code.stage), ("disposition", &code.disposition)] {
        if !has_row(&format!("| {key} | `{value}`")) {
            faults.push(page.fault(1, &format!("the {key} is `{value}`")));
        }
    }
    for section in ["## Example", "## What to do"] {
        if !has_row(section) {
            faults.push(page.fault(1, &format!("has no section {section}")));
        }
    }
    faults
}

/// Codes without page, pages without code, and pages that say something else than their code.
fn faults(codes: &[Code], pages: &[&TextFile]) -> Vec<String> {
    let mut faults = Vec::new();
    for code in codes {
        match pages.iter().find(|page| page.path == format!("{FOLDER}{}.md", code.name)) {
            Some(page) => faults.extend(page_faults(code, page)),
            None => faults.push(format!("{FOLDER}{}.md is missing", code.name)),
        }
    }
    for page in pages {
        let name = page.path.trim_start_matches(FOLDER).trim_end_matches(".md");
        if name != "README" && !codes.iter().any(|code| code.name == name) {
            faults.push(page.fault(1, "is the page of no code"));
        }
    }
    faults
}

/// The rows of the index for these codes.
fn rows(codes: &[Code]) -> Vec<String> {
    let row = |code: &Code| {
        let Code { name, stage, disposition, meaning } = code;
        format!("| [`{name}`]({name}.md) | {stage} | {disposition} | {meaning} |")
    };
    codes.iter().map(row).collect()
}

fn rows_of(index: &str) -> Vec<&str> {
    index.lines().filter(|line| line.starts_with("| [`")).collect()
}

#[test]
fn every_code_has_a_page_that_agrees_with_it() {
    let codes = codes(text_of(SOURCE));
    assert!(codes.len() > 20, "the codes are found in {SOURCE}");
    let pages: Vec<&TextFile> = text_files().iter().filter(|file| file.path.starts_with(FOLDER)).collect();
    assert_none(&faults(&codes, &pages));
}

#[test]
fn the_index_lists_all_codes_in_order_of_precedence() {
    let expected = rows(&codes(text_of(SOURCE)));
    let shown = rows_of(text_of("docs/reference/codes/README.md"));
    assert!(shown == expected, "the table of the index must be:\n{}", expected.join("\n"));
}

/// The words for machines in the table of a book's faults: lines such as `RateInvalid { value } "rate_invalid"`.
fn faults_of_books(source: &str) -> Vec<&str> {
    let word = |line: &'_ str| line.split_once("} \"").and_then(|(_, rest)| rest.strip_suffix('"')).map(str::len);
    source.lines().filter_map(|line| word(line).map(|length| &line[line.len() - length - 1..line.len() - 1])).collect()
}

#[test]
fn every_fault_of_a_book_is_documented() {
    let faults = faults_of_books(text_of("shell/book/src/fault/kinds.rs"));
    assert!(faults.len() > 50, "the faults are found");
    let page = text_of("docs/reference/book.md");
    let missing = faults.iter().filter(|fault| !page.contains(&format!("| `{fault}` |")));
    assert_none(&missing.map(|fault| format!("docs/reference/book.md does not list {fault}")).collect::<Vec<_>>());
}

#[test]
fn faults_of_books_are_found() {
    let table = "    RateInvalid { value } \"rate_invalid\"\n        \"`{value}` is no rate\" => \"write it\"\n";
    assert_eq!(faults_of_books(table), ["rate_invalid"]);
}

#[test]
fn a_page_that_disagrees_is_caught() {
    let found =
        codes("x\ncodes! {\n    TimeNever, \"time_never\", Format, Rejected, \"It, too, never was.\";\n}\nother, 1\n");
    let [code] = &found[..] else { panic!("one code, not {found:?}") };
    assert_eq!((&*code.name, &*code.meaning), ("time_never", "It, too, never was."));
    let good = "# `time_never`: Never\n\nIt, too, never was.\n\n| stage | `format` |\n| disposition | `rejected` (x) |\n\n\
                ## Example\n\n## What to do\n";
    let check = |path: &str, text: &str| faults(&found, &[&TextFile::example(path, text)]);
    let path = "docs/reference/codes/time_never.md";
    assert_eq!(check(path, good), Vec::<String>::new());
    for (from, to) in [("`format`", "`rules`"), ("`rejected`", "`held`"), ("It, too", "It"), ("# `time", "# `mime")] {
        assert_eq!(check(path, &good.replace(from, to)).len(), 1, "{from} becomes {to}");
    }
    assert_eq!(check(path, &good.replace("## Example", "")).len(), 1);
    assert_eq!(check("docs/reference/codes/gone.md", good).len(), 2);
    assert_eq!(rows(&found), ["| [`time_never`](time_never.md) | format | rejected | It, too, never was. |"]);
}
