//! Runs against a map: what they answer, what they say of damaged files, and what a rebuild gives.

#[path = "runs/log.rs"]
mod log;

use engine::Claim;
use event::Identity;
use log::{Log, SIZES, hashed};
use proptest::prelude::*;
use std::fs;
use std::os::unix::fs::FileExt;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use store::Folder;
use store::runs::{Flaw, Found, FrameClaims, LogMark, OpenFailure, Places, Progress, RunFailure, Runs, rebuild};

const PAGE: u64 = 4096;

/// A folder with the runs of a log: so many frames a run.
struct Book {
    folder: tempfile::TempDir,
    disk: Arc<Folder>,
    log: Log,
}

impl Book {
    /// Seals a log in runs that end before these frames.
    fn sealed(log: Log, ends: &[u64]) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let book = Self { disk: Arc::new(Folder::open(folder.path()).unwrap()), folder, log };
        let mut runs = book.open(1).unwrap();
        for until in ends {
            runs = book.seal(&runs, *until);
        }
        book
    }

    fn open(&self, sealed_to: u64) -> Result<Runs<Folder>, OpenFailure<std::io::Error>> {
        Runs::open(Arc::clone(&self.disk), SIZES, sealed_to, |frame| Ok(self.log.mark(frame)))
    }

    fn seal(&self, runs: &Runs<Folder>, until: u64) -> Runs<Folder> {
        let gathered = self.log.gathered(runs.sealed_to()..until);
        store::runs::write_run(runs, until, self.log.mark(until).unwrap(), gathered).unwrap()
    }

    fn store_filter(&self) {
        let runs = self.open(1).unwrap();
        let mut storing = runs.store_filter();
        while let Progress::More = storing.step(1).unwrap() {}
    }

    fn names(&self) -> Vec<String> {
        store::Disk::list(&*self.disk, "runs").unwrap()
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join("runs").join(name)
    }

    /// What is unusable at the start: name and flaw of each file, and the missing frames.
    fn unusable(&self, sealed_to: u64) -> (Vec<(String, Flaw)>, String) {
        let Err(OpenFailure::Unusable(unusable)) = self.open(sealed_to) else { panic!("opened") };
        let flaws = unusable.flaws.iter().map(|flaw| {
            let (file, _, flaw) = damage(flaw);
            (file, flaw)
        });
        (flaws.collect(), format!("{:?}", unusable.missing))
    }

    fn rebuild(&self, sealed_to: u64, claims_usual: usize) {
        let Err(OpenFailure::Unusable(unusable)) = self.open(sealed_to) else { panic!("opened") };
        let before = |frame| Ok::<_, std::io::Error>(self.log.mark(frame).unwrap());
        rebuild(&self.disk, &unusable, claims_usual, before, |frames| self.log.frames(frames)).unwrap();
    }

    /// Every identity up to a frame is found as the map has it, and others are not.
    fn check(&self, runs: &Runs<Folder>) {
        let model = self.log.model(runs.sealed_to());
        let absent = (0..50).map(|number| hashed(1_000_000 + number)).chain([Identity::NONE, Identity(u128::MAX)]);
        let near = model.keys().flat_map(|own| [Identity(own.0 ^ 1), Identity(own.0 ^ 1 << 64)]);
        let asked: Vec<Identity> = model.keys().copied().chain(absent).chain(near).collect();
        let expected: Vec<Claim> = asked.iter().filter_map(|own| model.get(own)).copied().collect();
        let mut found = Vec::new();
        runs.find_all(&asked, &mut found).unwrap();
        assert_eq!(found, expected);
        let places = self.places().unwrap();
        for identity in asked {
            assert_eq!(runs.find(identity).unwrap().as_ref(), model.get(&identity));
            let mut found = Found::default();
            places.find(identity, &mut found).unwrap();
            let (claims, links) = self.log.places(places.sealed_to(), identity);
            let none = identity == Identity::NONE;
            assert_eq!(found, if none { Found::default() } else { Found { claims, links, has_more: false } });
        }
    }

    fn places(&self) -> Result<Places<Folder>, OpenFailure<std::io::Error>> {
        Places::open(Arc::clone(&self.disk), |frame| Ok(self.log.mark(frame)))
    }
}

