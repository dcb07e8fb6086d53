//! A whole node by a seed: book, client, disk and crashes in one thread, and an auditor who predicts the books by himself
//! and believes nothing.
//!
//! A client sends a script over several lives of a process and sends again what was not acknowledged. Each life ends by a
//! crash at any operation of the disk, by an error, by being killed, or when all is sent. Each next one opens what is left;
//! the frames that it finds are audited before it goes on: what counts, what was acknowledged, what it adds up to, and that
//! deciding again gives the same bytes. A promise that is broken is told by its number.

mod audit;
pub mod auditor;
mod doubt;
mod life;
mod meter;
pub mod script;
pub mod tally;

pub use audit::Violation;

use crate::compared::{different, facts_of};
use crate::coverage::Coverage;
use crate::disk::{Errno, Honesty, SimDisk, Trouble};
use crate::random::Seeded;
use audit::Audit;
use book::{Base, Fault, Loaded, load_onto};
use engine::Book;
use life::{Client, Death, Errand, Life};
use runtime::{Limits, OpenFailure, Opened, Scale};
use script::Script;
use std::cell::RefCell;
use std::sync::Arc;
use store::LayerSizes;
use store::frame::book_number;
use store::log::{LogFailure, Reader, Sections, Sizes};

/// Lives that end badly, at the least and at the most; the last one is calm.
const LIVES: (i64, i64) = (4, 8);
/// Crashes of a seed, at the least.
const CRASHES_MIN: u64 = 3;
/// Copies are damaged in so many seeds of a hundred: it costs several openings.
const DOUBTED: u64 = 35;
/// Attempts to open a book or to go on after which something is wrong: faults are bounded.
const ATTEMPTS_MAX: u32 = 60;

/// The simulation of one seed.
struct Simulation<'a> {
    script: &'a Script,
    disk: Arc<SimDisk>,
    random: Seeded,
    scale: Scale,
    audit: Audit<'a>,
    client: Client,
    coverage: Coverage,
}

/// Plays a seed; what happened in it, by name.
///
/// # Errors
/// The promise that was broken.
pub fn simulate(seed: u64, honesty: Honesty) -> Result<Coverage, Violation> {
    let script = Script::of(seed);
    BOOK.set(Some(script.world.book.clone()));
    let mut random = Seeded::new(seed ^ 0x6e6f_6465);
    let disk = Arc::new(SimDisk::new(random.next()));
    disk.be(honesty);
    let alignment = random.pick(&[256, 512]);
    let scale = Scale {
        sizes: Sizes { segment_bytes: u64::from(alignment) * (200 + random.below(400)), alignment, reserve_bytes: 0 },
        layers: LayerSizes { first: 1_500, last: 6_000 },
        limits: Limits {
            turns_max: 4 + random.position(8),
            run_identities: 150 + random.position(500),
            snapshot_events: 200 + random.below(800),
        },
    };
    let (audit, client, coverage) = (Audit::new(&script), Client::default(), Coverage::default());
    let mut simulation = Simulation { script: &script, disk, random, scale, audit, client, coverage };
    simulation.play()?;
    simulation.finish()
}

thread_local! {
    /// The book that is simulated on this thread: random books are no files.
    static BOOK: RefCell<Option<Book>> = const { RefCell::new(None) };
}

/// Loads the least book, and puts the one of the simulation in its place.
fn load(files: Vec<(String, Vec<u8>)>, base: Base<'_>) -> Result<Loaded, Vec<Fault>> {
    let mut loaded = load_onto(files, base)?;
    loaded.book = BOOK.with_borrow(Clone::clone).expect("a simulation has a book");
    Ok(loaded)
}

/// The least that can be loaded.
fn files() -> Vec<(String, Vec<u8>)> {
    let file = |path: &str, text: &str| (path.to_owned(), text.as_bytes().to_vec());
    vec![
        file(
            "book.toml",
            "[book]\nid = \"random\"\nname = \"x\"\noperator = \"op\"\nassets = [\"USD\"]\nzone = \"UTC\"\n",
        ),
        file("parties.toml", "[[party]]\nid = \"op\"\nname = \"x\"\ntax_type = \"general\"\n"),
        file(
            "sources/x.toml",
            "[adapter]\nid = \"x\"\nformat = \"csv\"\nfiles = [\"*.csv\"]\nheader = true\nkind = \"x\"\nasset = \"USD\"\n\
             [adapter.fields]\nat = { column = \"at\", type = \"time\", format = \"rfc3339\" }\n\
             [[source]]\nid = \"x\"\nidentity = { columns = [\"id\"] }\n[source.kinds.x]\n",
        ),
    ]
}

