//! What was written is read again; what was damaged is read or refused, and never a panic; and every number at rest stands
//! in a list, so that a change of the format is seen.

use super::plain::{Coded, Reader};
use super::{Directory, Place, Section, StateReader, read_directory, read_for_fold, read_turn};
use super::{write_commands, write_decisions, write_directory, write_state};
use crate::turn::{Cause, Part, Turn};
use calendar::{Date, Instant};
use close::{Side, Status};
use contract::{CarriedAs, CrossState, Issuer, LineOf, Working};
use engine::{
    Action, Amendment, BOOK_LANE, Cell, Change, Claim, ContractParts, Days, Decisions, Exception, FoundBy, LinkChange,
    LinkParts, NewCell, NewGroup, OriginDay, OriginDays, Outcome, Parked, Released, Spread, StateParts, Sums,
    TallyDelta,
};
use event::{AdapterId, Code, Columns, FileId, Identity, Refusal, Texts};
use expect_test::expect_file;
use ledger::{Account, AccountId, Entries, EntryHead, Origin, Posting};
use money::Rounding;
use proptest::prelude::*;
use std::convert::Infallible;
use std::fmt::Write as _;
use std::sync::Arc;
use table::Rows;

/// Numbers that a seed gives.
pub(crate) struct Dice {
    seed: u64,
    /// Whether choices inside others are the first of their variants: then bytes stay when variants are added.
    settled: bool,
}

impl Dice {
    /// Dice that throw everything.
    pub(crate) const fn new(seed: u64) -> Self {
        Self { seed, settled: false }
    }

    /// Dice for bytes that are kept.
    const fn settled(seed: u64) -> Self {
        Self { seed, settled: true }
    }

    /// The number of a variant.
    pub(crate) fn number(&mut self, numbers: &[u8]) -> u8 {
        if self.settled { numbers[0] } else { self.pick(numbers) }
    }

    fn next(&mut self) -> u64 {
        self.seed = self.seed.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.seed ^ (self.seed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number of at most so many bits, short ones as often as long ones.
    pub(crate) fn bits(&mut self, bits: u32) -> u128 {
        let wide = u128::from(self.next()) << 64 | u128::from(self.next());
        wide.checked_shr(128 - self.below(u64::from(bits) + 1) as u32).unwrap_or(0)
    }

    /// A number below another.
    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    /// One of several.
    pub(crate) fn pick<T: Copy>(&mut self, of: &[T]) -> T {
        of[self.below(of.len() as u64) as usize]
    }

    fn maybe(&mut self) -> bool {
        self.below(2) == 0
    }
}

/// A choice whose variants have numbers at rest.
pub(crate) trait Numbered: Coded {
    /// Number and name of each.
    const NUMBERS: &'static [(u8, &'static str)];
    /// Some value of the variant with a number.
    fn numbered(number: u8, dice: &mut Dice) -> Self;
}

/// A column whose values lie in a band of any width.
fn band(dice: &mut Dice, rows: usize) -> Vec<i64> {
    let (least, width) = (i64::any(dice), dice.bits(64) as u64);
    (0..rows).map(|_| least.wrapping_add((dice.next() % width.max(1)).cast_signed())).collect()
}

fn texts(dice: &mut Dice, rows: usize) -> Texts {
    let mut texts = Texts::default();
    let form = dice.below(3);
    for row in 0..rows {
        let (high, low) = (dice.next(), dice.next() & 0xffff_ffff_ffff);
        let uuid =
            format!("{:08x}-{:04x}-{:04x}-{:04x}-{low:012x}", high >> 32, high >> 16 & 0xffff, high & 0xffff, row);
        match form {
            0 => texts.push(&uuid),
            1 => texts.push(&Box::<str>::any(dice)),
            // Nearly UUIDs: as long, but one of them is none.
            _ => texts.push(&if row + 1 == rows { uuid.to_uppercase() } else { uuid }),
        }
    }
    texts
}

