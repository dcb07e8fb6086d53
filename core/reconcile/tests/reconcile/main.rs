//! What two sides come to: small tables that can be checked by hand, and random ones against a naive model.

mod cases;
mod naive;
mod random;
mod sides;
