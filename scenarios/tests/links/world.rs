//! A small book with one wallet, an engine that decides its events one by one, and a state that folds what was decided.
//!
//! Before each file the engine is dropped and another goes on from what a snapshot holds, from the claims of the last frames
//! and from what a naive run of the earlier ones says about what the batch needs.

use book::{Loaded, load_files};
use calendar::Instant;
use engine::{Claim, Decisions, Engine, Facts, LinkChange, Outcome, State};
use event::{Code, Columns, FileId, Identity};
use intake::{Chunk, FileFacts, Limits, Reader, Splitter};
use ledger::Account;
use std::collections::BTreeMap;
use std::sync::Arc;

const BOOK: &str = "[book]\nid = \"wallet\"\nname = \"Wallet\"\noperator = \"op\"\nassets = [\"KRW\", \"USD\"]\nzone = \"Asia/Seoul\"\n";

const PARTIES: &str = "[[party]]\nid = \"op\"\nname = \"Operator\"\ntax_type = \"general\"\n\
                       [[party]]\nid = \"studio\"\nname = \"Studio\"\ntax_type = \"general\"\n";

/// What every wallet of these tests has; the source follows.
const ADAPTER: &str = r#"[adapter]
id = "wallet"
format = "jsonl"
files = ["wallet*.jsonl"]
received_at = { column = "received", format = "rfc3339" }
kind = { column = "kind" }
asset = "KRW"

[adapter.fields]
id = { column = "id", type = "id" }
ref = { column = "ref", type = "id", blank = "" }
at = { column = "at", type = "time", format = "rfc3339" }
amount = { column = "amount", type = "amount", blank = "0" }
game = { column = "game", type = "word", blank = "" }
revision = { column = "revision", type = "number", blank = "0" }
last = { column = "last", type = "word", blank = "" }
"#;

/// Everything counts with its amount; wins and rollbacks say it below zero. 10 % by the event, 10 % by the line.
const CONTRACT: &str = r#"[contract]
id = "studio"
sources = ["wallet"]
date_basis = "at"
cycle = "month"

[[version]]
valid_from = "2023-01-01"

[version.measures]
net = "amount"

[[version.term]]
id = "by-event"
kind = "share"
of = "net"
rate = "10%"
debtor = "op"
creditor = "studio"
purpose = "content"
rounding = { scope = "event", mode = "half_up" }
reversal = "rerate"
reversal_date = "own"

[[version.term]]
id = "by-line"
kind = "share"
of = "net"
rate = "10%"
debtor = "op"
creditor = "studio"
purpose = "content"
rounding = { scope = "line", mode = "half_up" }
reversal = "rerate"
reversal_date = "own"
"#;

/// The texts of a book, to be changed piece by piece.
pub(crate) struct Texts {
    pub(crate) adapter: String,
    pub(crate) source: String,
    pub(crate) contract: String,
}

impl Texts {
    /// A wallet with these declarations of its source.
    pub(crate) fn of(source: &str) -> Self {
        Self { adapter: ADAPTER.to_owned(), source: source.to_owned(), contract: CONTRACT.to_owned() }
    }

    /// The files of the book.
    pub(crate) fn files(&self) -> Vec<(String, String)> {
        let source = format!("{}\n[[source]]\nid = \"wallet\"\n{}", self.adapter, self.source);
        let files = [
            ("book.toml", BOOK),
            ("parties.toml", PARTIES),
            ("sources/wallet.toml", &*source),
            ("contracts/studio.toml", &*self.contract),
        ];
        files.map(|(path, text)| (path.to_owned(), text.to_owned())).to_vec()
    }

    /// The book, or the codes of its faults.
    pub(crate) fn load(&self) -> Result<Loaded, Vec<&'static str>> {
        let files = self.files().into_iter().map(|(path, text)| (path, text.into_bytes()));
        load_files(files.collect()).map_err(|faults| faults.iter().map(|fault| fault.code()).collect())
    }

    pub(crate) fn world(&self) -> World {
        World::new(self.load().expect("the book of the test is sound"))
    }
}

/// A book under way.
pub(crate) struct World {
    loaded: Loaded,
    pub(crate) engine: Engine,
    folder: State,
    reader: Reader,
    sealed: BTreeMap<Identity, Claim>,
    sealed_to: u64,
    /// Everything that was decided so far.
    pub(crate) decided: Vec<Decisions>,
}

impl World {
    pub(crate) fn new(loaded: Loaded) -> Self {
        let book = Arc::new(loaded.book.clone());
        Self {
            engine: Engine::new(Arc::clone(&book)),
            folder: State::new(&book),
            reader: Reader::new(&loaded.adapters[0], 0),
            loaded,
            sealed: BTreeMap::new(),
            sealed_to: 0,
            decided: Vec::new(),
        }
    }

    /// Takes decisions over, and asserts that folding them leads to the same state.
    pub(crate) fn take(&mut self, decisions: Decisions) {
        self.folder.fold(&self.loaded.book, &decisions);
        assert_eq!(self.engine.state().digest(), self.folder.digest(), "a state that only folds is the same");
        self.decided.push(decisions);
    }

    /// Puts another engine in the place of this one, as after a start: two thirds of all decisions are in runs.
    fn start_again(&mut self) {
        let book = Arc::clone(self.engine.book());
        let state = State::from_parts(&book, self.engine.parts());
        assert_eq!(state.digest(), self.folder.digest(), "a snapshot holds the whole state");
        self.engine = Engine::with_state(book, state);
        self.reader = Reader::new(&self.loaded.adapters[0], 0);
        let sealed = self.decided.len() * 2 / 3;
        self.engine.remember(sealed as u64, self.decided[sealed..].iter().flat_map(Decisions::claimed));
        self.sealed =
            self.decided[..sealed].iter().flat_map(Decisions::claimed).map(|own| (own.identity, own)).collect();
        self.sealed_to = sealed as u64;
    }

