//! One run: a sealed file of what frames [from, until) claim and which originals their events name, sorted by identity.
//!
//! | pages | what |
//! |---|---|
//! | 1 | head: frames, number of claims and of links, identities before and after, chain at the end |
//! | entries / 127 | [`Entry`]s of 32 bytes each; of one identity first its links, then its claims, of both the newest last |
//! | pages of entries / 508 | directory: upper half of the first identity of each page of entries |
//! | blocks / 63 | the small filter, 8 bits an entry |
//!
//! 33.4 bytes an entry on disk. In memory are the directory (8 bytes a page: 6.3 MB for 100 million entries), the
//! small filter (100 MB for 100 million), and an open file. A look-up reads one page; two where upper halves are equal.

use super::entry::{ENTRY_BYTES, Entry};
use super::page::{self, FileMark, HEAD_BYTES, MAGIC_BYTES, PAGE_BYTES, Pages, u32_at, u64_at};
use super::{FOLDER, Flaw, LogMark, RunFailure};
use crate::Disk;
use crate::filter::{BITS_RUN, BLOCK_BYTES, Filter, Mix, blocks_for};
use canon::{Digest, Digester};
use engine::Claim;
use event::Identity;
use std::ops::Range;

const MAGIC: &[u8; MAGIC_BYTES] = b"jeongsan.claims2";
pub(super) const ENTRIES_A_PAGE: usize = (PAGE_BYTES - HEAD_BYTES) / ENTRY_BYTES;
const FIRSTS_A_PAGE: usize = (PAGE_BYTES - HEAD_BYTES) / 8;
pub(super) const BLOCKS_A_PAGE: usize = (PAGE_BYTES - HEAD_BYTES) / BLOCK_BYTES;
/// Pages that are read at once where a file is read through.
pub(super) const PAGES_AT_ONCE: usize = 128;
/// The most frames of a run: so many fit the entries. Of 4 KiB each, that is a log of 8 TiB.
pub const FRAMES_MAX: u64 = 1 << 31;
/// How many pages of the directory to each side of the expected place are looked at first.
const NEAR: usize = 16;

/// What the head of a run says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Head {
    /// The first frame.
    pub(super) from: u64,
    /// The frame after the last.
    pub(super) until: u64,
    /// Claims of these frames.
    pub(super) claims: u64,
    /// How often their events name an original.
    pub(super) links: u64,
    /// Claims of all frames before them.
    pub(super) before: u64,
    /// What the log says after the last of them.
    pub(super) after: LogMark,
}

impl Head {
    /// The head of the run after so many claims.
    ///
    /// # Panics
    /// Where there is no frame or too many, or the log counts backwards.
    pub(super) fn of_next(frames: Range<u64>, links: u64, before: u64, after: LogMark) -> Self {
        let claims = after.identities.checked_sub(before).expect("the log counts claims upwards");
        let head = Self { from: frames.start, until: frames.end, claims, links, before, after };
        assert!(head.is_whole(), "a run holds at least one frame, from 1 on, and at most {FRAMES_MAX}");
        head
    }

    /// Claims and links.
    fn entries(&self) -> u64 {
        self.claims.saturating_add(self.links)
    }

    /// Its frames.
    pub(super) const fn frames(&self) -> Range<u64> {
        self.from..self.until
    }

    /// The file's path from the folder of the book.
    pub(super) fn path(&self) -> String {
        path_of(&self.frames())
    }

    /// Pages of entries, of the directory, and of the filter.
    fn pages(&self) -> [u64; 3] {
        let entries = self.entries().div_ceil(ENTRIES_A_PAGE as u64);
        let blocks = blocks_for(self.entries(), BITS_RUN);
        [entries, entries.div_ceil(FIRSTS_A_PAGE as u64), blocks.div_ceil(BLOCKS_A_PAGE as u64)]
    }

    /// How many entries stand on a page of entries, counted from 0.
    fn entries_on(&self, page: u64) -> usize {
        (self.entries() - page * ENTRIES_A_PAGE as u64).min(ENTRIES_A_PAGE as u64) as usize
    }

