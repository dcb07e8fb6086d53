//! `jeongsan ingest`: event files into a book's log.
//!
//! Every chunk is a turn of its own: read in turn, adapted side by side, decided in turn, durable together with its raw
//! bytes before it is counted. Whatever was acknowledged is there once, so a run that was killed is simply run again: what
//! counts already is a duplicate. Commands among the files are carried out at their moment, between the events.

mod each;

use super::arrivals::{Arrivals, Next};
use super::failure::NodeFailure;
use super::seats::Seats;
use super::service::{Events, STOPS_MAX, Service};
use super::{Place, accept_clock, found, now};
use crate::arguments::Ingest;
use crate::commands;
use crate::failure::Failure;
use crate::inputs::{self, Input};
use crate::settle::{progress_bar, worker_count};
use crate::tongue::Tongue;
use calendar::Instant;
use engine::{Action, Amendment, Command, Counts};
use event::{Columns, FileId};
use indicatif::ProgressBar;
use intake::adapter::{Adapter, Received};
use intake::{Chunk, Reader, files};
use runtime::{Keeps, Opened, Raw, Refusal, Scale, Ticket, Told};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::io::Write;
use std::ops::Range;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};
use std::time::{Duration, Instant as Moment};
use store::turn::{Part, TakenFile, Turn};
use store::{Disk, Folder};

/// Whoever waits for a limit looks so often whether the run has failed meanwhile.
const LOOK_AGAIN: Duration = Duration::from_secs(1);

pub(crate) fn command(
    options: &Ingest,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<u8, Failure> {
    if let Some(folder) = &options.each {
        return each::command(options, folder, as_json, tongue, out, err);
    }
    let place = Place::new(&options.data, options.book.as_deref().expect("it stands on the command line"));
    let workers = options.threads.unwrap_or_else(worker_count);
    let seats = Seats::new(workers, usize::from(workers));
    let progress = progress_bar(!as_json, &[]);
    let order = Order {
        files: &options.events,
        received_at: options.received_at()?,
        accept_clock: options.accept_clock,
        scale: Scale::default(),
        seats: &seats,
        lanes: 0..usize::from(workers),
        progress: &progress,
        tongue,
    };
    let taken = take(&order, &place, &mut |line| {
        writeln!(err, "{line}").map_err(Failure::world("writing", Path::new("stderr")))
    });
    progress.finish_and_clear();
    let taken = taken.map_err(|stop| stop.failure)?;
    let told = if as_json { format!("{}\n", told_as_json(&place.id, &taken)) } else { told(&place.id, &taken, tongue) };
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))?;
    Ok(0)
}

/// What is to be taken into a book, and how.
struct Order<'a> {
    files: &'a [String],
    received_at: Option<Instant>,
    accept_clock: bool,
    scale: Scale,
    seats: &'a Seats,
    /// Members of the seats: as many chunks are worked on beside each other.
    lanes: Range<usize>,
    progress: &'a ProgressBar,
    tongue: Tongue,
}

/// What a run added to a book.
struct Taken {
    before: Counts,
    after: Counts,
    /// The last durable frame.
    position: u64,
}

/// Why a book stopped, and how far it had come.
struct Stop {
    failure: Failure,
    /// The last durable frame, where the book was open.
    position: Option<u64>,
}

impl From<Failure> for Stop {
    fn from(failure: Failure) -> Self {
        Self { failure, position: None }
    }
}

/// Takes files into a book. `tell` hears what somebody should know meanwhile.
fn take(order: &Order<'_>, place: &Place, tell: &mut dyn FnMut(String) -> Result<(), Failure>) -> Result<Taken, Stop> {
    let mut before = None;
    // A batch on which deciding runs into a bug is tried again from what is on disk, and then held as it is.
    let mut stops = 0;
    loop {
        let opened = place.open_in(order.scale)?;
        for line in found(&opened.report, order.tongue) {
            tell(format!("{}: {line}", place.folder.display()))?;
        }
        let before = *before.get_or_insert(opened.node.engine().state().counts);
        match take_once(order, place, opened) {
            Err(Stop { failure: Failure::Node { failure, .. }, .. })
                if matches!(*failure, NodeFailure::Bug { .. }) && stops < STOPS_MAX =>
            {
                stops += 1;
                tell(format!("{}: {}", place.folder.display(), failure.told()))?;
            }
            taken => return taken.map(|(after, position)| Taken { before, after, position }),
        }
    }
}

