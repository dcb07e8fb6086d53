//! Bytes of claims: nothing for those that follow from the batch.
//!
//! The claims of a part are nearly always those of its accepted rows, in order. What is written are edits of that list:
//! accepted rows without a claim are passed over, released events come between, and anything else stands as it is. Origins
//! stand beside: where there is one, and the steps from one to the next.

use super::Fault;
use super::packed::Packer;
use super::plain::{Coded, Reader, choice, put_count};
use engine::{Claim, Outcome, Released};
use event::{Columns, Identity};

/// Identity and fingerprint.
type Known = (Identity, u64);

/// Where a claim comes from that is not that of the next accepted row.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Edit {
    /// From an accepted row, after so many that have no claim.
    Row { passed: u32 },
    /// From a released event that was accepted, after so many that have no claim.
    Released { passed: u32 },
    /// From elsewhere.
    Other { known: Known },
}

choice!(Edit { 0 => Row { passed }, 1 => Released { passed }, 2 => Other { known } });

/// What the claims of a part may follow from.
pub(super) struct Accepted {
    rows: Vec<Known>,
    released: Vec<Known>,
}

impl Accepted {
    /// Of the rows of a batch from `first` on, and of released events.
    pub(super) fn of(columns: &Columns, first: usize, outcomes: &[Outcome], released: &[Released]) -> Self {
        let identities = columns.identity[first..].iter().zip(&columns.fingerprint[first..]);
        let rows = identities.zip(outcomes).filter(|(_, outcome)| **outcome == Outcome::Accepted);
        let rows = rows.map(|((&identity, &fingerprint), _)| (identity, fingerprint)).collect();
        let released = released.iter().filter(|one| one.outcome == Outcome::Accepted && one.columns.len() == 1);
        let released = released.map(|one| (one.columns.identity[0], one.columns.fingerprint[0])).collect();
        Self { rows, released }
    }
}

/// Appends claims.
pub(super) fn write(packer: &mut Packer<'_>, accepted: &Accepted, claims: &[Claim]) {
    let mut edits: Vec<(u32, Edit)> = Vec::new();
    let (mut row, mut released) = (0, 0);
    let ahead = |list: &[Known], from: usize, known: Known| list[from..].iter().position(|other| *other == known);
    for (position, claim) in (0_u32..).zip(claims) {
        let known = (claim.identity, claim.fingerprint);
        if accepted.rows.get(row) == Some(&known) {
            row += 1;
            continue;
        }
        let edit = if let Some(passed) = ahead(&accepted.released, released, known) {
            released += passed + 1;
            Edit::Released { passed: u32::try_from(passed).expect("waiting events are bounded") }
        } else if let Some(passed) = ahead(&accepted.rows, row, known) {
            row += passed + 1;
            Edit::Row { passed: u32::try_from(passed).expect("a batch is bounded") }
        } else {
            Edit::Other { known }
        };
        edits.push((position, edit));
    }
    put_count(packer.out, claims.len());
    edits.write(packer.out);
    packer.put(claims.iter().map(|claim| i64::from(claim.origin != 0)));
    packer.put_steps(claims.iter().filter(|claim| claim.origin != 0).map(|claim| i64::from(claim.origin)));
}

/// Takes claims off.
pub(super) fn read(from: &mut Reader<'_>, accepted: &Accepted) -> Result<Vec<Claim>, Fault> {
    let at = from.clone();
    let count = from.rows()?;
    let edits: Vec<(u32, Edit)> = Coded::read(from)?;
    if count > accepted.rows.len() + edits.len() {
        return Err(at.fault("more claims than events"));
    }
    let mut claims = Vec::with_capacity(count);
    let (mut rows, mut released) = (accepted.rows.iter(), accepted.released.iter());
    let mut edits = edits.into_iter().peekable();
    for position in 0..count {
        let known = match edits.next_if(|(edited, _)| *edited as usize == position) {
            None => rows.next().copied(),
            Some((_, Edit::Row { passed })) => rows.nth(passed as usize).copied(),
            Some((_, Edit::Released { passed })) => released.nth(passed as usize).copied(),
            Some((_, Edit::Other { known })) => Some(known),
        };
        let Some((identity, fingerprint)) = known else { return Err(at.fault("a claim has no event")) };
        claims.push(Claim { identity, fingerprint, origin: 0 });
    }
    if edits.next().is_some() {
        return Err(at.fault("an edit of claims is out of order"));
    }
    let kept: Vec<bool> = from.packed(count)?;
    let kept_count = kept.iter().filter(|&&kept| kept).count();
    let origins: Vec<u32> = from.steps(kept_count)?;
    let of_kept = claims.iter_mut().zip(kept).filter(|(_, kept)| *kept);
    of_kept.zip(origins).for_each(|((claim, _), origin)| claim.origin = origin);
    Ok(claims)
}
