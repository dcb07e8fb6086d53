//! A small book with everything that a book keeps on disk, made by the node over a simulated disk: segments, runs with their
//! filter, snapshots, two definitions, links, held and rejected rows, commands, late events. All files together have at
//! most 64 KiB.

use ::book::{Base, Fault, Loaded, load_onto};
use calendar::{Date, Instant};
use canon::Digest;
use engine::{Action, Command, OfPeriod, Outcome};
use event::{Columns, FileId, Identity};
use intake::{Chunk, FileFacts, Reader, Splitter};
use runtime::{Batch, Input, Keeps, Limits, Opened, Output, Raw, Refusal, Scale, Ticket, Told, encode, facts_of};
use simulator::disk::SimDisk;
use std::cell::RefCell;
use std::collections::VecDeque;
use std::error::Error;
use std::fmt::Write as _;
use std::sync::Arc;
use store::log::Sizes;
use store::runs::{Progress, write_run};
use store::turn::{AcceptedClock, TakenFile, Turn};
use store::{Disk, LayerSizes, snapshots};

/// Id of the book.
pub(crate) const ID: &str = "small";

/// Before this batch the book is closed and opened again.
const STARTED_AGAIN: u32 = 4;

/// Every so many batches the bytes are kept as they were received.
const KEPT_RAW: u32 = 3;

/// The most that its files may have together.
const BYTES_MAX: usize = 64 << 10;

/// Everything small, so that there is some of everything.
pub(crate) fn scale() -> Scale {
    Scale {
        sizes: Sizes { segment_bytes: 3_584, alignment: 256, reserve_bytes: 0 },
        layers: LayerSizes { first: 20, last: 100 },
        limits: Limits { turns_max: 4, run_identities: 16, snapshot_events: 1_000 },
    }
}

/// The files of the book; with a second version of its contract, or without.
pub(crate) fn files(id: &str, grown: bool) -> Vec<(String, Vec<u8>)> {
    let party = |id: &str| format!("[[party]]\nid = \"{id}\"\nname = \"x\"\ntax_type = \"general\"\n");
    let version = |from: &str, rate: &str| {
        format!(
            "[[version]]\nvalid_from = \"{from}\"\n[version.measures]\nsales = \"amount\"\n[[version.term]]\nid = \"fee\"\n\
             kind = \"share\"\nof = \"sales\"\nrate = \"{rate}%\"\ndebtor = \"@who\"\ncreditor = \"op\"\npurpose = \"fee\"\n\
             rounding = {{ scope = \"line\", mode = \"half_up\" }}\n\
             reversal = \"rerate\"\nreversal_date = \"own\"\n"
        )
    };
    let mut contract = format!(
        "[contract]\nid = \"c\"\nsources = [\"x\"]\ndate_basis = \"at\"\nzone = \"UTC\"\ncut_off = \"00:00\"\ncycle = \"day\"\n\
         grace = {{ hours = 1 }}\ndue = {{ days = 2 }}\n{}",
        version("2026-01-01", "10")
    );
    if grown {
        contract.push_str(&version("2026-01-04", "12"));
    }
    let text = [
        (
            "book.toml",
            format!("[book]\nid = \"{id}\"\nname = \"x\"\noperator = \"op\"\nassets = [\"USD\"]\nzone = \"UTC\"\n"),
        ),
        ("contracts/c.toml", contract),
        ("parties.toml", ["op", "a", "b"].map(party).concat()),
        (
            "sources/x.toml",
            "[adapter]\nid = \"x\"\nformat = \"jsonl\"\nfiles = [\"*.jsonl\"]\nkind = { column = \"k\" }\nasset = \"USD\"\n\
             received_at = { column = \"t\", format = \"rfc3339\" }\n[adapter.fields]\n\
             at = { column = \"t\", type = \"time\", format = \"rfc3339\" }\nwho = { column = \"w\", type = \"word\" }\n\
             amount = { column = \"n\", type = \"amount\", unit = \"decimal\" }\n[[source]]\nid = \"x\"\n\
             identity = { columns = [\"i\"] }\n[source.kinds.sale]\n[source.kinds.refund]\noriginal = \"required\"\n\
             link = \"o\"\nreverses = true\n"
                .to_owned(),
        ),
    ];
    text.into_iter().map(|(path, text)| (path.to_owned(), text.into_bytes())).collect()
}