/// One try: what is in the book then, and the last durable frame.
fn take_once(order: &Order<'_>, place: &Place, opened: Opened<Folder>) -> Result<(Counts, u64), Stop> {
    let (loaded, first_file) = (opened.node.loaded(), opened.node.next_file().0);
    let (events, command_files) = commands::take(order.files)?;
    let mut commands = commands::read(&command_files, &loaded, first_file as usize + events.len())?;
    commands.sort_by_key(|command| command.received_at);
    let let_in = commands::let_in(&commands);
    let received_at = Some(order.received_at.unwrap_or_else(now));
    let mut inputs = inputs::find(&events, &loaded.adapters, received_at, &let_in)?;
    for input in &mut inputs {
        input.facts.id = FileId(first_file + input.facts.id.0);
    }
    order.progress.inc_length(inputs.iter().map(|input| input.bytes).sum());
    // What files say of their receipt is no clock that has gone wrong, as long as it is not still to come.
    let told =
        !order.files.is_empty() && inputs.iter().all(|input| tells_receipt(&loaded.adapters[input.adapter], input));
    let service = Service::start(opened, |_| {}).map_err(place.failing())?;
    let accepted = match (order.accept_clock, told || order.received_at.is_some()) {
        (true, _) => accept_clock(&service, now(), "ingest", "--accept-clock"),
        (false, true) => accept_clock(&service, now(), "ingest", "receipts that are told"),
        (false, false) => Ok(()),
    };
    let taken = accepted.and_then(|()| take_all(&service, order, &loaded.adapters, &inputs, commands));
    // What was decided becomes durable and stays, whatever else failed, and the log is closed in peace where that is
    // possible.
    let settled = service.settle();
    let reached = service.look(|node| (node.engine().state().counts, node.durable()));
    let closed = service.close();
    let position = reached.as_ref().ok().map(|(_, position)| *position);
    let done = taken.and(settled).and(closed).and(reached);
    done.map_err(|failure| Stop { failure: place.failing()(failure), position })
}

/// Whether a file says by itself when its events were received.
fn tells_receipt(adapter: &Adapter, input: &Input) -> bool {
    matches!(adapter.received, Received::Column { .. }) || !files::received_at(adapter, &input.facts.name).is_none()
}

/// Takes files and commands, and waits until all of it is durable.
fn take_all<D: Disk + 'static>(
    service: &Service<D>,
    order: &Order<'_>,
    adapters: &[Adapter],
    inputs: &[Input],
    mut commands: Vec<Command>,
) -> Result<(), NodeFailure> {
    for input in inputs {
        take_file(service, adapters, input, &mut commands)?;
    }
    let intake = Intake {
        adapters,
        inputs,
        arrivals: Mutex::new(Arrivals::new(adapters, inputs, order.progress)),
        due: Mutex::new(VecDeque::from(commands)),
        stopped: AtomicBool::new(false),
        started: Moment::now(),
    };
    intake.take_events(service, order)?;
    if service.look(|node| node.engine().open_files().next().is_some())? {
        service.tell(Told::FilesEnd)?;
    }
    for command in intake.due.into_inner().map_err(|_| NodeFailure::Abandoned)? {
        service.tell(Told::Command(command))?;
    }
    service.settle()
}

/// Takes a file into its slot; a person's command may let it into one that another has.
fn take_file<D: Disk + 'static>(
    service: &Service<D>,
    adapters: &[Adapter],
    input: &Input,
    commands: &mut [Command],
) -> Result<(), NodeFailure> {
    let name = &input.facts.name;
    let file = TakenFile {
        file: input.facts.id,
        adapter: adapters[input.adapter].id,
        name: name.clone(),
        slot: input.facts.slot.clone().zip(input.digest),
        amendment: None,
    };
    service.tell(Told::File(file.clone()))?;
    for command in commands.iter_mut() {
        let Some(amendment) = amendment_of(command, name) else { continue };
        match service.tell(Told::Amend(TakenFile { amendment: Some(amendment), ..file.clone() })) {
            Ok(_) => {}
            Err(NodeFailure::Refused(Refusal::Amendment(refusal))) => {
                let slot = file.slot.as_ref().map_or("", |(slot, _)| slot);
                let reason = commands::amendment_refused(name, slot, refusal);
                command.action = Action::Unreadable { reason: reason.into() };
            }
            Err(failure) => return Err(failure),
        }
    }
    Ok(())
}