    fn facts(&self, columns: &Columns) -> Facts {
        let needed = self.engine.needs(columns, 0..columns.len());
        let claims = needed.filter_map(|identity| self.sealed.get(&identity).copied()).collect();
        Facts { sealed_to: self.sealed_to, claims }
    }

    /// Decides the lines of a file.
    pub(crate) fn send_file(&mut self, file: u32, name: &str, lines: &str) -> Vec<Outcome> {
        self.start_again();
        let adapter = &self.loaded.adapters[0];
        let facts = FileFacts { id: FileId(file), name: name.into(), received_at: Instant::NONE, slot: None };
        let mut splitter = Splitter::with_limits(lines.as_bytes(), adapter, Limits::USUAL);
        let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
        let mut outcomes = Vec::new();
        while splitter.next_chunk(&mut chunk).expect("bytes in memory can be read") {
            self.reader.adapt(&chunk, &facts, &mut columns);
            assert!(columns.refused.is_empty(), "{:?}", columns.refused);
            self.engine.recall(self.facts(&columns));
            let mut row = 0;
            while row < columns.len() {
                let rows = row..columns.len();
                let decisions = self.engine.decide(&mut columns, rows);
                columns.new_words.clear();
                row = decisions.rows.end;
                outcomes.extend_from_slice(&decisions.outcomes);
                self.take(decisions);
            }
        }
        outcomes
    }

    /// Decides one event: its JSON members without braces; `at` is its receipt where it names none.
    #[track_caller]
    pub(crate) fn send(&mut self, at: &str, members: &str) -> Outcome {
        let happened = if members.contains("\"at\"") { String::new() } else { format!("\"at\":\"{at}\",") };
        let line = format!("{{\"received\":\"{at}\",{happened}{members}}}\n");
        let outcomes = self.send_file(0, "wallet.jsonl", &line);
        assert_eq!(outcomes.len(), 1, "{line}");
        outcomes[0]
    }

    /// Looks at the books at an instant.
    pub(crate) fn finish(&mut self, as_of: &str) {
        let as_of = Instant::parse_rfc3339(as_of.as_bytes()).expect("a test's instant is well written");
        let decisions = self.engine.finish(as_of);
        self.take(decisions);
    }

    /// What the studio is owed on accrual, in won.
    pub(crate) fn accrued(&self) -> i128 {
        let party = self.loaded.book.party("studio").expect("the book has a studio");
        let asset = money::AssetId(0);
        let state = self.engine.state();
        let accounts =
            state.chart.accounts_from(0).iter().filter(|account| **account == Account::Accrued(party, asset));
        accounts.map(|account| -state.balances.of(state.chart.open_number(*account))).sum()
    }

    /// The sum of the contract's measure over all tallies, in won.
    pub(crate) fn net(&self) -> i128 {
        let state = &self.engine.state().contracts[0];
        let periods = 0..u32::try_from(state.periods.len()).expect("few periods");
        let cells = periods.flat_map(|period| state.cells_of(period, None));
        let sum: i128 = cells.map(|cell| cell.sums[0]).sum();
        assert_eq!(sum % 100, 0, "amounts in won have no digits");
        sum / 100
    }

    /// Statement lines as `period term amount [restates]`, in order.
    pub(crate) fn lines(&self) -> Vec<String> {
        let statements = self.engine.state().statements.iter().cloned().chain(self.engine.provisional());
        let contract = &self.loaded.book.contracts[0];
        let mut lines = Vec::new();
        for statement in statements {
            for line in &statement.lines {
                let contract::LineOf::Term { term, version } = line.key.of else { continue };
                let id = &contract.versions[usize::from(version)].terms[usize::from(term)].id;
                let restates = line.adjusts_on.map_or(String::new(), |on| format!(" restates {on}"));
                lines.push(format!("{} {id} {}{restates}", statement.period.name(), line.amount));
            }
        }
        lines
    }

    /// What became of an event in the end: the last time that it was decided.
    pub(crate) fn fate(&self, id: &str) -> Fate {
        let mut fate = None;
        for decisions in &self.decided {
            let exceptions = decisions.exceptions.iter().filter(|exception| &*exception.id == id);
            fate = exceptions.map(|exception| Fate::Refused(exception.code)).next_back().or(fate);
            if decisions.parked.iter().any(|parked| parked.columns.id.text(0) == id) {
                fate = Some(Fate::Waits);
            }
            let released = decisions.released.iter().filter(|released| released.columns.id.text(0) == id);
            for released in released {
                fate = match released.outcome {
                    Outcome::Accepted => Some(Fate::Counts),
                    Outcome::Refused(code) => Some(Fate::Refused(code)),
                    Outcome::Waits | Outcome::NotYet => Some(Fate::Waits),
                };
            }
        }
        fate.unwrap_or(Fate::Counts)
    }

    /// How many events made their original void.
    pub(crate) fn voids(&self) -> usize {
        let links = self.decided.iter().flat_map(|decisions| &decisions.links);
        links.filter(|change| matches!(change, LinkChange::Voided { .. })).count()
    }
}

/// What became of an event in the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    Counts,
    Waits,
    Refused(Code),
}
