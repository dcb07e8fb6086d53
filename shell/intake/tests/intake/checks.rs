//! Equations that rows must satisfy, and outside records.

use crate::book::{Fields, adapter, check, csv, document, path};
use calendar::Instant;
use event::{Columns, FileId, KindId};
use expect_test::expect;
use intake::adapter::{Choice, Format};
use intake::{Chunk, FileFacts, Reader, Splitter};

#[test]
fn equations_give_the_difference() {
    let sums = adapter(csv()).amount("total").amount("fare").amount("tip").check("total", "total", "fare + tip");
    check(
        &sums,
        "id,total,fare,tip\n1,3,1,2\n2,4.95,1,2\n3,0.5,1,2\n4,3,1,2.00\n",
        expect![[r#"
        2 s sale USD 1 total=300 fare=100 tip=200
        3 2 check_failed [total] "total = fare + tip": +1.95
        4 3 check_failed [total] "total = fare + tip": -2.50
        5 s sale USD 4 total=300 fare=100 tip=200
    "#]],
    );
}

#[test]
fn equations_may_ask_for_words() {
    let mut some = adapter(csv()).word("type").amount("a").amount("b").check(
        "own",
        "a",
        "if(type = 'x' and kind = 'sale' and asset = 'USD' and source = 's', b, a)",
    );
    check(
        &some,
        "id,type,a,b\n1,x,1,1\n2,x,1,2\n3,y,1,2\n",
        expect![[r#"
        2 s sale USD 1 type="x" a=100 b=100
        3 2 check_failed [own] "a = if(type = 'x' and kind = 'sale' and asset = 'USD' and source = 's', b, a)": -1.00
        4 s sale USD 3 type="y" a=100 b=200
    "#]],
    );
    some.kind = Choice::Column { path: path("type"), to: vec![("x".into(), KindId(0)), ("y".into(), KindId(1))] };
    some.sources[0].checks[0].kinds = vec![KindId(1)];
    check(
        &some,
        "id,type,a,b\n1,x,1,2\n",
        expect![[r#"
        2 s sale USD 1 type="x" a=100 b=200
    "#]],
    );
}

#[test]
fn outside_records_are_only_counted() {
    let mut outside = adapter(document(None)).word("type").amount("a").amount("b").check("same", "a", "b");
    outside.outside = true;
    check(
        &outside,
        r#"[{"id":1,"type":"x","a":1,"b":1},{"id":2,"type":"y","a":1,"b":2},{"id":3,"type":"z","a":1,"b":"x"},{"id":4,"type":"z","a":2,"b":2}]"#,
        expect![[r#"
            2 2 outside check_failed [same] "a = b": -1.00
            3 3 outside value_invalid [b] "x": expected a decimal number with at most 2 digits behind the point
            outside 2
        "#]],
    );
}

#[test]
fn a_sum_beyond_all_bounds_is_refused() {
    let wide = adapter(Format::JsonLines).amount("a").check("cube", "a * a * a", "0");
    check(
        &wide,
        "{\"id\":1,\"a\":9999999999999999}\n",
        expect![[r#"
        1 1 amount_too_large [cube] "a * a * a = 0": the check passes the bound of exact arithmetic
    "#]],
    );
}

#[test]
fn outside_records_are_kept_where_that_is_asked_for() {
    let mut outside = adapter(document(None)).word("type").amount("a").amount("b").check("same", "a", "b");
    outside.outside = true;
    // The second fails its check and is kept, the third cannot be read and is not.
    let text = r#"[{"id":1,"type":"x","a":1,"b":1},{"id":2,"type":"y","a":1,"b":2},{"id":3,"type":"z","a":1,"b":"x"}]"#;
    let file = FileFacts { id: FileId(0), name: "f".into(), received_at: Instant(5), slot: None };
    let (mut chunk, mut out) = (Chunk::default(), Columns::new(outside.id, &outside.schema));
    let mut reader = Reader::new(&outside, 0).keeping(&outside);
    for _ in 0..2 {
        assert!(Splitter::new(text.as_bytes(), &outside).next_chunk(&mut chunk).unwrap());
        reader.adapt(&chunk, &file, &mut out);
        let kept = reader.kept().unwrap();
        let rows = (0..kept.len()).map(|row| (kept.id.text(row), kept.words[0].text(row), kept.numbers[1][row]));
        assert_eq!(rows.collect::<Vec<_>>(), [("1", "x", 100), ("2", "y", 200)]);
        assert_eq!((&*kept.line, &*kept.received_at), (&[1, 2][..], &[Instant(5); 2][..]));
        assert_eq!((out.len(), out.outside_records, out.refused.len()), (0, 1, 2));
    }
    outside.outside = false;
    assert!(Reader::new(&outside, 0).keeping(&outside).kept().is_none(), "events are no outside records");
}
