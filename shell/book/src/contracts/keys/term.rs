//! The kinds of terms, and the keys of `[[version.term]]` with its tables.

use super::Form::{Is, Table, Tables, Words, WordsOr};
use super::Presence::{Default, Depends, OneOf, Required};
use super::{KeyTable, key, key_for};

/// What a term computes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Share,
    Fee,
    Fixed,
    Division,
    Step,
    Agents,
    Attribution,
    Cap,
    Floor,
    Minimum,
    Carry,
    Advance,
    Prepaid,
}

/// How kinds are written.
pub(crate) const KINDS: [(&str, Kind); 13] = [
    ("share", Kind::Share),
    ("fee", Kind::Fee),
    ("fixed", Kind::Fixed),
    ("division", Kind::Division),
    ("step", Kind::Step),
    ("agents", Kind::Agents),
    ("attribution", Kind::Attribution),
    ("cap", Kind::Cap),
    ("floor", Kind::Floor),
    ("minimum", Kind::Minimum),
    ("carry", Kind::Carry),
    ("advance", Kind::Advance),
    ("prepaid", Kind::Prepaid),
];

/// The words of [`KINDS`].
const KIND_WORDS: [&str; KINDS.len()] = {
    let mut words = [""; KINDS.len()];
    let mut at = 0;
    while at < words.len() {
        words[at] = KINDS[at].0;
        at += 1;
    }
    words
};

/// Terms that are computed from events.
pub(crate) const RATED: &[Kind] =
    &[Kind::Share, Kind::Fee, Kind::Division, Kind::Step, Kind::Agents, Kind::Attribution];

/// Terms that are computed from the charges of other terms.
pub(super) const CLOSING: &[Kind] = &[Kind::Cap, Kind::Floor, Kind::Minimum, Kind::Carry, Kind::Advance, Kind::Prepaid];

/// Terms computed from events that need a measure.
const MEASURED: &[Kind] = &[Kind::Share, Kind::Division, Kind::Step, Kind::Agents, Kind::Attribution];

/// Terms with one creditor.
const WITH_CREDITOR: &[Kind] = &[
    Kind::Share,
    Kind::Fee,
    Kind::Fixed,
    Kind::Step,
    Kind::Cap,
    Kind::Floor,
    Kind::Minimum,
    Kind::Carry,
    Kind::Advance,
    Kind::Prepaid,
];

impl Kind {
    /// Whether it is computed from the charges of other terms.
    pub(crate) fn closes(self) -> bool {
        CLOSING.contains(&self)
    }

    /// Whether it names its creditors itself.
    pub(crate) fn names_creditors(self) -> bool {
        !WITH_CREDITOR.contains(&self)
    }

    /// How it is written.
    pub(crate) fn name(self) -> &'static str {
        KINDS.iter().find(|(_, other)| *other == self).map_or("share", |(name, _)| name)
    }

    /// What it charges, and its pages below `terms/`.
    pub(super) const fn about(self) -> (&'static str, &'static [&'static str]) {
        match self {
            Self::Share => (
                "a rate of a measure, flat, by tiers, or a price for each unit",
                &["share", "graduated", "volume", "deductions", "price", "promotion"],
            ),
            Self::Fee => ("a rate and a fixed amount for each event", &["fee"]),
            Self::Fixed => ("an amount for each period", &["fixed"]),
            Self::Division => ("a sum among several parties", &["division"]),
            Self::Step => ("an amount by the step that a sum reaches", &["step"]),
            Self::Agents => ("a tree of agents, each the difference of rates", &["agents"]),
            Self::Attribution => ("a sum among the channels of a path, by a model", &["attribution"]),
            Self::Cap => ("what other charges are above a cap", &["bound"]),
            Self::Floor => ("what other charges lack to a floor", &["bound"]),
            Self::Minimum => ("what is missing to a guaranteed amount", &["minimum"]),
            Self::Carry => ("charges below zero go to the next period", &["carry"]),
            Self::Advance => ("an amount paid in advance and recouped", &["advance"]),
            Self::Prepaid => ("credit bought in advance pays what is charged", &["prepaid"]),
        }
    }
}

