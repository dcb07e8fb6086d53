//! The event files of a run: which adapter reads each, when it was received, in which order they are taken.
//!
//! Files are taken whole, in order of the first receipt that they tell, then of their names: stamps never decrease, so
//! a file that begins later is looked at later whatever the order on the command line.

use crate::commands::Told;
use crate::failure::Failure;
use calendar::Instant;
use canon::{Digest, Digester};
use event::{Columns, FileId};
use intake::adapter::{Adapter, IdentityPlan, Received};
use intake::{Chunk, FileFacts, Reader, Splitter, files};
use std::collections::BTreeMap;
use std::fs::File;
use std::io::Read;
use std::path::{Path, PathBuf};

/// One event file.
#[derive(Debug)]
pub(crate) struct Input {
    /// Where it lies.
    pub(crate) path: PathBuf,
    /// Position of its adapter in the book.
    pub(crate) adapter: usize,
    /// What intake is told of it.
    pub(crate) facts: FileFacts,
    /// Its size as it lies on the disk.
    pub(crate) bytes: u64,
    /// The digest of its bytes, where its rows have file identity.
    pub(crate) digest: Option<Digest>,
}

/// The files as an engine is told of them.
pub(crate) fn told<'a>(inputs: &'a [Input], adapters: &[Adapter]) -> Vec<Told<'a>> {
    let told = |input: &'a Input| Told {
        id: input.facts.id,
        name: &input.facts.name,
        adapter: adapters[input.adapter].id,
        slot: input.facts.slot.as_deref().zip(input.digest),
    };
    inputs.iter().map(told).collect()
}

/// Finds out everything about the files of a run, in the order in which they are taken; `let_in` says when a person let a
/// file in.
pub(crate) fn find(
    arguments: &[String],
    adapters: &[Adapter],
    received_at: Option<Instant>,
    let_in: &BTreeMap<&str, Instant>,
) -> Result<Vec<Input>, Failure> {
    let mut inputs = Vec::with_capacity(arguments.len());
    for argument in arguments {
        let mut input = input(argument, adapters, received_at)?;
        if let Some(&at) = let_in.get(&*input.facts.name) {
            input.facts.received_at = input.facts.received_at.max(at);
        }
        inputs.push(input);
    }
    if inputs.len() > 1 {
        let mut keyed = Vec::with_capacity(inputs.len());
        for input in inputs {
            keyed.push((first_receipt(&input, &adapters[input.adapter])?, input));
        }
        keyed.sort_by(|left, right| (left.0, &left.1.facts.name).cmp(&(right.0, &right.1.facts.name)));
        inputs = keyed.into_iter().map(|(_, input)| input).collect();
    }
    for (position, input) in inputs.iter_mut().enumerate() {
        input.facts.id = FileId(u32::try_from(position).expect("a command line holds fewer files"));
    }
    Ok(inputs)
}

fn input(argument: &str, adapters: &[Adapter], received_at: Option<Instant>) -> Result<Input, Failure> {
    let (named, path) = named_adapter(argument, adapters);
    let file = Path::new(path);
    let bytes = match std::fs::metadata(file) {
        Ok(facts) => facts.len(),
        Err(error) => return Err(not_there(argument, adapters, error)),
    };
    let name = file.file_name().map_or_else(|| path.to_owned(), |name| name.to_string_lossy().into_owned());
    let found = named.or_else(|| files::adapter_for(adapters, &name).and_then(|found| position_of(adapters, found)));
    let only = || (adapters.len() == 1 && adapters[0].files.is_empty()).then_some(0);
    let Some(adapter) = found.or_else(only) else {
        return Err(Failure::NoAdapter { file: file.to_owned(), adapters: names_of(adapters) });
    };
    let told = files::received_at(&adapters[adapter], &name);
    let received = if told.is_none() { received_at.unwrap_or(Instant::NONE) } else { told };
    if received.is_none()
        && !matches!(adapters[adapter].received, Received::Column { .. })
        && !adapters[adapter].outside
    {
        return Err(Failure::NotReceived { file: file.to_owned() });
    }
    let slot_pattern = adapters[adapter].sources.iter().find_map(|source| match &source.identity {
        IdentityPlan::File { pattern } => Some(pattern),
        _ => None,
    });
    let slot = slot_pattern.and_then(|pattern| files::slot(pattern, &name));
    let digest = if slot.is_some() { Some(digest_of(file)?) } else { None };
    let facts = FileFacts { id: FileId(0), name: name.into(), received_at: received, slot };
    Ok(Input { path: file.to_owned(), adapter, facts, bytes, digest })
}

/// `ADAPTER=FILE`, where what stands before the sign is an adapter of the book.
fn named_adapter<'a>(argument: &'a str, adapters: &[Adapter]) -> (Option<usize>, &'a str) {
    if let Some((name, path)) = argument.split_once('=')
        && let Some(position) = adapters.iter().position(|adapter| &*adapter.name == name)
    {
        return (Some(position), path);
    }
    (None, argument)
}

/// A file that cannot be looked at; where a file of the name behind a `=` is there, what stands before is no adapter.
fn not_there(argument: &str, adapters: &[Adapter], error: std::io::Error) -> Failure {
    if let Some((named, path)) = argument.split_once('=')
        && !adapters.iter().any(|adapter| &*adapter.name == named)
        && Path::new(path).exists()
    {
        return Failure::AdapterUnknown { named: named.to_owned(), file: path.into(), adapters: names_of(adapters) };
    }
    let (_, path) = named_adapter(argument, adapters);
    Failure::world("reading", Path::new(path))(error)
}

fn names_of(adapters: &[Adapter]) -> Vec<String> {
    adapters.iter().map(|adapter| adapter.name.to_string()).collect()
}

fn position_of(adapters: &[Adapter], found: &Adapter) -> Option<usize> {
    adapters.iter().position(|adapter| adapter.id == found.id)
}

fn digest_of(path: &Path) -> Result<Digest, Failure> {
    let mut file = File::open(path).map_err(Failure::world("reading", path))?;
    let mut block = vec![0; 1 << 20];
    let mut digester = Digester::default();
    loop {
        let mut filled = 0;
        while filled < block.len() {
            match file.read(&mut block[filled..]).map_err(Failure::world("reading", path))? {
                0 => break,
                more => filled += more,
            }
        }
        if filled == 0 {
            return Ok(digester.finish());
        }
        digester.bytes(&block[..filled]);
    }
}

/// When the first row of a file was received: what the file's name or the command line says, else its first good row.
fn first_receipt(input: &Input, adapter: &Adapter) -> Result<Instant, Failure> {
    if !matches!(adapter.received, Received::Column { .. }) {
        return Ok(input.facts.received_at);
    }
    let file = File::open(&input.path).map_err(Failure::world("reading", &input.path))?;
    let mut splitter = Splitter::new(file, adapter);
    let (mut chunk, mut columns) = (Chunk::default(), Columns::new(adapter.id, &adapter.schema));
    let mut reader = Reader::new(adapter, 0);
    while splitter.next_chunk(&mut chunk).map_err(|fault| read_failure(fault, &input.path))? {
        reader.adapt(&chunk, &input.facts, &mut columns);
        if let Some(&first) = columns.received_at.first() {
            return Ok(first);
        }
    }
    Ok(Instant::NONE)
}

/// A read that failed, as a failure of the program.
pub(crate) fn read_failure(fault: intake::ReadFault, path: &Path) -> Failure {
    let intake::ReadFault::World(source) = fault;
    Failure::World { attempted: "reading", path: path.to_owned(), source }
}