fn damage(failure: &RunFailure) -> (String, u64, Flaw) {
    match failure {
        RunFailure::Damaged { file, offset, flaw } => (file.strip_prefix("runs/").unwrap().into(), *offset, *flaw),
        RunFailure::Disk(failure) => panic!("{failure}: {}", failure.source),
    }
}

fn name(from: u64, until: u64) -> String {
    format!("{from:020}-{until:020}.run")
}

/// Flips one bit where it lies; again, and it is as it was.
fn flip(path: &Path, bit: u64) {
    let file = fs::File::options().read(true).write(true).open(path).unwrap();
    let mut byte = [0];
    file.read_exact_at(&mut byte, bit / 8).unwrap();
    file.write_all_at(&[byte[0] ^ 1 << (bit % 8)], bit / 8).unwrap();
}

/// All bits of a file; one of eight where the byte is zero.
fn bits_of(path: &Path) -> impl Iterator<Item = u64> {
    let bytes = fs::read(path).unwrap();
    (0..bytes.len() as u64 * 8).filter(move |bit| bytes[(bit / 8) as usize] != 0 || bit % 8 == bit / 8 % 8)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 40, failure_persistence: None, ..ProptestConfig::default() })]

    /// Any frames, sealed at any ends, opened again at any time, with and without a stored filter.
    #[test]
    fn runs_answer_as_a_map(
        log in log::any_log(),
        ends in proptest::collection::btree_set(2_u64..30, 1..8),
        stored_after in 0_usize..8,
    ) {
        let ends: Vec<u64> = ends.into_iter().filter(|end| *end <= log.end()).collect();
        let book = Book::sealed(log, &ends[..stored_after.min(ends.len())]);
        book.store_filter();
        let mut runs = book.open(1).unwrap();
        let first = runs.clone();
        for end in ends.iter().skip(stored_after) {
            runs = book.seal(&runs, *end);
            book.check(&runs);
        }
        book.check(&first);
        drop((runs, first));
        let runs = book.open(ends.last().copied().unwrap_or(1)).unwrap();
        prop_assert!(runs.filter_flaw().is_none());
        prop_assert_eq!(runs.identities(), book.log.mark(runs.sealed_to()).unwrap().identities);
        book.check(&runs);
    }
}

/// 2 pages of entries in each run, the second of them half full; four frames, three of which name events.
fn two_runs() -> Book {
    Book::sealed(Log::of_frames(&[100, 90, 100, 95]).with_links(), &[3, 5])
}

#[test]
fn every_flipped_bit_of_a_run_is_an_error_or_harmless() {
    let book = two_runs();
    book.store_filter();
    let path = book.path(&name(3, 5));
    let model = book.log.model(5);
    // One identity of each page of claims, one that is named, and one that is nowhere: a page is checked as a whole.
    let claims: Vec<Claim> = model.values().filter(|own| own.origin >= 190).copied().collect();
    let asked = [claims[0].identity, claims[claims.len() - 1].identity, hashed(3), hashed(9_999_999)];
    let (mut at_start, mut at_reads) = (0, 0);
    for bit in bits_of(&path) {
        flip(&path, bit);
        let page_at = bit / 8 / PAGE * PAGE;
        match book.open(5) {
            Err(OpenFailure::Unusable(unusable)) => {
                let (file, offset, _) = damage(&unusable.flaws[0]);
                assert_eq!((file, offset), (name(3, 5), page_at), "bit {bit}");
                assert_eq!(format!("{:?}", unusable.missing), "[3..5]");
                at_start += 1;
            }
            Err(failure) => panic!("bit {bit}: {failure}"),
            Ok(runs) => {
                // Each look-up of places opens all runs, and reads the same pages by the same checks.
                let places = (bit % 101 == 0).then(|| book.places().unwrap());
                let mut failed = 0;
                for identity in asked {
                    let mut found = Found::default();
                    let Some(places) = &places else { break };
                    match places.find(identity, &mut found) {
                        Ok(()) => assert_eq!((found.claims, found.links), book.log.places(5, identity), "bit {bit}"),
                        Err(failure) => assert_eq!(damage(&failure), (name(3, 5), page_at, Flaw::Check), "bit {bit}"),
                    }
                }
                for identity in asked {
                    match runs.find(identity) {
                        Ok(found) => assert_eq!(found.as_ref(), model.get(&identity), "bit {bit}"),
                        Err(failure) => {
                            assert_eq!(damage(&failure), (name(3, 5), page_at, Flaw::Check), "bit {bit}");
                            failed += 1;
                        }
                    }
                }
                assert!(failed > 0, "bit {bit} is not covered by a check");
                at_reads += 1;
            }
        }
        flip(&path, bit);
    }
    assert!(at_start > 3 * PAGE && at_reads > 2 * PAGE, "{at_start} {at_reads}");
}