fn batch(dice: &mut Dice, rows: usize) -> Columns {
    let links = dice.maybe();
    // Columns without rows take no bytes: there may be more of them than bytes that follow.
    let slots = |dice: &mut Dice| (0..dice.below(if rows == 0 { 300 } else { 3 })).collect::<Vec<_>>();
    let narrow = |dice: &mut Dice| band(dice, rows).into_iter().map(|value| value as u32);
    let mut columns = Columns {
        adapter: Coded::any(dice),
        file: Coded::any(dice),
        lane: BOOK_LANE,
        source: band(dice, rows).into_iter().map(|value| event::SourceId(value as u16)).collect(),
        kind: band(dice, rows).into_iter().map(|value| event::KindId(value as u16)).collect(),
        asset: band(dice, rows).into_iter().map(|value| money::AssetId(value as u16)).collect(),
        id: texts(dice, rows),
        identity: (0..rows).map(|_| Coded::any(dice)).collect(),
        fingerprint: (0..rows).map(|_| dice.next()).collect(),
        original: (0..rows).map(|_| if links && dice.maybe() { Coded::any(dice) } else { Identity::NONE }).collect(),
        original_id: texts(dice, rows),
        received_at: band(dice, rows).into_iter().map(Instant).collect(),
        line: (0..rows as u64).map(|row| 1 + row + dice.below(2)).collect(),
        words: slots(dice).iter().map(|_| narrow(dice).map(event::Word).collect()).collect(),
        numbers: slots(dice).iter().map(|_| band(dice, rows)).collect(),
        times: slots(dice).iter().map(|_| band(dice, rows).into_iter().map(Instant).collect()).collect(),
        dates: slots(dice).iter().map(|_| narrow(dice).map(|day| Date(day.cast_signed())).collect()).collect(),
        new_words: Coded::any(dice),
        refused: Coded::any(dice),
        outside_records: Coded::any(dice),
    };
    columns.refused.sort_by_key(|refusal| refusal.line);
    columns
}

/// A batch of one row.
pub(crate) fn single(dice: &mut Dice) -> Columns {
    batch(dice, 1)
}

fn entries(dice: &mut Dice) -> Entries {
    let (mut heads, mut ends, mut postings) = (Vec::new(), Vec::new(), Vec::new());
    for place in 0..dice.below(9) as u32 {
        let day = Date(dice.below(40_000) as i32);
        let origins = [
            Origin::Event { row: place },
            Origin::Released { position: place },
            Origin::Withdrawn { position: place },
            Origin::Accrual,
            Origin::Restatement,
            Origin::Issue,
            Origin::Opening,
        ];
        let (contract, origin) = (Coded::any(dice), dice.pick(&origins));
        let adjusts_on = if dice.maybe() { day } else { Coded::any(dice) };
        heads.push(EntryHead { origin, contract, period_on: day, adjusts_on, dated_on: Coded::any(dice) });
        let mut sum = 0_i64;
        for _ in 0..=dice.below(4) {
            let amount = 1 + dice.bits(57) as i64;
            sum += amount;
            postings.push(Posting { account: Coded::any(dice), amount });
        }
        postings.push(Posting { account: AccountId(place), amount: -sum });
        ends.push(postings.len() as u32);
    }
    Entries::from_parts(heads, ends, postings).expect("the entries balance")
}

/// Claims as they follow from a batch, with deviations.
fn claims(dice: &mut Dice, batch: &Columns, decisions: &Decisions) -> Vec<Claim> {
    let mut claims = Vec::new();
    let (regular, mut origin) = (dice.maybe(), dice.below(1 << 20) as u32);
    let mut claim = |dice: &mut Dice, columns: &Columns, row: usize| {
        origin += 1;
        let origin = if dice.maybe() { origin } else { 0 };
        claims.push(Claim { identity: columns.identity[row], fingerprint: columns.fingerprint[row], origin });
        if !regular && dice.below(5) == 0 {
            claims.push(Coded::any(dice));
        }
    };
    let accepted = |outcome: Outcome| outcome == Outcome::Accepted;
    for (row, _) in decisions.rows.clone().zip(&decisions.outcomes).filter(|(_, outcome)| accepted(**outcome)) {
        if regular || dice.below(4) > 0 {
            claim(dice, batch, row);
        }
    }
    for released in decisions.released.iter().filter(|released| accepted(released.outcome)) {
        if dice.maybe() {
            claim(dice, &released.columns, 0);
        }
    }
    claims
}