/// A definition that was loaded.
struct Known {
    files: Vec<(String, Vec<u8>)>,
    /// Key, words and moment of what it was loaded onto.
    onto: (u64, usize, Instant),
    loaded: Loaded,
}

thread_local! {
    static KNOWN: RefCell<Vec<Known>> = const { RefCell::new(Vec::new()) };
}

/// Loads a definition; the same one once for each thread, since it is asked for a hundred thousand times.
pub(crate) fn load(files: Vec<(String, Vec<u8>)>, base: Base<'_>) -> Result<Loaded, Vec<Fault>> {
    let onto = match &base {
        Base::Nothing { key } => (*key, 0, Instant::NONE),
        Base::Book { loaded, dictionary, at } => (loaded.key, dictionary.len(), *at),
    };
    let find = |all: &Vec<Known>| {
        let same = all.iter().find(|known| known.files == files && known.onto == onto);
        same.map(|known| known.loaded.clone())
    };
    if let Some(loaded) = KNOWN.with_borrow(find) {
        return Ok(loaded);
    }
    let loaded = load_onto(files.clone(), base)?;
    KNOWN.with_borrow_mut(|all| all.push(Known { files, onto, loaded: loaded.clone() }));
    Ok(loaded)
}

/// One event of the stream.
pub(crate) fn line(id: &str, kind: &str, day: u32, minute: u32, who: &str, cents: u32, original: &str) -> String {
    let (hour, minute) = (minute / 60, minute % 60);
    let at = format!("2026-01-{day:02}T{hour:02}:{minute:02}:00Z");
    format!(
        "{{\"i\":\"{id}\",\"k\":\"{kind}\",\"t\":\"{at}\",\"w\":\"{who}\",\"n\":\"{}.{:02}\",\"o\":\"{original}\"}}\n",
        cents / 100,
        cents % 100
    )
}

/// The batches of the stream: sales, and a few of everything else.
pub(crate) fn batches() -> Vec<String> {
    let mut batches = Vec::new();
    for number in 0..6_u32 {
        let (day, mut text) = (1 + number / 2, String::new());
        for sale in 0..6_u32 {
            let minute = number % 2 * 720 + sale * 60;
            let who = if (number + sale) % 3 == 0 { "b" } else { "a" };
            text.push_str(&line(&format!("s{number}-{sale}"), "sale", day, minute, who, 1_001 * (sale + 1), ""));
        }
        let minute = number % 2 * 720 + 430;
        match number {
            1 => text.push_str(&line("s0-1", "sale", day, minute, "a", 1, "")),
            2 => text.push_str(&line("r0-1", "refund", day, minute, "a", 500, "s0-1")),
            3 => text.push_str(&line("s0-2", "sale", day, minute, "a", 3_003, "")),
            4 => text.push_str(&line("waits", "refund", day, minute, "a", 100, "nowhere")),
            5 => text.push_str(&(line("nobody", "sale", day, minute, "z", 100, "") + "{\"i\":\"broken\"}\n")),
            _ => {}
        }
        batches.push(text);
    }
    batches
}

/// A node that does one thing after the other.
#[derive(Debug)]
pub(crate) struct Keeper<D: Disk> {
    pub(crate) opened: Opened<D>,
    reader: Reader,
    out: Vec<Output>,
    /// Frames of the turns that were acknowledged.
    pub(crate) acknowledged: Vec<u64>,
}

/// An error with everything behind it.
pub(crate) fn told(failure: &dyn Error) -> String {
    let (mut text, mut source) = (failure.to_string(), failure.source());
    while let Some(cause) = source {
        let _ = write!(text, ": {cause}");
        source = cause.source();
    }
    text
}

fn of<E: Error>(failure: E) -> String {
    told(&failure)
}

impl Keeper<SimDisk> {
    pub(crate) fn begin(disk: SimDisk, id: &str) -> Self {
        let loaded = load(files(id, false), Base::Nothing { key: 7 }).expect("the book has no faults");
        let opened = runtime::create(Arc::new(disk), scale(), loaded.clone()).expect("nothing is there");
        let mut keeper = Self::over(opened);
        keeper.tell(Told::Define(Box::new(loaded), Instant(0))).expect("the disk is well");
        keeper
    }