#[test]
fn every_flipped_bit_of_the_stored_filter_is_told_and_harmless() {
    let book = Book::sealed(Log::of_frames(&[100, 90]), &[2, 3]);
    book.store_filter();
    let path = book.path("filter");
    for bit in bits_of(&path) {
        flip(&path, bit);
        let runs = book.open(3).unwrap();
        let (file, offset, _) = damage(runs.filter_flaw().expect("it is told"));
        assert_eq!((file.as_str(), offset), ("filter", bit / 8 / PAGE * PAGE), "bit {bit}");
        if bit % 1009 == 0 {
            book.check(&runs);
        }
        flip(&path, bit);
    }
}

#[test]
fn a_damaged_run_is_never_absent() {
    let book = two_runs();
    book.store_filter();
    let runs = book.open(5).unwrap();
    flip(&book.path(&name(3, 5)), (PAGE + 77) * 8);
    let model = book.log.model(5);
    let mut first: Vec<Identity> = model.values().filter(|own| own.origin >= 190).map(|own| own.identity).collect();
    first.truncate(100);
    for identity in first {
        assert_eq!(damage(&runs.find(identity).unwrap_err()), (name(3, 5), PAGE, Flaw::Check));
        assert_eq!(damage(&runs.find_all(&[identity], &mut Vec::new()).unwrap_err()).1, PAGE);
    }
}

#[test]
fn a_page_of_another_place_or_file_fails() {
    let book = two_runs();
    book.store_filter();
    let runs = book.open(5).unwrap();
    let model = book.log.model(5);
    let (older, newer) = (fs::read(book.path(&name(1, 3))).unwrap(), fs::read(book.path(&name(3, 5))).unwrap());
    let page = PAGE as usize;
    for source in [&newer[2 * page..3 * page], &older[page..2 * page]] {
        let mut bytes = newer.clone();
        bytes[page..2 * page].copy_from_slice(source);
        fs::write(book.path(&name(3, 5)), bytes).unwrap();
        let lowest = model.values().find(|own| own.origin >= 190).unwrap();
        assert_eq!(damage(&runs.find(lowest.identity).unwrap_err()), (name(3, 5), PAGE, Flaw::Place));
    }
}

/// What happens to the folder of runs, what is said of it, and which frames are missing.
type Harm = (&'static str, fn(&Book), Vec<(String, Flaw)>, &'static str);

fn set_length(book: &Book, length: u64) {
    fs::File::options().write(true).open(book.path(&name(1, 3))).unwrap().set_len(length).unwrap();
}

fn rename(book: &Book, from: &str, to: &str) {
    fs::rename(book.path(from), book.path(to)).unwrap();
}