fn exceptions(dice: &mut Dice, batch: &Columns, decisions: &Decisions) -> Vec<Exception> {
    let mut exceptions = Vec::new();
    for (row, outcome) in decisions.rows.clone().zip(&decisions.outcomes) {
        if let (Outcome::Refused(code), true) = (*outcome, dice.below(5) > 0) {
            exceptions.push(Exception {
                file: batch.file,
                line: batch.line[row],
                source: Some(batch.source[row]),
                id: batch.id.text(row).into(),
                code,
                column: Coded::any(dice),
                value: Coded::any(dice),
                detail: if dice.maybe() { code.meaning().into() } else { Coded::any(dice) },
                outside: false,
            });
        }
    }
    for refusal in &batch.refused {
        let Refusal { line, code, source, id, column, value, detail, outside, .. } = refusal.clone();
        exceptions.push(Exception { file: batch.file, line, source, id, code, column, value, detail, outside });
    }
    exceptions.extend(Vec::<Exception>::any(dice));
    exceptions
}

fn tallies(dice: &mut Dice) -> Vec<TallyDelta> {
    let wide = dice.maybe();
    let mut tallies = Vec::new();
    for _ in 0..dice.below(9) {
        let (contract, cell) = (Coded::any(dice), Coded::any(dice));
        for slot in 0..=dice.below(3) as u16 {
            let delta = if wide { Coded::any(dice) } else { i128::from(i64::any(dice)) };
            tallies.push(TallyDelta { contract, cell, slot, delta });
        }
    }
    tallies
}

fn decisions(dice: &mut Dice, batch: &Columns, rows: std::ops::Range<usize>) -> Decisions {
    let days =
        |dice: &mut Dice| OriginDay { contract: Coded::any(dice), day: Coded::any(dice), rate_on: Coded::any(dice) };
    let mut decided = Decisions {
        outcomes: rows.clone().map(|_| if dice.maybe() { Outcome::Accepted } else { Coded::any(dice) }).collect(),
        rows,
        stamp: Coded::any(dice),
        words: if dice.maybe() { batch.new_words.clone() } else { Coded::any(dice) },
        accounts: Coded::any(dice),
        periods: Coded::any(dice),
        files: Coded::any(dice),
        changes: Coded::any(dice),
        statements: Coded::any(dice),
        admitted: Coded::any(dice),
        links: Coded::any(dice),
        withdrawn: Coded::any(dice),
        counts: Coded::any(dice),
        tallies: tallies(dice),
        entries: entries(dice),
        origins: (0..dice.below(4)).map(|_| OriginDays((0..dice.below(3)).map(|_| days(dice)).collect())).collect(),
        ..Decisions::default()
    };
    for _ in 0..dice.below(4) {
        let (contract, asset, dimensions) = (Coded::any(dice), Coded::any(dice), Coded::any(dice));
        decided.groups.push(NewGroup { contract, asset, dimensions });
        let days = Days { day: Coded::any(dice), version_on: Coded::any(dice), rate_on: Coded::any(dice) };
        decided.cells.push(NewCell { contract, group: Coded::any(dice), days });
        let (sequence, outcome) = (Coded::any(dice), Coded::any(dice));
        decided.released.push(Released { sequence, outcome, columns: single(dice) });
    }
    for (row, outcome) in decided.rows.clone().zip(&decided.outcomes) {
        if *outcome == Outcome::Waits && dice.below(5) > 0 {
            let columns = if dice.maybe() { batch.row(row) } else { single(dice) };
            decided.parked.push(Parked { sequence: Coded::any(dice), expires_at: Coded::any(dice), columns });
        }
    }
    decided.claims = claims(dice, batch, &decided);
    decided.exceptions = exceptions(dice, batch, &decided);
    decided
}