    pub(crate) fn open(disk: SimDisk, id: &str) -> Result<Self, String> {
        Ok(Self::over(runtime::open_with(Arc::new(disk), scale(), id, load).map_err(of)?))
    }
}

impl<D: Disk> Keeper<D> {
    pub(crate) fn over(opened: Opened<D>) -> Self {
        let reader = Reader::new(&opened.node.loaded().adapters[0], 0);
        Self { opened, reader, out: Vec::new(), acknowledged: Vec::new() }
    }

    /// Events as columns, with the bytes that they came in.
    pub(crate) fn adapt(&mut self, lines: &str) -> (Columns, Chunk) {
        let loaded = self.opened.node.loaded();
        let adapter = &loaded.adapters[0];
        let facts = FileFacts { id: FileId(0), name: "x.jsonl".into(), received_at: Instant::NONE, slot: None };
        let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
        let is_there = Splitter::new(lines.as_bytes(), adapter).next_chunk(&mut chunk).expect("it is in memory");
        assert!(is_there, "there is a line");
        self.reader.adapt(&chunk, &facts, &mut columns);
        (columns, chunk)
    }

    /// Sends events; what becomes of each row.
    pub(crate) fn send(&mut self, lines: &str) -> Result<Vec<Outcome>, String> {
        let (columns, chunk) = self.adapt(lines);
        self.send_columns(columns, &chunk, Keeps::All)
    }

    pub(crate) fn send_columns(
        &mut self,
        columns: Columns,
        chunk: &Chunk,
        keeps: Keeps,
    ) -> Result<Vec<Outcome>, String> {
        let ticket = self.opened.node.next_ticket();
        let facts = facts_of(&self.opened.runs, &columns, &[], None).map_err(of)?;
        let place = |line: &u64| {
            let record = chunk.records.iter().find(|record| record.line == *line).expect("a row has a record");
            (record.from, record.to)
        };
        let lines = columns.line.iter().copied().chain(columns.refused.iter().map(|refusal| refusal.line));
        let rows: Vec<(u32, u32)> = lines.map(|line| place(&line)).collect();
        let raw = Raw { bytes: &chunk.bytes, rows: &rows, keeps };
        let (commands, spent) = (Vec::new(), Vec::new());
        let batch = Batch { ticket, columns, facts, commands, hold: false, spent };
        let turn = self.step(ticket, Input::Batch(batch), &raw)?;
        Ok(turn.parts.into_iter().flat_map(|part| part.decisions.outcomes).collect())
    }

    pub(crate) fn tell(&mut self, told: Told) -> Result<Turn, String> {
        let ticket = self.opened.node.next_ticket();
        let commands = if let Told::Command(command) = &told { std::slice::from_ref(command) } else { &[] };
        let facts = facts_of(&self.opened.runs, &Columns::default(), commands, None).map_err(of)?;
        self.step(ticket, Input::Told { ticket, told, facts }, &Raw::NONE)
    }

    /// From a turn to all that follows from its being durable.
    fn step(&mut self, ticket: Ticket, input: Input, raw: &Raw<'_>) -> Result<Turn, String> {
        self.opened.node.step(input, &mut self.out);
        let turn = match self.out.pop() {
            Some(Output::Encode { turn, .. }) => turn,
            Some(Output::Refuse { refusal, .. }) => return Err(refusal.to_string()),
            other => unreachable!("a turn is decided or refused: {other:?}"),
        };
        let body = encode(&turn, raw, Vec::new());
        self.opened.node.step(Input::Encoded { ticket, body }, &mut self.out);
        let mut outputs = VecDeque::from(std::mem::take(&mut self.out));
        while let Some(output) = outputs.pop_front() {
            let next = match output {
                Output::Append(frame) => {
                    self.opened.writer.write(&mut [frame]).map_err(of)?;
                    let sequence = self.opened.writer.sync().map_err(of)?;
                    Input::Durable { sequence }
                }
                Output::Seal(generation) => {
                    let (until, after) = (generation.until, generation.after);
                    self.opened.runs = write_run(&self.opened.runs, until, after, generation.gathered).map_err(of)?;
                    Input::Sealed { until }
                }
                Output::Keep(kept) => {
                    snapshots::write(&*self.opened.disk, &kept).map_err(of)?;
                    continue;
                }
                Output::Acknowledge { sequence, .. } => {
                    self.acknowledged.push(sequence);
                    continue;
                }
                Output::Refuse { refusal, .. } => return Err(Refusal::to_string(&refusal)),
                Output::Encode { .. } => unreachable!("one turn is under way at a time"),
            };
            self.opened.node.step(next, &mut self.out);
            outputs.extend(self.out.drain(..));
        }
        Ok(turn)
    }

