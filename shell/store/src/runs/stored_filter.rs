//! The layers over all runs, stored in `runs/filter`, so that a start need not read the keys of all runs.
//!
//! A head (runs covered, a digest of what tells them from others, size and runs of each layer), then pages of 63 blocks
//! through all layers. It is written anew as a whole beside the old one and renamed: 181 MB at 100 million identities,
//! every four runs or more ([`Runs::filter_is_due`]). Words may get further bits meanwhile, of a run to come: such a bit
//! is a "maybe" more and no harm. A file that is damaged or of other runs is not used; the layers are made anew then.

use super::page::{self, FileMark, HEAD_BYTES, MAGIC_BYTES, PAGE_BYTES, Pages, u64_at};
use super::run::{BLOCKS_A_PAGE, PAGES_AT_ONCE, Run};
use super::sealing::create_anew;
use super::{FOLDER, Flaw, Progress, RunFailure, Runs, UNFINISHED};
use crate::Disk;
use crate::filter::{BITS_YOUNG, BLOCK_BYTES, LAYERS_MAX, Layer, Layers, blocks_for};
use canon::{Digest, Digester};
use std::sync::Arc;
use std::sync::atomic::Ordering;

const MAGIC: &[u8; MAGIC_BYTES] = b"jeongsan.filter1";
const NAME: &str = "filter";

/// What the head of the stored filter says.
#[derive(Debug)]
struct Head {
    runs: u64,
    /// Of the marks of these runs.
    of_runs: Digest,
    /// Capacity and number of runs of each layer.
    layers: Vec<(u64, u64)>,
}

impl Head {
    fn to_page(&self) -> [u8; PAGE_BYTES] {
        assert!(self.layers.len() <= LAYERS_MAX, "the head has room for all layers");
        let mut page = [0; PAGE_BYTES];
        page[16..24].copy_from_slice(&self.runs.to_le_bytes());
        page[24..32].copy_from_slice(&(self.layers.len() as u64).to_le_bytes());
        page[32..64].copy_from_slice(&self.of_runs.0);
        for (into, (capacity, runs)) in page[64..].chunks_exact_mut(16).zip(&self.layers) {
            into[..8].copy_from_slice(&capacity.to_le_bytes());
            into[8..].copy_from_slice(&runs.to_le_bytes());
        }
        page::complete_head(&mut page, MAGIC);
        page
    }

    fn of_page(page: &[u8; PAGE_BYTES]) -> Self {
        let layers = (u64_at(page, 24) as usize).min(LAYERS_MAX);
        let layer = |entry: &[u8]| (u64_at(entry, 0), u64_at(entry, 8));
        Self {
            runs: u64_at(page, 16),
            of_runs: Digest(page[32..64].try_into().expect("32 bytes")),
            layers: page[64..].chunks_exact(16).take(layers).map(layer).collect(),
        }
    }

    fn blocks(&self) -> u64 {
        self.layers.iter().fold(0, |sum: u64, (capacity, _)| sum.saturating_add(blocks_for(*capacity, BITS_YOUNG)))
    }
}

fn mark_of(head: &[u8; PAGE_BYTES]) -> FileMark {
    FileMark(canon::digest(head).0[..16].try_into().expect("16 of 32 bytes"))
}

fn digest_of<'a, D: Disk + 'a>(runs: impl Iterator<Item = &'a Run<D>>) -> Digest {
    let mut digester = Digester::default();
    for run in runs {
        digester.bytes(&run.mark().0);
    }
    digester.finish()
}

/// Reads the stored layers, which may cover the first of the runs only.
pub(super) fn load<D: Disk>(disk: &D, runs: &[Run<D>]) -> Result<Layers, RunFailure> {
    if runs.is_empty() {
        return Ok(Layers::default());
    }
    let pages = Pages::open(disk, format!("{FOLDER}/{NAME}"))?;
    let head_page = pages.read_head(disk, MAGIC)?;
    let head = Head::of_page(&head_page);
    let in_layers = head.layers.iter().try_fold(0, |sum: u64, (_, runs)| sum.checked_add(*runs));
    let covered = usize::try_from(head.runs).ok().and_then(|count| runs.get(..count));
    let Some(covered) = covered.filter(|covered| digest_of(covered.iter()) == head.of_runs) else {
        return Err(pages.damaged(0, Flaw::History));
    };
    if in_layers != Some(head.runs) {
        return Err(pages.damaged(0, Flaw::Count));
    }
    // Before anything is allocated: the layers are those of a file of this length.
    pages.check_length(disk, head.blocks().div_ceil(BLOCKS_A_PAGE as u64).saturating_add(1))?;
    let mut layers = Layers::default();
    let mut covered = covered.iter();
    let made: Vec<Arc<Layer>> = head.layers.iter().map(|(capacity, _)| Layer::with_room(*capacity)).collect();
    for (layer, (_, runs)) in made.iter().zip(&head.layers) {
        for run in covered.by_ref().take(*runs as usize) {
            layers.push(Arc::clone(layer), run.claims());
        }
    }
    read_blocks(disk, &pages, mark_of(&head_page), &made, head.blocks())?;
    Ok(layers)
}