fn amendment_of(command: &Command, name: &str) -> Option<Amendment> {
    match &command.action {
        Action::Amend { file, amendment, .. } if **file == *name => Some(*amendment),
        _ => None,
    }
}

/// Files on their way into a book.
struct Intake<'a> {
    adapters: &'a [Adapter],
    inputs: &'a [Input],
    arrivals: Mutex<Arrivals<'a>>,
    /// Commands that are not carried out.
    due: Mutex<VecDeque<Command>>,
    /// A lane has failed, and the others go no further.
    stopped: AtomicBool,
    started: Moment,
}

impl<'a> Intake<'a> {
    /// Takes all files, as many chunks at a time as there are lanes.
    fn take_events<D: Disk + 'static>(&self, service: &Service<D>, order: &Order<'_>) -> Result<(), NodeFailure> {
        if order.lanes.len() == 1 {
            return Lane::new(self, 0).work(service, order.seats, order.lanes.start);
        }
        let first_failure = Mutex::new(None);
        std::thread::scope(|scope| {
            for (lane, member) in (0..).zip(order.lanes.clone()) {
                let first_failure = &first_failure;
                let mut lane = Lane::new(self, lane);
                scope.spawn(move || {
                    if let Err(failure) = lane.work(service, order.seats, member) {
                        self.stopped.store(true, Ordering::Relaxed);
                        keep_first(&mut first_failure.lock().expect("a failure is told in one step"), failure);
                    }
                });
            }
        });
        first_failure.into_inner().expect("a failure is told in one step").map_or(Ok(()), Err)
    }

    /// The next chunk with its ticket, which is taken with it, so that turns follow in the order of the files.
    fn next<D: Disk + 'static>(
        &self,
        service: &Service<D>,
        chunk: &mut Chunk,
    ) -> Result<(Next, Option<Ticket>), NodeFailure> {
        let mut arrivals = self.arrivals()?;
        let next = arrivals.next(chunk, self.now());
        let next = next.map_err(|failure| NodeFailure::Unusable(Box::new(failure)))?;
        Ok((next, matches!(next, Next::Chunk(_)).then(|| service.ticket())))
    }

    fn arrivals(&self) -> Result<MutexGuard<'_, Arrivals<'a>>, NodeFailure> {
        self.arrivals.lock().map_err(|_| NodeFailure::Abandoned)
    }

    /// Microseconds since files were begun.
    fn now(&self) -> i64 {
        i64::try_from(self.started.elapsed().as_micros()).unwrap_or(i64::MAX)
    }

    /// Waits for a time, or until another lane has failed.
    fn wait_until(&self, at: i64) {
        while let Some(left) = at.checked_sub(self.now()).and_then(|left| u64::try_from(left).ok())
            && left > 0
            && !self.stopped.load(Ordering::Relaxed)
        {
            std::thread::park_timeout(Duration::from_micros(left).min(LOOK_AGAIN));
        }
    }
}

/// What works through chunks, one after the other.
struct Lane<'i, 'a> {
    intake: &'i Intake<'a>,
    readers: Vec<Reader>,
    batches: Vec<Columns>,
    chunk: Chunk,
    rows: Vec<(u32, u32)>,
    spent: Vec<Part>,
}

impl<'i, 'a> Lane<'i, 'a> {
    fn new(intake: &'i Intake<'a>, lane: u16) -> Self {
        let count = u16::try_from(intake.adapters.len()).expect("a book has at most 65,535 adapters");
        let lanes = lane * count..;
        Self {
            intake,
            readers: lanes.zip(intake.adapters).map(|(lane, adapter)| Reader::new(adapter, lane)).collect(),
            batches: intake.adapters.iter().map(|adapter| Columns::new(adapter.id, &adapter.schema)).collect(),
            chunk: Chunk::default(),
            rows: Vec::new(),
            spent: Vec::new(),
        }
    }

