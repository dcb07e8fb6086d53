//! Settings of a template: the values in its files that a comment `#?` marks.
//!
//! `rate = "12%"  #? share: the provider's share | 제공사의 몫` says that the value before it is the setting `share`, with
//! the question for it in English and Korean. Further marks of a key have no question and take the same value. A line with
//! several values has several keys, separated by ` ; `, a `-` for a value that is none. So a template is a book as it
//! stands, and filling it in replaces values and nothing else.

use crate::tongue::Tongue;
use std::collections::BTreeMap;
use std::ops::Range;

/// What stands before the settings of a line.
const MARK: &str = "#? ";

/// One setting of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Setting {
    pub(crate) key: &'static str,
    /// The question, in English and Korean.
    pub(crate) told: (&'static str, &'static str),
    /// What the template says.
    pub(crate) default: &'static str,
    /// The file in which it stands first.
    pub(crate) file: &'static str,
    /// Whether it is a whole number without quotes.
    pub(crate) is_number: bool,
}

/// A key in a marked line and its question, where it has one.
type Key<'t> = (&'t str, Option<(&'t str, &'t str)>);

/// The settings of a template's files, in order.
pub(crate) fn settings(files: &'static [(&'static str, &'static str)]) -> Vec<Setting> {
    let mut found = Vec::new();
    for &(file, text) in files {
        for line in text.lines() {
            let Some((code, mark)) = line.split_once(MARK) else { continue };
            for (span, (key, told)) in values(code).into_iter().zip(keys(mark)) {
                let value = &code[span];
                if let Some(told) = told {
                    let is_number = !value.starts_with('"');
                    found.push(Setting { key, told, default: value.trim_matches('"'), file, is_number });
                }
            }
        }
    }
    found
}

/// Whether a value can stand in a setting's place at all.
pub(crate) fn is_fit(setting: &Setting, value: &str) -> bool {
    if setting.is_number {
        return !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit());
    }
    !value.chars().any(|character| character.is_control() || "\"\\".contains(character))
}

/// A file with other values, its marks turned into comments of a language.
pub(crate) fn filled(text: &str, values_of: &BTreeMap<&str, String>, tongue: Tongue) -> String {
    let mut filled = String::with_capacity(text.len());
    for line in text.lines() {
        match line.split_once(MARK) {
            Some((code, mark)) => filled.push_str(&filled_line(code, mark, values_of, tongue)),
            None => filled.push_str(line),
        }
        filled.push('\n');
    }
    filled
}

fn filled_line(code: &str, mark: &str, values_of: &BTreeMap<&str, String>, tongue: Tongue) -> String {
    let mut line = code.to_owned();
    let marked: Vec<(Range<usize>, Key<'_>)> = values(code).into_iter().zip(keys(mark)).collect();
    // From the end on, so that what stands before keeps its place.
    for (span, (key, _)) in marked.iter().rev() {
        if let Some(value) = values_of.get(key) {
            let is_quoted = code[span.clone()].starts_with('"');
            let value = if is_quoted { format!("\"{value}\"") } else { value.clone() };
            line.replace_range(span.clone(), &value);
        }
    }
    let told: Vec<&str> =
        marked.iter().filter_map(|(_, (_, told))| told.map(|told| tongue.of(told.0, told.1))).collect();
    if told.is_empty() { line.trim_end().to_owned() } else { format!("{line}# {}", told.join("; ")) }
}

/// Where the values of a line of TOML stand: texts in quotes, and whole numbers behind `=`.
fn values(code: &str) -> Vec<Range<usize>> {
    let (mut found, bytes, mut at) = (Vec::new(), code.as_bytes(), 0);
    while at < bytes.len() {
        let from = at;
        let length = match bytes[at] {
            b'"' => code[at + 1..].find('"').map(|length| length + 2),
            b'0'..=b'9' if code[..at].ends_with("= ") => {
                Some(code[at..].bytes().take_while(u8::is_ascii_digit).count())
            }
            _ => None,
        };
        at += length.unwrap_or(1);
        if length.is_some() {
            found.push(from..at);
        }
    }
    found
}

/// The keys behind a mark with their questions.
fn keys(mark: &str) -> Vec<Key<'_>> {
    let key = |item: &'_ str| -> (usize, Option<(usize, usize)>) {
        let key = item.find(": ").unwrap_or(item.len());
        (key, item.find(" | ").map(|bar| (key + 2, bar)))
    };
    let items = mark.split(" ; ").map(str::trim);
    items
        .map(|item| match key(item) {
            (end, Some((from, bar))) if from < bar => (&item[..end], Some((&item[from..bar], &item[bar + 3..]))),
            (end, _) => (&item[..end], None),
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::new::templates::TEMPLATES;

    const FILE: &[(&str, &str)] = &[(
        "a.toml",
        "id = \"x\"  #? who: who it is | 누구\n{ up_to = \"5\", rate = \"1%\" },  #? - ; rate: the rate | 요율\n\
         due = { days = 10 }  #? days: days to wait | 일수\nother = \"x\"  #? who\n",
    )];

    #[test]
    fn marked_values_are_settings() {
        let found = settings(FILE);
        let told: Vec<_> = found.iter().map(|own| (own.key, own.default, own.told.1, own.is_number)).collect();
        assert_eq!(told, [("who", "x", "누구", false), ("rate", "1%", "요율", false), ("days", "10", "일수", true)]);
    }

    #[test]
    fn values_are_replaced_wherever_they_are_marked() {
        let values = [("who", "y"), ("rate", "2.5%"), ("days", "7")].map(|(key, value)| (key, value.to_owned()));
        let text = filled(FILE[0].1, &BTreeMap::from(values), Tongue::English);
        let expected = "id = \"y\"  # who it is\n{ up_to = \"5\", rate = \"2.5%\" },  # the rate\n\
            due = { days = 7 }  # days to wait\nother = \"y\"\n";
        assert_eq!(text, expected);
    }

    /// Every mark has as many keys as its line has values, every key a question once, and the same value everywhere.
    #[test]
    fn templates_are_marked_consistently() {
        for template in TEMPLATES {
            let settings = settings(template.files);
            for &(file, text) in template.files {
                for (code, mark) in text.lines().filter_map(|line| line.split_once(MARK)) {
                    let (values, keys) = (values(code), keys(mark));
                    assert!(keys.len() <= values.len(), "{} {file}: {code}", template.name);
                    for (span, (key, _)) in values.into_iter().zip(keys).filter(|(_, (key, _))| *key != "-") {
                        let asked: Vec<&Setting> = settings.iter().filter(|own| own.key == key).collect();
                        assert_eq!(asked.len(), 1, "{} {file}: {key}", template.name);
                        assert_eq!(asked[0].default, code[span].trim_matches('"'), "{} {file}: {key}", template.name);
                    }
                }
            }
        }
    }
}
