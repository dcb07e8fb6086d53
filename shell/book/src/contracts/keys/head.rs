//! The keys of the file, of `[contract]` with its tables, and of `[[version]]`.

use super::Form::{Is, Named, Sections, Table, Words, WordsOr};
use super::Presence::{Default, Depends, OneOf, Required};
use super::term::TERM;
use super::{KeyTable, key};

/// The whole file.
pub(crate) static FILE: KeyTable = KeyTable {
    heading: "The file",
    about: "One contract a file.",
    keys: &[
        key("contract", Table(&CONTRACT), Required, "what the contract rates, and its calendar"),
        key("version", Sections(&VERSION), Required, "what it charges, each version from a day on"),
    ],
};

static CONTRACT: KeyTable = KeyTable {
    heading: "`[contract]`",
    about: "",
    keys: &[
        key("id", Is("id"), Required, "names the contract in outputs and commands; stable for ever"),
        key("sources", Is("list of sources"), Required, "whose events it may rate. Outside records are never rated"),
        key(
            "when",
            Is("[condition](expressions.md)"),
            Default("all"),
            "which of their events it rates. An event that no contract rates is [held](codes/contract_none.md)",
        ),
        key("date_basis", Is("`time` or `date` field"), Required, "gives the commercial day; it may not be blank"),
        key("zone", Is("zone"), Default("that of the book"), "of its days"),
        key(
            "cut_off",
            Is("time of day"),
            Default("`\"00:00\"`"),
            "a commercial day begins when the wall clock first shows this time on its date",
        ),
        key(
            "cycle",
            WordsOr(&["day", "half-month", "month", "once"], &CYCLE),
            Required,
            "how days make periods (정산주기). `half-month`: 1–15, 16–end. `once`: one period for ever, whose cut never \
             comes; it cannot have `ends_on`",
        ),
        key(
            "lag_days",
            Is("0 to 366"),
            Default("0"),
            "a day belongs to the *period* so many days later (D+2). The version stays that of the day itself",
        ),
        key("grace", Table(&GRACE), Default("none"), "wait from the end of a period to its cut"),
        key("due", Table(&DUE), Default("the day of the cut"), "when a statement is to be paid"),
        key("ends_on", Is("date"), Default("–"), "first day no longer covered"),
        key(
            "conversion",
            Table(&CONVERSION),
            Default("none"),
            "converts everything by published rates; every term then has scope `line`",
        ),
        key(
            "issue",
            Words(&["at_cut", "on_command"]),
            Default("`at_cut`"),
            "`on_command`: from its cut on a period is *closing* and takes named admissions only, until somebody \
             [issues](commands.md) it",
        ),
        key(
            "look_back_months",
            Is("1 to 1,200"),
            Default("24 (`LOOK_BACK_MONTHS`)"),
            "an event whose day lies in a period that ended more months before its receipt is held and goes to a person",
        ),
        key("payout", Table(&PAYOUT), Default("on the due date, any total"), "when and from which total on is paid"),
    ],
};