pub(super) static TERM: KeyTable = KeyTable {
    heading: "`[[version.term]]`",
    about: "A term (조항) makes a charge that the debtor owes the creditor. *From events*: `share`, `fee`, `division`, \
            `step`, `agents`, `attribution`. *Closing*, computed from the charges of other terms: `cap`, `floor`, \
            `minimum`, `carry`, `advance`, `prepaid`.",
    keys: &[
        key(
            "id",
            Is("id"),
            Required,
            "unique in the version. What is carried from period to period belongs to a term by its id: a closing term keeps \
             its kind over all versions",
        ),
        key("kind", Words(&KIND_WORDS), Required, "what the term computes"),
        key(
            "debtor",
            Is("party, or `\"@field\"`"),
            Required,
            "who owes a positive charge. `\"@field\"`: the party that a word field of the event names; not for `fixed`",
        ),
        key_for("creditor", WITH_CREDITOR, Is("party, or `\"@field\"`"), Required, "to whom it is owed"),
        key("purpose", Is("id"), Required, "names the operator's revenue or cost account, e.g. `market:revenue:fee`"),
        key("vat", Table(&VAT), Default("none"), "[value added tax](terms/vat.md) on the charge"),
        key_for("of", MEASURED, Is("measure"), Required, "what it charges on"),
        key_for("of", &[Kind::Fee], Is("measure"), Default("1 for each event"), "what it charges on"),
        key_for(
            "of",
            CLOSING,
            Is("list of ids of terms"),
            Required,
            "whose charges it looks at: terms of this contract that are computed before it, between the same two parties",
        ),
        key_for(
            "when",
            RATED,
            Is("[condition](expressions.md)"),
            Default("all"),
            "which events the term rates; also which of them its deductions and its accumulator see",
        ),
        key_for(
            "dimensions",
            RATED,
            Is("list of word fields, `kind`, `source`"),
            Default("none"),
            "one line for each combination of their words",
        ),
        key_for(
            "rounding",
            RATED,
            Table(&ROUNDING),
            Depends("required; `step`: none"),
            "where and how the charge is rounded",
        ),
        key_for(
            "reversal",
            RATED,
            Words(&["rerate", "mirror"]),
            Depends("`share`: required; others: `rerate`"),
            "how events that take another back are rated: [reversals](book.md#versionterm)",
        ),
        key_for(
            "reversal_date",
            RATED,
            Words(&["own", "original"]),
            Depends("`share`: required; others: `own`"),
            "on which day they are rated",
        ),
        key_for("rate", &[Kind::Share], Is("rate"), OneOf(&CHARGED), "rate of the measure"),
        key_for(
            "tiers",
            &[Kind::Share],
            Tables(&TIER),
            OneOf(&CHARGED),
            "rates by what the measure reaches; at most 1,000",
        ),
        key_for(
            "price",
            &[Kind::Share],
            Is("exact number"),
            OneOf(&CHARGED),
            "amount for each unit of a plain number. It may have more digits than the asset",
        ),
        key_for(
            "per",
            &[Kind::Share],
            Is("1 to 1,000,000"),
            Default("1; only with `price`"),
            "the price is for so many units",
        ),
        key_for(
            "tiers_by",
            &[Kind::Share],
            Words(&["graduated", "volume"]),
            Default("`graduated`; only with `tiers`"),
            "`graduated`: each part at its own tier's rate. `volume`: all at the rate of the tier that is reached",
        ),
        key_for(
            "reset",
            &[Kind::Share],
            WordsOr(&SPANS, &SPAN),
            Default("`period`; only with `tiers`"),
            "when the tiers begin anew",
        ),
        key_for(
            "accumulator",
            &[Kind::Share],
            Is("measure"),
            Default("the base itself; only with `tiers_by = \"volume\"`"),
            "what fills the tiers",
        ),
        key_for(
            "on",
            &[Kind::Share],
            Words(&BASES),
            Default("`gross`; not with `price`"),
            "`rest`: what the charges, as rounded, of the terms listed before it of the same measure leave",
        ),
        key_for(
            "deductions",
            &[Kind::Share],
            Tables(&DEDUCTION),
            Default("none; not with `price`"),
            "taken off the measure in the listed order; at most 1,000",
        ),
        key_for(
            "carry",
            &[Kind::Share],
            Words(&["measure"]),
            Default("none; not with `price`"),
            "a base below zero charges nothing and is [carried](terms/carry.md) to the next period whole",
        ),
        key_for(
            "rate",
            &[Kind::Fee],
            Is("rate"),
            Default("0; this or `fixed` or both"),
            "rate of the measure of each event",
        ),
        key_for("fixed", &[Kind::Fee], Is("amount"), Default("0"), "amount for each event"),
        key_for(
            "min",
            &[Kind::Fee],
            Is("amount"),
            Default("none"),
            "the least fee of an event. It acts on the magnitude: a fee on a refund is the mirror image",
        ),
        key_for("max", &[Kind::Fee], Is("amount"), Default("none"), "the largest fee of an event, also by magnitude"),
        key_for(
            "asset",
            &[Kind::Share, Kind::Fee],
            Is("asset"),
            Default("the only one that the contract settles; `share`: only with `price`"),
            "asset of its amounts: the term rates events of this asset alone",
        ),
        key_for(
            "amount",
            &[Kind::Fixed],
            Is("amount"),
            Required,
            "charged for each period that begins while the version is in force",
        ),
        key_for(
            "amount",
            &[Kind::Cap, Kind::Floor, Kind::Minimum, Kind::Advance],
            Is("amount"),
            Required,
            "the cap, the floor, what is guaranteed, what is paid in advance",
        ),
        key_for(
            "asset",
            &[Kind::Fixed],
            Is("asset"),
            Depends("required where the book has several and nothing is converted"),
            "asset of its amount",
        ),
        key_for(
            "asset",
            &[Kind::Step, Kind::Cap, Kind::Floor, Kind::Minimum, Kind::Advance, Kind::Prepaid],
            Is("asset"),
            Default("the only one that the contract settles"),
            "asset of its amounts",
        ),
        key_for(
            "parts",
            &[Kind::Division],
            Tables(&PART),
            Required,
            "who takes which part; together 100 %; at most 1,000",
        ),
        key_for(
            "residue",
            &[Kind::Division],
            Is("creditor of a part"),
            Required,
            "takes what rounding the parts leaves",
        ),
        key_for("steps", &[Kind::Step], Tables(&STEP), Required, "amounts by what the measure reaches; at most 1,000"),
        key_for("agent", &[Kind::Agents], Is("word field"), Required, "names an event's agent"),
        key_for("agents", &[Kind::Agents], Tables(&AGENT), Required, "the tree, in any order; at most 10,000"),
        key_for(
            "path",
            &[Kind::Attribution],
            Is("word field"),
            Required,
            "holds the touches, ids of parties, first touch first",
        ),
        key_for("separator", &[Kind::Attribution], Is("text"), Default("`>`"), "what stands between touches"),
        key_for(
            "model",
            &[Kind::Attribution],
            Words(&["last_touch", "first_touch", "linear", "position", "time_decay"]),
            Required,
            "how a sum is [divided](terms/attribution.md) among the touches",
        ),
        key_for(
            "first_percent",
            &[Kind::Attribution],
            Is("0 to 100"),
            Default("40; only with `position`"),
            "what the first touch takes, in percent",
        ),
        key_for(
            "last_percent",
            &[Kind::Attribution],
            Is("0 to 100 − `first_percent`"),
            Default("40; only with `position`"),
            "what the last touch takes, in percent",
        ),
        key_for(
            "half_life",
            &[Kind::Attribution],
            Is("1 to 1,000"),
            Default("1; only with `time_decay`"),
            "after so many later touches a touch weighs half",
        ),
        key_for("span", &[Kind::Minimum], WordsOr(&SPANS, &SPAN), Default("`period`"), "the guarantee's own period"),
        key_for(
            "recoupable",
            &[Kind::Minimum],
            Is("true, false"),
            Default("false"),
            "whether what it pays above what was earned is taken from later charges",
        ),
        key_for(
            "pool",
            &[Kind::Minimum],
            Is("list of `\"contract/term\"`"),
            Default("none"),
            "terms of other contracts that count as earned too",
        ),
        key_for("on", &[Kind::Advance], Is("date"), Required, "it is paid with the period of this day"),
        key_for("share", &[Kind::Advance], Is("rate"), Default("100 %"), "which part of later charges may be kept"),
        key_for("top_up", &[Kind::Prepaid], Is("measure"), Required, "what was bought"),
        key_for(
            "low",
            &[Kind::Prepaid],
            Is("amount"),
            Default("none"),
            "a balance below it makes a notice on the statement. It never holds an event",
        ),
        key_for(
            "limit",
            &[Kind::Prepaid],
            Is("amount"),
            Default("none"),
            "charges beyond the balance by more make a notice on the statement. They never hold an event",
        ),
    ],
};

