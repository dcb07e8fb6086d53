//! `jeongsan ingest`: event files into a book's log.
//!
//! Every chunk is a turn of its own: read in turn, adapted side by side, decided in turn, durable together with its raw
//! bytes before it is counted. Whatever was acknowledged is there once, so a run that was killed is simply run again: what
//! counts already is a duplicate. Commands among the files are carried out at their moment, between the events.

use super::failure::NodeFailure;
use super::service::{Events, STOPS_MAX, Service};
use super::{Place, accept_clock, now};
use crate::arguments::{self, Ingest};
use crate::commands;
use crate::failure::Failure;
use crate::inputs::{self, Input};
use crate::pipeline::{Feed, Plan};
use crate::settle::{progress_bar, worker_count};
use crate::tongue::Tongue;
use documents::Csv;
use engine::{Action, Amendment, Command, Counts};
use event::{Columns, FileId};
use intake::adapter::{Adapter, Received};
use intake::{Chunk, Reader, files};
use runtime::{Keeps, Opened, Raw, Refusal, Told};
use serde_json::json;
use std::collections::VecDeque;
use std::io::Write;
use std::path::Path;
use std::sync::Mutex;
use std::sync::atomic::{AtomicBool, Ordering};
use store::turn::{TakenFile, Turn};
use store::{Disk, Folder};

pub(crate) fn command(
    options: &Ingest,
    as_json: bool,
    tongue: Tongue,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let place = Place::of(&options.place);
    let mut before = None;
    // A batch on which deciding runs into a bug is tried again from what is on disk, and then held as it is.
    let mut stops = 0;
    let ingested = loop {
        let opened = place.open_telling(tongue, err)?;
        match ingest(options, &place, opened, &mut before, as_json) {
            Err(Failure::Node { failure, .. }) if matches!(*failure, NodeFailure::Bug { .. }) && stops < STOPS_MAX => {
                stops += 1;
                writeln!(err, "{}", failure.told()).map_err(Failure::world("writing", Path::new("stderr")))?;
            }
            ingested => break ingested?,
        }
    };
    let told = told(&place.id, &before.unwrap_or_default(), &ingested.counts, ingested.position, as_json, tongue);
    out.write_all(told.as_bytes()).map_err(Failure::world("writing", Path::new("stdout")))
}

/// What is in a book after a run.
struct Ingested {
    counts: Counts,
    /// The last durable frame.
    position: u64,
}

/// One try; `before` are the counts before the first.
fn ingest(
    options: &Ingest,
    place: &Place,
    opened: Opened<Folder>,
    before: &mut Option<Counts>,
    as_json: bool,
) -> Result<Ingested, Failure> {
    let (loaded, first_file) = (opened.node.loaded(), opened.node.next_file().0);
    before.get_or_insert(opened.node.engine().state().counts);
    let (events, command_files) = commands::take(&options.events)?;
    let received_at =
        options.received_at.as_deref().map(|text| arguments::instant("--received-at", text)).transpose()?;
    let mut commands = commands::read(&command_files, &loaded, first_file as usize + events.len())?;
    commands.sort_by_key(|command| command.received_at);
    let let_in = commands::let_in(&commands);
    let mut inputs = inputs::find(&events, &loaded.adapters, Some(received_at.unwrap_or_else(now)), &let_in)?;
    for input in &mut inputs {
        input.facts.id = FileId(first_file + input.facts.id.0);
    }
    let progress = progress_bar(!as_json, &inputs);
    let plan = Plan {
        book: &loaded.book,
        adapters: &loaded.adapters,
        inputs: &inputs,
        reconciliations: &[],
        commands: &[],
        csv: Csv::Plain,
        workers: options.threads.unwrap_or_else(worker_count),
        progress: &progress,
    };
    // What files say of their receipt is no clock that has gone wrong, as long as it is not still to come.
    let told = inputs.iter().all(|input| tells_receipt(&loaded.adapters[input.adapter], input));
    let service = Service::start(opened, |_| {}).map_err(place.failing())?;
    let accepted = match (options.accept_clock, told || received_at.is_some()) {
        (true, _) => accept_clock(&service, now(), "ingest", "--accept-clock"),
        (false, true) => accept_clock(&service, now(), "ingest", "receipts that are told"),
        (false, false) => Ok(()),
    };
    let taken = accepted.and_then(|()| take_all(&service, &plan, commands));
    // What was acknowledged stays, whatever else failed: the log is closed in peace where that is possible.
    let counts = service.look(|node| (node.engine().state().counts, node.durable()));
    let closed = service.close();
    progress.finish_and_clear();
    taken.map_err(place.failing())?;
    closed.map_err(place.failing())?;
    let (counts, position) = counts.map_err(place.failing())?;
    Ok(Ingested { counts, position })
}

/// Whether a file says by itself when its events were received.
fn tells_receipt(adapter: &Adapter, input: &Input) -> bool {
    matches!(adapter.received, Received::Column { .. }) || !files::received_at(adapter, &input.facts.name).is_none()
}

