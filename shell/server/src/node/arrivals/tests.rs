//! A source with a limit and one without, at times that the test tells.

use super::*;
use crate::inputs;
use calendar::Instant;
use intake::Reader;
use std::collections::BTreeMap;

const BOOK: &str = "[book]\nid = \"b\"\nname = \"B\"\noperator = \"op\"\nassets = [\"KRW\"]\nzone = \"Asia/Seoul\"\n";
const PARTIES: &str = "[[party]]\nid = \"op\"\nname = \"Op\"\ntax_type = \"general\"\njurisdiction = \"KR\"\n";

/// A line of an adapter's head, and one of its source.
fn adapter(id: &str, head: &str, source: &str) -> String {
    format!(
        "[adapter]\nid = \"{id}\"\nformat = \"csv\"\nfiles = [\"{id}*.csv\"]\nheader = true\nkind = \"sale\"\nasset = \"KRW\"\n\
         {head}\n[adapter.fields]\nid = {{ column = \"id\", type = \"id\" }}\nprice = {{ column = \"price\", type = \"amount\" }}\n\
         [[source]]\nid = \"{id}\"\nidentity = {{ field = \"id\" }}\n{source}\n"
    )
}

/// Takes files of so many rows, with a line of the adapter without a limit, and tells when which rows came.
#[track_caller]
fn check(web: &str, files: &[(&str, usize)], expected: &[(i64, &str, u64)]) {
    let folder = tempfile::tempdir().expect("a folder for the test");
    let texts = [
        ("book.toml", BOOK.to_owned()),
        ("parties.toml", PARTIES.to_owned()),
        ("sources/app.toml", adapter("app", "", "events_per_s_max = 2")),
        ("sources/web.toml", adapter("web", web, "")),
    ];
    let texts = texts.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect();
    let loaded = book::load_files(texts).unwrap_or_else(|faults| panic!("{}", faults[0]));
    let mut paths = Vec::new();
    for (name, rows) in files {
        let path = folder.path().join(name);
        let rows: String = (0..*rows).map(|row| format!("{name}-{row},5,2024-03-02T00:00:00Z\n")).collect();
        std::fs::write(&path, format!("id,price,received\n{rows}")).expect("there is room");
        paths.push(path.to_string_lossy().into_owned());
    }
    let received_at = Instant::parse_rfc3339(b"2024-03-01T00:00:00Z");
    let inputs = inputs::find(&paths, &loaded.adapters, received_at, &BTreeMap::new()).expect("they are there");
    let progress = ProgressBar::hidden();
    let mut arrivals = Arrivals::new(&loaded.adapters, &inputs, &progress);
    let (mut now, mut chunk, mut came) = (0, Chunk::default(), Vec::new());
    loop {
        match arrivals.next(&mut chunk, now).expect("files can be read") {
            Next::Chunk(input) => {
                let (input, adapter) = (&inputs[input], &loaded.adapters[inputs[input].adapter]);
                let mut columns = Columns::new(adapter.id, &adapter.schema);
                Reader::new(adapter, 0).adapt(&chunk, &input.facts, &mut columns);
                arrivals.count(&columns, adapter, now);
                came.push((now, input.facts.name.to_string(), columns.len() as u64));
            }
            Next::At(at) => {
                assert!(at > now, "a time to come");
                now = at;
            }
            Next::End => break,
        }
    }
    let came: Vec<(i64, &str, u64)> = came.iter().map(|(at, name, rows)| (*at, &**name, *rows)).collect();
    assert_eq!(came, expected);
}

#[test]
fn a_source_waits_and_others_pass() {
    let files = [("app-1.csv", 5), ("app-2.csv", 1), ("web.csv", 3)];
    let at_once = [(0, "app-1.csv", 2), (0, "app-1.csv", 2), (0, "web.csv", 3)];
    check("", &files, &[&at_once[..], &[(1_000_000, "app-1.csv", 1), (1_500_000, "app-2.csv", 1)]].concat());
}

/// Rows behind it would be decided as late: it is not their source that waits.
#[test]
fn a_file_of_another_receipt_does_not_pass() {
    let files = [("app-1.csv", 5), ("web.csv", 3)];
    let received = "received_at = { column = \"received\", format = \"rfc3339\" }";
    let expected = [(0, "app-1.csv", 2), (0, "app-1.csv", 2), (1_000_000, "app-1.csv", 1), (1_500_000, "web.csv", 3)];
    check(received, &files, &expected);
}