/// What a share charges by.
const CHARGED: [&str; 3] = ["rate", "tiers", "price"];

/// What a rate is of.
const BASES: [&str; 2] = ["gross", "rest"];

/// Spans without a number.
const SPANS: [&str; 5] = ["period", "quarter", "half_year", "year", "ever"];

/// How roundings are written.
const MODES: [&str; 6] = ["half_up", "half_even", "down", "up", "toward_payee", "floor_ten"];

static SPAN: KeyTable = KeyTable {
    heading: "`reset`, `span`",
    about: "A period belongs to the span in which its first day lies. `quarter`, `half_year` and `year` are those of the \
            calendar, `ever` never ends.",
    keys: &[
        key("months", Is("1 to 120"), Required, "so many months"),
        key("from", Is("date"), Required, "they are counted from the month of this date"),
    ],
};

static ROUNDING: KeyTable = KeyTable {
    heading: "`rounding`",
    about: "What the modes do: [the book](book.md#versionterm).",
    keys: &[
        key(
            "scope",
            Words(&["event", "line"]),
            Required,
            "`event`: each event's charge is rounded and posted with it. `line`: the line is rounded once. A fee is always by \
             event; tiers, steps, agents, attribution, deductions and `carry` are always by line",
        ),
        key("mode", Words(&MODES), Required, "how a half and the rest are rounded"),
    ],
};

