//! Statements as two runs can be compared by: lines by what they are the lines of, whatever their place on the page.
//!
//! Both what lies in a folder and what an engine says pass through the same document, `statements.json`, so that neither
//! can look different by the way it was read.

use documents::{Names, write_statements_json};
use engine::Engine;
use money::parse_decimal;
use serde_json::Value;
use std::collections::BTreeMap;

/// Statements by id.
pub(crate) type Statements = BTreeMap<String, Told>;

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) contract: String,
    pub(crate) party: String,
    /// First day of the period.
    pub(crate) first_on: String,
    /// Name of the period.
    pub(crate) period: String,
    pub(crate) asset: String,
    /// Digits of the asset.
    pub(crate) digits: u8,
    pub(crate) status: String,
    /// Whole units, as all amounts here.
    pub(crate) total: i128,
    pub(crate) lines: BTreeMap<LineName, i128>,
}

/// What a line of a statement is the line of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct LineName {
    /// First day of the closed period that it restates.
    pub(crate) adjusts: Option<String>,
    /// None for VAT of the document and for adjustments.
    pub(crate) term: Option<String>,
    pub(crate) valid_from: Option<String>,
    /// `charge`, `vat` or `vat_included`.
    pub(crate) part: String,
    pub(crate) dimensions: Vec<(String, String)>,
    pub(crate) debtor: String,
    pub(crate) creditor: String,
    /// On which side the party stands: a party that owes itself has both.
    pub(crate) side: String,
    pub(crate) vat_rate: Option<String>,
    /// Which of several that are alike otherwise: parts of a division, adjustments.
    pub(crate) nth: usize,
}

impl LineName {
    /// For people: the term or the VAT, version, dimensions, and from whom to whom.
    pub(crate) fn label(&self) -> String {
        let mut label = match (&self.term, &self.vat_rate) {
            (Some(term), _) => term.clone(),
            (None, Some(rate)) => format!("VAT {rate}"),
            (None, None) => "adjustment".to_owned(),
        };
        if self.part != "charge" && self.term.is_some() {
            label.push_str(" VAT");
        }
        for (name, word) in &self.dimensions {
            label.push_str(&format!(" [{name}={word}]"));
        }
        if let Some(from) = &self.valid_from {
            label.push_str(&format!(" ({from})"));
        }
        format!("{label}: {} -> {}", self.debtor, self.creditor)
    }
}

/// Reads `statements.json`; none where it is no such document.
pub(crate) fn read(text: &[u8]) -> Option<Statements> {
    let document: Value = serde_json::from_slice(text).ok()?;
    let mut statements = Statements::new();
    for statement in document["statements"].as_array()? {
        let text = |field: &str| statement[field].as_str().map(str::to_owned);
        let total = parse_decimal(statement["total"].as_str()?.as_bytes()).ok()?;
        let told = Told {
            contract: text("contract")?,
            party: text("party")?,
            first_on: statement["period"]["first"].as_str()?.to_owned(),
            period: statement["period"]["name"].as_str()?.to_owned(),
            asset: text("asset")?,
            digits: total.scale,
            status: text("status")?,
            total: total.mantissa,
            lines: lines(statement["lines"].as_array()?)?,
        };
        statements.insert(text("id")?, told);
    }
    Some(statements)
}

fn lines(lines: &[Value]) -> Option<BTreeMap<LineName, i128>> {
    let mut named = BTreeMap::new();
    for line in lines {
        let optional = |field: &str| line[field].as_str().map(str::to_owned);
        let dimensions = line["dimensions"].as_object()?.iter();
        let mut name = LineName {
            adjusts: optional("adjusts"),
            term: optional("term"),
            valid_from: optional("valid_from"),
            part: optional("part")?,
            dimensions: dimensions.map(|(name, word)| (name.clone(), word.as_str().unwrap_or("").to_owned())).collect(),
            debtor: optional("debtor")?,
            creditor: optional("creditor")?,
            side: optional("side")?,
            vat_rate: optional("vat_rate"),
            nth: 0,
        };
        while named.contains_key(&name) {
            name.nth += 1;
        }
        named.insert(name, parse_decimal(line["amount"].as_str()?.as_bytes()).ok()?.mantissa);
    }
    Some(named)
}

/// All statements of an engine, issued and provisional.
pub(crate) fn of_engine(engine: &Engine) -> Statements {
    let word = |word| engine.state().dictionary.text(word);
    let names = Names { book: engine.book(), word: &word };
    let provisional = engine.provisional();
    let mut text = Vec::new();
    write_statements_json(&mut text, engine.state().statements.iter().chain(&provisional), &names)
        .expect("a vector takes every byte");
    read(&text).expect("a document of our own can be read")
}
