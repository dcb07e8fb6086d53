//! How often each option of a random book and each step of the model was used: a proof over random input says nothing
//! about what the input never contained.

use std::collections::BTreeMap;

/// Counts by name of what was used.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Coverage {
    used: BTreeMap<&'static str, u64>,
}

impl Coverage {
    /// Notes that something was used once.
    pub fn note(&mut self, name: &'static str) {
        *self.used.entry(name).or_default() += 1;
    }

    /// Notes it where the condition holds, and passes the condition on.
    pub fn note_if(&mut self, name: &'static str, holds: bool) -> bool {
        if holds {
            self.note(name);
        }
        holds
    }

    /// Adds all that another counter counted.
    pub fn add(&mut self, other: &Self) {
        for (name, count) in &other.used {
            *self.used.entry(name).or_default() += count;
        }
    }

    /// How often something was used.
    #[must_use]
    pub fn of(&self, name: &str) -> u64 {
        self.used.get(name).copied().unwrap_or(0)
    }

    /// All counts in order of names.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, u64)> {
        self.used.iter().map(|(name, count)| (*name, *count))
    }
}