    /// What tells the pages of this run from those of all others.
    pub(super) fn mark(&self) -> FileMark {
        let mut digester = Digester::default();
        digester.text("run").u64(self.from).u64(self.until).u64(self.claims).u64(self.links).u64(self.before);
        digester.u64(self.after.identities).bytes(&self.after.chain.0);
        FileMark(digester.finish().0[..16].try_into().expect("16 of 32 bytes"))
    }

    pub(super) fn to_page(self) -> [u8; PAGE_BYTES] {
        let mut page = [0; PAGE_BYTES];
        let numbers = [self.from, self.until, self.claims, self.before, self.after.identities];
        for (into, number) in page[MAGIC_BYTES..].chunks_exact_mut(8).zip(numbers) {
            into.copy_from_slice(&number.to_le_bytes());
        }
        page[56..88].copy_from_slice(&self.after.chain.0);
        page[88..96].copy_from_slice(&self.links.to_le_bytes());
        page::complete_head(&mut page, MAGIC);
        page
    }

    fn of_page(page: &[u8; PAGE_BYTES]) -> Self {
        let chain = Digest(page[56..88].try_into().expect("32 bytes"));
        let after = LogMark { identities: u64_at(page, 48), chain };
        let [from, until, claims, before] = [16, 24, 32, 40].map(|at| u64_at(page, at));
        Self { from, until, claims, links: u64_at(page, 88), before, after }
    }

    fn is_whole(&self) -> bool {
        let has_frames = 1 <= self.from && self.from < self.until && self.until - self.from <= FRAMES_MAX;
        has_frames && self.before.checked_add(self.claims) == Some(self.after.identities)
    }
}

/// The path of the run of some frames.
pub(super) fn path_of(frames: &Range<u64>) -> String {
    format!("{FOLDER}/{:020}-{:020}.run", frames.start, frames.end)
}

/// The frames that the name of a file speaks of; none where it is not the name of a run.
pub(super) fn frames_of(name: &str) -> Option<Range<u64>> {
    let (from, until) = name.strip_suffix(".run")?.split_once('-')?;
    let frames = from.parse().ok()?..until.parse().ok()?;
    (path_of(&frames) == format!("{FOLDER}/{name}")).then_some(frames)
}

/// A sealed run.
#[derive(Debug)]
pub struct Run<D: Disk> {
    pages: Pages<D>,
    pub(super) head: Head,
    mark: FileMark,
    /// Upper half of the first identity of each page of entries.
    directory: Box<[u64]>,
    pub(super) filter: Filter,
}

impl<D: Disk> Run<D> {
    /// Opens the run of some frames: head, directory and small filter are read and checked; pages of entries are checked
    /// at each read.
    pub(super) fn open(disk: &D, frames: &Range<u64>) -> Result<Self, RunFailure> {
        Self::open_at(disk, path_of(frames), frames)
    }

    /// The same for a file that may have another name still.
    pub(super) fn open_at(disk: &D, path: String, frames: &Range<u64>) -> Result<Self, RunFailure> {
        let pages = Pages::open(disk, path)?;
        let head = Head::of_page(&pages.read_head(disk, MAGIC)?);
        if (head.from, head.until) != (frames.start, frames.end) {
            return Err(pages.damaged(0, Flaw::Name));
        }
        if !head.is_whole() {
            return Err(pages.damaged(0, Flaw::Count));
        }
        // Before anything is allocated: the head's numbers are those of a file of this length.
        let counted = head.pages();
        let in_all = counted.iter().try_fold(1, |sum: u64, part| sum.checked_add(*part));
        pages.check_length(disk, in_all.unwrap_or(u64::MAX))?;
        let mark = head.mark();
        let mut run = Self { pages, head, mark, directory: Box::default(), filter: small_filter(head.entries()) };
        run.directory = run.read_directory(disk)?;
        run.read_filter(disk)?;
        Ok(run)
    }

    /// The frames whose claims it holds.
    #[must_use]
    pub fn frames(&self) -> Range<u64> {
        self.head.frames()
    }

    /// How many claims it holds.
    #[must_use]
    pub const fn claims(&self) -> u64 {
        self.head.claims
    }

