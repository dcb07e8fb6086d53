//! What sealed runs say about the identities that a turn may ask for.

use engine::{Command, Facts};
use event::{Columns, Identity};
use store::Disk;
use store::runs::{RunFailure, Runs};

/// Looks up what deciding a batch, and commands with it, may ask for. `amends` as [`engine::Engine::amends`] gives it: none
/// for nearly all files, which may then be looked up long before their turn.
///
/// # Errors
/// What the disk says, and runs that fail their check.
pub fn facts_of<D: Disk>(
    runs: &Runs<D>,
    columns: &Columns,
    commands: &[Command],
    amends: Option<&engine::Amends>,
) -> Result<Facts, RunFailure> {
    let mut facts = Facts { sealed_to: runs.sealed_to(), claims: Vec::new() };
    if runs.identities() == 0 {
        return Ok(facts);
    }
    let of_commands = commands.iter().filter_map(engine::needs_of_command);
    let asked: Vec<Identity> = engine::needs(columns, 0..columns.len(), amends).chain(of_commands).collect();
    runs.find_all(&asked, &mut facts.claims)?;
    Ok(facts)
}
