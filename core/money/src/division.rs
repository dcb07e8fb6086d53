//! Division of a sum among parties: every party's part rounded alike, one named party takes the residue.

use crate::{Overflow, Rate, Rounding};

/// Divides `total` whole units by `shares`; the party at `residue` takes what the others leave, so nothing is lost.
///
/// `shares` are rates of the total; they need not add up to one for the rounding of the others, since the residue
/// party's own share is never used. `check` of a contract asks for a sum of one (SETTLEMENT §5).
///
/// # Errors
/// [`Overflow`] where a product does not fit.
///
/// # Panics
/// When `residue` is not a position in `shares`.
pub fn divide(total: i128, shares: &[Rate], residue: usize, rounding: Rounding) -> Result<Vec<i128>, Overflow> {
    assert!(residue < shares.len(), "the residue party is one of the parties");
    let mut parts = Vec::with_capacity(shares.len());
    let mut rest = total;
    for (position, share) in shares.iter().enumerate() {
        let part = if position == residue { 0 } else { share.apply(total, 0, rounding)? };
        rest = rest.checked_sub(part).ok_or(Overflow)?;
        parts.push(part);
    }
    parts[residue] = rest;
    Ok(parts)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_residue_party_takes_what_rounding_leaves() {
        let shares = ["10%", "27%", "63%"].map(|text| Rate::parse(text).unwrap());
        assert_eq!(divide(10_006, &shares, 2, Rounding::HalfUp), Ok(vec![1_001, 2_702, 6_303]));
        assert_eq!(divide(-10_006, &shares, 2, Rounding::HalfUp), Ok(vec![-1_001, -2_702, -6_303]));
        assert_eq!(divide(1, &shares, 0, Rounding::HalfUp), Ok(vec![0, 0, 1]));
    }
}