    /// Something is wrong with the whole of it.
    pub(super) fn flaw(&self, flaw: Flaw) -> RunFailure {
        self.pages.damaged(0, flaw)
    }

    /// What tells its pages from those of all others.
    pub(super) const fn mark(&self) -> FileMark {
        self.mark
    }

    fn read_directory(&self, disk: &D) -> Result<Box<[u64]>, RunFailure> {
        let [pages, directory_pages, _] = self.head.pages();
        let mut directory = Vec::with_capacity(pages as usize);
        let count = |at: u64| (pages - at * FIRSTS_A_PAGE as u64).min(FIRSTS_A_PAGE as u64) as usize;
        self.read_through(disk, 1 + pages, directory_pages, count, |_, page, count| {
            directory.extend((0..count).map(|at| u64_at(page, HEAD_BYTES + 8 * at)));
        })?;
        if !directory.is_sorted() {
            return Err(self.pages.damaged(1 + pages, Flaw::Order));
        }
        Ok(directory.into())
    }

    fn read_filter(&self, disk: &D) -> Result<(), RunFailure> {
        let [pages, directory_pages, filter_pages] = self.head.pages();
        let count = |at| (self.filter.blocks() - at as usize * BLOCKS_A_PAGE).min(BLOCKS_A_PAGE);
        self.read_through(disk, 1 + pages + directory_pages, filter_pages, count, |at, page, count| {
            for (number, bytes) in page[HEAD_BYTES..].chunks_exact(BLOCK_BYTES).take(count).enumerate() {
                self.filter.load_block(at as usize * BLOCKS_A_PAGE + number, bytes);
            }
        })
    }

    /// Reads neighbouring pages, checks each, and gives it with its number from the first on, and how many things it holds.
    fn read_through(
        &self,
        disk: &D,
        first: u64,
        pages: u64,
        count: impl Fn(u64) -> usize,
        mut take: impl FnMut(u64, &[u8], usize),
    ) -> Result<(), RunFailure> {
        let mut buffer = vec![0; PAGE_BYTES * PAGES_AT_ONCE.min(pages as usize)];
        let mut at = 0;
        while at < pages {
            let some = PAGES_AT_ONCE.min((pages - at) as usize);
            let read = &mut buffer[..PAGE_BYTES * some];
            self.pages.read(disk, read, first + at)?;
            for page in read.chunks_exact(PAGE_BYTES) {
                let count = count(at);
                self.pages.check(page, self.mark, first + at, count)?;
                take(at, page, count);
                at += 1;
            }
        }
        Ok(())
    }

    /// Reads some pages of entries through, counted from 0, checks each, also its order and its place in the directory, and
    /// gives every identity that is claimed. The result is the number of the page after them.
    pub(super) fn read_identities(
        &self,
        disk: &D,
        first: u64,
        pages: u64,
        mut take: impl FnMut(Identity),
    ) -> Result<u64, RunFailure> {
        let pages = pages.min(self.entry_pages() - first);
        let mut previous = (Identity::NONE, false);
        let mut disordered = None;
        let count = |at| self.head.entries_on(first + at);
        self.read_through(disk, 1 + first, pages, count, |at, page, count| {
            let entries = EntryPage { bytes: page, count };
            let mut is_sorted = self.directory[(first + at) as usize] == upper(entries.identity(0));
            for at in 0..count {
                let (identity, is_claim) = (entries.identity(at), entries.is_claim(at));
                is_sorted &= previous <= (identity, is_claim);
                previous = (identity, is_claim);
                if is_claim {
                    take(identity);
                }
            }
            if !is_sorted {
                disordered = disordered.or(Some(1 + first + at));
            }
        })?;
        match disordered {
            Some(position) => Err(self.pages.damaged(position, Flaw::Order)),
            None => Ok(first + pages),
        }
    }

    /// Reads all entries, in their order.
    pub(super) fn read_entries(&self, disk: &D) -> Result<Vec<Entry>, RunFailure> {
        let mut entries = Vec::with_capacity(self.head.entries() as usize);
        let count = |at| self.head.entries_on(at);
        self.read_through(disk, 1, self.entry_pages(), count, |_, page, count| {
            let page = EntryPage { bytes: page, count };
            entries.extend((0..count).map(|at| page.entry(at)));
        })?;
        Ok(entries)
    }