impl<'a> Simulation<'a> {
    fn play(&mut self) -> Result<(), Violation> {
        let sendings = 0..self.script.sendings.len();
        self.client.waiting.push_back(Errand::Define);
        if self.random.chance(70) {
            self.client.waiting.push_back(Errand::Clock);
        }
        self.client.waiting.extend(sendings.map(Errand::Send));
        let lives = self.random.between(LIVES.0, LIVES.1);
        let share = self.script.sendings.len() / usize::try_from(lives).expect("some lives") + 1;
        let is_doubted = self.random.chance(DOUBTED);
        let doubted = self.random.position(usize::try_from(lives).expect("some lives"));
        let mut earlier = None;
        for attempt in 0..ATTEMPTS_MAX {
            let target = share * (usize::try_from(attempt).expect("few attempts") + 1);
            let is_calm = i64::from(attempt) >= lives;
            if !is_calm {
                self.worry();
            }
            let Some(mut life) = self.begin()? else {
                self.die();
                continue;
            };
            let lived = self.live(&mut life, if is_calm { usize::MAX } else { target });
            let is_done = lived.is_ok() && life.is_idle(&self.client);
            for errand in life.unknown().into_iter().rev() {
                self.coverage.note("outcome unknown");
                self.client.waiting.push_front(errand);
            }
            drop(life);
            if let Err(Death::Panicked(said)) = lived {
                if !said.contains("the facts reach only to") {
                    return Err(Violation { promise: "a bug", said });
                }
                self.coverage.note("old facts refused");
            }
            self.die();
            let attempt = usize::try_from(attempt).expect("few attempts");
            if is_doubted && attempt == doubted {
                self.doubt(earlier.as_ref())?;
            }
            earlier = (is_doubted && attempt + 1 == doubted).then(|| self.disk.copy());
            if is_done && is_calm {
                return Ok(());
            }
        }
        Err(Violation { promise: "I11", said: "the simulation does not come to an end".into() })
    }

    /// Lays the trouble of a life.
    fn worry(&mut self) {
        let operations = self.disk.operations();
        match self.random.below(10) {
            0..5 => self.disk.power_off_at(operations + 20 + self.random.below(400)),
            5..7 => {
                let errno = self.random.pick(&[Errno::Io, Errno::NoSpace, Errno::Quota]);
                self.disk.trouble(None, self.random.below(300), Trouble::Fails(errno));
            }
            _ => {}
        }
    }

    /// The process is gone, and often the power.
    fn die(&mut self) {
        self.disk.calm();
        if self.disk.is_off() || self.disk.faults().of("crash") < CRASHES_MIN || self.random.chance(50) {
            self.disk.crash();
        } else {
            self.coverage.note("process ended");
            self.disk.restart();
        }
    }