fn turn(dice: &mut Dice) -> Turn {
    let rows = dice.pick(&[0, 0, 1, 2, 17]);
    let columns = batch(dice, rows);
    let half = dice.below(rows as u64 + 1) as usize;
    let mut parts = vec![
        Part { cause: Cause::Rows, decisions: decisions(dice, &columns, 0..half) },
        Part { cause: Cause::Rows, decisions: decisions(dice, &columns, half..rows) },
    ];
    if dice.maybe() {
        parts.insert(0, Part { cause: Coded::any(dice), decisions: decisions(dice, &columns, 0..0) });
    }
    Turn { columns, parts }
}

fn written(turn: &Turn) -> (Vec<u8>, Vec<u8>) {
    let (mut commands, mut decisions) = (Vec::new(), Vec::new());
    write_commands(&mut commands, turn);
    write_decisions(&mut decisions, turn);
    (commands, decisions)
}

/// What a fold takes of a turn.
fn folded(turn: &Turn) -> String {
    let mut parts: Vec<_> = turn.parts.iter().map(|part| part.decisions.clone()).collect();
    for decisions in &mut parts {
        decisions.exceptions.clear();
        decisions.withdrawn.clear();
    }
    format!("{parts:?}")
}

/// Whatever bytes say, they are a turn that is written and read again as the same, or a fault.
fn check_damaged(commands: &[u8], decisions: &[u8]) {
    let _ = read_for_fold(commands, decisions);
    if let Ok(turn) = read_turn(commands, decisions) {
        let (commands, decisions) = written(&turn);
        let again = read_turn(&commands, &decisions).expect("it was just written");
        assert_eq!(format!("{again:?}"), format!("{turn:?}"));
    }
}

fn damaged(dice: &mut Dice, bytes: &mut Vec<u8>) {
    for _ in 0..dice.below(3) {
        let at = dice.below(bytes.len() as u64 + 1) as usize;
        match dice.below(4) {
            0 => bytes.truncate(at),
            1 => bytes.insert(at, dice.bits(8) as u8),
            _ if at == bytes.len() => {}
            2 => drop(bytes.remove(at)),
            _ => bytes[at] ^= 1 << dice.below(8),
        }
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(400))]

    #[test]
    fn a_turn_is_read_as_it_was_written(seed: u64) {
        let turn = turn(&mut Dice::new(seed));
        let (commands, decisions) = written(&turn);
        let read = read_turn(&commands, &decisions).expect("it was just written");
        prop_assert_eq!(format!("{:?}", read), format!("{:?}", turn));
        let (fold, originals) = read_for_fold(&commands, &decisions).expect("it was just written");
        prop_assert_eq!(format!("{:?}", fold), folded(&turn));
        prop_assert_eq!(originals, turn.columns.original);
    }

    #[test]
    fn damaged_bytes_are_read_or_refused(seed: u64) {
        let dice = &mut Dice::new(seed);
        let (mut commands, mut decisions) = written(&turn(dice));
        for _ in 0..20 {
            damaged(dice, &mut commands);
            damaged(dice, &mut decisions);
            check_damaged(&commands, &decisions);
        }
    }

    #[test]
    fn any_bytes_are_read_or_refused(commands: Vec<u8>, decisions: Vec<u8>) {
        check_damaged(&commands, &decisions);
        let _ = read_directory(&commands);
    }

    #[test]
    fn a_directory_is_read_as_it_was_written(seed: u64, rows in 0_u32..20) {
        let dice = &mut Dice::new(seed);
        let places = (0..rows).map(|_| Place { offset: Coded::any(dice), length: Coded::any(dice) }).collect();
        let directory = Directory { places };
        let mut bytes = Vec::new();
        write_directory(&mut bytes, &directory);
        prop_assert_eq!(read_directory(&bytes), Ok(directory));
        bytes.push(0);
        prop_assert!(read_directory(&bytes).is_err());
    }
}

fn rows<T: Coded + Clone, const ROWS: usize>(dice: &mut Dice) -> Rows<T, ROWS> {
    (0..dice.below(5)).map(|_| T::any(dice)).collect()
}

