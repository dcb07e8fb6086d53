//! `summary.json`: what a run counted.

use serde_json::{Map, Value, json};
use std::time::Duration;

/// What a run counted. The five decisions add up to `events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Summary {
    /// Id of the book.
    pub book: String,
    /// As of when the periods stand, RFC 3339; empty where no event has a time of receipt.
    pub as_of: String,
    /// Events read, outside records not counted.
    pub events: u64,
    /// Counted events.
    pub accepted: u64,
    /// Events that were there already.
    pub duplicates: u64,
    /// Events whose id was there already with other content.
    pub conflicts: u64,
    /// Events kept back.
    pub held: u64,
    /// Rows that could be no events.
    pub rejected: u64,
    /// Records of somebody else's report, those that failed their checks too.
    pub outside_records: u64,
    /// Rows received after the moment of the look; they are none of the events.
    pub not_yet_received: u64,
    /// Commands that were carried out, had been before, and could not be.
    pub commands: [u64; 3],
    /// Entries of the ledger.
    pub entries: u64,
    /// Statements, issued and provisional.
    pub statements: u64,
    /// How long it took, from the first byte read to the last written.
    pub elapsed: Duration,
    /// Digest of the state in hexadecimal digits.
    pub state_digest: String,
    /// What is remarkable and changes nothing.
    pub flags: Vec<Flag>,
    /// Sealed periods, by contract and in order of time; empty where there are none.
    pub seals: Vec<Seal>,
    /// What the book's reconciliations came to, in order; empty where it declares none.
    pub reconciliations: Vec<ReconciliationCounts>,
}

/// A sealed period: whoever noted the digest sees later whether its statements are still what they were.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seal {
    /// Id of the contract.
    pub contract: String,
    /// Name of the period, as in statements.
    pub period: String,
    /// Digest of the statements of the period, in hexadecimal digits.
    pub digest: String,
}

/// What one reconciliation came to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReconciliationCounts {
    /// Its id.
    pub id: String,
    /// Records of the left side.
    pub left_records: u64,
    /// Records of the right side.
    pub right_records: u64,
    /// Pairs that agree.
    pub matched: u64,
    /// Those of them that agree only because of a tolerance.
    pub within_tolerance: u64,
    /// How many breaks of each class there are, by name, also where there is none.
    pub breaks: Vec<(&'static str, u64)>,
}

/// Something remarkable that does not decide about any event, e.g. a gap in a source's sequence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flag {
    /// What it is, e.g. `sequence_gap`.
    pub name: String,
    /// Id of the source that it is about.
    pub source: String,
    /// How many there are.
    pub count: u64,
    /// The first of them, for people.
    pub detail: String,
}

impl Summary {
    /// Events by second of the run; 0 for a run too short to be measured.
    #[must_use]
    pub fn events_per_second(&self) -> u64 {
        let rate = (u128::from(self.events) * 1000).checked_div(self.elapsed.as_millis());
        rate.map_or(0, |rate| u64::try_from(rate).unwrap_or(u64::MAX))
    }

    /// The fields by name, in the order in which they are documented.
    ///
    /// # Panics
    /// Where the five decisions do not add up to the events.
    #[must_use]
    pub fn value(&self) -> Value {
        let decided = self.accepted + self.duplicates + self.conflicts + self.held + self.rejected;
        assert!(decided == self.events, "every event is decided once: {self:?}");
        let mut fields = Map::new();
        fields.insert("format".into(), json!("jeongsan.summary"));
        fields.insert("version".into(), json!(1));
        fields.insert("book".into(), json!(self.book));
        fields.insert("as_of".into(), json!(self.as_of));
        let counts = [
            ("events", self.events),
            ("accepted", self.accepted),
            ("duplicates", self.duplicates),
            ("conflicts", self.conflicts),
            ("held", self.held),
            ("rejected", self.rejected),
            ("outside_records", self.outside_records),
            ("not_yet_received", self.not_yet_received),
            ("commands", self.commands[0]),
            ("commands_again", self.commands[1]),
            ("commands_refused", self.commands[2]),
            ("entries", self.entries),
            ("statements", self.statements),
        ];
        fields.extend(counts.map(|(name, count)| (name.to_owned(), json!(count))));
        let millis = u64::try_from(self.elapsed.as_millis()).unwrap_or(u64::MAX);
        fields.insert("seconds".into(), json!(Duration::from_millis(millis).as_secs_f64()));
        fields.insert("events_per_second".into(), json!(self.events_per_second()));
        fields.insert("state_digest".into(), json!(self.state_digest));
        fields.insert("flags".into(), self.flags.iter().map(Flag::value).collect());
        if !self.seals.is_empty() {
            fields.insert("seals".into(), self.seals.iter().map(Seal::value).collect());
        }
        if !self.reconciliations.is_empty() {
            let counts = self.reconciliations.iter().map(|one| (one.id.clone(), one.value()));
            fields.insert("reconciliation".into(), Value::Object(counts.collect()));
        }
        Value::Object(fields)
    }

    /// The document: [`Summary::value`] as indented JSON with a line end.
    #[must_use]
    pub fn json(&self) -> String {
        format!("{:#}\n", self.value())
    }
}

impl Seal {
    fn value(&self) -> Value {
        json!({ "contract": self.contract, "period": self.period, "digest": self.digest })
    }
}

impl ReconciliationCounts {
    /// All breaks.
    #[must_use]
    pub fn all_breaks(&self) -> u64 {
        self.breaks.iter().map(|(_, count)| count).sum()
    }

    fn value(&self) -> Value {
        let classes: Map<String, Value> =
            self.breaks.iter().map(|(name, count)| ((*name).to_owned(), json!(count))).collect();
        json!({
            "left_records": self.left_records, "right_records": self.right_records, "matched": self.matched,
            "within_tolerance": self.within_tolerance, "breaks": self.all_breaks(), "classes": classes,
        })
    }
}

impl Flag {
    fn value(&self) -> Value {
        json!({ "name": self.name, "source": self.source, "count": self.count, "detail": self.detail })
    }
}
