//! The threads around one book's node.
//!
//! Callers decide in the order of their tickets, encode beside each other, and chain in the order of their tickets again;
//! one thread writes frames and syncs them, as many at a time as have come; one thread seals runs and keeps snapshots. The
//! node stands behind one lock, which nobody holds while it waits for the disk. Bounds: those of the node; frames and jobs
//! on their way are no more than its turns and generations.

use super::failure::{NodeFailure, told};
use engine::{Command, Facts};
use event::Columns;
use runtime::{Batch, Generation, Input, Node, Opened, Output, Raw, Ticket, Told, encode, facts_of};
use std::collections::VecDeque;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, RwLock};
use std::thread::JoinHandle;
use store::frame::FrameBytes;
use store::log::Writer;
use store::runs::{Progress, Runs, write_run};
use store::snapshots::{self, Snapshot};
use store::turn::{Part, Turn};
use store::{Disk, Poison};

/// A batch that has stopped its book so often is held as it is.
pub(super) const STOPS_MAX: u32 = 2;

/// Pages of the filter over runs that are stored at a time.
const FILTER_PAGES: usize = 128;

/// The most frames that are made durable by one sync.
const GROUP_FRAMES_MAX: usize = 16;

/// A book's node and its threads.
#[derive(Debug)]
pub struct Service<D: Disk + 'static> {
    shared: Arc<Shared<D>>,
    log: JoinHandle<Writer<D>>,
    keeper: JoinHandle<()>,
}

struct Shared<D: Disk> {
    disk: Arc<D>,
    inside: Mutex<Inside>,
    /// Something about the node has changed.
    moved: Condvar,
    runs: RwLock<Runs<D>>,
    /// A batch that has stopped the book before.
    poison: Mutex<Option<Poison>>,
    tickets: AtomicU64,
    acknowledged: Box<dyn Fn(Ticket) + Send + Sync>,
}

struct Inside {
    node: Node,
    frames: Option<Sender<FrameBytes>>,
    jobs: Option<Sender<Job>>,
    outputs: Vec<Output>,
    /// Buffers of frames that were written.
    buffers: Vec<Vec<u8>>,
    /// A turn failed on its way: those behind it must not wait for it.
    abandoned: bool,
    /// Why the disk has no room for another segment.
    full: Option<String>,
}

/// What is written beside the log.
enum Job {
    Seal(Generation),
    Keep(Box<Snapshot>),
}

/// Events on their way to the node.
#[derive(Debug)]
pub struct Events<'a> {
    /// The events.
    pub columns: Columns,
    /// Their bytes as received.
    pub raw: Raw<'a>,
    /// Parts of an earlier turn, for their memory.
    pub spent: Vec<Part>,
}