fn harms() -> Vec<Harm> {
    let first = |flaw| vec![(name(1, 3), flaw)];
    vec![
        ("first gone", |book| fs::remove_file(book.path(&name(1, 3))).unwrap(), vec![], "[1..3]"),
        ("last gone", |book| fs::remove_file(book.path(&name(3, 5))).unwrap(), vec![], "[3..5]"),
        ("shorter", |book| set_length(book, 5 * PAGE - 1), first(Flaw::Length), "[1..3]"),
        ("without its last page", |book| set_length(book, 4 * PAGE), first(Flaw::Length), "[1..3]"),
        ("empty", |book| set_length(book, 0), first(Flaw::Length), "[1..3]"),
        ("longer", |book| set_length(book, 6 * PAGE), first(Flaw::Length), "[1..3]"),
        ("another file", |book| fs::write(book.path(&name(1, 3)), [7; 9000]).unwrap(), first(Flaw::Magic), "[1..3]"),
        ("renamed", |book| rename(book, &name(3, 5), &name(3, 6)), vec![(name(3, 6), Flaw::Name)], "[3..5]"),
        ("no name of a run", |book| rename(book, &name(3, 5), "3-5.run"), vec![], "[3..5]"),
        (
            "swapped",
            |book| {
                rename(book, &name(1, 3), "aside");
                rename(book, &name(3, 5), &name(1, 3));
                rename(book, "aside", &name(3, 5));
            },
            vec![(name(1, 3), Flaw::Name), (name(3, 5), Flaw::Name)],
            "[1..5]",
        ),
        (
            "overlapping",
            |book| {
                let other = Book::sealed(book.log.clone(), &[2, 5]);
                fs::copy(other.path(&name(2, 5)), book.path(&name(2, 5))).unwrap();
            },
            vec![(name(2, 5), Flaw::Overlap)],
            "[]",
        ),
        (
            "of another log with equal counts",
            |book| {
                let mut other = Log::of_frames(&[100, 90, 95, 100]);
                other.reverse_last();
                let other = Book::sealed(other, &[3, 5]);
                fs::copy(other.path(&name(3, 5)), book.path(&name(3, 5))).unwrap();
            },
            vec![(name(3, 5), Flaw::History)],
            "[3..5]",
        ),
    ]
}

#[test]
fn unusable_files_are_named_and_rebuilt() {
    for (what, harm, flaws, missing) in harms() {
        let book = two_runs();
        harm(&book);
        assert_eq!(book.unusable(5), (flaws, missing.to_owned()), "{what}");
        book.rebuild(5, 150);
        book.check(&book.open(5).unwrap());
    }
}

#[test]
fn i12_all_runs_may_be_deleted() {
    let book = two_runs();
    book.store_filter();
    fs::remove_dir_all(book.path("")).unwrap();
    assert_eq!(book.unusable(5), (vec![], "[1..5]".to_owned()));
    book.rebuild(5, 150);
    let runs = book.open(5).unwrap();
    let frames: Vec<_> = runs.runs().map(|run| run.frames()).collect();
    assert_eq!(frames, [1..3, 3..5], "a run ends with the frame that fills it");
    book.check(&runs);
}

#[test]
fn counts_and_chains_must_be_those_of_the_log() {
    let book = two_runs();
    let opened = |mark: fn(&Log, u64) -> Option<LogMark>| {
        let opened =
            Runs::open(Arc::clone(&book.disk), SIZES, 1, |frame| Ok::<_, std::io::Error>(mark(&book.log, frame)));
        let Err(OpenFailure::Unusable(unusable)) = opened else { panic!("opened") };
        unusable.flaws.iter().map(damage).map(|(file, _, flaw)| (file, flaw)).collect::<Vec<_>>()
    };
    let more = |log: &Log, frame| log.mark(frame).map(|mark| LogMark { identities: mark.identities + 1, ..mark });
    assert_eq!(opened(more), [(name(1, 3), Flaw::Count), (name(3, 5), Flaw::Count)]);
    let shorter = |log: &Log, frame| log.mark(frame).filter(|_| frame < 5);
    assert_eq!(opened(shorter), [(name(3, 5), Flaw::History)]);
    let more_at_the_end = |log: &Log, frame| {
        log.mark(frame).map(|mark| LogMark { identities: mark.identities + u64::from(frame == 5), ..mark })
    };
    assert_eq!(opened(more_at_the_end), [(name(3, 5), Flaw::Count)]);
    let rewritten = |log: &Log, frame| log.mark(frame).map(|mark| LogMark { chain: canon::digest(b"other"), ..mark });
    assert_eq!(opened(rewritten), [(name(1, 3), Flaw::History), (name(3, 5), Flaw::History)]);
}

#[test]
fn a_log_that_does_not_count_its_claims_rebuilds_nothing() {
    let book = Book::sealed(Log::of_frames(&[10, 10]), &[]);
    let Err(OpenFailure::Unusable(unusable)) = book.open(3) else { panic!("opened") };
    let rebuilt = |harm: fn(&mut Vec<std::io::Result<FrameClaims>>)| {
        let frames = |frames| {
            let mut frames = book.log.frames(frames);
            harm(&mut frames);
            frames
        };
        let before = |frame| Ok(book.log.mark(frame).unwrap());
        rebuild(&book.disk, &unusable, 100, before, frames).unwrap_err().to_string()
    };
    assert_eq!(
        rebuilt(|frames| frames[1].as_mut().unwrap().claims.truncate(9)),
        "frame 2 counts 20 claims up to its end, its decisions make 19"
    );
    assert_eq!(rebuilt(|frames| drop(frames.remove(0))), "the log has frame Some(2) where frame 1 was wanted");
    assert_eq!(rebuilt(|frames| drop(frames.pop())), "the log has frame None where frame 2 was wanted");
}

