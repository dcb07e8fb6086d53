//! The shapes of files.

use crate::book::{Fields, adapter, amount_plan, check, csv, document, path, read, shown};
use expect_test::{Expect, expect};
use intake::adapter::{Adapter, Encoding, Format, Header};
use std::io::Write;

fn sales(format: Format) -> Adapter {
    adapter(format).word("shop").amount("price")
}

#[test]
fn delimited_tables() {
    check(
        &sales(csv()),
        "\u{feff}id,price,unused,shop\r\n1,2.5,x,north\r\n\r\n2,\"3.00\",\"a,b\",\"so\"\"uth\nside\"\r\n3,4,,ea\"st",
        expect![[r#"
            2 s sale USD 1 shop="north" price=250
            4 s sale USD 2 shop="so\"uth\nside" price=300
            6 s sale USD 3 shop="ea\"st" price=400
        "#]],
    );
    let named = Header::Named { columns: ["shop", "id", "price"].map(Into::into).to_vec(), skip_lines: 2 };
    check(
        &sales(Format::Delimited { delimiter: b'\t', header: named }),
        "Report of May\n\nnorth\t1\t2.50\nsouth\t2\t3\n",
        expect![[r#"
            3 s sale USD 1 shop="north" price=250
            4 s sale USD 2 shop="south" price=300
        "#]],
    );
}

#[test]
fn whitespace_tables() {
    check(
        &sales(Format::Whitespace { header: Header::FirstLine }),
        " id   shop price\r\n 1  north\t 2.50 \r\n   \r\n 2  south    3\r\n",
        expect![[r#"
            2 s sale USD 1 shop="north" price=250
            4 s sale USD 2 shop="south" price=300
        "#]],
    );
}

#[test]
fn json_lines() {
    check(
        &sales(Format::JsonLines),
        concat!(
            "{\"id\":\"1\",\"shop\":\"north\",\"price\":2.50}\n\n",
            " { \"pr\\u0069ce\" : \"3\" , \"x\" : [ {}, [ ], {\"y\":[1.5e-7,true,null]} ] , \"shop\":\"s\\\"\\ud55c\\n\", \"id\":7 } \r\n",
            "{\"id\":\"3\",\"shop\":\"\",\"price\":1,\"\":{}}"
        ),
        expect![[r#"
            1 s sale USD 1 shop="north" price=250
            3 s sale USD 7 shop="s\"한\n" price=300
            4 3 field_missing [shop] "": a value is needed here
        "#]],
    );
}

#[test]
fn json_paths() {
    let mut other = amount_plan("fees[].fee");
    other.or = Some(path("fee"));
    let paths = adapter(Format::JsonLines).amount("card.amount").number(other, 2, true);
    check(
        &paths,
        concat!(
            "{\"id\":1,\"card\":{\"x\":1,\"amount\":\"5.00\"},\"fees\":[{\"fee\":1.25},{\"fee\":\"2\"}]}\n",
            "{\"id\":2,\"card\":{\"amount\":5},\"fee\":0.50}\n",
            "{\"id\":3,\"card\":{\"amount\":5},\"fees\":[]}\n",
            "{\"id\":4,\"card\":{\"amount\":5},\"fees\":[{\"fee\":1},{\"rate\":2}]}\n",
            "{\"id\":5,\"card\":[],\"fee\":1}\n",
            "{\"id\":6,\"card\":null,\"fees\":null,\"fee\":1}\n",
            "{\"id\":7,\"card\":{\"amount\":1,\"amount\":2},\"fee\":1}\n",
        ),
        expect![[r#"
            1 s sale USD 1 card.amount=500 fees[].fee=325
            2 s sale USD 2 card.amount=500 fees[].fee=50
            3 s sale USD 3 card.amount=500 fees[].fee=0
            4 4 value_invalid [fees[].fee] "{\"rate\":2}": expected a decimal number with at most 2 digits behind the point
            5 5 value_invalid [card.amount] "[]": expected a decimal number with at most 2 digits behind the point
            6 6 field_missing [card.amount] "null": a value is needed here
            7 - row_malformed [] "{\"id\":7,\"card\":{\"amount\":1,\"amount\":2},\"fee\":1}": expected each member once at character 29
        "#]],
    );
}

fn check_document(rows: Option<&str>, input: &str, expected: Expect) {
    check(&sales(document(rows)), input, expected);
}

#[test]
fn json_documents() {
    check_document(
        None,
        " [ {\"id\":1,\"shop\":\"n]\",\"price\":1} ,\n{\"id\":2,\"shop\":\"s\\\"{\",\"price\":2},7, \"x\", [1] ] ",
        expect![[r#"
            1 s sale USD 1 shop="n]" price=100
            2 s sale USD 2 shop="s\"{" price=200
            3 - row_malformed [] "7": expected an object at character 1
            4 - row_malformed [] "\"x\"": expected an object at character 1
            5 - row_malformed [] "[1]": expected an object at character 1
        "#]],
    );
    check_document(
        None,
        "{\"id\":1,\n\"shop\":\"n\",\"price\":1}\n",
        expect![[r#"
        1 s sale USD 1 shop="n" price=100
    "#]],
    );
    check_document(None, "[]", expect![[r#""#]]);
    check_document(
        Some("report.rows"),
        "{\"a\":[{\"rows\":[1]}],\"b\":1,\"report\":{\"c\":\"}\",\"rows\":[{\"id\":1,\"shop\":\"n\",\"price\":1}],\"d\":[{}]},\"e\":2}",
        expect![[r#"
            1 s sale USD 1 shop="n" price=100
        "#]],
    );
}

#[test]
fn malformed_json_documents() {
    check_document(
        Some("rows"),
        "{\"a\":1}",
        expect![[r#"
        1 - row_malformed [] "}": expected the array where the adapter's `rows` leads
    "#]],
    );
    check_document(
        Some("rows"),
        "{\"rows\":{}}",
        expect![[r#"
            1 - row_malformed [] "{": expected an array where the adapter's `rows` leads
        "#]],
    );
    check_document(
        None,
        "[{\"id\":1,\"shop\":\"n\",\"price\":1} {\"id\":2}]",
        expect![[r#"
            1 s sale USD 1 shop="n" price=100
            2 - row_malformed [] "{": expected a comma or the end of the array
        "#]],
    );
    check_document(
        None,
        "[{\"id\":1,\"shop\":\"n\",\"price\":1}] x",
        expect![[r#"
        1 s sale USD 1 shop="n" price=100
        2 - row_malformed [] "x": expected the end of the document
    "#]],
    );
    check_document(
        None,
        "[{\"id\":1,\"shop\":\"n\",\"price\":1},{\"id\"",
        expect![[r#"
        1 s sale USD 1 shop="n" price=100
        2 - file_truncated [] "{\"id\"": the document ends before its last bracket
    "#]],
    );
    check_document(
        None,
        "[{\"id\":1,\"shop\":\"n\",\"price\":1},]",
        expect![[r#"
        1 s sale USD 1 shop="n" price=100
        2 - row_malformed [] "]": expected an element
    "#]],
    );
}

const PLAIN: &str = "id,shop,price\n1,north,2\n2,south,3\n";

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
    encoder.write_all(bytes).expect("memory takes all");
    encoder.finish().expect("memory takes all")
}

#[test]
fn compressed_files() {
    let plain = shown(&sales(csv()), &read(&sales(csv()), PLAIN.as_bytes()).batches);
    let twice = [gzip(&PLAIN.as_bytes()[..20]), gzip(&PLAIN.as_bytes()[20..])].concat();
    let zstd = zstd::encode_all(PLAIN.as_bytes(), 3).expect("memory takes all");
    for compressed in [gzip(PLAIN.as_bytes()), twice, zstd] {
        assert_eq!(shown(&sales(csv()), &read(&sales(csv()), compressed.as_slice()).batches), plain);
    }
}

#[test]
fn damaged_compressed_files() {
    let many: String = (0..100_000).map(|number| format!("{number},north,{}\n", number * 7_919 % 10_007)).collect();
    let whole = format!("id,shop,price\n{many}");
    let zstd = zstd::encode_all(whole.as_bytes(), 3).expect("memory takes all");
    for compressed in [gzip(whole.as_bytes()), zstd] {
        let all = read(&sales(csv()), &compressed[..compressed.len() / 2]);
        let events: usize = all.batches.iter().map(event::Columns::len).sum();
        let refused: Vec<_> = all.batches.iter().flat_map(|batch| &batch.refused).collect();
        assert_eq!(refused.len(), 1, "one exception for the file");
        assert_eq!((refused[0].code, refused[0].line), (event::Code::FileTruncated, events as u64 + 2));
        assert!((1..100_000).contains(&events));
    }
    check(
        &sales(csv()),
        [0x1f, 0x8b, 8],
        expect![[r#"
        1 - file_truncated [] "": unexpected end of file
    "#]],
    );
}

#[test]
fn korean_tables() {
    let mut korean = adapter(csv()).word("상점").amount("금액");
    korean.encoding = Encoding::Cp949;
    let text = "id,상점,금액\n1,\"힣똠,방각하\",2.50\n2,강남,3\n";
    let (bytes, _, lossy) = encoding_rs::EUC_KR.encode(text);
    assert!(!lossy);
    let mut bytes = bytes.into_owned();
    bytes.extend_from_slice(b"3,\xff\xff,4\n4,x\xb0\n5,ascii,1\n");
    check(
        &korean,
        bytes,
        expect![[r#"
        2 s sale USD 1 상점="힣똠,방각하" 금액=250
        3 s sale USD 2 상점="강남" 금액=300
        4 - encoding_invalid [] "3,��,4": expected CP949
        5 - encoding_invalid [] "4,x�": expected CP949
        6 s sale USD 5 상점="ascii" 금액=100
    "#]],
    );
}

#[test]
fn second_bytes_of_cp949_are_never_structure() {
    let structure = b"\n\r\"',\t {}[]:\\|;";
    for lead in 0x81..=0xfe_u8 {
        for trail in structure {
            let pair = [lead, *trail];
            let text = encoding_rs::EUC_KR.decode_without_bom_handling_and_without_replacement(&pair);
            assert!(text.is_none(), "{lead:x} {trail:x} would be a character");
        }
    }
}