impl<D: Disk + 'static> Service<D> {
    /// Starts the threads of a book that was opened. `acknowledged` is told of every durable turn, in order.
    ///
    /// # Errors
    /// What the disk says.
    pub fn start(
        opened: Opened<D>,
        acknowledged: impl Fn(Ticket) + Send + Sync + 'static,
    ) -> Result<Self, NodeFailure> {
        let Opened { disk, node, writer, runs, report: _ } = opened;
        let (frames, written) = channel();
        let (jobs, taken) = channel();
        let poison = Poison::read(&*disk)?;
        let tickets = AtomicU64::new(node.next_ticket().0);
        let inside = Inside {
            node,
            frames: Some(frames),
            jobs: Some(jobs),
            outputs: Vec::new(),
            buffers: Vec::new(),
            abandoned: false,
            full: None,
        };
        let shared = Arc::new(Shared {
            disk,
            inside: Mutex::new(inside),
            moved: Condvar::new(),
            runs: RwLock::new(runs),
            poison: Mutex::new(poison),
            tickets,
            acknowledged: Box::new(acknowledged),
        });
        let (own, other) = (Arc::clone(&shared), Arc::clone(&shared));
        let log = std::thread::spawn(move || own.write_frames(writer, &written));
        let keeper = std::thread::spawn(move || other.do_jobs(&taken));
        Ok(Self { shared, log, keeper })
    }

    /// The next ticket; to be taken in the order in which the turns are to be decided.
    pub fn ticket(&self) -> Ticket {
        Ticket(self.shared.tickets.fetch_add(1, Ordering::Relaxed))
    }

    /// Looks at the node between two turns.
    ///
    /// # Errors
    /// Where a thread has stopped.
    pub fn look<R>(&self, look: impl FnOnce(&Node) -> R) -> Result<R, NodeFailure> {
        Ok(look(&self.shared.lock()?.node))
    }

    /// Waits until the node takes another turn at once, or none any more. Whoever hands in turns alone need not wait for
    /// the disk afterwards.
    ///
    /// # Errors
    /// Where a thread has stopped.
    pub fn wait_for_room(&self) -> Result<(), NodeFailure> {
        self.shared.wait_for(|node| !node.must_wait() || node.stopped().is_some()).map(|_| ())
    }

    /// Decides events in their turn and hands their frame on; it is durable only when it is acknowledged. `due` are
    /// commands in order of receipt: those received before the last of the events are decided with them.
    ///
    /// # Errors
    /// Why they were not decided: then nothing behind them is, either.
    pub fn decide(
        &self,
        ticket: Ticket,
        events: Events<'_>,
        due: &Mutex<VecDeque<Command>>,
    ) -> Result<Turn, NodeFailure> {
        let _guard = WakeOnPanic(&self.shared.moved);
        let decided = self.decide_in_turn(ticket, events, due);
        // A refusal is an answer; after any other failure nobody may wait for this turn.
        if !matches!(decided, Ok(_) | Err(NodeFailure::Refused(_))) {
            self.shared.abandon();
        }
        decided
    }

    fn decide_in_turn(
        &self,
        ticket: Ticket,
        events: Events<'_>,
        due: &Mutex<VecDeque<Command>>,
    ) -> Result<Turn, NodeFailure> {
        let Events { columns, raw, spent } = events;
        let hold = self.shared.holds(&raw)?;
        let (mut inside, mut facts) = self.shared.turn(ticket, &columns)?;
        let commands = take_due(due, &columns, &inside.node);
        let amends = inside.node.engine().amends(&columns);
        if !commands.is_empty() || amends.is_some() {
            facts = facts_of(&self.shared.runs()?, &columns, &commands, amends).map_err(NodeFailure::of_facts)?;
        }
        let batch = Batch { ticket, columns, facts, commands, hold, spent };
        let stepped = catch_unwind(AssertUnwindSafe(|| self.shared.step(&mut inside, Input::Batch(batch))));
        let Ok(outputs) = stepped else {
            // Nothing of this batch was written. The state is not to be trusted any more, so nothing is decided on it.
            inside.abandoned = true;
            return Err(self.shared.mark_poison(&raw));
        };
        let turn = decided(outputs)?;
        drop(inside);
        let turn = self.chain(ticket, turn, &raw)?;
        if hold {
            self.settle()?;
            Poison::clear(&*self.shared.disk)?;
        }
        Ok(turn)
    }

    /// Decides what is no batch of events, and waits until it is durable.
    ///
    /// # Errors
    /// Why it was not decided, or did not become durable.
    pub fn tell(&self, told: Told) -> Result<Turn, NodeFailure> {
        let _guard = WakeOnPanic(&self.shared.moved);
        let ticket = self.ticket();
        let (mut inside, _) = self.shared.turn(ticket, &Columns::default())?;
        let commands = if let Told::Command(command) = &told { std::slice::from_ref(command) } else { &[] };
        let facts =
            facts_of(&self.shared.runs()?, &Columns::default(), commands, None).map_err(NodeFailure::of_facts)?;
        let turn = decided(self.shared.step(&mut inside, Input::Told { ticket, told, facts }))?;
        drop(inside);
        let turn = self.chain(ticket, turn, &Raw::NONE)?;
        self.settle()?;
        Ok(turn)
    }

    /// Waits until all that was decided is durable.
    ///
    /// # Errors
    /// Why nothing more becomes durable.
    pub fn settle(&self) -> Result<(), NodeFailure> {
        let inside = self.shared.wait_for(|node| node.durable() == node.decided() || node.stopped().is_some())?;
        match inside.node.stopped() {
            Some(why) => Err(NodeFailure::Stopped { why: why.to_owned() }),
            None => Ok(()),
        }
    }

    fn chain(&self, ticket: Ticket, turn: Turn, raw: &Raw<'_>) -> Result<Turn, NodeFailure> {
        let buffer = self.shared.lock()?.buffers.pop().unwrap_or_default();
        let body = encode(&turn, raw, buffer);
        let mut inside = self.shared.wait_for(|node| node.next_to_chain() == Some(ticket))?;
        for output in self.shared.step(&mut inside, Input::Encoded { ticket, body }) {
            match output {
                Output::Append(frame) => {
                    let frames = inside.frames.as_ref().expect("the log is closed last");
                    frames.send(frame).map_err(|_| NodeFailure::Abandoned)?;
                }
                Output::Refuse { refusal, .. } => return Err(NodeFailure::Refused(refusal)),
                other => unreachable!("a frame is appended or refused: {other:?}"),
            }
        }
        Ok(turn)
    }

    /// Waits until everything is durable, keeps a snapshot, and closes the log so that the next start knows its end.
    ///
    /// # Errors
    /// What failed; then the log is left as after a crash, and all that was acknowledged is there.
    pub fn close(self) -> Result<(), NodeFailure> {
        let settled = self.settle();
        let mut inside = self.shared.lock()?;
        let (frames, jobs) = (inside.frames.take(), inside.jobs.take());
        let last = if settled.is_ok() { inside.node.unkept() } else { None };
        drop(inside);
        if let (Some(kept), Some(jobs)) = (last, &jobs) {
            let _ = jobs.send(Job::Keep(Box::new(kept)));
        }
        drop((frames, jobs));
        self.keeper.join().map_err(|_| NodeFailure::Abandoned)?;
        let writer = self.log.join().map_err(|_| NodeFailure::Abandoned)?;
        settled?;
        writer.close()?;
        Ok(())
    }
}

