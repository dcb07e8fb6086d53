//! `jeongsan settle`: a book of plain files and event files in; statements, entries, balances, exceptions out.

use crate::arguments::{Arguments, Settle};
use crate::commands;
use crate::failure::Failure;
use crate::folder::Staging;
use crate::inputs::{self, Input};
use crate::lock::MAGIC;
use crate::pipeline::{self, OutputFile, Outputs, Plan, Rendering, push_exception};
use crate::reconciled::{self, Gathered};
use crate::tongue::Tongue;
use book::Loaded;
use calendar::Instant;
use close::Statement;
use documents::{
    Csv, Flag, HledgerJournal, Names, ReconciliationCounts, Seal, Summary, exceptions_header, statement_text,
    statement_xlsx, write_balances_csv, write_statements_json,
};
use engine::{Engine, Exception, RULES_VERSION, Remark, Remarked, Watch};
use event::{Code, SourceId, evidence};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use serde_json::json;
use std::io::{IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant as Moment;

/// What to settle and how.
#[derive(Clone, Debug)]
pub struct SettleOptions {
    /// Folder of the book.
    pub book: PathBuf,
    /// Event files, each with `ADAPTER=` before it where its name does not tell.
    pub events: Vec<String>,
    /// Folder to write.
    pub out: PathBuf,
    /// When to look at the books; none: at the last receipt.
    pub as_of: Option<Instant>,
    /// When files were received that do not say it.
    pub received_at: Option<Instant>,
    /// Whether an existing folder is replaced.
    pub replace: bool,
    /// How CSV files are written.
    pub csv: Csv,
    /// Whether `journal.hledger` is written however long the run is.
    pub hledger: bool,
    /// Worker threads; none: one more than the processors, so that one may wait for its turn.
    pub threads: Option<u16>,
    /// Whether to show progress where the error output is a terminal.
    pub progress: bool,
    /// Language of documents.
    pub tongue: Tongue,
}

/// What a run came to.
#[derive(Debug)]
pub struct Settled {
    /// What stands in `summary.json`.
    pub summary: Summary,
    /// Statements in order of issue, then the provisional ones.
    pub statements: Vec<Statement>,
    /// The engine at the end.
    pub engine: Engine,
}

pub(crate) fn command(
    options: &Settle,
    arguments: &Arguments,
    tongue: Tongue,
    out: &mut dyn Write,
    err: &mut dyn Write,
) -> Result<(), Failure> {
    let options = SettleOptions {
        book: options.book.clone(),
        events: options.events.clone(),
        out: options.out.clone(),
        as_of: options.run.as_of()?,
        received_at: options.run.received_at()?,
        replace: options.replace,
        csv: if options.excel { Csv::Excel } else { Csv::Plain },
        hledger: options.hledger,
        threads: options.run.threads,
        progress: !arguments.json,
        tongue,
    };
    let stdout = || Failure::world("writing", Path::new("stdout"));
    let settled = settle(&options)?;
    if arguments.json {
        return out.write_all(settled.summary.json().as_bytes()).map_err(stdout());
    }
    out.write_all(told(&settled.summary, &options.out, tongue).as_bytes()).map_err(stdout())?;
    err.flush().map_err(Failure::world("writing", Path::new("stderr")))
}

/// Settles; the output folder is there afterwards, whole.
///
/// # Errors
/// What refused or failed; then no output folder is there, and an existing one is untouched.
pub fn settle(options: &SettleOptions) -> Result<Settled, Failure> {
    let started = Moment::now();
    let refused = |faults| Failure::Book { folder: options.book.clone(), faults };
    let loaded = book::load_folder(&options.book).map_err(refused)?;
    let (events, command_files) = commands::take(&options.events)?;
    let commands = commands::read(&command_files, &loaded, events.len())?;
    let inputs = inputs::find(&events, &loaded.adapters, options.received_at, &commands::let_in(&commands))?;
    let staging = Staging::begin(&options.out, options.replace)?;
    let book = Arc::new(loaded.book.clone());
    let mut engine = Engine::new(Arc::clone(&book));
    if let Some(as_of) = options.as_of {
        engine.look_as_of(as_of);
    }
    engine.expect(inputs.iter().map(|input| input.bytes).sum::<u64>() / BYTES_PER_EVENT);
    let commanded_at = commands.iter().map(|command| command.received_at).max();
    commands::tell(&mut engine, &inputs::told(&inputs, &loaded.adapters), commands);
    let progress = progress_bar(options.progress, &inputs);
    let plan = Plan {
        book: &book,
        adapters: &loaded.adapters,
        inputs: &inputs,
        reconciliations: &loaded.reconciliations,
        commands: &command_files,
        csv: options.csv,
        workers: options.threads.unwrap_or_else(worker_count),
        progress: &progress,
    };
    let mut outputs = open_outputs(options, &staging, &plan, &engine)?;
    let opened = engine.open_books();
    Rendering::new(&plan).write_last(&mut outputs, &engine, 1, opened)?;
    let (mut engine, watch, mut outputs) = pipeline::run(&plan, engine, outputs)?;
    let as_of = finish(options, &plan, commanded_at, &mut engine, &mut outputs)?;
    if outputs.hledger.is_none() {
        let path = staging.path().join("journal.hledger");
        std::fs::remove_file(&path).map_err(Failure::world("removing", &path))?;
    }
    let statements: Vec<_> = engine.state().statements.iter().cloned().chain(engine.provisional()).collect();
    write_documents(options, &staging, &engine, &statements)?;
    let mut summary = summary(&engine, &watch, &statements, as_of);
    let file_name = |file| plan.file_name(file).to_owned();
    summary.reconciliations = reconciled::write(&outputs.gathered, &staging, options.csv, &file_name)?;
    write_lock(options, &staging, &loaded, &plan, &summary)?;
    summary.elapsed = started.elapsed();
    staging.write("summary.json", summary.json().as_bytes())?;
    staging.publish()?;
    progress.finish_and_clear();
    Ok(Settled { summary, statements, engine })
}

/// How long an event is taken to be when room is made for the identities of a run: too long rather than too short.
pub(crate) const BYTES_PER_EVENT: u64 = 256;

pub(crate) fn worker_count() -> u16 {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    u16::try_from(processors.min(15) + 1).expect("at most sixteen")
}

pub(crate) fn progress_bar(is_wanted: bool, inputs: &[Input]) -> ProgressBar {
    if !is_wanted || !std::io::stderr().is_terminal() {
        return ProgressBar::hidden();
    }
    let bytes = inputs.iter().map(|input| input.bytes).sum();
    let bar = ProgressBar::with_draw_target(Some(bytes), ProgressDrawTarget::stderr());
    let style = ProgressStyle::with_template("{bar:40} {bytes}/{total_bytes} {bytes_per_sec} {eta}");
    bar.with_style(style.expect("the template is valid"))
}

fn open_outputs(
    options: &SettleOptions,
    staging: &Staging,
    plan: &Plan<'_>,
    engine: &Engine,
) -> Result<Outputs, Failure> {
    let file = |name: &str| OutputFile::create(staging.place(name)?);
    let mut outputs = Outputs {
        entries: file("entries.csv")?,
        exceptions: file("exceptions.csv")?,
        log: file("book.lock/events.log")?,
        hledger: Some(file("journal.hledger")?),
        hledger_always: options.hledger,
        gathered: Gathered::new(engine.book(), plan.adapters, plan.reconciliations, options.as_of),
    };
    let names = Names { book: plan.book, word: &|_| "" };
    let mut header = Vec::new();
    documents::EntriesCsv::new(names, options.csv).header(&mut header);
    outputs.entries.write(&header)?;
    header.clear();
    exceptions_header(&mut header, options.csv);
    outputs.exceptions.write(&header)?;
    header.clear();
    HledgerJournal::new(names).header(&mut header);
    if let Some(hledger) = &mut outputs.hledger {
        hledger.write(&header)?;
    }
    outputs.log.write(MAGIC)?;
    Ok(outputs)
}

/// Makes the last cuts and the last tick, and writes what still waits as exceptions; gives the moment of the look.
fn finish(
    options: &SettleOptions,
    plan: &Plan<'_>,
    commanded_at: Option<Instant>,
    engine: &mut Engine,
    outputs: &mut Outputs,
) -> Result<Option<Instant>, Failure> {
    let last = engine.state().stamp.present().max(commanded_at);
    let as_of = options.as_of.or(last);
    if let Some(as_of) = as_of {
        let first_entry = engine.state().entries + 1;
        let decisions = engine.finish(as_of);
        Rendering::new(plan).write_last(outputs, engine, first_entry, decisions)?;
    }
    let mut rows = Vec::new();
    for parked in engine.state().waiting.values() {
        let columns = &parked.columns;
        let exception = Exception {
            file: columns.file,
            line: columns.line[0],
            source: Some(columns.source[0]),
            id: columns.id.text(0).into(),
            code: Code::OriginalUnknown,
            column: "original".into(),
            value: evidence(columns.original_id.text(0)).into(),
            detail: Code::OriginalUnknown.meaning().into(),
            outside: false,
        };
        push_exception(&mut rows, plan, &exception);
    }
    outputs.exceptions.write(&rows)?;
    Ok(as_of)
}

/// Writes statements and balances; statements are made side by side.
fn write_documents(
    options: &SettleOptions,
    staging: &Staging,
    engine: &Engine,
    statements: &[Statement],
) -> Result<(), Failure> {
    let state = engine.state();
    let word = |word| state.dictionary.text(word);
    let names = Names { book: engine.book(), word: &word };
    let mut balances = Vec::new();
    write_balances_csv(&mut balances, &state.chart, &state.balances, &names, options.csv);
    staging.write("balances.csv", &balances)?;
    let path = staging.path().join("statements.json");
    let file = std::fs::File::create(&path).map_err(Failure::world("creating", &path))?;
    let mut buffered = std::io::BufWriter::new(file);
    write_statements_json(&mut buffered, statements, &names).map_err(Failure::world("writing", &path))?;
    buffered.flush().map_err(Failure::world("writing", &path))?;
    let next = AtomicUsize::new(0);
    std::thread::scope(|scope| {
        let workers: Vec<_> = (0..options.threads.unwrap_or_else(worker_count))
            .map(|_| scope.spawn(|| write_statements(options, staging, engine, statements, &next)))
            .collect();
        workers.into_iter().try_for_each(|worker| worker.join().expect("a statement can be written"))
    })
}

fn write_statements(
    options: &SettleOptions,
    staging: &Staging,
    engine: &Engine,
    statements: &[Statement],
    next: &AtomicUsize,
) -> Result<(), Failure> {
    let word = |word| engine.state().dictionary.text(word);
    let names = Names { book: engine.book(), word: &word };
    let language = options.tongue.of_documents();
    while let Some(statement) = statements.get(next.fetch_add(1, Ordering::Relaxed)) {
        let path = names.statement_path(statement);
        staging.write(&format!("statements/{path}.txt"), statement_text(statement, &names, language).as_bytes())?;
        let target = staging.path().join(format!("statements/{path}.xlsx"));
        let sheet = statement_xlsx(statement, &names, language)
            .map_err(|fault| Failure::world("writing", &target)(std::io::Error::other(fault)))?;
        staging.write(&format!("statements/{path}.xlsx"), &sheet)?;
    }
    Ok(())
}

fn summary(engine: &Engine, watch: &Watch, statements: &[Statement], as_of: Option<Instant>) -> Summary {
    let state = engine.state();
    let count = |count: i64| u64::try_from(count).expect("counts of a whole run are not negative");
    let counts = state.counts;
    Summary {
        book: engine.book().id.to_string(),
        as_of: as_of.map_or_else(String::new, |at| at.to_string()),
        events: count(counts.events()),
        accepted: count(counts.accepted),
        duplicates: count(counts.duplicates),
        conflicts: count(counts.conflicts),
        held: count(counts.held),
        rejected: count(counts.rejected),
        outside_records: count(counts.outside_passed + counts.outside_failed),
        not_yet_received: count(counts.not_yet),
        commands: [counts.commands, counts.commands_again, counts.commands_refused].map(count),
        entries: state.entries,
        statements: statements.len() as u64,
        elapsed: std::time::Duration::ZERO,
        state_digest: state.digest().to_string(),
        flags: flags(engine, watch),
        seals: seals(engine),
        reconciliations: Vec::new(),
    }
}

/// Periods that were sealed, and what that keeps of them.
fn seals(engine: &Engine) -> Vec<Seal> {
    let mut seals = Vec::new();
    for (contract, state) in engine.book().contracts.iter().zip(&engine.state().contracts) {
        let sealed = state.periods_by_day().filter_map(|number| Some((number, state.seals.get(&number)?)));
        seals.extend(sealed.map(|(number, digest)| Seal {
            contract: contract.id.to_string(),
            period: state.periods[number as usize].period.name(),
            digest: digest.to_string(),
        }));
    }
    seals
}

/// What the watch remarked, for people.
fn flags(engine: &Engine, watch: &Watch) -> Vec<Flag> {
    let flag = |(&(remark, source), remarked): (&(Remark, SourceId), &Remarked)| Flag {
        name: remark.name().to_owned(),
        source: engine.book().sources[usize::from(source.0)].id.to_string(),
        count: remarked.count,
        detail: format!("first at event {}", remarked.first_id),
    };
    watch.remarks().iter().map(flag).collect()
}

/// Writes what `explain` needs beside the log: the book's files and what the run was told.
fn write_lock(
    options: &SettleOptions,
    staging: &Staging,
    loaded: &Loaded,
    plan: &Plan<'_>,
    summary: &Summary,
) -> Result<(), Failure> {
    for (path, bytes) in &loaded.files {
        staging.write(&format!("book.lock/book/{path}"), bytes)?;
    }
    let inputs: Vec<_> = plan
        .inputs
        .iter()
        .map(|input| {
            let slot = input.facts.slot.as_deref();
            let digest = input.digest.map(|digest| digest.to_string());
            json!({ "name": input.facts.name, "bytes": input.bytes, "adapter": plan.adapters[input.adapter].name, "slot": slot, "digest": digest })
        })
        .collect();
    let mut commands = Vec::new();
    for (number, file) in (1..).zip(plan.commands) {
        let path = format!("book.lock/commands/{number}.jsonl");
        staging.write(&path, file.text.as_bytes())?;
        commands.push(json!({ "name": file.name, "path": path }));
    }
    let lock = json!({
        "format": "jeongsan.lock", "version": 1, "rules_version": RULES_VERSION, "book_digest": loaded.digest.to_string(),
        "as_of": summary.as_of, "looked_as_of": options.as_of.map(|at| at.to_string()), "state_digest": summary.state_digest,
        "inputs": inputs, "commands": commands,
    });
    staging.write("book.lock/lock.json", format!("{lock:#}\n").as_bytes())
}

/// The summary for people.
pub(crate) fn told(summary: &Summary, out: &Path, tongue: Tongue) -> String {
    let Summary {
        events, accepted, duplicates, conflicts, held, rejected, outside_records, entries, statements, ..
    } = summary;
    let (seconds, rate) = (summary.elapsed.as_millis(), summary.events_per_second());
    let (whole, thousandths) = (seconds / 1000, seconds % 1000);
    let mut text = match tongue {
        Tongue::English => format!(
            "{events} events: {accepted} accepted, {duplicates} duplicates, {conflicts} conflicts, {held} held, {rejected} rejected\n\
             {outside_records} outside records\n{entries} entries, {statements} statements\n\
             {whole}.{thousandths:03} s, {rate} events/s\n{}\n",
            out.display()
        ),
        Tongue::Korean => format!(
            "거래 {events}건: 승인 {accepted}, 중복 {duplicates}, 상충 {conflicts}, 보류 {held}, 거절 {rejected}\n\
             외부기록 {outside_records}건\n분개 {entries}건, 정산서 {statements}건\n\
             {whole}.{thousandths:03}초, 초당 {rate}건\n{}\n",
            out.display()
        ),
    };
    let breaks: u64 = summary.reconciliations.iter().map(ReconciliationCounts::all_breaks).sum();
    if !summary.reconciliations.is_empty() {
        let matched: u64 = summary.reconciliations.iter().map(|one| one.matched).sum();
        text.push_str(&match tongue {
            Tongue::English => format!("{matched} matched, {breaks} breaks: {}\n", out.join("breaks.csv").display()),
            Tongue::Korean => format!("대사 일치 {matched}건, 차이 {breaks}건: {}\n", out.join("breaks.csv").display()),
        });
    }
    if conflicts + held + rejected > 0 {
        let reasons = out.join("exceptions.csv");
        let why = tongue.of("says why events are not counted", "에 반영되지 않은 거래의 사유가 있습니다");
        let space = if tongue == Tongue::English { " " } else { "" };
        text.push_str(&format!("{}{space}{why}\n", reasons.display()));
    }
    text
}
