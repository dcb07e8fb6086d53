//! Identity, links and fingerprints.

use crate::book::{Fields, adapter, check, csv, instant, path, read, read_file, shown, source};
use event::{Columns, KindId};
use expect_test::expect;
use intake::adapter::{Adapter, Choice, Format, IdentityPlan, Received, Route, TimeFormat};
use intake::{Chunk, Limits, Reader, Splitter};

fn kinds_in_column(format: Format) -> Adapter {
    let mut adapter = adapter(format).amount("v");
    adapter.kind = Choice::Column { path: path("kind"), to: Vec::new() };
    adapter
}

fn batch(adapter: &Adapter, input: &str) -> Columns {
    let mut batches = read(adapter, input.as_bytes()).batches;
    assert_eq!(batches.len(), 1, "a case is one batch");
    batches.remove(0)
}

#[test]
fn links_lead_to_originals() {
    let mut adapter = kinds_in_column(csv());
    adapter.sources[0].kinds[1].as_mut().expect("a refund").link = Some(path("of"));
    check(
        &adapter,
        "id,kind,of,v\n1,sale,,5\n2,refund,1,5\n3,refund,,5\n4,refund,9,5\n",
        expect![[r#"
        2 s sale USD 1 v=500
        3 s refund USD 2 v=500 original=1
        4 s refund USD 3 v=500
        5 s refund USD 4 v=500 original=?
    "#]],
    );
}

#[test]
fn ids_may_be_reused_over_kinds() {
    let mut adapter = kinds_in_column(csv());
    let rows = "id,kind,v\n1,sale,5\n1,refund,5\n";
    let same = batch(&adapter, rows);
    assert_eq!(same.identity[0], same.identity[1]);
    for kind in adapter.sources[0].kinds.iter_mut().flatten() {
        kind.id_reused = true;
        kind.link = Some(path("id"));
        kind.original_kind = Some(KindId(0));
    }
    let apart = batch(&adapter, rows);
    assert_ne!(apart.identity[0], apart.identity[1]);
    assert_eq!(apart.original[1], apart.identity[0], "the refund names the sale of the same id");
}

#[test]
fn sources_have_ids_of_their_own() {
    let mut adapter = adapter(csv());
    adapter.sources.push(source("t", 1, IdentityPlan::Field(path("id"))));
    adapter.route = Route::Column { path: path("of"), to: vec![("s".into(), 0), ("t".into(), 1)] };
    let rows = batch(&adapter, "id,of\n1,s\n1,t\n");
    assert_ne!(rows.identity[0], rows.identity[1]);
}

#[test]
fn several_columns_make_an_id() {
    let mut adapter = adapter(csv());
    adapter.sources[0].identity = IdentityPlan::Columns(vec![path("a"), path("b")]);
    check(
        &adapter,
        "a,b\n1,2\n1,\n",
        expect![[r#"
        2 s sale USD 1|2
        3 1 field_missing [b] "": a value is needed here
    "#]],
    );
    let rows = batch(&adapter, "a,b\n12,3\n1,23\n12,3\n");
    assert_ne!(rows.identity[0], rows.identity[1]);
    assert_eq!(rows.identity[0], rows.identity[2]);
}

#[test]
fn files_have_slots() {
    let mut adapter = adapter(csv()).amount("v");
    adapter.sources[0].identity = IdentityPlan::File { pattern: "{yyyy}-{mm}".into() };
    let of = |name: &str, rows: &str| {
        let all = read_file(&adapter, rows.as_bytes(), name, instant("2019-02-01T00:00:00Z"), Limits::USUAL);
        (shown(&adapter, &all.batches), all.batches[0].identity.clone())
    };
    let (text, first) = of("trips_2019-01.csv.gz", "v\n5\nx\n5\n");
    expect![[r#"
        2 s sale USD 2019-01#1 v=500 received=2019-02-01T00:00:00Z
        3 2019-01#2 value_invalid [v] "x": expected a decimal number with at most 2 digits behind the point
        4 s sale USD 2019-01#3 v=500 received=2019-02-01T00:00:00Z
    "#]]
    .assert_eq(&text);
    let corrected = of("2019-01 again.csv", "v\n5\n6\n5\n").1;
    assert_eq!(
        [first[0], first[1]],
        [corrected[0], corrected[2]],
        "rows keep their places beside one that was refused"
    );
    assert_ne!(first[0], of("trips_2019-02.csv", "v\n5\n").1[0]);
    let nowhere = read_file(&adapter, "v\n5\n".as_bytes(), "trips.csv", instant("2019-02-01T00:00:00Z"), Limits::USUAL);
    expect![[r#"
        2 - field_missing [file name] "trips.csv": expected a file name in which `{yyyy}-{mm}` is found
    "#]]
    .assert_eq(&shown(&adapter, &nowhere.batches));
}

#[test]
fn fingerprints_tell_content() {
    let mut adapter = adapter(csv()).word("w").amount("v").time("at", TimeFormat::Rfc3339);
    adapter.received = Received::Column { path: path("got"), format: TimeFormat::Rfc3339 };
    let row = |word: &str, value: &str, at: &str, got: &str| {
        batch(&adapter, &format!("id,w,v,at,got\n1,{word},{value},{at},{got}\n")).fingerprint[0]
    };
    let first = row("x", "1.5", "2019-01-01T00:00:00Z", "2019-01-02T00:00:00Z");
    assert_eq!(
        first,
        row("x", "1.50", "2019-01-01T09:00:00+09:00", "2019-01-03T00:00:00Z"),
        "the same, received later"
    );
    for other in [
        row("y", "1.5", "2019-01-01T00:00:00Z", "2019-01-02T00:00:00Z"),
        row("x", "1.51", "2019-01-01T00:00:00Z", "2019-01-02T00:00:00Z"),
        row("x", "1.5", "2019-01-01T00:00:01Z", "2019-01-02T00:00:00Z"),
    ] {
        assert_ne!(first, other);
    }
    let mut scheme = adapter.clone();
    scheme.sources[0].scheme = 2;
    let rows = "id,w,v,at,got\n1,x,1.5,2019-01-01T00:00:00Z,2019-01-02T00:00:00Z\n";
    assert_ne!(first, batch(&scheme, rows).fingerprint[0]);
}

#[test]
fn lanes_number_words_as_they_come() {
    let adapter = adapter(csv()).word("w");
    let file =
        intake::FileFacts { id: event::FileId(3), name: "f".into(), received_at: calendar::Instant::NONE, slot: None };
    let mut reader = Reader::new(&adapter, 5);
    let mut out = Columns::new(adapter.id, &adapter.schema);
    let mut adapt = |rows: &str| {
        let mut chunk = Chunk::default();
        assert!(Splitter::new(rows.as_bytes(), &adapter).next_chunk(&mut chunk).expect("memory can be read"));
        reader.adapt(&chunk, &file, &mut out);
        assert_eq!((out.lane, out.file), (5, event::FileId(3)));
        let words: Vec<u32> = out.words[0].iter().map(|word| word.0).collect();
        (words, out.new_words.iter().map(|word| word.to_string()).collect::<Vec<_>>(), out.fingerprint.clone())
    };
    let (words, new_words, first) = adapt("id,w\n1,b\n2,a\n3,b\n");
    assert_eq!((words, new_words), (vec![1, 2, 1], vec!["b".to_owned(), "a".to_owned()]));
    let (words, new_words, second) = adapt("id,w\n9,c\n2,a\n");
    assert_eq!((words, new_words), (vec![3, 2], vec!["c".to_owned()]));
    assert_eq!(first[1], second[1], "words count by their text");
}
