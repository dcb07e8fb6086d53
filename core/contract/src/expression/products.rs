//! A number as a plain sum of coefficient × fields: what the engine runs over columns, without the tree.
//!
//! Products are multiplied out and those of the same fields merged, in an ordered map. With at most [`PRODUCTS_MAX`]
//! in every step, a node of two parts costs at most `PRODUCTS_MAX²` multiplications.

use super::tree::NumberTree;
use super::{Overflow, Row};
use money::power_of_ten;
use std::collections::BTreeMap;

/// The most products that a sum is multiplied out into.
pub const PRODUCTS_MAX: usize = 32;

/// The most fields of one product.
pub const SLOTS_MAX: usize = 3;

/// A coefficient × up to [`SLOTS_MAX`] number fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    /// Multiplied with the columns' integers it gives integers at the expression's scale; never 0.
    pub coefficient: i128,
    slots: Slots,
}

/// Ascending number slots; the same slot twice is its square.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
struct Slots {
    count: u8,
    slots: [u16; SLOTS_MAX],
}

type Products = BTreeMap<Slots, i128>;

impl Product {
    /// The slots whose values are multiplied; none for a constant.
    #[inline]
    #[must_use]
    pub fn slots(&self) -> &[u16] {
        &self.slots.slots[..self.slots.count as usize]
    }

    /// Its value for one row.
    ///
    /// # Errors
    /// [`Overflow`] where it does not fit.
    #[inline]
    pub fn evaluate(&self, row: &Row<'_>) -> Result<i128, Overflow> {
        self.slots().iter().try_fold(self.coefficient, |product, slot| {
            product.checked_mul(i128::from(row.numbers[*slot as usize][row.row])).ok_or(Overflow)
        })
    }
}

/// The products of a number, ordered by their slots; nothing where it is no such sum.
pub(super) fn sum_of(number: &NumberTree) -> Option<Vec<Product>> {
    let products = expand(number)?;
    Some(products.into_iter().map(|(slots, coefficient)| Product { coefficient, slots }).collect())
}

fn expand(number: &NumberTree) -> Option<Products> {
    match number {
        NumberTree::Literal(value) => added(Products::new(), Slots::default(), value.mantissa),
        NumberTree::Field { slot, .. } => added(Products::new(), Slots { count: 1, slots: [*slot, 0, 0] }, 1),
        NumberTree::Sum(addends) => addends.iter().try_fold(Products::new(), |mut sum, addend| {
            for (slots, coefficient) in expand(&addend.number)? {
                sum = added(sum, slots, if addend.negative { coefficient.checked_neg()? } else { coefficient })?;
            }
            Some(sum)
        }),
        NumberTree::Product(factors) => {
            factors.iter().try_fold(one(), |product, factor| multiplied(&product, &expand(factor)?))
        }
        NumberTree::Lift(number, digits) => {
            let power = Products::from([(Slots::default(), power_of_ten(*digits)?)]);
            multiplied(&expand(number)?, &power)
        }
        NumberTree::If(_) => None,
    }
}

fn one() -> Products {
    Products::from([(Slots::default(), 1)])
}

fn multiplied(left: &Products, right: &Products) -> Option<Products> {
    let mut product = Products::new();
    for (slots, coefficient) in left {
        for (more, factor) in right {
            product = added(product, slots.joined(*more)?, coefficient.checked_mul(*factor)?)?;
        }
    }
    Some(product)
}

/// `products` and one more; what cancels is removed.
fn added(mut products: Products, slots: Slots, coefficient: i128) -> Option<Products> {
    let sum = products.get(&slots).copied().unwrap_or(0).checked_add(coefficient)?;
    if sum == 0 {
        products.remove(&slots);
    } else {
        products.insert(slots, sum);
    }
    (products.len() <= PRODUCTS_MAX).then_some(products)
}

impl Slots {
    fn joined(self, other: Self) -> Option<Self> {
        let (mine, others) = (self.count as usize, other.count as usize);
        if mine + others > SLOTS_MAX {
            return None;
        }
        let mut slots = self.slots;
        slots[mine..mine + others].copy_from_slice(&other.slots[..others]);
        slots[..mine + others].sort_unstable();
        Some(Self { count: self.count + other.count, slots })
    }
}
