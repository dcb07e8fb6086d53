//! Bad input as a new user would bring it.

use crate::book::{Fields, adapter, check, csv, document};
use expect_test::expect;
use intake::adapter::{Format, TimeFormat};

#[test]
fn bad_numbers() {
    let rows: String =
        ["1e400", "NaN", "٣", "\"1,234.5\"", "1234567890123456789012345678901234567890", "1.005", "", "0x10"]
            .iter()
            .enumerate()
            .map(|(id, value)| format!("{id},{value}\n"))
            .collect();
    check(
        &adapter(csv()).amount("v"),
        format!("id,v\n{rows}"),
        expect![[r#"
        2 0 value_invalid [v] "1e400": expected a decimal number with at most 2 digits behind the point
        3 1 value_invalid [v] "NaN": expected a decimal number with at most 2 digits behind the point
        4 2 value_invalid [v] "٣": expected a decimal number with at most 2 digits behind the point
        5 3 value_invalid [v] "1,234.5": expected a decimal number with at most 2 digits behind the point
        6 4 amount_too_large [v] "1234567890123456789012345678901234567890": expected a magnitude below 10^18 units
        7 5 scale_exceeded [v] "1.005": expected a decimal number with at most 2 digits behind the point
        8 6 field_missing [v] "": a value is needed here
        9 7 value_invalid [v] "0x10": expected a decimal number with at most 2 digits behind the point
    "#]],
    );
    let lines = concat!(
        "{\"id\":1,\"v\":1e400}\n{\"id\":2,\"v\":NaN}\n{\"id\":3,\"v\":\"٣\"}\n{\"id\":4,\"v\":\"1,234.5\"}\n",
        "{\"id\":5,\"v\":1234567890123456789012345678901234567890}\n{\"id\":6,\"v\":1E2}\n{\"id\":7,\"v\":true}\n",
        "{\"id\":8,\"v\":{}}\n{\"id\":9,\"v\":null}\n{\"id\":10}\n{\"id\":11,\"v\":01}\n",
    );
    check(
        &adapter(Format::JsonLines).amount("v"),
        lines,
        expect![[r#"
        1 1 value_invalid [v] "1e400": expected a decimal number with at most 2 digits behind the point
        2 - row_malformed [] "{\"id\":2,\"v\":NaN}": expected a value at character 13
        3 3 value_invalid [v] "٣": expected a decimal number with at most 2 digits behind the point
        4 4 value_invalid [v] "1,234.5": expected a decimal number with at most 2 digits behind the point
        5 5 amount_too_large [v] "1234567890123456789012345678901234567890": expected a magnitude below 10^18 units
        6 6 value_invalid [v] "1E2": expected a decimal number with at most 2 digits behind the point
        7 7 value_invalid [v] "true": expected a decimal number with at most 2 digits behind the point
        8 8 value_invalid [v] "{}": expected a decimal number with at most 2 digits behind the point
        9 9 field_missing [v] "null": a value is needed here
        10 10 field_missing [v] "": a value is needed here
        11 - row_malformed [] "{\"id\":11,\"v\":01}": expected a comma or a closing brace at character 15
    "#]],
    );
}

#[test]
fn bad_rows() {
    check(
        &adapter(csv()).amount("v"),
        b"id,v\n1\n2,3,4\n3,\"4\"x\n4,\"5\n".as_slice(),
        expect![[r#"
        2 - row_malformed [] "1": expected 2 fields, one for each column
        3 - row_malformed [] "2,3,4": expected 2 fields, one for each column
        4 - row_malformed [] "3,\"4\"x": expected a delimiter after the closing quote at character 6
        5 - file_truncated [] "4,\"5\n": the file ends inside a quoted field
    "#]],
    );
    let lines = concat!(
        "{\"id\":1,\"v\":1\n{\"id\":2,\"v\":1}}\n{\"id\":3,\"v\":1,}\n[1]\n{\"id\":4,\"id\":5,\"v\":1}\n",
        "{\"id\":\"\\ud800\",\"v\":1}\n{\"id\":\"a\tb\",\"v\":1}\n{\"id\":\"\\x\",\"v\":1}\n{\"id\":7,\"v\":1,\"x\":[1,}\n",
    );
    check(
        &adapter(Format::JsonLines).amount("v"),
        lines,
        expect![[r#"
        1 - row_malformed [] "{\"id\":1,\"v\":1": expected a comma or a closing brace at character 14
        2 - row_malformed [] "{\"id\":2,\"v\":1}}": expected the end of the row at character 15
        3 - row_malformed [] "{\"id\":3,\"v\":1,}": expected a member's name in quotes at character 15
        4 - row_malformed [] "[1]": expected an object at character 1
        5 - row_malformed [] "{\"id\":4,\"id\":5,\"v\":1}": expected each member once at character 10
        6 - value_invalid [id] "\\ud800": expected an id
        7 - row_malformed [] "{\"id\":\"a\tb\",\"v\":1}": expected no control character inside a string at character 9
        8 - row_malformed [] "{\"id\":\"\\x\",\"v\":1}": expected one of the escapes of JSON at character 8
        9 - row_malformed [] "{\"id\":7,\"v\":1,\"x\":[1,}": expected a value at character 22
    "#]],
    );
}

#[test]
fn bad_bytes() {
    check(
        &adapter(csv()).amount("v"),
        b"id,v\n1,2\n\xff,3\n3,4\n".as_slice(),
        expect![[r#"
        2 s sale USD 1 v=200
        3 - encoding_invalid [] "�,3": expected UTF-8
        4 s sale USD 3 v=400
    "#]],
    );
    check(
        &adapter(Format::JsonLines),
        b"{\"id\":\"\xc0\xaf\"}\n{\"id\":1}\n".as_slice(),
        expect![[r#"
        1 - encoding_invalid [] "{\"id\":\"��\"}": expected UTF-8
        2 s sale USD 1
    "#]],
    );
}

#[test]
fn missing_columns() {
    let mut blank = crate::book::amount_plan("v");
    blank.blank = Some(0);
    check(
        &adapter(csv()).number(blank, 2, true),
        "id,w\n1,2\n",
        expect![[r#"
        2 1 field_missing [v] "": the file has no such column, or more than one of this name
    "#]],
    );
    check(
        &adapter(csv()).amount("v"),
        "id,v,v\n1,2,3\n",
        expect![[r#"
        2 1 field_missing [v] "": the file has no such column, or more than one of this name
    "#]],
    );
}

#[test]
fn of_several_faults_the_first_in_order_of_codes_is_given() {
    let both = adapter(csv()).amount("v").word("w").time("t", TimeFormat::Rfc3339);
    check(
        &both,
        "id,v,w,t\n1,1.005,,never\n2,1.005,x,never\n3,1.005,x,2300-01-01T00:00:00Z\n,1.005,x,never\n",
        expect![[r#"
            2 1 field_missing [w] "": a value is needed here
            3 2 value_invalid [t] "never": expected a time such as 2019-01-31T02:30:00Z
            4 3 scale_exceeded [v] "1.005": expected a decimal number with at most 2 digits behind the point
            5 - field_missing [id] "": a value is needed here
        "#]],
    );
}

#[test]
fn empty_files() {
    for format in [csv(), Format::JsonLines, document(None)] {
        for input in ["", "\n", "\u{feff}"] {
            check(&adapter(format.clone()).amount("v"), input, expect![[r#""#]]);
        }
    }
}
