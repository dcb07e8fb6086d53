//! Doubts: a naive second implementation and the seeded workload.

pub mod workload;