impl<D: Disk> std::fmt::Debug for Shared<D> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Shared").field("disk", &self.disk).finish_non_exhaustive()
    }
}

impl<D: Disk> Shared<D> {
    fn lock(&self) -> Result<MutexGuard<'_, Inside>, NodeFailure> {
        self.inside.lock().map_err(|_| NodeFailure::Abandoned)
    }

    fn wait_for(&self, mut is_there: impl FnMut(&Node) -> bool) -> Result<MutexGuard<'_, Inside>, NodeFailure> {
        let mut inside = self.lock()?;
        // Asked first: what was abandoned in the middle of a turn must not be decided on.
        while !inside.abandoned {
            if is_there(&inside.node) {
                return Ok(inside);
            }
            inside = self.moved.wait(inside).map_err(|_| NodeFailure::Abandoned)?;
        }
        Err(NodeFailure::Abandoned)
    }

    fn abandon(&self) {
        if let Ok(mut inside) = self.inside.lock() {
            inside.abandoned = true;
        }
        self.moved.notify_all();
    }

    /// Waits for a turn, with facts that reach far enough.
    fn turn(&self, ticket: Ticket, columns: &Columns) -> Result<(MutexGuard<'_, Inside>, Facts), NodeFailure> {
        loop {
            let facts = facts_of(&self.runs()?, columns, &[], None).map_err(NodeFailure::of_facts)?;
            let may = |node: &Node| node.next_ticket() == ticket && (!node.must_wait() || node.stopped().is_some());
            let inside = self.wait_for(may)?;
            if let Some(why) = inside.full.clone() {
                return Err(NodeFailure::DiskFull { why });
            }
            // A run may have been sealed, and its identities forgotten, since the facts were looked up.
            if facts.sealed_to >= inside.node.recent_from() {
                return Ok((inside, facts));
            }
        }
    }

    /// Whether a batch has stopped the book so often that it is held as it is.
    fn holds(&self, raw: &Raw<'_>) -> Result<bool, NodeFailure> {
        let poison = *self.poison.lock().map_err(|_| NodeFailure::Abandoned)?;
        let poison = poison.filter(|poison| poison.stops >= STOPS_MAX);
        Ok(poison.is_some_and(|poison| poison.batch == canon::digest(raw.bytes)))
    }

    /// Marks a batch on which deciding ran into a bug.
    fn mark_poison(&self, raw: &Raw<'_>) -> NodeFailure {
        let batch = canon::digest(raw.bytes);
        let before = self.poison.lock().ok().and_then(|poison| *poison).filter(|poison| poison.batch == batch);
        let poison = Poison { batch, stops: before.map_or(1, |poison| poison.stops + 1) };
        match poison.write(&*self.disk) {
            Ok(()) => NodeFailure::Bug { stops: poison.stops },
            Err(failure) => failure.into(),
        }
    }

    fn runs(&self) -> Result<Runs<D>, NodeFailure> {
        Ok(self.runs.read().map_err(|_| NodeFailure::Abandoned)?.clone())
    }

    /// Lets the node take a step; what does not concern the caller is passed on at once.
    fn step(&self, inside: &mut Inside, input: Input) -> Vec<Output> {
        let mut outputs = std::mem::take(&mut inside.outputs);
        inside.node.step(input, &mut outputs);
        self.moved.notify_all();
        let mut own = Vec::new();
        for output in outputs.drain(..) {
            match output {
                Output::Acknowledge { ticket, .. } => (self.acknowledged)(ticket),
                Output::Seal(generation) => inside.begin(Job::Seal(generation)),
                Output::Keep(kept) => inside.begin(Job::Keep(kept)),
                other => own.push(other),
            }
        }
        inside.outputs = outputs;
        own
    }

    /// Writes frames as they come, in groups, each made durable by one sync; between them it prepares the next segment.
    fn write_frames(&self, mut writer: Writer<D>, frames: &Receiver<FrameBytes>) -> Writer<D> {
        let _guard = WakeOnPanic(&self.moved);
        self.prepare(&mut writer);
        let mut group = Vec::new();
        while next_group(frames, &mut group) {
            let written = writer.write(&mut group).and_then(|()| writer.sync());
            let Ok(mut inside) = self.lock() else { return writer };
            inside.buffers.extend(group.drain(..).map(FrameBytes::into_buffer));
            let input = match written {
                Ok(sequence) => Input::Durable { sequence },
                Err(failure) => Input::Failed { why: told(&failure) },
            };
            self.step(&mut inside, input);
            drop(inside);
            self.prepare(&mut writer);
        }
        writer
    }

    /// Prepares the next segment. Where the disk has no room for it, nothing new is taken while the log can still say so.
    fn prepare(&self, writer: &mut Writer<D>) {
        // A failure here is the next write's.
        let _ = writer.prepare();
        if let Ok(mut inside) = self.lock() {
            inside.full = writer.scarce().map(str::to_owned);
        }
    }

    fn do_jobs(&self, jobs: &Receiver<Job>) {
        let _guard = WakeOnPanic(&self.moved);
        store::step_back();
        while let Ok(job) = jobs.recv() {
            let done = match job {
                Job::Seal(generation) => self.seal(generation),
                Job::Keep(kept) => self.keep(&kept),
            };
            let Ok(mut inside) = self.lock() else { return };
            match done {
                Ok(Some(until)) => drop(self.step(&mut inside, Input::Sealed { until })),
                Ok(None) => {}
                Err(failure) => {
                    // Runs tile: what comes behind one that was not sealed cannot be.
                    self.step(&mut inside, Input::Failed { why: told(&failure) });
                    return;
                }
            }
        }
    }

    fn keep(&self, snapshot: &Snapshot) -> Result<Option<u64>, NodeFailure> {
        snapshots::write(&*self.disk, snapshot)?;
        Ok(None)
    }

    fn seal(&self, generation: Generation) -> Result<Option<u64>, NodeFailure> {
        let Generation { until, after, gathered, .. } = generation;
        let runs = write_run(&self.runs()?, until, after, gathered)?;
        *self.runs.write().map_err(|_| NodeFailure::Abandoned)? = runs.clone();
        if runs.filter_is_due() {
            // A start without it reads the identities of all runs.
            let mut storing = runs.store_filter();
            while matches!(storing.step(FILTER_PAGES)?, Progress::More) {}
        }
        Ok(Some(until))
    }
}

