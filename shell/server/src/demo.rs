//! `jeongsan demo`: a scenario end to end in a temporary folder, with the results in the terminal.

use crate::failure::Failure;
use crate::settle::{SettleOptions, settle, told};
use crate::tongue::Tongue;
use documents::{Csv, Names, statement_text};
use std::io::Write;
use std::path::Path;

/// The files of the scenario, as they stand in `scenarios/marketplace-demo`.
macro_rules! scenario {
    ($($path:literal)*) => {
        &[$(($path, include_str!(concat!("../../../scenarios/marketplace-demo/", $path))),)*]
    };
}

const FILES: &[(&str, &str)] = scenario! {
    "book/book.toml" "book/parties.toml" "book/calendars/kr.toml" "book/sources/items.toml" "book/sources/orders.toml"
    "book/contracts/games.toml" "book/contracts/goods.toml" "book/contracts/payment.toml"
    "events/items-2026-01.jsonl" "events/items-2026-02.jsonl" "events/orders-2026-01.csv" "events/orders-2026-02.csv"
};

pub(crate) fn command(as_json: bool, tongue: Tongue, out: &mut dyn Write, err: &mut dyn Write) -> Result<(), Failure> {
    let folder = tempfile::Builder::new()
        .prefix("jeongsan-demo-")
        .tempdir()
        .map_err(Failure::world("creating a folder in", &std::env::temp_dir()))?;
    for (path, text) in FILES {
        let path = folder.path().join(path);
        if let Some(parent) = path.parent() {
            std::fs::create_dir_all(parent).map_err(Failure::world("creating the folder", parent))?;
        }
        std::fs::write(&path, text).map_err(Failure::world("writing", &path))?;
    }
    let events = FILES.iter().filter(|(path, _)| path.starts_with("events/"));
    let options = SettleOptions {
        book: folder.path().join("book"),
        events: events.map(|(path, _)| folder.path().join(path).display().to_string()).collect(),
        out: folder.path().join("out"),
        as_of: None,
        received_at: None,
        replace: false,
        csv: Csv::Plain,
        hledger: true,
        threads: None,
        progress: false,
        tongue,
    };
    let settled = settle(&options)?;
    let stdout = || Failure::world("writing", Path::new("stdout"));
    if as_json {
        return out.write_all(settled.summary.json().as_bytes()).map_err(stdout());
    }
    let state = settled.engine.state();
    let word = |word| state.dictionary.text(word);
    let names = Names { book: settled.engine.book(), word: &word };
    for statement in &settled.statements {
        writeln!(out, "{}", statement_text(statement, &names, tongue.of_documents())).map_err(stdout())?;
    }
    let exceptions = options.out.join("exceptions.csv");
    let text = std::fs::read_to_string(&exceptions).map_err(Failure::world("reading", &exceptions))?;
    writeln!(out, "exceptions.csv\n{text}").map_err(stdout())?;
    out.write_all(told(&settled.summary, &options.out, tongue).as_bytes()).map_err(stdout())?;
    let kept = folder.keep();
    writeln!(
        err,
        "{}",
        tongue.of(
            "The folder is kept; explain a line of it, for example:",
            "폴더는 남아 있습니다. 항목을 설명해 보십시오:"
        )
    )
    .and_then(|()| {
        let id = settled.statements.first().map_or_else(String::new, |statement| names.statement_id(statement));
        writeln!(err, "  jeongsan explain {} '{id}#1'", kept.join("out").display())
    })
    .map_err(Failure::world("writing", Path::new("stderr")))
}