    /// Opens what is left, and audits it.
    fn begin(&mut self) -> Result<Option<Life<'a>>, Violation> {
        if self.random.chance(10) {
            self.coverage.note_if("runs removed", self.disk.lose_folder("runs"));
        }
        let opened = match self.open() {
            Ok(opened) => opened,
            Err(failure) if is_of_the_disk(&failure) => {
                self.coverage.note("opening failed");
                return Ok(None);
            }
            Err(failure) => {
                let Death::Failed(said) = life::failed(failure) else { unreachable!("a failure is one") };
                return Err(Violation {
                    promise: "I13",
                    said: format!("nothing was damaged, and the book says: {said}"),
                });
            }
        };
        self.coverage.note_if("snapshot taken", opened.report.snapshot.is_some());
        self.coverage.note_if("runs rebuilt", opened.report.rebuilt.is_some());
        self.coverage.note_if("end torn", opened.report.torn.is_some());
        if !self.read_log(opened.node.durable())? {
            self.coverage.note("audit failed");
            return Ok(None);
        }
        self.audit.check_acknowledged(&self.client.acknowledged)?;
        if self.audit.is_defined() {
            self.client.waiting.retain(|errand| *errand != Errand::Define);
        }
        if opened.node.engine().state().digest() != self.audit.folder().digest() {
            return Err(Violation { promise: "I1a", said: "the node that was opened is in another state".into() });
        }
        let careless = self.random.chance(15);
        Ok(Some(Life::new(self.script, self.book(), opened, careless)))
    }

    fn book(&self) -> u64 {
        book_number(&self.script.world.book.id)
    }

    fn open(&mut self) -> Result<Opened<SimDisk>, OpenFailure> {
        match runtime::open_with(Arc::clone(&self.disk), self.scale, &self.script.world.book.id, load) {
            Err(OpenFailure::Log(LogFailure::Absent)) if self.audit.last() == 0 => {}
            Err(OpenFailure::Empty) => {
                self.coverage.note("book never defined");
                self.disk.lose_folder("log");
            }
            opened => return opened,
        }
        let first = load(files(), Base::Nothing { key: 7 }).expect("the least book has no faults");
        self.client.waiting.retain(|errand| *errand != Errand::Define);
        self.client.waiting.push_front(Errand::Define);
        runtime::create(Arc::clone(&self.disk), self.scale, first)
    }

    /// Audits the frames that are new; whether the disk let anybody read them.
    fn read_log(&mut self, until: u64) -> Result<bool, Violation> {
        let last = self.audit.last();
        if until < last {
            return Err(Violation { promise: "I4", said: format!("frame {last} is gone; the log ends with {until}") });
        }
        let damaged = |failure: LogFailure| match failure {
            LogFailure::Disk(_) => Ok(false),
            failure => Err(Violation { promise: "I4", said: failure.to_string() }),
        };
        let opened = Reader::open(Arc::clone(&self.disk), self.book(), last + 1, Sections::ALL);
        let mut reader = match opened {
            Ok(reader) => reader,
            Err(failure) => return damaged(failure),
        };
        if last > 0 && reader.chain().position.head != self.audit.head(last) {
            return Err(Violation { promise: "I4", said: format!("frame {last} is another than it was") });
        }
        loop {
            match reader.next(until) {
                Ok(Some(frame)) => self.audit.take(&frame)?,
                Ok(None) => return Ok(true),
                Err(failure) => return damaged(failure),
            }
        }
    }

    /// Lets a process work until it dies, is done, or has sent its share.
    fn live(&mut self, life: &mut Life<'a>, target: usize) -> Result<(), Death> {
        while !life.is_idle(&self.client) && self.client.acknowledged.len() < target {
            life.step(&mut self.client, &mut self.random, &mut self.coverage)?;
        }
        Ok(())
    }

    /// All is sent: looks at the books as of the end, and holds them against what must be there.
    fn finish(mut self) -> Result<Coverage, Violation> {
        self.disk.calm();
        self.client.waiting.push_back(Errand::Look);
        let Some(mut life) = self.begin()? else {
            return Err(Violation { promise: "I13", said: "a calm disk fails".into() });
        };
        if let Err(death) = self.live(&mut life, usize::MAX) {
            return Err(Violation { promise: "I13", said: format!("a calm disk fails: {death:?}") });
        }
        self.read_log(life.opened.node.durable())?;
        self.audit.check_acknowledged(&self.client.acknowledged)?;
        let world = &self.script.world;
        let expected = self.audit.into_auditor().facts(world.as_of);
        let found = different(&expected, &facts_of(world, life.opened.node.engine()));
        if !found.is_empty() {
            let shown: Vec<&String> = found.iter().take(10).collect();
            return Err(Violation { promise: "I5", said: format!("{} facts differ: {shown:#?}", found.len()) });
        }
        self.coverage.add(&self.disk.faults());
        Ok(self.coverage)
    }
}

/// Whether a failure to open is one that the disk was asked to make.
fn is_of_the_disk(failure: &OpenFailure) -> bool {
    let mut cause: Option<&dyn std::error::Error> = Some(failure);
    while let Some(own) = cause {
        if own.is::<std::io::Error>() {
            return true;
        }
        cause = own.source();
    }
    false
}
