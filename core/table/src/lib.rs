//! Hash table that is never iterated in hash order.