fn spread<K: Coded + engine::Place + Ord + Clone, V: Coded + Clone>(dice: &mut Dice) -> Spread<K, V> {
    (0..dice.below(5)).map(|_| Coded::any(dice)).collect()
}

fn contract_parts(dice: &mut Dice) -> ContractParts {
    let mut sums = Sums::of_width(1 + dice.below(4) as usize);
    let mut cells = Rows::default();
    for _ in 0..dice.below(9) {
        cells.push(Cell { group: Coded::any(dice), days: Coded::any(dice), period: Coded::any(dice) });
        sums.push_row((0..sums.width()).map(|_| i128::any(dice)).collect::<Vec<_>>());
    }
    let (periods, seals) = (Coded::any(dice), Coded::any(dice));
    ContractParts { periods, seals, adjustments: rows(dice), groups: rows(dice), cells, sums }
}

/// Any state.
pub(crate) fn state(dice: &mut Dice) -> StateParts {
    let contributions: Vec<Arc<engine::Contribution>> = Coded::any(dice);
    StateParts {
        stamp: Coded::any(dice),
        counts: Coded::any(dice),
        entries: Coded::any(dice),
        claims: Coded::any(dice),
        kept: Coded::any(dice),
        words: rows(dice),
        accounts: Coded::any(dice),
        balances: Coded::any(dice),
        contracts: (0..dice.below(4)).map(|_| contract_parts(dice)).collect(),
        statements: rows(dice),
        waiting: Coded::any(dice),
        parked: Coded::any(dice),
        slots: Coded::any(dice),
        opened: Coded::any(dice),
        commands: spread(dice),
        admitted: spread(dice),
        admitting: Coded::any(dice),
        fixed: rows(dice),
        begins: Coded::any(dice),
        origins: rows(dice),
        links: LinkParts {
            marks: spread(dice),
            contributions: contributions.into_iter().map(|one| (one.found_by, one)).collect(),
            numbers: spread(dice),
            amended: Coded::any(dice),
            rows: Coded::any(dice),
            replacing: Coded::any(dice),
            files: Coded::any(dice),
            current: Coded::any(dice),
        },
    }
}

/// All of a state, so that two can be compared. By name, so that no part is forgotten.
pub(crate) fn shown(parts: &StateParts) -> Vec<String> {
    let StateParts { stamp, counts, entries, claims, kept, words, accounts, balances, contracts, statements, .. } =
        parts;
    let StateParts { waiting, parked, slots, opened, commands, admitted, admitting, fixed, begins, .. } = parts;
    let StateParts { links, origins, .. } = parts;
    let LinkParts { marks, contributions, numbers, amended, rows, replacing, files, current } = links;
    vec![
        format!("{stamp:?} {counts:?} {entries:?} {claims:?} {kept:?} {accounts:?} {balances:?} {waiting:?}"),
        format!("{:?} {:?}", words.iter().collect::<Vec<_>>(), statements.iter().collect::<Vec<_>>()),
        format!("{parked:?} {slots:?} {opened:?} {admitting:?} {:?} {begins:?}", fixed.iter().collect::<Vec<_>>()),
        format!("{:?} {:?}", commands.iter().collect::<Vec<_>>(), admitted.iter().collect::<Vec<_>>()),
        format!("{:?}", origins.iter().collect::<Vec<_>>()),
        format!("{:?} {:?}", marks.iter().collect::<Vec<_>>(), contributions.iter().collect::<Vec<_>>()),
        format!("{:?} {amended:?} {rows:?} {replacing:?}", numbers.iter().collect::<Vec<_>>()),
        format!("{files:?} {current:?}"),
        format!("{:?}", contracts.iter().map(shown_contract).collect::<Vec<_>>()),
    ]
}

fn shown_contract(parts: &ContractParts) -> String {
    let ContractParts { periods, adjustments, seals, groups, cells, sums } = parts;
    let (adjustments, groups) = (adjustments.iter().collect::<Vec<_>>(), groups.iter().collect::<Vec<_>>());
    let (cells, sums, width) = (cells.iter().collect::<Vec<_>>(), sums.iter().collect::<Vec<_>>(), sums.width());
    format!("{periods:?} {adjustments:?} {seals:?} {groups:?} {cells:?} {sums:?} {width}")
}

