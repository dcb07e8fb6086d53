//! Where the event-scope charges of a contract stand in its tallies: one slot for each term id and part, shared by all
//! versions, so that a version that changes no event-scope term moves nothing.

use crate::terms::{Contract, Scope, VatScope};
use std::collections::BTreeMap;

/// Slots of all event-scope terms of a contract.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Layout {
    /// By version, then by position of the term.
    terms: Vec<Vec<Option<TermSlots>>>,
    /// By term id: its first slot, and how many parts have two each.
    of_ids: BTreeMap<Box<str>, (usize, usize)>,
    len: usize,
}

/// Slots of one event-scope term: a charge and a tax for each of its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TermSlots {
    first: usize,
    parts: usize,
    taxed: bool,
}

impl Layout {
    /// The slots of a contract.
    #[must_use]
    pub fn of_contract(contract: &Contract) -> Self {
        let mut layout = Self::default();
        // Two slots for each part of the version that has most, whether taxed or not: sums are cheap, shifts are not.
        let mut widths: BTreeMap<&str, usize> = BTreeMap::new();
        let event_terms =
            || contract.versions.iter().flat_map(|version| &version.terms).filter(|term| term.scope == Scope::Event);
        for term in event_terms() {
            let width = widths.entry(&term.id).or_default();
            *width = (*width).max(term.event_parts().len());
        }
        for (id, width) in widths {
            layout.of_ids.insert(id.into(), (layout.len, width));
            layout.len += 2 * width;
        }
        for version in &contract.versions {
            let slots = version.terms.iter().map(|term| {
                (term.scope == Scope::Event).then(|| TermSlots {
                    first: layout.of_ids[&*term.id].0,
                    parts: term.event_parts().len(),
                    taxed: term.vat.is_some_and(|vat| vat.scope == VatScope::Event),
                })
            });
            layout.terms.push(slots.collect());
        }
        layout
    }

    /// The slots of a term; none where it has line scope.
    #[must_use]
    pub fn of(&self, version: u16, term: usize) -> Option<TermSlots> {
        self.terms[version as usize][term]
    }

    /// Where each of its slots stands in the layout of a later definition of the contract, which has all its terms.
    ///
    /// # Panics
    /// Where that has lost one.
    #[must_use]
    pub fn slots_in(&self, later: &Self) -> Vec<usize> {
        let mut slots = vec![0; self.len];
        for (id, &(first, parts)) in &self.of_ids {
            let &(place, room) = later.of_ids.get(id).expect("a later definition has all terms");
            assert!(parts <= room, "a term keeps its parts: {id}");
            (0..2 * parts).for_each(|slot| slots[first + slot] = place + slot);
        }
        slots
    }

    /// How many slots a cell of the contract has behind its measures.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.len
    }

    /// Whether no term has event scope.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.len == 0
    }
}

impl TermSlots {
    /// How many parties it charges for.
    #[must_use]
    pub const fn parts(self) -> usize {
        self.parts
    }

    /// Slot of a part's charge.
    #[must_use]
    pub const fn charge(self, part: usize) -> usize {
        self.first + 2 * part
    }

    /// Slot of a part's VAT, where VAT is rounded with the event.
    #[must_use]
    pub const fn tax(self, part: usize) -> Option<usize> {
        if self.taxed { Some(self.first + 2 * part + 1) } else { None }
    }
}