/// Takes files and commands, and waits until all of it is durable.
fn take_all<D: Disk + 'static>(
    service: &Service<D>,
    plan: &Plan<'_>,
    mut commands: Vec<Command>,
) -> Result<(), NodeFailure> {
    for input in plan.inputs {
        take_file(service, plan, input, &mut commands)?;
    }
    let due = Mutex::new(VecDeque::from(commands));
    take_events(service, plan, &due)?;
    if service.look(|node| node.engine().open_files().next().is_some())? {
        service.tell(Told::FilesEnd)?;
    }
    for command in due.into_inner().map_err(|_| NodeFailure::Abandoned)? {
        service.tell(Told::Command(command))?;
    }
    service.settle()
}

/// Takes a file into its slot; a person's command may let it into one that another has.
fn take_file<D: Disk + 'static>(
    service: &Service<D>,
    plan: &Plan<'_>,
    input: &Input,
    commands: &mut [Command],
) -> Result<(), NodeFailure> {
    let name = &input.facts.name;
    let file = TakenFile {
        file: input.facts.id,
        adapter: plan.adapters[input.adapter].id,
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

/// Takes all files, as many chunks at a time as there are workers.
fn take_events<D: Disk + 'static>(
    service: &Service<D>,
    plan: &Plan<'_>,
    due: &Mutex<VecDeque<Command>>,
) -> Result<(), NodeFailure> {
    let feed = Mutex::new(Feed::new(plan));
    let (first_failure, stopped) = (Mutex::new(None), AtomicBool::new(false));
    std::thread::scope(|scope| {
        for worker in 0..plan.workers {
            let (feed, first_failure, stopped) = (&feed, &first_failure, &stopped);
            scope.spawn(move || {
                if let Err(failure) = work(worker, service, plan, due, feed, stopped) {
                    stopped.store(true, Ordering::Relaxed);
                    keep_first(&mut first_failure.lock().expect("a failure is told in one step"), failure);
                }
            });
        }
    });
    first_failure.into_inner().expect("a failure is told in one step").map_or(Ok(()), Err)
}

/// What others say who only stopped because of the first is of no use.
fn keep_first(first: &mut Option<NodeFailure>, failure: NodeFailure) {
    if matches!(first, None | Some(NodeFailure::Abandoned)) {
        *first = Some(failure);
    }
}

fn work<D: Disk + 'static>(
    worker: u16,
    service: &Service<D>,
    plan: &Plan<'_>,
    due: &Mutex<VecDeque<Command>>,
    feed: &Mutex<Feed<'_>>,
    stopped: &AtomicBool,
) -> Result<(), NodeFailure> {
    let count = u16::try_from(plan.adapters.len()).expect("a book has at most 65,535 adapters");
    let lanes = worker * count..;
    let mut readers: Vec<Reader> = lanes.zip(plan.adapters).map(|(lane, adapter)| Reader::new(adapter, lane)).collect();
    let mut batches: Vec<Columns> =
        plan.adapters.iter().map(|adapter| Columns::new(adapter.id, &adapter.schema)).collect();
    let (mut chunk, mut rows, mut spent) = (Chunk::default(), Vec::new(), Vec::new());
    while !stopped.load(Ordering::Relaxed) {
        let next = {
            let mut feed = feed.lock().map_err(|_| NodeFailure::Abandoned)?;
            let next = feed.next(&mut chunk).map_err(|failure| NodeFailure::Unusable(Box::new(failure)))?;
            // The ticket is taken with the chunk, so that turns follow in the order of the files.
            next.map(|(_, position)| (service.ticket(), position))
        };
        let Some((ticket, position)) = next else { return Ok(()) };
        let input = &plan.inputs[position];
        let columns = &mut batches[input.adapter];
        readers[input.adapter].adapt(&chunk, &input.facts, columns);
        columns.assert_rectangular();
        rows_of(&chunk, columns, &mut rows);
        let raw = Raw { bytes: &chunk.bytes, rows: &rows, keeps: Keeps::All };
        let events = Events { columns: std::mem::take(columns), raw, spent };
        let Turn { columns, parts } = service.decide(ticket, events, due)?;
        (batches[input.adapter], spent) = (columns, parts);
    }
    Ok(())
}

/// Where the record of each row lies in its chunk, and behind the rows that of each refusal.
fn rows_of(chunk: &Chunk, columns: &Columns, rows: &mut Vec<(u32, u32)>) {
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

/// What a run added, for people or programs.
fn told(id: &str, before: &Counts, after: &Counts, position: u64, as_json: bool, tongue: Tongue) -> String {
    let [accepted, duplicates, conflicts, held, rejected] = [
        after.accepted - before.accepted,
        after.duplicates - before.duplicates,
        after.conflicts - before.conflicts,
        after.held - before.held,
        after.rejected - before.rejected,
    ];
    let events = after.events() - before.events();
    if as_json {
        let told = json!({
            "book": id, "position": position, "events": events, "accepted": accepted, "duplicates": duplicates,
            "conflicts": conflicts, "held": held, "rejected": rejected,
        });
        return format!("{told}\n");
    }
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