    /// How many pages of entries there are.
    pub(super) fn entry_pages(&self) -> u64 {
        self.directory.len() as u64
    }

    /// Appends the entries of an identity from the last on, at most so many; whether there may be more.
    pub(super) fn entries_of(
        &self,
        disk: &D,
        identity: Identity,
        entries_max: usize,
        found: &mut Vec<Entry>,
    ) -> Result<bool, RunFailure> {
        let mut buffer = [0; PAGE_BYTES];
        let mut page = self.pages_until(upper(identity));
        let full = found.len() + entries_max;
        while page > 0 {
            page -= 1;
            let entries = self.read_page(disk, page, &mut buffer)?;
            let behind = entries.behind(identity);
            let of_page = (0..behind).rev().map(|at| entries.entry(at)).take_while(|entry| entry.identity == identity);
            for entry in of_page {
                if found.len() == full {
                    return Ok(true);
                }
                if u64::from(entry.frame()) >= self.head.until - self.head.from {
                    return Err(self.pages.damaged(1 + page as u64, Flaw::Count));
                }
                found.push(entry);
            }
            if entries.identity(0) < identity {
                return Ok(false);
            }
        }
        Ok(false)
    }

    /// Reads a page of entries, counted from 0, and checks it.
    fn read_page<'b>(
        &self,
        disk: &D,
        page: usize,
        buffer: &'b mut [u8; PAGE_BYTES],
    ) -> Result<EntryPage<'b>, RunFailure> {
        let position = 1 + page as u64;
        let count = self.head.entries_on(page as u64);
        self.pages.read(disk, buffer, position)?;
        self.pages.check(buffer, self.mark, position, count)?;
        let entries = EntryPage { bytes: buffer, count };
        if upper(entries.identity(0)) != self.directory[page] {
            return Err(self.pages.damaged(position, Flaw::Order));
        }
        Ok(entries)
    }

    /// The newest claim of an identity.
    pub(super) fn find(&self, disk: &D, identity: Identity) -> Result<Option<Claim>, RunFailure> {
        let mut buffer = [0; PAGE_BYTES];
        let mut page = self.pages_until(upper(identity));
        while page > 0 {
            page -= 1;
            let entries = self.read_page(disk, page, &mut buffer)?;
            // Where it begins behind the identity their upper halves are equal: then it is on the page before, or nowhere.
            if entries.identity(0) <= identity {
                return Ok(entries.newest(identity));
            }
        }
        Ok(None)
    }

    /// How many pages begin at or before an upper half. Identities are uniform, so it is close to where it should be.
    fn pages_until(&self, upper: u64) -> usize {
        let expected = ((u128::from(upper) * self.directory.len() as u128) >> 64) as usize;
        let low = expected.saturating_sub(NEAR);
        let high = (expected + NEAR).min(self.directory.len());
        let is_before = |first: &u64| *first <= upper;
        let begins_near = low == 0 || is_before(&self.directory[low - 1]);
        let ends_near = high == self.directory.len() || !is_before(&self.directory[high]);
        if begins_near && ends_near {
            return low + self.directory[low..high].partition_point(is_before);
        }
        self.directory.partition_point(is_before)
    }
}

#[inline]
pub(super) const fn upper(identity: Identity) -> u64 {
    (identity.0 >> 64) as u64
}

/// A page of entries that was checked.
struct EntryPage<'a> {
    bytes: &'a [u8],
    count: usize,
}

