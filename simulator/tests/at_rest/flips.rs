//! Every bit of a small data directory is flipped, one at a time.
//!
//! After each flip the book is verified as deep as `verify --redecide` does, opened, and asked: the digest of its state, and
//! what becomes of a batch with all events that it has seen, a conflict, and new ones with links to old ones. The answers are
//! those of the sound book, or an error names the file that was damaged and a place in it.
//!
//! All bits are flipped, but for zeros that stand together: of more than [`ZEROS_WHOLE`] of them the first and the last half
//! of so many are flipped bit by bit, and of those between them one bit of every [`ZEROS_STEP`] bytes, each time another.

use crate::book::{ID, Keeper, Made, batches, kept, line, load, make, scale, told};
use canon::Digest;
use engine::Outcome;
use event::Columns;
use intake::Chunk;
use runtime::{Depth, Keeps, verify_with};
use simulator::disk::{Damage, SimDisk};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// So many zeros beside each other are flipped bit by bit.
const ZEROS_WHOLE: usize = 16;
/// And of more of them one bit in so many bytes.
const ZEROS_STEP: usize = 8;
/// Flips that a thread takes at a time.
const SHARE: usize = 256;

/// What a book answers.
#[derive(Debug, PartialEq, Eq)]
struct Answers {
    opened: Digest,
    outcomes: Vec<Outcome>,
    decided: Digest,
}

/// What there is to compare with.
pub(crate) struct Sound {
    verified: Digest,
    answers: Answers,
    question: (Columns, Chunk),
}

/// What came of a damage.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Found {
    /// Nothing is different.
    Nothing,
    /// `verify` names it, and the book opens and answers as ever.
    Named,
    /// The book opens, and refuses to answer what needs the damaged bytes.
    Unanswered,
    /// The book is not opened.
    Refused,
}

impl Sound {
    pub(crate) fn of(made: &Made) -> Self {
        let mut keeper = Keeper::open(made.disk.copy(), ID).unwrap();
        let lines: String = batches().concat();
        let more = [
            line("s0-1", "sale", 6, 0, "a", 7, ""),
            line("new", "sale", 6, 1, "b", 100, ""),
            line("back", "refund", 6, 2, "a", 100, "s0-3"),
            line("never", "refund", 6, 3, "a", 100, "void"),
        ];
        let question = keeper.adapt(&(lines + &more.concat()));
        let answers = ask(&made.disk, &question).expect("nothing is damaged");
        let verified = verify(&made.disk).expect("nothing is damaged");
        assert_eq!(answers.opened, verified);
        Self { verified, answers, question }
    }

    /// What comes of a damage that may be told in these words; else what is wrong.
    pub(crate) fn check(&self, disk: &SimDisk, is_told: impl Fn(&str) -> bool) -> Result<Found, String> {
        let named = |said: String| if is_told(&said) { Ok(()) } else { Err(format!("not named: {said}")) };
        let is_sound = match verify(disk) {
            Ok(digest) if digest == self.verified => true,
            Ok(digest) => return Err(format!("verified, with the digest {digest}")),
            Err(said) => named(said).map(|()| false)?,
        };
        match ask(disk, &self.question) {
            Ok(answers) if answers != self.answers => Err(format!("other answers: {answers:?}")),
            Ok(_) => Ok(if is_sound { Found::Nothing } else { Found::Named }),
            Err((is_open, said)) => {
                named(said.clone())?;
                match (is_sound, is_open) {
                    (true, _) => Err(format!("it was verified, and then: {said}")),
                    (false, true) => Ok(Found::Unanswered),
                    (false, false) => Ok(Found::Refused),
                }
            }
        }
    }
}

fn verify(disk: &SimDisk) -> Result<Digest, String> {
    let verified = verify_with(&Arc::new(disk.clone()), scale(), ID, load, Depth::Decide, &mut |_| {});
    verified.map(|verified| verified.digest.expect("it was folded")).map_err(|failure| told(&failure))
}

/// Opens a copy of a book and asks it; whether it was opened where it does not answer.
fn ask(disk: &SimDisk, question: &(Columns, Chunk)) -> Result<Answers, (bool, String)> {
    let mut keeper = Keeper::open(disk.copy(), ID).map_err(|said| (false, said))?;
    let opened = keeper.digest();
    let (columns, chunk) = question;
    let outcomes = keeper.send_columns(columns.clone(), chunk, Keeps::Nothing).map_err(|said| (true, said))?;
    Ok(Answers { opened, outcomes, decided: keeper.digest() })
}

/// Whether a file is named, and a place in it.
pub(crate) fn names_place(said: &str, path: &str) -> bool {
    said.contains(&format!("`{path}`")) && (said.contains("at byte ") || said.contains("at offset "))
}

/// The bits of a file that are flipped: byte and bit.
fn bits(bytes: &[u8]) -> Vec<(usize, u8)> {
    let (mut bits, mut from) = (Vec::new(), 0);
    while from < bytes.len() {
        let zeros = bytes[from..].iter().take_while(|byte| **byte == 0).count();
        let until = from + zeros.max(1);
        for offset in from..until {
            let edge = (offset - from).min(until - 1 - offset);
            if edge < ZEROS_WHOLE / 2 {
                bits.extend((0..8).map(|bit| (offset, bit)));
            } else if offset % ZEROS_STEP == 0 {
                bits.push((offset, (offset / ZEROS_STEP % 8) as u8));
            }
        }
        from = until;
    }
    bits
}

#[test]
fn every_flipped_bit_changes_nothing_or_is_named() {
    let made = make(ID);
    let sound = Sound::of(&made);
    let mut flips = Vec::new();
    for (path, bytes) in made.files() {
        flips.extend(bits(&bytes).into_iter().map(|(offset, bit)| Damage::Flipped { path: path.clone(), offset, bit }));
    }
    let (next, threads) = (AtomicUsize::new(0), std::thread::available_parallelism().map_or(1, usize::from));
    let counts: [AtomicUsize; 4] = Default::default();
    let work = || {
        let disk = made.disk.copy();
        while let Some(share) = flips.get(next.fetch_add(SHARE, Ordering::Relaxed)..) {
            for flip in share.iter().take(SHARE) {
                assert!(disk.damage(flip), "{flip:?} changes a bit");
                let found = sound.check(&disk, |said| names_place(said, flip.path()));
                let found = found.unwrap_or_else(|said| panic!("{flip:?}: {said}"));
                // The same bit again: all is as it was.
                disk.damage(flip);
                counts[found as usize].fetch_add(1, Ordering::Relaxed);
            }
        }
    };
    std::thread::scope(|scope| (0..threads).for_each(|_| drop(scope.spawn(work))));
    let counts = counts.map(AtomicUsize::into_inner);
    assert_eq!(counts.iter().sum::<usize>(), flips.len());
    assert!(counts.iter().all(|&count| count > 100), "{counts:?} of {}", flips.len());
    assert_eq!(kept(&made.disk), make(ID).files(), "the book is made of the same bytes each time");
}