impl Inside {
    fn begin(&self, job: Job) {
        // Where the keeper is gone the node has stopped, and nobody waits for the job.
        if let Some(jobs) = &self.jobs {
            let _ = jobs.send(job);
        }
    }
}

/// Waits for frames, and takes as many as have come; false when there will be none any more.
fn next_group(frames: &Receiver<FrameBytes>, group: &mut Vec<FrameBytes>) -> bool {
    group.extend(frames.recv().ok());
    while group.len() < GROUP_FRAMES_MAX
        && let Ok(next) = frames.try_recv()
    {
        group.push(next);
    }
    !group.is_empty()
}

/// Lets everybody look again when a thread stops on an assertion, so that nobody waits for it.
struct WakeOnPanic<'a>(&'a Condvar);

impl Drop for WakeOnPanic<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            self.0.notify_all();
        }
    }
}

/// Commands received before the last event of a batch.
fn take_due(due: &Mutex<VecDeque<Command>>, columns: &Columns, node: &Node) -> Vec<Command> {
    let mut due = due.lock().expect("nothing stops while it takes commands");
    let stamp = node.engine().state().stamp;
    let last = columns.received_at.iter().copied().max().map_or(stamp, |at| at.max(stamp));
    let count = due.iter().take_while(|command| command.received_at <= last).count();
    due.drain(..count).collect()
}

fn decided(outputs: Vec<Output>) -> Result<Turn, NodeFailure> {
    match outputs.into_iter().next() {
        Some(Output::Encode { turn, .. }) => Ok(turn),
        Some(Output::Refuse { refusal, .. }) => Err(NodeFailure::Refused(refusal)),
        other => unreachable!("a turn is decided or refused: {other:?}"),
    }
}

#[cfg(test)]
pub(super) mod tests;
