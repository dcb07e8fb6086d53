//! Attribution: a conversion divided among the touches that led to it, by a named model.
//!
//! A path is a word such as `search > social > search`: ids of parties with a separator between them, the first touch
//! first. A model gives each touch a whole weight; the weights of one party's touches add up, and the weight of all of
//! them is the denominator. Bounds: [`TOUCHES_MAX`] touches of a path, so that denominators stay below 10^10.

use crate::terms::{Contract, TermKind};
use event::PartyId;
use money::Rate;

/// The most touches of one path that a model can weigh.
pub const TOUCHES_MAX: usize = 1_000;

/// Doublings beyond so many weigh alike: a touch two billion times weaker than the last is as good as the one before it.
const DOUBLINGS_MAX: usize = 22;

/// How a conversion is divided among its touches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Model {
    /// All to the last touch.
    LastTouch,
    /// All to the first touch.
    FirstTouch,
    /// The same to each touch.
    Linear,
    /// A share to the first, a share to the last, and the rest in equal parts to those between; without any between, the
    /// rest goes to the two in equal parts; a single touch takes all.
    Position {
        /// Share of the first touch in hundredths.
        first: u8,
        /// Share of the last touch in hundredths; together at most 100.
        last: u8,
    },
    /// Each touch weighs half of one that is so many touches nearer to the conversion.
    TimeDecay {
        /// Touches to a half, at least 1.
        half_life: u16,
    },
}

impl Model {
    /// The weight of each of so many touches, first touch first. At least one is above zero.
    ///
    /// # Panics
    /// Without touches, or beyond [`TOUCHES_MAX`]: whoever accepts events refuses such paths.
    #[must_use]
    pub fn weights(self, touches: usize) -> Vec<i64> {
        assert!((1..=TOUCHES_MAX).contains(&touches), "paths are bounded where events are accepted: {touches}");
        let mut weights = vec![0; touches];
        match self {
            Self::LastTouch => weights[touches - 1] = 1,
            Self::FirstTouch => weights[0] = 1,
            Self::Linear => weights.fill(1),
            Self::Position { first, last } => position(&mut weights, i64::from(first), i64::from(last)),
            Self::TimeDecay { half_life } => {
                for (back, weight) in weights.iter_mut().rev().enumerate() {
                    let halvings = (back / usize::from(half_life.max(1))).min(DOUBLINGS_MAX);
                    *weight = 1 << (DOUBLINGS_MAX - halvings);
                }
            }
        }
        weights
    }

    /// The parties of a path in order of their first touch, each with its share; together the whole.
    #[must_use]
    pub fn shares(self, path: &[PartyId]) -> Vec<(PartyId, Rate)> {
        let weights = self.weights(path.len());
        let whole: i64 = weights.iter().sum();
        let mut parties: Vec<(PartyId, i64)> = Vec::new();
        for (&party, weight) in path.iter().zip(weights) {
            match parties.iter_mut().find(|(known, _)| *known == party) {
                Some((_, sum)) => *sum += weight,
                None => parties.push((party, weight)),
            }
        }
        let rate = |weight| Rate::new(weight, whole).expect("weights of a bounded path fit a rate");
        parties.into_iter().map(|(party, weight)| (party, rate(weight))).collect()
    }
}

fn position(weights: &mut [i64], first: i64, last: i64) {
    let touches = weights.len();
    let between = 100 - first - last;
    match touches {
        1 => weights[0] = 100,
        2 => {
            weights[0] = 2 * first + between;
            weights[1] = 2 * last + between;
        }
        _ => {
            let inner = i64::try_from(touches - 2).expect("paths are bounded");
            weights.fill(between);
            weights[0] = first * inner;
            weights[touches - 1] = last * inner;
        }
    }
}

impl Contract {
    /// The separators of the paths by which the terms of all versions attribute, with the dimension that holds the path.
    pub fn paths(&self) -> impl Iterator<Item = (u8, &str)> {
        let terms = self.versions.iter().flat_map(|version| &version.terms);
        terms.filter_map(|term| match &term.kind {
            TermKind::Attribution { by, separator, .. } => Some((*by, &**separator)),
            _ => None,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn check(model: Model, touches: usize, expected: &[i64]) {
        assert_eq!(model.weights(touches), expected);
    }

    #[test]
    fn models_weigh_touches() {
        check(Model::LastTouch, 3, &[0, 0, 1]);
        check(Model::FirstTouch, 3, &[1, 0, 0]);
        check(Model::Linear, 3, &[1, 1, 1]);
        let position = Model::Position { first: 40, last: 40 };
        check(position, 1, &[100]);
        check(position, 2, &[100, 100]);
        check(position, 3, &[40, 20, 40]);
        check(position, 4, &[80, 20, 20, 80]);
        let top = 1 << DOUBLINGS_MAX;
        check(Model::TimeDecay { half_life: 1 }, 3, &[top / 4, top / 2, top]);
        check(Model::TimeDecay { half_life: 2 }, 4, &[top / 2, top / 2, top, top]);
    }

    #[test]
    fn touches_of_one_party_add_up() {
        let path = [3, 1, 3].map(PartyId);
        let third = |parts| Rate::new(parts, 3).unwrap();
        assert_eq!(Model::Linear.shares(&path), [(PartyId(3), third(2)), (PartyId(1), third(1))]);
    }

    #[test]
    fn the_longest_path_fits_a_rate() {
        let path = vec![PartyId(1); TOUCHES_MAX];
        for model in [Model::Linear, Model::Position { first: 40, last: 40 }, Model::TimeDecay { half_life: 1 }] {
            assert_eq!(model.shares(&path).len(), 1);
        }
    }
}