    /// Takes a seat for each round; it is held neither while a source has to wait nor while the disk does.
    fn work<D: Disk + 'static>(
        &mut self,
        service: &Service<D>,
        seats: &Seats,
        member: usize,
    ) -> Result<(), NodeFailure> {
        while !self.intake.stopped.load(Ordering::Relaxed) {
            service.wait_for_room()?;
            let mut seat = seats.take(member);
            let free_at = loop {
                match self.intake.next(service, &mut self.chunk)? {
                    (Next::Chunk(input), Some(ticket)) => seat.count(self.take(service, ticket, input)?),
                    (Next::At(at), _) => break at,
                    _ => return Ok(()),
                }
                if !seat.goes_on() || service.look(runtime::Node::must_wait)? {
                    break 0;
                }
            };
            drop(seat);
            self.intake.wait_until(free_at);
        }
        Ok(())
    }

    /// Takes the chunk at hand; gives its rows.
    fn take<D: Disk + 'static>(
        &mut self,
        service: &Service<D>,
        ticket: Ticket,
        input: usize,
    ) -> Result<u32, NodeFailure> {
        let input = &self.intake.inputs[input];
        let columns = &mut self.batches[input.adapter];
        self.readers[input.adapter].adapt(&self.chunk, &input.facts, columns);
        columns.assert_rectangular();
        self.intake.arrivals()?.count(columns, &self.intake.adapters[input.adapter], self.intake.now());
        let rows = columns.len() as u64 + columns.refused.len() as u64 + columns.outside_records;
        let rows = u32::try_from(rows.max(1)).expect("a chunk is bounded");
        rows_of(&self.chunk, columns, &mut self.rows);
        let raw = Raw { bytes: &self.chunk.bytes, rows: &self.rows, keeps: Keeps::All };
        let events = Events { columns: std::mem::take(columns), raw, spent: std::mem::take(&mut self.spent) };
        let Turn { columns, parts } = service.decide(ticket, events, &self.intake.due)?;
        (self.batches[input.adapter], self.spent) = (columns, parts);
        Ok(rows)
    }
}

/// What others say who only stopped because of the first is of no use.
fn keep_first(first: &mut Option<NodeFailure>, failure: NodeFailure) {
    if matches!(first, None | Some(NodeFailure::Abandoned)) {
        *first = Some(failure);
    }
}

/// Where the record of each row lies in its chunk, and behind the rows that of each refusal.
///
/// # Panics
/// Where the columns are not of this chunk.
pub fn rows_of(chunk: &Chunk, columns: &Columns, rows: &mut Vec<(u32, u32)>) {
    rows.clear();
    let mut records = chunk.records.iter();
    for &line in &columns.line {
        let record = records.find(|record| record.line == line).expect("a row comes from a record of its chunk");
        rows.push((record.from, record.to));
    }
    for refusal in &columns.refused {
        // What could not become a record has none.
        let found = chunk.records.binary_search_by_key(&refusal.line, |record| record.line);
        rows.push(found.map_or((0, 0), |at| (chunk.records[at].from, chunk.records[at].to)));
    }
}

impl Taken {
    /// Events, and of these accepted, duplicates, conflicts, held and rejected.
    const fn added(&self) -> [i64; 6] {
        let Self { before, after, .. } = self;
        [
            after.events() - before.events(),
            after.accepted - before.accepted,
            after.duplicates - before.duplicates,
            after.conflicts - before.conflicts,
            after.held - before.held,
            after.rejected - before.rejected,
        ]
    }
}

/// What a run added, for programs.
fn told_as_json(id: &str, taken: &Taken) -> Value {
    let [events, accepted, duplicates, conflicts, held, rejected] = taken.added();
    json!({
        "book": id, "position": taken.position, "events": events, "accepted": accepted, "duplicates": duplicates,
        "conflicts": conflicts, "held": held, "rejected": rejected,
    })
}

/// What a run added, for people: a line.
fn told(id: &str, taken: &Taken, tongue: Tongue) -> String {
    let [events, accepted, duplicates, conflicts, held, rejected] = taken.added();
    let position = taken.position;
    match tongue {
        Tongue::English => format!(
            "{id}: {events} events: {accepted} accepted, {duplicates} duplicates, {conflicts} conflicts, {held} held, \
             {rejected} rejected; durable up to frame {position}\n"
        ),
        Tongue::Korean => format!(
            "{id}: 거래 {events}건: 승인 {accepted}, 중복 {duplicates}, 상충 {conflicts}, 보류 {held}, 거절 {rejected}; \
             프레임 {position}까지 저장\n"
        ),
    }
}
