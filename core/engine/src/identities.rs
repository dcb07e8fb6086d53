//! Which identities decisions may ask for, and in which generations they are kept.
//!
//! Whoever keeps sealed runs of identities looks up, before a batch or command is decided, all that [`needs`] and
//! [`needs_of_command`] name, and hands in what was found ([`Engine::recall`]). What a decision asks for beyond that is kept
//! here whatever generation it was of: the identities of events that wait, which a released chain decides.

use crate::command::{Action, Command};
use crate::decide::Engine;
use crate::decisions::{Claim, Decisions, Outcome};
use crate::links::{Amends, FoundBy, LinkChange};
use crate::state::{Facts, StateParts};
use event::{Columns, Identity};
use std::ops::Range;

/// The identities that deciding rows of a batch may ask for: their own and those of their originals. `amends`: how the rows
/// are compared with their slot, where a person has let their file into a taken one; see [`Engine::amends`].
pub fn needs<'batch>(
    columns: &'batch Columns,
    rows: Range<usize>,
    amends: Option<&'batch Amends>,
) -> impl Iterator<Item = Identity> + use<'batch> {
    let own = &columns.identity[rows.clone()];
    let placed = amends.into_iter().flat_map(|amends| own.iter().map(|&own| amends.identity_of(own)));
    let named = columns.original[rows].iter().copied().filter(|&original| original != Identity::NONE);
    own.iter().copied().chain(placed).chain(named)
}

/// The identity that carrying out a command asks for.
#[must_use]
pub const fn needs_of_command(command: &Command) -> Option<Identity> {
    match command.action {
        Action::Admit { event, .. } => Some(event),
        _ => None,
    }
}

impl Decisions {
    /// The claims that these decisions made, the last of one identity behind the others: what a run keeps of them.
    pub fn claimed(&self) -> impl Iterator<Item = Claim> {
        let again = self.links.iter().filter_map(|change| match change {
            LinkChange::Reclaimed(claim) => Some(*claim),
            _ => None,
        });
        self.claims.iter().copied().chain(again)
    }

    /// The events that these decisions refer to: for each event that counts its original, where it names one, and each row
    /// that was taken back with its file. `originals` are those of the whole batch.
    pub fn referred<'all>(&'all self, originals: &'all [Identity]) -> impl Iterator<Item = Identity> + use<'all> {
        let of_rows = self.outcomes.iter().zip(originals.get(self.rows.start..).unwrap_or_default());
        let named = of_rows.filter(|(outcome, _)| **outcome == Outcome::Accepted).map(|(_, &original)| original);
        let released = self.released.iter().filter(|released| released.outcome == Outcome::Accepted);
        let released = released.flat_map(|released| released.columns.original.iter().copied());
        let taken_back = self.links.iter().filter_map(|change| match change {
            LinkChange::Withdrawn { found_by: FoundBy::Row(row) } => Some(*row),
            _ => None,
        });
        named.chain(released).chain(taken_back).filter(|identity| *identity != Identity::NONE)
    }
}

impl Engine {
    /// How the rows of a batch are compared with the slot of their file, where a person has let that into a taken one.
    #[must_use]
    pub fn amends(&self, columns: &Columns) -> Option<&Amends> {
        self.state.links.amends(columns.file)
    }

    /// The identities that deciding rows of a batch may ask for, as things stand now.
    pub fn needs<'all>(
        &'all self,
        columns: &'all Columns,
        rows: Range<usize>,
    ) -> impl Iterator<Item = Identity> + use<'all> {
        needs(columns, rows, self.amends(columns))
    }

    /// Takes what sealed runs say about the identities that the next calls may ask for, in the place of what it was told
    /// before.
    pub fn recall(&mut self, facts: Facts) {
        self.state.claims.recall(facts);
    }

    /// So many identities a generation will have: room for the next one is made bit by bit, so that no batch waits for it.
    pub fn expect_generations_of(&mut self, identities: usize) {
        self.state.claims.expect_generations_of(identities);
    }

    /// Begins a new generation of identities: what is claimed from now on.
    pub fn turn_generation(&mut self) {
        self.state.claims.turn();
    }

    /// Forgets the oldest generation: sealed runs hold the identities of all frames before `recent_from`. From now on
    /// deciding asks for facts that reach so far.
    ///
    /// # Panics
    /// Where there is no generation but the young one, or `recent_from` lies before an earlier one.
    pub fn forget_generation(&mut self, recent_from: u64) {
        let wanted = self.state.waiting_identities();
        self.state.claims.forget(recent_from, wanted.into_iter());
    }

    /// How many identities each generation has, from the oldest to the young one.
    #[must_use]
    pub fn generations(&self) -> Vec<usize> {
        self.state.claims.generations()
    }

    /// Takes in claims of frames from `recent_from` on, which the state has counted already, in the order of their frames:
    /// after a start, what no sealed run holds.
    pub fn remember(&mut self, recent_from: u64, claims: impl IntoIterator<Item = Claim>) {
        self.state.claims.remember(recent_from, claims);
    }

    /// What a snapshot holds of the state, as it stands now.
    pub fn parts(&mut self) -> StateParts {
        self.state.parts()
    }
}