impl EntryPage<'_> {
    #[inline]
    fn identity(&self, at: usize) -> Identity {
        let at = HEAD_BYTES + ENTRY_BYTES * at;
        Identity(u128::from_le_bytes(self.bytes[at..at + 16].try_into().expect("16 bytes")))
    }

    #[inline]
    fn is_claim(&self, at: usize) -> bool {
        Entry::is_claim_of(u32_at(self.bytes, HEAD_BYTES + ENTRY_BYTES * at + 28))
    }

    fn entry(&self, at: usize) -> Entry {
        let start = HEAD_BYTES + ENTRY_BYTES * at;
        Entry::of_bytes(&self.bytes[start..start + ENTRY_BYTES])
    }

    /// Where the first entry behind those of an identity stands.
    fn behind(&self, identity: Identity) -> usize {
        let (mut low, mut high) = (0, self.count);
        while low < high {
            let middle = usize::midpoint(low, high);
            if self.identity(middle) <= identity { low = middle + 1 } else { high = middle }
        }
        low
    }

    /// The last of the claims of an identity: behind its links, so the last of its entries, or there is none.
    fn newest(&self, identity: Identity) -> Option<Claim> {
        let last = self.behind(identity).checked_sub(1)?;
        (self.identity(last) == identity).then(|| self.entry(last).claim())?
    }
}

/// The empty small filter of a run with so many entries.
fn small_filter(entries: u64) -> Filter {
    Filter::with_room(entries, BITS_RUN, Mix::Run)
}

/// The bytes of a run behind its head, made from entries in their order.
#[derive(Debug)]
pub(super) struct Layout {
    mark: FileMark,
    /// Whole pages that were not taken yet, and one that fills.
    bytes: Vec<u8>,
    /// Position of the next page to begin.
    next: u64,
    on_page: usize,
    directory: Vec<u64>,
    filter: Filter,
}

impl Layout {
    pub(super) fn new(head: &Head) -> Self {
        let directory = Vec::with_capacity(head.pages()[0] as usize);
        Self {
            mark: head.mark(),
            bytes: Vec::new(),
            next: 1,
            on_page: 0,
            directory,
            filter: small_filter(head.entries()),
        }
    }

    /// The next entry, not before those that came.
    pub(super) fn push(&mut self, entry: &Entry) {
        if self.on_page == 0 {
            self.directory.push(upper(entry.identity));
            self.bytes.resize(self.bytes.len() + PAGE_BYTES, 0);
        }
        let start = self.bytes.len() - PAGE_BYTES + HEAD_BYTES + ENTRY_BYTES * self.on_page;
        entry.write(&mut self.bytes[start..start + ENTRY_BYTES]);
        self.filter.insert(entry.identity);
        self.on_page += 1;
        if self.on_page == ENTRIES_A_PAGE {
            self.complete_page();
        }
    }

    /// After the last entry: the directory and the filter.
    pub(super) fn push_rest(&mut self) {
        if self.on_page > 0 {
            self.complete_page();
        }
        let directory = std::mem::take(&mut self.directory);
        for firsts in directory.chunks(FIRSTS_A_PAGE) {
            self.push_page(firsts.iter().map(|first| first.to_le_bytes()));
        }
        for first in (0..self.filter.blocks()).step_by(BLOCKS_A_PAGE) {
            let end = (first + BLOCKS_A_PAGE).min(self.filter.blocks());
            let blocks: Vec<_> = (first..end).map(|at| self.filter.block_bytes(at)).collect();
            self.push_page(blocks.into_iter());
        }
    }

    fn push_page<const N: usize>(&mut self, things: impl Iterator<Item = [u8; N]>) {
        let start = self.bytes.len() + HEAD_BYTES;
        self.bytes.resize(self.bytes.len() + PAGE_BYTES, 0);
        for (into, thing) in self.bytes[start..].chunks_exact_mut(N).zip(things) {
            into.copy_from_slice(&thing);
            self.on_page += 1;
        }
        self.complete_page();
    }

    fn complete_page(&mut self) {
        let start = self.bytes.len() - PAGE_BYTES;
        page::complete(&mut self.bytes[start..], self.mark, self.next, self.on_page);
        (self.next, self.on_page) = (self.next + 1, 0);
    }

    /// The complete pages, behind the offset at which they belong; [`Self::forget`] when they are written.
    pub(super) fn complete(&self) -> (u64, &[u8]) {
        let filling = if self.on_page > 0 { PAGE_BYTES } else { 0 };
        let whole = self.bytes.len() - filling;
        (self.next * PAGE_BYTES as u64 - whole as u64, &self.bytes[..whole])
    }

    pub(super) fn forget(&mut self) {
        let whole = self.complete().1.len();
        self.bytes.drain(..whole);
    }
}