#[test]
fn a_sealing_that_stops_leaves_nothing() {
    for steps in 0.. {
        let book = two_runs();
        let log = Log::of_frames(&[100, 90, 100, 95, 200, 100]);
        let runs = book.open(5).unwrap();
        let mut sealing = runs.seal(7, log.mark(7).unwrap(), log.gathered(5..7));
        let is_done = (0..steps).any(|_| matches!(sealing.step(40).unwrap(), Progress::Done(_)));
        drop((runs, sealing));
        // The log of this book ends before it: where the run has its name, it is of a part that was cut off.
        if is_done {
            assert_eq!(book.unusable(5).0, [(name(5, 7), Flaw::History)]);
            assert!(steps > 10, "it takes steps");
            return;
        }
        let runs = book.open(5).unwrap();
        book.check(&runs);
        // The next one removes what it left.
        drop(store::runs::write_run(&runs, 6, log.mark(6).unwrap(), log.gathered(5..6)).unwrap());
        assert_eq!(book.names(), [name(1, 3), name(3, 5), name(5, 6)]);
    }
}

#[test]
fn what_does_not_read_back_is_not_sealed() {
    let book = two_runs();
    let log = Log::of_frames(&[100, 90, 100, 95, 200]);
    let runs = book.open(5).unwrap();
    let mut sealing = runs.seal(6, log.mark(6).unwrap(), log.gathered(5..6));
    let unfinished = name(5, 6) + ".new";
    let failure = loop {
        match sealing.step(40) {
            Ok(Progress::More) => {}
            Ok(Progress::Done(_)) => panic!("sealed"),
            Err(failure) => break failure,
        }
        let written = fs::metadata(book.path(&unfinished)).map_or(0, |file| file.len());
        if written > 2 * PAGE {
            let mut bytes = fs::read(book.path(&unfinished)).unwrap();
            bytes[(2 * PAGE - 5) as usize] ^= 4;
            fs::write(book.path(&unfinished), bytes).unwrap();
        }
    };
    assert_eq!(damage(&failure), (unfinished, PAGE, Flaw::Check));
    assert!(!book.path(&name(5, 6)).exists());
}

#[test]
#[should_panic(expected = "one run at a time is added to a layer")]
fn two_runs_are_not_sealed_at_once() {
    let book = Book::sealed(Log::of_frames(&[10, 10, 10]), &[2]);
    let runs = book.open(2).unwrap();
    let seal = || runs.seal(3, book.log.mark(3).unwrap(), book.log.gathered(2..3));
    let _both = (seal(), seal());
}

#[test]
fn the_filter_is_stored_when_four_runs_are_not_in_it() {
    let book = Book::sealed(Log::of_frames(&[50; 9]), &[]);
    let mut runs = book.open(1).unwrap();
    for until in 2..=4 {
        runs = book.seal(&runs, until);
        assert!(!runs.filter_is_due());
    }
    runs = book.seal(&runs, 5);
    assert!(runs.filter_is_due());
    let mut storing = runs.store_filter();
    runs = book.seal(&runs, 6);
    while let Progress::More = storing.step(1).unwrap() {}
    assert!(!runs.filter_is_due());
    assert_eq!(book.open(6).unwrap().filter_flaw().map(ToString::to_string), None);
    // A run of the same frames that ends elsewhere is another run: the stored filter does not speak of it.
    fs::remove_file(book.path(&name(4, 5))).unwrap();
    fs::remove_file(book.path(&name(3, 4))).unwrap();
    book.rebuild(6, 1000);
    let runs = book.open(6).unwrap();
    assert_eq!(damage(runs.filter_flaw().unwrap()), ("filter".into(), 0, Flaw::History));
    book.check(&runs);
}