fn sections_of(parts: &StateParts) -> Vec<Vec<u8>> {
    let mut sections = Vec::new();
    let written: Result<(), Infallible> = write_state(parts, |section| {
        sections.push(section.to_vec());
        Ok(())
    });
    written.expect("a vector takes everything");
    sections
}

fn read_sections(sections: &[Vec<u8>]) -> Result<Option<StateParts>, super::Fault> {
    let mut reader = StateReader::default();
    for section in sections {
        reader.take(section)?;
    }
    Ok(reader.finish())
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(40))]

    #[test]
    fn a_state_is_read_as_it_was_written(seed: u64) {
        let parts = state(&mut Dice::new(seed));
        let read = read_sections(&sections_of(&parts)).expect("it was just written").expect("it is whole");
        prop_assert_eq!(shown(&read), shown(&parts));
    }

    #[test]
    fn a_state_without_one_of_its_sections_is_none(seed: u64) {
        let whole = sections_of(&state(&mut Dice::new(seed)));
        for missing in 0..whole.len() {
            let mut sections = whole.clone();
            sections.remove(missing);
            prop_assert!(!matches!(read_sections(&sections), Ok(Some(_))), "{missing}");
        }
    }

    #[test]
    fn damaged_sections_are_read_or_refused(seed: u64) {
        let dice = &mut Dice::new(seed);
        let mut sections = sections_of(&state(dice));
        let which = dice.below(sections.len() as u64) as usize;
        damaged(dice, &mut sections[which]);
        let _ = read_sections(&sections);
    }
}

/// More than one section of a kind, and of tallies.
#[test]
fn a_large_state_stands_in_several_sections() {
    let dice = &mut Dice::new(5);
    let mut parts = state(dice);
    parts.words = (0..300_000).map(|word| format!("word {word}").into()).collect();
    let mut contract = contract_parts(dice);
    for cell in contract.cells.len() as u32..40_000 {
        let day = Date(cell.cast_signed());
        contract.cells.push(Cell { group: cell, days: Days { day, version_on: day, rate_on: day }, period: 0 });
        contract.sums.push_row((0..contract.sums.width()).map(|slot| slot as i128).collect::<Vec<_>>());
    }
    parts.contracts.push(contract);
    let sections = sections_of(&parts);
    assert!(sections.iter().all(|section| section.len() < 3 << 20));
    assert!(sections.len() > 8, "{}", sections.len());
    let read = read_sections(&sections).expect("it was just written").expect("it is whole");
    assert!(shown(&read) == shown(&parts));
}

#[test]
fn integers_of_every_width_are_read_as_they_were_written() {
    let spans = [[7, 7], [-1, 254], [-1, 255], [3, 65_538], [3, 65_539], [-9, 1 << 33], [i64::MIN, i64::MAX]];
    for (values, width) in spans.into_iter().zip([0, 1, 2, 2, 4, 8, 8]) {
        let mut bytes = Vec::new();
        super::packed::Packer::new(&mut bytes).put(values.into_iter());
        assert_eq!(usize::from(bytes[0]), width, "{values:?}");
        let mut from = Reader::new(Section::State, &bytes);
        assert_eq!(from.packed::<i64>(2), Ok(values.to_vec()));
        assert_eq!(from.end(), Ok(()));
    }
}

#[test]
fn what_follows_from_the_batch_takes_no_room() {
    let dice = &mut Dice::new(1);
    let columns = batch(dice, 1_000);
    let outcomes = vec![Outcome::Accepted; 1_000];
    let claims = (0..1_000).map(|row| {
        let origin = 7 + u32::try_from(row).expect("few rows");
        Claim { identity: columns.identity[row], fingerprint: columns.fingerprint[row], origin }
    });
    let claims = claims.collect();
    let decisions = Decisions { rows: 0..1_000, outcomes, claims, ..Decisions::default() };
    let turn = Turn { columns, parts: vec![Part { cause: Cause::Rows, decisions }] };
    assert!(written(&turn).1.len() < 100, "{}", written(&turn).1.len());
}