static CYCLE: KeyTable = KeyTable {
    heading: "`cycle`",
    about: "`{ week = \"monday\" }`, `{ weeks = 2, from = \"2019-01-07\" }`, `{ month_from = 21 }`, \
            `{ days_of_month = [1, 11, 21] }`.",
    keys: &[
        key(
            "week",
            Words(&["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]),
            OneOf(&CYCLES),
            "a week that begins on this day",
        ),
        key("weeks", Is("1 to 52"), OneOf(&CYCLES), "so many weeks"),
        key(
            "month_from",
            Is("1 to 28"),
            OneOf(&CYCLES),
            "a month from this day to the day before it in the next month",
        ),
        key(
            "days_of_month",
            Is("list of 1 to 28, ascending"),
            OneOf(&CYCLES),
            "a period begins on each of these days of a month",
        ),
        key("from", Is("date"), Depends("required with `weeks`; not with others"), "a day on which a period begins"),
    ],
};

const CYCLES: [&str; 4] = ["week", "weeks", "month_from", "days_of_month"];

static GRACE: KeyTable = KeyTable {
    heading: "`grace`",
    about: "",
    keys: &[
        key("days", Is("0 to 3,660"), OneOf(&["days", "hours"]), "calendar days: the time of day stays"),
        key("hours", Is("0 to 43,920"), OneOf(&["days", "hours"]), "elapsed hours"),
    ],
};

static DUE: KeyTable = KeyTable {
    heading: "`due`",
    about: "It counts from T, the last day of the period. Where a calendar does not cover a date, the due date stays empty \
            (`null`): it is never guessed.",
    keys: &[
        key("days", Is("0 to 3,660"), OneOf(&DUES), "so many calendar days after T"),
        key("business_days", Is("0 to 366"), OneOf(&DUES), "so many open days after T; needs `calendars`"),
        key("day_of_month", Is("1 to 31"), OneOf(&DUES), "this day of a month; 31: always the last one"),
        key("months_after", Is("0 to 24"), Default("0; only with `day_of_month`"), "so many months after that of T"),
        key(
            "roll",
            Words(&["none", "previous", "next"]),
            Default("`none`"),
            "what to do where the date is closed: nothing, the open day before it, the one after it",
        ),
        key(
            "calendars",
            Is("list of [calendars](book.md#calendarstoml)"),
            Default("every day is open"),
            "a day is open where *all* of these are open",
        ),
    ],
};

const DUES: [&str; 3] = ["days", "business_days", "day_of_month"];

static CONVERSION: KeyTable = KeyTable {
    heading: "`conversion`",
    about: "How a day's rate is found: [conversion](terms/conversion.md).",
    keys: &[
        key(
            "rates",
            Is("[rates](book.md#ratestoml)"),
            Required,
            "who publishes them. They must quote `to` and every asset of the contract's events",
        ),
        key("to", Is("asset"), Required, "the asset of all lines, and of every amount that a term states"),
        key(
            "digits",
            Is("0 to 10"),
            Required,
            "digits behind the point to which the cross is rounded half up, and again after the margin",
        ),
        key("below", Is("rate"), Default("no margin"), "taken off the cross; less than 100 %. Not beside `above`"),
        key("above", Is("rate"), Default("no margin"), "added to the cross. Not beside `below`"),
    ],
};

static PAYOUT: KeyTable = KeyTable {
    heading: "`payout`",
    about: "",
    keys: &[
        key("hold_days", Is("0 to 3,660"), Default("0"), "a statement is paid so many days after its due date"),
        key(
            "minimum",
            Is("amount"),
            Default("any total"),
            "it is paid from this total on; less waits for the next one",
        ),
        key(
            "asset",
            Is("asset"),
            Default("the only one that the contract settles; only with `minimum`"),
            "asset of the minimum",
        ),
    ],
};

static VERSION: KeyTable = KeyTable {
    heading: "`[[version]]`",
    about: "At most 10,000 versions, 1,000 terms (`TERMS_MAX`), 1,000 measures (`MEASURES_MAX`) and 16 dimensions \
            (`DIMENSIONS_MAX`) a contract, over all versions.",
    keys: &[
        key(
            "valid_from",
            Is("date"),
            Required,
            "first commercial day that it governs. Versions follow each other in order of days",
        ),
        key(
            "known_from",
            Is("instant"),
            Default("the beginning"),
            "before this moment of receipt nobody knows it. A version that becomes known after its first day restates what \
             it moves",
        ),
        key(
            "measures",
            Named("[expression](expressions.md)", &MEASURE),
            Default("none"),
            "`[version.measures]`: exact sums over events, by name. One in which an amount occurs is money of the event's \
             asset; any other is a plain number, which statements show",
        ),
        key(
            "term",
            Sections(&TERM),
            Default("none: it charges nothing"),
            "terms, in the order in which they are computed",
        ),
    ],
};

static MEASURE: KeyTable = KeyTable {
    heading: "`[version.measures]`",
    about: "`name = \"EXPRESSION\"`, or `name = { sum = \"EXPRESSION\", where = \"CONDITION\" }`.",
    keys: &[
        key("sum", Is("expression"), Required, "what each event adds"),
        key("where", Is("condition"), Default("all events that the contract rates"), "which events add to it"),
    ],
};
