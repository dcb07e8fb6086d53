//! Damage at rest: between two lives copies of the book are damaged, each in one way, and opened.
//!
//! A copy must open to the same books, or say by name what is wrong. Only of the end of the log, for which nothing vouches
//! yet, may something be gone. An identity that runs hold is never absent: it is found, or the page is refused.

use super::script::Sending;
use super::{Simulation, Violation, is_of_the_disk, load};
use crate::disk::{Damage, SimDisk};
use runtime::{OpenFailure, Opened, facts_of};
use std::sync::Arc;

/// Copies that are damaged at one time.
const COPIES: usize = 3;
/// Frames whose identities are looked for.
const ASKED: usize = 4;

impl Simulation<'_> {
    /// Damages copies of what the last life left; `earlier` is the disk as it was before it.
    pub(super) fn doubt(&mut self, earlier: Option<&SimDisk>) -> Result<(), Violation> {
        let sound = Arc::new(self.disk.copy());
        let Ok(sound) = self.open_copy(&sound) else { return Ok(()) };
        for _ in 0..COPIES {
            let copy = Arc::new(self.disk.copy());
            let is_kept = |path: &str| ["log/", "runs/", "snapshots/"].iter().any(|folder| path.starts_with(folder));
            let Some(damage) = copy.draw_damage(&mut self.random, earlier, is_kept) else { return Ok(()) };
            if !copy.damage(&damage) {
                continue;
            }
            self.coverage.note(damage.name());
            let checked = self.check_copy(&copy, &damage, &sound);
            checked.map_err(|violation| Violation {
                said: format!("{} after {}", violation.said, told(&damage)),
                ..violation
            })?;
        }
        Ok(())
    }

    fn open_copy(&self, copy: &Arc<SimDisk>) -> Result<Opened<SimDisk>, OpenFailure> {
        runtime::open_with(Arc::clone(copy), self.scale, &self.script.world.book.id, load)
    }

    fn check_copy(&mut self, copy: &Arc<SimDisk>, damage: &Damage, sound: &Opened<SimDisk>) -> Result<(), Violation> {
        let opened = match self.open_copy(copy) {
            Ok(opened) => opened,
            Err(failure) if is_of_the_disk(&failure) && !matches!(damage, Damage::Lost { .. }) => {
                return Err(Violation { promise: "I13", said: format!("the disk is blamed: {failure}") });
            }
            Err(_) => {
                self.coverage.note("damage refused");
                return Ok(());
            }
        };
        let digest = |opened: &Opened<SimDisk>| opened.node.engine().state().digest();
        if digest(&opened) != digest(sound) {
            let is_shorter = opened.writer.chain().events <= sound.writer.chain().events;
            let files = copy.contents();
            let last = files.iter().rev().find(|(path, _)| path.ends_with(".segment"));
            if !is_shorter || last.is_none_or(|(path, _)| path != damage.path()) {
                return Err(Violation { promise: "I13", said: "the books are others".into() });
            }
            self.coverage.note("damage of the end");
            return Ok(());
        }
        self.coverage.note("damage without effect");
        self.ask_runs(&opened)
    }

    /// What runs hold is found, or refused.
    fn ask_runs(&mut self, opened: &Opened<SimDisk>) -> Result<(), Violation> {
        for _ in 0..ASKED {
            let before = opened.runs.sealed_to();
            let Some((number, accepted)) = self.audit.accepted_before(before, &mut self.random) else { return Ok(()) };
            let Sending::Batch(asked) = &self.script.sendings[number] else { continue };
            match facts_of(&opened.runs, asked, &[], None) {
                Ok(facts) => {
                    let is_absent =
                        |identity: &&event::Identity| !facts.claims.iter().any(|claim| claim.identity == **identity);
                    if let Some(absent) = accepted.iter().find(is_absent) {
                        return Err(Violation { promise: "I5", said: format!("{absent:?} is absent") });
                    }
                }
                Err(_) => self.coverage.note("page refused"),
            }
        }
        Ok(())
    }
}

/// A damage without the bytes of a stale file.
fn told(damage: &Damage) -> String {
    match damage {
        Damage::Stale { path, bytes } => format!("`{path}` was as earlier, with {} bytes", bytes.len()),
        other => format!("{other:?}"),
    }
}