#[test]
fn a_count_makes_no_room_for_what_is_not_there() {
    for rows in [event::BATCH_ROWS_MAX + 1, usize::MAX] {
        assert!(Reader::new(Section::State, &[0, 0]).packed::<u8>(rows).is_err());
        assert!(Reader::new(Section::State, &[1, 0, 0]).packed::<u8>(rows).is_err());
    }
    let mut count = Vec::new();
    super::plain::put_unsigned(&mut count, u128::MAX);
    assert!(Vec::<Change>::read(&mut Reader::new(Section::State, &count)).is_err());
}

#[test]
fn a_fault_says_where() {
    let (commands, mut decisions) = written(&Turn::default());
    decisions.push(9);
    let fault = read_turn(&commands, &decisions).expect_err("something follows");
    assert_eq!(fault.to_string(), "something follows the end, at byte 2 of the decisions");
}

/// Appends number, name and bytes of each variant.
fn list<T: Numbered>(out: &mut String, name: &str) {
    for &(number, variant) in T::NUMBERS {
        let mut bytes = Vec::new();
        T::numbered(number, &mut Dice::settled(u64::from(number))).write(&mut bytes);
        let _ = writeln!(out, "{name} {number} {variant} {}", hex(&bytes));
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// A release that reads what an earlier one wrote must not change a line of this list; it may only add.
#[test]
fn the_numbers_at_rest_are_these() {
    let out = &mut String::new();
    list::<Code>(out, "Code");
    list::<Rounding>(out, "Rounding");
    list::<Issuer>(out, "Issuer");
    list::<contract::Part>(out, "Part");
    list::<LineOf>(out, "LineOf");
    list::<CrossState>(out, "CrossState");
    list::<Working>(out, "Working");
    list::<CarriedAs>(out, "CarriedAs");
    list::<Side>(out, "Side");
    list::<Status>(out, "Status");
    list::<Account>(out, "Account");
    list::<FoundBy>(out, "FoundBy");
    list::<LinkChange>(out, "LinkChange");
    list::<Change>(out, "Change");
    list::<Amendment>(out, "Amendment");
    list::<Action>(out, "Action");
    list::<Cause>(out, "Cause");
    for outcome in [Outcome::Accepted, Outcome::Waits, Outcome::NotYet, Outcome::Refused(Code::LineTooLong)] {
        let mut bytes = Vec::new();
        outcome.write(&mut bytes);
        let _ = writeln!(out, "Outcome {outcome:?} {}", hex(&bytes));
    }
    expect_file!["../../tests/codec/numbers.txt"].assert_eq(out);
}

/// Whole turns, byte by byte: the order of parts and the packing of columns.
#[test]
fn turns_at_rest_are_these() {
    let mut out = String::new();
    for seed in [0, 3, 7, 8] {
        let turn = turn(&mut Dice::settled(seed));
        let (commands, decisions) = written(&turn);
        let mut directory = Vec::new();
        let places = [Place { offset: 0, length: 250 }, Place { offset: 251, length: 260 }];
        write_directory(&mut directory, &Directory { places: places.to_vec() });
        let _ = writeln!(out, "turn {seed}: {} rows", turn.columns.len());
        for (name, bytes) in [("commands", commands), ("decisions", decisions), ("directory", directory)] {
            let _ = writeln!(out, "{name} {}", hex(&bytes));
        }
    }
    expect_file!["../../tests/codec/turns.txt"].assert_eq(&out);
}

#[test]
fn a_file_keeps_what_it_was_taken_as() {
    let file = crate::turn::TakenFile {
        file: FileId(3),
        adapter: AdapterId(1),
        name: "2024-02.csv".into(),
        slot: Some(("2024-02".into(), canon::digest(b"rows"))),
        amendment: Some(Amendment::Replace),
    };
    let mut bytes = Vec::new();
    Cause::File(file.clone()).write(&mut bytes);
    assert_eq!(Cause::read(&mut Reader::new(Section::Commands, &bytes)), Ok(Cause::File(file)));
}