    /// Closes the book in peace, as the product does.
    pub(crate) fn close(mut self) {
        if let Some(kept) = self.opened.node.unkept() {
            snapshots::write(&*self.opened.disk, &kept).expect("the disk is well");
        }
        self.opened.writer.close().expect("the disk is well");
    }

    pub(crate) fn digest(&self) -> Digest {
        self.opened.node.engine().state().digest()
    }
}

/// The book, and what it was on the way.
pub(crate) struct Made {
    pub(crate) disk: SimDisk,
    /// The disk after each turn.
    pub(crate) earlier: Vec<SimDisk>,
}

impl Made {
    /// All files that are read, with their bytes.
    pub(crate) fn files(&self) -> Vec<(String, Vec<u8>)> {
        kept(&self.disk)
    }
}

/// All files that somebody reads.
pub(crate) fn kept(disk: &SimDisk) -> Vec<(String, Vec<u8>)> {
    let mut files = disk.contents();
    files.retain(|(path, _)| path != "lock" && path != "log/next.zeros");
    files
}

/// Makes the book: two starts, two definitions, all batches, commands.
pub(crate) fn make(id: &str) -> Made {
    let disk = SimDisk::new(1);
    let (mut earlier, mut keeper) = (Vec::new(), Keeper::begin(disk.clone(), id));
    let name = "x.jsonl".into();
    let adapter = keeper.opened.node.loaded().adapters[0].id;
    let until = Instant(i64::MAX / 2);
    keeper.tell(Told::Clock(AcceptedClock { until, by: "clerk".into(), reason: "a test".into() })).unwrap();
    keeper.tell(Told::File(TakenFile { file: FileId(0), adapter, name, slot: None, amendment: None })).unwrap();
    for (number, batch) in (0..).zip(batches()) {
        if number == STARTED_AGAIN {
            keeper.close();
            keeper = Keeper::open(disk.clone(), id).unwrap();
        }
        let (columns, chunk) = keeper.adapt(&batch);
        let keeps = if number % KEPT_RAW == 0 { Keeps::All } else { Keeps::Nothing };
        keeper.send_columns(columns, &chunk, keeps).unwrap();
        earlier.push(disk.copy());
        if number == 5 {
            let first_on = Date::new(2026, 1, 1).expect("a date");
            let action = Action::Seal(OfPeriod { contract: 0, first_on });
            let received_at = keeper.opened.node.engine().state().stamp;
            let (by, file, identity) = ("clerk".into(), FileId(0), Identity(77));
            keeper.tell(Told::Command(Command { identity, received_at, by, file, line: 1, action })).unwrap();
            define_again(&mut keeper, id);
        }
    }
    let at = Instant(keeper.opened.node.engine().state().stamp.0 + 60_000_000);
    keeper.tell(Told::Look(at)).unwrap();
    let mut storing = keeper.opened.runs.store_filter();
    while matches!(storing.step(8).unwrap(), Progress::More) {}
    keeper.close();
    let made = Made { disk, earlier };
    let bytes: usize = made.files().iter().map(|(_, bytes)| bytes.len()).sum();
    let count = |folder: &str| made.disk.list(folder).unwrap().len();
    let counts = (count("log"), count("runs"), count("snapshots"));
    assert!(bytes <= BYTES_MAX && counts.0 > 3 && counts.1 > 2 && counts.2 > 1, "{bytes} bytes: {counts:?}");
    made
}

/// The book gets a second version of its contract.
fn define_again(keeper: &mut Keeper<SimDisk>, id: &str) {
    let (loaded, state) = (keeper.opened.node.loaded(), keeper.opened.node.engine().state());
    let base = Base::Book { loaded: &loaded, dictionary: &state.dictionary, at: state.stamp };
    let (grown, at) = (load(files(id, true), base).expect("a version is added"), state.stamp);
    keeper.tell(Told::Define(Box::new(grown), at)).unwrap();
}
