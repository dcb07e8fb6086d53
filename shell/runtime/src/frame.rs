//! From a decided turn to the body of its frame: pure, and what may be done by anyone at any time.

use engine::Outcome;
use event::Code;
use store::codec::{Directory, Place, write_commands, write_decisions, write_directory};
use store::frame::{Body, Draft, Section};
use store::turn::Turn;

/// The bytes of a batch as they were received.
#[derive(Clone, Copy, Debug)]
pub struct Raw<'a> {
    /// All of them.
    pub bytes: &'a [u8],
    /// Where the record of each row, and behind them of each refusal, lies: from its first byte to behind its last.
    pub rows: &'a [(u32, u32)],
    /// What of them is kept.
    pub keeps: Keeps,
}

/// What is kept of the bytes as they were received.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Keeps {
    /// All.
    #[default]
    All,
    /// Those of events that do not count.
    Held,
    /// Nothing.
    Nothing,
}

impl Raw<'_> {
    /// Where nothing was received.
    pub const NONE: Self = Self { bytes: &[], rows: &[], keeps: Keeps::Nothing };
}

/// The body of a turn's frame, in a buffer that may have served before.
#[must_use]
pub fn encode(turn: &Turn, raw: &Raw<'_>, buffer: Vec<u8>) -> Body {
    let mut draft = Draft::new(buffer);
    write_decisions(draft.section(Section::Decisions), turn);
    write_commands(draft.section(Section::Commands), turn);
    match raw.keeps {
        Keeps::Nothing => {}
        Keeps::All => {
            let place = |&(from, to): &(u32, u32)| Place { offset: from, length: to - from };
            let directory = Directory { places: raw.rows.iter().map(place).collect() };
            write_directory(draft.section(Section::Directory), &directory);
            draft.section(Section::Raw).extend_from_slice(raw.bytes);
        }
        Keeps::Held => {
            let mut kept = Vec::new();
            let directory = held(turn, raw, &mut kept);
            write_directory(draft.section(Section::Directory), &directory);
            draft.section(Section::Raw).extend_from_slice(&kept);
        }
    }
    draft.finish()
}

/// Keeps the bytes of what does not count: of rows by their outcome, of refusals behind them always. The places of others
/// are empty.
fn held(turn: &Turn, raw: &Raw<'_>, kept: &mut Vec<u8>) -> Directory {
    let outcomes = turn.parts.iter().flat_map(|part| &part.decisions.outcomes).map(Some);
    let place = |(&(from, to), outcome): (&(u32, u32), Option<&Outcome>)| {
        let offset = u32::try_from(kept.len()).expect("a batch's bytes fit 32 bits");
        if matches!(outcome, Some(Outcome::Accepted | Outcome::Refused(Code::Duplicate))) {
            return Place { offset, length: 0 };
        }
        kept.extend_from_slice(&raw.bytes[from as usize..to as usize]);
        Place { offset, length: to - from }
    };
    Directory { places: raw.rows.iter().zip(outcomes.chain(std::iter::repeat(None))).map(place).collect() }
}