static TIER: KeyTable = KeyTable {
    heading: "`tiers`",
    about: "`[{ up_to = \"1000000\", rate = \"10%\" }, { rate = \"15%\" }]`, from the lowest bound up.",
    keys: &[
        key("rate", Is("rate"), Required, "rate of the tier"),
        key(
            "up_to",
            Is("exact number"),
            Depends("required but in the last tier, which has none"),
            "the bound; it belongs to its tier",
        ),
    ],
};

static STEP: KeyTable = KeyTable {
    heading: "`steps`",
    about: "`[{ up_to = \"1000\", amount = \"100000\" }, { amount = \"150000\" }]`, from the lowest bound up.",
    keys: &[
        key("amount", Is("amount"), Required, "what is charged where the measure reaches the step"),
        key(
            "up_to",
            Is("exact number"),
            Depends("required but in the last step, which has none"),
            "the bound; it belongs to its step",
        ),
    ],
};

static DEDUCTION: KeyTable = KeyTable {
    heading: "`deductions`",
    about: "Each is rounded to the smallest unit before the next; see [deductions](terms/deductions.md).",
    keys: &[
        key("name", Is("text"), Required, "as statements print it"),
        key("of", Is("measure"), OneOf(&["of", "rate"]), "this sum is taken off"),
        key("rate", Is("rate"), OneOf(&["of", "rate"]), "this part of the measure is taken off"),
        key(
            "on",
            Words(&BASES),
            Default("`gross`; only with `rate`"),
            "`rest`: of what the deductions before it leave",
        ),
        key(
            "allocate_by",
            Is("measure"),
            Default("none; only with `of`"),
            "the sum is that of all events of the contract, and each line bears its part by this measure",
        ),
    ],
};

static PART: KeyTable = KeyTable {
    heading: "`parts`",
    about: "",
    keys: &[
        key("creditor", Is("party, or `\"@field\"`"), Required, "who is owed the part"),
        key("share", Is("rate"), Required, "how much of the measure"),
    ],
};

static AGENT: KeyTable = KeyTable {
    heading: "`agents`",
    about: "`[{ party = \"a\", rate = \"5%\" }, { party = \"b\", under = \"a\", rate = \"3%\" }]`.",
    keys: &[
        key("party", Is("party"), Required, "the agent; each once"),
        key("under", Is("party of another agent"), Default("nobody"), "who stands above"),
        key("rate", Is("rate"), Required, "what the agent and all below earn together; not above that of `under`"),
    ],
};

static VAT: KeyTable = KeyTable {
    heading: "`vat`",
    about: "",
    keys: &[
        key("rate", Is("rate"), Required, "of the charge"),
        key("rounding", Words(&MODES), Required, "how the tax is rounded"),
        key(
            "scope",
            Words(&["event", "line", "document"]),
            Default("`document`"),
            "each event is its own tax record; once a line; once for all charges of the period between two parties with this \
             rate, rounding and issuer",
        ),
        key(
            "mode",
            Words(&["exclusive", "inclusive"]),
            Default("`exclusive`"),
            "on top of the charge, or inside it. Inside is not for `document`",
        ),
        key(
            "issuer",
            Words(&["creditor", "debtor"]),
            Default("`creditor`"),
            "who issues the tax invoice; `debtor` is self-billed (역발행)",
        ),
    ],
};