fn read_blocks<D: Disk>(
    disk: &D,
    pages: &Pages<D>,
    mark: FileMark,
    layers: &[Arc<Layer>],
    blocks: u64,
) -> Result<(), RunFailure> {
    let mut cursor = Cursor::default();
    let in_all = 1 + blocks.div_ceil(BLOCKS_A_PAGE as u64);
    let mut buffer = vec![0; PAGE_BYTES * PAGES_AT_ONCE];
    let mut position = 1;
    while position < in_all {
        let some = PAGES_AT_ONCE.min((in_all - position) as usize);
        let read = &mut buffer[..PAGE_BYTES * some];
        pages.read(disk, read, position)?;
        for page in read.chunks_exact(PAGE_BYTES) {
            let before = (position - 1) * BLOCKS_A_PAGE as u64;
            let count = (blocks - before).min(BLOCKS_A_PAGE as u64) as usize;
            pages.check(page, mark, position, count)?;
            for bytes in page[HEAD_BYTES..].chunks_exact(BLOCK_BYTES).take(count) {
                let (layer, block) = cursor.next(layers).expect("the head counts the blocks of its layers");
                layer.filter().load_block(block, bytes);
            }
            position += 1;
        }
    }
    Ok(())
}

/// Goes through the blocks of all layers.
#[derive(Debug, Default)]
struct Cursor {
    layer: usize,
    block: usize,
}

impl Cursor {
    fn next<'a>(&mut self, layers: &'a [Arc<Layer>]) -> Option<(&'a Layer, usize)> {
        let layer = layers.get(self.layer)?;
        let block = self.block;
        self.block += 1;
        if self.block == layer.filter().blocks() {
            (self.layer, self.block) = (self.layer + 1, 0);
        }
        Some((layer, block))
    }
}

/// The filter of a version that is being stored. Where a step fails it is over, and the stored filter is as it was.
#[derive(Debug)]
pub struct StoringFilter<D: Disk> {
    runs: Runs<D>,
    layers: Vec<Arc<Layer>>,
    head: [u8; PAGE_BYTES],
    cursor: Cursor,
    /// The next page; 0: nothing was written yet.
    position: u64,
    file: Option<D::File>,
}

impl<D: Disk> StoringFilter<D> {
    pub(super) fn new(runs: Runs<D>) -> Self {
        let list = runs.version.layers.list();
        let head = Head {
            runs: runs.version.runs.len() as u64,
            of_runs: digest_of(runs.runs()),
            layers: list.iter().map(|own| (own.layer.capacity(), own.runs.len() as u64)).collect(),
        };
        let layers = list.iter().map(|own| Arc::clone(&own.layer)).collect();
        Self { head: head.to_page(), runs, layers, cursor: Cursor::default(), position: 0, file: None }
    }

    /// Writes and syncs about so many pages of 4 KiB: with 128 a step takes some 1 to 2 ms.
    ///
    /// # Errors
    /// What the disk says.
    ///
    /// # Panics
    /// After the last step.
    pub fn step(&mut self, pages: usize) -> Result<Progress<()>, RunFailure> {
        let disk = Arc::clone(&self.runs.version.disk);
        let path = format!("{FOLDER}/{NAME}");
        let unfinished = path.clone() + UNFINISHED;
        if self.position == 0 {
            let file = create_anew(&*disk, &unfinished)?;
            disk.write_at(&file, &self.head, 0)?;
            (self.file, self.position) = (Some(file), 1);
        }
        let file = self.file.as_ref().expect("a filter that was stored takes no step");
        let bytes = pages_of(&self.layers, &mut self.cursor, mark_of(&self.head), self.position, pages.max(1));
        disk.write_at(file, &bytes, self.position * PAGE_BYTES as u64)?;
        disk.sync(file)?;
        self.position += (bytes.len() / PAGE_BYTES) as u64;
        if self.cursor.layer < self.layers.len() {
            return Ok(Progress::More);
        }
        self.file = None;
        disk.rename(&unfinished, &path)?;
        disk.sync_folder(FOLDER)?;
        let stored = self.runs.version.runs.len() as u64;
        self.runs.version.stored_runs.store(stored, Ordering::Relaxed);
        Ok(Progress::Done(()))
    }
}

/// The next pages of the layers.
fn pages_of(layers: &[Arc<Layer>], cursor: &mut Cursor, mark: FileMark, first: u64, pages: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(PAGE_BYTES * pages);
    for position in first..first + pages as u64 {
        if cursor.layer == layers.len() {
            break;
        }
        let start = bytes.len();
        bytes.resize(start + PAGE_BYTES, 0);
        let page = &mut bytes[start..];
        let mut count = 0;
        for into in page[HEAD_BYTES..].chunks_exact_mut(BLOCK_BYTES) {
            let Some((layer, block)) = cursor.next(layers) else { break };
            into.copy_from_slice(&layer.filter().block_bytes(block));
            count += 1;
        }
        page::complete(page, mark, position, count);
    }
    bytes
}
