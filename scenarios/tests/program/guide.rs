//! What the first pages show is what the program says: the guide is followed step by step, and the README's pieces are held
//! against a run of the scenario that they come from.

use crate::bench::Bench;
use scenarios::{Answer, Scenario, run};
use std::path::Path;
use std::process::Command;

/// A fenced block of a page.
struct Block {
    /// What stands behind the fence: `toml`, `csv`, `sh`, `text`.
    kind: String,
    /// The paragraph before it.
    about: String,
    text: String,
}

fn blocks(page: &str) -> Vec<Block> {
    let page = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("..").join(page)).unwrap();
    let (mut blocks, mut about, mut open): (Vec<Block>, String, Option<Block>) = (Vec::new(), String::new(), None);
    for line in page.lines() {
        match (line.strip_prefix("```"), open.as_mut()) {
            (Some(_), Some(_)) => blocks.extend(open.take()),
            (Some(kind), None) => {
                let about = std::mem::take(&mut about);
                open = Some(Block { kind: kind.to_owned(), about, text: String::new() });
            }
            (None, Some(block)) => block.text += &format!("{line}\n"),
            // A paragraph ends with an empty line; the one before the fence is kept until then.
            (None, None) if about.ends_with("\n\n") && !line.is_empty() => about = format!("{line}\n"),
            (None, None) => about += &format!("{line}\n"),
        }
    }
    assert!(open.is_none(), "every fence is closed");
    blocks
}

/// The file that a paragraph names first.
fn file_named(about: &str) -> Option<&str> {
    about.split('`').skip(1).step_by(2).find(|word| !word.contains(' ') && word.contains('.'))
}

/// What was said, without the folder and with the measured figures as a page has them.
fn told(bench: &Bench, answer: &Answer) -> String {
    let place = format!("{}/", bench.path("").display().to_string().trim_end_matches('/'));
    untimed(&(answer.out.replace(&place, "") + &answer.err.replace(&place, "")))
}

fn untimed(text: &str) -> String {
    let lines =
        text.trim_end().lines().map(|line| if line.ends_with(" events/s") { "(time)" } else { line.trim_end() });
    lines.collect::<Vec<_>>().join("\n")
}

/// A command of the page; words that are paths are those of the folder.
fn follow(bench: &Bench, line: &str) -> Answer {
    let Some(command) = line.strip_prefix("jeongsan ") else {
        let done = Command::new("sh").args(["-c", line]).current_dir(bench.path("")).status().unwrap();
        assert!(done.success(), "{line}");
        return Answer { exit_code: 0, out: String::new(), err: String::new() };
    };
    let mut words: Vec<String> = command.split_whitespace().map(|word| word.trim_matches('\'').to_owned()).collect();
    for position in 1..words.len() {
        if words[position - 1] == "--out" || bench.path(&words[position]).exists() {
            words[position] = bench.path(&words[position]).display().to_string();
        }
    }
    run(&words.iter().map(String::as_str).collect::<Vec<_>>())
}

#[test]
fn the_first_book_comes_out_as_its_page_shows() {
    let bench = Bench::empty();
    let mut said = String::new();
    let mut shown = 0;
    for Block { kind, about, text } in blocks("docs/guide/first-book.md") {
        match (&*kind, file_named(&about)) {
            // The ledger's own reader is asked by the tests of the scenarios.
            ("sh", _) if text.starts_with("hledger ") => break,
            ("sh", _) => said = text.lines().map(|line| told(&bench, &follow(&bench, line))).collect(),
            ("toml", Some(file)) => bench.write(file, text),
            ("csv", Some(file)) if !bench.path(file).exists() => bench.write(file, text),
            (_, Some(file)) if bench.path(file).exists() => {
                assert_eq!(untimed(&bench.text(file)), untimed(&text), "{file}");
                shown += 1;
            }
            ("text", _) if about.contains("mistyped") => {
                let contract = "bakery/contracts/bakers.toml";
                bench.change(contract, "\"12%\"", "\"12,5%\"");
                assert_eq!(told(&bench, &follow(&bench, "jeongsan check bakery")), untimed(&text));
                bench.change(contract, "\"12,5%\"", "\"12%\"");
                shown += 1;
            }
            ("text", _) => {
                assert_eq!(said, untimed(&text), "{about}");
                shown += 1;
            }
            _ => panic!("nobody knows what to do with the {kind} after: {about}"),
        }
    }
    assert_eq!(shown, 9, "all that the page shows was held against what comes out");
}

#[test]
fn the_readme_shows_pieces_of_what_comes_out() {
    let bench = Bench::empty();
    let demo = Scenario::named("marketplace-demo").arguments().unwrap().join(" ");
    let mut said = bench.run(&format!("settle {demo} --out @out")).out;
    for file in ["games/studio/2026-01-KRW", "goods/bookshop/2026-02-KRW"] {
        said += &bench.text(&format!("out/statements/{file}.txt"));
    }
    said += &bench.text("out/exceptions.csv");
    said += &bench.run("explain @out o-203").out;
    let shown = blocks("README.md");
    let commands = shown.iter().filter(|block| block.kind == "sh").flat_map(|block| block.text.lines());
    for command in commands.clone() {
        // As a shell in the checkout would take it, but with the data directory aside.
        let root = concat!(env!("CARGO_MANIFEST_DIR"), "/../scenarios/");
        let line = command.replace(" data ", &format!(" {} ", bench.path("data").display()));
        let line = line.replace(" scenarios/", &format!(" {root}"));
        let words = Command::new("sh").args(["-c", &format!("printf '%s\\n' {line}")]).output().unwrap();
        let words = String::from_utf8(words.stdout).unwrap();
        let words: Vec<&str> = words.lines().skip(1).collect();
        said += &format!("{}\n", told(&bench, &run(&words)));
    }
    let said: Vec<&str> = said.lines().map(str::trim_end).collect();
    assert_eq!((shown.len(), commands.count()), (7, 3));
    for line in shown.iter().filter(|block| block.kind != "sh").flat_map(|block| block.text.lines()).map(str::trim_end)
    {
        assert!(said.contains(&line), "nothing says `{line}`");
    }
}
